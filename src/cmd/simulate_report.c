// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate's report: every printed number, what the cohort has, and how far that is.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/simulate.h"
#include "stats/normality.h"
#include "stats/rank_order.h"
#include "stats/summary.h"

static const double routing_p = 0.05; // her2-univar's route

// ---- what a cohort has ----

struct simulate_summary simulation_summarize(const struct simulation *simulation,
                                             const struct simulate_item *item, size_t group)
{
  size_t n = item->n[group];
  double *x = simulation_sorted(simulation, item, group);
  struct moments moments = moments_compute(x, NULL, n);
  struct simulate_summary summary = {
      .mean = n ? moments.mean : NAN,
      .sd = moments_sd(&moments),
      .q1 = quantile_sorted(x, NULL, n, 0.25, QUANTILE_TYPE_6),
      .median = quantile_sorted(x, NULL, n, 0.5, QUANTILE_TYPE_6),
      .q3 = quantile_sorted(x, NULL, n, 0.75, QUANTILE_TYPE_6),
      .least = n ? x[0] : NAN,
      .most = n ? x[n - 1] : NAN,
      .normal_p = normality_lilliefors(x, n).p_value,
  };
  free(x);
  return summary;
}

double simulation_count(const struct simulation *simulation, const struct simulate_item *item,
                        size_t level, size_t group)
{
  size_t count = 0;
  const double *value = item->value + simulation->group_start[group];
  for (size_t i = 0; i < simulation->group_n[group]; i++)
    count += !isnan(value[i]) && (size_t) value[i] == level;
  return item->is_absent ? NAN : (double) count;
}

bool simulation_prints_as(const struct published_number *number, double value)
{
  const struct printed *printed = &number->printed;
  char a[NUMBER_SIZE], b[NUMBER_SIZE];
  if (isnan(value))
    return false;
  if (printed->relation == PRINTED_LESS)
    return value < printed->value;
  if (printed->relation == PRINTED_MORE)
    return value > printed->value;
  return strcmp(number_write_fixed(a, printed->value, printed->decimals),
                number_write_fixed(b, value, printed->decimals)) == 0;
}

// The routing that the printed kinds ask for: 1 normal in every group, -1 not in some, 0 the
// groups are printed in both ways.
static int asked_route(const struct simulation *simulation, const struct simulate_item *item)
{
  int route = 0;
  for (size_t g = 0; g < simulation->published.n_groups; g++) {
    if (!item->measure->group[g].is_there)
      continue;
    int here = item->measure->group[g].kind == PUBLISHED_MEAN_SD ? 1 : -1;
    if (route && route != here)
      return 0;
    route = here;
  }
  return route;
}

// ---- the targets ----

static const char absent[] = "the cohort has no such values";

struct tally {
  struct report *report;
  struct report_table *table;
  size_t n, n_met;
};

static void target_head(struct tally *tally, const char *item, const char *level,
                        const char *group, const char *quantity)
{
  report_text(tally->table, item);
  report_text(tally->table, level);
  report_text(tally->table, group);
  report_text(tally->table, quantity);
}

static void target_tail(struct tally *tally, bool met, const char *why)
{
  report_logical(tally->table, met);
  report_text(tally->table, met ? NULL : why);
  tally->n++;
  tally->n_met += met;
}

static void count_target(struct tally *tally, const struct simulation *simulation,
                         const char *item, const char *level, size_t g, const char *printed,
                         size_t asked, double reached)
{
  target_head(tally, item, level, simulation->published.group[g], level ? "count" : "n");
  report_text(tally->table, printed);
  report_number(tally->table, (double) asked);
  report_number(tally->table, reached);
  report_number(tally->table, reached - (double) asked);
  target_tail(tally, (double) asked == reached, isnan(reached) ? absent : NULL);
}

