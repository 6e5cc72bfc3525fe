// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the formats print: a table as a journal has it, and hostile text.

#ifndef HER2_TESTS_REPORT_EXAMPLE_H
#define HER2_TESTS_REPORT_EXAMPLE_H

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "report/report.h"

// Text that is markup, control or trouble somewhere.
static const char *const hostile_texts[] = {
    "",
    " ",
    "  blanks around  ",
    "plain",
    "a,b",
    "a;b\tc",
    "say \"yes\"",
    "\"",
    "''``,,--???`!`",
    "line one\nline two",
    "CR LF\r\nand CR\rand VT\vand FF\f",
    "\x1b[31mred\x1b[0m \x1b]0;title\a",
    "bell\a, backspace\b, delete\x7f",
    "C1: \xc2\x9b"
    "31m, next line \xc2\x85.",
    "turned \xe2\x80\xae"
    "around\xe2\x80\xac, isolated \xe2\x81\xa6x\xe2\x81\xa9",
    "separators \xe2\x80\xa8 and \xe2\x80\xa9",
    "no UTF-8: \xff\xfe \xc3( \xe2\x82 \xf0\x9f\x98",
    "no character \xef\xbf\xbe, byte order mark \xef\xbb\xbf",
    "<script>alert('x' & \"y\")</script>",
    "</td></tr></table><h1>&amp;&lt;",
    "]]>--><!-- comment",
    "*bold* _italic_ `code` **x** ~~no~~ #tag",
    "[link](http://example.org) ![image](x.png) https://example.org www.example.org a@b.org",
    "| pipe \\| escaped \\\\| pipe",
    "- item",
    "1. item",
    "a) item",
    "(1) item",
    "# heading",
    "> quote",
    "=====",
    "-----",
    "&nbsp;&nbsp;&copy;",
    "\\input{/etc/passwd} \\write18{ls} $x^2$ %comment #1 ~ & {",
    "}} \\end{tabular}",
    "[0, 10)",
    "*",
    "%s%n%d%99999999d",
    "=1+1",
    "\xe5\xb9\xb4\xe9\xbe\x84\xef\xbc\x88\xe5\xb2\x81\xef\xbc\x89", // 年龄（岁）
    "cafe\xcc\x81 x\xcc\x84 p\xcc\x82 \xcc\x81",                    // combining marks
    "\xc2\xb1 \xe2\x89\xa5 \xe2\x89\xa4 \xc2\xb2 \xe2\x88\x92 \xe2\x80\x93 "
    "\xcf\x87\xc2\xb2 \xce\xb7 \xce\xb5 \xce\xb2 \xc2\xb7 \xc3\x97", // ± ≥ ≤ ² − – χ² η ε β · ×
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x98\x80 " // right to left, emoji,
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac",      // joined emoji
    "NA",
    "TRUE",
    "1e5",
};
enum { N_HOSTILE = sizeof hostile_texts / sizeof *hostile_texts };

// The shape of a comparison of three groups, with numbers of a published one.
__attribute__((unused)) static void example_comparison(struct report *report)
{
  static const struct {
    enum layout_row_kind kind;
    const char *cell[9];
  } rows[] = {
      {LAYOUT_VARIABLE,
       {"Age (years)", "45.31 ± 11.25", "42.67 ± 9.89", "48.34 ± 11.35", "F = 2.78", "0.063",
        "0.345", "0.479", "0.362"}},
      {LAYOUT_VARIABLE,
       {"ADC (10⁻³ mm²/s)", "0.921 ± 0.120", "0.951 ± 0.130", "1.011 ± 0.180", "F = 3.54", "0.032",
        "0.018", "0.041", "0.018"}},
      {LAYOUT_VARIABLE,
       {"Diameter (mm)", "20.13 (17.57, 22.57)", "22.48 (17.93, 24.59)", "26.28 (24.37, 27.94)",
        "H = 11.80", "0.003", "0.713", "<0.001", "<0.001"}},
      {LAYOUT_VARIABLE,
       {"PD-delta", "-0.19 ± 0.25", "-0.13 ± 0.18", "-0.15 ± 0.16", "F = 3.12", "0.048", "0.018",
        "0.029", "0.160"}},
      {LAYOUT_VARIABLE,
       {"Margin", NULL, NULL, NULL, "χ² = 3.94", "0.140", "0.049", "0.262", "0.643"}},
      {LAYOUT_LEVEL, {"well-defined", "25 (73.5%)", "29 (52.7%)", "28 (57.1%)"}},
      {LAYOUT_LEVEL, {"ill-defined", "9 (26.5%)", "26 (47.3%)", "21 (42.9%)"}},
  };
  static const char *const headings[] = {
      "Variable",
      "HER2-zero\n(n=34)",
      "HER2-low\n(n=55)",
      "HER2-over\n(n=49)",
      "Statistic",
      "P",
      "P1",
      "P2",
      "P3",
  };
  report->command = memory_copy_text("her2-univar");
  text_list_add(&report->call, "her2-univar");
  text_list_add(&report->call, "her2 ~ .");
  text_list_add(&report->call, "cohort.csv");
  report->has_input = true;
  report->input_file = memory_copy_text("cohort.csv");
  memset(report->input_digest, 'a', 64);
  report->input_rows = 140;
  report->input_used = 138;
  report_exclude(report, "adc", 2);
  report->has_seed = true;
  report->seed = 1;

  struct report_table *tests =
      report_add_table(report, "tests", "variable test statistic df df2 p.value n missing");
  report_text(tests, "age");
  report_text(tests, "anova");
  report_number(tests, 2.78);
  report_number(tests, 2);
  report_number(tests, 135);
  report_number(tests, 0.0634567890123456);
  report_count(tests, 138);
  report_count(tests, 2);
  report_text(tests, "diameter");
  report_text(tests, "kruskal");
  report_number(tests, 11.8);
  report_number(tests, 2);
  report_missing(tests);
  report_number(tests, 2.7394448187683684e-13);
  report_count(tests, 138);
  report_count(tests, 2);

  struct layout *layout = report_add_layout(report, "tests", "Comparison of the HER2 groups");
  for (size_t j = 0; j < 9; j++)
    layout_column(layout, j == 0 ? ALIGN_LEFT : j < 4 ? ALIGN_CENTRE : ALIGN_RIGHT, headings[j]);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t row = layout_row(layout, rows[i].kind);
    for (size_t j = 0; j < 9; j++)
      layout_set(layout, row, j, rows[i].cell[j]);
  }
  layout_footnote(layout, "Mean ± SD, median (quartiles) or n (%%). P: all groups; P1: zero "
                          "against low; P2: zero against over; P3: low against over.");
  layout_footnote(layout, "Pairs are not adjusted for 3 comparisons.");
  report_note(report, "2 rows have no value of 'adc' and are left out of its row of the table; "
                      "every other row of the table uses all rows of the file.");
  report_warning(report, "Levene's test of 'adc': P = 0.012; Welch's test does not assume equal "
                         "variances (--test=welch)");
}

