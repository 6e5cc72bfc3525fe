// SPDX-License-Identifier: GPL-3.0-or-later
// her2-dca's decision curves, between computing and presenting.

#ifndef HER2_CMD_DCA_H
#define HER2_CMD_DCA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/command.h"
#include "cmd/markers.h"
#include "data/marker.h"
#include "stats/net_benefit.h"

// ---- what is asked ----

enum { DCA_MOST_THRESHOLDS = 1001 };

struct dca_harm {
  char *model;
  double harm;
};

struct dca_settings {
  double *threshold;     // n_thresholds, ascending, in [0, 1]
  size_t n_thresholds;
  bool standardized;     // in text and figures; the table has both
  double prevalence;     // NaN: that of the rows
  struct dca_harm *harm; // the last of a model counts
  size_t n_harms;
  const char *against;   // name of a model, "all", "none"; NULL: no comparison
  bool band, correct;
  const char *resamples; // path or NULL
};

// ---- what is found ----

// A run of thresholds, from..to (indices, both included), at which a curve beats both defaults.
struct dca_range {
  size_t from, to;
  double support; // share of the replicates in which it does so at all of them; NaN without
};

// Three ways to put the same.
enum dca_scale {
  DCA_NET_BENEFIT,
  DCA_STANDARDIZED, // net benefit / prevalence
  DCA_AVOIDED,      // net interventions avoided per 100 against treating all
  N_DCA_SCALES,
};

// Arrays have n_thresholds elements, NaN where there is nothing.
struct dca_values {
  double *value;
  double *low, *high;           // percentiles over resampled rows, risks as they are
  double *corrected;            // for optimism
  double *corrected_low, *corrected_high; // shifted percentiles of refitted models
};

// The curve of a strategy.
struct dca_curve {
  const struct marker *marker; // NULL: treat all, treat none
  char *name, *title;          // title: as printed, of each curve another
  double harm;
  double *limit;               // a risk that is at least this is treated
  double *true_positives, *false_positives; // counts
  struct dca_values scale[N_DCA_SCALES];
  double *support;             // share of the replicates in which it beats both defaults; or NaN
  struct dca_range *range;
  size_t n_ranges;
  bool is_corrected;
  struct dca_range *corrected_range;
  size_t n_corrected_ranges;
  size_t n_replicates, n_failed; // refits that were used, and that have no model
};

// Net benefit of one curve less that of another.
struct dca_difference {
  size_t first, second; // curves
  double *estimate, *low, *high;
  double *corrected;    // NaN unless one of the two is
};

enum { DCA_ALL, DCA_NONE, DCA_MARKERS }; // places of the curves; markers follow

struct dca_study {
  struct command *command;
  const struct dca_settings *settings;
  struct marker_set set;
  const double *threshold;  // n_thresholds, the settings'
  size_t n_thresholds;
  double prevalence;        // the one that net benefit is of
  struct dca_curve *curve;
  size_t n_curves;
  struct dca_difference *difference;
  size_t n_differences;
  size_t n_replicates;      // 0: none
  uint32_t *given;          // --resamples, or NULL
};

// The odds of a threshold as a ratio of whole numbers where small ones do ("1:4", "2:3"), else
// with a decimal ("1:7.1"); to be freed.
char *dca_ratio_text(double threshold);
bool dca_is_apparent(const struct dca_curve *curve);
bool dca_is_fit(const struct dca_curve *curve);
const char *dca_kind_name(const struct dca_curve *curve); // "default", "risk", "fit", "model"
// Per 100 of those to whom the net benefit refers.
double dca_true_positives(const struct dca_study *study, const struct dca_curve *curve, size_t t);
double dca_false_positives(const struct dca_study *study, const struct dca_curve *curve, size_t t);
// A net benefit at a threshold on one of the scales.
double dca_scaled(enum dca_scale scale, double net_benefit, double prevalence, double threshold);

// ---- steps ----

// The setting of a curve with the thresholds as they are stated.
struct net_benefit_setting dca_setting(const struct dca_study *study,
                                       const struct dca_curve *curve);
// Curves of the markers that are loaded; harm and comparison by name, or the end.
void dca_analyse(struct dca_study *study);
// Percentiles over resampled rows, and the support of ranges.
void dca_resample(struct dca_study *study);
// Optimism of what was fitted on these rows.
void dca_validate(struct dca_study *study);
// Where the net benefits beat both defaults; supports are NaN.
struct dca_range *dca_ranges(const struct dca_study *study, const double *net_benefit,
                             const double *avoided, size_t *n_ranges);
void dca_study_free(struct dca_study *study);

void dca_fill_tables(const struct dca_study *study, struct report *report);
void dca_fill_layout(const struct dca_study *study, struct report *report);
bool dca_draw(const char *kind, void *study, struct figure *figure, struct error *error);

#endif
