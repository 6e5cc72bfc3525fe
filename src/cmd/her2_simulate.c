// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate: a cohort that has the numbers of a study's printed tables.
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cmd/simulate.h"
#include "data/statfile.h"

enum { MOST_ROWS = 10000000 };

static bool set_path(const char **path, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name is empty");
  *path = value;
  return true;
}

static bool set_published(void *pointer, const char *value, struct error *error)
{
  return set_path(&((struct simulate_settings *) pointer)->published, value, error);
}

static bool set_plausible(void *pointer, const char *value, struct error *error)
{
  return set_path(&((struct simulate_settings *) pointer)->plausible, value, error);
}

static bool set_check(void *pointer, const char *value, struct error *error)
{
  return set_path(&((struct simulate_settings *) pointer)->check, value, error);
}

static bool set_codebook_output(void *pointer, const char *value, struct error *error)
{
  return set_path(&((struct simulate_settings *) pointer)->codebook, value, error);
}

static bool set_match(void *pointer, const char *value, struct error *error)
{
  static const char *const names[] = {[MATCH_TABLES] = "tables", [MATCH_MODELS] = "models",
                                      [MATCH_ALL] = "all"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(value, names[i]) == 0) {
      ((struct simulate_settings *) pointer)->match = (enum simulate_match) i;
      return true;
    }
  return error_set(error, ERROR_USAGE, "'%s' is not one of tables, models, all", value);
}

static bool set_rows(void *pointer, const char *value, struct error *error)
{
  int64_t rows;
  if (!option_integer(value, 1, MOST_ROWS, &rows, error))
    return false;
  ((struct simulate_settings *) pointer)->rows = (size_t) rows;
  return true;
}

static const struct option_spec own_options[] = {
    {"published", 0, "DIR", "the printed tables: a folder of CSV files, or one file",
     set_published},
    {"match", 0, "WHAT", "tables (counts, centres, spreads), models (logistic tables, curves), all",
     set_match},
    {"check", 0, "COHORT", "no simulation: what an existing cohort has of the printed numbers",
     set_check},
    {"rows", 0, "N", "rows of the cohort (as many as patients were studied)", set_rows},
    {"plausible", 0, "FILE", "ranges, formulas, correlations (else the folder's own)",
     set_plausible},
    {"codebook-output", 0, "FILE", "write the cohort's codebook here", set_codebook_output},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"targets", "each printed number: asked, reached, distance, met (primary)"},
    {"formulas", "measures defined by others: how near they are to their definition"},
    {"correlations", "rank correlations within groups: asked, reached"},
    {"comparison", "every number that is printed, by her2-audit's names: reached, met"},
    {NULL, NULL},
};

static bool makes_cohort(const void *settings)
{
  return !((const struct simulate_settings *) settings)->check;
}

static const struct command_spec spec = {
    .name = "her2-simulate",
    .operands = "--published=DIR",
    .summary = "Make a simulated cohort that has the numbers of a study's printed tables.",
    .groups = OPTIONS_TABLE | OPTIONS_OUTPUT | OPTIONS_SEED | OPTIONS_PRODUCT,
    .makes_product = makes_cohort,
    .option = own_options,
    .tables = tables,
    .example = "her2-simulate --published=datasets/published -o simulated.csv "
               "--codebook-output=simulated.codebook.csv",
};

// The assumptions: the file that was named, else the folder's.
static const char *plausible_path(const struct simulation *simulation)
{
  const struct published *published = &simulation->published;
  const char *path = NULL;
  for (size_t i = 0; i < published->n_files; i++) {
    if (published->file[i].form != PUBLISHED_PLAUSIBLE)
      continue;
    if (path) {
      struct error error;
      error_set(&error, ERROR_DATA, "two files of assumptions: %s and %s", path,
                published->file[i].path);
      command_fail(simulation->command, &error);
    }
    path = published->file[i].path;
  }
  return simulation->settings->plausible ? simulation->settings->plausible : path;
}

static void load(struct simulation *simulation)
{
  struct command *command = simulation->command;
  struct error error = {0};
  const char *path = simulation->settings->published;
  if (!published_read(&simulation->published, &path, 1, &error) ||
      !plausible_read(&simulation->plausible, plausible_path(simulation), &simulation->published,
                      &error))
    command_fail(command, &error);
  struct report *report = &command->report;
  report->has_seed = true;
  report->seed = command->seed;
  if (simulation->settings->check) // the cohort is the input
    return;
  report->has_input = true;
  report->input_file = memory_copy_text(file_display_name(path));
  strcpy(report->input_digest, simulation->published.digest);
  for (size_t i = 0; i < simulation->published.n_files; i++)
    report->input_rows += simulation->published.file[i].n_records;
  report->input_used = report->input_rows;
}

