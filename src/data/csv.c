// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text, record by record.  Y. Shafranovich (2005), RFC 4180; quoted records by libcsv 3.
#include <config.h>

#include "data/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv_block.h"
#include "data/csv_reader.h"
#include "data/csv_survey.h"

enum { PARSER_OPTIONS = CSV_STRICT | CSV_STRICT_FINI };

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
  struct csv_survey survey = csv_survey_text(body, end);
  if (!csv_check_encoding(body, end, &survey, name, error))
    return NULL;

  struct csv_reader *reader = NEW_ZEROED(struct csv_reader, 1);
  reader->content = content;
  reader->body = body;
  reader->end = end;
  reader->name = memory_copy_text(name);
  reader->delimiter = delimiter ? delimiter : csv_find_delimiter(body, end);
  reader->first_quote = survey.quote;
  reader->first_return = survey.carriage_return;
  csv_init(&reader->parser, PARSER_OPTIONS);
  csv_set_delim(&reader->parser, (unsigned char) reader->delimiter);
  csv_set_space_func(&reader->parser, no_blank);
  csv_set_realloc_func(&reader->parser, resize_for_parser);
  csv_set_blk_size(&reader->parser, 4096);
  csv_seek(reader, (size_t) (body - content), CSV_FIRST_LINE);
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
  return first >= p ? first : csv_find_byte(p, end, byte);
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
      const char *quote = csv_find_byte(p + 1, end, '"');
      stop = quote + 1;
      if (quote == end || (stop < end && *stop != reader->delimiter))
        return false;
      add_cell(reader, p + 1, (size_t) (quote - p - 1));
      reader->cell[reader->n_cells - 1].quoted = true;
      reader->next_quote = csv_find_byte(stop, reader->end, '"');
    } else {
      stop = csv_find_byte(p, end, reader->delimiter);
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
    p = csv_find_byte(p + 1, end, '"') + 1;
    while (p < end && *p == '"')
      p = csv_find_byte(p + 1, end, '"') + 1;
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
  csv_find_place(line_start, where, &ignored, &character);
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
    const char *feed = csv_find_byte(p, end, '\n');
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
    csv_find_place(reader->next, stop, &return_line, &character);
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
    const char *feed = csv_find_byte(start, end, '\n');
    const char *stop = feed < end && feed > start && feed[-1] == '\r' ? feed - 1 : feed;
    reader->record_line = reader->next_line;
    if (stop == start && reader->n_expected != 1) {
      reader->next = feed + 1;
      reader->next_line++;
      continue;
    }
    if (reader->next_quote < start)
      reader->next_quote = csv_find_byte(start, end, '"');
    if (reader->next_return < start)
      reader->next_return = csv_find_byte(start, end, '\r');
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
