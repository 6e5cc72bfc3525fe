// SPDX-License-Identifier: GPL-3.0-or-later
// A logistic regression in standardized columns, and its likelihood at a point.  For logit*.c
// and separation.c alone.
//
// Columns are z_j = (x_j - centre_j) inverse_j; nothing is copied, a block of rows is
// standardized when it is read.  Coefficients of z are called g, those of x b.

#ifndef HER2_STATS_LOGIT_PROBLEM_H
#define HER2_STATS_LOGIT_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/logit.h"

struct logit_problem {
  const struct logit_data *data;
  size_t n, p;
  size_t constant;          // the column that is one value other than 0 on all rows; p: none
  double *centre, *inverse; // p
  double n_rows, n_events;  // sums of weights
  double *gram;             // Z'WZ, p x p
};

// Weighted mean and SD of each column; without a constant column (or with `keep_origin`)
// the root mean square alone, so that b = 0 is g = 0 for the constant column too.
void logit_problem_set(struct logit_problem *problem, const struct logit_data *data,
                       bool keep_origin);
void logit_problem_free(struct logit_problem *problem);

// Whether the square of some column has less than this share of its own, beside the columns before
// it: so many digits are lost in its coefficient.
bool logit_problem_is_entangled(const struct logit_problem *problem, double share);

// A problem some of whose coefficients are held: g_j = b_j/inverse_j for them, so that b_j = 0 is
// g_j = 0.  Where columns are entangled (by 0.01: a mean of 100 SDs beside a held constant, a
// product of columns far from 0) each loses its part along those before it,
//   x'_j = x_j - sum over k before j of r_kj x'_k,  b'_k = b_k + sum over j after k of r_kj b_j,
// in the order: the constant, the others, those held.  These keep their b (several: their b are 0
// together); the determinant of the change is 1.
struct held_problem {
  struct logit_problem problem;
  struct logit_data data;
  double *x;        // n x p, or NULL where the columns are those of the data
  size_t *order;    // p, or NULL
  double *relation; // r, p x p, or NULL
};
// free_column: p.  b: p coefficients; g: those of the problem, p out.
void held_problem_set(struct held_problem *held, const struct logit_data *data,
                      const bool *free_column, const double *b, double *g);
void held_problem_free(struct held_problem *held);
// b' and its covariance (p x p), as the problem has them, become those of the data; in place.
void held_problem_to_original(const struct held_problem *held, double *b, double *covariance);

// Row weight, 1 without weights.
static inline double logit_row_weight(const struct logit_data *data, size_t i)
{
  return data->weight ? data->weight[i] : 1;
}

// Columns z of the rows first .. first + n - 1 (n <= BLOCK_ROWS) as a block (row_block.h),
// padded with zeros.
void logit_problem_read(const struct logit_problem *problem, size_t first, size_t n, double *block);

void logit_problem_from_original(const struct logit_problem *problem, const double *b, double *g);
void logit_problem_to_original(const struct logit_problem *problem, const double *g, double *b);
// Covariance of b from that of g, p x p; in place allowed.
void logit_problem_covariance(const struct logit_problem *problem, const double *of_g,
                              double *of_b);
// log det of the information about b less that about g, halved.
double logit_problem_log_scale(const struct logit_problem *problem);

// The log likelihood and its derivatives with respect to g.
struct logit_point {
  double log_likelihood;
  double penalized;      // with log det(information about g)/2; set by logit_point_penalize
  double least_residual; // smallest w |y - P(y = 1)| over rows of positive weight
  double residual_total; // sum of w |y - P|
  double *gradient;      // p
  double *information;   // p x p
};
struct logit_point logit_point_new(size_t p);
void logit_point_free(struct logit_point *point);
void logit_point_evaluate(const struct logit_problem *problem, const double *g,
                          struct logit_point *point);
// Adds to the gradient that of log det(information)/2 = sum of w h (1/2 - P) z, h the leverage
// of a single row (Firth 1993), from the factor of the information at g.
void logit_point_penalize(const struct logit_problem *problem, const double *g,
                          const double *factor, struct logit_point *point);

// The lower factor of the information's part of the columns in `free` (NULL: all), n_free x
// n_free: by Cholesky, or from the rows by QR where that loses too many digits.  False if it
// is singular to working precision.
bool logit_information_factor(const struct logit_problem *problem, const double *g,
                              const struct logit_point *point, const bool *free_column,
                              double *factor);

#endif
