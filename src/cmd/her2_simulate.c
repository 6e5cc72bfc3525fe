// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate: a cohort that has the numbers of a study's printed tables.
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cmd/simulate.h"

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

static bool set_codebook_output(void *pointer, const char *value, struct error *error)
{
  return set_path(&((struct simulate_settings *) pointer)->codebook, value, error);
}

static bool set_match(void *pointer, const char *value, struct error *error)
{
  static const char *const name[] = {[MATCH_TABLES] = "tables", [MATCH_MODELS] = "models",
                                     [MATCH_ALL] = "all"};
  for (size_t i = 0; i < sizeof name / sizeof *name; i++)
    if (strcmp(value, name[i]) == 0) {
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
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-simulate",
    .operands = "--published=DIR",
    .summary = "Make a simulated cohort that has the numbers of a study's printed tables.",
    .groups = OPTIONS_OUTPUT | OPTIONS_SEED | OPTIONS_PRODUCT,
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
  report->has_input = true;
  report->input_file = memory_copy_text(file_display_name(path));
  strcpy(report->input_digest, simulation->published.digest);
  for (size_t i = 0; i < simulation->published.n_files; i++)
    report->input_rows += simulation->published.file[i].n_records;
  report->input_used = report->input_rows;
  report->has_seed = true;
  report->seed = command->seed;
}

static void check_operands(struct command *command, const struct simulate_settings *settings)
{
  struct error error = {0};
  if (command->formula_text)
    error_set(&error, ERROR_USAGE, "there is no formula here: '%s'", command->formula_text);
  else if (command->file)
    error_set(&error, ERROR_USAGE, "there is no file to read here: '%s' (tables: --published=%s)",
              command->file, command->file);
  else if (!settings->published)
    error_set(&error, ERROR_USAGE, "say where the printed tables are: --published=DIR");
  if (error.status)
    command_fail(command, &error);
}

int main(int argc, char **argv)
{
  struct simulate_settings settings = {0};
  struct command command;
  command_start(&command, &spec, &settings, argc, argv);
  check_operands(&command, &settings);
  struct simulation simulation = {.command = &command, .settings = &settings};
  load(&simulation);
  simulation_prepare(&simulation);
  simulation_prepare_models(&simulation);
  simulation_run(&simulation);
  if (settings.match != MATCH_TABLES) {
    simulation_run_models(&simulation);
    simulation_run_split(&simulation);
    simulation_measure_goals(&simulation);
  }
  simulation_add_readers(&simulation);
  simulation_report(&simulation);
  simulation_write_cohort(&simulation, &command.product);
  bool refused = command.strict && command.report.warnings.n_items; // by command_finish
  if (settings.codebook && !refused) {
    struct text codebook = {0};
    struct error error;
    simulation_write_codebook(&simulation, &codebook);
    if (!file_write(settings.codebook, codebook.bytes, codebook.length, &error))
      command_fail(&command, &error);
    text_free(&codebook);
  }
  int status = command_finish(&command, NULL, NULL);
  simulation_free(&simulation);
  return status;
}
