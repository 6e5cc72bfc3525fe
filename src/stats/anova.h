// SPDX-License-Identifier: GPL-3.0-or-later
// Three or more independent samples: analysis of variance, its relatives by ranks, and
// the comparisons that follow.
//
// Mean-based tests take moments, so that they work from printed tables too.

#ifndef HER2_STATS_ANOVA_H
#define HER2_STATS_ANOVA_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/summary.h"

struct anova_result {
  double statistic, df, df2, p_value; // df2 NaN for a chi-square statistic
  double sum_squares_between, sum_squares_within; // NaN where it has no meaning
};
// One-way F.  Groups with n = 0 are left out.  NaN without two groups, or without spread
// within any of them (there is no error to compare with, however far apart they lie).
struct anova_result anova_one_way(const struct moments *group, size_t n_groups);
// Welch (1951): R's oneway.test.  Groups with n = 0 are left out; one with a single value
// or with variance 0 makes it NaN.
struct anova_result anova_welch(const struct moments *group, size_t n_groups);

enum levene_centre { LEVENE_MEAN, LEVENE_MEDIAN };
// Levene (1960) with |x - mean|, or Brown & Forsythe (1974) with |x - median|.
// x[g]: n[g] values, ascending.  The sums of squares are those of the deviations.
struct anova_result levene_test(const double *const *x, const size_t *n, size_t n_groups,
                                enum levene_centre centre);
// The same where the moments of each x[g] are already known.
struct anova_result levene_test_about(const double *const *x, const size_t *n,
                                      const struct moments *moments, size_t n_groups,
                                      enum levene_centre centre);

// Kruskal & Wallis (1952) H, tie-corrected, chi-square with groups - 1 df; groups without
// values are left out.  x[g] ascending; weight (frequencies, in the order of x) or any
// weight[g] may be NULL.  NaN if all values are tied.  O(n log groups): the samples are
// merged, not sorted.
struct anova_result kruskal_wallis(const double *const *x, const double *const *weight,
                                   const size_t *n, size_t n_groups);

struct pair_result {
  size_t group1, group2;      // indices, group1 < group2
  double difference;          // mean1 - mean2 (Dunn: of mean ranks)
  double std_error;
  double statistic, df, p_value; // df NaN for a normal statistic
  double conf_low, conf_high; // simultaneous where the method is; NaN for Dunn
};
// All groups * (groups - 1) / 2 pairs, (0,1), (0,2), ..., (1,2), ...; the caller frees.
// `statistic`: t for LSD; q = |difference| / (se / sqrt 2) for Tukey-Kramer and
// Games-Howell; F = (difference / se)^2 / (groups - 1) for Scheffe, whose df is the second
// one; z for Dunn.  Groups with n = 0 do not count among the groups; what a pair lacks
// (a group, a variance, any spread) is NaN.
size_t pairs_count(size_t n_groups);
// Fisher's least significant difference: t with the pooled variance of all groups.
struct pair_result *pairs_lsd(const struct moments *group, size_t n_groups, double level);
// Tukey-Kramer (Kramer 1956).
struct pair_result *pairs_tukey(const struct moments *group, size_t n_groups, double level);
// Scheffe (1953).
struct pair_result *pairs_scheffe(const struct moments *group, size_t n_groups, double level);
// Games & Howell (1976): se = sqrt((v1/n1 + v2/n2)), Welch's df, studentized range.
struct pair_result *pairs_games_howell(const struct moments *group, size_t n_groups, double level);
// Student's or Welch's t of each pair alone.
struct pair_result *pairs_t(const struct moments *group, size_t n_groups, bool welch, double level);
// Dunn (1964): z from the mean ranks over all groups, tie-corrected; x[g] ascending.
struct pair_result *pairs_dunn(const double *const *x, const size_t *n, size_t n_groups);

#endif
