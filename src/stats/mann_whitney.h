// SPDX-License-Identifier: GPL-3.0-or-later
// Mann & Whitney (1947): do the values of one sample tend to be larger than the other's?
//
// u counts the pairs in which the value of group 1 is the larger one, ties half: R's W,
// and u / (n1 n2) is the area under the ROC curve.  z is positive where group 1 tends
// to be larger.

#ifndef HER2_STATS_MANN_WHITNEY_H
#define HER2_STATS_MANN_WHITNEY_H

#include <stdbool.h>
#include <stddef.h>

enum mann_whitney_method {
  MANN_WHITNEY_ASYMPTOTIC, // tie-corrected normal, no continuity correction
  MANN_WHITNEY_CORRECTED,  // the same with continuity correction (R's correct = TRUE)
  MANN_WHITNEY_EXACT,      // distribution of U over all arrangements, ties allowed
};
struct mann_whitney_result {
  double u;        // of group 1: pairs with x1 > x2, ties half (R's W)
  double z;        // always the asymptotic one of the method; no correction for EXACT
  double p_value;  // two-sided
  bool ties;       // some value occurs twice, within a group or across the two
  bool exact;      // false if EXACT was asked and was beyond reach (then asymptotic)
};
// The exact test reaches up to these products n1 n2 (less than a second each).
#define MANN_WHITNEY_EXACT_REACH 100000.0
#define MANN_WHITNEY_EXACT_REACH_TIES 20000.0
// x1: n1 and x2: n2 values, each ascending; weights (frequencies) in the same order or
// NULL (only with the asymptotic methods).  All NaN if a sample is empty; z and P NaN if
// all values are tied.
// Exact two-sided P: without ties 2 min(P(U <= u), P(U >= u)), at most 1, as R's
// wilcox.test; with ties P(|U - n1 n2/2| >= |u - n1 n2/2|) over all arrangements of the
// midranks, as coin's exact distribution.
struct mann_whitney_result mann_whitney_test(const double *x1, const double *weight1, size_t n1,
                                             const double *x2, const double *weight2, size_t n2,
                                             enum mann_whitney_method method);

// The exact null distribution without ties: P(U <= u) and P(U >= u), the smaller one
// counted by itself and so with 15 digits however small it is.  0 or 1 outside
// 0 ... n1 n2; NaN if n1 n2 > MANN_WHITNEY_EXACT_REACH.
double mann_whitney_lower(double u, size_t n1, size_t n2);
double mann_whitney_upper(double u, size_t n1, size_t n2);

// What one merge of the two samples gives.
struct mann_whitney_counts {
  double n1, n2;   // sums of weights
  double u;
  double variance; // of U under the null hypothesis, given the ties; 0 if all are tied
  bool ties;
};
// Variance n1 n2 (N^3 - sum t^3) / (12 N (N - 1)), N = n1 + n2, t the number (weight) of
// equal values at each distinct value.  O(n1 + n2).
struct mann_whitney_counts mann_whitney_count(const double *x1, const double *weight1, size_t n1,
                                              const double *x2, const double *weight2, size_t n2);
// From their parts: spread is N^3 - sum t^3 over 3, the sum of t B (B + t) over the distinct
// values, ascending, B the weight of all that are smaller.
struct mann_whitney_counts mann_whitney_counts_from(double n1, double n2, double u, double spread,
                                                    bool ties);
// The test where the counts are known; x1 and x2 are looked at for the exact one with ties only.
struct mann_whitney_result mann_whitney_test_of(const struct mann_whitney_counts *counts,
                                                const double *x1, size_t n1, const double *x2,
                                                size_t n2, enum mann_whitney_method method);

#endif
