// SPDX-License-Identifier: GPL-3.0-or-later
// What an area under the ROC curve may be, given a point of the curve or the counts.
//
// A curve that never falls and passes through (1 - sp, se) has an area of at least se sp (the
// rectangle right of and below the point) and at most 1 - (1 - se)(1 - sp) (all but the
// rectangle left of and above it).  If the point has the greatest Youden index J of all, the
// curve stays below fpr + J: area <= 1 - (1 - J)^2/2.  (Geometry; for the index Youden 1950.)

#ifndef HER2_STATS_AUC_BOUND_H
#define HER2_STATS_AUC_BOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/printed.h"

// se, sp as fractions, over their rounding; the result is the widest interval.
struct interval auc_bound_from_point(struct interval sensitivity, struct interval specificity);
// The same as printed: no rounding.
struct interval auc_bound_at_point(double sensitivity, double specificity);
// The greatest area if the point is the one with the greatest sensitivity + specificity.
double auc_bound_youden(double sensitivity, double specificity);

// The greatest area that a categorical predictor with these counts can have: its levels in the
// order of their event fractions (Egan 1975: by likelihood ratio; that is also what its own
// logistic model gives).  count: n_levels x 2, events first.  NaN without events or others.
double auc_greatest_of_factor(const double *count, size_t n_levels);

// The area for two normal distributions: P(X1 > X0) = normal((m1 - m0)/sqrt(s1^2 + s0^2)).
double auc_of_normals(double mean1, double sd1, double mean0, double sd0);

// All sums of some of the n values, those of none and of all included, ascending and without
// repeats; the caller frees.  n at most 20.
double *sums_of_some(const double *value, size_t n, size_t *n_sums);

#endif
