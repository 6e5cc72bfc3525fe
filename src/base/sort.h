// SPDX-License-Identifier: GPL-3.0-or-later
// Sorting of doubles in linear time.

#ifndef HER2_BASE_SORT_H
#define HER2_BASE_SORT_H

#include <stddef.h>

// Sorts x[0..n) ascending; -0 may become 0.  No NaN.  O(n), 2 n doubles of extra memory.
void sort_doubles(double *x, size_t n);

// order[i] = index of the i-th smallest of x; equal values keep their order (stable).
// No NaN.
void sort_order(const double *x, size_t n, size_t *order);

#endif
