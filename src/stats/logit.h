// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic regression by maximum likelihood, and by Firth's penalized likelihood.
//
// P(y = 1) = 1/(1 + exp(-(x b + offset))).  The log likelihood counts weights as
// frequencies: a row of weight k is k equal rows, of weight 0 none.

#ifndef HER2_STATS_LOGIT_H
#define HER2_STATS_LOGIT_H

#include <stdbool.h>
#include <stddef.h>

struct logit_data {
  size_t n, p;
  const double *x;      // n x p, column-major, the intercept's ones included
  const double *y;      // n, 0 or 1
  const double *weight; // n frequencies, or NULL
  const double *offset; // n, or NULL
};

enum logit_status {
  LOGIT_CONVERGED,
  LOGIT_ONE_OUTCOME,    // all y (of positive weight) are equal
  LOGIT_RANK_DEFICIENT, // the columns in `dependent` depend on others
  LOGIT_SEPARATED,      // the maximum is at infinity; `separating` tells the columns
  LOGIT_NO_CONVERGENCE, // the iterations gave out
};

struct logit_options {
  bool firth;             // Jeffreys-prior penalty, Firth (1993): b maximizes l + log det(I)/2
  size_t most_iterations; // 0: 100
  double tolerance;       // relative change of the deviance; 0: 1e-12, and then one more step
  const double *start;    // p coefficients to start from, or NULL
};

struct logit_fit {
  enum logit_status status;
  size_t n_rows, n_events, p; // by weight
  double *coefficient;        // p; NaN unless converged
  double *covariance;         // p x p, inverse of the observed information (Firth: of the
                              // unpenalized one at the estimate, as logistf and brglm2)
  bool *dependent;            // p: RANK_DEFICIENT
  bool *separating;           // p: SEPARATED, the columns to name (separation.h: cause): those
                              // that separate on their own; or else those whose coefficients
                              // are infinite; or, if all are, a set that cannot be smaller
  bool *infinite;             // p: SEPARATED, the columns whose coefficients are not finite
  bool complete_separation;   // SEPARATED: of all rows
  double log_likelihood;      // at the estimate, unpenalized; SEPARATED: its least upper bound
  double penalized_log_likelihood; // with log det(I)/2 added
  double null_log_likelihood; // intercept alone (with the offset, if any)
  size_t n_iterations;
};

// Fits by Newton's method (iteratively reweighted least squares) with step halving.  Columns are
// standardized inside, and set apart where they are nearly dependent, so predictors in units of
// 1e-6 or 1e6, or with means of 1e6, and their products, make no difference.  Separation is
// established, not guessed from large numbers.  At a point where the smallest w |y - P| exceeds
// the decrement gradient' information^-1 gradient no direction separates: along one, d, the
// gradient is sum w r |x'd| and the curvature at most max |x'd| times that, so the decrement is at
// least w r of the row with the largest |x'd|. Where that proof fails or the iterations drift, the
// linear programme of Konis (2007) decides (separation.h).  Firth estimates exist under
// separation.  Safe in parallel regions; starts threads of its own only outside them, for large
// data.  The bits of the result do not depend on their number.
void logit_fit(const struct logit_data *data, const struct logit_options *options,
               struct logit_fit *fit);
void logit_fit_free(struct logit_fit *fit);

// eta = x b + offset for n rows.
void logit_linear_predictor(const struct logit_data *data, const double *coefficient, double *eta);
// 1/(1 + exp(-eta)), without overflow; and log(p/(1-p)).
double logit_inverse(double eta);
double logit_of(double probability);

// Wald chi-square and P of b_j = 0 for the columns in `columns` (b' V^-1 b, df = their number).
struct logit_test {
  double statistic, df, p_value; // NaN where undefined
};
struct logit_test logit_wald_test(const struct logit_fit *fit, const size_t *columns,
                                  size_t n_columns);
// Twice the loss of (penalized) log likelihood when these coefficients are 0.  For Firth the
// penalty is that of the full design (logistf's way): columns stay in the information.
// Defined for a SEPARATED fit too: the least upper bounds of both likelihoods.
struct logit_test logit_likelihood_ratio_test(const struct logit_data *data,
                                              const struct logit_options *options,
                                              const struct logit_fit *fit, const size_t *columns,
                                              size_t n_columns);

// Profile-likelihood limits of coefficient j: the two roots of
// 2 (l(fit) - l_profile(b_j)) = chi-square quantile, by safeguarded secant steps to 1e-10
// (Venzon & Moolgavkar 1988 as start); a limit that does not exist is -inf or +inf.  For
// Firth by the penalized likelihood with the full penalty; its profile may have several maxima:
// the limit is that of the highest that is found from the estimate and a few other starts.  A
// SEPARATED fit has an interval too: (low, inf), (-inf, high), (-inf, inf) for an infinite
// coefficient, finite limits for the others (or NaN where the search fails).  False, and NaN,
// for a fit that has none.
bool logit_profile_interval(const struct logit_data *data, const struct logit_options *options,
                            const struct logit_fit *fit, size_t j, double level, double *low,
                            double *high);

// Puhr et al. (2017) FLIC: the intercept (column 0) re-estimated by maximum likelihood with
// the other coefficients as offset, so that the mean risk is the event fraction.  NaN unless
// the fit converged.
double logit_flic_intercept(const struct logit_data *data, const struct logit_fit *fit);

#endif
