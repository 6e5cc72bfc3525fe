// SPDX-License-Identifier: GPL-3.0-or-later
// Harrell, Lee & Mark (1996), Statistics in Medicine 15, 361-387 (optimism); Efron & Tibshirani
// (1997), Journal of the American Statistical Association 92, 548-560 (.632+); Noma, Shinozaki,
// Iba, Teramukai & Furukawa (2021), Statistics in Medicine 40, 5691-5701 (intervals).
#include <config.h>

#include "stats/validation.h"

#include <assert.h>
#include <math.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include <string.h>

#include "base/memory.h"
#include "base/progress.h"
#include "base/sort.h"
#include "stats/rng.h"
#include "stats/summary.h"

static int thread_count(int wanted, size_t n_tasks)
{
#ifdef _OPENMP
  int n = wanted > 0 ? wanted : omp_get_max_threads();
#else
  int n = 1;
  (void) wanted;
#endif
  return (size_t) n > n_tasks ? (int) n_tasks : n;
}

// ---- folds ----

void validation_folds(const double *group, size_t n, size_t n_folds, uint64_t seed, size_t repeat,
                      size_t *fold)
{
  assert(n_folds >= 1 && repeat >= 1);
  size_t *order = NEW_ARRAY(size_t, n);
  if (group) {
    sort_order(group, n, order);
  } else {
    for (size_t i = 0; i < n; i++)
      order[i] = i;
  }
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_FOLD, repeat);
  for (size_t begin = 0, end; begin < n; begin = end) {
    for (end = begin + 1; end < n && (!group || group[order[end]] == group[order[begin]]); end++) {
    }
    for (size_t k = end - begin; k > 1; k--) {
      size_t other = (size_t) philox_below(&stream, k), last = order[begin + k - 1];
      order[begin + k - 1] = order[begin + other];
      order[begin + other] = last;
    }
  }
  // Dealt out in turn, from one group to the next: sizes differ by one at most, in every group
  // and altogether.
  for (size_t k = 0; k < n; k++)
    fold[order[k]] = 1 + k % n_folds;
  free(order);
}

// ---- replicates ----

// What a thread works with.
struct worker {
  const struct validation_plan *plan;
  const struct refit_problem *problem;
  struct refit_workspace *workspace;
  void *scratch;
  double *training_weight, *test_weight, *eta, *coefficient;
  size_t *fold, repeat; // the folds of that repeat (0: none yet)
};

static size_t n_rows(const struct validation_plan *plan)
{
  return plan->resample.n;
}

static struct worker worker_new(const struct validation_plan *plan,
                                const struct refit_problem *problem)
{
  size_t n = n_rows(plan);
  struct worker worker = {.plan = plan, .problem = problem, .scratch = plan->context};
  worker.training_weight = NEW_ARRAY(double, n);
  if (plan->scheme != VALIDATION_BOOTSTRAP)
    worker.test_weight = NEW_ARRAY(double, n);
  if (plan->scheme == VALIDATION_FOLDS)
    worker.fold = NEW_ARRAY(size_t, n);
  if (problem || plan->process)
    worker.eta = NEW_ARRAY(double, n);
  if (problem) {
    worker.coefficient = NEW_ARRAY(double, problem->p);
    worker.workspace = refit_prepare(problem);
  }
  // One at a time: a maker may touch what is shared.
  if (plan->make_scratch) {
#pragma omp critical(validation_scratch)
    worker.scratch = plan->make_scratch(plan->context);
  }
  return worker;
}

static void worker_free(struct worker *worker)
{
  if (worker->plan->make_scratch && worker->plan->free_scratch) {
#pragma omp critical(validation_scratch)
    worker->plan->free_scratch(worker->scratch);
  }
  if (worker->workspace)
    refit_release(worker->workspace);
  free(worker->training_weight);
  free(worker->test_weight);
  free(worker->eta);
  free(worker->coefficient);
  free(worker->fold);
}

