// SPDX-License-Identifier: GPL-3.0-or-later
// Firth's penalized likelihood: brglm2, Heinze & Schemper's example, identities.
#include <config.h>

#include "stats/logit.h"

#include "logit_cases.h"
#include "stats/distribution.h"

static const struct logit_options firth = {.firth = true};

static const char *label(const char *name, const char *what)
{
  static char text[200];
  snprintf(text, sizeof text, "%s: %s", name, what);
  return text;
}

static bool find(const struct reference *r, const char *name, const char *what, size_t number,
                 const double **values, size_t *n)
{
  char key[100];
  if (number)
    snprintf(key, sizeof key, "%s.%s%zu", name, what, number);
  else
    snprintf(key, sizeof key, "%s.%s", name, what);
  for (size_t i = 0; i < reference_size(r); i++)
    if (strcmp(reference_key(r, i), key) == 0) {
      *values = reference_values(r, key, n);
      return true;
    }
  return false;
}

static void check_case(const struct reference *r, const char *name)
{
  struct case_data c = case_read(r, name);
  size_t n, p = c.data.p;
  const double *values;
  if (find(r, name, "weight", 0, &values, &n))
    memcpy(case_weights(&c), values, n * sizeof *values);
  struct logit_fit fit;
  logit_fit(&c.data, &firth, &fit);
  ok(fit.status == LOGIT_CONVERGED, "%s", label(name, "converged"));
  printf("# %zu iterations\n", fit.n_iterations);
  find(r, name, "coefficient", 0, &values, &n);
  for (size_t j = 0; j < p; j++) // brglm2 stops at a score of 1e-14 or so
    is_close(fit.coefficient[j], values[j], 1e-10, label(name, "coefficient"));
  find(r, name, "covariance", 0, &values, &n);
  for (size_t j = 0; j < p * p; j++)
    is_near((fit.covariance[j] - values[j]) /
                sqrt(values[j / p * (p + 1)] * values[j % p * (p + 1)]),
            0, 1e-9, label(name, "covariance"));
  find(r, name, "penalized", 0, &values, &n);
  is_near(fit.penalized_log_likelihood, values[0], 1e-11, label(name, "penalized likelihood"));
  for (size_t j = 0; j < p; j++) {
    if (find(r, name, "lr", j + 1, &values, &n)) {
      struct logit_test test = logit_likelihood_ratio_test(&c.data, &firth, &fit, &j, 1);
      is_near(test.statistic, values[0], 1e-10, label(name, "LR statistic"));
      is_close(test.p_value, values[1], 1e-9, label(name, "its P"));
    }
    if (find(r, name, "profile", j + 1, &values, &n)) {
      double low, high, error = sqrt(fit.covariance[j + j * p]);
      ok(logit_profile_interval(&c.data, &firth, &fit, j, values[0], &low, &high), "%s",
         label(name, "limits"));
      is_near((low - values[1]) / error, 0, 1e-8, label(name, "lower limit"));
      is_near((high - values[2]) / error, 0, 1e-8, label(name, "upper limit"));
    }
  }
  if (find(r, name, "joint", 0, &values, &n)) {
    size_t columns[10];
    for (size_t a = 0; a + 2 < n; a++)
      columns[a] = (size_t) values[a] - 1;
    struct logit_test test = logit_likelihood_ratio_test(&c.data, &firth, &fit, columns, n - 2);
    is_near(test.statistic, values[n - 2], 1e-10, label(name, "joint LR statistic"));
    is_close(test.p_value, values[n - 1], 1e-9, label(name, "its P"));
  }
  if (find(r, name, "flic", 0, &values, &n)) {
    double intercept = logit_flic_intercept(&c.data, &fit), sum = 0, total = 0;
    is_close(intercept, values[0], 1e-10, label(name, "FLIC intercept"));
    double *eta = calloc(c.data.n, sizeof *eta);
    logit_linear_predictor(&c.data, fit.coefficient, eta);
    for (size_t i = 0; i < c.data.n; i++) {
      double w = c.weight ? c.weight[i] : 1;
      sum += w * logit_inverse(eta[i] - fit.coefficient[0] + intercept);
      total += w * c.y[i];
    }
    is_close(sum, total, 1e-13, label(name, "FLIC: the mean risk is the event fraction"));
    free(eta);
  }
  logit_fit_free(&fit);
  case_free(&c);
}

