// SPDX-License-Identifier: GPL-3.0-or-later
// Choice of candidates for a logistic model.  Steps by AIC: Venables & Ripley 2002, Modern
// Applied Statistics with S (stepAIC; marginality respected); by P: Hosmer, Lemeshow &
// Sturdivant 2013, Applied Logistic Regression, chapter 4.
#include <config.h>

#include "stats/selection.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

const char *const selection_action_names[N_SELECTION_ACTIONS] = {"pass", "keep",   "fail",
                                                                 "drop", "remove", "add"};

// The state of the process.
struct process {
  const struct selection_problem *problem;
  const struct selection_options *options;
  struct selection *result;
  bool *inside;   // n_groups: in the current model
  bool *eligible; // n_groups: may enter forward
  size_t *list;   // n_groups: scratch, candidates of the model fitted last
  double *x;      // n x p: scratch, its columns; imputed: of every imputation
  size_t step_capacity;
  size_t first_stepwise; // number of steps before the stepwise ones
};

// A model of some candidates, in their order.
struct submodel {
  struct logit_data data;
  struct logit_fit fit;      // imputed: not owned, that of `pooled`
  struct pooled_fit pooled;  // imputed
  double aic;
};

// The same of any matrix that has the columns of the candidates.
static size_t gather(const struct selection_problem *problem, const double *from,
                     const size_t *kept, size_t n_kept, double *x)
{
  size_t n = problem->data->n, p = 1;
  memcpy(x, from, n * sizeof *x);
  for (size_t k = 0; k < n_kept; k++) {
    const struct column_group *group = &problem->group[kept[k]];
    memcpy(x + p * n, from + (1 + group->first) * n, n * group->n * sizeof *x);
    p += group->n;
  }
  return p;
}

size_t selection_gather(const struct selection_problem *problem, const size_t *kept, size_t n_kept,
                        double *x)
{
  return gather(problem, problem->data->x, kept, n_kept, x);
}

static bool needs(const struct selection_problem *problem, size_t i, size_t j)
{
  return problem->needs && i != j && problem->needs[i * problem->n_groups + j];
}

static size_t list_inside(const bool *inside, size_t n_groups, size_t *list)
{
  size_t n = 0;
  for (size_t g = 0; g < n_groups; g++)
    if (inside[g])
      list[n++] = g;
  return n;
}

// Of the listed candidates, on every imputation.  x: room for all matrices.
static void fit_imputed(const struct selection_problem *problem, const size_t *kept, size_t n_kept,
                        const struct logit_options *options, double *x, struct pooled_fit *fit)
{
  size_t n = problem->data->n, n_imputations = problem->imputed->n_imputations, p = 0;
  const double **matrix = NEW_ARRAY(const double *, n_imputations);
  for (size_t m = 0; m < n_imputations; m++) {
    double *here = x + m * n * problem->data->p;
    p = gather(problem, problem->imputed->x[m], kept, n_kept, here);
    matrix[m] = here;
  }
  struct pooled_data data = *problem->imputed;
  data.p = p;
  data.x = matrix;
  pooled_logit_fit(&data, options, fit);
  free(matrix);
}

enum logit_status selection_fit_imputed(const struct selection_problem *problem, const size_t *kept,
                                        size_t n_kept, const struct logit_options *options,
                                        double *coefficient)
{
  struct pooled_fit fit;
  double *x = NEW_ARRAY(double, problem->imputed->n_imputations * problem->data->n *
                                    problem->data->p);
  fit_imputed(problem, kept, n_kept, options, x, &fit);
  for (size_t j = 0; j < problem->data->p; j++)
    coefficient[j] = 0;
  coefficient[0] = fit.pooled.coefficient[0];
  size_t from = 1;
  for (size_t k = 0; k < n_kept; k++) {
    const struct column_group *group = &problem->group[kept[k]];
    memcpy(coefficient + 1 + group->first, fit.pooled.coefficient + from,
           group->n * sizeof *coefficient);
    from += group->n;
  }
  enum logit_status status = fit.pooled.status;
  pooled_fit_free(&fit);
  free(x);
  return status;
}

static void free_submodel(struct submodel *model)
{
  if (model->pooled.n_imputations)
    pooled_fit_free(&model->pooled);
  else
    logit_fit_free(&model->fit);
  model->fit = (struct logit_fit){0};
}

