// SPDX-License-Identifier: GPL-3.0-or-later
// Internal validation: how much of a model's performance is optimism.
//
// The whole modelling process is repeated on resampled rows (refit.h); what is measured of each
// model is the caller's: metrics, a calibration curve, net benefits, cut-offs.
//
// Harrell's bootstrap: training = the replicate's model on its resample, test = the same model
// on the original rows; corrected = apparent - mean(training - test).

#ifndef HER2_STATS_VALIDATION_H
#define HER2_STATS_VALIDATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/bootstrap.h"
#include "stats/logit.h"
#include "stats/refit.h"

// Measures a model with linear predictor eta (n rows) by two weightings: those it was fitted on
// and those it is tested on (NULL: ones).  training, test: n_statistics each; NaN where undefined.
// Called from several threads at once, each with its own scratch.
typedef void (*validation_measure)(const double *eta, const double *weight_training,
                                   const double *weight_test, double *training, double *test,
                                   void *scratch);

// A modelling process that is no refit of one matrix, as on imputed data: the model of replicate b
// on these frequencies, as n_sets x n linear predictors on the data that it is made on and on those
// that it is tested on.  chosen: n_groups, or NULL.  Called from several threads at once.
struct validation_process {
  size_t n_sets, n_groups; // n_groups 0: it chooses nothing
  enum logit_status (*run)(const void *context, size_t b, const double *weight, double *training,
                           double *test, bool *chosen);
  const void *context;
};

enum validation_scheme {
  VALIDATION_BOOTSTRAP,    // test weights NULL
  VALIDATION_OUT_OF_BAG,   // bootstrap; test weights 1 for rows not drawn, else 0 (.632, .632+)
  VALIDATION_FOLDS,        // repeated k-fold: fit on the others, test on the fold; replicates are
                           // cut at n_folds n_repeats, training weights are 1 and 0
};

struct validation_plan {
  enum validation_scheme scheme;
  struct bootstrap_plan resample;   // n, seed, first..last, threads, progress; no strata
  size_t n_folds, n_repeats;        // FOLDS: replicate b = (repeat - 1) n_folds + fold
  const double *fold_group;         // FOLDS: n codes (no NaN) within which folds are balanced (the
                                    // outcome), or NULL
  size_t n_statistics;
  validation_measure measure;
  void *(*make_scratch)(void *context); // one a thread; may be NULL (then context is the scratch)
  void (*free_scratch)(void *scratch);
  void *context;
  // In place of a problem: what is measured is the mean over its sets, and eta that of the test
  // data's linear predictors.
  const struct validation_process *process;
  bool keep_predictors;             // keep eta of every replicate, for instability
  bool keep_sets;                   // keep those of every set of a process, for cross-validation
};

struct validation_result {
  size_t first, n_replicates;
  double *training, *test;    // n_replicates x n_statistics, row-major; NaN in failed replicates
  unsigned char *status;      // enum logit_status of each refit
  double *eta;                // n_replicates x n, row-major, NaN in failed ones; or NULL
  double *set_eta;            // n_replicates x n_sets x n, of the test data, likewise; or NULL
  unsigned char *chosen;      // n_replicates x n_groups (selection), 0 in failed ones; or NULL
  size_t n_failed;            // status not LOGIT_CONVERGED
};

// problem NULL: no model is fitted, eta are the given markers in every replicate (a cut-off rule
// on a raw marker is validated in this way).  The answer is the same, bit for bit, for any number
// of threads and for any cut into ranges.
void validation_run(const struct validation_plan *plan, const struct refit_problem *problem,
                    const double *eta, struct validation_result *result);
void validation_result_free(struct validation_result *result);

// Folds: fold[i] in 1..n_folds for row i in `repeat` (1-based), at random; in each group and
// altogether their sizes differ by one at most.  Group after group (ascending; NULL: one) is
// shuffled by the Philox stream (seed, RNG_FOLD, repeat) and dealt out in turn.
void validation_folds(const double *group, size_t n, size_t n_folds, uint64_t seed, size_t repeat,
                      size_t *fold);

// Of one statistic, over the replicates in which training and test are both finite.
struct validation_summary {
  double training, test, optimism, corrected; // means; corrected = apparent - optimism
  size_t n;                                   // replicates used
};
struct validation_summary validation_optimism(const struct validation_result *result,
                                              size_t n_statistics, size_t which, double apparent);
// .632: .368 apparent + .632 mean out-of-bag test value.  .632+ (Efron & Tibshirani 1997,
// equations 31 and 32) of an error: test' = min(test, no_information), R = (test' - apparent)/
// (no_information - apparent) if test and no_information exceed apparent, else 0; .632+ = .632 +
// (test' - apparent) .368 .632 R/(1 - .368 R).  Where nothing is cut that is (1 - w) apparent +
// w test with w = .632/(1 - .368 R); a test value beyond no_information stays as it is in the
// .632 term, as they have it.  A gain (AUC) is the mirror image; it is one if apparent is above
// no_information.
double validation_632(double apparent, double test);
double validation_632_plus(double apparent, double test, double no_information,
                           double *relative_overfitting);
// Mean over all pairs of (p_j - y_i)^2: what the Brier score would be if risk and outcome were
// independent.
double no_information_brier(const double *risk, const double *y, size_t n);

// Noma et al. (2021), location-shifted: quantiles (1 -+ level)/2 (type 7) of the training values,
// of the replicates that validation_optimism uses, minus (apparent - corrected).  NaN for what is
// constant on training rows (slope, intercept, ...: a spread of 1e-9 or 1e-6 of the value).
void validation_shifted_interval(const struct validation_result *result, size_t n_statistics,
                                 size_t which, double apparent, double corrected, double level,
                                 double *low, double *high);
// Noma et al. (2021), two-stage: n_outer resamples; each is the cohort of a bootstrap validation of
// its own by n_inner resamples of its rows, giving a corrected value; quantiles of these.  low,
// high: n_statistics out.  Costs n_outer (n_inner + 1) refits.  Outer resample b is replicate b of
// plan->resample (`given` included); inner resample i of it is n draws of philox_below(n) among its
// rows (ascending, each as often as it was drawn) from the stream (seed, RNG_BOOTSTRAP,
// 2^32 b + i).  plan->scheme, first and last are not looked at.  Resamples without an estimate are
// left out.  progress counts n_outer n_inner.
void validation_two_stage_interval(const struct validation_plan *plan,
                                   const struct refit_problem *problem, size_t n_outer,
                                   size_t n_inner, double level, double *low, double *high);

#endif
