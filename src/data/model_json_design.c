// SPDX-License-Identifier: GPL-3.0-or-later
// The model file: reading variables and terms.
#include <config.h>

#include "data/model_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/formula.h"

enum { MOST_DIGITS = 15 };

// ---- variables ----

static bool read_levels(const struct model_reader *reader, const char *place, const json_t *object,
                        struct design_variable *variable)
{
  struct text_list *levels = &variable->levels, *labels = &variable->level_labels;
  char *reference = NULL, *at = NULL;
  bool good = model_take_strings_key(reader, place, object, "levels", true,
                                     "an array of two levels or more", 2, levels) &&
              model_take_string_key(reader, place, object, "reference", true, "the reference level",
                                    &reference);
  for (size_t i = 0; i < levels->n_items && good; i++) {
    double number, other;
    if (!number_parse_text(levels->item[i], &number))
      continue;
    for (size_t j = 0; j < i && good; j++)
      if (number_parse_text(levels->item[j], &other) && other == number) {
        at = model_place_key(place, "levels");
        good = model_refuse(reader, at, "'%s' and '%s' are the same number", levels->item[j],
                            levels->item[i]);
      }
  }
  const json_t *labels_given = json_object_get(object, "labels");
  if (good && labels_given) {
    at = model_place_key(place, "labels");
    if (!json_is_array(labels_given) || json_array_size(labels_given) != levels->n_items)
      good = model_refuse_value(reader, at, labels_given, "an array with a label for each level");
    for (size_t i = 0; i < levels->n_items && good; i++) {
      char *at_label = model_place_index(at, i), *label = NULL;
      good =
          model_take_string(reader, at_label, json_array_get(labels_given, i), "a label", &label);
      if (label)
        text_list_adopt(labels, label);
      free(at_label);
    }
  } else if (good) {
    for (size_t i = 0; i < levels->n_items; i++)
      text_list_add(labels, levels->item[i]);
  }
  if (good) {
    size_t first = 0;
    while (first < levels->n_items && strcmp(levels->item[first], reference) != 0)
      first++;
    if (first == levels->n_items) {
      free(at);
      at = model_place_key(place, "reference");
      good = model_refuse(reader, at, "'%s' is none of the levels", reference);
    } else {
      char *level = levels->item[first], *label = labels->item[first];
      memmove(levels->item + 1, levels->item, first * sizeof *levels->item);
      memmove(labels->item + 1, labels->item, first * sizeof *labels->item);
      levels->item[0] = level;
      labels->item[0] = label;
    }
  }
  free(at);
  free(reference);
  return good;
}

static bool read_range(const struct model_reader *reader, const char *place, const json_t *object,
                       struct design_variable *variable)
{
  const json_t *range = json_object_get(object, "range");
  if (!range)
    return true;
  char *at = model_place_key(place, "range");
  bool good = json_is_array(range) && json_array_size(range) == 2;
  if (!good)
    model_refuse_value(reader, at, range, "an array of the least and the greatest value seen");
  double *const ends[2] = {&variable->least, &variable->most};
  for (size_t i = 0; i < 2 && good; i++) {
    char *at_end = model_place_index(at, i);
    good = model_take_number(reader, at_end, json_array_get(range, i), "a number", -INFINITY,
                             INFINITY, ends[i]);
    free(at_end);
  }
  if (good && variable->least > variable->most)
    good = model_refuse(reader, at, "the least value is greater than the greatest");
  free(at);
  return good;
}