static void summary_target(struct tally *tally, const struct simulation *simulation,
                           const char *item, size_t g, const char *quantity,
                           const struct published_number *number, double reached)
{
  if (!published_is_printed(number))
    return;
  target_head(tally, item, NULL, simulation->published.group[g], quantity);
  report_text(tally->table, number->text);
  report_number(tally->table, number->printed.value);
  report_number(tally->table, reached);
  report_number(tally->table, reached - number->printed.value);
  target_tail(tally, simulation_prints_as(number, reached), isnan(reached) ? absent : NULL);
}

// A bound or a P value: how far beyond the limit, 0 if it is kept.
static void limit_target(struct tally *tally, const char *item, const char *group,
                         const char *quantity, const char *sign, double limit, double reached,
                         bool met, const char *why)
{
  char buffer[NUMBER_SIZE];
  char *asked = text_format("%s%s", sign, number_write(buffer, limit));
  target_head(tally, item, NULL, group, quantity);
  report_text(tally->table, asked);
  report_number(tally->table, limit);
  report_number(tally->table, reached);
  report_number(tally->table, met ? 0 : reached - limit);
  target_tail(tally, met, why);
  free(asked);
}

static void measure_targets(struct tally *tally, const struct simulation *simulation,
                            const struct simulate_item *item)
{
  size_t n_groups = simulation->published.n_groups;
  int route = asked_route(simulation, item);
  double least_p = NAN;
  bool undefined = false;
  for (size_t g = 0; g < n_groups; g++) {
    const struct published_measure_group *group = &item->measure->group[g];
    const char *name = simulation->published.group[g];
    if (!group->is_there)
      continue;
    struct simulate_summary reached = simulation_summarize(simulation, item, g);
    bool by_mean = group->kind == PUBLISHED_MEAN_SD;
    summary_target(tally, simulation, item->name, g, by_mean ? "mean" : "median", &group->centre,
                   by_mean ? reached.mean : reached.median);
    summary_target(tally, simulation, item->name, g, "sd", &group->sd, reached.sd);
    summary_target(tally, simulation, item->name, g, "q1", &group->spread_low, reached.q1);
    summary_target(tally, simulation, item->name, g, "q3", &group->spread_high, reached.q3);
    if (isfinite(item->least) && item->n[g])
      limit_target(tally, item->name, name, "min", ">=", item->least, reached.least,
                   reached.least >= item->least, NULL);
    if (isfinite(item->most) && item->n[g])
      limit_target(tally, item->name, name, "max", "<=", item->most, reached.most,
                   reached.most <= item->most, NULL);
    if (route > 0)
      limit_target(tally, item->name, name, "normality", "P>=", routing_p, reached.normal_p,
                   reached.normal_p >= routing_p, item->is_absent ? absent : NULL);
    undefined |= isnan(reached.normal_p);
    if (!(least_p <= reached.normal_p))
      least_p = isnan(reached.normal_p) ? least_p : reached.normal_p;
  }
  // A group in which the test is not defined counts as not normal.
  if (route < 0 && item->is_absent)
    limit_target(tally, item->name, NULL, "normality", "P<", routing_p, NAN, false, absent);
  else if (route < 0)
    limit_target(tally, item->name, NULL, "normality", "P<", routing_p, undefined ? 0 : least_p,
                 undefined || least_p < routing_p, NULL);
}

static void fill_targets(const struct simulation *simulation, struct tally *tally)
{
  size_t n_groups = simulation->published.n_groups;
  tally->table = report_add_table(
      tally->report, "targets",
      "item level group quantity printed asked reached distance met why");
  for (size_t g = 0; g < n_groups; g++) {
    char *printed = text_format("%zu", simulation->studied[g]);
    count_target(tally, simulation, simulation->group_name, NULL, g, printed,
                 simulation->group_asked[g], (double) simulation->group_n[g]);
    free(printed);
  }
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    if (item->measure) {
      measure_targets(tally, simulation, item);
      continue;
    }
    for (size_t level = 0; level < item->feature->n_levels; level++)
      for (size_t g = 0; g < n_groups; g++) {
        const struct published_number *count = &item->feature->count[level * n_groups + g];
        if (published_is_printed(count))
          count_target(tally, simulation, item->name, item->feature->level[level], g, count->text,
                       item->count[level * n_groups + g],
                       simulation_count(simulation, item, level, g));
      }
  }
}

