// SPDX-License-Identifier: GPL-3.0-or-later
// her2-dca's figures: decision curves, interventions avoided, clinical impact; the cost:benefit
// ratio stands below each threshold.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/dca.h"

static const double panel_width = 12.5, panel_height = 9.5; // centimetres
enum { DEFAULT_POINTS = 200, MOST_STYLES = 7 };

// Treating none has this look, models the others.
enum { STYLE_NONE = 3 };

static int style_of(size_t place)
{
  int style = (int) (place % MOST_STYLES);
  return style >= STYLE_NONE ? style + 1 : style;
}

// ---- axes ----

static void add_threshold_axis(const struct dca_study *study, struct plot_panel *panel,
                               double width)
{
  double low = study->threshold[0], high = study->threshold[study->n_thresholds - 1];
  if (low <= 0.05 && high >= 0.5)
    low = 0;
  if (high >= 0.95)
    high = 1;
  panel_set_x(panel, "Threshold probability\nCost:benefit ratio", low, high);
  size_t n_ticks, wanted = width > 10 ? 7 : 6;
  struct axis_limits limits = {low, high, false};
  struct plot_tick *tick = axis_choose_ticks(limits, wanted, &n_ticks);
  for (size_t i = 0; i < n_ticks; i++) {
    if (!*tick[i].label)
      continue;
    double at = fmin(fmax(tick[i].at, 0), 1);
    char *ratio = at < 1 ? dca_ratio_text(at) : memory_copy_text("1:0");
    char *label = text_format("%s\n%s", tick[i].label, ratio);
    axis_add_tick(&panel->x, tick[i].at, label);
    free(label);
    free(ratio);
  }
  ticks_free(tick, n_ticks);
}

static bool needs_more(const struct dca_study *study, struct error *error)
{
  return study->n_thresholds < 2 &&
         !error_set(error, ERROR_DATA, "a curve needs two thresholds or more");
}

// ---- lines ----

// A line of the figure.
struct line {
  const struct dca_curve *curve;
  bool corrected, both; // both: apparent and corrected are drawn
  const double *value, *low, *high;
};

struct lines {
  struct line *line;
  size_t n;
  bool left_out; // corrected curves, for want of looks
};

static bool draws_corrected(const struct dca_curve *curve, bool all)
{
  return curve->is_corrected && (all || curve->marker->kind == MARKER_MODEL);
}

static void add_curve_lines(enum dca_scale which, const struct dca_curve *curve, bool all,
                            struct lines *lines)
{
  const struct dca_values *scale = &curve->scale[which];
  bool corrected = draws_corrected(curve, all);
  lines->left_out |= curve->is_corrected && !corrected;
  // Of two versions the corrected one has the band.
  lines->line[lines->n++] = (struct line){.curve = curve,
                                          .both = corrected,
                                          .value = scale->value,
                                          .low = corrected ? NULL : scale->low,
                                          .high = corrected ? NULL : scale->high};
  if (corrected)
    lines->line[lines->n++] = (struct line){.curve = curve,
                                            .corrected = true,
                                            .both = true,
                                            .value = scale->corrected,
                                            .low = scale->corrected_low,
                                            .high = scale->corrected_high};
}

// Models first, the corrected curve after the apparent one.  Where looks are too few for all,
// only models have corrected curves.
static struct lines make_lines(const struct dca_study *study, enum dca_scale scale)
{
  size_t n_all = study->set.n_markers;
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++)
    n_all += study->curve[c].is_corrected ? 1 : 0;
  struct lines lines = {NEW_ARRAY(struct line, n_all), 0, false};
  for (int models = 1; models >= 0; models--)
    for (size_t c = DCA_MARKERS; c < study->n_curves; c++)
      if ((study->curve[c].marker->kind == MARKER_MODEL) == (models == 1))
        add_curve_lines(scale, &study->curve[c], n_all <= MOST_STYLES, &lines);
  return lines;
}

