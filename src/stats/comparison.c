// SPDX-License-Identifier: GPL-3.0-or-later
// Routes one variable to its summaries, tests, pairs and effects.
#include <config.h>

#include "stats/comparison.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/bootstrap.h"
#include "stats/effect.h"
#include "stats/group_order.h"
#include "stats/two_sample.h"

static const size_t none = (size_t) -1;

// ---- what both kinds share ----

static struct comparison_test test_from(enum comparison_test_name name, double statistic, double df,
                                        double df2, double p_value)
{
  return (struct comparison_test){.test = name,
                                  .statistic = statistic,
                                  .z = NAN,
                                  .df = df,
                                  .df2 = df2,
                                  .p_value = p_value,
                                  .p_low = NAN,
                                  .p_high = NAN};
}

static void add_test(struct comparison_test **test, size_t *n_tests, struct comparison_test one)
{
  RESIZE_ARRAY(*test, *n_tests + 1);
  one.also = *n_tests > 0;
  (*test)[(*n_tests)++] = one;
}

static struct comparison_pair *add_pair(struct comparison_pair **pair, size_t *n_pairs,
                                        enum posthoc_name posthoc, size_t group1, size_t group2,
                                        struct comparison_test test)
{
  RESIZE_ARRAY(*pair, *n_pairs + 1);
  struct comparison_pair *added = &(*pair)[(*n_pairs)++];
  *added = (struct comparison_pair){.group1 = group1,
                                    .group2 = group2,
                                    .level = none,
                                    .posthoc = posthoc,
                                    .test = test,
                                    .p_unadjusted = test.p_value};
  return added;
}

static void add_effect(struct comparison_effect **effect, size_t *n_effects, const char *name,
                       const char *method, size_t group1, size_t group2, size_t level,
                       struct effect_result value)
{
  RESIZE_ARRAY(*effect, *n_effects + 1);
  (*effect)[(*n_effects)++] = (struct comparison_effect){.effect = name,
                                                         .method = method,
                                                         .group1 = group1,
                                                         .group2 = group2,
                                                         .level = level,
                                                         .estimate = value.estimate,
                                                         .conf_low = value.conf_low,
                                                         .conf_high = value.conf_high};
}

// Adjusts the pairs first..n_pairs-1, one family of comparisons.
static void adjust_pairs(struct comparison_pair *pair, size_t first, size_t n_pairs,
                         enum adjustment adjustment)
{
  size_t n = n_pairs - first;
  double *p = NEW_ARRAY(double, 3 * n), *adjusted = p + n, *holm = p + 2 * n;
  for (size_t i = 0; i < n; i++)
    p[i] = pair[first + i].p_unadjusted;
  p_values_adjust(adjustment, p, n, adjusted);
  p_values_adjust(ADJUST_HOLM, p, n, holm);
  for (size_t i = 0; i < n; i++) {
    pair[first + i].p_adjusted = adjusted[i];
    pair[first + i].p_holm = holm[i];
  }
  free(p);
}

// Simultaneous methods adjust by themselves: another adjustment on top would count twice.
static bool is_simultaneous(enum posthoc_name posthoc)
{
  return posthoc == POSTHOC_TUKEY || posthoc == POSTHOC_SCHEFFE || posthoc == POSTHOC_GAMES_HOWELL;
}

static void adjust_family(struct comparison_pair *pair, size_t first, size_t n_pairs,
                          enum adjustment adjustment)
{
  if (first == n_pairs)
    return;
  if (!is_simultaneous(pair[first].posthoc)) {
    adjust_pairs(pair, first, n_pairs, adjustment);
    return;
  }
  for (size_t i = first; i < n_pairs; i++) {
    pair[i].p_adjusted = pair[i].p_unadjusted;
    pair[i].p_holm = NAN;
  }
}

// ---- quantities ----

