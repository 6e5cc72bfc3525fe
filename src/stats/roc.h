// SPDX-License-Identifier: GPL-3.0-or-later
// Receiver operating characteristic: how well a marker tells events from the rest.
//
// y is 1 for an event, else 0; a row is called positive if its value is at least the threshold.
// Higher values mean the event: for the other direction negate the values (AUC becomes 1 - AUC).
// Weights are frequencies (NULL: ones).  No value may be NaN; infinite values are in order.
// Everything depends on the ranks of the values alone.

#ifndef HER2_STATS_ROC_H
#define HER2_STATS_ROC_H

#include <stdbool.h>
#include <stddef.h>

// ---- area ----

// AUC = P(X > Z) + P(X = Z)/2 for X of an event and Z of another row (Bamber 1975): the
// Mann-Whitney U / (n1 n0).  order: indices of value ascending (sort_order), or NULL.  NaN
// without events or without others.  O(n) with an order.
double roc_auc(const double *value, const double *y, const double *weight, size_t n,
               const size_t *order);

// Linear predictors within 1e-10 (relative above 1) of the least of their kind become equal to it:
// sums of the same log odds by another way, as of two levels with one event fraction, are ties and
// no order.  order: as above.
void roc_tie_rounding(double *eta, size_t n, const size_t *order);

// Areas of k markers on the same rows and DeLong's (1988) covariance of them, by midranks (Sun &
// Xu 2014): S10/n1 + S01/n0, S the covariances of the placements over the n1 events and the
// n0 others.  value: k arrays of n; auc: k; covariance: k x k.  O(k n log n + k^2 n).  The
// covariance is NaN where n1 < 2 or n0 < 2; all is NaN where one is 0.
struct roc_areas {
  size_t k;
  double n_events, n_others;
  double *auc, *covariance;
  double *difference_variance; // k x k, of auc_i - auc_j, summed from the differences of the
                               // placements: nothing cancels, and it is 0 only if they agree
};
void roc_areas_compute(const double *const *value, size_t k, const double *y, const double *weight,
                       size_t n, struct roc_areas *areas);
void roc_areas_free(struct roc_areas *areas);

enum roc_interval { ROC_DELONG, ROC_LOGIT, ROC_EXACT, ROC_BOOTSTRAP };
// DELONG: auc +- z se, clipped to [0, 1].  LOGIT: expit(logit auc +- z se/(auc (1 - auc))), NaN
// at 0 and 1.  EXACT: Clopper & Pearson with k = auc m of m = min(n1, n0) independent pairs, whose
// variance auc (1 - auc)/m is the largest an AUC can have (Birnbaum & Klose 1957): conservative.
// BOOTSTRAP is the caller's (stratified percentiles): NaN here.
void roc_auc_interval(double auc, double std_error, double n_events, double n_others,
                      enum roc_interval method, double level, double *low, double *high);
// Two-sided P of AUC = 1/2: (auc - 1/2)/se, normal; where se is 0 or NaN the exact or
// asymptotic Mann-Whitney P of the values (NaN if all are tied), and *mann_whitney becomes true.
// *statistic: z of either.  Both may be NULL.
double roc_auc_p(double auc, double std_error, const double *value, const double *y, size_t n,
                 double *statistic, bool *mann_whitney);

// The same by the standard error under the hypothesis, sqrt((n1 + n0 + 1)/(12 n1 n0)): that of
// Hanley & McNeil (1982) at an area of 1/2 for a continuous marker, so without ties the asymptotic
// Mann-Whitney P (ties make it conservative).  What SPSS and PSPP print.  NaN where n1 or n0 is 0.
double roc_auc_null_p(double auc, double n_events, double n_others, double *statistic);

// ---- comparison ----

struct roc_test {
  double estimate, std_error, statistic, df, p_value, conf_low, conf_high; // NaN where undefined
};
// auc1 - auc2 of two markers on the same rows: z = difference/se, interval difference +- z se
// (pROC's roc.test, paired DeLong); df NaN.  A difference of variance 0: P and limits NaN (1 and 0
// if the difference is 0).
struct roc_test roc_compare_paired(const struct roc_areas *areas, size_t i, size_t j, double level);
// On different rows: t with Welch's degrees of freedom, as pROC's unpaired DeLong test.  The same
// where the variance is 0.
struct roc_test roc_compare_unpaired(const struct roc_areas *a, size_t i, const struct roc_areas *b,
                                     size_t j, double level);
