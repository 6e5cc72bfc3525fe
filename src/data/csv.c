// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text.  Y. Shafranovich (2005), RFC 4180; quoted records by libcsv 3.
#include <config.h>

#include "data/csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/memory.h"
#include "base/text.h"

struct csv_reader {
  const char *content, *end;
  const char *body;        // content without the byte order mark
  const char *next;        // where the next record begins
  const char *next_quote;  // the first quote at or behind `next` as far as known; `end`: none
  const char *next_return; // the first carriage return, likewise
  const char *first_quote; // of the body; `end`: none
  const char *first_return;
  char *name;
  char delimiter;
  size_t next_line, record_line;
  size_t n_expected; // cells of the first record; 0: not seen yet
  struct csv_cell *cell;
  size_t n_cells, cell_capacity;
  struct csv_parser parser; // libcsv's
  struct text decoded;      // cells that libcsv gave, one behind the other
  bool record_complete;     // libcsv has seen the end of the record
  bool failed;
  struct error failure;
};

enum { FIRST_LINE = 1, PARSER_OPTIONS = CSV_STRICT | CSV_STRICT_FINI, STRETCH = 1 << 20 };

static void find_place(const char *start, const char *where, size_t *line, size_t *character)
{
  *line = FIRST_LINE;
  const char *line_start = start, *feed;
  while ((feed = memchr(line_start, '\n', (size_t) (where - line_start)))) {
    line_start = feed + 1;
    ++*line;
  }
  *character = 1;
  for (const char *p = line_start; p < where; p++)
    *character += ((unsigned char) *p & 0xc0) != 0x80;
}

// --- Blocks of 64 bytes, whose bytes that are of a kind make a word of bits, the first lowest

enum { BLOCK = 64 };

#ifdef __SSE2__

struct block {
  __m128i quarter[4];
};

static inline struct block load_block(const char *p)
{
  struct block block;
  for (int i = 0; i < 4; i++)
    block.quarter[i] = _mm_loadu_si128((const __m128i *) (const void *) (p + 16 * i));
  return block;
}

static inline uint64_t join_masks(__m128i a, __m128i b, __m128i c, __m128i d)
{
  return (uint64_t) (unsigned) _mm_movemask_epi8(a) |
         (uint64_t) (unsigned) _mm_movemask_epi8(b) << 16 |
         (uint64_t) (unsigned) _mm_movemask_epi8(c) << 32 |
         (uint64_t) (unsigned) _mm_movemask_epi8(d) << 48;
}

// Any of: not ASCII, NUL, quote, carriage return.
static inline uint64_t find_special(const struct block *block)
{
  const __m128i nul = _mm_setzero_si128(), quote = _mm_set1_epi8('"'), cr = _mm_set1_epi8('\r');
  __m128i special[4];
  for (int i = 0; i < 4; i++) {
    __m128i q = block->quarter[i];
    special[i] = _mm_or_si128(_mm_or_si128(q, _mm_cmpeq_epi8(q, nul)),
                              _mm_or_si128(_mm_cmpeq_epi8(q, quote), _mm_cmpeq_epi8(q, cr)));
  }
  return join_masks(special[0], special[1], special[2], special[3]);
}

static inline uint64_t find_in_block(const struct block *block, char byte)
{
  const __m128i *q = block->quarter, wanted = _mm_set1_epi8(byte);
  return join_masks(_mm_cmpeq_epi8(q[0], wanted), _mm_cmpeq_epi8(q[1], wanted),
                    _mm_cmpeq_epi8(q[2], wanted), _mm_cmpeq_epi8(q[3], wanted));
}

#else

struct block {
  unsigned char byte[BLOCK];
};

static inline struct block load_block(const char *p)
{
  struct block block;
  memcpy(block.byte, p, BLOCK);
  return block;
}

static inline uint64_t find_special(const struct block *block)
{
  uint64_t found = 0;
  for (int i = 0; i < BLOCK; i++) {
    unsigned char byte = block->byte[i];
    found |= (uint64_t) (byte >= 0x80 || byte == 0 || byte == '"' || byte == '\r') << i;
  }
  return found;
}

