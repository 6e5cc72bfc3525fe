// SPDX-License-Identifier: GPL-3.0-or-later
// Normal, t, F, chi-square, beta: tails, quantiles, and limits of a proportion.
//
// t, F and beta are one incomplete beta function, chi-square an incomplete gamma function
// (Abramowitz & Stegun 1964, chapter 26); quantiles are roots of the logarithm of the
// smaller tail.
#include <config.h>

#include "stats/distribution.h"

#include <math.h>
#include <stddef.h>

#include <gsl/gsl_cdf.h>

#include "stats/incomplete.h"
#include "stats/root.h"

// From here on a t or F is not told from its limit: the difference is of the order of
// t^4/df, and t is below 40 where the tail is above 1e-300.
static const double practically_infinite = 1e30;

// erfc(z / sqrt 2).  The rounding of z/sqrt 2 alone would cost z^2 epsilon.
static double normal_erfc(double z)
{
  const double high = 0.70710678118654757, low = -4.8336466567264567e-17;
  double scaled = z * high;
  double rest = fma(z, high, -scaled) + z * low;
  double value = erfc(scaled);
  return scaled > 1 && isfinite(rest) ? value * exp(-2 * scaled * rest) : value;
}

double normal_lower(double z)
{
  return 0.5 * normal_erfc(-z);
}

double normal_upper(double z)
{
  return 0.5 * normal_erfc(z);
}

double normal_two_sided(double z)
{
  return normal_erfc(fabs(z));
}

double normal_quantile(double p)
{
  if (!(p >= 0 && p <= 1))
    return NAN;
  if (p == 0 || p == 1)
    return p == 0 ? -INFINITY : INFINITY;
  double z = gsl_cdf_ugaussian_Pinv(p);
  if (fabs(p - 0.5) < 0.4)
    return z;
  // One Newton step on the logarithm of the smaller tail.
  double target = p < 0.5 ? p : 1 - p, size = fabs(z), tail = normal_upper(size);
  double density = exp(-0.5 * size * size) / sqrt(2 * M_PI);
  size += tail / density * log(tail / target);
  return p < 0.5 ? -size : size;
}

// P(|T| <= |t|) and P(|T| >= |t|).
static struct tails t_both_tails(double t, double df)
{
  t = fabs(t);
  if (t < 1e-150)
    return (struct tails){0, 1};
  if (isinf(t))
    return (struct tails){1, 0};
  if (df >= practically_infinite)
    return (struct tails){erf(t * M_SQRT1_2), normal_two_sided(t)};
  double b = df / 2;
  if (t > 1e20 * sqrt(df)) {
    // The leading term (df/t^2)^b / (b B(b, 1/2)); the next is smaller by df/t^2.
    double log_gamma_ratio = b * log(b + 0.5) - (b - 0.5) * log(b) - 0.5 + stirling_error(b + 0.5)
                             - stirling_error(b);
    double p = exp(df * (0.5 * log(df) - log(t)) + log_gamma_ratio) / (b * sqrt(M_PI));
    return (struct tails){1 - p, p};
  }
  struct beta_point point = beta_point_from_f(t * t, 0.5, b);
  return beta_tails(&point);
}

static bool t_is_defined(double t, double df)
{
  return !isnan(t) && df > 0;
}

double t_lower(double t, double df)
{
  return t_upper(-t, df);
}

double t_upper(double t, double df)
{
  if (!t_is_defined(t, df))
    return NAN;
  struct tails both = t_both_tails(t, df);
  return t >= 0 ? 0.5 * both.upper : 0.5 + 0.5 * both.lower;
}

double t_two_sided(double t, double df)
{
  return t_is_defined(t, df) ? t_both_tails(t, df).upper : NAN;
}

static struct tails chi_square_tails(double x, double df)
{
  if (x <= 0)
    return (struct tails){0, 1};
  if (isinf(x))
    return (struct tails){1, 0};
  return isinf(df) ? (struct tails){0, 1} : gamma_tails(df / 2, x / 2);
}

