// SPDX-License-Identifier: GPL-3.0-or-later
// Rubin's rules: one answer from the answers of several imputed data sets.

#ifndef HER2_STATS_RUBIN_H
#define HER2_STATS_RUBIN_H

#include <stddef.h>

// Of one quantity.  Rubin (1987); degrees of freedom of Barnard & Rubin (1999).
struct rubin_estimate {
  double estimate;   // mean of the estimates
  double within;     // mean of their variances, U
  double between;    // variance of the estimates, B (divisor m - 1)
  double total;      // T = U + (1 + 1/m) B
  double std_error;  // sqrt(T)
  double df;         // of t; complete_df where B is 0, (m - 1)(1 + 1/r)^2 for an infinite one
  double increase;   // r = (1 + 1/m) B/U: relative increase in variance
  double lambda;     // (1 + 1/m) B/T: part of the variance that is due to what is missing
  double fmi;        // fraction of missing information, (r + 2/(df + 3))/(r + 1); 0 where B is 0
};
// estimate, variance: m values, stride apart.  complete_df: those that complete data would give
// (n - p), may be INFINITY.  m = 1: B = 0.  NaN in: NaN out.
struct rubin_estimate rubin_pool(const double *estimate, const double *variance, size_t m,
                                 size_t stride, double complete_df);

// The same for p coefficients: coefficient m x p, covariance m x p x p, each imputation after the
// other.  mean: p out; within, between, total: p x p out (NULL: not wanted).
void rubin_pool_vector(const double *coefficient, const double *covariance, size_t m, size_t p,
                       double *mean, double *within, double *between, double *total);

// Joint Wald test of k of the coefficients being 0: D1 of Li, Raghunathan & Rubin (1991), with the
// denominator's degrees of freedom of Reiter (2007) for finite complete_df, else their own.  k = 1:
// F = t^2 with rubin_pool's degrees of freedom.  Where Reiter's are not defined (k (m - 1) <= 4, or
// complete_df too small for the increase) Li's are joined with those of the observed data as
// Barnard & Rubin do.  B = 0: df2 = complete_df.
struct rubin_test {
  double statistic, df1, df2, p_value; // F; NaN where undefined (U singular, k = 0)
  double increase;                     // average relative increase in variance
};
struct rubin_test rubin_wald_test(const double *mean, const double *within, const double *between,
                                  size_t p, size_t m, const size_t *columns, size_t k,
                                  double complete_df);

// Likelihood ratio test from the m chi-square statistics alone (df k each): D2 of Li, Meng,
// Raghunathan & Rubin (1991), which penalized likelihood needs.  A statistic below 0 counts as 0.
// The pooled one may be negative (P = 1).
struct rubin_test rubin_chi_square_test(const double *statistic, size_t m, size_t k);

#endif
