// SPDX-License-Identifier: GPL-3.0-or-later
// Tables from delimited text.
//
// Text without any quote is cut into parts at line ends, and the parts are read side by
// side: first their rows are counted, then each part fills its own rows of the columns.  A
// number is read where it stands, up to the delimiter behind it; everything that is not a
// plain number takes the slow road.  Text with quotes is one part that csv_next reads.
// Nothing depends on how many parts or threads there are: an error in the text is looked up
// by csv_next from the top, and the earliest odd cell of a column is the one in the first
// part that has any.
#include <config.h>

#include <assert.h>
#include <ctype.h>
#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"
#include "data/encoding.h"
#include "data/table_source.h"

enum {
  N_SAMPLE_ROWS = 1000, // from which decimals and the likely type are told
  LEAST_PART = 1 << 18, // bytes
  MOST_PARTS = 64,
  MOST_PART_COLUMNS = 1 << 16, // parts times columns to load
  MOST_EXCERPT = 40,           // bytes of a cell in a message
};

// Lines that are read by themselves.
struct part {
  const char *begin, *end;
  size_t first_line, first_row; // of the file; 1-based, 0-based
  size_t n_lines, n_rows;
  bool bad; // the text is wrong somewhere in here
};

struct text_state {
  struct csv_reader *reader;
  size_t body_offset, body_line; // behind the header
  size_t n_columns;              // of the file: derived ones come behind
  struct part *part;
  size_t n_parts;
};

// A cell that is no number where a number should be.
struct odd_cell {
  size_t line; // 0: none
  char *bytes;
  size_t length;
};

enum mode { MODE_SKIP, MODE_NUMBERS, MODE_TEXTS };

// One column in one part.
struct reading {
  enum mode mode;
  double *value; // of the whole column
  size_t n_missing, n_odd;
  struct odd_cell odd;     // the first
  struct level_set levels; // missing tokens too
  size_t last_level;       // index that the last text got
  bool blanks_removed;
};

// --- Opening

// UTF-8 from whatever it is.  A byte order mark is a surer witness than an option.
static bool decode(struct table *table, const char *asked, struct error *error)
{
  struct text *content = &table->source->content;
  if (asked && !encoding_check(asked, error))
    return false;
  const char *marked = encoding_of_mark(text_content(content), content->length);
  if (marked && asked && strncasecmp(asked, marked, strlen(asked)) != 0)
    text_list_adopt(&table->notes, text_format("%s says by its first bytes that it is %s: "
                                               "--encoding=%s was not applied",
                                               table->name, marked, asked));
  const char *encoding = marked ? marked : asked;
  if (!encoding || strcmp(encoding, "UTF-8") == 0)
    return true;
  table_digest(table); // of the bytes that are about to go
  return encoding_convert(content, encoding, table->name, error);
}

static bool take_header(struct table *table, struct text_state *state, struct error *error)
{
  struct csv_cell *cell;
  size_t n_cells;
  enum csv_status status = csv_next(state->reader, &cell, &n_cells, error);
  if (status == CSV_ERROR)
    return false;
  if (status == CSV_END)
    return error_set(error, ERROR_DATA, "%s: empty (the first line must name the columns)",
                     table->name);
  size_t line = csv_line(state->reader), n_numbers = 0;
  struct level_set names = {0};
  bool good = true;
  for (size_t i = 0; i < n_cells && good; i++) {
    size_t length = cell[i].length;
    const char *bytes = table_trim(cell[i].bytes, &length);
    double number;
    n_numbers += table_parse_number(table, bytes, length, &number);
    size_t index = level_set_add(&names, bytes, length, 1, line);
    char *name = memory_copy_bytes(bytes, length);
    if (length == 0)
      good = error_set(error, ERROR_DATA, "%s:%zu: column %zu has no name%s", table->name, line,
                       i + 1, i == 0 ? " (row names of R's write.csv? use row.names = FALSE)" : "");
    else if (index < i)
      good = error_set(error, ERROR_DATA, "%s:%zu: columns %zu and %zu have the same name '%s'",
                       table->name, line, index + 1, i + 1, name);
    if (good)
      table_append_column(table, name);
    else
      free(name);
  }
  level_set_free(&names);
  if (good && n_numbers == n_cells)
    good = error_set(error, ERROR_DATA,
                     "%s:%zu: nothing but numbers: the first line must name the columns",
                     table->name, line);
  return good;
}

