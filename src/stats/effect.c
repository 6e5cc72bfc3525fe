// SPDX-License-Identifier: GPL-3.0-or-later
// Effect sizes with intervals.
//
// Austin 2009, Stat Med 28:3083; Hedges 1981, J Educ Stat 6:107; Steiger & Fouladi 1997
// (noncentral intervals); Smithson 2003, Confidence Intervals, Sage; DeLong, DeLong &
// Clarke-Pearson 1988, Biometrics 44:837; Woolf 1955, Ann Hum Genet 19:251; Newcombe
// 1998, Stat Med 17:873; Tomczak & Tomczak 2014, Trends Sport Sci 21:19.
#include <config.h>

#include "stats/effect.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"

static const struct effect_result NO_EFFECT = {NAN, NAN, NAN};

static double square(double x)
{
  return x * x;
}

struct effect_result effect_smd(const struct moments *group1, const struct moments *group2,
                                double level)
{
  double spread = sqrt((moments_variance(group1) + moments_variance(group2)) / 2);
  if (!(spread > 0))
    return NO_EFFECT;
  double n1 = group1->n, n2 = group2->n;
  double smd = moments_mean_difference(group1, group2) / spread;
  double std_error = sqrt(square(smd) / (2 * (n1 + n2)) + 1 / n1 + 1 / n2);
  double z = normal_quantile((1 + level) / 2);
  return (struct effect_result){smd, smd - z * std_error, smd + z * std_error};
}

// Gamma(z + 1/2)/Gamma(z)/sqrt(z) for z >= 50: Tricomi & Erdelyi 1951, Pac J Math 1:133;
// the first term left out is below 1e-17.
static double gamma_half_step(double z)
{
  static const double coefficient[] = {
      1,
      -1.0 / 8,
      1.0 / 128,
      5.0 / 1024,
      -21.0 / 32768,
      -399.0 / 262144,
      869.0 / 4194304,
      39325.0 / 33554432,
  };
  double sum = 0;
  for (size_t i = sizeof coefficient / sizeof *coefficient; i-- > 0;)
    sum = sum / z + coefficient[i];
  return sum;
}

// J = Gamma(df/2)/(sqrt(df/2) Gamma((df - 1)/2)), without the cancellation of two
// logarithms of gamma; df > 1.
static double small_sample_factor(double df)
{
  double a = df / 2;
  if (a < 51)
    return tgamma(a) / (sqrt(a) * tgamma(a - 0.5));
  return gamma_half_step(a - 0.5) * sqrt(1 - 0.5 / a);
}

struct effect_result effect_hedges_g(const struct moments *group1, const struct moments *group2,
                                     double level)
{
  double n1 = group1->n, n2 = group2->n, df = n1 + n2 - 2;
  double spread = sqrt((group1->sum_squares + group2->sum_squares) / df);
  if (!(n1 > 0 && n2 > 0 && df > 1 && spread > 0))
    return NO_EFFECT;
  double factor = small_sample_factor(df), scale = sqrt(1 / n1 + 1 / n2), low, high;
  double d = moments_mean_difference(group1, group2) / spread;
  if (!noncentral_t_interval(d / scale, df, level, &low, &high))
    low = high = NAN;
  return (struct effect_result){factor * d, factor * low * scale, factor * high * scale};
}

// For each value of the ascending x, wins[i] = number of the ascending `other` values below
// it + half the number equal to it; returns their sum, exact up to 2^52.
static double count_wins(const double *x, size_t n, const double *other, size_t n_other,
                         double *wins)
{
  double sum = 0;
  size_t below = 0, not_above = 0;
  for (size_t i = 0; i < n; i++) {
    while (below < n_other && other[below] < x[i])
      below++;
    while (not_above < n_other && other[not_above] <= x[i])
      not_above++;
    wins[i] = ((double) below + (double) not_above) / 2;
    sum += wins[i];
  }
  return sum;
}

// sum (wins - mean)^2 / (n - 1) / n / n_other^2: one sample's part of DeLong's variance.
static double placement_variance(const double *wins, size_t n, size_t n_other, double sum)
{
  double mean = sum / (double) n;
  struct compensated_sum squares = {0};
  for (size_t i = 0; i < n; i++)
    sum_add(&squares, square(wins[i] - mean));
  return sum_total(&squares) / ((double) n - 1) / (double) n / square((double) n_other);
}

