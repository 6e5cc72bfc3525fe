// SPDX-License-Identifier: GPL-3.0-or-later
// her2-roc's resampling: intervals by the stratified bootstrap (events and others are drawn
// apart, as pROC does), and the optimism of models and of cut-off rules by Harrell's bootstrap
// with the replicates of her2-calib.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/progress.h"
#include "base/sort.h"
#include "cmd/roc.h"
#include "stats/bootstrap.h"
#include "stats/validation.h"

// ---- the stratified bootstrap ----

// Where a marker's numbers stand in a replicate's row: its area, then what was asked.
enum { AT_AUC, AT_PARTIAL, AT_STANDARDIZED, AT_BAND };

struct resampling {
  const struct roc_study *study;
  const struct roc_sample *sample;
  size_t **order;   // a marker each
  size_t n_numbers; // of a marker: AT_PARTIAL for areas alone
};

static size_t numbers_wanted(const struct roc_settings *settings)
{
  return settings->band      ? AT_BAND + ROC_BAND_POINTS
         : settings->partial ? AT_BAND
                             : AT_PARTIAL;
}

static double specificity_of(const struct roc_curve *curve, size_t i)
{
  return (curve->n_others - curve->point[i].false_positives) / curve->n_others;
}

static double sensitivity_of(const struct roc_curve *curve, size_t i)
{
  return curve->point[i].true_positives / curve->n_events;
}

// Sensitivity at the specificities 0, 0.01, ..., 1: the largest where the curve has that
// specificity, else on the line between the neighbouring points.
static void band_of(const struct roc_curve *curve, double *sensitivity)
{
  size_t last = curve->n_points - 1;
  for (size_t b = 0; b < ROC_BAND_POINTS; b++) {
    double wanted = (double) b / (ROC_BAND_POINTS - 1);
    // Points run from specificity 1 down.
    while (last > 0 && specificity_of(curve, last) < wanted)
      last--;
    double here = specificity_of(curve, last);
    sensitivity[b] = sensitivity_of(curve, last);
    if (here > wanted && last + 1 < curve->n_points) {
      double below = specificity_of(curve, last + 1);
      sensitivity[b] += (here - wanted) / (here - below) *
                        (sensitivity_of(curve, last + 1) - sensitivity[b]);
    }
  }
}

static bool resample_once(const double *weight, double *statistic, void *scratch)
{
  const struct resampling *resampling = scratch;
  const struct roc_sample *sample = resampling->sample;
  const struct roc_settings *settings = resampling->study->settings;
  for (size_t m = 0; m < resampling->study->set.n_markers; m++) {
    double *number = statistic + m * resampling->n_numbers;
    number[AT_AUC] =
        roc_auc(sample->value[m], sample->y, weight, sample->n, resampling->order[m]);
    if (resampling->n_numbers == AT_PARTIAL)
      continue;
    struct roc_curve curve;
    roc_curve_compute(sample->value[m], sample->y, weight, sample->n, resampling->order[m], &curve);
    struct roc_partial partial = {NAN, NAN};
    if (settings->partial)
      partial = roc_partial_area(&curve, settings->focus, settings->partial_from,
                                 settings->partial_to);
    number[AT_PARTIAL] = partial.raw;
    number[AT_STANDARDIZED] = partial.corrected;
    if (settings->band)
      band_of(&curve, number + AT_BAND);
    roc_curve_free(&curve);
  }
  return true;
}

// Replicates 1 to N of a sample: N rows of n_markers x n_numbers; to be freed.
static double *resample(const struct roc_study *study, const struct roc_sample *sample,
                        size_t n_numbers)
{
  struct command *command = study->command;
  size_t k = study->set.n_markers, n_replicates = command->bootstrap;
  struct resampling resampling = {study, sample, NEW_ARRAY(size_t *, k), n_numbers};
  size_t *stratum = NEW_ARRAY(size_t, sample->n);
  for (size_t m = 0; m < k; m++) {
    resampling.order[m] = NEW_ARRAY(size_t, sample->n);
    sort_order(sample->value[m], sample->n, resampling.order[m]);
  }
  for (size_t i = 0; i < sample->n; i++)
    stratum[i] = sample->y[i] > 0 ? 0 : 1;
  double *result = NEW_ZEROED(double, n_replicates *k * n_numbers);
  command->report.has_seed = true;
  command->report.seed = command->seed;
  struct progress progress;
  progress_begin(&progress, "replicates", n_replicates, command->quiet);
  struct bootstrap_plan plan = {.seed = command->seed,
                                .n = sample->n,
                                .first = 1,
                                .last = n_replicates,
                                .stratum = stratum,
                                .n_strata = 2,
                                .n_threads = command->n_threads,
                                .progress = &progress};
  bootstrap_run(&plan, resample_once, k * n_numbers, result, NULL, NULL, &resampling);
  progress_end(&progress);
  for (size_t m = 0; m < k; m++)
    free(resampling.order[m]);
  free(resampling.order);
  free(stratum);
  return result;
}

