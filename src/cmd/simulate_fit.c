// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate --match=models and --match=all: what the cohort has of each number of the logistic
// tables and performance figures, by the fits, curves and validation that the other commands use.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/simulate.h"
#include "stats/distribution.h"
#include "stats/holdout.h"
#include "stats/logit.h"
#include "stats/net_benefit.h"
#include "stats/performance.h"
#include "stats/refit.h"
#include "stats/rng.h"
#include "stats/roc.h"
#include "stats/simulated_split.h"
#include "stats/validation.h"

enum { N_REPLICATES = 1000, N_THRESHOLDS = 99 };

// An equation on the rows of the written file, in its order.
struct measured {
  size_t n, p;
  double *x, *y, *eta, *risk;
  struct logit_fit fit;
  double auc, auc_low, auc_high, sensitivity, specificity, brier;
  double corrected_auc, corrected_slope, corrected_intercept, corrected_brier;
  double threshold_from, threshold_to;
  double split[N_SPLIT_FIGURES]; // by hold-out
};

// A row that the equation is about, with all its values.
static bool is_used(const struct simulation *simulation, const struct simulate_equation *equation,
                    size_t row)
{
  bool used = !isnan(equation->outcome[row]);
  for (size_t k = 0; k < equation->n_items; k++)
    used &= !isnan(simulation->item[equation->item[k]].value[row]);
  return used;
}

static void fill_design(const struct simulation *simulation,
                        const struct simulate_equation *equation, const size_t *row, size_t n,
                        double *x)
{
  for (size_t i = 0; i < n; i++)
    x[i] = 1;
  for (size_t k = 0; k < equation->n_items; k++) {
    const struct simulate_item *item = &simulation->item[equation->item[k]];
    double *column = x + equation->design_start[k] * n;
    size_t n_columns = item->feature ? item->feature->n_levels - 1 : 1;
    for (size_t j = 0; j < n_columns; j++)
      for (size_t i = 0; i < n; i++)
        column[j * n + i] = item->feature ? item->value[row[i]] == (double) (j + 1)
                                          : item->value[row[i]] / equation->per[k];
  }
}

static void measure_curve(const struct simulate_equation *equation, struct measured *measured)
{
  // A single measure is its own marker; higher values mean the event.
  const double *marker = equation->is_whole || measured->p > 2 ? measured->eta
                                                               : measured->x + measured->n;
  struct roc_areas areas;
  roc_areas_compute(&marker, 1, measured->y, NULL, measured->n, &areas);
  measured->auc = areas.auc[0];
  roc_auc_interval(areas.auc[0], sqrt(areas.covariance[0]), areas.n_events, areas.n_others,
                   ROC_DELONG, 0.95, &measured->auc_low, &measured->auc_high);
  struct roc_curve curve;
  roc_curve_compute(marker, measured->y, NULL, measured->n, NULL, &curve);
  const struct roc_point *point =
      &curve.point[roc_curve_choose(&curve, ROC_YOUDEN, NAN, NULL)];
  measured->sensitivity = point->true_positives / curve.n_events;
  measured->specificity = 1 - point->false_positives / curve.n_others;
  roc_curve_free(&curve);
  roc_areas_free(&areas);
}

// What the bootstrap measures of a model, and the rows that it is about.
enum {
  CORRECTED = 1 << METRIC_AUC | 1 << METRIC_BRIER | 1 << METRIC_SLOPE | 1 << METRIC_INTERCEPT
};

struct measuring {
  const double *y;
  size_t n;
};
struct scratch {
  const struct measuring *measuring;
  struct performance_workspace *workspace;
};

static void *make_scratch(void *context)
{
  struct scratch *scratch = NEW_ARRAY(struct scratch, 1);
  const struct measuring *measuring = context;
  *scratch = (struct scratch){measuring, performance_prepare(measuring->n)};
  return scratch;
}

static void free_scratch(void *pointer)
{
  performance_release(((struct scratch *) pointer)->workspace);
  free(pointer);
}

static void measure_replicate(const double *eta, const double *training_weight,
                              const double *test_weight, double *training, double *test,
                              void *pointer)
{
  const struct scratch *scratch = pointer;
  performance_measure_two(eta, scratch->measuring->y, training_weight, test_weight,
                          scratch->measuring->n, PERFORMANCE_INTERNAL, CORRECTED,
                          scratch->workspace, training, test);
}

