// SPDX-License-Identifier: GPL-3.0-or-later
// latex: environments and braces balance, rows have their cells, nothing from a file is
// a command; wide tables are turned, long cells broken.
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "example.h"
#include "report/format.h"
#include "report/report.h"
#include "tap.h"

// The commands that the format may write.
static const char *const known[] = {
    "begin",
    "end",
    "caption",
    "label",
    "centering",
    "toprule",
    "midrule",
    "bottomrule",
    "endfirsthead",
    "endhead",
    "endfoot",
    "par",
    "smallskip",
    "footnotesize",
    "small",
    "noindent",
    "setlength",
    "parindent",
    "linewidth",
    "textbf",
    "quad",
    "textbackslash",
    "textasciicircum",
    "textasciitilde",
    "textless",
    "textgreater",
    "textbar",
    "textquotedbl",
    "textasciigrave",
    "textquoteleft",
    "textsuperscript",
    "textendash",
    "pm",
    "geq",
    "leq",
    "chi",
    "eta",
    "varepsilon",
    "beta",
    "cdot",
    "times",
    "multicolumn",
    "cmidrule",
    "resizebox",
    "ifdim",
    "width",
    "else",
    "fi",
    "raggedright",
    "raggedleft",
    "arraybackslash",
    "tabcolsep",
    "LTcapwidth",
};

static bool is_known(const char *name, size_t n)
{
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strlen(known[i]) == n && strncmp(known[i], name, n) == 0)
      return true;
  return false;
}

// Reads as TeX would, category codes as LaTeX sets them.
struct reading {
  long depth, least_depth;
  bool mathematics, good; // good: no forbidden character, no unknown command
  size_t n_cells, n_rows; // & and \\ at the level of a table
  size_t n_short_rows;    // rows without n_columns - 1 times &
  struct text_list open;
  char what[80];
};

static void complain(struct reading *reading, const char *c)
{
  if (reading->good)
    snprintf(reading->what, sizeof reading->what, "%.60s", c);
  reading->good = false;
}

static struct reading read_latex(const char *c, size_t n_columns)
{
  struct reading reading = {.good = true};
  for (; *c; c++) {
    if (*c == '%') {
      c += strcspn(c, "\n");
      if (!*c)
        break;
    } else if (*c == '\\' && isalpha((unsigned char) c[1])) {
      size_t n = 0;
      while (isalpha((unsigned char) c[1 + n]))
        n++;
      bool begin = n == 5 && strncmp(c + 1, "begin", n) == 0;
      bool end = n == 3 && strncmp(c + 1, "end", n) == 0;
      if (!is_known(c + 1, n))
        complain(&reading, c);
      if (strncmp(c, "\\multicolumn{", 13) == 0)
        reading.n_cells += strtoul(c + 13, NULL, 10) - 1;
      c += n;
      if (begin || end) {
        char *name = memory_copy_bytes(c + 2, strcspn(c + 2, "}"));
        if (begin) {
          text_list_add(&reading.open, name);
        } else {
          size_t last = reading.open.n_items;
          if (!last || strcmp(reading.open.item[last - 1], name) != 0)
            complain(&reading, name);
          else
            free(reading.open.item[--reading.open.n_items]);
        }
        reading.n_cells = 0;
        free(name);
      }
    } else if (*c == '\\' && c[1] == '\\') {
      const char *next = c + 2 + strspn(c + 2, " \n");
      if (*next == '[' || *next == '*')
        complain(&reading, next);
      reading.n_rows++;
      reading.n_short_rows += reading.n_cells != n_columns - 1;
      reading.n_cells = 0;
      c++;
    } else if (*c == '\\') {
      if (!strchr("{}$&#_%=^'`\"~.,-", c[1]))
        complain(&reading, c);
      c++;
    } else if (*c == '{') {
      reading.depth++;
    } else if (*c == '}') {
      reading.depth--;
    } else if (*c == '$') {
      reading.mathematics = !reading.mathematics;
    } else if (*c == '&') {
      reading.n_cells++;
    } else if (strncmp(c, ">{\\ragged", 9) == 0 || strncmp(c, ">\\linewidth", 11) == 0) {
      continue; // of a column, of a comparison
    } else if (strchr("#^_~\"`<>|", *c) || (c[0] == '-' && c[1] == '-') ||
               (c[0] == '\'' && c[1] == '\'')) {
      complain(&reading, c);
    }
    if (reading.depth < reading.least_depth)
      reading.least_depth = reading.depth;
  }
  return reading;
}

