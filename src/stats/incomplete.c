// SPDX-License-Identifier: GPL-3.0-or-later
// Incomplete gamma and beta functions.
//
// Each tail is (factor) x (integral), the factor being the density in log x or in the log
// odds.  The factor follows C. Loader (2000), "Fast and accurate computation of binomial
// probabilities": Stirling's formula plus deviance terms that are small where the factor
// is not.  The integral is
// - a series or continued fraction for small shapes: Abramowitz & Stegun (1964) 6.5.29 and
//   6.5.31; A. R. DiDonato & A. H. Morris (1986), ACM TOMS 12, 377-393 (gamma, shape
//   below 1), and (1992), ACM TOMS 18, 360-373, eq. 9 (beta);
// - Gauss-Legendre quadrature for shapes from 20 on, where fractions converge slowly.  In
//   log x (log odds) the densities are log-concave and need no limit on the shapes.
#include <config.h>

#include "stats/incomplete.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include <gsl/gsl_integration.h>
#include <gsl/gsl_sf_zeta.h>

static const double least_shape_for_quadrature = 20;

// With r = x/(2 + x): log(1 + x) = 2 (r + r^3/3 + r^5/5 + ...) and x - 2r = r x.
double log_one_plus_minus(double x)
{
  if (x < -0.5 || x > 0.5)
    return log1p(x) - x;
  double r = x / (2 + x), r2 = r * r;
  double sum = 0, power = 1;
  for (int k = 3; k < 60; k += 2) {
    double term = power / k;
    sum += term;
    if (term < 0.1 * DBL_EPSILON * sum)
      break;
    power *= r2;
  }
  return r * (2 * r2 * sum - x);
}

double exp_minus_one_minus(double x)
{
  if (x < -0.5 || x > 0.5)
    return expm1(x) - x;
  double sum = 1, term = 1;
  for (int k = 3; k < 30; k++) {
    term *= x / k;
    sum += term;
    if (fabs(term) < 0.1 * DBL_EPSILON)
      break;
  }
  return x * x / 2 * sum;
}

// z = 1/(2a + 1): (a + 1/2) log(1 + 1/a) - 1 = atanh(z)/z - 1 = delta(a) - delta(a + 1).
static double stirling_step(double a)
{
  double z = 1 / (2 * a + 1);
  if (z > 0.4)
    return (a + 0.5) * log1p(1 / a) - 1;
  double z2 = z * z, power = z2, sum = 0;
  for (int k = 3; k < 60; k += 2) {
    double term = power / k;
    sum += term;
    if (term < 0.1 * DBL_EPSILON * sum)
      break;
    power *= z2;
  }
  return sum;
}

double stirling_error(double a)
{
  // B_2k / (2k (2k - 1)), Abramowitz & Stegun 6.1.40.
  static const double coefficient[] = {
      1.0 / 12,        -1.0 / 360, 1.0 / 1260,       -1.0 / 1680,        1.0 / 1188,
      -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400, 43867.0 / 244188};
  double steps = 0;
  while (a < 10) {
    steps += stirling_step(a);
    a += 1;
  }
  double inverse = 1 / a, square = inverse * inverse, sum = 0;
  for (int k = (int) (sizeof coefficient / sizeof *coefficient) - 1; k >= 0; k--)
    sum = sum * square + coefficient[k];
  return sum * inverse + steps;
}

double log_ratio_minus(double ratio, double deviation)
{
  return fabs(deviation) < 0.5 ? log_one_plus_minus(deviation) : log(ratio) - deviation;
}

// A tail as an integral of exp(-phi(s)) over s > 0, phi convex with phi(0) = 0.
struct tail_integral {
  double slope;     // phi'(0) >= 0
  double curvature; // phi''(0) > 0
  void (*phi)(const struct tail_integral *tail, double s, double *value, double *derivative);
  double x, y, n; // for phi: see there
};

static double tail_integrate(const struct tail_integral *tail)
{
  enum { N_NODES = 64 };
  // Up to phi = 45 the rest is below 1e-19.  Newton's steps on a convex function land at
  // or beyond the root after the first and come down from there.
  const double depth = 45;
  double c = tail->curvature, d = tail->slope;
  double end = 2 * depth / (d + sqrt(d * d + 2 * c * depth));
  for (int i = 0; i < 50; i++) {
    double value, derivative;
    tail->phi(tail, end, &value, &derivative);
    double step = (value - depth) / derivative;
    end -= step;
    if (fabs(step) < 0.02 * end)
      break;
  }
  gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(N_NODES);
  if (!table)
    return NAN;
  double sum = 0;
  for (size_t i = 0; i < N_NODES; i++) {
    double s, weight, value, derivative;
    gsl_integration_glfixed_point(0, end, i, &s, &weight, table);
    tail->phi(tail, s, &value, &derivative);
    sum += weight * exp(-value);
  }
  gsl_integration_glfixed_table_free(table);
  return sum;
}