static inline uint64_t find_in_block(const struct block *block, char byte)
{
  uint64_t found = 0;
  for (int i = 0; i < BLOCK; i++)
    found |= (uint64_t) (block->byte[i] == (unsigned char) byte) << i;
  return found;
}

#endif

// The block at p; where less than one is left, zero bytes follow.  *valid: bits of those left.
static inline struct block load_left(const char *p, const char *end, uint64_t *valid)
{
  size_t left = (size_t) (end - p);
  if (left >= BLOCK) {
    *valid = UINT64_MAX;
    return load_block(p);
  }
  char copy[BLOCK] = {0};
  memcpy(copy, p, left);
  *valid = (UINT64_C(1) << left) - 1;
  return load_block(copy);
}

static size_t count_bits(uint64_t word)
{
  return (size_t) __builtin_popcountll(word);
}

// Bit i of the result: whether bits 0 to i of the word are odd in number.
static inline uint64_t sum_bits(uint64_t word)
{
  for (unsigned shift = 1; shift < 64; shift *= 2)
    word ^= word << shift;
  return word;
}

// --- What a text holds

// The first byte that is not ASCII, or `end`.
static const char *skip_ascii(const char *p, const char *end)
{
  for (; end - p >= 32; p += 32) {
    uint64_t word[4];
    memcpy(word, p, sizeof word);
    if ((word[0] | word[1] | word[2] | word[3]) & UINT64_C(0x8080808080808080))
      break;
  }
  while (p < end && (unsigned char) *p < 0x80)
    p++;
  return p;
}

static const char *find_byte(const char *p, const char *end, char byte)
{
  const char *found = p < end ? memchr(p, byte, (size_t) (end - p)) : NULL;
  return found ? found : end;
}

// Where the bytes first occur that ask for care; the end of the text where they do not.
struct survey {
  const char *not_ascii, *nul, *quote, *carriage_return;
};

// Whether nothing here asks for care, as in most texts of numbers: one look for all questions.
static bool is_plain(const char *p, const char *end)
{
  uint64_t found = 0;
  for (; p < end && !found; p += BLOCK) {
    uint64_t valid;
    struct block block = load_left(p, end, &valid);
    found = find_special(&block) & valid;
  }
  return !found;
}

// Block by block, so that the text comes from memory once and not once for each question.
static struct survey survey_stretch(const char *start, const char *stop, const char *end)
{
  enum { AT_ONCE = 1 << 16 };
  struct survey survey = {end, end, end, end};
  const char *until, *found;
  for (const char *p = start; p < stop; p = until) {
    until = stop - p > AT_ONCE ? p + AT_ONCE : stop;
    if (is_plain(p, until))
      continue;
    if (survey.not_ascii == end && (found = skip_ascii(p, until)) < until)
      survey.not_ascii = found;
    if (survey.nul == end && (found = find_byte(p, until, '\0')) < until)
      survey.nul = found;
    if (survey.quote == end && (found = find_byte(p, until, '"')) < until)
      survey.quote = found;
    if (survey.carriage_return == end && (found = find_byte(p, until, '\r')) < until)
      survey.carriage_return = found;
  }
  return survey;
}

static void take_earlier(const char **first, const char *other)
{
  if (other < *first)
    *first = other;
}

static struct survey survey_text(const char *start, const char *end)
{
  struct survey survey = {end, end, end, end};
  size_t n_stretches = (size_t) (end - start) / STRETCH + 1;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) if (n_stretches > 4)
#endif
  for (size_t i = 0; i < n_stretches; i++) {
    const char *p = start + i * STRETCH, *stop = i + 1 < n_stretches ? p + STRETCH : end;
    struct survey own = survey_stretch(p, stop, end);
#ifdef _OPENMP
#pragma omp critical(csv_survey)
#endif
    {
      take_earlier(&survey.not_ascii, own.not_ascii);
      take_earlier(&survey.nul, own.nul);
      take_earlier(&survey.quote, own.quote);
      take_earlier(&survey.carriage_return, own.carriage_return);
    }
  }
  return survey;
}

