// SPDX-License-Identifier: GPL-3.0-or-later
// External validation: estimates and intervals, tests of calibration, bins, the closed test.
#include <config.h>

#include "stats/performance.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "stats/bootstrap.h"
#include "stats/distribution.h"
#include "tap.h"

static char label_text[200];
#define LABEL(...) (snprintf(label_text, sizeof label_text, __VA_ARGS__), label_text)
#define BIT(metric) (1u << (metric))

static uint64_t random_state = 31;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

struct external_case {
  double *risk;
  const double *y;
  size_t n;
};

static struct external_case case_load(const struct reference *r, const char *name)
{
  struct external_case c;
  if (strcmp(name, "mixed") == 0) {
    const double *risk = reference_values(r, "mixed.risk", &c.n);
    c.risk = malloc(c.n * sizeof *c.risk);
    memcpy(c.risk, risk, c.n * sizeof *c.risk);
  } else {
    const double *eta = reference_values(r, LABEL("%s.eta", name), &c.n);
    c.risk = malloc(c.n * sizeof *c.risk);
    for (size_t i = 0; i < c.n; i++)
      c.risk[i] = logit_inverse(eta[i]);
  }
  c.y = reference_values(r, LABEL("%s.y", name), NULL);
  return c;
}

// ---- estimates ----

static void check_plain(const struct performance_estimate *got, const double *expected,
                        const char *name, const char *metric)
{
  is_close(got->estimate, expected[0], 1e-10, LABEL("%s: %s", name, metric));
  is_close(got->std_error, expected[1], 1e-9, LABEL("%s: %s, standard error", name, metric));
  is_close(got->conf_low, expected[2], 1e-9, LABEL("%s: %s, lower limit", name, metric));
  is_close(got->conf_high, expected[3], 1e-9, LABEL("%s: %s, upper limit", name, metric));
}

// The reference's calibration statistics rest on the slope, good to some 1e-10 of itself; a P
// value of z has z times the relative error of its z^2.
static void check_tested(const struct performance_estimate *got, const double *expected,
                         const char *name, const char *metric)
{
  is_near(got->estimate, expected[0], 1e-9, LABEL("%s: %s", name, metric));
  is_close(got->std_error, expected[1], 1e-9, LABEL("%s: %s, standard error", name, metric));
  is_near(got->statistic, expected[2], 1e-8, LABEL("%s: %s, z", name, metric));
  is_close(got->p_value, expected[3], 1e-7, LABEL("%s: %s, P", name, metric));
  is_near(got->conf_low, expected[4], 1e-9, LABEL("%s: %s, lower limit", name, metric));
  is_near(got->conf_high, expected[5], 1e-9, LABEL("%s: %s, upper limit", name, metric));
}

static void test_estimates(const struct reference *r)
{
  static const char *const names[] = {"gbsg", "mixed", "test"};
  for (int k = 0; k < 3; k++) {
    struct external_case c = case_load(r, names[k]);
    const double *v = reference_values(r, LABEL("%s.external", names[k]), NULL);
    struct performance_estimate e[N_PERFORMANCE_METRICS];
    performance_external(c.risk, c.y, c.n, .95, 0, 1, 1, e);
    check_plain(&e[METRIC_AUC], v, names[k], "auc");
    check_plain(&e[METRIC_BRIER], v + 4, names[k], "brier");
    check_plain(&e[METRIC_BRIER_SCALED], v + 8, names[k], "brier.scaled");
    check_plain(&e[METRIC_LOGLOSS], v + 12, names[k], "logloss");
    check_tested(&e[METRIC_OE], v + 16, names[k], "oe");
    check_tested(&e[METRIC_INTERCEPT], v + 22, names[k], "intercept");
    check_tested(&e[METRIC_SLOPE], v + 28, names[k], "slope");
    check_tested(&e[METRIC_CITL], v + 34, names[k], "citl");
    is_close(e[METRIC_AUC].statistic, (v[0] - .5) / v[1], 1e-9, "z of the auc");
    is_close(e[METRIC_AUC].p_value, normal_two_sided((v[0] - .5) / v[1]), 1e-7, "its P");
    is_close(e[METRIC_DXY].conf_low, 2 * v[2] - 1, 1e-9, "dxy: lower limit");
    is_close(e[METRIC_DXY].std_error, 2 * v[1], 1e-9, "dxy: standard error");
    ok(isnan(e[METRIC_G].conf_low) && isnan(e[METRIC_EMAX].conf_low), "no resamples, no limits");
    size_t n_logit = k == 1 ? c.n - 7 : c.n;
    ok(e[METRIC_SLOPE].n == (double) n_logit && e[METRIC_G].n == (double) n_logit &&
           e[METRIC_AUC].n == (double) c.n && e[METRIC_EMAX].n == (double) c.n,
       "%s: rows that each rests on", names[k]);
    free(c.risk);
  }
}

