// SPDX-License-Identifier: GPL-3.0-or-later
// One pass over the rows gives likelihood, gradient and information; each block of rows is
// standardized, predicted and multiplied while it is in the cache.
//
// D. Firth (1993), "Bias reduction of maximum likelihood estimates", Biometrika 80, 27-38;
// G. Heinze & M. Schemper (2002), "A solution to the problem of separation in logistic
// regression", Statistics in Medicine 21, 2409-2419.
#include <config.h>

#include "stats/logit_problem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/linear_algebra.h"
#include "stats/row_block.h"

// ---- standardized columns ----

static bool is_constant(const struct logit_data *data, size_t j)
{
  const double *x = data->x + j * data->n;
  double value = NAN;
  for (size_t i = 0; i < data->n; i++) {
    if (!(logit_row_weight(data, i) > 0))
      continue;
    if (isnan(value))
      value = x[i];
    if (x[i] != value)
      return false;
  }
  return isfinite(value) && value != 0;
}

// Weighted mean (0 if not wanted) and root of the mean square about it.
static void column_moments(const struct logit_data *data, size_t j, bool want_mean, double *mean,
                           double *spread)
{
  const double *x = data->x + j * data->n;
  double total = 0, pivot = NAN, sum = 0, squares = 0;
  for (size_t i = 0; i < data->n; i++) {
    double w = logit_row_weight(data, i);
    if (!(w > 0))
      continue;
    if (isnan(pivot))
      pivot = want_mean ? x[i] : 0;
    total += w;
    sum += w * (x[i] - pivot);
  }
  *mean = want_mean && total > 0 ? pivot + sum / total : 0;
  for (size_t i = 0; i < data->n; i++) {
    double w = logit_row_weight(data, i);
    if (w > 0)
      squares += w * (x[i] - *mean) * (x[i] - *mean);
  }
  *spread = total > 0 ? sqrt(squares / total) : 0;
}

static void set_gram(struct logit_problem *problem);

void logit_problem_set(struct logit_problem *problem, const struct logit_data *data,
                       bool keep_origin)
{
  size_t p = data->p;
  *problem = (struct logit_problem){.data = data, .n = data->n, .p = p, .constant = p};
  problem->centre = NEW_ZEROED(double, p);
  problem->inverse = NEW_ARRAY(double, p);
  problem->gram = NEW_ZEROED(double, p * p);
  for (size_t i = 0; i < data->n; i++) {
    double w = logit_row_weight(data, i);
    if (w > 0) {
      problem->n_rows += w;
      problem->n_events += data->y[i] > 0 ? w : 0;
    }
  }
  for (size_t j = 0; j < p && problem->constant == p; j++)
    if (is_constant(data, j))
      problem->constant = j;
  bool want_mean = problem->constant < p && !keep_origin;
#pragma omp parallel for schedule(dynamic) if (row_chunks_in_parallel(data->n, p))
  for (size_t j = 0; j < p; j++) {
    double spread;
    column_moments(data, j, want_mean && j != problem->constant, &problem->centre[j], &spread);
    problem->inverse[j] = spread > 0 && isfinite(1 / spread) ? 1 / spread : 1;
  }
  // A root mean square is positive, so the constant's column becomes 1 or -1, and then 1.
  if (problem->constant < p)
    for (size_t i = 0; i < data->n; i++)
      if (logit_row_weight(data, i) > 0) {
        problem->inverse[problem->constant] = 1 / data->x[i + problem->constant * data->n];
        break;
      }
  set_gram(problem);
}

void logit_problem_free(struct logit_problem *problem)
{
  free(problem->centre);
  free(problem->inverse);
  free(problem->gram);
  *problem = (struct logit_problem){0};
}

// ---- columns set apart ----

bool logit_problem_is_entangled(const struct logit_problem *problem, double share)
{
  size_t p = problem->p;
  double *gram = NEW_ARRAY(double, p * p);
  memcpy(gram, problem->gram, p * p * sizeof *gram);
  bool entangled = !cholesky_factor(gram, p, share, NULL);
  free(gram);
  return entangled;
}

// The part of column b along a: sum w a b/sum w a^2, 0 for a column of zeros.
static double part_along(const struct logit_data *data, const double *a, const double *b)
{
  double most_a = 0, most_b = 0, product = 0, square = 0;
  for (size_t i = 0; i < data->n; i++)
    if (logit_row_weight(data, i) > 0) {
      most_a = fmax(most_a, fabs(a[i]));
      most_b = fmax(most_b, fabs(b[i]));
    }
  if (!(most_a > 0 && most_b > 0))
    return 0;
  for (size_t i = 0; i < data->n; i++) {
    double w = logit_row_weight(data, i), of_a = a[i] / most_a;
    if (w > 0) {
      product += w * of_a * (b[i] / most_b);
      square += w * of_a * of_a;
    }
  }
  return product / square * (most_b / most_a);
}