// A UTF-8 character never reaches beyond a run of bytes that are not ASCII, so each run is
// checked alone.
static bool check_encoding(const char *start, const char *end, const struct survey *survey,
                           const char *name, struct error *error)
{
  const char *p = survey->not_ascii;
  while ((p = skip_ascii(p, end)) < end) {
    const char *run = p;
    while (p < end && (unsigned char) *p >= 0x80)
      p++;
    size_t bad;
    if (text_is_utf8(run, (size_t) (p - run), &bad))
      continue;
    size_t line, character;
    find_place(start, run + bad, &line, &character);
    return error_set(error, ERROR_DATA,
                     "%s:%zu: character %zu (byte 0x%02X) is not UTF-8 (save the file as UTF-8, or "
                     "use --encoding=NAME, as in --encoding=GB18030 or windows-1252)",
                     name, line, character, (unsigned char) run[bad]);
  }
  if (survey->nul < end) {
    size_t line, character;
    find_place(start, survey->nul, &line, &character);
    return error_set(error, ERROR_DATA,
                     "%s:%zu: character %zu is a NUL byte: this is not a text file, or it is "
                     "UTF-16 (use --encoding=UTF-16)",
                     name, line, character);
  }
  return true;
}

static char find_delimiter(const char *p, const char *end)
{
  static const char candidate[] = {'\t', ',', ';'};
  size_t count[sizeof candidate] = {0};
  while (p < end && (*p == '\n' || *p == '\r'))
    p++;
  bool inside = false;
  for (; p < end && (inside || *p != '\n'); p++) {
    if (*p == '"')
      inside = !inside;
    for (size_t i = 0; i < sizeof candidate; i++)
      count[i] += !inside && *p == candidate[i];
  }
  size_t best = 0;
  for (size_t i = 1; i < sizeof candidate; i++)
    if (count[i] > count[best])
      best = i;
  return count[best] ? candidate[best] : ',';
}

static int no_blank(unsigned char c)
{
  (void) c;
  return 0;
}

static void *resize_for_parser(void *old, size_t n)
{
  return memory_resize(old, n, 1);
}

struct csv_reader *csv_open(const char *content, size_t length, const char *name, char delimiter,
                            struct error *error)
{
  const char *end = content + length, *body = content;
  if (delimiter == '"' || delimiter == '\n' || delimiter == '\r' ||
      (unsigned char) delimiter >= 0x80) {
    error_set(error, ERROR_USAGE,
              "a delimiter is one ASCII character, and no quote and no line end");
    return NULL;
  }
  if (length >= 2 && (memcmp(content, "\xff\xfe", 2) == 0 || memcmp(content, "\xfe\xff", 2) == 0)) {
    error_set(error, ERROR_DATA,
              "%s: UTF-16 text (save the file as UTF-8, or use --encoding=UTF-16)", name);
    return NULL;
  }
  if (length >= 3 && memcmp(content, "\xef\xbb\xbf", 3) == 0)
    body += 3;
  struct survey survey = survey_text(body, end);
  if (!check_encoding(body, end, &survey, name, error))
    return NULL;

  struct csv_reader *reader = NEW_ZEROED(struct csv_reader, 1);
  reader->content = content;
  reader->body = body;
  reader->end = end;
  reader->name = memory_copy_text(name);
  reader->delimiter = delimiter ? delimiter : find_delimiter(body, end);
  reader->first_quote = survey.quote;
  reader->first_return = survey.carriage_return;
  csv_init(&reader->parser, PARSER_OPTIONS);
  csv_set_delim(&reader->parser, (unsigned char) reader->delimiter);
  csv_set_space_func(&reader->parser, no_blank);
  csv_set_realloc_func(&reader->parser, resize_for_parser);
  csv_set_blk_size(&reader->parser, 4096);
  csv_seek(reader, (size_t) (body - content), FIRST_LINE);
  return reader;
}

void csv_close(struct csv_reader *reader)
{
  if (!reader)
    return;
  csv_free(&reader->parser);
  text_free(&reader->decoded);
  free(reader->cell);
  free(reader->name);
  free(reader);
}

char csv_delimiter_used(const struct csv_reader *reader)
{
  return reader->delimiter;
}

size_t csv_line(const struct csv_reader *reader)
{
  return reader->record_line;
}

