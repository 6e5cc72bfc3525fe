// SPDX-License-Identifier: GPL-3.0-or-later
// Refits: glm in R, logit_fit on weights and on repeated rows, separation, vanished levels,
// Firth's penalty, selection by a loop in R.
#include <config.h>

#include "stats/refit.h"

#include <stdlib.h>

#include "logit_cases.h"
#include "stats/bootstrap.h"

static const double *value_of(const struct reference *r, const char *example, const char *what,
                              size_t *n)
{
  char key[120];
  snprintf(key, sizeof key, "%s.%s", example, what);
  return reference_values(r, key, n);
}

static void weigh(const double *rows, size_t n, double *weight)
{
  memset(weight, 0, n * sizeof *weight);
  for (size_t i = 0; i < n; i++)
    weight[(size_t) rows[i] - 1]++;
}

static struct refit_problem problem_of(const struct logit_data *data, const double *coefficient)
{
  return (struct refit_problem){
      .n = data->n, .p = data->p, .x = data->x, .y = data->y, .coefficient = coefficient};
}

// ---- R ----

static void r_check(const struct reference *r, const char *name)
{
  size_t n_x, n_rows, n = (size_t) *value_of(r, name, "n", NULL);
  const double *x = value_of(r, name, "x", &n_x), *y = value_of(r, name, "y", NULL);
  const double *rows = value_of(r, name, "rows", &n_rows);
  const double *expected = value_of(r, name, "coefficients", NULL);
  struct logit_data data = {.n = n, .p = n_x / n, .x = x, .y = y};
  struct refit_problem problem = problem_of(&data, value_of(r, name, "coefficient", NULL));
  struct refit_workspace *workspace = refit_prepare(&problem);
  double *weight = calloc(n, sizeof *weight), b[20];
  bool good = true;
  for (size_t k = 0; k < n_rows / n; k++) {
    weigh(rows + k * n, n, weight);
    good = good && refit(&problem, weight, workspace, b) == LOGIT_CONVERGED;
    for (size_t j = 0; j < data.p; j++)
      good = good && fabs(b[j] - expected[j + k * data.p]) <= 1e-9 * fabs(expected[j + k * data.p]);
  }
  ok(good, "%s: coefficients of glm in every resample", name);
  refit_release(workspace);
  free(weight);
}

// ---- against logit_fit ----

static struct case_data simulate(size_t n, size_t p, double strength, uint64_t seed)
{
  struct case_data c = case_new(n, p);
  for (size_t i = 0; i < n; i++) {
    double eta = -0.3;
    for (size_t j = 1; j < p; j++) {
      double z = random_normal(&seed);
      c.x[i + j * n] = j % 3 == 2 ? z > 0.8 : z * (double) j;
      eta += (j % 2 ? 1 : -0.6) * strength * c.x[i + j * n] / (double) j;
    }
    c.y[i] = random_unit(&seed) < logit_inverse(eta);
  }
  return c;
}

// The largest difference from logit_fit in standard errors; infinite if the outcomes of the fits
// differ.
static double difference_from_fit(const struct logit_data *data, enum logit_status status,
                                  const double *b)
{
  struct logit_fit fit;
  logit_fit(data, NULL, &fit);
  double most = fit.status == status ? 0 : INFINITY;
  for (size_t j = 0; fit.status == LOGIT_CONVERGED && j < data->p; j++)
    most = fmax(most, fabs(b[j] - fit.coefficient[j]) / sqrt(fit.covariance[j + j * data->p]));
  for (size_t j = 0; fit.status != LOGIT_CONVERGED && j < data->p; j++)
    most = isnan(b[j]) ? most : INFINITY;
  logit_fit_free(&fit);
  return most;
}

