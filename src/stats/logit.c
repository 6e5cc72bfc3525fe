// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic regression: the fit, Wald and likelihood ratio tests.
//
// Maximum likelihood: D. R. Cox & E. J. Snell (1989), Analysis of Binary Data, ch. 2.
// Penalized: D. Firth (1993), Biometrika 80, 27-38; G. Heinze & M. Schemper (2002), Statistics
// in Medicine 21, 2409-2419.  Existence: A. Albert & J. A. Anderson (1984), Biometrika 71,
// 1-10.
#include <config.h>

#include "stats/logit.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/linear_algebra.h"
#include "stats/logit_maximum.h"
#include "stats/logit_problem.h"
#include "stats/row_block.h"
#include "stats/separation.h"

// Of columns as they come, as R's glm: a smaller part of a column than this is rounding.
static const double rank_tolerance = 1e-11;

double logit_inverse(double eta)
{
  double e = exp(-fabs(eta));
  return (eta >= 0 ? 1 : e) / (1 + e);
}

double logit_of(double probability)
{
  if (!(probability >= 0 && probability <= 1))
    return NAN;
  // Near 1/2 the quotient would lose the digits of the difference.
  if (fabs(probability - 0.5) < 0.25)
    return 2 * atanh(2 * (probability - 0.5));
  return log(probability) - log1p(-probability);
}

void logit_linear_predictor(const struct logit_data *data, const double *coefficient, double *eta)
{
  size_t n = data->n;
  struct row_chunks chunks = row_chunks(n);
#pragma omp parallel for schedule(dynamic) if (row_chunks_in_parallel(n, data->p))
  for (size_t c = 0; c < chunks.n_chunks; c++) {
    size_t start = row_chunk_start(&chunks, c), end = row_chunk_start(&chunks, c + 1);
    for (size_t i = start; i < end; i++)
      eta[i] = data->offset ? data->offset[i] : 0;
    for (size_t j = 0; j < data->p; j++)
      for (size_t i = start; i < end; i++)
        eta[i] += data->x[i + j * n] * coefficient[j];
  }
}

// ---- fit ----

static struct logit_fit fit_new(size_t p)
{
  struct logit_fit fit = {.status = LOGIT_NO_CONVERGENCE,
                          .p = p,
                          .coefficient = NEW_ARRAY(double, p),
                          .covariance = NEW_ARRAY(double, p * p),
                          .dependent = NEW_ZEROED(bool, p),
                          .separating = NEW_ZEROED(bool, p),
                          .infinite = NEW_ZEROED(bool, p),
                          .log_likelihood = NAN,
                          .penalized_log_likelihood = NAN,
                          .null_log_likelihood = NAN};
  for (size_t j = 0; j < p; j++)
    fit.coefficient[j] = NAN;
  for (size_t j = 0; j < p * p; j++)
    fit.covariance[j] = NAN;
  return fit;
}

void logit_fit_free(struct logit_fit *fit)
{
  free(fit->coefficient);
  free(fit->covariance);
  free(fit->dependent);
  free(fit->separating);
  free(fit->infinite);
  *fit = (struct logit_fit){0};
}

// The rows chosen (NULL: those of positive weight) and columns chosen (NULL: all) as data of
// their own; y, weight and offset follow if wanted.
struct logit_copy {
  struct logit_data data;
  double *x, *y, *weight, *offset;
};

static struct logit_copy copy_part(const struct logit_data *data, const bool *row,
                                   const bool *column)
{
  struct logit_copy copy = {.data = {0}};
  for (size_t i = 0; i < data->n; i++)
    copy.data.n += row ? row[i] : logit_row_weight(data, i) > 0;
  for (size_t j = 0; j < data->p; j++)
    copy.data.p += !column || column[j];
  copy.x = NEW_ARRAY(double, copy.data.n * copy.data.p);
  copy.y = NEW_ARRAY(double, copy.data.n);
  copy.weight = NEW_ARRAY(double, copy.data.n);
  copy.offset = data->offset ? NEW_ARRAY(double, copy.data.n) : NULL;
  size_t to = 0;
  for (size_t i = 0; i < data->n; i++) {
    if (row ? !row[i] : !(logit_row_weight(data, i) > 0))
      continue;
    for (size_t j = 0, k = 0; j < data->p; j++)
      if (!column || column[j])
        copy.x[to + copy.data.n * k++] = data->x[i + j * data->n];
    copy.y[to] = data->y[i];
    copy.weight[to] = logit_row_weight(data, i);
    if (copy.offset)
      copy.offset[to] = data->offset[i];
    to++;
  }
  copy.data.x = copy.x;
  copy.data.y = copy.y;
  copy.data.weight = copy.weight;
  copy.data.offset = copy.offset;
  return copy;
}

