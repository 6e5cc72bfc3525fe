// SPDX-License-Identifier: GPL-3.0-or-later
// Updating a model on new rows: in the large, logistic, refit; the closed test (Vergouwe et al.
// 2017); the updated model as a file.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/calib.h"
#include "stats/distribution.h"
#include "stats/logit.h"

void calib_update_free(struct calib_update *update)
{
  closed_test_free(&update->test);
  free(update->coefficient);
  *update = (struct calib_update){0};
}

// The rows whose logit is finite.
struct finite_rows {
  size_t n, p;
  double *x, *eta, *y; // x: n x p, or NULL
};

static void finite_rows_free(struct finite_rows *rows)
{
  free(rows->x);
  free(rows->eta);
  free(rows->y);
}

// What the model's terms are made of; NULL: a bare risk.
static const struct design *design_of(const struct calib *calib)
{
  const struct marker *marker = calib->marker;
  return marker->kind == MARKER_MODEL         ? &calib->set.model[marker->model].design
         : marker->modelling.design.n_columns ? &marker->modelling.design
                                              : NULL;
}

static void take_rows(const struct calib *calib, struct finite_rows *rows)
{
  size_t n = calib->n;
  const struct design *design = design_of(calib);
  *rows = (struct finite_rows){.n = n - calib->n_extreme};
  rows->eta = NEW_ARRAY(double, n);
  rows->y = NEW_ARRAY(double, n);
  size_t *row = NEW_ARRAY(size_t, n), m = 0;
  for (size_t i = 0; i < n; i++)
    if (calib_has_logit(calib, i)) {
      rows->eta[m] = calib->eta[i];
      rows->y[m] = calib->y[i];
      row[m++] = calib->set.row[i];
    }
  if (design) {
    struct error error;
    rows->p = design->n_columns;
    rows->x = NEW_ARRAY(double, m * rows->p);
    if (!design_evaluate(design, &calib->command->table, DESIGN_ALL, row, m, rows->x, &error))
      command_fail(calib->command, &error);
  }
  free(row);
}

static void add_coefficient(struct calib_update *update, enum update_step step, const char *term,
                            double estimate, double std_error)
{
  RESIZE_ARRAY(update->coefficient, update->n_coefficients + 1);
  update->coefficient[update->n_coefficients++] =
      (struct calib_coefficient){step, term, estimate, std_error};
}

static double standard_error(const struct logit_fit *fit, size_t j)
{
  return sqrt(fit->covariance[j * fit->p + j]);
}

// ---- the steps ----

static double given_log_likelihood(const struct finite_rows *rows)
{
  double sum = 0;
  for (size_t i = 0; i < rows->n; i++) {
    double eta = rows->eta[i];
    sum -= log1p(exp(-fabs(eta))) + (rows->y[i] > 0 ? fmax(-eta, 0) : fmax(eta, 0));
  }
  return sum;
}

static void recalibrate(const struct finite_rows *rows, struct calib_update *update)
{
  size_t n = rows->n;
  double *x = NEW_ARRAY(double, 2 * n);
  for (size_t i = 0; i < n; i++) {
    x[i] = 1;
    x[n + i] = rows->eta[i];
  }
  struct logit_data large = {.n = n, .p = 1, .x = x, .y = rows->y, .offset = rows->eta};
  struct logit_data logistic = {.n = n, .p = 2, .x = x, .y = rows->y};
  struct logit_options options = {0};
  struct logit_fit fit;
  logit_fit(&large, &options, &fit);
  if (fit.status == LOGIT_CONVERGED) {
    update->test.intercept_large = fit.coefficient[0];
    update->log_likelihood[UPDATE_LARGE] = fit.log_likelihood;
    add_coefficient(update, UPDATE_LARGE, "intercept", fit.coefficient[0], standard_error(&fit, 0));
  }
  logit_fit_free(&fit);
  logit_fit(&logistic, &options, &fit);
  if (fit.status == LOGIT_CONVERGED) {
    update->test.intercept = fit.coefficient[0];
    update->test.slope = fit.coefficient[1];
    update->log_likelihood[UPDATE_LOGISTIC] = fit.log_likelihood;
    add_coefficient(update, UPDATE_LOGISTIC, "intercept", fit.coefficient[0],
                    standard_error(&fit, 0));
    add_coefficient(update, UPDATE_LOGISTIC, "slope", fit.coefficient[1], standard_error(&fit, 1));
  }
  logit_fit_free(&fit);
  free(x);
}

