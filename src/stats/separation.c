// SPDX-License-Identifier: GPL-3.0-or-later
// A. Albert & J. A. Anderson (1984), "On the existence of maximum likelihood estimates in
// logistic regression models", Biometrika 71, 1-10; K. Konis (2007), "Linear programming
// algorithms for detecting separated data in binary logistic regression models", thesis,
// Oxford, ch. 3: maximize sum a_i s_i z_i'd over s_i z_i'd >= 0, |d_j| <= 1 (a_i > 0).
//
// Solved by the dual simplex method in the p-dimensional space of d.  A basis is p active
// constraints; it starts with p sides of the box, where the objective is largest, and the
// most violated row comes in until none is left.  Rows are looked at in turns: a pool of the
// worst is worked off before all are priced again, so that a million rows are passed over
// some tens of times.  The last basis proves the answer: either d separates, or d = 0 and
// multipliers y >= 0 give a combination of all rows with positive weights a_i + y_i that is
// zero, so that no direction can separate any row (Stiemke).
#include <config.h>

#include "stats/separation.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/linear_algebra.h"
#include "stats/row_block.h"

static const double on_plane = 1e-9, off_plane = 1e-7;
enum { POOL_BATCH = 256, MOST_POOL = 4096, PIVOTS_BETWEEN_INVERSIONS = 40 };

struct programme {
  const struct logit_problem *problem;
  size_t p;
  const unsigned char *in_play; // n: rows that bind
  const double *length;         // n: |z_i|
  const double *bound;          // p: |d_j| <= bound_j, 0 or 1
  double *direction;            // p out
  double *side;                 // n out: s_i z_i'd / |z_i| of the rows in play
};

struct basis {
  size_t p, n_pivots;
  double *row;        // p x p row-major: the constraints a'd <= limit
  double *limit;      // p
  double *inverse;    // p x p row-major: of the matrix of rows
  double *multiplier; // p
};

static double sign_of_row(const struct logit_data *data, size_t i)
{
  return data->y[i] > 0 ? 1 : -1;
}

