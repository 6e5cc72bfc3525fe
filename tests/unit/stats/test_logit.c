// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic regression by maximum likelihood: R's glm, identities, a slow version.
#include <config.h>

#include "stats/logit.h"

#include <float.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "logit_cases.h"
#include "stats/distribution.h"

static const char *label(const char *name, const char *what)
{
  static char text[200];
  snprintf(text, sizeof text, "%s: %s", name, what);
  return text;
}

static const double *lookup(const struct reference *r, const char *name, const char *what,
                            size_t *n)
{
  char key[100];
  snprintf(key, sizeof key, "%s.%s", name, what);
  return reference_values(r, key, n);
}

static bool has_key(const struct reference *r, const char *name, const char *what)
{
  char key[100];
  snprintf(key, sizeof key, "%s.%s", name, what);
  for (size_t i = 0; i < reference_size(r); i++)
    if (strcmp(reference_key(r, i), key) == 0)
      return true;
  return false;
}

// One check for a whole vector: the largest relative difference.
static void all_close(const double *got, const double *expected, size_t n, double tolerance,
                      const char *what)
{
  double worst = 0;
  size_t at = 0;
  for (size_t i = 0; i < n; i++) {
    double difference = fabs(got[i] - expected[i]) / fmax(fabs(expected[i]), 1e-300);
    if (!(difference <= worst)) {
      worst = difference;
      at = i;
    }
  }
  if (!ok(worst <= tolerance, "%s", what))
    printf("#   number %zu: got %.17g, expected %.17g, relative difference %.3g\n", at, got[at],
           expected[at], worst);
}

// Everything that the reference has for `name`.  The tolerance is that of the estimates.
static void check_against(const struct reference *r, const char *name,
                          const struct logit_data *data, double tolerance)
{
  size_t n, p = data->p;
  struct logit_fit fit;
  logit_fit(data, NULL, &fit);
  if (!ok(fit.status == LOGIT_CONVERGED, "%s", label(name, "converged"))) {
    logit_fit_free(&fit);
    return;
  }
  all_close(fit.coefficient, lookup(r, name, "coefficient", &n), p, tolerance,
            label(name, "coefficients"));
  const double *covariance = lookup(r, name, "covariance", &n);
  if (n == p)
    for (size_t j = 0; j < p; j++)
      fit.covariance[j] = fit.covariance[j + j * p];
  all_close(fit.covariance, covariance, n, tolerance, label(name, "covariance"));
  // Of likelihoods: rounding of glm's linear predictor.
  is_close(fit.log_likelihood, *lookup(r, name, "loglik", &n), 1e-11, label(name, "likelihood"));
  is_close(fit.null_log_likelihood, *lookup(r, name, "null", &n), 1e-12,
           label(name, "null likelihood"));
  logit_fit_free(&fit);
  logit_fit(data, NULL, &fit);
  if (has_key(r, name, "tested")) {
    size_t columns[50], n_columns;
    const double *tested = lookup(r, name, "tested", &n_columns);
    for (size_t a = 0; a < n_columns; a++)
      columns[a] = (size_t) tested[a] - 1;
    struct logit_test test = logit_wald_test(&fit, columns, n_columns);
    const double *wald = lookup(r, name, "wald", &n), *lr = lookup(r, name, "lr", &n);
    is_close(test.statistic, wald[0], tolerance, label(name, "Wald chi-square"));
    is_close(test.df, wald[1], 0, label(name, "its df"));
    is_close(test.p_value, wald[2], 1e-7, label(name, "its P (relative)"));
    test = logit_likelihood_ratio_test(data, NULL, &fit, columns, n_columns);
    // A difference of two likelihoods of about n log 2.
    is_close(test.statistic, lr[0], 1e-13 * (double) data->n + 1e-9, label(name, "LR chi-square"));
    is_close(test.p_value, chi_square_upper(test.statistic, test.df), 1e-15,
             label(name, "its P from the statistic"));
    if (lr[2] > 0)
      is_close(test.p_value, lr[2], 1e-7, label(name, "its P"));
  }
  for (size_t j = 0; j < p; j++) {
    char key[40];
    snprintf(key, sizeof key, "profile%zu", j + 1);
    if (!has_key(r, name, key))
      continue;
    const double *profile = lookup(r, name, key, &n);
    double low, high, error = sqrt(fit.covariance[j + j * p]);
    ok(logit_profile_interval(data, NULL, &fit, j, profile[1], &low, &high), "%s",
       label(name, key));
    // In standard errors: a limit may lie near 0.
    is_near((low - profile[2]) / error, 0, 1e-8, label(name, "lower limit"));
    is_near((high - profile[3]) / error, 0, 1e-8, label(name, "upper limit"));
  }
  logit_fit_free(&fit);
}

