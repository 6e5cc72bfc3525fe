// SPDX-License-Identifier: GPL-3.0-or-later
// Studentized range: the range of k standard normal values over an independent
// sqrt(chi-square/df).
//
//   P(Q >= q) = integral of g(s) U(q s) ds,  g the density of sqrt(chi-square/df),
//   U(w) = P(range >= w) = k integral of phi(z) (Phi(z)^(k-1) - (Phi(z) - Phi(z-w))^(k-1)) dz
//
// (H. L. Harter 1960, Ann. Math. Statist. 31, 1122-1147, in upper tails; z is the largest
// value).  The upper tail is integrated as itself, all terms being positive: nothing is
// subtracted from 1, unlike in AS 190 and M. D. Copenhaver & B. Holland (1988), J. Statist.
// Comput. Simul. 30, 1-15.  Both integrands are analytic and fall to 0 at both ends of the
// line (s as log s), where the trapezoidal rule converges faster than any power of its
// step (L. N. Trefethen & J. A. C. Weideman 2014, SIAM Review 56, 385-458).
#include <config.h>

#include "stats/distribution.h"

#include <math.h>
#include <stdbool.h>

#include "stats/incomplete.h"
#include "stats/root.h"

static const double negligible = 1e-18;

// U(w), w > 0.
static double range_upper(double w, int n_means)
{
  // The integrand is nearly exp(-(z - w/2)^2) for large w and the density of the largest
  // of k values for small w, which is narrower by some sqrt(2 log k).
  double step = n_means < 10 ? 0.25 : n_means < 100 ? 0.2 : 0.125;
  double others = n_means - 1;
  // Near the mode: half the range, or the typical largest of k values.
  double centre = fmax(w / 2, -normal_quantile(1.0 / n_means)), largest = 0, sum = 0;
  for (int direction = -1; direction <= 1; direction += 2) {
    double before = 0;
    for (int i = direction > 0; i < 2000; i++) {
      double z = centre + direction * i * step;
      double cover = normal_lower(z);
      double missed = normal_lower(z - w) / cover;
      double power = cover == 0 ? 0
                                : exp(others * log(cover) - 0.5 * z * z)
                                      * -expm1(others * log1p(-fmin(missed, 1)));
      sum += power;
      largest = fmax(largest, power);
      // Unimodal: beyond the mode nothing returns.
      if (power <= before && power <= negligible * largest)
        break;
      before = power;
    }
  }
  return fmin(1, n_means * step * sum / sqrt(2 * M_PI));
}

double studentized_range_upper(double q, int n_means, double df)
{
  if (isnan(q) || n_means < 2 || !(df > 0))
    return NAN;
  if (q <= 0)
    return 1;
  if (isinf(q))
    return 0;
  // Beyond, the correction of the order q^4/df is nothing.
  if (df > 1e20)
    return range_upper(q, n_means);
  // With v = log s: g(s) ds = c exp(-df (exp(2v) - 1 - 2v)/2) dv.
  double a = df / 2, c = 2 * sqrt(a / (2 * M_PI)) * exp(-stirling_error(a));
  // Both factors limit the step: g has standard deviation 1/sqrt(2 df) in v, and U falls
  // within sd/mean of the range, 0.26 for k = 10 and 0.07 for k = 1000.
  double step = fmin(fmin(0.1, 0.2 / (1 + 0.35 * log2(n_means))), 0.6 / sqrt(2 * df));
  // U(q s) falls at least like exp(-q^2 s^2/4), so that the mode lies between v_low and 0.
  double v_low = -0.5 * log1p(q * q / (2 * df));
  double largest = 0, sum = 0;
  for (int direction = -1; direction <= 1; direction += 2) {
    double before = 0;
    for (int i = direction > 0; i < 100000; i++) {
      double v = v_low + direction * i * step;
      double density = exp(-a * exp_minus_one_minus(2 * v));
      // U is at most 1: no need for it where the density is nothing.
      double term = density > 0 ? density * range_upper(q * exp(v), n_means) : 0;
      sum += term;
      largest = fmax(largest, term);
      if (term <= before && term <= negligible * largest)
        break;
      before = term;
    }
  }
  return fmin(1, c * step * sum);
}

struct range_search {
  int n_means;
  double df, target;
  bool upper;
};

static double range_miss(double log_q, const void *context)
{
  const struct range_search *search = context;
  double p = studentized_range_upper(exp(log_q), search->n_means, search->df);
  return log(search->upper ? p : 1 - p) - log(search->target);
}

double studentized_range_quantile(double p, int n_means, double df)
{
  if (!(p >= 0 && p <= 1) || n_means < 2 || !(df > 0))
    return NAN;
  if (p == 0 || p == 1)
    return p == 0 ? 0 : INFINITY;
  struct range_search search = {n_means, df, p > 0.5 ? 1 - p : p, p > 0.5};
  double from = log(3), miss = range_miss(from, &search);
  bool grow = (miss < 0) != search.upper;
  double to = from + (grow ? 0.25 : -0.25);
  if (!root_bracket(range_miss, &search, &from, &to, -700, 700))
    return grow ? INFINITY : 0;
  return exp(root_between(range_miss, &search, from, to, 1e-13));
}