static void fits_check(size_t n, size_t p, double strength, size_t n_replicates)
{
  struct case_data c = simulate(n, p, strength, n + p);
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = problem_of(&c.data, fit.coefficient);
  struct refit_workspace *workspace = refit_prepare(&problem);
  struct bootstrap_plan plan = {.seed = n, .n = n};
  double *weight = case_weights(&c), *b = calloc(p, sizeof *b), most = 0;
  double *again = calloc(p, sizeof *again);
  size_t n_converged = 0;
  bool same = true;
  for (size_t k = 1; k <= n_replicates; k++) {
    bootstrap_weights(&plan, k, weight);
    enum logit_status status = refit(&problem, weight, workspace, b);
    n_converged += status == LOGIT_CONVERGED;
    most = fmax(most, difference_from_fit(&c.data, status, b));
    // The replicate before leaves no trace.
    struct refit_workspace *fresh = refit_prepare(&problem);
    refit(&problem, weight, fresh, again);
    same = same && memcmp(b, again, p * sizeof *b) == 0;
    refit_release(fresh);
  }
  // Both stop within 1e-11 standard errors of the maximum.
  ok(most < 5e-11, "n %zu, p %zu, strength %g: as logit_fit (%zu of %zu converged; %g SE off)", n,
     p, strength, n_converged, n_replicates, most);
  ok(same, "n %zu, p %zu: a used workspace gives the bits of a fresh one", n, p);
  refit_release(workspace);
  free(b);
  free(again);
  logit_fit_free(&fit);
  case_free(&c);
}

// Weights are copies; units do not matter; what the start was does not matter.
static void invariance_check(void)
{
  enum { N = 150, P = 4 };
  struct case_data c = simulate(N, P, 1, 8), moved = case_new(N, P);
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct bootstrap_plan plan = {.seed = 6, .n = N};
  double weight[N], b[P], other[P];
  bootstrap_weights(&plan, 1, weight);
  struct refit_problem problem = problem_of(&c.data, fit.coefficient);
  struct refit_workspace *workspace = refit_prepare(&problem);
  ok(refit(&problem, weight, workspace, b) == LOGIT_CONVERGED, "a resample converges");

  struct case_data rows = case_new(N, P);
  size_t to = 0;
  for (size_t i = 0; i < N; i++)
    for (double k = 0; k < weight[i]; k++, to++) {
      rows.y[to] = c.y[i];
      for (size_t j = 0; j < P; j++)
        rows.x[to + j * N] = c.x[i + j * N];
    }
  struct logit_fit copies;
  logit_fit(&rows.data, NULL, &copies);
  for (size_t j = 0; j < P; j++)
    is_close(b[j], copies.coefficient[j], 1e-10, "integer weights are repeated rows");
  double ones[N];
  for (size_t i = 0; i < N; i++)
    ones[i] = 1;
  struct refit_problem repeated = problem_of(&rows.data, fit.coefficient);
  struct refit_workspace *of_copies = refit_prepare(&repeated);
  ok(refit(&repeated, ones, of_copies, other) == LOGIT_CONVERGED, "repeated rows converge");
  for (size_t j = 0; j < P; j++)
    is_close(other[j], b[j], 1e-11, "refit of repeated rows");
  refit_release(of_copies);

  // Units of 1e6 and 1e-6, an offset of 1e6 that leaves ten digits.
  const double scale[P] = {1, 1e6, 1e-6, 1}, shift[P] = {0, 0, 0, 1e6};
  double start[P];
  for (size_t j = 0; j < P; j++) {
    start[j] = fit.coefficient[j] / scale[j];
    for (size_t i = 0; i < N; i++)
      moved.x[i + j * N] = c.x[i + j * N] * scale[j] + shift[j];
  }
  start[0] -= start[3] * shift[3];
  memcpy(moved.y, c.y, sizeof ones);
  struct refit_problem in_units = problem_of(&moved.data, start);
  struct refit_workspace *of_units = refit_prepare(&in_units);
  ok(refit(&in_units, weight, of_units, other) == LOGIT_CONVERGED, "other units converge");
  for (size_t j = 1; j < P; j++)
    is_close(other[j] * scale[j], b[j], 1e-9, "coefficient in other units");
  refit_release(of_units);

  double zero[P] = {0};
  struct refit_problem from_zero = problem_of(&c.data, zero);
  struct refit_workspace *cold = refit_prepare(&from_zero);
  ok(refit(&from_zero, weight, cold, other) == LOGIT_CONVERGED, "from zero");
  for (size_t j = 0; j < P; j++)
    is_close(other[j], b[j], 1e-10, "the start does not matter");
  refit_release(cold);
  double far[P] = {40, -300, 1e5, 7};
  struct refit_problem from_far = problem_of(&c.data, far);
  cold = refit_prepare(&from_far);
  ok(refit(&from_far, weight, cold, other) == LOGIT_CONVERGED, "from a place far away");
  for (size_t j = 0; j < P; j++)
    is_close(other[j], b[j], 1e-10, "a bad start does not matter");
  refit_release(cold);
  double nothing[P] = {NAN, NAN, NAN, NAN};
  struct refit_problem from_nothing = problem_of(&c.data, nothing);
  cold = refit_prepare(&from_nothing);
  ok(refit(&from_nothing, weight, cold, other) == LOGIT_CONVERGED, "from NaN");
  is_close(other[1], b[1], 1e-10, "no start does not matter");
  refit_release(cold);

  refit_release(workspace);
  logit_fit_free(&copies);
  logit_fit_free(&fit);
  case_free(&c);
  case_free(&rows);
  case_free(&moved);
}

