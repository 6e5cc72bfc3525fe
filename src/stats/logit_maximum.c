// SPDX-License-Identifier: GPL-3.0-or-later
// The penalized score has no cheap derivative; scoring with the information alone converges
// linearly, at a rate near p/n.  Mixing of the last steps restores fast convergence: D. G.
// Anderson (1965), "Iterative procedures for nonlinear integral equations", Journal of the ACM
// 12, 547-560; H. F. Walker & P. Ni (2011), "Anderson acceleration for fixed-point
// iterations", SIAM Journal on Numerical Analysis 49, 1715-1735.  A mixed step is taken only
// where it does not lower the likelihood.
#include <config.h>

#include "stats/logit_maximum.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/linear_algebra.h"

enum { MOST_MIXED = 6, MOST_HALVINGS = 60 };
// Far from the top a mixed step may reach into the reach of another, lower one.
static const double MOST_MIXED_DECREMENT = 0.1;

void maximum_search_start(struct maximum_search *search, const struct logit_problem *problem)
{
  *search = (struct maximum_search){.problem = problem, .most_iterations = 100, .tolerance = 1e-12};
  search->point = logit_point_new(problem->p);
  search->factor = NEW_ZEROED(double, problem->p * problem->p);
}

void maximum_search_free(struct maximum_search *search)
{
  logit_point_free(&search->point);
  free(search->factor);
  *search = (struct maximum_search){0};
}

static bool is_free(const struct maximum_search *search, size_t j)
{
  return !search->free_column || search->free_column[j];
}

static size_t count_free(const struct maximum_search *search)
{
  size_t n_free = 0;
  for (size_t j = 0; j < search->problem->p; j++)
    n_free += is_free(search, j);
  return n_free;
}

// What is to be as large as possible.
static double height(const struct maximum_search *search, const struct logit_point *point)
{
  return search->firth ? point->penalized : point->log_likelihood;
}

// Evaluates at g; for Firth with the penalty, whose factor is left in search->factor.
static bool evaluate(struct maximum_search *search, const double *g, struct logit_point *point)
{
  logit_point_evaluate(search->problem, g, point);
  if (!isfinite(point->log_likelihood))
    return false;
  if (!search->firth)
    return true;
  if (!logit_information_factor(search->problem, g, point, NULL, search->factor))
    return false;
  logit_point_penalize(search->problem, g, search->factor, point);
  return isfinite(point->penalized);
}

// The free columns' part of the information, with `share` of Z'Z added, factored.
static bool factor_with_ridge(const struct maximum_search *search, double share, double *factor)
{
  const struct logit_problem *problem = search->problem;
  size_t p = problem->p, to = 0;
  for (size_t k = 0; k < p; k++)
    for (size_t j = 0; j < p; j++)
      if (is_free(search, j) && is_free(search, k))
        factor[to++] = search->point.information[j + k * p] + share * problem->gram[j + k * p];
  return cholesky_factor(factor, count_free(search), DBL_EPSILON, NULL);
}

// The scoring step of the free columns (0 elsewhere) and its decrement.  False if the
// information is singular; then with `ridge` a step in the metric of the information plus
// some of Z'Z, which ascends.
static bool scoring_step(struct maximum_search *search, const double *g, bool ridge, double *step)
{
  const struct logit_problem *problem = search->problem;
  size_t p = problem->p, n_free = count_free(search), to = 0;
  bool own_factor = search->firth && n_free < p; // search->factor is the full one
  double *factor = own_factor ? NEW_ARRAY(double, p * p) : search->factor;
  double *gradient = NEW_ZEROED(double, p), *short_step = NEW_ARRAY(double, p), most = 0;
  for (size_t j = 0; j < p; j++) {
    if (is_free(search, j))
      gradient[to++] = search->point.gradient[j];
    most = fmax(most, search->point.information[j + j * p] / problem->n_rows);
  }
  memcpy(short_step, gradient, p * sizeof *short_step);
  bool good = ((search->firth && !own_factor) ||
               logit_information_factor(problem, g, &search->point, search->free_column, factor)) &&
              cholesky_solve(factor, n_free, short_step, 1);
  if (!good && ridge) {
    memcpy(short_step, gradient, p * sizeof *short_step);
    good = factor_with_ridge(search, fmax(1e-6 * most, 1e-12), factor) &&
           cholesky_solve(factor, n_free, short_step, 1);
  }
  search->decrement = good ? 0 : NAN;
  to = 0;
  for (size_t j = 0; j < p; j++) {
    step[j] = good && is_free(search, j) ? short_step[to++] : 0;
    search->decrement += step[j] * search->point.gradient[j];
  }
  if (own_factor)
    free(factor);
  free(gradient);
  free(short_step);
  return good;
}

