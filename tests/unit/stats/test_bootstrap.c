// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/bootstrap.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/progress.h"
#include "stats/distribution.h"
#include "stats/rng.h"
#include "tap.h"

enum { N = 60, N_STRATA = 3 };

static double value_of(size_t i)
{
  return sqrt((double) (i * i % 37)) + 0.1 * (double) i;
}

static void weights_check(void)
{
  struct bootstrap_plan plan = {.seed = 1, .n = N};
  double weight[N], again[N], expected[N];
  bool whole = true, repeats = true, as_drawn = true, differs = true;
  for (size_t b = 1; b <= 200; b++) {
    bootstrap_weights(&plan, b, weight);
    bootstrap_weights(&plan, b, again);
    struct philox_stream stream;
    philox_start(&stream, 1, RNG_BOOTSTRAP, b);
    memset(expected, 0, sizeof expected);
    for (size_t i = 0; i < N; i++)
      expected[philox_below(&stream, N)]++;
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
      whole = whole && weight[i] >= 0 && weight[i] == floor(weight[i]);
      sum += weight[i];
    }
    whole = whole && sum == N;
    repeats = repeats && memcmp(weight, again, sizeof weight) == 0;
    as_drawn = as_drawn && memcmp(weight, expected, sizeof weight) == 0;
    bootstrap_weights(&plan, b + 1, again);
    differs = differs && memcmp(weight, again, sizeof weight) != 0;
  }
  ok(whole, "weights are whole and sum to n");
  ok(repeats, "the same replicate again");
  ok(as_drawn, "n draws of philox_below from the replicate's stream");
  ok(differs, "another replicate differs");
  bootstrap_weights(&plan, 5, weight);
  plan.seed = 2;
  bootstrap_weights(&plan, 5, again);
  ok(memcmp(weight, again, sizeof weight) != 0, "another seed differs");
  // Neither the range of replicates nor the threads matter.
  struct bootstrap_plan other = {.seed = 1, .n = N, .first = 5, .last = 900, .n_threads = 3};
  bootstrap_weights(&other, 5, again);
  ok(memcmp(weight, again, sizeof weight) == 0, "the plan's range does not matter");

  // Each row's weight is binomial(n, 1/n); a row is left out of (1 - 1/n)^n of the replicates.
  double sum[N] = {0}, left_out = 0, squares = 0;
  enum { N_REPLICATES = 2000 };
  for (size_t b = 1; b <= N_REPLICATES; b++) {
    bootstrap_weights(&plan, b, weight);
    for (size_t i = 0; i < N; i++) {
      sum[i] += weight[i];
      left_out += weight[i] == 0;
    }
  }
  for (size_t i = 0; i < N; i++)
    squares += pow(sum[i] - N_REPLICATES, 2) / N_REPLICATES;
  ok(chi_square_upper(squares, N - 1) > 1e-3 && chi_square_lower(squares, N - 1) > 1e-3,
     "every row is as likely (X-squared %.1f)", squares);
  is_near(left_out / N / N_REPLICATES, pow(1 - 1.0 / N, N), 0.005, "rows left out");
  struct bootstrap_plan one = {.seed = 1, .n = 1};
  bootstrap_weights(&one, 1, weight);
  is_close(weight[0], 1, 0, "one row");
  struct bootstrap_plan none = {.seed = 1};
  bootstrap_weights(&none, 1, weight);
  is_close(weight[0], 1, 0, "no row: nothing is written");
}

