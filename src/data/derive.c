// SPDX-License-Identifier: GPL-3.0-or-later
// Arithmetic on columns.  A definition is kept as a program in reverse Polish notation
// (J. Łukasiewicz's, without parentheses), which is run over blocks of rows.
#include <config.h>

#include "data/derive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/formula.h"
#include "data/lexer.h"

// The parser calls itself at each '(' and each sign.
enum { MOST_NESTING = 100 };
// Rows worked on at once: small enough for the cache, long enough to forget the program.
enum { BLOCK = 256 };

enum operation { PUSH_NUMBER, PUSH_COLUMN, NEGATE, ADD, SUBTRACT, MULTIPLY, DIVIDE };

struct instruction {
  enum operation operation;
  double number; // PUSH_NUMBER
  size_t input;  // PUSH_COLUMN: index in `inputs`
};

struct derivation {
  char *name;
  struct text_list inputs;
  struct instruction *instruction;
  size_t n_instructions, capacity;
  size_t depth, most_depth; // of the stack: after the last instruction, and at its highest
};

struct parser {
  struct lexer lexer;
  struct derivation *derivation;
  struct error *error;
  size_t nesting;
};

static const struct {
  const char *sign, *hint;
} foreign_signs[] = {
    {"**", "write x*x for a square"},
    {"^", "write x*x for a square"},
    {"%", "the operators are + - * /"},
    {"==", "a definition has one '=', between the new name and the expression"},
    {"=", "a definition has one '=', between the new name and the expression"},
    {":", "the operators are + - * /"},
    {"~", "a formula is an operand of its own"},
    {"<", "conditions are for --where"},
    {">", "conditions are for --where"},
    {"!", "conditions are for --where"},
    {"&", "conditions are for --where"},
    {"|", "conditions are for --where"},
    {"$", "write the column's name alone, without its table"},
    {"[", "parentheses are ( and )"},
    {"]", "parentheses are ( and )"},
    {"{", "parentheses are ( and )"},
    {"}", "parentheses are ( and )"},
    {",", "the decimal mark is a point; a second definition is a second --derive"},
    {";", "a second definition is a second --derive"},
};

void derivation_free(struct derivation *derivation)
{
  if (!derivation)
    return;
  free(derivation->name);
  text_list_free(&derivation->inputs);
  free(derivation->instruction);
  free(derivation);
}

const char *derivation_name(const struct derivation *derivation)
{
  return derivation->name;
}

const struct text_list *derivation_inputs(const struct derivation *derivation)
{
  return &derivation->inputs;
}

static bool unexpected(struct parser *parser, const char *wanted)
{
  const struct lexer *lexer = &parser->lexer;
  for (size_t i = 0; i < sizeof foreign_signs / sizeof *foreign_signs; i++)
    if (lexer_at(lexer, foreign_signs[i].sign))
      return lexer_error(lexer, lexer->place, parser->error, "'%s': %s", foreign_signs[i].sign,
                         foreign_signs[i].hint);
  if (lexer_at(lexer, ")"))
    return lexer_error(lexer, lexer->place, parser->error, "')' without a '(' before it");
  return lexer_unexpected(lexer, parser->error, wanted);
}

static void emit(struct derivation *derivation, struct instruction instruction)
{
  GROW_ARRAY(derivation->instruction, derivation->capacity, derivation->n_instructions + 1);
  derivation->instruction[derivation->n_instructions++] = instruction;
  if (instruction.operation == PUSH_NUMBER || instruction.operation == PUSH_COLUMN)
    derivation->depth++;
  else if (instruction.operation != NEGATE)
    derivation->depth--;
  if (derivation->depth > derivation->most_depth)
    derivation->most_depth = derivation->depth;
}

static void emit_column(struct derivation *derivation, char *name)
{
  size_t i = 0;
  while (i < derivation->inputs.n_items && strcmp(derivation->inputs.item[i], name) != 0)
    i++;
  if (i == derivation->inputs.n_items)
    text_list_adopt(&derivation->inputs, name);
  else
    free(name);
  emit(derivation, (struct instruction){.operation = PUSH_COLUMN, .input = i});
}

static bool sum_parse(struct parser *parser);

