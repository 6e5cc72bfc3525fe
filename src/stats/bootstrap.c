// SPDX-License-Identifier: GPL-3.0-or-later
// The bootstrap (Efron & Tibshirani 1993, chapters 6 and 13): n draws with replacement a
// replicate, as a multinomial weight vector.  Replicates run on several threads; each has
// its own random stream and its own row of the result, so threads cannot change the answer.
#include <config.h>

#include "stats/bootstrap.h"

#include <assert.h>
#include <math.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/progress.h"
#include "base/sort.h"
#include "stats/rng.h"
#include "stats/summary.h"

// Rows ordered by stratum (row order kept within), start[h] the first of stratum h.
// start: n_strata + 1, row: n, both out.
static void strata_list(const struct bootstrap_plan *plan, size_t *start, size_t *row)
{
  memset(start, 0, (plan->n_strata + 1) * sizeof *start);
  for (size_t i = 0; i < plan->n; i++) {
    assert(plan->stratum[i] < plan->n_strata);
    start[plan->stratum[i] + 1]++;
  }
  for (size_t h = 0; h < plan->n_strata; h++)
    start[h + 1] += start[h];
  for (size_t i = 0; i < plan->n; i++)
    row[start[plan->stratum[i]]++] = i;
  memmove(start + 1, start, plan->n_strata * sizeof *start);
  start[0] = 0;
}

void bootstrap_weights(const struct bootstrap_plan *plan, size_t b, double *weight)
{
  assert(b >= 1);
  for (size_t i = 0; i < plan->n; i++)
    weight[i] = 0;
  if (plan->given) {
    for (size_t i = 0; i < plan->n; i++)
      weight[plan->given[(b - 1) * plan->n + i]]++;
    return;
  }
  struct philox_stream stream;
  philox_start(&stream, plan->seed, RNG_BOOTSTRAP, b);
  if (!plan->stratum) {
    for (size_t i = 0; i < plan->n; i++)
      weight[philox_below(&stream, plan->n)]++;
    return;
  }
  size_t *start = NEW_ARRAY(size_t, plan->n_strata + 1), *row = NEW_ARRAY(size_t, plan->n);
  strata_list(plan, start, row);
  for (size_t h = 0; h < plan->n_strata; h++) {
    size_t n_members = start[h + 1] - start[h];
    for (size_t i = 0; i < n_members; i++)
      weight[row[start[h] + philox_below(&stream, n_members)]]++;
  }
  free(start);
  free(row);
}

static int thread_count(int wanted, size_t n_replicates)
{
#ifdef _OPENMP
  int n = wanted > 0 ? wanted : omp_get_max_threads();
#else
  int n = 1;
  (void) wanted;
#endif
  return (size_t) n > n_replicates ? (int) n_replicates : n;
}

size_t bootstrap_run(const struct bootstrap_plan *plan, bootstrap_function function,
                     size_t n_statistics, double *result, void *(*make_scratch)(void *context),
                     void (*free_scratch)(void *scratch), void *context)
{
  assert(plan->first >= 1);
  if (plan->last < plan->first)
    return 0;
  size_t n_replicates = plan->last - plan->first + 1, n_failed = 0;
  int n_threads = thread_count(plan->n_threads, n_replicates);
#pragma omp parallel num_threads(n_threads) reduction(+ : n_failed)
  {
    double *weight = NEW_ARRAY(double, plan->n);
    void *scratch = context;
    if (make_scratch) {
      // One at a time: a maker may touch what is shared.
#pragma omp critical(bootstrap_scratch)
      scratch = make_scratch(context);
    }
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < n_replicates; i++) {
      double *statistic = result + i * n_statistics;
      bootstrap_weights(plan, plan->first + i, weight);
      if (!function(weight, statistic, scratch)) {
        for (size_t j = 0; j < n_statistics; j++)
          statistic[j] = NAN;
        n_failed++;
      }
      if (plan->progress)
        progress_step(plan->progress, 1);
    }
    if (make_scratch && free_scratch) {
#pragma omp critical(bootstrap_scratch)
      free_scratch(scratch);
    }
    free(weight);
  }
  (void) n_threads;
  return n_failed;
}

void bootstrap_percentiles(const double *value, size_t n, size_t stride, double level, double *low,
                           double *high)
{
  *low = *high = NAN;
  if (!(level > 0 && level < 1))
    return;
  double *sorted = NEW_ARRAY(double, n);
  size_t n_finite = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(value[i * stride]))
      sorted[n_finite++] = value[i * stride];
  if (n_finite > 0) {
    sort_doubles(sorted, n_finite);
    *low = quantile_sorted(sorted, NULL, n_finite, (1 - level) / 2, QUANTILE_TYPE_7);
    *high = quantile_sorted(sorted, NULL, n_finite, (1 + level) / 2, QUANTILE_TYPE_7);
  }
  free(sorted);
}
