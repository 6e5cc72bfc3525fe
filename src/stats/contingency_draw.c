// SPDX-License-Identifier: GPL-3.0-or-later
// Random tables with fixed margins (Patefield 1981, AS 159, Applied Statistics 30, 91-97): cell
// by cell from the hypergeometric distribution, by inversion outward from its mode, or by the
// ratio of uniforms where that would take many steps (Stadlober 1990, J. Comput. Appl. Math. 31,
// 181-189).  P values by counting tables (Besag & Clifford 1991 for (1 + hits)/(1 + N)).
#include <config.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/contingency.h"
#include "stats/distribution.h"
#include "stats/hypergeometric.h"
#include "stats/rng.h"

// Above this total log x! is no longer tabulated: the table would cost more than the draws,
// and differences of its entries would lose digits.
enum { TABLE_LIMIT = 1000000, BLOCK_TABLES = 1000, DEFAULT_TABLES = 100000,
       LARGE_VARIANCE = 1000 };

// log x! for 0..n by compensated summation; NULL if n is above TABLE_LIMIT.
static double *log_factorials(double n)
{
  if (n > TABLE_LIMIT)
    return NULL;
  size_t size = (size_t) n + 1;
  double *table = NEW_ARRAY(double, size), sum = 0, lost = 0;
  table[0] = 0;
  for (size_t x = 1; x < size; x++) {
    double term = log((double) x) - lost, next = sum + term;
    lost = (next - sum) - term;
    sum = table[x] = next;
  }
  return table;
}

// A cell with these margins.
struct cell {
  const double *log_factorial; // or NULL
  double row, column, total, least, most, mode;
};

// log P(X = x).
static double cell_log_density(const struct cell *cell, double x)
{
  const double *f = cell->log_factorial;
  double row = cell->row, column = cell->column, total = cell->total;
  if (!f)
    return hypergeometric_log_density(x, row, column, total);
#define F(v) f[(size_t) (v)]
  return F(row) + F(total - row) + F(column) + F(total - column) - F(total) - F(x) - F(row - x) -
         F(column - x) - F(total - row - column + x);
#undef F
}

static double cell_invert(const struct cell *cell, struct philox_stream *stream)
{
  double up = cell->mode, down = up, others = cell->total - cell->row - cell->column;
  double p_up = exp(cell_log_density(cell, up)), p_down = p_up;
  double left = philox_uniform(stream) - p_up;
  while (left > 0) {
    bool can_rise = up < cell->most && p_up > 0, can_fall = down > cell->least && p_down > 0;
    if (!can_rise && !can_fall)
      break; // rounding left a remainder of some 1e-13
    if (can_rise) {
      p_up *= (cell->row - up) * (cell->column - up) / ((up + 1) * (others + up + 1));
      up++;
      left -= p_up;
      if (left <= 0)
        return up;
    }
    if (can_fall) {
      p_down *= down * (others + down) / ((cell->row - down + 1) * (cell->column - down + 1));
      down--;
      left -= p_down;
      if (left <= 0)
        return down;
    }
  }
  return cell->mode;
}

static double cell_reject(const struct cell *cell, double mean, double variance,
                          struct philox_stream *stream)
{
  // 2 sqrt(2/e), 3 - 2 sqrt(3/e).
  double width = 1.7155277699214135 * sqrt(variance + 0.5) + 0.8989161620588988;
  double log_peak = cell_log_density(cell, cell->mode);
  for (;;) {
    double u = philox_uniform(stream), v = philox_uniform(stream);
    double x = floor(mean + 0.5 + width * (v - 0.5) / u);
    if (x >= cell->least && x <= cell->most &&
        2 * log(u) <= cell_log_density(cell, x) - log_peak)
      return x;
  }
}

static double cell_draw(const double *log_factorial, double row, double column, double total,
                        struct philox_stream *stream)
{
  struct cell cell = {log_factorial, row, column, total, fmax(0, row + column - total),
                      fmin(row, column), 0};
  if (cell.least == cell.most)
    return cell.least;
  double mode = floor((row + 1) * ((column + 1) / (total + 2)));
  cell.mode = fmin(fmax(mode, cell.least), cell.most);
  double mean = row * (column / total);
  double variance = mean * ((total - row) / total) * ((total - column) / (total - 1));
  return variance > LARGE_VARIANCE ? cell_reject(&cell, mean, variance, stream)
                                   : cell_invert(&cell, stream);
}

// free_column: n_columns of scratch.
static void table_draw(const double *log_factorial, const double *row_sum, size_t n_rows,
                       const double *column_sum, size_t n_columns, struct philox_stream *stream,
                       double *free_column, double *count)
{
  double total = 0;
  for (size_t j = 0; j < n_columns; j++)
    total += free_column[j] = column_sum[j];
  for (size_t i = 0; i + 1 < n_rows; i++) {
    double row = row_sum[i], rest = total;
    for (size_t j = 0; j + 1 < n_columns; j++) {
      double x = cell_draw(log_factorial, row, free_column[j], rest, stream);
      count[i * n_columns + j] = x;
      rest -= free_column[j];
      row -= x;
      free_column[j] -= x;
    }
    count[i * n_columns + n_columns - 1] = row;
    free_column[n_columns - 1] -= row;
    total -= row_sum[i];
  }
  memcpy(count + (n_rows - 1) * n_columns, free_column, n_columns * sizeof *count);
}

