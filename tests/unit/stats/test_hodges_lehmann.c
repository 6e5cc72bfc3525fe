// SPDX-License-Identifier: GPL-3.0-or-later
// Hodges-Lehmann shift: selection without a list against the list itself.
#include <config.h>

#include "stats/hodges_lehmann.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "reference.h"
#include "stats/two_sample.h"
#include "tap.h"

static uint64_t random_state = 999;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

static double normal(void)
{
  return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static void against_r(const struct reference *reference)
{
  char key[100], label[200];
  size_t n_cases = 0;
  for (size_t i = 0; i < reference_size(reference); i++) {
    const char *name = reference_key(reference, i), *dot = strstr(name, ".hodges");
    if (!dot)
      continue;
    size_t n1, n2;
    n_cases++;
    snprintf(key, sizeof key, "%.*s.x1", (int) (dot - name), name);
    const double *x1 = reference_values(reference, key, &n1);
    snprintf(key, sizeof key, "%.*s.x2", (int) (dot - name), name);
    const double *x2 = reference_values(reference, key, &n2);
    const double *r = reference_values(reference, name, NULL);
    struct shift_result got = hodges_lehmann(x1, n1, x2, n2, strcmp(dot, ".hodges") ? 0.9 : 0.95);
    // R's median adds in long double: the last digit of a mean of two may differ.
    snprintf(label, sizeof label, "%s: estimate as R", name);
    is_close(got.estimate, r[0], 1e-15, label);
    snprintf(label, sizeof label, "%s: lower limit, the very same difference", name);
    is_close(got.conf_low, r[1], 0, label);
    snprintf(label, sizeof label, "%s: upper limit, the very same difference", name);
    is_close(got.conf_high, r[2], 0, label);
    ok(got.exact, "%s: exact", name);
  }
  ok(n_cases >= 12, "cases were found");
}

static void against_sas(void)
{
  // PROC NPAR1WAY, option HL, asymptotic (Moses) limits, as printed by the CAMIS project
  // (psiaims.github.io/CAMIS/SAS/nparestimate.html) for data of Hollander & Wolfe.
  double x1[] = {0.50, 1.30, 1.55, 1.62, 1.68, 1.83, 1.88, 2.48, 3.06};
  double x2[] = {0.598, 0.647, 0.878, 1.06, 1.06, 1.29, 1.29, 2.05, 3.14};
  struct shift_result r = hodges_lehmann(x1, 9, x2, 9, 0.95);
  is_close(r.estimate, 0.56, 1e-14, "SAS: 0.5600");
  is_close(r.conf_low, -0.37, 1e-14, "SAS: -0.3700");
  is_close(r.conf_high, 1.183, 1e-14, "SAS: 1.1830");
  ok(!r.exact, "ties: not the exact limits");
}

// The k of the limits, written once more: normal quantile z, sum of t^3 - t over the
// sorted pooled sample; or where exact is true, by walking up P(U <= u).
static uint64_t limit_rank(const double *x1, size_t n1, const double *x2, size_t n2, double level,
                           double z, bool exact)
{
  double k = 0;
  if (exact) {
    while (mann_whitney_lower(k, n1, n2) < (1 - level) / 2 - 1e-14)
      k++;
  } else {
    size_t n = n1 + n2;
    double *pooled = NEW_ARRAY(double, n), ties = 0, N = (double) n;
    memcpy(pooled, x1, n1 * sizeof *x1);
    memcpy(pooled + n1, x2, n2 * sizeof *x2);
    sort_doubles(pooled, n);
    for (size_t i = 0, j; i < n; i = j) {
      for (j = i; j < n && pooled[j] == pooled[i]; j++)
        continue;
      double t = (double) (j - i);
      ties += t * t * t - t;
    }
    double pairs = (double) n1 * (double) n2;
    k = floor(pairs / 2 - z * sqrt(pairs / 12 * (N + 1 - ties / (N * (N - 1)))));
    free(pooled);
  }
  return k < 1 ? 1 : (uint64_t) k;
}

static void against_list(const char *name, double *x1, size_t n1, double *x2, size_t n2,
                         double level, double z, bool exact)
{
  sort_doubles(x1, n1);
  sort_doubles(x2, n2);
  size_t n = n1 * n2;
  double *list = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n1; i++)
    for (size_t j = 0; j < n2; j++)
      list[i * n2 + j] = x1[i] - x2[j];
  sort_doubles(list, n);
  struct shift_result got = hodges_lehmann(x1, n1, x2, n2, level);
  uint64_t k = limit_rank(x1, n1, x2, n2, level, z, exact);
  double median = n % 2 ? list[n / 2] : (list[n / 2 - 1] + list[n / 2]) / 2;
  ok(got.estimate == median && got.conf_low == list[k - 1] && got.conf_high == list[n - k] &&
         got.exact == exact,
     "%s, %zu x %zu, level %g: as the list (%g; %g to %g)", name, n1, n2, level, got.estimate,
     got.conf_low, got.conf_high);
  if (got.estimate != median || got.conf_low != list[k - 1] || got.conf_high != list[n - k])
    printf("#   list: %.17g; %.17g to %.17g, k = %llu\n", median, list[k - 1], list[n - k],
           (unsigned long long) k);
  free(list);
}

