// SPDX-License-Identifier: GPL-3.0-or-later
// Printed tables: files into raw records, records into the structs of their form.
#include <config.h>

#include "data/published.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/csv.h"

// ---- forms ----

struct form_spec {
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
static const struct form_spec forms[] = {
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

static const char *const not_groups[] = {"screened", "excluded", "included"};

static bool in_words(const char *words, const char *word)
{
  size_t n = strchr(word, ' ') ? 0 : strlen(word);
  for (const char *at = words; n && (at = strstr(at, word)) != NULL; at += n)
    if ((at == words || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
      return true;
  return false;
}

// ---- raw records ----

struct record {
  size_t line;
  char **cell;     // trimmed
  size_t *index;   // of its number
};
struct raw_file {
  const struct form_spec *form;
  struct text_list header;
  struct record *record;
  size_t n_records;
};

struct reader {
  struct published *published;
  struct raw_file *raw; // one a file
  struct error *error;
};

static void free_raw(struct raw_file *raw)
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

static size_t find_column(const struct raw_file *raw, const char *name)
{
  for (size_t j = 0; j < raw->header.n_items; j++)
    if (strcmp(raw->header.item[j], name) == 0)
      return j;
  return SIZE_MAX;
}

static bool has_all(const struct raw_file *raw, const char *words)
{
  struct text_list list = {0};
  text_list_split(&list, words, ' ');
  bool all = true;
  for (size_t i = 0; i < list.n_items; i++)
    all &= find_column(raw, list.item[i]) != SIZE_MAX;
  text_list_free(&list);
  return all;
}

static bool has_one(const struct raw_file *raw, const char *words)
{
  for (size_t j = 0; j < raw->header.n_items; j++)
    if (in_words(words, raw->header.item[j]))
      return true;
  return false;
}

static bool is_statistic(const char *column)
{
  return (text_ends(column, "_mean") && strlen(column) > 5) ||
         (text_ends(column, "_sd") && strlen(column) > 3);
}

static bool is_pair_column(const char *column)
{
  return text_starts(column, "p_") || text_starts(column, "text_p_");
}

static bool belongs(const struct form_spec *form, const char *column)
{
  return in_words(form->required, column) || (form->some && in_words(form->some, column)) ||
         in_words(form->optional, column) || (form->pairs && is_pair_column(column)) ||
         (form->statistics && is_statistic(column));
}

static bool is_number_column(const struct form_spec *form, const char *column)
{
  return !in_words(form->text, column);
}

static bool find_form(struct raw_file *raw, const char *path, struct error *error)
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

static bool read_records(struct reader *reader, struct published_file *file, struct raw_file *raw,
                         const struct text *content)
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
    struct record *record = &raw->record[raw->n_records++];
    *record = (struct record){.line = csv_line(csv), .cell = NEW_ARRAY(char *, n_cells),
                              .index = NEW_ZEROED(size_t, n_cells)};
    for (size_t j = 0; j < n_cells; j++) {
      record->cell[j] = trimmed(&cell[j]);
      if (is_number_column(raw->form, raw->header.item[j]) && !is_missing(record->cell[j]))
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

static bool add_file(struct reader *reader, const char *path, struct digest *digest)
{
  struct published *published = reader->published;
  size_t i = published->n_files++;
  RESIZE_ARRAY(published->file, published->n_files);
  RESIZE_ARRAY(reader->raw, published->n_files);
  published->file[i] = (struct published_file){.path = memory_copy_text(file_display_name(path)),
                                               .name = table_name(path)};
  reader->raw[i] = (struct raw_file){0};
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

static bool add_folder(struct reader *reader, const char *path, struct digest *digest)
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
    good = add_file(reader, file, digest);
    free(file);
  }
  text_list_free(&names);
  return good;
}

// ---- cells ----

static bool cell_error(const struct reader *reader, size_t file, size_t record, const char *column,
                       const char *message)
{
  const struct record *r = &reader->raw[file].record[record];
  size_t j = find_column(&reader->raw[file], column);
  return error_set(reader->error, ERROR_DATA, "%s:%zu: column '%s': '%s' %s",
                   reader->published->file[file].path, r->line, column,
                   j == SIZE_MAX ? "" : r->cell[j], message);
}

// "" if the form's file lacks the column or the cell is missing.
static const char *cell_text(const struct reader *reader, size_t file, size_t record,
                             const char *column)
{
  size_t j = find_column(&reader->raw[file], column);
  if (j == SIZE_MAX || is_missing(reader->raw[file].record[record].cell[j]))
    return "";
  return reader->raw[file].record[record].cell[j];
}

static bool cell_name(const struct reader *reader, size_t file, size_t record, const char *column,
                      const char **name)
{
  *name = cell_text(reader, file, record, column);
  return **name || cell_error(reader, file, record, column, "is no name");
}

static bool cell_number(const struct reader *reader, size_t file, size_t record,
                        const char *column, struct published_number *number)
{
  *number = (struct published_number){.printed = {.value = NAN, .range = {NAN, NAN}}};
  size_t j = find_column(&reader->raw[file], column);
  if (j == SIZE_MAX)
    return true;
  const struct record *r = &reader->raw[file].record[record];
  const char *text = r->cell[j];
  number->file = file;
  number->line = r->line;
  if (is_missing(text))
    return true;
  bool whole = in_words(reader->raw[file].form->whole, column);
  if (!(whole ? printed_parse_count : printed_parse)(text, &number->printed))
    return cell_error(reader, file, record, column,
                      whole ? "is not a count (NA if it is not printed)"
                            : "is not a number (NA if it is not printed)");
  number->text = memory_copy_text(text);
  number->column = memory_copy_text(column);
  number->index = r->index[j];
  return true;
}

static void free_number(struct published_number *number)
{
  free(number->text);
  free(number->column);
}

static struct published_number no_number(void)
{
  return (struct published_number){.printed = {.value = NAN, .range = {NAN, NAN}}};
}

// ---- groups ----

static bool is_group_form(enum published_form form)
{
  return form == PUBLISHED_COUNTS || form == PUBLISHED_MEASURES;
}

static void add_group(struct published *published, const char *name)
{
  if (published_find_group(published, name) != SIZE_MAX)
    return;
  RESIZE_ARRAY(published->group, published->n_groups + 1);
  published->group[published->n_groups++] = memory_copy_text(name);
}

static bool is_whole_cohort(const char *group)
{
  for (size_t i = 0; i < sizeof not_groups / sizeof *not_groups; i++)
    if (strcmp(group, not_groups[i]) == 0)
      return true;
  return false;
}

// The groups in the order of the cohort form if it names them all.
static void order_groups(struct reader *reader)
{
  struct published *published = reader->published;
  char **ordered = NEW_ARRAY(char *, published->n_groups);
  size_t n = 0;
  for (size_t f = 0; f < published->n_files; f++)
    for (size_t i = 0; published->file[f].form == PUBLISHED_COHORT && i < reader->raw[f].n_records;
         i++) {
      size_t g = published_find_group(published, cell_text(reader, f, i, "group"));
      bool seen = g == SIZE_MAX;
      for (size_t k = 0; k < n && !seen; k++)
        seen = ordered[k] == published->group[g];
      if (!seen)
        ordered[n++] = published->group[g];
    }
  if (n == published->n_groups)
    memcpy(published->group, ordered, n * sizeof *ordered);
  free(ordered);
}

// A row of the cohort form that is a group, neither a step of screening nor joined groups.
static bool is_cohort_group(const struct reader *reader, size_t f, size_t i)
{
  const char *name = cell_text(reader, f, i, "group");
  return *name && !is_whole_cohort(name) && !strstr(cell_text(reader, f, i, "note"), " + ");
}

// A group of the tables that a cohort form with groups of its own does not name is a misspelt
// one.  A cohort form whose groups are altogether other ones, none of them alike, says nothing.
static bool check_groups(const struct reader *reader)
{
  const struct published *published = reader->published;
  struct text_list names = {0};
  for (size_t f = 0; f < published->n_files; f++)
    for (size_t i = 0; published->file[f].form == PUBLISHED_COHORT && i < reader->raw[f].n_records;
         i++)
      if (is_cohort_group(reader, f, i))
        text_list_add(&names, cell_text(reader, f, i, "group"));
  bool meets = false, good = true;
  for (size_t g = 0; g < published->n_groups; g++)
    meets |= text_list_has(&names, published->group[g]);
  for (size_t f = 0; f < published->n_files && good; f++)
    for (size_t i = 0;
         is_group_form(published->file[f].form) && i < reader->raw[f].n_records && good; i++) {
      const char *name = cell_text(reader, f, i, "group");
      if (!names.n_items || text_list_has(&names, name))
        continue;
      char *suggestion =
          text_suggestion(name, (const char *const *) names.item, names.n_items);
      if (meets || *suggestion)
        good = error_set(reader->error, ERROR_DATA,
                         "%s:%zu: group '%s' is not in the cohort table%s",
                         published->file[f].path, reader->raw[f].record[i].line, name, suggestion);
      free(suggestion);
    }
  text_list_free(&names);
  return good;
}

static bool find_groups(struct reader *reader)
{
  struct published *published = reader->published;
  const char *name;
  for (size_t f = 0; f < published->n_files; f++)
    for (size_t i = 0; is_group_form(published->file[f].form) && i < reader->raw[f].n_records;
         i++) {
      if (!cell_name(reader, f, i, "group", &name))
        return false;
      add_group(published, name);
    }
  bool from_cohort = published->n_groups == 0;
  for (size_t f = 0; f < published->n_files && from_cohort; f++)
    for (size_t i = 0; published->file[f].form == PUBLISHED_COHORT && i < reader->raw[f].n_records;
         i++) {
      if (is_cohort_group(reader, f, i))
        add_group(published, cell_text(reader, f, i, "group"));
    }
  if (!check_groups(reader))
    return false;
  if (published->n_groups)
    order_groups(reader);
  published->n_pairs = published->n_groups < 2
                           ? 0
                           : published->n_groups * (published->n_groups - 1) / 2;
  return true;
}

// ---- forms into structs ----

static bool read_cohort(struct reader *reader, size_t f)
{
  struct published *published = reader->published;
  const struct raw_file *raw = &reader->raw[f];
  for (size_t i = 0; i < raw->n_records; i++) {
    const char *name;
    if (!cell_name(reader, f, i, "group", &name))
      return false;
    for (size_t k = 0; k < published->n_cohort; k++)
      if (strcmp(published->cohort[k].group, name) == 0)
        return cell_error(reader, f, i, "group", "stands there twice");
    RESIZE_ARRAY(published->cohort, published->n_cohort + 1);
    struct published_cohort_row *row = &published->cohort[published->n_cohort++];
    *row = (struct published_cohort_row){.group = memory_copy_text(name), .file = f,
                                         .note = memory_copy_text(cell_text(reader, f, i, "note")),
                                         .n = no_number(), .percent = no_number()};
    if (!cell_number(reader, f, i, "n", &row->n) ||
        !cell_number(reader, f, i, "percent", &row->percent))
      return false;
    for (size_t j = 0; j < raw->header.n_items; j++) {
      const char *column = raw->header.item[j];
      if (!is_statistic(column))
        continue;
      bool is_mean = text_ends(column, "_mean");
      char *measure = memory_copy_bytes(column, strlen(column) - (is_mean ? 5 : 3));
      size_t k = 0;
      while (k < row->n_statistics && strcmp(row->statistic[k].name, measure) != 0)
        k++;
      if (k == row->n_statistics) {
        RESIZE_ARRAY(row->statistic, ++row->n_statistics);
        row->statistic[k] = (struct published_statistic){memory_copy_text(measure), no_number(),
                                                         no_number()};
      }
      free(measure);
      if (!cell_number(reader, f, i, column,
                       is_mean ? &row->statistic[k].mean : &row->statistic[k].sd))
        return false;
    }
  }
  return true;
}

static size_t feature_index(struct published *published, const char *name, size_t file)
{
  size_t k = 0;
  while (k < published->n_features && strcmp(published->feature[k].name, name) != 0)
    k++;
  if (k == published->n_features) {
    RESIZE_ARRAY(published->feature, ++published->n_features);
    published->feature[k] =
        (struct published_feature){.name = memory_copy_text(name), .file = file};
  }
  return k;
}

static size_t level_index(struct published_feature *feature, const char *name, size_t n_groups)
{
  size_t k = 0;
  while (k < feature->n_levels && strcmp(feature->level[k], name) != 0)
    k++;
  if (k == feature->n_levels) {
    RESIZE_ARRAY(feature->level, ++feature->n_levels);
    RESIZE_ARRAY(feature->count, feature->n_levels * n_groups);
    feature->level[k] = memory_copy_text(name);
    for (size_t g = 0; g < n_groups; g++)
      feature->count[k * n_groups + g] = no_number();
  }
  return k;
}

static bool read_counts(struct reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *name, *level;
    if (!cell_name(reader, f, i, "feature", &name) || !cell_name(reader, f, i, "level", &level))
      return false;
    size_t index = feature_index(published, name, f); // may move the array
    struct published_feature *feature = &published->feature[index];
    size_t l = level_index(feature, level, published->n_groups);
    size_t g = published_find_group(published, cell_text(reader, f, i, "group"));
    struct published_number *count = &feature->count[l * published->n_groups + g];
    if (count->line > 0)
      return cell_error(reader, f, i, "count", "is the second one for this level and group");
    if (!cell_number(reader, f, i, "count", count))
      return false;
  }
  return true;
}

static size_t measure_index(struct published *published, const char *name, size_t file)
{
  size_t k = 0;
  while (k < published->n_measures && strcmp(published->measure[k].name, name) != 0)
    k++;
  if (k == published->n_measures) {
    RESIZE_ARRAY(published->measure, ++published->n_measures);
    published->measure[k] = (struct published_measure){
        .name = memory_copy_text(name), .file = file,
        .group = NEW_ZEROED(struct published_measure_group, published->n_groups)};
    for (size_t g = 0; g < published->n_groups; g++)
      published->measure[k].group[g] =
          (struct published_measure_group){.n = no_number(), .centre = no_number(),
                                           .sd = no_number(), .spread_low = no_number(),
                                           .spread_high = no_number()};
  }
  return k;
}

static bool read_measures(struct reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *name, *kind = cell_text(reader, f, i, "kind");
    if (!cell_name(reader, f, i, "measure", &name))
      return false;
    size_t index = measure_index(published, name, f); // may move the array
    struct published_measure *measure = &published->measure[index];
    const char *unit = cell_text(reader, f, i, "unit"), *values = cell_text(reader, f, i, "values");
    if (*unit && !measure->unit)
      measure->unit = memory_copy_text(unit);
    if (*values && strcmp(values, "integer") != 0)
      return cell_error(reader, f, i, "values", "is not 'integer'");
    measure->whole |= *values != '\0';
    struct published_measure_group *group =
        &measure->group[published_find_group(published, cell_text(reader, f, i, "group"))];
    if (group->is_there)
      return cell_error(reader, f, i, "measure", "stands there twice for this group");
    group->is_there = true;
    if (strcmp(kind, "mean_sd") == 0)
      group->kind = PUBLISHED_MEAN_SD;
    else if (strcmp(kind, "median_iqr") == 0)
      group->kind = PUBLISHED_MEDIAN_IQR;
    else
      return cell_error(reader, f, i, "kind", "is neither mean_sd nor median_iqr");
    if (!cell_number(reader, f, i, "n", &group->n) ||
        !cell_number(reader, f, i, "centre", &group->centre) ||
        !cell_number(reader, f, i, "sd", &group->sd) ||
        !cell_number(reader, f, i, "spread_lo", &group->spread_low) ||
        !cell_number(reader, f, i, "spread_hi", &group->spread_high))
      return false;
  }
  return true;
}

// The pair that `rest` of a column ("zero_low") names; SIZE_MAX if none.  *several: it can be
// read as more than one (a_b_c of the groups a, a_b, c and b_c).
static size_t pair_of_column(const struct published *published, const char *rest, bool *several)
{
  size_t found = SIZE_MAX;
  *several = false;
  for (size_t i = 0; i < published->n_groups; i++)
    for (size_t j = 0; j < published->n_groups; j++) {
      size_t n = strlen(published->group[i]);
      if (i == j || !text_starts(rest, published->group[i]) || rest[n] != '_' ||
          strcmp(rest + n + 1, published->group[j]) != 0)
        continue;
      size_t pair = i < j ? published_pair(published, i, j) : published_pair(published, j, i);
      *several = *several || (found != SIZE_MAX && found != pair);
      found = pair;
    }
  return found;
}

// Where a column of tests goes.
struct test_column {
  enum { NO_NUMBER, STATISTIC, P_OVERALL, P_PAIR } kind;
  bool in_text;
  size_t pair;
};

static bool find_test_columns(struct reader *reader, size_t f, struct test_column *place)
{
  const struct raw_file *raw = &reader->raw[f];
  for (size_t j = 0; j < raw->header.n_items; j++) {
    const char *column = raw->header.item[j];
    bool in_text = text_starts(column, "text_"), several = false;
    const char *bare = in_text ? column + 5 : column, *mistake = NULL;
    place[j] = (struct test_column){NO_NUMBER, in_text, SIZE_MAX};
    if (!is_number_column(raw->form, column))
      continue;
    if (!text_starts(bare, "p_")) {
      place[j].kind = STATISTIC;
    } else if (strcmp(bare, "p_overall") == 0) {
      place[j].kind = P_OVERALL;
    } else {
      place[j].kind = P_PAIR;
      place[j].pair = pair_of_column(reader->published, bare + 2, &several);
      if (place[j].pair == SIZE_MAX)
        mistake = "does not name two groups of the tables";
      else if (several)
        mistake = "names more than one pair of groups";
      for (size_t k = 0; k < j && !mistake; k++)
        if (place[k].pair == place[j].pair && place[k].in_text == in_text)
          mistake = "is the second one of these groups";
    }
    if (mistake)
      return error_set(reader->error, ERROR_DATA, "%s:1: column '%s': '%s' %s",
                       reader->published->file[f].path, column, bare + 2, mistake);
  }
  return true;
}

static struct published_number *test_number(struct published_tests *tests,
                                            const struct test_column *place)
{
  switch (place->kind) {
  case STATISTIC:
    return &tests->statistic;
  case P_OVERALL:
    return place->in_text ? &tests->text_p_overall : &tests->p_overall;
  case P_PAIR:
    return place->in_text ? &tests->text_p_pair[place->pair] : &tests->p_pair[place->pair];
  case NO_NUMBER:
    break;
  }
  return NULL;
}

static struct published_tests no_tests(const char *name, const char *test, size_t file,
                                       size_t n_pairs)
{
  struct published_tests tests = {
      .name = memory_copy_text(name), .test = memory_copy_text(test), .file = file,
      .statistic = no_number(), .p_overall = no_number(), .text_p_overall = no_number(),
      .p_pair = NEW_ARRAY(struct published_number, n_pairs),
      .text_p_pair = NEW_ARRAY(struct published_number, n_pairs)};
  for (size_t k = 0; k < n_pairs; k++)
    tests.p_pair[k] = tests.text_p_pair[k] = no_number();
  return tests;
}

static bool read_tests(struct reader *reader, size_t f, bool of_counts)
{
  struct published *published = reader->published;
  struct published_tests **list = of_counts ? &published->count_tests : &published->measure_tests;
  size_t *n = of_counts ? &published->n_count_tests : &published->n_measure_tests;
  const struct raw_file *raw = &reader->raw[f];
  const char *key = of_counts ? "feature" : "measure";
  struct test_column *place = NEW_ARRAY(struct test_column, raw->header.n_items);
  bool good = raw->n_records == 0 || find_test_columns(reader, f, place);
  for (size_t i = 0; i < raw->n_records && good; i++) {
    const char *name;
    good = cell_name(reader, f, i, key, &name);
    for (size_t k = 0; k < *n && good; k++)
      if (strcmp((*list)[k].name, name) == 0)
        good = cell_error(reader, f, i, key, "stands there twice");
    if (!good)
      break;
    RESIZE_ARRAY(*list, *n + 1);
    struct published_tests *tests = &(*list)[(*n)++];
    *tests = no_tests(name, of_counts ? "chi2" : cell_text(reader, f, i, "test"), f,
                      published->n_pairs);
    for (size_t j = 0; j < raw->header.n_items && good; j++) {
      struct published_number *number = test_number(tests, &place[j]);
      good = !number || cell_number(reader, f, i, raw->header.item[j], number);
    }
  }
  free(place);
  return good;
}

static bool read_logistic(struct reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *variable, *level = cell_text(reader, f, i, "level");
    if (!cell_name(reader, f, i, "variable", &variable))
      return false;
    for (size_t k = 0; k < published->n_terms; k++)
      if (published->term[k].file == f && strcmp(published->term[k].variable, variable) == 0 &&
          strcmp(published->term[k].level, level) == 0)
        return cell_error(reader, f, i, "variable", "stands there twice");
    RESIZE_ARRAY(published->term, published->n_terms + 1);
    struct published_term *term = &published->term[published->n_terms++];
    struct published_coefficient none = {no_number(), no_number(), no_number(), no_number(),
                                         no_number()};
    *term = (struct published_term){.variable = memory_copy_text(variable),
                                    .level = memory_copy_text(level), .file = f, .per = NAN,
                                    .univariable = none, .multivariable = none};
    const char *per = cell_text(reader, f, i, "per");
    struct printed unit;
    if (*per && (!printed_parse(per, &unit) || !(unit.value > 0)))
      return cell_error(reader, f, i, "per", "is not a number above 0");
    if (*per)
      term->per = unit.value;
    for (int multi = 0; multi < 2; multi++) {
      struct published_coefficient *c = multi ? &term->multivariable : &term->univariable;
      const struct {
        const char *column;
        struct published_number *number;
      } cells[] = {{multi ? "multi_b" : "uni_b", &c->b},
                   {multi ? "multi_or" : "uni_or", &c->odds_ratio},
                   {multi ? "multi_lo" : "uni_lo", &c->low},
                   {multi ? "multi_hi" : "uni_hi", &c->high},
                   {multi ? "multi_p" : "uni_p", &c->p}};
      for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
        if (!cell_number(reader, f, i, cells[k].column, cells[k].number))
          return false;
    }
  }
  return true;
}

static bool read_performance(struct reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *model, *item, *quantity;
    if (!cell_name(reader, f, i, "model", &model) || !cell_name(reader, f, i, "item", &item) ||
        !cell_name(reader, f, i, "quantity", &quantity))
      return false;
    RESIZE_ARRAY(published->figure, published->n_figures + 1);
    struct published_figure *figure = &published->figure[published->n_figures++];
    *figure = (struct published_figure){
        .model = memory_copy_text(model), .item = memory_copy_text(item),
        .quantity = memory_copy_text(quantity), .file = f,
        .where = memory_copy_text(cell_text(reader, f, i, "where")), .value = no_number()};
    if (!cell_number(reader, f, i, "value", &figure->value))
      return false;
  }
  return true;
}

