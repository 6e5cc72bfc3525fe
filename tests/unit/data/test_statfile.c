// SPDX-License-Identifier: GPL-3.0-or-later
// Files of SPSS, Stata and SAS against their CSV twins (tests/data/statfile; written by R's
// haven and foreign, PSPP and pandas, see tests/reference/generate/statfile/), what is made
// of labels, writing and reading back, and files that are damaged.
#include <config.h>

#include "data/statfile.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/table.h"
#include "tap.h"

static struct error error;

static const char *data_path(const char *name)
{
  static char path[4][1024];
  static int at;
  const char *folder = getenv("srcdir");
  at = (at + 1) % 4;
  snprintf(path[at], sizeof path[at], "%s/tests/data/statfile/%s", folder ? folder : ".", name);
  return path[at];
}

// --- Files against their twin

static bool load_column(struct table *table, const char *name, enum column_use use)
{
  size_t column;
  return table_find(table, name, &column, &error) &&
         table_load(table, &(struct column_request){column, use}, 1, &error);
}

static const struct column *find(const struct table *table, const char *name)
{
  for (size_t i = 0; i < table->n_columns; i++)
    if (strcmp(table->column[i].name, name) == 0)
      return &table->column[i];
  return NULL;
}

// What differs, or NULL.
static const char *compare_columns(const struct column *got, const struct column *expected,
                                   size_t n_rows, double tolerance)
{
  if (got->type != expected->type)
    return "type";
  if (got->n_levels != expected->n_levels)
    return "number of levels";
  for (size_t i = 0; i < got->n_levels; i++)
    if (strcmp(got->level[i], expected->level[i]) != 0)
      return "a level";
  if (got->n_missing != expected->n_missing)
    return "number of missing";
  for (size_t i = 0; i < n_rows; i++) {
    double x = got->value[i], y = expected->value[i];
    if (isnan(x) != isnan(y) || fabs(x - y) > tolerance * fabs(y))
      return "a value";
  }
  return NULL;
}

// HER2_LABELLED: the column her2 against the twin with labels, the others against the codes.
enum twin_kind { LABELLED, CODES, HER2_LABELLED };

// Every column of the file against the column of that name in the twin.
static void is_twin(const char *name, const char *catalog, enum twin_kind kind, size_t n_columns,
                    double tolerance)
{
  struct table file, labelled, codes;
  struct table_options options = {.catalog = catalog ? data_path(catalog) : NULL};
  struct table_options with_book = {.codebook = data_path("cohort.codebook.csv")};
  if (!ok(table_open(&file, data_path(name), &options, &error), "%s: opens", name)) {
    printf("#   %s\n", error.message);
    return;
  }
  if (!table_open(&labelled, data_path("cohort.csv"), &with_book, &error) ||
      !table_open(&codes, data_path("codes.csv"), &(struct table_options){0}, &error))
    exit(99);
  is_integer((long long) file.n_columns, (long long) n_columns, "number of columns");
  for (size_t i = 0; i < file.n_columns; i++) {
    char column[64]; // a portable file has its names in capitals
    snprintf(column, sizeof column, "%s", file.column[i].name);
    for (char *p = column; *p; p++)
      *p = (char) tolower((unsigned char) *p);
    bool has_labels = kind == LABELLED || (kind == HER2_LABELLED && strcmp(column, "her2") == 0);
    struct table *twin = has_labels ? &labelled : &codes;
    bool loaded = load_column(&file, file.column[i].name, USE_AUTOMATIC) &&
                  load_column(twin, column, USE_AUTOMATIC);
    if (!ok(loaded, "%s: %s loads", name, column)) {
      printf("#   %s\n", error.message);
      continue;
    }
    const char *different =
        compare_columns(&file.column[i], find(twin, column), twin->n_rows, tolerance);
    ok(file.n_rows == 48 && !different, "%s: %s is as in the twin%s%s", name, column,
       different ? ", but: " : "", different ? different : "");
    if (has_labels && file.column[i].label && strncmp(name, "foreign", 7) != 0 &&
        strcmp(name, "pandas_114.dta") != 0 && strcmp(name, "pandas_117.dta") != 0)
      is_text(file.column[i].label, find(twin, column)->label, "its label");
  }
  if (find(&file, "visit"))
    ok(find(&file, "visit")->variable_type == VARIABLE_DATE, "%s: a date is one", name);
  table_free(&file);
  table_free(&labelled);
  table_free(&codes);
}

