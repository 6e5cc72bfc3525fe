// SPDX-License-Identifier: GPL-3.0-or-later
// Pooled fits against Rubin's rules written out, and selection on them.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/pooled_logit.h"
#include "stats/rng.h"
#include "stats/selection.h"
#include "tap.h"

enum { N = 60, P = 4, SETS = 5 };

// Intercept, two numbers of which the second varies between the imputations in every third row,
// and noise that is none of the outcome's.
static double set[SETS][N * P], y[N];
static const double *matrix[SETS];

static void make_data(void)
{
  struct philox_stream stream;
  philox_start(&stream, 11, RNG_SIMULATE, 1);
  for (size_t i = 0; i < N; i++) {
    double a = philox_normal(&stream), b = philox_normal(&stream), c = philox_normal(&stream);
    y[i] = philox_uniform(&stream) < logit_inverse(1.6 * a - 1.8 * b);
    for (size_t m = 0; m < SETS; m++) {
      set[m][i] = 1;
      set[m][N + i] = a;
      set[m][2 * N + i] = i % 3 ? b : b + 0.7 * philox_normal(&stream);
      set[m][3 * N + i] = c;
    }
  }
  for (size_t m = 0; m < SETS; m++)
    matrix[m] = set[m];
}

static struct pooled_data all(size_t n_sets)
{
  return (struct pooled_data){.n_imputations = n_sets, .n = N, .p = P, .x = matrix, .y = y};
}

static void test_written_out(void)
{
  struct pooled_data data = all(SETS);
  struct pooled_fit fit;
  pooled_logit_fit(&data, &(struct logit_options){0}, &fit);
  is_integer(fit.pooled.status, LOGIT_CONVERGED, "every imputation has an estimate");
  is_close(fit.complete_df, N - P, 0, "degrees of freedom of complete data");
  for (size_t j = 0; j < P; j++) {
    double mean = 0, within = 0, between = 0, of[SETS];
    for (size_t m = 0; m < SETS; m++) {
      struct logit_data one = {.n = N, .p = P, .x = matrix[m], .y = y};
      struct logit_fit single;
      logit_fit(&one, &(struct logit_options){0}, &single);
      of[m] = single.coefficient[j];
      mean += of[m] / SETS;
      within += single.covariance[j * P + j] / SETS;
      logit_fit_free(&single);
    }
    for (size_t m = 0; m < SETS; m++)
      between += (of[m] - mean) * (of[m] - mean) / (SETS - 1);
    is_close(fit.pooled.coefficient[j], mean, 1e-12, "coefficient: the mean");
    is_close(fit.estimate[j].estimate, mean, 1e-12, "coefficient of the estimate");
    is_close(fit.estimate[j].within, within, 1e-12, "variance within");
    is_close(fit.estimate[j].between, between, 1e-9, "variance between");
    is_close(fit.pooled.covariance[j * P + j], within + (1 + 1.0 / SETS) * between, 1e-9,
             "total variance");
    size_t column[] = {j};
    struct rubin_test test = pooled_wald_test(&fit, column, 1);
    double t = fit.estimate[j].estimate / fit.estimate[j].std_error;
    is_close(test.statistic, t * t, 1e-9, "one coefficient: D1 is t squared");
  }
  pooled_fit_free(&fit);
}

static void test_equal_imputations(void)
{
  const double *equal[SETS] = {set[0], set[0], set[0], set[0], set[0]};
  struct pooled_data data = all(SETS);
  data.x = equal;
  struct logit_data one = {.n = N, .p = P, .x = set[0], .y = y};
  struct pooled_fit fit;
  struct logit_fit single;
  pooled_logit_fit(&data, &(struct logit_options){0}, &fit);
  logit_fit(&one, &(struct logit_options){0}, &single);
  for (size_t j = 0; j < P; j++)
    is_close(fit.pooled.coefficient[j], single.coefficient[j], 1e-14, "equal imputations: the fit");
  for (size_t j = 0; j < P * P; j++)
    is_close(fit.pooled.covariance[j], single.covariance[j], 1e-12,
             "equal imputations: its covariance");
  size_t columns[] = {1, 2};
  struct rubin_test d1 = pooled_wald_test(&fit, columns, 2);
  struct logit_test wald = logit_wald_test(&single, columns, 2);
  is_close(2 * d1.statistic, wald.statistic, 1e-10, "equal imputations: D1 is the Wald test");
  logit_fit_free(&single);
  pooled_fit_free(&fit);
}

