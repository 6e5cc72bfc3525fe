// SPDX-License-Identifier: GPL-3.0-or-later
// her2-dca's page: net benefit at a few round thresholds, and where it beats the defaults.
#include <config.h>

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/dca.h"

enum { MOST_COLUMNS = 11, NET_BENEFIT_DIGITS = 3, AVOIDED_DIGITS = 1, MOST_RANGES = 3 };

// ---- thresholds that are shown ----

struct shown {
  size_t place[MOST_COLUMNS];
  size_t n;
};

static bool is_multiple(double threshold, double step)
{
  double parts = threshold / step;
  return fabs(parts - round(parts)) < 1e-9;
}

// The multiples of a round step, as fine as the columns allow; if there are no such, thresholds
// at equal distances in the list.
static struct shown choose_thresholds(const struct dca_study *study)
{
  static const double steps[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2};
  enum { LEAST = 4 };
  struct shown shown = {.n = 0};
  size_t n = study->n_thresholds;
  for (size_t s = 0; n > MOST_COLUMNS && s < sizeof steps / sizeof *steps; s++) {
    shown.n = 0;
    size_t n_multiples = 0;
    for (size_t t = 0; t < n; t++) {
      if (!is_multiple(study->threshold[t], steps[s]))
        continue;
      if (n_multiples < MOST_COLUMNS)
        shown.place[shown.n++] = t;
      n_multiples++;
    }
    if (n_multiples <= MOST_COLUMNS && n_multiples >= LEAST)
      return shown;
  }
  shown.n = n < MOST_COLUMNS ? n : MOST_COLUMNS;
  for (size_t i = 0; i < shown.n; i++)
    shown.place[i] = shown.n > 1 ? i * (n - 1) / (shown.n - 1) : 0;
  return shown;
}

static void add_columns(const struct dca_study *study, const struct shown *shown,
                        const char *first, struct layout *layout)
{
  layout_column(layout, ALIGN_LEFT, first);
  for (size_t i = 0; i < shown->n; i++) {
    char number[NUMBER_SIZE];
    double threshold = study->threshold[shown->place[i]];
    char *ratio = threshold < 1 ? dca_ratio_text(threshold) : memory_copy_text("1:0");
    char *heading = text_format("%s\n%s", number_write(number, threshold), ratio);
    layout_column(layout, ALIGN_RIGHT, heading);
    free(heading);
    free(ratio);
  }
}

// ---- rows ----

static void set_number(struct layout *layout, size_t row, size_t column, double value, int digits)
{
  char buffer[NUMBER_SIZE];
  if (isnan(value)) {
    layout_set(layout, row, column, "\u2013");
    return;
  }
  number_write_fixed(buffer, value, digits);
  layout_set_format(layout, row, column, "%s%s", *buffer == '-' ? "\u2212" : "",
                    buffer + (*buffer == '-'));
}

static void add_row(struct layout *layout, const struct shown *shown, enum layout_row_kind kind,
                    const char *title, const double *value, int digits)
{
  size_t row = layout_row(layout, kind);
  layout_set(layout, row, 0, title);
  for (size_t i = 0; i < shown->n; i++)
    set_number(layout, row, i + 1, value[shown->place[i]], digits);
}

static void add_limits(const struct dca_study *study, struct layout *layout,
                       const struct shown *shown, const char *of, const double *low,
                       const double *high, int digits)
{
  double level = 100 * study->command->level;
  char *lower = text_format("%slower %.10g%% limit", of, level);
  char *upper = text_format("%supper %.10g%% limit", of, level);
  add_row(layout, shown, LAYOUT_LEVEL, lower, low, digits);
  add_row(layout, shown, LAYOUT_LEVEL, upper, high, digits);
  free(lower);
  free(upper);
}

static int benefit_digits(const struct dca_study *study)
{
  return study->command->digits >= 0 ? study->command->digits : NET_BENEFIT_DIGITS;
}

static char *curve_title(const struct dca_curve *curve)
{
  return text_format("%s%s", curve->title, dca_is_apparent(curve) ? ", apparent" : "");
}