static bool read_agreement(struct reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *measure;
    if (!cell_name(reader, f, i, "measure", &measure))
      return false;
    RESIZE_ARRAY(published->agreement, published->n_agreements + 1);
    struct published_agreement *agreement = &published->agreement[published->n_agreements++];
    *agreement = (struct published_agreement){memory_copy_text(measure), f, no_number()};
    if (!cell_number(reader, f, i, "icc", &agreement->icc))
      return false;
  }
  return true;
}

// ---- which groups a model compares ----

static struct published_model *add_model(struct published *published, const char *name,
                                         const char *table)
{
  RESIZE_ARRAY(published->model, published->n_models + 1);
  struct published_model *model = &published->model[published->n_models++];
  *model = (struct published_model){.name = name && *name ? memory_copy_text(name) : NULL,
                                    .table = table && *table ? memory_copy_text(table) : NULL,
                                    .event = NEW_ZEROED(bool, published->n_groups),
                                    .comparison = NEW_ZEROED(bool, published->n_groups)};
  return model;
}

static bool read_side(struct reader *reader, size_t f, size_t i, const char *column, bool *side)
{
  struct published *published = reader->published;
  struct text_list names = {0};
  text_list_split(&names, cell_text(reader, f, i, column), '|');
  bool good = true;
  for (size_t k = 0; k < names.n_items && good; k++) {
    size_t g = published_find_group(published, names.item[k]);
    if (g == SIZE_MAX)
      good = cell_error(reader, f, i, column, "names a group that no table has");
    else
      side[g] = true;
  }
  text_list_free(&names);
  return good;
}

