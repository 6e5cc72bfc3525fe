// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: areas, sensitivities and the other figures of a model's performance.
#include <config.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/audit.h"
#include "stats/auc_bound.h"
#include "stats/grim.h"

static const double slack = 1e-9;

static bool is_quantity(const struct published_figure *figure, const char *quantity)
{
  return strcmp(figure->quantity, quantity) == 0;
}

// ---- which figures are about the same rows ----

// A part of the cohort, or other patients: told by the place where a figure stands.
static bool is_elsewhere(const struct published_figure *figure)
{
  static const char *const words[] = {"hold-out", "holdout", "test set", "external"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(figure->where, words[i]))
      return true;
  return false;
}

static bool same_subject(const struct published_figure *a, const struct published_figure *b)
{
  return strcmp(a->model, b->model) == 0 && strcmp(a->item, b->item) == 0;
}

struct likeness {
  size_t equal, unequal;
};

// How many quantities of one subject two places share, with equal and with other values.
static struct likeness compare_places(const struct published *published,
                                      const struct published_figure *subject, const char *place1,
                                      const char *place2)
{
  struct likeness likeness = {0, 0};
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *a = &published->figure[i];
    if (!same_subject(a, subject) || strcmp(a->where, place1) != 0)
      continue;
    for (size_t j = 0; j < published->n_figures; j++) {
      const struct published_figure *b = &published->figure[j];
      if (!same_subject(b, subject) || strcmp(b->where, place2) != 0 ||
          strcmp(a->quantity, b->quantity) != 0)
        continue;
      if (printed_overlap(&a->value.printed, &b->value.printed))
        likeness.equal++;
      else
        likeness.unequal++;
    }
  }
  return likeness;
}

// Two figures of one subject are taken to be about the same rows if both or none are marked as
// elsewhere, unless their places share two quantities or more and differ in all of them.
static bool same_rows(const struct published *published, const struct published_figure *a,
                      const struct published_figure *b)
{
  if (!same_subject(a, b) || is_elsewhere(a) != is_elsewhere(b))
    return false;
  if (strcmp(a->where, b->where) == 0)
    return true;
  struct likeness likeness = compare_places(published, a, a->where, b->where);
  return likeness.equal > 0 || likeness.unequal < 2;
}

// The figure of this quantity that stands nearest: in the same place, else about the same rows.
static const struct published_figure *companion(const struct published *published,
                                                const struct published_figure *figure,
                                                const char *quantity)
{
  const struct published_figure *found = NULL;
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *other = &published->figure[i];
    if (other == figure || !is_quantity(other, quantity) ||
        !published_is_printed(&other->value) || !same_rows(published, figure, other))
      continue;
    if (strcmp(other->where, figure->where) == 0)
      return other;
    if (!found)
      found = other;
  }
  return found;
}

static void judge_repeated(struct audit *audit, const struct published_figure *figure)
{
  const struct published *published = &audit->published;
  const struct published_figure *alike = NULL, *unlike = NULL, *apart = NULL;
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *other = &published->figure[i];
    if (other == figure || !same_subject(figure, other) || !is_quantity(other, figure->quantity) ||
        !published_is_printed(&other->value))
      continue;
    bool equal = printed_overlap(&figure->value.printed, &other->value.printed);
    if (!same_rows(published, figure, other))
      apart = equal ? apart : other;
    else if (equal)
      alike = other;
    else
      unlike = other;
  }
  if (unlike)
    audit_judge(audit, &figure->value, KIND_REPEATED, VERDICT_DIFFERENT,
                (struct ranged){unlike->value.printed.value, unlike->value.printed.range},
                "%s has %s, %s %s", *figure->where ? figure->where : "one place",
                figure->value.text, *unlike->where ? unlike->where : "another",
                unlike->value.text);
  else if (alike)
    audit_judge(audit, &figure->value, KIND_REPEATED, VERDICT_CONSISTENT,
                (struct ranged){alike->value.printed.value, alike->value.printed.range},
                "%s has %s too", alike->where, alike->value.text);
  else if (apart)
    audit_judge(audit, &figure->value, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(),
                "%s has %s: taken for another evaluation, whose data are not printed",
                apart->where, apart->value.text);
}

// ---- sensitivity and specificity ----

