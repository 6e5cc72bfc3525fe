// SPDX-License-Identifier: GPL-3.0-or-later
// Correlations by reordering.
//
// Source: R. L. Iman, W. J. Conover (1982), A distribution-free approach to inducing rank
// correlation among input variables, Communications in Statistics B 11:311-334.
#include <config.h>

#include "stats/rank_order.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/distribution.h"
#include "stats/rng.h"
#include "stats/summary.h"

static void shuffle(struct philox_stream *stream, double *x, size_t n)
{
  for (size_t i = n; i > 1; i--) {
    size_t j = (size_t) philox_below(stream, i);
    double held = x[i - 1];
    x[i - 1] = x[j];
    x[j] = held;
  }
}

// factor: lower triangle with factor factor' = matrix, row-major m x m.  False if a pivot is
// not well above 0.
static bool factorize(const double *matrix, size_t m, double *factor)
{
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = matrix[i * m + j];
      for (size_t k = 0; k < j; k++)
        sum -= factor[i * m + k] * factor[j * m + k];
      if (i == j && !(sum > 1e-6))
        return false;
      factor[i * m + j] = i == j ? sqrt(sum) : sum / factor[j * m + j];
    }
  return true;
}

// The largest step towards `correlation` from none, in twentieths, that can be factorized.
static double factorize_wanted(const double *correlation, size_t m, double *factor)
{
  double *matrix = NEW_ARRAY(double, m * m);
  int twentieths = 21;
  bool good = false;
  while (!good && twentieths-- > 0) {
    for (size_t i = 0; i < m; i++)
      for (size_t j = 0; j < m; j++)
        matrix[i * m + j] = i == j ? 1 : correlation[i * m + j] * twentieths / 20;
    good = factorize(matrix, m, factor);
  }
  free(matrix);
  return twentieths / 20.0;
}

// Sample correlations of the columns of `score` (all with mean 0 and the same sum of squares).
static bool factorize_chance(const double *score, size_t n, size_t m, double sum_squares,
                             double *factor)
{
  if (n <= m + 1 || !(sum_squares > 0))
    return false;
  double *matrix = NEW_ARRAY(double, m * m);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = 0;
      for (size_t row = 0; row < n; row++)
        sum += score[i * n + row] * score[j * n + row];
      matrix[i * m + j] = matrix[j * m + i] = sum / sum_squares;
    }
  bool good = factorize(matrix, m, factor);
  free(matrix);
  return good;
}

double rank_orders(const double *correlation, size_t n, size_t m, uint64_t seed,
                   uint64_t replicate, size_t *rank)
{
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, replicate);
  double *score = NEW_ARRAY(double, n * m), sum_squares = 0;
  for (size_t i = 0; i < n; i++) {
    double z = normal_quantile(((double) i + 0.5) / (double) n);
    sum_squares += z * z;
    for (size_t j = 0; j < m; j++)
      score[j * n + i] = z;
  }
  for (size_t j = 0; j < m; j++)
    shuffle(&stream, score + j * n, n);
  double *wanted = NEW_ZEROED(double, m * m), *chance = NEW_ZEROED(double, m * m);
  double *row = NEW_ARRAY(double, m);
  double factor = factorize_wanted(correlation, m, wanted);
  bool has_chance = factorize_chance(score, n, m, sum_squares, chance);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < m; j++) { // chance row = scores
      row[j] = score[j * n + i];
      for (size_t k = 0; has_chance && k < j; k++)
        row[j] -= chance[j * m + k] * row[k];
      if (has_chance)
        row[j] /= chance[j * m + j];
    }
    for (size_t j = 0; j < m; j++) {
      double sum = 0;
      for (size_t k = 0; k <= j; k++)
        sum += wanted[j * m + k] * row[k];
      score[j * n + i] = sum;
    }
  }
  size_t *order = NEW_ARRAY(size_t, n);
  for (size_t j = 0; j < m; j++) {
    sort_order(score + j * n, n, order);
    for (size_t i = 0; i < n; i++)
      rank[j * n + order[i]] = i;
  }
  free(order);
  free(row);
  free(chance);
  free(wanted);
  free(score);
  return factor;
}

