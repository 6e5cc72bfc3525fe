// SPDX-License-Identifier: GPL-3.0-or-later
// Separation: found where it is, named, and not found where it is not.
#include <config.h>

#include "stats/separation.h"

#include "logit_cases.h"

// Fits and finds; the certificate is checked row by row.
static struct logit_fit check(const struct case_data *c, enum separation_status expected,
                              const char *columns, const char *name)
{
  struct logit_problem problem;
  struct separation found;
  struct logit_fit fit;
  const struct logit_data *data = &c->data;
  size_t n = data->n, p = data->p, n_overlapping = 0, n_wrong = 0, n_weak = 0;
  double most = 0; // rounding of sums is of this size
  logit_problem_set(&problem, data, false);
  separation_find(&problem, &found);
  ok(found.status == expected, "%s: %s", name,
     expected == OVERLAP            ? "overlap"
     : expected == QUASI_SEPARATION ? "quasi-complete"
                                    : "complete");
  for (size_t i = 0; i < n; i++) {
    double size = 0;
    for (size_t j = 0; j < p; j++)
      size += fabs(data->x[i + j * n] * found.direction[j]);
    most = fmax(most, size);
  }
  for (size_t i = 0; i < n; i++) {
    if (data->weight && !(data->weight[i] > 0)) {
      n_wrong += found.overlapping[i];
      continue;
    }
    double sum = 0;
    for (size_t j = 0; j < p; j++)
      sum += data->x[i + j * n] * found.direction[j];
    sum *= data->y[i] > 0 ? 1 : -1;
    n_overlapping += found.overlapping[i];
    n_wrong += sum < -1e-10 * most;
    n_weak += found.overlapping[i] ? sum > 1e-10 * most : !(sum > 0);
  }
  if (expected != OVERLAP)
    ok(n_wrong == 0 && n_weak == 0, "%s: the direction separates just these rows", name);
  else
    ok(n_wrong == 0 && n_overlapping > 0, "%s: rows overlap", name);

  logit_fit(data, NULL, &fit);
  ok(fit.status == (expected == OVERLAP ? LOGIT_CONVERGED : LOGIT_SEPARATED),
     "%s: status of the fit", name);
  char named[200] = "";
  for (size_t j = 0; j < p; j++)
    if (fit.separating[j])
      snprintf(named + strlen(named), 30, "%s%zu", *named ? " " : "", j);
  char text[100];
  snprintf(text, sizeof text, "%s: columns named", name);
  is_text(named, columns, text);
  if (expected != OVERLAP) {
    bool empty = true;
    for (size_t j = 0; j < p; j++)
      empty = empty && isnan(fit.coefficient[j]) && isnan(fit.covariance[j]);
    ok(empty && fit.complete_separation == (expected == COMPLETE_SEPARATION), "%s: no numbers",
       name);
    if (expected == COMPLETE_SEPARATION)
      is_near(fit.log_likelihood, 0, 0, "its likelihood reaches 1");
  }
  separation_free(&found);
  logit_problem_free(&problem);
  return fit;
}

static struct case_data noise(uint64_t seed, size_t n, size_t p)
{
  struct case_data c = case_new(n, p);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 1; j < p; j++)
      c.x[i + j * n] = random_normal(&seed);
    c.y[i] = random_unit(&seed) < 0.4;
  }
  return c;
}

static void done(struct case_data *c, struct logit_fit *fit)
{
  logit_fit_free(fit);
  case_free(c);
}

