// SPDX-License-Identifier: GPL-3.0-or-later
// Agreement on categories beyond chance: the kappas of Cohen and Fleiss, Gwet's AC1.
//
// J. Cohen (1960), Educ Psychol Meas 20:37-46; (1968), Psychol Bull 70:213-20; J. L. Fleiss,
// J. Cohen, B. S. Everitt (1969), Psychol Bull 72:323-7; J. L. Fleiss (1971), Psychol Bull
// 76:378-82; J. L. Fleiss, J. C. M. Nee, J. R. Landis (1979), Psychol Bull 86:974-7; K. L.
// Gwet (2008), Br J Math Stat Psychol 61:29-48.
//
// Every coefficient is 1 - D/E of the disagreement observed and expected, and its variance a
// mean of squared deviations, so that none is negative and readers who agree have exactly 0.
#include <config.h>

#include "stats/agreement.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/summary.h"

static const struct kappa_result undefined = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};

void kappa_disagreement(enum kappa_weights weights, size_t n_categories, double *disagreement)
{
  for (size_t i = 0; i < n_categories; i++)
    for (size_t j = 0; j < n_categories; j++) {
      double step = i == j ? 0 : fabs((double) i - (double) j) / ((double) n_categories - 1);
      disagreement[i * n_categories + j] = weights == KAPPA_LINEAR      ? step
                                           : weights == KAPPA_QUADRATIC ? step * step
                                                                        : (i != j ? 1 : 0);
    }
}

static void set_limits(struct kappa_result *r, double quantile)
{
  r->conf_low = r->estimate - quantile * r->std_error;
  r->conf_high = r->estimate + quantile * r->std_error;
  if (r->conf_low < -1)
    r->conf_low = -1;
  if (r->conf_high > 1)
    r->conf_high = 1;
}

// ---- two readers ----

// p: q x q proportions; row, column: their sums; v: disagreement.  row_mean[i] sum_j v_ij
// p_.j, column_mean[j] sum_i v_ij p_i.
struct cohen {
  size_t q;
  const double *v;
  double *p, *row, *column, *row_mean, *column_mean;
  double observed, expected; // disagreement
};

static void cohen_prepare(struct cohen *c, const double *count, double total)
{
  size_t q = c->q;
  for (size_t i = 0; i < q; i++)
    for (size_t j = 0; j < q; j++) {
      double p = c->p[i * q + j] = count[i * q + j] / total;
      c->row[i] += p;
      c->column[j] += p;
      c->observed += c->v[i * q + j] * p;
    }
  for (size_t i = 0; i < q; i++)
    for (size_t j = 0; j < q; j++) {
      c->row_mean[i] += c->v[i * q + j] * c->column[j];
      c->column_mean[j] += c->v[i * q + j] * c->row[i];
      c->expected += c->v[i * q + j] * c->row[i] * c->column[j];
    }
}

// A mean square of sums of a few terms below 1 that rounding alone can have made is 0.
static double without_rounding(double mean_square)
{
  return mean_square <= 64 * DBL_EPSILON * DBL_EPSILON ? 0 : mean_square;
}

static void cohen_errors(const struct cohen *c, double total, struct kappa_result *r)
{
  size_t q = c->q;
  double ratio = c->observed / c->expected;
  struct compensated_sum variance = {0}, null_variance = {0};
  for (size_t i = 0; i < q; i++)
    for (size_t j = 0; j < q; j++) {
      double v = c->v[i * q + j], means = c->row_mean[i] + c->column_mean[j];
      double influence = ratio * means - v - ratio * c->expected;
      double null_influence = means - v - c->expected;
      sum_add(&variance, c->p[i * q + j] * influence * influence);
      sum_add(&null_variance, c->row[i] * c->column[j] * null_influence * null_influence);
    }
  r->std_error = sqrt(without_rounding(sum_total(&variance)) / total) / c->expected;
  r->null_error = sqrt(without_rounding(sum_total(&null_variance)) / total) / c->expected;
}

