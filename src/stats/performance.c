// SPDX-License-Identifier: GPL-3.0-or-later
// Performance of predicted risks.
//
// F. E. Harrell, Regression Modeling Strategies (2015), ch. 5 and 10: D, U, Q, Emax, and the
// programs validate.lrm and val.prob of his R package rms, which settle the two kinds; N. J. D.
// Nagelkerke (1991), Biometrika 78, 691; E. W. Steyerberg, Clinical Prediction Models (2019),
// ch. 15: scaled Brier score, calibration in the large, E90.
//
// The rows are put in order of eta once; each weighting then takes its rows from there.
#include <config.h>

#include "stats/performance.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/recalibration.h"
#include "stats/roc.h"
#include "stats/smooth.h"
#include "stats/summary.h"

const char *const performance_names[N_PERFORMANCE_METRICS] = {
  [METRIC_AUC] = "auc",
  [METRIC_DXY] = "dxy",
  [METRIC_BRIER] = "brier",
  [METRIC_BRIER_SCALED] = "brier.scaled",
  [METRIC_R2_NAGELKERKE] = "r2.nagelkerke",
  [METRIC_INTERCEPT] = "intercept",
  [METRIC_SLOPE] = "slope",
  [METRIC_CITL] = "citl",
  [METRIC_OE] = "oe",
  [METRIC_EMAX_LOGISTIC] = "emax.logistic",
  [METRIC_EMAX] = "emax",
  [METRIC_E50] = "e50",
  [METRIC_E90] = "e90",
  [METRIC_EAVG] = "eavg",
  [METRIC_MAE] = "mae",
  [METRIC_LOGLOSS] = "logloss",
  [METRIC_G] = "g",
  [METRIC_GP] = "gp",
  [METRIC_D] = "D",
  [METRIC_U] = "U",
  [METRIC_Q] = "Q",
};

const char *const performance_help[N_PERFORMANCE_METRICS] = {
  [METRIC_AUC] = "area under the ROC curve (c statistic)",
  [METRIC_DXY] = "Somers' rank correlation, 2 (auc - 1/2)",
  [METRIC_BRIER] = "Brier score: mean squared difference of risk and outcome",
  [METRIC_BRIER_SCALED] = "part of the Brier score of the event fraction that the risks remove",
  [METRIC_R2_NAGELKERKE] = "Nagelkerke's R squared",
  [METRIC_INTERCEPT] = "calibration intercept, estimated together with the slope",
  [METRIC_SLOPE] = "calibration slope",
  [METRIC_CITL] = "calibration in the large: intercept at slope 1",
  [METRIC_OE] = "observed over expected events",
  [METRIC_EMAX_LOGISTIC] = "largest difference of risk and logistically recalibrated risk",
  [METRIC_EMAX] = "largest difference of risk and smoothed outcome",
  [METRIC_E50] = "median difference of risk and smoothed outcome",
  [METRIC_E90] = "90% quantile of the difference of risk and smoothed outcome",
  [METRIC_EAVG] = "mean difference of risk and smoothed outcome",
  [METRIC_MAE] = "mean absolute error of the risks against the calibration curve",
  [METRIC_LOGLOSS] = "logarithmic loss: mean of -log probability of the outcome",
  [METRIC_G] = "Gini's mean difference of the linear predictor",
  [METRIC_GP] = "Gini's mean difference of the risk",
  [METRIC_D] = "discrimination index",
  [METRIC_U] = "unreliability index",
  [METRIC_Q] = "quality index, D - U",
};

#define BIT(metric) (1u << (metric))

enum {
  NEED_AUC = BIT(METRIC_AUC) | BIT(METRIC_DXY),
  NEED_CURVE = BIT(METRIC_EMAX) | BIT(METRIC_E50) | BIT(METRIC_E90) | BIT(METRIC_EAVG) |
               BIT(METRIC_MAE),
  NEED_GINI = BIT(METRIC_G) | BIT(METRIC_GP),
  NEED_ORDER = NEED_AUC | NEED_CURVE | NEED_GINI | PERFORMANCE_ORDER,
  NEED_LINE = BIT(METRIC_INTERCEPT) | BIT(METRIC_SLOPE) | BIT(METRIC_EMAX_LOGISTIC),
};

