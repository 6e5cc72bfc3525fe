// SPDX-License-Identifier: GPL-3.0-or-later
// Multiple imputation by chained equations.
//
// Each incomplete variable is drawn from a regression on all the others (the outcome too), in
// turn, n_iterations times; parameters are drawn from their posterior before each draw (van Buuren
// & Groothuis-Oudshoorn 2011).  Numbers: predictive mean matching of type 1 (Little 1988; Morris,
// White & Royston 2014); two levels: logistic regression; more levels: multinomial logistic
// regression, levels in order likewise.  Perfect prediction: the augmentation of White, Daniel &
// Royston (2010).

#ifndef HER2_STATS_IMPUTATION_H
#define HER2_STATS_IMPUTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imputation_variable {
  const double *value; // n; a number, or a level 0..n_levels-1; NaN: missing
  size_t n_levels;     // 0: a number; else at least 2
};

// Rows and what is known of them.  Starts as {0}.
struct imputation_problem {
  size_t n;                                   // rows
  const struct imputation_variable *variable; // the outcome among them
  size_t n_variables;
  size_t n_iterations;                        // 0: 10
  size_t n_donors;                            // 0: 5
  uint64_t seed;
};

// What is missing: cell c is row[c] of variable[c]; ordered by variable, then row.
struct imputation_cells {
  size_t n_cells;
  size_t *variable, *row;
};
void imputation_cells_find(const struct imputation_problem *problem,
                           struct imputation_cells *cells);
void imputation_cells_free(struct imputation_cells *cells);

enum imputation_status {
  IMPUTATION_DONE,
  IMPUTATION_NOTHING_SEEN, // an incomplete variable has no value in the rows of positive weight
                           // (its index in *which); one value seen: all are it, and that is no
                           // error
  IMPUTATION_NO_ESTIMATE,  // a regression of *which had no answer, augmentation and ridge aside;
                           // or one of its values is infinite
};

// value: n_cells out, the m-th imputation (m = 1, 2, ... 65535) of replicate b < 2^48 (0: of the
// data themselves).  weight: n frequencies, or NULL; a row of weight 0 has no part in any
// regression and is no donor, but is imputed too; a row of weight k counts k times in regressions
// and among donors, and is imputed once.  Depends on (problem, weight, b, m) alone: any imputation
// can be computed alone, on any thread.  trace (or NULL): n_iterations x n_variables x 2, the mean
// and SD (divisor n - 1) of the imputed values of each variable after each iteration, rows of
// weight 0 among them (levels: of their indices), NaN where nothing is missing, the SD of a single
// value too.  value and trace mean nothing unless the status is IMPUTATION_DONE.  which may be
// NULL.
// Regressions: intercept, numbers and indicators of levels, both standardized on what is known in
// rows of positive weight; columns that depend on others are left out (the later one; 1 - R^2 of
// 1e-8 or less).  Numbers: least squares with a ridge of 1e-5 of the diagonal, sigma and then
// coefficients drawn from their posterior under the usual uninformative prior; the predicted mean
// of a missing row by the drawn coefficients is matched with those of complete rows by the
// estimated ones; a donor is drawn among the n_donors nearest (by weight; all observed if there are
// fewer; those equally near at the border have equal chances).  Levels: maximum likelihood on the
// augmented rows (two for each predictor and level, at the mean but for half an SD in this
// predictor, as R's mice has them, that weigh together one more than there are predictors),
// coefficients drawn from the normal approximation; a level that was not seen in rows of positive
// weight is not imputed.  Start: draws among what is observed.  Order: variables by how much is
// missing, the least first.
enum imputation_status imputation_draw(const struct imputation_problem *problem,
                                       const struct imputation_cells *cells, const double *weight,
                                       uint64_t b, size_t m, double *value, double *trace,
                                       size_t *which);

// Whether the chains agree: the potential scale reduction factor (Gelman & Rubin 1992) of the
// traces' means or SDs (statistic 0 or 1) of a variable over the last n = n_iterations/2 of m
// chains: sqrt((n - 1)/n + (m + 1)/(m n) B/W), B/n the variance of the chains' means, W the mean of
// their variances, without the factor for degrees of freedom; near 1 where they agree. trace:
// n_imputations blocks as imputation_draw makes them.  NaN for fewer than 2 chains or 4 iterations,
// where nothing is missing, and where nothing varies; infinite where W alone is 0.
double imputation_scale_reduction(const double *trace, size_t n_imputations, size_t n_iterations,
                                  size_t n_variables, size_t variable, size_t statistic);

#endif
