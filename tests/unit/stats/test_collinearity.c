// SPDX-License-Identifier: GPL-3.0-or-later
// Variance inflation: car, rms, lm; textbook identities; weights; columns that depend.
#include <config.h>

#include "stats/collinearity.h"

#include <stdlib.h>

#include "reference.h"
#include "stats/linear_algebra.h"
#include "tap.h"

enum { MOST_GROUPS = 16 };

static size_t make_groups(const double *sizes, size_t n, struct column_group *group)
{
  size_t first = 0;
  for (size_t g = 0; g < n; g++) {
    group[g] = (struct column_group){first, (size_t) sizes[g]};
    first += group[g].n;
  }
  return first;
}

static const double *value_of(const struct reference *r, const char *model, const char *what,
                              size_t *n)
{
  char key[80];
  snprintf(key, sizeof key, "%s.%s", model, what);
  return reference_values(r, key, n);
}

static void check_all(const double *got, const double *expected, size_t n, double tolerance,
                      const char *model, const char *what)
{
  for (size_t i = 0; i < n; i++) {
    char name[120];
    snprintf(name, sizeof name, "%s: %s %zu", model, what, i + 1);
    is_close(got[i], expected[i], tolerance, name);
  }
}

static void test_r(void)
{
  static const char *const models[] = {"gbsg", "spline", "wisconsin", "two"};
  struct reference *r = reference_open("collinearity.tsv");
  for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
    size_t n_groups, n_columns, n_expected;
    struct column_group group[MOST_GROUPS], single[MOST_GROUPS];
    double vif[MOST_GROUPS];
    const double *sizes = value_of(r, models[m], "sizes", &n_groups);
    size_t n = (size_t) *value_of(r, models[m], "n", NULL);
    n_columns = make_groups(sizes, n_groups, group);
    const double *covariance = value_of(r, models[m], "covariance", NULL);
    const double *x = value_of(r, models[m], "x", NULL);
    ok(generalized_vif(covariance, n_columns + 1, group, n_groups, vif), "%s: gvif", models[m]);
    check_all(vif, value_of(r, models[m], "gvif", NULL), n_groups, 1e-12, models[m], "car::vif");
    ok(column_vif(covariance, n_columns + 1, vif), "%s: column vif", models[m]);
    check_all(vif, value_of(r, models[m], "column", &n_expected), n_columns, 1e-11, models[m],
              "rms::vif"); // rms inverts by LU, VIFs up to 300
    ok(n_expected == n_columns, "%s: a value a column", models[m]);
    for (size_t j = 0; j < n_columns; j++)
      single[j] = (struct column_group){j, 1};
    // R^2 near 1 - 1/360: lm loses the last three digits.
    ok(ols_vif(x, n, n_columns + 1, NULL, single, n_columns, vif), "%s: ols vif", models[m]);
    check_all(vif, value_of(r, models[m], "ols", NULL), n_columns, 1e-11, models[m], "lm R^2");
    ok(ols_vif(x, n, n_columns + 1, NULL, group, n_groups, vif), "%s: ols gvif", models[m]);
    check_all(vif, value_of(r, models[m], "ols_gvif", NULL), n_groups, 1e-11, models[m],
              "car::vif of lm");
  }
  reference_close(r);
}

static double random_unit(unsigned *state)
{
  *state = *state * 1664525u + 1013904223u;
  return (double) (*state >> 8) / 16777216.0;
}

enum { N = 60, P = 6 };

// Intercept, two related columns, a factor of three levels, one of noise.
static void make_design(unsigned seed, double *x)
{
  unsigned state = seed;
  for (size_t i = 0; i < N; i++) {
    double u = random_unit(&state), v = random_unit(&state);
    size_t level = (size_t) (3 * random_unit(&state));
    x[i] = 1;
    x[N + i] = u;
    x[2 * N + i] = u + 0.3 * v + 0.1 * (double) level;
    x[3 * N + i] = level == 1;
    x[4 * N + i] = level == 2;
    x[5 * N + i] = random_unit(&state);
  }
}
static const struct column_group FACTOR_GROUPS[] = {{0, 1}, {1, 1}, {2, 2}, {4, 1}};