static struct closed_test_step likelihood_ratio(const struct calib_update *update,
                                                enum update_step smaller, enum update_step larger,
                                                double df)
{
  double statistic =
      fmax(2 * (update->log_likelihood[larger] - update->log_likelihood[smaller]), 0);
  return (struct closed_test_step){smaller, larger, statistic, df, chi_square_upper(statistic, df)};
}

// Of a bare risk: the logistic recalibration is the largest model.
static void test_risk(struct calib_update *update, double alpha)
{
  struct closed_test *test = &update->test;
  if (isnan(update->log_likelihood[UPDATE_LOGISTIC]))
    return;
  update->has_test = true;
  test->step[test->n_steps++] = likelihood_ratio(update, UPDATE_NONE, UPDATE_LOGISTIC, 2);
  if (test->step[0].p_value >= alpha)
    return;
  test->step[test->n_steps++] = likelihood_ratio(update, UPDATE_LARGE, UPDATE_LOGISTIC, 1);
  test->chosen = test->step[1].p_value >= alpha ? UPDATE_LARGE : UPDATE_LOGISTIC;
}

static void test_model(const struct calib *calib, const struct finite_rows *rows,
                       struct calib_update *update, double alpha)
{
  struct closed_test test;
  if (!calib->risk) {
    // No likelihood of the original to compare with: the refit alone.
    struct logit_data data = {.n = rows->n, .p = rows->p, .x = rows->x, .y = rows->y};
    struct logit_options options = {0};
    test = (struct closed_test){0};
    logit_fit(&data, &options, &test.refit);
  } else {
    update->has_test = closed_test(rows->x, rows->p, rows->eta, rows->y, rows->n, alpha, &test);
  }
  test.intercept_large = update->test.intercept_large;
  test.intercept = update->test.intercept;
  test.slope = update->test.slope;
  update->test = test;
  if (test.refit.status != LOGIT_CONVERGED)
    return;
  const struct design *design = design_of(calib);
  update->log_likelihood[UPDATE_REFIT] = test.refit.log_likelihood;
  for (size_t j = 0; j < rows->p; j++)
    add_coefficient(update, UPDATE_REFIT, j ? design->column_name[j] : "intercept",
                    test.refit.coefficient[j], standard_error(&test.refit, j));
}

static void need_update(const struct calib *calib, enum update_step step)
{
  if (step != UPDATE_NONE && isnan(calib->update.log_likelihood[step]))
    calib_fail(calib, ERROR_NO_CONVERGENCE, "--update=%s: it has no finite estimate on these rows",
               update_names[step]);
}

static void choose(struct calib *calib)
{
  struct calib_update *update = &calib->update;
  int asked = calib->settings->update;
  if (asked == UPDATE_REFIT && !design_of(calib))
    calib_fail(calib, ERROR_USAGE, "--update=refit: a risk column has no terms to refit");
  if (asked == CALIB_UPDATE_AUTO && !calib->risk)
    calib_fail(calib, ERROR_USAGE,
               "--update=auto: a model without intercept has no risks to test (large finds one)");
  if (asked == CALIB_UPDATE_AUTO && !update->has_test)
    calib_fail(calib, ERROR_NO_CONVERGENCE,
               "--update=auto: the %s has no finite estimate on these rows",
               design_of(calib) ? "refit" : "recalibration");
  update->chosen = asked == CALIB_UPDATE_AUTO ? update->test.chosen : (enum update_step) asked;
  need_update(calib, update->chosen);
}

void calib_update_run(struct calib *calib)
{
  struct calib_update *update = &calib->update;
  *update = (struct calib_update){0};
  update->test.intercept_large = update->test.intercept = update->test.slope = NAN;
  for (size_t s = 0; s < N_UPDATE_STEPS; s++)
    update->log_likelihood[s] = NAN;
  const double alpha = 0.05;
  struct finite_rows rows;
  take_rows(calib, &rows);
  if (calib->risk)
    update->log_likelihood[UPDATE_NONE] = given_log_likelihood(&rows);
  recalibrate(&rows, update);
  struct report *report = &calib->command->report;
  if (rows.x) {
    test_model(calib, &rows, update, alpha);
    if (calib->risk && !update->has_test)
      report_note(report,
                  "no closed test: refitting all terms has no finite estimate on these rows");
  } else {
    test_risk(update, alpha);
    report_note(report,
                "a risk column has no terms to refit: the closed test ends with the logistic "
                "recalibration");
  }
  finite_rows_free(&rows);
  choose(calib);
}

