// SPDX-License-Identifier: GPL-3.0-or-later
// External validation: given risks on rows that no fit has seen.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "cmd/calib.h"
#include "stats/distribution.h"
#include "stats/logit.h"
#include "stats/smooth.h"

// Above this many rows loess takes too much memory.
enum { MOST_LOESS_ROWS = 5000 };

bool calib_has_logit(const struct calib *calib, size_t i)
{
  return isfinite(calib->risk ? logit_of(calib->risk[i]) : calib->eta[i]);
}

// Without an intercept only what a shift of the linear predictor leaves as it is.
static bool needs_intercept(enum performance_metric metric)
{
  return metric != METRIC_AUC && metric != METRIC_DXY && metric != METRIC_SLOPE &&
         metric != METRIC_G;
}

static void estimate_metrics(struct calib *calib)
{
  size_t n = calib->n;
  const struct command *command = calib->command;
  double *risk = NEW_ARRAY(double, n), centre = 0;
  if (!calib->risk) {
    for (size_t i = 0; i < n; i++)
      centre += calib->eta[i] / (double) n;
    for (size_t i = 0; i < n; i++)
      risk[i] = logit_inverse(calib->eta[i] - centre);
  } else {
    memcpy(risk, calib->risk, n * sizeof *risk);
  }
  performance_external(risk, calib->y, n, command->level, command->bootstrap, command->seed,
                       command->n_threads, calib->estimate);
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (!calib_wants(calib, (enum performance_metric) m) ||
        (!calib->risk && needs_intercept((enum performance_metric) m)))
      calib->estimate[m] = (struct performance_estimate){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    else
      calib_clip((enum performance_metric) m, &calib->estimate[m].conf_low,
                 &calib->estimate[m].conf_high);
  free(risk);
}

// ---- the curve ----

static bool smooth_by_loess(struct calib *calib)
{
  if (calib->n > MOST_LOESS_ROWS)
    return false;
  struct loess loess;
  if (!loess_fit(calib->risk, calib->y, calib->n, 0.75, 2, calib->curve_x, calib->n_curve, &loess))
    return false;
  double t = t_quantile(0.5 + calib->command->level / 2, loess.df);
  for (size_t k = 0; k < calib->n_curve; k++) {
    double half = t * loess.std_error[k];
    calib->curve_smooth[k] = loess.fitted[k];
    // Without residual degrees of freedom there is no interval.
    calib->curve_low[k] = isnan(half) ? NAN : fmin(fmax(loess.fitted[k] - half, 0), 1);
    calib->curve_high[k] = isnan(half) ? NAN : fmin(fmax(loess.fitted[k] + half, 0), 1);
  }
  loess_free(&loess);
  return true;
}

static void smooth_by_lowess(struct calib *calib, const double *x)
{
  size_t n = calib->n, *order = NEW_ARRAY(size_t, n);
  double *y = NEW_ARRAY(double, n), *fitted = NEW_ARRAY(double, n);
  sort_order(calib->risk, n, order);
  for (size_t i = 0; i < n; i++)
    y[i] = calib->y[order[i]];
  lowess(x, y, NULL, n, 2.0 / 3, 0, 0.01 * (x[n - 1] - x[0]), fitted, NULL);
  for (size_t k = 0; k < calib->n_curve; k++)
    calib->curve_smooth[k] = interpolate(x, fitted, n, calib->curve_x[k], false);
  free(order);
  free(y);
  free(fitted);
}

static void make_curve(struct calib *calib)
{
  if (!calib->risk || !calib->has_curve)
    return;
  size_t n = calib->n;
  double *sorted = NEW_ARRAY(double, n);
  memcpy(sorted, calib->risk, n * sizeof *sorted);
  sort_doubles(sorted, n);
  double from = sorted[0], to = sorted[n - 1];
  calib->n_curve = from < to ? CALIB_EXTERNAL_POINTS : 0;
  double intercept = calib->update.test.intercept, slope = calib->update.test.slope;
  for (size_t k = 0; k < calib->n_curve; k++) {
    double x = k + 1 < calib->n_curve
                   ? from + (double) k * ((to - from) / (CALIB_EXTERNAL_POINTS - 1))
                   : to;
    calib->curve_x[k] = x;
    // At 0 and 1 what the logistic curve tends to there.
    double logit = logit_of(x);
    calib->curve_logistic[k] =
        logit_inverse(isinf(logit) && slope == 0 ? intercept : intercept + slope * logit);
    calib->curve_smooth[k] = calib->curve_low[k] = calib->curve_high[k] = NAN;
  }
  if (calib->n_curve && smooth_by_loess(calib)) {
    calib->smoother = SMOOTHER_LOESS;
  } else if (calib->n_curve) {
    smooth_by_lowess(calib, sorted);
    calib->smoother = SMOOTHER_LOWESS;
    report_note(&calib->command->report, "nonparametric curve: lowess, without a band (%s)",
                n > MOST_LOESS_ROWS ? "more than 5000 rows" : "too few different risks for loess");
  }
  free(sorted);
}

static bool all_equal(const double *x, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (x[i] != x[0])
      return false;
  return true;
}

void calib_external_run(struct calib *calib)
{
  struct report *report = &calib->command->report;
  for (size_t i = 0; i < calib->n; i++)
    calib->n_extreme += !calib_has_logit(calib, i);
  if (calib->n_extreme)
    report_warning(report,
                   "%zu row%s with a risk of exactly 0 or 1, whose logit is infinite: left out of "
                   "what is made of logits (intercepts, slope, R\u00b2, D, U, Q, g, log "
                   "loss, logistic curve, updating)",
                   calib->n_extreme, calib->n_extreme == 1 ? "" : "s");
  if (!calib->risk)
    report_note(report, "the model has no intercept, so it gives no risks: discrimination and "
                        "slope only (--update=large finds one)");
  if (calib->risk && all_equal(calib->risk, calib->n))
    report_note(report, "all risks are equal: no calibration slope, intercept or curve");
  estimate_metrics(calib);
  calib_update_run(calib);
  make_curve(calib);
}
