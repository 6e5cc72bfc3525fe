// SPDX-License-Identifier: GPL-3.0-or-later
// The values of several groups in one ascending order, as whole numbers.
//
// Measurements have few decimals: times a power of ten they are whole numbers, of which 32 bits
// hold each with its group below it.  One sort of these gives every group's values in order and
// the order between groups, which rank tests ask for.

#ifndef HER2_STATS_GROUP_ORDER_H
#define HER2_STATS_GROUP_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/mann_whitney.h"

struct group_order {
  size_t n, n_groups;
  // n keys ascending, and one of another value behind: (key >> group_bits) + least, divided by
  // scale, is the value; the lowest bits are the group.
  uint32_t *key;
  uint32_t *memory; // in which they stand
  unsigned group_bits;
  double least, scale;
  size_t *n_of_group; // values of each group
};

// value: n numbers, NaN missing.  group: n codes 0..n_groups-1, NaN: row is left out.  False, and
// nothing to free, where this is not the way: the values are no such whole numbers (more than six
// decimals, 2^50 and more, a range that leaves no bits for the group), n is below 1024 or beyond
// 2^26, there are more than 64 groups, or `group` is NULL.
bool group_order_find(struct group_order *order, const double *value, const double *group,
                      size_t n, size_t n_groups);
void group_order_free(struct group_order *order);

// The values of group 0, then those of group 1, ..., each ascending: the very doubles that were
// given (-0 becomes 0).  to: order->n doubles.
void group_order_split(const struct group_order *order, double *to);

// The same of two groups, and what mann_whitney_count gives for them, to the last bit.
struct mann_whitney_counts group_order_split_two(const struct group_order *order, double *to);

#endif
