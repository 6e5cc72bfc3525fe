// SPDX-License-Identifier: GPL-3.0-or-later
// Tables from delimited text.
//
// The text is cut into parts at ends of records, and the parts are read side by side: first
// their rows are counted, then each part fills its own rows of the columns, a few hundred cells
// at a time: their places first, then column by column their numbers.  A cell that is not a
// plain number takes the slow road.  Nothing depends on how many parts or threads there are: an
// error in the text is looked up by csv_next from the top, and the earliest odd cell of a
// column is the one in the first part that has any.
#include <config.h>

#include <assert.h>
#include <ctype.h>
#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"
#include "data/encoding.h"
#include "data/table_source.h"

enum {
  N_SAMPLE_ROWS = 1000, // from which decimals and the likely type are told
  LEAST_PART = 1 << 18, // bytes
  MOST_PARTS = 64,
  MOST_PART_COLUMNS = 1 << 16, // parts times columns to load
  MOST_EXCERPT = 40,           // bytes of a cell in a message
  N_CELLS_AT_ONCE = 1024,      // or a record, if that has more
};

struct text_state {
  struct csv_reader *reader;
  size_t body_offset, body_line; // behind the header
  size_t n_columns;              // of the file: derived ones come behind
  struct csv_part part[MOST_PARTS];
  size_t n_parts;
};

// A cell that is no number where a number should be.
struct odd_cell {
  size_t line; // 0: none
  char *bytes;
  size_t length;
};

enum mode { MODE_SKIP, MODE_NUMBERS, MODE_TEXTS };

// What most numbers of a column have in common: how many digits stand behind the mark.
struct shape {
  size_t from_end;      // of the mark; 0: there is none
  size_t least, spread; // bytes of the cell: from `least` to `least + spread`
  uint64_t behind;      // the bytes behind the mark among the last eight
  double divisor[2];    // that makes the digits the number; its negative
};

// One column in one part.
struct reading {
  enum mode mode;
  const struct missing_tokens *missing;
  double *value; // of the whole column
  struct shape shape;
  size_t n_missing, n_odd;
  struct odd_cell odd;     // the first
  struct level_set levels; // missing tokens too
  size_t last_level;       // index that the last text got
  bool blanks_removed;
};

// --- Opening

// UTF-8 from whatever it is.  A byte order mark is a surer witness than an option.
static bool decode(struct table *table, const char *asked, struct error *error)
{
  struct text *content = &table->source->content;
  if (asked && !encoding_check(asked, error))
    return false;
  const char *marked = encoding_of_mark(text_content(content), content->length);
  if (marked && asked && strncasecmp(asked, marked, strlen(asked)) != 0)
    text_list_adopt(&table->notes, text_format("%s says by its first bytes that it is %s: "
                                               "--encoding=%s was not applied",
                                               table->name, marked, asked));
  const char *encoding = marked ? marked : asked;
  if (!encoding || strcmp(encoding, "UTF-8") == 0)
    return true;
  table_digest(table); // of the bytes that are about to go
  return encoding_convert(content, encoding, table->name, error);
}

static bool take_header(struct table *table, struct text_state *state, struct error *error)
{
  struct csv_cell *cell;
  size_t n_cells;
  enum csv_status status = csv_next(state->reader, &cell, &n_cells, error);
  if (status == CSV_ERROR)
    return false;
  if (status == CSV_END)
    return error_set(error, ERROR_DATA, "%s: empty (the first line must name the columns)",
                     table->name);
  size_t line = csv_line(state->reader), n_numbers = 0;
  struct level_set names = {0};
  bool good = true;
  for (size_t i = 0; i < n_cells && good; i++) {
    size_t length = cell[i].length;
    const char *bytes = table_trim(cell[i].bytes, &length);
    double number;
    n_numbers += table_parse_number(table, bytes, length, &number);
    size_t index = level_set_add(&names, bytes, length, 1, line);
    char *name = memory_copy_bytes(bytes, length);
    if (length == 0)
      good = error_set(error, ERROR_DATA, "%s:%zu: column %zu has no name%s", table->name, line,
                       i + 1, i == 0 ? " (row names of R's write.csv? use row.names = FALSE)" : "");
    else if (index < i)
      good = error_set(error, ERROR_DATA, "%s:%zu: columns %zu and %zu have the same name '%s'",
                       table->name, line, index + 1, i + 1, name);
    if (good)
      table_append_column(table, name);
    else
      free(name);
  }
  level_set_free(&names);
  if (good && n_numbers == n_cells)
    good = error_set(error, ERROR_DATA,
                     "%s:%zu: nothing but numbers: the first line must name the columns",
                     table->name, line);
  return good;
}

