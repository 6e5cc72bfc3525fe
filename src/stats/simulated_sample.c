// SPDX-License-Identifier: GPL-3.0-or-later
// Samples that have stated summaries.
//
// All repairs are done on whole numbers, multiples of the grid: with the sum held, a step up
// of the value a and a step down of b change the sum of squares by 2(a - b) + 2, so that any
// SD is reached by pairs of the right distance.  A quartile of type 6 lies between two
// neighbours at a quarter, half or three quarters: the pair is placed so that it prints
// exactly.
#include <config.h>

#include "stats/simulated_sample.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/distribution.h"
#include "stats/normality.h"
#include "stats/rng.h"
#include "stats/summary.h"

static const double largest_grid = 1e9; // values in steps of the grid

// Summaries are brought to within the first part of half a printed unit from what was printed,
// where the grid allows it, and are right within the second: they print so whatever the
// rounding rule.
static const double part_sought = 0.7, part_enough = 0.98;

const char *sample_target_fault(const struct sample_target *target)
{
  double scale = pow(10, target->decimals), n = (double) target->n;
  if (target->n == 0)
    return "is of no patient";
  double low = target->by_mean ? target->centre : target->q1;
  double high = target->by_mean ? target->centre : target->q3;
  if (!isfinite(low) || !isfinite(target->centre) || !isfinite(high))
    return "is not printed in full";
  if (!target->by_mean && !(target->q1 <= target->centre && target->centre <= target->q3))
    return "has its median outside its quartiles";
  if (low < target->least || high > target->most)
    return "lies outside the plausible range";
  if (target->by_mean && target->n > 1) {
    if (!isfinite(target->sd))
      return "is not printed in full";
    if (target->sd < 0)
      return "has a negative SD";
    double unit = 0.5 * pow(10, -target->digits);
    double variance = (target->most - target->centre + unit) *
                      (target->centre - target->least + unit) * n / (n - 1);
    if (fmax(target->sd - unit, 0) > sqrt(variance))
      return "has a larger SD than its mean and the plausible range allow";
    high = fmax(fabs(high), target->sd);
  }
  if (fmax(fabs(low), fabs(high)) * scale > largest_grid)
    return "is too large for so many decimals";
  return NULL;
}

// ---- whole numbers ----

struct grid {
  double scale;        // steps to 1
  int64_t least, most; // bounds in steps
  double tolerance;    // of summaries, in steps: sought
  double enough;       // still right
};

static int64_t whole(double x)
{
  // Far beyond largest_grid there is no need to be exact.
  return x > 4e15 ? INT64_C(4000000000000000)
         : x < -4e15 ? -INT64_C(4000000000000000)
                     : (int64_t) llround(x);
}

static struct grid grid_of(const struct sample_target *target)
{
  double scale = pow(10, target->decimals), slack = 1e-9;
  double half = 0.5 * pow(10, target->decimals - target->digits);
  return (struct grid){.scale = scale,
                       .least = whole(ceil(target->least * scale - slack)),
                       .most = whole(floor(target->most * scale + slack)),
                       .tolerance = part_sought * half,
                       .enough = part_enough * half};
}

static int64_t clamp(int64_t k, int64_t least, int64_t most)
{
  return k < least ? least : k > most ? most : k;
}

static int compare_whole(const void *a, const void *b)
{
  int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
  return (x > y) - (x < y);
}

static void round_to_grid(const double *x, size_t n, const struct grid *grid, int64_t *k)
{
  for (size_t i = 0; i < n; i++)
    k[i] = clamp(whole(x[i] * grid->scale), grid->least, grid->most);
}

// ---- mean and SD ----

