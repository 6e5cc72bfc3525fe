// SPDX-License-Identifier: GPL-3.0-or-later
// Internal validation: replicates, and what follows from them.
//
// Bootstrap and intervals: Harrell (2015), Noma et al. (2021); .632+: Efron & Tibshirani (1997);
// instability: Riley & Collins (2023).
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/progress.h"
#include "base/sort.h"
#include "cmd/calib.h"
#include "cmd/calib_measure.h"
#include "stats/logit.h"
#include "stats/recalibration.h"
#include "stats/summary.h"

// ---- replicates ----

static enum validation_scheme scheme_of(const struct calib *calib)
{
  switch (calib->scheme) {
  case CALIB_632:
  case CALIB_632_PLUS:
    return VALIDATION_OUT_OF_BAG;
  case CALIB_CROSS:
    return VALIDATION_FOLDS;
  default:
    return VALIDATION_BOOTSTRAP;
  }
}

static void make_plan(struct calib *calib, struct progress *progress, struct validation_plan *plan)
{
  *plan = (struct validation_plan){
      .scheme = scheme_of(calib),
      .resample = {.seed = calib->command->seed,
                   .n = calib->n,
                   .first = calib->first,
                   .last = calib->last,
                   .given = calib->resample,
                   .n_threads = calib->command->n_threads,
                   .progress = progress},
      .n_folds = (size_t) calib->settings->n_folds,
      .n_repeats = (size_t) calib->settings->n_repeats,
      .fold_group = calib->y,
      .n_statistics = CALIB_STATISTICS,
      .measure = calib_measure,
      .make_scratch = calib_scratch_make,
      .free_scratch = calib_scratch_free,
      .context = calib,
      .process = calib_imputed_replicate(calib),
      .keep_predictors = calib->keeps_predictors,
      .keep_sets = calib->scheme == CALIB_CROSS,
  };
}

// The risks at which the curve is measured: from the 5th smallest to the 5th largest, as
// seq(, length = 50) makes them.
static void make_grid(struct calib *calib)
{
  size_t n = calib->n;
  double *sorted = NEW_ARRAY(double, n);
  memcpy(sorted, calib->risk, n * sizeof *sorted);
  sort_doubles(sorted, n);
  double from = sorted[4], to = sorted[n - 5], by = (to - from) / (CALIB_POINTS - 1);
  for (size_t k = 0; k < CALIB_POINTS; k++)
    calib->grid[k] = from + (double) k * by;
  calib->grid[CALIB_POINTS - 1] = to;
  free(sorted);
}

static void measure_apparent(struct calib *calib)
{
  enum { LEAST_FOR_CURVE = 11 };
  if (calib->n < LEAST_FOR_CURVE && calib->has_curve) {
    calib->has_curve = false;
    report_note(&calib->command->report, "fewer than %d rows: no calibration curve",
                LEAST_FOR_CURVE);
  }
  if (calib->has_curve)
    make_grid(calib);
  if (calib->imputed) {
    calib_measure_imputed(calib, calib->apparent);
    return;
  }
  double *unused = NEW_ARRAY(double, CALIB_STATISTICS);
  void *scratch = calib_scratch_make(calib);
  for (size_t m = 0; m < CALIB_STATISTICS; m++)
    calib->apparent[m] = NAN;
  calib_measure(calib->eta, NULL, NULL, calib->apparent, unused, scratch);
  calib_scratch_free(scratch);
  free(unused);
}

void calib_internal_run(struct calib *calib)
{
  measure_apparent(calib);
  if (!calib_is_resampled(calib) || calib->settings->combine)
    return;
  struct progress progress;
  size_t n_replicates = calib->last - calib->first + 1;
  progress_begin(&progress, "replicates", n_replicates, calib->command->quiet);
  struct validation_plan plan;
  make_plan(calib, &progress, &plan);
  validation_run(&plan, calib->problem, calib->eta, &calib->validation);
  progress_end(&progress);
}

// ---- from replicates to metrics ----

