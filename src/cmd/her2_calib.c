// SPDX-License-Identifier: GPL-3.0-or-later
// her2-calib: internal and external validation of predicted risks.
#include <config.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/calib.h"
#include "stats/logit.h"

// ---- options ----

static const struct named_choice processes[] = {
    {"selection", "all of the process that the model records (default)", 1},
    {"fit", "its final terms only", 0},
    {NULL, NULL, 0},
};
static const struct named_choice intervals[] = {
    {"shifted", "percentiles of training values, shifted (default)", 0},
    {"two-stage", "percentiles of corrected values of resamples", 1},
    {NULL, NULL, 0},
};
static const struct named_choice updates[] = {
    {"none", "keep the model (default)", UPDATE_NONE},
    {"large", "a new intercept", UPDATE_LARGE},
    {"logistic", "a new intercept and a slope for all coefficients", UPDATE_LOGISTIC},
    {"refit", "all coefficients", UPDATE_REFIT},
    {"auto", "what the closed test chooses", CALIB_UPDATE_AUTO},
    {NULL, NULL, 0},
};

static bool set_validate(void *settings, const char *value, struct error *error)
{
  return option_choice(calib_schemes, value, &((struct calib_settings *) settings)->validate,
                       error);
}

static bool set_external(void *pointer, const char *value, struct error *error)
{
  (void) value;
  struct calib_settings *settings = pointer;
  if (settings->validate != CALIB_AUTOMATIC && settings->validate != CALIB_EXTERNAL)
    return error_set(error, ERROR_USAGE, "--validate says something else: one of them");
  settings->validate = CALIB_EXTERNAL;
  return true;
}

static bool set_folds(void *pointer, const char *value, struct error *error)
{
  ((struct calib_settings *) pointer)->folds_asked = true;
  return option_integer(value, 2, 1000000, &((struct calib_settings *) pointer)->n_folds, error);
}

static bool set_repeats(void *pointer, const char *value, struct error *error)
{
  ((struct calib_settings *) pointer)->repeats_asked = true;
  return option_integer(value, 1, 1000000, &((struct calib_settings *) pointer)->n_repeats, error);
}

static bool set_redo(void *settings, const char *value, struct error *error)
{
  return option_choice(processes, value, &((struct calib_settings *) settings)->redo_selection,
                       error);
}

static bool set_interval(void *settings, const char *value, struct error *error)
{
  return option_choice(intervals, value, &((struct calib_settings *) settings)->two_stage, error);
}

static bool set_inner(void *pointer, const char *value, struct error *error)
{
  ((struct calib_settings *) pointer)->inner_asked = true;
  return option_integer(value, 10, 1000000, &((struct calib_settings *) pointer)->n_inner, error);
}

static bool set_update(void *settings, const char *value, struct error *error)
{
  return option_choice(updates, value, &((struct calib_settings *) settings)->update, error);
}

// "FIRST:LAST"
static bool set_replicates(void *pointer, const char *value, struct error *error)
{
  struct calib_settings *settings = pointer;
  const char *colon = strchr(value, ':');
  char *from = memory_copy_bytes(value, colon ? (size_t) (colon - value) : 0);
  int64_t first = 0, last = 0;
  bool good = colon && number_parse_integer(from, 1, 10000000, &first) &&
              number_parse_integer(colon + 1, first, 10000000, &last);
  free(from);
  if (!good)
    return error_set(error, ERROR_USAGE, "'%s' is not FIRST:LAST, as in 1:250", value);
  settings->first = (size_t) first;
  settings->last = (size_t) last;
  return true;
}

