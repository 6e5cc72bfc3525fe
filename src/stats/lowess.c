// SPDX-License-Identifier: GPL-3.0-or-later
// Lowess: local lines through the nearest points.
//
// W. S. Cleveland (1979), Robust locally weighted regression and smoothing scatterplots, Journal
// of the American Statistical Association 74, 829-836; the window, the bounds .001 and .999 of
// the tricube weight and the skipping by delta as in his program of 1981 (The American
// Statistician 35, 54), which R's lowess runs.
#include <config.h>

#include "stats/smooth.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"

// Lanes are written as vectors, because a reduction may not be reordered by the compiler.
enum { LANES = 4 };
typedef double quad __attribute__((vector_size(32)));
typedef uint64_t quad_bits __attribute__((vector_size(32)));

#define INLINED static inline __attribute__((always_inline))

struct lowess_rows {
  const double *x, *y, *weight; // weight: frequencies, or NULL for ones
  const double *prior;          // weights apart from distance: frequencies, ones or robust weights
  size_t n;
  double n_points, range; // by weight
};

// The nearest points: places left .. right among the points that the rows stand for, kept as
// a row and the points of it that are outside (left) or inside (right).
struct lowess_window {
  size_t left, right;
  double left_passed, right_taken, n_right; // n_right: points up to and including the last one
};

static double frequency(const struct lowess_rows *rows, size_t i)
{
  return rows->weight ? rows->weight[i] : 1;
}

static size_t next_row(const struct lowess_rows *rows, size_t i)
{
  while (i < rows->n && !(frequency(rows, i) > 0))
    i++;
  return i;
}

static struct lowess_window window_first(const struct lowess_rows *rows, double n_nearest)
{
  struct lowess_window window = {.left = next_row(rows, 0), .n_right = n_nearest};
  double before = 0;
  window.right = window.left;
  while (before + frequency(rows, window.right) < n_nearest) {
    before += frequency(rows, window.right);
    window.right = next_row(rows, window.right + 1);
  }
  window.right_taken = n_nearest - before;
  return window;
}

// Moves the window one point to the right as long as the point that comes in is nearer to x than
// the one that goes out; points of one row together.
static void window_follow(const struct lowess_rows *rows, struct lowess_window *window, double x)
{
  while (window->n_right < rows->n_points) {
    size_t coming = window->right;
    double left_room = frequency(rows, window->left) - window->left_passed;
    double right_room = frequency(rows, coming) - window->right_taken;
    if (!(right_room > 0)) {
      coming = next_row(rows, coming + 1);
      if (coming >= rows->n)
        return;
      right_room = frequency(rows, coming);
    }
    if (!(x - rows->x[window->left] > rows->x[coming] - x))
      return;
    double n_moved = left_room < right_room ? left_room : right_room;
    window->right_taken = (coming == window->right ? window->right_taken : 0) + n_moved;
    window->right = coming;
    window->n_right += n_moved;
    window->left_passed += n_moved;
    if (n_moved >= left_room) {
      window->left = next_row(rows, window->left + 1);
      window->left_passed = 0;
    }
  }
}

// The mean of y over the points at x: the window is one place.
static bool fit_place(const struct lowess_rows *rows, size_t first, double x, double *fitted)
{
  double sum = 0, total = 0;
  for (size_t j = first; j < rows->n && rows->x[j] <= x; j++) {
    sum += rows->prior[j];
    total += rows->prior[j] * rows->y[j];
  }
  *fitted = total / sum;
  return sum > 0;
}

// Over the rows near x: w = tricube weight times prior, u = distance from x.
struct local_sums {
  double w, wu, wuu, wy, wuy;
};
struct local_quads {
  quad w, wu, wuu, wy, wuy;
};

// Where the line is fitted; bounds and scale of the distances.  The same in every lane.
struct local_place {
  quad x, near, far, inverse;
};

INLINED void add_four(const double *at, const double *response, const double *prior,
                      const struct local_place *place, struct local_quads *sum)
{
  const quad_bits magnitude = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
  quad u, y, w;
  memcpy(&u, at, sizeof u);
  memcpy(&y, response, sizeof y);
  memcpy(&w, prior, sizeof w);
  u -= place->x;
  quad distance = (quad) ((quad_bits) u & magnitude), part = distance * place->inverse;
  part = (quad) ((quad_bits) part & (quad_bits) (distance > place->near));
  quad tricube = 1 - part * part * part;
  tricube = tricube * tricube * tricube;
  w *= (quad) ((quad_bits) tricube & (quad_bits) (distance <= place->far));
  quad wu = w * u;
  sum->w += w;
  sum->wu += wu;
  sum->wuu += wu * u;
  sum->wy += w * y;
  sum->wuy += wu * y;
}

