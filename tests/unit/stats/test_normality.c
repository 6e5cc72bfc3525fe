// SPDX-License-Identifier: GPL-3.0-or-later
// Normality tests.
#include <config.h>

#include "stats/normality.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "reference.h"
#include "stats/distribution.h"
#include "stats/summary.h"
#include "tap.h"

static uint64_t random_state = 4711;
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
  static const struct {
    const char *name;
    enum normality_test test;
    double statistic_tolerance, p_tolerance;
  } tests[] = {
      // Where P is tiny its exponent multiplies the rounding of D by up to 1e4.
      {"lilliefors", NORMALITY_LILLIEFORS, 1e-12, 1e-10},
      {"anderson", NORMALITY_ANDERSON, 1e-11, 1e-10},
      // P of 1e-67 sits 17 SD out, where log P has slope 17 in a z of 14 digits.
      {"shapiro", NORMALITY_SHAPIRO, 1e-11, 1e-9},
      {"ks", NORMALITY_KS, 1e-12, 0}};
  char label[200];
  size_t n_checked = 0;
  for (size_t i = 0; i < reference_size(reference); i++) {
    const char *key = reference_key(reference, i), *dot = strrchr(key, '.');
    for (size_t t = 0; t < sizeof tests / sizeof *tests; t++) {
      if (strcmp(dot + 1, tests[t].name) != 0)
        continue;
      size_t n;
      snprintf(label, sizeof label, "%.*s.x", (int) (dot - key), key);
      const double *x = reference_values(reference, label, &n);
      const double *r = reference_values(reference, key, NULL);
      // R's lower limit of n = 3 and 4 is Shapiro-Wilk's alone.
      struct normality_result got =
          n < 5 ? normality_shapiro(x, n) : normality_compute(tests[t].test, x, n);
      n_checked++;
      snprintf(label, sizeof label, "%s: statistic as R", key);
      is_close(got.statistic, r[0], tests[t].statistic_tolerance, label);
      snprintf(label, sizeof label, "%s: P as R", key);
      if (tests[t].test != NORMALITY_KS)
        is_close(got.p_value, r[1], tests[t].p_tolerance, label);
      else if (r[2] == 1) // R subtracts from 1
        is_near(got.p_value, r[1], 1e-12, label);
      else // ours is nearer to the exact one: n of 1000 and more differ by 1/(6 sqrt n)
        is_near(got.p_value, r[1], 0.006, label);
    }
  }
  ok(n_checked > 100, "cases were found");
}

static void against_publications(const struct reference *reference)
{
  size_t n;
  const double *x = reference_values(reference, "men.x", &n);
  // Shapiro & Wilk (1965), p. 606: W = 0.79 with their tabulated coefficients.
  is_near(normality_shapiro(x, n).statistic, 0.79, 0.005, "Shapiro & Wilk: W of 11 men");
  x = reference_values(reference, "chicks.x", &n);
  // D'Agostino & Stephens (1986), p. 125: modified A^2 = 0.223.
  is_near(normality_anderson(x, n).statistic * (1 + 0.75 / 20 + 2.25 / 400), 0.223, 0.0005,
          "D'Agostino & Stephens: modified A^2 of 20 chicks");
}

// Every place evaluated, with the same arithmetic.
static double distance_plainly(const double *x, size_t n)
{
  struct moments m = moments_compute(x, NULL, n);
  double sd = moments_sd(&m), count = (double) n, distance = 0;
  for (size_t i = 0; i < n; i++) {
    double p = normal_lower((x[i] - m.mean - m.mean_tail) / sd);
    distance = fmax(distance, fmax((double) (i + 1) / count - p, p - (double) i / count));
  }
  return distance;
}

// The definition, all sums compensated.
static double anderson_plainly(const double *x, size_t n)
{
  struct compensated_sum total = {0}, squares = {0}, sum = {0};
  double count = (double) n;
  for (size_t i = 0; i < n; i++)
    sum_add(&total, x[i]);
  double mean = sum_total(&total) / count;
  for (size_t i = 0; i < n; i++)
    sum_add(&squares, (x[i] - mean) * (x[i] - mean));
  double scale = sqrt(2 * sum_total(&squares) / (count - 1));
  sum_add(&sum, count * count);
  for (size_t i = 0; i < n; i++) {
    double lower = erfc(-(x[i] - mean) / scale) / 2;
    double upper = erfc((x[n - 1 - i] - mean) / scale) / 2;
    sum_add(&sum, (double) (2 * i + 1) * log(lower));
    sum_add(&sum, (double) (2 * i + 1) * log(upper));
  }
  return -sum_total(&sum) / count;
}

static double sample_value(int shape)
{
  switch (shape) {
  case 0:
    return normal();
  case 1:
    return uniform();
  case 2:
    return -log(1 - uniform());
  case 3:
    return round(normal() * 3);
  case 4:
    return uniform() < 0.5 ? 0 : 1 + uniform() * 1e-6;
  default:
    return exp(4 * normal());
  }
}

