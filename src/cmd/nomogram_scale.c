// SPDX-License-Identifier: GPL-3.0-or-later
// The scale of a nomogram.  F. E. Harrell (2015), Regression Modeling Strategies, 2nd
// edition, section 5.3; interactions as documented for rms::nomogram.
#include <config.h>

#include "cmd/nomogram_scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "report/plot.h"
#include "stats/logit.h"
#include "stats/nomogram.h"

enum { MOST_AXES = 24, TURN_STEPS = 2000 };

// ---- groups ----

// The group of each variable: variables of one term are in one group.
static void join_variables(const struct design *design, size_t *group_of)
{
  for (size_t v = 0; v < design->n_variables; v++)
    group_of[v] = v;
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct design_term *term = &design->term[t];
    for (size_t i = 1; i < term->n_parts; i++) {
      size_t a = group_of[term->part[0].variable], b = group_of[term->part[i].variable];
      size_t first = a < b ? a : b, other = a < b ? b : a;
      for (size_t v = 0; v < design->n_variables; v++)
        if (group_of[v] == other)
          group_of[v] = first;
    }
  }
}

static bool term_in_group(const struct scale_group *group, const struct design_term *term)
{
  return group->variable[term->part[0].variable];
}

// The first term that joins two different quantities, or several variables at all.
static const char *joining_term(const struct design *design, const struct scale_group *group,
                                bool quantities)
{
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct design_term *term = &design->term[t];
    if (!term_in_group(group, term) || design_term_variable(term) != DESIGN_ALL)
      continue;
    size_t n_quantities = 0;
    for (size_t i = 0; i < term->n_parts; i++)
      n_quantities += !design->variable[term->part[i].variable].categorical;
    if (!quantities || n_quantities > 1)
      return term->name;
  }
  return NULL;
}

static bool choose_along(const struct design *design, struct scale_group *group,
                         struct error *error)
{
  size_t n_quantities = 0;
  group->along = DESIGN_ALL;
  for (size_t v = 0; v < design->n_variables; v++) {
    if (!group->variable[v])
      continue;
    const struct design_variable *variable = &design->variable[v];
    if (!variable->categorical) {
      n_quantities++;
      group->along = v;
    } else if (group->along == DESIGN_ALL ||
               (design->variable[group->along].categorical &&
                variable->levels.n_items > design->variable[group->along].levels.n_items)) {
      group->along = v;
    }
  }
  if (n_quantities > 1) {
    const char *direct = joining_term(design, group, true);
    return error_set(error, ERROR_DATA,
                     direct ? "the interaction %s joins two quantities, which no axes can show "
                              "(her2-predict gives its risks)"
                            : "interactions (%s) join two quantities, which no axes can show "
                              "(her2-predict gives its risks)",
                     direct ? direct : joining_term(design, group, false));
  }
  double n_axes = 1;
  for (size_t v = 0; v < design->n_variables; v++)
    if (group->variable[v] && v != group->along)
      n_axes *= (double) design->variable[v].levels.n_items;
  if (n_axes > MOST_AXES)
    return error_set(error, ERROR_DATA,
                     "the interaction %s would need %.0f axes, one for each combination of "
                     "levels, and %d can be drawn (her2-predict gives its risks)",
                     joining_term(design, group, false), n_axes, MOST_AXES);
  group->n_axes = (size_t) n_axes;
  return true;
}

// Combination number k of the levels of the group's other variables, the first fastest.
static void hold_levels(const struct design *design, const struct scale_group *group, size_t k,
                        double *held)
{
  for (size_t v = 0; v < design->n_variables; v++) {
    held[v] = NAN;
    if (!group->variable[v] || v == group->along)
      continue;
    size_t n_levels = design->variable[v].levels.n_items;
    held[v] = (double) (k % n_levels);
    k /= n_levels;
  }
}

// ---- effects ----

