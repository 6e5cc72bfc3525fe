// SPDX-License-Identifier: GPL-3.0-or-later
// Reports: filling them, finding things in them, releasing them.  The formats are in
// format_*.c.
#include <config.h>

#include "report/report.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/format.h"

const struct report_format report_formats[] = {
    {"text", "txt", "tables as a journal prints them, for the terminal", format_text_write},
    {"csv", "csv", "one tidy table at full precision, comma-separated", format_csv_write},
    {"tsv", "tsv", "one tidy table at full precision, tab-separated", format_tsv_write},
    {"json", "json", "everything, at full precision", format_json_write},
    {"markdown", "md", "tables as a journal prints them, as pipe tables", format_markdown_write},
    {"latex", "tex", "tables as a journal prints them, for booktabs", format_latex_write},
    {"html", "html", "tables as a journal prints them, as one complete page", format_html_write},
    {NULL, NULL, NULL, NULL},
};

const struct report_format *report_find_format(const char *name)
{
  for (const struct report_format *format = report_formats; format->name; format++)
    if (strcmp(format->name, name) == 0)
      return format;
  return NULL;
}

const struct report_format *report_format_of_path(const char *path)
{
  const char *dot = strrchr(path, '.');
  for (const struct report_format *f = report_formats; dot && f->name; f++)
    if (strcasecmp(dot + 1, f->extension) == 0)
      return f;
  return NULL;
}

// ---- the report ----

static void table_free(struct report_table *table)
{
  for (size_t i = 0; i < table->n_cells; i++)
    free(table->cell[i].text);
  free(table->cell);
  text_list_free(&table->column);
  free(table->name);
  free(table);
}

static void layout_free(struct layout *layout)
{
  for (size_t i = 0; i < layout->n_rows; i++) {
    for (size_t j = 0; j < layout->heading.n_items; j++)
      free(layout->row[i].cell[j]);
    free(layout->row[i].cell);
  }
  free(layout->row);
  free(layout->align);
  text_list_free(&layout->heading);
  text_list_free(&layout->footnote);
  free(layout->name);
  free(layout->title);
  free(layout);
}

void report_free(struct report *report)
{
  free(report->command);
  text_list_free(&report->call);
  free(report->input_file);
  for (size_t i = 0; i < report->n_exclusions; i++)
    free(report->exclusion[i].variable);
  free(report->exclusion);
  text_list_free(&report->notes);
  text_list_free(&report->warnings);
  for (size_t i = 0; i < report->n_tables; i++)
    table_free(report->table[i]);
  free(report->table);
  for (size_t i = 0; i < report->n_layouts; i++)
    layout_free(report->layout[i]);
  free(report->layout);
  *report = (struct report){0};
}

__attribute__((format(printf, 2, 0))) static void add_once(struct text_list *list,
                                                           const char *format, va_list arguments)
{
  struct text said = {0};
  text_append_format_list(&said, format, arguments);
  if (text_list_has(list, text_content(&said)))
    text_free(&said);
  else
    text_list_adopt(list, text_take(&said));
}

void report_note(struct report *report, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  add_once(&report->notes, format, arguments);
  va_end(arguments);
}

void report_warning(struct report *report, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  add_once(&report->warnings, format, arguments);
  va_end(arguments);
}

void report_exclude(struct report *report, const char *variable, size_t n)
{
  RESIZE_ARRAY(report->exclusion, report->n_exclusions + 1);
  report->exclusion[report->n_exclusions++] =
      (struct report_exclusion){.variable = memory_copy_text(variable), .n = n};
}

// ---- tidy tables ----

// Table names become file names.
static bool name_is_plain(const char *name)
{
  return *name && *name != '.' && *name != '-' &&
         !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")];
}

struct report_table *report_add_table(struct report *report, const char *name, const char *columns)
{
  assert(name_is_plain(name));
  assert(!report_find_table(report, name));
  struct report_table *table = NEW_ZEROED(struct report_table, 1);
  table->name = memory_copy_text(name);
  for (const char *c = columns; *(c += strspn(c, " ")); c += strcspn(c, " ")) {
    char *column = memory_copy_bytes(c, strcspn(c, " "));
    assert(!text_list_has(&table->column, column));
    text_list_adopt(&table->column, column);
  }
  assert(table->column.n_items > 0);
  RESIZE_ARRAY(report->table, report->n_tables + 1);
  report->table[report->n_tables++] = table;
  return table;
}

