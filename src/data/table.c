// SPDX-License-Identifier: GPL-3.0-or-later
// Tables, whatever format their file has.  Magic bytes of those that are refused: file(1)'s
// list.
#include <config.h>

#include "data/table.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "data/csv.h"
#include "data/table_source.h"

// In this order; the last takes what no other did.
static const struct table_format *const formats[] = {
    &table_format_statfile,
    &table_format_text,
};

// --- Files that are refused

enum advice { ADVISE_EXPORT, ADVISE_SHEET, ADVISE_CATALOG, ADVISE_UNPACK };

struct magic {
  enum advice advice;
  const char *what;
  size_t from, until; // where the bytes may begin
  const char *bytes;
  size_t n_bytes;
};

// Bytes that no header of a CSV file has: a column may well be named PAR1.
#define MAGIC(advice, what, from, until, bytes)                                                    \
  {                                                                                                \
    advice, what, from, until, bytes, sizeof bytes - 1                                             \
  }
static const struct magic magics[] = {
    MAGIC(ADVISE_CATALOG, "a SAS catalog (.sas7bcat)", 12, 12,
          "\xc2\xea\x81\x63\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11"),
    MAGIC(ADVISE_EXPORT, "a SAS CPORT file", 0, 0, "**COMPRESSED** **COMPRESSED**"),
    MAGIC(ADVISE_SHEET, "an OpenDocument (.ods) spreadsheet", 30, 30,
          "mimetypeapplication/vnd.oasis"),
    MAGIC(ADVISE_SHEET, "an old Excel (.xls) workbook", 0, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    MAGIC(ADVISE_EXPORT, "a PDF document", 0, 0, "%PDF-"),
    MAGIC(ADVISE_EXPORT, "an XML document", 0, 0, "<?xml"),
    MAGIC(ADVISE_EXPORT, "an HTML page", 0, 0, "<html"),
    MAGIC(ADVISE_EXPORT, "an HTML page", 0, 0, "<HTML"),
    MAGIC(ADVISE_EXPORT, "an HTML page", 0, 0, "<!DOCTYPE"),
    MAGIC(ADVISE_EXPORT, "an R data (.rda) file", 0, 0, "RDX2\nX\n"),
    MAGIC(ADVISE_EXPORT, "an R data (.rda) file", 0, 0, "RDX3\nX\n"),
    MAGIC(ADVISE_EXPORT, "an R data (.rds) file", 0, 0, "X\n\0\0\0"),
    MAGIC(ADVISE_EXPORT, "an Apache Parquet file", 0, 0, "PAR1\x15"),
    MAGIC(ADVISE_EXPORT, "an Apache Arrow (Feather) file", 0, 0, "ARROW1\0"),
    MAGIC(ADVISE_EXPORT, "an SQLite database", 0, 0, "SQLite format 3"),
    MAGIC(ADVISE_UNPACK, "an xz archive", 0, 0,
          "\xfd"
          "7zXZ"),
    MAGIC(ADVISE_UNPACK, "a bzip2 archive", 4, 4, "1AY&SY"),
    MAGIC(ADVISE_UNPACK, "a Zstandard archive", 0, 0, "\x28\xb5\x2f\xfd"),
};

// NULL for a file that may be text.
static const struct magic *find_magic(const char *content, size_t length)
{
  static const struct magic workbook = {ADVISE_SHEET, "an Excel (.xlsx) workbook", 0, 0, "", 0};
  static const struct magic archive = {ADVISE_UNPACK, "a ZIP archive", 0, 0, "", 0};
  for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
    const struct magic *magic = &magics[i];
    size_t room = magic->until + magic->n_bytes;
    room = room < length ? room : length;
    if (magic->from < room &&
        memmem(content + magic->from, room - magic->from, magic->bytes, magic->n_bytes))
      return magic;
  }
  if (length >= 4 && memcmp(content, "PK\3\4", 4) == 0)
    return memmem(content, length, "xl/workbook", 11) ? &workbook : &archive;
  return NULL;
}

static bool refuse_binary(const struct magic *magic, const char *name, struct error *error)
{
  static const char *const advice[] = {
      [ADVISE_EXPORT] = "export the table as CSV (UTF-8) first",
      [ADVISE_SHEET] = "export the sheet with the cohort, one row a patient under one line of "
                       "names, as CSV UTF-8",
      [ADVISE_CATALOG] = "give it by --catalog, and the .sas7bdat file that it belongs to as the "
                         "cohort",
      [ADVISE_UNPACK] = "unpack it, or export the table as CSV (UTF-8)",
  };
  return error_set(error, ERROR_DATA, "%s: this is %s: %s", name, magic->what,
                   advice[magic->advice]);
}

