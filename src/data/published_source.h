// SPDX-License-Identifier: GPL-3.0-or-later
// The files of printed tables as raw records, for published.c, which makes structs of them.

#ifndef HER2_DATA_PUBLISHED_SOURCE_H
#define HER2_DATA_PUBLISHED_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "data/published.h"

struct published_form_spec; // opaque

struct published_record {
  size_t line;
  char **cell;   // trimmed
  size_t *index; // of its number
};
struct published_raw {
  const struct published_form_spec *form;
  struct text_list header;
  struct published_record *record;
  size_t n_records;
};

struct published_reader {
  struct published *published;
  struct published_raw *raw; // one a file
  struct error *error;
};

// Reads a file, or every *.csv of a folder by name: a raw file and one of `published` each, the
// form known and the columns of the header allowed.  Counts the printed numbers, and adds the
// bytes to the digest.  False after an error; what was read stays.
bool published_add_file(struct published_reader *reader, const char *path, struct digest *digest);
bool published_add_folder(struct published_reader *reader, const char *path,
                          struct digest *digest);
// Its insides.
void published_free_raw(struct published_raw *raw);

// NAME_mean or NAME_sd.
bool published_is_statistic(const char *column);
bool published_is_number_column(const struct published_form_spec *form, const char *column);

// Cells, by the indices of file and record and the name of the column.

// "FILE:LINE: column 'COLUMN': 'CELL' MESSAGE".  Returns false.
bool published_refuse_cell(const struct published_reader *reader, size_t file, size_t record,
                           const char *column, const char *message);
// "" if the form's file lacks the column or the cell is missing.
const char *published_cell_text(const struct published_reader *reader, size_t file, size_t record,
                                const char *column);
// The same, where it must not be "": false after an error.
bool published_take_name(const struct published_reader *reader, size_t file, size_t record,
                         const char *column, const char **name);
// A number or, in a column of counts, a count; not printed if the file lacks the column or the
// cell is missing.  False after an error.
bool published_take_number(const struct published_reader *reader, size_t file, size_t record,
                           const char *column, struct published_number *number);
// One that is not printed.
struct published_number published_no_number(void);

#endif
