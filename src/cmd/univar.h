// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar's variables and their comparisons, between computing and presenting.

#ifndef HER2_CMD_UNIVAR_H
#define HER2_CMD_UNIVAR_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/command.h"
#include "data/outcome.h"
#include "stats/comparison.h"

struct univar_settings {
  int quantity_test, category_test;           // enum comparison_test_name
  int after_means, after_ranks, after_counts; // enum posthoc_name, 0: the profile's
  bool no_pairs;
  int adjust;     // enum adjustment, -1: the profile's
  int normality;  // enum normality_test, -1: the profile's
  int levene;     // enum levene_centre, -1: the profile's
  struct text_list normal, nonnormal;
  bool continuity, exact, effects, missing;
  size_t monte_carlo;
};

struct univar_variable {
  char *name;            // in tidy tables: the column, or the term as written
  char *title;           // as printed, without unit
  const char *unit;      // NULL: none
  bool is_category;
  double *value;         // n_rows: numbers or level codes
  bool owns_value;
  struct column copy;    // factor(x): a column of its own
  const struct column *column;
  size_t n, missing;     // among the rows of the groups
  size_t n_undefined;    // log or sqrt of what has none
  int digits;            // decimals of centre and spread
  enum normality_decision decision;
  struct quantity_comparison quantity;
  struct category_comparison category;
};

struct univar {
  struct command *command;
  struct univar_settings *settings;
  struct comparison_options options;
  struct outcome outcome;
  struct univar_variable *variable;
  size_t n_variables;
};

// The tests, pairs and effects of a variable of either kind.
const struct comparison_test *univar_tests(const struct univar_variable *variable, size_t *n);
const struct comparison_pair *univar_pairs(const struct univar_variable *variable, size_t *n);
const struct comparison_effect *univar_effects(const struct univar_variable *variable, size_t *n);

void univar_fill_tables(const struct univar *univar, struct report *report);
void univar_fill_layout(const struct univar *univar, struct report *report);
bool univar_draw(const char *kind, void *univar, struct figure *figure, struct error *error);

// Computes one variable's comparison between the groups.
void univar_compare_variable(const struct univar *univar, struct univar_variable *variable);
// Decimals for the variable's centre and spread.
int univar_digits(const struct univar *univar, const struct univar_variable *variable);

// ---- parts of tables and of the page that --missing shares ----

// Where the tests of a layout stand; 0: not there.
struct univar_columns {
  size_t p, statistic;
  size_t first_pair, n_pairs;
  bool holm; // unadjusted pairs with Holm's P beside
};

void univar_fill_tests(const struct univar *univar, struct report *report, const char *name);
void univar_fill_pairs(const struct univar *univar, struct report *report, const char *name);
// Adds the columns of P, statistic and pairs after those that the layout has; none for one group.
void univar_add_test_columns(const struct univar *univar, struct layout *layout,
                             struct univar_columns *columns);
// The rows of a variable: its summaries, tests and pairs.
void univar_add_variable(const struct univar *univar, const struct univar_variable *variable,
                         struct layout *layout, const struct univar_columns *columns);
// The main test and the pairs (those of this level where levels have their own) in one row,
// and a row below it for each further test.
void univar_set_tests(const struct univar *univar, const struct univar_variable *variable,
                      struct layout *layout, size_t row, size_t level,
                      const struct univar_columns *columns);
// "12 (10.6)"; the caller frees.
char *univar_count_cell(const struct univar *univar, double count, size_t n);
void univar_footnote_tests(const struct univar *univar, struct layout *layout);
void univar_footnote_pairs(const struct univar *univar, struct layout *layout,
                           const struct univar_columns *columns);
// What the symbols of these tests mean, without the variables' names.
void univar_footnote_symbols(const struct comparison_test *const *test, size_t n_tests,
                             struct layout *layout);

#endif
