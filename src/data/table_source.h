// SPDX-License-Identifier: GPL-3.0-or-later
// What a file format gives to a table: the names of its columns, and their cells.
//
// A format is one file (source_text.c: delimited text; source_statfile.c: SPSS, Stata, SAS)
// that defines a struct table_format,
// and one line in the list of table.c.  Only table.c and the formats include this header.

#ifndef HER2_DATA_TABLE_SOURCE_H
#define HER2_DATA_TABLE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/level_set.h"
#include "data/table.h"

// How the cells of a column are to be taken.
enum load_rule {
  LOAD_BY_CONTENT, // numbers if all are; texts if fewer than half are numbers; else an error
  LOAD_NUMBERS,    // a cell that is no number is an error
  LOAD_CATEGORIES, // numbers if all are, else texts
  LOAD_TEXTS,      // texts, even if all are numbers
};

// Texts that mean missing.
struct missing_tokens {
  struct text_list text; // trimmed
  double *number;        // those that are numbers: every cell with that value is missing
  size_t n_numbers;
};

struct column_load {
  size_t column;
  enum load_rule rule;
  bool optional; // table.c's: its trouble is told, and the others are loaded all the same
  const struct missing_tokens *missing; // the user's and the column's
  // Filled by the format; the value array and the levels go over to the caller.
  bool numeric;
  double *value;           // n_file_rows: numbers, or indices into levels; NaN: missing
  struct level_set levels; // no missing tokens; every one of them occurs, unless ordered
  bool ordered;            // the levels are in their order, unused ones too
  bool ordinal;            // the file says that this order means something
  size_t n_missing;
  int most_decimals;
  bool blanks_removed;     // a text had blanks around it
  struct error error;      // not ERROR_NONE: this column could not be loaded
  size_t error_line;
};

struct table_source {
  const struct table_format *format;
  struct text content; // the file's bytes, unpacked, as UTF-8 if the format is text
  void *state;         // the format's own
  bool counted;        // n_file_rows and the table's line[] are known
  size_t n_file_rows;
  size_t *kept;        // n_rows: which rows of the file the table still has; NULL: all
  char delimiter;      // '\0' if the format has none
  char decimal;
  struct missing_tokens missing;        // the user's
  struct missing_tokens *column_missing; // n_column_missing, of the file's columns that have
  size_t n_column_missing;               // codes: these and the user's; else empty
  char *codebook_note; // the note on variables that are not there; NULL: none
};

struct table_format {
  const char *name;
  bool (*recognizes)(const char *content, size_t length);
  // Adds a column for each name (table_append_column), after checking the names.
  bool (*open)(struct table *table, const struct table_options *options, struct error *error);
  // Fills the loads.  The first time, with or without loads, it sets n_file_rows, counted
  // and table->line.  False if the file itself is wrong (then nothing is kept of the loads
  // but what their owner frees); a column's own trouble goes to its load.
  bool (*load)(struct table *table, struct column_load *load, size_t n_loads,
               struct error *error);
  void (*close)(struct table_source *source);
};

extern const struct table_format table_format_text;
extern const struct table_format table_format_statfile;

// Whether the table is of table_format_statfile, and then all its columns with their cells.
struct statfile;
bool table_is_statfile(const struct table *table);
bool table_take_statfile(struct table *table, struct statfile *file, struct error *error);

// A new empty column at the end; takes over the name.
struct column *table_append_column(struct table *table, char *name);
// The bytes without spaces and tabs around them.
const char *table_trim(const char *bytes, size_t *length);
// What means missing in a column of the file.
const struct missing_tokens *table_missing_tokens(const struct table *table, size_t column);
static inline bool missing_tokens_have(const struct missing_tokens *missing, double number)
{
  for (size_t i = 0; i < missing->n_numbers; i++)
    if (missing->number[i] == number)
      return true;
  return false;
}
// Whether a text is a number in this file, as a cell or as a level.
bool table_parse_number(const struct table *table, const char *bytes, size_t length,
                        double *value);

#endif