static void test_twins(void)
{
  static const char *const complete[] = {"haven.sav", "haven.zsav",     "haven_plain.sav",
                                         "pspp.sav",  "pspp.zsav",      "pspp_plain.sav",
                                         "haven.dta", "pandas_118.dta", "pandas_119.dta"};
  for (size_t i = 0; i < sizeof complete / sizeof *complete; i++)
    is_twin(complete[i], NULL, LABELLED, 13, 0);
  // A portable file has its numbers in base 30, of which PSPP writes as many digits as fit.
  is_twin("pspp.por", NULL, LABELLED, 13, 1e-14);
  is_twin("pandas_114.dta", NULL, LABELLED, 11, 0);
  is_twin("pandas_117.dta", NULL, LABELLED, 11, 0);
  static const char *const old[] = {"foreign_7.dta", "foreign_8.dta", "foreign_10.dta"};
  for (size_t i = 0; i < sizeof old / sizeof *old; i++)
    is_twin(old[i], NULL, LABELLED, 7, 0);
  is_twin("haven_5.xpt", NULL, CODES, 10, 0);
  is_twin("haven_8.xpt", NULL, CODES, 10, 0);
  is_twin("haven.sas7bdat", NULL, CODES, 10, 0);
  is_twin("haven.sas7bdat", "formats.sas7bcat", HER2_LABELLED, 10, 0);
  is_twin("haven_8.xpt", "formats.sas7bcat", HER2_LABELLED, 10, 0);
}

// --- What is made of labels

static void take(const char *bytes, size_t n, void *text)
{
  text_append_bytes(text, bytes, n);
}

static struct text_list notes;

// The file as bytes.
static struct text write_file(const struct statfile *file, enum statfile_kind kind)
{
  struct text bytes = {0};
  text_list_free(&notes);
  if (!statfile_write(file, kind, take, &bytes, &notes, &error))
    text_free(&bytes);
  return bytes;
}

static void set_numbers(struct statfile_column *column, const double *value, size_t n)
{
  for (size_t i = 0; i < n; i++)
    column->value[i] = isnan(value[i]) ? column->value[i] : value[i];
}

static void add_range(struct statfile_column *column, double least, double most)
{
  RESIZE_ARRAY(column->missing, column->n_missing + 1);
  column->missing[column->n_missing++] = (struct statfile_range){least, most, NULL};
}

// "a|b: 0 1 NA" or "1 2.5 NA".
static const char *describe(const struct table *table, const char *name)
{
  static char said[1000];
  const struct column *column = find(table, name);
  size_t n = 0;
  for (size_t i = 0; i < column->n_levels; i++)
    n += (size_t) snprintf(said + n, sizeof said - n, "%s%s", i ? "|" : "", column->level[i]);
  if (column->type == COLUMN_CATEGORICAL)
    n += (size_t) snprintf(said + n, sizeof said - n, ":");
  for (size_t i = 0; i < table->n_rows; i++) {
    char number[NUMBER_SIZE];
    number_write(number, column->value[i]);
    n +=
        (size_t) snprintf(said + n, sizeof said - n, "%s%s", n ? " " : "", *number ? number : "NA");
  }
  return said;
}

static void becomes(const struct text *bytes, const struct table_options *options,
                    const char *column, enum column_use use, const char *expected)
{
  struct table table;
  bool good = table_open_content(&table, "f", text_content(bytes), bytes->length, options, &error);
  bool loaded = good && load_column(&table, column, use);
  is_text(loaded ? describe(&table, column) : error.message, expected, column);
  if (good)
    table_free(&table);
}

