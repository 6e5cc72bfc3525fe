// SPDX-License-Identifier: GPL-3.0-or-later
// P values adjusted for their number.
//
// Holm 1979, Scand J Stat 6:65; Hochberg 1988, Biometrika 75:800; Sidak 1967, JASA
// 62:626; Benjamini & Hochberg 1995, JRSS B 57:289; adjusted values as in Wright 1992,
// Biometrics 48:1005.
#include <config.h>

#include "stats/multiplicity.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"

// Adjusts the m ascending P values in place.
static void adjust_sorted(enum adjustment adjustment, double *p, size_t m)
{
  double count = (double) m, bound;
  switch (adjustment) {
  case ADJUST_NONE:
    break;
  case ADJUST_BONFERRONI:
    for (size_t i = 0; i < m; i++)
      p[i] = fmin(1, count * p[i]);
    break;
  case ADJUST_SIDAK:
    for (size_t i = 0; i < m; i++)
      p[i] = -expm1(count * log1p(-p[i]));
    break;
  case ADJUST_HOLM:
    bound = 0;
    for (size_t i = 0; i < m; i++)
      p[i] = bound = fmax(bound, fmin(1, (double) (m - i) * p[i]));
    break;
  case ADJUST_HOCHBERG:
    bound = 1;
    for (size_t i = m; i-- > 0;)
      p[i] = bound = fmin(bound, (double) (m - i) * p[i]);
    break;
  case ADJUST_BH:
    bound = 1;
    for (size_t i = m; i-- > 0;)
      p[i] = bound = fmin(bound, count / (double) (i + 1) * p[i]);
    break;
  }
}

void p_values_adjust(enum adjustment adjustment, const double *p, size_t n, double *adjusted)
{
  double *known = NEW_ARRAY(double, n), *sorted = NEW_ARRAY(double, n);
  size_t *place = NEW_ARRAY(size_t, n), *order = NEW_ARRAY(size_t, n), m = 0;
  for (size_t i = 0; i < n; i++) {
    adjusted[i] = p[i];
    if (isnan(p[i]))
      continue;
    known[m] = p[i];
    place[m++] = i;
  }
  sort_order(known, m, order);
  for (size_t i = 0; i < m; i++)
    sorted[i] = known[order[i]];
  adjust_sorted(adjustment, sorted, m);
  for (size_t i = 0; i < m; i++)
    adjusted[place[order[i]]] = sorted[i];
  free(known);
  free(sorted);
  free(place);
  free(order);
}