// ---- nearness to a function ----

// outcome, in the order of `value`.
static void follow(const double *value, double *outcome, size_t n)
{
  double *sorted = NEW_ARRAY(double, n);
  size_t *order = NEW_ARRAY(size_t, n);
  memcpy(sorted, outcome, n * sizeof *sorted);
  sort_doubles(sorted, n);
  sort_order(value, n, order);
  for (size_t i = 0; i < n; i++)
    outcome[order[i]] = sorted[i];
  free(order);
  free(sorted);
}

// A guard while exchanges are made: ranks about their mean, 0 where the column has no value,
// and the sums that make the correlation.
struct watch {
  double *rank; // of the guarded column
  double product, scale, least, most; // correlation = product/scale
};

struct matching {
  row_function function;
  void *context;
  double **input; // gathered rows without NaN
  size_t n_inputs, moving, n;
  double *outcome;
  double *rank;   // of the moving column, about their mean
  struct watch *watch;
  size_t n_watches;
};

// rank: of the values in these rows about their mean, 0 for NaN.  Returns the sum of squares.
static double centred_ranks(const double *value, const size_t *row, size_t n, double *rank)
{
  double *present = NEW_ARRAY(double, n), *of_present = NEW_ARRAY(double, n), sum_squares = 0;
  size_t m = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(value[row[i]]))
      present[m++] = value[row[i]];
  ranks_compute(present, NULL, m, of_present);
  double centre = ((double) m + 1) / 2;
  m = 0;
  for (size_t i = 0; i < n; i++) {
    rank[i] = isnan(value[row[i]]) ? 0 : of_present[m++] - centre;
    sum_squares += rank[i] * rank[i];
  }
  free(of_present);
  free(present);
  return sum_squares;
}

static double beyond(double correlation, const struct watch *watch)
{
  return fmax(0, fmax(watch->least - correlation, correlation - watch->most));
}

// Whether the exchange of rows a and b keeps all guards; if so, their sums follow it.
static bool watches_allow(const struct matching *matching, size_t a, size_t b)
{
  double step = matching->rank[b] - matching->rank[a]; // what row a gains and b loses
  for (size_t j = 0; j < matching->n_watches; j++) {
    const struct watch *watch = &matching->watch[j];
    double change = step * (watch->rank[a] - watch->rank[b]);
    double now = beyond(watch->product / watch->scale, watch);
    double then = beyond((watch->product + change) / watch->scale, watch);
    if (then > 0 && then > now)
      return false;
  }
  for (size_t j = 0; j < matching->n_watches; j++)
    matching->watch[j].product +=
        step * (matching->watch[j].rank[a] - matching->watch[j].rank[b]);
  return true;
}

static void evaluate(const struct matching *matching, double *result)
{
  matching->function(matching->context, (const double *const *) matching->input, matching->n,
                     result);
}

// One sweep: rows paired at random, the moving column exchanged in each pair, and the exchange
// undone where it did not bring the outcome nearer.
static void sweep(const struct matching *matching, struct philox_stream *stream, double *now,
                  double *then, double *place)
{
  double *moving = matching->input[matching->moving];
  const double *outcome = matching->outcome;
  size_t n = matching->n;
  shuffle(stream, place, n);
  for (size_t i = 0; i + 1 < n; i += 2) {
    size_t a = (size_t) place[i], b = (size_t) place[i + 1];
    double held = moving[a];
    moving[a] = moving[b];
    moving[b] = held;
  }
  evaluate(matching, then);
  for (size_t i = 0; i + 1 < n; i += 2) {
    size_t a = (size_t) place[i], b = (size_t) place[i + 1];
    double before = fabs(outcome[a] - now[a]) + fabs(outcome[b] - now[b]);
    double after = fabs(outcome[a] - then[a]) + fabs(outcome[b] - then[b]);
    if (after < before && watches_allow(matching, a, b)) {
      now[a] = then[a];
      now[b] = then[b];
      double rank = matching->rank[a];
      matching->rank[a] = matching->rank[b];
      matching->rank[b] = rank;
    } else {
      double held = moving[a];
      moving[a] = moving[b];
      moving[b] = held;
    }
  }
}

