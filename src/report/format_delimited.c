// SPDX-License-Identifier: GPL-3.0-or-later
// csv and tsv: one tidy table as RFC 4180 has it, with LF at the ends of lines.
//
// A missing cell is empty, an empty text is "" in quotes.  Blanks at the ends of text are
// quoted too, since many readers trim them.  In a table of one column a missing cell is
// "" as well: many readers drop blank lines.
#include <config.h>

#include "report/format.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/number.h"

static bool needs_quotes(const char *text, char delimiter)
{
  size_t n = strlen(text);
  return n == 0 || strchr(text, delimiter) || strpbrk(text, "\"\r\n") || text[0] == ' ' ||
         text[0] == '\t' || text[n - 1] == ' ' || text[n - 1] == '\t';
}

static void append_text(struct text *output, const char *text, char delimiter)
{
  struct text clean = {0};
  format_append_clean(&clean, text, CLEAN_CONTROLS | (delimiter == '\t' ? CLEAN_LINES : 0u));
  const char *content = text_content(&clean);
  if (needs_quotes(content, delimiter)) {
    text_append_character(output, '"');
    for (const char *c = content; *c; c++) {
      if (*c == '"')
        text_append_character(output, '"');
      text_append_character(output, *c);
    }
    text_append_character(output, '"');
  } else {
    text_append(output, content);
  }
  text_free(&clean);
}

static void append_cell(struct text *output, const struct report_cell *cell, char delimiter)
{
  char number[NUMBER_SIZE];
  switch (cell->kind) {
  case CELL_MISSING:
    break;
  case CELL_NUMBER:
    text_append(output, number_write(number, cell->number));
    break;
  case CELL_INTEGER:
    text_append_format(output, "%" PRId64, cell->integer);
    break;
  case CELL_TEXT:
    append_text(output, cell->text, delimiter);
    break;
  case CELL_LOGICAL:
    text_append(output, cell->integer ? "TRUE" : "FALSE");
    break;
  }
}

static void write_delimited(const struct report *report, const char *table_name, char delimiter,
                            struct text *output)
{
  const struct report_table *table = format_table(report, table_name);
  if (!table)
    return;
  size_t n_columns = table->column.n_items;
  for (size_t j = 0; j < n_columns; j++) {
    if (j)
      text_append_character(output, delimiter);
    append_text(output, table->column.item[j], delimiter);
  }
  text_append_character(output, '\n');
  for (size_t i = 0; i < table->n_rows; i++) {
    size_t start = output->length;
    for (size_t j = 0; j < n_columns; j++) {
      if (j)
        text_append_character(output, delimiter);
      append_cell(output, &table->cell[i * n_columns + j], delimiter);
    }
    if (output->length == start)
      text_append(output, "\"\"");
    text_append_character(output, '\n');
  }
}

void format_csv_write(const struct report *report, const char *table_name, int digits,
                      struct text *output)
{
  (void) digits;
  write_delimited(report, table_name, ',', output);
}

void format_tsv_write(const struct report *report, const char *table_name, int digits,
                      struct text *output)
{
  (void) digits;
  write_delimited(report, table_name, '\t', output);
}