struct report_table *report_find_table(const struct report *report, const char *name)
{
  for (size_t i = 0; i < report->n_tables; i++)
    if (strcmp(report->table[i]->name, name) == 0)
      return report->table[i];
  return NULL;
}

static void add_cell(struct report_table *table, struct report_cell cell)
{
  GROW_ARRAY(table->cell, table->capacity, table->n_cells + 1);
  table->cell[table->n_cells++] = cell;
  table->n_rows = table->n_cells / table->column.n_items;
}

void report_text(struct report_table *table, const char *text)
{
  if (text)
    add_cell(table, (struct report_cell){.kind = CELL_TEXT, .text = memory_copy_text(text)});
  else
    report_missing(table);
}

void report_number(struct report_table *table, double number)
{
  add_cell(table, (struct report_cell){.kind = CELL_NUMBER, .number = number});
}

void report_count(struct report_table *table, size_t count)
{
  assert(count <= INT64_MAX);
  add_cell(table, (struct report_cell){.kind = CELL_INTEGER, .integer = (int64_t) count});
}

void report_logical(struct report_table *table, bool value)
{
  add_cell(table, (struct report_cell){.kind = CELL_LOGICAL, .integer = value});
}

void report_missing(struct report_table *table)
{
  add_cell(table, (struct report_cell){.kind = CELL_MISSING});
}

// ---- layouts ----

struct layout *report_add_layout(struct report *report, const char *name, const char *title)
{
  struct layout *layout = NEW_ZEROED(struct layout, 1);
  layout->name = memory_copy_text(name);
  layout->title = memory_copy_text(title);
  RESIZE_ARRAY(report->layout, report->n_layouts + 1);
  report->layout[report->n_layouts++] = layout;
  return layout;
}

void layout_column(struct layout *layout, enum layout_align align, const char *heading)
{
  assert(layout->n_rows == 0);
  text_list_add(&layout->heading, heading ? heading : "");
  RESIZE_ARRAY(layout->align, layout->heading.n_items);
  layout->align[layout->heading.n_items - 1] = align;
}

size_t layout_row(struct layout *layout, enum layout_row_kind kind)
{
  assert(layout->heading.n_items > 0);
  GROW_ARRAY(layout->row, layout->capacity, layout->n_rows + 1);
  layout->row[layout->n_rows] =
      (struct layout_row){.kind = kind, .cell = NEW_ZEROED(char *, layout->heading.n_items)};
  return layout->n_rows++;
}

static void set_cell(struct layout *layout, size_t row, size_t column, char *text)
{
  assert(row < layout->n_rows);
  assert(column < layout->heading.n_items);
  free(layout->row[row].cell[column]);
  layout->row[row].cell[column] = text;
}

void layout_set(struct layout *layout, size_t row, size_t column, const char *text)
{
  set_cell(layout, row, column, memory_copy_text(text));
}

void layout_set_format(struct layout *layout, size_t row, size_t column, const char *format, ...)
{
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_append_format_list(&text, format, arguments);
  va_end(arguments);
  set_cell(layout, row, column, text_take(&text));
}

void layout_footnote(struct layout *layout, const char *format, ...)
{
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_append_format_list(&text, format, arguments);
  va_end(arguments);
  text_list_adopt(&layout->footnote, text_take(&text));
}

// ---- a directory of tables ----

static bool make_directory(const char *directory, struct error *error)
{
  struct stat status;
  if (mkdir(directory, 0777) == 0)
    return true;
  if (errno != EEXIST)
    return error_set(error, ERROR_DATA, "%s: cannot make the directory: %s", directory,
                     strerror(errno));
  if (stat(directory, &status) != 0)
    return error_set(error, ERROR_DATA, "%s: %s", directory, strerror(errno));
  if (!S_ISDIR(status.st_mode))
    return error_set(error, ERROR_DATA, "%s: not a directory", directory);
  return true;
}

bool report_write_tables(const struct report *report, const char *directory, struct error *error)
{
  if (!make_directory(directory, error))
    return false;
  bool good = true;
  struct text content = {0};
  for (size_t i = 0; good && i < report->n_tables; i++) {
    const char *name = report->table[i]->name;
    text_clear(&content);
    format_csv_write(report, name, 0, &content);
    char *path = text_format("%s/%s.csv", directory, name);
    good = file_write(path, text_content(&content), content.length, error);
    free(path);
  }
  text_free(&content);
  return good;
}
