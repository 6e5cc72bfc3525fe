// SPDX-License-Identifier: GPL-3.0-or-later
// Points of ROC curves, partial areas, cut-offs and what they achieve.
#include <config.h>

#include "stats/roc.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "roc_cases.h"
#include "stats/distribution.h"
#include "tap.h"

static char label_text[200];
#define LABEL(...) (snprintf(label_text, sizeof label_text, __VA_ARGS__), label_text)

static double sensitivity(const struct roc_curve *curve, size_t i)
{
  return curve->point[i].true_positives / curve->n_events;
}

static double specificity(const struct roc_curve *curve, size_t i)
{
  return 1 - curve->point[i].false_positives / curve->n_others;
}

// ---- points ----

static void check_curve(const struct reference *reference, const struct roc_case *c, size_t j,
                        const struct roc_curve *curve)
{
  size_t n_values;
  const double *r = roc_values(reference, c->name, LABEL("curve.%zu", j + 1), &n_values);
  is_integer((long long) curve->n_points, (long long) n_values / 3,
             LABEL("%s %zu: as many points as pROC", c->name, j));
  if (curve->n_points != n_values / 3)
    return;
  bool thresholds = true, rates = true;
  for (size_t i = 0; i < curve->n_points; i++) {
    thresholds &= curve->point[i].threshold == r[3 * i];
    rates &= fabs(sensitivity(curve, i) - r[3 * i + 1]) <= 1e-15;
    rates &= fabs(specificity(curve, i) - r[3 * i + 2]) <= 1e-15;
  }
  ok(thresholds, "%s %zu: pROC's thresholds to the bit", c->name, j);
  ok(rates, "%s %zu: pROC's sensitivities and specificities to 1e-15", c->name, j);
}

// What holds of every curve.
static void curve_identities(const char *name, const double *x, const double *y, size_t n,
                             const struct roc_curve *curve)
{
  const struct roc_point *point = curve->point;
  bool counts = true, falling = true, below = true;
  double area = 0;
  for (size_t i = 0; i < curve->n_points; i++) {
    struct roc_counts count = roc_count(x, y, NULL, n, point[i].threshold);
    bool infinite = i == 0 && count.true_positives + count.false_positives > 0;
    counts &= infinite || (count.true_positives == point[i].true_positives &&
                           count.false_positives == point[i].false_positives);
    counts &= count.true_positives + count.false_negatives == curve->n_events;
    counts &= count.false_positives + count.true_negatives == curve->n_others;
    if (i == 0)
      continue;
    falling &= point[i].threshold < point[i - 1].threshold || point[i].threshold == INFINITY;
    below &= point[i].threshold <= point[i].value;
    below &= i + 1 == curve->n_points || point[i].threshold > point[i + 1].value;
    area += (point[i].false_positives - point[i - 1].false_positives) *
            (point[i].true_positives + point[i - 1].true_positives) / 2;
  }
  ok(counts, "%s: a threshold cuts the rows as its point says", name);
  ok(falling, "%s: thresholds fall", name);
  ok(below, "%s: a threshold lies between two values", name);
  ok(point[0].true_positives == 0 && point[0].false_positives == 0 &&
         point[0].threshold == INFINITY && isnan(point[0].value),
     "%s: nobody at first", name);
  ok(n == 0 || point[curve->n_points - 1].threshold == -INFINITY, "%s: all at last", name);
  if (curve->n_events > 0 && curve->n_others > 0)
    ok(area / (curve->n_events * curve->n_others) == roc_auc(x, y, NULL, n, NULL),
       "%s: the area below the points is the AUC", name);
}

static void infinite_and_odd_values(void)
{
  double y[] = {1, 0, 1, 0, 1, 0, 1, 0},
         x[] = {INFINITY, INFINITY, 3, 2, 5, -INFINITY, -INFINITY, 4};
  struct roc_curve curve;
  roc_curve_compute(x, y, NULL, 8, NULL, &curve);
  curve_identities("infinite", x, y, 8, &curve);
  ok(curve.n_points == 7, "infinite: a point a value");
  ok(curve.point[1].threshold == INFINITY && curve.point[1].true_positives == 1 &&
         curve.point[1].false_positives == 1,
     "infinite: values of +infinity are positive at the second point");
  ok(curve.point[5].threshold == 2, "infinite: above -infinity lies the smallest other value");
  roc_curve_free(&curve);
  double both[] = {INFINITY, -INFINITY}, y2[] = {1, 0};
  roc_curve_compute(both, y2, NULL, 2, NULL, &curve);
  curve_identities("both", both, y2, 2, &curve);
  roc_curve_free(&curve);
  double zeros[] = {0.0, -0.0, -0.0, 1}, y4[] = {1, 0, 1, 1};
  roc_curve_compute(zeros, y4, NULL, 4, NULL, &curve);
  ok(curve.n_points == 3 && !signbit(curve.point[2].value), "-0 and 0 are one value");
  roc_curve_free(&curve);
  roc_curve_compute(x, y, NULL, 0, NULL, &curve);
  curve_identities("empty", x, y, 0, &curve);
  ok(curve.n_points == 1 && curve.n_events == 0, "no rows: one point");
  roc_curve_free(&curve);
  ok(!curve.point && curve.n_points == 0, "freed");
  roc_curve_compute(x, y, NULL, 1, NULL, &curve);
  ok(curve.n_points == 2 && curve.point[1].threshold == -INFINITY, "one row: two points");
  roc_curve_free(&curve);
}

