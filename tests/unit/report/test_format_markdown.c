// SPDX-License-Identifier: GPL-3.0-or-later
// markdown: pipe tables of the right shape, text from files never markup.
#include <config.h>

#include <ctype.h>
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

// The cells of a row, cut at pipes without a backslash (GFM 4.10), blanks removed.
static void split_row(const char *line, struct text_list *cells)
{
  struct text cell = {0};
  for (const char *c = line + 1; *c; c++)
    if (*c == '|') {
      char *clean = format_clean_line(text_content(&cell));
      text_list_adopt(cells, clean);
      text_clear(&cell);
    } else {
      text_append_character(&cell, *c);
      if (*c == '\\' && c[1])
        text_append_character(&cell, *++c);
    }
  text_free(&cell);
}

// What a reader of CommonMark shows for text in which nothing is markup: backslashes
// before punctuation and the one character reference removed.  *markup: whether anything
// else could be markup.
static char *shown(const char *source, bool *markup)
{
  struct text text = {0};
  *markup = false;
  for (const char *c = source; *c; c++) {
    if (text_starts(c, "&#40;")) {
      text_append_character(&text, '(');
      c += 4;
    } else if (*c == '\\' && ispunct((unsigned char) c[1])) {
      text_append_character(&text, *++c);
    } else {
      *markup = *markup || strchr("\\*_`<>[]{}#&|~$^@", *c) || text_starts(c, "://") ||
                text_starts(c, "www.");
      text_append_character(&text, *c);
    }
  }
  return text_take(&text);
}

static bool shows(const char *source, const char *expected)
{
  bool markup;
  char *text = shown(source, &markup), *clean = format_clean_line(expected);
  bool good = !markup && strcmp(text, clean) == 0;
  if (!good)
    printf("# source %s\n# shown %s\n# expected %s\n", source, text, clean);
  free(text);
  free(clean);
  return good;
}

static void test_comparison(void)
{
  struct report report = {0};
  example_comparison(&report);
  char *output = print_report(&report, "markdown", NULL, 3);
  struct text_list lines = {0}, cells = {0};
  split_lines(output, &lines);
  is_text(lines.item[0], "**Comparison of the HER2 groups**", "the title is bold");
  is_text(lines.item[1], "", "and a paragraph of its own");
  size_t width = text_width(lines.item[2]), same = 0, nine = 0;
  for (size_t i = 2; i < 11; i++) {
    same += text_width(lines.item[i]) == width;
    split_row(lines.item[i], &cells);
    nine += cells.n_items == 9;
    text_list_free(&cells);
  }
  is_integer((long long) same, 9, "rows of one width");
  is_integer((long long) nine, 9, "of nine cells");
  split_row(lines.item[2], &cells);
  is_text(cells.item[1], "HER2-zero (n=34)", "a heading of two lines is one");
  text_list_free(&cells);
  split_row(lines.item[3], &cells);
  ok(text_starts(cells.item[0], "---") && text_starts(cells.item[1], ":--") &&
         text_ends(cells.item[1], "-:") && text_starts(cells.item[4], "---") &&
         text_ends(cells.item[4], "-:") && text_ends(cells.item[0], "---"),
     "alignment of the columns");
  text_list_free(&cells);
  split_row(lines.item[4], &cells);
  is_text(cells.item[0], "**Age (years)**", "variables are bold");
  is_text(cells.item[1], "45.31 ± 11.25", "a cell");
  text_list_free(&cells);
  split_row(lines.item[9], &cells);
  is_text(cells.item[0], "&nbsp;&nbsp;well-defined", "levels are set in");
  text_list_free(&cells);
  ok(text_starts(lines.item[11], "") && text_starts(lines.item[12], "- Mean ± SD, median"),
     "footnotes are a list below");
  ok(strstr(output, "\n**Notes**\n\n- 2 rows") && strstr(output, "\n- Warning: Levene"),
     "notes and warnings");
  text_list_free(&lines);
  free(output);
  report_free(&report);
}

static void test_hostile(void)
{
  struct report report = {0};
  example_hostile(&report);
  char *output = print_report(&report, "markdown", NULL, 3);
  ok(text_is_utf8(output, strlen(output), NULL) && !drives_terminal(output), "harmless UTF-8");
  struct text_list lines = {0};
  split_lines(output, &lines);
  size_t first = 4, n_items = 0;
  for (size_t i = 0; i < N_HOSTILE; i++) {
    struct text_list cells = {0};
    split_row(lines.item[first + i], &cells);
    ok(cells.n_items == 4 && shows(cells.item[1], hostile_texts[(i + 1) % N_HOSTILE]) &&
           shows(cells.item[3], hostile_texts[(i + 7) % N_HOSTILE]),
       "row %zu shows the text of the data, no markup", i);
    if (i % 3 == 0) {
      size_t n = strlen(cells.item[0]);
      bool bold = n > 4 && text_starts(cells.item[0], "**") && text_ends(cells.item[0], "**");
      char *inner = bold ? memory_copy_bytes(cells.item[0] + 2, n - 4) : memory_copy_text("");
      ok(shows(inner, hostile_texts[i]) && (bold || !n), "a bold cell too, nothing if it is empty");
      free(inner);
    }
    text_list_free(&cells);
  }
  // Footnotes, notes, warnings: a list item each, in which no other block begins.
  size_t expected[3] = {0};
  for (size_t i = first + N_HOSTILE; i < lines.n_items; i++)
    if (text_starts(lines.item[i], "- ")) {
      const char *item = lines.item[i] + 2;
      ok(text_starts(item, "Warning: ") || !*item ||
             (!strchr("-+=>#( ", *item) &&
              !(isdigit((unsigned char) *item) && strchr(".)", item[strspn(item, "0123456789")]) &&
                item[strspn(item, "0123456789")])),
         "no block begins in a list item: %.20s", item);
      expected[n_items < N_HOSTILE ? 0 : n_items <= 2 * N_HOSTILE ? 1 : 2]++;
      n_items++;
    }
  is_integer((long long) n_items, 3 * N_HOSTILE + 1, "an item for each footnote, note and warning");
  is_integer((long long) expected[0], N_HOSTILE, "footnotes");
  text_list_free(&lines);
  free(output);
  report_free(&report);
}

static void test_tidy(void)
{
  struct report report = {0};
  struct report_table *table = report_add_table(&report, "a_b", "p.value n");
  report_number(table, 0.012345);
  report_count(table, 3);
  char *output = print_report(&report, "markdown", "a_b", 1);
  is_text(output, "**a\\_b**\n\n| p.value |   n |\n| ------: | --: |\n|   0.012 |   3 |\n",
          "a tidy table");
  free(output);
  report_free(&report);
}

int main(void)
{
  test_comparison();
  test_hostile();
  test_tidy();
  return tap_done();
}
