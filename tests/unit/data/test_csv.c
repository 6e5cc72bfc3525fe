// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text: RFC 4180's rules one by one, what libcsv gets wrong, and random texts
// against libcsv and against records known before they were written.
#include <config.h>

#include "data/csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "tap.h"

// All records as "LINE:<cell><"quoted">..." one behind the other, or the message.
static void dump(const char *content, size_t length, char delimiter, struct text *out)
{
  struct error error;
  // A copy without a byte to spare: an address sanitizer sees any step beyond.
  char *copy = memory_allocate(length, 1);
  if (length)
    memcpy(copy, content, length);
  struct csv_reader *reader = csv_open(copy, length, "f", delimiter, &error);
  text_clear(out);
  if (!reader) {
    text_append(out, error.message);
    free(copy);
    return;
  }
  struct csv_cell *cell;
  size_t n_cells;
  enum csv_status status;
  while ((status = csv_next(reader, &cell, &n_cells, &error)) == CSV_RECORD) {
    text_append_format(out, "%zu:", csv_line(reader));
    for (size_t i = 0; i < n_cells; i++) {
      text_append(out, cell[i].quoted ? "<\"" : "<");
      text_append_bytes(out, cell[i].bytes, cell[i].length);
      text_append(out, cell[i].quoted ? "\">" : ">");
    }
  }
  if (status == CSV_ERROR) {
    text_append(out, error.message);
    struct error again;
    if (csv_next(reader, &cell, &n_cells, &again) != CSV_ERROR ||
        strcmp(again.message, error.message) != 0)
      text_append(out, " (and then not)");
  }
  csv_close(reader);
  free(copy);
}

static void reads_as(const char *content, const char *expected, const char *name)
{
  struct text out = {0};
  dump(content, strlen(content), '\0', &out);
  is_text(text_content(&out), expected, name);
  text_free(&out);
}

static void reads_with(const char *content, char delimiter, const char *expected, const char *name)
{
  struct text out = {0};
  dump(content, strlen(content), delimiter, &out);
  is_text(text_content(&out), expected, name);
  text_free(&out);
}

static void test_records(void)
{
  reads_as("", "", "an empty text has no record");
  reads_as("\n\r\n\n", "", "nor have blank lines");
  reads_as("a,b\n1,2\n", "1:<a><b>2:<1><2>", "two records");
  reads_as("a,b\n1,2", "1:<a><b>2:<1><2>", "no line end behind the last record");
  reads_as("a,b\r\n1,2\r\n", "1:<a><b>2:<1><2>", "CRLF gives no further rows");
  reads_as("a,b\r\n1,2\n3,4\r\n", "1:<a><b>2:<1><2>3:<3><4>", "line ends of both kinds");
  reads_as("a,b\n 1 ,\t2 \n", "1:<a><b>2:< 1 ><\t2 >", "blanks are kept");
  reads_as("a,b\n\" 1 \",2 \n", "1:<a><b>2:<\" 1 \"><2 >", "blanks are kept in quotes, too");
  reads_as("a,b\n,\n", "1:<a><b>2:<><>", "empty cells");
  reads_as("a,b\n\"\",\n", "1:<a><b>2:<\"\"><>", "a quoted empty cell is told from an empty one");
  reads_as("a,b\n,\"\"", "1:<a><b>2:<><\"\">", "at the end of the text, too");
  reads_as("a,b\n\"x\",", "1:<a><b>2:<\"x\"><>", "an empty cell at the end behind a quoted one");
  reads_as("a,b\n\n1,2\n\r\n3,4\n\n", "1:<a><b>3:<1><2>5:<3><4>",
           "blank lines are nothing in a file of two columns, and count as lines");
  reads_as("\n\na,b\n1,2\n", "3:<a><b>4:<1><2>", "blank lines before the header");
  reads_as("a\n1\n\n2\n", "1:<a>2:<1>3:<>4:<2>", "a blank line in a file of one column is a cell");
  reads_as("a\r\n1\r\n\r\n2\r\n", "1:<a>2:<1>3:<>4:<2>", "with CRLF, too");
  reads_as("a\n\"1\"\n\n\"\"\n", "1:<a>2:<\"1\">3:<>4:<\"\">", "between quoted cells, too");
}