static double number_at(double i, double j)
{
  return fmod(i * (101 + 37 * j) + fmod(i * i, 10007) * (3 + j), 1009) / 1009;
}

static struct case_data made_by_rule(size_t n, size_t k, size_t n_levels)
{
  size_t n_dummies = n_levels ? n_levels - 1 : 0;
  struct case_data c = case_new(n, 1 + k + n_dummies);
  for (size_t row = 0; row < n; row++) {
    double i = (double) (row + 1);
    for (size_t j = 1; j <= k; j++)
      c.x[row + j * n] = number_at(i, (double) j);
    double level = n_levels ? floor(number_at(i, (double) (k + 1)) * (double) n_levels) : 0;
    for (size_t l = 1; l <= n_dummies; l++)
      c.x[row + (k + l) * n] = level == (double) l;
    double chance = fmod(fmod(i * i, 100003) * i + 71 * i, 100003) / 100003;
    double x1 = c.x[row + n], x2 = c.x[row + 2 * n];
    double risk = 0.2 + 0.3 * x1 + 0.2 * x2 * x2;
    if (n_levels)
      risk += 0.2 * level / (double) n_levels;
    c.y[row] = chance < risk;
  }
  return c;
}

static void check_rule(const struct reference *r, const char *name, double tolerance)
{
  size_t n;
  const double *rule = lookup(r, name, "rule", &n);
  struct case_data c = made_by_rule((size_t) rule[0], (size_t) rule[1], (size_t) rule[2]);
  double n_events = 0;
  for (size_t i = 0; i < c.data.n; i++)
    n_events += c.y[i];
  is_close(n_events, *lookup(r, name, "events", &n), 0, label(name, "the same data"));
  check_against(r, name, &c.data, tolerance);
  case_free(&c);
}

static void test_published(void)
{
  struct reference *r = reference_open("logit.tsv");
  struct case_data c = case_read(r, "birthwt");
  size_t n, rows = c.data.n;
  check_against(r, "birthwt", &c.data, 1e-11);
  struct logit_fit fit;
  double low, high;
  logit_fit(&c.data, NULL, &fit);
  const double *profile = lookup(r, "birthwt90", "profile3", &n);
  logit_profile_interval(&c.data, NULL, &fit, 2, 0.9, &low, &high);
  is_close(low, profile[2], 1e-9, "birthwt: lower 90% limit");
  is_close(high, profile[3], 1e-9, "birthwt: upper 90% limit");
  is_integer((long long) fit.n_rows, 189, "birthwt: rows");
  is_integer((long long) fit.n_events, 59, "birthwt: events");
  logit_fit_free(&fit);

  // Age in units of 1e-6, weight of 1e6.
  struct case_data units = case_read(r, "birthwt");
  for (size_t i = 0; i < rows; i++) {
    units.x[i + rows] *= 1e-6;
    units.x[i + 2 * rows] *= 1e6;
  }
  check_against(r, "birthwt.units", &units.data, 1e-11);
  case_free(&units);
  // A mean of a million standard deviations: glm keeps about ten digits, ours more.
  memcpy(c.x + rows, lookup(r, "birthwt.far", "age", &n), rows * sizeof *c.x);
  check_against(r, "birthwt.far", &c.data, 1e-8);
  case_free(&c);

  c = case_read(r, "menarche");
  memcpy(case_weights(&c), lookup(r, "menarche", "weight", &n), c.data.n * sizeof *c.weight);
  check_against(r, "menarche", &c.data, 1e-11);
  case_free(&c);
  reference_close(r);
}

