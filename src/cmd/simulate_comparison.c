// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate's table `comparison`: every number that the study printed beside what the cohort
// has, by the names that her2-audit's findings give it, so that the two can be joined.
#include <config.h>

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "cmd/simulate.h"
#include "stats/comparison.h"

// One printed number.  What is said of it, but not the item, belongs to the simulation.
struct compared {
  const struct published_number *number; // NULL: no such number
  char *item;
  const char *quantity, *variable, *level, *group, *why;
  double reached;
};

struct comparing {
  const struct simulation *simulation;
  struct compared *compared; // by the index of the printed number
  double *group;             // n_rows: code of each row of the arrays
};

static const char not_in_cohort[] = "the cohort has no such values";
static const char not_of_rows[] = "not of the rows of a cohort";
static const char not_measured[] = "not measured with --match=tables";

// `item` is taken over.
static void place(struct comparing *comparing, const struct published_number *number, char *item,
                  struct compared what)
{
  if (!published_is_printed(number)) {
    free(item);
    return;
  }
  what.number = number;
  what.item = item;
  if (!what.quantity)
    what.quantity = number->column;
  if (isnan(what.reached) && !what.why)
    what.why = not_in_cohort;
  comparing->compared[number->index] = what;
}

// ---- the cohort form ----

static struct moments joined_moments(const struct simulation *simulation,
                                     const struct simulate_item *item, const bool *member)
{
  double *x = NEW_ARRAY(double, simulation->n_rows);
  size_t n = 0;
  for (size_t g = 0; g < simulation->published.n_groups; g++) {
    if (!member[g])
      continue;
    double *sorted = simulation_sorted(simulation, item, g);
    memcpy(x + n, sorted, item->n[g] * sizeof *x);
    n += item->n[g];
    free(sorted);
  }
  sort_doubles(x, n);
  struct moments moments = moments_compute(x, NULL, n);
  free(x);
  return moments;
}

static void compare_cohort_row(struct comparing *comparing, const struct published_cohort_row *row)
{
  const struct simulation *simulation = comparing->simulation;
  bool *member = NEW_ZEROED(bool, simulation->published.n_groups);
  bool is_here = published_row_groups(&simulation->published, row, member);
  double n = is_here ? 0 : NAN;
  for (size_t g = 0; g < simulation->published.n_groups; g++)
    n += member[g] ? (double) simulation->group_n[g] : 0;
  struct compared what = {.group = row->group, .why = is_here ? NULL : not_of_rows};
  what.reached = n;
  place(comparing, &row->n, memory_copy_text(row->group), what);
  what.reached = 100 * n / (double) simulation->n_rows;
  place(comparing, &row->percent, memory_copy_text(row->group), what);
  for (size_t k = 0; k < row->n_statistics; k++) {
    const struct published_statistic *statistic = &row->statistic[k];
    const struct simulate_item *item = simulation_find(simulation, statistic->name);
    struct moments moments = {0};
    if (is_here && item && item->measure)
      moments = joined_moments(simulation, item, member);
    what.variable = statistic->name;
    what.reached = moments.n > 0 ? moments.mean : NAN;
    place(comparing, &statistic->mean, memory_copy_text(row->group), what);
    what.reached = moments.n > 0 ? moments_sd(&moments) : NAN;
    place(comparing, &statistic->sd, memory_copy_text(row->group), what);
  }
  free(member);
}

// ---- counts and measures ----

static void compare_counts(struct comparing *comparing, const struct simulate_item *item)
{
  const struct published *published = &comparing->simulation->published;
  const struct published_feature *feature = item->feature;
  for (size_t l = 0; l < feature->n_levels; l++)
    for (size_t g = 0; g < published->n_groups; g++)
      place(comparing, &feature->count[l * published->n_groups + g],
            text_format("%s %s %s", feature->name, feature->level[l], published->group[g]),
            (struct compared){.variable = feature->name, .level = feature->level[l],
                              .group = published->group[g],
                              .reached = simulation_count(comparing->simulation, item, l, g)});
}

