// SPDX-License-Identifier: GPL-3.0-or-later
// How good predicted risks are: discrimination, calibration, overall.
//
// eta is the linear predictor (logit of the risk p); y is 0 or 1; weights are frequencies.
// L0 is the log likelihood of the event fraction alone, L1 of the risks as given, Lr after joint
// logistic recalibration (y on eta).

#ifndef HER2_STATS_PERFORMANCE_H
#define HER2_STATS_PERFORMANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/logit.h"

enum performance_metric {
  METRIC_AUC,
  METRIC_DXY,           // 2 (auc - 1/2)
  METRIC_BRIER,         // mean (p - y)^2
  METRIC_BRIER_SCALED,  // 1 - brier / (f (1 - f)), f the event fraction of these rows
  METRIC_R2_NAGELKERKE, // internal: from Lr - L0; external: from L1 - L0 (may be negative)
  METRIC_INTERCEPT,     // of the joint logistic recalibration
  METRIC_SLOPE,
  METRIC_CITL,          // intercept with eta as offset
  METRIC_OE,            // observed events / expected (sum of p)
  METRIC_EMAX_LOGISTIC, // max over p in [0, 1] of |p - expit(a + b logit p)|, a, b of the joint
                        // recalibration (rms::validate's Emax; emax_logistic in recalibration.h)
  METRIC_EMAX,          // of |p - lowess(y on p)| at the observations: largest, median, .9
  METRIC_E50,           // quantile (type 7), mean (val.prob)
  METRIC_E90,
  METRIC_EAVG,
  METRIC_MAE,           // mean |p - calibration curve|: equals EAVG on the rows themselves
  METRIC_LOGLOSS,       // -L1/n
  METRIC_G,             // Gini's mean difference of a + b eta (internal), of eta (external)
  METRIC_GP,            // of its risk
  METRIC_D,             // internal: (2 (Lr - L0) - 1)/n; external: (2 (L1 - L0) - 1)/n
  METRIC_U,             // (2 (Lr - L1) - 2)/n
  METRIC_Q,             // D - U
  N_PERFORMANCE_METRICS
};
extern const char *const performance_names[N_PERFORMANCE_METRICS]; // "auc", ..., "Q"
extern const char *const performance_help[N_PERFORMANCE_METRICS];  // one line each

enum performance_kind { PERFORMANCE_INTERNAL, PERFORMANCE_EXTERNAL };
enum {
  METRIC_ALL = (1 << N_PERFORMANCE_METRICS) - 1,
  PERFORMANCE_ORDER = 1 << N_PERFORMANCE_METRICS, // among the wanted: performance_order is asked
};

// Scratch for up to n rows, so that measuring allocates nothing; one a thread.
struct performance_workspace;
struct performance_workspace *performance_prepare(size_t n);
void performance_release(struct performance_workspace *workspace);

// value[m] for every metric m with bit m in `wanted`, NaN for the others and where undefined (no
// event, no other row, a recalibration that has no finite estimate: outcomes separated by eta).
// Where all risks are equal AUC is 1/2 and Lr = L0, so that the metrics of likelihoods, g and gp
// are defined; intercept, slope and emax.logistic are not.  Rows of weight 0 count
// nowhere.  Infinite eta (risks of 0 and 1) leaves only AUC, DXY, BRIER, BRIER_SCALED, OE and the
// lowess-based ones; the others are NaN (the caller may measure again without those rows, and
// says so).
void performance_measure(const double *eta, const double *y, const double *weight, size_t n,
                         enum performance_kind kind, unsigned wanted,
                         struct performance_workspace *workspace, double *value);
// The same for two weightings of the same rows from one sort: training and test of a bootstrap
// replicate.  weight_b NULL: ones.
void performance_measure_two(const double *eta, const double *y, const double *weight_a,
                             const double *weight_b, size_t n, enum performance_kind kind,
                             unsigned wanted, struct performance_workspace *workspace,
                             double *value_a, double *value_b);
