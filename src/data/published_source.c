// SPDX-License-Identifier: GPL-3.0-or-later
// Printed tables: files into raw records, and the cells of these.
#include <config.h>

#include "data/published_source.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/csv.h"

// ---- forms ----

struct published_form_spec {
  enum published_form form;
  const char *name;
  const char *required; // columns, parted by blanks
  const char *some;     // one of these at least; NULL: none need be
  const char *optional;
  const char *text;     // columns that hold no printed numbers
  const char *whole;    // columns that hold counts
  bool pairs;           // p_A_B and text_p_A_B
  bool statistics;      // NAME_mean and NAME_sd
};
#define COEFFICIENTS "uni_b uni_or uni_lo uni_hi uni_p multi_b multi_or multi_lo multi_hi multi_p"
#define PLAUSIBLE_OPTIONAL "label unit labels min max decimals digits formula correlated why"
// In the order in which a header is tried.
static const struct published_form_spec forms[] = {
    {PUBLISHED_PLAUSIBLE, "plausible", "name kind", NULL, PLAUSIBLE_OPTIONAL,
     "name kind " PLAUSIBLE_OPTIONAL, "", false, false},
    {PUBLISHED_MODELS, "models", "model table event comparison", NULL, "",
     "model table event comparison", "", false, false},
    {PUBLISHED_PERFORMANCE, "performance", "model item quantity value", NULL, "where",
     "model item quantity where", "", false, false},
    {PUBLISHED_COUNTS, "counts", "feature level group count", NULL, "", "feature level group",
     "count", false, false},
    {PUBLISHED_MEASURES, "measures", "measure kind group n centre", NULL,
     "unit sd spread_lo spread_hi values", "measure kind group unit values", "n", false, false},
    {PUBLISHED_COUNT_TESTS, "tests of counts", "feature", "chi2 p_overall", "text_p_overall",
     "feature", "", true, false},
    {PUBLISHED_MEASURE_TESTS, "tests of measures", "measure test", "statistic p_overall",
     "text_p_overall", "measure test", "", true, false},
    {PUBLISHED_AGREEMENT, "agreement", "measure icc", NULL, "", "measure", "", false, false},
    {PUBLISHED_LOGISTIC, "logistic", "variable", COEFFICIENTS, "level per", "variable level per",
     "", false, false},
    {PUBLISHED_COHORT, "cohort", "group n", NULL, "percent note", "group note", "n", false, true},
};
enum { N_FORMS = sizeof forms / sizeof *forms };

