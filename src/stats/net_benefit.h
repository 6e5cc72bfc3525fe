// SPDX-License-Identifier: GPL-3.0-or-later
// Decision curves: what acting on a predicted risk is worth.
//
// Vickers & Elkin (2006): net benefit = TP/n - FP/n t/(1 - t) at threshold t, a row being treated
// if its risk is at least t.  With a prevalence pi other than that of the rows (case-control
// data): sensitivity pi - (1 - specificity)(1 - pi) t/(1 - t).  A harm of the test is taken off.

#ifndef HER2_STATS_NET_BENEFIT_H
#define HER2_STATS_NET_BENEFIT_H

#include <stdbool.h>
#include <stddef.h>

struct net_benefit_setting {
  const double *threshold; // n_thresholds, ascending, each in [0, 1]
  size_t n_thresholds;
  double prevalence;       // NaN: the rows'
  double harm;             // per row tested, in true positives; 0: none
};

// True and false positives at each threshold, by weight (NULL: ones).  risk: n values in [0, 1];
// order: sort_order(risk), or NULL.  true_positives, false_positives: n_thresholds out.  O(n + t)
// with an order; a risk equal to the threshold counts as positive.
void net_benefit_counts(const double *risk, const double *y, const double *weight, size_t n,
                        const size_t *order, const struct net_benefit_setting *setting,
                        double *true_positives, double *false_positives);
// Net benefit from counts of n_events events and n_others others, at threshold t; NaN at t = 1
// and without rows (with a prevalence: without events or others).
double net_benefit(double true_positives, double false_positives, double n_events, double n_others,
                   double threshold, const struct net_benefit_setting *setting);
// pi - (1 - pi) t/(1 - t): treating all (no harm: nothing is measured); NaN at 1.
double net_benefit_treat_all(double prevalence, double threshold);
// Interventions avoided per 100 without missing an event: (nb - nb_all)(1 - t)/t 100; NaN at 0.
double net_benefit_avoided(double net_benefit, double treat_all, double threshold);
// Net benefit / prevalence.
double net_benefit_standardized(double net_benefit, double prevalence);

// Whether a strategy is better than both treating none (its net benefit is above 0) and treating
// all (it avoids interventions), by more than 1e-12 of net benefit.  At thresholds 0 and 1 none is.
bool net_benefit_beats_defaults(double net_benefit, double avoided, double threshold);
// Where a curve does so: maximal runs of thresholds.  from, to: room for n_thresholds; returns the
// number of runs.
size_t net_benefit_ranges(const double *curve, const struct net_benefit_setting *setting,
                          double prevalence, size_t *from, size_t *to);
// The same where both were found by themselves (corrected for optimism): avoided: n_thresholds.
size_t net_benefit_ranges_of(const double *curve, const double *avoided,
                             const struct net_benefit_setting *setting, size_t *from, size_t *to);

#endif
