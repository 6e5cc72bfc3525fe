// SPDX-License-Identifier: GPL-3.0-or-later
// An order of the rows such that the rows which a seeded hold-out sets apart give stated figures.
// Kirkpatrick, Gelatt & Vecchi (1983) over exchanges.
#include <config.h>

#include "stats/simulated_split.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "stats/quick_logit.h"
#include "stats/rng.h"

enum { N_THRESHOLDS = 99 };

static const double hot = 0.1, cold = 0.005;
// Natural units: the loss is of squares of these at first, of what does not print at the end.
static const double scale[N_SPLIT_FIGURES] = {0.05, 0.03, 0.3, 0.3, 0.1, 0.1};
static const double narrowest = 0.003, narrow_after = 0.7;

// A model's fit and its test rows; kept between evaluations as a start.
struct trial {
  double *weight, *eta, *risk, *scratch; // m: 1 for training rows
  double *test_eta, *test_y, *test_x;    // of the test rows; test_x: ones and eta
  size_t n_test;
  double coefficient[QUICK_MOST_COLUMNS];
};

static void trial_start(const struct split_model *model, struct trial *trial)
{
  size_t m = model->m;
  *trial = (struct trial){.weight = NEW_ARRAY(double, m), .eta = NEW_ARRAY(double, m),
                          .risk = NEW_ARRAY(double, m), .scratch = NEW_ARRAY(double, m),
                          .test_eta = NEW_ARRAY(double, m), .test_y = NEW_ARRAY(double, m),
                          .test_x = NEW_ARRAY(double, 2 * m)};
}

static void trial_end(struct trial *trial)
{
  free(trial->weight);
  free(trial->eta);
  free(trial->risk);
  free(trial->scratch);
  free(trial->test_eta);
  free(trial->test_y);
  free(trial->test_x);
}

static double area(const struct trial *trial)
{
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < trial->n_test; i++)
    for (size_t j = 0; trial->test_y[i] == 1 && j < trial->n_test; j++)
      if (trial->test_y[j] == 0) {
        double d = trial->test_eta[i] - trial->test_eta[j];
        sum += d > 1e-9 ? 1 : d < -1e-9 ? 0 : 0.5;
        pairs++;
      }
  return sum / pairs;
}

// The longest run of thresholds at which the model beats both treating all and treating none.
static void lead(const struct trial *trial, double *from, double *to)
{
  double n = (double) trial->n_test, events = 0;
  size_t best = 0, length = 0;
  *from = *to = NAN;
  for (size_t i = 0; i < trial->n_test; i++)
    events += trial->test_y[i];
  for (size_t k = 1; k <= N_THRESHOLDS; k++) {
    double t = (double) k / 100, odds = t / (1 - t), logit = log(odds), worth = 0;
    for (size_t i = 0; i < trial->n_test; i++)
      if (trial->test_eta[i] >= logit)
        worth += trial->test_y[i] == 1 ? 1 : -odds;
    bool leads = worth / n > 1e-12 && (worth - events + (n - events) * odds) / n > 1e-12;
    length = leads ? length + 1 : 0;
    if (length > best) {
      best = length;
      *from = (double) (k + 1 - length) / 100;
      *to = t;
    }
  }
}

static bool evaluate(const struct split_model *model, const size_t *row, size_t n,
                     struct trial *trial, double figure[N_SPLIT_FIGURES])
{
  double covariance[QUICK_MOST_COLUMNS * QUICK_MOST_COLUMNS], calibration[2] = {0, 1};
  for (size_t i = 0; i < n; i++)
    if (model->place[row[i]] != SIZE_MAX)
      trial->weight[model->place[row[i]]] = !model->is_test[i];
  for (size_t f = 0; f < N_SPLIT_FIGURES; f++)
    figure[f] = NAN;
  if (!quick_logit(model->x, model->y, trial->weight, model->m, model->p, trial->coefficient,
                   trial->eta, trial->risk, trial->scratch, covariance)) {
    memset(trial->coefficient, 0, sizeof trial->coefficient);
    return false;
  }
  trial->n_test = 0;
  double brier = 0;
  for (size_t i = 0; i < model->m; i++)
    if (trial->weight[i] == 0) {
      double risk = 1 / (1 + exp(-trial->eta[i]));
      brier += (risk - model->y[i]) * (risk - model->y[i]);
      trial->test_eta[trial->n_test] = trial->eta[i];
      trial->test_y[trial->n_test++] = model->y[i];
    }
  for (size_t i = 0; i < trial->n_test; i++) {
    trial->test_x[i] = 1;
    trial->test_x[trial->n_test + i] = trial->test_eta[i];
  }
  figure[SPLIT_BRIER] = brier / (double) trial->n_test;
  figure[SPLIT_AUC] = area(trial);
  lead(trial, &figure[SPLIT_FROM], &figure[SPLIT_TO]);
  if (quick_logit(trial->test_x, trial->test_y, NULL, trial->n_test, 2, calibration, trial->eta,
                  trial->risk, trial->scratch, covariance)) {
    figure[SPLIT_INTERCEPT] = calibration[0];
    figure[SPLIT_SLOPE] = calibration[1];
  }
  return true;
}

