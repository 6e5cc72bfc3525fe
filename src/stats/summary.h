// SPDX-License-Identifier: GPL-3.0-or-later
// Moments, quantiles and ranks of one sample.
//
// Weights are frequencies: a weight of k counts as k equal observations (0: none);
// NULL means all ones.  No value may be NaN.

#ifndef HER2_STATS_SUMMARY_H
#define HER2_STATS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

// A sum of many terms, exact to about two roundings however many there are and
// whatever cancels (Ogita, Rump & Oishi 2005, Sum2).  Starts as {0}.
struct compensated_sum {
  double high, low;
};
static inline void sum_add(struct compensated_sum *sum, double term)
{
  double total = sum->high + term, shadow = total - sum->high;
  sum->low += (sum->high - (total - shadow)) + (term - shadow);
  sum->high = total;
}
static inline double sum_total(const struct compensated_sum *sum)
{
  return sum->high + sum->low;
}

// What mean-based tests need of a sample.  The mean is mean + mean_tail, the tail
// carrying the digits that one double cannot, so that differences of means keep 9
// digits even if the values share their leading 12.
struct moments {
  double n;            // sum of weights
  double mean, mean_tail;
  double sum_squares;  // sum of w (x - mean)^2; 0 if n = 0
};

// Two passes: the mean about a pivot, then compensated sums of the deviations from it.
// x: n values, any order.  The mean of no value is NaN.
struct moments moments_compute(const double *x, const double *weight, size_t n);
// From a printed n, mean and standard deviation (n - 1 in the denominator; not looked
// at if n <= 1).
struct moments moments_from_summary(double n, double mean, double sd);
// a.mean - b.mean, tails included.
double moments_mean_difference(const struct moments *a, const struct moments *b);
// sum_squares / (n - 1); NaN if n <= 1.  And its square root.
double moments_variance(const struct moments *m);
double moments_sd(const struct moments *m);
// The moments of the joined samples.  Groups with n = 0 add nothing.
struct moments moments_pool(const struct moments *m, size_t n_groups);

// Definitions of the p-quantile by Hyndman & Fan (1996).
enum quantile_type {
  QUANTILE_TYPE_6 = 6, // h = (n + 1) p: SPSS HAVERAGE, Minitab
  QUANTILE_TYPE_7 = 7, // h = (n - 1) p + 1: R's default
};
// x: n values ascending, weights (whole numbers) in the same order; NaN if n (or all
// weight) is 0 or p is outside [0, 1].  Positions before the first and after the last
// value mean these.
double quantile_sorted(const double *x, const double *weight, size_t n, double p,
                       enum quantile_type type);

// Midranks of x within all n values (1-based, ties share the mean of their ranks), by
// weight where given (then t values that stand at one place share first rank + (t - 1)/2).
// x in any order; rank: n out.  Returns sum of t^3 - t over ties.
double ranks_compute(const double *x, const double *weight, size_t n, double *rank);

#endif
