// SPDX-License-Identifier: GPL-3.0-or-later
// Samples that have stated summaries: values on a decimal grid whose mean and SD, or median
// and quartiles, print as a paper's table prints them.

#ifndef HER2_STATS_SIMULATED_SAMPLE_H
#define HER2_STATS_SIMULATED_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What one group's values must have.  The summaries are those of the study profile: SD with
// n - 1, quartiles of type 6.
struct sample_target {
  size_t n;
  bool by_mean;      // centre is the mean, with sd; else the median, with q1 and q3
  double centre, sd, q1, q3; // sd is not looked at if n = 1
  int decimals;      // values are whole multiples of 10^-decimals, 0 to 9
  int digits;        // summaries are sought right to this many decimals
  double least, most; // no value lies outside; infinite: no bound
};

// Why no sample can be as asked (a sentence without its subject), or NULL if none of the
// reasons that are looked for holds: centre outside the quartiles or bounds, a negative SD, an
// SD above the largest that mean and bounds allow (Bhatia & Davis 2000: variance <= (most -
// mean)(mean - least), times n/(n-1)), numbers too large for the grid.  What only the grid
// forbids (a mean that no n whole numbers have) is not looked for: the samples come near.
const char *sample_target_fault(const struct sample_target *target);

// The values of one measure in all groups, ascending: value[g] has room for target[g].n.
//
// Groups by mean and SD: a normal sample, or one of the normal distribution cut at the bounds
// where it would pass them, moved and stretched to the mean and SD, rounded, and then repaired
// by steps of the grid until both print as asked; drawn anew until Lilliefors's P is
// `least_p` or more.  Groups by quartiles: a monotone function of a normal sample through the
// three quartiles with tails that are the heavier, the more draws the test of normality
// passed; drawn until in one group P is below `most_p` (needs a group of 5 or more).  A
// request that cannot be met gives the nearest sample that was found.
//
// Random numbers: stream (seed, RNG_SIMULATE, replicate), nothing else.
void simulated_measure(const struct sample_target *target, size_t n_groups, double least_p,
                       double most_p, uint64_t seed, uint64_t replicate, double *const *value);

#endif