static double standard_deviation(const double *value, size_t n, size_t stride)
{
  double mean = 0, sum = 0;
  for (size_t i = 0; i < n; i++)
    mean += (value[i * stride] - mean) / (double) (i + 1);
  for (size_t i = 0; i < n; i++)
    sum += (value[i * stride] - mean) * (value[i * stride] - mean);
  return n > 1 ? sqrt(sum / (double) (n - 1)) : NAN;
}

static void take_areas(const struct roc_study *study, struct roc_sample *sample,
                       const double *replicate, size_t n_numbers)
{
  size_t k = study->set.n_markers;
  if (study->settings->interval == ROC_BOOTSTRAP)
    for (size_t m = 0; m < k; m++)
      bootstrap_percentiles(replicate + m * n_numbers + AT_AUC, study->command->bootstrap,
                            k * n_numbers, study->command->level, &sample->low[m],
                            &sample->high[m]);
}

static void take_partial(struct roc_study *study, size_t m, const double *number, size_t stride)
{
  struct roc_result *result = &study->result[m];
  size_t n = study->command->bootstrap, n_below = 0;
  double level = study->command->level;
  result->partial_se = standard_deviation(number + AT_PARTIAL, n, stride);
  bootstrap_percentiles(number + AT_PARTIAL, n, stride, level, &result->partial_low,
                        &result->partial_high);
  bootstrap_percentiles(number + AT_STANDARDIZED, n, stride, level, &result->standardized_low,
                        &result->standardized_high);
  for (size_t b = 0; b < n; b++)
    n_below += isnan(number[b * stride + AT_STANDARDIZED]) ? 1 : 0;
  // Limits of what is not there in every replicate would be of the better ones.
  if (n_below) {
    result->standardized_low = result->standardized_high = NAN;
    report_note(&study->command->report,
                "%s: no interval of the standardized partial area, in %zu of %zu replicates the "
                "curve is below the chance line there",
                result->title, n_below, n);
  }
}

static void take_band(struct roc_study *study, size_t m, const double *number, size_t stride)
{
  struct roc_result *result = &study->result[m];
  band_of(&result->curve, result->band_sensitivity);
  for (size_t b = 0; b < ROC_BAND_POINTS; b++)
    bootstrap_percentiles(number + AT_BAND + b, study->command->bootstrap, stride,
                          study->command->level, &result->band_low[b], &result->band_high[b]);
}

void roc_resample(struct roc_study *study)
{
  const struct roc_settings *settings = study->settings;
  size_t k = study->set.n_markers, n_numbers = numbers_wanted(settings), stride = k * n_numbers;
  bool intervals = settings->interval == ROC_BOOTSTRAP;
  if (!study->command->bootstrap || (!intervals && !settings->partial && !settings->band))
    return;
  study->n_stratified = study->command->bootstrap;
  double *replicate = resample(study, &study->all, n_numbers);
  take_areas(study, &study->all, replicate, n_numbers);
  for (size_t m = 0; m < k; m++) {
    if (settings->partial)
      take_partial(study, m, replicate + m * n_numbers, stride);
    if (settings->band)
      take_band(study, m, replicate + m * n_numbers, stride);
  }
  free(replicate);
  for (size_t g = 0; intervals && g < study->n_groups; g++)
    if (!isnan(study->sample[g].areas.auc[0])) {
      replicate = resample(study, &study->sample[g], AT_PARTIAL);
      take_areas(study, &study->sample[g], replicate, AT_PARTIAL);
      free(replicate);
    }
}

// ---- optimism ----

