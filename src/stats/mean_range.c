// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of means over the rounding of their inputs.  The values at the centres are those of
// anova.h and two_sample.h; ranges follow from monotonicity: t and F rise with differences and
// fall with SDs, P falls with |t|, with F, and with df at a given statistic.
#include <config.h>

#include "stats/mean_range.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/anova.h"
#include "stats/distribution.h"
#include "stats/two_sample.h"

enum { MOST_CORNER_GROUPS = 16, MOST_WELCH_GROUPS = 6 };

static const struct interval unknown = {NAN, NAN};

static bool is_usable(const struct mean_group *group, size_t n_groups)
{
  for (size_t i = 0; i < n_groups; i++)
    if (!(group[i].n >= 2) || isnan(group[i].mean) || isnan(group[i].sd) ||
        !interval_is_known(group[i].mean_range) || !interval_is_known(group[i].sd_range))
      return false;
  return n_groups > 0;
}

static struct interval sd_range(const struct mean_group *group)
{
  return interval_of(fmax(group->sd_range.low, 0), fmax(group->sd_range.high, 0));
}

// sum (n - 1) s^2
static struct interval within_range(const struct mean_group *group, size_t n_groups)
{
  struct interval sum = {0, 0};
  for (size_t i = 0; i < n_groups; i++) {
    struct interval sd = sd_range(&group[i]);
    sum.low += (group[i].n - 1) * sd.low * sd.low;
    sum.high += (group[i].n - 1) * sd.high * sd.high;
  }
  return sum;
}

static double between_at(const struct mean_group *group, const double *mean, size_t n_groups)
{
  double n = 0, sum = 0, square = 0;
  for (size_t i = 0; i < n_groups; i++) {
    n += group[i].n;
    sum += group[i].n * mean[i];
  }
  for (size_t i = 0; i < n_groups; i++)
    square += group[i].n * (mean[i] - sum / n) * (mean[i] - sum / n);
  return square;
}

static double distance_squares(const struct mean_group *group, size_t n_groups, double c)
{
  double sum = 0;
  for (size_t i = 0; i < n_groups; i++) {
    double d = fmax(0, fmax(group[i].mean_range.low - c, c - group[i].mean_range.high));
    sum += group[i].n * d * d;
  }
  return sum;
}

static double least_between(const struct mean_group *group, size_t n_groups)
{
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < n_groups; i++) {
    low = fmin(low, group[i].mean_range.low);
    high = fmax(high, group[i].mean_range.high);
  }
  for (int i = 0; i < 200; i++) {
    double a = low + (high - low) / 3, b = high - (high - low) / 3;
    if (distance_squares(group, n_groups, a) <= distance_squares(group, n_groups, b))
      high = b;
    else
      low = a;
  }
  // A convex function lies above what a minimum found nearly says by far less than this.
  return distance_squares(group, n_groups, (low + high) / 2) * (1 - 1e-9);
}

static double greatest_between(const struct mean_group *group, size_t n_groups)
{
  double *mean = NEW_ARRAY(double, n_groups), greatest = 0;
  if (n_groups <= MOST_CORNER_GROUPS) {
    for (size_t corner = 0; corner < (size_t) 1 << n_groups; corner++) {
      for (size_t i = 0; i < n_groups; i++)
        mean[i] = corner >> i & 1 ? group[i].mean_range.high : group[i].mean_range.low;
      greatest = fmax(greatest, between_at(group, mean, n_groups));
    }
  } else {
    // About any c the sum is at least the one about the pooled mean.
    double n = 0, c = 0;
    for (size_t i = 0; i < n_groups; i++) {
      n += group[i].n;
      c += group[i].n * group[i].mean;
    }
    for (size_t i = 0; i < n_groups; i++) {
      double d =
          fmax(fabs(group[i].mean_range.low - c / n), fabs(group[i].mean_range.high - c / n));
      greatest += group[i].n * d * d;
    }
  }
  free(mean);
  return greatest;
}

