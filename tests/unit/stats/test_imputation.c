// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/imputation.h"

#include <stdlib.h>

#include "reference.h"
#include "stats/distribution.h"
#include "stats/imputation_regression.h"
#include "stats/linear_algebra.h"
#include "stats/logit.h"
#include "stats/rng.h"
#include "stats/rubin.h"
#include "tap.h"

enum { MOST_ROWS = 500, MOST_VARIABLES = 40 };

// A cohort that a test fills in.
struct cohort {
  double column[MOST_VARIABLES][MOST_ROWS];
  struct imputation_variable variable[MOST_VARIABLES];
  struct imputation_problem problem;
  struct imputation_cells cells;
  double *value;
};

static void cohort_ready(struct cohort *cohort, size_t n, size_t n_variables,
                         const size_t *n_levels)
{
  for (size_t v = 0; v < n_variables; v++)
    cohort->variable[v] = (struct imputation_variable){cohort->column[v], n_levels[v]};
  cohort->problem = (struct imputation_problem){
      .n = n, .variable = cohort->variable, .n_variables = n_variables, .seed = 1};
  imputation_cells_find(&cohort->problem, &cohort->cells);
  cohort->value = calloc(cohort->cells.n_cells + 1, sizeof *cohort->value);
}

static void cohort_free(struct cohort *cohort)
{
  imputation_cells_free(&cohort->cells);
  free(cohort->value);
}

static enum imputation_status draw(struct cohort *cohort, const double *weight, uint64_t b,
                                   size_t m)
{
  size_t which;
  return imputation_draw(&cohort->problem, &cohort->cells, weight, b, m, cohort->value, NULL,
                         &which);
}

// Column v with what was drawn.
static void completed(const struct cohort *cohort, size_t v, double *column)
{
  memcpy(column, cohort->column[v], cohort->problem.n * sizeof *column);
  for (size_t c = 0; c < cohort->cells.n_cells; c++)
    if (cohort->cells.variable[c] == v)
      column[cohort->cells.row[c]] = cohort->value[c];
}

// Numbers, two and three levels around a common factor; 15% missing but in column 4.
enum { MIXED = 8 };
static const size_t mixed_levels[MIXED] = {0, 0, 0, 0, 2, 2, 2, 3};
static void mixed_fill(struct cohort *cohort, size_t n, uint64_t seed, size_t n_complete)
{
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, 1);
  for (size_t i = 0; i < n; i++) {
    double factor = philox_normal(&stream);
    for (size_t v = 0; v < MIXED; v++) {
      double z = 0.6 * factor + philox_normal(&stream);
      double level = mixed_levels[v] == 2 ? z > 0 : (z > -0.5) + (z > 0.5);
      cohort->column[v][i] = mixed_levels[v] == 0 ? 10 + z : level;
      if (philox_uniform(&stream) < 0.15 && v != 4 && i >= n_complete)
        cohort->column[v][i] = NAN;
    }
  }
}

// ---- what must hold exactly ----

static void cells_and_values(void)
{
  static struct cohort cohort;
  mixed_fill(&cohort, 138, 1, 0);
  cohort_ready(&cohort, 138, MIXED, mixed_levels);
  const struct imputation_cells *cells = &cohort.cells;
  bool missing = true, ordered = true;
  size_t count = 0;
  for (size_t v = 0; v < MIXED; v++)
    for (size_t i = 0; i < 138; i++)
      count += isnan(cohort.column[v][i]) ? 1 : 0;
  for (size_t c = 0; c < cells->n_cells; c++) {
    missing = missing && isnan(cohort.column[cells->variable[c]][cells->row[c]]);
    ordered = ordered
              && (c == 0 || cells->variable[c] > cells->variable[c - 1]
                  || (cells->variable[c] == cells->variable[c - 1]
                      && cells->row[c] > cells->row[c - 1]));
  }
  ok(count == cells->n_cells && missing && ordered, "cells: all that is missing, in order");
  double trace[10 * MIXED * 2];
  size_t which;
  ok(imputation_draw(&cohort.problem, cells, NULL, 0, 1, cohort.value, trace, &which)
         == IMPUTATION_DONE,
     "mixed cohort");
  bool seen = true;
  double sum[MIXED] = {0}, n[MIXED] = {0}, square[MIXED] = {0};
  for (size_t c = 0; c < cells->n_cells; c++) {
    size_t v = cells->variable[c], k = 0;
    while (k < 138 && cohort.column[v][k] != cohort.value[c])
      k++;
    seen = seen && k < 138;
    sum[v] += cohort.value[c];
    n[v]++;
  }
  ok(seen, "every imputed value was seen");
  for (size_t c = 0; c < cells->n_cells; c++)
    square[cells->variable[c]] +=
        pow(cohort.value[c] - sum[cells->variable[c]] / n[cells->variable[c]], 2);
  for (size_t v = 0; v < MIXED; v++) {
    is_close(trace[(9 * MIXED + v) * 2], v == 4 ? NAN : sum[v] / n[v], 1e-12, "trace: mean");
    is_close(trace[(9 * MIXED + v) * 2 + 1], v == 4 ? NAN : sqrt(square[v] / (n[v] - 1)), 1e-12,
             "trace: SD");
  }
  cohort_free(&cohort);
}