static void lists(void)
{
  static const struct {
    size_t n1, n2;
  } sizes[] = {{1, 1}, {1, 2}, {2, 2}, {5, 3}, {30, 41}, {51, 20}, {300, 217}, {7, 20000},
               {20000, 7}, {600, 500}};
  static const struct {
    double level, z;
  } levels[] = {{0.95, 1.959963984540054}, {0.9, 1.6448536269514722}, {0.01, 0.012533469508069276},
                {0.999, 3.2905267314918945}};
  static double x1[20000], x2[20000];
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int shape = 0; shape < 4; shape++) {
      static const char *const names[] = {"normal", "rounded", "spread over decades", "clusters"};
      size_t n1 = sizes[s].n1, n2 = sizes[s].n2;
      for (size_t i = 0; i < n1 + n2; i++) {
        double x = normal() + (i < n1 ? 0.2 : 0), *place = i < n1 ? x1 + i : x2 + (i - n1);
        *place = shape == 0   ? x
                 : shape == 1 ? round(2 * x)
                 : shape == 2 ? exp(10 * x)
                              : x * 1e-9 + floor(3 * uniform());
      }
      bool ties = shape == 1 && n1 + n2 > 3;
      if (shape == 1 && n1 + n2 <= 3)
        continue; // ties or not by chance
      size_t l = (s + (size_t) shape) % 4;
      against_list(names[shape], x1, n1, x2, n2, levels[l].level, levels[l].z,
                   !ties && n1 <= 50 && n2 <= 50);
    }
  for (size_t i = 0; i < 2000; i++) {
    x1[i] = normal();
    x2[i] = 3 * normal();
  }
  against_list("three million differences", x1, 2000, x2, 1500, 0.95, 1.959963984540054, false);
  for (size_t i = 0; i < 1000; i++) {
    x1[i] = (double) i;
    x2[i] = (double) i;
  }
  against_list("a grid", x1, 1000, x2, 1000, 0.95, 1.959963984540054, false);
  for (size_t i = 0; i < 1000; i++)
    x1[i] = x2[i] = i < 999 ? 0 : 1;
  against_list("all but one tied", x1, 1000, x2, 700, 0.95, 1.959963984540054, false);
  for (size_t i = 0; i < 500; i++) {
    x1[i] = ldexp(1, (int) i);
    x2[i] = -ldexp(1, 400 - (int) i);
  }
  against_list("powers of 2", x1, 500, x2, 500, 0.95, 1.959963984540054, false);
}

static void identities(void)
{
  enum { N1 = 400, N2 = 300 };
  static double x1[N1], x2[N2];
  for (int i = 0; i < N1; i++)
    x1[i] = floor(normal() * 4096) / 4096;
  for (int i = 0; i < N2; i++)
    x2[i] = floor(normal() * 4096) / 4096;
  sort_doubles(x1, N1);
  sort_doubles(x2, N2);
  struct shift_result a = hodges_lehmann(x1, N1, x2, N2, 0.95);
  struct shift_result b = hodges_lehmann(x2, N2, x1, N1, 0.95);
  ok(b.estimate == -a.estimate && b.conf_low == -a.conf_high && b.conf_high == -a.conf_low,
     "swapped groups: all change sign");
  for (int i = 0; i < N1; i++)
    x1[i] += 0x1p30;
  b = hodges_lehmann(x1, N1, x2, N2, 0.95);
  ok(b.estimate == a.estimate + 0x1p30 && b.conf_low == a.conf_low + 0x1p30,
     "group 1 shifted by 2^30: so is the estimate");
  b = hodges_lehmann(x1, N1, x1, N1, 0.95);
  ok(b.estimate == 0 && b.conf_low == -b.conf_high, "a sample against itself: 0, symmetric limits");
  ok(hodges_lehmann(x1, N1, x2, N2, 0.99).conf_low < b.conf_low + 0x1p31, "higher level is wider");

  // Duality: U of the shifted sample is rejected just outside the limits.
  enum { SMALL = 20 };
  for (int i = 0; i < SMALL; i++) {
    x1[i] = normal() + 1;
    x2[i] = normal();
  }
  sort_doubles(x1, SMALL);
  sort_doubles(x2, SMALL);
  a = hodges_lehmann(x1, SMALL, x2, SMALL, 0.95);
  for (int side = 0; side < 2; side++) {
    double y1[SMALL], limit = side ? a.conf_high : a.conf_low, step = side ? 1e-9 : -1e-9;
    for (int i = 0; i < SMALL; i++)
      y1[i] = x1[i] - (limit + step);
    ok(mann_whitney_test(y1, NULL, SMALL, x2, NULL, SMALL, MANN_WHITNEY_EXACT).p_value < 0.05,
       "a shift just outside the limit is rejected");
    for (int i = 0; i < SMALL; i++)
      y1[i] = x1[i] - (limit - step);
    ok(mann_whitney_test(y1, NULL, SMALL, x2, NULL, SMALL, MANN_WHITNEY_EXACT).p_value >= 0.05,
       "a shift just inside is not");
  }
}

static void edges(void)
{
  double x[] = {1, 2, 3}, huge[] = {1.5e308, 1.6e308}, low[] = {-1.6e308, -1.5e308, 0};
  struct shift_result r = hodges_lehmann(x, 0, x, 3, 0.95);
  ok(isnan(r.estimate) && isnan(r.conf_low) && isnan(r.conf_high), "empty group: NaN");
  r = hodges_lehmann(x, 3, x, 3, NAN);
  ok(r.estimate == 0 && isnan(r.conf_low), "no level: the estimate alone");
  r = hodges_lehmann(huge, 2, low, 3, 0.95);
  ok(isinf(r.estimate) && isinf(r.conf_high) && r.conf_low == 1.5e308,
     "differences beyond the largest double are infinite");
  double same[] = {4, 4, 4, 4};
  r = hodges_lehmann(same, 4, same, 3, 0.95);
  ok(r.estimate == 0 && r.conf_low == 0 && r.conf_high == 0, "all tied: 0 and 0 to 0");
}

int main(void)
{
  struct reference *reference = reference_open("two_sample.tsv");
  against_r(reference);
  against_sas();
  lists();
  identities();
  edges();
  reference_close(reference);
  return tap_done();
}