static void test_made(void)
{
  struct reference *r = reference_open("logit.tsv");
  check_rule(r, "rule", 1e-10);
  check_rule(r, "p40", 1e-9);
  check_rule(r, "factor30", 1e-10);
  check_rule(r, "large", 1e-8); // half a million rows
  struct case_data c = made_by_rule(700, 3, 0);
  case_weights(&c);
  case_offsets(&c);
  for (size_t i = 0; i < 700; i++) {
    c.offset[i] = number_at((double) (i + 1), 9) * 4 - 2;
    c.weight[i] = floor(number_at((double) (i + 1), 8) * 4);
  }
  check_against(r, "offset", &c.data, 1e-10);
  case_free(&c);
  reference_close(r);
}

static void test_dependent(void)
{
  static const char *const names[] = {"sum",   "constant", "late", "zero",
                                      "units", "dummies",  "near"};
  struct reference *r = reference_open("logit.tsv");
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    char key[60];
    size_t n;
    snprintf(key, sizeof key, "dependent.%s.x", names[k]);
    const double *x = reference_values(r, key, &n);
    struct logit_data data = {(size_t) x[0], (size_t) x[1], x + 2, NULL, NULL, NULL};
    data.y = reference_values(r, "dependent.y", &n);
    snprintf(key, sizeof key, "dependent.%s.na", names[k]);
    const double *missing = reference_values(r, key, &n);
    struct logit_fit fit;
    logit_fit(&data, NULL, &fit);
    bool any = false, same = true;
    for (size_t j = 0; j < data.p; j++) {
      any = any || missing[j] > 0;
      same = same && fit.dependent[j] == (missing[j] > 0);
    }
    ok(fit.status == (any ? LOGIT_RANK_DEFICIENT : LOGIT_CONVERGED), "%s",
       label(names[k], "rank found"));
    ok(same, "%s", label(names[k], "the columns that glm makes NA"));
    ok(any == (isnan(fit.coefficient[0]) != 0), "%s", label(names[k], "no numbers without rank"));
    logit_fit_free(&fit);
  }
  reference_close(r);

  // Fewer rows than columns; a column that is constant on the rows of positive weight.
  struct case_data c = case_new(3, 4);
  c.x[3] = c.x[7] = c.x[11] = c.y[0] = 1;
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_RANK_DEFICIENT && fit.dependent[3], "3 rows, 4 columns");
  logit_fit_free(&fit);
  case_free(&c);
  c = case_new(6, 2);
  case_weights(&c);
  for (size_t i = 0; i < 6; i++) {
    c.x[6 + i] = i < 4 ? 2.5 : 7;
    c.y[i] = (double) (i % 2);
    c.weight[i] = i < 4;
  }
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_RANK_DEFICIENT && fit.dependent[1] && !fit.dependent[0],
     "constant where the weight is positive");
  logit_fit_free(&fit);
  case_free(&c);
}

// Newton's method on normal equations by Gauss elimination, written without thought for speed.
static void slow_fit(const struct logit_data *data, double *b)
{
  size_t n = data->n, p = data->p;
  for (size_t j = 0; j < p; j++)
    b[j] = 0;
  for (int step = 0; step < 30; step++) {
    long double a[8][9] = {{0}};
    for (size_t i = 0; i < n; i++) {
      long double eta = data->offset ? data->offset[i] : 0;
      for (size_t j = 0; j < p; j++)
        eta += (long double) b[j] * data->x[i + j * n];
      long double mu = 1 / (1 + expl(-eta)), w = data->weight ? data->weight[i] : 1;
      for (size_t j = 0; j < p; j++) {
        a[j][p] += w * data->x[i + j * n] * (data->y[i] - mu);
        for (size_t k = 0; k < p; k++)
          a[j][k] += w * mu * (1 - mu) * data->x[i + j * n] * data->x[i + k * n];
      }
    }
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i < p; i++) {
        long double factor = a[i][j] / a[j][j];
        for (size_t k = 0; i != j && k <= p; k++)
          a[i][k] -= factor * a[j][k];
      }
    for (size_t j = 0; j < p; j++)
      b[j] += (double) (a[j][p] / a[j][j]);
  }
}

static struct case_data random_case(uint64_t seed, size_t n, size_t p)
{
  struct case_data c = case_new(n, p);
  for (size_t i = 0; i < n; i++) {
    double eta = -0.3;
    for (size_t j = 1; j < p; j++) {
      c.x[i + j * n] = random_normal(&seed);
      eta += (j % 2 ? 0.8 : -0.5) * c.x[i + j * n];
    }
    c.y[i] = random_unit(&seed) < logit_inverse(eta);
  }
  return c;
}

