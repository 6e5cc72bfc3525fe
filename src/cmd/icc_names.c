// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc's names: what a variable and its readers are called.
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/icc_readings.h"

const struct codebook_entry *icc_entry(const struct icc *icc, const char *name)
{
  return codebook_find(&icc->command->table.codebook, name);
}

// reader1_adc, reader2_adc: behind the first `length` bytes, too, names end in the same letter,
// and so what is shared before is not the variable's name.
static bool share_end(const struct table *table, const size_t *column, size_t k, size_t length)
{
  char end = '\0';
  for (size_t j = 0; j < k; j++) {
    const char *name = table->column[column[j]].name;
    size_t n = strlen(name);
    if (n == length || strchr("_.- 0123456789", name[n - 1]) || (j && name[n - 1] != end))
      return false;
    end = name[n - 1];
  }
  return true;
}

char *icc_common_stem(const struct table *table, const size_t *column, size_t k)
{
  const char *first = table->column[column[0]].name;
  size_t length = strlen(first);
  for (size_t j = 1; j < k; j++) {
    const char *other = table->column[column[j]].name;
    size_t same = 0;
    while (same < length && first[same] == other[same])
      same++;
    length = same;
  }
  static const char ends[] = "_.- 0123456789";
  for (size_t j = 0; j < k; j++) {
    const char *name = table->column[column[j]].name;
    if (name[length] && !strchr(ends, name[length]) &&
        (length == 0 || !strchr("_.- ", name[length - 1])))
      return NULL;
  }
  if (share_end(table, column, k, length))
    return NULL;
  while (length && strchr("_.- ", first[length - 1]))
    length--;
  return length ? memory_copy_bytes(first, length) : NULL;
}

// Bytes that the labels share, up to and with the last separator of words; 0 if a column has no
// label or nothing is shared.  *title: bytes before the separator.
static size_t common_label(const struct table *table, const size_t *column, size_t k,
                           size_t *title)
{
  static const char *const separators[] = {", ", "; ", ": ", " (", " - ", " \u2013 "};
  const char *first = table->column[column[0]].label;
  size_t same = first ? strlen(first) : 0, best = 0;
  for (size_t j = 1; j < k && same; j++) {
    const char *other = table->column[column[j]].label;
    size_t length = 0;
    while (other && length < same && first[length] == other[length])
      length++;
    same = length;
  }
  for (size_t end = 1; end <= same; end++)
    for (size_t s = 0; s < sizeof separators / sizeof *separators; s++) {
      size_t length = strlen(separators[s]);
      if (end > length && strncmp(first + end - length, separators[s], length) == 0) {
        best = end;
        *title = end - length;
      }
    }
  return best;
}

static char *with_part(const struct icc_wanted *wanted, const char *name)
{
  char number[NUMBER_SIZE];
  switch (wanted->kind) {
  case PART_LOG:
    return text_format("log(%s)", name);
  case PART_SQRT:
    return text_format("sqrt(%s)", name);
  case PART_SCALED:
    return text_format("%s/%s", name, number_write(number, wanted->scale));
  default:
    return memory_copy_text(name);
  }
}

bool icc_is_transformed(const struct icc_wanted *wanted)
{
  return wanted->kind == PART_LOG || wanted->kind == PART_SQRT || wanted->kind == PART_SCALED;
}

void icc_name_variable(const struct icc *icc, struct icc_variable *variable,
                          const struct icc_wanted *wanted, const char *stem, const size_t *column,
                          size_t k)
{
  const struct table *table = &icc->command->table;
  const struct codebook_entry *entry = icc_entry(icc, stem);
  const struct column *first = &table->column[column[0]];
  size_t title_length = 0, shared = common_label(table, column, k, &title_length);
  char *title = entry && entry->label              ? memory_copy_text(entry->label)
                : k == 1 && first->label           ? memory_copy_text(first->label)
                : shared                           ? memory_copy_bytes(first->label, title_length)
                                                   : NULL;
  variable->name = with_part(wanted, stem);
  bool transformed = icc_is_transformed(wanted);
  variable->title = !title        ? memory_copy_text(variable->name)
                    : transformed ? text_format("%s [%s]", title, variable->name)
                                  : memory_copy_text(title);
  free(title);
  variable->unit = first->unit;
  variable->digits = first->digits;
  for (size_t j = 1; j < k; j++) {
    if (!text_equal(table->column[column[j]].unit, first->unit))
      variable->unit = NULL;
    if (table->column[column[j]].digits > variable->digits)
      variable->digits = table->column[column[j]].digits;
  }
  if (entry && entry->unit)
    variable->unit = entry->unit;
  if (entry && entry->digits >= 0)
    variable->digits = entry->digits;
  if (transformed) {
    variable->unit = NULL;
    variable->digits = -1;
  }
}

// What is printed for the reader whose readings the j-th column holds: what its label has
// apart; else its label, if all columns have one; else its number among the suffixes, or its
// name.  The caller frees.
static char *reader_title(const struct icc *icc, const size_t *column, size_t k, size_t j)
{
  const struct table *table = &icc->command->table;
  const char *label = table->column[column[j]].label;
  size_t title_length, shared = common_label(table, column, k, &title_length);
  if (shared && label[shared]) {
    size_t length = strlen(label) - shared;
    if (label[shared - 1] == '(' && text_ends(label, ")"))
      length--;
    return memory_copy_bytes(label + shared, length);
  }
  for (size_t i = 0; i < k && label; i++)
    if (!table->column[column[i]].label)
      label = NULL;
  return label                               ? memory_copy_text(label)
         : icc->settings->suffixes.n_items ? text_format("Reader %zu", j + 1)
                                             : memory_copy_text(table->column[column[j]].name);
}

void icc_name_readers(const struct icc *icc, struct icc_variable *variable,
                         const size_t *column, size_t k)
{
  variable->n_readers = k;
  variable->reader = NEW_ARRAY(char *, k);
  variable->reader_title = NEW_ARRAY(char *, k);
  for (size_t j = 0; j < k; j++) {
    variable->reader[j] = memory_copy_text(icc->command->table.column[column[j]].name);
    variable->reader_title[j] = reader_title(icc, column, k, j);
  }
}
