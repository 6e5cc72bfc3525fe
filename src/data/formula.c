// SPDX-License-Identifier: GPL-3.0-or-later
// The grammar of her2-formula(7), after G. N. Wilkinson and C. E. Rogers (1973), "Symbolic
// description of factorial models for analysis of variance", Applied Statistics 22:392-399,
// as users of S and R write it.
#include <config.h>

#include "data/formula.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/lexer.h"

// A product of more would have more than 2^6 - 1 terms.
enum { MOST_FACTORS = 6 };

static const struct {
  const char *name;
  enum part_kind kind;
} functions[] = {
    {"factor", PART_FACTOR}, {"log", PART_LOG},   {"sqrt", PART_SQRT},
    {"rcs", PART_SPLINE},    {"risk", PART_RISK},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

// Functions that users of R know, and what does their work here.
static const struct {
  const char *name, *hint;
} foreign_functions[] = {
    {"I", "arithmetic is for --derive='NAME = x*x'; the term is then NAME"},
    {"abs", "compute the column beforehand"},
    {"as.character", "write factor(x)"},
    {"as.factor", "write factor(x)"},
    {"as.integer", "write the column's name alone"},
    {"as.numeric", "write the column's name alone"},
    {"asis", "write the column's name alone"},
    {"bs", "write rcs(x, 4) for a curve"},
    {"C", "write factor(x, ref=level)"},
    {"c", "a term is one column: join terms by '+'"},
    {"catg", "write factor(x)"},
    {"cluster", "clustered rows are not offered"},
    {"cut", "make the groups beforehand"},
    {"exp", "compute the column beforehand"},
    {"frailty", "random effects are not offered"},
    {"ifelse", "compute the column beforehand"},
    {"interaction", "write a:b"},
    {"log10", "write log(x), the natural logarithm"},
    {"log1p", "add the 1 by --derive='NAME = x + 1', then log(NAME)"},
    {"log2", "write log(x), the natural logarithm"},
    {"lsp", "write rcs(x, 4) for a curve"},
    {"ns", "write rcs(x, 4) for a curve"},
    {"offset", "offsets are not offered"},
    {"ordered", "write factor(x); the order of levels comes from the codebook"},
    {"pol", "write rcs(x, 4) for a curve"},
    {"poly", "write rcs(x, 4) for a curve"},
    {"relevel", "write factor(x, ref=level)"},
    {"s", "write rcs(x, 4) for a curve"},
    {"scale", "write x/sd for the effect per standard deviation"},
    {"scored", "write the column's name alone"},
    {"sd", "write x/sd for the effect per standard deviation"},
    {"strat", "strata are not offered"},
    {"strata", "strata are not offered"},
};

// Signs that are no part of the grammar where terms stand, the longer before the shorter.
static const struct {
  const char *sign, *hint;
} foreign_signs[] = {
    {"**", "powers are not offered: a*b gives a + b + a:b; a square is for --derive"},
    {"^", "powers are not offered: a*b gives a + b + a:b; a square is for --derive"},
    {"%in%", "write a:b"},
    {"%", "the operators between terms are + - : *"},
    {"||", "random effects and conditions are not offered"},
    {"|", "random effects and conditions are not offered"},
    {"&", "write a:b for an interaction"},
    {"==", "rows are chosen by --where; levels of the outcome stand before the '~'"},
    {":=", "write ':' for an interaction; levels of the outcome stand before the '~'"},
    {"::", "an interaction has one ':'"},
    {"=", "levels of the outcome stand before the '~'"},
    {"!=", "rows are chosen by --where"},
    {"!", "to leave a column out write - name"},
    {"<-", "an outcome is parted from its terms by '~'"},
    {"<", "rows are chosen by --where"},
    {">", "rows are chosen by --where"},
    {"$", "write the column's name alone, without its table"},
    {"@", "write the column's name alone"},
    {"[", "write the column's name alone"},
    {"]", "write the column's name alone"},
    {"{", "a name with such characters goes in backquotes"},
    {"}", "a name with such characters goes in backquotes"},
    {"\\", "a name with such characters goes in backquotes"},
    {"#", "a name with such characters goes in backquotes"},
    {"?", "a name with such characters goes in backquotes"},
    {",", "terms are joined by '+'"},
    {";", "terms are joined by '+'"},
};

struct parser {
  struct lexer lexer;
  struct formula *formula;
  struct error *error;
  size_t capacity; // of formula->term
  bool has_rest;
};

// One product while it is read: the factors of a*b:c are a and b:c.
struct product {
  struct formula_term factor[MOST_FACTORS];
  size_t n_factors;
};

static void part_free(struct formula_part *part)
{
  free(part->name);
  free(part->reference);
  *part = (struct formula_part){0};
}

static void term_free(struct formula_term *term)
{
  for (size_t i = 0; i < term->n_parts; i++)
    part_free(&term->part[i]);
  free(term->part);
  *term = (struct formula_term){0};
}

static void product_free(struct product *product)
{
  for (size_t i = 0; i < product->n_factors; i++)
    term_free(&product->factor[i]);
  product->n_factors = 0;
}

void formula_free(struct formula *formula)
{
  free(formula->outcome);
  text_list_free(&formula->event);
  text_list_free(&formula->comparison);
  for (size_t i = 0; i < formula->n_terms; i++)
    term_free(&formula->term[i]);
  free(formula->term);
  *formula = (struct formula){0};
}

static struct formula_part part_copy(const struct formula_part *part)
{
  struct formula_part copy = *part;
  copy.name = memory_copy_text(part->name);
  copy.reference = memory_copy_text(part->reference);
  return copy;
}

static bool part_equal(const struct formula_part *a, const struct formula_part *b)
{
  if (a->kind != b->kind || strcmp(a->name, b->name) != 0)
    return false;
  switch (a->kind) {
  case PART_FACTOR:
    return text_equal(a->reference, b->reference);
  case PART_SCALED:
    return a->scale == b->scale;
  case PART_SPLINE:
    return a->knots == b->knots;
  case PART_PLAIN:
  case PART_PER_SD:
  case PART_LOG:
  case PART_SQRT:
  case PART_RISK:
    break;
  }
  return true;
}

// The parts of an interaction are distinct, so that one inclusion is enough.
static bool term_equal(const struct formula_term *a, const struct formula_term *b)
{
  if (a->sign != b->sign || a->n_parts != b->n_parts)
    return false;
  for (size_t i = 0; i < a->n_parts; i++) {
    bool found = false;
    for (size_t j = 0; j < b->n_parts && !found; j++)
      found = part_equal(&a->part[i], &b->part[j]);
    if (!found)
      return false;
  }
  return true;
}

static bool levels_equal(const struct text_list *a, const struct text_list *b)
{
  if (a->n_items != b->n_items)
    return false;
  for (size_t i = 0; i < a->n_items; i++)
    if (!text_list_has(b, a->item[i]))
      return false;
  return true;
}

bool formula_equal(const struct formula *a, const struct formula *b)
{
  if (!text_equal(a->outcome, b->outcome) || !levels_equal(&a->event, &b->event) ||
      !levels_equal(&a->comparison, &b->comparison) || a->n_terms != b->n_terms)
    return false;
  for (size_t i = 0; i < a->n_terms; i++)
    if (!term_equal(&a->term[i], &b->term[i]))
      return false;
  return true;
}

static void append_quoted(struct text *text, const char *content, char quote)
{
  text_append_character(text, quote);
  for (const char *c = content; *c; c++) {
    if (*c == quote)
      text_append_character(text, quote);
    text_append_character(text, *c);
  }
  text_append_character(text, quote);
}

void formula_print_name(const char *name, struct text *text)
{
  if (lexer_is_bare_name(name))
    text_append(text, name);
  else
    append_quoted(text, name, '`');
}

void formula_print_level(const char *level, struct text *text)
{
  if (lexer_is_bare_level(level))
    text_append(text, level);
  else
    append_quoted(text, level, '"');
}

static const char *function_name(enum part_kind kind)
{
  for (size_t i = 0; i < N_FUNCTIONS; i++)
    if (functions[i].kind == kind)
      return functions[i].name;
  return NULL;
}

static void print_part(const struct formula_part *part, struct text *text)
{
  char number[NUMBER_SIZE];
  const char *function = function_name(part->kind);
  if (function)
    text_append_format(text, "%s(", function);
  formula_print_name(part->name, text);
  if (part->kind == PART_FACTOR && part->reference) {
    text_append(text, ", ref=");
    formula_print_level(part->reference, text);
  } else if (part->kind == PART_SPLINE) {
    text_append_format(text, ", %d", part->knots);
  } else if (part->kind == PART_SCALED) {
    text_append_format(text, "/%s", number_write(number, part->scale));
  } else if (part->kind == PART_PER_SD) {
    text_append(text, "/sd");
  }
  if (function)
    text_append_character(text, ')');
}

void formula_print_term(const struct formula_term *term, struct text *text)
{
  if (term->sign == TERM_REST)
    text_append_character(text, '.');
  for (size_t i = 0; i < term->n_parts; i++) {
    if (i)
      text_append_character(text, ':');
    print_part(&term->part[i], text);
  }
}

static void print_levels(const struct text_list *levels, struct text *text)
{
  for (size_t i = 0; i < levels->n_items; i++) {
    if (i)
      text_append_character(text, ',');
    formula_print_level(levels->item[i], text);
  }
}

void formula_print(const struct formula *formula, struct text *text)
{
  if (formula->outcome) {
    formula_print_name(formula->outcome, text);
    if (formula->event.n_items) {
      text_append(text, " = ");
      print_levels(&formula->event, text);
    }
    if (formula->comparison.n_items) {
      text_append(text, " vs ");
      print_levels(&formula->comparison, text);
    }
    text_append_character(text, ' ');
  }
  text_append_character(text, '~');
  for (size_t i = 0; i < formula->n_terms; i++) {
    const struct formula_term *term = &formula->term[i];
    text_append(text, term->sign == TERM_REMOVE ? " - " : i ? " + " : " ");
    formula_print_term(term, text);
  }
}

bool formula_is_operand(const char *operand)
{
  return operand[strcspn(operand, "~/")] == '~';
}

// The error for what stands where `wanted` should.
static bool unexpected(struct parser *parser, const char *wanted)
{
  const struct lexer *lexer = &parser->lexer;
  for (size_t i = 0; i < sizeof foreign_signs / sizeof *foreign_signs; i++)
    if (lexer_at(lexer, foreign_signs[i].sign))
      return lexer_error(lexer, lexer->place, parser->error, "'%s': %s", foreign_signs[i].sign,
                         foreign_signs[i].hint);
  if (lexer_at(lexer, "~"))
    return lexer_error(lexer, lexer->place, parser->error, "a formula has one '~'");
  if (lexer_at(lexer, ")"))
    return lexer_error(lexer, lexer->place, parser->error, "')' without a '(' before it");
  return lexer_unexpected(lexer, parser->error, wanted);
}

static bool column_take(struct parser *parser, char **name)
{
  struct lexer *lexer = &parser->lexer;
  if (!lexer_at_name(lexer) && !lexer_at_number(lexer) && !lexer_at(lexer, "\"") &&
      !lexer_at(lexer, "'"))
    return unexpected(parser, "a column name");
  *name = lexer_take_name(lexer, parser->error);
  return *name != NULL;
}

static bool unknown_function(struct parser *parser, const char *place, const char *name)
{
  const struct lexer *lexer = &parser->lexer;
  char excerpt[LEXER_EXCERPT];
  lexer_excerpt(excerpt, name, strlen(name));
  for (size_t i = 0; i < sizeof foreign_functions / sizeof *foreign_functions; i++)
    if (strcmp(name, foreign_functions[i].name) == 0)
      return lexer_error(lexer, place, parser->error, "'%s(': %s", name, foreign_functions[i].hint);
  const char *candidate[N_FUNCTIONS];
  for (size_t i = 0; i < N_FUNCTIONS; i++)
    candidate[i] = functions[i].name;
  // The distance takes time that grows with the length; no function's name is long.
  const char *nearest =
      strlen(name) < LEXER_EXCERPT ? text_nearest(name, candidate, N_FUNCTIONS) : NULL;
  if (nearest)
    return lexer_error(lexer, place, parser->error, "no function '%s': did you mean %s?", excerpt,
                       nearest);
  return lexer_error(lexer, place, parser->error,
                     "no function '%s': there are factor, log, sqrt, rcs and risk", excerpt);
}

// `, ref=level` behind factor(x.
static bool reference_parse(struct parser *parser, struct formula_part *part)
{
  struct lexer *lexer = &parser->lexer;
  const char *place = lexer->place;
  if (!lexer_at_bare_name(lexer, "ref")) {
    char excerpt[LEXER_EXCERPT];
    if (lexer_at_bare_name(lexer, "levels") || lexer_at_bare_name(lexer, "labels") ||
        lexer_at_bare_name(lexer, "ordered") || lexer_at_bare_name(lexer, "exclude"))
      return lexer_error(lexer, place, parser->error,
                         "'%s': levels and their order come from the codebook; the reference is "
                         "set by ref=level",
                         lexer_excerpt(excerpt, place, lexer_word_length(place)));
    if (lexer_at_end(lexer))
      return lexer_unexpected(lexer, parser->error, "ref=level");
    return lexer_error(lexer, place, parser->error, "'%s' where ref=level should be",
                       lexer_excerpt(excerpt, place, lexer_word_length(place)));
  }
  lexer_take(lexer, "ref");
  if (lexer_at(lexer, "=="))
    return lexer_error(lexer, lexer->place, parser->error, "'==': write ref=level");
  if (!lexer_take(lexer, "="))
    return lexer_unexpected(lexer, parser->error, "the '=' of ref=level");
  part->reference = lexer_take_level(lexer, NULL, parser->error);
  if (!part->reference)
    return false;
  if (lexer_at(lexer, ")") || lexer_at(lexer, ",") || lexer_at_end(lexer))
    return true;
  return lexer_error(lexer, lexer->place, parser->error,
                     "a level with other characters than letters, digits, '_', '.' and '-' goes in "
                     "double quotes");
}

// `, knots` behind rcs(x.
static bool knots_parse(struct parser *parser, struct formula_part *part)
{
  struct lexer *lexer = &parser->lexer;
  const char *place = lexer->place;
  double knots = 0;
  if (lexer_at_bare_name(lexer, "c"))
    return lexer_error(lexer, place, parser->error,
                       "knots stand at quantiles: write their number, 3, 4 or 5");
  if (lexer_at_number(lexer)) {
    if (!lexer_take_number(lexer, &knots, parser->error))
      return false;
    if (knots == 3 || knots == 4 || knots == 5) {
      part->knots = (int) knots;
      return true;
    }
  }
  char excerpt[LEXER_EXCERPT];
  if (*place == '\0')
    return lexer_unexpected(lexer, parser->error, "the number of knots (3, 4 or 5)");
  return lexer_error(lexer, place, parser->error,
                     "'%s' knots: a spline has 3, 4 or 5, as rcs(x, 4)",
                     lexer_excerpt(excerpt, place, lexer_word_length(place)));
}

static bool decimal_comma(struct parser *parser, const char *number)
{
  const struct lexer *lexer = &parser->lexer;
  size_t whole = strspn(number, "0123456789"), decimals = 0;
  if (whole && number[whole] == ',')
    decimals = strspn(number + whole + 1, "0123456789");
  if (decimals && whole + decimals < LEXER_EXCERPT) {
    lexer_error(lexer, number, parser->error, "'%.*s': the decimal mark is a point, %.*s.%.*s",
                (int) (whole + 1 + decimals), number, (int) whole, number, (int) decimals,
                number + whole + 1);
    return true;
  }
  return false;
}

// Behind the name of a function.
static bool call_parse(struct parser *parser, struct formula_part *part, const char *function)
{
  struct lexer *lexer = &parser->lexer;
  size_t opened = lexer_character(lexer, lexer->place);
  lexer_take(lexer, "(");
  const char *place = lexer->place;
  if (lexer_at(lexer, ")"))
    return lexer_error(lexer, place, parser->error, "a column name is missing in %s()", function);
  if (lexer_at(lexer, "("))
    return lexer_error(lexer, place, parser->error, "one pair of parentheses is enough: %s(x)",
                       function);
  if (!column_take(parser, &part->name))
    return false;
  if (*place != '`' && lexer_at(lexer, "("))
    return lexer_error(lexer, place, parser->error,
                       "a function in a function: %s() takes the name of a column; compute the "
                       "inner one beforehand",
                       function);
  if (part->kind == PART_FACTOR) {
    if (lexer_take(lexer, ",") && !reference_parse(parser, part))
      return false;
  } else if (part->kind == PART_SPLINE) {
    if (lexer_at(lexer, ")"))
      return lexer_error(lexer, lexer->place, parser->error,
                         "the number of knots is missing: 3, 4 or 5, as rcs(x, 4)");
    if (lexer_take(lexer, ",") && !knots_parse(parser, part))
      return false;
  }
  bool complete = part->kind != PART_SPLINE || part->knots;
  if (complete && lexer_take(lexer, ")"))
    return true;
  if (lexer_at_end(lexer))
    return lexer_error(lexer, lexer->place, parser->error,
                       "a ')' is missing: the '(' at character %zu is not closed", opened);
  if (lexer_at(lexer, ","))
    return lexer_error(lexer, lexer->place, parser->error, "%s takes nothing more: write %s",
                       function,
                       part->kind == PART_FACTOR   ? "factor(x, ref=level)"
                       : part->kind == PART_SPLINE ? "rcs(x, 4)"
                       : part->kind == PART_LOG    ? "log(x), the natural logarithm"
                       : part->kind == PART_SQRT   ? "sqrt(x)"
                                                   : "risk(x)");
  if (strchr("+-*/:", *lexer->place))
    return lexer_error(lexer, lexer->place, parser->error,
                       "'%c' in %s(): arithmetic is for --derive='NAME = ...', then %s(NAME)",
                       *lexer->place, function, function);
  return unexpected(parser, "')'");
}

// Behind `x/`.
static bool scale_parse(struct parser *parser, struct formula_part *part)
{
  struct lexer *lexer = &parser->lexer;
  const char *place = lexer->place;
  if (lexer_at_bare_name(lexer, "sd")) {
    lexer_take(lexer, "sd");
    if (lexer_at(lexer, "("))
      return lexer_error(lexer, place, parser->error, "'sd(': write x/sd alone");
    part->kind = PART_PER_SD;
  } else if (lexer_at_number(lexer)) {
    if (decimal_comma(parser, place) ||
        !lexer_take_number(lexer, &part->scale, parser->error))
      return false;
    if (part->scale <= 0)
      return lexer_error(lexer, place, parser->error, "a scale is above 0, as x/0.1");
    part->kind = PART_SCALED;
  } else if (lexer_at(lexer, "-") || lexer_at(lexer, "+")) {
    return lexer_error(lexer, place, parser->error,
                       "a scale is a number above 0 without a sign, as x/0.1");
  } else if (lexer_at_name(lexer)) {
    return lexer_error(lexer, place, parser->error,
                       "what follows '/' is a number or sd, as x/0.1 (R's a/b is a + a:b; a ratio "
                       "of columns is for --derive)");
  } else {
    return unexpected(parser, "a number or sd");
  }
  if (lexer_at(lexer, "/"))
    return lexer_error(lexer, lexer->place, parser->error, "a term has one scale");
  return true;
}

// sign: '+' or '-', what stands before; for messages.
static bool part_parse(struct parser *parser, struct formula_part *part, char sign)
{
  struct lexer *lexer = &parser->lexer;
  const char *place = lexer->place;
  if (lexer_at_number(lexer)) {
    double value;
    if (!lexer_take_number(lexer, &value, parser->error))
      return false;
    if ((value == 0 && sign == '+') || (value == 1 && sign == '-'))
      return lexer_error(lexer, place, parser->error,
                         "a model without intercept is not offered: leave out the '%s'",
                         value == 0 ? "0" : "- 1");
    if (value == 1 || value == 0)
      return lexer_error(lexer, place, parser->error,
                         "the intercept is always there: leave out the '%s%s'",
                         sign == '-' ? "- " : "", value == 0 ? "0" : "1");
    char excerpt[LEXER_EXCERPT];
    return lexer_error(lexer, place, parser->error,
                       "the number '%s' is not a term (a column of that name goes in backquotes)",
                       lexer_excerpt(excerpt, place, lexer_word_length(place)));
  }
  if (lexer_at(lexer, "(")) {
    size_t inside = strcspn(place, "|)");
    if (place[inside] == '|')
      return lexer_error(lexer, place + inside, parser->error,
                         "'|': random effects and conditions are not offered");
    return lexer_error(lexer, place, parser->error,
                       "parentheses are for functions only: write (a + b):c as a:c + b:c");
  }
  if (!column_take(parser, &part->name))
    return false;
  if (*place != '`' && lexer_at(lexer, "(")) {
    char *function = part->name;
    part->name = NULL;
    size_t i = 0;
    while (i < N_FUNCTIONS && strcmp(function, functions[i].name) != 0)
      i++;
    bool good;
    if (i < N_FUNCTIONS) {
      part->kind = functions[i].kind;
      good = call_parse(parser, part, function);
    } else {
      good = unknown_function(parser, place, function);
    }
    free(function);
    if (!good)
      return false;
    if (lexer_at(lexer, "/"))
      return lexer_error(lexer, lexer->place, parser->error,
                         "a scale follows a column's name alone, as x/0.1");
  } else if (lexer_take(lexer, "/") && !scale_parse(parser, part)) {
    return false;
  }
  if (text_equal(part->name, parser->formula->outcome)) {
    char excerpt[LEXER_EXCERPT];
    return lexer_error(lexer, place, parser->error, "'%s' is the outcome and cannot be a term",
                       lexer_excerpt(excerpt, part->name, strlen(part->name)));
  }
  return true;
}

static bool is_linear(const struct formula_part *part)
{
  return part->kind == PART_PLAIN || part->kind == PART_SCALED || part->kind == PART_PER_SD ||
         part->kind == PART_RISK;
}

// An interaction of a column with itself; x:log(x) is none.
static bool is_same(const struct formula_part *a, const struct formula_part *b)
{
  return strcmp(a->name, b->name) == 0 && (a->kind == b->kind || (is_linear(a) && is_linear(b)));
}

static bool product_parse(struct parser *parser, struct product *product, char sign)
{
  struct lexer *lexer = &parser->lexer;
  size_t capacity = 0;
  product->n_factors = 1;
  for (;;) {
    struct formula_term *factor = &product->factor[product->n_factors - 1];
    GROW_ARRAY(factor->part, capacity, factor->n_parts + 1);
    struct formula_part *part = &factor->part[factor->n_parts];
    *part = (struct formula_part){0};
    factor->n_parts++;
    const char *place = lexer->place;
    if (!part_parse(parser, part, sign))
      return false;
    for (size_t i = 0; i < product->n_factors; i++)
      for (size_t j = 0; j < product->factor[i].n_parts; j++)
        if (&product->factor[i].part[j] != part && is_same(&product->factor[i].part[j], part)) {
          char excerpt[LEXER_EXCERPT];
          return lexer_error(lexer, place, parser->error,
                             "'%s' interacts with itself (a square is for --derive)",
                             lexer_excerpt(excerpt, part->name, strlen(part->name)));
        }
    sign = ' ';
    if (lexer_at(lexer, "**") || lexer_at(lexer, ":=") || lexer_at(lexer, "::"))
      return unexpected(parser, "a term");
    if (lexer_take(lexer, ":"))
      continue;
    place = lexer->place;
    if (!lexer_take(lexer, "*"))
      return true;
    if (product->n_factors == MOST_FACTORS)
      return lexer_error(lexer, place, parser->error,
                         "a product has at most %d factors: write out the terms that you want",
                         MOST_FACTORS);
    product->factor[product->n_factors++] = (struct formula_term){0};
    capacity = 0;
  }
}

static size_t n_parts_chosen(const struct product *product, unsigned chosen)
{
  size_t n = 0;
  for (size_t i = 0; i < product->n_factors; i++)
    if (chosen >> i & 1)
      n += product->factor[i].n_parts;
  return n;
}

// The term of those factors whose bits are in `chosen`.
static struct formula_term product_term(const struct product *product, unsigned chosen)
{
  struct formula_term term = {.sign = TERM_ADD, .n_parts = n_parts_chosen(product, chosen)};
  term.part = NEW_ARRAY(struct formula_part, term.n_parts);
  size_t n = 0;
  for (size_t i = 0; i < product->n_factors; i++)
    if (chosen >> i & 1)
      for (size_t j = 0; j < product->factor[i].n_parts; j++)
        term.part[n++] = part_copy(&product->factor[i].part[j]);
  return term;
}

static size_t term_index(const struct formula *formula, const struct formula_term *term)
{
  size_t i = 0;
  while (i < formula->n_terms && !term_equal(&formula->term[i], term))
    i++;
  return i;
}

static void term_delete(struct formula *formula, size_t index)
{
  term_free(&formula->term[index]);
  formula->n_terms--;
  memmove(formula->term + index, formula->term + index + 1,
          (formula->n_terms - index) * sizeof *formula->term);
}

// Takes the term over.
static void term_append(struct parser *parser, struct formula_term term)
{
  struct formula *formula = parser->formula;
  if (term_index(formula, &term) < formula->n_terms) {
    term_free(&term);
    return;
  }
  GROW_ARRAY(formula->term, parser->capacity, formula->n_terms + 1);
  formula->term[formula->n_terms++] = term;
}

static bool is_plain(const struct formula_term *term)
{
  return term->n_parts == 1 && term->part[0].kind == PART_PLAIN;
}

// What is added after it was removed is there.
static void term_add(struct parser *parser, struct formula_term term)
{
  struct formula *formula = parser->formula;
  if (is_plain(&term)) {
    term.sign = TERM_REMOVE;
    size_t index = term_index(formula, &term);
    if (index < formula->n_terms)
      term_delete(formula, index);
    term.sign = TERM_ADD;
  }
  term_append(parser, term);
}

// `-` takes away what was added before; of what `.` stands for, it takes columns.  R lets
// pass what was not there: so would a misspelt name.
static bool term_remove(struct parser *parser, struct formula_term term, const char *place)
{
  struct formula *formula = parser->formula;
  size_t index = term_index(formula, &term);
  bool was_there = index < formula->n_terms;
  if (was_there)
    term_delete(formula, index);
  if (parser->has_rest && is_plain(&term)) {
    term.sign = TERM_REMOVE;
    term_append(parser, term);
    return true;
  }
  bool good = true;
  if (!was_there) {
    struct text spelling = {0};
    formula_print_term(&term, &spelling);
    char excerpt[LEXER_EXCERPT];
    lexer_excerpt(excerpt, text_content(&spelling), spelling.length);
    const struct lexer *lexer = &parser->lexer;
    // Names of the kind `pd-delta`, read as pd minus delta.
    bool glued = place > lexer->text + 1 && place[-1] == '-' && !strchr(" \t\r\n\v\f", place[-2]);
    good = lexer_error(lexer, place, parser->error, "'%s' is not there to be removed%s", excerpt,
                       parser->has_rest ? " ('.' stands for columns as they are)"
                       : glued          ? " (a name that has a '-' goes in backquotes)"
                                        : "");
    text_free(&spelling);
  }
  term_free(&term);
  return good;
}

// In the order in which R lists the terms of a product: fewer columns first, then as in
// a:b, a:c, b:c, a:d.
static bool product_apply(struct parser *parser, const struct product *product, char sign,
                          const char *place)
{
  size_t n_columns = 0;
  for (size_t i = 0; i < product->n_factors; i++)
    n_columns += product->factor[i].n_parts;
  for (size_t n = 1; n <= n_columns; n++)
    for (unsigned chosen = 1; chosen < 1u << product->n_factors; chosen++) {
      if (n_parts_chosen(product, chosen) != n)
        continue;
      struct formula_term term = product_term(product, chosen);
      if (sign == '+')
        term_add(parser, term);
      else if (!term_remove(parser, term, place))
        return false;
    }
  return true;
}

static bool at_rest(const struct lexer *lexer)
{
  return lexer_at(lexer, ".") && !lexer_at_name(lexer) && !lexer_at_number(lexer);
}

static bool rest_parse(struct parser *parser, char sign)
{
  struct lexer *lexer = &parser->lexer;
  const char *place = lexer->place;
  if (sign == '-')
    return lexer_error(lexer, place, parser->error, "'- .' would leave nothing");
  if (parser->has_rest)
    return lexer_error(lexer, place, parser->error, "'.' stands once");
  lexer_take(lexer, ".");
  if (!lexer_at_end(lexer) && strchr(":*/^(", *lexer->place))
    return lexer_error(lexer, lexer->place, parser->error,
                       "'.' stands alone: write out the terms that you want");
  parser->has_rest = true;
  term_append(parser, (struct formula_term){.sign = TERM_REST});
  return true;
}

static bool terms_parse(struct parser *parser)
{
  struct lexer *lexer = &parser->lexer;
  if (lexer_at_end(lexer))
    return lexer_error(lexer, lexer->place, parser->error,
                       "no terms after '~' ('.' stands for every other column)");
  // What stands before the term: nothing, '+' or '-'.
  char operator = '\0';
  if (lexer_take(lexer, "-"))
    operator = '-';
  for (;;) {
    const char *place = lexer->place;
    char sign = operator == '-' ? '-' : '+';
    if (lexer_at_end(lexer))
      return lexer_error(lexer, place, parser->error, "a term is missing after the last '%c'",
                         operator);
    if (lexer_at(lexer, "+") || lexer_at(lexer, "-") || lexer_at(lexer, "*") ||
        lexer_at(lexer, "/") || (lexer_at(lexer, ":") && !lexer_at(lexer, ":="))) {
      if (!lexer_at(lexer, "**"))
        return lexer_error(lexer, place, parser->error, "a term is missing before this '%c'",
                           *place);
    }
    bool good;
    if (at_rest(lexer)) {
      good = rest_parse(parser, sign);
    } else {
      struct product product = {0};
      good = product_parse(parser, &product, sign) && product_apply(parser, &product, sign, place);
      product_free(&product);
    }
    if (!good)
      return false;
    if (lexer_at_end(lexer))
      break;
    place = lexer->place;
    if (lexer_take(lexer, "+"))
      operator = '+';
    else if (lexer_at(lexer, "->"))
      return lexer_error(lexer, place, parser->error, "'->' where '+' or '-' should be");
    else if (lexer_take(lexer, "-"))
      operator = '-';
    else if (lexer_at_name(lexer) || lexer_at_number(lexer) || lexer_at(lexer, "\""))
      return lexer_error(lexer, place, parser->error,
                         "'+' is missing before this (or, for a name with blanks or other "
                         "characters, backquotes around it)");
    else
      return unexpected(parser, "'+' or '-'");
  }
  if (parser->formula->n_terms == 0)
    return lexer_error(lexer, lexer->place, parser->error, "no term is left after the removals");
  return true;
}

static bool levels_parse(struct parser *parser, struct text_list *levels,
                         const struct text_list *others)
{
  struct lexer *lexer = &parser->lexer;
  do {
    const char *place = lexer->place;
    if (lexer_at(lexer, "~"))
      return lexer_error(lexer, place, parser->error, "a level is missing before '~'");
    char *level = lexer_take_level(lexer, NULL, parser->error);
    if (!level)
      return false;
    bool twice = text_list_has(levels, level), both = others && text_list_has(others, level);
    text_list_adopt(levels, level);
    if (twice || both) {
      char excerpt[LEXER_EXCERPT];
      lexer_excerpt(excerpt, level, strlen(level));
      return lexer_error(lexer, place, parser->error,
                         both ? "level '%s' is on both sides of vs" : "level '%s' stands twice",
                         excerpt);
    }
  } while (lexer_take(lexer, ","));
  return true;
}

// What follows the levels, if it is neither vs nor '~'.
static bool after_levels(struct parser *parser, bool versus)
{
  struct lexer *lexer = &parser->lexer;
  if (lexer_at_end(lexer))
    return true;
  static const char *const wrong_versus[] = {"vs.", "Vs", "VS", "versus", "against", "v", "v.s."};
  for (size_t i = 0; i < sizeof wrong_versus / sizeof *wrong_versus; i++)
    if (lexer_at_word(lexer, wrong_versus[i]))
      return lexer_error(lexer, lexer->place, parser->error, "'%s': write vs", wrong_versus[i]);
  if (versus && lexer_at_word(lexer, "vs"))
    return lexer_error(lexer, lexer->place, parser->error,
                       "a second vs: levels of one side are joined by ','");
  if (lexer_at(lexer, "|") || lexer_at(lexer, "&"))
    return lexer_error(lexer, lexer->place, parser->error, "'%c': levels are joined by ','",
                       *lexer->place);
  char excerpt[LEXER_EXCERPT];
  const char *place = lexer->place;
  return lexer_error(lexer, place, parser->error,
                     "'%s' after a level: levels are joined by ',', and a level with blanks or "
                     "other characters goes in double quotes, as \"2+\"",
                     lexer_excerpt(excerpt, place, lexer_word_length(place)));
}

static bool outcome_parse(struct parser *parser)
{
  struct lexer *lexer = &parser->lexer;
  struct formula *formula = parser->formula;
  const char *place = lexer->place;
  if (!column_take(parser, &formula->outcome))
    return false;
  if (*place != '`' && lexer_at(lexer, "(")) {
    if (strcmp(formula->outcome, "Surv") == 0)
      return lexer_error(lexer, place, parser->error, "times to an event are not offered");
    return lexer_error(lexer, place, parser->error,
                       "the outcome is a column's name alone, without a function");
  }
  if (lexer_at(lexer, "==") || lexer_at(lexer, ":=") || lexer_at(lexer, "<-"))
    return lexer_error(lexer, lexer->place, parser->error, "'%.2s': write outcome = level",
                       lexer->place);
  if (lexer_at(lexer, "%in%"))
    return lexer_error(lexer, lexer->place, parser->error,
                       "'%%in%%': write outcome = level,level");
  if (lexer_at_word(lexer, "vs"))
    return lexer_error(lexer, lexer->place, parser->error,
                       "vs without an event: write outcome = level vs level");
  if (lexer_at(lexer, "!=") || lexer_at(lexer, "<") || lexer_at(lexer, ">"))
    return lexer_error(lexer, lexer->place, parser->error,
                       "an outcome is a column or column = level; rows are chosen by --where");
  if (lexer_at(lexer, ",") || lexer_at(lexer, "+"))
    return lexer_error(lexer, lexer->place, parser->error, "a formula has one outcome");
  if (lexer_take(lexer, "=")) {
    if (!levels_parse(parser, &formula->event, NULL))
      return false;
    bool versus = lexer_take_word(lexer, "vs");
    if (versus && !levels_parse(parser, &formula->comparison, &formula->event))
      return false;
    if (!lexer_at(lexer, "~") && !after_levels(parser, versus))
      return false;
  }
  if (lexer_at_end(lexer) || lexer_at(lexer, "~"))
    return true;
  if (lexer_at(lexer, "-") || lexer_at_name(lexer) || lexer_at_number(lexer))
    return lexer_error(lexer, lexer->place, parser->error,
                       "'=' or '~' is missing before this (or, for a name with blanks or other "
                       "characters, backquotes around it)");
  if (lexer_at(lexer, "/") || lexer_at(lexer, "*") || lexer_at(lexer, ":"))
    return lexer_error(lexer, lexer->place, parser->error, "the outcome is a column's name alone");
  return unexpected(parser, "'~'");
}

static bool parse(struct formula *formula, const char *text, bool may_lack_terms,
                  struct error *error)
{
  *formula = (struct formula){0};
  struct parser parser = {.formula = formula, .error = error};
  struct lexer *lexer = &parser.lexer;
  bool good = lexer_begin(lexer, "formula", text, error);
  if (good && lexer_at_end(lexer))
    good = lexer_error(lexer, lexer->place, error, "empty: write outcome ~ term + term");
  if (good && !lexer_at(lexer, "~"))
    good = outcome_parse(&parser);
  if (good && !lexer_take(lexer, "~"))
    good = lexer_error(lexer, lexer->place, error, "'~' is missing: write outcome ~ term + term");
  bool bare = good && may_lack_terms && formula->outcome && lexer_at_end(lexer);
  good = good && (bare || terms_parse(&parser));
  if (!good)
    formula_free(formula);
  return good;
}

bool formula_parse(struct formula *formula, const char *text, struct error *error)
{
  return parse(formula, text, false, error);
}

bool formula_parse_outcome(struct formula *formula, const char *text, struct error *error)
{
  return parse(formula, text, true, error);
}