void split_figures(const struct split_model *model, const size_t *row, size_t n,
                   double figure[N_SPLIT_FIGURES])
{
  struct trial trial;
  trial_start(model, &trial);
  evaluate(model, row, n, &trial, figure);
  trial_end(&trial);
}

static double loss_of(const struct split_model *model, const size_t *row, size_t n,
                      struct trial *trial, double width)
{
  double figure[N_SPLIT_FIGURES], sum = 0;
  evaluate(model, row, n, trial, figure);
  for (size_t f = 0; f < N_SPLIT_FIGURES; f++) {
    if (isnan(model->asked[f]))
      continue;
    double half = model->half[f];
    double u = (fabs(figure[f] - model->asked[f]) - 0.8 * half) / fmax(half, width * scale[f]);
    sum += isnan(u) ? 20 : u > 0 ? log1p(u * u) : 0;
  }
  return sum;
}

double split_anneal(const struct split_model *model, size_t n_models, const double *group, size_t n,
                    size_t n_groups, size_t effort, uint64_t seed, uint64_t replicate, size_t *row)
{
  struct trial *trial = NEW_ARRAY(struct trial, n_models);
  size_t *position = NEW_ARRAY(size_t, n), *first = NEW_ZEROED(size_t, n_groups + 1);
  size_t *kept = NEW_ARRAY(size_t, n), n_steps = 60 * n * effort;
  double now = 0, best = INFINITY, width = 1;
  for (size_t g = 0, k = 0; g < n_groups; g++) {
    for (size_t i = 0; i < n; i++)
      if (group[row[i]] == (double) g)
        position[k++] = i;
    first[g + 1] = k;
  }
  for (size_t k = 0; k < n_models; k++) {
    trial_start(&model[k], &trial[k]);
    now += loss_of(&model[k], row, n, &trial[k], width);
  }
  memcpy(kept, row, n * sizeof *row);
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, replicate);
  for (size_t step = 0; step < n_steps && best > 0; step++) {
    double done = (double) step / (double) n_steps;
    double temperature = hot * pow(cold / hot, done);
    if (step % n == 0 && done < narrow_after + 0.05) {
      width = pow(narrowest, fmin(1, done / narrow_after));
      best = INFINITY;
      now = 0;
      for (size_t k = 0; k < n_models; k++)
        now += loss_of(&model[k], row, n, &trial[k], width);
    }
    size_t a = (size_t) philox_below(&stream, n), g = (size_t) group[row[a]];
    size_t b = position[first[g] + (size_t) philox_below(&stream, first[g + 1] - first[g])];
    bool matters = false;
    for (size_t k = 0; k < n_models; k++)
      matters |= model[k].place[row[a]] != SIZE_MAX && model[k].is_test[a] != model[k].is_test[b];
    if (!matters)
      continue;
    size_t old = row[a];
    row[a] = row[b];
    row[b] = old;
    double then = 0;
    for (size_t k = 0; k < n_models; k++)
      then += loss_of(&model[k], row, n, &trial[k], width);
    if (then <= now || philox_uniform(&stream) < exp((now - then) / temperature)) {
      now = then;
      if (now < best - 1e-9) {
        best = now;
        memcpy(kept, row, n * sizeof *row);
      }
      continue;
    }
    row[b] = row[a];
    row[a] = old;
  }
  memcpy(row, kept, n * sizeof *row);
  for (size_t k = 0; k < n_models; k++)
    trial_end(&trial[k]);
  free(trial);
  free(position);
  free(first);
  free(kept);
  return best;
}
