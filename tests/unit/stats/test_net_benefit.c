// SPDX-License-Identifier: GPL-3.0-or-later
// Net benefit: R by the published definitions, counting row by row, identities.
#include <config.h>

#include "stats/net_benefit.h"

#include <stdlib.h>

#include "base/memory.h"
#include "reference.h"
#include "stats/rng.h"
#include "tap.h"

static const double thresholds[] = {0, 0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 0.75, 0.9, 0.99, 1};
enum { N_THRESHOLDS = sizeof thresholds / sizeof *thresholds, N = 500 };

static struct net_benefit_setting setting_of(double prevalence, double harm)
{
  return (struct net_benefit_setting){thresholds, N_THRESHOLDS, prevalence, harm};
}

// Risks in steps of 0.05, so that many lie on a threshold.
static void draw(uint64_t seed, double *risk, double *y, double *weight)
{
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, 1);
  for (size_t i = 0; i < N; i++) {
    risk[i] = (double) philox_below(&stream, 21) / 20;
    y[i] = philox_uniform(&stream) < 0.1 + 0.6 * risk[i];
    weight[i] = (double) philox_below(&stream, 4);
  }
}

static void test_definition(void)
{
  double risk[N], y[N], weight[N], tp[N_THRESHOLDS], fp[N_THRESHOLDS];
  draw(1, risk, y, weight);
  for (int weighted = 0; weighted < 2; weighted++) {
    struct net_benefit_setting setting = setting_of(NAN, 0), other = setting_of(0.2, 0.01);
    net_benefit_counts(risk, y, weighted ? weight : NULL, N, NULL, &setting, tp, fp);
    double most = 0, events = 0, all = 0;
    for (size_t i = 0; i < N; i++) {
      all += weighted ? weight[i] : 1;
      events += y[i] * (weighted ? weight[i] : 1);
    }
    for (size_t t = 0; t + 1 < N_THRESHOLDS; t++) {
      double hits = 0, alarms = 0, p = thresholds[t];
      for (size_t i = 0; i < N; i++)
        if (risk[i] >= p)
          *(y[i] > 0 ? &hits : &alarms) += weighted ? weight[i] : 1;
      most = fmax(most, fabs(hits - tp[t]) + fabs(alarms - fp[t]));
      double plain = hits / all - alarms / all * (p / (1 - p));
      most = fmax(most, fabs(net_benefit(tp[t], fp[t], events, all - events, p, &setting) - plain));
      double at = hits / events * 0.2 - alarms / (all - events) * 0.8 * (p / (1 - p)) - 0.01;
      most = fmax(most, fabs(net_benefit(tp[t], fp[t], events, all - events, p, &other) - at));
    }
    is_near(most, 0, 1e-12, weighted ? "counted row by row, weighted" : "counted row by row");
  }
}

static void test_weights(void)
{
  double risk[N], y[N], weight[N], tp[N_THRESHOLDS], fp[N_THRESHOLDS];
  draw(2, risk, y, weight);
  double long_risk[4 * N], long_y[4 * N], tp2[N_THRESHOLDS], fp2[N_THRESHOLDS];
  size_t n = 0;
  for (size_t i = 0; i < N; i++)
    for (int k = 0; k < (int) weight[i]; k++) {
      long_risk[n] = risk[i];
      long_y[n++] = y[i];
    }
  struct net_benefit_setting setting = setting_of(NAN, 0);
  net_benefit_counts(risk, y, weight, N, NULL, &setting, tp, fp);
  net_benefit_counts(long_risk, long_y, NULL, n, NULL, &setting, tp2, fp2);
  bool same = true;
  for (size_t t = 0; t < N_THRESHOLDS; t++)
    same &= tp[t] == tp2[t] && fp[t] == fp2[t];
  ok(same, "weights are repeated rows");
}

static void test_identities(void)
{
  double risk[N], y[N], weight[N], tp[N_THRESHOLDS], fp[N_THRESHOLDS];
  draw(3, risk, y, weight);
  double events = 0;
  for (size_t i = 0; i < N; i++)
    events += y[i];
  double prevalence = events / N;
  struct net_benefit_setting setting = setting_of(NAN, 0);
  net_benefit_counts(risk, y, NULL, N, NULL, &setting, tp, fp);
  is_close(net_benefit(tp[0], fp[0], events, N - events, 0, &setting), prevalence, 1e-12,
           "at threshold 0 it is the prevalence");
  ok(isnan(net_benefit(tp[12], fp[12], events, N - events, 1, &setting)), "at 1 it is undefined");
  is_near(net_benefit_treat_all(prevalence, prevalence), 0, 1e-15,
          "treating all is worth nothing at the prevalence");
  ok(isnan(net_benefit_treat_all(prevalence, 1)), "and undefined at 1");
  is_close(net_benefit_treat_all(0.3, 0), 0.3, 1e-15, "treating all at 0");
  double constant[N];
  for (size_t i = 0; i < N; i++)
    constant[i] = 0.3;
  net_benefit_counts(constant, y, NULL, N, NULL, &setting, tp, fp);
  double most = 0;
  for (size_t t = 0; t + 1 < N_THRESHOLDS; t++) {
    double expected = thresholds[t] <= 0.3 ? net_benefit_treat_all(prevalence, thresholds[t]) : 0;
    most = fmax(most, fabs(net_benefit(tp[t], fp[t], events, N - events, thresholds[t], &setting) -
                           expected));
  }
  is_near(most, 0, 1e-12, "a constant risk is treating all up to it, none beyond");
  struct net_benefit_setting own = setting_of(prevalence, 0);
  net_benefit_counts(risk, y, NULL, N, NULL, &setting, tp, fp);
  most = 0;
  for (size_t t = 0; t + 1 < N_THRESHOLDS; t++)
    most = fmax(most, fabs(net_benefit(tp[t], fp[t], events, N - events, thresholds[t], &setting) -
                           net_benefit(tp[t], fp[t], events, N - events, thresholds[t], &own)));
  is_near(most, 0, 1e-12, "the rows' own prevalence changes nothing");
  is_close(net_benefit_standardized(0.12, 0.3), 0.4, 1e-15, "standardized: of the greatest");
  ok(isnan(net_benefit_avoided(0.1, 0.05, 0)), "interventions avoided: undefined at 0");
  // (NB - NB_all)(1-t)/t 100 is the net reduction of false positives per 100.
  double t = 0.25, all = net_benefit_treat_all(prevalence, t);
  double nb = net_benefit(tp[5], fp[5], events, N - events, t, &setting);
  double saved = ((N - events) - fp[5] - (events - tp[5]) * (1 - t) / t) / N * 100;
  is_close(net_benefit_avoided(nb, all, t), saved, 1e-12, "interventions avoided, counted");
}

