// SPDX-License-Identifier: GPL-3.0-or-later
// What a cut-off achieves: sensitivity, specificity, predictive values, accuracy and likelihood
// ratios with their limits.
//
// Sources: Wilson (1927), Clopper & Pearson (1934); Simel, Samsa & Matchar (1991), Journal of
// Clinical Epidemiology 44, 763 (likelihood ratios on the log scale); Mercaldo, Lau & Zhou (2007),
// Statistics in Medicine 26, 2170 (predictive values at another prevalence, logit scale).
#include <config.h>

#include "stats/roc.h"

#include <math.h>

#include "stats/distribution.h"

const char *const roc_metric_names[N_ROC_METRICS] = {
    "sensitivity", "specificity", "ppv", "npv", "accuracy", "lr.positive", "lr.negative"};

struct roc_counts roc_count(const double *value, const double *y, const double *weight, size_t n,
                            double threshold)
{
  double count[2][2] = {{0, 0}, {0, 0}}; // by event, by positive
  for (size_t i = 0; i < n; i++)
    count[y[i] > 0.5][value[i] >= threshold] += weight ? weight[i] : 1;
  return (struct roc_counts){.true_positives = count[1][1],
                             .false_positives = count[0][1],
                             .false_negatives = count[1][0],
                             .true_negatives = count[0][0]};
}

static struct roc_proportion proportion(double numerator, double denominator, bool exact,
                                        double level)
{
  struct roc_proportion result = {.numerator = numerator, .denominator = denominator};
  result.estimate = denominator > 0 ? numerator / denominator : NAN;
  if (exact)
    proportion_exact_interval(numerator, denominator, level, &result.conf_low, &result.conf_high);
  else
    proportion_wilson_interval(numerator, denominator, level, &result.conf_low, &result.conf_high);
  return result;
}

static double two_sided_quantile(double level)
{
  return level > 0 && level < 1 ? -normal_quantile((1 - level) / 2) : NAN;
}

// The ratio of a/n1 to b/n0.
struct ratio {
  double numerator, denominator, log_variance;
};

static struct ratio likelihood_ratio(const struct roc_counts *counts, bool positive)
{
  double a = positive ? counts->true_positives : counts->false_negatives;
  double b = positive ? counts->false_positives : counts->true_negatives;
  double n1 = counts->true_positives + counts->false_negatives;
  double n0 = counts->false_positives + counts->true_negatives;
  double miss1 = n1 - a, miss0 = n0 - b;
  // 1/a - 1/n1 + 1/b - 1/n0
  return (struct ratio){.numerator = n1 > 0 ? a / n1 : NAN,
                        .denominator = n0 > 0 ? b / n0 : NAN,
                        .log_variance = a > 0 && b > 0 ? miss1 / a / n1 + miss0 / b / n0 : NAN};
}

static struct roc_proportion ratio_metric(struct ratio ratio, double level)
{
  double reach = two_sided_quantile(level) * sqrt(ratio.log_variance);
  struct roc_proportion result = {.numerator = ratio.numerator, .denominator = ratio.denominator};
  result.estimate = ratio.numerator / ratio.denominator;
  result.conf_low = result.estimate * exp(-reach);
  result.conf_high = result.estimate * exp(reach);
  return result;
}

// a/(a + b)
static double part(double a, double b)
{
  return a / (a + b);
}

// Odds of the condition after a positive test, or of its absence after a negative one: the
// likelihood ratio (or its inverse) times the odds before.
static struct roc_proportion predictive_value(struct ratio ratio, bool positive, double prevalence,
                                              double level)
{
  double right = positive ? prevalence * ratio.numerator : (1 - prevalence) * ratio.denominator;
  double wrong = positive ? (1 - prevalence) * ratio.denominator : prevalence * ratio.numerator;
  double reach = two_sided_quantile(level) * sqrt(ratio.log_variance);
  struct roc_proportion result = {.numerator = NAN, .denominator = NAN, .estimate = NAN};
  result.estimate = part(right, wrong);
  bool inside = prevalence > 0 && prevalence < 1;
  result.conf_low = inside ? part(right, wrong * exp(reach)) : NAN;
  result.conf_high = inside ? part(right, wrong * exp(-reach)) : NAN;
  return result;
}

static struct roc_proportion standardized_accuracy(const struct roc_counts *counts,
                                                   double prevalence, double level)
{
  double n1 = counts->true_positives + counts->false_negatives;
  double n0 = counts->false_positives + counts->true_negatives;
  double se = counts->true_positives / n1, missed = counts->false_negatives / n1;
  double sp = counts->true_negatives / n0, false_alarms = counts->false_positives / n0;
  double right = se * prevalence + sp * (1 - prevalence);
  double wrong = missed * prevalence + false_alarms * (1 - prevalence);
  double variance = prevalence * prevalence * se * missed / n1 +
                    (1 - prevalence) * (1 - prevalence) * sp * false_alarms / n0;
  double reach = two_sided_quantile(level) * sqrt(variance) / (right * wrong);
  struct roc_proportion result = {.numerator = NAN, .denominator = NAN, .estimate = right};
  bool inside = prevalence > 0 && prevalence < 1 && variance > 0;
  result.conf_low = inside ? part(right, wrong * exp(reach)) : NAN;
  result.conf_high = inside ? part(right, wrong * exp(-reach)) : NAN;
  return result;
}

struct roc_proportion roc_metric(const struct roc_counts *counts, enum roc_metric metric,
                                 double prevalence, bool exact, double level)
{
  double tp = counts->true_positives, fp = counts->false_positives;
  double fn = counts->false_negatives, tn = counts->true_negatives;
  struct ratio lr_positive = likelihood_ratio(counts, true);
  struct ratio lr_negative = likelihood_ratio(counts, false);
  bool elsewhere = !isnan(prevalence);
  if (elsewhere && !(prevalence >= 0 && prevalence <= 1))
    prevalence = NAN;
  switch (metric) {
  case ROC_METRIC_SENSITIVITY:
    return proportion(tp, tp + fn, exact, level);
  case ROC_METRIC_SPECIFICITY:
    return proportion(tn, tn + fp, exact, level);
  case ROC_METRIC_PPV:
    return elsewhere ? predictive_value(lr_positive, true, prevalence, level)
                     : proportion(tp, tp + fp, exact, level);
  case ROC_METRIC_NPV:
    return elsewhere ? predictive_value(lr_negative, false, prevalence, level)
                     : proportion(tn, tn + fn, exact, level);
  case ROC_METRIC_ACCURACY:
    return elsewhere ? standardized_accuracy(counts, prevalence, level)
                     : proportion(tp + tn, (tp + fn) + (tn + fp), exact, level);
  case ROC_METRIC_LR_POSITIVE:
    return ratio_metric(lr_positive, level);
  case ROC_METRIC_LR_NEGATIVE:
    return ratio_metric(lr_negative, level);
  case N_ROC_METRICS:
    break;
  }
  return (struct roc_proportion){NAN, NAN, NAN, NAN, NAN};
}
