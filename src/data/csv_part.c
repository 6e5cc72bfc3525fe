// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text in parts, without libcsv: cutting it, and reading the records of a part.
#include <config.h>

#include "data/csv_reader.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/csv_block.h"
#include "data/csv_survey.h"

// Whether the quotes are odd in number.
static bool has_odd_quotes(const char *p, const char *end)
{
  uint64_t quotes = 0;
  for (; p < end; p += CSV_BLOCK) {
    uint64_t valid;
    struct csv_block block = csv_block_load_left(p, end, &valid);
    quotes ^= csv_block_find(&block, '"');
  }
  return csv_count_bits(quotes) % 2;
}

// Behind the first line feed from p on that is outside quotes, or the end.
static const char *find_record_end(const char *p, const char *end, bool inside)
{
  for (; p < end; p++) {
    if (*p == '"')
      inside = !inside;
    else if (*p == '\n' && !inside)
      return p + 1;
  }
  return end;
}

// Of a text without quotes.
static void count_lines(const struct csv_reader *reader, struct csv_part *part)
{
  bool returns = csv_has_returns(reader), blank_counts = reader->n_expected == 1;
  const char *p = part->begin;
  while (p < part->end) {
    const char *feed = memchr(p, '\n', (size_t) (part->end - p));
    const char *stop = feed ? feed : part->end;
    if (returns) {
      stop -= feed && stop > p && stop[-1] == '\r';
      part->bad = part->bad || memchr(p, '\r', (size_t) (stop - p));
    }
    part->n_lines++;
    part->n_records += stop > p || blank_counts;
    p = feed ? feed + 1 : part->end;
  }
}

// The same of one with quotes.
static void count_records(const struct csv_reader *reader, struct csv_part *part)
{
  bool returns = csv_has_returns(reader), blank_counts = reader->n_expected == 1;
  // Bits carried from block to block: inside quotes (all bits); a record begins; behind a
  // return, and one with which a record begins.
  uint64_t inside = 0, begins = 1, behind = 0, blank_behind = 0;
  for (const char *p = part->begin; p < part->end; p += CSV_BLOCK) {
    uint64_t valid;
    struct csv_block block = csv_block_load_left(p, part->end, &valid);
    uint64_t feeds = csv_block_find(&block, '\n');
    part->n_lines += csv_count_bits(feeds);
    inside ^= csv_sum_bits(csv_block_find(&block, '"'));
    feeds &= ~inside;
    uint64_t beginnings = feeds << 1 | begins, blanks = feeds & beginnings;
    if (returns) {
      uint64_t found = csv_block_find(&block, '\r') & ~inside;
      part->bad = part->bad || ((found << 1 | behind) & valid & ~feeds);
      uint64_t alone = found & beginnings;
      blanks |= feeds & (alone << 1 | blank_behind);
      behind = found >> 63;
      blank_behind = alone >> 63;
    }
    begins = feeds >> 63;
    inside = 0 - (inside >> 63);
    part->n_records += csv_count_bits(feeds) - (blank_counts ? 0 : csv_count_bits(blanks));
  }
  if (part->end > part->begin && (part->end[-1] != '\n' || inside)) {
    part->n_lines += part->end[-1] != '\n';
    part->n_records++;
    part->bad = part->bad || inside || part->end[-1] == '\r';
  }
}

size_t csv_cut(const struct csv_reader *reader, size_t offset, size_t line, size_t most,
               size_t least, struct csv_part *part)
{
  const char *begin = reader->content + offset, *end = reader->end;
  begin = begin < reader->body ? reader->body : begin;
  bool quotes = csv_has_quotes(reader);
  size_t length = (size_t) (end - begin), n_places = length / (least ? least : 1);
  n_places = n_places > most ? most : n_places;
  n_places = n_places ? n_places : 1;
  size_t step = length / n_places;
  size_t n_odd = quotes ? n_places - 1 : 0; // of the places before the last
  bool *odd = NEW_ZEROED(bool, n_places);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) if (length > CSV_STRETCH)
