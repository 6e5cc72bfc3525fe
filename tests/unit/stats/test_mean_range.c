// SPDX-License-Identifier: GPL-3.0-or-later
// Ranges of mean-based tests: values at the centre as of the tests themselves, all roundings
// inside, and not much wider than what is attained.
#include <config.h>

#include "stats/mean_range.h"

#include <stdio.h>
#include <stdlib.h>

#include "stats/anova.h"
#include "stats/two_sample.h"
#include "reference.h"
#include "tap.h"

static double uniform(void)
{
  return rand() / (double) RAND_MAX;
}

static struct mean_group group_of(double n, double mean, double sd, double half)
{
  return (struct mean_group){n, mean, sd, {mean - half, mean + half}, {sd - half, sd + half}};
}

static struct moments draw(const struct mean_group *g, int corner, int bits)
{
  double at = corner < 0 ? uniform() : corner >> (2 * bits) & 1;
  double of = corner < 0 ? uniform() : corner >> (2 * bits + 1) & 1;
  double mean = g->mean_range.low + at * (g->mean_range.high - g->mean_range.low);
  return moments_from_summary(g->n, mean,
                              g->sd_range.low + of * (g->sd_range.high - g->sd_range.low));
}

struct seen {
  double least, most;
};
static void see(struct seen *seen, double value)
{
  seen->least = fmin(seen->least, value);
  seen->most = fmax(seen->most, value);
}

static bool inside(const struct seen *seen, struct interval range)
{
  double room = 1e-9;
  return seen->least >= range.low - room * fabs(range.low) - 1e-300 &&
         seen->most <= range.high + room * fabs(range.high);
}

static double width(struct interval range)
{
  return range.high - range.low;
}

// 1e-9: R's tests on samples with these summaries.
static void test_against_r(void)
{
  static const char *const names[] = {"age", "t2", "small"};
  struct reference *reference = reference_open("mean_range.tsv");
  for (size_t s = 0; s < sizeof names / sizeof *names; s++) {
    char key[40];
    snprintf(key, sizeof key, "%s.summary", names[s]);
    const double *summary = reference_values(reference, key, NULL);
    struct mean_group group[3];
    for (size_t i = 0; i < 3; i++)
      group[i] = group_of(summary[3 * i], summary[3 * i + 1], summary[3 * i + 2], 0);
    const struct {
      const char *name;
      struct ranged_test test;
    } overall[] = {{"anova", mean_range_anova(group, 3)},
                   {"welch", mean_range_welch_anova(group, 3)}};
    for (size_t i = 0; i < 2; i++) {
      snprintf(key, sizeof key, "%s.%s", names[s], overall[i].name);
      const double *expected = reference_values(reference, key, NULL);
      is_close(overall[i].test.statistic.value, expected[0], 1e-9, key);
      is_close(overall[i].test.df2, expected[1], 1e-9, "its df");
      is_close(overall[i].test.p.value, expected[2], 1e-9, "its P");
    }
    // 1e-4 of Tukey's P: what is promised of the studentized range
    static const struct {
      const char *name;
      enum mean_pair_method method;
      double tolerance;
    } methods[] = {{"lsd", MEAN_PAIR_LSD, 1e-9},
                   {"student", MEAN_PAIR_STUDENT, 1e-9},
                   {"welch.t", MEAN_PAIR_WELCH, 1e-9},
                   {"tukey", MEAN_PAIR_TUKEY, 1e-4}};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
      snprintf(key, sizeof key, "%s.%s", names[s], methods[m].name);
      const double *expected = reference_values(reference, key, NULL);
      for (size_t i = 0, k = 0; i < 3; i++)
        for (size_t j = i + 1; j < 3; j++, k++)
          is_close(mean_range_pair(group, 3, i, j, methods[m].method).p.value, expected[k],
                   methods[m].tolerance, key);
    }
    snprintf(key, sizeof key, "%s.pooled", names[s]);
    const double *expected = reference_values(reference, key, NULL);
    struct ranged_moments pool = mean_range_pool(group, 3);
    is_close(pool.mean.value, expected[0], 1e-12, key);
    is_close(pool.sd.value, expected[1], 1e-12, "its SD");
    is_close(pool.sum_squares.value, expected[2], 1e-12, "its sum of squares");
  }
  reference_close(reference);
}

