// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/imputed.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"

// ---- which columns ----

// What the formula needs: columns of the table, and the derivations on the way to them.
struct needs {
  struct imputed *imputed;
  const struct imputed_options *options;
  struct error *error;
};

static const struct derivation *find_derivation(const struct imputed_options *options,
                                                const char *name)
{
  for (size_t i = 0; i < options->n_derivations; i++)
    if (strcmp(derivation_name(options->derivation[i]), name) == 0)
      return options->derivation[i];
  return NULL;
}

static bool has_derivation(const struct imputed *imputed, const struct derivation *derivation)
{
  for (size_t i = 0; i < imputed->n_derivations; i++)
    if (imputed->derivation[i] == derivation)
      return true;
  return false;
}

static struct imputed_column *find_column(const struct imputed *imputed,
                                          const struct column *column)
{
  for (size_t i = 0; i < imputed->n_columns; i++)
    if (imputed->column[i].column == column)
      return &imputed->column[i];
  return NULL;
}

static void add_column(struct imputed *imputed, const struct column *column, bool levels)
{
  struct imputed_column *there = find_column(imputed, column);
  if (!there) {
    RESIZE_ARRAY(imputed->column, imputed->n_columns + 1);
    there = &imputed->column[imputed->n_columns++];
    *there = (struct imputed_column){.column = column};
  }
  there->by_level |= levels || column->type == COLUMN_CATEGORICAL;
}

// A column, or what it is computed from; `levels`: the formula takes it as a factor.
static bool need(struct needs *needs, const char *name, bool levels)
{
  size_t index;
  const struct table *table = needs->imputed->original;
  if (!table_find(table, name, &index, needs->error))
    return false;
  const struct column *column = &table->column[index];
  const struct derivation *derivation =
      column->derived ? find_derivation(needs->options, name) : NULL;
  if (!derivation) {
    add_column(needs->imputed, column, levels);
    return true;
  }
  if (has_derivation(needs->imputed, derivation))
    return true;
  const struct text_list *inputs = derivation_inputs(derivation);
  for (size_t i = 0; i < inputs->n_items; i++)
    if (!need(needs, inputs->item[i], false))
      return false;
  struct imputed *imputed = needs->imputed;
  RESIZE_ARRAY(imputed->derivation, imputed->n_derivations + 1);
  imputed->derivation[imputed->n_derivations++] = derivation;
  return true;
}

// The formula's, then those that only help (auxiliary), then the outcome.
static bool find_columns(struct needs *needs, const struct formula *formula,
                         const struct outcome *outcome)
{
  struct imputed *imputed = needs->imputed;
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++) {
      const struct formula_part *part = &formula->term[t].part[i];
      if (!need(needs, part->name, part->kind == PART_FACTOR))
        return false;
    }
  const struct text_list *with = needs->options->with;
  size_t n_needed = imputed->n_columns;
  for (size_t i = 0; with && i < with->n_items; i++)
    if (!need(needs, with->item[i], false))
      return false;
  for (size_t i = 0; i < imputed->n_columns; i++)
    if (imputed->column[i].column == outcome->column)
      return error_set(needs->error, ERROR_USAGE, "'%s' is the outcome, and cannot help to impute",
                       outcome->column->name);
  for (size_t i = n_needed; i < imputed->n_columns; i++)
    imputed->column[i].auxiliary = true;
  add_column(imputed, outcome->column, true);
  return true;
}

// ---- which rows ----

// What stands in for a missing input, to see whether a derived value exists at all: values that the
// column has, the least, the largest and two between.
enum { N_PROBES = 4 };

// The column in these rows, what is missing replaced by the probe (NaN if nothing is seen).
static void probe_column(const struct column *column, const size_t *row, size_t n, size_t probe,
                         double *value)
{
  double *seen = NEW_ARRAY(double, n);
  size_t n_seen = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(column->value[row[i]]))
      seen[n_seen++] = column->value[row[i]];
  sort_doubles(seen, n_seen);
  double stand_in = n_seen ? seen[(n_seen - 1) * probe / (N_PROBES - 1)] : NAN;
  free(seen);
  for (size_t i = 0; i < n; i++)
    value[i] = isnan(column->value[row[i]]) ? stand_in : column->value[row[i]];
}