static bool open_text(struct table *table, const struct table_options *options, struct error *error)
{
  struct table_source *source = table->source;
  struct text_state *state = NEW_ZEROED(struct text_state, 1);
  source->state = state;
  if (!decode(table, options->encoding, error))
    return false;
  const char *content = text_content(&source->content);
  state->reader = csv_open(content, source->content.length, table->name, options->delimiter, error);
  if (!state->reader)
    return false;
  if (!take_header(table, state, error))
    return false;
  // With a decimal comma a comma does not delimit, unless it evidently does.
  if (!options->delimiter && source->decimal == ',' && table->n_columns == 1 &&
      csv_delimiter_used(state->reader) == ',') {
    csv_close(state->reader);
    state->reader = csv_open(content, source->content.length, table->name, ';', error);
    struct csv_cell *cell;
    size_t n_cells;
    if (csv_next(state->reader, &cell, &n_cells, error) != CSV_RECORD)
      return false;
  }
  source->delimiter = csv_delimiter_used(state->reader);
  state->n_columns = table->n_columns;
  state->body_offset = csv_offset(state->reader, &state->body_line);
  return true;
}

static void close_text(struct table_source *source)
{
  struct text_state *state = source->state;
  if (!state)
    return;
  csv_close(state->reader);
  free(state->part);
  free(state);
  source->state = NULL;
}

// --- Parts

static void cut_parts(struct table *table, struct text_state *state, size_t n_loads)
{
  const struct text *content = &table->source->content;
  const char *begin = text_content(content) + state->body_offset;
  const char *end = text_content(content) + content->length;
  size_t length = (size_t) (end - begin), n_parts = 1;
  if (!csv_has_quotes(state->reader)) {
    n_parts = length / LEAST_PART;
    n_parts = n_parts > MOST_PARTS ? MOST_PARTS : n_parts;
    if (n_parts * n_loads > MOST_PART_COLUMNS)
      n_parts = MOST_PART_COLUMNS / n_loads;
    n_parts = n_parts ? n_parts : 1;
  }
  free(state->part);
  state->part = NEW_ZEROED(struct part, n_parts);
  state->n_parts = 0;
  size_t step = length / n_parts + 1;
  while (begin < end || state->n_parts == 0) {
    const char *stop = end;
    if (state->n_parts + 1 < n_parts && (size_t) (end - begin) > step) {
      const char *feed = memchr(begin + step, '\n', (size_t) (end - begin - (ptrdiff_t) step));
      stop = feed ? feed + 1 : end;
    }
    state->part[state->n_parts++] = (struct part){.begin = begin, .end = stop};
    begin = stop;
  }
}

// Counts lines and records, and looks for a carriage return that ends no line.
static void count_part(struct part *part, bool one_column, bool has_returns)
{
  const char *p = part->begin;
  while (p < part->end) {
    const char *feed = memchr(p, '\n', (size_t) (part->end - p));
    const char *stop = feed ? feed : part->end;
    if (has_returns) {
      stop -= feed && stop > p && stop[-1] == '\r';
      part->bad = part->bad || memchr(p, '\r', (size_t) (stop - p));
    }
    part->n_lines++;
    part->n_rows += stop > p || one_column;
    p = feed ? feed + 1 : part->end;
  }
}

// The error that csv_next gives, reading from the top.
static bool tell_text_error(struct text_state *state, struct error *error)
{
  struct csv_cell *cell;
  size_t n_cells;
  csv_seek(state->reader, state->body_offset, state->body_line);
  enum csv_status status;
  while ((status = csv_next(state->reader, &cell, &n_cells, error)) == CSV_RECORD)
    continue;
  assert(status == CSV_ERROR);
  return false;
}

