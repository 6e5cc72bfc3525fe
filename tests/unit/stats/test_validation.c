// SPDX-License-Identifier: GPL-3.0-or-later
// Internal validation: plain loops over glm and pROC and rms::validate in R on their resamples,
// identities, folds, intervals against the obvious slow version, replicates without an answer.
#include <config.h>

#include "stats/validation.h"

#include <stdlib.h>

#include "logit_cases.h"
#include "stats/logit_statistics.h"
#include "stats/rng.h"

enum { AUC, BRIER, SLOPE, INTERCEPT, R2, D, U, Q, G, GP, N_METRICS };

struct rows {
  const double *y;
  size_t n;
};

static double weight_of(const double *weight, size_t i)
{
  return weight ? weight[i] : 1;
}

// Pair by pair.
static double pair_area(const double *eta, const double *y, const double *weight, size_t n)
{
  double good = 0, all = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; y[i] > 0 && weight_of(weight, i) > 0 && j < n; j++) {
      double w = y[j] > 0 ? 0 : weight_of(weight, i) * weight_of(weight, j);
      good += w * ((eta[i] > eta[j]) + (eta[i] == eta[j]) / 2.0);
      all += w;
    }
  return all > 0 ? good / all : NAN;
}

static void measure_one(const double *eta, const double *y, const double *weight, size_t n,
                        double *value)
{
  double total = 0, squares = 0, likelihood = 0;
  double *x = malloc((2 * n + 1) * sizeof *x);
  for (size_t i = 0; i < n; i++) {
    double w = weight_of(weight, i), p = logit_inverse(eta[i]);
    total += w;
    squares += w * (p - y[i]) * (p - y[i]);
    likelihood += w > 0 ? w * log(y[i] > 0 ? p : logit_inverse(-eta[i])) : 0;
    x[i] = 1;
    x[n + i] = eta[i];
  }
  for (size_t m = 0; m < N_METRICS; m++)
    value[m] = NAN;
  value[AUC] = pair_area(eta, y, weight, n);
  value[BRIER] = squares / total;
  struct logit_data data = {.n = n, .p = 2, .x = x, .y = y, .weight = weight};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  if (fit.status == LOGIT_CONVERGED) {
    double l0 = fit.null_log_likelihood, lr = fit.log_likelihood;
    value[INTERCEPT] = fit.coefficient[0];
    value[SLOPE] = fit.coefficient[1];
    value[R2] = (1 - exp(2 * (l0 - lr) / total)) / (1 - exp(2 * l0 / total));
    value[D] = (2 * (lr - l0) - 1) / total;
    value[U] = (2 * (lr - likelihood) - 2) / total;
    value[Q] = value[D] - value[U];
    for (size_t i = 0; i < n; i++)
      x[i] = value[INTERCEPT] + value[SLOPE] * eta[i];
    value[G] = gini_mean_difference(x, weight, n);
    for (size_t i = 0; i < n; i++)
      x[i] = logit_inverse(x[i]);
    value[GP] = gini_mean_difference(x, weight, n);
  }
  logit_fit_free(&fit);
  free(x);
}

static void measure_all(const double *eta, const double *weight_training, const double *weight_test,
                        double *training, double *test, void *scratch)
{
  const struct rows *rows = scratch;
  measure_one(eta, rows->y, weight_training, rows->n, training);
  measure_one(eta, rows->y, weight_test, rows->n, test);
}

// AUC and Brier score alone.
static void measure_two(const double *eta, const double *weight_training, const double *weight_test,
                        double *training, double *test, void *scratch)
{
  const struct rows *rows = scratch;
  for (int side = 0; side < 2; side++) {
    const double *weight = side ? weight_test : weight_training;
    double *value = side ? test : training, squares = 0, total = 0;
    for (size_t i = 0; i < rows->n; i++) {
      double miss = logit_inverse(eta[i]) - rows->y[i], w = weight_of(weight, i);
      squares += w * miss * miss;
      total += w;
    }
    value[AUC] = pair_area(eta, rows->y, weight, rows->n);
    value[BRIER] = squares / total;
  }
}

// ---- R ----

static const double *value_of(const struct reference *r, const char *example, const char *what,
                              size_t *n)
{
  char key[120];
  snprintf(key, sizeof key, "%s.%s", example, what);
  return reference_values(r, key, n);
}

// A cohort in a reference file, its model and the resamples.
struct example {
  struct refit_problem problem;
  struct logit_fit fit;
  struct rows rows;
  double *eta; // of the model on all rows
  uint32_t *drawn;
  size_t n_replicates;
  struct validation_plan plan;
};

