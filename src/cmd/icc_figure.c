// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc's figures: differences against means, and reader against reader.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/icc.h"

enum { MOST_PANELS = 60, MOST_POINTS = 5000 };

// Of a panel's height: lines nearer to each other have no room for two lines of words.
static const double least_step = 0.14;

// A pair's readings, those of a very large cohort thinned evenly.
struct pair_points {
  double *x, *y;      // of the first and the second reader
  size_t n;
  double low, high;   // of both
};

static struct pair_points take_points(const struct icc_variable *variable,
                                      const struct icc_pair *pair)
{
  struct pair_points points = {.low = INFINITY, .high = -INFINITY};
  size_t n = variable->n, k = variable->n_readers;
  points.n = n < MOST_POINTS ? n : MOST_POINTS;
  points.x = NEW_ARRAY(double, 2 * points.n + 1);
  points.y = points.x + points.n;
  for (size_t i = 0; i < points.n; i++) {
    size_t subject = points.n == n ? i : (size_t) ((double) i * (double) n / (double) points.n);
    points.x[i] = variable->reading[subject * k + pair->first];
    points.y[i] = variable->reading[subject * k + pair->second];
    points.low = fmin(points.low, fmin(points.x[i], points.y[i]));
    points.high = fmax(points.high, fmax(points.x[i], points.y[i]));
  }
  return points;
}

static char *with_unit(const char *title, const char *unit)
{
  return unit ? text_format("%s (%s)", title, unit) : memory_copy_text(title);
}

static struct plot_panel *add_panel(struct figure *figure, const struct icc_variable *variable,
                                    const struct icc_pair *pair)
{
  char *words = icc_pair_title(variable, pair);
  char *title = variable->n_readers > 2 ? text_format("%s: %s", variable->title, words)
                                        : memory_copy_text(variable->title);
  struct plot_panel *panel = figure_add_panel(figure, title);
  panel->legend = LEGEND_NONE;
  free(title);
  free(words);
  return panel;
}

static void add_points(struct plot_panel *panel, size_t n, const double *x, const double *y)
{
  struct plot_mark *mark = panel_add_mark(panel, MARK_POINTS, 0, NULL, n, x, y, NULL, NULL);
  mark->point_size = n > 500 ? 0.35 : n > 100 ? 0.5 : 0.7;
  mark->opacity = 0.6;
}

// ---- differences against means ----

// What the panel shows of the axes.
struct frame {
  double left, right, bottom, top;
};

// The line of an estimate across the panel, and its interval as a band.
static void add_level(struct plot_panel *panel, const struct interval_estimate *level, int style,
                      const struct frame *frame)
{
  if (isnan(level->estimate))
    return;
  double x[] = {frame->left, frame->right}, y[] = {level->estimate, level->estimate};
  double low = fmax(frame->bottom, level->conf_low), high = fmin(frame->top, level->conf_high);
  double bottom[] = {low, low}, top[] = {high, high};
  if (!isnan(level->conf_low)) {
    struct plot_mark *band = panel_add_mark(panel, MARK_BAND, style, NULL, 2, x, bottom, NULL, top);
    band->opacity = 0.12;
  }
  panel_add_mark(panel, MARK_LINE, style, NULL, 2, x, y, NULL, NULL);
}

// Names and values at the right of the lines; in one block where these are too close to part.
static void add_level_words(struct plot_panel *panel, const struct bland_altman_result *r,
                            const struct frame *frame, int digits)
{
  double x = frame->right + 0.02 * (frame->right - frame->left);
  char *bias = icc_number_text(r->bias.estimate, digits);
  char *upper = icc_number_text(r->upper.estimate, digits);
  char *lower = icc_number_text(r->lower.estimate, digits);
  bool apart = r->multiplier * r->sd > least_step * (frame->top - frame->bottom);
  char *words = !(r->sd > 0) || apart
                    ? text_format("Mean\n%s", bias)
                    : text_format("+%.3g SD %s\nMean %s\n\u2212%.3g SD %s", r->multiplier, upper,
                                  bias, r->multiplier, lower);
  if (!isnan(r->bias.estimate))
    panel_add_word(panel, x, r->bias.estimate, WORD_LEFT, 1, words);
  free(words);
  if (r->sd > 0 && apart) {
    words = text_format("+%.3g SD\n%s", r->multiplier, upper);
    panel_add_word(panel, x, r->upper.estimate, WORD_LEFT, 1, words);
    free(words);
    words = text_format("\u2212%.3g SD\n%s", r->multiplier, lower);
    panel_add_word(panel, x, r->lower.estimate, WORD_LEFT, 1, words);
    free(words);
  }
  free(bias);
  free(upper);
  free(lower);
}

// All differences and the limits; their intervals as far as these do not push all else
// together, and 0 on the same terms.
static struct frame choose_frame(const struct bland_altman_result *r, size_t n, const double *mean,
                                 const double *difference)
{
  double left = INFINITY, right = -INFINITY, bottom = INFINITY, top = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    left = fmin(left, mean[i]);
    right = fmax(right, mean[i]);
    bottom = fmin(bottom, difference[i]);
    top = fmax(top, difference[i]);
  }
  if (!n)
    left = right = bottom = top = 0;
  bottom = fmin(bottom, r->lower.estimate);
  top = fmax(top, r->upper.estimate);
  double height = top - bottom;
  bottom = fmax(bottom - 0.4 * height, fmin(bottom, r->lower.conf_low));
  top = fmin(top + 0.4 * height, fmax(top, r->upper.conf_high));
  if (fmax(top, 0) - fmin(bottom, 0) <= 2 * (top - bottom) || !(height > 0)) {
    top = fmax(top, 0);
    bottom = fmin(bottom, 0);
  }
  height = top > bottom ? top - bottom : 1;
  double room = right > left ? 0.05 * (right - left) : right < 0 || right > 0 ? fabs(right) : 1;
  return (struct frame){left - room, right + room, bottom - 0.05 * height, top + 0.05 * height};
}