// Fits the model of the candidates marked in inside[]; its matrix is process->x, so one
// submodel lives at a time.
static bool fit_submodel(struct process *process, const bool *inside, struct submodel *model)
{
  const struct selection_problem *problem = process->problem;
  size_t n_inside = list_inside(inside, problem->n_groups, process->list);
  *model = (struct submodel){.data = *problem->data, .aic = NAN};
  struct logit_options options = process->options->fit;
  options.start = NULL;
  if (problem->imputed) {
    fit_imputed(problem, process->list, n_inside, &options, process->x, &model->pooled);
    model->fit = model->pooled.pooled;
    model->data.p = model->fit.p;
    return model->fit.status == LOGIT_CONVERGED;
  }
  model->data.p = selection_gather(problem, process->list, n_inside, process->x);
  model->data.x = process->x;
  logit_fit(&model->data, &options, &model->fit);
  model->aic = -2 * model->fit.log_likelihood + 2 * (double) model->data.p;
  return model->fit.status == LOGIT_CONVERGED;
}

// The first column of candidate `group` in the matrix of the candidates in inside[].
static size_t column_inside(const struct process *process, const bool *inside, size_t group)
{
  size_t column = 1;
  for (size_t g = 0; g < group; g++)
    column += inside[g] ? process->problem->group[g].n : 0;
  return column;
}

static struct logit_test test_group(const struct process *process, const struct submodel *model,
                                    const bool *inside, size_t group)
{
  size_t first = column_inside(process, inside, group), n = process->problem->group[group].n;
  size_t *columns = NEW_ARRAY(size_t, n);
  for (size_t j = 0; j < n; j++)
    columns[j] = first + j;
  struct logit_options options = process->options->fit;
  options.start = NULL;
  struct logit_test test;
  if (process->problem->imputed) {
    struct rubin_test pooled = pooled_wald_test(&model->pooled, columns, n);
    test = (struct logit_test){pooled.statistic, pooled.df1, pooled.p_value};
  } else if (process->options->test == SELECTION_WALD) {
    test = logit_wald_test(&model->fit, columns, n);
  } else {
    test = logit_likelihood_ratio_test(&model->data, &options, &model->fit, columns, n);
  }
  free(columns);
  return test;
}

static void add_step(struct process *process, enum selection_action action, size_t group,
                     struct logit_test test, double aic)
{
  struct selection *result = process->result;
  GROW_ARRAY(result->step, process->step_capacity, result->n_steps + 1);
  result->step[result->n_steps++] = (struct selection_step){
      .action = action,
      .group = group,
      .statistic = test.statistic,
      .df = test.df,
      .p_value = test.p_value,
      .aic = aic,
  };
}

static bool stop(struct process *process, enum logit_status status, size_t group)
{
  process->result->status = status;
  process->result->failed_group = group;
  return false;
}

static const size_t WHOLE = (size_t) -1;

// May leave: no other candidate in the model needs it.
static bool is_free(const struct process *process, size_t group)
{
  for (size_t g = 0; g < process->problem->n_groups; g++)
    if (process->inside[g] && needs(process->problem, g, group))
      return false;
  return true;
}

// May enter: all that it needs is in the model.
static bool is_ready(const struct process *process, size_t group)
{
  for (size_t g = 0; g < process->problem->n_groups; g++)
    if (!process->inside[g] && needs(process->problem, group, g))
      return false;
  return true;
}

// A column without variation among the rows that count.
static bool has_constant_column(const struct selection_problem *problem, size_t group)
{
  const struct logit_data *data = problem->data;
  for (size_t j = 0; j < problem->group[group].n; j++) {
    const double *x = data->x + (1 + problem->group[group].first + j) * data->n;
    double seen = NAN;
    bool constant = true;
    for (size_t i = 0; constant && i < data->n; i++)
      if (!data->weight || data->weight[i] > 0) {
        constant = isnan(seen) || x[i] == seen;
        seen = x[i];
      }
    if (constant)
      return true;
  }
  return false;
}

static bool screen(struct process *process)
{
  const struct selection_problem *problem = process->problem;
  size_t n_groups = problem->n_groups;
  bool *alone = NEW_ARRAY(bool, n_groups), *passes = NEW_ARRAY(bool, n_groups), good = true;
  struct selection_step *first;
  for (size_t g = 0; good && g < n_groups; g++) {
    for (size_t j = 0; j < n_groups; j++)
      alone[j] = j == g || needs(problem, g, j);
    struct submodel model;
    struct logit_test test = {NAN, (double) problem->group[g].n, NAN};
    if (fit_submodel(process, alone, &model))
      test = test_group(process, &model, alone, g);
    else if (model.fit.status != LOGIT_SEPARATED)
      good = stop(process, model.fit.status, g);
    passes[g] = !(test.p_value >= process->options->screen_p);
    if (good)
      add_step(process, SELECTION_PASS, g, test,
               model.fit.status == LOGIT_CONVERGED ? model.aic : NAN);
    free_submodel(&model);
  }
  first = process->result->step;
  for (size_t g = 0; good && g < n_groups; g++)
    if (!passes[g]) {
      bool needed = false;
      for (size_t j = 0; j < n_groups; j++)
        needed = needed || (passes[j] && needs(problem, j, g));
      first[g].action = needed ? SELECTION_KEEP : SELECTION_FAIL;
      process->inside[g] = needed;
    }
  free(alone);
  free(passes);
  return good;
}