static void write_book(const char *text)
{
  if (!file_write("test_statfile_book.csv", text, strlen(text), &error))
    exit(99);
}

static struct text make_cohort(void)
{
  enum { N = 6 };
  struct statfile file = {.n_rows = N};
  struct statfile_column *column = statfile_add_column(&file, "her2", "HER2", STATFILE_NUMBER);
  set_numbers(column, (double[]){2, 0, 9, 1, NAN, 2}, N);
  statfile_add_label(column, 0, "zero");
  statfile_add_label(column, 1, "low");
  statfile_add_label(column, 2, "over");
  statfile_add_label(column, 3, "never");
  statfile_add_label(column, 9, "unknown");
  add_range(column, 8, 9);
  column->ordinal = true;
  column = statfile_add_column(&file, "pain", NULL, STATFILE_NUMBER);
  set_numbers(column, (double[]){0, 3, 10, 99, 4, 3}, N);
  statfile_add_label(column, 0, "none");
  statfile_add_label(column, 10, "worst");
  statfile_add_label(column, 99, "not asked");
  column = statfile_add_column(&file, "twice", NULL, STATFILE_NUMBER);
  set_numbers(column, (double[]){3, 1, 2, 4, 1, 3}, N);
  statfile_add_label(column, 1, "yes");
  statfile_add_label(column, 2, "no");
  statfile_add_label(column, 3, "yes");
  statfile_add_label(column, 4, "NA");
  column = statfile_add_column(&file, "age", NULL, STATFILE_NUMBER);
  set_numbers(column, (double[]){50.25, 61, NAN, 999, -1, 0}, N);
  column = statfile_add_column(&file, "visit", NULL, STATFILE_DATE);
  set_numbers(column, (double[]){18321, -1, NAN, 0, 18321, 30}, N);
  column = statfile_add_column(&file, "code", NULL, STATFILE_TEXT);
  static const char *const codes[N] = {"10", "9", "", "10", "007", "9"};
  for (size_t i = 0; i < N; i++)
    statfile_set_text(column, i, codes[i], strlen(codes[i]));
  column = statfile_add_column(&file, "word", NULL, STATFILE_TEXT);
  static const char *const words[N] = {"m", "f", "x", "f", "NA", "m"};
  for (size_t i = 0; i < N; i++)
    statfile_set_text(column, i, words[i], strlen(words[i]));
  column->value_label = NEW_ZEROED(struct statfile_label, 2);
  column->n_value_labels = 2;
  column->value_label[0] =
      (struct statfile_label){NAN, memory_copy_text("f"), memory_copy_text("woman")};
  column->value_label[1] =
      (struct statfile_label){NAN, memory_copy_text("m"), memory_copy_text("man")};
  struct text bytes = write_file(&file, STATFILE_SAV);
  statfile_free(&file);
  return bytes;
}