bool csv_has_quotes(const struct csv_reader *reader)
{
  return reader->first_quote < reader->end;
}

bool csv_has_returns(const struct csv_reader *reader)
{
  return reader->first_return < reader->end;
}

size_t csv_offset(const struct csv_reader *reader, size_t *line)
{
  *line = reader->next_line;
  return (size_t) (reader->next - reader->content);
}

// The first such byte at or behind p, given the first in the whole body: what does not occur
// is not searched for.
static const char *find_next(const char *first, const char *p, const char *end, char byte)
{
  return first >= p ? first : find_byte(p, end, byte);
}

void csv_seek(struct csv_reader *reader, size_t offset, size_t line)
{
  reader->next = reader->content + offset;
  if (reader->next < reader->body)
    reader->next = reader->body;
  reader->next_line = line;
  reader->next_quote = find_next(reader->first_quote, reader->next, reader->end, '"');
  reader->next_return = find_next(reader->first_return, reader->next, reader->end, '\r');
  reader->failed = false;
  // Forgets what an unfinished record has left in the parser; a strict one would refuse.
  csv_set_opts(&reader->parser, 0);
  csv_fini(&reader->parser, NULL, NULL, NULL);
  csv_set_opts(&reader->parser, PARSER_OPTIONS);
}

static enum csv_status fail(struct csv_reader *reader, struct error *error)
{
  reader->failed = true;
  if (error)
    *error = reader->failure;
  return CSV_ERROR;
}

static enum csv_status fail_return(struct csv_reader *reader, size_t line, struct error *error)
{
  error_set(&reader->failure, ERROR_DATA,
            "%s:%zu: a carriage return without a line feed (line ends of old Macintosh programs? "
            "save the file with the line ends of Unix or Windows)",
            reader->name, line);
  return fail(reader, error);
}

static void add_cell(struct csv_reader *reader, const char *bytes, size_t length)
{
  GROW_ARRAY(reader->cell, reader->cell_capacity, reader->n_cells + 1);
  reader->cell[reader->n_cells++] = (struct csv_cell){bytes, length, false};
}

// Cuts the line from p to `end` into cells.  False if it takes more: a quote that is
// doubled, misplaced or not closed on the line.
static bool cut_line(struct csv_reader *reader, const char *p, const char *end)
{
  reader->n_cells = 0;
  for (;;) {
    const char *stop;
    if (reader->next_quote == p) {
      const char *quote = find_byte(p + 1, end, '"');
      stop = quote + 1;
      if (quote == end || (stop < end && *stop != reader->delimiter))
        return false;
      add_cell(reader, p + 1, (size_t) (quote - p - 1));
      reader->cell[reader->n_cells - 1].quoted = true;
      reader->next_quote = find_byte(stop, reader->end, '"');
    } else {
      stop = find_byte(p, end, reader->delimiter);
      if (reader->next_quote < stop)
        return false;
      add_cell(reader, p, (size_t) (stop - p));
    }
    if (stop == end)
      return true;
    p = stop + 1;
  }
}

// libcsv's word that a cell is complete.  Its bytes are gone after the call.
static void take_cell(void *bytes, size_t length, void *data)
{
  struct csv_reader *reader = data;
  if (reader->record_complete)
    return;
  add_cell(reader, NULL, length);
  text_append_bytes(&reader->decoded, bytes, length);
}

static void take_record(int terminator, void *data)
{
  (void) terminator;
  struct csv_reader *reader = data;
  reader->record_complete = true;
}

// libcsv says neither which cells were quoted nor where the record ended (it takes a lone
// carriage return as an end), so the accepted text is walked once more beside its cells.
// Returns the end of the record.
static const char *mark_quoted(struct csv_reader *reader)
{
  const char *p = reader->next, *end = reader->end;
  const char *decoded = text_content(&reader->decoded);
  for (size_t i = 0; i < reader->n_cells; i++) {
    struct csv_cell *cell = &reader->cell[i];
    cell->bytes = decoded;
    decoded += cell->length;
    p += i > 0; // the delimiter
    cell->quoted = p < end && *p == '"';
    if (!cell->quoted) {
      p += cell->length;
      continue;
    }
    p = find_byte(p + 1, end, '"') + 1;
    while (p < end && *p == '"')
      p = find_byte(p + 1, end, '"') + 1;
  }
  return p;
}

