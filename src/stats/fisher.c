// SPDX-License-Identifier: GPL-3.0-or-later
// Fisher's exact test (Fisher 1935; Freeman & Halton 1951 for r x c).  2 x 2: with all margins
// fixed the first cell X is hypergeometric, and with odds ratio psi P(X = x) is proportional to
// h(x) psi^x.  The conditional estimate solves E(X) = x, the interval P(X >= x) = alpha/2 and
// P(X <= x) = alpha/2 (Cornfield 1956; Agresti 2002, section 3.6).
#include <config.h>

#include <math.h>

#include "stats/contingency.h"
#include "stats/hypergeometric.h"

// Tables as probable as the observed one but for rounding count as equal: R's 1 + 1e-7.
static const double TIE = 1e-7;

// The first cell given its margins: from least to most.
struct two_by_two {
  double x, row, column, total, least, most;
};

// h(x + 1)/h(x).
static double ratio_above(const struct two_by_two *t, double x)
{
  return (t->row - x) / (x + 1) * ((t->column - x) / (t->total - t->row - t->column + x + 1));
}

// P(X >= x) where `upward`, else P(X <= x), for x beyond the mode on that side or near it: all
// terms are added from the first on, so that nothing cancels.
static double tail(const struct two_by_two *t, double x, bool upward)
{
  double term = 1, sum = 1;
  double end = upward ? t->most : t->least;
  for (; x != end && term > 1e-19 * sum; sum += term) {
    term = upward ? term * ratio_above(t, x) : term / ratio_above(t, x - 1);
    x += upward ? 1 : -1;
  }
  return sum;
}

static double log_density(const struct two_by_two *t, double x)
{
  return hypergeometric_log_density(x, t->row, t->column, t->total);
}

// The x beyond the mode, seen from the observed cell, that is nearest to the mode and as
// improbable as the observed cell; one step out of the support if there is none.
static double opposite_cell(const struct two_by_two *t, double mode, double bound, bool upward)
{
  double inside = mode, outside = upward ? t->most + 1 : t->least - 1;
  while (fabs(outside - inside) > 1) {
    double middle = floor((inside + outside) / 2);
    if (log_density(t, middle) <= bound)
      outside = middle;
    else
      inside = middle;
  }
  return outside;
}

static double two_sided(const struct two_by_two *t)
{
  double mode = floor((t->row + 1) * ((t->column + 1) / (t->total + 2)));
  mode = fmin(fmax(mode, t->least), t->most);
  double log_p = log_density(t, t->x), bound = log_p + log1p(TIE);
  if (log_density(t, mode) <= bound)
    return 1;
  bool upward = t->x < mode; // the opposite tail lies above
  double other = opposite_cell(t, mode, bound, upward);
  // Cells nearer to the mode may be ties as well.
  double step = upward ? 1 : -1, x = t->x;
  while (log_density(t, x + step) <= bound)
    x += step;
  double log_x = x == t->x ? log_p : log_density(t, x);
  double p = exp(log_x + log(tail(t, x, !upward)));
  if (other >= t->least && other <= t->most)
    p += exp(log_density(t, other) + log(tail(t, other, upward)));
  return fmin(p, 1);
}

// Of h(x) exp(log_psi x): mean and variance, log of the tail P(X >= x) or P(X <= x), and the
// mean within it.
struct moments_at {
  double mean, variance, log_tail, tail_mean;
};

// The mode for odds ratio psi: the last x with h(x)/h(x - 1) psi >= 1, from the quadratic
// (Liao & Rosen 2001), put right by steps.
static double mode_at(const struct two_by_two *t, double psi)
{
  double others = t->total - t->row - t->column;
  // (row - x + 1)(column - x + 1) psi = x (others + x)
  double a = psi - 1, b = (t->row + t->column + 2) * psi + others;
  double c = psi * (t->row + 1) * (t->column + 1);
  double root = sqrt(fmax(0, b * b - 4 * a * c));
  double x = floor(b < 0 ? (b - root) / (2 * a) : 2 * c / (b + root));
  x = fmin(fmax(x, t->least), t->most);
  while (x < t->most && ratio_above(t, x) * psi > 1)
    x++;
  while (x > t->least && ratio_above(t, x - 1) * psi < 1)
    x--;
  return x;
}

