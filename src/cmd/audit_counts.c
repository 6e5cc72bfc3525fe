// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: group sizes, sums of counts, percentages, the whole cohort from its groups, and
// tests of tables of counts.
#include <config.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/audit.h"
#include "stats/contingency.h"
#include "stats/distribution.h"
#include "stats/grim.h"
#include "stats/multiplicity.h"

// ---- how many rows a group has ----

// Sum over the levels, `missing` included; NaN if one is not printed.
static double feature_sum(const struct published *published,
                          const struct published_feature *feature, size_t group)
{
  double sum = 0;
  for (size_t l = 0; l < feature->n_levels; l++)
    sum += feature->count[l * published->n_groups + group].printed.value;
  return sum;
}

static const struct published_cohort_row *find_row(const struct published *published,
                                                   const char *name)
{
  for (size_t i = 0; i < published->n_cohort; i++)
    if (strcmp(published->cohort[i].group, name) == 0)
      return &published->cohort[i];
  return NULL;
}

// The size that most tables give: the cohort's row counts first where they are even.
static double most_frequent_n(const struct audit *audit, size_t group)
{
  const struct published *published = &audit->published;
  size_t most = 1 + published->n_features + published->n_measures, n = 0;
  double *size = NEW_ARRAY(double, most);
  const struct published_cohort_row *row = find_row(published, published->group[group]);
  if (row && published_is_printed(&row->n))
    size[n++] = row->n.printed.value;
  for (size_t i = 0; i < published->n_features; i++)
    size[n++] = feature_sum(published, &published->feature[i], group);
  for (size_t i = 0; i < published->n_measures; i++)
    size[n++] = published->measure[i].group[group].n.printed.value;
  double best = NAN;
  size_t best_count = 0;
  for (size_t i = 0; i < n; i++) {
    size_t count = 0;
    for (size_t j = 0; j < n; j++)
      count += size[j] == size[i];
    if (count > best_count) {
      best_count = count;
      best = size[i];
    }
  }
  free(size);
  return best;
}

static void judge_size(struct audit *audit, const struct published_number *number, double n,
                       const char *what, bool may_be_fewer)
{
  if (!published_is_printed(number) || isnan(n))
    return;
  double printed = number->printed.value;
  if (printed == n)
    audit_judge(audit, number, KIND_COUNTS, VERDICT_CONSISTENT, ranged_exact(n), "%s %.0f too",
                what, n);
  else if (printed < n && may_be_fewer)
    audit_judge(audit, number, KIND_COUNTS, VERDICT_CONSISTENT, ranged_exact(n),
                "%s %.0f: %.0f missing", what, n, n - printed);
  else
    audit_judge(audit, number, KIND_COUNTS, VERDICT_IMPOSSIBLE, ranged_exact(n),
                "%s %.0f, not %s", what, n, number->text);
}

static void judge_feature_sums(struct audit *audit, const struct published_feature *feature)
{
  const struct published *published = &audit->published;
  for (size_t g = 0; g < published->n_groups; g++) {
    double sum = feature_sum(published, feature, g), n = audit->group_n[g];
    if (isnan(sum) || isnan(n))
      continue;
    for (size_t l = 0; l < feature->n_levels; l++) {
      const struct published_number *number = &feature->count[l * published->n_groups + g];
      struct ranged needed = ranged_exact(number->printed.value + n - sum);
      if (sum == n)
        audit_judge(audit, number, KIND_COUNTS, VERDICT_CONSISTENT, needed,
                    "the levels add up to the %.0f of %s", n, published->group[g]);
      else
        audit_judge(audit, number, KIND_COUNTS,
                    sum > n ? VERDICT_IMPOSSIBLE : VERDICT_DIFFERENT, needed,
                    "the levels of %s add up to %.0f in %s, which has %.0f rows%s", feature->name,
                    sum, published->group[g], n, sum < n ? " (no level `missing` is printed)" : "");
    }
  }
}

// ---- the cohort form ----

static void judge_percent(struct audit *audit, const struct published_cohort_row *row, double n,
                          double total)
{
  if (!published_is_printed(&row->percent) || isnan(n) || isnan(total) || total <= 0)
    return;
  double percent = 100 * n / total;
  bool good = printed_compare(&row->percent.printed, percent, interval_point(percent)) ==
              AGREEMENT_GOOD;
  audit_judge(audit, &row->percent, KIND_COUNTS, good ? VERDICT_CONSISTENT : VERDICT_IMPOSSIBLE,
              ranged_exact(percent), "%.0f of %.0f are %.4g%%", n, total, percent);
}

