// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic fits for searches that make millions of them: no separation is proved, nothing is
// allocated.  Results that are shown come from logit.h.

#ifndef HER2_STATS_QUICK_LOGIT_H
#define HER2_STATS_QUICK_LOGIT_H

#include <stdbool.h>
#include <stddef.h>

enum { QUICK_MOST_COLUMNS = 10 };

// Newton's method from `coefficient` (p) on until no step exceeds 1e-5 standard errors (the
// error is then of the order of its square); false if it does not get there, or a linear
// predictor passes 30.  x: column j at x + j m, the first all ones; weight: m, or NULL.  eta,
// risk, scratch: m; covariance: p x p, of the last point but one.  p <= QUICK_MOST_COLUMNS.
bool quick_logit(const double *x, const double *y, const double *weight, size_t m, size_t p,
                 double *coefficient, double *eta, double *risk, double *scratch,
                 double *covariance);

// a: p x p symmetric positive definite, replaced by its inverse; false if it is none.
bool quick_inverse(double *a, size_t p);

#endif
