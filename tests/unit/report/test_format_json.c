// SPDX-License-Identifier: GPL-3.0-or-later
// json: read back by jansson, everything is there, in order, bit for bit.
#include <config.h>

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "example.h"
#include "report/format.h"
#include "report/report.h"
#include "tap.h"

static json_t *read_back(const struct report *report)
{
  char *output = print_report(report, "json", NULL, 3);
  json_error_t error;
  json_t *root = json_loads(output, JSON_REJECT_DUPLICATES, &error);
  if (!ok(root != NULL, "the output is JSON"))
    printf("# line %d: %s\n", error.line, error.text);
  ok(text_ends(output, "}\n") && !drives_terminal(output), "one line end at the end, harmless");
  free(output);
  return root;
}

static char *keys_of(json_t *object)
{
  struct text_list keys = {0};
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) text_list_add(&keys, key);
  char *joined = text_list_join(&keys, " ");
  text_list_free(&keys);
  return joined;
}

static void has_keys(json_t *object, const char *expected, const char *name)
{
  char *keys = keys_of(object);
  is_text(keys, expected, name);
  free(keys);
}

static json_t *record_of(json_t *root, const char *table, size_t i)
{
  return json_array_get(json_object_get(json_object_get(root, "tables"), table), i);
}

static json_t *item(json_t *list, size_t i)
{
  return json_array_get(list, i);
}

static void is_cell(json_t *row, size_t column, const char *expected, const char *name)
{
  json_t *cell = item(json_object_get(row, "cells"), column);
  is_text(json_string_value(cell), expected, name);
}

// The journal table of example_comparison().
static void check_layout(json_t *layouts)
{
  is_integer((long long) json_array_size(layouts), 1, "one layout");
  json_t *layout = item(layouts, 0), *columns = json_object_get(layout, "columns");
  has_keys(layout, "name title columns rows footnotes", "keys of a layout in order");
  is_text(json_string_value(json_object_get(layout, "name")), "tests", "its table");
  is_text(json_string_value(json_object_get(layout, "title")), "Comparison of the HER2 groups",
          "its title");
  is_integer((long long) json_array_size(columns), 9, "its columns");
  has_keys(item(columns, 1), "heading align", "keys of a column");
  is_text(json_string_value(json_object_get(item(columns, 1), "heading")), "HER2-zero\n(n=34)",
          "a heading of two lines");
  static const char *const aligns[] = {"left", "centre", "centre", "centre", "right"};
  for (size_t j = 0; j < 5; j++)
    is_text(json_string_value(json_object_get(item(columns, j), "align")), aligns[j],
            "how a column stands");
  json_t *rows = json_object_get(layout, "rows");
  is_integer((long long) json_array_size(rows), 7, "its rows");
  has_keys(item(rows, 0), "kind cells", "keys of a row");
  is_text(json_string_value(json_object_get(item(rows, 0), "kind")), "variable", "a variable");
  is_text(json_string_value(json_object_get(item(rows, 5), "kind")), "level", "a level");
  is_cell(item(rows, 1), 0, "ADC (10⁻³ mm²/s)", "a cell");
  is_cell(item(rows, 2), 8, "<0.001", "the last cell of a row");
  is_cell(item(rows, 4), 1, NULL, "an empty cell is null");
  json_t *footnotes = json_object_get(layout, "footnotes");
  is_integer((long long) json_array_size(footnotes), 2, "its footnotes");
  is_text(json_string_value(item(footnotes, 1)), "Pairs are not adjusted for 3 comparisons.",
          "a footnote");
}

// Without a layout of its own a result has its tables as the formats for reading print them.
static void test_plain_layout(void)
{
  struct report report = {0};
  struct report_table *table = report_add_table(&report, "x", "term p.value");
  report_text(table, "age");
  report_number(table, 0.0634567890123456);
  json_t *root = read_back(&report);
  json_t *layout = item(json_object_get(root, "layouts"), 0);
  is_text(json_string_value(json_object_get(layout, "name")), "x", "a table stands as layout");
  is_cell(item(json_object_get(layout, "rows"), 0), 1, "0.0635", "its numbers are rounded");
  is_close(json_real_value(json_object_get(record_of(root, "x", 0), "p.value")),
           0.0634567890123456, 0, "those of the table are not");
  json_decref(root);
  report_free(&report);
}

