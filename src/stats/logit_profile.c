// SPDX-License-Identifier: GPL-3.0-or-later
// Profile likelihood limits.
//
// D. J. Venzon & S. H. Moolgavkar (1988), "A method for computing profile-likelihood-based
// confidence intervals", Applied Statistics 37, 87-94: the start, and the tangent along which
// the other coefficients move.  The root is sought in z = sqrt(2 (l(fit) - l_profile(b))),
// which is nearly linear in b; its slope is -U_j/z, U_j the score of coefficient j at the
// constrained maximum.
#include <config.h>

#include "stats/logit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/linear_algebra.h"
#include "stats/logit_maximum.h"
#include "stats/logit_problem.h"
#include "stats/root.h"
#include "stats/separation.h"

struct profile {
  const struct logit_problem *problem;
  struct maximum_search search;
  const double *estimate; // g at the maximum
  const double *tangent;  // change of g per unit of g_j
  double height;          // at the maximum
  double quantile;        // of z
  double std_error;       // of g_j
  size_t j;
};

// z and its slope in the direction `sign` at g_j = estimate_j + sign distance; g: a start, and
// the constrained maximum on return.
static bool profile_at(struct profile *profile, double distance, int sign, double *g, double *z,
                       double *slope)
{
  size_t j = profile->j, p = profile->problem->p;
  double to = profile->estimate[j] + sign * distance, step = to - g[j];
  for (size_t k = 0; k < p; k++)
    g[k] += k == j ? 0 : profile->tangent[k] * step;
  g[j] = to;
  if (maximum_search_run(&profile->search, g) != AT_MAXIMUM)
    return false;
  const struct logit_point *point = &profile->search.point;
  double now = profile->search.firth ? point->penalized : point->log_likelihood;
  *z = sqrt(fmax(2 * (profile->height - now), 0));
  *slope = *z > 0 ? -sign * point->gradient[j] / *z : 0;
  return true;
}

// Whether at that distance another start leads to a higher maximum of the penalized likelihood
// than z is of; then g is there.  The starts: the tangent at the estimate, and the other
// coefficients 0 or at the estimate.
static bool profile_higher(struct profile *profile, double distance, int sign, double z, double *g)
{
  size_t j = profile->j, p = profile->problem->p;
  double *trial = NEW_ARRAY(double, p), higher, slope, lowest = z * (1 - 1e-6);
  bool found = false;
  for (int start = 0; start < 3; start++) {
    double at = profile->estimate[j] + sign * distance;
    for (size_t k = 0; k < p; k++)
      trial[k] = start == 1 ? 0 : profile->estimate[k];
    trial[j] = start == 0 ? profile->estimate[j] : at;
    if (profile_at(profile, distance, sign, trial, &higher, &slope) && higher < lowest) {
      lowest = higher;
      memcpy(g, trial, p * sizeof *g);
      found = true;
    }
  }
  free(trial);
  return found;
}

// The distance from the estimate at which z reaches the quantile.  A penalized profile may have
// several maxima: that one is followed to which the estimate leads, from the last point short of
// the limit (`near`), until a higher one is found where it has its limit.  A bracket that closes
// where z is still short of it had its far end on another, lower one, or where the search fails:
// then shorter steps lead past it.
static double profile_limit(struct profile *profile, int sign)
{
  enum { MOST_STEPS = 200, MOST_RETURNS = 4 };
  size_t p = profile->problem->p;
  double *at_near = NEW_ARRAY(double, p), *g = NEW_ARRAY(double, p);
  memcpy(at_near, profile->estimate, p * sizeof *g);
  double near = 0, far = INFINITY, reach = 3, limit = NAN;
  double distance = profile->quantile * profile->std_error;
  for (int step = 0, returns = 0; step < MOST_STEPS; step++) {
    double z = NAN, slope = NAN, next = NAN;
    memcpy(g, at_near, p * sizeof *g);
    if (!profile_at(profile, distance, sign, g, &z, &slope)) {
      far = distance; // too far at once: the likelihood is flat to rounding there
    } else if (z < profile->quantile) {
      near = distance;
      memcpy(at_near, g, p * sizeof *g);
    } else {
      far = distance;
    }
    next = distance + (profile->quantile - z) / slope;
    double furthest = isinf(far) ? reach * distance : far;
    if (!(slope > 0) || !(next > near && next < furthest))
      next = isinf(far) ? furthest : (near + far) / 2;
    bool met = fabs(z - profile->quantile) <= 1e-6 * profile->quantile;
    bool closed = isfinite(far) && far - near <= (met ? 4e-16 : 1e-9) * far;
    if (met && (closed || fabs(next - distance) <= 1e-12 * distance)) {
      limit = next;
      if (!profile->search.firth || returns == MOST_RETURNS ||
          !profile_higher(profile, distance, sign, z, g))
        break;
      near = distance;
      memcpy(at_near, g, p * sizeof *g);
      far = INFINITY;
      reach = 1.25;
      next = reach * near;
      returns++;
    } else if (closed) {
      if (returns++ == MOST_RETURNS)
        break;
      far = INFINITY;
      reach = 1.25;
      next = reach * near;
    }
    distance = next;
  }
  free(at_near);
  free(g);
  return limit;
}