static char *line_legend(const struct line *line)
{
  const char *title = line->curve->title;
  if (!line->both)
    return memory_copy_text(title);
  return text_format("%s, %s", title, line->corrected ? "corrected" : "apparent");
}

static void add_bands(const struct dca_study *study, const struct lines *lines,
                      struct plot_panel *panel)
{
  size_t n = study->n_thresholds;
  double *low = NEW_ARRAY(double, 2 * n), *high = low + n;
  for (size_t i = 0; study->settings->band && i < lines->n; i++) {
    const struct line *line = &lines->line[i];
    if (!line->low)
      continue;
    // Beyond the panel a band would be cut off with its edge.
    for (size_t t = 0; t < n; t++) {
      low[t] = fmin(fmax(line->low[t], panel->y.low), panel->y.high);
      high[t] = fmin(fmax(line->high[t], panel->y.low), panel->y.high);
      if (isnan(line->low[t]) || isnan(line->high[t]))
        low[t] = high[t] = NAN;
    }
    panel_add_mark(panel, MARK_BAND, style_of(i), NULL, n, study->threshold, low, NULL, high)
        ->opacity = 0.15;
  }
  free(low);
}

static void add_lines(const struct dca_study *study, const struct lines *lines,
                      struct plot_panel *panel)
{
  for (size_t i = 0; i < lines->n; i++) {
    char *legend = line_legend(&lines->line[i]);
    panel_add_mark(panel, MARK_LINE, style_of(i), legend, study->n_thresholds, study->threshold,
                   lines->line[i].value, NULL, NULL)
        ->line_width = 1.3;
    free(legend);
  }
}

// ---- what is said below ----

static char *footnote_text(const struct dca_study *study, const struct lines *lines, bool bands)
{
  struct text text = {0}, apparent = {0};
  size_t n_apparent = 0, n_corrected = 0;
  for (size_t i = 0; i < lines->n; i++) {
    const struct line *line = &lines->line[i];
    n_corrected += line->corrected ? 1 : 0;
    if (!dca_is_apparent(line->curve) || line->both)
      continue;
    n_apparent++;
    text_append_item(&apparent, ", ", line->curve->title);
  }
  if (n_apparent && n_apparent == lines->n)
    text_append(&text, "Apparent: measured on the rows of the fits.");
  else if (n_apparent)
    text_append_format(&text, "Apparent, measured on the rows of the fit: %s.",
                       text_content(&apparent));
  if (n_corrected)
    text_append_format(&text, "%sCorrected for optimism by %zu resamples.",
                       text.length ? " " : "", study->n_replicates);
  if (lines->left_out)
    text_append(&text, " Corrected curves of single predictors are left out.");
  if (bands)
    text_append_format(&text, "%sBands: %.10g%%, %zu resamples.", text.length ? " " : "",
                       100 * study->command->level, study->n_replicates);
  if (!isnan(study->settings->prevalence))
    text_append_format(&text, "%sAt a prevalence of %.10g%%.", text.length ? " " : "",
                       100 * study->settings->prevalence);
  text_free(&apparent);
  return text.length ? text_take(&text) : NULL;
}

// ---- decision curves ----

static void add_defaults(const struct dca_study *study, enum dca_scale scale,
                         struct plot_panel *panel)
{
  double x[DEFAULT_POINTS], y[DEFAULT_POINTS], ends[] = {panel->x.low, panel->x.high};
  double zero[] = {0, 0}, unit = scale == DCA_STANDARDIZED ? study->prevalence : 1;
  for (size_t i = 0; i < DEFAULT_POINTS; i++) {
    x[i] = panel->x.low +
           (panel->x.high - panel->x.low) * (double) i / (double) (DEFAULT_POINTS - 1);
    y[i] = net_benefit_treat_all(study->prevalence, x[i]) / unit;
  }
  panel_add_mark(panel, MARK_LINE, -1, "Treat all", DEFAULT_POINTS, x, y, NULL, NULL)->line_width =
      1.5;
  panel_add_mark(panel, MARK_LINE, STYLE_NONE, "Treat none", 2, ends, zero, NULL, NULL)
      ->line_width = 1;
}

