// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of normality: Lilliefors, Kolmogorov-Smirnov, Shapiro-Wilk, Anderson-Darling.
//
// Sources: Lilliefors (1967), JASA 62, 399; Dallal & Wilkinson (1986), American
// Statistician 40, 294; Stephens (1974), JASA 69, 730; Royston (1995), Applied Statistics
// 44, 547 (AS R94); Stephens (1986) in D'Agostino & Stephens, Goodness-of-Fit Techniques,
// table 4.9.
#include <config.h>

#include "stats/normality.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/summary.h"

static const struct normality_result undefined = {NAN, NAN};

// What turns a value into a standardized one.
struct standard {
  double mean, mean_tail, sd;
};

// False where x has fewer than n_least values or no spread.
static bool standard_compute(struct standard *standard, const double *x, size_t n,
                             const struct moments *moments, size_t n_least)
{
  if (n < n_least || !(x[0] < x[n - 1]))
    return false;
  *standard = (struct standard){moments->mean, moments->mean_tail, moments_sd(moments)};
  return standard->sd > 0 && isfinite(standard->sd);
}

static double standardize(const struct standard *standard, double x)
{
  return (x - standard->mean - standard->mean_tail) / standard->sd;
}

static double polynomial(const double *coefficient, size_t n, double x)
{
  double value = 0;
  while (n-- > 0)
    value = value * x + coefficient[n];
  return value;
}

// D = max over i of max((i+1)/n - Phi(z_i), Phi(z_i) - i/n), i from 0.
//
// Both i/n and Phi(z_i) ascend: between two evaluated places a < b no D can pass
// max(b/n - Phi(z_a), Phi(z_b) - (a+1)/n).  So every BLOCK-th place is evaluated, and the
// rest only where that bound reaches the largest D so far; slack is for a Phi that
// rounding makes not quite monotone.
static double distance_to_normal(const double *x, size_t n, const struct standard *standard)
{
  enum { BLOCK = 64 };
  static const double slack = 1e-14;
  double count = (double) n, distance = 0;
  size_t n_coarse = (n - 1) / BLOCK + 1;
  double *coarse = NEW_ARRAY(double, n_coarse + 1);
  for (size_t block = 0; block <= n_coarse; block++) {
    size_t i = block < n_coarse ? block * BLOCK : n - 1;
    double p = coarse[block] = normal_lower(standardize(standard, x[i]));
    distance = fmax(distance, fmax((double) (i + 1) / count - p, p - (double) i / count));
  }
  for (size_t block = 0; block < n_coarse; block++) {
    size_t begin = block * BLOCK, end = block + 1 < n_coarse ? begin + BLOCK : n - 1;
    double bound = fmax((double) end / count - coarse[block],
                        coarse[block + 1] - (double) (begin + 1) / count);
    if (bound + slack < distance)
      continue;
    for (size_t i = begin + 1; i < end; i++) {
      double p = normal_lower(standardize(standard, x[i]));
      distance = fmax(distance, fmax((double) (i + 1) / count - p, p - (double) i / count));
    }
  }
  free(coarse);
  return distance;
}

static double lilliefors_p(double distance, double n)
{
  // Dallal & Wilkinson: fitted for n <= 100 and P <= 0.1.
  double scaled = n > 100 ? distance * pow(n / 100, 0.49) : distance, size = fmin(n, 100);
  double p = exp(-7.01256 * scaled * scaled * (size + 2.78019) +
                 2.99587 * scaled * sqrt(size + 2.78019) - 0.122119 + 0.974598 / sqrt(size) +
                 1.67997 / size);
  if (p <= 0.1)
    return p;
  // Stephens: P as a polynomial in the modified D, piece by piece.
  static const struct {
    double up_to, coefficient[5];
  } pieces[] = {
      {0.302, {1}},
      {0.5, {2.76773, -19.828315, 80.709644, -138.55152, 81.218052}},
      {0.9, {-4.901232, 40.662806, -97.490286, 94.029866, -32.355711}},
      {1.31, {6.198765, -19.558097, 23.186922, -12.234627, 2.423045}},
  };
  double modified = (sqrt(n) - 0.01 + 0.85 / sqrt(n)) * distance;
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
    if (modified <= pieces[i].up_to)
      return fmin(1, fmax(0, polynomial(pieces[i].coefficient, 5, modified)));
  return 0;
}

