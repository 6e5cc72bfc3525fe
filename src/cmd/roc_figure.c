// SPDX-License-Identifier: GPL-3.0-or-later
// her2-roc's figure: the curves in one square, a line a marker, cut-offs with their sensitivity
// and specificity.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/roc.h"
#include "report/typeset.h"

// Panel, tick labels, and what is left of the panel for the square; centimetres.
static const double panel_side = 10, em = 8 * 2.54 / 72, square_side = 8.3, word_size = 0.85;
enum { MOST_LABELLED_MARKERS = 3, MOST_LABELS = 8, MOST_CORNERS = 4000 };

// ---- curves ----

// A line in the unit square: false positive fraction against sensitivity.
struct path {
  double *x, *y;
  size_t n;
};

static bool on_line(const struct path *path, double x, double y)
{
  if (path->n < 2)
    return false;
  double x1 = path->x[path->n - 2], y1 = path->y[path->n - 2];
  double x2 = path->x[path->n - 1], y2 = path->y[path->n - 1];
  return fabs((x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)) < 1e-14 && x >= x2 && y >= y2;
}

// The corners of the curve: steps, and a slope where events and others share a value.  Steps
// that no eye and no printer tells apart are left out of long ones.
static struct path curve_path(const struct roc_curve *curve, double least_step)
{
  struct path path = {NEW_ARRAY(double, curve->n_points), NEW_ARRAY(double, curve->n_points), 0};
  for (size_t i = 0; i < curve->n_points; i++) {
    double x = curve->point[i].false_positives / curve->n_others;
    double y = curve->point[i].true_positives / curve->n_events;
    bool last = i + 1 == curve->n_points;
    if (path.n && !last && x - path.x[path.n - 1] < least_step &&
        y - path.y[path.n - 1] < least_step)
      continue;
    if (on_line(&path, x, y))
      path.n--;
    path.x[path.n] = x;
    path.y[path.n++] = y;
  }
  return path;
}

static void path_free(struct path *path)
{
  free(path->x);
  free(path->y);
}

static struct path drawn_path(const struct roc_curve *curve)
{
  struct path path = curve_path(curve, 0);
  if (path.n > MOST_CORNERS) {
    path_free(&path);
    path = curve_path(curve, 2.0 / MOST_CORNERS);
  }
  return path;
}

// A long name is cut, not the area behind it; the panel is not wider than this.
static char *legend_with(const char *title, const char *area)
{
  struct typeface typeface = {em, 1.2 * em, false};
  double room = 1.6 * panel_side - 1.6 - typeset_width(&typeface, area, 1, false);
  char *shown = typeset_shorten(&typeface, title, 1, false, room, 1);
  char *legend = text_format("%s%s", shown, area);
  free(shown);
  return legend;
}

// Beside the points there is room for the cut-offs of a few curves; those of more are read in the
// legend.
static bool cuts_in_legend(const struct roc_study *study)
{
  return study->set.n_markers > MOST_LABELLED_MARKERS;
}

static char *cut_words(const struct roc_study *study, size_t m, const struct roc_cut *cut)
{
  char sensitivity[NUMBER_SIZE], specificity[NUMBER_SIZE];
  char *threshold = roc_threshold_text(study, m, cut);
  number_write_fixed(sensitivity, 100 * cut->metric[ROC_METRIC_SENSITIVITY].estimate, 1);
  number_write_fixed(specificity, 100 * cut->metric[ROC_METRIC_SPECIFICITY].estimate, 1);
  char *words = text_format("%s: %s%%, %s%%", threshold, sensitivity, specificity);
  free(threshold);
  return words;
}

