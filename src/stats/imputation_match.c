// SPDX-License-Identifier: GPL-3.0-or-later
// Predictive mean matching.
//
// R. J. A. Little (1988), "Missing-data adjustments in large surveys", J Bus Econ Stat 6, 287-296.
// T. P. Morris, I. R. White & P. Royston (2014), "Tuning multiple imputation by predictive mean
// matching and local residual draws", BMC Med Res Methodol 14:75.  S. van Buuren (2018), Flexible
// Imputation of Missing Data, 2nd ed., algorithms 3.1 and 3.3.  Gamma deviates: G. Marsaglia &
// W. W. Tsang (2000), "A simple method for generating gamma variables", ACM TOMS 26, 363-372.
#include <config.h>

#include "stats/imputation_regression.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const double ridge = 1e-5; // of the diagonal; the constant has none

bool match_estimate(const struct imputation_sample *sample, struct imputation_room *room,
                    struct match_fit *fit)
{
  if (!imputation_keep_columns(sample, room))
    return false;
  size_t width = sample->width, q = room->n_kept, own = sample->own;
  double total = room->product[0];
  for (size_t j = 0; j < q; j++) {
    size_t a = room->kept[j];
    for (size_t k = 0; k <= j; k++)
      room->factor[j * q + k] = room->product[a * width + room->kept[k]];
    room->factor[j * q + j] *= a == 0 ? 1 : 1 + ridge;
    room->score[j] = a > own ? room->product[a * width + own] : room->product[own * width + a];
  }
  if (!imputation_factor(room->factor, q))
    return false;
  imputation_solve(room->factor, q, room->score);
  for (size_t j = 0; j < width; j++)
    fit->coefficient[j] = 0;
  for (size_t j = 0; j < q; j++)
    fit->coefficient[room->kept[j]] = room->score[j];
  fit->residual_sum = 0;
  for (size_t i = 0; i < sample->n; i++) {
    const double *x = sample->x + sample->row[i] * width;
    room->fitted[i] = imputation_linear_predictor(x, fit->coefficient, width);
    double residual = x[own] - room->fitted[i];
    fit->residual_sum += sample->weight[i] * residual * residual;
  }
  fit->df = fmax(total - (double) q, 1);
  return isfinite(fit->residual_sum);
}

// Gamma with this shape, scale 1.
static double draw_gamma(struct philox_stream *stream, double shape)
{
  double boost = 1;
  if (shape < 1) {
    boost = pow(philox_uniform(stream), 1 / shape);
    shape += 1;
  }
  double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    double z = philox_normal(stream), root = 1 + c * z, v = root * root * root;
    if (v > 0 && log(philox_uniform(stream)) < 0.5 * z * z + d - d * v + d * log(v))
      return boost * d * v;
  }
}

void match_draw(const struct match_fit *fit, const struct imputation_room *room,
                struct philox_stream *stream, double *drawn)
{
  size_t q = room->n_kept;
  double sigma = sqrt(fit->residual_sum / (2 * draw_gamma(stream, fit->df / 2)));
  for (size_t j = 0; j < q; j++)
    room->score[j] = philox_normal(stream);
  imputation_solve_transposed(room->factor, q, room->score);
  for (size_t j = 0; j < room->width; j++)
    drawn[j] = fit->coefficient[j];
  for (size_t j = 0; j < q; j++)
    drawn[room->kept[j]] += sigma * room->score[j];
}

// ---- donors ----

struct donor_pool donor_pool_new(size_t n)
{
  return (struct donor_pool){
      .cumulative = NEW_ARRAY(double, n + 1),
      .value = NEW_ARRAY(double, n),
      .first = NEW_ARRAY(size_t, n + 1),
  };
}

void donor_pool_free(struct donor_pool *pool)
{
  free(pool->cumulative);
  free(pool->value);
  free(pool->first);
  *pool = (struct donor_pool){0};
}

void donor_pool_fill(const struct imputation_sample *sample, struct imputation_room *room,
                     struct donor_pool *pool)
{
  size_t n = sample->n;
  order_ascending(room->fitted, n, &room->sorting, room->order);
  pool->donor = room->order;
  pool->n_donors = n;
  pool->n_groups = 0;
  pool->cumulative[0] = 0;
  for (size_t i = 0; i < n; i++) {
    double value = room->fitted[room->order[i]];
    if (i == 0 || value > pool->value[pool->n_groups - 1]) {
      pool->value[pool->n_groups] = value;
      pool->first[pool->n_groups++] = i;
    }
    pool->cumulative[i + 1] = pool->cumulative[i] + sample->weight[room->order[i]];
  }
  pool->first[pool->n_groups] = n;
}

// The first group whose value is at least the target.
static size_t group_at(const struct donor_pool *pool, double target)
{
  size_t low = 0, high = pool->n_groups;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (pool->value[middle] < target)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static double group_weight(const struct donor_pool *pool, size_t group)
{
  return pool->cumulative[pool->first[group + 1]] - pool->cumulative[pool->first[group]];
}

// The donor at this weight from the beginning of the group.
static size_t donor_within(const struct donor_pool *pool, size_t group, double weight)
{
  size_t low = pool->first[group], high = pool->first[group + 1] - 1;
  double position = pool->cumulative[low] + weight;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (pool->cumulative[middle + 1] <= position)
      low = middle + 1;
    else
      high = middle;
  }
  return pool->donor[low];
}

size_t donor_choose(const struct donor_pool *pool, double target, double n_nearest, double u)
{
  size_t right = group_at(pool, target), left = right; // left - 1 is the next to the left
  double most = fmin(n_nearest, pool->cumulative[pool->n_donors]), passed = 0;
  double rank = u * most;
  // Groups by their distance.  The rank-th nearest lies in one of them; among its donors, and
  // those of a group just as near on the other side, it is any.
  for (;;) {
    double below = left > 0 ? target - pool->value[left - 1] : INFINITY;
    double above = right < pool->n_groups ? pool->value[right] - target : INFINITY;
    double here_left = below <= above ? group_weight(pool, left - 1) : 0;
    double here_right = above <= below ? group_weight(pool, right) : 0;
    double here = here_left + here_right, end = fmin(passed + here, most);
    bool last = left - (here_left > 0) == 0 && right + (here_right > 0) == pool->n_groups;
    if (rank < end || end >= most || last) {
      double position = (rank - passed) / (end - passed) * here;
      return here_left > 0 && (position < here_left || here_right == 0)
                 ? donor_within(pool, left - 1, position)
                 : donor_within(pool, right, position - here_left);
    }
    passed = end;
    left -= here_left > 0;
    right += here_right > 0;
  }
}
