// SPDX-License-Identifier: GPL-3.0-or-later
// A quantity compared between groups against its parts called one by one: the rows sorted
// out naively, moments, normality and Levene's test from the values of each group.
#include <config.h>

#include "stats/comparison.h"

#include <stdlib.h>

#include "base/sort.h"
#include "stats/mann_whitney.h"
#include "tap.h"

enum { MOST_GROUPS = 5, N = 3000 };

static unsigned random_state = 7;
static unsigned random_below(unsigned most)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (random_state >> 8) % most;
}

struct naive {
  double x[MOST_GROUPS][N];
  size_t n[MOST_GROUPS], missing[MOST_GROUPS];
};

// group NULL: all rows are of group 0.
static void sort_out(struct naive *naive, const double *value, const double *group, size_t n)
{
  *naive = (struct naive){0};
  for (size_t i = 0; i < n; i++) {
    if (group && isnan(group[i]))
      continue;
    size_t g = group ? (size_t) group[i] : 0;
    if (isnan(value[i]))
      naive->missing[g]++;
    else
      naive->x[g][naive->n[g]++] = value[i];
  }
  for (size_t g = 0; g < MOST_GROUPS; g++)
    sort_doubles(naive->x[g], naive->n[g]);
}

static bool same(double a, double b)
{
  return a == b || (isnan(a) && isnan(b));
}

static bool same_group(const struct quantity_group *group, const double *x, size_t n,
                       size_t missing, enum normality_test test)
{
  struct moments moments = moments_compute(x, NULL, n);
  struct normality_result normality = normality_compute(test, x, n);
  return group->n == n && group->missing == missing && same(group->moments.mean, moments.mean) &&
         group->moments.mean_tail == moments.mean_tail &&
         group->moments.sum_squares == moments.sum_squares && same(group->least, n ? x[0] : NAN) &&
         same(group->most, n ? x[n - 1] : NAN) &&
         same(group->median, quantile_sorted(x, NULL, n, 0.5, QUANTILE_TYPE_6)) &&
         same(group->normality.statistic, normality.statistic) &&
         same(group->normality.p_value, normality.p_value);
}

static void test_against_parts(void)
{
  static const enum normality_test tests[] = {NORMALITY_LILLIEFORS, NORMALITY_KS, NORMALITY_SHAPIRO,
                                              NORMALITY_ANDERSON};
  static struct naive naive;
  double value[N], group[N];
  int n_groups_bad = 0, n_levene_bad = 0, n_ranks_bad = 0;
  for (unsigned trial = 0; trial < 60; trial++) {
    size_t k = 1 + trial % MOST_GROUPS, n = trial < 6 ? trial : 1 + random_below(N);
    bool one = trial % 7 == 6;
    if (one)
      k = 1;
    for (size_t i = 0; i < n; i++) {
      // Many rows of few decimals are put in order in another way.
      value[i] = random_below(10) ? random_below(2000) / (trial % 4 == 3 ? 7. : 8.) : NAN;
      // The highest group of every third trial stays empty.
      unsigned g = random_below((unsigned) k + 1);
      bool of_none = g == k || (g && g == k - 1 && trial % 3 == 0);
      group[i] = of_none ? NAN : (double) g;
    }
    if (n && trial % 2) // what is missing may stand last
      value[n - 1] = NAN;
    struct comparison_options options = {.convention = conventions[0], .level = 0.95};
    options.convention.normality = tests[trial % 4];
    options.levene = trial % 4 < 2;
    struct quantity_comparison result;
    quantity_compare(value, one ? NULL : group, n, k, NORMALITY_BY_TEST, &options, &result);
    sort_out(&naive, value, one ? NULL : group, n);
    const double *x[MOST_GROUPS];
    for (size_t g = 0; g < k; g++) {
      x[g] = naive.x[g];
      n_groups_bad += !same_group(&result.group[g], x[g], naive.n[g], naive.missing[g],
                                  options.convention.normality);
    }
    if (k == 2 && result.n_tests && result.test[0].test == TEST_MANN_WHITNEY) {
      struct mann_whitney_result u = mann_whitney_test(x[0], NULL, naive.n[0], x[1], NULL,
                                                       naive.n[1], MANN_WHITNEY_ASYMPTOTIC);
      n_ranks_bad += result.test[0].statistic != u.u || result.test[0].z != u.z;
    }
    struct anova_result levene = {NAN, NAN, NAN, NAN, NAN, NAN};
    if (result.n_tests && (result.normal || options.levene))
      levene = levene_test(x, naive.n, k, options.convention.levene);
    n_levene_bad += !same(result.levene.statistic, levene.statistic) ||
                    !same(result.levene.p_value, levene.p_value);
    quantity_comparison_free(&result);
  }
  is_integer(n_groups_bad, 0, "groups are summarized and tested as each by itself");
  is_integer(n_ranks_bad, 0, "the Mann-Whitney test");
  is_integer(n_levene_bad, 0, "Levene's test beside means, and beside ranks where asked for");
}

int main(void)
{
  test_against_parts();
  return tap_done();
}