#endif
  for (size_t i = 0; i < n_odd; i++)
    odd[i] = has_odd_quotes(begin + i * step, begin + (i + 1) * step);
  size_t n_parts = 0;
  bool inside = false;
  const char *start = begin;
  for (size_t i = 1; i < n_places; i++) {
    const char *place = begin + i * step;
    inside ^= odd[i - 1];
    if (place <= start)
      continue;
    const char *feed =
        quotes ? find_record_end(place, end, inside) : csv_find_byte(place, end, '\n');
    const char *stop = quotes || feed == end ? feed : feed + 1;
    part[n_parts++] = (struct csv_part){.begin = start, .end = stop};
    start = stop;
  }
  if (start < end || n_parts == 0)
    part[n_parts++] = (struct csv_part){.begin = start, .end = end};
  free(odd);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) if (length > CSV_STRETCH)
#endif
  for (size_t i = 0; i < n_parts; i++)
    if (quotes)
      count_records(reader, &part[i]);
    else
      count_lines(reader, &part[i]);
  size_t record = 0;
  for (size_t i = 0; i < n_parts; i++) {
    part[i].first_line = line;
    part[i].first_record = record;
    line += part[i].n_lines;
    record += part[i].n_records;
  }
  return n_parts;
}

void csv_scan_open(struct csv_scan *scan, const struct csv_reader *reader,
                   const struct csv_part *part)
{
  *scan = (struct csv_scan){
      .block = part->begin,
      .next = part->begin,
      .cell = part->begin,
      .end = part->end,
      .near_begin = reader->end - reader->content > CSV_REACH ? reader->content + CSV_REACH
                                                              : reader->end,
      .near_end = reader->end - reader->content > CSV_REACH ? reader->end - CSV_REACH
                                                            : reader->content,
      .next_quote = part->begin,
      .line = part->first_line,
      .n_expected = reader->n_expected,
      .delimiter = reader->delimiter,
      .quotes = csv_has_quotes(reader),
      .bad = part->bad,
  };
  if (scan->quotes)
    scan->next_quote = csv_find_byte(part->begin, part->end, '"');
}

void csv_scan_close(struct csv_scan *scan)
{
  text_free(&scan->copies);
  free(scan->copied);
  *scan = (struct csv_scan){0};
}

static const char beyond[CSV_REACH];

// The place of the copy is set once all of them are there.
static void copy_cell(struct csv_scan *scan, size_t index, const char *bytes, size_t length)
{
  if (!scan->n_copied)
    text_append_bytes(&scan->copies, beyond, CSV_REACH);
  GROW_ARRAY(scan->copied, scan->capacity, scan->n_copied + 1);
  scan->copied[scan->n_copied++] = index;
  text_append_bytes(&scan->copies, bytes, length);
}

// Copies what stands in quotes, each pair of quotes as one; false if one stands alone.
static bool copy_doubled(struct csv_scan *scan, size_t index, struct csv_cell *cell)
{
  const char *p = cell->bytes, *end = p + cell->length;
  copy_cell(scan, index, p, 0);
  cell->length = 0;
  while (p < end) {
    const char *quote = csv_find_byte(p, end, '"');
    size_t length = (size_t) (quote - p) + (quote < end);
    if (quote < end && (quote + 1 == end || quote[1] != '"'))
      return false;
    text_append_bytes(&scan->copies, p, length);
    cell->length += length;
    p = quote < end ? quote + 2 : end;
  }
  return true;
}

// A cell with a quote in it or just behind it: false unless it stands in quotes.
static bool take_quoted(struct csv_scan *scan, size_t index, const char *stop,
                        struct csv_cell *cell)
{
  const char *bytes = cell->bytes, *last = bytes + cell->length - 1;
  if (scan->next_quote > bytes || last == bytes || *last != '"')
    return false;
  *cell = (struct csv_cell){bytes + 1, (size_t) (last - bytes - 1), true};
  for (const char *feed = bytes; (feed = csv_find_byte(feed, stop, '\n')) < stop; feed++)
    scan->n_feeds++;
  scan->next_quote = csv_find_byte(stop, scan->end, '"');
  if (csv_find_byte(bytes + 1, last, '"') < last)
    return copy_doubled(scan, index, cell);
  return true;
}