// Numbers in [1, 2) that have no pattern (splitmix64, Steele et al. 2014).
static double uneven(size_t i)
{
  uint64_t z = ((uint64_t) i + 1) * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return 1 + (double) ((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

// ---- rows ----

// Calls for each block: side of the rows in play, the others 1.
static void price_rows(const struct programme *lp, const double *d, double *side)
{
  const struct logit_problem *problem = lp->problem;
  struct row_chunks chunks = row_chunks(problem->n);
#pragma omp parallel for schedule(dynamic) if (row_chunks_in_parallel(problem->n, 2 * lp->p))
  for (size_t c = 0; c < chunks.n_chunks; c++) {
    double *z = block_allocate(lp->p);
    size_t end = row_chunk_start(&chunks, c + 1);
    for (size_t first = row_chunk_start(&chunks, c); first < end; first += BLOCK_ROWS) {
      size_t n = end - first < BLOCK_ROWS ? end - first : BLOCK_ROWS;
      double sum[BLOCK_ROWS] = {0};
      logit_problem_read(problem, first, n, z);
      for (size_t j = 0; j < lp->p; j++)
        for (size_t i = 0; d[j] != 0 && i < BLOCK_ROWS; i++)
          sum[i] += d[j] * z[i + j * BLOCK_ROWS];
      for (size_t i = 0; i < n; i++)
        side[first + i] = lp->in_play[first + i] ? sign_of_row(problem->data, first + i) * sum[i] /
                                                       lp->length[first + i]
                                                 : 1;
    }
    free(z);
  }
}

static void row_lengths(const struct logit_problem *problem, double *length)
{
  double *z = block_allocate(problem->p);
  for (size_t first = 0; first < problem->n; first += BLOCK_ROWS) {
    size_t n = problem->n - first < BLOCK_ROWS ? problem->n - first : BLOCK_ROWS;
    logit_problem_read(problem, first, n, z);
    for (size_t i = 0; i < n; i++) {
      double sum = 0;
      for (size_t j = 0; j < problem->p; j++)
        sum += z[i + j * BLOCK_ROWS] * z[i + j * BLOCK_ROWS];
      length[first + i] = sum > 0 ? sqrt(sum) : 1;
    }
  }
  free(z);
}

static void read_row(const struct programme *lp, size_t i, double *a)
{
  const struct logit_problem *problem = lp->problem;
  double factor = -sign_of_row(problem->data, i) / lp->length[i];
  for (size_t j = 0; j < lp->p; j++)
    a[j] =
        factor * (problem->data->x[i + j * problem->n] - problem->centre[j]) * problem->inverse[j];
}

// Sum of a_i s_i z_i / |z_i| over the rows in play.
static void sum_of_rows(const struct programme *lp, double *sum)
{
  const struct logit_problem *problem = lp->problem;
  double *z = block_allocate(lp->p), *factor = block_allocate(1);
  memset(sum, 0, lp->p * sizeof *sum);
  for (size_t first = 0; first < problem->n; first += BLOCK_ROWS) {
    size_t n = problem->n - first < BLOCK_ROWS ? problem->n - first : BLOCK_ROWS;
    logit_problem_read(problem, first, n, z);
    memset(factor, 0, BLOCK_ROWS * sizeof *factor);
    for (size_t i = 0; i < n; i++)
      if (lp->in_play[first + i])
        factor[i] =
            uneven(first + i) * sign_of_row(problem->data, first + i) / lp->length[first + i];
    for (size_t j = 0; j < lp->p; j++)
      sum[j] += block_dot(factor, z + j * BLOCK_ROWS);
  }
  free(z);
  free(factor);
}

// ---- basis ----

// Gauss-Jordan with partial pivoting.
static bool basis_invert(struct basis *basis)
{
  size_t p = basis->p;
  double *a = NEW_ARRAY(double, p * p), *inverse = basis->inverse;
  memcpy(a, basis->row, p * p * sizeof *a);
  memset(inverse, 0, p * p * sizeof *inverse);
  for (size_t j = 0; j < p; j++)
    inverse[j * p + j] = 1;
  bool good = true;
  for (size_t j = 0; good && j < p; j++) {
    size_t best = j;
    for (size_t i = j + 1; i < p; i++)
      if (fabs(a[i * p + j]) > fabs(a[best * p + j]))
        best = i;
    double pivot = a[best * p + j];
    good = fabs(pivot) > 1e-14;
    for (size_t k = 0; good && k < p; k++) {
      double hold = a[j * p + k];
      a[j * p + k] = a[best * p + k] / pivot;
      a[best * p + k] = best == j ? a[j * p + k] : hold;
      hold = inverse[j * p + k];
      inverse[j * p + k] = inverse[best * p + k] / pivot;
      inverse[best * p + k] = best == j ? inverse[j * p + k] : hold;
    }
    for (size_t i = 0; good && i < p; i++) {
      double factor = a[i * p + j];
      for (size_t k = 0; i != j && factor != 0 && k < p; k++) {
        a[i * p + k] -= factor * a[j * p + k];
        inverse[i * p + k] -= factor * inverse[j * p + k];
      }
    }
  }
  free(a);
  return good;
}

// to = vector' inverse: the constraint as a combination of those of the basis.
static void basis_express(const struct basis *basis, const double *vector, double *to)
{
  memset(to, 0, basis->p * sizeof *to);
  for (size_t j = 0; j < basis->p; j++)
    for (size_t k = 0; k < basis->p; k++)
      to[k] += vector[j] * basis->inverse[j * basis->p + k];
}

static void basis_vertex(const struct basis *basis, double *d)
{
  for (size_t j = 0; j < basis->p; j++) {
    d[j] = 0;
    for (size_t k = 0; k < basis->p; k++)
      if (basis->limit[k] != 0)
        d[j] += basis->inverse[j * basis->p + k] * basis->limit[k];
  }
}

// Lets the constraint in for the one whose multiplier reaches 0 first.
static bool basis_pivot(struct basis *basis, const double *objective, const double *row,
                        double limit, double *combination)
{
  size_t p = basis->p, leaving = p;
  double least = INFINITY;
  basis_express(basis, row, combination);
  for (size_t k = 0; k < p; k++) {
    if (!(combination[k] > 1e-10))
      continue;
    double ratio = basis->multiplier[k] / combination[k];
    // Of equal ratios the largest pivot.
    if (ratio < least * (1 - 1e-12) ||
        (ratio <= least * (1 + 1e-12) && combination[k] > combination[leaving])) {
      least = fmin(ratio, least);
      leaving = k;
    }
  }
  if (leaving == p)
    return false;
  memcpy(basis->row + leaving * p, row, p * sizeof *row);
  basis->limit[leaving] = limit;
  if (++basis->n_pivots % PIVOTS_BETWEEN_INVERSIONS == 0) {
    if (!basis_invert(basis))
      return false;
    basis_express(basis, objective, basis->multiplier);
    for (size_t k = 0; k < p; k++)
      basis->multiplier[k] = fmax(basis->multiplier[k], 0);
    return true;
  }
  for (size_t j = 0; j < p; j++) {
    double *line = basis->inverse + j * p, own = line[leaving] / combination[leaving];
    for (size_t k = 0; k < p; k++)
      line[k] -= k == leaving ? 0 : own * combination[k];
    line[leaving] = own;
  }
  for (size_t k = 0; k < p; k++)
    basis->multiplier[k] =
        fmax(basis->multiplier[k] - (k == leaving ? 0 : least * combination[k]), 0);
  basis->multiplier[leaving] = least;
  return true;
}

// The most violated of the box's sides and of the rows in the pool; false if none is.
static bool most_violated(const struct programme *lp, const double *pool, size_t n_pool,
                          const double *d, double *row, double *limit)
{
  size_t p = lp->p;
  double worst = on_plane / 2; // below what rows are taken up for
  bool found = false;
  for (size_t j = 0; j < p; j++)
    if (fabs(d[j]) - lp->bound[j] > worst) {
      worst = fabs(d[j]) - lp->bound[j];
      memset(row, 0, p * sizeof *row);
      row[j] = d[j] > 0 ? 1 : -1;
      *limit = lp->bound[j];
      found = true;
    }
  for (size_t i = 0; i < n_pool; i++) {
    double over = 0;
    for (size_t j = 0; j < p; j++)
      over += pool[i * p + j] * d[j];
    if (over > worst) {
      worst = over;
      memcpy(row, pool + i * p, p * sizeof *row);
      *limit = 0;
      found = true;
    }
  }
  return found;
}

// Adds to the pool the rows that are violated most; the number added.
static size_t fill_pool(const struct programme *lp, double *pool, size_t *n_pool)
{
  double worst = 0;
  size_t added = 0;
  for (size_t i = 0; i < lp->problem->n; i++)
    worst = fmax(worst, -lp->side[i]);
  if (!(worst > on_plane))
    return 0;
  if (*n_pool + POOL_BATCH > MOST_POOL)
    *n_pool = 0;
  // First the worse half of the range, then whatever is violated.
  for (double least = worst / 2; added < POOL_BATCH; least = on_plane) {
    double most = least == on_plane ? worst / 2 : INFINITY;
    for (size_t i = 0; i < lp->problem->n && added < POOL_BATCH; i++)
      if (-lp->side[i] >= least && -lp->side[i] < most) {
        read_row(lp, i, pool + (*n_pool)++ * lp->p);
        added++;
      }
    if (least == on_plane)
      break;
  }
  return added;
}

// Maximizes objective'd; false if the method gave out.  d in lp->direction and the rows'
// sides in lp->side.
static bool programme_solve(const struct programme *lp, const double *objective)
{
  size_t p = lp->p, n_pool = 0, most = 400 * p + 4000;
  struct basis basis = {.p = p};
  basis.row = NEW_ZEROED(double, p * p);
  basis.inverse = NEW_ZEROED(double, p * p);
  basis.limit = NEW_ARRAY(double, p);
  basis.multiplier = NEW_ARRAY(double, p);
  double *pool = NEW_ARRAY(double, MOST_POOL *p), *row = NEW_ARRAY(double, p);
  double *combination = NEW_ARRAY(double, p + 1), *d = lp->direction;
  combination[p] = -1;
  for (size_t j = 0; j < p; j++) {
    basis.row[j * p + j] = basis.inverse[j * p + j] = objective[j] < 0 ? -1 : 1;
    basis.limit[j] = lp->bound[j];
    basis.multiplier[j] = fabs(objective[j]);
  }
  bool good = true, done = false;
  for (size_t step = 0; good && !done && step < most; step++) {
    double limit;
    basis_vertex(&basis, d);
    if (!most_violated(lp, pool, n_pool, d, row, &limit)) {
      price_rows(lp, d, lp->side);
      done = fill_pool(lp, pool, &n_pool) == 0;
      continue;
    }
    good = basis_pivot(&basis, objective, row, limit, combination);
  }
  free(basis.row);
  free(basis.inverse);
  free(basis.limit);
  free(basis.multiplier);
  free(pool);
  free(row);
  free(combination);
  return good && done;
}

// ---- separation ----

struct rows {
  unsigned char *in_play;
  double *length, *bound, *objective, *side;
};

static struct programme programme_start(const struct logit_problem *problem, struct rows *rows)
{
  size_t n = problem->n, p = problem->p;
  rows->in_play = NEW_ARRAY(unsigned char, n);
  rows->length = NEW_ARRAY(double, n);
  rows->bound = NEW_ARRAY(double, p);
  rows->objective = NEW_ARRAY(double, p);
  rows->side = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++)
    rows->in_play[i] = logit_row_weight(problem->data, i) > 0;
  for (size_t j = 0; j < p; j++)
    rows->bound[j] = 1;
  row_lengths(problem, rows->length);
  return (struct programme){.problem = problem,
                            .p = p,
                            .in_play = rows->in_play,
                            .length = rows->length,
                            .bound = rows->bound,
                            .direction = NEW_ZEROED(double, p),
                            .side = rows->side};
}

static void programme_end(struct programme *lp, struct rows *rows)
{
  free(lp->direction);
  free(rows->in_play);
  free(rows->length);
  free(rows->bound);
  free(rows->objective);
  free(rows->side);
}

// Adds to total (with its sides) as much of the last direction as leaves the rows that total
// separates separated.
static void add_direction(const struct programme *lp, double *total, double *total_side)
{
  const struct logit_problem *problem = lp->problem;
  size_t n = problem->n;
  unsigned char *all = NEW_ARRAY(unsigned char, n);
  double *side = NEW_ARRAY(double, n), part = 1;
  struct programme every = *lp;
  every.in_play = all;
  for (size_t i = 0; i < n; i++)
    all[i] = logit_row_weight(problem->data, i) > 0;
  price_rows(&every, lp->direction, side);
  for (size_t i = 0; i < n; i++)
    if (all[i] && total_side[i] > off_plane && side[i] < 0)
      part = fmin(part, -total_side[i] / side[i] / 2);
  for (size_t i = 0; i < n; i++)
    total_side[i] += part * side[i];
  for (size_t j = 0; j < lp->p; j++)
    total[j] += part * lp->direction[j];
  free(all);
  free(side);
}

// Takes the separated rows out of play until the others overlap.  total (p, or NULL): a
// direction that separates all that went.  n_left: the rows left.  False if undecided.
static bool separate_all(struct programme *lp, struct rows *rows, double *total, size_t *n_left)
{
  size_t n = lp->problem->n, p = lp->p;
  double *total_side = NEW_ZEROED(double, n);
  bool decided = true;
  *n_left = 0;
  for (size_t j = 0; total && j < p; j++)
    total[j] = 0;
  for (size_t i = 0; i < n; i++)
    *n_left += rows->in_play[i];
  while (*n_left > 0) {
    size_t n_separated = 0;
    sum_of_rows(lp, rows->objective);
    for (size_t j = 0; j < p; j++)
      if (rows->bound[j] == 0)
        rows->objective[j] = 0;
    decided = programme_solve(lp, rows->objective);
    for (size_t i = 0; decided && i < n; i++)
      if (rows->in_play[i] && rows->side[i] > off_plane) {
        rows->in_play[i] = 0;
        n_separated++;
      }
    if (n_separated == 0)
      break;
    *n_left -= n_separated;
    if (total)
      add_direction(lp, total, total_side);
  }
  free(total_side);
  return decided;
}

// Columns whose coefficient the overlapping rows leave open: those that take part in a
// dependence among the columns of these rows.
static void find_infinite(const struct logit_problem *problem, const unsigned char *overlapping,
                          size_t n_left, bool *infinite)
{
  const struct logit_data *data = problem->data;
  size_t p = problem->p, to = 0;
  double *x = NEW_ARRAY(double, n_left *p), *relation = NEW_ARRAY(double, p * p);
  bool *dependent = NEW_ARRAY(bool, p);
  for (size_t i = 0; i < problem->n; i++)
    if (overlapping[i]) {
      for (size_t j = 0; j < p; j++)
        x[to + j * n_left] = data->x[i + j * data->n];
      to++;
    }
  column_relation(x, n_left, p, 1e-9, dependent, relation);
  for (size_t j = 0; j < p; j++)
    infinite[j] = dependent[j];
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k < p; k++)
      infinite[k] = infinite[k] || relation[k + j * p] != 0;
  free(x);
  free(relation);
  free(dependent);
}

// Whether column j separates on its own.
static bool separates_alone(const struct logit_problem *problem, size_t j)
{
  const struct logit_data *data = problem->data;
  const double *x = data->x + j * data->n;
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (size_t i = 0; i < data->n; i++)
    if (logit_row_weight(data, i) > 0) {
      bool event = data->y[i] > 0;
      low[event] = fmin(low[event], x[i]);
      high[event] = fmax(high[event], x[i]);
    }
  if (low[0] == high[0] && low[1] == high[1] && low[0] == low[1])
    return false;
  if (problem->constant < problem->p)
    return j != problem->constant && (high[0] <= low[1] || high[1] <= low[0]);
  return (low[1] >= 0 && high[0] <= 0) || (high[1] <= 0 && low[0] >= 0);
}

// Leaves out one column after the other, the last first, as long as the rest separates
// completely.
static void find_minimal(struct programme *lp, struct rows *rows, bool *cause)
{
  const struct logit_problem *problem = lp->problem;
  size_t n = problem->n, p = lp->p, n_left;
  bool affordable = (double) n * (double) p * (double) p < 2e9;
  for (size_t j = 0; j < p; j++)
    cause[j] = j != problem->constant;
  for (size_t j = p; affordable && j-- > 0;) {
    if (j == problem->constant)
      continue;
    for (size_t i = 0; i < n; i++)
      rows->in_play[i] = logit_row_weight(problem->data, i) > 0;
    rows->bound[j] = 0;
    if (separate_all(lp, rows, NULL, &n_left) && n_left == 0)
      cause[j] = false;
    else
      rows->bound[j] = 1;
  }
}

void separation_find(const struct logit_problem *problem, struct separation *found)
{
  size_t n = problem->n, p = problem->p, n_left;
  *found = (struct separation){.status = SEPARATION_UNKNOWN,
                               .direction = NEW_ZEROED(double, p),
                               .overlapping = NEW_ZEROED(bool, n),
                               .infinite = NEW_ZEROED(bool, p),
                               .cause = NEW_ZEROED(bool, p)};
  struct rows rows;
  struct programme lp = programme_start(problem, &rows);
  double *total = NEW_ARRAY(double, p);
  if (!separate_all(&lp, &rows, total, &n_left))
    goto out;
  bool any = false;
  for (size_t j = 0; j < p; j++)
    any = any || total[j] != 0;
  if (!any || n_left == 0)
    found->status = any ? COMPLETE_SEPARATION : OVERLAP;
  else
    found->status = QUASI_SEPARATION;
  for (size_t i = 0; i < n; i++)
    found->overlapping[i] = rows.in_play[i];
  if (found->status == OVERLAP)
    goto out;

  logit_problem_to_original(problem, total, found->direction);
  if (n_left == 0)
    for (size_t j = 0; j < p; j++)
      found->infinite[j] = true;
  else
    find_infinite(problem, rows.in_play, n_left, found->infinite);
  bool alone = false;
  for (size_t j = 0; j < p; j++) {
    found->cause[j] = separates_alone(problem, j);
    alone = alone || found->cause[j];
  }
  if (alone)
    goto out;
  if (n_left > 0)
    memcpy(found->cause, found->infinite, p * sizeof *found->cause);
  else
    find_minimal(&lp, &rows, found->cause);
out:
  free(total);
  programme_end(&lp, &rows);
}

void separation_free(struct separation *found)
{
  free(found->direction);
  free(found->overlapping);
  free(found->infinite);
  free(found->cause);
  *found = (struct separation){0};
}

bool separation_has_side(const struct logit_problem *problem, size_t j, int sign)
{
  struct rows rows;
  struct programme lp = programme_start(problem, &rows);
  size_t p = problem->p;
  double *unit = NEW_ZEROED(double, p), largest = 0, reached = 0;
  // b_j as a function of g, scaled to 1; some of the sum of rows makes the optimum unique.
  if (j == problem->constant)
    for (size_t k = 0; k < p; k++)
      unit[k] = k == j ? 1 : -problem->centre[k] * problem->inverse[k];
  else
    unit[j] = 1;
  for (size_t k = 0; k < p; k++)
    largest = fmax(largest, fabs(unit[k]));
  sum_of_rows(&lp, rows.objective);
  for (size_t k = 0; k < p; k++) {
    unit[k] *= sign / largest;
    rows.objective[k] = unit[k] + 1e-6 * rows.objective[k] / (double) problem->n;
  }
  bool good = programme_solve(&lp, rows.objective);
  for (size_t k = 0; k < p; k++)
    reached += unit[k] * lp.direction[k];
  free(unit);
  programme_end(&lp, &rows);
  return good && reached > 1e-5 * (double) p;
}
