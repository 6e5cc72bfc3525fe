// SPDX-License-Identifier: GPL-3.0-or-later
// Effect sizes: R, published examples, identities, definitions.
#include <config.h>

#include "stats/effect.h"

#include <stdlib.h>

#include "base/sort.h"
#include "reference.h"
#include "stats/contingency.h"
#include "stats/distribution.h"
#include "tap.h"

static const double *lookup(const struct reference *r, const char *name, const char *what,
                            size_t *n)
{
  char key[200];
  snprintf(key, sizeof key, "%s%s%s", name, *what ? "." : "", what);
  return reference_values(r, key, n);
}

static void check_effect(struct effect_result got, const double *expected, double tolerance,
                         double tolerance_limits, const char *name)
{
  char label[120];
  snprintf(label, sizeof label, "%s: estimate", name);
  is_close(got.estimate, expected[0], tolerance, label);
  snprintf(label, sizeof label, "%s: lower limit", name);
  is_close(got.conf_low, expected[1], tolerance_limits, label);
  snprintf(label, sizeof label, "%s: upper limit", name);
  is_close(got.conf_high, expected[2], tolerance_limits, label);
}

static void test_r(void)
{
  struct reference *r = reference_open("effect.tsv");
  char label[100];
  static const char *const two[] = {"sleep", "plant", "tooth", "three", "few", "many"};
  for (size_t i = 0; i < sizeof two / sizeof *two; i++) {
    size_t n1, n2;
    const double *x1 = lookup(r, two[i], "1", &n1), *x2 = lookup(r, two[i], "2", &n2);
    struct moments a = moments_compute(x1, NULL, n1), b = moments_compute(x2, NULL, n2);
    snprintf(label, sizeof label, "%s, smd", two[i]);
    check_effect(effect_smd(&a, &b, 0.95), lookup(r, two[i], "smd", NULL), 1e-13, 1e-12, label);
    snprintf(label, sizeof label, "%s, Hedges g", two[i]);
    // J by lgamma loses digits at df 548; R's noncentral pt stops at 1e-12 absolute, which
    // the flat tails of few degrees of freedom turn into 1e-8 of a limit.
    check_effect(effect_hedges_g(&a, &b, 0.95), lookup(r, two[i], "hedges", NULL), 1e-12, 1e-8,
                 label);
  }
  static const char *const tables[] = {"hair", "berkeley", "smoking", "weak", "even", "empty"};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    const double *dim = lookup(r, tables[i], "dim", NULL);
    snprintf(label, sizeof label, "%s, Cramer V", tables[i]);
    // `even` has chi-square 0 but for rounding of the expected counts.
    struct effect_result v = effect_cramers_v(lookup(r, tables[i], "count", NULL), (size_t) dim[0],
                                              (size_t) dim[1], 0.95);
    check_effect(v, lookup(r, tables[i], "cramer", NULL), 1e-13, 1e-9, label);
  }
  static const char *const eta[] = {"eta.plant", "eta.insects", "eta.iris", "eta.none", "eta.less"};
  for (size_t i = 0; i < sizeof eta / sizeof *eta; i++) {
    const double *f = lookup(r, eta[i], "f", NULL);
    // R's noncentral pf stops at 1e-9 absolute (errmax in its pnbeta.c).
    check_effect(effect_eta_squared(f[0], f[1], f[2], 0.95), lookup(r, eta[i], "", NULL), 1e-14,
                 1e-8, eta[i]);
  }
  static const char *const markers[] = {"biserial.s100b", "biserial.ndka", "biserial.wfns",
                                        "biserial.age"};
  for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
    size_t n1, n2;
    const double *x1 = lookup(r, markers[i], "1", &n1), *x2 = lookup(r, markers[i], "2", &n2);
    check_effect(effect_rank_biserial(x1, n1, x2, n2, 0.95), lookup(r, markers[i], "", NULL), 1e-13,
                 1e-11, markers[i]);
  }
  static const char *const odds[] = {"odds.smoking", "odds.berkeley"};
  for (size_t i = 0; i < sizeof odds / sizeof *odds; i++) {
    const double *n = lookup(r, odds[i], "count", NULL);
    // glm's iteration and standard errors: 1e-9.
    check_effect(effect_odds_ratio(n[0], n[1], n[2], n[3], 0.95), lookup(r, odds[i], "", NULL),
                 1e-9, 1e-9, odds[i]);
  }
  for (size_t i = 1; i <= 8; i++) {
    char name[20];
    snprintf(name, sizeof name, "risk.%zu", i);
    const double *n = lookup(r, name, "newcombe", NULL);
    struct effect_result d = effect_risk_difference(n[0], n[1], n[2], n[3], 0.95);
    check_effect(d, lookup(r, name, "", NULL), 1e-14, 1e-12, name);
    // Newcombe prints 4 decimals.
    is_near(d.conf_low, n[4], 0.00005, "lower limit as Newcombe printed it");
    is_near(d.conf_high, n[5], 0.00005, "upper limit as Newcombe printed it");
  }
  reference_close(r);
}

