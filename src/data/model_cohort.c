// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/model_cohort.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

static bool ask_all(struct loader *loader, const struct cohort_options *options)
{
  for (size_t i = 0; i < options->n_derivations; i++) {
    const struct text_list *inputs = derivation_inputs(options->derivation[i]);
    for (size_t j = 0; j < inputs->n_items; j++)
      if (!ask(loader, inputs->item[j], USE_NUMERIC, NULL))
        return false;
  }
  for (size_t m = 0; m < loader->n_models; m++) {
    const struct design *design = &loader->model[m].design;
    for (size_t v = 0; v < design->n_variables; v++)
      if (!ask(loader, design->variable[v].name,
               design->variable[v].categorical ? USE_CATEGORICAL : USE_NUMERIC,
               loader->model[m].name))
        return false;
  }
  for (size_t i = 0; i < options->n_conditions; i++)
    if (!ask(loader, condition_column(options->condition[i]), USE_AUTOMATIC, NULL))
      return false;
  return true;
}

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

bool model_cohort_load(struct table *table, const char *path, struct cohort_options *options,
                       const struct model *model, size_t n_models, struct error *error)
{
  add_tokens(options, model, n_models);
  if (!table_open(table, path, &options->table, error))
    return false;
  struct loader loader = {
      .table = table, .model = model, .n_models = n_models, .error = error};
  collect_derivations(&loader, options);
  bool good = ask_all(&loader, options) &&
              table_load(table, loader.request, loader.n_requests, error);
  if (good)
    note_unused(&loader);
  good = good && derive_all(&loader);
  free(loader.request);
  free_pending(&loader);
  return good;
}
