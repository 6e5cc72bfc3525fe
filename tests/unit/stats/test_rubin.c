// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/rubin.h"

#include <stdlib.h>

#include "stats/distribution.h"
#include "stats/linear_algebra.h"
#include "stats/rng.h"
#include "reference.h"
#include "tap.h"

static const double *values(const struct reference *r, const char *stem, int i, const char *what,
                            size_t *n)
{
  char key[64];
  snprintf(key, sizeof key, "%s.%d.%s", stem, i, what);
  return reference_values(r, key, n);
}

static void scalar_reference(const struct reference *r)
{
  for (int i = 1; i <= 6; i++) {
    size_t m;
    const double *estimate = values(r, "scalar", i, "estimates", &m);
    const double *variance = values(r, "scalar", i, "variances", NULL);
    double df = values(r, "scalar", i, "complete", NULL)[0];
    const double *expected = values(r, "scalar", i, "pooled", NULL);
    struct rubin_estimate got = rubin_pool(estimate, variance, m, 1, df);
    is_close(got.estimate, expected[0], 1e-14, "mean");
    is_close(got.within, expected[1], 1e-14, "within");
    // Estimates of 1e6 whose SD is 1 leave 10 digits of the variance.
    double tolerance = i == 3 ? 1e-9 : 1e-13;
    is_close(got.between, expected[2], tolerance, "between");
    is_close(got.total, expected[3], tolerance, "total");
    is_close(got.std_error, sqrt(expected[3]), tolerance, "standard error");
    is_close(got.df, expected[4], tolerance, "degrees of freedom");
    is_close(got.increase, expected[5], tolerance, "relative increase");
    is_close(got.fmi, expected[6], tolerance, "fraction of missing information");
    is_close(got.lambda, got.increase / (1 + got.increase), 1e-13, "lambda = r/(1 + r)");
  }
}

static void test_close(const struct rubin_test *test, const double *expected, bool df_too)
{
  is_close(test->statistic, expected[0], 1e-11, "F");
  is_close(test->increase, expected[3], 1e-11, "average increase");
  if (!df_too)
    return;
  is_close(test->df2, expected[1], 1e-10, "denominator's df");
  is_close(test->p_value, expected[2], 1e-9, "P");
}

static void vector_reference(const struct reference *r)
{
  for (int i = 1; i <= 10; i++) {
    const double *sizes = values(r, "vector", i, "sizes", NULL);
    size_t m = (size_t) sizes[0], p = (size_t) sizes[1], k = (size_t) sizes[2], columns[8], n;
    double mean[8], within[64], between[64], total[64];
    const double *coefficient = values(r, "vector", i, "coefficients", NULL);
    const double *covariance = values(r, "vector", i, "covariances", NULL);
    for (size_t j = 0; j < k; j++)
      columns[j] = (size_t) values(r, "vector", i, "columns", NULL)[j];
    rubin_pool_vector(coefficient, covariance, m, p, mean, within, between, total);
    const double *expected_mean = values(r, "vector", i, "mean", NULL);
    const double *expected_total = values(r, "vector", i, "total", NULL);
    const double *expected_df = values(r, "vector", i, "df", NULL);
    for (size_t j = 0; j < p; j++) {
      is_close(mean[j], expected_mean[j], 1e-13, "mean vector");
      double column[64], diagonal[64];
      for (size_t a = 0; a < m; a++) {
        column[a] = coefficient[a * p + j];
        diagonal[a] = covariance[a * p * p + j * (p + 1)];
      }
      struct rubin_estimate scalar = rubin_pool(column, diagonal, m, 1, sizes[3]);
      is_close(scalar.df, expected_df[j], 1e-10, "df of a coefficient");
      is_close(scalar.total, total[j * (p + 1)], 1e-13, "diagonal as pooled alone");
      is_close(rubin_pool(coefficient + j, coefficient + j, m, p, 9).within, scalar.estimate, 0,
               "by stride");
    }
    for (size_t j = 0; j < p * p; j++)
      is_near(total[j], expected_total[j], 1e-12 * fabs(expected_total[j]) + 1e-15,
              "total covariance");
    struct rubin_test d1 =
        rubin_wald_test(mean, within, between, p, m, columns, k, sizes[3]);
    // mitml has no special case for one coefficient, nor for t = k (m - 1) <= 4 with finite
    // degrees of freedom, where Reiter's formula is not meant to be used.
    double t = (double) (k * (m - 1));
    test_close(&d1, values(r, "vector", i, "d1", NULL), k > 1 && (t > 4 || isinf(sizes[3])));
    const double *chi = values(r, "vector", i, "chi", &n);
    struct rubin_test d2 = rubin_chi_square_test(chi, n, k);
    test_close(&d2, values(r, "vector", i, "d2", NULL), true);
  }
}