static void test_numeric(void)
{
  // One numeric variable, completely; with others that do not; as the last; reversed.
  struct case_data c = case_new(6, 2);
  for (size_t i = 0; i < 6; i++) {
    c.x[6 + i] = (double) i;
    c.y[i] = i > 2;
  }
  struct logit_fit fit = check(&c, COMPLETE_SEPARATION, "1", "six in a row");
  done(&c, &fit);
  for (int sign = -1; sign <= 1; sign += 2) {
    c = noise(1, 200, 5);
    for (size_t i = 0; i < 200; i++)
      c.x[i + 800] = 1e6 + 1e-3 * sign * ((c.y[i] > 0 ? 1 : -1) * (0.01 + fabs(c.x[i + 800])));
    fit = check(&c, COMPLETE_SEPARATION, "4", "one of four, far from 0");
    done(&c, &fit);
  }
  // A tie at the border: quasi-complete by x alone; with another column the tied rows may
  // part too, still x is named.
  c = case_new(8, 2);
  for (size_t i = 0; i < 8; i++) {
    c.x[8 + i] = (double[]){1, 2, 3, 4, 4, 5, 6, 7}[i];
    c.y[i] = i > 3;
  }
  fit = check(&c, QUASI_SEPARATION, "1", "tied at the border");
  is_close(fit.log_likelihood, 2 * log(0.5), 1e-14, "the tied rows' likelihood");
  ok(fit.infinite[0] && fit.infinite[1], "both coefficients are infinite");
  double low, high;
  ok(logit_profile_interval(&c.data, NULL, &fit, 1, 0.95, &low, &high) && high == INFINITY &&
         isfinite(low),
     "limits of the slope: one is infinite");
  done(&c, &fit);
  c = noise(2, 100, 4);
  for (size_t i = 0; i < 100; i++)
    c.x[i + 100] = c.y[i] > 0 ? fmax(0, c.x[i + 100]) : fmin(0, c.x[i + 100]);
  c.x[100 + 3] = c.x[100 + 4] = 0;
  fit = check(&c, QUASI_SEPARATION, "1", "many ties at the border");
  ok(!fit.infinite[0] && fit.infinite[1] && !fit.infinite[2] && !fit.infinite[3],
     "the other coefficients are finite");
  done(&c, &fit);
  // Overlapping by one pair in the last digits.
  c = case_new(400, 2);
  for (size_t i = 0; i < 400; i++) {
    c.x[400 + i] = (double) i;
    c.y[i] = i > 199;
  }
  c.y[199] = 1;
  c.y[200] = 0;
  fit = check(&c, OVERLAP, "", "one pair overlaps");
  logit_fit_free(&fit);
  c.x[400 + 199] = 199.999;
  fit = check(&c, OVERLAP, "", "one pair overlaps by 0.001");
  done(&c, &fit);
}

// Well-separated but overlapping: risks within 1e-10 of 0 and 1 are no separation.
static void test_large_coefficients(void)
{
  for (size_t n = 60; n <= 6000; n *= 10) {
    struct case_data c = case_new(n, 2);
    uint64_t seed = n;
    for (size_t i = 0; i < n; i++) {
      c.x[i + n] = 40 * random_unit(&seed) - 20;
      c.y[i] = c.x[i + n] > 0;
    }
    // The border rows overlap: slope near 5, eta to 100.
    c.x[n] = -0.2;
    c.y[0] = 1;
    c.x[n + 1] = 0.2;
    c.y[1] = 0;
    struct logit_fit fit = check(&c, OVERLAP, "", "risks near 0 and 1");
    double *eta = calloc(n, sizeof *eta), far = 0;
    logit_linear_predictor(&c.data, fit.coefficient, eta);
    for (size_t i = 0; i < n; i++)
      far = fmax(far, fabs(eta[i]));
    ok(far > 24, "n = %zu: risks within 1e-10 (eta to %.0f, slope %.1f)", n, far,
       fit.coefficient[1]);
    free(eta);
    double low, high;
    ok(logit_profile_interval(&c.data, NULL, &fit, 1, 0.95, &low, &high) &&
           low < fit.coefficient[1] && fit.coefficient[1] < high,
       "n = %zu: limits", n);
    done(&c, &fit);
  }
}