// Mean and SD of joined groups: from the table of measures, else from the rows of the groups.
static struct mean_group *member_summaries(const struct audit *audit, const char *name,
                                           const bool *member, const char **source, size_t *n)
{
  const struct published *published = &audit->published;
  const struct published_measure *measure = published_find_measure(published, name);
  struct mean_group *groups =
      measure ? audit_mean_groups(audit, measure, member, n) : NULL;
  if (groups) {
    *source = published->file[measure->file].name;
    return groups;
  }
  groups = NEW_ARRAY(struct mean_group, published->n_groups);
  *n = 0;
  for (size_t g = 0; g < published->n_groups; g++) {
    if (!member[g])
      continue;
    const struct published_cohort_row *row = find_row(published, published->group[g]);
    const struct published_statistic *statistic = NULL;
    for (size_t k = 0; row && k < row->n_statistics; k++)
      if (strcmp(row->statistic[k].name, name) == 0)
        statistic = &row->statistic[k];
    if (!statistic || !published_is_printed(&statistic->mean) ||
        !published_is_printed(&statistic->sd) || isnan(audit->group_n[g])) {
      free(groups);
      return NULL;
    }
    *source = published->file[row->file].name;
    groups[(*n)++] = (struct mean_group){.n = audit->group_n[g],
                                         .mean = statistic->mean.printed.value,
                                         .sd = statistic->sd.printed.value,
                                         .mean_range = statistic->mean.printed.range,
                                         .sd_range = statistic->sd.printed.range};
  }
  return groups;
}

// The table of measures against the cohort's row.
static void judge_back(struct audit *audit, const struct published_cohort_row *row,
                       const struct published_statistic *statistic,
                       const struct published_measure *measure)
{
  const struct published_measure_group *group =
      &measure->group[published_find_group(&audit->published, row->group)];
  const char *table = audit->published.file[row->file].name;
  const struct {
    const struct published_number *number, *source;
  } both[] = {{&group->centre, &statistic->mean}, {&group->sd, &statistic->sd}};
  for (size_t i = 0; i < 2 && group->kind == PUBLISHED_MEAN_SD; i++)
    if (published_is_printed(both[i].source) && published_is_printed(both[i].number))
      audit_judge(audit, both[i].number, KIND_REPEATED,
                  printed_overlap(&both[i].number->printed, &both[i].source->printed)
                      ? VERDICT_CONSISTENT : VERDICT_DIFFERENT,
                  (struct ranged){both[i].source->printed.value, both[i].source->printed.range},
                  "%s has %s", table, both[i].source->text);
}

static void judge_pooled(struct audit *audit, const struct published_cohort_row *row,
                         const bool *member)
{
  const struct published *published = &audit->published;
  bool single = published_find_group(published, row->group) != SIZE_MAX;
  for (size_t k = 0; k < row->n_statistics; k++) {
    const struct published_statistic *statistic = &row->statistic[k];
    const struct published_measure *measure = published_find_measure(published, statistic->name);
    if (single && !measure)
      continue;
    const char *source = NULL;
    size_t n;
    struct mean_group *groups = member_summaries(audit, statistic->name, member, &source, &n);
    if (!groups)
      continue;
    struct ranged_moments pool = mean_range_pool(groups, n);
    if (single) {
      pool.mean = (struct ranged){groups[0].mean, groups[0].mean_range};
      pool.sd = (struct ranged){groups[0].sd, groups[0].sd_range};
    }
    const struct {
      const struct published_number *number;
      struct ranged value;
      const char *what;
    } both[] = {{&statistic->mean, pool.mean, "mean"}, {&statistic->sd, pool.sd, "SD"}};
    for (size_t i = 0; i < 2; i++) {
      enum verdict verdict = verdict_of(
          printed_compare(&both[i].number->printed, both[i].value.value, both[i].value.range));
      if (single)
        audit_judge(audit, both[i].number, KIND_REPEATED, verdict, both[i].value,
                    "%s has %.6g", source, both[i].value.value);
      if (single && both[i].number == &statistic->mean)
        judge_back(audit, row, statistic, measure);
      else if (!single)
        audit_judge(audit, both[i].number, KIND_POOLED, verdict, both[i].value,
                    "the %zu groups of %s joined have %s %.4g (%.4g to %.4g)", n, source,
                    both[i].what, both[i].value.value, both[i].value.range.low,
                    both[i].value.range.high);
    }
    free(groups);
  }
}

