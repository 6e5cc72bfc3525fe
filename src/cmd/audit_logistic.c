// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: logistic tables: each line in itself, and against the tables of counts and means.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/audit.h"
#include "stats/distribution.h"
#include "stats/slope_bound.h"

static const double slack = 1e-9;

// A line of a table, with what else is known of it.
struct line {
  const struct published_term *term;
  const struct published_model *model;     // NULL or of known groups
  const struct published_feature *feature; // NULL: none of this name
  const struct published_measure *measure;
  double *count;          // feature's levels x 2, events first; NULL if not known
  bool is_contrast;
  size_t level, reference;
  struct mean_group *event, *comparison; // measure, mean and SD in all groups; else NULL
  size_t n_event, n_comparison;
  char *sides;            // "over v zero+low"
};

static bool is_there(const struct published_number *number)
{
  return published_is_printed(number);
}

// ln OR as printed, narrowed by B where the two agree.
static struct ranged log_odds(const struct published_coefficient *c)
{
  struct ranged estimate = ranged_nothing();
  if (is_there(&c->odds_ratio) && c->odds_ratio.printed.value > 0)
    estimate = (struct ranged){log(c->odds_ratio.printed.value),
                               interval_log(c->odds_ratio.printed.range)};
  if (!is_there(&c->b))
    return estimate;
  const struct printed *b = &c->b.printed;
  if (!interval_is_known(estimate.range))
    return (struct ranged){b->value, b->range};
  if (!interval_meets(estimate.range, b->range))
    return estimate;
  if (b->range.high - b->range.low < estimate.range.high - estimate.range.low)
    estimate.value = b->value;
  estimate.range.low = fmax(estimate.range.low, b->range.low);
  estimate.range.high = fmin(estimate.range.high, b->range.high);
  estimate.value = fmin(fmax(estimate.value, estimate.range.low), estimate.range.high);
  return estimate;
}

// ---- a line in itself ----

static void judge_exponent(struct audit *audit, const struct published_coefficient *c)
{
  if (!is_there(&c->b) || !is_there(&c->odds_ratio) || !(c->odds_ratio.printed.range.high > 0))
    return;
  struct ranged b = {log(fmax(c->odds_ratio.printed.value, 0)),
                     interval_log(c->odds_ratio.printed.range)};
  // Either may be the rounded one that the reader starts from.
  double product = exp(c->b.printed.value);
  struct interval products = interval_exp(c->b.printed.range);
  enum agreement agreement = printed_compare(&c->b.printed, b.value, b.range);
  enum agreement other = printed_compare(&c->odds_ratio.printed, product, products);
  if (other == AGREEMENT_GOOD)
    agreement = AGREEMENT_GOOD;
  audit_judge(audit, &c->b, KIND_EXPONENT, verdict_of(agreement), b,
              "exp(%s) = %.4g (%.4g to %.4g); the odds ratio is %s, whose logarithm is %.4g",
              c->b.text, product, products.low, products.high, c->odds_ratio.text, b.value);
  audit_judge(audit, &c->odds_ratio, KIND_EXPONENT,
              agreement == AGREEMENT_NONE && !is_there(&c->low) ? VERDICT_DIFFERENT
              : agreement == AGREEMENT_NONE                    ? VERDICT_UNVERIFIABLE
                                                               : verdict_of(agreement),
              (struct ranged){product, products}, "exp(%s) = %.4g", c->b.text, product);
}