// Numbers the rows of each part.  With quotes, where a record may have several lines, the
// number of rows is an upper bound until they have been read.
static bool count_rows(struct table *table, size_t n_loads, struct error *error)
{
  struct text_state *state = table->source->state;
  cut_parts(table, state, n_loads);
  struct part *part = state->part;
  bool quotes = csv_has_quotes(state->reader), one_column = state->n_columns == 1;
  bool has_returns = csv_has_returns(state->reader);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
  for (size_t i = 0; i < state->n_parts; i++)
    count_part(&part[i], one_column, has_returns);
  size_t line = state->body_line, row = 0;
  bool bad = false;
  for (size_t i = 0; i < state->n_parts; i++) {
    part[i].first_line = line;
    part[i].first_row = row;
    line += part[i].n_lines;
    row += part[i].n_rows;
    bad = bad || part[i].bad;
    part[i].bad = false;
  }
  if (bad && !quotes)
    return tell_text_error(state, error);
  if (!table->source->counted) {
    table->source->n_file_rows = row;
    table->line = NEW_ARRAY(size_t, row);
  }
  return true;
}

// --- Cells

static bool is_missing_number(const struct table_source *source, double number)
{
  for (size_t i = 0; i < source->n_na_numbers; i++)
    if (source->na_number[i] == number)
      return true;
  return false;
}

static void take_number(const struct table *table, struct reading *reading, size_t row, size_t line,
                        const char *bytes, size_t length)
{
  double number = NAN;
  const char *trimmed = bytes;
  size_t n = length;
  trimmed = table_trim(trimmed, &n);
  if (number_parse(trimmed, n, table->source->decimal, &number)) {
    if (is_missing_number(table->source, number)) {
      number = NAN;
      reading->n_missing++;
    }
  } else if (table_is_missing(table, trimmed, n)) {
    number = NAN;
    reading->n_missing++;
  } else {
    number = NAN;
    if (reading->n_odd++ == 0)
      reading->odd = (struct odd_cell){line, memory_copy_bytes(trimmed, n), n};
  }
  reading->value[row] = number;
}

static void take_text(struct reading *reading, size_t row, size_t line, const char *bytes,
                      size_t length, bool quoted)
{
  if (!quoted && length &&
      (isblank((unsigned char) bytes[0]) || isblank((unsigned char) bytes[length - 1]))) {
    bytes = table_trim(bytes, &length);
    reading->blanks_removed = reading->blanks_removed || length;
  }
  struct level_set *levels = &reading->levels;
  size_t last = reading->last_level;
  if (last < levels->n_levels && levels->level[last].length == length &&
      memcmp(levels->level[last].name, bytes, length) == 0)
    levels->level[last].count++;
  else
    reading->last_level = level_set_add(levels, bytes, length, 1, line);
  reading->value[row] = (double) reading->last_level;
}

// --- Reading a part without quotes

// The first delimiter or line feed at or behind p, or `end`.  Eight bytes at a time: a byte
// of `word ^ mask` that is 0 leaves its highest bit set (H. S. Warren, Hacker's Delight,
// 2nd edition, section 6-1; the lowest such bit is exact).
static inline const char *find_stop(const char *p, const char *end, char delimiter)
{
  const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
  uint64_t delimiters = ones * (unsigned char) delimiter, feeds = ones * '\n';
  for (; end - p >= 8; p += 8) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    word = le64toh(word);
    uint64_t a = word ^ delimiters, b = word ^ feeds;
    uint64_t found = (((a - ones) & ~a) | ((b - ones) & ~b)) & highs;
    if (found)
      return p + __builtin_ctzll(found) / 8;
  }
  while (p < end && *p != delimiter && *p != '\n')
    p++;
  return p;
}

static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

// Reads [-] digits [mark digits], at most 18 digits that make an integer of at most 2^53:
// then one division by an exact power of ten rounds once (W. D. Clinger, 1990), which is
// what number_parse gives.  Returns the byte behind, or NULL for any other cell.  Somewhere
// behind p is a NUL byte.
static inline const char *scan_number(const char *p, char mark, double *number)
{
  bool negative = *p == '-';
  p += negative;
  const char *start = p;
  uint64_t digits = 0;
  unsigned digit;
  while ((digit = (unsigned char) *p - (unsigned) '0') < 10) {
    digits = digits * 10 + digit;
    p++;
  }
  size_t n_digits = (size_t) (p - start), n_decimals = 0;
  if (*p == mark) {
    start = ++p;
    while ((digit = (unsigned char) *p - (unsigned) '0') < 10) {
      digits = digits * 10 + digit;
      p++;
    }
    n_decimals = (size_t) (p - start);
    n_digits += n_decimals;
  }
  if (n_digits - 1 >= 18 || digits > UINT64_C(1) << 53)
    return NULL;
  double exact = (double) digits / power_of_ten[n_decimals];
  *number = negative ? -exact : exact;
  return p;
}