static struct tails f_tails(double f, double df1, double df2)
{
  if (f <= 0)
    return (struct tails){0, 1};
  if (isinf(f))
    return (struct tails){1, 0};
  bool infinite1 = df1 >= practically_infinite, infinite2 = df2 >= practically_infinite;
  if (infinite1 && infinite2)
    return (struct tails){f >= 1, f <= 1};
  if (infinite2)
    return chi_square_tails(df1 * f, df1);
  if (infinite1) {
    struct tails inverse = chi_square_tails(df2 / f, df2);
    return (struct tails){inverse.upper, inverse.lower};
  }
  struct beta_point point = beta_point_from_f(f, df1 / 2, df2 / 2);
  return beta_tails(&point);
}

double f_lower(double f, double df1, double df2)
{
  return !isnan(f) && df1 > 0 && df2 > 0 ? f_tails(f, df1, df2).lower : NAN;
}

double f_upper(double f, double df1, double df2)
{
  return !isnan(f) && df1 > 0 && df2 > 0 ? f_tails(f, df1, df2).upper : NAN;
}

double chi_square_lower(double x, double df)
{
  return !isnan(x) && df > 0 ? chi_square_tails(x, df).lower : NAN;
}

double chi_square_upper(double x, double df)
{
  return !isnan(x) && df > 0 ? chi_square_tails(x, df).upper : NAN;
}

// The place x = start exp(w) at which one tail of a positive variable has the given size.
struct quantile_search {
  struct tails (*tails)(double x, const struct quantile_search *search);
  double df1, df2; // for tails
  double start;
  bool upper;
  double log_target;
};

static double quantile_miss(double w, const void *context)
{
  const struct quantile_search *search = context;
  struct tails tails = search->tails(search->start * exp(w), search);
  return log(search->upper ? tails.upper : tails.lower) - search->log_target;
}

static double quantile_find(struct quantile_search *search, bool upper, double target)
{
  search->upper = upper;
  search->log_target = log(target);
  double miss = quantile_miss(0, search);
  bool grow = (miss < 0) != upper;
  double from = 0, to = grow ? 0.5 : -0.5, shift = log(search->start);
  if (!root_bracket(quantile_miss, search, &from, &to, -740 - shift, 709 - shift))
    return isnan(miss) ? NAN : grow ? INFINITY : 0;
  return search->start * exp(root_between(quantile_miss, search, from, to, 0));
}

// The target is the smaller tail; 1 - p is exact for p above 1/2.
static double quantile_of(struct quantile_search *search, double p)
{
  if (p == 0 || p == 1)
    return p == 0 ? 0 : INFINITY;
  return p <= 0.5 ? quantile_find(search, false, p) : quantile_find(search, true, 1 - p);
}

static struct tails search_t(double x, const struct quantile_search *search)
{
  return t_both_tails(x, search->df1);
}

static struct tails search_f(double x, const struct quantile_search *search)
{
  return f_tails(x, search->df1, search->df2);
}

static struct tails search_chi_square(double x, const struct quantile_search *search)
{
  return chi_square_tails(x, search->df1);
}

// df1, df2 are the shapes here.
static struct tails search_beta(double x, const struct quantile_search *search)
{
  if (x == 0 || isinf(x))
    return x == 0 ? (struct tails){0, 1} : (struct tails){1, 0};
  struct beta_point point = beta_point_from_f(x, search->df1, search->df2);
  return beta_tails(&point);
}

double t_quantile(double p, double df)
{
  if (!(p >= 0 && p <= 1 && df > 0))
    return NAN;
  if (df >= practically_infinite)
    return normal_quantile(p);
  if (p == 0.5)
    return 0;
  double smaller = p < 0.5 ? p : 1 - p, t;
  struct quantile_search search = {.tails = search_t, .df1 = df, .start = 1};
  if (smaller == 0)
    t = INFINITY;
  else if (smaller <= 0.25)
    t = quantile_find(&search, true, 2 * smaller);
  else
    t = quantile_find(&search, false, 1 - 2 * smaller);
  return p < 0.5 ? -t : t;
}