// A model without an intercept; the intercept alone.
static void odd_designs_check(void)
{
  struct case_data c = simulate(200, 3, 0.7, 5);
  struct logit_data slopes = c.data;
  slopes.x = c.x + 200;
  slopes.p = 2;
  struct logit_fit fit;
  logit_fit(&slopes, NULL, &fit);
  struct refit_problem problem = problem_of(&slopes, fit.coefficient);
  struct refit_workspace *workspace = refit_prepare(&problem);
  double weight[200], b[3], events = 0;
  struct bootstrap_plan plan = {.seed = 1, .n = 200};
  bootstrap_weights(&plan, 3, weight);
  slopes.weight = weight;
  enum logit_status status = refit(&problem, weight, workspace, b);
  ok(status == LOGIT_CONVERGED && difference_from_fit(&slopes, status, b) < 5e-11,
     "without an intercept");
  refit_release(workspace);
  logit_fit_free(&fit);

  struct logit_data alone = c.data;
  alone.p = 1;
  double zero = 0;
  problem = problem_of(&alone, &zero);
  workspace = refit_prepare(&problem);
  for (size_t i = 0; i < 200; i++)
    events += weight[i] * c.y[i];
  ok(refit(&problem, weight, workspace, b) == LOGIT_CONVERGED, "the intercept alone converges");
  is_close(b[0], log(events / (200 - events)), 1e-12, "it is the log odds");
  refit_release(workspace);
  case_free(&c);
}

// ---- no estimate ----

