// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as files of her2-calib's replicates, parted by bytes of 255: read or refused, and what
// was read, written again and read once more, is written in the same bytes.  Built by clang
// -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/calib.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FILES = 4, SEPARATOR = 0xff };

// What her2-calib would have made of the files.
struct run {
  struct calib_settings settings;
  struct command command;
  struct calib calib;
};

static bool run_read(struct run *run, const char *const *path, size_t n, struct error *error)
{
  *run = (struct run){0};
  run->calib.settings = &run->settings;
  run->calib.command = &run->command;
  run->command.format = report_find_format("json");
  return calib_replicates_join(&run->calib, path, n, error);
}

// As in one run that saves its replicates.
static void run_write(struct run *run)
{
  struct report *report = &run->command.report;
  run->calib.early_notes = report->notes;
  run->calib.early_warnings = report->warnings;
  report->notes = report->warnings = (struct text_list){0};
  strcpy(run->command.table.digest, report->input_digest);
  calib_replicates_save(&run->calib);
}

static void run_free(struct run *run)
{
  report_free(&run->command.report);
  text_list_free(&run->command.table.notes);
  text_free(&run->command.companion);
  calib_validation_free(&run->calib);
}

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void write_again(struct run *run, struct scratch *scratch)
{
  struct run again;
  struct error error = {0};
  run_write(run);
  const struct text *first = &run->command.companion, *second = &again.command.companion;
  const char *path = scratch_write(scratch, "again", text_content(first), first->length);
  demand(run_read(&again, &path, 1, &error));
  run_write(&again);
  demand(first->length == second->length &&
         memcmp(text_content(first), text_content(second), first->length) == 0);
  run_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *path[MOST_FILES], *begin = (const char *) data, *end = begin + size;
  struct scratch scratch;
  struct run run;
  struct error error = {0};
  size_t n = 0;
  scratch_open(&scratch);
  for (const char *stop; n < MOST_FILES && begin <= end; begin = stop + 1) {
    const char *found = begin < end ? memchr(begin, SEPARATOR, (size_t) (end - begin)) : NULL;
    char name[] = {(char) ('a' + n), '\0'};
    stop = found && n + 1 < MOST_FILES ? found : end;
    path[n++] = scratch_write(&scratch, name, begin, (size_t) (stop - begin));
  }
  if (run_read(&run, path, n, &error))
    write_again(&run, &scratch);
  else
    demand(error.status == ERROR_DATA && error.message[0]);
  run_free(&run);
  scratch_close(&scratch);
  return 0;
}
