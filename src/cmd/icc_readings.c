// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc's variables: which columns hold them, and the readings of complete subjects.
//
// Three shapes of data.  Wide: the columns of the formula are the readers of one variable.
// Suffixes: adc_1, adc_2 are the readers of adc.  Long: a row a reading, with columns that
// say whose reading of whom it is.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "cmd/icc_readings.h"

enum { MOST_LEVELS = 200, MOST_AUTOMATIC_LEVELS = 20, MOST_READERS = 100, LEAST_TO_TELL = 6 };

// ---- what the formula asks for ----

static bool is_left_out(const struct column *column)
{
  return column->variable_type == VARIABLE_ID || column->variable_type == VARIABLE_DATE ||
         column->variable_type == VARIABLE_IGNORE;
}

static size_t find_name(const struct text_list *names, const char *name)
{
  for (size_t i = 0; i < names->n_items; i++)
    if (strcmp(names->item[i], name) == 0)
      return i;
  return names->n_items;
}

static bool need_name(const struct icc *icc, const struct text_list *known, const char *name,
                      struct error *error)
{
  if (find_name(known, name) < known->n_items)
    return true;
  const struct text_list *suffixes = &icc->settings->suffixes;
  char *suggestion = text_suggestion(name, (const char *const *) known->item, known->n_items);
  char *list = text_list_join(suffixes, "', '");
  if (suffixes->n_items)
    error_set(error, ERROR_USAGE, "%s: no columns '%s' with the suffixes '%s'%s",
              icc->command->table.name, name, list, suggestion);
  else
    error_set(error, ERROR_USAGE, "%s: no column '%s'%s", icc->command->table.name, name,
              suggestion);
  free(suggestion);
  free(list);
  return false;
}

static bool is_named(const struct formula *formula, const char *name)
{
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++)
      if (strcmp(formula->term[t].part[i].name, name) == 0)
        return true;
  return false;
}

static bool check_terms(const struct icc *icc, const struct text_list *known, struct error *error)
{
  for (size_t t = 0; t < icc->formula.n_terms; t++) {
    const struct formula_term *term = &icc->formula.term[t];
    if (term->sign == TERM_REST)
      continue;
    enum part_kind kind = term->part[0].kind;
    if (term->n_parts > 1 || kind == PART_SPLINE || kind == PART_RISK || kind == PART_PER_SD) {
      struct text written = {0};
      formula_print_term(term, &written);
      error_set(error, ERROR_USAGE, "%s: readings are x, log(x), sqrt(x), x/10 or factor(x)",
                text_content(&written));
      text_free(&written);
      return false;
    }
    if (!need_name(icc, known, term->part[0].name, error))
      return false;
  }
  return true;
}

// known: what `.` may stand for, and no formula stands for `.`.  The caller frees *wanted;
// names belong to the formula or to known.
static bool expand(const struct icc *icc, const struct text_list *known, struct icc_wanted **wanted,
                   size_t *n, struct error *error)
{
  const struct formula *formula = &icc->formula;
  if (!check_terms(icc, known, error))
    return false;
  static const struct formula_term rest = {.sign = TERM_REST};
  size_t n_terms = formula->n_terms ? formula->n_terms : 1, capacity = 0;
  for (size_t t = 0; t < n_terms; t++) {
    const struct formula_term *term = formula->n_terms ? &formula->term[t] : &rest;
    for (size_t i = 0; i < known->n_items && term->sign == TERM_REST; i++) {
      if (is_named(formula, known->item[i]))
        continue;
      GROW_ARRAY(*wanted, capacity, *n + 1);
      (*wanted)[(*n)++] = (struct icc_wanted){PART_PLAIN, 1, known->item[i], true};
    }
    if (term->sign != TERM_ADD)
      continue;
    const struct formula_part *part = &term->part[0];
    GROW_ARRAY(*wanted, capacity, *n + 1);
    (*wanted)[(*n)++] = (struct icc_wanted){part->kind, part->scale, part->name, false};
  }
  return true;
}

// ---- loading ----

// What was asked for must be readable (false), anything else is left out with a note.
static bool leave_out(struct icc *icc, const struct icc_wanted *wanted, const struct error *error)
{
  if (!wanted->automatic)
    return false;
  report_note(&icc->command->report, "left out: %s", error->message);
  if (!icc->left_out.status)
    icc->left_out = *error;
  return true;
}