static void example_read(const struct reference *r, const char *name, const char *rows,
                         struct example *e)
{
  size_t n_x, n_drawn, n = (size_t) *value_of(r, name, "n", NULL);
  const double *x = value_of(r, name, "x", &n_x), *y = value_of(r, name, "y", NULL);
  const double *drawn = reference_values(r, rows, &n_drawn);
  struct logit_data data = {.n = n, .p = n_x / n, .x = x, .y = y};
  *e = (struct example){.rows = {y, n}, .n_replicates = n_drawn / n};
  logit_fit(&data, NULL, &e->fit);
  e->problem = (struct refit_problem){
      .n = n, .p = data.p, .x = x, .y = y, .coefficient = e->fit.coefficient};
  e->eta = calloc(n, sizeof *e->eta);
  logit_linear_predictor(&data, e->fit.coefficient, e->eta);
  e->drawn = calloc(n_drawn, sizeof *e->drawn);
  for (size_t i = 0; i < n_drawn; i++)
    e->drawn[i] = (uint32_t) drawn[i] - 1;
  e->plan = (struct validation_plan){
      .resample = {.n = n, .first = 1, .last = e->n_replicates, .given = e->drawn},
      .n_statistics = N_METRICS,
      .measure = measure_all,
      .context = &e->rows};
}

static void example_free(struct example *e)
{
  logit_fit_free(&e->fit);
  free(e->eta);
  free(e->drawn);
}

static bool all_near(const double *got, size_t stride, const double *expected, size_t n,
                     double tolerance)
{
  bool good = true;
  for (size_t i = 0; i < n; i++) {
    double scale = fmax(fabs(expected[i]), 1);
    if (!(fabs(got[i * stride] - expected[i]) <= tolerance * scale)) {
      printf("#   %zu: got %.17g, expected %.17g\n", i, got[i * stride], expected[i]);
      good = false;
    }
  }
  return good;
}

static const char *const r_names[] = {"auc", "brier", "slope", "intercept"};

static void check_r_metric(const struct reference *r, const char *name, const struct example *e,
                           size_t m, const struct validation_result *result, double apparent)
{
  char key[60];
  size_t n;
  snprintf(key, sizeof key, "%s.training", r_names[m]);
  const double *expected = value_of(r, name, key, &n);
  ok(n == e->n_replicates && all_near(result->training + m, N_METRICS, expected, n, 1e-9),
     "%s: training %s", name, r_names[m]);
  snprintf(key, sizeof key, "%s.test", r_names[m]);
  expected = value_of(r, name, key, &n);
  ok(all_near(result->test + m, N_METRICS, expected, n, 1e-9), "%s: test %s", name, r_names[m]);
  snprintf(key, sizeof key, "%s.summary", r_names[m]);
  expected = value_of(r, name, key, NULL);
  struct validation_summary s = validation_optimism(result, N_METRICS, m, apparent);
  double got[] = {apparent, s.training, s.test, s.optimism, s.corrected};
  ok(s.n == e->n_replicates && all_near(got, 1, expected, 5, 1e-9), "%s: summary of %s", name,
     r_names[m]);
  double limit[2];
  validation_shifted_interval(result, N_METRICS, m, apparent, s.corrected, 0.95, &limit[0],
                              &limit[1]);
  if (m <= BRIER) {
    snprintf(key, sizeof key, "%s.shifted", r_names[m]);
    ok(all_near(limit, 1, value_of(r, name, key, NULL), 2, 1e-9), "%s: shifted interval of %s",
       name, r_names[m]);
  } else {
    ok(isnan(limit[0]) && isnan(limit[1]), "%s: no shifted interval of a constant, %s", name,
       r_names[m]);
  }
}

