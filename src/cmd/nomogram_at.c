// SPDX-License-Identifier: GPL-3.0-or-later
// One patient on the command line: --at='NAME=VALUE,...'.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/nomogram.h"
#include "data/derive.h"
#include "data/lexer.h"

struct entry {
  char *name, *text;
};

struct patient_text {
  const struct model *model;
  struct entry *entry;
  size_t n, capacity;
  struct error *error;
};

static void patient_text_free(struct patient_text *patient)
{
  for (size_t i = 0; i < patient->n; i++) {
    free(patient->entry[i].name);
    free(patient->entry[i].text);
  }
  free(patient->entry);
}

static struct entry *find_entry(const struct patient_text *patient, const char *name)
{
  for (size_t i = 0; i < patient->n; i++)
    if (strcmp(patient->entry[i].name, name) == 0)
      return &patient->entry[i];
  return NULL;
}

// Takes both over.
static void add_entry(struct patient_text *patient, char *name, char *text)
{
  GROW_ARRAY(patient->entry, patient->capacity, patient->n + 1);
  patient->entry[patient->n++] = (struct entry){name, text};
}

static bool parse_entry(struct patient_text *patient, struct lexer *lexer)
{
  struct error *error = patient->error;
  const char *place = lexer->place;
  char *name = lexer_take_name(lexer, error);
  if (!name)
    return false;
  if (find_entry(patient, name)) {
    lexer_error(lexer, place, error, "'%s' is there twice", name);
    free(name);
    return false;
  }
  char *text = NULL;
  if (lexer_take(lexer, "="))
    text = lexer_take_level(lexer, NULL, error);
  else
    lexer_unexpected(lexer, error, "'=' and a value");
  if (!text) {
    free(name);
    return false;
  }
  add_entry(patient, name, text);
  return true;
}

static bool parse_entries(struct patient_text *patient, const char *text)
{
  struct lexer lexer;
  if (!lexer_begin(&lexer, "patient", text, patient->error))
    return false;
  do {
    if (!parse_entry(patient, &lexer))
      return false;
  } while (lexer_take(&lexer, ","));
  return lexer_at_end(&lexer) ||
         lexer_unexpected(&lexer, patient->error,
                          "',' and the next variable (a value with blanks or signs goes in double "
                          "quotes, a decimal mark is '.')");
}

// ---- what the model derives ----

// The numbers of all inputs, or false if one is not given or is none.
static bool input_numbers(struct patient_text *patient, const struct derivation *derivation,
                          double *number)
{
  const struct text_list *inputs = derivation_inputs(derivation);
  for (size_t i = 0; i < inputs->n_items; i++) {
    struct entry *entry = find_entry(patient, inputs->item[i]);
    if (!entry || !number_parse_text(entry->text, &number[i]))
      return false;
  }
  return true;
}

static bool derive(struct patient_text *patient, const char *text, struct text_list *inputs)
{
  struct derivation *derivation = derivation_parse(text, patient->error);
  if (!derivation)
    return false;
  const struct text_list *reads = derivation_inputs(derivation);
  size_t n = reads->n_items;
  for (size_t i = 0; i < n; i++)
    text_list_add(inputs, reads->item[i]);
  double *number = NEW_ARRAY(double, n), result;
  if (!find_entry(patient, derivation_name(derivation)) &&
      input_numbers(patient, derivation, number)) {
    const double **input = NEW_ARRAY(const double *, n);
    for (size_t i = 0; i < n; i++)
      input[i] = &number[i];
    derivation_compute(derivation, input, 1, &result);
    free(input);
    char buffer[NUMBER_SIZE];
    add_entry(patient, memory_copy_text(derivation_name(derivation)),
              memory_copy_text(number_write(buffer, result)));
  }
  free(number);
  derivation_free(derivation);
  return true;
}

// The inputs of the derivation that makes this column, "a and b"; NULL if none does.
static char *derived_from(const struct model *model, const char *name)
{
  for (size_t i = 0; i < model->derivations.n_items; i++) {
    struct derivation *derivation = derivation_parse(model->derivations.item[i], NULL);
    if (!derivation)
      continue;
    char *inputs = strcmp(derivation_name(derivation), name) == 0
                       ? text_list_join(derivation_inputs(derivation), " and ")
                       : NULL;
    derivation_free(derivation);
    if (inputs)
      return inputs;
  }
  return NULL;
}

