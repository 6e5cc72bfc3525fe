// SPDX-License-Identifier: GPL-3.0-or-later
// Orders of the values of several columns, so that the columns correlate as asked while each
// keeps its values.

#ifndef HER2_STATS_RANK_ORDER_H
#define HER2_STATS_RANK_ORDER_H

#include <stddef.h>
#include <stdint.h>

// rank[j * n + i], 0 to n - 1 and each once in a column: the place among column j's ascending
// values that row i takes.  correlation: m x m, symmetric, ones on its diagonal; the normal
// scores of the ranks correlate nearly so (Iman & Conover 1982: scores in random order, their
// chance correlations taken out by the Cholesky factor where n > m + 1, the wanted ones put
// in).  A matrix that is not positive definite is drawn towards no correlation until it is.
// Returns the factor by which its off-diagonals were multiplied, 1 if it was good.
//
// Random numbers: stream (seed, RNG_SIMULATE, replicate), nothing else.
double rank_orders(const double *correlation, size_t n, size_t m, uint64_t seed,
                   uint64_t replicate, size_t *rank);

// result[i] for n rows from n_inputs columns; NaN where it is not defined.
typedef void (*row_function)(void *context, const double *const *input, size_t n, double *result);

// A column with which the moving one is to keep its rank correlation between two limits.
struct order_guard {
  const double *column; // n rows
  double least, most;
};

// Brings a column as near as can be to a function of others without changing any column's
// values: input[moving] is reordered by exchanges of two rows at random, each kept if it
// lowers sum |outcome - f(inputs)| and takes no guarded correlation beyond its limits (or
// further beyond them), n_sweeps times n/2 of them; the outcome takes the order of f.  That
// order is the nearest there is for the inputs as they stand (rearrangement inequality).
// Rows with a NaN in the outcome or in f stay as they are.
void order_by_function(row_function function, void *context, double *const *input,
                       size_t n_inputs, size_t moving, double *outcome, size_t n, size_t n_sweeps,
                       const struct order_guard *guard, size_t n_guards, uint64_t seed,
                       uint64_t replicate);

// Spearman's correlation of the rows where neither is NaN; NaN if one has no spread.
double rank_correlation(const double *x, const double *y, size_t n);

#endif