static bool open_text(struct table *table, const struct table_options *options, struct error *error)
{
  struct table_source *source = table->source;
  struct text_state *state = NEW_ZEROED(struct text_state, 1);
  source->state = state;
  if (!decode(table, options->encoding, error))
    return false;
  const char *content = text_content(&source->content);
  state->reader = csv_open(content, source->content.length, table->name, options->delimiter, error);
  if (!state->reader)
    return false;
  if (!take_header(table, state, error))
    return false;
  // With a decimal comma a comma does not delimit, unless it evidently does.
  if (!options->delimiter && source->decimal == ',' && table->n_columns == 1 &&
      csv_delimiter_used(state->reader) == ',') {
    csv_close(state->reader);
    state->reader = csv_open(content, source->content.length, table->name, ';', error);
    struct csv_cell *cell;
    size_t n_cells;
    if (csv_next(state->reader, &cell, &n_cells, error) != CSV_RECORD)
      return false;
  }
  source->delimiter = csv_delimiter_used(state->reader);
  state->n_columns = table->n_columns;
  state->body_offset = csv_offset(state->reader, &state->body_line);
  return true;
}

static void close_text(struct table_source *source)
{
  struct text_state *state = source->state;
  if (!state)
    return;
  csv_close(state->reader);
  free(state);
  source->state = NULL;
}

// --- Parts

// The error that csv_next gives, reading from the top.
static bool tell_text_error(struct text_state *state, struct error *error)
{
  struct csv_cell *cell;
  size_t n_cells;
  csv_seek(state->reader, state->body_offset, state->body_line);
  enum csv_status status;
  while ((status = csv_next(state->reader, &cell, &n_cells, error)) == CSV_RECORD)
    continue;
  assert(status == CSV_ERROR);
  return false;
}

static bool count_rows(struct table *table, size_t n_loads, struct error *error)
{
  struct text_state *state = table->source->state;
  size_t most = n_loads > MOST_PART_COLUMNS / MOST_PARTS ? MOST_PART_COLUMNS / n_loads : MOST_PARTS;
  state->n_parts = csv_cut(state->reader, state->body_offset, state->body_line, most ? most : 1,
                           LEAST_PART, state->part);
  for (size_t i = 0; i < state->n_parts; i++)
    if (state->part[i].bad)
      return tell_text_error(state, error);
  if (!table->source->counted) {
    const struct csv_part *last = &state->part[state->n_parts - 1];
    table->source->n_file_rows = last->first_record + last->n_records;
    table->line = NEW_ARRAY(size_t, table->source->n_file_rows);
  }
  return true;
}

// --- Cells

static void take_number(const struct table *table, size_t column, struct reading *reading,
                        size_t row, size_t line, const char *bytes, size_t length)
{
  double number = NAN;
  const char *trimmed = bytes;
  size_t n = length;
  trimmed = table_trim(trimmed, &n);
  if (number_parse(trimmed, n, table->source->decimal, &number)) {
    if (missing_tokens_have(reading->missing, number)) {
      number = NAN;
      reading->n_missing++;
    }
  } else if (table_is_missing(table, column, trimmed, n)) {
    number = NAN;
    reading->n_missing++;
  } else {
    number = NAN;
    if (reading->n_odd++ == 0)
      reading->odd = (struct odd_cell){line, memory_copy_bytes(trimmed, n), n};
  }
  reading->value[row] = number;
}

static void take_text(struct reading *reading, size_t row, size_t line, const char *bytes,
                      size_t length, bool quoted)
{
  if (!quoted && length &&
      (isblank((unsigned char) bytes[0]) || isblank((unsigned char) bytes[length - 1]))) {
    bytes = table_trim(bytes, &length);
    reading->blanks_removed = reading->blanks_removed || length;
  }
  struct level_set *levels = &reading->levels;
  size_t last = reading->last_level;
  if (last < levels->n_levels && levels->level[last].length == length &&
      memcmp(levels->level[last].name, bytes, length) == 0)
    levels->level[last].count++;
  else
    reading->last_level = level_set_add(levels, bytes, length, 1, line);
  reading->value[row] = (double) reading->last_level;
}

