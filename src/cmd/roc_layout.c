// SPDX-License-Identifier: GPL-3.0-or-later
// her2-roc's page: areas, cut-offs and comparisons as a journal prints them.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "cmd/roc.h"

enum { P_DIGITS = 3, PERCENT_DIGITS = 1, RATIO_DIGITS = 2 };

// ---- cells ----

static void set_and_free(struct layout *layout, size_t row, size_t column, char *text)
{
  layout_set(layout, row, column, text);
  free(text);
}

static void append_number(struct text *text, double value, int digits)
{
  char buffer[NUMBER_SIZE];
  if (isnan(value)) {
    text_append(text, "\u2013");
    return;
  }
  if (isinf(value)) {
    text_append(text, value > 0 ? "\u221e" : "\u2212\u221e");
    return;
  }
  number_write_fixed(buffer, value, digits);
  text_append(text, *buffer == '-' ? "\u2212" : "");
  text_append(text, buffer + (*buffer == '-'));
}

static char *number_text(double value, int digits)
{
  struct text text = {0};
  append_number(&text, value, digits);
  return text_take(&text);
}

// "0.79 (0.71–0.87)"; limits that may be negative are parted by a word.
static char *interval_text(double value, double low, double high, int digits, bool signed_limits)
{
  struct text text = {0};
  append_number(&text, value, digits);
  if (!isnan(low) && !isnan(high)) {
    text_append(&text, " (");
    append_number(&text, low, digits);
    text_append(&text, signed_limits ? " to " : "\u2013");
    append_number(&text, high, digits);
    text_append(&text, ")");
  }
  return text_take(&text);
}

static void set_p(struct layout *layout, size_t row, size_t column, double p)
{
  char buffer[NUMBER_SIZE];
  layout_set(layout, row, column, isnan(p) ? "\u2013" : number_write_p(buffer, p, P_DIGITS));
}

static int area_digits(const struct roc_study *study)
{
  return study->command->digits >= 0 ? study->command->digits : 3;
}

static char *title_of(const struct roc_result *result)
{
  return text_format("%s%s", result->title, roc_is_apparent(result) ? ", apparent" : "");
}

static char *level_heading(const struct roc_study *study, const char *what)
{
  return text_format("%s (%.10g%% CI)", what, 100 * study->command->level);
}

static void add_column(struct layout *layout, char *heading)
{
  layout_column(layout, ALIGN_LEFT, heading);
  free(heading);
}

static bool any_corrected(const struct roc_study *study)
{
  for (size_t m = 0; m < study->set.n_markers; m++)
    if (!isnan(study->result[m].corrected_auc))
      return true;
  return false;
}

// ---- areas ----

static const char *interval_words(const struct roc_study *study)
{
  switch (study->settings->interval) {
  case ROC_LOGIT:
    return "DeLong on the logit scale";
  case ROC_EXACT:
    return "a bound that holds for any distribution";
  case ROC_BOOTSTRAP:
    return "percentiles of the stratified bootstrap";
  default:
    return "DeLong";
  }
}

static void footnote_correction(const struct roc_study *study, struct layout *layout)
{
  bool apparent = false;
  for (size_t m = 0; m < study->set.n_markers; m++)
    apparent |= roc_is_apparent(&study->result[m]);
  if (apparent)
    layout_footnote(layout, "Apparent: measured on the rows that it was fitted on.%s",
                    any_corrected(study) ? " Corrected: less the mean optimism of the fit repeated "
                                           "on bootstrap resamples."
                                         : "");
}

static void footnote_direction(const struct roc_study *study, struct layout *layout)
{
  struct text names = {0};
  for (size_t m = 0; m < study->set.n_markers; m++)
    if (study->result[m].lower)
      text_append_item(&names, ", ", study->result[m].title);
  if (names.length)
    layout_footnote(layout, "Lower values mean the event: %s.", text_content(&names));
  text_free(&names);
}