// Arbuckle, IBM SPSS Amos User's Guide, example 31: ten estimates, mean 1.172, U = 0.0233,
// B = 0.0085; printed T = 0.0326, SE = 0.1807, t = 6.49, df = 109 (cut off).
static void published_example(void)
{
  double estimate[10], variance[10];
  for (int i = 0; i < 10; i++) {
    estimate[i] = 1.172 + (i % 2 ? 1 : -1) * sqrt(0.0085 * 9 / 10);
    variance[i] = 0.0233;
  }
  struct rubin_estimate got = rubin_pool(estimate, variance, 10, 1, INFINITY);
  is_near(got.between, 0.0085, 1e-15, "Amos: B");
  is_near(got.total, 0.0326, 0.0001, "Amos: T (cut off)");
  is_near(got.std_error, 0.1807, 0.0001, "Amos: SE (of the rounded T)");
  is_near(got.estimate / got.std_error, 6.49, 0.005, "Amos: t");
  is_near(floor(got.df), 109, 0, "Amos: df");
}

// ---- identities ----

static void no_difference_between(void)
{
  const double mean[3] = {0.3, -1.2, 2}, covariance[9] = {2, 0.3, 0.1, 0.3, 1, -0.2, 0.1, -0.2, 3};
  double coefficient[12], variances[36], pooled[3], within[9], between[9], total[9];
  for (size_t i = 0; i < 4; i++) {
    memcpy(coefficient + 3 * i, mean, sizeof mean);
    memcpy(variances + 9 * i, covariance, sizeof covariance);
  }
  rubin_pool_vector(coefficient, variances, 4, 3, pooled, within, between, total);
  bool same = true, zero = true;
  for (size_t j = 0; j < 9; j++) {
    same = same && total[j] == covariance[j] && within[j] == covariance[j];
    zero = zero && between[j] == 0;
  }
  ok(same && zero && memcmp(pooled, mean, sizeof mean) == 0, "equal imputations: exactly theirs");
  const size_t columns[2] = {1, 2};
  double block[4] = {1, -0.2, -0.2, 3}, solved[2] = {-1.2, 2};
  cholesky_factor(block, 2, 0, NULL);
  cholesky_solve(block, 2, solved, 1);
  double wald = -1.2 * solved[0] + 2 * solved[1];
  struct rubin_test test = rubin_wald_test(pooled, within, between, 3, 4, columns, 2, INFINITY);
  is_close(test.statistic, wald / 2, 1e-14, "B = 0: Wald chi-square over k");
  is_close(test.p_value, chi_square_upper(wald, 2), 1e-12, "B = 0: its P");
  is_close(test.increase, 0, 0, "B = 0: no increase");
  test = rubin_wald_test(pooled, within, between, 3, 4, columns, 2, 40);
  is_close(test.df2, 40, 0, "B = 0: complete df");
  is_close(test.p_value, f_upper(wald / 2, 2, 40), 1e-12, "B = 0: P of the F test");
  struct rubin_estimate one = rubin_pool(coefficient, variances, 4, 3, 40);
  is_close(one.df, 40, 0, "B = 0: df of a coefficient");
  is_close(one.lambda + one.fmi + one.increase, 0, 0, "B = 0: nothing is missing");
  one = rubin_pool(coefficient, variances, 1, 3, 40);
  is_close(one.total, 2, 0, "m = 1: its variance");
  is_close(one.df, 40, 0, "m = 1: complete df");
  const double chi[3] = {7.3, 7.3, 7.3};
  test = rubin_chi_square_test(chi, 3, 2);
  is_close(test.statistic, 3.65, 1e-14, "D2 of equal statistics: over k");
  is_close(test.p_value, chi_square_upper(7.3, 2), 1e-12, "D2 of equal statistics: P");
  is_close(rubin_chi_square_test(chi, 1, 2).p_value, chi_square_upper(7.3, 2), 1e-12,
           "D2, m = 1");
}

