// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/cohort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { MOST_LEVELS = 20 };

void cohort_options_free(struct cohort_options *options)
{
  for (size_t i = 0; i < options->n_derivations; i++)
    derivation_free(options->derivation[i]);
  for (size_t i = 0; i < options->n_conditions; i++)
    condition_free(options->condition[i]);
  free(options->derivation);
  free(options->condition);
  text_list_free(&options->table.na);
  missing_codes_free(&options->table.codes);
  *options = (struct cohort_options){0};
}

// ---- which columns, from where ----

struct pending {
  struct derivation *derivation;
  const char *model; // that has it; NULL: the user's
  bool needed, applied;
};

struct loader {
  struct table *table;
  const struct model *model;
  size_t n_models;
  struct pending *pending;
  size_t n_pending;
  struct column_request *request;
  size_t n_requests, capacity;
  struct error *error;
};

static bool has_column(const struct table *table, const char *name)
{
  for (size_t i = 0; i < table->n_columns; i++)
    if (strcmp(table->column[i].name, name) == 0)
      return true;
  return false;
}

static void add_pending(struct loader *loader, struct derivation *derivation, const char *model)
{
  RESIZE_ARRAY(loader->pending, loader->n_pending + 1);
  loader->pending[loader->n_pending++] = (struct pending){derivation, model, !model, false};
}

static void collect_derivations(struct loader *loader, const struct cohort_options *options)
{
  for (size_t i = 0; i < options->n_derivations; i++)
    add_pending(loader, options->derivation[i], NULL);
  for (size_t m = 0; m < loader->n_models; m++) {
    const struct text_list *texts = &loader->model[m].derivations;
    for (size_t i = 0; i < texts->n_items; i++) {
      struct derivation *derivation = derivation_parse(texts->item[i], NULL);
      if (derivation)
        add_pending(loader, derivation, loader->model[m].name);
    }
  }
}

static void free_pending(struct loader *loader)
{
  for (size_t i = 0; i < loader->n_pending; i++)
    if (loader->pending[i].model)
      derivation_free(loader->pending[i].derivation);
  free(loader->pending);
}

// The definition of a column, the user's before a model's; *found NULL if there is none.
static bool find_definition(struct loader *loader, const char *name, struct pending **found)
{
  *found = NULL;
  for (size_t i = 0; i < loader->n_pending; i++) {
    struct pending *pending = &loader->pending[i];
    if (strcmp(derivation_name(pending->derivation), name) != 0)
      continue;
    if (!*found)
      *found = pending;
    else if ((*found)->model && !derivation_equal((*found)->derivation, pending->derivation))
      return error_set(loader->error, ERROR_USAGE,
                       "models '%s' and '%s' derive '%s' differently: one model at a time, or say "
                       "which by --derive",
                       (*found)->model, pending->model, name);
  }
  return true;
}

// True if the file has the column or a derivation makes it.
static bool is_known(struct loader *loader, const char *name)
{
  struct pending *definition;
  size_t column;
  return has_column(loader->table, name) ||
         (find_definition(loader, name, &definition) &&
          (definition || table_find(loader->table, name, &column, loader->error)));
}

// Asks for a column of the file, or for what it is derived from.  `by`: the model that reads
// it, or NULL.
static bool ask(struct loader *loader, const char *name, enum column_use use, const char *by)
{
  struct pending *definition;
  size_t column;
  if (has_column(loader->table, name)) {
    if (!table_find(loader->table, name, &column, loader->error))
      return false;
    GROW_ARRAY(loader->request, loader->capacity, loader->n_requests + 1);
    loader->request[loader->n_requests++] = (struct column_request){column, use};
    return true;
  }
  if (!find_definition(loader, name, &definition))
    return false;
  if (!definition) {
    table_find(loader->table, name, &column, loader->error);
    if (!by)
      return false;
    if (loader->error)
      loader->error->status = ERROR_DATA;
    return error_prefix(loader->error, "model '%s'", by);
  }
  if (definition->needed)
    return true;
  definition->needed = true;
  const struct text_list *inputs = derivation_inputs(definition->derivation);
  for (size_t i = 0; i < inputs->n_items; i++)
    if (!ask(loader, inputs->item[i], USE_NUMERIC, definition->model))
      return false;
  return true;
}

static enum column_use use_of(enum part_kind kind)
{
  if (kind == PART_PLAIN)
    return USE_AUTOMATIC;
  return kind == PART_FACTOR ? USE_CATEGORICAL : USE_NUMERIC;
}

