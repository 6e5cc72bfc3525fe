// SPDX-License-Identifier: GPL-3.0-or-later
// A table of any format as the columns of a statistics file.
#include <config.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"
#include "data/statfile.h"
#include "data/table_source.h"

enum {
  MOST_LEVELS = 20,    // of a column that no codebook declares, to be codes and not texts
  LONGEST_LEVEL = 120, // bytes that SPSS takes as a value label
};

// Whether the levels are numbers, and these.
static bool levels_are_numbers(const struct column *column, double *number)
{
  for (size_t i = 0; i < column->n_levels; i++)
    if (!number_parse_text(column->level[i], &number[i]))
      return false;
  return true;
}

static bool is_coded(const struct column *column, size_t n_rows)
{
  if (column->type != COLUMN_CATEGORICAL || column->variable_type == VARIABLE_ID ||
      column->variable_type == VARIABLE_DATE || column->variable_type == VARIABLE_IGNORE)
    return false;
  bool declared =
      column->variable_type == VARIABLE_CATEGORICAL || column->variable_type == VARIABLE_ORDINAL;
  if (!declared && (column->n_levels > MOST_LEVELS || column->n_levels == n_rows))
    return false;
  for (size_t i = 0; i < column->n_levels; i++)
    if (strlen(column->level_label[i]) > LONGEST_LEVEL)
      return false;
  return true;
}

struct code {
  double number;
  const char *label;
};

static int compare_codes(const void *a, const void *b)
{
  double x = ((const struct code *) a)->number, y = ((const struct code *) b)->number;
  return (x > y) - (x < y);
}

// Numbers that are levels keep their value, with a label where the codebook has one.  Other
// levels are 1, 2, ..., labelled by their own text and not by the codebook's label: a model that
// was made on that text must know the file when it comes back.
static void add_codes(struct statfile *file, const struct column *column)
{
  size_t n = column->n_levels;
  double *number = NEW_ARRAY(double, n);
  bool numbers = levels_are_numbers(column, number);
  struct code *code = NEW_ARRAY(struct code, n);
  size_t n_codes = 0;
  for (size_t i = 0; i < n; i++) {
    if (!numbers)
      number[i] = (double) (i + 1);
    if (!numbers || strcmp(column->level[i], column->level_label[i]) != 0)
      code[n_codes++] =
          (struct code){number[i], numbers ? column->level_label[i] : column->level[i]};
  }
  if (n_codes)
    qsort(code, n_codes, sizeof *code, compare_codes);
  struct statfile_column *made =
      statfile_add_column(file, column->name, column->label, STATFILE_NUMBER);
  made->ordinal = column->variable_type == VARIABLE_ORDINAL;
  made->nominal = !made->ordinal;
  for (size_t i = 0; i < n_codes; i++)
    if (*code[i].label && (i == 0 || code[i].number != code[i - 1].number))
      statfile_add_label(made, code[i].number, code[i].label);
  for (size_t row = 0; row < file->n_rows; row++)
    if (!isnan(column->value[row]))
      made->value[row] = number[(size_t) column->value[row]];
  free(code);
  free(number);
}

static void add_numbers(struct statfile *file, const struct column *column)
{
  struct statfile_column *made =
      statfile_add_column(file, column->name, column->label, STATFILE_NUMBER);
  for (size_t row = 0; row < file->n_rows; row++)
    if (!isnan(column->value[row]))
      made->value[row] = column->value[row];
}

// Fills the text columns; text[i]: whether column i is one.
static bool fill_texts(struct statfile *file, const struct table *table, const bool *text,
                       struct error *error)
{
  size_t length, n_cells, row = 0;
  const char *content = table_content(table, &length);
  struct csv_cell *cell;
  struct csv_reader *reader = csv_open(content, length, table->name, table_delimiter(table), error);
  bool good = reader && csv_next(reader, &cell, &n_cells, error) == CSV_RECORD;
  enum csv_status status = CSV_ERROR;
  while (good && (status = csv_next(reader, &cell, &n_cells, error)) == CSV_RECORD) {
    assert(row < file->n_rows && n_cells == file->n_columns);
    for (size_t i = 0; i < n_cells; i++) {
      if (!text[i] || table_is_missing(table, i, cell[i].bytes, cell[i].length))
        continue;
      const char *bytes = cell[i].bytes;
      size_t n = cell[i].length;
      if (!cell[i].quoted)
        bytes = table_trim(bytes, &n);
      statfile_set_text(&file->column[i], row, bytes, n);
    }
    row++;
  }
  csv_close(reader);
  return good && status == CSV_END;
}

static bool take_text_table(struct statfile *file, struct table *table, struct error *error)
{
  struct text_list refused = {0};
  bool good = table_load_all(table, &refused, error);
  text_list_free(&refused);
  if (!good)
    return false;
  assert(!table->source->kept);
  file->n_rows = table->n_rows;
  bool *text = NEW_ZEROED(bool, table->n_columns), any = false;
  for (size_t i = 0; i < table->n_columns && !table->column[i].derived; i++) {
    const struct column *column = &table->column[i];
    bool kept_as_text = column->variable_type == VARIABLE_ID ||
                        column->variable_type == VARIABLE_DATE ||
                        column->variable_type == VARIABLE_IGNORE;
    if (column->type == COLUMN_NUMERIC && !kept_as_text) {
      add_numbers(file, column);
    } else if (is_coded(column, file->n_rows)) {
      add_codes(file, column);
    } else {
      statfile_add_column(file, column->name, column->label, STATFILE_TEXT);
      text[i] = any = true;
    }
  }
  good = !any || fill_texts(file, table, text, error);
  free(text);
  return good;
}

bool statfile_from_table(struct statfile *file, struct table *table, struct error *error)
{
  *file = (struct statfile){0};
  bool good = table_is_statfile(table) ? table_take_statfile(table, file, error)
                                       : take_text_table(file, table, error);
  if (!good)
    statfile_free(file);
  return good;
}