double scale_effect(const struct scale *scale, size_t group, const double *value)
{
  const struct model *model = scale->model;
  const struct design *design = &model->design;
  double *x = NEW_ARRAY(double, design->n_columns), effect = 0;
  design_evaluate_values(design, value, x);
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct design_term *term = &design->term[t];
    if (term_in_group(&scale->group[group], term))
      for (size_t j = term->first; j < term->first + term->n_columns; j++)
        effect += x[j] * model->coefficient[j];
  }
  free(x);
  return effect;
}

double scale_points(const struct scale *scale, size_t group, const double *value)
{
  return nomogram_points(scale_effect(scale, group, value), scale->least[group],
                         scale->points_per_unit);
}

static double axis_effect(const struct scale *scale, size_t axis, double x)
{
  const struct scale_axis *of = &scale->axis[axis];
  size_t n = scale->model->design.n_variables;
  double *value = NEW_ARRAY(double, n);
  memcpy(value, of->held, n * sizeof *value);
  value[of->variable] = x;
  double effect = scale_effect(scale, of->group, value);
  free(value);
  return effect;
}

double scale_axis_points(const struct scale *scale, size_t axis, double x)
{
  return nomogram_points(axis_effect(scale, axis, x), scale->least[scale->axis[axis].group],
                         scale->points_per_unit);
}

size_t scale_find_axis(const struct scale *scale, size_t group, const double *value)
{
  const struct scale_group *of = &scale->group[group];
  const struct design *design = &scale->model->design;
  size_t k = 0, stride = 1;
  for (size_t v = 0; v < design->n_variables; v++)
    if (of->variable[v] && v != of->along) {
      k += stride * (size_t) value[v];
      stride *= design->variable[v].levels.n_items;
    }
  return of->first_axis + k;
}

struct along_axis {
  const struct scale *scale;
  size_t axis;
};

static double effect_along(double x, void *context)
{
  const struct along_axis *along = context;
  return axis_effect(along->scale, along->axis, x);
}

// The knots of all splines of the variable, ascending; the caller frees.
static double *variable_knots(const struct design *design, size_t variable, size_t *n_knots)
{
  double *knot = NULL;
  *n_knots = 0;
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_parts; i++) {
      const struct design_part *part = &design->term[t].part[i];
      if (part->variable != variable || part->kind != PART_SPLINE)
        continue;
      RESIZE_ARRAY(knot, *n_knots + part->n_knots);
      memcpy(knot + *n_knots, part->knot, part->n_knots * sizeof *knot);
      *n_knots += part->n_knots;
    }
  if (*n_knots)
    sort_doubles(knot, *n_knots);
  return knot;
}

static bool axis_extremes(const struct scale *scale, size_t a, double *least, double *most,
                          struct error *error)
{
  const struct design *design = &scale->model->design;
  size_t v = scale->axis[a].variable;
  const struct design_variable *variable = &design->variable[v];
  *least = INFINITY;
  *most = -INFINITY;
  if (variable->categorical) {
    for (size_t level = 0; level < variable->levels.n_items; level++) {
      double effect = axis_effect(scale, a, (double) level);
      *least = fmin(*least, effect);
      *most = fmax(*most, effect);
    }
    return true;
  }
  if (!(variable->least <= variable->most) || !isfinite(variable->most - variable->least))
    return error_set(error, ERROR_DATA,
                     "the model file does not state the range of '%s', where its axis would begin "
                     "and end",
                     variable->name);
  size_t n_knots;
  double *knot = variable_knots(design, v, &n_knots);
  struct along_axis along = {scale, a};
  nomogram_extremes(effect_along, &along, variable->least, variable->most, knot, n_knots, least,
                    most);
  free(knot);
  if (!isfinite(*least) || !isfinite(*most))
    return error_set(error, ERROR_DATA, "the effect of '%s' is not defined on its range",
                     variable->name);
  return true;
}

// ---- making ----

