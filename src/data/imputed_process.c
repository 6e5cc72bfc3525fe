// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/imputed_process.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void imputed_process_free(struct imputed_process *process)
{
  imputed_regression_free(&process->regression);
  free(process->group);
  free(process->needs);
  free(process->coefficient);
  *process = (struct imputed_process){0};
}

// The model that the process makes of these matrices.  coefficient: one a column of the design.
static enum logit_status make_model(const struct imputed_process *process,
                                    const struct pooled_data *data, double *coefficient,
                                    bool *chosen)
{
  size_t n_terms = process->regression.design.n_terms, p = data->p, n_kept = n_terms;
  size_t *kept = NEW_ARRAY(size_t, n_terms);
  struct logit_data first = {
      .n = data->n, .p = p, .x = data->x[0], .y = data->y, .weight = data->weight};
  struct selection_problem problem = {&first, process->group, n_terms, process->needs, data};
  for (size_t t = 0; t < n_terms; t++)
    kept[t] = t;
  for (size_t j = 0; j < p; j++)
    coefficient[j] = 0;
  enum logit_status status = LOGIT_CONVERGED;
  if (process->selects) {
    struct selection selection = {0};
    selection_run(&problem, &process->selection, &selection);
    status = selection.status;
    n_kept = selection.n_kept;
    memcpy(kept, selection.kept, n_kept * sizeof *kept);
    selection_free(&selection);
  }
  for (size_t t = 0; chosen && t < n_terms; t++)
    chosen[t] = false;
  for (size_t k = 0; chosen && k < n_kept; k++)
    chosen[kept[k]] = true;
  if (status == LOGIT_CONVERGED)
    status = selection_fit_imputed(&problem, kept, n_kept, &process->fit, coefficient);
  free(kept);
  return status;
}

bool imputed_process_make(struct imputed_process *process, const struct formula *formula,
                          const struct imputed *imputed, const struct convention *convention,
                          const struct logit_options *fit,
                          const struct selection_options *selection, struct error *error)
{
  *process = (struct imputed_process){.imputed = imputed, .fit = *fit};
  struct imputed_regression *regression = &process->regression;
  if (!imputed_regression_fit(regression, formula, imputed, convention, fit, error))
    return false;
  design_groups(&regression->design, &process->group, &process->needs);
  process->coefficient = NEW_ARRAY(double, regression->design.n_columns);
  process->selects = selection != NULL;
  if (selection)
    process->selection = *selection;
  struct pooled_data data = imputed_regression_data(regression, imputed);
  if (make_model(process, &data, process->coefficient, NULL) == LOGIT_CONVERGED)
    return true;
  imputed_process_free(process);
  return error_set(error, ERROR_NO_CONVERGENCE,
                   "the model has no finite estimate on some imputation (her2-multivar --impute "
                   "says why)");
}

// Linear predictors of the rows of the data, which are the first of the n rows of each matrix.
static void predict(const struct imputed_process *process, const double *const *x, size_t n,
                    const double *coefficient, double *eta)
{
  size_t n_data = process->regression.n_rows;
  double *all = NEW_ARRAY(double, n);
  for (size_t m = 0; m < process->imputed->n_imputations; m++) {
    struct logit_data data = {.n = n, .p = process->regression.design.n_columns, .x = x[m]};
    logit_linear_predictor(&data, coefficient, all);
    memcpy(eta + m * n_data, all, n_data * sizeof *eta);
  }
  free(all);
}

void imputed_process_predict(const struct imputed_process *process, const double *coefficient,
                             double *eta)
{
  predict(process, process->regression.matrix, process->regression.n_rows, coefficient, eta);
}

// ---- a replicate ----

// The rows of a resample: those of the data, and after them k - 1 copies of every incomplete row
// that was drawn k times, so that each draw is imputed for itself as another patient would be.
struct resample {
  struct imputed imputed; // shares with the data's what does not depend on rows
  struct imputation_variable *variable;
  double *y, *weight;
};

static size_t n_copies(double weight, bool is_incomplete)
{
  return is_incomplete && weight > 1 ? (size_t) weight - 1 : 0;
}

// The place in the data of each row of the resample: n_rows out.
static size_t *resample_rows(const struct imputed *data, const double *weight, size_t *n_rows)
{
  bool *is_incomplete = NEW_ZEROED(bool, data->n_rows);
  for (size_t c = 0; c < data->cells.n_cells; c++)
    is_incomplete[data->cells.row[c]] = true;
  *n_rows = data->n_rows;
  for (size_t i = 0; i < data->n_rows; i++)
    *n_rows += n_copies(weight[i], is_incomplete[i]);
  size_t *from = NEW_ARRAY(size_t, *n_rows), next = data->n_rows;
  for (size_t i = 0; i < data->n_rows; i++) {
    from[i] = i;
    for (size_t k = n_copies(weight[i], is_incomplete[i]); k > 0; k--)
      from[next++] = i;
  }
  free(is_incomplete);
  return from;
}

