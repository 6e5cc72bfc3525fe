// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text written in another way that says the same.
#include <config.h>

#include "twin.h"

#include <string.h>

#include "data/csv.h"

static void append_cell(struct text *twin, const struct csv_cell *cell, size_t n_cells,
                        const struct twin_way *way)
{
  bool quoted = way->quoted || (n_cells == 1 && cell->length == 0) ||
                (cell->length && *cell->bytes == '\xef'); // no byte order mark in front
  for (size_t i = 0; i < cell->length && !quoted; i++)
    quoted = strchr("\"\r\n,;\t", cell->bytes[i]) || cell->bytes[i] == way->delimiter;
  if (quoted)
    text_append_character(twin, '"');
  for (size_t i = 0; i < cell->length; i++) {
    if (cell->bytes[i] == '"')
      text_append_character(twin, '"');
    text_append_character(twin, cell->bytes[i]);
  }
  if (quoted)
    text_append_character(twin, '"');
}

bool twin_write(const char *content, size_t length, const struct twin_way *way, struct text *twin)
{
  struct csv_reader *reader = csv_open(content, length, "", '\0', NULL);
  if (!reader)
    return false;
  text_append(twin, way->mark ? "\xef\xbb\xbf" : "");
  struct csv_cell *cell;
  size_t n_cells;
  enum csv_status status;
  while ((status = csv_next(reader, &cell, &n_cells, NULL)) == CSV_RECORD) {
    for (size_t i = 0; i < n_cells; i++) {
      if (i > 0)
        text_append_character(twin, way->delimiter);
      append_cell(twin, &cell[way->backwards ? n_cells - 1 - i : i], n_cells, way);
    }
    text_append(twin, way->returns ? "\r\n" : "\n");
  }
  csv_close(reader);
  if (status == CSV_END)
    return true;
  text_clear(twin);
  return false;
}

char *twin_message(const char *message)
{
  struct text plain = {0};
  while (*message) {
    size_t n = *message == ':' ? strspn(message + 1, "0123456789") : 0;
    if (n > 0)
      text_append(&plain, ":NUMBER");
    else
      text_append_character(&plain, *message);
    message += n + 1;
  }
  return text_take(&plain);
}
