// SPDX-License-Identifier: GPL-3.0-or-later
// Loess of one predictor, evaluated directly, with exact statistics.
//
// W. S. Cleveland, S. J. Devlin (1988), Locally weighted regression: an approach to regression
// analysis by local fitting, Journal of the American Statistical Association 83, 596-610; the
// widening of the neighbourhood beyond span 1 as in Cleveland & Grosse's program dloess (the
// squared distance is multiplied), which R's loess runs: R's help page says otherwise.
//
// The local polynomial is written in polynomials that are orthogonal under the local weights,
// P_0 = 1, P_1 = u - m, P_2 = P_1^2 - a P_1 - c, with u = (x - x0)/h; its value at x0 is
// sum_j w_j y_j sum_k P_k(0) P_k(u_j)/N_k, N_k = sum_j w_j P_k(u_j)^2.
//
// Rows with equal x have equal rows of L, and the operator is kept for distinct x alone:
// L = Z B Z', Z the n x g indicator, Z'Z = diag(c).
#include <config.h>

#include "stats/smooth.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"

struct places {
  double *x, *count; // distinct x, ascending, and how many points each has
  double *total;     // sum of y there
  size_t *of_row;    // n
  size_t n;
};

static struct places places_new(const double *x, const double *y, size_t n)
{
  struct places places = {.x = NEW_ARRAY(double, n), .count = NEW_ZEROED(double, n),
                          .total = NEW_ZEROED(double, n), .of_row = NEW_ARRAY(size_t, n)};
  size_t *order = NEW_ARRAY(size_t, n), g = 0;
  sort_order(x, n, order);
  for (size_t k = 0; k < n; k++) {
    size_t i = order[k];
    if (k == 0 || x[i] != places.x[g - 1])
      places.x[g++] = x[i];
    places.count[g - 1]++;
    places.total[g - 1] += y[i];
    places.of_row[i] = g - 1;
  }
  places.n = g;
  free(order);
  return places;
}

static void places_free(struct places *places)
{
  free(places->x);
  free(places->count);
  free(places->total);
  free(places->of_row);
}

// Distance of the q-th nearest point to x0: the q nearest lie side by side, and the window is the
// first from the left whose first point is not farther than the point after its last.
static double neighbour_distance(const double *sorted, size_t n, size_t q, double x0)
{
  size_t low = 0, high = n - q;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (x0 - sorted[middle] > sorted[middle + q] - x0)
      low = middle + 1;
    else
      high = middle;
  }
  return fmax(x0 - sorted[low], sorted[low + q - 1] - x0);
}

struct loess_shape {
  const struct places *places;
  const double *sorted; // all points
  size_t n, q;
  double widening;
  int degree;
};

// The places with weight: first .. end - 1.
struct extent {
  size_t first, end;
};

static struct extent local_weights(const struct loess_shape *shape, double x0, double h, double *u,
                                   double *weight)
{
  const struct places *places = shape->places;
  struct extent extent = {0, 0};
  while (extent.first < places->n && (places->x[extent.first] - x0) / h <= -1)
    extent.first++;
  extent.end = extent.first;
  for (size_t j = extent.first; j < places->n; j++) {
    double v = (places->x[j] - x0) / h, size = fabs(v), w = 1 - size * size * size;
    if (size >= 1)
      break;
    u[j] = v;
    weight[j] = places->count[j] * w * w * w;
    extent.end = j + 1;
  }
  return extent;
}

// row[j]: what a point at place j of the extent adds to the fit at x0, for each unit of y; 0
// elsewhere.  False if the local polynomial is not determined.  u: spare, one a place.
static bool operator_row(const struct loess_shape *shape, double x0, double *u, double *row,
                         struct extent *extent)
{
  double h = neighbour_distance(shape->sorted, shape->n, shape->q, x0) * shape->widening;
  if (!(h > 0))
    return false;
  memset(row, 0, shape->places->n * sizeof *row);
  *extent = local_weights(shape, x0, h, u, row);
  double s0 = 0, s1 = 0, s2 = 0;
  for (size_t j = extent->first; j < extent->end; j++) {
    s0 += row[j];
    s1 += row[j] * u[j];
    s2 += row[j] * u[j] * u[j];
  }
  double mean = s1 / s0, n1 = 0, third = 0, fourth = 0, n2 = 0;
  for (size_t j = extent->first; j < extent->end; j++) {
    double d = u[j] - mean, square = row[j] * d * d;
    n1 += square;
    third += square * d;
    fourth += square * d * d;
  }
  bool good = s0 > 0 && n1 > 1e-26 * s2;
  double a = third / n1, c = n1 / s0, at1 = -mean, at2 = (at1 - a) * at1 - c;
  if (shape->degree == 2) {
    for (size_t j = extent->first; j < extent->end; j++) {
      double d = u[j] - mean, p = (d - a) * d - c;
      n2 += row[j] * p * p;
    }
    good = good && extent->end - extent->first > 2 && n2 > 1e-26 * fourth;
  }
  for (size_t j = extent->first; good && j < extent->end; j++) {
    double d = u[j] - mean, factor = 1 / s0 + at1 * d / n1;
    if (shape->degree == 2)
      factor += at2 * ((d - a) * d - c) / n2;
    row[j] *= factor / shape->places->count[j];
  }
  return good;
}

