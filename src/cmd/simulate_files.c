// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate's files: the cohort as CSV with its codebook, or for SPSS and Stata.
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/simulate.h"
#include "data/statfile.h"

#define id_format "simulated-%0*zu"
static const char patient[] = "patient", patient_label[] = "Simulated patient";

// Digits of the last row's name.
static int id_width(const struct simulation *simulation)
{
  char last[NUMBER_SIZE];
  number_write(last, (double) simulation->n_rows);
  return strlen(last) < 3 ? 3 : (int) strlen(last);
}

static size_t group_of(const struct simulation *simulation, size_t row)
{
  size_t g = 0;
  while (row >= simulation->group_start[g] + simulation->group_n[g])
    g++;
  return g;
}

// The caller frees.
static char *group_label(const struct simulation *simulation)
{
  const struct plausible_item *group = plausible_group(&simulation->plausible);
  return text_format("%s (simulated cohort)",
                     group && group->label ? group->label : simulation->group_name);
}

static char *second_label(const struct simulate_item *item)
{
  return text_format("%s, second reader (simulated)", item->title);
}

// ---- CSV and codebook ----

static void append_cell(struct text *text, const char *cell)
{
  if (!strpbrk(cell, ",\"\r\n") && cell[0] != ' ' && !text_ends(cell, " ")) {
    text_append(text, cell);
    return;
  }
  text_append_character(text, '"');
  for (; *cell; cell++) {
    if (*cell == '"')
      text_append_character(text, '"');
    text_append_character(text, *cell);
  }
  text_append_character(text, '"');
}

static void append_value(struct text *text, const struct simulate_item *item, double value)
{
  char buffer[NUMBER_SIZE];
  if (isnan(value))
    return;
  if (item->feature)
    append_cell(text, item->feature->level[(size_t) value]);
  else
    text_append(text, number_write_fixed(buffer, value, item->decimals));
}

void simulation_write_cohort(const struct simulation *simulation, struct text *text)
{
  text_append(text, patient);
  text_append_character(text, ',');
  append_cell(text, simulation->group_name);
  for (size_t j = 0; j < simulation->n_items; j++) {
    text_append_character(text, ',');
    append_cell(text, simulation->item[j].name);
  }
  for (size_t j = 0; j < simulation->n_items; j++)
    if (simulation->item[j].second) {
      text_append_character(text, ',');
      append_cell(text, simulation->item[j].second_name);
    }
  text_append_character(text, '\n');
  int width = id_width(simulation);
  const size_t *order = simulation->order;
  for (size_t i = 0; i < simulation->n_rows; i++) {
    text_append_format(text, id_format ",", width, i + 1);
    append_cell(text, simulation->published.group[group_of(simulation, order[i])]);
    for (size_t j = 0; j < simulation->n_items; j++) {
      text_append_character(text, ',');
      append_value(text, &simulation->item[j], simulation->item[j].value[order[i]]);
    }
    for (size_t j = 0; j < simulation->n_items; j++)
      if (simulation->item[j].second) {
        text_append_character(text, ',');
        append_value(text, &simulation->item[j], simulation->item[j].second[order[i]]);
      }
    text_append_character(text, '\n');
  }
}

static _Noreturn void cannot_hold(const struct simulation *simulation, const char *level)
{
  struct error error;
  error_set(&error, ERROR_DATA, "a codebook cannot hold '%s': '|' parts its levels", level);
  command_fail(simulation->command, &error);
}

static void append_levels(const struct simulation *simulation, struct text *text,
                          char *const *level, size_t n_levels,
                          const struct plausible_item *assumed)
{
  struct text_list names = {0};
  for (size_t i = 0; i < n_levels; i++) {
    if (strchr(level[i], '|'))
      cannot_hold(simulation, level[i]);
    text_list_add(&names, level[i]);
  }
  char *levels = text_list_join(&names, "|");
  char *labels = assumed ? text_list_join(&assumed->labels, "|") : memory_copy_text("");
  text_append(text, "categorical,");
  append_cell(text, levels);
  text_append_character(text, ',');
  append_cell(text, labels);
  text_append(text, ",\n");
  free(levels);
  free(labels);
  text_list_free(&names);
}

static int printed_digits(const struct simulate_item *item)
{
  return item->assumed && item->assumed->digits >= 0 ? item->assumed->digits : item->digits;
}