// Heinze & Schemper (2002), table III, as printed.
static void test_printed(const struct reference *r)
{
  static const double printed[3][4] = {// estimate, limits, P: NV, PI, EH
                                       {2.929, 0.6097, 7.8546, 0.0091},
                                       {-0.0348, -0.1245, 0.0405, 0.376},
                                       {-2.604, -4.365, -1.233, 0}};
  struct case_data c = case_read(r, "endometrial");
  struct logit_fit fit;
  logit_fit(&c.data, &firth, &fit);
  is_near(fit.coefficient[1], printed[0][0], 0.0005, "NV as published");
  struct logit_test test = logit_likelihood_ratio_test(&c.data, &firth, &fit, &(size_t){1}, 1);
  is_near(test.p_value, printed[0][3], 0.00005, "P of NV as published");
  for (size_t j = 1; j < 4; j++) {
    double low, high;
    logit_profile_interval(&c.data, &firth, &fit, j, 0.95, &low, &high);
    is_near(low, printed[j - 1][1], 0.0005, "lower limit as published");
    is_near(high, printed[j - 1][2], 0.0005, "upper limit as published");
  }
  logit_fit_free(&fit);
  case_free(&c);
}

// Two groups: the estimate is the log odds ratio with 1/2 added to every cell.
static void test_table(void)
{
  static const double counts[][4] = {{17, 5, 31, 88}, {4, 0, 9, 11}, {0, 7, 3, 0}, {1, 0, 0, 1}};
  for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
    const double *count = counts[k];
    struct case_data c = case_new(4, 2);
    case_weights(&c);
    for (size_t i = 0; i < 4; i++) {
      c.x[4 + i] = i < 2;
      c.y[i] = i % 2 == 0;
      c.weight[i] = count[i];
    }
    struct logit_fit fit;
    logit_fit(&c.data, &firth, &fit);
    double a = count[0] + 0.5, b = count[1] + 0.5, e = count[2] + 0.5, d = count[3] + 0.5;
    is_near(fit.coefficient[1], log(a * d / b / e), 1e-12, "2 x 2 table: halves added");
    is_near(fit.coefficient[0], log(e / d), 1e-12, "2 x 2 table: intercept");
    double m = count[0] + count[1], n = count[2] + count[3];
    is_close(fit.covariance[3],
             1 / (m * a * b / (m + 1) / (m + 1)) + 1 / (n * e * d / (n + 1) / (n + 1)), 1e-11,
             "2 x 2 table: unpenalized information");
    // Penalized likelihood of the full design with the slope held at 0, by a search of its own.
    double best = -INFINITY;
    for (double risk = 1e-6; risk < 1; risk += 1e-6) {
      double l = (count[0] + count[2]) * log(risk) + (count[1] + count[3]) * log1p(-risk) +
                 (log(m) + log(n)) / 2 + log(risk * (1 - risk));
      best = fmax(best, l);
    }
    struct logit_test test = logit_likelihood_ratio_test(&c.data, &firth, &fit, &(size_t){1}, 1);
    is_near(test.statistic, 2 * (fit.penalized_log_likelihood - best), 1e-9,
            "2 x 2 table: LR by a slow search");
    logit_fit_free(&fit);
    case_free(&c);
  }
}

static struct case_data random_case(uint64_t seed, size_t n, size_t p)
{
  struct case_data c = case_new(n, p);
  for (size_t i = 0; i < n; i++) {
    double eta = -1;
    for (size_t j = 1; j < p; j++) {
      c.x[i + j * n] = random_normal(&seed);
      eta += (j % 2 ? 0.9 : -0.6) * c.x[i + j * n];
    }
    c.y[i] = random_unit(&seed) < logit_inverse(eta);
  }
  return c;
}

