// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar's figure: a panel a variable, boxes with points or bars.
#include <config.h>

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "cmd/univar.h"

enum { MOST_POINTS = 200 }; // of a group
enum { MOST_PANELS = 60 };  // more are not read, and gnuplot gives up

// The bits of i mirrored about the binary point (van der Corput 1935): places that fill
// a box evenly, the same in every run.
static double scatter(size_t i)
{
  double place = 0, step = 0.5;
  for (; i; i >>= 1, step /= 2)
    place += (i & 1) ? step : 0;
  return place;
}

static void add_p(const struct univar *univar, const struct univar_variable *variable,
                  struct plot_panel *panel, double top)
{
  size_t n_tests;
  const struct comparison_test *test = univar_tests(variable, &n_tests);
  if (!n_tests || isnan(test[0].p_value))
    return;
  char p[NUMBER_SIZE];
  number_write_p(p, test[0].p_value, 3);
  char *words = p[0] == '<' ? text_format("P < %s", p + 1) : text_format("P = %s", p);
  panel_add_word(panel, 0.5 * (double) (univar->outcome.n_groups - 1), top, WORD_CENTRE, 1, words);
  free(words);
}

static void add_group_ticks(const struct univar *univar, const struct univar_variable *variable,
                            struct plot_panel *panel)
{
  const struct outcome *outcome = &univar->outcome;
  panel_set_x(panel, NULL, -0.6, (double) outcome->n_groups - 0.4);
  for (size_t g = 0; g < outcome->n_groups; g++) {
    size_t n = variable->is_category ? variable->category.n[g] : variable->quantity.group[g].n;
    char *label = text_format("%s\n(n = %zu)", outcome->label[g], n);
    axis_add_tick(&panel->x, (double) g, label);
    free(label);
  }
}

static size_t group_values(const struct univar *univar, const struct univar_variable *variable,
                           size_t g, double *x)
{
  size_t n = 0;
  for (size_t i = 0; i < univar->command->table.n_rows; i++)
    if (univar->outcome.code[i] == (double) g && !isnan(variable->value[i]))
      x[n++] = variable->value[i];
  sort_doubles(x, n);
  return n;
}

// Tukey's (1977) whiskers: the outermost values within 1.5 interquartile ranges.
static void add_box(struct plot_panel *panel, size_t g, const struct quantity_group *group,
                    const double *x, size_t n)
{
  double range = group->q3 - group->q1, low = group->q1, high = group->q3;
  for (size_t i = 0; i < n; i++)
    if (x[i] >= group->q1 - 1.5 * range) {
      low = fmin(x[i], group->q1);
      break;
    }
  for (size_t i = n; i-- > 0;)
    if (x[i] <= group->q3 + 1.5 * range) {
      high = fmax(x[i], group->q3);
      break;
    }
  double at = (double) g, half = 0.28, cap = 0.1;
  struct plot_mark *box =
      panel_add_mark(panel, MARK_RECTANGLE, (int) g, NULL, 1, (double[]){at - half}, &group->q1,
                     (double[]){at + half}, &group->q3);
  box->opacity = 0.25;
  double x1[] = {at - half, at, at, at - cap, at - cap};
  double y1[] = {group->median, group->q3, group->q1, high, low};
  double x2[] = {at + half, at, at, at + cap, at + cap};
  double y2[] = {group->median, high, low, high, low};
  panel_add_mark(panel, MARK_SEGMENT, (int) g, NULL, 1, x1, y1, x2, y2)->line_width = 2;
  panel_add_mark(panel, MARK_SEGMENT, (int) g, NULL, 4, x1 + 1, y1 + 1, x2 + 1, y2 + 1);
}

static void add_points(struct plot_panel *panel, size_t g, const double *x, size_t n)
{
  size_t shown = n < MOST_POINTS ? n : MOST_POINTS;
  double *at = NEW_ARRAY(double, 2 * shown + 1), *value = at + shown;
  for (size_t i = 0; i < shown; i++) {
    at[i] = (double) g + 0.36 * (scatter(i + 1) - 0.5);
    // Evenly spaced order statistics, the extremes among them.
    value[i] = shown > 1 ? x[i * (n - 1) / (shown - 1)] : x[0];
  }
  struct plot_mark *points =
      panel_add_mark(panel, MARK_POINTS, (int) g, NULL, shown, at, value, NULL, NULL);
  points->point_size = shown > 60 ? 0.35 : 0.5;
  points->opacity = 0.6;
  free(at);
}

