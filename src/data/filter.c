// SPDX-License-Identifier: GPL-3.0-or-later
// Row conditions.
//
//   condition = name, operator, value, { ",", value } ;
//   operator  = "=" | "!=" | "<" | "<=" | ">" | ">=" ;
//   value     = [ "+" | "-" ], number | level ;
//
// Names, levels and blanks are those of lexer.h.
#include <config.h>

#include "data/filter.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/formula.h"
#include "data/lexer.h"

enum comparison { EQUAL, UNEQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

// Longer signs first.
static const struct {
  const char *sign;
  enum comparison comparison;
} operators[] = {
    {"!=", UNEQUAL}, {"<=", LESS_EQUAL}, {">=", GREATER_EQUAL},
    {"=", EQUAL},    {"<", LESS},        {">", GREATER},
};
enum { N_OPERATORS = sizeof operators / sizeof *operators };

static const struct {
  const char *sign, *hint;
} foreign_operators[] = {
    {"==", "equality is a single ="},
    {"=<", "at most is <="},
    {"=>", "at least is >="},
    {"<>", "unequal is !="},
    {"!", "unequal is !="},
    {"~", "a formula is an operand of its own"},
    {"%in%", "a list is written with =, as in 'grade = 1,2'"},
};

struct value {
  char *text;
  double number; // NaN: not one
};

struct condition {
  char *column;
  enum comparison comparison;
  struct value *value;
  size_t n_values;
};

static bool take_operator(struct lexer *lexer, struct condition *condition, struct error *error)
{
  for (size_t i = 0; i < sizeof foreign_operators / sizeof *foreign_operators; i++) {
    const char *sign = foreign_operators[i].sign;
    if (lexer_at(lexer, sign) && !lexer_at(lexer, "!="))
      return lexer_error(lexer, lexer->place, error, "'%s': %s", sign, foreign_operators[i].hint);
  }
  for (size_t i = 0; i < N_OPERATORS; i++)
    if (lexer_take(lexer, operators[i].sign)) {
      condition->comparison = operators[i].comparison;
      return true;
    }
  return lexer_unexpected(lexer, error, "one of = != < <= > >=");
}

// A number's sign and the '+' of its exponent are nothing that a bare level may hold.
static char *take_value(struct lexer *lexer, struct error *error)
{
  const char *start = lexer->place, *p = start + (*start == '-' || *start == '+');
  size_t n = strspn(p, "0123456789.eE+-");
  double number;
  if (n && number_parse(start, (size_t) (p - start) + n, '.', &number)) {
    struct lexer after = *lexer;
    after.place = p + n;
    // "1e5x" or "3-4" is a level that begins like a number.
    if (lexer_at_end(&after) || strchr(" \t\n\r,", *after.place)) {
      char *text = memory_copy_bytes(start, (size_t) (p - start) + n);
      lexer->place = p + n - 1;
      char last[2] = {*lexer->place, '\0'};
      lexer_take(lexer, last); // steps over blanks too
      return text;
    }
  }
  return lexer_take_level(lexer, NULL, error);
}

struct condition *condition_parse(const char *text, struct error *error)
{
  struct lexer lexer;
  if (!lexer_begin(&lexer, "condition", text, error))
    return NULL;
  struct condition *condition = NEW_ZEROED(struct condition, 1);
  condition->column = lexer_take_name(&lexer, error);
  bool good = condition->column && take_operator(&lexer, condition, error);
  const char *second = NULL;
  while (good) {
    char *value = take_value(&lexer, error);
    good = value != NULL;
    if (!good)
      break;
    RESIZE_ARRAY(condition->value, condition->n_values + 1);
    struct value *added = &condition->value[condition->n_values++];
    *added = (struct value){value, NAN};
    if (!number_parse_text(value, &added->number))
      added->number = NAN;
    if (!lexer_at(&lexer, ","))
      break;
    second = second ? second : lexer.place;
    lexer_take(&lexer, ",");
  }
  if (good && !lexer_at_end(&lexer)) {
    if (lexer_at(&lexer, "&") || lexer_at(&lexer, "|"))
      good = lexer_error(&lexer, lexer.place, error,
                         "one condition at a time: repeat the option, and all must hold");
    else
      good = lexer_error(&lexer, lexer.place, error,
                         "more behind the value (a level with blanks or signs goes in double "
                         "quotes)");
  }
  if (good && second && condition->comparison != EQUAL && condition->comparison != UNEQUAL)
    good = lexer_error(&lexer, second, error, "a list goes with = and != only");
  if (!good) {
    condition_free(condition);
    return NULL;
  }
  return condition;
}

void condition_free(struct condition *condition)
{
  if (!condition)
    return;
  for (size_t i = 0; i < condition->n_values; i++)
    free(condition->value[i].text);
  free(condition->value);
  free(condition->column);
  free(condition);
}

const char *condition_column(const struct condition *condition)
{
  return condition->column;
}

static const char *operator_sign(enum comparison comparison)
{
  for (size_t i = 0; i < N_OPERATORS; i++)
    if (operators[i].comparison == comparison)
      return operators[i].sign;
  return NULL;
}

void condition_print(const struct condition *condition, struct text *text)
{
  formula_print_name(condition->column, text);
  text_append_format(text, " %s ", operator_sign(condition->comparison));
  for (size_t i = 0; i < condition->n_values; i++) {
    const struct value *value = &condition->value[i];
    if (i)
      text_append_character(text, ',');
    if (isnan(value->number))
      formula_print_level(value->text, text);
    else
      text_append(text, value->text);
  }
}

static bool compare(double x, enum comparison comparison, double y)
{
  switch (comparison) {
  case EQUAL:
  case UNEQUAL:
    return x == y;
  case LESS:
    return x < y;
  case LESS_EQUAL:
    return x <= y;
  case GREATER:
    return x > y;
  case GREATER_EQUAL:
    return x >= y;
  }
  return false;
}

// The values as what the column holds: numbers, or indices of levels.
static bool find_values(const struct condition *condition, const struct column *column,
                        double *wanted, struct error *error)
{
  for (size_t i = 0; i < condition->n_values; i++) {
    const struct value *value = &condition->value[i];
    wanted[i] = value->number;
    if (column->type == COLUMN_NUMERIC) {
      if (isnan(value->number))
        return error_set(error, ERROR_USAGE, "column '%s' holds numbers, and '%s' is none",
                         column->name, value->text);
      continue;
    }
    size_t index;
    if (column_find_level(column, value->text, &index)) {
      wanted[i] = (double) index;
      continue;
    }
    for (size_t j = 0; j < column->n_levels; j++)
      if (text_equal(column->level_label[j], value->text))
        return error_set(error, ERROR_USAGE,
                         "column '%s' has no level '%s': the file has '%s' for it", column->name,
                         value->text, column->level[j]);
    const char *nearest =
        text_nearest(value->text, (const char *const *) column->level, column->n_levels);
    if (nearest)
      return error_set(error, ERROR_USAGE, "column '%s' has no level '%s'; did you mean '%s'?",
                       column->name, value->text, nearest);
    enum { MOST_LEVELS = 12 };
    struct text all = {0};
    for (size_t j = 0; j < column->n_levels && j < MOST_LEVELS; j++)
      text_append_format(&all, "%s%s", j ? ", " : "", column->level[j]);
    error_set(error, ERROR_USAGE, "column '%s' has no level '%s' (it has %s%s)", column->name,
              value->text, text_content(&all), column->n_levels > MOST_LEVELS ? ", ..." : "");
    text_free(&all);
    return false;
  }
  return true;
}

bool condition_apply(const struct condition *condition, const struct table *table, bool *keep,
                     struct error *error)
{
  size_t at;
  if (!table_find(table, condition->column, &at, error))
    return false;
  const struct column *column = &table->column[at];
  assert(column->type != COLUMN_UNLOADED);
  enum comparison comparison = condition->comparison;
  if (column->type == COLUMN_CATEGORICAL && comparison != EQUAL && comparison != UNEQUAL &&
      column->variable_type != VARIABLE_ORDINAL)
    return error_set(error, ERROR_USAGE,
                     "column '%s' has levels without order: %s needs numbers, or type ordinal in a "
                     "codebook",
                     column->name, operator_sign(comparison));
  double *wanted = NEW_ARRAY(double, condition->n_values);
  bool good = find_values(condition, column, wanted, error);
  for (size_t row = 0; row < table->n_rows && good; row++) {
    double x = column->value[row];
    bool some = false;
    for (size_t i = 0; i < condition->n_values && !some; i++)
      some = compare(x, comparison, wanted[i]);
    if (isnan(x) || some == (comparison == UNEQUAL))
      keep[row] = false;
  }
  free(wanted);
  return good;
}
