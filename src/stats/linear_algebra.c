// SPDX-License-Identifier: GPL-3.0-or-later
// Dense linear algebra by LAPACK, and what LAPACK has not: rank in the order of the columns.
//
// Refinement of least squares: A. Bjorck (1967), "Iterative refinement of linear least squares
// solutions I", BIT 7, 257-278: coefficients and residuals are corrected together, the
// residuals of the augmented system summed in twice the precision (T. Ogita, S. M. Rump &
// S. Oishi 2005, SIAM Journal on Scientific Computing 26, 1955: Dot2).
#include <config.h>

#include "stats/linear_algebra.h"

#include <dlfcn.h>
#include <float.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/row_block.h"
#include "stats/summary.h"

// OpenBLAS maps so much (0.3.21, x86-64) for a thread's first call, and tries for ever where it
// does not get it.
enum { BLAS_BUFFER = 1 << 27 }; // bytes
static bool is_openblas;

// By name at run time: a weak reference would be settled when the program is linked, before
// the user's BLAS alternative is known.  Before main: the threads that OpenBLAS began when it was
// loaded look for work without a pause, for about as long as a small validation takes.
__attribute__((constructor)) static void hold_blas_to_one_thread(void)
{
  void *set = dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  void *end = dlsym(RTLD_DEFAULT, "blas_thread_shutdown_");
  void (*set_threads)(int) = NULL;
  int (*end_threads)(void) = NULL;
  if (!set)
    return;
  memcpy(&set_threads, &set, sizeof set_threads);
  set_threads(1);
  is_openblas = true;
  memcpy(&end_threads, &end, sizeof end_threads);
  if (end_threads)
    end_threads();
}

// Ends the process, as every lack of memory does, where OpenBLAS would not return.
static void need_blas_buffer(void)
{
  static _Thread_local bool had;
  if (had || !is_openblas)
    return;
  free(memory_allocate(BLAS_BUFFER, 1));
  had = true;
}

// Whether these dimensions may be handed to LAPACK.
static bool lapack_ready(size_t n, size_t p)
{
  need_blas_buffer();
  return n > 0 && p > 0 && n <= INT_MAX && p <= INT_MAX / 64;
}

static bool all_finite(const double *a, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!isfinite(a[i]))
      return false;
  return true;
}

// ---- cross product ----

static void chunk_cross_product(const double *x, size_t n, size_t p, const double *weight,
                                size_t start, size_t end, double *sum)
{
  double *a = block_allocate(p), *b = block_allocate(p);
  for (size_t first = start; first < end; first += BLOCK_ROWS) {
    size_t rows = end - first < BLOCK_ROWS ? end - first : BLOCK_ROWS;
    for (size_t j = 0; j < p; j++) {
      double *to = a + j * BLOCK_ROWS, *weighted = b + j * BLOCK_ROWS;
      memcpy(to, x + j * n + first, rows * sizeof *to);
      memset(to + rows, 0, (BLOCK_ROWS - rows) * sizeof *to);
      for (size_t i = 0; weight && i < rows; i++)
        weighted[i] = weight[first + i] * to[i];
      memset(weighted + rows, 0, (BLOCK_ROWS - rows) * sizeof *to);
    }
    block_cross_add(a, weight ? b : a, p, sum);
  }
  free(a);
  free(b);
}

void weighted_cross_product(const double *x, size_t n, size_t p, const double *weight,
                            double *product)
{
  struct row_chunks chunks = row_chunks(n);
  size_t width = block_width(p), size = width * width;
  double *sum = NEW_ZEROED(double, chunks.n_chunks *size);
#pragma omp parallel for schedule(dynamic) if (row_chunks_in_parallel(n, p * p))
  for (size_t c = 0; c < chunks.n_chunks; c++)
    chunk_cross_product(x, n, p, weight, row_chunk_start(&chunks, c),
                        row_chunk_start(&chunks, c + 1), sum + c * size);
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k <= j; k++) {
      double total = 0;
      for (size_t c = 0; c < chunks.n_chunks; c++)
        total += sum[c * size + j + k * width];
      product[j + k * p] = product[k + j * p] = total;
    }
  free(sum);
}

// ---- Cholesky ----

bool cholesky_factor(double *a, size_t p, double tolerance, size_t *failed)
{
  size_t column = 0;
  bool good = p == 0;
  double *diagonal = NEW_ARRAY(double, p);
  if (failed)
    *failed = 0;
  if (!lapack_ready(p, p) || !all_finite(a, p * p))
    goto out;
  for (size_t j = 0; j < p; j++)
    diagonal[j] = a[j + j * p];
  lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', (lapack_int) p, a, (lapack_int) p);
  size_t n_done = info > 0 ? (size_t) info - 1 : info < 0 ? 0 : p;
  for (; column < n_done; column++) {
    double pivot = a[column + column * p];
    if (!(diagonal[column] > 0) || !(pivot * pivot > tolerance * diagonal[column]))
      break;
  }
  for (size_t j = 1; j < p; j++)
    memset(a + j * p, 0, j * sizeof *a);
  good = column == p && all_finite(a, p * p);
  if (failed)
    *failed = column;
out:
  free(diagonal);
  return good;
}

