// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as delimited text: no crash, and what we accept libcsv (strict, all at once)
// accepts with the same cells.  Built by clang -fsanitize=fuzzer,address.
#include <config.h>

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int never_blank(unsigned char c)
{
  (void) c;
  return 0;
}

static void take_cell(void *bytes, size_t length, void *text)
{
  text_append_format(text, "<%zu:", length);
  text_append_bytes(text, bytes, length);
}

static void take_record(int terminator, void *text)
{
  (void) terminator;
  text_append_character(text, '|');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char delimiters[] = {'\0', ',', ';', '\t', '|', ' '};
  if (size == 0)
    return 0;
  char delimiter = delimiters[data[0] % sizeof delimiters];
  const char *content = (const char *) data + 1;
  size_t length = size - 1;
  struct error error;
  struct csv_reader *reader = csv_open(content, length, "input", delimiter, &error);
  if (!reader)
    return 0;
  struct text ours = {0}, theirs = {0};
  struct csv_cell *cell;
  size_t n_cells, line = 0;
  enum csv_status status;
  while ((status = csv_next(reader, &cell, &n_cells, &error)) == CSV_RECORD) {
    if (csv_line(reader) <= line)
      abort();
    line = csv_line(reader);
    // libcsv loses blank lines.
    if (n_cells == 1 && cell[0].length == 0 && !cell[0].quoted)
      continue;
    for (size_t i = 0; i < n_cells; i++)
      take_cell((void *) (uintptr_t) cell[i].bytes, cell[i].length, &ours);
    take_record(0, &ours);
  }
  if (status == CSV_END) {
    if (length >= 3 && memcmp(content, "\xef\xbb\xbf", 3) == 0) {
      content += 3;
      length -= 3;
    }
    struct csv_parser parser;
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&parser, (unsigned char) csv_delimiter_used(reader));
    csv_set_space_func(&parser, never_blank);
    if (csv_parse(&parser, content, length, take_cell, take_record, &theirs) != length ||
        csv_fini(&parser, take_cell, take_record, &theirs) != 0 || ours.length != theirs.length ||
        memcmp(text_content(&ours), text_content(&theirs), ours.length) != 0)
      abort();
    csv_free(&parser);
  }
  csv_close(reader);
  text_free(&ours);
  text_free(&theirs);
  return 0;
}
