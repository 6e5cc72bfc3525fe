// SPDX-License-Identifier: GPL-3.0-or-later
// Score and information of a logistic regression over a block of rows, four rows a vector.  For
// refit.c alone.

#ifndef HER2_STATS_LOGIT_BLOCK_H
#define HER2_STATS_LOGIT_BLOCK_H

#include <stddef.h>

enum { LOGIT_BLOCK_LANES = 4 };

// What blocks of rows add up to; width = block_width(p) (row_block.h).
struct logit_block_totals {
  double *score;       // width: Z' w (y - P)
  double *information; // width x width, lower triangle: Z' w P (1 - P) Z; above it garbage
  double least, total; // smallest (of positive weight) and sum of w |y - P|
};

// A block of n_rows <= BLOCK_ROWS rows, a multiple of LOGIT_BLOCK_LANES (made up with rows of
// weight 0).  Every array is aligned to 32 bytes.
struct logit_block {
  size_t n_rows, p;
  const double *z;             // width columns of BLOCK_ROWS; those beyond p are 0
  const double *weight, *sign; // sign: 1 for an event, -1 for another row
  double *residual, *variance; // out: w (y - P), w P (1 - P)
  double *weighted;            // scratch, as z
};

// Adds the block to the totals.  The bits are the same on every processor.
struct logit_block_functions {
  // Predictions at coefficients g of z (p of them).
  void (*evaluate)(const struct logit_block *block, const double *g,
                   struct logit_block_totals *totals);
  // With residuals and variances as they stand in the block; least and total are left alone.
  void (*multiply)(const struct logit_block *block, struct logit_block_totals *totals);
};
// The fastest that this processor has.
struct logit_block_functions logit_block_functions(void);

#endif
