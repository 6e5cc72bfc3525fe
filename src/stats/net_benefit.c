// SPDX-License-Identifier: GPL-3.0-or-later
// Decision curves (Vickers & Elkin 2006; Vickers, Cronin, Elkin & Gonen 2008).
#include <config.h>

#include "stats/net_benefit.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/sort.h"

static double weight_of(const double *weight, size_t i)
{
  return weight ? weight[i] : 1;
}

void net_benefit_counts(const double *risk, const double *y, const double *weight, size_t n,
                        const size_t *order, const struct net_benefit_setting *setting,
                        double *true_positives, double *false_positives)
{
  size_t *own = NULL;
  if (!order) {
    own = NEW_ARRAY(size_t, n);
    sort_order(risk, n, own);
    order = own;
  }
  // From the highest threshold down, each adds the rows that it is the first to call positive.
  double events = 0, others = 0;
  size_t left = n;
  for (size_t t = setting->n_thresholds; t-- > 0;) {
    for (; left > 0 && risk[order[left - 1]] >= setting->threshold[t]; left--) {
      size_t i = order[left - 1];
      if (y[i] > 0)
        events += weight_of(weight, i);
      else
        others += weight_of(weight, i);
    }
    true_positives[t] = events;
    false_positives[t] = others;
  }
  free(own);
}

double net_benefit(double true_positives, double false_positives, double n_events, double n_others,
                   double threshold, const struct net_benefit_setting *setting)
{
  if (!(threshold < 1))
    return NAN;
  double odds = threshold / (1 - threshold), prevalence = setting->prevalence;
  if (isnan(prevalence)) {
    double n = n_events + n_others;
    return n > 0 ? true_positives / n - false_positives / n * odds - setting->harm : NAN;
  }
  if (!(n_events > 0) || !(n_others > 0))
    return NAN;
  return true_positives / n_events * prevalence -
         false_positives / n_others * (1 - prevalence) * odds - setting->harm;
}

double net_benefit_treat_all(double prevalence, double threshold)
{
  return threshold < 1 ? prevalence - (1 - prevalence) * (threshold / (1 - threshold)) : NAN;
}

double net_benefit_avoided(double net_benefit, double treat_all, double threshold)
{
  return threshold > 0 ? (net_benefit - treat_all) * (1 - threshold) / threshold * 100 : NAN;
}

double net_benefit_standardized(double net_benefit, double prevalence)
{
  return prevalence > 0 ? net_benefit / prevalence : NAN;
}

bool net_benefit_beats_defaults(double net_benefit, double avoided, double threshold)
{
  static const double margin = 1e-12;
  // The gain over treating all is avoided/100 t/(1 - t).
  return net_benefit > margin && avoided / 100 * threshold > margin * (1 - threshold);
}

size_t net_benefit_ranges_of(const double *curve, const double *avoided,
                             const struct net_benefit_setting *setting, size_t *from, size_t *to)
{
  size_t n_ranges = 0;
  bool inside = false;
  for (size_t t = 0; t < setting->n_thresholds; t++) {
    bool better = net_benefit_beats_defaults(curve[t], avoided[t], setting->threshold[t]);
    if (better && !inside)
      from[n_ranges++] = t;
    if (better)
      to[n_ranges - 1] = t;
    inside = better;
  }
  return n_ranges;
}

size_t net_benefit_ranges(const double *curve, const struct net_benefit_setting *setting,
                          double prevalence, size_t *from, size_t *to)
{
  double *avoided = NEW_ARRAY(double, setting->n_thresholds);
  for (size_t t = 0; t < setting->n_thresholds; t++)
    avoided[t] = net_benefit_avoided(
        curve[t], net_benefit_treat_all(prevalence, setting->threshold[t]), setting->threshold[t]);
  size_t n_ranges = net_benefit_ranges_of(curve, avoided, setting, from, to);
  free(avoided);
  return n_ranges;
}
