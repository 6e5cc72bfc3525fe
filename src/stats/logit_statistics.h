// SPDX-License-Identifier: GPL-3.0-or-later
// What rms::lrm prints of a fit, and how large a sample a model needs.

#ifndef HER2_STATS_LOGIT_STATISTICS_H
#define HER2_STATS_LOGIT_STATISTICS_H

#include <stddef.h>

#include "stats/logit.h"

struct logit_statistics {
  double n, n_events; // by weight
  double log_likelihood, deviance;
  double lr_chi_square, lr_df, lr_p; // against the intercept (and offset) alone; P NaN if df 0
  double aic, bic;                   // -2 l + 2 p, -2 l + log(n) p
  double r2_nagelkerke, r2_cox_snell, r2_mcfadden;
  double auc, dxy;     // concordance, ties half; 2 (auc - 1/2)
  double gamma, tau_a; // Goodman-Kruskal, Kendall, as lrm
  double brier;
  double g, gp; // Gini's mean difference of the linear predictor, of the risk
};
// Concordance is exact (lrm bins it at 0.002); pairs of equal linear predictor are tied.
// Likelihoods are the unpenalized ones, after Firth, too.  Weights are frequencies; rows of
// weight 0 count nowhere.  O(n (p + log n)).  All but n and n_events NaN unless the fit
// converged; g, gp, tau_a NaN for n < 2, gamma if every pair is tied.
struct logit_statistics logit_statistics(const struct logit_data *data,
                                         const struct logit_fit *fit);

// Gini's mean difference: the mean of |x_i - x_j| over all pairs of different observations
// (Hmisc::GiniMd).  x in any order; NaN if the weights sum to less than 2.
double gini_mean_difference(const double *x, const double *weight, size_t n);

// Minimum sample size for developing a model with a binary outcome, Riley et al. (2019,
// 2020), as pmsampsize with csrsquared.
enum { N_SAMPLE_SIZE_CRITERIA = 3 };
struct sample_size {
  double n[N_SAMPLE_SIZE_CRITERIA];         // of each criterion, rounded up
  double shrinkage[N_SAMPLE_SIZE_CRITERIA]; // of the third, as pmsampsize: the larger of the two
  double epv[N_SAMPLE_SIZE_CRITERIA];       // events per candidate parameter at that n
  double final_n;                           // the largest
  double max_r2;                            // largest possible Cox-Snell R^2
};
// r2: Cox-Snell R^2 expected; parameters: candidate parameters; prevalence in (0, 1);
// shrinkage wanted 0.9.  Criteria: 1 shrinkage, 2 difference of apparent and adjusted
// Nagelkerke R^2 of 0.05, 3 margin 0.05 of the overall risk.  All NaN outside the domain:
// 0 < r2 < shrinkage < 1, r2 <= max_r2, parameters > 0.
struct sample_size sample_size_binary(double r2, double parameters, double prevalence,
                                      double shrinkage);

#endif