// Training and test weights of replicate b.
static void set_weights(struct worker *worker, size_t b)
{
  const struct validation_plan *plan = worker->plan;
  size_t n = n_rows(plan);
  if (plan->scheme == VALIDATION_FOLDS) {
    size_t repeat = (b - 1) / plan->n_folds + 1, fold = (b - 1) % plan->n_folds + 1;
    if (worker->repeat != repeat)
      validation_folds(plan->fold_group, n, plan->n_folds, plan->resample.seed, repeat,
                       worker->fold);
    worker->repeat = repeat;
    for (size_t i = 0; i < n; i++) {
      worker->test_weight[i] = worker->fold[i] == fold;
      worker->training_weight[i] = worker->fold[i] != fold;
    }
    return;
  }
  bootstrap_weights(&plan->resample, b, worker->training_weight);
  for (size_t i = 0; worker->test_weight && i < n; i++)
    worker->test_weight[i] = worker->training_weight[i] == 0;
}

// The process on these weights; its linear predictor, or the given one, in *eta.
static enum logit_status fit_on(struct worker *worker, const double *weight, const double *given,
                                const double **eta)
{
  const struct refit_problem *problem = worker->problem;
  *eta = given;
  if (!problem)
    return LOGIT_CONVERGED;
  enum logit_status status = refit(problem, weight, worker->workspace, worker->coefficient);
  if (status == LOGIT_CONVERGED) {
    struct logit_data data = {.n = problem->n, .p = problem->p, .x = problem->x};
    logit_linear_predictor(&data, worker->coefficient, worker->eta);
  }
  *eta = worker->eta;
  return status;
}

static void set_nan(double *value, size_t n)
{
  for (size_t i = 0; i < n; i++)
    value[i] = NAN;
}

// Means over the sets of what is measured of each, and in worker->eta of the linear predictors on
// test data.  set_eta: these themselves, n_sets x n, or NULL.
static enum logit_status measure_process(struct worker *worker, size_t b, double *training,
                                         double *test, double *set_eta, bool *chosen)
{
  const struct validation_plan *plan = worker->plan;
  const struct validation_process *process = plan->process;
  size_t n = n_rows(plan), k = plan->n_statistics, n_sets = process->n_sets;
  double *made_on = NEW_ARRAY(double, 2 * n_sets * n), *tested_on = made_on + n_sets * n;
  double *one = NEW_ARRAY(double, 2 * k), *other = one + k;
  enum logit_status status = process->run(process->context, b, worker->training_weight, made_on,
                                          tested_on, chosen);
  if (status == LOGIT_CONVERGED) {
    for (size_t j = 0; j < k; j++)
      training[j] = test[j] = 0;
    for (size_t i = 0; i < n; i++)
      worker->eta[i] = 0;
    if (set_eta)
      memcpy(set_eta, tested_on, n_sets * n * sizeof *set_eta);
  }
  for (size_t m = 0; m < n_sets && status == LOGIT_CONVERGED; m++) {
    set_nan(one, 2 * k);
    plan->measure(made_on + m * n, worker->training_weight, worker->test_weight, one, other,
                  worker->scratch);
    for (size_t j = 0; j < k; j++)
      training[j] += one[j] / (double) n_sets;
    set_nan(one, 2 * k);
    plan->measure(tested_on + m * n, worker->training_weight, worker->test_weight, other, one,
                  worker->scratch);
    for (size_t j = 0; j < k; j++)
      test[j] += one[j] / (double) n_sets;
    for (size_t i = 0; i < n; i++)
      worker->eta[i] += tested_on[m * n + i] / (double) n_sets;
  }
  free(made_on);
  free(one);
  return status;
}

static size_t n_candidates(const struct validation_plan *plan, const struct refit_problem *problem)
{
  if (plan->process)
    return plan->process->n_groups;
  return problem && problem->selects ? problem->n_groups : 0;
}