static bool operand_parse(struct parser *parser)
{
  struct lexer *lexer = &parser->lexer;
  const char *place = lexer->place;
  if (lexer_at(lexer, "(") || lexer_at(lexer, "-")) {
    if (parser->nesting == MOST_NESTING)
      return lexer_error(lexer, place, parser->error,
                         "more than %d parentheses and signs within each other", MOST_NESTING);
    parser->nesting++;
    if (lexer_take(lexer, "-")) {
      if (!operand_parse(parser))
        return false;
      emit(parser->derivation, (struct instruction){.operation = NEGATE});
    } else {
      lexer_take(lexer, "(");
      if (lexer_at(lexer, ")"))
        return lexer_error(lexer, lexer->place, parser->error, "nothing between '(' and ')'");
      if (!sum_parse(parser))
        return false;
      if (lexer_at_end(lexer))
        return lexer_error(lexer, lexer->place, parser->error,
                           "a ')' is missing: the '(' at character %zu is not closed",
                           lexer_character(lexer, place));
      if (!lexer_take(lexer, ")"))
        return unexpected(parser, "an operator or ')'");
    }
    parser->nesting--;
  } else if (lexer_at_number(lexer)) {
    struct instruction push = {.operation = PUSH_NUMBER};
    if (!lexer_take_number(lexer, &push.number, parser->error))
      return false;
    emit(parser->derivation, push);
  } else if (lexer_at_name(lexer) || lexer_at(lexer, "\"") || lexer_at(lexer, "'")) {
    char *name = lexer_take_name(lexer, parser->error);
    if (!name)
      return false;
    char excerpt[LEXER_EXCERPT];
    lexer_excerpt(excerpt, name, strlen(name));
    bool call = *place != '`' && lexer_at(lexer, "(");
    bool self = strcmp(name, parser->derivation->name) == 0;
    if (call || self)
      free(name);
    if (call)
      return lexer_error(lexer, place, parser->error,
                         "'%s(': no functions here (the formula has log(x) and sqrt(x))", excerpt);
    if (self)
      return lexer_error(lexer, place, parser->error,
                         "'%s' is defined by itself: give the new column another name", excerpt);
    emit_column(parser->derivation, name);
  } else if (lexer_at(lexer, "+") || lexer_at(lexer, "/") ||
             (lexer_at(lexer, "*") && !lexer_at(lexer, "**"))) {
    return lexer_error(lexer, place, parser->error,
                       "a column or number is missing before this '%c'", *place);
  } else {
    return unexpected(parser, "a column or number");
  }
  return true;
}

static bool product_parse(struct parser *parser)
{
  struct lexer *lexer = &parser->lexer;
  if (!operand_parse(parser))
    return false;
  while ((lexer_at(lexer, "*") && !lexer_at(lexer, "**")) || lexer_at(lexer, "/")) {
    enum operation operation = *lexer->place == '*' ? MULTIPLY : DIVIDE;
    lexer_take(lexer, operation == MULTIPLY ? "*" : "/");
    if (!operand_parse(parser))
      return false;
    emit(parser->derivation, (struct instruction){.operation = operation});
  }
  return true;
}

static bool sum_parse(struct parser *parser)
{
  struct lexer *lexer = &parser->lexer;
  if (!product_parse(parser))
    return false;
  while (lexer_at(lexer, "+") || lexer_at(lexer, "-")) {
    enum operation operation = *lexer->place == '+' ? ADD : SUBTRACT;
    lexer_take(lexer, operation == ADD ? "+" : "-");
    if (!product_parse(parser))
      return false;
    emit(parser->derivation, (struct instruction){.operation = operation});
  }
  if (lexer_at_name(lexer) || lexer_at_number(lexer) || lexer_at(lexer, "("))
    return lexer_error(lexer, lexer->place, parser->error,
                       "an operator is missing before this (or, for a name with blanks or other "
                       "characters, backquotes around it)");
  return true;
}

static bool definition_parse(struct parser *parser)
{
  struct lexer *lexer = &parser->lexer;
  if (lexer_at_end(lexer))
    return lexer_error(lexer, lexer->place, parser->error, "empty: write name = expression");
  if (lexer_at(lexer, "="))
    return lexer_error(lexer, lexer->place, parser->error, "a name is missing before '='");
  parser->derivation->name = lexer_take_name(lexer, parser->error);
  if (!parser->derivation->name)
    return false;
  if (lexer_at(lexer, "==") || lexer_at(lexer, ":=") || lexer_at(lexer, "<-"))
    return lexer_error(lexer, lexer->place, parser->error, "'%.2s': write name = expression",
                       lexer->place);
  if (!lexer_take(lexer, "="))
    return lexer_error(lexer, lexer->place, parser->error,
                       "'=' is missing after the new name: write name = expression");
  if (lexer_at_end(lexer))
    return lexer_error(lexer, lexer->place, parser->error, "no expression after '='");
  if (!sum_parse(parser))
    return false;
  return lexer_at_end(lexer) || unexpected(parser, "an operator");
}

