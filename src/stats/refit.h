// SPDX-License-Identifier: GPL-3.0-or-later
// A modelling process that can be repeated on resampled rows.
//
// The design (knots, levels, scales) stays; coefficients, and the choice of terms if the process
// made one, are found anew from a weight vector.

#ifndef HER2_STATS_REFIT_H
#define HER2_STATS_REFIT_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/collinearity.h"
#include "stats/logit.h"
#include "stats/selection.h"

struct refit_problem {
  size_t n, p;
  const double *x; // n x p, column-major: the intercept and the columns of all candidates
  const double *y; // n
  const double *coefficient; // p: the model on all rows, where iterations begin; 0 for columns
                             // that are not in it
  bool firth, flic;
  bool selects; // screening, dropping or stepwise selection is part of the process
  // Only if it selects: the candidates (first = 0 is column 1 of x), which need which
  // (selection.h), and how.  screen_p is that of her2-multivar: a candidate that needs no other
  // passes with P < screen_p alone, an interaction passes if what it needs does.
  const struct column_group *group;
  size_t n_groups;
  const bool *needs;
  struct selection_options selection;
};

// One a thread; the problem must outlive it, and does not change.  Without selection and Firth,
// refit() allocates nothing after this, except where a fit has to be proved separated.  Takes 12
// bytes a row and a copy of the rows in use if that is below 4 MB.  n < 2^32 - 1.
struct refit_workspace;
struct refit_workspace *refit_prepare(const struct refit_problem *problem);
void refit_release(struct refit_workspace *workspace);

// The process on these weights (n frequencies): coefficient: p out, 0 for columns not chosen; NaN
// unless LOGIT_CONVERGED.  Newton steps from problem->coefficient (from anywhere, it only takes
// longer) until what is left is proved to be less than 1e-11 standard errors, and that no direction
// separates (logit.h); what does not get there is decided by logit_fit.  A column that is constant
// on these weights (a vanished level) is LOGIT_RANK_DEFICIENT.  With selection, LOGIT_SEPARATED and
// LOGIT_RANK_DEFICIENT are also those of a candidate screened alone or of a model on the way; no
// candidate left is a model, too: the intercept.  The bits depend on the weights alone.
enum logit_status refit(const struct refit_problem *problem, const double *weight,
                        struct refit_workspace *workspace, double *coefficient);
// chosen: n_groups out, the candidates in the last refit's model (all without selection).
void refit_chosen(const struct refit_workspace *workspace, bool *chosen);

#endif