static void copy_free(struct logit_copy *copy)
{
  free(copy->x);
  free(copy->y);
  free(copy->weight);
  free(copy->offset);
}

// Whether the columns are independent; `dependent` filled if not.
static bool check_rank(const struct logit_problem *problem, bool *dependent)
{
  size_t p = problem->p;
  double *gram = NEW_ARRAY(double, p * p);
  memcpy(gram, problem->gram, p * p * sizeof *gram);
  // The cross product of standardized columns settles the usual case without a copy.
  bool good = cholesky_factor(gram, p, 1e-9, NULL);
  free(gram);
  if (good)
    return true;
  struct logit_copy used = copy_part(problem->data, NULL, NULL);
  size_t rank = column_rank(used.data.x, used.data.n, p, rank_tolerance, dependent);
  copy_free(&used);
  return rank == p;
}

// The bound of the log likelihood under separation: the maximum over the rows that overlap,
// with columns that they determine; the others contribute nothing.
static double separated_log_likelihood(const struct logit_data *data,
                                       const struct logit_options *options,
                                       const struct separation *found)
{
  struct logit_copy part = copy_part(data, found->overlapping, NULL);
  double bound = 0;
  if (part.data.n > 0) {
    size_t p = data->p;
    bool *column = NEW_ARRAY(bool, p);
    column_rank(part.data.x, part.data.n, p, 1e-9, column);
    for (size_t j = 0; j < p; j++)
      column[j] = !column[j];
    struct logit_copy determined = copy_part(&part.data, NULL, column);
    struct logit_options same = *options;
    same.start = NULL;
    struct logit_fit fit;
    logit_fit(&determined.data, &same, &fit);
    bound = fit.status == LOGIT_CONVERGED ? fit.log_likelihood : NAN;
    logit_fit_free(&fit);
    copy_free(&determined);
    free(column);
  }
  copy_free(&part);
  return bound;
}

// Whether the search's last point proves that the maximum exists, rounding of the gradient
// allowed for (each sum of w r z by 64 epsilon of its terms).
static bool proves_overlap(const struct maximum_search *search)
{
  const struct logit_problem *problem = search->problem;
  size_t p = problem->p;
  double *inverse = NEW_ARRAY(double, p * p), rounding = 0;
  bool good = cholesky_inverse(search->factor, p, inverse);
  for (size_t j = 0; good && j < p; j++)
    rounding += 64 * DBL_EPSILON *
                sqrt(search->point.residual_total * problem->gram[j + j * p] * inverse[j + j * p]);
  free(inverse);
  double root = sqrt(fmax(search->decrement, 0)) + rounding;
  return good && root * root < search->point.least_residual;
}

static void record_separation(const struct logit_data *data, const struct logit_options *options,
                              const struct separation *found, struct logit_fit *fit)
{
  fit->status = LOGIT_SEPARATED;
  memcpy(fit->separating, found->cause, fit->p * sizeof *fit->separating);
  memcpy(fit->infinite, found->infinite, fit->p * sizeof *fit->infinite);
  fit->complete_separation = found->status == COMPLETE_SEPARATION;
  fit->log_likelihood = separated_log_likelihood(data, options, found);
}

static void record_estimate(const struct held_problem *held, const struct maximum_search *search,
                            const double *g, struct logit_fit *fit)
{
  const struct logit_problem *problem = search->problem;
  size_t p = problem->p;
  double *inverse = NEW_ARRAY(double, p * p);
  if (cholesky_inverse(search->factor, p, inverse)) {
    fit->status = LOGIT_CONVERGED;
    logit_problem_to_original(problem, g, fit->coefficient);
    logit_problem_covariance(problem, inverse, fit->covariance);
    held_problem_to_original(held, fit->coefficient, fit->covariance);
    fit->log_likelihood = search->point.log_likelihood;
    fit->penalized_log_likelihood = fit->log_likelihood +
                                    cholesky_log_determinant(search->factor, p) / 2 +
                                    logit_problem_log_scale(problem);
  }
  free(inverse);
}