// What of the recalibration and the likelihoods a set of metrics takes.
struct needs {
  bool order, line, given_likelihood, line_likelihood;
};

static struct needs needs_of(enum performance_kind kind, unsigned wanted)
{
  bool internal = kind == PERFORMANCE_INTERNAL;
  bool gain = wanted & (BIT(METRIC_R2_NAGELKERKE) | BIT(METRIC_D));
  bool u = wanted & BIT(METRIC_U), q = wanted & BIT(METRIC_Q);
  struct needs needs = {.order = wanted & NEED_ORDER};
  needs.given_likelihood = (wanted & BIT(METRIC_LOGLOSS)) || u || q || (gain && !internal);
  needs.line_likelihood = u || q || (gain && internal);
  needs.line = (wanted & NEED_LINE) || needs.line_likelihood || (internal && (wanted & NEED_GINI));
  return needs;
}

// ---- rows ----

// Arrays of n.  Given rows are in ascending eta if an order was needed.
struct row_arrays {
  double *eta, *y, *weight;
  double *decay; // exp(-|eta|)
  double *loss;  // -log P(y)
};

struct performance_workspace {
  size_t n;
  struct row_arrays given, chosen; // chosen: of positive weight
  double *risk, *fitted, *error, *error_weight, *spare;
  size_t *order, *error_order, *in_turn; // in_turn: 0, 1, 2, ...
  struct order_room room;
};

static struct row_arrays row_arrays_new(size_t n)
{
  double *memory = NEW_ARRAY(double, 5 * n);
  return (struct row_arrays){memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n};
}

struct performance_workspace *performance_prepare(size_t n)
{
  struct performance_workspace *workspace = NEW_ARRAY(struct performance_workspace, 1);
  *workspace = (struct performance_workspace){.n = n,
                                              .given = row_arrays_new(n),
                                              .chosen = row_arrays_new(n),
                                              .risk = NEW_ARRAY(double, 6 * n),
                                              .order = NEW_ARRAY(size_t, 3 * n),
                                              .room = order_room_new(n)};
  workspace->fitted = workspace->risk + n;
  workspace->error = workspace->risk + 2 * n;
  workspace->error_weight = workspace->risk + 3 * n;
  workspace->spare = workspace->risk + 4 * n; // 2 n
  workspace->error_order = workspace->order + n;
  workspace->in_turn = workspace->order + 2 * n;
  for (size_t i = 0; i < n; i++)
    workspace->in_turn[i] = i;
  return workspace;
}

void performance_release(struct performance_workspace *workspace)
{
  if (!workspace)
    return;
  free(workspace->given.eta);
  free(workspace->chosen.eta);
  free(workspace->risk);
  free(workspace->order);
  order_room_free(&workspace->room);
  free(workspace);
}

// Fills the given rows.  Returns a centre of eta.
static double take_rows(const double *eta, const double *y, size_t n, const struct needs *needs,
                        struct performance_workspace *workspace)
{
  const struct row_arrays *given = &workspace->given;
  if (needs->order)
    order_ascending(eta, n, &workspace->room, workspace->order);
  const size_t *order = needs->order ? workspace->order : workspace->in_turn;
  for (size_t i = 0; i < n; i++) {
    given->eta[i] = eta[order[i]];
    given->y[i] = y[order[i]];
  }
  for (size_t i = 0; i < n; i++)
    given->decay[i] = exp(-fabs(given->eta[i]));
  if (needs->given_likelihood)
    for (size_t i = 0; i < n; i++) {
      double t = given->eta[i], far = (given->y[i] > 0.5) == (t >= 0) ? 0 : fabs(t);
      given->loss[i] = log_one_plus(given->decay[i]) + far;
    }
  return recalibration_centre(given->eta, given->decay, n);
}

