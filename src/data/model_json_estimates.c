// SPDX-License-Identifier: GPL-3.0-or-later
// The model file: reading coefficients and their covariance.
#include <config.h>

#include "data/model_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static size_t find_column(const struct design *design, const char *name)
{
  for (size_t j = 0; j < design->n_columns; j++)
    if (strcmp(design->column_name[j], name) == 0)
      return j;
  return DESIGN_ALL;
}

static bool refuse_name(const struct model_reader *reader, const char *place, const char *name)
{
  const struct design *design = &reader->model->design;
  char *suggestion =
      text_suggestion(name, (const char *const *) design->column_name, design->n_columns);
  model_refuse(reader, place, "the terms have no column '%s'%s", name, suggestion);
  free(suggestion);
  return false;
}

bool model_read_coefficients(const struct model_reader *reader, const json_t *root)
{
  struct model *model = reader->model;
  const struct design *design = &model->design;
  const json_t *given = json_object_get(root, "coefficients");
  if (!json_is_object(given))
    return model_refuse_value(reader, ".coefficients", given,
                              "an object, a number for each column");
  model->coefficient = NEW_ZEROED(double, design->n_columns);
  const char *name;
  json_t *value;
  json_object_foreach((json_t *) given, name, value) {
    if (find_column(design, name) != DESIGN_ALL)
      continue;
    char *at = model_place_key(".coefficients", name);
    refuse_name(reader, at, name);
    free(at);
    return false;
  }
  bool good = true;
  for (size_t j = 0; j < design->n_columns && good; j++) {
    char *at = model_place_key(".coefficients", design->column_name[j]);
    value = json_object_get(given, design->column_name[j]);
    if (j == 0 && json_is_null(value))
      model->has_intercept = false;
    else
      good = model_take_number(reader, at, value, j ? "a number" : "a number (null: not published)",
                               -INFINITY, INFINITY, &model->coefficient[j]);
    free(at);
  }
  return good;
}

// Whether c (n x n, symmetric) is positive semidefinite to rounding: Cholesky with the
// greatest pivot first, on the scale of correlations (N. J. Higham 2002, section 10.3).
static bool is_semidefinite(const double *c, size_t n)
{
  const double tolerance = 1e-8 * (double) n;
  double *a = NEW_ARRAY(double, n * n);
  size_t *order = NEW_ARRAY(size_t, n);
  bool good = true;
  for (size_t i = 0; i < n; i++) {
    order[i] = i;
    for (size_t j = 0; j < n; j++) {
      double scale = sqrt(c[i * n + i]) * sqrt(c[j * n + j]);
      // A variance of 0 allows no covariance.
      good = good && (scale > 0 || c[i * n + j] == 0);
      a[i * n + j] = scale > 0 ? c[i * n + j] / scale : 0;
      good = good && fabs(a[i * n + j]) <= 1 + tolerance;
    }
  }
  for (size_t k = 0; k < n && good; k++) {
    size_t best = k;
    for (size_t i = k + 1; i < n; i++)
      if (a[order[i] * n + order[i]] > a[order[best] * n + order[best]])
        best = i;
    size_t pivot_row = order[best];
    order[best] = order[k];
    order[k] = pivot_row;
    double pivot = a[pivot_row * n + pivot_row];
    if (pivot <= tolerance) {
      for (size_t i = k; i < n; i++)
        for (size_t j = k; j < n; j++)
          good = good && fabs(a[order[i] * n + order[j]]) <= sqrt(tolerance);
      for (size_t i = k; i < n; i++)
        good = good && a[order[i] * n + order[i]] >= -tolerance;
      break;
    }
    for (size_t i = k + 1; i < n; i++)
      for (size_t j = k + 1; j < n; j++)
        a[order[i] * n + order[j]] -=
            a[order[i] * n + pivot_row] * a[pivot_row * n + order[j]] / pivot;
  }
  free(order);
  free(a);
  return good;
}