static bool is_of_curve(enum performance_metric metric)
{
  return metric == METRIC_EMAX || metric == METRIC_E50 || metric == METRIC_E90 ||
         metric == METRIC_EAVG || metric == METRIC_MAE;
}

// On the rows of its own fit the recalibration of a model is the identity: these are constants of
// training rows, and no interval can be made of their values there.
bool calib_has_shifted_interval(enum performance_metric metric)
{
  switch (metric) {
  case METRIC_INTERCEPT:
  case METRIC_SLOPE:
  case METRIC_CITL:
  case METRIC_OE:
  case METRIC_U:
  case METRIC_EMAX_LOGISTIC:
    return false;
  default:
    return true;
  }
}

// .632 is of errors and gains in prediction, not of calibration.
static bool has_632(enum performance_metric metric)
{
  return calib_has_shifted_interval(metric) && !is_of_curve(metric) && metric != METRIC_D &&
         metric != METRIC_Q;
}

// What the metric would be if risk and outcome were independent; NaN: not known.
static double brier_without_information(const struct calib *calib)
{
  size_t n_risks;
  const double *risk = calib_judged_risks(calib, &n_risks);
  double sum = 0;
  for (size_t from = 0; from < n_risks; from += calib->n)
    sum += no_information_brier(risk + from, calib->y, calib->n);
  return sum / ((double) n_risks / (double) calib->n);
}

static double no_information(const struct calib *calib, enum performance_metric metric)
{
  double fraction = (double) calib->n_events / (double) calib->n;
  switch (metric) {
  case METRIC_AUC:
    return 0.5;
  case METRIC_DXY:
    return 0;
  case METRIC_BRIER:
    return brier_without_information(calib);
  case METRIC_BRIER_SCALED:
    return 1 - brier_without_information(calib) / (fraction * (1 - fraction));
  default:
    return NAN;
  }
}

// ---- cross-validation ----

// Folds are small: a slope in one of them says little.  All is measured on the rows of a repeat
// together, each with the risk by the model that has not seen it, but for the areas, since linear
// predictors of different models are no single ranking.
static bool is_pooled(const struct calib *calib, enum performance_metric metric)
{
  return calib->scheme == CALIB_CROSS && metric != METRIC_AUC && metric != METRIC_DXY;
}

// The linear predictors of a repeat, each by the model that has not seen the row, and which rows
// have one (weight 1, else 0); set: of which imputation, else 0.  False: none has.
static bool gather_repeat(const struct calib *calib, size_t repeat, const size_t *fold, size_t set,
                          double *eta, double *weight)
{
  const struct validation_result *result = &calib->validation;
  size_t n = calib->n, n_folds = (size_t) calib->settings->n_folds;
  size_t n_sets = result->set_eta ? calib_n_sets(calib) : 1;
  const double *from = result->set_eta ? result->set_eta : result->eta;
  bool any = false;
  for (size_t i = 0; i < n; i++) {
    size_t b = repeat * n_folds + fold[i];
    bool known = b >= result->first && b - result->first < result->n_replicates &&
                 result->status[b - result->first] == LOGIT_CONVERGED;
    eta[i] = known ? from[((b - result->first) * n_sets + set) * n + i] : 0;
    weight[i] = known ? 1 : 0;
    any |= known;
  }
  return any;
}

// value: n_repeats x CALIB_STATISTICS; NaN where a repeat has no model.  On imputed data the mean
// of what each imputation has: the mean linear predictor would be that of no row, and closer to the
// outcome, which had a part in what was imputed.
static void measure_pooled(const struct calib *calib, double *value)
{
  size_t n = calib->n, n_sets = calib_n_sets(calib), *fold = NEW_ARRAY(size_t, n);
  double *eta = NEW_ARRAY(double, 2 * n), *weight = eta + n;
  double *unused = NEW_ARRAY(double, 2 * CALIB_STATISTICS), *one = unused + CALIB_STATISTICS;
  void *scratch = calib_scratch_make((void *) calib);
  for (size_t r = 0; r < (size_t) calib->settings->n_repeats; r++) {
    double *here = value + r * CALIB_STATISTICS;
    validation_folds(calib->y, n, (size_t) calib->settings->n_folds, calib->command->seed, r + 1,
                     fold);
    for (size_t k = 0; k < CALIB_STATISTICS; k++)
      here[k] = 0;
    for (size_t set = 0; set < n_sets; set++) {
      for (size_t k = 0; k < CALIB_STATISTICS; k++)
        one[k] = NAN;
      if (gather_repeat(calib, r, fold, set, eta, weight))
        calib_measure(eta, NULL, weight, unused, one, scratch);
      for (size_t k = 0; k < CALIB_STATISTICS; k++)
        here[k] += one[k] / (double) n_sets;
    }
  }
  calib_scratch_free(scratch);
  free(fold);
  free(eta);
  free(unused);
}