static bool read_variable(const struct model_reader *reader, const char *place,
                          const json_t *object)
{
  static const char *const of_numbers[] = {"name", "label", "unit", "type", "digits",
                                           "step", "range", NULL};
  static const char *const of_levels[] = {"name",   "label",  "unit",      "type", "digits",
                                          "levels", "labels", "reference", NULL};
  static const char *const any[] = {"name", "label",  "unit",   "type",      "digits", "step",
                                    "range", "levels", "labels", "reference", NULL};
  struct design *design = &reader->model->design;
  RESIZE_ARRAY(design->variable, design->n_variables + 1);
  struct design_variable *variable = &design->variable[design->n_variables];
  *variable = (struct design_variable){.digits = -1, .least = NAN, .most = NAN, .step = NAN};
  design->n_variables++;
  char *type = NULL;
  double digits = -1;
  bool good =
      model_take_object(reader, place, object, any) &&
      model_take_string_key(reader, place, object, "name", true, "the name of a column",
                            &variable->name) &&
      model_take_string_key(reader, place, object, "label", false, "a label", &variable->label) &&
      model_take_string_key(reader, place, object, "unit", false, "a unit", &variable->unit) &&
      model_take_string_key(reader, place, object, "type", true,
                            "\"numeric\", \"categorical\" or \"ordinal\"", &type) &&
      model_take_number_key(reader, place, object, "digits", "a number of decimals from 0 to 15", 0,
                            MOST_DIGITS, &digits);
  if (good) {
    variable->ordinal = strcmp(type, "ordinal") == 0;
    variable->categorical = variable->ordinal || strcmp(type, "categorical") == 0;
    variable->digits = (int) digits;
    char *at = model_place_key(place, digits == variable->digits ? "type" : "digits");
    if (digits != variable->digits)
      good = model_refuse(reader, at, "expected a whole number");
    else if (!variable->categorical && strcmp(type, "numeric") != 0)
      good = model_refuse(reader, at,
                          "expected \"numeric\", \"categorical\" or \"ordinal\", found \"%.*s\"",
                          model_excerpt(type), type);
    free(at);
  }
  for (size_t v = 0; v + 1 < design->n_variables && good; v++)
    if (strcmp(design->variable[v].name, variable->name) == 0)
      good = model_refuse(reader, place, "variable '%s' stands twice", variable->name);
  if (good && strcmp(variable->name, reader->model->outcome) == 0)
    good = model_refuse(reader, place, "'%s' is the outcome and cannot be a predictor",
                        variable->name);
  good = good &&
         model_check_keys(reader, place, object, variable->categorical ? of_levels : of_numbers);
  if (good && variable->categorical) {
    good = read_levels(reader, place, object, variable);
  } else if (good) {
    good = model_take_number_key(reader, place, object, "step", "a number above 0", 0, INFINITY,
                                 &variable->step) &&
           read_range(reader, place, object, variable);
    double span = variable->most - variable->least;
    if (good && variable->step == 0)
      good = model_refuse(reader, place, "expected a step above 0");
    if (isnan(variable->step) && variable->digits >= 0)
      variable->step = pow(10, -variable->digits);
    else if (isnan(variable->step) && span > 0 && isfinite(span))
      variable->step = pow(10, floor(log10(span)) - 3);
  }
  free(type);
  return good;
}

bool model_read_variables(const struct model_reader *reader, const json_t *root)
{
  const json_t *variables = json_object_get(root, "variables");
  if (!json_is_array(variables))
    return model_refuse_value(reader, ".variables", variables, "an array of variables");
  bool good = true;
  for (size_t i = 0; i < json_array_size(variables) && good; i++) {
    char *at = model_place_index(".variables", i);
    good = read_variable(reader, at, json_array_get(variables, i));
    free(at);
  }
  return good;
}

// ---- terms ----

// One term of a formula, nothing else.
bool model_parse_term(const struct model_reader *reader, const char *place, const char *written,
                      struct formula *formula)
{
  struct text text = {0};
  struct error error = {0};
  text_append_format(&text, "~ %s", written);
  bool good = formula_parse(formula, text_content(&text), &error);
  text_free(&text);
  if (!good)
    return model_refuse(reader, place, "expected a term, found '%.*s': %s", model_excerpt(written),
                        written, error.message);
  if (formula->n_terms == 1 && formula->term[0].sign == TERM_ADD)
    return true;
  formula_free(formula);
  return model_refuse(reader, place, "expected one term (a product a*b is the terms a, b and a:b)");
}