static void same_for_any_order(void)
{
  enum { M = 12 };
  static struct cohort cohort;
  mixed_fill(&cohort, 100, 2, 0);
  cohort_ready(&cohort, 100, MIXED, mixed_levels);
  size_t n = cohort.cells.n_cells;
  double *forward = malloc(M * n * sizeof *forward), *threads = malloc(M * n * sizeof *threads);
  for (size_t m = 0; m < M; m++)
    imputation_draw(&cohort.problem, &cohort.cells, NULL, m / 6, 1 + m % 6, forward + m * n, NULL,
                    NULL);
#pragma omp parallel for schedule(dynamic) num_threads(3)
  for (size_t k = 0; k < M; k++) {
    size_t m = M - 1 - k;
    imputation_draw(&cohort.problem, &cohort.cells, NULL, m / 6, 1 + m % 6, threads + m * n, NULL,
                    NULL);
  }
  ok(memcmp(forward, threads, M * n * sizeof *forward) == 0, "any order, any threads");
  bool differ = true;
  for (size_t m = 1; m < M; m++)
    for (size_t k = 0; k < m; k++)
      differ = differ && memcmp(forward + m * n, forward + k * n, n * sizeof *forward) != 0;
  ok(differ, "imputations and replicates differ");
  cohort.problem.seed = 2;
  draw(&cohort, NULL, 0, 1);
  ok(memcmp(forward, cohort.value, n * sizeof *forward) != 0, "another seed differs");
  free(forward);
  free(threads);
  cohort_free(&cohort);
}

// Rows 0..59 are complete; their weights, and the same rows repeated.
static void weights(void)
{
  static struct cohort cohort, rows;
  double weight[90], unit[500];
  mixed_fill(&cohort, 90, 3, 60);
  size_t n = 0, from[500];
  for (size_t i = 0; i < 90; i++) {
    weight[i] = i < 60 ? (double) (i * 7 % 4) : 1;
    for (int k = 0; k < weight[i]; k++) {
      for (size_t v = 0; v < MIXED; v++)
        rows.column[v][n] = cohort.column[v][i];
      unit[n] = 1;
      from[n++] = i;
    }
  }
  cohort_ready(&cohort, 90, MIXED, mixed_levels);
  cohort_ready(&rows, n, MIXED, mixed_levels);
  bool same = cohort.cells.n_cells == rows.cells.n_cells;
  for (size_t m = 1; m <= 10; m++) {
    draw(&cohort, weight, 0, m);
    draw(&rows, m % 2 ? unit : NULL, 0, m);
    same = same
           && memcmp(cohort.value, rows.value, rows.cells.n_cells * sizeof *rows.value) == 0;
    for (size_t c = 0; c < rows.cells.n_cells; c++)
      same = same && from[rows.cells.row[c]] == cohort.cells.row[c];
  }
  ok(same, "weights of complete rows are repeated rows");
  cohort_free(&rows);

  // A row of weight 0: imputed, but whatever it holds changes nothing elsewhere.
  for (size_t i = 60; i < 90; i++)
    weight[i] = i % 3 != 0;
  double *before = malloc(cohort.cells.n_cells * sizeof *before);
  bool done = draw(&cohort, weight, 0, 1) == IMPUTATION_DONE, unmoved = true, donor = false;
  memcpy(before, cohort.value, cohort.cells.n_cells * sizeof *before);
  for (size_t i = 0; i < 90; i++)
    for (size_t v = 0; v < 4 && weight[i] == 0; v++)
      cohort.column[v][i] += 1000 + (double) i;
  done = draw(&cohort, weight, 0, 1) == IMPUTATION_DONE && done;
  for (size_t c = 0; c < cohort.cells.n_cells; c++) {
    unmoved = unmoved && (weight[cohort.cells.row[c]] == 0 || before[c] == cohort.value[c]);
    donor = donor || cohort.value[c] > 900;
  }
  ok(done && unmoved, "rows of weight 0 have no part in the others");
  ok(!donor, "rows of weight 0 are no donors");
  free(before);
  cohort_free(&cohort);
}

