// SPDX-License-Identifier: GPL-3.0-or-later
// The search for columns with stated fits: what it computes on the way against the project's own
// fits and curves, what it keeps, and what it finds.
#include <config.h>

#include "stats/simulated_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/distribution.h"
#include "stats/logit.h"
#include "stats/performance.h"
#include "stats/quick_logit.h"
#include "stats/rng.h"
#include "stats/roc.h"
#include "stats/simulated_split.h"
#include "stats/summary.h"
#include "tap.h"

enum { N = 90, N_GROUPS = 3, N_COLUMNS = 3, MOST_TARGETS = 40 };

static const double z95 = 1.959963984540054;

// Three groups of 30; two measures, one factor of three levels; the last group is the event.
struct example {
  double group[N], value[N_COLUMNS][N], outcome[N], part[N];
  struct model_column column[N_COLUMNS];
  struct model_equation equation[3];
  struct model_target target[MOST_TARGETS];
  struct model_problem problem;
};

static const size_t all_columns[] = {0, 1, 2}, first_column[] = {0};
static const double units[] = {0.1, 1, 1};

static void example_start(struct example *e, uint64_t seed)
{
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_MONTE_CARLO, 2);
  memset(e, 0, sizeof *e);
  for (size_t i = 0; i < N; i++) {
    e->group[i] = (double) (i / 30);
    e->outcome[i] = e->group[i] == 2;
    e->part[i] = e->group[i] == 2 ? NAN : e->group[i];
    e->value[0][i] = round(1000 + 150 * philox_normal(&stream) + 60 * e->group[i]) / 1000;
    e->value[1][i] = round(200 + 40 * philox_normal(&stream) + 20 * e->outcome[i]) / 10;
    e->value[2][i] = (double) philox_below(&stream, 3);
  }
  e->column[0] = (struct model_column){e->value[0], 0, 1000, 0.4, 2, 0.15};
  e->column[1] = (struct model_column){e->value[1], 0, 10, 5, 60, 4};
  e->column[2] = (struct model_column){e->value[2], 3, 0, 0, 0, 0};
  e->equation[0] = (struct model_equation){e->outcome, all_columns, units, 3};
  e->equation[1] = (struct model_equation){e->part, first_column, units, 1};
  e->equation[2] = (struct model_equation){e->outcome, first_column, units, 1};
  e->problem = (struct model_problem){N, e->group, N_GROUPS, e->column, N_COLUMNS, e->equation, 3,
                                      e->target, 0};
}

static void ask(struct example *e, struct model_target target)
{
  if (target.weight == 0)
    target.weight = 1;
  if (target.scale == 0)
    target.scale = 0.05;
  e->target[e->problem.n_targets++] = target;
}

// The design of the first equation, for logit_fit.
static void design_of(const struct example *e, double *x)
{
  for (size_t i = 0; i < N; i++) {
    x[i] = 1;
    x[N + i] = e->value[0][i] / 0.1;
    x[2 * N + i] = e->value[1][i];
    x[3 * N + i] = e->value[2][i] == 1;
    x[4 * N + i] = e->value[2][i] == 2;
  }
}

