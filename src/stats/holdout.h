// SPDX-License-Identifier: GPL-3.0-or-later
// Rows set apart for testing, at random and in proportion.

#ifndef HER2_STATS_HOLDOUT_H
#define HER2_STATS_HOLDOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Marks a fraction of the rows of each group as test rows: round(fraction * n) of the n rows
// with that group code, drawn without replacement from the Philox stream (seed, RNG_HOLDOUT,
// group).  group: n codes 0.., NaN: in no group, never a test row.  It depends on the groups
// and the seed only, so that every command on one cohort sets the same rows apart.
void holdout_mark(const double *group, size_t n, size_t n_groups, double fraction, uint64_t seed,
                  bool *test);

#endif
