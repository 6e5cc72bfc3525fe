// SPDX-License-Identifier: GPL-3.0-or-later
// From a file, a formula, models, derivations and conditions to a table that is ready to
// analyse.

#ifndef HER2_DATA_COHORT_H
#define HER2_DATA_COHORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/derive.h"
#include "data/filter.h"
#include "data/formula.h"
#include "data/model.h"
#include "data/table.h"

struct cohort_options {
  struct table_options table;
  struct derivation **derivation; // in the order in which they are applied
  size_t n_derivations;
  struct condition **condition;   // all must hold
  size_t n_conditions;
  bool candidates;                // load what models chose their terms from, too, where it is there
};
void cohort_options_free(struct cohort_options *options);

// Opens `path`, loads the columns that the formula, the models, the derivations and the
// conditions name (all of them if the formula has a `.`), derives, and expands `.` in the
// formula.  A derivation of a model is applied where something needs its column and neither the
// file nor the user has it.  The models' missing tokens are added to the user's, and their codes
// of single columns to the codebook's; a note says where two models differ in these.  Rows are not
// yet filtered: cohort_keep says which meet the conditions.  What the user should know is added
// to table->notes.  ERROR_DATA for a column that a model reads and that is not there, naming the
// model; ERROR_USAGE if two models derive a column differently, if what one has as a level means
// missing in another, or if derivations read each other.  After an error the table is to be freed,
// too.
bool cohort_load(struct table *table, struct formula *formula, const char *path,
                 struct cohort_options *options, const struct model *model, size_t n_models,
                 struct error *error);

// keep: n_rows out.
bool cohort_keep(const struct table *table, const struct cohort_options *options, bool *keep,
                 struct error *error);

#endif
