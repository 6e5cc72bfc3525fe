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
// read back as the same double.
#include <config.h>

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/calib.h"
#include "stats/logit.h"

static const char first_line[] = "# her2-calib replicates 1\n";

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

// The options that decide what is computed, not how it is shown.
static bool is_shown_only(const char *argument)
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
    if (!is_shown_only(call->item[i]))
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

// Whether statistic k is in the file.
static bool is_kept(const struct calib *calib, size_t k)
{
  return k < N_PERFORMANCE_METRICS ? calib_wants(calib, (enum performance_metric) k)
                                   : calib->has_curve;
}

static void append_names(const struct calib *calib, struct text *text)
{
  text_append(text, "replicate\tstatus");
  for (size_t k = 0; k < CALIB_STATISTICS; k++) {
    if (!is_kept(calib, k))
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
    if (!is_kept(calib, k))
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
  text_append(text, first_line);
  text_append_format(text, "# %s\n# %zu to %zu of %zu\n", head, calib->first, calib->last,
                     calib->n_replicates);
  append_names(calib, text);
  for (size_t b = 0; b < calib->validation.n_replicates; b++)
    append_replicate(calib, b, text);
  free(head);
}

// ---- reading ----

struct replicate_file {
  const char *path;
  struct text content;
  json_t *head;
  size_t first, last, of;
  char *names, *table; // the heading of the table, and its rows
};

static void replicate_file_free(struct replicate_file *file)
{
  text_free(&file->content);
  json_decref(file->head);
}

static _Noreturn void refuse(const struct calib *calib, const struct replicate_file *file,
                             size_t line, const char *what)
{
  calib_fail(calib, ERROR_DATA, "%s:%zu: %s", file->path, line, what);
}

// The text of a line that begins at *place, ended there, and *place moved behind it; NULL at the
// end.
static char *take_line(char **place)
{
  char *line = *place, *end = strchr(line, '\n');
  if (!end)
    return NULL;
  *end = '\0';
  *place = end + 1;
  return line;
}

static bool read_range(const char *line, struct replicate_file *file)
{
  int length = 0;
  unsigned long long first, last, of;
  if (sscanf(line, "# %llu to %llu of %llu%n", &first, &last, &of, &length) != 3 ||
      line[length] != '\0' || first < 1 || last < first || of < last)
    return false;
  file->first = (size_t) first;
  file->last = (size_t) last;
  file->of = (size_t) of;
  return true;
}

static void read_head(const struct calib *calib, const char *path, struct replicate_file *file)
{
  struct error error;
  *file = (struct replicate_file){.path = path};
  if (!file_read(path, &file->content, &error))
    command_fail(calib->command, &error);
  if (!text_starts(text_content(&file->content), first_line))
    refuse(calib, file, 1, "no file of her2-calib --save-replicates (version 1)");
  if (strlen(file->content.bytes) != file->content.length)
    refuse(calib, file, 1, "a NUL byte in it");
  char *place = file->content.bytes + strlen(first_line);
  char *head = take_line(&place), *range = head ? take_line(&place) : NULL;
  char *names = range ? take_line(&place) : NULL;
  if (!names)
    refuse(calib, file, 4, "the file ends in its head");
  if (text_starts(head, "# "))
    file->head = json_loads(head + 2, JSON_REJECT_DUPLICATES, NULL);
  if (!json_is_object(file->head))
    refuse(calib, file, 2, "a JSON object is expected after '# '");
  if (!read_range(range, file))
    refuse(calib, file, 3, "'# FIRST to LAST of ALL' is expected");
  file->names = names;
  file->table = place;
}

static json_t *need(const struct calib *calib, const struct replicate_file *file, json_t *object,
                    const char *key, json_type type)
{
  json_t *value = json_object_get(object, key);
  bool good =
      value && (json_typeof(value) == type || (type == JSON_TRUE && json_is_boolean(value)) ||
                (type == JSON_REAL && json_is_number(value)));
  if (!good)
    calib_fail(calib, ERROR_DATA, "%s:2: '%s' is missing or of another kind", file->path, key);
  return value;
}

// ---- what files of one validation share ----

static void compare(const struct calib *calib, const struct replicate_file *a,
                    const struct replicate_file *b)
{
  static const struct {
    const char *key, *what;
  } shared[] = {
      {"rows", "data or another model"},
      {"model", "model"},
      {"event", "outcome"},
      {"others", "outcome"},
      {"software", "software"},
      {"candidates", "candidates"},
  };
  for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
    if (!json_equal(json_object_get(a->head, shared[i].key),
                    json_object_get(b->head, shared[i].key)))
      calib_fail(calib, ERROR_DATA, "%s and %s are of other %s", a->path, b->path, shared[i].what);
  json_t *settings = json_object_get(a->head, "settings"),
         *others = json_object_get(b->head, "settings"), *value;
  const char *key;
  json_object_foreach(settings, key, value) if (!json_equal(value, json_object_get(others, key)))
      calib_fail(calib, ERROR_DATA, "%s and %s were made with another '%s'", a->path, b->path, key);
  if (json_object_size(settings) != json_object_size(others) || a->of != b->of)
    calib_fail(calib, ERROR_DATA, "%s and %s were made with other settings", a->path, b->path);
}

static int compare_ranges(const void *a, const void *b)
{
  size_t left = ((const struct replicate_file *) a)->first;
  size_t right = ((const struct replicate_file *) b)->first;
  return (left > right) - (left < right);
}

// Sorted, the files are all replicates, each once.
static void check_ranges(const struct calib *calib, const struct replicate_file *file, size_t n)
{
  size_t next = 1;
  for (size_t i = 0; i < n; i++) {
    if (file[i].first < next)
      calib_fail(calib, ERROR_DATA, "%s and %s overlap: both have replicate %zu", file[i - 1].path,
                 file[i].path, file[i].first);
    if (file[i].first > next)
      calib_fail(calib, ERROR_DATA, "replicates %zu to %zu of %zu are missing", next,
                 file[i].first - 1, file[i].of);
    next = file[i].last + 1;
  }
  if (next <= file[0].of)
    calib_fail(calib, ERROR_DATA, "replicates %zu to %zu of %zu are missing", next, file[0].of,
               file[0].of);
}

// ---- the head back into the run ----

static void read_list(const struct calib *calib, const struct replicate_file *file, json_t *object,
                      const char *key, struct text_list *list)
{
  json_t *array = need(calib, file, object, key, JSON_ARRAY), *value;
  size_t i;
  json_array_foreach(array, i, value)
      text_list_add(list, json_is_string(value) ? json_string_value(value) : "");
}

static size_t read_count(const struct calib *calib, const struct replicate_file *file,
                         json_t *object, const char *key)
{
  json_int_t value = json_integer_value(need(calib, file, object, key, JSON_INTEGER));
  if (value < 0)
    calib_fail(calib, ERROR_DATA, "%s:2: '%s' is below 0", file->path, key);
  return (size_t) value;
}

static const char *read_text(const struct calib *calib, const struct replicate_file *file,
                             json_t *object, const char *key)
{
  return json_string_value(need(calib, file, object, key, JSON_STRING));
}

static bool read_flag(const struct calib *calib, const struct replicate_file *file, json_t *object,
                      const char *key)
{
  return json_is_true(need(calib, file, object, key, JSON_TRUE));
}

static void restore_rows(struct calib *calib, const struct replicate_file *file)
{
  json_t *rows = need(calib, file, file->head, "rows", JSON_OBJECT);
  const char *outcome = read_text(calib, file, rows, "outcome");
  json_t *predictor = need(calib, file, rows, "predictor", JSON_ARRAY), *value;
  size_t n = strlen(outcome), i;
  if (n == 0 || json_array_size(predictor) != n || strspn(outcome, "01") != n)
    refuse(calib, file, 2, "'rows' are not outcomes of 0 and 1 with a predictor each");
  calib->n = n;
  calib->y = NEW_ARRAY(double, n);
  calib->eta = NEW_ARRAY(double, n);
  calib->risk = NEW_ARRAY(double, n);
  json_array_foreach(predictor, i, value)
  {
    calib->y[i] = outcome[i] == '1';
    calib->n_events += outcome[i] == '1';
    calib->eta[i] = json_is_number(value) ? json_number_value(value) : NAN;
    calib->risk[i] = logit_inverse(calib->eta[i]);
    if (isnan(calib->eta[i]))
      refuse(calib, file, 2, "'rows': a predictor is no number");
  }
  if (!calib->n_events || calib->n_events == n)
    refuse(calib, file, 2, "'rows' have one outcome only");
}

static void restore_metrics(struct calib *calib, const struct replicate_file *file,
                            json_t *settings)
{
  struct text_list names = {0};
  read_list(calib, file, settings, "metrics", &names);
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (text_list_has(&names, performance_names[m]))
      calib->metrics |= 1U << m;
  text_list_free(&names);
}

static void restore_settings(struct calib *calib, const struct replicate_file *file)
{
  struct command *command = calib->command;
  struct calib_settings *s = calib->settings;
  json_t *settings = need(calib, file, file->head, "settings", JSON_OBJECT);
  const char *scheme = read_text(calib, file, settings, "scheme");
  const struct named_choice *choice = choice_find(calib_schemes, scheme);
  if (!choice)
    refuse(calib, file, 2, "an unknown scheme");
  calib->scheme = (enum calib_scheme) choice->value;
  if (!calib_is_resampled(calib))
    refuse(calib, file, 2, "a scheme without replicates");
  calib->n_replicates = read_count(calib, file, settings, "replicates");
  if (calib->n_replicates != file->of)
    refuse(calib, file, 3, "another number of replicates than the head has");
  calib->first = 1;
  calib->last = calib->n_replicates;
  s->n_folds = (int64_t) read_count(calib, file, settings, "folds");
  s->n_repeats = (int64_t) read_count(calib, file, settings, "repeats");
  if (calib->scheme == CALIB_CROSS &&
      (s->n_folds < 2 || s->n_repeats != (int64_t) calib->n_replicates / s->n_folds ||
       (int64_t) calib->n_replicates % s->n_folds != 0))
    refuse(calib, file, 2, "'replicates' are not 'folds' times 'repeats'");
  s->redo_selection = strcmp(read_text(calib, file, settings, "redo"), "selection") == 0;
  command->seed = read_count(calib, file, settings, "seed");
  snprintf(calib->resample_digest, sizeof calib->resample_digest, "%s",
           read_text(calib, file, settings, "resamples"));
  command->level = json_number_value(need(calib, file, settings, "level", JSON_REAL));
  if (!(command->level > 0 && command->level < 1))
    refuse(calib, file, 2, "'level' is not between 0 and 1");
  restore_metrics(calib, file, settings);
  calib->has_curve = read_flag(calib, file, settings, "curve");
  calib->has_instability = read_flag(calib, file, settings, "instability");
  calib->keeps_predictors = calib->has_instability || calib->scheme == CALIB_CROSS;
  s->hosmer_lemeshow = read_flag(calib, file, settings, "hosmer.lemeshow");
  s->spiegelhalter = read_flag(calib, file, settings, "spiegelhalter");
}

// The call of the one run that this amounts to, shown as this one asks.  A codebook of the
// environment stands at the end.
static void restore_call(struct calib *calib, const struct replicate_file *file)
{
  struct text_list *call = &calib->command->report.call, shown = *call, done = {0};
  *call = (struct text_list){0};
  read_list(calib, file, file->head, "call", &done);
  bool environment = done.n_items && shown.n_items &&
                     text_starts(done.item[done.n_items - 1], "--codebook=") &&
                     strcmp(done.item[done.n_items - 1], shown.item[shown.n_items - 1]) == 0;
  for (size_t i = 0; i + (environment ? 1 : 0) < done.n_items; i++)
    text_list_add(call, done.item[i]);
  for (size_t i = 0; i < shown.n_items; i++)
    if (is_shown_only(shown.item[i]))
      text_list_add(call, shown.item[i]);
  if (environment)
    text_list_add(call, done.item[done.n_items - 1]);
  text_list_free(&shown);
  text_list_free(&done);
}

static void restore_report(struct calib *calib, const struct replicate_file *file)
{
  struct report *report = &calib->command->report;
  restore_call(calib, file);
  json_t *input = need(calib, file, file->head, "input", JSON_OBJECT), *value;
  report->has_input = true;
  report->input_file = memory_copy_text(read_text(calib, file, input, "file"));
  if (strcmp(calib->command->format->name, "json") == 0)
    snprintf(report->input_digest, sizeof report->input_digest, "%s",
             read_text(calib, file, input, "sha256"));
  report->input_rows = read_count(calib, file, input, "rows");
  report->input_used = calib->n;
  size_t i;
  json_array_foreach(need(calib, file, input, "excluded", JSON_ARRAY), i, value)
  {
    const char *variable = json_string_value(json_array_get(value, 0));
    json_int_t n = json_integer_value(json_array_get(value, 1));
    if (!variable || n < 0)
      refuse(calib, file, 2, "'excluded' are not names with numbers");
    report_exclude(report, variable, (size_t) n);
  }
  struct text_list notes = {0}, warnings = {0};
  read_list(calib, file, file->head, "notes", &notes);
  read_list(calib, file, file->head, "warnings", &warnings);
  for (size_t k = 0; k < notes.n_items; k++)
    report_note(report, "%s", notes.item[k]);
  for (size_t k = 0; k < warnings.n_items; k++)
    report_warning(report, "%s", warnings.item[k]);
  text_list_free(&notes);
  text_list_free(&warnings);
  read_list(calib, file, file->head, "reading", &calib->command->table.notes);
}

// ---- replicates back ----

struct cells {
  const struct calib *calib;
  const struct replicate_file *file;
  size_t line;
  char *place; // NULL after the last
};

static const char *next_cell(struct cells *cells)
{
  if (!cells->place)
    refuse(cells->calib, cells->file, cells->line, "too few cells");
  char *cell = cells->place, *end = strchr(cell, '\t');
  cells->place = end ? end + 1 : NULL;
  if (end)
    *end = '\0';
  return cell;
}

static double next_number(struct cells *cells)
{
  const char *cell = next_cell(cells);
  double value = NAN;
  if (strcmp(cell, "NA") == 0)
    return NAN;
  if (strcmp(cell, "Inf") == 0 || strcmp(cell, "-Inf") == 0)
    return *cell == '-' ? -INFINITY : INFINITY;
  if (!number_parse_text(cell, &value))
    calib_fail(cells->calib, ERROR_DATA, "%s:%zu: '%.40s' is not a number", cells->file->path,
               cells->line, cell);
  return value;
}

static unsigned char next_status(struct cells *cells)
{
  const char *cell = next_cell(cells);
  for (size_t s = 0; s < N_CALIB_STATUSES; s++)
    if (strcmp(cell, calib_status_names[s]) == 0)
      return (unsigned char) s;
  calib_fail(cells->calib, ERROR_DATA, "%s:%zu: '%.40s' is no status", cells->file->path,
             cells->line, cell);
}

static void read_replicate(struct calib *calib, struct cells *cells, size_t b)
{
  struct validation_result *result = &calib->validation;
  size_t n_groups = calib->candidate.n_items;
  if (next_number(cells) != (double) (b + 1))
    calib_fail(calib, ERROR_DATA, "%s:%zu: replicate %zu is expected", cells->file->path,
               cells->line, b + 1);
  result->status[b] = next_status(cells);
  result->n_failed += result->status[b] != LOGIT_CONVERGED;
  for (size_t k = 0; k < CALIB_STATISTICS; k++) {
    bool kept = is_kept(calib, k);
    result->training[b * CALIB_STATISTICS + k] = kept ? next_number(cells) : NAN;
    result->test[b * CALIB_STATISTICS + k] = kept ? next_number(cells) : NAN;
  }
  for (size_t g = 0; g < n_groups; g++)
    result->chosen[b * n_groups + g] = next_number(cells) == 1;
  for (size_t i = 0; calib->keeps_predictors && i < calib->n; i++)
    result->eta[b * calib->n + i] = next_number(cells);
  if (cells->place)
    refuse(calib, cells->file, cells->line, "too many cells");
}

static void read_replicates(struct calib *calib, struct replicate_file *file)
{
  char *place = file->table;
  struct cells cells = {.calib = calib, .file = file, .line = 5};
  struct text names = {0};
  append_names(calib, &names);
  names.bytes[names.length - 1] = '\0';
  if (strcmp(file->names, names.bytes) != 0)
    refuse(calib, file, 4, "other columns than the head says");
  text_free(&names);
  for (size_t b = file->first; b <= file->last; b++, cells.line++) {
    cells.place = take_line(&place);
    if (!cells.place)
      calib_fail(calib, ERROR_DATA, "%s: ends before replicate %zu", file->path, b);
    read_replicate(calib, &cells, b - 1);
  }
  if (*place)
    refuse(calib, file, cells.line, "more than the replicates of its head");
}

static void make_room(struct calib *calib)
{
  size_t n = calib->n_replicates, n_groups = calib->candidate.n_items;
  calib->validation = (struct validation_result){
      .first = 1,
      .n_replicates = n,
      .training = NEW_ARRAY(double, n *CALIB_STATISTICS),
      .test = NEW_ARRAY(double, n *CALIB_STATISTICS),
      .status = NEW_ARRAY(unsigned char, n),
      .eta = calib->keeps_predictors ? NEW_ARRAY(double, n * calib->n) : NULL,
      .chosen = n_groups ? NEW_ARRAY(unsigned char, n *n_groups) : NULL,
  };
}

void calib_replicates_join(struct calib *calib)
{
  const struct command *command = calib->command;
  size_t n = command->n_operands;
  if (n == 0)
    calib_fail(calib, ERROR_USAGE, "--combine: name the files that --save-replicates wrote");
  struct replicate_file *file = NEW_ARRAY(struct replicate_file, n);
  for (size_t i = 0; i < n; i++)
    read_head(calib, command->operand[i], &file[i]);
  for (size_t i = 1; i < n; i++)
    compare(calib, &file[0], &file[i]);
  qsort(file, n, sizeof *file, compare_ranges);
  check_ranges(calib, file, n);
  calib->event = memory_copy_text(read_text(calib, file, file->head, "event"));
  calib->others = memory_copy_text(read_text(calib, file, file->head, "others"));
  calib->model = memory_copy_text(read_text(calib, file, file->head, "model"));
  read_list(calib, file, file->head, "candidates", &calib->candidate);
  restore_rows(calib, file);
  restore_settings(calib, file);
  restore_report(calib, file);
  make_room(calib);
  for (size_t i = 0; i < n; i++) {
    read_replicates(calib, &file[i]);
    replicate_file_free(&file[i]);
  }
  free(file);
}
