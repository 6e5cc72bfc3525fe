// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/contingency.h"

#ifdef _OPENMP
#include <omp.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "reference.h"
#include "stats/distribution.h"
#include "stats/hypergeometric.h"
#include "stats/rng.h"
#include "tap.h"

enum { MOST_CELLS = 64 };

static double fisher_p(const double *count, size_t n_rows, size_t n_columns)
{
  struct fisher_result result = fisher_test(count, n_rows, n_columns, NULL);
  return result.exact ? result.p_value : NAN;
}

// fisher.test seeks a root below 1, or the inverse of one above, to within 1.2e-4.
static bool is_printed(double got, double printed)
{
  return got == printed || fabs(got - printed) <= 2.5e-4 ||
         (got > 1 && fabs(1 / got - 1 / printed) <= 2.5e-4);
}

static void two_by_two_reference(const char *key, const double *value)
{
  char name[100];
  struct fisher_result got = fisher_test(value, 2, 2, NULL);
  snprintf(name, sizeof name, "%s: P", key);
  is_close(got.p_value, value[4], 1e-10, name);
  snprintf(name, sizeof name, "%s: odds ratio", key);
  is_close(got.odds_ratio, value[5], 1e-9, name);
  snprintf(name, sizeof name, "%s: lower limit", key);
  is_close(got.conf_low, value[6], 1e-9, name);
  snprintf(name, sizeof name, "%s: upper limit", key);
  is_close(got.conf_high, value[7], 1e-9, name);
  ok(is_printed(got.odds_ratio, value[8]) && is_printed(got.conf_low, value[9]) &&
         is_printed(got.conf_high, value[10]),
     "%s: as printed by R", key);
  ok(got.exact && got.n_tables == 0, "%s: exact", key);
}

static void reference_check(void)
{
  struct reference *reference = reference_open("fisher.tsv");
  for (size_t k = 0; k < reference_size(reference); k++) {
    const char *key = reference_key(reference, k);
    const double *value = reference_values(reference, key, NULL);
    if (strncmp(key, "two.", 4) == 0) {
      two_by_two_reference(key, value);
      continue;
    }
    struct fisher_result got = fisher_test(value + 3, (size_t) value[0], (size_t) value[1], NULL);
    // R's network joins paths within 3e-8 of each other.
    is_close(got.p_value, value[2], 1e-7, key);
    ok(got.exact && isnan(got.odds_ratio) && isnan(got.conf_low) && isnan(got.conf_high),
       "%s: exact", key);
  }
  reference_close(reference);
}

// Every table with the margins of `count`: P of those as probable as it or less.
struct enumeration {
  size_t n_rows, n_columns;
  double row[8], column[8], observed, offset;
  double hits, total;
};

static void enumerate(struct enumeration *e, size_t cell, double row_left, double log_p)
{
  size_t i = cell / e->n_columns, j = cell % e->n_columns;
  if (i + 1 == e->n_rows) {
    for (j = 0; j < e->n_columns; j++)
      log_p -= lgamma(e->column[j] + 1);
    e->total += exp(log_p - e->offset);
    if (log_p <= e->observed + log1p(1e-7))
      e->hits += exp(log_p - e->observed);
    return;
  }
  double least = 0, most = fmin(row_left, e->column[j]);
  if (j + 1 == e->n_columns)
    least = row_left;
  for (double x = least; x <= most; x++) {
    e->column[j] -= x;
    double next = log_p - lgamma(x + 1);
    if (j + 1 == e->n_columns)
      enumerate(e, cell + 1, e->row[i + 1], next);
    else
      enumerate(e, cell + 1, row_left - x, next);
    e->column[j] += x;
  }
}