// The first place whose value is k or more.
static size_t first_at_least(const int64_t *k, size_t n, int64_t value)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (k[middle] < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// One step up or down of the value at i; which of its equals moves is chosen so that k stays
// ascending.
static bool step(int64_t *k, size_t n, size_t i, int direction, const struct grid *grid)
{
  size_t at = direction > 0 ? first_at_least(k, n, k[i] + 1) - 1 : first_at_least(k, n, k[i]);
  if (direction > 0 ? k[at] >= grid->most : k[at] <= grid->least)
    return false;
  k[at] += direction;
  return true;
}

// Sums of the deviations from a pivot: exact.
struct sums {
  int64_t pivot;
  double sum, squares;
};

static struct sums sums_of(const int64_t *k, size_t n, int64_t pivot)
{
  struct sums sums = {.pivot = pivot};
  for (size_t i = 0; i < n; i++) {
    double deviation = (double) (k[i] - pivot);
    sums.sum += deviation;
    sums.squares += deviation * deviation;
  }
  return sums;
}

static double sd_of_sums(const struct sums *sums, double n)
{
  return sqrt(fmax(0, (sums->squares - sums->sum * sums->sum / n) / (n - 1)));
}

// Moves random values by one step until the sum of deviations is `wanted`.
static bool repair_sum(struct philox_stream *stream, int64_t *k, size_t n,
                       const struct grid *grid, struct sums *sums, double wanted)
{
  size_t n_refused = 0;
  while (sums->sum != wanted && n_refused < 50 + n) {
    int direction = sums->sum < wanted ? 1 : -1;
    if (step(k, n, (size_t) philox_below(stream, n), direction, grid))
      sums->sum += direction;
    else
      n_refused++;
  }
  *sums = sums_of(k, n, sums->pivot);
  return sums->sum == wanted;
}

// Moves pairs apart or together until the SD is right; the sum stays.
static void repair_sd(struct philox_stream *stream, int64_t *k, size_t n, const struct grid *grid,
                      struct sums *sums, double sd)
{
  double count = (double) n;
  double wanted = (count - 1) * sd * sd + sums->sum * sums->sum / count;
  size_t n_vain = 0;
  while (n_vain < 400 && fabs(sd_of_sums(sums, count) - sd) > grid->tolerance) {
    double short_of = wanted - sums->squares;
    // The pair (up, down) whose steps would close the gap, as far as the range allows.
    double range = (double) (k[n - 1] - k[0]);
    double distance = fmax(-range, fmin(range, short_of / 2 - 1));
    if (fabs(short_of / 2 - 1) > range)
      distance *= 0.3 + 0.7 * philox_uniform(stream);
    size_t down = (size_t) philox_below(stream, n);
    size_t up = first_at_least(k, n, k[down] + whole(distance));
    if (up == n)
      up = n - 1;
    double value_up = (double) k[up], value_down = (double) k[down];
    double change = 2 * (value_up - value_down) + 2;
    if (up == down || fabs(short_of - change) >= fabs(short_of) ||
        !step(k, n, up, 1, grid)) {
      n_vain++;
      continue;
    }
    // The step up may have moved the place of `down`'s equals, not their value.
    size_t place = first_at_least(k, n, (int64_t) value_down);
    if (place == n || k[place] != (int64_t) value_down || !step(k, n, place, -1, grid)) {
      step(k, n, first_at_least(k, n, (int64_t) value_up + 1), -1, grid);
      n_vain++;
      continue;
    }
    sums->squares += change;
    n_vain = 0;
  }
}

// Mean and SD of k to what is asked; true if both are right.
static bool repair_moments(struct philox_stream *stream, int64_t *k, size_t n,
                           const struct grid *grid, const struct sample_target *target)
{
  double mean = target->centre * grid->scale, sd = target->sd * grid->scale, count = (double) n;
  int64_t pivot = whole(mean);
  double nearest = round((mean - (double) pivot) * count);
  // The nearest sum first; its neighbours serve an SD whose parity it forbids.
  static const double offsets[] = {0, 1, -1, 2, -2};
  for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
    double wanted = nearest + offsets[i];
    double error = fabs((double) pivot + wanted / count - mean);
    if (i > 0 && error > grid->enough)
      continue;
    struct sums sums = sums_of(k, n, pivot);
    bool good = repair_sum(stream, k, n, grid, &sums, wanted) && error <= grid->enough;
    if (n == 1)
      return good;
    repair_sd(stream, k, n, grid, &sums, sd);
    if (good && fabs(sd_of_sums(&sums, count) - sd) <= grid->enough)
      return true;
  }
  return false;
}