static void run_process(struct worker *worker, size_t place, struct validation_result *result)
{
  const struct validation_plan *plan = worker->plan;
  size_t k = plan->n_statistics, n = n_rows(plan), n_groups = n_candidates(plan, NULL);
  bool *chosen = NEW_ZEROED(bool, n_groups);
  double *training = result->training + place * k, *test = result->test + place * k;
  set_weights(worker, result->first + place);
  set_nan(training, k);
  set_nan(test, k);
  set_nan(worker->eta, n);
  size_t n_kept = result->set_eta ? plan->process->n_sets * n : 0;
  double *set_eta = result->set_eta ? result->set_eta + place * n_kept : NULL;
  set_nan(set_eta, n_kept);
  enum logit_status status = measure_process(worker, result->first + place, training, test,
                                             set_eta, n_groups ? chosen : NULL);
  result->status[place] = (unsigned char) status;
  for (size_t g = 0; g < n_groups; g++)
    result->chosen[place * n_groups + g] = status == LOGIT_CONVERGED && chosen[g];
  if (result->eta)
    memcpy(result->eta + place * n, worker->eta, n * sizeof *result->eta);
  free(chosen);
}

static void run_replicate(struct worker *worker, const double *given, size_t place,
                          struct validation_result *result)
{
  const struct validation_plan *plan = worker->plan;
  size_t k = plan->n_statistics, n = n_rows(plan);
  double *training = result->training + place * k, *test = result->test + place * k;
  const double *eta;
  set_weights(worker, result->first + place);
  enum logit_status status = fit_on(worker, worker->training_weight, given, &eta);
  result->status[place] = (unsigned char) status;
  if (result->chosen) {
    bool *chosen = NEW_ARRAY(bool, worker->problem->n_groups);
    refit_chosen(worker->workspace, chosen);
    for (size_t g = 0; g < worker->problem->n_groups; g++)
      result->chosen[place * worker->problem->n_groups + g] =
          status == LOGIT_CONVERGED && chosen[g];
    free(chosen);
  }
  set_nan(training, k);
  set_nan(test, k);
  if (status == LOGIT_CONVERGED)
    plan->measure(eta, worker->training_weight, worker->test_weight, training, test,
                  worker->scratch);
  if (result->eta && status == LOGIT_CONVERGED)
    memcpy(result->eta + place * n, eta, n * sizeof *eta);
  else if (result->eta)
    set_nan(result->eta + place * n, n);
}

void validation_run(const struct validation_plan *plan, const struct refit_problem *problem,
                    const double *eta, struct validation_result *result)
{
  size_t n = n_rows(plan), k = plan->n_statistics;
  size_t first = plan->resample.first, last = plan->resample.last;
  assert(first >= 1 && (!problem || problem->n == n));
  if (plan->scheme == VALIDATION_FOLDS && last > plan->n_folds * plan->n_repeats)
    last = plan->n_folds * plan->n_repeats;
  size_t n_replicates = last < first ? 0 : last - first + 1;
  *result = (struct validation_result){
      .first = first,
      .n_replicates = n_replicates,
      .training = NEW_ARRAY(double, n_replicates *k),
      .test = NEW_ARRAY(double, n_replicates *k),
      .status = NEW_ZEROED(unsigned char, n_replicates),
  };
  if (plan->keep_predictors)
    result->eta = NEW_ARRAY(double, n_replicates *n);
  if (plan->keep_sets && plan->process)
    result->set_eta = NEW_ARRAY(double, n_replicates *plan->process->n_sets *n);
  if (n_candidates(plan, problem))
    result->chosen = NEW_ZEROED(unsigned char, n_replicates * n_candidates(plan, problem));
  if (n_replicates == 0)
    return;
  int n_threads = thread_count(plan->resample.n_threads, n_replicates);
#pragma omp parallel num_threads(n_threads)
  {
    struct worker worker = worker_new(plan, problem);
#pragma omp for schedule(dynamic)
    for (size_t place = 0; place < n_replicates; place++) {
      if (plan->process)
        run_process(&worker, place, result);
      else
        run_replicate(&worker, eta, place, result);
      if (plan->resample.progress)
        progress_step(plan->resample.progress, 1);
    }
    worker_free(&worker);
  }
  (void) n_threads;
  for (size_t i = 0; i < n_replicates; i++)
    result->n_failed += result->status[i] != LOGIT_CONVERGED;
}