bool cholesky_solve(const double *factor, size_t p, double *b, size_t n_right)
{
  if (p == 0 || n_right == 0)
    return true;
  if (!lapack_ready(p, p) || n_right > INT_MAX || !all_finite(factor, p * p) ||
      !all_finite(b, p * n_right))
    return false;
  lapack_int info = LAPACKE_dpotrs_work(LAPACK_COL_MAJOR, 'L', (lapack_int) p, (lapack_int) n_right,
                                        factor, (lapack_int) p, b, (lapack_int) p);
  return info == 0 && all_finite(b, p * n_right);
}

bool cholesky_inverse(const double *factor, size_t p, double *inverse)
{
  if (p == 0)
    return true;
  if (!lapack_ready(p, p) || !all_finite(factor, p * p))
    return false;
  memmove(inverse, factor, p * p * sizeof *inverse);
  lapack_int info =
      LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', (lapack_int) p, inverse, (lapack_int) p);
  for (size_t j = 0; j < p; j++)
    for (size_t k = j + 1; k < p; k++)
      inverse[j + k * p] = inverse[k + j * p];
  return info == 0 && all_finite(inverse, p * p);
}

double cholesky_log_determinant(const double *factor, size_t p)
{
  double sum = 0;
  for (size_t j = 0; j < p; j++)
    sum += log(factor[j + j * p]);
  return 2 * sum;
}

// ---- orthogonal factors ----

// Euclidean length without overflow.
static double column_length(const double *x, size_t n)
{
  double largest = 0, sum = 0;
  for (size_t i = 0; i < n; i++)
    largest = fmax(largest, fabs(x[i]));
  if (largest == 0 || !isfinite(largest))
    return largest;
  for (size_t i = 0; i < n; i++)
    sum += (x[i] / largest) * (x[i] / largest);
  return largest * sqrt(sum);
}

// A copy of x with columns of a length in [1/2, 1), divided by powers of two so that no digit
// is lost; a column of zeros stays.  scale: p out, the powers.
static double *copy_scaled(const double *x, size_t n, size_t p, double *scale)
{
  double *a = NEW_ARRAY(double, n * p);
  for (size_t j = 0; j < p; j++) {
    int exponent;
    frexp(column_length(x + j * n, n), &exponent);
    scale[j] = ldexp(1, exponent < DBL_MAX_EXP ? exponent : DBL_MAX_EXP - 1);
    for (size_t i = 0; i < n; i++)
      a[i + j * n] = x[i + j * n] / scale[j];
  }
  return a;
}

// Householder QR of a (n x p) in place; tau: min(n, p).
static bool factor_orthogonal(double *a, size_t n, size_t p, double *tau)
{
  lapack_int rows = (lapack_int) n, columns = (lapack_int) p, size = (lapack_int) p * 64;
  double *work = NEW_ARRAY(double, p * 64);
  lapack_int info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, rows, columns, a, rows, tau, work, size);
  free(work);
  return info == 0 && all_finite(a, n * p);
}

bool triangular_factor(double *a, size_t n, size_t p, double tolerance, double *factor)
{
  if (p == 0)
    return true;
  if (n < p || !lapack_ready(n, p) || !all_finite(a, n * p))
    return false;
  double *length = NEW_ARRAY(double, p), *tau = NEW_ARRAY(double, p);
  for (size_t j = 0; j < p; j++) {
    length[j] = column_length(a + j * n, n);
    for (size_t i = 0; length[j] > 0 && i < n; i++)
      a[i + j * n] /= length[j];
  }
  bool good = factor_orthogonal(a, n, p, tau);
  for (size_t j = 0; good && j < p; j++) {
    good = fabs(a[j + j * n]) > tolerance && length[j] > 0;
    for (size_t k = 0; k < p; k++) {
      double sign = a[k + k * n] < 0 ? -1 : 1;
      factor[j + k * p] = k <= j ? sign * a[k + j * n] * length[j] : 0;
    }
  }
  good = good && all_finite(factor, p * p);
  free(length);
  free(tau);
  return good;
}