static void add_areas(const struct roc_study *study, struct report *report)
{
  const struct outcome *outcome = &study->set.outcome;
  char *title = text_format("ROC analysis of %s: %s (n = %zu) against %s (n = %zu)",
                            column_title(outcome->column), outcome->label[0], study->set.n_events,
                            outcome->label[1], study->set.n_rows - study->set.n_events);
  struct layout *layout = report_add_layout(report, "auc", title);
  free(title);
  bool correction = any_corrected(study);
  layout_column(layout, ALIGN_LEFT, "Marker");
  add_column(layout, level_heading(study, "AUC"));
  layout_column(layout, ALIGN_LEFT, "SE");
  layout_column(layout, ALIGN_LEFT, "P");
  if (correction)
    layout_column(layout, ALIGN_LEFT, "Corrected AUC");
  int digits = area_digits(study);
  size_t k = study->set.n_markers;
  for (size_t m = 0; m < k; m++) {
    const struct roc_result *result = &study->result[m];
    const struct roc_sample *all = &study->all;
    size_t row = layout_row(layout, LAYOUT_VARIABLE);
    set_and_free(layout, row, 0, title_of(result));
    set_and_free(layout, row, 1,
                 interval_text(all->areas.auc[m], all->low[m], all->high[m], digits, false));
    set_and_free(layout, row, 2, number_text(sqrt(all->areas.covariance[m * k + m]), digits));
    set_p(layout, row, 3, all->p_value[m]);
    if (correction && !isnan(result->corrected_auc))
      set_and_free(layout, row, 4, number_text(result->corrected_auc, digits));
  }
  const char *p = study->command->like->null_error
                      ? "AUC against 0.5, by the standard error under that hypothesis, without "
                        "correction for ties, as SPSS"
                      : "AUC against 0.5";
  if (study->settings->interval == ROC_DELONG)
    layout_footnote(layout, "SE and intervals: DeLong. P: %s.", p);
  else
    layout_footnote(layout, "SE: DeLong. Intervals: %s. P: %s.", interval_words(study), p);
  footnote_correction(study, layout);
  footnote_direction(study, layout);
}

// ---- partial areas ----

static void add_partial(const struct roc_study *study, struct report *report)
{
  const struct roc_settings *settings = study->settings;
  const char *focus = settings->focus == ROC_SPECIFICITY ? "specificity" : "sensitivity";
  char *title = text_format("Partial area, %s %g to %g", focus, settings->partial_from,
                            settings->partial_to);
  struct layout *layout = report_add_layout(report, "pauc", title);
  free(title);
  layout_column(layout, ALIGN_LEFT, "Marker");
  add_column(layout, level_heading(study, "Partial area"));
  layout_column(layout, ALIGN_LEFT, "SE");
  add_column(layout, level_heading(study, "Standardized"));
  if (any_corrected(study))
    layout_column(layout, ALIGN_LEFT, "Corrected\npartial area");
  int digits = area_digits(study) + 1;
  for (size_t m = 0; m < study->set.n_markers; m++) {
    const struct roc_result *result = &study->result[m];
    size_t row = layout_row(layout, LAYOUT_VARIABLE);
    set_and_free(layout, row, 0, title_of(result));
    set_and_free(layout, row, 1,
                 interval_text(result->partial.raw, result->partial_low, result->partial_high,
                               digits, false));
    set_and_free(layout, row, 2, number_text(result->partial_se, digits));
    set_and_free(layout, row, 3,
                 interval_text(result->partial.corrected, result->standardized_low,
                               result->standardized_high, area_digits(study), false));
    if (!isnan(result->corrected_partial))
      set_and_free(layout, row, 4, number_text(result->corrected_partial, digits));
  }
  layout_footnote(layout, "Standardized (McClish): 0.5 for a useless marker, 1 for a perfect one; "
                          "not defined below the chance line.");
  if (study->n_stratified)
    layout_footnote(layout, "SE and intervals: stratified bootstrap, %zu replicates.",
                    study->n_stratified);
}

// ---- cut-offs ----

enum { CUT_MARKER, CUT_RULE, CUT_THRESHOLD, CUT_FIRST_METRIC };

static char *rule_text(const struct roc_cut *cut)
{
  switch (cut->rule) {
  case ROC_TOPLEFT:
    return memory_copy_text("Top left");
  case ROC_CUTOFF:
    return memory_copy_text("Stated");
  case ROC_SENSITIVITY_AT_LEAST:
    return text_format("Sensitivity \u2265 %.10g%%", 100 * cut->target);
  case ROC_SPECIFICITY_AT_LEAST:
    return text_format("Specificity \u2265 %.10g%%", 100 * cut->target);
  default:
    return memory_copy_text("Youden");
  }
}

static bool is_ratio(int metric)
{
  return metric >= ROC_METRIC_LR_POSITIVE;
}

