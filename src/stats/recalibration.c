// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic recalibration: D. R. Cox (1958), Two further applications of a model for binary
// regression, Biometrika 45, 562-565.
//
// The likelihood is concave; a Newton step is halved until the slope along it has not turned
// down by more than it rose, so that gradients alone steer the search and no logarithm is taken.
#include <config.h>

#include "stats/recalibration.h"

#include <math.h>

#include "stats/root.h"

enum { BLOCK = 128 };

// Of rows with linear predictor t = level + slope (eta - centre): residuals r, variances v, z =
// eta - centre.
struct sums {
  double r, rz, v, vz, vzz;
};

// decay = exp(-|t|) for a block of rows.
static void block_predict(const struct recalibration_rows *rows, size_t first, size_t n,
                          double level, double slope, double *z, double *t, double *decay)
{
  const double *eta = rows->eta + first;
  for (size_t i = 0; i < n; i++) {
    z[i] = eta[i] - rows->centre;
    t[i] = level + slope * z[i];
  }
  for (size_t i = 0; i < n; i++)
    decay[i] = exp(-fabs(t[i]));
}

static void block_add(const double *z, const double *t, const double *decay, const double *y,
                      const double *weight, size_t n, struct sums *sums)
{
  double r = 0, rz = 0, v = 0, vz = 0, vzz = 0;
#pragma omp simd reduction(+ : r, rz, v, vz, vzz)
  for (size_t i = 0; i < n; i++) {
    double e = decay[i], likely = 1 / (1 + e), unlikely = e * likely;
    double residual = t[i] >= 0 ? y[i] - 1 + unlikely : y[i] - unlikely;
    double w = weight[i], wv = w * (unlikely * likely), wr = w * residual;
    r += wr;
    rz += wr * z[i];
    v += wv;
    vz += wv * z[i];
    vzz += wv * z[i] * z[i];
  }
  sums->r += r;
  sums->rz += rz;
  sums->v += v;
  sums->vz += vz;
  sums->vzz += vzz;
}

static const double *block_weight(const struct recalibration_rows *rows, size_t first,
                                  double ones[BLOCK])
{
  if (rows->weight)
    return rows->weight + first;
  for (size_t i = 0; i < BLOCK; i++)
    ones[i] = 1;
  return ones;
}

double recalibration_centre(const double *eta, const double *decay, size_t n)
{
  double plain = 0, n_finite = 0, total = 0, weighted = 0;
  for (size_t i = 0; i < n; i++) {
    double e = decay ? decay[i] : exp(-fabs(eta[i])), finite = isfinite(eta[i]) ? 1 : 0;
    double v = e / ((1 + e) * (1 + e)), t = finite != 0 ? eta[i] : 0;
    n_finite += finite;
    plain += t;
    total += v;
    weighted += v * t;
  }
  if (total > 0)
    return weighted / total;
  return n_finite > 0 ? plain / n_finite : 0;
}

static struct sums sums_at(const struct recalibration_rows *rows, double level, double slope)
{
  struct sums sums = {0, 0, 0, 0, 0};
  double z[BLOCK], t[BLOCK], decay[BLOCK], ones[BLOCK];
  for (size_t first = 0; first < rows->n; first += BLOCK) {
    size_t n = rows->n - first < BLOCK ? rows->n - first : BLOCK;
    block_predict(rows, first, n, level, slope, z, t, decay);
    block_add(z, t, decay, rows->y + first, block_weight(rows, first, ones), n, &sums);
  }
  return sums;
}

// At intercept 0 and slope 1, where exp(-|eta|) may be known.
static struct sums sums_at_start(const struct recalibration_rows *rows)
{
  if (!rows->decay)
    return sums_at(rows, rows->centre, 1);
  struct sums sums = {0, 0, 0, 0, 0};
  double z[BLOCK], ones[BLOCK];
  for (size_t first = 0; first < rows->n; first += BLOCK) {
    size_t n = rows->n - first < BLOCK ? rows->n - first : BLOCK;
    for (size_t i = 0; i < n; i++)
      z[i] = rows->eta[first + i] - rows->centre;
    block_add(z, rows->eta + first, rows->decay + first, rows->y + first,
              block_weight(rows, first, ones), n, &sums);
  }
  return sums;
}

