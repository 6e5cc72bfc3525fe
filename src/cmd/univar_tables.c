// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar's tidy tables.
#include <config.h>

#include <math.h>

#include "cmd/univar.h"

// NULL, a missing cell, for an index that stands for all groups.
static const char *group_name(const struct univar *univar, size_t g)
{
  return g < univar->outcome.n_groups ? univar->outcome.group[g] : NULL;
}

static const char *level_name(const struct univar_variable *variable, size_t level)
{
  return variable->is_category && level < variable->column->n_levels
             ? variable->column->level[level]
             : NULL;
}

void univar_fill_tests(const struct univar *univar, struct report *report, const char *name)
{
  struct report_table *table =
      report_add_table(report, name,
                       "variable test statistic z df df2 p.value n missing role corrected exact "
                       "tables p.low p.high");
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    size_t n_tests;
    const struct comparison_test *test = univar_tests(variable, &n_tests);
    for (size_t j = 0; j < n_tests; j++, test++) {
      report_text(table, variable->name);
      report_text(table, choice_name(comparison_tests, (int) test->test));
      report_number(table, test->statistic);
      report_number(table, test->z);
      report_number(table, test->df);
      report_number(table, test->df2);
      report_number(table, test->p_value);
      report_count(table, variable->n);
      report_count(table, variable->missing);
      report_text(table, test->also ? "also" : "main");
      report_logical(table, test->corrected);
      report_logical(table, test->exact);
      if (test->n_tables)
        report_count(table, test->n_tables);
      else
        report_missing(table);
      report_number(table, test->p_low);
      report_number(table, test->p_high);
    }
  }
}

static void fill_summary(const struct univar *univar, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "summary",
      "variable level group n missing mean sd median q1 q3 min max count percent");
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    size_t n_levels = variable->is_category ? variable->column->n_levels : 1;
    for (size_t level = 0; level < n_levels; level++)
      for (size_t g = 0; g < univar->outcome.n_groups; g++) {
        report_text(table, variable->name);
        report_text(table, level_name(variable, level));
        report_text(table, group_name(univar, g));
        if (variable->is_category) {
          const struct category_comparison *category = &variable->category;
          double count = category->count[level * category->n_groups + g];
          report_count(table, category->n[g]);
          report_count(table, category->missing[g]);
          for (int empty = 0; empty < 7; empty++)
            report_missing(table);
          report_count(table, (size_t) count);
          report_number(table, category->n[g] ? 100 * count / (double) category->n[g] : NAN);
          continue;
        }
        const struct quantity_group *group = &variable->quantity.group[g];
        report_count(table, group->n);
        report_count(table, group->missing);
        report_number(table, group->n ? group->moments.mean : NAN);
        report_number(table, moments_sd(&group->moments));
        report_number(table, group->median);
        report_number(table, group->q1);
        report_number(table, group->q3);
        report_number(table, group->least);
        report_number(table, group->most);
        report_missing(table);
        report_missing(table);
      }
  }
}

static void fill_normality(const struct univar *univar, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "normality", "variable group test statistic p.value");
  double cap = univar->options.convention.normality_cap;
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    for (size_t g = 0; !variable->is_category && g < univar->outcome.n_groups; g++) {
      const struct quantity_group *group = &variable->quantity.group[g];
      if (group->normality_test == NORMALITY_NONE)
        continue;
      report_text(table, variable->name);
      report_text(table, group_name(univar, g));
      report_text(table, choice_name(normality_choices, (int) group->normality_test));
      report_number(table, group->normality.statistic);
      report_number(table, group->normality.p_value > cap ? cap : group->normality.p_value);
    }
  }
}

static void fill_levene(const struct univar *univar, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "levene", "variable centre statistic df df2 p.value");
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    if (variable->is_category || !variable->quantity.n_tests)
      continue;
    const struct anova_result *levene = &variable->quantity.levene;
    report_text(table, variable->name);
    report_text(table, choice_name(levene_choices, (int) univar->options.convention.levene));
    report_number(table, levene->statistic);
    report_number(table, levene->df);
    report_number(table, levene->df2);
    report_number(table, levene->p_value);
  }
}

void univar_fill_pairs(const struct univar *univar, struct report *report, const char *name)
{
  struct report_table *table = report_add_table(
      report, name,
      "variable group1 group2 test statistic z df p.value p.unadjusted p.holm adjust level "
      "p.overall corrected exact tables");
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    size_t n_pairs, n_tests;
    const struct comparison_pair *pair = univar_pairs(variable, &n_pairs);
    const struct comparison_test *overall = univar_tests(variable, &n_tests);
    enum adjustment adjustment =
        variable->is_category ? variable->category.adjustment : variable->quantity.adjustment;
    for (size_t j = 0; j < n_pairs; j++, pair++) {
      report_text(table, variable->name);
      report_text(table, group_name(univar, pair->group1));
      report_text(table, group_name(univar, pair->group2));
      report_text(table, choice_name(comparison_posthocs, (int) pair->posthoc));
      report_number(table, pair->test.statistic);
      report_number(table, pair->test.z);
      report_number(table, pair->test.df);
      report_number(table, pair->p_adjusted);
      report_number(table, pair->p_unadjusted);
      report_number(table, pair->p_holm);
      report_text(table, pair->posthoc >= POSTHOC_TUKEY && pair->posthoc <= POSTHOC_GAMES_HOWELL
                             ? "simultaneous"
                             : choice_name(adjustment_choices, (int) adjustment));
      report_text(table, level_name(variable, pair->level));
      report_number(table, overall[0].p_value);
      report_logical(table, pair->test.corrected);
      report_logical(table, pair->test.exact);
      if (pair->test.n_tables)
        report_count(table, pair->test.n_tables);
      else
        report_missing(table);
    }
  }
}

static void fill_effects(const struct univar *univar, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "effects", "variable group1 group2 effect estimate conf.low conf.high method level");
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    size_t n_effects;
    const struct comparison_effect *effect = univar_effects(variable, &n_effects);
    for (size_t j = 0; j < n_effects; j++, effect++) {
      report_text(table, variable->name);
      report_text(table, group_name(univar, effect->group1));
      report_text(table, group_name(univar, effect->group2));
      report_text(table, effect->effect);
      report_number(table, effect->estimate);
      report_number(table, effect->conf_low);
      report_number(table, effect->conf_high);
      report_text(table, effect->method);
      report_text(table, level_name(variable, effect->level));
    }
  }
}

void univar_fill_tables(const struct univar *univar, struct report *report)
{
  univar_fill_tests(univar, report, "tests");
  fill_summary(univar, report);
  fill_normality(univar, report);
  fill_levene(univar, report);
  univar_fill_pairs(univar, report, "pairwise");
  if (univar->options.effects)
    fill_effects(univar, report);
}
