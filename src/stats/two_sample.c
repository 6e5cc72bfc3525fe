// SPDX-License-Identifier: GPL-3.0-or-later
// Student's and Welch's t, and the two-sample Kolmogorov-Smirnov test.
//
// Sources: Student (1908), Biometrika 6, 1; Welch (1947), Biometrika 34, 28;
// Satterthwaite (1946), Biometrics Bulletin 2, 110; exact Smirnov distribution by
// counting lattice paths, Hodges (1958), Arkiv foer Matematik 3, 469; with ties
// Schroeer & Trenkler (1995), Computational Statistics & Data Analysis 20, 185.
#include <config.h>

#include "stats/two_sample.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"

static struct t_test_result t_test_finish(double difference, double std_error, double df,
                                          double level)
{
  struct t_test_result result = {.difference = difference,
                                 .std_error = NAN,
                                 .statistic = NAN,
                                 .df = NAN,
                                 .p_value = NAN,
                                 .conf_low = NAN,
                                 .conf_high = NAN};
  if (!(std_error > 0) || !isfinite(std_error))
    return result;
  result.std_error = std_error;
  result.df = df;
  result.statistic = difference / std_error;
  result.p_value = t_two_sided(result.statistic, df);
  double margin = t_quantile((1 + level) / 2, df) * std_error;
  result.conf_low = difference - margin;
  result.conf_high = difference + margin;
  return result;
}

// NaN if a sample is empty.
static double difference_of_means(const struct moments *group1, const struct moments *group2)
{
  return group1->n > 0 && group2->n > 0 ? moments_mean_difference(group1, group2) : NAN;
}

struct t_test_result t_test_student(const struct moments *group1, const struct moments *group2,
                                    double level)
{
  double n1 = group1->n, n2 = group2->n, df = n1 + n2 - 2, std_error = NAN;
  if (n1 > 0 && n2 > 0 && df > 0)
    std_error = sqrt((group1->sum_squares + group2->sum_squares) / df * (1 / n1 + 1 / n2));
  return t_test_finish(difference_of_means(group1, group2), std_error, df, level);
}

struct t_test_result t_test_welch(const struct moments *group1, const struct moments *group2,
                                  double level)
{
  double n1 = group1->n, n2 = group2->n, std_error = NAN, df = NAN;
  if (n1 >= 2 && n2 >= 2) {
    double part1 = group1->sum_squares / (n1 - 1) / n1, part2 = group2->sum_squares / (n2 - 1) / n2;
    std_error = sqrt(part1 + part2);
    // Shares instead of squared variances: nothing overflows or underflows.
    double share1 = part1 / (part1 + part2), share2 = part2 / (part1 + part2);
    df = 1 / (share1 * share1 / (n1 - 1) + share2 * share2 / (n2 - 1));
  }
  return t_test_finish(difference_of_means(group1, group2), std_error, df, level);
}

enum { KS_EXACT_REACH = 10000 };

// The fraction of lattice paths from (0,0) to (n1,n2), steps (1,0) and (0,1), that come to
// |i n2 - j n1| >= distance at a point i + j where the pooled sample has an end of ties.
// fraction(i,j) of the paths to (i,j) is 1 at such a point, else
//   fraction(i-1,j) i/(i+j) + fraction(i,j-1) j/(i+j):
// sums of positive terms, so the upper tail keeps its digits however small it is.
// tie_end[k]: the k-th pooled value (one-based) is below the next one.
static double smirnov_upper(int64_t distance, size_t n1, size_t n2, const bool *tie_end)
{
  double *fraction = NEW_ARRAY(double, n2 + 1);
  for (size_t i = 0; i <= n1; i++)
    for (size_t j = 0; j <= n2; j++) {
      int64_t apart = (int64_t) (i * n2) - (int64_t) (j * n1);
      if (tie_end[i + j] && llabs(apart) >= distance) {
        fraction[j] = 1;
        continue;
      }
      double reached = 0, steps = (double) (i + j);
      if (i)
        reached += fraction[j] * ((double) i / steps);
      if (j)
        reached += fraction[j - 1] * ((double) j / steps);
      fraction[j] = reached;
    }
  double upper = fraction[n2];
  free(fraction);
  return upper;
}

struct ks_two_sample_result ks_two_sample_test(const double *x1, size_t n1, const double *x2,
                                               size_t n2)
{
  struct ks_two_sample_result result = {.statistic = NAN, .p_value = NAN};
  if (!n1 || !n2)
    return result;
  double n_pairs = (double) n1 * (double) n2;
  result.exact = n_pairs < KS_EXACT_REACH;
  bool *tie_end = result.exact ? NEW_ZEROED(bool, n1 + n2 + 1) : NULL;
  int64_t distance = 0; // n1 n2 D, a whole number
  for (size_t i = 0, j = 0; i < n1 || j < n2;) {
    double value = j == n2 || (i < n1 && x1[i] < x2[j]) ? x1[i] : x2[j];
    while (i < n1 && x1[i] == value)
      i++;
    while (j < n2 && x2[j] == value)
      j++;
    int64_t apart = llabs((int64_t) (i * n2) - (int64_t) (j * n1));
    distance = apart > distance ? apart : distance;
    if (tie_end)
      tie_end[i + j] = true;
  }
  result.statistic = (double) distance / n_pairs;
  if (!result.exact) {
    double lambda = result.statistic * sqrt(n_pairs / (double) (n1 + n2));
    result.p_value = kolmogorov_limit_upper(lambda);
  } else if (distance == 0) {
    result.p_value = 1;
  } else {
    result.p_value = smirnov_upper(distance, n1, n2, tie_end);
  }
  free(tie_end);
  return result;
}
