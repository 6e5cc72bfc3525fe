// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as printed tables, a form feed between one file and the next: an error with a
// message, or tables whose numbers are the cells of the files, each cell once; files written in
// other ways (delimiter, line ends, quotes, order of columns) and read as a folder give the
// same; so with the assumptions of the form `plausible`.  Built by clang
// -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "data/published.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"
#include "data/plausible.h"
#include "scratch.h"
#include "twin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FILES = 6 };

static void demand(bool condition)
{
  if (!condition)
    abort();
}

// ---- what was read, as text ----

struct dump {
  const struct published *published;
  struct text out;
  bool *seen; // by index
  bool any_order; // of columns
};

static void dump_number(struct dump *dump, const struct published_number *number)
{
  char value[NUMBER_SIZE];
  if (!published_is_printed(number)) {
    demand(isnan(number->printed.value) && isnan(number->printed.range.low));
    text_append(&dump->out, " -");
    return;
  }
  demand(number->index < dump->published->n_numbers && !dump->seen[number->index]);
  dump->seen[number->index] = true;
  demand(*number->text && number->file < dump->published->n_files);
  demand(interval_holds(number->printed.range, number->printed.value));
  text_append_format(&dump->out, " %zu.%s<%s=%s", number->file, number->column, number->text,
                     number_write(value, number->printed.value));
  if (!dump->any_order)
    text_append_format(&dump->out, "#%zu", number->index);
}

static int by_statistic(const void *a, const void *b)
{
  const struct published_statistic *x = a, *y = b;
  return strcmp(x->name, y->name);
}

static void dump_cohort(struct dump *dump, const struct published_cohort_row *row)
{
  text_append_format(&dump->out, "\ncohort %zu <%s> <%s>", row->file, row->group, row->note);
  dump_number(dump, &row->n);
  dump_number(dump, &row->percent);
  if (dump->any_order && row->n_statistics)
    qsort(row->statistic, row->n_statistics, sizeof *row->statistic, by_statistic);
  for (size_t i = 0; i < row->n_statistics; i++) {
    text_append_format(&dump->out, " <%s>", row->statistic[i].name);
    dump_number(dump, &row->statistic[i].mean);
    dump_number(dump, &row->statistic[i].sd);
  }
}

static void dump_feature(struct dump *dump, const struct published_feature *feature)
{
  const struct published *published = dump->published;
  demand(published_find_feature(published, feature->name) == feature);
  text_append_format(&dump->out, "\nfeature %zu <%s>", feature->file, feature->name);
  for (size_t i = 0; i < feature->n_levels; i++) {
    demand(published_find_level(feature, feature->level[i]) == i);
    text_append_format(&dump->out, " <%s>", feature->level[i]);
    for (size_t g = 0; g < published->n_groups; g++)
      dump_number(dump, &feature->count[i * published->n_groups + g]);
  }
}

static void dump_measure(struct dump *dump, const struct published_measure *measure)
{
  const struct published *published = dump->published;
  demand(published_find_measure(published, measure->name) == measure);
  text_append_format(&dump->out, "\nmeasure %zu <%s> <%s> %d", measure->file, measure->name,
                     measure->unit ? measure->unit : "", measure->whole);
  for (size_t g = 0; g < published->n_groups; g++) {
    const struct published_measure_group *group = &measure->group[g];
    text_append_format(&dump->out, " %d %u", group->is_there, group->kind);
    dump_number(dump, &group->n);
    dump_number(dump, &group->centre);
    dump_number(dump, &group->sd);
    dump_number(dump, &group->spread_low);
    dump_number(dump, &group->spread_high);
  }
}

static void dump_tests(struct dump *dump, const struct published_tests *tests)
{
  text_append_format(&dump->out, "\ntests %zu <%s> <%s>", tests->file, tests->name, tests->test);
  dump_number(dump, &tests->statistic);
  dump_number(dump, &tests->p_overall);
  dump_number(dump, &tests->text_p_overall);
  for (size_t k = 0; k < dump->published->n_pairs; k++) {
    dump_number(dump, &tests->p_pair[k]);
    dump_number(dump, &tests->text_p_pair[k]);
  }
}

static void dump_coefficient(struct dump *dump, const struct published_coefficient *coefficient)
{
  dump_number(dump, &coefficient->b);
  dump_number(dump, &coefficient->odds_ratio);
  dump_number(dump, &coefficient->low);
  dump_number(dump, &coefficient->high);
  dump_number(dump, &coefficient->p);
}

static void dump_term(struct dump *dump, const struct published_term *term)
{
  char per[NUMBER_SIZE];
  demand(isnan(term->per) || term->per > 0);
  text_append_format(&dump->out, "\nterm %zu <%s> <%s> %s", term->file, term->variable,
                     term->level, number_write(per, term->per));
  dump_coefficient(dump, &term->univariable);
  dump_coefficient(dump, &term->multivariable);
}