static void check_left_out(const struct reference *r, const char *name, struct example *e)
{
  double none[] = {0.5, NAN}, *risk = calloc(e->rows.n, sizeof *risk);
  for (size_t i = 0; i < e->rows.n; i++)
    risk[i] = logit_inverse(e->eta[i]);
  none[BRIER] = no_information_brier(risk, e->rows.y, e->rows.n);
  double apparent[N_METRICS];
  measure_one(e->eta, e->rows.y, NULL, e->rows.n, apparent);
  struct validation_plan plan = e->plan;
  plan.scheme = VALIDATION_OUT_OF_BAG;
  struct validation_result result;
  validation_run(&plan, &e->problem, NULL, &result);
  for (size_t m = AUC; m <= BRIER; m++) {
    char key[60];
    size_t n;
    snprintf(key, sizeof key, "%s.left_out", r_names[m]);
    const double *expected = value_of(r, name, key, &n);
    ok(all_near(result.test + m, N_METRICS, expected, n, 1e-9), "%s: %s of rows left out", name,
       r_names[m]);
    double test = validation_optimism(&result, N_METRICS, m, apparent[m]).test, overfitting;
    double plus = validation_632_plus(apparent[m], test, none[m], &overfitting);
    double got[] = {apparent[m], test, none[m], validation_632(apparent[m], test),
                    overfitting, plus};
    snprintf(key, sizeof key, "%s.632", r_names[m]);
    ok(all_near(got, 1, value_of(r, name, key, NULL), 6, 1e-9), "%s: .632 and .632+ of %s", name,
       r_names[m]);
  }
  validation_result_free(&result);
  free(risk);
}

static void r_check(const struct reference *r, const char *name)
{
  char rows[60];
  snprintf(rows, sizeof rows, "%s.rows", name);
  struct example e;
  example_read(r, name, rows, &e);
  struct validation_result result;
  validation_run(&e.plan, &e.problem, NULL, &result);
  is_integer((long long) result.n_failed, 0, "every replicate converges, as in R");
  double apparent[N_METRICS];
  measure_one(e.eta, e.rows.y, NULL, e.rows.n, apparent);
  for (size_t m = 0; m <= INTERCEPT; m++)
    check_r_metric(r, name, &e, m, &result, apparent[m]);
  validation_result_free(&result);
  check_left_out(r, name, &e);
  example_free(&e);
}

static void rms_check(const struct reference *r)
{
  static const struct {
    size_t metric;
    const char *name;
  } rows[] = {{AUC, "Dxy"}, {BRIER, "B"}, {SLOPE, "Slope"}, {INTERCEPT, "Intercept"},
              {R2, "R2"},   {D, "D"},     {U, "U"},         {Q, "Q"},
              {G, "g"},     {GP, "gp"}};
  struct example e;
  example_read(r, "asah", "rms.rows", &e);
  struct validation_result result;
  validation_run(&e.plan, &e.problem, NULL, &result);
  double apparent[N_METRICS];
  measure_one(e.eta, e.rows.y, NULL, e.rows.n, apparent);
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    size_t m = rows[k].metric;
    struct validation_summary s = validation_optimism(&result, N_METRICS, m, apparent[m]);
    double got[] = {apparent[m], s.training, s.test, s.optimism, s.corrected};
    for (size_t i = 0; m == AUC && i < 5; i++)
      got[i] = 2 * (got[i] - (i == 3 ? 0 : 0.5)); // Dxy of an AUC, or of a difference
    // lrm.fit stops at a relative change of the deviance of 0.025 and is that far from the
    // maximum.
    ok(all_near(got, 1, value_of(r, "rms", rows[k].name, NULL), 5, 1e-4), "rms::validate: %s",
       rows[k].name);
  }
  validation_result_free(&result);
  example_free(&e);
}

// ---- simulated cohorts ----

// Two numbers that matter a little and noise; `strength` of the first.
static struct case_data simulate(size_t n, size_t p, double strength, uint64_t seed)
{
  struct case_data c = case_new(n, p);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 1; j < p; j++)
      c.x[i + j * n] = random_normal(&seed);
    double eta = p > 1 ? strength * c.x[i + n] : 0;
    c.y[i] = random_unit(&seed) < logit_inverse(eta);
  }
  return c;
}

static bool same_bits(const double *a, const double *b, size_t n)
{
  return memcmp(a, b, n * sizeof *a) == 0;
}