static void test_by_hand(void)
{
  struct net_benefit_setting setting = setting_of(NAN, 0);
  is_close(net_benefit(80, 100, 100, 900, 0.1, &setting), 80. / 1000 - 100. / 1000 / 9, 1e-15,
           "80 of 100 found, 100 of 900 called, threshold 10%");
  is_close(net_benefit(80, 100, 100, 900, 0.5, &setting), -0.02, 1e-14, "threshold 50%");
}

static void test_ranges(void)
{
  static const double at[] = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6};
  struct net_benefit_setting setting = {at, 7, NAN, 0};
  size_t from[7], to[7];
  double prevalence = 0.3, curve[7];
  for (size_t t = 0; t < 7; t++)
    curve[t] = fmax(0, net_benefit_treat_all(prevalence, at[t]));
  is_integer((int) net_benefit_ranges(curve, &setting, prevalence, from, to), 0,
             "the defaults beat nobody");
  curve[1] += 0.01;
  curve[2] += 0.01;
  curve[5] += 0.01;
  curve[6] += 0.01;
  ok(net_benefit_ranges(curve, &setting, prevalence, from, to) == 2 && from[0] == 1 && to[0] == 2 &&
         from[1] == 5 && to[1] == 6,
     "two runs, the last to the end");
  curve[3] = NAN;
  is_integer((int) net_benefit_ranges(curve, &setting, prevalence, from, to), 2,
             "NaN beats nothing");
  curve[1] -= 0.02;
  ok(net_benefit_ranges(curve, &setting, prevalence, from, to) == 2 && from[0] == 2,
     "above none but below all is not enough");
  ok(net_benefit_beats_defaults(2e-12, 100, 0.5) && !net_benefit_beats_defaults(5e-13, 100, 0.5) &&
         !net_benefit_beats_defaults(0.1, 5e-11, 0.5) &&
         net_benefit_beats_defaults(0.1, 2e-10, 0.5),
     "by more than 1e-12 of net benefit");
  ok(!net_benefit_beats_defaults(0.3, NAN, 0) && !net_benefit_beats_defaults(NAN, NAN, 1),
     "nowhere at thresholds 0 and 1");
}

static void test_reference(void)
{
  struct reference *reference = reference_open("net_benefit.tsv");
  size_t n = 0, n_at = 0, m = 0;
  const double *risk = reference_values(reference, "risk", &n);
  const double *y = reference_values(reference, "y", &m);
  const double *at = reference_values(reference, "thresholds", &n_at);
  static const char *const names[] = {"net_benefit", "net_benefit_prevalence", "standardized",
                                      "avoided"};
  double events = 0;
  for (size_t i = 0; i < n; i++)
    events += y[i];
  double prevalence = events / (double) n;
  struct net_benefit_setting setting = {at, n_at, NAN, 0}, other = {at, n_at, 0.1, 0};
  double *tp = NEW_ARRAY(double, n_at), *fp = NEW_ARRAY(double, n_at);
  net_benefit_counts(risk, y, NULL, n, NULL, &setting, tp, fp);
  for (int k = 0; k < 4; k++) {
    const double *expected = reference_values(reference, names[k], &m);
    double most = 0;
    for (size_t t = 0; t < n_at; t++) {
      double nb = net_benefit(tp[t], fp[t], events, (double) n - events, at[t], &setting);
      double got = k == 0   ? nb
                   : k == 1 ? net_benefit(tp[t], fp[t], events, (double) n - events, at[t], &other)
                   : k == 2 ? net_benefit_standardized(nb, prevalence)
                            : net_benefit_avoided(nb, net_benefit_treat_all(prevalence, at[t]), at[t]);
      most = fmax(most, fabs(got - expected[t]));
    }
    is_near(most, 0, 1e-12, names[k]);
  }
  free(tp);
  free(fp);
  reference_close(reference);
}

int main(void)
{
  test_definition();
  test_weights();
  test_identities();
  test_by_hand();
  test_ranges();
  test_reference();
  return tap_done();
}
