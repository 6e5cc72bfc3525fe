// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the outcomes of a logistic regression can be separated by its predictors.
//
// With s_i = 1 for an event, -1 else, the maximum likelihood estimate does not exist if and
// only if some d has s_i x_i'd >= 0 for all rows and > 0 for one (Albert & Anderson 1984): it
// then lies at infinity in that direction.  If s_i x_i'd > 0 is possible for all rows at once,
// the separation is complete, else quasi-complete: the other rows overlap.

#ifndef HER2_STATS_SEPARATION_H
#define HER2_STATS_SEPARATION_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/logit_problem.h"

enum separation_status {
  OVERLAP, // the estimate exists
  QUASI_SEPARATION,
  COMPLETE_SEPARATION,
  SEPARATION_UNKNOWN, // the linear programme gave out (rounding)
};

struct separation {
  enum separation_status status;
  double *direction; // p: a direction that separates every row that can be, in units of x
  bool *overlapping; // n: rows of positive weight that no direction separates
  bool *infinite;    // p: not determined by the overlapping rows; under complete separation all
  bool *cause;       // p: what to name.  The columns that separate on their own (with the
                     // constant, if there is one); if there is none, under quasi-complete
                     // separation those that are infinite, under complete separation a set
                     // of which no column can be spared
};

// Rank must be full.  Rows within 1e-9 (columns standardized, direction and row of unit
// length) of the separating plane count as on it.  Release with separation_free.
void separation_find(const struct logit_problem *problem, struct separation *found);
void separation_free(struct separation *found);

// Whether some separating direction has a coefficient j above 0 (sign 1), below 0 (sign -1).
bool separation_has_side(const struct logit_problem *problem, size_t j, int sign);

#endif
