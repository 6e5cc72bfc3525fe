// SPDX-License-Identifier: GPL-3.0-or-later
// markdown: pipe tables as GitHub and pandoc read them.
//
// Sources: GitHub Flavored Markdown Spec 0.29, sections 4.10 (tables), 6.1 (backslash
// escapes), 6.9 (autolinks); pandoc's manual for $, ^, @ and braces.
#include <config.h>

#include "report/format.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// What would begin a list, a definition or the line below a heading is escaped where a
// block starts: "-", "1.", pandoc's "a." and "(1)".
static void append_escaped_block_start(struct text *output, const char **text)
{
  enum { LONGEST_COUNTER = 9 };
  const char *c = *text;
  size_t n = 0;
  while (n <= LONGEST_COUNTER && isalnum((unsigned char) c[n]))
    n++;
  if (*c == '(') {
    text_append(output, "&#40;");
    c++;
  } else if (*c && strchr("-+=:", *c)) {
    text_append_format(output, "\\%c", *c++);
  } else if (n > 0 && n <= LONGEST_COUNTER && (c[n] == '.' || c[n] == ')') &&
             (c[n + 1] == ' ' || !c[n + 1])) {
    text_append_bytes(output, c, n);
    text_append_format(output, "\\%c", c[n]);
    c += n + 1;
  }
  *text = c;
}

static void append_escaped(struct text *output, const char *text)
{
  for (const char *c = text; *c; c++) {
    bool special = strchr("\\|*_`<>[]{}#&~$^@", *c) || text_starts(c, "://") ||
                   (*c == '.' && c - text >= 3 && strncasecmp(c - 3, "www", 3) == 0);
    if (special)
      text_append_character(output, '\\');
    text_append_character(output, *c);
  }
}

static void append_block(struct text *output, const char *text)
{
  char *clean = format_clean_line(text);
  const char *rest = clean;
  append_escaped_block_start(output, &rest);
  append_escaped(output, rest);
  free(clean);
}

static void append_cell(struct text *output, const char *cell, enum layout_row_kind kind,
                        bool first)
{
  char *clean = format_clean_line(cell);
  bool bold = first && kind == LAYOUT_VARIABLE && *clean;
  if (first && kind == LAYOUT_LEVEL)
    text_append(output, "&nbsp;&nbsp;");
  text_append(output, bold ? "**" : "");
  append_escaped(output, clean);
  text_append(output, bold ? "**" : "");
  free(clean);
}

static void append_heading(struct text *output, const char *heading)
{
  struct text_list lines = {0};
  format_heading_lines(heading, &lines);
  char *joined = text_list_join(&lines, " ");
  append_cell(output, joined, LAYOUT_PLAIN, true);
  free(joined);
  text_list_free(&lines);
}

// A cell wider than the column sticks out.
static void append_padded(struct text *output, const char *cell, size_t width,
                          enum layout_align align)
{
  size_t taken = text_width(cell), spare = taken < width ? width - taken : 0;
  size_t before = align == ALIGN_RIGHT ? spare : align == ALIGN_CENTRE ? spare / 2 : 0;
  text_append_format(output, "| %*s%s%*s ", (int) before, "", cell, (int) (spare - before), "");
}

// Columns are filled up with blanks, so that the table reads well as it stands.
static void append_table(struct text *output, const struct layout *layout)
{
  enum { LEAST_WIDTH = 3, LARGEST_WIDTH = 120 };
  size_t n = layout->heading.n_items, m = layout->n_rows;
  struct text *cell = NEW_ZEROED(struct text, (m + 1) * n);
  size_t *width = NEW_ARRAY(size_t, n);
  for (size_t j = 0; j < n; j++) {
    width[j] = LEAST_WIDTH;
    append_heading(&cell[j], layout->heading.item[j]);
    for (size_t i = 0; i < m; i++)
      append_cell(&cell[(i + 1) * n + j], layout->row[i].cell[j], layout->row[i].kind, j == 0);
    for (size_t i = 0; i <= m; i++) {
      size_t wanted = text_width(text_content(&cell[i * n + j]));
      wanted = wanted < LARGEST_WIDTH ? wanted : LARGEST_WIDTH;
      width[j] = wanted > width[j] ? wanted : width[j];
    }
  }
  for (size_t i = 0; i <= m; i++) {
    for (size_t j = 0; j < n; j++)
      append_padded(output, text_content(&cell[i * n + j]), width[j], layout->align[j]);
    text_append(output, "|\n");
    for (size_t j = 0; i == 0 && j < n; j++) {
      text_append(output, layout->align[j] == ALIGN_CENTRE ? "| :" : "| -");
      for (size_t k = 2; k < width[j]; k++)
        text_append_character(output, '-');
      text_append(output, layout->align[j] == ALIGN_LEFT ? "- " : ": ");
    }
    if (i == 0)
      text_append(output, "|\n");
  }
  for (size_t i = 0; i < (m + 1) * n; i++)
    text_free(&cell[i]);
  free(cell);
  free(width);
}

static void append_layout(struct text *output, const struct layout *layout)
{
  char *title = format_clean_line(layout->title);
  if (*title) {
    text_append(output, "**");
    append_escaped(output, title);
    text_append(output, "**\n\n");
  }
  free(title);
  append_table(output, layout);
  for (size_t i = 0; i < layout->footnote.n_items; i++) {
    text_append(output, i ? "- " : "\n- ");
    append_block(output, layout->footnote.item[i]);
    text_append_character(output, '\n');
  }
}

void format_markdown_write(const struct report *report, const char *table_name, int digits,
                           struct text *output)
{
  struct report scratch = {0};
  const struct report *view = format_view(report, table_name, digits, &scratch);
  for (size_t i = 0; i < view->n_layouts; i++) {
    if (i)
      text_append_character(output, '\n');
    append_layout(output, view->layout[i]);
  }
  if (report->notes.n_items + report->warnings.n_items > 0)
    text_append(output, view->n_layouts ? "\n**Notes**\n\n" : "**Notes**\n\n");
  for (size_t i = 0; i < report->notes.n_items; i++) {
    text_append(output, "- ");
    append_block(output, report->notes.item[i]);
    text_append_character(output, '\n');
  }
  for (size_t i = 0; i < report->warnings.n_items; i++) {
    text_append(output, "- Warning: ");
    append_block(output, report->warnings.item[i]);
    text_append_character(output, '\n');
  }
  report_free(&scratch);
}