// Gram and Schmidt, in held->order; b: p, in place.
static void set_apart(struct held_problem *held, double *b)
{
  size_t n = held->data.n, p = held->data.p;
  const size_t *order = held->order;
  for (size_t at = 1; at < p; at++) {
    size_t j = order[at];
    double *column = held->x + j * n;
    // Once more, for what rounding of the first time has left.
    for (int turn = 0; turn < 2; turn++)
      for (size_t before = 0; before < at; before++) {
        size_t k = order[before];
        double part = part_along(&held->data, held->x + k * n, column);
        for (size_t i = 0; i < n; i++)
          column[i] = fma(-part, held->x[i + k * n], column[i]);
        held->relation[k + j * p] += part;
      }
    for (size_t before = 0; before < at; before++)
      b[order[before]] += held->relation[order[before] + j * p] * b[j];
  }
}

void held_problem_set(struct held_problem *held, const struct logit_data *data,
                      const bool *free_column, const double *b, double *g)
{
  size_t n = data->n, p = data->p, to = 0;
  *held = (struct held_problem){.data = *data};
  logit_problem_set(&held->problem, data, false);
  size_t constant = held->problem.constant;
  bool keep_origin = constant < p && !free_column[constant];
  if (keep_origin) {
    logit_problem_free(&held->problem);
    logit_problem_set(&held->problem, data, true);
  }
  if (logit_problem_is_entangled(&held->problem, 0.01)) {
    double *changed = NEW_ARRAY(double, p);
    held->order = NEW_ARRAY(size_t, p);
    held->relation = NEW_ZEROED(double, p * p);
    if (constant < p && !keep_origin)
      held->order[to++] = constant;
    for (int last = 0; last < 2; last++)
      for (size_t j = 0; j < p; j++)
        if (free_column[j] != last && (j != constant || keep_origin))
          held->order[to++] = j;
    held->x = NEW_ARRAY(double, n * p);
    memcpy(held->x, data->x, n * p * sizeof *held->x);
    memcpy(changed, b, p * sizeof *changed);
    set_apart(held, changed);
    held->data.x = held->x;
    logit_problem_free(&held->problem);
    logit_problem_set(&held->problem, &held->data, keep_origin);
    logit_problem_from_original(&held->problem, changed, g);
    free(changed);
  } else {
    held->problem.data = &held->data;
    logit_problem_from_original(&held->problem, b, g);
  }
}

void held_problem_free(struct held_problem *held)
{
  logit_problem_free(&held->problem);
  free(held->x);
  free(held->order);
  free(held->relation);
  *held = (struct held_problem){0};
}

void held_problem_to_original(const struct held_problem *held, double *b, double *covariance)
{
  if (!held->x)
    return;
  size_t p = held->data.p;
  for (size_t at = p; at-- > 0;)
    for (size_t after = at + 1; after < p; after++) {
      size_t k = held->order[at], j = held->order[after];
      double part = held->relation[k + j * p];
      b[k] -= part * b[j];
      for (size_t l = 0; l < p; l++)
        covariance[k + l * p] -= part * covariance[j + l * p];
    }
  for (size_t at = p; at-- > 0;)
    for (size_t after = at + 1; after < p; after++) {
      size_t k = held->order[at], j = held->order[after];
      for (size_t l = 0; l < p; l++)
        covariance[l + k * p] -= held->relation[k + j * p] * covariance[l + j * p];
    }
}

void logit_problem_read(const struct logit_problem *problem, size_t first, size_t n, double *block)
{
  assert(n <= BLOCK_ROWS);
  for (size_t j = 0; j < problem->p; j++) {
    const double *x = problem->data->x + j * problem->n + first;
    double *z = block + j * BLOCK_ROWS, centre = problem->centre[j], inverse = problem->inverse[j];
    for (size_t i = 0; i < n; i++)
      z[i] = (x[i] - centre) * inverse;
    memset(z + n, 0, (BLOCK_ROWS - n) * sizeof *z);
  }
}

