// SPDX-License-Identifier: GPL-3.0-or-later
// Rubin's rules.
//
// D. B. Rubin (1987), Multiple Imputation for Nonresponse in Surveys, Wiley, chapter 3.
// J. Barnard & D. B. Rubin (1999), "Small-sample degrees of freedom with multiple imputation",
// Biometrika 86, 948-955.  K. H. Li, T. E. Raghunathan & D. B. Rubin (1991), "Large-sample
// significance levels from multiply imputed data using moment-based statistics and an F reference
// distribution", JASA 86, 1065-1073.  K. H. Li, X. L. Meng, T. E. Raghunathan & D. B. Rubin (1991),
// "Significance levels from repeated p-values with multiply-imputed data", Statistica Sinica 1,
// 65-92.  J. P. Reiter (2007), "Small-sample degrees of freedom for multi-component significance
// tests for multiple imputation for missing data", Biometrika 94, 502-508.
#include <config.h>

#include "stats/rubin.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/linear_algebra.h"

// ---- one quantity ----

// Divisor m - 1; 0 for m = 1 and for equal values, whose mean may be rounded.
static double variance_between(const double *value, size_t m, size_t stride, double mean)
{
  double sum = 0;
  bool equal = true;
  for (size_t i = 0; i < m; i++) {
    double difference = value[i * stride] - mean;
    sum += difference * difference;
    equal = equal && value[i * stride] == value[0];
  }
  return m < 2 || equal ? 0 : sum / (double) (m - 1);
}

// About the first value, so that equal values are their own mean.
static double mean_of(const double *value, size_t m, size_t stride)
{
  double sum = 0;
  for (size_t i = 0; i < m; i++)
    sum += value[i * stride] - value[0];
  return value[0] + sum / (double) m;
}

// What complete data would give, less what is missing: Barnard & Rubin's nu-hat of the observed.
static double observed_df(double complete_df, double lambda)
{
  return (complete_df + 1) / (complete_df + 3) * complete_df * (1 - lambda);
}

// a b/(a + b), for one of them infinite too.
static double harmonic(double a, double b)
{
  return 1 / (1 / a + 1 / b);
}

static double scalar_df(double m, double lambda, double complete_df)
{
  double df = (m - 1) / (lambda * lambda);
  return isinf(complete_df) ? df : harmonic(df, observed_df(complete_df, lambda));
}

static struct rubin_estimate not_a_number(void)
{
  return (struct rubin_estimate){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}

struct rubin_estimate rubin_pool(const double *estimate, const double *variance, size_t m,
                                 size_t stride, double complete_df)
{
  struct rubin_estimate pooled = not_a_number();
  if (m == 0)
    return pooled;
  pooled.estimate = mean_of(estimate, m, stride);
  pooled.within = mean_of(variance, m, stride);
  pooled.between = variance_between(estimate, m, stride, pooled.estimate);
  if (isnan(pooled.estimate) || isnan(pooled.within) || isnan(complete_df))
    return not_a_number();
  double missing = (1 + 1 / (double) m) * pooled.between;
  pooled.total = pooled.within + missing;
  pooled.std_error = sqrt(pooled.total);
  if (pooled.between == 0) {
    pooled.df = complete_df;
    pooled.increase = pooled.lambda = pooled.fmi = 0;
    return pooled;
  }
  pooled.increase = missing / pooled.within;
  pooled.lambda = missing / pooled.total;
  pooled.df = scalar_df((double) m, pooled.lambda, complete_df);
  // (r + 2/(df + 3))/(r + 1), for an infinite r too.
  pooled.fmi = pooled.lambda + 2 / (pooled.df + 3) * (pooled.within / pooled.total);
  return pooled;
}

// ---- several ----

void rubin_pool_vector(const double *coefficient, const double *covariance, size_t m, size_t p,
                       double *mean, double *within, double *between, double *total)
{
  for (size_t j = 0; j < p; j++)
    mean[j] = m > 0 ? mean_of(coefficient + j, m, p) : NAN;
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k <= j; k++) {
      double inside = m > 0 ? mean_of(covariance + j + k * p, m, p * p) : NAN, sum = 0;
      for (size_t i = 0; i < m; i++)
        sum += (coefficient[i * p + j] - mean[j]) * (coefficient[i * p + k] - mean[k]);
      double outside = m > 1 ? sum / (double) (m - 1) : 0;
      if (within)
        within[j + k * p] = within[k + j * p] = inside;
      if (between)
        between[j + k * p] = between[k + j * p] = outside;
      if (total)
        total[j + k * p] = total[k + j * p] = inside + (1 + 1 / (double) m) * outside;
    }
}

// ---- joint tests ----

