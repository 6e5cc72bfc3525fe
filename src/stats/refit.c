// SPDX-License-Identifier: GPL-3.0-or-later
// The modelling process on resampled rows.
//
// Newton's method from the coefficients of all rows.  Rows of weight 0 are passed over; the others
// are standardized block by block, four rows a vector, and likelihood derivatives are summed while
// the block is in the cache.  Columns are z = (x - centre) inverse with centre and scale of all
// rows, the same in every replicate; coefficients of z are called g.
//
// How exact the last step is follows from the logit's third derivative, which is at most the
// second: with decrement l^2 = score' information^-1 score and M the largest |z'step| of a row,
// the information along the step changes by a factor within exp(+-M), so that the next step would
// have length at most l (exp(M) - 1 - M)/M in the norm of the information, which counts in
// standard errors (self-concordance: F. Bach (2010), Electronic Journal of Statistics 4, 384-414).
#include <config.h>

#include "stats/refit.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/logit_block.h"
#include "stats/refit_process.h"
#include "stats/row_block.h"

enum { LANES = LOGIT_BLOCK_LANES, MOST_EVALUATIONS = 14, MOST_KEPT_BYTES = 1 << 22 };
// Of the estimate from the maximum, in standard errors.
static const double exactness = 1e-11;

struct refit_workspace {
  const struct refit_problem *problem;
  size_t p, width;
  bool centred;                       // column 0 is constant, and the others are about their means
  double *centre, *inverse, *largest; // p; largest |z| of the column
  double *start;                      // g of problem->coefficient
  double *start_miss;                 // n: y - P there
  struct logit_block_functions block;

  // Of the replicate.
  uint32_t *row; // n: those of positive weight
  size_t n_used;
  // Gathered blocks of rows, each of width columns z, the weights and the signs: all of them if
  // they are not too many, else one that is filled again and again.
  bool keeps_blocks;
  double *memory, *gathered;
  double *weighted, *residual, *variance; // one block
  struct logit_block_totals totals;
  double *factor, *g, *step, *spare; // p x p, p, p, p
  bool *chosen;                      // n_groups
};

// ---- workspace ----

static void set_columns(struct refit_workspace *workspace)
{
  const struct refit_problem *problem = workspace->problem;
  size_t n = problem->n, p = problem->p;
  const double *x = problem->x;
  workspace->centred = n > 0 && x[0] != 0;
  for (size_t i = 1; workspace->centred && i < n; i++)
    workspace->centred = x[i] == x[0];
  for (size_t j = 0; j < p; j++) {
    const double *column = x + j * n;
    double sum = 0, squares = 0, centre = 0, largest = 0;
    for (size_t i = 0; workspace->centred && j > 0 && i < n; i++)
      sum += column[i] - column[0];
    if (workspace->centred && j > 0)
      centre = column[0] + sum / (double) n;
    for (size_t i = 0; i < n; i++) {
      double z = column[i] - centre;
      squares += z * z;
      largest = fmax(largest, fabs(z));
    }
    double spread = sqrt(squares / (double) n), inverse = 1 / spread;
    workspace->centre[j] = centre;
    workspace->inverse[j] = spread > 0 && isfinite(inverse) ? inverse : 1;
    workspace->largest[j] = largest * workspace->inverse[j];
  }
  if (workspace->centred) {
    workspace->inverse[0] = 1 / x[0];
    workspace->largest[0] = 1;
  }
}

static void to_standard(const struct refit_workspace *workspace, const double *b, double *g)
{
  double shift = 0;
  for (size_t j = 0; j < workspace->p; j++) {
    g[j] = b[j] / workspace->inverse[j];
    shift += b[j] * workspace->centre[j];
  }
  if (workspace->centred)
    g[0] += shift;
}

static void from_standard(const struct refit_workspace *workspace, const double *g, double *b)
{
  double shift = 0;
  for (size_t j = 0; j < workspace->p; j++) {
    b[j] = g[j] * workspace->inverse[j];
    shift += b[j] * workspace->centre[j];
  }
  if (workspace->centred)
    b[0] = (g[0] - shift) * workspace->inverse[0];
}