static void test_identities(void)
{
  uint64_t seed = 7;
  for (size_t n = 40; n < 1500; n = 3 * n + 1) { // within and across blocks of 256 rows
    struct case_data c = random_case(n, n, 4);
    case_weights(&c);
    case_offsets(&c);
    for (size_t i = 0; i < n; i++) {
      c.weight[i] = floor(4 * random_unit(&seed));
      c.offset[i] = random_normal(&seed);
    }
    struct logit_fit fit, repeated;
    double slow[4];
    logit_fit(&c.data, NULL, &fit);
    slow_fit(&c.data, slow);
    all_close(fit.coefficient, slow, 4, 1e-13, "the slow version");
    struct case_data rows = case_repeat(&c.data);
    logit_fit(&rows.data, NULL, &repeated);
    all_close(fit.coefficient, repeated.coefficient, 4, 1e-12, "weights and repeated rows");
    all_close(fit.covariance, repeated.covariance, 16, 1e-12, "their covariances");
    is_close(fit.log_likelihood, repeated.log_likelihood, 1e-14, "their likelihoods");
    is_close(fit.null_log_likelihood, repeated.null_log_likelihood, 1e-14, "without predictors");
    is_integer((long long) fit.n_rows, (long long) rows.data.n, "rows by weight");
    size_t columns[] = {1, 3};
    struct logit_test a = logit_likelihood_ratio_test(&c.data, NULL, &fit, columns, 2);
    struct logit_test b = logit_likelihood_ratio_test(&rows.data, NULL, &repeated, columns, 2);
    is_close(a.statistic, b.statistic, 1e-11, "their LR tests");
    double low[2], high[2];
    logit_profile_interval(&c.data, NULL, &fit, 1, 0.95, &low[0], &high[0]);
    logit_profile_interval(&rows.data, NULL, &repeated, 1, 0.95, &low[1], &high[1]);
    is_close(low[0], low[1], 1e-10, "their lower limits");
    is_close(high[0], high[1], 1e-10, "their upper limits");
    case_free(&rows);

    // The mean risk is the event fraction, the risks are uncorrelated with the residuals.
    double *eta = calloc(n, sizeof *eta), sum[4] = {0}, size[4] = {0};
    logit_linear_predictor(&c.data, fit.coefficient, eta);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < 4; j++) {
        double term = c.weight[i] * c.x[i + j * n] * (c.y[i] - logit_inverse(eta[i]));
        sum[j] += term;
        size[j] += fabs(term);
      }
    for (size_t j = 0; j < 4; j++)
      is_near(sum[j] / size[j], 0, 1e-14, "score 0");
    free(eta);

    // y reversed: signs reversed.  Another start: the same end.
    struct logit_fit other;
    struct logit_options options = {.start = slow};
    slow[0] += 2;
    slow[2] -= 1;
    logit_fit(&c.data, &options, &other);
    all_close(other.coefficient, fit.coefficient, 4, 1e-12, "another start");
    logit_fit_free(&other);
    for (size_t i = 0; i < n; i++) {
      c.y[i] = 1 - c.y[i];
      c.offset[i] = -c.offset[i];
    }
    logit_fit(&c.data, NULL, &other);
    for (size_t j = 0; j < 4; j++)
      other.coefficient[j] = -other.coefficient[j];
    all_close(other.coefficient, fit.coefficient, 4, 1e-12, "outcome reversed");
    logit_fit_free(&other);
    logit_fit_free(&fit);
    logit_fit_free(&repeated);
    case_free(&c);
  }
}