// One predictor: the estimate exists if and only if values of both outcomes overlap.
static void separation_check(void)
{
  enum { N = 25 };
  struct case_data c = case_new(N, 2);
  uint64_t state = 41;
  for (size_t i = 0; i < N; i++) {
    c.x[i + N] = round(10 * random_normal(&state)) / 10;
    c.y[i] = c.x[i + N] + 0.3 * random_normal(&state) > 0.4;
  }
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = problem_of(&c.data, fit.coefficient);
  struct refit_workspace *workspace = refit_prepare(&problem);
  struct bootstrap_plan plan = {.seed = 9, .n = N};
  double weight[N], b[2];
  size_t n_separated = 0, n_converged = 0;
  bool good = true, found = true, near = true;
  c.data.weight = weight;
  for (size_t k = 1; k <= 1500; k++) {
    double most[2] = {-INFINITY, -INFINITY}, least[2] = {INFINITY, INFINITY};
    bootstrap_weights(&plan, k, weight);
    for (size_t i = 0; i < N; i++) {
      int y = c.y[i] > 0;
      if (weight[i] > 0) {
        most[y] = fmax(most[y], c.x[i + N]);
        least[y] = fmin(least[y], c.x[i + N]);
      }
    }
    bool both = most[0] > -INFINITY && most[1] > -INFINITY;
    bool overlap = both && most[0] > least[1] && most[1] > least[0];
    enum logit_status status = refit(&problem, weight, workspace, b);
    good = good && (status == LOGIT_CONVERGED) == overlap;
    found = found && (overlap || !both || status == LOGIT_SEPARATED);
    n_separated += status == LOGIT_SEPARATED;
    n_converged += status == LOGIT_CONVERGED;
    near = near && (k > 300 || difference_from_fit(&c.data, status, b) < 5e-11);
  }
  ok(good, "an estimate is given if and only if the outcomes overlap");
  ok(found, "separation is named");
  ok(near, "as logit_fit says");
  ok(n_separated > 100 && n_converged > 100, "%zu separated, %zu converged", n_separated,
     n_converged);
  refit_release(workspace);
  logit_fit_free(&fit);
  case_free(&c);
}

// Two and more predictors that nearly separate, by logit_fit.
static void near_separation_check(void)
{
  for (size_t p = 3; p <= 6; p++)
    fits_check(40, p, 2.5, 300);
}

static void statuses_check(void)
{
  enum { N = 40 };
  struct case_data c = simulate(N, 4, 0.5, 77);
  for (size_t i = 0; i < N; i++)
    c.x[i + 2 * N] = i % 20 == 3; // a rare level
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = problem_of(&c.data, fit.coefficient);
  struct refit_workspace *workspace = refit_prepare(&problem);
  double weight[N], b[4];
  for (size_t i = 0; i < N; i++)
    weight[i] = i % 20 != 3;
  is_integer(refit(&problem, weight, workspace, b), LOGIT_RANK_DEFICIENT, "a vanished level");
  ok(isnan(b[0]) && isnan(b[3]), "no coefficients then");
  for (size_t i = 0; i < N; i++)
    weight[i] = c.y[i] > 0;
  is_integer(refit(&problem, weight, workspace, b), LOGIT_ONE_OUTCOME, "only events");
  for (size_t i = 0; i < N; i++)
    weight[i] = c.y[i] < 1;
  is_integer(refit(&problem, weight, workspace, b), LOGIT_ONE_OUTCOME, "only others");
  ok(isnan(b[0]) && isnan(b[3]), "no coefficients then");
  memset(weight, 0, sizeof weight);
  is_integer(refit(&problem, weight, workspace, b), LOGIT_ONE_OUTCOME, "no rows");
  size_t event = 0, other_row = 0;
  while (!(c.y[event] > 0))
    event++;
  while (c.y[other_row] > 0)
    other_row++;
  weight[event] = weight[other_row] = 1;
  ok(refit(&problem, weight, workspace, b) == LOGIT_RANK_DEFICIENT, "fewer rows than columns");
  // Dependent columns.
  for (size_t i = 0; i < N; i++) {
    c.x[i + 3 * N] = 2 * c.x[i + N] - 3;
    weight[i] = 1;
  }
  double zero[4] = {0};
  struct refit_problem dependent = problem_of(&c.data, zero);
  struct refit_workspace *other = refit_prepare(&dependent);
  ok(refit(&dependent, weight, other, b) == LOGIT_RANK_DEFICIENT, "dependent columns");
  refit_release(other);
  refit_release(workspace);
  refit_release(NULL);
  logit_fit_free(&fit);
  case_free(&c);
}

// ---- Firth ----

