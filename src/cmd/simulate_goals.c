// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate --match=models and --match=all: the pages of the logistic tables and of the
// performance figures, printed and simulated.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/simulate.h"

static const struct simulate_goal *find_goal(const struct simulation *simulation, size_t equation,
                                             const char *item, const char *level,
                                             const char *quantity)
{
  for (size_t i = 0; i < simulation->n_goals; i++) {
    const struct simulate_goal *goal = &simulation->goal[i];
    const char *dot = strchr(goal->quantity, '.');
    if (goal->equation == equation && goal->target.quantity <= MODEL_JOINT_P &&
        strcmp(goal->item, item) == 0 && strcmp(goal->level ? goal->level : "", level) == 0 &&
        strcmp(dot ? dot + 1 : goal->quantity, quantity) == 0)
      return goal;
  }
  return NULL;
}

static const char *like(const struct simulate_goal *goal, char buffer[NUMBER_SIZE])
{
  return number_write_fixed(buffer, goal->reached, goal->number->printed.decimals);
}

// "6.48 (2.84, 14.79)", as printed or as reached.
static char *ratio_text(const struct simulate_goal *ratio, const struct simulate_goal *low,
                        const struct simulate_goal *high, bool reached)
{
  char buffer[3][NUMBER_SIZE];
  const char *text[3] = {"", "", ""};
  const struct simulate_goal *goal[3] = {ratio, low, high};
  for (size_t i = 0; i < 3; i++)
    if (goal[i] && reached && isnan(goal[i]->reached))
      return memory_copy_text("");
    else if (goal[i])
      text[i] = reached ? like(goal[i], buffer[i]) : goal[i]->number->text;
  return low && high ? text_format("%s (%s, %s)", text[0], text[1], text[2])
                     : memory_copy_text(text[0]);
}

static void lay_row(const struct simulation *simulation, struct layout *layout, size_t equation,
                    const struct published_term *term)
{
  const struct simulate_goal *b = find_goal(simulation, equation, term->variable, term->level, "b");
  const struct simulate_goal *ratio =
      find_goal(simulation, equation, term->variable, term->level, "odds.ratio");
  const struct simulate_goal *low =
      find_goal(simulation, equation, term->variable, term->level, "conf.low");
  const struct simulate_goal *high =
      find_goal(simulation, equation, term->variable, term->level, "conf.high");
  const struct simulate_goal *p =
      find_goal(simulation, equation, term->variable, term->level, "p.value");
  if (!b && !ratio && !low && !high && !p)
    return;
  const struct simulate_equation *e = &simulation->equation[equation];
  const struct simulate_item *item = simulation_find(simulation, term->variable);
  char buffer[NUMBER_SIZE];
  struct text title = {0};
  text_append(&title, item->title);
  for (size_t k = 0; k < e->n_items; k++)
    if (&simulation->item[e->item[k]] == item && e->per[k] != 1)
      text_append_format(&title, ", per %s", number_write(buffer, e->per[k]));
  if (item->measure && item->unit)
    text_append_format(&title, " %s", item->unit);
  if (*term->level)
    text_append_format(&title, ", %s", term->level);
  size_t row = layout_row(layout, LAYOUT_LEVEL);
  layout_set(layout, row, 0, text_content(&title));
  text_free(&title);
  if (b) {
    layout_set(layout, row, 1, b->number->text);
    layout_set(layout, row, 4, isnan(b->reached) ? "" : like(b, buffer));
  }
  char *printed = ratio_text(ratio, low, high, false);
  char *reached = ratio_text(ratio, low, high, true);
  layout_set(layout, row, 2, printed);
  layout_set(layout, row, 5, reached);
  free(printed);
  free(reached);
  if (p) {
    layout_set(layout, row, 3, p->number->text);
    layout_set(layout, row, 6, number_write_p(buffer, p->reached, 3));
  }
}

static void lay_coefficients(const struct simulation *simulation, struct report *report)
{
  static const char *const headings[] = {"B", "OR (95% CI)", "P"};
  const struct published *published = &simulation->published;
  struct layout *layout =
      simulation_add_layout(simulation, report, "Odds ratios: printed, and in the %s cohort");
  layout_column(layout, ALIGN_LEFT, "");
  for (size_t j = 0; j < 6; j++) {
    char *heading = text_format("%s\n%s", headings[j % 3],
                                j < 3 ? "printed" : simulation_word(simulation));
    layout_column(layout, ALIGN_RIGHT, heading);
    free(heading);
  }
  for (size_t m = 0; m < published->n_models; m++)
    for (int whole = 0; whole < 2; whole++) {
      bool begun = false;
      for (size_t t = 0; t < published->n_terms; t++)
        for (size_t e = 0; e < simulation->n_equations; e++) {
          const struct simulate_equation *equation = &simulation->equation[e];
          if (equation->model != &published->model[m] || equation->is_whole != whole ||
              published_model_of_table(published, published->file[published->term[t].file].name) !=
                  equation->model)
            continue;
          if (!begun)
            layout_set_format(layout, layout_row(layout, LAYOUT_VARIABLE), 0, "%s, %s",
                              equation->model->table,
                              whole ? "all together" : "one at a time");
          begun = true;
          lay_row(simulation, layout, e, &published->term[t]);
        }
    }
  layout_footnote(layout, "Where the printed numbers of a row contradict each other, the largest "
                          "set of them that can be true together was sought; the counts decide "
                          "a feature alone. Units are the powers of ten at which the printed "
                          "intervals come nearest to those that the printed spreads give.");
}

