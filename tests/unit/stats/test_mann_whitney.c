// SPDX-License-Identifier: GPL-3.0-or-later
// The Mann-Whitney test: asymptotic, exact without ties, exact with ties.
#include <config.h>

#include "stats/mann_whitney.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
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

static uint64_t random_state = 54321;
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

static void against_r(const struct reference *reference)
{
  char label[200];
  for (size_t c = 0; c < N_CASES; c++) {
    size_t n1, n2;
    const char *name = cases[c];
    const double *x1 = values_of(reference, name, "x1", &n1);
    const double *x2 = values_of(reference, name, "x2", &n2);
    const double *r = values_of(reference, name, "wilcox", NULL);
    struct mann_whitney_result got =
        mann_whitney_test(x1, NULL, n1, x2, NULL, n2, MANN_WHITNEY_ASYMPTOTIC);
    snprintf(label, sizeof label, "%s: W as R", name);
    is_close(got.u, r[0], 0, label);
    snprintf(label, sizeof label, "%s: z as coin, sign included", name);
    is_close(got.z, r[1], 1e-12, label);
    snprintf(label, sizeof label, "%s: asymptotic P as R", name);
    is_close(got.p_value, r[2], 1e-11, label);
    got = mann_whitney_test(x1, NULL, n1, x2, NULL, n2, MANN_WHITNEY_CORRECTED);
    snprintf(label, sizeof label, "%s: corrected P as R", name);
    is_close(got.p_value, r[3], 1e-11, label);
    got = mann_whitney_test(x1, NULL, n1, x2, NULL, n2, MANN_WHITNEY_EXACT);
    is_close(got.z, r[1], 1e-12, "exact: z stays the asymptotic one");
    snprintf(label, sizeof label, "%s.exact", name);
    for (size_t i = 0; i < reference_size(reference); i++)
      if (strcmp(reference_key(reference, i), label) == 0) {
        ok(got.exact, "%s: exact", name);
        snprintf(label, sizeof label, "%s: exact P as %s", name, got.ties ? "coin" : "R");
        // coin sums probabilities that it holds as doubles of some 1e-13.
        is_close(got.p_value, reference_value(reference, reference_key(reference, i)),
                 got.ties ? 1e-11 : 1e-12, label);
        break;
      }
  }
  for (size_t i = 0; i < reference_size(reference); i++) {
    const char *key = reference_key(reference, i);
    if (strncmp(key, "pwilcox", 7) != 0)
      continue;
    const double *r = reference_values(reference, key, NULL);
    snprintf(label, sizeof label, "%s as R", key);
    is_close(mann_whitney_lower(r[0], (size_t) r[1], (size_t) r[2]), r[3], 1e-12, label);
  }
}