// Huge offsets and other units of numbers change no choice of donors or levels.
static void units(void)
{
  static struct cohort cohort, other;
  mixed_fill(&cohort, 120, 4, 0);
  memcpy(other.column, cohort.column, sizeof other.column);
  // Offsets whose sums with multiples of 2^-20 are exact.
  for (size_t v = 0; v < 4; v++)
    for (size_t i = 0; i < 120; i++) {
      cohort.column[v][i] = rint(ldexp(cohort.column[v][i], 20)) * 0x1p-20;
      other.column[v][i] =
          v == 0 ? 1e9 + cohort.column[v][i] : v == 1 ? cohort.column[v][i] * 0x1p-40
                                             : v == 2 ? cohort.column[v][i] * 0x1p500
                                                      : -1e9 + cohort.column[v][i];
    }
  cohort_ready(&cohort, 120, MIXED, mixed_levels);
  cohort_ready(&other, 120, MIXED, mixed_levels);
  bool same = true;
  for (size_t m = 1; m <= 5; m++) {
    ok(draw(&cohort, NULL, 0, m) == IMPUTATION_DONE && draw(&other, NULL, 0, m) == IMPUTATION_DONE,
       "offsets and units");
    for (size_t c = 0; c < cohort.cells.n_cells; c++) {
      double value = other.value[c];
      size_t v = cohort.cells.variable[c];
      value = v == 0 ? value - 1e9 : v == 1 ? value * 0x1p40 : v == 2 ? value * 0x1p-500
              : v == 3 ? value + 1e9 : value;
      same = same && value == cohort.value[c];
    }
  }
  ok(same, "offsets of 1e9 and units of 2^-40 and 2^500 change no choice");
  cohort_free(&cohort);
  cohort_free(&other);
}

// ---- distributions ----

// Without other variables everything seen has equal chances (by weight), and levels theirs.
static void no_predictors(void)
{
  enum { N = 12, DRAWS = 4000 };
  static struct cohort cohort;
  const size_t numbers = 0, levels = 3;
  double weight[N], count[N] = {0}, total = 0;
  for (size_t i = 0; i < N; i++) {
    cohort.column[0][i] = i == 4 ? NAN : (double) i;
    weight[i] = i == 4 ? 1 : (double) (i % 3);
    total += i == 4 ? 0 : weight[i];
  }
  cohort_ready(&cohort, N, 1, &numbers);
  cohort.problem.n_iterations = 1;
  for (size_t m = 1; m <= DRAWS; m++) {
    draw(&cohort, weight, 0, m);
    count[(size_t) cohort.value[0]] += 1.0 / DRAWS;
  }
  for (size_t i = 0; i < N; i++) {
    double chance = i == 4 ? 0 : weight[i] / total;
    is_near(count[i], chance, 5 * sqrt(chance * (1 - chance) / DRAWS), "equal predictions");
  }
  cohort_free(&cohort);

  // The log odds of b ~ N(log(k1/k0), 1/k0 + 1/k1): the mean probability, by quadrature, of
  // level 1 of two (level 2 is never seen).
  for (size_t i = 0; i < N; i++)
    cohort.column[0][i] = i == 4 ? NAN : (double) (i < 3);
  cohort_ready(&cohort, N, 1, &levels);
  cohort.problem.n_iterations = 1;
  double expected = 0, ones = 0;
  for (int k = 0; k < 1000; k++)
    expected += logit_inverse(log(3.0 / 8) + sqrt(1.0 / 3 + 1.0 / 8)
                              * normal_quantile((k + 0.5) / 1000)) / 1000;
  bool seen = true;
  for (size_t m = 1; m <= DRAWS; m++) {
    draw(&cohort, NULL, 0, m);
    ones += cohort.value[0] == 1 ? 1.0 / DRAWS : 0;
    seen = seen && cohort.value[0] < 2;
  }
  is_near(ones, expected, 5 * sqrt(expected * (1 - expected) / DRAWS), "levels alone");
  ok(seen, "a level that was not seen is not imputed");
  cohort_free(&cohort);
}