static void threads_and_ranges_check(enum validation_scheme scheme, const char *name)
{
  enum { LAST = 40 };
  struct case_data c = simulate(90, 4, 1, 3);
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = {
      .n = c.data.n, .p = c.data.p, .x = c.x, .y = c.y, .coefficient = fit.coefficient};
  struct rows rows = {c.y, c.data.n};
  struct validation_plan plan = {.scheme = scheme,
                                 .resample = {.seed = 8, .n = c.data.n, .first = 1, .last = LAST},
                                 .n_folds = 8,
                                 .n_repeats = 5,
                                 .fold_group = c.y,
                                 .n_statistics = 2,
                                 .measure = measure_two,
                                 .context = &rows,
                                 .keep_predictors = true};
  struct validation_result whole, part;
  plan.resample.n_threads = 1;
  validation_run(&plan, &problem, NULL, &whole);
  ok(whole.n_replicates == LAST && whole.first == 1, "%s: number of replicates", name);
  for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
    plan.resample.n_threads = n_threads;
    validation_run(&plan, &problem, NULL, &part);
    ok(same_bits(whole.training, part.training, 2 * LAST) &&
           same_bits(whole.test, part.test, 2 * LAST) &&
           same_bits(whole.eta, part.eta, LAST * c.data.n),
       "%s: the same bits with %d threads", name, n_threads);
    validation_result_free(&part);
  }
  bool same = true;
  size_t cut[] = {1, 2, 20, LAST + 1};
  for (size_t k = 0; k < 3; k++) {
    plan.resample.first = cut[k];
    plan.resample.last = cut[k + 1] - 1;
    validation_run(&plan, &problem, NULL, &part);
    size_t from = 2 * (cut[k] - 1), n = 2 * part.n_replicates;
    same = same && part.first == cut[k] && part.n_replicates == cut[k + 1] - cut[k] &&
           same_bits(whole.training + from, part.training, n) &&
           same_bits(whole.test + from, part.test, n);
    validation_result_free(&part);
  }
  ok(same, "%s: ranges joined are the whole, bit for bit", name);
  plan.resample.first = 5;
  plan.resample.last = 4;
  validation_run(&plan, &problem, NULL, &part);
  ok(part.n_replicates == 0 && isnan(validation_optimism(&part, 2, 0, 0.7).corrected),
     "%s: no replicate, no answer", name);
  validation_result_free(&part);
  // The kept predictors are those of a plain fit.
  double weight[90];
  if (scheme == VALIDATION_BOOTSTRAP) {
    bootstrap_weights(&plan.resample, 7, weight);
    c.data.weight = weight;
    struct logit_fit again;
    double eta[90];
    logit_fit(&c.data, NULL, &again);
    logit_linear_predictor(&c.data, again.coefficient, eta);
    ok(all_near(whole.eta + 6 * c.data.n, 1, eta, c.data.n, 1e-10), "%s: kept predictors", name);
    logit_fit_free(&again);
  }
  validation_result_free(&whole);
  logit_fit_free(&fit);
  case_free(&c);
}

// A given marker has no optimism but noise; sums of the identity.
static void marker_check(void)
{
  struct case_data c = simulate(80, 2, 0.8, 12);
  struct rows rows = {c.y, c.data.n};
  struct validation_plan plan = {.resample = {.seed = 4, .n = c.data.n, .first = 1, .last = 1500},
                                 .n_statistics = 2,
                                 .measure = measure_two,
                                 .context = &rows};
  struct validation_result result;
  validation_run(&plan, NULL, c.x + c.data.n, &result);
  double apparent = pair_area(c.x + c.data.n, c.y, NULL, c.data.n), squares = 0;
  struct validation_summary s = validation_optimism(&result, 2, AUC, apparent);
  for (size_t i = 0; i < result.n_replicates; i++)
    squares += pow(result.training[2 * i] - s.training, 2);
  double error = sqrt(squares) / (double) result.n_replicates;
  ok(s.n == 1500 && result.n_failed == 0, "a given marker: every replicate counts");
  ok(fabs(s.optimism) < 4 * error, "a given marker has no optimism (%g, standard error %g)",
     s.optimism, error);
  is_near(s.corrected, apparent - s.optimism, 0, "corrected = apparent - optimism");
  is_near(s.optimism, s.training - s.test, 0, "optimism = training - test");
  is_close(s.test, apparent, 1e-14, "a given marker: test is apparent, each time");
  validation_result_free(&result);
  case_free(&c);
}

// ---- folds ----

