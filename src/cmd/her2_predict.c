// SPDX-License-Identifier: GPL-3.0-or-later
// her2-predict: a cohort with the risks of models appended.
//
// The cohort's cells are copied from the text of the file, not from what was read of them; a
// file of SPSS, Stata or SAS is read once more, whole.
// A first pass over the rows settles who gets a risk and what must be said; after it nothing
// but writing can fail, and the rows go out in portions.
#include <config.h>

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/nomogram_scale.h"
#include "data/cohort.h"
#include "data/csv.h"
#include "data/outcome.h"
#include "data/statfile.h"
#include "stats/nomogram.h"

enum { CHUNK_ROWS = 1024, PORTION_CHUNKS = 64, N_RESULTS = 6 };

static const char *const result_suffix[N_RESULTS] = {
    "", ".low", ".high", ".linear.predictor", ".points", ".out.of.range"};
static const char *const result_name[N_RESULTS] = {"risk",   "risk.low", "risk.high",
                                                   "linear.predictor", "points", "out.of.range"};

struct settings {
  struct command *command;
  struct text_list risk; // --risk
};

// What one model has to say of a row.
enum row_state { ROW_NOT_ASKED, ROW_MISSING, ROW_INSIDE, ROW_OUTSIDE };

struct predictor {
  const struct model *model;
  struct scale scale;        // points_per_unit 0: no points
  char *column[N_RESULTS];
  unsigned char *state;      // n_rows of enum row_state
  size_t *n_missing, *n_outside; // n_variables: rows
  size_t *n_undefined;       // n_terms: complete rows in which the term is not defined
  size_t n_without;          // rows asked for that have no risk
};

struct predict {
  struct command *command;
  struct model *model;
  struct predictor *predictor;
  size_t n_models;
  size_t *row, n_asked;      // rows that --where keeps
  enum statfile_kind kind;   // of the output; STATFILE_NONE: CSV
};

// ---- options ----

static bool set_risk(void *pointer, const char *value, struct error *error)
{
  struct settings *settings = pointer;
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the column is empty");
  text_list_add(&settings->risk, value);
  return true;
}

static bool set_where(void *pointer, const char *value, struct error *error)
{
  struct cohort_options *cohort = &((struct settings *) pointer)->command->cohort;
  struct condition *condition = condition_parse(value, error);
  if (!condition)
    return false;
  RESIZE_ARRAY(cohort->condition, cohort->n_conditions + 1);
  cohort->condition[cohort->n_conditions++] = condition;
  return true;
}

static const struct option_spec own_options[] = {
    {"risk", 0, "NAME", "name of the risk's column (repeatable: one for each model)", set_risk},
    {"where", 0, "'COLUMN OP VALUE'", "a risk for the rows that meet this only (repeatable)",
     set_where},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-predict",
    .operands = "--model=FILE [FILE]",
    .summary = "Append the risks that models give to a cohort, as CSV, .sav or .dta.",
    .groups = OPTIONS_TABLE | OPTIONS_MODEL | OPTIONS_LEVEL | OPTIONS_WRITE | OPTIONS_THREADS,
    .option = own_options,
    .example = "her2-predict --model=zero-low.json cohort.csv >predicted.csv",
};

// ---- models and the names of their columns ----

static void read_models(struct predict *predict)
{
  struct command *command = predict->command;
  struct error error = {0};
  if (!command->n_models) {
    error_set(&error, ERROR_USAGE, "no model: say --model=FILE, a model file (see --help)");
    command_fail(command, &error);
  }
  predict->n_models = command->n_models;
  predict->model = NEW_ZEROED(struct model, predict->n_models);
  predict->predictor = NEW_ZEROED(struct predictor, predict->n_models);
  for (size_t m = 0; m < predict->n_models; m++) {
    predict->predictor[m].model = &predict->model[m];
    if (!model_read(&predict->model[m], command->model[m], &error))
      command_fail(command, &error);
  }
}

