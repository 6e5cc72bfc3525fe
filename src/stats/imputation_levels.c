// SPDX-License-Identifier: GPL-3.0-or-later
// Multinomial logistic regression on augmented rows, by Newton's method.
//
// I. R. White, R. Daniel & P. Royston (2010), "Avoiding bias due to perfect prediction in multiple
// imputation of incomplete categorical variables", Comput Stat Data Anal 54, 2267-2275.
// S. van Buuren (2018), Flexible Imputation of Missing Data, 2nd ed., section 3.6.
#include <config.h>

#include "stats/imputation_regression.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_STEPS = 100, MOST_HALVINGS = 40 };
// A last step of 1e-5 standard errors; the error after it is of the order of its square.
static const double least_decrement = 1e-10;

struct levels_problem {
  struct imputation_sample sample; // of the kept columns alone
  const size_t *code;
  size_t n_levels, q;  // q: kept columns
  double point_weight; // of each of the 2 points of a predictor
  double *coefficient; // (n_levels - 1) x width of the sample
  struct imputation_room *room;
};

// eta: linear predictors of the levels but the first, becomes all levels' probabilities; the
// log of what they were divided by.
static double normalize(double *eta, size_t n_levels)
{
  double largest = 0, sum = 0;
  for (size_t k = n_levels - 1; k > 0; k--) {
    eta[k] = eta[k - 1];
    largest = fmax(largest, eta[k]);
  }
  eta[0] = 0;
  for (size_t k = 0; k < n_levels; k++) {
    eta[k] = exp(eta[k] - largest);
    sum += eta[k];
  }
  for (size_t k = 0; k < n_levels; k++)
    eta[k] /= sum;
  return largest + log(sum);
}

static void row_predictors(const double *x, const double *coefficient, size_t width,
                           size_t n_levels, double *eta)
{
  for (size_t k = 0; k + 1 < n_levels; k++)
    eta[k] = imputation_linear_predictor(x, coefficient + k * width, width);
}

// Of the augmenting point at `side` in this column.
static void point_predictors(const double *coefficient, size_t width, size_t n_levels,
                             size_t column, double side, double *eta)
{
  for (size_t k = 0; k + 1 < n_levels; k++)
    eta[k] = coefficient[k * width] + side * coefficient[k * width + column];
}

// A point's column and side.
static size_t n_points(const struct levels_problem *problem)
{
  return problem->point_weight > 0 ? 2 * (problem->q - 1) : 0;
}
static size_t point_index(size_t point)
{
  return 1 + point / 2;
}
static double point_side(size_t point)
{
  return point % 2 == 0 ? 0.5 : -0.5;
}

// The log likelihood; leaves the sample's probabilities in the room.
static double log_likelihood(const struct levels_problem *problem, const double *coefficient)
{
  const struct imputation_sample *sample = &problem->sample;
  size_t n_levels = problem->n_levels, width = sample->width;
  double sum = 0, *eta = problem->room->probability;
  for (size_t i = 0; i < sample->n; i++, eta += n_levels) {
    row_predictors(sample->x + i * width, coefficient, width, n_levels, eta);
    double own = problem->code[i] == 0 ? 0 : eta[problem->code[i] - 1];
    sum += sample->weight[i] * (own - normalize(eta, n_levels));
  }
  for (size_t point = 0; point < n_points(problem); point++) {
    double mean = 0;
    point_predictors(coefficient, width, n_levels, point_index(point), point_side(point), eta);
    for (size_t k = 0; k + 1 < n_levels; k++)
      mean += eta[k] / (double) n_levels;
    sum += problem->point_weight * (mean - normalize(eta, n_levels));
  }
  return sum;
}

// ---- derivatives ----