static bool ask_formula(struct loader *loader, const struct formula *formula)
{
  if (formula->outcome && !ask(loader, formula->outcome, USE_AUTOMATIC, NULL))
    return false;
  for (size_t t = 0; t < formula->n_terms; t++) {
    const struct formula_term *term = &formula->term[t];
    for (size_t i = 0; i < term->n_parts; i++) {
      const struct formula_part *part = &term->part[i];
      // A column that is only taken out need not be loaded, but it must be there.
      if (term->sign == TERM_REMOVE ? !is_known(loader, part->name)
                                    : !ask(loader, part->name, use_of(part->kind), NULL))
        return false;
    }
  }
  return true;
}

// A model can be used without the candidates that its selection left out.
static bool ask_candidates(struct loader *loader, const struct model *model)
{
  bool good = true;
  for (size_t i = 0; i < model->candidates.n_items && good; i++) {
    struct formula formula;
    char *text = text_format("~ %s", model->candidates.item[i]);
    bool parsed = formula_parse(&formula, text, NULL);
    free(text);
    for (size_t t = 0; parsed && t < formula.n_terms; t++)
      for (size_t k = 0; k < formula.term[t].n_parts && good; k++) {
        const struct formula_part *part = &formula.term[t].part[k];
        struct pending *definition;
        good = find_definition(loader, part->name, &definition) &&
               ((!definition && !has_column(loader->table, part->name)) ||
                ask(loader, part->name, use_of(part->kind), model->name));
      }
    if (parsed)
      formula_free(&formula);
  }
  return good;
}

static bool ask_models(struct loader *loader, bool candidates)
{
  for (size_t m = 0; m < loader->n_models; m++) {
    const struct design *design = &loader->model[m].design;
    for (size_t v = 0; v < design->n_variables; v++)
      if (!ask(loader, design->variable[v].name,
               design->variable[v].categorical ? USE_CATEGORICAL : USE_NUMERIC,
               loader->model[m].name))
        return false;
    if (candidates && !ask_candidates(loader, &loader->model[m]))
      return false;
  }
  return true;
}

static bool ask_all(struct loader *loader, const struct formula *formula,
                    const struct cohort_options *options)
{
  if (!ask_formula(loader, formula))
    return false;
  for (size_t i = 0; i < options->n_derivations; i++) {
    const struct text_list *inputs = derivation_inputs(options->derivation[i]);
    for (size_t j = 0; j < inputs->n_items; j++)
      if (!ask(loader, inputs->item[j], USE_NUMERIC, NULL))
        return false;
  }
  if (!ask_models(loader, options->candidates))
    return false;
  for (size_t i = 0; i < options->n_conditions; i++)
    if (!ask(loader, condition_column(options->condition[i]), USE_AUTOMATIC, NULL))
      return false;
  return true;
}

// ---- derivations ----

static bool is_ready(const struct loader *loader, const struct pending *pending)
{
  const struct text_list *inputs = derivation_inputs(pending->derivation);
  for (size_t i = 0; i < inputs->n_items; i++)
    if (!has_column(loader->table, inputs->item[i]))
      return false;
  return true;
}

static bool apply(struct loader *loader, struct pending *pending)
{
  struct table *table = loader->table;
  const char *name = derivation_name(pending->derivation);
  size_t n_zero = 0;
  if (!derivation_apply(pending->derivation, table, &n_zero, loader->error))
    return false;
  pending->applied = true;
  struct text definition = {0};
  derivation_print(pending->derivation, &definition);
  if (pending->model)
    text_list_adopt(&table->notes, text_format("model '%s' derives %s", pending->model,
                                               text_content(&definition)));
  text_free(&definition);
  if (n_zero)
    text_list_adopt(&table->notes, text_format("%s: missing in %zu row%s where the divisor is 0",
                                               name, n_zero, n_zero == 1 ? "" : "s"));
  return true;
}

// Each as soon as its inputs are there.
static bool derive_all(struct loader *loader)
{
  for (;;) {
    struct pending *next = NULL, *waiting = NULL;
    for (size_t i = 0; i < loader->n_pending && !next; i++) {
      struct pending *pending = &loader->pending[i];
      if (!pending->needed || pending->applied)
        continue;
      waiting = pending;
      if (is_ready(loader, pending))
        next = pending;
    }
    if (!waiting)
      return true;
    if (!next)
      return error_set(loader->error, ERROR_USAGE,
                       "the derivations go round in a circle: '%s' needs itself",
                       derivation_name(waiting->derivation));
    if (!apply(loader, next))
      return false;
  }
}

