// SPDX-License-Identifier: GPL-3.0-or-later
// her2-calib's page.
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/calib.h"

const char *const calib_metric_titles[N_PERFORMANCE_METRICS] = {
    [METRIC_AUC] = "AUC",
    [METRIC_DXY] = "Somers' Dxy",
    [METRIC_BRIER] = "Brier score",
    [METRIC_BRIER_SCALED] = "Scaled Brier score",
    [METRIC_R2_NAGELKERKE] = "Nagelkerke R\u00b2",
    [METRIC_INTERCEPT] = "Calibration intercept",
    [METRIC_SLOPE] = "Calibration slope",
    [METRIC_CITL] = "Calibration in the large",
    [METRIC_OE] = "Observed/expected events",
    [METRIC_EMAX_LOGISTIC] = "Emax, logistic curve",
    [METRIC_EMAX] = "Emax, smooth curve",
    [METRIC_E50] = "E50",
    [METRIC_E90] = "E90",
    [METRIC_EAVG] = "Mean absolute error",
    [METRIC_MAE] = "Mean absolute error",
    [METRIC_LOGLOSS] = "Log loss",
    [METRIC_G] = "g, on the log odds scale",
    [METRIC_GP] = "gp, on the risk scale",
    [METRIC_D] = "Discrimination index D",
    [METRIC_U] = "Unreliability index U",
    [METRIC_Q] = "Quality index Q",
};

static const char *const dash = "\u2013";

// "−0.012"; a dash for NaN.
static char *number_text(double value, int digits)
{
  char buffer[NUMBER_SIZE];
  if (isnan(value))
    return memory_copy_text(dash);
  if (isinf(value))
    return memory_copy_text(value > 0 ? "\u221e" : "\u2212\u221e");
  number_write_fixed(buffer, value, digits);
  return buffer[0] == '-' ? text_format("\u2212%s", buffer + 1) : memory_copy_text(buffer);
}

// "0.84 (0.79–0.88)"; "to" between limits of which one is negative.
static char *interval_text(double value, double low, double high, int digits)
{
  char *estimate = number_text(value, digits);
  if (isnan(low) || isnan(high))
    return estimate;
  char *from = number_text(low, digits), *to = number_text(high, digits);
  char *text = text_format("%s (%s%s%s)", estimate, from, low < 0 ? " to " : "\u2013", to);
  free(estimate);
  free(from);
  free(to);
  return text;
}

static void set_and_free(struct layout *layout, size_t row, size_t column, char *text)
{
  layout_set(layout, row, column, text);
  free(text);
}

static int digits_of(const struct calib *calib)
{
  return calib->command->digits >= 0 ? calib->command->digits : 3;
}

// ---- headings ----

// Metrics fall into three families; each begins with a line of its own.
static const struct {
  const char *title;
  enum performance_metric metric[N_PERFORMANCE_METRICS + 1];
  size_t n;
} families[] = {
    {"Discrimination", {METRIC_AUC, METRIC_DXY, METRIC_G, METRIC_GP, METRIC_D}, 5},
    {"Calibration",
     {METRIC_CITL, METRIC_SLOPE, METRIC_INTERCEPT, METRIC_OE, METRIC_MAE, METRIC_EAVG, METRIC_E50,
      METRIC_E90, METRIC_EMAX, METRIC_EMAX_LOGISTIC, METRIC_U},
     11},
    {"Overall",
     {METRIC_BRIER, METRIC_BRIER_SCALED, METRIC_R2_NAGELKERKE, METRIC_LOGLOSS, METRIC_Q},
     5},
};
enum { N_FAMILIES = sizeof families / sizeof *families };

static char *interval_heading(const struct calib *calib, const char *what)
{
  return text_format("%s (%.10g%% CI)", what, 100 * calib->command->level);
}

