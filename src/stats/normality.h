// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of the hypothesis that one sample comes from a normal distribution.

#ifndef HER2_STATS_NORMALITY_H
#define HER2_STATS_NORMALITY_H

#include <stddef.h>

#include "stats/summary.h"

enum normality_test {
  NORMALITY_NONE,
  NORMALITY_LILLIEFORS,
  NORMALITY_KS,
  NORMALITY_SHAPIRO,
  NORMALITY_ANDERSON,
};

struct normality_result {
  double statistic; // NaN where the test is undefined
  double p_value;
};

// x: n values ascending, finite.  Undefined (both NaN): n below 5 (Anderson-Darling 8),
// standard deviation 0, Shapiro-Wilk above 5000.
struct normality_result normality_compute(enum normality_test test, const double *x, size_t n);
// The same where the moments of x are already known.
struct normality_result normality_compute_about(enum normality_test test, const double *x, size_t n,
                                                const struct moments *moments);

// Lilliefors (1967): D = max |F_n(x) - Phi((x - mean)/sd)|, P by Dallal & Wilkinson
// (1986), and Stephens's (1974) polynomials where that exceeds 0.1: nortest::lillie.test.
// Phi is evaluated at some n/64 values only; D is that of all to the last bit.
struct normality_result normality_lilliefors(const double *x, size_t n);
// The same D against N(mean, sd) taken as known in advance: P = kolmogorov_upper(D, n),
// also with ties.  R's ks.test agrees for n < 100 without ties; above, and with ties, R
// takes the limit, as SPSS's one-sample test does for every n.
struct normality_result normality_ks(const double *x, size_t n);
// Royston (1995), algorithm AS R94, 3 <= n <= 5000: R's shapiro.test.  (normality_compute
// asks for 5 values here too.)
struct normality_result normality_shapiro(const double *x, size_t n);
// A^2 with Stephens's (1986) P values, n >= 8: nortest::ad.test.  The smallest P that the
// formula has is 3.7e-24.
struct normality_result normality_anderson(const double *x, size_t n);

#endif
