// SPDX-License-Identifier: GPL-3.0-or-later
// The passes over the rows that a bootstrap of a logistic regression spends its time in.
//
// Lanes are written as vectors, because a reduction may not be reordered by the compiler; a
// processor without such vectors does the same operations in parts.
#include <config.h>

#include "stats/logit_block.h"

#include <math.h>
#include <stdint.h>

#include "stats/row_block.h"

typedef double quad __attribute__((vector_size(32)));
typedef uint64_t quad_bits __attribute__((vector_size(32)));

#define INLINED static inline __attribute__((always_inline))

// exp(-x), x >= 0, to about an ulp; below exp(-708) it stays there.  Cody & Waite (1980): x = k
// ln 2 - r, and Taylor's series to r^13, whose remainder is 4e-18 for |r| <= ln(2)/2.
INLINED void exp_minus(const quad *x, quad *result)
{
  const quad most = {708, 708, 708, 708};
  const double shift = 0x1.8p52; // adding it rounds to a whole number in the lowest bits
  quad_bits far = (quad_bits) (*x > most);
  quad minus = -(quad) ((far & (quad_bits) most) | (~far & (quad_bits) *x));
  quad whole = minus * 0x1.71547652b82fep0 + shift;
  quad_bits k = (quad_bits) whole;
  whole -= shift;
  // ln 2 in two parts, the first of 33 bits.
  quad r = (minus - whole * 0x1.62e42feep-1) - whole * 0x1.a39ef35793c76p-33;
  quad sum = r * (1 / 6227020800.0) + 1 / 479001600.0;
  sum = sum * r + 1 / 39916800.0;
  sum = sum * r + 1 / 3628800.0;
  sum = sum * r + 1 / 362880.0;
  sum = sum * r + 1 / 40320.0;
  sum = sum * r + 1 / 5040.0;
  sum = sum * r + 1 / 720.0;
  sum = sum * r + 1 / 120.0;
  sum = sum * r + 1 / 24.0;
  sum = sum * r + 1 / 6.0;
  sum = sum * r + 1 / 2.0;
  sum = 1 + (r + r * r * sum);
  // Times 2^k, by the exponent's bits.
  *result = (quad) ((quad_bits) sum + (k << 52));
}

// Residuals and variances at g.
INLINED void predict_body(const struct logit_block *block, const double *g,
                          struct logit_block_totals *totals)
{
  const quad_bits magnitude = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
  const quad one = {1, 1, 1, 1}, zero = {0};
  quad least = {INFINITY, INFINITY, INFINITY, INFINITY}, total = {0};
  for (size_t i = 0; i < block->n_rows; i += LOGIT_BLOCK_LANES) {
    quad eta = {0}, e;
    for (size_t j = 0; j < block->p; j++)
      eta += g[j] * *(const quad *) (const void *) (block->z + i + j * BLOCK_ROWS);
    quad w = *(const quad *) (const void *) (block->weight + i);
    quad sign = *(const quad *) (const void *) (block->sign + i);
    quad far = (quad) ((quad_bits) eta & magnitude);
    exp_minus(&far, &e);
    quad likely = 1 / (1 + e);
    quad_bits right = (quad_bits) (sign * eta >= zero), counts = (quad_bits) (w > zero);
    quad miss = w * (likely * (quad) ((right & (quad_bits) e) | (~right & (quad_bits) one)));
    *(quad *) (void *) (block->residual + i) = sign * miss;
    *(quad *) (void *) (block->variance + i) = w * (e * likely * likely);
    total += miss;
    counts &= (quad_bits) (miss < least);
    least = (quad) ((counts & (quad_bits) miss) | (~counts & (quad_bits) least));
  }
  for (int k = 0; k < LOGIT_BLOCK_LANES; k++) {
    totals->least = least[k] < totals->least ? least[k] : totals->least;
    totals->total += total[k];
  }
}

// Two columns of a by four of b, rows of quads; sum column-major.
INLINED void tile_add(const double *a, const double *b, size_t n_quads, size_t width, double *sum)
{
  const size_t stride = BLOCK_ROWS / LOGIT_BLOCK_LANES;
  const quad *a0 = (const quad *) (const void *) a, *a1 = a0 + stride;
  const quad *b0 = (const quad *) (const void *) b, *b1 = b0 + stride;
  const quad *b2 = b1 + stride, *b3 = b2 + stride;
  quad s00 = {0}, s01 = {0}, s02 = {0}, s03 = {0}, s10 = {0}, s11 = {0}, s12 = {0}, s13 = {0};
  for (size_t i = 0; i < n_quads; i++) {
    s00 += a0[i] * b0[i];
    s01 += a0[i] * b1[i];
    s02 += a0[i] * b2[i];
    s03 += a0[i] * b3[i];
    s10 += a1[i] * b0[i];
    s11 += a1[i] * b1[i];
    s12 += a1[i] * b2[i];
    s13 += a1[i] * b3[i];
  }
#define ADD(to, s) to += ((s)[0] + (s)[1]) + ((s)[2] + (s)[3])
  ADD(sum[0], s00);
  ADD(sum[width], s01);
  ADD(sum[2 * width], s02);
  ADD(sum[3 * width], s03);
  ADD(sum[1], s10);
  ADD(sum[1 + width], s11);
  ADD(sum[1 + 2 * width], s12);
  ADD(sum[1 + 3 * width], s13);
}

// Z' residual and Z' variance Z.
INLINED void products_body(const struct logit_block *block, struct logit_block_totals *totals)
{
  size_t p = block->p, width = block_width(p), n_quads = block->n_rows / LOGIT_BLOCK_LANES;
  const quad *variance = (const quad *) (const void *) block->variance;
  const quad *residual = (const quad *) (const void *) block->residual;
  for (size_t j = 0; j < p; j++) {
    const quad *z = (const quad *) (const void *) (block->z + j * BLOCK_ROWS);
    quad *to = (quad *) (void *) (block->weighted + j * BLOCK_ROWS), sum = {0};
    for (size_t i = 0; i < n_quads; i++) {
      to[i] = variance[i] * z[i];
      sum += residual[i] * z[i];
    }
    ADD(totals->score[j], sum);
  }
#undef ADD
  for (size_t j = 0; j < p; j += 2)
    for (size_t k = 0; k < j + 2 && k < p; k += 4)
      tile_add(block->z + j * BLOCK_ROWS, block->weighted + k * BLOCK_ROWS, n_quads, width,
               totals->information + j + k * width);
}

static void block_evaluate(const struct logit_block *block, const double *g,
                           struct logit_block_totals *totals)
{
  predict_body(block, g, totals);
  products_body(block, totals);
}

static void block_multiply(const struct logit_block *block, struct logit_block_totals *totals)
{
  products_body(block, totals);
}

#if defined __x86_64__ && defined __GNUC__
// The same operations in the same order, hence the same bits, in half as many instructions.
#define WIDE __attribute__((target("avx2")))
WIDE static void block_evaluate_wide(const struct logit_block *block, const double *g,
                                     struct logit_block_totals *totals)
{
  predict_body(block, g, totals);
  products_body(block, totals);
}

WIDE static void block_multiply_wide(const struct logit_block *block,
                                     struct logit_block_totals *totals)
{
  products_body(block, totals);
}
#endif

struct logit_block_functions logit_block_functions(void)
{
#if defined __x86_64__ && defined __GNUC__
  if (__builtin_cpu_supports("avx2"))
    return (struct logit_block_functions){block_evaluate_wide, block_multiply_wide};
#endif
  return (struct logit_block_functions){block_evaluate, block_multiply};
}