static char *legend_text(const struct roc_study *study, size_t m)
{
  const struct roc_result *result = &study->result[m];
  const struct roc_sample *all = &study->all;
  int digits = study->command->digits >= 0 ? study->command->digits : 2;
  char number[NUMBER_SIZE];
  struct text text = {0};
  text_append_format(&text, ", %sAUC %s", roc_is_apparent(result) ? "apparent " : "",
                     number_write_fixed(number, all->areas.auc[m], digits));
  if (!isnan(all->low[m]) && !isnan(all->high[m])) {
    text_append_format(&text, " (%s", number_write_fixed(number, all->low[m], digits));
    text_append_format(&text, "\u2013%s)", number_write_fixed(number, all->high[m], digits));
  }
  if (!isnan(result->corrected_auc))
    text_append_format(&text, ", corrected %s",
                       number_write_fixed(number, result->corrected_auc, digits));
  if (cuts_in_legend(study)) {
    char *words = cut_words(study, m, &result->cut[0]);
    text_append_format(&text, "; %s", words);
    free(words);
  }
  char *legend = legend_with(result->title, text_content(&text));
  text_free(&text);
  return legend;
}

static void add_band(struct plot_panel *panel, size_t m, const struct roc_result *result)
{
  double x[ROC_BAND_POINTS], low[ROC_BAND_POINTS], high[ROC_BAND_POINTS];
  for (size_t b = 0; b < ROC_BAND_POINTS; b++) {
    size_t from = ROC_BAND_POINTS - 1 - b;
    x[b] = (double) b / (ROC_BAND_POINTS - 1);
    low[b] = result->band_low[from];
    high[b] = result->band_high[from];
  }
  panel_add_mark(panel, MARK_BAND, (int) m, NULL, ROC_BAND_POINTS, x, low, NULL, high)->opacity =
      0.2;
}

// ---- words beside the cut-offs ----

struct rectangle {
  double left, right, bottom, top;
};

struct label {
  double x, y; // the point
  char *text;
  struct rectangle at;
};

struct label_plan {
  const struct path *path;
  size_t n_paths;
  struct rectangle *point; // of every cut-off, with words or without
  size_t n_points;
  struct label *label;
  size_t n_labels;
  struct rectangle legend; // empty: below the panel
};

static bool overlap(const struct rectangle *a, const struct rectangle *b)
{
  return a->left < b->right && b->left < a->right && a->bottom < b->top && b->bottom < a->top;
}

static bool rises_through(const struct rectangle *box, double x1, double y1, double x2, double y2)
{
  // The line goes up and to the right: it misses the box if it passes above or below it.
  if (x2 < box->left || x1 > box->right || y2 < box->bottom || y1 > box->top)
    return false;
  double left = fmax(x1, box->left), right = fmin(x2, box->right);
  double y_left = x2 > x1 ? y1 + (y2 - y1) * (left - x1) / (x2 - x1) : y1;
  double y_right = x2 > x1 ? y1 + (y2 - y1) * (right - x1) / (x2 - x1) : y2;
  return y_right >= box->bottom && y_left <= box->top;
}

// The nearest point of the words to their cut-off.
static void leader_end(const struct label *label, const struct rectangle *at, double *x, double *y)
{
  *x = fmin(fmax(label->x, at->left), at->right);
  *y = fmin(fmax(label->y, at->bottom), at->top);
}

static bool needs_leader(const struct label *label, const struct rectangle *at)
{
  double x, y;
  leader_end(label, at, &x, &y);
  return hypot(x - label->x, y - label->y) >= 0.035;
}

// Does the leader of a label with its words at `at` pass through the box?
static bool leader_crosses(const struct label *label, const struct rectangle *at,
                           const struct rectangle *box)
{
  enum { STEPS = 50 };
  static const double near = 0.008;
  double x, y;
  if (!needs_leader(label, at))
    return false;
  leader_end(label, at, &x, &y);
  for (int i = 0; i <= STEPS; i++) {
    double part = (double) i / STEPS;
    double here_x = label->x + part * (x - label->x), here_y = label->y + part * (y - label->y);
    struct rectangle spot = {here_x - near, here_x + near, here_y - near, here_y + near};
    if (overlap(&spot, box))
      return true;
  }
  return false;
}

static double label_cost(const struct label_plan *plan, const struct label *label,
                         const struct rectangle *at)
{
  double cost = 0;
  for (size_t i = 0; i < plan->n_points; i++)
    if (overlap(at, &plan->point[i]))
      cost += 20;
  for (const struct label *other = plan->label; other < label; other++) {
    if (overlap(at, &other->at))
      cost += 100;
    if (leader_crosses(label, at, &other->at) || leader_crosses(other, &other->at, at))
      cost += 60;
  }
  return cost;
}