static void summarise_pooled(const double *value, size_t n_repeats, size_t which,
                             struct validation_summary *summary)
{
  struct compensated_sum sum = {0};
  summary->n = 0;
  for (size_t r = 0; r < n_repeats; r++)
    if (isfinite(value[r * CALIB_STATISTICS + which])) {
      sum_add(&sum, value[r * CALIB_STATISTICS + which]);
      summary->n++;
    }
  summary->test = summary->n ? sum_total(&sum) / (double) summary->n : NAN;
}

// ---- from replicates to corrected values ----

static double corrected_value(const struct calib *calib, enum performance_metric metric,
                              double apparent, const struct validation_summary *summary)
{
  double gamma;
  switch (calib->scheme) {
  case CALIB_BOOTSTRAP:
    return summary->corrected;
  case CALIB_CROSS:
    return summary->test;
  case CALIB_632:
    return has_632(metric) ? validation_632(apparent, summary->test) : NAN;
  case CALIB_632_PLUS:
    gamma = no_information(calib, metric);
    return has_632(metric) && !isnan(gamma)
               ? validation_632_plus(apparent, summary->test, gamma, NULL)
               : NAN;
  default:
    return NAN;
  }
}

// pooled: measure_pooled's values, or NULL.
static void summarise_metric(struct calib *calib, enum performance_metric m, const double *pooled)
{
  struct calib_metric *metric = &calib->metric[m];
  double apparent = calib->apparent[m];
  *metric = (struct calib_metric){apparent, NAN, NAN, NAN, NAN, NAN, NAN, 0};
  if (!calib_is_resampled(calib) || !calib_wants(calib, m))
    return;
  struct validation_summary summary =
      validation_optimism(&calib->validation, CALIB_STATISTICS, m, apparent);
  if (pooled && is_pooled(calib, m))
    summarise_pooled(pooled, (size_t) calib->settings->n_repeats, m, &summary);
  metric->training = summary.training;
  metric->test = summary.test;
  metric->n = summary.n;
  if (!is_of_curve(m) && m != METRIC_EMAX_LOGISTIC)
    metric->corrected = corrected_value(calib, m, apparent, &summary);
}

static void summarise_curve(struct calib *calib, const double *pooled)
{
  calib->n_points = calib->has_curve ? CALIB_POINTS : 0;
  bool corrects = calib->scheme == CALIB_BOOTSTRAP || calib->scheme == CALIB_CROSS;
  for (size_t k = 0; k < calib->n_points; k++) {
    size_t which = N_PERFORMANCE_METRICS + k;
    double apparent = calib->apparent[which];
    calib->point[k] = (struct calib_point){calib->grid[k], apparent, NAN, NAN, NAN, calib->n};
    if (!calib_is_resampled(calib))
      continue;
    struct validation_summary summary =
        validation_optimism(&calib->validation, CALIB_STATISTICS, which, apparent);
    if (pooled)
      summarise_pooled(pooled, (size_t) calib->settings->n_repeats, which, &summary);
    calib->point[k].n = summary.n;
    if (corrects)
      calib->point[k].corrected = corrected_value(calib, METRIC_AUC, apparent, &summary);
    if (calib->scheme == CALIB_BOOTSTRAP)
      validation_shifted_interval(&calib->validation, CALIB_STATISTICS, which, apparent,
                                  summary.corrected, calib->command->level, &calib->point[k].low,
                                  &calib->point[k].high);
  }
}