// Scaled inflation of each candidate in the model, in list[] order; infinite where it depends
// on others.
static bool compute_inflation(struct process *process, size_t n_inside, double *scaled)
{
  const struct selection_problem *problem = process->problem;
  struct column_group *group = NEW_ARRAY(struct column_group, n_inside);
  size_t column = 0;
  bool by_coefficients = process->options->vif_by == SELECTION_VIF_COEFFICIENTS, known = false;
  list_inside(process->inside, problem->n_groups, process->list);
  for (size_t k = 0; k < n_inside; k++) {
    group[k] = (struct column_group){column, problem->group[process->list[k]].n};
    column += group[k].n;
  }
  if (!by_coefficients) {
    size_t p = selection_gather(problem, process->list, n_inside, process->x);
    known =
        ols_vif(process->x, problem->data->n, p, problem->data->weight, group, n_inside, scaled);
  }
  bool good = true;
  if (!known) {
    struct submodel model;
    bool dependent = false;
    if (fit_submodel(process, process->inside, &model))
      known = by_coefficients &&
              generalized_vif(problem->imputed ? model.pooled.within : model.fit.covariance,
                              model.data.p, group, n_inside, scaled);
    for (size_t k = 0; !known && k < n_inside; k++) {
      bool found = false;
      for (size_t j = 0; j < group[k].n; j++)
        found = found || (model.fit.status == LOGIT_RANK_DEFICIENT &&
                          model.fit.dependent[1 + group[k].first + j]);
      scaled[k] = found ? INFINITY : 1;
      dependent = dependent || found;
    }
    if (!known && !dependent)
      good = stop(process,
                  model.fit.status == LOGIT_CONVERGED ? LOGIT_RANK_DEFICIENT : model.fit.status,
                  WHOLE);
    free_submodel(&model);
  }
  for (size_t k = 0; known && k < n_inside; k++)
    scaled[k] = pow(scaled[k], 1 / (double) group[k].n);
  free(group);
  return good;
}

static bool drop_inflated(struct process *process)
{
  size_t n_groups = process->problem->n_groups;
  double *scaled = NEW_ARRAY(double, n_groups);
  bool good = true;
  for (;;) {
    size_t n_inside = list_inside(process->inside, n_groups, process->list), worst = WHOLE;
    if (n_inside < 2 || !(good = compute_inflation(process, n_inside, scaled)))
      break;
    double most = 0;
    for (size_t k = 0; k < n_inside; k++)
      if (scaled[k] >= process->options->vif_cut && is_free(process, process->list[k]) &&
          scaled[k] >= most * (1 - 1e-9)) {
        worst = process->list[k];
        most = fmax(most, scaled[k]);
      }
    if (worst == WHOLE)
      break;
    process->inside[worst] = false;
    add_step(process, SELECTION_DROP, worst,
             (struct logit_test){most, (double) process->problem->group[worst].n, NAN}, NAN);
  }
  free(scaled);
  return good;
}

// Is a better evidence than b?  Where both P underflow, the larger statistic.
static bool is_stronger(struct logit_test a, struct logit_test b)
{
  return a.p_value < b.p_value || (a.p_value == b.p_value && a.statistic > b.statistic);
}

// Fits the current model with candidate `group` in or out.  On failure the process stops.
static bool fit_changed(struct process *process, size_t group, bool in, struct submodel *model)
{
  process->inside[group] = in;
  bool good = fit_submodel(process, process->inside, model);
  process->inside[group] = !in;
  if (!good) {
    stop(process, model->fit.status, in ? group : WHOLE);
    free_submodel(model);
  }
  return good;
}

// What a step would do: nothing if group is WHOLE.
struct choice {
  size_t group;
  struct logit_test test;
  double aic;
};