static bool read_models(struct reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *name = cell_text(reader, f, i, "model"), *table = cell_text(reader, f, i, "table");
    bool found = !*table;
    for (size_t k = 0; k < published->n_files && !found; k++)
      found = published->file[k].form == PUBLISHED_LOGISTIC &&
              strcmp(published->file[k].name, table) == 0;
    if (*table && published_model_of_table(published, table))
      return cell_error(reader, f, i, "table", "stands there twice");
    if (*name && published_model_named(published, name))
      return cell_error(reader, f, i, "model", "stands there twice");
    struct published_model *model = add_model(published, name, found ? table : NULL);
    model->stated = model->known = true;
    if (!read_side(reader, f, i, "event", model->event) ||
        !read_side(reader, f, i, "comparison", model->comparison))
      return false;
    for (size_t g = 0; g < published->n_groups; g++)
      if (model->event[g] && model->comparison[g])
        return cell_error(reader, f, i, "comparison", "has a group of the event");
  }
  return true;
}

// The rule of the header for the k-th model.
static void compare_by_rule(const struct published *published, size_t k,
                            struct published_model *model)
{
  size_t n = published->n_groups;
  if (n == 2)
    k = 0;
  model->known = n >= 2 && k + 1 < n;
  if (!model->known)
    return;
  size_t event = n - 1 - k;
  model->event[event] = true;
  for (size_t g = 0; g < event; g++)
    model->comparison[g] = true;
}

