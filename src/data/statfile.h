// SPDX-License-Identifier: GPL-3.0-or-later
// Files of SPSS (.sav, .zsav, .por), Stata (.dta) and SAS (.sas7bdat, .xpt), by ReadStat.
//
// A struct statfile holds what such a file says: variables with labels, value labels and
// missing values, and the cells of those columns that were asked for.  It can be written, too.

#ifndef HER2_DATA_STATFILE_H
#define HER2_DATA_STATFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/level_set.h"

enum statfile_kind {
  STATFILE_NONE,
  STATFILE_SAV,
  STATFILE_ZSAV,
  STATFILE_POR,
  STATFILE_DTA,
  STATFILE_SAS7BDAT,
  STATFILE_XPT,
};

// What the cells of a column are.
enum statfile_content {
  STATFILE_NUMBER,
  STATFILE_TEXT,
  STATFILE_DATE,   // days since 1970-01-01
  STATFILE_MOMENT, // date and time: seconds since 1970-01-01 00:00
};

// A value and what is printed for it.
struct statfile_label {
  double number; // NaN with a tag: a missing value of its own kind
  char *text;    // of a text column: the value; else NULL
  char *label;   // never empty
};

// User-missing: numbers from least to most, or a text.
struct statfile_range {
  double least, most;
  char *text;
};

struct statfile_column {
  char *name;
  char *label;  // NULL: none
  char *format; // as the file spells it; NULL: none
  enum statfile_content content;
  bool single;  // stored in single precision
  bool ordinal, nominal; // the measure that SPSS states
  struct statfile_label *value_label; // ascending by value (texts by bytes), no value twice
  size_t n_value_labels;
  struct statfile_range *missing;
  size_t n_missing;
  double *value; // n_rows, NULL until read: a number, or the index of a text; NaN: missing
                 // (a number's kind of missing: statfile_tag)
  struct level_set texts; // of a text column; lines are rows, from 1
  bool all_labelled; // a number column, read: it has cells that are not missing, and each of
                     // them has a value label
};

// Starts as {0}.
struct statfile {
  enum statfile_kind kind;
  struct statfile_column *column;
  size_t n_columns, n_rows; // n_rows known after statfile_load
};

// The kind, told by the first bytes; the name of a kind ("an SPSS .sav file").
enum statfile_kind statfile_recognize(const char *content, size_t length);
const char *statfile_kind_name(enum statfile_kind kind);

// Where a file's bytes are and how they are to be taken.
struct statfile_input {
  const char *name;     // for messages
  const char *content;
  size_t length;
  const char *encoding; // NULL: as the file says
  const char *catalog;  // path of a .sas7bcat file with SAS value labels; NULL: none
};
// Reads what the file says of its variables.
bool statfile_open(struct statfile *file, const struct statfile_input *input, struct error *error);
// Reads the cells of the columns with wanted[i] true (at least one), and the number of rows.
bool statfile_load(struct statfile *file, const struct statfile_input *input, const bool *wanted,
                   struct error *error);
// A file with the same variables, and the cells, which `from` loses.
void statfile_take_cells(struct statfile *file, struct statfile *from);
// Drops the cells.
void statfile_unload(struct statfile *file);
void statfile_free(struct statfile *file);
void statfile_free_label(struct statfile_label *label); // its insides

// A missing number of the kind 'A' to 'Z' or '_'; '\0': of no kind.
double statfile_missing(char tag);
char statfile_tag(double missing);

// True for a number that is NaN or user-missing, and a text that is user-missing or empty.
bool statfile_is_missing(const struct statfile_column *column, double value);
// The label of a value; NULL if it has none.
const char *statfile_find_label(const struct statfile_column *column, double value);
// The text of a date or a moment: 2020-01-31, 2020-01-31 08:30:00.
void statfile_append_date(struct text *text, enum statfile_content content, double value);
// A cell as it stands in a CSV file: nothing for a missing one, the label of a text that has
// one and of every number in a column that is all_labelled, dates as above, other numbers in
// their shortest form.
void statfile_append_cell(struct text *text, const struct statfile_column *column, size_t row);
// Decimals of a number in its shortest form.
int statfile_decimals(const struct statfile_column *column, double value);

// --- Making and writing

// The kind that a path ends in: .sav, .zsav, .dta; STATFILE_NONE for any other.  ERROR_USAGE
// for a path that names a kind that is not written (.por, .sas7bdat, .xpt, .xlsx, ...).
bool statfile_output_kind(const char *path, enum statfile_kind *kind, struct error *error);

// A new column of n_rows missing cells, a name of its own and perhaps a label (both copied);
// the pointer holds until the next one is added.
struct statfile_column *statfile_add_column(struct statfile *file, const char *name,
                                            const char *label, enum statfile_content content);
// Adds a value label, which must come in ascending order of the numbers.
void statfile_add_label(struct statfile_column *column, double number, const char *label);
// Sets a cell of a text column.
void statfile_set_text(struct statfile_column *column, size_t row, const char *bytes,
                       size_t length);

// All columns of a table's file, with their cells; derived columns are left out, all rows of
// the file are there.  From a statistics file: as they are.  From delimited text: numbers;
// categories as codes with value labels (the codebook's labels, if its levels are numbers);
// ids, dates, columns of more than 20 levels, or as many as rows, that no codebook declares
// and all others as texts.  Loads columns of the table.
struct table;
bool statfile_from_table(struct statfile *file, struct table *table, struct error *error);

// Writes all columns as .sav, .zsav or .dta, in pieces that go to `take`.  Names become such
// as the program allows, other names go to the label, and what does not fit the format is
// noted.  ERROR_DATA where something cannot be written at all; what was taken is then no file.
typedef void (*statfile_taker)(const char *bytes, size_t n, void *context);
bool statfile_write(const struct statfile *file, enum statfile_kind kind, statfile_taker take,
                    void *context, struct text_list *notes, struct error *error);

#endif