// Root mean square change of the linear predictor.
static double step_size(const struct logit_problem *problem, const double *step)
{
  double largest = 0, sum = 0;
  for (size_t j = 0; j < problem->p; j++)
    largest = fmax(largest, fabs(step[j]));
  if (largest == 0)
    return 0;
  for (size_t j = 0; j < problem->p; j++)
    for (size_t k = 0; k < problem->p; k++)
      sum += step[j] / largest * problem->gram[j + k * problem->p] * (step[k] / largest);
  return largest * sqrt(fmax(sum, 0) / problem->n_rows);
}

// The last steps, for mixing: columns of p.
struct mixing {
  size_t p, n;
  double *moved, *turned; // differences of successive g, and of successive steps
  double *g, *step;       // the last ones
};

static void mixing_forget(struct mixing *mixing)
{
  mixing->n = 0;
}

static void mixing_add(struct mixing *mixing, const double *g, const double *step, bool first)
{
  size_t p = mixing->p;
  if (!first) {
    if (mixing->n == MOST_MIXED) {
      memmove(mixing->moved, mixing->moved + p, (MOST_MIXED - 1) * p * sizeof(double));
      memmove(mixing->turned, mixing->turned + p, (MOST_MIXED - 1) * p * sizeof(double));
      mixing->n--;
    }
    for (size_t j = 0; j < p; j++) {
      mixing->moved[j + mixing->n * p] = g[j] - mixing->g[j];
      mixing->turned[j + mixing->n * p] = step[j] - mixing->step[j];
    }
    mixing->n++;
  }
  memcpy(mixing->g, g, p * sizeof *g);
  memcpy(mixing->step, step, p * sizeof *step);
}

// to = g + step - sum of theta (moved + turned), theta the least squares solution of
// step = turned theta in the metric of the information.
static bool mixing_propose(const struct mixing *mixing, const double *information, const double *g,
                           const double *step, double *to)
{
  size_t p = mixing->p, n = mixing->n;
  double normal[MOST_MIXED * MOST_MIXED], theta[MOST_MIXED];
  double *image = NEW_ARRAY(double, p);
  for (size_t a = 0; a < n; a++) {
    const double *turned = mixing->turned + a * p;
    memset(image, 0, p * sizeof *image);
    for (size_t k = 0; k < p; k++)
      for (size_t j = 0; j < p; j++)
        image[j] += information[j + k * p] * turned[k];
    theta[a] = 0;
    for (size_t j = 0; j < p; j++)
      theta[a] += image[j] * step[j];
    for (size_t b = 0; b < n; b++) {
      normal[b + a * n] = 0;
      for (size_t j = 0; j < p; j++)
        normal[b + a * n] += image[j] * mixing->turned[j + b * p];
    }
  }
  free(image);
  for (size_t a = 0; a < n; a++)
    normal[a + a * n] *= 1 + 1e-12;
  if (n == 0 || !cholesky_factor(normal, n, 1e-13, NULL) || !cholesky_solve(normal, n, theta, 1))
    return false;
  for (size_t j = 0; j < p; j++) {
    to[j] = g[j] + step[j];
    for (size_t a = 0; a < n; a++)
      to[j] -= theta[a] * (mixing->moved[j + a * p] + mixing->turned[j + a * p]);
  }
  return true;
}

// Halves the step until the height does not fall by more than rounding; g and search->point
// move there.  False if no part of it will do.
static bool climb(struct maximum_search *search, double *g, const double *step, double part,
                  struct logit_point *spare, double *trial)
{
  size_t p = search->problem->p;
  double now = height(search, &search->point), slack = 1e-13 * (fabs(now) + 1);
  for (int halving = 0; halving < MOST_HALVINGS; halving++, part /= 2) {
    for (size_t j = 0; j < p; j++)
      trial[j] = g[j] + part * step[j];
    if (evaluate(search, trial, spare) && height(search, spare) >= now - slack) {
      struct logit_point old = search->point;
      search->point = *spare;
      *spare = old;
      memcpy(g, trial, p * sizeof *g);
      return true;
    }
  }
  return false;
}

enum maximum_status maximum_search_run(struct maximum_search *search, double *g)
{
  const struct logit_problem *problem = search->problem;
  size_t p = problem->p, n_still = 0;
  enum maximum_status status = GAVE_OUT;
  search->n_iterations = 0;
  search->decrement = 0;
  if (!evaluate(search, g, &search->point))
    return GAVE_OUT;
  if (count_free(search) == 0)
    return AT_MAXIMUM;
  struct logit_point spare = logit_point_new(p);
  struct mixing mixing = {.p = p};
  mixing.moved = NEW_ARRAY(double, MOST_MIXED *p);
  mixing.turned = NEW_ARRAY(double, MOST_MIXED *p);
  mixing.g = NEW_ARRAY(double, p);
  mixing.step = NEW_ARRAY(double, p);
  double *step = NEW_ARRAY(double, p), *trial = NEW_ARRAY(double, p);
  double *mixed_step = NEW_ARRAY(double, p);
  double most_change = 10, least_decrement = INFINITY;
  bool fresh = true;