static void complete_models(struct published *published)
{
  bool stated = published->n_models > 0;
  size_t n_tables = 0, n_named = 0, first = published->n_models;
  for (size_t f = 0; f < published->n_files; f++)
    if (published->file[f].form == PUBLISHED_LOGISTIC &&
        !published_model_of_table(published, published->file[f].name)) {
      struct published_model *model = add_model(published, NULL, published->file[f].name);
      if (!stated)
        compare_by_rule(published, n_tables, model);
      n_tables++;
    }
  for (size_t i = 0; i < published->n_figures; i++) {
    const char *name = published->figure[i].model;
    if (published_model_named(published, name))
      continue;
    if (!stated && n_named < n_tables) {
      published->model[first + n_named].name = memory_copy_text(name);
    } else {
      struct published_model *model = add_model(published, name, NULL);
      if (!stated)
        compare_by_rule(published, n_named, model);
    }
    n_named++;
  }
}

// ---- reading ----

static bool interpret(struct reader *reader)
{
  struct published *published = reader->published;
  if (!find_groups(reader))
    return false;
  for (size_t f = 0; f < published->n_files; f++) {
    bool good = true;
    switch (published->file[f].form) {
    case PUBLISHED_COHORT:
      good = read_cohort(reader, f);
      break;
    case PUBLISHED_COUNTS:
      good = read_counts(reader, f);
      break;
    case PUBLISHED_COUNT_TESTS:
      good = read_tests(reader, f, true);
      break;
    case PUBLISHED_MEASURES:
      good = read_measures(reader, f);
      break;
    case PUBLISHED_MEASURE_TESTS:
      good = read_tests(reader, f, false);
      break;
    case PUBLISHED_LOGISTIC:
      good = read_logistic(reader, f);
      break;
    case PUBLISHED_PERFORMANCE:
      good = read_performance(reader, f);
      break;
    case PUBLISHED_AGREEMENT:
      good = read_agreement(reader, f);
      break;
    case PUBLISHED_MODELS:
      good = read_models(reader, f);
      break;
    case PUBLISHED_PLAUSIBLE:
      break;
    }
    if (!good)
      return false;
  }
  complete_models(published);
  return true;
}

