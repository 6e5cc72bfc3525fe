// SPDX-License-Identifier: GPL-3.0-or-later
// The Mann-Whitney test: one merge for U and its variance, the exact distribution
// without ties by integers, with ties by the shift algorithm.
//
// Sources: Mann & Whitney (1947), Annals of Mathematical Statistics 18, 50; Andrews
// (1976), The Theory of Partitions, section 3.2 (Gaussian polynomials); Streitberg &
// Roehmel (1986), Statistical Software Newsletter 12, 10 (shift algorithm).
#include <config.h>

#include "stats/mann_whitney.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

// The weight of the values equal to `value` from *i on; moves *i past them.
static double take_equal(const double *x, const double *weight, size_t n, size_t *i, double value)
{
  double taken = 0;
  for (; *i < n && x[*i] == value; ++*i)
    taken += weight ? weight[*i] : 1;
  return taken;
}

struct mann_whitney_counts mann_whitney_counts_from(double n1, double n2, double u, double spread,
                                                    bool ties)
{
  struct mann_whitney_counts counts = {.n1 = n1, .n2 = n2, .u = u, .ties = ties};
  double total = n1 + n2;
  if (spread > 0)
    counts.variance = n1 * n2 / (total * (total - 1)) * (spread / 4);
  return counts;
}

struct mann_whitney_counts mann_whitney_count(const double *x1, const double *weight1, size_t n1,
                                              const double *x2, const double *weight2, size_t n2)
{
  // N^3 - sum t^3 = 3 sum t B (B + t), B the weight of all smaller values: no cancellation.
  double total1 = 0, total2 = 0, u = 0, spread = 0;
  bool ties = false;
  for (size_t i = 0, j = 0; i < n1 || j < n2;) {
    double value = j == n2 || (i < n1 && x1[i] < x2[j]) ? x1[i] : x2[j];
    double here1 = take_equal(x1, weight1, n1, &i, value);
    double here2 = take_equal(x2, weight2, n2, &j, value);
    double here = here1 + here2, below = total1 + total2;
    u += here1 * (total2 + here2 / 2);
    spread += here * below * (below + here);
    ties |= here > 1;
    total1 += here1;
    total2 += here2;
  }
  return mann_whitney_counts_from(total1, total2, u, spread, ties);
}

// Arithmetic modulo 2^(64 n_words): differences may pass below zero on the way, the
// result is exact as long as it fits.  Least significant word first.
static void words_add(uint64_t *sum, const uint64_t *term, size_t n_words)
{
  unsigned __int128 carry = 0;
  for (size_t w = 0; w < n_words; w++) {
    carry += (unsigned __int128) sum[w] + term[w];
    sum[w] = (uint64_t) carry;
    carry >>= 64;
  }
}

static void words_subtract(uint64_t *difference, const uint64_t *term, size_t n_words)
{
  uint64_t borrow = 0;
  for (size_t w = 0; w < n_words; w++) {
    unsigned __int128 step = (unsigned __int128) difference[w] - term[w] - borrow;
    difference[w] = (uint64_t) step;
    borrow = (uint64_t) (step >> 64) & 1;
  }
}

// The number of arrangements, n over m: at most 2^1000 within the reach of exact tests.
static double arrangements(size_t m, size_t n)
{
  long double product = 1;
  for (size_t i = 1; i <= smaller(m, n - m); i++)
    product = product * (long double) (n - smaller(m, n - m) + i) / (long double) i;
  return (double) product;
}

// The probability of U <= u for a whole u <= m n / 2.  The generating function of the
// number of arrangements with U = k is the Gaussian polynomial
//   prod_{i=1..m} (1 - q^(n+i)) / (1 - q^i);
// one more division by 1 - q sums up.  The factors are applied one by one to a power
// series cut after q^u, in whole numbers: every count is exact.
static double gaussian_lower(size_t u, size_t m, size_t n)
{
  double total = arrangements(m, m + n);
  size_t n_words = (size_t) (log2(total) / 64) + 1;
  uint64_t *series = NEW_ZEROED(uint64_t, (u + 1) * n_words);
  series[0] = 1;
  for (size_t i = 0; i <= m; i++) {
    size_t shift = i ? i : 1; // i = 0 is the summation
    for (size_t k = shift; k <= u; k++)
      words_add(series + k * n_words, series + (k - shift) * n_words, n_words);
    for (size_t k = u; i && k >= n + i; k--)
      words_subtract(series + k * n_words, series + (k - n - i) * n_words, n_words);
  }
  double count = 0;
  for (size_t w = n_words; w-- > 0;)
    count = count * 0x1p64 + (double) series[u * n_words + w];
  free(series);
  return count / total;
}

double mann_whitney_lower(double u, size_t n1, size_t n2)
{
  double n_pairs = (double) n1 * (double) n2;
  if (isnan(u) || n_pairs > MANN_WHITNEY_EXACT_REACH)
    return NAN;
  u = floor(u + 1e-7);
  if (u < 0)
    return 0;
  if (u >= n_pairs)
    return 1;
  size_t m = smaller(n1, n2), n = n1 + n2 - m;
  if (u <= n_pairs / 2)
    return gaussian_lower((size_t) u, m, n);
  return 1 - gaussian_lower((size_t) (n_pairs - u - 1), m, n);
}

