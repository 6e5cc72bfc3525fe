// SPDX-License-Identifier: GPL-3.0-or-later
// Any text as a row condition: an error with a message, or a condition that prints and parses
// to one that keeps the same rows, while the opposite operator keeps all others but those with
// a missing value.  Built by clang -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "data/filter.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/formula.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_ROWS = 16 };

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void open_table(struct table *table, const char *content, enum column_use use,
                       const char *name)
{
  struct column_request request = {0, use};
  demand(table_open_content(table, "rows", content, strlen(content),
                            &(struct table_options){0}, NULL));
  demand(table_load(table, &request, 1, NULL) && table->n_rows <= MOST_ROWS);
  free(table->column[0].name);
  table->column[0].name = memory_copy_text(name);
}

static bool keep_rows(const struct condition *condition, const struct table *table, bool *keep)
{
  struct error error = {0};
  for (size_t row = 0; row < table->n_rows; row++)
    keep[row] = true;
  bool good = condition_apply(condition, table, keep, &error);
  demand(good || (error.status == ERROR_USAGE &&
                  text_is_utf8(error.message, strlen(error.message), NULL)));
  return good;
}

// The printed condition with the operator that holds where it does not.
static struct condition *opposite(const struct condition *condition, const char *printed)
{
  static const char *const signs[][2] = {{" = ", " != "}, {" < ", " >= "}, {" > ", " <= "}};
  struct text text = {0};
  formula_print_name(condition_column(condition), &text);
  const char *rest = printed + text.length, *other = NULL;
  size_t n = 0;
  demand(strncmp(printed, text_content(&text), text.length) == 0);
  for (size_t i = 0; i < 6 && !other; i++)
    if (text_starts(rest, signs[i / 2][i % 2])) {
      n = strlen(signs[i / 2][i % 2]);
      other = signs[i / 2][1 - i % 2];
    }
  demand(other != NULL);
  text_append(&text, other);
  text_append(&text, rest + n);
  struct condition *result = condition_parse(text_content(&text), NULL);
  demand(result != NULL);
  text_free(&text);
  return result;
}

static void apply(const struct condition *first, const struct condition *again,
                  const struct condition *other)
{
  static const struct {
    const char *content;
    enum column_use use;
    enum variable_type type;
  } tables[] = {
      {"x\n1\n-2\n0\n1e5\n0.5\nNA\n-0\n12\n1.0\n", USE_NUMERIC, VARIABLE_UNSTATED},
      {"x\na\nb c\n1e5x\nvs\n\n3-4\n3\n\"q\"\"r\"\n\xc3\xa9\n", USE_CATEGORICAL,
       VARIABLE_UNSTATED},
      {"x\nlow\nmid\nhigh\nmid\n\n1\n1.0\n", USE_CATEGORICAL, VARIABLE_ORDINAL},
  };
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    struct table table;
    bool keep[3][MOST_ROWS];
    open_table(&table, tables[i].content, tables[i].use, condition_column(first));
    table.column[0].variable_type = tables[i].type;
    bool good = keep_rows(first, &table, keep[0]);
    demand(keep_rows(again, &table, keep[1]) == good && keep_rows(other, &table, keep[2]) == good);
    for (size_t row = 0; row < table.n_rows && good; row++) {
      bool missing = isnan(table.column[0].value[row]);
      demand(keep[0][row] == keep[1][row] && keep[0][row] + keep[2][row] == (missing ? 0 : 1));
    }
    table_free(&table);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *input = memory_copy_bytes((const char *) data, size);
  struct error error = {0};
  struct condition *first = condition_parse(input, &error);
  if (first) {
    struct text printed = {0}, second = {0};
    condition_print(first, &printed);
    struct condition *again = condition_parse(text_content(&printed), NULL);
    demand(again != NULL);
    condition_print(again, &second);
    demand(strcmp(text_content(&printed), text_content(&second)) == 0);
    struct condition *other = opposite(first, text_content(&printed));
    apply(first, again, other);
    condition_free(again);
    condition_free(other);
    text_free(&printed);
    text_free(&second);
  } else {
    demand(error.status == ERROR_USAGE && *error.message);
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
  }
  condition_free(first);
  free(input);
  return 0;
}