// --- Opening

const char *table_trim(const char *bytes, size_t *length)
{
  while (*length && isblank((unsigned char) *bytes))
    bytes++, --*length;
  while (*length && isblank((unsigned char) bytes[*length - 1]))
    --*length;
  return bytes;
}

bool table_parse_number(const struct table *table, const char *bytes, size_t length, double *value)
{
  bytes = table_trim(bytes, &length);
  return number_parse(bytes, length, table->source ? table->source->decimal : '.', value);
}

struct column *table_append_column(struct table *table, char *name)
{
  GROW_ARRAY(table->column, table->column_capacity, table->n_columns + 1);
  struct column *column = &table->column[table->n_columns++];
  *column = (struct column){.name = name, .digits = -1};
  return column;
}

static void apply_codebook(const struct table *table, struct column *column)
{
  const struct codebook_entry *entry = codebook_find(&table->codebook, column->name);
  if (!entry)
    return;
  if (entry->label) {
    free(column->label);
    column->label = memory_copy_text(entry->label);
  }
  column->unit = memory_copy_text(entry->unit);
  column->digits = entry->digits;
  if (entry->type != VARIABLE_UNSTATED)
    column->variable_type = entry->type;
}

static bool has_column(const struct table *table, const char *name)
{
  for (size_t i = 0; i < table->n_columns; i++)
    if (strcmp(table->column[i].name, name) == 0)
      return true;
  return false;
}

// Writes the note on variables of the codebook that the table lacks, or takes it away.
static void note_codebook(struct table *table)
{
  struct table_source *source = table->source;
  struct text names = {0};
  for (size_t i = 0; i < table->codebook.n_entries; i++)
    if (!has_column(table, table->codebook.entry[i].variable))
      text_append_format(&names, "%s%s", names.length ? ", " : "",
                         table->codebook.entry[i].variable);
  struct text_list *notes = &table->notes;
  for (size_t i = 0; i < notes->n_items; i++)
    if (text_equal(notes->item[i], source->codebook_note)) {
      free(notes->item[i]);
      notes->n_items--;
      memmove(&notes->item[i], &notes->item[i + 1], (notes->n_items - i) * sizeof *notes->item);
      break;
    }
  free(source->codebook_note);
  source->codebook_note = NULL;
  if (names.length) {
    source->codebook_note = text_format("%s describes variables that are not in %s: %s",
                                        table->codebook.name, table->name, text_content(&names));
    text_list_add(notes, source->codebook_note);
  }
  text_free(&names);
}

static void take_missing_tokens(struct missing_tokens *missing, const struct text_list *tokens,
                                char decimal)
{
  for (size_t i = 0; i < tokens->n_items; i++) {
    size_t length = strlen(tokens->item[i]);
    const char *bytes = table_trim(tokens->item[i], &length);
    double number;
    text_list_adopt(&missing->text, memory_copy_bytes(bytes, length));
    if (number_parse(bytes, length, decimal, &number)) {
      RESIZE_ARRAY(missing->number, missing->n_numbers + 1);
      missing->number[missing->n_numbers++] = number;
    }
  }
}

static void free_missing_tokens(struct missing_tokens *missing)
{
  text_list_free(&missing->text);
  free(missing->number);
  *missing = (struct missing_tokens){0};
}

const struct missing_tokens *table_missing_tokens(const struct table *table, size_t column)
{
  const struct table_source *source = table->source;
  bool own = column < source->n_column_missing && table->column[column].codes.n_items;
  return own ? &source->column_missing[column] : &source->missing;
}

void table_add_codes(struct table *table, size_t column, const struct text_list *codes)
{
  struct table_source *source = table->source;
  struct text_list *own = &table->column[column].codes;
  size_t n_before = own->n_items;
  assert(table->column[column].type == COLUMN_UNLOADED);
  for (size_t i = 0; i < codes->n_items; i++)
    if (!codes_include(own, codes->item[i]))
      text_list_add(own, codes->item[i]);
  if (own->n_items == n_before)
    return;
  for (; source->n_column_missing <= column; source->n_column_missing++) {
    RESIZE_ARRAY(source->column_missing, table->n_columns);
    source->column_missing[source->n_column_missing] = (struct missing_tokens){0};
  }
  struct missing_tokens *missing = &source->column_missing[column];
  free_missing_tokens(missing);
  take_missing_tokens(missing, &source->missing.text, source->decimal);
  take_missing_tokens(missing, own, source->decimal);
}

