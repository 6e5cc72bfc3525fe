// SPDX-License-Identifier: GPL-3.0-or-later
// Moments, quantiles, ranks: NIST's certified data, R, identities, slow versions.
#include <config.h>

#include "stats/summary.h"

#include <float.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/sort.h"
#include "reference.h"
#include "tap.h"

static const double *lookup(const struct reference *r, const char *name, const char *what,
                            size_t *n)
{
  char key[200];
  snprintf(key, sizeof key, "%s.%s", name, what);
  return reference_values(r, key, n);
}

static double lookup_one(const struct reference *r, const char *name, const char *what)
{
  size_t n;
  return *lookup(r, name, what, &n);
}

// Numbers from 0 to 2^53 - 1, always the same (splitmix64, Steele et al. 2014).
static uint64_t random_state = 20140517;
static uint64_t random_bits(void)
{
  uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (z ^ (z >> 31)) >> 11;
}
static double random_unit(void)
{
  return (double) random_bits() / 9007199254740992.0;
}

static void check_moments(const double *x, size_t n, double mean, double sd, double tolerance_mean,
                          double tolerance_sd, const char *name)
{
  char label[120];
  struct moments m = moments_compute(x, NULL, n);
  snprintf(label, sizeof label, "%s: mean", name);
  is_close(m.mean, mean, tolerance_mean, label);
  snprintf(label, sizeof label, "%s: standard deviation", name);
  is_close(moments_sd(&m), sd, tolerance_sd, label);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 wide;

// What the certified values would be for the doubles that hold the data: their deviations
// from x[0] are whole multiples of `unit`, so that all is done in integers.
static void check_held(const double *x, size_t n, double unit, const char *name)
{
  wide sum = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    wide deviation = (wide) ((x[i] - x[0]) / unit);
    sum += deviation;
    squares += deviation * deviation;
  }
  double count = (double) n,
         exact = (double) ((wide) n * squares - sum * sum) / count * unit * unit;
  struct moments m = moments_compute(x, NULL, n);
  char label[120];
  snprintf(label, sizeof label, "%s: sum of squares of the doubles as held", name);
  is_close(m.sum_squares, exact, 1e-15, label);
  snprintf(label, sizeof label, "%s: mean less the first value, from mean and tail", name);
  is_near((m.mean - x[0]) + m.mean_tail, (double) sum / count * unit, 1e-15 * moments_sd(&m),
          label);
}
#else
static void check_held(const double *x, size_t n, double unit, const char *name)
{
  (void) x, (void) n, (void) unit, (void) name;
}
#endif

static void test_nist(void)
{
  struct reference *nist = reference_open("nist_univariate.tsv");
  static const char *const observed[] = {"Lew", "Lottery", "Mavro", "Michelso"};
  // 15 digits are certified.  Those of Michelso share 4 digits, the SD of the doubles that
  // hold them is 4e-15 off; those of Mavro share 3 and vary in the 4th: 1.4e-13.
  static const double sd_tolerance[] = {2e-15, 2e-15, 4e-13, 2e-14};
  static const double unit[] = {1, 1, 0x1p-51, 0x1p-44}; // spacing of the doubles
  for (size_t i = 0; i < sizeof observed / sizeof *observed; i++) {
    size_t n;
    const double *x = lookup(nist, observed[i], "x", &n);
    check_moments(x, n, lookup_one(nist, observed[i], "mean"), lookup_one(nist, observed[i], "sd"),
                  2e-15, sd_tolerance[i], observed[i]);
    check_held(x, n, unit[i], observed[i]);
  }

  const double first[] = {10000001, 10000003, 10000002};
  check_moments(first, 3, lookup_one(nist, "NumAcc1", "mean"), lookup_one(nist, "NumAcc1", "sd"), 0,
                0, "NumAcc1");
  static const struct {
    const char *name;
    double offset, unit, tolerance;
  } made[] = {
      // The spacing of doubles at the offset, over the SD of 0.1, bounds what can be had.
      {"NumAcc2", 1, 0x1p-52, 1e-14},
      {"NumAcc3", 1e6, 0x1p-33, 1e-9},
      {"NumAcc4", 1e7, 0x1p-29, 5.6e-9}, // 8.3 digits: the SD of the doubles is 5.59e-9 off
  };
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
    double x[1001];
    for (size_t j = 0; j < 1001; j++)
      x[j] = (10 * made[i].offset + (j == 0 ? 2 : j % 2 ? 1 : 3)) / 10;
    check_moments(x, 1001, lookup_one(nist, made[i].name, "mean"),
                  lookup_one(nist, made[i].name, "sd"), 1e-15, made[i].tolerance, made[i].name);
    check_held(x, 1001, made[i].unit, made[i].name);
  }
  reference_close(nist);
}

