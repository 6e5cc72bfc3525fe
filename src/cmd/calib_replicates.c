// SPDX-License-Identifier: GPL-3.0-or-later
// Replicates as a file, so that a job array can compute ranges of them: lines of a table parted by
// tabs, under three lines that begin with `# `:
//
//   # her2-calib replicates 1
//   # {"software": ..., "scheme": ..., "rows": {"outcome": "0110...", "predictor": [...]}, ...}
//   # 1 to 250 of 1000
//   replicate  status  auc.training  auc.test ... chosen.TERM ... predictor.1 ...
//
// The JSON object is the same in every range of one validation; numbers are written so that they
// read back as the same double.  calib_combine.c reads them.
#include <config.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/calib.h"
#include "stats/logit.h"

const char calib_replicates_first_line[] = "# her2-calib replicates 1\n";

const char *const calib_status_names[] = {
    [LOGIT_CONVERGED] = "converged",           [LOGIT_ONE_OUTCOME] = "one.outcome",
    [LOGIT_RANK_DEFICIENT] = "rank.deficient", [LOGIT_SEPARATED] = "separated",
    [LOGIT_NO_CONVERGENCE] = "no.convergence",
};

// ---- the head ----

static json_t *list_value(const struct text_list *list)
{
  json_t *array = json_array();
  for (size_t i = 0; i < list->n_items; i++)
    json_array_append_new(array, json_string(list->item[i]));
  return array;
}