void logit_problem_from_original(const struct logit_problem *problem, const double *b, double *g)
{
  double shift = 0;
  for (size_t j = 0; j < problem->p; j++) {
    g[j] = b[j] / problem->inverse[j];
    shift += b[j] * problem->centre[j];
  }
  if (problem->constant < problem->p)
    g[problem->constant] += shift;
}

void logit_problem_to_original(const struct logit_problem *problem, const double *g, double *b)
{
  double shift = 0;
  for (size_t j = 0; j < problem->p; j++) {
    b[j] = g[j] * problem->inverse[j];
    shift += b[j] * problem->centre[j];
  }
  if (problem->constant < problem->p)
    b[problem->constant] = (g[problem->constant] - shift) * problem->inverse[problem->constant];
}

void logit_problem_covariance(const struct logit_problem *problem, const double *of_g, double *of_b)
{
  size_t p = problem->p, c = problem->constant;
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k < p; k++)
      of_b[j + k * p] = of_g[j + k * p] * problem->inverse[j] * problem->inverse[k];
  if (c == p)
    return;
  // b_c = (g_c - sum of centre_j b_j) inverse_c, a sum of its own scaled part and the others.
  double *with = NEW_ARRAY(double, p);
  for (size_t k = 0; k < p; k++) {
    with[k] = of_b[c + k * p];
    for (size_t j = 0; j < p; j++)
      if (j != c)
        with[k] -= problem->centre[j] * problem->inverse[c] * of_b[j + k * p];
  }
  double variance = with[c];
  for (size_t k = 0; k < p; k++)
    if (k != c) {
      variance -= problem->centre[k] * problem->inverse[c] * with[k];
      of_b[c + k * p] = of_b[k + c * p] = with[k];
    }
  of_b[c + c * p] = variance;
  free(with);
}

double logit_problem_log_scale(const struct logit_problem *problem)
{
  double sum = 0;
  for (size_t j = 0; j < problem->p; j++)
    sum -= log(fabs(problem->inverse[j]));
  return sum;
}

// ---- passes over the rows ----

// Totals of a chunk: `n_scalars` numbers, then a vector of `width`, then a matrix.
typedef void chunk_pass(const struct logit_problem *problem, const double *g, const double *factor,
                        size_t start, size_t end, double *total);

enum { LOG_LIKELIHOOD, LEAST_RESIDUAL, RESIDUAL_SUM, N_SCALARS };

static void run_chunks(const struct logit_problem *problem, const double *g, const double *factor,
                       chunk_pass *pass, bool matrix, struct logit_point *point, double *vector,
                       double *square)
{
  size_t p = problem->p, width = block_width(p);
  size_t size = N_SCALARS + width + (matrix ? width * width : 0);
  struct row_chunks chunks = row_chunks(problem->n);
  double *total = NEW_ZEROED(double, chunks.n_chunks *size);
#pragma omp parallel for schedule(dynamic) if (row_chunks_in_parallel(problem->n, p * p + 20))
  for (size_t c = 0; c < chunks.n_chunks; c++)
    pass(problem, g, factor, row_chunk_start(&chunks, c), row_chunk_start(&chunks, c + 1),
         total + c * size);
  if (point) {
    point->log_likelihood = point->residual_total = 0;
    point->least_residual = INFINITY;
  }
  memset(vector, 0, p * sizeof *vector);
  if (square)
    memset(square, 0, p * p * sizeof *square);
  for (size_t c = 0; c < chunks.n_chunks; c++) {
    const double *t = total + c * size, *m = t + N_SCALARS + width;
    if (point) {
      point->log_likelihood += t[LOG_LIKELIHOOD];
      point->least_residual = fmin(point->least_residual, t[LEAST_RESIDUAL]);
      point->residual_total += t[RESIDUAL_SUM];
    }
    for (size_t j = 0; j < p; j++)
      vector[j] += t[N_SCALARS + j];
    for (size_t j = 0; square && j < p; j++)
      for (size_t k = 0; k <= j; k++)
        square[j + k * p] += m[j + k * width];
  }
  for (size_t j = 0; square && j < p; j++)
    for (size_t k = 0; k < j; k++)
      square[k + j * p] = square[j + k * p];
  free(total);
}

