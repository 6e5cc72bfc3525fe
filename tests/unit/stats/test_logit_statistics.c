// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics of a logistic fit: glm, lrm, somers2, GiniMd; every pair counted; weights.
#include <config.h>

#include "stats/logit_statistics.h"

#include <stdlib.h>

#include "reference.h"
#include "tap.h"

static double value_of(const struct reference *r, const char *model, const char *what)
{
  char key[80];
  snprintf(key, sizeof key, "%s.%s", model, what);
  return reference_value(r, key);
}

static void test_r(void)
{
  static const char *const models[] = {"gbsg", "factors", "wisconsin", "asah"};
  struct reference *r = reference_open("logit_statistics.tsv");
  for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
    const char *name = models[m];
    char key[80];
    size_t n = (size_t) value_of(r, name, "n"), n_x;
    snprintf(key, sizeof key, "%s.x", name);
    const double *x = reference_values(r, key, &n_x);
    snprintf(key, sizeof key, "%s.y", name);
    struct logit_data data = {.n = n, .p = n_x / n, .x = x, .y = reference_values(r, key, NULL)};
    struct logit_options options = {0};
    struct logit_fit fit = {0};
    logit_fit(&data, &options, &fit);
    struct logit_statistics s = logit_statistics(&data, &fit);
    const struct {
      const char *key;
      double got, tolerance;
    } checks[] = {
        {"loglik", s.log_likelihood, 1e-12},
        {"deviance", s.deviance, 1e-12},
        {"aic", s.aic, 1e-12},
        {"bic", s.bic, 1e-12},
        {"lr", s.lr_chi_square, 1e-12},
        // Relative error of P: half the absolute error of the statistic (up to 569).
        {"lr_p", s.lr_p, 1e-9},
        {"cox_snell", s.r2_cox_snell, 1e-12},
        {"mcfadden", s.r2_mcfadden, 1e-12},
        {"auc", s.auc, 1e-14},
        {"dxy", s.dxy, 1e-14},
        // The coefficients of glm and ours are some 1e-13 apart.
        {"g", s.g, 1e-10},
        {"gp", s.gp, 1e-10},
        {"brier", s.brier, 1e-11},
        {"lrm.Model L.R.", s.lr_chi_square, 1e-10},
        {"lrm.R2", s.r2_nagelkerke, 1e-10},
        {"lrm.Brier", s.brier, 1e-10},
        {"lrm.g", s.g, 1e-10},
        {"lrm.gp", s.gp, 1e-10},
    };
    for (size_t c = 0; c < sizeof checks / sizeof *checks; c++) {
      snprintf(key, sizeof key, "%s.%s", name, checks[c].key);
      is_close(checks[c].got, reference_value(r, key), checks[c].tolerance, key);
    }
    size_t n_pairs;
    snprintf(key, sizeof key, "%s.all_pairs", name);
    const double *pairs = reference_values(r, key, &n_pairs);
    double net = pairs[0] - pairs[1], all = (double) n * ((double) n - 1) / 2;
    snprintf(key, sizeof key, "%s: gamma, from all pairs", name);
    is_close(s.gamma, net / (pairs[0] + pairs[1]), 1e-14, key);
    snprintf(key, sizeof key, "%s: tau-a, from all pairs", name);
    is_close(s.tau_a, net / all, 1e-14, key);
    // lrm's bins: pairs closer than 0.002 of risk count as tied, here at most 0.0003 of all;
    // exact where each risk has a bin of its own.
    bool exact = strcmp(name, "factors") == 0 || strcmp(name, "asah") == 0;
    is_near(s.auc, value_of(r, name, "lrm.C"), exact ? 1e-12 : 2e-4, "C, as lrm");
    is_near(s.dxy, value_of(r, name, "lrm.Dxy"), exact ? 1e-12 : 4e-4, "Dxy, as lrm");
    is_near(s.gamma, value_of(r, name, "lrm.Gamma"), exact ? 1e-12 : 4e-4, "Gamma, as lrm");
    is_near(s.tau_a, value_of(r, name, "lrm.Tau-a"), exact ? 1e-12 : 4e-4, "Tau-a, as lrm");
    is_near(s.lr_p, value_of(r, name, "lrm.P"), 1e-15, "P, as lrm, which prints 0 below 1e-16");
    ok(s.lr_df == (double) data.p - 1 && s.n == (double) n, "%s: df, n", name);
    logit_fit_free(&fit);
  }
  reference_close(r);
}