void validation_result_free(struct validation_result *result)
{
  free(result->training);
  free(result->test);
  free(result->status);
  free(result->eta);
  free(result->set_eta);
  free(result->chosen);
  *result = (struct validation_result){0};
}

// ---- summaries ----

struct validation_summary validation_optimism(const struct validation_result *result,
                                              size_t n_statistics, size_t which, double apparent)
{
  struct compensated_sum training = {0}, test = {0};
  struct validation_summary summary = {NAN, NAN, NAN, NAN, 0};
  for (size_t i = 0; i < result->n_replicates; i++) {
    double a = result->training[i * n_statistics + which];
    double b = result->test[i * n_statistics + which];
    if (!isfinite(a) || !isfinite(b))
      continue;
    sum_add(&training, a);
    sum_add(&test, b);
    summary.n++;
  }
  if (summary.n > 0) {
    summary.training = sum_total(&training) / (double) summary.n;
    summary.test = sum_total(&test) / (double) summary.n;
    summary.optimism = summary.training - summary.test;
    summary.corrected = apparent - summary.optimism;
  }
  return summary;
}

double validation_632(double apparent, double test)
{
  return 0.368 * apparent + 0.632 * test;
}

double validation_632_plus(double apparent, double test, double no_information,
                           double *relative_overfitting)
{
  bool gain = no_information < apparent;
  double cut = gain ? fmax(test, no_information) : fmin(test, no_information), overfitting = 0;
  if (isnan(apparent) || isnan(test) || isnan(no_information))
    cut = overfitting = NAN;
  else if (gain ? test < apparent : test > apparent && no_information > apparent)
    overfitting = (cut - apparent) / (no_information - apparent);
  if (relative_overfitting)
    *relative_overfitting = overfitting;
  return validation_632(apparent, test) +
         (cut - apparent) * (0.368 * 0.632 * overfitting / (1 - 0.368 * overfitting));
}

double no_information_brier(const double *risk, const double *y, size_t n)
{
  // The variances of both and the squared difference of their means.
  struct moments p = moments_compute(risk, NULL, n), event = moments_compute(y, NULL, n);
  double difference = moments_mean_difference(&p, &event);
  return (p.sum_squares + event.sum_squares) / (double) n + difference * difference;
}

void validation_shifted_interval(const struct validation_result *result, size_t n_statistics,
                                 size_t which, double apparent, double corrected, double level,
                                 double *low, double *high)
{
  size_t n = result->n_replicates;
  double *training = NEW_ARRAY(double, n), least = INFINITY, most = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    double a = result->training[i * n_statistics + which];
    bool used = isfinite(a) && isfinite(result->test[i * n_statistics + which]);
    training[i] = used ? a : NAN;
    least = used && a < least ? a : least;
    most = used && a > most ? a : most;
  }
  bootstrap_percentiles(training, n, 1, level, low, high);
  double shift = apparent - corrected;
  *low -= shift;
  *high -= shift;
  if (!(most - least > 1e-6 * fmax(fabs(most), fabs(least)) && most - least > 1e-9))
    *low = *high = NAN;
  free(training);
}

// ---- two stages ----

// The rows of an outer resample, one entry a draw.
static size_t list_draws(const double *weight, size_t n, uint32_t *draw)
{
  size_t n_draws = 0;
  for (size_t i = 0; i < n; i++)
    for (double k = 0; k < weight[i]; k++)
      draw[n_draws++] = (uint32_t) i;
  return n_draws;
}

// What an outer replicate needs beside the worker.
struct stage {
  uint32_t *draw;
  double *weight;         // of the inner resample
  double *apparent, *sum; // n_statistics; sum of training - test
  double *training, *test;
  size_t *n_used;
};

static struct stage stage_new(size_t n, size_t k)
{
  return (struct stage){.draw = NEW_ARRAY(uint32_t, n),
                        .weight = NEW_ARRAY(double, n),
                        .apparent = NEW_ARRAY(double, k),
                        .sum = NEW_ARRAY(double, k),
                        .training = NEW_ARRAY(double, k),
                        .test = NEW_ARRAY(double, k),
                        .n_used = NEW_ARRAY(size_t, k)};
}