static void correct_curve_metrics(struct calib *calib)
{
  double predicted[CALIB_POINTS], corrected[CALIB_POINTS], value[N_PERFORMANCE_METRICS];
  size_t n = 0;
  for (size_t k = 0; k < calib->n_points; k++)
    if (!isnan(calib->point[k].corrected)) {
      predicted[n] = calib->point[k].predicted;
      corrected[n++] = calib->point[k].corrected;
    }
  if (n < 2)
    return;
  size_t n_risks;
  const double *risk = calib_judged_risks(calib, &n_risks);
  calib_curve_metrics(risk, n_risks, predicted, corrected, n, value);
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (is_of_curve((enum performance_metric) m) && calib_wants(calib, (enum performance_metric) m))
      calib->metric[m].corrected = value[m];
}

void calib_clip(enum performance_metric metric, double *low, double *high)
{
  double least = -INFINITY, most = INFINITY;
  switch (metric) {
  case METRIC_AUC:
  case METRIC_BRIER:
    least = 0, most = 1;
    break;
  case METRIC_DXY:
    least = -1, most = 1;
    break;
  case METRIC_BRIER_SCALED:
  case METRIC_R2_NAGELKERKE:
    most = 1;
    break;
  case METRIC_LOGLOSS:
  case METRIC_G:
  case METRIC_GP:
    least = 0;
    break;
  default:
    if (is_of_curve(metric) || metric == METRIC_EMAX_LOGISTIC)
      least = 0, most = 1;
  }
  if (*low < least)
    *low = least;
  if (*high > most)
    *high = most;
}

static void add_two_stage_intervals(struct calib *calib)
{
  double *low = NEW_ARRAY(double, CALIB_STATISTICS), *high = NEW_ARRAY(double, CALIB_STATISTICS);
  struct progress progress;
  progress_begin(&progress, "replicates of two stages",
                 calib->n_replicates * (size_t) calib->settings->n_inner, calib->command->quiet);
  struct validation_plan plan;
  make_plan(calib, &progress, &plan);
  plan.keep_predictors = false;
  validation_two_stage_interval(&plan, calib->problem, calib->n_replicates,
                                (size_t) calib->settings->n_inner, calib->command->level, low,
                                high);
  progress_end(&progress);
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++) {
    enum performance_metric metric = (enum performance_metric) m;
    if (!calib_wants(calib, metric) || is_of_curve(metric) || metric == METRIC_EMAX_LOGISTIC)
      continue;
    calib->metric[m].low = low[m];
    calib->metric[m].high = high[m];
  }
  for (size_t k = 0; k < calib->n_points; k++) {
    calib->point[k].low = low[N_PERFORMANCE_METRICS + k];
    calib->point[k].high = high[N_PERFORMANCE_METRICS + k];
  }
  free(low);
  free(high);
}

static void add_shifted_intervals(struct calib *calib)
{
  if (calib->scheme == CALIB_CROSS)
    return;
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++) {
    struct calib_metric *metric = &calib->metric[m];
    if (isnan(metric->corrected) || !calib_has_shifted_interval((enum performance_metric) m))
      continue;
    validation_shifted_interval(&calib->validation, CALIB_STATISTICS, m, metric->apparent,
                                metric->corrected, calib->command->level, &metric->low,
                                &metric->high);
    calib_clip((enum performance_metric) m, &metric->low, &metric->high);
  }
}

// ---- what must be said ----