static void name_columns(struct predict *predict, const struct settings *settings)
{
  size_t n = predict->n_models, n_names = settings->risk.n_items;
  struct error error = {0};
  if (n_names && n_names != n) {
    error_set(&error, ERROR_USAGE, "--risk names %zu column%s for %zu model%s", n_names,
              n_names == 1 ? "" : "s", n, n == 1 ? "" : "s");
    command_fail(predict->command, &error);
  }
  for (size_t m = 0; m < n; m++) {
    const char *name = n_names ? settings->risk.item[m] : n > 1 ? predict->model[m].name : NULL;
    for (size_t k = 0; k < N_RESULTS; k++)
      predict->predictor[m].column[k] =
          name ? text_format("%s%s", name, result_suffix[k]) : memory_copy_text(result_name[k]);
  }
  for (size_t i = 0; i < n * N_RESULTS; i++)
    for (size_t j = 0; j < i; j++) {
      const char *a = predict->predictor[i / N_RESULTS].column[i % N_RESULTS];
      const char *b = predict->predictor[j / N_RESULTS].column[j % N_RESULTS];
      if (strcmp(a, b) != 0)
        continue;
      error_set(&error, ERROR_USAGE,
                "models '%s' and '%s' would both write a column '%s': name them by --risk, once "
                "for each model",
                predict->model[j / N_RESULTS].name, predict->model[i / N_RESULTS].name, a);
      command_fail(predict->command, &error);
    }
}

static void check_columns(const struct predict *predict)
{
  const struct table *table = &predict->command->table;
  for (size_t c = 0; c < table->n_columns; c++)
    for (size_t i = 0; i < predict->n_models * N_RESULTS && !table->column[c].derived; i++) {
      const char *name = predict->predictor[i / N_RESULTS].column[i % N_RESULTS];
      if (strcmp(table->column[c].name, name) != 0)
        continue;
      struct error error;
      error_set(&error, ERROR_USAGE,
                "%s has a column '%s' already: say --risk=NAME for another name", table->name, name);
      command_fail(predict->command, &error);
    }
}

// ---- the first pass: who gets a risk ----

static void choose_rows(struct predict *predict)
{
  struct command *command = predict->command;
  const struct table *table = &command->table;
  bool *keep = NEW_ARRAY(bool, table->n_rows);
  struct error error = {0};
  if (!cohort_keep(table, &command->cohort, keep, &error))
    command_fail(command, &error);
  predict->row = NEW_ARRAY(size_t, table->n_rows);
  for (size_t i = 0; i < table->n_rows; i++)
    if (keep[i])
      predict->row[predict->n_asked++] = i;
  free(keep);
}

// What a chunk of rows adds to the counts of a predictor.
struct tally {
  size_t *n_missing, *n_outside, *n_undefined;
};

static enum row_state judge_row(const struct design *design, const double *value, double *x,
                                struct tally *tally)
{
  bool missing = false, outside = false;
  for (size_t v = 0; v < design->n_variables; v++) {
    tally->n_missing[v] += isnan(value[v]) != 0;
    missing = missing || isnan(value[v]);
  }
  if (missing)
    return ROW_MISSING;
  design_evaluate_values(design, value, x);
  for (size_t t = 0; t < design->n_terms; t++) {
    bool defined = true;
    for (size_t j = 0; j < design->term[t].n_columns; j++)
      defined = defined && !isnan(x[design->term[t].first + j]);
    tally->n_undefined[t] += !defined;
    missing = missing || !defined;
  }
  if (missing)
    return ROW_MISSING;
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    bool beyond = !variable->categorical &&
                  (value[v] < variable->least || value[v] > variable->most);
    tally->n_outside[v] += beyond;
    outside = outside || beyond;
  }
  return outside ? ROW_OUTSIDE : ROW_INSIDE;
}

static void judge_rows(const struct predict *predict, struct predictor *predictor, size_t from,
                       size_t n, struct tally *tally)
{
  const struct design *design = &predictor->model->design;
  const size_t *row = predict->row + from;
  double *value = NEW_ARRAY(double, n * design->n_variables);
  double *x = NEW_ARRAY(double, design->n_columns);
  bool good = design_values(design, &predict->command->table, row, n, value, NULL);
  for (size_t i = 0; i < n && good; i++)
    predictor->state[row[i]] =
        (unsigned char) judge_row(design, value + i * design->n_variables, x, tally);
  free(x);
  free(value);
}