static bool make_group(struct scale *scale, const size_t *group_of, size_t first,
                       struct error *error)
{
  const struct design *design = &scale->model->design;
  size_t g = scale->n_groups++, n = design->n_variables;
  RESIZE_ARRAY(scale->group, scale->n_groups);
  RESIZE_ARRAY(scale->least, scale->n_groups);
  RESIZE_ARRAY(scale->most, scale->n_groups);
  struct scale_group *group = &scale->group[g];
  *group = (struct scale_group){.variable = NEW_ARRAY(bool, n), .first_axis = scale->n_axes};
  for (size_t v = 0; v < n; v++) {
    group->variable[v] = group_of[v] == first;
    group->n_variables += group->variable[v];
  }
  if (!choose_along(design, group, error))
    return false;
  scale->least[g] = INFINITY;
  scale->most[g] = -INFINITY;
  for (size_t k = 0; k < group->n_axes; k++) {
    RESIZE_ARRAY(scale->axis, scale->n_axes + 1);
    struct scale_axis *axis = &scale->axis[scale->n_axes++];
    *axis = (struct scale_axis){g, group->along, NEW_ARRAY(double, n)};
    hold_levels(design, group, k, axis->held);
    double least, most;
    if (!axis_extremes(scale, scale->n_axes - 1, &least, &most, error))
      return false;
    scale->least[g] = fmin(scale->least[g], least);
    scale->most[g] = fmax(scale->most[g], most);
  }
  return true;
}

bool scale_make(struct scale *scale, const struct model *model, struct error *error)
{
  *scale = (struct scale){.model = model};
  size_t n = model->design.n_variables;
  if (!n)
    return error_set(error, ERROR_DATA, "the model has no predictor: there is nothing to draw");
  size_t *group_of = NEW_ARRAY(size_t, n);
  join_variables(&model->design, group_of);
  bool good = true;
  for (size_t v = 0; v < n && good; v++)
    if (group_of[v] == v)
      good = make_group(scale, group_of, v, error);
  free(group_of);
  if (good) {
    scale->points_per_unit =
        nomogram_points_per_unit(scale->least, scale->most, scale->n_groups);
    good = isfinite(scale->points_per_unit) ||
           error_set(error, ERROR_DATA, "no predictor of the model has an effect: there is nothing "
                                        "to draw");
  }
  for (size_t g = 0; g < scale->n_groups && good; g++)
    scale->most_points += (scale->most[g] - scale->least[g]) * scale->points_per_unit;
  if (!good)
    scale_free(scale);
  return good;
}

void scale_free(struct scale *scale)
{
  for (size_t g = 0; g < scale->n_groups; g++)
    free(scale->group[g].variable);
  for (size_t a = 0; a < scale->n_axes; a++)
    free(scale->axis[a].held);
  free(scale->group);
  free(scale->least);
  free(scale->most);
  free(scale->axis);
  *scale = (struct scale){0};
}

// ---- totals ----

double scale_linear_predictor(const struct scale *scale, double total_points)
{
  const struct model *model = scale->model;
  return nomogram_linear_predictor(total_points, model->has_intercept ? model->coefficient[0] : NAN,
                                   scale->least, scale->n_groups, scale->points_per_unit);
}

double scale_total_points(const struct scale *scale, double linear_predictor)
{
  const struct model *model = scale->model;
  return nomogram_total_points(linear_predictor,
                               model->has_intercept ? model->coefficient[0] : NAN, scale->least,
                               scale->n_groups, scale->points_per_unit);
}

// ---- titles ----

char *scale_variable_title(const struct design_variable *variable)
{
  return variable->unit && *variable->unit
             ? text_format("%s (%s)", design_title(variable), variable->unit)
             : memory_copy_text(design_title(variable));
}

const char *scale_level_title(const struct design_variable *variable, size_t level)
{
  const struct text_list *labels = &variable->level_labels;
  return level < labels->n_items && *labels->item[level] ? labels->item[level]
                                                         : variable->levels.item[level];
}