static bool entry_is_category(const struct codebook_entry *entry)
{
  return entry && (entry->type == VARIABLE_CATEGORICAL || entry->type == VARIABLE_ORDINAL);
}

static enum column_use use_of(const struct icc *icc, const struct icc_wanted *wanted)
{
  if (wanted->kind == PART_FACTOR)
    return USE_CATEGORICAL;
  if (wanted->kind != PART_PLAIN)
    return USE_NUMERIC;
  const struct codebook_entry *entry = icc_entry(icc, wanted->name);
  return entry_is_category(entry)                          ? USE_CATEGORICAL
         : entry && entry->type == VARIABLE_NUMERIC ? USE_NUMERIC
                                                           : USE_AUTOMATIC;
}

// A codebook may describe the variable by its name without suffix.
static void take_codes(struct icc *icc, const char *name, const size_t *column, size_t k)
{
  const struct codebook_entry *entry = icc_entry(icc, name);
  for (size_t j = 0; entry && j < k; j++)
    if (icc->command->table.column[column[j]].type == COLUMN_UNLOADED)
      table_add_codes(&icc->command->table, column[j], &entry->missing);
}

// The columns of the i-th wanted variable are column[i * k] to column[i * k + k - 1].  The
// name of one that is left out becomes NULL.
static bool load(struct icc *icc, struct icc_wanted *wanted, size_t n, const size_t *column,
                 size_t k, struct error *error)
{
  struct table *table = &icc->command->table;
  struct column_request *request = NEW_ARRAY(struct column_request, n * k + 1);
  for (size_t i = 0; i < n; i++)
    take_codes(icc, wanted[i].name, column + i * k, k);
  for (size_t i = 0; i < n * k; i++)
    request[i] = (struct column_request){column[i], use_of(icc, &wanted[i / k])};
  bool whole = table_load(table, request, n * k, error), good = true;
  for (size_t i = 0; i < n && !whole && good; i++) {
    if (table_load(table, request + i * k, k, error))
      continue;
    good = leave_out(icc, &wanted[i], error);
    wanted[i].name = NULL;
  }
  free(request);
  return good;
}

// ---- categories ----

static bool same_level(const char *a, const char *b)
{
  double x, y;
  return strcmp(a, b) == 0 ||
         (number_parse_text(a, &x) && number_parse_text(b, &y) && x == y);
}

static size_t find_level(const struct text_list *levels, const char *level)
{
  for (size_t i = 0; i < levels->n_items; i++)
    if (strcmp(levels->item[i], level) == 0)
      return i;
  for (size_t i = 0; i < levels->n_items; i++)
    if (same_level(levels->item[i], level))
      return i;
  return levels->n_items;
}

static bool all_numbers(const struct text_list *levels)
{
  double number;
  for (size_t i = 0; i < levels->n_items; i++)
    if (!number_parse_text(levels->item[i], &number))
      return false;
  return true;
}

static bool is_before(const char *a, const char *b, bool numeric)
{
  double x = 0, y = 0;
  if (!numeric)
    return strcmp(a, b) < 0;
  number_parse_text(a, &x);
  number_parse_text(b, &y);
  return x < y;
}

// By insertion: the lists that were joined are in order already, and short.
static void sort_levels(struct text_list *levels, struct text_list *labels)
{
  bool numeric = all_numbers(levels);
  for (size_t i = 1; i < levels->n_items; i++) {
    char *level = levels->item[i], *label = labels->item[i];
    size_t at = i;
    for (; at > 0 && is_before(level, levels->item[at - 1], numeric); at--) {
      levels->item[at] = levels->item[at - 1];
      labels->item[at] = labels->item[at - 1];
    }
    levels->item[at] = level;
    labels->item[at] = label;
  }
}

// The levels of all columns: in the codebook's order if it has one (true), else sorted.
static bool join_levels(const struct icc *icc, struct icc_variable *variable,
                        const struct codebook_entry *entry, const size_t *column, size_t k)
{
  const struct table *table = &icc->command->table;
  if (!entry || !entry->levels.n_items)
    entry = icc_entry(icc, table->column[column[0]].name);
  bool declared = entry && entry->levels.n_items;
  for (size_t i = 0; declared && i < entry->levels.n_items; i++) {
    text_list_add(&variable->levels, entry->levels.item[i]);
    text_list_add(&variable->labels, entry->level_labels.item[i]);
  }
  for (size_t j = 0; j < k; j++) {
    const struct column *c = &table->column[column[j]];
    for (size_t i = 0; i < c->n_levels; i++)
      if (find_level(&variable->levels, c->level[i]) == variable->levels.n_items) {
        text_list_add(&variable->levels, c->level[i]);
        text_list_add(&variable->labels, c->level_label[i]);
      }
  }
  if (!declared)
    sort_levels(&variable->levels, &variable->labels);
  return declared;
}