static struct normality_result compute_lilliefors(const double *x, size_t n,
                                                  const struct moments *moments)
{
  struct standard standard;
  if (!standard_compute(&standard, x, n, moments, 5))
    return undefined;
  double distance = distance_to_normal(x, n, &standard);
  return (struct normality_result){distance, lilliefors_p(distance, (double) n)};
}

static struct normality_result compute_ks(const double *x, size_t n, const struct moments *moments)
{
  struct standard standard;
  if (!standard_compute(&standard, x, n, moments, 5))
    return undefined;
  double distance = distance_to_normal(x, n, &standard);
  return (struct normality_result){distance, kolmogorov_upper(distance, (double) n)};
}

// Royston's approximation of the Shapiro-Wilk weights: weight[i], i < n/2, positive and
// descending, goes with x[n-1-i] - x[i].  2 sum weight^2 = 1.
static void shapiro_weights(double *weight, size_t n)
{
  if (n == 3) {
    weight[0] = M_SQRT1_2;
    return;
  }
  static const double outermost[] = {0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056};
  static const double second[] = {0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633};
  size_t half = n / 2, n_corrected = n > 5 ? 2 : 1;
  double sum_squares = 0; // of the expected normal order statistics
  for (size_t i = 0; i < half; i++) {
    weight[i] = -normal_quantile(((double) i + 0.625) / ((double) n + 0.25));
    sum_squares += 2 * weight[i] * weight[i];
  }
  double corrected[2], rest = 1, u = 1 / sqrt((double) n);
  for (size_t i = 0; i < n_corrected; i++) {
    corrected[i] = weight[i] / sqrt(sum_squares) + polynomial(i ? second : outermost, 6, u);
    rest -= 2 * corrected[i] * corrected[i];
  }
  for (size_t i = 0; i < n_corrected; i++) {
    sum_squares -= 2 * weight[i] * weight[i];
    weight[i] = corrected[i];
  }
  double scale = sqrt(rest / sum_squares);
  for (size_t i = n_corrected; i < half; i++)
    weight[i] *= scale;
}

// P(W <= w) from 1 - w.
static double shapiro_p(double one_minus_w, size_t n)
{
  static const double gamma[] = {-2.273, 0.459};
  static const double small_mean[] = {0.5440, -0.39978, 0.025054, -6.714e-4};
  static const double small_sd[] = {1.3822, -0.77857, 0.062767, -0.0020322};
  static const double mean[] = {-1.5861, -0.31082, -0.083751, 0.0038915};
  static const double sd[] = {-0.4803, -0.082676, 0.0030302};
  double count = (double) n;
  if (n == 3) // exact: (6/pi)(arcsin sqrt W - arcsin sqrt(3/4)), W in [3/4, 1]
    return fmin(1, fmax(0, 6 / M_PI * (acos(sqrt(one_minus_w > 1 ? 1 : one_minus_w)) - M_PI / 3)));
  double y = log(one_minus_w); // -infinity for a perfect fit: P = 1
  if (n > 11) {
    double log_count = log(count);
    return normal_upper((y - polynomial(mean, 4, log_count)) / exp(polynomial(sd, 3, log_count)));
  }
  // The least W, n weight_1^2/(n - 1), keeps y below gamma for every n up to 11.
  y = -log(polynomial(gamma, 2, count) - y);
  return normal_upper((y - polynomial(small_mean, 4, count)) /
                      exp(polynomial(small_sd, 4, count)));
}

static struct normality_result compute_shapiro(const double *x, size_t n,
                                               const struct moments *moments)
{
  struct standard standard;
  if (n > 5000 || !standard_compute(&standard, x, n, moments, 3))
    return undefined;
  double weight[2500];
  shapiro_weights(weight, n);
  // Of standardized values: sum of squares n - 1.  The weights are antisymmetric.
  double contrast = 0, sum_weights = 0, sum_squares = 0;
  for (size_t i = 0; i < n / 2; i++) {
    contrast += weight[i] * ((x[n - 1 - i] - x[i]) / standard.sd);
    sum_weights += 2 * weight[i] * weight[i];
  }
  for (size_t i = 0; i < n; i++) {
    double z = standardize(&standard, x[i]);
    sum_squares += z * z;
  }
  // 1 - W = 1 - contrast^2/(sum_weights sum_squares), factored: W near 1 keeps it exact.
  double scale = sqrt(sum_weights * sum_squares);
  double one_minus_w = (scale - contrast) * (scale + contrast) / (scale * scale);
  one_minus_w = fmax(0, one_minus_w);
  return (struct normality_result){1 - one_minus_w, shapiro_p(one_minus_w, n)};
}