// ---- the traces ----

typedef double pair __attribute__((vector_size(16)));
enum { TILE_ROWS = 32, TILE_DEPTH = 256 };

// 2 x 2 products of rows of TILE_DEPTH, added to sum[0], [1], [TILE_ROWS], [TILE_ROWS + 1].
static void products_add(const double *a, const double *b, double *sum)
{
  const pair *a0 = (const pair *) (const void *) a, *a1 = a0 + TILE_DEPTH / 2;
  const pair *b0 = (const pair *) (const void *) b, *b1 = b0 + TILE_DEPTH / 2;
  pair s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0}, t00 = {0}, t01 = {0}, t10 = {0}, t11 = {0};
  for (size_t i = 0; i < TILE_DEPTH / 2; i += 2) {
    s00 += a0[i] * b0[i];
    s01 += a0[i] * b1[i];
    s10 += a1[i] * b0[i];
    s11 += a1[i] * b1[i];
    t00 += a0[i + 1] * b0[i + 1];
    t01 += a0[i + 1] * b1[i + 1];
    t10 += a1[i + 1] * b0[i + 1];
    t11 += a1[i + 1] * b1[i + 1];
  }
  s00 += t00;
  s01 += t01;
  s10 += t10;
  s11 += t11;
  sum[0] += s00[0] + s00[1];
  sum[1] += s01[0] + s01[1];
  sum[TILE_ROWS] += s10[0] + s10[1];
  sum[TILE_ROWS + 1] += s11[0] + s11[1];
}

// Rows of B about to be multiplied, TILE_DEPTH columns of them times the roots of the counts.
struct panel {
  double value[TILE_ROWS * TILE_DEPTH] __attribute__((aligned(16)));
};

static void panel_fill(const double *operator, const double *root, size_t g, size_t first,
                       size_t depth, struct panel *panel)
{
  memset(panel, 0, sizeof *panel);
  for (size_t i = 0; i < TILE_ROWS && first + i < g; i++)
    for (size_t m = 0; m < TILE_DEPTH && depth + m < g; m++)
      panel->value[i * TILE_DEPTH + m] = operator[(first + i) * g + depth + m] * root[depth + m];
}

static bool extents_meet(const struct extent *extent, size_t g, size_t first, size_t depth)
{
  for (size_t i = first; i < first + TILE_ROWS && i < g; i++)
    if (extent[i].first < depth + TILE_DEPTH && extent[i].end > depth)
      return true;
  return false;
}

// product = B diag(c) B' for rows i0 .. and j0 .., TILE_ROWS of each.
static void tile_product(const double *operator, const double *root, const struct extent *extent,
                         size_t g, size_t i0, size_t j0, struct panel panel[2], double *product)
{
  memset(product, 0, TILE_ROWS * TILE_ROWS * sizeof *product);
  for (size_t depth = 0; depth < g; depth += TILE_DEPTH) {
    if (!extents_meet(extent, g, i0, depth) || !extents_meet(extent, g, j0, depth))
      continue;
    panel_fill(operator, root, g, i0, depth, &panel[0]);
    panel_fill(operator, root, g, j0, depth, &panel[1]);
    for (size_t i = 0; i < TILE_ROWS; i += 2)
      for (size_t j = 0; j < TILE_ROWS; j += 2)
        products_add(panel[0].value + i * TILE_DEPTH, panel[1].value + j * TILE_DEPTH,
                     product + i * TILE_ROWS + j);
  }
}

// With C = L + L' - L L' = Z K Z': tr C and tr C^2 of the tiles at rows i0 .., j0 <= i0.
static void tile_traces(const double *operator, const double *root, const struct extent *extent,
                        size_t g, size_t i0, struct panel panel[2], double *trace,
                        double *trace_of_square)
{
  double product[TILE_ROWS * TILE_ROWS];
  *trace = *trace_of_square = 0;
  for (size_t j0 = 0; j0 <= i0; j0 += TILE_ROWS) {
    tile_product(operator, root, extent, g, i0, j0, panel, product);
    for (size_t i = i0; i < i0 + TILE_ROWS && i < g; i++)
      for (size_t j = j0; j < j0 + TILE_ROWS && j <= i; j++) {
        double k = operator[i * g + j] + operator[j * g + i] -
                   product[(i - i0) * TILE_ROWS + (j - j0)];
        double weighted = k * root[i] * root[j];
        *trace += i == j ? weighted : 0;
        *trace_of_square += (i == j ? 1 : 2) * weighted * weighted;
      }
  }
}

