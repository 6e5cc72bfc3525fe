// SPDX-License-Identifier: GPL-3.0-or-later
// Lowess, loess, interpolation: R's values, identities, slow versions.
#include <config.h>

#include "stats/smooth.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "reference.h"
#include "tap.h"

static char label_text[200];
#define LABEL(...) (snprintf(label_text, sizeof label_text, __VA_ARGS__), label_text)

static uint64_t random_state = 99;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

static int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

// Largest |got - expected| / scale; a NaN on one side alone is infinite.
static double largest_difference(const double *got, const double *expected, size_t n, double scale)
{
  double worst = 0;
  for (size_t i = 0; i < n; i++) {
    if (isnan(got[i]) && isnan(expected[i]))
      continue;
    double difference = fabs(got[i] - expected[i]) / scale;
    worst = difference > worst ? difference : isnan(difference) ? INFINITY : worst;
  }
  return worst;
}

static void all_near(const double *got, const double *expected, size_t n, double scale,
                     double tolerance, const char *name)
{
  double worst = largest_difference(got, expected, n, scale);
  if (!ok(worst <= tolerance, "%s", name))
    printf("#   largest difference %.3g of the scale, tolerance %g\n", worst, tolerance);
}

static double span_of(const double *y, size_t n)
{
  double low = y[0], high = y[0];
  for (size_t i = 1; i < n; i++) {
    low = fmin(low, y[i]);
    high = fmax(high, y[i]);
  }
  return high > low ? high - low : 1;
}

static const char *const cases[] = {"cars", "faithful", "wisconsin", "grouped", "far", "few2",
                                    "few3", "few4", "few8", "level"};
enum { N_CASES = sizeof cases / sizeof *cases };

static const double *find(const struct reference *r, const char *key, size_t *n)
{
  for (size_t i = 0; i < reference_size(r); i++)
    if (strcmp(reference_key(r, i), key) == 0)
      return reference_values(r, key, n);
  return NULL;
}

// ---- lowess ----

static void test_lowess_reference(const struct reference *r)
{
  for (size_t c = 0; c < N_CASES; c++) {
    size_t n, m;
    char key[100];
    snprintf(key, sizeof key, "%s.x", cases[c]);
    const double *x = reference_values(r, key, &n);
    snprintf(key, sizeof key, "%s.y", cases[c]);
    const double *y = reference_values(r, key, NULL);
    double *fitted = malloc(n * sizeof *fitted), *scratch = malloc(2 * n * sizeof *scratch);
    for (int k = 1; k <= 8; k++) {
      snprintf(key, sizeof key, "%s.lowess.%d", cases[c], k);
      const double *v = reference_values(r, key, &m);
      // Exact fits of few points leave rounding as residuals, from which R makes robust weights.
      if (strncmp(cases[c], "few", 3) == 0 && v[1] > 0)
        continue;
      lowess(x, y, NULL, n, v[0], (int) v[1], v[2], fitted, k % 2 ? scratch : NULL);
      // R takes local means of x about 0, which costs it six of its digits where x is near 1e6.
      double tolerance = strcmp(cases[c], "far") == 0 ? 1e-9 : 1e-10;
      all_near(fitted, v + 3, n, span_of(y, n), tolerance, LABEL("%s", key));
    }
    free(fitted);
    free(scratch);
  }
}

// Cleveland's text: at each x the line by tricube weights over the q nearest points; and his
// program: their mean where the local spread of x is below a thousandth of its range.
static double slow_local_line(const double *x, const double *y, size_t n, size_t q, double x0)
{
  double *distance = malloc(n * sizeof *distance);
  for (size_t i = 0; i < n; i++)
    distance[i] = fabs(x[i] - x0);
  qsort(distance, n, sizeof *distance, compare_doubles);
  double h = distance[q - 1], w = 0, mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  free(distance);
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < n; i++) {
      double d = fabs(x[i] - x0), u = d / h;
      double t = d > .999 * h ? 0 : d <= .001 * h ? 1 : pow(1 - pow(u, 3), 3);
      if (pass == 0) {
        w += t;
        mean_x += t * x[i];
        mean_y += t * y[i];
      } else {
        xx += t * (x[i] - mean_x / w) * (x[i] - mean_x / w);
        xy += t * (x[i] - mean_x / w) * y[i];
      }
    }
  bool narrow = sqrt(xx / w) <= .001 * (x[n - 1] - x[0]);
  return mean_y / w + (narrow ? 0 : (x0 - mean_x / w) * xy / xx);
}

