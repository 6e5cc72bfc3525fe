// SPDX-License-Identifier: GPL-3.0-or-later
// Derived columns: values against R and against a recursive evaluator, canonical printing,
// missing values and divisions by 0, messages.
#include <config.h>

#include "data/derive.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "reference.h"
#include "tap.h"

static uint64_t random_state = 88172645463325252u;

// G. Marsaglia (2003), "Xorshift RNGs".
static size_t random_below(size_t n)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (size_t) (random_state >> 11) % n;
}

static void add_numeric(struct table *table, const char *name, const double *value)
{
  RESIZE_ARRAY(table->column, table->n_columns + 1);
  struct column *column = &table->column[table->n_columns++];
  *column = (struct column){.name = memory_copy_text(name), .digits = -1, .type = COLUMN_NUMERIC};
  column->value = NEW_ARRAY(double, table->n_rows);
  memcpy(column->value, value, table->n_rows * sizeof *value);
}

static void add_levels(struct table *table, const char *name, const double *code)
{
  add_numeric(table, name, code);
  struct column *column = &table->column[table->n_columns - 1];
  column->type = COLUMN_CATEGORICAL;
  column->n_levels = 2;
  column->level = NEW_ARRAY(char *, 2);
  column->level_label = NEW_ARRAY(char *, 2);
  for (int i = 0; i < 2; i++) {
    column->level[i] = memory_copy_text(i ? "male" : "female");
    column->level_label[i] = memory_copy_text(column->level[i]);
  }
}

static const struct {
  const char *text, *canonical;
} good[] = {
    {"t1_delta=(t1_gd-t1_pre)/t1_pre", "t1_delta = (t1_gd - t1_pre)/t1_pre"},
    {"x = a", "x = a"},
    {"x=a+b*c", "x = a + b*c"},
    {"x=(a+b)*c", "x = (a + b)*c"},
    {"x=((a)+((b*c)))", "x = a + b*c"},
    {"x=a-(b-c)", "x = a - (b - c)"},
    {"x=(a-b)-c", "x = a - b - c"},
    {"x=a+(b+c)", "x = a + (b + c)"},
    {"x=a/(b/c)", "x = a/(b/c)"},
    {"x=(a/b)/c", "x = a/b/c"},
    {"x=a*(b*c)", "x = a*(b*c)"},
    {"x=a*(b+c)*d", "x = a*(b + c)*d"},
    {"x=-a", "x = -a"},
    {"x=-a*b", "x = -a*b"},
    {"x=-(a*b)", "x = -(a*b)"},
    {"x=(-a)*b", "x = -a*b"},
    {"x=- -a", "x = --a"},
    {"x=a--b", "x = a - -b"},
    {"x=a*-b", "x = a*-b"},
    {"x=-(a+b)", "x = -(a + b)"},
    {"x=1e3*a+.5-2.", "x = 1000*a + 0.5 - 2"},
    {"x=1e-300/a*1E+20", "x = 1e-300/a*1e+20"},
    {"`a b` = `c``d`*`1x`", "`a b` = `c``d`*`1x`"},
    {"\u00e4 = \u00f6/\u00fc", "\u00e4 = \u00f6/\u00fc"},
    {"k = 3", "k = 3"},
    {" x\n=\ta +\r\nb ", "x = a + b"},
    {"`.` = vs + factor + sd", "`.` = vs + factor + sd"},
};