bool published_read(struct published *published, const char *const *paths, size_t n_paths,
                    struct error *error)
{
  *published = (struct published){0};
  struct reader reader = {.published = published, .error = error};
  struct digest digest;
  digest_begin(&digest);
  bool good = n_paths > 0 || error_set(error, ERROR_USAGE, "there is nothing to read");
  for (size_t i = 0; i < n_paths && good; i++) {
    struct stat status;
    char *found = file_find(paths[i]);
    if (stat(found, &status) == 0 && S_ISDIR(status.st_mode))
      good = add_folder(&reader, found, &digest);
    else
      good = add_file(&reader, paths[i], &digest);
    free(found);
  }
  digest_end(&digest, published->digest);
  good = good && interpret(&reader);
  for (size_t i = 0; i < published->n_files; i++)
    free_raw(&reader.raw[i]);
  free(reader.raw);
  if (!good)
    published_free(published);
  return good;
}

static void free_tests(struct published_tests *tests, size_t n, size_t n_pairs)
{
  for (size_t i = 0; i < n; i++) {
    free(tests[i].name);
    free(tests[i].test);
    free_number(&tests[i].statistic);
    free_number(&tests[i].p_overall);
    free_number(&tests[i].text_p_overall);
    for (size_t k = 0; k < n_pairs; k++) {
      free_number(&tests[i].p_pair[k]);
      free_number(&tests[i].text_p_pair[k]);
    }
    free(tests[i].p_pair);
    free(tests[i].text_p_pair);
  }
  free(tests);
}

