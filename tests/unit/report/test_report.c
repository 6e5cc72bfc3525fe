// SPDX-License-Identifier: GPL-3.0-or-later
// Filling reports, what is asserted, text made harmless, a directory of tables.
#include <config.h>

#include "report/report.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "example.h"
#include "report/format.h"
#include "tap.h"

static void test_filling(void)
{
  struct report report = {0};
  report_note(&report, "%d rows", 3);
  report_note(&report, "3 %s", "rows");
  report_note(&report, "4 rows");
  report_warning(&report, "4 rows");
  report_warning(&report, "4 rows");
  is_integer((long long) report.notes.n_items, 2, "a note said twice is kept once");
  is_text(report.notes.item[1], "4 rows", "notes keep their order");
  is_integer((long long) report.warnings.n_items, 1, "a warning said twice is kept once");
  report_exclude(&report, "adc", 2);
  report_exclude(&report, "age", 0);
  ok(report.n_exclusions == 2 && report.exclusion[0].n == 2 &&
         text_equal(report.exclusion[1].variable, "age"),
     "exclusions in order");

  struct report_table *first = report_add_table(&report, "tests", "variable p.value");
  struct report_table *second = report_add_table(&report, "effects", "  estimate  ");
  ok(report_find_table(&report, "tests") == first &&
         report_find_table(&report, "effects") == second && !report_find_table(&report, "Tests"),
     "tables are found by their exact names");
  is_integer((long long) first->column.n_items, 2, "two columns");
  is_text(second->column.item[0], "estimate", "blanks around a column name are not part of it");
  for (int i = 0; i < 1000; i++) {
    report_text(first, i % 3 ? "x" : NULL);
    report_number(first, i);
    report_count(second, (size_t) i);
  }
  ok(first->n_rows == 1000 && first->n_cells == 2000 && second->n_rows == 1000,
     "tables filled in turns");
  ok(first->cell[0].kind == CELL_MISSING && first->cell[2].kind == CELL_TEXT,
     "text NULL is a missing cell");
  is_close(first->cell[1999].number, 999, 0, "last number");
  ok(second->cell[7].kind == CELL_INTEGER && second->cell[7].integer == 7, "a count");
  report_logical(second, true);
  report_missing(second);
  ok(second->cell[1000].kind == CELL_LOGICAL && second->cell[1001].kind == CELL_MISSING,
     "a logical and a missing cell");

  struct layout *layout = report_add_layout(&report, "tests", NULL);
  layout_column(layout, ALIGN_LEFT, "a");
  layout_column(layout, ALIGN_RIGHT, NULL);
  for (size_t i = 0; i < 4; i++)
    is_integer((long long) layout_row(layout, LAYOUT_LEVEL), (long long) i, "rows count from 0");
  layout_set(layout, 1, 1, "old");
  layout_set(layout, 1, 1, "new");
  is_text(layout->row[1].cell[1], "new", "a cell set twice");
  layout_set(layout, 1, 1, NULL);
  ok(!layout->row[1].cell[1] && !layout->row[1].cell[0],
     "cells are empty at first, and after NULL");
  layout_set_format(layout, 3, 0, "%.1f (%d%%)", 2.25, 7);
  is_text(layout->row[3].cell[0], "2.2 (7%)", "a formatted cell");
  layout_footnote(layout, "n = %d", 3);
  is_text(layout->footnote.item[0], "n = 3", "a footnote");
  report_free(&report);
  ok(!report.n_tables && !report.table && !report.notes.item && !report.layout,
     "a released report is empty");
  report_free(&report);
}

static void test_formats(void)
{
  static const char *const names[] = {"text", "csv", "tsv", "json", "markdown", "latex", "html"};
  size_t n = 0;
  for (const struct report_format *format = report_formats; format->name; format++, n++)
    ok(n < 7 && strcmp(format->name, names[n]) == 0 && *format->help && format->write &&
           report_find_format(format->name) == format,
       "format %s", format->name);
  is_integer((long long) n, 7, "seven formats");
  ok(!report_find_format("TEXT") && !report_find_format(""), "no other format");
  struct report empty = {0};
  for (const struct report_format *format = report_formats; format->name; format++) {
    struct text output = {0};
    text_append(&output, "before\n");
    format->write(&empty, NULL, 3, &output);
    ok(text_starts(text_content(&output), "before\n"), "%s appends, an empty report too",
       format->name);
    text_free(&output);
  }
}