static void test_hedges(void)
{
  // J by the recurrence Gamma(a) = (a - 1) Gamma(a - 1) in long double: J(df) J(df + 1)
  // sqrt(df (df + 1))/(df - 1) = 1, from J(2) = 1/sqrt(pi) Gamma(1) = 0.564...
  bool good = true;
  long double j = 1 / sqrtl(acosl(-1.0L));
  for (int df = 2; df <= 3000; df++) {
    struct moments a = moments_from_summary(1, 1, NAN), b = moments_from_summary(df + 1, 0, 1);
    double g = effect_hedges_g(&a, &b, 0.95).estimate;
    if (df <= 130 || df % 97 == 0)
      if (!(fabs(g - (double) j) <= 1e-14)) {
        printf("# df %d: got %.17g, expected %.17g\n", df, g, (double) j);
        good = false;
      }
    j = (df - 1) / sqrtl((long double) df * (df + 1)) / j;
  }
  ok(good, "J for df 2 to 3000 by its recurrence");
  struct moments a = moments_from_summary(5e8, 1, 1), b = moments_from_summary(5e8, 0, 1);
  is_close(effect_hedges_g(&a, &b, 0.95).estimate, 1 - 0.75e-9, 1e-15, "J at df 1e9: 1 - 3/(4 df)");

  // The limits are where t is a quantile of the noncentral t; the groups swap signs.
  a = moments_from_summary(12, 5.1, 1.3);
  b = moments_from_summary(17, 4.2, 1.7);
  struct effect_result g = effect_hedges_g(&a, &b, 0.9), swapped = effect_hedges_g(&b, &a, 0.9);
  is_close(swapped.estimate, -g.estimate, 0, "swapped groups: estimate");
  is_close(swapped.conf_low, -g.conf_high, 1e-12, "swapped groups: lower limit");
  is_close(swapped.conf_high, -g.conf_low, 1e-12, "swapped groups: upper limit");
  double pooled = sqrt((a.sum_squares + b.sum_squares) / 27), scale = sqrt(1.0 / 12 + 1.0 / 17);
  double t = (5.1 - 4.2) / pooled / scale, factor = g.estimate / ((5.1 - 4.2) / pooled);
  is_close(noncentral_t_lower(t, 27, g.conf_low / factor / scale), 0.95, 1e-10,
           "lower limit inverts");
  is_close(noncentral_t_lower(t, 27, g.conf_high / factor / scale), 0.05, 1e-10,
           "upper limit inverts");
  // Equal n: smd has the same spread as d.
  a = moments_from_summary(20, 5.1, 1.3);
  b = moments_from_summary(20, 4.2, 1.7);
  is_close(effect_smd(&a, &b, 0.95).estimate, 0.9 / sqrt((1.69 + 2.89) / 2), 1e-14, "smd by hand");
  struct moments weighted, repeated;
  const double x[] = {1, 4, 6}, weight[] = {2, 1, 3}, rows[] = {1, 1, 4, 6, 6, 6};
  weighted = moments_compute(x, weight, 3);
  repeated = moments_compute(rows, NULL, 6);
  is_close(effect_hedges_g(&weighted, &a, 0.95).conf_low,
           effect_hedges_g(&repeated, &a, 0.95).conf_low, 1e-12, "weights are repeated rows");
}