static void against_plain_loops(void)
{
  static const size_t sizes[] = {5, 6, 63, 64, 65, 66, 127, 128, 129, 130, 193, 700, 6401, 100000};
  static double x[100000];
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int shape = 0; shape < 6; shape++) {
      size_t n = sizes[s];
      for (int trial = 0; trial < (n < 1000 ? 40 : 1); trial++) {
        for (size_t i = 0; i < n; i++)
          x[i] = sample_value(shape);
        x[0] = sample_value(shape) + 0.5;
        sort_doubles(x, n);
        if (x[0] == x[n - 1])
          continue;
        double got = normality_lilliefors(x, n).statistic, plain = distance_plainly(x, n);
        if (got != plain || trial == 0)
          ok(got == plain, "n = %zu, shape %d: D equals that of the plain loop (%.17g)", n, shape,
             got);
        if (trial == 0 && n >= 8 && shape != 5) {
          // A^2 sums n terms that cancel to the order of 1.
          char label[100];
          snprintf(label, sizeof label, "n = %zu, shape %d: A^2 by definition", n, shape);
          is_close(normality_anderson(x, n).statistic, anderson_plainly(x, n),
                   n > 10000 ? 1e-10 : 1e-12, label);
        }
      }
    }
}

// log P(Z >= z), z > 5, by Laplace's continued fraction (Abramowitz & Stegun 26.2.14).
static double log_tail_plainly(double z)
{
  double fraction = z;
  for (int k = 200; k >= 1; k--)
    fraction = z + k / fraction;
  return -z * z / 2 - log(2 * acos(-1)) / 2 - log(fraction);
}

static void anderson_far_tails(void)
{
  // One value at z = (n-1)/sqrt(n), n - 1 at z = -1/sqrt(n): A^2 from the definition.
  static double x[40000];
  for (size_t n = 50; n <= 40000; n = n * 5 / 4) {
    memset(x, 0, sizeof x);
    x[n - 1] = 1;
    double count = (double) n, z = (count - 1) / sqrt(count), low = 1 / sqrt(count);
    double log_below = log(erfc(low * sqrt(0.5)) / 2), log_above = log(erfc(-low * sqrt(0.5)) / 2);
    struct compensated_sum sum = {0};
    sum_add(&sum, count * count);
    for (size_t i = 1; i < n; i++) {
      sum_add(&sum, (double) (2 * i - 1) * log_below);
      sum_add(&sum, (double) (2 * (n - i) + 1) * log_above);
    }
    sum_add(&sum, log_tail_plainly(z));
    sum_add(&sum, (2 * count - 1) * log1p(-exp(log_tail_plainly(z))));
    char label[100];
    snprintf(label, sizeof label, "an outlier at z = %.1f: A^2", z);
    is_close(normality_anderson(x, n).statistic, -sum_total(&sum) / count, 1e-12, label);
    x[0] = -1;
    x[n - 1] = 0;
    is_close(normality_anderson(x, n).statistic, -sum_total(&sum) / count, 1e-12,
             "and its mirror image");
  }
}

static void invariances(void)
{
  static const enum normality_test tests[] = {NORMALITY_LILLIEFORS, NORMALITY_KS,
                                              NORMALITY_SHAPIRO, NORMALITY_ANDERSON};
  static const size_t sizes[] = {8, 11, 12, 57, 300};
  double x[300], shifted[300], mirrored[300];
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    size_t n = sizes[s];
    for (size_t i = 0; i < n; i++)
      x[i] = floor((normal() + uniform()) * 65536) / 65536;
    sort_doubles(x, n);
    for (size_t i = 0; i < n; i++) {
      shifted[i] = 0x1p-8 * x[i] + 0x1p26; // exact
      mirrored[i] = -x[n - 1 - i];
    }
    for (size_t t = 0; t < sizeof tests / sizeof *tests; t++) {
      struct normality_result a = normality_compute(tests[t], x, n);
      struct normality_result b = normality_compute(tests[t], shifted, n);
      struct normality_result c = normality_compute(tests[t], mirrored, n);
      ok(a.p_value >= 0 && a.p_value <= 1 && a.statistic > 0, "a P value");
      is_close(b.statistic, a.statistic, 1e-11, "shifted by 2^26, scaled: the same statistic");
      is_close(b.p_value, a.p_value, 1e-9, "shifted and scaled: the same P");
      is_close(c.statistic, a.statistic, 1e-12, "mirrored: the same statistic");
      is_close(c.p_value, a.p_value, 1e-11, "mirrored: the same P");
    }
    double d = normality_lilliefors(x, n).statistic;
    is_close(normality_ks(x, n).statistic, d, 0, "ks has Lilliefors's D");
    is_close(normality_ks(x, n).p_value, kolmogorov_upper(d, (double) n), 0, "ks: P of Kolmogorov");
    ok(normality_ks(x, n).p_value >= normality_lilliefors(x, n).p_value,
       "parameters known: P is not below Lilliefors's");
  }
}