static bool in_words(const char *words, const char *word)
{
  size_t n = strchr(word, ' ') ? 0 : strlen(word);
  for (const char *at = words; n && (at = strstr(at, word)) != NULL; at += n)
    if ((at == words || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
      return true;
  return false;
}

// ---- raw records ----

void published_free_raw(struct published_raw *raw)
{
  for (size_t i = 0; i < raw->n_records; i++) {
    for (size_t j = 0; j < raw->header.n_items; j++)
      free(raw->record[i].cell[j]);
    free(raw->record[i].cell);
    free(raw->record[i].index);
  }
  free(raw->record);
  text_list_free(&raw->header);
}

static char *trimmed(const struct csv_cell *cell)
{
  const char *bytes = cell->bytes;
  size_t n = cell->length;
  while (n && (*bytes == ' ' || *bytes == '\t'))
    bytes++, n--;
  while (n && (bytes[n - 1] == ' ' || bytes[n - 1] == '\t'))
    n--;
  return memory_copy_bytes(bytes, n);
}

static bool is_missing(const char *cell)
{
  return !*cell || strcmp(cell, "NA") == 0;
}

static size_t find_column(const struct published_raw *raw, const char *name)
{
  for (size_t j = 0; j < raw->header.n_items; j++)
    if (strcmp(raw->header.item[j], name) == 0)
      return j;
  return SIZE_MAX;
}

static bool has_all(const struct published_raw *raw, const char *words)
{
  struct text_list list = {0};
  text_list_split(&list, words, ' ');
  bool all = true;
  for (size_t i = 0; i < list.n_items; i++)
    all &= find_column(raw, list.item[i]) != SIZE_MAX;
  text_list_free(&list);
  return all;
}

static bool has_one(const struct published_raw *raw, const char *words)
{
  for (size_t j = 0; j < raw->header.n_items; j++)
    if (in_words(words, raw->header.item[j]))
      return true;
  return false;
}

bool published_is_statistic(const char *column)
{
  return (text_ends(column, "_mean") && strlen(column) > 5) ||
         (text_ends(column, "_sd") && strlen(column) > 3);
}

static bool is_pair_column(const char *column)
{
  return text_starts(column, "p_") || text_starts(column, "text_p_");
}

static bool belongs(const struct published_form_spec *form, const char *column)
{
  return in_words(form->required, column) || (form->some && in_words(form->some, column)) ||
         in_words(form->optional, column) || (form->pairs && is_pair_column(column)) ||
         (form->statistics && published_is_statistic(column));
}

bool published_is_number_column(const struct published_form_spec *form, const char *column)
{
  return !in_words(form->text, column);
}

static bool find_form(struct published_raw *raw, const char *path, struct error *error)
{
  for (size_t i = 0; i < N_FORMS && !raw->form; i++)
    if (has_all(raw, forms[i].required) && (!forms[i].some || has_one(raw, forms[i].some)))
      raw->form = &forms[i];
  if (!raw->form)
    return error_set(error, ERROR_DATA, "%s:1: the header is of no form of her2-published(5)",
                     path);
  for (size_t j = 0; j < raw->header.n_items; j++) {
    const char *name = raw->header.item[j];
    if (!belongs(raw->form, name))
      return error_set(error, ERROR_DATA, "%s:1: the form of %s has no column '%s'", path,
                       raw->form->name, name);
    for (size_t k = 0; k < j; k++)
      if (strcmp(raw->header.item[k], name) == 0)
        return error_set(error, ERROR_DATA, "%s:1: column '%s' stands there twice", path, name);
  }
  return true;
}

static bool read_records(struct published_reader *reader, struct published_file *file,
                         struct published_raw *raw, const struct text *content)
{
  struct csv_reader *csv =
      csv_open(text_content(content), content->length, file->path, '\0', reader->error);
  if (!csv)
    return false;
  struct csv_cell *cell;
  size_t n_cells, capacity = 0;
  enum csv_status status = csv_next(csv, &cell, &n_cells, reader->error);
  bool good = status == CSV_RECORD;
  if (status == CSV_END)
    error_set(reader->error, ERROR_DATA, "%s: the file is empty", file->path);
  for (size_t j = 0; good && j < n_cells; j++)
    text_list_adopt(&raw->header, trimmed(&cell[j]));
  good = good && find_form(raw, file->path, reader->error);
  while (good && (status = csv_next(csv, &cell, &n_cells, reader->error)) == CSV_RECORD) {
    GROW_ARRAY(raw->record, capacity, raw->n_records + 1);
    struct published_record *record = &raw->record[raw->n_records++];
    *record = (struct published_record){.line = csv_line(csv),
                                        .cell = NEW_ARRAY(char *, n_cells),
                                        .index = NEW_ZEROED(size_t, n_cells)};
    for (size_t j = 0; j < n_cells; j++) {
      record->cell[j] = trimmed(&cell[j]);
      if (published_is_number_column(raw->form, raw->header.item[j]) &&
          !is_missing(record->cell[j]))
        record->index[j] = reader->published->n_numbers++;
    }
  }
  csv_close(csv);
  if (good && status == CSV_END) {
    file->form = raw->form->form;
    file->n_records = raw->n_records;
    return true;
  }
  return false;
}

// ---- files and folders ----

static char *table_name(const char *path)
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t n = strlen(name);
  if (text_ends(name, ".gz"))
    n -= 3;
  if (n > 4 && strncmp(name + n - 4, ".csv", 4) == 0)
    n -= 4;
  return strcmp(path, "-") == 0 ? memory_copy_text("input") : memory_copy_bytes(name, n);
}

bool published_add_file(struct published_reader *reader, const char *path, struct digest *digest)
{
  struct published *published = reader->published;
  size_t i = published->n_files++;
  RESIZE_ARRAY(published->file, published->n_files);
  RESIZE_ARRAY(reader->raw, published->n_files);
  published->file[i] = (struct published_file){.path = memory_copy_text(file_display_name(path)),
                                               .name = table_name(path)};
  reader->raw[i] = (struct published_raw){0};
  for (size_t j = 0; j < i; j++)
    if (strcmp(published->file[j].name, published->file[i].name) == 0)
      return error_set(reader->error, ERROR_DATA, "two tables are named '%s': %s and %s",
                       published->file[i].name, published->file[j].path, published->file[i].path);
  struct text content = {0};
  bool good = file_read(path, &content, reader->error);
  if (good) {
    digest_add(digest, text_content(&content), content.length);
    good = read_records(reader, &published->file[i], &reader->raw[i], &content);
  }
  text_free(&content);
  return good;
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *) a, *(char *const *) b);
}