// The values of each group, ascending, in one block.
struct samples {
  size_t n_groups, n_used;  // n_used: groups that hold values
  double *block;
  const double **x;         // n_groups
  size_t *n;                // n_groups
  struct moments *moments;  // n_groups
  bool counted;             // two groups, and `counts` holds theirs
  struct mann_whitney_counts counts;
};

// Copies the values of the rows with this group code (group NULL: of all rows) that are not
// missing, and returns their number.  No branch depends on the data: what is not wanted is
// written too, and the next one over it, so `to` needs room for one value more.
static size_t collect_group(const double *value, const double *group, size_t n, double code,
                            double *to, size_t *n_missing)
{
  size_t n_rows = 0, n_values = 0;
  for (size_t i = 0; i < n; i++) {
    bool mine = !group || group[i] == code, present = !isnan(value[i]);
    to[n_values] = value[i];
    n_rows += (size_t) mine;
    n_values += (size_t) (mine & present);
  }
  *n_missing = n_rows - n_values;
  return n_values;
}

// Rows of each group with a missing value.
static void count_missing(const double *value, const double *group, size_t n,
                          struct quantity_group *summary)
{
  for (size_t i = 0; i < n; i++)
    if (isnan(value[i]) && !isnan(group[i]))
      summary[(size_t) group[i]].missing++;
}

// One sort for all groups: false where that cannot be.
static bool split_in_order(struct samples *samples, const double *value, const double *group,
                           size_t n, struct quantity_group *summary)
{
  struct group_order order;
  if (!group_order_find(&order, value, group, n, samples->n_groups))
    return false;
  samples->counted = samples->n_groups == 2;
  if (samples->counted)
    samples->counts = group_order_split_two(&order, samples->block);
  else
    group_order_split(&order, samples->block);
  memcpy(samples->n, order.n_of_group, samples->n_groups * sizeof *samples->n);
  if (order.n < n)
    count_missing(value, group, n, summary);
  group_order_free(&order);
  return true;
}

static void split_by_group(struct samples *samples, const double *value, const double *group,
                           size_t n, struct quantity_group *summary)
{
  double *next = samples->block;
  for (size_t g = 0; g < samples->n_groups; g++) {
    samples->n[g] = collect_group(value, group, n, (double) g, next, &summary[g].missing);
    sort_doubles(next, samples->n[g]);
    next += samples->n[g];
  }
}

static void samples_split(struct samples *samples, const double *value, const double *group,
                          size_t n, size_t n_groups, struct quantity_group *summary)
{
  *samples = (struct samples){.n_groups = n_groups,
                              .block = NEW_ARRAY(double, n + 1),
                              .x = memory_allocate_zeroed(n_groups, sizeof(double *)),
                              .n = NEW_ZEROED(size_t, n_groups),
                              .moments = NEW_ZEROED(struct moments, n_groups)};
  if (!split_in_order(samples, value, group, n, summary))
    split_by_group(samples, value, group, n, summary);
  const double *next = samples->block;
  for (size_t g = 0; g < n_groups; g++) {
    samples->x[g] = next;
    summary[g].n = samples->n[g];
    samples->n_used += samples->n[g] > 0;
    next += samples->n[g];
  }
}

static void samples_free(struct samples *samples)
{
  free(samples->block);
  free(samples->x);
  free(samples->n);
  free(samples->moments);
}

static void summarize(struct samples *samples, const struct comparison_options *options,
                      struct quantity_comparison *result)
{
  enum quantile_type type = options->convention.quantile;
  for (size_t g = 0; g < samples->n_groups; g++) {
    struct quantity_group *group = &result->group[g];
    const double *x = samples->x[g];
    size_t n = samples->n[g];
    samples->moments[g] = group->moments = moments_compute(x, NULL, n);
    group->median = quantile_sorted(x, NULL, n, 0.5, type);
    group->q1 = quantile_sorted(x, NULL, n, 0.25, type);
    group->q3 = quantile_sorted(x, NULL, n, 0.75, type);
    group->least = n ? x[0] : NAN;
    group->most = n ? x[n - 1] : NAN;
    enum normality_test test = options->convention.normality;
    if (test == NORMALITY_SHAPIRO && n > 5000)
      test = NORMALITY_ANDERSON;
    group->normality_test = test;
    group->normality = normality_compute_about(test, x, n, &group->moments);
    if (n && test != NORMALITY_NONE) {
      result->normality_undefined |= isnan(group->normality.p_value);
      result->normality_large |= n > 300;
      if (!(group->normality.p_value >= 0.05))
        result->normal = false;
    }
  }
}