static const struct {
  const char *text;
  int character;
  const char *says;
} bad[] = {
    {"", 1, "empty"},
    {"x", 2, "'=' is missing"},
    {"x + a", 3, "'=' is missing"},
    {"= a", 1, "a name is missing before '='"},
    {"x =", 4, "no expression"},
    {"x == a", 3, "write name = expression"},
    {"x := a", 3, "write name = expression"},
    {"x <- a", 3, "write name = expression"},
    {"2x = a", 1, "backquotes: `2x`"},
    {"'x' = a", 1, "backquotes: `x`"},
    {"x = 'a'", 5, "backquotes: `a`"},
    {"x = \"a\"", 5, "backquotes: `a`"},
    {"x = `a", 5, "not closed"},
    {"x = a +", 8, "a column or number is missing at the end"},
    {"x = a + * b", 9, "missing before this '*'"},
    {"x = + a", 5, "missing before this '+'"},
    {"x = a // b", 8, "missing before this '/'"},
    {"x = a b", 7, "an operator is missing"},
    {"x = a 2", 7, "an operator is missing"},
    {"x = 2a", 5, "neither a number"},
    {"x = 2(a)", 6, "an operator is missing"},
    {"x = (a)(b)", 8, "an operator is missing"},
    {"x = (a", 7, "the '(' at character 5 is not closed"},
    {"x = ((a)", 9, "the '(' at character 5 is not closed"},
    {"x = a)", 6, "')' without a '('"},
    {"x = ()", 6, "nothing between"},
    {"x = log(a)", 5, "no functions here"},
    {"x = a^2", 6, "x*x"},
    {"x = a**2", 6, "x*x"},
    {"x = a %% 2", 7, "operators are + - * /"},
    {"x = a = b", 7, "one '='"},
    {"x = a == b", 7, "one '='"},
    {"x = a > b", 7, "--where"},
    {"x = a ~ b", 7, "formula"},
    {"x = 0,5*a", 6, "decimal mark is a point"},
    {"x = a; y = b", 6, "second --derive"},
    {"x = [a]", 5, "parentheses"},
    {"x = d$a", 6, "without its table"},
    {"x = a + x", 9, "'x' is defined by itself"},
    {"x = x", 5, "defined by itself"},
    {"`x` = 1/x", 9, "defined by itself"},
    {"x = 1e999", 5, "beyond the largest"},
    {"x = 1.5.2", 5, "neither a number"},
    {"x = 0x1F", 5, "neither a number"},
    {"x = .", 5, "a column or number"},
    {"x = a \u2212 b", 7, "type -"},
    {"x = a \u00f7 b", 7, "type /"},
    {"\u00e9\u00e9 = a + \u2603", 10, "a column or number"},
    {"x = \xc3", 5, "not UTF-8"},
};

static void test_parse(void)
{
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct error error = {0};
    struct derivation *derivation = derivation_parse(good[i].text, &error);
    struct text printed = {0};
    if (ok(derivation != NULL, "parsed: %s", good[i].canonical)) {
      derivation_print(derivation, &printed);
      is_text(text_content(&printed), good[i].canonical, "printed in the canonical way");
    } else {
      printf("#   %s\n", error.message);
    }
    text_free(&printed);
    derivation_free(derivation);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct error error = {0};
    struct derivation *derivation = derivation_parse(bad[i].text, &error);
    char place[64];
    snprintf(place, sizeof place, "expression, character %d: ", bad[i].character);
    if (!ok(!derivation && error.status == ERROR_USAGE && text_starts(error.message, place) &&
                strstr(error.message, bad[i].says),
            "error %zu: %s", i + 1, i + 1 < sizeof bad / sizeof *bad ? bad[i].text : "bytes"))
      printf("#   got %s\n#   expected %s... %s\n", error.message, place, bad[i].says);
    derivation_free(derivation);
    ok(!derivation_parse(bad[i].text, NULL), "no error asked for");
  }
  derivation_free(NULL);
}

static void test_inputs(void)
{
  struct derivation *derivation = derivation_parse("x = (b - a)/b + `c d`*a", NULL);
  is_text(derivation_name(derivation), "x", "name");
  char *inputs = text_list_join(derivation_inputs(derivation), "|");
  is_text(inputs, "b|a|c d", "inputs, each once");
  free(inputs);
  derivation_free(derivation);
}

static void test_nesting(void)
{
  static const char *const openings[] = {"(", "-", "-(", "(-"};
  for (size_t k = 0; k < sizeof openings / sizeof *openings; k++) {
    struct text text = {0};
    text_append(&text, "x = ");
    for (int i = 0; i < 10000; i++)
      text_append(&text, openings[k]);
    text_append(&text, "a");
    struct error error = {0};
    struct derivation *derivation = derivation_parse(text_content(&text), &error);
    ok(!derivation && strstr(error.message, "within each other"), "10000 times '%s'", openings[k]);
    derivation_free(derivation);
    text_free(&text);
  }
  struct text deep = {0};
  text_append(&deep, "x = ");
  for (int i = 0; i < 100; i++)
    text_append(&deep, "(a+");
  text_append(&deep, "a");
  for (int i = 0; i < 100; i++)
    text_append(&deep, ")");
  double one = 1;
  struct table table = {.n_rows = 1};
  add_numeric(&table, "a", &one);
  size_t n_zero;
  struct derivation *derivation = derivation_parse(text_content(&deep), NULL);
  ok(derivation && derivation_apply(derivation, &table, &n_zero, NULL), "100 deep");
  is_close(table.column[1].value[0], 101, 0, "a sum within parentheses");
  derivation_free(derivation);
  text_clear(&deep);
  text_append(&deep, "y = a");
  for (int i = 0; i < 10000; i++)
    text_append(&deep, "+a");
  derivation = derivation_parse(text_content(&deep), NULL);
  ok(derivation && derivation_apply(derivation, &table, &n_zero, NULL), "10000 wide");
  is_close(table.column[2].value[0], 10001, 0, "a long sum");
  struct text printed = {0};
  derivation_print(derivation, &printed);
  ok(printed.length == 5 + 4 * 10000, "a long sum printed");
  text_free(&printed);
  derivation_free(derivation);
  table_free(&table);
  text_free(&deep);
}

