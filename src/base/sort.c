// SPDX-License-Identifier: GPL-3.0-or-later
// Least-significant-digit radix sort (Knuth 1998, section 5.2.5) on the bit patterns
// of doubles, mapped so that unsigned order is numeric order.
#include <config.h>

#include "base/sort.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { DIGIT_BITS = 11, N_BUCKETS = 1 << DIGIT_BITS, N_PASSES = 6, SMALL = 300 };

static uint64_t key_of(double x)
{
  uint64_t bits;
  x += 0.0; // -0 becomes 0
  memcpy(&bits, &x, sizeof bits);
  return bits >> 63 ? ~bits : bits | (UINT64_C(1) << 63);
}

static double value_of(uint64_t key)
{
  uint64_t bits = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static unsigned digit_of(uint64_t key, int pass)
{
  return (unsigned) (key >> (pass * DIGIT_BITS)) & (N_BUCKETS - 1);
}

// count[pass][digit]; false for a pass in which all keys share one digit.
static void count_digits(const uint64_t *key, size_t n, size_t (*count)[N_BUCKETS])
{
  memset(count, 0, N_PASSES * sizeof *count);
  for (size_t i = 0; i < n; i++)
    for (int pass = 0; pass < N_PASSES; pass++)
      count[pass][digit_of(key[i], pass)]++;
}

// Turns counts into starting offsets; false if the pass would move nothing.
static bool offsets_from_counts(size_t *count, size_t n)
{
  size_t start = 0;
  for (size_t digit = 0; digit < N_BUCKETS; digit++) {
    if (count[digit] == n)
      return false;
    size_t here = count[digit];
    count[digit] = start;
    start += here;
  }
  return true;
}

static int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

void sort_doubles(double *x, size_t n)
{
  if (n < SMALL) {
    if (n > 1)
      qsort(x, n, sizeof *x, compare_doubles);
    return;
  }
  uint64_t *key = NEW_ARRAY(uint64_t, n), *next = NEW_ARRAY(uint64_t, n);
  size_t (*count)[N_BUCKETS] = memory_allocate(N_PASSES, sizeof *count);
  for (size_t i = 0; i < n; i++)
    key[i] = key_of(x[i]);
  count_digits(key, n, count);
  for (int pass = 0; pass < N_PASSES; pass++) {
    if (!offsets_from_counts(count[pass], n))
      continue;
    for (size_t i = 0; i < n; i++)
      next[count[pass][digit_of(key[i], pass)]++] = key[i];
    uint64_t *spare = key;
    key = next;
    next = spare;
  }
  for (size_t i = 0; i < n; i++)
    x[i] = value_of(key[i]);
  free(key);
  free(next);
  free(count);
}

void sort_order(const double *x, size_t n, size_t *order)
{
  uint64_t *key = NEW_ARRAY(uint64_t, n);
  size_t *from = NEW_ARRAY(size_t, n), *to = NEW_ARRAY(size_t, n);
  size_t (*count)[N_BUCKETS] = memory_allocate(N_PASSES, sizeof *count);
  for (size_t i = 0; i < n; i++) {
    key[i] = key_of(x[i]);
    from[i] = i;
  }
  count_digits(key, n, count);
  for (int pass = 0; pass < N_PASSES; pass++) {
    if (!offsets_from_counts(count[pass], n))
      continue;
    for (size_t i = 0; i < n; i++)
      to[count[pass][digit_of(key[from[i]], pass)]++] = from[i];
    size_t *spare = from;
    from = to;
    to = spare;
  }
  if (n)
    memcpy(order, from, n * sizeof *order);
  free(key);
  free(from);
  free(to);
  free(count);
}
