// SPDX-License-Identifier: GPL-3.0-or-later
// Which of the numbers printed of one coefficient (B, odds ratio, limits, P) can be true together.

#ifndef HER2_STATS_ESTIMATE_CHOICE_H
#define HER2_STATS_ESTIMATE_CHOICE_H

#include <stdbool.h>

#include "stats/printed.h"

enum estimate_part { ESTIMATE_B, ESTIMATE_RATIO, ESTIMATE_LOW, ESTIMATE_HIGH, ESTIMATE_P,
                     N_ESTIMATE_PARTS };

struct estimate_choice {
  bool is_kept[N_ESTIMATE_PARTS]; // false where not printed
  double b, std_error;            // in the middle of those that print so; NaN: nothing is printed
};

// The largest set of the printed numbers for which one estimate b and standard error at least
// `least_error` exist: B and exp(b) print as they do, so do the Wald limits exp(b -+ 1.96 se), and
// the P of |b|/se.  Each subset asks for half planes in (b, se), P for a cone on either side of
// b = 0; the polygon that is left is found by clipping.  Of sets of one size the one is taken that
// keeps, in this order, the odds ratio, P, a limit, B, less up to 0.3 for each number that is left
// out, by its distance in standard errors.  part: N_ESTIMATE_PARTS, NaN where not printed.
void estimate_choose(const struct printed *part, double least_error,
                     struct estimate_choice *choice);

#endif