static void test_lowess_slow(void)
{
  enum { N = 90 };
  double x[N], y[N], fitted[N], slow[N];
  for (size_t i = 0; i < N; i++) {
    x[i] = uniform() * 10;
    y[i] = sin(x[i]) + uniform();
  }
  qsort(x, N, sizeof *x, compare_doubles);
  for (size_t q = 5; q < N; q += 17) {
    lowess(x, y, NULL, N, (double) q / N, 0, 0, fitted, NULL);
    for (size_t i = 0; i < N; i++)
      slow[i] = slow_local_line(x, y, N, q, x[i]);
    all_near(fitted, slow, N, 1, 1e-11, LABEL("lowess is the local line over %zu points", q));
  }
}

// Every number of rows up to six vectors of four, and windows of all or of some of them.
static void test_lowess_sizes(void)
{
  enum { MOST = 24 };
  double x[MOST], y[MOST], fitted[MOST], slow[MOST], worst = 0;
  for (size_t n = 2; n <= MOST; n++)
    for (size_t q = 2; q <= n; q++) {
      for (size_t i = 0; i < n; i++) {
        x[i] = uniform();
        y[i] = uniform();
      }
      qsort(x, n, sizeof *x, compare_doubles);
      lowess(x, y, NULL, n, (double) q / (double) n, 0, 0, fitted, NULL);
      for (size_t i = 0; i < n; i++)
        slow[i] = slow_local_line(x, y, n, q, x[i]);
      worst = fmax(worst, largest_difference(fitted, slow, n, 1));
    }
  // Local lines lean on points that lie close together: some digits go.
  if (!ok(worst <= 1e-10, "lowess of 2 to %d rows over 2 to all of them", MOST))
    printf("#   largest difference %.3g\n", worst);
}

// Vectors reach beyond the window, but not what is there.
static void test_lowess_window(void)
{
  enum { N = 30 };
  double x[N], y[N], fitted[N], other[N];
  for (size_t i = 0; i < N; i++) {
    x[i] = (double) i;
    y[i] = uniform();
  }
  for (size_t q = 5; q <= 8; q++) {
    lowess(x, y, NULL, N, (double) q / N, 0, 0, fitted, NULL);
    for (size_t i = q; i < N; i++)
      y[i] += 1e6;
    lowess(x, y, NULL, N, (double) q / N, 0, 0, other, NULL);
    for (size_t i = q; i < N; i++)
      y[i] -= 1e6;
    ok(fitted[0] == other[0], "rows beyond the %zu nearest change no bit", q);
  }
}

// A row of weight k stands for k equal rows; x is rounded so that rows tie as well.
static void test_lowess_weights(void)
{
  enum { N = 60, MOST = 4 };
  static const double spans[] = {2.0 / 3, .1, .35, 1};
  for (int trial = 0; trial < 24; trial++) {
    double x[N], y[N], weight[N], fitted[N], repeated_x[N * MOST], repeated_y[N * MOST];
    double repeated[N * MOST], expected[N], grain = trial % 3 == 0 ? 12 : trial % 3 == 1 ? 40 : 1e9;
    size_t m = 0;
    for (size_t i = 0; i < N; i++) {
      x[i] = floor(uniform() * grain) / grain;
      y[i] = uniform() < .4;
      weight[i] = floor(uniform() * MOST);
    }
    qsort(x, N, sizeof *x, compare_doubles);
    for (size_t i = 0; i < N; i++)
      for (int k = 0; k < (int) weight[i]; k++) {
        repeated_x[m] = x[i];
        repeated_y[m++] = y[i];
      }
    double f = spans[trial % 4], delta = trial % 2 ? .01 * (repeated_x[m - 1] - repeated_x[0]) : 0;
    lowess(x, y, weight, N, f, 0, delta, fitted, NULL);
    lowess(repeated_x, repeated_y, NULL, m, f, 0, delta, repeated, NULL);
    for (size_t i = 0, j = 0; i < N; j += (size_t) weight[i++])
      expected[i] = weight[i] > 0 ? repeated[j] : NAN;
    all_near(fitted, expected, N, 1, 1e-11, LABEL("lowess: weights are repeated rows, %d", trial));
  }
}