static void judge_screening(struct audit *audit)
{
  const struct published *published = &audit->published;
  const struct published_cohort_row *screened = find_row(published, "screened"),
                                    *excluded = find_row(published, "excluded"),
                                    *included = find_row(published, "included");
  if (!screened || !excluded || !included || !published_is_printed(&screened->n) ||
      !published_is_printed(&excluded->n) || !published_is_printed(&included->n))
    return;
  double s = screened->n.printed.value, e = excluded->n.printed.value,
         i = included->n.printed.value;
  bool good = s == e + i;
  const char *how = "%.0f screened, %.0f excluded, %.0f included";
  enum verdict verdict = good ? VERDICT_CONSISTENT : VERDICT_IMPOSSIBLE;
  audit_judge(audit, &screened->n, KIND_COUNTS, verdict, ranged_exact(e + i), how, s, e, i);
  audit_judge(audit, &excluded->n, KIND_COUNTS, verdict, ranged_exact(s - i), how, s, e, i);
}

static void judge_cohort(struct audit *audit)
{
  const struct published *published = &audit->published;
  bool *member = NEW_ZEROED(bool, published->n_groups);
  const struct published_cohort_row *included = find_row(published, "included");
  const struct published_cohort_row *screened = find_row(published, "screened");
  double total = 0;
  for (size_t g = 0; g < published->n_groups; g++)
    total += audit->group_n[g];
  if (isnan(total) && included)
    total = included->n.printed.value;
  for (size_t i = 0; i < published->n_cohort; i++) {
    const struct published_cohort_row *row = &published->cohort[i];
    bool joined = published_row_groups(published, row, member);
    double n = joined ? audit_side_n(audit, member) : row->n.printed.value;
    double of = total;
    if (joined) {
      char *side = audit_side(audit, member);
      char *what = text_format("the other tables have for %s", side);
      judge_size(audit, &row->n, n, what, false);
      free(what);
      free(side);
      judge_pooled(audit, row, member);
    } else if (screened) {
      of = screened->n.printed.value;
    }
    judge_percent(audit, row, n, of);
  }
  judge_screening(audit);
  free(member);
}

void audit_counts(struct audit *audit)
{
  const struct published *published = &audit->published;
  audit->group_n = NEW_ARRAY(double, published->n_groups);
  for (size_t g = 0; g < published->n_groups; g++)
    audit->group_n[g] = most_frequent_n(audit, g);
  judge_cohort(audit);
  for (size_t i = 0; i < published->n_features; i++)
    judge_feature_sums(audit, &published->feature[i]);
  for (size_t i = 0; i < published->n_measures; i++)
    for (size_t g = 0; g < published->n_groups; g++) {
      const struct published_measure *measure = &published->measure[i];
      char *what = text_format("the tables have for %s", published->group[g]);
      judge_size(audit, &measure->group[g].n, audit->group_n[g], what, true);
      free(what);
    }
}

// ---- tests of counts ----

enum { BASES = 6, ADJUSTED = 5, MOST_CANDIDATES = BASES * ADJUSTED };

// levels x groups without `missing`; NULL if a count is not printed.
static double *count_matrix(const struct published *published,
                            const struct published_feature *feature, size_t *n_levels)
{
  double *count = NEW_ARRAY(double, feature->n_levels * published->n_groups);
  *n_levels = 0;
  for (size_t l = 0; l < feature->n_levels; l++) {
    if (audit_is_missing_level(feature->level[l]))
      continue;
    for (size_t g = 0; g < published->n_groups; g++) {
      double value = feature->count[l * published->n_groups + g].printed.value;
      if (isnan(value)) {
        free(count);
        return NULL;
      }
      count[*n_levels * published->n_groups + g] = value;
    }
    ++*n_levels;
  }
  return count;
}

// Exact, or with the interval of the tables drawn.
static struct ranged fisher_value(const double *count, size_t n_rows, size_t n_columns)
{
  const struct fisher_limits limits = {.nodes = 4000000, .monte_carlo = 20000, .seed = 1,
                                       .level = 0.999};
  struct fisher_result result = fisher_test(count, n_rows, n_columns, &limits);
  if (result.exact)
    return ranged_exact(result.p_value);
  return (struct ranged){result.p_value, {result.conf_low, result.conf_high}};
}