static void draw_decision(const struct dca_study *study, struct figure *figure)
{
  static const double room = 0.04, below = 0.12;
  enum dca_scale scale = study->settings->standardized ? DCA_STANDARDIZED : DCA_NET_BENEFIT;
  double top = scale == DCA_STANDARDIZED ? 1 : study->prevalence;
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  add_threshold_axis(study, panel, panel_width);
  panel_set_y(panel, study->settings->standardized ? "Standardized net benefit" : "Net benefit",
              -below * top, (1 + room) * top);
  struct lines lines = make_lines(study, scale);
  add_bands(study, &lines, panel);
  add_defaults(study, scale, panel);
  add_lines(study, &lines, panel);
  panel->legend = LEGEND_TOP_RIGHT;
  figure->footnote = footnote_text(study, &lines, study->settings->band);
  free(lines.line);
}

// ---- interventions avoided ----

static void draw_avoided(const struct dca_study *study, struct figure *figure)
{
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  add_threshold_axis(study, panel, panel_width);
  struct lines lines = make_lines(study, DCA_AVOIDED);
  double most = 10;
  for (size_t i = 0; i < lines.n; i++)
    for (size_t t = 0; t < study->n_thresholds; t++)
      most = fmax(most, lines.line[i].value[t]);
  panel_set_y(panel, "Net interventions avoided per 100", -0.12 * most, 1.06 * most);
  double ends[] = {panel->x.low, panel->x.high}, zero[] = {0, 0};
  add_bands(study, &lines, panel);
  panel_add_mark(panel, MARK_LINE, -1, "Treat all", 2, ends, zero, NULL, NULL)->line_width = 1.5;
  add_lines(study, &lines, panel);
  panel->legend = LEGEND_TOP_LEFT;
  figure->footnote = footnote_text(study, &lines, study->settings->band);
  free(lines.line);
}

// ---- clinical impact ----

static void draw_impact(const struct dca_study *study, struct figure *figure)
{
  double *called = NEW_ARRAY(double, 2 * study->n_thresholds);
  double *events = called + study->n_thresholds;
  bool several = study->set.n_markers > 1;
  figure->panel_width = several ? 9 : panel_width;
  figure->panel_height = several ? 8 : panel_height;
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++) {
    const struct dca_curve *curve = &study->curve[c];
    struct plot_panel *panel = figure_add_panel(figure, several ? curve->title : NULL);
    add_threshold_axis(study, panel, figure->panel_width);
    panel_set_y(panel, "Number per 1000", 0, 1020);
    for (size_t t = 0; t < study->n_thresholds; t++) {
      events[t] = 10 * dca_true_positives(study, curve, t);
      called[t] = events[t] + 10 * dca_false_positives(study, curve, t);
    }
    panel_add_mark(panel, MARK_LINE, 0, "Called high risk", study->n_thresholds, study->threshold,
                   called, NULL, NULL)
        ->line_width = 1.3;
    panel_add_mark(panel, MARK_LINE, 1, "With the event among them", study->n_thresholds,
                   study->threshold, events, NULL, NULL)
        ->line_width = 1.3;
    panel->legend = several ? LEGEND_BELOW : LEGEND_TOP_RIGHT;
  }
  // Counts have neither bands nor correction.
  struct lines lines = {NEW_ZEROED(struct line, study->set.n_markers), 0, false};
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++)
    lines.line[lines.n++].curve = &study->curve[c];
  figure->footnote = footnote_text(study, &lines, false);
  free(lines.line);
  free(called);
}

bool dca_draw(const char *kind, void *context, struct figure *figure, struct error *error)
{
  const struct dca_study *study = context;
  if (needs_more(study, error))
    return false;
  figure->panel_width = panel_width;
  figure->panel_height = panel_height;
  if (strcmp(kind, "impact") == 0)
    draw_impact(study, figure);
  else if (strcmp(kind, "avoided") == 0)
    draw_avoided(study, figure);
  else
    draw_decision(study, figure);
  return true;
}
