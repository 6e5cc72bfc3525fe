// SPDX-License-Identifier: GPL-3.0-or-later
// What a delimited text holds, for csv.c, which reads it then.

#ifndef HER2_DATA_CSV_SURVEY_H
#define HER2_DATA_CSV_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// The first line is line 1.  Texts of more bytes than a stretch, or a few, are shared by threads.
enum { CSV_FIRST_LINE = 1, CSV_STRETCH = 1 << 20 };

// Where the bytes first occur that ask for care; the end of the text where they do not.
struct csv_survey {
  const char *not_ascii, *nul, *quote, *carriage_return;
};
struct csv_survey csv_survey_text(const char *start, const char *end);

// Whether the text is UTF-8 without NUL bytes; else false, and the error says where it is not.
bool csv_check_encoding(const char *start, const char *end, const struct csv_survey *survey,
                        const char *name, struct error *error);
// The one of tab, ',' and ';' that splits the first line into most cells, as csv_open says.
char csv_find_delimiter(const char *p, const char *end);
// Line and character, both 1-based, of a place in a text.
void csv_find_place(const char *start, const char *where, size_t *line, size_t *character);

#endif