static void check_quantiles(const double *x, const double *weight, size_t n, const double *p,
                            size_t n_p, const double *expected, enum quantile_type type,
                            const char *name)
{
  bool good = true;
  for (size_t i = 0; i < n_p; i++) {
    double q = quantile_sorted(x, weight, n, p[i], type);
    // R and we round the position differently: a few units in the last place.
    if (!(fabs(q - expected[i]) <= 1e-14 * fmax(fabs(expected[i]), 1))) {
      printf("# p %g: got %.17g, expected %.17g\n", p[i], q, expected[i]);
      good = false;
    }
  }
  ok(good, "%s: type %d quantiles of R", name, type);
}

static void test_r(void)
{
  struct reference *r = reference_open("summary.tsv");
  static const char *const samples[] = {"rivers", "precip", "ozone", "lognormal", "shifted",
                                        "tied",   "one",    "two",   "same"};
  size_t n_p;
  const double *p = reference_values(r, "p", &n_p);
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    const char *name = samples[i];
    size_t n;
    const double *x = lookup(r, name, "x", &n);
    struct moments m = moments_compute(x, NULL, n);
    is_close(m.mean, lookup_one(r, name, "mean"), 1e-15, name);
    // R computes variances about a mean in one long double; enough digits but for "same".
    if (strcmp(name, "same") != 0)
      is_close(moments_variance(&m), lookup_one(r, name, "variance"), 1e-14, name);
    double *rank = malloc(n * sizeof *rank), *sorted = malloc(n * sizeof *sorted);
    double ties = ranks_compute(x, NULL, n, rank);
    is_close(ties, lookup_one(r, name, "ties"), 0, "sum of t^3 - t");
    size_t n_rank;
    const double *expected = lookup(r, name, "rank", &n_rank);
    ok(memcmp(rank, expected, n * sizeof *rank) == 0, "%s: midranks of R, exactly", name);
    memcpy(sorted, x, n * sizeof *sorted);
    sort_doubles(sorted, n);
    check_quantiles(sorted, NULL, n, p, n_p, lookup(r, name, "type6", NULL), QUANTILE_TYPE_6, name);
    check_quantiles(sorted, NULL, n, p, n_p, lookup(r, name, "type7", NULL), QUANTILE_TYPE_7, name);
    free(rank);
    free(sorted);
  }

  size_t n;
  const double *x = lookup(r, "weighted", "x", &n), *weight = lookup(r, "weighted", "weight", NULL);
  struct moments m = moments_compute(x, weight, n);
  is_close(m.mean, lookup_one(r, "weighted", "mean"), 1e-14, "weighted mean");
  is_close(moments_variance(&m), lookup_one(r, "weighted", "variance"), 1e-14, "weighted variance");
  check_quantiles(x, weight, n, p, n_p, lookup(r, "weighted", "type6", NULL), QUANTILE_TYPE_6,
                  "weighted");
  check_quantiles(x, weight, n, p, n_p, lookup(r, "weighted", "type7", NULL), QUANTILE_TYPE_7,
                  "weighted");
  reference_close(r);
}

// Midranks by counting, O(n^2).
static double slow_rank(const double *x, size_t n, size_t i)
{
  double below = 0, same = 0;
  for (size_t j = 0; j < n; j++) {
    below += x[j] < x[i];
    same += x[j] == x[i];
  }
  return below + (same + 1) / 2;
}

// Hyndman & Fan's definition word for word.
static double slow_quantile(const double *x, size_t n, double p, enum quantile_type type)
{
  double h = type == QUANTILE_TYPE_6 ? ((double) n + 1) * p : ((double) n - 1) * p + 1;
  if (h < 1)
    return x[0];
  if (h >= (double) n)
    return x[n - 1];
  size_t j = (size_t) h;
  return x[j - 1] + (h - (double) j) * (x[j] - x[j - 1]);
}

