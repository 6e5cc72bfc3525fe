// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text, record by record: RFC 4180 with the delimiter of one's choice.
//
// A record on one line whose quotes only stand around whole cells is cut here; any other is
// parsed by libcsv in its strict mode.  Cells keep their blanks.  Line ends are LF or CRLF; a
// quoted cell may hold either.  A byte order mark is skipped.  A blank line is a record with
// one empty cell in a file of one column and nothing in any other, nor before the first record.

#ifndef HER2_DATA_CSV_H
#define HER2_DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct csv_cell {
  const char *bytes; // not terminated; valid until the next record
  size_t length;
  bool quoted;
};

struct csv_reader; // opaque

// Reads from `length` bytes at `content`, which must outlive the reader.  `name` goes in
// front of messages ("NAME:LINE: ...").  delimiter '\0': the one of tab, ',' and ';' that
// splits the first line into most cells (quotes respected; the earlier of the three if two
// do so alike, ',' if none does).  NULL for text that is not UTF-8 (line and character are
// said), for UTF-16, for a NUL byte, and for a delimiter that cannot be one.
struct csv_reader *csv_open(const char *content, size_t length, const char *name, char delimiter,
                            struct error *error);
void csv_close(struct csv_reader *reader);
char csv_delimiter_used(const struct csv_reader *reader);

enum csv_status { CSV_RECORD, CSV_END, CSV_ERROR };
// The next record.  All records must have as many cells as the first (the header).
// Errors, with line: a quote where none may be, an unterminated quote (the line where it
// opened), a lone carriage return outside quotes, too many or too few cells.  After an
// error every call gives it again, until csv_seek.
enum csv_status csv_next(struct csv_reader *reader, struct csv_cell **cell, size_t *n_cells,
                         struct error *error);
// Line (1-based) on which the last record began.
size_t csv_line(const struct csv_reader *reader);

// Where the next record begins: bytes from the start of the content, and its line.  (Blank
// lines may stand before it.)
size_t csv_offset(const struct csv_reader *reader, size_t *line);
// Goes to such a place.  How many cells a record must have stays known.
void csv_seek(struct csv_reader *reader, size_t offset, size_t line);
// True if the text holds a quote anywhere: if not, every line is a record.
bool csv_has_quotes(const struct csv_reader *reader);
// True if it holds a carriage return anywhere: if not, every line ends with a line feed.
bool csv_has_returns(const struct csv_reader *reader);

#endif
