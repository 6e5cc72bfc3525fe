// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate --check: an existing cohort in the place of a simulated one.  Its rows stand group
// after group, those of a group as in the file.
#include <config.h>

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/simulate.h"

#define FAIL(simulation, ...) \
  do { \
    struct error failure; \
    error_set(&failure, ERROR_DATA, __VA_ARGS__); \
    command_fail((simulation)->command, &failure); \
  } while (0)

// SIZE_MAX if there is none.
static size_t find_column(const struct simulation *simulation, const char *name)
{
  const struct table *table = &simulation->command->table;
  for (size_t i = 0; i < table->n_columns; i++)
    if (strcmp(table->column[i].name, name) == 0)
      return i;
  return SIZE_MAX;
}

// ---- groups ----

static char *level_list(const struct column *column)
{
  enum { MOST_TOLD = 12 };
  struct text text = {0};
  for (size_t i = 0; i < column->n_levels && i < MOST_TOLD; i++)
    text_append_item(&text, ", ", column->level[i]);
  if (column->n_levels > MOST_TOLD)
    text_append_format(&text, " and %zu more", column->n_levels - MOST_TOLD);
  text_append(&text, column->n_levels ? "" : "none");
  return text_take(&text);
}

// Which group of the tables each level of the column is; SIZE_MAX: none.
static size_t *groups_of_levels(const struct simulation *simulation, const struct column *column)
{
  const struct published *published = &simulation->published;
  size_t *group = NEW_ARRAY(size_t, column->n_levels), level;
  for (size_t i = 0; i < column->n_levels; i++)
    group[i] = SIZE_MAX;
  for (size_t g = 0; g < published->n_groups; g++) {
    if (!column_find_level(column, published->group[g], &level)) {
      struct error error;
      char *levels = level_list(column);
      error_set(&error, ERROR_DATA,
                "%s: column '%s' has no level '%s', a group of the tables (it has: %s)",
                simulation->command->table.name, column->name, published->group[g], levels);
      free(levels);
      free(group);
      command_fail(simulation->command, &error);
    }
    group[level] = g;
  }
  return group;
}

static bool says_simulated(const char *label)
{
  static const char word[] = "simulated";
  for (; *label; label++) {
    size_t i = 0;
    while (word[i] && tolower((unsigned char) label[i]) == word[i])
      i++;
    if (!word[i])
      return true;
  }
  return false;
}

static bool has_simulated_rows(const struct column *patient)
{
  return patient->type == COLUMN_CATEGORICAL && patient->n_levels &&
         text_starts(patient->level[0], "simulated-");
}

static void note_rows_left_out(const struct simulation *simulation, size_t n_missing,
                               size_t n_others)
{
  struct report *report = &simulation->command->report;
  const char *name = simulation->group_name;
  if (n_missing) {
    report_exclude(report, name, n_missing);
    report_note(report, "%zu row%s without %s left out", n_missing, n_missing == 1 ? "" : "s",
                name);
  }
  if (n_others)
    report_note(report, "%zu row%s with another level of %s set aside", n_others,
                n_others == 1 ? "" : "s", name);
}

void simulation_open_cohort(struct simulation *simulation)
{
  struct command *command = simulation->command;
  struct table *table = &command->table;
  struct error error;
  size_t index;
  command->file = simulation->settings->check;
  command_load(command);
  if (!table_find(table, simulation->group_name, &index, &error)) {
    error.status = ERROR_DATA;
    command_fail(command, &error);
  }
  size_t patient = find_column(simulation, "patient");
  struct column_request request[] = {{index, USE_CATEGORICAL}, {patient, USE_CATEGORICAL}};
  if (!table_load(table, request, patient == SIZE_MAX ? 1 : 2, &error))
    command_fail(command, &error);
  struct column *column = &table->column[index];
  if (column->type == COLUMN_NUMERIC)
    column_make_categorical(column, table->n_rows);
  size_t *group = groups_of_levels(simulation, column), n_missing = 0, n_others = 0;
  simulation->is_simulated = says_simulated(column_title(column)) ||
                             (patient != SIZE_MAX && has_simulated_rows(&table->column[patient]));
  simulation->group_n = NEW_ZEROED(size_t, simulation->published.n_groups);
  simulation->file_group = NEW_ARRAY(size_t, table->n_rows);
  simulation->n_rows = 0;
  for (size_t i = 0; i < table->n_rows; i++) {
    double code = column->value[i];
    size_t g = isnan(code) ? SIZE_MAX : group[(size_t) code];
    simulation->file_group[i] = g;
    n_missing += isnan(code) ? 1 : 0;
    n_others += !isnan(code) && g == SIZE_MAX;
    if (g == SIZE_MAX)
      continue;
    simulation->group_n[g]++;
    simulation->n_rows++;
  }
  free(group);
  if (simulation->n_rows == 0)
    FAIL(simulation, "%s: no row is of a group of the tables", table->name);
  command->report.input_used = simulation->n_rows;
  note_rows_left_out(simulation, n_missing, n_others);
}

// ---- columns ----

// The values of a column in the rows of the groups; of a feature the place of the level in the
// tables.  Returns the number of cells with another level, which count as missing.
static size_t take_values(const struct simulation *simulation, const struct simulate_item *item,
                          const struct column *column, double *value)
{
  size_t *place = NULL, n_others = 0, k = 0;
  if (item->feature) {
    place = NEW_ARRAY(size_t, column->n_levels);
    for (size_t i = 0; i < column->n_levels; i++)
      place[i] = SIZE_MAX;
    for (size_t l = 0; l < item->feature->n_levels; l++) {
      size_t level;
      if (column_find_level(column, item->feature->level[l], &level))
        place[level] = l;
    }
  }
  for (size_t i = 0; i < simulation->command->table.n_rows; i++) {
    if (simulation->file_group[i] == SIZE_MAX)
      continue;
    double x = column->value[i];
    if (place && !isnan(x)) {
      size_t l = place[(size_t) x];
      n_others += l == SIZE_MAX;
      x = l == SIZE_MAX ? NAN : (double) l;
    }
    value[simulation->order[k++]] = x;
  }
  free(place);
  return n_others;
}