static bool set_metrics(void *pointer, const char *value, struct error *error)
{
  struct calib_settings *settings = pointer;
  struct text_list names = {0};
  text_list_split(&names, value, ',');
  bool good = true;
  for (size_t i = 0; i < names.n_items && good; i++) {
    size_t m = 0;
    while (m < N_PERFORMANCE_METRICS && strcmp(performance_names[m], names.item[i]) != 0)
      m++;
    if (m < N_PERFORMANCE_METRICS) {
      settings->metrics |= 1U << m;
      continue;
    }
    struct text all = {0};
    for (m = 0; m < N_PERFORMANCE_METRICS; m++)
      text_append_item(&all, ", ", performance_names[m]);
    char *suggestion = text_suggestion(names.item[i], performance_names, N_PERFORMANCE_METRICS);
    good = error_set(error, ERROR_USAGE, "'%s' is not one of %s%s", names.item[i],
                     text_content(&all), suggestion);
    free(suggestion);
    text_free(&all);
  }
  text_list_free(&names);
  return good;
}

static bool take_path(const char *value, const char **path, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the file is empty");
  *path = value;
  return true;
}

static bool set_resamples(void *settings, const char *value, struct error *error)
{
  return take_path(value, &((struct calib_settings *) settings)->resamples, error);
}

static bool set_save_replicates(void *settings, const char *value, struct error *error)
{
  return take_path(value, &((struct calib_settings *) settings)->save_replicates, error);
}

static bool set_save_rows(void *settings, const char *value, struct error *error)
{
  return take_path(value, &((struct calib_settings *) settings)->save_rows, error);
}

static bool set_save(void *settings, const char *value, struct error *error)
{
  return take_path(value, &((struct calib_settings *) settings)->save, error);
}

static bool set_name(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name is empty");
  ((struct calib_settings *) pointer)->name = value;
  return true;
}

static bool set_combine(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct calib_settings *) pointer)->combine = true;
}

static bool set_instability(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct calib_settings *) pointer)->instability = true;
}

static bool set_hosmer_lemeshow(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct calib_settings *) pointer)->hosmer_lemeshow = true;
}

static bool set_spiegelhalter(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct calib_settings *) pointer)->spiegelhalter = true;
}

static bool set_impute(void *pointer, const char *value, struct error *error)
{
  return imputation_set_number(&((struct calib_settings *) pointer)->imputation, value, error);
}

static bool set_impute_iterations(void *pointer, const char *value, struct error *error)
{
  return imputation_set_iterations(&((struct calib_settings *) pointer)->imputation, value, error);
}

static bool set_impute_with(void *pointer, const char *value, struct error *error)
{
  return imputation_set_helpers(&((struct calib_settings *) pointer)->imputation, value, error);
}

static const struct option_spec own_options[] = {
    {"validate", 0, "SCHEME", "bootstrap, 632, 632plus, cv, holdout, apparent, external",
     set_validate},
    {"external", 0, NULL, "the same as --validate=external", set_external},
    {"folds", 0, "N", "of --validate=cv (10)", set_folds},
    {"repeats", 0, "N", "of --validate=cv (10)", set_repeats},
    {"redo", 0, "PROCESS", "selection (default) or fit: what a replicate repeats", set_redo},
    {"metrics", 0, "NAME,...", "measure these alone (all)", set_metrics},
    {"ci", 0, "METHOD", "of corrected values: shifted (default) or two-stage", set_interval},
    {"inner", 0, "N", "of --ci=two-stage: replicates within each (200)", set_inner},
    {"resamples", 0, "FILE", "resamples of another program, a line a replicate", set_resamples},
    {"replicates", 0, "FIRST:LAST", "compute this range of replicates alone", set_replicates},
    {"save-replicates", 0, "FILE", "write every replicate, for --combine", set_save_replicates},
    {"combine", 0, NULL, "join files of --save-replicates, named as operands", set_combine},
    {"save-rows", 0, "FILE", "write which line of the file each row used is", set_save_rows},
    {"instability", 0, NULL, "predicted risks of the replicates against the model's",
     set_instability},
    {"hosmer-lemeshow", 0, NULL, "the Hosmer-Lemeshow test", set_hosmer_lemeshow},
    {"spiegelhalter", 0, NULL, "Spiegelhalter's test", set_spiegelhalter},
    {"update", 0, "STEP", "none (default), large, logistic, refit, auto", set_update},
    {"impute", 0, "M", "impute missing values M times, in every replicate anew", set_impute},
    {"impute-with", 0, "NAME,...", "further variables that help to impute", set_impute_with},
    {"impute-iterations", 0, "N", "iterations of the chained equations (10)",
     set_impute_iterations},
    {"save", 0, "MODEL.json", "write the updated model to this file", set_save},
    {"name", 0, "NAME", "name of the model in that file", set_name},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"performance", "metrics: apparent and corrected, or with intervals and tests (primary)"},
    {"curve", "calibration curve"},
    {"bins", "predicted and observed in ten groups of risk"},
    {"replicates", "replicates by what became of their model"},
    {"selection", "how often replicates chose each candidate"},
    {"instability", "predicted risk of each row over the replicates, with --instability"},
    {"closed_test", "does the model need an update?"},
    {"update", "coefficients of the updates"},
    {"tests", "--hosmer-lemeshow, --spiegelhalter"},
    {NULL, NULL},
};