static void weights_are_repeats(const struct reference *reference)
{
  const double *rows = reference_values(reference, "weighted.rows", NULL);
  enum { ROWS = 60 };
  double y[ROWS], x[2][ROWS], weight[ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    y[i] = rows[4 * i];
    x[0][i] = rows[4 * i + 1];
    x[1][i] = rows[4 * i + 2];
    weight[i] = rows[4 * i + 3];
  }
  struct roc_case c = roc_case_load(reference, "weighted");
  for (size_t j = 0; j < 2; j++) {
    struct roc_curve weighted, repeated;
    size_t order[ROWS];
    sort_order(x[j], ROWS, order);
    roc_curve_compute(x[j], y, weight, ROWS, order, &weighted);
    roc_curve_compute(c.x[j], c.y, NULL, c.n, NULL, &repeated);
    bool same = weighted.n_points == repeated.n_points;
    for (size_t i = 0; same && i < weighted.n_points; i++)
      same &= weighted.point[i].threshold == repeated.point[i].threshold &&
              weighted.point[i].true_positives == repeated.point[i].true_positives &&
              weighted.point[i].false_positives == repeated.point[i].false_positives;
    ok(same && weighted.n_events == repeated.n_events,
       "the weighted curve is that of repeated rows, rows of weight 0 left out");
    struct roc_counts a = roc_count(x[j], y, weight, ROWS, 0.1);
    struct roc_counts b = roc_count(c.x[j], c.y, NULL, c.n, 0.1);
    ok(!memcmp(&a, &b, sizeof a), "so are the counts at a threshold");
    roc_curve_free(&weighted);
    roc_curve_free(&repeated);
  }
}

// ---- partial areas ----

static void check_partial(const struct reference *reference, const struct roc_case *c, size_t j,
                          const struct roc_curve *curve)
{
  size_t n_values;
  const double *r = roc_values(reference, c->name, LABEL("partial.%zu", j + 1), &n_values);
  for (; n_values; n_values -= 5, r += 5) {
    struct roc_partial partial =
        roc_partial_area(curve, r[0] == 0 ? ROC_SPECIFICITY : ROC_SENSITIVITY, r[1], r[2]);
    // pROC subtracts fractions in which the last digit is rounded, McClish's divides by the width.
    is_near(partial.raw, r[3], 1e-15,
            LABEL("%s %zu: partial area %g %g of %g", c->name, j, r[1], r[2], r[0]));
    is_near(partial.corrected, r[4], 1e-15 / (r[2] - r[1]),
            LABEL("%s %zu: McClish's of %g %g of %g", c->name, j, r[1], r[2], r[0]));
  }
}

// The area between specificities by the definition: for each small step of specificity the
// sensitivity of the piecewise linear curve.
static double slow_partial(const struct roc_curve *curve, double from, double to)
{
  enum { STEPS = 20000 };
  double sum = 0;
  for (int s = 0; s < STEPS; s++) {
    double sp = from + (to - from) * (s + 0.5) / STEPS;
    for (size_t i = 1; i < curve->n_points; i++) {
      double high = specificity(curve, i - 1), low = specificity(curve, i);
      if (low <= sp && sp < high) {
        double part = (high - sp) / (high - low);
        sum += sensitivity(curve, i - 1) * (1 - part) + sensitivity(curve, i) * part;
        break;
      }
    }
  }
  return sum * (to - from) / STEPS;
}

