// SPDX-License-Identifier: GPL-3.0-or-later
// Points of a nomogram.  F. E. Harrell (2015), Regression Modeling Strategies, 2nd edition.
// Golden sections: J. Kiefer (1953), Proceedings of the American Mathematical Society 4.
#include <config.h>

#include "stats/nomogram.h"

#include <math.h>

// Steps between two breaks: a cubic has two turns at most, so two steps cannot hide one
// that matters.
enum { N_STEPS = 200 };

double nomogram_points_per_unit(const double *least, const double *most, size_t n)
{
  double widest = 0;
  for (size_t j = 0; j < n; j++) {
    double span = most[j] - least[j];
    if (!isfinite(span))
      return NAN;
    widest = span > widest ? span : widest;
  }
  double per_unit = 100 / widest;
  return isfinite(per_unit) ? per_unit : NAN;
}

double nomogram_points(double effect, double least, double points_per_unit)
{
  return (effect - least) * points_per_unit;
}

double nomogram_effect(double points, double least, double points_per_unit)
{
  return least + points / points_per_unit;
}

static double least_sum(double intercept, const double *least, size_t n)
{
  double sum = intercept;
  for (size_t j = 0; j < n; j++)
    sum += least[j];
  return sum;
}

double nomogram_linear_predictor(double total_points, double intercept, const double *least,
                                 size_t n, double points_per_unit)
{
  return least_sum(intercept, least, n) + total_points / points_per_unit;
}

double nomogram_total_points(double linear_predictor, double intercept, const double *least,
                             size_t n, double points_per_unit)
{
  return (linear_predictor - least_sum(intercept, least, n)) * points_per_unit;
}

// The greatest value of sign * f on [low, high], where it has one hump.
static double golden_maximum(nomogram_function f, void *context, double sign, double low,
                             double high)
{
  const double ratio = 0.5 * (sqrt(5) - 1);
  double a = high - ratio * (high - low), b = low + ratio * (high - low);
  double at_a = sign * f(a, context), at_b = sign * f(b, context);
  double tolerance = 1e-12 * (high - low);
  while (b - a > tolerance && low < a && a < b && b < high) {
    if (at_a < at_b) {
      low = a;
      a = b;
      at_a = at_b;
      b = low + ratio * (high - low);
      at_b = sign * f(b, context);
    } else {
      high = b;
      b = a;
      at_b = at_a;
      a = high - ratio * (high - low);
      at_a = sign * f(a, context);
    }
  }
  return at_a > at_b ? at_a : at_b;
}

struct search {
  nomogram_function f;
  void *context;
  double least, most;
};

static void search_piece(struct search *search, double low, double high)
{
  double step = (high - low) / N_STEPS, best[2] = {-INFINITY, -INFINITY};
  int place[2] = {0, 0};
  for (int i = 0; i <= N_STEPS; i++) {
    double value = search->f(i == N_STEPS ? high : low + i * step, search->context);
    if (isnan(value) || isnan(search->least)) {
      search->least = search->most = NAN;
      return;
    }
    for (int k = 0; k < 2; k++) {
      double signed_value = k ? value : -value;
      if (signed_value > best[k]) {
        best[k] = signed_value;
        place[k] = i;
      }
    }
  }
  for (int k = 0; k < 2; k++)
    if (place[k] > 0 && place[k] < N_STEPS) {
      double refined = golden_maximum(search->f, search->context, k ? 1 : -1,
                                      low + (place[k] - 1) * step, low + (place[k] + 1) * step);
      best[k] = refined > best[k] ? refined : best[k];
    }
  if (-best[0] < search->least)
    search->least = -best[0];
  if (best[1] > search->most)
    search->most = best[1];
}

void nomogram_extremes(nomogram_function f, void *context, double low, double high,
                       const double *breaks, size_t n_breaks, double *least, double *most)
{
  struct search search = {f, context, INFINITY, -INFINITY};
  if (!(low <= high)) {
    *least = *most = NAN;
    return;
  }
  double from = low;
  for (size_t i = 0; i <= n_breaks; i++) {
    double to = i < n_breaks ? breaks[i] : high;
    if (to > high)
      to = high;
    if (to < from || (to == from && i < n_breaks))
      continue;
    search_piece(&search, from, to);
    from = to;
  }
  *least = search.least;
  *most = search.most;
}