static void correct(const struct simulation *simulation, struct measured *measured)
{
  struct measuring measuring = {measured->y, measured->n};
  struct refit_problem refit = {.n = measured->n, .p = measured->p, .x = measured->x,
                                .y = measured->y, .coefficient = measured->fit.coefficient};
  struct validation_plan plan = {
      .scheme = VALIDATION_BOOTSTRAP,
      .resample = {.seed = simulation->command->seed, .n = measured->n, .first = 1,
                   .last = N_REPLICATES, .n_threads = simulation->command->n_threads},
      .n_statistics = N_PERFORMANCE_METRICS, .measure = measure_replicate,
      .make_scratch = make_scratch, .free_scratch = free_scratch, .context = &measuring};
  struct validation_result result;
  validation_run(&plan, &refit, NULL, &result);
  const struct {
    enum performance_metric metric;
    double apparent;
    double *corrected;
  } wanted[] = {{METRIC_AUC, measured->auc, &measured->corrected_auc},
                {METRIC_BRIER, measured->brier, &measured->corrected_brier},
                {METRIC_SLOPE, 1, &measured->corrected_slope},
                {METRIC_INTERCEPT, 0, &measured->corrected_intercept}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    *wanted[i].corrected = validation_optimism(&result, N_PERFORMANCE_METRICS, wanted[i].metric,
                                               wanted[i].apparent).corrected;
  validation_result_free(&result);
}

// The longest run of thresholds at which the model beats treating all and treating none.
static void find_lead(const double *risk, const double *y, size_t n, double *low, double *high)
{
  double threshold[N_THRESHOLDS], tp[N_THRESHOLDS], fp[N_THRESHOLDS], curve[N_THRESHOLDS];
  size_t from[N_THRESHOLDS], to[N_THRESHOLDS], best = 0;
  double events = 0;
  for (size_t i = 0; i < N_THRESHOLDS; i++)
    threshold[i] = (double) (i + 1) / 100;
  for (size_t i = 0; i < n; i++)
    events += y[i];
  struct net_benefit_setting setting = {.threshold = threshold, .n_thresholds = N_THRESHOLDS,
                                        .prevalence = NAN};
  net_benefit_counts(risk, y, NULL, n, NULL, &setting, tp, fp);
  for (size_t i = 0; i < N_THRESHOLDS; i++)
    curve[i] = net_benefit(tp[i], fp[i], events, (double) n - events, threshold[i], &setting);
  size_t n_runs = net_benefit_ranges(curve, &setting, events / (double) n, from, to);
  for (size_t i = 1; i < n_runs; i++)
    if (to[i] - from[i] > to[best] - from[best])
      best = i;
  *low = n_runs ? threshold[from[best]] : NAN;
  *high = n_runs ? threshold[to[best]] : NAN;
}

// The rows of the file that a hold-out sets apart, by position; the event is group 0.
static bool *test_rows(const struct simulation *simulation,
                       const struct simulate_equation *equation)
{
  size_t n = simulation->n_rows;
  bool *is_test = NEW_ARRAY(bool, n);
  double *code = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++)
    code[i] = 1 - equation->outcome[simulation->order[i]];
  holdout_mark(code, n, 2, simulation->holdout, simulation->command->seed, is_test);
  free(code);
  return is_test;
}

static const char *const split_names[N_SPLIT_FIGURES] = {
    "holdout.auc", "holdout.brier", "holdout.slope", "holdout.intercept",
    "holdout.dca_threshold_lo", "holdout.dca_threshold_hi"};

static size_t split_figure_of(const struct simulate_goal *goal)
{
  size_t f = 0;
  while (f < N_SPLIT_FIGURES && strcmp(split_names[f], goal->quantity) != 0)
    f++;
  return f;
}