// One column after the other: the reflections so far are applied to it; what is left below
// tells whether it is new.  a: m x p; upper part of a dependent column: its coordinates.
// kept: p out, the columns that were.
static size_t reduce_in_order(double *a, size_t m, size_t p, double tolerance, bool *dependent,
                              size_t *kept)
{
  size_t rank = 0;
  double *scale = NEW_ARRAY(double, p);
  for (size_t j = 0; j < p; j++) {
    double *column = a + j * m, length = column_length(column, m);
    for (size_t k = 0; k < rank; k++) {
      // Reflection k: I - scale v v', v in rows k.. of the column that made it, v_k = 1.
      const double *v = a + kept[k] * m;
      double dot = column[k];
      for (size_t i = k + 1; i < m; i++)
        dot += v[i] * column[i];
      dot *= scale[k];
      column[k] -= dot;
      for (size_t i = k + 1; i < m; i++)
        column[i] -= dot * v[i];
    }
    double left = rank < m ? column_length(column + rank, m - rank) : 0;
    dependent[j] = !(left > tolerance * length);
    if (dependent[j])
      continue;
    double head = column[rank] > 0 ? -left : left, divisor = column[rank] - head;
    scale[rank] = divisor / -head;
    for (size_t i = rank + 1; i < m; i++)
      column[i] /= divisor;
    column[rank] = head;
    kept[rank++] = j;
  }
  free(scale);
  return rank;
}

size_t column_relation(const double *x, size_t n, size_t p, double tolerance, bool *dependent,
                       double *relation)
{
  for (size_t j = 0; j < p; j++)
    dependent[j] = true;
  if (relation)
    memset(relation, 0, p * p * sizeof *relation);
  if (!lapack_ready(n, p) || !all_finite(x, n * p))
    return 0;
  double *scale = NEW_ARRAY(double, p), *tau = NEW_ARRAY(double, p);
  size_t *kept = NEW_ARRAY(size_t, p), rank = 0;
  double *a = copy_scaled(x, n, p, scale);
  size_t m = n;
  if (n > p) { // the triangular factor has the same dependences
    if (!factor_orthogonal(a, n, p, tau))
      goto out;
    m = p;
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i < p; i++)
        a[i + j * p] = i <= j ? a[i + j * n] : 0; // never overtakes what it reads
  }
  rank = reduce_in_order(a, m, p, tolerance, dependent, kept);
  for (size_t j = 0; relation && j < p; j++) {
    if (!dependent[j])
      continue;
    // Back substitution in the triangle of the columns kept before j.
    size_t before = 0;
    while (before < rank && kept[before] < j)
      before++;
    double *z = a + j * m;
    for (size_t k = before; k-- > 0;) {
      z[k] /= a[k + kept[k] * m];
      for (size_t i = 0; i < k; i++)
        z[i] -= a[i + kept[k] * m] * z[k];
      if (fabs(z[k]) > 1e-7)
        relation[kept[k] + j * p] = z[k] * scale[j] / scale[kept[k]];
    }
  }
out:
  free(a);
  free(scale);
  free(tau);
  free(kept);
  return rank;
}

size_t column_rank(const double *x, size_t n, size_t p, double tolerance, bool *dependent)
{
  return column_relation(x, n, p, tolerance, dependent, NULL);
}

// ---- least squares ----

struct orthogonal {
  size_t n, p;
  double *scaled; // the columns divided by `scale`, as they were
  double *a;      // their factors
  double *tau, *scale, *work;
};

static bool apply_q(const struct orthogonal *q, char transposed, double *vector)
{
  lapack_int n = (lapack_int) q->n, p = (lapack_int) q->p;
  return LAPACKE_dormqr_work(LAPACK_COL_MAJOR, 'L', transposed, n, 1, p, q->a, n, q->tau, vector, n,
                             q->work, p * 64) == 0;
}

// R z = b, or R' z = b, in place.
static void solve_triangle(const struct orthogonal *q, bool transposed, double *b)
{
  size_t n = q->n, p = q->p;
  if (transposed)
    for (size_t j = 0; j < p; j++) {
      for (size_t k = 0; k < j; k++)
        b[j] -= q->a[k + j * n] * b[k];
      b[j] /= q->a[j + j * n];
    }
  else
    for (size_t j = p; j-- > 0;) {
      b[j] /= q->a[j + j * n];
      for (size_t k = 0; k < j; k++)
        b[k] -= q->a[k + j * n] * b[j];
    }
}

// Adds to residual and b the solution of r + X b = f, X'r = g.  f (n) and g (p) are lost.
static bool correct(const struct orthogonal *q, double *f, double *g, double *residual, double *b)
{
  size_t n = q->n, p = q->p;
  if (!apply_q(q, 'T', f))
    return false;
  solve_triangle(q, true, g);
  for (size_t j = 0; j < p; j++) {
    double own = f[j] - g[j];
    f[j] = g[j];
    g[j] = own;
  }
  solve_triangle(q, false, g);
  if (!apply_q(q, 'N', f))
    return false;
  for (size_t i = 0; i < n; i++)
    residual[i] += f[i];
  for (size_t j = 0; j < p; j++)
    b[j] += g[j];
  return true;
}

