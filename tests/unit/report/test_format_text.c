// SPDX-License-Identifier: GPL-3.0-or-later
// text: alignment, rules, wrapped notes, nothing that drives a terminal.
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "example.h"
#include "report/format.h"
#include "report/report.h"
#include "tap.h"

static void split_lines(const char *text, struct text_list *lines)
{
  for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
    text_list_adopt(lines, memory_copy_bytes(text, (size_t) (end - text)));
}

static bool is_rule(const char *line)
{
  size_t n = 0;
  for (; text_starts(line, "─"); line += strlen("─"))
    n++;
  return n > 0 && !*line;
}

// Terminal column at which `part` begins in `line`; -1 if it is not there.
static long column_of(const char *line, const char *part)
{
  const char *at = strstr(line, part);
  if (!at)
    return -1;
  char *before = memory_copy_bytes(line, (size_t) (at - line));
  long column = (long) text_width(before);
  free(before);
  return column;
}

static const char *line_with(const struct text_list *lines, const char *part)
{
  for (size_t i = 0; i < lines->n_items; i++)
    if (strstr(lines->item[i], part))
      return lines->item[i];
  return "";
}

static void test_comparison(void)
{
  struct report report = {0};
  example_comparison(&report);
  char *output = print_report(&report, "text", NULL, 3);
  struct text_list lines = {0};
  split_lines(output, &lines);
  is_text(lines.item[0], "Comparison of the HER2 groups", "the title comes first");
  ok(is_rule(lines.item[1]) && is_rule(lines.item[4]) && is_rule(lines.item[12]),
     "rules above and below the heading, and below the rows");
  size_t width = text_width(lines.item[1]);
  ok(text_width(lines.item[4]) == width && text_width(lines.item[12]) == width,
     "rules of one width");
  ok(!strstr(lines.item[2], "Variable") && text_starts(lines.item[3], "Variable"),
     "a heading of one line stands at the bottom");
  ok(strstr(lines.item[2], "HER2-zero") && strstr(lines.item[3], "(n=34)"),
     "a heading parted by a newline takes two lines");
  size_t widest = 0, trailing = 0;
  for (size_t i = 2; i < 12; i++) {
    size_t wide = text_width(lines.item[i]);
    widest = wide > widest ? wide : widest;
    trailing += text_ends(lines.item[i], " ");
  }
  is_integer((long long) widest, (long long) width, "the rules are as wide as the widest line");
  is_integer((long long) trailing, 0, "no blanks at the ends of lines");
  ok(text_starts(line_with(&lines, "well-defined"), "  well-defined"), "levels are set in by two");
  ok(text_starts(line_with(&lines, "Margin"), "Margin"), "variables are not");
  ok(text_ends(line_with(&lines, "Age"), "0.362") &&
         text_ends(line_with(&lines, "Diameter"), "<0.001"),
     "the last column ends at the right");
  ok(column_of(line_with(&lines, "Age"), "F = 2.78") ==
             column_of(line_with(&lines, "Diameter"), "H = 11.80") + 1 &&
         column_of(line_with(&lines, "Age"), "F = 2.78") ==
             column_of(line_with(&lines, "Margin"), "χ² = 3.94") + 1,
     "columns to the right end together");
  const char *footnote = line_with(&lines, "Mean ± SD");
  ok(footnote == lines.item[13], "footnotes follow the last rule");
  ok(text_width(footnote) > 100 && text_width(footnote) <= width,
     "below a wide table footnotes are as wide as the table");
  ok(text_starts(line_with(&lines, "2 rows have"), "Note: "), "notes say so");
  ok(text_starts(line_with(&lines, "Levene"), "Warning: "), "warnings say so");
  text_list_free(&lines);
  free(output);
  report_free(&report);
}

static void test_widths(void)
{
  struct report report = {0};
  struct layout *layout = report_add_layout(&report, "x", NULL);
  layout_column(layout, ALIGN_LEFT, "name");
  layout_column(layout, ALIGN_RIGHT, "n");
  layout_column(layout, ALIGN_CENTRE, "middle");
  static const char *const names[] = {"年龄（岁）", "cafe\xcc\x81", "plain", ""};
  for (size_t i = 0; i < 4; i++) {
    layout_row(layout, LAYOUT_PLAIN);
    layout_set(layout, i, 0, names[i]);
    layout_set(layout, i, 1, i % 2 ? "7" : "4711");
    layout_set(layout, i, 2, "@@");
  }
  char *output = print_report(&report, "text", NULL, 3);
  is_text(output,
          "────────────────────────\n"
          "name           n  middle\n"
          "────────────────────────\n"
          "年龄（岁）  4711    @@\n"
          "cafe\xcc\x81           7    @@\n"
          "plain       4711    @@\n"
          "               7    @@\n"
          "────────────────────────\n",
          "wide characters count two, combining marks none");
  free(output);
  report_free(&report);
}

