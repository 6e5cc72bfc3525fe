// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/regression.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

void regression_release_data(struct regression *regression)
{
  free(regression->used);
  free(regression->row);
  free(regression->x);
  free(regression->y);
  regression->used = NULL;
  regression->row = NULL;
  regression->x = regression->y = NULL;
}

void regression_free(struct regression *regression)
{
  regression_release_data(regression);
  design_free(&regression->design);
  logit_fit_free(&regression->fit);
  *regression = (struct regression){0};
}

struct logit_data regression_data(const struct regression *regression)
{
  return (struct logit_data){.n = regression->n_rows,
                             .p = regression->design.n_columns,
                             .x = regression->x,
                             .y = regression->y};
}

// Rows complete for every variable that the formula names.
static bool mark_complete(const struct formula *formula, const struct table *table, bool *complete,
                          struct error *error)
{
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++) {
      size_t column;
      if (!table_find(table, formula->term[t].part[i].name, &column, error))
        return false;
      const double *value = table->column[column].value;
      for (size_t r = 0; r < table->n_rows; r++)
        complete[r] &= !isnan(value[r]);
    }
  return true;
}

// The first column of the formula without any value, or NULL.
static const char *all_missing(const struct formula *formula, const struct table *table)
{
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++) {
      size_t column;
      const char *name = formula->term[t].part[i].name;
      if (table_find(table, name, &column, NULL) &&
          table->column[column].n_missing == table->n_rows)
        return name;
    }
  return NULL;
}

bool regression_fit(struct regression *regression, const struct formula *formula,
                    const struct table *table, const struct outcome *outcome, const bool *allowed,
                    const struct convention *convention, const struct logit_options *options,
                    struct error *error)
{
  assert(outcome->has_event);
  *regression = (struct regression){.used = NEW_ARRAY(bool, table->n_rows)};
  bool *used = regression->used;
  for (size_t i = 0; i < table->n_rows; i++)
    used[i] = true;
  if (!mark_complete(formula, table, used, error))
    goto failed;
  for (size_t i = 0; i < table->n_rows; i++) {
    bool in_group = !isnan(outcome->code[i]) && (!allowed || allowed[i]);
    regression->n_missing += in_group && !used[i];
    used[i] &= in_group;
    regression->n_rows += used[i];
  }
  if (regression->n_rows == 0) {
    const char *empty = all_missing(formula, table);
    if (empty)
      error_set(error, ERROR_DATA, "'%s' is missing in every row", empty);
    else
      error_set(error, ERROR_DATA, "no row is complete for the outcome and every term");
    goto failed;
  }
  regression->row = NEW_ARRAY(size_t, regression->n_rows);
  regression->y = NEW_ARRAY(double, regression->n_rows);
  size_t n = 0;
  for (size_t i = 0; i < table->n_rows; i++)
    if (used[i]) {
      regression->row[n] = i;
      regression->y[n] = outcome->code[i] == 0; // the event is group 0
      regression->n_events += outcome->code[i] == 0;
      n++;
    }
  if (!design_learn(&regression->design, formula, table, used, convention, error))
    goto failed;
  regression->x = NEW_ARRAY(double, n * regression->design.n_columns);
  if (!design_evaluate(&regression->design, table, DESIGN_ALL, regression->row, n, regression->x,
                       error))
    goto failed;
  struct logit_data data = regression_data(regression);
  logit_fit(&data, options, &regression->fit);
  return true;
failed:
  regression_free(regression);
  return false;
}

enum { MOST_NAMES = 5 };

static void add_quoted(struct text *names, size_t *n_names, const char *name, const char *level)
{
  if (++*n_names > MOST_NAMES) {
    if (*n_names == MOST_NAMES + 1)
      text_append(names, " and others");
    return;
  }
  char *quoted = level ? text_format("'%s=%s'", name, level) : text_format("'%s'", name);
  text_append_item(names, ", ", quoted);
  free(quoted);
}

// A factor all of whose levels are marked, and the intercept with them: it is the reference
// level that is meant.
static bool means_reference(const struct design *design, const struct design_term *term,
                            const bool *marked)
{
  bool all = marked[0] && term->n_parts == 1 &&
             design->variable[term->part[0].variable].categorical;
  for (size_t i = 0; i < term->n_columns; i++)
    all &= marked[term->first + i];
  return all;
}

static void list_columns(const struct design *design, const bool *marked, struct text *names)
{
  size_t n_names = 0;
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct design_term *term = &design->term[t];
    if (means_reference(design, term, marked)) {
      const struct design_variable *variable = &design->variable[term->part[0].variable];
      add_quoted(names, &n_names, variable->name, variable->levels.item[0]);
      continue;
    }
    for (size_t i = 0; i < term->n_columns; i++)
      if (marked[term->first + i])
        add_quoted(names, &n_names, design->column_name[term->first + i], NULL);
  }
  if (!n_names)
    add_quoted(names, &n_names, "Intercept", NULL);
}

// A quantity of the dependent columns that has one value only, or NULL.
static const char *constant_variable(const struct design *design, const bool *dependent)
{
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct design_term *term = &design->term[t];
    const struct design_variable *variable = &design->variable[term->part[0].variable];
    if (term->n_parts == 1 && dependent[term->first] && !variable->categorical &&
        variable->least == variable->most)
      return variable->name;
  }
  return NULL;
}

bool regression_check(const struct regression *regression, struct error *error)
{
  struct text names = {0};
  const struct logit_fit *fit = &regression->fit;
  switch (fit->status) {
  case LOGIT_CONVERGED:
    return true;
  case LOGIT_ONE_OUTCOME:
    error_set(error, ERROR_DATA, "the outcome is the same in all %zu complete rows",
              regression->n_rows);
    break;
  case LOGIT_RANK_DEFICIENT: {
    const char *constant = constant_variable(&regression->design, fit->dependent);
    if (constant) {
      error_set(error, ERROR_NO_CONVERGENCE, "'%s' is the same in all rows used: leave it out",
                constant);
      break;
    }
    list_columns(&regression->design, fit->dependent, &names);
    error_set(error, ERROR_NO_CONVERGENCE,
              "%s can be computed from the other columns of the model: leave out what is "
              "computed",
              text_content(&names));
    break;
  }
  case LOGIT_SEPARATED:
    list_columns(&regression->design, fit->separating, &names);
    error_set(error, ERROR_NO_CONVERGENCE,
              "the outcome is separated by %s: no finite estimate exists (use --firth, or leave "
              "it out, or join levels)",
              text_content(&names));
    break;
  case LOGIT_NO_CONVERGENCE:
    error_set(error, ERROR_NO_CONVERGENCE,
              "the fit did not converge in %zu iterations (bring the predictors to like scales, as "
              "in x/sd)",
              fit->n_iterations);
    break;
  }
  text_free(&names);
  return false;
}