static double enumerated_p(const double *count, size_t n_rows, size_t n_columns)
{
  struct enumeration e = {.n_rows = n_rows, .n_columns = n_columns};
  double n = 0, log_margins = 0;
  for (size_t i = 0; i < n_rows; i++)
    for (size_t j = 0; j < n_columns; j++) {
      e.row[i] += count[i * n_columns + j];
      e.column[j] += count[i * n_columns + j];
      n += count[i * n_columns + j];
      e.observed -= lgamma(count[i * n_columns + j] + 1);
    }
  for (size_t i = 0; i < n_rows; i++)
    log_margins += lgamma(e.row[i] + 1);
  for (size_t j = 0; j < n_columns; j++)
    log_margins += lgamma(e.column[j] + 1);
  // The sum of 1/product of x! over all tables is n!/(product of the margins' factorials).
  e.offset = lgamma(n + 1) - log_margins;
  enumerate(&e, 0, e.row[0], 0);
  if (fabs(e.total - 1) > 1e-9)
    printf("# the enumeration itself sums to %.17g\n", e.total);
  return exp(e.observed - e.offset + log(e.hits));
}

static void random_table(struct philox_stream *stream, size_t n_cells, uint64_t most, double *count)
{
  for (size_t i = 0; i < n_cells; i++)
    count[i] = (double) philox_below(stream, 1 + philox_below(stream, most) + 1);
}

static void enumeration_check(void)
{
  static const struct {
    size_t n_rows, n_columns;
    uint64_t most;
  } shape[] = {{2, 2, 40}, {2, 3, 15}, {3, 2, 15}, {2, 4, 10}, {3, 3, 6},
               {3, 3, 9},  {3, 4, 3},  {4, 3, 3},  {4, 4, 2},  {2, 6, 4}};
  struct philox_stream stream;
  philox_start(&stream, 1, RNG_SIMULATE, 1);
  for (int round = 0; round < 200; round++) {
    size_t k = (size_t) round % (sizeof shape / sizeof *shape);
    double count[MOST_CELLS];
    random_table(&stream, shape[k].n_rows * shape[k].n_columns, shape[k].most, count);
    double n = 0;
    for (size_t i = 0; i < shape[k].n_rows * shape[k].n_columns; i++)
      n += count[i];
    if (n == 0)
      continue;
    char name[100];
    snprintf(name, sizeof name, "round %d, %zu x %zu of %g: all tables", round, shape[k].n_rows,
             shape[k].n_columns, n);
    is_close(fisher_p(count, shape[k].n_rows, shape[k].n_columns),
             enumerated_p(count, shape[k].n_rows, shape[k].n_columns), 1e-11, name);
  }
}

// A tiny P is a sum of tiny terms.
static void tiny_check(void)
{
  double study[] = {44, 1, 1, 2, 47, 0, 0, 1, 42};
  double expected = enumerated_p(study, 3, 3), got = fisher_p(study, 3, 3);
  ok(expected > 1e-60 && expected < 1e-40, "a 3 x 3 of 138 with P %.3g", expected);
  is_close(got, expected, 1e-11, "by all tables");
  double middling[] = {40, 2, 1, 3, 45, 2, 1, 2, 42};
  is_close(fisher_p(middling, 3, 3), enumerated_p(middling, 3, 3), 1e-11, "less extreme");
  double wide[] = {60, 1, 2, 0, 3, 0, 71, 80};
  is_close(fisher_p(wide, 2, 4), enumerated_p(wide, 2, 4), 1e-11, "2 x 4");

  // Different margins: the diagonal table is the least probable, P = product r_i!/n!.  Equal
  // margins: its 6 permutations.
  for (double r = 4; r < 230; r = floor(r * 1.6)) {
    double different[] = {r, 0, 0, 0, r + 1, 0, 0, 0, r + 3}, same[] = {r, 0, 0, 0, r, 0, 0, 0, r};
    double log_p = lgamma(r + 1) + lgamma(r + 2) + lgamma(r + 4) - lgamma(3 * r + 5);
    char name[100];
    snprintf(name, sizeof name, "diagonal of %g, P %.3g", r, exp(log_p));
    // lgamma of 700 has 13 digits left of a difference.
    is_close(fisher_p(different, 3, 3), exp(log_p), 3e-12, name);
    log_p = 3 * lgamma(r + 1) - lgamma(3 * r + 1) + log(6);
    is_close(fisher_p(same, 3, 3), exp(log_p), 3e-12, "with equal margins");
  }
  double last[] = {207, 0, 0, 0, 207, 0, 0, 0, 207};
  double p = fisher_p(last, 3, 3);
  ok(p > 1e-300 && p < 1e-290, "diagonal of 207: P %.3g", p);
  is_close(p, exp(3 * lgamma(208) - lgamma(622) + log(6)), 3e-12, "diagonal of 207");
  double gone[] = {900, 0, 0, 0, 900, 0, 0, 0, 900};
  is_close(fisher_p(gone, 3, 3), 0, 1e-300, "below the least double");
}

