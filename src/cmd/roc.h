// SPDX-License-Identifier: GPL-3.0-or-later
// her2-roc's curves, cut-offs and comparisons, between computing and presenting.

#ifndef HER2_CMD_ROC_H
#define HER2_CMD_ROC_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/command.h"
#include "cmd/markers.h"
#include "data/marker.h"
#include "stats/roc.h"

// ---- what is asked ----

// One cut-off: a rule, with its value, sensitivity or specificity.
struct roc_request {
  enum roc_rule rule;
  double target;
  char *marker;       // NULL: of every marker
};

struct roc_direction {
  char *marker;       // NULL: every quantity
  bool lower;
};

struct roc_settings {
  struct roc_direction *direction; // the last that fits a marker counts, a named one before others
  size_t n_directions;
  struct roc_request *request;
  size_t n_requests;
  int interval;                    // enum roc_interval
  int exact_proportions;           // 1: Clopper and Pearson, 0: Wilson
  bool partial;
  enum roc_focus focus;
  double partial_from, partial_to;
  const char *group;               // column, or NULL
  double prevalence;               // NaN: that of the rows
  bool band;
};

extern const char *const roc_rule_names[]; // by enum roc_rule: "youden", "topleft", "cutoff", ...

// ---- what is found ----

// Whose P it is that an area has.
enum roc_area_test {
  ROC_TEST_DELONG,
  ROC_TEST_MANN_WHITNEY, // where DeLong's standard error is 0 or not defined
  ROC_TEST_NULL,         // by the standard error under the hypothesis of 1/2 (--like=spss)
};
extern const char *const roc_area_test_names[]; // "delong", "mannwhitney", "null"

// Areas of all markers on some of the rows.
struct roc_sample {
  size_t n;
  bool lent;             // y and values are the marker set's, else the sample's own
  double *y;             // n
  double **value;        // a marker each: n, higher for the event
  struct roc_areas areas;
  double *low, *high;    // a marker each
  double *statistic, *p_value;
  enum roc_area_test *test;
};

struct roc_cut {
  enum roc_rule rule;
  double target;                // as asked; NaN where the rule has none
  double threshold;             // of roc_sample's values
  size_t n_tied;                // points of the curve that meet the rule equally well
  struct roc_counts counts;
  struct roc_proportion metric[N_ROC_METRICS];
  double corrected[N_ROC_METRICS]; // NaN where not validated
};

enum { ROC_BAND_POINTS = 101 }; // specificity 0, 0.01, ..., 1

// A marker and what was measured of it on all rows.
struct roc_result {
  const struct marker *marker;
  char *title;                  // as printed
  bool lower;                   // low values mean the event
  bool risk_scale;              // thresholds are shown as risks, values are linear predictors
  const struct column *column;  // of x, x/0.1 and x/sd, all of which are measured as x; else NULL
  int digits;                   // decimals of the values, -1: not known
  struct roc_curve curve;
  struct roc_cut *cut;
  size_t n_cuts;
  struct roc_partial partial;
  double partial_se, partial_low, partial_high; // of the raw area
  double standardized_low, standardized_high;
  double band_sensitivity[ROC_BAND_POINTS], band_low[ROC_BAND_POINTS],
      band_high[ROC_BAND_POINTS];
  // Validation: replicates used and failed; corrected values NaN without.
  size_t n_replicates, n_failed;
  double corrected_auc, corrected_partial;
};

// One pair of curves: two markers on the same rows, or one marker in two groups.
struct roc_pair {
  size_t marker1, marker2, group1, group2;
  struct roc_test test;
  double p_holm;
};

struct roc_study {
  struct command *command;
  const struct roc_settings *settings;
  struct marker_set set;
  struct roc_sample all;
  struct roc_result *result;    // set.n_markers
  struct roc_pair *pair;
  size_t n_pairs;
  struct roc_test global;       // of three curves or more
  // --group
  size_t n_groups, n_ungrouped; // rows whose group is missing
  char *group_title;
  char **group, **group_label;
  struct roc_sample *sample;    // n_groups
  struct roc_pair *group_pair;
  size_t n_group_pairs;
  size_t n_stratified;          // replicates of the stratified bootstrap, 0: none
};

// A threshold of roc_sample's values as it is shown (the marker's units, a risk), and back.
double roc_shown(const struct roc_result *result, double threshold);
double roc_hidden(const struct roc_result *result, double shown);
// Its text with the relation, "\u2265 0.98", "\u2264 3": enough decimals to give the same counts.
char *roc_threshold_text(const struct roc_study *study, size_t m, const struct roc_cut *cut);
bool roc_is_apparent(const struct roc_result *result);

// ---- steps ----

// Areas, curves, cut-offs and comparisons of the markers that are loaded.
void roc_analyse(struct roc_study *study);
// Stratified bootstrap: intervals of areas and partial areas, bands.
void roc_resample(struct roc_study *study);
// Optimism of models and of rules.
void roc_validate(struct roc_study *study);
void roc_study_free(struct roc_study *study);

void roc_fill_tables(const struct roc_study *study, struct report *report);
void roc_fill_layout(const struct roc_study *study, struct report *report);
bool roc_draw(const char *kind, void *study, struct figure *figure, struct error *error);

#endif
