// SPDX-License-Identifier: GPL-3.0-or-later
// Performance measures of risks: R's values, identities, slow versions, weights as repeated rows.
#include <config.h>

#include "stats/performance.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sort.h"
#include "reference.h"
#include "stats/logit.h"
#include "stats/recalibration.h"
#include "tap.h"

static char label_text[200];
#define LABEL(...) (snprintf(label_text, sizeof label_text, __VA_ARGS__), label_text)
#define BIT(metric) (1u << (metric))

static uint64_t random_state = 4711;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

static void measure(const double *eta, const double *y, const double *weight, size_t n,
                    enum performance_kind kind, unsigned wanted, double *value)
{
  struct performance_workspace *workspace = performance_prepare(n);
  performance_measure(eta, y, weight, n, kind, wanted, workspace, value);
  performance_release(workspace);
}

// Eta of several sizes, some tied, and outcomes that follow them.
static void make_up(size_t n, double grain, double *eta, double *y)
{
  for (size_t i = 0; i < n; i++) {
    eta[i] = 3 * (uniform() + uniform() + uniform() - 1.5);
    if (grain > 0)
      eta[i] = floor(eta[i] * grain) / grain;
    y[i] = uniform() < logit_inverse(0.3 + 0.7 * eta[i]);
  }
}

// ---- values of R ----

static const char *const case_names[] = {"training", "test", "strong", "gbsg", "ties",
                                         "tilted", "sharp", "far", "shifted", "few"};
enum { N_CASES = sizeof case_names / sizeof *case_names };

struct performance_case {
  const double *eta, *y, *weight;
  size_t n;
};

static struct performance_case case_load(const struct reference *r, const char *name)
{
  struct performance_case c = {.weight = NULL};
  c.eta = reference_values(r, LABEL("%s.eta", name), &c.n);
  c.y = reference_values(r, LABEL("%s.y", name), NULL);
  if (strcmp(name, "training") == 0)
    c.weight = reference_values(r, LABEL("%s.weight", name), NULL);
  return c;
}

static void test_reference(const struct reference *r)
{
  for (size_t k = 0; k < N_CASES; k++) {
    struct performance_case c = case_load(r, case_names[k]);
    for (int kind = 0; kind < 2; kind++) {
      const double *expected = reference_values(r, LABEL("%s.%d", case_names[k], kind), NULL);
      double value[N_PERFORMANCE_METRICS];
      measure(c.eta, c.y, c.weight, c.n, (enum performance_kind) kind, METRIC_ALL, value);
      for (int m = 0; m < N_PERFORMANCE_METRICS; m++) {
        const char *name = LABEL("%s, kind %d: %s", case_names[k], kind, performance_names[m]);
        // Intercepts and U of the bootstrap model on its own rows are 0 but for rounding.
        if (fabs(expected[m]) < 1e-6 || m == METRIC_U || m == METRIC_Q)
          is_near(value[m], expected[m], 1e-10, name);
        else
          is_close(value[m], expected[m], 1e-9, name);
      }
      // rms looks for the largest difference at p = 0, .0005, ..., and misses it by up to a step
      // where it lies beyond the last of them.
      double grid = reference_value(r, LABEL("%s.emax.grid", case_names[k]));
      double ours = value[METRIC_EMAX_LOGISTIC];
      ok(ours >= grid - 1e-12 && ours - grid < 5e-4, "%s: emax.logistic is not below rms's grid's",
         case_names[k]);
    }
  }
}

// rms's own measuring function.  lrm.fit stops some 1e-9 before the maximum.
static void test_rms(const struct reference *r)
{
  static const char *const names[] = {"training", "test", "gbsg", "ties", "tilted", "sharp"};
  static const enum performance_metric metrics[] = {
    METRIC_DXY, METRIC_R2_NAGELKERKE, METRIC_INTERCEPT, METRIC_SLOPE, METRIC_D,
    METRIC_U,   METRIC_Q,             METRIC_BRIER,     METRIC_G,     METRIC_GP};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    struct performance_case c = case_load(r, names[k]);
    const double *expected = reference_values(r, LABEL("%s.rms", names[k]), NULL);
    double value[N_PERFORMANCE_METRICS];
    measure(c.eta, c.y, c.weight, c.n, PERFORMANCE_INTERNAL, METRIC_ALL, value);
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
      is_near(value[metrics[i]], expected[i], 1e-8,
              LABEL("validate.lrm, %s: %s", names[k], performance_names[metrics[i]]));
  }
}

