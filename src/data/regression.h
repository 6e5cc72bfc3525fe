// SPDX-License-Identifier: GPL-3.0-or-later
// A logistic regression of a formula on the rows of a cohort: design, rows, data, fit.

#ifndef HER2_DATA_REGRESSION_H
#define HER2_DATA_REGRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "data/design.h"
#include "data/formula.h"
#include "data/outcome.h"
#include "data/table.h"
#include "stats/convention.h"
#include "stats/logit.h"

struct regression {
  struct design design;
  bool *used;        // rows of the table
  size_t *row;       // n_rows indices of the rows used
  size_t n_rows, n_events;
  size_t n_missing;  // rows of the groups that lack a value of some term
  double *x, *y;     // n_rows x design.n_columns, n_rows; y = 1 for the event
  struct logit_fit fit;
};

// Learns the design from the rows that are in a group of `outcome` (which must have an event),
// have allowed[i] (NULL: all) and are complete for every term, makes x and y and fits.  An
// estimate that does not exist is no error here: see fit.status.  Without terms the model is
// the intercept alone.
bool regression_fit(struct regression *regression, const struct formula *formula,
                    const struct table *table, const struct outcome *outcome, const bool *allowed,
                    const struct convention *convention, const struct logit_options *options,
                    struct error *error);
void regression_free(struct regression *regression);

// Releases x, y and the rows; design, fit and numbers stay.  A cohort of a million rows is then
// not held once for every term.
void regression_release_data(struct regression *regression);

// x and y as logit.h wants them.
struct logit_data regression_data(const struct regression *regression);

// Why there is no estimate, and what helps: "the fit is separated by 'er=positive': ..."; false.
// True if there is one.
bool regression_check(const struct regression *regression, struct error *error);

#endif