static void firth_check(void)
{
  enum { N = 50, P = 3 };
  struct case_data c = simulate(N, P, 1.5, 19);
  struct logit_options firth = {.firth = true};
  struct logit_fit fit;
  logit_fit(&c.data, &firth, &fit);
  struct refit_problem problem = problem_of(&c.data, fit.coefficient);
  problem.firth = true;
  struct refit_problem flic = problem;
  flic.flic = true;
  struct refit_workspace *workspace = refit_prepare(&problem), *of_flic = refit_prepare(&flic);
  struct bootstrap_plan plan = {.seed = 1, .n = N};
  double *weight = case_weights(&c), b[P], moved[P];
  bool good = true, mean = true, all = true;
  for (size_t k = 1; k <= 60; k++) {
    bootstrap_weights(&plan, k, weight);
    all = all && refit(&problem, weight, workspace, b) == LOGIT_CONVERGED &&
          refit(&flic, weight, of_flic, moved) == LOGIT_CONVERGED;
    struct logit_fit again;
    logit_fit(&c.data, &firth, &again);
    for (size_t j = 0; j < P; j++)
      good = good && fabs(b[j] - again.coefficient[j]) < 1e-9 * (1 + fabs(b[j])) &&
             (j == 0 || moved[j] == b[j]);
    logit_fit_free(&again);
    double events = 0, risks = 0;
    for (size_t i = 0; i < N; i++) {
      events += weight[i] * c.y[i];
      risks +=
          weight[i] * logit_inverse(moved[0] + moved[1] * c.x[i + N] + moved[2] * c.x[i + 2 * N]);
    }
    mean = mean && fabs(events - risks) < 1e-9;
  }
  ok(all, "Firth estimates exist in every resample");
  ok(good, "and are those of logit_fit");
  ok(mean, "FLIC: the mean risk is the event fraction");
  refit_release(workspace);
  refit_release(of_flic);
  logit_fit_free(&fit);
  case_free(&c);
}

// ---- selection ----

static const struct selection_options nothing = {.screen_p = NAN, .vif_cut = NAN, .p = 0.05};

static void r_selection_check(const struct reference *r)
{
  size_t n_x, n_rows, n_groups, n = (size_t) *value_of(r, "select", "n", NULL);
  const double *x = value_of(r, "select", "x", &n_x), *y = value_of(r, "select", "y", NULL);
  const double *rows = value_of(r, "select", "rows", &n_rows);
  const double *sizes = value_of(r, "select", "sizes", &n_groups);
  const double *kept = value_of(r, "select", "kept", NULL);
  const double *expected = value_of(r, "select", "coefficient", NULL);
  struct logit_data data = {.n = n, .p = n_x / n, .x = x, .y = y};
  struct column_group group[20];
  for (size_t g = 0, first = 0; g < n_groups; first += (size_t) sizes[g++])
    group[g] = (struct column_group){first, (size_t) sizes[g]};
  double *weight = calloc(n, sizeof *weight), b[20], zero[20] = {0};
  struct refit_problem problem = problem_of(&data, zero);
  problem.selects = true;
  problem.group = group;
  problem.n_groups = n_groups;
  problem.selection = nothing;
  problem.selection.screen_p = 0.2;
  problem.selection.direction = SELECTION_BACKWARD;
  problem.selection.p = 0.1;
  struct refit_workspace *workspace = refit_prepare(&problem);
  bool good = true, same = true;
  for (size_t k = 0; k < n_rows / n; k++) {
    bool chosen[20];
    weigh(rows + k * n, n, weight);
    enum logit_status status = refit(&problem, weight, workspace, b);
    refit_chosen(workspace, chosen);
    for (size_t g = 0; g < n_groups; g++)
      same = same && (isnan(expected[k * data.p]) || chosen[g] == (kept[g + k * n_groups] > 0));
    for (size_t j = 0; j < data.p; j++) {
      double e = expected[j + k * data.p];
      good = good && (isnan(e) ? status != LOGIT_CONVERGED && isnan(b[j])
                               : fabs(b[j] - e) <= 1e-9 * fabs(e));
    }
  }
  ok(same, "screening and selection in every resample, as a loop in R");
  ok(good, "coefficients of the chosen, 0 for the others");
  refit_release(workspace);
  free(weight);
}