static void add_counts(size_t *to, const size_t *from, size_t n)
{
  for (size_t i = 0; i < n; i++)
    to[i] += from[i];
}

static void judge_all(struct predict *predict, struct predictor *predictor)
{
  const struct design *design = &predictor->model->design;
  size_t p = design->n_variables, q = design->n_terms, n_rows = predict->command->table.n_rows;
  predictor->state = NEW_ZEROED(unsigned char, n_rows);
  predictor->n_missing = NEW_ZEROED(size_t, p);
  predictor->n_outside = NEW_ZEROED(size_t, p);
  predictor->n_undefined = NEW_ZEROED(size_t, q);
  struct error error = {0};
  if (!design_check(design, &predict->command->table, DESIGN_ALL, predict->row, predict->n_asked,
                    &error))
    command_fail(predict->command, &error);
  size_t n_chunks = (predict->n_asked + CHUNK_ROWS - 1) / CHUNK_ROWS;
  #pragma omp parallel for schedule(static) if (n_chunks > 4)
  for (size_t c = 0; c < n_chunks; c++) {
    size_t from = c * CHUNK_ROWS, left = predict->n_asked - from;
    struct tally tally = {NEW_ZEROED(size_t, p), NEW_ZEROED(size_t, p), NEW_ZEROED(size_t, q)};
    judge_rows(predict, predictor, from, left < CHUNK_ROWS ? left : CHUNK_ROWS, &tally);
    #pragma omp critical
    {
      add_counts(predictor->n_missing, tally.n_missing, p);
      add_counts(predictor->n_outside, tally.n_outside, p);
      add_counts(predictor->n_undefined, tally.n_undefined, q);
    }
    free(tally.n_missing);
    free(tally.n_outside);
    free(tally.n_undefined);
  }
  for (size_t i = 0; i < predict->n_asked; i++)
    predictor->n_without += predictor->state[predict->row[i]] == ROW_MISSING;
}

// ---- rows that a model was made on ----

// The column in the rows asked for, missing in the others; the table's own stays as it is.
static struct column copy_asked(const struct predict *predict, const struct column *column)
{
  struct column copy = *column;
  size_t n = predict->command->table.n_rows;
  copy.value = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++)
    copy.value[i] = NAN;
  for (size_t i = 0; i < predict->n_asked; i++)
    copy.value[predict->row[i]] = column->value[predict->row[i]];
  column_make_categorical(&copy, n);
  return copy;
}

static void free_copy(struct column *copy, const struct column *column)
{
  for (size_t i = 0; copy->level != column->level && i < copy->n_levels; i++) {
    free(copy->level[i]);
    free(copy->level_label[i]);
  }
  if (copy->level != column->level) {
    free(copy->level);
    free(copy->level_label);
  }
  free(copy->value);
}

// How many of the rows asked for the model was made on.
static size_t count_marked(const struct predict *predict, const struct model *model,
                           const struct outcome *outcome)
{
  size_t n_rows = predict->command->table.n_rows, n = 0;
  bool *own = NEW_ARRAY(bool, n_rows);
  model_find_rows(model, &predict->command->table, outcome, own);
  for (size_t i = 0; i < n_rows; i++)
    n += own[i];
  free(own);
  return n;
}

// The same of a model of a hold-out; 0 where the cohort has no outcome by which it could be told.
static size_t count_own_rows(const struct predict *predict, const struct predictor *predictor)
{
  const struct model *model = predictor->model;
  struct table *table = &predict->command->table;
  struct column_request request = {.use = USE_AUTOMATIC};
  struct error unread;
  double n_complete = (double) (predict->n_asked - predictor->n_without);
  if (!(model->holdout.fraction > 0) || n_complete < model->n ||
      !table_find(table, model->outcome, &request.column, NULL) ||
      !table_load(table, &request, 1, &unread))
    return 0;
  const struct column *column = &table->column[request.column];
  struct column copy = copy_asked(predict, column);
  struct table view = {
      .name = table->name, .column = &copy, .n_columns = 1, .n_rows = table->n_rows};
  struct formula formula = {
      .outcome = model->outcome, .event = model->event, .comparison = model->comparison};
  struct outcome outcome = {0};
  bool known = outcome_resolve(&outcome, &formula, &view, OUTCOME_EVENT, NULL);
  size_t n = known ? count_marked(predict, model, &outcome) : 0;
  outcome_free(&outcome);
  text_list_free(&view.notes);
  free_copy(&copy, column);
  return n;
}