struct derivation *derivation_parse(const char *text, struct error *error)
{
  struct derivation *derivation = memory_allocate_zeroed(1, sizeof *derivation);
  struct parser parser = {.derivation = derivation, .error = error};
  if (lexer_begin(&parser.lexer, "expression", text, error) && definition_parse(&parser))
    return derivation;
  derivation_free(derivation);
  return NULL;
}

bool derivation_equal(const struct derivation *a, const struct derivation *b)
{
  if (strcmp(a->name, b->name) != 0 || a->n_instructions != b->n_instructions)
    return false;
  for (size_t i = 0; i < a->n_instructions; i++) {
    const struct instruction *x = &a->instruction[i], *y = &b->instruction[i];
    if (x->operation != y->operation ||
        (x->operation == PUSH_NUMBER && x->number != y->number) ||
        (x->operation == PUSH_COLUMN &&
         strcmp(a->inputs.item[x->input], b->inputs.item[y->input]) != 0))
      return false;
  }
  return true;
}

// How tightly the last operator of a printed expression binds.
enum binding { BINDS_SUM, BINDS_PRODUCT, BINDS_OPERAND };

struct printed {
  struct text text;
  enum binding binding;
};

static void parenthesize(struct printed *printed, enum binding least)
{
  if (printed->binding >= least)
    return;
  struct text inner = printed->text;
  printed->text = (struct text){0};
  text_append_format(&printed->text, "(%s)", text_content(&inner));
  text_free(&inner);
  printed->binding = BINDS_OPERAND;
}

// Runs the program on texts.
void derivation_print(const struct derivation *derivation, struct text *text)
{
  static const char *const sign[] = {
      [ADD] = " + ", [SUBTRACT] = " - ", [MULTIPLY] = "*", [DIVIDE] = "/"};
  struct printed *stack = NEW_ZEROED(struct printed, derivation->most_depth);
  size_t depth = 0;
  for (size_t i = 0; i < derivation->n_instructions; i++) {
    const struct instruction *instruction = &derivation->instruction[i];
    enum operation operation = instruction->operation;
    char number[NUMBER_SIZE];
    if (operation == PUSH_NUMBER || operation == PUSH_COLUMN) {
      struct printed *top = &stack[depth++];
      *top = (struct printed){.binding = BINDS_OPERAND};
      if (operation == PUSH_NUMBER)
        text_append(&top->text, number_write(number, instruction->number));
      else
        formula_print_name(derivation->inputs.item[instruction->input], &top->text);
    } else if (operation == NEGATE) {
      struct printed *top = &stack[depth - 1], negated = {.binding = BINDS_OPERAND};
      parenthesize(top, BINDS_OPERAND);
      text_append_format(&negated.text, "-%s", text_content(&top->text));
      text_free(&top->text);
      *top = negated;
    } else {
      struct printed *left = &stack[depth - 2], *right = &stack[depth - 1];
      bool product = operation == MULTIPLY || operation == DIVIDE;
      enum binding binding = product ? BINDS_PRODUCT : BINDS_SUM;
      parenthesize(left, binding);
      parenthesize(right, binding + 1);
      text_append(&left->text, sign[operation]);
      text_append(&left->text, text_content(&right->text));
      left->binding = binding;
      text_free(&right->text);
      depth--;
    }
  }
  formula_print_name(derivation->name, text);
  text_append(text, " = ");
  text_append(text, text_content(&stack[0].text));
  text_free(&stack[0].text);
  free(stack);
}

// One instruction on n rows: left (op)= right.  What is not finite becomes missing at once,
// so that 1/(1e200*1e200) is not 0.
static void block_operate(enum operation operation, double *left, const double *right,
                          bool *zero_divisor, size_t n)
{
  switch (operation) {
  case ADD:
    for (size_t i = 0; i < n; i++)
      left[i] += right[i];
    break;
  case SUBTRACT:
    for (size_t i = 0; i < n; i++)
      left[i] -= right[i];
    break;
  case MULTIPLY:
    for (size_t i = 0; i < n; i++)
      left[i] *= right[i];
    break;
  case DIVIDE:
    for (size_t i = 0; i < n; i++) {
      zero_divisor[i] = zero_divisor[i] || right[i] == 0;
      left[i] /= right[i];
    }
    break;
  case PUSH_NUMBER:
  case PUSH_COLUMN:
  case NEGATE:
    break;
  }
  for (size_t i = 0; i < n; i++)
    if (!isfinite(left[i]))
      left[i] = NAN;
}

