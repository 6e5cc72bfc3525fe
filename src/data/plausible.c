// SPDX-License-Identifier: GPL-3.0-or-later
// The assumptions of a simulated cohort, a CSV file.
#include <config.h>

#include "data/plausible.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"
#include "data/formula.h"

enum field {
  FIELD_NAME, FIELD_KIND, FIELD_LABEL, FIELD_UNIT, FIELD_LABELS, FIELD_MIN, FIELD_MAX,
  FIELD_DECIMALS, FIELD_DIGITS, FIELD_FORMULA, FIELD_CORRELATED, FIELD_WHY, N_FIELDS
};
static const char *const field_names[N_FIELDS] = {
    "name", "kind",     "label",  "unit",    "labels",     "min",
    "max",  "decimals", "digits", "formula", "correlated", "why"};
static const char *const kind_names[] = {[PLAUSIBLE_GROUP] = "group",
                                         [PLAUSIBLE_MEASURE] = "measure",
                                         [PLAUSIBLE_FEATURE] = "feature"};
enum { N_KINDS = 3, MOST_DECIMALS = 9, MOST_DIGITS = 15 };

static char *copy_cell(const struct csv_cell *cell)
{
  const char *bytes = cell->bytes;
  size_t n = cell->length;
  while (n && isblank((unsigned char) *bytes))
    bytes++, n--;
  while (n && isblank((unsigned char) bytes[n - 1]))
    n--;
  return memory_copy_bytes(bytes, n);
}

// NULL for "".
static char *copy_if_any(const char *text)
{
  return *text ? memory_copy_text(text) : NULL;
}

static bool read_number(const char *text, double *value, struct error *error)
{
  return !*text || number_parse_text(text, value) ||
         error_set(error, ERROR_DATA, "'%s' is not a number", text);
}

static bool read_integer(const char *text, int most, int *value, struct error *error)
{
  int64_t integer;
  if (!*text)
    return true;
  if (!number_parse_integer(text, 0, most, &integer))
    return error_set(error, ERROR_DATA, "'%s' is not a whole number from 0 to %d", text, most);
  *value = (int) integer;
  return true;
}

static bool read_pairs(struct plausible_item *item, const char *text, struct error *error)
{
  struct text_list parts = {0};
  if (*text)
    text_list_split(&parts, text, '|');
  bool good = true;
  for (size_t i = 0; i < parts.n_items && good; i++) {
    char *sign = strrchr(parts.item[i], '=');
    double correlation;
    good = (sign && number_parse_text(sign + 1, &correlation) && fabs(correlation) < 1) ||
           error_set(error, ERROR_DATA, "'%s' is not NAME=R with R between -1 and 1",
                     parts.item[i]);
    if (!good)
      break;
    RESIZE_ARRAY(item->pair, item->n_pairs + 1);
    item->pair[item->n_pairs++] = (struct plausible_pair){
        memory_copy_bytes(parts.item[i], (size_t) (sign - parts.item[i])), correlation};
  }
  text_list_free(&parts);
  return good;
}