// Chi-square and P of U and D, to 1e-277.
static void test_likelihood_ratios(const struct reference *r)
{
  static const char *const names[] = {"test", "strong", "gbsg", "tilted", "shifted", "few", "far"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    struct external_case c = case_load(r, names[k]);
    const double *v = reference_values(r, LABEL("%s.chisq", names[k]), NULL);
    struct performance_estimate e[N_PERFORMANCE_METRICS];
    performance_external(c.risk, c.y, c.n, .95, 0, 1, 1, e);
    if (strcmp(names[k], "strong") == 0) // fitted on these rows: U's chi-square is 0
      is_near(e[METRIC_U].statistic, 0, 1e-9, "strong: chi-square of U");
    else
      is_close(e[METRIC_U].statistic, v[0], 1e-11, LABEL("%s: chi-square of U", names[k]));
    is_close(e[METRIC_D].statistic, v[2], 1e-10, LABEL("%s: chi-square of D", names[k]));
    // d log P = -d chi-square/2: 1e-11 of 1276 is 6e-9.
    is_close(e[METRIC_U].p_value, v[1], 1e-8, LABEL("%s: P of U", names[k]));
    is_close(e[METRIC_D].p_value, v[3], 1e-8, LABEL("%s: P of D", names[k]));
    ok(e[METRIC_U].df == 2 && e[METRIC_D].df == 1, "degrees of freedom");
    free(c.risk);
  }
}

// val.prob on risks of which some are 0 or 1 (U and Q of the others: its own are infinite where
// an event has risk 0).
static void test_mixed(const struct reference *r)
{
  struct external_case c = case_load(r, "mixed");
  const double *v = reference_values(r, "mixed.valprob", NULL);
  const double *finite = reference_values(r, "finite.valprob", NULL);
  struct performance_estimate e[N_PERFORMANCE_METRICS];
  performance_external(c.risk, c.y, c.n, .95, 0, 1, 1, e);
  is_close(e[METRIC_R2_NAGELKERKE].estimate, v[2], 1e-9, "val.prob with risks of 0 and 1: R2");
  is_close(e[METRIC_D].estimate, v[3], 1e-9, "D");
  is_near(e[METRIC_U].estimate, finite[6], 1e-9, "U");
  is_near(e[METRIC_Q].estimate, finite[9], 1e-9, "Q");
  is_close(e[METRIC_BRIER].estimate, v[10], 1e-12, "Brier");
  is_near(e[METRIC_INTERCEPT].estimate, v[11], 1e-8, "Intercept");
  is_near(e[METRIC_SLOPE].estimate, v[12], 1e-8, "Slope");
  is_close(e[METRIC_EMAX].estimate, v[13], 1e-10, "Emax");
  is_close(e[METRIC_E90].estimate, v[14], 1e-10, "E90");
  is_close(e[METRIC_EAVG].estimate, v[15], 1e-10, "Eavg");
  free(c.risk);
}