static struct resample resample_make(const struct imputed *data, const double *weight)
{
  size_t n, n_variables = data->problem.n_variables;
  size_t *from = resample_rows(data, weight, &n);
  struct resample resample = {.imputed = *data,
                              .variable = NEW_ARRAY(struct imputation_variable, n_variables),
                              .y = NEW_ARRAY(double, n),
                              .weight = NEW_ARRAY(double, n)};
  struct imputed *imputed = &resample.imputed;
  for (size_t i = 0; i < n; i++) {
    resample.y[i] = data->y[from[i]];
    resample.weight[i] = i < data->n_rows ? weight[i] : 1;
    if (i >= data->n_rows)
      resample.weight[from[i]]--;
  }
  for (size_t v = 0; v < n_variables; v++) {
    double *value = NEW_ARRAY(double, n);
    for (size_t i = 0; i < n; i++)
      value[i] = data->problem.variable[v].value[from[i]];
    resample.variable[v] = (struct imputation_variable){value, data->problem.variable[v].n_levels};
  }
  imputed->n_rows = imputed->problem.n = n;
  imputed->problem.variable = resample.variable;
  imputation_cells_find(&imputed->problem, &imputed->cells);
  for (size_t i = 0; i < n; i++)
    from[i] = data->row[from[i]];
  imputed->row = from;
  return resample;
}

static void resample_free(struct resample *resample)
{
  for (size_t v = 0; v < resample->imputed.problem.n_variables; v++)
    free((double *) resample->variable[v].value);
  free(resample->variable);
  free(resample->y);
  free(resample->weight);
  free(resample->imputed.row);
  imputation_cells_free(&resample->imputed.cells);
}

// Its rows imputed anew, as matrices one after the other in x.
static bool impute_resample(const struct design *design, const struct resample *resample, size_t b,
                            double *x)
{
  const struct imputed *imputed = &resample->imputed;
  size_t n = imputed->n_rows, n_sets = imputed->n_imputations, which;
  size_t n_cells = imputed->cells.n_cells;
  double *value = NEW_ARRAY(double, n_sets * n_cells);
  bool good = true;
  for (size_t m = 0; m < n_sets && good; m++)
    good = imputation_draw(&imputed->problem, &imputed->cells, resample->weight, b, m + 1,
                           value + m * n_cells, NULL, &which) == IMPUTATION_DONE;
  struct table table = {0};
  good = good && imputed_complete(imputed, value, n_sets, &table, NULL);
  size_t *row = NEW_ARRAY(size_t, n);
  for (size_t m = 0; m < n_sets && good; m++) {
    for (size_t i = 0; i < n; i++)
      row[i] = m * n + i;
    good = design_evaluate(design, &table, DESIGN_ALL, row, n, x + m * n * design->n_columns, NULL);
  }
  table_free(&table);
  free(value);
  free(row);
  return good;
}

enum logit_status imputed_process_run(const struct imputed_process *process, size_t b,
                                      const double *weight, double *training, double *test,
                                      bool *chosen)
{
  const struct design *design = &process->regression.design;
  struct resample resample = resample_make(process->imputed, weight);
  size_t n = resample.imputed.n_rows, p = design->n_columns;
  size_t n_sets = process->imputed->n_imputations;
  double *x = NEW_ARRAY(double, n_sets * n * p), *coefficient = NEW_ARRAY(double, p);
  const double **matrix = NEW_ARRAY(const double *, n_sets);
  enum logit_status status = LOGIT_NO_CONVERGENCE;
  if (impute_resample(design, &resample, b, x)) {
    for (size_t m = 0; m < n_sets; m++)
      matrix[m] = x + m * n * p;
    struct pooled_data data = {.n_imputations = n_sets,
                               .n = n,
                               .p = p,
                               .x = matrix,
                               .y = resample.y,
                               .weight = resample.weight};
    status = make_model(process, &data, coefficient, chosen);
    if (status == LOGIT_CONVERGED) {
      predict(process, matrix, n, coefficient, training);
      imputed_process_predict(process, coefficient, test);
    }
  }
  resample_free(&resample);
  free(x);
  free(coefficient);
  free(matrix);
  return status;
}