static const struct product_spec figures[] = {
    {"calibration", "calibration curve with the distribution of risks"},
    {"risk", "predicted risks by outcome"},
    {"instability", "risks of the replicates against the model's"},
    {NULL, NULL},
};

#define COMMON_PARTS                                                                               \
  .name = "her2-calib", .summary = "Validate and recalibrate predicted risks.",                    \
  .option = own_options, .tables = tables, .figures = figures,                                     \
  .operands = "['OUTCOME = EVENT ~ TERM + ...'] [FILE], or --combine FILE...",                     \
  .example = "her2-calib --model=model.json --figure=calibration.pdf cohort.csv"

enum {
  GROUPS = OPTIONS_INPUT | OPTIONS_OUTPUT | OPTIONS_FIGURE | OPTIONS_LEVEL | OPTIONS_LIKE |
           OPTIONS_RANDOM | OPTIONS_HOLDOUT | OPTIONS_MODEL
};
static const struct command_spec spec = {COMMON_PARTS, .groups = GROUPS};
// With --combine all operands are files.
static const struct command_spec combine_spec = {COMMON_PARTS, .groups = GROUPS | OPERANDS_MANY};

// Whether --combine, perhaps cut short as getopt allows, is on the command line.
static bool asks_combine(int argc, char **argv)
{
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strlen(argv[i]) >= strlen("--com") && text_starts("--combine", argv[i]))
      return true;
  return false;
}

void calib_fail(const struct calib *calib, enum error_status status, const char *format, ...)
{
  struct error error;
  va_list arguments;
  va_start(arguments, format);
  struct text text = {0};
  text_append_format_list(&text, format, arguments);
  va_end(arguments);
  error_set(&error, status, "%s", text_content(&text));
  command_fail(calib->command, &error);
}

// ---- what does not go together ----

static void check_combine(const struct calib *calib)
{
  // A codebook may be in the environment.
  static const char *const allowed[] = {"--combine", "--format=", "--table=", "--tables=",
                                        "--figure=", "--digits=", "--strict", "--codebook="};
  const struct text_list *call = &calib->command->report.call;
  for (size_t i = 1; i < call->n_items; i++) {
    bool good = !text_starts(call->item[i], "--");
    for (size_t k = 0; k < sizeof allowed / sizeof *allowed; k++)
      good |= text_starts(call->item[i], allowed[k]);
    if (!good)
      calib_fail(calib, ERROR_USAGE, "%.*s: with --combine the files say what was done",
                 (int) strcspn(call->item[i], "="), call->item[i]);
  }
}

static void check_replicates(const struct calib *calib)
{
  const struct calib_settings *s = calib->settings;
  if ((s->folds_asked || s->repeats_asked) && s->validate != CALIB_CROSS)
    calib_fail(calib, ERROR_USAGE, "--%s needs --validate=cv",
               s->folds_asked ? "folds" : "repeats");
  if (s->inner_asked && !s->two_stage)
    calib_fail(calib, ERROR_USAGE, "--inner needs --ci=two-stage");
  if (s->two_stage && (s->save_replicates || s->first))
    calib_fail(calib, ERROR_USAGE, "--ci=two-stage: its replicates cannot be saved or shared out");
  if (s->two_stage && s->resamples)
    calib_fail(calib, ERROR_USAGE, "--ci=two-stage draws its own resamples: no --resamples");
  if (s->two_stage && s->validate != CALIB_AUTOMATIC && s->validate != CALIB_BOOTSTRAP)
    calib_fail(calib, ERROR_USAGE, "--ci=two-stage is for --validate=bootstrap");
  if (s->resamples && s->validate == CALIB_CROSS)
    calib_fail(calib, ERROR_USAGE, "--resamples are not for --validate=cv");
}