static bool converged_interval(const struct logit_data *data, const struct logit_options *options,
                               const struct logit_fit *fit, size_t j, double quantile, double *low,
                               double *high)
{
  size_t p = data->p;
  bool *free_column = NEW_ARRAY(bool, p);
  double *estimate = NEW_ARRAY(double, p), *tangent = NEW_ARRAY(double, p);
  for (size_t k = 0; k < p; k++)
    free_column[k] = k != j;
  struct held_problem held;
  held_problem_set(&held, data, free_column, fit->coefficient, estimate);
  const struct logit_problem *problem = &held.problem;

  struct profile profile = {
      .problem = problem, .estimate = estimate, .quantile = quantile, .tangent = tangent, .j = j};
  maximum_search_start(&profile.search, problem);
  profile.search.firth = options->firth;
  if (options->most_iterations)
    profile.search.most_iterations = options->most_iterations;
  // The maximum once more, in these columns, so that rounding of both heights is alike.
  double *inverse = NEW_ARRAY(double, p * p), below = NAN, above = NAN;
  if (maximum_search_run(&profile.search, estimate) == AT_MAXIMUM &&
      cholesky_inverse(profile.search.factor, p, inverse)) {
    const struct logit_point *point = &profile.search.point;
    profile.height = options->firth ? point->penalized : point->log_likelihood;
    profile.std_error = sqrt(inverse[j + j * p]);
    for (size_t k = 0; k < p; k++)
      tangent[k] = inverse[k + j * p] / inverse[j + j * p];
    profile.search.free_column = free_column;
    below = profile_limit(&profile, -1);
    above = profile_limit(&profile, 1);
  }
  // g_j = b_j/inverse_j for every column where nothing is subtracted.
  double unit = problem->inverse[j], at = fit->coefficient[j];
  *low = at - below * fabs(unit);
  *high = at + above * fabs(unit);
  if (unit < 0) {
    *low = at - above * fabs(unit);
    *high = at + below * fabs(unit);
  }
  maximum_search_free(&profile.search);
  held_problem_free(&held);
  free(free_column);
  free(estimate);
  free(tangent);
  free(inverse);
  return !isnan(*low) && !isnan(*high);
}

// ---- a maximum at infinity ----

struct separated_profile {
  const struct logit_data *data; // without column j
  const struct logit_options *options;
  const double *x, *offset; // column j; the offset of old
  double *shifted;          // the new one, data->offset
  double bound, quantile;   // of the log likelihood; of chi-square
};