static void sorted_uniforms(struct philox_stream *stream, double *u, size_t n)
{
  for (size_t i = 0; i < n; i++)
    u[i] = philox_uniform(stream);
  sort_doubles(u, n);
}

// x: the quantiles u of N(mu, sigma) cut to [least, most]; the distance of their mean and SD
// from the target's, in SDs.
static void cut_normal(const double *u, size_t n, const struct sample_target *target, double mu,
                       double sigma, double *x, double *mean_off, double *sd_off)
{
  double low = normal_lower((target->least - mu) / sigma);
  double width = normal_lower((target->most - mu) / sigma) - low;
  for (size_t i = 0; i < n; i++)
    x[i] = fmax(target->least,
                fmin(target->most, mu + sigma * normal_quantile(low + u[i] * width)));
  struct moments moments = moments_compute(x, NULL, n);
  *mean_off = (moments.mean - target->centre) / target->sd;
  *sd_off = (moments_sd(&moments) - target->sd) / target->sd;
}

// Newton's method on (mu, log sigma), derivatives by differences.  False if it goes astray.
static bool fit_cut_normal(const double *u, size_t n, const struct sample_target *target,
                           double *x)
{
  double mu = target->centre, log_sigma = log(target->sd);
  for (int iteration = 0; iteration < 40; iteration++) {
    double mean, sd, mean_by_mu, sd_by_mu, mean_by_sigma, sd_by_sigma;
    static const double difference = 1e-5;
    cut_normal(u, n, target, mu + difference * target->sd, exp(log_sigma), x, &mean_by_mu,
               &sd_by_mu);
    cut_normal(u, n, target, mu, exp(log_sigma + difference), x, &mean_by_sigma, &sd_by_sigma);
    cut_normal(u, n, target, mu, exp(log_sigma), x, &mean, &sd);
    if (!isfinite(mean) || !isfinite(sd))
      return false;
    if (fabs(mean) < 1e-7 && fabs(sd) < 1e-7)
      return true;
    double a = (mean_by_mu - mean) / difference, b = (mean_by_sigma - mean) / difference;
    double c = (sd_by_mu - sd) / difference, d = (sd_by_sigma - sd) / difference;
    double determinant = a * d - b * c;
    double step_mu = -(d * mean - b * sd) / determinant;
    double step_sigma = -(a * sd - c * mean) / determinant;
    if (!isfinite(step_mu) || !isfinite(step_sigma))
      return false;
    double size = fmax(fabs(step_mu), fabs(step_sigma)), damping = size > 0.5 ? 0.5 / size : 1;
    mu += damping * step_mu * target->sd;
    log_sigma += damping * step_sigma;
    if (fabs(mu - target->centre) > 20 * target->sd || fabs(log_sigma - log(target->sd)) > 3)
      return false;
  }
  return false;
}

// Values with nearly the right mean and SD, ascending.
static void draw_normal(struct philox_stream *stream, const struct sample_target *target,
                        double *u, double *x)
{
  size_t n = target->n;
  if (n == 1 || target->sd <= 0) {
    for (size_t i = 0; i < n; i++)
      x[i] = target->centre;
    return;
  }
  sorted_uniforms(stream, u, n);
  for (size_t i = 0; i < n; i++)
    x[i] = normal_quantile(u[i]);
  struct moments moments = moments_compute(x, NULL, n);
  double sd = moments_sd(&moments);
  for (size_t i = 0; i < n; i++)
    x[i] = target->centre + (sd > 0 ? target->sd * ((x[i] - moments.mean) / sd) : 0);
  if (x[0] >= target->least && x[n - 1] <= target->most)
    return;
  double *cut = NEW_ARRAY(double, n);
  if (fit_cut_normal(u, n, target, cut))
    memcpy(x, cut, n * sizeof *x);
  free(cut);
}