static char *metric_text(int metric, double value, double low, double high)
{
  if (is_ratio(metric))
    return interval_text(value, low, high, RATIO_DIGITS, false);
  return interval_text(100 * value, 100 * low, 100 * high, PERCENT_DIGITS, false);
}

static bool is_corrected(const struct roc_cut *cut)
{
  return !isnan(cut->corrected[ROC_METRIC_SENSITIVITY]);
}

// With the unit of its cut-offs.
static char *title_with_unit(const struct roc_result *result)
{
  char *title = title_of(result);
  if (!result->column || !result->column->unit)
    return title;
  char *text = text_format("%s (%s)", title, result->column->unit);
  free(title);
  return text;
}

static void add_cut(const struct roc_study *study, size_t m, size_t c, struct layout *layout)
{
  const struct roc_result *result = &study->result[m];
  const struct roc_cut *cut = &result->cut[c];
  size_t row = layout_row(layout, c ? LAYOUT_PLAIN : LAYOUT_VARIABLE);
  if (c == 0)
    set_and_free(layout, row, CUT_MARKER, title_with_unit(result));
  set_and_free(layout, row, CUT_RULE, rule_text(cut));
  set_and_free(layout, row, CUT_THRESHOLD, roc_threshold_text(study, m, cut));
  for (int i = 0; i < N_ROC_METRICS; i++) {
    const struct roc_proportion *metric = &cut->metric[i];
    set_and_free(layout, row, CUT_FIRST_METRIC + (size_t) i,
                 metric_text(i, metric->estimate, metric->conf_low, metric->conf_high));
  }
  if (!is_corrected(cut))
    return;
  row = layout_row(layout, LAYOUT_PLAIN);
  layout_set(layout, row, CUT_RULE, "  corrected");
  for (int i = 0; i < N_ROC_METRICS; i++)
    set_and_free(layout, row, CUT_FIRST_METRIC + (size_t) i,
                 metric_text(i, cut->corrected[i], NAN, NAN));
}

struct cut_summary {
  bool chosen;     // by a rule
  bool corrected;
  bool flattering; // by a rule and not corrected
  bool remedy;     // of which --bootstrap would correct some
  bool risk, predictor;
};

static struct cut_summary summarize_cuts(const struct roc_study *study)
{
  struct cut_summary summary = {0};
  for (size_t m = 0; m < study->set.n_markers; m++) {
    const struct roc_result *result = &study->result[m];
    bool fitted = result->marker->kind == MARKER_MODEL || result->marker->kind == MARKER_FIT;
    summary.risk |= fitted && result->marker->risk;
    summary.predictor |= fitted && !result->marker->risk;
    for (size_t c = 0; c < result->n_cuts; c++) {
      bool chosen = result->cut[c].rule != ROC_CUTOFF;
      summary.chosen |= chosen;
      summary.corrected |= is_corrected(&result->cut[c]);
      summary.flattering |= chosen && !is_corrected(&result->cut[c]);
      summary.remedy |= chosen && !is_corrected(&result->cut[c]) && !result->marker->internal;
    }
  }
  return summary;
}

// The levels of the factor that marker m is a fit of, which the cut-off calls positive.
static char *positive_levels(const struct roc_study *study, size_t m, const struct roc_cut *cut,
                             const struct column *column)
{
  const struct marker_set *set = &study->set;
  struct text text = {0};
  char number[NUMBER_SIZE];
  double *value = NEW_ARRAY(double, set->n_rows);
  size_t n = 0;
  for (size_t i = 0; i < set->n_rows; i++)
    if (study->all.value[m][i] >= cut->threshold)
      value[n++] = column->value[set->row[i]];
  sort_doubles(value, n);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || value[i] != value[i - 1])
      text_append_item(&text, ", ",
                       column->type == COLUMN_CATEGORICAL ? column->level_label[(size_t) value[i]]
                                                          : number_write(number, value[i]));
  free(value);
  if (!text.length)
    text_append(&text, "no level");
  return text_take(&text);
}

static const struct column *factor_column(const struct roc_study *study, size_t m)
{
  const struct formula *formula = &study->command->formula;
  const struct marker *marker = &study->set.marker[m];
  size_t column;
  if (marker->kind != MARKER_FIT || formula->term[m].n_parts != 1 ||
      !table_find(&study->command->table, formula->term[m].part[0].name, &column, NULL))
    return NULL;
  const struct column *found = &study->command->table.column[column];
  bool factor = found->type == COLUMN_CATEGORICAL || formula->term[m].part[0].kind == PART_FACTOR;
  return factor ? found : NULL;
}