static void against_publications(const struct reference *reference)
{
  // Hollander & Wolfe (1973), p. 69f.: one-sided P .127 of the permeability data.
  size_t n1, n2;
  const double *x1 = values_of(reference, "permeability", "x1", &n1);
  const double *x2 = values_of(reference, "permeability", "x2", &n2);
  struct mann_whitney_result r = mann_whitney_test(x1, NULL, n1, x2, NULL, n2, MANN_WHITNEY_EXACT);
  is_near(r.p_value / 2, 0.127, 0.0005, "Hollander & Wolfe: P to the printed digits");
  // Critical values of the printed tables (two-sided 0.05), as Siegel (1956), table K.
  static const struct {
    size_t n1, n2;
    double u;
  } table[] = {{8, 8, 13}, {10, 10, 23}, {15, 15, 64}, {20, 20, 127}, {10, 20, 55}, {5, 5, 2}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    ok(mann_whitney_lower(table[i].u, table[i].n1, table[i].n2) <= 0.025 &&
           mann_whitney_lower(table[i].u + 1, table[i].n1, table[i].n2) > 0.025,
       "critical value %g of %zu and %zu", table[i].u, table[i].n1, table[i].n2);
}

// Number of arrangements with U = u by the defining recursion (the largest value belongs
// to group 1 and beats all of group 2, or to group 2): row m of c[m][u] for a fixed n.
static double *counts_by_recursion(size_t m, size_t n)
{
  size_t width = m * n + 1;
  double *count = NEW_ZEROED(double, (m + 1) * width);
  for (size_t k = 0; k <= m; k++)
    count[k * width] = 1; // n = 0: U = 0
  for (size_t j = 1; j <= n; j++)
    for (size_t k = 1; k <= m; k++)
      for (size_t u = width; u-- > j;) // c(u; k, j) = c(u - j; k - 1, j) + c(u; k, j - 1)
        count[k * width + u] += count[(k - 1) * width + u - j];
  return count;
}

static void against_recursion(void)
{
  static const size_t sizes[][2] = {{1, 1}, {1, 9}, {4, 7}, {13, 11}, {30, 20}, {40, 60}, {50, 50}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    size_t m = sizes[i][0], n = sizes[i][1], n_pairs = m * n;
    double *count = counts_by_recursion(m, n), all = 0, below = 0;
    const double *row = count + m * (n_pairs + 1);
    for (size_t u = 0; u <= n_pairs; u++)
      all += row[u];
    double worst_lower = 0, worst_upper = 0, worst_sum = 0;
    size_t step = n_pairs > 500 ? n_pairs / 97 : 1;
    for (size_t u = 0, next = 0; u <= n_pairs; u++) {
      below += row[u];
      if (u != next && u > 20)
        continue;
      next = u + step;
      double lower = mann_whitney_lower((double) u, m, n);
      worst_lower = fmax(worst_lower, fabs(lower / (below / all) - 1));
      // U and n1 n2 - U have the same distribution, and so have swapped groups.
      double upper = mann_whitney_upper((double) (n_pairs - u), n, m);
      worst_upper = fmax(worst_upper, fabs(upper / (below / all) - 1));
      double rest = mann_whitney_upper((double) u + 1, m, n);
      worst_sum = fmax(worst_sum, fabs(lower + rest - 1));
    }
    ok(worst_lower < 1e-12, "%zu and %zu: lower tail by recursion (%g)", m, n, worst_lower);
    ok(worst_upper < 1e-12, "%zu and %zu: upper tail by symmetry (%g)", m, n, worst_upper);
    ok(worst_sum < 1e-13, "%zu and %zu: the tails add to 1 (%g)", m, n, worst_sum);
    free(count);
  }
}

// n over m, one rounding a factor.
static double choose(double n, double m)
{
  double product = 1;
  for (double i = 1; i <= m; i++)
    product *= (n - m + i) / i;
  return product;
}

static void tails_in_closed_form(void)
{
  // Up to u = min(n1, n2) the arrangements are the partitions of u (Andrews 1976).
  static const double partitions_sum[] = {1, 2, 4, 7, 12, 19, 30, 45, 67, 97, 139};
  static const size_t sizes[][2] = {{12, 15}, {50, 50}, {100, 200}, {316, 316}, {10, 10000}};
  char label[100];
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    double n1 = (double) sizes[i][0], n2 = (double) sizes[i][1];
    double all = choose(n1 + n2, n1);
    for (size_t u = 0; u <= 10; u++) {
      snprintf(label, sizeof label, "%g and %g: P(U <= %zu)", n1, n2, u);
      is_close(mann_whitney_lower((double) u, sizes[i][0], sizes[i][1]),
               partitions_sum[u] / all, 1e-13, label);
    }
  }
  // P(U <= u) of one against n: (u + 1)/(n + 1).
  is_close(mann_whitney_lower(4999, 1, 99999), 0.05, 1e-13, "one against 99999");
  ok(mann_whitney_lower(-1, 3, 4) == 0 && mann_whitney_lower(12, 3, 4) == 1, "outside: 0 and 1");
  ok(mann_whitney_upper(13, 3, 4) == 0 && mann_whitney_upper(0, 3, 4) == 1, "outside: upper");
  is_close(mann_whitney_lower(5.5, 3, 4), mann_whitney_lower(5, 3, 4), 0, "between whole numbers");
  is_close(mann_whitney_upper(5.5, 3, 4), mann_whitney_upper(6, 3, 4), 0, "upper, between");
  ok(isnan(mann_whitney_lower(5, 1000, 1000)), "beyond reach: NaN");
  ok(isnan(mann_whitney_lower(NAN, 3, 3)), "NaN in, NaN out");
}

