// SPDX-License-Identifier: GPL-3.0-or-later
// Times DeLong comparisons of markers on made-up rows, and writes the rows for another program.
//
//   bench_roc ROWS MARKERS FILE
//
// FILE becomes the outcome and the markers, one after the other, as the machine's doubles.
// Printed: areas, then z of every pair (1 2, 1 3, ...), with 17 digits; the times go to standard
// error.
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/memory.h"
#include "stats/roc.h"

enum { N_RUNS = 5 };

static uint64_t random_state = 1;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

// Two markers in a row share a part; every third is rounded to hundredths and so has ties.
static void make_up(size_t n, size_t k, double *y, double **x)
{
  for (size_t i = 0; i < n; i++) {
    y[i] = uniform() < 0.4;
    double shared = 0;
    for (size_t j = 0; j < k; j++) {
      double own = uniform() + uniform() + uniform() + 0.1 * (double) (j + 1) * y[i];
      double value = j % 2 ? (shared + own) / 2 : own;
      shared = own;
      x[j][i] = j % 3 == 2 ? (double) (long) (100 * value) / 100 : value;
    }
  }
}

static double compare(const double *const *x, size_t k, const double *y, size_t n, double *z)
{
  struct roc_areas areas;
  double begin = now();
  roc_areas_compute(x, k, y, NULL, n, &areas);
  double *to = z;
  for (size_t i = 0; i < k; i++)
    *to++ = areas.auc[i];
  for (size_t i = 0; i < k; i++)
    for (size_t j = i + 1; j < k; j++)
      *to++ = roc_compare_paired(&areas, i, j, 0.95).statistic;
  struct roc_test all = roc_compare_all(&areas);
  double spent = now() - begin;
  *to = all.statistic;
  roc_areas_free(&areas);
  return spent;
}

static double least(const double *const *x, size_t k, const double *y, size_t n, double *z)
{
  double best = compare(x, k, y, n, z);
  for (int run = 1; run < N_RUNS; run++) {
    double spent = compare(x, k, y, n, z);
    best = spent < best ? spent : best;
  }
  return best;
}

int main(int argc, char **argv)
{
  if (argc != 4)
    return 2;
  memory_reuse_large();
  size_t n = strtoul(argv[1], NULL, 10), k = strtoul(argv[2], NULL, 10);
  size_t n_values = k + k * (k - 1) / 2;
  double *y = NEW_ARRAY(double, n), **x = NEW_ARRAY(double *, k),
         *z = NEW_ARRAY(double, n_values + 1);
  for (size_t j = 0; j < k; j++)
    x[j] = NEW_ARRAY(double, n);
  make_up(n, k, y, x);
  FILE *file = fopen(argv[3], "wb");
  if (!file)
    return 1;
  size_t written = fwrite(y, sizeof *y, n, file);
  for (size_t j = 0; j < k; j++)
    written += fwrite(x[j], sizeof **x, n, file);
  if (fclose(file) || written != n * (k + 1))
    return 1;
  const double *const *markers = (const double *const *) x;
#ifdef _OPENMP
  double all_threads = least(markers, k, y, n, z);
  fprintf(stderr, "threads %.0f ms\n", 1000 * all_threads);
  omp_set_num_threads(1);
#endif
  fprintf(stderr, "one %.0f ms\n", 1000 * least(markers, k, y, n, z));
  for (size_t i = 0; i < n_values; i++)
    printf("%.17g\n", z[i]);
  for (size_t j = 0; j < k; j++)
    free(x[j]);
  free(x);
  free(y);
  free(z);
  return 0;
}