// Rows of one weighting, in the order of the given rows.
struct sample {
  const double *eta, *y, *weight, *decay, *loss; // weight NULL: ones
  size_t n_rows;
  bool finite; // all eta
  double n, n_events, brier, expected, given_log_likelihood;
  struct recalibration_rows recalibration;
};

static struct sample choose_rows(const double *weight, size_t n, const struct needs *needs,
                                 struct performance_workspace *workspace)
{
  const struct row_arrays *given = &workspace->given, *to = &workspace->chosen;
  if (!weight)
    return (struct sample){.eta = given->eta, .y = given->y, .decay = given->decay,
                           .loss = given->loss, .n_rows = n};
  const size_t *order = needs->order ? workspace->order : workspace->in_turn;
  size_t k = 0;
  for (size_t i = 0; i < n; i++) {
    double w = weight[order[i]];
    to->weight[k] = w;
    to->eta[k] = given->eta[i];
    to->y[k] = given->y[i];
    to->decay[k] = given->decay[i];
    k += w > 0;
  }
  if (needs->given_likelihood)
    for (size_t i = 0, j = 0; i < n; i++) {
      to->loss[j] = given->loss[i];
      j += weight[order[i]] > 0;
    }
  return (struct sample){.eta = to->eta, .y = to->y, .weight = to->weight, .decay = to->decay,
                         .loss = to->loss, .n_rows = k};
}

static double weight_of(const struct sample *sample, size_t i)
{
  return sample->weight ? sample->weight[i] : 1;
}

static double risk_of(double eta, double decay)
{
  return (eta >= 0 ? 1 : decay) / (1 + decay);
}

static void risks_in_order(const double *eta, const double *decay, size_t n, double *risk)
{
  for (size_t i = 0; i < n; i++) {
    risk[i] = risk_of(eta[i], decay[i]);
    if (i > 0 && risk[i] < risk[i - 1]) // rounding of exp
      risk[i] = risk[i - 1];
  }
}

static void add_up(struct sample *sample, double centre, bool with_loss)
{
  double n = 0, n_events = 0, squares = 0, expected = 0, loss = 0;
  bool finite = true;
  for (size_t i = 0; i < sample->n_rows; i++) {
    double w = weight_of(sample, i), e = sample->decay[i], y = sample->y[i];
    double likely = 1 / (1 + e), unlikely = e * likely;
    bool up = sample->eta[i] >= 0;
    double residual = up == (y > 0.5) ? unlikely : likely;
    n += w;
    n_events += w * y;
    squares += w * residual * residual;
    expected += w * (up ? likely : unlikely);
    finite = finite && fabs(sample->eta[i]) < INFINITY;
  }
  for (size_t i = 0; with_loss && i < sample->n_rows; i++)
    loss += weight_of(sample, i) * sample->loss[i];
  sample->finite = finite;
  sample->n = n;
  sample->n_events = n_events;
  sample->brier = squares / n;
  sample->expected = expected;
  sample->given_log_likelihood = -loss;
  sample->recalibration = (struct recalibration_rows){.eta = sample->eta, .y = sample->y,
                                                      .weight = sample->weight,
                                                      .decay = sample->decay,
                                                      .n = sample->n_rows, .centre = centre};
}

// ---- metrics of ordered rows ----

// Gini's mean difference of n values in order, by weight: mean |x - x'| over pairs.
static double gini(const double *x, const struct sample *sample)
{
  double before = 0, sum = 0, middle = x[sample->n_rows / 2];
  for (size_t i = 0; i < sample->n_rows; i++) {
    double w = weight_of(sample, i);
    sum += w * (2 * before + w - sample->n) * (x[i] - middle);
    before += w;
  }
  return sample->n > 1 ? 2 * fabs(sum) / (sample->n * (sample->n - 1)) : NAN;
}

