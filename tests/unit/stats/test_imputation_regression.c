// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/imputation_regression.h"

#include <stdlib.h>

#include "reference.h"
#include "stats/linear_algebra.h"
#include "stats/logit.h"
#include "tap.h"

// ---- donors ----

// Chances of the donors: all distances, group by group.
static void slow_chances(const double *fitted, const double *weight, size_t n, double target,
                         double n_nearest, double *chance)
{
  double total = 0, passed = 0;
  bool done[64] = {0};
  for (size_t i = 0; i < n; i++)
    total += weight[i];
  double most = fmin(n_nearest, total);
  for (size_t i = 0; i < n; i++)
    chance[i] = 0;
  while (passed < most) {
    double nearest = INFINITY, here = 0;
    for (size_t i = 0; i < n; i++)
      if (!done[i] && weight[i] > 0)
        nearest = fmin(nearest, fabs(fitted[i] - target));
    for (size_t i = 0; i < n; i++)
      here += !done[i] && fabs(fitted[i] - target) == nearest ? weight[i] : 0;
    for (size_t i = 0; i < n; i++)
      if (!done[i] && fabs(fitted[i] - target) == nearest) {
        chance[i] = weight[i] / here * fmin(here, most - passed) / most;
        done[i] = true;
      }
    passed += here;
  }
}

static void donors(void)
{
  enum { N = 24, GRID = 5000 };
  struct philox_stream stream;
  philox_start(&stream, 5, RNG_SIMULATE, 1);
  struct imputation_room room = imputation_room_new(N, 4, 2);
  struct donor_pool pool = donor_pool_new(N);
  double weight[N], chance[N], worst = 0;
  size_t row[N];
  for (int repeat = 0; repeat < 60; repeat++) {
    for (size_t i = 0; i < N; i++) {
      row[i] = i;
      // Multiples of 1/4: ties of values and of distances.
      room.fitted[i] = (double) philox_below(&stream, repeat % 2 ? 6 : 60) / 4;
      weight[i] = 1 + (double) philox_below(&stream, repeat % 3 ? 1 : 4);
    }
    struct imputation_sample sample = {.n = N, .row = row, .weight = weight, .width = 4};
    donor_pool_fill(&sample, &room, &pool);
    double target = (double) philox_below(&stream, 70) / 4 - 1;
    double nearest = (double[]){1, 3, 5, 12, 1000}[repeat % 5];
    double count[N] = {0};
    slow_chances(room.fitted, weight, N, target, nearest, chance);
    for (size_t k = 0; k < GRID; k++)
      count[donor_choose(&pool, target, nearest, ((double) k + 0.5) / GRID)] += 1.0 / GRID;
    for (size_t i = 0; i < N; i++)
      worst = fmax(worst, fabs(count[i] - chance[i]));
  }
  // A donor's share of the grid is at most two intervals, each end of which is off by less than
  // one point.
  is_near(worst, 0, 4.0 / GRID, "chances of donors, ties and weights");
  donor_pool_free(&pool);
  imputation_room_free(&room);
}

// ---- regressions ----

struct design {
  double x[200 * 8], weight[200];
  size_t row[200], code[200];
};

// n rows of a constant and 3 columns (number 4 is the outcome of a linear regression).
static struct imputation_sample random_design(struct design *design, size_t n, uint64_t seed)
{
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, 2);
  memset(design, 0, sizeof *design);
  for (size_t i = 0; i < n; i++) {
    double *x = design->x + 8 * i;
    x[0] = 1;
    for (size_t j = 1; j < 4; j++)
      x[j] = philox_normal(&stream) + (j > 1 ? 0.4 * x[j - 1] : 0);
    x[4] = 0.5 * x[1] - x[2] + philox_normal(&stream);
    design->row[i] = i;
    design->weight[i] = 1 + (double) philox_below(&stream, 3);
    design->code[i] = philox_below(&stream, 2) + (x[1] + philox_normal(&stream) > 0);
  }
  return (struct imputation_sample){.x = design->x, .width = 8, .n = n, .row = design->row,
                                    .weight = design->weight, .own = 4, .n_own = 1,
                                    .n_columns = 5};
}

