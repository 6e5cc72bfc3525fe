// SPDX-License-Identifier: GPL-3.0-or-later
// Effect sizes with intervals.

#ifndef HER2_STATS_EFFECT_H
#define HER2_STATS_EFFECT_H

#include <stddef.h>

#include "stats/summary.h"

struct effect_result {
  double estimate, conf_low, conf_high; // NaN where undefined
};

// Standardized mean difference (m1 - m2)/sqrt((s1^2 + s2^2)/2); interval from its large
// sample variance (Austin 2009): smd^2/(2(n1+n2)) + (n1+n2)/(n1 n2).
struct effect_result effect_smd(const struct moments *group1, const struct moments *group2,
                                double level);
// Hedges's g = J (m1 - m2)/s_pooled, J = Gamma(df/2)/(sqrt(df/2) Gamma((df-1)/2)) exact;
// limits J * ncp/sqrt(n1 n2/(n1+n2)) by inversion of the noncentral t.  NaN where df < 2
// (J is 0 at df = 1) or there is no spread.
struct effect_result effect_hedges_g(const struct moments *group1, const struct moments *group2,
                                     double level);
// Rank-biserial correlation 2 AUC - 1, AUC = P(x1 > x2) + P(x1 = x2)/2, with DeLong's
// (1988) variance, limits clipped to [-1, 1].  x1, x2 ascending; O(n1 + n2).  Limits are NaN
// where a sample has one value, and meet at the estimate where DeLong's variance is 0, as
// between samples that do not overlap.
struct effect_result effect_rank_biserial(const double *x1, size_t n1, const double *x2, size_t n2,
                                          double level);
// Cramer's V = sqrt(chi2/(n (min(r,c) - 1))); limits from the noncentral chi-square:
// sqrt((ncp + df)/(n (min - 1))) as in Smithson (2003), at most 1; the lower one is 0 where
// its ncp is.  count: row-major; empty rows and columns are left out.
struct effect_result effect_cramers_v(const double *count, size_t n_rows, size_t n_columns,
                                      double level);
// eta^2 = SSB/(SSB + SSW) by F; limits ncp/(ncp + df1 + df2 + 1) (Smithson 2003), 0 where
// the ncp would be negative (both, if F is improbably small: the limits then do not hold
// the estimate).
struct effect_result effect_eta_squared(double f, double df1, double df2, double level);
// epsilon^2 = H (n + 1)/(n^2 - 1) of Kruskal-Wallis (Tomczak & Tomczak 2014), without interval.
double effect_epsilon_squared(double h, double n);
// 2 x 2 counts a b / c d: odds ratio ad/(bc), Woolf's (1955) limits; NaN limits with a 0.
struct effect_result effect_odds_ratio(double a, double b, double c, double d, double level);
// x1/n1 - x2/n2, Newcombe's (1998) method 10 limits.
struct effect_result effect_risk_difference(double x1, double n1, double x2, double n2,
                                            double level);

#endif
