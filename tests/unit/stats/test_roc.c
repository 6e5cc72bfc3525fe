// SPDX-License-Identifier: GPL-3.0-or-later
// Areas under ROC curves, their covariance and their tests.
#include <config.h>

#include "stats/roc.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/sort.h"
#include "roc_cases.h"
#include "stats/distribution.h"
#include "stats/mann_whitney.h"
#include "tap.h"

static char label_text[200];
#define LABEL(...) (snprintf(label_text, sizeof label_text, __VA_ARGS__), label_text)

// ---- slow and obvious ----

static double pair_score(double event, double other)
{
  return event > other ? 1 : event == other ? 0.5 : 0;
}

static double slow_auc(const double *x, const double *y, size_t n)
{
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (y[i] == 1 && y[j] == 0) {
        sum += pair_score(x[i], x[j]);
        pairs++;
      }
  return sum / pairs;
}

// DeLong's structural components: of each event over the others, of each other over the events.
static double component(const double *x, const double *y, size_t n, size_t row)
{
  double sum = 0, count = 0;
  for (size_t i = 0; i < n; i++)
    if (y[i] != y[row]) {
      sum += y[row] == 1 ? pair_score(x[row], x[i]) : pair_score(x[i], x[row]);
      count++;
    }
  return sum / count;
}

// S10/n1 + S01/n0 of two vectors of components.
static double slow_covariance(const double *a, const double *b, const double *y, size_t n)
{
  double result = 0;
  for (int group = 0; group <= 1; group++) {
    double count = 0, mean_a = 0, mean_b = 0, products = 0;
    for (size_t i = 0; i < n; i++)
      if (y[i] == group) {
        count++;
        mean_a += a[i];
        mean_b += b[i];
      }
    mean_a /= count;
    mean_b /= count;
    for (size_t i = 0; i < n; i++)
      if (y[i] == group)
        products += (a[i] - mean_a) * (b[i] - mean_b);
    result += products / (count - 1) / count;
  }
  return result;
}

static void slow_versions(size_t n, size_t k, double grain)
{
  double *y = malloc(n * sizeof *y), *x[MOST_MARKERS], *v[MOST_MARKERS];
  for (size_t j = 0; j < k; j++) {
    x[j] = malloc(n * sizeof **x);
    v[j] = malloc(n * sizeof **v);
  }
  roc_make_up(n, k, grain, y, x);
  struct roc_areas areas;
  roc_areas_compute((const double *const *) x, k, y, NULL, n, &areas);
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < n; i++)
      v[j][i] = component(x[j], y, n, i);
  double worst = 0, worst_covariance = 0, worst_difference = 0;
  for (size_t i = 0; i < k; i++) {
    worst = fmax(worst, fabs(areas.auc[i] - slow_auc(x[i], y, n)));
    for (size_t j = 0; j < k; j++) {
      double scale = sqrt(areas.covariance[i + k * i] * areas.covariance[j + k * j]);
      double expected = slow_covariance(v[i], v[j], y, n);
      worst_covariance =
          fmax(worst_covariance, fabs(areas.covariance[i + k * j] - expected) / scale);
      double *d = malloc(n * sizeof *d);
      for (size_t r = 0; r < n; r++)
        d[r] = v[i][r] - v[j][r];
      double variance = slow_covariance(d, d, y, n);
      if (i != j)
        worst_difference =
            fmax(worst_difference, fabs(areas.difference_variance[i + k * j] / variance - 1));
      else
        ok(areas.difference_variance[i + k * j] == 0, "a marker does not differ from itself");
      free(d);
    }
  }
  is_near(worst, 0, 1e-14, LABEL("areas of %zu x %zu, rounded to 1/%g, by all pairs", n, k, grain));
  is_near(worst_covariance, 0, 1e-13, LABEL("their covariances by DeLong's components"));
  is_near(worst_difference, 0, 1e-12, LABEL("variances of their differences by components"));
  roc_areas_free(&areas);
  free(y);
  for (size_t j = 0; j < k; j++) {
    free(x[j]);
    free(v[j]);
  }
}

// ---- against pROC ----

static void check_pairs(const struct reference *reference, const struct roc_case *c,
                        const struct roc_areas *areas)
{
  const double *r = roc_values(reference, c->name, "pairs", NULL);
  for (size_t i = 0; i < c->k; i++)
    for (size_t j = i + 1; j < c->k; j++, r += 6) {
      struct roc_test test = roc_compare_paired(areas, i, j, 0.95);
      is_near(test.estimate, r[0], 1e-15, LABEL("%s %zu %zu: difference", c->name, i, j));
      // R's variance is v1 + v2 - 2 v12.
      is_close(test.std_error, r[1], 1e-12, LABEL("%s %zu %zu: its se", c->name, i, j));
      is_close(test.statistic, r[2], 1e-12, LABEL("%s %zu %zu: z as roc.test", c->name, i, j));
      is_close(test.p_value, r[3], 1e-10, LABEL("%s %zu %zu: P as roc.test", c->name, i, j));
      is_near(test.conf_low, r[4], 1e-13, LABEL("%s %zu %zu: lower limit", c->name, i, j));
      is_near(test.conf_high, r[5], 1e-13, LABEL("%s %zu %zu: upper limit", c->name, i, j));
      ok(isnan(test.df), "the paired test is normal");
    }
}

