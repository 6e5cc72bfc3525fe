// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/contingency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "stats/distribution.h"
#include "stats/hypergeometric.h"
#include "stats/rng.h"
#include "tap.h"

static void result_check(struct contingency_result got, const double *expected, bool has_df,
                         const char *name)
{
  char text[100];
  snprintf(text, sizeof text, "%s: statistic", name);
  // In the large table R's own O - E has lost 4 of its digits; a statistic of 0 is rounding in R.
  bool large = strncmp(name, "large", 5) == 0;
  double tolerance = large ? 2e-9 : 1e-12;
  if (fabs(expected[0]) < 1e-20)
    is_near(got.statistic, 0, 1e-20, text);
  else
    is_close(got.statistic, expected[0], tolerance, text);
  if (has_df) {
    snprintf(text, sizeof text, "%s: df", name);
    is_close(got.df, expected[1], 0, text);
  }
  snprintf(text, sizeof text, "%s: P", name);
  // d log P / d log X-squared is about X-squared/2: a P of 1e-255 has 3 digits fewer.
  is_close(got.p_value, expected[has_df ? 2 : 1], large ? 1e-8 : 1e-10, text);
}

static void reference_check(void)
{
  struct reference *reference = reference_open("contingency.tsv");
  size_t n_tables = 0;
  for (size_t k = 0; k < reference_size(reference); k++) {
    const char *key = reference_key(reference, k);
    const char *what = strchr(key, '.') + 1;
    char table_key[100];
    snprintf(table_key, sizeof table_key, "%.*s.table", (int) (what - 1 - key), key);
    const double *table = reference_values(reference, table_key, NULL);
    size_t n_rows = (size_t) table[0], n_columns = (size_t) table[1];
    const double *count = table + 2, *expected = reference_values(reference, key, NULL);
    if (strcmp(what, "table") == 0)
      n_tables++;
    else if (strcmp(what, "pearson") == 0)
      result_check(chi_square_test(count, n_rows, n_columns, false), expected, true, key);
    else if (strcmp(what, "yates") == 0)
      result_check(chi_square_test(count, n_rows, n_columns, true), expected, true, key);
    else if (strcmp(what, "g") == 0)
      result_check(likelihood_ratio_test(count, n_rows, n_columns), expected, true, key);
    else if (strcmp(what, "linear") == 0)
      result_check(linear_trend_test(count, n_rows, n_columns, NULL, NULL), expected, false, key);
    else if (strcmp(what, "trend") == 0)
      result_check(proportion_trend_test(count, n_rows, n_columns, NULL), expected, false, key);
    else if (strcmp(what, "trend.square") == 0) {
      static const double square[] = {1, 4, 9, 16, 25, 36};
      result_check(proportion_trend_test(count, n_rows, n_columns, square), expected, false, key);
    } else if (strcmp(what, "z") == 0)
      result_check(proportions_z_test(count[0], count[0] + count[1], count[2],
                                      count[2] + count[3]),
                   expected, false, key);
    else if (strcmp(what, "expected") == 0) {
      struct expected_counts got = expected_counts_check(count, n_rows, n_columns);
      is_close(got.least, expected[0], 1e-14, key);
      is_close(got.percent_below_5, expected[1], 1e-14, key);
    } else {
      ok(false, "%s is not known", key);
    }
  }
  ok(n_tables >= 20, "%zu tables", n_tables);
  reference_close(reference);
}

// (n - lost) r^2 with every row of data written out.
static double slow_correlation(const double *count, size_t n_rows, size_t n_columns, double lost)
{
  double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < n_rows; i++)
      for (size_t j = 0; j < n_columns; j++)
        for (double k = 0; k < count[i * n_columns + j]; k++) {
          if (pass == 0) {
            n++;
            x += (double) i;
            y += (double) j;
            continue;
          }
          double dx = (double) i - x / n, dy = (double) j - y / n;
          xx += dx * dx;
          yy += dy * dy;
          xy += dx * dy;
        }
  return (n - lost) * xy * xy / xx / yy;
}