double mann_whitney_upper(double u, size_t n1, size_t n2)
{
  return mann_whitney_lower((double) n1 * (double) n2 - u, n1, n2);
}

// The number of arrangements with doubled U of the chosen m of all values at most
// `limit`.  tied[g]: how many values share the g-th distinct value.  count[k][s] holds,
// for the values seen so far, the choices of k of them with s = 2 (pairs of a chosen
// above an unchosen value) + (such pairs tied).  Values still to come put every chosen
// one of them above all unchosen so far, hence the states beyond limit - 2 (m-k)(seen-k)
// can never count.
static double shift_lower(const size_t *tied, size_t n_distinct, size_t m, size_t n, size_t limit)
{
  size_t width = limit + 1;
  double *count = NEW_ZEROED(double, (m + 1) * width);
  count[0] = 1;
  size_t seen = 0;
  for (size_t g = 0; g < n_distinct; g++) {
    size_t t = tied[g], least = seen + t > n ? seen + t - n : 0;
    for (size_t k = smaller(m, seen + t); k + 1 > least; k--) {
      double *to = count + k * width;
      size_t future = 2 * (m - k) * (seen + t - k);
      if (future > limit) {
        for (size_t s = 0; s < width; s++)
          to[s] = 0;
        continue;
      }
      double ways = 1; // t over a
      for (size_t a = 1; a <= smaller(t, k); a++) {
        ways = ways * (double) (t - a + 1) / (double) a;
        size_t before = k - a; // chosen among those seen
        if (before > seen || seen - before > n)
          continue;
        size_t shift = 2 * a * (seen - before) + a * (t - a);
        if (shift + future > limit)
          continue;
        const double *from = count + before * width;
        size_t most = smaller(2 * before * (seen - before), limit - future - shift);
        for (size_t s = 0; s <= most; s++)
          to[s + shift] += ways * from[s];
      }
    }
    seen += t;
  }
  double sum = 0;
  for (size_t s = 0; s < width; s++)
    sum += count[m * width + s];
  free(count);
  return sum;
}

// P(|U - n1 n2/2| >= |u - n1 n2/2|): the lower tail, and the upper one as the lower tail
// of the values in reverse.
static double tied_two_sided(const double *x1, size_t n1, const double *x2, size_t n2, double u)
{
  double deviation = fabs(2 * u - (double) (n1 * n2)); // a whole number
  if (deviation == 0)
    return 1;
  size_t *tied = NEW_ARRAY(size_t, n1 + n2), n_distinct = 0;
  for (size_t i = 0, j = 0; i < n1 || j < n2;) {
    double value = j == n2 || (i < n1 && x1[i] < x2[j]) ? x1[i] : x2[j];
    tied[n_distinct++] = (size_t) (take_equal(x1, NULL, n1, &i, value) +
                                   take_equal(x2, NULL, n2, &j, value));
  }
  size_t limit = n1 * n2 - (size_t) deviation, m = smaller(n1, n2), n = n1 + n2 - m;
  double lower = shift_lower(tied, n_distinct, m, n, limit);
  for (size_t g = 0; g < n_distinct / 2; g++) {
    size_t spare = tied[g];
    tied[g] = tied[n_distinct - 1 - g];
    tied[n_distinct - 1 - g] = spare;
  }
  double upper = shift_lower(tied, n_distinct, m, n, limit);
  free(tied);
  return fmin(1, (lower + upper) / arrangements(m, m + n));
}

struct mann_whitney_result mann_whitney_test_of(const struct mann_whitney_counts *counts,
                                                const double *x1, size_t n1, const double *x2,
                                                size_t n2, enum mann_whitney_method method)
{
  struct mann_whitney_result result = {
      .u = counts->u, .z = NAN, .p_value = NAN, .ties = counts->ties};
  if (!(counts->n1 > 0) || !(counts->n2 > 0)) {
    result.u = NAN;
    return result;
  }
  if (!(counts->variance > 0))
    return result;
  double n_pairs = counts->n1 * counts->n2, deviation = counts->u - n_pairs / 2;
  if (method == MANN_WHITNEY_CORRECTED)
    deviation = copysign(fmax(0, fabs(deviation) - 0.5), deviation);
  result.z = deviation / sqrt(counts->variance);
  double reach = counts->ties ? MANN_WHITNEY_EXACT_REACH_TIES : MANN_WHITNEY_EXACT_REACH;
  result.exact = method == MANN_WHITNEY_EXACT && n_pairs <= reach;
  if (!result.exact)
    result.p_value = normal_two_sided(result.z);
  else if (counts->ties)
    result.p_value = tied_two_sided(x1, n1, x2, n2, counts->u);
  else
    result.p_value = fmin(1, 2 * mann_whitney_lower(fmin(counts->u, n_pairs - counts->u), n1, n2));
  return result;
}

struct mann_whitney_result mann_whitney_test(const double *x1, const double *weight1, size_t n1,
                                             const double *x2, const double *weight2, size_t n2,
                                             enum mann_whitney_method method)
{
  assert(method != MANN_WHITNEY_EXACT || (!weight1 && !weight2));
  struct mann_whitney_counts counts = mann_whitney_count(x1, weight1, n1, x2, weight2, n2);
  return mann_whitney_test_of(&counts, x1, n1, x2, n2, method);
}