static void test_factor(void)
{
  // Four levels; in the third, no event.  Columns 1-3: levels 1-3, 4: a numeric column.
  struct case_data c = noise(3, 160, 5);
  for (size_t i = 0; i < 160; i++)
    for (size_t l = 1; l < 4; l++)
      c.x[i + l * 160] = i % 4 == l;
  struct case_data plain = noise(3, 160, 5);
  memcpy(plain.x, c.x, 800 * sizeof *c.x);
  memcpy(plain.y, c.y, 160 * sizeof *c.y);
  struct logit_fit fit = check(&plain, OVERLAP, "", "factor");
  done(&plain, &fit);
  for (size_t i = 2; i < 160; i += 4)
    c.y[i] = 0;
  fit = check(&c, QUASI_SEPARATION, "2", "no event in one level");
  ok(!fit.infinite[0] && !fit.infinite[1] && fit.infinite[2] && !fit.infinite[3] &&
         !fit.infinite[4],
     "just this level's coefficient is infinite");
  double low, high;
  ok(logit_profile_interval(&c.data, NULL, &fit, 2, 0.95, &low, &high) && low == -INFINITY &&
         isfinite(high),
     "its limits: -inf and a number");
  // The others are those of the rows outside that level.
  struct case_data rest = case_new(120, 4);
  size_t to = 0;
  for (size_t i = 0; i < 160; i++) {
    if (i % 4 == 2)
      continue;
    for (size_t j = 0, k = 0; j < 5; j++)
      if (j != 2)
        rest.x[to + 120 * k++] = c.x[i + j * 160];
    rest.y[to++] = c.y[i];
  }
  struct logit_fit part;
  logit_fit(&rest.data, NULL, &part);
  is_close(fit.log_likelihood, part.log_likelihood, 1e-13, "likelihood of the other rows");
  double rest_low, rest_high;
  logit_profile_interval(&rest.data, NULL, &part, 3, 0.95, &rest_low, &rest_high);
  ok(logit_profile_interval(&c.data, NULL, &fit, 4, 0.95, &low, &high), "limits of another column");
  is_close(low, rest_low, 1e-9, "its lower limit is that of the other rows");
  is_close(high, rest_high, 1e-9, "its upper limit is that of the other rows");
  size_t column = 4, levels[] = {1, 2, 3};
  struct logit_test a = logit_likelihood_ratio_test(&c.data, NULL, &fit, &column, 1);
  size_t last = 3;
  struct logit_test b = logit_likelihood_ratio_test(&rest.data, NULL, &part, &last, 1);
  is_close(a.statistic, b.statistic, 1e-9, "its LR test is that of the other rows");
  a = logit_likelihood_ratio_test(&c.data, NULL, &fit, levels, 3);
  ok(a.statistic > 0 && a.p_value < 0.05, "the factor's LR test is there");
  ok(isnan(logit_wald_test(&fit, levels, 3).statistic), "its Wald test is not");
  logit_fit_free(&part);
  case_free(&rest);
  logit_fit_free(&fit);

  // And no non-event in another: both named.
  for (size_t i = 3; i < 160; i += 4)
    c.y[i] = 1;
  fit = check(&c, QUASI_SEPARATION, "2 3", "two levels");
  done(&c, &fit);

  // No event in the reference level: intercept and all levels go together.
  c = noise(4, 160, 5);
  for (size_t i = 0; i < 160; i++) {
    for (size_t l = 1; l < 4; l++)
      c.x[i + l * 160] = i % 4 == l;
    if (i % 4 == 0)
      c.y[i] = 0;
  }
  fit = check(&c, QUASI_SEPARATION, "0 1 2 3", "no event in the reference level");
  done(&c, &fit);

  // The same by weights: the events of a level have weight 0.
  c = noise(5, 160, 5);
  case_weights(&c);
  for (size_t i = 0; i < 160; i++) {
    for (size_t l = 1; l < 4; l++)
      c.x[i + l * 160] = i % 4 == l;
    c.weight[i] = !(i % 4 == 1 && c.y[i] > 0);
  }
  fit = check(&c, QUASI_SEPARATION, "1", "events of a level weigh 0");
  done(&c, &fit);
}

static void test_combination(void)
{
  // x1 + x2 separates completely, neither does alone; x3 and x4 have no part in it.
  struct case_data c = noise(6, 300, 5);
  for (size_t i = 0; i < 300; i++) {
    double sum = c.x[i + 300] + c.x[i + 600];
    c.y[i] = sum > 0.3;
    c.x[i + 300] += sum > 0.3 ? 0.01 : -0.01;
  }
  struct logit_fit fit = check(&c, COMPLETE_SEPARATION, "1 2", "a sum of two columns");
  done(&c, &fit);
  // Quasi-complete: rows on the border.
  c = noise(7, 300, 5);
  for (size_t i = 0; i < 300; i++) {
    double sum = c.x[i + 300] + c.x[i + 600];
    if (i % 5 == 0)
      c.x[i + 600] = 0.25 - (c.x[i + 300] = round(8 * c.x[i + 300]) / 8);
    else
      c.y[i] = sum > 0.25;
  }
  fit = check(&c, QUASI_SEPARATION, "0 1 2", "rows on the border of a sum");
  done(&c, &fit);
  // Without an intercept: x has one sign on events, the other on the rest.
  c = noise(8, 50, 3);
  for (size_t i = 0; i < 50; i++) {
    c.x[i] = 3 * random_unit(&(uint64_t){i});
    c.x[i + 50] = c.y[i] > 0 ? fabs(c.x[i + 50]) : -fabs(c.x[i + 50]);
  }
  fit = check(&c, COMPLETE_SEPARATION, "1", "no intercept");
  done(&c, &fit);
  // n = p: always.
  c = noise(9, 5, 5);
  c.y[0] = 1;
  c.y[1] = 0;
  struct logit_fit saturated;
  logit_fit(&c.data, NULL, &saturated);
  ok(saturated.status == LOGIT_SEPARATED && saturated.complete_separation, "n = p");
  done(&c, &saturated);
  // Two rows.
  c = case_new(2, 2);
  c.x[3] = c.y[1] = 1;
  fit = check(&c, COMPLETE_SEPARATION, "1", "two rows");
  double low, high;
  ok(logit_profile_interval(&c.data, NULL, &fit, 1, 0.95, &low, &high) && high == INFINITY,
     "two rows: limits");
  // With the slope at b, the risks are expit(-b/2) and expit(b/2).
  is_close(low, -2 * log(exp(3.841458820694124 / 4) - 1), 1e-9, "two rows: lower limit");
  done(&c, &fit);
}