static void folds_check(void)
{
  enum { N = 103, FOLDS = 7 };
  double group[N];
  uint64_t state = 1;
  for (size_t i = 0; i < N; i++)
    group[i] = floor(3 * pow(random_unit(&state), 2));
  bool balanced = true, whole = true, differs = true;
  size_t fold[N], again[N], met[N][FOLDS + 1];
  memset(met, 0, sizeof met);
  enum { REPEATS = 700 };
  for (size_t repeat = 1; repeat <= REPEATS; repeat++) {
    size_t count[4][FOLDS + 1] = {{0}};
    validation_folds(group, N, FOLDS, 5, repeat, fold);
    for (size_t i = 0; i < N; i++) {
      whole = whole && fold[i] >= 1 && fold[i] <= FOLDS;
      count[(size_t) group[i]][fold[i]]++;
      count[3][fold[i]]++;
      met[i][fold[i]]++;
    }
    for (size_t g = 0; g < 4; g++)
      for (size_t f = 1; f < FOLDS; f++)
        balanced = balanced && llabs((long long) count[g][f] - (long long) count[g][f + 1]) <= 1;
    validation_folds(group, N, FOLDS, 5, repeat + 1, again);
    differs = differs && memcmp(fold, again, sizeof fold) != 0;
  }
  ok(whole, "folds are 1 to their number");
  ok(balanced, "folds of a group, and all folds, differ by one row at most");
  ok(differs, "the next repeat differs");
  double largest = 0, expected = (double) REPEATS / FOLDS;
  for (size_t i = 0; i < N; i++)
    for (size_t f = 1; f <= FOLDS; f++)
      largest = fmax(largest, fabs((double) met[i][f] - expected));
  ok(largest < 5 * sqrt(expected), "a row meets every fold as often (off by %g at most)", largest);
  validation_folds(group, N, FOLDS, 5, REPEATS, again);
  ok(memcmp(fold, again, sizeof fold) == 0, "the same folds again");
  validation_folds(group, N, FOLDS, 6, REPEATS, again);
  ok(memcmp(fold, again, sizeof fold) != 0, "another seed differs");
  size_t size[FOLDS + 1] = {0};
  validation_folds(NULL, N, FOLDS, 5, 1, fold);
  for (size_t i = 0; i < N; i++)
    size[fold[i]]++;
  ok(size[1] == 15 && size[5] == 15 && size[6] == 14 && size[7] == 14, "folds without groups");
  validation_folds(NULL, 5, 5, 1, 1, fold);
  unsigned met_once = 0;
  for (size_t i = 0; i < 5; i++)
    met_once |= 1U << fold[i];
  ok(met_once == 0x3e, "as many folds as rows: each row once");
  validation_folds(NULL, 0, 5, 1, 1, fold);
}

// Each row is tested once a repeat, by the model of the other folds.
static void cross_validation_check(void)
{
  struct case_data c = simulate(60, 3, 1, 44);
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = {
      .n = c.data.n, .p = 3, .x = c.x, .y = c.y, .coefficient = fit.coefficient};
  struct rows rows = {c.y, c.data.n};
  struct validation_plan plan = {.scheme = VALIDATION_FOLDS,
                                 .resample = {.seed = 3, .n = 60, .first = 1, .last = 1000},
                                 .n_folds = 6,
                                 .n_repeats = 2,
                                 .fold_group = c.y,
                                 .n_statistics = 2,
                                 .measure = measure_two,
                                 .context = &rows};
  struct validation_result result;
  validation_run(&plan, &problem, NULL, &result);
  is_integer((long long) result.n_replicates, 12, "replicates are cut at folds times repeats");
  size_t fold[60];
  bool good = true;
  for (size_t b = 1; b <= 12; b++) {
    double training[60], test[60], eta[60], value[4];
    validation_folds(c.y, 60, 6, 3, (b - 1) / 6 + 1, fold);
    for (size_t i = 0; i < 60; i++) {
      test[i] = fold[i] == (b - 1) % 6 + 1;
      training[i] = 1 - test[i];
    }
    struct logit_data data = c.data;
    struct logit_fit again;
    data.weight = training;
    logit_fit(&data, NULL, &again);
    logit_linear_predictor(&data, again.coefficient, eta);
    measure_two(eta, training, test, value, value + 2, &rows);
    good = good && all_near(result.training + 2 * (b - 1), 1, value, 2, 1e-11) &&
           all_near(result.test + 2 * (b - 1), 1, value + 2, 2, 1e-11);
    logit_fit_free(&again);
  }
  ok(good, "cross-validation is a fit on the other folds, tested on the fold");
  validation_result_free(&result);
  logit_fit_free(&fit);
  case_free(&c);
}

// ---- a process of its own ----

// A refit as a process of two sets, the second of which is shifted: by `shift` on the data that the
// model is made on, by twice that on those that it is tested on.
struct shifted {
  const struct refit_problem *problem;
  double shift;
};

static enum logit_status run_shifted(const void *context, size_t b, const double *weight,
                                     double *training, double *test, bool *chosen)
{
  const struct shifted *shifted = context;
  const struct refit_problem *problem = shifted->problem;
  (void) chosen;
  if (b % 7 == 3)
    return LOGIT_SEPARATED;
  struct refit_workspace *workspace = refit_prepare(problem);
  double coefficient[3];
  enum logit_status status = refit(problem, weight, workspace, coefficient);
  struct logit_data data = {.n = problem->n, .p = problem->p, .x = problem->x};
  logit_linear_predictor(&data, coefficient, training);
  for (size_t i = 0; i < problem->n; i++) {
    test[i] = training[i];
    training[problem->n + i] = training[i] + shifted->shift;
    test[problem->n + i] = training[i] + 2 * shifted->shift;
  }
  refit_release(workspace);
  return status;
}