static void is_balanced(const char *output, size_t n_columns, const char *name)
{
  struct reading reading = read_latex(output, n_columns);
  if (!ok(reading.depth == 0 && reading.least_depth == 0, "%s: braces balance", name))
    printf("# depth %ld, least %ld\n", reading.depth, reading.least_depth);
  ok(!reading.mathematics && reading.open.n_items == 0, "%s: mathematics and environments end",
     name);
  if (!ok(reading.good, "%s: no text is a command", name))
    printf("# %s\n", reading.what);
  text_list_free(&reading.open);
}

static void test_comparison(void)
{
  struct report report = {0};
  example_comparison(&report);
  char *output = print_report(&report, "latex", NULL, 3);
  is_balanced(output, 9, "comparison");
  struct reading reading = read_latex(output, 9);
  is_integer((long long) reading.n_rows, 9, "two lines of heading and seven rows");
  is_integer((long long) reading.n_short_rows, 0, "of nine cells each");
  text_list_free(&reading.open);
  struct layout *second = report_add_layout(&report, "tests", "Again");
  layout_column(second, ALIGN_LEFT, "a");
  char *both = print_report(&report, "latex", NULL, 3);
  const char *label = strstr(both, "\\label{tab:tests}");
  ok(label && !strstr(label + 1, "\\label") && strstr(label, "\\caption{Again}"),
     "two layouts of one name have one label");
  free(both);
  ok(output[0] == '%' && strstr(output, "booktabs") < strstr(output, "\\begin"),
     "a comment names the packages");
  static const char *const order[] = {
      "\\begin{table}",
      "\\caption{Comparison of the HER2 groups}\\label{tab:tests}",
      "\\begin{tabular}{@{}lcccrrrrr@{}}",
      "\\toprule",
      "& HER2-zero &",
      "Variable & (n=34) &",
      "\\midrule",
      "\\textbf{Age (years)} & 45.31 $\\pm$ 11.25 &",
      "\\textless{}0.001",
      "$-$0.19 $\\pm$ 0.25",
      "$\\chi$\\textsuperscript{2} = 3.94",
      "\\quad well-defined & 25 (73.5\\%)",
      "\\bottomrule",
      "\\end{tabular}",
      "\\footnotesize",
      "\\end{table}",
      "Note: ",
      "Warning: ",
  };
  const char *at = output;
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    const char *found = strstr(at, order[i]);
    ok(found != NULL, "in order: %s", order[i]);
    at = found ? found : at;
  }
  free(output);
  report_free(&report);
}

static char *escaped(const char *text)
{
  struct report report = {0};
  struct layout *layout = report_add_layout(&report, "x", NULL);
  layout_column(layout, ALIGN_LEFT, "");
  layout_set(layout, layout_row(layout, LAYOUT_PLAIN), 0, text);
  char *output = print_report(&report, "latex", NULL, 3);
  char *start = strstr(output, "\\midrule\n    ") + strlen("\\midrule\n    ");
  char *result = memory_copy_bytes(start, (size_t) (strstr(start, " \\\\\n") - start));
  free(output);
  report_free(&report);
  return result;
}