static enum csv_status fail_quote(struct csv_reader *reader, const char *where, size_t line,
                                  size_t quote_line, struct error *error)
{
  const char *line_start = where;
  while (line_start > reader->body && line_start[-1] != '\n')
    line_start--;
  size_t ignored, character;
  find_place(line_start, where, &ignored, &character);
  if (*where == '"')
    error_set(&reader->failure, ERROR_DATA,
              "%s:%zu: character %zu: a quote inside a cell that does not begin with one (put the "
              "cell in quotes and double those inside)",
              reader->name, line, character);
  else if (quote_line < line)
    error_set(&reader->failure, ERROR_DATA,
              "%s:%zu: character %zu: text behind the closing quote of a cell (its quote opened on "
              "line %zu)",
              reader->name, line, character, quote_line);
  else
    error_set(&reader->failure, ERROR_DATA,
              "%s:%zu: character %zu: text behind the closing quote of a cell (double a quote that "
              "stands inside)",
              reader->name, line, character);
  return fail(reader, error);
}

// A record with quotes: lines go to libcsv until it has a record.
static enum csv_status parse_quoted(struct csv_reader *reader, struct error *error)
{
  reader->n_cells = 0;
  reader->record_complete = false;
  text_clear(&reader->decoded);
  const char *p = reader->next, *end = reader->end;
  size_t line = reader->next_line, quote_line = line;
  while (p < end && !reader->record_complete) {
    const char *feed = find_byte(p, end, '\n');
    size_t length = (size_t) (feed - p) + (feed < end);
    size_t n_before = reader->n_cells;
    size_t taken = csv_parse(&reader->parser, p, length, take_cell, take_record, reader);
    // A cell that ended on this line means that the one now open began on it.
    if (reader->n_cells > n_before)
      quote_line = line;
    if (taken < length && !reader->record_complete)
      return fail_quote(reader, p + taken, line, quote_line, error);
    p += length;
    line++;
  }
  if (!reader->record_complete &&
      csv_fini(&reader->parser, take_cell, take_record, reader) != CSV_SUCCESS) {
    error_set(&reader->failure, ERROR_DATA, "%s:%zu: a quote opens here and nothing closes it",
              reader->name, quote_line);
    return fail(reader, error);
  }
  const char *stop = mark_quoted(reader);
  size_t left = (size_t) (end - stop);
  if (left && !(*stop == '\n' || (left >= 2 && memcmp(stop, "\r\n", 2) == 0))) {
    size_t return_line, character;
    find_place(reader->next, stop, &return_line, &character);
    return fail_return(reader, reader->next_line + return_line - 1, error);
  }
  reader->next = p;
  reader->next_line = line;
  return CSV_RECORD;
}

enum csv_status csv_next(struct csv_reader *reader, struct csv_cell **cell, size_t *n_cells,
                         struct error *error)
{
  if (reader->failed)
    return fail(reader, error);
  const char *end = reader->end;
  for (;;) {
    const char *start = reader->next;
    if (start == end)
      return CSV_END;
    const char *feed = find_byte(start, end, '\n');
    const char *stop = feed < end && feed > start && feed[-1] == '\r' ? feed - 1 : feed;
    reader->record_line = reader->next_line;
    if (stop == start && reader->n_expected != 1) {
      reader->next = feed + 1;
      reader->next_line++;
      continue;
    }
    if (reader->next_quote < start)
      reader->next_quote = find_byte(start, end, '"');
    if (reader->next_return < start)
      reader->next_return = find_byte(start, end, '\r');
    bool has_return = reader->next_return < stop;
    // In front of a cell libcsv would pass over it.
    if (has_return && (reader->next_quote >= stop || reader->next_return == start))
      return fail_return(reader, reader->next_line, error);
    if (!has_return && cut_line(reader, start, stop)) {
      reader->next = feed < end ? feed + 1 : end;
      reader->next_line++;
    } else {
      reader->next_quote = start; // to be looked up again
      if (parse_quoted(reader, error) != CSV_RECORD)
        return CSV_ERROR;
    }
    break;
  }
  if (!reader->n_expected)
    reader->n_expected = reader->n_cells;
  if (reader->n_cells != reader->n_expected) {
    error_set(&reader->failure, ERROR_DATA,
              "%s:%zu: expected %zu cell%s as in the header, found %zu", reader->name,
              reader->record_line, reader->n_expected, reader->n_expected == 1 ? "" : "s",
              reader->n_cells);
    return fail(reader, error);
  }
  *cell = reader->cell;
  *n_cells = reader->n_cells;
  return CSV_RECORD;
}

