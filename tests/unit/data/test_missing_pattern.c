// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns of missing values: published ones, a slow count, identities, sizes at the edges.
#include <config.h>

#include "data/missing_pattern.h"

#include <math.h>
#include <stdlib.h>

#include "tap.h"

// A small generator of its own, so that the cases are the same everywhere.
static uint64_t state = 1;
static uint64_t draw(uint64_t n)
{
  state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (state >> 33) % n;
}

// nhanes, Schafer (1997), Analysis of Incomplete Multivariate Data, table 6.14; its patterns as
// van Buuren (2018), Flexible Imputation of Missing Data, section 4.1 prints them: 13 complete,
// 3 without chl, 1 without bmi, 1 without bmi and hyp, 7 without all three.
static void test_published(void)
{
  enum { N = 25 };
  static const double age[N] = {1, 2, 1, 3, 1, 3, 1, 1, 2, 2, 1, 2, 3,
                                2, 1, 1, 3, 2, 1, 3, 1, 1, 1, 3, 2};
  static const double bmi[N] = {NAN,  22.7, NAN,  NAN,  20.4, NAN,  22.5, 30.1, 22,
                                NAN,  NAN,  NAN,  21.7, 28.7, 29.6, NAN,  27.2, 26.3,
                                35.3, 25.5, NAN,  33.2, 27.5, 24.9, 27.4};
  static const double hyp[N] = {NAN, 1,   1, NAN, 1, NAN, 1, 1, 1,   NAN, NAN, NAN, 1,
                                2,   1,   NAN, 2, 2, 1,   2, NAN, 1, 1,   1,   1};
  static const double chl[N] = {NAN, 187, 187, NAN, 113, 184, 118, 187, 238, NAN, NAN, NAN, 206,
                                204, NAN, NAN, 284, 199, 218, NAN, NAN, 229, 131, NAN, 186};
  const double *const value[] = {age, bmi, hyp, chl};
  static const size_t n[] = {13, 7, 3, 1, 1};
  static const char *const holds[] = {"0000", "0111", "0001", "0100", "0110"};
  struct missing_patterns patterns;
  missing_patterns_count(&patterns, value, 4, NULL, 1, N);
  is_integer((long long) patterns.n_patterns, 5, "nhanes: five patterns");
  for (size_t p = 0; p < 5 && p < patterns.n_patterns; p++) {
    char got[5] = "";
    size_t n_missing = 0;
    for (size_t v = 0; v < 4; v++) {
      got[v] = missing_pattern_holds(&patterns, p, v) ? '1' : '0';
      n_missing += got[v] == '1';
    }
    is_text(got, holds[p], "nhanes: the pattern");
    is_integer((long long) patterns.n[p], (long long) n[p], "nhanes: its rows");
    is_integer((long long) patterns.count[p], (long long) n[p], "nhanes: one stratum");
    is_integer((long long) patterns.n_missing[p], (long long) n_missing, "nhanes: its variables");
  }
  missing_patterns_free(&patterns);
  is_integer((long long) patterns.n_patterns, 0, "nothing is left");
  ok(!patterns.bits && !patterns.n && !patterns.count && !patterns.n_missing, "and empty");
}

// Rows with the same missing values as this row, in its stratum or in any.
static size_t count_alike(double *const *value, size_t n_variables, const double *stratum,
                          size_t n_rows, size_t row, double in)
{
  size_t n = 0;
  for (size_t i = 0; i < n_rows; i++) {
    bool alike = isnan(in) ? !isnan(stratum[i]) : stratum[i] == in;
    for (size_t v = 0; v < n_variables && alike; v++)
      alike = (isnan(value[v][i]) != 0) == (isnan(value[v][row]) != 0);
    n += alike;
  }
  return n;
}

static bool is_pattern_of(const struct missing_patterns *patterns, size_t p, double *const *value,
                          size_t row)
{
  for (size_t v = 0; v < patterns->n_variables; v++)
    if (missing_pattern_holds(patterns, p, v) != (isnan(value[v][row]) != 0))
      return false;
  return true;
}

static bool in_order(const struct missing_patterns *patterns)
{
  for (size_t p = 1; p < patterns->n_patterns; p++) {
    if (patterns->n[p] != patterns->n[p - 1]) {
      if (patterns->n[p] > patterns->n[p - 1])
        return false;
      continue;
    }
    if (patterns->n_missing[p] != patterns->n_missing[p - 1]) {
      if (patterns->n_missing[p] < patterns->n_missing[p - 1])
        return false;
      continue;
    }
    size_t v = 0;
    while (v < patterns->n_variables && missing_pattern_holds(patterns, p, v) ==
                                            missing_pattern_holds(patterns, p - 1, v))
      v++;
    if (v == patterns->n_variables || !missing_pattern_holds(patterns, p, v))
      return false;
  }
  return true;
}

