// SPDX-License-Identifier: GPL-3.0-or-later
// External validation: estimates with intervals and tests.
//
// AUC: DeLong et al. (1988), Biometrics 44, 837.  Recalibration: Cox (1958), Biometrika 45, 562;
// Miller, Hui & Tierney (1991), Statistics in Medicine 10, 1213.  O:E: Debray et al. (2017), BMJ
// 356, i6460.  The scaled Brier score 1 - B/V, V = f (1 - f), by the delta method: row i moves B
// by (d_i - B)/n and f by (y_i - f)/n, so the score by -((d_i - B) - B (1 - 2f)(y_i - f)/V)/(V n).
#include <config.h>

#include "stats/performance.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/bootstrap.h"
#include "stats/distribution.h"
#include "stats/recalibration.h"
#include "stats/roc.h"
#include "stats/summary.h"

#define BIT(metric) (1u << (metric))

enum {
  // That risks of 0 and 1 leave.
  WITHOUT_LOGIT = BIT(METRIC_AUC) | BIT(METRIC_DXY) | BIT(METRIC_BRIER) |
                  BIT(METRIC_BRIER_SCALED) | BIT(METRIC_OE) | BIT(METRIC_EMAX) |
                  BIT(METRIC_E50) | BIT(METRIC_E90) | BIT(METRIC_EAVG) | BIT(METRIC_MAE),
  // Without a closed form of their variance.
  RESAMPLED = BIT(METRIC_R2_NAGELKERKE) | BIT(METRIC_EMAX_LOGISTIC) | BIT(METRIC_EMAX) |
              BIT(METRIC_E50) | BIT(METRIC_E90) | BIT(METRIC_EAVG) | BIT(METRIC_MAE) |
              BIT(METRIC_G) | BIT(METRIC_GP) | BIT(METRIC_D) | BIT(METRIC_U) | BIT(METRIC_Q),
};

// The rows, and those of them whose risk has a logit.
struct external_rows {
  const double *risk, *y;
  size_t n;
  double *eta, *finite_eta, *finite_y;
  size_t *finite_row;
  size_t n_finite;
};

static struct external_rows external_rows_new(const double *risk, const double *y, size_t n)
{
  struct external_rows rows = {.risk = risk, .y = y, .n = n, .eta = NEW_ARRAY(double, 3 * n),
                               .finite_row = NEW_ARRAY(size_t, n)};
  rows.finite_eta = rows.eta + n;
  rows.finite_y = rows.eta + 2 * n;
  for (size_t i = 0; i < n; i++) {
    rows.eta[i] = logit_of(risk[i]);
    if (!isfinite(rows.eta[i]))
      continue;
    rows.finite_eta[rows.n_finite] = rows.eta[i];
    rows.finite_y[rows.n_finite] = y[i];
    rows.finite_row[rows.n_finite++] = i;
  }
  return rows;
}

static void external_rows_free(struct external_rows *rows)
{
  free(rows->eta);
  free(rows->finite_row);
}

// Each metric of the rows that it can use.  weight: n or NULL; finite_weight: room for n.
static void measure_rows(const struct external_rows *rows, const double *weight, unsigned wanted,
                         struct performance_workspace *workspace, double *finite_weight,
                         double *value)
{
  unsigned all = rows->n_finite == rows->n ? wanted : wanted & WITHOUT_LOGIT;
  performance_measure(rows->eta, rows->y, weight, rows->n, PERFORMANCE_EXTERNAL, all, workspace,
                      value);
  if (all == wanted)
    return;
  double of_finite[N_PERFORMANCE_METRICS];
  for (size_t i = 0; weight && i < rows->n_finite; i++)
    finite_weight[i] = weight[rows->finite_row[i]];
  performance_measure(rows->finite_eta, rows->finite_y, weight ? finite_weight : NULL,
                      rows->n_finite, PERFORMANCE_EXTERNAL, wanted & ~all, workspace, of_finite);
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (wanted & ~all & BIT(m))
      value[m] = of_finite[m];
}

// ---- closed forms ----

