// SPDX-License-Identifier: GPL-3.0-or-later
// A cohort: named columns of numbers or of levels, one row a patient.
//
// Cells: blanks (space, tab) around a number or a missing token do not count.  Blanks
// around a level do if the cell is quoted; around others they are removed, with a note.
// Missing are an empty cell, NA, NaN, "." and the user's tokens, quoted or not; a token
// that is a number stands for every cell with that value (999 for 999.0).  So do, in one column,
// the codes that the codebook or a model has for it.
//
// table_open reads the file and the names of its columns; table_load turns the columns
// that are needed into numbers and level codes, in one pass; derivations and row filters
// (derive.h, filter.h) change it afterwards.  What a format must give is an open and a load
// (table_source.h): a further format is one file and one line there.
//
// Files of SPSS, Stata and SAS bring labels, levels and dates with them (source_statfile.c);
// what a codebook says goes before.  Their lines are their rows, from 1.

#ifndef HER2_DATA_TABLE_H
#define HER2_DATA_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/codebook.h"

enum column_type {
  COLUMN_UNLOADED,
  COLUMN_NUMERIC,
  COLUMN_CATEGORICAL,
};

struct column {
  char *name;
  char *label;       // the codebook's, else the file's, or NULL
  char *unit;        // codebook's, or NULL
  int digits;        // decimals to print, codebook's; -1 unstated
  enum variable_type variable_type; // the codebook's, else what the file says
  struct text_list codes; // cells that mean missing here, besides the tokens for all columns
  enum column_type type;
  double *value;     // n_rows; numeric: the number; categorical: level index 0, 1, ...;
                     // missing: NaN
  char **level;      // categorical: n_levels names as in the data, in order
  char **level_label; // what is printed for each level
  size_t n_levels;
  size_t n_missing;
  int most_decimals; // numeric: most decimals seen in the first 1000 cells
  bool derived;
};

struct table_source; // the file's content, as its format wants it

struct table {
  char *name;        // for messages
  struct column *column;
  size_t n_columns, column_capacity;
  size_t n_rows;     // known after table_load
  size_t *line;      // n_rows: line in the file where each row began (1, 2, ... if it has none)
  char digest[65];   // SHA-256 of the file's bytes (unpacked); "" before table_digest
  struct codebook codebook;
  struct text_list notes; // what the user should know of the reading
  struct table_source *source;
};

struct table_options {
  char delimiter;        // '\0': find out
  char decimal;          // '.' or ','; '\0': '.'
  struct text_list na;   // further missing tokens
  struct missing_codes codes; // the same of single columns, besides the codebook's
  const char *codebook;  // path or NULL
  const char *encoding;  // of the file, a name that iconv knows; NULL: as its byte order mark or
                         // the file itself says, else UTF-8
  const char *catalog;   // SAS value labels (.sas7bcat): path or NULL
};

// Reads `path` (NULL or "-": standard input), gzip unpacked.  Names are trimmed.
// Duplicate and empty column names, an empty file, a first line of nothing but numbers (no
// header), a known binary format are errors.  The codebook is read too; what it describes
// and the file lacks is a note; a level of it that means missing by `codes` is an ERROR_DATA.
// After an error the table is empty.
bool table_open(struct table *table, const char *path, const struct table_options *options,
                struct error *error);
// The same for bytes that are there already (copied, never unpacked); `name` is for messages.
bool table_open_content(struct table *table, const char *name, const char *content, size_t length,
                        const struct table_options *options, struct error *error);

enum column_use {
  USE_AUTOMATIC,   // by codebook, else by content
  USE_NUMERIC,     // a numeric term: every cell must be a number or missing
  USE_CATEGORICAL, // factor(x): text unless all cells are numbers
};
struct column_request {
  size_t column;
  enum column_use use;
};
// Loads the columns asked for (again is harmless; NUMERIC and CATEGORICAL for one column
// are no contradiction: numeric).  By content: all non-missing cells numbers: numeric; no
// cell or fewer than half numbers: categorical; otherwise an error at the first odd cell.
// CATEGORICAL gives a numeric column too if all cells are numbers (column_make_categorical
// is the caller's).  A column declared categorical or ordinal keeps the codebook's levels
// in order, unused ones too; a value that is not among them is an error; where both are
// numbers they compare as such (3 is 3.0).  Declared without levels: those that occur.
// Levels sort numerically if all are numbers, else by their bytes.  A column with nothing
// but missing cells is numeric.  An id or date column that is asked for goes by content.
// Of several columns with an error, the one on the earliest line is told, and none is
// loaded.  With no requests the rows are counted.  After table_keep_rows a further column
// gets the kept rows only.
bool table_load(struct table *table, const struct column_request *request, size_t n_requests,
                struct error *error);
// Loads every column not yet loaded except the codebook's id, date and ignore.  A column
// whose content has no type stays COLUMN_UNLOADED and its message goes to `refused` as
// "name: message" (NULL: the first such column is an error).
bool table_load_all(struct table *table, struct text_list *refused, struct error *error);
// table_load and then table_load_all, in one pass: an error of a requested column is an
// error, that of any other goes to `refused`.
bool table_load_with_rest(struct table *table, const struct column_request *request,
                          size_t n_requests, struct text_list *refused, struct error *error);

void table_free(struct table *table);

// SHA-256 of the file's bytes (unpacked, before --encoding), 64 hexadecimal digits,
// computed at the first call.
const char *table_digest(struct table *table);
// The text of the file in UTF-8, unpacked, for csv_open with table_delimiter (the bytes of a
// file that is not text): it stays until table_free.
const char *table_content(const struct table *table, size_t *length);
// The delimiter in use; '\0' for a format that is not delimited text.
char table_delimiter(const struct table *table);

// Index of a column, or an ERROR_USAGE that names the nearest right name.
bool table_find(const struct table *table, const char *name, size_t *column, struct error *error);
// What is printed for a column: its label, else its name.
const char *column_title(const struct column *column);
// Index of a level by its name (as in the data), or, where none has this name and it is a
// number, of the first level that is the same number.  Numeric columns do not have any.
bool column_find_level(const struct column *column, const char *level, size_t *index);
// The value of a statistics file that a level is the label of ("1" for "yes"), to be freed; NULL if
// there is none, or several, and for other files.
char *table_level_code(const struct table *table, const struct column *column, const char *level);
// Turns a numeric column into a categorical one whose levels are its distinct values in
// order, written in the shortest form (used by factor(x) and by two-valued columns).
void column_make_categorical(struct column *column, size_t n_rows);
// Adds a numeric column (values copied); the name must be new.  The codebook gives label,
// unit and digits.
struct column *table_add_column(struct table *table, const char *name, const double *value);
// Keeps the rows with keep[i] true.  Levels stay, unused ones too.
void table_keep_rows(struct table *table, const bool *keep);

// Adds codes that mean missing in a column that is not loaded yet.
void table_add_codes(struct table *table, size_t column, const struct text_list *codes);
// True for what means missing in a column: empty, NA, NaN, ".", the user's tokens and its codes.
bool table_is_missing(const struct table *table, size_t column, const char *bytes, size_t length);

#endif
