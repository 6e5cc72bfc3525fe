// SPDX-License-Identifier: GPL-3.0-or-later
// t tests and the two-sample Kolmogorov-Smirnov test.
#include <config.h>

#include "stats/two_sample.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "tap.h"

static const char *const cases[] = {"sleep",   "permeability", "rotarod", "smirnov", "small",
                                    "unequal", "rounded",      "coarse",  "even",    "fifty",
                                    "apart",   "hundred",      "large",   "large.rounded"};
enum { N_CASES = sizeof cases / sizeof *cases };

static const double *values_of(const struct reference *reference, const char *name,
                               const char *what, size_t *n)
{
  char key[100];
  snprintf(key, sizeof key, "%s.%s", name, what);
  return reference_values(reference, key, n);
}

static uint64_t random_state = 12345;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

static int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static void check_t(struct t_test_result got, const double *r, const char *name, const char *what)
{
  char label[200];
#define CHECK(field, i, tolerance)                                       \
  snprintf(label, sizeof label, "%s: %s " #field " as R", name, what); \
  is_close(got.field, r[i], tolerance, label)
  // R's mean and variance are plain sums; the smallest difference here, -0.014 of means
  // near 0.1, leaves them 14 digits.
  CHECK(difference, 0, 1e-12);
  CHECK(std_error, 1, 1e-12);
  CHECK(statistic, 2, 1e-12);
  CHECK(df, 3, 1e-12);
  CHECK(p_value, 4, 1e-10); // what distribution.h promises
  CHECK(conf_low, 5, 1e-9);
  CHECK(conf_high, 6, 1e-9);
#undef CHECK
}

static void t_against_r(const struct reference *reference)
{
  for (size_t c = 0; c < N_CASES; c++) {
    size_t n1, n2;
    const double *x1 = values_of(reference, cases[c], "x1", &n1);
    const double *x2 = values_of(reference, cases[c], "x2", &n2);
    struct moments m1 = moments_compute(x1, NULL, n1), m2 = moments_compute(x2, NULL, n2);
    check_t(t_test_student(&m1, &m2, 0.95), values_of(reference, cases[c], "student", NULL),
            cases[c], "Student");
    check_t(t_test_welch(&m1, &m2, 0.95), values_of(reference, cases[c], "welch", NULL), cases[c],
            "Welch");
  }
}

static void t_identities(void)
{
  double x1[] = {3, 5, 8, 13.5, 21}, x2[] = {2, 4, 7.25, 9, 10}, y1[5], y2[5];
  struct moments a = moments_compute(x1, NULL, 5), b = moments_compute(x2, NULL, 5);
  struct t_test_result student = t_test_student(&a, &b, 0.9), welch = t_test_welch(&a, &b, 0.9);
  is_close(welch.statistic, student.statistic, 1e-15, "equal n: Welch's t is Student's");
  ok(welch.df < student.df, "equal n: Welch's df is the smaller");
  is_close((student.conf_low + student.conf_high) / 2, student.difference, 1e-14,
           "the interval is about the difference");
  struct t_test_result swapped = t_test_student(&b, &a, 0.9);
  is_close(swapped.statistic, -student.statistic, 1e-15, "swapped groups: t changes sign");
  is_close(swapped.conf_low, -student.conf_high, 1e-15, "swapped groups: limits change sign");

  // Shifted by 2^40, exactly: nothing may change.
  for (size_t i = 0; i < 5; i++) {
    y1[i] = x1[i] + 0x1p40;
    y2[i] = x2[i] + 0x1p40;
  }
  struct moments c = moments_compute(y1, NULL, 5), d = moments_compute(y2, NULL, 5);
  is_close(t_test_student(&c, &d, 0.9).p_value, student.p_value, 1e-10, "offset 2^40: P");
  is_close(t_test_welch(&c, &d, 0.9).statistic, welch.statistic, 1e-10, "offset 2^40: Welch's t");

  // The P at a limit of the interval is 1 - level.
  struct moments shifted = b;
  shifted.mean += student.conf_low;
  is_close(t_test_student(&a, &shifted, 0.9).p_value, 0.1, 1e-9, "P at the limit is 1 - level");

  double weight[] = {1, 3, 0, 2, 1}, repeated[] = {3, 5, 5, 5, 13.5, 13.5, 21};
  struct moments w = moments_compute(x1, weight, 5), r = moments_compute(repeated, NULL, 7);
  is_close(t_test_welch(&w, &b, 0.95).p_value, t_test_welch(&r, &b, 0.95).p_value, 1e-12,
           "weights are repeated values");
}

static void t_textbook(void)
{
  // Printed means and SD (three digits) against the textbook formula in long double.
  struct moments a = moments_from_summary(81, 1.021, 0.183);
  struct moments b = moments_from_summary(130, 0.934, 0.211);
  long double v1 = 0.183L * 0.183L, v2 = 0.211L * 0.211L;
  long double pooled = (80 * v1 + 129 * v2) / 209, part1 = v1 / 81, part2 = v2 / 130;
  struct t_test_result student = t_test_student(&a, &b, 0.95), welch = t_test_welch(&a, &b, 0.95);
  is_close(student.statistic, (double) (0.087L / sqrtl(pooled * (1.0L / 81 + 1.0L / 130))), 1e-13,
           "Student's t from summaries");
  is_close(welch.statistic, (double) (0.087L / sqrtl(part1 + part2)), 1e-13,
           "Welch's t from summaries");
  long double sum = part1 + part2, df = sum * sum / (part1 * part1 / 80 + part2 * part2 / 129);
  is_close(welch.df, (double) df, 1e-13, "Satterthwaite's df");
}

static void t_edges(void)
{
  double x[] = {1, 2, 4}, same[] = {7, 7, 7};
  struct moments three = moments_compute(x, NULL, 3), one = moments_compute(x, NULL, 1);
  struct moments none = moments_compute(x, NULL, 0), flat = moments_compute(same, NULL, 3);
  struct t_test_result r = t_test_student(&three, &one, 0.95);
  // The other group's variance is the pooled one: 7/3, so t = (4/3) / sqrt(7/3 (1/3 + 1)).
  is_close(r.statistic, 4 / sqrt(28), 1e-14, "n = 1: Student's t");
  is_close(r.df, 2, 1e-15, "n = 1: the other group's df");
  // On 2 df P = 1 - t / sqrt(2 + t^2).
  is_close(r.p_value, 1 - sqrt(2.0 / 9), 1e-13, "n = 1: P");
  r = t_test_student(&one, &one, 0.95);
  ok(isnan(r.statistic) && isnan(r.p_value), "n = 1 twice: no test");
  r = t_test_welch(&three, &one, 0.95);
  ok(isnan(r.statistic) && isnan(r.p_value) && isnan(r.conf_low), "n = 1: no Welch test");
  is_close(r.difference, 4.0 / 3, 1e-15, "n = 1: the difference stands");
  r = t_test_welch(&none, &three, 0.95);
  ok(isnan(r.difference) && isnan(r.p_value) && isnan(r.df), "n = 0: nothing");
  r = t_test_student(&flat, &flat, 0.95);
  ok(isnan(r.statistic) && isnan(r.p_value), "no spread at all: Student undefined");
  r = t_test_welch(&flat, &flat, 0.95);
  ok(isnan(r.statistic) && isnan(r.df), "no spread at all: Welch undefined");
  r = t_test_welch(&flat, &three, 0.95);
  is_close(r.df, 2, 1e-15, "one group without spread: Welch's df is the other's");
  ok(r.p_value > 0 && r.p_value < 1, "one group without spread: Welch has a P");
}

static void ks_against_r(const struct reference *reference)
{
  char label[200];
  for (size_t c = 0; c < N_CASES; c++) {
    size_t n1, n2;
    const double *x1 = values_of(reference, cases[c], "x1", &n1);
    const double *x2 = values_of(reference, cases[c], "x2", &n2);
    const double *r = values_of(reference, cases[c], "ks", NULL);
    struct ks_two_sample_result got = ks_two_sample_test(x1, n1, x2, n2);
    snprintf(label, sizeof label, "%s: D as R", cases[c]);
    is_close(got.statistic, r[0], 1e-13, label);
    is_integer(got.exact, (long long) r[2], "exact where R is");
    // R 4.2 subtracts from 1 where exact (rounding of 1); its limit leaves out terms: for
    // lambda < 1 all but the first, 2e-5 off at 0.97.
    snprintf(label, sizeof label, "%s: P as R", cases[c]);
    is_near(got.p_value, r[1], got.exact ? 1e-13 : 3e-5, label);
    double limit = 0, lambda = got.statistic * sqrt((double) (n1 * n2) / (double) (n1 + n2));
    for (int j = 20; j > 0; j--)
      limit += (j % 2 ? 2 : -2) * exp(-2 * j * j * lambda * lambda);
    if (!got.exact)
      is_close(got.p_value, fmin(1, limit), 1e-11, "limit by its series");
  }
}

// n1 n2 D of the pooled values z (sorted), bit i of chosen telling group 1.
static int distance_of(const double *z, int n, unsigned chosen, int n1)
{
  int in1 = 0, in2 = 0, largest = 0;
  for (int i = 0; i < n; i++) {
    if (chosen >> i & 1)
      in1++;
    else
      in2++;
    if (i + 1 < n && z[i + 1] == z[i])
      continue;
    int apart = abs(in1 * (n - n1) - in2 * n1);
    largest = apart > largest ? apart : largest;
  }
  return largest;
}

static void ks_against_enumeration(void)
{
  for (int trial = 0; trial < 24; trial++) {
    int n = 4 + trial % 9, n1 = 1 + (int) (uniform() * (n - 1));
    double z[12], x1[12], x2[12];
    for (int i = 0; i < n; i++)
      z[i] = trial % 3 ? floor(uniform() * (3 + trial)) : uniform();
    qsort(z, (size_t) n, sizeof *z, compare_doubles);
    unsigned chosen = 0;
    for (int left = n1, i = 0; i < n; i++)
      if (uniform() * (n - i) < left) {
        chosen |= 1u << i;
        left--;
      }
    size_t k1 = 0, k2 = 0;
    for (int i = 0; i < n; i++)
      if (chosen >> i & 1)
        x1[k1++] = z[i];
      else
        x2[k2++] = z[i];
    int observed = distance_of(z, n, chosen, n1);
    double as_far = 0, all = 0;
    for (unsigned other = 0; other < 1u << n; other++)
      if (__builtin_popcount(other) == n1) {
        all++;
        as_far += distance_of(z, n, other, n1) >= observed;
      }
    struct ks_two_sample_result got = ks_two_sample_test(x1, k1, x2, k2);
    is_close(got.statistic, (double) observed / (double) (k1 * k2), 1e-15, "D as enumerated");
    is_close(got.p_value, as_far / all, 1e-14, "P as enumerated");
  }
}

static void ks_extremes(void)
{
  static double x1[2000], x2[2000];
  for (int i = 0; i < 2000; i++) {
    x1[i] = i;
    x2[i] = 5000 + i;
  }
  // Complete separation: two arrangements of all.
  static const struct {
    size_t n1, n2;
  } sizes[] = {{1, 1}, {1, 2}, {3, 3}, {50, 50}, {99, 101}, {5, 1999}, {2, 2}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    double n1 = (double) sizes[i].n1, n2 = (double) sizes[i].n2;
    struct ks_two_sample_result r = ks_two_sample_test(x1, sizes[i].n1, x2, sizes[i].n2);
    is_close(r.statistic, 1, 0, "complete separation: D = 1");
    double all = 1;
    for (double k = 1; k <= n1; k++)
      all *= (n2 + k) / k;
    is_close(r.p_value, 2 / all, 1e-13, "complete separation: P = 2 n1! n2!/(n1+n2)!");
    ok(r.exact, "complete separation: exact");
  }
  struct ks_two_sample_result r = ks_two_sample_test(x1, 100, x2, 100);
  ok(!r.exact, "n1 n2 = 10000 takes the limit");
  is_close(r.p_value, 2 * exp(-100), 1e-12, "the limit's first term rules, 2 exp(-2 lambda^2)");
  r = ks_two_sample_test(x1, 365, x2, 365);
  is_close(r.p_value, 2 * exp(-365), 1e-10, "P of 1e-158");
  r = ks_two_sample_test(x1, 10, x1, 10);
  ok(r.statistic == 0 && r.p_value == 1, "equal samples: D = 0, P = 1");
  double same[] = {4, 4, 4};
  r = ks_two_sample_test(same, 3, same, 2);
  ok(r.statistic == 0 && r.p_value == 1, "all values tied: D = 0, P = 1");
  r = ks_two_sample_test(x1, 0, x2, 3);
  ok(isnan(r.statistic) && isnan(r.p_value), "empty sample: undefined");
  double zero[] = {-0.0}, plain[] = {0.0};
  ok(ks_two_sample_test(zero, 1, plain, 1).statistic == 0, "-0 is 0");
}

int main(void)
{
  struct reference *reference = reference_open("two_sample.tsv");
  t_against_r(reference);
  t_identities();
  t_textbook();
  t_edges();
  ks_against_r(reference);
  ks_against_enumeration();
  ks_extremes();
  reference_close(reference);
  return tap_done();
}