static void test_lowess_identities(void)
{
  enum { N = 50 };
  double x[N], y[N], fitted[N], other[N], weight[N], shifted[N];
  for (size_t i = 0; i < N; i++) {
    x[i] = (double) (i * i) / 100;
    y[i] = 3 - 2 * x[i];
    weight[i] = 0;
  }
  lowess(x, y, NULL, N, .5, 0, 0, fitted, NULL);
  all_near(fitted, y, N, 1, 1e-12, "lowess of a line is the line");
  lowess(x, y, NULL, N, .5, 3, 1, fitted, NULL);
  all_near(fitted, y, N, 1, 1e-12, "and with robustness and delta");
  lowess(x, y, weight, N, .5, 0, 0, fitted, NULL);
  ok(isnan(fitted[0]) && isnan(fitted[N - 1]), "no weight at all: NaN");
  weight[7] = 1;
  lowess(x, y, weight, N, .5, 0, 0, fitted, NULL);
  ok(fitted[7] == y[7] && isnan(fitted[6]), "a single point is its own fit");
  weight[7] = 5;
  lowess(x, y, weight, N, .5, 0, 0, fitted, NULL);
  is_near(fitted[7], y[7], 1e-12, "and so it is repeated");
  for (size_t i = 0; i < N; i++) {
    weight[i] = 1;
    y[i] = uniform();
  }
  lowess(x, y, weight, N, .4, 0, 1, fitted, NULL);
  lowess(x, y, NULL, N, .4, 0, 1, other, NULL);
  ok(memcmp(fitted, other, sizeof fitted) == 0, "unit weights are no weights, bit for bit");
  for (size_t i = 0; i < N; i++) { // multiples of 1/64 are exact at both places
    x[i] = floor(x[i] * 64) / 64;
    shifted[i] = x[i] + 1e9;
  }
  lowess(x, y, NULL, N, .4, 2, .5, fitted, NULL);
  lowess(shifted, y, NULL, N, .4, 2, .5, other, NULL);
  ok(memcmp(fitted, other, sizeof fitted) == 0, "x + 1e9 gives the same bits");
  for (size_t i = 0; i < N; i++)
    y[i] = 1;
  lowess(x, y, NULL, N, .4, 0, 0, fitted, NULL);
  ok(memcmp(fitted, y, sizeof fitted) == 0, "ones are fitted exactly");
  lowess(x, y, NULL, 0, .4, 0, 1, other, NULL);
  lowess(x, y, NULL, 1, .4, 3, 1, other, NULL);
  ok(other[0] == y[0], "one row");
}

// ---- interpolation ----

static void test_interpolate(const struct reference *r)
{
  static const char *const names[] = {"interpolate", "line"};
  for (int k = 0; k < 2; k++) {
    size_t n, m;
    const double *x = reference_values(r, LABEL("%s.x", names[k]), &n);
    const double *y = reference_values(r, LABEL("%s.y", names[k]), NULL);
    const double *at = reference_values(r, LABEL("%s.at", names[k]), &m);
    const double *inside = reference_values(r, LABEL("%s.approx", names[k]), NULL);
    const double *all = reference_values(r, LABEL("%s.extrap", names[k]), NULL);
    for (size_t i = 0; i < m; i++) {
      is_near(interpolate(x, y, n, at[i], false), inside[i], 1e-13,
              LABEL("%s at %g: approx", names[k], at[i]));
      is_near(interpolate(x, y, n, at[i], true), all[i], 1e-13,
              LABEL("%s at %g: approxExtrap", names[k], at[i]));
    }
  }
  double x[] = {1, 1, 2}, y[] = {3, 5, NAN};
  ok(isnan(interpolate(x, y, 0, 1, true)), "no point");
  ok(interpolate(x, y, 3, 1, false) == 4, "one place, there");
  ok(isnan(interpolate(x, y, 3, 2, true)), "one place gives no line");
  ok(isnan(interpolate(x, y, 3, NAN, true)), "at NaN");
  y[0] = y[1] = NAN;
  ok(isnan(interpolate(x, y, 3, 1, true)), "all y missing");
}

// ---- loess ----

static void test_loess_reference(const struct reference *r)
{
  size_t n_fits = 0;
  for (size_t c = 0; c < N_CASES; c++) {
    size_t n, n_at;
    char key[100], at_key[110];
    const double *x = reference_values(r, LABEL("%s.x", cases[c]), &n);
    const double *y = reference_values(r, LABEL("%s.y", cases[c]), NULL);
    for (int k = 1; k <= 7; k++) {
      snprintf(key, sizeof key, "%s.loess.%d", cases[c], k);
      const double *v = find(r, key, NULL);
      if (!v)
        continue;
      snprintf(at_key, sizeof at_key, "%s.at", key);
      const double *at = reference_values(r, at_key, &n_at);
      struct loess loess;
      n_fits++;
      if (!ok(loess_fit(x, y, n, v[0], (int) v[1], at, n_at, &loess), "%s: there", key))
        continue;
      double scale = span_of(y, n);
      // x + 1e6 has lost six digits of its differences.
      double tolerance = strcmp(cases[c], "far") == 0 ? 1e-8 : 1e-9;
      is_close(loess.residual_sd, v[2], tolerance, LABEL("%s: residual SD", key));
      is_near(loess.one_delta, v[3], tolerance * (double) n, LABEL("%s: one.delta", key));
      is_near(loess.two_delta, v[4], tolerance * (double) n, LABEL("%s: two.delta", key));
      is_close(loess.trace, v[5], tolerance, LABEL("%s: trace", key));
      is_close(loess.df, v[3] * v[3] / v[4], 2 * tolerance, LABEL("%s: df", key));
      snprintf(at_key, sizeof at_key, "%s.fit", key);
      all_near(loess.fitted, reference_values(r, at_key, NULL), n_at, scale, tolerance, at_key);
      snprintf(at_key, sizeof at_key, "%s.se", key);
      all_near(loess.std_error, reference_values(r, at_key, NULL), n_at, scale, tolerance, at_key);
      loess_free(&loess);
    }
  }
  ok(n_fits >= 30, "%zu loess fits of R compared", n_fits);
}