// ---- what must be said ----

static void note_own_rows(struct report *report, const struct predict *predict,
                          const struct predictor *predictor, const char *prefix)
{
  size_t n = count_own_rows(predict, predictor);
  if (n)
    report_note(report, "%s%zu of these %zu rows are those that the model was made on: how well it "
                        "does on them is no test of it",
                prefix, n, predict->n_asked);
}

static const char *rows_word(size_t n)
{
  return n == 1 ? "row" : "rows";
}

static void note_missing(struct report *report, const struct predictor *predictor,
                         const char *model, size_t n_asked)
{
  const struct design *design = &predictor->model->design;
  struct text why = {0};
  for (size_t v = 0; v < design->n_variables; v++)
    if (predictor->n_missing[v])
      text_append_format(&why, "%s%s missing in %zu", why.length ? ", " : "",
                         design->variable[v].name, predictor->n_missing[v]);
  for (size_t t = 0; t < design->n_terms; t++)
    if (predictor->n_undefined[t])
      text_append_format(&why, "%s%s not defined in %zu", why.length ? ", " : "",
                         design->term[t].name, predictor->n_undefined[t]);
  if (predictor->n_without)
    report_note(report, "%s%zu of %zu %s without a risk: %s", model, predictor->n_without, n_asked,
                rows_word(n_asked), text_content(&why));
  text_free(&why);
}

static void note_range(struct report *report, const struct predictor *predictor, const char *model)
{
  const struct design *design = &predictor->model->design;
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    char least[NUMBER_SIZE], most[NUMBER_SIZE];
    if (predictor->n_outside[v])
      report_warning(report, "%s%s is outside the range that the model has seen (%s to %s) in %zu "
                             "%s",
                     model, variable->name, number_write(least, variable->least),
                     number_write(most, variable->most), predictor->n_outside[v],
                     rows_word(predictor->n_outside[v]));
  }
}

static void note_lacks(struct report *report, struct predictor *predictor, const char *prefix)
{
  const struct model *model = predictor->model;
  struct error error = {0};
  if (!model->has_intercept)
    report_note(report, "%sno risks, as the model states no intercept", prefix);
  else if (!model->covariance)
    report_note(report, "%sno intervals, as the model states no covariance", prefix);
  if (!scale_make(&predictor->scale, model, &error))
    report_note(report, "%sno points: %s", prefix, error.message);
  struct text unknown = {0};
  for (size_t v = 0; v < model->design.n_variables; v++)
    if (!model->design.variable[v].categorical && isnan(model->design.variable[v].least))
      text_append_item(&unknown, ", ", model->design.variable[v].name);
  if (unknown.length)
    report_note(report, "%sthe model does not state the range of %s: no row is out of it", prefix,
                text_content(&unknown));
  text_free(&unknown);
}

// Notes and warnings go to standard error: standard output is the cohort.
static void say_all(struct predict *predict)
{
  struct command *command = predict->command;
  struct report *report = &command->report;
  for (size_t i = 0; i < command->table.notes.n_items; i++)
    report_note(report, "%s", command->table.notes.item[i]);
  if (command->cohort.n_conditions)
    report_note(report, "%zu of %zu rows meet the conditions; the others get no risk",
                predict->n_asked, command->table.n_rows);
  for (size_t m = 0; m < predict->n_models; m++) {
    struct predictor *predictor = &predict->predictor[m];
    char *prefix = predict->n_models > 1 ? text_format("%s: ", predictor->model->name)
                                         : memory_copy_text("");
    note_own_rows(report, predict, predictor, prefix);
    note_missing(report, predictor, prefix, predict->n_asked);
    note_lacks(report, predictor, prefix);
    note_range(report, predictor, prefix);
    free(prefix);
  }
  for (size_t i = 0; i < report->notes.n_items && !command->quiet; i++)
    fprintf(stderr, "%s: note: %s\n", spec.name, report->notes.item[i]);
  for (size_t i = 0; i < report->warnings.n_items && (!command->quiet || command->strict); i++)
    fprintf(stderr, "%s: warning: %s\n", spec.name, report->warnings.item[i]);
  if (command->strict && report->warnings.n_items) {
    struct error error;
    error_set(&error, ERROR_DATA, "%zu warning%s and --strict", report->warnings.n_items,
              report->warnings.n_items == 1 ? "" : "s");
    command_fail(command, &error);
  }
}

