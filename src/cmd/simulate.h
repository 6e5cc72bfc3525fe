// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate's cohort, between making and presenting.

#ifndef HER2_CMD_SIMULATE_H
#define HER2_CMD_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/command.h"
#include "data/plausible.h"
#include "data/published.h"

struct simulate_settings {
  const char *published;   // folder or file
  const char *plausible;   // file; NULL: the one in the folder, if it has one
  const char *codebook;    // file to write; NULL: none
  size_t rows;             // 0: as many as were studied
};

// A column of the cohort: a measure or a feature of the tables.
struct simulate_item {
  const char *name, *title, *unit; // title: the label, else the name; unit NULL: none
  const struct published_measure *measure; // one of the two
  const struct published_feature *feature;
  const struct plausible_item *assumed; // NULL: nothing
  int decimals, digits;    // of a measure's values, and as its summaries are printed
  double least, most;      // of a measure's values
  size_t *n;               // n_groups: values, the rest is missing
  size_t *count;           // feature: n_levels x n_groups, row-major, asked of this cohort
  double *value;           // n_rows, group after group: numbers or level indices
};

struct simulation {
  struct command *command;
  const struct simulate_settings *settings;
  struct published published;
  struct plausible plausible;
  const char *group_name;  // of the groups' column
  size_t *studied;         // n_groups: patients in the study
  size_t *group_n, *group_start; // n_groups: rows of the cohort, and the first of them
  size_t n_studied, n_rows;
  struct simulate_item *item;
  size_t n_items;
  double correlation_factor; // by which the asked correlations had to be multiplied
};

// Sizes and columns, then their values.  Both end the process on what cannot be.
void simulation_prepare(struct simulation *simulation);
void simulation_run(struct simulation *simulation);
// The values of a measure in a group, those that are there, ascending; n[group] of them.
double *simulation_sorted(const struct simulation *simulation, const struct simulate_item *item,
                          size_t group);
const struct simulate_item *simulation_find(const struct simulation *simulation,
                                            const char *name);
// What an item's formula gives in the rows of a group.
void simulation_formula(const struct simulation *simulation, const struct simulate_item *item,
                        size_t group, double *result);
void simulation_write_cohort(const struct simulation *simulation, struct text *text);
void simulation_write_codebook(const struct simulation *simulation, struct text *text);
void simulation_free(struct simulation *simulation);

// Tidy tables, pages, notes and warnings.
void simulation_report(const struct simulation *simulation);

#endif
