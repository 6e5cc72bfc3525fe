// SPDX-License-Identifier: GPL-3.0-or-later
// Linear algebra: NIST's certified regressions, identities, slow versions, LAPACK's traps.
#include <config.h>

#include "stats/linear_algebra.h"

#include <dirent.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "reference.h"
#include "stats/row_block.h"
#include "stats/summary.h"
#include "tap.h"

static uint64_t random_state = 42;
static double random_unit(void) // splitmix64, Steele et al. 2014
{
  uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return ((double) ((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}
static double *random_matrix(size_t n, size_t p)
{
  double *x = malloc((n * p + 1) * sizeof *x);
  for (size_t i = 0; i < n * p; i++)
    x[i] = 2 * random_unit() - 1;
  return x;
}

// ---- least squares ----

// Certified digits that are reached (log relative error); absolute where 0 is certified.
static double digits(const double *got, const double *certified, size_t n)
{
  double least = 15;
  for (size_t i = 0; i < n; i++) {
    double error = fabs(got[i] - certified[i]) / (certified[i] != 0 ? fabs(certified[i]) : 1);
    least = fmin(least, -log10(fmax(error, 1e-15)));
  }
  return least;
}

// The model's matrix: ones if wanted, the predictors or the powers of the only one.
static double *nist_design(const struct reference *r, const char *name, size_t *n, size_t *p)
{
  char key[60];
  snprintf(key, sizeof key, "%s.x", name);
  const double *x = reference_values(r, key, NULL);
  snprintf(key, sizeof key, "%s.model", name);
  const double *model = reference_values(r, key, NULL);
  size_t n_predictors = (size_t) x[1], degree = (size_t) model[1], to = 0;
  *n = (size_t) x[0];
  *p = (size_t) model[0] + n_predictors * degree;
  double *design = malloc(*n * *p * sizeof *design);
  if (model[0] > 0)
    for (size_t i = 0; i < *n; i++)
      design[to++] = 1;
  for (size_t j = 0; j < n_predictors; j++)
    for (size_t k = 1; k <= degree; k++)
      for (size_t i = 0; i < *n; i++)
        design[to++] = pow(x[2 + i + j * *n], (double) k);
  return design;
}

static void test_nist(void)
{
  // Digits of coefficients, standard errors, (residual SD, R-squared, residual sum of squares).
  // They are what the doubles that hold the data have: Filip's powers are rounded, and the
  // condition of the scaled columns is 1e10; in Wampler 2 y is rounded, and a residual of 0
  // becomes 1e-15.
  static const struct {
    const char *name;
    double coefficient, error, fit;
  } sets[] = {{"norris", 13, 13, 13},       {"pontius", 13, 13, 13},    {"noint1", 14, 14, 14},
              {"noint2", 14, 14, 14},       {"filip", 7.5, 7, 8.5},     {"longley", 13, 12, 14},
              {"wampler1", 13, 12.5, 12.5}, {"wampler2", 12.5, 14, 14}, {"wampler3", 13, 12.5, 13},
              {"wampler4", 13, 12.5, 13},   {"wampler5", 13, 12.5, 13}};
  struct reference *r = reference_open("nist_linear.tsv");
  for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
    char key[60];
    size_t n, p;
    double *x = nist_design(r, sets[s].name, &n, &p);
    struct least_squares_fit fit;
    snprintf(key, sizeof key, "%s.y", sets[s].name);
    bool good = least_squares(x, n, p, reference_values(r, key, NULL), &fit);
    if (ok(good, "%s: full rank", sets[s].name)) {
      snprintf(key, sizeof key, "%s.coefficient", sets[s].name);
      double reached = digits(fit.coefficient, reference_values(r, key, NULL), p);
      ok(reached >= sets[s].coefficient, "%s: coefficients to %.1f digits (%.1f)", sets[s].name,
         sets[s].coefficient, reached);
      snprintf(key, sizeof key, "%s.error", sets[s].name);
      reached = digits(fit.std_error, reference_values(r, key, NULL), p);
      ok(reached >= sets[s].error, "%s: standard errors to %.1f digits (%.1f)", sets[s].name,
         sets[s].error, reached);
      snprintf(key, sizeof key, "%s.fit", sets[s].name);
      double whole[3] = {fit.residual_sd, fit.r_squared, fit.residual_sum_squares};
      reached = digits(whole, reference_values(r, key, NULL), 3);
      ok(reached >= sets[s].fit, "%s: residuals to %.1f digits (%.1f)", sets[s].name, sets[s].fit,
         reached);
      least_squares_free(&fit);
    }
    free(x);
  }
  reference_close(r);
}

static void test_least_squares(void)
{
  struct least_squares_fit fit;
  // n = p: exact, no error to be had.
  const double x[] = {1, 1, 2, 5}, y[] = {3, 7};
  ok(least_squares(x, 2, 2, y, &fit), "n = p");
  is_close(fit.coefficient[1], 4. / 3, 1e-15, "n = p: slope");
  ok(isnan(fit.residual_sd) && isnan(fit.std_error[0]), "n = p: no standard error");
  least_squares_free(&fit);
  ok(!least_squares(x, 1, 2, y, &fit), "n < p");
  const double twice[] = {1, 1, 1, 2, 2, 2}, z[] = {1, 2, 3};
  ok(!least_squares(twice, 3, 2, z, &fit), "rank 1");
  const double bad[] = {1, 1, NAN, 2, 3, 4}, big[] = {1, 1, INFINITY, 2, 3, 4};
  ok(!least_squares(bad, 3, 2, z, &fit) && !least_squares(big, 3, 2, z, &fit), "NaN, infinity");
  ok(!least_squares(twice, 3, 1, bad, &fit), "NaN in y");
  ok(!least_squares(x, 0, 0, y, &fit), "nothing");
  // Units from 1e-150 to 1e150.
  double *a = random_matrix(50, 3), *b = random_matrix(50, 1);
  struct least_squares_fit plain;
  least_squares(a, 50, 3, b, &plain);
  for (size_t i = 0; i < 50; i++) {
    a[i] *= 0x1p-500;
    a[i + 100] *= 0x1p500;
  }
  ok(least_squares(a, 50, 3, b, &fit), "far units");
  is_close(fit.coefficient[0] * 0x1p-500, plain.coefficient[0], 0, "far units: small");
  is_close(fit.coefficient[2] * 0x1p500, plain.coefficient[2], 0, "far units: large");
  least_squares_free(&fit);
  least_squares_free(&plain);
  free(a);
  free(b);
}

// ---- cross product ----

static void test_cross_product(void)
{
  static const size_t sizes[] = {0, 1, 2, 3, 255, 256, 257, 1024, 1025, 3000};
  double worst = 0;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (size_t p = 1; p <= 11; p++)
      for (int weighted = 0; weighted < 2; weighted++) {
        size_t n = sizes[s];
        double *x = random_matrix(n, p), *w = random_matrix(n, 1);
        double *product = random_matrix(p, p);
        weighted_cross_product(x, n, p, weighted ? w : NULL, product);
        for (size_t j = 0; j < p; j++)
          for (size_t k = 0; k < p; k++) {
            struct compensated_sum sum = {0}, size = {0};
            for (size_t i = 0; i < n; i++) {
              double term = x[i + j * n] * x[i + k * n] * (weighted ? w[i] : 1);
              sum_add(&sum, term);
              sum_add(&size, fabs(term));
            }
            double difference = product[j + k * p] - sum_total(&sum);
            worst = fmax(worst, fabs(difference) / fmax(sum_total(&size), 1e-300));
          }
        free(x);
        free(w);
        free(product);
      }
  is_near(worst, 0, 1.2e-15, "the slow version, n 0 to 3000, p 1 to 11");

  // Weights are repeated rows.
  size_t n = 700, p = 5, to = 0;
  double *x = random_matrix(n, p), *w = malloc(n * sizeof *w);
  size_t n_rows = 0;
  for (size_t i = 0; i < n; i++)
    n_rows += (size_t) (w[i] = floor(4 * random_unit()));
  double *rows = malloc(n_rows * p * sizeof *rows), a[25], b[25];
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < (size_t) w[i]; k++, to++)
      for (size_t j = 0; j < p; j++)
        rows[to + j * n_rows] = x[i + j * n];
  weighted_cross_product(x, n, p, w, a);
  weighted_cross_product(rows, n_rows, p, NULL, b);
  worst = 0;
  for (size_t k = 0; k < 25; k++)
    worst = fmax(worst, fabs(a[k] - b[k]));
  is_near(worst, 0, 1e-12, "weights are repeated rows");
  free(x);
  free(w);
  free(rows);
#ifdef _OPENMP
  n = 200000;
  x = random_matrix(n, p);
  int most = omp_get_max_threads();
  omp_set_num_threads(1);
  weighted_cross_product(x, n, p, NULL, a);
  for (int threads = 2; threads < 9; threads += 3) {
    omp_set_num_threads(threads);
    weighted_cross_product(x, n, p, NULL, b);
    ok(memcmp(a, b, sizeof a) == 0, "the same bits with %d threads", threads);
  }
  omp_set_num_threads(most);
  free(x);
#endif
  struct row_chunks chunks = row_chunks(1000003);
  ok(row_chunk_start(&chunks, 0) == 0 && row_chunk_start(&chunks, chunks.n_chunks) == 1000003 &&
         chunks.n_chunks <= MOST_CHUNKS && chunks.rows_per_chunk % BLOCK_ROWS == 0,
     "chunks cover all rows");
  ok(row_chunks(0).n_chunks == 0 && row_chunks(1).n_chunks == 1, "no rows, one row");
}

// ---- Cholesky ----

static void test_cholesky(void)
{
  for (size_t p = 1; p <= 40; p += 13) {
    double *x = random_matrix(3 * p, p), *a = malloc(p * p * sizeof *a);
    double *factor = malloc(p * p * sizeof *a), *inverse = malloc(p * p * sizeof *a);
    weighted_cross_product(x, 3 * p, p, NULL, a);
    memcpy(factor, a, p * p * sizeof *a);
    size_t failed = 99;
    ok(cholesky_factor(factor, p, 1e-12, &failed) && failed == p, "p = %zu: positive definite", p);
    double worst = 0, above = 0;
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k < p; k++) {
        double sum = 0;
        for (size_t m = 0; m < p; m++)
          sum += factor[j + m * p] * factor[k + m * p];
        worst = fmax(worst, fabs(sum - a[j + k * p]));
        above = fmax(above, k > j ? fabs(factor[j + k * p]) : 0);
      }
    is_near(worst, 0, 1e-13 * (double) p, "L L' = A");
    is_near(above, 0, 0, "L is lower");
    ok(cholesky_inverse(factor, p, inverse), "inverse");
    double *product = malloc(p * p * sizeof *a);
    memcpy(product, a, p * p * sizeof *a);
    ok(cholesky_solve(factor, p, product, p), "solve A Z = A");
    worst = above = 0;
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k < p; k++) {
        double sum = 0;
        for (size_t m = 0; m < p; m++)
          sum += a[j + m * p] * inverse[m + k * p];
        worst = fmax(worst, fabs(sum - (j == k)));
        worst = fmax(worst, fabs(product[j + k * p] - (j == k)));
        above = fmax(above, fabs(inverse[j + k * p] - inverse[k + j * p]));
      }
    is_near(worst, 0, 1e-11, "A A^-1 = 1");
    is_near(above, 0, 0, "the inverse is symmetric");
    // The factor by rows is the same.
    ok(triangular_factor(x, 3 * p, p, 1e-12, product), "factor of X");
    worst = 0;
    for (size_t k = 0; k < p * p; k++)
      worst = fmax(worst, fabs(product[k] - factor[k]));
    is_near(worst, 0, 1e-12 * (double) p, "factor of X is that of X'X");
    free(x);
    free(a);
    free(factor);
    free(inverse);
    free(product);
  }
  // Hilbert's matrix of order 5: det = 1/266716800000, inverse in integers.
  double h[25], inverse[25];
  for (size_t j = 0; j < 5; j++)
    for (size_t k = 0; k < 5; k++)
      h[j + 5 * k] = 1 / (double) (j + k + 1);
  ok(cholesky_factor(h, 5, 1e-12, NULL), "Hilbert");
  is_close(cholesky_log_determinant(h, 5), -log(266716800000.), 1e-12, "log det");
  cholesky_inverse(h, 5, inverse);
  is_close(inverse[0], 25, 1e-10, "inverse: 25"); // condition 5e5
  is_close(inverse[18], 179200, 1e-10, "inverse: 179200");

  size_t failed;
  double dependent[9] = {4, 2, 6, 2, 5, 7, 6, 7, 13};
  ok(!cholesky_factor(dependent, 3, 1e-10, &failed) && failed == 2, "third = first + second");
  double negative[4] = {1, 2, 2, 1}, zero[4] = {1, 0, 0, 0};
  ok(!cholesky_factor(negative, 2, 1e-10, &failed) && failed == 1, "indefinite");
  ok(!cholesky_factor(zero, 2, 0, &failed) && failed == 1, "a zero row");
  for (int k = 0; k < 4; k++) { // OpenBLAS passes NaN with info = 0
    double bad[9] = {4, 2, 1, 2, 5, 3, 1, 3, 6};
    bad[(size_t) (k % 2 ? 5 : 8)] = k < 2 ? NAN : INFINITY;
    ok(!cholesky_factor(bad, 3, 1e-10, NULL), "NaN or infinity: refused");
  }
  double identity[4] = {1, 0, 0, 1}, nan_right[2] = {1, NAN};
  ok(!cholesky_solve(identity, 2, nan_right, 1), "NaN on the right: refused");
  double tiny[4] = {1e-320, 0, 0, 1}, one[2] = {1, 1};
  ok(!cholesky_solve(tiny, 2, one, 1), "a solution beyond all doubles: refused");
  ok(cholesky_factor(NULL, 0, 0, NULL) && cholesky_solve(NULL, 0, NULL, 1), "order 0");
}

