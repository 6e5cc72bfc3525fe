// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a formula: an error with a message, or a formula that prints and parses to an
// equal one.  libFuzzer: clang -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "data/formula.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *input = memory_copy_bytes((const char *) data, size);
  struct formula formula, again;
  struct error error = {0};
  if (formula_parse(&formula, input, &error)) {
    struct text first = {0}, second = {0};
    formula_print(&formula, &first);
    demand(formula_parse(&again, text_content(&first), &error));
    demand(formula_equal(&formula, &again) && formula_equal(&again, &formula));
    formula_print(&again, &second);
    demand(strcmp(text_content(&first), text_content(&second)) == 0);
    formula_free(&again);
    text_free(&first);
    text_free(&second);
  } else {
    demand(error.status == ERROR_USAGE && *error.message);
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
  }
  formula_free(&formula);
  free(input);
  return 0;
}