// A hold-out may be stated that is none; then the rows tell.
const char *calib_validation_title(const struct calib *calib)
{
  static const char holdout[] = "Hold-out validation";
  static const char external[] = "External validation", apparent[] = "Apparent validation";
  const struct marker *marker = calib->marker;
  if (calib->scheme == CALIB_APPARENT)
    return apparent;
  if (!calib_is_external(calib))
    return "Internal validation";
  if (!marker || marker->kind != MARKER_MODEL)
    return calib->scheme == CALIB_HOLDOUT ? holdout : external;
  if (marker->internal || marker->of_all)
    return apparent;
  if (marker->n_own)
    return "Partly apparent validation";
  if (marker->of_training || marker->of_holdout)
    return holdout;
  bool stated = *calib->set.model[marker->model].fingerprint != '\0';
  return calib->scheme == CALIB_HOLDOUT && !stated ? holdout : external;
}

static struct layout *start_layout(const struct calib *calib, struct report *report)
{
  char *what = *calib->model ? text_format("model '%s', ", calib->model) : memory_copy_text("");
  char *title = text_format("%s: %srisk of %s, %zu rows, %zu events",
                            calib_validation_title(calib), what, calib->event, calib->n,
                            calib->n_events);
  free(what);
  struct layout *layout = report_add_layout(report, "performance", title);
  free(title);
  return layout;
}

// ---- internal ----

static void add_internal_row(const struct calib *calib, struct layout *layout,
                             enum performance_metric m)
{
  const struct calib_metric *metric = &calib->metric[m];
  int digits = digits_of(calib);
  size_t row = layout_row(layout, LAYOUT_LEVEL);
  layout_set(layout, row, 0, calib_metric_titles[m]);
  set_and_free(layout, row, 1, number_text(metric->apparent, digits));
  if (!calib_is_resampled(calib))
    return;
  set_and_free(layout, row, 2, number_text(metric->optimism, digits));
  set_and_free(layout, row, 3, interval_text(metric->corrected, metric->low, metric->high, digits));
  if (isnan(metric->corrected))
    layout_set(layout, row, 4, dash);
  else
    layout_set_format(layout, row, 4, "%zu", metric->n);
}

// The mean absolute error and Eavg are one number: on the rows themselves, and corrected by the
// same curve.
static bool is_repeated(const struct calib *calib, enum performance_metric metric)
{
  return metric == METRIC_MAE && calib_wants(calib, METRIC_EAVG);
}

static bool wants_constant(const struct calib *calib)
{
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (calib_wants(calib, (enum performance_metric) m) &&
        !calib_has_shifted_interval((enum performance_metric) m))
      return true;
  return false;
}

// Metrics of which programs have two definitions.
static bool wants_rms(const struct calib *calib)
{
  return calib_wants(calib, METRIC_R2_NAGELKERKE) || calib_wants(calib, METRIC_D) ||
         calib_wants(calib, METRIC_U) || calib_wants(calib, METRIC_Q) ||
         calib_wants(calib, METRIC_G) || calib_wants(calib, METRIC_GP);
}

static bool wants_curve(const struct calib *calib)
{
  return calib_wants(calib, METRIC_MAE) || calib_wants(calib, METRIC_EAVG) ||
         calib_wants(calib, METRIC_E50) || calib_wants(calib, METRIC_E90) ||
         calib_wants(calib, METRIC_EMAX);
}

static bool has_interval(const struct calib *calib)
{
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (calib_wants(calib, (enum performance_metric) m) && !isnan(calib->metric[m].low))
      return true;
  return false;
}

static void footnote_scheme(const struct calib *calib, struct layout *layout)
{
  const struct calib_settings *s = calib->settings;
  const char *given = *calib->resample_digest ? " (resamples of a file)" : "";
  if (calib->scheme == CALIB_BOOTSTRAP)
    layout_footnote(
        layout,
        "Bootstrap, %zu replicate%s%s%s. Optimism: mean over the replicates of training "
        "(their model on its resample) minus test (on the original rows); corrected: "
        "apparent minus optimism.",
        calib->n_replicates, calib->n_replicates == 1 ? "" : "s", given,
        calib->candidate.n_items ? ", selection repeated in each" : "");
  else if (calib->scheme == CALIB_CROSS)
    layout_footnote(
        layout,
        "Cross-validation, %lld folds, %lld repeats. Corrected: AUC and Dxy the mean over "
        "the folds left out, all else the mean over repeats, in each of which every row "
        "has its risk by the model that has not seen it. Optimism: apparent minus "
        "corrected. Replicates: folds of all repeats (AUC and Dxy) or repeats.",
        (long long) s->n_folds, (long long) s->n_repeats);
  else if (calib_is_resampled(calib))
    layout_footnote(layout,
                    "%s, %zu replicate%s%s: the apparent value and the mean on the rows not drawn, "
                    "weighted%s. For discrimination and overall measures only%s.",
                    calib->scheme == CALIB_632 ? ".632 bootstrap" : ".632+ bootstrap",
                    calib->n_replicates, calib->n_replicates == 1 ? "" : "s", given,
                    calib->scheme == CALIB_632 ? " .368 and .632" : " by the relative overfitting",
                    calib->scheme == CALIB_632 ? ""
                                               : ", where the value without information is known");
}

