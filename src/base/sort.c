// SPDX-License-Identifier: GPL-3.0-or-later
// Radix sort (Knuth 1998, section 5.2.5) on the bit patterns of doubles, mapped so that
// unsigned order is numeric order.  sort_doubles needs not be stable, and looks at the most
// significant bits only as long as these tell the values apart.  Orders are found by address
// calculation.
#include <config.h>

#include "base/sort.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { DIGIT_BITS = 11, N_BUCKETS = 1 << DIGIT_BITS, N_PASSES = 6 };
// Of sort_doubles, found by trial on 1000 to 10^7 values.
enum { MOST_DIGIT_BITS = 13, MOST_BITS_OF_TWO = 58, MOST_PASSES = 3, MOST_INSERTED = 24 };

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

// --- Values alone

// Enough for the digits to tell most of n different keys apart, and no more than caches bear.
static unsigned digit_bits_for(size_t n)
{
  unsigned bits = (64 - (unsigned) __builtin_clzll(n)) / 2 + 3;
  return bits < MOST_DIGIT_BITS ? bits : MOST_DIGIT_BITS;
}

static void insert_keys(uint64_t *key, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    uint64_t inserted = key[i];
    size_t j = i;
    for (; j > 0 && key[j - 1] > inserted; j--)
      key[j] = key[j - 1];
    key[j] = inserted;
  }
}

// One stable pass by the digit at `shift`; count[digit] becomes where each digit ends.
static void move_keys(const uint64_t *from, uint64_t *to, size_t n, unsigned shift, uint64_t mask,
                      size_t *count)
{
  size_t start = 0;
  for (size_t digit = 0; digit <= mask; digit++) {
    size_t here = count[digit];
    count[digit] = start;
    start += here;
  }
  for (size_t i = 0; i < n; i++)
    to[count[from[i] >> shift & mask]++] = from[i];
}

// Sorts by two or three digits, the highest bits in which keys differ at all, and then the
// runs of keys that agree in these: short ones, as a rule.  Each level of recursion takes at
// least ten bits off, so there are at most seven.
// spare: n; count: MOST_PASSES << digit_bits_for(n).
static void sort_keys(uint64_t *key, size_t n, uint64_t *spare, size_t *count)
{
  if (n <= MOST_INSERTED) {
    insert_keys(key, n);
    return;
  }
  uint64_t different = 0;
  for (size_t i = 0; i < n; i++)
    different |= key[i] ^ key[0];
  if (!different)
    return;
  // Signs and exponents that differ take up bits and tell few keys apart: a third digit then.
  unsigned top = 64 - (unsigned) __builtin_clzll(different), bits = digit_bits_for(n);
  bool third = top > MOST_BITS_OF_TWO;
  if (third && bits > DIGIT_BITS)
    bits = DIGIT_BITS;
  unsigned n_bits = (third ? 3 : 2) * bits, low = top > n_bits ? top - n_bits : 0;
  uint64_t mask = (UINT64_C(1) << bits) - 1;
  size_t *second_count = count + mask + 1, *third_count = second_count + mask + 1;
  memset(count, 0, (third ? 3 : 2) * (mask + 1) * sizeof *count);
  for (size_t i = 0; i < n; i++) {
    uint64_t digits = key[i] >> low;
    count[digits & mask]++;
    second_count[digits >> bits & mask]++;
    if (third)
      third_count[digits >> 2 * bits & mask]++;
  }
  move_keys(key, spare, n, low, mask, count);
  move_keys(spare, key, n, low + bits, mask, second_count);
  if (third) {
    move_keys(key, spare, n, low + 2 * bits, mask, third_count);
    memcpy(key, spare, n * sizeof *key);
  }
  if (!(different & ((UINT64_C(1) << low) - 1)))
    return;
  for (size_t begin = 0, end; begin < n; begin = end) {
    uint64_t prefix = key[begin] >> low;
    for (end = begin + 1; end < n && key[end] >> low == prefix; end++)
      continue;
    if (end - begin > 1)
      sort_keys(key + begin, end - begin, spare, count);
  }
}

void sort_doubles(double *x, size_t n)
{
  if (n < 2)
    return;
  uint64_t *key = NEW_ARRAY(uint64_t, 2 * n);
  size_t *count = NEW_ARRAY(size_t, (size_t) MOST_PASSES << digit_bits_for(n));
  for (size_t i = 0; i < n; i++)
    key[i] = key_of(x[i]);
  sort_keys(key, n, key + n, count);
  for (size_t i = 0; i < n; i++)
    x[i] = value_of(key[i]);
  free(key);
  free(count);
}

// By the digits of the values' bits, from the last to the first.
static void order_by_digits(const double *x, size_t n, size_t *order)
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

// ---- order ----

// By address calculation (Knuth 1998, section 5.2.5, and exercise 5.2.1-38): the value's place
// between the smallest and the largest, as a whole number of one or two digits, is sorted by
// counting; the few values that share a place are then put in order by comparison.
enum { MOST_PLACE_BITS = 11, MOST_OF_ONE_DIGIT = 1 << 10, MOST_PLACED_BY_HAND = 24 };

struct order_room order_room_new(size_t n)
{
  assert(n <= UINT32_MAX);
  return (struct order_room){.n = n,
                             .key = NEW_ARRAY(uint64_t, n),
                             .spare = NEW_ARRAY(uint64_t, n),
                             .count = NEW_ARRAY(uint32_t, (size_t) 2 << MOST_PLACE_BITS)};
}

