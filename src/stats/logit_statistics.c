// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics of a logistic fit.  Nagelkerke 1991, Biometrika 78:691; Goodman & Kruskal 1954,
// J Am Stat Assoc 49:732; Brier 1950, Mon Weather Rev 78:1; Harrell 2015, Regression Modeling
// Strategies, section 10.8; Gini's mean difference from order statistics: David 1968,
// Biometrika 55:573.
#include <config.h>

#include "stats/logit_statistics.h"

#include <math.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/distribution.h"
#include "stats/roc.h"
#include "stats/summary.h"

static double weight_at(const double *weight, size_t i)
{
  return weight ? weight[i] : 1;
}

// Sum over the gaps between neighbours of gap * (weight below) * (weight above), through
// order[], which sorts x.
static double mean_difference_in_order(const double *x, const double *weight, const size_t *order,
                                       size_t n)
{
  double total = 0, below = 0;
  for (size_t i = 0; i < n; i++)
    total += weight_at(weight, i);
  if (!(total >= 2))
    return NAN;
  struct compensated_sum sum = {0};
  for (size_t i = 0; i + 1 < n; i++) {
    below += weight_at(weight, order[i]);
    double gap = x[order[i + 1]] - x[order[i]];
    sum_add(&sum, gap * below * (total - below));
  }
  return 2 * sum_total(&sum) / (total * (total - 1));
}

double gini_mean_difference(const double *x, const double *weight, size_t n)
{
  size_t *order = NEW_ARRAY(size_t, n);
  sort_order(x, n, order);
  double difference = mean_difference_in_order(x, weight, order, n);
  free(order);
  return difference;
}

// Pairs of an event and a non-event.
struct concordance {
  double events, others;
  double concordant, discordant, tied;
};

static struct concordance count_pairs(const struct logit_data *data, const double *predictor,
                                      const size_t *order)
{
  struct concordance count = {0};
  size_t n = data->n, end;
  for (size_t i = 0; i < n; i++)
    *(data->y[i] > 0.5 ? &count.events : &count.others) += weight_at(data->weight, i);
  double others_below = 0;
  for (size_t begin = 0; begin < n; begin = end) {
    double events_here = 0, others_here = 0;
    for (end = begin; end < n && predictor[order[end]] == predictor[order[begin]]; end++)
      *(data->y[order[end]] > 0.5 ? &events_here : &others_here) +=
          weight_at(data->weight, order[end]);
    count.concordant += events_here * others_below;
    count.tied += events_here * others_here;
    count.discordant += events_here * (count.others - others_below - others_here);
    others_below += others_here;
  }
  return count;
}

static double brier_score(const struct logit_data *data, const double *risk, double n)
{
  struct compensated_sum sum = {0};
  for (size_t i = 0; i < data->n; i++) {
    double miss = risk[i] - data->y[i];
    sum_add(&sum, weight_at(data->weight, i) * miss * miss);
  }
  return sum_total(&sum) / n;
}

// What follows from the likelihoods alone.
static void set_likelihood_statistics(struct logit_statistics *s, const struct logit_fit *fit)
{
  double p = (double) fit->p, null = fit->null_log_likelihood;
  s->log_likelihood = fit->log_likelihood;
  s->deviance = -2 * fit->log_likelihood;
  s->lr_df = p - 1;
  s->lr_chi_square = s->lr_df > 0 ? 2 * (fit->log_likelihood - null) : 0;
  if (s->lr_chi_square < 0) // rounding
    s->lr_chi_square = 0;
  s->lr_p = s->lr_df > 0 ? chi_square_upper(s->lr_chi_square, s->lr_df) : NAN;
  s->aic = s->deviance + 2 * p;
  s->bic = s->deviance + log(s->n) * p;
  s->r2_cox_snell = -expm1(-s->lr_chi_square / s->n);
  s->r2_nagelkerke = s->r2_cox_snell / -expm1(2 * null / s->n);
  s->r2_mcfadden = 1 - fit->log_likelihood / null;
}

// What follows from the order and size of the predictions.
static void set_prediction_statistics(struct logit_statistics *s, const struct logit_data *data,
                                      const double *coefficient)
{
  size_t n = data->n, *order = NEW_ARRAY(size_t, n);
  double *predictor = NEW_ARRAY(double, n);
  logit_linear_predictor(data, coefficient, predictor);
  sort_order(predictor, n, order);
  roc_tie_rounding(predictor, n, order);
  struct concordance pairs = count_pairs(data, predictor, order);
  double comparable = pairs.events * pairs.others, net = pairs.concordant - pairs.discordant;
  s->auc = (pairs.concordant + pairs.tied / 2) / comparable;
  s->dxy = net / comparable;
  s->gamma = net / (pairs.concordant + pairs.discordant);
  s->tau_a = s->n >= 2 ? net / (s->n * (s->n - 1) / 2) : NAN;
  s->g = mean_difference_in_order(predictor, data->weight, order, n);
  for (size_t i = 0; i < n; i++)
    predictor[i] = logit_inverse(predictor[i]);
  s->brier = brier_score(data, predictor, s->n);
  s->gp = mean_difference_in_order(predictor, data->weight, order, n);
  free(predictor);
  free(order);
}

struct logit_statistics logit_statistics(const struct logit_data *data, const struct logit_fit *fit)
{
  struct logit_statistics s = {
      .log_likelihood = NAN,
      .deviance = NAN,
      .lr_chi_square = NAN,
      .lr_df = NAN,
      .lr_p = NAN,
      .aic = NAN,
      .bic = NAN,
      .r2_nagelkerke = NAN,
      .r2_cox_snell = NAN,
      .r2_mcfadden = NAN,
      .auc = NAN,
      .dxy = NAN,
      .gamma = NAN,
      .tau_a = NAN,
      .brier = NAN,
      .g = NAN,
      .gp = NAN,
  };
  for (size_t i = 0; i < data->n; i++) {
    s.n += weight_at(data->weight, i);
    s.n_events += data->y[i] > 0.5 ? weight_at(data->weight, i) : 0;
  }
  if (fit->status == LOGIT_CONVERGED) {
    set_likelihood_statistics(&s, fit);
    set_prediction_statistics(&s, data, fit->coefficient);
  }
  return s;
}
