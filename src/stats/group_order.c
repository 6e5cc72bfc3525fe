// SPDX-License-Identifier: GPL-3.0-or-later
// Radix sort (Knuth 1998, section 5.2.5) of whole numbers with their groups.
#include <config.h>

#include "stats/group_order.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { LEAST_VALUES = 1 << 10, MOST_VALUES = 1 << 26, MOST_DECIMALS = 6, N_TRIED = 64 };
enum { AT_ONCE = 1 << 12, MOST_DIGIT_BITS = 12, MOST_GROUPS = 64 };

// Added to a double of at most 51 bits and taken away again it leaves a whole number.
static const double rounder = 0x1.8p52;
static const double most_whole = 0x1p50, most_apart = 0x1p31;

// How values become whole numbers: times the scale, less the base.
struct measure {
  double scale, base;
};

// What is true of the values.
struct finding {
  bool whole;          // they are the measure's whole numbers
  bool complete;       // no value and no group is missing
  int32_t least, most; // of the whole numbers
};

// apart[i]: the whole number of a value, 0 where it is missing.  False where some value is not
// this number divided by the scale again, or is 2^31 or more from the base.  The counts are
// doubles, which lets the compiler take two values at a time.
static bool round_values(const double *value, const double *group, size_t n,
                         const struct measure *measure, double *apart, bool *complete)
{
  double scale = measure->scale, base = measure->base;
  double n_other = 0, n_missing = 0, n_outside = 0, n_beyond = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : n_other, n_missing, n_outside, n_beyond)
#endif
  for (size_t i = 0; i < n; i++) {
    double x = value[i], code = group[i], whole = (x * scale + rounder) - rounder;
    n_other += whole / scale != x ? 1.0 : 0.0;
    n_missing += x != x ? 1.0 : 0.0;
    n_outside += code != code ? 1.0 : 0.0;
    n_beyond += fabs(whole - base) >= most_apart ? 1.0 : 0.0;
    apart[i] = x == x ? whole - base : 0;
  }
  *complete = n_missing + n_outside == 0;
  return n_other == n_missing && n_beyond == 0;
}

// key[i]: the whole number, modulo 2^32, and the group below it.
static void make_keys(const double *apart, const double *group, size_t n, unsigned group_bits,
                      uint32_t *key, struct finding *found)
{
  int32_t least = found->least, most = found->most;
#ifdef _OPENMP
#pragma omp simd reduction(min : least) reduction(max : most)
#endif
  for (size_t i = 0; i < n; i++) {
    double code = group[i] == group[i] ? group[i] : 0;
    int32_t whole = (int32_t) apart[i];
    key[i] = (uint32_t) whole << group_bits | (uint32_t) (int32_t) code;
    least = whole < least ? whole : least;
    most = whole > most ? whole : most;
  }
  found->least = least;
  found->most = most;
}

// The least power of ten that makes the first values whole numbers, and the first of these.
static bool find_measure(const double *value, const double *group, struct measure *measure)
{
  double apart[N_TRIED];
  size_t first = 0;
  while (first < N_TRIED && isnan(value[first]))
    first++;
  if (first == N_TRIED)
    return false;
  measure->scale = 1;
  for (int i = 0; i <= MOST_DECIMALS; i++, measure->scale *= 10) {
    bool complete;
    measure->base = (value[first] * measure->scale + rounder) - rounder;
    if (fabs(measure->base) < most_whole &&
        round_values(value, group, N_TRIED, measure, apart, &complete))
      return true;
  }
  return false;
}

// Stops at the first stretch of other values.
static struct finding make_all_keys(const double *value, const double *group, size_t n,
                                    const struct measure *measure, unsigned group_bits,
                                    uint32_t *key)
{
  struct finding all = {true, true, 0, 0}; // the base is one of the values
  double apart[AT_ONCE];
  for (size_t i = 0; i < n && all.whole; i += AT_ONCE) {
    size_t here = n - i < AT_ONCE ? n - i : AT_ONCE;
    bool complete;
    all.whole = round_values(value + i, group + i, here, measure, apart, &complete);
    all.complete = all.complete && complete;
    if (all.whole)
      make_keys(apart, group + i, here, group_bits, key + i, &all);
  }
  return all;
}

static size_t drop_missing(const double *value, const double *group, size_t n, uint32_t *key)
{
  size_t n_left = 0;
  for (size_t i = 0; i < n; i++) {
    key[n_left] = key[i];
    n_left += (value[i] == value[i]) & (group[i] == group[i]);
  }
  return n_left;
}

// Makes the keys differences from `first`; count[(pass << bits) + digit]: how many have it.  As a
// constant n_passes makes the loop a tight one.
static inline void count_digits(uint32_t *key, size_t n, uint32_t first, unsigned bits,
                                unsigned n_passes, uint32_t *count)
{
  uint32_t mask = (UINT32_C(1) << bits) - 1;
  memset(count, 0, ((size_t) n_passes << bits) * sizeof *count);
  for (size_t i = 0; i < n; i++) {
    uint32_t k = key[i] -= first;
    for (unsigned pass = 0; pass < n_passes; pass++)
      count[(pass << bits) + (k >> pass * bits & mask)]++;
  }
}