static void test_quotes(void)
{
  reads_as("a,b\n\"x,y\",\"p\nq\"\n3,4\n", "1:<a><b>2:<\"x,y\"><\"p\nq\">4:<3><4>",
           "a delimiter and a line feed in quotes; the line of the next record");
  reads_as("a,b\n\"p\r\nq\",2\r\n3,4\r\n", "1:<a><b>2:<\"p\r\nq\"><2>4:<3><4>",
           "a CRLF in quotes stays");
  reads_as("a,b\n\"p\rq\",2\n", "1:<a><b>2:<\"p\rq\"><2>", "a carriage return in quotes stays");
  reads_as("a,b\n\"she said \"\"no\"\"\",2\n", "1:<a><b>2:<\"she said \"no\"\"><2>",
           "doubled quotes");
  reads_as("a,b\n\"\"\"\",\"\"\"\"\"\"\n", "1:<a><b>2:<\"\"\"><\"\"\"\">", "quotes alone");
  reads_as("a,b\n\"\n\n\",\"\"\"\n\"\n5,6", "1:<a><b>2:<\"\n\n\"><\"\"\n\">6:<5><6>",
           "blank lines in quotes");
  reads_as("a,b\n1,\"open\n2,3\n4,5\n", "1:<a><b>f:2: a quote opens here and nothing closes it",
           "an unterminated quote tells the line where it opened");
  reads_as("a,b\n\"x\ny\",\"open\n4,5\n", "1:<a><b>f:3: a quote opens here and nothing closes it",
           "the second quoted cell, on the record's second line");
  reads_as("a,b\n\"1\"x,2\n3,4\n",
           "1:<a><b>f:2: character 4: text behind the closing quote of a cell (double a quote "
           "that stands inside)",
           "text behind a quote");
  reads_as("a,b\nx\"y,2\n",
           "1:<a><b>f:2: character 2: a quote inside a cell that does not begin with one (put the "
           "cell in quotes and double those inside)",
           "a quote inside a bare cell");
  reads_as("a,b\n1, \"x\"\n",
           "1:<a><b>f:2: character 4: a quote inside a cell that does not begin with one (put the "
           "cell in quotes and double those inside)",
           "a blank before a quote");
  reads_as("a,b\n1,\"x\n3,4\n5,\"y\"\n",
           "1:<a><b>f:4: character 4: text behind the closing quote of a cell (its quote opened "
           "on line 2)",
           "a quote closed by the next one tells both lines");
  reads_as("a,b\n\"x\" ,2\n",
           "1:<a><b>f:2: character 4: text behind the closing quote of a cell (double a quote "
           "that stands inside)",
           "a blank behind a quote");
  reads_as("a,b\n\xc3\xa4\"y,2\n",
           "1:<a><b>f:2: character 2: a quote inside a cell that does not begin with one (put the "
           "cell in quotes and double those inside)",
           "characters are counted, not bytes");
}

