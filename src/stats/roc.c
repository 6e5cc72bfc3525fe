// SPDX-License-Identifier: GPL-3.0-or-later
// Areas under ROC curves, their covariance, and the tests of one area and of two.
//
// Sources: Bamber (1975), Journal of Mathematical Psychology 12, 387 (the area is the
// Mann-Whitney statistic); DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837
// (covariance); Sun & Xu (2014), IEEE Signal Processing Letters 21, 1389 (by ranks); Robin et
// al. (2011), BMC Bioinformatics 12, 77 (unpaired test as in pROC); Birnbaum & Klose (1957),
// Annals of Mathematical Statistics 28, 933 (largest variance of the area).
#include <config.h>

#include "stats/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/distribution.h"
#include "stats/mann_whitney.h"
#include "stats/row_block.h"

static double weight_at(const double *weight, size_t i)
{
  return weight ? weight[i] : 1;
}

static bool is_event(double y)
{
  return y > 0.5;
}

// ---- area ----

// The values of the events, then those of the others, each ascending.
static double *sorted_by_outcome(const double *value, const double *y, size_t n, size_t *n_events)
{
  double *sorted = NEW_ARRAY(double, n);
  size_t n1 = 0, end = n;
  for (size_t i = 0; i < n; i++)
    sorted[is_event(y[i]) ? n1++ : --end] = value[i];
  sort_doubles(sorted, n1);
  sort_doubles(sorted + n1, n - n1);
  *n_events = n1;
  return sorted;
}

static double unweighted_auc(const double *value, const double *y, size_t n)
{
  size_t n1;
  double *sorted = sorted_by_outcome(value, y, n, &n1);
  struct mann_whitney_counts counts =
      mann_whitney_count(sorted, NULL, n1, sorted + n1, NULL, n - n1);
  free(sorted);
  return n1 && n1 < n ? counts.u / (counts.n1 * counts.n2) : NAN;
}

void roc_tie_rounding(double *eta, size_t n, const size_t *order)
{
  static const double rounding = 1e-10;
  size_t *own_order = NULL;
  if (!order) {
    own_order = NEW_ARRAY(size_t, n);
    sort_order(eta, n, own_order);
    order = own_order;
  }
  double least = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    double *here = &eta[order[i]];
    if (isfinite(*here) && *here - least <= rounding * fmax(fabs(*here), 1))
      *here = least;
    else
      least = *here;
  }
  free(own_order);
}

double roc_auc(const double *value, const double *y, const double *weight, size_t n,
               const size_t *order)
{
  if (!order && !weight)
    return unweighted_auc(value, y, n);
  size_t *own_order = NULL;
  if (!order) {
    own_order = NEW_ARRAY(size_t, n);
    sort_order(value, n, own_order);
    order = own_order;
  }
  double events = 0, others = 0, u = 0;
  for (size_t begin = 0; begin < n;) {
    double here[2] = {0, 0}, tied = value[order[begin]];
    for (; begin < n && value[order[begin]] == tied; begin++)
      here[is_event(y[order[begin]])] += weight_at(weight, order[begin]);
    u += here[1] * (others + here[0] / 2);
    others += here[0];
    events += here[1];
  }
  free(own_order);
  return events > 0 && others > 0 ? u / (events * others) : NAN;
}

// ---- covariance of areas ----

struct outcome {
  const unsigned char *event; // 1 or 0: eight times fewer bytes than y to be read out of turn
  const double *weight;
  size_t n;
  double n_events, n_others;
};

// deviation[i] = n1 n0 (placement - auc) of row i: the placement of an event is the fraction of
// the others below it, that of another row the fraction of events above it, ties half.  With
// whole weights these are whole or half numbers, without error up to n1 n0 = 2^52.  Returns U.
static double placement_deviations(const double *value, const struct outcome *outcome,
                                   double *deviation)
{
  const unsigned char *event = outcome->event;
  size_t n = outcome->n, *order = NEW_ARRAY(size_t, n);
  sort_order(value, n, order);
  double events = 0, others = 0, u = 0;
  for (size_t begin = 0, end; begin < n; begin = end) {
    double here[2] = {0, 0}, tied = value[order[begin]];
    for (end = begin; end < n && value[order[end]] == tied; end++)
      here[event[order[end]]] += weight_at(outcome->weight, order[end]);
    double below = others + here[0] / 2, above = outcome->n_events - events - here[1] / 2;
    double scaled[2] = {above * outcome->n_others, below * outcome->n_events};
    u += here[1] * below;
    for (size_t i = begin; i < end; i++)
      deviation[order[i]] = scaled[event[order[i]]];
    others += here[0];
    events += here[1];
  }
  free(order);
  for (size_t i = 0; i < n; i++)
    deviation[i] -= u;
  return u;
}