struct interval mean_range_between(const struct mean_group *group, size_t n_groups)
{
  if (!is_usable(group, n_groups))
    return unknown;
  return interval_of(least_between(group, n_groups), greatest_between(group, n_groups));
}

static struct moments *moments_at_centre(const struct mean_group *group, size_t n_groups)
{
  struct moments *moments = NEW_ARRAY(struct moments, n_groups);
  for (size_t i = 0; i < n_groups; i++)
    moments[i] = moments_from_summary(group[i].n, group[i].mean, group[i].sd);
  return moments;
}

struct ranged_moments mean_range_pool(const struct mean_group *group, size_t n_groups)
{
  struct ranged nothing = {NAN, unknown};
  struct ranged_moments pool = {NAN, nothing, nothing, nothing};
  if (!is_usable(group, n_groups))
    return pool;
  struct moments *moments = moments_at_centre(group, n_groups);
  struct moments joined = moments_pool(moments, n_groups);
  free(moments);
  pool.n = joined.n;
  pool.mean.value = joined.mean;
  pool.sd.value = moments_sd(&joined);
  pool.sum_squares.value = joined.sum_squares;
  struct interval sum = {0, 0};
  for (size_t i = 0; i < n_groups; i++)
    sum = interval_add(sum, interval_scale(group[i].mean_range, group[i].n));
  pool.mean.range = interval_scale(sum, 1 / pool.n);
  pool.sum_squares.range =
      interval_add(within_range(group, n_groups), mean_range_between(group, n_groups));
  pool.sd.range = interval_sqrt(interval_scale(pool.sum_squares.range, 1 / (pool.n - 1)));
  return pool;
}

struct ranged_test mean_range_anova(const struct mean_group *group, size_t n_groups)
{
  struct ranged_test test = {{NAN, unknown}, {NAN, unknown}, NAN, NAN};
  if (!is_usable(group, n_groups) || n_groups < 2)
    return test;
  struct moments *moments = moments_at_centre(group, n_groups);
  struct anova_result centre = anova_one_way(moments, n_groups);
  free(moments);
  double n = 0;
  for (size_t i = 0; i < n_groups; i++)
    n += group[i].n;
  test.df = (double) (n_groups - 1);
  test.df2 = n - (double) n_groups;
  test.statistic.value = centre.statistic;
  test.p.value = centre.p_value;
  struct interval between = mean_range_between(group, n_groups);
  struct interval within = within_range(group, n_groups);
  test.statistic.range = interval_divide(interval_scale(between, 1 / test.df),
                                         interval_scale(within, 1 / test.df2));
  test.p.range = interval_of(f_upper(test.statistic.range.high, test.df, test.df2),
                             f_upper(test.statistic.range.low, test.df, test.df2));
  if (isinf(test.statistic.range.high))
    test.p.range.low = 0;
  return test;
}

// Welch's F at given SDs is convex in the means: the greatest value lies at a corner of their
// ranges, the least where they are nearest to a common weighted mean c.
static void nearest_means(const struct mean_group *group, const double *sd, size_t n_groups,
                          double *mean)
{
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < n_groups; i++) {
    low = fmin(low, group[i].mean_range.low);
    high = fmax(high, group[i].mean_range.high);
  }
  for (int step = 0; step < 100; step++) { // the derivative in c rises
    double c = (low + high) / 2, slope = 0;
    for (size_t i = 0; i < n_groups; i++) {
      double weight = group[i].n / (sd[i] * sd[i]);
      slope += weight * (fmax(c - group[i].mean_range.high, 0) -
                         fmax(group[i].mean_range.low - c, 0));
    }
    if (slope > 0)
      high = c;
    else
      low = c;
  }
  for (size_t i = 0; i < n_groups; i++)
    mean[i] = fmin(fmax((low + high) / 2, group[i].mean_range.low), group[i].mean_range.high);
}