static void test_bad_text(void)
{
  reads_as("a,b\n1,2,3\n", "1:<a><b>f:2: expected 2 cells as in the header, found 3", "too many");
  reads_as("a,b,c\n1,2,3\n1,2\n",
           "1:<a><b><c>2:<1><2><3>f:3: expected 3 cells as in the header, found 2", "too few");
  reads_as("a,b\n1,2\n\"1\n2\"\n",
           "1:<a><b>2:<1><2>f:3: expected 2 cells as in the header, found 1",
           "too few in quotes: the line where the record began");
  reads_as("a\n1,2\n", "1:<a>f:2: expected 1 cell as in the header, found 2", "one column");
  const char *lone = "f:2: a carriage return without a line feed (line ends of old Macintosh "
                     "programs? save the file with the line ends of Unix or Windows)";
  char expected[300];
  snprintf(expected, sizeof expected, "1:<a><b>%s", lone);
  reads_as("a,b\n1\r,2\n", expected, "a lone carriage return");
  reads_as("a,b\n1,2\r", expected, "at the end of the text");
  reads_as("a,b\n1,2\r\r\n", expected, "two before a line feed");
  reads_as("a,b\n\"1\",2\rx\n", expected, "behind a quoted cell");
  reads_as("a,b\n\"1\",\"2\"\r\r\n", expected, "two behind a quoted cell");
  reads_as("a,b\n\r\"1\",2\n", expected, "before a quoted cell");
  reads_as("a,b\n1,\"2\"\r", expected, "behind a quoted cell at the end of the text");
  reads_as("a,b\r1,2\r3,4\r",
           "f:1: a carriage return without a line feed (line ends of old Macintosh programs? save "
           "the file with the line ends of Unix or Windows)",
           "a Macintosh file");
  reads_as("a,b\n\xc3\xa4,x\xe4\n",
           "f:2: character 4 (byte 0xE4) is not UTF-8 (save the file as UTF-8, or use "
           "--encoding=NAME, as in --encoding=GB18030 or windows-1252)",
           "Latin-1: line and character");
  reads_as("a,b\n1,\xed\xa0\x80\n",
           "f:2: character 3 (byte 0xED) is not UTF-8 (save the file as UTF-8, or use "
           "--encoding=NAME, as in --encoding=GB18030 or windows-1252)",
           "a surrogate");
  reads_as("a,b\n1,\xc0\x80\n",
           "f:2: character 3 (byte 0xC0) is not UTF-8 (save the file as UTF-8, or use "
           "--encoding=NAME, as in --encoding=GB18030 or windows-1252)",
           "an overlong form");
  reads_as("a\n\xf0\x9f\x98",
           "f:2: character 1 (byte 0xF0) is not UTF-8 (save the file as UTF-8, or use "
           "--encoding=NAME, as in --encoding=GB18030 or windows-1252)",
           "a character cut short at the end");
  struct text out = {0};
  dump("a,b\n1,\0002\n", 9, '\0', &out);
  is_text(text_content(&out),
          "f:2: character 3 is a NUL byte: this is not a text file, or it is UTF-16 (use "
          "--encoding=UTF-16)",
          "a NUL byte");
  dump("\xff\xfe"
       "a\0\n\0",
       6, '\0', &out);
  is_text(text_content(&out), "f: UTF-16 text (save the file as UTF-8, or use --encoding=UTF-16)",
          "UTF-16");
  dump("\xfe\xff\0a\0\n", 6, '\0', &out);
  is_text(text_content(&out), "f: UTF-16 text (save the file as UTF-8, or use --encoding=UTF-16)",
          "UTF-16, the other way round");
  dump("a,b\n", 4, '"', &out);
  is_text(text_content(&out), "a delimiter is one ASCII character, and no quote and no line end",
          "a quote as delimiter");
  text_free(&out);
}

static void test_beginnings(void)
{
  reads_as("\xef\xbb\xbf"
           "a,b\n1,2\n",
           "1:<a><b>2:<1><2>", "a byte order mark is skipped");
  reads_as("\xef\xbb\xbf\"a\",b\n1,2\n", "1:<\"a\"><b>2:<1><2>", "also before a quoted name");
  reads_as("\xef\xbb\xbf", "", "alone");
  reads_as("a\tb\n1\t2\n", "1:<a><b>2:<1><2>", "tab found out");
  reads_as("a;b\n1,5;2\n", "1:<a><b>2:<1,5><2>", "semicolon found out");
  reads_as("a;b;c,d\n1;2;3\n", "1:<a><b><c,d>2:<1><2><3>", "what splits into most cells");
  reads_as("\"a,x,y\";b\n1;2\n", "1:<\"a,x,y\"><b>2:<1><2>", "quotes respected");
  reads_as("\"a\n,,,\";b\n1;2\n", "1:<\"a\n,,,\"><b>3:<1><2>", "a first record of two lines");
  reads_as("a\n1\n", "1:<a>2:<1>", "one column");
  reads_with("a|b\n1|2,3\n", '|', "1:<a><b>2:<1><2,3>", "a delimiter that was told");
  reads_with("a|b\n\"1|\"\"\"|2\n", '|', "1:<a><b>2:<\"1|\"\"><2>", "with quotes");
  reads_with("a b\n1 2\n", ' ', "1:<a><b>2:<1><2>", "a blank as delimiter");
}

