// SPDX-License-Identifier: GPL-3.0-or-later
// Noncentral chi-square, F and t, and the noncentrality that gives a stated probability.
//
// Chi-square and F are Poisson mixtures of central ones (N. L. Johnson, S. Kotz &
// N. Balakrishnan 1995, Continuous Univariate Distributions 2, chapters 29 and 30):
//   P(X <= x) = sum over j of Poisson(j; lambda/2) P_j,  P_j with df + 2j.
// Neighbouring P_j differ by one gamma (beta) factor, which is added: downward in j for
// lower tails, upward for upper ones, so that each tail is a sum of positive terms.
//
// t is the integral over the scale or over the normal numerator, whichever is smoother, by
// the trapezoidal rule (see studentized_range.c).  The series of AS 243 (R. V. Lenth 1989,
// Applied Statistics 38, 185-189) underflows beyond a noncentrality of 37.
#include <config.h>

#include "stats/distribution.h"

#include <math.h>

#include "stats/incomplete.h"
#include "stats/root.h"

static const double practically_infinite = 1e30;
static const double negligible = 1e-18;

// Shape a + j; chi-square: x is half the value, b unused; F: x is the value.
struct mixture {
  struct tails (*tails)(const struct mixture *mixture, double j);
  double (*step)(const struct mixture *mixture, double j); // P_j - P_(j+1)
  double x, a, b;
  double mean; // of j: lambda/2
  bool upper;
};

static struct tails gamma_part(const struct mixture *mixture, double j)
{
  return gamma_tails(mixture->a + j, mixture->x);
}

static double gamma_part_step(const struct mixture *mixture, double j)
{
  return gamma_factor(mixture->a + j, mixture->x) / (mixture->a + j);
}

static struct beta_point beta_part_point(const struct mixture *mixture, double j)
{
  double a = mixture->a;
  return beta_point_from_f(mixture->x * (a / (a + j)), a + j, mixture->b);
}

static struct tails beta_part(const struct mixture *mixture, double j)
{
  struct beta_point point = beta_part_point(mixture, j);
  return beta_tails(&point);
}

static double beta_part_step(const struct mixture *mixture, double j)
{
  struct beta_point point = beta_part_point(mixture, j);
  return beta_factor(&point) / (mixture->a + j);
}

static double mixture_tail(const struct mixture *mixture, double j)
{
  struct tails tails = mixture->tails(mixture, j);
  return mixture->upper ? tails.upper : tails.lower;
}

// exp(-m) m^j / j!
static double poisson(double j, double mean)
{
  return j == 0 ? exp(-mean) : gamma_factor(j, mean) / j;
}

// Whether the product of Poisson probability and tail is larger at j + 1 than at j.
static bool mixture_rises(const struct mixture *mixture, double j)
{
  double here = mixture_tail(mixture, j);
  if (here == 0)
    return mixture->upper;
  return mixture->mean * mixture_tail(mixture, j + 1) > (j + 1) * here;
}

// The products are log-concave in j.  Lower tails fall with j, so their mode is below that
// of the Poisson distribution; upper tails rise.
static double mixture_mode(const struct mixture *mixture)
{
  double low = 0, high = ceil(mixture->mean);
  if (mixture->upper) {
    low = floor(mixture->mean);
    for (double step = 16; mixture_rises(mixture, high) && high < 1e15; step *= 2)
      high += step;
  }
  while (high - low > 1) {
    double middle = floor((low + high) / 2);
    if (mixture_rises(mixture, middle))
      low = middle;
    else
      high = middle;
  }
  return low;
}

static double mixture_sum(const struct mixture *mixture)
{
  // The products fall off at least as fast as Poisson probabilities do around the mode.
  double mode = mixture_mode(mixture), reach = 9.5 * sqrt(mode + 1) + 45;
  double first = fmax(0, mode - floor(reach)), last = mode + ceil(reach);
  double from = mixture->upper ? first : last, to = mixture->upper ? last : first;
  double by = mixture->upper ? 1 : -1;
  double tail = mixture_tail(mixture, from), sum = 0;
  for (double j = from;; j += by) {
    sum += poisson(j, mixture->mean) * tail;
    if (j == to)
      break;
    tail += mixture->step(mixture, mixture->upper ? j : j - 1);
  }
  return fmin(1, sum);
}

static double noncentral_chi_square_tail(double x, double df, double noncentrality, bool upper)
{
  if (isnan(x) || !(df > 0) || !(noncentrality >= 0) || isinf(noncentrality))
    return NAN;
  if (noncentrality == 0 || x <= 0 || isinf(x) || isinf(df))
    return upper ? chi_square_upper(x, df) : chi_square_lower(x, df);
  struct mixture mixture = {.tails = gamma_part,
                            .step = gamma_part_step,
                            .x = x / 2,
                            .a = df / 2,
                            .mean = noncentrality / 2,
                            .upper = upper};
  return mixture_sum(&mixture);
}