static void check_case(const struct reference *reference, const char *name)
{
  struct roc_case c = roc_case_load(reference, name);
  struct roc_areas areas;
  roc_areas_compute(c.x, c.k, c.y, NULL, c.n, &areas);
  const double *auc = roc_values(reference, name, "auc", NULL);
  const double *covariance = roc_values(reference, name, "covariance", NULL);
  const double *ci = roc_values(reference, name, "ci", NULL);
  const double *ci90 = roc_values(reference, name, "ci90", NULL);
  const double *logit = roc_values(reference, name, "logit", NULL);
  const double *p = roc_values(reference, name, "p", NULL);
  const double *null = roc_values(reference, name, "null", NULL);
  for (size_t j = 0; j < c.k; j++) {
    double se = sqrt(areas.covariance[j + c.k * j]), low, high, z;
    is_near(areas.auc[j], auc[j], 1e-15, LABEL("%s %zu: area as pROC", name, j));
    is_near(roc_auc(c.x[j], c.y, NULL, c.n, NULL), auc[j], 1e-15, "and alone");
    for (size_t i = 0; i < c.k; i++) {
      double scale = sqrt(covariance[i + c.k * i] * covariance[j + c.k * j]);
      is_near(areas.covariance[i + c.k * j], covariance[i + c.k * j], 1e-13 * scale,
              LABEL("%s %zu %zu: covariance as pROC", name, i, j));
    }
    roc_auc_interval(areas.auc[j], se, areas.n_events, areas.n_others, ROC_DELONG, 0.95, &low,
                     &high);
    is_near(low, ci[2 * j], 1e-13, LABEL("%s %zu: ci.auc, low", name, j));
    is_near(high, ci[2 * j + 1], 1e-13, LABEL("%s %zu: ci.auc, high", name, j));
    roc_auc_interval(areas.auc[j], se, areas.n_events, areas.n_others, ROC_DELONG, 0.9, &low,
                     &high);
    is_near(low, ci90[2 * j], 1e-13, LABEL("%s %zu: ci.auc 90%%, low", name, j));
    is_near(high, ci90[2 * j + 1], 1e-13, LABEL("%s %zu: ci.auc 90%%, high", name, j));
    roc_auc_interval(areas.auc[j], se, areas.n_events, areas.n_others, ROC_LOGIT, 0.95, &low,
                     &high);
    is_near(low, logit[2 * j], 1e-13, LABEL("%s %zu: logit, low", name, j));
    is_near(high, logit[2 * j + 1], 1e-13, LABEL("%s %zu: logit, high", name, j));
    if (se > 0) {
      bool mann_whitney = true;
      double p_value = roc_auc_p(areas.auc[j], se, c.x[j], c.y, c.n, &z, &mann_whitney);
      is_close(z, p[2 * j], 1e-12, LABEL("%s %zu: z against 1/2", name, j));
      is_close(p_value, p[2 * j + 1], 1e-10, LABEL("%s %zu: its P", name, j));
      ok(!mann_whitney, "by DeLong's standard error");
    }
    double p_value = roc_auc_null_p(areas.auc[j], areas.n_events, areas.n_others, &z);
    is_close(z, null[2 * j], 1e-12, LABEL("%s %zu: z by the error under the hypothesis", name, j));
    is_close(p_value, null[2 * j + 1], 1e-10, LABEL("%s %zu: its P", name, j));
  }
  check_pairs(reference, &c, &areas);
  const double *all = roc_values(reference, name, "all", NULL);
  struct roc_test test = roc_compare_all(&areas);
  is_close(test.statistic, all[0], 1e-11, LABEL("%s: chi-square of all, by R's solve", name));
  is_close(test.df, all[1], 0, LABEL("%s: its df", name));
  is_close(test.p_value, all[2], 1e-10, LABEL("%s: its P", name));
  roc_areas_free(&areas);
}