static void identities_check(void)
{
  struct philox_stream stream;
  philox_start(&stream, 7, RNG_SIMULATE, 1);
  for (int round = 0; round < 30; round++) {
    size_t n_rows = 2 + philox_below(&stream, 4), n_columns = 2 + philox_below(&stream, 4);
    double count[36], turned[36], wide[72] = {0}, tripled[36];
    for (size_t i = 0; i < n_rows; i++)
      for (size_t j = 0; j < n_columns; j++) {
        double x = (double) (1 + philox_below(&stream, 20));
        count[i * n_columns + j] = turned[j * n_rows + i] = x;
        wide[(i + (i > 0)) * (n_columns + 1) + j + (j > 1)] = x;
        tripled[i * n_columns + j] = 3 * x;
      }
    double x2 = chi_square_test(count, n_rows, n_columns, false).statistic;
    is_close(chi_square_test(turned, n_columns, n_rows, false).statistic, x2, 1e-13, "transposed");
    struct contingency_result padded =
        chi_square_test(wide, n_rows + 1, n_columns + 1, false);
    is_close(padded.statistic, x2, 1e-13, "with an empty row and column: statistic");
    is_close(padded.df, (double) ((n_rows - 1) * (n_columns - 1)), 0, "its df");
    is_close(chi_square_test(tripled, n_rows, n_columns, false).statistic, 3 * x2, 1e-12,
             "three times the counts");
    is_close(likelihood_ratio_test(tripled, n_rows, n_columns).statistic,
             3 * likelihood_ratio_test(count, n_rows, n_columns).statistic, 1e-12, "G likewise");
    is_close(linear_trend_test(count, n_rows, n_columns, NULL, NULL).statistic,
             slow_correlation(count, n_rows, n_columns, 1), 1e-11, "linear: rows written out");
    double shifted[6], flat[6];
    for (size_t j = 0; j < 6; j++) {
      shifted[j] = 1e6 - 7 * (double) j;
      flat[j] = 3;
    }
    // Scores of 1e6 in steps of 7 have lost 5 digits before the test sees them.
    is_close(linear_trend_test(count, n_rows, n_columns, shifted, NULL).statistic,
             linear_trend_test(count, n_rows, n_columns, NULL, NULL).statistic, 1e-9,
             "linear: shifted and scaled scores");
    ok(isnan(linear_trend_test(count, n_rows, n_columns, flat, NULL).p_value),
       "equal scores have no trend");
    if (n_rows == 2) {
      is_close(proportion_trend_test(count, n_rows, n_columns, NULL).statistic,
               slow_correlation(count, n_rows, n_columns, 0), 1e-11, "trend: rows written out");
      is_close(proportion_trend_test(turned, n_columns, n_rows, NULL).statistic,
               proportion_trend_test(count, n_rows, n_columns, NULL).statistic, 1e-12,
               "trend: transposed");
    }
    struct contingency_result z = proportions_z_test(count[0], count[0] + count[1],
                                                     count[n_columns],
                                                     count[n_columns] + count[n_columns + 1]);
    double two[] = {count[0], count[1], count[n_columns], count[n_columns + 1]};
    struct contingency_result pearson = chi_square_test(two, 2, 2, false);
    // Both are differences of nearly equal products.
    is_near(z.statistic * z.statistic, pearson.statistic, 1e-12, "z^2 is X-squared");
    is_close(z.p_value, pearson.p_value, 1e-10, "and the P values agree");
    double a = two[0], b = two[1], c = two[2], d = two[3];
    double n = a + b + c + d, ad = fabs(a * d - b * c);
    double corrected = n * pow(fmax(ad - n / 2, 0), 2) / ((a + b) * (c + d) * (a + c) * (b + d));
    is_close(chi_square_test(two, 2, 2, true).statistic, corrected, 1e-12, "Yates by formula");
  }
}