// Rows first ... first + n - 1.  input: values of each column; stack: most_depth x BLOCK.
// Returns the rows, complete in their inputs, that were divided by 0.
static size_t block_run(const struct derivation *derivation, const double *const *input,
                        size_t first, size_t n, double *stack, double *result)
{
  bool zero_divisor[BLOCK] = {false};
  double *top = stack - BLOCK;
  for (size_t k = 0; k < derivation->n_instructions; k++) {
    const struct instruction *instruction = &derivation->instruction[k];
    switch (instruction->operation) {
    case PUSH_NUMBER:
      top += BLOCK;
      for (size_t i = 0; i < n; i++)
        top[i] = instruction->number;
      break;
    case PUSH_COLUMN:
      top += BLOCK;
      memcpy(top, input[instruction->input] + first, n * sizeof *top);
      break;
    case NEGATE:
      for (size_t i = 0; i < n; i++)
        top[i] = -top[i];
      break;
    case ADD:
    case SUBTRACT:
    case MULTIPLY:
    case DIVIDE:
      top -= BLOCK;
      block_operate(instruction->operation, top, top + BLOCK, zero_divisor, n);
      break;
    }
  }
  size_t n_zero = 0;
  for (size_t i = 0; i < n; i++) {
    bool complete = true;
    for (size_t j = 0; j < derivation->inputs.n_items && complete; j++)
      complete = !isnan(input[j][first + i]);
    n_zero += complete && zero_divisor[i];
    // No -0: it would be written "-0" where values are compared as text.
    result[i] = top[i] == 0 ? 0 : top[i];
  }
  return n_zero;
}

size_t derivation_compute(const struct derivation *derivation, const double *const *input,
                          size_t n_rows, double *value)
{
  double *stack = NEW_ARRAY(double, derivation->most_depth * BLOCK);
  size_t n_division_by_zero = 0;
  for (size_t first = 0; first < n_rows; first += BLOCK)
    n_division_by_zero += block_run(derivation, input, first,
                                    n_rows - first < BLOCK ? n_rows - first : BLOCK, stack,
                                    value + first);
  free(stack);
  return n_division_by_zero;
}

static bool column_is_numeric(const struct column *column, const char *name, struct error *error)
{
  if (column->type == COLUMN_NUMERIC)
    return true;
  char shown[LEXER_EXCERPT], input[LEXER_EXCERPT], level[LEXER_EXCERPT];
  lexer_excerpt(shown, name, strlen(name));
  lexer_excerpt(input, column->name, strlen(column->name));
  if (column->type == COLUMN_CATEGORICAL && column->n_levels)
    return error_set(error, ERROR_DATA, "--derive '%s': column '%s' has levels ('%s'), not numbers",
                     shown, input,
                     lexer_excerpt(level, column->level[0], strlen(column->level[0])));
  return error_set(error, ERROR_DATA, "--derive '%s': column '%s' is not numeric", shown, input);
}

bool derivation_apply(const struct derivation *derivation, struct table *table,
                      size_t *n_division_by_zero, struct error *error)
{
  char shown[LEXER_EXCERPT];
  lexer_excerpt(shown, derivation->name, strlen(derivation->name));
  *n_division_by_zero = 0;
  for (size_t j = 0; j < table->n_columns; j++)
    if (strcmp(table->column[j].name, derivation->name) == 0)
      return error_set(error, ERROR_USAGE,
                       "--derive '%s': there is a column of that name: give another", shown);
  size_t n = table->n_rows, n_inputs = derivation->inputs.n_items;
  const double **input = NEW_ARRAY(const double *, n_inputs);
  for (size_t j = 0; j < n_inputs; j++) {
    size_t index;
    if (!table_find(table, derivation->inputs.item[j], &index, error)) {
      error_prefix(error, "--derive '%s'", shown);
      free(input);
      return false;
    }
    if (!column_is_numeric(&table->column[index], derivation->name, error)) {
      free(input);
      return false;
    }
    input[j] = table->column[index].value;
  }
  double *value = NEW_ARRAY(double, n);
  *n_division_by_zero = derivation_compute(derivation, input, n, value);
  table_add_column(table, derivation->name, value);
  free(value);
  free(input);
  return true;
}