static void check_unpaired(const struct reference *reference, const char *name)
{
  char prefix[100];
  snprintf(prefix, sizeof prefix, "unpaired.%s", name);
  size_t n1, n2;
  const double *y1 = roc_values(reference, prefix, "y1", &n1);
  const double *x1 = roc_values(reference, prefix, "x1", NULL);
  const double *y2 = roc_values(reference, prefix, "y2", &n2);
  const double *x2 = roc_values(reference, prefix, "x2", NULL);
  const double *r = reference_values(reference, prefix, NULL);
  struct roc_areas a, b;
  roc_areas_compute(&x1, 1, y1, NULL, n1, &a);
  roc_areas_compute(&x2, 1, y2, NULL, n2, &b);
  struct roc_test test = roc_compare_unpaired(&a, 0, &b, 0, 0.95);
  is_near(test.estimate, r[0], 1e-15, LABEL("%s: difference on different rows", name));
  is_close(test.std_error, r[1], 1e-12, LABEL("%s: se", name));
  is_close(test.statistic, r[2], 1e-12, LABEL("%s: t as roc.test(paired = FALSE)", name));
  is_close(test.df, r[3], 1e-12, LABEL("%s: df as roc.test", name));
  is_close(test.p_value, r[4], 1e-10, LABEL("%s: P as roc.test", name));
  is_near(test.conf_low, r[5], 1e-12, LABEL("%s: lower limit", name));
  is_near(test.conf_high, r[6], 1e-12, LABEL("%s: upper limit", name));
  roc_areas_free(&a);
  roc_areas_free(&b);
}

// ---- published ----

static void published(const struct reference *reference)
{
  // Robin et al. (2011), BMC Bioinformatics 12, 77: areas to three digits.
  struct roc_case c = roc_case_load(reference, "asah");
  is_near(roc_auc(c.x[0], c.y, NULL, c.n, NULL), 0.731, 5e-4, "S100b of Robin et al. (2011)");
  is_near(roc_auc(c.x[1], c.y, NULL, c.n, NULL), 0.612, 5e-4, "NDKA of Robin et al. (2011)");
  is_near(roc_auc(c.x[2], c.y, NULL, c.n, NULL), 0.824, 5e-4, "WFNS of Robin et al. (2011)");
  // DeLong et al.'s data as analysed in the SAS/STAT User's Guide: four digits are printed.
  c = roc_case_load(reference, "ovarian");
  static const double area[] = {0.7366, 0.6478, 0.7258}, se[] = {0.0927, 0.1000, 0.1028};
  struct roc_areas areas;
  roc_areas_compute(c.x, c.k, c.y, NULL, c.n, &areas);
  for (size_t j = 0; j < 3; j++) {
    is_near(areas.auc[j], area[j], 5e-5, LABEL("area of ovarian marker %zu as SAS prints it", j));
    is_near(sqrt(areas.covariance[4 * j]), se[j], 5e-5, "and its standard error");
  }
  struct roc_test test = roc_compare_all(&areas);
  is_near(test.statistic, 2.5340, 5e-5, "SAS's chi-square of the three curves");
  is_near(test.p_value, 0.2817, 5e-5, "and its P");
  test = roc_compare_paired(&areas, 0, 2, 0.95);
  is_near(test.std_error, 0.0953, 5e-5, "SAS's standard error of albumin - K-G score");
  is_near(test.p_value, 0.9102, 5e-5, "and its P");
  roc_areas_free(&areas);
}

// ---- identities ----

static void mann_whitney_identity(size_t n, double grain)
{
  double *y = malloc(n * sizeof *y), *x = malloc(n * sizeof *x), *negative = malloc(n * sizeof *x);
  double *split = malloc(n * sizeof *split), *grown = malloc(n * sizeof *grown);
  size_t n1 = 0, end = n, *order = malloc(n * sizeof *order);
  roc_make_up(n, 1, grain, y, (double *const[]){x});
  for (size_t i = 0; i < n; i++) {
    split[y[i] == 1 ? n1++ : --end] = x[i];
    negative[i] = -x[i];
    grown[i] = exp(3 * x[i]);
  }
  sort_doubles(split, n1);
  sort_doubles(split + n1, n - n1);
  struct mann_whitney_result test =
      mann_whitney_test(split, NULL, n1, split + n1, NULL, n - n1, MANN_WHITNEY_ASYMPTOTIC);
  double auc = roc_auc(x, y, NULL, n, NULL);
  ok(auc == test.u / ((double) n1 * (double) (n - n1)), "n = %zu: the area is U/(n1 n0)", n);
  sort_order(x, n, order);
  ok(roc_auc(x, y, NULL, n, order) == auc, "the same from an order");
  ok(roc_auc(grown, y, NULL, n, NULL) == auc, "the same of exp(3 x)");
  is_near(roc_auc(negative, y, NULL, n, NULL), 1 - auc, 1e-15, "1 - area of -x");

  struct roc_areas areas;
  roc_areas_compute((const double *const[]){x, grown, negative}, 3, y, NULL, n, &areas);
  ok(areas.auc[0] == auc, "the same beside others");
  ok(areas.covariance[0] == areas.covariance[4] && areas.covariance[0] == areas.covariance[1] &&
         areas.covariance[0] == areas.covariance[8] &&
         areas.covariance[0] == -areas.covariance[2] &&
         areas.covariance[0] == areas.covariance[1 * 3],
     "variance and covariance with exp(3 x) and -x, to the bit");
  struct roc_test paired = roc_compare_paired(&areas, 0, 1, 0.95);
  ok(paired.estimate == 0 && paired.std_error == 0 && paired.p_value == 1 &&
         paired.statistic == 0 && paired.conf_low == 0 && paired.conf_high == 0,
     "a marker and a monotone map of it: difference 0, P 1");
  paired = roc_compare_paired(&areas, 0, 2, 0.95);
  is_close(paired.std_error, 2 * sqrt(areas.covariance[0]), 1e-14, "a marker against its reverse");
  roc_areas_free(&areas);
  free(y);
  free(x);
  free(negative);
  free(split);
  free(grown);
  free(order);
}

