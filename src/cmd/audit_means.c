// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: tables of measures and their tests.
#include <config.h>

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/audit.h"
#include "stats/distribution.h"
#include "stats/grim.h"
#include "stats/multiplicity.h"

// ---- single numbers ----

static void judge_quartiles(struct audit *audit, const struct published_measure_group *group)
{
  const struct printed *low = &group->spread_low.printed, *centre = &group->centre.printed,
                       *high = &group->spread_high.printed;
  if (!printed_is_there(low) || !printed_is_there(centre) || !printed_is_there(high))
    return;
  const struct published_number *numbers[] = {&group->spread_low, &group->centre,
                                              &group->spread_high};
  bool good = low->range.low <= centre->range.high && centre->range.low <= high->range.high;
  for (size_t i = 0; i < 3; i++)
    if (!good)
      audit_judge(audit, numbers[i], KIND_ORDER, VERDICT_DIFFERENT, ranged_nothing(),
                  "the median %s is not between the quartiles %s and %s", group->centre.text,
                  group->spread_low.text, group->spread_high.text);
    else
      audit_judge(audit, numbers[i], KIND_ORDER, VERDICT_UNVERIFIABLE, ranged_nothing(),
                  "in order%s (%s, %s, %s); only the patients' data could give it",
                  low->value <= centre->value && centre->value <= high->value
                      ? "" : " only within rounding",
                  group->spread_low.text, group->centre.text, group->spread_high.text);
}

static void judge_sd(struct audit *audit, const struct published_measure_group *group)
{
  if (!published_is_printed(&group->sd))
    return;
  if (group->sd.printed.range.high < 0)
    audit_judge(audit, &group->sd, KIND_ORDER, VERDICT_DIFFERENT, ranged_nothing(),
                "an SD is not below 0");
}

static void judge_grim(struct audit *audit, const struct published_measure *measure,
                       const struct published_measure_group *group, double n)
{
  if (!published_is_printed(&group->centre) || isnan(n) || n < 1)
    return;
  bool is_mean = group->kind == PUBLISHED_MEAN_SD;
  double divisor = is_mean ? n : 2; // a median of whole numbers is a multiple of one half
  struct grim_result grim =
      grim_mean(group->centre.printed.range, divisor, 1, -INFINITY, INFINITY);
  if (grim.possible)
    audit_judge(audit, &group->centre, KIND_GRIM, VERDICT_CONSISTENT, ranged_exact(grim.value),
                "%.0f/%.0f = %.6g (%s holds whole numbers)", grim.total, divisor, grim.value,
                measure->name);
  else
    audit_judge(audit, &group->centre, KIND_GRIM, VERDICT_IMPOSSIBLE,
                (struct ranged){grim.value, {grim.below, grim.above}},
                "%s holds whole numbers: the %s can be %.6g or %.6g, no value between",
                measure->name, is_mean ? "mean" : "median", grim.below, grim.above);
}

// ---- relative changes ----

static const char *const after_names[] = {"gd", "post", "after"};

static bool centre_and_variation(const struct published_measure_group *group, double *centre,
                                 double *variation)
{
  if (!group->is_there || !published_is_printed(&group->centre))
    return false;
  *centre = group->centre.printed.value;
  double sd = group->kind == PUBLISHED_MEAN_SD
                  ? group->sd.printed.value
                  : (group->spread_high.printed.value - group->spread_low.printed.value) / 1.349;
  *variation = isnan(sd) ? 0 : sd / *centre;
  return *centre > 0;
}