// --- Numbers

static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

// Reads [-] digits [mark digits], at most 18 digits that make an integer of at most 2^53:
// then one division by an exact power of ten rounds once (W. D. Clinger, 1990), which is
// what number_parse gives.  Returns the byte behind, or NULL for any other cell.  Somewhere
// behind p is a NUL byte.
static inline const char *scan_number(const char *p, char mark, double *number)
{
  bool negative = *p == '-';
  p += negative;
  const char *start = p;
  uint64_t digits = 0;
  unsigned digit;
  while ((digit = (unsigned char) *p - (unsigned) '0') < 10) {
    digits = digits * 10 + digit;
    p++;
  }
  size_t n_digits = (size_t) (p - start), n_decimals = 0;
  if (*p == mark) {
    start = ++p;
    while ((digit = (unsigned char) *p - (unsigned) '0') < 10) {
      digits = digits * 10 + digit;
      p++;
    }
    n_decimals = (size_t) (p - start);
    n_digits += n_decimals;
  }
  if (n_digits - 1 >= 18 || digits > UINT64_C(1) << 53)
    return NULL;
  double exact = (double) digits / power_of_ten[n_decimals];
  *number = negative ? -exact : exact;
  return p;
}

static inline uint64_t load_bytes(const char *p)
{
  uint64_t word;
  memcpy(&word, p, sizeof word);
  return le64toh(word);
}

// The number that eight digits make, the first one lowest, each less '0': pairs of digits,
// pairs of these and once more, side by side.
static inline uint64_t join_digits(uint64_t digits)
{
  digits = (digits * (1 + (10 << 8))) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
  digits = (digits * (1 + (100 << 16))) >> 16 & UINT64_C(0x0000ffff0000ffff);
  return (digits * (1 + (UINT64_C(10000) << 32))) >> 32;
}

// --- Reading a part

// The cells of one column in some records.
struct stretch {
  const struct csv_cell *cell; // of the first record
  size_t column, n_columns, n_records, row;
  const size_t *line;
};

static void set_shape(struct shape *shape, const char *p, size_t length, char mark)
{
  const char *found = memchr(p, mark, length);
  size_t n_decimals = found ? (size_t) (p + length - found) - 1 : 0;
  if (n_decimals > 7)
    return;
  size_t most = found ? 9 : 8;
  shape->from_end = found ? n_decimals + 1 : 0;
  shape->least = found && n_decimals ? n_decimals + 1 : found ? 2 : 1;
  shape->spread = most - shape->least;
  shape->behind = !found ? UINT64_MAX : n_decimals ? UINT64_MAX << 8 * (8 - n_decimals) : 0;
  shape->divisor[0] = power_of_ten[n_decimals];
  shape->divisor[1] = -power_of_ten[n_decimals];
}

// As scan_number, for cells of this shape: [-] and up to eight digits, and the mark where it is
// expected.  False for any other.  CSV_REACH bytes can be read.
static inline bool parse_shaped_number(const struct shape *shape, const char *p, size_t length,
                                       char mark, double *number)
{
  const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
  const char *end = p + length;
  size_t minus = *p == '-', from_end = shape->from_end;
  length -= minus;
  if (length - shape->least > shape->spread || (from_end && end[-(ptrdiff_t) from_end] != mark))
    return false;
  // The digits alone, those of the cell at the top, zeros before them.
  uint64_t digits = (load_bytes(end - 8) & shape->behind) |
                    (load_bytes(end - 9) & ~shape->behind);
  digits = (digits ^ ones * '0') & UINT64_MAX << 8 * (shape->least + shape->spread - length);
  if ((((digits & ~highs) + ones * 0x76) | digits) & highs)
    return false;
  *number = (double) (int64_t) join_digits(digits) / shape->divisor[minus];
  return true;
}