// After a measurement of n rows with PERFORMANCE_ORDER: the rows in ascending order of eta (rows of
// weight 0 too), until the next one.  risk: n out, theirs, never descending.
const size_t *performance_order(const struct performance_workspace *workspace, size_t n,
                                double *risk);

// ---- external validation: estimates with intervals and tests ----

struct performance_estimate {
  double estimate, std_error, statistic, df, p_value, conf_low, conf_high; // NaN where undefined
  double n; // rows it is of: fewer for those of the logit where risks are 0 or 1
};
// One a metric: AUC and Dxy DeLong (against 1/2, 0); slope Wald against 1, citl and intercept Wald
// against 0; O:E with SE(log) = sqrt((1 - O/n)/O) as std_error, test of log = 0; Brier
// SE sd((p-y)^2)/sqrt(n); scaled Brier by the delta method with the cohort's event fraction
// estimated; logloss SE sd/sqrt(n); U chi-square 2 (Lr - L1) on 2 df and its P (val.prob's
// U:chi-sq, U:p), D likewise 2 (L1 - L0) on 1 df (P 1 where it is negative).  Metrics without a
// closed form (E-measures, g, gp, R2, D, U, Q, emax.logistic) get percentile limits from
// `n_bootstrap` resamples of the rows (seed; 0: none).  risk: n probabilities (0 and 1 allowed).
void performance_external(const double *risk, const double *y, size_t n, double level,
                          size_t n_bootstrap, unsigned long long seed, int n_threads,
                          struct performance_estimate estimate[N_PERFORMANCE_METRICS]);

// ---- tests on request ----

struct calibration_test {
  double statistic, df, p_value;
};
// Hosmer & Lemeshow (1980): groups by quantiles of risk (type 7 cuts, equal risks together), chi
// square on groups - 2 df (a model fitted on these rows) or on groups df (other data).  Groups are
// those that are not empty: ResourceSelection's hoslem.test counts those asked for.
struct calibration_test hosmer_lemeshow(const double *risk, const double *y, size_t n,
                                        size_t n_groups, bool external);
// Spiegelhalter (1986): z = sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p)); df NaN.
struct calibration_test spiegelhalter(const double *risk, const double *y, size_t n);

// ---- bins ----

struct calibration_bin {
  double low, high;      // of the risks in it
  double n, predicted, observed, conf_low, conf_high; // mean risk; event fraction, Wilson limits
};
// Bins of about equal numbers, equal risks never parted.  Returns the number made (<= n_bins).
size_t calibration_bins(const double *risk, const double *y, size_t n, size_t n_bins, double level,
                        struct calibration_bin *bin);

// ---- updating ----

// Recalibration of a model with linear predictor eta on new rows: in the large (intercept, slope
// 1), logistic (both), refit (all coefficients of the n x p design x, NULL where there is none).
enum update_step { UPDATE_NONE, UPDATE_LARGE, UPDATE_LOGISTIC, UPDATE_REFIT, N_UPDATE_STEPS };
extern const char *const update_names[N_UPDATE_STEPS]; // "none", "large", "logistic", "refit"
struct closed_test_step {
  enum update_step smaller, larger;
  double statistic, df, p_value; // likelihood ratio
};
struct closed_test {
  enum update_step chosen;
  struct closed_test_step step[3]; // refit v original, v intercept, v logistic
  size_t n_steps;                  // made until the choice fell
  double log_likelihood[N_UPDATE_STEPS];
  double intercept_large, intercept, slope; // of the recalibrations
  struct logit_fit refit;          // status says whether it exists
};
// Vergouwe et al. (2017): refit v original (k + 1 df) not significant: original; refit v
// intercept (k df): intercept; refit v logistic (k - 1 df): logistic; else refit; k = p - 1.  x
// includes the intercept's column.  False if there is no x or the refit has no finite estimate
// (then chosen is UPDATE_NONE, and n_steps 0; the recalibrations and their likelihoods are there
// all the same).  On 0 df (k = 1 against logistic) P is 1.
bool closed_test(const double *x, size_t p, const double *eta, const double *y, size_t n,
                 double alpha, struct closed_test *test);
void closed_test_free(struct closed_test *test);

#endif
