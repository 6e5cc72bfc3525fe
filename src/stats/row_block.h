// SPDX-License-Identifier: GPL-3.0-or-later
// Rows in fixed blocks, and the sums of products over them.
//
// A sum over rows is taken block by block, the blocks of a chunk in order and the chunks in
// order.  The cut into chunks depends on the number of rows alone, so that the result has
// the same bits for any number of threads.

#ifndef HER2_STATS_ROW_BLOCK_H
#define HER2_STATS_ROW_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum { BLOCK_ROWS = 256, MOST_CHUNKS = 64 };

struct row_chunks {
  size_t n_rows, n_chunks;
  size_t rows_per_chunk; // a multiple of BLOCK_ROWS, except for the last chunk
};
struct row_chunks row_chunks(size_t n_rows);
// First row of chunk c (n_rows for c = n_chunks).
size_t row_chunk_start(const struct row_chunks *chunks, size_t c);
// Whether work on n_rows x n_columns pays for threads here; false inside a parallel region.
bool row_chunks_in_parallel(size_t n_rows, size_t n_columns);

// Columns that a block of p columns has with its padding.  A block is column-major,
// BLOCK_ROWS rows, aligned to 16 bytes; padding columns and rows hold 0.
size_t block_width(size_t p);
double *block_allocate(size_t p); // zeroed; release with free()

// sum[j + width k] += a_j' b_k for k <= j < p (lower triangle; entries above are garbage).
// a, b: blocks; sum: width x width, width = block_width(p).
void block_cross_add(const double *a, const double *b, size_t p, double *sum);
// a'b over BLOCK_ROWS rows.
double block_dot(const double *a, const double *b);
// Sum over BLOCK_ROWS values.
double block_sum(const double *a);

#endif
