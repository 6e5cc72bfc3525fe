// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as resamples of another program: read or refused as a plain reader does that takes
// the lines apart first and the words of each line then.  The first byte is the number of rows.
// Built by clang -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/markers.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_ROWS = 12 };

static void demand(bool condition)
{
  if (!condition)
    abort();
}

// Appends the line's numbers to row (with room for all of them); false if one of its n words is
// none from 1 to n_rows, or n is neither 0 nor n_rows.
static bool read_line(const char *line, size_t length, size_t n_rows, uint32_t *row, size_t *n_row)
{
  size_t n = 0;
  for (size_t i = 0, m; i < length; i += m) {
    for (m = 0; i + m < length && !strchr(" \t,;\r", line[i + m] ? line[i + m] : 'x'); m++)
      ;
    if (m == 0) {
      m = 1;
      continue;
    }
    double value = 0;
    for (size_t j = 0; j < m; j++) {
      if (line[i + j] < '0' || line[i + j] > '9')
        return false;
      value = 10 * value + (line[i + j] - '0');
    }
    if (value < 1 || value > (double) n_rows)
      return false;
    row[*n_row + n++] = (uint32_t) value - 1;
  }
  *n_row += n;
  return n == 0 || n == n_rows;
}

static bool read_plainly(const char *bytes, size_t size, size_t n_rows, uint32_t *row,
                         size_t *n_row)
{
  *n_row = 0;
  for (size_t i = 0, n; i < size; i += n + 1) {
    const char *feed = memchr(bytes + i, '\n', size - i);
    n = feed ? (size_t) (feed - bytes) - i : size - i;
    if (!read_line(bytes + i, n, n_rows, row, n_row))
      return false;
  }
  return *n_row > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  // What begins like gzip is unpacked.
  if (size == 0 || (size > 2 && data[1] == 0x1f && data[2] == 0x8b))
    return 0;
  size_t n_rows = 1 + data[0] % MOST_ROWS, n_plain, n_replicates = 0;
  const char *content = (const char *) data + 1;
  uint32_t *plain = NEW_ARRAY(uint32_t, size), *row = NULL;
  struct error error = {0};
  struct scratch scratch;
  scratch_open(&scratch);
  const char *path = scratch_write(&scratch, "rows.txt", content, size - 1);
  bool good = resamples_read(path, n_rows, &row, &n_replicates, &error);
  demand(good == read_plainly(content, size - 1, n_rows, plain, &n_plain));
  if (good) {
    demand(n_replicates * n_rows == n_plain);
    demand(memcmp(row, plain, n_plain * sizeof *row) == 0);
    free(row);
  } else {
    demand(error.status == ERROR_DATA && text_starts(error.message, path));
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
  }
  free(plain);
  scratch_close(&scratch);
  return 0;
}