// The coefficient of each row's squared deviation in n1^2 n0^2 (S10/n1 + S01/n0), 0 behind the
// rows there are.
static void row_coefficients(const struct outcome *outcome, size_t first, size_t n_rows,
                             double *coefficient)
{
  double of_event = 1 / ((outcome->n_events - 1) * outcome->n_events);
  double of_other = 1 / ((outcome->n_others - 1) * outcome->n_others);
  memset(coefficient, 0, BLOCK_ROWS * sizeof *coefficient);
  for (size_t i = 0; i < n_rows; i++)
    coefficient[i] =
        (outcome->event[first + i] ? of_event : of_other) * weight_at(outcome->weight, first + i);
}

static void multiply_block(const double *a, const double *b, double *product)
{
  for (size_t i = 0; i < BLOCK_ROWS; i++)
    product[i] = a[i] * b[i];
}

// sum[i + k j], i >= j: of the coefficient times deviation i times deviation j; above the
// diagonal, sum[j + k i]: of the coefficient times the squared difference of the two.
static void block_add(const double *deviation, const double *coefficient, size_t k, double *spare,
                      double *sum)
{
  double *difference = spare, *product = spare + BLOCK_ROWS;
  for (size_t j = 0; j < k; j++) {
    const double *d = deviation + j * BLOCK_ROWS;
    multiply_block(coefficient, d, product);
    for (size_t i = j; i < k; i++)
      sum[i + k * j] += block_dot(deviation + i * BLOCK_ROWS, product);
    for (size_t i = j + 1; i < k; i++) {
      for (size_t r = 0; r < BLOCK_ROWS; r++)
        difference[r] = d[r] - deviation[i * BLOCK_ROWS + r];
      multiply_block(coefficient, difference, product);
      sum[j + k * i] += block_dot(difference, product);
    }
  }
}

static void chunk_add(const double *deviation, const struct outcome *outcome, size_t k,
                      size_t start, size_t end, double *sum)
{
  double *block = block_allocate(k), *coefficient = block_allocate(1), *spare = block_allocate(2);
  for (size_t first = start; first < end; first += BLOCK_ROWS) {
    size_t n_rows = end - first < BLOCK_ROWS ? end - first : BLOCK_ROWS;
    row_coefficients(outcome, first, n_rows, coefficient);
    for (size_t j = 0; j < k; j++) {
      double *to = block + j * BLOCK_ROWS;
      memcpy(to, deviation + j * outcome->n + first, n_rows * sizeof *to);
      memset(to + n_rows, 0, (BLOCK_ROWS - n_rows) * sizeof *to);
    }
    block_add(block, coefficient, k, spare, sum);
  }
  free(block);
  free(coefficient);
  free(spare);
}

// From the deviations, k arrays of n one after the other.
static void fill_covariance(const double *deviation, const struct outcome *outcome,
                            struct roc_areas *areas)
{
  size_t k = areas->k, size = k * k;
  struct row_chunks chunks = row_chunks(outcome->n);
  double *sum = NEW_ZEROED(double, chunks.n_chunks *size);
#pragma omp parallel for schedule(dynamic) if (row_chunks_in_parallel(outcome->n, size))
  for (size_t c = 0; c < chunks.n_chunks; c++)
    chunk_add(deviation, outcome, k, row_chunk_start(&chunks, c), row_chunk_start(&chunks, c + 1),
              sum + c * size);
  double pairs = outcome->n_events * outcome->n_others;
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < k; i++) {
      double total = 0;
      for (size_t c = 0; c < chunks.n_chunks; c++)
        total += sum[c * size + i + k * j];
      total = total / pairs / pairs;
      if (i >= j)
        areas->covariance[i + k * j] = areas->covariance[j + k * i] = total;
      else
        areas->difference_variance[i + k * j] = areas->difference_variance[j + k * i] = total;
    }
  for (size_t i = 0; i < k; i++)
    areas->difference_variance[i + k * i] = 0;
  free(sum);
}

// Without results yet.
static void areas_prepare(struct roc_areas *areas, size_t k, const struct outcome *outcome)
{
  *areas = (struct roc_areas){.k = k,
                              .n_events = outcome->n_events,
                              .n_others = outcome->n_others,
                              .auc = NEW_ARRAY(double, k),
                              .covariance = NEW_ARRAY(double, k *k),
                              .difference_variance = NEW_ARRAY(double, k *k)};
  for (size_t i = 0; i < k; i++)
    areas->auc[i] = NAN;
  for (size_t i = 0; i < k * k; i++)
    areas->covariance[i] = areas->difference_variance[i] = NAN;
}

