// SPDX-License-Identifier: GPL-3.0-or-later
// her2-calib's validations, between computing and presenting.

#ifndef HER2_CMD_CALIB_H
#define HER2_CMD_CALIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/imputation.h"
#include "cmd/markers.h"
#include "data/modelling.h"
#include "stats/convention.h"
#include "stats/performance.h"
#include "stats/validation.h"

// ---- what is asked ----

enum calib_scheme {
  CALIB_AUTOMATIC, // bootstrap for a model on its own rows, else external
  CALIB_BOOTSTRAP,
  CALIB_632,
  CALIB_632_PLUS,
  CALIB_CROSS,
  CALIB_HOLDOUT,
  CALIB_APPARENT,
  CALIB_EXTERNAL,
};
extern const struct named_choice calib_schemes[];

// ---update=: enum update_step, and the closed test.
enum { CALIB_UPDATE_AUTO = N_UPDATE_STEPS };

struct calib_settings {
  int validate; // enum calib_scheme
  int64_t n_folds, n_repeats;
  bool folds_asked, repeats_asked;
  int redo_selection; // 0 for --redo=fit
  size_t first, last; // --replicates; 0: all
  bool combine;
  const char *resamples, *save_replicates, *save_rows;
  bool instability, hosmer_lemeshow, spiegelhalter;
  int two_stage; // --ci
  int64_t n_inner;
  bool inner_asked;
  unsigned metrics; // bits of enum performance_metric; 0: all
  int update;       // enum update_step or CALIB_UPDATE_AUTO
  const char *save, *name;
  struct imputation_settings imputation;
};

// ---- what is found ----

// Replicates measure the metrics and then the calibration curve at CALIB_POINTS risks.
enum { CALIB_POINTS = 50, CALIB_STATISTICS = N_PERFORMANCE_METRICS + CALIB_POINTS };

struct calib_metric {
  double apparent, training, test, optimism, corrected, low, high; // NaN where undefined
  size_t n;                                                        // replicates used
};

struct calib_point {
  double predicted, apparent, corrected, low, high;
  size_t n;
};

// The curve of external data, from the smallest risk to the largest.
enum { CALIB_EXTERNAL_POINTS = 101 };
enum calib_smoother { SMOOTHER_NONE, SMOOTHER_LOESS, SMOOTHER_LOWESS };

// One coefficient of an update.
struct calib_coefficient {
  enum update_step step;
  const char *term; // "intercept", "slope" (of the linear predictor), or the column's name
  double estimate, std_error;
};

struct calib_update {
  bool has_test; // the closed test was made
  struct closed_test test;
  enum update_step chosen; // what is saved
  struct calib_coefficient *coefficient;
  size_t n_coefficients;
  double log_likelihood[N_UPDATE_STEPS]; // NaN where there is none
};

enum { CALIB_BINS = 10 };

struct calib {
  struct command *command;
  struct calib_settings *settings;
  struct marker_set set;               // empty with --combine
  const struct marker *marker;         // of the set; NULL with --combine
  struct modelling own;                // of --validate= against the fingerprint
  const struct refit_problem *problem; // NULL where nothing is refitted
  struct calib_imputed *imputed;       // NULL unless on imputed data; then there is no marker

  enum calib_scheme scheme;
  char *event, *others; // as printed: "HER2 status: over", "low, zero"
  char *model;          // its name, "" for a formula and a risk
  size_t n, n_events;
  double *y, *eta; // n
  double *risk;    // n, or NULL without an intercept
  unsigned metrics;
  bool has_curve, has_instability;

  // Internal
  size_t n_replicates, first, last; // of the whole; the range computed
  bool keeps_predictors;            // for instability; for cross-validation
  uint32_t *resample;               // --resamples
  char resample_digest[65];
  struct text_list candidate; // terms of a process that selects
  struct validation_result validation;
  double grid[CALIB_POINTS];
  double apparent[CALIB_STATISTICS];
  struct calib_metric metric[N_PERFORMANCE_METRICS];
  struct calib_point point[CALIB_POINTS];
  size_t n_points; // 0 without a curve

  // External
  struct performance_estimate estimate[N_PERFORMANCE_METRICS];
  size_t n_extreme; // risks of 0 or 1
  enum calib_smoother smoother;
  size_t n_curve; // CALIB_EXTERNAL_POINTS, or 0
  double curve_x[CALIB_EXTERNAL_POINTS], curve_logistic[CALIB_EXTERNAL_POINTS],
      curve_smooth[CALIB_EXTERNAL_POINTS], curve_low[CALIB_EXTERNAL_POINTS],
      curve_high[CALIB_EXTERNAL_POINTS];
  struct calib_update update;