static void process_check(enum validation_scheme scheme)
{
  struct case_data c = simulate(60, 3, 1, 44);
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = {
      .n = c.data.n, .p = 3, .x = c.x, .y = c.y, .coefficient = fit.coefficient};
  struct rows rows = {c.y, c.data.n};
  struct validation_plan plan = {.scheme = scheme,
                                 .resample = {.seed = 3, .n = 60, .first = 1, .last = 20},
                                 .n_folds = 5,
                                 .n_repeats = 4,
                                 .n_statistics = 2,
                                 .measure = measure_two,
                                 .context = &rows,
                                 .keep_predictors = true,
                                 .keep_sets = true};
  struct validation_result plain, still, moved;
  validation_run(&plan, &problem, NULL, &plain);
  struct shifted context = {&problem, 0};
  struct validation_process process = {.n_sets = 2, .run = run_shifted, .context = &context};
  plan.process = &process;
  validation_run(&plan, NULL, NULL, &still);
  context.shift = 0.5;
  validation_run(&plan, NULL, NULL, &moved);
  bool same = true, left_out = true, means = true, predictors = true, sets = true;
  for (size_t b = 0; b < 20; b++) {
    if ((b + 1) % 7 == 3) {
      left_out = left_out && still.status[b] == LOGIT_SEPARATED && isnan(still.test[2 * b]) &&
                 isnan(still.eta[60 * b]) && isnan(still.set_eta[120 * b]) &&
                 isnan(still.set_eta[120 * b + 119]);
      continue;
    }
    same = same && all_near(still.training + 2 * b, 1, plain.training + 2 * b, 2, 1e-15) &&
           all_near(still.test + 2 * b, 1, plain.test + 2 * b, 2, 1e-15);
    // The Brier score is the mean of two, of which one is as it was.
    double training[2], test[2], unused[2], eta[60], weight[60], tested[60];
    bootstrap_weights(&plan.resample, b + 1, weight);
    for (size_t i = 0; i < 60; i++)
      tested[i] = weight[i] == 0;
    if (scheme != VALIDATION_FOLDS) {
      const double *other = scheme == VALIDATION_OUT_OF_BAG ? tested : NULL;
      for (size_t i = 0; i < 60; i++)
        eta[i] = plain.eta[60 * b + i] + 0.5;
      measure_two(eta, weight, other, training, unused, &rows);
      for (size_t i = 0; i < 60; i++)
        eta[i] = plain.eta[60 * b + i] + 1;
      measure_two(eta, weight, other, unused, test, &rows);
      means = means &&
              fabs(moved.training[2 * b + 1] - (plain.training[2 * b + 1] + training[1]) / 2) < 1e-14 &&
              fabs(moved.test[2 * b + 1] - (plain.test[2 * b + 1] + test[1]) / 2) < 1e-14;
    }
    predictors = predictors && fabs(moved.eta[60 * b + 5] - plain.eta[60 * b + 5] - 0.5) < 1e-13;
    for (size_t i = 0; i < 60; i++)
      sets = sets && moved.set_eta[120 * b + i] == plain.eta[60 * b + i] &&
             moved.set_eta[120 * b + 60 + i] == plain.eta[60 * b + i] + 1;
  }
  is_integer((long long) still.n_failed, 3, "a process that fails is counted");
  ok(left_out, "and has no values");
  ok(same, "two equal sets: the values of one refit");
  ok(means, "two sets: means of training and of test");
  ok(predictors, "and the mean linear predictor on test data");
  ok(sets && !plain.set_eta, "and that of every set");
  validation_result_free(&plain);
  validation_result_free(&still);
  validation_result_free(&moved);
  logit_fit_free(&fit);
  case_free(&c);
}

// ---- .632+ ----