// Each row as often as its weight says.
static struct imputation_sample repeated(const struct imputation_sample *sample,
                                         const size_t *code, struct design *design)
{
  size_t n = 0;
  for (size_t i = 0; i < sample->n; i++)
    for (int k = 0; k < sample->weight[i]; k++) {
      memcpy(design->x + 8 * n, sample->x + 8 * i, 8 * sizeof(double));
      design->code[n] = code[i];
      design->row[n] = n;
      design->weight[n++] = 1;
    }
  struct imputation_sample other = *sample;
  other.x = design->x, other.row = design->row, other.weight = design->weight, other.n = n;
  return other;
}

static void linear_regression(void)
{
  static struct design design, copy;
  struct imputation_sample sample = random_design(&design, 80, 1);
  struct imputation_sample rows = repeated(&sample, design.code, &copy);
  struct imputation_room room = imputation_room_new(200, 8, 2);
  double coefficient[8], other[8], a[16], b[4];
  struct match_fit fit = {.coefficient = coefficient}, again = {.coefficient = other};
  match_estimate(&rows, &room, &again);
  match_estimate(&sample, &room, &fit);
  // Normal equations by LAPACK.
  for (size_t j = 0; j < 4; j++) {
    for (size_t k = 0; k < 4; k++) {
      a[j + 4 * k] = 0;
      for (size_t i = 0; i < rows.n; i++)
        a[j + 4 * k] += copy.x[8 * i + j] * copy.x[8 * i + k];
    }
    b[j] = 0;
    for (size_t i = 0; i < rows.n; i++)
      b[j] += copy.x[8 * i + j] * copy.x[8 * i + 4];
    a[j + 4 * j] *= j > 0 ? 1 + 1e-5 : 1;
  }
  cholesky_factor(a, 4, 0, NULL);
  cholesky_solve(a, 4, b, 1);
  for (size_t j = 0; j < 4; j++) {
    is_close(coefficient[j], b[j], 1e-12, "ridge regression against LAPACK");
    is_close(other[j], coefficient[j], 1e-12, "weights are repeated rows: coefficients");
  }
  is_close(fit.residual_sum, again.residual_sum, 1e-12, "weights are repeated rows: residuals");
  is_close(fit.df, (double) rows.n - 4, 0, "degrees of freedom by weight");

  // Drawn: b ~ (estimate, sigma^2 A^-1) with sigma^2 = RSS/chi^2, whose mean is RSS/(df - 2).
  enum { DRAWS = 20000 };
  struct philox_stream stream;
  philox_start(&stream, 3, RNG_IMPUTE, 1);
  double inverse[16], mean[4] = {0}, square[4] = {0}, drawn[8], product = 0;
  cholesky_inverse(a, 4, inverse);
  for (int i = 0; i < DRAWS; i++) {
    match_draw(&fit, &room, &stream, drawn);
    for (size_t j = 0; j < 4; j++) {
      double d = drawn[j] - coefficient[j];
      mean[j] += d / DRAWS;
      square[j] += d * d / DRAWS;
    }
    product += (drawn[1] - coefficient[1]) * (drawn[2] - coefficient[2]) / DRAWS;
  }
  double sigma2 = fit.residual_sum / (fit.df - 2);
  for (size_t j = 0; j < 4; j++) {
    double variance = sigma2 * inverse[j + 4 * j];
    is_near(mean[j], 0, 5 * sqrt(variance / DRAWS), "mean of drawn coefficients");
    // The variance of a squared t on some 160 df is 2.08 of the squared variance.
    is_close(square[j], variance, 5 * sqrt(2.1 / DRAWS), "variance of drawn coefficients");
  }
  double expected = sigma2 * inverse[1 + 4 * 2];
  is_near(product, expected,
          5 * sqrt((inverse[5] * inverse[10] * sigma2 * sigma2 + expected * expected) / DRAWS),
          "covariance of drawn coefficients");
  // Of one degree of freedom: 1/chi^2 has no mean; the median of chi^2_1 is 0.4549.
  fit.df = 1;
  fit.residual_sum = 1;
  int below = 0;
  double unit = sqrt(inverse[0]);
  for (int i = 0; i < DRAWS; i++) {
    match_draw(&fit, &room, &stream, drawn);
    below += fabs(drawn[0] - coefficient[0]) < unit * tan(M_PI / 4);
  }
  // z/sqrt(chi^2_1) is Cauchy: half of it is within 1.
  is_near(below / (double) DRAWS, 0.5, 5 * 0.5 / sqrt(DRAWS), "one degree of freedom: Cauchy");
  imputation_room_free(&room);
}

