// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/modelling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/regression.h"

void modelling_free(struct modelling *modelling)
{
  design_free(&modelling->design);
  free(modelling->x);
  free(modelling->y);
  free(modelling->coefficient);
  free(modelling->group);
  free(modelling->needs);
  *modelling = (struct modelling){0};
}

// ---- the candidates ----

bool model_selects(const struct model *model)
{
  return !isnan(model->procedure.screen_p) || model->procedure.select ||
         (model->procedure.vif_drop && !isnan(model->procedure.vif_cut));
}

// "outcome ~ candidate + candidate"; the outcome as a name, of which nothing is asked here.
static bool candidates_formula(const struct model *model, struct formula *formula,
                               struct error *error)
{
  struct text text = {0};
  text_append(&text, "~ ");
  for (size_t i = 0; i < model->candidates.n_items; i++)
    text_append_format(&text, "%s%s", i ? " + " : "", model->candidates.item[i]);
  bool good = formula_parse(formula, text_content(&text), error);
  text_free(&text);
  return good || error_prefix(error, "model '%s': candidates", model->name);
}

bool model_candidates_complete(const struct model *model, const struct table *table,
                               bool *complete, struct error *error)
{
  struct formula formula;
  if (!candidates_formula(model, &formula, error))
    return false;
  bool good = true;
  for (size_t t = 0; t < formula.n_terms && good; t++)
    for (size_t i = 0; i < formula.term[t].n_parts && good; i++) {
      size_t column;
      const char *name = formula.term[t].part[i].name;
      good = table_find(table, name, &column, NULL) &&
             table->column[column].type != COLUMN_UNLOADED;
      if (!good)
        error_set(error, ERROR_DATA,
                  "model '%s' chose among candidates, and '%s' of them is not here (without it "
                  "only the fit can be repeated)",
                  model->name, name);
    }
  good = good && design_complete_formula(&formula, table, complete, error);
  formula_free(&formula);
  return good;
}

static void fill_problem(struct modelling *modelling)
{
  modelling->problem = (struct refit_problem){
      .n = modelling->n_rows,
      .p = modelling->design.n_columns,
      .x = modelling->x,
      .y = modelling->y,
      .coefficient = modelling->coefficient,
      .group = modelling->group,
      .n_groups = modelling->design.n_terms,
      .needs = modelling->needs,
      .selection = {.screen_p = NAN, .vif_cut = NAN},
  };
}

static void fill_outcome(struct modelling *modelling, const struct outcome *outcome,
                         const size_t *row, size_t n_rows)
{
  modelling->n_rows = n_rows;
  modelling->y = NEW_ARRAY(double, n_rows);
  for (size_t i = 0; i < n_rows; i++)
    modelling->y[i] = outcome->code[row[i]] == 0;
}

// ---- from a formula ----

static bool *mark_rows(const struct table *table, const size_t *row, size_t n_rows)
{
  bool *marked = NEW_ZEROED(bool, table->n_rows);
  for (size_t i = 0; i < n_rows; i++)
    marked[row[i]] = true;
  return marked;
}

// Firth's method is asked for where models are made; who fits a formula on the way has no option.
static void name_remedy(struct error *error)
{
  static const char *const option = "use --firth,";
  char *place = error ? strstr(error->message, option) : NULL;
  if (!place)
    return;
  char *before = memory_copy_bytes(error->message, (size_t) (place - error->message));
  char *after = memory_copy_text(place + strlen(option));
  error_set(error, error->status, "%suse a model of her2-multivar --firth,%s", before, after);
  free(before);
  free(after);
}

bool modelling_of_formula(struct modelling *modelling, const struct formula *formula,
                          const struct table *table, const struct outcome *outcome,
                          const size_t *row, size_t n_rows, const struct convention *convention,
                          struct error *error)
{
  *modelling = (struct modelling){0};
  bool *allowed = mark_rows(table, row, n_rows);
  struct logit_options options = {0};
  struct regression regression;
  bool good = regression_fit(&regression, formula, table, outcome, allowed, convention, &options,
                             error);
  free(allowed);
  if (!good)
    return false;
  if (!regression_check(&regression, error)) {
    regression_free(&regression);
    name_remedy(error);
    return false;
  }
  modelling->design = regression.design;
  modelling->x = regression.x;
  modelling->y = regression.y;
  modelling->n_rows = regression.n_rows;
  size_t p = regression.design.n_columns;
  modelling->coefficient = NEW_ARRAY(double, p);
  memcpy(modelling->coefficient, regression.fit.coefficient, p * sizeof *modelling->coefficient);
  regression.design = (struct design){0};
  regression.x = regression.y = NULL;
  regression_free(&regression);
  design_groups(&modelling->design, &modelling->group, &modelling->needs);
  fill_problem(modelling);
  return true;
}

// ---- from a model file ----