static void predict_start(struct refit_workspace *workspace)
{
  const struct refit_problem *problem = workspace->problem;
  to_standard(workspace, problem->coefficient, workspace->start);
  for (size_t i = 0; i < problem->n; i++) {
    double eta = 0;
    for (size_t j = 0; j < problem->p; j++)
      eta += workspace->start[j] * (problem->x[i + j * problem->n] - workspace->centre[j]) *
             workspace->inverse[j];
    workspace->start_miss[i] = problem->y[i] > 0 ? logit_inverse(-eta) : -logit_inverse(eta);
  }
}

static size_t block_columns(const struct refit_workspace *workspace)
{
  return workspace->width + 2;
}

// One piece of memory for the blocks, aligned for vectors.
static void allocate_blocks(struct refit_workspace *workspace)
{
  size_t n_blocks = (workspace->problem->n + BLOCK_ROWS - 1) / BLOCK_ROWS;
  size_t n_columns = block_columns(workspace), one = n_columns * BLOCK_ROWS;
  workspace->keeps_blocks = n_blocks <= MOST_KEPT_BYTES / sizeof(double) / one;
  size_t n_gathered = (workspace->keeps_blocks ? n_blocks : 1) * one;
  size_t n_all = n_gathered + (workspace->width + 2) * BLOCK_ROWS;
  workspace->memory = NEW_ARRAY(double, n_all + 8);
  uintptr_t address = (uintptr_t) workspace->memory;
  double *start = workspace->memory + (64 - address % 64) % 64 / sizeof(double);
  memset(start, 0, n_all * sizeof *start); // padding columns stay 0
  workspace->gathered = start;
  workspace->weighted = start + n_gathered;
  workspace->residual = workspace->weighted + workspace->width * BLOCK_ROWS;
  workspace->variance = workspace->residual + BLOCK_ROWS;
}

struct refit_workspace *refit_prepare(const struct refit_problem *problem)
{
  size_t n = problem->n, p = problem->p, width = block_width(p);
  assert(p > 0 && n < UINT32_MAX);
  struct refit_workspace *workspace = NEW_ZEROED(struct refit_workspace, 1);
  workspace->problem = problem;
  workspace->p = p;
  workspace->width = width;
  workspace->chosen = NEW_ZEROED(bool, problem->n_groups);
  if (problem->selects || problem->firth)
    return workspace;
  workspace->block = logit_block_functions();
  workspace->centre = NEW_ARRAY(double, p);
  workspace->inverse = NEW_ARRAY(double, p);
  workspace->largest = NEW_ARRAY(double, p);
  workspace->start = NEW_ARRAY(double, p);
  workspace->start_miss = NEW_ARRAY(double, n);
  workspace->row = NEW_ARRAY(uint32_t, n);
  workspace->totals.score = NEW_ARRAY(double, width);
  workspace->totals.information = NEW_ARRAY(double, width *width);
  workspace->factor = NEW_ARRAY(double, p *p);
  workspace->g = NEW_ARRAY(double, p);
  workspace->step = NEW_ARRAY(double, p);
  workspace->spare = NEW_ARRAY(double, p);
  allocate_blocks(workspace);
  set_columns(workspace);
  predict_start(workspace);
  return workspace;
}

void refit_release(struct refit_workspace *workspace)
{
  if (!workspace)
    return;
  free(workspace->centre);
  free(workspace->inverse);
  free(workspace->largest);
  free(workspace->start);
  free(workspace->start_miss);
  free(workspace->row);
  free(workspace->memory);
  free(workspace->totals.score);
  free(workspace->totals.information);
  free(workspace->factor);
  free(workspace->g);
  free(workspace->step);
  free(workspace->spare);
  free(workspace->chosen);
  free(workspace);
}

// ---- passes over the rows ----

// The used rows first .. first + n - 1 as a block: columns, weights, signs; rows of weight 0 to a
// multiple of LANES.
static void gather(const struct refit_workspace *workspace, const double *weight, size_t first,
                   size_t n, double *block)
{
  const struct refit_problem *problem = workspace->problem;
  const uint32_t *row = workspace->row + first;
  size_t padded = (n + LANES - 1) / LANES * LANES;
  for (size_t j = 0; j < workspace->p; j++) {
    const double *x = problem->x + j * problem->n;
    double *z = block + j * BLOCK_ROWS, centre = workspace->centre[j];
    double inverse = workspace->inverse[j];
    for (size_t i = 0; i < n; i++)
      z[i] = (x[row[i]] - centre) * inverse;
    for (size_t i = n; i < padded; i++)
      z[i] = 0;
  }
  double *weights = block + workspace->width * BLOCK_ROWS, *sign = weights + BLOCK_ROWS;
  for (size_t i = 0; i < n; i++) {
    weights[i] = weight[row[i]];
    sign[i] = problem->y[row[i]] > 0 ? 1 : -1;
  }
  for (size_t i = n; i < padded; i++)
    weights[i] = sign[i] = 0;
}

