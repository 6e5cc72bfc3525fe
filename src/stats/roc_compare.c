// SPDX-License-Identifier: GPL-3.0-or-later
// Are k areas under ROC curves of the same rows all equal?
//
// The statistic is the same for every set of k - 1 differences from which all others follow.
// Taken are those of smallest variance (a spanning tree, Prim 1957): of nearly identical
// markers the difference itself, not two large differences to a third.
//
// Sources: DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837, equation 5; Prim (1957),
// Bell System Technical Journal 36, 1389.  In a file of its own because it needs linear algebra,
// which the areas themselves do not.
#include <config.h>

#include "stats/roc.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/linear_algebra.h"

// A contrast in units of its standard error is a combination of others if no more than this
// part of its variance is its own; it must then be what they say to within the second.
static const double dependence = 1e-9, inconsistency = 1e-6;

struct contrast {
  size_t from, to; // auc[from] - auc[to]
};

// Prim: each marker joins by the smallest variance of a difference to one that has joined.
static void choose_contrasts(const struct roc_areas *areas, struct contrast *contrast)
{
  size_t k = areas->k, *nearest = NEW_ARRAY(size_t, k);
  bool *joined = NEW_ZEROED(bool, k);
  joined[k - 1] = true;
  for (size_t i = 0; i < k; i++)
    nearest[i] = k - 1;
  for (size_t c = 0; c + 1 < k; c++) {
    size_t next = k;
    for (size_t i = 0; i < k; i++)
      if (!joined[i] && (next == k || areas->difference_variance[i + k * nearest[i]] <
                                          areas->difference_variance[next + k * nearest[next]]))
        next = i;
    joined[next] = true;
    contrast[c] = (struct contrast){next, nearest[next]};
    for (size_t i = 0; i < k; i++)
      if (areas->difference_variance[i + k * next] < areas->difference_variance[i + k * nearest[i]])
        nearest[i] = next;
  }
  free(nearest);
  free(joined);
}

// Cov(a - b, c - d) = (V(a - d) + V(b - c) - V(a - c) - V(b - d)) / 2.
static double contrast_covariance(const struct roc_areas *areas, struct contrast x,
                                  struct contrast y)
{
  const double *variance = areas->difference_variance;
  size_t k = areas->k;
  return ((variance[x.from + k * y.to] - variance[x.from + k * y.from]) +
          (variance[x.to + k * y.from] - variance[x.to + k * y.to])) /
         2;
}

// z' R^-1 z, and the rank of R; NaN if z does not lie in the range of R.
// correlation: m x m; z: m.
static double quadratic_form(const double *correlation, const double *z, size_t m, size_t *rank)
{
  bool *dependent = NEW_ARRAY(bool, m);
  double *relation = NEW_ARRAY(double, m *m), *kept = NEW_ARRAY(double, m *m);
  double *left = NEW_ARRAY(double, m), *right = NEW_ARRAY(double, m), form = 0;
  size_t r = *rank = column_relation(correlation, m, m, dependence, dependent, relation);
  for (size_t j = 0, column = 0; j < m; j++) {
    if (dependent[j]) {
      double miss = z[j], size = 1 + fabs(z[j]);
      for (size_t i = 0; i < m; i++) {
        miss -= relation[i + m * j] * z[i];
        size += fabs(relation[i + m * j] * z[i]);
      }
      if (!(fabs(miss) <= inconsistency * size))
        form = NAN;
      continue;
    }
    left[column] = right[column] = z[j];
    for (size_t i = 0, row = 0; i < m; i++)
      if (!dependent[i])
        kept[row++ + r * column] = correlation[i + m * j];
    column++;
  }
  if (!cholesky_factor(kept, r, 0, NULL) || !cholesky_solve(kept, r, right, 1))
    form = NAN;
  for (size_t i = 0; i < r; i++)
    form += left[i] * right[i];
  free(dependent);
  free(relation);
  free(kept);
  free(left);
  free(right);
  return form;
}

struct roc_test roc_compare_all(const struct roc_areas *areas)
{
  struct roc_test test = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  size_t k = areas->k, m = 0;
  if (k < 2 || isnan(areas->difference_variance[k]))
    return test;
  struct contrast *contrast = NEW_ARRAY(struct contrast, k);
  double *z = NEW_ARRAY(double, k), *correlation = NEW_ARRAY(double, k *k), form = 0;
  size_t rank = 0;
  choose_contrasts(areas, contrast);
  for (size_t c = 0; c + 1 < k; c++) {
    struct contrast this = contrast[c];
    double variance = areas->difference_variance[this.from + k * this.to];
    double difference = areas->auc[this.from] - areas->auc[this.to];
    if (variance > 0) {
      z[m] = difference / sqrt(variance);
      contrast[m++] = this;
    } else if (difference != 0) {
      form = NAN;
    }
  }
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < m; j++)
      correlation[i + m * j] =
          i == j ? 1
                 : contrast_covariance(areas, contrast[i], contrast[j]) /
                       sqrt(contrast_covariance(areas, contrast[i], contrast[i])) /
                       sqrt(contrast_covariance(areas, contrast[j], contrast[j]));
  if (m)
    form += quadratic_form(correlation, z, m, &rank);
  test.df = (double) rank;
  test.statistic = form;
  test.p_value = rank ? chi_square_upper(form, test.df) : isnan(form) ? NAN : 1;
  free(contrast);
  free(z);
  free(correlation);
  return test;
}
