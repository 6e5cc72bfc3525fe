// SPDX-License-Identifier: GPL-3.0-or-later
// The empirical ROC curve: its points, the area under a part of it, and the choice of a cut-off.
//
// Sources: McClish (1989), Medical Decision Making 9, 190 (partial area); Robin et al. (2011),
// BMC Bioinformatics 12, 77 (pROC: thresholds halfway, partial area by either axis); Youden
// (1950), Cancer 3, 32; Perkins & Schisterman (2006), American Journal of Epidemiology 163, 670
// (the point closest to the top left corner).
#include <config.h>

#include "stats/roc.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"

// Two criteria, or a value and its target, that differ by less are equal.
static const double equality = 1e-12;

// ---- points ----

// Halfway; where no double lies there, the upper one, so that `value >= threshold` parts the
// two.
static double threshold_between(double lower, double upper)
{
  double sum = lower + upper, middle = fabs(sum) > 1e100 ? lower / 2 + upper / 2 : sum / 2;
  return middle > lower && middle < upper ? middle : upper;
}

static size_t *own_order_of(const double *value, size_t n)
{
  size_t *order = NEW_ARRAY(size_t, n);
  sort_order(value, n, order);
  return order;
}

// Fills points with value and counts, from +infinity down; returns how many.
static size_t collect_points(const double *value, const double *y, const double *weight, size_t n,
                             const size_t *order, struct roc_point *point)
{
  size_t n_points = 1;
  point[0] = (struct roc_point){.threshold = INFINITY, .value = NAN};
  for (size_t end = n; end > 0;) {
    double tied = value[order[end - 1]], events = 0, others = 0;
    for (; end > 0 && value[order[end - 1]] == tied; end--) {
      size_t i = order[end - 1];
      *(y[i] > 0.5 ? &events : &others) += weight ? weight[i] : 1;
    }
    if (!(events > 0) && !(others > 0))
      continue;
    const struct roc_point *above = point + n_points - 1;
    point[n_points] = (struct roc_point){.value = tied + 0.0,
                                         .true_positives = above->true_positives + events,
                                         .false_positives = above->false_positives + others};
    n_points++;
  }
  return n_points;
}

void roc_curve_compute(const double *value, const double *y, const double *weight, size_t n,
                       const size_t *order, struct roc_curve *curve)
{
  size_t *own_order = order ? NULL : own_order_of(value, n);
  struct roc_point *point = NEW_ARRAY(struct roc_point, n + 1);
  size_t n_points = collect_points(value, y, weight, n, order ? order : own_order, point);
  free(own_order);
  for (size_t i = 1; i < n_points; i++)
    point[i].threshold =
        i + 1 < n_points ? threshold_between(point[i + 1].value, point[i].value) : -INFINITY;
  RESIZE_ARRAY(point, n_points);
  *curve = (struct roc_curve){.n_events = point[n_points - 1].true_positives,
                              .n_others = point[n_points - 1].false_positives,
                              .point = point,
                              .n_points = n_points};
}

void roc_curve_free(struct roc_curve *curve)
{
  free(curve->point);
  *curve = (struct roc_curve){0};
}

static double sensitivity_at(const struct roc_curve *curve, size_t i)
{
  return curve->point[i].true_positives / curve->n_events;
}

static double specificity_at(const struct roc_curve *curve, size_t i)
{
  return (curve->n_others - curve->point[i].false_positives) / curve->n_others;
}

// ---- partial area ----

// The area below the line from (x1, y1) to (x2, y2), x1 < x2, between `from` and `to`.
static double clipped_trapezoid(double x1, double y1, double x2, double y2, double from, double to)
{
  double slope = (y2 - y1) / (x2 - x1), left = fmax(x1, from), right = fmin(x2, to);
  if (!(left < right))
    return 0;
  double y_left = left == x1 ? y1 : y1 + slope * (left - x1);
  double y_right = right == x2 ? y2 : y2 - slope * (x2 - right);
  return (right - left) * (y_left + y_right) / 2;
}