// The exact P is within reach as the profile or the user wants it.
static enum mann_whitney_method asymptotic_method(const struct comparison_options *options)
{
  return options->continuity || options->convention.exact == EXACT_BELOW_50
             ? MANN_WHITNEY_CORRECTED
             : MANN_WHITNEY_ASYMPTOTIC;
}

static enum mann_whitney_method rank_method(const struct comparison_options *options, size_t n1,
                                            size_t n2, bool ties)
{
  enum mann_whitney_method asymptotic = asymptotic_method(options);
  if (options->exact)
    return MANN_WHITNEY_EXACT;
  switch (options->convention.exact) {
  case EXACT_IF_BOTH_20:
    return n1 <= 20 && n2 <= 20 && !ties ? MANN_WHITNEY_EXACT : asymptotic;
  case EXACT_BELOW_50:
    return n1 < 50 && n2 < 50 && !ties ? MANN_WHITNEY_EXACT : asymptotic;
  case EXACT_ALSO_SMALL:
    break;
  }
  return asymptotic;
}

static struct comparison_test test_ranks(const struct samples *samples, size_t a, size_t b,
                                         const struct comparison_options *options)
{
  const double *x1 = samples->x[a], *x2 = samples->x[b];
  size_t n1 = samples->n[a], n2 = samples->n[b];
  struct mann_whitney_counts counts =
      samples->counted ? samples->counts : mann_whitney_count(x1, NULL, n1, x2, NULL, n2);
  enum mann_whitney_method method = rank_method(options, n1, n2, counts.ties);
  struct mann_whitney_result u = mann_whitney_test_of(&counts, x1, n1, x2, n2, method);
  if (method == MANN_WHITNEY_EXACT && !u.exact) {
    // Beyond the reach of counting.
    method = asymptotic_method(options);
    u = mann_whitney_test_of(&counts, x1, n1, x2, n2, method);
  }
  struct comparison_test test = test_from(TEST_MANN_WHITNEY, u.u, NAN, NAN, u.p_value);
  test.z = u.z;
  test.exact = u.exact;
  test.corrected = method == MANN_WHITNEY_CORRECTED;
  return test;
}

static struct comparison_test test_t(const struct moments *m1, const struct moments *m2, bool welch,
                                     double level)
{
  struct t_test_result t = welch ? t_test_welch(m1, m2, level) : t_test_student(m1, m2, level);
  return test_from(welch ? TEST_WELCH : TEST_T, t.statistic, t.df, NAN, t.p_value);
}

static struct comparison_test test_anova(enum comparison_test_name name, struct anova_result a)
{
  return test_from(name, a.statistic, a.df, a.df2, a.p_value);
}

// Two-group tests take the two groups that hold values.
static void two_used(const struct samples *samples, size_t *first, size_t *second)
{
  *first = *second = none;
  for (size_t g = 0; g < samples->n_groups; g++) {
    if (!samples->n[g])
      continue;
    *(*first == none ? first : second) = g;
  }
}