static bool same_estimates(const struct performance_estimate *a,
                           const struct performance_estimate *b)
{
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++) {
    double x[] = {a[m].estimate, a[m].std_error, a[m].statistic, a[m].df,
                  a[m].p_value,  a[m].conf_low,  a[m].conf_high};
    double y[] = {b[m].estimate, b[m].std_error, b[m].statistic, b[m].df,
                  b[m].p_value,  b[m].conf_low,  b[m].conf_high};
    for (int i = 0; i < 7; i++)
      if (!(x[i] == y[i] || (isnan(x[i]) && isnan(y[i]))))
        return false;
  }
  return true;
}

// The limits are quantiles of what the resamples give, one after the other.
static void test_resampling(const struct reference *r)
{
  enum { B = 60 };
  struct external_case c = case_load(r, "gbsg");
  static double result[B][N_PERFORMANCE_METRICS];
  double *eta = malloc(c.n * sizeof *eta), *weight = malloc(c.n * sizeof *weight);
  struct performance_estimate one[N_PERFORMANCE_METRICS], three[N_PERFORMANCE_METRICS];
  struct performance_workspace *workspace = performance_prepare(c.n);
  struct bootstrap_plan plan = {.seed = 5, .n = c.n, .first = 1, .last = B};
  for (size_t i = 0; i < c.n; i++)
    eta[i] = logit_of(c.risk[i]);
  for (size_t b = 0; b < B; b++) {
    bootstrap_weights(&plan, b + 1, weight);
    performance_measure(eta, c.y, weight, c.n, PERFORMANCE_EXTERNAL, METRIC_ALL, workspace,
                        result[b]);
  }
  performance_external(c.risk, c.y, c.n, .9, B, 5, 1, one);
  performance_external(c.risk, c.y, c.n, .9, B, 5, 3, three);
  ok(same_estimates(one, three), "three threads give the same bits as one");
  static const enum performance_metric resampled[] = {
    METRIC_R2_NAGELKERKE, METRIC_EMAX_LOGISTIC, METRIC_EMAX, METRIC_E50, METRIC_E90, METRIC_EAVG,
    METRIC_MAE, METRIC_G, METRIC_GP, METRIC_D, METRIC_U, METRIC_Q};
  for (size_t k = 0; k < sizeof resampled / sizeof *resampled; k++) {
    enum performance_metric m = resampled[k];
    double low, high;
    bootstrap_percentiles(&result[0][m], B, N_PERFORMANCE_METRICS, .9, &low, &high);
    is_close(one[m].conf_low, low, 1e-10, LABEL("%s: lower percentile", performance_names[m]));
    is_close(one[m].conf_high, high, 1e-10, LABEL("%s: upper percentile", performance_names[m]));
  }
  performance_release(workspace);
  free(c.risk);

  c = case_load(r, "mixed");
  performance_external(c.risk, c.y, c.n, .95, B, 5, 1, one);
  performance_external(c.risk, c.y, c.n, .95, B, 5, 2, three);
  ok(same_estimates(one, three), "and with risks of 0 and 1");
  ok(one[METRIC_U].conf_low < one[METRIC_U].conf_high &&
         one[METRIC_EMAX].conf_low < one[METRIC_EMAX].conf_high,
     "which have limits too");
  free(c.risk);
  free(eta);
  free(weight);
}