static void add_curve(const struct dca_study *study, const struct shown *shown, size_t c,
                      enum dca_scale which, int digits, struct layout *layout)
{
  const struct dca_curve *curve = &study->curve[c];
  const struct dca_values *scale = &curve->scale[which];
  bool limits = study->settings->band && curve->marker;
  char *title = curve_title(curve);
  add_row(layout, shown, LAYOUT_VARIABLE, title, scale->value, digits);
  free(title);
  if (limits)
    add_limits(study, layout, shown, "", scale->low, scale->high, digits);
  if (!curve->is_corrected)
    return;
  add_row(layout, shown, LAYOUT_LEVEL, "corrected", scale->corrected, digits);
  if (limits)
    add_limits(study, layout, shown, "corrected, ", scale->corrected_low, scale->corrected_high,
               digits);
}

// ---- footnotes ----

static void footnote_harms(const struct dca_study *study, struct layout *layout)
{
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++)
    if (study->curve[c].harm > 0)
      layout_footnote(layout, "%s: less a harm of %.10g.", study->curve[c].title,
                      study->curve[c].harm);
}

static void footnote_fits(const struct dca_study *study, struct layout *layout)
{
  struct text names = {0};
  bool apparent = false, corrected = false;
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++) {
    apparent |= dca_is_apparent(&study->curve[c]);
    corrected |= study->curve[c].is_corrected;
    if (dca_is_fit(&study->curve[c]))
      text_append_item(&names, ", ", study->curve[c].title);
  }
  if (names.length)
    layout_footnote(layout, "Risks by a logistic fit of its own on %s rows: %s.",
                    study->set.training ? "the training" : "these", text_content(&names));
  if (apparent)
    layout_footnote(layout, "Apparent: measured on the rows that it was fitted on%s.",
                    corrected ? "; corrected: less the mean optimism of the fit repeated on "
                                "bootstrap resamples"
                              : " (--correct takes the optimism off)");
  text_free(&names);
}

static void footnote_limits(const struct dca_study *study, struct layout *layout)
{
  bool corrected = false;
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++)
    corrected |= study->curve[c].is_corrected;
  if (study->settings->band)
    layout_footnote(layout,
                    "Limits: percentiles over %zu resamples of the rows, risks as they are%s.",
                    study->n_replicates,
                    corrected ? "; of corrected values those of refitted models, shifted by the "
                                "optimism"
                              : "");
}

// ---- tables ----

static void add_net_benefit(const struct dca_study *study, const struct shown *shown,
                            struct report *report)
{
  const struct outcome *outcome = &study->set.outcome;
  bool standardized = study->settings->standardized;
  char *title = text_format("%s for %s: %s (n = %zu) against %s (n = %zu)",
                            standardized ? "Standardized net benefit" : "Net benefit",
                            column_title(outcome->column), outcome->label[0], study->set.n_events,
                            outcome->label[1], study->set.n_rows - study->set.n_events);
  struct layout *layout = report_add_layout(report, "net_benefit", title);
  free(title);
  add_columns(study, shown, "Threshold\nCost:benefit", layout);
  enum dca_scale scale = standardized ? DCA_STANDARDIZED : DCA_NET_BENEFIT;
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++)
    add_curve(study, shown, c, scale, benefit_digits(study), layout);
  add_curve(study, shown, DCA_ALL, scale, benefit_digits(study), layout);
  layout_footnote(layout, "%s; treated if the risk is at least the threshold; treating none: 0.",
                  standardized ? "Net benefit as a part of its greatest value, the prevalence"
                               : "Net true positives a row");
  layout_footnote(layout, "Cost:benefit: the harm of a treatment that is not needed to the benefit "
                          "of one that is, as the threshold implies.");
  footnote_harms(study, layout);
  footnote_fits(study, layout);
  footnote_limits(study, layout);
}

// ---- ranges ----

static char *range_text(const struct dca_study *study, const struct dca_range *range)
{
  char from[NUMBER_SIZE], to[NUMBER_SIZE];
  number_write(from, study->threshold[range->from]);
  number_write(to, study->threshold[range->to]);
  return range->from == range->to ? memory_copy_text(from) : text_format("%s to %s", from, to);
}