static struct comparison_test test_quantity(enum comparison_test_name name,
                                            const struct samples *samples,
                                            const struct comparison_options *options)
{
  size_t a, b;
  two_used(samples, &a, &b);
  const struct moments *m = samples->moments;
  size_t k = samples->n_groups;
  switch (name) {
  case TEST_T:
  case TEST_WELCH:
    return test_t(&m[a], &m[b], name == TEST_WELCH, options->level);
  case TEST_MANN_WHITNEY:
    return test_ranks(samples, a, b, options);
  case TEST_KS: {
    struct ks_two_sample_result d =
        ks_two_sample_test(samples->x[a], samples->n[a], samples->x[b], samples->n[b]);
    struct comparison_test test = test_from(TEST_KS, d.statistic, NAN, NAN, d.p_value);
    test.exact = d.exact;
    return test;
  }
  case TEST_ANOVA:
    return test_anova(name, anova_one_way(m, k));
  case TEST_WELCH_ANOVA:
    return test_anova(name, anova_welch(m, k));
  case TEST_KRUSKAL:
    return test_anova(name, kruskal_wallis(samples->x, NULL, samples->n, k));
  default:
    assert(false && "a test of quantities");
    return test_from(name, NAN, NAN, NAN, NAN);
  }
}

static bool is_rank_test(enum comparison_test_name name)
{
  return name == TEST_MANN_WHITNEY || name == TEST_KS || name == TEST_KRUSKAL;
}

static void overall_tests(const struct samples *samples, const struct comparison_options *options,
                          struct quantity_comparison *result)
{
  const struct convention *convention = &options->convention;
  bool two = samples->n_used == 2;
  enum comparison_test_name name = options->quantity_test, also = TEST_AUTOMATIC;
  if (name == TEST_AUTOMATIC) {
    if (!result->normal) {
      name = two ? TEST_MANN_WHITNEY : TEST_KRUSKAL;
    } else {
      name = two ? convention->two_normal : convention->many_normal;
      also = two ? convention->two_normal_also : convention->many_normal_also;
    }
  }
  result->normal = !is_rank_test(name);
  add_test(&result->test, &result->n_tests, test_quantity(name, samples, options));
  if (also != TEST_AUTOMATIC)
    add_test(&result->test, &result->n_tests, test_quantity(also, samples, options));
  size_t a, b;
  two_used(samples, &a, &b);
  if (name == TEST_MANN_WHITNEY && convention->exact == EXACT_ALSO_SMALL && !options->exact &&
      samples->n[a] + samples->n[b] <= 40) {
    struct comparison_options exactly = *options;
    exactly.exact = true;
    add_test(&result->test, &result->n_tests, test_quantity(name, samples, &exactly));
  }
  // Its one use beside ranks is its own table.
  if (result->normal || options->levene)
    result->levene = levene_test_about(samples->x, samples->n, samples->moments,
                                       samples->n_groups, convention->levene);
}

static struct comparison_test test_from_pair(enum posthoc_name posthoc, const struct pair_result *p)
{
  enum comparison_test_name name = posthoc == POSTHOC_LSD ? TEST_T : TEST_AUTOMATIC;
  struct comparison_test test = test_from(name, p->statistic, p->df, NAN, p->p_value);
  if (posthoc == POSTHOC_DUNN)
    test.z = p->statistic;
  return test;
}

static void quantity_pairs(const struct samples *samples, const struct comparison_options *options,
                           struct quantity_comparison *result)
{
  const struct convention *convention = &options->convention;
  enum posthoc_name posthoc = result->normal ? convention->after_means : convention->after_ranks;
  result->adjustment = result->normal ? convention->adjust_means : convention->adjust_ranks;
  size_t k = samples->n_groups, n_pairs = pairs_count(k);
  struct pair_result *pairs = NULL;
  switch (posthoc) {
  case POSTHOC_LSD:
    pairs = pairs_lsd(samples->moments, k, options->level);
    break;
  case POSTHOC_TUKEY:
    pairs = pairs_tukey(samples->moments, k, options->level);
    break;
  case POSTHOC_SCHEFFE:
    pairs = pairs_scheffe(samples->moments, k, options->level);
    break;
  case POSTHOC_GAMES_HOWELL:
    pairs = pairs_games_howell(samples->moments, k, options->level);
    break;
  case POSTHOC_DUNN:
    pairs = pairs_dunn(samples->x, samples->n, k);
    break;
  case POSTHOC_MANN_WHITNEY:
    for (size_t a = 0; a < k; a++)
      for (size_t b = a + 1; b < k; b++)
        add_pair(&result->pair, &result->n_pairs, posthoc, a, b,
                 test_ranks(samples, a, b, options));
    break;
  default:
    return;
  }
  for (size_t i = 0; pairs && i < n_pairs; i++)
    add_pair(&result->pair, &result->n_pairs, posthoc, pairs[i].group1, pairs[i].group2,
             test_from_pair(posthoc, &pairs[i]));
  free(pairs);
  adjust_family(result->pair, 0, result->n_pairs, result->adjustment);
}

