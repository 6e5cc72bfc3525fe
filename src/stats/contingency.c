// SPDX-License-Identifier: GPL-3.0-or-later
// Chi-square tests of tables of counts: Pearson 1900, Yates 1934, the likelihood ratio
// (Agresti 2002, section 3.2), linear by linear association (Mantel 1963), Cochran 1954 and
// Armitage 1955 for trend in proportions.
#include <config.h>

#include "stats/contingency.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/hypergeometric.h"

static const struct contingency_result UNDEFINED = {NAN, NAN, NAN};

static bool counts_are_valid(const double *count, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!(count[i] >= 0 && isfinite(count[i])))
      return false;
  return true;
}

// Sums of n_lines lines; returns how many of them are above 0, kept[i] the i-th such line.
static size_t lines_sum(const double *count, size_t n_lines, size_t step, size_t n_cells,
                        size_t cell_step, double *sum, size_t *kept)
{
  size_t n_kept = 0;
  for (size_t i = 0; i < n_lines; i++) {
    double total = 0;
    for (size_t j = 0; j < n_cells; j++)
      total += count[i * step + j * cell_step];
    if (total > 0) {
      sum[n_kept] = total;
      kept[n_kept++] = i;
    }
  }
  return n_kept;
}

bool contingency_table_init(struct contingency_table *table, const double *count, size_t n_rows,
                            size_t n_columns)
{
  *table = (struct contingency_table){0};
  if (!counts_are_valid(count, n_rows * n_columns))
    return false;
  table->row_sum = NEW_ARRAY(double, n_rows);
  table->row = NEW_ARRAY(size_t, n_rows);
  table->column_sum = NEW_ARRAY(double, n_columns);
  table->column = NEW_ARRAY(size_t, n_columns);
  table->n_rows =
      lines_sum(count, n_rows, n_columns, n_columns, 1, table->row_sum, table->row);
  table->n_columns =
      lines_sum(count, n_columns, 1, n_rows, n_columns, table->column_sum, table->column);
  table->cell = NEW_ARRAY(double, table->n_rows * table->n_columns);
  for (size_t i = 0; i < table->n_rows; i++) {
    for (size_t j = 0; j < table->n_columns; j++)
      table->cell[i * table->n_columns + j] = count[table->row[i] * n_columns + table->column[j]];
    table->total += table->row_sum[i];
  }
  return true;
}

void contingency_table_free(struct contingency_table *table)
{
  free(table->cell);
  free(table->row_sum);
  free(table->column_sum);
  free(table->row);
  free(table->column);
  *table = (struct contingency_table){0};
}

bool contingency_table_is_whole(const struct contingency_table *table)
{
  for (size_t i = 0; i < table->n_rows * table->n_columns; i++)
    if (table->cell[i] != floor(table->cell[i]))
      return false;
  return table->total < 0x1p53;
}

static double expected_count(const struct contingency_table *table, size_t i, size_t j)
{
  return table->row_sum[i] * (table->column_sum[j] / table->total);
}

// O - E = (O n - r c)/n with the difference of products rounded once or twice (Kahan).
static double residual(const struct contingency_table *table, size_t i, size_t j)
{
  double product = table->row_sum[i] * table->column_sum[j];
  double error = fma(-table->row_sum[i], table->column_sum[j], product);
  double observed = table->cell[i * table->n_columns + j];
  return (fma(observed, table->total, -product) + error) / table->total;
}

static double pearson_term(const struct contingency_table *table, size_t i, size_t j,
                           double correction)
{
  double distance = fabs(residual(table, i, j));
  distance -= fmin(correction, distance);
  return distance * distance / expected_count(table, i, j);
}

static double likelihood_ratio_term(const struct contingency_table *table, size_t i, size_t j,
                                    double correction)
{
  (void) correction;
  // The differences O - E sum to 0, so they may be taken off each term.
  return 2 * deviance_term(table->cell[i * table->n_columns + j], expected_count(table, i, j),
                           residual(table, i, j));
}

typedef double cell_term(const struct contingency_table *table, size_t i, size_t j,
                         double correction);

static struct contingency_result table_test(const double *count, size_t n_rows, size_t n_columns,
                                            cell_term *term, bool yates)
{
  struct contingency_result result = UNDEFINED;
  struct contingency_table table;
  if (contingency_table_init(&table, count, n_rows, n_columns) && table.n_rows >= 2 &&
      table.n_columns >= 2) {
    double correction = yates && table.n_rows == 2 && table.n_columns == 2 ? 0.5 : 0;
    result.statistic = 0;
    for (size_t i = 0; i < table.n_rows; i++)
      for (size_t j = 0; j < table.n_columns; j++)
        result.statistic += term(&table, i, j, correction);
    result.df = (double) (table.n_rows - 1) * (double) (table.n_columns - 1);
    result.p_value = chi_square_upper(result.statistic, result.df);
  }
  contingency_table_free(&table);
  return result;
}

struct contingency_result chi_square_test(const double *count, size_t n_rows, size_t n_columns,
                                          bool yates)
{
  return table_test(count, n_rows, n_columns, pearson_term, yates);
}