// A whole model as the search of an order sees it; the figures that are asked of it.
static void split_start(const struct simulation *simulation, size_t e, struct split_model *model)
{
  const struct simulate_equation *equation = &simulation->equation[e];
  size_t n = simulation->n_rows, m = 0, *row = NEW_ARRAY(size_t, n), *place = NEW_ARRAY(size_t, n);
  for (size_t i = 0; i < n; i++) {
    place[i] = isnan(equation->outcome[i]) ? SIZE_MAX : m;
    if (place[i] != SIZE_MAX)
      row[m++] = i;
  }
  double *x = NEW_ARRAY(double, m * equation->p), *y = NEW_ARRAY(double, m);
  fill_design(simulation, equation, row, m, x);
  for (size_t i = 0; i < m; i++)
    y[i] = equation->outcome[row[i]];
  for (size_t j = 1; j < equation->p; j++) { // centred: the steps are better so
    double mean = 0;
    for (size_t i = 0; i < m; i++)
      mean += x[j * m + i] / (double) m;
    for (size_t i = 0; i < m; i++)
      x[j * m + i] -= mean;
  }
  free(row);
  *model = (struct split_model){.m = m, .p = equation->p, .x = x, .y = y, .place = place,
                                .is_test = test_rows(simulation, equation)};
  for (size_t f = 0; f < N_SPLIT_FIGURES; f++)
    model->asked[f] = NAN;
  for (size_t i = 0; i < simulation->n_goals; i++) {
    const struct simulate_goal *goal = &simulation->goal[i];
    size_t f = split_figure_of(goal);
    if (goal->equation == e && goal->is_holdout && f < N_SPLIT_FIGURES) {
      model->asked[f] = goal->asked;
      model->half[f] = goal->target.half;
    }
  }
}

static void split_end(struct split_model *model)
{
  free((double *) model->x);
  free((double *) model->y);
  free((size_t *) model->place);
  free((bool *) model->is_test);
}

// The figures on the test rows of the model fitted to the others.
static void measure_holdout(const struct simulation *simulation,
                            const struct simulate_equation *equation,
                            const struct measured *all, double figure[N_SPLIT_FIGURES])
{
  bool *is_test = test_rows(simulation, equation);
  double *weight = NEW_ARRAY(double, all->n), value[N_PERFORMANCE_METRICS];
  double *eta = NEW_ARRAY(double, all->n), *y = NEW_ARRAY(double, all->n);
  double *test_eta = NEW_ARRAY(double, all->n);
  size_t n_test = 0, k = 0;
  for (size_t f = 0; f < N_SPLIT_FIGURES; f++)
    figure[f] = NAN;
  for (size_t i = 0; i < simulation->n_rows; i++)
    if (is_used(simulation, equation, simulation->order[i]))
      weight[k++] = !is_test[i];
  struct logit_data data = {.n = all->n, .p = all->p, .x = all->x, .y = all->y, .weight = weight};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  if (fit.status == LOGIT_CONVERGED) {
    logit_linear_predictor(&data, fit.coefficient, eta);
    for (size_t i = 0; i < all->n; i++)
      if (weight[i] == 0) {
        test_eta[n_test] = eta[i];
        y[n_test++] = all->y[i];
      }
  }
  if (n_test) {
    struct performance_workspace *workspace = performance_prepare(n_test);
    performance_measure(test_eta, y, NULL, n_test, PERFORMANCE_EXTERNAL, CORRECTED, workspace,
                        value);
    performance_release(workspace);
    figure[SPLIT_AUC] = value[METRIC_AUC];
    figure[SPLIT_BRIER] = value[METRIC_BRIER];
    figure[SPLIT_SLOPE] = value[METRIC_SLOPE];
    figure[SPLIT_INTERCEPT] = value[METRIC_INTERCEPT];
    for (size_t i = 0; i < n_test; i++)
      test_eta[i] = logit_inverse(test_eta[i]);
    find_lead(test_eta, y, n_test, &figure[SPLIT_FROM], &figure[SPLIT_TO]);
  }
  logit_fit_free(&fit);
  free(is_test);
  free(weight);
  free(eta);
  free(y);
  free(test_eta);
}