static void strata_check(void)
{
  size_t stratum[N], members[N_STRATA] = {0};
  for (size_t i = 0; i < N; i++)
    members[stratum[i] = i % 7 == 0 ? 0 : i % 2 + 1]++;
  struct bootstrap_plan plan = {.seed = 4, .n = N, .stratum = stratum, .n_strata = N_STRATA};
  double weight[N], plain[N];
  bool kept = true;
  for (size_t b = 1; b <= 200; b++) {
    bootstrap_weights(&plan, b, weight);
    double sum[N_STRATA] = {0};
    for (size_t i = 0; i < N; i++)
      sum[stratum[i]] += weight[i];
    for (size_t h = 0; h < N_STRATA; h++)
      kept = kept && sum[h] == (double) members[h];
  }
  ok(kept, "every stratum keeps its size");
  size_t single[N] = {0};
  struct bootstrap_plan whole = {.seed = 4, .n = N, .stratum = single, .n_strata = 1};
  struct bootstrap_plan free_plan = {.seed = 4, .n = N};
  bootstrap_weights(&whole, 3, weight);
  bootstrap_weights(&free_plan, 3, plain);
  ok(memcmp(weight, plain, sizeof weight) == 0, "one stratum is no stratum");
  // An empty stratum changes nothing.
  for (size_t i = 0; i < N; i++)
    single[i] = 1;
  struct bootstrap_plan gap = {.seed = 4, .n = N, .stratum = single, .n_strata = 3};
  bootstrap_weights(&gap, 3, weight);
  ok(memcmp(weight, plain, sizeof weight) == 0, "empty strata change nothing");
  for (size_t i = 0; i < N; i++)
    single[i] = i;
  struct bootstrap_plan alone = {.seed = 4, .n = N, .stratum = single, .n_strata = N};
  bootstrap_weights(&alone, 3, weight);
  bool ones = true;
  for (size_t i = 0; i < N; i++)
    ones = ones && weight[i] == 1;
  ok(ones, "strata of one row: the data themselves");
}

// Weighted mean, and the number of rows drawn; fails where row 0 was drawn more than twice.
static bool mean_compute(const double *weight, double *statistic, void *scratch)
{
  double *sum = scratch;
  sum[0] = sum[1] = 0;
  for (size_t i = 0; i < N; i++) {
    sum[0] += weight[i] * value_of(i);
    sum[1] += weight[i] > 0;
  }
  statistic[0] = sum[0] / N;
  statistic[1] = sum[1];
  return weight[0] <= 2;
}

static atomic_int n_made, n_freed;

static void *scratch_make(void *context)
{
  atomic_fetch_add(&n_made, 1);
  ++*(int *) context; // not atomic: makers do not run at once
  return malloc(2 * sizeof(double));
}

static void scratch_free(void *scratch)
{
  atomic_fetch_add(&n_freed, 1);
  free(scratch);
}

static bool nan_safe_equal(const double *a, const double *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
      return false;
  return true;
}