// Statistic and P of k = 1 are those of the coefficient's t test.
static void one_coefficient(void)
{
  const double estimate[5] = {0.9, 1.4, 1.1, 0.7, 1.3}, variance[5] = {0.2, 0.25, 0.22, 0.3, 0.21};
  const double complete[] = {INFINITY, 1000, 57, 4, 1.5};
  double mean, within, between, total;
  const size_t column = 0;
  rubin_pool_vector(estimate, variance, 5, 1, &mean, &within, &between, &total);
  for (size_t i = 0; i < 5; i++) {
    struct rubin_estimate one = rubin_pool(estimate, variance, 5, 1, complete[i]);
    struct rubin_test test =
        rubin_wald_test(&mean, &within, &between, 1, 5, &column, 1, complete[i]);
    double t = one.estimate / one.std_error;
    is_close(test.statistic, t * t, 1e-14, "k = 1: F = t^2");
    is_close(test.df2, one.df, 1e-13, "k = 1: df of Barnard & Rubin");
    is_close(test.p_value, t_two_sided(t, one.df), 1e-12, "k = 1: P of t");
  }
}

// Barnard & Rubin's df, term by term; limits.
static void slow_version(void)
{
  struct philox_stream stream;
  philox_start(&stream, 3, RNG_MONTE_CARLO, 1);
  for (int repeat = 0; repeat < 20; repeat++) {
    size_t m = 2 + philox_below(&stream, 9);
    double estimate[10], variance[10], mean = 0, inside = 0, outside = 0;
    for (size_t i = 0; i < m; i++) {
      estimate[i] = philox_normal(&stream);
      variance[i] = 0.1 + philox_uniform(&stream);
      mean += estimate[i] / (double) m;
      inside += variance[i] / (double) m;
    }
    // All pairs: the variance without the mean.
    for (size_t i = 0; i < m; i++)
      for (size_t j = 0; j < i; j++)
        outside += pow(estimate[i] - estimate[j], 2) / (double) (m * (m - 1));
    double complete = 1 + 100 * philox_uniform(&stream);
    double missing = outside + outside / (double) m, all = inside + missing;
    double gamma = missing / all, old = (double) (m - 1) / gamma / gamma;
    double seen = complete * (complete + 1) / (complete + 3) * inside / all;
    struct rubin_estimate got = rubin_pool(estimate, variance, m, 1, complete);
    is_close(got.estimate, mean, 1e-13, "slow: mean");
    is_close(got.total, all, 1e-13, "slow: total");
    is_close(got.df, old * seen / (old + seen), 1e-12, "slow: df");
    is_close(got.fmi, (missing / inside + 2 / (got.df + 3)) / (missing / inside + 1), 1e-12,
             "slow: fmi");
    ok(got.df < complete && got.df < old, "df below those of complete data and of infinitely many");
    is_close(rubin_pool(estimate, variance, m, 1, 1e13).df,
             rubin_pool(estimate, variance, m, 1, INFINITY).df, 1e-9, "df for complete df -> inf");
  }
}