static void plus_check(const struct reference *r)
{
  size_t n;
  const double *error = reference_values(r, "plus.errors", &n);
  const double *expected = reference_values(r, "plus.expected", NULL);
  for (size_t k = 0; k < n / 3; k++) {
    double overfitting;
    double got =
        validation_632_plus(error[3 * k], error[3 * k + 1], error[3 * k + 2], &overfitting);
    is_near(got, expected[2 * k], 1e-15, ".632+ of an error");
    is_near(overfitting, expected[2 * k + 1], 1e-15, "relative overfitting");
    if (error[3 * k] > error[3 * k + 2])
      continue;
    // A gain is one less the error.
    double gain = validation_632_plus(1 - error[3 * k], 1 - error[3 * k + 1], 1 - error[3 * k + 2],
                                      &overfitting);
    is_near(gain, 1 - got, 1e-15, ".632+ of a gain");
  }
  // Without truncation the weight is .632/(1 - .368 R).
  double apparent = 0.12, test = 0.2, none = 0.37, overfitting = 0.08 / 0.25;
  double w = 0.632 / (1 - 0.368 * overfitting);
  is_close(validation_632_plus(apparent, test, none, NULL), (1 - w) * apparent + w * test, 1e-15,
           ".632+ by its weight");
  ok(isnan(validation_632_plus(NAN, test, none, &overfitting)) && isnan(overfitting) &&
         isnan(validation_632_plus(apparent, NAN, none, NULL)) &&
         isnan(validation_632_plus(apparent, test, NAN, NULL)),
     ".632+ of nothing");

  enum { N = 41 };
  double risk[N], y[N], sum = 0;
  uint64_t state = 77;
  for (size_t i = 0; i < N; i++) {
    risk[i] = random_unit(&state);
    y[i] = random_unit(&state) < 0.3;
  }
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      sum += (risk[j] - y[i]) * (risk[j] - y[i]);
  is_close(no_information_brier(risk, y, N), sum / N / N, 1e-14, "all pairs one by one");
  is_close(no_information_brier(risk, y, 1), pow(risk[0] - y[0], 2), 1e-14, "one pair");
  ok(isnan(no_information_brier(risk, y, 0)), "no pair");
}

// ---- two stages ----

// By copies of rows.
static void slow_two_stage(const struct case_data *c, uint64_t seed, size_t n_outer, size_t n_inner,
                           double *corrected)
{
  size_t n = c->data.n;
  double outer[100], inner[100], eta[100], value[4];
  struct rows rows = {c->y, n};
  struct bootstrap_plan plan = {.seed = seed, .n = n};
  for (size_t b = 1; b <= n_outer; b++) {
    size_t drawn[100], n_drawn = 0;
    struct logit_data data = c->data;
    struct logit_fit fit;
    bootstrap_weights(&plan, b, outer);
    for (size_t i = 0; i < n; i++)
      for (size_t k = 0; k < (size_t) outer[i]; k++)
        drawn[n_drawn++] = i;
    data.weight = outer;
    logit_fit(&data, NULL, &fit);
    logit_linear_predictor(&data, fit.coefficient, eta);
    logit_fit_free(&fit);
    measure_two(eta, outer, outer, value, value + 2, &rows);
    double apparent[] = {value[0], value[1]}, optimism[] = {0, 0};
    for (size_t k = 1; k <= n_inner; k++) {
      struct philox_stream stream;
      philox_start(&stream, seed, RNG_BOOTSTRAP, b * UINT64_C(4294967296) + k);
      memset(inner, 0, sizeof inner);
      for (size_t i = 0; i < n; i++)
        inner[drawn[philox_below(&stream, n)]]++;
      data.weight = inner;
      logit_fit(&data, NULL, &fit);
      logit_linear_predictor(&data, fit.coefficient, eta);
      logit_fit_free(&fit);
      measure_two(eta, inner, outer, value, value + 2, &rows);
      optimism[0] += (value[0] - value[2]) / (double) n_inner;
      optimism[1] += (value[1] - value[3]) / (double) n_inner;
    }
    corrected[2 * (b - 1)] = apparent[0] - optimism[0];
    corrected[2 * (b - 1) + 1] = apparent[1] - optimism[1];
  }
}