static double normality_p(const double *x, size_t n)
{
  return normality_lilliefors(x, n).p_value; // NaN where it is not defined
}

static void values_of(const int64_t *k, size_t n, const struct grid *grid, double *value)
{
  for (size_t i = 0; i < n; i++)
    value[i] = (double) k[i] / grid->scale;
}

static void simulate_by_mean(struct philox_stream *stream, const struct sample_target *target,
                             double least_p, double *value)
{
  size_t n = target->n, n_draws = n > 1000 ? 20 : 200;
  struct grid grid = grid_of(target);
  double *u = NEW_ARRAY(double, n), *x = NEW_ARRAY(double, n), best = -1;
  int64_t *k = NEW_ARRAY(int64_t, n);
  bool testable = n >= 5 && target->sd > 0;
  for (size_t draw = 0; draw < n_draws && best < 1 + least_p; draw++) {
    draw_normal(stream, target, u, x);
    round_to_grid(x, n, &grid, k);
    bool right = repair_moments(stream, k, n, &grid, target);
    values_of(k, n, &grid, x);
    double p = testable ? normality_p(x, n) : 1;
    double merit = (right ? 1 : 0) + (isnan(p) ? 0 : p);
    if (merit > best) {
      best = merit;
      memcpy(value, x, n * sizeof *value);
    }
  }
  free(k);
  free(x);
  free(u);
}

// ---- median and quartiles ----

static const double fraction[3] = {0.25, 0.5, 0.75};
static const double z_quartile = 0.67448975019608171;

// Where a quantile of type 6 lies: between the places `at` and at + 1, `part` of the way.
struct position {
  size_t at;
  double part;
};

static struct position position_of(size_t n, double p)
{
  double place = fmax(1, fmin((double) n, ((double) n + 1) * p)), below = floor(place);
  return (struct position){(size_t) below - 1, place - below};
}

// Uniforms whose own quartiles are 1/4, 1/2 and 3/4: stretched piece by piece.
static void centre_quartiles(double *u, size_t n)
{
  double knot[5] = {0, 0, 0, 0, 1};
  for (int q = 0; q < 3; q++)
    knot[q + 1] = quantile_sorted(u, NULL, n, fraction[q], QUANTILE_TYPE_6);
  for (int q = 0; q < 4; q++)
    if (!(knot[q] < knot[q + 1]))
      return;
  for (size_t i = 0; i < n; i++) {
    int q = 0;
    while (q < 3 && u[i] > knot[q + 1])
      q++;
    u[i] = 0.25 * (q + (u[i] - knot[q]) / (knot[q + 1] - knot[q]));
    u[i] = fmax(u[i], 1e-12);
    if (u[i] >= 1)
      u[i] = 1 - 1e-12;
  }
}

// How far beyond a quartile: (exp(heavy w) - 1)/heavy, which is w for 0, never beyond `room`.
static double tail(double w, double slope, double heavy, double room)
{
  double distance = slope * (heavy > 0 ? expm1(heavy * w) / heavy : w);
  if (isinf(room))
    return distance;
  return room > 0 ? -room * expm1(-distance / room) : 0;
}

// Cubic through (0, 0) and (1, rise) with slopes at both ends (Hermite).
static double cubic(double t, double rise, double slope0, double slope1)
{
  return t * t * (3 - 2 * t) * rise + t * (1 - t) * ((1 - t) * slope0 - t * slope1);
}

// A monotone function of the normal score z that takes the quartiles at theirs: cubics inside
// (slopes by Fritsch & Butland 1984, the harmonic mean at the median), growing tails outside.
// For symmetric quartiles and heavy = 0 it is linear.
static double quartile_function(const struct sample_target *target, double heavy_low,
                                double heavy_high, double z)
{
  double rise_low = target->centre - target->q1, rise_high = target->q3 - target->centre;
  double spread = target->q3 - target->q1;
  double middle = rise_low > 0 && rise_high > 0 ? 2 / (1 / rise_low + 1 / rise_high) : 0;
  if (z < -z_quartile)
    return target->q1 - tail(-z - z_quartile, fmax(rise_low, 0.2 * spread) / z_quartile, heavy_low,
                             target->q1 - target->least);
  if (z < 0)
    return target->q1 + cubic(1 + z / z_quartile, rise_low, rise_low, middle);
  if (z < z_quartile)
    return target->centre + cubic(z / z_quartile, rise_high, middle, rise_high);
  return target->q3 + tail(z - z_quartile, fmax(rise_high, 0.2 * spread) / z_quartile, heavy_high,
                           target->most - target->q3);
}