static void set_wald(struct performance_estimate *estimate, double std_error, double null,
                     double level)
{
  double z = normal_quantile((1 + level) / 2);
  estimate->std_error = std_error;
  estimate->conf_low = estimate->estimate - z * std_error;
  estimate->conf_high = estimate->estimate + z * std_error;
  if (isnan(null) || !(std_error > 0))
    return;
  estimate->statistic = (estimate->estimate - null) / std_error;
  estimate->p_value = normal_two_sided(estimate->statistic);
}

static void set_auc(const struct external_rows *rows, double level,
                    struct performance_estimate *auc, struct performance_estimate *dxy)
{
  struct roc_areas areas;
  roc_areas_compute(&rows->risk, 1, rows->y, NULL, rows->n, &areas);
  double std_error = sqrt(areas.covariance[0]);
  auc->std_error = std_error;
  roc_auc_interval(auc->estimate, std_error, areas.n_events, areas.n_others, ROC_DELONG, level,
                   &auc->conf_low, &auc->conf_high);
  auc->p_value = roc_auc_p(auc->estimate, std_error, rows->risk, rows->y, rows->n,
                           &auc->statistic, NULL);
  dxy->std_error = 2 * auc->std_error;
  dxy->conf_low = 2 * (auc->conf_low - 0.5);
  dxy->conf_high = 2 * (auc->conf_high - 0.5);
  dxy->statistic = auc->statistic;
  dxy->p_value = auc->p_value;
  roc_areas_free(&areas);
}

static void set_recalibration(const struct external_rows *rows, double level,
                              struct performance_estimate *estimate)
{
  size_t n = rows->n_finite;
  struct recalibration_rows given = {.eta = rows->finite_eta, .y = rows->finite_y, .n = n,
                                     .centre = recalibration_centre(rows->finite_eta, NULL, n)};
  struct performance_estimate *intercept = &estimate[METRIC_INTERCEPT];
  struct performance_estimate *slope = &estimate[METRIC_SLOPE], *large = &estimate[METRIC_CITL];
  double alone, of_intercept, of_slope;
  if (!isnan(slope->estimate)) {
    recalibration_errors(&given, intercept->estimate, slope->estimate, &alone, &of_intercept,
                         &of_slope);
    set_wald(intercept, of_intercept, 0, level);
    set_wald(slope, of_slope, 1, level);
  }
  if (!isnan(large->estimate)) {
    recalibration_errors(&given, large->estimate, 1, &alone, &of_intercept, &of_slope);
    set_wald(large, alone, 0, level);
  }
}

static void set_oe(double n_events, double n, double level, struct performance_estimate *oe)
{
  double of_log = sqrt((1 - n_events / n) / n_events), z = normal_quantile((1 + level) / 2);
  if (!(of_log > 0) || isinf(of_log))
    return;
  oe->std_error = of_log;
  oe->statistic = log(oe->estimate) / of_log;
  oe->p_value = normal_two_sided(oe->statistic);
  oe->conf_low = oe->estimate * exp(-z * of_log);
  oe->conf_high = oe->estimate * exp(z * of_log);
}

// Standard error of the mean of n values.
static double mean_error(const double *value, size_t n)
{
  struct moments moments = moments_compute(value, NULL, n);
  return moments_sd(&moments) / sqrt((double) n);
}

static void set_brier(const struct external_rows *rows, double n_events, double level,
                      struct performance_estimate *brier, struct performance_estimate *scaled)
{
  size_t n = rows->n;
  double *value = NEW_ARRAY(double, n), f = n_events / (double) n, variance = f * (1 - f);
  for (size_t i = 0; i < n; i++)
    value[i] = (rows->risk[i] - rows->y[i]) * (rows->risk[i] - rows->y[i]);
  set_wald(brier, mean_error(value, n), NAN, level);
  if (!isnan(scaled->estimate)) {
    double factor = brier->estimate * (1 - 2 * f) / variance;
    for (size_t i = 0; i < n; i++)
      value[i] -= factor * (rows->y[i] - f);
    set_wald(scaled, mean_error(value, n) / variance, NAN, level);
  }
  free(value);
}