// One number is missing: its target is estimate + s t with the residual degrees of freedom, and
// each target has its donors.
static void matched_distribution(void)
{
  enum { N = 60, DRAWS = 4000, GRID = 2000, SHARES = 5 };
  static struct cohort cohort;
  const size_t levels[2] = {0, 0};
  struct philox_stream stream;
  philox_start(&stream, 8, RNG_SIMULATE, 1);
  double x[N], y[N], design[2 * N], weight[N], expected[N] = {0};
  double count[N] = {0}, mean = 0, sd = 0, ymean = 0;
  size_t row[N];
  struct imputation_room room = imputation_room_new(N, 4, 2);
  struct donor_pool pool = donor_pool_new(N);
  for (size_t i = 0; i < N; i++) {
    x[i] = philox_normal(&stream);
    y[i] = 2 * x[i] + philox_normal(&stream);
    mean += x[i] / N;
    ymean += i > 0 ? y[i] / (N - 1) : 0;
  }
  for (size_t i = 0; i < N; i++)
    sd += pow(x[i] - mean, 2) / N;
  // Ridge regression of y on (1, x) in the units of the chain (x of all rows), row 0 missing.
  double a[4] = {0}, b[2] = {0}, rss = 0, variance, at[2];
  for (size_t i = 0; i < N; i++) {
    design[i] = 1;
    design[i + N] = (x[i] - mean) / sqrt(sd);
    for (size_t j = 0; j < 4 && i > 0; j++)
      a[j] += design[i + j / 2 * N] * design[i + j % 2 * N];
    b[0] += i > 0 ? y[i] - ymean : 0;
    b[1] += i > 0 ? design[i + N] * (y[i] - ymean) : 0;
  }
  a[3] *= 1 + 1e-5;
  cholesky_factor(a, 2, 0, NULL);
  cholesky_solve(a, 2, b, 1);
  for (size_t i = 1; i < N; i++) {
    room.fitted[i - 1] = b[0] + b[1] * design[i + N];
    weight[i - 1] = 1;
    row[i - 1] = i;
    rss += pow(y[i] - ymean - room.fitted[i - 1], 2);
  }
  at[0] = 1, at[1] = design[N];
  cholesky_solve(a, 2, at, 1);
  variance = (at[0] + at[1] * design[N]) * rss / (N - 3);
  struct imputation_sample sample = {.n = N - 1, .row = row, .weight = weight};
  donor_pool_fill(&sample, &room, &pool);
  for (int k = 0; k < GRID; k++) {
    double target = b[0] + b[1] * design[N]
                    + sqrt(variance) * t_quantile((k + 0.5) / GRID, N - 3);
    for (int j = 0; j < SHARES; j++)
      expected[1 + donor_choose(&pool, target, 5, (j + 0.5) / SHARES)] += 1.0 / (GRID * SHARES);
  }
  donor_pool_free(&pool);
  imputation_room_free(&room);
  memcpy(cohort.column[0], x, sizeof x);
  memcpy(cohort.column[1], y, sizeof y);
  cohort.column[1][0] = NAN;
  cohort_ready(&cohort, N, 2, levels);
  cohort.problem.n_iterations = 1;
  for (size_t m = 1; m <= DRAWS; m++) {
    draw(&cohort, NULL, 0, m);
    for (size_t i = 1; i < N; i++)
      count[i] += cohort.value[0] == y[i] ? 1.0 / DRAWS : 0;
  }
  double chi = 0, n_met = 0, rest = 1, rest_met = 1;
  for (size_t i = 1; i < N; i++)
    if (expected[i] * DRAWS >= 5) {
      chi += DRAWS * pow(count[i] - expected[i], 2) / expected[i];
      n_met++;
      rest -= expected[i];
      rest_met -= count[i];
    }
  ok(n_met >= 8 && rest < 0.02 && rest_met < 0.03, "%g donors have nearly all chances", n_met);
  ok(chi_square_upper(chi, n_met) > 1e-6, "donors as often as computed: chi-square %g", chi);
  cohort_free(&cohort);
}

// A level is missing in three rows: the mean probability by quadrature over the estimate.
static void level_distribution(void)
{
  enum { N = 70, DRAWS = 4000 };
  static struct cohort cohort;
  const size_t levels[2] = {0, 2};
  struct philox_stream stream;
  philox_start(&stream, 9, RNG_SIMULATE, 1);
  double mean = 0, sd = 0, x[2 * (N + 1)], y[N + 1], weight[N + 1], ones[3] = {0};
  for (size_t i = 0; i < N; i++) {
    cohort.column[0][i] = 30 + 4 * philox_normal(&stream);
    cohort.column[1][i] = philox_uniform(&stream) < logit_inverse(cohort.column[0][i] - 31);
    mean += cohort.column[0][i] / N;
  }
  for (size_t i = 0; i < N; i++)
    sd += pow(cohort.column[0][i] - mean, 2) / N;
  sd = sqrt(sd);
  size_t n = N - 3 + 4;
  for (size_t i = 0; i < n; i++) {
    bool own = i < N - 3;
    x[i] = 1;
    x[i + n] = own ? (cohort.column[0][i + 3] - mean) / sd : i % 2 ? 0.5 : -0.5;
    y[i] = own ? cohort.column[1][i + 3] : (double) (i / 2 % 2);
    weight[i] = own ? 1 : 0.5;
  }
  struct logit_data data = {.n = n, .p = 2, .x = x, .y = y, .weight = weight};
  struct logit_options options = {0};
  struct logit_fit fit;
  logit_fit(&data, &options, &fit);
  for (size_t i = 0; i < 3; i++)
    cohort.column[1][i] = NAN;
  cohort_ready(&cohort, N, 2, levels);
  cohort.problem.n_iterations = 1;
  for (size_t m = 1; m <= DRAWS; m++) {
    draw(&cohort, NULL, 0, m);
    for (size_t i = 0; i < 3; i++)
      ones[i] += cohort.value[i] / DRAWS;
  }
  for (size_t i = 0; i < 3; i++) {
    double z = (cohort.column[0][i] - mean) / sd, expected = 0;
    double eta = fit.coefficient[0] + fit.coefficient[1] * z;
    double se = sqrt(fit.covariance[0] + 2 * z * fit.covariance[1] + z * z * fit.covariance[3]);
    for (int k = 0; k < 1000; k++)
      expected += logit_inverse(eta + se * normal_quantile((k + 0.5) / 1000)) / 1000;
    is_near(ones[i], expected, 5 * sqrt(expected * (1 - expected) / DRAWS),
            "levels as often as computed");
  }
  logit_fit_free(&fit);
  cohort_free(&cohort);
}

// ---- what imputation is for ----

