// SPDX-License-Identifier: GPL-3.0-or-later
// The codebook, a CSV file.
#include <config.h>

#include "data/codebook.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"
#include "data/encoding.h"

enum field {
  FIELD_VARIABLE,
  FIELD_LABEL,
  FIELD_UNIT,
  FIELD_TYPE,
  FIELD_LEVELS,
  FIELD_LABELS,
  FIELD_DIGITS,
  FIELD_MISSING,
  N_FIELDS
};
static const char *const field_names[N_FIELDS] = {"variable", "label",  "unit",   "type",
                                                  "levels",   "labels", "digits", "missing"};

static const char *const type_names[] = {
    [VARIABLE_NUMERIC] = "numeric", [VARIABLE_CATEGORICAL] = "categorical",
    [VARIABLE_ORDINAL] = "ordinal", [VARIABLE_ID] = "id",
    [VARIABLE_DATE] = "date",       [VARIABLE_IGNORE] = "ignore",
};
enum { N_TYPES = sizeof type_names / sizeof *type_names, MOST_DIGITS = 15, NO_FIELD = N_FIELDS };

// The text of a cell without blanks around it; the caller frees.
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

// field_of[i]: what cell i of each record is.
static bool read_header(const char *name, const struct csv_cell *cell, size_t n_cells,
                        enum field *field_of, struct error *error)
{
  bool seen[N_FIELDS] = {false};
  for (size_t i = 0; i < n_cells; i++) {
    char *text = copy_cell(&cell[i]);
    size_t field = 0;
    while (field < N_FIELDS && strcmp(text, field_names[field]) != 0)
      field++;
    bool good = true;
    if (field == N_FIELDS) {
      const char *nearest = text_nearest(text, field_names, N_FIELDS);
      good = nearest ? error_set(error, ERROR_DATA,
                                 "%s:1: '%s' is no column of a codebook; did you mean '%s'?", name,
                                 text, nearest)
                     : error_set(error, ERROR_DATA,
                                 "%s:1: '%s' is no column of a codebook (variable, label, unit, "
                                 "type, levels, labels, digits, missing)",
                                 name, text);
    } else if (seen[field]) {
      good = error_set(error, ERROR_DATA, "%s:1: two columns are named '%s'", name, text);
    } else {
      seen[field] = true;
      field_of[i] = (enum field) field;
    }
    free(text);
    if (!good)
      return false;
  }
  return seen[FIELD_VARIABLE] ||
         error_set(error, ERROR_DATA, "%s:1: a codebook needs a column 'variable'", name);
}

static bool read_type(struct codebook_entry *entry, const char *text, struct error *error)
{
  if (!*text)
    return true;
  for (size_t i = 1; i < N_TYPES; i++)
    if (strcmp(text, type_names[i]) == 0) {
      entry->type = (enum variable_type) i;
      return true;
    }
  const char *nearest = text_nearest(text, type_names + 1, N_TYPES - 1);
  if (nearest)
    return error_set(error, ERROR_DATA, "'%s' is no type; did you mean '%s'?", text, nearest);
  return error_set(error, ERROR_DATA,
                   "'%s' is no type (numeric, categorical, ordinal, id, date, ignore)", text);
}

static bool same_level(const char *a, const char *b)
{
  double x, y;
  return strcmp(a, b) == 0 || (number_parse_text(a, &x) && number_parse_text(b, &y) && x == y);
}

static bool read_levels(struct codebook_entry *entry, const char *text, struct error *error)
{
  if (!*text)
    return true;
  text_list_split(&entry->levels, text, '|');
  for (size_t i = 0; i < entry->levels.n_items; i++) {
    const char *level = entry->levels.item[i];
    if (!*level)
      return error_set(error, ERROR_DATA, "level %zu of '%s' is empty", i + 1, text);
    for (size_t j = 0; j < i; j++)
      if (same_level(entry->levels.item[j], level))
        return error_set(error, ERROR_DATA, "level '%s' occurs twice", level);
  }
  return true;
}

static bool read_labels(struct codebook_entry *entry, const char *text, struct error *error)
{
  if (!*text)
    return true;
  text_list_split(&entry->level_labels, text, '|');
  for (size_t i = 0; i < entry->level_labels.n_items; i++)
    if (!*entry->level_labels.item[i])
      return error_set(error, ERROR_DATA, "label %zu of '%s' is empty", i + 1, text);
  return true;
}

