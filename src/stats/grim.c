// SPDX-License-Identifier: GPL-3.0-or-later
// GRIM: Brown NJL, Heathers JAJ (2017), Soc Psychol Pers Sci 8:363-369.
#include <config.h>

#include "stats/grim.h"

#include <math.h>

static const double slack = 1e-9; // of the total

static struct grim_result undefined(void)
{
  return (struct grim_result){false, NAN, NAN, NAN, NAN};
}

static double clamp(double x, double least, double most)
{
  return fmin(fmax(x, least), most);
}

struct grim_result grim_mean(struct interval printed, double n, double scale, double least,
                             double most)
{
  if (!interval_is_known(printed) || !(n > 0) || !(scale > 0) || !(least <= most))
    return undefined();
  double centre = isinf(printed.high)  ? printed.low
                  : isinf(printed.low) ? printed.high
                                       : (printed.low + printed.high) / 2;
  double sum = centre * n / scale, room = slack * fmax(1, fabs(sum));
  double first = fmax(ceil(printed.low * n / scale - room), least);
  double last = fmin(floor(printed.high * n / scale + room), most);
  struct grim_result result = {.possible = first <= last};
  result.total = clamp(round(sum), least, most);
  if (result.possible)
    result.total = clamp(result.total, first, last);
  result.value = scale * result.total / n;
  result.below = scale * clamp(floor(sum + room), least, most) / n;
  result.above = scale * clamp(ceil(sum - room), least, most) / n;
  return result;
}

struct grim_result grim_proportion(struct interval printed, double n, double scale)
{
  return grim_mean(printed, n, scale, 0, n);
}

struct grim_result grim_one_of(struct interval printed, double n, double scale,
                               const double *value, int n_values)
{
  if (!interval_is_known(printed) || !(n > 0) || !(scale > 0) || n_values < 1)
    return undefined();
  double centre = isinf(printed.high) ? printed.low : (printed.low + printed.high) / 2;
  struct grim_result result = {.below = -INFINITY, .above = INFINITY};
  double least = INFINITY;
  for (int i = 0; i < n_values; i++) {
    double proportion = scale * value[i] / n, room = slack * scale;
    if (proportion <= centre + room)
      result.below = fmax(result.below, proportion);
    if (proportion >= centre - room)
      result.above = fmin(result.above, proportion);
    result.possible |= proportion >= printed.low - room && proportion <= printed.high + room;
    if (fabs(proportion - centre) < least) {
      least = fabs(proportion - centre);
      result.total = value[i];
      result.value = proportion;
    }
  }
  return result;
}