static void test_seek(void)
{
  const char *content = "a,b\n\"1\n\",2\n3,4\n\"x\n";
  struct error error;
  struct csv_reader *reader = csv_open(content, strlen(content), "f", ',', &error);
  struct csv_cell *cell;
  size_t n_cells, line;
  csv_next(reader, &cell, &n_cells, &error);
  size_t offset = csv_offset(reader, &line);
  is_integer((long long) offset, 4, "offset behind the header");
  is_integer((long long) line, 2, "line behind the header");
  for (int round = 1; round <= 2; round++) {
    ok(csv_next(reader, &cell, &n_cells, &error) == CSV_RECORD && cell[0].length == 2 &&
           cell[0].bytes[0] == '1',
       "record after the header, round %d", round);
    ok(csv_next(reader, &cell, &n_cells, &error) == CSV_RECORD && csv_line(reader) == 4,
       "the one behind, round %d", round);
    ok(csv_next(reader, &cell, &n_cells, &error) == CSV_ERROR, "an error, round %d", round);
    csv_seek(reader, offset, line);
  }
  ok(csv_has_quotes(reader) && !csv_has_returns(reader), "has quotes and no carriage return");
  ok(csv_delimiter_used(reader) == ',', "delimiter used");
  csv_close(reader);
  csv_close(NULL);
}

// What asks for care is found wherever it stands: the text is looked through in blocks.
static void test_far_bytes(void)
{
  enum { LENGTH = 300000, BLOCK = 1 << 16 };
  static const size_t places[] = {100, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5, LENGTH - 1};
  char *content = malloc(LENGTH + 1);
  struct error error;
  int n_bad = 0;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    for (int which = 0; which < 4; which++) {
      memset(content, 'x', LENGTH);
      content[places[i]] = "\"\r\0\xff"[which];
      struct csv_reader *reader = csv_open(content, LENGTH, "f", ',', &error);
      if (which >= 2) {
        n_bad += reader != NULL;
      } else {
        struct csv_cell *cell;
        size_t n_cells;
        n_bad += csv_has_quotes(reader) != (which == 0);
        n_bad += csv_has_returns(reader) != (which == 1);
        n_bad += csv_next(reader, &cell, &n_cells, &error) != CSV_ERROR;
        csv_seek(reader, places[i] - 50, 1);
        n_bad += csv_next(reader, &cell, &n_cells, &error) != CSV_ERROR;
      }
      csv_close(reader);
    }
  is_integer(n_bad, 0, "a quote, a carriage return, a NUL and a byte that is no UTF-8, far behind");
  free(content);
}

