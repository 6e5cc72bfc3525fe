// SPDX-License-Identifier: GPL-3.0-or-later
// One result, seven formats.
//
// Text in a report may be anything (it comes from files): each format takes control
// characters out or escapes them, and escapes its own markup.
//
// A report is an ordered list of tidy tables (for machines: csv, tsv, json, --tables) and
// of layouts (for readers: the same result as a journal would print it, in text, markdown,
// latex and html), with notes and warnings.  Commands fill it; the formats print it.

#ifndef HER2_REPORT_REPORT_H
#define HER2_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

// ---- tidy tables ----

enum cell_kind { CELL_MISSING, CELL_NUMBER, CELL_INTEGER, CELL_TEXT, CELL_LOGICAL };

struct report_cell {
  enum cell_kind kind;
  double number;     // CELL_NUMBER (NaN counts as missing)
  int64_t integer;   // CELL_INTEGER, CELL_LOGICAL
  char *text;        // CELL_TEXT
};

struct report_table {
  char *name;
  struct text_list column;  // names
  struct report_cell *cell; // n_rows x column.n_items, row-major
  size_t n_rows, n_cells, capacity;
};

// ---- layouts ----

enum layout_row_kind {
  LAYOUT_VARIABLE, // first cell set off (bold in html, latex, markdown)
  LAYOUT_LEVEL,    // first cell indented
  LAYOUT_PLAIN,
};

struct layout_row {
  enum layout_row_kind kind;
  char **cell; // one a column; NULL is empty
};

enum layout_align { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTRE };

struct layout {
  char *name;       // of the tidy table that it shows best
  char *title;      // without number: "Comparison of groups"; may be NULL
  struct text_list heading;      // column headings; '\n' inside parts two lines
  enum layout_align *align;      // one a column
  struct layout_row *row;
  size_t n_rows, capacity;
  struct text_list footnote;     // in order, printed below the table
};

// ---- the report ----

struct report_exclusion {
  char *variable;
  size_t n;
};

struct report {
  char *command;              // "her2-univar"
  struct text_list call;      // argv without --threads, --output, --quiet
  bool has_input;
  char *input_file;           // as named on the command line; "standard input"
  char input_digest[65];
  size_t input_rows, input_used;
  struct report_exclusion *exclusion;
  size_t n_exclusions;
  bool has_seed;
  uint64_t seed;
  struct text_list notes, warnings;
  struct report_table **table;
  size_t n_tables;
  struct layout **layout;
  size_t n_layouts;
};

// Starts as {0}; `command`, `input_file` and all else are owned.
void report_free(struct report *report);
void report_note(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3))); // a note said twice is kept once
void report_warning(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void report_exclude(struct report *report, const char *variable, size_t n);

// `columns`: names parted by blanks.  The table belongs to the report.  The name becomes
// a file name: letters, digits, `_ . -`.  Two tables or two columns of one name are
// asserted against, as is a table without columns.
struct report_table *report_add_table(struct report *report, const char *name,
                                      const char *columns);
struct report_table *report_find_table(const struct report *report, const char *name);
// Cells are added from left to right; the next row begins where one is full.  That the
// last row is full is asserted when the table is printed.  Text NULL is missing.
void report_text(struct report_table *table, const char *text);
void report_number(struct report_table *table, double number);
void report_count(struct report_table *table, size_t count);
void report_logical(struct report_table *table, bool value);
void report_missing(struct report_table *table);

// `name` and `title` copied.
struct layout *report_add_layout(struct report *report, const char *name, const char *title);
void layout_column(struct layout *layout, enum layout_align align, const char *heading);
// Adds a row with all cells empty; returns its index.  Columns must be complete by then.
size_t layout_row(struct layout *layout, enum layout_row_kind kind);
void layout_set(struct layout *layout, size_t row, size_t column, const char *text);
void layout_set_format(struct layout *layout, size_t row, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void layout_footnote(struct layout *layout, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ---- output ----

struct report_format {
  const char *name;      // "text", "csv", ...
  const char *extension; // of files that hold it: "txt", "csv", ...
  const char *help;      // one line
  // Appends the whole output.  table_name NULL: the primary (first) table for csv and
  // tsv, all layouts for the reader's formats, everything for json.  With a name the
  // reader's formats print that tidy table, numbers in `digits` significant digits (P
  // values, in columns named p.*, at least two; columns of whole numbers without
  // decimals).  A report without layouts prints all its tables in this way.  That the
  // named table exists is asserted.
  void (*write)(const struct report *report, const char *table_name, int digits,
                struct text *output);
};
// text, csv, tsv, json, markdown, latex, html; ended by a name NULL.
extern const struct report_format report_formats[];
const struct report_format *report_find_format(const char *name);
// The format that a path's extension names (case does not matter); NULL if none does.
const struct report_format *report_format_of_path(const char *path);

// Every tidy table as DIRECTORY/NAME.csv (made if absent), each written atomically.
bool report_write_tables(const struct report *report, const char *directory, struct error *error);

#endif
