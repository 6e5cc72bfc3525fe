// SPDX-License-Identifier: GPL-3.0-or-later
// The regressions inside imputation_draw: many, small, in memory prepared once.
//
// A design is row-major; a row has `width` doubles, a multiple of 4, and begins with a 1.
// Coefficients are `width` doubles too, 0 where a column has no part.

#ifndef HER2_STATS_IMPUTATION_REGRESSION_H
#define HER2_STATS_IMPUTATION_REGRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sort.h"
#include "stats/rng.h"

// The rows that a regression is fitted to, and its predictors.
struct imputation_sample {
  const double *x; // design
  size_t width;
  size_t n;             // rows of positive weight in which the variable is known
  const size_t *row;    // n: which row of x
  const double *weight; // n frequencies
  size_t own, n_own;    // the variable's own columns, no predictors; all others are
  size_t n_columns;     // columns of the design without the padding
};

// Scratch for samples of at most n rows and q parameters (predictors with the constant, times
// levels - 1).
struct imputation_room {
  size_t width;
  double *product;     // width x width, lower triangle
  size_t *kept;        // the columns of the last sample that do not depend on earlier ones
  size_t n_kept;
  double *factor;      // q x q, row-major: lower factor of the last fit's information
  double *score;       // q
  double *trial, *coefficient; // q
  double *gathered;    // n x width
  size_t *identity;    // 0, 1, ..., n - 1
  double *probability; // (n + 1) x levels
  double *weight;      // n
  double *fitted;      // n
  struct order_room sorting;
  size_t *order;       // n
};
struct imputation_room imputation_room_new(size_t n, size_t width, size_t most_levels);
void imputation_room_free(struct imputation_room *room);

// x'b.
double imputation_linear_predictor(const double *x, const double *coefficient, size_t width);

// X'WX of the sample for these weights: width x width, lower triangle, but for the own columns with
// one another if there are more than one (garbage, as the upper triangle).
void imputation_cross_product(const struct imputation_sample *sample, const double *weight,
                              double *product);

// Fills room->product, and room->kept with the predictors that are no linear combination of
// earlier ones (1 - R^2 above 1e-8).  False if a sum is not finite.
bool imputation_keep_columns(const struct imputation_sample *sample, struct imputation_room *room);

// a (q x q, row-major, lower triangle) becomes its Cholesky factor; false if a pivot is not
// positive.
bool imputation_factor(double *a, size_t q);
// b becomes A^-1 b; L^-1 b; L'^-1 b, which is a draw from N(0, A^-1) if b is one from N(0, I).
void imputation_solve(const double *factor, size_t q, double *b);
void imputation_solve_lower(const double *factor, size_t q, double *b);
void imputation_solve_transposed(const double *factor, size_t q, double *b);

// ---- numbers: predictive mean matching (imputation_match.c)

// Ridge regression of the sample's own column (number `own` of the design) on the others.
struct match_fit {
  double *coefficient; // width
  double residual_sum; // weighted sum of squares
  double df;           // sum of weights - coefficients, at least 1
};
// Keeps columns, estimates, leaves the fitted values of the sample in room->fitted.
bool match_estimate(const struct imputation_sample *sample, struct imputation_room *room,
                    struct match_fit *fit);
// drawn: width out; sigma^2 = residual_sum/chi^2, b ~ N(estimate, sigma^2 A^-1).
void match_draw(const struct match_fit *fit, const struct imputation_room *room,
                struct philox_stream *stream, double *drawn);

// Donors in the order of their fitted values, equal ones together.
struct donor_pool {
  size_t n_donors, n_groups;
  const size_t *donor; // n_donors: numbers in the sample, ascending by fitted value
  double *cumulative;  // n_donors + 1: weight before each
  double *value;       // n_groups different fitted values
  size_t *first;       // n_groups + 1: first donor of each group
};
struct donor_pool donor_pool_new(size_t n);
void donor_pool_free(struct donor_pool *pool);
// Of the last match_estimate.
void donor_pool_fill(const struct imputation_sample *sample, struct imputation_room *room,
                     struct donor_pool *pool);
// A donor (number in the sample) among the `n_nearest` (by weight) of the target, where those
// that are equally near at the border have equal chances; u uniform on (0, 1).
// The target is finite.
size_t donor_choose(const struct donor_pool *pool, double target, double n_nearest, double u);

// ---- levels: multinomial logistic regression (imputation_levels.c)

// Keeps columns and fits log(P(level k)/P(level 0)) = x'b_k by maximum likelihood on the sample
// and on the augmentation of White, Daniel & Royston (2010) in the form of R's mice: two rows for
// each predictor and level, at 0 but for +1/2 or -1/2 in this column (columns have mean 0 and SD
// 1), that weigh together one more than there are predictors; none without predictors.
// code: n, 0..n_levels-1, all of which occur.  coefficient: (n_levels - 1) x width, where to start
// in, the estimate out.  False if the iterations give out.
bool levels_estimate(const struct imputation_sample *sample, const size_t *code, size_t n_levels,
                     struct imputation_room *room, double *coefficient);
// drawn: (n_levels - 1) x width out, from the normal approximation.
void levels_draw(const double *coefficient, size_t n_levels, const struct imputation_room *room,
                 struct philox_stream *stream, double *drawn);
// The level for a row; u uniform on (0, 1); probability: n_levels out.
size_t levels_choose(const double *x, const double *coefficient, size_t width, size_t n_levels,
                     double u, double *probability);

#endif