// Closed forms: one dummy is a 2 x 2 table, the intercept alone a proportion.
static void test_closed_form(void)
{
  const double count[4] = {17, 5, 31, 88}; // y = 1, 0 at x = 1; y = 1, 0 at x = 0
  struct case_data c = case_new(4, 2);
  case_weights(&c);
  for (size_t i = 0; i < 4; i++) {
    c.x[4 + i] = i < 2;
    c.y[i] = i % 2 == 0;
    c.weight[i] = count[i];
  }
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  is_close(fit.coefficient[1], log(17. * 88 / 5 / 31), 1e-14, "2 x 2 table: log odds ratio");
  is_close(fit.coefficient[0], log(31. / 88), 1e-14, "2 x 2 table: intercept");
  is_close(fit.covariance[3], 1. / 17 + 1. / 5 + 1. / 31 + 1. / 88, 1e-13, "Woolf's variance");
  is_close(fit.covariance[0], 1. / 31 + 1. / 88, 1e-13, "variance of the intercept");
  is_close(fit.covariance[1], -1. / 31 - 1. / 88, 1e-13, "covariance");
  double likelihood =
      17 * log(17. / 22) + 5 * log(5. / 22) + 31 * log(31. / 119) + 88 * log(88. / 119);
  is_close(fit.log_likelihood, likelihood, 1e-14, "likelihood");
  size_t column = 1, both[] = {0, 1};
  struct logit_test test = logit_likelihood_ratio_test(&c.data, NULL, &fit, &column, 1);
  is_close(test.statistic, 2 * (fit.log_likelihood - fit.null_log_likelihood), 1e-12,
           "LR against the intercept alone");
  test = logit_likelihood_ratio_test(&c.data, NULL, &fit, both, 2);
  is_close(test.statistic, 2 * (fit.log_likelihood + 141 * log(2)), 1e-13,
           "LR against risk 1/2: every coefficient 0");
  test = logit_wald_test(&fit, &column, 1);
  is_close(test.statistic, fit.coefficient[1] * fit.coefficient[1] / fit.covariance[3], 1e-14,
           "Wald chi-square of one is z squared");
  is_close(test.p_value, normal_two_sided(fit.coefficient[1] / sqrt(fit.covariance[3])), 1e-12,
           "and so is its P");
  test = logit_wald_test(&fit, &column, 0);
  ok(isnan(test.statistic) && isnan(test.p_value), "no columns, no test");
  logit_fit_free(&fit);

  // Weights of a million million.
  for (size_t i = 0; i < 4; i++)
    c.weight[i] *= 1e12;
  logit_fit(&c.data, NULL, &fit);
  is_close(fit.coefficient[1], log(17. * 88 / 5 / 31), 1e-13, "large weights");
  test = logit_wald_test(&fit, &column, 1);
  ok(test.p_value == 0, "P below the smallest double");
  logit_fit_free(&fit);
  for (size_t i = 0; i < 4; i++)
    c.weight[i] = 20 * count[i];
  logit_fit(&c.data, NULL, &fit);
  test = logit_wald_test(&fit, &column, 1);
  double z = log(17. * 88 / 5 / 31) / sqrt((1. / 17 + 1. / 5 + 1. / 31 + 1. / 88) / 20);
  is_close(test.p_value, normal_two_sided(z), 1e-10, "a small P");
  printf("# P = %g\n", test.p_value);
  logit_fit_free(&fit);

  // The intercept alone; no intercept; the constant not first, and not 1.
  c.data.p = 1;
  for (size_t i = 0; i < 4; i++)
    c.weight[i] = count[i];
  logit_fit(&c.data, NULL, &fit);
  is_close(fit.coefficient[0], log(48. / 93), 1e-14, "intercept alone");
  is_close(fit.covariance[0], 1. / 48 + 1. / 93, 1e-14, "its variance");
  is_close(fit.log_likelihood, fit.null_log_likelihood, 1e-15, "its likelihood");
  is_integer(fit.status, LOGIT_CONVERGED, "its status");
  double low, high;
  logit_profile_interval(&c.data, NULL, &fit, 0, 0.95, &low, &high);
  for (int side = 0; side < 2; side++) {
    double at = side ? high : low;
    double here = -48 * log1p(exp(-at)) - 93 * log1p(exp(at));
    is_close(2 * (fit.log_likelihood - here), chi_square_quantile(0.95, 1), 1e-11,
             "intercept alone: profile limit");
  }
  logit_fit_free(&fit);
  c.data.p = 2;
  for (size_t i = 0; i < 4; i++) {
    c.x[i] = i < 2;
    c.x[4 + i] = i >= 2;
  }
  logit_fit(&c.data, NULL, &fit);
  is_close(fit.coefficient[0], log(17. / 5), 1e-14, "no intercept: the odds of each");
  is_close(fit.coefficient[1], log(31. / 88), 1e-14, "no intercept: the odds of the other");
  logit_fit_free(&fit);
  for (size_t i = 0; i < 4; i++)
    c.x[4 + i] = -4;
  logit_fit(&c.data, NULL, &fit);
  is_close(fit.coefficient[0], log(17. * 88 / 5 / 31), 1e-14, "constant last, -4: slope");
  is_close(fit.coefficient[1], log(31. / 88) / -4, 1e-14, "constant last, -4: its coefficient");
  is_close(fit.covariance[3], (1. / 31 + 1. / 88) / 16, 1e-13, "constant last, -4: its variance");
  is_close(fit.covariance[2], (1. / 31 + 1. / 88) / 4, 1e-13, "constant last, -4: covariance");
  logit_profile_interval(&c.data, NULL, &fit, 1, 0.95, &low, &high);
  ok(low < fit.coefficient[1] && fit.coefficient[1] < high, "constant last, -4: limits in order");
  logit_fit_free(&fit);
  case_free(&c);
}

