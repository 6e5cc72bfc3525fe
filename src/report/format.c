// SPDX-License-Identifier: GPL-3.0-or-later
// What the formats share: text made harmless, tidy tables as layouts.
//
// Which characters turn writing around: Unicode Standard Annex #9, table 4 (explicit
// embeddings, overrides, isolates).  Pictures of control characters: U+2400 to U+2421.
#include <config.h>

#include "report/format.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/memory.h"
#include "base/number.h"

#define REPLACEMENT "\xef\xbf\xbd" // U+FFFD

static bool is_line_end(ucs4_t c)
{
  return (c >= '\n' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool is_control(ucs4_t c)
{
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0);
}

static bool is_direction_or_none(ucs4_t c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
         (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

static void append_visible(struct text *output, ucs4_t c)
{
  if (c > 0x7f) {
    text_append(output, REPLACEMENT);
  } else {
    const char picture[] = {'\xe2', '\x90', (char) (c == 0x7f ? 0xa1 : 0x80 + c), '\0'};
    text_append(output, picture);
  }
}

void format_append_clean(struct text *output, const char *text, unsigned what)
{
  const uint8_t *s = (const uint8_t *) text;
  for (size_t n = strlen(text); n > 0;) {
    ucs4_t c;
    int length = u8_mbtoucr(&c, s, n);
    if (length <= 0) {
      text_append(output, REPLACEMENT);
      length = 1;
    } else if (what & CLEAN_LINES && (c == '\t' || is_line_end(c))) {
      if (!(c == '\r' && s[1] == '\n'))
        text_append_character(output, ' ');
    } else if (what & CLEAN_CONTROLS && is_control(c)) {
      append_visible(output, c);
    } else if (what & CLEAN_DIRECTION && is_direction_or_none(c)) {
      text_append(output, REPLACEMENT);
    } else {
      text_append_bytes(output, (const char *) s, (size_t) length);
    }
    s += length;
    n -= (size_t) length;
  }
}

char *format_clean_line(const char *text)
{
  struct text clean = {0};
  format_append_clean(&clean, text ? text : "", CLEAN_CONTROLS | CLEAN_LINES | CLEAN_DIRECTION);
  const char *start = text_content(&clean);
  start += strspn(start, " ");
  size_t n = strlen(start);
  while (n && start[n - 1] == ' ')
    n--;
  char *line = memory_copy_bytes(start, n);
  text_free(&clean);
  return line;
}

void format_append_html(struct text *output, const char *text)
{
  char *clean = format_clean_line(text);
  for (const char *c = clean; *c; c++)
    switch (*c) {
    case '&':
      text_append(output, "&amp;");
      break;
    case '<':
      text_append(output, "&lt;");
      break;
    case '>':
      text_append(output, "&gt;");
      break;
    case '"':
      text_append(output, "&quot;");
      break;
    case '\'':
      text_append(output, "&#39;");
      break;
    default:
      text_append_character(output, *c);
    }
  free(clean);
}

void format_heading_lines(const char *heading, struct text_list *lines)
{
  struct text_list raw = {0};
  text_list_split(&raw, heading, '\n');
  for (size_t i = 0; i < raw.n_items; i++)
    text_list_adopt(lines, format_clean_line(raw.item[i]));
  text_list_free(&raw);
}

const struct report_table *format_table(const struct report *report, const char *table_name)
{
  const struct report_table *table = NULL;
  if (table_name) {
    table = report_find_table(report, table_name);
    assert(table);
  } else if (report->n_tables > 0) {
    table = report->table[0];
  }
  assert(!table || table->n_cells == table->n_rows * table->column.n_items);
  return table;
}

// ---- tidy tables for readers ----

static bool is_p_value(const char *column)
{
  return text_starts(column, "p.");
}

static bool is_missing(const struct report_cell *cell)
{
  return cell->kind == CELL_MISSING || (cell->kind == CELL_NUMBER && isnan(cell->number));
}

// Numbers to the right; a column with any text, or with nothing, to the left.
static enum layout_align column_align(const struct report_table *table, size_t column)
{
  bool numbers = false;
  for (size_t i = 0; i < table->n_rows; i++) {
    const struct report_cell *cell = &table->cell[i * table->column.n_items + column];
    if (is_missing(cell))
      continue;
    if (cell->kind != CELL_NUMBER && cell->kind != CELL_INTEGER)
      return ALIGN_LEFT;
    numbers = true;
  }
  return numbers ? ALIGN_RIGHT : ALIGN_LEFT;
}

// A column of whole numbers (degrees of freedom, rank sums) needs no decimals.
static bool column_is_whole(const struct report_table *table, size_t column)
{
  if (is_p_value(table->column.item[column]))
    return false;
  for (size_t i = 0; i < table->n_rows; i++) {
    const struct report_cell *cell = &table->cell[i * table->column.n_items + column];
    if (cell->kind == CELL_NUMBER && !isnan(cell->number) &&
        !(fabs(cell->number) < 1e7 && cell->number == floor(cell->number)))
      return false;
  }
  return true;
}

static void add_plain_layout(struct report *scratch, const struct report_table *table, int digits)
{
  size_t n_columns = table->column.n_items;
  struct layout *layout = report_add_layout(scratch, table->name, table->name);
  bool *whole = NEW_ARRAY(bool, n_columns);
  for (size_t j = 0; j < n_columns; j++) {
    layout_column(layout, column_align(table, j), table->column.item[j]);
    whole[j] = column_is_whole(table, j);
  }
  for (size_t i = 0; i < table->n_rows; i++) {
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    for (size_t j = 0; j < n_columns; j++) {
      const struct report_cell *cell = &table->cell[i * n_columns + j];
      int cell_digits = digits < 2 && is_p_value(table->column.item[j]) ? 2 : digits;
      char number[NUMBER_SIZE];
      switch (cell->kind) {
      case CELL_MISSING:
        break;
      case CELL_NUMBER:
        layout_set(layout, row, j,
                   whole[j] ? number_write_fixed(number, cell->number, 0)
                            : number_write_significant(number, cell->number, cell_digits));
        break;
      case CELL_INTEGER:
        layout_set_format(layout, row, j, "%lld", (long long) cell->integer);
        break;
      case CELL_TEXT:
        layout_set(layout, row, j, cell->text);
        break;
      case CELL_LOGICAL:
        layout_set(layout, row, j, cell->integer ? "TRUE" : "FALSE");
        break;
      }
    }
  }
  free(whole);
}

const struct report *format_view(const struct report *report, const char *table_name, int digits,
                                 struct report *scratch)
{
  if (!table_name && report->n_layouts > 0) {
    for (size_t i = 0; i < report->n_layouts; i++)
      assert(report->layout[i]->heading.n_items > 0);
    return report;
  }
  if (table_name)
    add_plain_layout(scratch, format_table(report, table_name), digits);
  else
    for (size_t i = 0; i < report->n_tables; i++)
      add_plain_layout(scratch, format_table(report, report->table[i]->name), digits);
  return scratch;
}