// The pair of neighbours that gives the quantile `wanted` (in steps), `gap` apart or as near
// to it as can be; gap 0 asks for the narrowest.
static void place_pair(double wanted, double part, int64_t gap, double tolerance, int64_t *low,
                       int64_t *high)
{
  double least_error = INFINITY;
  for (int64_t offset = 0; offset <= 4; offset++)
    for (int sign = 1; sign >= -1; sign -= 2) {
      int64_t tried = gap + sign * offset;
      if (tried < 0)
        continue;
      int64_t a = whole(wanted - part * (double) tried);
      double error = fabs((double) a + part * (double) tried - wanted);
      if (error < least_error - 1e-9 && least_error > tolerance) {
        least_error = error;
        *low = a;
        *high = a + tried;
      }
    }
}

// Puts the quartiles of k (ascending) right.  `narrow`: the neighbours of each quartile as
// close to each other as can be.
static void repair_quartiles(int64_t *k, size_t n, const struct grid *grid,
                             const struct sample_target *target, bool narrow)
{
  const double wanted[3] = {target->q1 * grid->scale, target->centre * grid->scale,
                            target->q3 * grid->scale};
  int64_t least = grid->least;
  size_t from = 0;
  for (int q = 0; q < 3; q++) {
    struct position position = position_of(n, fraction[q]);
    size_t a = position.at, b = position.part > 0 ? a + 1 : a;
    int64_t low = whole(wanted[q]), high = low;
    if (position.part > 0)
      place_pair(wanted[q], position.part, narrow ? 0 : k[b] - k[a], grid->tolerance, &low, &high);
    k[a] = low;
    k[b] = high;
    for (size_t i = from; i < a; i++)
      k[i] = clamp(k[i], least, k[a]);
    from = b + 1;
    least = k[b];
  }
  for (size_t i = from; i < n; i++)
    k[i] = clamp(k[i], least, grid->most);
}

static bool quartiles_are_right(const int64_t *k, size_t n, const struct grid *grid,
                                const struct sample_target *target)
{
  const double wanted[3] = {target->q1 * grid->scale, target->centre * grid->scale,
                            target->q3 * grid->scale};
  for (size_t i = 0; i < n; i++)
    if (k[i] < grid->least || k[i] > grid->most || (i > 0 && k[i] < k[i - 1]))
      return false;
  for (int q = 0; q < 3; q++) {
    struct position position = position_of(n, fraction[q]);
    size_t b = position.part > 0 ? position.at + 1 : position.at;
    double got =
        (1 - position.part) * (double) k[position.at] + position.part * (double) k[b];
    if (fabs(got - wanted[q]) > grid->enough)
      return false;
  }
  return true;
}

// Four values share their neighbours: the middle two stand evenly about the median, as far
// apart as it takes.
static bool place_four(int64_t *k, const struct grid *grid, const struct sample_target *target)
{
  double median = target->centre * grid->scale;
  int64_t most = whole(4 * (target->q3 - target->q1) * grid->scale) + 4;
  if (most > 100000)
    most = 100000;
  for (int64_t gap = 0; gap <= most; gap++) {
    k[1] = whole(median - (double) gap / 2);
    k[2] = k[1] + gap;
    k[0] = whole((target->q1 * grid->scale - 0.25 * (double) k[1]) / 0.75);
    k[3] = whole((target->q3 * grid->scale - 0.25 * (double) k[2]) / 0.75);
    if (quartiles_are_right(k, 4, grid, target))
      return true;
  }
  return false;
}

