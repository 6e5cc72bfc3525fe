// SPDX-License-Identifier: GPL-3.0-or-later
// Splines: Hmisc's knots and basis, the shape that defines the basis, edges.
#include <config.h>

#include "stats/spline.h"

#include <stdlib.h>

#include "reference.h"
#include "tap.h"

static bool all_close(const double *got, const double *expected, size_t n, double tolerance,
                      double scale)
{
  for (size_t i = 0; i < n; i++)
    if (!(fabs(got[i] - expected[i]) <= tolerance * fmax(fabs(expected[i]), scale))) {
      printf("#   value %zu: got %.17g, expected %.17g\n", i + 1, got[i], expected[i]);
      return false;
    }
  return true;
}

// Every set of values and number of knots of the reference.
static void test_hmisc(void)
{
  struct reference *r = reference_open("spline.tsv");
  for (size_t line = 0; line < reference_size(r); line++) {
    const char *key = reference_key(r, line), *dot = strchr(key, '.');
    if (strcmp(dot, ".x") != 0)
      continue;
    int length = (int) (dot - key);
    char name[80];
    size_t n, n_at, n_expected;
    const double *x = reference_values(r, key, &n);
    snprintf(name, sizeof name, "%.*s.at", length, key);
    const double *at = reference_values(r, name, &n_at);
    for (size_t k = 3; k <= 7; k++) {
      double knot[7];
      snprintf(name, sizeof name, "%.*s.%zu.knots", length, key, k);
      const double *expected = reference_values(r, name, &n_expected);
      bool found = spline_knots(x, n, k, knot);
      if (isnan(expected[0])) {
        ok(!found, "%s: refused, where Hmisc takes others or none", name);
        continue;
      }
      ok(found && n_expected == k && all_close(knot, expected, k, 1e-12, 1e-12), "%s", name);
      if (!found || k > 5)
        continue;
      for (size_t j = 1; j < k; j++) {
        snprintf(name, sizeof name, "%.*s.%zu.basis.%zu", length, key, k, j);
        const double *column = reference_values(r, name, &n_expected);
        // Hmisc adds up cubes that cancel far beyond the last knot: there its digits end at
        // the size of the cubes, (largest / width)^3 widths.
        bool good = true;
        for (size_t i = 0; i < n_at; i++) {
          double basis[6], width = expected[k - 1] - expected[0];
          spline_basis(at[i], expected, k, basis);
          double cube = fmax(at[i] - expected[0], 0) / width;
          double gap = (expected[k - 1] - expected[k - 2]) / width;
          good = good && all_close(&basis[j - 1], &column[i], 1, 1e-12,
                                   j == 1 ? 0 : 1e-3 * cube * cube * cube * width / gap);
        }
        ok(good, "%s", name);
      }
    }
  }
  reference_close(r);
}

// The definition, in long double: a cubic between the knots, zero before its own, straight
// beyond the last, with continuous second derivatives: term_j = (x-t_j)+^3 - ... / width^2.
static double slow_term(double x, const double *knot, size_t n_knots, size_t j)
{
  long double t = knot[j], b = knot[n_knots - 2], c = knot[n_knots - 1], w = c - knot[0];
  long double of_t = x > t ? (x - t) * (x - t) * (x - t) : 0;
  long double of_b = x > b ? (x - b) * (x - b) * (x - b) : 0;
  long double of_c = x > c ? (x - c) * (x - c) * (x - c) : 0;
  return (double) ((of_t - of_b * (c - t) / (c - b) + of_c * (b - t) / (c - b)) / (w * w));
}

static void test_definition(void)
{
  static const double knots[][5] = {{-1.5, -0.3, 0.2, 0.9, 1.1},
                                    {1000, 1000.5, 1002, 1002.25, 1010},
                                    {1e-7, 2e-7, 5e-7, 7e-7, 8e-7}};
  bool agree = true, straight = true, zero = true, scaled = true;
  for (size_t s = 0; s < 3; s++)
    for (size_t k = 3; k <= 5; k++) {
      double first = knots[s][0], last = knots[s][k - 1], width = last - first;
      for (int step = -40; step <= 140; step++) {
        double x = first + width * step / 100.0, basis[4], other[4], millions[5];
        spline_basis(x, knots[s], k, basis);
        agree = agree && basis[0] == x;
        for (size_t j = 0; j < 5; j++)
          millions[j] = knots[s][j] * 0x1p20;
        spline_basis(x * 0x1p20, millions, k, other);
        for (size_t j = 0; j + 2 < k; j++) {
          agree = agree && fabs(basis[j + 1] - slow_term(x, knots[s], k, j)) <= 1e-14 * width;
          zero = zero && (x > knots[s][j] || basis[j + 1] == 0);
          scaled = scaled && other[j + 1] == basis[j + 1] * 0x1p20;
        }
      }
      // Equal steps beyond the last knot, up to a hundred widths: equal increments.
      double here[4], next[4], far[4];
      spline_basis(last, knots[s], k, here);
      spline_basis(last + width, knots[s], k, next);
      spline_basis(last + 100 * width, knots[s], k, far);
      for (size_t j = 1; j + 1 < k; j++)
        straight = straight &&
                   fabs((far[j] - here[j]) - 100 * (next[j] - here[j])) <= 1e-12 * fabs(far[j]);
      double below[4];
      spline_basis(nextafter(last, first), knots[s], k, below);
      for (size_t j = 1; j + 1 < k; j++)
        straight = straight && fabs(below[j] - here[j]) <= 1e-12 * width;
    }
  ok(agree, "the truncated powers in long double, 1e-14 of the width");
  ok(zero, "0 up to the own knot");
  ok(straight, "straight and continuous beyond the last knot");
  ok(scaled, "in other units the basis is in these units, to the last bit");
}

static void test_edges(void)
{
  double x[200], knot[7], basis[4];
  for (int i = 0; i < 200; i++)
    x[i] = i;
  ok(!spline_knots(x, 0, 3, knot) && !spline_knots(x, 5, 3, knot), "fewer than six values");
  ok(!spline_knots(x, 200, 2, knot) && !spline_knots(x, 200, 0, knot), "fewer than three knots");
  ok(spline_knots(x, 6, 3, knot) && knot[0] == 1 && knot[1] == 2.5 && knot[2] == 4,
     "six values, three knots");
  ok(spline_knots(x, 101, 5, knot) && fabs(knot[0] - 5) < 1e-12 && fabs(knot[1] - 27.5) < 1e-12 &&
         fabs(knot[2] - 50) < 1e-12 && fabs(knot[3] - 72.5) < 1e-12 && fabs(knot[4] - 95) < 1e-12,
     "Harrell's quantiles, five knots");
  ok(spline_knots(x, 99, 3, knot) && knot[0] == 4 && knot[2] == 94, "fifth values below 100");
  for (int i = 0; i < 200; i++)
    x[i] = 7;
  ok(!spline_knots(x, 200, 3, knot), "one value only");
  double knots[] = {0, 1, 2, 3};
  spline_basis(NAN, knots, 4, basis);
  ok(isnan(basis[0]) && isnan(basis[1]) && isnan(basis[2]), "a missing value");
}

int main(void)
{
  test_hmisc();
  test_definition();
  test_edges();
  return tap_done();
}