static void tails_check(void)
{
  // X-squared of {{k, 0}, {0, k}} is 2k; with df 1, P = 2 P(Z > sqrt(2k)).
  for (double k = 10; k < 690; k *= 1.7) {
    k = floor(k);
    double count[] = {k, 0, 0, k};
    struct contingency_result result = chi_square_test(count, 2, 2, false);
    is_close(result.statistic, 2 * k, 1e-14, "diagonal table");
    is_close(result.p_value, erfc(sqrt(k)), 1e-10, "its tail");
    is_close(likelihood_ratio_test(count, 2, 2).statistic, 4 * k * log(2), 1e-14,
             "its likelihood ratio");
    // 2k - 1 where n - 1 replaces n, sqrt(2k) for z.
    is_close(linear_trend_test(count, 2, 2, NULL, NULL).statistic, 2 * k - 1, 1e-14,
             "its linear trend");
    is_close(proportions_z_test(k, k, 0, k).p_value, erfc(sqrt(k)), 1e-10, "its z test");
  }
  // df 2: P = exp(-X/2), here 3 x 2 with X = 3 * 450.
  double count[] = {450, 0, 450, 0, 0, 450};
  struct contingency_result result = chi_square_test(count, 3, 2, false);
  is_close(result.statistic, 1350, 1e-13, "three rows");
  is_close(result.p_value, exp(-675), 1e-10, "a P of 1e-293");
}

static void edges_check(void)
{
  double zero[9] = {0}, row[] = {3, 4, 5}, negative[] = {1, 2, -1, 3}, missing[] = {1, NAN, 2, 3};
  double infinite[] = {1, INFINITY, 2, 3}, holed[] = {0, 0, 0, 3, 0, 4, 5, 0, 6};
  double single[] = {1, 0, 0, 0};
  const struct {
    const double *count;
    size_t n_rows, n_columns;
    const char *name;
  } undefined[] = {{zero, 3, 3, "no counts"},        {row, 1, 3, "one row"},
                   {row, 3, 1, "one column"},        {negative, 2, 2, "a negative count"},
                   {missing, 2, 2, "a missing count"}, {infinite, 2, 2, "an infinite count"},
                   {single, 2, 2, "a single observation"}, {zero, 0, 0, "no cells"}};
  for (size_t i = 0; i < sizeof undefined / sizeof *undefined; i++) {
    const double *count = undefined[i].count;
    size_t n_rows = undefined[i].n_rows, n_columns = undefined[i].n_columns;
    struct contingency_result result[] = {
        chi_square_test(count, n_rows, n_columns, false),
        chi_square_test(count, n_rows, n_columns, true),
        likelihood_ratio_test(count, n_rows, n_columns),
        linear_trend_test(count, n_rows, n_columns, NULL, NULL),
        proportion_trend_test(count, n_rows, n_columns, NULL)};
    bool good = true;
    for (size_t j = 0; j < 5; j++)
      good = good && isnan(result[j].statistic) && isnan(result[j].df) && isnan(result[j].p_value);
    ok(good, "%s: undefined", undefined[i].name);
  }
  ok(isnan(expected_counts_check(zero, 3, 3).least), "expected counts of no counts");
  is_close(expected_counts_check(single, 2, 2).least, 1, 0, "expected count of a single one");
  double two[] = {3, 4, 5, 6};
  is_close(chi_square_test(holed, 3, 3, true).statistic, chi_square_test(two, 2, 2, true).statistic,
           1e-14, "a 3 x 3 with an empty row and column is a 2 x 2 to Yates");
  is_close(chi_square_test(holed, 3, 3, false).df, 1, 0, "and has df 1");
  // Scores belong to the places in the table given: 1 and 3 here.
  is_close(linear_trend_test(holed, 3, 3, NULL, NULL).statistic,
           linear_trend_test(two, 2, 2, NULL, NULL).statistic, 1e-13, "scores of a holed table");
  double wide[] = {3, 0, 4, 7, 5, 0, 6, 1}, dense[] = {3, 4, 7, 5, 6, 1};
  static const double score[] = {1, 3, 4};
  is_close(proportion_trend_test(wide, 2, 4, NULL).statistic,
           proportion_trend_test(dense, 2, 3, score).statistic, 1e-13,
           "an empty column keeps its score");
  ok(isnan(proportion_trend_test(holed, 3, 3, NULL).p_value), "no trend of a 3 x 3");
  ok(isnan(proportions_z_test(0, 10, 0, 12).p_value), "z: no events");
  ok(isnan(proportions_z_test(10, 10, 12, 12).p_value), "z: events only");
  ok(isnan(proportions_z_test(0, 0, 3, 12).p_value), "z: an empty group");
  ok(isnan(proportions_z_test(5, 4, 3, 12).p_value), "z: more events than rows");
  is_close(proportions_z_test(3, 10, 6, 10).statistic, -1.348399724926484, 1e-14,
           "z: negative where the first is less"); // -0.3/sqrt(0.45 0.55 0.2)
  ok(proportions_z_test(3, 10, 6, 10).statistic == -proportions_z_test(6, 10, 3, 10).statistic,
     "z: changes its sign with the order");
  double five[] = {5, 5, 5, 5};
  is_close(expected_counts_check(five, 2, 2).percent_below_5, 0, 0, "5 is not below 5");
  double exact[] = {5, 15, 25, 3, 9, 15}; // proportional rows; 45 * 8/72 = 5
  is_close(chi_square_test(exact, 2, 3, false).statistic, 0, 1e-28, "proportional rows");
  is_close(likelihood_ratio_test(exact, 2, 3).statistic, 0, 1e-28, "their likelihood ratio");
  is_close(expected_counts_check(exact, 2, 3).percent_below_5, 100.0 / 6, 1e-14,
           "one of six below 5");
}