// Eight bytes, the first one lowest, each of a digit turned into its value.
static inline uint64_t load_digits(const char *p)
{
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return le64toh(word) ^ UINT64_C(0x3030303030303030);
}

// The highest bit of each byte above 9.
static inline uint64_t mark_others(uint64_t digits)
{
  const uint64_t highs = UINT64_C(0x8080808080808080);
  return (((digits & ~highs) + UINT64_C(0x7676767676767676)) | digits) & highs;
}

// The number that the lowest n bytes make, 1 <= n <= 8: pairs of digits, pairs of these and
// once more, side by side.
static inline uint64_t join_digits(uint64_t digits, unsigned n)
{
  digits <<= 8 * (8 - n);
  digits = (digits * (1 + (10 << 8))) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
  digits = (digits * (1 + (100 << 16))) >> 16 & UINT64_C(0x0000ffff0000ffff);
  return (digits * (1 + (UINT64_C(10000) << 32))) >> 32;
}

enum { SHORT_NUMBER_REACH = 24 }; // bytes behind p that scan_short_number may look at

// As scan_number, without a branch for each digit, where up to 7 bytes stand in front of the
// mark or the end and up to 8 digits behind the mark; NULL for any other cell.
static inline const char *scan_short_number(const char *p, char mark, double *number)
{
  uint64_t head = load_digits(p), minus = *p == '-' ? 0xff : 0;
  uint64_t others = mark_others(head) & ~minus;
  if (!others)
    return NULL;
  unsigned n_head = (unsigned) __builtin_ctzll(others) / 8, sign = minus & 1;
  if (n_head == sign)
    return NULL;
  uint64_t digits = join_digits(head & ~minus, n_head);
  if (p[n_head] != mark) {
    *number = sign ? -(double) digits : (double) digits;
    return p + n_head;
  }
  others &= others - 1; // the end, if it is among these eight bytes
  unsigned before = others ? 0 : 8;
  others = others ? others : mark_others(load_digits(p + 8));
  if (!others)
    return NULL;
  unsigned end = before + (unsigned) __builtin_ctzll(others) / 8, n_decimals = end - n_head - 1;
  if (n_decimals - 1 >= 8)
    return NULL;
  static const uint64_t scale[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  digits = digits * scale[n_decimals] + join_digits(load_digits(p + n_head + 1), n_decimals);
  if (digits > UINT64_C(1) << 53)
    return NULL;
  double exact = (double) digits / power_of_ten[n_decimals];
  *number = sign ? -exact : exact;
  return p + end;
}

// `mark`: the decimal mark, or a byte that occurs in no cell.
static inline void read_part_with(const struct table *table, struct part *part,
                                  struct reading *reading_of_column, char delimiter, char mark)
{
  const struct table_source *source = table->source;
  const struct text_state *state = source->state;
  const char *end = part->end, *p = part->begin;
  const char *content_end = text_content(&source->content) + source->content.length;
  size_t last = state->n_columns - 1, row = part->first_row, line = part->first_line;
  bool check_missing_numbers = source->n_na_numbers > 0;
  size_t *line_of_row = source->counted ? NULL : table->line;
  for (; p < end; line++) {
    if (last > 0 && (*p == '\n' || (*p == '\r' && p[1] == '\n'))) {
      p += 1 + (*p == '\r');
      continue;
    }
    if (line_of_row)
      line_of_row[row] = line;
    for (size_t column = 0; column <= last; column++) {
      struct reading *reading = &reading_of_column[column];
      const char *stop;
      if (reading->mode == MODE_NUMBERS) {
        double number;
        stop = NULL;
        if (!check_missing_numbers) {
          if (content_end - p >= SHORT_NUMBER_REACH)
            stop = scan_short_number(p, mark, &number);
          if (!stop)
            stop = scan_number(p, mark, &number);
        }
        if (stop && column == last && *stop == '\r')
          stop++;
        if (stop && *stop == (column < last ? delimiter : '\n')) {
          reading->value[row] = number;
          p = stop + 1;
          continue;
        }
      }
      stop = find_stop(p, end, delimiter);
      if ((column < last) != (stop < end && *stop == delimiter)) {
        part->bad = true;
        return;
      }
      size_t length = (size_t) (stop - p);
      if (column == last && length && stop[-1] == '\r')
        length--;
      if (reading->mode == MODE_NUMBERS)
        take_number(table, reading, row, line, p, length);
      else if (reading->mode == MODE_TEXTS)
        take_text(reading, row, line, p, length, false);
      p = stop < end ? stop + 1 : end;
    }
    row++;
  }
}

static void read_part(const struct table *table, struct part *part,
                      struct reading *reading_of_column)
{
  // The common case has constants, which makes its loop tighter.
  char delimiter = table->source->delimiter, mark = table->source->decimal;
  if (delimiter == ',' && mark == '.')
    read_part_with(table, part, reading_of_column, ',', '.');
  else
    read_part_with(table, part, reading_of_column, delimiter, mark == delimiter ? '"' : mark);
}

// --- Reading text with quotes

static bool read_quoted(struct table *table, const struct column_load *load, size_t n_loads,
                        struct reading *reading, struct error *error)
{
  struct text_state *state = table->source->state;
  csv_seek(state->reader, state->body_offset, state->body_line);
  bool check_missing_numbers = table->source->n_na_numbers > 0;
  char mark = table->source->decimal;
  struct csv_cell *cells;
  size_t n_cells, row = 0;
  enum csv_status status;
  while ((status = csv_next(state->reader, &cells, &n_cells, error)) == CSV_RECORD) {
    size_t line = csv_line(state->reader);
    if (!table->source->counted)
      table->line[row] = line;
    for (size_t i = 0; i < n_loads; i++) {
      const struct csv_cell *cell = &cells[load[i].column];
      double number;
      if (reading[i].mode == MODE_TEXTS)
        take_text(&reading[i], row, line, cell->bytes, cell->length, cell->quoted);
      else if (reading[i].mode != MODE_NUMBERS)
        continue;
      else if (!check_missing_numbers &&
               scan_number(cell->bytes, mark, &number) == cell->bytes + cell->length)
        reading[i].value[row] = number;
      else
        take_number(table, &reading[i], row, line, cell->bytes, cell->length);
    }
    row++;
  }
  if (status == CSV_ERROR)
    return false;
  table->source->n_file_rows = row;
  state->part[0].n_rows = row;
  return true;
}

// --- Loading

static int count_decimals(const char *bytes, size_t length, char mark)
{
  const char *point = memchr(bytes, mark, length);
  int n = 0, exponent = 0;
  const char *p = point ? point + 1 : bytes, *end = bytes + length;
  for (; p < end && *p != 'e' && *p != 'E'; p++)
    n += point != NULL;
  if (p < end) {
    char digits[8] = "";
    size_t n_digits = (size_t) (end - p - 1);
    memcpy(digits, p + 1, n_digits < sizeof digits - 1 ? n_digits : sizeof digits - 1);
    exponent = atoi(digits);
  }
  return n > exponent ? n - exponent : 0;
}

// Looks at the first rows for decimals, and for columns that will be read as texts: a wrong
// guess costs a second reading and nothing else.
static void sample_rows(const struct table *table, struct column_load *load, size_t n_loads,
                        enum mode *mode)
{
  struct text_state *state = table->source->state;
  size_t *n_numbers = NEW_ZEROED(size_t, n_loads), *n_odd = NEW_ZEROED(size_t, n_loads);
  csv_seek(state->reader, state->body_offset, state->body_line);
  struct csv_cell *cells;
  size_t n_cells;
  for (size_t row = 0; row < N_SAMPLE_ROWS; row++) {
    if (csv_next(state->reader, &cells, &n_cells, NULL) != CSV_RECORD)
      break;
    for (size_t i = 0; i < n_loads; i++) {
      size_t length = cells[load[i].column].length;
      const char *bytes = table_trim(cells[load[i].column].bytes, &length);
      double number;
      if (table_is_missing(table, bytes, length))
        continue;
      if (table_parse_number(table, bytes, length, &number)) {
        n_numbers[i]++;
        int decimals = count_decimals(bytes, length, table->source->decimal);
        if (decimals > load[i].most_decimals)
          load[i].most_decimals = decimals;
      } else {
        n_odd[i]++;
      }
    }
  }
  for (size_t i = 0; i < n_loads; i++) {
    bool texts = load[i].rule == LOAD_TEXTS || (load[i].rule == LOAD_CATEGORIES && n_odd[i]) ||
                 (load[i].rule == LOAD_BY_CONTENT && n_odd[i] > n_numbers[i]);
    mode[i] = texts ? MODE_TEXTS : MODE_NUMBERS;
  }
  free(n_numbers);
  free(n_odd);
}

static void set_odd_error(const struct table *table, struct column_load *load,
                          const struct odd_cell *odd)
{
  const char *name = table->column[load->column].name;
  size_t shown = odd->length;
  if (shown > MOST_EXCERPT)
    shown = text_whole_characters(odd->bytes, MOST_EXCERPT);
  const char *more = shown < odd->length ? "..." : "";
  char mark = table->source->decimal == '.' ? ',' : '.';
  double number;
  struct text hint = {0};
  if (number_parse(odd->bytes, odd->length, mark, &number)) {
    text_append_format(&hint, "use --decimal=%c if that is the decimal mark", mark);
  } else if (!*more && !strpbrk(odd->bytes, ",'\n\r")) {
    bool plain = !odd->bytes[strcspn(odd->bytes, " \t\"$`\\!*?[]{}()<>|&;#~")];
    text_append_format(
        &hint, plain ? "use --na=%s if it means missing" : "use --na='%s' if it means missing",
        odd->bytes);
  } else {
    text_append(&hint, "--na=TOKEN names what means missing");
  }
  error_set(&load->error, ERROR_DATA, "%s:%zu: column '%s': '%.*s%s' is not a number (%s)%s",
            table->name, odd->line, name, (int) shown, odd->bytes, more, text_content(&hint),
            load->rule == LOAD_BY_CONTENT ? "; if these are categories, use factor() or a codebook"
                                          : "");
  load->error_line = odd->line;
  text_free(&hint);
}

// Joins the levels of all parts, missing tokens set aside, and renumbers the values.
static void join_levels(struct table *table, struct column_load *load, struct reading *reading,
                        size_t n_loads)
{
  const struct text_state *state = table->source->state;
  for (size_t i = 0; i < state->n_parts; i++) {
    struct reading *own = &reading[i * n_loads];
    double *renumbered = NEW_ARRAY(double, own->levels.n_levels);
    bool same = true;
    for (size_t j = 0; j < own->levels.n_levels; j++) {
      const struct level *level = &own->levels.level[j];
      if (table_is_missing(table, level->name, level->length)) {
        renumbered[j] = NAN;
        load->n_missing += level->count;
      } else {
        renumbered[j] = (double) level_set_add(&load->levels, level->name, level->length,
                                               level->count, level->first_line);
      }
      same = same && renumbered[j] == (double) j;
    }
    const struct part *part = &state->part[i];
    double *value = load->value + part->first_row;
    for (size_t row = 0; !same && row < part->n_rows; row++)
      value[row] = renumbered[(size_t) value[row]];
    free(renumbered);
  }
}

// Settles the type of a column that was read as numbers.  False: it must be read as texts.
static bool settle_numbers(const struct table *table, struct column_load *load,
                           const struct reading *reading, size_t n_loads)
{
  const struct text_state *state = table->source->state;
  const struct odd_cell *odd = NULL;
  size_t n_odd = 0;
  load->n_missing = 0;
  for (size_t i = 0; i < state->n_parts; i++) {
    const struct reading *own = &reading[i * n_loads];
    load->n_missing += own->n_missing;
    n_odd += own->n_odd;
    if (!odd && own->n_odd)
      odd = &own->odd;
  }
  load->numeric = true;
  if (!odd)
    return true;
  size_t n_numbers = table->source->n_file_rows - load->n_missing - n_odd;
  if (load->rule == LOAD_CATEGORIES || (load->rule == LOAD_BY_CONTENT && n_odd > n_numbers))
    return false;
  set_odd_error(table, load, odd);
  return true;
}

static void settle_texts(struct table *table, struct column_load *load, struct reading *reading,
                         size_t n_loads)
{
  const struct text_state *state = table->source->state;
  join_levels(table, load, reading, n_loads);
  for (size_t i = 0; i < state->n_parts; i++)
    load->blanks_removed = load->blanks_removed || reading[i * n_loads].blanks_removed;
  load->numeric = false;
  if (load->rule != LOAD_BY_CONTENT)
    return;
  size_t n_numbers = 0, n_odd = 0;
  const struct level *odd = NULL;
  for (size_t j = 0; j < load->levels.n_levels; j++) {
    const struct level *level = &load->levels.level[j];
    double number;
    if (table_parse_number(table, level->name, level->length, &number)) {
      n_numbers += level->count;
    } else {
      n_odd += level->count;
      if (!odd || level->first_line < odd->first_line)
        odd = level;
    }
  }
  if (odd && n_numbers >= n_odd)
    set_odd_error(table, load, &(struct odd_cell){odd->first_line, odd->name, odd->length});
}

// Reads the columns whose mode is not MODE_SKIP; those that turn out otherwise get
// MODE_TEXTS and the rest MODE_SKIP.
static bool read_columns(struct table *table, struct column_load *load, size_t n_loads,
                         enum mode *mode, struct error *error)
{
  struct table_source *source = table->source;
  struct text_state *state = source->state;
  bool quotes = csv_has_quotes(state->reader), good = true;
  size_t n_parts = state->n_parts;
  struct reading *reading = NEW_ZEROED(struct reading, n_parts * n_loads);
  for (size_t k = 0; k < n_parts * n_loads; k++) {
    reading[k].mode = mode[k % n_loads];
    reading[k].value = load[k % n_loads].value;
  }
  if (quotes) {
    good = read_quoted(table, load, n_loads, reading, error);
  } else {
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
    for (size_t i = 0; i < n_parts; i++) {
      // One reading a column of the file while the part is read.
      struct reading *of_column = NEW_ZEROED(struct reading, state->n_columns);
      for (size_t j = 0; j < n_loads; j++)
        of_column[load[j].column] = reading[i * n_loads + j];
      read_part(table, &state->part[i], of_column);
      for (size_t j = 0; j < n_loads; j++)
        reading[i * n_loads + j] = of_column[load[j].column];
      free(of_column);
    }
    for (size_t i = 0; i < n_parts; i++)
      good = good && !state->part[i].bad;
    if (!good)
      tell_text_error(state, error);
  }
  if (good)
    source->counted = true;
  for (size_t j = 0; j < n_loads && good; j++) {
    if (mode[j] == MODE_TEXTS) {
      settle_texts(table, &load[j], &reading[j], n_loads);
      mode[j] = MODE_SKIP;
    } else if (mode[j] == MODE_NUMBERS) {
      mode[j] = settle_numbers(table, &load[j], &reading[j], n_loads) ? MODE_SKIP : MODE_TEXTS;
      load[j].n_missing = mode[j] == MODE_SKIP ? load[j].n_missing : 0;
    }
  }
  for (size_t k = 0; k < n_parts * n_loads; k++) {
    level_set_free(&reading[k].levels);
    free(reading[k].odd.bytes);
  }
  free(reading);
  return good;
}

static bool load_text(struct table *table, struct column_load *load, size_t n_loads,
                      struct error *error)
{
  struct table_source *source = table->source;
  if (!count_rows(table, n_loads, error))
    return false;
  for (size_t j = 0; j < n_loads; j++)
    load[j].value = NEW_ARRAY(double, source->n_file_rows);
  enum mode *mode = NEW_ARRAY(enum mode, n_loads);
  sample_rows(table, load, n_loads, mode);
  size_t n_most = source->n_file_rows;
  bool good = true, again = true;
  while (again && good) {
    good = read_columns(table, load, n_loads, mode, error);
    again = false;
    for (size_t j = 0; j < n_loads; j++)
      again = again || mode[j] != MODE_SKIP;
  }
  free(mode);
  if (!good) {
    if (!source->counted) {
      free(table->line);
      table->line = NULL;
    }
    return false;
  }
  if (source->n_file_rows < n_most) {
    RESIZE_ARRAY(table->line, source->n_file_rows);
    for (size_t j = 0; j < n_loads; j++)
      RESIZE_ARRAY(load[j].value, source->n_file_rows);
  }
  return true;
}

static bool recognize_text(const char *content, size_t length)
{
  (void) content;
  (void) length;
  return true;
}

const struct table_format table_format_text = {
    .name = "delimited text",
    .recognizes = recognize_text,
    .open = open_text,
    .load = load_text,
    .close = close_text,
};