// As codes_include; a number among the codes has the file's decimal mark, a level has a point.
static bool is_code(const struct table *table, const struct text_list *codes, const char *level)
{
  double wanted, number;
  bool is_number = number_parse_text(level, &wanted), found = codes_include(codes, level);
  for (size_t i = 0; i < codes->n_items && is_number && !found; i++)
    found = table_parse_number(table, codes->item[i], strlen(codes->item[i]), &number) &&
            number == wanted;
  return found;
}

// The codes that the codebook and the options have for the columns.
static bool take_codes(struct table *table, const struct missing_codes *codes, struct error *error)
{
  bool any = codes->n_variables;
  for (size_t i = 0; i < table->codebook.n_entries; i++)
    any |= table->codebook.entry[i].missing.n_items > 0;
  for (size_t c = 0; c < table->n_columns && any; c++) {
    const char *name = table->column[c].name;
    const struct codebook_entry *entry = codebook_find(&table->codebook, name);
    const struct text_list *further = missing_codes_find(codes, name);
    if (entry)
      table_add_codes(table, c, &entry->missing);
    if (further)
      table_add_codes(table, c, further);
    for (size_t i = 0; entry && i < entry->levels.n_items; i++) {
      const char *level = entry->levels.item[i];
      if (is_code(table, &table->column[c].codes, level))
        return error_set(error, ERROR_DATA, "%s: '%s' is a level of '%s' and cannot mean missing%s",
                         table->codebook.name, level, name,
                         is_code(table, &entry->missing, level) ? "" : ", as it does in a model");
    }
  }
  return true;
}

static void start_table(struct table *table, const char *name,
                        const struct table_options *options)
{
  *table = (struct table){0};
  table->name = memory_copy_text(name);
  struct table_source *source = table->source = NEW_ZEROED(struct table_source, 1);
  source->decimal = options->decimal ? options->decimal : '.';
  take_missing_tokens(&source->missing, &options->na, source->decimal);
}

// The content is there.
static bool open_source(struct table *table, const struct table_options *options,
                        struct error *error)
{
  struct table_source *source = table->source;
  const char *content = text_content(&source->content);
  size_t n_formats = sizeof formats / sizeof *formats;
  for (size_t i = 0; i < n_formats && !source->format; i++)
    if (formats[i]->recognizes(content, source->content.length))
      source->format = formats[i];
  if (source->format == &table_format_text) {
    const struct magic *magic = find_magic(content, source->content.length);
    if (magic)
      return refuse_binary(magic, table->name, error);
    if (options->catalog)
      return error_set(error, ERROR_USAGE, "--catalog holds value labels of SAS, and %s is text",
                       table->name);
  }
  if (!source->format->open(table, options, error))
    return false;
  if (options->codebook) {
    if (!codebook_read_encoded(&table->codebook, options->codebook, options->encoding, error))
      return false;
    for (size_t i = 0; i < table->n_columns; i++)
      apply_codebook(table, &table->column[i]);
    note_codebook(table);
  }
  return take_codes(table, &options->codes, error);
}

bool table_open(struct table *table, const char *path, const struct table_options *options,
                struct error *error)
{
  start_table(table, file_display_name(path), options);
  bool good = file_read(path, &table->source->content, error) && open_source(table, options, error);
  if (!good)
    table_free(table);
  return good;
}

bool table_open_content(struct table *table, const char *name, const char *content, size_t length,
                        const struct table_options *options, struct error *error)
{
  start_table(table, name, options);
  text_append_bytes(&table->source->content, content, length);
  bool good = open_source(table, options, error);
  if (!good)
    table_free(table);
  return good;
}

static void free_texts(char **texts, size_t n)
{
  for (size_t i = 0; texts && i < n; i++)
    free(texts[i]);
  free(texts);
}

static void clear_column(struct column *column)
{
  free(column->value);
  free_texts(column->level, column->n_levels);
  free_texts(column->level_label, column->n_levels);
  column->value = NULL;
  column->level = column->level_label = NULL;
  column->n_levels = 0;
}