static void permute(struct philox_stream *stream, size_t n, size_t *order)
{
  for (size_t i = 0; i < n; i++)
    order[i] = i;
  for (size_t i = n; i > 1; i--) {
    size_t j = philox_below(stream, i), spare = order[i - 1];
    order[i - 1] = order[j];
    order[j] = spare;
  }
}

static void symmetry_check(void)
{
  struct philox_stream stream;
  philox_start(&stream, 2, RNG_SIMULATE, 1);
  for (int round = 0; round < 40; round++) {
    size_t n_rows = 2 + philox_below(&stream, 4), n_columns = 2 + philox_below(&stream, 4);
    double count[MOST_CELLS], moved[MOST_CELLS], turned[MOST_CELLS], holed[MOST_CELLS] = {0};
    size_t row[8], column[8];
    random_table(&stream, n_rows * n_columns, 6, count);
    count[0]++; // never empty
    permute(&stream, n_rows, row);
    permute(&stream, n_columns, column);
    for (size_t i = 0; i < n_rows; i++)
      for (size_t j = 0; j < n_columns; j++) {
        moved[row[i] * n_columns + column[j]] = count[i * n_columns + j];
        turned[j * n_rows + i] = count[i * n_columns + j];
        holed[(i + (i > 0)) * (n_columns + 1) + j + (j > 0)] = count[i * n_columns + j];
      }
    double p = fisher_p(count, n_rows, n_columns);
    // The order of the additions may differ, by some units in the last place.
    is_close(fisher_p(moved, n_rows, n_columns), p, 1e-13, "rows and columns permuted");
    is_close(fisher_p(turned, n_columns, n_rows), p, 1e-12, "transposed");
    is_close(fisher_p(holed, n_rows + 1, n_columns + 1), p, 1e-13, "an empty row and column");
  }
}

// Of a 2 x 2 table, in long double: P two-sided at odds ratio 1, tails and mean at any.
struct slow {
  double p_value, upper, lower, mean;
};

static struct slow slow_two_by_two(const double *count, double odds_ratio)
{
  double row = count[0] + count[1], column = count[0] + count[2];
  double n = row + count[2] + count[3];
  double least = fmax(0, row + column - n), most = fmin(row, column);
  long double observed = 0, sum = 0, hits = 0, upper = 0, lower = 0, mean = 0, peak = -HUGE_VALL;
  for (int pass = 0; pass < 2; pass++)
    for (double x = least; x <= most; x++) {
      long double log_p = (long double) x * logl(odds_ratio) - lgammal(x + 1) -
                          lgammal(row - x + 1) - lgammal(column - x + 1) -
                          lgammal(n - row - column + x + 1);
      if (pass == 0)
        peak = fmaxl(peak, log_p);
      if (x == count[0])
        observed = log_p;
      if (pass == 0)
        continue;
      long double p = expl(log_p - peak);
      sum += p;
      mean += x * p;
      if (log_p <= observed + 1e-7L)
        hits += p;
      if (x >= count[0])
        upper += p;
      if (x <= count[0])
        lower += p;
    }
  return (struct slow){(double) (hits / sum), (double) (upper / sum), (double) (lower / sum),
                       (double) (mean / sum)};
}