static void test_weights(void)
{
  bool moments_good = true, quantiles_good = true, ranks_good = true, ties_good = true;
  for (size_t trial = 0; trial < 300; trial++) {
    double x[40], weight[40], repeated[240], rank[40], long_rank[240];
    size_t n = 1 + random_bits() % 40, n_repeated = 0;
    for (size_t i = 0; i < n; i++)
      x[i] = trial % 2 ? (double) (random_bits() % 7) : random_unit() * 100 - 30;
    sort_doubles(x, n);
    for (size_t i = 0; i < n; i++) {
      weight[i] = (double) (random_bits() % 6);
      for (size_t k = 0; k < (size_t) weight[i]; k++)
        repeated[n_repeated++] = x[i];
    }
    struct moments a = moments_compute(x, weight, n);
    struct moments b = moments_compute(repeated, NULL, n_repeated);
    moments_good &= a.n == b.n;
    if (n_repeated)
      moments_good &= fabs(a.mean - b.mean) <= 1e-14 * fabs(b.mean) + 1e-15 &&
                      fabs(a.sum_squares - b.sum_squares) <= 1e-13 * b.sum_squares;
    else
      moments_good &= isnan(a.mean) && isnan(b.mean);
    for (size_t k = 0; k <= 20; k++)
      for (enum quantile_type type = QUANTILE_TYPE_6; type <= QUANTILE_TYPE_7; type++) {
        double p = k < 20 ? random_unit() : 1, q = quantile_sorted(x, weight, n, p, type);
        if (n_repeated == 0) {
          quantiles_good &= isnan(q);
          continue;
        }
        quantiles_good &= q == quantile_sorted(repeated, NULL, n_repeated, p, type);
        quantiles_good &= fabs(q - slow_quantile(repeated, n_repeated, p, type)) <= 1e-12;
      }
    double ties = ranks_compute(x, weight, n, rank);
    double long_ties = ranks_compute(repeated, NULL, n_repeated, long_rank);
    // A tie of total weight 0 is (0 - 1) 0 (0 + 1) = 0.
    ties_good &= ties == long_ties;
    for (size_t i = 0, j = 0; i < n; j += (size_t) weight[i++])
      if (weight[i] > 0)
        ranks_good &= rank[i] == long_rank[j] && long_rank[j] == slow_rank(repeated, n_repeated, j);
  }
  ok(moments_good, "weighted moments are those of the repeated sample");
  ok(quantiles_good, "weighted quantiles are those of the repeated sample, and the definition's");
  ok(ranks_good, "weighted midranks are those of the repeated sample, and counted ones");
  ok(ties_good, "weighted tie sums are those of the repeated sample");

  const double x[] = {1, 5, 9}, ones[] = {1, 1, 1}, half[] = {0.5, 0.5, 0.5};
  struct moments a = moments_compute(x, ones, 3), b = moments_compute(x, NULL, 3);
  ok(a.mean == b.mean && a.sum_squares == b.sum_squares, "weights of one change nothing");
  a = moments_compute(x, half, 3);
  is_close(a.sum_squares, b.sum_squares / 2, 1e-15, "fractional weights scale the sum of squares");
}

