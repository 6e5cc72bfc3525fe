// SPDX-License-Identifier: GPL-3.0-or-later
// her2-dca's resampling: percentiles over resampled rows with the risks as they are, and the
// optimism of what was fitted on these rows by Harrell's bootstrap.  Both use the replicates of
// her2-calib.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/progress.h"
#include "cmd/dca.h"
#include "stats/bootstrap.h"
#include "stats/logit.h"
#include "stats/validation.h"

// ---- how many replicates ----

static void choose_replicates(struct dca_study *study)
{
  struct command *command = study->command;
  const struct dca_settings *settings = study->settings;
  struct error error;
  size_t n_given = 0;
  bool wanted = settings->band || settings->correct || settings->against ||
                command->bootstrap_asked;
  study->n_replicates = wanted ? command->bootstrap : 0;
  if (settings->resamples) {
    if (!resamples_read(settings->resamples, study->set.n_rows, &study->given, &n_given, &error))
      command_fail(command, &error);
    if (!command->bootstrap_asked)
      study->n_replicates = n_given;
    if (study->n_replicates > n_given) {
      error_set(&error, ERROR_DATA, "--bootstrap=%zu, but %zu resamples in '%s'",
                study->n_replicates, n_given, settings->resamples);
      command_fail(command, &error);
    }
  } else if (study->n_replicates) {
    command->report.has_seed = true;
    command->report.seed = command->seed;
  }
}

static struct bootstrap_plan make_plan(const struct dca_study *study, struct progress *progress)
{
  progress_begin(progress, "replicates", study->n_replicates, study->command->quiet);
  return (struct bootstrap_plan){.seed = study->command->seed,
                                 .n = study->set.n_rows,
                                 .first = 1,
                                 .last = study->n_replicates,
                                 .given = study->given,
                                 .n_threads = study->command->n_threads,
                                 .progress = progress};
}

// ---- counting in bins ----

// The number of thresholds that a risk reaches.
static size_t bin_of(const double *limit, size_t n_limits, double risk)
{
  size_t below = 0, above = n_limits;
  while (below < above) {
    size_t middle = (below + above) / 2;
    if (risk >= limit[middle])
      below = middle + 1;
    else
      above = middle;
  }
  return below;
}

// A bin has its count of others, then that of events: 2 (n_thresholds + 1) counts a curve.
static size_t n_counts(const struct dca_study *study)
{
  return 2 * (study->n_thresholds + 1);
}

// What a replicate's prevalence is: the stated one, or that of its rows.
static double prevalence_of(const struct dca_study *study, double events, double others)
{
  return isnan(study->settings->prevalence) ? events / (events + others) : study->prevalence;
}

static void net_benefits(const struct dca_study *study, const struct dca_curve *curve,
                         const double *count, double *value)
{
  struct net_benefit_setting setting = dca_setting(study, curve);
  double n_events = 0, n_others = 0, events = 0, others = 0;
  for (size_t b = 0; b <= study->n_thresholds; b++) {
    n_others += count[2 * b];
    n_events += count[2 * b + 1];
  }
  for (size_t t = study->n_thresholds; t-- > 0;) {
    others += count[2 * (t + 1)];
    events += count[2 * (t + 1) + 1];
    value[t] = net_benefit(events, others, n_events, n_others, study->threshold[t], &setting);
  }
}

// ---- resampled rows ----

// Replicates are rows of numbers: the net benefits of each marker, then the prevalence.
struct resampling {
  const struct dca_study *study;
  size_t n_markers, n_numbers;
  unsigned short *code; // n_rows x n_markers, row-major: place of the row's count
};

static void make_codes(struct resampling *resampling)
{
  const struct dca_study *study = resampling->study;
  const struct marker_set *set = &study->set;
  size_t k = resampling->n_markers;
  resampling->code = NEW_ARRAY(unsigned short, set->n_rows *k);
  for (size_t m = 0; m < k; m++) {
    const struct dca_curve *curve = &study->curve[DCA_MARKERS + m];
    for (size_t i = 0; i < set->n_rows; i++) {
      size_t bin = bin_of(curve->limit, study->n_thresholds, curve->marker->risk[i]);
      resampling->code[i * k + m] = (unsigned short) (2 * bin + (set->y[i] > 0));
    }
  }
}