// Every bit, as R does the same IEEE 754 operations: tolerance 0.
static void test_values_of_r(void)
{
  struct reference *reference = reference_open("derive.tsv");
  struct table table = {0};
  static const char *const columns[] = {"a", "b", "c", "d"};
  for (size_t j = 0; j < 4; j++) {
    const double *value = reference_values(reference, columns[j], &table.n_rows);
    add_numeric(&table, columns[j], value);
  }
  size_t n_expressions = 0;
  for (size_t k = 0; k < reference_size(reference); k++) {
    const char *key = reference_key(reference, k);
    if (strlen(key) == 1 || text_starts(key, "zero:"))
      continue;
    char *text = text_format("x%zu = %s", k, key), *zero = text_format("zero:%s", key);
    struct error error = {0};
    struct derivation *derivation = derivation_parse(text, &error);
    size_t n_zero = 0, n_different = 0, n_missing = 0;
    if (!ok(derivation && derivation_apply(derivation, &table, &n_zero, &error), "%s", key))
      printf("#   %s\n", error.message);
    const double *expected = reference_values(reference, key, NULL);
    const struct column *column = &table.column[table.n_columns - 1];
    for (size_t i = 0; i < table.n_rows; i++) {
      n_missing += isnan(expected[i]) != 0;
      bool same = isnan(expected[i]) ? isnan(column->value[i])
                                     : column->value[i] == expected[i];
      n_different += !same;
      n_different += column->value[i] == 0 && signbit(column->value[i]);
    }
    is_integer((long long) n_different, 0, "values as in R");
    is_integer((long long) column->n_missing, (long long) n_missing, "missing as in R");
    is_integer((long long) n_zero, (long long) reference_value(reference, zero),
               "rows divided by 0");
    n_expressions++;
    derivation_free(derivation);
    free(text);
    free(zero);
  }
  ok(n_expressions > 100, "%zu expressions", n_expressions);
  table_free(&table);
  reference_close(reference);
}

static void test_missing(void)
{
  enum { N = 8 };
  static const double a[N] = {1, 0, NAN, 4, 1e200, -3, 0, NAN};
  static const double b[N] = {2, 0, 0, NAN, 1e200, 0, 5, 1};
  struct table table = {.n_rows = N};
  add_numeric(&table, "a", a);
  add_numeric(&table, "b", b);
  struct {
    const char *text;
    double value[N];
    size_t n_zero;
  } cases[] = {
      {"x1 = a/b", {0.5, NAN, NAN, NAN, 1, NAN, 0, NAN}, 2},
      {"x2 = b/a", {2, NAN, NAN, NAN, 1, 0, NAN, NAN}, 2}, // 0/-3 is 0, without a sign
      {"x3 = a*b", {2, 0, NAN, NAN, NAN, 0, 0, NAN}, 0},   // 1e400 is missing
      {"x4 = 1/(a*b)", {0.5, NAN, NAN, NAN, NAN, NAN, NAN, NAN}, 3},
      {"x5 = 0*a", {0, 0, NAN, 0, 0, 0, 0, NAN}, 0},
      {"x6 = a/b + b/a", {2.5, NAN, NAN, NAN, 2, NAN, NAN, NAN}, 3}, // a row counts once
      {"x7 = 1/(1/b)", {2, NAN, NAN, NAN, 1e200, NAN, 5, 1}, 3},
      {"x8 = 5/0", {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN}, N},
      {"x9 = x1 - 0.5", {0, NAN, NAN, NAN, 0.5, NAN, -0.5, NAN}, 0},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    struct derivation *derivation = derivation_parse(cases[k].text, NULL);
    size_t n_zero;
    ok(derivation_apply(derivation, &table, &n_zero, NULL), "%s", cases[k].text);
    is_integer((long long) n_zero, (long long) cases[k].n_zero, "rows divided by 0");
    const struct column *column = &table.column[table.n_columns - 1];
    for (size_t i = 0; i < N; i++) {
      // 1/(1/1e200): two roundings; the others are exact.
      is_close(column->value[i], cases[k].value[i], 4e-16, "value");
      ok(!(column->value[i] == 0 && signbit(column->value[i])), "no -0");
    }
    is_text(column->name, derivation_name(derivation), "name of the new column");
    derivation_free(derivation);
  }
  table_free(&table);
}