// Left out where a formula says `.`: tables of the groups are of the first reader.
static void append_second_readers(const struct simulation *simulation, struct text *text)
{
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    if (!item->second)
      continue;
    append_cell(text, item->second_name);
    char *label = second_label(item);
    text_append_character(text, ',');
    append_cell(text, label);
    free(label);
    text_append_character(text, ',');
    append_cell(text, item->unit ? item->unit : "");
    text_append_format(text, ",ignore,,,%d\n", printed_digits(item));
  }
}

void simulation_write_codebook(const struct simulation *simulation, struct text *text)
{
  const struct plausible_item *group = plausible_group(&simulation->plausible);
  text_append(text, "variable,label,unit,type,levels,labels,digits\n");
  text_append_format(text, "%s,%s,,id,,,\n", patient, patient_label);
  append_cell(text, simulation->group_name);
  char *label = group_label(simulation);
  text_append_character(text, ',');
  append_cell(text, label);
  free(label);
  text_append(text, ",,");
  append_levels(simulation, text, simulation->published.group, simulation->published.n_groups,
                group);
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    append_cell(text, item->name);
    text_append_character(text, ',');
    append_cell(text, item->title == item->name ? "" : item->title);
    text_append_character(text, ',');
    append_cell(text, item->unit ? item->unit : "");
    text_append_character(text, ',');
    if (item->feature)
      append_levels(simulation, text, item->feature->level, item->feature->n_levels, item->assumed);
    else
      text_append_format(text, "numeric,,,%d\n",
                         printed_digits(item));
  }
  append_second_readers(simulation, text);
}

// ---- SPSS and Stata ----

// Measures as numbers with the decimals of the CSV file, features as codes 1, 2, ... whose labels
// are the levels.
static void fill_item(const struct simulation *simulation, struct statfile *file,
                      const struct simulate_item *item, const char *name, char *title,
                      const double *value)
{
  char *label = item->unit ? text_format("%s (%s)", title, item->unit) : memory_copy_text(title);
  struct statfile_column *column = statfile_add_column(file, name, label, STATFILE_NUMBER);
  free(label);
  free(title);
  column->nominal = item->feature != NULL;
  for (size_t k = 0; item->feature && k < item->feature->n_levels; k++)
    statfile_add_label(column, (double) (k + 1), item->feature->level[k]);
  for (size_t i = 0; i < simulation->n_rows; i++) {
    double x = value[simulation->order[i]];
    char number[NUMBER_SIZE];
    if (isnan(x))
      continue;
    if (item->feature)
      column->value[i] = x + 1;
    else
      number_parse_text(number_write_fixed(number, x, item->decimals), &column->value[i]);
  }
}

static void fill_patients(const struct simulation *simulation, struct statfile *file)
{
  struct statfile_column *column =
      statfile_add_column(file, patient, patient_label, STATFILE_TEXT);
  int width = id_width(simulation);
  for (size_t i = 0; i < file->n_rows; i++) {
    char *id = text_format(id_format, width, i + 1);
    statfile_set_text(column, i, id, strlen(id));
    free(id);
  }
}

static void fill_groups(const struct simulation *simulation, struct statfile *file)
{
  char *label = group_label(simulation);
  struct statfile_column *column =
      statfile_add_column(file, simulation->group_name, label, STATFILE_NUMBER);
  free(label);
  column->nominal = true;
  for (size_t g = 0; g < simulation->published.n_groups; g++)
    statfile_add_label(column, (double) (g + 1), simulation->published.group[g]);
  for (size_t i = 0; i < file->n_rows; i++)
    column->value[i] = (double) (group_of(simulation, simulation->order[i]) + 1);
}

void simulation_fill_statfile(const struct simulation *simulation, struct statfile *file)
{
  *file = (struct statfile){.n_rows = simulation->n_rows};
  fill_patients(simulation, file);
  fill_groups(simulation, file);
  for (size_t j = 0; j < simulation->n_items; j++) {
    const struct simulate_item *item = &simulation->item[j];
    fill_item(simulation, file, item, item->name, memory_copy_text(item->title), item->value);
  }
  for (size_t j = 0; j < simulation->n_items; j++) {
    const struct simulate_item *item = &simulation->item[j];
    if (item->second)
      fill_item(simulation, file, item, item->second_name, second_label(item), item->second);
  }
}