static void check_files(const struct calib *calib)
{
  const struct calib_settings *s = calib->settings;
  const char *const path[] = {s->save, s->save_rows, s->save_replicates, calib->command->output};
  static const char *const name[] = {"save", "save-rows", "save-replicates", "output"};
  for (size_t i = 0; i < 4; i++)
    for (size_t j = 0; j < i; j++)
      if (path[i] && path[j] && strcmp(path[i], path[j]) == 0)
        calib_fail(calib, ERROR_USAGE, "--%s and --%s name one file, '%s'", name[j], name[i],
                   path[i]);
  command_claim_path(calib->command, s->save_rows);
  if (s->save && s->update == UPDATE_NONE)
    calib_fail(calib, ERROR_USAGE, "--save needs --update=large, logistic, refit or auto");
  const struct imputation_settings *imputation = &s->imputation;
  if (!imputation->n_imputations && (imputation->n_iterations || imputation->with.n_items))
    calib_fail(calib, ERROR_USAGE, "--impute-%s needs --impute=M",
               imputation->n_iterations ? "iterations" : "with");
  if (s->name && !s->save)
    calib_fail(calib, ERROR_USAGE, "--name needs --save=MODEL.json");
}

static void check_options(const struct calib *calib)
{
  struct command *command = calib->command;
  if (calib->settings->combine) {
    check_combine(calib);
    return;
  }
  if (calib->settings->validate == CALIB_HOLDOUT) {
    if (!(command->holdout > 0))
      calib_fail(calib, ERROR_USAGE, "--validate=holdout needs --holdout=P");
    command->test_part = true;
  }
  check_replicates(calib);
  check_files(calib);
}

// ---- how to validate ----

static const char *const risk_only =
    "a risk column cannot be refitted: it can only be validated as it is (--validate=external)";

static enum calib_scheme scheme_of_fit(const struct calib *calib, enum calib_scheme asked)
{
  if (!calib->marker->internal) {
    if (asked != CALIB_AUTOMATIC && asked != CALIB_HOLDOUT && asked != CALIB_EXTERNAL)
      calib_fail(calib, ERROR_USAGE, "--part=test judges the test rows: no --validate=%s",
                 choice_name(calib_schemes, (int) asked));
    return CALIB_HOLDOUT;
  }
  if (asked == CALIB_EXTERNAL)
    calib_fail(
        calib, ERROR_USAGE,
        "a formula is fitted on these rows: nothing is external (--model=FILE, or --holdout)");
  return asked == CALIB_AUTOMATIC ? CALIB_BOOTSTRAP : asked;
}

static enum calib_scheme scheme_of_model(const struct calib *calib, enum calib_scheme asked)
{
  struct report *report = &calib->command->report;
  if (asked == CALIB_AUTOMATIC)
    return calib->marker->internal ? CALIB_BOOTSTRAP : CALIB_EXTERNAL;
  if (calib->marker->internal && asked == CALIB_EXTERNAL)
    report_warning(report, "--validate=external on the rows that the model was made on: apparent "
                           "values, too good");
  if (calib->marker->internal && asked == CALIB_HOLDOUT)
    calib_fail(calib, ERROR_USAGE, "--validate=holdout: the model was made on these test rows");
  if (!calib->marker->internal && asked != CALIB_EXTERNAL && asked != CALIB_HOLDOUT)
    report_warning(report,
                   "--validate=%s although these rows are not those that the model states: "
                   "%s",
                   choice_name(calib_schemes, (int) asked),
                   asked == CALIB_APPARENT
                       ? "values as they are"
                       : "its modelling process is repeated on these, the coefficients of the "
                         "file are not used");
  return asked;
}