// Epsilon squared of one bootstrap replicate.
struct rank_scratch {
  const struct samples *samples;
  const double **weight; // n_groups
};

static void *rank_scratch_make(void *context)
{
  struct rank_scratch *scratch = NEW_ARRAY(struct rank_scratch, 1);
  scratch->samples = context;
  scratch->weight = memory_allocate(scratch->samples->n_groups, sizeof(double *));
  return scratch;
}

static void rank_scratch_free(void *pointer)
{
  struct rank_scratch *scratch = pointer;
  free(scratch->weight);
  free(scratch);
}

static bool epsilon_squared_replicate(const double *weight, double *statistic, void *pointer)
{
  struct rank_scratch *scratch = pointer;
  const struct samples *samples = scratch->samples;
  size_t n = 0;
  for (size_t g = 0; g < samples->n_groups; n += samples->n[g++])
    scratch->weight[g] = weight + n;
  struct anova_result h =
      kruskal_wallis(samples->x, scratch->weight, samples->n, samples->n_groups);
  *statistic = effect_epsilon_squared(h.statistic, (double) n);
  return isfinite(*statistic);
}

static struct effect_result epsilon_squared(const struct samples *samples, double h,
                                            const struct comparison_options *options,
                                            size_t *n_failures)
{
  size_t n = 0;
  for (size_t g = 0; g < samples->n_groups; g++)
    n += samples->n[g];
  struct effect_result effect = {effect_epsilon_squared(h, (double) n), NAN, NAN};
  if (!options->bootstrap || isnan(effect.estimate))
    return effect;
  struct bootstrap_plan plan = {.seed = options->seed,
                                .n = n,
                                .first = 1,
                                .last = options->bootstrap,
                                .n_threads = options->n_threads};
  double *replicate = NEW_ARRAY(double, options->bootstrap);
  *n_failures = bootstrap_run(&plan, epsilon_squared_replicate, 1, replicate, rank_scratch_make,
                              rank_scratch_free, (void *) samples);
  bootstrap_percentiles(replicate, options->bootstrap, 1, options->level, &effect.conf_low,
                        &effect.conf_high);
  free(replicate);
  return effect;
}

static void effects_of_means(const struct samples *samples, size_t a, size_t b, bool welch,
                             double level, struct quantity_comparison *result)
{
  const struct moments *m1 = &samples->moments[a], *m2 = &samples->moments[b];
  struct t_test_result t = welch ? t_test_welch(m1, m2, level) : t_test_student(m1, m2, level);
  struct effect_result difference = {t.difference, t.conf_low, t.conf_high};
  add_effect(&result->effect, &result->n_effects, "difference", welch ? "welch" : "t", a, b, none,
             difference);
  add_effect(&result->effect, &result->n_effects, "smd", "normal", a, b, none,
             effect_smd(m1, m2, level));
  add_effect(&result->effect, &result->n_effects, "hedges.g", "noncentral t", a, b, none,
             effect_hedges_g(m1, m2, level));
}