static void partial_identities(const struct reference *reference)
{
  struct roc_case c = roc_case_load(reference, "ties");
  struct roc_curve curve, mirrored;
  double flipped[200], negative[200];
  for (size_t i = 0; i < c.n; i++) {
    flipped[i] = 1 - c.y[i];
    negative[i] = -c.x[0][i];
  }
  roc_curve_compute(c.x[0], c.y, NULL, c.n, NULL, &curve);
  roc_curve_compute(negative, flipped, NULL, c.n, NULL, &mirrored);
  double auc = roc_auc(c.x[0], c.y, NULL, c.n, NULL), sum = 0;
  for (int focus = 0; focus < 2; focus++) {
    enum roc_focus f = focus ? ROC_SENSITIVITY : ROC_SPECIFICITY;
    is_near(roc_partial_area(&curve, f, 0, 1).raw, auc, 1e-15, "from 0 to 1: the whole area");
    is_near(roc_partial_area(&curve, f, 1, 0).corrected, auc, 1e-15, "McClish's is the area too");
    sum = 0;
    for (int part = 0; part < 7; part++)
      sum += roc_partial_area(&curve, f, part / 7.0, (part + 1) / 7.0).raw;
    is_near(sum, auc, 1e-15, "the parts add up");
    struct roc_partial none = roc_partial_area(&curve, f, 0.3, 0.3);
    ok(none.raw == 0 && isnan(none.corrected), "no width: no area");
    ok(isnan(roc_partial_area(&curve, f, -0.1, 0.5).raw) &&
           isnan(roc_partial_area(&curve, f, 0.5, 1.1).raw) &&
           isnan(roc_partial_area(&curve, f, NAN, 1).raw),
       "outside 0 to 1: none");
  }
  // Events and others exchanged, values negated: sensitivity and specificity change places.
  is_near(roc_partial_area(&mirrored, ROC_SENSITIVITY, 0.62, 0.97).raw,
          roc_partial_area(&curve, ROC_SPECIFICITY, 0.62, 0.97).raw, 1e-15,
          "the mirrored curve by the other axis");
  is_near(roc_partial_area(&curve, ROC_SPECIFICITY, 0.62, 0.97).raw,
          slow_partial(&curve, 0.62, 0.97), 1e-8, // of the 20,000 steps five hold a corner
          "a partial area by small steps");
  roc_curve_free(&curve);
  roc_curve_free(&mirrored);

  double tied[] = {3, 3, 3, 3}, perfect[] = {1, 2, 3, 4}, y[] = {0, 0, 1, 1};
  roc_curve_compute(tied, y, NULL, 4, NULL, &curve);
  struct roc_partial partial = roc_partial_area(&curve, ROC_SPECIFICITY, 0.7, 0.9);
  is_near(partial.raw, 0.2 * 0.2, 1e-16, "all tied: the area below the diagonal");
  is_near(partial.corrected, 0.5, 1e-15, "which McClish makes 1/2, whatever the rounding");
  bool half = true;
  for (int low = 0; low < 97; low++)
    for (int high = low + 1; high <= 97; high++)
      half &= fabs(roc_partial_area(&curve, ROC_SPECIFICITY, low / 97.0, high / 97.0).corrected -
                   0.5) < 1e-11;
  ok(half, "between any limits");
  roc_curve_free(&curve);
  roc_curve_compute(perfect, y, NULL, 4, NULL, &curve);
  partial = roc_partial_area(&curve, ROC_SENSITIVITY, 0.7, 0.9);
  is_near(partial.raw, 0.2, 1e-15, "a perfect marker: the whole strip");
  is_near(partial.corrected, 1, 1e-15, "which McClish makes 1");
  roc_curve_free(&curve);
  roc_curve_compute(perfect, tied, NULL, 4, NULL, &curve);
  ok(isnan(roc_partial_area(&curve, ROC_SPECIFICITY, 0.7, 0.9).raw), "events only: none");
  roc_curve_free(&curve);
}

// ---- cut-offs ----

// What a rule makes small, times (n1 n0) or its square: a whole number.
static double whole_loss(const struct roc_curve *curve, size_t i, enum roc_rule rule)
{
  double missed = (curve->n_events - curve->point[i].true_positives) * curve->n_others;
  double false_alarms = curve->point[i].false_positives * curve->n_events;
  return rule == ROC_YOUDEN ? missed + false_alarms : missed * missed + false_alarms * false_alarms;
}