// The agreement of the readers.
static void fill_readers(const struct simulation *simulation, struct tally *tally)
{
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    if (!item->icc)
      continue;
    target_head(tally, item->name, NULL, NULL, "icc2");
    report_text(tally->table, item->icc->text);
    report_number(tally->table, item->icc->printed.value);
    report_number(tally->table, item->icc_reached);
    report_number(tally->table, item->icc_reached - item->icc->printed.value);
    target_tail(tally, simulation_prints_as(item->icc, item->icc_reached),
                isnan(item->icc_reached) ? absent : NULL);
  }
}

static void fill_goals(const struct simulation *simulation, struct tally *tally)
{
  for (size_t i = 0; i < simulation->n_goals; i++) {
    const struct simulate_goal *goal = &simulation->goal[i];
    target_head(tally, goal->item, goal->level, goal->model, goal->quantity);
    report_text(tally->table, goal->number->text);
    report_number(tally->table, goal->asked);
    report_number(tally->table, goal->reached);
    report_number(tally->table,
                  goal->is_met && goal->number->printed.relation != PRINTED_EQUAL
                      ? 0
                      : goal->reached - goal->asked);
    target_tail(tally, goal->is_met, goal->why);
  }
}

// ---- formulas and correlations ----

struct nearness {
  size_t n, n_equal;
  double mean_difference, correlation;
};

static struct nearness nearness_of(const struct simulation *simulation,
                                   const struct simulate_item *item, size_t g)
{
  size_t n = simulation->group_n[g];
  const double *value = item->value + simulation->group_start[g];
  double *result = NEW_ARRAY(double, n);
  simulation_formula(simulation, item, g, result);
  struct nearness near = {.correlation = rank_correlation(value, result, n)};
  struct compensated_sum sum = {0};
  double half = 0.5 * pow(10, -item->digits) * (1 + 1e-9);
  for (size_t i = 0; i < n; i++) {
    double distance = fabs(value[i] - result[i]);
    if (isnan(distance))
      continue;
    near.n++;
    near.n_equal += distance <= half;
    sum_add(&sum, distance);
  }
  near.mean_difference = near.n ? sum_total(&sum) / (double) near.n : NAN;
  free(result);
  return near;
}

static const char *formula_text(const struct simulate_item *item, struct text *text)
{
  derivation_print(item->assumed->formula, text);
  const char *equals = strstr(text_content(text), " = ");
  return equals ? equals + 3 : text_content(text);
}

static void fill_formulas(const struct simulation *simulation, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "formulas", "item group formula n equal mean.difference rank.correlation");
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    for (size_t g = 0; g < simulation->published.n_groups; g++) {
      if (!item->assumed || !item->assumed->formula)
        continue;
      struct nearness near = nearness_of(simulation, item, g);
      struct text text = {0};
      report_text(table, item->name);
      report_text(table, simulation->published.group[g]);
      report_text(table, formula_text(item, &text));
      report_count(table, near.n);
      report_count(table, near.n_equal);
      report_number(table, near.mean_difference);
      report_number(table, near.correlation);
      text_free(&text);
    }
  }
}

static void fill_correlations(const struct simulation *simulation, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "correlations", "item1 item2 group asked reached");
  for (size_t i = 0; i < simulation->n_items; i++)
    for (size_t j = i + 1; j < simulation->n_items; j++) {
      const struct simulate_item *a = &simulation->item[i], *b = &simulation->item[j];
      double asked = plausible_correlation(&simulation->plausible, a->name, b->name);
      for (size_t g = 0; asked != 0 && g < simulation->published.n_groups; g++) {
        size_t start = simulation->group_start[g];
        report_text(table, a->name);
        report_text(table, b->name);
        report_text(table, simulation->published.group[g]);
        report_number(table, asked);
        report_number(table, rank_correlation(a->value + start, b->value + start,
                                              simulation->group_n[g]));
      }
    }
}