// log Phi(z) and log Phi(-z), both tails without underflow.
static void log_tails(double z, double *log_lower, double *log_upper)
{
  double distance = fabs(z), tail = normal_upper(distance), log_tail;
  if (distance < 37) {
    log_tail = log(tail);
  } else { // Abramowitz & Stegun 26.2.12; the next term is 2e-13 beside 690
    double v = 1 / (distance * distance);
    log_tail = -distance * distance / 2 - log(distance * sqrt(2 * M_PI)) +
               log1p(-v * (1 - 3 * v * (1 - 5 * v * (1 - 7 * v))));
  }
  double log_rest = log1p(-tail);
  *log_lower = z < 0 ? log_tail : log_rest;
  *log_upper = z < 0 ? log_rest : log_tail;
}

// Stephens (1986), case 3 (mean and variance estimated), of the modified A^2.
static double anderson_p(double modified)
{
  double a = modified;
  if (a < 0.2)
    return -expm1(-13.436 + 101.14 * a - 223.73 * a * a);
  if (a < 0.34)
    return -expm1(-8.318 + 42.796 * a - 59.938 * a * a);
  if (a < 0.6)
    return exp(0.9177 - 4.279 * a - 1.38 * a * a);
  if (a < 10)
    return exp(1.2937 - 5.709 * a + 0.0186 * a * a);
  return 3.7e-24; // the formula's value at 10, where its range ends: a bound
}

static struct normality_result compute_anderson(const double *x, size_t n,
                                                const struct moments *moments)
{
  struct standard standard;
  if (!standard_compute(&standard, x, n, moments, 8))
    return undefined;
  // A^2 = -n - 1/n sum [(2i - 1) log Phi(z_i) + (2(n - i) + 1) log Phi(-z_i)], i from 1;
  // the -n goes into the terms, each of which is then of the order of 1.
  double count = (double) n, log_lower = 0, log_upper = 0;
  struct compensated_sum sum = {0};
  for (size_t i = 0; i < n; i++) {
    if (i == 0 || x[i] != x[i - 1])
      log_tails(standardize(&standard, x[i]), &log_lower, &log_upper);
    double below = (double) (2 * i + 1) / count, above = (double) (2 * (n - i) - 1) / count;
    sum_add(&sum, -(below * log_lower + above * log_upper + 1));
  }
  double a2 = sum_total(&sum);
  return (struct normality_result){a2, anderson_p((1 + 0.75 / count + 2.25 / count / count) * a2)};
}

struct normality_result normality_compute_about(enum normality_test test, const double *x, size_t n,
                                                const struct moments *moments)
{
  if (n < 5)
    return undefined;
  switch (test) {
  case NORMALITY_NONE:
    return undefined;
  case NORMALITY_LILLIEFORS:
    return compute_lilliefors(x, n, moments);
  case NORMALITY_KS:
    return compute_ks(x, n, moments);
  case NORMALITY_SHAPIRO:
    return compute_shapiro(x, n, moments);
  case NORMALITY_ANDERSON:
    return compute_anderson(x, n, moments);
  }
  assert(false);
  return undefined;
}

struct normality_result normality_compute(enum normality_test test, const double *x, size_t n)
{
  struct moments moments = moments_compute(x, NULL, n);
  return normality_compute_about(test, x, n, &moments);
}

struct normality_result normality_lilliefors(const double *x, size_t n)
{
  struct moments moments = moments_compute(x, NULL, n);
  return compute_lilliefors(x, n, &moments);
}

struct normality_result normality_ks(const double *x, size_t n)
{
  struct moments moments = moments_compute(x, NULL, n);
  return compute_ks(x, n, &moments);
}

struct normality_result normality_shapiro(const double *x, size_t n)
{
  struct moments moments = moments_compute(x, NULL, n);
  return compute_shapiro(x, n, &moments);
}

struct normality_result normality_anderson(const double *x, size_t n)
{
  struct moments moments = moments_compute(x, NULL, n);
  return compute_anderson(x, n, &moments);
}