void order_by_function(row_function function, void *context, double *const *input,
                       size_t n_inputs, size_t moving, double *outcome, size_t n, size_t n_sweeps,
                       const struct order_guard *guard, size_t n_guards, uint64_t seed,
                       uint64_t replicate)
{
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, replicate);
  double *result = NEW_ARRAY(double, n), *then = NEW_ARRAY(double, n);
  size_t *row = NEW_ARRAY(size_t, n), n_complete = 0;
  function(context, (const double *const *) input, n, result);
  for (size_t i = 0; i < n; i++)
    if (isfinite(result[i]) && !isnan(outcome[i]))
      row[n_complete++] = i;
  struct matching matching = {.function = function, .context = context, .n_inputs = n_inputs,
                              .moving = moving, .n = n_complete,
                              .input = NEW_ARRAY(double *, n_inputs),
                              .outcome = NEW_ARRAY(double, n_complete),
                              .rank = NEW_ARRAY(double, n_complete),
                              .watch = NEW_ARRAY(struct watch, n_guards)};
  double squares = centred_ranks(input[moving], row, n_complete, matching.rank);
  for (size_t j = 0; j < n_guards; j++) {
    struct watch watch = {.rank = NEW_ARRAY(double, n_complete), .least = guard[j].least,
                          .most = guard[j].most};
    watch.scale = sqrt(squares * centred_ranks(guard[j].column, row, n_complete, watch.rank));
    for (size_t i = 0; i < n_complete; i++)
      watch.product += matching.rank[i] * watch.rank[i];
    if (watch.scale > 0)
      matching.watch[matching.n_watches++] = watch;
    else
      free(watch.rank);
  }
  double *place = NEW_ARRAY(double, n_complete);
  for (size_t j = 0; j < n_inputs; j++) {
    matching.input[j] = NEW_ARRAY(double, n_complete);
    for (size_t i = 0; i < n_complete; i++)
      matching.input[j][i] = input[j][row[i]];
  }
  for (size_t i = 0; i < n_complete; i++) {
    matching.outcome[i] = outcome[row[i]];
    place[i] = (double) i;
  }
  evaluate(&matching, result);
  follow(result, matching.outcome, n_complete);
  for (size_t i = 0; i < n_sweeps; i++) {
    sweep(&matching, &stream, result, then, place);
    if (i % 8 == 7 || i + 1 == n_sweeps)
      follow(result, matching.outcome, n_complete);
  }
  for (size_t i = 0; i < n_complete; i++) {
    input[moving][row[i]] = matching.input[moving][i];
    outcome[row[i]] = matching.outcome[i];
  }
  for (size_t j = 0; j < n_inputs; j++)
    free(matching.input[j]);
  for (size_t j = 0; j < matching.n_watches; j++)
    free(matching.watch[j].rank);
  free(matching.watch);
  free(matching.rank);
  free(matching.input);
  free(matching.outcome);
  free(place);
  free(row);
  free(then);
  free(result);
}

double rank_correlation(const double *x, const double *y, size_t n)
{
  double *a = NEW_ARRAY(double, n), *b = NEW_ARRAY(double, n);
  double *rank_a = NEW_ARRAY(double, n), *rank_b = NEW_ARRAY(double, n);
  size_t m = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[i]) && !isnan(y[i])) {
      a[m] = x[i];
      b[m++] = y[i];
    }
  ranks_compute(a, NULL, m, rank_a);
  ranks_compute(b, NULL, m, rank_b);
  double centre = ((double) m + 1) / 2, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < m; i++) {
    double u = rank_a[i] - centre, v = rank_b[i] - centre;
    xx += u * u;
    yy += v * v;
    xy += u * v;
  }
  free(rank_b);
  free(rank_a);
  free(b);
  free(a);
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}