// All k areas equal: chi-square = (L a)' (L S L')^-1 (L a) with L the differences to the last one
// (DeLong et al. 1988, equation 5), df = rank of L S L'; estimate, std_error and limits NaN.
// Statistic and P are NaN where a contrast of variance 0 is not 0, and with k < 2; where all
// contrasts are 0 with variance 0, the statistic is 0 on 0 df and P is 1.
struct roc_test roc_compare_all(const struct roc_areas *areas);

// ---- curve ----

struct roc_point {
  double threshold;                       // positive if value >= threshold
  double true_positives, false_positives; // by weight
  double value;                           // the smallest one that is positive; NaN at the first
};
// Every distinct threshold from high to low: first +infinity (nobody is positive), then the
// midpoints between neighbouring values (where a midpoint is no double between them, the upper
// one), last -infinity (all are).  Values that have no weight make no point.  A value of
// +infinity is not positive at the first point, but at the second, whose threshold is +infinity
// too.  Without rows the first point is the only one.
struct roc_curve {
  double n_events, n_others;
  struct roc_point *point;
  size_t n_points;
};
void roc_curve_compute(const double *value, const double *y, const double *weight, size_t n,
                       const size_t *order, struct roc_curve *curve);
void roc_curve_free(struct roc_curve *curve);

// Area between two specificities (or sensitivities), trapezoids as pROC: raw, and McClish's
// (1989) 1/2 (1 + (raw - min)/(max - min)), NaN where the raw area is below the chance line's (by
// more than rounding).  `from` and `to` in any order; both NaN outside [0, 1] and without events
// or others; the corrected one if from = to.
struct roc_partial {
  double raw, corrected;
};
enum roc_focus { ROC_SPECIFICITY, ROC_SENSITIVITY };
struct roc_partial roc_partial_area(const struct roc_curve *curve, enum roc_focus focus,
                                    double from, double to);

// ---- cut-offs ----

enum roc_rule {
  ROC_YOUDEN,      // sensitivity + specificity largest (Youden 1950)
  ROC_TOPLEFT,     // (1 - sensitivity)^2 + (1 - specificity)^2 smallest
  ROC_CUTOFF,      // the stated value
  ROC_SENSITIVITY_AT_LEAST, // the largest specificity with at least this sensitivity
  ROC_SPECIFICITY_AT_LEAST, // the largest sensitivity with at least this specificity
};
// Index of the point that meets the rule.  By YOUDEN and TOPLEFT several points may be equally
// good (to 1e-12, of TOPLEFT relative): *n_tied (may be NULL) of them, and the largest sensitivity
// is taken (the lowest threshold).  The others have one answer, *n_tied = 1: of the points that
// reach `target` (to 1e-12) with the same specificity (sensitivity) the one that is best in the
// other.  ROC_CUTOFF takes the point that has the counts of value >= target.
// *n_tied = 0 and index 0 if nothing meets the rule: a target above 1 or NaN, no events or others
// (which ROC_CUTOFF does not need).
size_t roc_curve_choose(const struct roc_curve *curve, enum roc_rule rule, double target,
                        size_t *n_tied);

// 2 x 2 counts at a threshold.
struct roc_counts {
  double true_positives, false_positives, false_negatives, true_negatives;
};
struct roc_counts roc_count(const double *value, const double *y, const double *weight, size_t n,
                            double threshold);

enum roc_metric { ROC_METRIC_SENSITIVITY, ROC_METRIC_SPECIFICITY, ROC_METRIC_PPV, ROC_METRIC_NPV,
                  ROC_METRIC_ACCURACY, ROC_METRIC_LR_POSITIVE, ROC_METRIC_LR_NEGATIVE,
                  N_ROC_METRICS };
extern const char *const roc_metric_names[N_ROC_METRICS]; // "sensitivity", ..., "lr.negative"
struct roc_proportion {
  double numerator, denominator; // of a likelihood ratio: sensitivity and its divisor
  double estimate, conf_low, conf_high;
};
// Proportions with Wilson or exact (Clopper-Pearson) limits; likelihood ratios sens/(1 - spec),
// (1 - sens)/spec with limits on the log scale (Simel et al. 1991), NaN with a zero count.
// prevalence NaN: predictive values are of these rows; else from Bayes's rule, limits by the
// delta method on the logit (Mercaldo et al. 2007), numerator and denominator NaN; accuracy then
// is sens prevalence + spec (1 - prevalence).
struct roc_proportion roc_metric(const struct roc_counts *counts, enum roc_metric metric,
                                 double prevalence, bool exact, double level);

#endif