// Weighted least squares in powers of x - x0 by normal equations, in long double: row of L.
static void slow_operator_row(const double *x, size_t n, size_t q, double widening, int degree,
                              double x0, double *row)
{
  double *distance = malloc(n * sizeof *distance);
  for (size_t i = 0; i < n; i++)
    distance[i] = fabs(x[i] - x0);
  qsort(distance, n, sizeof *distance, compare_doubles);
  long double h = distance[q - 1] * widening, a[3][4] = {{0}};
  free(distance);
  size_t k = (size_t) degree + 1;
  for (size_t j = 0; j < n; j++) {
    long double u = (x[j] - x0) / h, s = fabsl(u), w = s < 1 ? powl(1 - s * s * s, 3) : 0;
    long double power[3] = {1, u, u * u};
    for (size_t r = 0; r < k; r++)
      for (size_t c = 0; c < k; c++)
        a[r][c] += w * power[r] * power[c];
  }
  a[0][3] = 1; // solves A z = e1: the row is w_j (z . powers)
  for (size_t p = 0; p < k; p++)
    for (size_t r = 0; r < k; r++) {
      if (r == p)
        continue;
      long double factor = a[r][p] / a[p][p];
      for (size_t c = 0; c < 4; c++)
        a[r][c] -= factor * a[p][c];
    }
  for (size_t j = 0; j < n; j++) {
    long double u = (x[j] - x0) / h, s = fabsl(u), w = s < 1 ? powl(1 - s * s * s, 3) : 0, sum = 0;
    long double power[3] = {1, u, u * u};
    for (size_t r = 0; r < k; r++)
      sum += a[r][3] / a[r][r] * power[r];
    row[j] = (double) (w * sum);
  }
}

static void test_loess_slow(void)
{
  enum { N = 75 };
  static double l[N][N], m[N][N];
  static const double spans[] = {.75, .4, 1.3};
  double x[N], y[N], fitted[N];
  for (size_t i = 0; i < N; i++) {
    x[i] = floor(uniform() * 50) / 50;
    y[i] = uniform() < x[i];
  }
  for (int trial = 0; trial < 6; trial++) {
    double span = spans[trial % 3], squares = 0, one = 0, two = 0, trace = 0;
    size_t q = (size_t) fmin(N, floor(N * span + 1e-5));
    int degree = 1 + trial / 3;
    for (size_t i = 0; i < N; i++) {
      slow_operator_row(x, N, q, span > 1 ? sqrt(span) : 1, degree, x[i], l[i]);
      fitted[i] = 0;
      for (size_t j = 0; j < N; j++)
        fitted[i] += l[i][j] * y[j];
      squares += (y[i] - fitted[i]) * (y[i] - fitted[i]);
      trace += l[i][i];
      l[i][i] -= 1;
    }
    for (size_t i = 0; i < N; i++)
      for (size_t k = 0; k < N; k++) {
        m[i][k] = 0;
        for (size_t j = 0; j < N; j++)
          m[i][k] += l[i][j] * l[k][j];
        two += m[i][k] * m[i][k];
        one += i == k ? m[i][k] : 0;
      }
    struct loess loess;
    loess_fit(x, y, N, span, degree, x, N, &loess);
    all_near(loess.fitted, fitted, N, 1, 1e-11, LABEL("loess, slow version %d: fitted", trial));
    is_close(loess.one_delta, one, 1e-12, "one delta");
    is_close(loess.two_delta, two, 1e-12, "two delta");
    is_close(loess.trace, trace, 1e-11, "trace");
    is_close(loess.residual_sd, sqrt(squares / one), 1e-12, "residual SD");
    double of_row = 0; // the first row
    l[0][0] += 1;
    for (size_t j = 0; j < N; j++)
      of_row += l[0][j] * l[0][j];
    is_close(loess.std_error[0], loess.residual_sd * sqrt(of_row), 1e-11, "standard error");
    loess_free(&loess);
  }
}

