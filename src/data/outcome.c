// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/outcome.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"

enum { MOST_GROUPS = 20 };

void outcome_free(struct outcome *outcome)
{
  for (size_t g = 0; g < outcome->n_groups; g++) {
    free(outcome->group[g]);
    free(outcome->label[g]);
  }
  free(outcome->group);
  free(outcome->label);
  free(outcome->code);
  free(outcome->n);
  *outcome = (struct outcome){0};
}

static size_t add_group(struct outcome *outcome, char *name, char *label)
{
  size_t g = outcome->n_groups++;
  RESIZE_ARRAY(outcome->group, outcome->n_groups);
  RESIZE_ARRAY(outcome->label, outcome->n_groups);
  outcome->group[g] = name;
  outcome->label[g] = label;
  return g;
}

static char *list_levels(const struct column *column)
{
  struct text names = {0};
  for (size_t i = 0; i < column->n_levels && i < MOST_GROUPS; i++)
    text_append_item(&names, ", ", column->level[i]);
  if (column->n_levels > MOST_GROUPS)
    text_append(&names, ", ...");
  return text_take(&names);
}

// A level by its value in a statistics file, with a note.
static bool find_by_code(const struct column *column, struct table *table, const char *wanted,
                         size_t *level)
{
  double number, value;
  for (size_t i = 0; i < column->n_levels; i++) {
    char *code = table_level_code(table, column, column->level[i]);
    bool same = code && (strcmp(code, wanted) == 0 ||
                         (number_parse_text(code, &value) && number_parse_text(wanted, &number) &&
                          value == number));
    free(code);
    if (!same)
      continue;
    *level = i;
    text_list_adopt(&table->notes, text_format("outcome '%s': %s is the value of '%s'",
                                               column->name, wanted, column->level[i]));
    return true;
  }
  return false;
}

// The group that the levels in `list` form; marks them in group_of.
static bool group_of_levels(struct outcome *outcome, const struct text_list *list,
                            struct table *table, size_t *group_of, struct error *error)
{
  const struct column *column = outcome->column;
  struct text names = {0}, labels = {0};
  size_t group = outcome->n_groups;
  for (size_t i = 0; i < list->n_items; i++) {
    size_t level;
    if (!column_find_level(column, list->item[i], &level) &&
        !find_by_code(column, table, list->item[i], &level)) {
      char *levels = list_levels(column);
      char *suggestion = text_suggestion(list->item[i], (const char *const *) column->level,
                                         column->n_levels);
      error_set(error, ERROR_USAGE, "outcome '%s' has no level '%s'%s (levels: %s)", column->name,
                list->item[i], suggestion, levels);
      free(levels);
      free(suggestion);
      text_free(&names);
      text_free(&labels);
      return false;
    }
    group_of[level] = group;
    text_append_item(&names, ", ", column->level[level]);
    text_append_item(&labels, ", ", column->level_label[level]);
  }
  add_group(outcome, text_take(&names), text_take(&labels));
  return true;
}

// Every level that no group has yet.
static void group_of_rest(struct outcome *outcome, size_t *group_of)
{
  const struct column *column = outcome->column;
  size_t n_rest = 0, last = 0;
  for (size_t i = 0; i < column->n_levels; i++)
    if (group_of[i] == (size_t) -1) {
      group_of[i] = outcome->n_groups;
      last = i;
      n_rest++;
    }
  if (n_rest == 1)
    add_group(outcome, memory_copy_text(column->level[last]),
              memory_copy_text(column->level_label[last]));
  else
    add_group(outcome, text_format("not %s", outcome->group[0]),
              text_format("not %s", outcome->label[0]));
}

// The level that means the event in a column of two: 1 of 0/1, TRUE of FALSE/TRUE.
static const char *self_evident_event(const struct column *column)
{
  static const char *const pairs[][2] = {
      {"0", "1"}, {"FALSE", "TRUE"}, {"False", "True"}, {"false", "true"}};
  if (column->n_levels != 2)
    return NULL;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    if (strcmp(column->level[0], pairs[i][0]) == 0 && strcmp(column->level[1], pairs[i][1]) == 0)
      return pairs[i][1];
  return NULL;
}