static void test_long(void)
{
  enum { LENGTH = 3000000, COLUMNS = 10000 };
  struct text content = {0}, out = {0};
  text_append(&content, "a,b\n\"");
  for (int i = 0; i < LENGTH; i++)
    text_append_character(&content, i % 1000 == 999 ? '\n' : 'x');
  text_append(&content, "\"\"\",");
  for (int i = 0; i < LENGTH; i++)
    text_append_character(&content, 'y');
  text_append(&content, "\n3,4\n");
  struct error error;
  struct csv_reader *reader = csv_open(content.bytes, content.length, "f", '\0', &error);
  struct csv_cell *cell;
  size_t n_cells;
  csv_next(reader, &cell, &n_cells, &error);
  ok(csv_next(reader, &cell, &n_cells, &error) == CSV_RECORD && cell[0].length == LENGTH + 1 &&
         cell[0].bytes[LENGTH] == '"' && cell[1].length == LENGTH,
     "cells of three million bytes");
  ok(csv_next(reader, &cell, &n_cells, &error) == CSV_RECORD &&
         csv_line(reader) == LENGTH / 1000 + 3,
     "the record behind, with its line");
  csv_close(reader);
  text_clear(&content);
  for (int row = 0; row < 2; row++)
    for (int i = 0; i < COLUMNS; i++)
      text_append_format(&content, row ? "%d%c" : "c%d%c", i, i + 1 < COLUMNS ? ',' : '\n');
  reader = csv_open(content.bytes, content.length, "f", '\0', &error);
  csv_next(reader, &cell, &n_cells, &error);
  ok(csv_next(reader, &cell, &n_cells, &error) == CSV_RECORD && n_cells == COLUMNS &&
         memcmp(cell[COLUMNS - 1].bytes, "9999", 4) == 0,
     "ten thousand columns");
  csv_close(reader);
  text_free(&content);
  text_free(&out);
}

static uint32_t random_state = 12345;
static uint32_t random_below(uint32_t n)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (uint32_t) (((uint64_t) (random_state >> 8) * n) >> 24);
}

// Cells known first, then written with quotes as needed or at whim, then read.
static void test_round_trip(void)
{
  static const char alphabet[] = {'a', '1', '.', ' ', ',', ';', '"', '\n', '\r', '\t'};
  int n_bad = 0;
  struct text content = {0}, expected = {0}, out = {0};
  for (int trial = 0; trial < 3000; trial++) {
    text_clear(&content);
    text_clear(&expected);
    bool windows = random_below(2), final = random_below(2);
    uint32_t n_columns = 1 + random_below(4), n_rows = 1 + random_below(5);
    size_t line = 1;
    for (uint32_t row = 0; row < n_rows; row++) {
      text_append_format(&expected, "%zu:", line);
      for (uint32_t column = 0; column < n_columns; column++) {
        char cell[9];
        uint32_t length = random_below(8);
        // A first line that is blank is no record.
        if (row == 0 && column == 0 && length == 0)
          length = 1;
        bool needs = false;
        for (uint32_t i = 0; i < length; i++) {
          cell[i] = alphabet[random_below(sizeof alphabet)];
          needs = needs || strchr(",\"\r\n", cell[i]);
          line += cell[i] == '\n';
        }
        bool quoted = needs || random_below(4) == 0;
        // An empty last line would need a line end to be one.
        if (n_columns == 1 && length == 0)
          quoted = quoted || row + 1 == n_rows;
        if (quoted)
          text_append_character(&content, '"');
        text_append(&expected, quoted ? "<\"" : "<");
        for (uint32_t i = 0; i < length; i++) {
          text_append_character(&content, cell[i]);
          text_append_character(&expected, cell[i]);
          if (cell[i] == '"')
            text_append_character(&content, '"');
        }
        if (quoted)
          text_append_character(&content, '"');
        text_append(&expected, quoted ? "\">" : ">");
        if (column + 1 < n_columns)
          text_append_character(&content, ',');
      }
      if (row + 1 < n_rows || final)
        text_append(&content, windows ? "\r\n" : "\n");
      line++;
    }
    dump(text_content(&content), content.length, ',', &out);
    if (strcmp(text_content(&out), text_content(&expected)) != 0 && n_bad++ == 0)
      printf("# text |%s|\n# got |%s|\n# expected |%s|\n", text_content(&content),
             text_content(&out), text_content(&expected));
  }
  is_integer(n_bad, 0, "3000 random tables come back, cell by cell and line by line");
  text_free(&content);
  text_free(&expected);
  text_free(&out);
}

static int never_blank(unsigned char c)
{
  (void) c;
  return 0;
}

static void libcsv_cell(void *bytes, size_t length, void *data)
{
  text_append_character(data, '<');
  text_append_bytes(data, bytes, length);
  text_append_character(data, '>');
}

static void libcsv_record(int terminator, void *data)
{
  (void) terminator;
  text_append_character(data, ':');
}