static void note_failures(const struct calib *calib)
{
  static const char *const reasons[N_CALIB_STATUSES] = {
      [LOGIT_ONE_OUTCOME] = "with one class only",
      [LOGIT_RANK_DEFICIENT] = "with a vanished level or dependent columns",
      [LOGIT_SEPARATED] = "separated",
      [LOGIT_NO_CONVERGENCE] = "without convergence",
  };
  const struct validation_result *result = &calib->validation;
  if (!result->n_failed)
    return;
  size_t count[N_CALIB_STATUSES] = {0};
  for (size_t b = 0; b < result->n_replicates; b++)
    count[result->status[b]]++;
  struct text text = {0};
  for (size_t s = 1; s < N_CALIB_STATUSES; s++)
    if (count[s]) {
      char *item = text_format("%zu %s", count[s], reasons[s]);
      text_append_item(&text, ", ", item);
      free(item);
    }
  report_note(&calib->command->report,
              "%zu of %zu replicates have no model and are left out of the means: %s",
              result->n_failed, result->n_replicates, text_content(&text));
  if (2 * result->n_failed > result->n_replicates)
    report_warning(&calib->command->report,
                   "more than half of the replicates have no model: the corrected values are of "
                   "the others only (a model made with --firth has none that separates)");
  text_free(&text);
}

static void note_undefined(const struct calib *calib)
{
  const struct validation_result *result = &calib->validation;
  size_t n_models = result->n_replicates - result->n_failed;
  struct text text = {0};
  if (calib->scheme == CALIB_CROSS) {
    size_t n_areas = calib->metric[METRIC_AUC].n;
    if (calib_wants(calib, METRIC_AUC) && n_areas < n_models)
      report_note(&calib->command->report,
                  "%zu of %zu folds hold one outcome only: they have no AUC (fewer --folds)",
                  n_models - n_areas, n_models);
    return;
  }
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++) {
    if (!calib_wants(calib, (enum performance_metric) m) || calib->metric[m].n == n_models ||
        (is_of_curve((enum performance_metric) m) && !calib->has_curve))
      continue;
    char *item = text_format("%s %zu", performance_names[m], n_models - calib->metric[m].n);
    text_append_item(&text, ", ", item);
    free(item);
  }
  if (text.length)
    report_note(&calib->command->report,
                "replicates with a model in which a metric is undefined: %s", text_content(&text));
  text_free(&text);
}

void calib_internal_summarise(struct calib *calib)
{
  double *pooled = NULL;
  if (calib->scheme == CALIB_CROSS) {
    pooled = NEW_ARRAY(double, (size_t) calib->settings->n_repeats *CALIB_STATISTICS);
    measure_pooled(calib, pooled);
  }
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    summarise_metric(calib, (enum performance_metric) m, pooled);
  summarise_curve(calib, pooled);
  free(pooled);
  if (!calib_is_resampled(calib))
    return;
  correct_curve_metrics(calib);
  struct calib_metric *emax = &calib->metric[METRIC_EMAX_LOGISTIC];
  if (calib_wants(calib, METRIC_EMAX_LOGISTIC))
    emax->corrected = emax_logistic(calib->metric[METRIC_INTERCEPT].corrected,
                                    calib->metric[METRIC_SLOPE].corrected);
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    calib->metric[m].optimism = calib->metric[m].apparent - calib->metric[m].corrected;
  if (calib->settings->two_stage)
    add_two_stage_intervals(calib);
  else
    add_shifted_intervals(calib);
  note_failures(calib);
  note_undefined(calib);
}

// ---- instability ----

double calib_instability(const struct calib *calib, double *low, double *high, double *error)
{
  const struct validation_result *result = &calib->validation;
  size_t n = calib->n, n_used = result->n_replicates - result->n_failed;
  if (!result->eta || !n_used)
    return NAN;
  double *risk = NEW_ARRAY(double, result->n_replicates);
  struct compensated_sum all = {0};
  for (size_t i = 0; i < n; i++) {
    struct compensated_sum sum = {0};
    size_t m = 0;
    for (size_t b = 0; b < result->n_replicates; b++) {
      if (result->status[b] != LOGIT_CONVERGED)
        continue;
      risk[m] = logit_inverse(result->eta[b * n + i]);
      sum_add(&sum, fabs(risk[m++] - calib->risk[i]));
    }
    bootstrap_percentiles(risk, m, 1, calib->command->level, &low[i], &high[i]);
    error[i] = sum_total(&sum) / (double) m;
    sum_add(&all, error[i]);
  }
  free(risk);
  return sum_total(&all) / (double) n;
}