static void set_logloss(const struct external_rows *rows, double level,
                        struct performance_estimate *logloss)
{
  size_t n = rows->n_finite;
  double *value = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++) {
    double t = rows->finite_eta[i], size = fabs(t);
    bool right = (rows->finite_y[i] > 0.5) == (t >= 0);
    value[i] = log_one_plus(exp(-size)) + (right ? 0 : size);
  }
  set_wald(logloss, mean_error(value, n), NAN, level);
  free(value);
}

// Twice the gain of likelihood behind an index (2 gain - df)/n.
static void set_likelihood_ratio(double df, struct performance_estimate *index)
{
  if (isnan(index->estimate))
    return;
  index->statistic = index->estimate * index->n + df;
  index->df = df;
  index->p_value = chi_square_upper(fmax(index->statistic, 0), df);
}

// ---- resampling ----

struct resampled {
  const struct external_rows *rows;
  struct performance_workspace *workspace;
  double *finite_weight;
};

static void *resampled_new(void *context)
{
  struct resampled *resampled = NEW_ARRAY(struct resampled, 1);
  resampled->rows = context;
  resampled->workspace = performance_prepare(resampled->rows->n);
  resampled->finite_weight = NEW_ARRAY(double, resampled->rows->n);
  return resampled;
}

static void resampled_free(void *scratch)
{
  struct resampled *resampled = scratch;
  performance_release(resampled->workspace);
  free(resampled->finite_weight);
  free(resampled);
}

static bool resampled_measure(const double *weight, double *statistic, void *scratch)
{
  struct resampled *resampled = scratch;
  measure_rows(resampled->rows, weight, RESAMPLED, resampled->workspace, resampled->finite_weight,
               statistic);
  return true;
}

static void set_percentiles(struct external_rows *rows, double level, size_t n_bootstrap,
                            unsigned long long seed, int n_threads,
                            struct performance_estimate *estimate)
{
  struct bootstrap_plan plan = {.seed = seed, .n = rows->n, .first = 1, .last = n_bootstrap,
                                .n_threads = n_threads};
  double *result = NEW_ARRAY(double, n_bootstrap * N_PERFORMANCE_METRICS);
  bootstrap_run(&plan, resampled_measure, N_PERFORMANCE_METRICS, result, resampled_new,
                resampled_free, rows);
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    if ((RESAMPLED & BIT(m)) && !isnan(estimate[m].estimate))
      bootstrap_percentiles(result + m, n_bootstrap, N_PERFORMANCE_METRICS, level,
                            &estimate[m].conf_low, &estimate[m].conf_high);
  free(result);
}

// ---- all ----

void performance_external(const double *risk, const double *y, size_t n, double level,
                          size_t n_bootstrap, unsigned long long seed, int n_threads,
                          struct performance_estimate estimate[N_PERFORMANCE_METRICS])
{
  struct external_rows rows = external_rows_new(risk, y, n);
  struct performance_workspace *workspace = performance_prepare(n);
  double value[N_PERFORMANCE_METRICS], n_events = 0;
  measure_rows(&rows, NULL, METRIC_ALL, workspace, NULL, value);
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++) {
    bool on_all = WITHOUT_LOGIT & BIT(m);
    estimate[m] = (struct performance_estimate){value[m], NAN, NAN, NAN, NAN, NAN, NAN,
                                                (double) (on_all ? n : rows.n_finite)};
  }
  for (size_t i = 0; i < n; i++)
    n_events += y[i];
  if (!isnan(value[METRIC_AUC]))
    set_auc(&rows, level, &estimate[METRIC_AUC], &estimate[METRIC_DXY]);
  set_recalibration(&rows, level, estimate);
  set_oe(n_events, (double) n, level, &estimate[METRIC_OE]);
  set_brier(&rows, n_events, level, &estimate[METRIC_BRIER], &estimate[METRIC_BRIER_SCALED]);
  set_logloss(&rows, level, &estimate[METRIC_LOGLOSS]);
  set_likelihood_ratio(2, &estimate[METRIC_U]);
  set_likelihood_ratio(1, &estimate[METRIC_D]);
  if (n > 0 && n_bootstrap > 0)
    set_percentiles(&rows, level, n_bootstrap, seed, n_threads, estimate);
  performance_release(workspace);
  external_rows_free(&rows);
}