struct selection_options model_selection(const struct model *model)
{
  bool firth = model->procedure.firth;
  const char *select = model->procedure.select, *by = model->procedure.by;
  return (struct selection_options){
      .screen_p = model->procedure.screen_p,
      .vif_cut = model->procedure.vif_drop ? model->procedure.vif_cut : NAN,
      .vif_by = model->procedure.vif_by_ols ? SELECTION_VIF_OLS : SELECTION_VIF_COEFFICIENTS,
      .direction = !select                           ? SELECTION_NONE
                   : strcmp(select, "forward") == 0 ? SELECTION_FORWARD
                                                     : SELECTION_BACKWARD,
      .criterion = by && strcmp(by, "aic") == 0 ? SELECTION_BY_AIC : SELECTION_BY_P,
      .p = isnan(model->procedure.stay_p) ? 0.05 : model->procedure.stay_p,
      .test = firth ? SELECTION_LIKELIHOOD_RATIO : SELECTION_WALD,
      .fit = {.firth = firth},
  };
}

// The model's coefficients in the columns of the candidates' design, by name.
static bool place_coefficients(const struct model *model, struct modelling *modelling,
                               struct error *error)
{
  const struct design *from = &model->design, *to = &modelling->design;
  for (size_t j = 0; j < from->n_columns; j++) {
    size_t k = 0;
    while (k < to->n_columns && strcmp(from->column_name[j], to->column_name[k]) != 0)
      k++;
    if (k == to->n_columns)
      return error_set(error, ERROR_DATA,
                       "model '%s': its candidates do not make the column '%s' here", model->name,
                       from->column_name[j]);
    modelling->coefficient[k] = model->coefficient[j];
  }
  return true;
}

static bool learn_candidates(struct modelling *modelling, const struct model *model,
                             const struct table *table, const size_t *row, size_t n_rows,
                             const struct convention *convention, struct error *error)
{
  struct formula formula;
  if (!candidates_formula(model, &formula, error))
    return false;
  bool *used = mark_rows(table, row, n_rows);
  bool good = design_learn(&modelling->design, &formula, table, used, convention, error);
  free(used);
  formula_free(&formula);
  return good;
}

// A copy of the model's own design, by writing it out and reading it again.
static bool copy_design(struct modelling *modelling, const struct model *model,
                        struct error *error)
{
  struct text text = {0};
  struct model copy = {0};
  model_print(model, &text);
  bool good = model_parse(&copy, text_content(&text), text.length, model->name, error);
  text_free(&text);
  if (good) {
    modelling->design = copy.design;
    copy.design = (struct design){0};
  }
  model_free(&copy);
  return good;
}

// How far the process, run here, is from the coefficients of the file.
static double measure_difference(const struct modelling *modelling, const struct model *model)
{
  size_t n = modelling->n_rows, p = modelling->design.n_columns;
  double *weight = NEW_ARRAY(double, n), *found = NEW_ARRAY(double, p), most = 0;
  for (size_t i = 0; i < n; i++)
    weight[i] = 1;
  struct refit_workspace *workspace = refit_prepare(&modelling->problem);
  if (refit(&modelling->problem, weight, workspace, found) != LOGIT_CONVERGED || !model->covariance)
    most = NAN;
  for (size_t j = 0; j < p && !isnan(most); j++) {
    double se = 0, gap = fabs(found[j] - modelling->coefficient[j]);
    for (size_t k = 0; k < model->design.n_columns; k++)
      if (strcmp(model->design.column_name[k], modelling->design.column_name[j]) == 0)
        se = sqrt(model->covariance[k * model->design.n_columns + k]);
    gap = se > 0 ? gap / se : gap > 0 ? INFINITY : 0;
    most = gap > most ? gap : most;
  }
  refit_release(workspace);
  free(weight);
  free(found);
  return most;
}

bool modelling_of_model(struct modelling *modelling, const struct model *model,
                        const struct table *table, const struct outcome *outcome,
                        const size_t *row, size_t n_rows, bool redo,
                        const struct convention *convention, double *differs,
                        struct error *error)
{
  *modelling = (struct modelling){0};
  bool selects = redo && model_selects(model) && model->candidates.n_items > 0;
  bool good = selects ? learn_candidates(modelling, model, table, row, n_rows, convention, error)
                      : copy_design(modelling, model, error);
  if (!good)
    return false;
  size_t p = modelling->design.n_columns;
  modelling->coefficient = NEW_ZEROED(double, p);
  modelling->x = NEW_ARRAY(double, n_rows * p);
  fill_outcome(modelling, outcome, row, n_rows);
  if (!place_coefficients(model, modelling, error) ||
      !design_evaluate(&modelling->design, table, DESIGN_ALL, row, n_rows, modelling->x, error)) {
    modelling_free(modelling);
    return false;
  }
  design_groups(&modelling->design, &modelling->group, &modelling->needs);
  fill_problem(modelling);
  struct refit_problem *problem = &modelling->problem;
  problem->firth = model->procedure.firth;
  problem->flic = model->procedure.flic;
  problem->selects = selects;
  problem->selection = model_selection(model);
  *differs = measure_difference(modelling, model);
  return true;
}