// ---- writing ----

static bool needs_quotes(const char *bytes, size_t n, bool quoted)
{
  for (size_t i = 0; i < n; i++)
    if (bytes[i] == ',' || bytes[i] == '"' || bytes[i] == '\n' || bytes[i] == '\r')
      return true;
  // Blanks at the ends of a quoted cell are its own.
  return quoted && n > 0 &&
         (bytes[0] == ' ' || bytes[0] == '\t' || bytes[n - 1] == ' ' || bytes[n - 1] == '\t');
}

static void append_cell(struct text *text, const char *bytes, size_t n, bool quoted)
{
  if (!needs_quotes(bytes, n, quoted)) {
    text_append_bytes(text, bytes, n);
    return;
  }
  text_append_character(text, '"');
  for (size_t i = 0; i < n; i++) {
    if (bytes[i] == '"')
      text_append_character(text, '"');
    text_append_character(text, bytes[i]);
  }
  text_append_character(text, '"');
}

// A number with a decimal comma gets a point.
static bool append_with_point(struct text *text, const struct csv_cell *cell)
{
  const char *bytes = cell->bytes;
  size_t n = cell->length;
  double value;
  while (n && (*bytes == ' ' || *bytes == '\t'))
    bytes++, n--;
  while (n && (bytes[n - 1] == ' ' || bytes[n - 1] == '\t'))
    n--;
  const char *comma = n ? memchr(bytes, ',', n) : NULL;
  if (!comma || !number_parse(bytes, n, ',', &value))
    return false;
  text_append_bytes(text, bytes, (size_t) (comma - bytes));
  text_append_character(text, '.');
  text_append_bytes(text, comma + 1, n - (size_t) (comma + 1 - bytes));
  return true;
}

static void append_number(struct text *text, double value)
{
  char number[NUMBER_SIZE];
  text_append_character(text, ',');
  if (isnan(value))
    return;
  size_t n = decimal_write(number, value);
  text_append_bytes(text, number, n ? n : strlen(number_write(number, value)));
}

// Whether the lines of the file may be copied as they are.
static bool is_plain(const struct command *command, const struct csv_reader *reader)
{
  return csv_delimiter_used(reader) == ',' && !csv_has_quotes(reader) &&
         command->cohort.table.decimal != ',';
}

static void append_record(struct text *text, const struct csv_cell *cell, size_t n_cells,
                          bool plain, bool comma)
{
  if (plain) {
    const struct csv_cell *last = &cell[n_cells - 1];
    text_append_bytes(text, cell[0].bytes, (size_t) (last->bytes + last->length - cell[0].bytes));
    return;
  }
  for (size_t i = 0; i < n_cells; i++) {
    if (i)
      text_append_character(text, ',');
    if (!comma || !append_with_point(text, &cell[i]))
      append_cell(text, cell[i].bytes, cell[i].length, cell[i].quoted);
  }
}

// One row's six results; NaN: none.
static void compute_results(const struct predictor *predictor, const double *x,
                            enum row_state state, double level, double result[N_RESULTS])
{
  const struct model *model = predictor->model;
  const struct scale *scale = &predictor->scale;
  struct model_prediction prediction = model_predict(model, x, level);
  result[0] = prediction.risk;
  result[1] = prediction.risk_low;
  result[2] = prediction.risk_high;
  result[3] = prediction.linear_predictor;
  result[4] = NAN;
  if (scale->points_per_unit > 0)
    result[4] = nomogram_total_points(prediction.linear_predictor, model->coefficient[0],
                                      scale->least, scale->n_groups, scale->points_per_unit);
  result[5] = state == ROW_OUTSIDE;
}