// --- In parts

// Whether the quotes are odd in number.
static bool has_odd_quotes(const char *p, const char *end)
{
  uint64_t quotes = 0;
  for (; p < end; p += BLOCK) {
    uint64_t valid;
    struct block block = load_left(p, end, &valid);
    quotes ^= find_in_block(&block, '"');
  }
  return count_bits(quotes) % 2;
}

// Behind the first line feed from p on that is outside quotes, or the end.
static const char *find_record_end(const char *p, const char *end, bool inside)
{
  for (; p < end; p++) {
    if (*p == '"')
      inside = !inside;
    else if (*p == '\n' && !inside)
      return p + 1;
  }
  return end;
}

// Of a text without quotes.
static void count_lines(const struct csv_reader *reader, struct csv_part *part)
{
  bool returns = csv_has_returns(reader), blank_counts = reader->n_expected == 1;
  const char *p = part->begin;
  while (p < part->end) {
    const char *feed = memchr(p, '\n', (size_t) (part->end - p));
    const char *stop = feed ? feed : part->end;
    if (returns) {
      stop -= feed && stop > p && stop[-1] == '\r';
      part->bad = part->bad || memchr(p, '\r', (size_t) (stop - p));
    }
    part->n_lines++;
    part->n_records += stop > p || blank_counts;
    p = feed ? feed + 1 : part->end;
  }
}

// The same of one with quotes.
static void count_records(const struct csv_reader *reader, struct csv_part *part)
{
  bool returns = csv_has_returns(reader), blank_counts = reader->n_expected == 1;
  // Bits carried from block to block: inside quotes (all bits); a record begins; behind a
  // return, and one with which a record begins.
  uint64_t inside = 0, begins = 1, behind = 0, blank_behind = 0;
  for (const char *p = part->begin; p < part->end; p += BLOCK) {
    uint64_t valid;
    struct block block = load_left(p, part->end, &valid);
    uint64_t feeds = find_in_block(&block, '\n');
    part->n_lines += count_bits(feeds);
    inside ^= sum_bits(find_in_block(&block, '"'));
    feeds &= ~inside;
    uint64_t beginnings = feeds << 1 | begins, blanks = feeds & beginnings;
    if (returns) {
      uint64_t found = find_in_block(&block, '\r') & ~inside;
      part->bad = part->bad || ((found << 1 | behind) & valid & ~feeds);
      uint64_t alone = found & beginnings;
      blanks |= feeds & (alone << 1 | blank_behind);
      behind = found >> 63;
      blank_behind = alone >> 63;
    }
    begins = feeds >> 63;
    inside = 0 - (inside >> 63);
    part->n_records += count_bits(feeds) - (blank_counts ? 0 : count_bits(blanks));
  }
  if (part->end > part->begin && (part->end[-1] != '\n' || inside)) {
    part->n_lines += part->end[-1] != '\n';
    part->n_records++;
    part->bad = part->bad || inside || part->end[-1] == '\r';
  }
}

size_t csv_cut(const struct csv_reader *reader, size_t offset, size_t line, size_t most,
               size_t least, struct csv_part *part)
{
  const char *begin = reader->content + offset, *end = reader->end;
  begin = begin < reader->body ? reader->body : begin;
  bool quotes = csv_has_quotes(reader);
  size_t length = (size_t) (end - begin), n_places = length / (least ? least : 1);
  n_places = n_places > most ? most : n_places;
  n_places = n_places ? n_places : 1;
  size_t step = length / n_places;
  size_t n_odd = quotes ? n_places - 1 : 0; // of the places before the last
  bool *odd = NEW_ZEROED(bool, n_places);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) if (length > STRETCH)