// Takes levels away that no reading has.
static void drop_unused(struct icc_variable *variable)
{
  size_t q = variable->levels.n_items, n_kept = 0, n = variable->n * variable->n_readers;
  double *place = NEW_ZEROED(double, q + 1);
  for (size_t i = 0; i < n; i++)
    place[(size_t) variable->reading[i]] = 1;
  for (size_t l = 0; l < q; l++) {
    if (place[l] == 0) {
      free(variable->levels.item[l]);
      free(variable->labels.item[l]);
      continue;
    }
    place[l] = (double) n_kept;
    variable->levels.item[n_kept] = variable->levels.item[l];
    variable->labels.item[n_kept++] = variable->labels.item[l];
  }
  variable->levels.n_items = variable->labels.n_items = n_kept;
  for (size_t i = 0; i < n; i++)
    variable->reading[i] = place[(size_t) variable->reading[i]];
  free(place);
}

// ---- quantity or category ----

// Two different whole numbers and no more in all columns, and enough of them to tell.
static bool has_two_values(const struct table *table, const size_t *column, size_t k)
{
  double first = NAN, second = NAN;
  size_t n_values = 0;
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < table->n_rows; i++) {
      double x = table->column[column[j]].value[i];
      n_values += isnan(x) ? 0 : 1;
      if (isnan(x) || x == first || x == second)
        continue;
      if (isnan(first))
        first = x;
      else if (isnan(second))
        second = x;
      else
        return false;
    }
  return n_values >= LEAST_TO_TELL && first == floor(first) && second == floor(second);
}

static bool has_values(const struct table *table, const struct column *column)
{
  for (size_t i = 0; i < table->n_rows; i++)
    if (!isnan(column->value[i]))
      return true;
  return false;
}

// Decides, and makes categories of numeric columns where that is to be.  False with the reason
// if the columns cannot be read together.
static bool decide(const struct icc *icc, struct icc_variable *variable,
                   const struct icc_wanted *wanted, const struct codebook_entry *entry,
                   const size_t *column, size_t k, struct error *error)
{
  struct table *table = &icc->command->table;
  bool category = wanted->kind == PART_FACTOR || entry_is_category(entry);
  bool numeric = entry && entry->type == VARIABLE_NUMERIC;
  const struct column *numbers = NULL, *texts = NULL;
  for (size_t j = 0; j < k; j++) {
    const struct column *c = &table->column[column[j]];
    if (c->type == COLUMN_CATEGORICAL)
      texts = c;
    else if (has_values(table, c))
      numbers = c;
    numeric |= c->variable_type == VARIABLE_NUMERIC;
  }
  if (numbers && texts && !category)
    return error_set(error, ERROR_DATA,
                     "%s: '%s' holds numbers and '%s' categories (factor() takes both as "
                     "categories)",
                     variable->name, numbers->name, texts->name);
  category |= texts != NULL;
  if (!category && !numeric && wanted->kind == PART_PLAIN && has_two_values(table, column, k)) {
    category = true;
    report_note(&icc->command->report,
                "%s has two values and is read as a category (type numeric in a codebook for "
                "a quantity)",
                variable->name);
  }
  variable->is_category = category;
  for (size_t j = 0; j < k && category; j++) {
    struct column *c = &table->column[column[j]];
    if (c->type == COLUMN_NUMERIC)
      column_make_categorical(c, table->n_rows);
    bool declared = entry_is_category(entry) || c->variable_type == VARIABLE_CATEGORICAL ||
                    c->variable_type == VARIABLE_ORDINAL;
    if (wanted->automatic && !declared &&
        (c->n_levels > MOST_AUTOMATIC_LEVELS || c->n_levels == table->n_rows))
      return error_set(error, ERROR_DATA, "%s: more than %d levels, or as many as rows", c->name,
                       MOST_AUTOMATIC_LEVELS);
    if (c->n_levels > MOST_LEVELS)
      return error_set(error, ERROR_DATA, "%s: %zu levels, %d at most for a category",
                       c->name, c->n_levels, MOST_LEVELS);
  }
  return true;
}

