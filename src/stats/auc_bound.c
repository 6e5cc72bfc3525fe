// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds on areas under ROC curves; derivations in the header.
#include <config.h>

#include "stats/auc_bound.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/distribution.h"

static double unit(double x)
{
  return fmin(fmax(x, 0), 1);
}

struct interval auc_bound_at_point(double sensitivity, double specificity)
{
  return interval_of(sensitivity * specificity, 1 - (1 - sensitivity) * (1 - specificity));
}

struct interval auc_bound_from_point(struct interval sensitivity, struct interval specificity)
{
  if (!interval_is_known(sensitivity) || !interval_is_known(specificity))
    return (struct interval){NAN, NAN};
  return interval_of(unit(sensitivity.low) * unit(specificity.low),
                     1 - (1 - unit(sensitivity.high)) * (1 - unit(specificity.high)));
}

double auc_bound_youden(double sensitivity, double specificity)
{
  double rest = 2 - unit(sensitivity) - unit(specificity); // 1 - J
  return rest >= 1 ? 0.5 : 1 - rest * rest / 2;
}

double auc_greatest_of_factor(const double *count, size_t n_levels)
{
  double *fraction = NEW_ARRAY(double, n_levels);
  size_t *order = NEW_ARRAY(size_t, n_levels), n = 0;
  size_t *level = NEW_ARRAY(size_t, n_levels);
  for (size_t i = 0; i < n_levels; i++)
    if (count[2 * i] + count[2 * i + 1] > 0) {
      fraction[n] = count[2 * i] / (count[2 * i] + count[2 * i + 1]);
      level[n++] = i;
    }
  sort_order(fraction, n, order);
  double events = 0, others = 0, concordant = 0;
  for (size_t k = 0; k < n; k++) {
    const double *c = &count[2 * level[order[k]]];
    concordant += c[0] * (others + c[1] / 2);
    events += c[0];
    others += c[1];
  }
  free(fraction);
  free(order);
  free(level);
  return events > 0 && others > 0 ? concordant / (events * others) : NAN;
}

double auc_of_normals(double mean1, double sd1, double mean0, double sd0)
{
  return normal_lower((mean1 - mean0) / hypot(sd1, sd0));
}

double *sums_of_some(const double *value, size_t n, size_t *n_sums)
{
  assert(n <= 20);
  size_t all = (size_t) 1 << n;
  double *sum = NEW_ARRAY(double, all);
  sum[0] = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < (size_t) 1 << i; j++)
      sum[j + ((size_t) 1 << i)] = sum[j] + value[i];
  sort_doubles(sum, all);
  size_t kept = 1;
  for (size_t i = 1; i < all; i++)
    if (sum[i] != sum[kept - 1])
      sum[kept++] = sum[i];
  *n_sums = kept;
  return sum;
}