static unsigned random_state = 3;
static unsigned random_below(unsigned most)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (random_state >> 8) % most;
}

// The definition, pair by pair.
static struct effect_result slow_biserial(const double *x1, size_t n1, const double *x2, size_t n2,
                                          double level)
{
  double wins1[40] = {0}, wins2[40] = {0}, auc = 0, s1 = 0, s2 = 0;
  for (size_t i = 0; i < n1; i++)
    for (size_t j = 0; j < n2; j++) {
      double win = x1[i] > x2[j] ? 1 : x1[i] == x2[j] ? 0.5 : 0;
      auc += win / (double) (n1 * n2);
      wins1[i] += win / (double) n2;
      wins2[j] += win / (double) n1;
    }
  for (size_t i = 0; i < n1; i++)
    s1 += (wins1[i] - auc) * (wins1[i] - auc) / ((double) n1 - 1);
  for (size_t j = 0; j < n2; j++)
    s2 += (wins2[j] - auc) * (wins2[j] - auc) / ((double) n2 - 1);
  double half = 2 * normal_quantile((1 + level) / 2) * sqrt(s1 / (double) n1 + s2 / (double) n2);
  double b = 2 * auc - 1;
  return (struct effect_result){b, fmax(b - half, -1), fmin(b + half, 1)};
}

static void test_biserial(void)
{
  bool good = true, antisymmetric = true;
  for (int trial = 0; trial < 300; trial++) {
    double x1[40], x2[40];
    size_t n1 = 2 + random_below(38), n2 = 2 + random_below(38);
    for (size_t i = 0; i < n1; i++)
      x1[i] = random_below(trial % 2 ? 6 : 5000);
    for (size_t i = 0; i < n2; i++)
      x2[i] = random_below(trial % 2 ? 7 : 5000);
    sort_doubles(x1, n1);
    sort_doubles(x2, n2);
    struct effect_result fast = effect_rank_biserial(x1, n1, x2, n2, 0.9);
    struct effect_result slow = slow_biserial(x1, n1, x2, n2, 0.9);
    struct effect_result swapped = effect_rank_biserial(x2, n2, x1, n1, 0.9);
    good &= fabs(fast.estimate - slow.estimate) < 1e-13 &&
            fabs(fast.conf_low - slow.conf_low) < 1e-12 &&
            fabs(fast.conf_high - slow.conf_high) < 1e-12;
    antisymmetric &=
        fast.estimate == -swapped.estimate && fabs(fast.conf_low + swapped.conf_high) < 1e-14;
  }
  ok(good, "rank-biserial and DeLong's variance, pair by pair");
  ok(antisymmetric, "swapped samples change the sign");

  // A million each, x1 = 2 i + 1, x2 = 2 j: AUC = (n + 1)/(2 n).
  size_t n = 1000000;
  double *x1 = malloc(n * sizeof *x1), *x2 = malloc(n * sizeof *x2);
  for (size_t i = 0; i < n; i++) {
    x1[i] = (double) (2 * i + 1);
    x2[i] = (double) (2 * i);
  }
  struct effect_result b = effect_rank_biserial(x1, n, x2, n, 0.95);
  // Placements are 1/n, ..., n/n on both sides: variance of each (n + 1)/(12 n).
  double half = 2 * normal_quantile(0.975) * sqrt(2 * (1e6 + 1) / 12e6 / 1e6);
  is_close(b.estimate, 1e-6, 1e-14, "a million each");
  is_close(b.conf_high, 1e-6 + half, 1e-12, "their upper limit");
  free(x1);
  free(x2);

  const double low[] = {1, 2, 3}, high[] = {4, 5};
  b = effect_rank_biserial(high, 2, low, 3, 0.95);
  ok(b.estimate == 1 && b.conf_low == 1 && b.conf_high == 1, "complete separation: variance 0");
  const double tied[] = {2, 2};
  b = effect_rank_biserial(tied, 2, tied, 2, 0.95);
  ok(b.estimate == 0 && b.conf_low == 0 && b.conf_high == 0, "all tied");
  b = effect_rank_biserial(high, 1, low, 3, 0.95);
  ok(b.estimate == 1 && isnan(b.conf_low) && isnan(b.conf_high), "one value has no variance");
  b = effect_rank_biserial(high, 0, low, 3, 0.95);
  ok(isnan(b.estimate) && isnan(b.conf_low), "an empty sample");
  const double wide1[] = {1, 5, 6}, wide2[] = {0, 2, 3};
  b = effect_rank_biserial(wide1, 3, wide2, 3, 0.95);
  ok(b.conf_high == 1 && b.conf_low >= -1, "limits end at 1");
}

