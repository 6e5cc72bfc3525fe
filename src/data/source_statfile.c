// SPDX-License-Identifier: GPL-3.0-or-later
// Tables from files of SPSS, Stata and SAS.
//
// A column of numbers is taken as its value labels if every number that occurs has one, else
// as numbers; asked for as numbers, it gives the numbers in any case, and asked for as
// categories the labels and, where there is none, the number.  Levels come in the order of
// their values, those that do not occur too, and values with the same label are one level:
// what R's haven::as_factor does.  Texts are categories; dates are texts as in 2020-01-31.
#include <config.h>

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "data/statfile.h"
#include "data/table_source.h"

enum {
  N_SAMPLE_ROWS = 1000, // from which decimals are told
  MOST_TOLD = 3,        // values in a note
  MOST_EXCERPT = 40,    // bytes of a cell in a message
};

struct statfile_state {
  struct statfile file;
  char *encoding; // NULL: as the file says
};

static struct statfile_input input_of(const struct table *table)
{
  const struct table_source *source = table->source;
  const struct statfile_state *state = source->state;
  return (struct statfile_input){.name = table->name,
                                 .content = text_content(&source->content),
                                 .length = source->content.length,
                                 .encoding = state->encoding};
}

// --- Opening

static bool check_names(const struct table *table, const struct statfile *file, struct error *error)
{
  struct level_set names = {0};
  bool good = true;
  for (size_t i = 0; i < file->n_columns && good; i++) {
    const char *name = file->column[i].name;
    size_t index = level_set_add(&names, name, strlen(name), 1, i + 1);
    if (!*name)
      good = error_set(error, ERROR_DATA, "%s: column %zu has no name", table->name, i + 1);
    else if (index < i)
      good = error_set(error, ERROR_DATA, "%s: columns %zu and %zu have the same name '%s'",
                       table->name, index + 1, i + 1, name);
  }
  level_set_free(&names);
  return good;
}

static bool open_statfile(struct table *table, const struct table_options *options,
                          struct error *error)
{
  struct statfile_state *state = NEW_ZEROED(struct statfile_state, 1);
  table->source->state = state;
  state->encoding = memory_copy_text(options->encoding);
  struct statfile_input input = input_of(table);
  input.catalog = options->catalog;
  struct statfile *file = &state->file;
  if (!statfile_open(file, &input, error) || !check_names(table, file, error))
    return false;
  for (size_t i = 0; i < file->n_columns; i++) {
    const struct statfile_column *from = &file->column[i];
    struct column *column = table_append_column(table, memory_copy_text(from->name));
    column->label = memory_copy_text(from->label);
    if (from->content == STATFILE_DATE || from->content == STATFILE_MOMENT)
      column->variable_type = VARIABLE_DATE;
  }
  return true;
}

static void close_statfile(struct table_source *source)
{
  struct statfile_state *state = source->state;
  if (!state)
    return;
  statfile_free(&state->file);
  free(state->encoding);
  free(state);
  source->state = NULL;
}

// --- What is missing

// A number that is missing in the file, or that --na or a code of the column names.
static bool is_missing_number(const struct column_load *load,
                              const struct statfile_column *column, double number)
{
  return statfile_is_missing(column, number) || missing_tokens_have(load->missing, number);
}

static void add_note(struct table *table, char *note)
{
  if (text_list_has(&table->notes, note))
    free(note);
  else
    text_list_adopt(&table->notes, note);
}

// --- Numbers

// Takes a column of numbers as numbers.
static void take_numbers(const struct table *table, struct column_load *load,
                         const struct statfile_column *column)
{
  size_t n_rows = table->source->n_file_rows;
  load->numeric = true;
  size_t n_seen = 0;
  for (size_t row = 0; row < n_rows; row++) {
    double number = column->value[row];
    bool missing = is_missing_number(load, column, number);
    load->value[row] = missing ? NAN : number;
    load->n_missing += missing;
    if (!missing && isinf(number) && load->error.status == ERROR_NONE) {
      load->error_line = row + 1;
      error_set(&load->error, ERROR_DATA, "%s:%zu: column '%s': the number is infinite",
                table->name, row + 1, column->name);
    }
    if (!missing && n_seen++ < N_SAMPLE_ROWS) {
      int decimals = statfile_decimals(column, number);
      if (decimals > load->most_decimals)
        load->most_decimals = decimals;
    }
  }
}

