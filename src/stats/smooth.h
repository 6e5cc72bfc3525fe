// SPDX-License-Identifier: GPL-3.0-or-later
// Scatterplot smoothers: lowess and loess of a response on one predictor.

#ifndef HER2_STATS_SMOOTH_H
#define HER2_STATS_SMOOTH_H

#include <stdbool.h>
#include <stddef.h>

// Cleveland's (1979) lowess as R's lowess(x, y, f, iter, delta) computes it: local lines with
// tricube weights over the max(2, floor(f n + 1e-7)) nearest points, robustness iterations, and
// between points farther apart than `delta` linear interpolation.  x ascending, n values;
// fitted: n out.  weight: frequencies (a row of k is k equal rows, 0 is absent; fitted is NaN
// there), or NULL; then only iterations = 0.  scratch: 2 n doubles or NULL (allocated).
void lowess(const double *x, const double *y, const double *weight, size_t n, double f,
            int iterations, double delta, double *fitted, double *scratch);

// Linear interpolation at `at` in points (x, y), x ascending, ties averaged, as R's approx: NaN
// outside the range of x, or, if `extend`, on the line through the two outermost distinct points
// (Hmisc::approxExtrap).  Points with y NaN are left out.
double interpolate(const double *x, const double *y, size_t n, double at, bool extend);

// loess(y ~ x, span, degree, family = "gaussian", surface = "direct", statistics = "exact")
// (Cleveland & Devlin 1988): at each x0 the local polynomial with tricube weights over the
// q = floor(n span + 1e-5) nearest points (all of them if span > 1, the largest distance times
// sqrt(span): so R computes, though its help page says span).
// fitted = L y; s^2 = sum of squared residuals / one_delta, one_delta = tr((I - L)'(I - L)),
// two_delta = tr(((I - L)'(I - L))^2), df = one_delta^2 / two_delta.
struct loess {
  size_t n_at;
  double *fitted, *std_error; // at the points asked for; std_error = s |l(x0)|
  double residual_sd, one_delta, two_delta, df;
  double trace;               // of L: equivalent number of parameters
};
// x in any order, ties allowed; degree 1 or 2; at: n_at points.  For g distinct x: O(g^2) memory,
// O(g^3) time in threads (0.1 s at 700, 2 s at 3000, 10 s at 5000).  False, and nothing to release,
// if some local regression has no answer (too few distinct x near; R warns and takes a
// pseudoinverse).
bool loess_fit(const double *x, const double *y, size_t n, double span, int degree,
               const double *at, size_t n_at, struct loess *loess);
void loess_free(struct loess *loess);

#endif