static void test_noncentral(void)
{
  // The limits invert, and grow with the level.
  double previous_low = 1, previous_high = 0;
  bool good = true, nested = true;
  for (double level = 0.5; level < 0.999; level += 0.05) {
    struct effect_result e = effect_eta_squared(6.3, 3, 40, level);
    double low = e.conf_low * 44 / (1 - e.conf_low), high = e.conf_high * 44 / (1 - e.conf_high);
    good &= fabs(noncentral_f_lower(6.3, 3, 40, low) - (1 + level) / 2) < 1e-9;
    good &= fabs(noncentral_f_lower(6.3, 3, 40, high) - (1 - level) / 2) < 1e-9;
    nested &= e.conf_low < previous_low && e.conf_high > previous_high;
    previous_low = e.conf_low;
    previous_high = e.conf_high;
  }
  ok(good, "eta squared: the limits invert");
  ok(nested, "eta squared: limits of growing levels are nested");
  is_close(effect_eta_squared(6.3, 3, 40, 0.95).estimate, 18.9 / 58.9, 1e-15, "eta squared by F");

  const double count[] = {19, 5, 7, 2, 3, 14}, doubled[] = {38, 10, 14, 4, 6, 28};
  struct effect_result v = effect_cramers_v(count, 2, 3, 0.9);
  struct contingency_result chi = chi_square_test(count, 2, 3, false);
  is_close(v.estimate, sqrt(chi.statistic / 50), 1e-14, "V by chi-square");
  is_close(effect_cramers_v(doubled, 2, 3, 0.9).estimate, v.estimate, 1e-14, "V knows no n");
  double low = v.conf_low * v.conf_low * 50 - 2, high = v.conf_high * v.conf_high * 50 - 2;
  is_close(noncentral_chi_square_lower(chi.statistic, 2, low), 0.95, 1e-9,
           "V: lower limit inverts");
  is_close(noncentral_chi_square_lower(chi.statistic, 2, high), 0.05, 1e-9,
           "V: upper limit inverts");
  const double transposed[] = {19, 2, 5, 3, 7, 14},
               padded[] = {19, 5, 0, 7, 2, 3, 0, 14, 0, 0, 0, 0};
  struct effect_result t = effect_cramers_v(transposed, 3, 2, 0.9);
  is_close(t.conf_low, v.conf_low, 1e-10, "V of the transposed table");
  t = effect_cramers_v(padded, 3, 4, 0.9);
  is_close(t.estimate, v.estimate, 1e-15, "V: empty rows and columns are left out");
  is_close(t.conf_high, v.conf_high, 1e-13, "V: and from the limits");
  const double perfect[] = {10, 0, 0, 10}, row[] = {3, 4};
  v = effect_cramers_v(perfect, 2, 2, 0.95);
  ok(v.estimate == 1 && v.conf_high == 1 && v.conf_low < 1 && v.conf_low > 0.5, "V of 1");
  ok(isnan(effect_cramers_v(row, 1, 2, 0.95).estimate), "V of one row");
  const double zeros[4] = {0};
  ok(isnan(effect_cramers_v(zeros, 2, 2, 0.95).estimate), "V of an empty table");

  is_close(effect_epsilon_squared(7.9882287494437154, 30), 7.9882287494437154 * 31 / (900 - 1),
           1e-15, "epsilon squared");
  is_close(effect_epsilon_squared(1, 1), NAN, 0, "epsilon squared of one value");
}

