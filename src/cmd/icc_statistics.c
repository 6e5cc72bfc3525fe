// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc's statistics of one variable.
#include <config.h>

#include <stdlib.h>

#include "base/memory.h"
#include "cmd/icc_readings.h"

static double *column_of_readings(const struct icc_variable *variable, size_t reader)
{
  double *x = NEW_ARRAY(double, variable->n + 1);
  for (size_t i = 0; i < variable->n; i++)
    x[i] = variable->reading[i * variable->n_readers + reader];
  return x;
}

static void compute_pair(const struct icc *icc, const struct icc_variable *variable,
                         struct icc_pair *pair)
{
  double level = icc->command->level;
  double *x = column_of_readings(variable, pair->first);
  double *y = column_of_readings(variable, pair->second);
  size_t q = variable->levels.n_items;
  if (!variable->is_category) {
    pair->limits = bland_altman_compute(x, y, variable->n, icc->settings->multiplier, level);
  } else {
    pair->count = NEW_ZEROED(double, q * q + 1);
    for (size_t i = 0; i < variable->n; i++)
      pair->count[(size_t) x[i] * q + (size_t) y[i]]++;
    double *disagreement = NEW_ARRAY(double, q * q + 1);
    for (int w = 0; w < N_KAPPA_WEIGHTS; w++) {
      kappa_disagreement((enum kappa_weights) w, q, disagreement);
      pair->kappa[w] = kappa_cohen(pair->count, disagreement, q, level);
    }
    free(disagreement);
  }
  free(x);
  free(y);
}

static void compute_category(const struct icc *icc, struct icc_variable *variable)
{
  size_t q = variable->levels.n_items, k = variable->n_readers, n = variable->n;
  double level = icc->command->level;
  double *tally = NEW_ZEROED(double, n * q + 1);
  for (size_t i = 0; i < n * k; i++)
    tally[i / k * q + (size_t) variable->reading[i]]++;
  variable->fleiss = kappa_fleiss(tally, n, q, k, level);
  variable->ac1 = agreement_ac1(tally, n, q, k, level);
  variable->agree_pairs = agreement_pairs(tally, n, q, k, level);
  variable->agree_all = agreement_all(tally, n, q, k, level);
  free(tally);
}

void icc_compute_variable(const struct icc *icc, struct icc_variable *variable)
{
  size_t k = variable->n_readers;
  double level = icc->command->level;
  if (variable->is_category) {
    compute_category(icc, variable);
  } else {
    variable->anova = reading_anova_compute(variable->reading, variable->n, k);
    for (int type = 0; type < N_ICC_TYPES; type++)
      variable->icc[type] = icc_compute(&variable->anova, (enum icc_type) type, level);
    variable->repeatability =
        repeatability_compute(&variable->anova, icc->settings->multiplier, level);
  }
  variable->pair = NEW_ZEROED(struct icc_pair, k * (k - 1) / 2 + 1);
  for (size_t a = 0; a < k; a++)
    for (size_t b = a + 1; b < k; b++) {
      struct icc_pair *pair = &variable->pair[variable->n_pairs++];
      pair->first = a;
      pair->second = b;
      compute_pair(icc, variable, pair);
    }
}
