// SPDX-License-Identifier: GPL-3.0-or-later
// The left side of a formula: which group each row belongs to.

#ifndef HER2_DATA_OUTCOME_H
#define HER2_DATA_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/formula.h"
#include "data/table.h"

struct outcome {
  const struct column *column; // NULL: no outcome, one group that holds all rows
  bool has_event;              // two groups, the event first
  size_t n_groups;
  char **group;                // names as in the data: "over"; "low, over"; "not over"
  char **label;                // as printed
  double *code;                // n_rows: 0..n_groups-1, NaN: the row is in no group
  size_t *n;                   // n_groups: rows in each
  size_t n_missing;            // rows without outcome
  size_t n_set_aside;          // rows whose level the formula does not name
};

enum outcome_need {
  OUTCOME_GROUPS, // every level is a group unless the formula states an event
  OUTCOME_EVENT,  // event against the rest; 0/1 and FALSE/TRUE columns need no `=`
};

// A numeric outcome column becomes categorical (at most 20 different values).  A level that is not
// there may be the value of one that a statistics file has a label for, which is noted.  Levels
// without a row make no group.  ERROR_USAGE: a level that is not there, an event that is
// not stated; ERROR_DATA: fewer than two groups hold rows.
bool outcome_resolve(struct outcome *outcome, const struct formula *formula, struct table *table,
                     enum outcome_need need, struct error *error);
void outcome_free(struct outcome *outcome);

#endif