static void free_coefficient(struct published_coefficient *coefficient)
{
  free_number(&coefficient->b);
  free_number(&coefficient->odds_ratio);
  free_number(&coefficient->low);
  free_number(&coefficient->high);
  free_number(&coefficient->p);
}

void published_free(struct published *published)
{
  for (size_t i = 0; i < published->n_cohort; i++) {
    struct published_cohort_row *row = &published->cohort[i];
    for (size_t k = 0; k < row->n_statistics; k++) {
      free(row->statistic[k].name);
      free_number(&row->statistic[k].mean);
      free_number(&row->statistic[k].sd);
    }
    free(row->statistic);
    free(row->group);
    free(row->note);
    free_number(&row->n);
    free_number(&row->percent);
  }
  for (size_t i = 0; i < published->n_features; i++) {
    struct published_feature *feature = &published->feature[i];
    for (size_t l = 0; l < feature->n_levels; l++)
      free(feature->level[l]);
    for (size_t k = 0; k < feature->n_levels * published->n_groups; k++)
      free_number(&feature->count[k]);
    free(feature->level);
    free(feature->count);
    free(feature->name);
  }
  for (size_t i = 0; i < published->n_measures; i++) {
    struct published_measure *measure = &published->measure[i];
    for (size_t g = 0; g < published->n_groups; g++) {
      free_number(&measure->group[g].n);
      free_number(&measure->group[g].centre);
      free_number(&measure->group[g].sd);
      free_number(&measure->group[g].spread_low);
      free_number(&measure->group[g].spread_high);
    }
    free(measure->group);
    free(measure->name);
    free(measure->unit);
  }
  free_tests(published->count_tests, published->n_count_tests, published->n_pairs);
  free_tests(published->measure_tests, published->n_measure_tests, published->n_pairs);
  for (size_t i = 0; i < published->n_terms; i++) {
    free(published->term[i].variable);
    free(published->term[i].level);
    free_coefficient(&published->term[i].univariable);
    free_coefficient(&published->term[i].multivariable);
  }
  for (size_t i = 0; i < published->n_models; i++) {
    free(published->model[i].name);
    free(published->model[i].table);
    free(published->model[i].event);
    free(published->model[i].comparison);
  }
  for (size_t i = 0; i < published->n_figures; i++) {
    free(published->figure[i].model);
    free(published->figure[i].item);
    free(published->figure[i].quantity);
    free(published->figure[i].where);
    free_number(&published->figure[i].value);
  }
  for (size_t i = 0; i < published->n_agreements; i++) {
    free(published->agreement[i].measure);
    free_number(&published->agreement[i].icc);
  }
  for (size_t i = 0; i < published->n_files; i++) {
    free(published->file[i].path);
    free(published->file[i].name);
  }
  for (size_t i = 0; i < published->n_groups; i++)
    free(published->group[i]);
  free(published->cohort);
  free(published->feature);
  free(published->measure);
  free(published->term);
  free(published->model);
  free(published->figure);
  free(published->agreement);
  free(published->file);
  free(published->group);
  *published = (struct published){0};
}

