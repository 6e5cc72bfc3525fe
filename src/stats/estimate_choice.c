// SPDX-License-Identifier: GPL-3.0-or-later
// Which of the numbers printed of one coefficient can be true together: clipping of a polygon
// (Sutherland & Hodgman 1974) by the half planes of every subset.
#include <config.h>

#include "stats/estimate_choice.h"

#include <math.h>
#include <stddef.h>

#include "stats/distribution.h"

enum { MOST_CORNERS = 24 };

static const double z95 = 1.959963984540054;
static const double widest = 40; // |b| and se of any use

struct polygon {
  double b[MOST_CORNERS], error[MOST_CORNERS];
  size_t n;
};

// Keeps where p b + q se <= r.
static void clip(struct polygon *polygon, double p, double q, double r)
{
  struct polygon kept = {.n = 0};
  for (size_t i = 0; i < polygon->n; i++) {
    size_t j = (i + 1) % polygon->n;
    double here = p * polygon->b[i] + q * polygon->error[i] - r;
    double there = p * polygon->b[j] + q * polygon->error[j] - r;
    if (here <= 0 && kept.n < MOST_CORNERS) {
      kept.b[kept.n] = polygon->b[i];
      kept.error[kept.n++] = polygon->error[i];
    }
    if ((here < 0 && there > 0) || (here > 0 && there < 0)) {
      double t = here / (here - there);
      if (kept.n == MOST_CORNERS)
        break;
      kept.b[kept.n] = polygon->b[i] + t * (polygon->b[j] - polygon->b[i]);
      kept.error[kept.n++] = polygon->error[i] + t * (polygon->error[j] - polygon->error[i]);
    }
  }
  *polygon = kept;
}

// low <= b + q se <= high
static void clip_between(struct polygon *polygon, double q, struct interval range)
{
  if (isfinite(range.high))
    clip(polygon, 1, q, range.high);
  if (isfinite(range.low))
    clip(polygon, -1, -q, -range.low);
}

static struct interval z_of(const struct printed *p)
{
  struct interval z = {0, INFINITY};
  if (p->range.low > 0)
    z.high = normal_quantile(1 - p->range.low / 2);
  if (p->range.high < 1)
    z.low = normal_quantile(1 - p->range.high / 2);
  return z;
}

// b between -z.high se and -z.low se, or the mirror image.
static void clip_cone(struct polygon *polygon, struct interval z, double side)
{
  clip(polygon, -side, z.low, 0);
  if (isfinite(z.high))
    clip(polygon, side, -z.high, 0);
}

static void clip_part(struct polygon *polygon, const struct printed *part, enum estimate_part which,
                      double side)
{
  switch (which) {
  case ESTIMATE_B:
    clip_between(polygon, 0, part->range);
    break;
  case ESTIMATE_RATIO:
    clip_between(polygon, 0, interval_log(part->range));
    break;
  case ESTIMATE_LOW:
    clip_between(polygon, -z95, interval_log(part->range));
    break;
  case ESTIMATE_HIGH:
    clip_between(polygon, z95, interval_log(part->range));
    break;
  default:
    clip_cone(polygon, z_of(part), side);
    break;
  }
}

// How far an estimate is from printing as a part does, in standard errors.
static double distance(const struct printed *part, enum estimate_part which, double b, double error)
{
  struct interval range = which == ESTIMATE_B   ? part->range
                          : which == ESTIMATE_P ? z_of(part)
                                                : interval_log(part->range);
  double at = which == ESTIMATE_LOW    ? b - z95 * error
              : which == ESTIMATE_HIGH ? b + z95 * error
              : which == ESTIMATE_P    ? fabs(b) / error
                                       : b;
  double away = fmax(fmax(range.low - at, at - range.high), 0);
  return which == ESTIMATE_P ? away : away / error;
}

void estimate_choose(const struct printed *part, double least_error, struct estimate_choice *choice)
{
  static const double worth[N_ESTIMATE_PARTS] = {1, 1.05, 1.02, 1.02, 1.03};
  double best = -INFINITY;
  unsigned there = 0;
  *choice = (struct estimate_choice){.b = NAN, .std_error = NAN};
  for (unsigned i = 0; i < N_ESTIMATE_PARTS; i++)
    there |= (unsigned) printed_is_there(&part[i]) << i;
  for (unsigned set = 1; set < 1U << N_ESTIMATE_PARTS; set++) {
    if (set & ~there)
      continue;
    for (int side = -1; side <= 1; side += 2) {
      struct polygon polygon = {.b = {-widest, widest, widest, -widest},
                                .error = {least_error, least_error, widest, widest}, .n = 4};
      double score = 0, b = 0, error = 0;
      for (unsigned i = 0; i < N_ESTIMATE_PARTS; i++)
        if (set >> i & 1) {
          clip_part(&polygon, &part[i], (enum estimate_part) i, side);
          score += worth[i];
        }
      for (size_t k = 0; k < polygon.n; k++) {
        b += polygon.b[k] / (double) polygon.n;
        error += polygon.error[k] / (double) polygon.n;
      }
      if (polygon.n == 0 || !(error > 0))
        continue;
      for (unsigned i = 0; i < N_ESTIMATE_PARTS; i++)
        if ((there & ~set) >> i & 1)
          score -= fmin(0.3, 0.3 * distance(&part[i], (enum estimate_part) i, b, error));
      if (score <= best)
        continue;
      best = score;
      choice->b = b;
      choice->std_error = error;
      for (unsigned i = 0; i < N_ESTIMATE_PARTS; i++)
        choice->is_kept[i] = set >> i & 1;
    }
  }
}
