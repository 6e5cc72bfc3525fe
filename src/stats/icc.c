// SPDX-License-Identifier: GPL-3.0-or-later
// Intraclass correlation and repeatability from the analysis of variance of readings.
//
// P. E. Shrout, J. L. Fleiss (1979), Psychol Bull 86:420-8; K. O. McGraw, S. P. Wong (1996),
// Psychol Methods 1:30-46; J. M. Bland, D. G. Altman (1996), BMJ 313:744; T. K. Koo, M. Y. Li
// (2016), J Chiropr Med 15:155-63; D. V. Cicchetti (1994), Psychol Assess 6:284-90.
#include <config.h>

#include "stats/agreement.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/summary.h"

// ---- analysis of variance ----

// Of n values that stand `stride` apart.
static double mean_of(const double *y, size_t n, size_t stride)
{
  struct compensated_sum sum = {0};
  for (size_t i = 0; i < n; i++)
    sum_add(&sum, y[i * stride]);
  return sum_total(&sum) / (double) n;
}

static double squares_about(const double *x, size_t n, double centre)
{
  struct compensated_sum sum = {0};
  for (size_t i = 0; i < n; i++)
    sum_add(&sum, (x[i] - centre) * (x[i] - centre));
  return sum_total(&sum);
}

// A sum of squares per degree of freedom that the rounding of readings up to `largest` alone
// could have made is none.
static double without_rounding(double sum_squares, double df, double largest)
{
  double noise = 4 * DBL_EPSILON * largest;
  return sum_squares <= df * noise * noise ? 0 : sum_squares;
}

static double mean_square(double sum_squares, double df)
{
  return df > 0 ? sum_squares / df : NAN;
}

struct reading_anova reading_anova_compute(const double *x, size_t n_subjects, size_t n_readers)
{
  struct reading_anova anova = {.n_subjects = n_subjects, .n_readers = n_readers};
  size_t n = n_subjects, k = n_readers;
  anova.df_subjects = (double) n - 1;
  anova.df_readers = (double) k - 1;
  anova.df_residual = anova.df_subjects * anova.df_readers;
  anova.df_within = (double) n * anova.df_readers;
  if (!n || !k) {
    anova.mean = anova.least = anova.ss_subjects = anova.ss_readers = anova.ss_residual =
        anova.ss_within = anova.ms_subjects = anova.ms_readers = anova.ms_residual =
            anova.ms_within = NAN;
    return anova;
  }
  // About the first reading: what all have in common costs no digits.
  double *y = NEW_ARRAY(double, n * k + n + k), *subject = y + n * k, *reader = subject + n;
  double largest = 0;
  anova.least = x[0];
  for (size_t i = 0; i < n * k; i++) {
    y[i] = x[i] - x[0];
    largest = fmax(largest, fabs(x[i]));
    anova.least = fmin(anova.least, x[i]);
  }
  for (size_t i = 0; i < n; i++)
    subject[i] = mean_of(y + i * k, k, 1);
  for (size_t j = 0; j < k; j++)
    reader[j] = mean_of(y + j, n, k);
  double centre = mean_of(y, n * k, 1);
  anova.mean = x[0] + centre;
  anova.ss_subjects = (double) k * squares_about(subject, n, centre);
  anova.ss_readers = (double) n * squares_about(reader, k, centre);
  struct compensated_sum residual = {0};
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < k; j++) {
      double r = (y[i * k + j] - subject[i]) - (reader[j] - centre);
      sum_add(&residual, r * r);
    }
  free(y);
  anova.ss_subjects = without_rounding(anova.ss_subjects, fmax(anova.df_subjects, 1), largest);
  anova.ss_readers = without_rounding(anova.ss_readers, fmax(anova.df_readers, 1), largest);
  anova.ss_residual =
      without_rounding(sum_total(&residual), fmax(anova.df_residual, 1), largest);
  anova.ss_within = anova.ss_readers + anova.ss_residual;
  anova.ms_subjects = mean_square(anova.ss_subjects, anova.df_subjects);
  anova.ms_readers = mean_square(anova.ss_readers, anova.df_readers);
  anova.ms_residual = mean_square(anova.ss_residual, anova.df_residual);
  anova.ms_within = mean_square(anova.ss_within, anova.df_within);
  return anova;
}

// ---- intraclass correlation ----

static double finite_or_nan(double value)
{
  return isfinite(value) ? value : NAN;
}

// The mean of k readings from a single one (Spearman 1910, Brown 1910); it falls without bound
// as r nears -1/(k-1), and has no meaning below.
static double spearman_brown(double r, double k)
{
  double scale = 1 + (k - 1) * r;
  return scale > 0 ? k * r / scale : NAN;
}

// (F - 1)/(F + k - 1), 1 for an infinite F.
static double correlation_of(double f, double k)
{
  return isinf(f) ? 1 : (f - 1) / (f + k - 1);
}

static double average_of(double f)
{
  return finite_or_nan(1 - 1 / f);
}