// ---- rank ----

static void test_rank(void)
{
  size_t n = 30, p = 6;
  double *x = random_matrix(n, p), relation[36];
  bool dependent[6];
  for (size_t i = 0; i < n; i++) {
    x[i] = 1;
    x[i + 3 * n] = 2 * x[i + n] - 1e6 * x[i + 2 * n];
    x[i + 5 * n] = 7 + 1e-6 * x[i + 4 * n];
  }
  is_integer((long long) column_relation(x, n, p, 1e-11, dependent, relation), 4, "rank 4 of 6");
  ok(!dependent[0] && !dependent[1] && !dependent[2] && dependent[3] && !dependent[4] &&
         dependent[5],
     "the later ones are dependent");
  is_close(relation[1 + 3 * 6], 2, 1e-8, "made of 2 of the one"); // below 1e6 of the other
  is_close(relation[2 + 3 * 6], -1e6, 1e-13, "and -1e6 of the other");
  is_close(relation[0 + 5 * 6], 7, 1e-13, "of a constant");
  ok(relation[4 + 5 * 6] == 0 || fabs(relation[4 + 5 * 6] - 1e-6) < 1e-12, "and 1e-6 of another");
  ok(relation[0 + 3 * 6] == 0 && relation[3 + 3 * 6] == 0 && relation[1 + 2 * 6] == 0,
     "nothing else");
  is_integer((long long) column_rank(x, n, p, 1e-3, dependent), 4, "a coarse tolerance");
  double *wide = random_matrix(3, 5);
  is_integer((long long) column_rank(wide, 3, 5, 1e-11, dependent), 3, "3 rows: rank 3");
  free(wide);
  ok(dependent[3] && dependent[4], "3 rows: the last two");
  memset(x + n, 0, n * sizeof *x);
  is_integer((long long) column_rank(x, n, 3, 1e-11, dependent), 2, "a column of zeros");
  ok(!dependent[0] && dependent[1] && !dependent[2], "is dependent");
  x[4] = NAN;
  is_integer((long long) column_rank(x, n, 3, 1e-11, dependent), 0, "NaN: rank 0");
  x[4] = INFINITY; // dgesdd would not return
  ok(column_rank(x, n, 3, 1e-11, dependent) == 0 && dependent[0], "infinity: rank 0");
  is_integer((long long) column_rank(x, 0, 3, 1e-11, dependent), 0, "no rows");
  free(x);

  // Products of n x r and r x p have rank r.
  bool right = true;
  for (size_t r = 1; r <= 8; r++) {
    double *a = random_matrix(100, r), *b = random_matrix(r, 8), *product = calloc(800, sizeof *a);
    bool which[8];
    for (size_t j = 0; j < 8; j++)
      for (size_t k = 0; k < r; k++)
        for (size_t i = 0; i < 100; i++)
          product[i + 100 * j] += a[i + 100 * k] * b[k + r * j];
    right = right && column_rank(product, 100, 8, 1e-11, which) == r;
    for (size_t j = 0; j < 8; j++)
      right = right && which[j] == (j >= r);
    free(a);
    free(b);
    free(product);
  }
  ok(right, "products of rank 1 to 8");
  double a[6] = {1, 1, 1, 2, 2, 2}, factor[4];
  ok(!triangular_factor(a, 3, 2, 1e-12, factor), "no factor of dependent columns");
  double nan[4] = {1, NAN, 2, 3};
  ok(!triangular_factor(nan, 2, 2, 1e-12, factor), "no factor of NaN");
}

static int count_threads(void)
{
  DIR *tasks = opendir("/proc/self/task");
  int n = 0;
  for (struct dirent *task; tasks && (task = readdir(tasks));)
    n += task->d_name[0] != '.';
  if (tasks)
    closedir(tasks);
  return n;
}

// OpenBLAS begins threads when it is loaded.  One that has ended is listed for a moment.
static void test_threads(void)
{
  const struct timespec moment = {.tv_nsec = 10000000};
  for (int k = 0; k < 200 && count_threads() > 1; k++)
    nanosleep(&moment, NULL);
  ok(count_threads() <= 1, "no thread of the BLAS is left");
}

int main(void)
{
  test_threads(); // before our own
  test_nist();
  test_least_squares();
  test_cross_product();
  test_cholesky();
  test_rank();
  return tap_done();
}
