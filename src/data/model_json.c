// SPDX-License-Identifier: GPL-3.0-or-later
// The model file: writing and reading of her2-model(5).
#include <config.h>

#include "data/model.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/derive.h"
#include "data/formula.h"

enum { VERSION = 1, MOST_DIGITS = 15, MOST_EXCERPT = 60 };

// jansson must not come back without memory.
static void *allocate(size_t n)
{
  return memory_allocate(n, 1);
}

// ---- writing ----

// Objects open and close with their keys one a line, `depth` deep.
struct writer {
  struct text *text;
  int depth;
  bool begun; // the innermost object has a key
};

static void append_string(struct text *text, const char *string)
{
  json_t *value = json_string(string);
  assert(value); // names, levels and labels are UTF-8: the readers check
  char *quoted = json_dumps(value, JSON_ENCODE_ANY);
  text_append(text, quoted);
  free(quoted);
  json_decref(value);
}

static void append_number(struct text *text, double value)
{
  assert(isfinite(value));
  char number[NUMBER_SIZE];
  text_append(text, number_write(number, value));
}

static void append_numbers(struct text *text, const double *value, size_t n)
{
  text_append_character(text, '[');
  for (size_t i = 0; i < n; i++) {
    if (i)
      text_append(text, ", ");
    append_number(text, value[i]);
  }
  text_append_character(text, ']');
}

static void append_strings(struct text *text, char *const *string, size_t n)
{
  text_append_character(text, '[');
  for (size_t i = 0; i < n; i++) {
    if (i)
      text_append(text, ", ");
    append_string(text, string[i]);
  }
  text_append_character(text, ']');
}

static void begin_line(struct writer *writer)
{
  text_append(writer->text, writer->begun ? ",\n" : "\n");
  text_append_format(writer->text, "%*s", 2 * writer->depth, "");
  writer->begun = true;
}

static void begin_key(struct writer *writer, const char *key)
{
  begin_line(writer);
  append_string(writer->text, key);
  text_append(writer->text, ": ");
}

static void open_group(struct writer *writer, char bracket)
{
  text_append_character(writer->text, bracket);
  writer->depth++;
  writer->begun = false;
}

static void close_group(struct writer *writer, char bracket)
{
  writer->depth--;
  text_append_format(writer->text, "\n%*s%c", 2 * writer->depth, "", bracket);
  writer->begun = true;
}

static void write_string(struct writer *writer, const char *key, const char *value)
{
  if (!value)
    return;
  begin_key(writer, key);
  append_string(writer->text, value);
}

static void write_number(struct writer *writer, const char *key, double value)
{
  if (isnan(value))
    return;
  begin_key(writer, key);
  append_number(writer->text, value);
}

static void write_strings(struct writer *writer, const char *key, const struct text_list *list)
{
  if (!list->n_items)
    return;
  begin_key(writer, key);
  append_strings(writer->text, list->item, list->n_items);
}

static void write_flag(struct writer *writer, const char *key, bool value)
{
  if (!value)
    return;
  begin_key(writer, key);
  text_append(writer->text, "true");
}

static void write_outcome(struct writer *writer, const struct model *model)
{
  begin_key(writer, "outcome");
  open_group(writer, '{');
  write_string(writer, "variable", model->outcome);
  write_strings(writer, "event", &model->event);
  write_strings(writer, "comparison", &model->comparison);
  write_string(writer, "label", model->event_label);
  close_group(writer, '}');
}

static void write_data(struct writer *writer, const struct model *model)
{
  bool fingerprint = *model->fingerprint != '\0';
  if (isnan(model->n) && isnan(model->n_events) && !fingerprint)
    return;
  begin_key(writer, "data");
  open_group(writer, '{');
  write_number(writer, "n", model->n);
  write_number(writer, "events", model->n_events);
  write_string(writer, "fingerprint", fingerprint ? model->fingerprint : NULL);
  close_group(writer, '}');
}

static bool lists_equal(const struct text_list *a, const struct text_list *b)
{
  if (a->n_items != b->n_items)
    return false;
  for (size_t i = 0; i < a->n_items; i++)
    if (strcmp(a->item[i], b->item[i]) != 0)
      return false;
  return true;
}

static void write_variable(struct writer *writer, const struct design_variable *variable)
{
  begin_line(writer);
  open_group(writer, '{');
  write_string(writer, "name", variable->name);
  write_string(writer, "label", variable->label);
  write_string(writer, "unit", variable->unit);
  write_string(writer, "type",
               !variable->categorical ? "numeric"
               : variable->ordinal    ? "ordinal"
                                      : "categorical");
  if (variable->digits >= 0)
    write_number(writer, "digits", variable->digits);
  if (variable->categorical) {
    write_strings(writer, "levels", &variable->levels);
    if (!lists_equal(&variable->levels, &variable->level_labels))
      write_strings(writer, "labels", &variable->level_labels);
    write_string(writer, "reference", variable->levels.item[0]);
  } else {
    write_number(writer, "step", variable->step);
    if (!isnan(variable->least)) {
      const double range[2] = {variable->least, variable->most};
      begin_key(writer, "range");
      append_numbers(writer->text, range, 2);
    }
  }
  close_group(writer, '}');
}

static void write_learned(struct writer *writer, const struct design *design,
                          const struct design_term *term, enum part_kind kind, const char *key)
{
  bool some = false;
  for (size_t i = 0; i < term->n_parts; i++) {
    const struct design_part *part = &term->part[i];
    if (part->kind != kind)
      continue;
    if (!some) {
      begin_key(writer, key);
      text_append_character(writer->text, '{');
    }
    text_append(writer->text, some ? ", " : "");
    append_string(writer->text, design->variable[part->variable].name);
    text_append(writer->text, ": ");
    if (kind == PART_SPLINE)
      append_numbers(writer->text, part->knot, part->n_knots);
    else
      append_number(writer->text, part->divisor);
    some = true;
  }
  if (some)
    text_append_character(writer->text, '}');
}