double f_quantile(double p, double df1, double df2)
{
  if (!(p >= 0 && p <= 1 && df1 > 0 && df2 > 0))
    return NAN;
  if (df1 >= practically_infinite && df2 >= practically_infinite)
    return 1;
  struct quantile_search search = {.tails = search_f, .df1 = df1, .df2 = df2, .start = 1};
  return quantile_of(&search, p);
}

double chi_square_quantile(double p, double df)
{
  if (!(p >= 0 && p <= 1 && df > 0))
    return NAN;
  if (isinf(df))
    return INFINITY;
  struct quantile_search search = {.tails = search_chi_square, .df1 = df, .start = df};
  return quantile_of(&search, p);
}

double beta_lower(double x, double a, double b)
{
  if (!(x >= 0 && x <= 1 && a > 0 && b > 0 && isfinite(a) && isfinite(b)))
    return NAN;
  if (x == 0 || x == 1)
    return x;
  struct beta_point point = beta_point_at(x, a, b);
  return beta_tails(&point).lower;
}

double beta_upper(double x, double a, double b)
{
  if (!(x >= 0 && x <= 1 && a > 0 && b > 0 && isfinite(a) && isfinite(b)))
    return NAN;
  if (x == 0 || x == 1)
    return 1 - x;
  struct beta_point point = beta_point_at(x, a, b);
  return beta_tails(&point).upper;
}

// The quantile x and 1 - x.
static bool beta_quantile_pair(double p, double a, double b, double *x, double *y)
{
  *x = *y = NAN;
  if (!(p >= 0 && p <= 1 && a > 0 && b > 0 && isfinite(a) && isfinite(b)))
    return false;
  struct quantile_search search = {.tails = search_beta, .df1 = a, .df2 = b, .start = 1};
  double f = quantile_of(&search, p);
  if (f == 0 || isinf(f)) {
    *x = f == 0 ? 0 : 1;
    *y = 1 - *x;
  } else {
    struct beta_point point = beta_point_from_f(f, a, b);
    *x = point.x;
    *y = point.y;
  }
  return true;
}

double beta_quantile(double p, double a, double b)
{
  double x, y;
  beta_quantile_pair(p, a, b, &x, &y);
  return x;
}

static bool proportion_is_defined(double k, double n, double level)
{
  return k >= 0 && k <= n && n > 0 && isfinite(n) && level > 0 && level < 1;
}

void proportion_exact_interval(double k, double n, double level, double *low, double *high)
{
  *low = *high = NAN;
  if (!proportion_is_defined(k, n, level))
    return;
  double tail = (1 - level) / 2, rest;
  *low = 0;
  *high = 1;
  if (k > 0)
    beta_quantile_pair(tail, k, n - k + 1, low, &rest);
  if (k < n)
    beta_quantile_pair(tail, n - k, k + 1, &rest, high);
}

// Limits (k + z^2/2 -+ z sqrt(k (n-k)/n + z^2/4)) / (n + z^2); the lower one by its
// conjugate k^2/(n (k + z^2/2 + z sqrt(...))), the upper one as 1 minus the lower one of
// n - k where that is the smaller number.
static double wilson_lower(double k, double n, double z)
{
  double root = z * sqrt(k * ((n - k) / n) + z * z / 4);
  return k * (k / n) / (k + z * z / 2 + root);
}

void proportion_wilson_interval(double k, double n, double level, double *low, double *high)
{
  *low = *high = NAN;
  if (!proportion_is_defined(k, n, level))
    return;
  double z = -normal_quantile((1 - level) / 2);
  *low = wilson_lower(k, n, z);
  *high = k == n ? 1 : 1 - wilson_lower(n - k, n, z);
  if (k < 0.5 * n)
    *high = (k + z * z / 2 + z * sqrt(k * ((n - k) / n) + z * z / 4)) / (n + z * z);
}