static void effects_of_ranks(const struct samples *samples, size_t a, size_t b, double level,
                             struct quantity_comparison *result)
{
  const double *x1 = samples->x[a], *x2 = samples->x[b];
  size_t n1 = samples->n[a], n2 = samples->n[b];
  struct shift_result shift = hodges_lehmann(x1, n1, x2, n2, level);
  struct effect_result hl = {shift.estimate, shift.conf_low, shift.conf_high};
  add_effect(&result->effect, &result->n_effects, "hodges.lehmann",
             shift.exact ? "exact rank" : "normal rank", a, b, none, hl);
  add_effect(&result->effect, &result->n_effects, "rank.biserial", "delong", a, b, none,
             effect_rank_biserial(x1, n1, x2, n2, level));
}

static void quantity_effects(const struct samples *samples,
                             const struct comparison_options *options,
                             struct quantity_comparison *result)
{
  bool welch = result->test[0].test == TEST_WELCH || result->test[0].test == TEST_WELCH_ANOVA;
  double level = options->level;
  for (size_t a = 0; a < samples->n_groups; a++)
    for (size_t b = a + 1; b < samples->n_groups; b++) {
      if (!samples->n[a] || !samples->n[b])
        continue;
      if (result->normal)
        effects_of_means(samples, a, b, welch, level, result);
      else
        effects_of_ranks(samples, a, b, level, result);
    }
  if (samples->n_used < 3)
    return;
  if (result->normal) {
    struct anova_result f = anova_one_way(samples->moments, samples->n_groups);
    add_effect(&result->effect, &result->n_effects, "eta.squared", "noncentral F", none, none, none,
               effect_eta_squared(f.statistic, f.df, f.df2, level));
  } else {
    struct anova_result h = kruskal_wallis(samples->x, NULL, samples->n, samples->n_groups);
    add_effect(&result->effect, &result->n_effects, "epsilon.squared",
               options->bootstrap ? "bootstrap percentile" : "none", none, none, none,
               epsilon_squared(samples, h.statistic, options, &result->bootstrap_failures));
  }
}

void quantity_compare(const double *value, const double *group, size_t n, size_t n_groups,
                      enum normality_decision decision, const struct comparison_options *options,
                      struct quantity_comparison *result)
{
  *result = (struct quantity_comparison){.n_groups = n_groups,
                                         .group = NEW_ZEROED(struct quantity_group, n_groups),
                                         .normal = true,
                                         .levene = {NAN, NAN, NAN, NAN, NAN, NAN}};
  struct samples samples;
  samples_split(&samples, value, group, n, n_groups, result->group);
  summarize(&samples, options, result);
  if (decision != NORMALITY_BY_TEST)
    result->normal = decision == NORMALITY_DECLARED;
  if (samples.n_used >= 2) {
    overall_tests(&samples, options, result);
    if (options->pairs && samples.n_used >= 3)
      quantity_pairs(&samples, options, result);
    if (options->effects)
      quantity_effects(&samples, options, result);
  }
  samples_free(&samples);
}

void quantity_comparison_free(struct quantity_comparison *comparison)
{
  free(comparison->group);
  free(comparison->test);
  free(comparison->pair);
  free(comparison->effect);
  *comparison = (struct quantity_comparison){0};
}

// ---- categories ----

static bool needs_fisher(const struct convention *convention, struct expected_counts expected)
{
  if (convention->fisher == FISHER_ANY_5)
    return expected.least < 5;
  return expected.least < 1 || expected.percent_below_5 > 20;
}

static struct comparison_test test_fisher(const double *count, size_t n_rows, size_t n_columns,
                                          const struct comparison_options *options)
{
  struct fisher_limits limits = {.monte_carlo = options->monte_carlo,
                                 .monte_carlo_only = options->monte_carlo > 0,
                                 .seed = options->seed,
                                 .level = options->level};
  struct fisher_result fisher = fisher_test(count, n_rows, n_columns, &limits);
  struct comparison_test test = test_from(TEST_FISHER, NAN, NAN, NAN, fisher.p_value);
  test.exact = fisher.exact;
  if (!fisher.exact && fisher.n_tables) {
    test.n_tables = fisher.n_tables;
    test.p_low = fisher.conf_low;
    test.p_high = fisher.conf_high;
  }
  return test;
}