void table_free(struct table *table)
{
  for (size_t i = 0; i < table->n_columns; i++) {
    struct column *column = &table->column[i];
    clear_column(column);
    free(column->name);
    free(column->label);
    free(column->unit);
    text_list_free(&column->codes);
  }
  free(table->column);
  free(table->name);
  free(table->line);
  codebook_free(&table->codebook);
  text_list_free(&table->notes);
  struct table_source *source = table->source;
  if (source) {
    if (source->format)
      source->format->close(source);
    text_free(&source->content);
    free_missing_tokens(&source->missing);
    for (size_t i = 0; i < source->n_column_missing; i++)
      free_missing_tokens(&source->column_missing[i]);
    free(source->column_missing);
    free(source->kept);
    free(source->codebook_note);
    free(source);
  }
  *table = (struct table){0};
}

const char *table_digest(struct table *table)
{
  if (!table->digest[0] && table->source)
    digest_bytes(text_content(&table->source->content), table->source->content.length,
                 table->digest);
  return table->digest;
}

const char *table_content(const struct table *table, size_t *length)
{
  *length = table->source->content.length;
  return text_content(&table->source->content);
}

char table_delimiter(const struct table *table)
{
  return table->source->delimiter;
}

bool table_is_missing(const struct table *table, size_t column, const char *bytes, size_t length)
{
  bytes = table_trim(bytes, &length);
  switch (length) {
  case 0:
    return true;
  case 1:
    if (*bytes == '.')
      return true;
    break;
  case 2:
    if (memcmp(bytes, "NA", 2) == 0)
      return true;
    break;
  case 3:
    if (memcmp(bytes, "NaN", 3) == 0)
      return true;
    break;
  default:
    break;
  }
  if (!table->source)
    return false;
  const struct missing_tokens *missing = table_missing_tokens(table, column);
  for (size_t i = 0; i < missing->text.n_items; i++)
    if (strlen(missing->text.item[i]) == length &&
        memcmp(missing->text.item[i], bytes, length) == 0)
      return true;
  double number;
  return missing->n_numbers && number_parse(bytes, length, table->source->decimal, &number) &&
         missing_tokens_have(missing, number);
}

// --- Levels

struct ordered_level {
  const struct level *level;
  double number; // NaN: not one
  size_t index;  // in the set
};

static int compare_lines(const void *a, const void *b)
{
  const struct ordered_level *x = a, *y = b;
  return (x->level->first_line > y->level->first_line) -
         (x->level->first_line < y->level->first_line);
}

// By number, equal ones by line.
static int compare_numbers(const void *a, const void *b)
{
  const struct ordered_level *x = a, *y = b;
  if (x->number != y->number)
    return x->number > y->number ? 1 : -1;
  return compare_lines(a, b);
}

static int compare_texts(const void *a, const void *b)
{
  const struct ordered_level *x = a, *y = b;
  return strcmp(x->level->name, y->level->name);
}

// The levels of the file as levels of the column, sorted; where all are numbers, those that
// are the same number become one.  index_of[i]: where level i of the set went.
static void sort_levels(const struct table *table, struct column *column,
                        const struct level_set *set, size_t *index_of)
{
  struct ordered_level *ordered = NEW_ARRAY(struct ordered_level, set->n_levels);
  bool numbers = true;
  for (size_t i = 0; i < set->n_levels; i++) {
    const struct level *level = &set->level[i];
    ordered[i] = (struct ordered_level){level, NAN, i};
    numbers = table_parse_number(table, level->name, level->length, &ordered[i].number) && numbers;
  }
  qsort(ordered, set->n_levels, sizeof *ordered, numbers ? compare_numbers : compare_texts);
  column->level = NEW_ARRAY(char *, set->n_levels);
  column->level_label = NEW_ARRAY(char *, set->n_levels);
  column->n_levels = 0;
  for (size_t i = 0; i < set->n_levels; i++) {
    if (i == 0 || !numbers || ordered[i].number != ordered[i - 1].number) {
      column->level[column->n_levels] = memory_copy_text(ordered[i].level->name);
      column->level_label[column->n_levels++] = memory_copy_text(ordered[i].level->name);
    }
    index_of[ordered[i].index] = column->n_levels - 1;
  }
  free(ordered);
}

