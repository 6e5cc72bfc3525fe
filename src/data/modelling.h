// SPDX-License-Identifier: GPL-3.0-or-later
// How a model was made, on the rows of a cohort, ready to be repeated on resamples of them.

#ifndef HER2_DATA_MODELLING_H
#define HER2_DATA_MODELLING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/design.h"
#include "data/formula.h"
#include "data/model.h"
#include "data/outcome.h"
#include "data/table.h"
#include "stats/convention.h"
#include "stats/refit.h"

// Starts as {0}.
struct modelling {
  struct design design;        // of all candidates, learned once
  size_t n_rows;
  double *x, *y;               // n_rows x design.n_columns, n_rows
  double *coefficient;         // design.n_columns; 0 for what the model left out
  struct column_group *group;  // one a term
  bool *needs;
  struct refit_problem problem; // a view of all this
};

// The model of a formula, fitted by maximum likelihood on the rows listed (indices into the
// table, all complete).  An estimate that does not exist is an error (ERROR_NO_CONVERGENCE).
bool modelling_of_formula(struct modelling *modelling, const struct formula *formula,
                          const struct table *table, const struct outcome *outcome,
                          const size_t *row, size_t n_rows, const struct convention *convention,
                          struct error *error);
// The process that a model file records (screening, dropping, selection, Firth), on the rows
// listed; `redo` false: its final terms only.  *differs: the largest difference between the
// coefficients found here and those of the file, in standard errors (NaN without covariance);
// above some 1e-6 this is not the process that made the file.
bool modelling_of_model(struct modelling *modelling, const struct model *model,
                        const struct table *table, const struct outcome *outcome,
                        const size_t *row, size_t n_rows, bool redo,
                        const struct convention *convention, double *differs,
                        struct error *error);
void modelling_free(struct modelling *modelling);

// Whether the file's process chose among candidates.
bool model_selects(const struct model *model);
// How: screening, dropping and stepwise selection as the file records them.
struct selection_options model_selection(const struct model *model);
// Whether `complete` rows of the table hold what the candidates need; false if a column that a
// candidate names is not there.
bool model_candidates_complete(const struct model *model, const struct table *table,
                               bool *complete, struct error *error);

#endif
