// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit's own: findings, and what the files that make them share.

#ifndef HER2_CMD_AUDIT_H
#define HER2_CMD_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "data/published.h"
#include "report/report.h"
#include "stats/mean_range.h"
#include "stats/printed.h"

// In order of weight: the heavier one of two checks of a number is its verdict.
enum verdict {
  VERDICT_UNVERIFIABLE,
  VERDICT_CONSISTENT,
  VERDICT_ROUNDING,
  VERDICT_DIFFERENT,
  VERDICT_IMPOSSIBLE,
  N_VERDICTS
};
extern const char *const verdict_names[N_VERDICTS];

// What a check is about; audit_kinds[] names and explains each.
enum audit_kind {
  KIND_NONE,
  KIND_COUNTS,
  KIND_GRIM,
  KIND_POOLED,
  KIND_COUNT_TEST,
  KIND_MEAN_TEST,
  KIND_P_OF_STATISTIC,
  KIND_TEXT,
  KIND_ORDER,
  KIND_DELTA,
  KIND_EXPONENT,
  KIND_INTERVAL,
  KIND_P_OF_INTERVAL,
  KIND_FACTOR,
  KIND_STANDARD_ERROR,
  KIND_SLOPE,
  KIND_SCORE,
  KIND_IDENTICAL,
  KIND_EPV,
  KIND_PROPORTION,
  KIND_AUC,
  KIND_CORRECTED,
  KIND_REPEATED,
  N_KINDS
};
struct audit_kind_spec {
  const char *name;
  const char *meaning; // for someone who wants to use the model
};
extern const struct audit_kind_spec audit_kinds[N_KINDS];

struct audit_finding {
  const struct published_number *number; // NULL: derived, nothing of the kind is printed
  size_t file;
  char *item, *quantity;
  struct ranged recomputed;
  enum verdict verdict;
  enum audit_kind kind;
  char *how;
  char *lead;       // what the working begins with, whatever its verdict is; may be NULL
  struct text also; // further contradictions
};

struct audit {
  struct published published;
  double level;            // confidence level of the printed intervals
  bool profile;            // they are profile likelihood intervals
  bool youden;             // cut-offs are those of the greatest Youden index
  struct text_list whole;  // measures that hold whole numbers
  double *group_n;         // n_groups: rows of each group, NaN if not known
  bool *fitted;            // n_models: read otherwise than in order, since that fits better
  struct audit_finding *finding; // one for each printed number, by its index; then derived
  size_t n_findings, capacity;
};

// ---- findings ----

// A finding for every printed number, unverifiable as yet.
void audit_register(struct audit *audit);
// One check of a printed number; nothing if it is not printed.
void audit_judge(struct audit *audit, const struct published_number *number, enum audit_kind kind,
                 enum verdict verdict, struct ranged recomputed, const char *how, ...)
    __attribute__((format(printf, 6, 7)));
// A finding on something that is not printed itself.
void audit_add(struct audit *audit, size_t file, const char *item, const char *quantity,
               enum audit_kind kind, enum verdict verdict, struct ranged recomputed,
               const char *how, ...) __attribute__((format(printf, 8, 9)));

void audit_free_findings(struct audit *audit);

enum verdict verdict_of(enum agreement agreement);
struct ranged ranged_exact(double value);
struct ranged ranged_nothing(void);

// A value that a printed number may be, and by what convention.
struct audit_candidate {
  const char *name;
  struct ranged value;
  bool alone; // fits this number but none beside it: too many are tried for that to count
};
// A convention counts for one pair of a row if it is one of the n_plain first ones, or fits
// another printed pair of the row too.  fits: n_conventions x n_pairs, row-major.
bool audit_is_alone(const bool *fits, size_t convention, size_t n_plain, size_t n_pairs,
                    size_t n_printed);

// Consistent by the first candidate that prints so, else rounding by the first that may; else
// different, measured by the first candidate.  `basis` begins `how`, `hint` (may be NULL or
// empty) ends it if no candidate fits.
void audit_judge_candidates(struct audit *audit, const struct published_number *number,
                            enum audit_kind kind, bool is_p, const char *basis,
                            const struct audit_candidate *candidate, size_t n_candidates,
                            const char *hint);
// Text P against table P, all pairs of one test, swapped columns included.
// of_statistic: the overall P that the printed statistic has (NaN: not known).
void audit_text_p(struct audit *audit, const struct published_tests *tests,
                  struct ranged of_statistic);
// "no measure 'Age' in the tables; did you mean 'age'?"; NULL if it is there.  The caller frees.
char *audit_no_measure(const struct audit *audit, const char *name);
char *audit_no_feature(const struct audit *audit, const char *name);
// Why a line of a logistic table cannot be held against the other tables: its variable, or a
// level of its contrast, is not in them.  NULL if nothing is amiss.  The caller frees.
char *audit_no_term(const struct audit *audit, const struct published_term *term);
// The working begins with it.  Before the checks that say the same.
void audit_lead(struct audit *audit, const struct published_number *number, const char *lead);
// Why a number was not held against the other tables: appended to the working, if there is one.
void audit_remark(struct audit *audit, const struct published_number *number, const char *remark);
// Names in tests and logistic tables that look misspelt.
void audit_warn_of_names(const struct audit *audit, struct report *report);
// Names of the groups on one side of a model, joined.
char *audit_side(const struct audit *audit, const bool *side);
// "zero v low" for pair k.
char *audit_pair_name(const struct audit *audit, size_t pair);
// The rows of the groups of one side; NaN if one is not known.
double audit_side_n(const struct audit *audit, const bool *side);
// Events and others at each level of a feature (n_levels x 2), those of level `missing` 0;
// NULL if a count is not printed.  The caller frees.
double *audit_side_counts(const struct audit *audit, const struct published_feature *feature,
                          const struct published_model *model);
bool audit_is_missing_level(const char *level);
// Summaries of the groups of one side (NULL: all groups that the table has); *n of them; the
// caller frees.  NULL if one is not mean and SD.
struct mean_group *audit_mean_groups(const struct audit *audit,
                                     const struct published_measure *measure, const bool *side,
                                     size_t *n);

// ---- the checks ----

void audit_counts(struct audit *audit);      // group sizes, sums, percentages, pooled moments
void audit_count_tests(struct audit *audit);
void audit_means(struct audit *audit);       // quartiles, GRIM, deltas
void audit_mean_tests(struct audit *audit);
// Before the following two: which groups the models compare that the tables do not state.
void audit_choose_readings(struct audit *audit);
void audit_logistic(struct audit *audit);
void audit_performance(struct audit *audit);

// ---- the page ----

void audit_fill_tables(const struct audit *audit, struct report *report);
void audit_fill_layouts(const struct audit *audit, struct report *report);

#endif