static void test_external_edges(void)
{
  struct performance_estimate e[N_PERFORMANCE_METRICS];
  double risk[8] = {.3, .3, .3, .3, .3, .3, .3, .3}, y[8] = {0, 1, 1, 0, 0, 1, 0, 0};
  performance_external(risk, y, 0, .95, 10, 1, 1, e);
  ok(isnan(e[METRIC_AUC].estimate) && isnan(e[METRIC_BRIER].estimate) && e[METRIC_AUC].n == 0,
     "no row");
  performance_external(risk, y, 1, .95, 10, 1, 1, e);
  ok(e[METRIC_BRIER].n == 1 && isnan(e[METRIC_BRIER].std_error) && isnan(e[METRIC_OE].std_error),
     "one row has no standard error");
  performance_external(risk, y, 2, .95, 10, 1, 1, e);
  ok(e[METRIC_AUC].estimate == .5 && isnan(e[METRIC_SLOPE].estimate), "two rows");
  performance_external(risk, y, 8, .95, 10, 1, 1, e);
  is_close(e[METRIC_CITL].estimate, log(3. / 5) - log(.3 / .7), 1e-12, "equal risks: citl");
  is_close(e[METRIC_CITL].std_error, sqrt(8 / 15.), 1e-12, "and its standard error");
  is_close(e[METRIC_OE].estimate, 3 / 2.4, 1e-14, "oe");
  ok(isnan(e[METRIC_SLOPE].estimate) && isnan(e[METRIC_SLOPE].p_value), "no slope");
  for (int i = 0; i < 8; i++)
    y[i] = 1;
  performance_external(risk, y, 8, .95, 10, 1, 1, e);
  ok(isnan(e[METRIC_OE].p_value) && isnan(e[METRIC_OE].conf_low) && e[METRIC_OE].estimate > 1,
     "all events: oe without an interval");
  ok(isnan(e[METRIC_AUC].estimate) && isnan(e[METRIC_CITL].conf_low), "and no more");
  for (int i = 0; i < 8; i++)
    y[i] = risk[i] = i % 2;
  performance_external(risk, y, 8, .95, 10, 1, 1, e);
  ok(e[METRIC_AUC].estimate == 1 && e[METRIC_BRIER].estimate == 0 && e[METRIC_OE].estimate == 1,
     "nothing but risks of 0 and 1");
  ok(e[METRIC_SLOPE].n == 0 && isnan(e[METRIC_LOGLOSS].estimate), "leave no logit");
  ok(e[METRIC_BRIER_SCALED].estimate == 1 && e[METRIC_BRIER_SCALED].std_error == 0,
     "all explained");
}

// ---- tests of calibration, bins ----

static void test_hosmer_lemeshow(const struct reference *r)
{
  static const char *const names[] = {"gbsg", "ties", "test"};
  static const size_t sizes[] = {3, 7, 10};
  for (int k = 0; k < 3; k++) {
    struct external_case c = case_load(r, names[k]);
    for (int g = 0; g < 3; g++) {
      const double *v = reference_values(r, LABEL("%s.hosmer.%zu", names[k], sizes[g]), NULL);
      struct calibration_test own = hosmer_lemeshow(c.risk, c.y, c.n, sizes[g], false);
      struct calibration_test other = hosmer_lemeshow(c.risk, c.y, c.n, sizes[g], true);
      is_close(own.statistic, v[0], 1e-10, LABEL("Hosmer-Lemeshow, %s, %zu", names[k], sizes[g]));
      is_close(own.p_value, own.df > 0 ? v[1] : NAN, 1e-9, "its P on groups - 2 df");
      is_close(other.p_value, v[2], 1e-9, "and on groups df");
      ok(other.df == own.df + 2, "degrees of freedom");

      size_t m;
      const double *b = reference_values(r, LABEL("%s.bins.%zu", names[k], sizes[g]), &m);
      struct calibration_bin bin[10];
      size_t n_made = calibration_bins(c.risk, c.y, c.n, sizes[g], .95, bin);
      ok(n_made == m / 7, "bins made");
      double worst = 0;
      for (size_t i = 0; i < n_made && i < m / 7; i++, b += 7) {
        double got[] = {bin[i].low,      bin[i].high,     bin[i].n,        bin[i].predicted,
                        bin[i].observed, bin[i].conf_low, bin[i].conf_high};
        for (int j = 0; j < 7; j++)
          worst = fmax(worst, fabs(got[j] - b[j]));
      }
      is_near(worst, 0, 1e-12, "their risks, counts, fractions and Wilson limits");
    }
    free(c.risk);
  }
}

