// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds on logistic coefficients from summaries; derivations and sources in the header.
#include <config.h>

#include "stats/slope_bound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/contingency.h"
#include "stats/distribution.h"

static const struct ranged unknown = {NAN, {NAN, NAN}};

struct ranged slope_standard_error(const struct printed *low, const struct printed *high,
                                   double level)
{
  double width = 2 * normal_quantile((1 + level) / 2);
  struct ranged error = unknown;
  if (!printed_is_there(low) || !printed_is_there(high) || !(low->value > 0) || !(high->value > 0))
    return error;
  error.value = log(high->value / low->value) / width;
  struct interval below = interval_log(low->range), above = interval_log(high->range);
  error.range = interval_scale(interval_subtract(above, below), 1 / width);
  error.range.low = fmax(error.range.low, 0);
  return error;
}

struct ranged slope_least_error(const struct ranged *sum_squares)
{
  return (struct ranged){2 / sqrt(sum_squares->value),
                         interval_divide(interval_point(2), interval_sqrt(sum_squares->range))};
}

double slope_least_contrast_error(double a, double b)
{
  return a > 0 && b > 0 ? 2 * sqrt(1 / a + 1 / b) : NAN;
}

double slope_greatest_unit(struct interval standard_error, struct interval sum_squares)
{
  return standard_error.high * sqrt(sum_squares.high) / 2;
}

struct slope_forced slope_force(const struct mean_group *event, size_t n_event,
                                const struct mean_group *rest, size_t n_rest)
{
  struct slope_forced forced = {unknown, unknown, NAN, NAN};
  struct ranged_moments one = mean_range_pool(event, n_event);
  struct ranged_moments other = mean_range_pool(rest, n_rest);
  if (isnan(one.n) || isnan(other.n))
    return forced;
  struct mean_group *all = NEW_ARRAY(struct mean_group, n_event + n_rest);
  memcpy(all, event, n_event * sizeof *all);
  memcpy(all + n_event, rest, n_rest * sizeof *all);
  struct ranged squares = mean_range_pool(all, n_event + n_rest).sum_squares;
  free(all);
  double n = forced.n = one.n + other.n, share = one.n / n;
  double weight = one.n * other.n / n, binomial = share * (1 - share);
  struct interval difference = interval_subtract(one.mean.range, other.mean.range);
  struct interval score = interval_scale(difference, weight);
  double at_centre = weight * (one.mean.value - other.mean.value);
  // z rises with the difference also where that raises SS, which holds its square.
  forced.z.value = at_centre / sqrt(binomial * squares.value);
  forced.z.range = interval_divide(score, interval_sqrt(interval_scale(squares.range, binomial)));
  double most = sqrt(n);
  forced.z.range.low = fmin(fmax(forced.z.range.low, -most), most);
  forced.z.range.high = fmin(fmax(forced.z.range.high, -most), most);
  forced.least.value = 4 * at_centre / squares.value;
  forced.least.range = interval_divide(interval_scale(score, 4), squares.range);
  forced.correlation = forced.z.value / most;
  return forced;
}

struct interval slope_plausible_wald(struct interval score_z, double n)
{
  struct interval size = interval_absolute(score_z);
  double r_squared = fmin(size.high * size.high / n, 1);
  double least = fmax(0.6 * (1 - 2 * r_squared) * size.low - 0.3, 0), most = 1.1 * size.high + 0.3;
  if (score_z.low > 0 && least > 0)
    return interval_of(least, most);
  if (score_z.high < 0 && least > 0)
    return interval_of(-most, -least);
  return interval_of(score_z.low < 0 ? -most : -0.3, score_z.high > 0 ? most : 0.3);
}

// ---- counts ----

struct level_effect level_effect_exact(double events, double others, double reference_events,
                                       double reference_others)
{
  struct level_effect effect;
  double a = events, b = others, c = reference_events, d = reference_others;
  effect.log_odds_ratio = log(a * d) - log(b * c);
  effect.std_error = sqrt(1 / a + 1 / b + 1 / c + 1 / d);
  effect.firth = log((a + 0.5) * (d + 0.5)) - log((b + 0.5) * (c + 0.5));
  effect.z = effect.log_odds_ratio / effect.std_error;
  effect.p = normal_two_sided(effect.z);
  return effect;
}

struct factor_effect factor_effect_exact(const double *count, size_t n_levels)
{
  struct contingency_result lr = likelihood_ratio_test(count, n_levels, 2);
  struct contingency_result score = chi_square_test(count, n_levels, 2, false);
  struct factor_effect effect = {.df = score.df, .lr = lr.statistic, .lr_p = lr.p_value,
                                 .score = score.statistic, .score_p = score.p_value};
  double weight = 0, sum = 0, square = 0;
  for (size_t i = 0; i < n_levels; i++) {
    double a = count[2 * i], b = count[2 * i + 1];
    if (a + b == 0)
      continue;
    double w = a * b / (a + b), logit = log(a / b);
    if (w == 0) { // separated: no Wald test
      effect.wald = effect.wald_p = NAN;
      return effect;
    }
    weight += w;
    sum += w * logit;
    square += w * logit * logit;
  }
  effect.wald = fmax(square - sum * sum / weight, 0);
  effect.wald_p = chi_square_upper(effect.wald, effect.df);
  return effect;
}
