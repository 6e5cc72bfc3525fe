// SPDX-License-Identifier: GPL-3.0-or-later
// Building blocks of the incomplete gamma and beta functions, and the root finder.
#include <config.h>

#include "stats/incomplete.h"

#include <math.h>

#include "reference.h"
#include "stats/root.h"
#include "tap.h"
#include "walk.h"

static void test_building_blocks(void)
{
  double worst_log = 0, worst_exp = 0;
  for (double x = -0.9; x < 3; x += 0.0137) {
    double series = 0, power = x * x; // log1p(x) - x = -x^2/2 + x^3/3 - ...
    if (fabs(x) < 0.2) {
      for (int k = 2; k < 40; k++, power *= -x)
        series -= power / k;
      worst_log = fmax(worst_log, relative(log_one_plus_minus(x), series));
    } else { // the difference loses some 2/|x| epsilon, eight times that is let pass
      worst_log = fmax(worst_log, relative(log_one_plus_minus(x), log1p(x) - x) * fabs(x) / 16);
    }
    double term = x * x / 2, sum = 0;
    for (int k = 3; k < 60; k++, term *= x / (k - 1))
      sum += term;
    worst_exp = fmax(worst_exp, relative(exp_minus_one_minus(x), sum));
  }
  ok(worst_log < 2e-15, "log(1+x) - x against its power series (%.2g)", worst_log);
  ok(worst_exp < 2e-15, "exp(x) - 1 - x against its power series (%.2g)", worst_exp);
  // Gamma(1/2) = sqrt(pi), Gamma(1) = 1, Gamma(10) = 9!.
  is_close(stirling_error(0.5), 0.5 - 0.5 * log(2), 1e-14, "Stirling's error of Gamma(1/2)");
  is_close(stirling_error(1), 1 - 0.5 * log(2 * M_PI), 1e-14, "Stirling's error of Gamma(1)");
  is_close(stirling_error(10), log(362880) - 9.5 * log(10) + 10 - 0.5 * log(2 * M_PI), 1e-12,
           "Stirling's error of Gamma(10), which cancels three digits here");
  is_close(stirling_error(1e8), 1 / 12e8, 1e-15, "Stirling's error of a large argument");
}

static double cubic(double x, const void *context)
{
  return x * x * x - *(const double *) context;
}

static double jump(double x, const void *context)
{
  (void) context;
  return x < 0.3 ? -INFINITY : INFINITY;
}

static void test_root(void)
{
  double two = 2, from = 0, to = 0.1;
  is_close(root_between(cubic, &two, 0, 2, 0), cbrt(2), 1e-15, "cube root of 2");
  is_close(root_between(jump, NULL, 0, 1, 0), 0.3, 1e-14, "a jump from -Inf to Inf");
  ok(isnan(root_between(cubic, &two, 2, 3, 0)), "no change of sign");
  ok(root_bracket(cubic, &two, &from, &to, -10, 10) && from < cbrt(2) && to > cbrt(2),
     "the bracket is found by growing steps");
  from = 0, to = -0.1;
  ok(!root_bracket(cubic, &two, &from, &to, -10, 10), "and not where it is not");
}

int main(void)
{
  test_building_blocks();
  test_root();
  return tap_done();
}
