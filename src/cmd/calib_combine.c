// SPDX-License-Identifier: GPL-3.0-or-later
// Replicates out of files (calib_replicates.c) that together have each of them once.
#include <config.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/calib.h"
#include "stats/logit.h"

enum { HEAD_LINE = 2, RANGE_LINE, NAMES_LINE, TABLE_LINE };

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

static bool refuse(const struct replicate_file *file, size_t line, const char *what,
                   struct error *error)
{
  return error_set(error, ERROR_DATA, "%s:%zu: %s", file->path, line, what);
}

// ---- a file ----

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

// As many lines as replicates: how many there are decides how much room they get.
static bool check_lines(const struct replicate_file *file, struct error *error)
{
  size_t n_wanted = file->last - file->first + 1, n_lines = 0;
  for (const char *p = file->table; (p = strchr(p, '\n')); p++)
    n_lines++;
  if (n_lines < n_wanted)
    return error_set(error, ERROR_DATA, "%s: ends before replicate %zu", file->path,
                     file->first + n_lines);
  return true;
}

// The file is to be freed, in any case.
static bool read_head(const char *path, struct replicate_file *file, struct error *error)
{
  *file = (struct replicate_file){.path = path};
  if (!file_read(path, &file->content, error))
    return false;
  if (!text_starts(text_content(&file->content), calib_replicates_first_line))
    return refuse(file, 1, "no file of her2-calib --save-replicates (version 1)", error);
  if (strlen(file->content.bytes) != file->content.length)
    return refuse(file, 1, "a NUL byte in it", error);
  char *place = file->content.bytes + strlen(calib_replicates_first_line);
  char *head = take_line(&place), *range = head ? take_line(&place) : NULL;
  file->names = range ? take_line(&place) : NULL;
  file->table = place;
  if (!file->names)
    return refuse(file, NAMES_LINE, "the file ends in its head", error);
  if (text_starts(head, "# "))
    file->head = json_loads(head + 2, JSON_REJECT_DUPLICATES, NULL);
  if (!json_is_object(file->head))
    return refuse(file, HEAD_LINE, "a JSON object is expected after '# '", error);
  if (!read_range(range, file))
    return refuse(file, RANGE_LINE, "'# FIRST to LAST of ALL' is expected", error);
  return check_lines(file, error);
}

// ---- what files of one validation share ----

static bool compare(const struct replicate_file *a, const struct replicate_file *b,
                    struct error *error)
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
      return error_set(error, ERROR_DATA, "%s and %s are of other %s", a->path, b->path,
                       shared[i].what);
  json_t *settings = json_object_get(a->head, "settings"),
         *others = json_object_get(b->head, "settings"), *value;
  const char *key;
  json_object_foreach(settings, key, value) if (!json_equal(value, json_object_get(others, key)))
      return error_set(error, ERROR_DATA, "%s and %s were made with another '%s'", a->path,
                       b->path, key);
  if (json_object_size(settings) != json_object_size(others) || a->of != b->of)
    return error_set(error, ERROR_DATA, "%s and %s were made with other settings", a->path,
                     b->path);
  return true;
}

static int compare_ranges(const void *a, const void *b)
{
  size_t left = ((const struct replicate_file *) a)->first;
  size_t right = ((const struct replicate_file *) b)->first;
  return (left > right) - (left < right);
}

// Sorted, the files are all replicates, each once.
static bool check_ranges(const struct replicate_file *file, size_t n, struct error *error)
{
  size_t next = 1;
  for (size_t i = 0; i < n; i++) {
    if (file[i].first < next)
      return error_set(error, ERROR_DATA, "%s and %s overlap: both have replicate %zu",
                       file[i - 1].path, file[i].path, file[i].first);
    if (file[i].first > next)
      return error_set(error, ERROR_DATA, "replicates %zu to %zu of %zu are missing", next,
                       file[i].first - 1, file[i].of);
    next = file[i].last + 1;
  }
  if (next <= file[0].of)
    return error_set(error, ERROR_DATA, "replicates %zu to %zu of %zu are missing", next,
                     file[0].of, file[0].of);
  return true;
}

// ---- the head back into the run ----