// --- Levels

// A value and the text that it becomes.
struct key {
  double number;    // of a column of numbers
  const char *text; // of a column of texts
  const char *label;
  size_t level; // SIZE_MAX: missing
};

static int compare_key_texts(const void *a, const void *b)
{
  const struct key *x = a, *y = b;
  return strcmp(x->text, y->text);
}

// The distinct numbers that occur and are not missing, and those that have a label if
// `labelled`, ascending; the caller frees.
static struct key *collect_numbers(const struct table *table, const struct column_load *load,
                                   const struct statfile_column *column, bool labelled, size_t *n)
{
  size_t n_rows = table->source->n_file_rows, n_numbers = 0;
  double *number = NEW_ARRAY(double, n_rows + column->n_value_labels);
  for (size_t row = 0; row < n_rows; row++)
    if (!is_missing_number(load, column, column->value[row]) &&
        !(labelled && statfile_find_label(column, column->value[row])))
      number[n_numbers++] = column->value[row];
  for (size_t i = 0; labelled && i < column->n_value_labels; i++)
    if (!is_missing_number(load, column, column->value_label[i].number))
      number[n_numbers++] = column->value_label[i].number;
  sort_doubles(number, n_numbers);
  struct key *key = NEW_ARRAY(struct key, n_numbers);
  *n = 0;
  for (size_t i = 0; i < n_numbers; i++)
    if (i == 0 || number[i] != number[i - 1])
      key[(*n)++] = (struct key){.number = number[i],
                                 .label = labelled ? statfile_find_label(column, number[i]) : NULL};
  free(number);
  return key;
}

static const struct key *find_key(const struct key *key, size_t n, double number)
{
  size_t low = 0;
  while (n > 1) {
    size_t half = n / 2;
    low += key[low + half].number <= number ? half : 0;
    n -= half;
  }
  return n && key[low].number == number ? &key[low] : NULL;
}

// Gives each key its level, in their order; a text that means missing is none.
static void name_levels(struct table *table, struct column_load *load,
                        const struct statfile_column *column, struct key *key, size_t n)
{
  const struct key **first = NEW_ARRAY(const struct key *, n); // of each level
  for (size_t i = 0; i < n; i++) {
    char number[NUMBER_SIZE];
    const char *text = key[i].label  ? key[i].label
                       : key[i].text ? key[i].text
                                     : number_write(number, key[i].number);
    size_t length = strlen(text), n_before = load->levels.n_levels;
    key[i].level = SIZE_MAX;
    if (table_is_missing(table, load->column, text, length))
      continue;
    key[i].level = level_set_add(&load->levels, text, length, 0, SIZE_MAX);
    if (load->levels.n_levels > n_before) {
      first[key[i].level] = &key[i];
      continue;
    }
    const struct key *other = first[key[i].level];
    char other_number[NUMBER_SIZE];
    add_note(table,
             text_format("column '%s': the values %s and %s have the same label '%s' and "
                         "are one level",
                         column->name,
                         other->text ? other->text : number_write(other_number, other->number),
                         key[i].text ? key[i].text : number_write(number, key[i].number), text));
  }
  free(first);
}

static void take_level(struct column_load *load, size_t row, const struct key *key)
{
  if (!key || key->level == SIZE_MAX) {
    load->value[row] = NAN;
    load->n_missing++;
    return;
  }
  struct level *level = &load->levels.level[key->level];
  level->count++;
  if (row + 1 < level->first_line)
    level->first_line = row + 1;
  load->value[row] = (double) key->level;
}

// Whether every level that occurs is one of the codebook's.
static bool levels_fit(const struct codebook_entry *entry, const struct level_set *levels)
{
  struct column declared = {.level = entry->levels.item, .n_levels = entry->levels.n_items};
  size_t index;
  for (size_t i = 0; i < levels->n_levels; i++)
    if (levels->level[i].count && !column_find_level(&declared, levels->level[i].name, &index))
      return false;
  return true;
}

static void take_number_levels(struct table *table, struct column_load *load,
                               const struct statfile_column *column, bool labelled)
{
  size_t n;
  struct key *key = collect_numbers(table, load, column, labelled, &n);
  level_set_free(&load->levels);
  load->n_missing = 0;
  load->numeric = false;
  load->ordered = labelled;
  name_levels(table, load, column, key, n);
  for (size_t row = 0; row < table->source->n_file_rows; row++) {
    double number = column->value[row];
    bool missing = is_missing_number(load, column, number);
    take_level(load, row, missing ? NULL : find_key(key, n, number));
  }
  free(key);
}