// Coefficients agree to the Newton steps' 1e-10; SEs are those of the point before the last step,
// good to its 1e-5.
static void test_reached(void)
{
  struct example *e = malloc(sizeof *e);
  example_start(e, 1);
  for (size_t q = 0; q < 5; q++)
    ask(e, (struct model_target){.quantity = (enum model_quantity) q, .coefficient = 1, .half = 1,
                                 .value = 1});
  ask(e, (struct model_target){.quantity = MODEL_COEFFICIENT, .coefficient = 4, .other = 3, .half = 1});
  ask(e, (struct model_target){.quantity = MODEL_JOINT_P, .coefficient = 3, .other = 4, .half = 1,
                               .value = 1});
  for (size_t q = MODEL_AUC; q <= MODEL_BRIER; q++)
    ask(e, (struct model_target){.quantity = (enum model_quantity) q, .half = 1});
  for (size_t q = MODEL_MEAN; q < N_MODEL_QUANTITIES; q++)
    ask(e, (struct model_target){.quantity = (enum model_quantity) q, .fit = 1, .coefficient = 2,
                                 .half = 1});
  double reached[MOST_TARGETS], x[5 * N], eta[N];
  model_reached(&e->problem, reached);
  design_of(e, x);
  struct logit_data data = {.n = N, .p = 5, .x = x, .y = e->outcome};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  double b = fit.coefficient[1], error = sqrt(fit.covariance[6]);
  is_close(reached[0], b, 1e-8, "B");
  is_close(reached[1], exp(b), 1e-8, "odds ratio");
  is_close(reached[2], exp(b - z95 * error), 1e-5, "lower limit");
  is_close(reached[3], exp(b + z95 * error), 1e-5, "upper limit");
  is_close(reached[4], 2 * normal_upper(fabs(b) / error), 1e-4, "P");
  is_close(reached[5], fit.coefficient[4] - fit.coefficient[3], 1e-7, "contrast of two levels");
  const size_t levels[] = {3, 4};
  is_close(reached[6], logit_wald_test(&fit, levels, 2).p_value, 1e-4, "joint P of a factor");
  logit_linear_predictor(&data, fit.coefficient, eta);
  struct roc_areas areas;
  const double *marker = eta;
  roc_areas_compute(&marker, 1, e->outcome, NULL, N, &areas);
  is_close(reached[7], areas.auc[0], 1e-12, "area");
  is_close(reached[8], areas.auc[0] - z95 * sqrt(areas.covariance[0]), 1e-10, "its lower limit");
  is_close(reached[9], areas.auc[0] + z95 * sqrt(areas.covariance[0]), 1e-10, "its upper limit");
  double brier = 0, sorted[30];
  for (size_t i = 0; i < N; i++)
    brier += pow(logit_inverse(eta[i]) - e->outcome[i], 2) / N;
  is_close(reached[10], brier, 1e-5, "Brier score"); // of the point before the last step
  struct moments moments = moments_compute(e->value[1] + 60, NULL, 30);
  is_close(reached[11], moments.mean, 1e-12, "mean of a group");
  is_close(reached[12], moments_sd(&moments), 1e-10, "SD");
  memcpy(sorted, e->value[1] + 60, sizeof sorted);
  for (size_t i = 0; i < 30; i++)
    for (size_t j = i + 1; j < 30; j++)
      if (sorted[j] < sorted[i]) {
        double old = sorted[i];
        sorted[i] = sorted[j];
        sorted[j] = old;
      }
  for (size_t k = 0; k < 3; k++)
    is_close(reached[13 + k],
             quantile_sorted(sorted, NULL, 30, 0.25 * (double) (k + 1), QUANTILE_TYPE_6), 1e-12,
             "quartile of type 6");
  roc_areas_free(&areas);
  logit_fit_free(&fit);
  free(e);
}

static void ask_fit(struct example *e)
{
  ask(e, (struct model_target){.quantity = MODEL_ODDS_RATIO, .coefficient = 1, .value = 2.00,
                               .half = 0.005, .scale = 0.3});
  ask(e, (struct model_target){.quantity = MODEL_LIMIT_LOW, .coefficient = 1, .value = 1.30,
                               .half = 0.005, .scale = 0.3});
  ask(e, (struct model_target){.quantity = MODEL_ODDS_RATIO, .coefficient = 2, .value = 1.20,
                               .half = 0.005, .scale = 0.1});
  ask(e, (struct model_target){.quantity = MODEL_P, .coefficient = 2, .value = 0.001, .half = 0.0005,
                               .scale = 1, .at_most = true});
  ask(e, (struct model_target){.quantity = MODEL_ODDS_RATIO, .fit = 1, .coefficient = 1,
                               .value = 1.50, .half = 0.005, .scale = 0.3});
  ask(e, (struct model_target){.quantity = MODEL_AUC, .value = 0.850, .half = 0.0005});
  ask(e, (struct model_target){.quantity = MODEL_AUC, .fit = 2, .value = 0.720, .half = 0.0005});
  ask(e, (struct model_target){.quantity = MODEL_YOUDEN, .value = 24 / 30., .second = 47 / 60.,
                               .half = 0.5, .scale = 5});
  ask(e, (struct model_target){.quantity = MODEL_MEAN, .fit = 1, .coefficient = 0, .value = 20.0,
                               .half = 0.05, .scale = 4});
}

