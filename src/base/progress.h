// SPDX-License-Identifier: GPL-3.0-or-later
// A progress bar on standard error, for people who wait.

#ifndef HER2_BASE_PROGRESS_H
#define HER2_BASE_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

// Shown only if standard error is a terminal and the work has taken a second.
// progress_step may be called from any thread.
struct progress {
  const char *what;      // "replicates", not copied
  size_t total;
  atomic_size_t done;
  atomic_flag drawing;
  bool shown, silent;
  struct timespec start;
};

void progress_begin(struct progress *progress, const char *what, size_t total, bool silent);
void progress_step(struct progress *progress, size_t n);
void progress_end(struct progress *progress); // wipes the bar

#endif