// Returns the P of the printed statistic.
static struct ranged judge_overall(struct audit *audit, const struct published_tests *tests,
                                   const double *count, size_t n_levels)
{
  size_t n_groups = audit->published.n_groups;
  struct contingency_result pearson = chi_square_test(count, n_levels, n_groups, false);
  struct contingency_result yates = chi_square_test(count, n_levels, n_groups, true);
  struct contingency_result lr = likelihood_ratio_test(count, n_levels, n_groups);
  struct contingency_result trend = linear_trend_test(count, n_levels, n_groups, NULL, NULL);
  bool two_by_two = n_levels == 2 && n_groups == 2;
  struct audit_candidate statistic[] = {{"Pearson", ranged_exact(pearson.statistic), false},
                                        {"likelihood ratio", ranged_exact(lr.statistic), false},
                                        {"linear trend", ranged_exact(trend.statistic), false},
                                        {"Yates", ranged_exact(yates.statistic), false}};
  size_t n = two_by_two ? 4 : 3;
  audit_judge_candidates(audit, &tests->statistic, KIND_COUNT_TEST, false, "from the counts",
                         statistic, n, NULL);
  struct audit_candidate p[] = {{"Pearson", ranged_exact(pearson.p_value), false},
                                {"Fisher", fisher_value(count, n_levels, n_groups), false},
                                {"likelihood ratio", ranged_exact(lr.p_value), false},
                                {"linear trend", ranged_exact(trend.p_value), false},
                                {"Yates", ranged_exact(yates.p_value), false}};
  audit_judge_candidates(audit, &tests->p_overall, KIND_COUNT_TEST, true, "from the counts", p,
                         n + 1, NULL);
  // P of the printed statistic.
  if (!published_is_printed(&tests->statistic))
    return ranged_nothing();
  double df = pearson.df;
  const struct printed *s = &tests->statistic.printed;
  struct ranged of_statistic = {chi_square_upper(s->value, df),
                                {chi_square_upper(s->range.high, df),
                                 chi_square_upper(fmax(s->range.low, 0), df)}};
  struct text hint = {0};
  for (int other = 1; other <= 12; other++) {
    struct interval range = {chi_square_upper(s->range.high, other),
                             chi_square_upper(fmax(s->range.low, 0), other)};
    if (other != (int) df && tests->p_overall.printed.relation == PRINTED_EQUAL &&
        printed_compare_p(&tests->p_overall.printed, chi_square_upper(s->value, other), range) >=
            AGREEMENT_GOOD &&
        printed_compare_p(&tests->p_overall.printed, chi_square_upper(s->value, other), range) !=
            AGREEMENT_NONE && !hint.length)
      text_append_format(&hint, "with %d df it would be", other);
  }
  char *name = text_format("P with %.0f df", df);
  char *basis = text_format("from the printed chi-square %s", tests->statistic.text);
  const struct audit_candidate one = {name, of_statistic, false};
  audit_judge_candidates(audit, &tests->p_overall, KIND_P_OF_STATISTIC, true, basis, &one, 1,
                         hint.bytes);
  free(basis);
  free(name);
  text_free(&hint);
  return of_statistic;
}

static void pair_counts(const double *count, size_t n_levels, size_t n_groups, size_t i, size_t j,
                        double *pair)
{
  for (size_t l = 0; l < n_levels; l++) {
    pair[2 * l] = count[l * n_groups + i];
    pair[2 * l + 1] = count[l * n_groups + j];
  }
}

