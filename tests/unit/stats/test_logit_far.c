// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic regression on columns that lie far from 0 for their spread (a date, a height above sea
// level) and on their products: fits, likelihood ratio tests and profile limits.
#include <config.h>

#include "stats/logit.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "stats/distribution.h"
#include "tap.h"

// ---- against R ----

static const double *values(const struct reference *r, const char *name, const char *method,
                            const char *what)
{
  char key[100];
  snprintf(key, sizeof key, "%s%s%s.%s", name, method ? "." : "", method ? method : "", what);
  return reference_values(r, key, NULL);
}

// Numbers of one quantity, each within tolerance * unit of the expected one.
static void all_close(const double *got, const double *expected, const double *unit,
                      double tolerance, const char *name, const char *what)
{
  for (size_t j = 0; j < 4; j++)
    if (!isnan(expected[j]) &&
        !ok(fabs(got[j] - expected[j]) <= tolerance * unit[j], "%s: %s %zu", name, what, j))
      printf("#   got %.17g, expected %.17g\n", got[j], expected[j]);
}

static void check_method(const struct reference *r, const char *name, const char *method,
                         const struct logit_data *data, double tolerance)
{
  struct logit_options options = {.firth = strcmp(method, "firth") == 0};
  struct logit_fit fit;
  double error[4], lr[4], low[4], high[4];
  const double *s = values(r, name, method, "std_error"), one[4] = {1, 1, 1, 1};
  logit_fit(data, &options, &fit);
  ok(fit.status == LOGIT_CONVERGED, "%s: %s converges", name, method);
  for (size_t j = 0; j < 4; j++) {
    error[j] = sqrt(fit.covariance[j * 5]);
    lr[j] = logit_likelihood_ratio_test(data, &options, &fit, &j, 1).statistic;
    logit_profile_interval(data, &options, &fit, j, 0.95, &low[j], &high[j]);
  }
  all_close(fit.coefficient, values(r, name, method, "coefficient"), s, tolerance, name, method);
  all_close(error, s, s, tolerance, name, "standard error");
  all_close(lr, values(r, name, method, "lr"), one, tolerance, name, "LR chi-square");
  all_close(low, values(r, name, method, "low"), s, tolerance, name, "lower limit");
  all_close(high, values(r, name, method, "high"), s, tolerance, name, "upper limit");
  logit_fit_free(&fit);
}

static void check_reference(const struct reference *r, const char *name, double tolerance)
{
  char key[100];
  size_t n;
  snprintf(key, sizeof key, "%s.u", name);
  const double *u = reference_values(r, key, &n), *v = values(r, name, NULL, "v");
  double k = *values(r, name, NULL, "k"), *x = malloc(4 * n * sizeof *x);
  for (size_t i = 0; i < n; i++) {
    x[i] = 1;
    x[i + n] = u[i] + k;
    x[i + 2 * n] = v[i] + k / 2;
    x[i + 3 * n] = x[i + n] * x[i + 2 * n];
  }
  struct logit_data data = {.n = n, .p = 4, .x = x, .y = values(r, name, NULL, "y")};
  if (strncmp(name, "made", 4) == 0)
    check_method(r, name, "ml", &data, tolerance);
  check_method(r, name, "firth", &data, tolerance);
  free(x);
}

static void test_higher_maximum(const struct reference *r)
{
  size_t n;
  const double *x = reference_values(r, "five.x", &n), *limit = values(r, "five", NULL, "limits");
  double shifted[20], low, high;
  for (size_t i = 0; i < 20; i++)
    shifted[i] = x[i] + (i / 5 == 2 ? 1000 : 0);
  struct logit_data data = {.n = 5, .p = 4, .x = shifted, .y = values(r, "five", NULL, "y")};
  struct logit_options options = {.firth = true};
  struct logit_fit fit;
  logit_fit(&data, &options, &fit);
  logit_profile_interval(&data, &options, &fit, 2, 0.95, &low, &high);
  is_close(low, limit[0], 1e-8, "five rows: lower limit");
  is_close(high, limit[1], 1e-8, "five rows: upper limit, by the higher of two maxima");
  logit_fit_free(&fit);
}

// ---- identities ----