static bool reads_as_asked(const struct command *command)
{
  const struct table_options *table = &command->cohort.table;
  return command->cohort.n_conditions || command->cohort.n_derivations || table->na.n_items ||
         table->delimiter || table->decimal || table->encoding || table->catalog ||
         (table->codebook && table->codebook != getenv("HER2_CODEBOOK"));
}

static void check_command_line(struct command *command, const struct simulate_settings *settings,
                               enum statfile_kind *kind)
{
  struct error error = {0};
  if (command->file)
    error_set(&error, ERROR_USAGE, "there is no file to read here: '%s' (tables: --published=%s; "
                                   "a cohort: --check=%s)",
              command->file, command->file, command->file);
  else if (!settings->published)
    error_set(&error, ERROR_USAGE, "say where the printed tables are: --published=DIR");
  else if (settings->check && settings->codebook)
    error_set(&error, ERROR_USAGE, "--codebook-output: --check makes no cohort");
  else if (settings->check && settings->rows)
    error_set(&error, ERROR_USAGE, "--rows: --check makes no cohort");
  else if (!settings->check && reads_as_asked(command))
    error_set(&error, ERROR_USAGE, "options that say how a cohort is read are for --check=COHORT");
  else if (statfile_output_kind(command->output, kind, &error) && settings->check &&
           *kind != STATFILE_NONE)
    error_set(&error, ERROR_USAGE, "%s: --output gets a report with --check", command->output);
  if (error.status)
    command_fail(command, &error);
}

// ---- the cohort ----

static void make_cohort(struct simulation *simulation)
{
  simulation->is_simulated = true;
  simulation_run(simulation);
  if (simulation->settings->match != MATCH_TABLES) {
    simulation_run_models(simulation);
    simulation_run_split(simulation);
  }
  simulation_add_readers(simulation);
}

static void take_bytes(const char *bytes, size_t n, void *text)
{
  text_append_bytes(text, bytes, n);
}

static void write_statfile(const struct simulation *simulation, enum statfile_kind kind)
{
  struct command *command = simulation->command;
  struct statfile file;
  struct text_list notes = {0};
  struct error error = {0};
  simulation_fill_statfile(simulation, &file);
  if (!statfile_write(&file, kind, take_bytes, &command->product, &notes, &error)) {
    error_prefix(&error, "%s", command->output);
    command_fail(command, &error);
  }
  for (size_t i = 0; i < notes.n_items; i++)
    report_note(&command->report, "%s", notes.item[i]);
  text_list_free(&notes);
  statfile_free(&file);
}

static void write_codebook(const struct simulation *simulation)
{
  struct command *command = simulation->command;
  bool refused = command->strict && command->report.warnings.n_items; // by command_finish
  if (!simulation->settings->codebook || refused)
    return;
  struct text codebook = {0};
  struct error error;
  simulation_write_codebook(simulation, &codebook);
  if (!file_write(simulation->settings->codebook, codebook.bytes, codebook.length, &error))
    command_fail(command, &error);
  text_free(&codebook);
}

int main(int argc, char **argv)
{
  struct simulate_settings settings = {0};
  struct command command;
  enum statfile_kind kind = STATFILE_NONE;
  command_start(&command, &spec, &settings, argc, argv);
  check_command_line(&command, &settings, &kind);
  struct simulation simulation = {.command = &command, .settings = &settings};
  command_claim_path(&command, settings.codebook);
  load(&simulation);
  simulation_prepare(&simulation);
  simulation_prepare_models(&simulation);
  if (settings.check)
    simulation_read_cohort(&simulation);
  else
    make_cohort(&simulation);
  simulation_measure_goals(&simulation);
  simulation_report(&simulation);
  if (!settings.check && kind == STATFILE_NONE)
    simulation_write_cohort(&simulation, &command.product);
  else if (!settings.check)
    write_statfile(&simulation, kind);
  write_codebook(&simulation);
  int status = command_finish(&command, NULL, NULL);
  simulation_free(&simulation);
  return status;
}
