// SPDX-License-Identifier: GPL-3.0-or-later
// Markers of tests/reference/roc.tsv, and made-up ones.

#ifndef HER2_TESTS_ROC_CASES_H
#define HER2_TESTS_ROC_CASES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "reference.h"

static const char *const roc_case_names[] = {"asah",  "ovarian", "normal",   "ties",    "few",
                                             "small", "strong",  "adjacent", "weighted"};
enum { N_ROC_CASES = sizeof roc_case_names / sizeof *roc_case_names, MOST_MARKERS = 8 };

// Values of `what` of the case; the buffer of the key does not outlive the call.
static inline const double *roc_values(const struct reference *reference, const char *name,
                                       const char *what, size_t *n)
{
  char key[400];
  snprintf(key, sizeof key, "%s.%s", name, what);
  return reference_values(reference, key, n);
}

struct roc_case {
  const char *name;
  size_t n, k;
  const double *y, *x[MOST_MARKERS];
};

static inline struct roc_case roc_case_load(const struct reference *reference, const char *name)
{
  const double *shape = roc_values(reference, name, "shape", NULL);
  struct roc_case c = {.name = name, .n = (size_t) shape[0], .k = (size_t) shape[1]};
  c.y = roc_values(reference, name, "y", NULL);
  const double *x = roc_values(reference, name, "x", NULL);
  for (size_t j = 0; j < c.k; j++)
    c.x[j] = x + j * c.n;
  return c;
}

static uint64_t roc_random_state = 20240613;
static inline double roc_uniform(void)
{
  roc_random_state =
      roc_random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (roc_random_state >> 11) * 0x1p-53;
}

// n rows of k markers that share a part and know of y; rounded to 1/grain (0: not).
static inline void roc_make_up(size_t n, size_t k, double grain, double *y, double *const *x)
{
  for (size_t i = 0; i < n; i++) {
    y[i] = roc_uniform() < 0.4;
    double shared = roc_uniform() + roc_uniform();
    for (size_t j = 0; j < k; j++) {
      double value = shared + roc_uniform() * (double) (j + 1) / 2 + 0.3 * y[i];
      x[j][i] = grain > 0 ? (double) (long) (value * grain) / grain : value;
    }
  }
}

#endif
