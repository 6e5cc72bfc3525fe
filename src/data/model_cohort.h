// SPDX-License-Identifier: GPL-3.0-or-later
// A cohort as models read it: their columns, their derivations, their missing tokens.

#ifndef HER2_DATA_MODEL_COHORT_H
#define HER2_DATA_MODEL_COHORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/cohort.h"
#include "data/model.h"

// Opens `path`, loads the columns that the models, the user's derivations and the conditions
// read, and derives.  A derivation of a model is applied where one of those needs its column
// and neither the file nor the user has it.  The models' missing tokens are added to the
// user's.  Rows are not filtered (cohort_keep).  What the user should know goes to
// table->notes.  ERROR_DATA for a column that is not there, naming the model that reads it;
// ERROR_USAGE if two models derive a column differently, or if derivations read each other.
// After an error the table is to be freed, too.
bool model_cohort_load(struct table *table, const char *path, struct cohort_options *options,
                       const struct model *model, size_t n_models, struct error *error);

#endif