static void count_levels(const struct example *e, size_t count[9])
{
  memset(count, 0, 9 * sizeof *count);
  for (size_t i = 0; i < N; i++)
    count[(size_t) e->group[i] * 3 + (size_t) e->value[2][i]]++;
}

static void test_search(void)
{
  struct example *e = malloc(sizeof *e), *again = malloc(sizeof *again);
  const struct model_effort effort = {40000, 0.02, 0.001, 1.5, 0.0005};
  size_t before[9], after[9];
  double reached[MOST_TARGETS];
  example_start(e, 1);
  ask_fit(e);
  count_levels(e, before);
  double loss = model_anneal(&e->problem, &effort, 1, 7);
  model_reached(&e->problem, reached);
  size_t n_met = 0;
  for (size_t t = 0; t < e->problem.n_targets; t++) {
    const struct model_target *target = &e->target[t];
    n_met += target->at_most                        ? reached[t] < target->value
             : target->quantity == MODEL_YOUDEN ? reached[t] < 1e-9
                                                    : fabs(reached[t] - target->value) <= target->half;
  }
  is_integer((long long) n_met, (long long) e->problem.n_targets, "all targets are met");
  ok(loss < 1e-6, "and nothing is left of the sum");
  count_levels(e, after);
  ok(memcmp(before, after, sizeof before) == 0, "levels keep their counts in each group");
  bool on_grid = true, inside = true;
  for (size_t i = 0; i < N; i++) {
    on_grid &= e->value[0][i] == round(e->value[0][i] * 1000) / 1000 &&
               e->value[1][i] == round(e->value[1][i] * 10) / 10;
    inside &= e->value[0][i] >= 0.4 && e->value[0][i] <= 2 && e->value[1][i] >= 5 &&
              e->value[1][i] <= 60;
  }
  ok(on_grid, "values are written decimals");
  ok(inside, "values keep their range");
  example_start(again, 1);
  ask_fit(again);
  model_anneal(&again->problem, &effort, 1, 7);
  ok(memcmp(again->value, e->value, sizeof e->value) == 0, "the same stream finds the same columns");
  example_start(again, 1);
  ask_fit(again);
  model_anneal(&again->problem, &effort, 2, 7);
  ok(memcmp(again->value, e->value, sizeof e->value) != 0, "another seed finds others");
  free(e);
  free(again);
}

// The point of the curve that is asked is what the project's rule chooses.
static void test_youden(void)
{
  struct example *e = malloc(sizeof *e);
  example_start(e, 3);
  double x[5 * N], eta[N], reached[MOST_TARGETS];
  design_of(e, x);
  struct logit_data data = {.n = N, .p = 5, .x = x, .y = e->outcome};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  logit_linear_predictor(&data, fit.coefficient, eta);
  struct roc_curve curve;
  roc_curve_compute(eta, e->outcome, NULL, N, NULL, &curve);
  struct roc_point best = curve.point[roc_curve_choose(&curve, ROC_YOUDEN, NAN, NULL)];
  ask(e, (struct model_target){.quantity = MODEL_YOUDEN, .value = best.true_positives / 30,
                               .second = 1 - best.false_positives / 60, .half = 0.5});
  ask(e, (struct model_target){.quantity = MODEL_YOUDEN, .value = 1, .second = 1, .half = 0.5});
  model_reached(&e->problem, reached);
  // 1 where another point is as good.
  ok(reached[0] < 1e-9 || fabs(reached[0] - 1) < 1e-9, "the chosen point is at distance 0");
  ok(reached[1] > 1, "a point that no threshold has is not");
  roc_curve_free(&curve);
  logit_fit_free(&fit);
  free(e);
}