static void test_refused(void)
{
  static const double value[2] = {0, 1};
  struct table table = {.n_rows = 2};
  add_numeric(&table, "age", value);
  add_levels(&table, "sex", value);
  add_numeric(&table, "unloaded", value);
  table.column[2].type = COLUMN_UNLOADED;
  struct {
    const char *text;
    enum error_status status;
    const char *says;
  } cases[] = {
      {"age = 2*sex", ERROR_USAGE, "--derive 'age': there is a column of that name"},
      {"sex = 2*age", ERROR_USAGE, "there is a column of that name"},
      {"x = 2*sex", ERROR_DATA, "column 'sex' has levels ('female'), not numbers"},
      {"x = unloaded", ERROR_DATA, "column 'unloaded' is not numeric"},
      {"x = agee", ERROR_USAGE, "agee"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    struct derivation *derivation = derivation_parse(cases[k].text, NULL);
    struct error error = {0};
    size_t n_zero;
    if (!ok(!derivation_apply(derivation, &table, &n_zero, &error) &&
                error.status == cases[k].status && strstr(error.message, cases[k].says),
            "refused: %s", cases[k].text))
      printf("#   %s\n", error.message);
    is_integer((long long) table.n_columns, 3, "no column added");
    ok(!derivation_apply(derivation, &table, &n_zero, NULL), "no error asked for");
    derivation_free(derivation);
  }
  table_free(&table);
}

static void test_sizes(void)
{
  static const size_t sizes[] = {0, 1, 2, 255, 256, 257, 1000};
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    struct table table = {.n_rows = sizes[k]};
    double *a = NEW_ARRAY(double, sizes[k]);
    for (size_t i = 0; i < sizes[k]; i++)
      a[i] = (double) i;
    add_numeric(&table, "a", a);
    struct derivation *derivation = derivation_parse("x = (a + 1)*(a - 1)/a", NULL);
    size_t n_zero, n_wrong = 0;
    ok(derivation_apply(derivation, &table, &n_zero, NULL), "%zu rows", sizes[k]);
    is_integer((long long) n_zero, sizes[k] > 0, "one row divided by 0");
    for (size_t i = 1; i < sizes[k]; i++)
      n_wrong += table.column[1].value[i] != (a[i] + 1) * (a[i] - 1) / a[i];
    is_integer((long long) n_wrong, 0, "every row");
    derivation_free(derivation);
    free(a);
    table_free(&table);
  }
}

// ---- random expressions: a tree, its value by recursion, its text with all parentheses ----

struct tree {
  char operation; // '#' number, 'x' column, '~' negation, else the binary operator
  double number;
  size_t column;
  struct tree *left, *right;
};

static const char *const hostile[] = {"a", "vs", "a b", "`", "1x", ".", "a-b", "\u00e9", "x\ny"};
static const char *const hostile_text[] = {"a",     "vs",    "`a b`",  "````",    "`1x`",
                                           "`.`",   "`a-b`", "\u00e9", "`x\ny`"};
enum { N_HOSTILE = sizeof hostile / sizeof *hostile };

static struct tree *random_tree(size_t depth)
{
  struct tree *tree = NEW_ZEROED(struct tree, 1);
  size_t form = depth ? random_below(8) : random_below(2);
  if (form == 0) {
    static const double numbers[] = {0, 1, 2, 0.1, 1e-5, 1e20, 1.0 / 3, 12345.678, 5e-324};
    tree->operation = '#';
    tree->number = numbers[random_below(sizeof numbers / sizeof *numbers)];
  } else if (form == 1) {
    tree->operation = 'x';
    tree->column = random_below(N_HOSTILE);
  } else if (form == 2) {
    tree->operation = '~';
    tree->left = random_tree(depth - 1);
  } else {
    tree->operation = "+-*/"[random_below(4)];
    tree->left = random_tree(depth - 1);
    tree->right = random_tree(depth - 1);
  }
  return tree;
}

static void tree_free(struct tree *tree)
{
  if (!tree)
    return;
  tree_free(tree->left);
  tree_free(tree->right);
  free(tree);
}