static void weights_are_repeats(const struct reference *reference)
{
  size_t n_values;
  const double *rows = reference_values(reference, "weighted.rows", &n_values);
  enum { ROWS = 60 };
  double y[ROWS], x0[ROWS], x1[ROWS], weight[ROWS], scaled[ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    y[i] = rows[4 * i];
    x0[i] = rows[4 * i + 1];
    x1[i] = rows[4 * i + 2];
    weight[i] = rows[4 * i + 3];
    scaled[i] = 0.3 * weight[i];
  }
  struct roc_case c = roc_case_load(reference, "weighted");
  struct roc_areas areas, repeated;
  roc_areas_compute((const double *const[]){x0, x1}, 2, y, weight, ROWS, &areas);
  roc_areas_compute(c.x, 2, c.y, NULL, c.n, &repeated);
  ok(areas.n_events == repeated.n_events && areas.n_others == repeated.n_others,
     "weights count rows");
  for (size_t j = 0; j < 2; j++)
    ok(areas.auc[j] == repeated.auc[j] &&
           roc_auc(c.x[j], c.y, NULL, c.n, NULL) == roc_auc(j ? x1 : x0, y, weight, ROWS, NULL),
       "areas with weights are those of repeated rows");
  for (size_t i = 0; i < 4; i++) {
    is_close(areas.covariance[i], repeated.covariance[i], 1e-13, "so are covariances");
    is_close(areas.difference_variance[i], repeated.difference_variance[i], 1e-13,
             "and variances of differences");
  }
  is_near(roc_auc(x0, y, scaled, ROWS, NULL), areas.auc[0], 1e-15,
          "the area does not depend on the scale of weights");
  roc_areas_free(&areas);
  roc_areas_free(&repeated);
}

static void infinite_values(void)
{
  double y[] = {1, 0, 1, 0, 1, 0, 1, 0},
         x[] = {INFINITY, INFINITY, 3, 2, 5, -INFINITY, -INFINITY, 4};
  double finite[] = {99, 99, 3, 2, 5, -99, -99, 4}, zero[] = {0.0, -0.0, 1, -1, 2, -2, 0.0, -0.0};
  double plain[] = {0, 0, 1, -1, 2, -2, 0, 0};
  struct roc_areas areas;
  roc_areas_compute((const double *const[]){x, finite, zero, plain}, 4, y, NULL, 8, &areas);
  ok(areas.auc[0] == areas.auc[1] && areas.difference_variance[1] == 0,
     "infinite values are the largest and the smallest");
  ok(areas.auc[2] == areas.auc[3] && areas.difference_variance[2 + 4 * 3] == 0, "-0 is 0");
  ok(roc_auc(x, y, NULL, 8, NULL) == slow_auc(x, y, 8), "infinite values by all pairs");
  roc_areas_free(&areas);
}

// ---- P by the standard error under the hypothesis ----

static double squared(double x)
{
  return x * x;
}

// Over all ways to choose the events among 8 different values the area has this variance.
static void check_null_variance(void)
{
  enum { ROWS = 8, EVENTS = 3 };
  double x[ROWS] = {3, 1, 4, 15, 9, 2, 6, 5}, y[ROWS], sum = 0, n = 0, z;
  for (unsigned chosen = 0; chosen < 1U << ROWS; chosen++) {
    if (__builtin_popcount(chosen) != EVENTS)
      continue;
    for (int i = 0; i < ROWS; i++)
      y[i] = chosen >> i & 1;
    sum += squared(slow_auc(x, y, ROWS) - 0.5);
    n++;
  }
  roc_auc_null_p(1, EVENTS, ROWS - EVENTS, &z);
  is_close(z, 0.5 / sqrt(sum / n), 1e-14, "the error under the hypothesis, by all permutations");
}