static struct comparison_test test_category(enum comparison_test_name name, const double *count,
                                            size_t n_rows, size_t n_columns,
                                            const struct comparison_options *options)
{
  // Of 2 x 2 once empty lines are left out; for any other table the test does not correct.
  bool yates = options->convention.yates || options->continuity;
  struct contingency_result c;
  switch (name) {
  case TEST_FISHER:
    return test_fisher(count, n_rows, n_columns, options);
  case TEST_TREND:
    c = options->convention.proportion_trend && (n_rows == 2 || n_columns == 2)
            ? proportion_trend_test(count, n_rows, n_columns, NULL)
            : linear_trend_test(count, n_rows, n_columns, NULL, NULL);
    break;
  case TEST_LIKELIHOOD_RATIO:
    c = likelihood_ratio_test(count, n_rows, n_columns);
    break;
  default:
    c = chi_square_test(count, n_rows, n_columns, yates);
  }
  struct comparison_test test = test_from(name, c.statistic, c.df, NAN, c.p_value);
  test.corrected = name == TEST_CHI_SQUARE && yates && c.df == 1;
  return test;
}

static enum comparison_test_name route_category(const double *count, size_t n_rows,
                                                size_t n_columns,
                                                const struct comparison_options *options)
{
  if (options->exact || options->monte_carlo)
    return TEST_FISHER;
  return needs_fisher(&options->convention, expected_counts_check(count, n_rows, n_columns))
             ? TEST_FISHER
             : TEST_CHI_SQUARE;
}

// The two columns a and b of the table, n_rows x 2.
static void two_columns(const struct category_comparison *table, size_t a, size_t b, double *pair)
{
  for (size_t i = 0; i < table->n_levels; i++) {
    pair[2 * i] = table->count[i * table->n_groups + a];
    pair[2 * i + 1] = table->count[i * table->n_groups + b];
  }
}

static void category_pairs(const struct comparison_options *options,
                           struct category_comparison *result)
{
  const struct convention *convention = &options->convention;
  enum posthoc_name posthoc = convention->after_counts;
  result->adjustment = convention->adjust_counts;
  size_t k = result->n_groups, levels = result->n_levels;
  if (posthoc == POSTHOC_PROPORTIONS) {
    for (size_t level = 0; level < levels; level++) {
      size_t first = result->n_pairs;
      for (size_t a = 0; a < k; a++)
        for (size_t b = a + 1; b < k; b++) {
          struct contingency_result z = proportions_z_test(
              result->count[level * k + a], (double) result->n[a], result->count[level * k + b],
              (double) result->n[b]);
          struct comparison_test test =
              test_from(TEST_AUTOMATIC, z.statistic, NAN, NAN, z.p_value);
          test.z = z.statistic;
          add_pair(&result->pair, &result->n_pairs, posthoc, a, b, test)->level = level;
        }
      adjust_family(result->pair, first, result->n_pairs, result->adjustment);
    }
    return;
  }
  double *pair = NEW_ARRAY(double, 2 * levels);
  for (size_t a = 0; a < k && posthoc != POSTHOC_NONE; a++)
    for (size_t b = a + 1; b < k; b++) {
      two_columns(result, a, b, pair);
      enum comparison_test_name name = posthoc == POSTHOC_FISHER       ? TEST_FISHER
                                       : posthoc == POSTHOC_CHI_SQUARE ? TEST_CHI_SQUARE
                                       : options->category_test != TEST_AUTOMATIC
                                           ? options->category_test
                                           : route_category(pair, levels, 2, options);
      enum posthoc_name used = name == TEST_FISHER       ? POSTHOC_FISHER
                               : name == TEST_CHI_SQUARE ? POSTHOC_CHI_SQUARE
                                                         : POSTHOC_CATEGORY;
      add_pair(&result->pair, &result->n_pairs, used, a, b,
               test_category(name, pair, levels, 2, options));
    }
  free(pair);
  adjust_family(result->pair, 0, result->n_pairs, result->adjustment);
}

