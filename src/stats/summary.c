// SPDX-License-Identifier: GPL-3.0-or-later
// Moments, quantiles and ranks of one sample.
//
// Moments: Chan, Golub & LeVeque 1983, Am Stat 37:242 (two passes with correction), the
// sums compensated as in Ogita, Rump & Oishi 2005, SIAM J Sci Comput 26:1955.
// Quantiles: Hyndman & Fan 1996, Am Stat 50:361.
#include <config.h>

#include "stats/summary.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"

// *high + *low = a + b exactly (Knuth's two-sum).
static void add_exactly(double a, double b, double *high, double *low)
{
  double sum = a + b, shadow = sum - a;
  *low = (a - (sum - shadow)) + (b - shadow);
  *high = sum;
}

// The mean is a + b.
static void set_mean(struct moments *m, double a, double b)
{
  add_exactly(a, b, &m->mean, &m->mean_tail);
}

static double first_weighted(const double *x, const double *weight, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!weight || weight[i] > 0)
      return x[i];
  return NAN;
}

// Mean of x - pivot by plain sums, four at a time for speed: an error here is undone by
// the second pass.
static double mean_about(double pivot, const double *x, size_t n)
{
  double sum[4] = {0};
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (size_t lane = 0; lane < 4; lane++)
      sum[lane] += x[i + lane] - pivot;
  for (; i < n; i++)
    sum[0] += x[i] - pivot;
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (double) n;
}

static double weighted_mean_about(double pivot, const double *x, const double *weight, size_t n,
                                  double total)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    if (weight[i] > 0)
      sum += weight[i] * (x[i] - pivot);
  return sum / total;
}

// The first and the second compensated sum side by side: the same operations in the same
// order as two calls of sum_add, on both lanes of a register at once.
typedef double lanes __attribute__((vector_size(2 * sizeof(double))));

static void sum_deviations(const double *x, size_t n, const struct moments *about,
                           struct compensated_sum *first, struct compensated_sum *second)
{
  lanes high = {0, 0}, low = {0, 0};
  for (size_t i = 0; i < n; i++) {
    double deviation = (x[i] - about->mean) - about->mean_tail;
    lanes term = {deviation, deviation * deviation};
    lanes total = high + term, shadow = total - high;
    low += (high - (total - shadow)) + (term - shadow);
    high = total;
  }
  *first = (struct compensated_sum){high[0], low[0]};
  *second = (struct compensated_sum){high[1], low[1]};
}

struct moments moments_compute(const double *x, const double *weight, size_t n)
{
  struct moments m = {.mean = NAN};
  double total = weight ? 0 : (double) n;
  for (size_t i = 0; weight && i < n; i++)
    total += weight[i];
  m.n = total;
  if (!(total > 0))
    return m;

  double pivot = first_weighted(x, weight, n);
  set_mean(&m, pivot,
           weight ? weighted_mean_about(pivot, x, weight, n, total) : mean_about(pivot, x, n));
  struct compensated_sum first = {0}, second = {0};
  if (weight)
    for (size_t i = 0; i < n; i++) {
      if (!(weight[i] > 0))
        continue;
      double deviation = (x[i] - m.mean) - m.mean_tail;
      sum_add(&first, weight[i] * deviation);
      sum_add(&second, weight[i] * deviation * deviation);
    }
  else
    sum_deviations(x, n, &m, &first, &second);
  double correction = sum_total(&first) / total;
  m.sum_squares = sum_total(&second) - correction * correction * total;
  if (m.sum_squares < 0)
    m.sum_squares = 0;
  set_mean(&m, m.mean, m.mean_tail + correction);
  return m;
}

struct moments moments_from_summary(double n, double mean, double sd)
{
  return (struct moments){
      .n = n, .mean = n > 0 ? mean : NAN, .sum_squares = n > 1 ? sd * sd * (n - 1) : 0};
}

double moments_mean_difference(const struct moments *a, const struct moments *b)
{
  double high, low;
  add_exactly(a->mean, -b->mean, &high, &low);
  return high + (low + (a->mean_tail - b->mean_tail));
}

double moments_variance(const struct moments *m)
{
  return m->n > 1 ? m->sum_squares / (m->n - 1) : NAN;
}

double moments_sd(const struct moments *m)
{
  return sqrt(moments_variance(m));
}

struct moments moments_pool(const struct moments *m, size_t n_groups)
{
  struct moments pool = {.mean = NAN};
  const struct moments *pivot = NULL;
  double shift = 0;
  for (size_t g = 0; g < n_groups; g++) {
    if (!(m[g].n > 0))
      continue;
    if (!pivot)
      pivot = &m[g];
    pool.n += m[g].n;
    shift += m[g].n * moments_mean_difference(&m[g], pivot);
  }
  if (!pivot)
    return pool;
  set_mean(&pool, pivot->mean, pivot->mean_tail + shift / pool.n);
  struct compensated_sum first = {0}, second = {0};
  for (size_t g = 0; g < n_groups; g++)
    if (m[g].n > 0) {
      double deviation = moments_mean_difference(&m[g], &pool);
      sum_add(&first, m[g].n * deviation);
      sum_add(&second, m[g].sum_squares);
      sum_add(&second, m[g].n * deviation * deviation);
    }
  set_mean(&pool, pool.mean, pool.mean_tail + sum_total(&first) / pool.n);
  pool.sum_squares = sum_total(&second);
  return pool;
}

// The values at the 1-based places `place` and place + 1 of the sample in which each x
// stands weight times.
static void values_at(const double *x, const double *weight, size_t n, double place, double *low,
                      double *high)
{
  if (!weight) {
    size_t i = (size_t) place - 1;
    *low = x[i];
    *high = x[i + 1 < n ? i + 1 : i];
    return;
  }
  double passed = 0;
  bool found = false;
  for (size_t i = 0; i < n; i++) {
    if (!(weight[i] > 0))
      continue;
    passed += weight[i];
    *high = x[i]; // the last one, if there is no place beyond
    if (!found)
      *low = x[i];
    found = found || passed >= place;
    if (passed >= place + 1)
      return;
  }
}

double quantile_sorted(const double *x, const double *weight, size_t n, double p,
                       enum quantile_type type)
{
  double total = weight ? 0 : (double) n;
  for (size_t i = 0; weight && i < n; i++)
    total += weight[i];
  if (!(total > 0) || !(p >= 0 && p <= 1))
    return NAN;
  double place = type == QUANTILE_TYPE_6 ? (total + 1) * p : (total - 1) * p + 1;
  // (n + 1) p that is whole but for its rounding means that value alone.
  if (fabs(place - round(place)) <= 4 * DBL_EPSILON * place)
    place = round(place);
  place = fmax(fmin(place, total), 1);
  double whole = floor(place), part = place - whole, low = NAN, high = NAN;
  values_at(x, weight, n, whole, &low, &high);
  if (part <= 0 || low >= high)
    return low;
  return fmin(fmax((1 - part) * low + part * high, low), high);
}

double ranks_compute(const double *x, const double *weight, size_t n, double *rank)
{
  size_t *order = NEW_ARRAY(size_t, n);
  sort_order(x, n, order);
  double before = 0;
  struct compensated_sum ties = {0};
  for (size_t start = 0, end; start < n; start = end) {
    double t = 0;
    end = start;
    do
      t += weight ? weight[order[end]] : 1;
    while (++end < n && x[order[end]] <= x[order[start]]);
    for (size_t i = start; i < end; i++)
      rank[order[i]] = before + (t + 1) / 2;
    before += t;
    sum_add(&ties, (t - 1) * t * (t + 1));
  }
  free(order);
  return sum_total(&ties);
}