static void test_labels(void)
{
  struct text bytes = make_cohort();
  struct table_options plain = {0};
  becomes(&bytes, &plain, "her2", USE_AUTOMATIC, "zero|low|over|never: 2 0 NA 1 NA 2");
  becomes(&bytes, &plain, "her2", USE_CATEGORICAL, "zero|low|over|never: 2 0 NA 1 NA 2");
  becomes(&bytes, &plain, "her2", USE_NUMERIC, "2 0 NA 1 NA 2");
  becomes(&bytes, &plain, "pain", USE_AUTOMATIC, "0 3 10 99 4 3");
  becomes(&bytes, &plain, "pain", USE_CATEGORICAL, "none|3|4|worst|not asked: 0 1 3 4 2 1");
  becomes(&bytes, &plain, "twice", USE_AUTOMATIC, "yes|no: 0 0 1 NA 0 0");
  becomes(&bytes, &plain, "age", USE_AUTOMATIC, "50.25 61 NA 999 -1 0");
  becomes(&bytes, &plain, "visit", USE_AUTOMATIC,
          "1969-12-31|1970-01-01|1970-01-31|2020-02-29: 3 0 NA 1 3 2");
  becomes(&bytes, &plain, "visit", USE_NUMERIC,
          "f:1: column 'visit': the date 2020-02-29 is not a number");
  becomes(&bytes, &plain, "code", USE_AUTOMATIC, "007|9|10: 2 1 NA 2 0 1");
  becomes(&bytes, &plain, "code", USE_NUMERIC, "10 9 NA 10 7 9");
  becomes(&bytes, &plain, "word", USE_AUTOMATIC, "woman|man|x: 1 0 2 0 NA 1");
  becomes(&bytes, &plain, "word", USE_NUMERIC,
          "f:1: column 'word': 'm' is not a number (--na=TOKEN names what means missing)");

  struct table_options na = {0};
  text_list_split(&na.na, "999,99,over,9", ',');
  becomes(&bytes, &na, "age", USE_AUTOMATIC, "50.25 61 NA NA -1 0");
  becomes(&bytes, &na, "her2", USE_AUTOMATIC, "zero|low|never: NA 0 NA 1 NA NA");
  becomes(&bytes, &na, "pain", USE_CATEGORICAL, "none|3|4|worst: 0 1 3 NA 2 1");
  becomes(&bytes, &na, "code", USE_AUTOMATIC, "007|10: 1 NA NA 1 0 NA");
  text_list_free(&na.na);

  struct table_options book = {.codebook = "test_statfile_book.csv"};
  write_book("variable,missing\nage,999|-1\nher2,over|7\npain,99|4|3\ncode,9|007\nword,woman\n"
             "visit,1970-01-31\ntwice,4|NA|2\n");
  becomes(&bytes, &book, "age", USE_AUTOMATIC, "50.25 61 NA NA NA 0");
  becomes(&bytes, &book, "her2", USE_AUTOMATIC, "zero|low|never: NA 0 NA 1 NA NA");
  becomes(&bytes, &book, "pain", USE_AUTOMATIC, "none|worst: 0 NA 1 NA NA NA");
  becomes(&bytes, &book, "pain", USE_NUMERIC, "0 NA 10 NA NA NA");
  becomes(&bytes, &book, "code", USE_AUTOMATIC, "10: 0 NA NA 0 NA NA");
  becomes(&bytes, &book, "word", USE_AUTOMATIC, "man|x: 0 NA 1 NA NA 0");
  becomes(&bytes, &book, "visit", USE_AUTOMATIC, "1969-12-31|1970-01-01|2020-02-29: 2 0 NA 1 2 NA");
  becomes(&bytes, &book, "twice", USE_AUTOMATIC, "yes: 0 0 NA NA 0 0");
  write_book("variable,type,levels,missing\npain,categorical,0|3|4|10,99\nher2,,2|1|0,3|9\n"
             "code,numeric,,10\n");
  becomes(&bytes, &book, "pain", USE_AUTOMATIC, "0|3|4|10: 0 1 3 NA 2 1");
  becomes(&bytes, &book, "her2", USE_AUTOMATIC, "2|1|0: 0 2 NA 1 NA 0");
  becomes(&bytes, &book, "code", USE_AUTOMATIC, "NA 9 NA NA 7 9");
  write_book("variable,label,type,levels,labels\nher2,Status,,over|low|zero,O|L|Z\n"
             "pain,,categorical,,\ntwice,,numeric,,\nage,Years,,,\nvisit,,categorical,,\n");
  becomes(&bytes, &book, "her2", USE_AUTOMATIC, "over|low|zero: 0 2 NA 1 NA 0");
  becomes(&bytes, &book, "pain", USE_AUTOMATIC, "none|3|4|worst|not asked: 0 1 3 4 2 1");
  becomes(&bytes, &book, "twice", USE_AUTOMATIC, "3 1 2 4 1 3");
  write_book("variable,type,levels,labels\nher2,,2|1|0,O|L|Z\nage,categorical,,\n");
  becomes(&bytes, &book, "her2", USE_AUTOMATIC, "2|1|0: 0 2 NA 1 NA 0");
  becomes(&bytes, &book, "age", USE_AUTOMATIC, "-1|0|50.25|61|999: 2 3 NA 4 0 1");
  write_book("variable,levels\nher2,zero|over\n");
  becomes(&bytes, &book, "her2", USE_AUTOMATIC,
          "f:4: column 'her2': 'low' is none of the levels in test_statfile_book.csv (zero, over)");
  remove("test_statfile_book.csv");

  struct table table;
  ok(table_open_content(&table, "f", bytes.bytes, bytes.length, &plain, &error) &&
         table_load_all(&table, NULL, &error),
     "all columns but the date");
  ok(find(&table, "her2")->variable_type == VARIABLE_ORDINAL, "SPSS's measure makes it ordinal");
  ok(find(&table, "visit")->type == COLUMN_UNLOADED, "the date is not among them");
  is_text(find(&table, "her2")->label, "HER2", "the label");
  is_integer(find(&table, "age")->most_decimals, 2, "decimals");
  is_integer((long long) table.notes.n_items, 3, "notes");
  static const char pain[] =
      "column 'pain': 2 of its values have no label, so it is read as numbers, and so are 0 "
      "('none'), 10 ('worst'), 99 ('not asked') (--na=0,10,99 or a codebook if that means "
      "missing; factor(pain) for categories)";
  static const char *const expected[] = {
      pain, "column 'twice': the values 1 and 3 have the same label 'yes' and are one level"};
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    ok(text_list_has(&table.notes, expected[i]), "note: %s", expected[i]);
  ok(text_list_has(&table.notes,
                   "column 'code' is text in the file although its values are numbers: categories "
                   "(type numeric in a codebook makes numbers of them)"),
     "a note on texts that are numbers");
  ok(table_delimiter(&table) == '\0' && table.line[5] == 6, "no delimiter; lines are rows");
  table_free(&table);
  text_free(&bytes);
}