// Each of the tables with two margins as often as it should be; margins kept.
static void draw_check(void)
{
  static const double row[] = {3, 2}, column[] = {2, 2, 1};
  enum { N_DRAWS = 40000 };
  double seen[3][3] = {{0}};
  bool kept = true;
  struct philox_stream stream;
  philox_start(&stream, 11, RNG_MONTE_CARLO, 5);
  for (int i = 0; i < N_DRAWS; i++) {
    double count[6];
    contingency_draw(row, 2, column, 3, &stream, count);
    for (size_t j = 0; j < 3; j++)
      kept = kept && count[j] + count[3 + j] == column[j] && count[j] >= 0 && count[3 + j] >= 0;
    kept = kept && count[0] + count[1] + count[2] == row[0];
    seen[(size_t) count[0]][(size_t) count[1]]++;
  }
  ok(kept, "every table drawn has the margins");
  // P = C(2, x) C(2, y) C(1, 3 - x - y)/C(5, 3).
  static const double weight[3][3] = {{0, 0, 1}, {0, 4, 2}, {1, 2, 0}};
  double x2 = 0;
  bool impossible = false;
  for (size_t x = 0; x < 3; x++)
    for (size_t y = 0; y < 3; y++) {
      double expected = N_DRAWS * weight[x][y] / 10;
      if (expected > 0)
        x2 += pow(seen[x][y] - expected, 2) / expected;
      else
        impossible = impossible || seen[x][y] > 0;
    }
  ok(!impossible, "no table that cannot be");
  ok(chi_square_upper(x2, 4) > 1e-3, "frequencies as they should be (X-squared %.2f, df 4)", x2);

  // The first cell of a large table: its mean and variance are hypergeometric.
  static const double big_row[] = {3e6, 2e6, 1e6}, big_column[] = {1e6, 5e6};
  double sum = 0, squares = 0;
  enum { N_BIG = 300 };
  for (int i = 0; i < N_BIG; i++) {
    double count[6];
    contingency_draw(big_row, 3, big_column, 2, &stream, count);
    kept = kept && count[0] + count[1] == 3e6 && count[0] + count[2] + count[4] == 1e6;
    double distance = count[0] - 5e5;
    sum += distance;
    squares += distance * distance;
  }
  double variance = 1e6 * 0.5 * 0.5 * 5e6 / (6e6 - 1);
  ok(kept, "margins of a large table");
  ok(fabs(sum / sqrt(N_BIG * variance)) < 3.5, "mean of a large table's cell");
  double upper = chi_square_upper(squares / variance, N_BIG);
  ok(upper > 1e-3 && upper < 1 - 1e-3, "variance of a large table's cell");
  // Cells drawn by inversion and by rejection, in bins of half a standard deviation: variances of
  // 500 and 2000.
  for (int k = 1; k <= 4; k *= 4) {
    double half = 4000.0 * k, sums[] = {half, half}, bin[13] = {0}, expected[13] = {0};
    double width = sqrt(half / 8) / 2, bins_x2 = 0;
    enum { N_CELLS = 20000 };
    for (int i = 0; i < N_CELLS; i++) {
      double count[4];
      contingency_draw(sums, 2, sums, 2, &stream, count);
      bin[(size_t) fmin(fmax(floor((count[0] - half / 2) / width) + 6, 0), 12)]++;
    }
    for (double x = 0; x <= half; x++)
      expected[(size_t) fmin(fmax(floor((x - half / 2) / width) + 6, 0), 12)] +=
          N_CELLS * exp(hypergeometric_log_density(x, half, half, 2 * half));
    for (size_t i = 0; i < 13; i++)
      bins_x2 += pow(bin[i] - expected[i], 2) / expected[i];
    ok(chi_square_upper(bins_x2, 12) > 1e-3, "cells of variance %g (X-squared %.1f, df 12)",
       half / 8, bins_x2);
  }
  double lone[] = {0, 0};
  static const double one_row[] = {7}, two_columns[] = {3, 4};
  contingency_draw(one_row, 1, two_columns, 2, &stream, lone);
  ok(lone[0] == 3 && lone[1] == 4, "one row is the column sums");
}

