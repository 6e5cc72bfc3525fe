// SPDX-License-Identifier: GPL-3.0-or-later
// Screening as her2-multivar does it, dropping and stepwise selection by selection.h, and the final
// fit, on a copy of the rows of positive weight.
#include <config.h>

#include "stats/refit_process.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static enum logit_status fit_columns(const struct logit_data *data,
                                     const struct refit_problem *problem, const double *start,
                                     double *coefficient)
{
  struct logit_options options = {.firth = problem->firth, .start = start};
  struct logit_fit fit;
  logit_fit(data, &options, &fit);
  if (start && fit.status == LOGIT_NO_CONVERGENCE) {
    logit_fit_free(&fit);
    options.start = NULL;
    logit_fit(data, &options, &fit);
  }
  memcpy(coefficient, fit.coefficient, data->p * sizeof *coefficient);
  if (problem->flic && problem->firth && fit.status == LOGIT_CONVERGED)
    coefficient[0] = logit_flic_intercept(data, &fit);
  enum logit_status status = fit.status;
  logit_fit_free(&fit);
  return status;
}

// The rows of positive weight; the copies belong to *data.
static void copy_used(const struct refit_problem *problem, const double *weight,
                      struct logit_data *data)
{
  size_t n = 0, to = 0;
  for (size_t i = 0; i < problem->n; i++)
    n += weight[i] > 0;
  double *x = NEW_ARRAY(double, n * problem->p), *y = NEW_ARRAY(double, n);
  double *used = NEW_ARRAY(double, n);
  for (size_t i = 0; i < problem->n; i++)
    if (weight[i] > 0) {
      y[to] = problem->y[i];
      used[to++] = weight[i];
    }
  for (size_t j = 0; j < problem->p; j++) {
    const double *column = problem->x + j * problem->n;
    to = j * n;
    for (size_t i = 0; i < problem->n; i++)
      if (weight[i] > 0)
        x[to++] = column[i];
  }
  *data = (struct logit_data){.n = n, .p = problem->p, .x = x, .y = y, .weight = used};
}

static void free_used(struct logit_data *data)
{
  free((void *) (uintptr_t) data->x);
  free((void *) (uintptr_t) data->y);
  free((void *) (uintptr_t) data->weight);
}

static bool needs(const struct refit_problem *problem, size_t i, size_t j)
{
  return problem->needs && i != j && problem->needs[i * problem->n_groups + j];
}

static bool needs_any(const struct refit_problem *problem, size_t i)
{
  for (size_t j = 0; j < problem->n_groups; j++)
    if (needs(problem, i, j))
      return true;
  return false;
}

// P of a candidate in a model of its own; of Wald, with Firth's penalty of the likelihood ratio.
static enum logit_status screen_one(const struct selection_problem *selection,
                                    const struct logit_options *options, size_t group, double *x,
                                    double *p_value)
{
  struct logit_data alone = *selection->data;
  alone.p = selection_gather(selection, &group, 1, x);
  alone.x = x;
  size_t n_columns = alone.p - 1, *columns = NEW_ARRAY(size_t, n_columns);
  for (size_t j = 0; j < n_columns; j++)
    columns[j] = 1 + j;
  struct logit_fit fit;
  logit_fit(&alone, options, &fit);
  enum logit_status status = fit.status;
  if (status == LOGIT_CONVERGED)
    *p_value = options->firth
                   ? logit_likelihood_ratio_test(&alone, options, &fit, columns, n_columns).p_value
                   : logit_wald_test(&fit, columns, n_columns).p_value;
  logit_fit_free(&fit);
  free(columns);
  return status;
}

// Which candidates pass the screening (all, if there is none).
static enum logit_status screen(const struct refit_problem *problem,
                                const struct selection_problem *selection, double *x, bool *passes)
{
  bool screening = !isnan(problem->selection.screen_p);
  struct logit_options options = {.firth = problem->firth};
  for (size_t g = 0; g < problem->n_groups; g++) {
    double p_value = NAN;
    passes[g] = true;
    if (!screening || needs_any(problem, g))
      continue;
    enum logit_status status = screen_one(selection, &options, g, x, &p_value);
    if (status != LOGIT_CONVERGED)
      return status;
    passes[g] = p_value < problem->selection.screen_p;
  }
  for (size_t i = 0; i < problem->n_groups; i++)
    for (size_t j = 0; j < problem->n_groups; j++)
      if (needs(problem, i, j) && !passes[j])
        passes[i] = false;
  return LOGIT_CONVERGED;
}