// The codebook says so or, where it is silent, the levels are numbers.
static bool is_ordered(const struct icc_variable *variable, const struct codebook_entry *entry,
                       const struct column *column)
{
  enum variable_type type = entry && entry->type != VARIABLE_UNSTATED ? entry->type
                                                                      : column->variable_type;
  return type == VARIABLE_ORDINAL ||
         (type != VARIABLE_CATEGORICAL && all_numbers(&variable->levels));
}

// ---- readings ----

static double transform(const struct icc_wanted *wanted, double x)
{
  switch (wanted->kind) {
  case PART_LOG:
    return x > 0 ? log(x) : NAN;
  case PART_SQRT:
    return x >= 0 ? sqrt(x) : NAN;
  case PART_SCALED:
    return x / wanted->scale;
  default:
    return x;
  }
}

// Decimals to print: as asked; else the codebook's, but two significant digits of the
// within-subject SD at least; else these two, but not more than two beyond what the data carry.
static int digits_for(const struct icc *icc, const struct icc_variable *variable, int most_decimals,
                      bool transformed)
{
  if (icc->command->digits >= 0)
    return icc->command->digits;
  double sd = variable->repeatability.within_sd.estimate;
  int digits = sd > 0 ? 1 - (int) floor(log10(sd)) : variable->digits >= 0 ? 0 : 2;
  if (!transformed && digits > most_decimals + 2)
    digits = most_decimals + 2;
  if (digits < variable->digits)
    digits = variable->digits;
  return digits < 0 ? 0 : digits > 10 ? 10 : digits;
}

// Complete subjects of value: k arrays of n values, whose undefined ones are left out, too.
static void keep_complete(const struct icc *icc, struct icc_variable *variable,
                          const struct icc_wanted *wanted, double *const *value, size_t n, size_t k)
{
  variable->reading = NEW_ARRAY(double, n * k + 1);
  size_t n_kept = 0, n_undefined = 0;
  for (size_t i = 0; i < n; i++) {
    bool complete = true;
    for (size_t j = 0; j < k; j++) {
      double x = value[j][i], y = variable->is_category ? x : transform(wanted, x);
      n_undefined += isnan(y) && !isnan(x);
      complete &= !isnan(y);
      variable->reading[n_kept * k + j] = y;
    }
    n_kept += complete;
  }
  variable->n = n_kept;
  variable->incomplete = n - n_kept;
  if (n_undefined)
    report_note(&icc->command->report, "%s: missing for %zu reading%s where it is not defined",
                variable->name, n_undefined, n_undefined == 1 ? "" : "s");
}

static struct icc_variable *add_variable(struct icc *icc)
{
  GROW_ARRAY(icc->variable, icc->capacity, icc->n_variables + 1);
  struct icc_variable *variable = &icc->variable[icc->n_variables++];
  *variable = (struct icc_variable){0};
  return variable;
}

// The level indices of the j-th column become those of the variable.
static void number_levels(const struct icc_variable *variable, const struct column *column,
                          double *value, size_t n)
{
  double *place = NEW_ARRAY(double, column->n_levels + 1);
  for (size_t l = 0; l < column->n_levels; l++)
    place[l] = (double) find_level(&variable->levels, column->level[l]);
  for (size_t i = 0; i < n; i++)
    if (!isnan(value[i]))
      value[i] = place[(size_t) value[i]];
  free(place);
}

static int most_decimals(const struct table *table, const size_t *column, size_t k)
{
  int most = 0;
  for (size_t j = 0; j < k; j++)
    if (table->column[column[j]].most_decimals > most)
      most = table->column[column[j]].most_decimals;
  return most;
}

// value: one array of n values a reader, which are altered; column: those that they came from,
// n_columns of them (one, or one a reader).
static void finish_variable(struct icc *icc, struct icc_variable *variable,
                            const struct icc_wanted *wanted, const struct codebook_entry *entry,
                            const size_t *column, size_t n_columns, double *const *value, size_t n)
{
  const struct table *table = &icc->command->table;
  size_t k = variable->n_readers;
  bool declared = false;
  if (variable->is_category) {
    declared = join_levels(icc, variable, entry, column, n_columns);
    for (size_t j = 0; j < k; j++)
      number_levels(variable, &table->column[column[n_columns == 1 ? 0 : j]], value[j], n);
  }
  keep_complete(icc, variable, wanted, value, n, k);
  if (variable->is_category && !declared)
    drop_unused(variable);
  variable->is_ordered =
      variable->is_category && variable->levels.n_items > 2 &&
      is_ordered(variable, entry, &table->column[column[0]]);
  icc_compute_variable(icc, variable);
  variable->digits = digits_for(icc, variable, most_decimals(table, column, n_columns),
                                icc_is_transformed(wanted));
}

