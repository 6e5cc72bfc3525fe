// SPDX-License-Identifier: GPL-3.0-or-later
// Saddle-point form of the binomial density (Loader 2000): every factorial is replaced by
// Stirling's formula and its remainder, and what is left of the large terms are deviances,
// which are computed without cancellation.
#include <config.h>

#include "stats/hypergeometric.h"

#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_log.h>
#include <math.h>

static const double TWO_PI = 6.283185307179586476925286766559;

double deviance_term(double observed, double expected, double difference)
{
  if (observed <= 0)
    return expected;
  double d = difference / expected;
  // (1 + d) log(1 + d) - d; log(1 + d) - d is -d^2/2 + ... for small d.
  if (fabs(d) < 0.5)
    return expected * ((1 + d) * gsl_sf_log_1plusx_mx(d) + d * d);
  return observed * log(observed / expected) - difference;
}

double log_factorial_remainder(double x)
{
  return log(gsl_sf_gammastar(x)) + 0.5 * log(TWO_PI * x);
}

// a b - c d, rounded once or twice (Kahan's difference of products).
static double product_difference(double a, double b, double c, double d)
{
  double cd = c * d, error = fma(-c, d, cd);
  return fma(a, b, -cd) + error;
}

double binomial_log_density(double x, double n, double part, double total)
{
  if (!(x >= 0 && x <= n))
    return -INFINITY;
  double rest = total - part, y = n - x;
  if ((part <= 0 && x > 0) || (rest <= 0 && y > 0))
    return -INFINITY;
  // 0 log 0 is 0.
  if (x == 0)
    return n > 0 ? n * (part < rest ? log1p(-part / total) : log(rest / total)) : 0;
  if (y == 0)
    return n * (rest < part ? log1p(-rest / total) : log(part / total));
  double difference = product_difference(x, total, n, part) / total;
  double deviance = deviance_term(x, n * (part / total), difference) +
                    deviance_term(y, n * (rest / total), -difference);
  return log(gsl_sf_gammastar(n)) - log(gsl_sf_gammastar(x)) - log(gsl_sf_gammastar(y)) -
         deviance - 0.5 * log(TWO_PI * x * (y / n));
}

double hypergeometric_log_density(double x, double row, double column, double total)
{
  double y = row - x;
  if (!(x >= 0 && y >= 0 && x <= column && y <= total - column))
    return -INFINITY;
  return binomial_log_density(x, column, row, total) +
         binomial_log_density(y, total - column, row, total) -
         binomial_log_density(row, total, row, total);
}
