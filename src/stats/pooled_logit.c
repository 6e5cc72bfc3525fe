// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/pooled_logit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void pooled_fit_free(struct pooled_fit *fit)
{
  for (size_t m = 0; m < fit->n_imputations; m++)
    logit_fit_free(&fit->fit[m]);
  free(fit->fit);
  logit_fit_free(&fit->pooled);
  free(fit->within);
  free(fit->between);
  free(fit->estimate);
  *fit = (struct pooled_fit){0};
}

static bool *copy_marks(const bool *mark, size_t p)
{
  bool *copy = NEW_ZEROED(bool, p);
  if (mark)
    memcpy(copy, mark, p * sizeof *copy);
  return copy;
}

// The pooled fit as that of imputation `m`, its numbers yet to come.
static void take_shape(struct pooled_fit *fit, size_t m)
{
  const struct logit_fit *one = &fit->fit[m];
  size_t p = one->p;
  fit->pooled = (struct logit_fit){
      .status = one->status,
      .n_rows = one->n_rows,
      .n_events = one->n_events,
      .p = p,
      .coefficient = NEW_ARRAY(double, p),
      .covariance = NEW_ARRAY(double, p * p),
      .dependent = copy_marks(one->dependent, p),
      .separating = copy_marks(one->separating, p),
      .infinite = copy_marks(one->infinite, p),
      .complete_separation = one->complete_separation,
      .log_likelihood = NAN,
      .penalized_log_likelihood = NAN,
      .null_log_likelihood = one->null_log_likelihood,
      .n_iterations = one->n_iterations,
  };
  for (size_t j = 0; j < p; j++)
    fit->pooled.coefficient[j] = NAN;
  for (size_t j = 0; j < p * p; j++)
    fit->pooled.covariance[j] = fit->within[j] = fit->between[j] = NAN;
}

static void pool(struct pooled_fit *fit)
{
  size_t n = fit->n_imputations, p = fit->pooled.p;
  double *coefficient = NEW_ARRAY(double, n * p), *covariance = NEW_ARRAY(double, n * p * p);
  double *estimate = NEW_ARRAY(double, n), *variance = NEW_ARRAY(double, n);
  for (size_t m = 0; m < n; m++) {
    memcpy(coefficient + m * p, fit->fit[m].coefficient, p * sizeof *coefficient);
    memcpy(covariance + m * p * p, fit->fit[m].covariance, p * p * sizeof *covariance);
  }
  rubin_pool_vector(coefficient, covariance, n, p, fit->pooled.coefficient, fit->within,
                    fit->between, fit->pooled.covariance);
  for (size_t j = 0; j < p; j++) {
    for (size_t m = 0; m < n; m++) {
      estimate[m] = coefficient[m * p + j];
      variance[m] = covariance[m * p * p + j * p + j];
    }
    fit->estimate[j] = rubin_pool(estimate, variance, n, 1, fit->complete_df);
  }
  free(coefficient);
  free(covariance);
  free(estimate);
  free(variance);
}

void pooled_logit_fit(const struct pooled_data *data, const struct logit_options *options,
                      struct pooled_fit *fit)
{
  size_t p = data->p;
  *fit = (struct pooled_fit){
      .n_imputations = data->n_imputations,
      .fit = NEW_ZEROED(struct logit_fit, data->n_imputations),
      .within = NEW_ARRAY(double, p * p),
      .between = NEW_ARRAY(double, p * p),
      .estimate = NEW_ZEROED(struct rubin_estimate, p),
  };
  size_t shown = 0;
  for (size_t m = 0; m < data->n_imputations; m++) {
    struct logit_data one = {
        .n = data->n, .p = p, .x = data->x[m], .y = data->y, .weight = data->weight};
    logit_fit(&one, options, &fit->fit[m]);
    if (fit->fit[m].status != LOGIT_CONVERGED && fit->fit[shown].status == LOGIT_CONVERGED)
      shown = m;
  }
  fit->failed = shown;
  take_shape(fit, shown);
  fit->complete_df = (double) fit->pooled.n_rows - (double) p;
  if (fit->pooled.status == LOGIT_CONVERGED)
    pool(fit);
}

struct rubin_test pooled_wald_test(const struct pooled_fit *fit, const size_t *columns,
                                   size_t n_columns)
{
  if (fit->pooled.status != LOGIT_CONVERGED)
    return (struct rubin_test){NAN, NAN, NAN, NAN, NAN};
  return rubin_wald_test(fit->pooled.coefficient, fit->within, fit->between, fit->pooled.p,
                         fit->n_imputations, columns, n_columns, fit->complete_df);
}
