// SPDX-License-Identifier: GPL-3.0-or-later
// The choices that programs make silently, each with a name: the profiles of --like.

#ifndef HER2_STATS_CONVENTION_H
#define HER2_STATS_CONVENTION_H

#include <stdbool.h>

#include "stats/anova.h"
#include "stats/multiplicity.h"
#include "stats/normality.h"
#include "stats/summary.h"

// Tests of an overall difference.  The order is that of comparison_tests[].
enum comparison_test_name {
  TEST_AUTOMATIC,
  TEST_T,
  TEST_WELCH,
  TEST_MANN_WHITNEY,
  TEST_KS,
  TEST_ANOVA,
  TEST_WELCH_ANOVA,
  TEST_KRUSKAL,
  TEST_CHI_SQUARE,
  TEST_FISHER,
  TEST_TREND,
  TEST_LIKELIHOOD_RATIO,
};

// Comparisons of pairs of groups.  The order is that of comparison_posthocs[].
enum posthoc_name {
  POSTHOC_NONE,
  POSTHOC_LSD,
  POSTHOC_TUKEY,
  POSTHOC_SCHEFFE,
  POSTHOC_GAMES_HOWELL,
  POSTHOC_DUNN,
  POSTHOC_MANN_WHITNEY,
  POSTHOC_CHI_SQUARE,
  POSTHOC_FISHER,
  POSTHOC_CATEGORY,    // the two columns by the rule that chose the overall test
  POSTHOC_PROPORTIONS, // z of two column proportions, level by level (SPSS CTABLES)
};

// When an exact Mann-Whitney P is the one reported.
enum exact_rule {
  EXACT_IF_BOTH_20, // both groups <= 20 and no ties
  EXACT_ALSO_SMALL, // asymptotic; a row with the exact P as well for 40 rows or fewer
                    // (SPSS Statistics command reference, NPAR TESTS, M-W subcommand)
  EXACT_BELOW_50,   // both groups < 50 and no ties, else with continuity correction (R)
};

// When Fisher's test replaces chi-square.
enum fisher_rule {
  FISHER_COCHRAN, // over 20% of the expected counts < 5, or one < 1
  FISHER_ANY_5,   // any expected count < 5
};

enum reference_rule { REFERENCE_FIRST, REFERENCE_LAST };

struct convention {
  const char *name; // "study", "spss", "r"
  const char *help;
  enum quantile_type quantile;
  enum comparison_test_name two_normal, two_normal_also;   // _also: TEST_AUTOMATIC for none
  enum comparison_test_name many_normal, many_normal_also;
  bool welch_hint; // a note points to Welch if Levene's P < 0.05
  enum levene_centre levene;
  bool yates, yates_also;
  enum fisher_rule fisher;
  enum exact_rule exact;
  enum normality_test normality;
  double normality_cap; // P above it is printed as at least this; NaN: none
  enum posthoc_name after_means, after_ranks, after_counts;
  enum adjustment adjust_means, adjust_ranks, adjust_counts;
  bool proportion_trend; // trend test n r^2 (prop.trend.test), not (n - 1) r^2
  enum reference_rule reference;
  bool null_error; // P of an AUC by the standard error under the null hypothesis, else DeLong's
  bool profile_intervals; // of coefficients: profile likelihood, else Wald
};

// Ended by a name NULL; the first is the default.
extern const struct convention conventions[];
const struct convention *convention_find(const char *name); // NULL if there is none

// A name that a user writes and what it means; tables of these end with a name NULL.
struct named_choice {
  const char *name, *help;
  int value;
};
extern const struct named_choice comparison_tests[];     // enum comparison_test_name
extern const struct named_choice comparison_posthocs[];  // enum posthoc_name
extern const struct named_choice adjustment_choices[];   // enum adjustment
extern const struct named_choice normality_choices[];    // enum normality_test
extern const struct named_choice levene_choices[];       // enum levene_centre
const struct named_choice *choice_find(const struct named_choice *choices, const char *name);
const char *choice_name(const struct named_choice *choices, int value);
const char *choice_help(const struct named_choice *choices, int value);

#endif
