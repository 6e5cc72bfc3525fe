// SPDX-License-Identifier: GPL-3.0-or-later
// GRIM (Brown & Heathers 2017): whether a printed mean or percentage of whole numbers can be.
//
// The sum of n whole numbers is whole: a printed mean is possible only if some whole number
// over n prints so.  Half-up and half-even roundings both count, as the two ends of `printed`
// belong to it.

#ifndef HER2_STATS_GRIM_H
#define HER2_STATS_GRIM_H

#include <stdbool.h>

#include "stats/printed.h"

struct grim_result {
  bool possible;
  double total;          // the whole number that does it (the one nearest to the printed
                         // value), or the nearest one that does not
  double value;          // scale * total / n
  double below, above;   // scale * (the greatest possible value <=, the least >= the printed)
};
// printed = scale * total / n, scale 1 for a mean or a fraction, 100 for percent; n > 0 whole
// (with several items a person, persons times items).  Totals from `least` to `most`.
struct grim_result grim_mean(struct interval printed, double n, double scale, double least,
                             double most);
// k of n: totals from 0 to n.
struct grim_result grim_proportion(struct interval printed, double n, double scale);
// A proportion that must be one of n_values (not NaN) whole numbers of n.
struct grim_result grim_one_of(struct interval printed, double n, double scale,
                               const double *value, int n_values);

#endif