struct reader {
  struct calib *calib;
  const struct replicate_file *file;
  struct error *error;
};

static bool refuse_head(const struct reader *reader, const char *what)
{
  return refuse(reader->file, HEAD_LINE, what, reader->error);
}

// NULL if it is not there, or not of this type (JSON_TRUE: true or false; JSON_REAL: any number).
static json_t *find(const struct reader *reader, const json_t *object, const char *key,
                    json_type type)
{
  json_t *value = json_object_get(object, key);
  bool good =
      value && (json_typeof(value) == type || (type == JSON_TRUE && json_is_boolean(value)) ||
                (type == JSON_REAL && json_is_number(value)));
  if (!good)
    error_set(reader->error, ERROR_DATA, "%s:%d: '%s' is missing or of another kind",
              reader->file->path, HEAD_LINE, key);
  return good ? value : NULL;
}

static bool read_list(const struct reader *reader, const json_t *object, const char *key,
                      struct text_list *list)
{
  json_t *array = find(reader, object, key, JSON_ARRAY), *value;
  size_t i;
  json_array_foreach(array, i, value)
      text_list_add(list, json_is_string(value) ? json_string_value(value) : "");
  return array;
}

static bool read_count(const struct reader *reader, const json_t *object, const char *key,
                       size_t *count)
{
  json_t *value = find(reader, object, key, JSON_INTEGER);
  if (!value)
    return false;
  if (json_integer_value(value) < 0)
    return error_set(reader->error, ERROR_DATA, "%s:%d: '%s' is below 0", reader->file->path,
                     HEAD_LINE, key);
  *count = (size_t) json_integer_value(value);
  return true;
}

// The text lasts as long as the file.
static bool read_text(const struct reader *reader, const json_t *object, const char *key,
                      const char **text)
{
  json_t *value = find(reader, object, key, JSON_STRING);
  if (value)
    *text = json_string_value(value);
  return value;
}

static bool read_copy(const struct reader *reader, const char *key, char **copy)
{
  const char *text;
  if (!read_text(reader, reader->file->head, key, &text))
    return false;
  *copy = memory_copy_text(text);
  return true;
}

// SHA-256 in hexadecimal, or nothing.
static bool read_digest(const struct reader *reader, const json_t *object, const char *key,
                        char digest[65])
{
  const char *text;
  if (!read_text(reader, object, key, &text))
    return false;
  size_t length = strlen(text);
  if (strspn(text, "0123456789abcdef") != length || (length != 64 && length != 0))
    return error_set(reader->error, ERROR_DATA, "%s:%d: '%s' is no SHA-256", reader->file->path,
                     HEAD_LINE, key);
  memcpy(digest, text, length + 1);
  return true;
}

static bool read_flag(const struct reader *reader, const json_t *object, const char *key,
                      bool *flag)
{
  json_t *value = find(reader, object, key, JSON_TRUE);
  *flag = json_is_true(value);
  return value;
}

static bool restore_predictors(const struct reader *reader, const char *outcome,
                               const json_t *predictor)
{
  struct calib *calib = reader->calib;
  json_t *value;
  size_t i;
  calib->y = NEW_ARRAY(double, calib->n);
  calib->eta = NEW_ARRAY(double, calib->n);
  calib->risk = NEW_ARRAY(double, calib->n);
  json_array_foreach(predictor, i, value)
  {
    if (!json_is_number(value))
      return refuse_head(reader, "'rows': a predictor is no number");
    calib->y[i] = outcome[i] == '1';
    calib->n_events += outcome[i] == '1';
    calib->eta[i] = json_number_value(value);
    calib->risk[i] = logit_inverse(calib->eta[i]);
  }
  return (calib->n_events && calib->n_events < calib->n) ||
         refuse_head(reader, "'rows' have one outcome only");
}

static bool restore_rows(const struct reader *reader)
{
  json_t *rows = find(reader, reader->file->head, "rows", JSON_OBJECT);
  const char *outcome;
  if (!rows || !read_text(reader, rows, "outcome", &outcome))
    return false;
  json_t *predictor = find(reader, rows, "predictor", JSON_ARRAY);
  if (!predictor)
    return false;
  reader->calib->n = strlen(outcome);
  if (reader->calib->n == 0 || json_array_size(predictor) != reader->calib->n ||
      strspn(outcome, "01") != reader->calib->n)
    return refuse_head(reader, "'rows' are not outcomes of 0 and 1 with a predictor each");
  return restore_predictors(reader, outcome, predictor);
}

