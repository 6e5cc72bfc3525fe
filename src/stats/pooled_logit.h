// SPDX-License-Identifier: GPL-3.0-or-later
// A logistic regression on several imputations of the same rows, pooled by Rubin's rules.

#ifndef HER2_STATS_POOLED_LOGIT_H
#define HER2_STATS_POOLED_LOGIT_H

#include <stddef.h>

#include "stats/logit.h"
#include "stats/rubin.h"

struct pooled_data {
  size_t n_imputations, n, p;
  const double *const *x; // n_imputations matrices, each n x p, column-major
  const double *y;        // n: the outcome is not imputed
  const double *weight;   // n frequencies, or NULL
};

// Starts as {0}.
struct pooled_fit {
  // The whole as one fit: status (of the first imputation that has no estimate, with what is
  // dependent or separating there), coefficient (means) and covariance (total); log likelihoods
  // NaN.
  struct logit_fit pooled;
  size_t failed;                // that imputation, from 0
  size_t n_imputations;
  struct logit_fit *fit;        // n_imputations
  double *within, *between;     // p x p
  struct rubin_estimate *estimate; // p
  double complete_df;           // rows (by weight) less coefficients
};
void pooled_logit_fit(const struct pooled_data *data, const struct logit_options *options,
                      struct pooled_fit *fit);
void pooled_fit_free(struct pooled_fit *fit);

// All these coefficients 0 (rubin_wald_test).
struct rubin_test pooled_wald_test(const struct pooled_fit *fit, const size_t *columns,
                                   size_t n_columns);

#endif