static void permutation(void)
{
  enum { M = 6, P = 3 };
  struct philox_stream stream;
  philox_start(&stream, 4, RNG_MONTE_CARLO, 1);
  double q[M * P], u[M * P * P] = {0}, q2[M * P], u2[M * P * P];
  for (size_t i = 0; i < M; i++)
    for (size_t j = 0; j < P; j++) {
      q[i * P + j] = philox_normal(&stream);
      u[i * P * P + j * (P + 1)] = 0.5 + philox_uniform(&stream);
    }
  for (size_t i = 0; i < M; i++) {
    memcpy(q2 + i * P, q + (i * 5 + 2) % M * P, P * sizeof *q);
    memcpy(u2 + i * P * P, u + (i * 5 + 2) % M * P * P, P * P * sizeof *u);
  }
  double mean[2][P], within[2][P * P], between[2][P * P], total[2][P * P];
  rubin_pool_vector(q, u, M, P, mean[0], within[0], between[0], total[0]);
  rubin_pool_vector(q2, u2, M, P, mean[1], within[1], between[1], total[1]);
  const size_t columns[3] = {0, 1, 2}, turned[3] = {2, 0, 1};
  struct rubin_test a = rubin_wald_test(mean[0], within[0], between[0], P, M, columns, 3, 50);
  struct rubin_test b = rubin_wald_test(mean[1], within[1], between[1], P, M, turned, 3, 50);
  is_close(b.statistic, a.statistic, 1e-12, "order of imputations and columns: F");
  is_close(b.df2, a.df2, 1e-12, "order of imputations and columns: df");
  // Other units of a coefficient.
  for (size_t i = 0; i < M; i++) {
    q[i * P + 1] *= 1e9;
    for (size_t j = 0; j < P; j++) {
      u[i * P * P + 1 + j * P] *= 1e9;
      u[i * P * P + j + P] *= 1e9;
    }
  }
  rubin_pool_vector(q, u, M, P, mean[1], within[1], between[1], total[1]);
  b = rubin_wald_test(mean[1], within[1], between[1], P, M, columns, 3, 50);
  is_close(b.p_value, a.p_value, 1e-11, "units do not matter");
  // Reiter's df pass into Li, Raghunathan & Rubin's.
  b = rubin_wald_test(mean[0], within[0], between[0], P, M, columns, 3, 1e12);
  a = rubin_wald_test(mean[0], within[0], between[0], P, M, columns, 3, INFINITY);
  is_close(b.df2, a.df2, 1e-8, "joint df for complete df -> inf");
  double t = 3 * (M - 1), r = a.increase;
  is_close(a.df2, 4 + (t - 4) * pow(1 + (1 - 2 / t) / r, 2), 1e-13, "Li et al. (1991)");
}

// Where Reiter's formula is not defined the df stay below both limits.
static void few_degrees(void)
{
  const double mean[2] = {1, 2}, within[4] = {1, 0.2, 0.2, 1};
  const size_t columns[2] = {0, 1};
  for (double scale = 1e-12; scale < 1e6; scale *= 10)
    for (size_t m = 2; m < 9; m += 3)
      for (double complete = 2; complete < 1e5; complete *= 6) {
        double between[4] = {scale, 0, 0, 2 * scale};
        struct rubin_test test =
            rubin_wald_test(mean, within, between, 2, m, columns, 2, complete);
        struct rubin_test large =
            rubin_wald_test(mean, within, between, 2, m, columns, 2, INFINITY);
        ok(test.df2 > 0 && test.df2 <= complete * 1.0000001 && test.df2 <= large.df2 * 1.0000001
               && test.p_value > 0 && test.p_value < 1,
           "m = %zu, B = %g, complete df %g: df %g", m, scale, complete, test.df2);
      }
}

