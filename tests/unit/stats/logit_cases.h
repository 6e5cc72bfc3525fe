// SPDX-License-Identifier: GPL-3.0-or-later
// Data for the tests of logistic regression.

#ifndef HER2_TESTS_LOGIT_CASES_H
#define HER2_TESTS_LOGIT_CASES_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "stats/logit.h"
#include "tap.h"

// Numbers from 0 to 1, always the same (splitmix64, Steele et al. 2014).
__attribute__((unused)) static double random_unit(uint64_t *state)
{
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return ((double) ((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}
__attribute__((unused)) static double random_normal(uint64_t *state)
{
  double u = random_unit(state), v = random_unit(state);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

struct case_data {
  struct logit_data data;
  double *x, *y, *weight, *offset;
};

__attribute__((unused)) static struct case_data case_new(size_t n, size_t p)
{
  struct case_data c = {.data = {.n = n, .p = p}};
  c.x = calloc(n * p + 1, sizeof *c.x);
  c.y = calloc(n + 1, sizeof *c.y);
  for (size_t i = 0; i < n && p > 0; i++)
    c.x[i] = 1;
  c.data.x = c.x;
  c.data.y = c.y;
  return c;
}

__attribute__((unused)) static double *case_weights(struct case_data *c)
{
  c->weight = calloc(c->data.n + 1, sizeof *c->weight);
  c->data.weight = c->weight;
  return c->weight;
}

__attribute__((unused)) static double *case_offsets(struct case_data *c)
{
  c->offset = calloc(c->data.n + 1, sizeof *c->offset);
  c->data.offset = c->offset;
  return c->offset;
}

__attribute__((unused)) static void case_free(struct case_data *c)
{
  free(c->x);
  free(c->y);
  free(c->weight);
  free(c->offset);
  *c = (struct case_data){.data = {0}};
}

// Rows and columns of `x` and the outcome, as a reference holds them.
__attribute__((unused)) static struct case_data case_read(const struct reference *r,
                                                          const char *name)
{
  char key[100];
  snprintf(key, sizeof key, "%s.x", name);
  size_t n_values;
  const double *x = reference_values(r, key, &n_values);
  struct case_data c = case_new((size_t) x[0], (size_t) x[1]);
  memcpy(c.x, x + 2, c.data.n * c.data.p * sizeof *c.x);
  snprintf(key, sizeof key, "%s.y", name);
  memcpy(c.y, reference_values(r, key, &n_values), c.data.n * sizeof *c.y);
  return c;
}

// A copy in which row i stands weight[i] times.
__attribute__((unused)) static struct case_data case_repeat(const struct logit_data *data)
{
  size_t n = 0, to = 0;
  for (size_t i = 0; i < data->n; i++)
    n += (size_t) data->weight[i];
  struct case_data c = case_new(n, data->p);
  if (data->offset)
    case_offsets(&c);
  for (size_t i = 0; i < data->n; i++)
    for (size_t k = 0; k < (size_t) data->weight[i]; k++, to++) {
      for (size_t j = 0; j < data->p; j++)
        c.x[to + j * n] = data->x[i + j * data->n];
      c.y[to] = data->y[i];
      if (data->offset)
        c.offset[to] = data->offset[i];
    }
  return c;
}

#endif