double gamma_factor(double a, double x)
{
  double deviance = a * log_ratio_minus(x / a, (x - a) / a);
  return sqrt(a / (2 * M_PI)) * exp(deviance - stirling_error(a));
}

// Integrand (t/x)^a exp(x - t) at t = x exp(-s), and at t = x exp(s).
static void gamma_lower_phi(const struct tail_integral *tail, double s, double *value,
                            double *derivative)
{
  *value = tail->slope * s + tail->x * exp_minus_one_minus(-s);
  *derivative = tail->slope - tail->x * expm1(-s);
}

static void gamma_upper_phi(const struct tail_integral *tail, double s, double *value,
                            double *derivative)
{
  *value = tail->slope * s + tail->x * exp_minus_one_minus(s);
  *derivative = tail->slope + tail->x * expm1(s);
}

// 1/a + x/(a (a+1)) + x^2/(a (a+1) (a+2)) + ...
static double gamma_series(double a, double x)
{
  double term = 1 / a, sum = term;
  for (int k = 1; k < 10000 && term > 0.1 * DBL_EPSILON * sum; k++) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

// 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))), by Lentz's rule.
static double gamma_fraction(double a, double x)
{
  const double tiny = 1e-300;
  double b = x + 1 - a, c = b, d = 0, product = b; // b > 0, as x >= 1 and x >= a
  for (int k = 1; k < 10000; k++) {
    double numerator = -k * (k - a);
    b += 2;
    d = b + numerator * d;
    d = 1 / (d == 0 ? tiny : d);
    c = b + numerator / c;
    c = c == 0 ? tiny : c;
    product *= c * d;
    if (fabs(c * d - 1) < 0.5 * DBL_EPSILON)
      break;
  }
  return 1 / product;
}

// log Gamma(1 + a), |a| <= 1, from log(1 + a) + log Gamma(1 + a)
// = a (1 - Euler) + sum over k >= 2 of (zeta(k) - 1) (-a)^k / k.
static double log_gamma_one_plus(double a)
{
  double sum = 0, power = a * a;
  for (int k = 2; k < 60; k++) {
    double term = gsl_sf_zetam1_int(k) * power / k;
    sum += term;
    if (fabs(term) < 0.01 * DBL_EPSILON * fabs(sum))
      break;
    power *= -a;
  }
  return a * (1 - M_EULER) - log1p(a) + sum;
}

// The upper tail for a < 1, x <= 1, where the lower one may be nearly 1:
// P = x^a/Gamma(1+a) (1 + a sum over k >= 1 of (-x)^k / (k! (a+k))).
static double gamma_upper_small(double a, double x)
{
  double exponent = a * log(x) - log_gamma_one_plus(a);
  double sum = 0, term = 1;
  for (int k = 1; k < 40; k++) {
    term *= -x / k;
    sum += term / (a + k);
    if (fabs(term) < 0.1 * DBL_EPSILON * fabs(sum))
      break;
  }
  return -expm1(exponent) - exp(exponent) * a * sum;
}

struct tails gamma_tails(double a, double x)
{
  if (x <= 0)
    return (struct tails){0, 1};
  if (isinf(x))
    return (struct tails){1, 0};
  double factor = gamma_factor(a, x), p;
  if (a >= least_shape_for_quadrature) {
    bool below = x < a;
    struct tail_integral tail = {.slope = below ? a - x : x - a,
                                 .curvature = x,
                                 .phi = below ? gamma_lower_phi : gamma_upper_phi,
                                 .x = x};
    p = factor == 0 ? 0 : factor * tail_integrate(&tail);
    return below ? (struct tails){p, 1 - p} : (struct tails){1 - p, p};
  }
  if (a < 1 && x <= 1) {
    p = factor * gamma_series(a, x);
    return (struct tails){p, p < 0.5 ? 1 - p : gamma_upper_small(a, x)};
  }
  if (x < a + 1) {
    p = factor * gamma_series(a, x);
    return (struct tails){p, 1 - p};
  }
  p = factor * gamma_fraction(a, x);
  return (struct tails){1 - p, p};
}

struct beta_point beta_point_at(double x, double a, double b)
{
  double y = 1 - x, y_rest = (1 - y) - x;
  // b x - a y, with the rounding errors of both products.
  double bx = b * x, ay = a * y;
  double rest = fma(b, x, -bx) - fma(a, y, -ay) - a * y_rest;
  double difference = (bx - ay) + rest;
  return (struct beta_point){a, b, x, y, difference / a, -difference / b};
}

struct beta_point beta_point_from_f(double f, double a, double b)
{
  double difference, x, y;
  if (f >= 1) {
    double scale = a + b / f;
    difference = (f - 1) / f / scale;
    x = a / scale;
    y = b / f / scale;
  } else {
    double scale = a * f + b;
    difference = (f - 1) / scale;
    x = a * f / scale;
    y = b / scale;
  }
  return (struct beta_point){a, b, x, y, difference * b, -difference * a};
}

double beta_factor(const struct beta_point *point)
{
  double a = point->a, b = point->b, n = a + b;
  double deviance = a * log_ratio_minus(n / a * point->x, point->u)
                    + b * log_ratio_minus(n / b * point->y, point->v);
  double stirling = stirling_error(n) - stirling_error(a) - stirling_error(b);
  double larger = fmax(a, b), smaller = fmin(a, b);
  return sqrt(smaller * (larger / n) / (2 * M_PI)) * exp(deviance + stirling);
}

// Integrand x^a y^b relative to its start at log odds smaller by s:
// phi = a s + n log(1 + x (exp(-s) - 1)) = n log(1 + y (exp(s) - 1)) - b s.
static void beta_phi(const struct tail_integral *tail, double s, double *value, double *derivative)
{
  double x = tail->x, y = tail->y, n = tail->n;
  double step = x < 0.5 ? x * expm1(-s) : y * expm1(s);
  double second = x < 0.5 ? x * exp_minus_one_minus(-s) : y * exp_minus_one_minus(s);
  *value = tail->slope * s + n * (second + log_one_plus_minus(step));
  // x now is x exp(-s)/(1 + x (exp(-s) - 1)) = x/(1 + y (exp(s) - 1)).
  double change = x < 0.5 ? y * step / (1 + step) : -x * step / (1 + step);
  *derivative = tail->slope - n * change;
}

// DiDonato & Morris (1992), eq. 9: I_x(a, b) = factor / (beta1 + alpha2/(beta2 + ...)).
static double beta_fraction(const struct beta_point *point)
{
  const double tiny = 1e-300;
  double a = point->a, b = point->b, x = point->x, y = point->y;
  double lambda = -a * point->u; // a - (a + b) x
  double beta = a / (a + 1) * (lambda + 1);
  double c = beta, d = 0, product = beta; // lambda >= 0
  for (int k = 1; k < 100000; k++) {
    double odd = a + 2 * k - 1;
    double alpha = (a + k - 1) / odd * ((a + b + k - 1) / odd) * x * k * (b - k) * x;
    beta = k + k * (b - k) * x / odd + (a + k) / (odd + 2) * (lambda + 1 + k * (1 + y));
    d = beta + alpha * d;
    d = 1 / (d == 0 ? tiny : d);
    c = beta + alpha / c;
    c = c == 0 ? tiny : c;
    product *= c * d;
    if (fabs(c * d - 1) < 0.5 * DBL_EPSILON)
      break;
  }
  return 1 / product;
}

// The lower tail at a point below the mean.
static double beta_lower_tail(const struct beta_point *point)
{
  double factor = beta_factor(point);
  if (factor == 0)
    return 0;
  if (fmin(point->a, point->b) < least_shape_for_quadrature)
    return factor * beta_fraction(point);
  double n = point->a + point->b;
  struct tail_integral tail = {.slope = -point->a * point->u,
                               .curvature = n * point->x * point->y,
                               .phi = beta_phi,
                               .x = point->x,
                               .y = point->y,
                               .n = n};
  return factor * tail_integrate(&tail);
}

struct tails beta_tails(const struct beta_point *point)
{
  if (point->u <= 0) {
    double p = beta_lower_tail(point);
    return (struct tails){p, 1 - p};
  }
  struct beta_point mirrored = {point->b, point->a, point->y, point->x, point->v, point->u};
  double p = beta_lower_tail(&mirrored);
  return (struct tails){1 - p, p};
}