static void write_term(struct writer *writer, const struct design *design,
                       const struct design_term *term)
{
  bool learned = false;
  for (size_t i = 0; i < term->n_parts; i++)
    learned = learned || term->part[i].kind == PART_PER_SD || term->part[i].kind == PART_SPLINE;
  begin_line(writer);
  if (!learned) {
    append_string(writer->text, term->name);
    return;
  }
  open_group(writer, '{');
  write_string(writer, "term", term->name);
  write_learned(writer, design, term, PART_PER_SD, "sd");
  write_learned(writer, design, term, PART_SPLINE, "knots");
  close_group(writer, '}');
}

static void write_design(struct writer *writer, const struct design *design)
{
  begin_key(writer, "variables");
  open_group(writer, '[');
  for (size_t v = 0; v < design->n_variables; v++)
    write_variable(writer, &design->variable[v]);
  close_group(writer, ']');
  begin_key(writer, "terms");
  open_group(writer, '[');
  for (size_t t = 0; t < design->n_terms; t++)
    write_term(writer, design, &design->term[t]);
  close_group(writer, ']');
}

static void write_estimates(struct writer *writer, const struct model *model)
{
  const struct design *design = &model->design;
  size_t p = design->n_columns, first = model->has_intercept ? 0 : 1;
  begin_key(writer, "coefficients");
  open_group(writer, '{');
  for (size_t j = 0; j < p; j++) {
    begin_key(writer, design->column_name[j]);
    if (j < first)
      text_append(writer->text, "null");
    else
      append_number(writer->text, model->coefficient[j]);
  }
  close_group(writer, '}');
  if (!model->covariance)
    return;
  begin_key(writer, "covariance");
  open_group(writer, '{');
  begin_key(writer, "names");
  append_strings(writer->text, design->column_name + first, p - first);
  begin_key(writer, "matrix");
  open_group(writer, '[');
  for (size_t j = first; j < p; j++) {
    begin_line(writer);
    append_numbers(writer->text, model->covariance + j * p + first, p - first);
  }
  close_group(writer, ']');
  close_group(writer, '}');
}

static void write_procedure(struct writer *writer, const struct model *model)
{
  bool some = !isnan(model->procedure.screen_p) || model->procedure.select ||
              model->procedure.by || !isnan(model->procedure.stay_p) ||
              !isnan(model->procedure.vif_cut) || model->procedure.vif_drop ||
              model->procedure.vif_by_ols || model->procedure.firth || model->procedure.flic;
  write_strings(writer, "candidates", &model->candidates);
  if (!some)
    return;
  begin_key(writer, "procedure");
  open_group(writer, '{');
  write_number(writer, "screen", model->procedure.screen_p);
  write_string(writer, "select", model->procedure.select);
  write_string(writer, "by", model->procedure.by);
  write_number(writer, "stay", model->procedure.stay_p);
  write_number(writer, "vif", model->procedure.vif_cut);
  write_flag(writer, "vif.drop", model->procedure.vif_drop);
  write_string(writer, "vif.by", model->procedure.vif_by_ols ? "ols" : NULL);
  write_flag(writer, "firth", model->procedure.firth);
  write_flag(writer, "flic", model->procedure.flic);
  close_group(writer, '}');
}

static void write_imputation(struct writer *writer, const struct model *model)
{
  if (!model->imputation.n)
    return;
  begin_key(writer, "imputation");
  open_group(writer, '{');
  write_number(writer, "imputations", (double) model->imputation.n);
  write_number(writer, "iterations", (double) model->imputation.n_iterations);
  write_strings(writer, "with", &model->imputation.with);
  close_group(writer, '}');
}

static void write_seed(struct writer *writer, uint64_t seed)
{
  begin_key(writer, "seed");
  text_append_format(writer->text, "%" PRIu64, seed);
}

static void write_holdout(struct writer *writer, const struct model *model)
{
  if (!(model->holdout.fraction > 0))
    return;
  begin_key(writer, "holdout");
  open_group(writer, '{');
  write_number(writer, "fraction", model->holdout.fraction);
  write_seed(writer, model->holdout.seed);
  write_string(writer, "part", model->holdout.test ? "test" : "train");
  close_group(writer, '}');
}

void model_print(const struct model *model, struct text *text)
{
  json_set_alloc_funcs(allocate, free);
  struct text body = {0};
  struct writer writer = {.text = &body};
  open_group(&writer, '{');
  write_string(&writer, "format", "her2-model");
  write_number(&writer, "version", VERSION);
  write_string(&writer, "name", model->name);
  write_string(&writer, "software", model->software);
  write_outcome(&writer, model);
  write_data(&writer, model);
  write_strings(&writer, "missing", &model->missing_tokens);
  write_strings(&writer, "derivations", &model->derivations);
  write_design(&writer, &model->design);
  write_estimates(&writer, model);
  write_procedure(&writer, model);
  write_imputation(&writer, model);
  write_holdout(&writer, model);
  if (model->seed)
    write_seed(&writer, model->seed);
  size_t content = body.length;
  close_group(&writer, '}');
  text_append_character(&body, '\n');
  char digest[65];
  digest_bytes(body.bytes, body.length, digest);
  text_append_bytes(text, body.bytes, content);
  text_append_format(text, ",\n  \"digest\": \"%s\"\n}\n", digest);
  text_free(&body);
}

// ---- reading ----

struct reader {
  struct model *model;
  const char *name; // of the file
  struct error *error;
};

// A key in a place, as jq writes it: `.key`, or `["a key"]`.
static char *place_key(const char *place, const char *key)
{
  bool plain = *key != '\0' && strspn(key, "0123456789") == 0;
  for (const char *c = key; *c; c++)
    plain = plain && (*c == '_' || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                      (*c >= 'A' && *c <= 'Z'));
  if (plain)
    return text_format("%s.%s", place, key);
  struct text quoted = {0};
  append_string(&quoted, key);
  char *made = text_format("%s%s[%s]", place, *place ? "" : ".", text_content(&quoted));
  text_free(&quoted);
  return made;
}

static char *place_index(const char *place, size_t index)
{
  return text_format("%s[%zu]", place, index);
}