static bool resample_once(const double *weight, double *number, void *scratch)
{
  const struct resampling *resampling = scratch;
  const struct dca_study *study = resampling->study;
  size_t k = resampling->n_markers, size = n_counts(study);
  double *count = NEW_ZEROED(double, k * size), events = 0, others = 0;
  for (size_t i = 0; i < study->set.n_rows; i++) {
    if (weight[i] == 0)
      continue;
    for (size_t m = 0; m < k; m++)
      count[m * size + resampling->code[i * k + m]] += weight[i];
    *(study->set.y[i] > 0 ? &events : &others) += weight[i];
  }
  for (size_t m = 0; m < k; m++)
    net_benefits(study, &study->curve[DCA_MARKERS + m], count + m * size,
                 number + m * study->n_thresholds);
  number[k * study->n_thresholds] = prevalence_of(study, events, others);
  free(count);
  // With a stated prevalence both outcomes are needed.
  return isnan(study->settings->prevalence) || (events > 0 && others > 0);
}

// ---- percentiles and support ----

static double replicate_prevalence(const struct resampling *resampling, const double *number)
{
  return number[resampling->n_numbers - 1];
}

// Net benefit of curve c in a replicate.
static double replicate_value(const struct resampling *resampling, const double *number, size_t c,
                              size_t t)
{
  const struct dca_study *study = resampling->study;
  double prevalence = replicate_prevalence(resampling, number), at = study->threshold[t];
  if (c == DCA_ALL)
    return net_benefit_treat_all(prevalence, at);
  if (c == DCA_NONE)
    return isnan(prevalence) || !(at < 1) ? NAN : 0;
  return number[(c - DCA_MARKERS) * study->n_thresholds + t];
}

static void take_percentiles(struct dca_study *study, const struct resampling *resampling,
                             const double *replicate, size_t c, size_t t)
{
  size_t n = study->n_replicates, n_valid = 0, n_better = 0;
  struct dca_curve *curve = &study->curve[c];
  double *value = NEW_ARRAY(double, N_DCA_SCALES *n), at = study->threshold[t];
  for (size_t b = 0; b < n; b++) {
    const double *number = replicate + b * resampling->n_numbers;
    double here = replicate_value(resampling, number, c, t);
    double prevalence = replicate_prevalence(resampling, number);
    for (int s = 0; s < N_DCA_SCALES; s++)
      value[(size_t) s * n + b] = dca_scaled((enum dca_scale) s, here, prevalence, at);
    n_valid += isnan(here) ? 0 : 1;
    n_better += net_benefit_beats_defaults(here, value[DCA_AVOIDED * n + b], at) ? 1 : 0;
  }
  for (int s = 0; s < N_DCA_SCALES; s++)
    bootstrap_percentiles(value + (size_t) s * n, n, 1, study->command->level,
                          &curve->scale[s].low[t], &curve->scale[s].high[t]);
  if (curve->marker && n_valid)
    curve->support[t] = (double) n_better / (double) n_valid;
  free(value);
}

static void take_difference(struct dca_study *study, const struct resampling *resampling,
                            const double *replicate, struct dca_difference *difference)
{
  double *value = NEW_ARRAY(double, study->n_replicates);
  for (size_t t = 0; t < study->n_thresholds; t++) {
    for (size_t b = 0; b < study->n_replicates; b++) {
      const double *number = replicate + b * resampling->n_numbers;
      value[b] = replicate_value(resampling, number, difference->first, t) -
                 replicate_value(resampling, number, difference->second, t);
    }
    bootstrap_percentiles(value, study->n_replicates, 1, study->command->level,
                          &difference->low[t], &difference->high[t]);
  }
  free(value);
}