// Of derivation d in these rows: value[d], n out; those before it are there.
static void probe_derivation(const struct imputed *imputed, size_t d, const size_t *row, size_t n,
                             size_t probe, double **value)
{
  const struct text_list *inputs = derivation_inputs(imputed->derivation[d]);
  double **own = NEW_ZEROED(double *, inputs->n_items);
  const double **input = NEW_ARRAY(const double *, inputs->n_items);
  for (size_t i = 0; i < inputs->n_items; i++) {
    size_t column;
    input[i] = NULL;
    for (size_t e = 0; e < d; e++)
      if (strcmp(derivation_name(imputed->derivation[e]), inputs->item[i]) == 0)
        input[i] = value[e];
    if (input[i])
      continue;
    table_find(imputed->original, inputs->item[i], &column, NULL);
    input[i] = own[i] = NEW_ARRAY(double, n);
    probe_column(&imputed->original->column[column], row, n, probe, own[i]);
  }
  derivation_compute(imputed->derivation[d], input, n, value[d]);
  for (size_t i = 0; i < inputs->n_items; i++)
    free(own[i]);
  free(own);
  free(input);
}

// undefined: n out, whether a derived column has no value there by any probe.
static void find_undefined(const struct imputed *imputed, const size_t *row, size_t n,
                           bool *undefined)
{
  size_t n_derivations = imputed->n_derivations;
  bool *exists = NEW_ZEROED(bool, n_derivations * n);
  double **value = NEW_ARRAY(double *, n_derivations);
  for (size_t d = 0; d < n_derivations; d++)
    value[d] = NEW_ARRAY(double, n);
  for (size_t probe = 0; probe < N_PROBES; probe++)
    for (size_t d = 0; d < n_derivations; d++) {
      probe_derivation(imputed, d, row, n, probe, value);
      for (size_t i = 0; i < n; i++)
        exists[d * n + i] |= !isnan(value[d][i]);
    }
  for (size_t i = 0; i < n; i++) {
    undefined[i] = false;
    for (size_t d = 0; d < n_derivations; d++)
      undefined[i] |= !exists[d * n + i];
  }
  for (size_t d = 0; d < n_derivations; d++)
    free(value[d]);
  free(value);
  free(exists);
}

static bool is_complete(const struct imputed *imputed, size_t row)
{
  for (size_t i = 0; i < imputed->n_columns; i++)
    if (!imputed->column[i].auxiliary && isnan(imputed->column[i].column->value[row]))
      return false;
  return true;
}

static bool find_rows(struct imputed *imputed, const struct outcome *outcome, const bool *allowed,
                      struct error *error)
{
  size_t n = imputed->original->n_rows, n_judged = 0;
  imputed->row = NEW_ARRAY(size_t, n);
  imputed->y = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++)
    if (!isnan(outcome->code[i]) && (!allowed || allowed[i]))
      imputed->row[n_judged++] = i;
  bool *undefined = NEW_ARRAY(bool, n_judged);
  find_undefined(imputed, imputed->row, n_judged, undefined);
  for (size_t k = 0; k < n_judged; k++) {
    size_t i = imputed->row[k];
    if (undefined[k]) {
      imputed->n_undefined++;
      continue;
    }
    imputed->row[imputed->n_rows] = i;
    imputed->y[imputed->n_rows++] = outcome->code[i] == 0;
    imputed->n_events += outcome->code[i] == 0;
    imputed->n_complete += is_complete(imputed, i);
  }
  free(undefined);
  if (!imputed->n_rows && n_judged)
    return error_set(error, ERROR_DATA, "a derived value exists in none of %zu rows", n_judged);
  if (!imputed->n_events || imputed->n_events == imputed->n_rows)
    return error_set(error, ERROR_DATA, "the outcome is the same in all %zu rows", imputed->n_rows);
  return true;
}

// ---- values ----

