// SPDX-License-Identifier: GPL-3.0-or-later
// P values adjusted for their number.

#ifndef HER2_STATS_MULTIPLICITY_H
#define HER2_STATS_MULTIPLICITY_H

#include <stddef.h>

enum adjustment {
  ADJUST_NONE,
  ADJUST_BONFERRONI, // min(1, m p)
  ADJUST_HOLM,       // Holm (1979), step down
  ADJUST_HOCHBERG,   // Hochberg (1988), step up
  ADJUST_SIDAK,      // 1 - (1 - p)^m, without loss for small p
  ADJUST_BH,         // Benjamini & Hochberg (1995)
};

// adjusted[i] from p[i]; NaN stays NaN and does not count.  `adjusted` may be `p`.
void p_values_adjust(enum adjustment adjustment, const double *p, size_t n, double *adjusted);

#endif