static void free_arrays(double **value, size_t k)
{
  for (size_t j = 0; j < k; j++)
    free(value[j]);
  free(value);
}

// A variable whose readers are columns.
static bool take_wide(struct icc *icc, const struct icc_wanted *wanted, const char *stem,
                      const size_t *column, size_t k, struct error *error)
{
  const struct table *table = &icc->command->table;
  struct icc_variable variable = {0};
  icc_name_variable(icc, &variable, wanted, stem, column, k);
  const struct codebook_entry *entry = icc_entry(icc, stem);
  if (!decide(icc, &variable, wanted, entry, column, k, error)) {
    free(variable.name);
    free(variable.title);
    return leave_out(icc, wanted, error);
  }
  icc_name_readers(icc, &variable, column, k);
  double **value = NEW_ARRAY(double *, k);
  for (size_t j = 0; j < k; j++) {
    value[j] = NEW_ARRAY(double, table->n_rows);
    memcpy(value[j], table->column[column[j]].value, table->n_rows * sizeof(double));
  }
  finish_variable(icc, &variable, wanted, entry, column, k, value, table->n_rows);
  free_arrays(value, k);
  *add_variable(icc) = variable;
  return true;
}

// ---- wide ----

static void known_columns(const struct icc *icc, struct text_list *known)
{
  const struct table *table = &icc->command->table;
  bool rest = false;
  for (size_t t = 0; t < icc->formula.n_terms; t++)
    rest |= icc->formula.term[t].sign == TERM_REST;
  for (size_t c = 0; c < table->n_columns; c++) {
    const char *name = table->column[c].name;
    if (!is_left_out(&table->column[c]) || is_named(&icc->formula, name))
      text_list_add(known, name);
    else if (rest)
      report_note(&icc->command->report, "`.` leaves out %s: id, date or ignore in the codebook",
                  name);
  }
}

// One variable, and so nothing of it can be left out.
static bool check_readers(struct icc_wanted *wanted, size_t n, struct error *error)
{
  if (n < 2)
    return error_set(error, ERROR_USAGE,
                     "one reader has nobody to agree with: name two columns or more ('~ adc_1 + "
                     "adc_2'), or the suffixes of the readers (--readers=_1,_2)");
  if (n > MOST_READERS)
    return error_set(error, ERROR_USAGE, "%zu readers, %d at most", n, MOST_READERS);
  for (size_t i = 0; i < n; i++) {
    if (wanted[i].kind != wanted[0].kind ||
        (wanted[i].kind == PART_SCALED && wanted[i].scale != wanted[0].scale))
      return error_set(error, ERROR_USAGE,
                       "'%s' and '%s' are readings of one variable, but not transformed alike in "
                       "the formula",
                       wanted[0].name, wanted[i].name);
    wanted[i].automatic = false;
  }
  return true;
}

static bool collect_wide(struct icc *icc, struct error *error)
{
  struct table *table = &icc->command->table;
  struct text_list known = {0};
  struct icc_wanted *wanted = NULL;
  size_t *column = NULL, n = 0;
  char *stem = NULL;
  known_columns(icc, &known);
  bool good = expand(icc, &known, &wanted, &n, error) && check_readers(wanted, n, error);
  if (!good)
    goto out;
  column = NEW_ARRAY(size_t, n);
  for (size_t i = 0; i < n && good; i++)
    good = table_find(table, wanted[i].name, &column[i], error);
  if (!good)
    goto out;
  stem = icc_common_stem(table, column, n);
  if (stem)
    take_codes(icc, stem, column, n);
  good = load(icc, wanted, n, column, 1, error);
  if (!good)
    goto out;
  if (!stem) {
    struct text names = {0};
    for (size_t i = 0; i < n; i++)
      text_append_item(&names, ", ", wanted[i].name);
    stem = text_take(&names);
  }
  good = take_wide(icc, &wanted[0], stem, column, n, error);
out:
  free(stem);
  free(column);
  free(wanted);
  text_list_free(&known);
  return good;
}

// ---- suffixes ----