// Distinct values that are there, ascending.
static double *distinct_values(const double *value, size_t n, size_t *n_distinct)
{
  double *seen = NEW_ARRAY(double, n);
  size_t n_seen = 0, n_kept = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(value[i]))
      seen[n_seen++] = value[i];
  sort_doubles(seen, n_seen);
  for (size_t i = 0; i < n_seen; i++)
    if (n_kept == 0 || seen[i] != seen[n_kept - 1])
      seen[n_kept++] = seen[i];
  *n_distinct = n_kept;
  return seen;
}

static size_t find_value(const double *sorted, size_t n, double value)
{
  size_t low = 0;
  while (low < n && sorted[low] != value)
    low++;
  return low;
}

// The outcome is the last: its codes are 0 and 1.
static bool take_values(struct imputed *imputed, struct error *error)
{
  size_t n = imputed->n_rows;
  imputed->variable = NEW_ZEROED(struct imputation_variable, imputed->n_columns);
  for (size_t c = 0; c < imputed->n_columns; c++) {
    struct imputed_column *column = &imputed->column[c];
    bool is_outcome = c + 1 == imputed->n_columns;
    column->value = NEW_ARRAY(double, n);
    for (size_t i = 0; i < n; i++) {
      column->value[i] = is_outcome ? imputed->y[i] : column->column->value[imputed->row[i]];
      column->n_missing += isnan(column->value[i]) != 0;
    }
    if (column->n_missing == n)
      return error_set(error, ERROR_DATA, "'%s' is missing in every row: nothing to impute it from",
                       column->column->name);
    if (column->by_level) {
      column->level = distinct_values(column->value, n, &column->n_levels);
      for (size_t i = 0; i < n; i++)
        if (!isnan(column->value[i]))
          column->value[i] = (double) find_value(column->level, column->n_levels, column->value[i]);
    }
    // A level alone is a number that never varies.
    imputed->variable[c] = (struct imputation_variable){
        column->value, column->n_levels > 1 ? column->n_levels : 0};
  }
  return true;
}

static bool is_constant(const struct imputed_column *column, size_t n)
{
  double seen = NAN;
  for (size_t i = 0; i < n; i++) {
    if (!isnan(column->value[i]) && !isnan(seen) && column->value[i] != seen)
      return false;
    seen = isnan(column->value[i]) ? seen : column->value[i];
  }
  return true;
}

// With as many coefficients as rows a regression has no residuals, and what is imputed by it no
// spread: P values would be too small.
static bool check_size(const struct imputed *imputed, struct error *error)
{
  size_t n_coefficients = 1;
  for (size_t c = 0; c < imputed->n_columns; c++)
    n_coefficients += imputed->column[c].n_levels > 1 ? imputed->column[c].n_levels - 1 : 1;
  for (size_t c = 0; c < imputed->n_columns; c++) {
    const struct imputed_column *column = &imputed->column[c];
    size_t n_own = column->n_levels > 1 ? column->n_levels - 1 : 1;
    size_t n_known = imputed->n_rows - column->n_missing;
    if (column->n_missing && n_known <= n_coefficients - n_own &&
        !is_constant(column, imputed->n_rows))
      return error_set(error, ERROR_DATA,
                       "'%s' is known in %zu rows, too few to impute it by a regression of %zu "
                       "coefficients: fewer variables, or fewer levels",
                       column->column->name, n_known, n_coefficients - n_own);
  }
  return true;
}

// Whether the formula lacks a value somewhere; what helpers alone lack is no reason to impute.
static bool lacks_values(const struct imputed *imputed)
{
  for (size_t c = 0; c < imputed->n_columns; c++)
    if (imputed->column[c].n_missing && !imputed->column[c].auxiliary)
      return true;
  return false;
}

