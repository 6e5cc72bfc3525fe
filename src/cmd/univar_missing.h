// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar --missing: what is missing, in which group, with what else, and in whom.

#ifndef HER2_CMD_UNIVAR_MISSING_H
#define HER2_CMD_UNIVAR_MISSING_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/univar.h"
#include "data/missing_pattern.h"

// Rows that are counted together: all, those of a group, those without outcome.
struct missing_scope {
  const char *name;         // "overall", "group", "no.outcome"
  const char *group;        // as in the data; NULL but for a group
  char *label;              // as printed
  size_t n_rows;
};

// Items are what a row can lack: the outcome if there is one, then the variables.
struct univar_missing {
  struct univar *univar;
  const struct column *outcome;   // NULL: none
  bool grouped;                   // the outcome makes groups
  const double **value;           // n_items columns
  size_t n_items, first_variable; // the variable i is the item first_variable + i
  double *stratum;                // n_rows: group, then (n_groups) without outcome; NaN: set aside
  size_t n_strata;
  struct missing_scope *scope;
  size_t n_scopes;
  struct missing_patterns patterns;
  size_t *count;                  // (n_items + 1) x n_scopes: rows without the item; the last
                                  // line: without any of them
  // Missing or present by group: a variable each, and at last whether any is missing.
  struct univar indicators;
  // One for each item that some rows lack: the variables in the rows without and with it.
  struct univar *comparison;
  size_t *compared_item;
  size_t n_comparisons;
  double *holm;                   // of all comparisons' variables in turn, NaN without P
  size_t n_holm, n_p_values;      // variables of all comparisons; those with a P
};

const char *missing_item_name(const struct univar_missing *missing, size_t item);
const char *missing_item_title(const struct univar_missing *missing, size_t item);
// Of n_items: without any of them.
size_t missing_item_count(const struct univar_missing *missing, size_t item, size_t scope);
// Rows of the scope that have the pattern.
size_t missing_pattern_count(const struct univar_missing *missing, size_t pattern, size_t scope);

// Ends the process if an option or a table does not go with --missing, or needs it.
void univar_missing_check(const struct univar *univar);
// A model's formula stands for its variables: interactions for their parts, splines and
// scaled terms for what they are of.
void univar_missing_terms(struct formula *formula);
// Resolves the outcome; one that makes no groups here becomes an item, with a note.
void univar_missing_outcome(struct univar *univar);

void univar_missing_compute(struct univar_missing *missing, struct univar *univar);
void univar_missing_fill_tables(const struct univar_missing *missing, struct report *report);
void univar_missing_fill_layout(const struct univar_missing *missing, struct report *report);
bool univar_missing_draw(const char *kind, void *missing, struct figure *figure,
                         struct error *error);
void univar_missing_free(struct univar_missing *missing);

#endif