static void check_null(void)
{
  check_null_variance();
  double x[60], y[60], z;
  for (int i = 0; i < 60; i++) {
    x[i] = i * 37 % 61;
    y[i] = x[i] + i % 7 * 6 > 40;
  }
  double auc = roc_auc(x, y, NULL, 60, NULL), events[60], others[60];
  size_t n1 = 0, n0 = 0;
  for (int i = 0; i < 60; i++)
    *(y[i] == 1 ? &events[n1++] : &others[n0++]) = x[i];
  sort_doubles(events, n1);
  sort_doubles(others, n0);
  struct mann_whitney_result test =
      mann_whitney_test(events, NULL, n1, others, NULL, n0, MANN_WHITNEY_ASYMPTOTIC);
  is_close(roc_auc_null_p(auc, (double) n1, (double) n0, &z), test.p_value, 1e-11,
           "without ties it is the asymptotic Mann-Whitney P");
  is_close(z, test.z, 1e-13, "and its z");
  // The 13 rows that PSPP 1.6.2 gives .175 for; with ties the Mann-Whitney P is smaller, .154.
  is_near(roc_auc_null_p(30.5 / 42, 7, 6, &z), 0.175, 5e-4, "PSPP's printed P of tied values");
  is_close(roc_auc_null_p(1, 800, 700, &z), normal_two_sided(sqrt(3 * 800 * 700 / 1501.0)), 1e-12,
           "a P of 1e-245");
  ok(roc_auc_null_p(0.5, 3, 4, &z) == 1 && z == 0, "an area of 1/2: P 1");
  ok(isnan(roc_auc_null_p(NAN, 0, 4, &z)) && isnan(z), "no events: no P");
  ok(isnan(roc_auc_null_p(NAN, 4, 0, NULL)), "all events: no P");
}

// ---- edges ----