// ---- saving ----

// A copy, by writing it out and reading it again.
static void copy_model(const struct calib *calib, const struct model *model, struct model *copy)
{
  struct text text = {0};
  struct error error;
  model_print(model, &text);
  if (!model_parse(copy, text_content(&text), text.length, model->name, &error))
    command_fail(calib->command, &error);
  text_free(&text);
}

static void set_coefficients(const struct calib *calib, struct model *model)
{
  const struct closed_test *test = &calib->update.test;
  size_t p = model->design.n_columns;
  double shift = 0, scale = 1;
  switch (calib->update.chosen) {
  case UPDATE_REFIT:
    memcpy(model->coefficient, test->refit.coefficient, p * sizeof *model->coefficient);
    free(model->covariance);
    model->covariance = NEW_ARRAY(double, p *p);
    memcpy(model->covariance, test->refit.covariance, p * p * sizeof *model->covariance);
    model->has_intercept = true;
    return;
  case UPDATE_LARGE:
    shift = test->intercept_large;
    break;
  case UPDATE_LOGISTIC:
    shift = test->intercept;
    scale = test->slope;
    break;
  default:
    return;
  }
  for (size_t j = 0; j < p; j++)
    model->coefficient[j] *= scale;
  model->coefficient[0] += shift;
  model->has_intercept = true;
  free(model->covariance);
  model->covariance = NULL;
}

// A recalibrated model has seen the new rows, too; a refitted one has seen these alone.
static void set_ranges(const struct calib *calib, struct model *model)
{
  size_t n = calib->n, k = model->design.n_variables;
  double *value = NEW_ARRAY(double, n *k);
  struct error error;
  if (!design_values(&model->design, &calib->command->table, calib->set.row, n, value, &error))
    command_fail(calib->command, &error);
  for (size_t v = 0; v < k; v++) {
    struct design_variable *variable = &model->design.variable[v];
    bool refit = calib->update.chosen == UPDATE_REFIT;
    if (variable->categorical || (isnan(variable->least) && !refit))
      continue;
    if (refit)
      variable->least = variable->most = NAN;
    for (size_t i = 0; i < n; i++) {
      variable->least = fmin(variable->least, value[i * k + v]);
      variable->most = fmax(variable->most, value[i * k + v]);
    }
  }
  free(value);
}

static char *name_of_file(const char *path)
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t length = strlen(name);
  return memory_copy_bytes(name, length > 5 && text_ends(name, ".json") ? length - 5 : length);
}

void calib_update_save(struct calib *calib)
{
  const struct calib_settings *settings = calib->settings;
  struct command *command = calib->command;
  struct model model;
  copy_model(calib, &calib->set.model[calib->marker->model], &model);
  free(model.name);
  model.name = settings->name ? memory_copy_text(settings->name) : name_of_file(settings->save);
  if (calib->update.chosen != UPDATE_NONE) {
    set_coefficients(calib, &model);
    set_ranges(calib, &model);
    model.n = (double) calib->n;
    model.n_events = (double) calib->n_events;
    model.seed = command->seed;
    free(model.software);
    model.software = text_format("her2-tools %s", PACKAGE_VERSION);
    // How these coefficients were found is no process that could be repeated.
    text_list_free(&model.candidates);
    free(model.procedure.select);
    free(model.procedure.by);
    model.procedure.select = model.procedure.by = NULL;
    model.procedure.screen_p = model.procedure.stay_p = model.procedure.vif_cut = NAN;
    model.imputation.n = model.imputation.n_iterations = 0;
    text_list_free(&model.imputation.with);
    model.procedure.vif_drop = model.procedure.vif_by_ols = false;
    model.procedure.firth = model.procedure.flic = false;
    model.holdout.fraction = command->holdout;
    model.holdout.seed = command->seed;
    model.holdout.test = command->test_part;
    bool *used = NEW_ZEROED(bool, command->table.n_rows);
    for (size_t i = 0; i < calib->n; i++)
      used[calib->set.row[i]] = true;
    model_fingerprint(&model, &command->table, &calib->set.outcome, used, model.fingerprint);
    free(used);
  }
  command->companion_path = settings->save;
  model_print(&model, &command->companion);
  model_free(&model);
}
