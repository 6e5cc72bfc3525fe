// SPDX-License-Identifier: GPL-3.0-or-later
// The bootstrap: a replicate is a vector of weights, no row is copied.

#ifndef HER2_STATS_BOOTSTRAP_H
#define HER2_STATS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress;

struct bootstrap_plan {
  uint64_t seed;
  size_t n;                  // rows
  size_t first, last;        // replicates first..last, 1-based, both included
  const size_t *stratum;     // NULL, or n codes 0..n_strata-1: resampled within strata
  size_t n_strata;
  const uint32_t *given;     // NULL, or resamples drawn elsewhere: n row indices (0-based) for
                             // replicate 1, n for replicate 2, ...; seed and strata are not used
  int n_threads;             // 0: all
  struct progress *progress; // may be NULL
};

// weight: n out, how often each row is drawn in replicate b >= 1.  Depends on (seed, b, n)
// and the strata only.
void bootstrap_weights(const struct bootstrap_plan *plan, size_t b, double *weight);

// Computes `n_statistics` numbers from one weight vector; false: this replicate has no
// answer (its row becomes NaN).  Called from several threads at once, each with a scratch
// of its own.
typedef bool (*bootstrap_function)(const double *weight, double *statistic, void *scratch);

// result: (last - first + 1) x n_statistics, row-major.  make_scratch and free_scratch may
// be NULL; `context` is handed to make_scratch, or is itself the scratch if there is none;
// they are called one at a time.
// Returns the number of replicates that failed.  The answer is the same for any number of
// threads.
size_t bootstrap_run(const struct bootstrap_plan *plan, bootstrap_function function,
                     size_t n_statistics, double *result, void *(*make_scratch)(void *context),
                     void (*free_scratch)(void *scratch), void *context);

// The alpha/2 and 1 - alpha/2 quantiles (type 7) of value[0], value[stride], ..., n of them, NaN
// left out.  NaN if none is left or the level is not inside (0, 1).
void bootstrap_percentiles(const double *value, size_t n, size_t stride, double level, double *low,
                           double *high);

#endif