static struct moments_at moments_at(const struct two_by_two *t, double log_psi, bool upper)
{
  double psi = exp(log_psi), mode = mode_at(t, psi);
  double sum[3] = {0}, tail_sum[2] = {0};
  for (int direction = -1; direction <= 1; direction += 2) {
    double end = direction > 0 ? t->most : t->least, weight = 1, x = mode;
    for (bool first = true;; first = false) {
      double d = x - mode;
      if (!first || direction > 0) { // the mode itself once
        sum[0] += weight;
        sum[1] += weight * d;
        sum[2] += weight * d * d;
        if (upper ? x >= t->x : x <= t->x) {
          tail_sum[0] += weight;
          tail_sum[1] += weight * d;
        }
      }
      if (x == end)
        break;
      weight *= direction > 0 ? ratio_above(t, x) * psi : 1 / (ratio_above(t, x - 1) * psi);
      x += direction;
      if (weight < 1e-40 * sum[0])
        break;
    }
  }
  double mean = sum[1] / sum[0];
  return (struct moments_at){mode + mean, sum[2] / sum[0] - mean * mean,
                             log(tail_sum[0] / sum[0]), mode + tail_sum[1] / tail_sum[0]};
}

enum equation { CONDITIONAL_ESTIMATE, LOWER_LIMIT, UPPER_LIMIT };

// An increasing function of log psi that is 0 at the solution, and its slope.
static double equation_value(const struct two_by_two *t, enum equation equation, double log_alpha,
                             double log_psi, double *slope)
{
  struct moments_at at = moments_at(t, log_psi, equation == LOWER_LIMIT);
  if (equation == CONDITIONAL_ESTIMATE) {
    *slope = at.variance;
    return at.mean - t->x;
  }
  double sign = equation == LOWER_LIMIT ? 1 : -1;
  *slope = sign * (at.tail_mean - at.mean);
  return sign * (at.log_tail - log_alpha);
}

// Newton's method kept within a bracket.
static double log_odds_solve(const struct two_by_two *t, enum equation equation, double alpha)
{
  double log_alpha = log(alpha), slope, low = -INFINITY, high = INFINITY;
  double x00 = t->x + 0.5, x01 = t->row - t->x + 0.5, x10 = t->column - t->x + 0.5;
  double x11 = t->total - t->row - t->column + t->x + 0.5;
  double now = log(x00 / x01 * (x11 / x10)), stride = 1;
  for (int i = 0; i < 300; i++) {
    double value = equation_value(t, equation, log_alpha, now, &slope);
    if (value == 0)
      return now;
    if (value < 0)
      low = now;
    else
      high = now;
    double next = now - value / slope;
    if (isinf(low) || isinf(high)) {
      // Newton may overshoot far while the tail is nearly 0 or 1.
      double limit = value < 0 ? now + stride : now - stride;
      if (!(fabs(next - now) <= stride))
        next = limit;
      stride *= 2;
    } else if (!(next > low && next < high)) {
      next = low + (high - low) / 2;
    }
    if (fabs(next - now) <= 1e-15 * fmax(1, fabs(now)))
      return next;
    now = next;
  }
  return now;
}

static void odds_ratio_fill(const struct two_by_two *t, double level, struct fisher_result *result)
{
  bool at_least = t->x == t->least, at_most = t->x == t->most;
  result->odds_ratio = at_least  ? 0
                       : at_most ? INFINITY
                                 : exp(log_odds_solve(t, CONDITIONAL_ESTIMATE, 1));
  double alpha = (1 - level) / 2;
  if (!(level > 0 && level < 1))
    return;
  result->conf_low = at_least ? 0 : exp(log_odds_solve(t, LOWER_LIMIT, alpha));
  result->conf_high = at_most ? INFINITY : exp(log_odds_solve(t, UPPER_LIMIT, alpha));
}

static void two_by_two_test(const struct contingency_table *table, double level,
                            struct fisher_result *result)
{
  struct two_by_two t = {
      .x = table->cell[0],
      .row = table->row_sum[0],
      .column = table->column_sum[0],
      .total = table->total,
  };
  t.least = fmax(0, t.row + t.column - t.total);
  t.most = fmin(t.row, t.column);
  result->p_value = two_sided(&t);
  odds_ratio_fill(&t, level, result);
}

struct fisher_result fisher_test(const double *count, size_t n_rows, size_t n_columns,
                                 const struct fisher_limits *limits)
{
  struct fisher_result result = {NAN, NAN, NAN, NAN, true, 0};
  struct fisher_limits limit = limits ? *limits : (struct fisher_limits){0};
  struct contingency_table table;
  if (!contingency_table_init(&table, count, n_rows, n_columns) ||
      !contingency_table_is_whole(&table) || table.total == 0)
    goto out;
  if (table.n_rows < 2 || table.n_columns < 2)
    result.p_value = 1;
  else if (limit.monte_carlo_only)
    result = fisher_monte_carlo(count, n_rows, n_columns, &limit);
  else if (table.n_rows == 2 && table.n_columns == 2)
    two_by_two_test(&table, limit.level != 0 ? limit.level : 0.95, &result);
  else if (!fisher_network(&table, limit.nodes ? limit.nodes : FISHER_NODES, &result.p_value))
    result = fisher_monte_carlo(count, n_rows, n_columns, &limit);
out:
  contingency_table_free(&table);
  return result;
}