// The levels in the order in which the file gives them.
static void keep_levels(struct column *column, const struct level_set *set, size_t *index_of)
{
  column->level = NEW_ARRAY(char *, set->n_levels);
  column->level_label = NEW_ARRAY(char *, set->n_levels);
  column->n_levels = set->n_levels;
  for (size_t i = 0; i < set->n_levels; i++) {
    column->level[i] = memory_copy_text(set->level[i].name);
    column->level_label[i] = memory_copy_text(set->level[i].name);
    index_of[i] = i;
  }
}

// The codebook's levels, and where each level of the file goes among them.
static bool declare_levels(const struct table *table, struct column *column,
                           const struct codebook_entry *entry, const struct level_set *set,
                           size_t *index_of, struct column_load *load)
{
  size_t n = entry->levels.n_items;
  column->level = NEW_ARRAY(char *, n);
  column->level_label = NEW_ARRAY(char *, n);
  column->n_levels = n;
  for (size_t i = 0; i < n; i++) {
    column->level[i] = memory_copy_text(entry->levels.item[i]);
    column->level_label[i] = memory_copy_text(entry->level_labels.item[i]);
  }
  // Numbers in the file have its decimal mark, those in the codebook a point.
  const struct level *strange = NULL;
  for (size_t i = 0; i < set->n_levels; i++) {
    const struct level *level = &set->level[i];
    bool found = column_find_level(column, level->name, &index_of[i]);
    double number, declared;
    if (!found && table_parse_number(table, level->name, level->length, &number))
      for (size_t j = 0; j < n && !found; j++)
        if (number_parse_text(column->level[j], &declared) && declared == number) {
          index_of[i] = j;
          found = true;
        }
    if (!found && level->count && (!strange || level->first_line < strange->first_line))
      strange = level;
  }
  if (!strange)
    return true;
  char *all = text_list_join(&entry->levels, ", ");
  const char *nearest = text_nearest(strange->name, (const char *const *) column->level, n);
  load->error_line = strange->first_line;
  error_set(&load->error, ERROR_DATA,
            "%s:%zu: column '%s': '%s' is none of the levels in %s (%s)%s%s%s", table->name,
            strange->first_line, column->name, strange->name, table->codebook.name, all,
            nearest ? "; is it '" : "", nearest ? nearest : "", nearest ? "'?" : "");
  free(all);
  return false;
}

// --- Loading

// Turns the rows of the file into those that are kept.
static void keep_file_rows(const struct table *table, struct column *column)
{
  const size_t *kept = table->source->kept;
  if (!kept)
    return;
  column->n_missing = 0;
  for (size_t i = 0; i < table->n_rows; i++) {
    column->value[i] = column->value[kept[i]];
    column->n_missing += isnan(column->value[i]) != 0;
  }
  RESIZE_ARRAY(column->value, table->n_rows);
}

// Texts that are all numbers with the other decimal mark: a file read without --decimal, whose
// quantities must not become categories silently.
static bool check_decimal_mark(const struct table *table, struct column_load *load,
                               const char *name)
{
  char here = table->source->decimal, other = here == '.' ? ',' : '.';
  bool marked = false;
  for (size_t i = 0; i < load->levels.n_levels; i++) {
    const char *text = load->levels.level[i].name;
    double number;
    if (!number_parse(text, strlen(text), other, &number))
      return true;
    marked |= strchr(text, other) != NULL;
  }
  if (!marked)
    return true;
  return error_set(&load->error, ERROR_DATA,
                   "%s: column '%s' looks like numbers with '%c' as decimal mark ('%s'): use "
                   "--decimal=%c (or factor(%s) if these are categories)",
                   table->name, name, other, load->levels.level[0].name, other, name);
}

