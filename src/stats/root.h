// SPDX-License-Identifier: GPL-3.0-or-later
// The root of a continuous function of one variable between two points.

#ifndef HER2_STATS_ROOT_H
#define HER2_STATS_ROOT_H

#include <stdbool.h>

typedef double root_function(double x, const void *context);

// A root of f in [low, high], where f has opposite signs (or 0) at the two ends; they may
// be infinite there.  Chandrupatla's (1997) method: inverse quadratic interpolation where
// it is safe, else bisection.  Stops when the bracket is below 4 epsilon |x| + tolerance.
// NaN if the signs agree or f is NaN on the way.
double root_between(root_function *f, const void *context, double low, double high,
                    double tolerance);

// Moves the end `*to` away from `*from` by steps that double, within [least, most], until f
// changes sign between them; *from follows, so that the bracket is the last step.  False
// if there is no change of sign up to the bound.
bool root_bracket(root_function *f, const void *context, double *from, double *to, double least,
                  double most);

#endif