static double random_unit(unsigned *state)
{
  *state = *state * 1664525u + 1013904223u;
  return (double) (*state >> 8) / 16777216.0;
}

enum { N = 70, P = 3 };

static void make_data(unsigned seed, double *x, double *y, double *weight)
{
  unsigned state = seed;
  for (size_t i = 0; i < N; i++) {
    x[i] = 1;
    x[N + i] = floor(4 * random_unit(&state)); // ties of the predictor
    x[2 * N + i] = random_unit(&state) < 0.5;
    double eta = -1 + 0.5 * x[N + i] + 0.7 * x[2 * N + i];
    y[i] = random_unit(&state) < logit_inverse(eta);
    weight[i] = floor(4 * random_unit(&state));
  }
}

// Everything by its definition, from all pairs of rows.
static struct logit_statistics slow_statistics(const struct logit_data *data,
                                               const double *coefficient)
{
  struct logit_statistics s = {0};
  double *eta = malloc(data->n * sizeof *eta), concordant = 0, discordant = 0, tied = 0, all = 0;
  logit_linear_predictor(data, coefficient, eta);
  for (size_t i = 0; i < data->n; i++) {
    double wi = data->weight ? data->weight[i] : 1, risk = logit_inverse(eta[i]);
    s.n += wi;
    s.n_events += wi * data->y[i];
    s.brier += wi * (risk - data->y[i]) * (risk - data->y[i]);
    s.log_likelihood += wi * log(data->y[i] > 0 ? risk : 1 - risk);
    for (size_t j = 0; j < data->n; j++) {
      double w = wi * (data->weight ? data->weight[j] : 1);
      s.g += w * fabs(eta[i] - eta[j]);
      s.gp += w * fabs(risk - logit_inverse(eta[j]));
      if (data->y[i] > data->y[j]) {
        concordant += w * (eta[i] > eta[j]);
        discordant += w * (eta[i] < eta[j]);
        tied += w * (eta[i] == eta[j]);
      }
    }
  }
  all = s.n * (s.n - 1);
  s.brier /= s.n;
  s.g /= all;
  s.gp /= all;
  s.auc = (concordant + tied / 2) / (concordant + discordant + tied);
  s.dxy = (concordant - discordant) / (concordant + discordant + tied);
  s.gamma = (concordant - discordant) / (concordant + discordant);
  s.tau_a = 2 * (concordant - discordant) / all;
  free(eta);
  return s;
}

static void compare(const struct logit_statistics *a, const struct logit_statistics *b,
                    double tolerance, const char *name)
{
  char text[100];
  const struct {
    const char *what;
    double a, b;
  } rows[] = {
      {"n", a->n, b->n},
      {"events", a->n_events, b->n_events},
      {"log likelihood", a->log_likelihood, b->log_likelihood},
      {"AUC", a->auc, b->auc},
      {"Dxy", a->dxy, b->dxy},
      {"gamma", a->gamma, b->gamma},
      {"tau-a", a->tau_a, b->tau_a},
      {"Brier", a->brier, b->brier},
      {"g", a->g, b->g},
      {"gp", a->gp, b->gp},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    snprintf(text, sizeof text, "%s: %s", name, rows[i].what);
    is_close(rows[i].a, rows[i].b, tolerance, text);
  }
}