enum { N = 9 };
static const double near[N] = {.1875, .09375,  -.65625, .84375, -.875,
                               1.359375, .875, 1.015625, -1.4375},
                    other[N] = {4.826, 2.707, 2.634, 4.96, 6.111, 4.48, 2.886, 2.331, 4.254},
                    y[N] = {1, 0, 1, 0, 1, 1, 1, 0, 1}, far = -123456;

static void same_test_and_limits(const struct logit_data *a, const struct logit_data *b, size_t j,
                                 bool firth, double tolerance, const char *what)
{
  struct logit_options options = {.firth = firth};
  struct logit_fit fit_a, fit_b;
  logit_fit(a, &options, &fit_a);
  logit_fit(b, &options, &fit_b);
  struct logit_test p = logit_likelihood_ratio_test(a, &options, &fit_a, &j, 1);
  struct logit_test q = logit_likelihood_ratio_test(b, &options, &fit_b, &j, 1);
  double low[2], high[2];
  logit_profile_interval(a, &options, &fit_a, j, 0.95, &low[0], &high[0]);
  logit_profile_interval(b, &options, &fit_b, j, 0.95, &low[1], &high[1]);
  is_close(q.p_value, p.p_value, tolerance, what);
  is_close(low[1], low[0], tolerance, what);
  is_close(high[1], high[0], tolerance, what);
  logit_fit_free(&fit_a);
  logit_fit_free(&fit_b);
}

// A slope is that about the mean; the intercept is a slope, too:
// a + b x = a (1 - x/m) + (a + b m) x/m.
static void test_one_far(void)
{
  double x[3 * N], shifted[3 * N], turned[3 * N];
  for (size_t i = 0; i < N; i++) {
    x[i] = shifted[i] = 1;
    x[i + N] = near[i];
    shifted[i + N] = near[i] + far;
    turned[i] = -near[i] / far;
    turned[i + N] = (near[i] + far) / far;
    x[i + 2 * N] = shifted[i + 2 * N] = turned[i + 2 * N] = other[i];
  }
  struct logit_data a = {.n = N, .p = 3, .x = x, .y = y}, b = a, c = a;
  b.x = shifted;
  c.x = turned;
  for (int firth = 0; firth < 2; firth++) {
    same_test_and_limits(&a, &b, 1, firth, 1e-9, firth ? "Firth, far column" : "far column");
    same_test_and_limits(&a, &b, 2, firth, 1e-9, firth ? "Firth, beside it" : "beside it");
    // 1 - x/m has 11 digits.
    same_test_and_limits(&c, &b, 0, firth, 1e-9, firth ? "Firth, intercept" : "intercept");
  }
}

// The penalty counts weights as rows, in columns set apart too.
static void test_weights(void)
{
  double x[3 * N], repeated[6 * N], twice[2 * N], weight[N], of_row[2 * N];
  size_t n = 0;
  for (size_t i = 0; i < N; i++)
    for (size_t copy = 0; copy < i % 3; copy++)
      n++;
  size_t to = 0;
  for (size_t i = 0; i < N; i++) {
    weight[i] = (double) (i % 3);
    x[i] = 1;
    x[i + N] = near[i] + far;
    x[i + 2 * N] = x[i + N] * other[i];
    for (size_t copy = 0; copy < i % 3; copy++, to++) {
      twice[to] = y[i];
      of_row[to] = 1;
      for (size_t j = 0; j < 3; j++)
        repeated[to + j * n] = x[i + j * N];
    }
  }
  struct logit_data a = {.n = n, .p = 3, .x = repeated, .y = twice, .weight = of_row},
                    b = {.n = N, .p = 3, .x = x, .y = y, .weight = weight};
  for (size_t j = 0; j < 3; j++)
    same_test_and_limits(&a, &b, j, true, 1e-8, "weights are rows"); // products have 11 digits
}

int main(void)
{
  struct reference *r = reference_open("logit_far.tsv");
  // Of products 100, 1000 and 20000 spreads from 0 so much is their own: 1e-4, 1e-6, 5e-9 beside
  // the rounding of their sums, 1e-16 (R's limits: uniroot of a height known to 1e-14).
  check_reference(r, "made0", 1e-8);
  check_reference(r, "made100", 1e-7);
  check_reference(r, "made1000", 1e-6);
  check_reference(r, "made20000", 1e-5);
  check_reference(r, "nine0", 1e-7);
  check_reference(r, "several3", 1e-7);
  test_higher_maximum(r);
  reference_close(r);
  test_one_far();
  test_weights();
  return tap_done();
}