// NAME_delta beside NAME_pre and NAME_gd (or _post, _after): (after - before)/before has the sign
// of the centres' difference, unless that is within what the spread of `before` can do to a mean
// of ratios: E[a/b] is near (E a/E b)(1 + CV(b)^2) for a and b without correlation.
static void judge_delta(struct audit *audit, const struct published_measure *delta)
{
  const struct published *published = &audit->published;
  if (!text_ends(delta->name, "_delta"))
    return;
  size_t n = strlen(delta->name) - strlen("_delta");
  const struct published_measure *before = NULL, *after = NULL;
  char *stem = memory_copy_bytes(delta->name, n);
  char *name = text_format("%s_pre", stem);
  before = published_find_measure(published, name);
  free(name);
  for (size_t i = 0; i < sizeof after_names / sizeof *after_names && !after; i++) {
    name = text_format("%s_%s", stem, after_names[i]);
    after = published_find_measure(published, name);
    free(name);
  }
  free(stem);
  for (size_t g = 0; g < published->n_groups && before && after; g++) {
    double b, a, of_before, of_after;
    if (!centre_and_variation(&before->group[g], &b, &of_before) ||
        !centre_and_variation(&after->group[g], &a, &of_after))
      continue;
    const struct published_number *printed = &delta->group[g].centre;
    double change = (a - b) / b, shifted = change + 1.5 * a / b * of_before * of_before;
    bool firm = fabs(change) > 0.02 && (change > 0) == (shifted > 0);
    bool opposite = published_is_printed(printed) &&
                    (change > 0 ? printed->printed.range.high <= 0
                                : printed->printed.range.low >= 0);
    struct ranged value = {change, {NAN, NAN}};
    if (firm && opposite)
      audit_judge(audit, printed, KIND_DELTA, VERDICT_DIFFERENT, value,
                  "%s %.4g after, %.4g before: (after - before)/before is near %.2g, printed with "
                  "the other sign", published->group[g], a, b, change);
    else
      audit_judge(audit, printed, KIND_DELTA, VERDICT_UNVERIFIABLE, value,
                  "the centres' change is %.2g; the change of each patient is not printed", change);
  }
}

void audit_means(struct audit *audit)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_measures; i++) {
    const struct published_measure *measure = &published->measure[i];
    bool whole = measure->whole || text_list_has(&audit->whole, measure->name);
    for (size_t g = 0; g < published->n_groups; g++) {
      const struct published_measure_group *group = &measure->group[g];
      if (!group->is_there)
        continue;
      judge_sd(audit, group);
      if (whole)
        judge_grim(audit, measure, group,
                   published_is_printed(&group->n) ? group->n.printed.value : audit->group_n[g]);
      judge_quartiles(audit, group);
    }
    judge_delta(audit, measure);
    for (size_t g = 0; g < published->n_groups; g++) {
      const struct published_measure_group *group = &measure->group[g];
      audit_judge(audit, &group->centre, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(),
                  "only the patients' data could give it");
      audit_judge(audit, &group->sd, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(),
                  "only the patients' data could give it");
    }
  }
}

// ---- tests ----

enum test_class { CLASS_F, CLASS_WELCH_F, CLASS_T, CLASS_WELCH_T, CLASS_H, CLASS_U, CLASS_Z,
                  CLASS_CHI_SQUARE, CLASS_OTHER };

// What the printed name of a test stands for, letters compared without case.
static enum test_class class_of(const char *test)
{
  static const struct {
    const char *name;
    enum test_class class;
  } names[] = {{"f", CLASS_F}, {"anova", CLASS_F}, {"welch f", CLASS_WELCH_F},
               {"welch-anova", CLASS_WELCH_F}, {"t", CLASS_T}, {"student", CLASS_T},
               {"welch t", CLASS_WELCH_T}, {"welch", CLASS_WELCH_T}, {"h", CLASS_H},
               {"kruskal", CLASS_H}, {"kruskal-wallis", CLASS_H}, {"u", CLASS_U},
               {"mannwhitney", CLASS_U}, {"mann-whitney", CLASS_U}, {"z", CLASS_Z},
               {"chi2", CLASS_CHI_SQUARE}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t k = 0;
    while (test[k] && tolower((unsigned char) test[k]) == names[i].name[k])
      k++;
    if (!test[k] && !names[i].name[k])
      return names[i].class;
  }
  return CLASS_OTHER;
}

struct measured {
  const struct published_measure *measure;
  size_t *group;            // index among the study's groups
  size_t n_groups;
  double n;                 // rows
  struct mean_group *mean;  // NULL: not all are mean and SD
};

static struct measured measured_of(const struct audit *audit, const char *name)
{
  const struct published *published = &audit->published;
  struct measured measured = {.measure = published_find_measure(published, name)};
  measured.group = NEW_ARRAY(size_t, published->n_groups);
  if (!measured.measure)
    return measured;
  for (size_t g = 0; g < published->n_groups; g++)
    if (measured.measure->group[g].is_there) {
      double n = measured.measure->group[g].n.printed.value;
      measured.n += isnan(n) ? audit->group_n[g] : n;
      measured.group[measured.n_groups++] = g;
    }
  size_t n;
  measured.mean = audit_mean_groups(audit, measured.measure, NULL, &n);
  return measured;
}

// P over the rounding of a statistic; P falls as its size grows.
typedef double (*tail_function)(double statistic, double df, double df2);

static double tail_f(double x, double df, double df2)
{
  return f_upper(x, df, df2);
}

static double tail_t(double x, double df, double df2)
{
  (void) df2;
  return t_two_sided(x, df);
}