// Random bytes: whatever we accept, libcsv in one go accepts with the same cells.
static void test_against_libcsv(void)
{
  static const char alphabet[] = {'a', ' ', ',', ',', '"', '"', '\n', '\n', '\r'};
  int n_accepted = 0, n_bad = 0;
  struct text theirs = {0}, ours = {0};
  for (int trial = 0; trial < 60000; trial++) {
    char content[16];
    size_t length = random_below(sizeof content);
    for (size_t i = 0; i < length; i++)
      content[i] = alphabet[random_below(sizeof alphabet)];
    text_clear(&theirs);
    text_clear(&ours);
    struct error error;
    struct csv_reader *reader = csv_open(content, length, "f", ',', &error);
    struct csv_cell *cell;
    size_t n_cells;
    enum csv_status status;
    while ((status = csv_next(reader, &cell, &n_cells, &error)) == CSV_RECORD) {
      // libcsv loses blank lines.
      if (n_cells == 1 && cell[0].length == 0 && !cell[0].quoted)
        continue;
      for (size_t i = 0; i < n_cells; i++)
        libcsv_cell((void *) (uintptr_t) cell[i].bytes, cell[i].length, &ours);
      libcsv_record(0, &ours);
    }
    csv_close(reader);
    if (status == CSV_ERROR)
      continue;
    n_accepted++;
    struct csv_parser parser;
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func(&parser, never_blank);
    bool good =
        csv_parse(&parser, content, length, libcsv_cell, libcsv_record, &theirs) == length &&
        csv_fini(&parser, libcsv_cell, libcsv_record, &theirs) == 0;
    csv_free(&parser);
    if ((!good || strcmp(text_content(&ours), text_content(&theirs)) != 0) && n_bad++ == 0)
      printf("# text |%.*s|\n# ours |%s|\n# libcsv |%s|\n", (int) length, content,
             text_content(&ours), text_content(&theirs));
  }
  ok(n_accepted > 5000, "many random texts are accepted (%d)", n_accepted);
  is_integer(n_bad, 0, "and libcsv reads the same in each");
  text_free(&theirs);
  text_free(&ours);
}

// The records behind the first, in at most `most` parts, `at_once` at a time, and whether
// any part is wrong; as dump writes them.
static bool dump_parts(const struct csv_reader *reader, size_t offset, size_t line, size_t n_cells,
                       size_t most, size_t at_once, struct text *out)
{
  struct csv_part *part = NEW_ARRAY(struct csv_part, most);
  struct csv_cell *cell = NEW_ARRAY(struct csv_cell, n_cells * at_once);
  size_t *lines = NEW_ARRAY(size_t, at_once), n_parts, n, n_records = 0;
  bool good = true;
  text_clear(out);
  n_parts = csv_cut(reader, offset, line, most, 1, part);
  for (size_t i = 0; i < n_parts && good; i++) {
    struct csv_scan scan;
    csv_scan_open(&scan, reader, &part[i]);
    good = part[i].first_record == n_records;
    while ((n = csv_scan_next(&scan, at_once, cell, lines))) {
      n_records += n;
      for (size_t j = 0; j < n; j++) {
        text_append_format(out, "%zu:", lines[j]);
        for (size_t k = j * n_cells; k < (j + 1) * n_cells; k++) {
          text_append(out, cell[k].quoted ? "<\"" : "<");
          text_append_bytes(out, cell[k].bytes, cell[k].length);
          text_append(out, cell[k].quoted ? "\">" : ">");
        }
      }
    }
    good = good && !scan.bad && n_records == part[i].first_record + part[i].n_records;
    csv_scan_close(&scan);
  }
  free(part);
  free(cell);
  free(lines);
  return good;
}