struct kappa_result kappa_cohen(const double *count, const double *disagreement,
                                size_t n_categories, double level)
{
  size_t q = n_categories;
  double total = 0;
  for (size_t i = 0; i < q * q; i++)
    total += count[i];
  struct kappa_result r = undefined;
  if (!(total > 0))
    return r;
  double *memory = NEW_ZEROED(double, 2 * q * q + 4 * q), *equal = memory + q * q + 4 * q;
  if (!disagreement)
    kappa_disagreement(KAPPA_UNWEIGHTED, q, equal);
  struct cohen c = {.q = q, .v = disagreement ? disagreement : equal, .p = memory};
  c.row = memory + q * q;
  c.column = c.row + q;
  c.row_mean = c.column + q;
  c.column_mean = c.row_mean + q;
  cohen_prepare(&c, count, total);
  r.observed = 1 - c.observed;
  r.expected = 1 - c.expected;
  if (c.expected > 0) {
    r.estimate = 1 - c.observed / c.expected;
    cohen_errors(&c, total, &r);
    set_limits(&r, normal_quantile((1 + level) / 2));
    r.statistic = r.null_error > 0 ? r.estimate / r.null_error : NAN;
    r.p_value = normal_two_sided(r.statistic);
  }
  free(memory);
  return r;
}

// ---- any number of readers ----

// share: q out, mean proportions of the categories; disagreement: n out, of each subject's
// pairs of readers, mean in *observed.
static void tally_prepare(const double *tally, size_t n, size_t q, double k, double *share,
                          double *disagreement, double *observed)
{
  struct compensated_sum all = {0};
  for (size_t c = 0; c < q; c++)
    share[c] = 0;
  for (size_t i = 0; i < n; i++) {
    double unequal = 0;
    for (size_t c = 0; c < q; c++) {
      double t = tally[i * q + c];
      share[c] += t;
      unequal += t * (k - t);
    }
    disagreement[i] = unequal / (k * (k - 1));
    sum_add(&all, disagreement[i]);
  }
  for (size_t c = 0; c < q; c++)
    share[c] /= (double) n * k;
  *observed = sum_total(&all) / (double) n;
}

// The standard error of 1 - D/E.  To it subject i adds -((d_i - D) - 2 (D/E) (e_i - E))/(n E),
// with e_i = sum chance_c r_ic/k from its own readings r_ic; chance: q.
static double linearized_error(const double *tally, size_t n, size_t q, double k,
                               const double *chance, const double *disagreement, double observed,
                               double expected)
{
  double ratio = observed / expected;
  struct compensated_sum sum = {0};
  for (size_t i = 0; i < n; i++) {
    double own = 0;
    for (size_t c = 0; c < q; c++)
      own += chance[c] * tally[i * q + c] / k;
    double deviation = (disagreement[i] - observed) - 2 * ratio * (own - expected);
    sum_add(&sum, deviation * deviation);
  }
  return n > 1 ? sqrt(sum_total(&sum) / (double) n / ((double) n - 1)) / expected : NAN;
}

// Fleiss, Nee & Landis, with p + q = 1 and E = sum p q: variance
// 2/(n k (k-1)) (1 - sum p q (q - p)/E^2).
static double fleiss_null_error(const double *share, size_t q, size_t n, double k, double expected)
{
  double third = 0;
  for (size_t c = 0; c < q; c++)
    third += share[c] * (1 - share[c]) * (1 - 2 * share[c]);
  double variance = 2 / ((double) n * k * (k - 1)) * (1 - third / expected / expected);
  return variance > 0 ? sqrt(variance) : 0;
}

enum tally_coefficient { TALLY_FLEISS, TALLY_AC1 };