static char *held(const struct scale *scale, const struct scale_axis *axis, bool titles)
{
  const struct design *design = &scale->model->design;
  struct text text = {0};
  for (size_t v = 0; v < design->n_variables; v++) {
    if (isnan(axis->held[v]))
      continue;
    const struct design_variable *variable = &design->variable[v];
    size_t level = (size_t) axis->held[v];
    char *item = titles ? text_format("%s = %s", design_title(variable),
                                      scale_level_title(variable, level))
                        : text_format("%s=%s", variable->name, variable->levels.item[level]);
    text_append_item(&text, titles ? ", " : ",", item);
    free(item);
  }
  return text.length ? text_take(&text) : NULL;
}

char *scale_held_title(const struct scale *scale, const struct scale_axis *axis)
{
  return held(scale, axis, true);
}

char *scale_held_text(const struct scale *scale, const struct scale_axis *axis)
{
  return held(scale, axis, false);
}

// ---- turns ----

double *scale_axis_turns(const struct scale *scale, size_t axis, size_t *n_turns)
{
  const double enough = 0.25;
  const struct design_variable *variable =
      &scale->model->design.variable[scale->axis[axis].variable];
  double low = variable->least, high = variable->most, *turn = NEW_ARRAY(double, TURN_STEPS + 2);
  size_t n = 0;
  turn[n++] = low;
  // The best place since the last turn, in the direction that points go; 0: not known yet.
  int direction = 0;
  double best = scale_axis_points(scale, axis, low), best_at = low, start = best;
  for (int i = 1; i <= TURN_STEPS; i++) {
    double x = low + (high - low) * i / TURN_STEPS;
    double points = scale_axis_points(scale, axis, x);
    if (direction == 0) {
      if (fabs(points - start) > enough)
        direction = points > start ? 1 : -1;
      else
        continue;
      best = points;
      best_at = x;
    } else if ((points - best) * direction >= 0) {
      best = points;
      best_at = x;
    } else if ((best - points) * direction > enough) {
      turn[n++] = best_at;
      direction = -direction;
      best = points;
      best_at = x;
    }
  }
  turn[n++] = high;
  *n_turns = n;
  return turn;
}

// ---- round values ----

struct value_list {
  struct scale_value *value;
  size_t n, capacity;
};

static void value_list_add(struct value_list *list, double value, const char *label, int rank)
{
  GROW_ARRAY(list->value, list->capacity, list->n + 1);
  list->value[list->n++] = (struct scale_value){value, memory_copy_text(label), rank};
}

void scale_values_free(struct scale_value *value, size_t n_values)
{
  for (size_t i = 0; i < n_values; i++)
    free(value[i].label);
  free(value);
}

// How round x is among multiples of `step`: 0 for every tenth, 1 fifth, 2 second, 3 other.
static int linear_rank(double x, double step)
{
  double k = round(x / step);
  return fmod(k, 10) == 0 ? 0 : fmod(k, 5) == 0 ? 1 : fmod(k, 2) == 0 ? 2 : 3;
}

static int logarithmic_rank(double x)
{
  double mantissa = round(x / pow(10, floor(log10(x) + 1e-9)));
  return mantissa == 1 ? 0 : mantissa == 3 || mantissa == 5 ? 1 : 2;
}

// Whether x could be in data that have no smaller steps than this.
static bool is_multiple(double x, double step)
{
  return !(step > 0) || fabs(x / step - round(x / step)) < 1e-6;
}

static bool is_logarithmic(const struct design *design, size_t variable)
{
  bool found = false;
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_parts; i++)
      if (design->term[t].part[i].variable == variable) {
        if (design->term[t].part[i].kind != PART_LOG)
          return false;
        found = true;
      }
  return found;
}

static void add_level_values(struct value_list *list, const struct design_variable *variable)
{
  for (size_t level = 0; level < variable->levels.n_items; level++)
    value_list_add(list, (double) level, scale_level_title(variable, level), 0);
}

static bool all_multiples(const struct plot_tick *tick, size_t n, double step)
{
  for (size_t i = 0; i < n; i++)
    if (!is_multiple(tick[i].at, step))
      return false;
  return true;
}