// Percentiles need some replicates beyond each limit.
static void footnote_intervals(const struct calib *calib, struct layout *layout)
{
  const struct calib_settings *s = calib->settings;
  const char *few = (double) calib->n_replicates * (1 - calib->command->level) < 1.999
                        ? " So few replicates make them rough."
                        : "";
  if (!calib_is_resampled(calib) || !has_interval(calib))
    return;
  if (s->two_stage)
    layout_footnote(layout, "Intervals: two-stage bootstrap (Noma et al. 2021)%s.%s",
                    wants_curve(calib) || calib_wants(calib, METRIC_EMAX_LOGISTIC)
                        ? "; errors of the curve have none"
                        : "",
                    few);
  else
    layout_footnote(layout,
                    "Intervals: percentiles of the training values, shifted to the corrected one "
                    "(Noma et al. 2021).%s%s",
                    few,
                    calib->scheme != CALIB_BOOTSTRAP || !wants_constant(calib) ? ""
                    : calib->imputed ? " What is constant on training rows has none."
                                     : " What is constant on training rows has none "
                                       "(--ci=two-stage gives one).");
}

static void footnote_internal(const struct calib *calib, struct layout *layout)
{
  footnote_scheme(calib, layout);
  footnote_intervals(calib, layout);
  if (calib->has_curve && wants_curve(calib))
    layout_footnote(
        layout, "Mean absolute error (Eavg, ICI), E50, E90, Emax: |risk \u2212 lowess curve|%s.",
        calib->scheme == CALIB_BOOTSTRAP || calib->scheme == CALIB_CROSS
            ? ", corrected ones from the corrected curve, between the 5th smallest and 5th largest "
              "risk"
            : "");
  if (wants_rms(calib))
    layout_footnote(layout, "R\u00b2, D, U, Q from the likelihood after recalibration, g and gp of "
                            "the recalibrated predictor, as R's rms::validate.");
}

static void fill_internal(const struct calib *calib, struct report *report)
{
  struct layout *layout = start_layout(calib, report);
  layout_column(layout, ALIGN_LEFT, "Metric");
  layout_column(layout, ALIGN_RIGHT, "Apparent");
  if (calib_is_resampled(calib)) {
    char *heading = calib->scheme == CALIB_CROSS ? memory_copy_text("Corrected")
                                                 : interval_heading(calib, "Corrected");
    layout_column(layout, ALIGN_RIGHT, "Optimism");
    layout_column(layout, ALIGN_LEFT, heading);
    layout_column(layout, ALIGN_RIGHT, "Replicates");
    free(heading);
  }
  for (size_t f = 0; f < N_FAMILIES; f++) {
    bool begun = false;
    for (size_t i = 0; i < families[f].n; i++) {
      if (!calib_wants(calib, families[f].metric[i]) || is_repeated(calib, families[f].metric[i]))
        continue;
      if (!begun)
        layout_set(layout, layout_row(layout, LAYOUT_VARIABLE), 0, families[f].title);
      begun = true;
      add_internal_row(calib, layout, families[f].metric[i]);
    }
  }
  footnote_internal(calib, layout);
}

// ---- external ----