// Logistic regression of y (the last of the columns) on the numbers before it.
static bool fit_logit(double *const *column, size_t n, size_t p, const double *weight,
                      double *coefficient, double *variance)
{
  double *x = malloc(n * (p + 1) * sizeof *x);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= p; j++)
      x[i + j * n] = j == 0 ? 1 : isnan(column[j - 1][i]) ? 0 : column[j - 1][i];
  struct logit_data data = {.n = n, .p = p + 1, .x = x, .y = column[p], .weight = weight};
  struct logit_options options = {0};
  struct logit_fit fit;
  logit_fit(&data, &options, &fit);
  for (size_t j = 0; j <= p; j++) {
    coefficient[j] = fit.coefficient[j];
    if (variance)
      variance[j] = fit.covariance[j * (p + 2)];
  }
  bool good = fit.status == LOGIT_CONVERGED;
  logit_fit_free(&fit);
  free(x);
  return good;
}

// x1, x2 normal with means that depend on y: the imputation models are right, and y's model is
// logistic.  x1 is missing more often in events with large x2.
static void bias_is_removed(void)
{
  enum { N = 250, TRIALS = 30, M = 5 };
  static struct cohort cohort;
  const size_t levels[3] = {0, 0, 2};
  double sum[2][3] = {{0}}, square[2][3] = {{0}};
  for (uint64_t trial = 0; trial < TRIALS; trial++) {
    struct philox_stream stream;
    philox_start(&stream, 20, RNG_SIMULATE, trial);
    double full[3], complete[3], pooled[3] = {0}, weight[N], x1[N], x2[N];
    double *const original[3] = {cohort.column[0], cohort.column[1], cohort.column[2]};
    double *const drawn[3] = {x1, x2, cohort.column[2]};
    for (size_t i = 0; i < N; i++) {
      double y = philox_uniform(&stream) < 0.5, e = philox_normal(&stream);
      cohort.column[2][i] = y;
      cohort.column[0][i] = 0.8 * y + e;
      cohort.column[1][i] = 0.6 * y + 0.5 * e + philox_normal(&stream);
    }
    fit_logit(original, N, 2, NULL, full, NULL);
    for (size_t i = 0; i < N; i++) {
      double much = cohort.column[2][i] * (cohort.column[1][i] > 0.5);
      double lost = philox_uniform(&stream), lost2 = philox_uniform(&stream);
      weight[i] = 1;
      if (lost < 0.1 + 0.5 * much)
        cohort.column[0][i] = NAN, weight[i] = 0;
      else if (lost2 < 0.1)
        cohort.column[1][i] = NAN, weight[i] = 0;
    }
    fit_logit(original, N, 2, weight, complete, NULL);
    cohort_ready(&cohort, N, 3, levels);
    cohort.problem.n_iterations = 5;
    for (size_t m = 1; m <= M; m++) {
      double coefficient[3];
      draw(&cohort, NULL, 0, m);
      completed(&cohort, 0, x1);
      completed(&cohort, 1, x2);
      fit_logit(drawn, N, 2, NULL, coefficient, NULL);
      for (size_t j = 0; j < 3; j++)
        pooled[j] += coefficient[j] / M;
    }
    cohort_free(&cohort);
    for (size_t j = 0; j < 3; j++) {
      double difference[2] = {complete[j] - full[j], pooled[j] - full[j]};
      for (size_t k = 0; k < 2; k++) {
        sum[k][j] += difference[k] / TRIALS;
        square[k][j] += difference[k] * difference[k] / TRIALS;
      }
    }
  }
  for (size_t j = 0; j < 3; j++) {
    double error[2];
    for (size_t k = 0; k < 2; k++)
      error[k] = sqrt((square[k][j] - sum[k][j] * sum[k][j]) / (TRIALS - 1));
    printf("# coefficient %zu: complete cases off by %.3f (SE %.3f), imputed %.3f (%.3f)\n", j,
           sum[0][j], error[0], sum[1][j], error[1]);
    is_near(sum[1][j], 0, 4 * error[1], "imputed: no bias beyond 4 standard errors");
    if (j != 1)
      ok(fabs(sum[0][j]) > 10 * error[0] && fabs(sum[0][j]) > 5 * fabs(sum[1][j]),
         "complete cases are biased");
  }
}