static bool restore_metrics(const struct reader *reader, const json_t *settings)
{
  struct text_list names = {0};
  bool good = read_list(reader, settings, "metrics", &names);
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++)
    if (text_list_has(&names, performance_names[m]))
      reader->calib->metrics |= 1U << m;
  text_list_free(&names);
  return good;
}

static bool restore_scheme(const struct reader *reader, const json_t *settings)
{
  struct calib *calib = reader->calib;
  struct calib_settings *s = calib->settings;
  const char *scheme;
  size_t n_folds, n_repeats;
  if (!read_text(reader, settings, "scheme", &scheme))
    return false;
  const struct named_choice *choice = choice_find(calib_schemes, scheme);
  if (!choice)
    return refuse_head(reader, "an unknown scheme");
  calib->scheme = (enum calib_scheme) choice->value;
  if (!calib_is_resampled(calib))
    return refuse_head(reader, "a scheme without replicates");
  if (!read_count(reader, settings, "replicates", &calib->n_replicates) ||
      !read_count(reader, settings, "folds", &n_folds) ||
      !read_count(reader, settings, "repeats", &n_repeats))
    return false;
  if (calib->n_replicates != reader->file->of)
    return refuse(reader->file, RANGE_LINE, "another number of replicates than the head has",
                  reader->error);
  if (calib->scheme == CALIB_CROSS &&
      (n_folds < 2 || n_repeats != calib->n_replicates / n_folds ||
       calib->n_replicates % n_folds != 0))
    return refuse_head(reader, "'replicates' are not 'folds' times 'repeats'");
  calib->first = 1;
  calib->last = calib->n_replicates;
  s->n_folds = (int64_t) n_folds;
  s->n_repeats = (int64_t) n_repeats;
  return true;
}

static bool restore_settings(const struct reader *reader)
{
  struct calib *calib = reader->calib;
  struct calib_settings *s = calib->settings;
  json_t *settings = find(reader, reader->file->head, "settings", JSON_OBJECT), *level;
  const char *redo;
  size_t seed;
  if (!settings || !restore_scheme(reader, settings) ||
      !read_text(reader, settings, "redo", &redo) ||
      !read_count(reader, settings, "seed", &seed) ||
      !read_digest(reader, settings, "resamples", calib->resample_digest) ||
      !(level = find(reader, settings, "level", JSON_REAL)) ||
      !restore_metrics(reader, settings) ||
      !read_flag(reader, settings, "curve", &calib->has_curve) ||
      !read_flag(reader, settings, "instability", &calib->has_instability) ||
      !read_flag(reader, settings, "hosmer.lemeshow", &s->hosmer_lemeshow) ||
      !read_flag(reader, settings, "spiegelhalter", &s->spiegelhalter))
    return false;
  s->redo_selection = strcmp(redo, "selection") == 0;
  calib->command->seed = seed;
  calib->command->level = json_number_value(level);
  calib->keeps_predictors = calib->has_instability || calib->scheme == CALIB_CROSS;
  return (calib->command->level > 0 && calib->command->level < 1) ||
         refuse_head(reader, "'level' is not between 0 and 1");
}

// The call of the one run that this amounts to, shown as this one asks.  A codebook of the
// environment stands at the end.
static bool restore_call(const struct reader *reader)
{
  struct text_list *call = &reader->calib->command->report.call, shown = *call, done = {0};
  *call = (struct text_list){0};
  bool good = read_list(reader, reader->file->head, "call", &done);
  bool environment = done.n_items && shown.n_items &&
                     text_starts(done.item[done.n_items - 1], "--codebook=") &&
                     strcmp(done.item[done.n_items - 1], shown.item[shown.n_items - 1]) == 0;
  for (size_t i = 0; i + (environment ? 1 : 0) < done.n_items; i++)
    text_list_add(call, done.item[i]);
  for (size_t i = 0; i < shown.n_items; i++)
    if (calib_is_shown_only(shown.item[i]))
      text_list_add(call, shown.item[i]);
  if (environment)
    text_list_add(call, done.item[done.n_items - 1]);
  text_list_free(&shown);
  text_list_free(&done);
  return good;
}

