// SPDX-License-Identifier: GPL-3.0-or-later
// Order statistics of all differences between two sorted samples.
//
// Sources: Hodges & Lehmann (1963), Annals of Mathematical Statistics 34, 598; Johnson &
// Mizoguchi (1978), SIAM Journal on Computing 7, 147 (counting in a matrix with sorted
// rows and columns); Floyd & Rivest (1975), Communications of the ACM 18, 165 (two
// pivots from a sample about the wanted rank).
#include <config.h>

#include "stats/hodges_lehmann.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/distribution.h"
#include "stats/mann_whitney.h"

enum { SAMPLE_SIZE = 65536, EXACT_LIMITS = 50 };

// Row i, column j: x1[i] - x2[j], ascending in i and descending in j.  Rounding keeps
// that order, so what is counted are the differences as doubles.
struct differences {
  const double *x1, *x2;
  size_t n1, n2;
  double *sample;  // room for SAMPLE_SIZE
  bool complete;   // the sample is all differences, sorted
  uint64_t random; // state of the sampling: it decides the time, never the result
};

// Multiplier and increment of Knuth (1998), section 3.3.4; upper bits only.
static double random_fraction(uint64_t *state)
{
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (*state >> 11) * 0x1p-53;
}

// How many differences are below the value, and how many are not above it.
static void differences_count(const struct differences *d, double value, uint64_t *below,
                              uint64_t *not_above)
{
  size_t first_below = 0, first_not_above = 0;
  *below = *not_above = 0;
  for (size_t i = 0; i < d->n1; i++) {
    double x = d->x1[i];
    while (first_not_above < d->n2 && x - d->x2[first_not_above] > value)
      first_not_above++;
    if (first_below < first_not_above)
      first_below = first_not_above;
    while (first_below < d->n2 && x - d->x2[first_below] == value)
      first_below++;
    *below += d->n2 - first_below;
    *not_above += d->n2 - first_not_above;
  }
}

// Fills d->sample from the n_inside differences strictly between low and high, sorted:
// all of them, or one from each of SAMPLE_SIZE equal shares.  Returns how many.
static size_t differences_sample(struct differences *d, double low, double high, uint64_t n_inside)
{
  size_t begin = 0, end = 0, n_taken = 0;
  uint64_t passed = 0;
  double share = n_inside > SAMPLE_SIZE ? (double) n_inside / SAMPLE_SIZE : 1;
  uint64_t next = n_inside > SAMPLE_SIZE ? (uint64_t) (share * random_fraction(&d->random)) : 0;
  for (size_t i = 0; i < d->n1 && n_taken < SAMPLE_SIZE; i++) {
    double x = d->x1[i];
    while (begin < d->n2 && x - d->x2[begin] >= high)
      begin++;
    if (end < begin)
      end = begin;
    while (end < d->n2 && x - d->x2[end] > low)
      end++;
    while (next < passed + (end - begin) && n_taken < SAMPLE_SIZE) {
      d->sample[n_taken++] = x - d->x2[begin + (size_t) (next - passed)];
      double within = n_inside > SAMPLE_SIZE ? random_fraction(&d->random) : 0;
      next = (uint64_t) (share * ((double) n_taken + within));
    }
    passed += end - begin;
  }
  sort_doubles(d->sample, n_taken);
  return n_taken;
}

// The difference of the given rank (0: the smallest).
static double differences_select(struct differences *d, uint64_t rank)
{
  if (d->complete)
    return d->sample[rank];
  double low = -INFINITY, high = INFINITY;
  uint64_t n_low, n_high, unused; // not above low, below high
  differences_count(d, low, &unused, &n_low);
  differences_count(d, high, &n_high, &unused);
  if (rank < n_low)
    return low; // differences beyond the largest double
  if (rank >= n_high)
    return high;
  for (;;) {
    uint64_t n_inside = n_high - n_low;
    size_t n_taken = differences_sample(d, low, high, n_inside);
    if (n_inside <= SAMPLE_SIZE) {
      d->complete = n_inside == (uint64_t) d->n1 * d->n2;
      return d->sample[rank - n_low];
    }
    double fraction = ((double) (rank - n_low) + 0.5) / (double) n_inside;
    double place = fraction * (double) n_taken;
    double margin = 2 + 4 * sqrt((double) n_taken * fraction * (1 - fraction));
    double places[2] = {place - margin, place + margin};
    for (int side = 0; side < 2; side++) {
      if (places[side] < 0 || places[side] >= (double) n_taken)
        continue;
      double pivot = d->sample[(size_t) places[side]];
      if (pivot <= low || pivot >= high)
        continue;
      uint64_t below, not_above;
      differences_count(d, pivot, &below, &not_above);
      if (rank < below) {
        high = pivot;
        n_high = below;
      } else if (rank < not_above) {
        return pivot;
      } else {
        low = pivot;
        n_low = not_above;
      }
    }
  }
}

// The difference that follows in order the one of the given rank and value.
static double differences_next(const struct differences *d, uint64_t rank, double value)
{
  uint64_t below, not_above;
  differences_count(d, value, &below, &not_above);
  if (rank + 1 < not_above)
    return value;
  double next = INFINITY;
  size_t first_not_above = 0;
  for (size_t i = 0; i < d->n1; i++) {
    while (first_not_above < d->n2 && d->x1[i] - d->x2[first_not_above] > value)
      first_not_above++;
    if (first_not_above)
      next = fmin(next, d->x1[i] - d->x2[first_not_above - 1]);
  }
  return next;
}

// The smallest k with P(U <= k) >= probability; rounding of the probability (1 - level
// is not exact) must not push it to the next k, as in R's qwilcox.
static uint64_t exact_quantile(double probability, size_t n1, size_t n2)
{
  uint64_t low = 0, high = (uint64_t) n1 * n2 / 2;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (mann_whitney_lower((double) middle, n1, n2) >= probability - 10 * DBL_EPSILON)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

struct shift_result hodges_lehmann(const double *x1, size_t n1, const double *x2, size_t n2,
                                   double level)
{
  struct shift_result result = {.estimate = NAN, .conf_low = NAN, .conf_high = NAN};
  if (!n1 || !n2)
    return result;
  struct differences d = {.x1 = x1, .x2 = x2, .n1 = n1, .n2 = n2, .random = 1,
                          .sample = NEW_ARRAY(double, SAMPLE_SIZE)};
  uint64_t n_pairs = (uint64_t) n1 * n2;
  uint64_t middle = (n_pairs - 1) / 2;
  result.estimate = differences_select(&d, middle);
  if (n_pairs % 2 == 0)
    result.estimate = (result.estimate + differences_next(&d, middle, result.estimate)) / 2;

  if (level > 0 && level < 1) {
    struct mann_whitney_counts counts = mann_whitney_count(x1, NULL, n1, x2, NULL, n2);
    result.exact = !counts.ties && n1 <= EXACT_LIMITS && n2 <= EXACT_LIMITS;
    uint64_t k;
    if (result.exact) {
      k = exact_quantile((1 - level) / 2, n1, n2);
    } else {
      double margin = -normal_quantile((1 - level) / 2) * sqrt(counts.variance);
      k = (uint64_t) fmax(0, floor((double) n_pairs / 2 - margin));
    }
    k = k ? k : 1;
    result.conf_low = differences_select(&d, k - 1);
    result.conf_high = differences_select(&d, n_pairs - k);
  }
  free(d.sample);
  return result;
}