static void judge_inside(struct audit *audit, const struct published_coefficient *c)
{
  const struct printed *low = &c->low.printed, *high = &c->high.printed,
                       *ratio = &c->odds_ratio.printed;
  if (!is_there(&c->low) || !is_there(&c->high))
    return;
  const struct published_number *limits[] = {&c->low, &c->high};
  if (low->range.low > high->range.high) {
    for (size_t i = 0; i < 2; i++)
      audit_judge(audit, limits[i], KIND_INTERVAL, VERDICT_DIFFERENT, ranged_nothing(),
                  "the lower limit %s is above the upper one %s", c->low.text, c->high.text);
    return;
  }
  if (!is_there(&c->odds_ratio)) {
    for (size_t i = 0; i < 2; i++)
      audit_judge(audit, limits[i], KIND_INTERVAL, VERDICT_UNVERIFIABLE, ranged_nothing(),
                  "no odds ratio is printed with it");
    return;
  }
  bool outside[] = {low->range.low > ratio->range.high, high->range.high < ratio->range.low};
  for (size_t i = 0; i < 2; i++) {
    if (!outside[i])
      continue;
    char *lead = text_format("the %s limit %s is %s the odds ratio %s", i ? "upper" : "lower",
                             limits[i]->text, i ? "below" : "above", c->odds_ratio.text);
    audit_lead(audit, &c->odds_ratio, lead);
    audit_lead(audit, &c->low, lead);
    audit_lead(audit, &c->high, lead);
    audit_judge(audit, limits[i], KIND_INTERVAL, VERDICT_DIFFERENT,
                (struct ranged){ratio->value, ratio->range}, "%s", lead);
    free(lead);
  }
}

// The limit that the other one and the odds ratio give: OR^2/limit.
static void judge_centre(struct audit *audit, const struct published_coefficient *c)
{
  const struct printed *low = &c->low.printed, *high = &c->high.printed,
                       *ratio = &c->odds_ratio.printed;
  if (!is_there(&c->low) || !is_there(&c->high) || !is_there(&c->odds_ratio) ||
      !(low->range.high > 0) || !(high->range.high > 0) || low->range.low > high->range.high)
    return;
  if (audit->profile) {
    const char *how = "a profile likelihood interval need not be symmetric";
    audit_judge(audit, &c->odds_ratio, KIND_INTERVAL, VERDICT_UNVERIFIABLE, ranged_nothing(), "%s",
                how);
    audit_judge(audit, &c->low, KIND_INTERVAL, VERDICT_UNVERIFIABLE, ranged_nothing(), "%s", how);
    audit_judge(audit, &c->high, KIND_INTERVAL, VERDICT_UNVERIFIABLE, ranged_nothing(), "%s", how);
    return;
  }
  struct interval below = {fmax(low->range.low, 0), low->range.high};
  struct interval above = {fmax(high->range.low, 0), high->range.high};
  struct ranged centre = {sqrt(fmax(low->value, 0) * fmax(high->value, 0)),
                          interval_sqrt(interval_multiply(below, above))};
  enum verdict verdict = verdict_of(printed_compare(ratio, centre.value, centre.range));
  audit_judge(audit, &c->odds_ratio, KIND_INTERVAL, verdict, centre,
              "the interval %s to %s has its centre on the log scale at %.4g (%.4g to %.4g)",
              c->low.text, c->high.text, centre.value, centre.range.low, centre.range.high);
  if (verdict == VERDICT_DIFFERENT)
    return;
  struct interval square = interval_multiply(ratio->range, ratio->range);
  audit_judge(audit, &c->low, KIND_INTERVAL, verdict,
              (struct ranged){ratio->value * ratio->value / high->value,
                              interval_divide(square, above)},
              "the odds ratio %s is the centre of %s to %s on the log scale", c->odds_ratio.text,
              c->low.text, c->high.text);
  audit_judge(audit, &c->high, KIND_INTERVAL, verdict,
              (struct ranged){ratio->value * ratio->value / low->value,
                              interval_divide(square, below)},
              "the odds ratio %s is the centre of %s to %s on the log scale", c->odds_ratio.text,
              c->low.text, c->high.text);
}

static struct ranged two_sided(struct ranged z)
{
  struct interval size = interval_absolute(z.range);
  return (struct ranged){normal_two_sided(z.value),
                         {isinf(size.high) ? 0 : normal_two_sided(size.high),
                          normal_two_sided(size.low)}};
}

static struct ranged quotient(struct ranged a, struct ranged b)
{
  return (struct ranged){a.value / b.value, interval_divide(a.range, b.range)};
}

