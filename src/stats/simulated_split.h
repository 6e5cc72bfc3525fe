// SPDX-License-Identifier: GPL-3.0-or-later
// An order of the rows such that the rows which a seeded hold-out sets apart give stated figures.

#ifndef HER2_STATS_SIMULATED_SPLIT_H
#define HER2_STATS_SIMULATED_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum split_figure {
  SPLIT_AUC,       // on the test rows, of the model fitted to the training rows
  SPLIT_BRIER,
  SPLIT_SLOPE,     // joint logistic recalibration
  SPLIT_INTERCEPT,
  SPLIT_FROM,      // thresholds 0.01, 0.02, ... of the longest run at which the model beats
  SPLIT_TO,        // treating all and treating none
  N_SPLIT_FIGURES
};

struct split_model {
  size_t m, p;          // rows of the model, design columns
  const double *x, *y;  // m x p, column-major; m
  const size_t *place;  // n: a cohort's row in x, SIZE_MAX: not in the model
  const bool *is_test;  // n, by position in the file
  double asked[N_SPLIT_FIGURES], half[N_SPLIT_FIGURES]; // NaN: not asked
};

// row: n, the row at each position of the file; rows of one group change places until the
// figures are as near as 60 n exchanges times `effort` bring them, by annealing; then nothing
// but the order has changed.  The loss is that of model_anneal.  Returns what is left of it.
// Random numbers: stream (seed, RNG_SIMULATE, replicate), nothing else.
double split_anneal(const struct split_model *model, size_t n_models, const double *group, size_t n,
                    size_t n_groups, size_t effort, uint64_t seed, uint64_t replicate, size_t *row);

// The figures of one model under an order of the rows; NaN where the fit has no maximum.
void split_figures(const struct split_model *model, const size_t *row, size_t n,
                   double figure[N_SPLIT_FIGURES]);

#endif
