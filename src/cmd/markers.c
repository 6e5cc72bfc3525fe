// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "cmd/markers.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"

const double *predictor_without_rounding(const double *eta, size_t n, double *room)
{
  static const double negligible = 1e-7;
  double least = INFINITY, most = -INFINITY;
  for (size_t i = 0; i < n; i++) {
    least = fmin(least, eta[i]);
    most = fmax(most, eta[i]);
  }
  if (!(most - least <= negligible))
    return eta;
  for (size_t i = 0; i < n; i++)
    room[i] = least + (most - least) / 2;
  return room;
}

double markers_prevalence(const struct marker_set *set)
{
  return (double) set->n_events / (double) set->n_rows;
}

// ---- models and the outcome ----

static void read_models(struct command *command, struct marker_set *set)
{
  struct error error = {0};
  set->n_models = command->n_models;
  set->model = NEW_ZEROED(struct model, set->n_models);
  for (size_t m = 0; m < set->n_models; m++)
    if (!model_read(&set->model[m], command->model[m], &error))
      command_fail(command, &error);
}

static bool same_list(const struct text_list *a, const struct text_list *b)
{
  if (a->n_items != b->n_items)
    return false;
  for (size_t i = 0; i < a->n_items; i++)
    if (!text_list_has(b, a->item[i]))
      return false;
  return true;
}

static bool same_outcome(const struct model *a, const struct model *b)
{
  return text_equal(a->outcome, b->outcome) && same_list(&a->event, &b->event) &&
         same_list(&a->comparison, &b->comparison);
}

static void copy_list(struct text_list *to, const struct text_list *from)
{
  for (size_t i = 0; i < from->n_items; i++)
    text_list_add(to, from->item[i]);
}

// Without an outcome of its own the formula takes the models'.
static void take_outcome(struct command *command, const struct marker_set *set)
{
  struct error error = {0};
  struct formula *formula = &command->formula;
  if (formula->outcome)
    return;
  const struct model *first = set->model;
  if (!first->outcome) {
    error_set(&error, ERROR_USAGE,
              "model '%s' states no outcome: say it, as in 'her2 = over ~'", first->name);
    command_fail(command, &error);
  }
  for (size_t m = 1; m < set->n_models; m++)
    if (!same_outcome(first, &set->model[m])) {
      error_set(&error, ERROR_USAGE,
                "models '%s' and '%s' have different outcomes: say which, as in 'her2 = over ~'",
                first->name, set->model[m].name);
      command_fail(command, &error);
    }
  formula->outcome = memory_copy_text(first->outcome);
  copy_list(&formula->event, &first->event);
  copy_list(&formula->comparison, &first->comparison);
}

static void need_something(const struct command *command, const char *example)
{
  struct error error = {0};
  const struct formula *formula = &command->formula;
  if (!command->formula_text && !command->formula_from_file && !command->n_models)
    error_set(&error, ERROR_USAGE, "no formula and no model: say what to judge, as in '%s' (see "
                                   "--help)",
              example);
  else if (!formula->outcome && !command->n_models)
    error_set(&error, ERROR_USAGE, "the formula has no outcome: write it before '~', as in '%s'",
              example);
  if (error.status)
    command_fail(command, &error);
}

static void choose_parts(struct command *command, struct marker_set *set)
{
  if (command->test_part && !(command->holdout > 0)) {
    struct error error;
    error_set(&error, ERROR_USAGE, "--part=test needs --holdout=P");
    command_fail(command, &error);
  }
  set->part = command_part(command, &set->outcome);
  if (!set->part || !command->test_part)
    return;
  size_t n = command->table.n_rows;
  set->training = NEW_ARRAY(bool, n);
  for (size_t i = 0; i < n; i++)
    set->training[i] = !isnan(set->outcome.code[i]) && !set->part[i];
}

// ---- what must be said ----

static void warn_own_rows(struct report *report, const struct marker_set *set,
                          const struct marker *marker)
{
  const struct model *model = &set->model[marker->model];
  char number[NUMBER_SIZE];
  report_warning(report,
                 "model '%s' was made on %zu of these %zu rows, so that what is measured on all "
                 "of them is apparent in part (--holdout=%s --part=%s --seed=%" PRIu64
                 " judges it on the others)",
                 marker->name, marker->n_own, set->n_rows,
                 number_write(number, model->holdout.fraction),
                 model->holdout.test ? "train" : "test", model->holdout.seed);
}