static void judge_p_of_interval(struct audit *audit, const struct published_coefficient *c)
{
  struct ranged error = slope_standard_error(&c->low.printed, &c->high.printed, audit->level);
  struct ranged estimate = log_odds(c);
  if (!is_there(&c->p) || !interval_is_known(error.range) || !(error.value > 0))
    return;
  if (audit->profile) {
    audit_judge(audit, &c->p, KIND_P_OF_INTERVAL, VERDICT_UNVERIFIABLE, ranged_nothing(),
                "a profile likelihood interval has no standard error");
    return;
  }
  struct ranged centre = {
      log(c->low.printed.value * c->high.printed.value) / 2,
      interval_scale(interval_add(interval_log(c->low.printed.range),
                                  interval_log(c->high.printed.range)), 0.5)};
  struct ranged z = quotient(estimate, error);
  char *name = text_format("z = %.3g, P", z.value);
  struct audit_candidate candidate[2];
  size_t n = 0;
  if (interval_is_known(z.range))
    candidate[n++] = (struct audit_candidate){name, two_sided(z), false};
  candidate[n++] = (struct audit_candidate){"by the centre of the interval P",
                                            two_sided(quotient(centre, error)), false};
  char *basis = text_format("the interval %s to %s has SE %.4g (%.4g to %.4g)", c->low.text,
                            c->high.text, error.value, error.range.low, error.range.high);
  audit_judge_candidates(audit, &c->p, KIND_P_OF_INTERVAL, true, basis, candidate, n, NULL);
  free(basis);
  free(name);
}

// ---- standard errors ----

// The interval's SE against the least one; `unit` (NULL: none) says what else would do.
static void judge_error(struct audit *audit, const struct published_coefficient *c,
                        struct ranged least, const char *formula, const char *unit)
{
  struct ranged error = slope_standard_error(&c->low.printed, &c->high.printed, audit->level);
  if (!interval_is_known(error.range) || !interval_is_known(least.range))
    return;
  if (c->low.printed.value > c->high.printed.value)
    return;
  bool impossible = error.range.high < least.range.low * (1 - slack);
  enum verdict verdict = impossible                   ? VERDICT_IMPOSSIBLE
                         : error.value < least.value ? VERDICT_ROUNDING
                                                     : VERDICT_CONSISTENT;
  double z = normal_quantile((1 + audit->level) / 2);
  struct ranged estimate = log_odds(c);
  const char *how = impossible
                        ? "the interval %s to %s has SE %.4g (at most %.4g), below the least "
                          "possible %.4g (at least %.4g) = %s%s%s"
                        : "the interval %s to %s has SE %.4g (at most %.4g), not below the least "
                          "possible %.4g (at least %.4g) = %s%s%s";
  struct ranged low = {exp(estimate.value - z * least.value),
                       {0, exp(estimate.range.high - z * least.range.low)}};
  struct ranged high = {exp(estimate.value + z * least.value),
                        {exp(estimate.range.low + z * least.range.low), INFINITY}};
  if (!interval_is_known(estimate.range))
    low = high = ranged_nothing();
  const char *between = impossible && unit ? "; " : "", *rest = impossible && unit ? unit : "";
  audit_judge(audit, &c->low, KIND_STANDARD_ERROR, verdict, low, how, c->low.text, c->high.text,
              error.value, error.range.high, least.value, least.range.low, formula, between, rest);
  audit_judge(audit, &c->high, KIND_STANDARD_ERROR, verdict, high, how, c->low.text, c->high.text,
              error.value, error.range.high, least.value, least.range.low, formula, between, rest);
}

static void judge_quantity_error(struct audit *audit, const struct line *line,
                                 const struct published_coefficient *c)
{
  if (!line->event || !line->comparison)
    return;
  size_t n = line->n_event + line->n_comparison;
  struct mean_group *all = NEW_ARRAY(struct mean_group, n);
  memcpy(all, line->event, line->n_event * sizeof *all);
  memcpy(all + line->n_event, line->comparison, line->n_comparison * sizeof *all);
  struct ranged squares = mean_range_pool(all, n).sum_squares;
  free(all);
  double per = isnan(line->term->per) ? 1 : line->term->per;
  squares.value /= per * per;
  squares.range = interval_scale(squares.range, 1 / (per * per));
  struct ranged error = slope_standard_error(&c->low.printed, &c->high.printed, audit->level);
  double c_units = slope_greatest_unit(error.range, squares.range) * per;
  char *formula = text_format("2/sqrt(SS), SS = %.4g, %s", squares.value, line->sides);
  char *unit = isnan(line->term->per)
                   ? text_format("only an odds ratio per %.2g %s or less would allow it (no unit "
                                 "is stated)", c_units,
                                 line->measure->unit ? line->measure->unit : "units")
                   : NULL;
  judge_error(audit, c, slope_least_error(&squares), formula, unit);
  free(formula);
  free(unit);
}