static void run_check(void)
{
  enum { N_REPLICATES = 400 };
  double result[3][2 * N_REPLICATES], part[2 * N_REPLICATES];
  static const int threads[] = {1, 2, 7};
  size_t n_failed[3];
  int n_contexts = 0;
  for (size_t k = 0; k < 3; k++) {
    struct progress progress;
    progress_begin(&progress, "replicates", N_REPLICATES, true);
    struct bootstrap_plan plan = {.seed = 1, .n = N, .first = 1, .last = N_REPLICATES,
                                  .n_threads = threads[k], .progress = &progress};
    n_made = n_freed = 0;
    n_contexts = 0;
    n_failed[k] = bootstrap_run(&plan, mean_compute, 2, result[k], scratch_make, scratch_free,
                                &n_contexts);
    ok(atomic_load(&progress.done) == N_REPLICATES, "%d threads: every replicate is reported",
       threads[k]);
    ok(n_made == n_freed && n_made >= 1 && n_made <= threads[k] && n_contexts == n_made,
       "%d threads: a scratch each, released", threads[k]);
    progress_end(&progress);
  }
  ok(nan_safe_equal(result[0], result[1], 2 * N_REPLICATES), "2 threads: the same numbers");
  ok(nan_safe_equal(result[0], result[2], 2 * N_REPLICATES), "7 threads: the same numbers");
  ok(n_failed[0] == n_failed[1] && n_failed[0] == n_failed[2], "and the same failures");

  struct bootstrap_plan plan = {.seed = 1, .n = N, .first = 1, .last = N_REPLICATES};
  size_t n_expected = 0;
  bool slow = true, failures = true;
  for (size_t b = 1; b <= N_REPLICATES; b++) {
    double weight[N], statistic[2], sum[2], *row = result[0] + 2 * (b - 1);
    bootstrap_weights(&plan, b, weight);
    if (mean_compute(weight, statistic, sum)) {
      slow = slow && row[0] == statistic[0] && row[1] == statistic[1];
    } else {
      n_expected++;
      failures = failures && isnan(row[0]) && isnan(row[1]);
    }
  }
  ok(slow, "each row by itself");
  ok(failures, "a failed replicate is a row of NaN");
  ok(n_expected > 0, "some replicates fail");
  is_integer((long long) n_failed[0], (long long) n_expected, "failures are counted");

  plan.first = 101;
  plan.last = 150;
  double scratch[2];
  plan.n_threads = 1;
  bootstrap_run(&plan, mean_compute, 2, part, NULL, NULL, scratch);
  ok(nan_safe_equal(part, result[0] + 200, 100), "a range computed alone; the context as scratch");
  plan.first = plan.last = 3;
  plan.n_threads = 7;
  bootstrap_run(&plan, mean_compute, 2, part, scratch_make, scratch_free, &n_contexts);
  ok(nan_safe_equal(part, result[0] + 4, 2), "one replicate, more threads than work");
  plan.first = 5;
  plan.last = 4;
  is_integer((long long) bootstrap_run(&plan, mean_compute, 2, part, NULL, NULL, scratch), 0,
             "no replicates");

  // The bootstrap variance of a mean is sum (x - mean)^2/n^2.
  double mean = 0, squares = 0, moments[2] = {0};
  size_t n_good = 0;
  for (size_t i = 0; i < N; i++)
    mean += value_of(i) / N;
  for (size_t i = 0; i < N; i++)
    squares += pow(value_of(i) - mean, 2) / N / N;
  for (size_t b = 0; b < N_REPLICATES; b++)
    if (!isnan(result[0][2 * b])) {
      moments[0] += result[0][2 * b] - mean;
      moments[1] += pow(result[0][2 * b] - mean, 2);
      n_good++;
    }
  // The failures (row 0 drawn thrice) shift it by less than its sampling error.
  ok(fabs(moments[0] / (double) n_good) < 4 * sqrt(squares / (double) n_good), "mean of means");
  is_near(moments[1] / (double) n_good / squares, 1, 4 * sqrt(2.0 / (double) n_good),
          "variance of means");
}

static void percentiles_check(void)
{
  // Type 7 of 0..100 at level 0.9: 5 and 95.
  double value[3 * 103];
  for (size_t i = 0; i < 103; i++) {
    value[3 * i] = (double) (i * 37 % 101);
    value[3 * i + 1] = -1e9;
    value[3 * i + 2] = NAN;
  }
  value[0] = NAN; // the other 0 is row 101
  double low, high;
  bootstrap_percentiles(value, 102, 3, 0.9, &low, &high);
  is_close(low, 5, 1e-14, "lower percentile, NaN left out, with a stride");
  is_close(high, 95, 1e-14, "upper percentile");
  bootstrap_percentiles(value + 2, 100, 3, 0.9, &low, &high);
  ok(isnan(low) && isnan(high), "nothing but NaN");
  bootstrap_percentiles(value, 0, 1, 0.9, &low, &high);
  ok(isnan(low) && isnan(high), "no values");
  double single = 4;
  bootstrap_percentiles(&single, 1, 1, 0.95, &low, &high);
  ok(low == 4 && high == 4, "one value");
  bootstrap_percentiles(&single, 1, 1, 1, &low, &high);
  ok(isnan(low) && isnan(high), "a level of 1 is out of domain");
  // quantile(c(1, 2, 4, 8), c(.025, .975)) of R: h = 3 p: 1.075 and 7.7.
  double four[] = {8, 1, 4, 2};
  bootstrap_percentiles(four, 4, 1, 0.95, &low, &high);
  is_close(low, 1.075, 1e-14, "R's quantile, lower");
  is_close(high, 7.7, 1e-14, "R's quantile, upper");
}

int main(void)
{
  weights_check();
  strata_check();
  run_check();
  percentiles_check();
  return tap_done();
}