// tr (I - L)(I - L)' = n - tr C and the trace of its square, n - 2 tr C + tr C^2.
static void residual_traces(const double *operator, const struct extent *extent,
                            const struct places *places, size_t n, struct loess *loess)
{
  size_t g = places->n, n_strips = (g + TILE_ROWS - 1) / TILE_ROWS;
  double *root = NEW_ARRAY(double, g), *part = NEW_ARRAY(double, 2 * n_strips);
  for (size_t i = 0; i < g; i++)
    root[i] = sqrt(places->count[i]);
#pragma omp parallel if (g > 200)
  {
    struct panel *panel = NEW_ARRAY(struct panel, 2);
#pragma omp for schedule(dynamic)
    for (size_t strip = 0; strip < n_strips; strip++)
      tile_traces(operator, root, extent, g, strip * TILE_ROWS, panel, &part[2 * strip],
                  &part[2 * strip + 1]);
    free(panel);
  }
  double trace = 0, of_square = 0;
  for (size_t strip = 0; strip < n_strips; strip++) {
    trace += part[2 * strip];
    of_square += part[2 * strip + 1];
  }
  loess->one_delta = (double) n - trace;
  loess->two_delta = (double) n - 2 * trace + of_square;
  loess->df = loess->one_delta * loess->one_delta / loess->two_delta;
  free(root);
  free(part);
}

// ---- the fit ----

// The row sums to 1 but for rounding, which is large where the polynomial is carried far beyond
// its points: it multiplies differences, so that equal y are fitted exactly.
static double row_fit(const struct places *places, const double *row, struct extent extent)
{
  double sum = 0, level = places->total[extent.first] / places->count[extent.first];
  for (size_t j = extent.first; j < extent.end; j++)
    sum += row[j] * (places->total[j] - places->count[j] * level);
  return level + sum;
}

// The operator at the places, its trace and the residual standard deviation.
static bool fit_places(const struct loess_shape *shape, const double *y, double *spare,
                       struct loess *loess)
{
  const struct places *places = shape->places;
  size_t g = places->n, n = shape->n;
  double *operator = NEW_ARRAY(double, g * g), *fitted = NEW_ARRAY(double, g), squares = 0;
  struct extent *extent = NEW_ARRAY(struct extent, g);
  bool good = true;
  loess->trace = 0;
  for (size_t i = 0; good && i < g; i++) {
    good = operator_row(shape, places->x[i], spare, operator + i * g, &extent[i]);
    if (!good)
      break;
    fitted[i] = row_fit(places, operator + i * g, extent[i]);
    loess->trace += operator[i * g + i] * places->count[i];
  }
  if (good) {
    residual_traces(operator, extent, places, n, loess);
    for (size_t i = 0; i < n; i++) {
      double residual = y[i] - fitted[places->of_row[i]];
      squares += residual * residual;
    }
    loess->residual_sd = sqrt(squares / loess->one_delta);
  }
  free(operator);
  free(fitted);
  free(extent);
  return good;
}

static bool fit_at(const struct loess_shape *shape, const double *at, size_t n_at, double *spare,
                   struct loess *loess)
{
  const struct places *places = shape->places;
  double *row = NEW_ARRAY(double, places->n);
  bool good = true;
  loess->n_at = n_at;
  loess->fitted = NEW_ARRAY(double, n_at);
  loess->std_error = NEW_ARRAY(double, n_at);
  for (size_t i = 0; good && i < n_at; i++) {
    struct extent extent;
    good = operator_row(shape, at[i], spare, row, &extent);
    if (!good)
      break;
    double squares = 0;
    for (size_t j = extent.first; j < extent.end; j++)
      squares += places->count[j] * row[j] * row[j];
    loess->fitted[i] = row_fit(places, row, extent);
    loess->std_error[i] = loess->residual_sd * sqrt(squares);
  }
  free(row);
  return good;
}

bool loess_fit(const double *x, const double *y, size_t n, double span, int degree,
               const double *at, size_t n_at, struct loess *loess)
{
  assert(degree == 1 || degree == 2);
  *loess = (struct loess){0};
  double wanted = floor((double) n * span + 1e-5);
  if (n == 0 || !(wanted >= 1))
    return false;
  struct places places = places_new(x, y, n);
  double *sorted = NEW_ARRAY(double, n), *spare = NEW_ARRAY(double, places.n);
  memcpy(sorted, x, n * sizeof *sorted);
  sort_doubles(sorted, n);
  struct loess_shape shape = {.places = &places, .sorted = sorted, .n = n,
                              .q = wanted < (double) n ? (size_t) wanted : n,
                              .widening = span > 1 ? sqrt(span) : 1, .degree = degree};
  bool good = fit_places(&shape, y, spare, loess) && fit_at(&shape, at, n_at, spare, loess);
  places_free(&places);
  free(sorted);
  free(spare);
  if (!good)
    loess_free(loess);
  return good;
}

void loess_free(struct loess *loess)
{
  free(loess->fitted);
  free(loess->std_error);
  *loess = (struct loess){0};
}
