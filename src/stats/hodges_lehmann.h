// SPDX-License-Identifier: GPL-3.0-or-later
// Hodges & Lehmann (1963): the shift between two samples, as the median of all differences.

#ifndef HER2_STATS_HODGES_LEHMANN_H
#define HER2_STATS_HODGES_LEHMANN_H

#include <stdbool.h>
#include <stddef.h>

struct shift_result {
  double estimate, conf_low, conf_high;
  bool exact; // limits from the exact distribution of U
};
// The estimate is the median of all n1 n2 differences x1 - x2 (mean of the two middle
// ones where their number is even); the limits are the k-th smallest and the k-th
// largest difference.  Without ties and both n <= 50, k is the (1 - level)/2 quantile
// of the exact distribution of U (R's wilcox.test); else
// k = floor(n1 n2/2 - z sqrt(variance of U given the ties)), rounded outward; in both
// cases at least 1.  NaN if a sample is empty.  x1: n1 and x2: n2 values, each ascending,
// finite; a level outside (0, 1) leaves the limits NaN.
// The differences are never listed: rows and columns of their matrix are sorted, so
// that those below any value are counted in O(n1 + n2), and a few such counts select
// (Johnson & Mizoguchi 1978, with sampled pivots as Floyd & Rivest 1975).
struct shift_result hodges_lehmann(const double *x1, size_t n1, const double *x2, size_t n2,
                                   double level);

#endif
