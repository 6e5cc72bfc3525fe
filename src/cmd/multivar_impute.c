// SPDX-License-Identifier: GPL-3.0-or-later
// her2-multivar --impute: fits on imputed data, pooled by Rubin's rules.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/imputation.h"
#include "cmd/multivar.h"
#include "data/imputed.h"
#include "stats/collinearity.h"
#include "stats/distribution.h"
#include "stats/summary.h"

bool multivar_is_imputed(const struct multivar *multivar)
{
  return multivar->imputed.cells.n_cells > 0;
}

// Chains that start apart and have not met.  Few chains, and means of few values, may look so by
// chance.
static void note_chains(struct multivar *multivar)
{
  enum { LEAST_CHAINS = 5, LEAST_MISSING = 5 };
  static const double most_reduction = 1.5;
  const struct imputed *imputed = &multivar->imputed;
  for (size_t v = 0; v < imputed->n_columns; v++) {
    double worst = 0;
    for (size_t statistic = 0; statistic < 2 && imputed->cells.n_cells; statistic++)
      worst = fmax(worst, imputation_scale_reduction(imputed->trace, imputed->n_imputations,
                                                     imputed->problem.n_iterations,
                                                     imputed->n_columns, v, statistic));
    if (worst > most_reduction && isfinite(worst) && imputed->n_imputations >= LEAST_CHAINS &&
        imputed->column[v].n_missing >= LEAST_MISSING)
      report_warning(&multivar->command->report,
                     "%s: the chains do not agree (rhat %.2f): more --impute-iterations, or fewer "
                     "variables that say the same", imputed->column[v].column->name, worst);
  }
}

void multivar_impute(struct multivar *multivar, const bool *allowed)
{
  struct command *command = multivar->command;
  multivar->imputed = command_impute(command, &multivar->settings->imputation, command->seed,
                                     &command->formula, &multivar->outcome, allowed, NULL, 0);
  command_note_imputation(command, &command->formula, &multivar->imputed);
  command_note_few_imputations(command, &multivar->imputed);
  note_chains(multivar);
}

// ---- fits ----

bool multivar_fit_imputed(const struct multivar *multivar, const struct formula *formula,
                          struct multivar_model *model, struct error *error)
{
  if (!imputed_regression_fit(&model->imputed, formula, &multivar->imputed,
                              multivar->command->like, &multivar->options, error))
    return false;
  model->regression = (struct regression){
      .design = model->imputed.design, // lent, not given
      .n_rows = model->imputed.n_rows,
      .n_events = model->imputed.n_events,
      .fit = model->imputed.fit.pooled, // lent
  };
  return true;
}

void multivar_free_imputed(struct multivar_model *model)
{
  if (!model->imputed.matrix)
    return;
  model->regression.design = (struct design){0};
  model->regression.fit = (struct logit_fit){0};
  imputed_regression_free(&model->imputed);
}

void multivar_prefix_imputation(const struct multivar_model *model, struct error *error)
{
  const struct pooled_fit *fit = &model->imputed.fit;
  size_t n_failed = 0;
  for (size_t m = 0; m < fit->n_imputations; m++)
    n_failed += fit->fit[m].status != LOGIT_CONVERGED;
  if (n_failed && n_failed < fit->n_imputations)
    error_prefix(error, "in %zu of %zu imputations", n_failed, fit->n_imputations);
}

static void pool_row(const struct multivar *multivar, const struct multivar_model *model, size_t j,
                     struct multivar_row *row)
{
  const struct pooled_fit *fit = &model->imputed.fit;
  *row = (struct multivar_row){NAN, NAN, NAN, NAN, NAN, NAN};
  if (fit->pooled.status != LOGIT_CONVERGED)
    return;
  const struct rubin_estimate *pooled = &fit->estimate[j];
  double t = t_quantile(0.5 + multivar->command->level / 2, pooled->df);
  row->estimate = pooled->estimate;
  row->std_error = pooled->std_error;
  row->statistic = pooled->estimate / pooled->std_error;
  row->p_value = t_two_sided(row->statistic, pooled->df);
  row->low = row->estimate - t * row->std_error;
  row->high = row->estimate + t * row->std_error;
}