// The same as cells, each behind its comma.
static void append_results(struct text *text, const struct predictor *predictor, const double *x,
                           enum row_state state, double level)
{
  if (state < ROW_INSIDE) {
    text_append_bytes(text, ",,,,,,", N_RESULTS);
    return;
  }
  double result[N_RESULTS];
  compute_results(predictor, x, state, level, result);
  for (size_t k = 0; k < N_RESULTS; k++)
    append_number(text, result[k]);
}

// Records of the file, and what goes behind them.
struct chunk {
  struct text record;             // of the rows, one behind the other
  size_t end[CHUNK_ROWS];         // of each in it
  size_t first_row, n_rows;
  struct text output;
};

static void fill_chunk(const struct predict *predict, struct chunk *chunk)
{
  struct text *output = &chunk->output;
  double **value = NEW_ARRAY(double *, predict->n_models);
  size_t *row = NEW_ARRAY(size_t, chunk->n_rows);
  size_t *next = NEW_ZEROED(size_t, predict->n_models), most_columns = 0;
  for (size_t m = 0; m < predict->n_models; m++) {
    const struct predictor *predictor = &predict->predictor[m];
    const struct design *design = &predictor->model->design;
    size_t n = 0;
    for (size_t i = 0; i < chunk->n_rows; i++)
      if (predictor->state[chunk->first_row + i] >= ROW_INSIDE)
        row[n++] = chunk->first_row + i;
    value[m] = NEW_ARRAY(double, n * design->n_variables);
    bool good = design_values(design, &predict->command->table, row, n, value[m], NULL);
    assert(good);
    (void) good;
    most_columns = design->n_columns > most_columns ? design->n_columns : most_columns;
  }
  double *x = NEW_ARRAY(double, most_columns);
  text_clear(output);
  for (size_t i = 0; i < chunk->n_rows; i++) {
    size_t begin = i ? chunk->end[i - 1] : 0;
    text_append_bytes(output, text_content(&chunk->record) + begin, chunk->end[i] - begin);
    for (size_t m = 0; m < predict->n_models; m++) {
      const struct predictor *predictor = &predict->predictor[m];
      const struct design *design = &predictor->model->design;
      enum row_state state = predictor->state[chunk->first_row + i];
      if (state >= ROW_INSIDE)
        design_evaluate_values(design, value[m] + next[m]++ * design->n_variables, x);
      append_results(output, predictor, x, state, predict->command->level);
    }
    text_append_character(output, '\n');
  }
  for (size_t m = 0; m < predict->n_models; m++)
    free(value[m]);
  free(value);
  free(row);
  free(next);
  free(x);
}

static void write_header(const struct predict *predict, struct output_file *output)
{
  const struct table *table = &predict->command->table;
  struct text text = {0};
  for (size_t c = 0; c < table->n_columns && !table->column[c].derived; c++) {
    if (c)
      text_append_character(&text, ',');
    append_cell(&text, table->column[c].name, strlen(table->column[c].name), false);
  }
  for (size_t i = 0; i < predict->n_models * N_RESULTS; i++) {
    const char *name = predict->predictor[i / N_RESULTS].column[i % N_RESULTS];
    text_append_character(&text, ',');
    append_cell(&text, name, strlen(name), false);
  }
  text_append_character(&text, '\n');
  output_write(output, text.bytes, text.length);
  text_free(&text);
}

// Where the rows come from: text, or a file of another program.
struct cohort_rows {
  struct csv_reader *reader;
  bool plain, comma;
  struct statfile file; // without a reader
  struct text cell;
};

// The row of a statistics file as a record; false behind the last one.
static bool append_file_row(struct text *text, struct cohort_rows *rows, size_t row)
{
  if (row >= rows->file.n_rows)
    return false;
  for (size_t i = 0; i < rows->file.n_columns; i++) {
    const struct statfile_column *column = &rows->file.column[i];
    text_clear(&rows->cell);
    statfile_append_cell(&rows->cell, column, row);
    if (i)
      text_append_character(text, ',');
    append_cell(text, text_content(&rows->cell), rows->cell.length,
                column->content == STATFILE_TEXT || column->all_labelled);
  }
  return true;
}