static double tail_chi(double x, double df, double df2)
{
  (void) df2;
  return chi_square_upper(x, df);
}

static double tail_normal(double x, double df, double df2)
{
  (void) df, (void) df2;
  return normal_two_sided(x);
}

static struct ranged p_of(const struct printed *statistic, tail_function tail, double df,
                          double df2)
{
  struct interval size = interval_absolute(statistic->range);
  return (struct ranged){tail(fabs(statistic->value), df, df2),
                         {isinf(size.high) ? 0 : tail(size.high, df, df2),
                          tail(size.low, df, df2)}};
}

// Mann-Whitney U without ties, as a function of its distance from n1 n2/2.
static struct ranged p_of_u(const struct printed *statistic, double n1, double n2)
{
  double centre = n1 * n2 / 2, sd = sqrt(n1 * n2 * (n1 + n2 + 1) / 12);
  struct interval distance =
      interval_absolute(interval_subtract(statistic->range, interval_point(centre)));
  return (struct ranged){normal_two_sided((statistic->value - centre) / sd),
                         {normal_two_sided(distance.high / sd),
                          normal_two_sided(distance.low / sd)}};
}

// Returns that P, by the first convention.
static struct ranged judge_p_of_statistic(struct audit *audit, const struct published_tests *tests,
                                          const struct measured *measured, enum test_class class)
{
  if (!published_is_printed(&tests->statistic) || measured->n_groups < 2)
    return ranged_nothing();
  const struct printed *s = &tests->statistic.printed;
  double k = (double) measured->n_groups, n = measured->n;
  struct audit_candidate candidate[3];
  char *name = NULL;
  size_t n_candidates = 0;
  struct text hint = {0};
  switch (class) {
  case CLASS_F:
  case CLASS_WELCH_F:
    name = text_format("F(%.0f, %.0f)", k - 1, n - k);
    candidate[n_candidates++] =
        (struct audit_candidate){name, p_of(s, tail_f, k - 1, n - k), false};
    if (measured->mean) {
      struct ranged_test welch = mean_range_welch_anova(measured->mean, measured->n_groups);
      candidate[n_candidates++] =
          (struct audit_candidate){"Welch's F", p_of(s, tail_f, welch.df, welch.df2), false};
    }
    break;
  case CLASS_T:
  case CLASS_WELCH_T:
    name = text_format("t(%.0f)", n - 2);
    candidate[n_candidates++] = (struct audit_candidate){name, p_of(s, tail_t, n - 2, NAN), false};
    if (measured->mean && measured->n_groups == 2) {
      struct ranged_test welch = mean_range_pair(measured->mean, 2, 0, 1, MEAN_PAIR_WELCH);
      candidate[n_candidates++] =
          (struct audit_candidate){"Welch's t", p_of(s, tail_t, welch.df, NAN), false};
    }
    break;
  case CLASS_H:
  case CLASS_CHI_SQUARE: {
    name = text_format("chi-square with %.0f df", k - 1);
    candidate[n_candidates++] =
        (struct audit_candidate){name, p_of(s, tail_chi, k - 1, NAN), false};
    struct ranged as_f = p_of(s, tail_f, k - 1, n - k);
    enum agreement agreement =
        printed_compare_p(&tests->p_overall.printed, as_f.value, as_f.range);
    if (agreement == AGREEMENT_GOOD || agreement == AGREEMENT_ROUNDING)
      text_append_format(&hint, "taken for F(%.0f, %.0f) it would", k - 1, n - k);
    break;
  }
  case CLASS_Z:
    candidate[n_candidates++] =
        (struct audit_candidate){"normal", p_of(s, tail_normal, NAN, NAN), false};
    break;
  case CLASS_U:
    if (measured->n_groups == 2) {
      double n1 = measured->measure->group[measured->group[0]].n.printed.value;
      double n2 = measured->measure->group[measured->group[1]].n.printed.value;
      struct ranged p = p_of_u(s, n1, n2);
      enum agreement agreement = printed_compare_p(&tests->p_overall.printed, p.value, p.range);
      audit_judge(audit, &tests->p_overall, KIND_P_OF_STATISTIC,
                  agreement == AGREEMENT_NONE ? VERDICT_UNVERIFIABLE : verdict_of(agreement), p,
                  "U %s gives %.4g without ties; ties, continuity and exact counting change it",
                  tests->statistic.text, p.value);
    }
    break;
  default:
    break;
  }
  char *basis = text_format("from the printed %s %s", tests->test, tests->statistic.text);
  audit_judge_candidates(audit, &tests->p_overall, KIND_P_OF_STATISTIC, true, basis, candidate,
                         n_candidates, hint.bytes);
  free(basis);
  free(name);
  text_free(&hint);
  return n_candidates ? candidate[0].value : ranged_nothing();
}