  while (search->n_iterations < search->most_iterations) {
    if (!scoring_step(search, g, !search->watch_drift, step)) {
      status = search->watch_drift ? DRIFTING : GAVE_OUT;
      break;
    }
    search->n_iterations++;
    double limit = search->tolerance * (2 * fabs(search->point.log_likelihood) + 0.1);
    if (search->firth)
      limit = fmin(search->tolerance, 1e-12) * 1e-10; // the square of 1e-11 standard errors
    bool last = search->decrement <= limit;
    // At the floor of rounding the decrement no longer falls.
    n_still = search->decrement < least_decrement / 2 ? 0 : n_still + 1;
    least_decrement = fmin(least_decrement, search->decrement);
    last = last || (n_still >= 8 && search->decrement <= 1e-16 * (1 + problem->n_rows * 1e-6));
    if (search->watch_drift && !last && search->n_iterations > 8 &&
        search->point.least_residual < 1e-8) {
      status = DRIFTING;
      break;
    }
    bool done = false;
    if (search->decrement > MOST_MIXED_DECREMENT) {
      mixing_forget(&mixing);
      fresh = true;
    } else if (search->firth) {
      mixing_add(&mixing, g, step, fresh);
      fresh = false;
      if (mixing_propose(&mixing, search->point.information, g, step, trial)) {
        for (size_t j = 0; j < p; j++)
          mixed_step[j] = trial[j] - g[j];
        double now = height(search, &search->point);
        if (step_size(problem, mixed_step) <= 4 * most_change && evaluate(search, trial, &spare) &&
            height(search, &spare) >= now - 1e-13 * (fabs(now) + 1)) {
          struct logit_point old = search->point;
          search->point = spare;
          spare = old;
          memcpy(g, trial, p * sizeof *g);
          done = true;
        } else {
          mixing_forget(&mixing);
        }
      }
    }
    if (!done) {
      double size = step_size(problem, step), part = size > most_change ? most_change / size : 1;
      if (!climb(search, g, step, part, &spare, trial)) {
        // Not even a small part of an ascending step ascends: the top, if it is flat.
        status = search->decrement <= 1e-9 ? AT_MAXIMUM : GAVE_OUT;
        evaluate(search, g, &search->point);
        break;
      }
      if (part < 1)
        most_change *= 2;
    }
    if (last) {
      status = AT_MAXIMUM;
      break;
    }
  }
  // The factor there; and what is left of the step if it can be told from rounding.
  bool regular = status == AT_MAXIMUM && scoring_step(search, g, false, step);
  if (regular && search->decrement > 1e-24 && climb(search, g, step, 1, &spare, trial))
    regular = scoring_step(search, g, false, step);
  if (status == AT_MAXIMUM && !regular)
    status = search->watch_drift ? DRIFTING : GAVE_OUT;
  logit_point_free(&spare);
  free(mixing.moved);
  free(mixing.turned);
  free(mixing.g);
  free(mixing.step);
  free(step);
  free(trial);
  free(mixed_step);
  return status;
}

double logit_null_intercept(const struct logit_data *data, double *log_likelihood)
{
  double n_rows = 0, n_events = 0, a;
  for (size_t i = 0; i < data->n; i++) {
    double w = logit_row_weight(data, i);
    n_rows += w > 0 ? w : 0;
    n_events += w > 0 && data->y[i] > 0 ? w : 0;
  }
  if (log_likelihood)
    *log_likelihood = 0;
  if (n_events == 0 || n_events == n_rows)
    return n_events == 0 ? -INFINITY : INFINITY;
  a = log(n_events / (n_rows - n_events));
  if (!data->offset) {
    if (log_likelihood)
      *log_likelihood =
          n_events * log(n_events / n_rows) + (n_rows - n_events) * log1p(-n_events / n_rows);
    return a;
  }
  struct logit_data alone = *data;
  double *ones = NEW_ARRAY(double, data->n);
  for (size_t i = 0; i < data->n; i++)
    ones[i] = 1;
  alone.x = ones;
  alone.p = 1;
  struct logit_problem problem;
  logit_problem_set(&problem, &alone, false);
  struct maximum_search search;
  maximum_search_start(&search, &problem);
  search.most_iterations = 1000;
  if (maximum_search_run(&search, &a) != AT_MAXIMUM)
    a = NAN;
  if (log_likelihood)
    *log_likelihood = isnan(a) ? NAN : search.point.log_likelihood;
  maximum_search_free(&search);
  logit_problem_free(&problem);
  free(ones);
  return a;
}