static inline void read_numbers_with(const struct table *table, struct reading *reading,
                                     const struct stretch *stretch, char mark, bool check)
{
  const struct csv_cell *cell = stretch->cell;
  double *value = reading->value + stretch->row;
  struct shape shape = reading->shape;
  for (size_t i = 0; i < stretch->n_records; i++, cell += stretch->n_columns) {
    const char *bytes = cell->bytes;
    size_t length = cell->length;
    bool plain = parse_shaped_number(&shape, bytes, length, mark, &value[i]);
    if (!plain && scan_number(bytes, mark, &value[i]) == bytes + length) {
      set_shape(&shape, bytes, length, mark);
      plain = true;
    }
    if (plain && check && missing_tokens_have(reading->missing, value[i])) {
      value[i] = NAN;
      reading->n_missing++;
    }
    if (!plain)
      take_number(table, stretch->column, reading, stretch->row + i, stretch->line[i], bytes,
                  length);
  }
  reading->shape = shape;
}

static void read_numbers(const struct table *table, struct reading *reading,
                         const struct stretch *stretch)
{
  char mark = table->source->decimal;
  // The common case has constants, which makes its loop tighter.
  if (mark == '.' && reading->missing->n_numbers == 0)
    read_numbers_with(table, reading, stretch, '.', false);
  else
    read_numbers_with(table, reading, stretch, mark, reading->missing->n_numbers > 0);
}

static void read_texts(struct reading *reading, const struct stretch *stretch)
{
  const struct csv_cell *cell = stretch->cell;
  for (size_t i = 0; i < stretch->n_records; i++, cell += stretch->n_columns)
    take_text(reading, stretch->row + i, stretch->line[i], cell->bytes, cell->length,
              cell->quoted);
}

// Reads what is loaded of a part, `reading` for each load.
static void read_part(struct table *table, struct csv_part *part, const struct column_load *load,
                      size_t n_loads, struct reading *reading)
{
  const struct table_source *source = table->source;
  const struct text_state *state = source->state;
  size_t n_columns = state->n_columns, most = N_CELLS_AT_ONCE / n_columns + 1;
  struct csv_cell *cell = NEW_ARRAY(struct csv_cell, n_columns * most);
  size_t *line = NEW_ARRAY(size_t, most);
  struct csv_scan scan;
  csv_scan_open(&scan, state->reader, part);
  struct stretch stretch = {.n_columns = n_columns, .row = part->first_record, .line = line};
  while ((stretch.n_records = csv_scan_next(&scan, most, cell, line))) {
    for (size_t j = 0; j < n_loads; j++) {
      stretch.column = load[j].column;
      stretch.cell = cell + stretch.column;
      if (reading[j].mode == MODE_NUMBERS)
        read_numbers(table, &reading[j], &stretch);
      else if (reading[j].mode == MODE_TEXTS)
        read_texts(&reading[j], &stretch);
    }
    if (!source->counted)
      memcpy(table->line + stretch.row, line, stretch.n_records * sizeof *line);
    stretch.row += stretch.n_records;
  }
  part->bad = scan.bad;
  csv_scan_close(&scan);
  free(cell);
  free(line);
}

// --- Loading

static int count_decimals(const char *bytes, size_t length, char mark)
{
  const char *point = memchr(bytes, mark, length);
  int n = 0, exponent = 0;
  const char *p = point ? point + 1 : bytes, *end = bytes + length;
  for (; p < end && *p != 'e' && *p != 'E'; p++)
    n += point != NULL;
  if (p < end) {
    char digits[8] = "";
    size_t n_digits = (size_t) (end - p - 1);
    memcpy(digits, p + 1, n_digits < sizeof digits - 1 ? n_digits : sizeof digits - 1);
    exponent = atoi(digits);
  }
  return n > exponent ? n - exponent : 0;
}

