// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text, record by record: RFC 4180 with the delimiter of one's choice.
//
// A record on one line whose quotes only stand around whole cells is cut here; any other is
// parsed by libcsv in its strict mode.  Cells keep their blanks.  Line ends are LF or CRLF; a
// quoted cell may hold either.  A byte order mark is skipped.  A blank line is a record with
// one empty cell in a file of one column and nothing in any other, nor before the first record.
//
// Large texts can also be read in parts, side by side (csv_cut, csv_scan_next).  Without
// libcsv: a line feed ends a record if the quotes in front of it are even in number, and every
// cell is checked.  What is wrong is only found to be so; csv_next then tells it.

#ifndef HER2_DATA_CSV_H
#define HER2_DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

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

// Records that are read by themselves.
struct csv_part {
  const char *begin, *end;
  size_t first_line, n_lines;     // of the text, 1-based
  size_t first_record, n_records; // 0-based
  bool bad;                       // the text is wrong somewhere in here
};
// Cuts the text from such a place on, behind the first record, into at most `most` parts (1 or
// more), each of `least` bytes at the least (but the last), all of whole records, and counts
// their lines and records.  How many there are; 1 or more.  Where none is bad, n_records is
// what csv_next would give; otherwise it is no less than what csv_scan_next will give.
size_t csv_cut(const struct csv_reader *reader, size_t offset, size_t line, size_t most,
               size_t least, struct csv_part *part);

// Bytes that may be read from the beginning of each cell of a scan on, and in front of its end,
// however short it is.
enum { CSV_REACH = 16 };

// Reads the records of a part.  Any number of them may be open on a reader that nobody changes.
struct csv_scan {
  const char *cell;   // where the next cell begins
  const char *block, *next; // the block of bytes at hand and the one after it
  uint64_t stops;     // ends of cells in the block at hand, a bit each, not yet taken
  uint64_t inside;    // all bits: it ended inside quotes
  const char *end;
  const char *near_begin, *near_end; // between them CSV_REACH bytes stand on both sides
  const char *next_quote; // of the part, at `cell` or behind
  size_t line, n_feeds; // on which the record began; line feeds in its quotes so far
  size_t n_expected;
  char delimiter;
  bool quotes;
  bool bad;           // the text is wrong at the next record; csv_next tells how
  struct text copies; // of cells that do not stand as they are in the text
  size_t *copied;     // which these are
  size_t n_copied, capacity;
};
void csv_scan_open(struct csv_scan *scan, const struct csv_reader *reader,
                   const struct csv_part *part);
void csv_scan_close(struct csv_scan *scan);
// The next records, at most `most`, as many cells in each as the first of the text has; line[i]:
// on which record i began.  How many; 0 at the end and where the text is wrong.  The bytes are
// valid until the next call.
size_t csv_scan_next(struct csv_scan *scan, size_t most, struct csv_cell *cell, size_t *line);

#endif