static void test_identities(void)
{
  double x[N * P], vif[4], single[5];
  make_design(5, x);
  static const struct column_group columns[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}};
  ols_vif(x, N, P, NULL, columns, 5, single);
  for (size_t j = 1; j < P; j++) { // 1/(1 - R^2), each regression fitted
    double others[N * (P - 1)];
    for (size_t k = 0, to = 0; k < P; k++)
      if (k != j)
        memcpy(others + to++ * N, x + k * N, N * sizeof *x);
    struct least_squares_fit fit = {0};
    least_squares(others, N, P - 1, x + j * N, &fit);
    char name[60];
    snprintf(name, sizeof name, "column %zu: 1/(1 - R^2)", j);
    is_close(single[j - 1], 1 / (1 - fit.r_squared), 1e-12, name);
    least_squares_free(&fit);
  }
  // The covariance of a linear model, inverse of X'X, must say the same as the predictors do.
  double product[P * P], covariance[P * P], by_covariance[5];
  weighted_cross_product(x, N, P, NULL, product);
  cholesky_factor(product, P, 1e-14, NULL);
  cholesky_inverse(product, P, covariance);
  ols_vif(x, N, P, NULL, FACTOR_GROUPS, 4, vif);
  generalized_vif(covariance, P, FACTOR_GROUPS, 4, by_covariance);
  bool same = true;
  for (size_t g = 0; g < 4; g++)
    same = same && fabs(by_covariance[g] / vif[g] - 1) < 1e-12;
  column_vif(covariance, P, by_covariance);
  for (size_t j = 0; j < 5; j++)
    same = same && fabs(by_covariance[j] / single[j] - 1) < 1e-12;
  ok(same, "predictors and the covariance of a linear model tell the same");
  // Another reference level: the factor's value stays, its columns' do not.
  double turned[N * P], other[4], other_single[5];
  memcpy(turned, x, sizeof x);
  for (size_t i = 0; i < N; i++)
    turned[3 * N + i] = 1 - x[3 * N + i] - x[4 * N + i];
  ols_vif(turned, N, P, NULL, FACTOR_GROUPS, 4, other);
  ols_vif(turned, N, P, NULL, columns, 5, other_single);
  same = true;
  for (size_t g = 0; g < 4; g++)
    same = same && fabs(other[g] / vif[g] - 1) < 1e-12;
  ok(same && fabs(other_single[3] / single[3] - 1) > 0.01, "GVIF knows no reference level");
  // Units and offsets.
  for (size_t i = 0; i < N; i++) {
    turned[N + i] = 1e6 * x[N + i] + 1e9;
    turned[2 * N + i] = 1e-6 * x[2 * N + i];
    turned[3 * N + i] = x[3 * N + i];
  }
  ols_vif(turned, N, P, NULL, FACTOR_GROUPS, 4, other);
  same = true;
  for (size_t g = 0; g < 4; g++)
    same = same && fabs(other[g] / vif[g] - 1) < 1e-11; // 1e6 u + 1e9 itself is rounded at 1e-13
  ok(same, "units and offsets make no difference");
  static const struct column_group all = {0, 5};
  ols_vif(x, N, P, NULL, &all, 1, other);
  is_close(other[0], 1, 1e-13, "everything in one group: 1");
}