// More distinct x than one tile and one depth of the product hold.
static void test_loess_many(void)
{
  enum { N = 300 };
  static double l[N][N];
  double x[N], y[N], at[] = {.5}, one = 0, two = 0;
  for (size_t i = 0; i < N; i++) {
    x[i] = uniform();
    y[i] = uniform() < x[i];
  }
  struct loess loess, other;
  loess_fit(x, y, N, .75, 2, at, 1, &loess);
  for (size_t i = 0; i < N; i++) {
    slow_operator_row(x, N, 225, 1, 2, x[i], l[i]);
    l[i][i] -= 1;
  }
  for (size_t i = 0; i < N; i++)
    for (size_t k = 0; k <= i; k++) {
      double sum = 0;
      for (size_t j = 0; j < N; j++)
        sum += l[i][j] * l[k][j];
      two += (i == k ? 1 : 2) * sum * sum;
      one += i == k ? sum : 0;
    }
  is_close(loess.one_delta, one, 1e-12, "300 points: one delta");
  is_close(loess.two_delta, two, 1e-12, "300 points: two delta");
#ifdef _OPENMP
  omp_set_num_threads(1);
#endif
  loess_fit(x, y, N, .75, 2, at, 1, &other);
  ok(loess.one_delta == other.one_delta && loess.two_delta == other.two_delta &&
         loess.std_error[0] == other.std_error[0],
     "one thread gives the same bits");
  loess_free(&loess);
  loess_free(&other);
}

static void test_loess_identities(void)
{
  enum { N = 40 };
  double x[N], y[N], at[] = {-1, 0, .4, 1, 3};
  for (size_t i = 0; i < N; i++) {
    x[i] = uniform();
    y[i] = 1 + x[i] - 3 * x[i] * x[i];
  }
  struct loess loess;
  ok(loess_fit(x, y, N, .6, 2, at, 5, &loess), "a parabola");
  double worst = 0;
  for (int i = 0; i < 5; i++)
    worst = fmax(worst, fabs(loess.fitted[i] - (1 + at[i] - 3 * at[i] * at[i])));
  is_near(worst, 0, 1e-10, "is kept, outside too");
  is_near(loess.residual_sd, 0, 1e-13, "without residuals");
  loess_free(&loess);
  double tied[6] = {1, 1, 1, 2, 2, 2}, flat[6] = {0, 1, 0, 1, 1, 0};
  ok(!loess_fit(tied, flat, 6, .75, 2, at, 1, &loess), "two distinct x have no parabola");
  ok(!loess.fitted && !loess.std_error, "and leave nothing to release");
  ok(!loess_fit(tied, flat, 3, .75, 1, at, 1, &loess), "one distinct x has no line");
  ok(!loess_fit(tied, flat, 0, .75, 1, at, 1, &loess), "no row");
  ok(!loess_fit(tied, flat, 1, .75, 1, at, 1, &loess), "one row");
  ok(!loess_fit(tied, flat, 2, .75, 1, at, 1, &loess), "two rows");
  double low[4] = {1e-3, .5, .7, .9}, ends[4] = {0, 1, 0, 1};
  ok(loess_fit(low, ends, 4, 1.5, 2, at, 0, &loess), "nowhere asked for");
  ok(loess.n_at == 0 && loess.one_delta > 0, "the traces are there all the same");
  loess_free(&loess);

  // The parabola of points that lie 1e5 spreads away, all with the same y.
  for (size_t i = 0; i < N; i++) {
    x[i] = i < 8 ? 1e-6 * (double) i : 1 - 1e-5 * uniform();
    y[i] = i >= 8;
  }
  double inside[] = {.53, .6, .8};
  ok(loess_fit(x, y, N, .75, 2, inside, 3, &loess), "a far cluster");
  for (int i = 0; i < 3; i++)
    ok(loess.fitted[i] == 1, "equal y are fitted exactly");
  loess_free(&loess);
}

int main(void)
{
  struct reference *r = reference_open("smooth.tsv");
  test_lowess_reference(r);
  test_lowess_slow();
  test_lowess_sizes();
  test_lowess_window();
  test_lowess_weights();
  test_lowess_identities();
  test_interpolate(r);
  test_loess_reference(r);
  test_loess_slow();
  test_loess_many();
  test_loess_identities();
  reference_close(r);
  return tap_done();
}