// ---- pages ----

const char *simulation_word(const struct simulation *simulation)
{
  return simulation->is_simulated ? "simulated" : "checked";
}

struct layout *simulation_add_layout(const struct simulation *simulation, struct report *report,
                                     const char *title)
{
  const char *here = strstr(title, "%s");
  char *text = text_format("%.*s%s%s", (int) (here - title), title, simulation_word(simulation),
                           here + 2);
  struct layout *layout = report_add_layout(report, "targets", text);
  free(text);
  return layout;
}

static void append_title(struct text *text, const struct simulate_item *item)
{
  text_append(text, item->title);
  if (item->unit)
    text_append_format(text, " (%s)", item->unit);
}

static const char *level_title(const struct simulate_item *item, size_t level)
{
  return item->assumed && item->assumed->labels.n_items ? item->assumed->labels.item[level]
                                                        : item->feature->level[level];
}

static const char *group_title(const struct simulation *simulation, size_t g)
{
  const struct plausible_item *group = plausible_group(&simulation->plausible);
  return group && group->labels.n_items ? group->labels.item[g] : simulation->published.group[g];
}

static void lay_counts(const struct simulation *simulation, struct report *report)
{
  size_t n_groups = simulation->published.n_groups;
  struct layout *layout =
      simulation_add_layout(simulation, report, "Counts: printed, and in the %s cohort");
  layout_column(layout, ALIGN_LEFT, "");
  for (size_t g = 0; g < n_groups; g++) {
    char *printed = text_format("%s\nprinted", group_title(simulation, g));
    layout_column(layout, ALIGN_RIGHT, printed);
    char *reached = text_format("\n%s", simulation_word(simulation));
    layout_column(layout, ALIGN_RIGHT, reached);
    free(printed);
    free(reached);
  }
  size_t row = layout_row(layout, LAYOUT_VARIABLE);
  layout_set(layout, row, 0, "Patients");
  for (size_t g = 0; g < n_groups; g++) {
    layout_set_format(layout, row, 1 + 2 * g, "%zu", simulation->studied[g]);
    layout_set_format(layout, row, 2 + 2 * g, "%zu", simulation->group_n[g]);
  }
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    if (!item->feature)
      continue;
    struct text title = {0};
    append_title(&title, item);
    layout_set(layout, layout_row(layout, LAYOUT_VARIABLE), 0, text_content(&title));
    text_free(&title);
    for (size_t level = 0; level < item->feature->n_levels; level++) {
      row = layout_row(layout, LAYOUT_LEVEL);
      layout_set(layout, row, 0, level_title(item, level));
      for (size_t g = 0; g < n_groups; g++) {
        const struct published_number *count = &item->feature->count[level * n_groups + g];
        if (!published_is_printed(count))
          continue;
        layout_set(layout, row, 1 + 2 * g, count->text);
        double reached = simulation_count(simulation, item, level, g);
        if (!isnan(reached))
          layout_set_format(layout, row, 2 + 2 * g, "%.0f", reached);
      }
    }
  }
}

// "20.13 (17.57-22.57)" or "45.31 ± 11.25", from the numbers as text.
static void append_summary(struct text *text, bool by_mean, const char *centre, const char *sd,
                           const char *q1, const char *q3)
{
  text_append(text, centre);
  if (by_mean && *sd)
    text_append_format(text, " \u00b1 %s", sd);
  else if (!by_mean && *q1 && *q3)
    text_append_format(text, " (%s, %s)", q1, q3);
}

static const char *like(const struct published_number *number, double value,
                        char buffer[NUMBER_SIZE])
{
  return published_is_printed(number)
             ? number_write_fixed(buffer, value, number->printed.decimals)
             : "";
}