// 2 U of the pooled values z (sorted), bit i of chosen telling group 1.
static int doubled_u(const double *z, int n, unsigned chosen)
{
  int sum = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      if ((chosen >> i & 1) && !(chosen >> j & 1))
        sum += z[i] > z[j] ? 2 : z[i] == z[j];
  return sum;
}

static void against_enumeration(void)
{
  for (int trial = 0; trial < 40; trial++) {
    int n = 3 + trial % 10, n1 = 1 + (int) (uniform() * (n - 1)), n_pairs = n1 * (n - n1);
    double z[12], x1[12], x2[12];
    for (int i = 0; i < n; i++)
      z[i] = trial % 4 ? floor(uniform() * (2 + trial % 7)) : uniform();
    qsort(z, (size_t) n, sizeof *z, compare_doubles);
    if (z[0] == z[n - 1])
      continue;
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
    int observed = doubled_u(z, n, chosen);
    double as_far = 0, all = 0, sum_squares = 0;
    for (unsigned other = 0; other < 1u << n; other++)
      if (__builtin_popcount(other) == n1) {
        int deviation = doubled_u(z, n, other) - n_pairs;
        all++;
        as_far += abs(deviation) >= abs(observed - n_pairs);
        sum_squares += deviation * deviation / 4.0;
      }
    struct mann_whitney_result got =
        mann_whitney_test(x1, NULL, k1, x2, NULL, k2, MANN_WHITNEY_EXACT);
    is_close(got.u, observed / 2.0, 0, "U as counted pair by pair");
    is_close(got.p_value, as_far / all, 1e-14, "exact P as enumerated");
    struct mann_whitney_counts counts = mann_whitney_count(x1, NULL, k1, x2, NULL, k2);
    is_close(counts.variance, sum_squares / all, 1e-13, "variance as enumerated");
  }
}

// P(|T - E T| >= |t - E T|), T the sum of the doubled midranks of group 1, by adding the
// pooled values one by one to all sums (Streitberg & Roehmel 1986, unabridged).
static double tied_two_sided_plainly(const double *x1, size_t n1, const double *x2, size_t n2)
{
  size_t n = n1 + n2, width = n1 * (2 * n) + 1;
  double *ways = NEW_ZEROED(double, (n1 + 1) * width);
  size_t *doubled_rank = NEW_ARRAY(size_t, n), observed = 0;
  for (size_t i = 0; i < n; i++) {
    double value = i < n1 ? x1[i] : x2[i - n1];
    size_t below = 0, equal = 0;
    for (size_t j = 0; j < n; j++) {
      double other = j < n1 ? x1[j] : x2[j - n1];
      below += other < value;
      equal += other == value;
    }
    doubled_rank[i] = 2 * below + equal + 1;
    observed += i < n1 ? doubled_rank[i] : 0;
  }
  ways[0] = 1;
  for (size_t i = 0; i < n; i++)
    for (size_t k = n1; k >= 1; k--)
      for (size_t s = width; s-- > doubled_rank[i];)
        ways[k * width + s] += ways[(k - 1) * width + s - doubled_rank[i]];
  double deviation = fabs((double) observed - (double) (n1 * (n + 1))), as_far = 0, all = 0;
  for (size_t s = 0; s < width; s++) {
    all += ways[n1 * width + s];
    if (fabs((double) s - (double) (n1 * (n + 1))) >= deviation)
      as_far += ways[n1 * width + s];
  }
  free(ways);
  free(doubled_rank);
  return as_far / all;
}

static void ties_against_plain_shift(void)
{
  static const struct {
    size_t n1, n2;
    double levels, shift;
  } trials[] = {{20, 17, 5, 0},  {17, 20, 5, 1},  {30, 30, 12, 0}, {30, 30, 12, 5}, {12, 60, 30, 6},
                {60, 12, 30, 6}, {40, 35, 2, 0},  {3, 50, 20, 9},  {25, 25, 200, 90}, {1, 9, 4, 2}};
  double x1[60], x2[60];
  for (size_t t = 0; t < sizeof trials / sizeof *trials; t++) {
    for (size_t i = 0; i < trials[t].n1; i++)
      x1[i] = floor(uniform() * trials[t].levels);
    for (size_t i = 0; i < trials[t].n2; i++)
      x2[i] = floor(uniform() * uniform() * trials[t].levels) + trials[t].shift;
    x2[0] = x2[1];
    qsort(x1, trials[t].n1, sizeof *x1, compare_doubles);
    qsort(x2, trials[t].n2, sizeof *x2, compare_doubles);
    struct mann_whitney_result r = mann_whitney_test(x1, NULL, trials[t].n1, x2, NULL,
                                                     trials[t].n2, MANN_WHITNEY_EXACT);
    ok(r.exact && r.ties, "ties %zu: exact", t);
    is_close(r.p_value, tied_two_sided_plainly(x1, trials[t].n1, x2, trials[t].n2), 1e-13,
             "exact P with ties as by the plain shift algorithm");
  }
}