static bool read_digits(struct codebook_entry *entry, const char *text, struct error *error)
{
  int64_t digits;
  if (!*text)
    return true;
  if (!number_parse_integer(text, 0, MOST_DIGITS, &digits))
    return error_set(error, ERROR_DATA, "digits: '%s' is not a whole number from 0 to %d", text,
                     MOST_DIGITS);
  entry->digits = (int) digits;
  return true;
}

static bool read_missing(struct codebook_entry *entry, const char *text, struct error *error)
{
  if (!*text)
    return true;
  text_list_split(&entry->missing, text, '|');
  for (size_t i = 0; i < entry->missing.n_items; i++)
    if (!*entry->missing.item[i])
      return error_set(error, ERROR_DATA, "missing code %zu of '%s' is empty", i + 1, text);
  return true;
}

static bool read_field(struct codebook_entry *entry, enum field field, const char *text,
                       struct error *error)
{
  switch (field) {
  case FIELD_VARIABLE:
    entry->variable = memory_copy_text(text);
    return *text || error_set(error, ERROR_DATA, "no variable is named");
  case FIELD_LABEL:
    entry->label = *text ? memory_copy_text(text) : NULL;
    return true;
  case FIELD_UNIT:
    entry->unit = *text ? memory_copy_text(text) : NULL;
    return true;
  case FIELD_TYPE:
    return read_type(entry, text, error);
  case FIELD_LEVELS:
    return read_levels(entry, text, error);
  case FIELD_LABELS:
    return read_labels(entry, text, error);
  case FIELD_DIGITS:
    return read_digits(entry, text, error);
  case FIELD_MISSING:
    return read_missing(entry, text, error);
  case N_FIELDS:
    break;
  }
  return true;
}

// What no single field can tell.
static bool check_entry(const struct codebook *codebook, struct codebook_entry *entry,
                        struct error *error)
{
  if (entry->levels.n_items && entry->type == VARIABLE_UNSTATED)
    entry->type = VARIABLE_CATEGORICAL;
  if (entry->levels.n_items && entry->type != VARIABLE_CATEGORICAL &&
      entry->type != VARIABLE_ORDINAL)
    return error_set(error, ERROR_DATA, "variable '%s' of type %s cannot have levels",
                     entry->variable, type_names[entry->type]);
  if (!entry->level_labels.n_items)
    for (size_t i = 0; i < entry->levels.n_items; i++)
      text_list_add(&entry->level_labels, entry->levels.item[i]);
  if (entry->level_labels.n_items != entry->levels.n_items)
    return error_set(error, ERROR_DATA, "variable '%s' has %zu levels and %zu labels for them",
                     entry->variable, entry->levels.n_items, entry->level_labels.n_items);
  for (size_t i = 0; i < entry->levels.n_items; i++)
    if (codes_include(&entry->missing, entry->levels.item[i]))
      return error_set(error, ERROR_DATA, "'%s' is a level of '%s' and cannot mean missing",
                       entry->levels.item[i], entry->variable);
  const struct codebook_entry *other = codebook_find(codebook, entry->variable);
  if (other != entry)
    return error_set(error, ERROR_DATA, "variable '%s' is described twice", entry->variable);
  return true;
}

static bool is_utf8(const struct text *content)
{
  // Text in UTF-16 may have nothing but single bytes, and NULs between them.
  return text_is_utf8(text_content(content), content->length, NULL) &&
         !memchr(text_content(content), '\0', content->length);
}

static bool decode(struct text *content, const char *encoding, const char *name,
                   struct error *error)
{
  const char *marked = encoding_of_mark(text_content(content), content->length);
  if (marked)
    encoding = marked;
  else if (!encoding || is_utf8(content))
    return true;
  if (strcmp(encoding, "UTF-8") == 0)
    return true;
  return encoding_check(encoding, error) && encoding_convert(content, encoding, name, error);
}

bool codebook_read(struct codebook *codebook, const char *path, struct error *error)
{
  return codebook_read_encoded(codebook, path, NULL, error);
}