// --- Dates

// Day by day, as a calendar is written.
static void test_dates(void)
{
  static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year = 1582, month = 10, day = 14, n_wrong = 0;
  struct text text = {0};
  for (int i = -141428; i < 60000; i++) {
    char expected[64];
    snprintf(expected, sizeof expected, "%04d-%02d-%02d", year, month, day);
    text_clear(&text);
    statfile_append_date(&text, STATFILE_DATE, i);
    n_wrong += strcmp(text.bytes, expected) != 0;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (++day > length[month - 1] + (month == 2 && leap)) {
      day = 1;
      month = month % 12 + 1;
      year += month == 1;
    }
  }
  is_integer(n_wrong, 0, "days from 1582 to 2134");
  static const struct {
    double seconds;
    const char *expected;
  } moments[] = {{0, "1970-01-01 00:00:00"},
                 {-1, "1969-12-31 23:59:59"},
                 {1582934370.25, "2020-02-28 23:59:30.250"},
                 {1e300, "1e+300"}};
  for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
    text_clear(&text);
    statfile_append_date(&text, STATFILE_MOMENT, moments[i].seconds);
    is_text(text.bytes, moments[i].expected, "a moment");
  }
  text_free(&text);
}

// --- Writing and reading back

static bool same_number(double a, double b)
{
  return a == b || (isnan(a) && isnan(b) && statfile_tag(a) == statfile_tag(b));
}