// "FILE: PLACE: ...".  Returns false.
static bool refuse(const struct reader *reader, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool refuse(const struct reader *reader, const char *place, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  struct text why = {0};
  text_append_format_list(&why, format, arguments);
  va_end(arguments);
  // The end of the message tells most: a place of any length would push it out.
  size_t length = strlen(place), most = 200, cut = length;
  if (length > most)
    cut = text_whole_characters(place, most);
  error_set(reader->error, ERROR_DATA, "%s: %.*s%s: %s", reader->name, (int) cut,
            length ? place : ".", cut < length ? "..." : "", text_content(&why));
  text_free(&why);
  return false;
}

// Length of the first whole characters of a text that a message bears.
static int excerpt(const char *text)
{
  size_t length = strlen(text);
  return (int) text_whole_characters(text, length < MOST_EXCERPT ? length : MOST_EXCERPT);
}

// What stands there, for messages.
static char *describe(const json_t *value)
{
  if (!value)
    return memory_copy_text("nothing");
  if (json_is_object(value))
    return memory_copy_text("an object");
  if (json_is_array(value))
    return text_format("an array of %zu", json_array_size(value));
  if (json_is_real(value)) {
    char number[NUMBER_SIZE];
    return memory_copy_text(number_write(number, json_real_value(value)));
  }
  char *dumped = json_dumps(value, JSON_ENCODE_ANY);
  int length = excerpt(dumped);
  char *cut = text_format("%.*s%s", length, dumped, dumped[length] ? "..." : "");
  free(dumped);
  return cut;
}

static bool refuse_value(const struct reader *reader, const char *place, const json_t *value,
                         const char *expected)
{
  char *found = describe(value);
  refuse(reader, place, "expected %s, found %s", expected, found);
  free(found);
  return false;
}

// All keys of an object must be known, or begin with x-; the list ends with NULL.
static bool check_keys(const struct reader *reader, const char *place, const json_t *object,
                       const char *const *known)
{
  size_t n_known = 0;
  while (known[n_known])
    n_known++;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *) object, key, value) {
    bool found = text_starts(key, "x-");
    for (size_t i = 0; i < n_known && !found; i++)
      found = strcmp(known[i], key) == 0;
    if (found)
      continue;
    char *at = place_key(place, key), *suggestion = text_suggestion(key, known, n_known);
    refuse(reader, at, "a key that is not known%s", suggestion);
    free(suggestion);
    free(at);
    return false;
  }
  return true;
}

static bool take_object(const struct reader *reader, const char *place, const json_t *value,
                        const char *const *known)
{
  if (!json_is_object(value))
    return refuse_value(reader, place, value, "an object");
  return check_keys(reader, place, value, known);
}

// A string that is not empty.
static bool take_string(const struct reader *reader, const char *place, const json_t *value,
                        const char *expected, char **string)
{
  if (!json_is_string(value) || json_string_length(value) == 0)
    return refuse_value(reader, place, value, expected);
  *string = memory_copy_text(json_string_value(value));
  return true;
}

// An absent key leaves the string as it is.
static bool take_string_key(const struct reader *reader, const char *place, const json_t *object,
                            const char *key, bool required, const char *expected, char **string)
{
  const json_t *value = json_object_get(object, key);
  if (!value && !required)
    return true;
  char *at = place_key(place, key);
  bool good = take_string(reader, at, value, expected, string);
  free(at);
  return good;
}

static bool take_number(const struct reader *reader, const char *place, const json_t *value,
                        const char *expected, double least, double most, double *number)
{
  if (!json_is_number(value))
    return refuse_value(reader, place, value, expected);
  *number = json_number_value(value);
  if (!isfinite(*number) || *number < least || *number > most)
    return refuse_value(reader, place, value, expected);
  *number = *number == 0 ? 0 : *number; // no -0, which is written 0
  return true;
}

static bool take_number_key(const struct reader *reader, const char *place, const json_t *object,
                            const char *key, const char *expected, double least, double most,
                            double *number)
{
  const json_t *value = json_object_get(object, key);
  if (!value)
    return true;
  char *at = place_key(place, key);
  bool good = take_number(reader, at, value, expected, least, most, number);
  free(at);
  return good;
}

static bool take_flag_key(const struct reader *reader, const char *place, const json_t *object,
                          const char *key, bool *flag)
{
  const json_t *value = json_object_get(object, key);
  if (!value)
    return true;
  *flag = json_is_true(value);
  if (json_is_boolean(value))
    return true;
  char *at = place_key(place, key);
  refuse_value(reader, at, value, "true or false");
  free(at);
  return false;
}

// An array of strings, none empty and none twice; `least` of them or more.
static bool take_strings(const struct reader *reader, const char *place, const json_t *value,
                         const char *expected, size_t least, struct text_list *list)
{
  if (!json_is_array(value) || json_array_size(value) < least)
    return refuse_value(reader, place, value, expected);
  bool good = true;
  for (size_t i = 0; i < json_array_size(value) && good; i++) {
    char *at = place_index(place, i), *string = NULL;
    good = take_string(reader, at, json_array_get(value, i), "a string", &string);
    if (good && text_list_has(list, string))
      good = refuse(reader, at, "'%s' stands twice", string);
    if (string)
      text_list_adopt(list, string);
    free(at);
  }
  return good;
}

static bool take_strings_key(const struct reader *reader, const char *place, const json_t *object,
                             const char *key, bool required, const char *expected, size_t least,
                             struct text_list *list)
{
  const json_t *value = json_object_get(object, key);
  if (!value && !required)
    return true;
  char *at = place_key(place, key);
  bool good = take_strings(reader, at, value, expected, least, list);
  free(at);
  return good;
}

// ---- reading, part by part ----

static bool read_header(const struct reader *reader, const json_t *root)
{
  const json_t *format = json_object_get(root, "format");
  const json_t *version = json_object_get(root, "version");
  if (!json_is_string(format) || strcmp(json_string_value(format), "her2-model") != 0)
    return refuse_value(reader, ".format", format, "\"her2-model\"");
  double number = NAN;
  if (json_is_number(version))
    number = json_number_value(version);
  if (number != VERSION)
    return refuse_value(reader, ".version", version, "version 1, the one that this program knows");
  return true;
}