static void test_spiegelhalter(const struct reference *r)
{
  static const char *const names[] = {"test", "gbsg", "tilted", "sharp", "mixed"};
  for (int k = 0; k < 5; k++) {
    struct external_case c = case_load(r, names[k]);
    const double *v = reference_values(r, LABEL("%s.valprob", names[k]), NULL);
    struct calibration_test test = spiegelhalter(c.risk, c.y, c.n);
    is_close(test.statistic, v[16], 1e-11, LABEL("val.prob's S:z, %s", names[k]));
    is_close(test.p_value, v[17], 1e-10, LABEL("val.prob's S:p, %s", names[k]));
    ok(isnan(test.df), "a normal variate");
    free(c.risk);
  }
}

// Every group of the same risks is one binomial: chi-square by hand.
static void test_groups(void)
{
  enum { N = 60 };
  double risk[N], y[N], expected = 0;
  for (int g = 0; g < 3; g++) {
    double p = .2 + .25 * g, events = 0;
    for (int i = 0; i < 20; i++) {
      risk[i * 3 + g] = p;
      events += y[i * 3 + g] = uniform() < .4;
    }
    expected += (events - 20 * p) * (events - 20 * p) / (20 * p * (1 - p));
  }
  is_close(hosmer_lemeshow(risk, y, N, 3, true).statistic, expected, 1e-12, "three binomials");
  is_close(hosmer_lemeshow(risk, y, N, 10, true).statistic, expected, 1e-12,
           "ten groups of three risks are three");
  ok(hosmer_lemeshow(risk, y, N, 10, true).df == 3, "on 3 df");
  struct calibration_bin bin[10];
  ok(calibration_bins(risk, y, N, 10, .95, bin) == 3 && bin[1].n == 20 &&
         bin[1].low == bin[1].high,
     "equal risks are never parted");
  for (int i = 0; i < N; i++)
    risk[i] = (double) i / N;
  size_t n_made = calibration_bins(risk, y, N, 10, .95, bin);
  bool equal = n_made == 10;
  for (size_t k = 0; k < n_made; k++)
    equal = equal && bin[k].n == 6;
  ok(equal, "ten bins of six");
  ok(calibration_bins(risk, y, 4, 10, .95, bin) == 4, "four rows are four bins at most");
  ok(calibration_bins(risk, y, 0, 10, .95, bin) == 0, "no row, no bin");
  ok(calibration_bins(risk, y, 4, 0, .95, bin) == 0, "no bin wanted");
  ok(isnan(hosmer_lemeshow(risk, y, 0, 10, true).p_value), "no row, no test");
  ok(isnan(hosmer_lemeshow(risk, y, 2, 10, false).p_value), "two groups leave 0 df");
  double certain[4] = {0, 0, 1, 1}, right[4] = {0, 0, 1, 1}, wrong[4] = {0, 1, 1, 1};
  ok(hosmer_lemeshow(certain, right, 4, 2, true).statistic == 0, "certain and right");
  ok(hosmer_lemeshow(certain, wrong, 4, 2, true).p_value == 0, "certain and wrong");
  ok(isnan(spiegelhalter(certain, right, 4).p_value), "certain risks have no variance");
  ok(isnan(spiegelhalter(certain, right, 0).statistic), "nor has no row");
}

// ---- the closed test ----