bool codebook_read_encoded(struct codebook *codebook, const char *path, const char *encoding,
                           struct error *error)
{
  *codebook = (struct codebook){.name = memory_copy_text(file_display_name(path))};
  struct text content = {0};
  struct csv_reader *reader = NULL;
  enum field *field_of = NULL;
  struct csv_cell *cell;
  size_t n_cells, capacity = 0;
  bool good = file_read(path, &content, error) &&
              decode(&content, encoding, codebook->name, error);
  if (!good)
    goto out;
  reader = csv_open(text_content(&content), content.length, codebook->name, '\0', error);
  good = reader != NULL;
  if (!good)
    goto out;
  enum csv_status status = csv_next(reader, &cell, &n_cells, error);
  if (status != CSV_RECORD) {
    good = status == CSV_END ? error_set(error, ERROR_DATA,
                                         "%s: empty (a codebook begins with the line "
                                         "variable,label,unit,type,levels,labels,digits,missing)",
                                         codebook->name)
                             : false;
    goto out;
  }
  field_of = NEW_ARRAY(enum field, n_cells);
  good = read_header(codebook->name, cell, n_cells, field_of, error);
  while (good && (status = csv_next(reader, &cell, &n_cells, error)) == CSV_RECORD) {
    GROW_ARRAY(codebook->entry, capacity, codebook->n_entries + 1);
    struct codebook_entry *entry = &codebook->entry[codebook->n_entries++];
    *entry = (struct codebook_entry){.digits = -1};
    for (size_t i = 0; i < n_cells && good; i++) {
      char *text = copy_cell(&cell[i]);
      good = read_field(entry, field_of[i], text, error);
      free(text);
    }
    good = good && check_entry(codebook, entry, error);
    if (!good)
      error_prefix(error, "%s:%zu", codebook->name, csv_line(reader));
  }
  good = good && status == CSV_END;
out:
  free(field_of);
  csv_close(reader);
  text_free(&content);
  if (!good)
    codebook_free(codebook);
  return good;
}

void codebook_free(struct codebook *codebook)
{
  for (size_t i = 0; i < codebook->n_entries; i++) {
    struct codebook_entry *entry = &codebook->entry[i];
    free(entry->variable);
    free(entry->label);
    free(entry->unit);
    text_list_free(&entry->levels);
    text_list_free(&entry->level_labels);
    text_list_free(&entry->missing);
  }
  free(codebook->entry);
  free(codebook->name);
  *codebook = (struct codebook){0};
}

const struct codebook_entry *codebook_find(const struct codebook *codebook, const char *variable)
{
  for (size_t i = 0; i < codebook->n_entries; i++)
    if (codebook->entry[i].variable && strcmp(codebook->entry[i].variable, variable) == 0)
      return &codebook->entry[i];
  return NULL;
}

// --- Codes

bool codes_include(const struct text_list *list, const char *text)
{
  for (size_t i = 0; i < list->n_items; i++)
    if (same_level(list->item[i], text))
      return true;
  return false;
}

static struct variable_codes *find_codes(const struct missing_codes *codes, const char *variable)
{
  for (size_t i = 0; i < codes->n_variables; i++)
    if (strcmp(codes->variable[i].variable, variable) == 0)
      return &codes->variable[i];
  return NULL;
}

void missing_codes_add(struct missing_codes *codes, const char *variable,
                       const struct text_list *added)
{
  if (!added->n_items)
    return;
  struct variable_codes *own = find_codes(codes, variable);
  if (!own) {
    RESIZE_ARRAY(codes->variable, codes->n_variables + 1);
    own = &codes->variable[codes->n_variables++];
    *own = (struct variable_codes){.variable = memory_copy_text(variable)};
  }
  for (size_t i = 0; i < added->n_items; i++)
    if (!codes_include(&own->code, added->item[i]))
      text_list_add(&own->code, added->item[i]);
}

const struct text_list *missing_codes_find(const struct missing_codes *codes,
                                           const char *variable)
{
  const struct variable_codes *own = find_codes(codes, variable);
  return own ? &own->code : NULL;
}

void missing_codes_free(struct missing_codes *codes)
{
  for (size_t i = 0; i < codes->n_variables; i++) {
    free(codes->variable[i].variable);
    text_list_free(&codes->variable[i].code);
  }
  free(codes->variable);
  *codes = (struct missing_codes){0};
}