// 95% intervals for the mean of a number that is missing where another is large.
static void coverage(void)
{
  enum { N = 50, TRIALS = 400, M = 10 };
  static struct cohort cohort;
  const size_t levels[2] = {0, 0};
  int covered = 0, biased = 0;
  for (uint64_t trial = 0; trial < TRIALS; trial++) {
    struct philox_stream stream;
    philox_start(&stream, 30, RNG_SIMULATE, trial);
    double estimate[M], variance[M], y[N], seen = 0, squares = 0, n_seen = 0;
    for (size_t i = 0; i < N; i++) {
      cohort.column[0][i] = philox_normal(&stream);
      y[i] = cohort.column[0][i] + philox_normal(&stream);
      bool lost = philox_uniform(&stream) < (cohort.column[0][i] > 0 ? 0.6 : 0.1);
      cohort.column[1][i] = lost ? NAN : y[i];
      seen += lost ? 0 : y[i];
      squares += lost ? 0 : y[i] * y[i];
      n_seen += !lost;
    }
    cohort_ready(&cohort, N, 2, levels);
    cohort.problem.n_iterations = 1;
    for (size_t m = 0; m < M; m++) {
      draw(&cohort, NULL, 0, m + 1);
      completed(&cohort, 1, y);
      estimate[m] = variance[m] = 0;
      for (size_t i = 0; i < N; i++)
        estimate[m] += y[i] / N;
      for (size_t i = 0; i < N; i++)
        variance[m] += pow(y[i] - estimate[m], 2) / (N * (N - 1));
    }
    cohort_free(&cohort);
    struct rubin_estimate pooled = rubin_pool(estimate, variance, M, 1, N - 1);
    covered += t_two_sided(pooled.estimate / pooled.std_error, pooled.df) > 0.05;
    double mean = seen / n_seen, error = sqrt((squares / n_seen - mean * mean) / (n_seen - 1));
    biased += t_two_sided(mean / error, n_seen - 1) > 0.05;
  }
  printf("# coverage %.3f, of complete cases %.3f\n", covered / (double) TRIALS,
         biased / (double) TRIALS);
  ok(covered > 0.91 * TRIALS && covered < 0.98 * TRIALS, "coverage of pooled intervals");
  ok(biased < 0.85 * TRIALS, "intervals of complete cases cover less");
}

static void mice_reference(const struct reference *r)
{
  enum { M = 200, P = 6, V = 6 };
  static struct cohort cohort;
  const size_t levels[V] = {0, 0, 0, 3, 2, 2};
  const char *const name[V] = {"age", "nodes", "log.pgr", "size", "grade", "event5"};
  size_t n = (size_t) reference_value(r, "rotterdam.n");
  for (size_t v = 0; v < V; v++) {
    char key[40];
    snprintf(key, sizeof key, "rotterdam.%s", name[v]);
    memcpy(cohort.column[v], reference_values(r, key, NULL), n * sizeof(double));
  }
  cohort_ready(&cohort, n, V, levels);
  static double coefficient[M * (P + 1)], variance[M * (P + 1)], data[P][MOST_ROWS];
  double *const column[P + 1] = {data[0], data[1], data[2], data[3],
                                 data[4], data[5], cohort.column[5]};
  bool converged = true;
  for (size_t m = 0; m < M; m++) {
    draw(&cohort, NULL, 0, m + 1);
    for (size_t v = 0; v < 3; v++)
      completed(&cohort, v, data[v]);
    completed(&cohort, 3, data[3]);
    completed(&cohort, 4, data[5]);
    for (size_t i = 0; i < n; i++) {
      double size = data[3][i];
      data[3][i] = size == 1;
      data[4][i] = size == 2;
    }
    converged = fit_logit(column, n, P, NULL, coefficient + m * (P + 1), variance + m * (P + 1))
                && converged;
  }
  ok(converged, "all completed cohorts have a fit");
  const double *mean = reference_values(r, "rotterdam.pooled", NULL);
  const double *within = reference_values(r, "rotterdam.within", NULL);
  const double *between = reference_values(r, "rotterdam.between", NULL);
  for (size_t j = 0; j <= P; j++) {
    struct rubin_estimate pooled = rubin_pool(coefficient + j, variance + j, M, P + 1, INFINITY);
    double error = sqrt((pooled.between + between[j]) / M);
    printf("# coefficient %zu: %.4f, mice %.4f, Monte Carlo error %.4f; U %.3g, %.3g; B %.3g, "
           "%.3g\n", j, pooled.estimate, mean[j], error, pooled.within, within[j],
           pooled.between, between[j]);
    is_near(pooled.estimate, mean[j], 4 * error, "pooled coefficient as mice, 4 errors");
    is_close(pooled.within, within[j], 0.03, "variance within as mice, 3%");
    // The logarithm of a ratio of such variances has the standard error 2/sqrt(199).
    is_near(log(pooled.between / between[j]), 0, 4 * 2 / sqrt(M - 1),
            "variance between as mice, 4 errors");
  }
  cohort_free(&cohort);
}

// ---- convergence ----

