// SPDX-License-Identifier: GPL-3.0-or-later
// Resamples that another program drew.
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/markers.h"

struct reading {
  const char *name, *place, *end;
  size_t line, n_rows;
  uint32_t *row;
  size_t n_replicates, capacity;
};

static bool is_between(char c)
{
  return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r';
}

// The next whole number of the line; *found false at its end.
static bool take_number(struct reading *reading, size_t *number, bool *found, struct error *error)
{
  while (reading->place < reading->end && is_between(*reading->place))
    reading->place++;
  *found = reading->place < reading->end && *reading->place != '\n';
  if (!*found)
    return true;
  size_t value = 0;
  const char *start = reading->place;
  while (reading->place < reading->end && *reading->place >= '0' && *reading->place <= '9' &&
         value <= reading->n_rows)
    value = 10 * value + (size_t) (*reading->place++ - '0');
  bool ended = reading->place == reading->end || is_between(*reading->place) ||
               *reading->place == '\n';
  if (reading->place == start || !ended || value < 1 || value > reading->n_rows)
    return error_set(error, ERROR_DATA, "%s:%zu: a row number from 1 to %zu is expected, '%.*s' found",
                     reading->name, reading->line, reading->n_rows,
                     (int) strcspn(start, " \t,;\r\n"), start);
  *number = value;
  return true;
}

static bool take_line(struct reading *reading, struct error *error)
{
  size_t n = 0;
  uint32_t *row = NULL;
  for (;;) {
    size_t number = 0;
    bool found;
    if (!take_number(reading, &number, &found, error))
      return false;
    if (!found)
      break;
    if (n == 0) {
      GROW_ARRAY(reading->row, reading->capacity, (reading->n_replicates + 1) * reading->n_rows);
      row = reading->row + reading->n_replicates * reading->n_rows;
    }
    if (n < reading->n_rows)
      row[n] = (uint32_t) (number - 1);
    n++;
  }
  if (reading->place < reading->end)
    reading->place++;
  if (n && n != reading->n_rows)
    return error_set(error, ERROR_DATA, "%s:%zu: %zu row numbers, one for each of the %zu rows used "
                                        "is expected",
                     reading->name, reading->line, n, reading->n_rows);
  reading->n_replicates += n > 0;
  return true;
}

bool resamples_read(const char *path, size_t n_rows, uint32_t **row, size_t *n_replicates,
                    struct error *error)
{
  struct text content = {0};
  if (!file_read(path, &content, error))
    return false;
  const char *bytes = text_content(&content);
  struct reading reading = {.name = file_display_name(path),
                            .place = bytes,
                            .end = bytes + content.length,
                            .n_rows = n_rows};
  bool good = true;
  while (good && reading.place < reading.end) {
    reading.line++;
    good = take_line(&reading, error);
  }
  if (good && !reading.n_replicates)
    good = error_set(error, ERROR_DATA, "%s: no resample in it", reading.name);
  text_free(&content);
  if (!good) {
    free(reading.row);
    return false;
  }
  *row = reading.row;
  *n_replicates = reading.n_replicates;
  return true;
}
