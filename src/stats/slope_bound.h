// SPDX-License-Identifier: GPL-3.0-or-later
// What printed summaries force on a logistic coefficient, whatever the data behind them.
//
// The information about one coefficient at any risks p, other terms allowed for, is at most
// sum p(1-p) (x - any weighted mean)^2 <= sum p(1-p) (x - m)^2 <= SS/4, with SS the sum of
// squares of the rows in the model about their overall mean m (within + between groups):
// the Fisher information of a regression (McCullagh & Nelder 1989, section 4.4) and p(1-p)
// <= 1/4.  Hence
//   SE >= 2/sqrt(SS), with any other covariates, by maximum likelihood or Firth's method;
//   a profile likelihood interval reaches at least z 2/sqrt(SS) to each side: its drop of z^2
//   in twice the log likelihood is at most (SS/4) times the squared distance.
// For the contrast of two levels of a factor, with a and b rows, SS/4 is 1/(4/a + 4/b):
//   SE >= 2 sqrt(1/a + 1/b).
// The score of a single slope at no effect is U = (n1 n0/n)(m1 - m0), a matter of n and means
// alone, and the log likelihood is concave in the slope (Cox & Snell 1989):
//   the slope has the sign of m1 - m0;  |slope| >= 4 |U|/SS, since U is the integral of the
//   information from 0 to the slope;
//   its score test has z = U/sqrt(pbar (1 - pbar) SS) = r sqrt(n), the same for every
//   distribution of x (Rao 1948).

#ifndef HER2_STATS_SLOPE_BOUND_H
#define HER2_STATS_SLOPE_BOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "stats/mean_range.h"
#include "stats/printed.h"

// SE implied by the limits low..high of an odds ratio at `level`:
// ln(high/low)/(2 normal quantile).  Range over their rounding.
struct ranged slope_standard_error(const struct printed *low, const struct printed *high,
                                   double level);

// 2/sqrt(SS).
struct ranged slope_least_error(const struct ranged *sum_squares);
// 2 sqrt(1/a + 1/b).
double slope_least_contrast_error(double a, double b);
// The largest c for which an odds ratio per c units may have the standard error: SE sqrt(SS)/2,
// both as large as rounding allows; a c below 1 says that the SE is below the bound per unit.
double slope_greatest_unit(struct interval standard_error, struct interval sum_squares);

// A single slope, events against the rest.  All NaN if a summary is missing.
struct slope_forced {
  struct ranged z;      // score test
  struct ranged least;  // 4 U/SS: the slope is at least this far from 0, on this side
  double correlation;   // z/sqrt(n)
  double n;
};
struct slope_forced slope_force(const struct mean_group *event, size_t n_event,
                                const struct mean_group *rest, size_t n_rest);

// What a Wald z may be, given the score z.  No theorem: in 1323 fits to random subsets (34 to
// 2000 rows) of four public cohorts, with markers from normal to highly skewed, |Wald z| was
// never above |score z| by more than 0.1, and not below (1 - r^2) |score z| by more than some
// 40% while r^2 was below 0.35; it falls to 0 as the data come to be separated (Hauck & Donner
// 1977).  Here: from 0.6 (1 - 2 r^2) |z| - 0.3, at least 0, to 1.1 |z| + 0.3, on z's side; if
// that begins at 0, up to 0.3 on the other side.
struct interval slope_plausible_wald(struct interval score_z, double n);

// ---- one categorical predictor: everything follows from its counts ----

// Counts at a level and at the reference: events a, c; others b, d.
struct level_effect {
  double log_odds_ratio, std_error; // ML: ad/(bc), sqrt(1/a+1/b+1/c+1/d)
  double firth;                     // log odds ratio with 1/2 added to each count
  double z, p;
};
// Infinite or NaN where a count is 0.
struct level_effect level_effect_exact(double events, double others, double reference_events,
                                       double reference_others);

// The factor as a whole: P of Wald (of the logits, each weighted by its information), LR and
// score (Pearson) tests; df = levels that hold rows - 1.  count: n_levels x 2, events first.
struct factor_effect {
  double df;
  double wald, wald_p, lr, lr_p, score, score_p;
};
struct factor_effect factor_effect_exact(const double *count, size_t n_levels);

#endif