// Says of a column that is taken as numbers which of them have a label all the same.
static void note_labels(struct table *table, const struct column_load *load,
                        const struct statfile_column *column)
{
  size_t n;
  struct key *key = collect_numbers(table, load, column, true, &n);
  size_t n_bare = 0, n_labelled = 0, n_told = 0;
  struct text told = {0}, tokens = {0};
  bool *occurs = NEW_ZEROED(bool, n);
  for (size_t row = 0; row < table->source->n_file_rows; row++) {
    double number = column->value[row];
    if (!is_missing_number(load, column, number))
      occurs[find_key(key, n, number) - key] = true;
  }
  for (size_t i = 0; i < n; i++) {
    n_bare += !key[i].label;
    if (!key[i].label || !occurs[i])
      continue;
    n_labelled++;
    if (n_told == MOST_TOLD)
      continue;
    n_told++;
    char number[NUMBER_SIZE];
    number_write(number, key[i].number);
    text_append_format(&told, "%s%s ('%s')", told.length ? ", " : "", number, key[i].label);
    text_append_item(&tokens, ",", number);
  }
  if (n_labelled)
    add_note(table,
             text_format("column '%s': %zu of its values have no label, so it is read as "
                         "numbers, and so %s %s%s (--na=%s or a codebook if that means missing; "
                         "factor(%s) for categories)",
                         column->name, n_bare, n_labelled == 1 ? "is" : "are", text_content(&told),
                         n_labelled > n_told ? ", ..." : "", text_content(&tokens), column->name));
  text_free(&told);
  text_free(&tokens);
  free(occurs);
  free(key);
}

// Whether each number that occurs, and there is one, has a label.
static bool is_labelled(const struct table *table, const struct column_load *load,
                        const struct statfile_column *column)
{
  if (!column->n_value_labels || column->all_labelled || !load->missing->n_numbers)
    return column->all_labelled;
  bool any = false;
  for (size_t row = 0; row < table->source->n_file_rows; row++) {
    double number = column->value[row];
    if (is_missing_number(load, column, number))
      continue;
    if (!statfile_find_label(column, number))
      return false;
    any = true;
  }
  return any;
}

static void convert_numbers(struct table *table, struct column_load *load,
                            const struct statfile_column *column)
{
  const struct codebook_entry *entry = codebook_find(&table->codebook, column->name);
  bool by_content = load->rule == LOAD_BY_CONTENT, labelled = is_labelled(table, load, column);
  if (load->rule == LOAD_TEXTS) {
    take_number_levels(table, load, column, column->n_value_labels > 0);
    // The codebook may have been made for the numbers.
    if (column->n_value_labels && entry && entry->levels.n_items &&
        !levels_fit(entry, &load->levels)) {
      struct column_load numbers = {
          .column = load->column, .missing = load->missing, .value = load->value};
      take_number_levels(table, &numbers, column, false);
      if (levels_fit(entry, &numbers.levels)) {
        level_set_free(&load->levels);
        load->levels = numbers.levels;
        load->n_missing = numbers.n_missing;
        load->ordered = false;
      } else {
        level_set_free(&numbers.levels);
        take_number_levels(table, load, column, true);
      }
    }
  } else if ((by_content && labelled) ||
             (load->rule == LOAD_CATEGORIES && column->n_value_labels)) {
    take_number_levels(table, load, column, true);
    load->ordinal = column->ordinal;
  } else {
    take_numbers(table, load, column);
    if (by_content && column->n_value_labels)
      note_labels(table, load, column);
  }
}

// --- Dates

static void convert_dates(const struct table *table, struct column_load *load,
                          const struct statfile_column *column)
{
  struct text text = {0};
  for (size_t row = 0; row < table->source->n_file_rows; row++) {
    double value = column->value[row];
    text_clear(&text);
    if (!is_missing_number(load, column, value))
      statfile_append_date(&text, column->content, value);
    if (table_is_missing(table, load->column, text_content(&text), text.length)) {
      load->value[row] = NAN;
      load->n_missing++;
      continue;
    }
    load->value[row] = (double) level_set_add(&load->levels, text.bytes, text.length, 1, row + 1);
    if (load->rule == LOAD_NUMBERS && load->error.status == ERROR_NONE) {
      load->error_line = row + 1;
      error_set(&load->error, ERROR_DATA, "%s:%zu: column '%s': the date %s is not a number",
                table->name, row + 1, column->name, text.bytes);
    }
  }
  text_free(&text);
}

