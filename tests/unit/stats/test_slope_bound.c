// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds on logistic coefficients against fits of R to simulated data, which must all keep them.
#include <config.h>

#include "stats/slope_bound.h"

#include <stdio.h>

#include "reference.h"
#include "tap.h"

static struct mean_group exact_group(double n, double mean, double sd)
{
  return (struct mean_group){n, mean, sd, {mean, mean}, {sd, sd}};
}

static void test_fits(const struct reference *reference)
{
  bool bounded = true, beside = true, profile = true, steep = true, plausible = true;
  double tightest = INFINITY;
  for (int i = 1; i <= 40; i++) {
    char key[40];
    snprintf(key, sizeof key, "data%d", i);
    const double *v = reference_values(reference, key, NULL);
    struct mean_group event = exact_group(v[0], v[1], v[2]), rest = exact_group(v[3], v[4], v[5]);
    struct mean_group all[2] = {event, rest};
    struct ranged squares = mean_range_pool(all, 2).sum_squares;
    struct ranged least = slope_least_error(&squares);
    struct slope_forced forced = slope_force(&event, 1, &rest, 1);
    double slope = v[6], error = v[7], score = v[8];
    bounded &= error >= least.value;
    tightest = fmin(tightest, error / least.value);
    beside &= v[10] >= least.value;
    if (!isnan(v[11]) && !isnan(v[12])) {
      double z = 1.959963984540054;
      // R's profile is a spline of the deviance: 1e-4
      profile &= v[12] - slope >= z * least.value * (1 - 1e-4) &&
                 slope - v[11] >= z * least.value * (1 - 1e-4);
    }
    steep &= slope * forced.least.value >= 0 &&
             fabs(slope) >= fabs(forced.least.value) * (1 - 1e-9);
    plausible &= interval_holds(slope_plausible_wald(interval_point(forced.z.value), forced.n),
                                slope / error);
    char name[60];
    snprintf(name, sizeof name, "score z, data %d", i);
    is_close(forced.z.value, v[9], 1e-12, name);
    // 1e-7: R's null fit is one iteration short
    is_close(forced.z.value, score, 1e-7, name);
  }
  ok(bounded, "no standard error is below 2/sqrt(SS)");
  ok(tightest < 1.05, "the bound is nearly attained (%.3f)", tightest);
  ok(beside, "nor beside two covariates");
  ok(profile, "nor is a profile interval narrower");
  ok(steep, "slopes have the forced sign and size");
  ok(plausible, "Wald z is where the score z lets expect it");
}

static void test_factors(const struct reference *reference)
{
  for (int i = 1; i <= 20; i++) {
    char key[40], name[80];
    size_t n;
    snprintf(key, sizeof key, "factor%d.count", i);
    const double *count = reference_values(reference, key, &n);
    snprintf(key, sizeof key, "factor%d.fit", i);
    const double *fit = reference_values(reference, key, NULL);
    struct level_effect effect = level_effect_exact(count[2], count[3], count[0], count[1]);
    struct factor_effect factor = factor_effect_exact(count, n / 2);
    const struct {
      const char *what;
      double got, expected;
    } values[] = {{"log odds ratio", effect.log_odds_ratio, fit[0]},
                  {"standard error", effect.std_error, fit[1]},
                  {"z", effect.z, fit[2]},
                  {"P", effect.p, fit[3]},
                  {"joint Wald", factor.wald, fit[4]},
                  {"its P", factor.wald_p, fit[5]},
                  {"LR", factor.lr, fit[6]},
                  {"its P", factor.lr_p, fit[7]},
                  {"score", factor.score, fit[8]},
                  {"its P", factor.score_p, fit[9]}};
    for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
      snprintf(name, sizeof name, "factor %d: %s", i, values[j].what);
      // 1e-8: an iterative fit
      is_close(values[j].got, values[j].expected, 1e-8, name);
    }
    snprintf(key, sizeof key, "factor%d.half", i);
    is_close(effect.firth, reference_value(reference, key), 1e-8, "with 1/2 added");
    double least = slope_least_contrast_error(count[0] + count[1], count[2] + count[3]);
    ok(effect.std_error >= least, "factor %d: its error is not below the bound", i);
  }
}

