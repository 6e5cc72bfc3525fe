// SPDX-License-Identifier: GPL-3.0-or-later
// her2-calib's figures: calibration curves, risks by outcome, instability.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "cmd/calib.h"
#include "report/typeset.h"
#include "stats/logit.h"
#include "stats/smooth.h"

// Spikes stand below 0, in bins of one percent.
enum { N_SPIKE_BINS = 100, N_RISK_BINS = 20 };
// The style of dots: beside the dashes of the ideal line another dashed one is lost in grey.
enum { DOTTED = 3 };
static const double spike_room = 0.14, risk_panel_width = 12;

static void add_ticks(struct plot_axis *axis)
{
  static const char *const label[] = {"0", "0.2", "0.4", "0.6", "0.8", "1"};
  for (size_t i = 0; i < 6; i++)
    axis_add_tick(axis, (double) i / 5, label[i]);
}

static struct plot_panel *calibration_panel(const struct calib *calib, struct figure *figure)
{
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  char *label = text_format("Predicted probability of %s", calib->event);
  panel_set_x(panel, label, -0.02, 1.02);
  panel_set_y(panel, "Observed proportion", -spike_room - 0.02, 1.02);
  free(label);
  add_ticks(&panel->x);
  add_ticks(&panel->y);
  panel->square = true;
  panel->legend = calib_is_external(calib) ? LEGEND_BELOW : LEGEND_TOP_LEFT;
  figure->panel_width = figure->panel_height = 10;
  return panel;
}

static void add_ideal(struct plot_panel *panel)
{
  double ends[] = {0, 1};
  panel_add_mark(panel, MARK_LINE, -1, "Ideal", 2, ends, ends, NULL, NULL)->line_width = 1.5;
}

static size_t bin_of(double risk, size_t n_bins)
{
  size_t bin = (size_t) (risk * (double) n_bins);
  return bin < n_bins ? bin : n_bins - 1;
}

// Risks of the rows with this outcome (-1: all), as shares of the fullest bin of any.
static void count_bins(const struct calib *calib, int outcome, size_t n_bins, double *count)
{
  memset(count, 0, n_bins * sizeof *count);
  for (size_t i = 0; i < calib->n; i++)
    if (outcome < 0 || (calib->y[i] > 0) == (outcome > 0))
      count[bin_of(calib->risk[i], n_bins)]++;
}

static double largest(const double *x, size_t n)
{
  double most = 0;
  for (size_t i = 0; i < n; i++)
    most = fmax(most, x[i]);
  return most;
}

static void add_spikes(struct plot_panel *panel, const double *count, double unit, double foot,
                       int style)
{
  double x[N_SPIKE_BINS], from[N_SPIKE_BINS], to[N_SPIKE_BINS];
  size_t n = 0;
  for (size_t b = 0; b < N_SPIKE_BINS; b++)
    if (count[b] > 0) {
      x[n] = ((double) b + 0.5) / N_SPIKE_BINS;
      from[n] = foot;
      to[n++] = foot + unit * count[b];
    }
  panel_add_mark(panel, MARK_SEGMENT, style, NULL, n, x, from, x, to);
}

// ---- internal ----

// A smoother and a corrected value may lie outside of what a proportion can be; the table has them
// as they are.
static double drawn_proportion(double value)
{
  return isnan(value) ? NAN : fmin(fmax(value, 0), 1);
}

static void draw_internal(const struct calib *calib, struct figure *figure)
{
  struct plot_panel *panel = calibration_panel(calib, figure);
  double x[CALIB_POINTS], apparent[CALIB_POINTS], corrected[CALIB_POINTS], low[CALIB_POINTS],
      high[CALIB_POINTS], count[N_SPIKE_BINS];
  size_t n = calib->n_points, n_band = 0, n_corrected = 0;
  for (size_t k = 0; k < n; k++) {
    x[k] = calib->point[k].predicted;
    apparent[k] = drawn_proportion(calib->point[k].apparent);
    corrected[k] = drawn_proportion(calib->point[k].corrected);
    low[k] = drawn_proportion(calib->point[k].low);
    high[k] = drawn_proportion(calib->point[k].high);
    if (isnan(low[k]) || isnan(high[k]))
      low[k] = high[k] = NAN;
    n_band += isnan(low[k]) ? 0 : 1;
    n_corrected += isnan(corrected[k]) ? 0 : 1;
  }
  if (n_band)
    panel_add_mark(panel, MARK_BAND, 0, NULL, n, x, low, NULL, high)->opacity = 0.15;
  add_ideal(panel);
  panel_add_mark(panel, MARK_LINE, DOTTED, "Apparent", n, x, apparent, NULL, NULL);
  if (n_corrected)
    panel_add_mark(panel, MARK_LINE, 0, "Bias-corrected", n, x, corrected, NULL, NULL)->line_width =
        1.5;
  count_bins(calib, -1, N_SPIKE_BINS, count);
  add_spikes(panel, count, (spike_room - 0.02) / largest(count, N_SPIKE_BINS), -spike_room, -1);
  char mae[NUMBER_SIZE];
  number_write_fixed(mae, calib->metric[METRIC_MAE].corrected, 3);
  struct text text = {0};
  if (calib->scheme == CALIB_CROSS)
    text_append_format(&text, "%lld-fold cross-validation, %lld repeats, ",
                       (long long) calib->settings->n_folds,
                       (long long) calib->settings->n_repeats);
  else if (calib_is_resampled(calib))
    text_append_format(&text, "B = %zu repetitions, bootstrap, ", calib->n_replicates);
  text_append_format(&text, "n = %zu", calib->n);
  if (*mae)
    text_append_format(&text, ", mean absolute error = %s", mae);
  if (n_band)
    text_append_format(&text, "\nBand: %.10g%% interval of the bias-corrected curve",
                       100 * calib->command->level);
  figure->footnote = text_take(&text);
}