// True if the quartiles are right.
static bool draw_by_quartiles(struct philox_stream *stream, const struct sample_target *target,
                              double heavy, double *u, int64_t *k, double *value)
{
  size_t n = target->n;
  struct grid grid = grid_of(target);
  // The longer tail on the side of the farther quartile, to the right if both are as far.
  bool left = target->centre - target->q1 > target->q3 - target->centre;
  double heavy_low = left ? heavy : heavy / 3, heavy_high = left ? heavy / 3 : heavy;
  sorted_uniforms(stream, u, n);
  centre_quartiles(u, n);
  for (size_t i = 0; i < n; i++)
    value[i] = quartile_function(target, heavy_low, heavy_high, normal_quantile(u[i]));
  round_to_grid(value, n, &grid, k);
  qsort(k, n, sizeof *k, compare_whole);
  int64_t *before = NEW_ARRAY(int64_t, n);
  memcpy(before, k, n * sizeof *k);
  bool right = false;
  for (int narrow = 0; narrow <= 1 && !right; narrow++) {
    memcpy(k, before, n * sizeof *k);
    repair_quartiles(k, n, &grid, target, narrow);
    right = quartiles_are_right(k, n, &grid, target);
  }
  if (!right && n == 4)
    right = place_four(k, &grid, target);
  if (!right) {
    for (size_t i = 0; i < n; i++)
      k[i] = clamp(k[i], grid.least, grid.most);
    qsort(k, n, sizeof *k, compare_whole);
  }
  free(before);
  values_of(k, n, &grid, value);
  return right;
}

// ---- a measure ----

static void simulate_by_quartiles(struct philox_stream *stream, const struct sample_target *target,
                                  size_t n_groups, double most_p, double *const *value)
{
  enum { N_STEPS = 16, N_DRAWS = 5 };
  size_t largest = 0;
  double **tried = NEW_ARRAY(double *, n_groups), best = -1;
  for (size_t g = 0; g < n_groups; g++) {
    tried[g] = NEW_ARRAY(double, target[g].n);
    if (target[g].n > largest)
      largest = target[g].n;
  }
  double *u = NEW_ARRAY(double, largest);
  int64_t *k = NEW_ARRAY(int64_t, largest);
  double enough = (double) n_groups + (most_p < 1 ? 1 - most_p : 0);
  for (int draw = 0; draw < N_STEPS * N_DRAWS && best < enough; draw++) {
    double heavy = 0.2 + 0.1 * (draw / N_DRAWS), merit = 0, least_p = 1;
    for (size_t g = 0; g < n_groups; g++) {
      if (!target[g].n)
        continue;
      merit += draw_by_quartiles(stream, &target[g], heavy, u, k, tried[g]);
      least_p = fmin(least_p, normality_p(tried[g], target[g].n)); // NaN is passed over
    }
    for (size_t g = 0; g < n_groups; g++)
      merit += target[g].n == 0;
    merit += 1 - least_p;
    if (merit <= best)
      continue;
    best = merit;
    for (size_t g = 0; g < n_groups; g++)
      memcpy(value[g], tried[g], target[g].n * sizeof **value);
  }
  for (size_t g = 0; g < n_groups; g++)
    free(tried[g]);
  free(tried);
  free(u);
  free(k);
}

void simulated_measure(const struct sample_target *target, size_t n_groups, double least_p,
                       double most_p, uint64_t seed, uint64_t replicate, double *const *value)
{
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, replicate);
  bool any_mean = false;
  for (size_t g = 0; g < n_groups; g++)
    if (target[g].n && target[g].by_mean) {
      any_mean = true;
      simulate_by_mean(&stream, &target[g], least_p, value[g]);
    }
  if (!any_mean) {
    simulate_by_quartiles(&stream, target, n_groups, most_p, value);
    return;
  }
  for (size_t g = 0; g < n_groups; g++) // a measure printed in both ways
    if (target[g].n && !target[g].by_mean)
      simulate_by_quartiles(&stream, &target[g], 1, 1, &value[g]);
}
