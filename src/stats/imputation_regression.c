// SPDX-License-Identifier: GPL-3.0-or-later
// Linear algebra of small regressions on a row-major design.  Products are summed in tiles of
// 4 x 4 columns, written as vectors of two doubles, which every x86-64 and AArch64 has.
#include <config.h>

#include "stats/imputation_regression.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

typedef double pair __attribute__((vector_size(16), may_alias));

enum { TILE = 4 };
static const double least_pivot = 1e-8;

struct imputation_room imputation_room_new(size_t n, size_t width, size_t most_levels)
{
  size_t blocks = most_levels > 2 ? most_levels - 1 : 1, q = width * blocks;
  size_t *identity = NEW_ARRAY(size_t, n);
  for (size_t i = 0; i < n; i++)
    identity[i] = i;
  return (struct imputation_room){
      .width = width,
      .product = NEW_ARRAY(double, width *width),
      .kept = NEW_ARRAY(size_t, width),
      .factor = NEW_ARRAY(double, q *q),
      .score = NEW_ARRAY(double, q),
      .trial = NEW_ARRAY(double, q),
      .coefficient = NEW_ARRAY(double, q),
      .gathered = NEW_ARRAY(double, n *width),
      .identity = identity,
      .probability = NEW_ARRAY(double, (n + 1) * (blocks + 1)),
      .weight = NEW_ARRAY(double, n),
      .fitted = NEW_ARRAY(double, n),
      .sorting = order_room_new(n),
      .order = NEW_ARRAY(size_t, n),
  };
}

void imputation_room_free(struct imputation_room *room)
{
  free(room->product);
  free(room->kept);
  free(room->factor);
  free(room->score);
  free(room->trial);
  free(room->coefficient);
  free(room->gathered);
  free(room->identity);
  free(room->probability);
  free(room->weight);
  free(room->fitted);
  order_room_free(&room->sorting);
  free(room->order);
  *room = (struct imputation_room){0};
}

double imputation_linear_predictor(const double *x, const double *coefficient, size_t width)
{
  const pair *a = (const pair *) (const void *) x, *b = (const pair *) (const void *) coefficient;
  pair even = {0}, odd = {0};
  for (size_t j = 0; j < width / 2; j += 2) {
    even += a[j] * b[j];
    odd += a[j + 1] * b[j + 1];
  }
  even += odd;
  return even[0] + even[1];
}

// Columns j..j+3 by k..k+3.
static void tile_product(const struct imputation_sample *sample, const double *weight, size_t j,
                         size_t k, double *product)
{
  pair sum[TILE][2] = {{{0}}};
  for (size_t i = 0; i < sample->n; i++) {
    const double *row = sample->x + sample->row[i] * sample->width;
    const pair *right = (const pair *) (const void *) (row + k);
    pair low = weight[i] * right[0], high = weight[i] * right[1];
    for (size_t a = 0; a < TILE; a++) {
      sum[a][0] += row[j + a] * low;
      sum[a][1] += row[j + a] * high;
    }
  }
  for (size_t a = 0; a < TILE; a++)
    for (size_t b = 0; b < TILE; b++)
      product[(j + a) * sample->width + k + b] = sum[a][b / 2][b % 2];
}

static bool all_own(const struct imputation_sample *sample, size_t j)
{
  return j >= sample->own && j + TILE <= sample->own + sample->n_own;
}

void imputation_cross_product(const struct imputation_sample *sample, const double *weight,
                              double *product)
{
  for (size_t j = 0; j < sample->width; j += TILE)
    for (size_t k = 0; k <= j && !all_own(sample, j); k += TILE)
      if (!all_own(sample, k))
        tile_product(sample, weight, j, k, product);
}

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

bool imputation_keep_columns(const struct imputation_sample *sample, struct imputation_room *room)
{
  size_t width = sample->width;
  imputation_cross_product(sample, sample->weight, room->product);
  room->n_kept = 0;
  for (size_t j = 0; j < sample->n_columns; j++) {
    if (j >= sample->own && j < sample->own + sample->n_own)
      continue;
    // The row that column j would have in the factor.
    size_t q = room->n_kept;
    double *row = room->factor + q * width, diagonal = room->product[j * width + j];
    if (!isfinite(diagonal))
      return false;
    for (size_t k = 0; k < q; k++) {
      const double *earlier = room->factor + k * width;
      row[k] = (room->product[j * width + room->kept[k]] - dot(row, earlier, k)) / earlier[k];
    }
    double pivot = diagonal - dot(row, row, q);
    if (!(pivot > least_pivot * diagonal))
      continue;
    row[q] = sqrt(pivot);
    room->kept[room->n_kept++] = j;
  }
  return true;
}

bool imputation_factor(double *a, size_t q)
{
  for (size_t j = 0; j < q; j++) {
    double *row = a + j * q;
    for (size_t k = 0; k < j; k++)
      row[k] = (row[k] - dot(row, a + k * q, k)) / a[k * q + k];
    double pivot = row[j] - dot(row, row, j);
    if (!(pivot > 0 && isfinite(pivot)))
      return false;
    row[j] = sqrt(pivot);
  }
  return true;
}

void imputation_solve_transposed(const double *factor, size_t q, double *b)
{
  for (size_t j = q; j-- > 0;) {
    const double *row = factor + j * q;
    b[j] /= row[j];
    for (size_t k = 0; k < j; k++)
      b[k] -= row[k] * b[j];
  }
}

void imputation_solve_lower(const double *factor, size_t q, double *b)
{
  for (size_t j = 0; j < q; j++)
    b[j] = (b[j] - dot(factor + j * q, b, j)) / factor[j * q + j];
}

void imputation_solve(const double *factor, size_t q, double *b)
{
  imputation_solve_lower(factor, q, b);
  imputation_solve_transposed(factor, q, b);
}