static void test_offsets(void)
{
  // Integers about 2^50: all is exact.
  double x[1000], shifted[1000], first = 0;
  for (size_t i = 0; i < 1000; i++) {
    x[i] = (double) (i * 7919 % 1000);
    shifted[i] = 1125899906842624.0 + x[i];
    first += x[i];
  }
  struct moments a = moments_compute(x, NULL, 1000), b = moments_compute(shifted, NULL, 1000);
  is_close(a.mean, first / 1000, 0, "mean of integers");
  is_close(b.sum_squares, 1000.0 * (1000.0 * 1000 - 1) / 12, 1e-15,
           "an offset of 2^50 costs nothing");
  is_close(moments_mean_difference(&b, &a), 1125899906842624.0, 0, "difference of means");
  for (size_t i = 0; i < 1000; i++)
    shifted[i] += i % 3 == 0;
  struct moments c = moments_compute(shifted, NULL, 1000);
  is_close(moments_mean_difference(&c, &b), 0.334, 1e-15,
           "means that share 15 digits: the difference keeps all of its own");
  is_close(moments_mean_difference(&b, &c), -0.334, 1e-15, "and the other way");

  // An outlier first, so that the pivot is far from everything.
  double outlier[1001];
  outlier[0] = 1e12;
  for (size_t i = 0; i < 1000; i++)
    outlier[i + 1] = x[i];
  struct moments d = moments_compute(outlier, NULL, 1001);
  double mean = (1e12 + first) / 1001;
  is_close(d.mean, mean, 1e-15, "mean with an outlier as pivot");
  is_close(d.sum_squares, a.sum_squares + (1e12 - a.mean) * (1e12 - a.mean) * 1000 / 1001, 1e-15,
           "sum of squares with an outlier as pivot");

  for (size_t i = 0; i < 1000; i++)
    shifted[i] = 0.1;
  a = moments_compute(shifted, NULL, 1000);
  ok(a.mean == 0.1 && a.mean_tail == 0 && a.sum_squares == 0, "equal values have no spread at all");
  for (size_t i = 0; i < 1000; i++)
    shifted[i] = (i % 2 ? 1 : -1) * 1e-160;
  a = moments_compute(shifted, NULL, 1000);
  is_close(a.mean, 0, 1e-180, "tiny values");
}

static void test_million(void)
{
  size_t n = 1000000;
  double *x = malloc(n * sizeof *x), *rank = malloc(n * sizeof *rank);
  for (size_t i = 0; i < n; i++)
    x[i] = 1e9 + (double) (i % 1000) / 1024;
  struct moments m = moments_compute(x, NULL, n);
  // Every value k/1024 occurs 1000 times.
  is_close(m.sum_squares, 1000 * (1000.0 * (1e6 - 1) / 12) / 1048576, 1e-15,
           "a million values about 1e9");
  is_close(moments_sd(&m), sqrt(1000 * (1000.0 * (1e6 - 1) / 12) / 1048576 / 999999), 1e-15,
           "their SD");
  is_close((m.mean - 1e9) + m.mean_tail, 499.5 / 1024, 1e-15, "their mean, less 1e9, by the tail");
  is_close(ranks_compute(x, NULL, n, rank), 1000 * (1e9 - 1e3), 0, "their ties");
  is_close(rank[999], 999500.5, 0, "the largest rank");
  for (size_t i = 0; i < n; i++)
    x[i] = 4;
  is_close(ranks_compute(x, NULL, n, rank), 1e18 - 1e6, 1e-16, "a million tied: t^3 - t");
  is_close(rank[0], 500000.5, 0, "and their rank");
  free(x);
  free(rank);
}

// The definition with sum_add, to the last bit: what the vectors do must not show.
static void test_lanes(void)
{
  bool same = true;
  for (size_t n = 1; n <= 200; n++) {
    double x[200], plain[4] = {0};
    for (size_t i = 0; i < n; i++)
      x[i] = (random_unit() - 0.5) * pow(10, (double) (random_bits() % 12)) + (double) n;
    for (size_t i = 0; i < n; i++)
      plain[i < n / 4 * 4 ? i % 4 : 0] += x[i] - x[0];
    double shift = ((plain[0] + plain[1]) + (plain[2] + plain[3])) / (double) n;
    double mean = x[0] + shift, shadow = mean - x[0];
    double tail = (x[0] - (mean - shadow)) + (shift - shadow);
    struct compensated_sum first = {0}, second = {0};
    for (size_t i = 0; i < n; i++) {
      double deviation = (x[i] - mean) - tail;
      sum_add(&first, deviation);
      sum_add(&second, deviation * deviation);
    }
    double correction = sum_total(&first) / (double) n;
    double squares = fmax(0, sum_total(&second) - correction * correction * (double) n);
    struct moments m = moments_compute(x, NULL, n);
    same &= m.sum_squares == squares && m.mean + m.mean_tail == mean + (tail + correction);
  }
  ok(same, "moments are those of two compensated sums, to the last bit");
}