// An item of the tables by kind, with the nearest name where there is none.
static bool check_name(const struct published *published, enum plausible_kind kind,
                       const char *name, struct error *error)
{
  bool measure = kind == PLAUSIBLE_MEASURE;
  if (measure ? published_find_measure(published, name) != NULL
              : published_find_feature(published, name) != NULL)
    return true;
  size_t n = measure ? published->n_measures : published->n_features;
  const char **names = memory_allocate(n, sizeof *names);
  for (size_t i = 0; i < n; i++)
    names[i] = measure ? published->measure[i].name : published->feature[i].name;
  const char *nearest = text_nearest(name, names, n);
  error_set(error, ERROR_DATA, "the tables have no %s '%s'%s%s%s", kind_names[kind], name,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
  free(names);
  return false;
}

static bool check_labels(const struct published *published, const struct plausible_item *item,
                         struct error *error)
{
  size_t n = item->kind == PLAUSIBLE_GROUP ? published->n_groups
             : item->kind == PLAUSIBLE_FEATURE
                 ? published_find_feature(published, item->name)->n_levels
                 : 0;
  return item->labels.n_items == 0 || item->labels.n_items == n ||
         error_set(error, ERROR_DATA, "column 'labels': %zu label%s for %zu %s",
                   item->labels.n_items, item->labels.n_items == 1 ? "" : "s", n,
                   item->kind == PLAUSIBLE_GROUP ? "groups" : "levels");
}

static bool read_formula(const struct published *published, struct plausible_item *item,
                         const char *text, struct error *error)
{
  if (!*text)
    return true;
  struct text definition = {0};
  formula_print_name(item->name, &definition);
  text_append_format(&definition, " = %s", text);
  item->formula = derivation_parse(text_content(&definition), error);
  text_free(&definition);
  if (!item->formula) {
    if (error)
      error->status = ERROR_DATA; // not the command line's fault
    return false;
  }
  const struct text_list *inputs = derivation_inputs(item->formula);
  for (size_t i = 0; i < inputs->n_items; i++)
    if (!check_name(published, PLAUSIBLE_MEASURE, inputs->item[i], error))
      return false;
  return true;
}

static bool read_item(const struct published *published, struct plausible_item *item,
                      char *const text[N_FIELDS], struct error *error)
{
  if (!*text[FIELD_NAME])
    return error_set(error, ERROR_DATA, "the name is empty");
  item->name = memory_copy_text(text[FIELD_NAME]);
  size_t kind = 0;
  while (kind < N_KINDS && strcmp(text[FIELD_KIND], kind_names[kind]) != 0)
    kind++;
  if (kind == N_KINDS)
    return error_set(error, ERROR_DATA, "column 'kind': '%s' is not group, measure or feature",
                     text[FIELD_KIND]);
  item->kind = (enum plausible_kind) kind;
  if (item->kind != PLAUSIBLE_GROUP && !check_name(published, item->kind, item->name, error))
    return false;
  for (size_t f = FIELD_MIN; f <= FIELD_FORMULA; f++)
    if (item->kind != PLAUSIBLE_MEASURE && *text[f])
      return error_set(error, ERROR_DATA, "column '%s' is for measures", field_names[f]);
  item->label = copy_if_any(text[FIELD_LABEL]);
  item->unit = copy_if_any(text[FIELD_UNIT]);
  if (*text[FIELD_LABELS])
    text_list_split(&item->labels, text[FIELD_LABELS], '|');
  if (!check_labels(published, item, error))
    return false;
  if (!read_number(text[FIELD_MIN], &item->least, error))
    return error_prefix(error, "column 'min'");
  if (!read_number(text[FIELD_MAX], &item->most, error))
    return error_prefix(error, "column 'max'");
  if (!(item->least <= item->most))
    return error_set(error, ERROR_DATA, "column 'max': it is below min");
  if (!read_integer(text[FIELD_DECIMALS], MOST_DECIMALS, &item->decimals, error))
    return error_prefix(error, "column 'decimals'");
  if (!read_integer(text[FIELD_DIGITS], MOST_DIGITS, &item->digits, error))
    return error_prefix(error, "column 'digits'");
  if (!read_formula(published, item, text[FIELD_FORMULA], error))
    return error_prefix(error, "column 'formula'");
  if (!read_pairs(item, text[FIELD_CORRELATED], error))
    return error_prefix(error, "column 'correlated'");
  return true;
}

static bool read_header(const struct csv_cell *cell, size_t n_cells, size_t *field_of,
                        struct error *error)
{
  bool seen[N_FIELDS] = {false};
  for (size_t j = 0; j < n_cells; j++) {
    char *text = copy_cell(&cell[j]);
    size_t field = 0;
    while (field < N_FIELDS && strcmp(text, field_names[field]) != 0)
      field++;
    bool good = (field < N_FIELDS && !seen[field]) ||
                error_set(error, ERROR_DATA, "column '%s' %s", text,
                          field < N_FIELDS ? "stands there twice"
                                           : "is none of the form 'plausible'");
    free(text);
    if (!good)
      return false;
    seen[field] = true;
    field_of[j] = field;
  }
  return (seen[FIELD_NAME] && seen[FIELD_KIND]) ||
         error_set(error, ERROR_DATA, "the form 'plausible' needs the columns name and kind");
}

static bool read_record(struct plausible *plausible, const struct published *published,
                        const struct csv_cell *cell, size_t n_cells, const size_t *field_of,
                        size_t line, struct error *error)
{
  char *text[N_FIELDS] = {0};
  for (size_t j = 0; j < n_cells; j++)
    text[field_of[j]] = copy_cell(&cell[j]);
  for (size_t f = 0; f < N_FIELDS; f++)
    if (!text[f])
      text[f] = memory_copy_text("");
  RESIZE_ARRAY(plausible->item, plausible->n_items + 1);
  struct plausible_item *item = &plausible->item[plausible->n_items++];
  *item = (struct plausible_item){
      .least = -INFINITY, .most = INFINITY, .decimals = -1, .digits = -1, .line = line};
  bool good = read_item(published, item, text, error);
  for (size_t i = 0; good && i + 1 < plausible->n_items; i++) {
    const struct plausible_item *other = &plausible->item[i];
    if (other->kind == item->kind &&
        (item->kind == PLAUSIBLE_GROUP || strcmp(other->name, item->name) == 0))
      good = error_set(error, ERROR_DATA, "the second record of %s%s%s%s", kind_names[item->kind],
                       item->kind == PLAUSIBLE_GROUP ? "" : " '",
                       item->kind == PLAUSIBLE_GROUP ? "" : item->name,
                       item->kind == PLAUSIBLE_GROUP ? "" : "'");
  }
  for (size_t f = 0; f < N_FIELDS; f++)
    free(text[f]);
  return good || error_prefix(error, "%s:%zu", plausible->path, line);
}

static bool read_all(struct plausible *plausible, const struct text *content,
                     const struct published *published, struct error *error)
{
  struct csv_reader *csv =
      csv_open(text_content(content), content->length, plausible->path, '\0', error);
  if (!csv)
    return false;
  struct csv_cell *cell;
  size_t n_cells, *field_of = NULL;
  enum csv_status status = csv_next(csv, &cell, &n_cells, error);
  bool good = status == CSV_RECORD;
  if (status == CSV_END)
    error_set(error, ERROR_DATA, "%s: the file is empty", plausible->path);
  if (good) {
    field_of = NEW_ARRAY(size_t, n_cells);
    good = read_header(cell, n_cells, field_of, error) ||
           error_prefix(error, "%s:1", plausible->path);
  }
  while (good && (status = csv_next(csv, &cell, &n_cells, error)) == CSV_RECORD)
    good = read_record(plausible, published, cell, n_cells, field_of, csv_line(csv), error);
  free(field_of);
  csv_close(csv);
  return good && status == CSV_END;
}

// The partners of all pairs exist, and no pair is stated in two ways.
static bool check_pairs(const struct plausible *plausible, const struct published *published,
                        struct error *error)
{
  for (size_t i = 0; i < plausible->n_items; i++) {
    const struct plausible_item *item = &plausible->item[i];
    for (size_t j = 0; j < item->n_pairs; j++) {
      const struct plausible_pair *pair = &item->pair[j];
      bool known = published_find_measure(published, pair->name) ||
                   published_find_feature(published, pair->name);
      if (!known)
        check_name(published, PLAUSIBLE_MEASURE, pair->name, error);
      else if (item->kind == PLAUSIBLE_GROUP)
        known = error_set(error, ERROR_DATA, "the groups are correlated by the tables alone");
      else if (strcmp(pair->name, item->name) == 0)
        known = error_set(error, ERROR_DATA, "'%s' is correlated with itself", item->name);
      else if (plausible_correlation(plausible, item->name, pair->name) != pair->correlation)
        known = error_set(error, ERROR_DATA, "'%s' and '%s' have two correlations", item->name,
                          pair->name);
      if (!known)
        return error_prefix(error, "%s:%zu: column 'correlated'", plausible->path, item->line);
    }
  }
  return true;
}

bool plausible_read(struct plausible *plausible, const char *path,
                    const struct published *published, struct error *error)
{
  *plausible = (struct plausible){0};
  if (!path)
    return true;
  plausible->path = memory_copy_text(file_display_name(path));
  struct text content = {0};
  bool good = file_read(path, &content, error) &&
              read_all(plausible, &content, published, error) &&
              check_pairs(plausible, published, error);
  text_free(&content);
  if (!good)
    plausible_free(plausible);
  return good;
}

void plausible_free(struct plausible *plausible)
{
  for (size_t i = 0; i < plausible->n_items; i++) {
    struct plausible_item *item = &plausible->item[i];
    for (size_t j = 0; j < item->n_pairs; j++)
      free(item->pair[j].name);
    free(item->pair);
    free(item->name);
    free(item->label);
    free(item->unit);
    text_list_free(&item->labels);
    derivation_free(item->formula);
  }
  free(plausible->item);
  free(plausible->path);
  *plausible = (struct plausible){0};
}

const struct plausible_item *plausible_find(const struct plausible *plausible,
                                            enum plausible_kind kind, const char *name)
{
  for (size_t i = 0; i < plausible->n_items; i++)
    if (plausible->item[i].kind == kind && strcmp(plausible->item[i].name, name) == 0)
      return &plausible->item[i];
  return NULL;
}

const struct plausible_item *plausible_group(const struct plausible *plausible)
{
  for (size_t i = 0; i < plausible->n_items; i++)
    if (plausible->item[i].kind == PLAUSIBLE_GROUP)
      return &plausible->item[i];
  return NULL;
}

double plausible_correlation(const struct plausible *plausible, const char *a, const char *b)
{
  for (size_t i = 0; i < plausible->n_items; i++) {
    const struct plausible_item *item = &plausible->item[i];
    bool is_a = strcmp(item->name, a) == 0, is_b = strcmp(item->name, b) == 0;
    for (size_t j = 0; j < item->n_pairs; j++)
      if ((is_a && strcmp(item->pair[j].name, b) == 0) ||
          (is_b && strcmp(item->pair[j].name, a) == 0))
        return item->pair[j].correlation;
  }
  return 0;
}