void multivar_pool(const struct multivar *multivar, struct multivar_model *model)
{
  const struct design *design = &model->regression.design;
  for (size_t j = 0; j < design->n_columns; j++)
    pool_row(multivar, model, j, &model->row[j]);
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct design_term *term = &design->term[t];
    size_t *columns = NEW_ARRAY(size_t, term->n_columns);
    for (size_t i = 0; i < term->n_columns; i++)
      columns[i] = term->first + i;
    struct rubin_test test = pooled_wald_test(&model->imputed.fit, columns, term->n_columns);
    struct logit_test none = {NAN, NAN, NAN};
    model->joint[t] = (struct multivar_joint){
        .wald = {test.statistic, test.df1, test.p_value}, .lr = none, .df2 = test.df2};
    free(columns);
  }
}

// ---- what is a mean over the imputations ----

// The statistics as numbers, so that all are treated alike.
enum { N_STATISTICS = sizeof(struct logit_statistics) / sizeof(double) };
_Static_assert(sizeof(struct logit_statistics) == N_STATISTICS * sizeof(double),
               "logit_statistics holds doubles only");

static void mean_of(const struct logit_statistics *of, size_t n, struct logit_statistics *mean)
{
  double value[N_STATISTICS], sum[N_STATISTICS] = {0};
  for (size_t m = 0; m < n; m++) {
    memcpy(value, &of[m], sizeof value);
    for (size_t k = 0; k < N_STATISTICS; k++)
      sum[k] += value[k] / (double) n;
  }
  memcpy(mean, sum, sizeof *mean);
}

// Of each imputation's own fit.
void multivar_statistics_imputed(struct multivar *multivar)
{
  const struct imputed_regression *final = &multivar->final.imputed;
  size_t n = multivar->imputed.n_imputations;
  struct logit_statistics *of = NEW_ARRAY(struct logit_statistics, n);
  double *lr = NEW_ARRAY(double, n);
  for (size_t m = 0; m < n; m++) {
    struct logit_data data = {.n = final->n_rows,
                              .p = final->design.n_columns,
                              .x = final->matrix[m],
                              .y = multivar->imputed.y};
    of[m] = logit_statistics(&data, &final->fit.fit[m]);
    lr[m] = of[m].lr_chi_square;
  }
  mean_of(of, n, &multivar->statistics);
  struct rubin_test test = rubin_chi_square_test(lr, n, (size_t) of[0].lr_df);
  multivar->statistics.lr_p = test.p_value;
  free(of);
  free(lr);
}

// Inflation from the mean covariance within, and the mean of that by least squares.
void multivar_inflation_imputed(const struct multivar *multivar, const struct column_group *group,
                                size_t n_groups, double *by_coefficients, double *by_squares)
{
  const struct imputed_regression *final = &multivar->final.imputed;
  size_t p = final->design.n_columns, n_sets = multivar->imputed.n_imputations;
  double *one = NEW_ARRAY(double, n_groups);
  if (!generalized_vif(final->fit.within, p, group, n_groups, by_coefficients))
    for (size_t g = 0; g < n_groups; g++)
      by_coefficients[g] = NAN;
  for (size_t g = 0; g < n_groups; g++)
    by_squares[g] = 0;
  for (size_t m = 0; m < n_sets; m++) {
    bool good = ols_vif(final->matrix[m], final->n_rows, p, NULL, group, n_groups, one);
    for (size_t g = 0; g < n_groups; g++)
      by_squares[g] += good ? one[g] / (double) n_sets : NAN;
  }
  free(one);
}

// ---- tables ----

static void add_pooled(const struct multivar_model *model, const char *name, size_t j,
                       struct report_table *table)
{
  const struct pooled_fit *fit = &model->imputed.fit;
  const struct rubin_estimate *e = &fit->estimate[j];
  bool known = fit->pooled.status == LOGIT_CONVERGED;
  report_text(table, name);
  report_text(table, j ? model->regression.design.column_name[j] : "(Intercept)");
  const double numbers[] = {e->estimate, e->std_error, e->within, e->between,
                            e->df,       e->increase,  e->lambda, e->fmi};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    report_number(table, known ? numbers[i] : NAN);
}