// score: q a level; the order of parameters is by level, then column.
static void add_row_scores(const struct levels_problem *problem)
{
  const struct imputation_sample *sample = &problem->sample;
  struct imputation_room *room = problem->room;
  size_t q = problem->q, n_levels = problem->n_levels;
  for (size_t k = 1; k < n_levels; k++) {
    double *score = room->score + (k - 1) * q;
    for (size_t j = 0; j < q; j++)
      score[j] = 0;
    for (size_t i = 0; i < sample->n; i++) {
      const double *x = sample->x + i * sample->width;
      double seen = problem->code[i] == k;
      double residual = sample->weight[i] * (seen - room->probability[i * n_levels + k]);
      for (size_t j = 0; j < q; j++)
        score[j] += residual * x[j];
    }
  }
}

// The block of levels a >= b of the information, by rows.
static void set_information_block(const struct levels_problem *problem, size_t a, size_t b)
{
  const struct imputation_sample *sample = &problem->sample;
  struct imputation_room *room = problem->room;
  size_t q = problem->q, n_levels = problem->n_levels, size = q * (n_levels - 1);
  for (size_t i = 0; i < sample->n; i++) {
    const double *probability = room->probability + i * n_levels;
    room->weight[i] = sample->weight[i] * probability[a] * ((a == b) - probability[b]);
  }
  imputation_cross_product(sample, room->weight, room->product);
  for (size_t j = 0; j < q; j++)
    for (size_t k = 0; k <= j; k++) {
      double value = room->product[j * sample->width + k];
      room->factor[((a - 1) * q + j) * size + (b - 1) * q + k] = value;
      room->factor[((a - 1) * q + k) * size + (b - 1) * q + j] = value;
    }
}

// Of one augmenting point with these probabilities.
static void add_point(const struct levels_problem *problem, size_t point, const double *probability)
{
  struct imputation_room *room = problem->room;
  size_t q = problem->q, n_levels = problem->n_levels, size = q * (n_levels - 1);
  size_t j = point_index(point);
  double side = point_side(point), weight = problem->point_weight;
  for (size_t a = 1; a < n_levels; a++) {
    double residual = weight * (1 / (double) n_levels - probability[a]);
    room->score[(a - 1) * q] += residual;
    room->score[(a - 1) * q + j] += residual * side;
    for (size_t b = 1; b <= a; b++) {
      double w = weight * probability[a] * ((a == b) - probability[b]);
      double *block = room->factor + (a - 1) * q * size + (b - 1) * q;
      block[0] += w;
      block[j] += w * side;
      block[j * size] += w * side;
      block[j * size + j] += w * side * side;
    }
  }
}

// Score and information at the coefficients of the last log_likelihood.
static void derive(const struct levels_problem *problem)
{
  size_t n_levels = problem->n_levels;
  add_row_scores(problem);
  for (size_t a = 1; a < n_levels; a++)
    for (size_t b = 1; b <= a; b++)
      set_information_block(problem, a, b);
  double *eta = problem->room->probability; // no longer needed
  for (size_t point = 0; point < n_points(problem); point++) {
    point_predictors(problem->coefficient, problem->sample.width, n_levels, point_index(point),
                     point_side(point), eta);
    normalize(eta, n_levels);
    add_point(problem, point, eta);
  }
}

// to = coefficient + size step, the step in room->score.
static void move(const struct levels_problem *problem, double size, double *to)
{
  size_t q = problem->q, width = problem->sample.width;
  for (size_t k = 0; k + 1 < problem->n_levels; k++)
    for (size_t j = 0; j < width; j++)
      to[k * width + j] = problem->coefficient[k * width + j]
                          + (j < q ? size * problem->room->score[k * q + j] : 0);
}

// Halves the step until the likelihood does not fall; the likelihood there.
static double search(const struct levels_problem *problem, double value)
{
  double size = 1, reached = -INFINITY, slack = 1e-13 * (1 + fabs(value));
  for (int halving = 0; halving < MOST_HALVINGS; halving++, size /= 2) {
    move(problem, size, problem->room->trial);
    reached = log_likelihood(problem, problem->room->trial);
    if (reached >= value - slack)
      break;
  }
  move(problem, size, problem->coefficient);
  return reached;
}