static void test_functions(void)
{
  is_close(logit_inverse(0), 0.5, 0, "inverse of 0");
  is_close(logit_inverse(-700), exp(-700), 1e-15, "inverse of -700");
  ok(logit_inverse(-800) == 0 && logit_inverse(800) == 1, "no overflow");
  ok(logit_inverse(INFINITY) == 1 && logit_inverse(-INFINITY) == 0 && isnan(logit_inverse(NAN)),
     "infinities and NaN");
  for (double eta = -40; eta < 36; eta += 0.37)
    if (fabs(logit_of(logit_inverse(eta)) - eta) > 4e-16 * fmax(1, exp(eta)) + 1e-14)
      ok(false, "logit of the inverse at %g", eta);
  is_close(logit_of(0.5 + 0x1p-40), 0x1p-38, 1e-15, "near a half");
  is_close(logit_of(1e-300), log(1e-300), 1e-15, "a small probability");
  ok(logit_of(0) == -INFINITY && logit_of(1) == INFINITY, "certainty");
  ok(isnan(logit_of(-0.1)) && isnan(logit_of(1.1)) && isnan(logit_of(NAN)), "no probability");
}

static void test_edges(void)
{
  struct case_data c = case_new(5, 2);
  struct logit_fit fit;
  struct logit_test test;
  size_t column = 1;
  double low, high;
  for (size_t i = 0; i < 5; i++)
    c.x[5 + i] = (double) i;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_ONE_OUTCOME, "no event");
  test = logit_likelihood_ratio_test(&c.data, NULL, &fit, &column, 1);
  ok(isnan(test.statistic) && isnan(test.p_value), "no event: no LR test");
  ok(isnan(logit_wald_test(&fit, &column, 1).statistic), "no event: no Wald test");
  ok(!logit_profile_interval(&c.data, NULL, &fit, 1, 0.95, &low, &high) && isnan(low),
     "no event: no limits");
  ok(isnan(logit_flic_intercept(&c.data, &fit)), "no event: no FLIC");
  logit_fit_free(&fit);
  c.y[0] = 1;
  case_weights(&c);
  for (size_t i = 1; i < 5; i++)
    c.weight[i] = 1;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_ONE_OUTCOME, "the event has weight 0");
  logit_fit_free(&fit);
  for (size_t i = 0; i < 5; i++)
    c.weight[i] = 0;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_ONE_OUTCOME && fit.n_rows == 0, "all weights 0");
  logit_fit_free(&fit);
  c.data.n = 0;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_ONE_OUTCOME, "no rows");
  logit_fit_free(&fit);
  case_free(&c);

  c = case_new(1, 1);
  c.y[0] = 1;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_ONE_OUTCOME && fit.n_events == 1, "one row");
  logit_fit_free(&fit);
  case_free(&c);
  c = case_new(2, 1);
  c.y[1] = 1;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_CONVERGED, "two rows, intercept");
  is_near(fit.coefficient[0], 0, 1e-15, "two rows: even odds");
  is_close(fit.covariance[0], 2, 1e-14, "two rows: variance");
  logit_fit_free(&fit);
  case_free(&c);

  // NaN or infinity in x: no numbers, no hang.
  for (int k = 0; k < 2; k++) {
    c = random_case(11, 30, 3);
    c.x[40] = k ? INFINITY : NAN;
    logit_fit(&c.data, NULL, &fit);
    ok(fit.status != LOGIT_CONVERGED && isnan(fit.coefficient[1]), "x is not finite");
    logit_fit_free(&fit);
    case_free(&c);
  }

  // Far offsets: the intercept must travel, at 800 from where every variance is 0.
  c = random_case(12, 200, 3);
  case_offsets(&c);
  struct logit_fit plain = {0};
  struct logit_data without = c.data;
  without.offset = NULL;
  logit_fit(&without, NULL, &plain);
  for (int far = 500; far <= 800; far += 300) {
    for (size_t i = 0; i < 200; i++)
      c.offset[i] = far;
    logit_fit(&c.data, NULL, &fit);
    ok(fit.status == LOGIT_CONVERGED, "offset of %d", far);
    is_close(fit.coefficient[0] + far, plain.coefficient[0], 1e-11, "far offset: intercept");
    is_close(fit.coefficient[1], plain.coefficient[1], 1e-11, "far offset: slope");
    is_close(fit.null_log_likelihood, plain.null_log_likelihood, 1e-13, "far offset: null");
    logit_fit_free(&fit);
  }
  struct logit_options few = {.most_iterations = 2};
  logit_fit(&without, &few, &fit);
  ok(fit.status == LOGIT_NO_CONVERGENCE && isnan(fit.coefficient[0]), "two iterations give out");
  logit_fit_free(&fit);
  logit_fit_free(&plain);
  case_free(&c);

  // Nearly dependent: x and x + 1e-6 noise keep their digits.
  c = random_case(13, 400, 3);
  struct case_data sum = random_case(13, 400, 3);
  for (size_t i = 0; i < 400; i++)
    sum.x[i + 800] = c.x[i + 400] + ldexp(c.x[i + 800], -20);
  logit_fit(&c.data, NULL, &plain);
  logit_fit(&sum.data, NULL, &fit);
  ok(fit.status == LOGIT_CONVERGED, "columns that differ by 1e-6");
  // eta rounds to 1e-16 of coefficients of 1e6.
  is_close(ldexp(fit.coefficient[2], -20), plain.coefficient[2], 1e-8, "its slope");
  is_close(sqrt(ldexp(fit.covariance[8], -40)), sqrt(plain.covariance[8]), 1e-8, "its error");
  is_close(fit.log_likelihood, plain.log_likelihood, 1e-11, "its likelihood");
  logit_fit_free(&fit);
  logit_fit_free(&plain);
  case_free(&c);
  case_free(&sum);
}