// The column stem + suffix, or n_columns.
static size_t find_with_suffix(const struct table *table, const char *stem, size_t length,
                               const char *suffix)
{
  for (size_t c = 0; c < table->n_columns; c++) {
    const char *name = table->column[c].name;
    if (strncmp(name, stem, length) == 0 && strcmp(name + length, suffix) == 0)
      return c;
  }
  return table->n_columns;
}

// Stems that have all suffixes, in the order of the first reader's columns.
static void find_stems(const struct icc *icc, struct text_list *stems)
{
  const struct table *table = &icc->command->table;
  const struct text_list *suffixes = &icc->settings->suffixes;
  for (size_t c = 0; c < table->n_columns; c++) {
    const char *name = table->column[c].name;
    if (!text_ends(name, suffixes->item[0]) || is_left_out(&table->column[c]))
      continue;
    size_t length = strlen(name) - strlen(suffixes->item[0]);
    bool all = length > 0;
    for (size_t j = 1; j < suffixes->n_items && all; j++)
      all = find_with_suffix(table, name, length, suffixes->item[j]) < table->n_columns;
    if (all)
      text_list_adopt(stems, memory_copy_bytes(name, length));
  }
}

static bool collect_suffixes(struct icc *icc, struct error *error)
{
  const struct table *table = &icc->command->table;
  const struct text_list *suffixes = &icc->settings->suffixes;
  size_t k = suffixes->n_items, n = 0, *column = NULL;
  struct text_list stems = {0};
  struct icc_wanted *wanted = NULL;
  find_stems(icc, &stems);
  bool good = expand(icc, &stems, &wanted, &n, error);
  if (good && !n) {
    char *list = text_list_join(suffixes, "', '");
    good = error_set(error, ERROR_USAGE, "%s: no variable has columns with all the suffixes '%s'",
                     table->name, list);
    free(list);
  }
  if (!good)
    goto out;
  column = NEW_ARRAY(size_t, n * k);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < k; j++)
      column[i * k + j] = find_with_suffix(table, wanted[i].name, strlen(wanted[i].name),
                                           suffixes->item[j]);
  good = load(icc, wanted, n, column, k, error);
  for (size_t i = 0; i < n && good; i++)
    if (wanted[i].name)
      good = take_wide(icc, &wanted[i], wanted[i].name, column + i * k, k, error);
out:
  free(column);
  free(wanted);
  text_list_free(&stems);
  return good;
}

// ---- long ----

// Whose reading of whom a row is.
struct long_rows {
  size_t n_rows, n_subjects;
  size_t *row;      // n_rows that have both, by subject
  size_t *subject;  // n_rows: index of the subject of row[i]
  size_t *reader;   // of the table's rows: index among those that occur
  char **name, **title; // n_readers
  size_t n_readers;
  bool numbered;    // numbers for titles: a reader is "Replicate 1"
};

static void long_readers(struct long_rows *rows, const struct column *reader, size_t n_rows)
{
  size_t *place = NEW_ZEROED(size_t, reader->n_levels + 1);
  for (size_t i = 0; i < rows->n_rows; i++)
    place[(size_t) reader->value[rows->row[i]]] = 1;
  rows->name = NEW_ARRAY(char *, reader->n_levels + 1);
  rows->title = NEW_ARRAY(char *, reader->n_levels + 1);
  for (size_t l = 0; l < reader->n_levels; l++)
    if (place[l]) {
      place[l] = rows->n_readers;
      rows->name[rows->n_readers] = reader->level[l];
      rows->title[rows->n_readers++] = reader->level_label[l];
    }
  double number;
  rows->numbered = true;
  for (size_t j = 0; j < rows->n_readers; j++)
    rows->numbered &= number_parse_text(rows->title[j], &number);
  rows->reader = NEW_ZEROED(size_t, n_rows + 1);
  for (size_t i = 0; i < rows->n_rows; i++)
    rows->reader[rows->row[i]] = place[(size_t) reader->value[rows->row[i]]];
  free(place);
}

