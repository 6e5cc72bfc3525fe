// SPDX-License-Identifier: GPL-3.0-or-later
// her2-nomogram's tables: for programs, and as a reader has them.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/nomogram.h"
#include "stats/logit.h"

enum { TABLE_VALUES = 11 };

// ---- the values that have a row ----

// Round values and both ends of the range, ascending; all levels of a factor.
static struct scale_value *row_values(const struct scale *scale, size_t axis, size_t *n)
{
  const struct design_variable *variable =
      &scale->model->design.variable[scale->axis[axis].variable];
  struct scale_value *value = scale_axis_values(scale, axis, TABLE_VALUES, n);
  if (variable->categorical)
    return value;
  RESIZE_ARRAY(value, *n + 2);
  if (value[0].value > variable->least) {
    memmove(value + 1, value, *n * sizeof *value);
    value[0] = (struct scale_value){variable->least,
                                    scale_number_text(variable, variable->least), 0};
    ++*n;
  }
  if (value[*n - 1].value < variable->most)
    value[(*n)++] =
        (struct scale_value){variable->most, scale_number_text(variable, variable->most), 0};
  return value;
}

// ---- tidy ----

static void put_value(const struct design_variable *variable, double value,
                      struct report_table *table)
{
  if (variable->categorical) {
    report_missing(table);
    report_text(table, variable->levels.item[(size_t) value]);
  } else {
    report_number(table, value);
    report_missing(table);
  }
}

static void put_axis(const struct scale *scale, size_t axis, struct report_table *table)
{
  const struct scale_axis *of = &scale->axis[axis];
  const struct design_variable *variable = &scale->model->design.variable[of->variable];
  char *held = scale_held_text(scale, of);
  report_text(table, variable->name);
  report_text(table, held);
  free(held);
}

static void fill_points(const struct scale *scale, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "points", "variable held value level points effect");
  for (size_t a = 0; a < scale->n_axes; a++) {
    const struct scale_axis *axis = &scale->axis[a];
    const struct design_variable *variable = &scale->model->design.variable[axis->variable];
    size_t n;
    struct scale_value *value = row_values(scale, a, &n);
    for (size_t i = 0; i < n; i++) {
      double points = scale_axis_points(scale, a, value[i].value);
      put_axis(scale, a, table);
      put_value(variable, value[i].value, table);
      report_number(table, points);
      report_number(table, scale->least[axis->group] + points / scale->points_per_unit);
    }
    scale_values_free(value, n);
  }
}

static void fill_risk(const struct scale *scale, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "risk", "total.points linear.predictor risk");
  if (!scale->model->has_intercept)
    return;
  size_t n;
  struct scale_value *value = scale_risk_values(scale, TABLE_VALUES, &n);
  for (size_t i = 0; i < n; i++) {
    double linear_predictor = logit_of(value[i].value);
    report_number(table, scale_total_points(scale, linear_predictor));
    report_number(table, linear_predictor);
    report_number(table, value[i].value);
  }
  scale_values_free(value, n);
}

static void fill_patient(const struct nomogram *nomogram, struct report *report)
{
  const struct nomogram_patient *patient = &nomogram->patient;
  const struct scale *scale = &nomogram->scale;
  struct report_table *table = report_add_table(
      report, "patient",
      "risk risk.low risk.high linear.predictor points out.of.range points.read "
      "linear.predictor.read risk.read");
  report_number(table, patient->prediction.risk);
  report_number(table, patient->prediction.risk_low);
  report_number(table, patient->prediction.risk_high);
  report_number(table, patient->prediction.linear_predictor);
  report_number(table, patient->total);
  report_logical(table, patient->out_of_range);
  report_number(table, patient->total_read);
  report_number(table, patient->linear_predictor_read);
  report_number(table, patient->risk_read);

  table = report_add_table(report, "patient_points",
                           "variable held value level points points.read effect out.of.range");
  for (size_t g = 0; g < scale->n_groups; g++) {
    size_t a = scale_find_axis(scale, g, patient->value), v = scale->axis[a].variable;
    const struct design_variable *variable = &scale->model->design.variable[v];
    put_axis(scale, a, table);
    put_value(variable, patient->value[v], table);
    report_number(table, patient->points[g]);
    report_number(table, patient->points_read[g]);
    report_number(table, scale->least[g] + patient->points[g] / scale->points_per_unit);
    report_logical(table, nomogram_is_outside(variable, patient->value[v]));
  }
}

void nomogram_fill_tables(const struct nomogram *nomogram, struct report *report)
{
  if (nomogram->has_patient)
    fill_patient(nomogram, report);
  fill_points(&nomogram->scale, report);
  fill_risk(&nomogram->scale, report);
}

// ---- for readers ----

static const char minus[] = "\u2212";

// With a true minus sign.
static char *fixed(double value, int digits)
{
  char number[NUMBER_SIZE];
  number_write_fixed(number, value, digits);
  return text_format("%s%s", *number == '-' ? minus : "", number + (*number == '-'));
}

static void set_fixed(struct layout *layout, size_t row, size_t column, double value, int digits)
{
  if (isnan(value))
    return;
  char *text = fixed(value, digits);
  layout_set(layout, row, column, text);
  free(text);
}

static char *axis_title(const struct scale *scale, size_t axis)
{
  const struct scale_axis *of = &scale->axis[axis];
  char *title = scale_variable_title(&scale->model->design.variable[of->variable]);
  char *held = scale_held_title(scale, of);
  if (held) {
    char *both = text_format("%s, %s", title, held);
    free(title);
    title = both;
  }
  free(held);
  return title;
}