// ---- external ----

// Whether a curve of the figure comes into the rectangle.
static bool is_met(const struct calib *calib, double left, double right, double low, double high)
{
  const double *const curve[] = {calib->curve_logistic, calib->curve_smooth, calib->curve_low,
                                 calib->curve_high};
  for (size_t k = 0; k < calib->n_curve; k++) {
    if (calib->curve_x[k] < left || calib->curve_x[k] > right)
      continue;
    double least = INFINITY, most = -INFINITY;
    for (size_t c = 0; c < sizeof curve / sizeof *curve; c++)
      if (!isnan(curve[c][k])) {
        least = fmin(least, curve[c][k]);
        most = fmax(most, curve[c][k]);
      }
    if (most >= low && least <= high)
      return true;
  }
  return false;
}

// In the upper left corner if no curve is there, else in the lower right one, else beside the axes.
static void add_box(const struct calib *calib, struct figure *figure, struct plot_panel *panel)
{
  static const struct {
    const char *name;
    enum performance_metric metric;
  } line[] = {
      {"Dxy", METRIC_DXY},
      {"AUC", METRIC_AUC},
      {"R\u00b2", METRIC_R2_NAGELKERKE},
      {"D", METRIC_D},
      {"U", METRIC_U},
      {"Q", METRIC_Q},
      {"Brier", METRIC_BRIER},
      {"Intercept", METRIC_INTERCEPT},
      {"Slope", METRIC_SLOPE},
      {"In the large", METRIC_CITL},
      {"Emax", METRIC_EMAX},
      {"E90", METRIC_E90},
      {"Eavg", METRIC_EAVG},
  };
  enum { N_LINES = sizeof line / sizeof *line };
  const double step = 0.042, size = 0.85, width = 0.3, height = (N_LINES - 1) * step;
  double x = 0.01, y = 0.98;
  if (is_met(calib, x - 0.02, x + width + 0.02, y - height - 0.03, y + 0.03)) {
    x = 0.69;
    y = 0.02 + height;
    if (is_met(calib, x - 0.02, x + width + 0.02, y - height - 0.03, y + 0.03)) {
      x = 1.07;
      y = 0.98;
      figure->panel_width = 13; // the square keeps its size
    }
  }
  for (size_t i = 0; i < N_LINES; i++) {
    double value = calib->estimate[line[i].metric].estimate;
    char buffer[NUMBER_SIZE];
    if (isnan(value))
      continue;
    number_write_fixed(buffer, value, 3);
    char *text = buffer[0] == '-' ? text_format("\u2212%s", buffer + 1) : memory_copy_text(buffer);
    panel_add_word(panel, x, y, WORD_LEFT, size, line[i].name);
    panel_add_word(panel, x + width, y, WORD_RIGHT, size, text);
    free(text);
    y -= step;
  }
}

