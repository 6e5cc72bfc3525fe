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
  *options = (struct cohort_options){0};
}

struct request_list {
  struct column_request *request;
  size_t n_requests, capacity;
};

static bool is_derived(const struct cohort_options *options, const char *name)
{
  for (size_t i = 0; i < options->n_derivations; i++)
    if (strcmp(derivation_name(options->derivation[i]), name) == 0)
      return true;
  return false;
}

// Asks for a column of the file, unless a derivation will make it.
static bool ask(struct request_list *list, const struct table *table,
                const struct cohort_options *options, const char *name, enum column_use use,
                struct error *error)
{
  if (is_derived(options, name))
    return true;
  size_t column;
  if (!table_find(table, name, &column, error))
    return false;
  GROW_ARRAY(list->request, list->capacity, list->n_requests + 1);
  list->request[list->n_requests++] = (struct column_request){column, use};
  return true;
}

static enum column_use use_of(enum part_kind kind)
{
  if (kind == PART_PLAIN)
    return USE_AUTOMATIC;
  return kind == PART_FACTOR ? USE_CATEGORICAL : USE_NUMERIC;
}

static bool ask_all(struct request_list *list, const struct table *table,
                    const struct formula *formula, const struct cohort_options *options,
                    struct error *error)
{
  if (formula->outcome && !ask(list, table, options, formula->outcome, USE_AUTOMATIC, error))
    return false;
  for (size_t t = 0; t < formula->n_terms; t++) {
    const struct formula_term *term = &formula->term[t];
    for (size_t i = 0; i < term->n_parts; i++) {
      const struct formula_part *part = &term->part[i];
      // A column that is only taken out need not be loaded, but it must be there.
      size_t column;
      if (term->sign == TERM_REMOVE) {
        if (!is_derived(options, part->name) && !table_find(table, part->name, &column, error))
          return false;
      } else if (!ask(list, table, options, part->name, use_of(part->kind), error)) {
        return false;
      }
    }
  }
  for (size_t i = 0; i < options->n_derivations; i++) {
    const struct text_list *inputs = derivation_inputs(options->derivation[i]);
    for (size_t j = 0; j < inputs->n_items; j++)
      if (!ask(list, table, options, inputs->item[j], USE_NUMERIC, error))
        return false;
  }
  for (size_t i = 0; i < options->n_conditions; i++)
    if (!ask(list, table, options, condition_column(options->condition[i]), USE_AUTOMATIC, error))
      return false;
  return true;
}

static bool derive_all(struct table *table, const struct cohort_options *options,
                       struct error *error)
{
  for (size_t i = 0; i < options->n_derivations; i++) {
    size_t n_zero = 0;
    const struct derivation *derivation = options->derivation[i];
    if (!derivation_apply(derivation, table, &n_zero, error))
      return false;
    if (n_zero)
      text_list_adopt(&table->notes,
                      text_format("%s: missing in %zu row%s where the divisor is 0",
                                  derivation_name(derivation), n_zero, n_zero == 1 ? "" : "s"));
  }
  return true;
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
  note_names(table, &typed, "id, date or ignore in the codebook");
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

bool cohort_load(struct table *table, struct formula *formula, const char *path,
                 const struct cohort_options *options, struct error *error)
{
  if (!table_open(table, path, &options->table, error))
    return false;
  struct request_list list = {0};
  struct text_list refused = {0};
  bool good = ask_all(&list, table, formula, options, error) &&
              (has_rest(formula)
                   ? table_load_with_rest(table, list.request, list.n_requests, &refused, error)
                   : table_load(table, list.request, list.n_requests, error));
  free(list.request);
  for (size_t i = 0; i < refused.n_items; i++)
    text_list_add(&table->notes, refused.item[i]);
  text_list_free(&refused);
  if (!good || !derive_all(table, options, error))
    return false;
  expand_rest(formula, table);
  return true;
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