static void measure_gini(const struct sample *sample, enum performance_kind kind, unsigned wanted,
                         const struct recalibration *line,
                         struct performance_workspace *workspace, double *value)
{
  bool internal = kind == PERFORMANCE_INTERNAL;
  size_t n = sample->n_rows;
  if (n == 0 || !sample->finite)
    return;
  if (sample->eta[0] == sample->eta[n - 1]) {
    value[METRIC_G] = value[METRIC_GP] = sample->n > 1 ? 0 : NAN;
    return;
  }
  if (wanted & BIT(METRIC_G))
    value[METRIC_G] = gini(sample->eta, sample) * (internal ? fabs(line->slope) : 1);
  if (!(wanted & BIT(METRIC_GP)) || (internal && isnan(line->slope)))
    return;
  double *risk = workspace->risk;
  for (size_t i = 0; i < n; i++) {
    double t = internal ? line->intercept + line->slope * sample->eta[i] : sample->eta[i];
    risk[i] = risk_of(t, internal ? exp(-fabs(t)) : sample->decay[i]);
  }
  value[METRIC_GP] = gini(risk, sample);
}

static double error_quantile(const struct sample *sample, double p,
                             const struct performance_workspace *workspace)
{
  return quantile_sorted(workspace->error, sample->weight ? workspace->error_weight : NULL,
                         sample->n_rows, p, QUANTILE_TYPE_7);
}

// |p - lowess| at the rows.
static void measure_curve(const struct sample *sample, unsigned wanted,
                          struct performance_workspace *workspace, double *value)
{
  size_t n = sample->n_rows;
  double *risk = workspace->risk, *fitted = workspace->fitted, most = 0, sum = 0;
  if (n == 0)
    return;
  risks_in_order(sample->eta, sample->decay, n, risk);
  lowess(risk, sample->y, sample->weight, n, 2.0 / 3, 0, .01 * (risk[n - 1] - risk[0]), fitted,
         workspace->spare);
  for (size_t i = 0; i < n; i++) {
    fitted[i] = fabs(risk[i] - fitted[i]);
    most = fitted[i] > most ? fitted[i] : most;
    sum += weight_of(sample, i) * fitted[i];
  }
  value[METRIC_EMAX] = most;
  value[METRIC_EAVG] = value[METRIC_MAE] = sum / sample->n;
  if (!(wanted & (BIT(METRIC_E50) | BIT(METRIC_E90))))
    return;
  size_t *order = workspace->error_order;
  order_ascending(fitted, n, &workspace->room, order);
  for (size_t i = 0; i < n; i++) {
    workspace->error[i] = fitted[order[i]];
    workspace->error_weight[i] = weight_of(sample, order[i]);
  }
  value[METRIC_E50] = error_quantile(sample, .5, workspace);
  value[METRIC_E90] = error_quantile(sample, .9, workspace);
}

// ---- recalibration and likelihoods ----

static double null_log_likelihood(const struct sample *sample)
{
  double events = sample->n_events, others = sample->n - events;
  return events * log(events / sample->n) + others * log(others / sample->n);
}

// Of the best a + b eta: that of the event fraction where all eta are equal.
static double line_log_likelihood(const struct sample *sample, const struct needs *needs,
                                  const struct recalibration *line, bool constant)
{
  if (constant)
    return null_log_likelihood(sample);
  if (isnan(line->slope))
    return NAN;
  if (line->at_start && needs->given_likelihood)
    return sample->given_log_likelihood + line->gain;
  return recalibrated_log_likelihood(&sample->recalibration, line->intercept, line->slope);
}

static bool all_equal(const double *x, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (x[i] != x[0])
      return false;
  return true;
}