// One table and one layout, with every hostile text in every place that takes text.
__attribute__((unused)) static void example_hostile(struct report *report)
{
  report->command = memory_copy_text("her2-univar");
  report->has_input = true;
  report->input_file = memory_copy_text("\x1b[2J<b>&\xff.csv");
  struct report_table *table = report_add_table(report, "tests", "text number p.value count flag");
  struct layout *layout = report_add_layout(report, "tests", "\x1b]0;x\a <i>|*_\\}\n$&%%#");
  layout_column(layout, ALIGN_LEFT, "A|B\n<b>\x1b[1m");
  layout_column(layout, ALIGN_RIGHT, "& %$#_{}~^\\");
  layout_column(layout, ALIGN_CENTRE, "");
  layout_column(layout, ALIGN_LEFT, "\n\xe5\xb9\xb4\n\"'");
  static const enum layout_row_kind kinds[] = {LAYOUT_VARIABLE, LAYOUT_LEVEL, LAYOUT_PLAIN};
  for (size_t i = 0; i < N_HOSTILE; i++) {
    report_text(table, hostile_texts[i]);
    report_number(table, i % 5 ? 1 / ((double) i + 3) : NAN);
    report_number(table, pow(10, -(double) (7 * i)));
    report_count(table, i);
    report_logical(table, i % 2);
    text_list_add(&report->call, hostile_texts[i]);
    report_note(report, "%s", hostile_texts[i]);
    report_warning(report, "%s", hostile_texts[i]);
    report_exclude(report, hostile_texts[i], i);
    size_t row = layout_row(layout, kinds[i % 3]);
    layout_set(layout, row, 0, hostile_texts[i]);
    layout_set(layout, row, 1, hostile_texts[(i + 1) % N_HOSTILE]);
    layout_set(layout, row, 3, hostile_texts[(i + 7) % N_HOSTILE]);
    layout_footnote(layout, "%s", hostile_texts[i]);
  }
  char *endless = memory_allocate(5001, 1);
  memset(endless, 'x', 5000);
  endless[5000] = '\0';
  size_t row = layout_row(layout, LAYOUT_PLAIN);
  layout_set(layout, row, 3, endless);
  report_note(report, "%s", endless);
  free(endless);
}

// True if some byte of the text would drive a terminal: a control character other than
// LF, C1 in UTF-8 included, or a mark that turns the direction of writing around.
__attribute__((unused)) static bool drives_terminal(const char *text)
{
  for (const unsigned char *c = (const unsigned char *) text; *c; c++)
    if ((*c < 0x20 && *c != '\n') || *c == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0) ||
        (c[0] == 0xe2 && c[1] == 0x80 && c[2] >= 0xa8 && c[2] <= 0xae) ||
        (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9))
      return true;
  return false;
}

// `format` as a string that the caller frees.
__attribute__((unused)) static char *print_report(const struct report *report, const char *format,
                                                  const char *table_name, int digits)
{
  struct text output = {0};
  report_find_format(format)->write(report, table_name, digits, &output);
  return text_take(&output);
}

#endif