static bool read_outcome(const struct reader *reader, const json_t *root)
{
  static const char *const known[] = {"variable", "event", "comparison", "label", NULL};
  struct model *model = reader->model;
  const json_t *outcome = json_object_get(root, "outcome");
  if (!take_object(reader, ".outcome", outcome, known) ||
      !take_string_key(reader, ".outcome", outcome, "variable", true, "the name of a column",
                       &model->outcome) ||
      !take_strings_key(reader, ".outcome", outcome, "event", true,
                        "the levels of the event, one or more", 1, &model->event) ||
      !take_strings_key(reader, ".outcome", outcome, "comparison", false,
                        "the levels that the event is compared with", 1, &model->comparison) ||
      !take_string_key(reader, ".outcome", outcome, "label", false, "a label",
                       &model->event_label))
    return false;
  for (size_t i = 0; i < model->comparison.n_items; i++)
    if (text_list_has(&model->event, model->comparison.item[i]))
      return refuse(reader, ".outcome.comparison", "level '%s' is of the event, too",
                    model->comparison.item[i]);
  return true;
}

static bool is_whole(double x)
{
  return isnan(x) || x == nearbyint(x);
}

static bool read_data(const struct reader *reader, const json_t *root)
{
  static const char *const known[] = {"n", "events", "fingerprint", NULL};
  struct model *model = reader->model;
  const json_t *data = json_object_get(root, "data");
  if (!data)
    return true;
  char *fingerprint = NULL;
  bool good =
      take_object(reader, ".data", data, known) &&
      take_number_key(reader, ".data", data, "n", "a number of rows", 0, 0x1p53, &model->n) &&
      take_number_key(reader, ".data", data, "events", "a number of rows", 0, 0x1p53,
                      &model->n_events) &&
      take_string_key(reader, ".data", data, "fingerprint", false, "64 hexadecimal digits",
                      &fingerprint);
  if (good && model->n_events > model->n)
    good = refuse(reader, ".data.events", "more events than rows (.data.n)");
  if (good && !(is_whole(model->n) && is_whole(model->n_events)))
    good = refuse(reader, ".data", "expected whole numbers of rows and events");
  if (good && fingerprint) {
    if (strlen(fingerprint) == 64 && strspn(fingerprint, "0123456789abcdef") == 64)
      strcpy(model->fingerprint, fingerprint);
    else
      good = refuse(reader, ".data.fingerprint", "expected 64 hexadecimal digits, found \"%.*s\"",
                    excerpt(fingerprint), fingerprint);
  }
  free(fingerprint);
  return good;
}

static bool read_derivations(const struct reader *reader, const json_t *root)
{
  struct text_list written = {0}, names = {0};
  bool good = take_strings_key(reader, "", root, "derivations", false,
                               "an array of 'name = expression'", 0, &written);
  for (size_t i = 0; i < written.n_items && good; i++) {
    struct error error = {0};
    struct derivation *derivation = derivation_parse(written.item[i], &error);
    char *at = place_index(".derivations", i);
    if (!derivation) {
      good = refuse(reader, at, "%s", error.message);
    } else if (text_list_has(&names, derivation_name(derivation))) {
      good = refuse(reader, at, "'%s' is derived twice", derivation_name(derivation));
    } else {
      struct text canonical = {0};
      derivation_print(derivation, &canonical);
      text_list_adopt(&reader->model->derivations, text_take(&canonical));
      text_list_add(&names, derivation_name(derivation));
    }
    derivation_free(derivation);
    free(at);
  }
  text_list_free(&written);
  text_list_free(&names);
  return good;
}

