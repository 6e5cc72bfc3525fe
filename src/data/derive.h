// SPDX-License-Identifier: GPL-3.0-or-later
// Columns computed from others: 'name = expression' with + - * / ( ) and numbers.

#ifndef HER2_DATA_DERIVE_H
#define HER2_DATA_DERIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

struct derivation; // a parsed definition

// Parses; errors are ERROR_USAGE with the place.  NULL on error.
struct derivation *derivation_parse(const char *text, struct error *error);
void derivation_free(struct derivation *derivation);
const char *derivation_name(const struct derivation *derivation);
// Names of the columns that it reads, each once.
const struct text_list *derivation_inputs(const struct derivation *derivation);
// The canonical text, which parses to an equal derivation.
void derivation_print(const struct derivation *derivation, struct text *text);
// The same name and the same operations in the same order.
bool derivation_equal(const struct derivation *a, const struct derivation *b);

// value: n_rows results from input[j], the j-th of derivation_inputs.  Missing and the number
// returned are as derivation_apply has them.
size_t derivation_compute(const struct derivation *derivation, const double *const *input,
                          size_t n_rows, double *value);
// Adds the column to the table; its inputs must be loaded and numeric, its name new.
// Missing where an input is missing, where a divisor is 0 (*n_division_by_zero: such rows,
// those with a missing input not counted), or where a result on the way is not finite.
bool derivation_apply(const struct derivation *derivation, struct table *table,
                      size_t *n_division_by_zero, struct error *error);

#endif