int main(void)
{
  srand(7);
  bool f_inside = true, pool_inside = true, welch_inside = true, close = true;
  bool pair_inside[N_MEAN_PAIR_METHODS], centres = true;
  for (int m = 0; m < N_MEAN_PAIR_METHODS; m++)
    pair_inside[m] = true;
  const struct seen nothing = {INFINITY, -INFINITY};
  for (int study = 0; study < 24; study++) {
    size_t k = 2 + (size_t) study % 2;
    struct mean_group group[3];
    for (size_t i = 0; i < k; i++)
      group[i] = group_of(10 + floor(60 * uniform()), 40 + 3 * uniform(), 4 + 8 * uniform(),
                          study % 3 == 0 ? 0.5 : 0.05);
    struct ranged_test f = mean_range_anova(group, k), welch = mean_range_welch_anova(group, k);
    struct ranged_moments pool = mean_range_pool(group, k);
    struct seen f_seen = nothing, p_seen = nothing, sd_seen = nothing, ss_seen = nothing,
                mean_seen = nothing, welch_seen = nothing;
    struct seen pair_seen[N_MEAN_PAIR_METHODS];
    for (int m = 0; m < N_MEAN_PAIR_METHODS; m++)
      pair_seen[m] = nothing;
    int corners = 1 << (2 * k);
    for (int s = 0; s < corners + 60; s++) {
      struct moments moments[3];
      for (size_t i = 0; i < k; i++)
        moments[i] = draw(&group[i], s < corners ? s : -1, (int) i);
      struct anova_result result = anova_one_way(moments, k);
      see(&f_seen, result.statistic);
      see(&p_seen, result.p_value);
      see(&welch_seen, anova_welch(moments, k).p_value);
      struct moments joined = moments_pool(moments, k);
      see(&mean_seen, joined.mean);
      see(&sd_seen, moments_sd(&joined));
      see(&ss_seen, joined.sum_squares);
      struct pair_result *pairs[N_MEAN_PAIR_METHODS] = {
          pairs_lsd(moments, k, 0.95), pairs_t(moments, k, false, 0.95),
          pairs_t(moments, k, true, 0.95), NULL, NULL, pairs_scheffe(moments, k, 0.95)};
      if (s % 16 == 0) { // quadrature takes its time
        pairs[MEAN_PAIR_TUKEY] = pairs_tukey(moments, k, 0.95);
        pairs[MEAN_PAIR_GAMES_HOWELL] = pairs_games_howell(moments, k, 0.95);
      }
      for (int m = 0; m < N_MEAN_PAIR_METHODS; m++) {
        if (pairs[m])
          see(&pair_seen[m], pairs[m][0].p_value);
        free(pairs[m]);
      }
    }
    f_inside &= inside(&f_seen, f.statistic.range) && inside(&p_seen, f.p.range);
    pool_inside &= inside(&mean_seen, pool.mean.range) && inside(&sd_seen, pool.sd.range) &&
                   inside(&ss_seen, pool.sum_squares.range);
    welch_inside &= inside(&welch_seen, welch.p.range);
    // The corner of largest differences and least SDs is attained; so is nearly the other end.
    close &= fabs(f_seen.most - f.statistic.range.high) < 1e-9 * f_seen.most &&
             width(f.statistic.range) < 2.5 * (f_seen.most - f_seen.least) + 1e-9;
    for (int m = 0; m < N_MEAN_PAIR_METHODS; m++) {
      struct ranged_test test = mean_range_pair(group, k, 0, 1, (enum mean_pair_method) m);
      // 1e-7: what is promised of the studentized range
      pair_inside[m] &= pair_seen[m].least >= test.p.range.low - 1e-7 &&
                        pair_seen[m].most <= test.p.range.high + 1e-7;
      centres &= test.p.value >= test.p.range.low - 1e-7 &&
                 test.p.value <= test.p.range.high + 1e-7;
    }
  }
  ok(f_inside, "F and its P over all roundings");
  ok(close, "the range of F is attained at a corner");
  ok(pool_inside, "pooled mean, SD and sum of squares over all roundings");
  ok(welch_inside, "Welch's analysis of variance over all roundings");
  for (int m = 0; m < N_MEAN_PAIR_METHODS; m++)
    ok(pair_inside[m], "P of a pair over all roundings, method %d", m);
  ok(centres, "the P at the centres lies in its range");

  test_against_r();
  // Values: those of the tests themselves.
  struct mean_group three[3] = {group_of(34, 45.31, 11.25, 0.005), group_of(55, 42.67, 9.89, 0.005),
                                group_of(49, 48.34, 11.35, 0.005)};
  struct moments m0 = moments_from_summary(34, 45.31, 11.25),
                 m1 = moments_from_summary(55, 42.67, 9.89);
  is_close(mean_range_pair(three, 3, 0, 1, MEAN_PAIR_WELCH).p.value,
           t_test_welch(&m0, &m1, 0.95).p_value, 1e-14, "Welch's t");
  is_close(mean_range_pair(three, 3, 0, 1, MEAN_PAIR_STUDENT).statistic.value,
           t_test_student(&m0, &m1, 0.95).statistic, 1e-13, "Student's t");
  struct ranged_moments pool = mean_range_pool(three, 3);
  is_close(pool.mean.value, (34 * 45.31 + 55 * 42.67 + 49 * 48.34) / 138, 1e-14, "pooled mean");

  // The joined moments are those of the joined rows.
  double x[] = {1, 2, 4, 8, 3, 5, 9}, y[] = {1, 2, 4, 8}, z[] = {3, 5, 9};
  struct moments all = moments_compute(x, NULL, 7), a = moments_compute(y, NULL, 4),
                 b = moments_compute(z, NULL, 3);
  struct mean_group two[2] = {group_of(4, a.mean, moments_sd(&a), 0),
                              group_of(3, b.mean, moments_sd(&b), 0)};
  pool = mean_range_pool(two, 2);
  is_close(pool.sd.value, moments_sd(&all), 1e-14, "pooled SD");
  is_close(pool.sum_squares.range.low, all.sum_squares, 1e-8, "without rounding, low");
  is_close(pool.sum_squares.range.high, all.sum_squares, 1e-12, "without rounding, high");

  // Means that may all be equal: no difference at all is possible.
  struct mean_group equal[2] = {group_of(20, 1.0, 0.5, 0.1), group_of(20, 1.1, 0.5, 0.1)};
  ok(mean_range_anova(equal, 2).p.range.high > 1 - 1e-9, "P = 1 is possible");
  ok(mean_range_between(equal, 2).low < 1e-12, "no difference is possible");
  struct mean_group many[20];
  for (int i = 0; i < 20; i++)
    many[i] = group_of(5, i, 1, 0.5);
  struct interval between = mean_range_between(many, 20);
  ok(between.low < 5 * 665 && between.high > 5 * 665, "twenty groups"); // sum (i - 9.5)^2 = 665
  equal[1].n = 1;
  ok(isnan(mean_range_anova(equal, 2).p.value), "a group of one");
  ok(isnan(mean_range_pair(many, 20, 3, 3, MEAN_PAIR_LSD).p.value), "no pair");
  return tap_done();
}
