// SPDX-License-Identifier: GPL-3.0-or-later
// SPSS portable files, for statfile_read.c.

#ifndef HER2_DATA_STATFILE_POR_H
#define HER2_DATA_STATFILE_POR_H

#include <stdbool.h>

#include "data/statfile.h"

// Without `wanted`: adds the variables with their labels (in the order of the file) and
// missing values.  With it, for a file that has its variables: the cells of the columns with
// wanted[i] true, numbers as the file has them, and the number of rows.
bool statfile_read_por(struct statfile *file, const struct statfile_input *input,
                       const bool *wanted, struct error *error);

#endif