// Of the file's columns that a model would derive.
static void note_unused(struct loader *loader)
{
  for (size_t i = 0; i < loader->n_pending; i++) {
    const struct pending *pending = &loader->pending[i];
    const char *name = derivation_name(pending->derivation);
    if (pending->model && !pending->needed && has_column(loader->table, name))
      text_list_adopt(&loader->table->notes,
                      text_format("%s is taken as it is in %s (model '%s' has a derivation for it)",
                                  name, loader->table->name, pending->model));
  }
}

static void add_tokens(struct cohort_options *options, const struct model *model, size_t n_models)
{
  struct text_list *tokens = &options->table.na;
  for (size_t m = 0; m < n_models; m++)
    for (size_t i = 0; i < model[m].missing_tokens.n_items; i++)
      if (!text_list_has(tokens, model[m].missing_tokens.item[i]))
        text_list_add(tokens, model[m].missing_tokens.item[i]);
}

// The levels that a model knows of a column: of a variable, or of its outcome (NULL, NULL).
struct known_levels {
  const struct text_list *first, *second;
};

// Whether the model reads the column as it is.
static bool find_known_levels(const struct model *model, const char *name,
                              struct known_levels *known)
{
  *known = (struct known_levels){0};
  size_t v = design_find_variable(&model->design, name);
  if (v != DESIGN_ALL)
    known->first = &model->design.variable[v].levels;
  else if (text_equal(model->outcome, name))
    *known = (struct known_levels){&model->event, &model->comparison};
  return known->first != NULL;
}

static bool add_codes_of(struct missing_codes *codes, const struct variable_codes *added,
                         const char *name, const struct model *model, size_t n_models,
                         struct error *error)
{
  for (size_t m = 0; m < n_models; m++) {
    struct known_levels known;
    if (!find_known_levels(&model[m], added->variable, &known))
      continue;
    for (int k = 0; k < 2; k++) {
      const struct text_list *levels = k ? known.second : known.first;
      for (size_t i = 0; levels && i < levels->n_items; i++)
        if (codes_include(&added->code, levels->item[i]))
          return error_set(error, ERROR_USAGE,
                           "'%s' of '%s' means missing in model '%s' and is a level in model '%s': "
                           "one model at a time",
                           levels->item[i], added->variable, name, model[m].name);
    }
  }
  missing_codes_add(codes, added->variable, &added->code);
  return true;
}

static bool add_codes(struct cohort_options *options, const struct model *model, size_t n_models,
                      struct error *error)
{
  for (size_t m = 0; m < n_models; m++) {
    const struct missing_codes *codes = &model[m].missing_codes;
    for (size_t i = 0; i < codes->n_variables; i++)
      if (!add_codes_of(&options->table.codes, &codes->variable[i], model[m].name, model, n_models,
                        error))
        return false;
  }
  return true;
}

// Says of a column that some model reads without codes that another has for it.
static void note_codes_of(struct table *table, const struct variable_codes *codes,
                          const struct text_list *everywhere, const struct model *model,
                          size_t n_models)
{
  struct text lacked = {0}, without = {0};
  size_t n_lacked = 0;
  bool *lacks = NEW_ZEROED(bool, n_models);
  for (size_t i = 0; i < codes->code.n_items; i++) {
    const char *code = codes->code.item[i];
    bool any = false;
    for (size_t m = 0; m < n_models; m++) {
      const struct text_list *own = missing_codes_find(&model[m].missing_codes, codes->variable);
      struct known_levels known;
      if (codes_include(everywhere, code) || (own && codes_include(own, code)) ||
          !find_known_levels(&model[m], codes->variable, &known))
        continue;
      any = lacks[m] = true;
    }
    n_lacked += any;
    if (any)
      text_append_item(&lacked, ", ", code);
  }
  for (size_t m = 0; m < n_models; m++)
    if (lacks[m])
      text_append_item(&without, "', '", model[m].name);
  if (lacked.length)
    text_list_adopt(&table->notes,
                    text_format("%s: %s mean%s missing for every model here; made without that: "
                                "'%s'",
                                codes->variable, text_content(&lacked), n_lacked == 1 ? "s" : "",
                                text_content(&without)));
  free(lacks);
  text_free(&lacked);
  text_free(&without);
}

static void note_codes(struct table *table, const struct cohort_options *options,
                       const struct model *model, size_t n_models)
{
  for (size_t c = 0; c < options->table.codes.n_variables; c++)
    note_codes_of(table, &options->table.codes.variable[c], &options->table.na, model, n_models);
}

// ---- the `.` ----

static struct formula_term plain_term(const char *name)
{
  struct formula_term term = {.sign = TERM_ADD, .part = NEW_ZEROED(struct formula_part, 1)};
  term.part[0].name = memory_copy_text(name);
  term.n_parts = 1;
  return term;
}