struct newton_step {
  double level, slope, decrement; // decrement: twice the gain to be expected
};

static struct newton_step newton_step(const struct sums *sums, bool slope_free)
{
  struct newton_step step = {.slope = 0};
  if (slope_free) {
    double mean = sums->vz / sums->v, left = sums->vzz - mean * sums->vz;
    step.slope = left > 0 ? (sums->rz - mean * sums->r) / left : NAN;
    step.level = sums->r / sums->v - mean * step.slope;
  } else {
    step.level = sums->r / sums->v;
  }
  step.decrement = step.level * sums->r + step.slope * sums->rz;
  return step;
}

// Climbs from (*level, *slope), where the sums are `sums`.  n_steps counts; first_decrement is
// that of the first step.  False if it gets nowhere.
static bool climb(const struct recalibration_rows *rows, bool slope_free, struct sums sums,
                  double *level, double *slope, int *n_steps, double *first_decrement)
{
  for (*n_steps = 1; *n_steps <= 100; ++*n_steps) {
    struct newton_step step = newton_step(&sums, slope_free);
    if (*n_steps == 1)
      *first_decrement = step.decrement;
    if (!isfinite(step.decrement) || step.decrement < 0)
      return false;
    if (step.decrement <= 1e-12 * sums.v) {
      *level += step.level;
      *slope += step.slope;
      return true;
    }
    double part = 1, along;
    int n_halved = 0;
    do {
      sums = sums_at(rows, *level + part * step.level, *slope + part * step.slope);
      along = sums.r * step.level + sums.rz * step.slope;
      if (along >= -0.9 * step.decrement)
        break;
      part /= 2;
    } while (++n_halved < 60);
    if (n_halved == 60 || isnan(along))
      return false;
    *level += part * step.level;
    *slope += part * step.slope;
  }
  return false;
}

struct outcome_range {
  double n_events, n_others;
  double low_event, high_event, low_other, high_other; // of eta
};

static struct outcome_range outcome_range(const struct recalibration_rows *rows)
{
  double events = 0, others = 0;
  double low1 = INFINITY, high1 = -INFINITY, low0 = INFINITY, high0 = -INFINITY;
  for (size_t i = 0; i < rows->n; i++) {
    double eta = rows->eta[i], w = rows->weight ? rows->weight[i] : 1;
    bool event = rows->y[i] > 0.5;
    double as_event = event ? eta : NAN, as_other = event ? NAN : eta;
    events += event ? w : 0;
    others += event ? 0 : w;
    low1 = as_event < low1 ? as_event : low1;
    high1 = as_event > high1 ? as_event : high1;
    low0 = as_other < low0 ? as_other : low0;
    high0 = as_other > high0 ? as_other : high0;
  }
  return (struct outcome_range){events, others, low1, high1, low0, high0};
}

static double residual_sum(double level, const void *context)
{
  return sums_at(context, level, 1).r;
}

double recalibrate_intercept(const struct recalibration_rows *rows)
{
  struct outcome_range range = outcome_range(rows);
  if (!(range.n_events > 0 && range.n_others > 0))
    return NAN;
  double level = rows->centre, slope = 1, decrement;
  int n_steps;
  if (!climb(rows, false, sums_at_start(rows), &level, &slope, &n_steps, &decrement)) {
    // The risk is the event fraction at one end of eta's range at the latest.
    double fraction = log(range.n_events / range.n_others) + rows->centre;
    double low = fmin(range.low_event, range.low_other);
    double high = fmax(range.high_event, range.high_other);
    level = root_between(residual_sum, rows, fraction - high - 1, fraction - low + 1, 0);
  }
  return level - rows->centre;
}

