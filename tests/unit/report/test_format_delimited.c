// SPDX-License-Identifier: GPL-3.0-or-later
// csv and tsv: read back by a small reader of RFC 4180, the cells are the same.
#include <config.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "example.h"
#include "report/format.h"
#include "report/report.h"
#include "tap.h"

struct records {
  struct text_list cell; // row-major
  bool *quoted;
  size_t n_columns, n_rows;
  bool good;
};

// RFC 4180, section 2, with LF as well as CRLF.
static struct records records_read(const char *c, char delimiter)
{
  struct records records = {.good = true};
  size_t n = 0, capacity = 0;
  while (*c) {
    struct text cell = {0};
    bool quoted = *c == '"';
    if (quoted) {
      for (c++; *c && (*c != '"' || c[1] == '"'); c++) {
        text_append_character(&cell, *c);
        c += *c == '"';
      }
      records.good = records.good && *c == '"';
      c += *c == '"';
    } else {
      for (; *c && *c != delimiter && *c != '\n'; c++) {
        records.good = records.good && *c != '"' && *c != '\r';
        text_append_character(&cell, *c);
      }
    }
    GROW_ARRAY(records.quoted, capacity, records.cell.n_items + 1);
    records.quoted[records.cell.n_items] = quoted;
    text_list_adopt(&records.cell, text_take(&cell));
    n++;
    if (*c == '\n') {
      if (records.n_rows++ == 0)
        records.n_columns = n;
      records.good = records.good && n == records.n_columns;
      n = 0;
      c++;
    } else if (*c == delimiter) {
      c++;
    } else {
      records.good = false;
      break;
    }
  }
  return records;
}

static void records_free(struct records *records)
{
  text_list_free(&records->cell);
  free(records->quoted);
}

static const char *cell_at(const struct records *records, size_t row, size_t column)
{
  return records->cell.item[row * records->n_columns + column];
}

static void test_hostile(const char *format, char delimiter)
{
  struct report report = {0};
  example_hostile(&report);
  char *output = print_report(&report, format, NULL, 3);
  struct records records = records_read(output, delimiter);
  ok(records.good && records.n_rows == N_HOSTILE + 1 && records.n_columns == 5,
     "%s: hostile text reads back as %d records of 5", format, N_HOSTILE + 1);
  is_text(cell_at(&records, 0, 2), "p.value", "the header");
  for (size_t i = 0; records.good && i < N_HOSTILE; i++) {
    const char *cell = cell_at(&records, i + 1, 0);
    struct text expected = {0};
    format_append_clean(&expected, hostile_texts[i],
                        CLEAN_CONTROLS | (delimiter == '\t' ? CLEAN_LINES : 0u));
    ok(strcmp(cell, text_content(&expected)) == 0 && text_is_utf8(cell, strlen(cell), NULL) &&
           !strchr(cell, '\x1b'),
       "%s: text %zu is the same", format, i);
    text_free(&expected);
    double value;
    const char *number = cell_at(&records, i + 1, 1);
    ok(i % 5 ? number_parse_text(number, &value) && value == 1 / ((double) i + 3) : !*number,
       "%s: number %zu is the same, NaN is empty", format, i);
  }
  ok(records.quoted[5] && !records.quoted[6], "%s: empty text is quoted, a missing number is not",
     format);
  records_free(&records);
  free(output);
  report_free(&report);
}

// Text without control characters must come back byte for byte, lines included.
static void test_exact(void)
{
  static const char *const texts[] = {
      "one\ntwo", "one\r\ntwo", "a,b\t\"c\"", "", "  x ", "年龄", "\"",
  };
  enum { N = sizeof texts / sizeof *texts };
  struct report report = {0};
  struct report_table *table = report_add_table(&report, "x", "a b");
  for (size_t i = 0; i < N; i++) {
    report_text(table, texts[i]);
    report_text(table, texts[(i + 1) % N]);
  }
  char *output = print_report(&report, "csv", "x", 3);
  struct records records = records_read(output, ',');
  bool same = records.good && records.n_rows == N + 1;
  for (size_t i = 0; same && i < N; i++)
    same = strcmp(cell_at(&records, i + 1, 0), texts[i]) == 0 &&
           strcmp(cell_at(&records, i + 1, 1), texts[(i + 1) % N]) == 0;
  ok(same, "csv keeps line ends, quotes, delimiters and blanks in text");
  records_free(&records);
  free(output);
  report_free(&report);
}