static void add_product(struct compensated_sum *sum, double a, double b)
{
  double product = a * b;
  sum_add(sum, product);
  sum->low += fma(a, b, -product);
}

// The residuals of the augmented system at (residual, b).
static void augmented_residuals(const struct orthogonal *q, const double *y, const double *residual,
                                const double *b, double *f, double *g)
{
  size_t n = q->n, p = q->p;
  for (size_t i = 0; i < n; i++) {
    struct compensated_sum left = {.high = y[i]};
    sum_add(&left, -residual[i]);
    for (size_t j = 0; j < p; j++)
      add_product(&left, -q->scaled[i + j * n], b[j]);
    f[i] = sum_total(&left);
  }
  for (size_t j = 0; j < p; j++) {
    struct compensated_sum sum = {0};
    for (size_t i = 0; i < n; i++)
      add_product(&sum, -q->scaled[i + j * n], residual[i]);
    g[j] = sum_total(&sum);
  }
}

// Diagonal of (R'R)^-1: the squared row lengths of R^-1.
static void inverse_diagonal(const struct orthogonal *q, double *diagonal)
{
  size_t p = q->p;
  double *z = NEW_ARRAY(double, p);
  memset(diagonal, 0, p * sizeof *diagonal);
  for (size_t j = 0; j < p; j++) {
    memset(z, 0, p * sizeof *z);
    z[j] = 1;
    solve_triangle(q, false, z);
    for (size_t k = 0; k <= j; k++)
      diagonal[k] += z[k] * z[k];
  }
  free(z);
}

static double total_sum_squares(const double *y, size_t n, bool about_mean)
{
  double mean = 0, sum = 0;
  for (size_t i = 0; about_mean && i < n; i++)
    mean += y[i] / (double) n;
  for (size_t i = 0; i < n; i++)
    sum += (y[i] - mean) * (y[i] - mean);
  return sum;
}

bool least_squares(const double *x, size_t n, size_t p, const double *y,
                   struct least_squares_fit *fit)
{
  *fit = (struct least_squares_fit){.residual_sd = NAN, .r_squared = NAN};
  if (n < p || !lapack_ready(n, p) || !all_finite(x, n * p) || !all_finite(y, n))
    return false;
  struct orthogonal q = {.n = n, .p = p};
  q.scale = NEW_ARRAY(double, p);
  q.tau = NEW_ARRAY(double, p);
  q.work = NEW_ARRAY(double, p * 64);
  q.scaled = copy_scaled(x, n, p, q.scale);
  q.a = NEW_ARRAY(double, n * p);
  memcpy(q.a, q.scaled, n * p * sizeof *q.a);
  double *f = NEW_ARRAY(double, n), *g = NEW_ZEROED(double, p);
  double *residual = NEW_ZEROED(double, n), *b = NEW_ZEROED(double, p);

  bool good = factor_orthogonal(q.a, n, p, q.tau);
  for (size_t j = 0; good && j < p; j++)
    good = fabs(q.a[j + j * n]) > 8 * DBL_EPSILON * (double) p; // of columns of length 1/2 to 1
  memcpy(f, y, n * sizeof *f);
  good = good && correct(&q, f, g, residual, b);
  for (int step = 0; good && step < 2; step++) {
    augmented_residuals(&q, y, residual, b, f, g);
    good = correct(&q, f, g, residual, b);
  }
  good = good && all_finite(b, p) && all_finite(residual, n);
  if (good) {
    fit->coefficient = NEW_ARRAY(double, p);
    fit->std_error = NEW_ARRAY(double, p);
    for (size_t i = 0; i < n; i++)
      fit->residual_sum_squares += residual[i] * residual[i];
    bool constant = true;
    for (size_t i = 0; i < n; i++)
      constant = constant && x[i] == 1;
    fit->r_squared = 1 - fit->residual_sum_squares / total_sum_squares(y, n, constant);
    fit->residual_sd = n > p ? sqrt(fit->residual_sum_squares / (double) (n - p)) : NAN;
    inverse_diagonal(&q, fit->std_error);
    for (size_t j = 0; j < p; j++) {
      fit->coefficient[j] = b[j] / q.scale[j];
      fit->std_error[j] = fit->residual_sd * sqrt(fit->std_error[j]) / q.scale[j];
    }
  }
  free(q.scale);
  free(q.tau);
  free(q.work);
  free(q.scaled);
  free(q.a);
  free(f);
  free(g);
  free(residual);
  free(b);
  return good;
}

void least_squares_free(struct least_squares_fit *fit)
{
  free(fit->coefficient);
  free(fit->std_error);
  *fit = (struct least_squares_fit){0};
}
