// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cmd/options.h"
#include "data/outcome.h"
#include "report/process.h"
#include "stats/holdout.h"

_Noreturn void command_fail(const struct command *command, const struct error *error)
{
  fprintf(stderr, "%s: %s\n", command->spec->name, error->message);
  exit((int) error->status);
}

// A closed descriptor 0, 1 or 2 must not become the cohort file's.
static void occupy_standard_descriptors(void)
{
  for (int descriptor = 0; descriptor <= 2; descriptor++)
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF)
      // The wrong direction on purpose: using it fails as the closed one would.
      if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) != descriptor)
        _exit(ERROR_DATA);
}

static pthread_t main_thread;

// In the main thread, which may be about to make what is to be removed, and then blocks it.
static void on_signal(int number)
{
  if (!pthread_equal(pthread_self(), main_thread)) {
    pthread_kill(main_thread, number);
    return;
  }
  process_kill_on_signal();
  output_discard_all_on_signal();
  signal(number, SIG_DFL);
  raise(number);
}

static void catch_signals(void)
{
  main_thread = pthread_self();
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU, SIGXFSZ};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct sigaction before, action = {.sa_handler = on_signal};
    // What the caller ignores (nohup) stays ignored.
    if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
  }
}

// Whether two paths are one regular file.
static bool is_same_file(const char *a, const char *b)
{
  struct stat first, second;
  return a && b && stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static bool is_input(const struct command *command, const char *path)
{
  bool same = is_same_file(path, command->file) ||
              is_same_file(path, command->cohort.table.codebook) ||
              is_same_file(path, command->cohort.table.catalog);
  for (size_t i = 0; i < command->n_models && !same; i++)
    same = is_same_file(path, command->model[i]);
  for (size_t i = 0; i < command->n_operands && !same; i++)
    same = is_same_file(path, command->operand[i]);
  return same;
}

void command_claim_path(struct command *command, const char *path)
{
  if (!path || strcmp(path, "-") == 0 || text_starts(path, "/dev/"))
    return;
  struct error error;
  if (is_input(command, path)) {
    error_set(&error, ERROR_USAGE, "%s: it is read, and would be overwritten", path);
    command_fail(command, &error);
  }
  while (text_starts(path, "./"))
    path += 2;
  for (size_t i = 0; i < command->claimed.n_items; i++)
    if (strcmp(command->claimed.item[i], path) == 0) {
      error_set(&error, ERROR_USAGE, "%s: two things would be written to this file", path);
      command_fail(command, &error);
    }
  text_list_add(&command->claimed, path);
}

// What the common options write.
static void claim_outputs(struct command *command)
{
  command_claim_path(command, command->output);
  for (size_t i = 0; i < command->n_further_outputs; i++)
    command_claim_path(command, command->further_output[i].path);
  for (size_t i = 0; i < command->n_figures; i++)
    command_claim_path(command, command->figure[i].path);
}

void command_start(struct command *command, const struct command_spec *spec, void *settings,
                   int argc, char **argv)
{
  memory_reuse_large();
  gsl_set_error_handler_off();
  occupy_standard_descriptors();
  catch_signals();
  *command = (struct command){.spec = spec,
                              .settings = settings,
                              .format = report_formats,
                              .digits = -1,
                              .level = 0.95,
                              .seed = 1,
                              .bootstrap = 1000,
                              .like = conventions};
  command->cohort.table.codebook = getenv("HER2_CODEBOOK");
  if (command->cohort.table.codebook && !*command->cohort.table.codebook)
    command->cohort.table.codebook = NULL;
  command->report.command = memory_copy_text(spec->name);
  text_list_add(&command->report.call, spec->name);
  struct error error = {0};
  if (!options_parse(command, argc, argv, &error))
    command_fail(command, &error);
  claim_outputs(command);
  const char *from_environment = getenv("HER2_CODEBOOK");
  if (command->cohort.table.codebook && command->cohort.table.codebook == from_environment &&
      spec->groups & (OPTIONS_INPUT | OPTIONS_TABLE) && !command_makes_product(command))
    text_list_adopt(&command->report.call, text_format("--codebook=%s", from_environment));
  if (command->n_threads)
    omp_set_num_threads(command->n_threads);
  if (command->formula_from_file && command->formula_text) {
    error_set(&error, ERROR_USAGE, "a formula and --formula-file: one of them");
    command_fail(command, &error);
  }
  const char *text =
      command->formula_from_file ? command->formula_from_file : command->formula_text;
  bool parsed = !text || (command->n_models ? formula_parse_outcome : formula_parse)(
                             &command->formula, text, &error);
  if (!parsed)
    command_fail(command, &error);
}

void command_load(struct command *command)
{
  command_load_with_models(command, NULL, 0);
}

void command_load_with_models(struct command *command, const struct model *model, size_t n_models)
{
  struct error error = {0};
  struct table *table = &command->table;
  if (!cohort_load(table, &command->formula, command->file, &command->cohort, model, n_models,
                   &error))
    command_fail(command, &error);
  struct report *report = &command->report;
  report->has_input = true;
  report->input_file = memory_copy_text(file_display_name(command->file));
  report->input_rows = table->n_rows;
  if (command_writes(command, "json"))
    strcpy(report->input_digest, table_digest(table));
  bool *keep = NEW_ARRAY(bool, table->n_rows);
  if (!cohort_keep(table, &command->cohort, keep, &error))
    command_fail(command, &error);
  if (command->cohort.n_conditions) {
    size_t before = table->n_rows;
    table_keep_rows(table, keep);
    struct text conditions = {0};
    for (size_t i = 0; i < command->cohort.n_conditions; i++) {
      if (i)
        text_append(&conditions, " and ");
      condition_print(command->cohort.condition[i], &conditions);
    }
    if (!table->n_rows) {
      error_set(&error, ERROR_DATA, "%s: none of the %zu rows meets %s", table->name, before,
                text_content(&conditions));
      command_fail(command, &error);
    }
    report_note(report, "%zu of %zu rows %s %s", table->n_rows, before,
                table->n_rows == 1 ? "meets" : "meet", text_content(&conditions));
    text_free(&conditions);
  }
  free(keep);
  report->input_used = table->n_rows;
}

void command_need_formula(const struct command *command, const char *example)
{
  if (command->formula_text || command->formula_from_file)
    return;
  struct error error;
  error_set(&error, ERROR_USAGE, "no formula: say what to compare, as in '%s' (see --help)",
            example);
  command_fail(command, &error);
}

bool *command_part(struct command *command, const struct outcome *outcome)
{
  if (!(command->holdout > 0))
    return NULL;
  size_t n = command->table.n_rows, n_test = 0, n_all = 0;
  bool *part = NEW_ARRAY(bool, n);
  holdout_mark(outcome->code, n, outcome->n_groups, command->holdout, command->seed, part);
  for (size_t i = 0; i < n; i++) {
    n_test += part[i];
    n_all += !isnan(outcome->code[i]) ? 1 : 0;
    part[i] = !isnan(outcome->code[i]) && part[i] == command->test_part;
  }
  command->report.has_seed = true;
  command->report.seed = command->seed;
  report_note(&command->report, "hold-out: %zu training and %zu test rows (seed %llu); the %s rows "
                                "are used",
              n_all - n_test, n_test, (unsigned long long) command->seed,
              command->test_part ? "test" : "training");
  return part;
}

bool command_makes_product(const struct command *command)
{
  const struct command_spec *spec = command->spec;
  return spec->groups & OPTIONS_PRODUCT &&
         (!spec->makes_product || spec->makes_product(command->settings));
}

bool command_writes(const struct command *command, const char *format)
{
  bool writes = strcmp(command->format->name, format) == 0;
  for (size_t i = 0; i < command->n_further_outputs; i++)
    writes |= strcmp(command->further_output[i].format->name, format) == 0;
  return writes;
}

bool command_wants_table(const struct command *command, const char *name)
{
  if (command_writes(command, "json") || command->tables_directory)
    return true;
  return command->table_name && strcmp(command->table_name, name) == 0;
}

static void draw_figures(struct command *command, figure_drawer draw, void *context)
{
  for (size_t i = 0; i < command->n_figures; i++) {
    struct figure figure = {0};
    struct error error = {0};
    bool good = draw(command->figure[i].kind, context, &figure, &error) &&
                figure_write(&figure, command->figure[i].path, &error);
    if (good && figure.n_replaced)
      report_warning(&command->report,
                     "%s: %zu characters are drawn as '?', no installed font has them (Debian: "
                     "fonts-droid-fallback; svg keeps them)",
                     command->figure[i].path, figure.n_replaced);
    figure_free(&figure);
    if (!good) {
      if (!text_starts(error.message, command->figure[i].path))
        error_prefix(&error, "figure %s", command->figure[i].path);
      command_fail(command, &error);
    }
  }
}

void command_release(struct command *command)
{
  for (size_t i = 0; i < command->n_figures; i++)
    free(command->figure[i].path);
  free(command->figure);
  free(command->operand);
  free(command->model);
  free(command->further_output);
  text_list_free(&command->claimed);
  free(command->formula_from_file);
  formula_free(&command->formula);
  table_free(&command->table);
  cohort_options_free(&command->cohort);
  report_free(&command->report);
}

static bool write_output(const struct command *command, const struct text *report,
                         struct error *error)
{
  const struct text *product = &command->product;
  if (!product->length)
    return file_write(command->output, report->bytes, report->length, error);
  if (command->output)
    return file_write(command->output, product->bytes, product->length, error) &&
           file_write(NULL, report->bytes, report->length, error);
  if (!command->quiet)
    fwrite(report->bytes, 1, report->length, stderr);
  return file_write(NULL, product->bytes, product->length, error);
}

// The companion and the output: neither is there if the other cannot be.
static bool write_with_companion(const struct command *command, const struct text *report,
                                 struct error *error)
{
  struct output_file output;
  if (!output_open(&output, command->output, error))
    return false;
  if (!file_write(command->companion_path, command->companion.bytes, command->companion.length,
                  error)) {
    output_discard(&output);
    return false;
  }
  output_write(&output, report->bytes, report->length);
  return output_commit(&output, error);
}

static bool write_further(const struct command *command, int digits, struct error *error)
{
  bool good = true;
  for (size_t i = 0; i < command->n_further_outputs && good; i++) {
    const struct output_request *request = &command->further_output[i];
    struct text text = {0};
    request->format->write(&command->report, command->table_name, digits, &text);
    good = file_write(request->path, text.bytes, text.length, error);
    text_free(&text);
  }
  return good;
}

// Prints the warnings from the first-th on; with --strict they end the process.
static void give_warnings(const struct command *command, size_t first)
{
  const struct text_list *warnings = &command->report.warnings;
  if (!command->quiet || command->strict)
    for (size_t i = first; i < warnings->n_items; i++)
      fprintf(stderr, "%s: warning: %s\n", command->spec->name, warnings->item[i]);
  if (!command->strict || first == warnings->n_items)
    return;
  struct error error;
  error_set(&error, ERROR_DATA, "%zu warning%s and --strict", warnings->n_items,
            warnings->n_items == 1 ? "" : "s");
  command_fail(command, &error);
}

int command_finish(struct command *command, figure_drawer draw, void *context)
{
  struct report *report = &command->report;
  struct error error = {0};
  command_claim_path(command, command->companion_path);
  for (size_t i = 0; i < command->table.notes.n_items; i++)
    report_note(report, "%s", command->table.notes.item[i]);
  size_t n_warnings = report->warnings.n_items;
  give_warnings(command, 0);
  draw_figures(command, draw, context);
  give_warnings(command, n_warnings);
  // Standard output last: nothing is on it unless all the rest was written.
  struct text output = {0};
  int digits = command->digits >= 0 ? command->digits : 4;
  command->format->write(report, command->table_name, digits, &output);
  if (command->tables_directory &&
      !report_write_tables(report, command->tables_directory, &error))
    command_fail(command, &error);
  if (!write_further(command, digits, &error))
    command_fail(command, &error);
  if (command->companion_path ? !write_with_companion(command, &output, &error)
                              : !write_output(command, &output, &error))
    command_fail(command, &error);
  text_free(&command->companion);
  text_free(&output);
  text_free(&command->product);
  command_release(command);
  return 0;
}