static void extremes(void)
{
  double estimate[3] = {38, 38.1, 37.9}, variance[3] = {1, 1, 1}, mean, within, between;
  const size_t column = 0;
  rubin_pool_vector(estimate, variance, 3, 1, &mean, &within, &between, NULL);
  struct rubin_test test =
      rubin_wald_test(&mean, &within, &between, 1, 3, &column, 1, INFINITY);
  struct rubin_estimate one = rubin_pool(estimate, variance, 3, 1, INFINITY);
  is_close(test.p_value, t_two_sided(one.estimate / one.std_error, one.df), 1e-10,
           "a P value far out");
  const double chi[3] = {1350, 1351, 1352};
  test = rubin_chi_square_test(chi, 3, 2);
  is_close(test.p_value, f_upper(test.statistic, 2, test.df2), 0, "D2 far out");
  ok(test.p_value > 0 && test.p_value < 1e-250, "D2 far out: %g", test.p_value);
  const double low[2] = {0, 30}, negative[2] = {-1e-12, 4}, nothing[2] = {0, 4};
  test = rubin_chi_square_test(low, 2, 5);
  ok(test.statistic < 0 && test.p_value == 1, "a negative D2 has P = 1");
  is_close(rubin_chi_square_test(negative, 2, 1).statistic,
           rubin_chi_square_test(nothing, 2, 1).statistic, 1e-10, "a chi-square just below 0 is 0");
}

static void undefined_cases(void)
{
  const double bad[2] = {1, NAN}, good[2] = {1, 2};
  struct rubin_estimate one = rubin_pool(bad, good, 2, 1, 5);
  ok(isnan(one.estimate) && isnan(one.within) && isnan(one.df) && isnan(one.fmi), "NaN in");
  ok(isnan(rubin_pool(good, bad, 2, 1, 5).estimate), "NaN variance");
  ok(isnan(rubin_pool(good, good, 2, 1, NAN).df), "NaN df");
  ok(isnan(rubin_pool(good, good, 0, 1, 5).estimate), "no imputation");
  ok(isnan(rubin_chi_square_test(bad, 2, 1).p_value), "NaN chi-square");
  ok(isnan(rubin_chi_square_test(good, 0, 1).p_value), "no chi-square");
  ok(isnan(rubin_chi_square_test(good, 2, 0).p_value), "D2 of nothing");
  const double mean[2] = {1, 1}, singular[4] = {1, 1, 1, 1}, b[4] = {0.1, 0, 0, 0.1};
  const double missing[4] = {NAN, 0, 0, 1}, identity[4] = {1, 0, 0, 1};
  const size_t columns[2] = {0, 1};
  ok(isnan(rubin_wald_test(mean, singular, b, 2, 5, columns, 2, 9).p_value), "U singular");
  ok(isnan(rubin_wald_test(mean, missing, b, 2, 5, columns, 2, 9).p_value), "NaN in U");
  ok(isnan(rubin_wald_test(mean, identity, missing, 2, 5, columns, 2, 9).p_value), "NaN in B");
  ok(isnan(rubin_wald_test(bad, identity, b, 2, 5, columns, 2, 9).p_value), "NaN mean");
  ok(isnan(rubin_wald_test(mean, identity, b, 2, 5, columns, 0, 9).p_value), "k = 0");
  ok(isnan(rubin_wald_test(mean, identity, b, 2, 5, columns, 2, NAN).p_value), "NaN df");
  const double zero[2] = {0, 0};
  one = rubin_pool(good, zero, 2, 1, INFINITY);
  is_close(one.df, 1, 1e-15, "U = 0: m - 1");
  is_close(one.lambda, 1, 0, "U = 0: all is missing");
  is_close(one.fmi, 1, 0, "U = 0: all information is missing");
}

int main(void)
{
  struct reference *r = reference_open("rubin.tsv");
  scalar_reference(r);
  vector_reference(r);
  reference_close(r);
  published_example();
  no_difference_between();
  one_coefficient();
  slow_version();
  permutation();
  few_degrees();
  extremes();
  undefined_cases();
  return tap_done();
}