// Looks at the first rows for decimals, and for columns that will be read as texts: a wrong
// guess costs a second reading and nothing else.
static void sample_rows(const struct table *table, struct column_load *load, size_t n_loads,
                        enum mode *mode)
{
  struct text_state *state = table->source->state;
  size_t *n_numbers = NEW_ZEROED(size_t, n_loads), *n_odd = NEW_ZEROED(size_t, n_loads);
  csv_seek(state->reader, state->body_offset, state->body_line);
  struct csv_cell *cells;
  size_t n_cells;
  for (size_t row = 0; row < N_SAMPLE_ROWS; row++) {
    if (csv_next(state->reader, &cells, &n_cells, NULL) != CSV_RECORD)
      break;
    for (size_t i = 0; i < n_loads; i++) {
      size_t length = cells[load[i].column].length;
      const char *bytes = table_trim(cells[load[i].column].bytes, &length);
      double number;
      if (table_is_missing(table, load[i].column, bytes, length))
        continue;
      if (table_parse_number(table, bytes, length, &number)) {
        n_numbers[i]++;
        int decimals = count_decimals(bytes, length, table->source->decimal);
        if (decimals > load[i].most_decimals)
          load[i].most_decimals = decimals;
      } else {
        n_odd[i]++;
      }
    }
  }
  for (size_t i = 0; i < n_loads; i++) {
    bool texts = load[i].rule == LOAD_TEXTS || (load[i].rule == LOAD_CATEGORIES && n_odd[i]) ||
                 (load[i].rule == LOAD_BY_CONTENT && n_odd[i] > n_numbers[i]);
    mode[i] = texts ? MODE_TEXTS : MODE_NUMBERS;
  }
  free(n_numbers);
  free(n_odd);
}

static void set_odd_error(const struct table *table, struct column_load *load,
                          const struct odd_cell *odd)
{
  const char *name = table->column[load->column].name;
  size_t shown = odd->length;
  if (shown > MOST_EXCERPT)
    shown = text_whole_characters(odd->bytes, MOST_EXCERPT);
  const char *more = shown < odd->length ? "..." : "";
  char mark = table->source->decimal == '.' ? ',' : '.';
  double number;
  struct text hint = {0};
  if (number_parse(odd->bytes, odd->length, mark, &number)) {
    text_append_format(&hint, "use --decimal=%c if that is the decimal mark", mark);
  } else if (!*more && !strpbrk(odd->bytes, ",'\n\r")) {
    bool plain = !odd->bytes[strcspn(odd->bytes, " \t\"$`\\!*?[]{}()<>|&;#~")];
    text_append_format(
        &hint,
        plain ? "use --na=%s or a codebook if it means missing"
              : "use --na='%s' or a codebook if it means missing",
        odd->bytes);
  } else {
    text_append(&hint, "--na=TOKEN names what means missing");
  }
  error_set(&load->error, ERROR_DATA, "%s:%zu: column '%s': '%.*s%s' is not a number (%s)%s",
            table->name, odd->line, name, (int) shown, odd->bytes, more, text_content(&hint),
            load->rule == LOAD_BY_CONTENT ? "; if these are categories, use factor() or a codebook"
                                          : "");
  load->error_line = odd->line;
  text_free(&hint);
}

// Joins the levels of all parts, missing tokens set aside, and renumbers the values.
static void join_levels(struct table *table, struct column_load *load, struct reading *reading,
                        size_t n_loads)
{
  const struct text_state *state = table->source->state;
  for (size_t i = 0; i < state->n_parts; i++) {
    struct reading *own = &reading[i * n_loads];
    double *renumbered = NEW_ARRAY(double, own->levels.n_levels);
    bool same = true;
    for (size_t j = 0; j < own->levels.n_levels; j++) {
      const struct level *level = &own->levels.level[j];
      if (table_is_missing(table, load->column, level->name, level->length)) {
        renumbered[j] = NAN;
        load->n_missing += level->count;
      } else {
        renumbered[j] = (double) level_set_add(&load->levels, level->name, level->length,
                                               level->count, level->first_line);
      }
      same = same && renumbered[j] == (double) j;
    }
    const struct csv_part *part = &state->part[i];
    double *value = load->value + part->first_record;
    for (size_t row = 0; !same && row < part->n_records; row++)
      value[row] = renumbered[(size_t) value[row]];
    free(renumbered);
  }
}

// Settles the type of a column that was read as numbers.  False: it must be read as texts.
static bool settle_numbers(const struct table *table, struct column_load *load,
                           const struct reading *reading, size_t n_loads)
{
  const struct text_state *state = table->source->state;
  const struct odd_cell *odd = NULL;
  size_t n_odd = 0;
  load->n_missing = 0;
  for (size_t i = 0; i < state->n_parts; i++) {
    const struct reading *own = &reading[i * n_loads];
    load->n_missing += own->n_missing;
    n_odd += own->n_odd;
    if (!odd && own->n_odd)
      odd = &own->odd;
  }
  load->numeric = true;
  if (!odd)
    return true;
  size_t n_numbers = table->source->n_file_rows - load->n_missing - n_odd;
  if (load->rule == LOAD_CATEGORIES || (load->rule == LOAD_BY_CONTENT && n_odd > n_numbers))
    return false;
  set_odd_error(table, load, odd);
  return true;
}

