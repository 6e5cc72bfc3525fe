// SPDX-License-Identifier: GPL-3.0-or-later
// Which candidates enter a logistic model: univariable screening, dropping by variance
// inflation, stepwise selection, in this order.
//
// A candidate is a group of columns (a number, a factor, a spline, an interaction) that enters
// and leaves as a whole.  Every step refits the model by full likelihood on all rows.  Weights
// are frequencies, so a bootstrap repeats the whole process by a weight vector.

#ifndef HER2_STATS_SELECTION_H
#define HER2_STATS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/collinearity.h"
#include "stats/logit.h"
#include "stats/pooled_logit.h"

struct selection_problem {
  const struct logit_data *data;    // the intercept (column 0) and the columns of all candidates
  const struct column_group *group; // n_groups candidates; first = 0 is column 1 of x
  size_t n_groups;
  // needs[i * n_groups + j]: candidate i (an interaction) is in a model only together with j.
  // NULL: none needs another.  Taken as it stands: what j needs, i has to name, too.
  const bool *needs;
  // NULL, or imputations of these rows: every model is fitted on all of them and pooled, and P is
  // that of the pooled Wald test (pooled_logit.h), inflation that of the mean covariance within.
  // Only by P, with inflation by coefficients; data->x is then that of the first.
  const struct pooled_data *imputed;
};

enum selection_direction { SELECTION_NONE, SELECTION_BACKWARD, SELECTION_FORWARD };
enum selection_criterion { SELECTION_BY_P, SELECTION_BY_AIC };
enum selection_test { SELECTION_WALD, SELECTION_LIKELIHOOD_RATIO };
enum selection_vif { SELECTION_VIF_COEFFICIENTS, SELECTION_VIF_OLS };

struct selection_options {
  // Screening: a candidate passes with P < screen_p in a model of it and what it needs alone; one
  // that fails stays if another that passes needs it.  NaN: no screening.
  double screen_p;
  // Dropping: while some scaled inflation GVIF^(1/df) is vif_cut or more, the candidate with the
  // largest leaves (of equal ones, to 1e-9, the last), among those that no other in the model
  // needs.  A candidate that depends exactly on others has an infinite one.  NaN: no dropping.
  double vif_cut;
  enum selection_vif vif_by;
  // Stepwise.  By P, backward: the largest joint P leaves if it is p or more; forward: the
  // smallest enters if it is less than p.  By AIC (-2 l + 2 coefficients): the change that
  // lowers it most, as MASS::stepAIC.  Hierarchy is kept both ways.
  enum selection_direction direction;
  enum selection_criterion criterion;
  double p;
  enum selection_test test; // for screening and stepwise P; Wald: b' V^-1 b
  struct logit_options fit; // of every model; `start` is not looked at
};

enum selection_action {
  SELECTION_PASS,   // screening: P below the bound
  SELECTION_KEEP,   // screening: not below, but a candidate that passed needs it
  SELECTION_FAIL,   // screening: not below, leaves
  SELECTION_DROP,   // variance inflation
  SELECTION_REMOVE, // backward
  SELECTION_ADD,    // forward
};
enum { N_SELECTION_ACTIONS = 6 };
extern const char *const selection_action_names[N_SELECTION_ACTIONS]; // "pass", "keep", ...

struct selection_step {
  enum selection_action action;
  size_t group;
  // The test of the candidate in the larger of the two models (imputed: F and its first df); DROP:
  // GVIF^(1/df), P NaN.
  double statistic, df, p_value;
  double aic; // screening: of the candidate's own model; stepwise: of the model after the step;
              // DROP: NaN
};

struct selection {
  // LOGIT_CONVERGED, or how the fit failed that stopped the process: LOGIT_SEPARATED where a
  // model of the process has no finite estimate (in screening a separated candidate passes
  // with statistic and P NaN), LOGIT_RANK_DEFICIENT where a candidate's column is constant or
  // columns depend on each other and no dropping was asked for.
  enum logit_status status;
  size_t failed_group; // the candidate whose entry failed, or (size_t) -1: the whole model
  size_t *kept;        // those in the model when the process ended or stopped, ascending
  size_t n_kept;
  struct selection_step *step; // in order
  size_t n_steps;
};

void selection_run(const struct selection_problem *problem, const struct selection_options *options,
                   struct selection *selection);
void selection_free(struct selection *selection);

// The intercept's column and those of the listed candidates in their order, n x (the result),
// into x (room for data->p columns); returns the number of columns.
size_t selection_gather(const struct selection_problem *problem, const size_t *kept, size_t n_kept,
                        double *x);

// The listed candidates' model on all imputations, pooled: one coefficient a column of data, 0 for
// what is not in it.
enum logit_status selection_fit_imputed(const struct selection_problem *problem, const size_t *kept,
                                        size_t n_kept, const struct logit_options *options,
                                        double *coefficient);

#endif