// pROC compares doubles bit by bit and so misses ties that rounding parts (case strong): there it
// must be equal in whole numbers, and ours the one with the larger sensitivity.
static void check_best(const struct reference *reference, const struct roc_case *c, size_t j,
                       const struct roc_curve *curve)
{
  const double *r = roc_values(reference, c->name, LABEL("best.%zu", j + 1), NULL);
  for (int k = 0; k < 2; k++, r += 4) {
    enum roc_rule rule = k ? ROC_TOPLEFT : ROC_YOUDEN;
    const char *what = k ? "closest.topleft" : "youden";
    size_t n_tied = 99, i = roc_curve_choose(curve, rule, 0, &n_tied), theirs = 0, equal = 0;
    bool least = true, lowest = true;
    for (size_t p = 0; p < curve->n_points; p++) {
      double more = whole_loss(curve, p, rule) - whole_loss(curve, i, rule);
      least &= more >= 0;
      equal += more == 0;
      lowest &= more > 0 || p <= i;
      if (curve->point[p].threshold == r[1])
        theirs = p;
    }
    ok(least && lowest && n_tied == equal, "%s %zu: %s, %zu tied, in whole numbers", c->name, j,
       what, equal);
    if ((double) n_tied == r[0]) {
      ok(i == theirs, "%s %zu: the threshold of coords' %s", c->name, j, what);
      is_near(sensitivity(curve, i), r[2], 1e-15, LABEL("%s %zu: its sensitivity", c->name, j));
      is_near(specificity(curve, i), r[3], 1e-15, LABEL("%s %zu: its specificity", c->name, j));
    } else {
      ok((double) n_tied > r[0] && theirs < i &&
             whole_loss(curve, theirs, rule) == whole_loss(curve, i, rule),
         "%s %zu: coords' %s is one of the tied", c->name, j, what);
    }
  }
}

// The best of all points by the header's words.
static size_t slow_choice(const struct roc_curve *curve, enum roc_rule rule, double target)
{
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < curve->n_points; i++) {
    double se = sensitivity(curve, i), sp = specificity(curve, i);
    bool meets = rule == ROC_SENSITIVITY_AT_LEAST ? se >= target - 1e-12 : sp >= target - 1e-12;
    if (!meets)
      continue;
    if (best == SIZE_MAX) {
      best = i;
      continue;
    }
    double se_best = sensitivity(curve, best), sp_best = specificity(curve, best);
    bool better = rule == ROC_SENSITIVITY_AT_LEAST
                      ? sp > sp_best || (sp == sp_best && se > se_best)
                      : se > se_best || (se == se_best && sp > sp_best);
    if (better)
      best = i;
  }
  return best;
}

static void check_targets(const struct roc_case *c, size_t j, const struct roc_curve *curve)
{
  bool sensitivities = true, specificities = true, cutoffs = true;
  for (size_t i = 0; i <= curve->n_points + 20; i++) {
    // Values that the curve has, and others.
    double se = i < curve->n_points ? sensitivity(curve, i) : roc_uniform();
    double sp = i < curve->n_points ? specificity(curve, i) : roc_uniform();
    size_t tied = 0;
    sensitivities &= roc_curve_choose(curve, ROC_SENSITIVITY_AT_LEAST, se, &tied) ==
                     slow_choice(curve, ROC_SENSITIVITY_AT_LEAST, se);
    sensitivities &= tied == 1;
    specificities &= roc_curve_choose(curve, ROC_SPECIFICITY_AT_LEAST, sp, &tied) ==
                     slow_choice(curve, ROC_SPECIFICITY_AT_LEAST, sp);
    specificities &= tied == 1;
    double x = i < c->n ? c->x[j][i] : 4 * roc_uniform() - 1;
    double targets[] = {x, nextafter(x, INFINITY), nextafter(x, -INFINITY), INFINITY, -INFINITY};
    for (size_t t = 0; t < 5; t++) {
      size_t at = roc_curve_choose(curve, ROC_CUTOFF, targets[t], &tied);
      struct roc_counts counts = roc_count(c->x[j], c->y, NULL, c->n, targets[t]);
      cutoffs &= tied == 1 && counts.true_positives == curve->point[at].true_positives &&
                 counts.false_positives == curve->point[at].false_positives;
    }
  }
  ok(sensitivities, "%s %zu: the largest specificity with a sensitivity", c->name, j);
  ok(specificities, "%s %zu: the largest sensitivity with a specificity", c->name, j);
  ok(cutoffs, "%s %zu: a stated cut-off has the counts of value >= cut-off", c->name, j);
}