static void add_external_row(const struct calib *calib, struct layout *layout,
                             enum performance_metric m)
{
  const struct performance_estimate *e = &calib->estimate[m];
  char p[NUMBER_SIZE];
  size_t row = layout_row(layout, LAYOUT_LEVEL);
  layout_set(layout, row, 0, calib_metric_titles[m]);
  set_and_free(layout, row, 1,
               interval_text(e->estimate, e->conf_low, e->conf_high, digits_of(calib)));
  // That a discrimination is none is no hypothesis of interest; that a calibration is not perfect
  // is.
  if (!isnan(e->p_value))
    layout_set(layout, row, 2, number_write_p(p, e->p_value, 3));
}

// Resamples add chance to distances: their percentiles may lie above the estimate.
static bool has_high_limits(const struct calib *calib)
{
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (calib_wants(calib, (enum performance_metric) m) &&
        calib->estimate[m].conf_low > calib->estimate[m].estimate)
      return true;
  return false;
}

static void footnote_external(const struct calib *calib, struct layout *layout)
{
  if (!calib->risk) {
    layout_footnote(layout,
                    "P: AUC against 0.5, calibration slope against 1 (Wald). Intervals: "
                    "DeLong (AUC, Dxy), Wald (slope)%s.",
                    calib->command->bootstrap ? ", bootstrap percentiles (g)" : "");
    return;
  }
  layout_footnote(layout, "P: AUC against 0.5, calibration slope against 1, intercepts against 0, "
                          "observed/expected against 1 (Wald); D, U: likelihood ratio.");
  layout_footnote(layout,
                  "Intervals: DeLong (AUC, Dxy), Wald (slope, intercepts, Brier scores, log loss), "
                  "on the log scale (observed/expected)%s.%s",
                  calib->command->bootstrap ? ", bootstrap percentiles (others)" : "",
                  has_high_limits(calib) ? " Resampling adds chance to errors of the curve and to "
                                           "U, so that their limits may lie above the estimate."
                                         : "");
  if (calib->n_curve && wants_curve(calib))
    layout_footnote(layout,
                    "Mean absolute error (Eavg, ICI), E50, E90, Emax: |risk \u2212 lowess curve|.");
  if (wants_rms(calib))
    layout_footnote(layout, "R\u00b2, D, U, Q from the likelihood of the risks as given, as R's "
                            "rms::val.prob; they may be negative.");
  if (calib_wants(calib, METRIC_INTERCEPT))
    layout_footnote(layout, "Calibration intercept: jointly with the slope; in the large: with "
                            "slope 1.");
}

static char *update_title(enum update_step step)
{
  static const char *const titles[N_UPDATE_STEPS] = {
      [UPDATE_NONE] = "original model",
      [UPDATE_LARGE] = "recalibration in the large",
      [UPDATE_LOGISTIC] = "logistic recalibration",
      [UPDATE_REFIT] = "refit of all coefficients",
  };
  return memory_copy_text(titles[step]);
}

static void fill_closed_test(const struct calib *calib, struct report *report)
{
  const struct closed_test *test = &calib->update.test;
  if (!test->n_steps)
    return;
  struct layout *layout = report_add_layout(report, "closed_test", "Is an update needed?");
  layout_column(layout, ALIGN_LEFT, "Model");
  layout_column(layout, ALIGN_LEFT, "against");
  layout_column(layout, ALIGN_RIGHT, "\u03c7\u00b2");
  layout_column(layout, ALIGN_RIGHT, "df");
  layout_column(layout, ALIGN_RIGHT, "P");
  for (size_t i = 0; i < test->n_steps; i++) {
    const struct closed_test_step *step = &test->step[i];
    char p[NUMBER_SIZE];
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    set_and_free(layout, row, 0, update_title(step->smaller));
    set_and_free(layout, row, 1, update_title(step->larger));
    set_and_free(layout, row, 2, number_text(step->statistic, 2));
    layout_set_format(layout, row, 3, "%g", step->df);
    layout_set(layout, row, 4, number_write_p(p, step->p_value, 3));
  }
  char *chosen = update_title(test->chosen);
  layout_footnote(layout, "Closed test (Vergouwe et al. 2017), P < 0.05 goes on: %s.", chosen);
  free(chosen);
}