// Residuals and variances of a block at the start.
static void take_start(struct refit_workspace *workspace, const struct logit_block *block,
                       size_t first, size_t n)
{
  struct logit_block_totals *totals = &workspace->totals;
  for (size_t i = 0; i < block->n_rows; i++) {
    double miss = i < n ? workspace->start_miss[workspace->row[first + i]] : 0, size = fabs(miss);
    double w = block->weight[i];
    block->residual[i] = w * miss;
    block->variance[i] = w * (size * (1 - size));
    totals->least = i < n && w * size < totals->least ? w * size : totals->least;
    totals->total += w * size;
  }
}

// Totals at g, or at the start if g is NULL; `weight` is looked at if blocks are gathered.
static void evaluate(struct refit_workspace *workspace, const double *weight, const double *g)
{
  size_t width = workspace->width, place = block_columns(workspace) * BLOCK_ROWS;
  struct logit_block_totals *totals = &workspace->totals;
  memset(totals->score, 0, width * sizeof *totals->score);
  memset(totals->information, 0, width * width * sizeof *totals->information);
  totals->least = INFINITY;
  totals->total = 0;
  for (size_t first = 0; first < workspace->n_used; first += BLOCK_ROWS) {
    size_t n = workspace->n_used - first < BLOCK_ROWS ? workspace->n_used - first : BLOCK_ROWS;
    double *at = workspace->gathered + (workspace->keeps_blocks ? first / BLOCK_ROWS * place : 0);
    if (!g || !workspace->keeps_blocks)
      gather(workspace, weight, first, n, at);
    struct logit_block block = {.n_rows = (n + LANES - 1) / LANES * LANES,
                                .p = workspace->p,
                                .z = at,
                                .weight = at + width * BLOCK_ROWS,
                                .sign = at + (width + 1) * BLOCK_ROWS,
                                .residual = workspace->residual,
                                .variance = workspace->variance,
                                .weighted = workspace->weighted};
    if (g) {
      workspace->block.evaluate(&block, g, totals);
    } else {
      take_start(workspace, &block, first, n);
      workspace->block.multiply(&block, totals);
    }
  }
}

// ---- Newton's method ----

// The lower Cholesky factor of the information.  False if a pivot is below 1e-7 of its diagonal:
// nine digits must be left.
static bool factor_information(struct refit_workspace *workspace)
{
  size_t p = workspace->p, width = workspace->width;
  const double *a = workspace->totals.information;
  double *factor = workspace->factor;
  for (size_t j = 0; j < p; j++) {
    double pivot = a[j + j * width], diagonal = pivot;
    for (size_t k = 0; k < j; k++)
      pivot -= factor[j + k * p] * factor[j + k * p];
    if (!(pivot > 1e-7 * diagonal) || !isfinite(pivot))
      return false;
    double root = sqrt(pivot), inverse = 1 / root;
    factor[j + j * p] = root;
    for (size_t i = j + 1; i < p; i++) {
      double sum = a[i + j * width];
      for (size_t k = 0; k < j; k++)
        sum -= factor[i + k * p] * factor[j + k * p];
      factor[i + j * p] = sum * inverse;
    }
  }
  return true;
}

// step = information^-1 score; returns the decrement score' step.
static double newton_step(struct refit_workspace *workspace)
{
  size_t p = workspace->p;
  const double *factor = workspace->factor;
  double *step = workspace->step, decrement = 0;
  for (size_t j = 0; j < p; j++) {
    double sum = workspace->totals.score[j];
    for (size_t k = 0; k < j; k++)
      sum -= factor[j + k * p] * step[k];
    step[j] = sum / factor[j + j * p];
    decrement += step[j] * step[j];
  }
  for (size_t j = p; j-- > 0;) {
    double sum = step[j];
    for (size_t i = j + 1; i < p; i++)
      sum -= factor[i + j * p] * step[i];
    step[j] = sum / factor[j + j * p];
  }
  return decrement;
}