static void dump_model(struct dump *dump, const struct published_model *model)
{
  text_append_format(&dump->out, "\nmodel <%s> <%s> %d %d", model->name ? model->name : "",
                     model->table ? model->table : "", model->stated, model->known);
  for (size_t g = 0; g < dump->published->n_groups; g++) {
    demand(!model->event[g] || !model->comparison[g]);
    text_append_format(&dump->out, " %d%d", model->event[g], model->comparison[g]);
  }
}

static void dump_groups(struct dump *dump)
{
  const struct published *published = dump->published;
  size_t n = published->n_groups;
  demand(published->n_pairs == (n < 2 ? 0 : n * (n - 1) / 2));
  for (size_t i = 0, pair = 0; i < n; i++) {
    demand(published_find_group(published, published->group[i]) == i);
    text_append_format(&dump->out, " <%s>", published->group[i]);
    for (size_t j = i + 1; j < n; j++)
      demand(published_pair(published, i, j) == pair++);
  }
}

// All that was read but for paths and lines; every number is one of those counted.
static char *dump_all(const struct published *published, bool any_order)
{
  struct dump dump = {.published = published, .any_order = any_order,
                      .seen = NEW_ZEROED(bool, published->n_numbers)};
  dump_groups(&dump);
  for (size_t i = 0; i < published->n_files; i++)
    text_append_format(&dump.out, "\nfile <%s> %u %zu", published->file[i].name,
                       published->file[i].form, published->file[i].n_records);
  for (size_t i = 0; i < published->n_cohort; i++)
    dump_cohort(&dump, &published->cohort[i]);
  for (size_t i = 0; i < published->n_features; i++)
    dump_feature(&dump, &published->feature[i]);
  for (size_t i = 0; i < published->n_measures; i++)
    dump_measure(&dump, &published->measure[i]);
  for (size_t i = 0; i < published->n_count_tests; i++)
    dump_tests(&dump, &published->count_tests[i]);
  for (size_t i = 0; i < published->n_measure_tests; i++)
    dump_tests(&dump, &published->measure_tests[i]);
  for (size_t i = 0; i < published->n_terms; i++)
    dump_term(&dump, &published->term[i]);
  for (size_t i = 0; i < published->n_models; i++)
    dump_model(&dump, &published->model[i]);
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *figure = &published->figure[i];
    text_append_format(&dump.out, "\nfigure %zu <%s> <%s> <%s> <%s>", figure->file, figure->model,
                       figure->item, figure->quantity, figure->where);
    dump_number(&dump, &figure->value);
  }
  for (size_t i = 0; i < published->n_agreements; i++) {
    text_append_format(&dump.out, "\nagreement %zu <%s>", published->agreement[i].file,
                       published->agreement[i].measure);
    dump_number(&dump, &published->agreement[i].icc);
  }
  for (size_t i = 0; i < published->n_numbers; i++)
    demand(dump.seen[i]);
  free(dump.seen);
  return text_take(&dump.out);
}

// ---- the cells themselves ----

static bool is_cell(const struct csv_cell *cell, const char *text)
{
  char *copy = memory_copy_bytes(cell->bytes, cell->length);
  size_t begin = strspn(copy, " \t"), n = strlen(copy);
  while (n > begin && (copy[n - 1] == ' ' || copy[n - 1] == '\t'))
    n--;
  bool same = strlen(text) == n - begin && strncmp(copy + begin, text, n - begin) == 0;
  free(copy);
  return same;
}

// Whether the record that begins on the number's line has its text below its column.
static bool stands_there(const char *bytes, size_t length, const struct published_number *number)
{
  struct csv_reader *reader = csv_open(bytes, length, "", '\0', NULL);
  struct csv_cell *cell;
  size_t n_cells, column = SIZE_MAX;
  bool found = false;
  while (csv_next(reader, &cell, &n_cells, NULL) == CSV_RECORD && !found) {
    for (size_t j = 0; j < n_cells && column == SIZE_MAX; j++)
      if (is_cell(&cell[j], number->column))
        column = j;
    found = column < n_cells && csv_line(reader) == number->line &&
            is_cell(&cell[column], number->text);
  }
  csv_close(reader);
  return found;
}

// Of the tables that have most of the numbers.
static void check_places(const struct published *published, const struct text *file)
{
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_number *value = &published->figure[i].value;
    demand(!published_is_printed(value) ||
           stands_there(text_content(&file[value->file]), file[value->file].length, value));
  }
  for (size_t i = 0; i < published->n_features; i++)
    for (size_t k = 0; k < published->feature[i].n_levels * published->n_groups; k++) {
      const struct published_number *count = &published->feature[i].count[k];
      demand(!published_is_printed(count) ||
             stands_there(text_content(&file[count->file]), file[count->file].length, count));
    }
}

// ---- the form of assumptions, which has a reader of its own ----