// Of one marker: its area, its partial area, then the metrics of each cut-off.
enum { OPTIMISM_AUC, OPTIMISM_PARTIAL, OPTIMISM_CUTS };

struct optimism {
  const struct roc_study *study;
  const struct roc_result *result;
  const size_t *order; // of values that no refit alters, else NULL
};

static size_t n_optimism_statistics(const struct roc_result *result)
{
  return OPTIMISM_CUTS + result->n_cuts * N_ROC_METRICS;
}

static void measure_metrics(const struct roc_study *study, const struct roc_counts *counts,
                            double *metric)
{
  for (int i = 0; i < N_ROC_METRICS; i++)
    metric[i] = roc_metric(counts, (enum roc_metric) i, study->settings->prevalence, false,
                           study->command->level)
                    .estimate;
}

static double partial_area(const struct roc_study *study, const struct roc_curve *curve)
{
  const struct roc_settings *settings = study->settings;
  if (!settings->partial)
    return NAN;
  return roc_partial_area(curve, settings->focus, settings->partial_from, settings->partial_to).raw;
}

// The rules choose on the training weights, and what they chose meets the test weights.
static void measure_cuts(const struct optimism *optimism, const struct roc_curve *curve,
                         const double *eta, const double *weight_training,
                         const double *weight_test, double *training, double *test)
{
  const struct roc_study *study = optimism->study;
  const struct roc_sample *all = &study->all;
  for (size_t c = 0; c < optimism->result->n_cuts; c++) {
    const struct roc_cut *cut = &optimism->result->cut[c];
    double threshold = cut->threshold;
    if (cut->rule != ROC_CUTOFF)
      threshold = curve->point[roc_curve_choose(curve, cut->rule, cut->target, NULL)].threshold;
    struct roc_counts counts = roc_count(eta, all->y, weight_training, all->n, threshold);
    measure_metrics(study, &counts, training + OPTIMISM_CUTS + c * N_ROC_METRICS);
    counts = roc_count(eta, all->y, weight_test, all->n, threshold);
    measure_metrics(study, &counts, test + OPTIMISM_CUTS + c * N_ROC_METRICS);
  }
}

static void measure_optimism(const double *eta, const double *weight_training,
                             const double *weight_test, double *training, double *test,
                             void *scratch)
{
  const struct optimism *optimism = scratch;
  const struct roc_sample *all = &optimism->study->all;
  size_t *own_order = NULL;
  const size_t *order = optimism->order;
  double *flat = order ? NULL : NEW_ARRAY(double, all->n);
  if (flat)
    eta = predictor_without_rounding(eta, all->n, flat);
  if (!order) {
    own_order = NEW_ARRAY(size_t, all->n);
    sort_order(eta, all->n, own_order);
    order = own_order;
  }
  for (size_t i = 0; i < n_optimism_statistics(optimism->result); i++)
    training[i] = test[i] = NAN;
  struct roc_curve curve;
  roc_curve_compute(eta, all->y, weight_training, all->n, order, &curve);
  if (curve.n_events > 0 && curve.n_others > 0) {
    training[OPTIMISM_AUC] = roc_auc(eta, all->y, weight_training, all->n, order);
    test[OPTIMISM_AUC] = roc_auc(eta, all->y, weight_test, all->n, order);
    training[OPTIMISM_PARTIAL] = partial_area(optimism->study, &curve);
    measure_cuts(optimism, &curve, eta, weight_training, weight_test, training, test);
    if (optimism->study->settings->partial) {
      struct roc_curve on_test;
      roc_curve_compute(eta, all->y, weight_test, all->n, order, &on_test);
      test[OPTIMISM_PARTIAL] = partial_area(optimism->study, &on_test);
      roc_curve_free(&on_test);
    }
  }
  roc_curve_free(&curve);
  free(own_order);
  free(flat);
}

static double corrected(const struct validation_result *validation,
                        const struct roc_result *result, size_t which, double apparent)
{
  return validation_optimism(validation, n_optimism_statistics(result), which, apparent).corrected;
}