static void test_counts(void)
{
  // Doll & Hill 1950, table IV, men: 647 of 649 cases and 622 of 649 controls smoked.
  struct effect_result o = effect_odds_ratio(647, 2, 622, 27, 0.95);
  is_near(o.estimate, 14.04, 0.005, "Doll & Hill 1950: odds ratio");
  is_near(o.conf_low, 3.33, 0.005, "its lower limit");
  is_near(o.conf_high, 59.30, 0.005, "its upper limit");
  is_close(log(o.conf_high / o.conf_low),
           2 * normal_quantile(0.975) * sqrt(1.0 / 647 + 1.0 / 2 + 1.0 / 622 + 1.0 / 27), 1e-14,
           "Woolf's standard error");
  struct effect_result inverse = effect_odds_ratio(622, 27, 647, 2, 0.95);
  is_close(inverse.conf_low * o.conf_high, 1, 1e-14, "swapped rows invert it");
  o = effect_odds_ratio(5, 0, 3, 4, 0.95);
  ok(isinf(o.estimate) && isnan(o.conf_low) && isnan(o.conf_high),
     "a zero below: infinite, no limits");
  o = effect_odds_ratio(0, 5, 3, 4, 0.95);
  ok(o.estimate == 0 && isnan(o.conf_low), "a zero above: 0, no limits");
  ok(isnan(effect_odds_ratio(0, 0, 3, 4, 0.95).estimate), "an empty row");

  struct effect_result d = effect_risk_difference(48, 80, 56, 70, 0.95);
  is_near(d.conf_low, -0.3339, 0.00005, "swapped groups: Newcombe's limits change sign");
  is_near(d.conf_high, -0.0524, 0.00005, "and place");
  ok(isnan(effect_risk_difference(0, 0, 3, 10, 0.95).estimate), "an empty group");
}

static void test_edges(void)
{
  struct moments none = moments_compute(NULL, NULL, 0), some = moments_from_summary(9, 2, 1);
  struct moments single = moments_from_summary(1, 2, NAN), flat = moments_from_summary(4, 2, 0);
  ok(isnan(effect_smd(&none, &some, 0.95).estimate), "smd of an empty group");
  ok(isnan(effect_smd(&single, &some, 0.95).estimate), "smd of a single value");
  ok(isnan(effect_smd(&flat, &flat, 0.95).estimate), "smd without spread");
  ok(!isnan(effect_smd(&flat, &some, 0.95).estimate), "smd with spread in one group");
  ok(isnan(effect_hedges_g(&none, &some, 0.95).estimate), "g of an empty group");
  ok(isnan(effect_hedges_g(&flat, &flat, 0.95).estimate), "g without spread");
  ok(isnan(effect_hedges_g(&single, &single, 0.95).estimate), "g of two single values");
  ok(isnan(effect_eta_squared(NAN, 2, 10, 0.95).estimate), "eta squared of no F");
  ok(isnan(effect_eta_squared(3, 2, 0, 0.95).estimate), "eta squared without df");
  struct effect_result e = effect_eta_squared(0, 2, 10, 0.95);
  ok(e.estimate == 0 && e.conf_low == 0 && e.conf_high == 0, "eta squared of F = 0");
}

int main(void)
{
  test_r();
  test_hedges();
  test_biserial();
  test_noncentral();
  test_counts();
  test_edges();
  return tap_done();
}
