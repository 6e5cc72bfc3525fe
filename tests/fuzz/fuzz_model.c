// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a model file: an error with a message, or a model that predicts and that prints
// to a file which reads as the same model.  libFuzzer: clang -fsanitize=fuzzer,address,undefined;
// tests/reference/models are seeds too.
#include <config.h>

#include "data/model.h"

#include <math.h>
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

static void predict(const struct model *model)
{
  const struct design *design = &model->design;
  double *value = NEW_ARRAY(double, design->n_variables + 1);
  double *x = NEW_ARRAY(double, design->n_columns);
  for (size_t v = 0; v < design->n_variables; v++)
    value[v] = design->variable[v].categorical ? 1 : 1.5;
  design_evaluate_values(design, value, x);
  for (size_t j = 0; j < design->n_columns; j++)
    demand(isfinite(model->coefficient[j]));
  struct model_prediction p = model_predict(model, x, 0.95);
  demand(isnan(p.risk) || (p.risk >= 0 && p.risk <= 1));
  demand(!(p.risk_low > p.risk) && !(p.risk_high < p.risk));
  struct text equation = {0};
  model_print_equation(model, 0, &equation);
  text_free(&equation);
  free(value);
  free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct model model, again;
  struct error error = {0};
  // Without the terminator of a string behind it.
  char *bytes = NEW_ARRAY(char, size);
  memcpy(bytes, data, size);
  if (model_parse(&model, bytes, size, "m.json", &error)) {
    predict(&model);
    struct text first = {0}, second = {0};
    model_print(&model, &first);
    demand(model_parse(&again, first.bytes, first.length, "m.json", &error));
    model_print(&again, &second);
    demand(strcmp(first.bytes, second.bytes) == 0);
    text_free(&first);
    text_free(&second);
    model_free(&again);
    model_free(&model);
  } else {
    demand(error.status == ERROR_DATA && text_starts(error.message, "m.json:"));
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
  }
  free(bytes);
  return 0;
}