static bool restore_exclusions(const struct reader *reader, const json_t *input)
{
  json_t *excluded = find(reader, input, "excluded", JSON_ARRAY), *value;
  size_t i;
  json_array_foreach(excluded, i, value)
  {
    const char *variable = json_string_value(json_array_get(value, 0));
    json_int_t n = json_integer_value(json_array_get(value, 1));
    if (!variable || n < 0)
      return refuse_head(reader, "'excluded' are not names with numbers");
    report_exclude(&reader->calib->command->report, variable, (size_t) n);
  }
  return excluded;
}

static bool restore_input(const struct reader *reader)
{
  struct report *report = &reader->calib->command->report;
  json_t *input = find(reader, reader->file->head, "input", JSON_OBJECT);
  const char *name;
  char digest[65];
  if (!input || !read_text(reader, input, "file", &name) ||
      !read_digest(reader, input, "sha256", digest) ||
      !read_count(reader, input, "rows", &report->input_rows))
    return false;
  report->has_input = true;
  report->input_file = memory_copy_text(name);
  report->input_used = reader->calib->n;
  if (strcmp(reader->calib->command->format->name, "json") == 0)
    strcpy(report->input_digest, digest);
  return restore_exclusions(reader, input);
}

static bool restore_notes(const struct reader *reader)
{
  struct report *report = &reader->calib->command->report;
  const json_t *head = reader->file->head;
  struct text_list notes = {0}, warnings = {0};
  bool good = read_list(reader, head, "notes", &notes) &&
              read_list(reader, head, "warnings", &warnings) &&
              read_list(reader, head, "reading", &reader->calib->command->table.notes);
  for (size_t i = 0; i < notes.n_items; i++)
    report_note(report, "%s", notes.item[i]);
  for (size_t i = 0; i < warnings.n_items; i++)
    report_warning(report, "%s", warnings.item[i]);
  text_list_free(&notes);
  text_list_free(&warnings);
  return good;
}

static bool restore_head(const struct reader *reader)
{
  struct calib *calib = reader->calib;
  return read_copy(reader, "event", &calib->event) && read_copy(reader, "others", &calib->others) &&
         read_copy(reader, "model", &calib->model) &&
         read_list(reader, reader->file->head, "candidates", &calib->candidate) &&
         restore_rows(reader) && restore_settings(reader) && restore_call(reader) &&
         restore_input(reader) && restore_notes(reader);
}

// ---- replicates back ----

struct cells {
  const struct replicate_file *file;
  struct error *error;
  size_t line;
  char *place; // NULL after the last
};

static bool take_cell(struct cells *cells, const char **cell)
{
  if (!cells->place)
    return refuse(cells->file, cells->line, "too few cells", cells->error);
  char *end = strchr(cells->place, '\t');
  *cell = cells->place;
  cells->place = end ? end + 1 : NULL;
  if (end)
    *end = '\0';
  return true;
}

static bool take_number(struct cells *cells, double *value)
{
  const char *cell;
  *value = NAN;
  if (!take_cell(cells, &cell))
    return false;
  if (strcmp(cell, "NA") == 0)
    return true;
  if (strcmp(cell, "Inf") == 0 || strcmp(cell, "-Inf") == 0) {
    *value = *cell == '-' ? -INFINITY : INFINITY;
    return true;
  }
  return number_parse_text(cell, value) ||
         error_set(cells->error, ERROR_DATA, "%s:%zu: '%.40s' is not a number", cells->file->path,
                   cells->line, cell);
}

static bool take_numbers(struct cells *cells, double *value, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!take_number(cells, &value[i]))
      return false;
  return true;
}

static bool take_status(struct cells *cells, unsigned char *status)
{
  const char *cell;
  if (!take_cell(cells, &cell))
    return false;
  for (size_t s = 0; s < N_CALIB_STATUSES; s++)
    if (strcmp(cell, calib_status_names[s]) == 0) {
      *status = (unsigned char) s;
      return true;
    }
  return error_set(cells->error, ERROR_DATA, "%s:%zu: '%.40s' is no status", cells->file->path,
                   cells->line, cell);
}