static void note_origin(struct report *report, const struct marker_set *set,
                        const struct marker *marker)
{
  if (marker->kind == MARKER_MODEL) {
    const struct model *model = &set->model[marker->model];
    if (marker->imputed)
      report_note(report,
                  "internal: model '%s' was made on these rows (by their fingerprint) and on "
                  "imputed ones, which are left out here: what is measured of it is apparent "
                  "(her2-calib validates it, and imputes them anew)",
                  marker->name);
    else if (marker->internal)
      report_note(report, "internal: model '%s' was made on these rows (by their fingerprint)%s",
                  marker->name,
                  marker->partial ? "; it cannot be validated on them, as other terms lack some of "
                                    "them"
                                  : "");
    else if (marker->of_training)
      report_note(report, "hold-out: model '%s' was made on the training rows", marker->name);
    else if (marker->of_all)
      report_warning(report,
                     "model '%s' was made on all rows, the ones judged here among them: this is no "
                     "hold-out (her2-multivar --holdout sets rows apart)",
                     marker->name);
    else if (marker->n_own)
      warn_own_rows(report, set, marker);
    else if (marker->of_holdout)
      report_note(report, "hold-out: model '%s' was made on rows that are not among these",
                  marker->name);
    else if (!*model->fingerprint)
      report_note(report, "external: model '%s' states no fingerprint of its data", marker->name);
    else
      report_note(report,
                  "external: model '%s' was made on other rows than these; any of its own among "
                  "them would flatter it",
                  marker->name);
  }
}

// An ordinal column whose levels are numbers may be meant as it stands.
static bool is_ordered(const struct table *table, const char *name)
{
  size_t column;
  double number;
  if (!table_find(table, name, &column, NULL))
    return false;
  const struct column *found = &table->column[column];
  bool numbers = found->type == COLUMN_CATEGORICAL && found->variable_type == VARIABLE_ORDINAL;
  for (size_t i = 0; i < found->n_levels && numbers; i++)
    numbers = number_parse_text(found->level[i], &number);
  return numbers;
}

static void note_fit(struct command *command, const struct marker_set *set, enum marker_use use,
                     const struct marker *marker)
{
  struct report *report = &command->report;
  if (marker->kind != MARKER_FIT)
    return;
  const char *rows = set->training ? "on the training rows" : "on these rows";
  bool ordered = use == MARKERS_QUANTITIES && is_ordered(&command->table, marker->name);
  if (use == MARKERS_JOINT)
    report_note(report, "%s: the model is fitted %s", set->training ? "hold-out" : "internal",
                rows);
  else
    report_note(report, "%s goes through a logistic fit of its own %s%s%s%s%s", marker->name, rows,
                marker->saturated ? " (event fractions of its levels, some 0 or 1)" : "",
                ordered ? "; its numbers in their order: " : "", ordered ? marker->name : "",
                ordered ? "/1" : "");
}

static void exclude_missing(struct command *command, const struct marker_set *set)
{
  struct report *report = &command->report;
  const struct formula *formula = &command->formula;
  const struct table *table = &command->table;
  if (set->outcome.n_missing) {
    report_exclude(report, set->outcome.column->name, set->outcome.n_missing);
    report_note(report, "%zu row%s without %s left out", set->outcome.n_missing,
                set->outcome.n_missing == 1 ? "" : "s", set->outcome.column->name);
  }
  if (set->outcome.n_set_aside)
    report_note(report, "%zu row%s with another level of %s set aside", set->outcome.n_set_aside,
                set->outcome.n_set_aside == 1 ? "" : "s", set->outcome.column->name);
  struct text_list names = {0};
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++)
      if (!text_list_has(&names, formula->term[t].part[i].name))
        text_list_add(&names, formula->term[t].part[i].name);
  for (size_t m = 0; m < set->n_models; m++)
    for (size_t v = 0; v < set->model[m].design.n_variables; v++)
      if (!text_list_has(&names, set->model[m].design.variable[v].name))
        text_list_add(&names, set->model[m].design.variable[v].name);
  for (size_t k = 0; k < names.n_items; k++) {
    size_t column, n = 0;
    if (!table_find(table, names.item[k], &column, NULL))
      continue;
    for (size_t i = 0; i < table->n_rows; i++)
      n += isnan(table->column[column].value[i]) && !isnan(set->outcome.code[i]) &&
           (!set->part || set->part[i]);
    if (n)
      report_exclude(report, names.item[k], n);
  }
  text_list_free(&names);
  if (set->n_missing)
    report_note(report, "%zu row%s incomplete for the terms and models left out of all",
                set->n_missing, set->n_missing == 1 ? "" : "s");
  report->input_used = set->n_rows;
}