static enum calib_scheme choose_scheme(const struct calib *calib)
{
  enum calib_scheme asked = (enum calib_scheme) calib->settings->validate;
  switch (calib->marker->kind) {
  case MARKER_RISK:
    if (asked != CALIB_AUTOMATIC && asked != CALIB_EXTERNAL)
      calib_fail(calib, ERROR_USAGE, "%s", risk_only);
    report_note(&calib->command->report, "external: %s is validated as it is", calib->marker->name);
    return CALIB_EXTERNAL;
  case MARKER_FIT:
    return scheme_of_fit(calib, asked);
  default:
    return scheme_of_model(calib, asked);
  }
}

// ---- the rows and the process ----

// Takes its values over: of large data every column counts.
static void take_marker(struct calib *calib)
{
  struct marker_set *set = &calib->set;
  struct marker *marker = &set->marker[0];
  calib->n = set->n_rows;
  calib->n_events = set->n_events;
  calib->y = set->y;
  calib->eta = marker->eta;
  calib->risk = marker->risk;
  free(marker->value);
  set->y = marker->eta = marker->risk = marker->value = NULL;
  const struct outcome *outcome = &set->outcome;
  calib->event = text_format("%s: %s", column_title(outcome->column), outcome->label[0]);
  calib->others = memory_copy_text(outcome->label[1]);
  calib->model = memory_copy_text(marker->kind == MARKER_MODEL ? marker->title : "");
}

// Coefficients of the process on all rows, for the linear predictor.
static void fit_all_rows(struct calib *calib, const struct refit_problem *problem)
{
  double *weight = NEW_ARRAY(double, problem->n), *coefficient = NEW_ARRAY(double, problem->p);
  for (size_t i = 0; i < problem->n; i++)
    weight[i] = 1;
  struct refit_workspace *workspace = refit_prepare(problem);
  if (refit(problem, weight, workspace, coefficient) != LOGIT_CONVERGED)
    calib_fail(calib, ERROR_NO_CONVERGENCE,
               "the modelling process of model '%s' has no finite estimate on these rows",
               calib->marker->name);
  refit_release(workspace);
  struct logit_data data = {.n = problem->n, .p = problem->p, .x = problem->x};
  logit_linear_predictor(&data, coefficient, calib->eta);
  if (!calib->risk)
    calib->risk = NEW_ARRAY(double, calib->n);
  for (size_t i = 0; i < calib->n; i++)
    calib->risk[i] = logit_inverse(calib->eta[i]);
  free(weight);
  free(coefficient);
}

// --validate= against the fingerprint: the process of the file, on these rows.
static void repeat_process_here(struct calib *calib)
{
  struct error error;
  const struct model *model = &calib->set.model[calib->marker->model];
  const struct table *table = &calib->command->table;
  bool redo = calib->settings->redo_selection;
  if (redo && model_selects(model)) {
    bool *complete = NEW_ARRAY(bool, table->n_rows);
    if (!model_candidates_complete(model, table, complete, &error))
      command_fail(calib->command, &error);
    for (size_t i = 0; i < calib->n; i++)
      if (!complete[calib->set.row[i]])
        calib_fail(calib, ERROR_DATA,
                   "not all rows are complete for the candidates of model '%s' "
                   "(--redo=fit repeats its final terms only)",
                   model->name);
    free(complete);
  }
  double differs;
  if (!modelling_of_model(&calib->own, model, table, &calib->set.outcome, calib->set.row, calib->n,
                          redo, calib->command->like, &differs, &error))
    command_fail(calib->command, &error);
  calib->problem = &calib->own.problem;
  fit_all_rows(calib, calib->problem);
}