static void judge_contrast_error(struct audit *audit, const struct line *line,
                                 const struct published_coefficient *c)
{
  if (!line->is_contrast || !line->count)
    return;
  double a = line->count[2 * line->level] + line->count[2 * line->level + 1];
  double b = line->count[2 * line->reference] + line->count[2 * line->reference + 1];
  double least = slope_least_contrast_error(a, b);
  char *formula = text_format("2 sqrt(1/%.0f + 1/%.0f) by the rows at the two levels, %s", a, b,
                              line->sides);
  judge_error(audit, c, ranged_exact(least), formula, NULL);
  free(formula);
}

// ---- a single slope ----

// All groups of the line have a relative change printed with the sign of (before - after)/before.
static bool is_turned(const struct audit *audit, const struct line *line)
{
  size_t n = 0;
  for (size_t g = 0; g < audit->published.n_groups; g++) {
    if (!line->model->event[g] && !line->model->comparison[g])
      continue;
    const struct published_number *centre = &line->measure->group[g].centre;
    if (!is_there(centre) || audit->finding[centre->index].kind != KIND_DELTA ||
        audit->finding[centre->index].verdict != VERDICT_DIFFERENT)
      return false;
    n++;
  }
  return n > 0;
}

static void judge_slope(struct audit *audit, const struct line *line,
                        const struct published_number *number, struct interval printed,
                        const struct slope_forced *forced, bool as_ratio)
{
  if (!is_there(number) || !interval_is_known(printed))
    return;
  double per = isnan(line->term->per) ? 1 : line->term->per;
  struct interval least = interval_scale(forced->least.range, per);
  if (!(least.low > 0 || least.high < 0))
    return;
  bool positive = least.low > 0;
  struct ranged value = {forced->least.value * per,
                         {positive ? least.low : -INFINITY, positive ? INFINITY : least.high}};
  if (as_ratio)
    value = (struct ranged){exp(value.value), {exp(value.range.low), exp(value.range.high)}};
  double far = positive ? printed.high : -printed.low;  // the slope, towards the right side
  double needed = positive ? least.low : -least.high;
  double turned = positive ? -printed.low : printed.high; // the same if the measure's sign turns
  double bound = positive ? value.range.low : value.range.high;
  const char *what = as_ratio ? "odds ratio" : "coefficient";
  if (far < 0) {
    bool wrong_table = is_turned(audit, line);
    audit_judge(audit, number, KIND_SLOPE, VERDICT_IMPOSSIBLE, value,
                "the %s must be %s %d, as the mean is %s in the event group; %s is not (%s, any "
                "maximum likelihood fit)%s",
                what, positive ? "above" : "below", as_ratio ? 1 : 0,
                positive ? "higher" : "lower", number->text, line->sides,
                !wrong_table ? ""
                : turned >= needed * (1 - slack)
                    ? "; with the sign of (after - before)/before it would agree"
                    : "; with the sign of (after - before)/before its sign would agree");
  } else if (far < needed * (1 - slack)) {
    char *slope = as_ratio ? text_format("coefficient %.4g = ", positive ? needed : -needed)
                           : memory_copy_text("");
    audit_judge(audit, number, KIND_SLOPE, VERDICT_IMPOSSIBLE, value,
                "the %s must be at %s %.4g (%s4 U/SS, %s, any maximum likelihood fit); %s is "
                "nearer %d%s", what, positive ? "least" : "most", bound, slope, line->sides,
                number->text, as_ratio ? 1 : 0,
                isnan(line->term->per) ? " (no unit is stated)" : "");
    free(slope);
  }
}

