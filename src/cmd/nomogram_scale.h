// SPDX-License-Identifier: GPL-3.0-or-later
// A model's predictors on one scale of points: which axes a nomogram has, and what stands
// where on them.
//
// Predictors that interactions join, directly or by way of others, make a group with one
// effect: the sum of all its terms.  A group of one has one axis; a group of several has an
// axis for each combination of levels of all but one of them, the one that runs along it (the
// only quantity, or the factor with the most levels), as rms::nomogram has it.  Least and most
// effect are taken over all axes of a group.

#ifndef HER2_CMD_NOMOGRAM_SCALE_H
#define HER2_CMD_NOMOGRAM_SCALE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/model.h"

struct scale_group {
  bool *variable;       // n_variables of the design: those in the group
  size_t n_variables;
  size_t along;         // the variable that runs along its axes
  size_t first_axis, n_axes;
};

struct scale_axis {
  size_t group, variable;
  double *held;         // n_variables: the level of the group's other variables; others NaN
};

// Starts as {0}; the model must outlive it.
struct scale {
  const struct model *model;
  struct scale_group *group;
  double *least, *most; // n_groups: effects, log odds
  size_t n_groups;
  struct scale_axis *axis;
  size_t n_axes;
  double points_per_unit; // of log odds
  double most_points;     // when every group is at its most
};

// ERROR_DATA, naming the term or variable: an interaction of two quantities or with too many
// combinations of levels, a quantity whose range the model file does not state, an effect
// that is not defined on the range, no predictor, or none with an effect.
bool scale_make(struct scale *scale, const struct model *model, struct error *error);
void scale_free(struct scale *scale);

// value: n_variables, numbers or level indices.  NaN where one that the group needs is.
double scale_effect(const struct scale *scale, size_t group, const double *value);
double scale_points(const struct scale *scale, size_t group, const double *value);
// Points of the value x (a number or level index) of the axis's own variable.
double scale_axis_points(const struct scale *scale, size_t axis, double x);
// The axis of the group that the values of its other variables choose.
size_t scale_find_axis(const struct scale *scale, size_t group, const double *value);

// NaN for a model without intercept.
double scale_linear_predictor(const struct scale *scale, double total_points);
double scale_total_points(const struct scale *scale, double linear_predictor);

// "Age (years)": label or name, with the unit.  The caller frees.
char *scale_variable_title(const struct design_variable *variable);
const char *scale_level_title(const struct design_variable *variable, size_t level);
// What the axis holds fixed, "sex = male, site = b" (titles) or "sex=male,site=b" (as the
// data have it); NULL for a group of one.  The caller frees.
char *scale_held_title(const struct scale *scale, const struct scale_axis *axis);
char *scale_held_text(const struct scale *scale, const struct scale_axis *axis);

// Where an axis turns round: the values, range ends included, between which points only rise
// or only fall (reversals of less than a quarter of a point do not count).  Just two for an
// axis that does not turn.  Numeric variables only; the caller frees.
double *scale_axis_turns(const struct scale *scale, size_t axis, size_t *n_turns);

// A number as the variable's axis shows it, with a true minus sign.  The caller frees.
char *scale_number_text(const struct design_variable *variable, double x);

// A value that is worth a tick.
struct scale_value {
  double value; // number or level index
  char *label;
  int rank;     // 0 for the roundest
};
// Levels of a factor (all of rank 0), or at most about `wanted` round values within the range
// seen, evenly spaced or (where the variable is in the model by its logarithm only) by decades;
// ascending.
struct scale_value *scale_axis_values(const struct scale *scale, size_t axis, size_t wanted,
                                      size_t *n_values);
// Probabilities that a reader looks for, from that of 0 points to that of most_points (about
// `wanted` round ones where there are few of them).  None for a model without intercept.
struct scale_value *scale_risk_values(const struct scale *scale, size_t wanted, size_t *n_values);
// Round totals from 0 to most_points.
struct scale_value *scale_total_values(const struct scale *scale, size_t wanted, size_t *n_values);
void scale_values_free(struct scale_value *value, size_t n_values);

#endif
