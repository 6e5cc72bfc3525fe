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

static void test_comparison(void)
{
  struct report report = {0};
  example_comparison(&report);
  json_t *root = read_back(&report);
  has_keys(root, "command version call input seed notes warnings tables", "keys in order");
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
  json_decref(root);
  report_free(&report);
}

static void test_empty(void)
{
  struct report report = {0};
  json_t *root = read_back(&report);
  has_keys(root, "command version call input seed notes warnings tables", "an empty report");
  ok(json_is_null(json_object_get(root, "input")) && json_is_null(json_object_get(root, "seed")),
     "no input and no seed are null");
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
    bool is_utf8 = text_is_utf8(hostile_texts[i], strlen(hostile_texts[i]), NULL);
    ok(text_equal(cell, is_utf8 ? hostile_texts[i] : text_content(&valid)) &&
           text_equal(note, cell),
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
  test_numbers();
  test_hostile();
  return tap_done();
}
