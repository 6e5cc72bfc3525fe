// SPDX-License-Identifier: GPL-3.0-or-later
// Which variables are missing together: the rows counted by pattern and by stratum.
//
// A pattern is a set of variables; a row has the pattern of those that are NaN in it.  Every
// count of missing values follows from the patterns: a variable's is the sum over those that
// hold it, and the complete rows are those of the empty pattern.
//
//   D. B. Rubin (1976), Inference and missing data, Biometrika 63: the pattern of a row.

#ifndef HER2_DATA_MISSING_PATTERN_H
#define HER2_DATA_MISSING_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Starts as {0}.
struct missing_patterns {
  size_t n_variables, n_strata;
  size_t n_patterns;   // that occur: the most frequent first, of equal ones the one with fewer
                       // variables, then the one whose first difference is not missing
  size_t n_words;      // of a pattern's bits
  uint64_t *bits;      // n_patterns x n_words
  size_t *n_missing;   // n_patterns: variables in the pattern
  size_t *n;           // n_patterns: rows
  size_t *count;       // n_patterns x n_strata: rows of each stratum
};

// value: n_variables columns of n_rows, NaN missing.  stratum: n_rows codes 0 ... n_strata-1,
// NaN: the row is not counted; NULL: one stratum.  O(n_rows n_variables), one pass.
void missing_patterns_count(struct missing_patterns *patterns, const double *const *value,
                            size_t n_variables, const double *stratum, size_t n_strata,
                            size_t n_rows);
void missing_patterns_free(struct missing_patterns *patterns);

bool missing_pattern_holds(const struct missing_patterns *patterns, size_t pattern,
                           size_t variable);

#endif