double noncentral_chi_square_lower(double x, double df, double noncentrality)
{
  return noncentral_chi_square_tail(x, df, noncentrality, false);
}

double noncentral_chi_square_upper(double x, double df, double noncentrality)
{
  return noncentral_chi_square_tail(x, df, noncentrality, true);
}

static double noncentral_f_tail(double f, double df1, double df2, double noncentrality, bool upper)
{
  if (isnan(f) || !(df1 > 0) || !(df2 > 0) || !(noncentrality >= 0) || isinf(noncentrality))
    return NAN;
  if (noncentrality == 0 || f <= 0 || isinf(f) || df1 >= practically_infinite)
    return upper ? f_upper(f, df1, df2) : f_lower(f, df1, df2);
  if (df2 >= practically_infinite)
    return noncentral_chi_square_tail(df1 * f, df1, noncentrality, upper);
  struct mixture mixture = {.tails = beta_part,
                            .step = beta_part_step,
                            .x = f,
                            .a = df1 / 2,
                            .b = df2 / 2,
                            .mean = noncentrality / 2,
                            .upper = upper};
  return mixture_sum(&mixture);
}

double noncentral_f_lower(double f, double df1, double df2, double noncentrality)
{
  return noncentral_f_tail(f, df1, df2, noncentrality, false);
}

double noncentral_f_upper(double f, double df1, double df2, double noncentrality)
{
  return noncentral_f_tail(f, df1, df2, noncentrality, true);
}

// One tail of (Z + delta)/S at t > 0, S = sqrt(chi-square/df).
struct noncentral_t {
  double t, df, delta;
  bool upper;
};

// Over v = log S: density of v times P(Z <= t S - delta), or P(Z >= t S - delta).
static double scale_integrand(const struct noncentral_t *p, double v)
{
  double density = exp(-p->df / 2 * exp_minus_one_minus(2 * v));
  if (density == 0)
    return 0;
  double z = p->t * exp(v) - p->delta;
  return density * (p->upper ? normal_upper(z) : normal_lower(z));
}

// phi(z)/Phi(z), good enough to find a mode by.
static double normal_ratio(double z)
{
  return z < -30 ? -z : exp(-0.5 * z * z) / (sqrt(2 * M_PI) * normal_lower(z));
}

// The mode in v, where df (1/s - s) +- t phi(z)/Phi(+-z) = 0, z = t s - delta; the left
// side falls in s, so there is one.
static double scale_mode(const struct noncentral_t *p)
{
  double low = -350, high = 350;
  for (int i = 0; i < 40; i++) {
    double v = (low + high) / 2, s = exp(v), z = p->t * s - p->delta;
    double slope = p->df * (1 / s - s)
                   + (p->upper ? -p->t * normal_ratio(-z) : p->t * normal_ratio(z));
    if (slope > 0)
      low = v;
    else
      high = v;
  }
  return (low + high) / 2;
}

// Over z = the normal numerator: phi(z) P(S >= (z + delta)/t), or P(S <= ...).
static double numerator_integrand(const struct noncentral_t *p, double z)
{
  double s = (z + p->delta) / p->t, x = p->df * s * s;
  double tail = s <= 0 ? !p->upper : p->upper ? chi_square_lower(x, p->df)
                                              : chi_square_upper(x, p->df);
  return exp(-0.5 * z * z) * tail;
}

// step times the sum of f on the grid through `start`, both ways until it is negligible.
static double grid_sum(double (*f)(const struct noncentral_t *p, double x),
                       const struct noncentral_t *p, double start, double step)
{
  double sum = 0, largest = 0;
  for (int direction = -1; direction <= 1; direction += 2) {
    double before = 0;
    for (int i = direction > 0; i < 10000000; i++) {
      double value = f(p, start + direction * i * step);
      sum += value;
      largest = fmax(largest, value);
      if (value <= before && value <= negligible * largest)
        break;
      before = value;
    }
  }
  return sum * step;
}

static double positive_t_tail(const struct noncentral_t *p)
{
  double df = p->df, delta = p->delta;
  // A large noncentrality makes the first integrand a step of width 1/delta in v against a
  // density of width 1/sqrt(2 df); the second one is then smooth.
  if (delta > 15 && delta * delta > 2 * df && p->t > delta / 4)
    return grid_sum(numerator_integrand, p, 0, 0.25) / sqrt(2 * M_PI);
  double a = df / 2, c = 2 * sqrt(a / (2 * M_PI)) * exp(-stirling_error(a));
  // 0.1: the density of v is analytic for |Im v| < pi/4 only.
  double step = fmin(0.1, 0.5 / sqrt(2 * df + delta * delta + 4));
  return c * grid_sum(scale_integrand, p, scale_mode(p), step);
}

