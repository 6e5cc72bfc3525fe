// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report: a result, read back from the JSON of any her2 command (her2-tools(7)).
#include <config.h>

#include "cmd/page.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

static bool wrong(struct error *error, const char *what)
{
  return error_set(error, ERROR_DATA, "no result of a her2 command: %s", what);
}

// Appends the strings of an array; null becomes "".
static bool read_texts(json_t *array, const char *name, struct text_list *list, struct error *error)
{
  size_t i;
  json_t *value;
  if (!json_is_array(array))
    return error_set(error, ERROR_DATA, "no result of a her2 command: '%s' is no array", name);
  json_array_foreach(array, i, value)
  {
    if (!json_is_string(value) && !json_is_null(value))
      return error_set(error, ERROR_DATA, "no result of a her2 command: %s[%zu] is no string", name,
                       i);
    text_list_add(list, json_is_string(value) ? json_string_value(value) : "");
  }
  return true;
}

static bool read_input(json_t *input, struct report *report, struct error *error)
{
  if (json_is_null(input))
    return true;
  json_t *file = json_object_get(input, "file"), *sha256 = json_object_get(input, "sha256");
  json_t *rows = json_object_get(input, "rows"), *used = json_object_get(input, "used");
  json_t *excluded = json_object_get(input, "excluded"), *value;
  if (!json_is_string(file) || !json_is_integer(rows) || !json_is_integer(used) ||
      json_integer_value(rows) < 0 || json_integer_value(used) < 0 || !json_is_array(excluded))
    return wrong(error, "'input' has no file, rows, used and excluded");
  report->has_input = true;
  report->input_file = memory_copy_text(json_string_value(file));
  report->input_rows = (size_t) json_integer_value(rows);
  report->input_used = (size_t) json_integer_value(used);
  if (json_is_string(sha256) && json_string_length(sha256) < sizeof report->input_digest)
    strcpy(report->input_digest, json_string_value(sha256));
  size_t i;
  json_array_foreach(excluded, i, value)
  {
    json_t *variable = json_object_get(value, "variable"), *n = json_object_get(value, "n");
    if (!json_is_string(variable) || !json_is_integer(n) || json_integer_value(n) < 0)
      return wrong(error, "'input.excluded' is no list of variables and counts");
    report_exclude(report, json_string_value(variable), (size_t) json_integer_value(n));
  }
  return true;
}

static int index_of(json_t *value, const char *const *name, int n)
{
  for (int i = 0; json_is_string(value) && i < n; i++)
    if (strcmp(json_string_value(value), name[i]) == 0)
      return i;
  return -1;
}

static bool read_columns(json_t *columns, struct layout *layout)
{
  static const char *const aligns[] = {
      [ALIGN_LEFT] = "left", [ALIGN_RIGHT] = "right", [ALIGN_CENTRE] = "centre"};
  size_t j;
  json_t *column;
  json_array_foreach(columns, j, column)
  {
    json_t *heading = json_object_get(column, "heading");
    int align = index_of(json_object_get(column, "align"), aligns, 3);
    if (!json_is_string(heading) || align < 0)
      return false;
    layout_column(layout, (enum layout_align) align, json_string_value(heading));
  }
  return layout->heading.n_items > 0;
}

static bool read_rows(json_t *rows, struct layout *layout)
{
  static const char *const kinds[] = {
      [LAYOUT_VARIABLE] = "variable", [LAYOUT_LEVEL] = "level", [LAYOUT_PLAIN] = "plain"};
  size_t i, j;
  json_t *row, *cell;
  if (!json_is_array(rows))
    return false;
  json_array_foreach(rows, i, row)
  {
    json_t *cells = json_object_get(row, "cells");
    int kind = index_of(json_object_get(row, "kind"), kinds, 3);
    if (kind < 0 || json_array_size(cells) != layout->heading.n_items)
      return false;
    layout_row(layout, (enum layout_row_kind) kind);
    json_array_foreach(cells, j, cell)
    {
      if (!json_is_string(cell) && !json_is_null(cell))
        return false;
      layout_set(layout, i, j, json_string_value(cell));
    }
  }
  return true;
}

static bool read_layouts(json_t *layouts, struct report *report, struct error *error)
{
  size_t i;
  json_t *object;
  if (!layouts)
    return error_set(
        error, ERROR_DATA,
        "'layouts' is missing: make the result again with her2-tools " PACKAGE_VERSION);
  if (!json_is_array(layouts))
    return wrong(error, "'layouts' is no array");
  json_array_foreach(layouts, i, object)
  {
    json_t *name = json_object_get(object, "name"), *title = json_object_get(object, "title");
    struct layout *layout = report_add_layout(
        report, json_is_string(name) ? json_string_value(name) : "", json_string_value(title));
    char *footnotes = text_format("layouts[%zu].footnotes", i);
    bool noted =
        read_texts(json_object_get(object, "footnotes"), footnotes, &layout->footnote, error);
    free(footnotes);
    if (!noted)
      return false;
    if (!read_columns(json_object_get(object, "columns"), layout) ||
        !read_rows(json_object_get(object, "rows"), layout))
      return error_set(error, ERROR_DATA, "no result of a her2 command: layouts[%zu] is no table",
                       i);
  }
  return true;
}

static bool read_contents(json_t *tables, struct text_list *content, struct error *error)
{
  const char *name;
  json_t *records;
  if (!json_is_object(tables))
    return wrong(error, "'tables' is no object");
  json_object_foreach(tables, name, records)
  {
    size_t n = json_array_size(records);
    if (n > 0)
      text_list_adopt(content, text_format("%s (%zu %s)", name, n, n == 1 ? "row" : "rows"));
  }
  return true;
}

static bool read_root(json_t *root, struct page_item *item, struct error *error)
{
  struct report *report = &item->report;
  if (!json_is_object(root))
    return wrong(error, "no object");
  const char *format = json_string_value(json_object_get(root, "format"));
  if (text_equal(format, "her2-model"))
    return wrong(error, "a model file (the result is what her2-multivar --format=json prints)");
  json_t *command = json_object_get(root, "command"), *input = json_object_get(root, "input");
  json_t *version = json_object_get(root, "version");
  if (!json_is_string(command) || !json_is_string(version) || !input)
    return wrong(error, "it has no command, version and input");
  report->command = memory_copy_text(json_string_value(command));
  item->version = memory_copy_text(json_string_value(version));
  return read_texts(json_object_get(root, "call"), "call", &report->call, error) &&
         read_input(input, report, error) &&
         read_texts(json_object_get(root, "notes"), "notes", &report->notes, error) &&
         read_texts(json_object_get(root, "warnings"), "warnings", &report->warnings, error) &&
         read_contents(json_object_get(root, "tables"), &item->content, error) &&
         read_layouts(json_object_get(root, "layouts"), report, error);
}

bool page_read_result(struct page_item *item, struct error *error)
{
  struct text content = {0};
  if (!file_read(item->path, &content, error))
    return false;
  json_set_alloc_funcs(memory_allocate_bytes, free);
  json_error_t problem;
  json_t *root =
      json_loadb(text_content(&content), content.length, JSON_REJECT_DUPLICATES, &problem);
  bool good = root != NULL;
  if (!good)
    error_set(error, ERROR_DATA, "%s:%d: no JSON: %s", item->path,
              problem.line > 0 ? problem.line : 1,
              json_error_code(&problem) == json_error_null_character
                  ? "a NUL character (\\u0000) in a text"
                  : problem.text);
  else if (!(good = read_root(root, item, error)))
    error_prefix(error, "%s", item->path);
  json_decref(root);
  text_free(&content);
  return good;
}
