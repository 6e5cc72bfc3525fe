// SPDX-License-Identifier: GPL-3.0-or-later
// Points of a nomogram: the parts of a linear predictor on one scale from 0 to 100.
//
// The effect of a predictor is its part of the linear predictor (log odds), taken over the
// range that the fit has seen or over its levels.  The predictor whose effect spans most
// gets 100 points (Harrell 2015, section 5; rms::nomogram with maxscale 100):
//   points = (effect - least effect of that predictor) * 100 / widest span

#ifndef HER2_STATS_NOMOGRAM_H
#define HER2_STATS_NOMOGRAM_H

#include <stddef.h>

// 100 over the widest of the n spans most[j] - least[j] (log odds).  NaN if n is 0, if a
// span is NaN or infinite, or if the widest is 0.
double nomogram_points_per_unit(const double *least, const double *most, size_t n);

// Points of an effect.  Beyond the range of the fit they may be below 0 or above 100.
double nomogram_points(double effect, double least, double points_per_unit);
// The effect that has these points.
double nomogram_effect(double points, double least, double points_per_unit);

// The linear predictor that a total of points stands for: intercept + sum of the n least
// effects + total / points_per_unit.
double nomogram_linear_predictor(double total_points, double intercept, const double *least,
                                 size_t n, double points_per_unit);
double nomogram_total_points(double linear_predictor, double intercept, const double *least,
                             size_t n, double points_per_unit);

// Least and most value of a continuous function f(x, context) on [low, high]: the best of
// even steps between the breaks (n_breaks values of x, ascending, at which pieces of f join;
// those outside are passed over), refined by golden sections to 1e-12 of a step.  Exact at the
// ends and the breaks.  NaN where f is NaN at any point looked at, or low > high.
typedef double (*nomogram_function)(double x, void *context);
void nomogram_extremes(nomogram_function f, void *context, double low, double high,
                       const double *breaks, size_t n_breaks, double *least, double *most);

#endif
