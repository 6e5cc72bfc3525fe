// SPDX-License-Identifier: GPL-3.0-or-later
// The columns of a statistics file and what their cells say.
#include <config.h>

#include "data/statfile.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/memory.h"
#include "base/number.h"

enum {
  DAY_SECONDS = 86400,
  SINGLE_DIGITS = 9, // significant digits that tell any two numbers of single precision apart
};

void statfile_free_label(struct statfile_label *label)
{
  free(label->text);
  free(label->label);
}

void statfile_unload(struct statfile *file)
{
  for (size_t i = 0; i < file->n_columns; i++) {
    free(file->column[i].value);
    file->column[i].value = NULL;
    level_set_free(&file->column[i].texts);
  }
}

void statfile_free(struct statfile *file)
{
  statfile_unload(file);
  for (size_t i = 0; i < file->n_columns; i++) {
    struct statfile_column *column = &file->column[i];
    free(column->name);
    free(column->label);
    free(column->format);
    for (size_t j = 0; j < column->n_value_labels; j++)
      statfile_free_label(&column->value_label[j]);
    free(column->value_label);
    for (size_t j = 0; j < column->n_missing; j++)
      free(column->missing[j].text);
    free(column->missing);
  }
  free(file->column);
  *file = (struct statfile){0};
}

void statfile_take_cells(struct statfile *file, struct statfile *from)
{
  *file = *from;
  file->column = NEW_ARRAY(struct statfile_column, from->n_columns);
  for (size_t i = 0; i < from->n_columns; i++) {
    struct statfile_column *old = &from->column[i], *column = &file->column[i];
    *column = *old;
    old->value = NULL;
    old->texts = (struct level_set){0};
    column->name = memory_copy_text(old->name);
    column->label = memory_copy_text(old->label);
    column->format = memory_copy_text(old->format);
    column->value_label = NEW_ARRAY(struct statfile_label, old->n_value_labels);
    for (size_t j = 0; j < old->n_value_labels; j++)
      column->value_label[j] = (struct statfile_label){old->value_label[j].number,
                                                       memory_copy_text(old->value_label[j].text),
                                                       memory_copy_text(old->value_label[j].label)};
    column->missing = NEW_ARRAY(struct statfile_range, old->n_missing);
    for (size_t j = 0; j < old->n_missing; j++) {
      column->missing[j] = old->missing[j];
      column->missing[j].text = memory_copy_text(old->missing[j].text);
    }
  }
}

// --- Missing values

// A quiet NaN whose lowest byte is the kind.
static const uint64_t quiet_nan = UINT64_C(0x7ff8000000000000);

double statfile_missing(char tag)
{
  uint64_t bits = quiet_nan | (unsigned char) tag;
  double missing;
  memcpy(&missing, &bits, sizeof missing);
  return missing;
}

char statfile_tag(double missing)
{
  uint64_t bits;
  memcpy(&bits, &missing, sizeof bits);
  return (bits & ~UINT64_C(0xff)) == quiet_nan ? (char) (bits & 0xff) : '\0';
}

// The text of a cell of a text column.
static const struct level *text_of(const struct statfile_column *column, double value)
{
  return &column->texts.level[(size_t) value];
}

bool statfile_is_missing(const struct statfile_column *column, double value)
{
  if (isnan(value))
    return true;
  if (column->content == STATFILE_TEXT) {
    const char *text = text_of(column, value)->name;
    for (size_t i = 0; i < column->n_missing; i++)
      if (text_equal(column->missing[i].text, text))
        return true;
    return !*text;
  }
  for (size_t i = 0; i < column->n_missing; i++)
    if (value >= column->missing[i].least && value <= column->missing[i].most)
      return true;
  return false;
}

// --- Labels