static const char *text_of(const struct published_number *number)
{
  return number->text ? number->text : "";
}

static void lay_measure(const struct simulation *simulation, const struct simulate_item *item,
                        struct layout *layout)
{
  struct text text = {0};
  append_title(&text, item);
  layout_set(layout, layout_row(layout, LAYOUT_VARIABLE), 0, text_content(&text));
  for (size_t g = 0; g < simulation->published.n_groups; g++) {
    const struct published_measure_group *group = &item->measure->group[g];
    if (!group->is_there)
      continue;
    struct simulate_summary reached = simulation_summarize(simulation, item, g);
    bool by_mean = group->kind == PUBLISHED_MEAN_SD;
    double centre = by_mean ? reached.mean : reached.median;
    size_t row = layout_row(layout, LAYOUT_LEVEL);
    layout_set(layout, row, 0, group_title(simulation, g));
    text_clear(&text);
    append_summary(&text, by_mean, text_of(&group->centre), text_of(&group->sd),
                   text_of(&group->spread_low), text_of(&group->spread_high));
    layout_set(layout, row, 1, text_content(&text));
    if (isnan(centre))
      continue;
    char buffer[4][NUMBER_SIZE];
    text_clear(&text);
    append_summary(&text, by_mean, like(&group->centre, centre, buffer[0]),
                   like(&group->sd, reached.sd, buffer[1]),
                   like(&group->spread_low, reached.q1, buffer[2]),
                   like(&group->spread_high, reached.q3, buffer[3]));
    layout_set(layout, row, 2, text_content(&text));
    const double distance[] = {fabs(centre - group->centre.printed.value),
                               fabs(reached.sd - group->sd.printed.value),
                               fabs(reached.q1 - group->spread_low.printed.value),
                               fabs(reached.q3 - group->spread_high.printed.value)};
    double largest = 0;
    for (size_t i = 0; i < 4; i++)
      if (distance[i] > largest)
        largest = distance[i];
    layout_set(layout, row, 3, number_write_significant(buffer[0], largest, 2));
    layout_set_format(layout, row, 4, "%s to %s",
                      number_write_fixed(buffer[0], reached.least, item->decimals),
                      number_write_fixed(buffer[1], reached.most, item->decimals));
    layout_set(layout, row, 5, number_write_p(buffer[0], reached.normal_p, 3));
  }
  text_free(&text);
}

static void lay_measures(const struct simulation *simulation, struct report *report)
{
  struct layout *layout = simulation_add_layout(
      simulation, report, "Centres and spreads: printed, and in the %s cohort");
  const char *const headings[] = {"Printed", simulation->is_simulated ? "Simulated" : "Checked",
                                  "Farthest", "Range", "Normality\nP"};
  layout_column(layout, ALIGN_LEFT, "");
  for (size_t j = 0; j < sizeof headings / sizeof *headings; j++)
    layout_column(layout, ALIGN_RIGHT, headings[j]);
  for (size_t i = 0; i < simulation->n_items; i++)
    if (simulation->item[i].measure)
      lay_measure(simulation, &simulation->item[i], layout);
  layout_footnote(layout, "mean \u00b1 SD, or median (quartiles of type 6); Farthest: the largest "
                          "distance of the numbers in the row from those printed; Normality: "
                          "Lilliefors, 0.05 or more in every group where mean \u00b1 SD is "
                          "printed, less in some group where it is not.");
}