// The search goes on in columns set apart, where that pays.  g: in and out.
static void set_columns_apart(struct held_problem *held, const struct logit_data *data, double *g)
{
  size_t p = data->p;
  double *b = NEW_ARRAY(double, p);
  bool *all = NEW_ARRAY(bool, p);
  for (size_t j = 0; j < p; j++)
    all[j] = true;
  logit_problem_to_original(&held->problem, g, b);
  held_problem_free(held);
  held_problem_set(held, data, all, b, g);
  free(b);
  free(all);
}

void logit_fit(const struct logit_data *data, const struct logit_options *options,
               struct logit_fit *fit)
{
  static const struct logit_options usual = {0};
  options = options ? options : &usual;
  assert(data->p > 0);
  size_t p = data->p;
  *fit = fit_new(p);
  struct held_problem held = {.data = *data};
  struct logit_problem *problem = &held.problem;
  logit_problem_set(problem, data, false);
  struct maximum_search search;
  maximum_search_start(&search, problem);
  double *g = NEW_ZEROED(double, p), intercept;
  fit->n_rows = (size_t) (problem->n_rows + 0.5);
  fit->n_events = (size_t) (problem->n_events + 0.5);
  if (problem->n_events == 0 || problem->n_events == problem->n_rows) {
    fit->status = LOGIT_ONE_OUTCOME;
    goto out;
  }
  intercept = logit_null_intercept(data, &fit->null_log_likelihood);
  if (!check_rank(problem, fit->dependent)) {
    fit->status = LOGIT_RANK_DEFICIENT;
    goto out;
  }
  if (options->start)
    logit_problem_from_original(problem, options->start, g);
  else if (problem->constant < p && isfinite(intercept))
    g[problem->constant] = intercept;
  // The penalty's gradient has the digits of the leverages alone.
  if (options->firth)
    set_columns_apart(&held, data, g);
  search.firth = options->firth;
  search.most_iterations = options->most_iterations ? options->most_iterations : 100;
  search.tolerance = options->tolerance > 0 ? options->tolerance : 1e-12;
  search.watch_drift = !options->firth;
  enum maximum_status status = maximum_search_run(&search, g);
  fit->n_iterations = search.n_iterations;
  if (!options->firth && !(status == AT_MAXIMUM && proves_overlap(&search))) {
    struct separation found;
    separation_find(problem, &found);
    bool separated = found.status == QUASI_SEPARATION || found.status == COMPLETE_SEPARATION;
    bool unknown = found.status == SEPARATION_UNKNOWN;
    if (separated)
      record_separation(data, options, &found, fit);
    separation_free(&found);
    if (separated)
      goto out;
    if (unknown)
      status = GAVE_OUT;
    else if (status == DRIFTING) {
      search.watch_drift = false;
      status = maximum_search_run(&search, g);
      fit->n_iterations += search.n_iterations;
    }
  }
  // Ten digits are enough, as of a spline's columns.
  if (!options->firth && status == AT_MAXIMUM && logit_problem_is_entangled(problem, 1e-6)) {
    set_columns_apart(&held, data, g);
    search.watch_drift = false;
    status = maximum_search_run(&search, g);
    fit->n_iterations += search.n_iterations;
  }
  if (status == AT_MAXIMUM)
    record_estimate(&held, &search, g, fit);
out:
  free(g);
  maximum_search_free(&search);
  held_problem_free(&held);
}

// ---- tests ----

struct logit_test logit_wald_test(const struct logit_fit *fit, const size_t *columns,
                                  size_t n_columns)
{
  struct logit_test test = {NAN, (double) n_columns, NAN};
  if (fit->status != LOGIT_CONVERGED || n_columns == 0)
    return test;
  size_t p = fit->p;
  double *correlation = NEW_ARRAY(double, n_columns *n_columns);
  double *z = NEW_ARRAY(double, n_columns), *solved = NEW_ARRAY(double, n_columns), sum = 0;
  for (size_t a = 0; a < n_columns; a++) {
    size_t j = columns[a];
    double error = sqrt(fit->covariance[j + j * p]);
    solved[a] = z[a] = fit->coefficient[j] / error;
    for (size_t b = 0; b < n_columns; b++) {
      size_t k = columns[b];
      correlation[a + b * n_columns] =
          fit->covariance[j + k * p] / error / sqrt(fit->covariance[k + k * p]);
    }
  }
  if (cholesky_factor(correlation, n_columns, 1e-13, NULL) &&
      cholesky_solve(correlation, n_columns, solved, 1)) {
    for (size_t a = 0; a < n_columns; a++)
      sum += z[a] * solved[a];
    test.statistic = sum;
    test.p_value = chi_square_upper(sum, test.df);
  }
  free(correlation);
  free(z);
  free(solved);
  return test;
}