static void degenerate(void)
{
  double x[] = {1, 2, 3, 4, 5, 6}, tied[] = {7, 7, 7, 7, 7, 7}, y[] = {0, 0, 0, 1, 1, 1};
  double ones[] = {1, 1, 1, 1, 1, 1}, one_event[] = {0, 0, 0, 0, 1, 0}, z, low, high;
  struct roc_areas areas;
  bool mann_whitney = false;
  roc_areas_compute((const double *const[]){x, tied}, 2, y, NULL, 6, &areas);
  ok(areas.auc[0] == 1 && areas.covariance[0] == 0, "a perfect marker: area 1, variance 0");
  ok(areas.auc[1] == 0.5 && areas.covariance[3] == 0, "all tied: area 1/2, variance 0");
  is_close(roc_auc_p(1, 0, x, y, 6, &z, &mann_whitney), 0.1, 1e-15,
           "a perfect marker of 3 and 3: the exact P is 2/20");
  ok(mann_whitney, "which is said");
  is_close(z, 4.5 / sqrt(9 * 7 / 12.0), 1e-15, "with the z of the Mann-Whitney test");
  ok(isnan(roc_auc_p(0.5, 0, tied, y, 6, NULL, NULL)), "all tied: no P");
  struct roc_test test = roc_compare_paired(&areas, 0, 1, 0.95);
  ok(test.estimate == 0.5 && test.std_error == 0 && isnan(test.p_value) && isnan(test.statistic) &&
         isnan(test.conf_low),
     "a difference that does not vary has no P");
  test = roc_compare_all(&areas);
  ok(test.df == 0 && isnan(test.statistic) && isnan(test.p_value), "nor has the test of all");
  test = roc_compare_unpaired(&areas, 0, &areas, 1, 0.95);
  ok(isnan(test.p_value) && test.estimate == 0.5, "nor an unpaired one");
  test = roc_compare_unpaired(&areas, 0, &areas, 0, 0.95);
  ok(test.p_value == 1 && test.estimate == 0, "two perfect markers do not differ");
  roc_auc_interval(1, 0, 3, 3, ROC_DELONG, 0.95, &low, &high);
  ok(low == 1 && high == 1, "DeLong's interval of a perfect marker is a point");
  roc_auc_interval(1, 0, 3, 3, ROC_LOGIT, 0.95, &low, &high);
  ok(isnan(low) && isnan(high), "the logit interval has no answer there");
  roc_auc_interval(1, 0, 3, 5, ROC_EXACT, 0.95, &low, &high);
  is_close(low, cbrt(0.025), 1e-14, "the exact one: (alpha/2)^(1/3) for three events");
  ok(high == 1, "up to 1");
  roc_auc_interval(0.8, 0.1, 3, 5, ROC_BOOTSTRAP, 0.95, &low, &high);
  ok(isnan(low) && isnan(high), "the bootstrap is the caller's");
  roc_auc_interval(0.8, 0.1, 3, 5, ROC_DELONG, 1.5, &low, &high);
  ok(isnan(low) && isnan(high), "no interval at level 1.5");
  roc_auc_interval(NAN, NAN, 0, 5, ROC_DELONG, 0.95, &low, &high);
  ok(isnan(low) && isnan(high), "no interval of no area");
  roc_areas_free(&areas);

  roc_areas_compute((const double *const[]){x, tied}, 2, one_event, NULL, 6, &areas);
  ok(areas.auc[0] == 0.8 && isnan(areas.covariance[0]) && isnan(areas.difference_variance[1]),
     "one event: an area without variance");
  is_close(roc_auc_p(0.8, NAN, x, one_event, 6, &z, &mann_whitney), 4.0 / 6, 1e-15,
           "its P is exact: rank 5 or 6, or 1 or 2, of 6");
  test = roc_compare_paired(&areas, 0, 1, 0.95);
  ok(isnan(test.p_value) && isnan(test.std_error), "one event: no comparison");
  test = roc_compare_all(&areas);
  ok(isnan(test.p_value) && isnan(test.df), "of all neither");
  test = roc_compare_unpaired(&areas, 0, &areas, 1, 0.95);
  ok(isnan(test.p_value), "nor unpaired");
  roc_areas_free(&areas);

  double one_other[] = {1, 1, 1, 0, 1, 1}, quarter[] = {0.25, 0.25, 0.25, 0.25, 0.25, 0.25};
  double mostly_events[] = {4, 4, 4, 1.75, 4, 4};
  roc_areas_compute((const double *const[]){x, tied}, 2, one_other, NULL, 6, &areas);
  ok(areas.auc[0] == 0.4 && isnan(areas.covariance[0]) && isnan(areas.covariance[3]),
     "one other row: an area without variance");
  roc_areas_free(&areas);
  roc_areas_compute((const double *const[]){x, tied}, 2, y, quarter, 6, &areas);
  ok(areas.auc[0] == 1 && areas.n_events == 0.75 && isnan(areas.covariance[0]),
     "weights of less than two events: no variance");
  roc_areas_free(&areas);
  roc_areas_compute((const double *const[]){x, tied}, 2, one_other, mostly_events, 6, &areas);
  ok(areas.auc[0] == 0.4 && areas.n_others == 1.75 && isnan(areas.covariance[0]),
     "weights of less than two others: none either");
  roc_areas_free(&areas);

  roc_areas_compute((const double *const[]){x, tied}, 2, ones, NULL, 6, &areas);
  ok(areas.n_events == 6 && areas.n_others == 0 && isnan(areas.auc[0]) &&
         isnan(areas.covariance[0]) && isnan(areas.difference_variance[1]),
     "events only: nothing");
  roc_areas_free(&areas);
  ok(isnan(roc_auc(x, ones, NULL, 6, NULL)), "no area of events only");
  ok(isnan(roc_auc(x, ones, ones, 6, NULL)), "no weighted one either");
  ok(isnan(roc_auc_p(NAN, NAN, x, ones, 6, &z, NULL)), "nor a P");
  for (size_t n = 0; n <= 2; n++) {
    double y2[] = {0, 1};
    roc_areas_compute((const double *const[]){x}, 1, y2, NULL, n, &areas);
    ok(n == 2 ? areas.auc[0] == 1 : isnan(areas.auc[0]), "n = %zu", n);
    ok(isnan(areas.covariance[0]), "without a variance");
    roc_areas_free(&areas);
  }
  roc_areas_compute(NULL, 0, y, NULL, 6, &areas);
  ok(areas.k == 0 && areas.n_events == 3, "no marker");
  test = roc_compare_all(&areas);
  ok(isnan(test.p_value), "nothing to compare");
  roc_areas_free(&areas);
  ok(!areas.auc && !areas.covariance, "freed");
}

// Large samples: the P of a perfect marker is the asymptotic Mann-Whitney P.
static void perfect_and_large(void)
{
  enum { N = 1600 };
  double x[N], y[N], z;
  for (size_t i = 0; i < N; i++) {
    x[i] = (double) i;
    y[i] = i >= N / 2;
  }
  double expected = 320000 / sqrt(640000.0 * 1601 / 12);
  bool mann_whitney;
  is_close(roc_auc_p(1, 0, x, y, N, &z, &mann_whitney), normal_two_sided(expected), 1e-12,
           "a perfect marker of 800 and 800: P is near 1e-262, not 0");
  is_close(z, expected, 1e-14, "its z");
}

// ---- comparisons of several ----