static void test_closed(const struct reference *r)
{
  static const struct {
    const char *name;
    enum update_step chosen;
  } cases[] = {{"gbsg", UPDATE_REFIT}, {"none", UPDATE_NONE}, {"large", UPDATE_LARGE},
               {"logistic", UPDATE_LOGISTIC}, {"refit", UPDATE_REFIT}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const char *name = cases[k].name;
    size_t n;
    const double *x = reference_values(r, LABEL("closed.%s.x", name), NULL);
    const double *eta = reference_values(r, LABEL("closed.%s.eta", name), &n);
    const double *y = reference_values(r, LABEL("closed.%s.y", name), NULL);
    const double *deviance = reference_values(r, LABEL("closed.%s.deviance", name), NULL);
    const double *estimate = reference_values(r, LABEL("closed.%s.estimate", name), NULL);
    const double *p = reference_values(r, LABEL("closed.%s.p", name), NULL);
    struct closed_test test;
    ok(closed_test(x, 6, eta, y, n, .05, &test), "%s: made", name);
    for (int i = 0; i < N_UPDATE_STEPS; i++)
      is_close(-2 * test.log_likelihood[i], deviance[i], 1e-12,
               LABEL("%s: deviance %s", name, update_names[i]));
    is_near(test.intercept_large, estimate[0], 1e-9, LABEL("%s: citl", name));
    is_near(test.intercept, estimate[1], 1e-9, LABEL("%s: intercept", name));
    is_near(test.slope, estimate[2], 1e-9, LABEL("%s: slope", name));
    for (size_t i = 0; i < test.n_steps; i++) {
      ok(test.step[i].df == 6 - (double) i && test.step[i].larger == UPDATE_REFIT, "df");
      is_close(test.step[i].p_value, p[i], 1e-9, LABEL("%s: P, step %zu", name, i + 1));
    }
    ok(test.chosen == cases[k].chosen, "%s: %s is chosen", name, update_names[test.chosen]);
    ok(test.n_steps == (cases[k].chosen == UPDATE_REFIT ? 3 : (size_t) cases[k].chosen + 1),
       "after %zu steps", test.n_steps);
    closed_test_free(&test);
    ok(!closed_test(NULL, 0, eta, y, n, .05, &test) && test.chosen == UPDATE_NONE &&
           test.n_steps == 0,
       "%s: no design, no choice", name);
    is_near(test.slope, estimate[2], 1e-9, "but the recalibrations");
    closed_test_free(&test);
  }
}

static void test_closed_edges(void)
{
  enum { N = 40 };
  double x[2 * N], eta[N], y[N];
  for (size_t i = 0; i < N; i++) {
    x[i] = 1;
    x[i + N] = uniform();
    eta[i] = -2 + x[i + N];
    y[i] = uniform() < x[i + N];
  }
  struct closed_test test;
  ok(closed_test(x, 2, eta, y, N, 1e-9, &test) && test.chosen == UPDATE_NONE, "tiny alpha: none");
  closed_test_free(&test);
  // One predictor: the refit is the logistic recalibration, on 0 df.
  ok(closed_test(x, 2, eta, y, N, .9999999, &test), "one predictor");
  ok(test.chosen == UPDATE_LOGISTIC && test.n_steps == 3 && test.step[2].df == 0 &&
         test.step[2].p_value == 1,
     "is recalibrated at most");
  is_near(test.log_likelihood[UPDATE_REFIT], test.log_likelihood[UPDATE_LOGISTIC], 1e-12,
          "which is the refit");
  closed_test_free(&test);
  for (size_t i = 0; i < N; i++)
    y[i] = x[i + N] > .5;
  ok(!closed_test(x, 2, eta, y, N, .05, &test) && test.refit.status == LOGIT_SEPARATED &&
         test.chosen == UPDATE_NONE && test.n_steps == 0,
     "separated");
  ok(isnan(test.slope) && isfinite(test.intercept_large), "citl is there all the same");
  closed_test_free(&test);
  for (size_t i = 0; i < N; i++)
    y[i] = 1;
  ok(!closed_test(x, 2, eta, y, N, .05, &test) && isnan(test.intercept_large), "events alone");
  closed_test_free(&test);
  ok(!closed_test(x, 2, eta, y, 0, .05, &test), "no row");
  closed_test_free(&test);
  eta[3] = INFINITY;
  ok(!closed_test(x, 2, eta, y, N, .05, &test), "an infinite predictor");
  closed_test_free(&test);
}

int main(void)
{
  struct reference *r = reference_open("performance.tsv");
  test_estimates(r);
  test_likelihood_ratios(r);
  test_mixed(r);
  test_resampling(r);
  test_external_edges();
  test_hosmer_lemeshow(r);
  test_spiegelhalter(r);
  test_groups();
  test_closed(r);
  test_closed_edges();
  reference_close(r);
  return tap_done();
}