struct sides {
  double event, comparison; // rows
  double *count;            // of the item's levels, events first; NULL if it is no feature
  size_t n_levels;
  const struct published_model *model;
};

static struct sides sides_of(const struct audit *audit, const struct published_figure *figure)
{
  const struct published *published = &audit->published;
  struct sides sides = {.event = NAN, .comparison = NAN};
  sides.model = published_model_named(published, figure->model);
  if (!sides.model || !sides.model->known) {
    sides.model = NULL;
    return sides;
  }
  sides.event = audit_side_n(audit, sides.model->event);
  sides.comparison = audit_side_n(audit, sides.model->comparison);
  const struct published_feature *feature = published_find_feature(published, figure->item);
  const struct published_measure *measure = published_find_measure(published, figure->item);
  if (feature) {
    sides.count = audit_side_counts(audit, feature, sides.model);
    sides.n_levels = feature->n_levels;
    if (sides.count) {
      sides.event = sides.comparison = 0;
      for (size_t l = 0; l < sides.n_levels; l++) {
        sides.event += sides.count[2 * l];
        sides.comparison += sides.count[2 * l + 1];
      }
    }
  } else if (measure) {
    double n[2] = {0, 0};
    for (size_t g = 0; g < published->n_groups; g++) {
      double rows = measure->group[g].n.printed.value;
      if (isnan(rows))
        rows = audit->group_n[g];
      if (sides.model->event[g])
        n[0] += rows;
      if (sides.model->comparison[g])
        n[1] += rows;
    }
    sides.event = n[0];
    sides.comparison = n[1];
  }
  return sides;
}

// Parts of n rows that a stated hold-out makes: what is put aside and what is left, rounded
// either way; 0 if none is stated for the model.
static size_t stated_parts(const struct published *published, const char *model, double n,
                           double part[4])
{
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *figure = &published->figure[i];
    if (strcmp(figure->model, model) != 0 || !is_quantity(figure, "holdout_percent") ||
        !published_is_printed(&figure->value))
      continue;
    double aside = figure->value.printed.value / 100 * n;
    part[0] = floor(aside);
    part[1] = ceil(aside);
    part[2] = n - part[1];
    part[3] = n - part[0];
    return 4;
  }
  return 0;
}

static void judge_proportion(struct audit *audit, const struct published_figure *figure)
{
  bool of_events = is_quantity(figure, "sensitivity");
  bool of_others = is_quantity(figure, "specificity");
  if (!published_is_printed(&figure->value) || (!of_events && !of_others &&
                                                 !is_quantity(figure, "accuracy")))
    return;
  struct sides sides = sides_of(audit, figure);
  double n = of_events   ? sides.event
             : of_others ? sides.comparison
                         : sides.event + sides.comparison;
  const struct published_number *number = &figure->value;
  if (isnan(n) || n < 1) {
    free(sides.count);
    return;
  }
  if (is_elsewhere(figure)) {
    audit_judge(audit, number, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(),
                "how many rows it is of is not printed");
    free(sides.count);
    return;
  }
  const char *who = of_events ? "events" : of_others ? "others" : "rows";
  struct grim_result grim = grim_proportion(number->printed.range, n, 100);
  struct ranged value = {grim.value, {grim.below, grim.above}};
  double part[4];
  size_t n_parts = stated_parts(&audit->published, figure->model, n, part);
  struct text parts = {0};
  bool in_part = false;
  for (size_t i = 0; i < n_parts && !in_part; i++) {
    if (part[i] < 1)
      continue;
    struct grim_result of_part = grim_proportion(number->printed.range, part[i], 100);
    if (of_part.possible) {
      in_part = true;
      text_append_format(&parts, "; %.0f/%.0f of the stated hold-out split would", of_part.total,
                         part[i]);
    }
  }
  if (n_parts && !in_part)
    text_append(&parts, "; none of the stated hold-out split either");
  if (!grim.possible) {
    audit_judge(audit, number, KIND_PROPORTION, in_part ? VERDICT_DIFFERENT : VERDICT_IMPOSSIBLE,
                value, "no whole number of the %.0f %s is %s%%: %.1f or %.1f%s", n, who,
                number->text, grim.below, grim.above, text_content(&parts));
  } else if (sides.count && (of_events || of_others) && sides.n_levels <= 12) {
    double *level = NEW_ARRAY(double, sides.n_levels);
    for (size_t l = 0; l < sides.n_levels; l++)
      level[l] = sides.count[2 * l + (of_events ? 0 : 1)];
    size_t n_sums;
    double *sum = sums_of_some(level, sides.n_levels, &n_sums);
    struct grim_result some = grim_one_of(number->printed.range, n, 100, sum, (int) n_sums);
    struct ranged of_levels = {some.value, {some.below, some.above}};
    if (some.possible)
      audit_judge(audit, number, KIND_PROPORTION, VERDICT_CONSISTENT, of_levels,
                  "levels of %s that hold %.0f of the %.0f %s", figure->item, some.total, n, who);
    else
      audit_judge(audit, number, KIND_PROPORTION, VERDICT_IMPOSSIBLE, of_levels,
                  "no levels of %s together hold %s%% of the %s (nearest: %.0f of %.0f)",
                  figure->item, number->text, who, some.total, n);
    free(sum);
    free(level);
  } else {
    audit_judge(audit, number, KIND_PROPORTION, VERDICT_CONSISTENT, value,
                "%.0f of the %.0f %s are %.4g%%", grim.total, n, who, grim.value);
  }
  text_free(&parts);
  free(sides.count);
}