// Round values in [low, high], those that are multiples of `data_step`.
static void add_round_values(struct value_list *list, double low, double high, bool logarithmic,
                             double data_step, size_t wanted)
{
  struct axis_limits limits = {low, high, logarithmic};
  size_t n;
  struct plot_tick *tick = axis_choose_ticks(limits, wanted, &n);
  while (!all_multiples(tick, n, data_step) && wanted > 3) {
    ticks_free(tick, n);
    tick = axis_choose_ticks(limits, --wanted, &n);
  }
  bool whole = all_multiples(tick, n, data_step);
  double step = n > 1 ? fabs(tick[1].at - tick[0].at) : 1;
  for (size_t i = 0; i < n; i++) {
    double x = tick[i].at;
    char number[NUMBER_SIZE];
    if (!*tick[i].label || x < low || x > high || !is_multiple(x, data_step))
      continue;
    value_list_add(list, x, whole ? tick[i].label : number_write(number, x),
                   logarithmic ? logarithmic_rank(x) : linear_rank(x, step));
  }
  ticks_free(tick, n);
}

struct scale_value *scale_axis_values(const struct scale *scale, size_t axis, size_t wanted,
                                      size_t *n_values)
{
  const struct design *design = &scale->model->design;
  size_t v = scale->axis[axis].variable;
  const struct design_variable *variable = &design->variable[v];
  struct value_list list = {0};
  if (variable->categorical) {
    add_level_values(&list, variable);
  } else {
    double low = variable->least, high = variable->most;
    if (low < high)
      add_round_values(&list, low, high, low > 0 && is_logarithmic(design, v), variable->step,
                       wanted);
    if (list.n < 2) {
      scale_values_free(list.value, list.n);
      list = (struct value_list){0};
      for (int end = 0; end < (low < high ? 2 : 1); end++) {
        char *label = scale_number_text(variable, end ? high : low);
        value_list_add(&list, end ? high : low, label, 0);
        free(label);
      }
    }
  }
  *n_values = list.n;
  return list.value;
}

char *scale_number_text(const struct design_variable *variable, double x)
{
  char number[NUMBER_SIZE];
  number_write(number, x);
  // The stated digits, unless they would hide some.
  if (variable->digits >= 0 && !strpbrk(number, "eE")) {
    const char *mark = strchr(number, '.');
    if (!mark || strlen(mark + 1) <= (size_t) variable->digits)
      number_write_fixed(number, x, variable->digits);
  }
  return *number == '-' ? text_format("\u2212%s", number + 1) : memory_copy_text(number);
}

struct scale_value *scale_risk_values(const struct scale *scale, size_t wanted, size_t *n_values)
{
  static const struct {
    double risk;
    int rank;
  } lower[] = {{1e-4, 5}, {0.001, 3}, {0.002, 5}, {0.005, 4}, {0.01, 1}, {0.02, 4},
               {0.05, 1}, {0.1, 0},   {0.2, 2},   {0.3, 2},   {0.4, 3},  {0.5, 0}};
  enum { N = sizeof lower / sizeof *lower };
  struct value_list list = {0};
  double low = logit_inverse(scale_linear_predictor(scale, 0));
  double high = logit_inverse(scale_linear_predictor(scale, scale->most_points));
  for (size_t i = 0; i < 2 * N - 1; i++) {
    size_t j = i < N ? i : 2 * N - 2 - i;
    double risk = i < N ? lower[j].risk : 1 - lower[j].risk;
    char number[NUMBER_SIZE];
    // 1 - 0.2 is not the double nearest to 0.8.
    number_parse_text(number_write_significant(number, risk, 6), &risk);
    if (risk >= low && risk <= high)
      value_list_add(&list, risk, number_write(number, risk), lower[j].rank);
  }
  if (list.n < 3 && low < high) {
    scale_values_free(list.value, list.n);
    list = (struct value_list){0};
    add_round_values(&list, low, high, false, NAN, wanted);
  }
  *n_values = list.n;
  return list.value;
}

struct scale_value *scale_total_values(const struct scale *scale, size_t wanted, size_t *n_values)
{
  struct value_list list = {0};
  add_round_values(&list, 0, scale->most_points, false, NAN, wanted);
  *n_values = list.n;
  return list.value;
}
