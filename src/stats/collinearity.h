// SPDX-License-Identifier: GPL-3.0-or-later
// Variance inflation, three ways.

#ifndef HER2_STATS_COLLINEARITY_H
#define HER2_STATS_COLLINEARITY_H

#include <stdbool.h>
#include <stddef.h>

// A group of columns that stand or fall together (a factor, a spline): first .. first+n-1 of
// the coefficients, the intercept not counted: first = 0 is the column after the intercept.
struct column_group {
  size_t first, n;
};

// Generalized VIF of each group from the coefficient covariance (Fox & Monette 1992; car::vif):
// det(R_group) det(R_others)/det(R), R the correlation matrix of the estimates without the
// intercept.  covariance: p x p with the intercept in row and column 0.  gvif: n_groups out.
// GVIF^(1/df), df the columns of the group, is on the scale of a single column's VIF.  The
// columns in no group count as others.  False if R is singular or not finite (then all NaN).
bool generalized_vif(const double *covariance, size_t p, const struct column_group *group,
                     size_t n_groups, double *gvif);
// The diagonal of the inverse of that correlation matrix, a value a column (rms::vif):
// p - 1 out.  They depend on the reference level.
bool column_vif(const double *covariance, size_t p, double *vif);
// 1/(1 - R^2) of the regression of each column on the others (ordinary least squares, as SPSS
// and the usual textbook VIF); for a group of several columns the generalized VIF of their
// predictors' correlation matrix.  x: n x p with the intercept's column first; weight: n
// frequencies, or NULL; vif: n_groups out.  Needs no copy of x.  False if a column is constant
// or depends on others (1 - R^2 below some 1e-13), or x is not finite.
bool ols_vif(const double *x, size_t n, size_t p, const double *weight,
             const struct column_group *group, size_t n_groups, double *vif);

#endif