// In how many replicates marker m beats both defaults at all thresholds of the range.
static double range_support(const struct resampling *resampling, const double *replicate, size_t m,
                            const struct dca_range *range)
{
  const struct dca_study *study = resampling->study;
  size_t n_valid = 0, n_better = 0;
  for (size_t b = 0; b < study->n_replicates; b++) {
    const double *number = replicate + b * resampling->n_numbers;
    double prevalence = replicate_prevalence(resampling, number);
    bool better = true;
    for (size_t t = range->from; t <= range->to && better; t++) {
      double value = replicate_value(resampling, number, DCA_MARKERS + m, t);
      double at = study->threshold[t], avoided = dca_scaled(DCA_AVOIDED, value, prevalence, at);
      better = net_benefit_beats_defaults(value, avoided, at);
    }
    n_valid += isnan(prevalence) ? 0 : 1;
    n_better += better ? 1 : 0;
  }
  return n_valid ? (double) n_better / (double) n_valid : NAN;
}

static void note_failures(const struct dca_study *study, size_t n_failed)
{
  if (n_failed)
    report_note(&study->command->report,
                "%zu of %zu resamples hold one outcome only and are left out of intervals",
                n_failed, study->n_replicates);
}

void dca_resample(struct dca_study *study)
{
  choose_replicates(study);
  if (!study->n_replicates)
    return;
  size_t k = study->set.n_markers, n = study->n_replicates;
  struct resampling resampling = {study, k, k * study->n_thresholds + 1, NULL};
  make_codes(&resampling);
  double *replicate = NEW_ARRAY(double, n *resampling.n_numbers);
  struct progress progress;
  struct bootstrap_plan plan = make_plan(study, &progress);
  size_t n_failed = bootstrap_run(&plan, resample_once, resampling.n_numbers, replicate, NULL,
                                  NULL, &resampling);
  progress_end(&progress);
  note_failures(study, n_failed);
  for (size_t c = 0; c < study->n_curves; c++)
    for (size_t t = 0; t < study->n_thresholds; t++)
      take_percentiles(study, &resampling, replicate, c, t);
  for (size_t d = 0; d < study->n_differences; d++)
    take_difference(study, &resampling, replicate, &study->difference[d]);
  for (size_t m = 0; m < k; m++) {
    struct dca_curve *curve = &study->curve[DCA_MARKERS + m];
    for (size_t r = 0; r < curve->n_ranges; r++)
      curve->range[r].support = range_support(&resampling, replicate, m, &curve->range[r]);
  }
  free(replicate);
  free(resampling.code);
}

// ---- optimism ----

// A replicate measures the curve on all scales, N_DCA_SCALES x n_thresholds.
struct optimism {
  const struct dca_study *study;
  const struct dca_curve *curve;
};

static void measure_on(const struct optimism *optimism, const size_t *code, const double *weight,
                       double *value)
{
  const struct dca_study *study = optimism->study;
  double *count = NEW_ZEROED(double, n_counts(study)), events = 0, others = 0;
  for (size_t i = 0; i < study->set.n_rows; i++) {
    double w = weight ? weight[i] : 1;
    count[code[i]] += w;
    *(study->set.y[i] > 0 ? &events : &others) += w;
  }
  net_benefits(study, optimism->curve, count, value);
  double prevalence = prevalence_of(study, events, others);
  for (int s = N_DCA_SCALES - 1; s >= 0; s--)
    for (size_t t = 0; t < study->n_thresholds; t++)
      value[(size_t) s * study->n_thresholds + t] =
          dca_scaled((enum dca_scale) s, value[t], prevalence, study->threshold[t]);
  free(count);
}

