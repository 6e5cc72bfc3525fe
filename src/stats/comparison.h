// SPDX-License-Identifier: GPL-3.0-or-later
// One variable compared between groups: which test, its answer, pairs and effects.
//
// The routing is statistics.md's: a quantity that is normal in every group goes to t or
// F with mean and SD, any other to ranks with median and quartiles; a category goes to
// chi-square, or to Fisher where expected counts are small.

#ifndef HER2_STATS_COMPARISON_H
#define HER2_STATS_COMPARISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/anova.h"
#include "stats/contingency.h"
#include "stats/convention.h"
#include "stats/normality.h"
#include "stats/summary.h"

enum normality_decision { NORMALITY_BY_TEST, NORMALITY_DECLARED, NORMALITY_DENIED };

struct comparison_options {
  struct convention convention;           // profile with overrides already applied
  enum comparison_test_name quantity_test; // TEST_AUTOMATIC: by route
  enum comparison_test_name category_test;
  bool exact;            // exact rank and count tests wherever they can be had
  bool continuity;       // Yates and the continuity correction, whatever the profile
  size_t monte_carlo;    // tables to draw instead of exact Fisher; 0: none asked
  size_t bootstrap;      // replicates for the interval of epsilon squared; 0: none
  bool effects;          // compute effect sizes
  bool pairs;            // compute pairs
  bool levene;           // compute Levene's test beside rank tests, too
  double level;
  uint64_t seed;
  int n_threads;         // of the bootstrap; 1 inside a parallel region
};

struct comparison_test {
  enum comparison_test_name test;
  bool also;         // a further row of the profile, not the one that is reported
  bool corrected;    // Yates or continuity
  bool exact;
  double statistic, z, df, df2, p_value;     // NaN where there is none
  size_t n_tables;   // Monte Carlo: tables drawn, and the interval of P
  double p_low, p_high;
};

struct comparison_pair {
  size_t group1, group2;
  size_t level;               // of the category, or (size_t) -1
  enum posthoc_name posthoc;
  struct comparison_test test;
  double p_unadjusted, p_adjusted, p_holm;
};

// Effects are named by the text in comparison_effect.effect.
struct comparison_effect {
  const char *effect;         // "difference", "smd", "hedges.g", "hodges.lehmann", ...
  const char *method;         // of the interval
  size_t group1, group2;      // (size_t) -1: all groups
  size_t level;               // of the category, or (size_t) -1
  double estimate, conf_low, conf_high;
};

struct quantity_group {
  size_t n, missing;
  struct moments moments;
  double median, q1, q3, least, most;
  struct normality_result normality;
  enum normality_test normality_test; // what was used (Shapiro gives way above 5000)
};

struct quantity_comparison {
  size_t n_groups;
  struct quantity_group *group;
  bool normal;                 // mean-based route
  bool normality_undefined;    // in some group (n < 5, SD 0)
  bool normality_large;        // some group above 300
  struct comparison_test *test;
  size_t n_tests;              // 0 if fewer than two groups hold values
  struct anova_result levene;  // NaN beside rank tests, unless asked for
  struct comparison_pair *pair;
  size_t n_pairs;
  enum adjustment adjustment;
  struct comparison_effect *effect;
  size_t n_effects;
  size_t bootstrap_failures;
};

// value: n numbers, NaN missing.  group: n codes 0..n_groups-1, NaN: row is left out
// (not counted as missing).  NULL: one group.
void quantity_compare(const double *value, const double *group, size_t n, size_t n_groups,
                      enum normality_decision decision, const struct comparison_options *options,
                      struct quantity_comparison *result);
void quantity_comparison_free(struct quantity_comparison *comparison);

struct category_comparison {
  size_t n_levels, n_groups;
  double *count;               // n_levels x n_groups, row-major
  size_t *n, *missing;         // n_groups each
  struct expected_counts expected;
  struct comparison_test *test;
  size_t n_tests;
  struct comparison_pair *pair;
  size_t n_pairs;
  enum adjustment adjustment;
  struct comparison_effect *effect;
  size_t n_effects;
};

// code: n level codes 0..n_levels-1, NaN missing; group as above.
void category_compare(const double *code, size_t n_levels, const double *group, size_t n,
                      size_t n_groups, const struct comparison_options *options,
                      struct category_comparison *result);
void category_comparison_free(struct category_comparison *comparison);

#endif
