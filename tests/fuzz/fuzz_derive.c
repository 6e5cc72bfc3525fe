// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a derivation: an error with a message, or a derivation that prints and parses to
// an equal one and gives the numbers that a plain reader of the printed text computes.  Built by
// clang -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "data/derive.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formula.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

// ---- the printed text, computed as it is read ----

struct reading {
  const char *place;
  const struct text_list *name; // of the columns
  const double *value;          // one row
};

static double read_sum(struct reading *reading);

static bool take(struct reading *reading, const char *sign)
{
  size_t n = strlen(sign);
  bool found = strncmp(reading->place, sign, n) == 0;
  reading->place += found ? n : 0;
  return found;
}

static double read_column(struct reading *reading)
{
  struct text name = {0};
  if (take(reading, "`")) {
    bool doubled;
    while ((doubled = take(reading, "``")) || !take(reading, "`")) {
      demand(doubled || *reading->place);
      text_append_character(&name, doubled ? '`' : *reading->place++);
    }
  } else {
    while (*reading->place && !strchr(" +-*/()", *reading->place))
      text_append_character(&name, *reading->place++);
  }
  size_t j = 0;
  while (j < reading->name->n_items && strcmp(reading->name->item[j], text_content(&name)) != 0)
    j++;
  demand(j < reading->name->n_items);
  text_free(&name);
  return reading->value[j];
}

static double read_operand(struct reading *reading)
{
  if (take(reading, "-"))
    return -read_operand(reading);
  if (take(reading, "(")) {
    double inner = read_sum(reading);
    demand(take(reading, ")"));
    return inner;
  }
  if (*reading->place < '0' || *reading->place > '9')
    return read_column(reading);
  char *end;
  double number = strtod(reading->place, &end);
  reading->place = end;
  return number;
}

static double finite_or_missing(double value)
{
  return isfinite(value) ? value : NAN;
}

static double read_product(struct reading *reading)
{
  double left = read_operand(reading);
  for (;;)
    if (take(reading, "*"))
      left = finite_or_missing(left * read_operand(reading));
    else if (take(reading, "/"))
      left = finite_or_missing(left / read_operand(reading));
    else
      return left;
}

static double read_sum(struct reading *reading)
{
  double left = read_product(reading);
  for (;;)
    if (take(reading, " + "))
      left = finite_or_missing(left + read_product(reading));
    else if (take(reading, " - "))
      left = finite_or_missing(left - read_product(reading));
    else
      return left;
}

static void compare_rows(const char *printed, const struct derivation *derivation,
                         const struct table *table, const double *result)
{
  const struct text_list *inputs = derivation_inputs(derivation);
  double *value = NEW_ARRAY(double, inputs->n_items);
  struct text name = {0};
  formula_print_name(derivation_name(derivation), &name);
  const char *expression = printed + name.length + strlen(" = ");
  text_free(&name);
  for (size_t row = 0; row < table->n_rows; row++) {
    for (size_t j = 0; j < inputs->n_items; j++)
      value[j] = table->column[j].value[row];
    struct reading reading = {expression, inputs, value};
    double expected = read_sum(&reading);
    demand(!*reading.place);
    demand(expected == result[row] || (isnan(expected) && isnan(result[row])));
  }
  free(value);
}

// Both derivations on the columns that they read: the same bits.
static void apply(const struct derivation *a, const struct derivation *b, const char *printed)
{
  enum { N_ROWS = 3 };
  const struct text_list *inputs = derivation_inputs(a);
  struct table table = {.n_rows = N_ROWS};
  for (size_t j = 0; j < inputs->n_items; j++) {
    double value[N_ROWS] = {(double) j, 1 - (double) j * 0.7, 1e155};
    table_add_column(&table, inputs->item[j], value);
  }
  size_t n_zero_a, n_zero_b, n = table.n_columns;
  demand(derivation_apply(a, &table, &n_zero_a, NULL));
  double first[N_ROWS];
  memcpy(first, table.column[n].value, sizeof first);
  free(table.column[n].name);
  table.column[n].name = memory_copy_text("");
  demand(derivation_apply(b, &table, &n_zero_b, NULL));
  demand(n_zero_a == n_zero_b && n_zero_a <= N_ROWS);
  demand(memcmp(first, table.column[n + 1].value, sizeof first) == 0);
  compare_rows(printed, a, &table, first);
  table_free(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *input = memory_copy_bytes((const char *) data, size);
  struct error error = {0};
  struct derivation *derivation = derivation_parse(input, &error);
  if (derivation) {
    struct text first = {0}, second = {0};
    derivation_print(derivation, &first);
    struct derivation *again = derivation_parse(text_content(&first), &error);
    demand(again && derivation_equal(derivation, again) && derivation_equal(again, derivation));
    derivation_print(again, &second);
    demand(strcmp(text_content(&first), text_content(&second)) == 0);
    apply(derivation, again, text_content(&first));
    derivation_free(again);
    text_free(&first);
    text_free(&second);
  } else {
    demand(error.status == ERROR_USAGE && *error.message);
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
  }
  derivation_free(derivation);
  free(input);
  return 0;
}