struct recalibration recalibrate(const struct recalibration_rows *rows)
{
  struct recalibration found = {.intercept = NAN, .slope = NAN};
  struct outcome_range range = outcome_range(rows);
  if (!(range.n_events > 0 && range.n_others > 0) || range.high_other <= range.low_event ||
      range.high_event <= range.low_other)
    return found;
  double level = rows->centre, slope = 1, decrement;
  int n_steps;
  if (climb(rows, true, sums_at_start(rows), &level, &slope, &n_steps, &decrement)) {
    found.at_start = n_steps == 1;
    found.gain = decrement / 2;
  } else {
    level = log(range.n_events / range.n_others);
    slope = 0;
    if (!climb(rows, true, sums_at(rows, level, slope), &level, &slope, &n_steps, &decrement))
      return found;
  }
  found.slope = slope;
  found.intercept = level - slope * rows->centre;
  return found;
}

double log_one_plus(double e)
{
  double u = 1 + e;
  return log(u) + (e - (u - 1)) / u;
}

double recalibrated_log_likelihood(const struct recalibration_rows *rows, double intercept,
                                   double slope)
{
  double sum = 0, level = intercept + slope * rows->centre;
  for (size_t i = 0; i < rows->n; i++) {
    double t = level + slope * (rows->eta[i] - rows->centre), size = fabs(t);
    double loss = log_one_plus(exp(-size)) + ((rows->y[i] > 0.5) == (t >= 0) ? 0 : size);
    sum -= rows->weight ? rows->weight[i] * loss : loss;
  }
  return sum;
}

void recalibration_errors(const struct recalibration_rows *rows, double intercept, double slope,
                          double *of_intercept_alone, double *of_intercept, double *of_slope)
{
  struct sums sums = sums_at(rows, intercept + slope * rows->centre, slope);
  double mean = sums.vz / sums.v, left = sums.vzz - mean * sums.vz;
  double distance = rows->centre + mean; // of the weighted mean of eta from 0
  *of_intercept_alone = 1 / sqrt(sums.v);
  *of_slope = 1 / sqrt(left);
  *of_intercept = sqrt(1 / sums.v + distance * distance / left);
}

// ---- the largest difference between risk and recalibrated risk ----

struct line {
  double intercept, slope;
};

static double log_twice_cosh(double x)
{
  x = fabs(x);
  return x + log_one_plus(exp(-2 * x));
}

// log of the ratio of the derivatives of expit(t) and expit(a + b t).
static double log_derivative_ratio(double t, const void *context)
{
  const struct line *line = context;
  double s = line->intercept + line->slope * t;
  return 2 * (log_twice_cosh(s / 2) - log_twice_cosh(t / 2)) - log(line->slope);
}

static double expit(double t)
{
  double e = exp(-fabs(t));
  return (t >= 0 ? 1 : e) / (1 + e);
}

static double line_difference(const struct line *line, double t)
{
  double s = line->intercept + line->slope * t;
  // Without cancellation: sinh((t - s)/2) / (2 cosh(t/2) cosh(s/2)).
  if (fabs(t - s) < 1)
    return 2 * fabs(sinh((t - s) / 2)) * exp(-log_twice_cosh(t / 2) - log_twice_cosh(s / 2));
  return fabs(expit(t) - expit(s));
}

double emax_logistic(double intercept, double slope)
{
  if (isnan(intercept) || isnan(slope))
    return NAN;
  if (slope < 0)
    return 1;
  if (slope == 0)
    return fmax(expit(intercept), expit(-intercept));
  struct line line = {intercept, slope};
  // The lines cross where t = a/(1 - b); the difference has one extreme on each side (a sum of
  // five exponentials of t whose coefficients change sign twice).  With b = 1 it is at -a/2.
  double cross = intercept / (1 - slope), most = line_difference(&line, -intercept / (1 + slope));
  for (int side = -1; side <= 1; side += 2) {
    double from = fabs(cross) < 600 ? cross : -side * 600.0, to = from + side;
    double bound = from + side * 1300.0;
    if (!root_bracket(log_derivative_ratio, &line, &from, &to, fmin(from, bound),
                      fmax(from, bound)))
      continue;
    double t = root_between(log_derivative_ratio, &line, fmin(from, to), fmax(from, to), 1e-9);
    if (!isnan(t))
      most = fmax(most, line_difference(&line, t));
  }
  return most;
}
