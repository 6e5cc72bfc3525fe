// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a derivation: an error with a message, or a derivation that prints and parses to
// an equal one and can be applied.  libFuzzer: clang -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "data/derive.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

// Both derivations on the columns that they read: the same bits.
static void apply(const struct derivation *a, const struct derivation *b)
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
    apply(derivation, again);
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