static void judge_single_slope(struct audit *audit, const struct line *line, const char *item)
{
  const struct published_coefficient *c = &line->term->univariable;
  if (!line->event || !line->comparison)
    return;
  struct slope_forced forced =
      slope_force(line->event, line->n_event, line->comparison, line->n_comparison);
  if (isnan(forced.z.value))
    return;
  judge_slope(audit, line, &c->b, c->b.printed.range, &forced, false);
  judge_slope(audit, line, &c->odds_ratio, interval_log(c->odds_ratio.printed.range), &forced,
              true);
  struct ranged estimate = log_odds(c);
  struct ranged error = slope_standard_error(&c->low.printed, &c->high.printed, audit->level);
  if (!interval_is_known(estimate.range) || !interval_is_known(error.range) || !(error.value > 0))
    return;
  struct ranged wald = quotient(estimate, error);
  struct interval at_centre = slope_plausible_wald(interval_point(forced.z.value), forced.n);
  struct interval allowed = slope_plausible_wald(forced.z.range, forced.n);
  enum verdict verdict = interval_holds(at_centre, wald.value)    ? VERDICT_CONSISTENT
                         : interval_meets(allowed, wald.range) ? VERDICT_ROUNDING
                                                               : VERDICT_DIFFERENT;
  audit_add(audit, line->term->file, item, "uni_z", KIND_SCORE, verdict, forced.z,
            "the Wald z of %s (%s to %s) is %.3g; n, mean and SD force a score z of %.3g (%.3g to "
            "%.3g), with which %.2g to %.2g would go, whatever the distribution (%s)",
            is_there(&c->odds_ratio) ? c->odds_ratio.text : c->b.text, c->low.text, c->high.text,
            wald.value, forced.z.value, forced.z.range.low, forced.z.range.high, allowed.low,
            allowed.high, line->sides);
}

// ---- one categorical predictor ----

static void judge_exact(struct audit *audit, const struct line *line)
{
  const struct published_coefficient *c = &line->term->univariable;
  if (!line->is_contrast || !line->count)
    return;
  const double *a = &line->count[2 * line->level], *b = &line->count[2 * line->reference];
  struct level_effect effect = level_effect_exact(a[0], a[1], b[0], b[1]);
  if (isnan(effect.log_odds_ratio) || isinf(effect.log_odds_ratio)) {
    audit_judge(audit, &c->odds_ratio, KIND_FACTOR, VERDICT_UNVERIFIABLE, ranged_nothing(),
                "a count is 0: there is no maximum likelihood odds ratio");
    return;
  }
  double z = normal_quantile((1 + audit->level) / 2);
  const struct {
    const struct published_number *number;
    double exact, firth;
    bool is_estimate;
  } numbers[] = {
      {&c->b, effect.log_odds_ratio, effect.firth, true},
      {&c->odds_ratio, exp(effect.log_odds_ratio), exp(effect.firth), true},
      {&c->low, exp(effect.log_odds_ratio - z * effect.std_error), NAN, false},
      {&c->high, exp(effect.log_odds_ratio + z * effect.std_error), NAN, false},
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    if (!is_there(numbers[i].number))
      continue;
    const struct printed *printed = &numbers[i].number->printed;
    double exact = numbers[i].exact;
    if (printed_compare(printed, exact, interval_point(exact)) == AGREEMENT_GOOD) {
      audit_judge(audit, numbers[i].number, KIND_FACTOR, VERDICT_CONSISTENT, ranged_exact(exact),
                  "%s: the counts %.0f/%.0f against %.0f/%.0f give %.4g", line->sides, a[0], a[1],
                  b[0], b[1], exact);
    } else if (numbers[i].is_estimate &&
               printed_compare(printed, numbers[i].firth, interval_point(numbers[i].firth)) ==
                   AGREEMENT_GOOD) {
      audit_judge(audit, numbers[i].number, KIND_FACTOR, VERDICT_CONSISTENT,
                  ranged_exact(numbers[i].firth),
                  "%s: the counts %.0f/%.0f against %.0f/%.0f give %.4g by Firth's method, %.4g by "
                  "maximum likelihood", line->sides, a[0], a[1], b[0], b[1], numbers[i].firth,
                  exact);
    } else if (numbers[i].is_estimate) {
      double turned = i ? 1 / exact : -exact;
      bool inverse = printed_compare(printed, turned, interval_point(turned)) == AGREEMENT_GOOD;
      audit_judge(audit, numbers[i].number, KIND_FACTOR, VERDICT_IMPOSSIBLE, ranged_exact(exact),
                  "%s: the counts %.0f/%.0f against %.0f/%.0f force %.4g (Firth %.4g)%s",
                  line->sides, a[0], a[1], b[0], b[1], exact, numbers[i].firth,
                  inverse ? "; the two levels the other way round would give it" : "");
    } else {
      audit_judge(audit, numbers[i].number, KIND_FACTOR,
                  audit->profile ? VERDICT_UNVERIFIABLE : VERDICT_DIFFERENT, ranged_exact(exact),
                  "%s: the counts %.0f/%.0f against %.0f/%.0f give a Wald limit of %.4g",
                  line->sides, a[0], a[1], b[0], b[1], exact);
    }
  }
  struct factor_effect two = factor_effect_exact((const double[]){a[0], a[1], b[0], b[1]}, 2);
  const struct audit_candidate p[] = {{"Wald", ranged_exact(effect.p), false},
                                      {"likelihood ratio of the two levels",
                                       ranged_exact(two.lr_p), false},
                                      {"score", ranged_exact(two.score_p), false}};
  char *basis = text_format("%s: from the counts %.0f/%.0f against %.0f/%.0f", line->sides, a[0],
                            a[1], b[0], b[1]);
  audit_judge_candidates(audit, &c->p, KIND_FACTOR, true, basis, p, sizeof p / sizeof *p, NULL);
  free(basis);
}