static void comes_back(const char *name, enum statfile_kind kind)
{
  struct table table;
  struct statfile before, after;
  if (!table_open(&table, data_path(name), &(struct table_options){0}, &error) ||
      !statfile_from_table(&before, &table, &error)) {
    ok(false, "%s: %s", name, error.message);
    return;
  }
  struct text bytes = write_file(&before, kind), again = write_file(&before, kind);
  ok(bytes.length && bytes.length == again.length &&
         memcmp(bytes.bytes, again.bytes, bytes.length) == 0,
     "%s as %s: the same bytes each time", name, statfile_kind_name(kind));
  struct statfile_input input = {.name = "written", .content = bytes.bytes, .length = bytes.length};
  bool *wanted = NEW_ARRAY(bool, before.n_columns);
  memset(wanted, true, before.n_columns);
  bool good =
      statfile_open(&after, &input, &error) && statfile_load(&after, &input, wanted, &error);
  free(wanted);
  ok(good && after.kind == kind && after.n_columns == before.n_columns &&
         after.n_rows == before.n_rows,
     "it is read again");
  struct text a = {0}, b = {0};
  bool tags = before.kind == kind;
  for (size_t i = 0; i < before.n_columns && good; i++) {
    size_t n_wrong = 0;
    struct statfile_column *x = &before.column[i], *y = &after.column[i];
    for (size_t row = 0; row < before.n_rows; row++) {
      text_clear(&a);
      text_clear(&b);
      statfile_append_cell(&a, x, row);
      statfile_append_cell(&b, y, row);
      n_wrong += strcmp(text_content(&a), text_content(&b)) != 0;
      n_wrong += tags && x->content != STATFILE_TEXT && !same_number(x->value[row], y->value[row]);
    }
    ok(n_wrong == 0 && strcmp(x->name, y->name) == 0 && text_equal(x->label, y->label) &&
           x->content == y->content,
       "%s: column %s is the same (%zu cells are not)", name, x->name, n_wrong);
    bool labels = x->n_value_labels == y->n_value_labels;
    for (size_t j = 0; j < x->n_value_labels && labels; j++)
      labels = same_number(x->value_label[j].number, y->value_label[j].number) &&
               strcmp(x->value_label[j].label, y->value_label[j].label) == 0;
    ok(labels || before.kind != kind, "%s: value labels of %s", name, x->name);
    if (before.kind == kind)
      is_integer((long long) y->n_missing, (long long) x->n_missing, "its missing values");
  }
  text_free(&a);
  text_free(&b);
  text_free(&bytes);
  text_free(&again);
  statfile_free(&before);
  if (good)
    statfile_free(&after);
  table_free(&table);
}

static void test_names(void)
{
  struct statfile file = {.n_rows = 1};
  static const char *const names[] = {
      "risk.low",
      "2nd",
      "a b",
      "A B",
      "\xe5\xb9\xb4\xe9\xbe\x84",
      "with",
      "x",
      "X",
      "_y",
      "end.",
      "a_very_long_name_of_more_than_32_characters_and_even_more_than_64_bytes_in_all",
      "a_very_long_name_of_more_than_32_characters_and_even_more_than_64_bytes_in_all_2",
      "-",
      "str8",
      "$sum"};
  static const char *const spss[] = {
      "risk.low",
      "v2nd",
      "a_b",
      "A_B_2",
      "\xe5\xb9\xb4\xe9\xbe\x84",
      "v_with",
      "x",
      "X_2",
      "v_y",
      "end_",
      "a_very_long_name_of_more_than_32_characters_and_even_more_than_6",
      "a_very_long_name_of_more_than_32_characters_and_even_more_than_2",
      "v",
      "str8",
      "v$sum"};
  static const char *const stata[] = {"risk_low",
                                      "v2nd",
                                      "a_b",
                                      "A_B",
                                      "\xe5\xb9\xb4\xe9\xbe\x84",
                                      "v_with",
                                      "x",
                                      "X",
                                      "_y",
                                      "end_",
                                      "a_very_long_name_of_more_than_32",
                                      "a_very_long_name_of_more_than__2",
                                      "_",
                                      "v_str8",
                                      "_sum"};
  enum { N = sizeof names / sizeof *names };
  for (size_t i = 0; i < N; i++)
    statfile_add_column(&file, names[i], NULL, STATFILE_NUMBER);
  for (int k = 0; k < 2; k++) {
    struct text bytes = write_file(&file, k ? STATFILE_DTA : STATFILE_SAV);
    struct statfile_input input = {.name = "f", .content = bytes.bytes, .length = bytes.length};
    struct statfile again;
    if (!ok(bytes.length && statfile_open(&again, &input, &error), "names for program %d", k)) {
      printf("# %s\n", error.message);
      continue;
    }
    for (size_t i = 0; i < N; i++) {
      const char *expected = k ? stata[i] : spss[i];
      is_text(again.column[i].name, expected, names[i]);
      char label[81]; // Stata's labels have 80 characters
      snprintf(label, sizeof label, "%s", names[i]);
      is_text(again.column[i].label, strcmp(expected, names[i]) ? label : NULL,
              "the label tells the name");
    }
    ok(notes.n_items == 1 && strstr(notes.item[0], "2nd (v2nd)"), "a note tells the names");
    statfile_free(&again);
    text_free(&bytes);
  }
  statfile_free(&file);
}

