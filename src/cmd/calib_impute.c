// SPDX-License-Identifier: GPL-3.0-or-later
// her2-calib on imputed data: a formula with --impute, and models that were made so.
//
// Every replicate imputes its own resample (Musoro et al. 2014, BMC Med Res Methodol 14:116;
// Wahl et al. 2016, ibid. 16:144); what is measured is the mean over the imputations.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/calib.h"
#include "cmd/calib_measure.h"
#include "cmd/imputation.h"
#include "data/imputed_process.h"
#include "stats/distribution.h"
#include "stats/logit.h"

struct calib_imputed {
  struct imputed imputed;
  struct imputed_process process;
  struct formula formula;           // of a model: its candidates or its terms
  struct derivation **derivation;   // the model's
  size_t n_derivations;
  double *eta, *risk;               // n_imputations x n
  struct validation_process replicate;
};

void calib_imputed_free(struct calib *calib)
{
  struct calib_imputed *own = calib->imputed;
  if (!own)
    return;
  imputed_process_free(&own->process);
  imputed_free(&own->imputed);
  formula_free(&own->formula);
  for (size_t i = 0; i < own->n_derivations; i++)
    derivation_free(own->derivation[i]);
  free(own->derivation);
  free(own->eta);
  free(own->risk);
  free(own);
  calib->imputed = NULL;
}

// ---- whether ----

static const struct model *only_model(const struct calib *calib)
{
  return calib->set.n_models == 1 ? &calib->set.model[0] : NULL;
}

// Whether the rows that the model was made on, incomplete ones too, are these.
static bool is_own(const struct calib *calib, const struct model *model)
{
  const struct marker_set *set = &calib->set;
  size_t n = calib->command->table.n_rows;
  bool *used = NEW_ARRAY(bool, n);
  char fingerprint[65];
  for (size_t i = 0; i < n; i++)
    used[i] = !isnan(set->outcome.code[i]) && (!set->part || set->part[i]);
  model_fingerprint(model, &calib->command->table, &set->outcome, used, fingerprint);
  free(used);
  return *fingerprint && strcmp(fingerprint, model->fingerprint) == 0;
}

bool calib_imputes(const struct calib *calib)
{
  const struct calib_settings *s = calib->settings;
  const struct model *model = only_model(calib);
  if (s->imputation.n_imputations)
    return true;
  if (!model || calib->command->formula.n_terms || !model->imputation.n ||
      s->validate == CALIB_EXTERNAL || s->validate == CALIB_HOLDOUT)
    return false;
  return (s->validate != CALIB_AUTOMATIC && s->validate != CALIB_APPARENT) || is_own(calib, model);
}

static void check_options(const struct calib *calib)
{
  const struct calib_settings *s = calib->settings;
  const char *option = s->two_stage         ? "ci=two-stage"
                       : s->save_replicates ? "save-replicates"
                       : s->first           ? "replicates"
                       : s->update          ? "update"
                       : s->hosmer_lemeshow ? "hosmer-lemeshow"
                       : s->spiegelhalter   ? "spiegelhalter"
                                            : NULL;
  if (option)
    calib_fail(calib, ERROR_USAGE, "--%s is not for imputed data", option);
  if (s->validate == CALIB_EXTERNAL || s->validate == CALIB_HOLDOUT || calib->command->test_part)
    calib_fail(calib, ERROR_USAGE,
               "--impute is for the rows that a model is made on: a new cohort has complete rows, "
               "or none to judge");
  if (calib->set.n_models > 1 || (calib->set.n_models && calib->command->formula.n_terms))
    calib_fail(calib, ERROR_USAGE, "one model or one formula at a time");
}

// ---- the process ----

// The formula of a model's candidates, or of its own terms.
static void take_model_formula(struct calib *calib, const struct model *model, bool selects)
{
  struct calib_imputed *own = calib->imputed;
  struct text text = {0};
  struct error error;
  text_append(&text, "~ ");
  size_t n = selects ? model->candidates.n_items : model->design.n_terms;
  for (size_t t = 0; t < n; t++)
    text_append_format(&text, "%s%s", t ? " + " : "",
                       selects ? model->candidates.item[t] : model->design.term[t].name);
  if (!n || !formula_parse(&own->formula, text_content(&text), &error))
    calib_fail(calib, ERROR_DATA, "model '%s' has no terms that could be fitted again",
               model->name);
  text_free(&text);
  own->derivation = NEW_ARRAY(struct derivation *, model->derivations.n_items);
  for (size_t i = 0; i < model->derivations.n_items; i++) {
    struct derivation *derivation = derivation_parse(model->derivations.item[i], NULL);
    if (derivation)
      own->derivation[own->n_derivations++] = derivation;
  }
}

