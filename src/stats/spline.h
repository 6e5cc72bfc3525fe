// SPDX-License-Identifier: GPL-3.0-or-later
// Restricted cubic splines with Harrell's knots.

#ifndef HER2_STATS_SPLINE_H
#define HER2_STATS_SPLINE_H

#include <stdbool.h>
#include <stddef.h>

// Knots at Harrell's (2015, table 2.3) quantiles (type 7) of x: 3: .10 .50 .90;
// 4: .05 .35 .65 .95; 5: .05 .275 .5 .725 .95; more: evenly from .05 (above 6 from .025).
// With Hmisc::rcspline.eval's exceptions, in its order:
// - where x has just n_knots + 2 different values, the knots are the inner ones;
// - where the least value (the greatest) makes up 5% of x or more and no inner value does, the
//   outer knot is the next value, and the others are found among the values beyond that;
// - with fewer than 100 values (left), an outer knot that is not so placed is the fifth value
//   from its end.
// False if that does not give n_knots different knots (rcspline.eval then takes fewer or
// other ones with a warning, or none), or for n < 6 or n_knots < 3.  x: n values without NaN,
// ascending; knot: n_knots out, ascending.
bool spline_knots(const double *x, size_t n, size_t n_knots, double *knot);

// The basis at one x: x itself, then n_knots - 2 cubic terms, each divided by the square of
// the distance of the outer knots (rms::rcs, norm = 2), which are 0 up to their own knot and
// straight lines beyond the last.  basis: n_knots - 1 out.
void spline_basis(double x, const double *knot, size_t n_knots, double *basis);

#endif
