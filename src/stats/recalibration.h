// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic recalibration: P(y = 1) = expit(a + b eta), the two-parameter regression of outcomes
// on a linear predictor (Cox 1958, Biometrika 45, 562).

#ifndef HER2_STATS_RECALIBRATION_H
#define HER2_STATS_RECALIBRATION_H

#include <stdbool.h>
#include <stddef.h>

// Rows of positive weight.
struct recalibration_rows {
  const double *eta;    // n, finite
  const double *y;      // n, 0 or 1
  const double *weight; // n, or NULL for ones
  const double *decay;  // n: exp(-|eta|), or NULL: computed where needed
  size_t n;
  double centre;        // recalibration_centre(eta, ...): that sums do not cancel
};
// Mean of the finite eta with weights p (1 - p), which a few far away do not move; or without
// weights, where these vanish.  decay as above, or NULL.
double recalibration_centre(const double *eta, const double *decay, size_t n);

// Maximum likelihood of a (slope 1) and of a and b together, by Newton's method from (0, 1) to a
// gain of 1e-12 of the curvature.  NaN where the maximum is not finite: one outcome alone; for b
// also all eta equal, or eta that separate the outcomes (no eta of an event is below any of
// another row, or none above).  Allocates nothing.
double recalibrate_intercept(const struct recalibration_rows *rows);
struct recalibration {
  double intercept, slope;
  bool at_start;  // a = 0, b = 1 but for what a single step mends:
  double gain;    // then the log likelihood is that of (0, 1) plus this
};
struct recalibration recalibrate(const struct recalibration_rows *rows);

// Sum of weight times log P(y).  Free of cancellation.
double recalibrated_log_likelihood(const struct recalibration_rows *rows, double intercept,
                                   double slope);
// Standard errors from the information at (a, b): of a alone, and of a and b together.
void recalibration_errors(const struct recalibration_rows *rows, double intercept, double slope,
                          double *of_intercept_alone, double *of_intercept, double *of_slope);

// log(1 + e) for 0 <= e <= 1, to a rounding or two, in less time than log1p.
double log_one_plus(double e);

// Largest |p - expit(a + b logit p)| over 0 <= p <= 1 (rms::validate's Emax looks at p = 0,
// .0005, ..., 1 alone: up to some 1e-7 less).  1 for b < 0.
double emax_logistic(double intercept, double slope);

#endif