// Dropping and stepwise selection among the candidates that pass; *passes becomes what is kept.
static enum logit_status select_among(const struct refit_problem *problem,
                                      const struct selection_problem *selection, double *x,
                                      bool *passes)
{
  size_t n_groups = problem->n_groups, n = 0, *which = NEW_ARRAY(size_t, n_groups);
  for (size_t g = 0; g < n_groups; g++)
    if (passes[g])
      which[n++] = g;
  struct logit_data data = *selection->data;
  data.p = selection_gather(selection, which, n, x);
  data.x = x;
  struct column_group *group = NEW_ARRAY(struct column_group, n);
  bool *among = NEW_ARRAY(bool, n *n);
  for (size_t i = 0, first = 0; i < n; i++) {
    group[i] = (struct column_group){first, problem->group[which[i]].n};
    first += group[i].n;
    for (size_t j = 0; j < n; j++)
      among[i * n + j] = needs(problem, which[i], which[j]);
  }
  struct selection_problem candidates = {
      .data = &data, .group = group, .n_groups = n, .needs = among};
  struct selection_options options = problem->selection;
  options.screen_p = NAN;
  options.fit.firth = problem->firth;
  struct selection result;
  selection_run(&candidates, &options, &result);
  enum logit_status status = result.status;
  memset(passes, 0, n_groups * sizeof *passes);
  for (size_t k = 0; k < result.n_kept; k++)
    passes[which[result.kept[k]]] = true;
  selection_free(&result);
  free(group);
  free(among);
  free(which);
  return status;
}

// The final model of the candidates chosen, scattered into p coefficients.
static enum logit_status fit_chosen(const struct refit_problem *problem,
                                    const struct selection_problem *selection, double *x,
                                    const bool *chosen, double *coefficient)
{
  size_t n_groups = problem->n_groups, n = 0, *which = NEW_ARRAY(size_t, n_groups);
  for (size_t g = 0; g < n_groups; g++)
    if (chosen[g])
      which[n++] = g;
  struct logit_data data = *selection->data;
  data.p = selection_gather(selection, which, n, x);
  data.x = x;
  double *found = NEW_ARRAY(double, data.p);
  enum logit_status status = fit_columns(&data, problem, NULL, found);
  memset(coefficient, 0, problem->p * sizeof *coefficient);
  coefficient[0] = found[0];
  for (size_t k = 0, from = 1; k < n; k++) {
    const struct column_group *group = &problem->group[which[k]];
    memcpy(coefficient + 1 + group->first, found + from, group->n * sizeof *found);
    from += group->n;
  }
  free(found);
  free(which);
  return status;
}

static enum logit_status select_and_fit(const struct refit_problem *problem,
                                        const struct logit_data *data, bool *chosen,
                                        double *coefficient)
{
  struct selection_problem selection = {.data = data,
                                        .group = problem->group,
                                        .n_groups = problem->n_groups,
                                        .needs = problem->needs};
  double *x = NEW_ARRAY(double, data->n * data->p);
  enum logit_status status = screen(problem, &selection, x, chosen);
  if (status == LOGIT_CONVERGED)
    status = select_among(problem, &selection, x, chosen);
  if (status == LOGIT_CONVERGED)
    status = fit_chosen(problem, &selection, x, chosen, coefficient);
  free(x);
  return status;
}

enum logit_status refit_process(const struct refit_problem *problem, const double *weight,
                                bool *chosen, double *coefficient)
{
  struct logit_data data;
  copy_used(problem, weight, &data);
  enum logit_status status = problem->selects
                                 ? select_and_fit(problem, &data, chosen, coefficient)
                                 : fit_columns(&data, problem, problem->coefficient, coefficient);
  free_used(&data);
  return status;
}