  struct calibration_bin bin[CALIB_BINS];
  size_t n_bins;
  struct calibration_test hosmer_lemeshow, spiegelhalter; // NaN unless asked for

  // What the report held before the analysis, for --save-replicates.
  struct text_list early_notes, early_warnings;
};

// Printed names of the metrics.
extern const char *const calib_metric_titles[N_PERFORMANCE_METRICS];
extern const char *const calib_status_names[]; // by enum logit_status
enum { N_CALIB_STATUSES = LOGIT_NO_CONVERGENCE + 1 };

// "Internal validation", "Hold-out validation", ...: what it is, whatever was asked.
const char *calib_validation_title(const struct calib *calib);
bool calib_is_external(const struct calib *calib); // the tables are those of external data
bool calib_is_resampled(const struct calib *calib);
bool calib_wants(const struct calib *calib, enum performance_metric metric);
// Whether shifted percentiles of training values make an interval of it.
bool calib_has_shifted_interval(enum performance_metric metric);
// Cuts limits where the metric cannot go.
void calib_clip(enum performance_metric metric, double *low, double *high);

// ---- steps; what cannot be done ends the process ----

_Noreturn void calib_fail(const struct calib *calib, enum error_status status, const char *format,
                          ...) __attribute__((format(printf, 3, 4)));

// ---- imputed data: calib_impute.c ----

// Whether --impute asks for it, or the model was made so on these rows; on others if its process is
// asked to be repeated (--validate=bootstrap, cv, 632).
bool calib_imputes(const struct calib *calib);
// Imputes, makes the process and fills rows, outcome, linear predictor (the mean over the
// imputations) and scheme; false if nothing is missing (then nothing is done).
bool calib_load_imputed(struct calib *calib);
// The process that replicates repeat, or NULL.
const struct validation_process *calib_imputed_replicate(const struct calib *calib);
// CALIB_STATISTICS values of the process on all rows, means over the imputations.
void calib_measure_imputed(struct calib *calib, double *value);
void calib_imputed_free(struct calib *calib);
// How many imputations there are; 1 without.
size_t calib_n_sets(const struct calib *calib);
// The risks of all rows, on imputed data those of every imputation, one after the other: n_sets x n
// (*n_risks).  The mean over the imputations is no risk that any row has.
const double *calib_judged_risks(const struct calib *calib, size_t *n_risks);
// Bins of these; a row counts 1/n_sets in each imputation.
size_t calib_fill_bins(const struct calib *calib, struct calibration_bin *bin);

// Replicates first..last.
void calib_internal_run(struct calib *calib);
// From the replicates to metrics and curve.
void calib_internal_summarise(struct calib *calib);
// On the original rows: the predicted risks of every replicate.  low, high, error: n each; the
// mean of `error` (MAPE) is returned, NaN without predictors.
double calib_instability(const struct calib *calib, double *low, double *high, double *error);

// Whether the risk of row i has a finite logit.
bool calib_has_logit(const struct calib *calib, size_t i);
void calib_external_run(struct calib *calib);
void calib_update_run(struct calib *calib);
void calib_update_save(struct calib *calib);
void calib_update_free(struct calib_update *update);

// ---- replicate files, --save-replicates and --combine: see her2-calib(1) ----

// As the command's companion file.
void calib_replicates_save(struct calib *calib);
// Reads n files (1 or more) that together have every replicate once, in any order: fills model,
// outcome, rows, settings, candidates, the report's input, call and notes, and the validation.
// ERROR_DATA, with file and line: a file that is none, or damaged; files of different validations;
// replicates twice or missing.  After an error what there is of it can be freed.
bool calib_replicates_join(struct calib *calib, const char *const *path, size_t n,
                           struct error *error);

// Releases what a run, or else its files, filled: model, outcome, rows, candidates, replicates.
void calib_validation_free(struct calib *calib);

// What writer and reader share.
extern const char calib_replicates_first_line[];
void calib_replicates_append_names(const struct calib *calib, struct text *text); // of the table
bool calib_keeps_statistic(const struct calib *calib, size_t k); // k < CALIB_STATISTICS
// Whether an argument of the call decides how something is shown, not what is computed.
bool calib_is_shown_only(const char *argument);

void calib_fill_tables(const struct calib *calib, struct report *report);
void calib_fill_layout(const struct calib *calib, struct report *report);
bool calib_draw(const char *kind, void *calib, struct figure *figure, struct error *error);

#endif