void roc_areas_compute(const double *const *value, size_t k, const double *y, const double *weight,
                       size_t n, struct roc_areas *areas)
{
  unsigned char *event = NEW_ARRAY(unsigned char, n);
  double total[2] = {0, 0}, *deviation = NULL;
  for (size_t i = 0; i < n; i++) {
    event[i] = is_event(y[i]);
    total[event[i]] += weight_at(weight, i);
  }
  struct outcome outcome = {
      .event = event, .weight = weight, .n = n, .n_events = total[1], .n_others = total[0]};
  areas_prepare(areas, k, &outcome);
  if (!(total[1] > 0) || !(total[0] > 0))
    goto out;
  deviation = NEW_ARRAY(double, k *n);
#pragma omp parallel for schedule(dynamic) if (k > 1 && row_chunks_in_parallel(n, k))
  for (size_t j = 0; j < k; j++)
    areas->auc[j] =
        placement_deviations(value[j], &outcome, deviation + j * n) / (total[1] * total[0]);
  if (total[1] >= 2 && total[0] >= 2)
    fill_covariance(deviation, &outcome, areas);
out:
  free(deviation);
  free(event);
}

void roc_areas_free(struct roc_areas *areas)
{
  free(areas->auc);
  free(areas->covariance);
  free(areas->difference_variance);
  *areas = (struct roc_areas){0};
}

// ---- one area ----

static double expit(double x)
{
  return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

void roc_auc_interval(double auc, double std_error, double n_events, double n_others,
                      enum roc_interval method, double level, double *low, double *high)
{
  *low = *high = NAN;
  double z = level > 0 && level < 1 ? -normal_quantile((1 - level) / 2) : NAN;
  switch (method) {
  case ROC_DELONG:
    if (isnan(auc - z * std_error))
      return;
    *low = fmax(0, auc - z * std_error);
    *high = fmin(1, auc + z * std_error);
    return;
  case ROC_LOGIT:
    if (!(auc > 0) || !(auc < 1))
      return;
    double centre = log(auc / (1 - auc)), reach = z * std_error / (auc * (1 - auc));
    *low = expit(centre - reach);
    *high = expit(centre + reach);
    return;
  case ROC_EXACT:;
    double m = fmin(n_events, n_others);
    proportion_exact_interval(auc * m, m, level, low, high);
    return;
  case ROC_BOOTSTRAP:
    return;
  }
}

double roc_auc_p(double auc, double std_error, const double *value, const double *y, size_t n,
                 double *statistic, bool *mann_whitney)
{
  bool by_ranks = !(std_error > 0);
  if (mann_whitney)
    *mann_whitney = by_ranks;
  if (!by_ranks) {
    double z = (auc - 0.5) / std_error;
    if (statistic)
      *statistic = z;
    return normal_two_sided(z);
  }
  size_t n1;
  double *sorted = sorted_by_outcome(value, y, n, &n1);
  struct mann_whitney_result test =
      mann_whitney_test(sorted, NULL, n1, sorted + n1, NULL, n - n1, MANN_WHITNEY_EXACT);
  free(sorted);
  if (statistic)
    *statistic = test.z;
  return test.p_value;
}

double roc_auc_null_p(double auc, double n_events, double n_others, double *statistic)
{
  double variance = (n_events + n_others + 1) / (12 * n_events * n_others);
  double z = n_events > 0 && n_others > 0 ? (auc - 0.5) / sqrt(variance) : NAN;
  if (statistic)
    *statistic = z;
  return normal_two_sided(z);
}

// ---- two areas ----

// estimate and std_error are filled; df NaN: normal.
static void fill_test(struct roc_test *test, double df, double level)
{
  test->df = df;
  if (test->std_error == 0 && test->estimate == 0) {
    test->statistic = 0;
    test->p_value = 1;
    test->conf_low = test->conf_high = 0;
    return;
  }
  if (!(test->std_error > 0)) {
    test->statistic = test->p_value = test->conf_low = test->conf_high = NAN;
    return;
  }
  double tail = level > 0 && level < 1 ? (1 - level) / 2 : NAN;
  double reach = -(isnan(df) ? normal_quantile(tail) : t_quantile(tail, df)) * test->std_error;
  test->statistic = test->estimate / test->std_error;
  test->p_value = isnan(df) ? normal_two_sided(test->statistic) : t_two_sided(test->statistic, df);
  test->conf_low = test->estimate - reach;
  test->conf_high = test->estimate + reach;
}

struct roc_test roc_compare_paired(const struct roc_areas *areas, size_t i, size_t j, double level)
{
  struct roc_test test = {.estimate = areas->auc[i] - areas->auc[j],
                          .std_error = sqrt(areas->difference_variance[i + areas->k * j])};
  fill_test(&test, NAN, level);
  return test;
}

struct roc_test roc_compare_unpaired(const struct roc_areas *a, size_t i, const struct roc_areas *b,
                                     size_t j, double level)
{
  double va = a->covariance[i + a->k * i], vb = b->covariance[j + b->k * j];
  double na = a->n_events + a->n_others, nb = b->n_events + b->n_others;
  struct roc_test test = {.estimate = a->auc[i] - b->auc[j], .std_error = sqrt(va + vb)};
  double df = (va + vb) * (va + vb) / (va * va / (na - 1) + vb * vb / (nb - 1));
  fill_test(&test, df, level);
  return test;
}