static struct tails noncentral_t_tails(double t, double df, double delta)
{
  if (t < 0) {
    struct tails mirrored = noncentral_t_tails(-t, df, -delta);
    return (struct tails){mirrored.upper, mirrored.lower};
  }
  if (t == 0 || isinf(t) || df >= practically_infinite)
    return (struct tails){normal_lower(t - delta), normal_upper(t - delta)};
  struct noncentral_t p = {t, df, delta, t > delta};
  double tail = fmin(1, positive_t_tail(&p));
  return p.upper ? (struct tails){1 - tail, tail} : (struct tails){tail, 1 - tail};
}

static bool noncentral_t_is_defined(double t, double df, double noncentrality)
{
  return !isnan(t) && df > 0 && isfinite(noncentrality);
}

double noncentral_t_lower(double t, double df, double noncentrality)
{
  if (!noncentral_t_is_defined(t, df, noncentrality))
    return NAN;
  return noncentral_t_tails(t, df, noncentrality).lower;
}

double noncentral_t_upper(double t, double df, double noncentrality)
{
  if (!noncentral_t_is_defined(t, df, noncentrality))
    return NAN;
  return noncentral_t_tails(t, df, noncentrality).upper;
}

// log(tail at the observed value) - log(target) as a function of the noncentrality.
struct limit_search {
  double (*tail)(const struct limit_search *search, double noncentrality);
  double x, df1, df2;
  bool upper;
  double target;
};

static double limit_miss(double noncentrality, const void *context)
{
  const struct limit_search *search = context;
  return log(search->tail(search, noncentrality)) - log(search->target);
}

static double search_t(const struct limit_search *search, double noncentrality)
{
  return (search->upper ? noncentral_t_upper : noncentral_t_lower)(search->x, search->df1,
                                                                   noncentrality);
}

static double search_f(const struct limit_search *search, double noncentrality)
{
  return noncentral_f_tail(search->x, search->df1, search->df2, noncentrality, search->upper);
}

static double search_chi_square(const struct limit_search *search, double noncentrality)
{
  return noncentral_chi_square_tail(search->x, search->df1, noncentrality, search->upper);
}

static const double most_noncentrality = 1e12;

// The lower limit leaves `target` above the observed value, the upper one below.
static double t_limit(struct limit_search *search, bool upper)
{
  search->upper = upper;
  double scale = sqrt(1 + search->x * search->x / (2 * search->df1));
  double from = search->x;
  // The upper tail grows with the noncentrality.
  bool too_small = limit_miss(from, search) < 0;
  double to = from + (too_small == upper ? 2 : -2) * scale;
  if (!root_bracket(limit_miss, search, &from, &to, -most_noncentrality, most_noncentrality))
    return NAN;
  return root_between(limit_miss, search, from, to, 1e-13 * scale);
}

bool noncentral_t_interval(double t, double df, double level, double *low, double *high)
{
  *low = *high = NAN;
  if (!isfinite(t) || !(df > 0) || !(level > 0 && level < 1))
    return false;
  struct limit_search search = {.tail = search_t, .x = t, .df1 = df, .target = (1 - level) / 2};
  *low = t_limit(&search, true);
  *high = t_limit(&search, false);
  return isfinite(*low) && isfinite(*high);
}

static double positive_limit(struct limit_search *search, bool upper, double scale)
{
  search->upper = upper;
  double miss = limit_miss(0, search);
  if (isnan(miss))
    return NAN;
  if (upper ? miss >= 0 : miss <= 0)
    return 0;
  double from = 0, to = fmax(1, scale);
  if (!root_bracket(limit_miss, search, &from, &to, 0, most_noncentrality))
    return NAN;
  return root_between(limit_miss, search, from, to, 0);
}

static bool positive_interval(struct limit_search *search, double scale, double *low, double *high)
{
  *low = positive_limit(search, true, scale);
  *high = positive_limit(search, false, scale);
  return isfinite(*low) && isfinite(*high);
}

bool noncentral_f_interval(double f, double df1, double df2, double level, double *low,
                           double *high)
{
  *low = *high = NAN;
  if (!(f >= 0) || isinf(f) || !(df1 > 0) || !(df2 > 0) || !(level > 0 && level < 1))
    return false;
  struct limit_search search = {
      .tail = search_f, .x = f, .df1 = df1, .df2 = df2, .target = (1 - level) / 2};
  return positive_interval(&search, df1 * f, low, high);
}

bool noncentral_chi_square_interval(double x, double df, double level, double *low, double *high)
{
  *low = *high = NAN;
  if (!(x >= 0) || isinf(x) || !(df > 0) || !(level > 0 && level < 1))
    return false;
  struct limit_search search = {
      .tail = search_chi_square, .x = x, .df1 = df, .target = (1 - level) / 2};
  return positive_interval(&search, x, low, high);
}