static void long_prepare(const struct icc *icc, struct long_rows *rows,
                         const struct column *subject, const struct column *reader)
{
  const struct table *table = &icc->command->table;
  double *key = NEW_ARRAY(double, table->n_rows + 1);
  size_t *kept = NEW_ARRAY(size_t, table->n_rows + 1);
  size_t *order = NEW_ARRAY(size_t, table->n_rows + 1);
  for (size_t i = 0; i < table->n_rows; i++)
    if (!isnan(subject->value[i]) && !isnan(reader->value[i])) {
      kept[rows->n_rows] = i;
      key[rows->n_rows++] = subject->value[i];
    }
  size_t n_without = table->n_rows - rows->n_rows;
  if (n_without) {
    report_note(&icc->command->report, "%zu row%s without %s or %s left out", n_without,
                n_without == 1 ? "" : "s", subject->name, reader->name);
    report_exclude(&icc->command->report, reader->name, n_without);
  }
  icc->command->report.input_used = rows->n_rows;
  sort_order(key, rows->n_rows, order);
  rows->row = NEW_ARRAY(size_t, rows->n_rows + 1);
  rows->subject = NEW_ARRAY(size_t, rows->n_rows + 1);
  for (size_t i = 0; i < rows->n_rows; i++) {
    rows->row[i] = kept[order[i]];
    if (i && key[order[i]] != key[order[i - 1]])
      rows->n_subjects++;
    rows->subject[i] = rows->n_subjects;
  }
  rows->n_subjects += rows->n_rows > 0;
  free(key);
  free(kept);
  free(order);
  long_readers(rows, reader, table->n_rows);
}

static void long_free(struct long_rows *rows)
{
  free(rows->row);
  free(rows->subject);
  free(rows->reader);
  free(rows->name);
  free(rows->title);
}

static char *cell_text(const struct column *column, size_t row)
{
  char number[NUMBER_SIZE];
  return column->type == COLUMN_CATEGORICAL
             ? memory_copy_text(column->level[(size_t) column->value[row]])
             : memory_copy_text(number_write(number, column->value[row]));
}

static bool read_twice(const struct icc *icc, const struct column *column,
                       const struct column *subject, const char *reader, size_t row, size_t before,
                       struct error *error)
{
  const struct table *table = &icc->command->table;
  char *name = cell_text(subject, row);
  error_set(error, ERROR_DATA,
            "%s:%zu: a second reading of '%s' by '%s' in '%s', the first is in line %zu (keep one "
            "with --where, or average them)",
            table->name, table->line[row], name, reader, column->name, table->line[before]);
  free(name);
  return false;
}

// One array of n_subjects values a reader; NULL if a subject is read twice.
static double **pivot(const struct icc *icc, const struct long_rows *rows,
                      const struct column *column, const struct column *subject,
                      struct error *error)
{
  size_t k = rows->n_readers, n = rows->n_subjects;
  double **value = NEW_ARRAY(double *, k + 1);
  size_t *first = NEW_ZEROED(size_t, n * k + 1); // row + 1
  for (size_t j = 0; j < k; j++) {
    value[j] = NEW_ARRAY(double, n + 1);
    for (size_t i = 0; i < n; i++)
      value[j][i] = NAN;
  }
  bool good = true;
  for (size_t i = 0; i < rows->n_rows && good; i++) {
    size_t row = rows->row[i], s = rows->subject[i], j = rows->reader[row];
    if (isnan(column->value[row]))
      continue;
    if (first[s * k + j])
      good = read_twice(icc, column, subject, rows->name[j], row, first[s * k + j] - 1, error);
    first[s * k + j] = row + 1;
    value[j][s] = column->value[row];
  }
  free(first);
  if (good)
    return value;
  free_arrays(value, k);
  return NULL;
}

static void name_long_readers(struct icc_variable *variable, const struct long_rows *rows,
                              const char *reader)
{
  size_t k = variable->n_readers = rows->n_readers;
  variable->reader = NEW_ARRAY(char *, k);
  variable->reader_title = NEW_ARRAY(char *, k);
  for (size_t j = 0; j < k; j++) {
    variable->reader[j] = memory_copy_text(rows->name[j]);
    variable->reader_title[j] = rows->numbered ? text_format("%s %s", reader, rows->title[j])
                                               : memory_copy_text(rows->title[j]);
  }
}

static bool take_long(struct icc *icc, const struct long_rows *rows,
                      const struct icc_wanted *wanted, size_t column,
                      const struct column *subject, const char *reader, struct error *error)
{
  const struct table *table = &icc->command->table;
  struct icc_variable variable = {0};
  icc_name_variable(icc, &variable, wanted, wanted->name, &column, 1);
  const struct codebook_entry *entry = icc_entry(icc, wanted->name);
  double **value = NULL;
  if (!decide(icc, &variable, wanted, entry, &column, 1, error) ||
      !(value = pivot(icc, rows, &table->column[column], subject, error))) {
    free(variable.name);
    free(variable.title);
    return leave_out(icc, wanted, error);
  }
  name_long_readers(&variable, rows, reader);
  finish_variable(icc, &variable, wanted, entry, &column, 1, value, rows->n_subjects);
  free_arrays(value, rows->n_readers);
  *add_variable(icc) = variable;
  return true;
}