// Where the value is, or would be, among the labels.
static size_t search_number(const struct statfile_column *column, double number)
{
  size_t low = 0, high = column->n_value_labels;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (column->value_label[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static size_t search_text(const struct statfile_column *column, const char *text)
{
  size_t low = 0, high = column->n_value_labels;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (strcmp(column->value_label[middle].text, text) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const char *statfile_find_label(const struct statfile_column *column, double value)
{
  if (!column->n_value_labels || isnan(value))
    return NULL;
  if (column->content == STATFILE_TEXT) {
    const char *text = text_of(column, value)->name;
    size_t at = search_text(column, text);
    return at < column->n_value_labels && strcmp(column->value_label[at].text, text) == 0
               ? column->value_label[at].label
               : NULL;
  }
  size_t at = search_number(column, value);
  return at < column->n_value_labels && column->value_label[at].number == value
             ? column->value_label[at].label
             : NULL;
}

// --- Texts

// Year, month and day of a day, counted from 1970-01-01: H. Hinnant, "chrono-compatible
// low-level date algorithms" (2021), civil_from_days.
static void split_day(int64_t day, int *year, int *month, int *day_of_month)
{
  day += 719468; // from 0000-03-01
  int64_t era = (day >= 0 ? day : day - 146096) / 146097;
  int64_t day_of_era = day - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted = (5 * day_of_year + 2) / 153; // March is 0
  *day_of_month = (int) (day_of_year - (153 * shifted + 2) / 5 + 1);
  *month = (int) (shifted < 10 ? shifted + 3 : shifted - 9);
  *year = (int) (year_of_era + era * 400 + (*month <= 2));
}

void statfile_append_date(struct text *text, enum statfile_content content, double value)
{
  double days = content == STATFILE_DATE ? floor(value) : floor(value / DAY_SECONDS);
  // Years 1 to 9999; anything else is no date of a patient.
  if (!(days >= -719162 && days <= 2932896)) {
    char number[NUMBER_SIZE];
    text_append(text, number_write(number, value));
    return;
  }
  int year, month, day;
  split_day((int64_t) days, &year, &month, &day);
  text_append_format(text, "%04d-%02d-%02d", year, month, day);
  if (content == STATFILE_DATE)
    return;
  double left = value - days * DAY_SECONDS;
  int second = (int) left;
  text_append_format(text, " %02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
  int thousandth = (int) ((left - second) * 1000 + 0.5);
  if (thousandth > 0 && thousandth < 1000)
    text_append_format(text, ".%03d", thousandth);
}

void statfile_append_cell(struct text *text, const struct statfile_column *column, size_t row)
{
  double value = column->value[row];
  if (statfile_is_missing(column, value))
    return;
  char number[NUMBER_SIZE];
  const char *label = NULL;
  if (column->content == STATFILE_TEXT || column->all_labelled)
    label = statfile_find_label(column, value);
  if (label)
    text_append(text, label);
  else if (column->content == STATFILE_TEXT)
    text_append_bytes(text, text_of(column, value)->name, text_of(column, value)->length);
  else if (column->content != STATFILE_NUMBER)
    statfile_append_date(text, column->content, value);
  else if (decimal_write(number, value))
    text_append(text, number);
  else
    text_append(text, number_write(number, value));
}

int statfile_decimals(const struct statfile_column *column, double value)
{
  char number[NUMBER_SIZE];
  number_write(number, value);
  for (int n = 1; column->single && n <= SINGLE_DIGITS; n++) {
    snprintf(number, sizeof number, "%.*g", n, value);
    if (strtof(number, NULL) == (float) value)
      break;
  }
  const char *point = strchr(number, '.'), *e = strpbrk(number, "eE");
  int exponent = e ? atoi(e + 1) : 0;
  int decimals = point ? (int) strcspn(point + 1, "eE") : 0;
  return decimals > exponent ? decimals - exponent : 0;
}

// --- Making

struct statfile_column *statfile_add_column(struct statfile *file, const char *name,
                                            const char *label, enum statfile_content content)
{
  RESIZE_ARRAY(file->column, file->n_columns + 1);
  struct statfile_column *column = &file->column[file->n_columns++];
  *column = (struct statfile_column){.name = memory_copy_text(name),
                                     .label = memory_copy_text(label),
                                     .content = content,
                                     .value = NEW_ARRAY(double, file->n_rows)};
  for (size_t i = 0; i < file->n_rows; i++)
    column->value[i] = statfile_missing('\0');
  return column;
}

void statfile_add_label(struct statfile_column *column, double number, const char *label)
{
  assert(!column->n_value_labels ||
         column->value_label[column->n_value_labels - 1].number < number);
  RESIZE_ARRAY(column->value_label, column->n_value_labels + 1);
  column->value_label[column->n_value_labels++] =
      (struct statfile_label){.number = number, .label = memory_copy_text(label)};
}

void statfile_set_text(struct statfile_column *column, size_t row, const char *bytes, size_t length)
{
  column->value[row] = (double) level_set_add(&column->texts, bytes, length, 1, row + 1);
}