// Li, Raghunathan & Rubin (1991), (1.20) and (1.22), for an infinite complete_df; t = k (m - 1).
static double joint_df_large(double t, double k, double r)
{
  return t > 4 ? 4 + (t - 4) * pow(1 + (1 - 2 / t) / r, 2)
               : t * (1 + 1 / k) * pow(1 + 1 / r, 2) / 2;
}

// Reiter (2007), section 2: 4 + 1/z.  NaN where the approximation is not defined.
static double joint_df_small(double t, double r, double complete_df)
{
  double a = r * t / (t - 2), whole = observed_df(complete_df, 0);
  double c0 = 1 / (t - 4), c1 = whole - 2 * (1 + a), c2 = whole - 4 * (1 + a);
  if (!(t > 4 && c2 > 0))
    return NAN;
  double part = a / (1 + a);
  double z = 1 / c2 + c0 * part * part * c1 / c2 + c0 * 8 * a * part * c1 / (c2 * c2)
             + c0 * 4 * a * part / c2 + c0 * 4 * a * a / (c2 * c1)
             + c0 * 16 * a * a * c1 / (c2 * c2 * c2) + c0 * 8 * a * a / (c2 * c2);
  return 4 + 1 / z;
}

static double joint_df(double m, double k, double r, double complete_df)
{
  double t = k * (m - 1);
  if (r == 0)
    return complete_df;
  if (k == 1)
    return scalar_df(m, r / (1 + r), complete_df);
  double large = joint_df_large(t, k, r);
  if (isinf(complete_df))
    return large;
  double small = joint_df_small(t, r, complete_df);
  return isnan(small) ? harmonic(large, observed_df(complete_df, 1 - 1 / (1 + r))) : small;
}

static struct rubin_test undefined_test(double k)
{
  return (struct rubin_test){NAN, k, NAN, NAN, NAN};
}

// Picks the block of the columns.
static void pick(const double *matrix, size_t p, const size_t *columns, size_t k, double *block)
{
  for (size_t b = 0; b < k; b++)
    for (size_t a = 0; a < k; a++)
      block[a + b * k] = matrix[columns[a] + columns[b] * p];
}

struct rubin_test rubin_wald_test(const double *mean, const double *within, const double *between,
                                  size_t p, size_t m, const size_t *columns, size_t k,
                                  double complete_df)
{
  struct rubin_test test = undefined_test((double) k);
  if (k == 0 || m == 0 || isnan(complete_df))
    return test;
  double *factor = NEW_ARRAY(double, k *k), *ratio = NEW_ARRAY(double, k *k);
  double *solved = NEW_ARRAY(double, k);
  pick(within, p, columns, k, factor);
  pick(between, p, columns, k, ratio);
  for (size_t j = 0; j < k; j++)
    solved[j] = mean[columns[j]];
  if (!cholesky_factor(factor, k, 1e-14, NULL) || !cholesky_solve(factor, k, solved, 1)
      || !cholesky_solve(factor, k, ratio, k))
    goto out;
  double wald = 0, trace = 0;
  for (size_t j = 0; j < k; j++) {
    wald += mean[columns[j]] * solved[j];
    trace += ratio[j + j * k];
  }
  test.increase = m > 1 ? (1 + 1 / (double) m) * fmax(trace, 0) / (double) k : 0;
  test.statistic = wald / ((double) k * (1 + test.increase));
  test.df2 = joint_df((double) m, (double) k, test.increase, complete_df);
  test.p_value = f_upper(test.statistic, test.df1, test.df2);
out:
  free(factor);
  free(ratio);
  free(solved);
  return test;
}

struct rubin_test rubin_chi_square_test(const double *statistic, size_t m, size_t k)
{
  struct rubin_test test = undefined_test((double) k);
  if (k == 0 || m == 0)
    return test;
  double *root = NEW_ARRAY(double, m);
  double n = (double) m, df = (double) k;
  for (size_t i = 0; i < m; i++)
    root[i] = statistic[i] < 0 ? 0 : sqrt(statistic[i]);
  double mean = 0;
  for (size_t i = 0; i < m; i++)
    mean += root[i] * root[i] / n;
  test.increase = (1 + 1 / n) * variance_between(root, m, 1, mean_of(root, m, 1));
  free(root);
  if (isnan(mean))
    return undefined_test(df);
  double penalty = m > 1 ? (n + 1) / (n - 1) * test.increase : 0;
  test.statistic = (mean / df - penalty) / (1 + test.increase);
  test.df2 = test.increase > 0 ? pow(df, -3 / n) * (n - 1) * pow(1 + 1 / test.increase, 2)
                               : INFINITY;
  test.p_value = f_upper(test.statistic, test.df1, test.df2);
  return test;
}