static void two_by_two_check(void)
{
  struct philox_stream stream;
  philox_start(&stream, 3, RNG_SIMULATE, 1);
  for (int round = 0; round < 60; round++) {
    double count[4];
    static const uint64_t most[] = {6, 30, 200, 1500};
    random_table(&stream, 4, most[round % 4], count);
    for (size_t i = 0; i < 4; i++)
      count[i]++;
    struct fisher_result got = fisher_test(count, 2, 2, NULL);
    is_close(got.p_value, slow_two_by_two(count, 1).p_value, 1e-11, "2 x 2 by the whole support");
    is_close(slow_two_by_two(count, got.odds_ratio).mean, count[0], 1e-11,
             "the odds ratio makes the mean the observed count");
    is_close(slow_two_by_two(count, got.conf_low).upper, 0.025, 1e-10, "the lower limit");
    is_close(slow_two_by_two(count, got.conf_high).lower, 0.025, 1e-10, "the upper limit");
    double swapped[] = {count[2], count[3], count[0], count[1]};
    struct fisher_result other = fisher_test(swapped, 2, 2, NULL);
    is_close(other.odds_ratio, 1 / got.odds_ratio, 1e-11, "rows swapped: odds ratio");
    is_close(other.conf_low, 1 / got.conf_high, 1e-11, "rows swapped: limit");
    is_close(other.p_value, got.p_value, 1e-12, "rows swapped: P");
    struct fisher_limits limits = {.level = 0.9};
    struct fisher_result narrow = fisher_test(count, 2, 2, &limits);
    ok(narrow.conf_low > got.conf_low && narrow.conf_high < got.conf_high &&
           narrow.odds_ratio == got.odds_ratio,
       "a lower level is narrower");
  }
}

// Closed forms however large the margins.
static void large_check(void)
{
  for (double n = 10; n < 1e16; n *= 10) {
    char name[100];
    double one[] = {1, 0, 0, n - 1}, two[] = {2, 0, 0, n - 2}, none[] = {0, 1, 2, n - 3};
    snprintf(name, sizeof name, "one of %g", n);
    is_close(fisher_p(one, 2, 2), 1 / n, 1e-13, name);
    snprintf(name, sizeof name, "two of %g", n);
    is_close(fisher_p(two, 2, 2), 2 / n / (n - 1), 1e-13, name);
    is_close(fisher_p(none, 2, 2), 1, 0, "the likeliest table has P 1");
    double three[] = {1, 0, 0, 0, 1, 0, 0, 0, n - 2};
    if (n <= 1e6) // where the network ends
      is_close(fisher_p(three, 3, 3), 2 / n / (n - 1), 1e-12, "two singletons of a 3 x 3");
  }
  for (double k = 10; k <= 510; k += 50) {
    double count[] = {k, 0, 0, k}, skew[] = {k, 0, 0, 2 * k};
    // C(2k, k)/2 by a product.
    double ways = 1;
    for (double i = 1; i <= k; i++)
      ways *= (k + i) / i;
    is_close(fisher_p(count, 2, 2), 2 / ways, 2e-13, "diagonal 2 x 2");
    double skew_ways = 1;
    for (double i = 1; i <= k && skew_ways < 1e290; i++)
      skew_ways *= (2 * k + i) / i;
    if (skew_ways < 1e290)
      is_close(fisher_p(skew, 2, 2), 1 / skew_ways, 2e-13, "skew diagonal 2 x 2");
  }
  // Long double factorials have 19 digits, of which the difference of terms of 1e6 costs 6.
  double count[] = {53000, 47000, 46300, 53700};
  struct slow slow = slow_two_by_two(count, 1);
  struct fisher_result got = fisher_test(count, 2, 2, NULL);
  ok(got.p_value > 1e-300 && got.p_value < 1e-150, "two groups of 100000: P %.3g", got.p_value);
  is_close(got.p_value, slow.p_value, 1e-10, "by the whole support");
  is_close(got.odds_ratio, 53.0 * 53.7 / 47 / 46.3, 1e-4, "its odds ratio is near ad/bc");
  double huge[] = {5e9, 5e9 + 4e5, 5e9 + 4e5, 5e9};
  got = fisher_test(huge, 2, 2, NULL);
  // The normal limit, z = 5.7, is off by the order of 1/sqrt(n).
  is_close(got.p_value, chi_square_test(huge, 2, 2, false).p_value, 1e-3,
           "2e10 rows: near the chi-square test");
}