// ---- areas ----

static struct interval fraction(const struct printed *percent)
{
  return interval_scale(percent->range, 0.01);
}

static void judge_auc_by_point(struct audit *audit, const struct published_figure *figure)
{
  const struct published_figure *se = companion(&audit->published, figure, "sensitivity");
  const struct published_figure *sp = companion(&audit->published, figure, "specificity");
  if (!se || !sp)
    return;
  const struct printed *auc = &figure->value.printed;
  struct interval at_centre =
      auc_bound_at_point(se->value.printed.value / 100, sp->value.printed.value / 100);
  struct interval bound =
      auc_bound_from_point(fraction(&se->value.printed), fraction(&sp->value.printed));
  // The nearest area that the point as printed allows.
  struct ranged value = {fmin(fmax(auc->value, at_centre.low), at_centre.high), bound};
  double youden = auc_bound_youden(fraction(&se->value.printed).high,
                                   fraction(&sp->value.printed).high);
  if (auc->range.high < bound.low - slack)
    audit_judge(audit, &figure->value, KIND_AUC, VERDICT_IMPOSSIBLE, value,
                "a curve through sensitivity %s%%, specificity %s%% has an area of at least %.4g "
                "(their product; %.4g within rounding)", se->value.text, sp->value.text,
                at_centre.low, bound.low);
  else if (auc->range.low > bound.high + slack)
    audit_judge(audit, &figure->value, KIND_AUC, VERDICT_IMPOSSIBLE, value,
                "a curve through sensitivity %s%%, specificity %s%% has an area of at most %.4g",
                se->value.text, sp->value.text, bound.high);
  else if (audit->youden && auc->range.low > youden + slack)
    audit_judge(audit, &figure->value, KIND_AUC, VERDICT_IMPOSSIBLE,
                (struct ranged){youden, {bound.low, youden}},
                "with %s%% and %s%% at the greatest Youden index J the area is at most "
                "1 - (1 - J)^2/2 = %.4g", se->value.text, sp->value.text, youden);
  else
    audit_judge(audit, &figure->value, KIND_AUC,
                interval_holds(at_centre, auc->value) ? VERDICT_CONSISTENT : VERDICT_ROUNDING,
                value,
                "sensitivity %s%% and specificity %s%% allow %.4g to %.4g%s", se->value.text,
                sp->value.text, bound.low, bound.high,
                auc->range.low > youden + slack
                    ? "; but not if they are those of the greatest Youden index" : "");
}

static void judge_auc_of_factor(struct audit *audit, const struct published_figure *figure,
                                const struct sides *sides)
{
  if (!sides->count)
    return;
  double most = auc_greatest_of_factor(sides->count, sides->n_levels);
  if (isnan(most))
    return;
  const struct printed *auc = &figure->value.printed;
  if (auc->range.low > most + slack)
    audit_judge(audit, &figure->value, KIND_AUC, VERDICT_IMPOSSIBLE,
                (struct ranged){most, {1 - most, most}},
                "the counts of %s, its levels in the order of their event fractions, give an area "
                "of %.4g at most", figure->item, most);
  else
    audit_judge(audit, &figure->value, KIND_AUC,
                printed_compare(auc, most, interval_point(most)) == AGREEMENT_GOOD
                    ? VERDICT_CONSISTENT : VERDICT_UNVERIFIABLE,
                (struct ranged){most, {1 - most, most}},
                "its levels in the order of their event fractions have an area of %.4g", most);
}