static bool path_meets(const struct path *path, const struct rectangle *box)
{
  for (size_t i = 1; i < path->n; i++)
    if (rises_through(box, path->x[i - 1], path->y[i - 1], path->x[i], path->y[i]))
      return true;
  return false;
}

// How much is wrong with a place, 0 for none.
static double place_cost(const struct label_plan *plan, const struct label *label,
                         const struct rectangle *at)
{
  if (at->left < 0.01 || at->right > 0.99 || at->bottom < 0.01 || at->top > 0.99)
    return 1000;
  double cost = label_cost(plan, label, at) + (overlap(at, &plan->legend) ? 50 : 0);
  if (rises_through(at, 0, 0, 1, 1))
    cost += 0.5;
  // Lines have a width.
  struct rectangle wide = {at->left - 0.008, at->right + 0.008, at->bottom - 0.004,
                           at->top + 0.004};
  for (size_t p = 0; p < plan->n_paths; p++)
    cost += path_meets(&plan->path[p], &wide) ? 10 : 0;
  return cost;
}

// Tries places around the point, near ones first, most of them below and to the right, where
// curves leave room.
static void place_label(const struct label_plan *plan, struct label *label, double width,
                        double height)
{
  static const double turns[] = {-30, -10, -50, 10, -70, 30, -90, 60, 90, 120, 150, 180, 210, 240};
  double best = INFINITY;
  for (int ring = 0; ring < 25; ring++)
    for (size_t t = 0; t < sizeof turns / sizeof *turns; t++) {
      double reach = 0.02 + 0.03 * ring, angle = turns[t] * M_PI / 180;
      double x = label->x + reach * cos(angle), y = label->y + reach * sin(angle);
      struct rectangle at = {x, x + width, y - height / 2, y + height / 2};
      if (cos(angle) < -0.01)
        at = (struct rectangle){x - width, x, at.bottom, at.top};
      double cost = place_cost(plan, label, &at) + 3 * reach;
      if (cost < best) {
        best = cost;
        label->at = at;
      }
    }
}

// The line from a point to its words, where they stand apart.
static void add_leader(struct plot_panel *panel, const struct label *label)
{
  double x, y;
  if (!needs_leader(label, &label->at))
    return;
  leader_end(label, &label->at, &x, &y);
  panel_add_mark(panel, MARK_SEGMENT, -1, NULL, 1, &label->x, &label->y, &x, &y)->line_width = 0.7;
}

static void add_labels(struct plot_panel *panel, struct label_plan *plan)
{
  struct typeface typeface = {em, 1.2 * em, false};
  size_t n = plan->n_labels;
  for (size_t i = 0; i < n; i++) {
    struct label *label = &plan->label[i];
    double width = typeset_width(&typeface, label->text, word_size, false) / square_side + 0.01;
    place_label(plan, label, width, 1.1 * word_size * em / square_side);
    add_leader(panel, label);
    panel_add_word(panel, label->at.left, (label->at.bottom + label->at.top) / 2, WORD_LEFT,
                   word_size, label->text);
    free(label->text);
  }
}

// With the samples, in centimetres.
static double legend_width(char *const *legend, size_t n)
{
  struct typeface typeface = {em, 1.2 * em, false};
  double widest = 0;
  for (size_t i = 0; i < n; i++)
    widest = fmax(widest, typeset_width(&typeface, legend[i], 1, false));
  return widest + 1.3;
}

// Lower right, if no curve passes there; else below the panel.
static void place_legend(struct plot_panel *panel, struct label_plan *plan, char *const *legend)
{
  size_t n = plan->n_paths;
  struct rectangle at = {1 - legend_width(legend, n) / square_side, 1, 0,
                         (0.25 + (double) n * 1.4 * em) / square_side};
  bool covers = at.left < 0.02;
  for (size_t p = 0; p < n && !covers; p++)
    covers = path_meets(&plan->path[p], &at);
  panel->legend = covers ? LEGEND_BELOW : LEGEND_BOTTOM_RIGHT;
  if (!covers)
    plan->legend = at;
}