// 2 (bound - l_profile(b)) - quantile.
static double separated_loss(double b, const void *context)
{
  const struct separated_profile *profile = context;
  for (size_t i = 0; i < profile->data->n; i++)
    profile->shifted[i] = (profile->offset ? profile->offset[i] : 0) + b * profile->x[i];
  double height;
  if (profile->data->p == 0) {
    height = 0;
    for (size_t i = 0; i < profile->data->n; i++) {
      double w = logit_row_weight(profile->data, i);
      double along = profile->data->y[i] > 0 ? profile->shifted[i] : -profile->shifted[i];
      height -= w > 0 ? w * (fmax(-along, 0) + log1p(exp(-fabs(along)))) : 0;
    }
  } else {
    struct logit_fit fit;
    logit_fit(profile->data, profile->options, &fit);
    height = fit.log_likelihood;
    logit_fit_free(&fit);
  }
  return 2 * (profile->bound - height) - profile->quantile;
}

// The limit on side `sign` of a profile that reaches its bound at b = inside.
static double separated_limit(const struct separated_profile *profile, double inside, double unit,
                              int sign)
{
  double from = inside, to = inside + sign * unit;
  if (!(separated_loss(from, profile) < 0) ||
      !root_bracket(separated_loss, profile, &from, &to, inside - 1e4 * unit, inside + 1e4 * unit))
    return NAN;
  return root_between(separated_loss, profile, fmin(from, to), fmax(from, to),
                      1e-11 * fabs(to - from));
}

static bool separated_interval(const struct logit_data *data, const struct logit_options *options,
                               const struct logit_fit *fit, size_t j, double quantile, double *low,
                               double *high)
{
  size_t n = data->n, p = data->p;
  struct logit_problem problem;
  logit_problem_set(&problem, data, false);
  double unit = fabs(problem.inverse[j]);
  bool up = fit->infinite[j] && separation_has_side(&problem, j, 1);
  bool down = fit->infinite[j] && separation_has_side(&problem, j, -1);
  logit_problem_free(&problem);
  *low = down ? -INFINITY : NAN;
  *high = up ? INFINITY : NAN;
  if (up && down)
    return true;

  struct logit_data others = *data;
  struct logit_options same = *options;
  same.start = NULL;
  double *x = NEW_ARRAY(double, n *(p - 1)), *shifted = NEW_ARRAY(double, n);
  memcpy(x, data->x, j * n * sizeof *x);
  memcpy(x + j * n, data->x + (j + 1) * n, (p - 1 - j) * n * sizeof *x);
  others.x = x;
  others.p = p - 1;
  others.offset = shifted;
  struct separated_profile profile = {.data = &others,
                                      .options = &same,
                                      .x = data->x + j * n,
                                      .offset = data->offset,
                                      .shifted = shifted,
                                      .bound = fit->log_likelihood,
                                      .quantile = quantile * quantile};
  // A point inside: towards the infinite side, or, for a finite coefficient, where the
  // (concave) profile rises to.
  double inside = 0;
  if (up || down) {
    double side = up ? 1 : -1;
    for (int doubling = 0; doubling < 12 && !(separated_loss(inside, &profile) < 0); doubling++)
      inside = side * unit * ldexp(1, doubling);
  } else {
    double step = unit, here = separated_loss(0, &profile);
    for (int move = 0; move < 200 && !(here < 0) && fabs(step) > 1e-6 * unit; move++) {
      double there = separated_loss(inside + step, &profile);
      if (there < here) {
        inside += step;
        here = there;
        step *= 1.5;
      } else {
        step *= -0.4;
      }
    }
  }
  if (!down)
    *low = separated_limit(&profile, inside, unit, -1);
  if (!up)
    *high = separated_limit(&profile, inside, unit, 1);
  free(x);
  free(shifted);
  return !isnan(*low) && !isnan(*high);
}

bool logit_profile_interval(const struct logit_data *data, const struct logit_options *options,
                            const struct logit_fit *fit, size_t j, double level, double *low,
                            double *high)
{
  static const struct logit_options usual = {0};
  options = options ? options : &usual;
  *low = *high = NAN;
  if (!(level > 0 && level < 1) || j >= data->p)
    return false;
  double quantile = -normal_quantile((1 - level) / 2);
  if (fit->status == LOGIT_CONVERGED)
    return converged_interval(data, options, fit, j, quantile, low, high);
  if (fit->status == LOGIT_SEPARATED)
    return separated_interval(data, options, fit, j, quantile, low, high);
  return false;
}