static struct recalibration measure_likelihood(const struct sample *sample,
                                               enum performance_kind kind,
                                               const struct needs *needs, double *value)
{
  struct recalibration line = {.intercept = NAN, .slope = NAN};
  double n = sample->n, given = sample->given_log_likelihood, best = NAN;
  double null = null_log_likelihood(sample);
  if (!sample->finite || !(n > 0))
    return line;
  value[METRIC_LOGLOSS] = -given / n;
  if (!(sample->n_events > 0 && sample->n_events < n))
    return line;
  bool constant = all_equal(sample->eta, sample->n_rows);
  if (needs->line && !constant)
    line = recalibrate(&sample->recalibration);
  if (needs->line_likelihood)
    best = line_log_likelihood(sample, needs, &line, constant);
  value[METRIC_INTERCEPT] = line.intercept;
  value[METRIC_SLOPE] = line.slope;
  double reached = kind == PERFORMANCE_INTERNAL ? best : given;
  value[METRIC_R2_NAGELKERKE] = expm1(-2 * (reached - null) / n) / expm1(2 * null / n);
  value[METRIC_D] = (2 * (reached - null) - 1) / n;
  value[METRIC_U] = (2 * (best - given) - 2) / n;
  value[METRIC_Q] = value[METRIC_D] - value[METRIC_U];
  return line;
}

// ---- all ----

static void measure_sample(struct sample *sample, enum performance_kind kind, unsigned wanted,
                           const struct needs *needs, struct performance_workspace *workspace,
                           double *value)
{
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    value[m] = NAN;
  double n = sample->n, fraction = sample->n_events / n;
  bool both = sample->n_events > 0 && sample->n_events < n;
  if (wanted & NEED_AUC) {
    value[METRIC_AUC] =
        roc_auc(sample->eta, sample->y, sample->weight, sample->n_rows, workspace->in_turn);
    value[METRIC_DXY] = 2 * (value[METRIC_AUC] - 0.5);
  }
  value[METRIC_BRIER] = sample->brier;
  value[METRIC_BRIER_SCALED] = both ? 1 - sample->brier / (fraction * (1 - fraction)) : NAN;
  value[METRIC_OE] = sample->expected > 0 ? sample->n_events / sample->expected : NAN;
  struct recalibration line = measure_likelihood(sample, kind, needs, value);
  if ((wanted & BIT(METRIC_CITL)) && sample->finite && both)
    value[METRIC_CITL] = recalibrate_intercept(&sample->recalibration);
  if (wanted & BIT(METRIC_EMAX_LOGISTIC))
    value[METRIC_EMAX_LOGISTIC] = emax_logistic(line.intercept, line.slope);
  if (wanted & NEED_GINI)
    measure_gini(sample, kind, wanted, &line, workspace, value);
  if (wanted & NEED_CURVE)
    measure_curve(sample, wanted, workspace, value);
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (!(wanted & BIT(m)))
      value[m] = NAN;
}

static void measure_weighting(const double *weight, size_t n, enum performance_kind kind,
                              unsigned wanted, const struct needs *needs, double centre,
                              struct performance_workspace *workspace, double *value)
{
  struct sample sample = choose_rows(weight, n, needs, workspace);
  add_up(&sample, centre, needs->given_likelihood);
  measure_sample(&sample, kind, wanted, needs, workspace, value);
}

void performance_measure(const double *eta, const double *y, const double *weight, size_t n,
                         enum performance_kind kind, unsigned wanted,
                         struct performance_workspace *workspace, double *value)
{
  assert(n <= workspace->n);
  struct needs needs = needs_of(kind, wanted);
  double centre = take_rows(eta, y, n, &needs, workspace);
  measure_weighting(weight, n, kind, wanted, &needs, centre, workspace, value);
}

void performance_measure_two(const double *eta, const double *y, const double *weight_a,
                             const double *weight_b, size_t n, enum performance_kind kind,
                             unsigned wanted, struct performance_workspace *workspace,
                             double *value_a, double *value_b)
{
  assert(n <= workspace->n);
  struct needs needs = needs_of(kind, wanted);
  double centre = take_rows(eta, y, n, &needs, workspace);
  measure_weighting(weight_a, n, kind, wanted, &needs, centre, workspace, value_a);
  measure_weighting(weight_b, n, kind, wanted, &needs, centre, workspace, value_b);
}

const size_t *performance_order(const struct performance_workspace *workspace, size_t n,
                                double *risk)
{
  risks_in_order(workspace->given.eta, workspace->given.decay, n, risk);
  return workspace->order;
}