// As the model was imputed, where the user does not say otherwise.
static void complete_settings(const struct model *model, struct imputation_settings *settings)
{
  if (!settings->n_imputations)
    settings->n_imputations = (int64_t) model->imputation.n;
  if (!settings->n_iterations)
    settings->n_iterations = (int64_t) model->imputation.n_iterations;
  if (!settings->with.n_items)
    for (size_t i = 0; i < model->imputation.with.n_items; i++)
      text_list_add(&settings->with, model->imputation.with.item[i]);
}

// How far the process, run here, is from the coefficients of the file, in standard errors.
static double difference(const struct imputed_process *process, const struct model *model)
{
  const struct design *design = &process->regression.design, *from = &model->design;
  double most = 0;
  for (size_t j = 0; j < design->n_columns; j++) {
    double there = 0, se = NAN;
    for (size_t k = 0; k < from->n_columns; k++)
      if (strcmp(from->column_name[k], design->column_name[j]) == 0) {
        there = model->coefficient[k];
        se = model->covariance ? sqrt(model->covariance[k * from->n_columns + k]) : NAN;
      }
    double gap = fabs(process->coefficient[j] - there);
    gap = gap == 0 ? 0 : gap / se;
    most = isnan(gap) ? INFINITY : fmax(most, gap);
  }
  return most;
}

static void make_process(struct calib *calib, const struct model *model)
{
  struct calib_imputed *own = calib->imputed;
  struct command *command = calib->command;
  struct error error;
  struct logit_options fit = {.firth = model && model->procedure.firth};
  bool selects = model && calib->settings->redo_selection && model_selects(model);
  struct selection_options selection = {0};
  if (selects)
    selection = model_selection(model);
  if (!imputed_process_make(&own->process, model ? &own->formula : &command->formula, &own->imputed,
                            command->like, &fit, selects ? &selection : NULL, &error))
    command_fail(command, &error);
  double differs = model ? difference(&own->process, model) : 0;
  if (differs > 1e-4)
    report_note(&command->report,
                "model '%s': its process, repeated here with these imputations, gives other "
                "coefficients (by up to %.2g standard errors); it is the process that is validated",
                model->name, differs);
  for (size_t t = 0; t < own->process.regression.design.n_terms && selects; t++)
    text_list_add(&calib->candidate, own->process.regression.design.term[t].name);
}

static enum logit_status run(const void *context, size_t b, const double *weight, double *training,
                             double *test, bool *chosen)
{
  return imputed_process_run(context, b, weight, training, test, chosen);
}

// Rows, outcome and the mean linear predictor.
static void take_values(struct calib *calib, const struct model *model)
{
  struct calib_imputed *own = calib->imputed;
  const struct outcome *outcome = &calib->set.outcome;
  size_t n = own->imputed.n_rows, n_sets = own->imputed.n_imputations;
  calib->n = n;
  calib->n_events = own->imputed.n_events;
  calib->set.n_rows = n;
  calib->set.row = NEW_ARRAY(size_t, n);
  calib->y = NEW_ARRAY(double, n);
  calib->eta = NEW_ZEROED(double, n);
  calib->risk = NEW_ARRAY(double, n);
  own->eta = NEW_ARRAY(double, n_sets * n);
  own->risk = NEW_ARRAY(double, n_sets * n);
  memcpy(calib->set.row, own->imputed.row, n * sizeof *calib->set.row);
  memcpy(calib->y, own->imputed.y, n * sizeof *calib->y);
  imputed_process_predict(&own->process, own->process.coefficient, own->eta);
  for (size_t i = 0; i < n_sets * n; i++)
    own->risk[i] = logit_inverse(own->eta[i]);
  for (size_t i = 0; i < n; i++) {
    for (size_t m = 0; m < n_sets; m++)
      calib->eta[i] += own->eta[m * n + i] / (double) n_sets;
    calib->risk[i] = logit_inverse(calib->eta[i]);
  }
  calib->event = text_format("%s: %s", column_title(outcome->column), outcome->label[0]);
  calib->others = memory_copy_text(outcome->label[1]);
  calib->model = memory_copy_text(model ? model->name : "");
}

static void note_left_out(struct report *report, const struct outcome *outcome)
{
  const char *name = outcome->column->name;
  if (outcome->n_missing) {
    report_exclude(report, name, outcome->n_missing);
    report_note(report, "%zu row%s without %s left out", outcome->n_missing,
                outcome->n_missing == 1 ? "" : "s", name);
  }
  if (outcome->n_set_aside)
    report_note(report, "%zu row%s with another level of %s set aside", outcome->n_set_aside,
                outcome->n_set_aside == 1 ? "" : "s", name);
}