static void dump_item(const struct plausible *plausible, const struct plausible_item *item,
                      struct text *out)
{
  char least[NUMBER_SIZE], most[NUMBER_SIZE], correlation[NUMBER_SIZE];
  demand(*item->name && item->least <= item->most);
  text_append_format(out, "\nitem <%s> %u <%s> <%s> %s %s %d %d", item->name, item->kind,
                     item->label ? item->label : "", item->unit ? item->unit : "",
                     number_write(least, item->least), number_write(most, item->most),
                     item->decimals, item->digits);
  for (size_t i = 0; i < item->labels.n_items; i++)
    text_append_format(out, " <%s>", item->labels.item[i]);
  for (size_t i = 0; i < item->n_pairs; i++) {
    const struct plausible_pair *pair = &item->pair[i];
    demand(pair->correlation >= -1 && pair->correlation <= 1);
    demand(plausible_correlation(plausible, item->name, pair->name) == pair->correlation);
    demand(plausible_correlation(plausible, pair->name, item->name) == pair->correlation);
    text_append_format(out, " %s=%s", pair->name, number_write(correlation, pair->correlation));
  }
  if (!item->formula)
    return;
  demand(strcmp(derivation_name(item->formula), item->name) == 0);
  derivation_print(item->formula, out);
}

static void append_plausible(const struct published *published, const char *path, bool any_order,
                             struct text *out)
{
  struct plausible plausible;
  struct error error = {0};
  if (plausible_read(&plausible, path, published, &error)) {
    for (size_t i = 0; i < plausible.n_items; i++)
      dump_item(&plausible, &plausible.item[i], out);
    plausible_free(&plausible);
    return;
  }
  demand(text_starts(error.message, path));
  demand(text_is_utf8(error.message, strlen(error.message), NULL));
  char *message = twin_message(error.message + strlen(path));
  text_append_format(out, "\nrefused%s", any_order ? "" : message);
  free(message);
}

// ---- reading ----

// What files are read as, or the message.
static char *read_files(const struct text *file, size_t n_files, bool whole_folder, bool any_order,
                        bool check, bool *good)
{
  struct published published = {0};
  struct error error = {0};
  struct scratch scratch;
  scratch_open(&scratch);
  for (size_t i = 0; i < n_files; i++) {
    char name[] = "0.csv";
    name[0] = (char) ('0' + i);
    scratch_write(&scratch, name, text_content(&file[i]), file[i].length);
  }
  const char *folder = scratch.folder, *const *paths = (const char *const *) scratch.path.item;
  *good = whole_folder ? published_read(&published, &folder, 1, &error)
                       : published_read(&published, paths, n_files, &error);
  char *result;
  if (*good) {
    demand(published.n_files == n_files);
    if (check)
      check_places(&published, file);
    result = dump_all(&published, any_order);
    struct text plausible = {0};
    for (size_t i = 0; i < n_files; i++)
      if (published.file[i].form == PUBLISHED_PLAUSIBLE)
        append_plausible(&published, published.file[i].path, any_order, &plausible);
    char *both = text_format("%s%s", result, text_content(&plausible));
    free(result);
    result = both;
    text_free(&plausible);
    published_free(&published);
  } else {
    demand(error.status == ERROR_DATA && text_starts(error.message, folder));
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
    demand(published.n_files == 0 && !published.file);
    result = twin_message(error.message + strlen(folder));
  }
  scratch_close(&scratch);
  return result;
}

static void compare_twins(const struct text *file, size_t n_files, const struct twin_way *way,
                          bool good, const char *expected)
{
  struct text twin[MOST_FILES] = {{0}};
  bool all = true, twin_good;
  for (size_t i = 0; i < n_files && all; i++)
    all = twin_write(text_content(&file[i]), file[i].length, way, &twin[i]);
  if (all) {
    char *result = read_files(twin, n_files, true, way->backwards, false, &twin_good);
    demand(twin_good == good);
    if (good || !way->backwards)
      demand(strcmp(result, expected) == 0);
    free(result);
  }
  for (size_t i = 0; i < n_files; i++)
    text_free(&twin[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct twin_way ways[] = {
      {.quoted = true, .delimiter = ','},
      {.mark = true, .returns = true, .delimiter = ';'},
      {.backwards = true, .delimiter = '\t'},
  };
  struct text file[MOST_FILES] = {{0}};
  size_t n_files = 1;
  for (size_t i = 0; i < size; i++)
    if (data[i] == '\f' && n_files < MOST_FILES)
      n_files++;
    else
      text_append_character(&file[n_files - 1], (char) data[i]);
  bool good, again_good;
  char *first = read_files(file, n_files, false, false, true, &good);
  char *again = read_files(file, n_files, true, true, false, &again_good);
  demand(again_good == good);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    compare_twins(file, n_files, &ways[i], good, ways[i].backwards ? again : first);
  for (size_t i = 0; i < n_files; i++)
    text_free(&file[i]);
  free(first);
  free(again);
  return 0;
}