static void test_limits(void)
{
  struct statfile file = {.n_rows = 1};
  struct statfile_column *column =
      statfile_add_column(&file, "note", "A label of \xe5\xb9\xb4", STATFILE_TEXT);
  char *longest = NEW_ARRAY(char, 33000);
  memset(longest, 'x', 33000);
  statfile_set_text(column, 0, longest, 3000);
  struct text bytes = write_file(&file, STATFILE_DTA);
  ok(!bytes.length, "a text that Stata cannot take");
  is_text(error.message, "column 'note': a text of 3000 bytes, and Stata takes 2045",
          "its message");
  bytes = write_file(&file, STATFILE_ZSAV);
  struct table table;
  ok(table_open_content(&table, "f", bytes.bytes, bytes.length, &(struct table_options){0},
                        &error) &&
         load_column(&table, "note", USE_AUTOMATIC) && strlen(table.column[0].level[0]) == 3000 &&
         memcmp(table.column[0].level[0], longest, 3000) == 0,
     "SPSS takes it, in pieces");
  table_free(&table);
  text_free(&bytes);
  statfile_set_text(column, 0, longest, 33000);
  bytes = write_file(&file, STATFILE_SAV);
  ok(!bytes.length, "a text that SPSS cannot take: %s", error.message);
  free(longest);
  statfile_free(&file);

  file = (struct statfile){.n_rows = 2};
  char label[400];
  memset(label, 'l', sizeof label - 1);
  label[sizeof label - 1] = '\0';
  memcpy(label + 119, "\xe5\xb9\xb4", 3); // would be cut in the middle
  column = statfile_add_column(&file, "g", label, STATFILE_NUMBER);
  set_numbers(column, (double[]){1, 2.5}, 2);
  statfile_add_label(column, 1, label);
  statfile_add_label(column, 2.5, "half");
  bytes = write_file(&file, STATFILE_SAV);
  ok(notes.n_items == 1 &&
         strcmp(notes.item[0], "labels were cut to the length that SPSS allows: g") == 0,
     "a note on labels that were cut");
  struct statfile again;
  struct statfile_input input = {.name = "f", .content = bytes.bytes, .length = bytes.length};
  ok(statfile_open(&again, &input, &error), "labels of any length");
  is_integer((long long) strlen(again.column[0].value_label[0].label), 119,
             "a value label is cut at a character");
  statfile_free(&again);
  text_free(&bytes);
  bytes = write_file(&file, STATFILE_DTA);
  ok(text_list_has(&notes, "value labels that Stata cannot have were left out: g"),
     "a note on labels of fractions");
  text_free(&bytes);
  statfile_free(&file);

  enum statfile_kind kind;
  ok(statfile_output_kind("a/b.SAV", &kind, &error) && kind == STATFILE_SAV, ".SAV");
  ok(statfile_output_kind("b.zsav", &kind, &error) && kind == STATFILE_ZSAV, ".zsav");
  ok(statfile_output_kind("b.dta", &kind, &error) && kind == STATFILE_DTA, ".dta");
  ok(statfile_output_kind("a.sav/b", &kind, &error) && kind == STATFILE_NONE, "a folder's name");
  ok(statfile_output_kind(NULL, &kind, &error) && kind == STATFILE_NONE, "no path");
  ok(!statfile_output_kind("b.xlsx", &kind, &error) && error.status == ERROR_USAGE, "%s",
     error.message);
}

