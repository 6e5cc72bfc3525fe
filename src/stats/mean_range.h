// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of means from printed summaries: the value at the printed centres, and all that the
// rounding of means and SDs allows.
//
// Ranges enclose: they may be a little wider than what is attained.

#ifndef HER2_STATS_MEAN_RANGE_H
#define HER2_STATS_MEAN_RANGE_H

#include <stddef.h>

#include "stats/printed.h"
#include "stats/summary.h"

// A group's summary: n is exact.  A group with n < 2 or an unknown mean or SD makes every
// result NaN.
struct mean_group {
  double n, mean, sd;
  struct interval mean_range, sd_range;
};

struct ranged {
  double value; // at the printed centres
  struct interval range;
};
struct ranged_test {
  struct ranged statistic, p;
  double df, df2; // at the printed centres; df2 NaN but for F
};

// The joined groups: mean = sum n m / sum n; sum of squares about it, within + between.
struct ranged_moments {
  double n;
  struct ranged mean, sd, sum_squares;
};
struct ranged_moments mean_range_pool(const struct mean_group *group, size_t n_groups);

// sum n (m - pooled m)^2: convex in the means, so that its maximum lies at a corner of their
// ranges (looked for by turns if there are more than 16 groups, then a bound), and its minimum
// is that over c of sum n dist(c, range of m)^2.
struct interval mean_range_between(const struct mean_group *group, size_t n_groups);

// One-way F, and Welch's, whose range is that at the ends of the SDs with a twentieth more (not
// determined, 0 to 1, for more than 6 groups).
struct ranged_test mean_range_anova(const struct mean_group *group, size_t n_groups);
struct ranged_test mean_range_welch_anova(const struct mean_group *group, size_t n_groups);

// How a pair of groups is compared.
enum mean_pair_method {
  MEAN_PAIR_LSD,          // t, pooled variance of all groups
  MEAN_PAIR_STUDENT,      // t, pooled variance of the two
  MEAN_PAIR_WELCH,        // t, separate variances
  MEAN_PAIR_TUKEY,        // Tukey-Kramer
  MEAN_PAIR_GAMES_HOWELL,
  MEAN_PAIR_SCHEFFE,
  N_MEAN_PAIR_METHODS
};
// Pair (i, j), i < j, of the groups.  The statistic is t of group i - group j, whatever the
// method (q = |t| sqrt 2).
struct ranged_test mean_range_pair(const struct mean_group *group, size_t n_groups, size_t i,
                                   size_t j, enum mean_pair_method method);

#endif