void order_room_free(struct order_room *room)
{
  free(room->key);
  free(room->spare);
  free(room->count);
  *room = (struct order_room){0};
}

static unsigned place_bits(size_t n)
{
  unsigned bits = 64 - (unsigned) __builtin_clzll(n);
  if (n <= MOST_OF_ONE_DIGIT)
    return bits + 1;
  bits = (bits + 5) / 2;
  return bits < MOST_PLACE_BITS ? bits : MOST_PLACE_BITS;
}

// A key holds the place in its upper half and the index in its lower one.
static size_t index_in(uint64_t key)
{
  return (size_t) (key & UINT32_MAX);
}

static void counts_to_starts(uint32_t *count, size_t n_digits)
{
  uint32_t start = 0;
  for (size_t digit = 0; digit < n_digits; digit++) {
    uint32_t here = count[digit];
    count[digit] = start;
    start += here;
  }
}

// One stable pass by the digit at `shift`.
static void place_pass(const uint64_t *from, uint64_t *to, size_t n, unsigned shift, uint64_t mask,
                 uint32_t *count)
{
  counts_to_starts(count, mask + 1);
  for (size_t i = 0; i < n; i++)
    to[count[from[i] >> shift & mask]++] = from[i];
}

static void insert_places(const double *x, uint64_t *key, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    uint64_t inserted = key[i];
    double value = x[index_in(inserted)];
    size_t j = i;
    for (; j > 0 && x[index_in(key[j - 1])] > value; j--)
      key[j] = key[j - 1];
    key[j] = inserted;
  }
}

// For ranges whose reciprocal is no double.
static void sort_far_places(const double *x, uint64_t *key, size_t n)
{
  double *value = NEW_ARRAY(double, n);
  uint64_t *sorted = NEW_ARRAY(uint64_t, n);
  size_t *order = NEW_ARRAY(size_t, n);
  for (size_t i = 0; i < n; i++)
    value[i] = x[index_in(key[i])];
  order_by_digits(value, n, order);
  for (size_t i = 0; i < n; i++)
    sorted[i] = key[order[i]];
  memcpy(key, sorted, n * sizeof *key);
  free(value);
  free(sorted);
  free(order);
}

static void sort_places(const double *x, uint64_t *key, size_t n, uint64_t *spare, uint32_t *count);

// Runs of keys that share a place.
static void sort_place_runs(const double *x, uint64_t *key, size_t n, uint64_t *spare, uint32_t *count)
{
  for (size_t begin = 0, end; begin < n; begin = end) {
    uint64_t place = key[begin] >> 32;
    bool sorted = true;
    for (end = begin + 1; end < n && key[end] >> 32 == place; end++)
      sorted = sorted && x[index_in(key[end - 1])] <= x[index_in(key[end])];
    if (!sorted)
      sort_places(x, key + begin, end - begin, spare, count);
  }
}

// key: indices ascending among equal values.
static void sort_places(const double *x, uint64_t *key, size_t n, uint64_t *spare, uint32_t *count)
{
  if (n <= MOST_PLACED_BY_HAND) {
    insert_places(x, key, n);
    return;
  }
  double low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    double value = x[index_in(key[i])];
    low = value < low && value > -INFINITY ? value : low;
    high = value > high && value < INFINITY ? value : high;
  }
  unsigned bits = place_bits(n);
  bool second = n > MOST_OF_ONE_DIGIT;
  uint64_t mask = (UINT64_C(1) << bits) - 1, top = second ? mask << bits | mask : mask;
  // Places 1 to top - 1 are of finite values, 0 and top of infinite ones.
  double scale = ((double) top - 2) / (high - low), most = (double) top - 1;
  if (high == low)
    scale = 0;
  if (!isfinite(scale) || !(high - low < INFINITY)) {
    sort_far_places(x, key, n);
    return;
  }
  uint32_t *second_count = count + mask + 1;
  memset(count, 0, (second ? 2 : 1) * (mask + 1) * sizeof *count);
  for (size_t i = 0; i < n; i++) {
    size_t index = index_in(key[i]);
    double value = x[index], where = (value - low) * scale + 1;
    uint64_t place = value == -INFINITY  ? 0
                     : value == INFINITY ? top
                                         : (uint64_t) (where < most ? where : most);
    count[place & mask]++;
    if (second)
      second_count[place >> bits]++;
    key[i] = place << 32 | index;
  }
  place_pass(key, spare, n, 32, mask, count);
  if (second)
    place_pass(spare, key, n, 32 + bits, mask, second_count);
  else
    memcpy(key, spare, n * sizeof *key);
  sort_place_runs(x, key, n, spare, count);
}

void order_ascending(const double *x, size_t n, struct order_room *room, size_t *order)
{
  assert(n <= room->n);
  for (size_t i = 0; i < n; i++)
    room->key[i] = i;
  sort_places(x, room->key, n, room->spare, room->count);
  for (size_t i = 0; i < n; i++)
    order[i] = index_in(room->key[i]);
}

void sort_order(const double *x, size_t n, size_t *order)
{
  if (n > UINT32_MAX) {
    order_by_digits(x, n, order);
    return;
  }
  struct order_room room = order_room_new(n);
  order_ascending(x, n, &room, order);
  order_room_free(&room);
}
