// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as delimited text: no crash; what we accept libcsv (strict, all at once) accepts
// with the same cells; and the text read in parts, however many, gives the same records or is
// refused as csv_next refuses it.  Built by clang -fsanitize=fuzzer,address.
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

static void dump_record(struct text *out, const struct csv_cell *cell, size_t n, size_t line)
{
  text_append_format(out, "%zu", line);
  for (size_t i = 0; i < n; i++) {
    text_append_format(out, cell[i].quoted ? "<\"%zu:" : "<%zu:", cell[i].length);
    text_append_bytes(out, cell[i].bytes, cell[i].length);
  }
}

// What lies behind the first record, with csv_next; false if it is wrong.
static bool dump_serially(struct csv_reader *reader, size_t *n_records, struct text *out)
{
  struct csv_cell *cell;
  size_t n_cells;
  enum csv_status status;
  for (*n_records = 0; (status = csv_next(reader, &cell, &n_cells, NULL)) == CSV_RECORD;
       ++*n_records)
    dump_record(out, cell, n_cells, csv_line(reader));
  return status == CSV_END;
}

// The same part by part; touches all bytes that may be read.
static bool dump_parts(const struct csv_reader *reader, size_t offset, size_t line, size_t n_cells,
                       size_t most, size_t at_once, size_t *n_records, struct text *out)
{
  struct csv_part *part = calloc(most, sizeof *part);
  struct csv_cell *cell = calloc(n_cells * at_once, sizeof *cell);
  size_t *lines = calloc(at_once, sizeof *lines);
  size_t n_parts = csv_cut(reader, offset, line, most, 1, part), n;
  if (n_parts == 0 || n_parts > most)
    abort();
  bool good = true;
  *n_records = 0;
  for (size_t i = 0; i < n_parts; i++) {
    struct csv_scan scan;
    csv_scan_open(&scan, reader, &part[i]);
    size_t n_here = 0;
    while ((n = csv_scan_next(&scan, at_once, cell, lines))) {
      n_here += n;
      for (size_t j = 0; j < n * n_cells; j++) {
        char bytes[2 * CSV_REACH];
        memcpy(bytes, cell[j].bytes, CSV_REACH);
        memcpy(bytes + CSV_REACH, cell[j].bytes + cell[j].length - CSV_REACH, CSV_REACH);
        volatile char last = bytes[2 * CSV_REACH - 1];
        (void) last;
      }
      for (size_t j = 0; j < n; j++)
        dump_record(out, cell + j * n_cells, n_cells, lines[j]);
    }
    if (part[i].first_record != *n_records && good)
      abort();
    if (n_here > part[i].n_records || (!scan.bad && n_here < part[i].n_records))
      abort();
    good = good && !scan.bad;
    *n_records += n_here;
    csv_scan_close(&scan);
  }
  free(part);
  free(cell);
  free(lines);
  return good;
}

static void compare_parts(const char *content, size_t length, char delimiter)
{
  static const struct {
    size_t most, at_once;
  } ways[] = {{1, 1}, {1, 100}, {2, 3}, {3, 100}, {5, 2}, {16, 100}, {1000, 7}};
  struct csv_reader *reader = csv_open(content, length, "input", delimiter, NULL);
  struct csv_cell *cell;
  size_t n_cells, line, n_serial, n_parallel;
  if (csv_next(reader, &cell, &n_cells, NULL) != CSV_RECORD) {
    csv_close(reader);
    return;
  }
  size_t offset = csv_offset(reader, &line);
  struct text serial = {0}, parallel = {0};
  bool good = dump_serially(reader, &n_serial, &serial);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    text_clear(&parallel);
    if (dump_parts(reader, offset, line, n_cells, ways[i].most, ways[i].at_once, &n_parallel,
                   &parallel) != good)
      abort();
    if (good && (n_serial != n_parallel || serial.length != parallel.length ||
                 memcmp(text_content(&serial), text_content(&parallel), serial.length) != 0))
      abort();
  }
  text_free(&serial);
  text_free(&parallel);
  csv_close(reader);
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
  compare_parts((const char *) data + 1, size - 1, delimiter);
  return 0;
}