static void footnote_levels(const struct roc_study *study, struct layout *layout)
{
  for (size_t m = 0; m < study->set.n_markers; m++) {
    const struct column *column = factor_column(study, m);
    for (size_t c = 0; column && c < study->result[m].n_cuts; c++) {
      const struct roc_cut *cut = &study->result[m].cut[c];
      char *levels = positive_levels(study, m, cut, column);
      char *rule = rule_text(cut);
      layout_footnote(layout, "%s, %s: positive for %s.", study->result[m].title, rule, levels);
      free(rule);
      free(levels);
    }
  }
}

// What is to be said of cut-offs that are measured where they were chosen.
static const char *flattery_words(const struct cut_summary *summary, bool bootstrap_asked)
{
  if (!summary->flattering)
    return "";
  if (bootstrap_asked || !summary->remedy)
    return summary->corrected ? ", which flatters those not corrected" : ", which flatters them";
  return summary->corrected ? ", which flatters those not corrected (--bootstrap=1000 corrects all)"
                            : ", which flatters them (--bootstrap=1000 corrects)";
}

static void footnote_cuts(const struct roc_study *study, struct layout *layout)
{
  const struct roc_settings *settings = study->settings;
  struct cut_summary summary = summarize_cuts(study);
  layout_footnote(layout, "Proportions in %%, intervals: %s; likelihood ratios: log method.",
                  settings->exact_proportions ? "Clopper-Pearson" : "Wilson");
  if (summary.chosen)
    layout_footnote(layout, "Cut-offs by a rule were chosen on these rows%s.",
                    flattery_words(&summary, study->command->bootstrap_asked));
  if (summary.corrected)
    layout_footnote(layout, "Corrected: less the mean optimism of fit and rule repeated on "
                            "bootstrap resamples.");
  if (isnan(settings->prevalence))
    layout_footnote(layout,
                    "Predictive values and accuracy at the prevalence of these rows, %.1f%%.",
                    100 * markers_prevalence(&study->set));
  else
    layout_footnote(layout, "Predictive values and accuracy at a prevalence of %.10g%% (Bayes).",
                    100 * settings->prevalence);
  if (summary.risk)
    layout_footnote(layout, "Cut-offs of models and fits are risks.");
  footnote_levels(study, layout);
  if (summary.predictor)
    layout_footnote(layout, "Cut-offs of models without intercept are linear predictors.");
}

static void add_cuts(const struct roc_study *study, struct report *report)
{
  static const char *const headings[] = {"Sensitivity", "Specificity", "PPV", "NPV", "Accuracy",
                                         "LR+", "LR\u2212"};
  char *title = text_format("Cut-offs, estimate (%.10g%% CI)", 100 * study->command->level);
  struct layout *layout = report_add_layout(report, "cutoff", title);
  free(title);
  layout_column(layout, ALIGN_LEFT, "Marker");
  layout_column(layout, ALIGN_LEFT, "Rule");
  layout_column(layout, ALIGN_LEFT, "Positive if");
  for (int i = 0; i < N_ROC_METRICS; i++)
    layout_column(layout, ALIGN_LEFT, headings[i]);
  for (size_t m = 0; m < study->set.n_markers; m++)
    for (size_t c = 0; c < study->result[m].n_cuts; c++)
      add_cut(study, m, c, layout);
  footnote_cuts(study, layout);
}

// ---- comparisons ----

static void set_test(const struct roc_study *study, const struct roc_pair *pair, size_t row,
                     size_t column, struct layout *layout)
{
  const struct roc_test *test = &pair->test;
  set_and_free(layout, row, column,
               interval_text(test->estimate, test->conf_low, test->conf_high, area_digits(study),
                             true));
  set_and_free(layout, row, column + 1, number_text(test->statistic, 2));
  set_p(layout, row, column + 2, test->p_value);
}