static void judge_whole_factor(struct audit *audit, const struct line *line)
{
  const struct published_coefficient *c = &line->term->univariable;
  if (line->is_contrast || !line->feature || !line->count || *line->term->level)
    return;
  struct factor_effect effect = factor_effect_exact(line->count, line->feature->n_levels);
  const struct audit_candidate p[] = {{"Wald", ranged_exact(effect.wald_p), false},
                                      {"likelihood ratio", ranged_exact(effect.lr_p), false},
                                      {"score", ranged_exact(effect.score_p), false}};
  char *basis = text_format("%s: from the counts, %.0f df", line->sides, effect.df);
  audit_judge_candidates(audit, &c->p, KIND_FACTOR, true, basis, p, sizeof p / sizeof *p, NULL);
  free(basis);
}

// ---- a line against the other tables ----

static void resolve(const struct audit *audit, const struct published_term *term,
                    struct line *line)
{
  const struct published *published = &audit->published;
  *line = (struct line){.term = term};
  line->model = published_model_of_table(published, published->file[term->file].name);
  if (line->model && !line->model->known)
    line->model = NULL;
  line->feature = published_find_feature(published, term->variable);
  line->measure = published_find_measure(published, term->variable);
  if (!line->model)
    return;
  char *event = audit_side(audit, line->model->event);
  char *comparison = audit_side(audit, line->model->comparison);
  line->sides = text_format("%s v %s", event, comparison);
  free(event);
  free(comparison);
  if (line->feature) {
    line->count = audit_side_counts(audit, line->feature, line->model);
    line->is_contrast = *term->level && published_contrast(line->feature, term->level, &line->level,
                                                           &line->reference);
    // A factor of two levels may stand in one line: the later level against the first.
    if (!*term->level && line->feature->n_levels == 2 &&
        (is_there(&term->univariable.odds_ratio) || is_there(&term->multivariable.odds_ratio))) {
      line->is_contrast = true;
      line->level = 1;
      line->reference = 0;
      double ratio = is_there(&term->univariable.odds_ratio)
                         ? term->univariable.odds_ratio.printed.value
                         : term->multivariable.odds_ratio.printed.value;
      const double *n = line->count;
      if (n && ratio > 0 && n[0] * n[1] * n[2] * n[3] > 0 &&
          (log(ratio) > 0) != (log(n[2] * n[1] / (n[3] * n[0])) > 0)) {
        line->level = 0;
        line->reference = 1;
      }
    }
  } else if (line->measure && !*term->level) {
    line->event =
        audit_mean_groups(audit, line->measure, line->model->event, &line->n_event);
    line->comparison =
        audit_mean_groups(audit, line->measure, line->model->comparison, &line->n_comparison);
  }
}