static struct ranged absolute(struct ranged value)
{
  return (struct ranged){fabs(value.value), interval_absolute(value.range)};
}

static void judge_overall(struct audit *audit, const struct published_tests *tests,
                          const struct measured *measured, enum test_class class)
{
  if (!measured->mean || measured->n_groups < 2)
    return;
  struct ranged_test f = mean_range_anova(measured->mean, measured->n_groups);
  struct ranged_test welch = mean_range_welch_anova(measured->mean, measured->n_groups);
  if (class == CLASS_F || class == CLASS_WELCH_F) {
    const struct audit_candidate statistic[] = {{"F", f.statistic, false},
                                                {"Welch's F", welch.statistic, false}};
    const struct audit_candidate p[] = {{"F", f.p, false}, {"Welch's F", welch.p, false}};
    audit_judge_candidates(audit, &tests->statistic, KIND_MEAN_TEST, false, "from n, mean, SD",
                           statistic, 2, NULL);
    audit_judge_candidates(audit, &tests->p_overall, KIND_MEAN_TEST, true, "from n, mean, SD", p, 2,
                           NULL);
  } else if ((class == CLASS_T || class == CLASS_WELCH_T) && measured->n_groups == 2) {
    struct ranged_test t = mean_range_pair(measured->mean, 2, 0, 1, MEAN_PAIR_STUDENT);
    struct ranged_test w = mean_range_pair(measured->mean, 2, 0, 1, MEAN_PAIR_WELCH);
    bool negative = tests->statistic.printed.value < 0;
    struct ranged t_size = absolute(t.statistic), w_size = absolute(w.statistic);
    if (negative) { // the sign depends on which group came first
      t_size = (struct ranged){-t_size.value, {-t_size.range.high, -t_size.range.low}};
      w_size = (struct ranged){-w_size.value, {-w_size.range.high, -w_size.range.low}};
    }
    const struct audit_candidate statistic[] = {{"Student's t", t_size, false},
                                                {"Welch's t", w_size, false}};
    const struct audit_candidate p[] = {{"Student's t", t.p, false}, {"Welch's t", w.p, false}};
    audit_judge_candidates(audit, &tests->statistic, KIND_MEAN_TEST, false, "from n, mean, SD",
                           statistic, 2, NULL);
    audit_judge_candidates(audit, &tests->p_overall, KIND_MEAN_TEST, true, "from n, mean, SD", p, 2,
                           NULL);
  }
}

static const struct {
  enum mean_pair_method method;
  enum adjustment adjustment;
  const char *name;
} pair_conventions[] = {
    {MEAN_PAIR_LSD, ADJUST_NONE, "LSD"},
    {MEAN_PAIR_STUDENT, ADJUST_NONE, "Student's t"},
    {MEAN_PAIR_WELCH, ADJUST_NONE, "Welch's t"},
    {MEAN_PAIR_LSD, ADJUST_BONFERRONI, "Bonferroni"},
    {MEAN_PAIR_TUKEY, ADJUST_NONE, "Tukey"},
    {MEAN_PAIR_GAMES_HOWELL, ADJUST_NONE, "Games-Howell"},
    {MEAN_PAIR_SCHEFFE, ADJUST_NONE, "Scheffe"},
    {MEAN_PAIR_LSD, ADJUST_HOLM, "LSD by Holm"},
    {MEAN_PAIR_LSD, ADJUST_SIDAK, "LSD by Sidak"},
    {MEAN_PAIR_STUDENT, ADJUST_BONFERRONI, "Student's t by Bonferroni"},
    {MEAN_PAIR_STUDENT, ADJUST_HOLM, "Student's t by Holm"},
    {MEAN_PAIR_WELCH, ADJUST_BONFERRONI, "Welch's t by Bonferroni"},
    {MEAN_PAIR_WELCH, ADJUST_HOLM, "Welch's t by Holm"},
};
enum { N_PLAIN = 3, N_CONVENTIONS = sizeof pair_conventions / sizeof *pair_conventions };