static struct roc_test compare_columns(const struct roc_case *c, const size_t *column, size_t k)
{
  const double *x[MOST_MARKERS];
  struct roc_areas areas;
  for (size_t j = 0; j < k; j++)
    x[j] = c->x[column[j]];
  roc_areas_compute(x, k, c->y, NULL, c->n, &areas);
  struct roc_test test = roc_compare_all(&areas);
  roc_areas_free(&areas);
  return test;
}

static void several(const struct reference *reference)
{
  struct roc_case c = roc_case_load(reference, "normal");
  double whole = compare_columns(&c, (size_t[]){0, 1, 2, 3, 4}, 5).statistic;
  is_close(compare_columns(&c, (size_t[]){3, 0, 4, 2, 1}, 5).statistic, whole, 1e-12,
           "the order of the markers does not matter");
  struct roc_test repeated = compare_columns(&c, (size_t[]){0, 1, 1, 2, 3, 0, 4, 4}, 8);
  is_close(repeated.statistic, whole, 1e-12, "nor do markers that occur twice");
  ok(repeated.df == 4, "nor have they degrees of freedom");
  struct roc_areas areas;
  roc_areas_compute(c.x, 2, c.y, NULL, c.n, &areas);
  struct roc_test all = roc_compare_all(&areas), pair = roc_compare_paired(&areas, 0, 1, 0.95);
  is_close(all.statistic, pair.statistic * pair.statistic, 1e-13, "of two: the square of z");
  is_close(all.p_value, pair.p_value, 1e-11, "of two: the same P");
  ok(isnan(all.estimate) && isnan(all.std_error) && isnan(all.conf_low), "and nothing else");
  roc_areas_free(&areas);
  struct roc_test same = compare_columns(&c, (size_t[]){2, 2, 2}, 3);
  ok(same.statistic == 0 && same.df == 0 && same.p_value == 1, "three times the same: P 1");
  struct roc_test one = compare_columns(&c, (size_t[]){2}, 1);
  ok(isnan(one.statistic) && isnan(one.p_value), "one alone: nothing to compare");
}

// Two blocks of rows, the one above the other, each ordered by one of two markers: the placements
// of (1,1) + (2,2) are those of (1,2) + (2,1), so that four markers have three areas' worth of
// information, and three of them the same chi-square.
static void dependent_markers(void)
{
  enum { N = 600 };
  double y[N], first[2][N], second[2][N], x[4][N];
  roc_make_up(N, 2, 0, y, (double *const[]){first[0], first[1]});
  roc_make_up(N, 2, 0, y, (double *const[]){second[0], second[1]});
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < 4; j++)
      x[j][i] = i % 2 ? 100 + second[j % 2][i] : first[j / 2][i];
  struct roc_areas areas;
  roc_areas_compute((const double *const[]){x[0], x[1], x[2], x[3]}, 4, y, NULL, N, &areas);
  struct roc_test four = roc_compare_all(&areas);
  roc_areas_free(&areas);
  roc_areas_compute((const double *const[]){x[0], x[1], x[2]}, 3, y, NULL, N, &areas);
  struct roc_test three = roc_compare_all(&areas);
  roc_areas_free(&areas);
  ok(four.df == 2 && three.df == 2, "a contrast that follows from others has no df of its own");
  is_close(four.statistic, three.statistic, 1e-12, "and adds nothing to the chi-square");
  // The smallest change that there is: two neighbours of different outcome change places.
  size_t order[N], at = 1;
  sort_order(x[3], N, order);
  while (y[order[at]] == y[order[at - 1]])
    at++;
  double above = x[3][order[at]];
  x[3][order[at]] = x[3][order[at - 1]];
  x[3][order[at - 1]] = above;
  roc_areas_compute((const double *const[]){x[0], x[1], x[2], x[3]}, 4, y, NULL, N, &areas);
  four = roc_compare_all(&areas);
  roc_areas_free(&areas);
  ok(four.df == 3 && four.statistic > three.statistic, "all but dependent is not dependent");
}

// Too few rows for the contrasts: the covariance has rank 2 at most, and the areas do not keep to
// its range.
static void more_markers_than_rows(void)
{
  double y[] = {1, 1, 0, 0}, x[4][4] = {{4, 2, 3, 1}, {1, 4, 3, 2}, {4, 3, 1, 2}, {2, 3, 1, 4}};
  struct roc_areas areas;
  roc_areas_compute((const double *const[]){x[0], x[1], x[2], x[3]}, 4, y, NULL, 4, &areas);
  struct roc_test test = roc_compare_all(&areas);
  ok(test.df <= 2 && isnan(test.statistic) && isnan(test.p_value),
     "a contrast without variance that is not 0: no chi-square");
  roc_areas_free(&areas);
}