// The copies have come to rest.
static void place_copies(struct csv_scan *scan, struct csv_cell *cell)
{
  if (!scan->n_copied)
    return;
  text_append_bytes(&scan->copies, beyond, CSV_REACH);
  const char *bytes = text_content(&scan->copies) + CSV_REACH;
  for (size_t i = 0; i < scan->n_copied; i++) {
    cell[scan->copied[i]].bytes = bytes;
    bytes += cell[scan->copied[i]].length;
  }
}

// Ends of cells in the block at `p`.  *inside: all bits if the block before ended in quotes.
static inline uint64_t find_stops(const char *p, const char *end, char delimiter, bool quotes,
                                  uint64_t *inside)
{
  uint64_t valid;
  struct csv_block block = csv_block_load_left(p, end, &valid);
  uint64_t stops = (csv_block_find(&block, delimiter) | csv_block_find(&block, '\n')) & valid;
  if (quotes) {
    uint64_t here = csv_sum_bits(csv_block_find(&block, '"')) ^ *inside;
    stops &= ~here;
    *inside = 0 - (here >> 63);
  }
  return stops;
}

// `quotes` as a constant makes the loop over a text without them a tight one.
static inline size_t scan_records(struct csv_scan *scan, size_t most, struct csv_cell *cell,
                                  size_t *line, bool quotes)
{
  size_t n = 0, record_line = scan->line;
  const char *bytes = scan->cell, *end = scan->end;
  const char *near_begin = scan->near_begin, *near_end = scan->near_end;
  const char *block = scan->block, *next = scan->next;
  uint64_t stops = scan->stops, inside = scan->inside;
  char delimiter = scan->delimiter;
  struct csv_cell *here = cell, *first = cell, *last = cell + scan->n_expected - 1;
  bool bad = false;
  while (n < most) {
    const char *stop = end; // where a last line has no line feed
    if (stops) {
      stop = block + __builtin_ctzll(stops);
      stops &= stops - 1;
    } else if (next < end) {
      block = next;
      next = end - block > CSV_BLOCK ? block + CSV_BLOCK : end;
      stops = find_stops(block, end, delimiter, quotes, &inside);
      continue;
    } else if (here == first && bytes == end) {
      break;
    }
    bool feed = stop == end || *stop == '\n';
    size_t length = (size_t) (stop - bytes);
    if (feed) {
      if (length && stop < end && stop[-1] == '\r')
        length--;
      bad = here != last;
      if (bad && here == first && length == 0) {
        bad = false;
        bytes = stop + 1; // a blank line
        record_line++;
        continue;
      }
    } else {
      bad = here == last;
    }
    if (bad)
      break;
    *here = (struct csv_cell){bytes, length, false};
    size_t n_copied = scan->n_copied;
    if (quotes && scan->next_quote < stop) {
      bad = !take_quoted(scan, (size_t) (here - cell), stop, here);
      if (bad)
        break;
    }
    bool near_edge = here->bytes > near_end || here->bytes + here->length < near_begin;
    if (near_edge && scan->n_copied == n_copied)
      copy_cell(scan, (size_t) (here - cell), here->bytes, here->length);
    bytes = stop + (stop < end);
    here++;
    if (feed) {
      line[n++] = record_line;
      record_line += 1 + scan->n_feeds;
      scan->n_feeds = 0;
      first = here;
      last = here + scan->n_expected - 1;
    }
  }
  scan->cell = bytes;
  scan->block = block;
  scan->next = next;
  scan->stops = stops;
  scan->inside = inside;
  scan->line = record_line;
  scan->bad = bad;
  return n;
}

size_t csv_scan_next(struct csv_scan *scan, size_t most, struct csv_cell *cell, size_t *line)
{
  if (scan->bad)
    return 0;
  text_clear(&scan->copies);
  scan->n_copied = 0;
  size_t n = scan->quotes ? scan_records(scan, most, cell, line, true)
                          : scan_records(scan, most, cell, line, false);
  place_copies(scan, cell);
  return n;
}