static void add_range_rows(const struct dca_study *study, const char *title,
                           enum layout_row_kind kind, const struct dca_range *range,
                           size_t n_ranges, struct layout *layout)
{
  size_t row = layout_row(layout, kind);
  layout_set(layout, row, 0, title);
  if (!n_ranges)
    layout_set(layout, row, 1, "none of these");
  for (size_t r = 0; r < n_ranges && r < MOST_RANGES; r++) {
    if (r > 0)
      row = layout_row(layout, LAYOUT_PLAIN);
    char *text = range_text(study, &range[r]);
    layout_set(layout, row, 1, text);
    free(text);
    if (!isnan(range[r].support))
      layout_set_format(layout, row, 2, "%.1f%%", 100 * range[r].support);
  }
  if (n_ranges <= MOST_RANGES)
    return;
  size_t n_more = n_ranges - MOST_RANGES;
  row = layout_row(layout, LAYOUT_PLAIN);
  layout_set_format(layout, row, 1, "and %zu more range%s", n_more, n_more == 1 ? "" : "s");
}

static void add_ranges(const struct dca_study *study, struct report *report)
{
  struct layout *layout = report_add_layout(
      report, "range", "Thresholds at which a model beats treating all and treating none");
  layout_column(layout, ALIGN_LEFT, "Model");
  layout_column(layout, ALIGN_LEFT, "Thresholds");
  if (study->n_replicates)
    layout_column(layout, ALIGN_LEFT, "Support");
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++) {
    const struct dca_curve *curve = &study->curve[c];
    char *title = curve_title(curve);
    add_range_rows(study, title, LAYOUT_VARIABLE, curve->range, curve->n_ranges, layout);
    free(title);
    if (curve->is_corrected)
      add_range_rows(study, "corrected", LAYOUT_LEVEL, curve->corrected_range,
                     curve->n_corrected_ranges, layout);
  }
  if (study->n_replicates)
    layout_footnote(layout, "Support: in how many of %zu resamples of the rows it does so at every "
                            "threshold of the range.",
                    study->n_replicates);
}

static void add_differences(const struct dca_study *study, const struct shown *shown,
                            struct report *report)
{
  const struct dca_curve *against = &study->curve[study->difference[0].second];
  char *title = text_format("Difference in net benefit from %s", against->title);
  struct layout *layout = report_add_layout(report, "difference", title);
  free(title);
  add_columns(study, shown, "Threshold\nCost:benefit", layout);
  for (size_t d = 0; d < study->n_differences; d++) {
    const struct dca_difference *difference = &study->difference[d];
    const struct dca_curve *first = &study->curve[difference->first];
    add_row(layout, shown, LAYOUT_VARIABLE, first->title, difference->estimate,
            benefit_digits(study));
    if (study->n_replicates)
      add_limits(study, layout, shown, "", difference->low, difference->high,
                 benefit_digits(study));
    if (first->is_corrected || against->is_corrected)
      add_row(layout, shown, LAYOUT_LEVEL, "corrected", difference->corrected,
              benefit_digits(study));
  }
  if (study->n_replicates)
    layout_footnote(layout, "Limits: percentiles over %zu resamples of the rows, the same for both "
                            "curves, risks as they are.",
                    study->n_replicates);
}

static void add_avoided(const struct dca_study *study, const struct shown *shown,
                        struct report *report)
{
  struct layout *layout =
      report_add_layout(report, "net_benefit", "Interventions avoided per 100");
  add_columns(study, shown, "Threshold\nCost:benefit", layout);
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++)
    add_curve(study, shown, c, DCA_AVOIDED, AVOIDED_DIGITS, layout);
  layout_footnote(layout, "Net reduction against treating all, with no event missed.");
}

void dca_fill_layout(const struct dca_study *study, struct report *report)
{
  struct shown shown = choose_thresholds(study);
  add_net_benefit(study, &shown, report);
  add_ranges(study, report);
  if (study->n_differences)
    add_differences(study, &shown, report);
  add_avoided(study, &shown, report);
}