// Against a count that compares every row with every other one.
static void test_random(size_t n_variables, size_t n_rows, size_t n_strata, uint64_t one_in)
{
  double **value = calloc(n_variables + 1, sizeof *value);
  double *stratum = malloc((n_rows + 1) * sizeof *stratum);
  for (size_t v = 0; v < n_variables; v++) {
    value[v] = malloc((n_rows + 1) * sizeof **value);
    for (size_t i = 0; i < n_rows; i++)
      value[v][i] = draw(one_in) ? (double) draw(10) : NAN;
  }
  for (size_t i = 0; i < n_rows; i++)
    stratum[i] = draw(8) ? (double) draw(n_strata) : NAN;
  struct missing_patterns patterns;
  missing_patterns_count(&patterns, (const double *const *) value, n_variables, stratum, n_strata,
                         n_rows);
  bool counts = true;
  size_t total = 0, used = 0;
  for (size_t i = 0; i < n_rows; i++) {
    if (isnan(stratum[i]))
      continue;
    used++;
    size_t p = 0;
    while (p < patterns.n_patterns && !is_pattern_of(&patterns, p, value, i))
      p++;
    counts &= p < patterns.n_patterns &&
              patterns.n[p] == count_alike(value, n_variables, stratum, n_rows, i, NAN) &&
              patterns.count[p * n_strata + (size_t) stratum[i]] ==
                  count_alike(value, n_variables, stratum, n_rows, i, stratum[i]);
  }
  for (size_t p = 0; p < patterns.n_patterns; p++) {
    size_t sum = 0;
    for (size_t s = 0; s < n_strata; s++)
      sum += patterns.count[p * n_strata + s];
    counts &= sum == patterns.n[p] && sum > 0;
    total += sum;
  }
  ok(counts, "%zu x %zu, %zu strata, one in %llu missing: %zu patterns as counted slowly", n_rows,
     n_variables, n_strata, (unsigned long long) one_in, patterns.n_patterns);
  ok(total == used, "their rows are all rows of a stratum");
  ok(in_order(&patterns), "in order, each once");
  missing_patterns_free(&patterns);
  for (size_t v = 0; v < n_variables; v++)
    free(value[v]);
  free(value);
  free(stratum);
}

static void test_edges(void)
{
  struct missing_patterns patterns;
  const double one[] = {1, NAN, INFINITY, -0.0, NAN}, none[5] = {0};
  const double *const value[] = {one, none};
  missing_patterns_count(&patterns, value, 2, NULL, 1, 0);
  is_integer((long long) patterns.n_patterns, 0, "no rows, no pattern");
  missing_patterns_free(&patterns);
  missing_patterns_count(&patterns, value, 0, NULL, 1, 5);
  is_integer((long long) patterns.n_patterns, 1, "no variables: the empty pattern");
  is_integer((long long) patterns.n[0], 5, "of all rows");
  missing_patterns_free(&patterns);
  missing_patterns_count(&patterns, value, 2, NULL, 1, 5);
  is_integer((long long) patterns.n_patterns, 2, "infinite and zero are present");
  is_integer((long long) patterns.n[0], 3, "three rows complete");
  is_integer((long long) patterns.n_missing[1], 1, "one variable missing in the others");
  missing_patterns_free(&patterns);
  const double apart[] = {NAN, NAN, NAN, NAN, NAN};
  missing_patterns_count(&patterns, value, 2, apart, 1, 5);
  is_integer((long long) patterns.n_patterns, 0, "rows of no stratum have no pattern");
  missing_patterns_free(&patterns);
}

// Every row has a pattern of its own: the table grows.
static void test_many(void)
{
  enum { N = 1 << 15, BITS = 15 };
  double *block = malloc(sizeof *block * N * BITS);
  const double *value[BITS];
  for (size_t v = 0; v < BITS; v++) {
    value[v] = block + v * N;
    for (size_t i = 0; i < N; i++)
      block[v * N + i] = i >> v & 1 ? NAN : 0;
  }
  struct missing_patterns patterns;
  missing_patterns_count(&patterns, value, BITS, NULL, 1, N);
  is_integer((long long) patterns.n_patterns, N, "all patterns of 15 variables");
  bool once = true;
  for (size_t p = 0; p < patterns.n_patterns; p++)
    once &= patterns.n[p] == 1;
  ok(once && in_order(&patterns), "each once, in order");
  missing_patterns_free(&patterns);
  free(block);
}

int main(void)
{
  test_published();
  test_edges();
  test_many();
  test_random(1, 50, 1, 3);
  test_random(4, 400, 3, 4);
  test_random(12, 300, 2, 10);
  test_random(63, 200, 2, 60);
  test_random(64, 200, 4, 60);
  test_random(65, 200, 1, 60);
  test_random(130, 300, 5, 200);
  test_random(3, 2500, 2, 2);
  return tap_done();
}