// A recalibrated model has coefficients that no process gives again.
static bool is_repeatable(struct calib *calib)
{
  const struct refit_problem *problem = &calib->marker->modelling.problem;
  const struct model *model = &calib->set.model[calib->marker->model];
  if (model->covariance || model->candidates.n_items)
    return true;
  double *given = NEW_ARRAY(double, calib->n), most = 0;
  memcpy(given, calib->eta, calib->n * sizeof *given);
  fit_all_rows(calib, problem);
  for (size_t i = 0; i < calib->n; i++)
    most = fmax(most, fabs(calib->eta[i] - given[i]));
  for (size_t i = 0; i < calib->n; i++) {
    calib->eta[i] = given[i];
    calib->risk[i] = logit_inverse(given[i]);
  }
  free(given);
  return most < 1e-3;
}

static void need_process(struct calib *calib)
{
  const struct marker *marker = calib->marker;
  if (marker->partial)
    calib_fail(calib, ERROR_DATA,
               "not all rows that model '%s' was made on are here: it cannot be "
               "validated by repeating how it was made",
               marker->name);
  if (marker->kind == MARKER_MODEL && !marker->internal) {
    repeat_process_here(calib);
    return;
  }
  if (!marker->modelling.design.n_columns)
    calib_fail(calib, ERROR_DATA, "%s has no logistic fit that could be repeated", marker->name);
  calib->problem = &marker->modelling.problem;
  if (marker->kind != MARKER_MODEL || is_repeatable(calib))
    return;
  if (calib->settings->validate == CALIB_AUTOMATIC) {
    report_warning(&calib->command->report,
                   "model '%s' was recalibrated on these rows, which no refit repeats: apparent "
                   "values only",
                   marker->name);
    calib->scheme = CALIB_APPARENT;
    return;
  }
  report_warning(&calib->command->report,
                 "model '%s' was recalibrated on these rows: the process validated is a refit of "
                 "its terms, with other coefficients",
                 marker->name);
  fit_all_rows(calib, calib->problem);
}

// ---- metrics and replicates ----

static bool shows(const struct command *command, const char *figure, const char *table)
{
  for (size_t i = 0; i < command->n_figures; i++)
    if (strcmp(command->figure[i].kind, figure) == 0)
      return true;
  return command->table_name && strcmp(command->table_name, table) == 0;
}

static void choose_metrics(struct calib *calib)
{
  const unsigned of_curve = 1U << METRIC_EMAX | 1U << METRIC_E50 | 1U << METRIC_E90 |
                            1U << METRIC_EAVG | 1U << METRIC_MAE;
  unsigned asked = calib->settings->metrics;
  calib->metrics = asked ? asked : METRIC_ALL;
  // Its corrected value is made of theirs.
  if (calib->metrics >> METRIC_EMAX_LOGISTIC & 1)
    calib->metrics |= 1U << METRIC_INTERCEPT | 1U << METRIC_SLOPE;
  calib->has_curve = (calib->metrics & of_curve) || shows(calib->command, "calibration", "curve");
  calib->has_instability =
      calib->settings->instability || shows(calib->command, "instability", "instability");
  calib->keeps_predictors = calib->has_instability || calib->scheme == CALIB_CROSS;
}

static void read_resamples(struct calib *calib, size_t *n_given)
{
  struct error error;
  struct text content = {0};
  const char *path = calib->settings->resamples;
  *n_given = 0;
  if (!path)
    return;
  if (!resamples_read(path, calib->n, &calib->resample, n_given, &error))
    command_fail(calib->command, &error);
  digest_bytes(calib->resample, *n_given * calib->n * sizeof *calib->resample,
               calib->resample_digest);
  text_free(&content);
}

