// SPDX-License-Identifier: GPL-3.0-or-later
// Correlations by reordering: R's Spearman, permutations, asked correlations reached, and
// nearness to a function against every possible order.
#include <config.h>

#include "stats/rank_order.h"

#include <stdlib.h>

#include "base/sort.h"
#include "reference.h"
#include "stats/distribution.h"
#include "stats/rng.h"
#include "tap.h"

static void against_r(void)
{
  struct reference *r = reference_open("rank_order.tsv");
  static const char *const names[] = {"plain", "ties", "missing", "levels"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char key[40], label[80];
    size_t n;
    snprintf(key, sizeof key, "%s.x", names[i]);
    const double *x = reference_values(r, key, &n);
    snprintf(key, sizeof key, "%s.y", names[i]);
    const double *y = reference_values(r, key, NULL);
    snprintf(key, sizeof key, "%s.rho", names[i]);
    snprintf(label, sizeof label, "Spearman's rho of R: %s", names[i]);
    is_close(rank_correlation(x, y, n), reference_value(r, key), 1e-13, label);
    is_close(rank_correlation(x, x, n), 1, 1e-15, "with itself: 1");
  }
  reference_close(r);
  const double same[] = {2, 2, 2}, other[] = {1, 2, 3};
  is_close(rank_correlation(same, other, 3), NAN, 0, "without spread: none");
  is_close(rank_correlation(NULL, NULL, 0), NAN, 0, "of nothing: none");
}

static bool is_permutation(const size_t *rank, size_t n)
{
  bool *seen = calloc(n, sizeof *seen), good = true;
  for (size_t i = 0; i < n; i++) {
    good &= rank[i] < n && !seen[rank[i]];
    if (rank[i] < n)
      seen[rank[i]] = true;
  }
  free(seen);
  return good;
}

// Correlation of the normal scores of two columns of ranks.
static double score_correlation(const size_t *a, const size_t *b, size_t n)
{
  double sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    double x = normal_quantile(((double) a[i] + 0.5) / (double) n);
    double y = normal_quantile(((double) b[i] + 0.5) / (double) n);
    sum += x * y;
    squares += x * x;
  }
  return sum / squares;
}

static void orders(void)
{
  enum { M = 4, N = 500 };
  const double asked[M * M] = {1, 0.6, 0, -0.4, 0.6, 1, 0.2, 0, 0, 0.2, 1, 0, -0.4, 0, 0, 1};
  static size_t rank[M * N], again[M * N];
  is_close(rank_orders(asked, N, M, 1, 2, rank), 1, 0, "a good matrix is used as it is");
  bool permutations = true;
  double farthest = 0;
  for (size_t j = 0; j < M; j++) {
    permutations &= is_permutation(rank + j * N, N);
    for (size_t k = 0; k < j; k++)
      farthest = fmax(farthest, fabs(score_correlation(rank + j * N, rank + k * N, N) -
                                     asked[j * M + k]));
  }
  ok(permutations, "every column is a permutation");
  // The scores before the last ranking correlate exactly so; ranking them again moves that a
  // little.
  is_near(farthest, 0, 0.02, "normal scores correlate as asked, 500 rows");
  rank_orders(asked, N, M, 1, 2, again);
  ok(memcmp(rank, again, sizeof rank) == 0, "the same seed and replicate: the same order");
  rank_orders(asked, N, M, 1, 3, again);
  ok(memcmp(rank, again, sizeof rank) != 0, "another replicate: another order");
  const double impossible[9] = {1, 0.9, 0.9, 0.9, 1, -0.9, 0.9, -0.9, 1};
  double factor = rank_orders(impossible, N, 3, 1, 2, rank);
  // Eigenvalues of [1 a a; a 1 -a; a -a 1]: 1 - 2a and 1 + a, twice: good below a = 1/2.
  is_close(factor, 0.55, 1e-12, "0.9 0.9 -0.9 is no matrix of correlations: 0.55 of it is");
  for (size_t n = 0; n <= 5; n++) {
    bool good = true;
    rank_orders(asked, n, M, 1, n, rank);
    for (size_t j = 0; j < M; j++)
      good &= is_permutation(rank + j * n, n);
    ok(good, "%zu row%s", n, n == 1 ? "" : "s");
  }
}

// ---- nearness to a function ----

static void ratio(void *context, const double *const *input, size_t n, double *result)
{
  (void) context;
  for (size_t i = 0; i < n; i++)
    result[i] = (input[0][i] - input[1][i]) / input[0][i];
}

static double distance(const double *outcome, const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(outcome[i]))
      sum += fabs(outcome[i] - (a[i] - b[i]) / a[i]);
  return sum;
}

static void swap(double *x, size_t i, size_t j)
{
  double held = x[i];
  x[i] = x[j];
  x[j] = held;
}