static void draw_external(const struct calib *calib, struct figure *figure)
{
  struct plot_panel *panel = calibration_panel(calib, figure);
  size_t n = calib->n_curve;
  if (calib->smoother == SMOOTHER_LOESS)
    panel_add_mark(panel, MARK_BAND, 0, NULL, n, calib->curve_x, calib->curve_low, NULL,
                   calib->curve_high)
        ->opacity = 0.2;
  add_ideal(panel);
  panel_add_mark(panel, MARK_LINE, DOTTED, "Logistic calibration", n, calib->curve_x,
                 calib->curve_logistic, NULL, NULL);
  double *smooth = NEW_ARRAY(double, n);
  for (size_t k = 0; k < n; k++)
    smooth[k] = drawn_proportion(calib->curve_smooth[k]);
  panel_add_mark(panel, MARK_LINE, 0, "Nonparametric", n, calib->curve_x, smooth, NULL, NULL)
      ->line_width = 1.5;
  free(smooth);
  double event[N_SPIKE_BINS], other[N_SPIKE_BINS];
  count_bins(calib, 1, N_SPIKE_BINS, event);
  count_bins(calib, 0, N_SPIKE_BINS, other);
  double most = fmax(largest(event, N_SPIKE_BINS), largest(other, N_SPIKE_BINS));
  double middle = -spike_room / 2 - 0.01, unit = (spike_room / 2 - 0.01) / most;
  add_spikes(panel, event, unit, middle, 0);
  add_spikes(panel, other, -unit, middle, 1);
  double ends[] = {0, 1}, foot[] = {middle, middle};
  panel_add_mark(panel, MARK_LINE, -1, NULL, 2, ends, foot, NULL, NULL)->line_width = 0.5;
  add_box(calib, figure, panel);
  struct text text = {0};
  text_append_format(&text,
                     "%s, n = %zu, %zu events.\n"
                     "Spikes: risks, with the event upward, without it downward.",
                     calib_validation_title(calib), calib->n, calib->n_events);
  if (calib->smoother == SMOOTHER_LOESS)
    text_append_format(&text, "\nNonparametric: loess, %.10g%% interval.",
                       100 * calib->command->level);
  else if (calib->smoother == SMOOTHER_LOWESS)
    text_append(&text, "\nNonparametric: lowess.");
  figure->footnote = text_take(&text);
}

// ---- risks by outcome ----

static void add_bars(struct plot_panel *panel, const double *percent, double sign, int style,
                     const char *legend)
{
  double left[N_RISK_BINS], right[N_RISK_BINS], zero[N_RISK_BINS], height[N_RISK_BINS];
  for (size_t b = 0; b < N_RISK_BINS; b++) {
    left[b] = (double) b / N_RISK_BINS;
    right[b] = ((double) b + 1) / N_RISK_BINS;
    zero[b] = 0;
    height[b] = percent[b] > 0 ? sign * percent[b] : NAN;
  }
  panel_add_mark(panel, MARK_RECTANGLE, style, legend, N_RISK_BINS, left, zero, right, height)
      ->opacity = 0.7;
}

// "HER2 status: over (n = 49)": of a long name the number stays.
static char *group_legend(const char *name, size_t n)
{
  const double em = 8 * 2.54 / 72;
  struct typeface typeface = {em, 1.2 * em, false};
  char *number = text_format(" (n = %zu)", n);
  double room = risk_panel_width - 1.5 - typeset_width(&typeface, number, 1, false);
  char *shown = typeset_shorten(&typeface, name, 1, false, room, 1);
  char *legend = text_format("%s%s", shown, number);
  free(shown);
  free(number);
  return legend;
}

static void draw_risk(const struct calib *calib, struct figure *figure)
{
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  double event[N_RISK_BINS], other[N_RISK_BINS];
  count_bins(calib, 1, N_RISK_BINS, event);
  count_bins(calib, 0, N_RISK_BINS, other);
  double most = 0, ends[] = {0, 1}, zero[] = {0, 0};
  panel_add_mark(panel, MARK_LINE, -1, NULL, 2, ends, zero, NULL, NULL);
  for (size_t b = 0; b < N_RISK_BINS; b++) {
    event[b] *= 100 / (double) calib->n_events;
    other[b] *= 100 / (double) (calib->n - calib->n_events);
    most = fmax(most, fmax(event[b], other[b]));
  }
  char *with = group_legend(calib->event, calib->n_events);
  char *without = group_legend(calib->others, calib->n - calib->n_events);
  add_bars(panel, event, 1, 0, with);
  add_bars(panel, other, -1, 1, without);
  free(with);
  free(without);
  char *label = text_format("Predicted probability of %s", calib->event);
  panel_set_x(panel, label, 0, 1);
  panel_set_y(panel, "Percent of the group", -1.08 * most, 1.08 * most);
  free(label);
  add_ticks(&panel->x);
  struct axis_limits limits = {0, most, false};
  size_t n_ticks;
  struct plot_tick *tick = axis_choose_ticks(limits, 5, &n_ticks);
  for (size_t i = 0; i < n_ticks; i++) {
    axis_add_tick(&panel->y, tick[i].at, tick[i].label);
    if (tick[i].at > 0)
      axis_add_tick(&panel->y, -tick[i].at, tick[i].label);
  }
  ticks_free(tick, n_ticks);
  panel->legend = LEGEND_BELOW;
  figure->panel_width = risk_panel_width;
  figure->panel_height = 8;
}

// ---- instability ----