static void choose_replicates(struct calib *calib)
{
  struct command *command = calib->command;
  const struct calib_settings *s = calib->settings;
  size_t n_given;
  read_resamples(calib, &n_given);
  calib->n_replicates = command->bootstrap;
  if (calib->scheme == CALIB_CROSS) {
    if (command->bootstrap_asked)
      calib_fail(calib, ERROR_USAGE, "--bootstrap is not for --validate=cv (--repeats is)");
    if ((size_t) s->n_folds > calib->n)
      calib_fail(calib, ERROR_DATA, "--folds=%lld, but %zu rows", (long long) s->n_folds, calib->n);
    calib->n_replicates = (size_t) (s->n_folds * s->n_repeats);
  }
  if (n_given && command->bootstrap_asked && command->bootstrap > n_given)
    calib_fail(calib, ERROR_DATA, "--bootstrap=%zu, but %zu resamples in '%s'", command->bootstrap,
               n_given, s->resamples);
  if (n_given && !command->bootstrap_asked)
    calib->n_replicates = n_given;
  calib->first = s->first ? s->first : 1;
  calib->last = s->last ? s->last : calib->n_replicates;
  if (calib->last > calib->n_replicates)
    calib_fail(calib, ERROR_USAGE, "--replicates=%zu:%zu, but there are %zu", s->first, s->last,
               calib->n_replicates);
}

static void check_external_options(const struct calib *calib)
{
  const struct calib_settings *s = calib->settings;
  const char *option = s->resamples         ? "resamples"
                       : s->save_replicates ? "save-replicates"
                       : s->first           ? "replicates"
                       : s->two_stage       ? "ci=two-stage"
                       : s->instability     ? "instability"
                                            : NULL;
  if (option)
    calib_fail(calib, ERROR_USAGE, "--%s: nothing is refitted in external validation", option);
  if (s->save && calib->marker->kind != MARKER_MODEL)
    calib_fail(calib, ERROR_USAGE, "--save needs a model file to update (--model=FILE)");
}

static void check_internal_options(const struct calib *calib)
{
  const struct calib_settings *s = calib->settings;
  if (s->update != UPDATE_NONE)
    calib_fail(calib, ERROR_USAGE,
               "--update: the model was made on these rows, there is nothing to "
               "update (--external if there is)");
  const char *option = s->resamples         ? "resamples"
                       : s->save_replicates ? "save-replicates"
                       : s->first           ? "replicates"
                                            : NULL;
  if (option && calib->scheme == CALIB_APPARENT)
    calib_fail(calib, ERROR_USAGE, "--%s: apparent values have no replicates", option);
}

static void note_seed(struct calib *calib)
{
  struct report *report = &calib->command->report;
  bool draws = calib_is_external(calib) ? calib->command->bootstrap > 0
                                        : calib_is_resampled(calib) && !*calib->resample_digest;
  if (!draws)
    return;
  report->has_seed = true;
  report->seed = calib->command->seed;
}

// ---- the two ways ----

static void keep_early_report(struct calib *calib)
{
  const struct report *report = &calib->command->report;
  for (size_t i = 0; i < report->notes.n_items; i++)
    text_list_add(&calib->early_notes, report->notes.item[i]);
  for (size_t i = 0; i < report->warnings.n_items; i++)
    text_list_add(&calib->early_warnings, report->warnings.item[i]);
}

static void note_range(const struct calib *calib)
{
  if (calib_is_resampled(calib) && calib->last - calib->first + 1 < calib->n_replicates)
    report_note(&calib->command->report, "replicates %zu to %zu of %zu alone", calib->first,
                calib->last, calib->n_replicates);
}

static void combine(struct calib *calib)
{
  const struct command *command = calib->command;
  struct error error;
  if (command->n_operands == 0)
    calib_fail(calib, ERROR_USAGE, "--combine: name the files that --save-replicates wrote");
  if (!calib_replicates_join(calib, command->operand, command->n_operands, &error))
    command_fail(command, &error);
}