static void test_escapes(void)
{
  static const struct {
    const char *text, *expected;
  } cases[] = {
      {"\\{}$&#^_%~<>",
       "\\textbackslash{}\\{\\}\\$\\&\\#\\textasciicircum{}\\_\\%\\textasciitilde{}\\textless{}"
       "\\textgreater{}"},
      {"[0, 1)", "{[}0, 1)"},
      {"*", "{*}"},
      {"± ≥ ≤ ² − – · ×",
       "$\\pm$ $\\geq$ $\\leq$ \\textsuperscript{2} $-$ \\textendash{} $\\cdot$ $\\times$"},
      {"χ η ε β", "$\\chi$ $\\eta$ $\\varepsilon$ $\\beta$"},
      {"α Ω Δ ς", "$\\alpha$ $\\Omega$ $\\Delta$ $\\varsigma$"},
      {"µ ° … †", "$\\mu$ \\textdegree{} \\textellipsis{} \\textdagger{}"},
      {"∞ ≈ ≠ ⩾ ⩽", "$\\infty$ $\\approx$ $\\neq$ $\\geq$ $\\leq$"},
      {"10⁻³", "10\\textsuperscript{$-$}\\textsuperscript{3}"},
      {"-0.5 (-1.2, -.3) a-1 2-3 --x", "$-$0.5 ($-$1.2, $-$.3) a-1 2-3 -{}-x"},
      {"1.5 - 0.2 * x - y -", "1.5 $-$ 0.2 {*} x $-$ y -"},
      {"'adc' isn't ''", "\\textquoteleft{}adc' isn't '{}'"},
      {"café Żółć", "café Żółć"},
      {"cafe\xcc\x81", "café"},
      {"x\xcc\x84 p\xcc\x82", "\\={x} \\^{p}"},
      {"年龄", "年龄"},
      {"a\xc2\xa0"
       "b",
       "a~b"},
      {"\x1b[0m", "?{[}0m"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *got = escaped(cases[i].text);
    is_text(got, cases[i].expected, cases[i].text);
    free(got);
  }
  // Every character of the planes where the signs are: balanced, and a sign is found or
  // the character is kept.
  size_t bad = 0;
  for (unsigned c = 0x20; c < 0x3000; c += 16) {
    struct text text = {0};
    for (unsigned k = c; k < c + 16; k++)
      if (k < 0x80)
        text_append_format(&text, "%c", (int) k);
      else if (k < 0x800)
        text_append_format(&text, "%c%c", (int) (0xc0 | k >> 6), (int) (0x80 | (k & 0x3f)));
      else
        text_append_format(&text, "%c%c%c", (int) (0xe0 | k >> 12), (int) (0x80 | (k >> 6 & 0x3f)),
                           (int) (0x80 | (k & 0x3f)));
    char *got = escaped(text_content(&text));
    struct reading reading = read_latex(got, 1);
    bad += reading.depth != 0 || reading.least_depth != 0 || reading.mathematics;
    text_list_free(&reading.open);
    free(got);
    text_free(&text);
  }
  is_integer((long long) bad, 0, "all characters leave braces and mathematics balanced");
}

static void test_hostile(void)
{
  struct report report = {0};
  example_hostile(&report);
  char *output = print_report(&report, "latex", NULL, 3);
  is_balanced(output, 4, "hostile text");
  ok(text_is_utf8(output, strlen(output), NULL) && !drives_terminal(output), "harmless UTF-8");
  struct reading reading = read_latex(output, 4);
  // Caption (which has no cells), three lines of heading for the first page and for later
  // ones, the hostile texts, the endless one.
  is_integer((long long) reading.n_rows, 1 + 2 * 3 + N_HOSTILE + 1, "rows");
  is_integer((long long) reading.n_short_rows, 1, "of four cells each");
  text_list_free(&reading.open);
  ok(strstr(output, "\\begin{longtable}") && !strstr(output, "\\begin{tabular}"),
     "more rows than a page holds make a longtable");
  free(output);
  output = print_report(&report, "latex", "tests", 3);
  is_balanced(output, 5, "hostile tidy table");
  free(output);
  report_free(&report);
}

static void add_columns(struct layout *layout, const char *const *headings, size_t n)
{
  for (size_t j = 0; j < n; j++)
    layout_column(layout, j == 1 ? ALIGN_RIGHT : ALIGN_LEFT, headings[j]);
}

static void has(const char *output, const char *part, const char *name)
{
  if (!ok(strstr(output, part) != NULL, "%s", name))
    printf("# not found: %s\n", part);
}

static void test_headings(void)
{
  static const char *const headings[] = {"Variable", "Rows\n(events)", "Alone\nB",  "\nOR",
                                         "\nP",      "Together\nB",    "\nOR (CI)", ""};
  struct report report = {0};
  struct layout *layout = report_add_layout(&report, "x", NULL);
  add_columns(layout, headings, 8);
  layout_row(layout, LAYOUT_PLAIN);
  char *output = print_report(&report, "latex", NULL, 3);
  is_balanced(output, 8, "headings over several columns");
  struct reading reading = read_latex(output, 8);
  is_integer((long long) reading.n_short_rows, 0, "two lines of heading and a row of eight cells");
  text_list_free(&reading.open);
  has(output,
      "     & Rows & \\multicolumn{3}{c}{Alone} & \\multicolumn{2}{c}{Together} &  \\\\\n"
      "    \\cmidrule(lr){3-5}\\cmidrule(lr){6-7}\n"
      "    Variable & (events) & B & OR & P & B & OR (CI) &  \\\\\n    \\midrule",
      "a heading stands above the columns that leave its line empty");
  free(output);
  report_free(&report);
}

// A table of so many rows with a cell of that many words of five letters in each column.
static char *print_table(size_t n_rows, size_t n_columns, const size_t *n_words)
{
  static const char *const headings[] = {"a", "b", "c", "d"};
  struct report report = {0};
  struct layout *layout = report_add_layout(&report, "x", "Title");
  add_columns(layout, headings, n_columns);
  for (size_t i = 0; i < n_rows; i++) {
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    for (size_t j = 0; j < n_columns; j++) {
      struct text cell = {0};
      for (size_t k = 0; k < n_words[j]; k++)
        text_append_item(&cell, " ", "words");
      layout_set(layout, row, j, text_content(&cell));
      text_free(&cell);
    }
  }
  char *output = print_report(&report, "latex", NULL, 3);
  is_balanced(output, n_columns, "a table of words");
  report_free(&report);
  return output;
}

static void test_width(void)
{
  static const char *const small = "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else"
                                   "\\width\\fi}{!}{%\n  \\begin{tabular}{@{}";
  char *output = print_table(3, 3, (const size_t[]){2, 2, 2});
  has(output, "  \\begin{tabular}{@{}lrl@{}}\n", "a narrow table is nothing but a table");
  ok(!strstr(output, "\\resizebox{"), "and is not measured");
  free(output);

  // Characters: 11 + 2, 11 + 2, 239 + 2 of a line of 90: 60 are left.
  output = print_table(3, 3, (const size_t[]){2, 2, 40});
  has(output, small, "a wide table is made as narrow as the line");
  has(output, "{@{}lr>{\\raggedright\\arraybackslash}p{0.69\\linewidth}@{}}",
      "running text is a paragraph as wide as what is left");
  has(output, "\\begin{table}[htbp]", "such a table stands upright");
  free(output);

  // No cell is running text, but there are four of 47 characters.
  output = print_table(24, 4, (const size_t[]){8, 8, 8, 8});
  has(output, "\\begin{sidewaystable}[htbp]", "a very wide table is turned");
  has(output, "\\end{tabular}}\n\\end{sidewaystable}", "to its end");
  has(output, "{@{}lrll@{}}", "its columns stay");
  free(output);
  output = print_table(25, 4, (const size_t[]){8, 8, 8, 8});
  has(output, "\\begin{table}[htbp]", "but not if it has more rows than a turned page");
  free(output);

  output = print_table(45, 2, (const size_t[]){1, 1});
  has(output, "\\begin{tabular}", "as many rows as a page holds");
  free(output);
  output = print_table(46, 2, (const size_t[]){1, 1});
  has(output, "\\begin{longtable}{@{}lr@{}}", "one row more");
  ok(!strstr(output, "landscape"), "upright");
  free(output);
  // Characters: 5 + 2, 47 + 2, 59 + 2 of a line of 108: 97 are left, shared by 6.86 to 7.68.
  output = print_table(46, 3, (const size_t[]){1, 8, 10});
  has(output,
      "{@{}l>{\\raggedleft\\arraybackslash}p{0.42\\linewidth}"
      ">{\\raggedright\\arraybackslash}p{0.47\\linewidth}@{}}",
      "long cells of a longtable share the line by the root of their widths");
  free(output);
  // As much as that leaves to the third if the second needs less than its share: 74.
  output = print_table(46, 3, (const size_t[]){1, 4, 14});
  has(output, "{@{}lr>{\\raggedright\\arraybackslash}p{0.69\\linewidth}@{}}",
      "a cell shorter than its share stays whole");
  free(output);
  output = print_table(46, 3, (const size_t[]){1, 7, 14});
  has(output, "\\begin{landscape}\n{\\footnotesize", "a longtable of 135 characters is turned");
  has(output, "{@{}lrl@{}}", "and needs no paragraphs then");
  has(output, "\\end{longtable}\n}\n\\end{landscape}", "to its end");
  free(output);
}

int main(void)
{
  test_headings();
  test_width();
  test_comparison();
  test_escapes();
  test_hostile();
  return tap_done();
}