static void tree_print(const struct tree *tree, struct text *text)
{
  char number[NUMBER_SIZE];
  switch (tree->operation) {
  case '#':
    text_append(text, number_write(number, tree->number));
    break;
  case 'x':
    text_append(text, hostile_text[tree->column]);
    break;
  case '~':
    text_append(text, "(-");
    tree_print(tree->left, text);
    text_append(text, ")");
    break;
  default:
    text_append(text, "(");
    tree_print(tree->left, text);
    text_append_character(text, tree->operation);
    tree_print(tree->right, text);
    text_append(text, ")");
  }
}

static double tree_value(const struct tree *tree, const double *column)
{
  double left = tree->left ? tree_value(tree->left, column) : 0;
  double right = tree->right ? tree_value(tree->right, column) : 0;
  double value = 0;
  switch (tree->operation) {
  case '#':
    value = tree->number;
    break;
  case 'x':
    value = column[tree->column];
    break;
  case '~':
    value = -left;
    break;
  case '+':
    value = left + right;
    break;
  case '-':
    value = left - right;
    break;
  case '*':
    value = left * right;
    break;
  case '/':
    value = left / right;
    break;
  }
  return isfinite(value) ? value : NAN;
}

// A pair of parentheses is needless if the text without it parses to the same thing.
static size_t needless_parentheses(const char *printed, const struct derivation *derivation)
{
  size_t n = strlen(printed), n_needless = 0;
  size_t *open = NEW_ARRAY(size_t, n + 1), depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < n; i++) {
    quoted ^= printed[i] == '`';
    if (quoted)
      continue;
    if (printed[i] == '(')
      open[depth++] = i;
    if (printed[i] == ')') {
      char *without = memory_copy_text(printed);
      without[open[--depth]] = without[i] = ' ';
      struct derivation *again = derivation_parse(without, NULL);
      n_needless += again && derivation_equal(again, derivation);
      derivation_free(again);
      free(without);
    }
  }
  free(open);
  return n_needless;
}

static void test_random(void)
{
  enum { N = 3000 };
  struct table table = {.n_rows = 1};
  double column[N_HOSTILE];
  for (size_t j = 0; j < N_HOSTILE; j++) {
    column[j] = j == 7 ? 0 : (double) j * 1.7 - 3.3;
    add_numeric(&table, hostile[j], &column[j]);
  }
  int n_same = 0, n_stable = 0, n_value = 0;
  size_t n_needless = 0;
  for (int k = 0; k < N; k++) {
    struct tree *tree = random_tree(1 + random_below(6));
    struct text text = {0}, first = {0}, second = {0};
    text_append(&text, "`new one` = ");
    tree_print(tree, &text);
    struct derivation *derivation = derivation_parse(text_content(&text), NULL), *again = NULL;
    if (derivation) {
      derivation_print(derivation, &first);
      again = derivation_parse(text_content(&first), NULL);
    }
    if (again) {
      n_same += derivation_equal(derivation, again) && derivation_equal(again, derivation);
      derivation_print(again, &second);
      n_stable += strcmp(text_content(&first), text_content(&second)) == 0;
      n_needless += needless_parentheses(text_content(&first), derivation);
      size_t n_zero;
      double expected = tree_value(tree, column);
      derivation_apply(again, &table, &n_zero, NULL);
      struct column *added = &table.column[--table.n_columns];
      n_value += isnan(expected) ? isnan(added->value[0]) : added->value[0] == expected;
      free(added->name);
      free(added->value);
    }
    derivation_free(derivation);
    derivation_free(again);
    text_free(&text);
    text_free(&first);
    text_free(&second);
    tree_free(tree);
  }
  is_integer(n_same, N, "printed and parsed: an equal derivation");
  is_integer(n_stable, N, "printed again: the same text");
  is_integer((long long) n_needless, 0, "no needless parentheses");
  is_integer(n_value, N, "values as by recursion");
  table_free(&table);
}

static void test_equal(void)
{
  static const char *const different[] = {
      "x = a + b", "y = a + b", "x = b + a",       "x = a - b",       "x = a*b",  "x = a/b",
      "x = a",     "x = -a",    "x = a + (b + c)", "x = (a + b) + c", "x = a + 1", "x = a + 2",
  };
  size_t n = sizeof different / sizeof *different, n_wrong = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      struct derivation *a = derivation_parse(different[i], NULL);
      struct derivation *b = derivation_parse(different[j], NULL);
      n_wrong += derivation_equal(a, b) != (i == j);
      derivation_free(a);
      derivation_free(b);
    }
  is_integer((long long) n_wrong, 0, "different derivations differ, each equals itself");
}

int main(void)
{
  test_parse();
  test_inputs();
  test_nesting();
  test_values_of_r();
  test_missing();
  test_refused();
  test_sizes();
  test_random();
  test_equal();
  return tap_done();
}