static void lay_out_points(const struct nomogram *nomogram, struct report *report)
{
  const struct scale *scale = &nomogram->scale;
  struct layout *layout = report_add_layout(report, "points", "Points of each predictor");
  layout_column(layout, ALIGN_LEFT, "Predictor");
  layout_column(layout, ALIGN_RIGHT, "Points");
  for (size_t a = 0; a < scale->n_axes; a++) {
    char *title = axis_title(scale, a);
    layout_set(layout, layout_row(layout, LAYOUT_VARIABLE), 0, title);
    free(title);
    size_t n;
    struct scale_value *value = row_values(scale, a, &n);
    for (size_t i = 0; i < n; i++) {
      size_t row = layout_row(layout, LAYOUT_LEVEL);
      layout_set(layout, row, 0, value[i].label);
      set_fixed(layout, row, 1, scale_axis_points(scale, a, value[i].value), nomogram->digits);
    }
    scale_values_free(value, n);
  }
  char number[NUMBER_SIZE];
  layout_footnote(layout, "One point is %s log odds.",
                  number_write_significant(number, 1 / scale->points_per_unit, 4));
}

static void lay_out_risk(const struct nomogram *nomogram, struct report *report)
{
  const struct scale *scale = &nomogram->scale;
  if (!scale->model->has_intercept)
    return;
  char *title = text_format("From total points to the risk of %s", nomogram->event);
  struct layout *layout = report_add_layout(report, "risk", title);
  free(title);
  layout_column(layout, ALIGN_RIGHT, "Total points");
  layout_column(layout, ALIGN_RIGHT, "Risk");
  size_t n;
  struct scale_value *value = scale_risk_values(scale, TABLE_VALUES, &n);
  for (size_t i = 0; i < n; i++) {
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    set_fixed(layout, row, 0, scale_total_points(scale, logit_of(value[i].value)),
              nomogram->digits);
    layout_set(layout, row, 1, value[i].label);
  }
  scale_values_free(value, n);
}

static char *value_title(const struct design_variable *variable, double value)
{
  return variable->categorical ? memory_copy_text(scale_level_title(variable, (size_t) value))
                               : scale_number_text(variable, value);
}

static void lay_out_patient(const struct nomogram *nomogram, struct report *report)
{
  const struct nomogram_patient *patient = &nomogram->patient;
  const struct scale *scale = &nomogram->scale;
  int digits = nomogram->digits;
  struct layout *layout = report_add_layout(report, "patient_points", "Points of the patient");
  layout_column(layout, ALIGN_LEFT, "Predictor");
  layout_column(layout, ALIGN_RIGHT, "Value");
  layout_column(layout, ALIGN_RIGHT, "Points");
  layout_column(layout, ALIGN_RIGHT, "Read off");
  bool outside = false;
  for (size_t g = 0; g < scale->n_groups; g++) {
    size_t a = scale_find_axis(scale, g, patient->value), v = scale->axis[a].variable;
    const struct design_variable *variable = &scale->model->design.variable[v];
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    char *title = axis_title(scale, a), *value = value_title(variable, patient->value[v]);
    bool is_outside = nomogram_is_outside(variable, patient->value[v]);
    layout_set(layout, row, 0, title);
    layout_set_format(layout, row, 1, "%s%s", value, is_outside ? " \u2020" : "");
    set_fixed(layout, row, 2, patient->points[g], digits + 2);
    set_fixed(layout, row, 3, patient->points_read[g], digits);
    outside |= is_outside;
    free(value);
    free(title);
  }
  size_t row = layout_row(layout, LAYOUT_VARIABLE);
  layout_set(layout, row, 0, "Total");
  set_fixed(layout, row, 2, patient->total, digits + 2);
  set_fixed(layout, row, 3, patient->total_read, digits);
  if (outside)
    layout_footnote(layout, "\u2020 Outside the range that the fit has seen: the model is "
                            "extrapolated.");

  char *title = text_format("Risk of %s", nomogram->event);
  layout = report_add_layout(report, "patient", title);
  free(title);
  layout_column(layout, ALIGN_LEFT, "");
  layout_column(layout, ALIGN_RIGHT, "Risk");
  char *interval = text_format("%s%% interval", nomogram->level);
  layout_column(layout, ALIGN_RIGHT, interval);
  free(interval);
  layout_column(layout, ALIGN_RIGHT, "Log odds");
  row = layout_row(layout, LAYOUT_PLAIN);
  layout_set(layout, row, 0, "By the equation");
  set_fixed(layout, row, 1, patient->prediction.risk, 4);
  if (!isnan(patient->prediction.risk_low))
    layout_set_format(layout, row, 2, "%.4f to %.4f", patient->prediction.risk_low,
                      patient->prediction.risk_high);
  set_fixed(layout, row, 3, patient->prediction.linear_predictor, 4);
  row = layout_row(layout, LAYOUT_PLAIN);
  layout_set(layout, row, 0, "Read off the nomogram");
  set_fixed(layout, row, 1, patient->risk_read, 4);
  set_fixed(layout, row, 3, patient->linear_predictor_read, 4);
  if (nomogram->model.has_intercept)
    layout_footnote(layout, "Read off: points of each predictor to %d decimal%s, then added.",
                    digits, digits == 1 ? "" : "s");
}

void nomogram_fill_layouts(const struct nomogram *nomogram, struct report *report)
{
  if (nomogram->has_patient) {
    lay_out_patient(nomogram, report);
    return;
  }
  lay_out_points(nomogram, report);
  lay_out_risk(nomogram, report);
}