// Heinze & Schemper (2002): no finite estimate for NV.
static void test_published(void)
{
  struct reference *r = reference_open("firth.tsv");
  struct case_data c = case_read(r, "endometrial");
  struct logit_fit fit = check(&c, QUASI_SEPARATION, "1", "endometrial");
  ok(!fit.infinite[0] && fit.infinite[1] && !fit.infinite[2] && !fit.infinite[3],
     "NV alone is infinite");
  is_close(fit.log_likelihood, reference_value(r, "endometrial.ml.loglik"), 1e-10,
           "endometrial: bound of the likelihood");
  for (size_t j = 0; j < 4; j++) {
    char key[60];
    size_t n;
    snprintf(key, sizeof key, "endometrial.ml%zu", j + 1);
    const double *limits = reference_values(r, key, &n);
    double low, high;
    ok(logit_profile_interval(&c.data, NULL, &fit, j, 0.95, &low, &high), "limits are there");
    is_close(low, limits[0], 1e-8, "endometrial: lower limit");
    is_close(high, isnan(limits[1]) ? INFINITY : limits[1], 1e-8, "endometrial: upper limit");
  }
  done(&c, &fit);
  reference_close(r);
}

// All 2^10 outcomes of ten points: the programme against a search over all lines.
static void test_exhaustive(void)
{
  struct case_data c = case_new(10, 3);
  uint64_t seed = 77;
  for (size_t i = 0; i < 10; i++) { // a grid with ties
    c.x[i + 10] = floor(4 * random_unit(&seed));
    c.x[i + 20] = floor(3 * random_unit(&seed));
  }
  size_t n_wrong = 0, n_separated = 0;
  for (unsigned outcome = 1; outcome + 1 < 1u << 10; outcome++) {
    for (size_t i = 0; i < 10; i++)
      c.y[i] = (double) (outcome >> i & 1);
    // The extreme directions of the cone lie in the planes of two rows, or of one or none
    // where the cone has lines; with full rank it has none.
    bool separated = false;
    for (size_t a = 0; a < 10 && !separated; a++)
      for (size_t b = 0; b < a && !separated; b++) {
        double d[3] = {c.x[10 + a] * c.x[20 + b] - c.x[20 + a] * c.x[10 + b],
                       c.x[20 + a] - c.x[20 + b], c.x[10 + b] - c.x[10 + a]};
        if (d[0] == 0 && d[1] == 0 && d[2] == 0)
          continue;
        int n_up = 0, n_down = 0;
        for (size_t i = 0; i < 10; i++) {
          double side = (d[0] + d[1] * c.x[10 + i] + d[2] * c.x[20 + i]) * (c.y[i] > 0 ? 1 : -1);
          n_up += side > 0;
          n_down += side < 0;
        }
        separated = (n_up == 0) != (n_down == 0);
      }
    struct logit_fit fit;
    logit_fit(&c.data, NULL, &fit);
    n_wrong += fit.status != (separated ? LOGIT_SEPARATED : LOGIT_CONVERGED);
    n_separated += separated;
    logit_fit_free(&fit);
  }
  ok(n_wrong == 0, "1022 outcomes of ten points: %zu separated, %zu wrong", n_separated, n_wrong);
  case_free(&c);
}

static void test_many_rows(void)
{
  // A hundred thousand rows and twelve columns, a rare level without events.
  size_t n = 100000;
  struct case_data c = noise(10, n, 12);
  for (size_t i = 0; i < n; i++) {
    c.x[i + 5 * n] = i % 1000 == 7;
    if (i % 1000 == 7)
      c.y[i] = 0;
  }
  struct logit_fit fit;
  logit_fit(&c.data, NULL, &fit);
  ok(fit.status == LOGIT_SEPARATED && fit.separating[5] && !fit.infinite[0] && !fit.infinite[6],
     "100000 rows: the level is found");
  done(&c, &fit);
}

int main(void)
{
  test_numeric();
  test_large_coefficients();
  test_factor();
  test_combination();
  test_published();
  test_exhaustive();
  test_many_rows();
  return tap_done();
}
