// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a file of SPSS, Stata or SAS: no crash, every code is one of a level, and what
// was read is the same when it has been written as .sav and read again.  Built by clang
// -fsanitize=fuzzer,address,undefined; tests/data/statfile are seeds too.
#include <config.h>

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/statfile.h"
#include "data/table.h"

// <sanitizer/common_interface_defs.h>; the replay of seeds may have no sanitizer.
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The process that runs ReadStat may die of what it reads: that is no finding.
static void forget_fuzzer(void)
{
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(NULL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  (void) argc;
  (void) argv;
  return pthread_atfork(NULL, NULL, forget_fuzzer);
}

enum { MOST_CELLS = 100000 };

static void take(const char *bytes, size_t n, void *text)
{
  text_append_bytes(text, bytes, n);
}

static void check_columns(const struct table *table)
{
  for (size_t i = 0; i < table->n_columns; i++) {
    const struct column *column = &table->column[i];
    size_t n_missing = 0;
    for (size_t row = 0; row < table->n_rows && column->type != COLUMN_UNLOADED; row++) {
      double value = column->value[row];
      n_missing += isnan(value) != 0;
      if (column->type == COLUMN_CATEGORICAL && !isnan(value) &&
          !(value >= 0 && value < (double) column->n_levels && value == floor(value)))
        abort();
    }
    if (column->type != COLUMN_UNLOADED && n_missing != column->n_missing)
      abort();
  }
}

static void check_again(const struct statfile *file)
{
  struct text written = {0};
  struct text_list notes = {0};
  struct statfile again;
  struct error error;
  if (statfile_write(file, STATFILE_SAV, take, &written, &notes, &error)) {
    struct statfile_input input = {
        .name = "again", .content = text_content(&written), .length = written.length};
    if (!statfile_open(&again, &input, &error) || again.n_columns != file->n_columns)
      abort();
    bool *wanted = malloc(file->n_columns);
    memset(wanted, true, file->n_columns);
    if (!statfile_load(&again, &input, wanted, &error) || again.n_rows != file->n_rows)
      abort();
    free(wanted);
    for (size_t i = 0; i < file->n_columns; i++)
      for (size_t row = 0; row < file->n_rows && file->column[i].content == STATFILE_NUMBER;
           row++) {
        double before = file->column[i].value[row], after = again.column[i].value[row];
        if (before != after && !(isnan(before) && isnan(after)) && fabs(before) < 1e300)
          abort();
      }
    statfile_free(&again);
  }
  text_list_free(&notes);
  text_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *content = (const char *) data;
  if (statfile_recognize(content, size) == STATFILE_NONE)
    return 0;
  struct table table;
  struct error error;
  struct text_list refused = {0};
  if (!table_open_content(&table, "input", content, size, &(struct table_options){0}, &error))
    return 0;
  if (table_load_all(&table, &refused, &error) && table.n_rows * table.n_columns < MOST_CELLS) {
    check_columns(&table);
    struct statfile file;
    if (statfile_from_table(&file, &table, &error)) {
      check_again(&file);
      statfile_free(&file);
    }
  }
  text_list_free(&refused);
  table_free(&table);
  return 0;
}