static void test_comparison(void)
{
  struct report report = {0};
  example_comparison(&report);
  json_t *root = read_back(&report);
  has_keys(root, "command version call input seed notes warnings tables layouts", "keys in order");
  is_text(json_string_value(json_object_get(root, "command")), "her2-univar", "command");
  is_text(json_string_value(json_object_get(root, "version")), PACKAGE_VERSION, "version");
  json_t *call = json_object_get(root, "call");
  ok(json_array_size(call) == 3 &&
         text_equal(json_string_value(json_array_get(call, 1)), "her2 ~ ."),
     "call");
  json_t *input = json_object_get(root, "input");
  has_keys(input, "file sha256 rows used excluded", "keys of the input in order");
  is_integer(json_integer_value(json_object_get(input, "rows")), 140, "rows");
  is_integer(json_integer_value(json_object_get(input, "used")), 138, "rows used");
  is_integer((long long) strlen(json_string_value(json_object_get(input, "sha256"))), 64, "digest");
  json_t *excluded = json_array_get(json_object_get(input, "excluded"), 0);
  has_keys(excluded, "variable n", "keys of an exclusion");
  is_integer(json_integer_value(json_object_get(excluded, "n")), 2, "rows excluded");
  is_integer(json_integer_value(json_object_get(root, "seed")), 1, "seed");
  ok(json_array_size(json_object_get(root, "notes")) == 1 &&
         json_array_size(json_object_get(root, "warnings")) == 1,
     "notes and warnings");
  json_t *record = record_of(root, "tests", 1);
  has_keys(record, "variable test statistic df df2 p.value n missing", "columns in order");
  ok(json_is_null(json_object_get(record, "df2")), "missing is null");
  ok(json_is_integer(json_object_get(record, "n")) && json_is_real(json_object_get(record, "df")),
     "counts are integers, numbers are real");
  is_close(json_real_value(json_object_get(record, "p.value")), 2.7394448187683684e-13, 0,
           "a small P value is exact");
  check_layout(json_object_get(root, "layouts"));
  json_decref(root);
  report_free(&report);
}

static void test_empty(void)
{
  struct report report = {0};
  json_t *root = read_back(&report);
  has_keys(root, "command version call input seed notes warnings tables layouts", "an empty report");
  ok(json_is_null(json_object_get(root, "input")) && json_is_null(json_object_get(root, "seed")),
     "no input and no seed are null");
  is_integer((long long) json_array_size(json_object_get(root, "layouts")), 0, "no layouts");
  ok(json_is_array(json_object_get(root, "notes")) &&
         json_is_object(json_object_get(root, "tables")),
     "empty lists are there");
  json_decref(root);
  report.has_seed = true;
  report.seed = UINT64_MAX;
  report_add_table(&report, "x", "a");
  root = read_back(&report);
  is_text(json_string_value(json_object_get(root, "seed")), "18446744073709551615",
          "a seed beyond the integers of JSON readers keeps its digits");
  ok(json_is_array(json_object_get(json_object_get(root, "tables"), "x")), "a table without rows");
  json_decref(root);
  report_free(&report);
}

static void test_numbers(void)
{
  struct report report = {0};
  struct report_table *table = report_add_table(&report, "x", "number flag");
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
      numbers[i] = ((double[]){0, -0.0, DBL_MAX, DBL_MIN, -DBL_MAX, 0.1, DBL_EPSILON, 1e300})[i];
    report_number(table, numbers[i]);
    report_logical(table, i % 2);
  }
  report_number(table, NAN);
  report_missing(table);
  report_number(table, -INFINITY);
  report_missing(table);
  json_t *root = read_back(&report);
  size_t same = 0;
  for (size_t i = 0; i < N; i++) {
    double value = json_real_value(json_object_get(record_of(root, "x", i), "number"));
    same += memcmp(&value, &numbers[i], sizeof value) == 0;
  }
  is_integer((long long) same, N, "numbers of all sizes read back bit for bit");
  ok(json_is_null(json_object_get(record_of(root, "x", N), "number")) &&
         json_is_null(json_object_get(record_of(root, "x", N + 1), "number")),
     "NaN and infinities are null");
  ok(json_is_false(json_object_get(record_of(root, "x", 0), "flag")) &&
         json_is_true(json_object_get(record_of(root, "x", 1), "flag")),
     "logical values");
  json_decref(root);
  free(numbers);
  report_free(&report);
}

static void test_hostile(void)
{
  struct report report = {0};
  example_hostile(&report);
  json_t *root = read_back(&report);
  for (size_t i = 0; i < N_HOSTILE; i++) {
    struct text valid = {0};
    format_append_clean(&valid, hostile_texts[i], 0);
    const char *cell = json_string_value(json_object_get(record_of(root, "tests", i), "text"));
    const char *note = json_string_value(json_array_get(json_object_get(root, "notes"), i));
    json_t *layout = item(json_object_get(root, "layouts"), 0);
    json_t *cells = json_object_get(item(json_object_get(layout, "rows"), i), "cells");
    bool is_utf8 = text_is_utf8(hostile_texts[i], strlen(hostile_texts[i]), NULL);
    ok(text_equal(cell, is_utf8 ? hostile_texts[i] : text_content(&valid)) &&
           text_equal(note, cell) && text_equal(json_string_value(item(cells, 0)), cell),
       "text %zu reads back byte for byte", i);
    text_free(&valid);
  }
  json_decref(root);
  report_free(&report);
}

int main(void)
{
  test_comparison();
  test_empty();
  test_plain_layout();
  test_numbers();
  test_hostile();
  return tap_done();
}