static void test_pairs_and_weights(void)
{
  double x[N * P], y[N], weight[N];
  for (unsigned seed = 1; seed <= 3; seed++) {
    make_data(seed, x, y, weight);
    struct logit_data data = {.n = N, .p = P, .x = x, .y = y, .weight = weight};
    struct logit_options options = {0};
    struct logit_fit fit = {0};
    logit_fit(&data, &options, &fit);
    struct logit_statistics s = logit_statistics(&data, &fit);
    struct logit_statistics slow = slow_statistics(&data, fit.coefficient);
    compare(&s, &slow, 1e-12, "every pair");

    size_t total = 0;
    for (size_t i = 0; i < N; i++)
      total += (size_t) weight[i];
    double *long_x = malloc(total * P * sizeof *long_x), *long_y = malloc(total * sizeof *long_y);
    size_t to = 0;
    for (size_t i = 0; i < N; i++)
      for (size_t k = 0; k < (size_t) weight[i]; k++, to++) {
        long_y[to] = y[i];
        for (size_t j = 0; j < P; j++)
          long_x[j * total + to] = x[j * N + i];
      }
    struct logit_data repeated = {.n = total, .p = P, .x = long_x, .y = long_y};
    struct logit_fit long_fit = {0};
    logit_fit(&repeated, &options, &long_fit);
    struct logit_statistics t = logit_statistics(&repeated, &long_fit);
    compare(&s, &t, 1e-11, "integer weights are repeated rows");
    is_close(s.lr_chi_square, t.lr_chi_square, 1e-11, "LR");
    is_close(s.lr_p, t.lr_p, 1e-11, "P");
    is_close(s.bic, t.bic, 1e-12, "BIC");
    is_close(s.r2_nagelkerke, t.r2_nagelkerke, 1e-11, "Nagelkerke");
    is_close(s.aic, -2 * s.log_likelihood + 2 * P, 1e-15, "AIC");
    is_close(s.r2_nagelkerke, s.r2_cox_snell / (1 - exp(2 * fit.null_log_likelihood / s.n)), 1e-13,
             "Nagelkerke is Cox-Snell over its maximum");
    logit_fit_free(&fit);
    logit_fit_free(&long_fit);
    free(long_x);
    free(long_y);
  }
}

static void test_edges(void)
{
  double x[N * P], y[N], weight[N];
  make_data(8, x, y, weight);
  struct logit_options options = {0};
  struct logit_fit fit = {0};
  struct logit_data data = {.n = N, .p = 1, .x = x, .y = y};
  logit_fit(&data, &options, &fit);
  struct logit_statistics s = logit_statistics(&data, &fit);
  ok(s.lr_chi_square == 0 && s.lr_df == 0 && isnan(s.lr_p) && s.r2_nagelkerke == 0,
     "the intercept alone explains nothing");
  ok(s.auc == 0.5 && s.dxy == 0 && s.tau_a == 0 && isnan(s.gamma) && s.g == 0 && s.gp == 0,
     "all pairs tied");
  is_close(s.brier, s.n_events / s.n * (1 - s.n_events / s.n), 1e-12, "Brier = pq");
  logit_fit_free(&fit);

  // A fit that has no answer: nothing but the counts.
  double coefficient[P] = {NAN, NAN, NAN};
  struct logit_fit none = {.status = LOGIT_SEPARATED, .p = P, .coefficient = coefficient};
  data.p = P;
  s = logit_statistics(&data, &none);
  ok(s.n == N && s.n_events > 0 && isnan(s.auc) && isnan(s.lr_p) && isnan(s.brier) &&
         isnan(s.aic) && isnan(s.gp) && isnan(s.lr_df) && isnan(s.deviance),
     "not converged: NaN but for n and events");

  // Overwhelming evidence: the tail itself, not 1 - something.
  struct logit_fit strong = {.p = 3,
                             .coefficient = (double[]){0, 1, 1},
                             .log_likelihood = -1,
                             .null_log_likelihood = -500};
  s = logit_statistics(&data, &strong);
  is_close(s.lr_p, exp(-499), 1e-12, "chi-square 998 on 2 df: exp(-499)"); // upper tail exp(-x/2)
  strong.null_log_likelihood = -690;
  s = logit_statistics(&data, &strong);
  is_close(s.lr_p, exp(-689), 1e-12, "exp(-689) = 6e-300");

  double values[] = {3, 1, 2}, one[] = {5}, w[] = {1, 0, 1}, two[] = {2};
  is_close(gini_mean_difference(values, NULL, 3), 4.0 / 3, 1e-15,
           "Gini's mean difference of 1 2 3");
  is_close(gini_mean_difference(values, w, 3), 1, 1e-15, "of 2 and 3");
  ok(isnan(gini_mean_difference(values, NULL, 0)) && isnan(gini_mean_difference(one, NULL, 1)),
     "undefined for none and one");
  ok(gini_mean_difference(one, two, 1) == 0, "of the same value twice");
  double far[] = {1e12 + 1, 1e12 + 2, 1e12 + 4};
  is_close(gini_mean_difference(far, NULL, 3), 2, 1e-15, "a huge offset");
}

int main(void)
{
  test_r();
  test_pairs_and_weights();
  test_edges();
  return tap_done();
}
