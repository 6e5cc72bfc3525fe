// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of calibration, and bins.
//
// D. W. Hosmer, S. Lemeshow (1980), Goodness of fit tests for the multiple logistic regression
// model, Communications in Statistics A 9, 1043-1069; D. J. Spiegelhalter (1986), Probabilistic
// prediction in patient management and clinical trials, Statistics in Medicine 5, 421-433; E. B.
// Wilson (1927), Journal of the American Statistical Association 22, 209-212.
#include <config.h>

#include "stats/performance.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/distribution.h"

// The rows by risk, cut into parts.  last[k]: rows up to and including part k.
struct parts {
  size_t *order, *last;
  size_t n;
};

// Cut k stands at the type 7 quantile k/n_wanted, position (n - 1) k/n_wanted from 0: in whole
// numbers the row at or below it, which rounding cannot move.  Risks equal to that row's belong
// below the cut.  Empty parts are left out.
static struct parts parts_new(const double *risk, size_t n, size_t n_wanted)
{
  struct parts parts = {.order = NEW_ARRAY(size_t, n), .last = NEW_ARRAY(size_t, n_wanted)};
  sort_order(risk, n, parts.order);
  size_t done = 0;
  for (size_t k = 1; k <= n_wanted && n > 0; k++) {
    size_t whole = (n - 1) / n_wanted * k, rest = (n - 1) % n_wanted * k;
    size_t end = whole + rest / n_wanted + 1;
    while (end < n && risk[parts.order[end]] == risk[parts.order[end - 1]])
      end++;
    if (end > done)
      parts.last[parts.n++] = end;
    done = end > done ? end : done;
  }
  return parts;
}

static void parts_free(struct parts *parts)
{
  free(parts->order);
  free(parts->last);
}

struct calibration_test hosmer_lemeshow(const double *risk, const double *y, size_t n,
                                        size_t n_groups, bool external)
{
  struct calibration_test test = {NAN, NAN, NAN};
  if (n == 0 || n_groups == 0)
    return test;
  struct parts parts = parts_new(risk, n, n_groups);
  double sum = 0;
  for (size_t k = 0, i = 0; k < parts.n; k++) {
    double observed = 0, expected = 0, others = 0, expected_others = 0;
    for (; i < parts.last[k]; i++) {
      double p = risk[parts.order[i]], event = y[parts.order[i]];
      observed += event;
      expected += p;
      others += 1 - event;
      expected_others += 1 - p;
    }
    double difference = observed - expected, other_difference = others - expected_others;
    if (difference != 0)
      sum += difference * difference / expected;
    if (other_difference != 0)
      sum += other_difference * other_difference / expected_others;
  }
  test.df = (double) parts.n - (external ? 0 : 2);
  if (test.df > 0) {
    test.statistic = sum;
    test.p_value = isinf(sum) ? 0 : chi_square_upper(sum, test.df);
  }
  parts_free(&parts);
  return test;
}

struct calibration_test spiegelhalter(const double *risk, const double *y, size_t n)
{
  double sum = 0, variance = 0;
  for (size_t i = 0; i < n; i++) {
    double p = risk[i], factor = 1 - 2 * p;
    sum += (y[i] - p) * factor;
    variance += factor * factor * p * (1 - p);
  }
  double z = variance > 0 ? sum / sqrt(variance) : NAN;
  return (struct calibration_test){z, NAN, normal_two_sided(z)};
}

size_t calibration_bins(const double *risk, const double *y, size_t n, size_t n_bins, double level,
                        struct calibration_bin *bin)
{
  struct parts parts = parts_new(risk, n, n_bins);
  size_t n_made = parts.n;
  for (size_t k = 0, i = 0; k < n_made; k++) {
    double events = 0, expected = 0, first = (double) i;
    bin[k].low = risk[parts.order[i]];
    for (; i < parts.last[k]; i++) {
      events += y[parts.order[i]];
      expected += risk[parts.order[i]];
    }
    bin[k].high = risk[parts.order[i - 1]];
    bin[k].n = (double) i - first;
    bin[k].predicted = expected / bin[k].n;
    bin[k].observed = events / bin[k].n;
    proportion_wilson_interval(events, bin[k].n, level, &bin[k].conf_low, &bin[k].conf_high);
  }
  parts_free(&parts);
  return n_made;
}
