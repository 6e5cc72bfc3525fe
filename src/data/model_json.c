// SPDX-License-Identifier: GPL-3.0-or-later
// The model file: reading of her2-model(5), part by part.
#include <config.h>

#include "data/model_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/derive.h"
#include "data/formula.h"

// ---- in front of the design ----

static bool read_header(const struct model_reader *reader, const json_t *root)
{
  const json_t *format = json_object_get(root, "format");
  const json_t *version = json_object_get(root, "version");
  if (!json_is_string(format) || strcmp(json_string_value(format), "her2-model") != 0)
    return model_refuse_value(reader, ".format", format, "\"her2-model\"");
  double number = NAN;
  if (json_is_number(version))
    number = json_number_value(version);
  if (number != MODEL_VERSION)
    return model_refuse_value(reader, ".version", version,
                              "version 1, the one that this program knows");
  return true;
}

static bool read_outcome(const struct model_reader *reader, const json_t *root)
{
  static const char *const known[] = {"variable", "event", "comparison", "label", NULL};
  struct model *model = reader->model;
  const json_t *outcome = json_object_get(root, "outcome");
  if (!model_take_object(reader, ".outcome", outcome, known) ||
      !model_take_string_key(reader, ".outcome", outcome, "variable", true, "the name of a column",
                             &model->outcome) ||
      !model_take_strings_key(reader, ".outcome", outcome, "event", true,
                              "the levels of the event, one or more", 1, &model->event) ||
      !model_take_strings_key(reader, ".outcome", outcome, "comparison", false,
                              "the levels that the event is compared with", 1,
                              &model->comparison) ||
      !model_take_string_key(reader, ".outcome", outcome, "label", false, "a label",
                             &model->event_label))
    return false;
  for (size_t i = 0; i < model->comparison.n_items; i++)
    if (text_list_has(&model->event, model->comparison.item[i]))
      return model_refuse(reader, ".outcome.comparison", "level '%s' is of the event, too",
                          model->comparison.item[i]);
  return true;
}

static bool is_whole(double x)
{
  return isnan(x) || x == nearbyint(x);
}

static bool read_data(const struct model_reader *reader, const json_t *root)
{
  static const char *const known[] = {"n", "events", "fingerprint", NULL};
  struct model *model = reader->model;
  const json_t *data = json_object_get(root, "data");
  if (!data)
    return true;
  char *fingerprint = NULL;
  bool good =
      model_take_object(reader, ".data", data, known) &&
      model_take_number_key(reader, ".data", data, "n", "a number of rows", 0, 0x1p53, &model->n) &&
      model_take_number_key(reader, ".data", data, "events", "a number of rows", 0, 0x1p53,
                            &model->n_events) &&
      model_take_string_key(reader, ".data", data, "fingerprint", false, "64 hexadecimal digits",
                            &fingerprint);
  if (good && model->n_events > model->n)
    good = model_refuse(reader, ".data.events", "more events than rows (.data.n)");
  if (good && !(is_whole(model->n) && is_whole(model->n_events)))
    good = model_refuse(reader, ".data", "expected whole numbers of rows and events");
  if (good && fingerprint) {
    if (strlen(fingerprint) == 64 && strspn(fingerprint, "0123456789abcdef") == 64)
      strcpy(model->fingerprint, fingerprint);
    else
      good = model_refuse(reader, ".data.fingerprint",
                          "expected 64 hexadecimal digits, found \"%.*s\"",
                          model_excerpt(fingerprint), fingerprint);
  }
  free(fingerprint);
  return good;
}