// The number or array under the variable's name in the term's `key`; NULL after an error.
static const json_t *find_learned(const struct model_reader *reader, const char *place,
                                  const json_t *entry, const char *key, const char *variable,
                                  const char *expected, char **at)
{
  char *at_key = model_place_key(place, key);
  *at = model_place_key(at_key, variable);
  const json_t *group = json_object_get(entry, key);
  const json_t *value = NULL;
  if (group && !json_is_object(group)) {
    model_refuse_value(reader, at_key, group, "an object");
  } else {
    value = json_object_get(group, variable);
    if (!value)
      model_refuse_value(reader, *at, value, expected);
  }
  free(at_key);
  return value;
}

static bool read_sd(const struct model_reader *reader, const char *place, const json_t *entry,
                    const char *variable, struct design_part *part)
{
  char *at;
  const json_t *value = find_learned(reader, place, entry, "sd", variable,
                                     "the standard deviation that /sd divides by", &at);
  bool good = value && model_take_number(reader, at, value, "a standard deviation above 0", 0,
                                         INFINITY, &part->divisor);
  if (good && part->divisor == 0)
    good = model_refuse_value(reader, at, value, "a standard deviation above 0");
  free(at);
  return good;
}

static bool read_knots(const struct model_reader *reader, const char *place, const json_t *entry,
                       const char *variable, struct design_part *part)
{
  char *at, expected[64];
  snprintf(expected, sizeof expected, "an array of %zu ascending knots", part->n_knots);
  const json_t *value = find_learned(reader, place, entry, "knots", variable, expected, &at);
  bool good = value != NULL;
  if (good && (!json_is_array(value) || json_array_size(value) != part->n_knots))
    good = model_refuse_value(reader, at, value, expected);
  part->knot = NEW_ARRAY(double, part->n_knots);
  for (size_t i = 0; i < part->n_knots && good; i++) {
    char *at_knot = model_place_index(at, i);
    const json_t *knot = json_array_get(value, i);
    good =
        model_take_number(reader, at_knot, knot, "a number", -INFINITY, INFINITY, &part->knot[i]);
    if (good && i > 0 && !(part->knot[i] > part->knot[i - 1]))
      good = model_refuse_value(reader, at_knot, knot, "a knot greater than the one before");
    free(at_knot);
  }
  // The basis divides by the square of the distance of the outer knots.
  if (good) {
    double distance = part->knot[part->n_knots - 1] - part->knot[0];
    if (!isfinite(distance * distance) || !(distance * distance >= 0x1p-1022))
      good = model_refuse(reader, at, "knots so near or far that the spline cannot be computed");
  }
  free(at);
  return good;
}

// What is learned must be asked for by the term.
static bool check_learned(const struct model_reader *reader, const char *place, const json_t *entry,
                          const char *key, const struct design_term *term, enum part_kind kind)
{
  const json_t *group = json_object_get(entry, key);
  if (!group)
    return true;
  char *at = model_place_key(place, key);
  bool good = json_is_object(group) || model_refuse_value(reader, at, group, "an object");
  const struct design *design = &reader->model->design;
  const char *name;
  json_t *value;
  if (good)
    json_object_foreach((json_t *) group, name, value) {
      bool found = false;
      for (size_t i = 0; i < term->n_parts && !found; i++)
        found = term->part[i].kind == kind &&
                strcmp(design->variable[term->part[i].variable].name, name) == 0;
      if (found)
        continue;
      char *at_name = model_place_key(at, name);
      good = model_refuse(reader, at_name, "the term does not ask for it");
      free(at_name);
      break;
    }
  free(at);
  return good;
}