static void scale_reduction(void)
{
  // Two chains of 8, of one variable; only the last four count: 1 2 3 4 and 3 4 5 6 (means 2.5
  // and 4.5, variances 5/3), and as SDs the same twice.
  double trace[2 * 8 * 2];
  for (size_t m = 0; m < 2; m++)
    for (size_t t = 0; t < 8; t++) {
      trace[(m * 8 + t) * 2] = t < 4 ? 100 * (double) m : (double) (t - 3 + 2 * m);
      trace[(m * 8 + t) * 2 + 1] = (double) (t * t);
    }
  is_close(imputation_scale_reduction(trace, 2, 8, 1, 0, 0),
           sqrt(3.0 / 4 + 3.0 / 2 * 2 / (5.0 / 3)), 1e-14, "scale reduction by hand");
  is_close(imputation_scale_reduction(trace, 2, 8, 1, 0, 1), sqrt(3.0 / 4), 1e-14,
           "equal chains: sqrt((n - 1)/n)");
  ok(isnan(imputation_scale_reduction(trace, 1, 8, 1, 0, 0)), "one chain");
  ok(isnan(imputation_scale_reduction(trace, 2, 3, 1, 0, 0)), "three iterations");
  trace[31] = NAN;
  ok(isnan(imputation_scale_reduction(trace, 2, 8, 1, 0, 1)), "NaN in the trace");

  enum { M = 5, T = 20 };
  static struct cohort cohort;
  static double chains[M * T * MIXED * 2];
  mixed_fill(&cohort, 138, 6, 0);
  cohort_ready(&cohort, 138, MIXED, mixed_levels);
  cohort.problem.n_iterations = T;
  for (size_t m = 0; m < M; m++)
    imputation_draw(&cohort.problem, &cohort.cells, NULL, 0, m + 1, cohort.value,
                    chains + m * T * MIXED * 2, NULL);
  for (size_t v = 0; v < MIXED; v++)
    for (size_t s = 0; s < 2; s++) {
      double r = imputation_scale_reduction(chains, M, T, MIXED, v, s);
      ok(v == 4 ? isnan(r) : r < 1.3, "chains of variable %zu agree: %.3f", v, r);
    }
  cohort_free(&cohort);
}

// ---- edges ----

static enum imputation_status status_of(struct cohort *cohort, size_t n, size_t n_variables,
                                        const size_t *levels, const double *weight, size_t *which)
{
  cohort_ready(cohort, n, n_variables, levels);
  enum imputation_status status = IMPUTATION_DONE;
  for (size_t m = 1; m <= 3 && status == IMPUTATION_DONE; m++) {
    status = imputation_draw(&cohort->problem, &cohort->cells, weight, 0, m, cohort->value, NULL,
                             which);
    for (size_t c = 0; c < cohort->cells.n_cells && status == IMPUTATION_DONE; c++) {
      const struct imputation_variable *variable =
          cohort->variable + cohort->cells.variable[c];
      size_t i = 0;
      while (i < n && variable->value[i] != cohort->value[c])
        i++;
      if (i == n)
        ok(false, "value %g of variable %zu was never seen", cohort->value[c],
           cohort->cells.variable[c]);
    }
  }
  return status;
}

static void little_is_seen(void)
{
  static struct cohort cohort;
  const size_t levels[4] = {0, 2, 3, 0};
  size_t which = 99;
  mixed_fill(&cohort, 40, 7, 40);
  for (size_t i = 0; i < 40; i++) {
    cohort.column[1][i] = i % 3 == 0;
    cohort.column[2][i] = (double) (i % 3);
  }
  ok(status_of(&cohort, 40, 4, levels, NULL, &which) == IMPUTATION_DONE, "nothing is missing");
  is_integer((long long) cohort.cells.n_cells, 0, "no cells");
  double trace[10 * 4 * 2];
  imputation_draw(&cohort.problem, &cohort.cells, NULL, 0, 1, cohort.value, trace, NULL);
  ok(isnan(trace[0]) && isnan(trace[79]), "and nothing to trace");
  cohort_free(&cohort);

  double weight[40];
  for (size_t i = 0; i < 40; i++) {
    cohort.column[3][i] = i < 5 ? (double) i : NAN;
    weight[i] = i >= 5;
  }
  ok(status_of(&cohort, 40, 4, levels, weight, &which) == IMPUTATION_NOTHING_SEEN && which == 3,
     "seen in rows of weight 0 only");
  cohort_free(&cohort);
  for (size_t i = 0; i < 5; i++)
    cohort.column[3][i] = NAN;
  ok(status_of(&cohort, 40, 4, levels, NULL, &which) == IMPUTATION_NOTHING_SEEN && which == 3,
     "nothing seen");
  cohort_free(&cohort);

  for (size_t i = 0; i < 40; i++) {
    cohort.column[3][i] = i < 5 ? 7.25 : NAN;
    cohort.column[2][i] = i < 9 ? 1 : NAN;
    if (i % 7 == 0)
      cohort.column[0][i] = NAN;
  }
  ok(status_of(&cohort, 40, 4, levels, NULL, &which) == IMPUTATION_DONE, "one value seen");
  bool all = true;
  for (size_t c = 0; c < cohort.cells.n_cells; c++)
    all = all && (cohort.cells.variable[c] == 0
                  || cohort.value[c] == (cohort.cells.variable[c] == 2 ? 1 : 7.25));
  ok(all, "one value seen: all are it");
  cohort_free(&cohort);
}

