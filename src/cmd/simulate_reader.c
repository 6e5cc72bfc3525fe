// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate: a second reader's values of the measures whose agreement is printed.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/simulate.h"
#include "stats/agreement.h"
#include "stats/rng.h"

enum { N_HALVINGS = 60, STREAM_READER = 32 };

// Onto the grid of the written decimals, inside the range.
static double written(const struct simulate_item *item, double value)
{
  double scale = pow(10, item->decimals);
  double k = round(fmin(fmax(value, item->least), item->most) * scale);
  if (isfinite(item->least))
    k = fmax(k, ceil(item->least * scale - 1e-6));
  if (isfinite(item->most))
    k = fmin(k, floor(item->most * scale + 1e-6));
  return k / scale;
}

// ICC2 of the two readers (Shrout & Fleiss: two-way random, absolute agreement, single reading).
double simulation_icc(const struct simulation *simulation, const struct simulate_item *item)
{
  double *reading = NEW_ARRAY(double, 2 * simulation->n_rows);
  size_t n = 0;
  // In the order of the file, which the last digit of a sum depends on.
  for (size_t k = 0; k < simulation->n_rows; k++) {
    size_t i = simulation->order[k];
    if (isnan(item->value[i]) || isnan(item->second[i]))
      continue;
    reading[2 * n] = item->value[i];
    reading[2 * n++ + 1] = item->second[i];
  }
  struct reading_anova anova = reading_anova_compute(reading, n, 2);
  double estimate = icc_compute(&anova, ICC_2, 0.95).estimate;
  free(reading);
  return estimate;
}

static double with_error(const struct simulation *simulation, struct simulate_item *item,
                         const double *error, double size)
{
  for (size_t i = 0; i < simulation->n_rows; i++)
    item->second[i] = isnan(item->value[i]) ? NAN : written(item, item->value[i] + size * error[i]);
  return simulation_icc(simulation, item);
}

// The first reader's values with normal errors of one SD, found by halving.
static void add_reader(const struct simulation *simulation, struct simulate_item *item,
                       size_t index)
{
  double *error = NEW_ARRAY(double, simulation->n_rows), asked = item->icc->printed.value;
  double low = 0, high = pow(10, -item->decimals), best = 0, distance = INFINITY;
  struct philox_stream stream;
  philox_start(&stream, simulation->command->seed, RNG_SIMULATE,
               (uint64_t) STREAM_READER << 56 | index);
  for (size_t i = 0; i < simulation->n_rows; i++)
    error[i] = philox_normal(&stream);
  for (int k = 0; k < N_HALVINGS && with_error(simulation, item, error, high) > asked; k++)
    high *= 2;
  for (int k = 0; k < N_HALVINGS; k++) {
    double middle = (low + high) / 2, reached = with_error(simulation, item, error, middle);
    if (fabs(reached - asked) < distance) {
      distance = fabs(reached - asked);
      best = middle;
    }
    *(reached > asked ? &low : &high) = middle;
  }
  item->icc_reached = with_error(simulation, item, error, best);
  free(error);
}

void simulation_add_readers(struct simulation *simulation)
{
  const struct published *published = &simulation->published;
  for (size_t i = 0; i < published->n_agreements; i++) {
    const struct published_agreement *agreement = &published->agreement[i];
    struct simulate_item *item =
        (struct simulate_item *) simulation_find(simulation, agreement->measure);
    if (!item || !item->measure || !published_is_printed(&agreement->icc))
      continue;
    item->icc = &agreement->icc;
    item->second = NEW_ARRAY(double, simulation->n_rows);
    item->second_name = text_format("%s_2", item->name);
    if (simulation_find(simulation, item->second_name)) {
      struct error error;
      error_set(&error, ERROR_DATA, "two columns of the cohort would be named '%s'",
                item->second_name);
      command_fail(simulation->command, &error);
    }
  }
  #pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < simulation->n_items; i++)
    if (simulation->item[i].second)
      add_reader(simulation, &simulation->item[i], i);
}
