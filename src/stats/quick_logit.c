// SPDX-License-Identifier: GPL-3.0-or-later
// Logistic fits of a few columns, thousands a second.
#include <config.h>

#include "stats/quick_logit.h"

#include <math.h>

enum { MOST_NEWTON = 12 };

static const double widest_eta = 30; // beyond: separated, or on the way to it

bool quick_inverse(double *a, size_t p)
{
  double l[QUICK_MOST_COLUMNS * QUICK_MOST_COLUMNS] = {0};
  double inverse[QUICK_MOST_COLUMNS * QUICK_MOST_COLUMNS] = {0};
  for (size_t j = 0; j < p; j++) {
    double d = a[j * p + j];
    for (size_t k = 0; k < j; k++)
      d -= l[j * p + k] * l[j * p + k];
    if (!(d > 1e-12 * a[j * p + j]))
      return false;
    l[j * p + j] = sqrt(d);
    for (size_t i = j + 1; i < p; i++) {
      double s = a[i * p + j];
      for (size_t k = 0; k < j; k++)
        s -= l[i * p + k] * l[j * p + k];
      l[i * p + j] = s / l[j * p + j];
    }
  }
  for (size_t j = 0; j < p; j++) {
    inverse[j * p + j] = 1 / l[j * p + j];
    for (size_t i = j + 1; i < p; i++) {
      double s = 0;
      for (size_t k = j; k < i; k++)
        s -= l[i * p + k] * inverse[k * p + j];
      inverse[i * p + j] = s / l[i * p + i];
    }
  }
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j <= i; j++) {
      double s = 0;
      for (size_t k = i; k < p; k++)
        s += inverse[k * p + i] * inverse[k * p + j];
      a[i * p + j] = a[j * p + i] = s;
    }
  return true;
}

static void linear_predictor(const double *x, size_t m, size_t p, const double *coefficient,
                             double *restrict eta)
{
  for (size_t i = 0; i < m; i++)
    eta[i] = coefficient[0];
  for (size_t j = 1; j < p; j++) {
    const double *column = x + j * m;
    double b = coefficient[j];
    for (size_t i = 0; i < m; i++)
      eta[i] += b * column[i];
  }
}

// One Newton step on rows of some weight (NULL: ones); the largest change of a coefficient, or
// infinity.  covariance: of the point that the step left.
static double newton_step(const double *x, const double *y, const double *weight, size_t m,
                          size_t p, double *coefficient, double *restrict eta,
                          double *restrict risk, double *restrict scratch, double *covariance)
{
  double score[QUICK_MOST_COLUMNS], step = 0;
  linear_predictor(x, m, p, coefficient, eta);
  for (size_t i = 0; i < m; i++) {
    if (!(fabs(eta[i]) < widest_eta))
      return INFINITY;
    risk[i] = 1 / (1 + exp(-eta[i]));
    scratch[i] = risk[i] * (1 - risk[i]) * (weight ? weight[i] : 1);
  }
  for (size_t j = 0; j < p; j++) {
    const double *a = x + j * m;
    double sum = 0;
    for (size_t i = 0; i < m; i++)
      sum += a[i] * (y[i] - risk[i]) * (weight ? weight[i] : 1);
    score[j] = sum;
    for (size_t k = 0; k <= j; k++) {
      const double *b = x + k * m;
      sum = 0;
      for (size_t i = 0; i < m; i++)
        sum += scratch[i] * a[i] * b[i];
      covariance[j * p + k] = covariance[k * p + j] = sum;
    }
  }
  if (!quick_inverse(covariance, p))
    return INFINITY;
  for (size_t j = 0; j < p; j++) {
    double change = 0;
    for (size_t k = 0; k < p; k++)
      change += covariance[j * p + k] * score[k];
    coefficient[j] += change;
    // Measured in standard errors.
    step = fmax(step, fabs(change) / sqrt(covariance[j * p + j]));
  }
  return step;
}

bool quick_logit(const double *x, const double *y, const double *weight, size_t m, size_t p,
                 double *coefficient, double *eta, double *risk, double *scratch,
                 double *covariance)
{
  for (int iteration = 0; iteration < MOST_NEWTON; iteration++) {
    double step =
        newton_step(x, y, weight, m, p, coefficient, eta, risk, scratch, covariance);
    if (!isfinite(step))
      return false;
    if (step < 1e-5) {
      linear_predictor(x, m, p, coefficient, eta);
      return true;
    }
  }
  return false;
}
