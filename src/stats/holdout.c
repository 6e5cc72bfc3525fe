// SPDX-License-Identifier: GPL-3.0-or-later
// Selection sampling (Fan, Muller & Rezucha 1962; Knuth 1998, algorithm 3.4.2 S).
#include <config.h>

#include "stats/holdout.h"

#include <math.h>

#include "stats/rng.h"

void holdout_mark(const double *group, size_t n, size_t n_groups, double fraction, uint64_t seed,
                  bool *test)
{
  for (size_t i = 0; i < n; i++)
    test[i] = false;
  for (size_t g = 0; g < n_groups; g++) {
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
      left += group[i] == (double) g;
    size_t wanted = (size_t) lround(fraction * (double) left);
    struct philox_stream stream;
    philox_start(&stream, seed, RNG_HOLDOUT, g);
    for (size_t i = 0; i < n && wanted; i++)
      if (group[i] == (double) g && philox_below(&stream, left--) < wanted) {
        test[i] = true;
        wanted--;
      }
  }
}