static bool form_groups(struct outcome *outcome, const struct formula *formula,
                        struct table *table, enum outcome_need need, size_t *group_of,
                        struct error *error)
{
  const struct column *column = outcome->column;
  outcome->has_event = formula->event.n_items > 0;
  if (outcome->has_event) {
    if (!group_of_levels(outcome, &formula->event, table, group_of, error))
      return false;
    if (formula->comparison.n_items)
      return group_of_levels(outcome, &formula->comparison, table, group_of, error);
    group_of_rest(outcome, group_of);
    return true;
  }
  if (need == OUTCOME_EVENT) {
    const char *event = self_evident_event(column);
    if (!event) {
      char *levels = list_levels(column);
      error_set(error, ERROR_USAGE,
                "which level of '%s' is the event? write '%s = LEVEL ~ ...' (levels: %s)",
                column->name, column->name, levels);
      free(levels);
      return false;
    }
    struct text_list list = {0};
    text_list_add(&list, event);
    outcome->has_event = true;
    group_of_levels(outcome, &list, table, group_of, error);
    text_list_free(&list);
    group_of_rest(outcome, group_of);
    return true;
  }
  for (size_t i = 0; i < column->n_levels; i++)
    group_of[i] = add_group(outcome, memory_copy_text(column->level[i]),
                            memory_copy_text(column->level_label[i]));
  return true;
}

static void assign_rows(struct outcome *outcome, const size_t *group_of, size_t n_rows)
{
  outcome->code = NEW_ARRAY(double, n_rows);
  outcome->n = NEW_ZEROED(size_t, outcome->n_groups);
  for (size_t i = 0; i < n_rows; i++) {
    double level = outcome->column->value[i];
    outcome->code[i] = NAN;
    if (isnan(level)) {
      outcome->n_missing++;
    } else if (group_of[(size_t) level] == (size_t) -1) {
      outcome->n_set_aside++;
    } else {
      outcome->code[i] = (double) group_of[(size_t) level];
      outcome->n[group_of[(size_t) level]]++;
    }
  }
}

// Closes the gaps that groups without rows leave.
static void drop_empty_groups(struct outcome *outcome, size_t n_rows, struct text_list *notes)
{
  size_t *now = NEW_ARRAY(size_t, outcome->n_groups), kept = 0;
  for (size_t g = 0; g < outcome->n_groups; g++) {
    now[g] = kept;
    if (outcome->n[g]) {
      outcome->group[kept] = outcome->group[g];
      outcome->label[kept] = outcome->label[g];
      outcome->n[kept++] = outcome->n[g];
    } else {
      text_list_adopt(notes, text_format("no row has %s = %s: that group is left out",
                                         outcome->column->name, outcome->group[g]));
      free(outcome->group[g]);
      free(outcome->label[g]);
    }
  }
  if (kept < outcome->n_groups)
    for (size_t i = 0; i < n_rows; i++)
      if (!isnan(outcome->code[i]))
        outcome->code[i] = (double) now[(size_t) outcome->code[i]];
  outcome->n_groups = kept;
  free(now);
}

static void one_group(struct outcome *outcome, size_t n_rows)
{
  add_group(outcome, memory_copy_text("all"), memory_copy_text("All"));
  outcome->code = NEW_ZEROED(double, n_rows);
  outcome->n = NEW_ARRAY(size_t, 1);
  outcome->n[0] = n_rows;
}

bool outcome_resolve(struct outcome *outcome, const struct formula *formula, struct table *table,
                     enum outcome_need need, struct error *error)
{
  *outcome = (struct outcome){0};
  if (!formula->outcome) {
    if (need == OUTCOME_EVENT)
      return error_set(error, ERROR_USAGE, "the formula has no outcome: write 'OUTCOME ~ TERMS'");
    one_group(outcome, table->n_rows);
    return true;
  }
  size_t index;
  if (!table_find(table, formula->outcome, &index, error))
    return false;
  struct column *column = &table->column[index];
  if (column->type == COLUMN_NUMERIC)
    column_make_categorical(column, table->n_rows);
  outcome->column = column;
  if (column->n_missing == table->n_rows)
    return error_set(error, ERROR_DATA, "outcome '%s' has no value among the rows used: nothing "
                     "to compare", column->name);
  if (!formula->event.n_items && column->n_levels > MOST_GROUPS)
    return error_set(error, ERROR_DATA,
                     "outcome '%s' has %zu different values; groups can be %d at most",
                     column->name, column->n_levels, MOST_GROUPS);
  size_t *group_of = NEW_ARRAY(size_t, column->n_levels);
  for (size_t i = 0; i < column->n_levels; i++)
    group_of[i] = (size_t) -1;
  bool good = form_groups(outcome, formula, table, need, group_of, error);
  if (good) {
    assign_rows(outcome, group_of, table->n_rows);
    drop_empty_groups(outcome, table->n_rows, &table->notes);
    if (outcome->n_groups < 2)
      good = error_set(error, ERROR_DATA, "outcome '%s' has %s: nothing to compare", column->name,
                       outcome->n_groups ? "one level only among the rows used"
                                         : "no value among the rows used");
  }
  free(group_of);
  if (!good)
    outcome_free(outcome);
  return good;
}