// Two candidates, their product, and noise.
static struct case_data interaction_case(size_t n)
{
  struct case_data c = case_new(n, 5);
  uint64_t state = 15;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 1; j < 5; j++)
      c.x[i + j * n] = random_normal(&state);
    c.x[i + 3 * n] = c.x[i + n] * c.x[i + 2 * n];
    double eta = 1.2 * c.x[i + n] + 1.1 * c.x[i + 2 * n];
    c.y[i] = random_unit(&state) < logit_inverse(eta);
  }
  return c;
}

static void screening_check(void)
{
  enum { N = 120 };
  struct case_data c = interaction_case(N);
  const struct column_group group[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}};
  bool needs[16] = {false}, chosen[4];
  needs[2 * 4 + 0] = needs[2 * 4 + 1] = true;
  double weight[N], b[5], zero[5] = {0};
  for (size_t i = 0; i < N; i++)
    weight[i] = 1;
  struct refit_problem problem = problem_of(&c.data, zero);
  problem.selects = true;
  problem.group = group;
  problem.n_groups = 4;
  problem.needs = needs;
  problem.selection = nothing;
  problem.selection.screen_p = 0.01;
  struct refit_workspace *workspace = refit_prepare(&problem);
  ok(refit(&problem, weight, workspace, b) == LOGIT_CONVERGED, "screening");
  refit_chosen(workspace, chosen);
  ok(chosen[0] && chosen[1] && chosen[2] && !chosen[3] && b[4] == 0 && b[3] != 0,
     "an interaction enters with what it needs, noise does not");
  struct logit_data three = c.data;
  three.p = 4;
  ok(difference_from_fit(&three, LOGIT_CONVERGED, b) < 1e-11, "coefficients of those that pass");

  // Nothing passes.
  problem.selection.screen_p = 1e-200;
  ok(refit(&problem, weight, workspace, b) == LOGIT_CONVERGED, "no candidate left is an answer");
  refit_chosen(workspace, chosen);
  double events = 0;
  for (size_t i = 0; i < N; i++)
    events += c.y[i];
  ok(!chosen[0] && !chosen[1] && !chosen[2] && !chosen[3] && b[1] == 0 && b[4] == 0,
     "none is chosen, the interaction with them");
  is_close(b[0], log(events / (N - events)), 1e-12, "the intercept alone");

  // With Firth's penalty: the likelihood ratio of logit.h.
  struct logit_options firth = {.firth = true};
  double alone[2 * N];
  size_t column = 1;
  for (size_t g = 0; g < 2; g++) {
    struct logit_data single = c.data;
    memcpy(alone, c.x, N * sizeof *alone);
    memcpy(alone + N, c.x + (1 + g) * N, N * sizeof *alone);
    single.x = alone;
    single.p = 2;
    struct logit_fit fit;
    logit_fit(&single, &firth, &fit);
    double p = logit_likelihood_ratio_test(&single, &firth, &fit, &column, 1).p_value;
    logit_fit_free(&fit);
    problem.firth = true;
    problem.selection.fit = firth;
    problem.selection.screen_p = p * (1 + 1e-9);
    refit(&problem, weight, workspace, b);
    refit_chosen(workspace, chosen);
    bool above = chosen[g];
    problem.selection.screen_p = p * (1 - 1e-9);
    refit(&problem, weight, workspace, b);
    refit_chosen(workspace, chosen);
    ok(above && !chosen[g], "under Firth's penalty the likelihood ratio screens");
  }
  problem.firth = false;
  problem.selection.fit = (struct logit_options){0};
  problem.selection.screen_p = 0.01;

  // A candidate that separates on its own stops the process, a vanished one too.
  for (size_t i = 0; i < N; i++)
    c.x[i + 4 * N] = c.y[i] > 0 ? 1 + c.x[i + 4 * N] * c.x[i + 4 * N] : -1;
  ok(refit(&problem, weight, workspace, b) == LOGIT_SEPARATED && isnan(b[0]) && isnan(b[4]),
     "a separated candidate");
  for (size_t i = 0; i < N; i++)
    c.x[i + 4 * N] = i % 40 == 0;
  for (size_t i = 0; i < N; i++)
    weight[i] = i % 40 != 0;
  ok(refit(&problem, weight, workspace, b) == LOGIT_RANK_DEFICIENT && isnan(b[4]),
     "a vanished level among the candidates");
  problem.selection.screen_p = NAN;
  ok(refit(&problem, weight, workspace, b) == LOGIT_RANK_DEFICIENT, "without screening, too");
  refit_release(workspace);
  case_free(&c);
}

