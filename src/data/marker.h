// SPDX-License-Identifier: GPL-3.0-or-later
// What her2-roc, her2-calib and her2-dca judge: quantities, risks and models on one cohort.
//
// All markers of a set have the same rows: those in the part asked for that are complete for the
// outcome and every term and model on the command line.

#ifndef HER2_DATA_MARKER_H
#define HER2_DATA_MARKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/formula.h"
#include "data/model.h"
#include "data/modelling.h"
#include "data/outcome.h"
#include "data/table.h"
#include "stats/convention.h"

enum marker_use {
  MARKERS_QUANTITIES, // roc: a numeric term is taken as it is; factors, splines and interactions
                      // go through a logistic fit of their own
  MARKERS_RISKS,      // dca: every term but risk(x) goes through a logistic fit of its own
  MARKERS_JOINT,      // calib: all terms of the formula are one model; or one risk(x); or a model
};

enum marker_kind {
  MARKER_QUANTITY, // x, x/0.1, log(x): higher values mean the event
  MARKER_RISK,     // risk(x): a probability
  MARKER_FIT,      // a logistic fit of one term (JOINT: of the formula)
  MARKER_MODEL,    // a model file
};

struct marker {
  enum marker_kind kind;
  char *name;        // the term as typed, the model's name; different for every marker of a set
  char *title;       // printed: label of the variable, name of the model
  size_t model;      // MODEL: index into set->model
  // FIT and MODEL: the rows are those it was made on (MODEL: by the fingerprint), so what is
  // measured on them is apparent.  A FIT under --holdout --part=test was made on the training rows
  // and is not internal.
  bool internal;
  // MODEL that is not internal, with a part asked for: it was made on the training rows, or on the
  // rows of both parts, which makes a hold-out of it none.
  bool of_training, of_all;
  // MODEL that is not internal: it states a hold-out, was made on rows of this table by it, and
  // n_own of them are among these.
  bool of_holdout;
  size_t n_own;
  // MODEL that is internal, but of whose own rows some are not among these (another marker lacks
  // them): it cannot be validated here.
  bool partial;
  // MODEL that is internal, and was made on incomplete rows, too, that were imputed and are not
  // among these: it cannot be validated here, and what is measured of it is apparent.
  bool imputed;
  double *value;     // n_rows; quantity, risk, linear predictor
  double *risk;      // n_rows probabilities, or NULL (QUANTITY; a model without intercept)
  double *eta;       // n_rows linear predictors (FIT, MODEL; RISK: logit, infinite at 0 and 1), or
                     // NULL
  // FIT, and MODEL if internal and neither partial nor imputed: how it was made on these rows (not
  // internal FIT: on its training rows).  design.n_columns = 0 where there is none.
  struct modelling modelling;
  double differs;    // of modelling_of_model; 0 where there is none
  // A factor with levels that are all event or all not: ranked by event fractions, no modelling.
  bool saturated;
};

struct marker_set {
  struct model *model;
  size_t n_models;
  struct outcome outcome;
  bool *part;        // rows of the table in the part asked for; NULL: all
  bool *training;    // rows on which fits are made; NULL: the part asked for
  size_t *row;       // n_rows indices into the table
  double *y;         // n_rows; 1 for the event
  size_t n_rows, n_events;
  size_t n_missing;  // rows of the part left out as incomplete
  struct marker *marker; // terms of the formula first, then models, in the order of the command
  size_t n_markers;
};
void marker_set_free(struct marker_set *set);

// Fills row, y and markers of a set that has models, outcome and parts.  redo_selection: whether
// modelling repeats selection, for which the rows must be complete for all candidates, too.
bool marker_set_fill(struct marker_set *set, enum marker_use use, const struct formula *formula,
                     const struct table *table, bool redo_selection,
                     const struct convention *convention, struct error *error);

#endif