static void density_check(void)
{
  // Pascal's triangle, in exact arithmetic below 2^53.
  double row[51] = {1};
  double worst = 0;
  for (size_t n = 1; n <= 50; n++) {
    for (size_t x = n; x > 0; x--)
      row[x] += row[x - 1];
    for (size_t x = 0; x <= n; x++) {
      double expected = row[x] * pow(0.25, (double) x) * pow(0.75, (double) (n - x));
      double got = exp(binomial_log_density((double) x, (double) n, 3, 12));
      worst = fmax(worst, fabs(got / expected - 1));
    }
  }
  is_near(worst, 0, 5e-14, "binomial densities");
  ok(isinf(binomial_log_density(3, 2, 1, 2)) && isinf(binomial_log_density(-1, 2, 1, 2)),
     "none outside the support");
  is_close(binomial_log_density(0, 5, 0, 2), 0, 0, "no success is possible");
  ok(isinf(binomial_log_density(1, 5, 0, 2)), "so there is none");
  is_close(binomial_log_density(5, 5, 2, 2), 0, 0, "nothing but successes");
  is_close(binomial_log_density(0, 0, 1, 2), 0, 0, "no trials");
  double sum = 0;
  for (double x = 0; x <= 300; x++)
    sum += exp(hypergeometric_log_density(x, 300, 4000, 1e6));
  is_close(sum, 1, 1e-13, "hypergeometric densities sum to 1");
  is_close(hypergeometric_log_density(2, 2, 3, 1e12), log(3 * 2 / (1e12 * (1e12 - 1))), 1e-14,
           "a hypergeometric density of a large table");
  is_close(deviance_term(5, 5, 0), 0, 0, "no deviance");
  is_close(deviance_term(0, 5, -5), 5, 0, "deviance of nothing");
  // e ((1+d) log(1+d) - d) by its series d^2/2 - d^3/6.
  is_close(deviance_term(1e6 + 1e-3, 1e6, 1e-3), 1e6 * (1e-18 / 2 - 1e-27 / 6), 1e-12,
           "a small deviance");
}

static void monte_carlo_check(void)
{
  double count[] = {9, 10, 8, 14, 25, 9, 11, 20, 32};
  double exact = fisher_p(count, 3, 3);
  struct fisher_limits limits = {.seed = 5, .monte_carlo_only = true, .level = 0.9999};
  struct fisher_result drawn = fisher_test(count, 3, 3, &limits);
  ok(!drawn.exact && drawn.n_tables == 100000, "100000 tables drawn");
  ok(drawn.conf_low < exact && exact < drawn.conf_high, "%.5f in [%.5f, %.5f]", exact,
     drawn.conf_low, drawn.conf_high);
  double hits = drawn.p_value * 100001 - 1, low, high;
  is_near(hits, nearbyint(hits), 1e-6, "P = (1 + hits)/(1 + N)");
  proportion_exact_interval(nearbyint(hits), 100000, 0.9999, &low, &high);
  ok(drawn.conf_low == low && drawn.conf_high == high, "Clopper-Pearson limits");
#ifdef _OPENMP
  int n_threads = omp_get_max_threads();
  static const int threads[] = {1, 2, 7};
  for (size_t i = 0; i < 3; i++) {
    omp_set_num_threads(threads[i]);
    struct fisher_result again = fisher_test(count, 3, 3, &limits);
    ok(again.p_value == drawn.p_value, "the same with %d threads", threads[i]);
  }
  omp_set_num_threads(n_threads);
#endif
  limits.monte_carlo = 2500;
  struct fisher_result fewer = fisher_test(count, 3, 3, &limits);
  ok(fewer.n_tables == 2500 && fewer.conf_high - fewer.conf_low > drawn.conf_high - drawn.conf_low,
     "fewer tables, a wider interval");
  double two[] = {12, 5, 6, 14};
  exact = fisher_p(two, 2, 2);
  limits.monte_carlo = 20000;
  drawn = fisher_test(two, 2, 2, &limits);
  ok(drawn.conf_low < exact && exact < drawn.conf_high && !drawn.exact && isnan(drawn.odds_ratio),
     "a 2 x 2 by drawing: %.4f in [%.4f, %.4f]", exact, drawn.conf_low, drawn.conf_high);
  // More than a million: no table of factorials.
  double large[] = {500500, 499500, 499000, 501000};
  exact = fisher_p(large, 2, 2);
  limits.monte_carlo = 2000;
  drawn = fisher_test(large, 2, 2, &limits);
  ok(drawn.conf_low < exact && exact < drawn.conf_high, "a large table: %.4f in [%.4f, %.4f]",
     exact, drawn.conf_low, drawn.conf_high);
}

