// SPDX-License-Identifier: GPL-3.0-or-later
// Radix sort against qsort.
#include <config.h>

#include "base/sort.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static int compare(const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static void check(const char *what, double *x, size_t n)
{
  double *expected = malloc((n + 1) * sizeof *expected), *input = malloc((n + 1) * sizeof *input);
  size_t *order = malloc((n + 1) * sizeof *order);
  memcpy(expected, x, n * sizeof *x);
  memcpy(input, x, n * sizeof *x);
  qsort(expected, n, sizeof *expected, compare);
  sort_order(x, n, order);
  bool sorted = true, stable = true;
  for (size_t i = 0; i < n; i++) {
    sorted &= input[order[i]] == expected[i];
    stable &= i == 0 || input[order[i - 1]] < input[order[i]] || order[i - 1] < order[i];
  }
  sort_doubles(x, n);
  bool same = true;
  for (size_t i = 0; i < n; i++)
    same &= x[i] == expected[i];
  ok(same, "sort_doubles, %s, n = %zu", what, n);
  ok(sorted && stable, "sort_order, %s, n = %zu: sorted and stable", what, n);
  free(expected);
  free(input);
  free(order);
}

int main(void)
{
  static const size_t sizes[] = {0, 1, 2, 10, 24, 25, 299, 300, 301, 5000, 60000};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    size_t n = sizes[s];
    double *x = malloc((n + 1) * sizeof *x);
    srand(7);
    for (size_t i = 0; i < n; i++)
      x[i] = (rand() - RAND_MAX / 2) * pow(10, rand() % 600 - 300);
    check("all magnitudes and signs", x, n);
    for (size_t i = 0; i < n; i++)
      x[i] = rand() % 5 - 2;
    check("ties", x, n);
    for (size_t i = 0; i < n; i++)
      x[i] = i % 3 == 0 ? -0.0 : i % 3 == 1 ? 0.0 : INFINITY * (i % 2 ? 1 : -1);
    check("zeros and infinities", x, n);
    for (size_t i = 0; i < n; i++)
      x[i] = 3;
    check("all equal", x, n);
    for (size_t i = 0; i < n; i++)
      x[i] = 100 + rand() % 100000 / 1e4;
    check("decimals of one magnitude", x, n);
    for (size_t i = 0; i < n; i++)
      x[i] = i == n / 2 ? 0 : 1 + rand() % 1000 * 0x1p-52;
    check("all but one share their highest digits", x, n);
    // Each level of the recursion finds one more value apart from the rest.
    for (size_t i = 0; i < n; i++)
      x[i] = i == 0 ? -1 : i < 5 ? 1 + ldexp(1, -12 * (int) i) : 1 + rand() % 3 * 0x1p-52;
    check("outliers within outliers", x, n);
    free(x);
  }
  return tap_done();
}