// Two markers that differ by one exchange of neighbours, an event and another row: the difference
// is 1/(n1 n0) and DeLong's standard error of it sqrt(2)/(n1 n0), however large the variances of
// the areas themselves are.
static void nearly_identical(void)
{
  enum { N = 60000 };
  double *y = malloc(N * sizeof *y), *x[3];
  for (size_t j = 0; j < 3; j++)
    x[j] = malloc(N * sizeof **x);
  for (size_t i = 0; i < N; i++) {
    x[0][i] = x[1][i] = (double) i;
    x[2][i] = roc_uniform();
    y[i] = roc_uniform() < 0.3 + 0.3 * (double) i / N;
  }
  size_t at = N / 2;
  while (!(y[at] == 1 && y[at - 1] == 0))
    at++;
  x[1][at] = (double) (at - 1);
  x[1][at - 1] = (double) at;
  struct roc_areas areas;
  roc_areas_compute((const double *const *) x, 3, y, NULL, N, &areas);
  struct roc_test test = roc_compare_paired(&areas, 0, 1, 0.95);
  is_close(test.estimate, 1 / (areas.n_events * areas.n_others), 1e-6, // difference of two areas
           "one exchange moves the area by 1/(n1 n0)");
  is_close(test.std_error, sqrt(2) / (areas.n_events * areas.n_others), 1e-12,
           "its standard error does not drown in the areas' variances");
  struct roc_test all = roc_compare_all(&areas), other = roc_compare_paired(&areas, 0, 2, 0.95);
  ok(all.df == 2, "in the test of three markers it keeps its df");
  // The two contrasts are all but uncorrelated.
  is_close(all.statistic, test.statistic * test.statistic + other.statistic * other.statistic, 0.02,
           "and its share of the chi-square");
  roc_areas_free(&areas);
  free(y);
  for (size_t j = 0; j < 3; j++)
    free(x[j]);
}

// ---- threads ----

static void threads_do_not_matter(void)
{
#ifdef _OPENMP
  enum { N = 40000, K = 5 };
  double *y = malloc(N * sizeof *y), *x[K];
  for (size_t j = 0; j < K; j++)
    x[j] = malloc(N * sizeof **x);
  roc_make_up(N, K, 1000, y, x);
  struct roc_areas one, many;
  int before = omp_get_max_threads();
  omp_set_num_threads(1);
  roc_areas_compute((const double *const *) x, K, y, NULL, N, &one);
  omp_set_num_threads(4);
  roc_areas_compute((const double *const *) x, K, y, NULL, N, &many);
  omp_set_num_threads(before);
  ok(!memcmp(one.auc, many.auc, K * sizeof *one.auc) &&
         !memcmp(one.covariance, many.covariance, K * K * sizeof *one.covariance) &&
         !memcmp(one.difference_variance, many.difference_variance,
                 K * K * sizeof *one.difference_variance),
     "one thread and four give the same bits");
  roc_areas_free(&one);
  roc_areas_free(&many);
  free(y);
  for (size_t j = 0; j < K; j++)
    free(x[j]);
#endif
}

static void rounding_is_no_order(void)
{
  double eta[] = {0.25, -INFINITY, 1e5 + 1e-6, 0.25 + 2e-16, -3, 1e5, INFINITY, 0.25 - 1e-16,
                  0.2500001, -INFINITY, INFINITY};
  enum { N = sizeof eta / sizeof *eta };
  double before[N];
  memcpy(before, eta, sizeof eta);
  roc_tie_rounding(eta, N, NULL);
  ok(eta[0] == eta[3] && eta[3] == eta[7], "sums of the same in another order are equal");
  ok(eta[2] == eta[5], "large ones too");
  ok(eta[8] == before[8] && eta[4] == -3 && eta[0] < eta[8], "others stay");
  ok(eta[1] == -INFINITY && eta[6] == INFINITY && eta[10] == INFINITY, "infinite ones stay");
  roc_tie_rounding(eta, 0, NULL);
}

int main(void)
{
  struct reference *reference = reference_open("roc.tsv");
  for (size_t i = 0; i < N_ROC_CASES; i++)
    check_case(reference, roc_case_names[i]);
  check_unpaired(reference, "gender");
  check_unpaired(reference, "unequal");
  published(reference);
  slow_versions(40, 3, 0);
  slow_versions(300, 4, 5);
  slow_versions(700, 2, 100);
  mann_whitney_identity(3000, 0);
  mann_whitney_identity(3000, 10);
  mann_whitney_identity(7, 2);
  weights_are_repeats(reference);
  infinite_values();
  check_null();
  degenerate();
  perfect_and_large();
  several(reference);
  dependent_markers();
  more_markers_than_rows();
  nearly_identical();
  threads_do_not_matter();
  rounding_is_no_order();
  reference_close(reference);
  return tap_done();
}
