// SPDX-License-Identifier: GPL-3.0-or-later
// A study's printed tables, written down in the CSV forms of her2-published(5).
//
// Every number keeps its text as printed, so that its rounding is known; `NA` and an empty
// cell are a number that is not printed.  Which form a file has its header line tells; the
// names of files only name the tables.

#ifndef HER2_DATA_PUBLISHED_H
#define HER2_DATA_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "stats/printed.h"

enum published_form {
  PUBLISHED_COHORT,        // group, n, percent, NAME_mean, NAME_sd, note
  PUBLISHED_COUNTS,        // feature, level, group, count
  PUBLISHED_COUNT_TESTS,   // feature, chi2, p_overall, p_A_B, text_p_overall, text_p_A_B
  PUBLISHED_MEASURES,      // measure, unit, kind, group, n, centre, sd, spread_lo, spread_hi
  PUBLISHED_MEASURE_TESTS, // measure, test, statistic, p_overall, p_A_B, text_...
  PUBLISHED_LOGISTIC,      // variable, level, uni_b, uni_or, uni_lo, uni_hi, uni_p, multi_...
  PUBLISHED_PERFORMANCE,   // model, item, quantity, value, where
  PUBLISHED_AGREEMENT,     // measure, icc
  PUBLISHED_MODELS,        // model, table, event, comparison
  PUBLISHED_PLAUSIBLE,     // name, kind, ...: assumptions, no printed numbers; see plausible.h
};

struct published_file {
  char *path;
  char *name; // of the table: the file's name without folder and .csv
  enum published_form form;
  size_t n_records; // without the header
};

// A number of the tables.  `index` counts all that are printed, in the order of the files
// and of their cells; it has no meaning for one that is not (text NULL).
struct published_number {
  char *text;
  struct printed printed;
  size_t index;
  size_t file, line;
  char *column; // of the file
};

struct published_statistic { // NAME_mean and NAME_sd of the cohort form
  char *name;
  struct published_number mean, sd;
};

struct published_cohort_row {
  char *group, *note; // note "" if there is none
  size_t file;
  struct published_number n, percent;
  struct published_statistic *statistic;
  size_t n_statistics;
};

struct published_feature {
  char *name;
  size_t file;
  char **level; // in order of the file
  size_t n_levels;
  struct published_number *count; // n_levels x n_groups, row-major
};

enum published_kind { PUBLISHED_MEAN_SD, PUBLISHED_MEDIAN_IQR };
struct published_measure_group {
  bool is_there; // the table has a row for this group
  enum published_kind kind;
  struct published_number n, centre, sd, spread_low, spread_high;
};
struct published_measure {
  char *name, *unit; // unit NULL if not stated
  bool whole;        // column `values` says integer
  size_t file;
  struct published_measure_group *group; // n_groups
};

// Tests of a feature or measure.  Pairs are those of the study's groups in the order (0,1),
// (0,2), ..., (1,2), ...
struct published_tests {
  char *name;   // of the feature or measure
  char *test;   // F, H, t, ...; "chi2" for a feature
  size_t file;
  struct published_number statistic, p_overall, text_p_overall;
  struct published_number *p_pair, *text_p_pair; // n_pairs
};

struct published_coefficient {
  struct published_number b, odds_ratio, low, high, p;
};
struct published_term {
  char *variable, *level; // level "" for a continuous variable or a factor as a whole
  size_t file;
  double per; // units of the variable that the odds ratio is for; NaN: not stated
  struct published_coefficient univariable, multivariable;
};

// What a logistic table and the performance figures compare.
struct published_model {
  char *name;       // in the performance form; NULL if it has none there
  char *table;      // name of the logistic table; NULL if it has none
  bool stated;      // by a file of the models form; else by published_read's rule
  bool known;       // event and comparison are known
  bool *event, *comparison; // n_groups
};

struct published_figure {
  char *model, *item, *quantity, *where; // where "" if not stated
  size_t file;
  struct published_number value;
};

struct published_agreement {
  char *measure;
  size_t file;
  struct published_number icc;
};

struct published {
  struct published_file *file;
  size_t n_files;
  char **group; // those that the tables of counts and measures compare, in order
  size_t n_groups, n_pairs;
  struct published_cohort_row *cohort;
  size_t n_cohort;
  struct published_feature *feature;
  size_t n_features;
  struct published_measure *measure;
  size_t n_measures;
  struct published_tests *count_tests, *measure_tests;
  size_t n_count_tests, n_measure_tests;
  struct published_term *term; // of all logistic tables
  size_t n_terms;
  struct published_model *model;
  size_t n_models;
  struct published_figure *figure;
  size_t n_figures;
  struct published_agreement *agreement;
  size_t n_agreements;
  size_t n_numbers;  // printed
  char digest[65];   // SHA-256 of all files, one after the other
};

// Fills a {0} from files and folders (every *.csv in it, by name).  Errors, with file, line
// and column: a header that is of no form, a cell that is no number, a record twice, a group
// that other tables or the cohort form do not have, nothing to read.
//
// Twice is: in the cohort form a group; a count's feature, level and group; a measure and its
// group; the tests of a feature or of a measure; in the models form a model or a logistic table;
// all these in any file.  In one logistic table, a variable and its level.  Records of the
// performance and of the agreement form may repeat: each stands for itself.
//
// The groups stand in the order of the cohort form if it names them all, else in the order of
// their first appearance.  Without a models form the first logistic table (by name) compares
// the last group with all before it, the next one the last but one with those before it, and
// so on; the models of the performance form belong to the logistic tables in order.
bool published_read(struct published *published, const char *const *paths, size_t n_paths,
                    struct error *error);
void published_free(struct published *published);

bool published_is_printed(const struct published_number *number);
// member: n_groups.  The groups that a row of the cohort form joins: the group of its name, those
// of a note `a + b`, or all for `included`.  False if it is none of these, or if a name of the note
// is no group; member then means nothing.
bool published_row_groups(const struct published *published,
                          const struct published_cohort_row *row, bool *member);
// NULL, or SIZE_MAX, if there is none.
size_t published_find_group(const struct published *published, const char *name);
const struct published_feature *published_find_feature(const struct published *published,
                                                       const char *name);
const struct published_measure *published_find_measure(const struct published *published,
                                                       const char *name);
// The model of a logistic table, by the table's name, or of performance figures, by theirs.
const struct published_model *published_model_of_table(const struct published *published,
                                                       const char *table);
const struct published_model *published_model_named(const struct published *published,
                                                    const char *name);
// Index of a feature's level by its name or, where none has it, by its number in order,
// Arabic or Roman (`2`, `II`); SIZE_MAX if there is none.
size_t published_find_level(const struct published_feature *feature, const char *name);
// The two levels of a contrast `A_vs_B`; false if it is none of this feature.
bool published_contrast(const struct published_feature *feature, const char *text,
                        size_t *level, size_t *reference);
// The place of the pair (i, j), i < j, among the pairs.
size_t published_pair(const struct published *published, size_t i, size_t j);

#endif
