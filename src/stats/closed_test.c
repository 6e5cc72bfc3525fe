// SPDX-License-Identifier: GPL-3.0-or-later
// How much of a model has to be updated for new data: the closed test.
//
// Y. Vergouwe, D. Nieboer, R. Oostenbrink, T. P. A. Debray, G. D. Murray, M. W. Kattan, H.
// Koffijberg, K. G. M. Moons, E. W. Steyerberg (2017), A closed testing procedure to select an
// appropriate method for updating prediction models, Statistics in Medicine 36, 4529-4539.
#include <config.h>

#include "stats/performance.h"

#include <math.h>

#include "stats/distribution.h"
#include "stats/recalibration.h"

const char *const update_names[N_UPDATE_STEPS] = {
  [UPDATE_NONE] = "none",
  [UPDATE_LARGE] = "large",
  [UPDATE_LOGISTIC] = "logistic",
  [UPDATE_REFIT] = "refit",
};

static bool all_finite(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!isfinite(x[i]))
      return false;
  return n > 0;
}

static struct closed_test_step refit_against(const struct closed_test *test,
                                             enum update_step smaller, double df)
{
  double gain = test->log_likelihood[UPDATE_REFIT] - test->log_likelihood[smaller];
  struct closed_test_step step = {smaller, UPDATE_REFIT, 2 * gain, df, NAN};
  // Two equal likelihoods may differ by rounding, and models on 0 df are one model.
  if (step.statistic < 0 && gain > -1e-9 * (1 + fabs(test->log_likelihood[smaller])))
    step.statistic = 0;
  step.p_value = df > 0 ? chi_square_upper(step.statistic, df) : 1;
  return step;
}

static void choose(struct closed_test *test, double k, double alpha)
{
  static const enum update_step smaller[] = {UPDATE_NONE, UPDATE_LARGE, UPDATE_LOGISTIC};
  test->chosen = UPDATE_REFIT;
  for (int i = 0; i < 3; i++) {
    test->step[test->n_steps++] = refit_against(test, smaller[i], k + 1 - i);
    if (test->step[i].p_value >= alpha) {
      test->chosen = smaller[i];
      return;
    }
  }
}

bool closed_test(const double *x, size_t p, const double *eta, const double *y, size_t n,
                 double alpha, struct closed_test *test)
{
  *test = (struct closed_test){.intercept_large = NAN, .intercept = NAN, .slope = NAN};
  for (int i = 0; i < N_UPDATE_STEPS; i++)
    test->log_likelihood[i] = NAN;
  bool finite = all_finite(eta, n);
  if (finite) {
    struct recalibration_rows rows = {.eta = eta, .y = y, .n = n,
                                      .centre = recalibration_centre(eta, NULL, n)};
    struct recalibration line = recalibrate(&rows);
    test->intercept_large = recalibrate_intercept(&rows);
    test->intercept = line.intercept;
    test->slope = line.slope;
    test->log_likelihood[UPDATE_NONE] = recalibrated_log_likelihood(&rows, 0, 1);
    test->log_likelihood[UPDATE_LARGE] =
        recalibrated_log_likelihood(&rows, test->intercept_large, 1);
    test->log_likelihood[UPDATE_LOGISTIC] =
        recalibrated_log_likelihood(&rows, line.intercept, line.slope);
  }
  if (!x || p == 0 || n == 0)
    return false;
  struct logit_data data = {.n = n, .p = p, .x = x, .y = y};
  logit_fit(&data, NULL, &test->refit);
  if (!finite || test->refit.status != LOGIT_CONVERGED)
    return false;
  test->log_likelihood[UPDATE_REFIT] = test->refit.log_likelihood;
  choose(test, (double) p - 1, alpha);
  return true;
}

void closed_test_free(struct closed_test *test)
{
  logit_fit_free(&test->refit);
  *test = (struct closed_test){0};
}