// The bound of the log likelihood without these columns; NaN if there is none.
static double bound_without(const struct logit_data *data, const struct logit_options *options,
                            const bool *free_column)
{
  struct logit_copy part = copy_part(data, NULL, free_column);
  double bound = NAN;
  if (part.data.p == 0) {
    bound = 0;
    for (size_t i = 0; i < part.data.n; i++) {
      double eta = part.offset ? part.offset[i] : 0, along = part.y[i] > 0 ? eta : -eta;
      bound -= part.weight[i] * (fmax(-along, 0) + log1p(exp(-fabs(along))));
    }
  } else {
    struct logit_options same = *options;
    same.start = NULL;
    struct logit_fit fit;
    logit_fit(&part.data, &same, &fit);
    bound = fit.log_likelihood;
    logit_fit_free(&fit);
  }
  copy_free(&part);
  return bound;
}

// The loss of (penalized) log likelihood when the columns that are not free are 0; NaN where the
// search gives out.
static double loss_without(const struct logit_data *data, const struct logit_options *options,
                           const struct logit_fit *fit, const bool *free_column)
{
  size_t p = data->p;
  double *g = NEW_ARRAY(double, p), loss = NAN;
  struct held_problem held;
  held_problem_set(&held, data, free_column, fit->coefficient, g);
  struct maximum_search search;
  maximum_search_start(&search, &held.problem);
  search.firth = options->firth;
  if (options->most_iterations)
    search.most_iterations = options->most_iterations;
  // For the penalty the maximum once more in these columns, so that rounding of both is alike.
  bool good = !options->firth || maximum_search_run(&search, g) == AT_MAXIMUM;
  double height = options->firth ? search.point.penalized : fit->log_likelihood;
  // Held at 0 about the means: the others' coefficients stay near enough to start from.
  for (size_t j = 0; j < p; j++)
    g[j] = free_column[j] ? g[j] : 0;
  search.free_column = free_column;
  if (good && maximum_search_run(&search, g) == AT_MAXIMUM)
    loss = height - (options->firth ? search.point.penalized : search.point.log_likelihood);
  maximum_search_free(&search);
  held_problem_free(&held);
  free(g);
  return loss;
}

struct logit_test logit_likelihood_ratio_test(const struct logit_data *data,
                                              const struct logit_options *options,
                                              const struct logit_fit *fit, const size_t *columns,
                                              size_t n_columns)
{
  static const struct logit_options usual = {0};
  options = options ? options : &usual;
  struct logit_test test = {NAN, (double) n_columns, NAN};
  size_t p = data->p;
  if (n_columns == 0 || (fit->status != LOGIT_CONVERGED && fit->status != LOGIT_SEPARATED))
    return test;
  bool *free_column = NEW_ARRAY(bool, p);
  for (size_t j = 0; j < p; j++)
    free_column[j] = true;
  for (size_t a = 0; a < n_columns; a++)
    free_column[columns[a]] = false;

  if (fit->status == LOGIT_SEPARATED) {
    test.statistic = 2 * (fit->log_likelihood - bound_without(data, options, free_column));
  } else {
    test.statistic = 2 * loss_without(data, options, fit, free_column);
  }
  free(free_column);
  // Rounding of two equal likelihoods.
  if (test.statistic < 0 && test.statistic > -1e-9 * (1 + fabs(fit->log_likelihood)))
    test.statistic = 0;
  test.p_value = chi_square_upper(test.statistic, test.df);
  return test;
}

double logit_flic_intercept(const struct logit_data *data, const struct logit_fit *fit)
{
  if (fit->status != LOGIT_CONVERGED)
    return NAN;
  struct logit_data others = *data;
  others.x = data->x + data->n;
  others.p = data->p - 1;
  double *offset = NEW_ARRAY(double, data->n);
  logit_linear_predictor(&others, fit->coefficient + 1, offset);
  others.offset = offset;
  double intercept = logit_null_intercept(&others, NULL);
  free(offset);
  return intercept;
}