static void gram_pass(const struct logit_problem *problem, const double *g, const double *factor,
                      size_t start, size_t end, double *total)
{
  (void) g, (void) factor;
  const struct logit_data *data = problem->data;
  size_t p = problem->p, width = block_width(p);
  double *z = block_allocate(p), *weighted = block_allocate(p);
  for (size_t first = start; first < end; first += BLOCK_ROWS) {
    size_t n = end - first < BLOCK_ROWS ? end - first : BLOCK_ROWS;
    logit_problem_read(problem, first, n, z);
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i < BLOCK_ROWS; i++)
        weighted[i + j * BLOCK_ROWS] =
            i < n ? logit_row_weight(data, first + i) * z[i + j * BLOCK_ROWS] : 0;
    block_cross_add(z, weighted, p, total + N_SCALARS + width);
  }
  free(z);
  free(weighted);
}

static void set_gram(struct logit_problem *problem)
{
  double *unused = NEW_ARRAY(double, problem->p);
  run_chunks(problem, NULL, NULL, gram_pass, true, NULL, unused, problem->gram);
  free(unused);
}

static void predict_block(const struct logit_problem *problem, const double *g, size_t first,
                          size_t n, const double *z, double *eta)
{
  const double *offset = problem->data->offset;
  memset(eta, 0, BLOCK_ROWS * sizeof *eta);
  if (offset)
    memcpy(eta, offset + first, n * sizeof *eta);
  for (size_t j = 0; j < problem->p; j++)
    for (size_t i = 0; i < BLOCK_ROWS; i++)
      eta[i] += g[j] * z[i + j * BLOCK_ROWS];
}

static void likelihood_pass(const struct logit_problem *problem, const double *g,
                            const double *factor, size_t start, size_t end, double *total)
{
  (void) factor;
  const struct logit_data *data = problem->data;
  size_t p = problem->p, width = block_width(p);
  double *z = block_allocate(p), *weighted = block_allocate(p);
  double *row = block_allocate(5);
  double *eta = row, *residual = row + BLOCK_ROWS, *variance = row + 2 * BLOCK_ROWS;
  double *loss = row + 3 * BLOCK_ROWS, *size = row + 4 * BLOCK_ROWS;
  double least = INFINITY;
  for (size_t first = start; first < end; first += BLOCK_ROWS) {
    size_t n = end - first < BLOCK_ROWS ? end - first : BLOCK_ROWS;
    logit_problem_read(problem, first, n, z);
    predict_block(problem, g, first, n, z, eta);
    memset(residual, 0, 4 * BLOCK_ROWS * sizeof *residual);
    for (size_t i = 0; i < n; i++) {
      double w = logit_row_weight(data, first + i);
      if (!(w > 0))
        continue;
      bool event = data->y[first + i] > 0, right = event == (eta[i] >= 0);
      double far = fabs(eta[i]), e = exp(-far), likely = 1 / (1 + e);
      size[i] = w * (right ? e * likely : likely);
      residual[i] = event ? size[i] : -size[i];
      variance[i] = w * e * likely * likely;
      loss[i] = w * (log1p(e) + (right ? 0 : far));
      least = size[i] < least ? size[i] : least;
    }
    total[LOG_LIKELIHOOD] -= block_sum(loss);
    total[RESIDUAL_SUM] += block_sum(size);
    for (size_t j = 0; j < p; j++) {
      const double *column = z + j * BLOCK_ROWS;
      double *to = weighted + j * BLOCK_ROWS;
      for (size_t i = 0; i < BLOCK_ROWS; i++)
        to[i] = variance[i] * column[i];
      total[N_SCALARS + j] += block_dot(residual, column);
    }
    block_cross_add(z, weighted, p, total + N_SCALARS + width);
  }
  total[LEAST_RESIDUAL] = least;
  free(z);
  free(weighted);
  free(row);
}

// u = L^-1 z in place, and their sums of squares.
static void solve_block(const double *factor, size_t p, double *z, double *leverage)
{
  memset(leverage, 0, BLOCK_ROWS * sizeof *leverage);
  for (size_t j = 0; j < p; j++) {
    double *u = z + j * BLOCK_ROWS;
    for (size_t k = 0; k < j; k++) {
      const double *earlier = z + k * BLOCK_ROWS;
      double l = factor[j + k * p];
      for (size_t i = 0; i < BLOCK_ROWS; i++)
        u[i] -= l * earlier[i];
    }
    double inverse = 1 / factor[j + j * p];
    for (size_t i = 0; i < BLOCK_ROWS; i++) {
      u[i] *= inverse;
      leverage[i] += u[i] * u[i];
    }
  }
}