// val.prob itself.  Its C and Dxy are of risks rounded to some .002.
static void test_val_prob(const struct reference *r)
{
  static const char *const names[] = {"test", "gbsg", "tilted", "sharp"};
  static const struct {
    enum performance_metric metric;
    int at;
    double tolerance;
  } items[] = {{METRIC_DXY, 0, 2e-3},      {METRIC_AUC, 1, 1e-3},
               {METRIC_R2_NAGELKERKE, 2, 1e-9},
               {METRIC_D, 3, 1e-9},        {METRIC_U, 6, 1e-9},      {METRIC_Q, 9, 1e-9},
               {METRIC_BRIER, 10, 1e-12},  {METRIC_INTERCEPT, 11, 1e-8},
               {METRIC_SLOPE, 12, 1e-8},   {METRIC_EMAX, 13, 1e-10}, {METRIC_E90, 14, 1e-10},
               {METRIC_EAVG, 15, 1e-10}};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    struct performance_case c = case_load(r, names[k]);
    const double *expected = reference_values(r, LABEL("%s.valprob", names[k]), NULL);
    double value[N_PERFORMANCE_METRICS];
    measure(c.eta, c.y, NULL, c.n, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
      is_near(value[items[i].metric], expected[items[i].at], items[i].tolerance,
              LABEL("val.prob, %s: %s", names[k], performance_names[items[i].metric]));
  }
}

// ---- slow and obvious ----

static double slow_gini(const double *x, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      sum += fabs(x[i] - x[j]);
  return sum / ((double) n * ((double) n - 1));
}

static double slow_emax(double a, double b)
{
  double most = 0;
  for (int i = -60000; i <= 60000; i++) {
    double t = i / 1000.0;
    most = fmax(most, fabs(logit_inverse(t) - logit_inverse(a + b * t)));
  }
  return most;
}