bool calib_is_shown_only(const char *argument)
{
  static const char *const names[] = {
      "--replicates=", "--save-replicates=", "--save-rows=", "--format=", "--table=",
      "--tables=",     "--figure=",          "--digits=",    "--strict"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (text_starts(argument, names[i]))
      return true;
  return false;
}

static json_t *call_value(const struct calib *calib)
{
  json_t *array = json_array();
  const struct text_list *call = &calib->command->report.call;
  for (size_t i = 0; i < call->n_items; i++)
    if (!calib_is_shown_only(call->item[i]))
      json_array_append_new(array, json_string(call->item[i]));
  return array;
}

static json_t *input_value(const struct calib *calib)
{
  const struct report *report = &calib->command->report;
  json_t *excluded = json_array();
  for (size_t i = 0; i < report->n_exclusions; i++)
    json_array_append_new(excluded, json_pack("[sI]", report->exclusion[i].variable,
                                              (json_int_t) report->exclusion[i].n));
  return json_pack("{s:s,s:s,s:I,s:o}", "file", report->input_file, "sha256",
                   table_digest(&calib->command->table), "rows", (json_int_t) report->input_rows,
                   "excluded", excluded);
}

static json_t *rows_value(const struct calib *calib)
{
  char *outcome = NEW_ARRAY(char, calib->n + 1);
  json_t *predictor = json_array();
  for (size_t i = 0; i < calib->n; i++) {
    outcome[i] = calib->y[i] > 0 ? '1' : '0';
    json_array_append_new(predictor, json_real(calib->eta[i]));
  }
  outcome[calib->n] = '\0';
  json_t *rows = json_pack("{s:s,s:o}", "outcome", outcome, "predictor", predictor);
  free(outcome);
  return rows;
}

static json_t *metrics_value(const struct calib *calib)
{
  json_t *array = json_array();
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (calib_wants(calib, (enum performance_metric) m))
      json_array_append_new(array, json_string(performance_names[m]));
  return array;
}

static json_t *settings_value(const struct calib *calib)
{
  const struct calib_settings *s = calib->settings;
  bool folds = calib->scheme == CALIB_CROSS;
  json_t *value = json_object();
  json_object_set_new(value, "scheme",
                      json_string(choice_name(calib_schemes, (int) calib->scheme)));
  json_object_set_new(value, "replicates", json_integer((json_int_t) calib->n_replicates));
  json_object_set_new(value, "folds", json_integer(folds ? s->n_folds : 0));
  json_object_set_new(value, "repeats", json_integer(folds ? s->n_repeats : 0));
  json_object_set_new(value, "redo", json_string(s->redo_selection ? "selection" : "fit"));
  json_object_set_new(value, "seed", json_integer((json_int_t) calib->command->seed));
  json_object_set_new(value, "resamples", json_string(calib->resample_digest));
  json_object_set_new(value, "level", json_real(calib->command->level));
  json_object_set_new(value, "metrics", metrics_value(calib));
  json_object_set_new(value, "curve", json_boolean(calib->has_curve));
  json_object_set_new(value, "instability", json_boolean(calib->has_instability));
  json_object_set_new(value, "hosmer.lemeshow", json_boolean(s->hosmer_lemeshow));
  json_object_set_new(value, "spiegelhalter", json_boolean(s->spiegelhalter));
  return value;
}

static char *head_text(const struct calib *calib)
{
  json_set_alloc_funcs(memory_allocate_bytes, free);
  json_t *head = json_object();
  char *software = text_format("her2-tools %s", PACKAGE_VERSION);
  json_object_set_new(head, "software", json_string(software));
  free(software);
  json_object_set_new(head, "call", call_value(calib));
  json_object_set_new(head, "input", input_value(calib));
  json_object_set_new(head, "notes", list_value(&calib->early_notes));
  json_object_set_new(head, "warnings", list_value(&calib->early_warnings));
  json_object_set_new(head, "reading", list_value(&calib->command->table.notes));
  json_object_set_new(head, "event", json_string(calib->event));
  json_object_set_new(head, "others", json_string(calib->others));
  json_object_set_new(head, "model", json_string(calib->model));
  json_object_set_new(head, "settings", settings_value(calib));
  json_object_set_new(head, "candidates", list_value(&calib->candidate));
  json_object_set_new(head, "rows", rows_value(calib));
  char *text = json_dumps(head, JSON_REAL_PRECISION(17) | JSON_COMPACT | JSON_ENSURE_ASCII);
  char *copy = memory_copy_text(text ? text : "");
  free(text);
  json_decref(head);
  return copy;
}

// ---- the table ----

static void append_number(struct text *text, double value)
{
  char buffer[NUMBER_SIZE];
  text_append_character(text, '\t');
  text_append(text, isnan(value) ? "NA" : number_write(buffer, value));
}

bool calib_keeps_statistic(const struct calib *calib, size_t k)
{
  return k < N_PERFORMANCE_METRICS ? calib_wants(calib, (enum performance_metric) k)
                                   : calib->has_curve;
}

void calib_replicates_append_names(const struct calib *calib, struct text *text)
{
  text_append(text, "replicate\tstatus");
  for (size_t k = 0; k < CALIB_STATISTICS; k++) {
    if (!calib_keeps_statistic(calib, k))
      continue;
    char *name = k < N_PERFORMANCE_METRICS
                     ? memory_copy_text(performance_names[k])
                     : text_format("curve.%zu", k - N_PERFORMANCE_METRICS + 1);
    text_append_format(text, "\t%s.training\t%s.test", name, name);
    free(name);
  }
  for (size_t g = 0; g < calib->candidate.n_items; g++)
    text_append_format(text, "\tchosen.%zu", g + 1);
  for (size_t i = 0; calib->keeps_predictors && i < calib->n; i++)
    text_append_format(text, "\tpredictor.%zu", i + 1);
  text_append_character(text, '\n');
}

static void append_replicate(const struct calib *calib, size_t b, struct text *text)
{
  const struct validation_result *result = &calib->validation;
  size_t n_groups = calib->candidate.n_items;
  text_append_format(text, "%zu\t%s", result->first + b, calib_status_names[result->status[b]]);
  for (size_t k = 0; k < CALIB_STATISTICS; k++) {
    if (!calib_keeps_statistic(calib, k))
      continue;
    append_number(text, result->training[b * CALIB_STATISTICS + k]);
    append_number(text, result->test[b * CALIB_STATISTICS + k]);
  }
  for (size_t g = 0; g < n_groups; g++)
    append_number(text, result->chosen[b * n_groups + g]);
  for (size_t i = 0; calib->keeps_predictors && i < calib->n; i++)
    append_number(text, result->eta[b * calib->n + i]);
  text_append_character(text, '\n');
}

void calib_replicates_save(struct calib *calib)
{
  struct text *text = &calib->command->companion;
  char *head = head_text(calib);
  calib->command->companion_path = calib->settings->save_replicates;
  text_append(text, calib_replicates_first_line);
  text_append_format(text, "# %s\n# %zu to %zu of %zu\n", head, calib->first, calib->last,
                     calib->n_replicates);
  calib_replicates_append_names(calib, text);
  for (size_t b = 0; b < calib->validation.n_replicates; b++)
    append_replicate(calib, b, text);
  free(head);
}