static void test_numbers(void)
{
  struct report report = {0};
  struct report_table *table = report_add_table(&report, "x", "number n flag");
  enum { N = 2000 };
  double *numbers = NEW_ARRAY(double, N);
  uint64_t state = 88172645463325252u;
  for (size_t i = 0; i < N; i++) {
    do {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      memcpy(&numbers[i], &state, sizeof numbers[i]);
    } while (!isfinite(numbers[i]));
    if (i < 8)
      numbers[i] = ((double[]){0, DBL_MAX, DBL_MIN, DBL_TRUE_MIN, -DBL_MAX, 0.1, 1e300, 138})[i];
    report_number(table, numbers[i]);
    report_count(table, i * 1000003);
    report_logical(table, i % 2);
  }
  char *output = print_report(&report, "csv", NULL, 3);
  struct records records = records_read(output, ',');
  size_t same = 0, short_enough = 0;
  for (size_t i = 0; i < N; i++) {
    double value;
    const char *cell = cell_at(&records, i + 1, 0);
    same += number_parse_text(cell, &value) && memcmp(&value, &numbers[i], sizeof value) == 0;
    short_enough += strlen(cell) <= strlen("-1.2345678901234567e-308");
  }
  is_integer((long long) same, N, "numbers of all sizes read back bit for bit");
  is_integer((long long) short_enough, N, "none has more than 17 digits");
  is_text(cell_at(&records, 6, 0), "0.1", "numbers are as short as they can be");
  is_text(cell_at(&records, 8, 0), "138", "whole numbers have no decimals");
  is_text(cell_at(&records, 4, 1), "3000009", "counts are plain");
  ok(strcmp(cell_at(&records, 1, 2), "FALSE") == 0 && strcmp(cell_at(&records, 2, 2), "TRUE") == 0,
     "logical values are TRUE and FALSE");
  records_free(&records);
  free(output);
  free(numbers);
  report_free(&report);
}

static void test_shapes(void)
{
  struct report report = {0};
  char *output = print_report(&report, "csv", NULL, 3);
  is_text(output, "", "a report without tables prints nothing");
  free(output);
  struct report_table *first = report_add_table(&report, "first", "a");
  output = print_report(&report, "csv", NULL, 3);
  is_text(output, "a\n", "a table without rows is its header");
  free(output);
  report_missing(first);
  report_number(first, NAN);
  report_number(first, -0.0);
  report_number(first, INFINITY);
  struct report_table *second = report_add_table(&report, "second", "a b");
  report_missing(second);
  report_missing(second);
  output = print_report(&report, "csv", NULL, 3);
  is_text(output, "a\n\"\"\n\"\"\n0\nInf\n", "one column: a missing cell is no blank line");
  free(output);
  output = print_report(&report, "tsv", "second", 3);
  is_text(output, "a\tb\n\t\n", "the table asked for");
  free(output);
  struct report_table *third = report_add_table(&report, "third", "a");
  report_text(third, "x ");
  report_text(third, " x");
  output = print_report(&report, "csv", "third", 3);
  is_text(output, "a\n\"x \"\n\" x\"\n", "blanks at either end are quoted");
  free(output);
  report_text(second, "one\ttwo\r\nthree");
  report_text(second, "a \"b\"");
  output = print_report(&report, "tsv", "second", 3);
  is_text(output, "a\tb\n\t\none two three\t\"a \"\"b\"\"\"\n", "tsv: tabs, line ends are blanks");
  free(output);
  report_free(&report);
}

int main(void)
{
  test_hostile("csv", ',');
  test_hostile("tsv", '\t');
  test_exact();
  test_numbers();
  test_shapes();
  return tap_done();
}
