// SPDX-License-Identifier: GPL-3.0-or-later
// Measuring a replicate's model.  Nothing is allocated here once a thread has its scratch.
//
// The curve is that of rms::calibrate.default (Harrell 2015): lowess of the outcome on the risk,
// interpolated at given risks.
#include <config.h>

#include "cmd/calib_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "cmd/markers.h"
#include "stats/smooth.h"
#include "stats/summary.h"

static const unsigned curve_metrics =
    1U << METRIC_EMAX | 1U << METRIC_E50 | 1U << METRIC_E90 | 1U << METRIC_EAVG | 1U << METRIC_MAE;

struct calib_scratch {
  const struct calib *calib;
  struct performance_workspace *workspace;
  struct order_room room;
  const size_t *order;                     // the workspace's
  size_t *error_order;                     // n
  double *flat;                            // n, for a predictor that is a constant
  double *risk;                            // n, ascending
  double *p, *y, *weight, *fitted, *spare; // of the rows in use: n, spare 2 n
};

void *calib_scratch_make(void *context)
{
  const struct calib *calib = context;
  size_t n = calib->n;
  struct calib_scratch *scratch = NEW_ZEROED(struct calib_scratch, 1);
  scratch->calib = calib;
  scratch->workspace = performance_prepare(n);
  scratch->flat = NEW_ARRAY(double, n);
  if (!calib->has_curve)
    return scratch;
  scratch->room = order_room_new(n);
  scratch->error_order = NEW_ARRAY(size_t, n);
  scratch->risk = NEW_ARRAY(double, 7 * n);
  scratch->p = scratch->risk + n;
  scratch->y = scratch->p + n;
  scratch->weight = scratch->y + n;
  scratch->fitted = scratch->weight + n;
  scratch->spare = scratch->fitted + n;
  return scratch;
}

void calib_scratch_free(void *pointer)
{
  struct calib_scratch *scratch = pointer;
  performance_release(scratch->workspace);
  order_room_free(&scratch->room);
  free(scratch->error_order);
  free(scratch->risk);
  free(scratch->flat);
  free(scratch);
}

// ---- the curve ----

// approx(x, y, at): at and x ascending.
static void interpolate_all(const double *x, const double *y, size_t n, const double *at,
                            size_t n_at, double *value)
{
  size_t i = 0;
  for (size_t k = 0; k < n_at; k++) {
    while (i < n && x[i] < at[k])
      i++;
    if (i == n || (i == 0 && x[i] > at[k]))
      value[k] = NAN;
    else if (x[i] == at[k])
      value[k] = y[i];
    else
      value[k] = y[i - 1] + (y[i] - y[i - 1]) * ((at[k] - x[i - 1]) / (x[i] - x[i - 1]));
  }
}

static void error_metrics(const double *error, const double *weight, size_t n, double *value)
{
  struct compensated_sum sum = {0};
  double total = 0;
  for (size_t i = 0; i < n; i++) {
    sum_add(&sum, weight[i] * error[i]);
    total += weight[i];
  }
  value[METRIC_EAVG] = value[METRIC_MAE] = n ? sum_total(&sum) / total : NAN;
  value[METRIC_EMAX] = n ? error[n - 1] : NAN;
  value[METRIC_E50] = quantile_sorted(error, weight, n, 0.5, QUANTILE_TYPE_7);
  value[METRIC_E90] = quantile_sorted(error, weight, n, 0.9, QUANTILE_TYPE_7);
}

// The curve of the rows of positive weight (NULL: ones), which stand in order of risk: value gets
// its metrics and its values at the grid.
static void measure_curve(struct calib_scratch *scratch, const double *weight, double *value)
{
  const struct calib *calib = scratch->calib;
  size_t n = calib->n, m = 0;
  double *p = scratch->p, *y = scratch->y, *w = scratch->weight, *fitted = scratch->fitted;
  for (size_t i = 0; i < n; i++) {
    size_t row = scratch->order[i];
    double times = weight ? weight[row] : 1;
    w[m] = times;
    p[m] = scratch->risk[i];
    y[m] = calib->y[row];
    m += times > 0;
  }
  for (size_t k = N_PERFORMANCE_METRICS; k < CALIB_STATISTICS; k++)
    value[k] = NAN;
  if (m == 0)
    return;
  lowess(p, y, weight ? w : NULL, m, 2.0 / 3, 0, 0.01 * (p[m - 1] - p[0]), fitted, scratch->spare);
  interpolate_all(p, fitted, m, calib->grid, CALIB_POINTS, value + N_PERFORMANCE_METRICS);
  if (!(calib->metrics & curve_metrics))
    return;
  double *error = fitted, *sorted = scratch->spare, *sorted_weight = scratch->spare + n;
  for (size_t i = 0; i < m; i++)
    error[i] = fabs(p[i] - fitted[i]);
  order_ascending(error, m, &scratch->room, scratch->error_order);
  for (size_t i = 0; i < m; i++) {
    sorted[i] = error[scratch->error_order[i]];
    sorted_weight[i] = w[scratch->error_order[i]];
  }
  error_metrics(sorted, sorted_weight, m, value);
}

void calib_measure(const double *eta, const double *weight_training, const double *weight_test,
                   double *training, double *test, void *pointer)
{
  struct calib_scratch *scratch = pointer;
  const struct calib *calib = scratch->calib;
  size_t n = calib->n;
  unsigned wanted = calib->metrics & ~curve_metrics;
  eta = predictor_without_rounding(eta, n, scratch->flat);
  performance_measure_two(eta, calib->y, weight_training, weight_test, n, PERFORMANCE_INTERNAL,
                          calib->has_curve ? wanted | PERFORMANCE_ORDER : wanted,
                          scratch->workspace, training, test);
  if (!calib->has_curve) {
    for (size_t k = N_PERFORMANCE_METRICS; k < CALIB_STATISTICS; k++)
      training[k] = test[k] = NAN;
    return;
  }
  scratch->order = performance_order(scratch->workspace, n, scratch->risk);
  measure_curve(scratch, weight_training, training);
  measure_curve(scratch, weight_test, test);
}

// ---- of corrected values ----

void calib_curve_metrics(const double *risk, size_t n, const double *predicted,
                         const double *corrected, size_t n_points, double *value)
{
  double *error = NEW_ARRAY(double, 2 * n), *weight = error + n;
  size_t m = 0;
  for (size_t i = 0; i < n; i++) {
    double curve = interpolate(predicted, corrected, n_points, risk[i], false);
    if (!isnan(curve))
      error[m++] = fabs(risk[i] - curve);
  }
  sort_doubles(error, m);
  for (size_t i = 0; i < m; i++)
    weight[i] = 1;
  error_metrics(error, weight, m, value);
  free(error);
}