static void line_free(struct line *line)
{
  free(line->count);
  free(line->event);
  free(line->comparison);
  free(line->sides);
}

static void leave_unverified(struct audit *audit, const struct published_coefficient *c,
                             const char *why)
{
  const struct published_number *numbers[] = {&c->b, &c->odds_ratio, &c->low, &c->high, &c->p};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    audit_judge(audit, numbers[i], KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(), "%s", why);
}

static void judge_line(struct audit *audit, const struct published_term *term)
{
  struct line line;
  resolve(audit, term, &line);
  char *item = text_format("%s%s%s", term->variable, *term->level ? " " : "", term->level);
  const struct published_coefficient *both[] = {&term->univariable, &term->multivariable};
  for (size_t i = 0; i < 2; i++) {
    judge_centre(audit, both[i]);
    judge_exponent(audit, both[i]);
    judge_inside(audit, both[i]);
    judge_p_of_interval(audit, both[i]);
    judge_quantity_error(audit, &line, both[i]);
    judge_contrast_error(audit, &line, both[i]);
  }
  judge_single_slope(audit, &line, item);
  judge_exact(audit, &line);
  judge_whole_factor(audit, &line);
  char *absent = audit_no_term(audit, term);
  for (size_t i = 0; i < 2 && absent; i++) {
    const struct published_number *numbers[] = {&both[i]->b, &both[i]->odds_ratio, &both[i]->low,
                                                &both[i]->high, &both[i]->p};
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
      audit_remark(audit, numbers[k], absent);
  }
  free(absent);
  leave_unverified(audit, &term->univariable,
                   line.measure && !line.event
                       ? "medians and quartiles do not bound a coefficient"
                       : "nothing else that is printed determines it");
  leave_unverified(audit, &term->multivariable, "only the patients' data could give it");
  free(item);
  line_free(&line);
}

// ---- lines against each other ----

// Narrow enough that equality is no matter of few digits: the limits are apart by 30 units of
// their last place.
static bool is_informative(const struct published_coefficient *c)
{
  return is_there(&c->odds_ratio) && is_there(&c->low) && is_there(&c->high) &&
         c->high.printed.value - c->low.printed.value >= 30 * pow(10, -c->low.printed.decimals);
}

static bool same_text(const struct published_number *a, const struct published_number *b)
{
  return is_there(a) == is_there(b) && (!is_there(a) || strcmp(a->text, b->text) == 0);
}

static bool same_groups(const struct audit *audit, const struct published_term *a,
                        const struct published_term *b)
{
  const struct published *published = &audit->published;
  const struct published_model *one =
      published_model_of_table(published, published->file[a->file].name);
  const struct published_model *other =
      published_model_of_table(published, published->file[b->file].name);
  if (!one || !other || !one->known || !other->known)
    return true;
  size_t size = published->n_groups * sizeof *one->event;
  return memcmp(one->event, other->event, size) == 0 &&
         memcmp(one->comparison, other->comparison, size) == 0;
}

static void judge_identical(struct audit *audit, const struct published_coefficient *a,
                            const char *other_table, const struct published_coefficient *b)
{
  if (!is_informative(a) || !same_text(&a->odds_ratio, &b->odds_ratio) ||
      !same_text(&a->low, &b->low) || !same_text(&a->high, &b->high))
    return;
  const struct published_number *mine[] = {&a->b, &a->odds_ratio, &a->low, &a->high, &a->p};
  const struct published_number *others[] = {&b->b, &b->odds_ratio, &b->low, &b->high, &b->p};
  for (size_t i = 0; i < 5; i++)
    if (is_there(mine[i]) && same_text(mine[i], others[i]))
      audit_judge(audit, mine[i], KIND_IDENTICAL, VERDICT_DIFFERENT,
                  (struct ranged){others[i]->printed.value, others[i]->printed.range},
                  "%s has the same %s (%s to %s) for other patients", other_table,
                  a->odds_ratio.text, a->low.text, a->high.text);
}