// Exact P of X-squared in a 2 x 3 table, by all tables.
static double chi_square_exact(const double *count)
{
  double row = count[0] + count[1] + count[2], column[3], total = 0, hits = 0;
  for (size_t j = 0; j < 3; j++)
    column[j] = count[j] + count[3 + j];
  double observed = chi_square_test(count, 2, 3, false).statistic;
  for (double x = 0; x <= column[0]; x++)
    for (double y = 0; y <= column[1]; y++) {
      double z = row - x - y;
      if (z < 0 || z > column[2])
        continue;
      double table[] = {x, y, z, column[0] - x, column[1] - y, column[2] - z}, log_p = 0;
      for (size_t i = 0; i < 6; i++)
        log_p -= lgamma(table[i] + 1);
      total += exp(log_p);
      if (chi_square_test(table, 2, 3, false).statistic > observed * (1 - 1e-12))
        hits += exp(log_p);
    }
  return hits / total;
}

static void monte_carlo_check(void)
{
  double count[] = {8, 3, 5, 2, 7, 6};
  double exact = chi_square_exact(count);
  struct fisher_limits limits = {.seed = 3, .monte_carlo = 25500, .level = 0.9999};
  struct fisher_result result = chi_square_monte_carlo(count, 2, 3, &limits);
  ok(result.conf_low < exact && exact < result.conf_high,
     "chi-square by drawing: %.4f in [%.4f, %.4f]", exact, result.conf_low, result.conf_high);
  ok(!result.exact && result.n_tables == 25500, "which says that it drew 25500 tables");
  double hits = result.p_value * 25501 - 1;
  is_near(hits, nearbyint(hits), 1e-8, "P = (1 + hits)/(1 + N)");
  double low, high;
  proportion_exact_interval(nearbyint(hits), 25500, 0.9999, &low, &high);
  ok(result.conf_low == low && result.conf_high == high, "Clopper-Pearson limits");
  limits.seed = 4;
  ok(chi_square_monte_carlo(count, 2, 3, &limits).p_value != result.p_value, "another seed");
  double none[] = {1, 1, 1, 1};
  is_close(chi_square_monte_carlo(none, 2, 2, &limits).p_value, 1, 0, "X-squared of 0 has P 1");
  double zero[4] = {0}, half[] = {1.5, 2, 3, 4};
  ok(isnan(chi_square_monte_carlo(zero, 2, 2, NULL).p_value), "no counts");
  ok(isnan(chi_square_monte_carlo(half, 2, 2, NULL).p_value), "half a count");
}

int main(void)
{
  reference_check();
  identities_check();
  tails_check();
  edges_check();
  draw_check();
  monte_carlo_check();
  return tap_done();
}