// The augmented rows after the sample's own, for logit_fit.
static size_t augment(const struct imputation_sample *sample, size_t n_levels, double *x,
                      double *weight, size_t *code)
{
  size_t n = sample->n + 6 * n_levels, i = sample->n;
  for (size_t j = 0; j < 4; j++)
    for (size_t k = 0; k < n; k++)
      x[k + j * n] = k < sample->n ? sample->x[8 * k + j] : j == 0;
  for (size_t j = 1; j < 4; j++)
    for (size_t k = 0; k < n_levels; k++)
      for (int side = -1; side <= 1; side += 2, i++) {
        x[i + j * n] = 0.5 * side;
        weight[i] = 4.0 / (6 * (double) n_levels);
        code[i] = k;
      }
  memcpy(weight, sample->weight, sample->n * sizeof *weight);
  return n;
}

static void two_levels(void)
{
  static struct design design, copy;
  struct imputation_sample sample = random_design(&design, 80, 2);
  for (size_t i = 0; i < 80; i++)
    design.code[i] = design.code[i] > 0;
  struct imputation_sample rows = repeated(&sample, design.code, &copy);
  struct imputation_room room = imputation_room_new(200, 8, 2);
  double coefficient[8] = {0}, other[8] = {0.3, -0.2, 1, 1, 5, 6, 7, 8};
  double x[400], weight[100], y[100], inverse[16] = {0};
  size_t code[100];
  ok(levels_estimate(&rows, copy.code, 2, &room, other), "other start, repeated rows");
  ok(levels_estimate(&sample, design.code, 2, &room, coefficient), "two levels");
  size_t n = augment(&sample, 2, x, weight, code);
  for (size_t i = 0; i < n; i++)
    y[i] = i < 80 ? (double) design.code[i] : (double) code[i];
  struct logit_data data = {.n = n, .p = 4, .x = x, .y = y, .weight = weight};
  struct logit_options options = {0};
  struct logit_fit fit;
  logit_fit(&data, &options, &fit);
  for (size_t j = 0; j < 4; j++) {
    // The last step is below 1e-5 standard errors, what it leaves below 1e-9.
    is_near(coefficient[j], fit.coefficient[j], 1e-9, "two levels against logit_fit");
    is_near(other[j], coefficient[j], 1e-9, "weights are repeated rows, and any start");
    inverse[j + 4 * j] = 1;
  }
  for (size_t j = 0; j < 4; j++) {
    imputation_solve(room.factor, 4, inverse + 4 * j);
    for (size_t k = 0; k < 4; k++)
      // Of the last point but one.
      is_near(inverse[k + 4 * j], fit.covariance[k + 4 * j], 1e-4 * fit.covariance[5 * j],
              "covariance against logit_fit");
  }
  logit_fit_free(&fit);
  imputation_room_free(&room);
}

