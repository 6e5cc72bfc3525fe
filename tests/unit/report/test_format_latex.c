// SPDX-License-Identifier: GPL-3.0-or-later
// latex: environments and braces balance, rows have their cells, nothing from a file is
// a command.
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

int main(void)
{
  test_comparison();
  test_escapes();
  test_hostile();
  return tap_done();
}