// The candidate that should leave *model.  False if that cannot be told.
static bool choose_leaving(struct process *process, const struct submodel *model,
                           struct choice *choice)
{
  const struct selection_options *options = process->options;
  bool by_p = options->criterion == SELECTION_BY_P;
  *choice = (struct choice){.group = WHOLE, .aic = model->aic};
  for (size_t g = 0; g < process->problem->n_groups; g++) {
    if (!process->inside[g] || !is_free(process, g))
      continue;
    if (by_p) {
      struct logit_test test = test_group(process, model, process->inside, g);
      if (isnan(test.p_value))
        return stop(process, LOGIT_NO_CONVERGENCE, g);
      if (test.p_value >= options->p &&
          (choice->group == WHOLE || is_stronger(choice->test, test))) {
        choice->group = g;
        choice->test = test;
      }
    } else {
      struct submodel reduced;
      if (!fit_changed(process, g, false, &reduced))
        return false;
      if (reduced.aic < choice->aic) {
        choice->group = g;
        choice->aic = reduced.aic;
      }
      free_submodel(&reduced);
    }
  }
  if (choice->group != WHOLE && !by_p) { // the trials have overwritten the model's matrix
    size_t n_inside = list_inside(process->inside, process->problem->n_groups, process->list);
    selection_gather(process->problem, process->list, n_inside, process->x);
    choice->test = test_group(process, model, process->inside, choice->group);
  }
  return true;
}

// The candidate that should enter *model.
static bool choose_entering(struct process *process, const struct submodel *model,
                            struct choice *choice)
{
  const struct selection_options *options = process->options;
  *choice = (struct choice){.group = WHOLE, .aic = model->aic};
  for (size_t g = 0; g < process->problem->n_groups; g++) {
    if (!process->eligible[g] || process->inside[g] || !is_ready(process, g))
      continue;
    struct submodel larger;
    if (!fit_changed(process, g, true, &larger))
      return false;
    process->inside[g] = true;
    struct logit_test test = test_group(process, &larger, process->inside, g);
    process->inside[g] = false;
    free_submodel(&larger);
    if (isnan(test.p_value))
      return stop(process, LOGIT_NO_CONVERGENCE, g);
    if (options->criterion == SELECTION_BY_AIC
            ? larger.aic < choice->aic
            : test.p_value < options->p &&
                  (choice->group == WHOLE || is_stronger(test, choice->test)))
      *choice = (struct choice){g, test, larger.aic};
  }
  return true;
}

static bool run_stepwise(struct process *process)
{
  bool backward = process->options->direction == SELECTION_BACKWARD, good;
  size_t n_groups = process->problem->n_groups;
  if (!backward)
    memset(process->inside, 0, n_groups * sizeof *process->inside);
  for (;;) {
    struct submodel model;
    struct choice choice;
    good = fit_submodel(process, process->inside, &model) || stop(process, model.fit.status, WHOLE);
    good = good && (backward ? choose_leaving : choose_entering)(process, &model, &choice);
    free_submodel(&model);
    if (good && process->result->n_steps > process->first_stepwise)
      process->result->step[process->result->n_steps - 1].aic = model.aic;
    if (!good || choice.group == WHOLE)
      break;
    process->inside[choice.group] = !backward;
    add_step(process, backward ? SELECTION_REMOVE : SELECTION_ADD, choice.group, choice.test, NAN);
  }
  return good;
}

void selection_run(const struct selection_problem *problem, const struct selection_options *options,
                   struct selection *selection)
{
  size_t n_groups = problem->n_groups;
  *selection = (struct selection){.status = LOGIT_CONVERGED, .failed_group = WHOLE};
  struct process process = {
      .problem = problem,
      .options = options,
      .result = selection,
      .inside = NEW_ARRAY(bool, n_groups),
      .eligible = NEW_ARRAY(bool, n_groups),
      .list = NEW_ARRAY(size_t, n_groups),
      .x = NEW_ARRAY(double, problem->data->n * problem->data->p *
                                 (problem->imputed ? problem->imputed->n_imputations : 1)),
  };
  bool good = true;
  for (size_t g = 0; g < n_groups; g++)
    process.inside[g] = true;
  for (size_t g = 0; good && g < n_groups; g++)
    if (has_constant_column(problem, g))
      good = stop(&process, LOGIT_RANK_DEFICIENT, g);
  good = good && (isnan(options->screen_p) || screen(&process));
  good = good && (isnan(options->vif_cut) || drop_inflated(&process));
  memcpy(process.eligible, process.inside, n_groups * sizeof *process.inside);
  process.first_stepwise = selection->n_steps;
  if (good && options->direction != SELECTION_NONE)
    run_stepwise(&process);
  selection->kept = NEW_ARRAY(size_t, n_groups);
  selection->n_kept = list_inside(process.inside, n_groups, selection->kept);
  free(process.inside);
  free(process.eligible);
  free(process.list);
  free(process.x);
}

void selection_free(struct selection *selection)
{
  free(selection->kept);
  free(selection->step);
  *selection = (struct selection){0};
}