static bool append_next_row(struct text *text, struct cohort_rows *rows, size_t row)
{
  struct csv_cell *cell;
  size_t n_cells;
  if (!rows->reader)
    return append_file_row(text, rows, row);
  if (csv_next(rows->reader, &cell, &n_cells, NULL) != CSV_RECORD)
    return false;
  append_record(text, cell, n_cells, rows->plain, rows->comma);
  return true;
}

// The next rows of the file; how many there were.
static size_t read_chunk(struct cohort_rows *rows, struct chunk *chunk, size_t first_row)
{
  text_clear(&chunk->record);
  chunk->first_row = first_row;
  chunk->n_rows = 0;
  while (chunk->n_rows < CHUNK_ROWS &&
         append_next_row(&chunk->record, rows, first_row + chunk->n_rows))
    chunk->end[chunk->n_rows++] = chunk->record.length;
  return chunk->n_rows;
}

static void write_rows(const struct predict *predict, struct cohort_rows *rows,
                       struct output_file *output)
{
  const struct command *command = predict->command;
  struct chunk *chunk = NEW_ZEROED(struct chunk, PORTION_CHUNKS);
  size_t n_rows = 0, n_chunks;
  do {
    for (n_chunks = 0; n_chunks < PORTION_CHUNKS; n_chunks++) {
      size_t n = read_chunk(rows, &chunk[n_chunks], n_rows);
      if (!n)
        break;
      n_rows += n;
    }
    #pragma omp parallel for schedule(dynamic) if (n_chunks > 1)
    for (size_t c = 0; c < n_chunks; c++)
      fill_chunk(predict, &chunk[c]);
    for (size_t c = 0; c < n_chunks && !output->problem; c++)
      output_write(output, chunk[c].output.bytes, chunk[c].output.length);
  } while (n_chunks == PORTION_CHUNKS && !output->problem);
  assert(output->problem || n_rows == command->table.n_rows);
  for (size_t c = 0; c < PORTION_CHUNKS; c++) {
    text_free(&chunk[c].record);
    text_free(&chunk[c].output);
  }
  free(chunk);
}

static bool open_rows(struct cohort_rows *rows, struct command *command, struct error *error)
{
  struct table *table = &command->table;
  *rows = (struct cohort_rows){0};
  if (!table_delimiter(table))
    return statfile_from_table(&rows->file, table, error);
  size_t length, n_cells;
  struct csv_cell *cell;
  const char *content = table_content(table, &length);
  rows->reader = csv_open(content, length, table->name, table_delimiter(table), error);
  if (!rows->reader || csv_next(rows->reader, &cell, &n_cells, error) != CSV_RECORD)
    return false;
  rows->plain = is_plain(command, rows->reader);
  rows->comma = command->cohort.table.decimal == ',';
  return true;
}

static void close_rows(struct cohort_rows *rows)
{
  csv_close(rows->reader);
  statfile_free(&rows->file);
  text_free(&rows->cell);
}

static void write_text(const struct predict *predict)
{
  struct command *command = predict->command;
  struct error error = {0};
  struct cohort_rows rows;
  struct output_file output;
  if (!open_rows(&rows, command, &error) || !output_open(&output, command->output, &error))
    command_fail(command, &error);
  write_header(predict, &output);
  write_rows(predict, &rows, &output);
  close_rows(&rows);
  if (!output_commit(&output, &error))
    command_fail(command, &error);
}

// ---- writing for SPSS and Stata ----

static void take_bytes(const char *bytes, size_t n, void *output)
{
  output_write(output, bytes, n);
}

static const char *const result_title[N_RESULTS] = {
    "Risk",   "Risk, lower limit", "Risk, upper limit", "Linear predictor (log odds)",
    "Points", "Out of the range of the fit"};

