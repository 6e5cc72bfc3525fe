// SPDX-License-Identifier: GPL-3.0-or-later
// Points of a nomogram: by hand, back and forth, extremes of curves against a fine grid.
#include <config.h>

#include "stats/nomogram.h"

#include "tap.h"

static double parabola(double x, void *context)
{
  const double *top = context;
  return -(x - *top) * (x - *top);
}

static double wave(double x, void *context)
{
  (void) context;
  return sin(3 * x) + x / 4;
}

static double corner(double x, void *context)
{
  (void) context;
  return fabs(x - 0.3);
}

static double two_terms(double x, void *context)
{
  (void) context;
  return 4 * x - 4.3 * log(x);
}

static double undefined(double x, void *context)
{
  (void) context;
  return x > 0 ? log(x) : NAN;
}

// Truncated cubes with knots 40, 50, 60, and a slope.
static double spline(double x, void *context)
{
  (void) context;
  double a = x > 40 ? pow(x - 40, 3) : 0, b = x > 50 ? pow(x - 50, 3) : 0,
         c = x > 60 ? pow(x - 60, 3) : 0;
  return -0.5 * x + 0.7 * (a - 2 * b + c) / 400;
}

int main(void)
{
  // rms::nomogram's convention: the widest span has 100 points.
  const double least[] = {-1, 0, 2}, most[] = {0.5, 4, 3};
  double per_unit = nomogram_points_per_unit(least, most, 3);
  is_close(per_unit, 25, 1e-15, "points a unit of log odds");
  is_close(nomogram_points(4, 0, per_unit), 100, 1e-15, "the widest predictor's greatest effect");
  is_close(nomogram_points(-1, -1, per_unit), 0, 1e-15, "a least effect");
  is_close(nomogram_points(4.4, 0, per_unit), 110, 1e-15, "beyond the range");
  is_close(nomogram_effect(nomogram_points(1.7, -1, per_unit), -1, per_unit), 1.7, 1e-15,
           "effect of points");
  const double effect[] = {0.2, 1.3, 2.4};
  double total = 0, lp = -3;
  for (int j = 0; j < 3; j++) {
    total += nomogram_points(effect[j], least[j], per_unit);
    lp += effect[j];
  }
  is_close(nomogram_total_points(lp, -3, least, 3, per_unit), total, 1e-14,
           "total points are the sum");
  is_close(nomogram_linear_predictor(total, -3, least, 3, per_unit), lp, 1e-14,
           "and stand for the linear predictor");
  ok(isnan(nomogram_points_per_unit(NULL, NULL, 0)), "no predictors");
  ok(isnan(nomogram_points_per_unit(least, least, 3)), "no effects");
  const double broken[] = {0.5, NAN, 3}, endless[] = {0.5, INFINITY, 3};
  ok(isnan(nomogram_points_per_unit(least, broken, 3)), "an effect that is not known");
  ok(isnan(nomogram_points_per_unit(least, endless, 3)), "an infinite effect");

  double low, high, top = 0.123456;
  nomogram_extremes(parabola, &top, -1, 2, NULL, 0, &low, &high);
  is_near(high, 0, 1e-24, "top of a parabola");
  is_close(low, -(2 - top) * (2 - top), 1e-15, "its lower end");
  top = 5;
  nomogram_extremes(parabola, &top, -1, 2, NULL, 0, &low, &high);
  is_close(high, -9, 1e-15, "a top beyond the range");
  is_close(low, -36, 1e-15, "the other end");
  nomogram_extremes(wave, NULL, 0, 10, NULL, 0, &low, &high);
  double slow_low = INFINITY, slow_high = -INFINITY;
  for (int i = 0; i <= 1000000; i++) {
    slow_low = fmin(slow_low, wave(i * 1e-5, NULL));
    slow_high = fmax(slow_high, wave(i * 1e-5, NULL));
  }
  is_near(low, slow_low, 1e-9, "lowest of many waves (grid of 1e-5)");
  is_near(high, slow_high, 1e-9, "highest of many waves");
  const double at[] = {-7, 0.3, 99};
  nomogram_extremes(corner, NULL, 0, 1, at, 3, &low, &high);
  ok(low == 0 && high == 0.7, "a corner at a break is met exactly");
  nomogram_extremes(two_terms, NULL, 0.7, 1.31, NULL, 0, &low, &high);
  is_close(low, 4 * 1.075 - 4.3 * log(1.075), 1e-14, "least of x and log x, by its derivative");
  is_close(high, two_terms(0.7, NULL), 1e-15, "greatest at an end");
  const double knots[] = {40, 50, 60};
  nomogram_extremes(spline, NULL, 35, 70, knots, 3, &low, &high);
  slow_low = INFINITY, slow_high = -INFINITY;
  for (int i = 0; i <= 350000; i++) {
    slow_low = fmin(slow_low, spline(35 + i * 1e-4, NULL));
    slow_high = fmax(slow_high, spline(35 + i * 1e-4, NULL));
  }
  is_close(low, slow_low, 1e-9, "least of a spline (grid of 1e-4)");
  is_close(high, slow_high, 1e-9, "greatest of a spline");
  nomogram_extremes(wave, NULL, 2, 2, NULL, 0, &low, &high);
  ok(low == wave(2, NULL) && high == low, "a range of one value");
  nomogram_extremes(undefined, NULL, -1, 2, NULL, 0, &low, &high);
  ok(isnan(low) && isnan(high), "not defined everywhere");
  nomogram_extremes(wave, NULL, 2, 1, NULL, 0, &low, &high);
  ok(isnan(low) && isnan(high), "no range");
  nomogram_extremes(wave, NULL, NAN, 1, NULL, 0, &low, &high);
  ok(isnan(low) && isnan(high), "a range that is not known");
  return tap_done();
}