// ---- programmer's mistakes ----

static void half_a_row(struct report *report)
{
  report_text(report_add_table(report, "x", "a b"), "1");
  struct text output = {0};
  report_find_format("json")->write(report, NULL, 3, &output);
}

static void one_cell_too_many(struct report *report)
{
  struct report_table *table = report_add_table(report, "x", "a b");
  report_count(table, 1);
  report_count(table, 2);
  report_count(table, 3);
  struct text output = {0};
  report_find_format("text")->write(report, NULL, 3, &output);
}

static void table_unknown(struct report *report)
{
  report_add_table(report, "x", "a b");
  struct text output = {0};
  report_find_format("csv")->write(report, "y", 3, &output);
}

static void table_twice(struct report *report)
{
  report_add_table(report, "x", "a");
  report_add_table(report, "x", "b");
}

static void column_twice(struct report *report)
{
  report_add_table(report, "x", "a b a");
}

static void no_columns(struct report *report)
{
  report_add_table(report, "x", " ");
}

static void name_with_slash(struct report *report)
{
  report_add_table(report, "../x", "a");
}

static void row_outside(struct report *report)
{
  struct layout *layout = report_add_layout(report, "x", "x");
  layout_column(layout, ALIGN_LEFT, "a");
  layout_set(layout, 0, 0, "x");
}

static void column_outside(struct report *report)
{
  struct layout *layout = report_add_layout(report, "x", "x");
  layout_column(layout, ALIGN_LEFT, "a");
  layout_row(layout, LAYOUT_PLAIN);
  layout_set_format(layout, 0, 1, "x");
}

static void column_too_late(struct report *report)
{
  struct layout *layout = report_add_layout(report, "x", "x");
  layout_column(layout, ALIGN_LEFT, "a");
  layout_row(layout, LAYOUT_PLAIN);
  layout_column(layout, ALIGN_LEFT, "b");
}

static void row_without_columns(struct report *report)
{
  layout_row(report_add_layout(report, "x", "x"), LAYOUT_PLAIN);
}

static void layout_without_columns(struct report *report)
{
  report_add_layout(report, "x", "x");
  struct text output = {0};
  report_find_format("html")->write(report, NULL, 3, &output);
}