static bool read_derivations(const struct model_reader *reader, const json_t *root)
{
  struct text_list written = {0}, names = {0};
  bool good = model_take_strings_key(reader, "", root, "derivations", false,
                                     "an array of 'name = expression'", 0, &written);
  for (size_t i = 0; i < written.n_items && good; i++) {
    struct error error = {0};
    struct derivation *derivation = derivation_parse(written.item[i], &error);
    char *at = model_place_index(".derivations", i);
    if (!derivation) {
      good = model_refuse(reader, at, "%s", error.message);
    } else if (text_list_has(&names, derivation_name(derivation))) {
      good = model_refuse(reader, at, "'%s' is derived twice", derivation_name(derivation));
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

// ---- behind the estimates ----

static bool read_candidates(const struct model_reader *reader, const json_t *root)
{
  struct text_list written = {0};
  bool good = model_take_strings_key(reader, "", root, "candidates", false, "an array of terms", 0,
                                     &written);
  for (size_t i = 0; i < written.n_items && good; i++) {
    struct formula formula = {0};
    char *at = model_place_index(".candidates", i);
    good = model_parse_term(reader, at, written.item[i], &formula);
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

static bool take_choice(const struct model_reader *reader, const char *place, const char *value,
                        const char *a, const char *b)
{
  if (!value || strcmp(value, a) == 0 || strcmp(value, b) == 0)
    return true;
  return model_refuse(reader, place, "expected \"%s\" or \"%s\", found \"%.*s\"", a, b,
                      model_excerpt(value), value);
}

static bool read_procedure(const struct model_reader *reader, const json_t *root)
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
      model_take_object(reader, place, given, known) &&
      model_take_number_key(reader, place, given, "screen", p, 0x1p-1022, 1,
                            &model->procedure.screen_p) &&
      model_take_string_key(reader, place, given, "select", false, "\"backward\" or \"forward\"",
                            &model->procedure.select) &&
      take_choice(reader, ".procedure.select", model->procedure.select, "backward", "forward") &&
      model_take_string_key(reader, place, given, "by", false, "\"p\" or \"aic\"",
                            &model->procedure.by) &&
      take_choice(reader, ".procedure.by", model->procedure.by, "p", "aic") &&
      model_take_number_key(reader, place, given, "stay", p, 0x1p-1022, 1,
                            &model->procedure.stay_p) &&
      model_take_number_key(reader, place, given, "vif", "a number, 1 or more", 1, INFINITY,
                            &model->procedure.vif_cut) &&
      model_take_flag_key(reader, place, given, "vif.drop", &model->procedure.vif_drop) &&
      model_take_string_key(reader, place, given, "vif.by", false, "\"coefficients\" or \"ols\"",
                            &vif_by) &&
      take_choice(reader, ".procedure[\"vif.by\"]", vif_by, "coefficients", "ols") &&
      model_take_flag_key(reader, place, given, "firth", &model->procedure.firth) &&
      model_take_flag_key(reader, place, given, "flic", &model->procedure.flic);
  model->procedure.vif_by_ols = good && text_equal(vif_by, "ols");
  free(vif_by);
  return good;
}

static bool take_seed(const struct model_reader *reader, const char *place, const json_t *seed,
                      uint64_t *number)
{
  if (!json_is_integer(seed) || json_integer_value(seed) < 0)
    return model_refuse_value(reader, place, seed, "a whole number, 0 or more");
  *number = (uint64_t) json_integer_value(seed);
  return true;
}

static bool read_holdout(const struct model_reader *reader, const json_t *root)
{
  static const char *const known[] = {"fraction", "seed", "part", NULL};
  static const char place[] = ".holdout", expected[] = "a fraction above 0, below 1";
  struct model *model = reader->model;
  const json_t *given = json_object_get(root, "holdout");
  char *part = NULL;
  if (!given)
    return true;
  bool good =
      model_take_object(reader, place, given, known) &&
      model_take_number(reader, ".holdout.fraction", json_object_get(given, "fraction"), expected,
                        0x1p-1022, nextafter(1, 0), &model->holdout.fraction) &&
      take_seed(reader, ".holdout.seed", json_object_get(given, "seed"), &model->holdout.seed) &&
      model_take_string_key(reader, place, given, "part", true, "\"train\" or \"test\"", &part) &&
      take_choice(reader, ".holdout.part", part, "train", "test");
  model->holdout.test = good && strcmp(part, "test") == 0;
  free(part);
  return good;
}

static bool take_count(const struct model_reader *reader, const char *place, const json_t *object,
                       const char *key, double least, size_t *count)
{
  const char *expected = least > 1 ? "a whole number from 2 to 10000"
                                   : "a whole number from 1 to 10000";
  double number = NAN;
  if (!model_take_number_key(reader, place, object, key, expected, least, 10000, &number))
    return false;
  if (!(number == floor(number)))
    return model_refuse(reader, place, "expected \"%s\" to be %s", key, expected);
  *count = (size_t) number;
  return true;
}

// The first of the levels that is among the codes, or NULL.
static const char *find_coded(const struct text_list *codes, const struct text_list *levels)
{
  for (size_t i = 0; i < levels->n_items; i++)
    if (codes_include(codes, levels->item[i]))
      return levels->item[i];
  return NULL;
}

// A level of the column that means missing by these codes, or NULL.
static const char *find_missing_level(const struct model *model, const char *column,
                                      const struct text_list *codes)
{
  size_t v = design_find_variable(&model->design, column);
  if (v != DESIGN_ALL)
    return find_coded(codes, &model->design.variable[v].levels);
  if (strcmp(column, model->outcome) != 0)
    return NULL;
  const char *event = find_coded(codes, &model->event);
  return event ? event : find_coded(codes, &model->comparison);
}

static bool read_codes_of(const struct model_reader *reader, const char *place, const json_t *given,
                          const char *column)
{
  struct text_list codes = {0};
  bool good = model_take_strings_key(reader, place, given, column, true, "an array of codes", 1,
                                     &codes);
  const char *level = good ? find_missing_level(reader->model, column, &codes) : NULL;
  if (good && (level || !*column)) {
    char *at = model_place_key(place, column);
    good = level ? model_refuse(reader, at, "'%s' is a level of '%s' and cannot mean missing",
                                level, column)
                 : model_refuse(reader, at, "a column without a name");
    free(at);
  }
  if (good)
    missing_codes_add(&reader->model->missing_codes, column, &codes);
  text_list_free(&codes);
  return good;
}

static bool read_missing_codes(const struct model_reader *reader, const json_t *root)
{
  const json_t *given = json_object_get(root, "missing.codes");
  if (!given)
    return true;
  char *place = model_place_key("", "missing.codes");
  bool good = json_is_object(given) ||
              model_refuse_value(reader, place, given,
                                 "an object with an array of codes for a column");
  const char *column;
  json_t *codes;
  if (good)
    json_object_foreach((json_t *) given, column, codes)
      good = good && read_codes_of(reader, place, given, column);
  free(place);
  return good;
}

static bool read_imputation(const struct model_reader *reader, const json_t *root)
{
  static const char *const known[] = {"imputations", "iterations", "with", NULL};
  static const char place[] = ".imputation";
  struct model *model = reader->model;
  const json_t *given = json_object_get(root, "imputation");
  if (!given)
    return true;
  return model_take_object(reader, place, given, known) &&
         take_count(reader, place, given, "imputations", 2, &model->imputation.n) &&
         take_count(reader, place, given, "iterations", 1, &model->imputation.n_iterations) &&
         model_take_strings_key(reader, place, given, "with", false, "an array of names", 0,
                                &model->imputation.with);
}

static bool read_seed(const struct model_reader *reader, const json_t *root)
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

static bool read_digest(const struct model_reader *reader, const json_t *root)
{
  const json_t *given = json_object_get(root, "digest");
  if (!given)
    return true;
  if (!json_is_string(given))
    return model_refuse_value(reader, ".digest", given, "64 hexadecimal digits");
  struct text printed = {0}, line = {0};
  model_print(reader->model, &printed);
  text_append_format(&line, "\"digest\": \"%s\"\n}\n", json_string_value(given));
  bool good = text_ends(text_content(&printed), text_content(&line));
  text_free(&printed);
  text_free(&line);
  return good ||
         model_refuse(reader, ".digest",
                      "the file was changed after it was written (take this line out if the "
                      "change is meant)");
}
// ---- the whole ----

static bool read_root(const struct model_reader *reader, const json_t *root)
{
  static const char *const known[] = {
      "format",    "version",      "name",       "software",   "outcome",   "data",
      "missing",   "derivations",  "variables",  "terms",      "coefficients",
      "covariance", "candidates",  "procedure",  "imputation", "holdout",   "seed",
      "digest",    "missing.codes", NULL};
  struct model *model = reader->model;
  if (!json_is_object(root))
    return model_refuse_value(reader, ".", root, "an object");
  if (!read_header(reader, root) || !model_check_keys(reader, "", root, known) ||
      !model_take_string_key(reader, "", root, "name", false, "a name", &model->name) ||
      !model_take_string_key(reader, "", root, "software", false, "a program and its version",
                             &model->software))
    return false;
  if (!model->name)
    model->name = name_from_file(reader->name);
  return read_outcome(reader, root) && read_data(reader, root) &&
         model_take_strings_key(reader, "", root, "missing", false, "an array of tokens", 0,
                                &model->missing_tokens) &&
         read_derivations(reader, root) && model_read_variables(reader, root) &&
         model_read_terms(reader, root) && model_read_coefficients(reader, root) &&
         model_read_covariance(reader, root) && read_candidates(reader, root) &&
         read_procedure(reader, root) && read_imputation(reader, root) &&
         read_holdout(reader, root) && read_seed(reader, root) &&
         read_missing_codes(reader, root) && read_digest(reader, root);
}

bool model_parse(struct model *model, const char *bytes, size_t length, const char *name,
                 struct error *error)
{
  json_set_alloc_funcs(memory_allocate_bytes, free);
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
  struct model_reader reader = {model, name, error};
  bool good = read_root(&reader, root);
  json_decref(root);
  if (!good)
    model_free(model);
  return good;
}
