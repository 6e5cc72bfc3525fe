// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate's cohort, between making and presenting.

#ifndef HER2_CMD_SIMULATE_H
#define HER2_CMD_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/command.h"
#include "data/plausible.h"
#include "data/published.h"
#include "stats/simulated_model.h"

enum simulate_match { MATCH_TABLES, MATCH_MODELS, MATCH_ALL };

struct simulate_settings {
  enum simulate_match match;
  const char *published;   // folder or file
  const char *plausible;   // file; NULL: the one in the folder, if it has one
  const char *check;       // cohort to hold against the tables; NULL: one is made
  const char *codebook;    // file to write; NULL: none
  size_t rows;             // 0: as many as were studied
};

// A column of the cohort: a measure or a feature of the tables.
struct simulate_item {
  const char *name, *title, *unit; // title: the label, else the name; unit NULL: none
  const struct published_measure *measure; // one of the two
  const struct published_feature *feature;
  const struct plausible_item *assumed; // NULL: nothing
  bool is_absent;          // from the cohort that is checked
  int decimals, digits;    // of a measure's values, and as its summaries are printed
  double least, most;      // of a measure's values
  size_t *n;               // n_groups: values, asked until there are any; the rest is missing
  size_t *count;           // feature: n_levels x n_groups, row-major, asked of this cohort
  double *value;           // n_rows, group after group: numbers or level indices
  // A second reader's values, NULL if no agreement is printed, and the ICC2 of the two.
  double *second;
  char *second_name;
  const struct published_number *icc;
  double icc_reached;
};

// A logistic regression of the tables: one predictor alone, or a whole model.
struct simulate_equation {
  const struct published_model *model;
  bool is_whole;            // the multivariable one
  size_t *item;             // n_items, measures and features
  double *per;              // units of each that its odds ratio is for
  size_t *design_start;     // n_items: its first column in the design; 0 is the intercept
  size_t n_items, p;
  double *outcome;          // n_rows: 1 event, 0 other, NaN neither
};

// A number that a logistic table or a performance figure prints.
struct simulate_goal {
  const char *item, *level;  // level NULL
  const char *model;
  char *quantity;
  const struct published_number *number;
  double asked, reached;     // asked: of a proportion the nearest that so many rows can have
  bool is_sought, is_met;
  char *why;                 // it is not sought; NULL
  size_t equation;           // SIZE_MAX: none
  bool is_holdout;           // of the rows that a hold-out sets apart
  struct model_target target; // what to find in the equation; part of it is unused where not sought
};

struct simulation {
  struct command *command;
  const struct simulate_settings *settings;
  struct published published;
  struct plausible plausible;
  const char *group_name;  // of the groups' column
  size_t *studied;         // n_groups: patients in the study
  size_t *group_asked;     // n_groups: rows of a cohort of this size
  size_t *group_n, *group_start; // n_groups: rows of the cohort, and the first of them
  size_t *file_group;      // --check: of each row of the file; SIZE_MAX: of no group
  bool is_simulated;       // the cohort; of one that is checked its labels or rows say so
  size_t n_studied, n_rows;
  struct simulate_item *item;
  size_t n_items;
  struct simulate_equation *equation;
  size_t n_equations;
  struct simulate_goal *goal;
  size_t n_goals;
  double holdout;          // share of rows set apart for figures of other rows; NaN: not printed
  size_t *order;           // row i of the file is row order[i] of the arrays (groups stand mixed)
  double correlation_factor; // by which the asked correlations had to be multiplied
};

// Sizes and columns, then their values.  Both end the process on what cannot be.
void simulation_prepare(struct simulation *simulation);
void simulation_run(struct simulation *simulation);
// The equations and goals of the logistic tables and performance figures; after simulation_prepare.
void simulation_prepare_models(struct simulation *simulation);
// Anneals the columns that the equations use, and puts the others in order beside them; after
// simulation_run.
void simulation_run_models(struct simulation *simulation);
// What weighs how much in the search.
struct simulate_weights {
  double estimate, limits, univariable, univariable_limits, left_out;
  double auc, auc_limits, youden, brier, mean, sd, quartile;
};
const struct simulate_weights *simulation_weights(const struct simulation *simulation);
// Exchanges rows of the file within groups, so that a hold-out with this seed has the printed
// figures; after simulation_run_models.
void simulation_run_split(struct simulation *simulation);
// What each goal has reached, by the fits, curves and validation of stats.
void simulation_measure_goals(struct simulation *simulation);
// The values of a measure in a group, those that are there, ascending; n[group] of them.
double *simulation_sorted(const struct simulation *simulation, const struct simulate_item *item,
                          size_t group);
const struct simulate_item *simulation_find(const struct simulation *simulation,
                                            const char *name);
// What an item's formula gives in the rows of a group.
void simulation_formula(const struct simulation *simulation, const struct simulate_item *item,
                        size_t group, double *result);
// Every measure with a formula takes its order in a group; the last of its inputs is reordered for
// it.  is_fixed (may be NULL): columns that stay as they are.
void simulation_follow_formulas(const struct simulation *simulation, size_t group,
                                bool (*is_fixed)(const struct simulation *, size_t));
void simulation_free(struct simulation *simulation);

// --check: the groups of the file's rows, before simulation_prepare goes on; then the values of
// its columns, after simulation_prepare_models.
void simulation_open_cohort(struct simulation *simulation);
void simulation_read_cohort(struct simulation *simulation);

// The file: CSV, its codebook, or the same cohort for statfile_write.
struct statfile;
void simulation_write_cohort(const struct simulation *simulation, struct text *text);
void simulation_write_codebook(const struct simulation *simulation, struct text *text);
void simulation_fill_statfile(const struct simulation *simulation, struct statfile *file);

// NAME_2 for each measure whose agreement is printed; after all values.
void simulation_add_readers(struct simulation *simulation);
double simulation_icc(const struct simulation *simulation, const struct simulate_item *item);

// What a measure's values have in a group: mean and SD, quartiles of type 6, Lilliefors's P.
struct simulate_summary {
  double mean, sd, median, q1, q3, least, most, normal_p;
};
struct simulate_summary simulation_summarize(const struct simulation *simulation,
                                             const struct simulate_item *item, size_t group);
// Rows with a level of a feature; NaN if the cohort lacks it.
double simulation_count(const struct simulation *simulation, const struct simulate_item *item,
                        size_t level, size_t group);
// Whether a value prints as a number does; `<0.001` holds what is below it.
bool simulation_prints_as(const struct published_number *number, double value);
// The goal of the first place that gives this figure; NULL if there is none.
const struct simulate_goal *simulation_figure_goal(const struct simulation *simulation,
                                                   const struct published_figure *figure);

// Tidy tables, pages, notes and warnings.
void simulation_report(const struct simulation *simulation);
// "simulated" or "checked"; a page with that in its title, where `title` says %s.
const char *simulation_word(const struct simulation *simulation);
struct layout *simulation_add_layout(const struct simulation *simulation, struct report *report,
                                     const char *title);
// The table `comparison`, named as her2-audit's findings are; --check: its page and note, too.
void simulation_compare(const struct simulation *simulation, struct report *report);
void simulation_lay_goals(const struct simulation *simulation, struct report *report);
void simulation_note_goals(const struct simulation *simulation, struct report *report);

#endif
