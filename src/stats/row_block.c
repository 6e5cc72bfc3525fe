// SPDX-License-Identifier: GPL-3.0-or-later
// Products over blocks of rows in registers: tiles of 2 x 4 columns, two rows a step.  The
// lanes are written as vectors of two doubles because a reduction may not be reordered by
// the compiler, and because two lanes are what every x86-64 and AArch64 has: the bits do not
// depend on the processor.
#include <config.h>

#include "stats/row_block.h"

#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/memory.h"

typedef double pair __attribute__((vector_size(16)));

struct row_chunks row_chunks(size_t n_rows)
{
  struct row_chunks chunks = {.n_rows = n_rows};
  size_t rows = n_rows / MOST_CHUNKS + 1, least = 4 * BLOCK_ROWS;
  rows = rows < least ? least : rows;
  chunks.rows_per_chunk = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS * BLOCK_ROWS;
  chunks.n_chunks = (n_rows + chunks.rows_per_chunk - 1) / chunks.rows_per_chunk;
  return chunks;
}

size_t row_chunk_start(const struct row_chunks *chunks, size_t c)
{
  size_t start = c * chunks->rows_per_chunk;
  return start < chunks->n_rows ? start : chunks->n_rows;
}

bool row_chunks_in_parallel(size_t n_rows, size_t n_columns)
{
#ifdef _OPENMP
  return !omp_in_parallel() && n_rows > 4 * BLOCK_ROWS &&
         (double) n_rows * (double) n_columns > 5e4;
#else
  (void) n_rows, (void) n_columns;
  return false;
#endif
}

size_t block_width(size_t p)
{
  return (p + 3) / 4 * 4;
}

double *block_allocate(size_t p)
{
  return NEW_ZEROED(double, block_width(p) * BLOCK_ROWS);
}

static double both(pair value)
{
  return value[0] + value[1];
}

// Two columns of a by four of b.
static void tile_add(const double *a, const double *b, size_t width, double *sum)
{
  const pair *a0 = (const pair *) (const void *) a, *a1 = a0 + BLOCK_ROWS / 2;
  const pair *b0 = (const pair *) (const void *) b, *b1 = b0 + BLOCK_ROWS / 2;
  const pair *b2 = b1 + BLOCK_ROWS / 2, *b3 = b2 + BLOCK_ROWS / 2;
  pair s00 = {0}, s01 = {0}, s02 = {0}, s03 = {0}, s10 = {0}, s11 = {0}, s12 = {0}, s13 = {0};
  for (size_t i = 0; i < BLOCK_ROWS / 2; i++) {
    s00 += a0[i] * b0[i];
    s01 += a0[i] * b1[i];
    s02 += a0[i] * b2[i];
    s03 += a0[i] * b3[i];
    s10 += a1[i] * b0[i];
    s11 += a1[i] * b1[i];
    s12 += a1[i] * b2[i];
    s13 += a1[i] * b3[i];
  }
  sum[0] += both(s00);
  sum[width] += both(s01);
  sum[2 * width] += both(s02);
  sum[3 * width] += both(s03);
  sum[1] += both(s10);
  sum[1 + width] += both(s11);
  sum[1 + 2 * width] += both(s12);
  sum[1 + 3 * width] += both(s13);
}

void block_cross_add(const double *a, const double *b, size_t p, double *sum)
{
  size_t width = block_width(p);
  for (size_t j = 0; j < p; j += 2)
    for (size_t k = 0; k < j + 2 && k < p; k += 4)
      tile_add(a + j * BLOCK_ROWS, b + k * BLOCK_ROWS, width, sum + j + k * width);
}

double block_dot(const double *a, const double *b)
{
  const pair *x = (const pair *) (const void *) a, *y = (const pair *) (const void *) b;
  pair s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  for (size_t i = 0; i < BLOCK_ROWS / 2; i += 4) {
    s0 += x[i] * y[i];
    s1 += x[i + 1] * y[i + 1];
    s2 += x[i + 2] * y[i + 2];
    s3 += x[i + 3] * y[i + 3];
  }
  return both((s0 + s1) + (s2 + s3));
}

double block_sum(const double *a)
{
  const pair *x = (const pair *) (const void *) a;
  pair s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  for (size_t i = 0; i < BLOCK_ROWS / 2; i += 4) {
    s0 += x[i];
    s1 += x[i + 1];
    s2 += x[i + 2];
    s3 += x[i + 3];
  }
  return both((s0 + s1) + (s2 + s3));
}