static void welch_include(struct ranged_test *test, const struct mean_group *group,
                          const double *mean, const double *sd, size_t n_groups)
{
  struct moments moments[MOST_WELCH_GROUPS];
  for (size_t i = 0; i < n_groups; i++)
    moments[i] = moments_from_summary(group[i].n, mean[i], sd[i]);
  struct anova_result result = anova_welch(moments, n_groups);
  if (isnan(result.p_value)) { // an SD of 0
    test->statistic.range.high = INFINITY;
    test->p.range = (struct interval){0, 1};
    return;
  }
  test->statistic.range.low = fmin(test->statistic.range.low, result.statistic);
  test->statistic.range.high = fmax(test->statistic.range.high, result.statistic);
  test->p.range.low = fmin(test->p.range.low, result.p_value);
  test->p.range.high = fmax(test->p.range.high, result.p_value);
}

struct ranged_test mean_range_welch_anova(const struct mean_group *group, size_t n_groups)
{
  struct ranged_test test = {{NAN, unknown}, {NAN, unknown}, NAN, NAN};
  if (!is_usable(group, n_groups) || n_groups < 2)
    return test;
  struct moments *moments = moments_at_centre(group, n_groups);
  struct anova_result centre = anova_welch(moments, n_groups);
  free(moments);
  test.statistic.value = centre.statistic;
  test.p.value = centre.p_value;
  test.df = centre.df;
  test.df2 = centre.df2;
  if (n_groups > MOST_WELCH_GROUPS || isnan(centre.p_value)) {
    test.statistic.range = (struct interval){0, INFINITY};
    test.p.range = (struct interval){0, 1};
    return test;
  }
  test.statistic.range = interval_point(centre.statistic);
  test.p.range = interval_point(centre.p_value);
  double mean[MOST_WELCH_GROUPS], sd[MOST_WELCH_GROUPS];
  for (size_t of_sd = 0; of_sd < (size_t) 1 << n_groups; of_sd++) {
    for (size_t i = 0; i < n_groups; i++) {
      struct interval range = sd_range(&group[i]);
      sd[i] = of_sd >> i & 1 ? range.high : range.low;
    }
    for (size_t corner = 0; corner < (size_t) 1 << n_groups; corner++) {
      for (size_t i = 0; i < n_groups; i++)
        mean[i] = corner >> i & 1 ? group[i].mean_range.high : group[i].mean_range.low;
      welch_include(&test, group, mean, sd, n_groups);
    }
    nearest_means(group, sd, n_groups, mean);
    welch_include(&test, group, mean, sd, n_groups);
  }
  // SDs were tried at their ends only: some room for what lies between.
  double room = 0.05 * (test.statistic.range.high - test.statistic.range.low);
  test.statistic.range.low = fmax(test.statistic.range.low - room, 0);
  test.statistic.range.high += room;
  room = 0.05 * (test.p.range.high - test.p.range.low);
  test.p.range.low = fmax(test.p.range.low - room, 0);
  test.p.range.high = fmin(test.p.range.high + room, 1);
  return test;
}

// ---- pairs ----

// Satterthwaite's df as a function of r = v1/v2 (v = s^2/n) rises up to r = (n1-1)/(n2-1),
// where it is n1 + n2 - 2, and falls from there on.
static double satterthwaite(double v1, double v2, double n1, double n2)
{
  return (v1 + v2) * (v1 + v2) / (v1 * v1 / (n1 - 1) + v2 * v2 / (n2 - 1));
}

static struct interval satterthwaite_range(struct interval v1, struct interval v2, double n1,
                                           double n2)
{
  double a = satterthwaite(v1.low, v2.high, n1, n2), b = satterthwaite(v1.high, v2.low, n1, n2);
  struct interval range = interval_of(fmin(a, b), fmax(a, b));
  double peak = (n1 - 1) / (n2 - 1);
  if (v1.low <= peak * v2.high && v1.high >= peak * v2.low)
    range.high = n1 + n2 - 2;
  return range;
}

static struct interval variance_of_mean(const struct mean_group *group)
{
  struct interval sd = sd_range(group);
  return interval_scale(interval_multiply(sd, sd), 1 / group->n);
}