// Weights and copies of rows choose alike, with every part of the process.
static void weighted_selection_check(void)
{
  enum { N = 90, P = 7 };
  struct case_data c = simulate(N, P, 0.8, 3), rows = case_new(N, P);
  const struct column_group group[] = {{0, 1}, {1, 2}, {3, 1}, {4, 1}, {5, 1}};
  for (size_t i = 0; i < N; i++) // nearly the first
    c.x[i + 4 * N] = c.x[i + N] + 0.1 * c.x[i + 4 * N];
  double weight[N], ones[N], b[P], other[P], zero[P] = {0};
  struct bootstrap_plan plan = {.seed = 2, .n = N};
  for (size_t i = 0; i < N; i++)
    ones[i] = 1;
  bool same = true, dropped = false;
  for (size_t k = 1; k <= 20; k++) {
    size_t to = 0;
    bool chosen[2][5];
    bootstrap_weights(&plan, k, weight);
    for (size_t i = 0; i < N; i++)
      for (double copy = 0; copy < weight[i]; copy++, to++) {
        rows.y[to] = c.y[i];
        for (size_t j = 0; j < P; j++)
          rows.x[to + j * N] = c.x[i + j * N];
      }
    struct refit_problem problem = problem_of(&c.data, zero);
    problem.selects = true;
    problem.group = group;
    problem.n_groups = 5;
    problem.selection = (struct selection_options){.screen_p = 0.5,
                                                   .vif_cut = 5,
                                                   .direction = SELECTION_BACKWARD,
                                                   .criterion = SELECTION_BY_AIC,
                                                   .p = 0.1};
    struct refit_problem copied = problem;
    copied.x = rows.x;
    copied.y = rows.y;
    struct refit_workspace *workspace = refit_prepare(&problem), *of_rows = refit_prepare(&copied);
    enum logit_status status = refit(&problem, weight, workspace, b);
    same = same && refit(&copied, ones, of_rows, other) == status;
    refit_chosen(workspace, chosen[0]);
    refit_chosen(of_rows, chosen[1]);
    for (size_t g = 0; status == LOGIT_CONVERGED && g < 5; g++)
      same = same && chosen[0][g] == chosen[1][g];
    dropped = dropped || (chosen[0][0] && !chosen[0][2]);
    for (size_t j = 0; status == LOGIT_CONVERGED && j < P; j++)
      same = same && fabs(b[j] - other[j]) <= 1e-9 * (1 + fabs(b[j]));
    refit_release(workspace);
    refit_release(of_rows);
  }
  ok(same, "screening, dropping and AIC: weights are copies of rows");
  ok(dropped, "dropping happens");
  case_free(&c);
  case_free(&rows);
}

int main(void)
{
  struct reference *r = reference_open("validation.tsv");
  r_check(r, "asah");
  r_check(r, "wisconsin");
  fits_check(138, 7, 0.6, 150);
  fits_check(700, 12, 0.4, 30); // several blocks
  fits_check(60, 3, 0.5, 200);
  fits_check(360000, 2, 1, 1); // more than are kept gathered
  fits_check(12, 2, 0.5, 300);
  invariance_check();
  odd_designs_check();
  separation_check();
  near_separation_check();
  statuses_check();
  firth_check();
  r_selection_check(r);
  screening_check();
  weighted_selection_check();
  reference_close(r);
  return tap_done();
}