// Real markers, skewed ones too, were seen up to 0.17 away from the area of two normal
// distributions with their means and SDs (1323 fits, see slope_plausible_wald), somewhat more in
// small groups.
static void judge_auc_of_normals(struct audit *audit, const struct published_figure *figure,
                                 const struct sides *sides)
{
  const struct published_measure *measure =
      published_find_measure(&audit->published, figure->item);
  if (!measure || !sides->model)
    return;
  size_t n_event, n_comparison;
  struct mean_group *event =
      audit_mean_groups(audit, measure, sides->model->event, &n_event);
  struct mean_group *comparison =
      audit_mean_groups(audit, measure, sides->model->comparison, &n_comparison);
  if (event && comparison) {
    struct ranged_moments one = mean_range_pool(event, n_event);
    struct ranged_moments other = mean_range_pool(comparison, n_comparison);
    double normal = auc_of_normals(one.mean.value, one.sd.value, other.mean.value, other.sd.value);
    double turned = fmax(normal, 1 - normal); // lower values may mean the event
    double far = 0.18 + 1 / fmin(one.n, other.n);
    const struct printed *auc = &figure->value.printed;
    double distance = fmax(auc->range.low - turned, 0);
    struct ranged value = {turned, {NAN, NAN}};
    if (distance > far)
      audit_judge(audit, &figure->value, KIND_AUC, VERDICT_DIFFERENT, value,
                  "normal distributions with the means and SDs of %s have an area of %.3g: %s is "
                  "further above than skewness explains",
                  measure->name, turned, figure->value.text);
    else
      audit_judge(audit, &figure->value, KIND_AUC, VERDICT_UNVERIFIABLE, value,
                  "normal distributions with the means and SDs of %s have an area of %.3g",
                  measure->name, turned);
  }
  free(event);
  free(comparison);
}

static void judge_auc(struct audit *audit, const struct published_figure *figure)
{
  const struct printed *auc = &figure->value.printed;
  if (auc->range.low > 1 || auc->range.high < 0)
    audit_judge(audit, &figure->value, KIND_ORDER, VERDICT_DIFFERENT, ranged_nothing(),
                "an area lies between 0 and 1");
  judge_auc_by_point(audit, figure);
  if (is_elsewhere(figure))
    return;
  struct sides sides = sides_of(audit, figure);
  // n1 n2 pairs, ties a half: the area is a whole number of halves over n1 n2.
  if (sides.event >= 1 && sides.comparison >= 1) {
    struct grim_result grim =
        grim_proportion(auc->range, 2 * sides.event * sides.comparison, 1);
    if (!grim.possible)
      audit_judge(audit, &figure->value, KIND_AUC, VERDICT_IMPOSSIBLE,
                  (struct ranged){grim.value, {grim.below, grim.above}},
                  "%.0f events and %.0f others make %.0f pairs: no number of halves gives it",
                  sides.event, sides.comparison, sides.event * sides.comparison);
  }
  judge_auc_of_factor(audit, figure, &sides);
  judge_auc_of_normals(audit, figure, &sides);
  free(sides.count);
}

static void judge_corrected(struct audit *audit, const struct published_figure *figure)
{
  const struct published_figure *apparent = companion(&audit->published, figure, "auc");
  if (!apparent)
    return;
  struct ranged value = {apparent->value.printed.value, apparent->value.printed.range};
  if (figure->value.printed.range.low > apparent->value.printed.range.high + slack)
    audit_judge(audit, &figure->value, KIND_CORRECTED, VERDICT_DIFFERENT, value,
                "corrected %s is above the apparent %s: the bootstrap's optimism is an average of "
                "excesses of the fitted over the original rows, not below 0 but by chance",
                figure->value.text, apparent->value.text);
  else
    audit_judge(audit, &figure->value, KIND_CORRECTED, VERDICT_CONSISTENT, value,
                "not above the apparent %s", apparent->value.text);
}