bool calib_load_imputed(struct calib *calib)
{
  struct command *command = calib->command;
  struct report *report = &command->report;
  const struct model *model = only_model(calib);
  check_options(calib);
  if (model && !is_own(calib, model) && calib->settings->validate == CALIB_AUTOMATIC)
    calib_fail(calib, ERROR_USAGE,
               "--impute: model '%s' was made on other rows, and new rows are judged as they are "
               "(or --validate=bootstrap: its process, repeated on these)",
               model->name);
  struct calib_imputed *own = calib->imputed = NEW_ZEROED(struct calib_imputed, 1);
  if (model) {
    take_model_formula(calib, model, calib->settings->redo_selection && model_selects(model));
    complete_settings(model, &calib->settings->imputation);
  }
  const struct formula *formula = model ? &own->formula : &command->formula;
  bool is_known = model && is_own(calib, model);
  own->imputed = command_impute(command, &calib->settings->imputation,
                                is_known ? model->seed : command->seed, formula,
                                &calib->set.outcome, calib->set.part,
                                (const struct derivation *const *) own->derivation,
                                own->n_derivations);
  if (!own->imputed.cells.n_cells) {
    calib_imputed_free(calib);
    return false;
  }
  if (is_known)
    report_note(report, "internal: model '%s' was made on these rows (by their fingerprint)",
                model->name);
  else
    report_note(report, "internal: the model is %s on these rows", model ? "made anew" : "fitted");
  if (model && !is_known)
    report_warning(report,
                   "these rows are not those that model '%s' states: its modelling process, with "
                   "the imputation, is repeated on these, the coefficients of the file are not "
                   "used",
                   model->name);
  note_left_out(report, &calib->set.outcome);
  command_note_imputation(command, formula, &own->imputed);
  report_note(report, "every replicate imputes its own resample; values are means over the "
                      "imputations, and say how the model does where nothing is missing");
  make_process(calib, model);
  take_values(calib, model);
  report->input_used = calib->n;
  own->replicate = (struct validation_process){
      .n_sets = own->imputed.n_imputations,
      .n_groups = calib->candidate.n_items,
      .run = run,
      .context = &own->process,
  };
  enum calib_scheme asked = (enum calib_scheme) calib->settings->validate;
  calib->scheme = asked == CALIB_AUTOMATIC ? CALIB_BOOTSTRAP : asked;
  if (calib->scheme == CALIB_BOOTSTRAP && command->bootstrap == 0)
    calib->scheme = CALIB_APPARENT;
  if (calib->scheme == CALIB_CROSS)
    report_note(report,
                "the training rows had a part in the imputations of the test rows, so that "
                "cross-validation is somewhat too good where much is missing; the bootstrap is not "
                "(see her2-calib(1))");
  return true;
}

const struct validation_process *calib_imputed_replicate(const struct calib *calib)
{
  return calib->imputed ? &calib->imputed->replicate : NULL;
}

void calib_measure_imputed(struct calib *calib, double *value)
{
  size_t n_sets = calib->imputed->imputed.n_imputations;
  double *one = NEW_ARRAY(double, 2 * CALIB_STATISTICS), *unused = one + CALIB_STATISTICS;
  void *scratch = calib_scratch_make(calib);
  for (size_t k = 0; k < CALIB_STATISTICS; k++)
    value[k] = 0;
  for (size_t m = 0; m < n_sets; m++) {
    for (size_t k = 0; k < CALIB_STATISTICS; k++)
      one[k] = NAN;
    calib_measure(calib->imputed->eta + m * calib->n, NULL, NULL, one, unused, scratch);
    for (size_t k = 0; k < CALIB_STATISTICS; k++)
      value[k] += one[k] / (double) n_sets;
  }
  calib_scratch_free(scratch);
  free(one);
}

size_t calib_n_sets(const struct calib *calib)
{
  return calib->imputed ? calib->imputed->imputed.n_imputations : 1;
}

const double *calib_judged_risks(const struct calib *calib, size_t *n_risks)
{
  *n_risks = calib->n * calib_n_sets(calib);
  return calib->imputed ? calib->imputed->risk : calib->risk;
}

size_t calib_fill_bins(const struct calib *calib, struct calibration_bin *bin)
{
  size_t n_risks, n_sets = calib_n_sets(calib);
  const double *risk = calib_judged_risks(calib, &n_risks);
  double *y = NEW_ARRAY(double, n_risks);
  for (size_t i = 0; i < n_risks; i++)
    y[i] = calib->y[i % calib->n];
  size_t n_bins = calibration_bins(risk, y, n_risks, CALIB_BINS, calib->command->level, bin);
  free(y);
  for (size_t k = 0; k < n_bins && n_sets > 1; k++) {
    bin[k].n /= (double) n_sets;
    proportion_wilson_interval(bin[k].observed * bin[k].n, bin[k].n, calib->command->level,
                               &bin[k].conf_low, &bin[k].conf_high);
  }
  return n_bins;
}
