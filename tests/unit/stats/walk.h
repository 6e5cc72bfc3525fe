// SPDX-License-Identifier: GPL-3.0-or-later
// Walks over the numbered lines of a reference file.

#ifndef HER2_TESTS_WALK_H
#define HER2_TESTS_WALK_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reference.h"
#include "tap.h"

// 0 if both are equal, infinity for NaN, absolute where 0 is expected.
static inline double relative(double got, double expected)
{
  if (isnan(got))
    return INFINITY;
  return expected == got ? 0 : expected == 0 ? fabs(got) : fabs(got / expected - 1);
}

// Walks over all lines whose key is NAME.number and reports the worst of what `error`
// makes of them.
static inline void check_all(const struct reference *reference, const char *name,
                      double (*error)(const double *value), double tolerance, const char *why)
{
  size_t length = strlen(name), n = 0;
  double worst = 0;
  const char *worst_key = "none";
  for (size_t i = 0; i < reference_size(reference); i++) {
    const char *key = reference_key(reference, i);
    if (strncmp(key, name, length) != 0 || key[length] != '.'
        || strspn(key + length + 1, "0123456789") != strlen(key + length + 1))
      continue;
    double here = error(reference_values(reference, key, NULL));
    if (!(here <= worst)) {
      worst = here;
      worst_key = key;
    }
    n++;
  }
  ok(n > 0 && worst <= tolerance, "%s: %zu lines within %g of %s", name, n, tolerance, why);
  printf("#   worst %.2g at %s\n", worst, worst_key);
}

#endif