static void two_stage_check(void)
{
  enum { OUTER = 25, INNER = 12 };
  struct case_data c = simulate(100, 3, 1, 6);
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = {
      .n = 100, .p = 3, .x = c.x, .y = c.y, .coefficient = fit.coefficient};
  struct rows rows = {c.y, 100};
  struct validation_plan plan = {.resample = {.seed = 31, .n = 100, .n_threads = 1},
                                 .n_statistics = 2,
                                 .measure = measure_two,
                                 .context = &rows};
  double corrected[2 * OUTER], low[2], high[2], l[2], h[2];
  slow_two_stage(&c, 31, OUTER, INNER, corrected);
  validation_two_stage_interval(&plan, &problem, OUTER, INNER, 0.9, low, high);
  for (size_t m = 0; m < 2; m++) {
    double expected_low, expected_high;
    bootstrap_percentiles(corrected + m, OUTER, 2, 0.9, &expected_low, &expected_high);
    is_close(low[m], expected_low, 1e-10, "two-stage lower limit");
    is_close(high[m], expected_high, 1e-10, "two-stage upper limit");
  }
  for (int n_threads = 2; n_threads <= 4; n_threads += 2) {
    plan.resample.n_threads = n_threads;
    validation_two_stage_interval(&plan, &problem, OUTER, INNER, 0.9, l, h);
    ok(same_bits(l, low, 2) && same_bits(h, high, 2), "two stages: the same bits with %d threads",
       n_threads);
  }
  logit_fit_free(&fit);
  case_free(&c);
}

// ---- replicates without an answer ----

static void failures_check(void)
{
  // The last column is a rare level, the one before nearly separates; 4 events of 24 rows.
  struct case_data c = case_new(24, 3);
  for (size_t i = 0; i < 24; i++) {
    c.y[i] = i % 6 == 0;
    c.x[i + 24] = (double) (i % 6 == 0 ? 10 + i : i) + (i == 6 ? -9 : 0);
    c.x[i + 48] = i == 3 || i == 12;
  }
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  struct refit_problem problem = {
      .n = 24, .p = 3, .x = c.x, .y = c.y, .coefficient = fit.coefficient};
  struct rows rows = {c.y, 24};
  struct validation_plan plan = {.resample = {.seed = 2, .n = 24, .first = 1, .last = 600},
                                 .n_statistics = 2,
                                 .measure = measure_two,
                                 .context = &rows,
                                 .keep_predictors = true};
  struct validation_result result;
  validation_run(&plan, &problem, NULL, &result);
  size_t count[5] = {0};
  bool agree = true, empty = true;
  for (size_t b = 1; b <= 600; b++) {
    double weight[24], events = 0, level = 0;
    bootstrap_weights(&plan.resample, b, weight);
    for (size_t i = 0; i < 24; i++) {
      events += weight[i] * c.y[i];
      level += weight[i] * c.x[i + 48];
    }
    enum logit_status status = (enum logit_status) result.status[b - 1];
    count[status]++;
    agree = agree && (status == LOGIT_ONE_OUTCOME) == (events == 0 || events == 24) &&
            (status == LOGIT_RANK_DEFICIENT) == (level == 0 && events > 0);
    if (status != LOGIT_CONVERGED)
      empty = empty && isnan(result.training[2 * (b - 1)]) && isnan(result.test[2 * b - 1]) &&
              isnan(result.eta[24 * (b - 1)]);
  }
  ok(agree, "one outcome and a vanished level are told");
  ok(empty, "failed replicates are NaN");
  ok(count[LOGIT_ONE_OUTCOME] > 0 && count[LOGIT_RANK_DEFICIENT] > 0 &&
         count[LOGIT_SEPARATED] > 0 && count[LOGIT_CONVERGED] > 0,
     "each kind occurs: %zu converged, %zu one outcome, %zu deficient, %zu separated",
     count[LOGIT_CONVERGED], count[LOGIT_ONE_OUTCOME], count[LOGIT_RANK_DEFICIENT],
     count[LOGIT_SEPARATED]);
  is_integer((long long) result.n_failed, 600 - (long long) count[LOGIT_CONVERGED],
             "failed replicates are counted");
  struct validation_summary s = validation_optimism(&result, 2, AUC, 0.9);
  is_integer((long long) s.n, (long long) count[LOGIT_CONVERGED], "the others are used");
  ok(isfinite(s.corrected), "and give an answer");
  validation_result_free(&result);
  logit_fit_free(&fit);
  case_free(&c);
}

int main(void)
{
  struct reference *r = reference_open("validation.tsv");
  r_check(r, "asah");
  r_check(r, "wisconsin");
  rms_check(r);
  plus_check(r);
  reference_close(r);
  threads_and_ranges_check(VALIDATION_BOOTSTRAP, "bootstrap");
  threads_and_ranges_check(VALIDATION_OUT_OF_BAG, "out of bag");
  threads_and_ranges_check(VALIDATION_FOLDS, "folds");
  marker_check();
  folds_check();
  cross_validation_check();
  process_check(VALIDATION_BOOTSTRAP);
  process_check(VALIDATION_OUT_OF_BAG);
  process_check(VALIDATION_FOLDS);
  two_stage_check();
  failures_check();
  return tap_done();
}