// True if in whatever parts the text gives the records that csv_next gives, or is refused.
static bool same_in_parts(const char *content, size_t length, bool *accepted)
{
  static const size_t most[] = {1, 2, 3, 4, 7, 30, 1000}, at_once[] = {100, 1, 2};
  struct csv_reader *reader = csv_open(content, length, "f", ',', NULL);
  struct csv_cell *cell;
  size_t n_cells, line, n;
  bool same = true;
  *accepted = reader && csv_next(reader, &cell, &n_cells, NULL) == CSV_RECORD;
  if (*accepted) {
    struct text serial = {0}, out = {0};
    size_t offset = csv_offset(reader, &line);
    enum csv_status status;
    while ((status = csv_next(reader, &cell, &n, NULL)) == CSV_RECORD) {
      text_append_format(&serial, "%zu:", csv_line(reader));
      for (size_t i = 0; i < n; i++) {
        text_append(&serial, cell[i].quoted ? "<\"" : "<");
        text_append_bytes(&serial, cell[i].bytes, cell[i].length);
        text_append(&serial, cell[i].quoted ? "\">" : ">");
      }
    }
    *accepted = status == CSV_END;
    for (size_t i = 0; i < 21 && same; i++) {
      bool good = dump_parts(reader, offset, line, n_cells, most[i % 7], at_once[i / 7], &out);
      same = good == *accepted &&
             (!good || (serial.length == out.length &&
                        memcmp(text_content(&serial), text_content(&out), out.length) == 0));
    }
    text_free(&serial);
    text_free(&out);
  }
  csv_close(reader);
  return same;
}

static void test_parts(void)
{
  static const char *const texts[] = {
      "a,b\n1,2\n3,4",
      "a,b\n",
      "a,b",
      "a,b\r\n1,2\r\n\r\n3,4\r\n",
      "a,b\n\n\n1,2\n\n",
      "a\n\n1\n\n",
      "a\n\r\n1\r\n\"\"\n",
      "a,b\n\"1\n2\",\"3\r\n\"\n\"\",\"\"\"\"\n",
      "a,b\n1,\"2\"\r\n\"3,\"\"x\"\"\",4",
      "a,b\n1,\n,2\n,",
  };
  static const char *const wrong[] = {
      "a,b\n1,2\r",      "a,b\n1\r,2\n",       "a,b\n1\n",         "a,b\n1,2,3\n",
      "a,b\n1,\"2\n",    "a,b\n\"1\"x,2\n",    "a,b\n1,x\"2\"\n", "a,b\n1,\"\"2\"\"\n",
      "a,b\n1,\"2\"\r",  "a,b\n\"1\"\r,\"2\"\n", "a,b\n\"\n",       "a,b\n\"1\" ,2\n",
  };
  bool accepted;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    ok(same_in_parts(texts[i], strlen(texts[i]), &accepted) && accepted,
       "text %zu is the same in parts", i);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    ok(same_in_parts(wrong[i], strlen(wrong[i]), &accepted) && !accepted,
       "wrong text %zu is refused in parts", i);
  static const char *const pieces[] = {"a", "1.5", ",", ",", ",", "\n", "\n", "\r\n", "\r",
                                       "\"", "\"\"", "\",\"", "\"\n", "\n\"", "\"x,\n\""};
  struct text text = {0};
  int n_bad = 0, n_accepted = 0;
  for (int trial = 0; trial < 6000; trial++) {
    text_clear(&text);
    text_append(&text, trial % 3 ? "a,b\n" : "a\n");
    for (uint32_t n = random_below(trial % 5 ? 14 : 60); n > 0; n--)
      text_append(&text, pieces[random_below(sizeof pieces / sizeof *pieces)]);
    if (!same_in_parts(text.bytes, text.length, &accepted) && n_bad++ == 0)
      printf("# text |%s|\n", text.bytes);
    n_accepted += accepted;
  }
  is_integer(n_bad, 0, "6000 random texts are read or refused alike in one part and in many");
  ok(n_accepted > 200, "%d of them are read", n_accepted);
  text_free(&text);
}

int main(void)
{
  test_records();
  test_quotes();
  test_bad_text();
  test_beginnings();
  test_seek();
  test_far_bytes();
  test_long();
  test_round_trip();
  test_against_libcsv();
  test_parts();
  return tap_done();
}