void contingency_draw(const double *row_sum, size_t n_rows, const double *column_sum,
                      size_t n_columns, struct philox_stream *stream, double *count)
{
  if (n_rows == 0 || n_columns == 0)
    return;
  double *free_column = NEW_ARRAY(double, n_columns);
  table_draw(NULL, row_sum, n_rows, column_sum, n_columns, stream, free_column, count);
  free(free_column);
}

// How far a table is from independence: those as far as the observed one are hits.
struct measure {
  const struct contingency_table *table;
  double *log_factorial, *expected;
};
typedef double measure_function(const struct measure *measure, const double *count);

static double chi_square_measure(const struct measure *measure, const double *count)
{
  double statistic = 0;
  for (size_t i = 0; i < measure->table->n_rows * measure->table->n_columns; i++) {
    double distance = count[i] - measure->expected[i];
    statistic += distance * distance / measure->expected[i];
  }
  return statistic;
}

// -log of the probability of the table, but for a constant of the margins.
static double improbability(const struct measure *measure, const double *count)
{
  double sum = 0;
  for (size_t i = 0; i < measure->table->n_rows * measure->table->n_columns; i++) {
    double x = count[i], expected = measure->expected[i];
    if (measure->log_factorial)
      sum += measure->log_factorial[(size_t) x];
    else
      sum += deviance_term(x, expected, x - expected) + (x > 0 ? log_factorial_remainder(x) : 0);
  }
  return sum;
}

// Hits among the tables of one block.
static size_t block_hits(const struct measure *measure, measure_function *function, double bound,
                         uint64_t seed, size_t block, size_t n_tables)
{
  const struct contingency_table *table = measure->table;
  double *count = NEW_ARRAY(double, table->n_rows * table->n_columns);
  double *free_column = NEW_ARRAY(double, table->n_columns);
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_MONTE_CARLO, block);
  size_t n_hits = 0;
  for (size_t i = 0; i < n_tables; i++) {
    table_draw(measure->log_factorial, table->row_sum, table->n_rows, table->column_sum,
               table->n_columns, &stream, free_column, count);
    n_hits += function(measure, count) >= bound;
  }
  free(count);
  free(free_column);
  return n_hits;
}

static struct fisher_result monte_carlo(const double *count, size_t n_rows, size_t n_columns,
                                        const struct fisher_limits *limits,
                                        measure_function *function, double relative,
                                        double absolute)
{
  struct fisher_result result = {NAN, NAN, NAN, NAN, false, 0};
  struct fisher_limits limit = limits ? *limits : (struct fisher_limits){0};
  size_t n_tables = limit.monte_carlo ? limit.monte_carlo : DEFAULT_TABLES, n_hits = 0;
  double level = limit.level != 0 ? limit.level : 0.95;
  struct contingency_table table;
  if (!contingency_table_init(&table, count, n_rows, n_columns) ||
      !contingency_table_is_whole(&table) || table.n_rows < 2 || table.n_columns < 2)
    goto out;
  struct measure measure = {&table, log_factorials(table.total),
                            NEW_ARRAY(double, table.n_rows * table.n_columns)};
  for (size_t i = 0; i < table.n_rows; i++)
    for (size_t j = 0; j < table.n_columns; j++)
      measure.expected[i * table.n_columns + j] =
          table.row_sum[i] * (table.column_sum[j] / table.total);
  double bound = function(&measure, table.cell) * (1 - relative) - absolute;
  size_t n_blocks = (n_tables - 1) / BLOCK_TABLES + 1;
#pragma omp parallel for schedule(dynamic) reduction(+ : n_hits)
  for (size_t block = 0; block < n_blocks; block++) {
    size_t n_before = block * BLOCK_TABLES, n_left = n_tables - n_before;
    n_hits += block_hits(&measure, function, bound, limit.seed, block,
                         n_left < BLOCK_TABLES ? n_left : BLOCK_TABLES);
  }
  result.p_value = (1 + (double) n_hits) / (1 + (double) n_tables);
  result.n_tables = n_tables;
  proportion_exact_interval((double) n_hits, (double) n_tables, level, &result.conf_low,
                            &result.conf_high);
  free(measure.log_factorial);
  free(measure.expected);
out:
  contingency_table_free(&table);
  return result;
}

struct fisher_result chi_square_monte_carlo(const double *count, size_t n_rows, size_t n_columns,
                                            const struct fisher_limits *limits)
{
  // Equal statistics differ by rounding only.
  return monte_carlo(count, n_rows, n_columns, limits, chi_square_measure, 1e-12, 0);
}

struct fisher_result fisher_monte_carlo(const double *count, size_t n_rows, size_t n_columns,
                                        const struct fisher_limits *limits)
{
  return monte_carlo(count, n_rows, n_columns, limits, improbability, 0, log1p(1e-7));
}