static void compare_measure(struct comparing *comparing, const struct simulate_item *item)
{
  const struct published *published = &comparing->simulation->published;
  const struct published_measure *measure = item->measure;
  for (size_t g = 0; g < published->n_groups; g++) {
    const struct published_measure_group *group = &measure->group[g];
    struct simulate_summary reached = simulation_summarize(comparing->simulation, item, g);
    bool by_mean = group->kind == PUBLISHED_MEAN_SD;
    const struct {
      const struct published_number *number;
      double reached;
    } parts[] = {{&group->n, item->is_absent ? NAN : (double) item->n[g]},
                 {&group->centre, by_mean ? reached.mean : reached.median},
                 {&group->sd, reached.sd},
                 {&group->spread_low, reached.q1},
                 {&group->spread_high, reached.q3}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
      place(comparing, parts[i].number, text_format("%s %s", measure->name, published->group[g]),
            (struct compared){.variable = measure->name, .group = published->group[g],
                              .reached = parts[i].reached});
  }
}

// ---- tests ----

// What her2-univar --like=study would print.
static struct comparison_options univar_options(const struct simulation *simulation)
{
  return (struct comparison_options){.convention = conventions[0], .pairs = true, .level = 0.95,
                                     .seed = simulation->command->seed, .n_threads = 1};
}

// The test that a printed name stands for, letters compared without case; TEST_AUTOMATIC for one
// that is not known or is not for so many groups.
static enum comparison_test_name test_named(const char *name, size_t n_groups)
{
  static const struct {
    const char *name;
    enum comparison_test_name test;
  } names[] = {{"f", TEST_ANOVA}, {"anova", TEST_ANOVA}, {"welch f", TEST_WELCH_ANOVA},
               {"welch-anova", TEST_WELCH_ANOVA}, {"t", TEST_T}, {"student", TEST_T},
               {"welch t", TEST_WELCH}, {"welch", TEST_WELCH}, {"h", TEST_KRUSKAL},
               {"kruskal", TEST_KRUSKAL}, {"kruskal-wallis", TEST_KRUSKAL},
               {"u", TEST_MANN_WHITNEY}, {"mannwhitney", TEST_MANN_WHITNEY},
               {"mann-whitney", TEST_MANN_WHITNEY}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t k = 0;
    while (name[k] && tolower((unsigned char) name[k]) == names[i].name[k])
      k++;
    if (!name[k] && !names[i].name[k])
      return names[i].test <= TEST_KS && n_groups != 2 ? TEST_AUTOMATIC : names[i].test;
  }
  return TEST_AUTOMATIC;
}

// A test of all groups and those of pairs, from either kind of comparison.
struct tested {
  double statistic, p_value;
  const struct comparison_pair *pair;
  size_t n_pairs;
};

static double pair_p(const struct tested *tested, size_t n_groups, size_t a, size_t b)
{
  for (size_t i = 0; i < tested->n_pairs; i++)
    if (tested->pair[i].group1 == a && tested->pair[i].group2 == b)
      return tested->pair[i].p_adjusted;
  return n_groups == 2 ? tested->p_value : NAN;
}

static void compare_tests(struct comparing *comparing, const struct published_tests *tests,
                          const struct tested *tested)
{
  const struct published *published = &comparing->simulation->published;
  struct compared what = {.variable = tests->name, .reached = tested->statistic};
  place(comparing, &tests->statistic, memory_copy_text(tests->name), what);
  what.reached = tested->p_value;
  place(comparing, &tests->p_overall, memory_copy_text(tests->name), what);
  place(comparing, &tests->text_p_overall, memory_copy_text(tests->name), what);
  for (size_t a = 0; a < published->n_groups; a++)
    for (size_t b = a + 1; b < published->n_groups; b++) {
      size_t k = published_pair(published, a, b);
      what.reached = pair_p(tested, published->n_groups, a, b);
      place(comparing, &tests->p_pair[k], memory_copy_text(tests->name), what);
      place(comparing, &tests->text_p_pair[k], memory_copy_text(tests->name), what);
    }
}

static const struct tested untested = {.statistic = NAN, .p_value = NAN};

static void compare_count_tests(struct comparing *comparing, const struct published_tests *tests)
{
  const struct simulation *simulation = comparing->simulation;
  const struct simulate_item *item = simulation_find(simulation, tests->name);
  if (!item || !item->feature) {
    compare_tests(comparing, tests, &untested);
    return;
  }
  size_t n_levels = item->feature->n_levels, n_groups = simulation->published.n_groups;
  struct comparison_options options = univar_options(simulation);
  struct category_comparison category;
  category_compare(item->value, n_levels, comparing->group, simulation->n_rows, n_groups, &options,
                   &category);
  struct tested tested = {
      .statistic = chi_square_test(category.count, n_levels, n_groups, false).statistic,
      .p_value = category.n_tests ? category.test[0].p_value : NAN,
      .pair = category.pair, .n_pairs = category.n_pairs};
  compare_tests(comparing, tests, &tested);
  category_comparison_free(&category);
}

static void compare_measure_tests(struct comparing *comparing, const struct published_tests *tests)
{
  const struct simulation *simulation = comparing->simulation;
  const struct simulate_item *item = simulation_find(simulation, tests->name);
  size_t n_groups = simulation->published.n_groups, n_used = 0;
  if (!item || !item->measure) {
    compare_tests(comparing, tests, &untested);
    return;
  }
  for (size_t g = 0; g < n_groups; g++)
    n_used += item->n[g] > 0;
  struct comparison_options options = univar_options(simulation);
  options.quantity_test = test_named(tests->test, n_used);
  struct quantity_comparison quantity;
  quantity_compare(item->value, comparing->group, simulation->n_rows, n_groups, NORMALITY_BY_TEST,
                   &options, &quantity);
  bool is_tested = quantity.n_tests > 0;
  struct tested tested = {
      .statistic = is_tested && options.quantity_test ? quantity.test[0].statistic : NAN,
      .p_value = is_tested ? quantity.test[0].p_value : NAN,
      .pair = quantity.pair, .n_pairs = quantity.n_pairs};
  compare_tests(comparing, tests, &tested);
  quantity_comparison_free(&quantity);
}

// ---- logistic tables, figures, agreement ----

static const char *why_unmeasured(const struct simulation *simulation)
{
  return simulation->settings->match == MATCH_TABLES ? not_measured
                                                     : "which groups it compares is not known";
}

static void compare_goal(struct comparing *comparing, const struct published_number *number,
                         char *item, const struct simulate_goal *goal, struct compared what)
{
  what.reached = goal ? goal->reached : NAN;
  what.why = goal ? goal->why : why_unmeasured(comparing->simulation);
  if (goal && goal->target.quantity == MODEL_YOUDEN && goal->is_met)
    what.why = "no share of so many rows prints so: the nearest one";
  what.group = goal ? goal->model : NULL;
  place(comparing, number, item, what);
}

static const struct simulate_goal *goal_of(const struct simulation *simulation,
                                           const struct published_number *number)
{
  for (size_t i = 0; i < simulation->n_goals; i++)
    if (simulation->goal[i].number == number)
      return &simulation->goal[i];
  return NULL;
}

static void compare_term(struct comparing *comparing, const struct published_term *term)
{
  const struct published_coefficient *both[] = {&term->univariable, &term->multivariable};
  for (size_t c = 0; c < 2; c++) {
    const struct published_number *number[] = {&both[c]->b, &both[c]->odds_ratio, &both[c]->low,
                                               &both[c]->high, &both[c]->p};
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
      compare_goal(comparing, number[i],
                   text_format("%s%s%s", term->variable, *term->level ? " " : "", term->level),
                   goal_of(comparing->simulation, number[i]),
                   (struct compared){.variable = term->variable,
                                     .level = *term->level ? term->level : NULL});
  }
}

static void compare_figure(struct comparing *comparing, const struct published_figure *figure)
{
  const struct simulation *simulation = comparing->simulation;
  char *item = text_format("%s %s", figure->model, figure->item);
  struct compared what = {.quantity = figure->quantity, .variable = figure->item,
                          .group = figure->model};
  if (strcmp(figure->quantity, "holdout_percent") == 0 && !isnan(simulation->holdout)) {
    what.reached = 100 * simulation->holdout;
    place(comparing, &figure->value, item, what);
  } else {
    compare_goal(comparing, &figure->value, item, simulation_figure_goal(simulation, figure), what);
  }
}

static void compare_agreement(struct comparing *comparing,
                              const struct published_agreement *agreement)
{
  const struct simulate_item *item = simulation_find(comparing->simulation, agreement->measure);
  place(comparing, &agreement->icc, memory_copy_text(agreement->measure),
        (struct compared){.variable = agreement->measure,
                          .reached = item && item->icc ? item->icc_reached : NAN});
}

// ---- the table and its page ----

static void compare_all(struct comparing *comparing)
{
  const struct simulation *simulation = comparing->simulation;
  const struct published *published = &simulation->published;
  for (size_t i = 0; i < published->n_cohort; i++)
    compare_cohort_row(comparing, &published->cohort[i]);
  for (size_t i = 0; i < simulation->n_items; i++)
    (simulation->item[i].feature ? compare_counts : compare_measure)(comparing,
                                                                     &simulation->item[i]);
  for (size_t i = 0; i < published->n_count_tests; i++)
    compare_count_tests(comparing, &published->count_tests[i]);
  for (size_t i = 0; i < published->n_measure_tests; i++)
    compare_measure_tests(comparing, &published->measure_tests[i]);
  for (size_t i = 0; i < published->n_terms; i++)
    compare_term(comparing, &published->term[i]);
  for (size_t i = 0; i < published->n_figures; i++)
    compare_figure(comparing, &published->figure[i]);
  for (size_t i = 0; i < published->n_agreements; i++)
    compare_agreement(comparing, &published->agreement[i]);
}

struct tally {
  size_t n, n_met, n_unmeasured;
};

static void add_to_tally(struct tally *tally, const struct compared *compared)
{
  tally->n++;
  tally->n_met += simulation_prints_as(compared->number, compared->reached);
  tally->n_unmeasured += isnan(compared->reached) ? 1 : 0;
}

static void fill_table(const struct comparing *comparing, struct report *report)
{
  const struct published *published = &comparing->simulation->published;
  struct report_table *table = report_add_table(
      report, "comparison",
      "table item quantity published reached met why variable level group line");
  for (size_t i = 0; i < published->n_numbers; i++) {
    const struct compared *compared = &comparing->compared[i];
    if (!compared->number)
      continue;
    bool met = simulation_prints_as(compared->number, compared->reached);
    report_text(table, published->file[compared->number->file].name);
    report_text(table, compared->item);
    report_text(table, compared->quantity);
    report_text(table, compared->number->text);
    report_number(table, compared->reached);
    report_logical(table, met);
    report_text(table, met ? NULL : compared->why);
    report_text(table, compared->variable);
    report_text(table, compared->level);
    report_text(table, compared->group);
    report_count(table, compared->number->line);
  }
}

static void lay_tally(struct layout *layout, const char *name, const struct tally *tally)
{
  size_t row = layout_row(layout, LAYOUT_PLAIN);
  layout_set(layout, row, 0, name);
  layout_set_format(layout, row, 1, "%zu", tally->n);
  layout_set_format(layout, row, 2, "%zu", tally->n_met);
  layout_set_format(layout, row, 3, "%zu", tally->n - tally->n_met - tally->n_unmeasured);
  layout_set_format(layout, row, 4, "%zu", tally->n_unmeasured);
}

static void lay_table(const struct comparing *comparing, struct report *report)
{
  const struct simulation *simulation = comparing->simulation;
  const struct published *published = &simulation->published;
  struct layout *layout = simulation_add_layout(
      simulation, report, "Every printed number, and what the %s cohort has");
  static const char *const headings[] = {"Numbers", "As printed", "Otherwise", "Not measured"};
  struct tally all = {0};
  layout_column(layout, ALIGN_LEFT, "Table");
  for (size_t j = 0; j < sizeof headings / sizeof *headings; j++)
    layout_column(layout, ALIGN_RIGHT, headings[j]);
  for (size_t f = 0; f < published->n_files; f++) {
    struct tally tally = {0};
    for (size_t i = 0; i < published->n_numbers; i++)
      if (comparing->compared[i].number && comparing->compared[i].number->file == f) {
        add_to_tally(&tally, &comparing->compared[i]);
        add_to_tally(&all, &comparing->compared[i]);
      }
    if (tally.n)
      lay_tally(layout, published->file[f].name, &tally);
  }
  lay_tally(layout, "all", &all);
  layout_footnote(layout, "Number by number in the table 'comparison'. Tests as her2-univar makes "
                          "them, with the statistic that is printed.");
  report_note(report, "of the %zu printed numbers %zu are reached as printed, %zu otherwise, and "
                      "%zu are not measured",
              all.n, all.n_met, all.n - all.n_met - all.n_unmeasured, all.n_unmeasured);
}

void simulation_compare(const struct simulation *simulation, struct report *report)
{
  size_t n = simulation->published.n_numbers;
  struct comparing comparing = {.simulation = simulation,
                                .compared = NEW_ZEROED(struct compared, n),
                                .group = NEW_ARRAY(double, simulation->n_rows)};
  for (size_t g = 0; g < simulation->published.n_groups; g++)
    for (size_t i = 0; i < simulation->group_n[g]; i++)
      comparing.group[simulation->group_start[g] + i] = (double) g;
  compare_all(&comparing);
  fill_table(&comparing, report);
  if (simulation->settings->check)
    lay_table(&comparing, report);
  for (size_t i = 0; i < n; i++)
    free(comparing.compared[i].item);
  free(comparing.compared);
  free(comparing.group);
}