static void lay_figures(const struct simulation *simulation, struct report *report)
{
  const char *const headings[] = {"Printed", simulation->is_simulated ? "Simulated" : "Checked",
                                  "Distance"};
  const char *model = NULL;
  struct layout *layout = NULL;
  for (size_t i = 0; i < simulation->n_goals; i++) {
    const struct simulate_goal *goal = &simulation->goal[i];
    char buffer[NUMBER_SIZE];
    if (goal->target.quantity <= MODEL_JOINT_P)
      continue;
    if (!layout) {
      layout = simulation_add_layout(simulation, report,
                                     "Curves and validation: printed, and in the %s cohort");
      layout_column(layout, ALIGN_LEFT, "");
      for (size_t j = 0; j < sizeof headings / sizeof *headings; j++)
        layout_column(layout, ALIGN_RIGHT, headings[j]);
    }
    if (model != goal->model)
      layout_set(layout, layout_row(layout, LAYOUT_VARIABLE), 0, goal->model);
    model = goal->model;
    size_t row = layout_row(layout, LAYOUT_LEVEL);
    layout_set_format(layout, row, 0, "%s, %s", goal->item, goal->quantity);
    layout_set(layout, row, 1, goal->number->text);
    if (isnan(goal->reached))
      continue;
    layout_set(layout, row, 2, like(goal, buffer));
    layout_set(layout, row, 3,
               number_write_significant(buffer, goal->reached - goal->number->printed.value, 2));
  }
  if (layout)
    layout_footnote(layout, "Sensitivity and specificity at the largest Youden index; corrected "
                            "AUC, slope and intercept by 1000 bootstrap resamples (Harrell), Brier "
                            "score apparent; thresholds at which the model beats treating all and "
                            "treating none. holdout: on the rows that "
                            "--holdout with this seed sets apart, of the model fitted to the "
                            "others; sought by the order of the rows in the file.");
}

void simulation_lay_goals(const struct simulation *simulation, struct report *report)
{
  if (simulation->n_goals == 0)
    return;
  lay_coefficients(simulation, report);
  lay_figures(simulation, report);
}

void simulation_note_goals(const struct simulation *simulation, struct report *report)
{
  size_t n_sought = 0, n_met = 0, n_other = 0, n_other_met = 0;
  if (simulation->n_goals == 0)
    return;
  for (size_t i = 0; i < simulation->n_goals; i++) {
    const struct simulate_goal *goal = &simulation->goal[i];
    n_sought += goal->is_sought;
    n_met += goal->is_sought && goal->is_met;
    n_other += !goal->is_sought;
    n_other_met += !goal->is_sought && goal->is_met;
  }
  report_note(report,
              simulation->settings->check
                  ? "logistic tables and figures: %zu of %zu numbers that a search would seek are "
                    "met; of the %zu others (column 'why' of the table 'targets') %zu are"
                  : "logistic tables and figures: %zu of %zu numbers that were sought are met; "
                    "of %zu that were not (column 'why' of the table 'targets') %zu are",
              n_met, n_sought, n_other, n_other_met);
  for (size_t e = 0; e < simulation->n_equations; e++) {
    const struct simulate_equation *equation = &simulation->equation[e];
    for (size_t k = 0; k < equation->n_items; k++) {
      const struct simulate_item *item = &simulation->item[equation->item[k]];
      char buffer[NUMBER_SIZE];
      if (equation->per[k] != 1 && (equation->is_whole || item->measure))
        report_note(report, "%s, %s: odds ratios of %s are per %s%s%s", equation->model->table,
                    equation->is_whole ? "all together" : "alone", item->name,
                    number_write(buffer, equation->per[k]), item->unit ? " " : "",
                    item->unit ? item->unit : "");
    }
  }
  if (simulation->settings->check)
    return;
  report_note(report, simulation->settings->match == MATCH_ALL
                          ? "counts, centres and spreads come first: intervals and P values are "
                            "what they leave"
                          : "odds ratios, intervals and curves come first: centres and spreads are "
                            "kept as near as they leave room for");
}