static void penalty_pass(const struct logit_problem *problem, const double *g, const double *factor,
                         size_t start, size_t end, double *total)
{
  const struct logit_data *data = problem->data;
  size_t p = problem->p;
  double *z = block_allocate(p), *u = block_allocate(p), *row = block_allocate(3);
  double *eta = row, *leverage = row + BLOCK_ROWS, *pull = row + 2 * BLOCK_ROWS;
  for (size_t first = start; first < end; first += BLOCK_ROWS) {
    size_t n = end - first < BLOCK_ROWS ? end - first : BLOCK_ROWS;
    logit_problem_read(problem, first, n, z);
    predict_block(problem, g, first, n, z, eta);
    memcpy(u, z, p * BLOCK_ROWS * sizeof *u);
    solve_block(factor, p, u, leverage);
    for (size_t i = 0; i < BLOCK_ROWS; i++) {
      double w = i < n ? logit_row_weight(data, first + i) : 0, e = exp(-fabs(eta[i]));
      double half = (1 - e) / (1 + e) / 2; // |P - 1/2|
      pull[i] = w > 0 ? w * e / ((1 + e) * (1 + e)) * leverage[i] * (eta[i] > 0 ? -half : half) : 0;
    }
    for (size_t j = 0; j < p; j++)
      total[N_SCALARS + j] += block_dot(pull, z + j * BLOCK_ROWS);
  }
  free(z);
  free(u);
  free(row);
}

struct logit_point logit_point_new(size_t p)
{
  return (struct logit_point){.penalized = NAN,
                              .gradient = NEW_ZEROED(double, p),
                              .information = NEW_ZEROED(double, p * p)};
}

void logit_point_free(struct logit_point *point)
{
  free(point->gradient);
  free(point->information);
  *point = (struct logit_point){0};
}

void logit_point_evaluate(const struct logit_problem *problem, const double *g,
                          struct logit_point *point)
{
  run_chunks(problem, g, NULL, likelihood_pass, true, point, point->gradient, point->information);
  point->penalized = NAN;
}

void logit_point_penalize(const struct logit_problem *problem, const double *g,
                          const double *factor, struct logit_point *point)
{
  double *pull = NEW_ARRAY(double, problem->p);
  run_chunks(problem, g, factor, penalty_pass, false, NULL, pull, NULL);
  for (size_t j = 0; j < problem->p; j++)
    point->gradient[j] += pull[j];
  point->penalized = point->log_likelihood + cholesky_log_determinant(factor, problem->p) / 2;
  free(pull);
}

// ---- the information's factor ----

// Rows sqrt(w v) z of the free columns, by QR.
static bool factor_rows(const struct logit_problem *problem, const double *g,
                        const bool *free_column, size_t n_free, double *factor)
{
  const struct logit_data *data = problem->data;
  size_t n = problem->n, p = problem->p, n_used = 0;
  for (size_t i = 0; i < n; i++)
    n_used += logit_row_weight(data, i) > 0;
  if (n_used < n_free)
    return false;
  double *a = NEW_ARRAY(double, n_used *n_free), *z = block_allocate(p), eta[BLOCK_ROWS];
  size_t to = 0;
  for (size_t first = 0; first < n; first += BLOCK_ROWS) {
    size_t rows = n - first < BLOCK_ROWS ? n - first : BLOCK_ROWS;
    logit_problem_read(problem, first, rows, z);
    predict_block(problem, g, first, rows, z, eta);
    for (size_t i = 0; i < rows; i++) {
      double w = logit_row_weight(data, first + i), e = exp(-fabs(eta[i]));
      if (!(w > 0))
        continue;
      double root = sqrt(w * e) / (1 + e);
      for (size_t j = 0, k = 0; j < p; j++)
        if (!free_column || free_column[j])
          a[to + n_used * k++] = root * z[i + j * BLOCK_ROWS];
      to++;
    }
  }
  bool good = triangular_factor(a, n_used, n_free, 1e-13, factor);
  free(a);
  free(z);
  return good;
}

bool logit_information_factor(const struct logit_problem *problem, const double *g,
                              const struct logit_point *point, const bool *free_column,
                              double *factor)
{
  size_t p = problem->p, n_free = 0;
  for (size_t j = 0; j < p; j++)
    n_free += !free_column || free_column[j];
  for (size_t j = 0, to = 0; j < p; j++)
    for (size_t k = 0; k < p; k++)
      if (!free_column || (free_column[j] && free_column[k]))
        factor[to++] = point->information[k + j * p];
  // A pivot of 1e-7 leaves nine digits.
  return cholesky_factor(factor, n_free, 1e-7, NULL) ||
         factor_rows(problem, g, free_column, n_free, factor);
}