static bool read_part(const struct model_reader *reader, const char *place, const json_t *entry,
                      const struct formula_part *written, struct design_part *part)
{
  const struct design *design = &reader->model->design;
  size_t v = design_find_variable(design, written->name);
  if (v == DESIGN_ALL)
    return model_refuse(reader, place, "'%s' is none of .variables", written->name);
  const struct design_variable *variable = &design->variable[v];
  *part = (struct design_part){.kind = written->kind, .variable = v, .divisor = 1};
  bool factor = written->kind == PART_FACTOR;
  if (variable->categorical && !factor && written->kind != PART_PLAIN)
    return model_refuse(reader, place, "'%s' has levels, and this term takes numbers",
                        variable->name);
  if (!variable->categorical && factor)
    return model_refuse(reader, place, "'%s' is numeric, and a factor has levels (.variables)",
                        variable->name);
  if (variable->categorical)
    part->kind = PART_FACTOR;
  if (written->reference && design_find_level(variable, written->reference) != 0)
    return model_refuse(reader, place, "the reference of '%s' is '%s' in .variables",
                        variable->name, variable->levels.item[0]);
  if (part->kind == PART_SCALED)
    part->divisor = written->scale;
  part->n_knots = part->kind == PART_SPLINE ? (size_t) written->knots : 0;
  if (part->kind == PART_PER_SD)
    return read_sd(reader, place, entry, variable->name, part);
  return part->kind != PART_SPLINE || read_knots(reader, place, entry, variable->name, part);
}

static bool read_term(const struct model_reader *reader, const char *place, const json_t *entry)
{
  static const char *const known[] = {"term", "sd", "knots", NULL};
  struct design *design = &reader->model->design;
  char *written = NULL;
  bool good = json_is_object(entry) ? model_check_keys(reader, place, entry, known) &&
                                          model_take_string_key(reader, place, entry, "term", true,
                                                                "a term", &written)
                                    : model_take_string(reader, place, entry, "a term", &written);
  struct formula formula = {0};
  good = good && model_parse_term(reader, place, written, &formula);
  free(written);
  if (!good)
    return false;
  const struct formula_term *parsed = &formula.term[0];
  struct text name = {0};
  formula_print_term(parsed, &name);
  RESIZE_ARRAY(design->term, design->n_terms + 1);
  struct design_term *term = &design->term[design->n_terms++];
  *term = (struct design_term){.name = text_take(&name)};
  term->part = NEW_ZEROED(struct design_part, parsed->n_parts);
  for (size_t i = 0; i < parsed->n_parts && good; i++) {
    term->n_parts++;
    good = read_part(reader, place, entry, &parsed->part[i], &term->part[i]);
  }
  good = good && check_learned(reader, place, entry, "sd", term, PART_PER_SD) &&
         check_learned(reader, place, entry, "knots", term, PART_SPLINE);
  formula_free(&formula);
  return good;
}

bool model_read_terms(const struct model_reader *reader, const json_t *root)
{
  const json_t *terms = json_object_get(root, "terms");
  struct design *design = &reader->model->design;
  if (!json_is_array(terms))
    return model_refuse_value(reader, ".terms", terms, "an array of terms");
  for (size_t i = 0; i < json_array_size(terms); i++) {
    char *at = model_place_index(".terms", i);
    bool good = read_term(reader, at, json_array_get(terms, i));
    free(at);
    if (!good)
      return false;
  }
  for (size_t v = 0; v < design->n_variables; v++) {
    bool used = false;
    for (size_t t = 0; t < design->n_terms && !used; t++)
      for (size_t i = 0; i < design->term[t].n_parts && !used; i++)
        used = design->term[t].part[i].variable == v;
    if (used)
      continue;
    char *at = model_place_index(".variables", v);
    model_refuse(reader, at, "no term has the variable '%s'", design->variable[v].name);
    free(at);
    return false;
  }
  struct error error = {0};
  return design_arrange(design, &error) || model_refuse(reader, ".terms", "%s", error.message);
}