static void measure_optimism(const double *eta, const double *weight_training,
                             const double *weight_test, double *training, double *test,
                             void *scratch)
{
  const struct optimism *optimism = scratch;
  const struct dca_study *study = optimism->study;
  size_t *code = NEW_ARRAY(size_t, study->set.n_rows);
  for (size_t i = 0; i < study->set.n_rows; i++)
    code[i] = 2 * bin_of(optimism->curve->limit, study->n_thresholds, logit_inverse(eta[i])) +
              (study->set.y[i] > 0);
  measure_on(optimism, code, weight_training, training);
  measure_on(optimism, code, weight_test, test);
  free(code);
}

// In how many replicates the refitted model, less the optimism, beats both defaults on its
// resample at all thresholds of the range.
static double corrected_support(const struct dca_study *study,
                                const struct validation_result *result, const double *optimism,
                                const struct dca_range *range)
{
  size_t k = study->n_thresholds, stride = N_DCA_SCALES * k, n_better = 0, n_valid = 0;
  for (size_t b = 0; b < result->n_replicates; b++) {
    const double *training = result->training + b * stride;
    bool better = true;
    if (result->status[b] != LOGIT_CONVERGED)
      continue;
    for (size_t t = range->from; t <= range->to && better; t++) {
      size_t at = DCA_NET_BENEFIT * k + t, avoided = DCA_AVOIDED * k + t;
      better = net_benefit_beats_defaults(training[at] - optimism[at],
                                          training[avoided] - optimism[avoided],
                                          study->threshold[t]);
    }
    n_valid++;
    n_better += better ? 1 : 0;
  }
  return n_valid ? (double) n_better / (double) n_valid : NAN;
}

// Optimism below 0 is noise, and lifts no curve above the defaults: it counts as 0 here.
static void find_corrected_ranges(const struct dca_study *study,
                                  const struct validation_result *result, double *optimism,
                                  struct dca_curve *curve)
{
  size_t k = study->n_thresholds;
  double *value = NEW_ARRAY(double, N_DCA_SCALES *k);
  for (size_t i = 0; i < N_DCA_SCALES * k; i++) {
    if (optimism[i] < 0)
      optimism[i] = 0;
    value[i] = curve->scale[i / k].value[i % k] - optimism[i];
  }
  curve->corrected_range = dca_ranges(study, value + DCA_NET_BENEFIT * k, value + DCA_AVOIDED * k,
                                      &curve->n_corrected_ranges);
  for (size_t r = 0; r < curve->n_corrected_ranges; r++)
    curve->corrected_range[r].support =
        corrected_support(study, result, optimism, &curve->corrected_range[r]);
  free(value);
}

static void take_optimism(struct dca_study *study, struct dca_curve *curve,
                          const struct validation_result *result)
{
  size_t k = study->n_thresholds, n_statistics = N_DCA_SCALES * k;
  double *optimism = NEW_ARRAY(double, n_statistics);
  for (size_t i = 0; i < n_statistics; i++) {
    struct dca_values *scale = &curve->scale[i / k];
    size_t t = i % k;
    struct validation_summary summary =
        validation_optimism(result, n_statistics, i, scale->value[t]);
    scale->corrected[t] = summary.corrected;
    optimism[i] = summary.optimism;
    validation_shifted_interval(result, n_statistics, i, scale->value[t], summary.corrected,
                                study->command->level, &scale->corrected_low[t],
                                &scale->corrected_high[t]);
  }
  curve->n_failed = result->n_failed;
  curve->n_replicates = result->n_replicates - result->n_failed;
  curve->is_corrected = curve->n_replicates > 0;
  find_corrected_ranges(study, result, optimism, curve);
  free(optimism);
}

static void validate(struct dca_study *study, struct dca_curve *curve)
{
  struct optimism optimism = {study, curve};
  struct progress progress;
  struct validation_plan plan = {
      .scheme = VALIDATION_BOOTSTRAP,
      .resample = make_plan(study, &progress),
      .n_statistics = N_DCA_SCALES * study->n_thresholds,
      .measure = measure_optimism,
      .context = &optimism,
  };
  struct validation_result result;
  validation_run(&plan, &curve->marker->modelling.problem, NULL, &result);
  progress_end(&progress);
  take_optimism(study, curve, &result);
  validation_result_free(&result);
}