// ---- values ----

static bool take_level(const struct design_variable *variable, const char *text, double *value,
                       struct error *error)
{
  size_t level = design_find_level(variable, text);
  if (level != DESIGN_ALL) {
    *value = (double) level;
    return true;
  }
  char *all = text_list_join(&variable->levels, ", ");
  char *suggestion = text_suggestion(text, (const char *const *) variable->levels.item,
                                     variable->levels.n_items);
  error_set(error, ERROR_USAGE, "'%s' has no level '%s'%s (levels: %s)", variable->name, text,
            suggestion, all);
  free(suggestion);
  free(all);
  return false;
}

static bool is_defined(const struct design *design, size_t v, double value, struct error *error)
{
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_parts; i++) {
      const struct design_part *part = &design->term[t].part[i];
      if (part->variable != v)
        continue;
      const char *why = part->kind == PART_LOG && !(value > 0)     ? "has no logarithm"
                        : part->kind == PART_SQRT && !(value >= 0) ? "has no square root"
                        : part->kind == PART_RISK && !(value >= 0 && value <= 1)
                            ? "is not a probability"
                            : NULL;
      if (why)
        return error_set(error, ERROR_USAGE, "%s=%g %s", design->variable[v].name, value, why);
    }
  return true;
}

static bool take_value(const struct patient_text *patient, size_t v, double *value)
{
  const struct design *design = &patient->model->design;
  const struct design_variable *variable = &design->variable[v];
  struct entry *entry = find_entry(patient, variable->name);
  if (variable->categorical)
    return take_level(variable, entry->text, value, patient->error);
  if (!number_parse_text(entry->text, value))
    return error_set(patient->error, ERROR_USAGE, "%s=%s: %s", variable->name, entry->text,
                     *entry->text ? "not a number"
                                  : "it is not defined for the values it is derived from");
  return is_defined(design, v, *value, patient->error);
}

static bool all_are_there(const struct patient_text *patient)
{
  const struct model *model = patient->model;
  struct text missing = {0};
  for (size_t v = 0; v < model->design.n_variables; v++) {
    const char *name = model->design.variable[v].name;
    if (find_entry(patient, name))
      continue;
    char *from = derived_from(model, name);
    char *item = from ? text_format("%s (or %s, from which it is computed)", name, from)
                      : memory_copy_text(name);
    text_append_item(&missing, ", ", item);
    free(item);
    free(from);
  }
  bool good = !missing.length ||
              error_set(patient->error, ERROR_USAGE, "no value for %s", text_content(&missing));
  text_free(&missing);
  return good;
}

// `inputs`: what derivations read.
static bool all_are_known(const struct patient_text *patient, const struct text_list *inputs)
{
  const struct design *design = &patient->model->design;
  for (size_t i = 0; i < patient->n; i++) {
    const char *name = patient->entry[i].name;
    if (design_find_variable(design, name) != DESIGN_ALL || text_list_has(inputs, name))
      continue;
    const char **names = NEW_ARRAY(const char *, design->n_variables);
    for (size_t v = 0; v < design->n_variables; v++)
      names[v] = design->variable[v].name;
    char *suggestion = text_suggestion(name, names, design->n_variables);
    struct text all = {0};
    for (size_t v = 0; v < design->n_variables; v++)
      text_append_item(&all, ", ", names[v]);
    error_set(patient->error, ERROR_USAGE, "the model has no variable '%s'%s (variables: %s)", name,
              suggestion, text_content(&all));
    text_free(&all);
    free(suggestion);
    free(names);
    return false;
  }
  return true;
}

bool nomogram_read_at(const struct model *model, const char *text, double *value,
                      struct error *error)
{
  struct patient_text patient = {.model = model, .error = error};
  struct text_list inputs = {0};
  bool good = parse_entries(&patient, text);
  for (size_t i = 0; i < model->derivations.n_items && good; i++)
    good = derive(&patient, model->derivations.item[i], &inputs);
  good = good && all_are_known(&patient, &inputs) && all_are_there(&patient);
  for (size_t v = 0; v < model->design.n_variables && good; v++)
    good = take_value(&patient, v, &value[v]);
  text_list_free(&inputs);
  patient_text_free(&patient);
  return good;
}

bool nomogram_is_outside(const struct design_variable *variable, double value)
{
  return !variable->categorical && (value < variable->least || value > variable->most);
}