// Whether no direction separates, by the proof that logit.h gives, with rounding of the score
// (64 epsilon of the terms' sizes) allowed for.
static bool proves_overlap(const struct refit_workspace *workspace, double decrement)
{
  size_t p = workspace->p;
  const double *factor = workspace->factor;
  double *column = workspace->spare, rounding = 0;
  for (size_t j = 0; j < p; j++) {
    double variance = 0; // the squared length of column j of the factor's inverse
    for (size_t i = j; i < p; i++) {
      double sum = i == j;
      for (size_t k = j; k < i; k++)
        sum -= factor[i + k * p] * column[k];
      column[i] = sum / factor[i + i * p];
      variance += column[i] * column[i];
    }
    rounding += 64 * DBL_EPSILON * workspace->totals.total * workspace->largest[j] * sqrt(variance);
  }
  double root = sqrt(decrement) + rounding;
  return root * root < workspace->totals.least;
}

// False if the maximum was not reached, or not proved to exist.
static bool climb(struct refit_workspace *workspace, const double *weight)
{
  size_t p = workspace->p;
  double *g = workspace->g, *step = workspace->step, decrement = 0;
  memcpy(g, workspace->start, p * sizeof *g);
  for (int evaluation = 0; evaluation < MOST_EVALUATIONS; evaluation++) {
    evaluate(workspace, weight, evaluation ? g : NULL);
    // Far beyond the top of the line: half of the step.
    double slope = 0, reach = 0;
    for (size_t j = 0; evaluation > 0 && j < p; j++)
      slope += workspace->totals.score[j] * step[j];
    if (slope < -decrement / 2) {
      decrement /= 2;
      for (size_t j = 0; j < p; j++) {
        step[j] /= 2;
        g[j] -= step[j];
      }
      continue;
    }
    if (!factor_information(workspace))
      return false;
    decrement = newton_step(workspace);
    for (size_t j = 0; j < p; j++)
      reach += fabs(step[j]) * workspace->largest[j];
    if (!isfinite(reach))
      return false;
    // (exp(M) - 1 - M)/M < 0.55 M for M < 0.25.
    bool last = reach < 0.25 && sqrt(decrement) * 0.55 * reach < exactness &&
                proves_overlap(workspace, decrement);
    for (size_t j = 0; j < p; j++)
      g[j] += step[j];
    if (last)
      return true;
  }
  return false;
}

static enum logit_status maximum_likelihood(const struct refit_problem *problem,
                                            const double *weight, struct refit_workspace *workspace,
                                            double *coefficient)
{
  workspace->n_used = 0;
  for (size_t i = 0; i < problem->n; i++) {
    workspace->row[workspace->n_used] = (uint32_t) i;
    workspace->n_used += weight[i] > 0;
  }
  if (climb(workspace, weight)) {
    from_standard(workspace, workspace->g, coefficient);
    return LOGIT_CONVERGED;
  }
  struct logit_data data = {
      .n = problem->n, .p = problem->p, .x = problem->x, .y = problem->y, .weight = weight};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  enum logit_status status = fit.status;
  memcpy(coefficient, fit.coefficient, problem->p * sizeof *coefficient);
  logit_fit_free(&fit);
  return status;
}

// ---- refit ----

static bool has_both_outcomes(const struct refit_problem *problem, const double *weight)
{
  bool event = false, other = false;
  for (size_t i = 0; i < problem->n && !(event && other); i++)
    if (weight[i] > 0)
      *(problem->y[i] > 0 ? &event : &other) = true;
  return event && other;
}

enum logit_status refit(const struct refit_problem *problem, const double *weight,
                        struct refit_workspace *workspace, double *coefficient)
{
  enum logit_status status = LOGIT_ONE_OUTCOME;
  for (size_t g = 0; g < problem->n_groups; g++)
    workspace->chosen[g] = true;
  if (has_both_outcomes(problem, weight))
    status = problem->selects || problem->firth
                 ? refit_process(problem, weight, workspace->chosen, coefficient)
                 : maximum_likelihood(problem, weight, workspace, coefficient);
  for (size_t j = 0; status != LOGIT_CONVERGED && j < problem->p; j++)
    coefficient[j] = NAN;
  return status;
}

void refit_chosen(const struct refit_workspace *workspace, bool *chosen)
{
  memcpy(chosen, workspace->chosen, workspace->problem->n_groups * sizeof *chosen);
}