static struct measured measure(const struct simulation *simulation,
                               const struct simulate_equation *equation, const size_t *order)
{
  size_t n_rows = simulation->n_rows, *row = NEW_ARRAY(size_t, n_rows), n = 0;
  struct measured measured = {.p = equation->p, .fit.status = LOGIT_ONE_OUTCOME,
                              .auc = NAN, .auc_low = NAN, .auc_high = NAN,
                              .sensitivity = NAN, .specificity = NAN, .brier = NAN,
                              .corrected_auc = NAN, .corrected_slope = NAN,
                              .corrected_intercept = NAN, .corrected_brier = NAN,
                              .threshold_from = NAN, .threshold_to = NAN};
  for (size_t f = 0; f < N_SPLIT_FIGURES; f++)
    measured.split[f] = NAN;
  for (size_t i = 0; i < n_rows; i++)
    if (is_used(simulation, equation, order[i]))
      row[n++] = order[i];
  measured.n = n;
  measured.x = NEW_ARRAY(double, n * measured.p);
  measured.y = NEW_ARRAY(double, n);
  measured.eta = NEW_ARRAY(double, n);
  measured.risk = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++)
    measured.y[i] = equation->outcome[row[i]];
  fill_design(simulation, equation, row, n, measured.x);
  free(row);
  if (n == 0)
    return measured;
  struct logit_data data = {.n = n, .p = measured.p, .x = measured.x, .y = measured.y};
  logit_fit(&data, NULL, &measured.fit);
  if (measured.fit.status != LOGIT_CONVERGED)
    return measured;
  logit_linear_predictor(&data, measured.fit.coefficient, measured.eta);
  measured.brier = 0;
  for (size_t i = 0; i < n; i++) {
    measured.risk[i] = logit_inverse(measured.eta[i]);
    measured.brier += pow(measured.risk[i] - measured.y[i], 2) / (double) n;
  }
  measure_curve(equation, &measured);
  if (equation->is_whole) {
    correct(simulation, &measured);
    find_lead(measured.risk, measured.y, n, &measured.threshold_from, &measured.threshold_to);
    if (!isnan(simulation->holdout))
      measure_holdout(simulation, equation, &measured, measured.split);
  }
  return measured;
}

static void measured_free(struct measured *measured)
{
  logit_fit_free(&measured->fit);
  free(measured->x);
  free(measured->y);
  free(measured->eta);
  free(measured->risk);
}

enum { STREAM_SPLIT = 24, STREAM_RESAMPLES = 25, N_ORDERS = 12 };

// Exchanges of rows of one group that no hold-out parts.
static void shuffle_alike(const struct simulation *simulation, const struct split_model *model,
                          size_t n_models, const double *group, struct philox_stream *stream)
{
  size_t *row = simulation->order, n = simulation->n_rows;
  for (size_t step = 0; step < 20 * n; step++) {
    size_t a = (size_t) philox_below(stream, n), b = (size_t) philox_below(stream, n);
    bool alike = group[row[a]] == group[row[b]];
    for (size_t k = 0; k < n_models; k++)
      alike &= model[k].place[row[a]] == SIZE_MAX || model[k].is_test[a] == model[k].is_test[b];
    if (alike) {
      size_t old = row[a];
      row[a] = row[b];
      row[b] = old;
    }
  }
}

// How far the optimism-corrected areas are from those printed, in units of their rounding.
static double corrected_distance(const struct simulation *simulation)
{
  double sum = 0;
  for (size_t i = 0; i < simulation->n_goals; i++) {
    const struct simulate_goal *goal = &simulation->goal[i];
    if (strcmp(goal->quantity, "corrected_auc") != 0)
      continue;
    struct measured measured =
        measure(simulation, &simulation->equation[goal->equation], simulation->order);
    sum += log1p(pow((measured.corrected_auc - goal->asked) / goal->target.half, 2));
    measured_free(&measured);
  }
  return sum;
}

// The order of the rows decides which rows a resample of the seed holds: of some orders that leave
// the hold-outs alone, the one whose corrected areas are nearest to the printed ones.
static void choose_resamples(struct simulation *simulation, const struct split_model *model,
                             size_t n_models, const double *group)
{
  size_t n = simulation->n_rows, *best = NEW_ARRAY(size_t, n);
  double least = corrected_distance(simulation);
  struct philox_stream stream;
  philox_start(&stream, simulation->command->seed, RNG_SIMULATE, (uint64_t) STREAM_RESAMPLES << 56);
  memcpy(best, simulation->order, n * sizeof *best);
  for (size_t k = 0; k < N_ORDERS && least > 0; k++) {
    shuffle_alike(simulation, model, n_models, group, &stream);
    double distance = corrected_distance(simulation);
    if (distance < least) {
      least = distance;
      memcpy(best, simulation->order, n * sizeof *best);
    }
  }
  memcpy(simulation->order, best, n * sizeof *best);
  free(best);
}

