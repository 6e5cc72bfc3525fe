// SPDX-License-Identifier: GPL-3.0-or-later
// Samples with stated summaries: the summaries recomputed in the obvious way, the grid, the
// bounds, the shape, and what cannot be.
#include <config.h>

#include "stats/simulated_sample.h"

#include <stdint.h>
#include <stdlib.h>

#include "stats/normality.h"
#include "tap.h"

// Numbers in [0, 1), always the same (splitmix64, Steele et al. 2014).
static uint64_t random_state = 19820311;
static double random_unit(void)
{
  uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (double) ((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

enum { MOST_GROUPS = 3, MOST_N = 40000 };
static double store[MOST_GROUPS][MOST_N];
static double *value[MOST_GROUPS] = {store[0], store[1], store[2]};

static double rounded(double x, int digits)
{
  return round(x * pow(10, digits)) / pow(10, digits);
}

// ---- the summaries, as a textbook has them ----

static double mean_of(const double *x, size_t n)
{
  long double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += x[i];
  return (double) (sum / (long double) n);
}

static double sd_of(const double *x, size_t n)
{
  long double sum = 0, mean = mean_of(x, n);
  for (size_t i = 0; i < n; i++)
    sum += (x[i] - mean) * (x[i] - mean);
  return (double) sqrtl(sum / (long double) (n - 1));
}

// The (n + 1) p-th of the ascending values.
static double quantile_of(const double *x, size_t n, double p)
{
  double h = ((double) n + 1) * p;
  if (h <= 1)
    return x[0];
  if (h >= (double) n)
    return x[n - 1];
  size_t below = (size_t) h;
  return x[below - 1] + (h - (double) below) * (x[below] - x[below - 1]);
}

static bool prints_as(double got, double printed, int digits)
{
  char a[64], b[64];
  snprintf(a, sizeof a, "%.*f", digits, got);
  snprintf(b, sizeof b, "%.*f", digits, printed);
  return atof(a) == atof(b); // -0.0 is 0.0
}

// Ascending, on the grid, within the bounds.
static bool is_in_form(const double *x, const struct sample_target *target)
{
  for (size_t i = 0; i < target->n; i++) {
    double k = x[i] * pow(10, target->decimals);
    if (fabs(k - round(k)) > 1e-6 || x[i] < target->least - 1e-12 ||
        x[i] > target->most + 1e-12 || (i > 0 && x[i] < x[i - 1]))
      return false;
  }
  return true;
}

static bool is_met(const double *x, const struct sample_target *target)
{
  int digits = target->digits;
  size_t n = target->n;
  if (!is_in_form(x, target))
    return false;
  if (target->by_mean)
    return prints_as(mean_of(x, n), target->centre, digits) &&
           (n == 1 || prints_as(sd_of(x, n), target->sd, digits));
  return prints_as(quantile_of(x, n, 0.25), target->q1, digits) &&
         prints_as(quantile_of(x, n, 0.5), target->centre, digits) &&
         prints_as(quantile_of(x, n, 0.75), target->q3, digits);
}

static struct sample_target mean_target(size_t n, double mean, double sd, int digits)
{
  return (struct sample_target){.n = n, .by_mean = true, .centre = mean, .sd = sd,
                                .decimals = digits, .digits = digits, .least = -INFINITY,
                                .most = INFINITY};
}

static struct sample_target quartile_target(size_t n, double q1, double median, double q3,
                                            int digits)
{
  return (struct sample_target){.n = n, .centre = median, .q1 = q1, .q3 = q3, .decimals = digits,
                                .digits = digits, .least = -INFINITY, .most = INFINITY};
}

static void random_means(void)
{
  int n_bad = 0, n_not_normal = 0, n_all = 300;
  for (int i = 0; i < n_all; i++) {
    size_t n = 5 + (size_t) (random_unit() * 120);
    int digits = (int) (random_unit() * 4);
    double unit = pow(10, -digits);
    struct sample_target target =
        mean_target(n, rounded((random_unit() - 0.5) * 2000 * unit, digits),
                    rounded((5 + random_unit() * 300) * unit, digits), digits);
    simulated_measure(&target, 1, 0.1, 0.03, 1, (uint64_t) i, value);
    n_bad += !is_met(value[0], &target);
    n_not_normal += normality_lilliefors(value[0], n).p_value < 0.05;
  }
  is_integer(n_bad, 0, "300 random means and SDs, 5 to 124 values: all print as asked");
  is_integer(n_not_normal, 0, "all of them are normal by Lilliefors's test");
}

static void random_quartiles(void)
{
  int n_bad = 0, n_normal = 0, n_all = 200;
  for (int i = 0; i < n_all; i++) {
    int digits = (int) (random_unit() * 3);
    double unit = pow(10, -digits);
    struct sample_target target[3];
    for (int g = 0; g < 3; g++) {
      double median = rounded((random_unit() - 0.5) * 2000 * unit, digits);
      target[g] = quartile_target(20 + (size_t) (random_unit() * 80),
                                  median - rounded(random_unit() * 200 * unit, digits), median,
                                  median + rounded(random_unit() * 200 * unit, digits), digits);
    }
    simulated_measure(target, 3, 0.1, 0.03, 1, (uint64_t) i, value);
    double least = 1;
    for (int g = 0; g < 3; g++) {
      n_bad += !is_met(value[g], &target[g]);
      least = fmin(least, normality_lilliefors(value[g], target[g].n).p_value);
    }
    n_normal += least >= 0.05;
  }
  is_integer(n_bad, 0, "200 x 3 random quartiles, 20 to 99 values: all print as asked");
  is_integer(n_normal, 0, "in each of them some group is not normal");
}

static void whole_years(void)
{
  // Means and SDs that whole numbers have, because they were taken from whole numbers.
  int n_bad = 0;
  for (int i = 0; i < 100; i++) {
    size_t n = 20 + (size_t) (random_unit() * 60);
    for (size_t j = 0; j < n; j++)
      store[1][j] = floor(30 + 40 * random_unit());
    struct sample_target target = mean_target(n, rounded(mean_of(store[1], n), 2),
                                              rounded(sd_of(store[1], n), 2), 2);
    target.decimals = 0;
    simulated_measure(&target, 1, 0.1, 0.03, 7, (uint64_t) i, value);
    n_bad += !is_met(value[0], &target);
  }
  is_integer(n_bad, 0, "means and SDs of whole numbers to two decimals, met by whole numbers");
  // 34 whole numbers sum to 1540 or 1541: 45.29 or 45.32.
  struct sample_target target = mean_target(34, 45.31, 11.25, 2);
  target.decimals = 0;
  simulated_measure(&target, 1, 0.1, 0.03, 1, 1, value);
  ok(is_in_form(value[0], &target) && fabs(mean_of(value[0], 34) - 45.31) < 0.5 / 34,
     "45.31 is no mean of 34 whole numbers: the nearest is given");
  target.decimals = 1;
  simulated_measure(&target, 1, 0.1, 0.03, 1, 1, value);
  ok(is_met(value[0], &target), "it is one of 34 numbers with one decimal");
}

static void bounds(void)
{
  // T2 after gadolinium in HER2-zero: a plain normal sample has values below 10 ms.
  int n_bad = 0, n_not_normal = 0;
  for (uint64_t i = 0; i < 30; i++) {
    struct sample_target target = mean_target(34, 68.92, 30.12, 2);
    target.decimals = 1;
    target.least = 10;
    target.most = 200;
    simulated_measure(&target, 1, 0.1, 0.03, 3, i, value);
    n_bad += !is_met(value[0], &target);
    n_not_normal += normality_lilliefors(value[0], 34).p_value < 0.05;
  }
  is_integer(n_bad, 0, "mean 2 SDs above the bound: met within the bound");
  is_integer(n_not_normal, 0, "and normal");
  struct sample_target large = mean_target(MOST_N, 68.92, 30.12, 2);
  large.least = 0;
  simulated_measure(&large, 1, 0.1, 0.03, 3, 1, value);
  ok(is_met(value[0], &large), "40000 values within a bound at 2.3 SDs");
  struct sample_target skewed[2] = {quartile_target(34, 17.57, 20.13, 22.57, 2),
                                    quartile_target(MOST_N, 17.57, 20.13, 22.57, 2)};
  for (int g = 0; g < 2; g++) {
    skewed[g].least = 17;
    skewed[g].most = 23;
  }
  simulated_measure(skewed, 2, 0.1, 0.03, 3, 1, value);
  ok(is_met(value[0], &skewed[0]) && is_met(value[1], &skewed[1]),
     "quartiles close to the bounds, 34 and 40000 values");
}

static void small_samples(void)
{
  for (size_t n = 1; n <= 8; n++) {
    int n_bad = 0;
    for (uint64_t i = 0; i < 20; i++) {
      struct sample_target target = mean_target(n, 12.34, 2.5, 2);
      target.decimals = 3;
      simulated_measure(&target, 1, 0.1, 0.03, i, n, value);
      n_bad += !is_met(value[0], &target);
    }
    char name[80];
    snprintf(name, sizeof name, "%zu value%s by mean and SD", n, n == 1 ? "" : "s");
    is_integer(n_bad, 0, name);
  }
  for (size_t n = 3; n <= 8; n++) {
    int n_bad = 0;
    for (uint64_t i = 0; i < 20; i++) {
      struct sample_target target = quartile_target(n, 10.15, 12.34, 16.72, 2);
      simulated_measure(&target, 1, 0.1, 0.03, i, n, value);
      n_bad += !is_met(value[0], &target);
    }
    char name[80];
    snprintf(name, sizeof name, "%zu values by quartiles", n);
    is_integer(n_bad, 0, name);
  }
  struct sample_target two = quartile_target(2, 10, 12, 14, 0);
  simulated_measure(&two, 1, 0.1, 0.03, 1, 1, value);
  ok(is_met(value[0], &two), "two values by quartiles that two values can have");
  two.centre = 11;
  simulated_measure(&two, 1, 0.1, 0.03, 1, 1, value);
  ok(is_in_form(value[0], &two), "two values by quartiles that they cannot have: the nearest");
  struct sample_target tied = quartile_target(60, 5, 5, 9, 0);
  simulated_measure(&tied, 1, 0.1, 0.03, 1, 1, value);
  ok(is_met(value[0], &tied), "first quartile and median are one value");
  tied.q3 = 5;
  simulated_measure(&tied, 1, 0.1, 0.03, 1, 1, value);
  ok(is_met(value[0], &tied), "all quartiles are one value");
  struct sample_target constant = mean_target(30, 7.5, 0, 1);
  simulated_measure(&constant, 1, 0.1, 0.03, 1, 1, value);
  ok(is_met(value[0], &constant), "no spread");
  constant.decimals = 0;
  simulated_measure(&constant, 1, 0.1, 0.03, 1, 1, value);
  ok(is_in_form(value[0], &constant) && !is_met(value[0], &constant),
     "no spread about a mean that is not on the grid: not met, but nearest");
  struct sample_target none[2] = {mean_target(0, 1, 1, 0), mean_target(9, 50, 9, 0)};
  simulated_measure(none, 2, 0.1, 0.03, 1, 1, value);
  ok(is_met(value[1], &none[1]), "a group without patients is passed over");
}

static void faults(void)
{
  struct sample_target target = mean_target(34, 45.31, 11.25, 2);
  ok(!sample_target_fault(&target), "45.31 +- 11.25 can be");
  target.least = 50;
  ok(sample_target_fault(&target) != NULL, "a mean below the range");
  target.least = 40;
  target.most = 55;
  ok(sample_target_fault(&target) != NULL, "an SD that the range does not have room for");
  target.most = 70; // sqrt(5.31 * 24.69 * 34/33) = 11.62
  ok(!sample_target_fault(&target), "an SD that the range just has room for");
  target.sd = -1;
  ok(sample_target_fault(&target) != NULL, "a negative SD");
  target.sd = NAN;
  ok(sample_target_fault(&target) != NULL, "no SD");
  target.n = 1;
  ok(!sample_target_fault(&target), "one value needs none");
  target = quartile_target(30, 10, 9, 12, 0);
  ok(sample_target_fault(&target) != NULL, "a median below the first quartile");
  target = quartile_target(30, 10, 13, 12, 0);
  ok(sample_target_fault(&target) != NULL, "a median above the third quartile");
  target = quartile_target(30, 10, 10, 10, 0);
  ok(!sample_target_fault(&target), "one value for all three");
  target.decimals = 9;
  target.q1 = target.centre = target.q3 = 1e4;
  ok(sample_target_fault(&target) != NULL, "too large a number for nine decimals");
}

static void repeatable(void)
{
  struct sample_target target = mean_target(55, 42.67, 9.89, 2);
  double first[55];
  simulated_measure(&target, 1, 0.1, 0.03, 5, 9, value);
  memcpy(first, value[0], sizeof first);
  simulated_measure(&target, 1, 0.1, 0.03, 5, 9, value);
  ok(memcmp(first, value[0], sizeof first) == 0, "the same seed and replicate: the same sample");
  simulated_measure(&target, 1, 0.1, 0.03, 5, 10, value);
  ok(memcmp(first, value[0], sizeof first) != 0, "another replicate: another sample");
  simulated_measure(&target, 1, 0.1, 0.03, 6, 9, value);
  ok(memcmp(first, value[0], sizeof first) != 0, "another seed: another sample");
}

int main(void)
{
  random_means();
  random_quartiles();
  whole_years();
  bounds();
  small_samples();
  faults();
  repeatable();
  return tap_done();
}
