// SPDX-License-Identifier: GPL-3.0-or-later
// Limits of agreement of two readers.
//
// J. M. Bland, D. G. Altman (1986), Lancet 327:307-10; (1999), Stat Methods Med Res 8:135-60.
#include <config.h>

#include "stats/agreement.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/summary.h"

static struct interval_estimate about(double estimate, double half_width)
{
  return (struct interval_estimate){estimate, estimate - half_width, estimate + half_width};
}

// n times the variance of a limit, in variances of the differences.
static double limit_factor(double multiplier)
{
  return multiplier >= 1.95 && multiplier <= 2.05 ? 3 : 1 + multiplier * multiplier / 2;
}

static double correlate(const double *x, const double *y, size_t n, const struct moments *of_x,
                        const struct moments *of_y)
{
  struct compensated_sum sum = {0};
  for (size_t i = 0; i < n; i++)
    sum_add(&sum, (x[i] - of_x->mean - of_x->mean_tail) * (y[i] - of_y->mean - of_y->mean_tail));
  double r = sum_total(&sum) / sqrt(of_x->sum_squares) / sqrt(of_y->sum_squares);
  return isfinite(r) ? fmax(-1, fmin(1, r)) : NAN;
}

struct bland_altman_result bland_altman_compute(const double *x, const double *y, size_t n,
                                                double multiplier, double level)
{
  double *difference = NEW_ARRAY(double, 2 * n + 1), *mean = difference + n, largest = 0;
  for (size_t i = 0; i < n; i++) {
    difference[i] = x[i] - y[i];
    mean[i] = x[i] + (y[i] - x[i]) / 2;
    largest = fmax(largest, fmax(fabs(x[i]), fabs(y[i])));
  }
  struct moments of_difference = moments_compute(difference, NULL, n);
  struct moments of_mean = moments_compute(mean, NULL, n);
  // What the rounding of the readings alone could have made is no spread.
  double noise = 4 * DBL_EPSILON * largest;
  if (of_difference.sum_squares <= (double) n * noise * noise)
    of_difference.sum_squares = 0;
  if (of_mean.sum_squares <= (double) n * noise * noise)
    of_mean.sum_squares = 0;

  struct bland_altman_result r = {.n = n, .multiplier = multiplier};
  double df = (double) n - 1, bias = of_difference.mean + of_difference.mean_tail;
  r.sd = moments_sd(&of_difference);
  r.std_error = r.sd / sqrt((double) n);
  double t = df > 0 ? t_quantile((1 + level) / 2, df) : NAN;
  double half_width = t * r.std_error * sqrt(limit_factor(multiplier));
  r.bias = about(bias, t * r.std_error);
  r.lower = about(bias - multiplier * r.sd, half_width);
  r.upper = about(bias + multiplier * r.sd, half_width);
  r.df = df > 0 ? df : NAN;
  r.statistic = r.std_error > 0 ? bias / r.std_error : NAN;
  r.p_value = t_two_sided(r.statistic, r.df);
  r.correlation = r.correlation_p = NAN;
  if (n > 2) {
    double c = r.correlation = correlate(difference, mean, n, &of_difference, &of_mean);
    r.correlation_p =
        fabs(c) < 1 ? t_two_sided(c * sqrt((df - 1) / ((1 - c) * (1 + c))), df - 1)
        : isnan(c)  ? NAN
                    : 0;
  }
  free(difference);
  return r;
}