static bool ends_by_abort(void (*mistake)(struct report *))
{
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (!freopen("/dev/null", "w", stderr))
      _exit(2);
    signal(SIGABRT, SIG_DFL);
    struct report report = {0};
    mistake(&report);
    _exit(0);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void test_mistakes(void)
{
#ifndef NDEBUG
  static const struct {
    const char *name;
    void (*mistake)(struct report *);
  } mistakes[] = {
      {"a row half full when printed", half_a_row},
      {"a cell too many when printed", one_cell_too_many},
      {"a table that is not there", table_unknown},
      {"two tables of one name", table_twice},
      {"two columns of one name", column_twice},
      {"a table without columns", no_columns},
      {"a table whose name is a path", name_with_slash},
      {"a row outside the layout", row_outside},
      {"a column outside the layout", column_outside},
      {"a column after the first row", column_too_late},
      {"a row before the columns", row_without_columns},
      {"a layout without columns when printed", layout_without_columns},
  };
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
    ok(ends_by_abort(mistakes[i].mistake), "asserted: %s", mistakes[i].name);
#endif
}

// ---- harmless text ----

static char *cleaned(const char *text, unsigned what)
{
  struct text output = {0};
  format_append_clean(&output, text, what);
  return text_take(&output);
}

static void is_cleaned(const char *text, unsigned what, const char *expected, const char *name)
{
  char *got = cleaned(text, what);
  is_text(got, expected, name);
  free(got);
}

static void test_clean(void)
{
  is_cleaned("a\x1b[1m\x7f\b", CLEAN_CONTROLS, "a␛[1m␡␈", "pictures of control characters");
  is_cleaned("a\tb\nc\rd", CLEAN_CONTROLS, "a\tb\nc\rd", "tab and line ends are kept");
  is_cleaned("a\tb\nc\r\nd\re\xc2\x85"
             "f\xe2\x80\xa8g\vh",
             CLEAN_LINES, "a b c d e f g h", "a line end becomes one blank, CR LF together");
  is_cleaned("\xc2\x9b"
             "1m\xc2\xa0",
             CLEAN_CONTROLS,
             "\xef\xbf\xbd"
             "1m\xc2\xa0",
             "C1 controls; U+00A0 is none");
  is_cleaned("\xe2\x80\xae"
             "a\xe2\x81\xa9\xe2\x80\x8f",
             CLEAN_DIRECTION,
             "\xef\xbf\xbd"
             "a\xef\xbf\xbd\xe2\x80\x8f",
             "overrides and isolates");
  is_cleaned("\xff\xc0\x80\xed\xa0\x80\xe2\x82", 0,
             "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
             "\xef\xbf\xbd",
             "each byte that is no UTF-8");
  char *line = format_clean_line(" \t a \n b\r\n");
  is_text(line, "a   b", "one line without blanks at the ends");
  free(line);
  line = format_clean_line(NULL);
  is_text(line, "", "NULL as a line");
  free(line);
  // Every byte pair: always well-formed, never a control character.
  size_t bad = 0;
  for (int a = 1; a < 256; a++)
    for (int b = 0; b < 256; b++) {
      const char pair[] = {'x', (char) a, (char) b, '\0'};
      char *got = format_clean_line(pair);
      bad += !text_is_utf8(got, strlen(got), NULL) || drives_terminal(got) || strchr(got, '\n');
      free(got);
    }
  is_integer((long long) bad, 0, "all pairs of bytes come out as harmless UTF-8");
  for (size_t i = 0; i < N_HOSTILE; i++) {
    char *once = format_clean_line(hostile_texts[i]), *twice = format_clean_line(once);
    ok(text_equal(once, twice) && !drives_terminal(once), "cleaning twice is cleaning once: %s",
       once);
    free(once);
    free(twice);
  }
}

// ---- a directory of tables ----

static bool file_equals(const char *path, const char *expected)
{
  struct text content = {0};
  bool good = file_read(path, &content, NULL) && strcmp(text_content(&content), expected) == 0;
  text_free(&content);
  return good;
}

static void test_directory(void)
{
  struct report report = {0};
  struct error error = {0};
  example_comparison(&report);
  report_count(report_add_table(&report, "effects", "n"), 3);
  char *directory = text_format("test_report.%ld.tmp", (long) getpid());
  char *tests = text_format("%s/tests.csv", directory);
  char *effects = text_format("%s/effects.csv", directory);
  char *below = text_format("%s/not/there", directory);
  char *expected = print_report(&report, "csv", "tests", 3);
  if (!ok(report_write_tables(&report, directory, &error), "tables written"))
    printf("# %s\n", error.message);
  ok(file_equals(tests, expected), "tests.csv holds what --format=csv prints");
  ok(file_equals(effects, "n\n3\n"), "effects.csv");
  ok(report_write_tables(&report, directory, &error), "a directory that is there is used");
  ok(!report_write_tables(&report, below, &error) && error.status == ERROR_DATA &&
         text_starts(error.message, below),
     "parents are not made");
  ok(!report_write_tables(&report, tests, &error) && error.status == ERROR_DATA &&
         text_ends(error.message, "not a directory"),
     "a file instead of a directory");
  unlink(tests);
  unlink(effects);
  ok(rmdir(directory) == 0, "nothing else was written");
  free(directory);
  free(tests);
  free(effects);
  free(below);
  free(expected);
  report_free(&report);
}

int main(void)
{
  test_filling();
  test_formats();
  test_mistakes();
  test_clean();
  test_directory();
  return tap_done();
}