static void stage_free(struct stage *stage)
{
  free(stage->draw);
  free(stage->weight);
  free(stage->apparent);
  free(stage->sum);
  free(stage->training);
  free(stage->test);
  free(stage->n_used);
}

static void draw_inner(const struct validation_plan *plan, size_t outer, size_t inner,
                       size_t n_draws, struct stage *stage)
{
  struct philox_stream stream;
  philox_start(&stream, plan->resample.seed, RNG_BOOTSTRAP, ((uint64_t) outer << 32) + inner);
  memset(stage->weight, 0, n_rows(plan) * sizeof *stage->weight);
  for (size_t i = 0; i < n_draws; i++)
    stage->weight[stage->draw[philox_below(&stream, n_draws)]]++;
}

// The corrected values of outer replicate b.
static void correct_outer(struct worker *worker, struct stage *stage, size_t b, size_t n_inner,
                          double *corrected)
{
  const struct validation_plan *plan = worker->plan;
  size_t k = plan->n_statistics;
  const double *eta, *outer = worker->training_weight;
  set_nan(corrected, k);
  bootstrap_weights(&plan->resample, b, worker->training_weight);
  if (fit_on(worker, outer, NULL, &eta) != LOGIT_CONVERGED) {
    if (plan->resample.progress)
      progress_step(plan->resample.progress, n_inner);
    return;
  }
  set_nan(stage->apparent, k);
  plan->measure(eta, outer, outer, stage->apparent, stage->test, worker->scratch);
  memset(stage->sum, 0, k * sizeof *stage->sum);
  memset(stage->n_used, 0, k * sizeof *stage->n_used);
  size_t n_draws = list_draws(outer, n_rows(plan), stage->draw);
  for (size_t inner = 1; inner <= n_inner; inner++) {
    draw_inner(plan, b, inner, n_draws, stage);
    set_nan(stage->training, k);
    set_nan(stage->test, k);
    if (fit_on(worker, stage->weight, NULL, &eta) == LOGIT_CONVERGED)
      plan->measure(eta, stage->weight, outer, stage->training, stage->test, worker->scratch);
    for (size_t j = 0; j < k; j++)
      if (isfinite(stage->training[j]) && isfinite(stage->test[j])) {
        stage->sum[j] += stage->training[j] - stage->test[j];
        stage->n_used[j]++;
      }
    if (plan->resample.progress)
      progress_step(plan->resample.progress, 1);
  }
  for (size_t j = 0; j < k; j++)
    if (stage->n_used[j] > 0)
      corrected[j] = stage->apparent[j] - stage->sum[j] / (double) stage->n_used[j];
}

void validation_two_stage_interval(const struct validation_plan *plan,
                                   const struct refit_problem *problem, size_t n_outer,
                                   size_t n_inner, double level, double *low, double *high)
{
  size_t k = plan->n_statistics;
  assert(problem && n_outer < UINT32_MAX && n_inner < UINT32_MAX);
  struct validation_plan bootstrap = *plan;
  bootstrap.scheme = VALIDATION_BOOTSTRAP;
  double *corrected = NEW_ARRAY(double, n_outer *k);
  int n_threads = thread_count(plan->resample.n_threads, n_outer ? n_outer : 1);
#pragma omp parallel num_threads(n_threads)
  {
    struct worker worker = worker_new(&bootstrap, problem);
    struct stage stage = stage_new(n_rows(plan), k);
#pragma omp for schedule(dynamic)
    for (size_t b = 1; b <= n_outer; b++)
      correct_outer(&worker, &stage, b, n_inner, corrected + (b - 1) * k);
    stage_free(&stage);
    worker_free(&worker);
  }
  (void) n_threads;
  for (size_t j = 0; j < k; j++)
    bootstrap_percentiles(corrected + j, n_outer, k, level, &low[j], &high[j]);
  free(corrected);
}
