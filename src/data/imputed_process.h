// SPDX-License-Identifier: GPL-3.0-or-later
// How a model was made on imputed data, ready to be repeated on resamples: impute the resample,
// choose terms if the process did, fit, pool.
//
// Resampling comes first and imputation is repeated inside, so that the model never sees the rows
// left out (Musoro et al. 2014; Wahl et al. 2016).  It is tested on the imputations of the data,
// which all rows and their outcomes had a part in: without the outcome, what is imputed would lack
// its association with it (her2-calib(1) says what came of either in simulations).

#ifndef HER2_DATA_IMPUTED_PROCESS_H
#define HER2_DATA_IMPUTED_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/formula.h"
#include "data/imputed.h"
#include "stats/logit.h"
#include "stats/selection.h"

// Starts as {0}.
struct imputed_process {
  const struct imputed *imputed;
  struct imputed_regression regression; // of all candidates
  struct column_group *group;           // one a term
  bool *needs;                          // selection.h
  bool selects;
  struct selection_options selection;
  struct logit_options fit;
  double *coefficient; // one a column: the process on all rows; 0 for what it left out
};

// The process of a formula on imputed rows: maximum likelihood or Firth, all terms, or (selection
// not NULL) those that it chooses.  An estimate that does not exist is an error
// (ERROR_NO_CONVERGENCE).
bool imputed_process_make(struct imputed_process *process, const struct formula *formula,
                          const struct imputed *imputed, const struct convention *convention,
                          const struct logit_options *fit,
                          const struct selection_options *selection, struct error *error);
void imputed_process_free(struct imputed_process *process);

// The linear predictors of the model on all rows: n_imputations x n_rows out.
void imputed_process_predict(const struct imputed_process *process, const double *coefficient,
                             double *eta);

// Replicate b (1, 2, ...): the process on rows of these frequencies (whole numbers); an incomplete
// row that is drawn k times is imputed k times.  training: the model on its own imputations of the
// resample (rows of weight 0 among them, and of those drawn more than once the first); test: on the
// imputations of the data; n_imputations x n_rows linear predictors each.  chosen: one a term, or
// NULL.  The status is that of the first fit without an estimate; LOGIT_NO_CONVERGENCE, too, where
// a variable cannot be imputed.  May be called from several threads at once.
enum logit_status imputed_process_run(const struct imputed_process *process, size_t b,
                                      const double *weight, double *training, double *test,
                                      bool *chosen);

#endif
