// SPDX-License-Identifier: GPL-3.0-or-later
// Groups put in order at once, against each group sorted alone and against the merge: the same
// bits.
#include <config.h>

#include "stats/group_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "tap.h"

enum { MOST = 30001, MOST_GROUPS = 64 };

static uint64_t random_state = 99;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

static double value[MOST], group[MOST];

// Values of `decimals` digits from `low` on, most of them far below low + range; missing values
// and groups in `missing` of all rows.
static void make_rows(size_t n, size_t n_groups, int decimals, double low, double range,
                      double missing)
{
  double scale = pow(10, decimals);
  for (size_t i = 0; i < n; i++) {
    double u = uniform();
    double whole = floor(low * scale) + floor(u * u * range * scale);
    value[i] = uniform() < missing ? NAN : whole / scale;
    group[i] = uniform() < missing ? NAN : floor(uniform() * (double) n_groups);
  }
}

static bool same_bits(const void *a, const void *b, size_t n_bytes)
{
  return n_bytes == 0 || memcmp(a, b, n_bytes) == 0;
}

// The values of each group, sorted alone.
static void sort_each(size_t n, size_t n_groups, double *block, size_t *n_of_group)
{
  for (size_t g = 0; g < n_groups; g++) {
    n_of_group[g] = 0;
    for (size_t i = 0; i < n; i++)
      if (group[i] == (double) g && !isnan(value[i]))
        block[n_of_group[g]++] = value[i];
    sort_doubles(block, n_of_group[g]);
    block += n_of_group[g];
  }
}

static void check(size_t n, size_t n_groups, const char *what)
{
  static double expected[MOST], got[MOST];
  size_t n_of_group[MOST_GROUPS], n_used = 0;
  struct group_order order;
  bool found = group_order_find(&order, value, group, n, n_groups);
  ok(found, "%s, n = %zu, %zu groups: found", what, n, n_groups);
  if (!found)
    return;
  sort_each(n, n_groups, expected, n_of_group);
  for (size_t g = 0; g < n_groups; g++)
    n_used += n_of_group[g];
  ok(order.n == n_used && same_bits(order.n_of_group, n_of_group, n_groups * sizeof *n_of_group),
     "numbers of values");
  group_order_split(&order, got);
  ok(same_bits(got, expected, n_used * sizeof *got), "the values, to the last bit");
  if (n_groups == 2) {
    memset(got, 0xff, n_used * sizeof *got);
    struct mann_whitney_counts counts = group_order_split_two(&order, got);
    ok(same_bits(got, expected, n_used * sizeof *got), "the same while it counts");
    struct mann_whitney_counts merged = mann_whitney_count(
        expected, NULL, n_of_group[0], expected + n_of_group[0], NULL, n_of_group[1]);
    ok(counts.n1 == merged.n1 && counts.n2 == merged.n2 && counts.u == merged.u &&
           counts.variance == merged.variance && counts.ties == merged.ties,
       "and what the merge counts, to the last bit");
  }
  group_order_free(&order);
}

static void test_same(void)
{
  static const size_t sizes[] = {1024, 1025, 5000, MOST};
  static const size_t groups[] = {1, 2, 3, 5, 64};
  static const struct {
    const char *what;
    int decimals;
    double low, range, missing;
  } kinds[] = {
      {"whole numbers", 0, 0, 100, 0},         {"two decimals, below 0 too", 2, -50, 100, 0.1},
      {"six decimals", 6, 0, 30, 0.01},        {"one step", 3, 17, 0.002, 0.3},
      {"a huge offset", 0, 1e15, 1e6, 0.05},   {"a huge offset below 0", 1, -1e14, 1e5, 0},
      {"27 bits", 1, -1000, 13000000, 0.05},   {"five decimals", 5, 80, 40, 0},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++)
      for (size_t k = 0; k < sizeof groups / sizeof *groups; k++) {
        if (kinds[i].range > 1e7 && groups[k] > 16)
          continue;
        make_rows(sizes[j], groups[k], kinds[i].decimals, kinds[i].low, kinds[i].range,
                  kinds[i].missing);
        check(sizes[j], groups[k], kinds[i].what);
      }
}

static void test_edges(void)
{
  make_rows(3000, 2, 2, 0, 10, 0);
  for (size_t i = 0; i < 3000; i++)
    value[i] = i % 3 ? -0.0 : 0.0;
  check(3000, 2, "zeros of both signs");
  for (size_t i = 0; i < 3000; i++)
    value[i] = 4.25;
  check(3000, 2, "all equal");
  make_rows(3000, 1, 2, 0, 10, 0.2);
  check(3000, 2, "an empty second group");
  for (size_t i = 0; i < 3000; i++)
    group[i] = 1;
  check(3000, 2, "an empty first group");
  for (size_t i = 0; i < 3000; i++)
    group[i] = NAN;
  check(3000, 2, "no group");
  make_rows(3000, 2, 2, 0, 10, 0);
  for (size_t i = 1; i < 3000; i++)
    value[i] = NAN;
  check(3000, 2, "one value");
  make_rows(3000, 2, 0, 0, 10, 0);
  for (size_t i = 0; i < 3000; i++)
    value[i] = (double) (i * 2654435761 % 3000) / 8;
  check(3000, 2, "no ties, eighths");
  value[17] = -0x1p29;
  value[18] = 0x1p29 - 1;
  for (size_t i = 0; i < 3000; i++)
    value[i] = floor(value[i]);
  check(3000, 2, "30 bits, one left over");
}

static void refuses(size_t n, size_t n_groups, const char *what)
{
  struct group_order order;
  ok(!group_order_find(&order, value, group, n, n_groups), "%s: refused", what);
}

static void test_refused(void)
{
  make_rows(2000, 2, 2, 0, 10, 0);
  refuses(1023, 2, "1023 rows");
  refuses(2000, 0, "no group");
  refuses(2000, 65, "65 groups");
  struct group_order order;
  ok(!group_order_find(&order, value, NULL, 2000, 1), "no codes: refused");
  static const double strange[] = {1e-7, M_PI, INFINITY, -INFINITY, 1e300, 0x1p32, -0x1p31, 1e-320};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
    for (size_t place = 0; place < 2000; place += 1999) {
      make_rows(2000, 2, 2, 0, 10, 0);
      value[place] = strange[i];
      refuses(2000, 2, "one value that does not fit");
    }
  make_rows(2000, 2, 0, 0x1p51, 10, 0);
  refuses(2000, 2, "beyond 2^50");
  make_rows(2000, 2, 0, 0, 0x1p31, 0);
  value[0] = 0;
  value[1999] = 0x1p31 - 1;
  refuses(2000, 3, "no bits for the groups");
  make_rows(2000, 2, 2, 0, 10, 0);
  for (size_t i = 0; i < 64; i++)
    value[i] = NAN;
  refuses(2000, 2, "no value among the first");
}

int main(void)
{
  test_same();
  test_edges();
  test_refused();
  return tap_done();
}