// Newton's method from problem->coefficient on.
static bool maximize(const struct levels_problem *problem)
{
  struct imputation_room *room = problem->room;
  size_t size = problem->q * (problem->n_levels - 1);
  double value = log_likelihood(problem, problem->coefficient);
  for (int step = 0; step < MOST_STEPS && isfinite(value); step++) {
    derive(problem);
    if (!imputation_factor(room->factor, size))
      return false;
    // Score' information^-1 score = |L^-1 score|^2.
    double decrement = 0;
    imputation_solve_lower(room->factor, size, room->score);
    for (size_t j = 0; j < size; j++)
      decrement += room->score[j] * room->score[j];
    imputation_solve_transposed(room->factor, size, room->score);
    if (!isfinite(decrement))
      return false;
    if (decrement < least_decrement) {
      move(problem, 1, problem->coefficient);
      return true;
    }
    value = search(problem, value);
  }
  return false;
}

// The kept columns of the sample, row after row.
static void gather(const struct imputation_sample *sample, struct imputation_room *room,
                   struct levels_problem *problem)
{
  size_t q = room->n_kept, width = (q + 3) / 4 * 4;
  for (size_t i = 0; i < sample->n; i++) {
    const double *x = sample->x + sample->row[i] * sample->width;
    for (size_t j = 0; j < width; j++)
      room->gathered[i * width + j] = j < q ? x[room->kept[j]] : 0;
  }
  problem->q = q;
  problem->sample = (struct imputation_sample){
      .x = room->gathered, .width = width, .n = sample->n, .row = room->identity,
      .weight = sample->weight, .n_columns = q};
}

bool levels_estimate(const struct imputation_sample *sample, const size_t *code, size_t n_levels,
                     struct imputation_room *room, double *coefficient)
{
  if (!imputation_keep_columns(sample, room))
    return false;
  struct levels_problem problem = {.code = code, .n_levels = n_levels, .room = room,
                                   .coefficient = room->coefficient};
  gather(sample, room, &problem);
  double predictors = (double) problem.q - 1;
  problem.point_weight = predictors > 0 ? (predictors + 1) / (2 * predictors) : 0;
  size_t q = problem.q, width = problem.sample.width;
  for (size_t k = 0; k + 1 < n_levels; k++)
    for (size_t j = 0; j < width; j++)
      room->coefficient[k * width + j] =
          j < q ? coefficient[k * sample->width + room->kept[j]] : 0;
  bool found = maximize(&problem);
  for (size_t k = 0; k + 1 < n_levels; k++) {
    for (size_t j = 0; j < sample->width; j++)
      coefficient[k * sample->width + j] = 0;
    for (size_t j = 0; j < q && found; j++)
      coefficient[k * sample->width + room->kept[j]] = room->coefficient[k * width + j];
  }
  return found;
}

void levels_draw(const double *coefficient, size_t n_levels, const struct imputation_room *room,
                 struct philox_stream *stream, double *drawn)
{
  size_t q = room->n_kept, width = room->width, size = q * (n_levels - 1);
  for (size_t j = 0; j < size; j++)
    room->score[j] = philox_normal(stream);
  imputation_solve_transposed(room->factor, size, room->score);
  for (size_t j = 0; j < width * (n_levels - 1); j++)
    drawn[j] = coefficient[j];
  for (size_t k = 0; k + 1 < n_levels; k++)
    for (size_t j = 0; j < q; j++)
      drawn[k * width + room->kept[j]] += room->score[k * q + j];
}

size_t levels_choose(const double *x, const double *coefficient, size_t width, size_t n_levels,
                     double u, double *probability)
{
  row_predictors(x, coefficient, width, n_levels, probability);
  normalize(probability, n_levels);
  size_t level = 0;
  for (double sum = probability[0]; level + 1 < n_levels && u >= sum; sum += probability[level])
    level++;
  return level;
}