// Takes the notes apart again: their words must be those that were said, each line
// must fit, and no line could have taken the first word of the next.
static void test_wrapping(void)
{
  struct text said = {0};
  unsigned state = 1;
  for (int i = 0; i < 400; i++) {
    state = state * 1103515245u + 12345u;
    text_append_format(&said, "%s%.*s", i ? " " : "", (int) (1 + (state >> 16) % 17),
                       "--option/with-a-hyphen");
  }
  struct report report = {0};
  report_note(&report, "%s", text_content(&said));
  char *output = print_report(&report, "text", NULL, 3);
  struct text_list lines = {0};
  split_lines(output, &lines);
  struct text joined = {0};
  bool fits = true, greedy = true;
  for (size_t i = 0; i < lines.n_items; i++) {
    const char *line = lines.item[i];
    fits = fits && text_width(line) <= 100 && text_starts(line, i ? "      " : "Note: ");
    if (i + 1 < lines.n_items)
      greedy = greedy && text_width(line) + 1 + strcspn(lines.item[i + 1] + 6, " ") > 100;
    text_append(&joined, i ? " " : "");
    text_append(&joined, line + 6);
  }
  ok(lines.n_items > 20 && fits, "notes take 100 columns, lines after the first are set in");
  ok(greedy, "lines are filled");
  is_text(text_content(&joined), text_content(&said), "no word is lost, none is broken");
  text_list_free(&lines);
  text_free(&joined);
  text_free(&said);
  free(output);
  report_free(&report);

  for (int i = 0; i < 120; i++)
    text_append(&said, i % 10 == 9 ? "。" : "年");
  report_note(&report, "%s", text_content(&said));
  output = print_report(&report, "text", NULL, 3);
  split_lines(output, &lines);
  fits = lines.n_items == 3;
  for (size_t i = 0; i < lines.n_items; i++)
    fits = fits && text_width(lines.item[i]) <= 100 && !text_starts(lines.item[i] + 6, "。");
  ok(fits, "wide characters part without blanks, a full stop never begins a line");
  text_list_free(&lines);
  text_free(&said);
  free(output);
  report_free(&report);

  for (int i = 0; i < 300; i++)
    text_append_character(&said, 'x');
  report_note(&report, "a %s b", text_content(&said));
  output = print_report(&report, "text", NULL, 3);
  split_lines(output, &lines);
  ok(lines.n_items == 3 && text_width(lines.item[1]) == 306, "a word too long stays whole");
  text_list_free(&lines);
  text_free(&said);
  free(output);
  report_free(&report);
}

static void test_tidy(void)
{
  struct report report = {0};
  struct report_table *table =
      report_add_table(&report, "tests", "variable df statistic p.value flag");
  report_text(table, "age");
  report_number(table, 2);
  report_number(table, 2.78123);
  report_number(table, 0.0634567);
  report_logical(table, true);
  report_text(table, "adc");
  report_number(table, 135);
  report_number(table, 11.8);
  report_number(table, 2.739e-13);
  report_missing(table);
  report_count(report_add_table(&report, "counts", "n"), 12345678);
  char *output = print_report(&report, "text", "tests", 3);
  is_text(output,
          "tests\n"
          "────────────────────────────────────────\n"
          "variable   df  statistic   p.value  flag\n"
          "────────────────────────────────────────\n"
          "age         2       2.78    0.0635  TRUE\n"
          "adc       135       11.8  2.74e-13\n"
          "────────────────────────────────────────\n",
          "a tidy table for readers");
  free(output);
  output = print_report(&report, "text", "tests", 1);
  ok(strstr(output, " 0.063 ") && strstr(output, " 2.7e-13") && strstr(output, " 3 "),
     "P values keep two digits, other numbers take those asked for");
  free(output);
  output = print_report(&report, "text", NULL, 3);
  const char *first = strstr(output, "tests\n"), *second = strstr(output, "counts\n");
  ok(first == output && second > first && strstr(output, "12345678"),
     "without layouts all tables are printed in order");
  free(output);
  report_free(&report);

  example_comparison(&report);
  output = print_report(&report, "text", "tests", 3);
  ok(text_starts(output, "tests\n") && !strstr(output, "Comparison") && strstr(output, "Note: "),
     "with a name the tidy table is printed although there is a layout");
  free(output);
  report_free(&report);
}

static void test_hostile(void)
{
  struct report report = {0};
  example_hostile(&report);
  for (int k = 0; k < 2; k++) {
    char *output = print_report(&report, "text", k ? "tests" : NULL, 3);
    ok(text_is_utf8(output, strlen(output), NULL), "hostile text comes out as UTF-8");
    ok(!drives_terminal(output), "and drives no terminal");
    size_t n_lines = 0;
    for (const char *c = output; *c; c++)
      n_lines += *c == '\n';
    ok(n_lines >= N_HOSTILE && n_lines < 10 * N_HOSTILE, "no line end of the data breaks a row");
    struct text_list lines = {0};
    split_lines(output, &lines);
    size_t rules = 0;
    for (size_t i = 0; i < lines.n_items; i++)
      rules += is_rule(lines.item[i]);
    is_integer((long long) rules, 3, "three rules");
    text_list_free(&lines);
    free(output);
  }
  report_free(&report);
}

int main(void)
{
  test_comparison();
  test_widths();
  test_wrapping();
  test_tidy();
  test_hostile();
  return tap_done();
}