// Names in any order, each of the coefficients once; of[i]: the column of the i-th.
static bool read_covariance_names(const struct model_reader *reader, const json_t *given,
                                  size_t *of)
{
  const struct model *model = reader->model;
  const struct design *design = &model->design;
  size_t n = design->n_columns - !model->has_intercept;
  struct text_list names = {0};
  bool good = model_take_strings_key(reader, ".covariance", given, "names", true,
                                     "an array of the names of the coefficients", 0, &names);
  for (size_t i = 0; i < names.n_items && good; i++) {
    char *at = model_place_index(".covariance.names", i);
    size_t column = find_column(design, names.item[i]);
    if (column == DESIGN_ALL)
      good = refuse_name(reader, at, names.item[i]);
    else if (column == 0 && !model->has_intercept)
      good = model_refuse(reader, at, "the intercept has no coefficient");
    else
      of[i] = column;
    free(at);
  }
  if (good && names.n_items != n)
    good = model_refuse(reader, ".covariance.names",
                        "expected the names of all %zu coefficients, found "
                        "%zu",
                        n, names.n_items);
  text_list_free(&names);
  return good;
}

static bool read_matrix(const struct model_reader *reader, const json_t *matrix, const size_t *of,
                        size_t n)
{
  struct model *model = reader->model;
  size_t p = model->design.n_columns;
  if (!json_is_array(matrix) || json_array_size(matrix) != n)
    return model_refuse_value(reader, ".covariance.matrix", matrix,
                              "an array with a row for each of the names");
  bool good = true;
  for (size_t i = 0; i < n && good; i++) {
    char *at_row = model_place_index(".covariance.matrix", i);
    const json_t *row = json_array_get(matrix, i);
    if (!json_is_array(row) || json_array_size(row) != n)
      good =
          model_refuse_value(reader, at_row, row, "an array with a number for each of the names");
    for (size_t j = 0; j < n && good; j++) {
      char *at = model_place_index(at_row, j);
      good = model_take_number(
          reader, at, json_array_get(row, j), i == j ? "a variance, 0 or more" : "a number",
          i == j ? 0 : -INFINITY, INFINITY, &model->covariance[of[i] * p + of[j]]);
      free(at);
    }
    free(at_row);
  }
  for (size_t i = 0; i < n && good; i++)
    for (size_t j = 0; j < i && good; j++) {
      const double *c = model->covariance;
      size_t a = of[i], b = of[j];
      double scale = sqrt(c[a * p + a]) * sqrt(c[b * p + b]);
      if (!(fabs(c[a * p + b] - c[b * p + a]) <= 1e-9 * scale)) {
        char *at = text_format(".covariance.matrix[%zu][%zu]", i, j);
        good = model_refuse(reader, at, "not symmetric: [%zu][%zu] differs", j, i);
        free(at);
      }
    }
  return good;
}

bool model_read_covariance(const struct model_reader *reader, const json_t *root)
{
  static const char *const known[] = {"names", "matrix", NULL};
  struct model *model = reader->model;
  size_t p = model->design.n_columns, n = p - !model->has_intercept;
  const json_t *given = json_object_get(root, "covariance");
  if (!given)
    return true;
  if (!model_take_object(reader, ".covariance", given, known))
    return false;
  const json_t *names = json_object_get(given, "names");
  size_t *of = NEW_ZEROED(size_t, (json_is_array(names) ? json_array_size(names) : 0) + n);
  bool good = read_covariance_names(reader, given, of);
  const json_t *matrix = json_object_get(given, "matrix");
  if (good && (!json_is_array(matrix) || json_array_size(matrix) != n))
    good = model_refuse_value(reader, ".covariance.matrix", matrix,
                              "an array with a row for each of the names");
  if (good) {
    model->covariance = NEW_ZEROED(double, p * p);
    good = read_matrix(reader, matrix, of, n);
  }
  if (good && !is_semidefinite(model->covariance, p))
    good =
        model_refuse(reader, ".covariance.matrix", "expected a covariance (positive semidefinite)");
  free(of);
  return good;
}