// Six new columns behind those of the file.
static void add_result_columns(const struct predictor *predictor, struct statfile *file)
{
  for (size_t k = 0; k < N_RESULTS; k++) {
    char *label = text_format("%s: %s", predictor->model->name, result_title[k]);
    struct statfile_column *column =
        statfile_add_column(file, predictor->column[k], label, STATFILE_NUMBER);
    free(label);
    if (k < N_RESULTS - 1)
      continue;
    column->nominal = true;
    statfile_add_label(column, 0, "no");
    statfile_add_label(column, 1, "yes");
  }
}

static void fill_result_columns(const struct predict *predict, const struct predictor *predictor,
                                struct statfile_column *column)
{
  const struct design *design = &predictor->model->design;
  double *value = NEW_ARRAY(double, design->n_variables);
  double *x = NEW_ARRAY(double, design->n_columns);
  for (size_t i = 0; i < predict->n_asked; i++) {
    size_t row = predict->row[i];
    enum row_state state = predictor->state[row];
    if (state < ROW_INSIDE)
      continue;
    bool good = design_values(design, &predict->command->table, &row, 1, value, NULL);
    assert(good);
    (void) good;
    design_evaluate_values(design, value, x);
    double result[N_RESULTS];
    compute_results(predictor, x, state, predict->command->level, result);
    for (size_t k = 0; k < N_RESULTS; k++)
      column[k].value[row] = isnan(result[k]) ? column[k].value[row] : result[k];
  }
  free(value);
  free(x);
}

static void write_statfile(const struct predict *predict)
{
  struct command *command = predict->command;
  struct error error = {0};
  struct statfile file;
  struct text_list notes = {0};
  struct output_file output;
  if (!statfile_from_table(&file, &command->table, &error))
    command_fail(command, &error);
  size_t first = file.n_columns;
  for (size_t m = 0; m < predict->n_models; m++)
    add_result_columns(&predict->predictor[m], &file);
  for (size_t m = 0; m < predict->n_models; m++)
    fill_result_columns(predict, &predict->predictor[m], &file.column[first + m * N_RESULTS]);
  if (!output_open(&output, command->output, &error))
    command_fail(command, &error);
  if (!statfile_write(&file, predict->kind, take_bytes, &output, &notes, &error)) {
    output_discard(&output);
    error_prefix(&error, "%s", command->output);
    command_fail(command, &error);
  }
  statfile_free(&file);
  if (!output_commit(&output, &error))
    command_fail(command, &error);
  for (size_t i = 0; i < notes.n_items && !command->quiet; i++)
    fprintf(stderr, "%s: note: %s\n", spec.name, notes.item[i]);
  text_list_free(&notes);
}

// ---- the command ----

static void release(struct predict *predict)
{
  for (size_t m = 0; m < predict->n_models; m++) {
    struct predictor *predictor = &predict->predictor[m];
    for (size_t k = 0; k < N_RESULTS; k++)
      free(predictor->column[k]);
    free(predictor->state);
    free(predictor->n_missing);
    free(predictor->n_outside);
    free(predictor->n_undefined);
    scale_free(&predictor->scale);
    model_free(&predict->model[m]);
  }
  free(predict->predictor);
  free(predict->model);
  free(predict->row);
}

int main(int argc, char **argv)
{
  struct command command;
  struct settings settings = {.command = &command};
  command_start(&command, &spec, &settings, argc, argv);
  struct predict predict = {.command = &command};
  read_models(&predict);
  name_columns(&predict, &settings);
  struct error error = {0};
  if (!statfile_output_kind(command.output, &predict.kind, &error))
    command_fail(&command, &error);
  if (!cohort_load(&command.table, &command.formula, command.file, &command.cohort, predict.model,
                   predict.n_models, &error))
    command_fail(&command, &error);
  check_columns(&predict);
  choose_rows(&predict);
  for (size_t m = 0; m < predict.n_models; m++)
    judge_all(&predict, &predict.predictor[m]);
  say_all(&predict);
  if (predict.kind == STATFILE_NONE)
    write_text(&predict);
  else
    write_statfile(&predict);
  release(&predict);
  text_list_free(&settings.risk);
  command_release(&command);
  return 0;
}