struct effect_result effect_rank_biserial(const double *x1, size_t n1, const double *x2, size_t n2,
                                          double level)
{
  if (!n1 || !n2)
    return NO_EFFECT;
  double *wins = NEW_ARRAY(double, n1 > n2 ? n1 : n2);
  double pairs = (double) n1 * (double) n2;
  double sum1 = count_wins(x1, n1, x2, n2, wins), variance = NAN;
  if (n1 > 1 && n2 > 1) {
    variance = placement_variance(wins, n1, n2, sum1);
    double sum2 = count_wins(x2, n2, x1, n1, wins);
    variance += placement_variance(wins, n2, n1, sum2);
  }
  free(wins);
  struct effect_result result = {.estimate = (2 * sum1 - pairs) / pairs};
  double margin = 2 * normal_quantile((1 + level) / 2) * sqrt(variance);
  result.conf_low = isnan(margin) ? NAN : fmax(result.estimate - margin, -1);
  result.conf_high = isnan(margin) ? NAN : fmin(result.estimate + margin, 1);
  return result;
}

struct effect_result effect_cramers_v(const double *count, size_t n_rows, size_t n_columns,
                                      double level)
{
  double *row_sum = NEW_ZEROED(double, n_rows), *column_sum = NEW_ZEROED(double, n_columns);
  double n = 0, chi_square = 0, rows_used = 0, columns_used = 0;
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_columns; j++) {
      row_sum[i] += count[i * n_columns + j];
      column_sum[j] += count[i * n_columns + j];
      n += count[i * n_columns + j];
    }
  for (size_t i = 0; i < n_rows; i++)
    rows_used += row_sum[i] > 0;
  for (size_t j = 0; j < n_columns; j++)
    columns_used += column_sum[j] > 0;
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_columns; j++) {
      double expected = row_sum[i] * column_sum[j] / n;
      if (expected > 0)
        chi_square += square(count[i * n_columns + j] - expected) / expected;
    }
  free(row_sum);
  free(column_sum);
  double least = fmin(rows_used, columns_used) - 1, df = (rows_used - 1) * (columns_used - 1);
  double low, high;
  if (!(least > 0))
    return NO_EFFECT;
  struct effect_result result = {fmin(sqrt(chi_square / n / least), 1), NAN, NAN};
  if (!noncentral_chi_square_interval(chi_square, df, level, &low, &high))
    return result;
  result.conf_low = low > 0 ? fmin(sqrt((low + df) / n / least), 1) : 0;
  result.conf_high = fmin(sqrt((high + df) / n / least), 1);
  return result;
}

struct effect_result effect_eta_squared(double f, double df1, double df2, double level)
{
  double low, high;
  if (!(f >= 0 && df1 > 0 && df2 > 0) || isinf(f))
    return NO_EFFECT;
  struct effect_result result = {f * df1 / (f * df1 + df2), NAN, NAN};
  if (!noncentral_f_interval(f, df1, df2, level, &low, &high))
    return result;
  result.conf_low = low / (low + df1 + df2 + 1);
  result.conf_high = high / (high + df1 + df2 + 1);
  return result;
}

double effect_epsilon_squared(double h, double n)
{
  return n > 1 ? h / (n - 1) : NAN;
}

struct effect_result effect_odds_ratio(double a, double b, double c, double d, double level)
{
  struct effect_result result = {a * d / (b * c), NAN, NAN};
  if (!(a > 0 && b > 0 && c > 0 && d > 0))
    return result;
  double margin = exp(normal_quantile((1 + level) / 2) * sqrt(1 / a + 1 / b + 1 / c + 1 / d));
  result.conf_low = result.estimate / margin;
  result.conf_high = result.estimate * margin;
  return result;
}

struct effect_result effect_risk_difference(double x1, double n1, double x2, double n2,
                                            double level)
{
  if (!(n1 > 0 && n2 > 0))
    return NO_EFFECT;
  double low1, high1, low2, high2, p1 = x1 / n1, p2 = x2 / n2;
  proportion_wilson_interval(x1, n1, level, &low1, &high1);
  proportion_wilson_interval(x2, n2, level, &low2, &high2);
  double difference = p1 - p2;
  return (struct effect_result){difference, difference - hypot(p1 - low1, high2 - p2),
                                difference + hypot(high1 - p1, p2 - low2)};
}