static void test_pool(void)
{
  double x[300];
  struct moments part[4];
  for (size_t i = 0; i < 300; i++)
    x[i] = 1e8 + 10 * random_unit() + (double) (i / 100);
  part[0] = moments_compute(x, NULL, 10);
  part[1] = moments_compute(NULL, NULL, 0);
  part[2] = moments_compute(x + 10, NULL, 200);
  part[3] = moments_compute(x + 210, NULL, 90);
  struct moments all = moments_compute(x, NULL, 300), pool = moments_pool(part, 4);
  is_close(pool.n, 300, 0, "pool: n");
  is_near(moments_mean_difference(&pool, &all), 0, 1e-14, "pool: the mean of all, tails included");
  is_close(pool.sum_squares, all.sum_squares, 1e-14, "pool: the sum of squares of all");
  pool = moments_pool(part + 1, 1);
  ok(pool.n == 0 && isnan(pool.mean), "pool of nothing");

  struct moments printed = moments_from_summary(31, 54.2, 9.75);
  is_close(moments_sd(&printed), 9.75, 1e-15, "from a printed table: SD");
  is_close(printed.mean, 54.2, 0, "from a printed table: mean");
  printed = moments_from_summary(1, 3, NAN);
  ok(printed.sum_squares == 0 && isnan(moments_variance(&printed)), "a single value has no SD");
}

static void test_edges(void)
{
  struct moments m = moments_compute(NULL, NULL, 0);
  ok(m.n == 0 && isnan(m.mean) && m.sum_squares == 0, "no value");
  ok(isnan(moments_variance(&m)) && isnan(moments_sd(&m)), "no value: no variance");
  const double one[] = {3.5}, two[] = {1, 2}, zero[] = {0, 0};
  m = moments_compute(one, NULL, 1);
  ok(m.mean == 3.5 && m.sum_squares == 0 && isnan(moments_variance(&m)), "one value");
  m = moments_compute(two, NULL, 2);
  ok(m.mean == 1.5 && m.sum_squares == 0.5, "two values");
  m = moments_compute(two, zero, 2);
  ok(m.n == 0 && isnan(m.mean), "all weights 0");
  const double with_nan[] = {NAN, 4, 6}, hides[] = {0, 1, 1};
  m = moments_compute(with_nan, hides, 3);
  is_close(m.mean, 5, 0, "what has weight 0 is not looked at");
  is_close(quantile_sorted(NULL, NULL, 0, 0.5, QUANTILE_TYPE_6), NAN, 0, "quantile of nothing");
  is_close(quantile_sorted(two, zero, 2, 0.5, QUANTILE_TYPE_6), NAN, 0, "quantile of no weight");
  is_close(quantile_sorted(one, NULL, 1, 0.5, QUANTILE_TYPE_6), 3.5, 0, "quantile of one");
  is_close(quantile_sorted(two, NULL, 2, 0.05, QUANTILE_TYPE_6), 1, 0, "type 6 stops at the least");
  is_close(quantile_sorted(two, NULL, 2, 0.95, QUANTILE_TYPE_6), 2, 0, "and at the greatest");
  is_close(quantile_sorted(two, NULL, 2, -0.1, QUANTILE_TYPE_6), NAN, 0, "p below 0");
  is_close(quantile_sorted(two, NULL, 2, 1.1, QUANTILE_TYPE_7), NAN, 0, "p above 1");
  is_close(quantile_sorted(two, NULL, 2, NAN, QUANTILE_TYPE_7), NAN, 0, "p NaN");
  const double far[] = {-DBL_MAX, DBL_MAX};
  is_close(quantile_sorted(far, NULL, 2, 0.5, QUANTILE_TYPE_7), 0, 0,
           "no overflow between two values");
  double rank[2];
  is_close(ranks_compute(NULL, NULL, 0, rank), 0, 0, "ranks of nothing");
  ranks_compute(one, NULL, 1, rank);
  is_close(rank[0], 1, 0, "rank of one");
  const double zeros[] = {0.0, -0.0};
  ranks_compute(zeros, NULL, 2, rank);
  ok(rank[0] == 1.5 && rank[1] == 1.5, "0 and -0 tie");

  struct compensated_sum sum = {0};
  sum_add(&sum, 1e100);
  sum_add(&sum, 1);
  sum_add(&sum, -1e100);
  is_close(sum_total(&sum), 1, 0, "a compensated sum keeps what cancels");
}

int main(void)
{
  test_nist();
  test_r();
  test_weights();
  test_offsets();
  test_million();
  test_lanes();
  test_pool();
  test_edges();
  return tap_done();
}
