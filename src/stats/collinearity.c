// SPDX-License-Identifier: GPL-3.0-or-later
// Variance inflation.  Fox & Monette 1992, J Am Stat Assoc 87:178; from the covariance of the
// coefficients: Davis et al. 1986, in Moolgavkar & Prentice (eds), Modern Statistical Methods in
// Chronic Disease Epidemiology, 140.
#include <config.h>

#include "stats/collinearity.h"

#include <math.h>

#include "base/memory.h"
#include "stats/linear_algebra.h"
#include "stats/summary.h"

// A pivot of the correlation matrix below this is 1 - R^2 = 0 but for rounding.
static const double SINGULAR = 1e-13;

static void fill_missing(double *value, size_t n)
{
  for (size_t i = 0; i < n; i++)
    value[i] = NAN;
}

// matrix (p x p) becomes a correlation matrix.
static bool scale_to_correlation(double *matrix, size_t p)
{
  double *root = NEW_ARRAY(double, p);
  bool good = true;
  for (size_t i = 0; i < p; i++) {
    root[i] = sqrt(matrix[i * p + i]);
    good = good && root[i] > 0 && isfinite(root[i]);
  }
  for (size_t j = 0; good && j < p; j++)
    for (size_t i = 0; i < p; i++)
      matrix[j * p + i] = i == j ? 1 : matrix[j * p + i] / root[i] / root[j];
  free(root);
  return good;
}

// log det of the rows and columns of the p x p matrix for which inside[] is `which`.
static bool log_determinant(const double *matrix, size_t p, const bool *inside, bool which,
                            double *result)
{
  double *part = NEW_ARRAY(double, p *p);
  size_t n = 0;
  for (size_t j = 0; j < p; j++)
    n += inside[j] == which;
  size_t to = 0;
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i < p; i++)
      if (inside[j] == which && inside[i] == which)
        part[to++] = matrix[j * p + i];
  bool good = n == 0 || cholesky_factor(part, n, SINGULAR, NULL);
  *result = n == 0 ? 0 : good ? cholesky_log_determinant(part, n) : NAN;
  free(part);
  return good;
}

// det(R_group) det(R_others) / det(R) of a correlation matrix, p x p.
static bool determinant_ratios(const double *correlation, size_t p,
                               const struct column_group *group, size_t n_groups, double *gvif)
{
  bool *inside = NEW_ZEROED(bool, p);
  double whole, own, others;
  bool good = log_determinant(correlation, p, inside, false, &whole);
  for (size_t g = 0; good && g < n_groups; g++) {
    for (size_t j = 0; j < p; j++)
      inside[j] = j >= group[g].first && j < group[g].first + group[g].n;
    good = log_determinant(correlation, p, inside, true, &own) &&
           log_determinant(correlation, p, inside, false, &others);
    gvif[g] = exp(own + others - whole);
  }
  if (!good)
    fill_missing(gvif, n_groups);
  free(inside);
  return good;
}

// The correlation matrix of the estimates without the intercept, (p - 1) x (p - 1).
static bool estimate_correlation(const double *covariance, size_t p, double *correlation)
{
  for (size_t j = 1; j < p; j++)
    for (size_t i = 1; i < p; i++)
      correlation[(j - 1) * (p - 1) + i - 1] = covariance[j * p + i];
  return scale_to_correlation(correlation, p - 1);
}

bool generalized_vif(const double *covariance, size_t p, const struct column_group *group,
                     size_t n_groups, double *gvif)
{
  fill_missing(gvif, n_groups);
  if (p < 2)
    return n_groups == 0;
  double *correlation = NEW_ARRAY(double, (p - 1) * (p - 1));
  bool good = estimate_correlation(covariance, p, correlation) &&
              determinant_ratios(correlation, p - 1, group, n_groups, gvif);
  free(correlation);
  return good;
}

bool column_vif(const double *covariance, size_t p, double *vif)
{
  if (p < 2)
    return true;
  size_t m = p - 1;
  double *correlation = NEW_ARRAY(double, m *m), *inverse = NEW_ARRAY(double, m *m);
  bool good = estimate_correlation(covariance, p, correlation) &&
              cholesky_factor(correlation, m, SINGULAR, NULL) &&
              cholesky_inverse(correlation, m, inverse);
  for (size_t j = 0; j < m; j++)
    vif[j] = good ? inverse[j * m + j] : NAN;
  free(correlation);
  free(inverse);
  return good;
}

// The correlation matrix of columns 1 .. p-1 of x, summed over blocks of rows about the means.
static bool predictor_correlation(const double *x, size_t n, size_t p, const double *weight,
                                  double *correlation)
{
  enum { BLOCK = 2048 };
  size_t m = p - 1;
  double *mean = NEW_ARRAY(double, m), *tail = NEW_ARRAY(double, m);
  double *block = NEW_ARRAY(double, BLOCK *m), *product = NEW_ARRAY(double, m *m);
  bool good = true;
  for (size_t j = 0; j < m; j++) {
    struct moments moments = moments_compute(x + (j + 1) * n, weight, n);
    mean[j] = moments.mean;
    tail[j] = moments.mean_tail;
    double least = 1e-14 * mean[j]; // an SD of this is a constant's rounding
    good = good && isfinite(moments.sum_squares) && moments.sum_squares > moments.n * least * least;
  }
  for (size_t i = 0; i < m * m; i++)
    correlation[i] = 0;
  for (size_t start = 0; good && start < n; start += BLOCK) {
    size_t rows = n - start < BLOCK ? n - start : BLOCK;
    for (size_t j = 0; j < m; j++)
      for (size_t i = 0; i < rows; i++)
        block[j * rows + i] = x[(j + 1) * n + start + i] - mean[j] - tail[j];
    weighted_cross_product(block, rows, m, weight ? weight + start : NULL, product);
    for (size_t i = 0; i < m * m; i++)
      correlation[i] += product[i];
  }
  free(mean);
  free(tail);
  free(block);
  free(product);
  return good && scale_to_correlation(correlation, m);
}

bool ols_vif(const double *x, size_t n, size_t p, const double *weight,
             const struct column_group *group, size_t n_groups, double *vif)
{
  fill_missing(vif, n_groups);
  if (p < 2)
    return n_groups == 0;
  double *correlation = NEW_ARRAY(double, (p - 1) * (p - 1));
  bool good = predictor_correlation(x, n, p, weight, correlation) &&
              determinant_ratios(correlation, p - 1, group, n_groups, vif);
  free(correlation);
  return good;
}