static void shapiro_of_three(void)
{
  // n = 3: W = (x3 - x1)^2/(2 SS), P = (6/pi)(arcsin sqrt W - pi/3).
  static const double middle[] = {0, 1e-9, 0.001, 0.1, 0.25, 0.4, 0.5};
  for (size_t i = 0; i < sizeof middle / sizeof *middle; i++) {
    double x[3] = {0, middle[i], 1};
    long double m = middle[i], mean = (1 + m) / 3;
    long double squares = mean * mean + (m - mean) * (m - mean) + (1 - mean) * (1 - mean);
    long double w = 1 / (2 * squares);
    struct normality_result r = normality_shapiro(x, 3);
    is_close(r.statistic, (double) w, 1e-15, "three values: W");
    is_near(r.p_value, (double) (6 / acosl(-1) * (asinl(sqrtl(w > 1 ? 1 : w)) - acosl(0.5L))), 1e-8,
            "three values: P"); // arcsin at 1 halves the digits
  }
  double even[] = {-1, 0, 1};
  struct normality_result r = normality_shapiro(even, 3);
  ok(r.statistic == 1 && fabs(r.p_value - 1) < 1e-7, "three evenly spaced values: W = 1, P = 1");
}

static void shapiro_extremes(void)
{
  // The least W belongs to one value apart from all others: P defined for every n.
  static double x[5001];
  double last = 1;
  for (size_t n = 4; n <= 11; n++) {
    memset(x, 0, sizeof x);
    x[n - 1] = 1;
    struct normality_result r = normality_shapiro(x, n);
    ok(r.statistic > 0 && r.p_value > 0 && r.p_value < last, "n = %zu, one apart: W %.4f, P %.3g",
       n, r.statistic, r.p_value);
    last = r.p_value;
  }
  // Normal scores: as near to W = 1 as data come.
  static const size_t sizes[] = {4, 5, 6, 11, 12, 100, 2000, 5000};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    size_t n = sizes[s];
    for (size_t i = 0; i < n; i++)
      x[i] = normal_quantile(((double) i + 0.625) / ((double) n + 0.25));
    struct normality_result r = normality_shapiro(x, n);
    ok(r.statistic > 0.98 && r.statistic <= 1 && r.p_value > 0.9 && r.p_value <= 1,
       "normal scores, n = %zu: W = %.6f, P = %.6f", n, r.statistic, r.p_value);
  }
}

static void undefined_results(void)
{
  double same[] = {2, 2, 2, 2, 2, 2, 2, 2, 2}, x[5001];
  for (size_t i = 0; i < 5001; i++)
    x[i] = (double) i;
  for (int test = NORMALITY_NONE; test <= NORMALITY_ANDERSON; test++) {
    enum normality_test t = (enum normality_test) test;
    size_t least = test == NORMALITY_ANDERSON ? 8 : 5;
    for (size_t n = 0; n < least; n++) {
      struct normality_result r = normality_compute(t, x, n);
      ok(isnan(r.statistic) && isnan(r.p_value), "test %d, n = %zu: undefined", test, n);
    }
    struct normality_result r = normality_compute(t, x, least);
    ok(isnan(r.statistic) == (t == NORMALITY_NONE), "test %d, n = %zu: defined", test, least);
    r = normality_compute(t, same, 9);
    ok(isnan(r.statistic) && isnan(r.p_value), "test %d, no spread: undefined", test);
  }
  struct normality_result r = normality_shapiro(x, 5001);
  ok(isnan(r.statistic) && isnan(r.p_value), "Shapiro-Wilk above 5000: undefined");
  ok(normality_shapiro(x, 5000).p_value < 1e-10, "Shapiro-Wilk at 5000: defined");
  ok(isnan(normality_shapiro(x, 2).p_value), "Shapiro-Wilk of two: undefined");
  ok(normality_shapiro(x, 3).p_value > 0.99, "Shapiro-Wilk of three: defined");
  double third[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
  ok(isnan(normality_anderson(third, 9).statistic), "0.1 nine times has no spread");
}

static void lilliefors_pieces(void)
{
  // P falls with D through all pieces (Stephens's polynomials meet within 1e-3, and
  // Dallal & Wilkinson's formula takes over at 0.1 with a jump of at most 0.01).
  for (size_t n = 5; n <= 5000; n = n * 3 + 1) {
    static double x[5000];
    double last = 1;
    for (int step = 0; step <= 60; step++) {
      for (size_t i = 0; i < n; i++) // from normal scores to ever heavier right tails
        x[i] = exp(0.05 * step * normal_quantile(((double) i + 0.5) / (double) n));
      if (step == 0)
        for (size_t i = 0; i < n; i++)
          x[i] = normal_quantile(((double) i + 0.5) / (double) n);
      double p = normality_lilliefors(x, n).p_value;
      if (!(p >= 0 && p <= last + 0.01))
        ok(false, "n = %zu, step %d: P = %g after %g", n, step, p, last);
      last = p;
    }
    ok(last < 0.1, "n = %zu: P falls with D", n);
  }
}

int main(void)
{
  struct reference *reference = reference_open("normality.tsv");
  against_r(reference);
  against_publications(reference);
  against_plain_loops();
  anderson_far_tails();
  invariances();
  shapiro_of_three();
  shapiro_extremes();
  undefined_results();
  lilliefors_pieces();
  reference_close(reference);
  return tap_done();
}