bool published_add_folder(struct published_reader *reader, const char *path, struct digest *digest)
{
  DIR *folder = opendir(path);
  if (!folder)
    return error_set(reader->error, ERROR_DATA, "%s: %s", path, strerror(errno));
  struct text_list names = {0};
  const struct dirent *entry;
  while (errno = 0, (entry = readdir(folder)) != NULL)
    if (entry->d_name[0] != '.' && text_ends(entry->d_name, ".csv"))
      text_list_add(&names, entry->d_name);
  int problem = errno;
  closedir(folder);
  bool good = true;
  if (problem)
    good = error_set(reader->error, ERROR_DATA, "%s: %s", path, strerror(problem));
  else if (!names.n_items)
    good = error_set(reader->error, ERROR_DATA, "%s: there is no .csv file in it", path);
  if (names.n_items)
    qsort(names.item, names.n_items, sizeof *names.item, by_name);
  for (size_t i = 0; i < names.n_items && good; i++) {
    char *file = text_format("%s%s%s", path, text_ends(path, "/") ? "" : "/", names.item[i]);
    good = published_add_file(reader, file, digest);
    free(file);
  }
  text_list_free(&names);
  return good;
}

// ---- cells ----

bool published_refuse_cell(const struct published_reader *reader, size_t file, size_t record,
                           const char *column, const char *message)
{
  const struct published_record *r = &reader->raw[file].record[record];
  size_t j = find_column(&reader->raw[file], column);
  return error_set(reader->error, ERROR_DATA, "%s:%zu: column '%s': '%s' %s",
                   reader->published->file[file].path, r->line, column,
                   j == SIZE_MAX ? "" : r->cell[j], message);
}

// "" if the form's file lacks the column or the cell is missing.
const char *published_cell_text(const struct published_reader *reader, size_t file, size_t record,
                                const char *column)
{
  size_t j = find_column(&reader->raw[file], column);
  if (j == SIZE_MAX || is_missing(reader->raw[file].record[record].cell[j]))
    return "";
  return reader->raw[file].record[record].cell[j];
}

bool published_take_name(const struct published_reader *reader, size_t file, size_t record,
                         const char *column, const char **name)
{
  *name = published_cell_text(reader, file, record, column);
  return **name || published_refuse_cell(reader, file, record, column, "is no name");
}

bool published_take_number(const struct published_reader *reader, size_t file, size_t record,
                           const char *column, struct published_number *number)
{
  *number = (struct published_number){.printed = {.value = NAN, .range = {NAN, NAN}}};
  size_t j = find_column(&reader->raw[file], column);
  if (j == SIZE_MAX)
    return true;
  const struct published_record *r = &reader->raw[file].record[record];
  const char *text = r->cell[j];
  number->file = file;
  number->line = r->line;
  if (is_missing(text))
    return true;
  bool whole = in_words(reader->raw[file].form->whole, column);
  if (!(whole ? printed_parse_count : printed_parse)(text, &number->printed))
    return published_refuse_cell(reader, file, record, column,
                                 whole ? "is not a count (NA if it is not printed)"
                                       : "is not a number (NA if it is not printed)");
  number->text = memory_copy_text(text);
  number->column = memory_copy_text(column);
  number->index = r->index[j];
  return true;
}

struct published_number published_no_number(void)
{
  return (struct published_number){.printed = {.value = NAN, .range = {NAN, NAN}}};
}