static void take_optimism(const struct roc_study *study, size_t m,
                          const struct validation_result *validation, bool refitted)
{
  struct roc_result *result = &study->result[m];
  size_t n_statistics = n_optimism_statistics(result);
  result->n_failed = 0;
  for (size_t b = 0; b < validation->n_replicates; b++)
    result->n_failed += isnan(validation->training[b * n_statistics + OPTIMISM_AUC]) ? 1 : 0;
  result->n_replicates = validation->n_replicates - result->n_failed;
  // Where nothing is fitted the area has no optimism.
  if (refitted) {
    result->corrected_auc =
        corrected(validation, result, OPTIMISM_AUC, study->all.areas.auc[m]);
    result->corrected_partial =
        corrected(validation, result, OPTIMISM_PARTIAL, result->partial.raw);
  }
  for (size_t c = 0; c < result->n_cuts; c++) {
    struct roc_cut *cut = &result->cut[c];
    if (!refitted && cut->rule == ROC_CUTOFF)
      continue;
    for (int i = 0; i < ROC_METRIC_LR_POSITIVE; i++)
      cut->corrected[i] = corrected(validation, result,
                                    OPTIMISM_CUTS + c * N_ROC_METRICS + (size_t) i,
                                    cut->metric[i].estimate);
    // A ratio is infinite in replicates with a zero count: that of the corrected proportions.
    double sensitivity = cut->corrected[ROC_METRIC_SENSITIVITY];
    double specificity = cut->corrected[ROC_METRIC_SPECIFICITY];
    if (specificity < 1)
      cut->corrected[ROC_METRIC_LR_POSITIVE] = sensitivity / (1 - specificity);
    if (specificity > 0)
      cut->corrected[ROC_METRIC_LR_NEGATIVE] = (1 - sensitivity) / specificity;
  }
}

static void validate(struct roc_study *study, size_t m, const struct refit_problem *problem)
{
  struct command *command = study->command;
  const struct roc_sample *all = &study->all;
  struct optimism optimism = {study, &study->result[m], NULL};
  size_t *order = NULL;
  if (!problem) {
    order = NEW_ARRAY(size_t, all->n);
    sort_order(all->value[m], all->n, order);
    optimism.order = order;
  }
  struct progress progress;
  progress_begin(&progress, "replicates", command->bootstrap, command->quiet);
  struct validation_plan plan = {
      .scheme = VALIDATION_BOOTSTRAP,
      .resample = {.seed = command->seed,
                   .n = all->n,
                   .first = 1,
                   .last = command->bootstrap,
                   .n_threads = command->n_threads,
                   .progress = &progress},
      .n_statistics = n_optimism_statistics(&study->result[m]),
      .measure = measure_optimism,
      .context = &optimism,
  };
  command->report.has_seed = true;
  command->report.seed = command->seed;
  struct validation_result validation;
  validation_run(&plan, problem, all->value[m], &validation);
  progress_end(&progress);
  take_optimism(study, m, &validation, problem != NULL);
  validation_result_free(&validation);
  free(order);
}

static void note_validation(struct roc_study *study, size_t m)
{
  struct report *report = &study->command->report;
  const struct roc_result *result = &study->result[m];
  size_t n_replicates = result->n_replicates + result->n_failed;
  if (!result->n_failed)
    return;
  const char *reason = result->marker->internal ? "no finite estimate" : "one outcome only";
  if (10 * result->n_failed > n_replicates)
    report_warning(report, "%s: %zu of %zu bootstrap replicates failed (%s)", result->title,
                   result->n_failed, n_replicates, reason);
  else
    report_note(report, "%s: %zu of %zu bootstrap replicates failed (%s) and are left out",
                result->title, result->n_failed, n_replicates, reason);
}

void roc_validate(struct roc_study *study)
{
  struct command *command = study->command;
  for (size_t m = 0; command->bootstrap && m < study->set.n_markers; m++) {
    const struct marker *marker = study->result[m].marker;
    if (marker->internal && marker->partial)
      report_note(&command->report,
                  "%s: not corrected for optimism, other markers lack some of the rows it was "
                  "made on",
                  study->result[m].title);
    else if (marker->internal && marker->saturated)
      report_note(&command->report,
                  "%s: not corrected for optimism, its logistic fit has no finite estimate",
                  study->result[m].title);
    else if (marker->internal && marker->modelling.design.n_columns)
      validate(study, m, &marker->modelling.problem);
    else if (!marker->internal && command->bootstrap_asked && study->result[m].n_cuts)
      validate(study, m, NULL);
    else
      continue;
    note_validation(study, m);
  }
}