struct contingency_result likelihood_ratio_test(const double *count, size_t n_rows,
                                                size_t n_columns)
{
  return table_test(count, n_rows, n_columns, likelihood_ratio_term, false);
}

// score[i] of the i-th line that holds counts, less the mean by sums; returns the sum of squares.
// all: one score for each line of the table given, NULL: 1, 2, 3, ...
static double scores_center(const double *all, const size_t *line, const double *sum, size_t n,
                            double total, double *score)
{
  double mean = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    score[i] = all ? all[line[i]] : (double) (line[i] + 1);
    if (score[i] != score[0])
      squares = 1;
  }
  if (squares == 0) // all equal
    return 0;
  // Twice: the second pass takes off what rounding left.
  for (int pass = 0; pass < 2; pass++) {
    mean = 0;
    for (size_t i = 0; i < n; i++)
      mean += sum[i] * score[i];
    mean /= total;
    for (size_t i = 0; i < n; i++)
      score[i] -= mean;
  }
  squares = 0;
  for (size_t i = 0; i < n; i++)
    squares += sum[i] * score[i] * score[i];
  return squares;
}

// (n - lost) r^2 with df 1.
static struct contingency_result correlation_test(const struct contingency_table *table,
                                                  const double *row_score,
                                                  const double *column_score, double lost)
{
  struct contingency_result result = UNDEFINED;
  double *row = NEW_ARRAY(double, table->n_rows), *column = NEW_ARRAY(double, table->n_columns);
  double row_squares = scores_center(row_score, table->row, table->row_sum, table->n_rows,
                                     table->total, row);
  double column_squares = scores_center(column_score, table->column, table->column_sum,
                                        table->n_columns, table->total, column);
  if (row_squares > 0 && column_squares > 0 && table->total > lost) {
    double products = 0;
    for (size_t i = 0; i < table->n_rows; i++)
      for (size_t j = 0; j < table->n_columns; j++)
        products += residual(table, i, j) * row[i] * column[j];
    double r = products / sqrt(row_squares) / sqrt(column_squares);
    result.statistic = (table->total - lost) * r * r;
    result.df = 1;
    result.p_value = chi_square_upper(result.statistic, 1);
  }
  free(row);
  free(column);
  return result;
}

struct contingency_result linear_trend_test(const double *count, size_t n_rows, size_t n_columns,
                                            const double *row_score, const double *column_score)
{
  struct contingency_result result = UNDEFINED;
  struct contingency_table table;
  if (contingency_table_init(&table, count, n_rows, n_columns) && table.n_rows >= 2 &&
      table.n_columns >= 2)
    result = correlation_test(&table, row_score, column_score, 1);
  contingency_table_free(&table);
  return result;
}

struct contingency_result proportion_trend_test(const double *count, size_t n_rows,
                                                size_t n_columns, const double *score)
{
  struct contingency_result result = UNDEFINED;
  if (n_rows != 2 && n_columns != 2)
    return result;
  struct contingency_table table;
  if (contingency_table_init(&table, count, n_rows, n_columns) && table.n_rows >= 2 &&
      table.n_columns >= 2)
    result = n_rows == 2 ? correlation_test(&table, NULL, score, 0)
                         : correlation_test(&table, score, NULL, 0);
  contingency_table_free(&table);
  return result;
}

struct expected_counts expected_counts_check(const double *count, size_t n_rows, size_t n_columns)
{
  struct expected_counts check = {NAN, NAN};
  struct contingency_table table;
  if (contingency_table_init(&table, count, n_rows, n_columns) && table.total > 0) {
    size_t n_below = 0;
    check.least = INFINITY;
    for (size_t i = 0; i < table.n_rows; i++)
      for (size_t j = 0; j < table.n_columns; j++) {
        check.least = fmin(check.least, expected_count(&table, i, j));
        // Undivided: an expected count of exactly 5 is not below 5.
        n_below += table.row_sum[i] * table.column_sum[j] < 5 * table.total;
      }
    check.percent_below_5 = 100 * (double) n_below / (double) (table.n_rows * table.n_columns);
  }
  contingency_table_free(&table);
  return check;
}

struct contingency_result proportions_z_test(double x1, double n1, double x2, double n2)
{
  if (!(n1 > 0 && n2 > 0 && x1 >= 0 && x1 <= n1 && x2 >= 0 && x2 <= n2) || !isfinite(n1 + n2))
    return UNDEFINED;
  double events = x1 + x2, others = (n1 - x1) + (n2 - x2), n = n1 + n2;
  if (!(events > 0 && others > 0))
    return UNDEFINED;
  // (x1/n1 - x2/n2)/sqrt(p (1 - p) (1/n1 + 1/n2)), p = events/n.
  double product = x2 * n1, error = fma(-x2, n1, product);
  double difference = fma(x1, n2, -product) + error;
  double z = difference / sqrt(n1) / sqrt(n2) * (sqrt(n) / sqrt(events) / sqrt(others));
  return (struct contingency_result){z, NAN, normal_two_sided(z)};
}
