// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "cmd/imputation.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum { MOST = 10000 };

static double percent_incomplete(const struct imputed *imputed)
{
  return 100 * (double) (imputed->n_rows - imputed->n_complete) / (double) imputed->n_rows;
}

bool imputation_set_number(struct imputation_settings *settings, const char *value,
                           struct error *error)
{
  return option_integer(value, 2, MOST, &settings->n_imputations, error);
}

bool imputation_set_iterations(struct imputation_settings *settings, const char *value,
                               struct error *error)
{
  return option_integer(value, 1, MOST, &settings->n_iterations, error);
}

bool imputation_set_helpers(struct imputation_settings *settings, const char *value,
                            struct error *error)
{
  text_list_split(&settings->with, value, ',');
  for (size_t i = 0; i < settings->with.n_items; i++)
    if (!*settings->with.item[i])
      return error_set(error, ERROR_USAGE, "'%s' has an empty name: write NAME,NAME", value);
  return true;
}

static void load_helpers(struct command *command, const struct text_list *with)
{
  struct column_request *request = NEW_ARRAY(struct column_request, with->n_items);
  struct error error;
  for (size_t i = 0; i < with->n_items; i++) {
    request[i].use = USE_AUTOMATIC;
    if (!table_find(&command->table, with->item[i], &request[i].column, &error)) {
      error_prefix(&error, "--impute-with");
      command_fail(command, &error);
    }
  }
  if (with->n_items && !table_load(&command->table, request, with->n_items, &error))
    command_fail(command, &error);
  free(request);
}

struct imputed command_impute(struct command *command, const struct imputation_settings *settings,
                              uint64_t seed, const struct formula *formula,
                              const struct outcome *outcome, const bool *allowed,
                              const struct derivation *const *further, size_t n_further)
{
  load_helpers(command, &settings->with);
  size_t n = command->cohort.n_derivations;
  const struct derivation **derivation = NEW_ARRAY(const struct derivation *, n + n_further);
  for (size_t i = 0; i < n + n_further; i++)
    derivation[i] = i < n ? command->cohort.derivation[i] : further[i - n];
  struct progress progress;
  progress_begin(&progress, "imputations", (size_t) settings->n_imputations, command->quiet);
  struct imputed_options options = {
      .n_imputations = (size_t) settings->n_imputations,
      .n_iterations = (size_t) settings->n_iterations,
      .seed = seed,
      .with = &settings->with,
      .derivation = derivation,
      .n_derivations = n + n_further,
      .progress = &progress,
  };
  struct imputed imputed;
  struct error error;
  if (!imputed_make(&imputed, formula, &command->table, outcome, allowed, &options, &error))
    command_fail(command, &error);
  progress_end(&progress);
  free(derivation);
  return imputed;
}

static bool has_interaction_or_curve(const struct formula *formula)
{
  for (size_t t = 0; t < formula->n_terms; t++)
    if (formula->term[t].n_parts > 1 || formula->term[t].part[0].kind == PART_SPLINE)
      return true;
  return false;
}

void command_note_few_imputations(struct command *command, const struct imputed *imputed)
{
  struct report *report = &command->report;
  double percent = percent_incomplete(imputed);
  if (imputed->cells.n_cells && (double) imputed->n_imputations < percent)
    report_note(report, "fewer imputations than percent of incomplete rows: --impute=%.0f or more "
                        "makes the P values reproducible",
                ceil(percent));
}

void command_note_imputation(struct command *command, const struct formula *formula,
                             const struct imputed *imputed)
{
  struct report *report = &command->report;
  if (!imputed->cells.n_cells) {
    report_note(report, "no value is missing: nothing is imputed");
    return;
  }
  struct text helpers = {0}, drawn = {0};
  for (size_t c = 0; c < imputed->n_columns; c++) {
    const struct imputed_column *column = &imputed->column[c];
    text_append_item(column->n_missing ? &drawn : &helpers, ", ", column->column->name);
  }
  report->has_seed = true;
  report->seed = imputed->problem.seed;
  report_note(report,
              "%zu of %zu rows (%.1f%%) lack a value; chained equations, %zu imputations of %zu "
              "iterations, seed %llu, of %s%s%s",
              imputed->n_rows - imputed->n_complete, imputed->n_rows, percent_incomplete(imputed),
              imputed->n_imputations, imputed->problem.n_iterations,
              (unsigned long long) imputed->problem.seed,
              text_content(&drawn), helpers.length ? "; with the help of " : "",
              text_content(&helpers));
  text_free(&helpers);
  text_free(&drawn);
  if (imputed->n_undefined)
    report_note(report, "%zu row%s left out: a derived value does not exist there",
                imputed->n_undefined, imputed->n_undefined == 1 ? "" : "s");
  if (has_interaction_or_curve(formula))
    report_note(report, "the imputation model has no interactions and curves: these terms are "
                        "drawn towards none in imputed rows");
}
