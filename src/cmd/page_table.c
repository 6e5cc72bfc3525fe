// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report: a CSV file as a table, cells as they stand.
#include <config.h>

#include "cmd/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"

enum { MOST_ROWS = 5000, MOST_CELLS = 100000 };

static bool is_missing(const char *cell)
{
  return !*cell || strcmp(cell, "NA") == 0;
}

// A number as tables print it: "<0.001", "12.5%", "1e-7".
static bool is_number(const char *cell)
{
  size_t skip = *cell == '<' || *cell == '>' ? 1 : 0, n = strlen(cell);
  double value;
  if (n > skip && cell[n - 1] == '%')
    n--;
  return number_parse(cell + skip, n - skip, '.', &value);
}

// A column of numbers stands at the right.
static enum layout_align find_align(const struct layout *layout, size_t column)
{
  size_t n = 0;
  for (size_t i = 0; i < layout->n_rows; i++) {
    const char *cell = layout->row[i].cell[column];
    if (is_missing(cell))
      continue;
    if (!is_number(cell))
      return ALIGN_LEFT;
    n++;
  }
  return n > 0 ? ALIGN_RIGHT : ALIGN_LEFT;
}

static bool read_records(struct csv_reader *reader, struct layout *layout, struct error *error)
{
  struct csv_cell *cell;
  size_t n;
  enum csv_status status;
  while ((status = csv_next(reader, &cell, &n, error)) == CSV_RECORD) {
    bool header = layout->heading.n_items == 0;
    if (!header && (layout->n_rows >= MOST_ROWS || layout->n_rows * n >= MOST_CELLS))
      return error_set(error, ERROR_DATA, "more than %zu rows: too many for a page",
                       layout->n_rows);
    size_t row = header ? 0 : layout_row(layout, LAYOUT_PLAIN);
    for (size_t j = 0; j < n; j++) {
      char *text = memory_copy_bytes(cell[j].bytes, cell[j].length);
      if (header)
        layout_column(layout, ALIGN_LEFT, text);
      else
        layout_set(layout, row, j, text);
      free(text);
    }
  }
  return status == CSV_END;
}

bool page_read_table(struct page_item *item, struct error *error)
{
  struct text content = {0};
  if (!file_read(item->path, &content, error))
    return false;
  struct csv_reader *reader =
      csv_open(text_content(&content), content.length, item->path, '\0', error);
  if (!reader) {
    text_free(&content);
    return false;
  }
  struct layout *layout = report_add_layout(&item->report, "", NULL);
  bool good = read_records(reader, layout, error);
  if (good && layout->heading.n_items == 0)
    good = error_set(error, ERROR_DATA, "the file is empty");
  if (!good && !text_starts(error->message, item->path))
    error_prefix(error, "%s", item->path);
  for (size_t j = 0; j < layout->heading.n_items; j++)
    layout->align[j] = find_align(layout, j);
  csv_close(reader);
  text_free(&content);
  return good;
}