static void move_keys(const uint32_t *from, uint32_t *to, size_t n, unsigned shift, uint32_t mask,
                      uint32_t *count)
{
  uint32_t start = 0;
  for (size_t digit = 0; digit <= mask; digit++) {
    uint32_t here = count[digit];
    count[digit] = start;
    start += here;
  }
  for (size_t i = 0; i < n; i++)
    to[count[from[i] >> shift & mask]++] = from[i];
}

// Returns the one of key and spare that holds the sorted keys.  The lowest digit holds the group.
static uint32_t *sort_keys(struct group_order *order, uint32_t *key, uint32_t *spare,
                           uint32_t first, unsigned n_bits)
{
  unsigned n_passes = (n_bits + MOST_DIGIT_BITS - 1) / MOST_DIGIT_BITS;
  unsigned bits = (n_bits + n_passes - 1) / n_passes;
  uint32_t *count = NEW_ARRAY(uint32_t, (size_t) n_passes << bits);
  if (n_passes == 2)
    count_digits(key, order->n, first, bits, 2, count);
  else
    count_digits(key, order->n, first, bits, n_passes, count);
  for (size_t digit = 0; digit >> bits == 0; digit++)
    order->n_of_group[digit % ((size_t) 1 << order->group_bits)] += count[digit];
  for (unsigned pass = 0; pass < n_passes; pass++) {
    move_keys(key, spare, order->n, pass * bits, (UINT32_C(1) << bits) - 1,
              count + ((size_t) pass << bits));
    uint32_t *held = key;
    key = spare;
    spare = held;
  }
  free(count);
  return key;
}

static unsigned bits_for(uint64_t n)
{
  unsigned bits = 0;
  while (n >> bits)
    bits++;
  return bits;
}

bool group_order_find(struct group_order *order, const double *value, const double *group,
                      size_t n, size_t n_groups)
{
  struct measure measure;
  if (!group || n < LEAST_VALUES || n > MOST_VALUES || n_groups < 1 || n_groups > MOST_GROUPS ||
      !find_measure(value, group, &measure))
    return false;
  unsigned group_bits = bits_for(n_groups - 1);
  uint32_t *key = NEW_ARRAY(uint32_t, 2 * (n + 1)), *spare = key + n + 1;
  struct finding all = make_all_keys(value, group, n, &measure, group_bits, key);
  unsigned n_bits = bits_for((uint64_t) ((int64_t) all.most - all.least)) + group_bits;
  if (!all.whole || n_bits > 32) {
    free(key);
    return false;
  }
  *order = (struct group_order){.n = all.complete ? n : drop_missing(value, group, n, key),
                                .memory = key,
                                .n_groups = n_groups,
                                .group_bits = group_bits,
                                .least = measure.base + all.least,
                                .scale = measure.scale,
                                .n_of_group = NEW_ZEROED(size_t, (size_t) 1 << group_bits)};
  order->key = sort_keys(order, key, spare, (uint32_t) all.least << group_bits,
                         n_bits ? n_bits : 1);
  if (order->n)
    order->key[order->n] = ~order->key[order->n - 1];
  return true;
}

void group_order_free(struct group_order *order)
{
  free(order->memory);
  free(order->n_of_group);
  *order = (struct group_order){0};
}

void group_order_split(const struct group_order *order, double *to)
{
  size_t next[MOST_GROUPS], start = 0;
  for (size_t g = 0; g < order->n_groups; g++) {
    next[g] = start;
    start += order->n_of_group[g];
  }
  unsigned group_bits = order->group_bits;
  uint32_t mask = (UINT32_C(1) << group_bits) - 1;
  double least = order->least, scale = order->scale;
  for (size_t i = 0; i < order->n; i++) {
    uint32_t key = order->key[i];
    to[next[key & mask]++] = ((double) (key >> group_bits) + least) / scale;
  }
}

// At the end of each run of equal values, `start` to `next` - 1, its terms are added, and zeros
// elsewhere: no branch depends on the data.
struct mann_whitney_counts group_order_split_two(const struct group_order *order, double *to)
{
  assert(order->n_groups == 2);
  const uint32_t *key = order->key;
  size_t n = order->n, start = 0, n_runs = 0, next_to[2] = {0, order->n_of_group[0]};
  uint64_t n2 = 0, n2_before = 0, twice_u = 0;
  double spread = 0, least = order->least, scale = order->scale;
  for (size_t i = 0; i < n; i++) {
    size_t next = i + 1, group = key[i] & 1;
    to[next_to[group]++] = ((double) (key[i] >> 1) + least) / scale;
    n2 += group;
    bool ends = (key[next] ^ key[i]) > 1;
    uint64_t chosen = 0 - (uint64_t) ends, here = next - start, here1 = here - (n2 - n2_before);
    twice_u += here1 * (n2_before + n2) & chosen;
    spread += (double) (int64_t) (here * start & chosen) * (double) (int64_t) next;
    n_runs += ends;
    start = ends ? next : start;
    n2_before = ends ? n2 : n2_before;
  }
  return mann_whitney_counts_from((double) (n - n2), (double) n2, (double) twice_u / 2, spread,
                                  n_runs < n);
}