// What a load gave, as a column that takes over its values; false if it is in error.
static bool build_column(struct table *table, struct column_load *load, struct column *column)
{
  const struct column *old = &table->column[load->column];
  *column = *old;
  column->level = column->level_label = NULL;
  column->n_levels = 0;
  column->type = load->numeric ? COLUMN_NUMERIC : COLUMN_CATEGORICAL;
  column->n_missing = load->n_missing;
  column->most_decimals = load->most_decimals;
  column->value = NULL;
  if (load->error.status != ERROR_NONE)
    return false;
  if (!load->numeric) {
    const struct codebook_entry *entry = codebook_find(&table->codebook, column->name);
    bool is_text = table->source->format == &table_format_text;
    if (load->rule == LOAD_BY_CONTENT && load->levels.n_levels && is_text &&
        !check_decimal_mark(table, load, column->name))
      return false;
    size_t *index_of = NEW_ARRAY(size_t, load->levels.n_levels);
    bool good = true;
    if (load->rule == LOAD_TEXTS && entry && entry->levels.n_items)
      good = declare_levels(table, column, entry, &load->levels, index_of, load);
    else if (load->ordered)
      keep_levels(column, &load->levels, index_of);
    else
      sort_levels(table, column, &load->levels, index_of);
    if (good)
      for (size_t i = 0; i < table->source->n_file_rows; i++)
        if (!isnan(load->value[i]))
          load->value[i] = (double) index_of[(size_t) load->value[i]];
    free(index_of);
    if (!good)
      return false;
    if (load->ordinal && column->variable_type == VARIABLE_UNSTATED)
      column->variable_type = VARIABLE_ORDINAL;
  }
  column->value = load->value;
  load->value = NULL;
  keep_file_rows(table, column);
  return true;
}

static enum load_rule choose_rule(const struct column *column, bool numeric, bool categorical)
{
  if (numeric || column->variable_type == VARIABLE_NUMERIC)
    return LOAD_NUMBERS;
  if (column->variable_type == VARIABLE_CATEGORICAL || column->variable_type == VARIABLE_ORDINAL)
    return LOAD_TEXTS;
  return categorical ? LOAD_CATEGORIES : LOAD_BY_CONTENT;
}

// A derived column that was made categorical, as numbers again.
static void restore_numbers(struct column *column, size_t n_rows)
{
  double *number = NEW_ARRAY(double, column->n_levels);
  for (size_t i = 0; i < column->n_levels; i++)
    if (!number_parse_text(column->level[i], &number[i]))
      number[i] = NAN;
  double *value = column->value;
  column->value = NULL;
  for (size_t i = 0; i < n_rows; i++)
    if (!isnan(value[i]))
      value[i] = number[(size_t) value[i]];
  clear_column(column);
  column->value = value;
  column->type = COLUMN_NUMERIC;
  free(number);
}

// What `.` may stand for, as far as it is not loaded yet.
static bool belongs_to_rest(const struct column *column)
{
  return column->type == COLUMN_UNLOADED && column->variable_type != VARIABLE_ID &&
         column->variable_type != VARIABLE_DATE && column->variable_type != VARIABLE_IGNORE;
}

// What is to be loaded.
struct plan {
  const struct column_request *request;
  size_t n_requests;
  bool rest;                 // all columns not yet loaded, too
  struct text_list *refused; // of these, what fails; NULL: that is an error
};

// The loads that a plan comes to, columns in order; the caller frees.
static struct column_load *plan_loads(struct table *table, const struct plan *plan, size_t *n_loads)
{
  unsigned char *asked = NEW_ZEROED(unsigned char, table->n_columns);
  for (size_t i = 0; i < plan->n_requests; i++) {
    assert(plan->request[i].column < table->n_columns);
    asked[plan->request[i].column] |= (unsigned char) (1u << plan->request[i].use);
  }
  struct column_load *load = NEW_ZEROED(struct column_load, table->n_columns);
  *n_loads = 0;
  for (size_t i = 0; i < table->n_columns; i++) {
    struct column *column = &table->column[i];
    bool numeric = asked[i] & 1u << USE_NUMERIC, categorical = asked[i] & 1u << USE_CATEGORICAL;
    bool wanted = asked[i] || (plan->rest && belongs_to_rest(column));
    if (!wanted || column->type == COLUMN_NUMERIC ||
        (column->type == COLUMN_CATEGORICAL && !numeric))
      continue;
    if (column->derived)
      restore_numbers(column, table->n_rows);
    else
      load[(*n_loads)++] = (struct column_load){.column = i,
                                                .rule = choose_rule(column, numeric, categorical),
                                                .missing = table_missing_tokens(table, i),
                                                .optional = !asked[i] && plan->refused};
  }
  free(asked);
  return load;
}

static void free_loads(struct column_load *load, size_t n_loads)
{
  for (size_t i = 0; i < n_loads; i++) {
    free(load[i].value);
    level_set_free(&load[i].levels);
  }
  free(load);
}

