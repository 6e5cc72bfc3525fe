// SPDX-License-Identifier: GPL-3.0-or-later
// The insides of a reader of delimited text, for csv.c and csv_part.c, which only looks.

#ifndef HER2_DATA_CSV_READER_H
#define HER2_DATA_CSV_READER_H

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/csv.h"

struct csv_reader {
  const char *content, *end;
  const char *body;        // content without the byte order mark
  const char *next;        // where the next record begins
  const char *next_quote;  // the first quote at or behind `next` as far as known; `end`: none
  const char *next_return; // the first carriage return, likewise
  const char *first_quote; // of the body; `end`: none
  const char *first_return;
  char *name;
  char delimiter;
  size_t next_line, record_line;
  size_t n_expected; // cells of the first record; 0: not seen yet
  struct csv_cell *cell;
  size_t n_cells, cell_capacity;
  struct csv_parser parser; // libcsv's
  struct text decoded;      // cells that libcsv gave, one behind the other
  bool record_complete;     // libcsv has seen the end of the record
  bool failed;
  struct error failure;
};

#endif