static void fill_update(const struct calib *calib, struct report *report)
{
  const struct calib_update *update = &calib->update;
  if (!update->n_coefficients)
    return;
  struct layout *layout = report_add_layout(report, "update", "Updates on these rows");
  layout_column(layout, ALIGN_LEFT, "Update");
  layout_column(layout, ALIGN_RIGHT, "Estimate");
  layout_column(layout, ALIGN_RIGHT, "SE");
  for (size_t i = 0; i < update->n_coefficients; i++) {
    const struct calib_coefficient *c = &update->coefficient[i];
    if (i == 0 || c->step != c[-1].step) {
      char *title = update_title(c->step);
      title[0] = (char) (title[0] - 'a' + 'A');
      set_and_free(layout, layout_row(layout, LAYOUT_VARIABLE), 0, title);
    }
    size_t row = layout_row(layout, LAYOUT_LEVEL);
    layout_set(layout, row, 0, c->term);
    set_and_free(layout, row, 1, number_text(c->estimate, digits_of(calib)));
    set_and_free(layout, row, 2, number_text(c->std_error, digits_of(calib)));
  }
  layout_footnote(layout,
                  "In the large: added to the intercept. Logistic: the linear predictor times "
                  "the slope, plus the intercept.%s",
                  calib->settings->save || calib->marker->kind != MARKER_MODEL
                      ? ""
                      : " --update and --save write the updated model.");
}

static void fill_external(const struct calib *calib, struct report *report)
{
  struct layout *layout = start_layout(calib, report);
  char *heading = interval_heading(calib, "Estimate");
  layout_column(layout, ALIGN_LEFT, "Metric");
  layout_column(layout, ALIGN_LEFT, heading);
  layout_column(layout, ALIGN_RIGHT, "P");
  free(heading);
  for (size_t f = 0; f < N_FAMILIES; f++) {
    bool begun = false;
    for (size_t i = 0; i < families[f].n; i++) {
      enum performance_metric m = families[f].metric[i];
      // What needs an intercept is not there without one.
      if (!calib_wants(calib, m) || is_repeated(calib, m) ||
          (!calib->risk && isnan(calib->estimate[m].estimate)))
        continue;
      if (!begun)
        layout_set(layout, layout_row(layout, LAYOUT_VARIABLE), 0, families[f].title);
      begun = true;
      add_external_row(calib, layout, m);
    }
  }
  footnote_external(calib, layout);
  fill_closed_test(calib, report);
  fill_update(calib, report);
}

// ---- tests on request ----

static void fill_tests(const struct calib *calib, struct report *report)
{
  const struct calib_settings *s = calib->settings;
  if (!s->hosmer_lemeshow && !s->spiegelhalter)
    return;
  struct layout *layout = report_add_layout(report, "tests", "Tests of calibration");
  layout_column(layout, ALIGN_LEFT, "Test");
  layout_column(layout, ALIGN_RIGHT, "Statistic");
  layout_column(layout, ALIGN_RIGHT, "df");
  layout_column(layout, ALIGN_RIGHT, "P");
  const struct calibration_test *test[] = {s->hosmer_lemeshow ? &calib->hosmer_lemeshow : NULL,
                                           s->spiegelhalter ? &calib->spiegelhalter : NULL};
  static const char *const names[] = {"Hosmer-Lemeshow, \u03c7\u00b2", "Spiegelhalter, z"};
  for (size_t i = 0; i < 2; i++) {
    if (!test[i])
      continue;
    char p[NUMBER_SIZE];
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    layout_set(layout, row, 0, names[i]);
    set_and_free(layout, row, 1, number_text(test[i]->statistic, 2));
    if (!isnan(test[i]->df))
      layout_set_format(layout, row, 2, "%g", test[i]->df);
    layout_set(layout, row, 3, number_write_p(p, test[i]->p_value, 3));
  }
  if (!calib_is_external(calib))
    layout_footnote(layout, "Of apparent risks: both are too mild on the rows of the fit.");
}

void calib_fill_layout(const struct calib *calib, struct report *report)
{
  if (calib_is_external(calib))
    fill_external(calib, report);
  else
    fill_internal(calib, report);
  fill_tests(calib, report);
}
