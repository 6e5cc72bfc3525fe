// SPDX-License-Identifier: GPL-3.0-or-later
// T. R. Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm for finding the
// zero of a nonlinear function without using derivatives", Advances in Engineering
// Software 28, 145-149.
#include <config.h>

#include "stats/root.h"

#include <float.h>
#include <math.h>

// An infinite value keeps its sign but must not enter quotients.
static double bounded(double value)
{
  return value > 1e100 ? 1e100 : value < -1e100 ? -1e100 : value;
}

double root_between(root_function *f, const void *context, double low, double high,
                    double tolerance)
{
  // a: newest point, b: the other end of the bracket, c: the point before.
  double a = high, b = low, c = low;
  double fa = bounded(f(a, context)), fb = bounded(f(b, context)), fc = fb;
  if (fa == 0)
    return a;
  if (fb == 0)
    return b;
  if (isnan(fa) || isnan(fb) || (fa > 0) == (fb > 0))
    return NAN;
  double fraction = 0.5;
  for (int i = 0; i < 2000; i++) {
    double x = a + fraction * (b - a);
    double fx = bounded(f(x, context));
    if (isnan(fx))
      return NAN;
    if ((fx > 0) == (fa > 0)) {
      c = a;
      fc = fa;
    } else {
      c = b;
      fc = fb;
      b = a;
      fb = fa;
    }
    a = x;
    fa = fx;
    double best = fabs(fa) < fabs(fb) ? a : b;
    if (fa == 0)
      return a;
    double least = (2 * DBL_EPSILON * fabs(best) + 0.5 * tolerance) / fabs(b - a);
    if (least >= 0.5)
      return best;
    // Inverse quadratic interpolation is monotone between a and b under this condition.
    double xi = (a - b) / (c - b), phi = (fa - fb) / (fc - fb);
    if (phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi)
      fraction = fa / (fb - fa) * fc / (fb - fc)
                 + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb);
    else
      fraction = 0.5;
    fraction = fraction < least ? least : fraction > 1 - least ? 1 - least : fraction;
  }
  return fabs(fa) < fabs(fb) ? a : b;
}

bool root_bracket(root_function *f, const void *context, double *from, double *to, double least,
                  double most)
{
  double step = *to - *from, start = f(*from, context);
  if (isnan(start))
    return false;
  if (start == 0) {
    *to = *from;
    return true;
  }
  for (int i = 0; i < 2000; i++) {
    *to = fmin(fmax(*to, least), most);
    double end = f(*to, context);
    if (isnan(end))
      return false;
    if (end == 0 || (end > 0) != (start > 0))
      return true;
    if (*to <= least || *to >= most)
      return false;
    *from = *to;
    step *= 2;
    *to += step;
  }
  return false;
}