static void settle_texts(struct table *table, struct column_load *load, struct reading *reading,
                         size_t n_loads)
{
  const struct text_state *state = table->source->state;
  join_levels(table, load, reading, n_loads);
  for (size_t i = 0; i < state->n_parts; i++)
    load->blanks_removed = load->blanks_removed || reading[i * n_loads].blanks_removed;
  load->numeric = false;
  if (load->rule != LOAD_BY_CONTENT)
    return;
  size_t n_numbers = 0, n_odd = 0;
  const struct level *odd = NULL;
  for (size_t j = 0; j < load->levels.n_levels; j++) {
    const struct level *level = &load->levels.level[j];
    double number;
    if (table_parse_number(table, level->name, level->length, &number)) {
      n_numbers += level->count;
    } else {
      n_odd += level->count;
      if (!odd || level->first_line < odd->first_line)
        odd = level;
    }
  }
  if (odd && n_numbers >= n_odd)
    set_odd_error(table, load, &(struct odd_cell){odd->first_line, odd->name, odd->length});
}

// Reads the columns whose mode is not MODE_SKIP; those that turn out otherwise get
// MODE_TEXTS and the rest MODE_SKIP.
static bool read_columns(struct table *table, struct column_load *load, size_t n_loads,
                         enum mode *mode, struct error *error)
{
  struct table_source *source = table->source;
  struct text_state *state = source->state;
  bool good = true;
  size_t n_parts = state->n_parts;
  struct reading *reading = NEW_ZEROED(struct reading, n_parts * n_loads);
  for (size_t k = 0; k < n_parts * n_loads; k++) {
    reading[k].mode = mode[k % n_loads];
    reading[k].missing = load[k % n_loads].missing;
    reading[k].value = load[k % n_loads].value;
    set_shape(&reading[k].shape, "0", 1, '.');
  }
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
  for (size_t i = 0; i < n_parts; i++)
    read_part(table, &state->part[i], load, n_loads, &reading[i * n_loads]);
  for (size_t i = 0; i < n_parts; i++)
    good = good && !state->part[i].bad;
  if (!good)
    tell_text_error(state, error);
  if (good)
    source->counted = true;
  for (size_t j = 0; j < n_loads && good; j++) {
    if (mode[j] == MODE_TEXTS) {
      settle_texts(table, &load[j], &reading[j], n_loads);
      mode[j] = MODE_SKIP;
    } else if (mode[j] == MODE_NUMBERS) {
      mode[j] = settle_numbers(table, &load[j], &reading[j], n_loads) ? MODE_SKIP : MODE_TEXTS;
      load[j].n_missing = mode[j] == MODE_SKIP ? load[j].n_missing : 0;
    }
  }
  for (size_t k = 0; k < n_parts * n_loads; k++) {
    level_set_free(&reading[k].levels);
    free(reading[k].odd.bytes);
  }
  free(reading);
  return good;
}

static bool load_text(struct table *table, struct column_load *load, size_t n_loads,
                      struct error *error)
{
  struct table_source *source = table->source;
  if (!count_rows(table, n_loads, error))
    return false;
  for (size_t j = 0; j < n_loads; j++)
    load[j].value = NEW_ARRAY(double, source->n_file_rows);
  enum mode *mode = NEW_ARRAY(enum mode, n_loads);
  sample_rows(table, load, n_loads, mode);
  bool good = true, again = true;
  while (again && good) {
    good = read_columns(table, load, n_loads, mode, error);
    again = false;
    for (size_t j = 0; j < n_loads; j++)
      again = again || mode[j] != MODE_SKIP;
  }
  free(mode);
  if (!good) {
    if (!source->counted) {
      free(table->line);
      table->line = NULL;
    }
    return false;
  }
  return true;
}

static bool recognize_text(const char *content, size_t length)
{
  (void) content;
  (void) length;
  return true;
}

const struct table_format table_format_text = {
    .name = "delimited text",
    .recognizes = recognize_text,
    .open = open_text,
    .load = load_text,
    .close = close_text,
};