static bool read_levels(const struct reader *reader, const char *place, const json_t *object,
                        struct design_variable *variable)
{
  struct text_list *levels = &variable->levels, *labels = &variable->level_labels;
  char *reference = NULL, *at = NULL;
  bool good =
      take_strings_key(reader, place, object, "levels", true, "an array of two levels or more", 2,
                       levels) &&
      take_string_key(reader, place, object, "reference", true, "the reference level", &reference);
  for (size_t i = 0; i < levels->n_items && good; i++) {
    double number, other;
    if (!number_parse_text(levels->item[i], &number))
      continue;
    for (size_t j = 0; j < i && good; j++)
      if (number_parse_text(levels->item[j], &other) && other == number) {
        at = place_key(place, "levels");
        good = refuse(reader, at, "'%s' and '%s' are the same number", levels->item[j],
                      levels->item[i]);
      }
  }
  const json_t *labels_given = json_object_get(object, "labels");
  if (good && labels_given) {
    at = place_key(place, "labels");
    if (!json_is_array(labels_given) || json_array_size(labels_given) != levels->n_items)
      good = refuse_value(reader, at, labels_given, "an array with a label for each level");
    for (size_t i = 0; i < levels->n_items && good; i++) {
      char *at_label = place_index(at, i), *label = NULL;
      good = take_string(reader, at_label, json_array_get(labels_given, i), "a label", &label);
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
      at = place_key(place, "reference");
      good = refuse(reader, at, "'%s' is none of the levels", reference);
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

static bool read_range(const struct reader *reader, const char *place, const json_t *object,
                       struct design_variable *variable)
{
  const json_t *range = json_object_get(object, "range");
  if (!range)
    return true;
  char *at = place_key(place, "range");
  bool good = json_is_array(range) && json_array_size(range) == 2;
  if (!good)
    refuse_value(reader, at, range, "an array of the least and the greatest value seen");
  double *const ends[2] = {&variable->least, &variable->most};
  for (size_t i = 0; i < 2 && good; i++) {
    char *at_end = place_index(at, i);
    good = take_number(reader, at_end, json_array_get(range, i), "a number", -INFINITY, INFINITY,
                       ends[i]);
    free(at_end);
  }
  if (good && variable->least > variable->most)
    good = refuse(reader, at, "the least value is greater than the greatest");
  free(at);
  return good;
}

static bool read_variable(const struct reader *reader, const char *place, const json_t *object)
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
      take_object(reader, place, object, any) &&
      take_string_key(reader, place, object, "name", true, "the name of a column",
                      &variable->name) &&
      take_string_key(reader, place, object, "label", false, "a label", &variable->label) &&
      take_string_key(reader, place, object, "unit", false, "a unit", &variable->unit) &&
      take_string_key(reader, place, object, "type", true,
                      "\"numeric\", \"categorical\" or \"ordinal\"", &type) &&
      take_number_key(reader, place, object, "digits", "a number of decimals from 0 to 15", 0,
                      MOST_DIGITS, &digits);
  if (good) {
    variable->ordinal = strcmp(type, "ordinal") == 0;
    variable->categorical = variable->ordinal || strcmp(type, "categorical") == 0;
    variable->digits = (int) digits;
    char *at = place_key(place, digits == variable->digits ? "type" : "digits");
    if (digits != variable->digits)
      good = refuse(reader, at, "expected a whole number");
    else if (!variable->categorical && strcmp(type, "numeric") != 0)
      good = refuse(reader, at,
                    "expected \"numeric\", \"categorical\" or \"ordinal\", found \"%.*s\"",
                    excerpt(type), type);
    free(at);
  }
  for (size_t v = 0; v + 1 < design->n_variables && good; v++)
    if (strcmp(design->variable[v].name, variable->name) == 0)
      good = refuse(reader, place, "variable '%s' stands twice", variable->name);
  if (good && strcmp(variable->name, reader->model->outcome) == 0)
    good = refuse(reader, place, "'%s' is the outcome and cannot be a predictor", variable->name);
  good = good &&
         check_keys(reader, place, object, variable->categorical ? of_levels : of_numbers);
  if (good && variable->categorical) {
    good = read_levels(reader, place, object, variable);
  } else if (good) {
    good = take_number_key(reader, place, object, "step", "a number above 0", 0, INFINITY,
                           &variable->step) &&
           read_range(reader, place, object, variable);
    double span = variable->most - variable->least;
    if (good && variable->step == 0)
      good = refuse(reader, place, "expected a step above 0");
    if (isnan(variable->step) && variable->digits >= 0)
      variable->step = pow(10, -variable->digits);
    else if (isnan(variable->step) && span > 0 && isfinite(span))
      variable->step = pow(10, floor(log10(span)) - 3);
  }
  free(type);
  return good;
}

static bool read_variables(const struct reader *reader, const json_t *root)
{
  const json_t *variables = json_object_get(root, "variables");
  if (!json_is_array(variables))
    return refuse_value(reader, ".variables", variables, "an array of variables");
  bool good = true;
  for (size_t i = 0; i < json_array_size(variables) && good; i++) {
    char *at = place_index(".variables", i);
    good = read_variable(reader, at, json_array_get(variables, i));
    free(at);
  }
  return good;
}

// One term of a formula, nothing else.
static bool parse_term(const struct reader *reader, const char *place, const char *written,
                       struct formula *formula)
{
  struct text text = {0};
  struct error error = {0};
  text_append_format(&text, "~ %s", written);
  bool good = formula_parse(formula, text_content(&text), &error);
  text_free(&text);
  if (!good)
    return refuse(reader, place, "expected a term, found '%.*s': %s", excerpt(written), written,
                  error.message);
  if (formula->n_terms == 1 && formula->term[0].sign == TERM_ADD)
    return true;
  formula_free(formula);
  return refuse(reader, place, "expected one term (a product a*b is the terms a, b and a:b)");
}

// The number or array under the variable's name in the term's `key`; NULL after an error.
static const json_t *find_learned(const struct reader *reader, const char *place,
                                  const json_t *entry, const char *key, const char *variable,
                                  const char *expected, char **at)
{
  char *at_key = place_key(place, key);
  *at = place_key(at_key, variable);
  const json_t *group = json_object_get(entry, key);
  const json_t *value = NULL;
  if (group && !json_is_object(group)) {
    refuse_value(reader, at_key, group, "an object");
  } else {
    value = json_object_get(group, variable);
    if (!value)
      refuse_value(reader, *at, value, expected);
  }
  free(at_key);
  return value;
}

static bool read_sd(const struct reader *reader, const char *place, const json_t *entry,
                    const char *variable, struct design_part *part)
{
  char *at;
  const json_t *value = find_learned(reader, place, entry, "sd", variable,
                                     "the standard deviation that /sd divides by", &at);
  bool good = value && take_number(reader, at, value, "a standard deviation above 0", 0, INFINITY,
                                   &part->divisor);
  if (good && part->divisor == 0)
    good = refuse_value(reader, at, value, "a standard deviation above 0");
  free(at);
  return good;
}

static bool read_knots(const struct reader *reader, const char *place, const json_t *entry,
                       const char *variable, struct design_part *part)
{
  char *at, expected[64];
  snprintf(expected, sizeof expected, "an array of %zu ascending knots", part->n_knots);
  const json_t *value = find_learned(reader, place, entry, "knots", variable, expected, &at);
  bool good = value != NULL;
  if (good && (!json_is_array(value) || json_array_size(value) != part->n_knots))
    good = refuse_value(reader, at, value, expected);
  part->knot = NEW_ARRAY(double, part->n_knots);
  for (size_t i = 0; i < part->n_knots && good; i++) {
    char *at_knot = place_index(at, i);
    const json_t *knot = json_array_get(value, i);
    good = take_number(reader, at_knot, knot, "a number", -INFINITY, INFINITY, &part->knot[i]);
    if (good && i > 0 && !(part->knot[i] > part->knot[i - 1]))
      good = refuse_value(reader, at_knot, knot, "a knot greater than the one before");
    free(at_knot);
  }
  // The basis divides by the square of the distance of the outer knots.
  if (good) {
    double distance = part->knot[part->n_knots - 1] - part->knot[0];
    if (!isfinite(distance * distance) || !(distance * distance >= 0x1p-1022))
      good = refuse(reader, at, "knots so near or far that the spline cannot be computed");
  }
  free(at);
  return good;
}

// What is learned must be asked for by the term.
static bool check_learned(const struct reader *reader, const char *place, const json_t *entry,
                          const char *key, const struct design_term *term, enum part_kind kind)
{
  const json_t *group = json_object_get(entry, key);
  if (!group)
    return true;
  char *at = place_key(place, key);
  bool good = json_is_object(group) || refuse_value(reader, at, group, "an object");
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
      char *at_name = place_key(at, name);
      good = refuse(reader, at_name, "the term does not ask for it");
      free(at_name);
      break;
    }
  free(at);
  return good;
}

static bool read_part(const struct reader *reader, const char *place, const json_t *entry,
                      const struct formula_part *written, struct design_part *part)
{
  const struct design *design = &reader->model->design;
  size_t v = design_find_variable(design, written->name);
  if (v == DESIGN_ALL)
    return refuse(reader, place, "'%s' is none of .variables", written->name);
  const struct design_variable *variable = &design->variable[v];
  *part = (struct design_part){.kind = written->kind, .variable = v, .divisor = 1};
  bool factor = written->kind == PART_FACTOR;
  if (variable->categorical && !factor && written->kind != PART_PLAIN)
    return refuse(reader, place, "'%s' has levels, and this term takes numbers", variable->name);
  if (!variable->categorical && factor)
    return refuse(reader, place, "'%s' is numeric, and a factor has levels (.variables)",
                  variable->name);
  if (variable->categorical)
    part->kind = PART_FACTOR;
  if (written->reference && design_find_level(variable, written->reference) != 0)
    return refuse(reader, place, "the reference of '%s' is '%s' in .variables", variable->name,
                  variable->levels.item[0]);
  if (part->kind == PART_SCALED)
    part->divisor = written->scale;
  part->n_knots = part->kind == PART_SPLINE ? (size_t) written->knots : 0;
  if (part->kind == PART_PER_SD)
    return read_sd(reader, place, entry, variable->name, part);
  return part->kind != PART_SPLINE || read_knots(reader, place, entry, variable->name, part);
}

static bool read_term(const struct reader *reader, const char *place, const json_t *entry)
{
  static const char *const known[] = {"term", "sd", "knots", NULL};
  struct design *design = &reader->model->design;
  char *written = NULL;
  bool good = json_is_object(entry)
                  ? check_keys(reader, place, entry, known) &&
                        take_string_key(reader, place, entry, "term", true, "a term", &written)
                  : take_string(reader, place, entry, "a term", &written);
  struct formula formula = {0};
  good = good && parse_term(reader, place, written, &formula);
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

static bool read_terms(const struct reader *reader, const json_t *root)
{
  const json_t *terms = json_object_get(root, "terms");
  struct design *design = &reader->model->design;
  if (!json_is_array(terms))
    return refuse_value(reader, ".terms", terms, "an array of terms");
  for (size_t i = 0; i < json_array_size(terms); i++) {
    char *at = place_index(".terms", i);
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
    char *at = place_index(".variables", v);
    refuse(reader, at, "no term has the variable '%s'", design->variable[v].name);
    free(at);
    return false;
  }
  struct error error = {0};
  return design_arrange(design, &error) || refuse(reader, ".terms", "%s", error.message);
}

// ---- coefficients ----

static size_t find_column(const struct design *design, const char *name)
{
  for (size_t j = 0; j < design->n_columns; j++)
    if (strcmp(design->column_name[j], name) == 0)
      return j;
  return DESIGN_ALL;
}

static bool refuse_name(const struct reader *reader, const char *place, const char *name)
{
  const struct design *design = &reader->model->design;
  char *suggestion =
      text_suggestion(name, (const char *const *) design->column_name, design->n_columns);
  refuse(reader, place, "the terms have no column '%s'%s", name, suggestion);
  free(suggestion);
  return false;
}

static bool read_coefficients(const struct reader *reader, const json_t *root)
{
  struct model *model = reader->model;
  const struct design *design = &model->design;
  const json_t *given = json_object_get(root, "coefficients");
  if (!json_is_object(given))
    return refuse_value(reader, ".coefficients", given, "an object, a number for each column");
  model->coefficient = NEW_ZEROED(double, design->n_columns);
  const char *name;
  json_t *value;
  json_object_foreach((json_t *) given, name, value) {
    if (find_column(design, name) != DESIGN_ALL)
      continue;
    char *at = place_key(".coefficients", name);
    refuse_name(reader, at, name);
    free(at);
    return false;
  }
  bool good = true;
  for (size_t j = 0; j < design->n_columns && good; j++) {
    char *at = place_key(".coefficients", design->column_name[j]);
    value = json_object_get(given, design->column_name[j]);
    if (j == 0 && json_is_null(value))
      model->has_intercept = false;
    else
      good = take_number(reader, at, value, j ? "a number" : "a number (null: not published)",
                         -INFINITY, INFINITY, &model->coefficient[j]);
    free(at);
  }
  return good;
}

// Whether c (n x n, symmetric) is positive semidefinite to rounding: Cholesky with the
// greatest pivot first, on the scale of correlations (N. J. Higham 2002, section 10.3).
static bool is_semidefinite(const double *c, size_t n)
{
  const double tolerance = 1e-8 * (double) n;
  double *a = NEW_ARRAY(double, n * n);
  size_t *order = NEW_ARRAY(size_t, n);
  bool good = true;
  for (size_t i = 0; i < n; i++) {
    order[i] = i;
    for (size_t j = 0; j < n; j++) {
      double scale = sqrt(c[i * n + i]) * sqrt(c[j * n + j]);
      // A variance of 0 allows no covariance.
      good = good && (scale > 0 || c[i * n + j] == 0);
      a[i * n + j] = scale > 0 ? c[i * n + j] / scale : 0;
      good = good && fabs(a[i * n + j]) <= 1 + tolerance;
    }
  }
  for (size_t k = 0; k < n && good; k++) {
    size_t best = k;
    for (size_t i = k + 1; i < n; i++)
      if (a[order[i] * n + order[i]] > a[order[best] * n + order[best]])
        best = i;
    size_t pivot_row = order[best];
    order[best] = order[k];
    order[k] = pivot_row;
    double pivot = a[pivot_row * n + pivot_row];
    if (pivot <= tolerance) {
      for (size_t i = k; i < n; i++)
        for (size_t j = k; j < n; j++)
          good = good && fabs(a[order[i] * n + order[j]]) <= sqrt(tolerance);
      for (size_t i = k; i < n; i++)
        good = good && a[order[i] * n + order[i]] >= -tolerance;
      break;
    }
    for (size_t i = k + 1; i < n; i++)
      for (size_t j = k + 1; j < n; j++)
        a[order[i] * n + order[j]] -=
            a[order[i] * n + pivot_row] * a[pivot_row * n + order[j]] / pivot;
  }
  free(order);
  free(a);
  return good;
}

// Names in any order, each of the coefficients once; of[i]: the column of the i-th.
static bool read_covariance_names(const struct reader *reader, const json_t *given, size_t *of)
{
  const struct model *model = reader->model;
  const struct design *design = &model->design;
  size_t n = design->n_columns - !model->has_intercept;
  struct text_list names = {0};
  bool good = take_strings_key(reader, ".covariance", given, "names", true,
                               "an array of the names of the coefficients", 0, &names);
  for (size_t i = 0; i < names.n_items && good; i++) {
    char *at = place_index(".covariance.names", i);
    size_t column = find_column(design, names.item[i]);
    if (column == DESIGN_ALL)
      good = refuse_name(reader, at, names.item[i]);
    else if (column == 0 && !model->has_intercept)
      good = refuse(reader, at, "the intercept has no coefficient");
    else
      of[i] = column;
    free(at);
  }
  if (good && names.n_items != n)
    good = refuse(reader, ".covariance.names", "expected the names of all %zu coefficients, found "
                                               "%zu",
                  n, names.n_items);
  text_list_free(&names);
  return good;
}

static bool read_matrix(const struct reader *reader, const json_t *matrix, const size_t *of,
                        size_t n)
{
  struct model *model = reader->model;
  size_t p = model->design.n_columns;
  if (!json_is_array(matrix) || json_array_size(matrix) != n)
    return refuse_value(reader, ".covariance.matrix", matrix,
                        "an array with a row for each of the names");
  bool good = true;
  for (size_t i = 0; i < n && good; i++) {
    char *at_row = place_index(".covariance.matrix", i);
    const json_t *row = json_array_get(matrix, i);
    if (!json_is_array(row) || json_array_size(row) != n)
      good = refuse_value(reader, at_row, row, "an array with a number for each of the names");
    for (size_t j = 0; j < n && good; j++) {
      char *at = place_index(at_row, j);
      good = take_number(reader, at, json_array_get(row, j),
                         i == j ? "a variance, 0 or more" : "a number", i == j ? 0 : -INFINITY,
                         INFINITY, &model->covariance[of[i] * p + of[j]]);
      free(at);
    }
    free(at_row);
  }
  for (size_t i = 0; i < n && good; i++)
    for (size_t j = 0; j < i && good; j++) {
      const double *c = model->covariance;
      size_t a = of[i], b = of[j];
      double scale = sqrt(c[a * p + a]) * sqrt(c[b * p + b]);
      if (!(fabs(c[a * p + b] - c[b * p + a]) <= 1e-9 * scale)) {
        char *at = text_format(".covariance.matrix[%zu][%zu]", i, j);
        good = refuse(reader, at, "not symmetric: [%zu][%zu] differs", j, i);
        free(at);
      }
    }
  return good;
}

static bool read_covariance(const struct reader *reader, const json_t *root)
{
  static const char *const known[] = {"names", "matrix", NULL};
  struct model *model = reader->model;
  size_t p = model->design.n_columns, n = p - !model->has_intercept;
  const json_t *given = json_object_get(root, "covariance");
  if (!given)
    return true;
  if (!take_object(reader, ".covariance", given, known))
    return false;
  const json_t *names = json_object_get(given, "names");
  size_t *of = NEW_ZEROED(size_t, (json_is_array(names) ? json_array_size(names) : 0) + n);
  bool good = read_covariance_names(reader, given, of);
  const json_t *matrix = json_object_get(given, "matrix");
  if (good && (!json_is_array(matrix) || json_array_size(matrix) != n))
    good = refuse_value(reader, ".covariance.matrix", matrix,
                        "an array with a row for each of the names");
  if (good) {
    model->covariance = NEW_ZEROED(double, p * p);
    good = read_matrix(reader, matrix, of, n);
  }
  if (good && !is_semidefinite(model->covariance, p))
    good = refuse(reader, ".covariance.matrix", "expected a covariance (positive semidefinite)");
  free(of);
  return good;
}

// ---- the rest ----

static bool read_candidates(const struct reader *reader, const json_t *root)
{
  struct text_list written = {0};
  bool good = take_strings_key(reader, "", root, "candidates", false, "an array of terms", 0,
                               &written);
  for (size_t i = 0; i < written.n_items && good; i++) {
    struct formula formula = {0};
    char *at = place_index(".candidates", i);
    good = parse_term(reader, at, written.item[i], &formula);
    if (good) {
      struct text canonical = {0};
      formula_print_term(&formula.term[0], &canonical);
      text_list_adopt(&reader->model->candidates, text_take(&canonical));
    }
    formula_free(&formula);
    free(at);
  }
  text_list_free(&written);
  return good;
}

static bool take_choice(const struct reader *reader, const char *place, const char *value,
                        const char *a, const char *b)
{
  if (!value || strcmp(value, a) == 0 || strcmp(value, b) == 0)
    return true;
  return refuse(reader, place, "expected \"%s\" or \"%s\", found \"%.*s\"", a, b,
                excerpt(value), value);
}

static bool read_procedure(const struct reader *reader, const json_t *root)
{
  static const char *const known[] = {"screen",   "select", "by",    "stay", "vif",
                                      "vif.drop", "vif.by", "firth", "flic", NULL};
  static const char place[] = ".procedure", p[] = "a P value above 0, at most 1";
  struct model *model = reader->model;
  const json_t *given = json_object_get(root, "procedure");
  char *vif_by = NULL;
  if (!given)
    return true;
  bool good =
      take_object(reader, place, given, known) &&
      take_number_key(reader, place, given, "screen", p, 0x1p-1022, 1,
                      &model->procedure.screen_p) &&
      take_string_key(reader, place, given, "select", false, "\"backward\" or \"forward\"",
                      &model->procedure.select) &&
      take_choice(reader, ".procedure.select", model->procedure.select, "backward", "forward") &&
      take_string_key(reader, place, given, "by", false, "\"p\" or \"aic\"",
                      &model->procedure.by) &&
      take_choice(reader, ".procedure.by", model->procedure.by, "p", "aic") &&
      take_number_key(reader, place, given, "stay", p, 0x1p-1022, 1, &model->procedure.stay_p) &&
      take_number_key(reader, place, given, "vif", "a number, 1 or more", 1, INFINITY,
                      &model->procedure.vif_cut) &&
      take_flag_key(reader, place, given, "vif.drop", &model->procedure.vif_drop) &&
      take_string_key(reader, place, given, "vif.by", false, "\"coefficients\" or \"ols\"",
                      &vif_by) &&
      take_choice(reader, ".procedure[\"vif.by\"]", vif_by, "coefficients", "ols") &&
      take_flag_key(reader, place, given, "firth", &model->procedure.firth) &&
      take_flag_key(reader, place, given, "flic", &model->procedure.flic);
  model->procedure.vif_by_ols = good && text_equal(vif_by, "ols");
  free(vif_by);
  return good;
}

static bool take_seed(const struct reader *reader, const char *place, const json_t *seed,
                      uint64_t *number)
{
  if (!json_is_integer(seed) || json_integer_value(seed) < 0)
    return refuse_value(reader, place, seed, "a whole number, 0 or more");
  *number = (uint64_t) json_integer_value(seed);
  return true;
}

static bool read_holdout(const struct reader *reader, const json_t *root)
{
  static const char *const known[] = {"fraction", "seed", "part", NULL};
  static const char place[] = ".holdout", expected[] = "a fraction above 0, below 1";
  struct model *model = reader->model;
  const json_t *given = json_object_get(root, "holdout");
  char *part = NULL;
  if (!given)
    return true;
  bool good =
      take_object(reader, place, given, known) &&
      take_number(reader, ".holdout.fraction", json_object_get(given, "fraction"), expected,
                  0x1p-1022, nextafter(1, 0), &model->holdout.fraction) &&
      take_seed(reader, ".holdout.seed", json_object_get(given, "seed"), &model->holdout.seed) &&
      take_string_key(reader, place, given, "part", true, "\"train\" or \"test\"", &part) &&
      take_choice(reader, ".holdout.part", part, "train", "test");
  model->holdout.test = good && strcmp(part, "test") == 0;
  free(part);
  return good;
}

static bool take_count(const struct reader *reader, const char *place, const json_t *object,
                       const char *key, double least, size_t *count)
{
  const char *expected = least > 1 ? "a whole number from 2 to 10000"
                                   : "a whole number from 1 to 10000";
  double number = NAN;
  if (!take_number_key(reader, place, object, key, expected, least, 10000, &number))
    return false;
  if (!(number == floor(number)))
    return refuse(reader, place, "expected \"%s\" to be %s", key, expected);
  *count = (size_t) number;
  return true;
}

static bool read_imputation(const struct reader *reader, const json_t *root)
{
  static const char *const known[] = {"imputations", "iterations", "with", NULL};
  static const char place[] = ".imputation";
  struct model *model = reader->model;
  const json_t *given = json_object_get(root, "imputation");
  if (!given)
    return true;
  return take_object(reader, place, given, known) &&
         take_count(reader, place, given, "imputations", 2, &model->imputation.n) &&
         take_count(reader, place, given, "iterations", 1, &model->imputation.n_iterations) &&
         take_strings_key(reader, place, given, "with", false, "an array of names", 0,
                          &model->imputation.with);
}

static bool read_seed(const struct reader *reader, const json_t *root)
{
  const json_t *seed = json_object_get(root, "seed");
  return !seed || take_seed(reader, ".seed", seed, &reader->model->seed);
}

// "folder/zero-low.json" is called zero-low.
static char *name_from_file(const char *file)
{
  const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
  size_t length = strlen(name);
  if (length > 5 && text_ends(name, ".json"))
    length -= 5;
  return length ? memory_copy_bytes(name, length) : memory_copy_text("model");
}

static bool read_digest(const struct reader *reader, const json_t *root)
{
  const json_t *given = json_object_get(root, "digest");
  if (!given)
    return true;
  if (!json_is_string(given))
    return refuse_value(reader, ".digest", given, "64 hexadecimal digits");
  struct text printed = {0}, line = {0};
  model_print(reader->model, &printed);
  text_append_format(&line, "\"digest\": \"%s\"\n}\n", json_string_value(given));
  bool good = text_ends(text_content(&printed), text_content(&line));
  text_free(&printed);
  text_free(&line);
  return good || refuse(reader, ".digest",
                        "the file was changed after it was written (take this line out if the "
                        "change is meant)");
}

static bool read_root(const struct reader *reader, const json_t *root)
{
  static const char *const known[] = {
      "format",    "version",      "name",       "software",   "outcome",   "data",
      "missing",   "derivations",  "variables",  "terms",      "coefficients",
      "covariance", "candidates",  "procedure",  "imputation", "holdout",   "seed",
      "digest",    NULL};
  struct model *model = reader->model;
  if (!json_is_object(root))
    return refuse_value(reader, ".", root, "an object");
  if (!read_header(reader, root) || !check_keys(reader, "", root, known) ||
      !take_string_key(reader, "", root, "name", false, "a name", &model->name) ||
      !take_string_key(reader, "", root, "software", false, "a program and its version",
                       &model->software))
    return false;
  if (!model->name)
    model->name = name_from_file(reader->name);
  return read_outcome(reader, root) && read_data(reader, root) &&
         take_strings_key(reader, "", root, "missing", false, "an array of tokens", 0,
                          &model->missing_tokens) &&
         read_derivations(reader, root) && read_variables(reader, root) &&
         read_terms(reader, root) && read_coefficients(reader, root) &&
         read_covariance(reader, root) && read_candidates(reader, root) &&
         read_procedure(reader, root) && read_imputation(reader, root) &&
         read_holdout(reader, root) && read_seed(reader, root) && read_digest(reader, root);
}

bool model_parse(struct model *model, const char *bytes, size_t length, const char *name,
                 struct error *error)
{
  json_set_alloc_funcs(allocate, free);
  *model = (struct model){.has_intercept = true,
                          .n = NAN,
                          .n_events = NAN,
                          .procedure = {.screen_p = NAN, .stay_p = NAN, .vif_cut = NAN}};
  if (length == 0)
    return error_set(error, ERROR_DATA, "%s: empty, and a model file is expected", name);
  json_error_t json_error;
  json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &json_error);
  if (!root)
    return error_set(error, ERROR_DATA, "%s:%d:%d: not JSON: %s", name, json_error.line,
                     json_error.column,
                     json_error_code(&json_error) == json_error_null_character
                         ? "a NUL character (\\u0000) in a text"
                         : json_error.text);
  struct reader reader = {model, name, error};
  bool good = read_root(&reader, root);
  json_decref(root);
  if (!good)
    model_free(model);
  return good;
}