static void lay_formulas(const struct simulation *simulation, struct report *report)
{
  const struct report_table *table = report_find_table(report, "formulas");
  if (table->n_rows == 0)
    return;
  struct layout *layout =
      report_add_layout(report, "formulas", "Measures that are defined by others");
  static const char *const headings[] = {"Rows", "Equal as\nprinted", "Mean\ndistance",
                                         "Rank\ncorrelation"};
  layout_column(layout, ALIGN_LEFT, "");
  for (size_t j = 0; j < sizeof headings / sizeof *headings; j++)
    layout_column(layout, ALIGN_RIGHT, headings[j]);
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    if (!item->assumed || !item->assumed->formula)
      continue;
    struct text text = {0};
    derivation_print(item->assumed->formula, &text);
    layout_set(layout, layout_row(layout, LAYOUT_VARIABLE), 0, text_content(&text));
    text_free(&text);
    for (size_t g = 0; g < simulation->published.n_groups; g++) {
      struct nearness near = nearness_of(simulation, item, g);
      char buffer[NUMBER_SIZE];
      size_t row = layout_row(layout, LAYOUT_LEVEL);
      layout_set(layout, row, 0, group_title(simulation, g));
      layout_set_format(layout, row, 1, "%zu", near.n);
      layout_set_format(layout, row, 2, "%zu", near.n_equal);
      layout_set(layout, row, 3, number_write_significant(buffer, near.mean_difference, 2));
      layout_set(layout, row, 4, number_write_fixed(buffer, near.correlation, 3));
    }
  }
  layout_footnote(layout, "The printed centres and spreads of a measure and of those that define "
                          "it need not agree: the measure has the values that its own numbers "
                          "ask for, in the order of the definition.");
}

// ---- notes ----

static void say_what_is_made(const struct simulation *simulation, struct report *report)
{
  report_note(report,
              "A simulated cohort: %zu rows made from the printed summaries and seed %llu. No row "
              "is a patient.",
              simulation->n_rows, (unsigned long long) simulation->command->seed);
  if (simulation->n_rows != simulation->n_studied)
    report_note(report, "%zu patients were studied; groups, levels and missing values keep their "
                        "proportions (largest remainder)",
                simulation->n_studied);
}

static void say_what_is_checked(const struct simulation *simulation, struct report *report)
{
  report_note(report, "%s%zu rows as they stand, held against the printed numbers of %s%s",
              simulation->is_simulated ? "A simulated cohort: " : "", simulation->n_rows,
              simulation->settings->published,
              simulation->is_simulated ? ". No row is a patient." : "");
  if (simulation->n_rows != simulation->n_studied)
    report_note(report, "%zu patients were studied: the counts asked of this cohort are in "
                        "proportion (largest remainder)",
                simulation->n_studied);
}

static void say_what_it_is(const struct simulation *simulation, const struct tally *tally)
{
  struct report *report = tally->report;
  (simulation->settings->check ? say_what_is_checked : say_what_is_made)(simulation, report);
  if (simulation->plausible.path)
    report_note(report, "ranges, formulas, correlations and labels are assumed, not printed: %s",
                simulation->plausible.path);
  else
    report_note(report, "no assumptions were given: no correlations, and no range but 0 and more "
                        "where the printed numbers suggest it");
  if (simulation->correlation_factor < 1)
    report_warning(report, "the asked correlations contradict each other: all were multiplied by "
                           "%.2f",
                   simulation->correlation_factor);
  simulation_note_goals(simulation, report);
  report_note(report, "%zu of %zu targets are met", tally->n_met, tally->n);
  if (tally->n_met < tally->n && !simulation->settings->check)
    report_warning(report, "%zu of %zu targets are not met: see the table 'targets'",
                   tally->n - tally->n_met, tally->n);
}

void simulation_report(const struct simulation *simulation)
{
  struct report *report = &simulation->command->report;
  struct tally tally = {.report = report};
  fill_targets(simulation, &tally);
  fill_readers(simulation, &tally);
  fill_goals(simulation, &tally);
  fill_formulas(simulation, report);
  fill_correlations(simulation, report);
  if (simulation->published.n_features)
    lay_counts(simulation, report);
  if (simulation->published.n_measures)
    lay_measures(simulation, report);
  simulation_lay_goals(simulation, report);
  lay_formulas(simulation, report);
  say_what_it_is(simulation, &tally);
  if (simulation->settings->check || command_wants_table(simulation->command, "comparison"))
    simulation_compare(simulation, report);
}