static bool take_statistics(struct cells *cells, const struct calib *calib, double *training,
                            double *test)
{
  for (size_t k = 0; k < CALIB_STATISTICS; k++) {
    training[k] = test[k] = NAN;
    if (calib_keeps_statistic(calib, k) &&
        !(take_number(cells, &training[k]) && take_number(cells, &test[k])))
      return false;
  }
  return true;
}

static bool read_replicate(struct calib *calib, struct cells *cells, size_t b)
{
  struct validation_result *result = &calib->validation;
  size_t n_groups = calib->candidate.n_items;
  double number, chosen;
  if (!take_number(cells, &number))
    return false;
  if (number != (double) (b + 1))
    return error_set(cells->error, ERROR_DATA, "%s:%zu: replicate %zu is expected",
                     cells->file->path, cells->line, b + 1);
  if (!take_status(cells, &result->status[b]) ||
      !take_statistics(cells, calib, result->training + b * CALIB_STATISTICS,
                       result->test + b * CALIB_STATISTICS))
    return false;
  result->n_failed += result->status[b] != LOGIT_CONVERGED;
  for (size_t g = 0; g < n_groups; g++) {
    if (!take_number(cells, &chosen))
      return false;
    result->chosen[b * n_groups + g] = chosen == 1;
  }
  if (calib->keeps_predictors && !take_numbers(cells, result->eta + b * calib->n, calib->n))
    return false;
  return !cells->place || refuse(cells->file, cells->line, "too many cells", cells->error);
}

static bool check_names(const struct calib *calib, const struct replicate_file *file,
                        struct error *error)
{
  struct text names = {0};
  calib_replicates_append_names(calib, &names);
  names.bytes[names.length - 1] = '\0';
  bool good = strcmp(file->names, names.bytes) == 0 ||
              refuse(file, NAMES_LINE, "other columns than the head says", error);
  text_free(&names);
  return good;
}

static bool read_replicates(struct calib *calib, const struct replicate_file *file,
                            struct error *error)
{
  char *place = file->table;
  struct cells cells = {.file = file, .error = error, .line = TABLE_LINE};
  for (size_t b = file->first; b <= file->last; b++, cells.line++) {
    cells.place = take_line(&place);
    if (!read_replicate(calib, &cells, b - 1))
      return false;
  }
  return !*place || refuse(file, cells.line, "more than the replicates of its head", error);
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

static bool join(struct calib *calib, struct replicate_file *file, size_t n, struct error *error)
{
  for (size_t i = 1; i < n; i++)
    if (!compare(&file[0], &file[i], error))
      return false;
  qsort(file, n, sizeof *file, compare_ranges);
  struct reader reader = {.calib = calib, .file = file, .error = error};
  if (!check_ranges(file, n, error) || !restore_head(&reader))
    return false;
  for (size_t i = 0; i < n; i++)
    if (!check_names(calib, &file[i], error))
      return false;
  make_room(calib);
  for (size_t i = 0; i < n; i++)
    if (!read_replicates(calib, &file[i], error))
      return false;
  return true;
}

bool calib_replicates_join(struct calib *calib, const char *const *path, size_t n,
                           struct error *error)
{
  struct replicate_file *file = NEW_ZEROED(struct replicate_file, n);
  bool good = true;
  json_set_alloc_funcs(memory_allocate_bytes, free);
  for (size_t i = 0; i < n && good; i++)
    good = read_head(path[i], &file[i], error);
  good = good && join(calib, file, n, error);
  for (size_t i = 0; i < n; i++)
    replicate_file_free(&file[i]);
  free(file);
  return good;
}

void calib_validation_free(struct calib *calib)
{
  validation_result_free(&calib->validation);
  text_list_free(&calib->candidate);
  text_list_free(&calib->early_notes);
  text_list_free(&calib->early_warnings);
  free(calib->event);
  free(calib->others);
  free(calib->model);
  free(calib->y);
  free(calib->eta);
  free(calib->risk);
}