static void load(struct calib *calib)
{
  struct command *command = calib->command;
  bool redo = calib->settings->redo_selection;
  command_load_judged(command, redo, "her2 = over ~ adc + diameter", &calib->set);
  if (calib_imputes(calib) && calib_load_imputed(calib)) {
    check_internal_options(calib);
    choose_metrics(calib);
    if (calib_is_resampled(calib))
      choose_replicates(calib);
    return;
  }
  command_make_markers(command, MARKERS_JOINT, redo, &calib->set);
  if (calib->set.n_markers != 1)
    calib_fail(calib, ERROR_USAGE, "one model or one formula at a time, not %zu",
               calib->set.n_markers);
  calib->marker = &calib->set.marker[0];
  if (calib->marker->saturated)
    calib_fail(calib, ERROR_NO_CONVERGENCE,
               "the fit is separated by %s: it has no finite estimate (use a model of "
               "her2-multivar --firth)",
               calib->marker->name);
  take_marker(calib);
  calib->scheme = choose_scheme(calib);
  if (calib->scheme == CALIB_BOOTSTRAP && command->bootstrap == 0)
    calib->scheme = CALIB_APPARENT;
  if (calib_is_external(calib))
    check_external_options(calib);
  else
    check_internal_options(calib);
  if (calib_is_resampled(calib))
    need_process(calib);
  if (!calib_is_external(calib) && !calib->risk)
    calib_fail(calib, ERROR_DATA, "model '%s' has no intercept: no risks to validate",
               calib->marker->name);
  choose_metrics(calib);
  if (calib_is_resampled(calib))
    choose_replicates(calib);
  if (calib_is_resampled(calib) && calib->problem->selects)
    for (size_t t = 0; t < calib->problem->n_groups; t++)
      text_list_add(&calib->candidate, calib->problem == &calib->own.problem
                                           ? calib->own.design.term[t].name
                                           : calib->marker->modelling.design.term[t].name);
}

static void analyse(struct calib *calib)
{
  note_seed(calib);
  if (calib_is_external(calib)) {
    calib_external_run(calib);
  } else {
    calib_internal_run(calib);
    calib_internal_summarise(calib);
  }
  calib->hosmer_lemeshow = calib->spiegelhalter = (struct calibration_test){NAN, NAN, NAN};
  if (!calib->risk)
    return;
  calib->n_bins = calib_fill_bins(calib, calib->bin);
  if (calib->settings->hosmer_lemeshow)
    calib->hosmer_lemeshow =
        hosmer_lemeshow(calib->risk, calib->y, calib->n, CALIB_BINS, calib_is_external(calib));
  if (calib->settings->spiegelhalter)
    calib->spiegelhalter = spiegelhalter(calib->risk, calib->y, calib->n);
}

// index, line: which line of the file each row used is.
static void save_rows(const struct calib *calib)
{
  const struct command *command = calib->command;
  if (command->strict && command->report.warnings.n_items)
    return; // the run ends in an error
  struct text text = {0};
  struct error error;
  text_append(&text, "index,line\n");
  for (size_t i = 0; i < calib->n; i++)
    text_append_format(&text, "%zu,%zu\n", i + 1, command->table.line[calib->set.row[i]]);
  if (!file_write(calib->settings->save_rows, text_content(&text), text.length, &error))
    command_fail(command, &error);
  text_free(&text);
}

static void release(struct calib *calib)
{
  marker_set_free(&calib->set);
  modelling_free(&calib->own);
  calib_imputed_free(calib);
  text_list_free(&calib->settings->imputation.with);
  calib_update_free(&calib->update);
  calib_validation_free(calib);
  free(calib->resample);
}

int main(int argc, char **argv)
{
  struct calib_settings settings = {
      .n_folds = 10, .n_repeats = 10, .n_inner = 200, .redo_selection = 1};
  struct command command;
  command_start(&command, asks_combine(argc, argv) ? &combine_spec : &spec, &settings, argc, argv);
  struct calib *calib = NEW_ZEROED(struct calib, 1);
  calib->command = &command;
  calib->settings = &settings;
  check_options(calib);
  if (settings.combine)
    combine(calib);
  else
    load(calib);
  keep_early_report(calib);
  note_range(calib);
  analyse(calib);
  if (settings.save_replicates)
    calib_replicates_save(calib);
  if (settings.save)
    calib_update_save(calib);
  calib_fill_tables(calib, &command.report);
  calib_fill_layout(calib, &command.report);
  if (settings.save_rows)
    save_rows(calib);
  int status = command_finish(&command, calib_draw, calib);
  release(calib);
  free(calib);
  return status;
}