static void order_rows(struct simulation *simulation)
{
  size_t *next = NEW_ARRAY(size_t, simulation->published.n_groups), k = 0;
  memcpy(next, simulation->group_start, simulation->published.n_groups * sizeof *next);
  simulation->order = NEW_ARRAY(size_t, simulation->n_rows);
  for (size_t i = 0; i < simulation->command->table.n_rows; i++)
    if (simulation->file_group[i] != SIZE_MAX)
      simulation->order[k++] = next[simulation->file_group[i]]++;
  free(next);
}

// All columns in one pass.
static void load_columns(const struct simulation *simulation)
{
  struct command *command = simulation->command;
  struct column_request *request =
      NEW_ARRAY(struct column_request, 2 * simulation->n_items);
  size_t n = 0;
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    enum column_use use = item->feature ? USE_CATEGORICAL : USE_NUMERIC;
    size_t index = find_column(simulation, item->name);
    if (index != SIZE_MAX)
      request[n++] = (struct column_request){index, use};
    index = item->second_name ? find_column(simulation, item->second_name) : SIZE_MAX;
    if (index != SIZE_MAX)
      request[n++] = (struct column_request){index, use};
  }
  struct error error;
  if (n && !table_load(&command->table, request, n, &error))
    command_fail(command, &error);
  free(request);
}

static struct column *ready_column(const struct simulation *simulation,
                                   const struct simulate_item *item, size_t index)
{
  struct table *table = &simulation->command->table;
  struct column *column = &table->column[index];
  if (item->feature && column->type == COLUMN_NUMERIC)
    column_make_categorical(column, table->n_rows);
  if (item->measure && column->type != COLUMN_NUMERIC)
    FAIL(simulation, "%s: column '%s' holds no numbers", table->name, column->name);
  return column;
}

static void count_values(const struct simulation *simulation, struct simulate_item *item)
{
  for (size_t g = 0; g < simulation->published.n_groups; g++) {
    const double *value = item->value + simulation->group_start[g];
    item->n[g] = 0;
    for (size_t i = 0; i < simulation->group_n[g]; i++)
      item->n[g] += !isnan(value[i]) ? 1 : 0;
  }
}

static void read_item(const struct simulation *simulation, struct simulate_item *item)
{
  struct report *report = &simulation->command->report;
  size_t index = find_column(simulation, item->name);
  item->is_absent = index == SIZE_MAX;
  if (!item->is_absent) {
    size_t n_others = take_values(simulation, item, ready_column(simulation, item, index),
                                  item->value);
    if (n_others)
      report_note(report, "%s: %zu cell%s with a level that the tables do not have: missing",
                  item->name, n_others, n_others == 1 ? "" : "s");
  }
  count_values(simulation, item);
  index = item->second_name ? find_column(simulation, item->second_name) : SIZE_MAX;
  if (index == SIZE_MAX || item->is_absent)
    return;
  item->second = NEW_ARRAY(double, simulation->n_rows);
  take_values(simulation, item, ready_column(simulation, item, index), item->second);
  item->icc_reached = simulation_icc(simulation, item);
}

static void name_second_readers(struct simulation *simulation)
{
  for (size_t i = 0; i < simulation->published.n_agreements; i++) {
    const struct published_agreement *agreement = &simulation->published.agreement[i];
    struct simulate_item *item =
        (struct simulate_item *) simulation_find(simulation, agreement->measure);
    if (!item || !item->measure || !published_is_printed(&agreement->icc))
      continue;
    item->icc = &agreement->icc;
    item->icc_reached = NAN;
    item->second_name = text_format("%s_2", item->name);
  }
}

// Goals that a column which is not there takes along.
static void give_up_goals(struct simulation *simulation)
{
  for (size_t i = 0; i < simulation->n_goals; i++) {
    struct simulate_goal *goal = &simulation->goal[i];
    if (goal->equation == SIZE_MAX)
      continue;
    const struct simulate_equation *equation = &simulation->equation[goal->equation];
    for (size_t k = 0; k < equation->n_items; k++) {
      const struct simulate_item *item = &simulation->item[equation->item[k]];
      if (!item->is_absent)
        continue;
      goal->is_sought = false;
      free(goal->why);
      goal->why = text_format("the cohort has no column '%s'", item->name);
    }
  }
}

void simulation_read_cohort(struct simulation *simulation)
{
  const struct command *command = simulation->command;
  struct text absent = {0};
  size_t n_absent = 0;
  order_rows(simulation);
  name_second_readers(simulation);
  load_columns(simulation);
  for (size_t i = 0; i < simulation->n_items; i++) {
    struct simulate_item *item = &simulation->item[i];
    read_item(simulation, item);
    n_absent += item->is_absent;
    if (item->is_absent)
      text_append_item(&absent, ", ", item->name);
  }
  if (n_absent == simulation->n_items)
    FAIL(simulation, "%s: it has no column of the tables: %s", command->table.name,
         text_content(&absent));
  if (n_absent)
    report_note(&simulation->command->report,
                "the cohort has no column %s: what is printed of %s is not met",
                text_content(&absent), n_absent == 1 ? "it" : "these");
  text_free(&absent);
  give_up_goals(simulation);
  simulation->correlation_factor = 1;
}
