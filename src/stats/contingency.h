// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of counts: chi-square and its relatives, Fisher's exact test.
//
// count: n_rows x n_columns, row-major, frequencies >= 0.  Rows and columns whose sum
// is 0 are left out of every statistic and of its degrees of freedom.  A count that is
// negative or not finite makes every result NaN.

#ifndef HER2_STATS_CONTINGENCY_H
#define HER2_STATS_CONTINGENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A table without its empty rows and columns.  contingency_table_init fills it, and returns
// false, with the table empty, if a count is negative or not finite.
struct contingency_table {
  size_t n_rows, n_columns;   // that hold counts
  double *cell;               // n_rows x n_columns, row-major
  double *row_sum, *column_sum;
  size_t *row, *column;       // where they stand in the table given
  double total;
};
bool contingency_table_init(struct contingency_table *table, const double *count, size_t n_rows,
                            size_t n_columns);
void contingency_table_free(struct contingency_table *table);
// All counts whole and their sum below 2^53.
bool contingency_table_is_whole(const struct contingency_table *table);

struct contingency_result {
  double statistic, df, p_value; // NaN if fewer than two rows or columns hold counts
};
// Pearson.  With `yates` and a 2 x 2 table each |O - E| is lessened by min(1/2, |O - E|),
// as R's chisq.test.
struct contingency_result chi_square_test(const double *count, size_t n_rows, size_t n_columns,
                                          bool yates);
// Likelihood ratio G = 2 sum O log(O/E).
struct contingency_result likelihood_ratio_test(const double *count, size_t n_rows,
                                                size_t n_columns);
// Linear-by-linear association: (n - 1) r^2 of row and column scores, df 1 (SPSS, SAS
// Mantel-Haenszel).  Scores: n_rows and n_columns values, NULL: 1, 2, 3, ...  NaN if the
// scores in use are all equal.
struct contingency_result linear_trend_test(const double *count, size_t n_rows, size_t n_columns,
                                            const double *row_score, const double *column_score);
// Cochran-Armitage for a 2 x c table (either side may be the 2): n r^2, R's prop.trend.test.
// score: a value for each category of the other side, NULL: 1, 2, 3, ...  A table without a
// side of 2 is given NaN.
struct contingency_result proportion_trend_test(const double *count, size_t n_rows,
                                                size_t n_columns, const double *score);

struct expected_counts {
  double least;           // smallest expected count
  double percent_below_5; // of the cells
};
struct expected_counts expected_counts_check(const double *count, size_t n_rows, size_t n_columns);

struct fisher_result {
  double p_value;           // two-sided: tables as probable as the observed one (times
                            // 1 + 1e-7) or less
  double odds_ratio;        // 2 x 2: conditional maximum likelihood, 0 to infinity; else NaN
  double conf_low, conf_high; // 2 x 2: its exact interval (each tail (1 - level)/2); Monte
                            // Carlo: Clopper-Pearson interval of P; else NaN
  bool exact;               // false: Monte Carlo
  size_t n_tables;          // Monte Carlo: tables drawn
};
// Effort an exact r x c test may take before Monte Carlo takes over.  NULL: all zero.
struct fisher_limits {
  size_t nodes;             // steps through the network; 0: FISHER_NODES
  size_t monte_carlo;       // tables to draw; 0: 100000
  bool monte_carlo_only;
  uint64_t seed;
  double level;             // of the intervals; 0: 0.95
};
// Less than a second's work; memory is bounded apart, to some 170 MB.
enum { FISHER_NODES = 200000000 };
// Counts must be whole numbers (else NaN).  2 x 2 by the hypergeometric distribution; r x c by
// a network algorithm (Mehta & Patel 1983; Clarkson, Fan & Joe 1993), bounded in time and
// memory, else by tables drawn with fixed margins (Patefield 1981), P = (1 + hits)/(1 + N).
// P has a relative error below 1e-9 down to 1e-300, and is 0 below the least double.  A table
// with a single row or column that holds counts is the only one with its margins: P = 1, no
// odds ratio; one without counts: NaN.
struct fisher_result fisher_test(const double *count, size_t n_rows, size_t n_columns,
                                 const struct fisher_limits *limits);

// The exact P of an r x c table by the network, into *p_value; false if that takes more than
// max_steps steps of some 3 ns or too much memory.
bool fisher_network(const struct contingency_table *table, size_t max_steps, double *p_value);
// The same P by tables drawn; limits->nodes and monte_carlo_only are not looked at.
struct fisher_result fisher_monte_carlo(const double *count, size_t n_rows, size_t n_columns,
                                        const struct fisher_limits *limits);

// Monte Carlo chi-square P for given margins (R's simulate.p.value), with interval.  Tables are
// drawn in blocks, each from the stream (seed, RNG_MONTE_CARLO, block): the number of threads
// does not matter.
struct fisher_result chi_square_monte_carlo(const double *count, size_t n_rows, size_t n_columns,
                                            const struct fisher_limits *limits);

// A table with the given margins drawn at random (Patefield 1981, AS 159).  Sums: whole
// numbers, both sides with the same total; count: n_rows x n_columns out.
struct philox_stream;
void contingency_draw(const double *row_sum, size_t n_rows, const double *column_sum,
                      size_t n_columns, struct philox_stream *stream, double *count);

// Two proportions x1/n1 and x2/n2 by the pooled z (SPSS's column proportions test).  The
// statistic is z, positive if the first is greater; df NaN; P two-sided.  NaN if the pooled
// proportion is 0 or 1, or an n is 0.
struct contingency_result proportions_z_test(double x1, double n1, double x2, double n2);

#endif