// Two-sided P by the method at |t| and df; falls with both.
static double pair_p(enum mean_pair_method method, double t, double df, size_t n_groups)
{
  t = fabs(t);
  switch (method) {
  case MEAN_PAIR_TUKEY:
  case MEAN_PAIR_GAMES_HOWELL:
    return isinf(t) ? 0 : studentized_range_upper(t * sqrt(2), (int) n_groups, df);
  case MEAN_PAIR_SCHEFFE:
    return isinf(t) ? 0 : f_upper(t * t / (double) (n_groups - 1), (double) (n_groups - 1), df);
  default:
    return isinf(t) ? 0 : t_two_sided(t, df);
  }
}

static struct pair_result pair_at_centre(const struct mean_group *group, size_t n_groups, size_t i,
                                         size_t j, enum mean_pair_method method)
{
  struct moments *moments = moments_at_centre(group, n_groups);
  struct pair_result *pairs = NULL;
  switch (method) {
  case MEAN_PAIR_LSD:
    pairs = pairs_lsd(moments, n_groups, 0.95);
    break;
  case MEAN_PAIR_STUDENT:
    pairs = pairs_t(moments, n_groups, false, 0.95);
    break;
  case MEAN_PAIR_WELCH:
    pairs = pairs_t(moments, n_groups, true, 0.95);
    break;
  case MEAN_PAIR_TUKEY:
    pairs = pairs_tukey(moments, n_groups, 0.95);
    break;
  case MEAN_PAIR_GAMES_HOWELL:
    pairs = pairs_games_howell(moments, n_groups, 0.95);
    break;
  default:
    pairs = pairs_scheffe(moments, n_groups, 0.95);
  }
  size_t k = 0;
  while (pairs[k].group1 != i || pairs[k].group2 != j)
    k++;
  struct pair_result pair = pairs[k];
  free(pairs);
  free(moments);
  return pair;
}

struct ranged_test mean_range_pair(const struct mean_group *group, size_t n_groups, size_t i,
                                   size_t j, enum mean_pair_method method)
{
  struct ranged_test test = {{NAN, unknown}, {NAN, unknown}, NAN, NAN};
  if (!is_usable(group, n_groups) || i >= j || j >= n_groups)
    return test;
  struct pair_result centre = pair_at_centre(group, n_groups, i, j, method);
  test.p.value = centre.p_value;
  test.df = centre.df;
  const struct mean_group *a = &group[i], *b = &group[j];
  struct interval difference = interval_subtract(a->mean_range, b->mean_range);
  bool separate = method == MEAN_PAIR_WELCH || method == MEAN_PAIR_GAMES_HOWELL;
  struct interval variance, df;
  double variance_centre;
  if (separate) {
    struct interval v1 = variance_of_mean(a), v2 = variance_of_mean(b);
    variance = interval_add(v1, v2);
    variance_centre = a->sd * a->sd / a->n + b->sd * b->sd / b->n;
    df = satterthwaite_range(v1, v2, a->n, b->n);
  } else {
    const struct mean_group pair[2] = {*a, *b};
    const struct mean_group *pooled = method == MEAN_PAIR_STUDENT ? pair : group;
    size_t n_pooled = method == MEAN_PAIR_STUDENT ? 2 : n_groups;
    double n = 0, squares = 0;
    for (size_t k = 0; k < n_pooled; k++) {
      n += pooled[k].n;
      squares += (pooled[k].n - 1) * pooled[k].sd * pooled[k].sd;
    }
    double degrees = n - (double) n_pooled, factor = (1 / a->n + 1 / b->n) / degrees;
    variance = interval_scale(within_range(pooled, n_pooled), factor);
    variance_centre = squares * factor;
    df = interval_point(degrees);
  }
  test.statistic.value = (a->mean - b->mean) / sqrt(variance_centre);
  test.statistic.range = interval_divide(difference, interval_sqrt(variance));
  struct interval t = interval_absolute(test.statistic.range);
  test.p.range = interval_of(pair_p(method, t.high, df.high, n_groups),
                             pair_p(method, t.low, df.low, n_groups));
  return test;
}
