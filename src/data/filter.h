// SPDX-License-Identifier: GPL-3.0-or-later
// Rows by condition: 'COLUMN OP VALUE', OP one of = != < <= > >=.
//
// VALUE is a number, a level (bare or in double quotes), or for = and != a list `a,b`.
// Columns with levels take = and !=, and the other four if the codebook says ordinal.
// Words are those of lexer.h; numbers may have a sign.

#ifndef HER2_DATA_FILTER_H
#define HER2_DATA_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/table.h"

struct condition; // a parsed condition

struct condition *condition_parse(const char *text, struct error *error); // NULL on error
void condition_free(struct condition *condition);
const char *condition_column(const struct condition *condition);
void condition_print(const struct condition *condition, struct text *text);
// The column must be loaded.  keep: n_rows, rows that do not meet the condition are set
// false; a missing value meets none (not even !=).  A level that the column does not have
// is an ERROR_USAGE that names the nearest.
bool condition_apply(const struct condition *condition, const struct table *table, bool *keep,
                     struct error *error);

#endif
