// SPDX-License-Identifier: GPL-3.0-or-later
// A process that parses a file by ReadStat, for statfile_read.c; what it does first serves
// statfile_write.c, too.
//
// It tells what it finds, each item behind a letter, through a pipe; numbers are doubles (a
// missing one is a NaN of statfile_missing), sizes 64-bit integers, texts a size and bytes, a
// value a letter (1: text) and a number or a text:
//
//   V  variable: 1 if text, 1 if single precision, measure (letters); name, label, format, name
//      of its value labels (texts); number of missing ranges (size), each two values
//   L  value label: name of the set (text), value, label (text)
//   R  row: a number or a text for each column that is wanted
//   E  end: ReadStat's verdict (size), its complaint (text)

#ifndef HER2_DATA_STATFILE_CHILD_H
#define HER2_DATA_STATFILE_CHILD_H

#include <readstat.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct statfile_task {
  readstat_error_t (*parse)(readstat_parser_t *parser, const char *path, void *context);
  const char *content, *encoding; // encoding NULL: as the file says
  size_t length;
  const bool *wanted; // columns whose rows are told; NULL: variables and labels are
  size_t n_columns;
};

// Starts it; `descriptor` is to be read and closed, and the child waited for.
bool statfile_child_start(const struct statfile_task *task, const char *name, pid_t *child,
                          int *descriptor, struct error *error);

// What such a process does first: signals as by default, no word on the standard outputs, no core.
void statfile_child_settle(void);

#endif