// The index of a column that an option names.
static bool find_column(const struct icc *icc, const char *option, const char *name,
                        size_t *column, struct error *error)
{
  return table_find(&icc->command->table, name, column, error) ||
         error_prefix(error, "--%s", option);
}

// The terms of --value, as if they stood in a formula.
static bool formula_of_values(struct icc *icc, struct error *error)
{
  const struct text_list *values = &icc->settings->values;
  size_t column;
  for (size_t i = 0; i < values->n_items; i++)
    if (!find_column(icc, "value", values->item[i], &column, error))
      return false;
  icc->formula.term = NEW_ZEROED(struct formula_term, values->n_items + 1);
  for (size_t i = 0; i < values->n_items; i++) {
    struct formula_term *term = &icc->formula.term[icc->formula.n_terms++];
    term->part = NEW_ZEROED(struct formula_part, 1);
    term->part[0].name = memory_copy_text(values->item[i]);
    term->n_parts = 1;
  }
  return true;
}

static bool check_long_readers(const struct icc *icc, const struct long_rows *rows,
                               const char *reader, struct error *error)
{
  size_t k = rows->n_readers;
  if (k < 2)
    return error_set(error, ERROR_DATA,
                     "%s: '%s' names %zu reader%s in these rows, and two at least are needed",
                     icc->command->table.name, reader, k, k == 1 ? "" : "s");
  if (k > MOST_READERS)
    return error_set(error, ERROR_DATA, "%s: '%s' names %zu readers, %d at most",
                     icc->command->table.name, reader, k, MOST_READERS);
  return true;
}

static bool take_all_long(struct icc *icc, struct icc_wanted *wanted, size_t n,
                          const size_t *column, size_t subject, size_t reader,
                          struct error *error)
{
  struct table *table = &icc->command->table;
  if (table->column[reader].type == COLUMN_NUMERIC)
    column_make_categorical(&table->column[reader], table->n_rows);
  struct long_rows rows = {0};
  long_prepare(icc, &rows, &table->column[subject], &table->column[reader]);
  bool good = check_long_readers(icc, &rows, table->column[reader].name, error);
  for (size_t i = 0; i < n && good; i++)
    if (wanted[i].name)
      good = take_long(icc, &rows, &wanted[i], column[i], &table->column[subject],
                       column_title(&table->column[reader]), error);
  long_free(&rows);
  return good;
}

static bool collect_long(struct icc *icc, struct error *error)
{
  const struct icc_settings *settings = icc->settings;
  struct table *table = &icc->command->table;
  size_t subject, reader, n = 0, *column = NULL;
  if (!find_column(icc, "subject", settings->subject, &subject, error) ||
      !find_column(icc, "reader", settings->reader, &reader, error) ||
      (settings->values.n_items && !formula_of_values(icc, error)))
    return false;
  struct column_request request[] = {{subject, USE_CATEGORICAL}, {reader, USE_CATEGORICAL}};
  if (!table_load(table, request, 2, error))
    return false;
  struct text_list known = {0};
  for (size_t c = 0; c < table->n_columns; c++)
    if (c != subject && c != reader &&
        (!is_left_out(&table->column[c]) || is_named(&icc->formula, table->column[c].name)))
      text_list_add(&known, table->column[c].name);
  struct icc_wanted *wanted = NULL;
  bool good = expand(icc, &known, &wanted, &n, error);
  if (good && !n)
    good = error_set(error, ERROR_USAGE, "no column of readings is left: name some with --value");
  if (good) {
    column = NEW_ARRAY(size_t, n);
    for (size_t i = 0; i < n && good; i++)
      good = table_find(table, wanted[i].name, &column[i], error);
    good = good && load(icc, wanted, n, column, 1, error) &&
           take_all_long(icc, wanted, n, column, subject, reader, error);
  }
  free(column);
  free(wanted);
  text_list_free(&known);
  return good;
}

bool icc_collect(struct icc *icc, struct error *error)
{
  bool good = icc->settings->suffixes.n_items ? collect_suffixes(icc, error)
              : icc->settings->subject        ? collect_long(icc, error)
                                              : collect_wide(icc, error);
  if (!good || icc->n_variables)
    return good;
  *error = icc->left_out;
  return false;
}
