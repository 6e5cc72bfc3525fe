// SPDX-License-Identifier: GPL-3.0-or-later
// What a cohort file does not say of its columns: labels, units, types, order of levels.
//
// CSV with a header `variable,label,unit,type,levels,labels,digits,missing`; only `variable` is
// required, columns in any order.  type: numeric, categorical, ordinal, id, date, ignore
// or empty.  levels: `a|b|c`, the first is the reference; labels: what is printed for each
// of them, the levels themselves if empty.  digits: decimals to print (0 to 15).  Levels
// without a type make a categorical variable; with any type but categorical and ordinal
// they are an error.  missing: `9|99|n.d.`, cells of this variable that mean missing besides
// those that do in every column; none of them may be a level.

#ifndef HER2_DATA_CODEBOOK_H
#define HER2_DATA_CODEBOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

enum variable_type {
  VARIABLE_UNSTATED,
  VARIABLE_NUMERIC,
  VARIABLE_CATEGORICAL,
  VARIABLE_ORDINAL,
  VARIABLE_ID,
  VARIABLE_DATE,
  VARIABLE_IGNORE,
};

struct codebook_entry {
  char *variable, *label, *unit; // label and unit NULL where empty
  enum variable_type type;
  struct text_list levels;       // as stored in the data
  struct text_list level_labels; // as printed, one a level
  int digits;                    // -1: unstated
  struct text_list missing;      // codes
};

struct codebook {
  char *name; // of the file, for messages
  struct codebook_entry *entry;
  size_t n_entries;
};

// Fills a codebook that is {0}.  Errors, with file and line: an unknown or repeated header
// name, a variable twice or without name, a type, level or number of digits that is none, an empty
// code or one that is a level.
bool codebook_read(struct codebook *codebook, const char *path, struct error *error);
// The same of a file that may be in another encoding: that of its byte order mark, else UTF-8, else
// (if it is not UTF-8) `encoding`, that of the cohort; NULL: none.
bool codebook_read_encoded(struct codebook *codebook, const char *path, const char *encoding,
                           struct error *error);
void codebook_free(struct codebook *codebook);
// NULL if there is none.
const struct codebook_entry *codebook_find(const struct codebook *codebook, const char *variable);

// Codes that mean missing in one column each.  Starts as {0}.
struct variable_codes {
  char *variable;
  struct text_list code;
};
struct missing_codes {
  struct variable_codes *variable;
  size_t n_variables;
};
// Adds those that the variable does not have yet.
void missing_codes_add(struct missing_codes *codes, const char *variable,
                       const struct text_list *added);
// NULL if the variable has none.
const struct text_list *missing_codes_find(const struct missing_codes *codes,
                                           const char *variable);
void missing_codes_free(struct missing_codes *codes);
// Whether a text is one of the list, or is the same number as one.
bool codes_include(const struct text_list *list, const char *text);

#endif