static void fill_pooled(const struct multivar *multivar, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "pooled", "model term estimate std.error within between df riv lambda fmi");
  if (!multivar_is_imputed(multivar))
    return;
  for (size_t j = 0; j < multivar->final.regression.design.n_columns; j++)
    add_pooled(&multivar->final, "multivariable", j, table);
  for (size_t s = 0; s < multivar->n_terms; s++)
    for (size_t j = 1; j < multivar->single[s].regression.design.n_columns; j++)
      add_pooled(&multivar->single[s], "univariable", j, table);
}

// Mean and SD of a variable's observed and imputed values (levels: `level` against the rest).
struct spread {
  size_t n;
  double mean, sd;
};

static struct spread spread_of(const double *value, size_t n)
{
  struct compensated_sum sum = {0}, squares = {0};
  struct spread spread = {n, NAN, NAN};
  for (size_t i = 0; i < n; i++)
    sum_add(&sum, value[i]);
  spread.mean = n ? sum_total(&sum) / (double) n : NAN;
  for (size_t i = 0; i < n; i++)
    sum_add(&squares, (value[i] - spread.mean) * (value[i] - spread.mean));
  spread.sd = n > 1 ? sqrt(sum_total(&squares) / (double) (n - 1)) : NAN;
  return spread;
}

// level NULL: the numbers; else whether it is this one.
static double seen_as(double value, const double *level)
{
  return level ? value == *level : value;
}

static void add_imputed(const struct multivar *multivar, size_t v, const char *level_name,
                        const double *level, struct report_table *table)
{
  const struct imputed *imputed = &multivar->imputed;
  const struct imputed_column *column = &imputed->column[v];
  const struct imputation_cells *cells = &imputed->cells;
  size_t n_sets = imputed->n_imputations, n = 0;
  double *value = NEW_ARRAY(double, imputed->n_rows + n_sets * column->n_missing);
  for (size_t i = 0; i < imputed->n_rows; i++)
    if (!isnan(column->value[i]))
      value[n++] = seen_as(column->value[i], level);
  struct spread observed = spread_of(value, n);
  n = 0;
  for (size_t m = 0; m < n_sets; m++)
    for (size_t c = 0; c < cells->n_cells; c++)
      if (cells->variable[c] == v)
        value[n++] = seen_as(imputed->value[m * cells->n_cells + c], level);
  struct spread drawn = spread_of(value, n);
  free(value);
  report_text(table, column->column->name);
  report_text(table, level_name);
  report_text(table, column->n_levels > 2   ? "multinomial"
                     : column->n_levels == 2 ? "logistic"
                                             : "predictive mean matching");
  report_count(table, observed.n);
  report_count(table, column->n_missing);
  report_number(table, observed.mean);
  report_number(table, observed.sd);
  report_number(table, drawn.mean);
  report_number(table, drawn.sd);
  for (size_t statistic = 0; statistic < 2; statistic++)
    report_number(table, imputation_scale_reduction(imputed->trace, n_sets,
                                                    imputed->problem.n_iterations,
                                                    imputed->n_columns, v, statistic));
}

static void fill_imputed(const struct multivar *multivar, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "imputed",
      "variable level method n missing mean.observed sd.observed mean.imputed sd.imputed "
      "rhat.mean rhat.sd");
  const struct imputed *imputed = &multivar->imputed;
  for (size_t v = 0; v < imputed->n_columns && multivar_is_imputed(multivar); v++) {
    const struct imputed_column *column = &imputed->column[v];
    if (!column->n_missing)
      continue;
    if (column->n_levels < 2)
      add_imputed(multivar, v, NULL, NULL, table);
    for (size_t l = 0; l < column->n_levels && column->n_levels > 1; l++) {
      const struct column *original = column->column;
      double code = (double) l;
      char *name = original->type == COLUMN_CATEGORICAL
                       ? memory_copy_text(original->level[(size_t) column->level[l]])
                       : text_format("%.15g", column->level[l]);
      add_imputed(multivar, v, name, &code, table);
      free(name);
    }
  }
}

void multivar_fill_imputation(const struct multivar *multivar, struct report *report)
{
  fill_imputed(multivar, report);
  fill_pooled(multivar, report);
}
