// SPDX-License-Identifier: GPL-3.0-or-later
// Sorting of doubles, in linear time as a rule.

#ifndef HER2_BASE_SORT_H
#define HER2_BASE_SORT_H

#include <stddef.h>
#include <stdint.h>

// Sorts x[0..n) ascending; -0 may become 0.  No NaN.  O(n), 2 n doubles of extra memory.
void sort_doubles(double *x, size_t n);

// order[i] = index of the i-th smallest of x; equal values keep their order (stable).
// No NaN; infinities allowed.  Linear time for values that are spread more or less evenly between
// the smallest and the largest finite one, n log n in the worst case that is met in practice.
void sort_order(const double *x, size_t n, size_t *order);

// The same again and again, in memory prepared once.
struct order_room {
  size_t n; // most values
  uint64_t *key, *spare;
  uint32_t *count;
};
// n < 2^32.
struct order_room order_room_new(size_t n);
void order_room_free(struct order_room *room);
void order_ascending(const double *x, size_t n, struct order_room *room, size_t *order);

#endif