static struct kappa_result tally_coefficient(const double *tally, size_t n, size_t q,
                                             size_t n_readers, double level,
                                             enum tally_coefficient coefficient)
{
  struct kappa_result r = undefined;
  if (!n || n_readers < 2 || !q)
    return r;
  double k = (double) n_readers, observed, expected = 0;
  double *share = NEW_ARRAY(double, 2 * q + n), *chance = share + q, *disagreement = chance + q;
  tally_prepare(tally, n, q, k, share, disagreement, &observed);
  // Disagreement by chance is sum share chance.
  for (size_t c = 0; c < q; c++) {
    chance[c] = coefficient == TALLY_FLEISS ? 1 - share[c]
                : q > 1                     ? 1 - (1 - share[c]) / ((double) q - 1)
                                            : 0;
    expected += share[c] * chance[c];
  }
  r.observed = 1 - observed;
  r.expected = 1 - expected;
  if (expected > 0) {
    r.estimate = 1 - observed / expected;
    r.std_error =
        linearized_error(tally, n, q, k, chance, disagreement, observed, expected);
    double df = (double) n - 1;
    set_limits(&r, n > 1 ? t_quantile((1 + level) / 2, df) : NAN);
    if (coefficient == TALLY_FLEISS) {
      r.null_error = fleiss_null_error(share, q, n, k, expected);
      r.statistic = r.null_error > 0 ? r.estimate / r.null_error : NAN;
      r.p_value = normal_two_sided(r.statistic);
    } else if (n > 1) {
      r.df = df;
      r.statistic = r.std_error > 0 ? r.estimate / r.std_error : NAN;
      r.p_value = t_two_sided(r.statistic, df);
    }
  }
  free(share);
  return r;
}

struct kappa_result kappa_fleiss(const double *tally, size_t n_subjects, size_t n_categories,
                                 size_t n_readers, double level)
{
  return tally_coefficient(tally, n_subjects, n_categories, n_readers, level, TALLY_FLEISS);
}

struct kappa_result agreement_ac1(const double *tally, size_t n_subjects, size_t n_categories,
                                  size_t n_readers, double level)
{
  return tally_coefficient(tally, n_subjects, n_categories, n_readers, level, TALLY_AC1);
}

static struct kappa_result proportion(double count, double n, double level)
{
  struct kappa_result r = undefined;
  r.estimate = r.observed = count / n;
  r.std_error = sqrt(r.estimate * (1 - r.estimate) / n);
  proportion_wilson_interval(count, n, level, &r.conf_low, &r.conf_high);
  return r;
}

struct kappa_result agreement_all(const double *tally, size_t n_subjects, size_t n_categories,
                                  size_t n_readers, double level)
{
  if (!n_subjects || n_readers < 2)
    return undefined;
  size_t count = 0;
  for (size_t i = 0; i < n_subjects; i++)
    for (size_t c = 0; c < n_categories; c++)
      count += tally[i * n_categories + c] == (double) n_readers;
  return proportion((double) count, (double) n_subjects, level);
}

struct kappa_result agreement_pairs(const double *tally, size_t n_subjects, size_t n_categories,
                                    size_t n_readers, double level)
{
  if (n_readers == 2)
    return agreement_all(tally, n_subjects, n_categories, n_readers, level);
  struct kappa_result r = undefined;
  size_t n = n_subjects;
  if (!n || n_readers < 2)
    return r;
  double *share = NEW_ARRAY(double, n_categories + n), *disagreement = share + n_categories;
  double observed;
  tally_prepare(tally, n, n_categories, (double) n_readers, share, disagreement, &observed);
  struct moments of_subjects = moments_compute(disagreement, NULL, n);
  free(share);
  r.estimate = r.observed = 1 - observed;
  r.std_error = moments_sd(&of_subjects) / sqrt((double) n);
  set_limits(&r, n > 1 ? t_quantile((1 + level) / 2, (double) n - 1) : NAN);
  if (r.conf_low < 0)
    r.conf_low = 0;
  return r;
}