static void test_quick(void)
{
  struct example *e = malloc(sizeof *e);
  example_start(e, 5);
  double x[5 * N], eta[N], risk[N], scratch[N], weight[N], covariance[25], b[5] = {0};
  design_of(e, x);
  for (size_t i = 0; i < N; i++)
    weight[i] = (double) (i % 3);
  struct logit_data data = {.n = N, .p = 5, .x = x, .y = e->outcome, .weight = weight};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  ok(quick_logit(x, e->outcome, weight, N, 5, b, eta, risk, scratch, covariance), "weights: a fit");
  for (size_t j = 0; j < 5; j++)
    is_close(b[j], fit.coefficient[j], 1e-7, "weights: coefficient"); // uncentred columns
  for (size_t i = 0; i < N; i++)
    x[N + i] = e->outcome[i];
  memset(b, 0, sizeof b);
  ok(!quick_logit(x, e->outcome, NULL, N, 5, b, eta, risk, scratch, covariance),
     "a separating column has no fit");
  double a[] = {4, 2, 0.6, 2, 5, 1, 0.6, 1, 3}, copy[9];
  memcpy(copy, a, sizeof a);
  ok(quick_inverse(a, 3), "an inverse");
  double worst = 0;
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 0; j < 3; j++) {
      double sum = 0;
      for (size_t k = 0; k < 3; k++)
        sum += a[i * 3 + k] * copy[k * 3 + j];
      worst = fmax(worst, fabs(sum - (i == j)));
    }
  ok(worst < 1e-14, "times the matrix is one");
  double bad[] = {1, 2, 2, 1};
  ok(!quick_inverse(bad, 2), "an indefinite matrix has none");
  logit_fit_free(&fit);
  free(e);
}

// Figures of a split against the project's fit with weights and its measures.
static void test_split(void)
{
  struct example *e = malloc(sizeof *e);
  example_start(e, 8);
  double x[5 * N], weight[N], eta[N], test_eta[N], test_y[N], figure[N_SPLIT_FIGURES];
  double value[N_PERFORMANCE_METRICS];
  size_t place[N], row[N], n_test = 0;
  bool is_test[N];
  design_of(e, x);
  for (size_t i = 0; i < N; i++) {
    place[i] = i;
    row[i] = (i * 37) % N;
    is_test[i] = i % 3 == 0;
  }
  for (size_t i = 0; i < N; i++)
    weight[row[i]] = !is_test[i];
  struct split_model model = {.m = N, .p = 5, .x = x, .y = e->outcome, .place = place,
                              .is_test = is_test};
  split_figures(&model, row, N, figure);
  struct logit_data data = {.n = N, .p = 5, .x = x, .y = e->outcome, .weight = weight};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  logit_linear_predictor(&data, fit.coefficient, eta);
  for (size_t i = 0; i < N; i++)
    if (weight[i] == 0) {
      test_eta[n_test] = eta[i];
      test_y[n_test++] = e->outcome[i];
    }
  struct performance_workspace *workspace = performance_prepare(n_test);
  performance_measure(test_eta, test_y, NULL, n_test, PERFORMANCE_EXTERNAL, METRIC_ALL, workspace,
                      value);
  performance_release(workspace);
  is_close(figure[SPLIT_AUC], value[METRIC_AUC], 1e-12, "split: area");
  is_close(figure[SPLIT_BRIER], value[METRIC_BRIER], 1e-7, "split: Brier score");
  is_close(figure[SPLIT_SLOPE], value[METRIC_SLOPE], 1e-6, "split: slope");
  is_near(figure[SPLIT_INTERCEPT], value[METRIC_INTERCEPT], 1e-6, "split: intercept");
  // An order is found in which the test rows have other figures; groups keep their positions.
  const double asked[] = {0.60, NAN, NAN, NAN, NAN, NAN}, half[] = {0.005, 1, 1, 1, 1, 1};
  memcpy(model.asked, asked, sizeof asked);
  memcpy(model.half, half, sizeof half);
  size_t order[N];
  memcpy(order, row, sizeof row);
  double loss = split_anneal(&model, 1, e->group, N, N_GROUPS, 2, 1, 3, order);
  split_figures(&model, order, N, figure);
  ok(loss == 0 && fabs(figure[SPLIT_AUC] - 0.60) <= 0.005, "split: an order with another area");
  bool groups = true, once = true;
  unsigned char seen[N] = {0};
  for (size_t i = 0; i < N; i++) {
    groups &= e->group[order[i]] == e->group[row[i]];
    once &= !seen[order[i]]++;
  }
  ok(groups && once, "split: each row once, groups in their positions");
  logit_fit_free(&fit);
  free(e);
}

int main(void)
{
  test_reached();
  test_search();
  test_youden();
  test_quick();
  test_split();
  return tap_done();
}