static void absolute_limits(const struct reading_anova *anova, double rho, double upper_p,
                            double *low, double *high)
{
  double n = (double) anova->n_subjects, k = (double) anova->n_readers;
  double b = anova->ms_subjects, j = anova->ms_readers, e = anova->ms_residual;
  double readers = k * rho * j, residual = (n * (1 + (k - 1) * rho) - k * rho) * e;
  if (j == 0 && e == 0) {
    *low = *high = 1;
    return;
  }
  double v = (readers + residual) * (readers + residual) /
             (readers * readers / anova->df_readers + residual * residual / anova->df_residual);
  double f_low = f_quantile(upper_p, n - 1, v), f_high = f_quantile(upper_p, v, n - 1);
  double error = k * j + (k * n - k - n) * e;
  *low = finite_or_nan(n * (b - f_low * e) / (f_low * error + n * b));
  *high = finite_or_nan(n * (f_high * b - e) / (error + n * f_high * b));
}

struct icc_result icc_compute(const struct reading_anova *anova, enum icc_type type, double level)
{
  struct icc_result r = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  double n = (double) anova->n_subjects, k = (double) anova->n_readers;
  double b = anova->ms_subjects, j = anova->ms_readers, e = anova->ms_residual;
  bool one_way = type == ICC_1 || type == ICC_1K;
  if (one_way)
    e = anova->ms_within;
  if (n < 2 || k < 2)
    return r;
  r.df = anova->df_subjects;
  r.df2 = one_way ? anova->df_within : anova->df_residual;
  if (b == 0 && anova->ms_within == 0)
    return r;
  r.statistic = e > 0 ? b / e : b > 0 ? INFINITY : NAN;
  r.p_value = isinf(r.statistic) ? 0 : f_upper(r.statistic, r.df, r.df2);
  double upper_p = (1 + level) / 2;
  if (type == ICC_2 || type == ICC_2K) {
    double single = (b - e) / (b + (k - 1) * e + k * (j - e) / n);
    absolute_limits(anova, single, upper_p, &r.conf_low, &r.conf_high);
    r.estimate = finite_or_nan(single);
    if (type == ICC_2K) {
      r.estimate = finite_or_nan((b - e) / (b + (j - e) / n));
      r.conf_low = spearman_brown(r.conf_low, k);
      r.conf_high = spearman_brown(r.conf_high, k);
    }
    return r;
  }
  double f_low = r.statistic / f_quantile(upper_p, r.df, r.df2);
  double f_high = r.statistic * f_quantile(upper_p, r.df2, r.df);
  bool single = type == ICC_1 || type == ICC_3;
  r.estimate = single ? finite_or_nan((b - e) / (b + (k - 1) * e)) : finite_or_nan((b - e) / b);
  r.conf_low = single ? correlation_of(f_low, k) : average_of(f_low);
  r.conf_high = single ? correlation_of(f_high, k) : average_of(f_high);
  return r;
}

// ---- repeatability ----

// sqrt(SS/df) with its chi-square limits, times a factor.
static struct interval_estimate scaled_sd(double sum_squares, double df, double level,
                                          double factor)
{
  if (!(df > 0))
    return (struct interval_estimate){NAN, NAN, NAN};
  return (struct interval_estimate){
      factor * sqrt(sum_squares / df),
      factor * sqrt(sum_squares / chi_square_quantile((1 + level) / 2, df)),
      factor * sqrt(sum_squares / chi_square_quantile((1 - level) / 2, df)),
  };
}

struct repeatability_result repeatability_compute(const struct reading_anova *anova,
                                                  double multiplier, double level)
{
  double ss = anova->ss_within, df = anova->df_within;
  double of_mean = anova->mean > 0 && anova->least >= 0 ? 1 / anova->mean : NAN;
  return (struct repeatability_result){
      .df = df,
      .within_sd = scaled_sd(ss, df, level, 1),
      .cv = scaled_sd(ss, df, level, of_mean),
      .coefficient = scaled_sd(ss, df, level, multiplier * sqrt(2)),
      .residual_sd = scaled_sd(anova->ss_residual, anova->df_residual, level, 1),
  };
}

// ---- words ----

const char *agreement_icc_word(enum agreement_scale scale, double icc)
{
  if (isnan(icc))
    return NULL;
  switch (scale) {
  case SCALE_STUDY:
    return icc >= 0.8 ? "excellent" : NULL;
  case SCALE_KOO:
    return icc < 0.5 ? "poor" : icc < 0.75 ? "moderate" : icc <= 0.9 ? "good" : "excellent";
  case SCALE_CICCHETTI:
    return icc < 0.4 ? "poor" : icc < 0.6 ? "fair" : icc < 0.75 ? "good" : "excellent";
  default:
    return NULL;
  }
}

const char *agreement_kappa_word(enum agreement_scale scale, double kappa)
{
  if (isnan(kappa) || scale == SCALE_NONE)
    return NULL;
  if (scale == SCALE_CICCHETTI)
    return agreement_icc_word(scale, kappa);
  return kappa < 0      ? "poor"
         : kappa <= 0.2 ? "slight"
         : kappa <= 0.4 ? "fair"
         : kappa <= 0.6 ? "moderate"
         : kappa <= 0.8 ? "substantial"
                        : "almost perfect";
}
