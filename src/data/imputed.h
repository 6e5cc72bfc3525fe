// SPDX-License-Identifier: GPL-3.0-or-later
// A cohort whose missing values are imputed several times: the completed cohorts under one
// another in one table.
//
// What is imputed are the columns of the file; derived columns are computed again from them
// (passive imputation).  A design is learned once, on all completed rows, so that its levels, knots
// and standard deviations are those of every imputation.

#ifndef HER2_DATA_IMPUTED_H
#define HER2_DATA_IMPUTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "data/derive.h"
#include "data/design.h"
#include "data/formula.h"
#include "data/outcome.h"
#include "data/regression.h"
#include "data/table.h"
#include "stats/convention.h"
#include "stats/imputation.h"
#include "stats/pooled_logit.h"

struct imputed_options {
  size_t n_imputations; // at least 2
  size_t n_iterations;  // 0: 10
  uint64_t seed;
  const struct text_list *with; // further columns that help to impute, or NULL
  const struct derivation *const *derivation; // those of the user and of models
  size_t n_derivations;
  struct progress *progress; // a step an imputation; or NULL
};

// A column of the imputation model.
struct imputed_column {
  const struct column *column; // of the original table; the last is the outcome
  bool auxiliary;              // helps only: the formula does not need it
  bool by_level;               // as levels
  double *level;               // the values that its codes stand for, ascending; NULL: a number
  size_t n_levels;
  double *value;               // n_rows numbers or codes, as imputation.h wants them
  size_t n_missing;
};

// Starts as {0}.  Holds pointers into the original table, which must outlive it.
struct imputed {
  const struct table *original;
  size_t n_imputations, n_rows; // n_rows: of one completed cohort
  size_t *row;                  // n_rows indices into the original table
  double *y;                    // n_rows; 1 for the event
  size_t n_events, n_complete;  // n_complete: rows that lacked nothing that the formula needs
  size_t n_undefined;           // rows left out: a derived column has no value in them (a divisor
                                // of 0) by any of four values that its missing inputs might have
  struct imputed_column *column;
  size_t n_columns;
  struct imputation_problem problem;
  struct imputation_variable *variable; // the problem's
  struct imputation_cells cells;        // n_cells 0: the formula lacked nothing; then there is no
                                        // table
  const struct derivation **derivation; // those needed, each after its inputs
  size_t n_derivations;
  double *value;                // n_imputations x cells.n_cells
  double *trace;                // of all chains, as imputation_draw makes them
  struct table table;           // n_imputations x n_rows rows, imputation after imputation
};

// Imputes what the formula's terms need (of a derived column, what it is computed from) with the
// help of all that, of the outcome's groups and of options->with, in the rows that are in a group
// and have allowed[i] (NULL: all).  ERROR_DATA: no rows, one outcome, a column without any value
// there, or with no more values than its regression has coefficients.  ERROR_NO_CONVERGENCE: a
// regression without an answer.  ERROR_USAGE: a column of `with` that is not there.
bool imputed_make(struct imputed *imputed, const struct formula *formula,
                  const struct table *table, const struct outcome *outcome, const bool *allowed,
                  const struct imputed_options *options, struct error *error);
void imputed_free(struct imputed *imputed);

// The rows completed with n_sets sets of values (n_sets x cells.n_cells), set after set, derived
// columns computed: a table to be freed, with the columns that the formula and the outcome need.
// What comes from nothing imputed is as it was.
bool imputed_complete(const struct imputed *imputed, const double *value, size_t n_sets,
                      struct table *table, struct error *error);

// A regression of a formula on all imputations.  Starts as {0}.
struct imputed_regression {
  struct design design;
  size_t n_rows, n_events;
  double *x;           // n_imputations x n_rows x design.n_columns
  const double **matrix; // n_imputations views of x
  struct pooled_fit fit;
};
// Learns the design from all completed rows, fits on each imputation and pools.  An estimate that
// does not exist is no error here: see fit.pooled.status.
bool imputed_regression_fit(struct imputed_regression *regression, const struct formula *formula,
                            const struct imputed *imputed, const struct convention *convention,
                            const struct logit_options *options, struct error *error);
void imputed_regression_free(struct imputed_regression *regression);
// Releases the matrices; design and fit stay.
void imputed_regression_release_data(struct imputed_regression *regression);
struct pooled_data imputed_regression_data(const struct imputed_regression *regression,
                                           const struct imputed *imputed);

#endif
