// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds on areas against every small ROC curve.
#include <config.h>

#include "stats/auc_bound.h"

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

enum { POSITIVES = 4, NEGATIVES = 4, LENGTH = POSITIVES + NEGATIVES };

// A curve: a path of steps up (1) and right (0), some of them joined to a slope (ties).
// Its points: after each step that is not joined to the next.
struct curve {
  double se[LENGTH + 1], sp[LENGTH + 1];
  int n;
  double area;
};

static struct curve curve_of(unsigned path, unsigned joined)
{
  struct curve curve = {.n = 1, .se = {0}, .sp = {1}};
  double up = 0, right = 0, last_up = 0, last_right = 0;
  for (int i = 0; i < LENGTH; i++) {
    if (path >> i & 1)
      up++;
    else
      right++;
    if (i + 1 < LENGTH && joined >> i & 1)
      continue;
    curve.area += (right - last_right) / NEGATIVES * (up + last_up) / 2 / POSITIVES;
    curve.se[curve.n] = up / POSITIVES;
    curve.sp[curve.n++] = 1 - right / NEGATIVES;
    last_up = up;
    last_right = right;
  }
  return curve;
}

static int count_ones(unsigned x)
{
  int n = 0;
  for (; x; x >>= 1)
    n += (int) (x & 1);
  return n;
}

static void test_curves(void)
{
  bool point = true, youden = true;
  double low_slack = INFINITY, high_slack = INFINITY, youden_slack = INFINITY;
  int n = 0;
  for (unsigned path = 0; path < 1u << LENGTH; path++) {
    if (count_ones(path) != POSITIVES)
      continue;
    for (unsigned joined = 0; joined < 1u << (LENGTH - 1); joined++) {
      struct curve curve = curve_of(path, joined);
      double best = -1;
      int at = 0;
      for (int i = 0; i < curve.n; i++) {
        struct interval bound = auc_bound_at_point(curve.se[i], curve.sp[i]);
        point &= curve.area >= bound.low - 1e-12 && curve.area <= bound.high + 1e-12;
        low_slack = fmin(low_slack, curve.area - bound.low);
        high_slack = fmin(high_slack, bound.high - curve.area);
        if (curve.se[i] + curve.sp[i] > best) {
          best = curve.se[i] + curve.sp[i];
          at = i;
        }
      }
      double most = auc_bound_youden(curve.se[at], curve.sp[at]);
      youden &= curve.area <= most + 1e-12;
      youden_slack = fmin(youden_slack, most - curve.area);
      n++;
    }
  }
  ok(n == 70 * 128, "all curves of 4 and 4 (%d)", n);
  ok(point, "every curve keeps the bounds of each of its points");
  ok(low_slack < 1e-12 && high_slack < 1e-12, "and some attain them");
  ok(youden, "every curve keeps the bound of its greatest Youden index");
  ok(youden_slack < 0.13, "and some come near (%.3f)", youden_slack);
}

// The greatest area over all orders of the levels, by trying them.
static double greatest_by_permutation(const double *count, size_t n, size_t *order, size_t fixed)
{
  if (fixed == n) {
    double events = 0, others = 0, area = 0;
    for (size_t i = 0; i < n; i++) {
      const double *c = &count[2 * order[i]];
      area += c[0] * (others + c[1] / 2);
      events += c[0];
      others += c[1];
    }
    return area / (events * others);
  }
  double most = 0;
  for (size_t i = fixed; i < n; i++) {
    size_t kept = order[fixed];
    order[fixed] = order[i];
    order[i] = kept;
    most = fmax(most, greatest_by_permutation(count, n, order, fixed + 1));
    order[i] = order[fixed];
    order[fixed] = kept;
  }
  return most;
}

static void test_factor(void)
{
  srand(3);
  bool equal = true;
  for (int i = 0; i < 300; i++) {
    size_t n = 2 + (size_t) (rand() % 4), order[5];
    double count[10];
    for (size_t j = 0; j < n; j++) {
      order[j] = j;
      count[2 * j] = 1 + rand() % 20;
      count[2 * j + 1] = 1 + rand() % 20;
    }
    equal &= fabs(auc_greatest_of_factor(count, n) -
                  greatest_by_permutation(count, n, order, 0)) < 1e-12;
  }
  ok(equal, "the greatest area of a factor is that of its best order");
  const double enhancement[] = {10, 42, 28, 24, 11, 23};
  is_close(auc_greatest_of_factor(enhancement, 3), 2954.5 / 4361, 1e-14, "three levels by hand");
  const double empty[] = {10, 42, 0, 0, 28, 24, 11, 23};
  is_close(auc_greatest_of_factor(empty, 4), 2954.5 / 4361, 1e-14, "an empty level");
  const double one_sided[] = {5, 0, 7, 0};
  ok(isnan(auc_greatest_of_factor(one_sided, 2)), "no others");
}

int main(void)
{
  test_curves();
  test_factor();
  struct interval bound = auc_bound_from_point(interval_of(0.7825, 0.7835),
                                               interval_of(0.8345, 0.8355));
  is_close(bound.low, 0.7825 * 0.8345, 1e-15, "rounded point, low");
  is_close(bound.high, 1 - 0.2165 * 0.1645, 1e-15, "rounded point, high");
  ok(isnan(auc_bound_from_point(interval_point(NAN), interval_point(1)).low), "not printed");
  is_close(auc_bound_youden(1, 1), 1, 1e-15, "a perfect point");
  is_close(auc_bound_youden(0.5, 0.5), 0.5, 1e-15, "no better than chance");
  // pnorm(1/sqrt(2)), R
  is_close(auc_of_normals(1, 1, 0, 1), 0.76024993890652326, 1e-14, "two normal distributions");
  const double level[] = {10, 28, 11, 0};
  size_t n;
  double *sum = sums_of_some(level, 4, &n);
  const double expected[] = {0, 10, 11, 21, 28, 38, 39, 49};
  bool same = n == 8;
  for (size_t i = 0; i < n && i < 8; i++)
    same &= sum[i] == expected[i];
  ok(same, "sums of some levels");
  free(sum);
  return tap_done();
}