static void test_slow(void)
{
  enum { N = 83 };
  for (int trial = 0; trial < 4; trial++) {
    double eta[N], y[N], x[2 * N], moved[N], risk[N], value[N_PERFORMANCE_METRICS];
    double pairs = 0, better = 0, brier = 0, expected = 0, events = 0, loss = 0;
    make_up(N, trial % 2 ? 2 : 0, eta, y);
    for (size_t i = 0; i < N; i++) {
      double p = logit_inverse(eta[i]);
      x[i] = 1;
      x[i + N] = eta[i];
      brier += (p - y[i]) * (p - y[i]) / N;
      loss -= (y[i] > 0 ? log(p) : log1p(-p)) / N;
      expected += p;
      events += y[i];
      for (size_t j = 0; j < N; j++)
        if (y[i] > y[j]) {
          pairs++;
          better += eta[i] > eta[j] ? 1 : eta[i] == eta[j] ? .5 : 0;
        }
    }
    struct logit_data data = {.n = N, .p = 2, .x = x, .y = y}, large = data;
    struct logit_fit fit, fit_large;
    logit_fit(&data, NULL, &fit);
    large.p = 1;
    large.offset = eta;
    logit_fit(&large, NULL, &fit_large);
    double a = fit.coefficient[0], b = fit.coefficient[1];
    measure(eta, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, value);
    for (size_t i = 0; i < N; i++) {
      moved[i] = a + b * eta[i];
      risk[i] = logit_inverse(moved[i]);
    }
    is_close(value[METRIC_AUC], better / pairs, 1e-14, "slow: auc");
    is_close(value[METRIC_BRIER], brier, 1e-13, "slow: brier");
    is_close(value[METRIC_LOGLOSS], loss, 1e-13, "slow: logloss");
    is_close(value[METRIC_OE], events / expected, 1e-13, "slow: oe");
    is_near(value[METRIC_INTERCEPT], a, 1e-10, "slow: intercept, by logit_fit");
    is_close(value[METRIC_SLOPE], b, 1e-10, "slow: slope, by logit_fit");
    is_near(value[METRIC_CITL], fit_large.coefficient[0], 1e-10, "slow: citl, by logit_fit");
    is_close(value[METRIC_G], slow_gini(moved, N), 1e-10, "slow: g");
    is_close(value[METRIC_GP], slow_gini(risk, N), 1e-10, "slow: gp");
    is_near(value[METRIC_U], (2 * (fit.log_likelihood + N * loss) - 2) / N, 1e-12, "slow: U");
    is_near(value[METRIC_D], (2 * (fit.log_likelihood - fit.null_log_likelihood) - 1) / N, 1e-12,
            "slow: D");
    // A grid of .001 on the logit scale misses at most an eighth of its square.
    is_near(value[METRIC_EMAX_LOGISTIC], slow_emax(a, b), 2e-7, "slow: emax.logistic");
    measure(eta, y, NULL, N, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
    is_close(value[METRIC_G], slow_gini(eta, N), 1e-12, "slow: g of the risks as given");
    logit_fit_free(&fit);
    logit_fit_free(&fit_large);
  }
}

static void test_emax_logistic(void)
{
  static const double lines[][2] = {{.2, 1}, {-1, .3}, {.5, 4}, {0, .01}, {3, 30}, {1e-3, 1 + 1e-9},
                                    {-2, 1e-3}, {10, .9}, {-50, 20}, {0, 2}, {7, 1 - 1e-14}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    // The grid's step times the slope is what it may miss.
    is_near(emax_logistic(lines[i][0], lines[i][1]), slow_emax(lines[i][0], lines[i][1]),
            1.3e-7 * fmax(1, lines[i][1] * lines[i][1]),
            LABEL("emax.logistic of %g + %g logit", lines[i][0], lines[i][1]));
  is_close(emax_logistic(1.6, 1), tanh(.4), 1e-14, "slope 1: tanh(a/4)");
  is_close(emax_logistic(-1e-9, 1), tanh(.25e-9), 1e-9, "a tiny one");
  ok(emax_logistic(0, 1) == 0, "the ideal line");
  ok(emax_logistic(.3, -1) == 1, "a falling line misses all at the ends");
  is_close(emax_logistic(-1, 0), logit_inverse(1), 1e-15, "a constant");
  ok(isnan(emax_logistic(NAN, 1)), "no line");
}

// ---- identities ----

enum {
  CURVE = BIT(METRIC_EMAX) | BIT(METRIC_E50) | BIT(METRIC_E90) | BIT(METRIC_EAVG) | BIT(METRIC_MAE),
  ONE_OUTCOME = BIT(METRIC_BRIER) | BIT(METRIC_OE) | BIT(METRIC_LOGLOSS) | CURVE,
  NO_LINE = BIT(METRIC_AUC) | BIT(METRIC_DXY) | BIT(METRIC_BRIER_SCALED) | ONE_OUTCOME,
};

static void test_identities(void)
{
  enum { N = 150 };
  double eta[N], y[N], moved[N], value[N_PERFORMANCE_METRICS], other[N_PERFORMANCE_METRICS];
  make_up(N, 0, eta, y);
  measure(eta, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  is_close(value[METRIC_DXY], 2 * value[METRIC_AUC] - 1, 1e-14, "dxy = 2 auc - 1");
  is_close(value[METRIC_Q], value[METRIC_D] - value[METRIC_U], 1e-14, "Q = D - U");
  ok(value[METRIC_U] > -2.0 / N, "U is at least -2/n");
  ok(value[METRIC_MAE] == value[METRIC_EAVG], "mae of the rows is eavg");
  for (size_t i = 0; i < N; i++)
    moved[i] = value[METRIC_INTERCEPT] + value[METRIC_SLOPE] * eta[i];
  measure(moved, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, other);
  is_close(other[METRIC_SLOPE], 1, 1e-12, "recalibrated: slope 1");
  is_near(other[METRIC_INTERCEPT], 0, 1e-12, "recalibrated: intercept 0");
  is_near(other[METRIC_CITL], 0, 1e-12, "recalibrated: citl 0");
  is_close(other[METRIC_OE], 1, 1e-12, "recalibrated: oe 1");
  is_close(other[METRIC_U], -2.0 / N, 1e-12, "recalibrated: U = -2/n");
  is_near(other[METRIC_EMAX_LOGISTIC], 0, 1e-12, "recalibrated: emax.logistic 0");
  is_close(other[METRIC_G], value[METRIC_G], 1e-12, "g is that of the recalibrated predictor");
  is_close(other[METRIC_GP], value[METRIC_GP], 1e-12, "and gp");
  is_close(other[METRIC_R2_NAGELKERKE], value[METRIC_R2_NAGELKERKE], 1e-12, "and R2");
  measure(moved, y, NULL, N, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (m != METRIC_U && m != METRIC_INTERCEPT && m != METRIC_CITL && m != METRIC_EMAX_LOGISTIC)
      is_close(value[m], other[m], 1e-11, LABEL("recalibrated: the kinds agree: %s",
                                               performance_names[m]));
  // Mirrored: other outcome, other sign.
  for (size_t i = 0; i < N; i++) {
    moved[i] = -eta[i];
    y[i] = 1 - y[i];
  }
  measure(moved, y, NULL, N, PERFORMANCE_EXTERNAL, METRIC_ALL, other);
  for (size_t i = 0; i < N; i++)
    y[i] = 1 - y[i];
  measure(eta, y, NULL, N, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++) {
    double sign = m == METRIC_INTERCEPT || m == METRIC_CITL ? -1 : 1;
    if (m != METRIC_OE && !(CURVE & BIT(m))) // lowess skips from left to right
      is_near(other[m], sign * value[m], 1e-9, LABEL("mirrored: %s", performance_names[m]));
  }
}

// Murphy (1973): Brier = reliability - resolution + uncertainty over the distinct risks.
static void test_brier_decomposition(void)
{
  enum { N = 200, LEVELS = 5 };
  double eta[N], y[N], value[N_PERFORMANCE_METRICS], n[LEVELS] = {0}, events[LEVELS] = {0};
  double total = 0, sum = 0;
  for (size_t i = 0; i < N; i++) {
    size_t k = (size_t) (uniform() * LEVELS);
    eta[i] = (double) k - 2;
    y[i] = uniform() < logit_inverse(eta[i]);
    n[k]++;
    events[k] += y[i];
    total += y[i] / N;
  }
  for (size_t k = 0; k < LEVELS; k++) {
    double f = events[k] / n[k], p = logit_inverse((double) k - 2);
    sum += n[k] * ((p - f) * (p - f) - (f - total) * (f - total)) / N;
  }
  measure(eta, y, NULL, N, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
  is_close(value[METRIC_BRIER], sum + total * (1 - total), 1e-13, "Murphy's decomposition");
}

// ---- weights ----

static void test_weights(void)
{
  enum { N = 70, MOST = 4 };
  for (int trial = 0; trial < 12; trial++) {
    double eta[N], y[N], weight[N], repeated_eta[N * MOST], repeated_y[N * MOST];
    double a[N_PERFORMANCE_METRICS], b[N_PERFORMANCE_METRICS], c[N_PERFORMANCE_METRICS];
    size_t m = 0;
    enum performance_kind kind = trial % 2 ? PERFORMANCE_INTERNAL : PERFORMANCE_EXTERNAL;
    make_up(N, trial % 3 ? trial : 0, eta, y);
    for (size_t i = 0; i < N; i++) {
      weight[i] = floor(uniform() * MOST);
      for (int k = 0; k < (int) weight[i]; k++) {
        repeated_eta[m] = eta[i];
        repeated_y[m++] = y[i];
      }
    }
    measure(repeated_eta, repeated_y, NULL, m, kind, METRIC_ALL, b);
    struct performance_workspace *workspace = performance_prepare(N);
    performance_measure_two(eta, y, weight, NULL, N, kind, METRIC_ALL, workspace, a, c);
    for (int k = 0; k < N_PERFORMANCE_METRICS; k++)
      is_near(a[k], b[k], 1e-10 * fmax(1, fabs(b[k])),
              LABEL("weights are repeated rows: %s, %d", performance_names[k], trial));
    performance_measure(eta, y, NULL, N, kind, METRIC_ALL, workspace, b);
    ok(memcmp(b, c, sizeof b) == 0, "one of two weightings has the bits that it has alone");
    performance_measure(eta, y, weight, N, kind, METRIC_ALL, workspace, b);
    ok(memcmp(b, a, sizeof b) == 0, "and so the other");
    for (int k = 0; k < N_PERFORMANCE_METRICS; k++) {
      performance_measure(eta, y, weight, N, kind, BIT(k), workspace, b);
      is_near(b[k], a[k], 1e-11 * fmax(1, fabs(a[k])),
              LABEL("alone: %s, %d", performance_names[k], trial));
      for (int j = 0; j < N_PERFORMANCE_METRICS; j++)
        if (j != k && !isnan(b[j]))
          ok(false, "%s was not wanted", performance_names[j]);
    }
    performance_release(workspace);
  }
}

// ---- edges ----

static void count_defined(const double *value, unsigned defined, const char *name)
{
  unsigned found = 0;
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    found |= isnan(value[m]) ? 0 : BIT(m);
  if (!ok(found == defined, "%s", name))
    for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
      if ((found ^ defined) & BIT(m))
        printf("#   %s is %g\n", performance_names[m], value[m]);
}

static void test_edges(void)
{
  double eta[6] = {-1, -.5, 0, .2, .7, 1.5}, y[6] = {0, 0, 0, 0, 0, 0};
  double value[N_PERFORMANCE_METRICS];
  measure(eta, y, NULL, 0, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, 0, "no row");
  measure(eta, y, NULL, 1, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, ONE_OUTCOME, "one row");
  measure(eta, y, NULL, 6, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, ONE_OUTCOME, "no event, internal");
  ok(value[METRIC_OE] == 0, "nothing observed");
  measure(eta, y, NULL, 6, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
  count_defined(value, ONE_OUTCOME | BIT(METRIC_G) | BIT(METRIC_GP), "no event, external");
  double none[6] = {0}, single[6] = {0, 0, 3, 0, 0, 0};
  measure(eta, y, none, 6, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
  count_defined(value, 0, "no weight");
  measure(eta, y, single, 6, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
  count_defined(value, ONE_OUTCOME | BIT(METRIC_G) | BIT(METRIC_GP), "one row, three times");
  is_close(value[METRIC_BRIER], .25, 1e-15, "its Brier score");

  y[3] = y[4] = y[5] = 1;
  unsigned separated = NO_LINE | BIT(METRIC_CITL);
  measure(eta, y, NULL, 6, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, separated, "separated");
  ok(value[METRIC_AUC] == 1, "auc 1");
  for (int i = 0; i < 6; i++)
    eta[i] = -eta[i];
  measure(eta, y, NULL, 6, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, separated, "separated the other way round");
  eta[2] = eta[3];
  measure(eta, y, NULL, 6, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, separated, "separated but for a tie");
  ok(value[METRIC_AUC] > 0, "though auc is not 0");
  measure(eta, y, NULL, 6, PERFORMANCE_EXTERNAL, METRIC_ALL, value);
  count_defined(value,
                separated | BIT(METRIC_G) | BIT(METRIC_GP) | BIT(METRIC_D) |
                    BIT(METRIC_R2_NAGELKERKE),
                "separated, external");
  y[3] = 0;
  y[2] = 1;
  eta[2] += 2;
  measure(eta, y, NULL, 6, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, METRIC_ALL, "overlap");
  eta[5] = 1e9;
  measure(eta, y, NULL, 6, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, METRIC_ALL, "one eta of 1e9");

  for (int i = 0; i < 6; i++)
    eta[i] = 0;
  measure(eta, y, NULL, 6, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value,
                METRIC_ALL & ~(BIT(METRIC_SLOPE) | BIT(METRIC_INTERCEPT) |
                               BIT(METRIC_EMAX_LOGISTIC)),
                "all risks equal");
  ok(value[METRIC_AUC] == .5 && value[METRIC_BRIER_SCALED] == 0, "half the risk for half the rows");
  is_near(value[METRIC_R2_NAGELKERKE], 0, 1e-15, "explain nothing");
  is_close(value[METRIC_D], -1.0 / 6, 1e-14, "D = -1/n");
  ok(value[METRIC_G] == 0 && value[METRIC_GP] == 0, "and do not differ");
}

static void test_infinite(void)
{
  enum { N = 40 };
  double eta[N], y[N], weight[N], value[N_PERFORMANCE_METRICS], other[N_PERFORMANCE_METRICS];
  make_up(N, 0, eta, y);
  for (int i = 0; i < N; i++)
    weight[i] = i != 7 && i != 9;
  measure(eta, y, weight, N, PERFORMANCE_INTERNAL, METRIC_ALL, other);
  eta[7] = INFINITY;
  eta[9] = -INFINITY;
  measure(eta, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, BIT(METRIC_AUC) | BIT(METRIC_DXY) | BIT(METRIC_BRIER) |
                           BIT(METRIC_BRIER_SCALED) | BIT(METRIC_OE) | CURVE,
                "risks of 0 and 1");
  measure(eta, y, weight, N, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  double worst = 0;
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    worst = fmax(worst, fabs(value[m] - other[m]) / fmax(1, fabs(other[m])));
  ok(worst < 1e-11, "without weight they count nowhere");
  eta[7] = 800;
  eta[9] = -800;
  y[7] = 1;
  y[9] = 0;
  measure(eta, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  count_defined(value, METRIC_ALL, "eta of 800: risks of 0 and 1, but finite logits");
}

// Predictors far from 0: the intercept makes up for it.
static void test_offsets(void)
{
  enum { N = 120 };
  double eta[N], y[N], moved[N], value[N_PERFORMANCE_METRICS], other[N_PERFORMANCE_METRICS];
  make_up(N, 64, eta, y); // multiples of 1/64: exact at all places
  measure(eta, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, value);
  static const double offsets[] = {-3, 20, -200, 5000, 1e8};
  for (size_t k = 0; k < 5; k++) {
    for (size_t i = 0; i < N; i++)
      moved[i] = eta[i] + offsets[k];
    measure(moved, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, other);
    is_close(other[METRIC_SLOPE], value[METRIC_SLOPE], 1e-10, LABEL("slope at %g", offsets[k]));
    is_close(other[METRIC_INTERCEPT], value[METRIC_INTERCEPT] - value[METRIC_SLOPE] * offsets[k],
             1e-10, LABEL("intercept at %g", offsets[k]));
    is_close(other[METRIC_CITL], value[METRIC_CITL] - offsets[k], 1e-11,
             LABEL("citl at %g", offsets[k]));
    is_close(other[METRIC_R2_NAGELKERKE], value[METRIC_R2_NAGELKERKE], 1e-9,
             LABEL("R2 at %g", offsets[k]));
    // The risk is a + b eta of large numbers: their rounding.
    is_close(other[METRIC_GP], value[METRIC_GP], 1e-11 + 1e-15 * fabs(offsets[k]),
             LABEL("gp at %g", offsets[k]));
  }
  static const double scales[] = {1e-6, 1e-3, 100, 1e5};
  for (size_t k = 0; k < 4; k++) {
    for (size_t i = 0; i < N; i++)
      moved[i] = eta[i] * scales[k];
    measure(moved, y, NULL, N, PERFORMANCE_INTERNAL, METRIC_ALL, other);
    is_close(other[METRIC_SLOPE], value[METRIC_SLOPE] / scales[k], 1e-9,
             LABEL("slope of eta times %g", scales[k]));
    is_near(other[METRIC_INTERCEPT], value[METRIC_INTERCEPT], 1e-9,
            LABEL("intercept of eta times %g", scales[k]));
    is_close(other[METRIC_G], value[METRIC_G], 1e-9, LABEL("g of eta times %g", scales[k]));
  }
}

// ---- the order ----

static bool same_order(const double *x, size_t n)
{
  struct order_room room = order_room_new(n);
  size_t *ours = malloc((n + 1) * sizeof *ours), *base = malloc((n + 1) * sizeof *base);
  order_ascending(x, n, &room, ours);
  sort_order(x, n, base);
  bool same = memcmp(ours, base, n * sizeof *ours) == 0;
  free(ours);
  free(base);
  order_room_free(&room);
  return same;
}

static void test_order(void)
{
  static const size_t sizes[] = {0, 1, 2, 3, 24, 25, 138, 1024, 1025, 5000, 30000};
  enum { MOST = 30000 };
  double *x = malloc(MOST * sizeof *x);
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    size_t n = sizes[k];
    bool good = true;
    for (int shape = 0; shape < 9; shape++) {
      for (size_t i = 0; i < n; i++) {
        double u = uniform();
        x[i] = shape == 0   ? u
               : shape == 1 ? floor(u * 5)
               : shape == 2 ? exp(600 * (u - .5)) * (uniform() < .5 ? -1 : 1)
               : shape == 3 ? 1
               : shape == 4 ? (double) i
               : shape == 5 ? (double) (n - i)
               : shape == 6 ? (u < .1 ? -INFINITY : u > .9 ? INFINITY : u)
               : shape == 7 ? (i == 0 ? 1e300 : u * 1e-300)
                            : (u < .5 ? 1e308 * (u - .3) * 4 : 4e-324 * floor(u * 100));
      }
      good = good && same_order(x, n);
    }
    ok(good, "the order of %zu values of every shape is sort_order's", n);
  }
  free(x);
}

static void test_performance_order(void)
{
  enum { N = 200 };
  double eta[N], y[N], weight[N], risk[N], value[N_PERFORMANCE_METRICS];
  bool good = true, seen[N] = {false};
  make_up(N, 8, eta, y);
  for (size_t i = 0; i < N; i++)
    weight[i] = (double) (i % 3);
  eta[3] = -INFINITY;
  eta[7] = INFINITY;
  struct performance_workspace *workspace = performance_prepare(N + 5);
  performance_measure_two(eta, y, weight, NULL, N, PERFORMANCE_INTERNAL,
                          BIT(METRIC_BRIER) | PERFORMANCE_ORDER, workspace, value, value);
  const size_t *order = performance_order(workspace, N, risk);
  for (size_t i = 0; i < N; i++) {
    good = good && order[i] < N && !seen[order[i]];
    seen[order[i]] = true;
    good = good && (i == 0 || (eta[order[i]] >= eta[order[i - 1]] && risk[i] >= risk[i - 1]));
    good = good && fabs(risk[i] - logit_inverse(eta[order[i]])) <= 1e-15;
  }
  ok(good, "each row once, in order of eta, with its risk");
  ok(risk[0] == 0 && risk[N - 1] == 1, "risks of 0 and 1");
  performance_release(workspace);
}

static void test_names(void)
{
  bool good = true;
  for (int m = 0; m < N_PERFORMANCE_METRICS; m++)
    good = good && performance_names[m] && performance_help[m];
  ok(good, "every metric has a name and a help line");
}

int main(void)
{
  struct reference *r = reference_open("performance.tsv");
  test_reference(r);
  test_rms(r);
  test_val_prob(r);
  test_slow();
  test_emax_logistic();
  test_identities();
  test_brier_decomposition();
  test_weights();
  test_edges();
  test_infinite();
  test_offsets();
  test_order();
  test_performance_order();
  test_names();
  reference_close(r);
  return tap_done();
}
