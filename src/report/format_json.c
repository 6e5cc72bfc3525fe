// SPDX-License-Identifier: GPL-3.0-or-later
// json: everything that a run gave (RFC 8259).
//
// Numbers carry 17 significant digits and read back as the same double; missing,
// undefined and infinite numbers are null.  Control characters and marks that turn the
// direction of writing around are written as \uXXXX, so that nothing is lost and a
// terminal is safe.
#include <config.h>

#include "report/format.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static json_t *text_or_null(const char *text)
{
  if (!text)
    return json_null();
  struct text valid = {0};
  format_append_clean(&valid, text, 0);
  json_t *value = json_stringn(text_content(&valid), valid.length);
  assert(value);
  text_free(&valid);
  return value;
}

static json_t *list_of_text(const struct text_list *list)
{
  json_t *array = json_array();
  for (size_t i = 0; i < list->n_items; i++)
    json_array_append_new(array, text_or_null(list->item[i]));
  return array;
}

static json_t *cell_value(const struct report_cell *cell)
{
  switch (cell->kind) {
  case CELL_MISSING:
    break;
  case CELL_NUMBER:
    return isfinite(cell->number) ? json_real(cell->number) : json_null();
  case CELL_INTEGER:
    return json_integer(cell->integer);
  case CELL_TEXT:
    return text_or_null(cell->text);
  case CELL_LOGICAL:
    return json_boolean(cell->integer != 0);
  }
  return json_null();
}

static json_t *table_records(const struct report_table *table)
{
  json_t *records = json_array();
  size_t n_columns = table->column.n_items;
  for (size_t i = 0; i < table->n_rows; i++) {
    json_t *record = json_object();
    for (size_t j = 0; j < n_columns; j++)
      json_object_set_new(record, table->column.item[j],
                          cell_value(&table->cell[i * n_columns + j]));
    json_array_append_new(records, record);
  }
  return records;
}

static json_t *layout_columns(const struct layout *layout)
{
  static const char *const aligns[] = {
      [ALIGN_LEFT] = "left", [ALIGN_RIGHT] = "right", [ALIGN_CENTRE] = "centre"};
  json_t *columns = json_array();
  for (size_t j = 0; j < layout->heading.n_items; j++) {
    json_t *column = json_object();
    json_object_set_new(column, "heading", text_or_null(layout->heading.item[j]));
    json_object_set_new(column, "align", json_string(aligns[layout->align[j]]));
    json_array_append_new(columns, column);
  }
  return columns;
}

static json_t *layout_rows(const struct layout *layout)
{
  static const char *const kinds[] = {
      [LAYOUT_VARIABLE] = "variable", [LAYOUT_LEVEL] = "level", [LAYOUT_PLAIN] = "plain"};
  json_t *rows = json_array();
  for (size_t i = 0; i < layout->n_rows; i++) {
    json_t *cells = json_array(), *row = json_object();
    for (size_t j = 0; j < layout->heading.n_items; j++)
      json_array_append_new(cells, text_or_null(layout->row[i].cell[j]));
    json_object_set_new(row, "kind", json_string(kinds[layout->row[i].kind]));
    json_object_set_new(row, "cells", cells);
    json_array_append_new(rows, row);
  }
  return rows;
}

// The tables as the formats for reading print them.
static json_t *layout_list(const struct report *report, int digits)
{
  struct report scratch = {0};
  const struct report *view = format_view(report, NULL, digits, &scratch);
  json_t *layouts = json_array();
  for (size_t i = 0; i < view->n_layouts; i++) {
    const struct layout *layout = view->layout[i];
    json_t *object = json_object();
    json_object_set_new(object, "name", text_or_null(layout->name));
    json_object_set_new(object, "title", text_or_null(layout->title));
    json_object_set_new(object, "columns", layout_columns(layout));
    json_object_set_new(object, "rows", layout_rows(layout));
    json_object_set_new(object, "footnotes", list_of_text(&layout->footnote));
    json_array_append_new(layouts, object);
  }
  report_free(&scratch);
  return layouts;
}

static json_t *input_object(const struct report *report)
{
  if (!report->has_input)
    return json_null();
  json_t *excluded = json_array();
  for (size_t i = 0; i < report->n_exclusions; i++) {
    json_t *exclusion = json_object();
    json_object_set_new(exclusion, "variable", text_or_null(report->exclusion[i].variable));
    json_object_set_new(exclusion, "n", json_integer((json_int_t) report->exclusion[i].n));
    json_array_append_new(excluded, exclusion);
  }
  json_t *input = json_object();
  json_object_set_new(input, "file", text_or_null(report->input_file));
  json_object_set_new(input, "sha256",
                      text_or_null(report->input_digest[0] ? report->input_digest : NULL));
  json_object_set_new(input, "rows", json_integer((json_int_t) report->input_rows));
  json_object_set_new(input, "used", json_integer((json_int_t) report->input_used));
  json_object_set_new(input, "excluded", excluded);
  return input;
}

// A seed beyond the integers of jansson is written as text, digit for digit.
static json_t *seed_value(const struct report *report)
{
  if (!report->has_seed)
    return json_null();
  if (report->seed <= INT64_MAX)
    return json_integer((json_int_t) report->seed);
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRIu64, report->seed);
  return json_string(digits);
}

// In JSON characters beyond ASCII, and DEL, stand in strings only: there \uXXXX is the
// same.  jansson itself escapes what is below U+0020.
static void append_escaping(struct text *output, const char *json)
{
  for (const unsigned char *c = (const unsigned char *) json; *c; c++) {
    unsigned point = 0;
    if (c[0] == 0x7f)
      point = 0x7f;
    else if (c[0] == 0xc2 && c[1] < 0xa0)
      point = c[1];
    else if (c[0] == 0xe2 && (c[1] == 0x80 || c[1] == 0x81))
      point = 0x2000u | (c[1] & 1u) << 6 | (c[2] & 0x3fu);
    if (point == 0x7f || (point >= 0x80 && point < 0xa0) || (point >= 0x2028 && point <= 0x202e) ||
        (point >= 0x2066 && point <= 0x2069)) {
      text_append_format(output, "\\u%04X", point);
      c += point > 0x7ff ? 2 : point > 0x7f ? 1 : 0;
    } else {
      text_append_character(output, (char) *c);
    }
  }
}

void format_json_write(const struct report *report, const char *table_name, int digits,
                       struct text *output)
{
  (void) table_name;
  json_set_alloc_funcs(memory_allocate_bytes, free);
  json_t *tables = json_object();
  for (size_t i = 0; i < report->n_tables; i++) {
    const char *name = report->table[i]->name;
    json_object_set_new(tables, name, table_records(format_table(report, name)));
  }
  json_t *root = json_object();
  json_object_set_new(root, "command", text_or_null(report->command));
  json_object_set_new(root, "version", json_string(PACKAGE_VERSION));
  json_object_set_new(root, "call", list_of_text(&report->call));
  json_object_set_new(root, "input", input_object(report));
  json_object_set_new(root, "seed", seed_value(report));
  json_object_set_new(root, "notes", list_of_text(&report->notes));
  json_object_set_new(root, "warnings", list_of_text(&report->warnings));
  json_object_set_new(root, "tables", tables);
  json_object_set_new(root, "layouts", layout_list(report, digits));
  char *json = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
  json_decref(root);
  assert(json);
  append_escaping(output, json);
  free(json);
  text_append_character(output, '\n');
}
