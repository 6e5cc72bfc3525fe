// SPDX-License-Identifier: GPL-3.0-or-later
// Dense linear algebra in small dimensions.  The only file that names LAPACK.
//
// Matrices are column-major.  Every function checks its input for finiteness before and its
// output after the call (LAPACK's info is not enough) and returns false for a matrix that
// is not finite or has no answer.  BLAS is held to one thread: its threads would change the
// order of sums.  All may be called from several threads at once.

#ifndef HER2_STATS_LINEAR_ALGEBRA_H
#define HER2_STATS_LINEAR_ALGEBRA_H

#include <stdbool.h>
#include <stddef.h>

// X'WX, p x p, both triangles filled.  x: n x p; weight: n, or NULL for ones.  Summed in
// fixed blocks of rows, so the result is the same for any number of threads.  The one function
// that does not check: what is not finite in x shows in the product.
void weighted_cross_product(const double *x, size_t n, size_t p, const double *weight,
                            double *product);

// a (p x p, symmetric positive definite) becomes its lower Cholesky factor.  False if it is
// not positive definite to working precision: a pivot at most `tolerance` times its
// diagonal.  *failed (may be NULL): the column where it stopped.
bool cholesky_factor(double *a, size_t p, double tolerance, size_t *failed);
// Solves A z = b for the factor of A; b (p x n_right) becomes z.
bool cholesky_solve(const double *factor, size_t p, double *b, size_t n_right);
// The inverse of A from its factor, both triangles.
bool cholesky_inverse(const double *factor, size_t p, double *inverse);
// log det A from its factor.
double cholesky_log_determinant(const double *factor, size_t p);

// Rank of x (n x p) by Householder QR after scaling the columns to unit length.  The columns
// are taken in their order: one that is within `tolerance` (of its length) of the space of
// those kept before it is dependent, as R's glm marks the later one NA.  dependent: p out.
// relation (p x p, or NULL): column j holds, for a dependent column j, what it is made of:
// x_j = sum of relation[k + p j] x_k over the columns k that were kept (0 where a part is
// below 1e-7 of the column's length); other columns of it are 0.  Rank 0 and every column
// dependent if x is not finite.
size_t column_rank(const double *x, size_t n, size_t p, double tolerance, bool *dependent);
size_t column_relation(const double *x, size_t n, size_t p, double tolerance, bool *dependent,
                       double *relation);

// The lower factor L with L L' = A'A by Householder QR of a (n x p, n >= p; destroyed), for a
// whose cross product would lose too many digits.  False if a is not finite or some pivot is
// at most `tolerance` times the length of its column.  factor: p x p, zeros above.
bool triangular_factor(double *a, size_t n, size_t p, double tolerance, double *factor);

struct least_squares_fit {
  double *coefficient; // p
  double *std_error;   // p; NaN if n <= p
  double residual_sd;  // sqrt(RSS/(n - p))
  double r_squared;    // about the mean if the first column is all ones
  double residual_sum_squares;
};
// Linear regression by Householder QR (not by normal equations: NIST's Filip), with column
// scaling and Björck's (1967) refinement of coefficients and residuals together.  False if
// rank-deficient or n < p; then nothing is to be released.
bool least_squares(const double *x, size_t n, size_t p, const double *y,
                   struct least_squares_fit *fit);
void least_squares_free(struct least_squares_fit *fit);

#endif