static void documented_choices(void)
{
  // From high to low: event, other, event, other: both thresholds below an event have J = 1/2.
  double x[] = {4, 3, 2, 1}, y[] = {1, 0, 1, 0};
  struct roc_curve curve;
  size_t tied = 0;
  roc_curve_compute(x, y, NULL, 4, NULL, &curve);
  size_t i = roc_curve_choose(&curve, ROC_YOUDEN, NAN, &tied);
  ok(i == 3 && tied == 2, "of two equal Youden indices the larger sensitivity; two are tied");
  i = roc_curve_choose(&curve, ROC_TOPLEFT, NAN, &tied);
  ok(i == 3 && tied == 2, "of two equal distances too");
  i = roc_curve_choose(&curve, ROC_SENSITIVITY_AT_LEAST, 0.3, NULL);
  ok(i == 1, "sensitivity at least 0.3: all of the specificity");
  i = roc_curve_choose(&curve, ROC_SENSITIVITY_AT_LEAST, 0, NULL);
  ok(i == 1, "sensitivity at least 0: of specificity 1 the more sensitive");
  i = roc_curve_choose(&curve, ROC_SPECIFICITY_AT_LEAST, 0.2, NULL);
  ok(i == 3, "specificity at least 0.2: all of the sensitivity");
  i = roc_curve_choose(&curve, ROC_SPECIFICITY_AT_LEAST, 0, NULL);
  ok(i == 3, "specificity at least 0: of sensitivity 1 the more specific");
  i = roc_curve_choose(&curve, ROC_SENSITIVITY_AT_LEAST, 1.5, &tied);
  ok(i == 0 && tied == 0, "a sensitivity of 1.5 is not to be had");
  i = roc_curve_choose(&curve, ROC_CUTOFF, NAN, &tied);
  ok(i == 0 && tied == 0, "nor a cut-off that is missing");
  i = roc_curve_choose(&curve, ROC_SPECIFICITY_AT_LEAST, NAN, &tied);
  ok(i == 0 && tied == 0, "nor a specificity that is");
  roc_curve_free(&curve);
  // 0.1 + 0.2 + 0.4 is more than 7/10 in doubles; a target is met to 1e-12.
  double ten[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, y10[] = {1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1};
  roc_curve_compute(ten, y10, NULL, 11, NULL, &curve);
  i = roc_curve_choose(&curve, ROC_SENSITIVITY_AT_LEAST, 0.1 + 0.2 + 0.4, NULL);
  ok(curve.point[i].true_positives == 7 && curve.point[i].false_positives == 0,
     "a target one bit above 7/10 is met by 7 of 10");
  i = roc_curve_choose(&curve, ROC_SENSITIVITY_AT_LEAST, 0.7001, NULL);
  ok(curve.point[i].true_positives == 10 && curve.point[i].false_positives == 1,
     "beyond it the best sensitivity of the next specificity");
  roc_curve_free(&curve);
  double level[] = {1, 1, 1, 1}, none[] = {0, 0, 0, 0};
  roc_curve_compute(level, y, NULL, 4, NULL, &curve);
  i = roc_curve_choose(&curve, ROC_YOUDEN, NAN, &tied);
  ok(i == 1 && tied == 2 && curve.point[i].threshold == -INFINITY,
     "all tied: nobody and all are equally good, all is taken");
  roc_curve_free(&curve);
  roc_curve_compute(x, none, NULL, 4, NULL, &curve);
  for (int rule = ROC_YOUDEN; rule <= ROC_SPECIFICITY_AT_LEAST; rule++) {
    i = roc_curve_choose(&curve, (enum roc_rule) rule, 0.5, &tied);
    if (rule == ROC_CUTOFF)
      ok(i == 4 && tied == 1, "without events a stated cut-off stands");
    else
      ok(i == 0 && tied == 0, "without events rule %d chooses nothing", rule);
  }
  roc_curve_free(&curve);
}

// Sums of fractions that are equal and differ in the last bit are tied.
static void ties_by_rounding(void)
{
  // J after the points: 1/3, 1/3 + 1/3 - 1/3, ...
  double x[] = {6, 5, 4, 3, 2, 1}, y[] = {1, 0, 1, 0, 1, 0};
  struct roc_curve curve;
  size_t tied = 0;
  roc_curve_compute(x, y, NULL, 6, NULL, &curve);
  size_t i = roc_curve_choose(&curve, ROC_YOUDEN, NAN, &tied);
  ok(tied == 3 && i == 5, "three thirds are tied");
  roc_curve_free(&curve);
}

// ---- what a cut-off achieves ----

static void check_table(const struct reference *reference, const char *name)
{
  char prefix[100];
  snprintf(prefix, sizeof prefix, "table.%s", name);
  const double *in = reference_values(reference, prefix, NULL);
  struct roc_counts counts = {.true_positives = in[0],
                              .false_positives = in[1],
                              .false_negatives = in[2],
                              .true_negatives = in[3]};
  double level = in[4], prevalence = in[5];
  const double *r = roc_values(reference, prefix, "proportions", NULL);
  for (int metric = ROC_METRIC_SENSITIVITY; metric <= ROC_METRIC_ACCURACY; metric++, r += 7) {
    const char *what = roc_metric_names[metric];
    for (int exact = 0; exact < 2; exact++) {
      struct roc_proportion p = roc_metric(&counts, (enum roc_metric) metric, NAN, exact, level);
      ok(p.numerator == r[0] && p.denominator == r[1], "%s: counts of %s", name, what);
      is_close(p.estimate, r[2], 1e-15, LABEL("%s: %s", name, what));
      // prop.test subtracts where a limit is near 0.
      is_close(p.conf_low, r[3 + 2 * exact], 1e-11, LABEL("%s: %s, low %d", name, what, exact));
      is_close(p.conf_high, r[4 + 2 * exact], 1e-11, LABEL("%s: %s, high %d", name, what, exact));
    }
  }
  r = roc_values(reference, prefix, "ratios", NULL);
  for (int metric = ROC_METRIC_LR_POSITIVE; metric <= ROC_METRIC_LR_NEGATIVE; metric++, r += 3)
    for (int exact = 0; exact < 2; exact++) { // neither exact nor prevalence matters to them
      struct roc_proportion p =
          roc_metric(&counts, (enum roc_metric) metric, exact ? prevalence : NAN, exact, level);
      const char *what = roc_metric_names[metric];
      is_close(p.estimate, r[0], 1e-13, LABEL("%s: %s as Hmisc's lrcum", name, what));
      // 1/a - 1/n1 of lrcum cancels, in the large table to 10 digits.
      is_close(p.conf_low, r[1], 1e-10, LABEL("%s: %s, low", name, what));
      is_close(p.conf_high, r[2], 1e-10, LABEL("%s: %s, high", name, what));
      is_close(p.numerator / p.denominator, p.estimate, 1e-15, "a ratio of two fractions");
    }
  r = roc_values(reference, prefix, "elsewhere", NULL);
  for (int metric = ROC_METRIC_PPV; metric <= ROC_METRIC_ACCURACY; metric++, r += 3) {
    struct roc_proportion p =
        roc_metric(&counts, (enum roc_metric) metric, prevalence, false, level);
    const char *what = roc_metric_names[metric];
    // deltaMethod subtracts 1 - sp where sp is printed as 0.99999875: 1e-10 of it remain.
    is_close(p.estimate, r[0], 1e-10, LABEL("%s: %s at another prevalence", name, what));
    is_close(p.conf_low, r[1], 1e-9, LABEL("%s: %s by car's deltaMethod, low", name, what));
    is_close(p.conf_high, r[2], 1e-9, LABEL("%s: %s by car's deltaMethod, high", name, what));
    ok(isnan(p.numerator) && isnan(p.denominator), "without counts");
  }
}

static void published_table(void)
{
  // Scott et al. (2008), Medical Decision Making: the example of epiR's epi.tests, which prints two
  // decimals.
  struct roc_counts scott = {
      .true_positives = 670, .false_positives = 202, .false_negatives = 74, .true_negatives = 640};
  static const double printed[N_ROC_METRICS][3] = {
      [ROC_METRIC_SENSITIVITY] = {0.90, 0.88, 0.92}, [ROC_METRIC_SPECIFICITY] = {0.76, 0.73, 0.79},
      [ROC_METRIC_PPV] = {0.77, 0.74, 0.80},         [ROC_METRIC_NPV] = {0.90, 0.87, 0.92},
      [ROC_METRIC_LR_POSITIVE] = {3.75, 3.32, 4.24}, [ROC_METRIC_LR_NEGATIVE] = {0.13, 0.11, 0.16}};
  for (int metric = 0; metric < N_ROC_METRICS; metric++) {
    if (metric == ROC_METRIC_ACCURACY)
      continue;
    struct roc_proportion p = roc_metric(&scott, (enum roc_metric) metric, NAN, true, 0.95);
    is_near(p.estimate, printed[metric][0], 0.005, LABEL("epiR's %s", roc_metric_names[metric]));
    is_near(p.conf_low, printed[metric][1], 0.005, "its lower limit");
    is_near(p.conf_high, printed[metric][2], 0.005, "its upper limit");
  }
}

static void metric_identities(void)
{
  struct roc_counts counts = {
      .true_positives = 40, .false_positives = 15, .false_negatives = 8, .true_negatives = 90};
  double own = 48.0 / 153;
  for (int metric = ROC_METRIC_PPV; metric <= ROC_METRIC_ACCURACY; metric++)
    is_close(roc_metric(&counts, (enum roc_metric) metric, own, false, 0.95).estimate,
             roc_metric(&counts, (enum roc_metric) metric, NAN, false, 0.95).estimate, 1e-14,
             LABEL("%s at the cohort's own prevalence", roc_metric_names[metric]));
  // Odds after = odds before x likelihood ratio, estimate and limits.
  struct roc_proportion ppv = roc_metric(&counts, ROC_METRIC_PPV, 0.01, false, 0.9);
  struct roc_proportion npv = roc_metric(&counts, ROC_METRIC_NPV, 0.01, false, 0.9);
  struct roc_proportion positive = roc_metric(&counts, ROC_METRIC_LR_POSITIVE, NAN, false, 0.9);
  struct roc_proportion negative = roc_metric(&counts, ROC_METRIC_LR_NEGATIVE, NAN, false, 0.9);
  double odds = 0.01 / 0.99;
  is_close(ppv.conf_low / (1 - ppv.conf_low), odds * positive.conf_low, 1e-13,
           "lower odds after a positive result");
  is_close(ppv.conf_high / (1 - ppv.conf_high), odds * positive.conf_high, 1e-13, "upper odds");
  is_close((1 - npv.conf_low) / npv.conf_low, odds * negative.conf_high, 1e-12,
           "upper odds after a negative result");
  is_close((1 - npv.conf_high) / npv.conf_high, odds * negative.conf_low, 1e-12, "lower odds");
  // Slow: the limits of the proportions solve their equations.
  struct roc_proportion se = roc_metric(&counts, ROC_METRIC_SENSITIVITY, NAN, false, 0.9);
  double z = normal_quantile(0.95);
  is_near(fabs(se.estimate - se.conf_low), z * sqrt(se.conf_low * (1 - se.conf_low) / 48), 1e-14,
          "Wilson's lower limit");
  se = roc_metric(&counts, ROC_METRIC_SENSITIVITY, NAN, true, 0.9);
  is_close(beta_lower(se.conf_low, 40, 9), 0.05, 1e-12, "Clopper and Pearson's lower limit");
  is_close(beta_upper(se.conf_high, 41, 8), 0.05, 1e-12, "and the upper one");
  // The other direction of outcome and marker exchanges sensitivity and specificity.
  struct roc_counts mirrored = {
      .true_positives = 90, .false_positives = 8, .false_negatives = 15, .true_negatives = 40};
  struct roc_proportion a = roc_metric(&counts, ROC_METRIC_LR_POSITIVE, NAN, false, 0.95);
  struct roc_proportion b = roc_metric(&mirrored, ROC_METRIC_LR_NEGATIVE, NAN, false, 0.95);
  is_close(a.estimate, 1 / b.estimate, 1e-14, "mirrored: one ratio is the inverse of the other");
  is_close(a.conf_low, 1 / b.conf_high, 1e-14, "and so are the limits");
  // Weights that are no whole numbers count as they are.
  struct roc_counts half = {
      .true_positives = 20.5, .false_positives = 7.5, .false_negatives = 4, .true_negatives = 45};
  is_close(roc_metric(&half, ROC_METRIC_PPV, NAN, false, 0.95).estimate, 20.5 / 28, 1e-15,
           "fractional weights");
}

static void metric_edges(void)
{
  struct roc_counts perfect = {.true_positives = 5, .true_negatives = 7};
  struct roc_proportion p = roc_metric(&perfect, ROC_METRIC_LR_POSITIVE, NAN, false, 0.95);
  ok(p.estimate == INFINITY && isnan(p.conf_low) && isnan(p.conf_high) && p.numerator == 1 &&
         p.denominator == 0,
     "no false positive: the ratio is infinite, without limits");
  p = roc_metric(&perfect, ROC_METRIC_LR_NEGATIVE, NAN, false, 0.95);
  ok(p.estimate == 0 && isnan(p.conf_low) && isnan(p.conf_high), "no false negative: 0 without");
  p = roc_metric(&perfect, ROC_METRIC_PPV, 0.1, false, 0.95);
  ok(p.estimate == 1 && isnan(p.conf_low), "predictive value 1 at any prevalence, no limits");
  p = roc_metric(&perfect, ROC_METRIC_ACCURACY, 0.1, false, 0.95);
  is_close(p.estimate, 1, 1e-15, "accuracy 1");
  ok(isnan(p.conf_low), "without limits by the delta method");
  p = roc_metric(&perfect, ROC_METRIC_SENSITIVITY, NAN, true, 0.95);
  is_close(p.conf_low, pow(0.025, 0.2), 1e-13, "5 of 5: exact lower limit 0.025^(1/5)");
  ok(p.conf_high == 1, "to 1");
  struct roc_counts nobody = {.false_negatives = 5, .true_negatives = 7};
  p = roc_metric(&nobody, ROC_METRIC_PPV, NAN, false, 0.95);
  ok(p.denominator == 0 && isnan(p.estimate) && isnan(p.conf_low) && isnan(p.conf_high),
     "nobody is positive: no predictive value");
  p = roc_metric(&nobody, ROC_METRIC_LR_POSITIVE, NAN, false, 0.95);
  ok(isnan(p.estimate) && isnan(p.conf_low), "0/0 is no ratio");
  p = roc_metric(&nobody, ROC_METRIC_LR_NEGATIVE, NAN, false, 0.95);
  ok(p.estimate == 1, "and 1/1 is 1");
  p = roc_metric(&nobody, ROC_METRIC_PPV, 0.2, false, 0.95);
  ok(isnan(p.estimate), "nor at another prevalence");
  struct roc_counts everybody = {.true_positives = 5, .false_positives = 7};
  p = roc_metric(&everybody, ROC_METRIC_ACCURACY, 0.2, false, 0.95);
  ok(p.estimate == 0.2 && isnan(p.conf_low) && isnan(p.conf_high),
     "everybody is positive: an accuracy of the prevalence, without limits");
  p = roc_metric(&everybody, ROC_METRIC_LR_POSITIVE, NAN, false, 0.95);
  ok(p.estimate == 1 && p.conf_low == 1 && p.conf_high == 1, "and a ratio of just 1");
  struct roc_counts none = {0};
  for (int metric = 0; metric < N_ROC_METRICS; metric++) {
    p = roc_metric(&none, (enum roc_metric) metric, NAN, metric % 2, 0.95);
    ok(isnan(p.estimate) && isnan(p.conf_low) && isnan(p.conf_high), "no rows: no %s",
       roc_metric_names[metric]);
    p = roc_metric(&none, (enum roc_metric) metric, 0.5, metric % 2, 0.95);
    ok(isnan(p.estimate) && isnan(p.conf_low), "nor at a prevalence");
  }
  struct roc_counts some = {
      .true_positives = 5, .false_positives = 2, .false_negatives = 1, .true_negatives = 7};
  for (int metric = ROC_METRIC_PPV; metric <= ROC_METRIC_ACCURACY; metric++) {
    ok(isnan(roc_metric(&some, (enum roc_metric) metric, 1.2, false, 0.95).estimate) &&
           isnan(roc_metric(&some, (enum roc_metric) metric, -1e-9, false, 0.95).estimate),
       "no %s at a prevalence outside 0 to 1", roc_metric_names[metric]);
    p = roc_metric(&some, (enum roc_metric) metric, 0, false, 0.95);
    ok(p.estimate >= 0 && p.estimate <= 1 && isnan(p.conf_low), "at prevalence 0 no limits");
    p = roc_metric(&some, (enum roc_metric) metric, 0.3, false, 1);
    ok(isnan(p.conf_low) && isnan(p.conf_high), "no limits at level 1");
  }
  is_text(roc_metric_names[ROC_METRIC_LR_NEGATIVE], "lr.negative", "names are the table's");
  is_text(roc_metric_names[ROC_METRIC_PPV], "ppv", "as the contract has them");
}

int main(void)
{
  struct reference *reference = reference_open("roc.tsv");
  for (size_t i = 0; i < N_ROC_CASES; i++) {
    struct roc_case c = roc_case_load(reference, roc_case_names[i]);
    for (size_t j = 0; j < c.k; j++) {
      struct roc_curve curve;
      roc_curve_compute(c.x[j], c.y, NULL, c.n, NULL, &curve);
      if (strcmp(c.name, "strong") != 0)
        check_curve(reference, &c, j, &curve);
      curve_identities(c.name, c.x[j], c.y, c.n, &curve);
      check_partial(reference, &c, j, &curve);
      check_best(reference, &c, j, &curve);
      check_targets(&c, j, &curve);
      roc_curve_free(&curve);
    }
  }
  infinite_and_odd_values();
  weights_are_repeats(reference);
  partial_identities(reference);
  documented_choices();
  ties_by_rounding();
  check_table(reference, "scott");
  check_table(reference, "apoe");
  check_table(reference, "small");
  check_table(reference, "large");
  published_table();
  metric_identities();
  metric_edges();
  reference_close(reference);
  return tap_done();
}
