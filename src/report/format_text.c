// SPDX-License-Identifier: GPL-3.0-or-later
// text: tables as a journal prints them, for the terminal.
//
// Widths are columns of a terminal.  Where a line may be broken between wide characters:
// Unicode Standard Annex #14, through libunistring; elsewhere lines break at blanks only,
// so that names, options and files stay whole.
#include <config.h>

#include "report/format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unilbrk.h>

#include "base/memory.h"

enum { NOTE_WIDTH = 100, GAP = 2, INDENT = 2 };

// A layout made ready: clean cells, headings as lines, widths.
struct grid {
  size_t n_columns, n_rows, n_heading_lines;
  struct text_list *heading; // lines, one list a column
  char **cell;               // n_rows x n_columns
  size_t *width;             // a column
  size_t total;
};

static char *cell_line(const struct layout *layout, size_t row, size_t column)
{
  char *clean = format_clean_line(layout->row[row].cell[column]);
  if (column > 0 || layout->row[row].kind != LAYOUT_LEVEL)
    return clean;
  char *indented = text_format("%*s%s", INDENT, "", clean);
  free(clean);
  return indented;
}

static void widen(size_t *width, const char *line)
{
  size_t wanted = text_width(line);
  if (wanted > *width)
    *width = wanted;
}

static struct grid grid_make(const struct layout *layout)
{
  size_t n = layout->heading.n_items, m = layout->n_rows;
  struct grid grid = {.n_columns = n,
                      .n_rows = m,
                      .heading = NEW_ZEROED(struct text_list, n),
                      .cell = NEW_ZEROED(char *, m *n),
                      .width = NEW_ZEROED(size_t, n)};
  for (size_t j = 0; j < n; j++) {
    struct text_list *lines = &grid.heading[j];
    format_heading_lines(layout->heading.item[j], lines);
    if (lines->n_items > grid.n_heading_lines)
      grid.n_heading_lines = lines->n_items;
    for (size_t k = 0; k < lines->n_items; k++)
      widen(&grid.width[j], lines->item[k]);
    for (size_t i = 0; i < m; i++) {
      grid.cell[i * n + j] = cell_line(layout, i, j);
      widen(&grid.width[j], grid.cell[i * n + j]);
    }
    grid.total += grid.width[j] + (j ? GAP : 0);
  }
  return grid;
}

static void grid_free(struct grid *grid)
{
  for (size_t j = 0; j < grid->n_columns; j++)
    text_list_free(&grid->heading[j]);
  for (size_t i = 0; i < grid->n_rows * grid->n_columns; i++)
    free(grid->cell[i]);
  free(grid->heading);
  free(grid->cell);
  free(grid->width);
  *grid = (struct grid){0};
}

static void append_blanks(struct text *output, size_t n)
{
  text_append_format(output, "%*s", (int) n, "");
}

static void append_aligned(struct text *output, const char *cell, size_t width,
                           enum layout_align align)
{
  size_t spare = width - text_width(cell);
  size_t before = align == ALIGN_RIGHT ? spare : align == ALIGN_CENTRE ? spare / 2 : 0;
  append_blanks(output, before);
  text_append(output, cell);
  append_blanks(output, spare - before);
}

static void end_line(struct text *output)
{
  while (output->length > 0 && output->bytes[output->length - 1] == ' ')
    output->length--;
  text_append_character(output, '\n');
}

static void append_rule(struct text *output, size_t width)
{
  for (size_t i = 0; i < width; i++)
    text_append(output, "─");
  text_append_character(output, '\n');
}

// One line of the heading; the lines of a short heading stand at the bottom.
static void append_heading_line(struct text *output, const struct layout *layout,
                                const struct grid *grid, size_t line)
{
  for (size_t j = 0; j < grid->n_columns; j++) {
    size_t above = grid->n_heading_lines - grid->heading[j].n_items;
    append_blanks(output, j ? GAP : 0);
    append_aligned(output, line < above ? "" : grid->heading[j].item[line - above], grid->width[j],
                   layout->align[j]);
  }
  end_line(output);
}

// `prefix` and `text` in lines of at most `limit` columns where they can be broken, the
// lines after the first set in by the width of the prefix.
static void append_wrapped(struct text *output, const char *prefix, const char *text, size_t limit)
{
  size_t indent = text_width(prefix), column = indent;
  char *clean = format_clean_line(text);
  size_t n = strlen(clean);
  char *may_break = NEW_ZEROED(char, n);
  u8_possible_linebreaks((const uint8_t *) clean, n, "UTF-8", may_break);
  text_append(output, prefix);
  for (size_t start = 0, end; start < n; start = end) {
    for (end = start + 1; end < n; end++)
      if (may_break[end] == UC_BREAK_POSSIBLE &&
          (clean[end - 1] == ' ' || (unsigned char) clean[end - 1] >= 0x80))
        break;
    char *piece = memory_copy_bytes(clean + start, end - start);
    size_t width = text_width(piece), printed = width;
    for (size_t k = end; k > start && clean[k - 1] == ' '; k--)
      printed--;
    if (column > indent && column + printed > limit) {
      end_line(output);
      append_blanks(output, indent);
      column = indent;
    }
    text_append(output, piece);
    column += width;
    free(piece);
  }
  end_line(output);
  free(may_break);
  free(clean);
}

// Returns the width of the table.
static size_t append_layout(struct text *output, const struct layout *layout)
{
  struct grid grid = grid_make(layout);
  size_t limit = grid.total > NOTE_WIDTH ? grid.total : NOTE_WIDTH;
  if (layout->title)
    append_wrapped(output, "", layout->title, limit);
  append_rule(output, grid.total);
  for (size_t line = 0; line < grid.n_heading_lines; line++)
    append_heading_line(output, layout, &grid, line);
  append_rule(output, grid.total);
  for (size_t i = 0; i < grid.n_rows; i++) {
    for (size_t j = 0; j < grid.n_columns; j++) {
      append_blanks(output, j ? GAP : 0);
      append_aligned(output, grid.cell[i * grid.n_columns + j], grid.width[j], layout->align[j]);
    }
    end_line(output);
  }
  append_rule(output, grid.total);
  for (size_t i = 0; i < layout->footnote.n_items; i++)
    append_wrapped(output, "", layout->footnote.item[i], limit);
  size_t total = grid.total;
  grid_free(&grid);
  return total;
}

void format_text_write(const struct report *report, const char *table_name, int digits,
                       struct text *output)
{
  struct report scratch = {0};
  const struct report *view = format_view(report, table_name, digits, &scratch);
  size_t limit = NOTE_WIDTH;
  for (size_t i = 0; i < view->n_layouts; i++) {
    if (i)
      text_append_character(output, '\n');
    size_t width = append_layout(output, view->layout[i]);
    limit = width > limit ? width : limit;
  }
  if (view->n_layouts > 0 && report->notes.n_items + report->warnings.n_items > 0)
    text_append_character(output, '\n');
  for (size_t i = 0; i < report->notes.n_items; i++)
    append_wrapped(output, "Note: ", report->notes.item[i], limit);
  for (size_t i = 0; i < report->warnings.n_items; i++)
    append_wrapped(output, "Warning: ", report->warnings.item[i], limit);
  report_free(&scratch);
}