// Where the process that a model records is repeated, it should give the model.
static void warn_difference(struct report *report, const struct marker *marker)
{
  enum { SMALL = 10000 };
  if (marker->differs > 1.0 / SMALL)
    report_warning(report,
                   "model '%s': its modelling process, repeated on these rows, gives other "
                   "coefficients (by up to %.2g standard errors)",
                   marker->name, marker->differs);
}

static bool same_level(const char *a, const char *b)
{
  double x, y;
  return strcmp(a, b) == 0 ||
         (number_parse_text(a, &x) && number_parse_text(b, &y) && x == y);
}

static bool has_level(const struct text_list *levels, const char *level)
{
  for (size_t i = 0; i < levels->n_items; i++)
    if (same_level(levels->item[i], level))
      return true;
  return false;
}

// Whether the event of the formula, stated or that of a 0/1 outcome, is the model's.
static bool same_event(const struct model *model, const struct command *command,
                       const struct outcome *outcome)
{
  const struct text_list *event = &command->formula.event;
  if (!event->n_items)
    return model->event.n_items == 1 && same_level(model->event.item[0], outcome->group[0]);
  bool same = event->n_items == model->event.n_items;
  for (size_t i = 0; i < event->n_items && same; i++)
    same = has_level(&model->event, event->item[i]);
  return same;
}

// A column of another name is another cohort's; another level of the same one is a slip.
static void warn_event(struct command *command, const struct marker_set *set)
{
  for (size_t m = 0; m < set->n_models; m++) {
    const struct model *model = &set->model[m];
    if (!text_equal(model->outcome, command->formula.outcome) || !model->event.n_items ||
        same_event(model, command, &set->outcome))
      continue;
    char *event = text_list_join(&model->event, ",");
    report_warning(&command->report,
                   "model '%s' gives the risk of %s = %s, but the event here is %s = %s",
                   model->name, model->outcome, event, model->outcome, set->outcome.group[0]);
    free(event);
  }
}

// Notes on origin first: they decide how all else is read.
static void note_all(struct command *command, const struct marker_set *set, enum marker_use use)
{
  struct report *report = &command->report;
  struct text_list earlier = report->notes;
  report->notes = (struct text_list){0};
  for (size_t m = 0; m < set->n_markers; m++)
    note_origin(report, set, &set->marker[m]);
  for (size_t m = 0; m < set->n_markers; m++)
    note_fit(command, set, use, &set->marker[m]);
  for (size_t i = 0; i < earlier.n_items; i++)
    report_note(report, "%s", earlier.item[i]);
  text_list_free(&earlier);
  exclude_missing(command, set);
  warn_event(command, set);
  for (size_t m = 0; m < set->n_markers; m++)
    warn_difference(report, &set->marker[m]);
}

// ---- the whole ----

void command_load_judged(struct command *command, bool redo_selection, const char *example,
                         struct marker_set *set)
{
  struct error error = {0};
  *set = (struct marker_set){0};
  need_something(command, example);
  read_models(command, set);
  take_outcome(command, set);
  command->cohort.candidates = redo_selection;
  command_load_with_models(command, set->model, set->n_models);
  if (!outcome_resolve(&set->outcome, &command->formula, &command->table, OUTCOME_EVENT, &error))
    command_fail(command, &error);
  choose_parts(command, set);
}

void command_make_markers(struct command *command, enum marker_use use, bool redo_selection,
                          struct marker_set *set)
{
  struct error error = {0};
  if (!marker_set_fill(set, use, &command->formula, &command->table, redo_selection,
                       command->like, &error))
    command_fail(command, &error);
  note_all(command, set, use);
}

void command_load_markers(struct command *command, enum marker_use use, bool redo_selection,
                          const char *example, struct marker_set *set)
{
  command_load_judged(command, redo_selection, example, set);
  command_make_markers(command, use, redo_selection, set);
}