static void add_pairs(const struct roc_study *study, struct report *report)
{
  struct layout *layout = report_add_layout(report, "compare", "Comparison of curves");
  bool several = study->n_pairs > 1;
  layout_column(layout, ALIGN_LEFT, "Pair");
  add_column(layout, level_heading(study, "Difference in AUC"));
  layout_column(layout, ALIGN_LEFT, "z");
  layout_column(layout, ALIGN_LEFT, "P");
  if (several)
    layout_column(layout, ALIGN_LEFT, "P (Holm)");
  for (size_t i = 0; i < study->n_pairs; i++) {
    const struct roc_pair *pair = &study->pair[i];
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    layout_set_format(layout, row, 0, "%s v %s", study->result[pair->marker1].title,
                      study->result[pair->marker2].title);
    set_test(study, pair, row, 1, layout);
    if (several)
      set_p(layout, row, 4, pair->p_holm);
  }
  layout_footnote(layout, "DeLong's test of paired curves, two-sided.");
  if (study->set.n_markers > 2 && !isnan(study->global.p_value)) {
    char p[NUMBER_SIZE];
    number_write_p(p, study->global.p_value, P_DIGITS);
    layout_footnote(layout, "All %zu curves equal: \u03c7\u00b2 %.2f, %g df, P %s%s.",
                    study->set.n_markers, study->global.statistic, study->global.df,
                    *p == '<' ? "" : "= ", p);
  }
}

static void add_groups(const struct roc_study *study, struct report *report)
{
  char *title = text_format("AUC by %s", study->group_title);
  struct layout *layout = report_add_layout(report, "groups", title);
  free(title);
  layout_column(layout, ALIGN_LEFT, "Marker");
  layout_column(layout, ALIGN_LEFT, study->group_title);
  layout_column(layout, ALIGN_LEFT, "Rows (events)");
  add_column(layout, level_heading(study, "AUC"));
  layout_column(layout, ALIGN_LEFT, "P");
  for (size_t m = 0; m < study->set.n_markers; m++)
    for (size_t g = 0; g < study->n_groups; g++) {
      const struct roc_sample *sample = &study->sample[g];
      size_t row = layout_row(layout, g ? LAYOUT_PLAIN : LAYOUT_VARIABLE);
      if (g == 0)
        set_and_free(layout, row, 0, title_of(&study->result[m]));
      layout_set(layout, row, 1, study->group_label[g]);
      layout_set_format(layout, row, 2, "%zu (%.0f)", sample->n, sample->areas.n_events);
      set_and_free(layout, row, 3,
                   interval_text(sample->areas.auc[m], sample->low[m], sample->high[m],
                                 area_digits(study), false));
      set_p(layout, row, 4, sample->p_value[m]);
    }
}

static void add_group_pairs(const struct roc_study *study, struct report *report)
{
  char *title = text_format("Comparison of %s", study->group_title);
  struct layout *layout = report_add_layout(report, "compare_groups", title);
  free(title);
  bool several = study->n_groups > 2;
  layout_column(layout, ALIGN_LEFT, "Marker");
  layout_column(layout, ALIGN_LEFT, "Pair");
  add_column(layout, level_heading(study, "Difference in AUC"));
  layout_column(layout, ALIGN_LEFT, "t");
  layout_column(layout, ALIGN_LEFT, "P");
  if (several)
    layout_column(layout, ALIGN_LEFT, "P (Holm)");
  for (size_t i = 0; i < study->n_group_pairs; i++) {
    const struct roc_pair *pair = &study->group_pair[i];
    bool first = i == 0 || study->group_pair[i - 1].marker1 != pair->marker1;
    size_t row = layout_row(layout, first ? LAYOUT_VARIABLE : LAYOUT_PLAIN);
    if (first)
      set_and_free(layout, row, 0, title_of(&study->result[pair->marker1]));
    layout_set_format(layout, row, 1, "%s v %s", study->group_label[pair->group1],
                      study->group_label[pair->group2]);
    set_test(study, pair, row, 2, layout);
    if (several)
      set_p(layout, row, 5, pair->p_holm);
  }
  layout_footnote(layout, "DeLong's test of curves on different rows, t with Welch's degrees of "
                          "freedom%s.",
                  several ? "; Holm within a marker" : "");
}

void roc_fill_layout(const struct roc_study *study, struct report *report)
{
  add_areas(study, report);
  if (study->settings->partial)
    add_partial(study, report);
  add_cuts(study, report);
  if (study->n_pairs)
    add_pairs(study, report);
  if (study->n_groups) {
    add_groups(study, report);
    add_group_pairs(study, report);
  }
}
