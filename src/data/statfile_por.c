// SPDX-License-Identifier: GPL-3.0-or-later
// SPSS portable files.  PSPP developers' guide, appendix C "Portable File Format".
//
// ReadStat 1.1 takes each byte of a text for one character of the format's own set, so that
// texts in UTF-8, as PSPP writes them, cannot be read; hence a reader of our own.  Lines have
// 80 bytes, shorter ones stand for blanks.  Behind five lines of 40 bytes is a table that says
// which byte stands for which of the characters 0 to 9, A to Z, ...; then records, each behind
// a letter, of texts (a length, a slash, bytes) and numbers to the base 30.
#include <config.h>

#include "data/statfile_por.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/encoding.h"

enum {
  LINE = 80,
  SPLASH = 200,         // bytes in front of the table
  FIRST_CHARACTER = 64, // of the table: digits, letters and what stands in `characters`
  BASE = 30,
  MOST_DIGITS = 13, // 30^13 < 2^64
  MOST_TEXT = 32767,
  MOST_VARIABLES = 1 << 20,
};

// From 64 on; a blank is one at 126 only.
static const char characters[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz .<(+|&[]!$*);^-/|,%_>?`:#@'=\"";

struct portable {
  const struct statfile_input *input;
  struct error *error;
  struct text stream; // lines without their ends, blanks filled in
  size_t at;
  char ascii[256]; // what a byte stands for
  bool failed;
  struct text text; // the last one read
};

static bool fail(struct portable *portable)
{
  if (!portable->failed)
    error_set(portable->error, ERROR_DATA,
              "%s: an SPSS portable (.por) file that is cut short or damaged",
              portable->input->name);
  portable->failed = true;
  return false;
}

static void join_lines(struct portable *portable)
{
  const char *p = portable->input->content, *end = p + portable->input->length;
  struct text *stream = &portable->stream;
  while (p < end) {
    const char *feed = memchr(p, '\n', (size_t) (end - p)), *stop = feed ? feed : end;
    size_t n = (size_t) (stop - p);
    n -= n && p[n - 1] == '\r';
    text_append_bytes(stream, p, n);
    for (; feed && n < LINE; n++)
      text_append_character(stream, ' ');
    p = feed ? feed + 1 : end;
  }
}

// The next character as ASCII; '\0' at the end.
static char next(struct portable *portable)
{
  if (portable->failed || portable->at >= portable->stream.length) {
    fail(portable);
    return '\0';
  }
  return portable->ascii[(unsigned char) portable->stream.bytes[portable->at++]];
}

static char peek(struct portable *portable)
{
  char c = next(portable);
  portable->at -= !portable->failed;
  return c;
}

static int digit_of(char c)
{
  return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'T' ? c - 'A' + 10 : -1;
}

static double scale(uint64_t digits, int exponent)
{
  // 30^k = 2^k 15^k, and 15^13 < 2^53: one rounding where both are exact.
  if (digits <= UINT64_C(1) << 53 && abs(exponent) <= MOST_DIGITS) {
    double power = 1;
    for (int i = 0; i < abs(exponent); i++)
      power *= BASE;
    return exponent < 0 ? (double) digits / power : (double) digits * power;
  }
  return (double) ((long double) digits * powl(BASE, exponent));
}

// [-] digits [. digits] [+- digits] /, or *. for a missing value.
static double read_number(struct portable *portable)
{
  while (peek(portable) == ' ')
    next(portable);
  char c = next(portable);
  if (c == '*') {
    next(portable);
    return statfile_missing('\0');
  }
  bool negative = c == '-', after_point = false;
  if (negative || c == '+')
    c = next(portable);
  uint64_t digits = 0;
  int n_digits = 0, exponent = 0, n_seen = 0;
  for (;; c = next(portable)) {
    int digit = digit_of(c);
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (digit < 0)
      break;
    n_seen++;
    if (n_digits < MOST_DIGITS) {
      digits = digits * BASE + (uint64_t) digit;
      n_digits += n_digits || digit;
      exponent -= after_point;
    } else {
      exponent += !after_point;
    }
  }
  if (n_seen && (c == '+' || c == '-')) {
    int sign = c == '-' ? -1 : 1, own = 0;
    while ((c = next(portable)) != '/' && digit_of(c) >= 0)
      own = own > 1000 ? own : own * BASE + digit_of(c);
    exponent += sign * own;
  }
  if (c != '/' || !n_seen) {
    fail(portable);
    return NAN;
  }
  double number = scale(digits, exponent);
  if (!isfinite(number))
    fail(portable);
  return negative ? -number : number;
}

static size_t read_count(struct portable *portable, size_t most)
{
  double number = read_number(portable);
  if (portable->failed || !(number >= 0 && number <= (double) most) || number != floor(number)) {
    fail(portable);
    return 0;
  }
  return (size_t) number;
}

// Into portable->text, in UTF-8, blanks at the end removed.
static bool read_text(struct portable *portable)
{
  size_t n = read_count(portable, MOST_TEXT);
  struct text *text = &portable->text;
  text_clear(text);
  if (portable->failed || n > portable->stream.length - portable->at)
    return fail(portable);
  for (size_t i = 0; i < n; i++)
    text_append_character(text, next(portable));
  while (text->length && text->bytes[text->length - 1] == ' ')
    text->bytes[--text->length] = '\0';
  const struct statfile_input *input = portable->input;
  if (memchr(text_content(text), '\0', text->length))
    return fail(portable);
  bool good = true;
  if (input->encoding)
    good = encoding_convert(text, input->encoding, input->name, portable->error);
  else if (!text_is_utf8(text_content(text), text->length, NULL))
    good = error_set(portable->error, ERROR_DATA,
                     "%s: an SPSS portable (.por) file with text that is not UTF-8 (use "
                     "--encoding=NAME, as in --encoding=GB18030 or windows-1252)",
                     input->name);
  portable->failed = portable->failed || !good;
  return good;
}

// --- The dictionary

static void read_table(struct portable *portable)
{
  for (int i = 0; i < 256; i++)
    portable->ascii[i] = (char) i;
  if (portable->stream.length < SPLASH + 256) {
    fail(portable);
    return;
  }
  const char *table = portable->stream.bytes + SPLASH;
  char unused = table[FIRST_CHARACTER]; // what stands for 0 stands in unused places, too
  for (size_t i = 0; i + 1 < sizeof characters; i++)
    if (i == 0 || table[FIRST_CHARACTER + i] != unused)
      portable->ascii[(unsigned char) table[FIRST_CHARACTER + i]] = characters[i];
  portable->at = SPLASH + 256;
  for (const char *p = "SPSSPORT"; *p; p++)
    if (next(portable) != *p)
      fail(portable);
  next(portable);      // the version
  read_text(portable); // date
  read_text(portable); // time
}

// SPSS's number of a format as its name.
static char *read_format(struct portable *portable)
{
  static const char *const names[] = {
      [1] = "A",      [3] = "COMMA",  [4] = "DOLLAR", [5] = "F",      [15] = "Z",
      [16] = "N",     [17] = "E",     [20] = "DATE",  [21] = "TIME",  [22] = "DATETIME",
      [23] = "ADATE", [24] = "JDATE", [25] = "DTIME", [26] = "WKDAY", [27] = "MONTH",
      [28] = "MOYR",  [29] = "QYR",   [30] = "WKYR",  [31] = "PCT",   [32] = "DOT",
      [38] = "EDATE", [39] = "SDATE", [40] = "MTIME", [41] = "YMDHMS"};
  size_t type = read_count(portable, 255), width = read_count(portable, MOST_TEXT);
  size_t decimals = read_count(portable, 255);
  const char *name = type < sizeof names / sizeof *names ? names[type] : NULL;
  if (!name)
    return NULL;
  return decimals ? text_format("%s%zu.%zu", name, width, decimals)
                  : text_format("%s%zu", name, width);
}

static void read_variable(struct portable *portable, struct statfile *file)
{
  RESIZE_ARRAY(file->column, file->n_columns + 1);
  struct statfile_column *column = &file->column[file->n_columns++];
  *column = (struct statfile_column){0};
  column->content = read_count(portable, MOST_TEXT) ? STATFILE_TEXT : STATFILE_NUMBER;
  read_text(portable);
  column->name = memory_copy_text(text_content(&portable->text));
  column->format = read_format(portable);
  free(read_format(portable)); // for writing
}

static void read_missing(struct portable *portable, struct statfile *file, char tag)
{
  struct statfile_column *column = file->n_columns ? &file->column[file->n_columns - 1] : NULL;
  if (!column) {
    fail(portable);
    return;
  }
  struct statfile_range range = {-INFINITY, INFINITY, NULL};
  if (column->content == STATFILE_TEXT) {
    read_text(portable);
    range.text = memory_copy_text(text_content(&portable->text));
    if (tag == 'B')
      read_text(portable); // SPSS has no ranges of texts
  } else if (tag == '8') {
    range.least = range.most = read_number(portable);
  } else if (tag == '9') {
    range.most = read_number(portable);
  } else {
    range.least = read_number(portable);
    if (tag == 'B')
      range.most = read_number(portable);
  }
  RESIZE_ARRAY(column->missing, column->n_missing + 1);
  column->missing[column->n_missing++] = range;
}

static struct statfile_column *find_column(struct statfile *file, const char *name)
{
  for (size_t i = 0; i < file->n_columns; i++)
    if (strcmp(file->column[i].name, name) == 0)
      return &file->column[i];
  return NULL;
}

static void add_label(struct statfile_column *column, const struct statfile_label *label)
{
  RESIZE_ARRAY(column->value_label, column->n_value_labels + 1);
  column->value_label[column->n_value_labels++] = (struct statfile_label){
      label->number, memory_copy_text(label->text), memory_copy_text(label->label)};
}

static void read_labels(struct portable *portable, struct statfile *file)
{
  size_t n_names = read_count(portable, MOST_VARIABLES);
  struct text_list names = {0};
  bool is_text = false;
  for (size_t i = 0; i < n_names && !portable->failed; i++) {
    read_text(portable);
    const struct statfile_column *column = find_column(file, text_content(&portable->text));
    is_text = column && column->content == STATFILE_TEXT;
    text_list_add(&names, text_content(&portable->text));
  }
  size_t n_labels = read_count(portable, MOST_VARIABLES);
  for (size_t i = 0; i < n_labels && !portable->failed; i++) {
    struct statfile_label label = {.number = NAN};
    if (is_text && read_text(portable))
      label.text = memory_copy_text(text_content(&portable->text));
    else if (!is_text)
      label.number = read_number(portable);
    if (read_text(portable) && portable->text.length) {
      label.label = portable->text.bytes;
      for (size_t j = 0; j < names.n_items; j++) {
        struct statfile_column *column = find_column(file, names.item[j]);
        if (column && (column->content == STATFILE_TEXT) == is_text)
          add_label(column, &label);
      }
    }
    free(label.text);
  }
  text_list_free(&names);
}

// Records up to the cells.
static void read_dictionary(struct portable *portable, struct statfile *file)
{
  for (;;) {
    char tag = next(portable);
    if (portable->failed || tag == 'F')
      return;
    switch (tag) {
    case '1':
    case '2':
    case '3':
    case '6': // product, author, remark, weight
      read_text(portable);
      break;
    case '4':
      read_count(portable, MOST_VARIABLES);
      break;
    case '5': // digits
      read_number(portable);
      break;
    case '7':
      read_variable(portable, file);
      break;
    case '8':
    case '9':
    case 'A':
    case 'B':
      read_missing(portable, file, tag);
      break;
    case 'C':
      if (read_text(portable) && file->n_columns && portable->text.length) {
        struct statfile_column *column = &file->column[file->n_columns - 1];
        free(column->label);
        column->label = memory_copy_text(portable->text.bytes);
      }
      break;
    case 'D':
      read_labels(portable, file);
      break;
    case 'E':
      for (size_t n = read_count(portable, MOST_VARIABLES); n && !portable->failed; n--)
        read_text(portable);
      break;
    default:
      fail(portable);
    }
  }
}

// --- Cells

static void read_rows(struct portable *portable, struct statfile *file, const bool *wanted)
{
  size_t capacity = 0;
  file->n_rows = 0;
  while (!portable->failed && peek(portable) != 'Z') {
    if (file->n_rows == capacity) {
      capacity = capacity + capacity / 2 + 1024;
      for (size_t i = 0; i < file->n_columns; i++)
        if (wanted[i])
          RESIZE_ARRAY(file->column[i].value, capacity);
    }
    for (size_t i = 0; i < file->n_columns && !portable->failed; i++) {
      struct statfile_column *column = &file->column[i];
      double value = 0;
      if (column->content != STATFILE_TEXT)
        value = read_number(portable);
      else if (read_text(portable) && wanted[i])
        value = (double) level_set_add(&column->texts, text_content(&portable->text),
                                       portable->text.length, 1, file->n_rows + 1);
      if (wanted[i])
        column->value[file->n_rows] = value;
    }
    file->n_rows++;
  }
}

bool statfile_read_por(struct statfile *file, const struct statfile_input *input,
                       const bool *wanted, struct error *error)
{
  struct portable portable = {.input = input, .error = error};
  join_lines(&portable);
  read_table(&portable);
  struct statfile names = {0};
  read_dictionary(&portable, wanted ? &names : file);
  if (wanted && !portable.failed && names.n_columns != file->n_columns)
    fail(&portable);
  if (wanted && !portable.failed)
    read_rows(&portable, file, wanted);
  statfile_free(&names);
  text_free(&portable.stream);
  text_free(&portable.text);
  return !portable.failed;
}