// Puts a column that was built in its place, or tells why it was not.
static void take_column(struct table *table, const struct column_load *load, struct column *built,
                        struct text_list *refused)
{
  struct column *column = &table->column[load->column];
  if (!built->value) {
    clear_column(built);
    text_list_adopt(refused, text_format("%s: %s", column->name, load->error.message));
    return;
  }
  clear_column(column);
  *column = *built;
  if (!load->numeric && load->blanks_removed)
    text_list_adopt(&table->notes, text_format("column '%s': blanks around its values were removed "
                                               "(quote them to keep such blanks)",
                                               column->name));
}

static bool load_columns(struct table *table, const struct plan *plan, struct error *error)
{
  struct table_source *source = table->source;
  assert(source);
  size_t n_loads;
  struct column_load *load = plan_loads(table, plan, &n_loads);
  struct column *built = NEW_ZEROED(struct column, n_loads);
  bool good = true;
  if (n_loads || !source->counted)
    good = source->format->load(table, load, n_loads, error);
  if (good && !source->kept)
    table->n_rows = source->n_file_rows;
  const struct column_load *first_bad = NULL;
  for (size_t i = 0; i < n_loads && good; i++)
    if (!build_column(table, &load[i], &built[i]) && !load[i].optional &&
        (!first_bad || load[i].error_line < first_bad->error_line))
      first_bad = &load[i];
  if (good && first_bad) {
    *error = first_bad->error;
    good = false;
  }
  // Those asked for by name come first in the notes.
  for (size_t i = 0; i < n_loads && good; i++)
    if (!load[i].optional)
      take_column(table, &load[i], &built[i], NULL);
  for (size_t i = 0; i < n_loads && good; i++)
    if (load[i].optional)
      take_column(table, &load[i], &built[i], plan->refused);
  for (size_t i = 0; i < n_loads && !good; i++)
    clear_column(&built[i]);
  free(built);
  free_loads(load, n_loads);
  return good;
}

bool table_load(struct table *table, const struct column_request *request, size_t n_requests,
                struct error *error)
{
  return load_columns(table, &(struct plan){.request = request, .n_requests = n_requests}, error);
}

bool table_load_with_rest(struct table *table, const struct column_request *request,
                          size_t n_requests, struct text_list *refused, struct error *error)
{
  struct plan plan = {
      .request = request, .n_requests = n_requests, .rest = true, .refused = refused};
  return load_columns(table, &plan, error);
}

bool table_load_all(struct table *table, struct text_list *refused, struct error *error)
{
  return table_load_with_rest(table, NULL, 0, refused, error);
}

// --- Columns

bool table_find(const struct table *table, const char *name, size_t *column, struct error *error)
{
  for (size_t i = 0; i < table->n_columns; i++)
    if (strcmp(table->column[i].name, name) == 0) {
      *column = i;
      return true;
    }
  const char **names = NEW_ARRAY(const char *, table->n_columns);
  for (size_t i = 0; i < table->n_columns; i++)
    names[i] = table->column[i].name;
  const char *nearest = text_nearest(name, names, table->n_columns);
  if (nearest) {
    error_set(error, ERROR_USAGE, "no column '%s' in %s; did you mean '%s'?", name, table->name,
              nearest);
  } else {
    enum { MOST_NAMES = 12 };
    struct text all = {0};
    for (size_t i = 0; i < table->n_columns && i < MOST_NAMES; i++)
      text_append_format(&all, "%s%s", i ? ", " : "", names[i]);
    error_set(error, ERROR_USAGE, "no column '%s' in %s (it has %s%s)", name, table->name,
              text_content(&all), table->n_columns > MOST_NAMES ? ", ..." : "");
    text_free(&all);
  }
  free(names);
  return false;
}

const char *column_title(const struct column *column)
{
  return column->label ? column->label : column->name;
}

bool column_find_level(const struct column *column, const char *level, size_t *index)
{
  for (size_t i = 0; i < column->n_levels; i++)
    if (strcmp(column->level[i], level) == 0) {
      *index = i;
      return true;
    }
  double wanted, number;
  if (!number_parse_text(level, &wanted))
    return false;
  for (size_t i = 0; i < column->n_levels; i++)
    if (number_parse_text(column->level[i], &number) && number == wanted) {
      *index = i;
      return true;
    }
  return false;
}

// Index of x among n ascending values, where it is.
static size_t find_value(const double *sorted, size_t n, double x)
{
  size_t low = 0;
  while (n > 1) {
    size_t half = n / 2;
    low += sorted[low + half - 1] < x ? half : 0;
    n -= half;
  }
  return low;
}

enum { MOST_FEW_VALUES = 16 };