// A 5 x 6 of 138, which would take hours: drawn, with P near that of the chi-square test.
static void bounds_check(void)
{
  double count[30] = {3, 5, 7, 4, 2, 6, 4, 8, 3, 1, 3, 2, 9, 8, 6, 6, 3, 5, 4, 8,
                      5, 7, 5, 7, 6, 3, 1, 3, 2, 2};
  double n = 0;
  for (size_t i = 0; i < 30; i++)
    n += count[i];
  is_close(n, 138, 0, "138 rows");
  struct fisher_limits limits = {.monte_carlo = 20000, .level = 0.9999};
  struct fisher_result result = fisher_test(count, 5, 6, &limits);
  ok(!result.exact && result.n_tables == 20000, "a 5 x 6 of 138 is drawn");
  ok(result.conf_low <= result.p_value && result.p_value <= result.conf_high, "P in its interval");
  is_near(result.p_value, chi_square_test(count, 5, 6, false).p_value, 0.05,
          "and near the chi-square test's");
  double small[] = {4, 3, 5, 2, 7, 6, 3, 3, 8};
  limits.nodes = 10;
  ok(!fisher_test(small, 3, 3, &limits).exact, "10 steps do not do for a 3 x 3");
  limits.nodes = 100000;
  ok(fisher_test(small, 3, 3, &limits).exact, "100000 do");
  struct contingency_table table;
  double p;
  contingency_table_init(&table, count, 5, 6);
  ok(!fisher_network(&table, 1000, &p), "the network says when it gives up");
  contingency_table_free(&table);
}

static void edges_check(void)
{
  double zero[9] = {0}, row[] = {3, 4, 5}, half[] = {1, 2.5, 3, 4}, negative[] = {1, -1, 2, 3};
  double missing[] = {1, NAN, 2, 3}, beside[] = {3, 4, 0, 0};
  ok(isnan(fisher_test(zero, 3, 3, NULL).p_value), "no counts");
  ok(isnan(fisher_test(zero, 0, 0, NULL).p_value), "no cells");
  ok(isnan(fisher_test(half, 2, 2, NULL).p_value), "half a count");
  ok(isnan(fisher_test(negative, 2, 2, NULL).p_value), "a negative count");
  ok(isnan(fisher_test(missing, 2, 2, NULL).p_value), "a missing count");
  is_close(fisher_p(row, 1, 3), 1, 0, "one row");
  is_close(fisher_p(beside, 2, 2), 1, 0, "an empty row");
  ok(isnan(fisher_test(beside, 2, 2, NULL).odds_ratio), "has no odds ratio");
  double single[] = {1, 0, 0, 0}, pair[] = {1, 0, 0, 1}, crossed[] = {0, 1, 1, 0};
  is_close(fisher_p(single, 2, 2), 1, 0, "a single observation");
  is_close(fisher_p(pair, 2, 2), 1, 0, "two observations");
  struct fisher_result result = fisher_test(pair, 2, 2, NULL);
  ok(isinf(result.odds_ratio) && isinf(result.conf_high), "odds ratio infinite");
  // P(X >= 1) = psi/(1 + psi) = 0.025.
  is_close(result.conf_low, 0.025 / 0.975, 1e-13, "its lower limit");
  result = fisher_test(crossed, 2, 2, NULL);
  ok(result.odds_ratio == 0 && result.conf_low == 0, "odds ratio 0");
  is_close(result.conf_high, 0.975 / 0.025, 1e-13, "its upper limit");
  double even[] = {10, 10, 10, 10};
  is_close(fisher_p(even, 2, 2), 1, 0, "no association: P is 1, not nearly");
  double spread[] = {4, 4, 4, 4, 4, 4, 4, 4, 4};
  is_close(fisher_p(spread, 3, 3), 1, 0, "nor in a 3 x 3");
  struct fisher_limits limits = {.level = 1.5};
  result = fisher_test(even, 2, 2, &limits);
  ok(isnan(result.conf_low) && isnan(result.conf_high) && result.p_value == 1,
     "a level out of range has no interval");
}

int main(void)
{
  reference_check();
  enumeration_check();
  tiny_check();
  symmetry_check();
  two_by_two_check();
  large_check();
  density_check();
  monte_carlo_check();
  bounds_check();
  edges_check();
  return tap_done();
}