static struct printed parse(const char *text)
{
  struct printed printed;
  printed_parse(text, &printed);
  return printed;
}

static void test_printed_error(void)
{
  struct printed low = parse("3.60"), high = parse("13.65");
  struct ranged error = slope_standard_error(&low, &high, 0.95);
  is_close(error.value, log(13.65 / 3.60) / (2 * 1.959963984540054), 1e-12, "SE of an interval");
  is_close(error.range.high, log(13.655 / 3.595) / (2 * 1.959963984540054), 1e-12,
           "at its largest");
  is_close(error.range.low, log(13.645 / 3.605) / (2 * 1.959963984540054), 1e-12, "at its least");
  low = parse("0.00");
  ok(isnan(slope_standard_error(&low, &high, 0.95).value), "a limit of 0");
  low = parse("NA");
  ok(isnan(slope_standard_error(&low, &high, 0.95).value), "no limit");
  // c SE(B per c) scales: at the greatest unit the bound is met exactly
  struct interval squares = interval_point(3.125);
  double c = slope_greatest_unit(interval_point(0.34), squares);
  is_close(2 / sqrt(3.125 / (c * c)), 0.34, 1e-14, "the greatest unit meets the bound");
  is_close(slope_least_contrast_error(34, 52), 2 * sqrt(1 / 34.0 + 1 / 52.0), 1e-15, "two levels");
  ok(isnan(slope_least_contrast_error(0, 52)), "a level without rows");
}

// The score z over all roundings.
static void test_range(void)
{
  bool holds = true;
  for (int i = 0; i < 81; i++) {
    double step[4] = {(i % 3 - 1) * 0.05, (i / 3 % 3 - 1) * 0.05, (i / 9 % 3 - 1) * 0.05,
                      (i / 27 - 1) * 0.05};
    struct mean_group a = {20, 5.0, 2.1, {4.95, 5.05}, {2.05, 2.15}};
    struct mean_group b = {30, 4.2, 1.9, {4.15, 4.25}, {1.85, 1.95}};
    struct slope_forced forced = slope_force(&a, 1, &b, 1);
    struct mean_group x = exact_group(20, 5.0 + step[0], 2.1 + step[1]);
    struct mean_group y = exact_group(30, 4.2 + step[2], 1.9 + step[3]);
    struct slope_forced at = slope_force(&x, 1, &y, 1);
    holds &= interval_holds(forced.z.range, at.z.value) &&
             interval_holds(forced.least.range, at.least.value);
  }
  ok(holds, "score z and least slope over all roundings");
  struct mean_group a = exact_group(20, 5, 2), none = {20, NAN, 2, {NAN, NAN}, {2, 2}};
  ok(isnan(slope_force(&a, 1, &none, 1).z.value), "a mean that is not printed");
  struct interval p = slope_plausible_wald(interval_of(-0.2, 0.3), 100);
  ok(p.low < -0.2 && p.high > 0.3, "around 0 both signs are plausible");
  ok(interval_holds(slope_plausible_wald(interval_point(9.8), 140), 3.87),
     "Wald z falls where groups are nearly separated");
  ok(!interval_holds(slope_plausible_wald(interval_point(2.67), 138), 5.73),
     "it is not twice the score z");
}

static void test_zero_counts(void)
{
  ok(isinf(level_effect_exact(0, 5, 3, 4).log_odds_ratio), "a count of 0");
  const double count[] = {0, 5, 3, 4};
  ok(isnan(factor_effect_exact(count, 2).wald_p), "no Wald test with a count of 0");
  const double with_empty[] = {4, 5, 0, 0, 3, 9};
  const double without[] = {4, 5, 3, 9};
  is_close(factor_effect_exact(with_empty, 3).wald_p, factor_effect_exact(without, 2).wald_p, 1e-15,
           "a level without rows does not count");
}

int main(void)
{
  struct reference *reference = reference_open("slope_bound.tsv");
  test_fits(reference);
  test_factors(reference);
  test_printed_error();
  test_range();
  test_zero_counts();
  reference_close(reference);
  return tap_done();
}