// --- Damaged files

static uint32_t state = 1;

static uint32_t draw(void)
{
  state = state * 1664525 + 1013904223;
  return state >> 8;
}

// Whether all of it can be read; nothing else is asked than to survive.
static bool survives(const char *bytes, size_t n)
{
  struct table table;
  struct table_options options = {0};
  error = (struct error){0};
  if (!table_open_content(&table, "f", bytes, n, &options, &error))
    return false;
  struct text_list refused = {0};
  bool good = table_load_all(&table, &refused, &error);
  text_list_free(&refused);
  table_free(&table);
  return good;
}

static void test_damage(void)
{
  static const char *const names[] = {"pspp.sav",  "pspp_plain.sav", "pspp.zsav",     "pspp.por",
                                      "haven.dta", "pandas_114.dta", "haven.sas7bdat"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct text content = {0};
    if (!file_read(data_path(names[i]), &content, &error))
      exit(99);
    ok(survives(content.bytes, content.length), "%s is whole", names[i]);
    enum { N_CUTS = 16, N_FLIPS = 24 };
    int n_taken = 0, n_untold = 0;
    for (size_t k = 1; k <= N_CUTS; k++) {
      // What follows the cells is not needed, and stands at the end.
      size_t n = content.length * k / (N_CUTS + 4);
      bool taken = survives(content.bytes, n < 70 ? 70 : n);
      n_taken += taken;
      n_untold += !taken && (error.status != ERROR_DATA || strncmp(error.message, "f: ", 3) != 0);
    }
    is_integer(n_taken, 0, "cut short: refused");
    is_integer(n_untold, 0, "with a message");
    char *flipped = NEW_ARRAY(char, content.length);
    for (int k = 0; k < N_FLIPS; k++) {
      memcpy(flipped, content.bytes, content.length);
      for (int j = 0; j < 3; j++)
        flipped[16 + draw() % (content.length - 16)] = (char) draw();
      survives(flipped, content.length);
    }
    ok(true, "%s: bytes changed", names[i]);
    free(flipped);
    text_free(&content);
  }
}

static void test_messages(void)
{
  struct table table;
  struct table_options options = {.encoding = "no-such"};
  ok(!table_open(&table, data_path("pspp.sav"), &options, &error) && error.status == ERROR_USAGE,
     "%s", error.message);
  options = (struct table_options){.catalog = data_path("formats.sas7bcat")};
  ok(!table_open(&table, data_path("pspp.sav"), &options, &error) && error.status == ERROR_USAGE,
     "%s", error.message);
  ok(!table_open(&table, data_path("cohort.csv"), &options, &error) && error.status == ERROR_USAGE,
     "%s", error.message);
  options.catalog = data_path("haven.sav");
  ok(!table_open(&table, data_path("haven.sas7bdat"), &options, &error) &&
         error.status == ERROR_DATA && strstr(error.message, "no SAS catalog"),
     "%s", error.message);
  options.catalog = NULL;
  ok(!table_open(&table, data_path("formats.sas7bcat"), &options, &error) &&
         strstr(error.message, "give it by --catalog"),
     "%s", error.message);
}

int main(void)
{
  test_twins();
  test_labels();
  test_dates();
  comes_back("haven.sav", STATFILE_SAV);
  comes_back("pspp.zsav", STATFILE_ZSAV);
  comes_back("pspp.sav", STATFILE_DTA);
  comes_back("haven.dta", STATFILE_DTA);
  comes_back("haven.dta", STATFILE_SAV);
  comes_back("haven.sas7bdat", STATFILE_SAV);
  comes_back("pspp.por", STATFILE_SAV);
  test_names();
  test_limits();
  test_damage();
  test_messages();
  text_list_free(&notes);
  return tap_done();
}