static void perfect_prediction(void)
{
  static struct cohort cohort;
  const size_t levels[3] = {0, 2, 3};
  size_t which, wrong = 0, n = 0;
  for (size_t i = 0; i < 90; i++) {
    double x = (double) i - 44.5;
    cohort.column[0][i] = x;
    cohort.column[1][i] = i % 5 == 1 ? NAN : x > 0;
    cohort.column[2][i] = i % 6 == 2 ? NAN : (double) ((x > -20) + (x > 20));
  }
  ok(status_of(&cohort, 90, 3, levels, NULL, &which) == IMPUTATION_DONE, "perfect prediction");
  for (size_t c = 0; c < cohort.cells.n_cells; c++) {
    double x = cohort.column[0][cohort.cells.row[c]];
    if (cohort.cells.variable[c] == 1 && fabs(x) > 30) {
      wrong += cohort.value[c] != (x > 0);
      n++;
    }
  }
  ok(n > 5 && wrong == 0, "far from the border the predicted level");
  cohort_free(&cohort);
  // A complete level that determines an incomplete one.
  const size_t two[2] = {2, 2};
  for (size_t i = 0; i < 90; i++) {
    cohort.column[0][i] = (double) (i % 2);
    cohort.column[1][i] = i % 9 == 0 ? NAN : (double) (i % 2);
  }
  ok(status_of(&cohort, 90, 2, two, NULL, &which) == IMPUTATION_DONE, "equal levels");
  cohort_free(&cohort);
}

static void too_many_columns(void)
{
  static struct cohort cohort;
  size_t levels[MOST_VARIABLES] = {0}, which;
  struct philox_stream stream;
  philox_start(&stream, 12, RNG_SIMULATE, 1);
  // Copies, sums and constants.
  for (size_t i = 0; i < 60; i++) {
    double a = philox_normal(&stream), b = philox_normal(&stream);
    double columns[6] = {a, a, 3 * a - 1, b, a + b, 5};
    for (size_t v = 0; v < 6; v++)
      cohort.column[v][i] = (i * 7 + v) % 11 == 0 ? NAN : columns[v];
    cohort.column[6][i] = cohort.column[7][i] = i % 10 == 3 ? NAN : (double) (a > 0);
  }
  levels[6] = levels[7] = 2;
  ok(status_of(&cohort, 60, 8, levels, NULL, &which) == IMPUTATION_DONE, "collinear columns");
  cohort_free(&cohort);
  // More columns than rows; 2 rows; 1 row.
  for (size_t n = 60; n > 0; n = n == 60 ? 12 : n == 12 ? 5 : n - 1) {
    for (size_t v = 0; v < MOST_VARIABLES; v++) {
      levels[v] = v % 3 == 1 ? 2 : v % 3 == 2 ? 4 : 0;
      for (size_t i = 0; i < n; i++) {
        double z = philox_normal(&stream);
        cohort.column[v][i] = levels[v] == 0 ? z : levels[v] == 2 ? z > 0 : (z > 0) + (z > 1);
        if (i > 0 && (i + v) % 4 == 0)
          cohort.column[v][i] = NAN;
      }
    }
    size_t n_variables = n == 60 ? 20 : MOST_VARIABLES;
    ok(status_of(&cohort, n, n_variables, levels, NULL, &which) == IMPUTATION_DONE,
       "%zu rows, %zu variables", n, n_variables);
    cohort_free(&cohort);
  }
}

static void rare_levels(void)
{
  static struct cohort cohort;
  const size_t levels[3] = {0, 30, 2};
  size_t which;
  struct philox_stream stream;
  philox_start(&stream, 13, RNG_SIMULATE, 1);
  double weight[120];
  for (size_t i = 0; i < 120; i++) {
    cohort.column[0][i] = philox_normal(&stream);
    cohort.column[1][i] = i % 8 == 7 ? NAN : (double) (i % 30);
    cohort.column[2][i] = i == 3; // seen once
    if (i % 9 == 4)
      cohort.column[2][i] = NAN;
    weight[i] = i < 4 || i == 40;
  }
  ok(status_of(&cohort, 120, 3, levels, NULL, &which) == IMPUTATION_DONE,
     "30 levels, a level seen once");
  cohort_free(&cohort);
  ok(status_of(&cohort, 120, 3, levels, weight, &which) == IMPUTATION_DONE,
     "weight in five rows only");
  cohort_free(&cohort);
  memset(weight, 0, sizeof weight);
  ok(status_of(&cohort, 120, 3, levels, weight, &which) == IMPUTATION_NOTHING_SEEN && which == 1,
     "no weight at all");
  cohort_free(&cohort);
  struct imputation_problem nothing = {0};
  struct imputation_cells cells;
  imputation_cells_find(&nothing, &cells);
  double value = 0;
  ok(imputation_draw(&nothing, &cells, NULL, 0, 1, &value, NULL, NULL) == IMPUTATION_DONE,
     "no rows");
  imputation_cells_free(&cells);
  // What is not finite is told by its column.
  mixed_fill(&cohort, 40, 7, 0);
  cohort.column[2][39] = INFINITY;
  ok(status_of(&cohort, 40, MIXED, mixed_levels, NULL, &which) == IMPUTATION_NO_ESTIMATE
         && which == 2,
     "an infinite number");
  cohort_free(&cohort);
}

int main(void)
{
  struct reference *r = reference_open("imputation.tsv");
  cells_and_values();
  same_for_any_order();
  weights();
  units();
  no_predictors();
  matched_distribution();
  level_distribution();
  bias_is_removed();
  coverage();
  mice_reference(r);
  scale_reduction();
  little_is_seen();
  perfect_prediction();
  too_many_columns();
  rare_levels();
  reference_close(r);
  return tap_done();
}