#endif
  for (size_t i = 0; i < n_odd; i++)
    odd[i] = has_odd_quotes(begin + i * step, begin + (i + 1) * step);
  size_t n_parts = 0;
  bool inside = false;
  const char *start = begin;
  for (size_t i = 1; i < n_places; i++) {
    const char *place = begin + i * step;
    inside ^= odd[i - 1];
    if (place <= start)
      continue;
    const char *feed = quotes ? find_record_end(place, end, inside) : find_byte(place, end, '\n');
    const char *stop = quotes || feed == end ? feed : feed + 1;
    part[n_parts++] = (struct csv_part){.begin = start, .end = stop};
    start = stop;
  }
  if (start < end || n_parts == 0)
    part[n_parts++] = (struct csv_part){.begin = start, .end = end};
  free(odd);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) if (length > STRETCH)
#endif
  for (size_t i = 0; i < n_parts; i++)
    if (quotes)
      count_records(reader, &part[i]);
    else
      count_lines(reader, &part[i]);
  size_t record = 0;
  for (size_t i = 0; i < n_parts; i++) {
    part[i].first_line = line;
    part[i].first_record = record;
    line += part[i].n_lines;
    record += part[i].n_records;
  }
  return n_parts;
}

void csv_scan_open(struct csv_scan *scan, const struct csv_reader *reader,
                   const struct csv_part *part)
{
  *scan = (struct csv_scan){
      .block = part->begin,
      .next = part->begin,
      .cell = part->begin,
      .end = part->end,
      .near_begin = reader->end - reader->content > CSV_REACH ? reader->content + CSV_REACH
                                                              : reader->end,
      .near_end = reader->end - reader->content > CSV_REACH ? reader->end - CSV_REACH
                                                            : reader->content,
      .next_quote = part->begin,
      .line = part->first_line,
      .n_expected = reader->n_expected,
      .delimiter = reader->delimiter,
      .quotes = csv_has_quotes(reader),
      .bad = part->bad,
  };
  if (scan->quotes)
    scan->next_quote = find_byte(part->begin, part->end, '"');
}

void csv_scan_close(struct csv_scan *scan)
{
  text_free(&scan->copies);
  free(scan->copied);
  *scan = (struct csv_scan){0};
}

static const char beyond[CSV_REACH];

// The place of the copy is set once all of them are there.
static void copy_cell(struct csv_scan *scan, size_t index, const char *bytes, size_t length)
{
  if (!scan->n_copied)
    text_append_bytes(&scan->copies, beyond, CSV_REACH);
  GROW_ARRAY(scan->copied, scan->capacity, scan->n_copied + 1);
  scan->copied[scan->n_copied++] = index;
  text_append_bytes(&scan->copies, bytes, length);
}

// Copies what stands in quotes, each pair of quotes as one; false if one stands alone.
static bool copy_doubled(struct csv_scan *scan, size_t index, struct csv_cell *cell)
{
  const char *p = cell->bytes, *end = p + cell->length;
  copy_cell(scan, index, p, 0);
  cell->length = 0;
  while (p < end) {
    const char *quote = find_byte(p, end, '"');
    size_t length = (size_t) (quote - p) + (quote < end);
    if (quote < end && (quote + 1 == end || quote[1] != '"'))
      return false;
    text_append_bytes(&scan->copies, p, length);
    cell->length += length;
    p = quote < end ? quote + 2 : end;
  }
  return true;
}

// A cell with a quote in it or just behind it: false unless it stands in quotes.
static bool take_quoted(struct csv_scan *scan, size_t index, const char *stop,
                        struct csv_cell *cell)
{
  const char *bytes = cell->bytes, *last = bytes + cell->length - 1;
  if (scan->next_quote > bytes || last == bytes || *last != '"')
    return false;
  *cell = (struct csv_cell){bytes + 1, (size_t) (last - bytes - 1), true};
  for (const char *feed = bytes; (feed = find_byte(feed, stop, '\n')) < stop; feed++)
    scan->n_feeds++;
  scan->next_quote = find_byte(stop, scan->end, '"');
  if (find_byte(bytes + 1, last, '"') < last)
    return copy_doubled(scan, index, cell);
  return true;
}

