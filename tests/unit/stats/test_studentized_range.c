// SPDX-License-Identifier: GPL-3.0-or-later
// Studentized range: against R where ptukey is good, against another quadrature, and
// identities.
#include <config.h>

#include "stats/distribution.h"

#include <math.h>

#include "reference.h"
#include "tap.h"
#include "walk.h"

static double r_error(const double *v)
{
  return fabs(studentized_range_upper(v[0], (int) v[1], v[2]) - v[3]);
}

static double exact_error(const double *v)
{
  return relative(studentized_range_upper(v[0], (int) v[1], v[2]), v[3]);
}

// Two means: the range is |T| sqrt 2.
static void test_two_means(void)
{
  static const double some_df[] = {0.3, 1, 2, 3.5, 10, 135, 1e4, 1e7, 1e15, INFINITY};
  double worst = 0, worst_far = 0;
  for (int i = 0; i < 10; i++)
    for (double q = 1e-3; q < 1e7; q *= 6.1) {
      double p = t_two_sided(q * M_SQRT1_2, some_df[i]);
      double error = relative(studentized_range_upper(q, 2, some_df[i]), p);
      if (p > 1e-30)
        worst = fmax(worst, error);
      else if (p > 1e-290)
        worst_far = fmax(worst_far, error);
    }
  ok(worst < 1e-12, "two means are a t test, P above 1e-30 (%.2g)", worst);
  ok(worst_far < 1e-11, "two means are a t test, P above 1e-290 (%.2g)", worst_far);
}

// k = 3, infinite df: P(R <= w) = 6 integral over 0 < x < w/sqrt 2 of phi(x) (2 Phi(x/sqrt 3)
// - 1) dx (A. T. McKay & E. S. Pearson 1933, Biometrika 25, 415-420), by Simpson's rule.
static void test_three_means(void)
{
  double worst = 0;
  for (double w = 0.25; w < 9; w += 0.5) {
    int n = 8000;
    double end = w * M_SQRT1_2, sum = 0;
    for (int i = 0; i <= n; i++) {
      double x = end * i / n;
      sum += exp(-x * x / 2) * erf(x / sqrt(6)) * (i == 0 || i == n ? 1 : i % 2 ? 4 : 2);
    }
    double lower = 6 * sum * end / (3 * n) / sqrt(2 * M_PI);
    worst = fmax(worst, fabs(1 - studentized_range_upper(w, 3, INFINITY) - lower));
  }
  ok(worst < 1e-13, "three means by McKay & Pearson's integral (%.2g)", worst);
}

static void test_bounds(void)
{
  bool bounded = true, falling = true, rising = true;
  double least_ratio = 1;
  for (int k = 2; k < 1000; k = 2 * k + 1)
    for (double df = 1; df < 1e6; df *= 100) {
      double before = 1;
      for (double q = 0.5; q < 60; q *= 2) {
        double p = studentized_range_upper(q, k, df);
        double pair = t_two_sided(q * M_SQRT1_2, df);
        bounded = bounded && p >= pair * (1 - 1e-10) && p <= 0.5 * k * (k - 1) * pair * (1 + 1e-10);
        falling = falling && p <= before + 1e-14;
        if (k < 500)
          rising = rising && studentized_range_upper(q, k + 1, df) >= p * (1 - 1e-12);
        if (df > 1e4 && p < 1e-15 && p > 1e-250)
          least_ratio = fmin(least_ratio, p / (0.5 * k * (k - 1) * pair));
        before = p;
      }
    }
  ok(bounded, "between the P of one pair and the sum over all pairs");
  ok(falling, "falls with q");
  ok(rising, "rises with the number of means");
  ok(least_ratio > 0.99, "is nearly the sum over pairs far out (%.6f)", least_ratio);
}

static void test_quantiles(void)
{
  // H. L. Harter (1960), Ann. Math. Statist. 31, 1122-1147, to two decimals.
  is_near(studentized_range_quantile(0.95, 3, 10), 3.88, 0.0051, "q.05(3, 10), printed digits");
  is_near(studentized_range_quantile(0.95, 5, 20), 4.23, 0.0051, "q.05(5, 20), printed digits");
  is_near(studentized_range_quantile(0.99, 4, 60), 4.59, 0.0051, "q.01(4, 60), printed digits");
  is_near(studentized_range_quantile(0.95, 10, INFINITY), 4.47, 0.0051,
          "q.05(10, infinity), printed digits");
  double worst = 0;
  for (int k = 2; k < 40; k += 9)
    for (double df = 2; df < 1e5; df *= 31)
      for (int i = 0; i < 5; i++) {
        static const double p_values[] = {1e-3, 0.4, 0.95, 0.999, 1 - 1e-10};
        double p = p_values[i], q = studentized_range_quantile(p, k, df);
        worst = fmax(worst, relative(studentized_range_upper(q, k, df), 1 - p));
      }
  ok(worst < 1e-10, "the quantile gives back its P (%.2g)", worst);
  is_close(studentized_range_quantile(0.95, 2, 7), M_SQRT2 * t_quantile(0.975, 7), 1e-12,
           "the quantile for two means");
  ok(studentized_range_quantile(0, 3, 5) == 0 && studentized_range_quantile(1, 3, 5) == INFINITY,
     "quantiles of 0 and 1");
}

static void test_domain(void)
{
  ok(studentized_range_upper(0, 3, 5) == 1 && studentized_range_upper(-1, 3, 5) == 1
         && studentized_range_upper(INFINITY, 3, 5) == 0,
     "q outside (0, infinity)");
  ok(isnan(studentized_range_upper(1, 1, 5)) && isnan(studentized_range_upper(1, 3, 0))
         && isnan(studentized_range_upper(NAN, 3, 5)) && isnan(studentized_range_upper(1, 3, NAN))
         && isnan(studentized_range_quantile(1.5, 3, 5))
         && isnan(studentized_range_quantile(NAN, 3, 5)),
     "NaN outside the domain");
  is_close(studentized_range_upper(4, 5, 1e21), studentized_range_upper(4, 5, INFINITY), 1e-13,
           "huge df");
  is_close(studentized_range_upper(4, 5, 1e19), studentized_range_upper(4, 5, INFINITY), 1e-10,
           "huge df, still integrated");
}

int main(void)
{
  struct reference *r = reference_open("distribution.tsv");
  // What AS 190 in R is good for (its eps is 1, its inner rule 12 points a panel).
  check_all(r, "studentized.range", r_error, 1e-7, "R's ptukey, absolutely");
  reference_close(r);
  struct reference *exact = reference_open("distribution_exact.tsv");
  check_all(exact, "studentized.range", exact_error, 1e-12, "nested Gauss-Legendre quadrature");
  reference_close(exact);
  test_two_means();
  test_three_means();
  test_bounds();
  test_quantiles();
  test_domain();
  return tap_done();
}