// The same point twice needs words once.
static bool is_labelled(const struct label_plan *plan, const struct label *label)
{
  for (size_t i = 0; i < plan->n_labels; i++)
    if (plan->label[i].x == label->x && plan->label[i].y == label->y &&
        strcmp(plan->label[i].text, label->text) == 0)
      return true;
  return false;
}

// Points at the cut-offs; words at all of them if they are few, else at each marker's first, or
// none.
static void add_cuts(const struct roc_study *study, struct plot_panel *panel,
                     struct label_plan *plan)
{
  size_t n_cuts = 0;
  for (size_t m = 0; m < study->set.n_markers; m++)
    n_cuts += study->result[m].n_cuts;
  plan->label = NEW_ARRAY(struct label, n_cuts);
  plan->point = NEW_ARRAY(struct rectangle, n_cuts);
  for (size_t m = 0; m < study->set.n_markers; m++)
    for (size_t c = 0; c < study->result[m].n_cuts; c++) {
      const struct roc_cut *cut = &study->result[m].cut[c];
      struct label label = {.x = cut->counts.false_positives / study->all.areas.n_others,
                            .y = cut->counts.true_positives / study->all.areas.n_events};
      panel_add_mark(panel, MARK_POINTS, (int) m, NULL, 1, &label.x, &label.y, NULL, NULL);
      plan->point[plan->n_points++] = (struct rectangle){label.x - 0.015, label.x + 0.015,
                                                         label.y - 0.015, label.y + 0.015};
      if (cuts_in_legend(study) || (c && n_cuts > MOST_LABELS) || plan->n_labels == MOST_LABELS)
        continue;
      label.text = cut_words(study, m, cut);
      if (is_labelled(plan, &label))
        free(label.text);
      else
        plan->label[plan->n_labels++] = label;
    }
  add_labels(panel, plan);
  free(plan->label);
  free(plan->point);
}

// What the percentages are.
static const char *cut_footnote(const struct roc_study *study)
{
  bool several = false;
  for (size_t m = 0; m < study->set.n_markers; m++)
    several |= study->result[m].n_cuts > 1;
  if (!cuts_in_legend(study))
    return "At each cut-off: sensitivity, specificity.";
  return several ? "After each area the first cut-off with its sensitivity and specificity."
                 : "After each area the cut-off with its sensitivity and specificity.";
}

// ---- the figure ----

bool roc_draw(const char *kind, void *context, struct figure *figure, struct error *error)
{
  (void) kind, (void) error;
  const struct roc_study *study = context;
  size_t k = study->set.n_markers;
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  figure->panel_height = panel_side;
  panel->square = true;
  panel_set_x(panel, "1 \u2212 Specificity", 0, 1);
  panel_set_y(panel, "Sensitivity", 0, 1);
  double ends[] = {0, 1};
  panel_add_mark(panel, MARK_LINE, -1, NULL, 2, ends, ends, NULL, NULL);
  struct path *path = NEW_ARRAY(struct path, k);
  char **legend = NEW_ARRAY(char *, k);
  for (size_t m = 0; m < k; m++) {
    path[m] = drawn_path(&study->result[m].curve);
    legend[m] = legend_text(study, m);
    if (study->settings->band)
      add_band(panel, m, &study->result[m]);
  }
  for (size_t m = 0; m < k; m++)
    panel_add_mark(panel, MARK_LINE, (int) m, legend[m], path[m].n, path[m].x, path[m].y, NULL,
                   NULL)
        ->line_width = 1.2;
  // The square stays; what is written below it has room.
  figure->panel_width = fmax(panel_side, fmin(legend_width(legend, k), 1.6 * panel_side));
  struct label_plan plan = {.path = path, .n_paths = k};
  place_legend(panel, &plan, legend);
  add_cuts(study, panel, &plan);
  figure->footnote = memory_copy_text(cut_footnote(study));
  for (size_t m = 0; m < k; m++) {
    path_free(&path[m]);
    free(legend[m]);
  }
  free(path);
  free(legend);
  return true;
}