// Whether the process that the file records makes this model again.  One that was recalibrated
// on these rows states neither covariance nor candidates, and no refit gives its coefficients.
static bool is_repeatable(const struct dca_study *study, const struct marker *marker)
{
  const struct refit_problem *problem = &marker->modelling.problem;
  if (marker->kind != MARKER_MODEL)
    return true;
  const struct model *model = &study->set.model[marker->model];
  if (model->covariance || model->candidates.n_items)
    return true;
  double *weight = NEW_ARRAY(double, problem->n), *eta = NEW_ARRAY(double, problem->n);
  double *coefficient = NEW_ARRAY(double, problem->p), most = INFINITY;
  for (size_t i = 0; i < problem->n; i++)
    weight[i] = 1;
  struct refit_workspace *workspace = refit_prepare(problem);
  if (refit(problem, weight, workspace, coefficient) == LOGIT_CONVERGED) {
    struct logit_data data = {.n = problem->n, .p = problem->p, .x = problem->x};
    logit_linear_predictor(&data, coefficient, eta);
    most = 0;
    for (size_t i = 0; i < problem->n; i++)
      most = fmax(most, fabs(eta[i] - marker->eta[i]));
  }
  refit_release(workspace);
  free(weight);
  free(eta);
  free(coefficient);
  return most < 1e-3;
}

// Why what was fitted on these rows is not corrected; NULL: it is.
static const char *obstacle(const struct dca_study *study, const struct marker *marker)
{
  if (marker->partial)
    return "other terms or models lack some of the rows it was made on";
  if (marker->saturated)
    return "its logistic fit has no finite estimate";
  if (!marker->modelling.design.n_columns)
    return "it has no logistic fit that could be repeated";
  if (!is_repeatable(study, marker))
    return "it was recalibrated on these rows, which no refit repeats";
  return NULL;
}

static void note_validation(const struct dca_study *study, const struct dca_curve *curve)
{
  struct report *report = &study->command->report;
  if (!curve->n_failed)
    return;
  if (10 * curve->n_failed > study->n_replicates)
    report_warning(report, "%s: %zu of %zu bootstrap replicates failed (no finite estimate)",
                   curve->title, curve->n_failed, study->n_replicates);
  else
    report_note(report,
                "%s: %zu of %zu bootstrap replicates failed (no finite estimate) and are left out",
                curve->title, curve->n_failed, study->n_replicates);
}

static const double *best_values(const struct dca_curve *curve)
{
  const struct dca_values *scale = &curve->scale[DCA_NET_BENEFIT];
  return curve->is_corrected ? scale->corrected : scale->value;
}

static void correct_difference(const struct dca_study *study, struct dca_difference *difference)
{
  const struct dca_curve *first = &study->curve[difference->first];
  const struct dca_curve *second = &study->curve[difference->second];
  for (size_t t = 0; t < study->n_thresholds; t++)
    if (first->is_corrected || second->is_corrected)
      difference->corrected[t] = best_values(first)[t] - best_values(second)[t];
}

void dca_validate(struct dca_study *study)
{
  bool apparent = false;
  for (size_t c = DCA_MARKERS; study->n_replicates && c < study->n_curves; c++) {
    struct dca_curve *curve = &study->curve[c];
    if (!dca_is_apparent(curve))
      continue;
    apparent = true;
    const char *reason = obstacle(study, curve->marker);
    if (reason) {
      report_note(&study->command->report, "%s: not corrected for optimism, %s", curve->title,
                  reason);
      continue;
    }
    validate(study, curve);
    note_validation(study, curve);
  }
  if (study->settings->correct && !apparent)
    report_note(&study->command->report,
                "--correct: nothing was fitted on these rows, so there is no optimism");
  for (size_t d = 0; d < study->n_differences; d++)
    correct_difference(study, &study->difference[d]);
}