static void judge_copies(struct audit *audit)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_terms; i++)
    for (size_t j = 0; j < published->n_terms; j++) {
      const struct published_term *a = &published->term[i], *b = &published->term[j];
      if (a->file == b->file || strcmp(a->variable, b->variable) != 0 ||
          strcmp(a->level, b->level) != 0 || same_groups(audit, a, b))
        continue;
      const char *table = published->file[b->file].name;
      judge_identical(audit, &a->univariable, table, &b->univariable);
      judge_identical(audit, &a->multivariable, table, &b->multivariable);
    }
}

// ---- events per parameter ----

static bool is_multivariable(const struct published_term *term)
{
  return is_there(&term->multivariable.b) || is_there(&term->multivariable.odds_ratio) ||
         is_there(&term->multivariable.p);
}

// Parameters of a variable: 1, or a factor's levels - 1 (contrasts printed if it has no counts).
static size_t parameters_of(const struct published *published, size_t file, const char *variable)
{
  const struct published_feature *feature = published_find_feature(published, variable);
  size_t n_contrasts = 0, n_levels = 0;
  for (size_t i = 0; i < published->n_terms; i++)
    n_contrasts += published->term[i].file == file &&
                   strcmp(published->term[i].variable, variable) == 0 && *published->term[i].level;
  for (size_t l = 0; feature && l < feature->n_levels; l++)
    n_levels += !audit_is_missing_level(feature->level[l]);
  if (feature && n_levels > 1)
    return n_levels - 1;
  return n_contrasts ? n_contrasts : 1;
}

static void judge_events(struct audit *audit, size_t file)
{
  const struct published *published = &audit->published;
  const struct published_model *model =
      published_model_of_table(published, published->file[file].name);
  if (!model || !model->known)
    return;
  struct text_list variables = {0};
  size_t n_parameters = 0;
  for (size_t i = 0; i < published->n_terms; i++) {
    const struct published_term *term = &published->term[i];
    if (term->file != file || !is_multivariable(term) || text_list_has(&variables, term->variable))
      continue;
    text_list_add(&variables, term->variable);
    n_parameters += parameters_of(published, file, term->variable);
  }
  double fewer =
      fmin(audit_side_n(audit, model->event), audit_side_n(audit, model->comparison));
  double n_variables = (double) variables.n_items;
  if (variables.n_items && !isnan(fewer)) {
    double epv = fewer / (double) n_parameters, by_variables = fewer / n_variables;
    bool hides = epv < 10 && by_variables >= 10;
    bool printed = false;
    for (size_t i = 0; i < published->n_figures; i++) {
      const struct published_figure *figure = &published->figure[i];
      if (!model->name || strcmp(figure->model, model->name) != 0 ||
          strcmp(figure->quantity, "epv") != 0)
        continue;
      printed = true;
      enum agreement agreement =
          printed_compare(&figure->value.printed, epv, interval_point(epv));
      bool of_variables = printed_compare(&figure->value.printed, by_variables,
                                          interval_point(by_variables)) == AGREEMENT_GOOD;
      audit_judge(audit, &figure->value, KIND_EPV, verdict_of(agreement), ranged_exact(epv),
                  "%.0f events (the rarer side) for %zu parameters of %zu variables: %.3g%s", fewer,
                  n_parameters, variables.n_items, epv,
                  of_variables && n_parameters > variables.n_items
                      ? "; a factor counted once gives the printed one" : "");
    }
    if (!printed)
      audit_add(audit, file, "multivariable model", "epv", KIND_EPV, VERDICT_UNVERIFIABLE,
                ranged_exact(epv),
                "%.0f on the rarer side for %zu parameters of %zu variables: %.3g a parameter%s",
                fewer, n_parameters, variables.n_items, epv,
                hides ? " (a factor counted once: at least 10)" : "");
  }
  text_list_free(&variables);
}

void audit_logistic(struct audit *audit)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_terms; i++)
    judge_line(audit, &published->term[i]);
  judge_copies(audit);
  for (size_t f = 0; f < published->n_files; f++)
    if (published->file[f].form == PUBLISHED_LOGISTIC)
      judge_events(audit, f);
}
