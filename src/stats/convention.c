// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/convention.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

const struct convention conventions[] = {
    {
        .name = "study",
        .help = "the published study's choices",
        .quantile = QUANTILE_TYPE_6,
        .two_normal = TEST_T,
        .many_normal = TEST_ANOVA,
        .welch_hint = true,
        .levene = LEVENE_MEAN,
        .fisher = FISHER_COCHRAN,
        .exact = EXACT_IF_BOTH_20,
        .normality = NORMALITY_LILLIEFORS,
        .normality_cap = NAN,
        .after_means = POSTHOC_LSD,
        .after_ranks = POSTHOC_MANN_WHITNEY,
        .after_counts = POSTHOC_CATEGORY,
        .adjust_means = ADJUST_NONE,
        .adjust_ranks = ADJUST_NONE,
        .adjust_counts = ADJUST_NONE,
        .reference = REFERENCE_FIRST,
    },
    {
        .name = "spss",
        .help = "as SPSS prints by default",
        .quantile = QUANTILE_TYPE_6,
        .two_normal = TEST_T,
        .two_normal_also = TEST_WELCH,
        .many_normal = TEST_ANOVA,
        .many_normal_also = TEST_WELCH_ANOVA,
        .levene = LEVENE_MEAN,
        .yates_also = true,
        .fisher = FISHER_COCHRAN,
        .exact = EXACT_ALSO_SMALL,
        .normality = NORMALITY_LILLIEFORS,
        .normality_cap = 0.200,
        .after_means = POSTHOC_LSD,
        .after_ranks = POSTHOC_DUNN,
        .after_counts = POSTHOC_PROPORTIONS,
        .adjust_means = ADJUST_NONE,
        .adjust_ranks = ADJUST_BONFERRONI,
        .adjust_counts = ADJUST_BONFERRONI,
        .reference = REFERENCE_LAST,
        .null_error = true,
    },
    {
        .name = "r",
        .help = "as R's functions do by default",
        .quantile = QUANTILE_TYPE_7,
        .two_normal = TEST_WELCH,
        .many_normal = TEST_WELCH_ANOVA,
        .levene = LEVENE_MEDIAN,
        .yates = true,
        .fisher = FISHER_ANY_5,
        .exact = EXACT_BELOW_50,
        .normality = NORMALITY_SHAPIRO,
        .normality_cap = NAN,
        .after_means = POSTHOC_LSD,
        .after_ranks = POSTHOC_MANN_WHITNEY,
        .after_counts = POSTHOC_CATEGORY,
        .adjust_means = ADJUST_HOLM,
        .adjust_ranks = ADJUST_HOLM,
        .adjust_counts = ADJUST_HOLM,
        .proportion_trend = true,
        .reference = REFERENCE_FIRST,
        .profile_intervals = true,
    },
    {.name = NULL},
};

const struct named_choice comparison_tests[] = {
    {"auto", "by kind, normality and number of groups", TEST_AUTOMATIC},
    {"t", "Student's t test, pooled variance (two groups)", TEST_T},
    {"welch", "Welch's t test, separate variances (two groups)", TEST_WELCH},
    {"mannwhitney", "Mann-Whitney U test (two groups)", TEST_MANN_WHITNEY},
    {"ks", "two-sample Kolmogorov-Smirnov test (two groups)", TEST_KS},
    {"anova", "one-way analysis of variance", TEST_ANOVA},
    {"welch-anova", "Welch's analysis of variance, separate variances", TEST_WELCH_ANOVA},
    {"kruskal", "Kruskal-Wallis test", TEST_KRUSKAL},
    {"chisq", "Pearson's chi-square test", TEST_CHI_SQUARE},
    {"fisher", "Fisher's exact test", TEST_FISHER},
    {"trend", "chi-square test for linear trend", TEST_TREND},
    {"lr", "likelihood ratio chi-square test", TEST_LIKELIHOOD_RATIO},
    {NULL, NULL, 0},
};

const struct named_choice comparison_posthocs[] = {
    {"none", "no pairs", POSTHOC_NONE},
    {"lsd", "Fisher's least significant difference, pooled SD of all groups", POSTHOC_LSD},
    {"tukey", "Tukey-Kramer", POSTHOC_TUKEY},
    {"scheffe", "Scheffe", POSTHOC_SCHEFFE},
    {"games-howell", "Games-Howell, separate variances", POSTHOC_GAMES_HOWELL},
    {"dunn", "Dunn's test on the ranks of all groups", POSTHOC_DUNN},
    {"mannwhitney", "Mann-Whitney U test of each pair", POSTHOC_MANN_WHITNEY},
    {"chisq", "Pearson's chi-square test of each pair", POSTHOC_CHI_SQUARE},
    {"fisher", "Fisher's exact test of each pair", POSTHOC_FISHER},
    {"category", "chi-square or Fisher's exact test of each pair, by expected counts",
     POSTHOC_CATEGORY},
    {"proportions", "z test of two column proportions, level by level", POSTHOC_PROPORTIONS},
    {NULL, NULL, 0},
};

const struct named_choice adjustment_choices[] = {
    {"none", "unadjusted", ADJUST_NONE},
    {"bonferroni", "Bonferroni", ADJUST_BONFERRONI},
    {"holm", "Holm", ADJUST_HOLM},
    {"hochberg", "Hochberg", ADJUST_HOCHBERG},
    {"sidak", "Sidak", ADJUST_SIDAK},
    {"bh", "Benjamini-Hochberg false discovery rate", ADJUST_BH},
    {NULL, NULL, 0},
};

const struct named_choice normality_choices[] = {
    {"lilliefors", "Kolmogorov-Smirnov test with Lilliefors correction", NORMALITY_LILLIEFORS},
    {"ks", "Kolmogorov-Smirnov test, mean and SD taken as known", NORMALITY_KS},
    {"shapiro", "Shapiro-Wilk test", NORMALITY_SHAPIRO},
    {"anderson", "Anderson-Darling test", NORMALITY_ANDERSON},
    {"none", "no test: every variable counts as normal unless --nonnormal names it",
     NORMALITY_NONE},
    {NULL, NULL, 0},
};

const struct named_choice levene_choices[] = {
    {"mean", "deviations from the mean", LEVENE_MEAN},
    {"median", "deviations from the median, Brown-Forsythe", LEVENE_MEDIAN},
    {NULL, NULL, 0},
};

const struct convention *convention_find(const char *name)
{
  for (const struct convention *c = conventions; c->name; c++)
    if (strcmp(c->name, name) == 0)
      return c;
  return NULL;
}

const struct named_choice *choice_find(const struct named_choice *choices, const char *name)
{
  for (; choices->name; choices++)
    if (strcmp(choices->name, name) == 0)
      return choices;
  return NULL;
}

static const struct named_choice *choice_of(const struct named_choice *choices, int value)
{
  while (choices->name && choices->value != value)
    choices++;
  return choices;
}

const char *choice_name(const struct named_choice *choices, int value)
{
  return choice_of(choices, value)->name;
}

const char *choice_help(const struct named_choice *choices, int value)
{
  return choice_of(choices, value)->help;
}