// The score of the augmented likelihood, one row after the other.
static void more_levels(void)
{
  static struct design design;
  struct imputation_sample sample = random_design(&design, 90, 3);
  struct imputation_room room = imputation_room_new(200, 8, 3);
  double coefficient[16] = {0}, x[450], weight[110], score[8] = {0}, probability[3];
  size_t code[110];
  ok(levels_estimate(&sample, design.code, 3, &room, coefficient), "three levels");
  size_t n = augment(&sample, 3, x, weight, code);
  memcpy(code, design.code, 90 * sizeof *code);
  for (size_t i = 0; i < n; i++) {
    double e[3] = {1, 0, 0}, sum = 1;
    for (size_t k = 1; k < 3; k++) {
      double eta = 0;
      for (size_t j = 0; j < 4; j++)
        eta += x[i + j * n] * coefficient[(k - 1) * 8 + j];
      e[k] = exp(eta);
      sum += e[k];
    }
    for (size_t k = 1; k < 3; k++)
      for (size_t j = 0; j < 4; j++)
        score[(k - 1) * 4 + j] += weight[i] * ((code[i] == k) - e[k] / sum) * x[i + j * n];
    if (i == 0) {
      levels_choose(design.x, coefficient, 8, 3, 0.5, probability);
      is_close(probability[2], e[2] / sum, 1e-13, "probability of a level");
      double low = e[0] / sum, middle = (e[0] + e[1]) / sum;
      ok(levels_choose(design.x, coefficient, 8, 3, low - 1e-9, probability) == 0
             && levels_choose(design.x, coefficient, 8, 3, low + 1e-9, probability) == 1
             && levels_choose(design.x, coefficient, 8, 3, middle - 1e-9, probability) == 1
             && levels_choose(design.x, coefficient, 8, 3, middle + 1e-9, probability) == 2
             && levels_choose(design.x, coefficient, 8, 3, 1 - 1e-16, probability) == 2,
         "levels in the order of their probabilities");
    }
  }
  for (size_t j = 0; j < 8; j++)
    is_near(score[j], 0, 1e-7, "three levels: the score is 0");

  // Drawn coefficients: mean and variances.
  enum { DRAWS = 5000 };
  struct philox_stream stream;
  philox_start(&stream, 5, RNG_IMPUTE, 1);
  double mean[8] = {0}, square[8] = {0}, drawn[16];
  for (int i = 0; i < DRAWS; i++) {
    levels_draw(coefficient, 3, &room, &stream, drawn);
    for (size_t j = 0; j < 8; j++) {
      double d = drawn[j / 4 * 8 + j % 4] - coefficient[j / 4 * 8 + j % 4];
      mean[j] += d / DRAWS;
      square[j] += d * d / DRAWS;
    }
  }
  for (size_t j = 0; j < 8; j++) {
    double inverse[8] = {0};
    inverse[j] = 1;
    imputation_solve(room.factor, 8, inverse);
    is_near(mean[j], 0, 5 * sqrt(inverse[j] / DRAWS), "three levels: mean of drawn");
    is_close(square[j], inverse[j], 5 * sqrt(2.0 / DRAWS), "three levels: variance of drawn");
  }
  imputation_room_free(&room);
}

// glm and multinom on what mice's augment() makes.
static void augmented_reference(const struct reference *r)
{
  enum { N = 60 };
  static double design[N * 4], weight[N];
  size_t row[N], code[N];
  const double *x = reference_values(r, "augmented.x", NULL);
  for (size_t i = 0; i < N; i++) {
    design[4 * i] = 1;
    for (size_t j = 1; j < 4; j++)
      design[4 * i + j] = x[i + (j - 1) * N];
    weight[i] = 1;
    row[i] = i;
  }
  struct imputation_sample sample = {.x = design, .width = 4, .n = N, .row = row,
                                     .weight = weight, .own = 4, .n_own = 0, .n_columns = 4};
  struct imputation_room room = imputation_room_new(N, 4, 3);
  double coefficient[8] = {0};
  for (size_t i = 0; i < N; i++)
    code[i] = (size_t) reference_values(r, "augmented.y2", NULL)[i];
  ok(levels_estimate(&sample, code, 2, &room, coefficient), "mice's augmented rows");
  const double *covariance = reference_values(r, "augmented.covariance", NULL);
  for (size_t j = 0; j < 4; j++) {
    double inverse[4] = {0};
    inverse[j] = 1;
    imputation_solve(room.factor, 4, inverse);
    is_close(coefficient[j], reference_values(r, "augmented.binary", NULL)[j], 1e-8,
             "two levels as glm on mice's rows");
    is_close(inverse[j], covariance[5 * j], 1e-4, "variance, of the last point but one");
  }
  for (size_t i = 0; i < N; i++)
    code[i] = (size_t) reference_values(r, "augmented.y3", NULL)[i];
  memset(coefficient, 0, sizeof coefficient);
  levels_estimate(&sample, code, 3, &room, coefficient);
  // multinom's BFGS stops early.
  for (size_t j = 0; j < 8; j++)
    is_near(coefficient[j], reference_values(r, "augmented.multinomial", NULL)[j], 2e-5,
            "three levels as multinom on mice's rows");
  imputation_room_free(&room);
}

int main(void)
{
  struct reference *r = reference_open("imputation.tsv");
  donors();
  linear_regression();
  two_levels();
  more_levels();
  augmented_reference(r);
  reference_close(r);
  return tap_done();
}