// Of rows first .. end - 1, and up to three beyond: these are as far as h, the distance of the
// farthest of the nearest points, and have no weight.
INLINED void add_window(const struct lowess_rows *rows, size_t first, size_t end, double x,
                        double h, struct local_sums *total)
{
  const quad zero = {0};
  const struct local_place place = {zero + x, zero + .001 * h, zero + .999 * h, zero + 1 / h};
  const double *at = rows->x, *y = rows->y, *prior = rows->prior;
  struct local_quads sum = {zero, zero, zero, zero, zero};
  size_t n = rows->n, j = first;
  for (; j < end && j + LANES <= n; j += LANES)
    add_four(at + j, y + j, prior + j, &place, &sum);
  if (j < end) {
    double last_at[LANES] = {0}, last_y[LANES] = {0}, last_prior[LANES] = {0};
    for (size_t k = 0; j + k < end; k++) {
      last_at[k] = at[j + k];
      last_y[k] = y[j + k];
      last_prior[k] = prior[j + k];
    }
    add_four(last_at, last_y, last_prior, &place, &sum);
  }
#define TOTAL(s) (((s)[0] + (s)[1]) + ((s)[2] + (s)[3]))
  *total = (struct local_sums){TOTAL(sum.w), TOTAL(sum.wu), TOTAL(sum.wuu), TOTAL(sum.wy),
                               TOTAL(sum.wuy)};
#undef TOTAL
}

#if defined __x86_64__ && defined __GNUC__
// The same operations in the same order, hence the same bits, in half as many instructions.
__attribute__((target("avx2"))) static void add_window_wide(const struct lowess_rows *rows,
                                                            size_t first, size_t end, double x,
                                                            double h, struct local_sums *total)
{
  add_window(rows, first, end, x, h, total);
}
#endif

static struct local_sums sum_window(const struct lowess_rows *rows, size_t first, size_t end,
                                    double x, double h)
{
  struct local_sums total;
#if defined __x86_64__ && defined __GNUC__
  if (__builtin_cpu_supports("avx2")) {
    add_window_wide(rows, first, end, x, h, &total);
    return total;
  }
#endif
  add_window(rows, first, end, x, h, &total);
  return total;
}

// False if no point has weight.
static bool fit_point(const struct lowess_rows *rows, const struct lowess_window *window, double x,
                      double *fitted)
{
  double h = fmax(x - rows->x[window->left], rows->x[window->right] - x);
  if (!(h > 0))
    return fit_place(rows, window->left, x, fitted);
  struct local_sums sum = sum_window(rows, window->left, window->right + 1, x, h);
  if (!(sum.w > 0))
    return false;
  double part = 1 / sum.w, mean = sum.wu * part, variance = sum.wuu * part - mean * mean;
  *fitted = sum.wy / sum.w; // exact where all y are 1
  if (variance > 0 && sqrt(variance) > .001 * rows->range)
    *fitted -= mean * (sum.wuy * part - mean * *fitted) / variance;
  return true;
}

// The line between the fitted rows `from` and `to`, for the rows between them.
static void fill_between(const struct lowess_rows *rows, size_t from, size_t to, double *fitted)
{
  double width = rows->x[to] - rows->x[from];
  for (size_t j = from + 1; j < to; j++) {
    double part = (rows->x[j] - rows->x[from]) / width;
    if (frequency(rows, j) > 0)
      fitted[j] = part * fitted[to] + (1 - part) * fitted[from];
  }
}

static void fit_pass(const struct lowess_rows *rows, double n_nearest, double delta, double *fitted)
{
  struct lowess_window window = window_first(rows, n_nearest);
  size_t n = rows->n, i = window.left, last = i;
  for (bool first = true;; first = false) {
    double x = rows->x[i];
    window_follow(rows, &window, x);
    if (!fit_point(rows, &window, x, &fitted[i]))
      fitted[i] = rows->y[i];
    if (!first)
      fill_between(rows, last, i, fitted);
    last = i;
    size_t reached = i, j = next_row(rows, i + 1);
    for (; j < n && rows->x[j] <= x + delta; j = next_row(rows, j + 1)) {
      if (rows->x[j] == x) {
        fitted[j] = fitted[i];
        last = j;
      }
      reached = j;
    }
    size_t next = next_row(rows, last + 1);
    i = reached > last ? reached : next;
    if (next >= n)
      return;
  }
}