// ---- finding ----

bool published_is_printed(const struct published_number *number)
{
  return number->text != NULL;
}

size_t published_find_group(const struct published *published, const char *name)
{
  for (size_t i = 0; i < published->n_groups; i++)
    if (strcmp(published->group[i], name) == 0)
      return i;
  return SIZE_MAX;
}

bool published_row_groups(const struct published *published,
                          const struct published_cohort_row *row, bool *member)
{
  memset(member, 0, published->n_groups * sizeof *member);
  size_t g = published_find_group(published, row->group);
  if (g != SIZE_MAX) {
    member[g] = true;
    return true;
  }
  if (strcmp(row->group, "included") == 0) {
    for (g = 0; g < published->n_groups; g++)
      member[g] = true;
    return published->n_groups > 0;
  }
  size_t n = 0;
  for (const char *at = row->note; *at;) {
    size_t length = strcspn(at, " \t(,;");
    char *word = memory_copy_bytes(at, length);
    g = published_find_group(published, word);
    free(word);
    if (g == SIZE_MAX)
      break;
    member[g] = true;
    n++;
    at += length;
    if (!text_starts(at, " + "))
      break;
    at += 3;
  }
  return n >= 2;
}

const struct published_feature *published_find_feature(const struct published *published,
                                                       const char *name)
{
  for (size_t i = 0; i < published->n_features; i++)
    if (strcmp(published->feature[i].name, name) == 0)
      return &published->feature[i];
  return NULL;
}