static void judge_pairs(struct audit *audit, const struct published_tests *tests,
                        const double *count, size_t n_levels)
{
  static const char *const base_names[BASES] = {
      "Pearson", "Fisher", "likelihood ratio", "Yates", "Pearson or Fisher (Cochran's rule)",
      "Yates or Fisher (any expected count below 5)"};
  static const struct {
    enum adjustment adjustment;
    const char *name;
  } adjusted[ADJUSTED] = {{ADJUST_NONE, ""},
                          {ADJUST_BONFERRONI, " by Bonferroni"},
                          {ADJUST_HOLM, " by Holm"},
                          {ADJUST_SIDAK, " by Sidak"},
                          {ADJUST_BH, " by Benjamini-Hochberg"}};
  const struct published *published = &audit->published;
  size_t n_groups = published->n_groups, n_pairs = published->n_pairs;
  double *pair = NEW_ARRAY(double, 2 * n_levels);
  double *p = NEW_ARRAY(double, 3 * BASES * n_pairs); // [bound][base][pair]
  for (size_t i = 0, k = 0; i < n_groups; i++)
    for (size_t j = i + 1; j < n_groups; j++, k++) {
      pair_counts(count, n_levels, n_groups, i, j, pair);
      struct ranged pearson = ranged_exact(chi_square_test(pair, n_levels, 2, false).p_value);
      struct ranged yates = ranged_exact(chi_square_test(pair, n_levels, 2, true).p_value);
      struct ranged fisher = fisher_value(pair, n_levels, 2);
      struct expected_counts expected = expected_counts_check(pair, n_levels, 2);
      bool cochran = expected.percent_below_5 > 20 || expected.least < 1;
      struct ranged base[BASES] = {
          pearson,
          fisher,
          ranged_exact(likelihood_ratio_test(pair, n_levels, 2).p_value),
          n_levels == 2 ? yates : ranged_nothing(),
          cochran ? fisher : pearson,
          expected.percent_below_5 > 0 ? fisher : yates};
      for (size_t b = 0; b < BASES; b++) {
        p[b * n_pairs + k] = base[b].value;
        p[(BASES + b) * n_pairs + k] = base[b].range.low;
        p[(2 * BASES + b) * n_pairs + k] = base[b].range.high;
      }
    }
  double *scratch = NEW_ARRAY(double, 3 * n_pairs);
  struct ranged *value = NEW_ARRAY(struct ranged, MOST_CANDIDATES * n_pairs);
  bool *fits = NEW_ARRAY(bool, MOST_CANDIDATES * n_pairs);
  char *name[MOST_CANDIDATES];
  size_t n = 0, n_printed = 0;
  for (size_t k = 0; k < n_pairs; k++)
    n_printed += published_is_printed(&tests->p_pair[k]);
  for (size_t a = 0; a < ADJUSTED; a++)
    for (size_t b = 0; b < BASES; b++, n++) {
      for (size_t bound = 0; bound < 3; bound++)
        p_values_adjust(adjusted[a].adjustment, &p[(bound * BASES + b) * n_pairs], n_pairs,
                        scratch + bound * n_pairs);
      name[n] = text_format("%s%s", base_names[b], adjusted[a].name);
      for (size_t k = 0; k < n_pairs; k++) {
        value[n * n_pairs + k] =
            (struct ranged){scratch[k], {scratch[n_pairs + k], scratch[2 * n_pairs + k]}};
        enum agreement agreement = printed_compare_p(
            &tests->p_pair[k].printed, scratch[k], value[n * n_pairs + k].range);
        fits[n * n_pairs + k] = agreement == AGREEMENT_GOOD || agreement == AGREEMENT_ROUNDING;
      }
    }
  for (size_t k = 0; k < n_pairs; k++) {
    struct audit_candidate candidate[MOST_CANDIDATES];
    for (size_t c = 0; c < n; c++)
      candidate[c] =
          (struct audit_candidate){name[c], value[c * n_pairs + k],
                                   audit_is_alone(fits, c, BASES, n_pairs, n_printed)};
    struct text hint = {0};
    for (size_t other = 0; other < n_pairs; other++)
      for (size_t b = 0; b < BASES && other != k && !hint.length; b++)
        if (printed_compare_p(&tests->p_pair[k].printed, p[b * n_pairs + other],
                              interval_point(p[b * n_pairs + other])) == AGREEMENT_GOOD &&
            tests->p_pair[k].printed.relation == PRINTED_EQUAL) {
          char *pair_name = audit_pair_name(audit, other);
          text_append_format(&hint, "%s of %s is", base_names[b], pair_name);
          free(pair_name);
        }
    char *pair_name = audit_pair_name(audit, k);
    char *basis = text_format("from the counts, %s", pair_name);
    audit_judge_candidates(audit, &tests->p_pair[k], KIND_COUNT_TEST, true, basis, candidate, n,
                           hint.bytes);
    text_free(&hint);
    free(basis);
    free(pair_name);
  }
  for (size_t c = 0; c < n; c++)
    free(name[c]);
  free(value);
  free(fits);
  free(scratch);
  free(p);
  free(pair);
}

void audit_count_tests(struct audit *audit)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_count_tests; i++) {
    const struct published_tests *tests = &published->count_tests[i];
    const struct published_feature *feature = published_find_feature(published, tests->name);
    size_t n_levels = 0;
    double *count = feature ? count_matrix(published, feature, &n_levels) : NULL;
    struct ranged of_statistic = ranged_nothing();
    if (count && n_levels) {
      of_statistic = judge_overall(audit, tests, count, n_levels);
      judge_pairs(audit, tests, count, n_levels);
    }
    free(count);
    char *absent = audit_no_feature(audit, tests->name);
    if (absent) {
      audit_remark(audit, &tests->statistic, absent);
      audit_remark(audit, &tests->p_overall, absent);
      for (size_t k = 0; k < published->n_pairs; k++)
        audit_remark(audit, &tests->p_pair[k], absent);
    }
    free(absent);
    audit_text_p(audit, tests, of_statistic);
  }
}