// A limit NAME_ci_lo or NAME_ci_hi (or NAME_lo, NAME_hi) against NAME and its other limit.
static void judge_limit(struct audit *audit, const struct published_figure *figure)
{
  bool low = text_ends(figure->quantity, "_lo");
  if (!low && !text_ends(figure->quantity, "_hi"))
    return;
  const struct published *published = &audit->published;
  char *stem = memory_copy_bytes(figure->quantity, strlen(figure->quantity) - 3);
  char *other_name = text_format("%s%s", stem, low ? "_hi" : "_lo");
  if (text_ends(stem, "_ci"))
    stem[strlen(stem) - 3] = '\0';
  const struct published_figure *other = companion(published, figure, other_name);
  const struct published_figure *estimate = companion(published, figure, stem);
  const struct interval mine = figure->value.printed.range;
  const struct published_figure *beyond = NULL;
  for (int i = 0; i < 2; i++) {
    const struct published_figure *bound = i ? other : estimate;
    if (bound && (low ? mine.low > bound->value.printed.range.high
                      : mine.high < bound->value.printed.range.low))
      beyond = bound;
  }
  if (beyond)
    audit_judge(audit, &figure->value, KIND_ORDER, VERDICT_DIFFERENT,
                (struct ranged){beyond->value.printed.value, beyond->value.printed.range},
                "%s is %s %s %s", figure->value.text, low ? "above" : "below", beyond->quantity,
                beyond->value.text);
  else if (other || estimate)
    audit_judge(audit, &figure->value, KIND_ORDER, VERDICT_UNVERIFIABLE, ranged_nothing(),
                "in order; its distance from the estimate is not determined");
  free(stem);
  free(other_name);
}

// ---- the rest ----

static void judge_domain(struct audit *audit, const struct published_figure *figure)
{
  static const struct {
    const char *quantity;
    double least, most;
  } domains[] = {{"brier", 0, 1}, {"sensitivity", 0, 100}, {"specificity", 0, 100},
                 {"accuracy", 0, 100}, {"ppv", 0, 100}, {"npv", 0, 100},
                 {"holdout_percent", 0, 100}, {"dca_threshold_lo", 0, 1},
                 {"dca_threshold_hi", 0, 1}, {"auc_ci_lo", 0, 1}, {"auc_ci_hi", 0, 1},
                 {"corrected_auc", 0, 1}};
  for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
    if (is_quantity(figure, domains[i].quantity) &&
        (figure->value.printed.range.high < domains[i].least ||
         figure->value.printed.range.low > domains[i].most))
      audit_judge(audit, &figure->value, KIND_ORDER, VERDICT_DIFFERENT, ranged_nothing(),
                  "it lies between %g and %g", domains[i].least, domains[i].most);
}

static void say_what_is_missing(struct audit *audit, const struct published_figure *figure)
{
  struct sides sides = sides_of(audit, figure);
  double n = sides.event + sides.comparison;
  if (is_quantity(figure, "brier") && !isnan(n))
    audit_judge(audit, &figure->value, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(),
                "only the risks could give it; the event fraction alone has %.3g",
                sides.event / n * (1 - sides.event / n));
  else
    audit_judge(audit, &figure->value, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(),
                "nothing else that is printed determines it");
  free(sides.count);
}

void audit_performance(struct audit *audit)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *figure = &published->figure[i];
    if (!published_is_printed(&figure->value))
      continue;
    judge_domain(audit, figure);
    judge_proportion(audit, figure);
    if (is_quantity(figure, "auc"))
      judge_auc(audit, figure);
    if (is_quantity(figure, "corrected_auc"))
      judge_corrected(audit, figure);
    judge_limit(audit, figure);
    judge_repeated(audit, figure);
    say_what_is_missing(audit, figure);
  }
  for (size_t i = 0; i < published->n_agreements; i++) {
    const struct published_number *icc = &published->agreement[i].icc;
    bool outside = icc->printed.range.low > 1 || icc->printed.range.high < -1;
    audit_judge(audit, icc, outside ? KIND_ORDER : KIND_NONE,
                outside ? VERDICT_DIFFERENT : VERDICT_UNVERIFIABLE, ranged_nothing(),
                outside ? "an intraclass correlation lies between -1 and 1"
                        : "only the readers' values could give it");
  }
}