static void ties_extremes(void)
{
  // Groups apart, ties within them: one arrangement in each tail.
  double x1[141], x2[141];
  for (size_t n = 2; n <= 141; n += n < 100 ? 49 : 41) {
    for (size_t i = 0; i < n; i++) {
      x1[i] = (double) (i / 2 * 2);
      x2[i] = 1000 + (double) (i / 3);
    }
    struct mann_whitney_result r = mann_whitney_test(x1, NULL, n, x2, NULL, n, MANN_WHITNEY_EXACT);
    is_close(r.p_value, 2 / choose(2 * (double) n, (double) n), 1e-13,
             "groups apart, with ties: P = 2 n!^2/(2n)!");
    is_close(r.u, 0, 0, "groups apart: U = 0");
    ok(r.exact && r.z < 0, "group 1 below: z negative");
  }
}

static void weights_are_repeated_values(void)
{
  for (int trial = 0; trial < 10; trial++) {
    double x[2][12], weight[2][12], y[2][60];
    size_t n[2] = {0, 0};
    for (int g = 0; g < 2; g++) {
      for (int i = 0; i < 12; i++)
        x[g][i] = trial % 2 ? floor(uniform() * 9) : uniform() + 0.1 * g;
      qsort(x[g], 12, sizeof x[g][0], compare_doubles);
      for (int i = 0; i < 12; i++) {
        weight[g][i] = floor(uniform() * 5);
        for (double k = 0; k < weight[g][i]; k++)
          y[g][n[g]++] = x[g][i];
      }
    }
    for (int method = MANN_WHITNEY_ASYMPTOTIC; method <= MANN_WHITNEY_CORRECTED; method++) {
      struct mann_whitney_result a = mann_whitney_test(x[0], weight[0], 12, x[1], weight[1], 12,
                                                       (enum mann_whitney_method) method);
      struct mann_whitney_result b = mann_whitney_test(y[0], NULL, n[0], y[1], NULL, n[1],
                                                       (enum mann_whitney_method) method);
      is_close(a.u, b.u, 0, "weights: U");
      is_close(a.z, b.z, 1e-14, "weights: z");
      is_close(a.p_value, b.p_value, 1e-13, "weights: P");
      is_integer(a.ties, b.ties, "weights: ties");
    }
    struct mann_whitney_result c =
        mann_whitney_test(x[0], weight[0], 12, x[1], NULL, 12, MANN_WHITNEY_ASYMPTOTIC);
    struct mann_whitney_result d =
        mann_whitney_test(y[0], NULL, n[0], x[1], NULL, 12, MANN_WHITNEY_ASYMPTOTIC);
    is_close(c.p_value, d.p_value, 1e-13, "weights in one group only: P");
  }
}

static void identities(void)
{
  enum { N1 = 37, N2 = 23 };
  double x1[N1], x2[N2];
  for (int i = 0; i < N1; i++)
    x1[i] = floor(uniform() * 40);
  for (int i = 0; i < N2; i++)
    x2[i] = floor(uniform() * 50);
  qsort(x1, N1, sizeof *x1, compare_doubles);
  qsort(x2, N2, sizeof *x2, compare_doubles);
  for (int method = MANN_WHITNEY_ASYMPTOTIC; method <= MANN_WHITNEY_EXACT; method++) {
    struct mann_whitney_result a =
        mann_whitney_test(x1, NULL, N1, x2, NULL, N2, (enum mann_whitney_method) method);
    struct mann_whitney_result b =
        mann_whitney_test(x2, NULL, N2, x1, NULL, N1, (enum mann_whitney_method) method);
    is_close(a.u + b.u, N1 * N2, 0, "swapped groups: U adds to n1 n2");
    is_close(a.z, -b.z, 1e-15, "swapped groups: z changes sign");
    is_close(a.p_value, b.p_value, 1e-14, "swapped groups: the same P");
    for (int i = 0; i < N1; i++)
      x1[i] += 0x1p50;
    for (int i = 0; i < N2; i++)
      x2[i] += 0x1p50;
    b = mann_whitney_test(x1, NULL, N1, x2, NULL, N2, (enum mann_whitney_method) method);
    is_close(b.p_value, a.p_value, 0, "offset 2^50: the same P");
    for (int i = 0; i < N1; i++)
      x1[i] -= 0x1p50;
    for (int i = 0; i < N2; i++)
      x2[i] -= 0x1p50;
  }
}