struct roc_partial roc_partial_area(const struct roc_curve *curve, enum roc_focus focus,
                                    double from, double to)
{
  struct roc_partial partial = {NAN, NAN};
  double low = fmin(from, to), high = fmax(from, to);
  if (isnan(from) || isnan(to) || low < 0 || high > 1 || !(curve->n_events > 0) ||
      !(curve->n_others > 0))
    return partial;
  partial.raw = 0;
  for (size_t i = 1; i < curve->n_points; i++) {
    double se1 = sensitivity_at(curve, i - 1), se2 = sensitivity_at(curve, i);
    double sp1 = specificity_at(curve, i), sp2 = specificity_at(curve, i - 1);
    if (focus == ROC_SPECIFICITY && sp1 < sp2)
      partial.raw += clipped_trapezoid(sp1, se2, sp2, se1, low, high);
    if (focus == ROC_SENSITIVITY && se1 < se2)
      partial.raw += clipped_trapezoid(se1, sp2, se2, sp1, low, high);
  }
  double most = high - low, chance = most * (2 - low - high) / 2;
  if (most > 0 && partial.raw >= chance - equality * most)
    partial.corrected = (1 + (partial.raw - chance) / (most - chance)) / 2;
  return partial;
}

// ---- cut-offs ----

// The last point whose smallest value is at least `target`; the first one has no value.
static size_t point_at_cutoff(const struct roc_curve *curve, double target)
{
  size_t low = 0, high = curve->n_points;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (curve->point[middle].value >= target)
      low = middle;
    else
      high = middle;
  }
  return low;
}

// The larger sensitivity first, then the larger specificity.  Points of equal sensitivity follow
// each other from the best specificity down.
static size_t point_at_sensitivity(const struct roc_curve *curve, double target)
{
  size_t best = 0;
  while (best < curve->n_points && !(sensitivity_at(curve, best) >= target - equality))
    best++;
  if (best == curve->n_points)
    return 0;
  double others = curve->point[best].false_positives;
  while (best + 1 < curve->n_points && curve->point[best + 1].false_positives == others)
    best++;
  return best;
}

static size_t point_at_specificity(const struct roc_curve *curve, double target)
{
  size_t best = curve->n_points;
  while (best > 0 && !(specificity_at(curve, best - 1) >= target - equality))
    best--;
  if (best == 0)
    return 0;
  double events = curve->point[--best].true_positives;
  while (best > 0 && curve->point[best - 1].true_positives == events)
    best--;
  return best;
}

// What a rule makes as small as it can.
static double loss_at(const struct roc_curve *curve, size_t i, enum roc_rule rule)
{
  double missed = (curve->n_events - curve->point[i].true_positives) / curve->n_events;
  double false_alarms = curve->point[i].false_positives / curve->n_others;
  return rule == ROC_YOUDEN ? missed + false_alarms : missed * missed + false_alarms * false_alarms;
}

static size_t point_of_least_loss(const struct roc_curve *curve, enum roc_rule rule, size_t *n_tied)
{
  double least = INFINITY;
  for (size_t i = 0; i < curve->n_points; i++)
    least = fmin(least, loss_at(curve, i, rule));
  // Squared distances are small near the corner, and exact there.
  double limit = least + equality * (rule == ROC_TOPLEFT ? least : 1);
  size_t best = 0;
  for (size_t i = 0; i < curve->n_points; i++)
    if (loss_at(curve, i, rule) <= limit) {
      ++*n_tied;
      best = i;
    }
  return best;
}

size_t roc_curve_choose(const struct roc_curve *curve, enum roc_rule rule, double target,
                        size_t *n_tied)
{
  size_t best = 0, tied = 0;
  bool one_kind = !(curve->n_events > 0) || !(curve->n_others > 0);
  bool beyond = isnan(target) || (rule != ROC_CUTOFF && target > 1 + equality);
  switch (rule) {
  case ROC_YOUDEN:
  case ROC_TOPLEFT:
    if (!one_kind)
      best = point_of_least_loss(curve, rule, &tied);
    break;
  case ROC_CUTOFF:
    tied = !beyond;
    best = beyond ? 0 : point_at_cutoff(curve, target);
    break;
  case ROC_SENSITIVITY_AT_LEAST:
    tied = !one_kind && !beyond;
    best = tied ? point_at_sensitivity(curve, target) : 0;
    break;
  case ROC_SPECIFICITY_AT_LEAST:
    tied = !one_kind && !beyond;
    best = tied ? point_at_specificity(curve, target) : 0;
    break;
  }
  if (n_tied)
    *n_tied = tied;
  return best;
}