const struct published_measure *published_find_measure(const struct published *published,
                                                       const char *name)
{
  for (size_t i = 0; i < published->n_measures; i++)
    if (strcmp(published->measure[i].name, name) == 0)
      return &published->measure[i];
  return NULL;
}

const struct published_model *published_model_of_table(const struct published *published,
                                                       const char *table)
{
  for (size_t i = 0; i < published->n_models; i++)
    if (published->model[i].table && strcmp(published->model[i].table, table) == 0)
      return &published->model[i];
  return NULL;
}

const struct published_model *published_model_named(const struct published *published,
                                                    const char *name)
{
  for (size_t i = 0; i < published->n_models; i++)
    if (published->model[i].name && strcmp(published->model[i].name, name) == 0)
      return &published->model[i];
  return NULL;
}

size_t published_find_level(const struct published_feature *feature, const char *name)
{
  static const char *const roman[] = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"};
  for (size_t i = 0; i < feature->n_levels; i++)
    if (strcmp(feature->level[i], name) == 0)
      return i;
  for (size_t i = 0; i < feature->n_levels; i++) {
    char *arabic = text_format("%zu", i + 1);
    bool same = strcmp(arabic, name) == 0 ||
                (i < sizeof roman / sizeof *roman && strcmp(roman[i], name) == 0);
    free(arabic);
    if (same)
      return i;
  }
  return SIZE_MAX;
}

bool published_contrast(const struct published_feature *feature, const char *text, size_t *level,
                        size_t *reference)
{
  for (const char *at = text; (at = strstr(at, "_vs_")) != NULL; at++) {
    char *name = memory_copy_bytes(text, (size_t) (at - text));
    *level = published_find_level(feature, name);
    *reference = published_find_level(feature, at + 4);
    free(name);
    if (*level != SIZE_MAX && *reference != SIZE_MAX && *level != *reference)
      return true;
  }
  return false;
}

size_t published_pair(const struct published *published, size_t i, size_t j)
{
  return i * (2 * published->n_groups - i - 1) / 2 + j - i - 1;
}
