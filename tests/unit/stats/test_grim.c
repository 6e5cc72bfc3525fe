// SPDX-License-Identifier: GPL-3.0-or-later
// GRIM against enumeration in whole numbers, and the published example.
#include <config.h>

#include "stats/grim.h"

#include <stdio.h>

#include "tap.h"

static struct interval printed(long value, int decimals)
{
  double unit = pow(10, -decimals);
  return interval_of(((double) value - 0.5) * unit, ((double) value + 0.5) * unit);
}

// value/10^decimals is scale * k/n rounded half up or half even, for some k from 0 to `most`:
// |scale k 10^d - value n| <= n/2, in whole numbers.
static bool enumerated(long value, int decimals, long n, long scale, long most)
{
  long unit = 1;
  for (int i = 0; i < decimals; i++)
    unit *= 10;
  for (long k = 0; k <= most; k++) {
    long distance = scale * k * unit - value * n;
    if (2 * (distance < 0 ? -distance : distance) <= n)
      return true;
  }
  return false;
}

int main(void)
{
  // Brown & Heathers 2017, p. 364: 28 persons cannot have the mean 5.19; 5.18 and 5.21 can be.
  struct grim_result grim = grim_mean(printed(519, 2), 28, 1, 0, INFINITY);
  ok(!grim.possible, "5.19 of 28 is impossible");
  is_close(grim.below, 145 / 28.0, 1e-15, "the mean below");
  is_close(grim.above, 146 / 28.0, 1e-15, "the mean above");
  ok(grim_mean(printed(518, 2), 28, 1, 0, INFINITY).possible, "5.18 is possible");
  ok(grim_mean(printed(521, 2), 28, 1, 0, INFINITY).possible, "5.21 is possible");

  bool means = true, percents = true;
  for (long n = 1; n <= 40; n++)
    for (int decimals = 0; decimals <= 2; decimals++)
      for (long value = 0; value <= 300; value++)
        means &= grim_mean(printed(value, decimals), (double) n, 1, 0, 400).possible ==
                 enumerated(value, decimals, n, 1, 400);
  ok(means, "means agree with enumeration");
  for (long n = 1; n <= 140; n++)
    for (int decimals = 0; decimals <= 1; decimals++)
      for (long value = 0; value <= (decimals ? 1000 : 100); value++)
        percents &= grim_proportion(printed(value, decimals), (double) n, 100).possible ==
                    enumerated(value, decimals, n, 100, n);
  ok(percents, "percentages agree with enumeration");

  grim = grim_proportion(printed(726, 1), 49, 100);
  ok(!grim.possible && grim.total == 36, "72.6%% is no k/49");
  is_close(grim.below, 3500 / 49.0, 1e-15, "35/49");
  is_close(grim.above, 3600 / 49.0, 1e-15, "36/49");
  ok(grim_proportion(interval_of(0, 0.001), 49, 1).possible, "0 of 49 is below 0.001");
  ok(!grim_proportion(printed(1050, 1), 20, 100).possible, "105%% is no part");
  ok(grim_proportion(printed(125, 1), 8, 100).possible, "an exact one");
  // 1/8 = 0.125 prints as 0.12 (half even) and as 0.13 (half up)
  ok(grim_proportion(printed(12, 2), 8, 1).possible, "half even");
  ok(grim_proportion(printed(13, 2), 8, 1).possible, "half up");
  ok(!grim_mean(printed(1, 0), 0, 1, 0, 9).possible, "n = 0");
  ok(isnan(grim_mean(interval_point(NAN), 5, 1, 0, 9).value), "not printed");

  const double sums[] = {0, 10, 11, 21, 28, 38, 39, 49};
  ok(grim_one_of(printed(776, 1), 49, 100, sums, 8).possible, "38/49 prints 77.6");
  grim = grim_one_of(printed(816, 1), 49, 100, sums, 8);
  ok(!grim.possible && grim.total == 39, "40/49 is no sum of levels");
  is_close(grim.above, 100, 1e-15, "the next is all");
  return tap_done();
}
