// SPDX-License-Identifier: GPL-3.0-or-later
// Two independent samples: t, Mann-Whitney, Kolmogorov-Smirnov, Hodges-Lehmann.
//
// Group 1 comes first: differences are group 1 - group 2.  Mann-Whitney and
// Hodges-Lehmann have headers of their own, which this one includes.

#ifndef HER2_STATS_TWO_SAMPLE_H
#define HER2_STATS_TWO_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/hodges_lehmann.h"
#include "stats/mann_whitney.h"
#include "stats/summary.h"

struct t_test_result {
  double difference;         // mean1 - mean2
  double std_error;
  double statistic, df;
  double p_value;            // two-sided
  double conf_low, conf_high; // of the difference
};
// Student's t with pooled variance, df n1 + n2 - 2; one group may have a single value.  Where df
// or the standard error is 0, all but the difference is NaN; that too if a group is empty.
struct t_test_result t_test_student(const struct moments *group1, const struct moments *group2,
                                    double level);
// Welch (1947): separate variances, Satterthwaite's df; NaN as above, and where an n is below 2.
struct t_test_result t_test_welch(const struct moments *group1, const struct moments *group2,
                                  double level);

struct ks_two_sample_result {
  double statistic; // D = max |F1(x) - F2(x)|
  double p_value;   // two-sided: exact (with ties too) if n1 n2 < 10000, else the limit
  bool exact;
};
// x1: n1 and x2: n2 values, each ascending.  NaN if a sample is empty.
struct ks_two_sample_result ks_two_sample_test(const double *x1, size_t n1, const double *x2,
                                               size_t n2);

#endif