static int compare_values(const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

// The distinct values, ascending, if they are few; false for more than MOST_FEW_VALUES.
static bool find_few_values(const double *value, size_t n, double *distinct, size_t *n_distinct)
{
  *n_distinct = 0;
  for (size_t i = 0; i < n; i++) {
    double x = value[i];
    bool seen = isnan(x);
    for (size_t j = 0; j < *n_distinct; j++)
      seen |= x == distinct[j];
    if (seen)
      continue;
    if (*n_distinct == MOST_FEW_VALUES)
      return false;
    distinct[(*n_distinct)++] = x + 0.0; // -0 becomes 0
  }
  qsort(distinct, *n_distinct, sizeof *distinct, compare_values);
  return true;
}

// All distinct values, ascending; the caller frees.
static double *find_values(const double *value, size_t n_rows, size_t *n_distinct)
{
  double *distinct = NEW_ARRAY(double, MOST_FEW_VALUES);
  if (find_few_values(value, n_rows, distinct, n_distinct))
    return distinct;
  RESIZE_ARRAY(distinct, n_rows);
  size_t n = 0;
  for (size_t i = 0; i < n_rows; i++)
    if (!isnan(value[i]))
      distinct[n++] = value[i];
  sort_doubles(distinct, n);
  *n_distinct = 0;
  for (size_t i = 0; i < n; i++)
    if (i == 0 || distinct[i] != distinct[*n_distinct - 1])
      distinct[(*n_distinct)++] = distinct[i];
  return distinct;
}

void column_make_categorical(struct column *column, size_t n_rows)
{
  if (column->type != COLUMN_NUMERIC)
    return;
  size_t n_distinct;
  double *distinct = find_values(column->value, n_rows, &n_distinct);
  column->level = NEW_ARRAY(char *, n_distinct);
  column->level_label = NEW_ARRAY(char *, n_distinct);
  column->n_levels = n_distinct;
  for (size_t i = 0; i < n_distinct; i++) {
    char text[NUMBER_SIZE];
    column->level[i] = memory_copy_text(number_write(text, distinct[i]));
    column->level_label[i] = memory_copy_text(text);
  }
  for (size_t i = 0; i < n_rows; i++)
    if (!isnan(column->value[i]))
      column->value[i] = (double) find_value(distinct, n_distinct, column->value[i]);
  column->type = COLUMN_CATEGORICAL;
  free(distinct);
}

struct column *table_add_column(struct table *table, const char *name, const double *value)
{
  assert(!has_column(table, name));
  struct column *column = table_append_column(table, memory_copy_text(name));
  column->type = COLUMN_NUMERIC;
  column->derived = true;
  column->value = NEW_ARRAY(double, table->n_rows);
  for (size_t i = 0; i < table->n_rows; i++) {
    column->value[i] = value[i];
    column->n_missing += isnan(value[i]) != 0;
  }
  apply_codebook(table, column);
  if (table->source && table->source->codebook_note && codebook_find(&table->codebook, name))
    note_codebook(table);
  return column;
}

void table_keep_rows(struct table *table, const bool *keep)
{
  size_t n_old = table->n_rows, n = 0;
  for (size_t i = 0; i < n_old; i++)
    n += keep[i];
  if (n == n_old)
    return;
  struct table_source *source = table->source;
  if (source && !source->kept) {
    source->kept = NEW_ARRAY(size_t, n_old);
    for (size_t i = 0; i < n_old; i++)
      source->kept[i] = i;
  }
  for (size_t j = 0; j < table->n_columns; j++) {
    struct column *column = &table->column[j];
    if (column->type == COLUMN_UNLOADED)
      continue;
    column->n_missing = 0;
    size_t to = 0;
    for (size_t i = 0; i < n_old; i++) {
      if (!keep[i])
        continue;
      column->n_missing += isnan(column->value[i]) != 0;
      column->value[to++] = column->value[i];
    }
    RESIZE_ARRAY(column->value, n);
  }
  size_t to = 0;
  for (size_t i = 0; i < n_old; i++) {
    if (!keep[i])
      continue;
    if (table->line)
      table->line[to] = table->line[i];
    if (source)
      source->kept[to] = source->kept[i];
    to++;
  }
  if (table->line)
    RESIZE_ARRAY(table->line, n);
  if (source)
    RESIZE_ARRAY(source->kept, n);
  table->n_rows = n;
}