static bool draw_all(struct imputed *imputed, struct progress *progress, struct error *error)
{
  size_t n_cells = imputed->cells.n_cells, n_sets = imputed->n_imputations;
  size_t n_trace = imputed->problem.n_iterations * imputed->n_columns * 2;
  imputed->value = NEW_ARRAY(double, n_sets * n_cells);
  imputed->trace = NEW_ARRAY(double, n_sets * n_trace);
  enum imputation_status *status = NEW_ARRAY(enum imputation_status, n_sets);
  size_t *which = NEW_ZEROED(size_t, n_sets);
#pragma omp parallel for schedule(dynamic)
  for (size_t m = 0; m < n_sets; m++) {
    status[m] = imputation_draw(&imputed->problem, &imputed->cells, NULL, 0, m + 1,
                                imputed->value + m * n_cells, imputed->trace + m * n_trace,
                                &which[m]);
    if (progress)
      progress_step(progress, 1);
  }
  bool good = true;
  for (size_t m = 0; m < n_sets && good; m++)
    if (status[m] != IMPUTATION_DONE)
      good = error_set(error, ERROR_NO_CONVERGENCE,
                       "'%s' cannot be imputed: its regression on the others has no answer",
                       imputed->column[which[m]].column->name);
  free(status);
  free(which);
  return good;
}

// ---- completed rows ----

static void copy_levels(const struct column *from, struct column *to)
{
  to->n_levels = from->n_levels;
  if (!from->n_levels)
    return;
  to->level = NEW_ARRAY(char *, from->n_levels);
  to->level_label = NEW_ARRAY(char *, from->n_levels);
  for (size_t i = 0; i < from->n_levels; i++) {
    to->level[i] = memory_copy_text(from->level[i]);
    to->level_label[i] = memory_copy_text(from->level_label[i]);
  }
}

static void copy_description(const struct column *from, struct column *to)
{
  free(to->label);
  free(to->unit);
  to->label = memory_copy_text(from->label);
  to->unit = memory_copy_text(from->unit);
  to->digits = from->digits;
  to->variable_type = from->variable_type;
  to->most_decimals = from->most_decimals;
}

static void add_completed(const struct imputed *imputed, const struct imputed_column *source,
                          size_t n_sets, struct table *table)
{
  const struct column *from = source->column;
  double *value = NEW_ARRAY(double, table->n_rows);
  for (size_t m = 0; m < n_sets; m++)
    for (size_t i = 0; i < imputed->n_rows; i++)
      value[m * imputed->n_rows + i] = from->value[imputed->row[i]];
  struct column *to = table_add_column(table, from->name, value);
  free(value);
  copy_description(from, to);
  copy_levels(from, to);
  to->type = from->type;
  to->derived = false;
}

static void fill_cells(const struct imputed *imputed, const double *value, size_t n_sets,
                       struct table *table)
{
  const struct imputation_cells *cells = &imputed->cells;
  for (size_t c = 0; c < cells->n_cells; c++) {
    size_t v = cells->variable[c];
    const double *level = imputed->column[v].level;
    double *column = table->column[v].value + cells->row[c];
    for (size_t m = 0; m < n_sets; m++) {
      double drawn = value[m * cells->n_cells + c];
      column[m * imputed->n_rows] = level ? level[(size_t) drawn] : drawn;
    }
    table->column[v].n_missing -= n_sets;
  }
}

static bool derive(const struct imputed *imputed, struct table *table, struct error *error)
{
  for (size_t d = 0; d < imputed->n_derivations; d++) {
    size_t n_zero, index;
    const char *name = derivation_name(imputed->derivation[d]);
    if (!derivation_apply(imputed->derivation[d], table, &n_zero, error))
      return false;
    struct column *column = &table->column[table->n_columns - 1];
    if (column->n_missing)
      return error_set(error, ERROR_DATA,
                       "'%s' has no value for some imputed values (a divisor of 0, or a result "
                       "that is too large): derive it before, so that it is imputed itself",
                       name);
    table_find(imputed->original, name, &index, NULL);
    copy_description(&imputed->original->column[index], column);
  }
  return true;
}

bool imputed_complete(const struct imputed *imputed, const double *value, size_t n_sets,
                      struct table *table, struct error *error)
{
  size_t n = imputed->n_rows;
  *table = (struct table){.name = memory_copy_text(imputed->original->name), .n_rows = n * n_sets};
  table->line = NEW_ARRAY(size_t, n * n_sets);
  for (size_t i = 0; i < n * n_sets; i++)
    table->line[i] = imputed->original->line[imputed->row[i % n]];
  for (size_t c = 0; c < imputed->n_columns; c++)
    add_completed(imputed, &imputed->column[c], n_sets, table);
  fill_cells(imputed, value, n_sets, table);
  if (derive(imputed, table, error))
    return true;
  table_free(table);
  *table = (struct table){0};
  return false;
}