static bool draw_quantity(const struct univar *univar, const struct univar_variable *variable,
                          struct figure *figure)
{
  struct plot_panel *panel = figure_add_panel(figure, variable->title);
  panel->legend = LEGEND_NONE;
  add_group_ticks(univar, variable, panel);
  double least = INFINITY, most = -INFINITY;
  bool thinned = false;
  double *x = NEW_ARRAY(double, univar->command->table.n_rows);
  for (size_t g = 0; g < univar->outcome.n_groups; g++) {
    const struct quantity_group *group = &variable->quantity.group[g];
    size_t n = group_values(univar, variable, g, x);
    if (!n)
      continue;
    add_box(panel, g, group, x, n);
    add_points(panel, g, x, n);
    thinned |= n > MOST_POINTS;
    least = fmin(least, fmin(x[0], group->q1));
    most = fmax(most, fmax(x[n - 1], group->q3));
  }
  free(x);
  double range = most - least;
  if (!(range > 0))
    range = fabs(most) > 0 && isfinite(most) ? fabs(most) : 1;
  if (isfinite(most))
    panel_set_y(panel, variable->unit, least - 0.05 * range, most + 0.16 * range);
  else
    panel_set_y(panel, variable->unit, 0, 1);
  if (isfinite(most))
    add_p(univar, variable, panel, most + 0.1 * range);
  return thinned;
}

static void draw_category(const struct univar *univar, const struct univar_variable *variable,
                          struct figure *figure)
{
  const struct category_comparison *category = &variable->category;
  struct plot_panel *panel = figure_add_panel(figure, variable->title);
  panel->legend = LEGEND_BELOW;
  add_group_ticks(univar, variable, panel);
  size_t k = univar->outcome.n_groups, n_levels = category->n_levels;
  double width = 0.8 / (double) n_levels, most = 0;
  double *left = NEW_ARRAY(double, 4 * k), *right = left + k, *zero = left + 2 * k,
         *height = left + 3 * k;
  for (size_t level = 0; level < n_levels; level++) {
    for (size_t g = 0; g < k; g++) {
      left[g] = (double) g - 0.4 + (double) level * width + 0.05 * width;
      right[g] = left[g] + 0.9 * width;
      zero[g] = 0;
      height[g] = category->n[g]
                      ? 100 * category->count[level * k + g] / (double) category->n[g]
                      : NAN;
      most = fmax(most, height[g]);
    }
    struct plot_mark *bars =
        panel_add_mark(panel, MARK_RECTANGLE, (int) level, variable->column->level_label[level], k,
                       left, zero, right, height);
    bars->opacity = 0.8;
  }
  free(left);
  double top = most > 0 ? most : 100;
  panel_set_y(panel, "Percent of group", 0, 1.16 * top);
  add_p(univar, variable, panel, 1.09 * top);
}

bool univar_draw(const char *kind, void *context, struct figure *figure, struct error *error)
{
  (void) kind;
  const struct univar *univar = context;
  if (univar->n_variables > MOST_PANELS)
    return error_set(error, ERROR_USAGE, "%zu panels, %d at most: name fewer variables",
                     univar->n_variables, MOST_PANELS);
  bool thinned = false;
  if (univar->outcome.column)
    figure->title = text_format("By %s", column_title(univar->outcome.column));
  for (size_t i = 0; i < univar->n_variables; i++)
    if (univar->variable[i].is_category)
      draw_category(univar, &univar->variable[i], figure);
    else
      thinned |= draw_quantity(univar, &univar->variable[i], figure);
  if (thinned)
    figure->footnote = text_format("Groups of more than %d rows: %d evenly spaced order "
                                   "statistics drawn as points.",
                                   MOST_POINTS, MOST_POINTS);
  return true;
}
