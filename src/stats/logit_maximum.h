// SPDX-License-Identifier: GPL-3.0-or-later
// The maximum of the (penalized) log likelihood over some of the coefficients, the others
// held where they are.  For logit*.c alone.

#ifndef HER2_STATS_LOGIT_MAXIMUM_H
#define HER2_STATS_LOGIT_MAXIMUM_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/logit_problem.h"

enum maximum_status {
  AT_MAXIMUM,
  DRIFTING, // only with watch_drift: residuals vanish, or the information is singular
  GAVE_OUT, // too many iterations, or the information is not finite
};

struct maximum_search {
  const struct logit_problem *problem;
  const bool *free_column; // p, or NULL for all
  bool firth;              // the penalty is that of all columns, free or not
  size_t most_iterations;
  double tolerance; // on the step's gain 2 d'I d/2 relative to the deviance
  bool watch_drift;

  // Results.
  struct logit_point point; // at the last g; for Firth with the penalty's gradient
  double *factor;           // of the information of all columns there (Firth, or all free) or
                            // of the free ones
  double decrement;         // gradient' information^-1 gradient over the free columns there
  size_t n_iterations;
};

// n_free x n_free room is p x p.  Release with maximum_search_free.
void maximum_search_start(struct maximum_search *search, const struct logit_problem *problem);
void maximum_search_free(struct maximum_search *search);

// Newton's method with step halving from g, which is moved; for Firth scoring steps, sped up
// by Anderson's mixing.
enum maximum_status maximum_search_run(struct maximum_search *search, double *g);

// The intercept alone (a column of ones, with the offset): its maximum likelihood estimate;
// -INFINITY or INFINITY if all outcomes are equal.  log_likelihood may be NULL.
double logit_null_intercept(const struct logit_data *data, double *log_likelihood);

#endif