static void edges(void)
{
  double x[] = {1, 2, 3}, same[] = {5, 5, 5}, five[] = {5}, zero[] = {-0.0, 0.0, 1};
  struct mann_whitney_result r = mann_whitney_test(x, NULL, 0, x, NULL, 3, MANN_WHITNEY_EXACT);
  ok(isnan(r.u) && isnan(r.z) && isnan(r.p_value) && !r.exact, "empty group: NaN");
  double none[] = {0, 0, 0};
  r = mann_whitney_test(x, none, 3, x, NULL, 3, MANN_WHITNEY_ASYMPTOTIC);
  ok(isnan(r.u) && isnan(r.p_value), "no weight in a group: NaN");
  for (int method = MANN_WHITNEY_ASYMPTOTIC; method <= MANN_WHITNEY_EXACT; method++) {
    r = mann_whitney_test(same, NULL, 3, same, NULL, 2, (enum mann_whitney_method) method);
    ok(r.u == 3 && isnan(r.z) && isnan(r.p_value) && r.ties, "all tied: no P");
  }
  r = mann_whitney_test(five, NULL, 1, x, NULL, 1, MANN_WHITNEY_EXACT);
  ok(r.u == 1 && r.p_value == 1 && r.exact && !r.ties && r.z > 0, "one against one: P = 1");
  r = mann_whitney_test(five, NULL, 1, x, NULL, 2, MANN_WHITNEY_EXACT);
  is_close(r.p_value, 2.0 / 3, 1e-15, "one against two: P = 2/3");
  r = mann_whitney_test(zero, NULL, 1, zero + 1, NULL, 2, MANN_WHITNEY_EXACT);
  ok(r.ties && r.u == 0.5, "-0 is 0");
  r = mann_whitney_test(x, NULL, 3, x, NULL, 3, MANN_WHITNEY_CORRECTED);
  ok(r.z == 0 && r.p_value == 1, "equal samples: z = 0, P = 1 with correction too");

  // All but one of 200000 values tied: the variance is n1 n2/4, and U far from rounding.
  enum { N = 100000 };
  double *y = NEW_ZEROED(double, N), *w = NEW_ZEROED(double, N);
  w[N - 1] = 1;
  struct mann_whitney_counts counts = mann_whitney_count(w, NULL, N, y, NULL, N);
  is_close(counts.variance, (double) N * N / 4, 1e-14, "all but one tied: variance n1 n2/4");
  // Beyond reach the asymptotic P, and that is said.
  for (int i = 0; i < N; i++) {
    y[i] = 2 * i;
    w[i] = 2 * i + 1;
  }
  r = mann_whitney_test(w, NULL, N, y, NULL, N, MANN_WHITNEY_EXACT);
  struct mann_whitney_result s = mann_whitney_test(w, NULL, N, y, NULL, N, MANN_WHITNEY_ASYMPTOTIC);
  ok(!r.exact && r.p_value == s.p_value, "beyond reach: asymptotic, exact = false");
  is_close(s.u, (double) N * (N + 1) / 2, 0, "100000 a group: U counted to the unit");
  free(y);
  free(w);
}

int main(void)
{
  struct reference *reference = reference_open("two_sample.tsv");
  against_r(reference);
  against_publications(reference);
  against_recursion();
  tails_in_closed_form();
  against_enumeration();
  ties_against_plain_shift();
  ties_extremes();
  weights_are_repeated_values();
  identities();
  edges();
  reference_close(reference);
  return tap_done();
}
