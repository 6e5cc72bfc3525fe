// SPDX-License-Identifier: GPL-3.0-or-later
// The model file: writing.  Its form is told in her2-model(5).
#include <config.h>

#include "data/model_json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"

// Objects open and close with their keys one a line, `depth` deep.
struct writer {
  struct text *text;
  int depth;
  bool begun; // the innermost object has a key
};

void model_append_string(struct text *text, const char *string)
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
    model_append_string(text, string[i]);
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
  model_append_string(writer->text, key);
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
  model_append_string(writer->text, value);
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
    model_append_string(writer->text, design->variable[part->variable].name);
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
    model_append_string(writer->text, term->name);
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

static void write_missing_codes(struct writer *writer, const struct missing_codes *codes)
{
  if (!codes->n_variables)
    return;
  begin_key(writer, "missing.codes");
  open_group(writer, '{');
  for (size_t i = 0; i < codes->n_variables; i++)
    write_strings(writer, codes->variable[i].variable, &codes->variable[i].code);
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
  json_set_alloc_funcs(memory_allocate_bytes, free);
  struct text body = {0};
  struct writer writer = {.text = &body};
  open_group(&writer, '{');
  write_string(&writer, "format", "her2-model");
  write_number(&writer, "version", MODEL_VERSION);
  write_string(&writer, "name", model->name);
  write_string(&writer, "software", model->software);
  write_outcome(&writer, model);
  write_data(&writer, model);
  write_strings(&writer, "missing", &model->missing_tokens);
  write_missing_codes(&writer, &model->missing_codes);
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