// ---- the whole ----

bool imputed_make(struct imputed *imputed, const struct formula *formula,
                  const struct table *table, const struct outcome *outcome, const bool *allowed,
                  const struct imputed_options *options, struct error *error)
{
  enum { ITERATIONS = 10 };
  *imputed = (struct imputed){.original = table, .n_imputations = options->n_imputations};
  struct needs needs = {imputed, options, error};
  assert(outcome->has_event);
  if (!find_columns(&needs, formula, outcome))
    goto failed;
  if (!find_rows(imputed, outcome, allowed, error) || !take_values(imputed, error))
    goto failed;
  imputed->problem = (struct imputation_problem){
      .n = imputed->n_rows,
      .variable = imputed->variable,
      .n_variables = imputed->n_columns,
      .n_iterations = options->n_iterations ? options->n_iterations : ITERATIONS,
      .seed = options->seed,
  };
  if (!lacks_values(imputed))
    return true;
  imputation_cells_find(&imputed->problem, &imputed->cells);
  if (check_size(imputed, error) && draw_all(imputed, options->progress, error) &&
      imputed_complete(imputed, imputed->value, imputed->n_imputations, &imputed->table, error))
    return true;
failed:
  imputed_free(imputed);
  return false;
}

void imputed_free(struct imputed *imputed)
{
  free(imputed->row);
  free(imputed->y);
  for (size_t i = 0; i < imputed->n_columns; i++) {
    free(imputed->column[i].level);
    free(imputed->column[i].value);
  }
  free(imputed->column);
  free(imputed->variable);
  imputation_cells_free(&imputed->cells);
  free(imputed->derivation);
  free(imputed->value);
  free(imputed->trace);
  table_free(&imputed->table);
  *imputed = (struct imputed){0};
}

// ---- regressions ----

static size_t *rows_from(size_t first, size_t n)
{
  size_t *row = NEW_ARRAY(size_t, n);
  for (size_t i = 0; i < n; i++)
    row[i] = first + i;
  return row;
}

bool imputed_regression_fit(struct imputed_regression *regression, const struct formula *formula,
                            const struct imputed *imputed, const struct convention *convention,
                            const struct logit_options *options, struct error *error)
{
  size_t n = imputed->n_rows, n_sets = imputed->n_imputations;
  *regression = (struct imputed_regression){.n_rows = n, .n_events = imputed->n_events};
  bool *used = NEW_ARRAY(bool, n * n_sets);
  for (size_t i = 0; i < n * n_sets; i++)
    used[i] = true;
  bool good =
      design_learn(&regression->design, formula, &imputed->table, used, convention, error);
  free(used);
  if (!good)
    return false;
  size_t p = regression->design.n_columns;
  regression->x = NEW_ARRAY(double, n_sets * n * p);
  regression->matrix = NEW_ARRAY(const double *, n_sets);
  for (size_t m = 0; m < n_sets && good; m++) {
    double *x = regression->x + m * n * p;
    size_t *row = rows_from(m * n, n);
    regression->matrix[m] = x;
    good = design_evaluate(&regression->design, &imputed->table, DESIGN_ALL, row, n, x, error);
    free(row);
  }
  if (!good) {
    imputed_regression_free(regression);
    return false;
  }
  struct pooled_data data = imputed_regression_data(regression, imputed);
  pooled_logit_fit(&data, options, &regression->fit);
  return true;
}

struct pooled_data imputed_regression_data(const struct imputed_regression *regression,
                                           const struct imputed *imputed)
{
  return (struct pooled_data){
      .n_imputations = imputed->n_imputations,
      .n = regression->n_rows,
      .p = regression->design.n_columns,
      .x = regression->matrix,
      .y = imputed->y,
  };
}

void imputed_regression_release_data(struct imputed_regression *regression)
{
  free(regression->x);
  regression->x = NULL;
}

void imputed_regression_free(struct imputed_regression *regression)
{
  design_free(&regression->design);
  free(regression->x);
  free(regression->matrix);
  pooled_fit_free(&regression->fit);
  *regression = (struct imputed_regression){0};
}