// --- Texts

static void set_odd_error(const struct table *table, struct column_load *load,
                          const struct statfile_column *column, const struct level *odd)
{
  size_t shown = odd->length;
  if (shown > MOST_EXCERPT)
    shown = text_whole_characters(odd->name, MOST_EXCERPT);
  load->error_line = odd->first_line;
  error_set(&load->error, ERROR_DATA,
            "%s:%zu: column '%s': '%.*s%s' is not a number (--na=TOKEN names what means missing)",
            table->name, odd->first_line, column->name, (int) shown, odd->name,
            shown < odd->length ? "..." : "");
}

static bool is_missing_text(const struct table *table, const struct column_load *load,
                            const struct statfile_column *column, size_t index)
{
  const struct level *level = &column->texts.level[index];
  return statfile_is_missing(column, (double) index) ||
         table_is_missing(table, load->column, level->name, level->length);
}

static void take_text_numbers(const struct table *table, struct column_load *load,
                              const struct statfile_column *column)
{
  const struct level_set *texts = &column->texts;
  double *number = NEW_ARRAY(double, texts->n_levels);
  const struct level *odd = NULL;
  for (size_t i = 0; i < texts->n_levels; i++) {
    const struct level *level = &texts->level[i];
    number[i] = NAN;
    if (is_missing_text(table, load, column, i) ||
        table_parse_number(table, level->name, level->length, &number[i]))
      continue;
    number[i] = NAN;
    odd = !odd || level->first_line < odd->first_line ? level : odd;
  }
  load->numeric = true;
  for (size_t row = 0; row < table->source->n_file_rows; row++) {
    size_t index = (size_t) column->value[row];
    load->value[row] = number[index];
    load->n_missing += isnan(number[index]) != 0;
    if (row < N_SAMPLE_ROWS && !isnan(number[index])) {
      int decimals = statfile_decimals(column, number[index]);
      load->most_decimals = decimals > load->most_decimals ? decimals : load->most_decimals;
    }
  }
  free(number);
  if (odd)
    set_odd_error(table, load, column, odd);
}

static void note_numeric_texts(struct table *table, const struct column_load *load,
                               const struct statfile_column *column)
{
  double number;
  for (size_t i = 0; i < load->levels.n_levels; i++)
    if (!table_parse_number(table, load->levels.level[i].name, load->levels.level[i].length,
                            &number))
      return;
  if (load->levels.n_levels)
    add_note(table, text_format("column '%s' is text in the file although its values are numbers: "
                                "categories (type numeric in a codebook makes numbers of them)",
                                column->name));
}

static void convert_texts(struct table *table, struct column_load *load,
                          const struct statfile_column *column)
{
  if (load->rule == LOAD_NUMBERS) {
    take_text_numbers(table, load, column);
    return;
  }
  const struct level_set *texts = &column->texts;
  size_t n = 0;
  struct key *key = NEW_ARRAY(struct key, texts->n_levels + column->n_value_labels);
  size_t *index = NEW_ARRAY(size_t, texts->n_levels); // of the text whose key it is, sorted
  for (size_t i = 0; i < texts->n_levels; i++)
    if (!is_missing_text(table, load, column, i))
      key[n++] = (struct key){.text = texts->level[i].name,
                              .label = statfile_find_label(column, (double) i)};
  for (size_t i = 0; i < column->n_value_labels; i++)
    key[n++] =
        (struct key){.text = column->value_label[i].text, .label = column->value_label[i].label};
  qsort(key, n, sizeof *key, compare_key_texts);
  size_t n_distinct = 0;
  for (size_t i = 0; i < n; i++)
    if (i == 0 || strcmp(key[i].text, key[n_distinct - 1].text) != 0)
      key[n_distinct++] = key[i];
  load->ordered = column->n_value_labels > 0;
  load->ordinal = load->ordered && column->ordinal;
  name_levels(table, load, column, key, n_distinct);
  for (size_t i = 0; i < texts->n_levels; i++) {
    struct key wanted = {.text = texts->level[i].name};
    const struct key *found = bsearch(&wanted, key, n_distinct, sizeof *key, compare_key_texts);
    index[i] =
        found && !is_missing_text(table, load, column, i) ? (size_t) (found - key) : SIZE_MAX;
  }
  for (size_t row = 0; row < table->source->n_file_rows; row++) {
    size_t at = index[(size_t) column->value[row]];
    take_level(load, row, at == SIZE_MAX ? NULL : &key[at]);
  }
  free(key);
  free(index);
  if (load->rule == LOAD_BY_CONTENT)
    note_numeric_texts(table, load, column);
}