static void judge_pairs(struct audit *audit, const struct published_tests *tests,
                        const struct measured *measured)
{
  size_t k = measured->n_groups, n_pairs = k * (k - 1) / 2;
  if (!measured->mean || k < 2)
    return;
  struct ranged *p = NEW_ARRAY(struct ranged, N_CONVENTIONS * n_pairs);
  double *bound = NEW_ARRAY(double, 3 * n_pairs);
  size_t *place = NEW_ARRAY(size_t, n_pairs); // among the study's pairs
  for (size_t c = 0; c < N_CONVENTIONS; c++) {
    size_t pair = 0;
    for (size_t i = 0; i < k; i++)
      for (size_t j = i + 1; j < k; j++, pair++) {
        struct ranged_test test =
            mean_range_pair(measured->mean, k, i, j, pair_conventions[c].method);
        bound[pair] = test.p.value;
        bound[n_pairs + pair] = test.p.range.low;
        bound[2 * n_pairs + pair] = test.p.range.high;
        place[pair] = published_pair(&audit->published, measured->group[i], measured->group[j]);
      }
    for (size_t b = 0; b < 3; b++)
      p_values_adjust(pair_conventions[c].adjustment, bound + b * n_pairs, n_pairs,
                      bound + b * n_pairs);
    for (pair = 0; pair < n_pairs; pair++)
      p[c * n_pairs + pair] = (struct ranged){
          bound[pair], {bound[n_pairs + pair], bound[2 * n_pairs + pair]}};
  }
  bool *fits = NEW_ARRAY(bool, N_CONVENTIONS * n_pairs);
  size_t n_printed = 0;
  for (size_t pair = 0; pair < n_pairs; pair++) {
    const struct published_number *number = &tests->p_pair[place[pair]];
    n_printed += published_is_printed(number);
    for (size_t c = 0; c < N_CONVENTIONS; c++) {
      const struct ranged *value = &p[c * n_pairs + pair];
      enum agreement agreement = printed_compare_p(&number->printed, value->value, value->range);
      fits[c * n_pairs + pair] = agreement == AGREEMENT_GOOD || agreement == AGREEMENT_ROUNDING;
    }
  }
  for (size_t pair = 0; pair < n_pairs; pair++) {
    const struct published_number *number = &tests->p_pair[place[pair]];
    struct audit_candidate candidate[N_CONVENTIONS];
    for (size_t c = 0; c < N_CONVENTIONS; c++)
      candidate[c] =
          (struct audit_candidate){pair_conventions[c].name, p[c * n_pairs + pair],
                                   audit_is_alone(fits, c, N_PLAIN, n_pairs, n_printed)};
    struct text hint = {0};
    for (size_t other = 0; other < n_pairs; other++)
      for (size_t c = 0; c < 3 && other != pair && !hint.length; c++)
        if (number->printed.relation == PRINTED_EQUAL &&
            printed_compare_p(&number->printed, p[c * n_pairs + other].value,
                              p[c * n_pairs + other].range) == AGREEMENT_GOOD) {
          char *name = audit_pair_name(audit, place[other]);
          text_append_format(&hint, "%s of %s does", pair_conventions[c].name, name);
          free(name);
        }
    char *name = audit_pair_name(audit, place[pair]);
    char *basis = text_format("from n, mean, SD, %s", name);
    audit_judge_candidates(audit, number, KIND_MEAN_TEST, true, basis, candidate, N_CONVENTIONS,
                           hint.bytes);
    free(basis);
    free(name);
    text_free(&hint);
  }
  free(fits);
  free(p);
  free(bound);
  free(place);
}

void audit_mean_tests(struct audit *audit)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_measure_tests; i++) {
    const struct published_tests *tests = &published->measure_tests[i];
    struct measured measured = measured_of(audit, tests->name);
    enum test_class class = class_of(tests->test);
    bool of_ranks = class == CLASS_H || class == CLASS_U || class == CLASS_Z;
    if (!of_ranks) {
      judge_overall(audit, tests, &measured, class);
      judge_pairs(audit, tests, &measured);
    }
    struct ranged of_statistic = judge_p_of_statistic(audit, tests, &measured, class);
    char *absent = audit_no_measure(audit, tests->name);
    const char *why = absent ? absent
                      : of_ranks || !measured.mean
                          ? "a test of ranks: medians and quartiles do not determine it"
                          : "the summaries do not determine it";
    audit_judge(audit, &tests->statistic, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(), "%s",
                why);
    audit_judge(audit, &tests->p_overall, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(), "%s",
                why);
    for (size_t k = 0; k < published->n_pairs; k++)
      audit_judge(audit, &tests->p_pair[k], KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(),
                  "%s", why);
    free(absent);
    audit_text_p(audit, tests, of_statistic);
    free(measured.mean);
    free(measured.group);
  }
}