static void test_weights(void)
{
  double x[N * P], weight[N], vif[4], repeated_vif[4];
  make_design(77, x);
  size_t total = 0;
  for (size_t i = 0; i < N; i++) {
    weight[i] = (double) (i * 7 % 5);
    total += i * 7 % 5;
  }
  double *repeated = malloc(total * P * sizeof *repeated);
  for (size_t j = 0; j < P; j++) {
    size_t to = 0;
    for (size_t i = 0; i < N; i++)
      for (size_t k = 0; k < i * 7 % 5; k++)
        repeated[j * total + to++] = x[j * N + i];
  }
  ok(ols_vif(x, N, P, weight, FACTOR_GROUPS, 4, vif) &&
         ols_vif(repeated, total, P, NULL, FACTOR_GROUPS, 4, repeated_vif),
     "weighted and repeated rows");
  for (size_t g = 0; g < 4; g++)
    is_close(vif[g], repeated_vif[g], 1e-12, "integer weights are repeated rows");
  free(repeated);
  // More rows than a block.
  enum { LONG = 5000 };
  double *tall = malloc(LONG * 3 * sizeof *tall), tall_vif[2], r = 0, xx = 0, yy = 0, mx = 0,
         my = 0;
  unsigned state = 3;
  for (size_t i = 0; i < LONG; i++) {
    tall[i] = 1;
    tall[LONG + i] = random_unit(&state);
    tall[2 * LONG + i] = tall[LONG + i] + random_unit(&state);
    mx += tall[LONG + i] / LONG;
    my += tall[2 * LONG + i] / LONG;
  }
  for (size_t i = 0; i < LONG; i++) {
    double a = tall[LONG + i] - mx, b = tall[2 * LONG + i] - my;
    r += a * b;
    xx += a * a;
    yy += b * b;
  }
  ols_vif(tall, LONG, 3, NULL, FACTOR_GROUPS, 2, tall_vif);
  is_close(tall_vif[0], 1 / (1 - r * r / (xx * yy)), 1e-12, "two columns: 1/(1 - r^2)");
  is_close(tall_vif[1], tall_vif[0], 1e-14, "the same for both");
  free(tall);
}

static void test_edges(void)
{
  double x[N * P], vif[5];
  static const struct column_group columns[] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}};
  make_design(9, x);
  for (size_t i = 0; i < N; i++)
    x[5 * N + i] = 2 * x[N + i] - x[2 * N + i];
  ok(!ols_vif(x, N, P, NULL, columns, 5, vif) && isnan(vif[0]), "a column depends on others");
  for (size_t i = 0; i < N; i++)
    x[5 * N + i] = 1e8 / 3;
  ok(!ols_vif(x, N, P, NULL, columns, 5, vif) && isnan(vif[4]), "a constant column");
  for (size_t i = 0; i < N; i++)
    x[5 * N + i] = i == 3 ? INFINITY : (double) i;
  ok(!ols_vif(x, N, P, NULL, columns, 5, vif), "an infinite value");
  x[5 * N + 3] = NAN;
  ok(!ols_vif(x, N, P, NULL, columns, 5, vif), "a NaN");
  ok(!ols_vif(x, 0, 3, NULL, columns, 2, vif) && !ols_vif(x, 1, 2, NULL, columns, 1, vif),
     "no row, one row");
  make_design(9, x);
  ok(ols_vif(x, N, 2, NULL, columns, 1, vif) && vif[0] == 1, "a single column: 1");
  ok(ols_vif(x, N, 1, NULL, columns, 0, vif), "the intercept alone");
  double covariance[9] = {1, 0, 0, 0, 4, 2, 0, 2, 1};
  ok(!generalized_vif(covariance, 3, columns, 2, vif) && isnan(vif[0]), "singular covariance");
  ok(!column_vif(covariance, 3, vif) && isnan(vif[1]), "singular covariance, columns");
  covariance[8] = -1;
  ok(!generalized_vif(covariance, 3, columns, 2, vif), "a negative variance");
  covariance[8] = NAN;
  ok(!generalized_vif(covariance, 3, columns, 2, vif), "a missing variance");
  // r = 1 - 1e-9: VIF = 1/(1 - r^2), five digits left of r^2, none of the VIF's own lost.
  double near[9] = {1, 0, 0, 0, 1, 1 - 0x1p-30, 0, 1 - 0x1p-30, 1};
  generalized_vif(near, 3, columns, 2, vif);
  is_close(vif[0], 1 / (0x1p-30 * (2 - 0x1p-30)), 1e-6, "r = 1 - 2^-30"); // cond 1e9
}

int main(void)
{
  test_r();
  test_identities();
  test_weights();
  test_edges();
  return tap_done();
}