static void draw_bland_altman(const struct icc_variable *variable, const struct icc_pair *pair,
                              struct figure *figure)
{
  const struct bland_altman_result *r = &pair->limits;
  struct pair_points points = take_points(variable, pair);
  struct plot_panel *panel = add_panel(figure, variable, pair);
  double *mean = points.x, *difference = points.y;
  for (size_t i = 0; i < points.n; i++) {
    double x = points.x[i], y = points.y[i];
    mean[i] = x + (y - x) / 2;
    difference[i] = x - y;
  }
  struct frame frame = choose_frame(r, points.n, mean, difference);
  char *x_label = with_unit("Mean of both readings", variable->unit);
  char *y_label = with_unit("Difference", variable->unit);
  panel_set_x(panel, x_label, frame.left, frame.right);
  panel_set_y(panel, y_label, frame.bottom, frame.top);
  free(x_label);
  free(y_label);
  double x[] = {frame.left, frame.right}, zero[] = {0, 0};
  if (frame.bottom < 0 && frame.top > 0)
    panel_add_mark(panel, MARK_LINE, -1, NULL, 2, x, zero, NULL, NULL);
  add_level(panel, &r->bias, 0, &frame);
  if (r->sd > 0) {
    add_level(panel, &r->upper, 1, &frame);
    add_level(panel, &r->lower, 1, &frame);
  }
  add_level_words(panel, r, &frame, variable->digits);
  add_points(panel, points.n, mean, difference);
  free(points.x);
}

// ---- reader against reader ----

static void draw_readers(const struct icc *icc, const struct icc_variable *variable,
                         const struct icc_pair *pair, struct figure *figure)
{
  struct pair_points points = take_points(variable, pair);
  struct plot_panel *panel = add_panel(figure, variable, pair);
  panel->square = true;
  double range = points.high - points.low;
  if (!points.n) {
    points.low = 0;
    range = points.high = 1;
  } else if (!(range > 0)) {
    range = fabs(points.high) > 0 ? fabs(points.high) : 1;
  }
  double low = points.low - 0.05 * range, high = points.high + 0.05 * range;
  char *x_label = with_unit(variable->reader_title[pair->first], variable->unit);
  char *y_label = with_unit(variable->reader_title[pair->second], variable->unit);
  panel_set_x(panel, x_label, low, high);
  panel_set_y(panel, y_label, low, high);
  free(x_label);
  free(y_label);
  double ends[] = {low, high};
  panel_add_mark(panel, MARK_LINE, -1, NULL, 2, ends, ends, NULL, NULL);
  add_points(panel, points.n, points.x, points.y);
  const struct icc_result *r = &variable->icc[icc->settings->type];
  if (variable->n_readers == 2 && !isnan(r->estimate)) {
    char *number = icc_number_text(r->estimate, 3);
    char *words = text_format("%s %s", choice_name(icc_types, (int) icc->settings->type), number);
    double corner = 0.05 * (high - low);
    panel_add_word(panel, low + corner, high - corner, WORD_LEFT, 1, words);
    free(words);
    free(number);
  }
  free(points.x);
}

// ---- the figure ----

static void add_footnote(const struct icc *icc, bool two_readers, bool differences, bool thinned,
                         struct figure *figure)
{
  struct text text = {0};
  if (differences && two_readers) {
    char *words = icc_difference_words(icc);
    text_append_format(&text, "Difference: %s. ", words);
    free(words);
  }
  if (differences)
    text_append_format(&text, "Bands: %.10g%% confidence intervals.", 100 * icc->command->level);
  if (thinned)
    text_append_format(&text, "%s%d evenly chosen subjects drawn.", text.length ? " " : "",
                       MOST_POINTS);
  figure->footnote = text.length ? text_take(&text) : NULL;
  text_free(&text);
}

bool icc_draw(const char *kind, void *context, struct figure *figure, struct error *error)
{
  const struct icc *icc = context;
  bool differences = strcmp(kind, "bland-altman") == 0, thinned = false;
  size_t n_panels = 0;
  for (size_t i = 0; i < icc->n_variables; i++)
    n_panels += icc->variable[i].is_category ? 0 : icc->variable[i].n_pairs;
  if (!n_panels)
    return error_set(error, ERROR_USAGE, "there is no quantity to draw, categories only");
  if (n_panels > MOST_PANELS)
    return error_set(error, ERROR_USAGE, "%zu panels, %d at most: name fewer variables or readers",
                     n_panels, MOST_PANELS);
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    thinned |= !variable->is_category && variable->n > MOST_POINTS;
    for (size_t j = 0; j < variable->n_pairs && !variable->is_category; j++)
      if (differences)
        draw_bland_altman(variable, &variable->pair[j], figure);
      else
        draw_readers(icc, variable, &variable->pair[j], figure);
  }
  add_footnote(icc, icc->variable[0].n_readers == 2, differences, thinned, figure);
  return true;
}