static void category_effects(const struct comparison_options *options,
                             struct category_comparison *result)
{
  size_t k = result->n_groups, levels = result->n_levels;
  double level = options->level;
  add_effect(&result->effect, &result->n_effects, "cramers.v", "noncentral chi-square", none, none,
             none, effect_cramers_v(result->count, levels, k, level));
  for (size_t a = 0; a < k; a++)
    for (size_t b = a + 1; b < k; b++)
      for (size_t i = 1; i < levels; i++) {
        const double *row = result->count + i * k, *reference = result->count;
        add_effect(&result->effect, &result->n_effects, "odds.ratio", "woolf", a, b, i,
                   effect_odds_ratio(row[a], row[b], reference[a], reference[b], level));
        add_effect(&result->effect, &result->n_effects, "risk.difference", "newcombe", a, b, i,
                   effect_risk_difference(row[a], (double) result->n[a], row[b],
                                          (double) result->n[b], level));
      }
}

void category_compare(const double *code, size_t n_levels, const double *group, size_t n,
                      size_t n_groups, const struct comparison_options *options,
                      struct category_comparison *result)
{
  *result = (struct category_comparison){.n_levels = n_levels,
                                         .n_groups = n_groups,
                                         .count = NEW_ZEROED(double, n_levels *n_groups),
                                         .n = NEW_ZEROED(size_t, n_groups),
                                         .missing = NEW_ZEROED(size_t, n_groups)};
  for (size_t i = 0; i < n; i++) {
    if (group && isnan(group[i]))
      continue;
    size_t g = group ? (size_t) group[i] : 0;
    if (isnan(code[i])) {
      result->missing[g]++;
    } else {
      result->n[g]++;
      result->count[(size_t) code[i] * n_groups + g]++;
    }
  }
  size_t groups_used = 0, levels_used = 0;
  for (size_t g = 0; g < n_groups; g++)
    groups_used += result->n[g] > 0;
  for (size_t i = 0; i < n_levels; i++) {
    double sum = 0;
    for (size_t g = 0; g < n_groups; g++)
      sum += result->count[i * n_groups + g];
    levels_used += sum > 0;
  }
  result->expected = expected_counts_check(result->count, n_levels, n_groups);
  if (groups_used < 2)
    return;
  bool by_rule = options->category_test == TEST_AUTOMATIC;
  enum comparison_test_name name =
      by_rule ? route_category(result->count, n_levels, n_groups, options) : options->category_test;
  // One level only: nothing to compare, and chi-square says so with an undefined P.
  if (levels_used < 2)
    name = TEST_CHI_SQUARE;
  add_test(&result->test, &result->n_tests,
           test_category(name, result->count, n_levels, n_groups, options));
  if (by_rule && options->convention.yates_also && levels_used == 2 && groups_used == 2) {
    struct comparison_options corrected = *options;
    corrected.continuity = true;
    add_test(&result->test, &result->n_tests,
             test_category(TEST_CHI_SQUARE, result->count, n_levels, n_groups, &corrected));
  }
  if (levels_used < 2)
    return;
  if (options->pairs && groups_used >= 3)
    category_pairs(options, result);
  if (options->effects)
    category_effects(options, result);
}

void category_comparison_free(struct category_comparison *comparison)
{
  free(comparison->count);
  free(comparison->n);
  free(comparison->missing);
  free(comparison->test);
  free(comparison->pair);
  free(comparison->effect);
  *comparison = (struct category_comparison){0};
}