// Gradient of the penalized likelihood, from the definition by differences.
static double slow_penalized(const struct logit_data *data, const double *b)
{
  size_t n = data->n, p = data->p;
  double a[6][6] = {{0}}, sum = 0;
  for (size_t i = 0; i < n; i++) {
    double eta = data->offset ? data->offset[i] : 0, w = data->weight ? data->weight[i] : 1;
    for (size_t j = 0; j < p; j++)
      eta += b[j] * data->x[i + j * n];
    double mu = 1 / (1 + exp(-eta));
    sum += w * (data->y[i] > 0 ? log(mu) : log1p(-mu));
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k < p; k++)
        a[j][k] += w * mu * (1 - mu) * data->x[i + j * n] * data->x[i + k * n];
  }
  for (size_t j = 0; j < p; j++) {
    sum += log(a[j][j]) / 2;
    for (size_t i = j + 1; i < p; i++)
      for (size_t k = p; k-- > j;)
        a[i][k] -= a[i][j] / a[j][j] * a[j][k];
  }
  return sum;
}

static void test_identities(void)
{
  for (uint64_t seed = 1; seed <= 6; seed++) {
    struct case_data c = random_case(seed, 45 * seed, 5);
    case_weights(&c);
    case_offsets(&c);
    uint64_t state = seed;
    for (size_t i = 0; i < c.data.n; i++) {
      c.weight[i] = floor(3 * random_unit(&state));
      c.offset[i] = random_normal(&state) / 2;
    }
    struct logit_fit fit, repeated;
    struct case_data rows = case_repeat(&c.data);
    logit_fit(&c.data, &firth, &fit);
    logit_fit(&rows.data, &firth, &repeated);
    ok(fit.status == LOGIT_CONVERGED, "converged");
    printf("# n %zu: %zu iterations\n", rows.data.n, fit.n_iterations);
    double worst = 0;
    for (size_t j = 0; j < 5; j++)
      worst = fmax(worst, fabs(fit.coefficient[j] - repeated.coefficient[j]));
    is_near(worst, 0, 1e-10, "weights and repeated rows");
    double low[2], high[2];
    logit_profile_interval(&c.data, &firth, &fit, 2, 0.95, &low[0], &high[0]);
    logit_profile_interval(&rows.data, &firth, &repeated, 2, 0.95, &low[1], &high[1]);
    is_near(low[0], low[1], 1e-9, "their lower limits");
    is_near(high[0], high[1], 1e-9, "their upper limits");
    double top = slow_penalized(&c.data, fit.coefficient), moved[5];
    is_close(fit.penalized_log_likelihood, top, 1e-12, "penalized likelihood by the definition");
    for (size_t j = 0; j < 5; j++) { // fourth-order differences of the definition
      double step = 1e-3 * sqrt(fit.covariance[j * 6]), value[4];
      for (int k = 0; k < 4; k++) {
        memcpy(moved, fit.coefficient, sizeof moved);
        moved[j] += (k < 2 ? k - 2 : k - 1) * step;
        value[k] = slow_penalized(&c.data, moved);
      }
      double slope = (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / 12e-3;
      // Differences of values of some 50 by 1e-3.
      is_near(slope, 0, 1e-10, "the penalized score is 0 there");
    }
    // Units.
    struct case_data units = random_case(seed, 45 * seed, 5);
    units.weight = memcpy(calloc(c.data.n, sizeof(double)), c.weight, c.data.n * sizeof(double));
    units.offset = memcpy(calloc(c.data.n, sizeof(double)), c.offset, c.data.n * sizeof(double));
    units.data.weight = units.weight;
    units.data.offset = units.offset;
    for (size_t i = 0; i < c.data.n; i++) {
      units.x[i + c.data.n] *= 1e6;
      units.x[i + 2 * c.data.n] = units.x[i + 2 * c.data.n] * 1e-6;
    }
    struct logit_fit scaled;
    logit_fit(&units.data, &firth, &scaled);
    is_close(scaled.coefficient[1] * 1e6, fit.coefficient[1], 1e-9, "units of 1e-6");
    is_close(scaled.coefficient[2] * 1e-6, fit.coefficient[2], 1e-9, "units of 1e6");
    is_near(scaled.penalized_log_likelihood, fit.penalized_log_likelihood, 1e-9,
            "units cancel in the penalty");
    logit_profile_interval(&units.data, &firth, &scaled, 2, 0.95, &low[1], &high[1]);
    is_near(low[0], low[1] * 1e-6, 1e-9, "limits in other units");
    logit_fit_free(&scaled);
    logit_fit_free(&fit);
    logit_fit_free(&repeated);
    case_free(&rows);
    case_free(&units);
    case_free(&c);
  }
}

static void test_hard(void)
{
  struct logit_fit fit;
  // As many columns as rows, and complete separation in any case.
  struct case_data c = random_case(3, 6, 6);
  c.y[0] = 1;
  c.y[1] = 0;
  logit_fit(&c.data, &firth, &fit);
  ok(fit.status == LOGIT_CONVERGED, "n = p");
  // Saturated: each row's risk is (y + 1/2)/2.
  double eta[6];
  logit_linear_predictor(&c.data, fit.coefficient, eta);
  for (size_t i = 0; i < 6; i++)
    is_near(logit_inverse(eta[i]), (c.y[i] + 0.5) / 2, 1e-9, "n = p: risks of 1/4 and 3/4");
  logit_fit_free(&fit);
  case_free(&c);

  // The intercept alone: (events + 1/2)/(n + 1).
  c = random_case(4, 77, 1);
  double events = 0;
  for (size_t i = 0; i < 77; i++)
    events += c.y[i];
  logit_fit(&c.data, &firth, &fit);
  is_close(fit.coefficient[0], log((events + 0.5) / (77 - events + 0.5)), 1e-11, "intercept alone");
  logit_fit_free(&fit);
  case_free(&c);

  // Twenty thousand rows, complete separation with a gap.
  c = random_case(5, 20000, 3);
  for (size_t i = 0; i < 20000; i++) {
    c.y[i] = c.x[i + 20000] > 0;
    c.x[i + 20000] += c.y[i] > 0 ? 1 : -1;
  }
  logit_fit(&c.data, &firth, &fit);
  ok(fit.status == LOGIT_CONVERGED && fit.coefficient[1] > 3, "20000 separated rows");
  printf("# %zu iterations, %g\n", fit.n_iterations, fit.coefficient[1]);
  double low, high;
  ok(logit_profile_interval(&c.data, &firth, &fit, 1, 0.95, &low, &high) && low > 0 &&
         low < fit.coefficient[1] && isfinite(high) && high > fit.coefficient[1],
     "20000 separated rows: limits");
  logit_fit_free(&fit);

  // Dependent columns and a single outcome are named as without the penalty.
  for (size_t i = 0; i < 20000; i++)
    c.x[i + 40000] = 3 - 2 * c.x[i + 20000];
  logit_fit(&c.data, &firth, &fit);
  ok(fit.status == LOGIT_RANK_DEFICIENT && fit.dependent[2], "dependent columns");
  logit_fit_free(&fit);
  memset(c.y, 0, 20000 * sizeof *c.y);
  logit_fit(&c.data, &firth, &fit);
  ok(fit.status == LOGIT_ONE_OUTCOME, "one outcome");
  logit_fit_free(&fit);
  case_free(&c);
}

int main(void)
{
  struct reference *r = reference_open("firth.tsv");
  test_printed(r);
  check_case(r, "endometrial");
  check_case(r, "endometrial90");
  check_case(r, "six");
  check_case(r, "weighted");
  check_case(r, "crowded");
  reference_close(r);
  test_table();
  test_identities();
  test_hard();
  return tap_done();
}