// The copies have come to rest.
static void place_copies(struct csv_scan *scan, struct csv_cell *cell)
{
  if (!scan->n_copied)
    return;
  text_append_bytes(&scan->copies, beyond, CSV_REACH);
  const char *bytes = text_content(&scan->copies) + CSV_REACH;
  for (size_t i = 0; i < scan->n_copied; i++) {
    cell[scan->copied[i]].bytes = bytes;
    bytes += cell[scan->copied[i]].length;
  }
}

// Ends of cells in the block at `p`.  *inside: all bits if the block before ended in quotes.
static inline uint64_t find_stops(const char *p, const char *end, char delimiter, bool quotes,
                                  uint64_t *inside)
{
  uint64_t valid;
  struct block block = load_left(p, end, &valid);
  uint64_t stops = (find_in_block(&block, delimiter) | find_in_block(&block, '\n')) & valid;
  if (quotes) {
    uint64_t here = sum_bits(find_in_block(&block, '"')) ^ *inside;
    stops &= ~here;
    *inside = 0 - (here >> 63);
  }
  return stops;
}

// `quotes` as a constant makes the loop over a text without them a tight one.
static inline size_t scan_records(struct csv_scan *scan, size_t most, struct csv_cell *cell,
                                  size_t *line, bool quotes)
{
  size_t n = 0, record_line = scan->line;
  const char *bytes = scan->cell, *end = scan->end;
  const char *near_begin = scan->near_begin, *near_end = scan->near_end;
  const char *block = scan->block, *next = scan->next;
  uint64_t stops = scan->stops, inside = scan->inside;
  char delimiter = scan->delimiter;
  struct csv_cell *here = cell, *first = cell, *last = cell + scan->n_expected - 1;
  bool bad = false;
  while (n < most) {
    const char *stop = end; // where a last line has no line feed
    if (stops) {
      stop = block + __builtin_ctzll(stops);
      stops &= stops - 1;
    } else if (next < end) {
      block = next;
      next = end - block > BLOCK ? block + BLOCK : end;
      stops = find_stops(block, end, delimiter, quotes, &inside);
      continue;
    } else if (here == first && bytes == end) {
      break;
    }
    bool feed = stop == end || *stop == '\n';
    size_t length = (size_t) (stop - bytes);
    if (feed) {
      if (length && stop < end && stop[-1] == '\r')
        length--;
      bad = here != last;
      if (bad && here == first && length == 0) {
        bad = false;
        bytes = stop + 1; // a blank line
        record_line++;
        continue;
      }
    } else {
      bad = here == last;
    }
    if (bad)
      break;
    *here = (struct csv_cell){bytes, length, false};
    size_t n_copied = scan->n_copied;
    if (quotes && scan->next_quote < stop) {
      bad = !take_quoted(scan, (size_t) (here - cell), stop, here);
      if (bad)
        break;
    }
    bool near_edge = here->bytes > near_end || here->bytes + here->length < near_begin;
    if (near_edge && scan->n_copied == n_copied)
      copy_cell(scan, (size_t) (here - cell), here->bytes, here->length);
    bytes = stop + (stop < end);
    here++;
    if (feed) {
      line[n++] = record_line;
      record_line += 1 + scan->n_feeds;
      scan->n_feeds = 0;
      first = here;
      last = here + scan->n_expected - 1;
    }
  }
  scan->cell = bytes;
  scan->block = block;
  scan->next = next;
  scan->stops = stops;
  scan->inside = inside;
  scan->line = record_line;
  scan->bad = bad;
  return n;
}

size_t csv_scan_next(struct csv_scan *scan, size_t most, struct csv_cell *cell, size_t *line)
{
  if (scan->bad)
    return 0;
  text_clear(&scan->copies);
  scan->n_copied = 0;
  size_t n = scan->quotes ? scan_records(scan, most, cell, line, true)
                          : scan_records(scan, most, cell, line, false);
  place_copies(scan, cell);
  return n;
}