// Bisquare weights of the residuals about 6 times their median size; false if they are so small
// that the fit is as good as exact.
static bool robust_weights(const double *residual, size_t n, double *robust)
{
  double total = 0;
  for (size_t i = 0; i < n; i++) {
    robust[i] = fabs(residual[i]);
    total += robust[i];
  }
  sort_doubles(robust, n);
  double limit = 3 * (robust[n / 2] + robust[(n - 1) / 2]);
  if (limit < 1e-7 * total / (double) n)
    return false;
  for (size_t i = 0; i < n; i++) {
    double size = fabs(residual[i]), u = size / limit, v = 1 - u * u;
    robust[i] = size <= .001 * limit ? 1 : size <= .999 * limit ? v * v : 0;
  }
  return true;
}

void lowess(const double *x, const double *y, const double *weight, size_t n, double f,
            int iterations, double delta, double *fitted, double *scratch)
{
  assert(!weight || iterations == 0);
  struct lowess_rows rows = {.x = x, .y = y, .weight = weight, .n = n};
  size_t first = next_row(&rows, 0), last = first, n_used = 0;
  for (size_t i = 0; i < n; i++) {
    double w = frequency(&rows, i);
    fitted[i] = w > 0 ? y[i] : NAN;
    rows.n_points += w > 0 ? w : 0;
    n_used += w > 0;
    last = w > 0 ? i : last;
  }
  if (n_used == 0 || rows.n_points < 2)
    return;
  rows.range = x[last] - x[first];
  double n_nearest = fmax(2, fmin(rows.n_points, floor(f * rows.n_points + 1e-7)));
  double *room = scratch ? scratch : NEW_ARRAY(double, 2 * n), *robust = room + n;
  for (size_t i = 0; !weight && i < n; i++)
    robust[i] = 1;
  rows.prior = weight ? weight : robust;
  fit_pass(&rows, n_nearest, delta, fitted);
  for (int k = 0; k < iterations; k++) {
    for (size_t i = 0; i < n; i++)
      room[i] = y[i] - fitted[i];
    if (!robust_weights(room, n, robust))
      break;
    fit_pass(&rows, n_nearest, delta, fitted);
  }
  if (!scratch)
    free(room);
}

// ---- between points ----

// The first row from `i` on (backwards if not `up`) whose y is there; n if none.
static size_t present_row(const double *y, size_t n, size_t i, bool up)
{
  while (i < n && isnan(y[i]))
    i = up ? i + 1 : i - 1; // below 0 wraps to beyond n
  return i;
}

// Mean of y over the rows tied with row i, and the first row beyond them that is there.
static double tied_mean(const double *x, const double *y, size_t n, size_t i, bool up,
                        size_t *beyond)
{
  double sum = 0, count = 0, place = x[i];
  for (; i < n && x[i] == place; i = present_row(y, n, up ? i + 1 : i - 1, up)) {
    sum += y[i];
    count++;
  }
  *beyond = i;
  return sum / count;
}

double interpolate(const double *x, const double *y, size_t n, double at, bool extend)
{
  size_t low = 0, high = n;
  if (isnan(at))
    return NAN;
  while (low < high) { // the first x not below `at`
    size_t middle = low + (high - low) / 2;
    if (x[middle] < at)
      low = middle + 1;
    else
      high = middle;
  }
  size_t right = present_row(y, n, low, true), left = present_row(y, n, low - 1, false), beyond;
  if (right < n && x[right] == at)
    return tied_mean(x, y, n, right, true, &beyond);
  bool inside = right < n && left < n;
  if (!inside && !extend)
    return NAN;
  size_t near = left < n ? left : right, other = right;
  if (near >= n)
    return NAN;
  double y_near = tied_mean(x, y, n, near, near == right, &beyond);
  if (!inside)
    other = beyond;
  if (other >= n)
    return NAN;
  double y_other = tied_mean(x, y, n, other, inside || near == right, &beyond);
  return y_near + (y_other - y_near) * ((at - x[near]) / (x[other] - x[near]));
}