static bool is_named(const struct formula *formula, const char *name)
{
  if (text_equal(formula->outcome, name))
    return true;
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++)
      if (formula->term[t].n_parts == 1 && strcmp(formula->term[t].part[i].name, name) == 0)
        return true;
  return false;
}

static void note_names(struct table *table, struct text *names, const char *why)
{
  if (names->length)
    text_list_adopt(&table->notes, text_format("`.` leaves out %s: %s", text_content(names), why));
  text_free(names);
}

static void free_term(struct formula_term *term)
{
  for (size_t i = 0; i < term->n_parts; i++) {
    free(term->part[i].name);
    free(term->part[i].reference);
  }
  free(term->part);
}

// Puts the columns that `.` stands for in its place and drops the removals.
static void expand_rest(struct formula *formula, struct table *table)
{
  struct text many = {0}, typed = {0}, unreadable = {0};
  struct formula_term *expanded = NULL;
  size_t n_expanded = 0, capacity = 0;
  for (size_t t = 0; t < formula->n_terms; t++) {
    struct formula_term *term = &formula->term[t];
    if (term->sign == TERM_ADD) {
      GROW_ARRAY(expanded, capacity, n_expanded + 1);
      expanded[n_expanded++] = *term;
    }
    if (term->sign != TERM_REST)
      continue;
    for (size_t c = 0; c < table->n_columns; c++) {
      const struct column *column = &table->column[c];
      if (is_named(formula, column->name))
        continue;
      enum variable_type type = column->variable_type;
      if (type == VARIABLE_ID || type == VARIABLE_DATE || type == VARIABLE_IGNORE) {
        text_append_item(&typed, ", ", column->name);
      } else if (column->type == COLUMN_UNLOADED) {
        text_append_item(&unreadable, ", ", column->name);
      } else if (column->type == COLUMN_CATEGORICAL && type != VARIABLE_CATEGORICAL &&
                 type != VARIABLE_ORDINAL &&
                 (column->n_levels > MOST_LEVELS || column->n_levels == table->n_rows)) {
        text_append_item(&many, ", ", column->name);
      } else {
        GROW_ARRAY(expanded, capacity, n_expanded + 1);
        expanded[n_expanded++] = plain_term(column->name);
      }
    }
  }
  for (size_t t = 0; t < formula->n_terms; t++)
    if (formula->term[t].sign != TERM_ADD)
      free_term(&formula->term[t]);
  free(formula->term);
  formula->term = expanded;
  formula->n_terms = n_expanded;
  note_names(table, &typed, "id, date or ignore");
  note_names(table, &many, "more than 20 levels, or as many as rows");
  note_names(table, &unreadable, "neither numbers nor levels");
}

static bool has_rest(const struct formula *formula)
{
  for (size_t t = 0; t < formula->n_terms; t++)
    if (formula->term[t].sign == TERM_REST)
      return true;
  return false;
}

// ---- the whole ----

static bool load(struct table *table, const struct formula *formula, struct loader *loader,
                 struct error *error)
{
  if (!has_rest(formula))
    return table_load(table, loader->request, loader->n_requests, error);
  struct text_list refused = {0};
  bool good =
      table_load_with_rest(table, loader->request, loader->n_requests, &refused, error);
  for (size_t i = 0; i < refused.n_items; i++)
    text_list_add(&table->notes, refused.item[i]);
  text_list_free(&refused);
  return good;
}

bool cohort_load(struct table *table, struct formula *formula, const char *path,
                 struct cohort_options *options, const struct model *model, size_t n_models,
                 struct error *error)
{
  add_tokens(options, model, n_models);
  if (!add_codes(options, model, n_models, error) ||
      !table_open(table, path, &options->table, error))
    return false;
  note_codes(table, options, model, n_models);
  struct loader loader = {
      .table = table, .model = model, .n_models = n_models, .error = error};
  collect_derivations(&loader, options);
  bool good = ask_all(&loader, formula, options) && load(table, formula, &loader, error);
  if (good)
    note_unused(&loader);
  good = good && derive_all(&loader);
  for (size_t m = 0; m < n_models && good; m++)
    design_note_levels(&model[m].design, model[m].name, table);
  free(loader.request);
  free_pending(&loader);
  if (good)
    expand_rest(formula, table);
  return good;
}

bool cohort_keep(const struct table *table, const struct cohort_options *options, bool *keep,
                 struct error *error)
{
  for (size_t i = 0; i < table->n_rows; i++)
    keep[i] = true;
  for (size_t i = 0; i < options->n_conditions; i++)
    if (!condition_apply(options->condition[i], table, keep, error))
      return false;
  return true;
}
