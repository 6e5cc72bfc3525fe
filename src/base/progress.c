// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "base/progress.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 40 };

void progress_begin(struct progress *progress, const char *what, size_t total, bool silent)
{
  progress->what = what;
  progress->total = total ? total : 1;
  atomic_init(&progress->done, 0);
  atomic_flag_clear(&progress->drawing);
  progress->shown = false;
  progress->silent = silent || !isatty(STDERR_FILENO);
  clock_gettime(CLOCK_MONOTONIC, &progress->start);
}

void progress_step(struct progress *progress, size_t n)
{
  size_t before = atomic_fetch_add(&progress->done, n), done = before + n;
  if (progress->silent || done * BAR_WIDTH / progress->total == before * BAR_WIDTH / progress->total)
    return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  double seconds = (double) (now.tv_sec - progress->start.tv_sec) +
                   1e-9 * (double) (now.tv_nsec - progress->start.tv_nsec);
  if (seconds < 1 || atomic_flag_test_and_set(&progress->drawing))
    return;
  size_t filled = done * BAR_WIDTH / progress->total;
  char bar[BAR_WIDTH + 1];
  for (size_t i = 0; i < BAR_WIDTH; i++)
    bar[i] = i < filled ? '#' : '.';
  bar[BAR_WIDTH] = '\0';
  fprintf(stderr, "\r[%s] %zu of %zu %s", bar, done, progress->total, progress->what);
  progress->shown = true;
  atomic_flag_clear(&progress->drawing);
}

void progress_end(struct progress *progress)
{
  if (progress->shown)
    fprintf(stderr, "\r\033[K");
  progress->shown = false;
}