// A lowess line through limits that jump from row to row.
static void add_limit(const struct calib *calib, struct plot_panel *panel, const size_t *order,
                      const double *limit, const char *legend)
{
  size_t n = calib->n;
  double *x = NEW_ARRAY(double, 3 * n), *y = x + n, *fitted = x + 2 * n;
  for (size_t i = 0; i < n; i++) {
    x[i] = calib->risk[order[i]];
    y[i] = limit[order[i]];
  }
  lowess(x, y, NULL, n, 0.2, 0, 0.005 * (x[n - 1] - x[0]), fitted, NULL);
  for (size_t i = 0; i < n; i++)
    fitted[i] = fmin(fmax(fitted[i], 0), 1);
  struct plot_mark *line = panel_add_mark(panel, MARK_LINE, 1, legend, n, x, fitted, NULL, NULL);
  line->line_width = 1.5;
  free(x);
}

// Points of replicates evenly spaced among those with a model, at most so many.
static void add_cloud(const struct calib *calib, struct plot_panel *panel)
{
  enum { MOST_POINTS = 8000 };
  const struct validation_result *result = &calib->validation;
  size_t n = calib->n, n_used = result->n_replicates - result->n_failed, step = 1, m = 0, seen = 0;
  while ((n_used / step) * n > MOST_POINTS && step < n_used)
    step++;
  size_t row_step = 1 + n / MOST_POINTS;
  double *x = NEW_ARRAY(double, 2 * (n_used / step + 1) * n), *y = x + (n_used / step + 1) * n;
  for (size_t b = 0; b < result->n_replicates; b++) {
    if (result->status[b] != LOGIT_CONVERGED || seen++ % step != 0)
      continue;
    for (size_t i = 0; i < n; i += row_step) {
      x[m] = calib->risk[i];
      y[m++] = logit_inverse(result->eta[b * n + i]);
    }
  }
  struct plot_mark *points = panel_add_mark(panel, MARK_POINTS, 0, NULL, m, x, y, NULL, NULL);
  points->point_size = 0.25;
  points->opacity = 0.25;
  free(x);
}

static bool draw_instability(const struct calib *calib, struct figure *figure, struct error *error)
{
  if (!calib->validation.eta || !calib->has_instability)
    return error_set(error, ERROR_DATA, "no predictors of replicates: %s",
                     calib->settings->combine ? "they were saved without --instability"
                                              : "nothing was resampled");
  size_t n = calib->n, *order = NEW_ARRAY(size_t, n);
  double *low = NEW_ARRAY(double, 3 * n), *high = low + n;
  double mape = calib_instability(calib, low, high, low + 2 * n);
  bool good = !isnan(mape) || error_set(error, ERROR_DATA, "no replicate has a model");
  if (good) {
    struct plot_panel *panel = figure_add_panel(figure, NULL);
    double ends[] = {0, 1};
    sort_order(calib->risk, n, order);
    add_cloud(calib, panel);
    panel_add_mark(panel, MARK_LINE, -1, NULL, 2, ends, ends, NULL, NULL);
    char *legend = text_format("%.10g%% of the replicates", 100 * calib->command->level);
    add_limit(calib, panel, order, low, legend);
    add_limit(calib, panel, order, high, legend);
    free(legend);
    panel_set_x(panel, "Predicted probability of the model", -0.02, 1.02);
    panel_set_y(panel, "Predicted probability of the replicates", -0.02, 1.02);
    add_ticks(&panel->x);
    add_ticks(&panel->y);
    panel->square = true;
    panel->legend = LEGEND_TOP_LEFT;
    figure->panel_width = figure->panel_height = 10;
    figure->footnote =
        text_format("%zu replicates, n = %zu, mean absolute prediction error (MAPE) = "
                    "%.3f",
                    calib->validation.n_replicates - calib->validation.n_failed, n, mape);
  }
  free(low);
  free(order);
  return good;
}

bool calib_draw(const char *kind, void *context, struct figure *figure, struct error *error)
{
  const struct calib *calib = context;
  if (strcmp(kind, "instability") == 0)
    return draw_instability(calib, figure, error);
  if (!calib->risk)
    return error_set(error, ERROR_DATA, "a model without intercept gives no risks to draw");
  if (strcmp(kind, "risk") == 0) {
    draw_risk(calib, figure);
    return true;
  }
  if (calib_is_external(calib) ? !calib->n_curve : !calib->n_points)
    return error_set(error, ERROR_DATA, "%s",
                     calib_is_external(calib)   ? "all risks are equal: there is no curve"
                     : calib->settings->combine ? "the replicates were saved without the curve"
                                                : "too few rows for a curve");
  if (calib_is_external(calib))
    draw_external(calib, figure);
  else
    draw_internal(calib, figure);
  return true;
}