static void test_weights(void)
{
  double weight[N], *repeated[SETS], *twice_y = NEW_ARRAY(double, 2 * N);
  for (size_t i = 0; i < N; i++) {
    weight[i] = (double) (1 + i % 2);
    twice_y[i] = y[i];
  }
  size_t n = 0;
  for (size_t m = 0; m < SETS; m++) {
    repeated[m] = NEW_ARRAY(double, 2 * N * P);
    n = 0;
    for (size_t i = 0; i < N; i++)
      n += (size_t) weight[i];
    size_t to = 0;
    for (size_t i = 0; i < N; i++)
      for (size_t k = 0; k < (size_t) weight[i]; k++, to++) {
        twice_y[to] = y[i];
        for (size_t j = 0; j < P; j++)
          repeated[m][j * n + to] = set[m][j * N + i];
      }
  }
  struct pooled_data weighted = all(SETS), rows = all(SETS);
  weighted.weight = weight;
  rows.n = n;
  rows.y = twice_y;
  const double *view[SETS];
  for (size_t m = 0; m < SETS; m++)
    view[m] = repeated[m];
  rows.x = view;
  struct pooled_fit a, b;
  pooled_logit_fit(&weighted, &(struct logit_options){0}, &a);
  pooled_logit_fit(&rows, &(struct logit_options){0}, &b);
  for (size_t j = 0; j < P; j++) {
    is_close(a.estimate[j].estimate, b.estimate[j].estimate, 1e-11, "weights are repeated rows");
    is_close(a.estimate[j].std_error, b.estimate[j].std_error, 1e-10, "their standard error");
    is_close(a.estimate[j].df, b.estimate[j].df, 1e-8, "their degrees of freedom");
  }
  pooled_fit_free(&a);
  pooled_fit_free(&b);
  for (size_t m = 0; m < SETS; m++)
    free(repeated[m]);
  free(twice_y);
}

static void test_no_estimate(void)
{
  double separated[N * P];
  memcpy(separated, set[1], sizeof separated);
  for (size_t i = 0; i < N; i++)
    separated[2 * N + i] = y[i] * 2 - 1;
  const double *some[] = {set[0], separated, set[2]};
  struct pooled_data data = all(3);
  data.x = some;
  struct pooled_fit fit;
  pooled_logit_fit(&data, &(struct logit_options){0}, &fit);
  is_integer(fit.pooled.status, LOGIT_SEPARATED, "one imputation separated: no pooled estimate");
  is_integer((long long) fit.failed, 1, "which one");
  ok(fit.pooled.separating[2], "and by which column");
  ok(isnan(fit.pooled.coefficient[1]), "no numbers");
  size_t column[] = {1};
  ok(isnan(pooled_wald_test(&fit, column, 1).p_value), "no P");
  pooled_fit_free(&fit);
}

static void test_selection(void)
{
  struct pooled_data pooled = all(SETS);
  struct logit_data data = {.n = N, .p = P, .x = set[0], .y = y};
  struct column_group group[] = {{0, 1}, {1, 1}, {2, 1}};
  struct selection_problem problem = {&data, group, 3, NULL, &pooled};
  struct selection_options options = {.screen_p = NAN,
                                      .vif_cut = NAN,
                                      .direction = SELECTION_BACKWARD,
                                      .p = 0.05};
  struct selection selection;
  selection_run(&problem, &options, &selection);
  is_integer(selection.status, LOGIT_CONVERGED, "backward by the pooled P");
  bool noise = false;
  for (size_t k = 0; k < selection.n_kept; k++)
    noise |= selection.kept[k] == 2;
  ok(!noise, "noise leaves");
  struct pooled_fit full;
  pooled_logit_fit(&pooled, &(struct logit_options){0}, &full);
  size_t column[] = {3};
  ok(selection.n_steps > 0 && selection.step[0].group == 2, "it leaves first");
  is_close(selection.step[0].p_value, pooled_wald_test(&full, column, 1).p_value, 1e-12,
           "with the P of the full model");
  pooled_fit_free(&full);
  double coefficient[P];
  is_integer(selection_fit_imputed(&problem, selection.kept, selection.n_kept, &options.fit,
                                   coefficient),
             LOGIT_CONVERGED, "the model of what is left");
  is_close(coefficient[3], 0, 0, "0 for what left");
  ok(coefficient[2] != 0, "not for what stayed");
  selection_free(&selection);
  options.direction = SELECTION_FORWARD;
  selection_run(&problem, &options, &selection);
  is_integer((long long) selection.n_kept, 2, "forward finds the same two");
  selection_free(&selection);
}

int main(void)
{
  make_data();
  test_written_out();
  test_equal_imputations();
  test_weights();
  test_no_estimate();
  test_selection();
  return tap_done();
}