// The least distance over all orders of b and, for each, all orders of the outcome.
static double least_distance(double *outcome, const double *a, double *b, size_t n, size_t fixed_b,
                             size_t fixed)
{
  double least = INFINITY;
  if (fixed_b < n) {
    for (size_t i = fixed_b; i < n; i++) {
      swap(b, fixed_b, i);
      least = fmin(least, least_distance(outcome, a, b, n, fixed_b + 1, 0));
      swap(b, fixed_b, i);
    }
    return least;
  }
  if (fixed == n)
    return distance(outcome, a, b, n);
  for (size_t i = fixed; i < n; i++) {
    swap(outcome, fixed, i);
    least = fmin(least, least_distance(outcome, a, b, n, n, fixed + 1));
    swap(outcome, fixed, i);
  }
  return least;
}

static void function_orders(void)
{
  enum { SMALL = 5, N = 200 };
  struct philox_stream stream;
  philox_start(&stream, 1, RNG_SIMULATE, 77);
  double a[N], b[N], outcome[N], before_b[N], before_outcome[N];
  int n_best = 0, n_worse = 0;
  for (uint64_t trial = 0; trial < 20; trial++) {
    for (size_t i = 0; i < SMALL; i++) {
      a[i] = 100 + 20 * philox_uniform(&stream);
      b[i] = 50 + 20 * philox_uniform(&stream);
      outcome[i] = 0.45 + 0.1 * philox_uniform(&stream);
    }
    double least = least_distance(outcome, a, b, SMALL, 0, 0);
    double *input[2] = {a, b};
    order_by_function(ratio, NULL, input, 2, 1, outcome, SMALL, 200, NULL, 0, 1, trial);
    double got = distance(outcome, a, b, SMALL);
    n_best += got <= least * (1 + 1e-12);
    n_worse += got < least * (1 - 1e-12) || got > 2 * least;
  }
  is_integer(n_worse, 0, "5 rows: never below the least of all 14400 orders, nor twice it");
  ok(n_best >= 5, "5 rows: often the least of all (%d of 20)", n_best);

  for (size_t i = 0; i < N; i++) {
    a[i] = 100 + 10 * philox_normal(&stream);
    b[i] = 50 + 5 * philox_normal(&stream);
    outcome[i] = 0.5 + 0.05 * philox_normal(&stream);
  }
  outcome[7] = NAN;
  b[20] = NAN;
  memcpy(before_b, b, sizeof b);
  memcpy(before_outcome, outcome, sizeof outcome);
  double *input[2] = {a, b}, start = rank_correlation(a, b, N);
  order_by_function(ratio, NULL, input, 2, 1, outcome, N, 100, NULL, 0, 1, 1);
  double result[N];
  ratio(NULL, (const double *const *) input, N, result);
  is_close(rank_correlation(outcome, result, N), 1, 1e-12, "the outcome has the function's order");
  ok(isnan(outcome[7]) && isnan(b[20]) && b[7] == before_b[7] &&
         outcome[20] == before_outcome[20],
     "rows with a missing value stay");
  b[20] = outcome[7] = before_b[20] = before_outcome[7] = 0;
  sort_doubles(before_b, N);
  sort_doubles(before_outcome, N);
  double sorted_b[N], sorted_outcome[N];
  memcpy(sorted_b, b, sizeof b);
  memcpy(sorted_outcome, outcome, sizeof outcome);
  sort_doubles(sorted_b, N);
  sort_doubles(sorted_outcome, N);
  ok(memcmp(sorted_b, before_b, sizeof b) == 0 &&
         memcmp(sorted_outcome, before_outcome, sizeof outcome) == 0,
     "no value changes, only places");
  // A narrow outcome wants b in the order of a; the guard does not let it.
  for (size_t i = 0; i < N; i++) {
    outcome[i] = 0.5 + 1e-4 * philox_normal(&stream);
    b[i] = 50 + 5 * philox_normal(&stream);
  }
  start = rank_correlation(a, b, N);
  memcpy(before_b, b, sizeof b);
  struct order_guard guard = {a, -1, start + 0.2};
  order_by_function(ratio, NULL, input, 2, 1, outcome, N, 100, &guard, 1, 1, 1);
  double kept = rank_correlation(a, b, N);
  ok(kept > start + 0.15 && kept <= start + 0.2 + 1e-12,
     "a guarded correlation goes to its limit and no further");
  memcpy(b, before_b, sizeof b);
  order_by_function(ratio, NULL, input, 2, 1, outcome, N, 100, NULL, 0, 1, 1);
  ok(rank_correlation(a, b, N) > 0.9, "unguarded it goes all the way");
}

int main(void)
{
  against_r();
  orders();
  function_orders();
  return tap_done();
}