void simulation_run_split(struct simulation *simulation)
{
  enum { EFFORT = 40 };
  struct split_model *model = NEW_ARRAY(struct split_model, simulation->n_equations);
  double *group = NEW_ARRAY(double, simulation->n_rows);
  size_t n_models = 0;
  for (size_t g = 0; g < simulation->published.n_groups; g++)
    for (size_t i = 0; i < simulation->group_n[g]; i++)
      group[simulation->group_start[g] + i] = (double) g;
  for (size_t e = 0; e < simulation->n_equations && !isnan(simulation->holdout); e++)
    if (simulation->equation[e].is_whole)
      split_start(simulation, e, &model[n_models++]);
  if (n_models)
    split_anneal(model, n_models, group, simulation->n_rows, simulation->published.n_groups, EFFORT,
                 simulation->command->seed, (uint64_t) STREAM_SPLIT << 56, simulation->order);
  choose_resamples(simulation, model, n_models, group);
  for (size_t k = 0; k < n_models; k++)
    split_end(&model[k]);
  free(model);
  free(group);
}

static double coefficient_reached(const struct measured *measured,
                                  const struct model_target *target)
{
  const struct logit_fit *fit = &measured->fit;
  size_t j = target->coefficient, k = target->other, p = measured->p;
  if (fit->status != LOGIT_CONVERGED)
    return NAN;
  if (target->quantity == MODEL_JOINT_P) {
    size_t *columns = NEW_ARRAY(size_t, k - j + 1);
    for (size_t i = j; i <= k; i++)
      columns[i - j] = i;
    double p_value = logit_wald_test(fit, columns, k - j + 1).p_value;
    free(columns);
    return p_value;
  }
  double b = (j ? fit->coefficient[j] : 0) - (k ? fit->coefficient[k] : 0);
  double variance = (j ? fit->covariance[j * p + j] : 0) + (k ? fit->covariance[k * p + k] : 0) -
                    (j && k ? 2 * fit->covariance[j * p + k] : 0);
  double width = normal_quantile(0.975) * sqrt(variance);
  switch (target->quantity) {
  case MODEL_COEFFICIENT:
    return b;
  case MODEL_ODDS_RATIO:
    return exp(b);
  case MODEL_LIMIT_LOW:
    return exp(b - width);
  case MODEL_LIMIT_HIGH:
    return exp(b + width);
  default:
    return 2 * normal_upper(fabs(b) / sqrt(variance));
  }
}

static double figure_reached(const struct measured *measured, const char *quantity)
{
  const struct {
    const char *name;
    double value;
  } known[] = {{"auc", measured->auc}, {"auc_ci_lo", measured->auc_low},
               {"auc_ci_hi", measured->auc_high}, {"sensitivity", 100 * measured->sensitivity},
               {"specificity", 100 * measured->specificity}, {"brier", measured->brier},
               {"corrected_auc", measured->corrected_auc}, {"slope", measured->corrected_slope},
               {"intercept", measured->corrected_intercept},
               {"dca_threshold_lo", measured->threshold_from},
               {"dca_threshold_hi", measured->threshold_to},
               {"bootstrap_resamples", N_REPLICATES}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].name, quantity) == 0)
      return known[i].value;
  return NAN;
}

static bool is_met(const struct simulate_goal *goal)
{
  return goal->target.quantity == MODEL_YOUDEN && goal->number->printed.relation == PRINTED_EQUAL
             ? fabs(goal->reached - goal->asked) < 1e-9
             : simulation_prints_as(goal->number, goal->reached);
}

void simulation_measure_goals(struct simulation *simulation)
{
  const size_t *order = simulation->order;
  for (size_t e = 0; e < simulation->n_equations; e++) {
    struct measured measured = measure(simulation, &simulation->equation[e], order);
    for (size_t i = 0; i < simulation->n_goals; i++) {
      struct simulate_goal *goal = &simulation->goal[i];
      if (goal->equation != e)
        continue;
      goal->reached = goal->target.quantity <= MODEL_JOINT_P
                          ? coefficient_reached(&measured, &goal->target)
                      : goal->is_holdout && split_figure_of(goal) < N_SPLIT_FIGURES
                          ? measured.split[split_figure_of(goal)]
                          : figure_reached(&measured, goal->quantity);
      goal->is_met = is_met(goal);
      if (simulation->settings->check && isnan(goal->reached) && !goal->why)
        goal->why = memory_copy_text("no finite fit, or too few rows");
    }
    measured_free(&measured);
  }
}
