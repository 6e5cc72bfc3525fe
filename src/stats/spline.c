// SPDX-License-Identifier: GPL-3.0-or-later
// Restricted cubic splines: Stone & Koo 1985, Proc Stat Comput Sect ASA 45; Harrell 2015,
// Regression Modeling Strategies, section 2.4.5.  Where the knots go: documentation and
// behaviour of Hmisc 4.8 rcspline.eval.
#include <config.h>

#include "stats/spline.h"

#include <math.h>

#include "stats/summary.h"

// x[0..n) has runs of equal values.  The index after the run that begins at i.
static size_t run_end(const double *x, size_t n, size_t i)
{
  size_t end = i + 1;
  while (end < n && x[end] == x[i])
    end++;
  return end;
}

// A value that makes up this fraction of x is a heap.
static const double HEAP = 0.05;

// Is some value other than the least and the greatest one a heap?
static bool heaped_inside(const double *x, size_t n)
{
  size_t end = run_end(x, n, 0);
  while (end < n) {
    size_t begin = end;
    end = run_end(x, n, begin);
    if (end < n && (double) (end - begin) / (double) n >= HEAP)
      return true;
  }
  return false;
}

static void sort_few(double *knot, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    double value = knot[i];
    size_t j = i;
    for (; j > 0 && knot[j - 1] > value; j--)
      knot[j] = knot[j - 1];
    knot[j] = value;
  }
}

static bool all_different(const double *knot, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (!(knot[i - 1] < knot[i]))
      return false;
  return true;
}

// Knots at `wanted` quantiles of the n values, and (with fewer than 100) the outer ones that
// are not fixed at the fifth values.
static bool place_quantiles(const double *x, size_t n, double outer, bool first_fixed,
                            bool last_fixed, size_t wanted, double *knot)
{
  if (wanted == 1) {
    knot[0] = quantile_sorted(x, NULL, n, 0.5, QUANTILE_TYPE_7);
  } else {
    double from = wanted == 2 ? 0.5 : outer, to = 1 - outer;
    for (size_t k = 0; k < wanted; k++)
      knot[k] = quantile_sorted(
          x, NULL, n, from + (double) k * ((to - from) / (double) (wanted - 1)), QUANTILE_TYPE_7);
    if (!all_different(knot, wanted))
      return false;
    if (n < 100) {
      if (n < 5)
        return false;
      if (!first_fixed)
        knot[0] = x[4];
      if (!last_fixed)
        knot[wanted - 1] = x[n - 5];
    }
  }
  return true;
}

bool spline_knots(const double *x, size_t n, size_t n_knots, double *knot)
{
  if (n < 6 || n_knots < 3)
    return false;
  size_t n_different = 0;
  for (size_t i = 0; i < n; i = run_end(x, n, i))
    n_different++;
  if (n_different < n_knots + 2)
    return false;
  if (n_different == n_knots + 2) {
    size_t i = run_end(x, n, 0);
    for (size_t k = 0; k < n_knots; k++, i = run_end(x, n, i))
      knot[k] = x[i];
    return true;
  }
  double outer = n_knots > 6 ? 0.025 : n_knots > 3 ? 0.05 : 0.1;
  size_t begin = 0, end = n, wanted = n_knots, placed = 0;
  bool first_fixed = false, last_fixed = false;
  if (!heaped_inside(x, n)) {
    size_t least = run_end(x, n, 0), greatest = n;
    while (x[greatest - 1] == x[n - 1])
      greatest--;
    if ((double) least / (double) n >= HEAP) {
      first_fixed = true;
      knot[placed++] = x[least];
      begin = run_end(x, n, least);
      wanted--;
    }
    if ((double) (n - greatest) / (double) n >= HEAP) {
      last_fixed = true;
      knot[n_knots - 1] = x[greatest - 1];
      end = greatest - 1;
      while (end > begin && x[end - 1] == x[greatest - 1])
        end--;
      wanted--;
    }
  }
  if (begin >= end || !place_quantiles(x + begin, end - begin, outer, first_fixed, last_fixed,
                                       wanted, knot + placed))
    return false;
  sort_few(knot, n_knots);
  return all_different(knot, n_knots);
}

// With knots a < b < c (b, c the last two), term(x) = ((x-a)+^3 - (c-a)/(c-b) (x-b)+^3
// + (b-a)/(c-b) (x-c)+^3) / (c - first)^2; for x >= c the cubes cancel to
// (c-a)(b-a)(3x - a - b - c), written so because the digits would cancel, too.
void spline_basis(double x, const double *knot, size_t n_knots, double *basis)
{
  double b = knot[n_knots - 2], c = knot[n_knots - 1], width = c - knot[0];
  basis[0] = x;
  for (size_t j = 0; j + 2 < n_knots; j++) {
    double a = knot[j], value;
    if (isnan(x)) {
      value = x;
    } else if (x <= a) {
      value = 0;
    } else if (x >= c) {
      value = (c - a) / width * ((b - a) / width) * ((x - a) + (x - b) + (x - c));
    } else {
      value = (x - a) * ((x - a) / width) * ((x - a) / width);
      if (x > b)
        value -= (c - a) / (c - b) * (x - b) * ((x - b) / width) * ((x - b) / width);
    }
    basis[j + 1] = value;
  }
}