// The same bits for any number of threads, inside and outside parallel regions.
static void test_threads(void)
{
#ifdef _OPENMP
  struct case_data c = random_case(21, 60000, 6);
  struct logit_fit one, other;
  int most = omp_get_max_threads();
  omp_set_num_threads(1);
  logit_fit(&c.data, NULL, &one);
  for (int threads = 2; threads <= 7; threads += 5) {
    omp_set_num_threads(threads);
    logit_fit(&c.data, NULL, &other);
    ok(memcmp(one.coefficient, other.coefficient, 6 * sizeof(double)) == 0 &&
           memcmp(one.covariance, other.covariance, 36 * sizeof(double)) == 0 &&
           one.log_likelihood == other.log_likelihood,
       "the same bits with %d threads", threads);
    logit_fit_free(&other);
  }
  omp_set_num_threads(4);
  double first[8][6];
#pragma omp parallel for
  for (int k = 0; k < 8; k++) {
    struct logit_fit mine;
    struct logit_data part = c.data;
    double *weight = calloc(c.data.n, sizeof *weight);
    uint64_t seed = 5;
    for (size_t i = 0; i < c.data.n / 20; i++)
      weight[(size_t) (random_unit(&seed) * (double) c.data.n)] += 1;
    part.weight = weight;
    logit_fit(&part, NULL, &mine);
    memcpy(first[k], mine.coefficient, sizeof first[k]);
    logit_fit_free(&mine);
    free(weight);
  }
  bool same = true;
  for (int k = 1; k < 8; k++)
    same = same && memcmp(first[0], first[k], sizeof first[k]) == 0;
  ok(same && isfinite(first[0][0]), "eight fits at once agree");
  omp_set_num_threads(most);
  logit_fit_free(&one);
  case_free(&c);
#endif
}

int main(void)
{
  test_functions();
  test_closed_form();
  test_published();
  test_made();
  test_dependent();
  test_identities();
  test_edges();
  test_threads();
  return tap_done();
}