// --- Loading

// In place: each row is looked at before its value is set.
static void convert(struct table *table, struct column_load *load, struct statfile_column *column)
{
  // Levels of a codebook may take a second look.
  bool apart = load->rule == LOAD_TEXTS && column->n_value_labels > 0;
  load->value = apart ? NEW_ARRAY(double, table->source->n_file_rows) : column->value;
  if (column->content == STATFILE_TEXT)
    convert_texts(table, load, column);
  else if (column->content == STATFILE_NUMBER)
    convert_numbers(table, load, column);
  else
    convert_dates(table, load, column);
  if (!apart)
    column->value = NULL;
}

static void count_rows(struct table *table, size_t n_rows)
{
  table->source->n_file_rows = n_rows;
  table->source->counted = true;
  table->line = NEW_ARRAY(size_t, n_rows);
  for (size_t row = 0; row < n_rows; row++)
    table->line[row] = row + 1;
}

static bool load_statfile(struct table *table, struct column_load *load, size_t n_loads,
                          struct error *error)
{
  struct table_source *source = table->source;
  struct statfile *file = &((struct statfile_state *) source->state)->file;
  struct statfile_input input = input_of(table);
  bool *wanted = NEW_ZEROED(bool, file->n_columns);
  wanted[0] = n_loads == 0; // for the number of rows
  for (size_t i = 0; i < n_loads; i++)
    wanted[load[i].column] = true;
  bool good = statfile_load(file, &input, wanted, error);
  free(wanted);
  if (good && source->counted && file->n_rows != source->n_file_rows)
    good = error_set(error, ERROR_DATA, "%s: %s that is damaged", table->name,
                     statfile_kind_name(file->kind));
  if (good) {
    if (!source->counted)
      count_rows(table, file->n_rows);
    for (size_t i = 0; i < n_loads; i++)
      convert(table, &load[i], &file->column[load[i].column]);
  }
  statfile_unload(file);
  return good;
}

static bool recognize_statfile(const char *content, size_t length)
{
  return statfile_recognize(content, length) != STATFILE_NONE;
}

const struct table_format table_format_statfile = {
    .name = "statistics file",
    .recognizes = recognize_statfile,
    .open = open_statfile,
    .load = load_statfile,
    .close = close_statfile,
};

// --- Values behind levels

char *table_level_code(const struct table *table, const struct column *column, const char *level)
{
  if (!table->source || !table_is_statfile(table) || column->derived)
    return NULL;
  const struct statfile *file = &((struct statfile_state *) table->source->state)->file;
  const struct statfile_column *from = &file->column[column - table->column];
  const struct statfile_label *found = NULL;
  for (size_t i = 0; i < from->n_value_labels; i++) {
    const struct statfile_label *label = &from->value_label[i];
    if (strcmp(label->label, level) != 0 || (!label->text && isnan(label->number)))
      continue;
    if (found)
      return NULL;
    found = label;
  }
  char number[NUMBER_SIZE];
  return !found ? NULL
                : memory_copy_text(found->text ? found->text : number_write(number, found->number));
}

// --- All columns, for writing

bool table_is_statfile(const struct table *table)
{
  return table->source->format == &table_format_statfile;
}

bool table_take_statfile(struct table *table, struct statfile *file, struct error *error)
{
  struct statfile *own = &((struct statfile_state *) table->source->state)->file;
  struct statfile_input input = input_of(table);
  bool *wanted = NEW_ARRAY(bool, own->n_columns);
  for (size_t i = 0; i < own->n_columns; i++)
    wanted[i] = true;
  bool good = statfile_load(own, &input, wanted, error);
  free(wanted);
  if (!good)
    return false;
  statfile_take_cells(file, own);
  for (size_t i = 0; i < file->n_columns; i++) {
    free(file->column[i].label);
    file->column[i].label = memory_copy_text(table->column[i].label); // perhaps the codebook's
  }
  return true;
}
