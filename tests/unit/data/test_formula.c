// SPDX-License-Identifier: GPL-3.0-or-later
// Formulas: what they mean, how they print, and what is said of wrong ones.  Expansion of
// products against R's terms(); printing and parsing as inverses for random formulas.
#include <config.h>

#include "data/formula.h"

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

static const struct {
  const char *text, *canonical;
} good[] = {
    {"her2 ~ age + adc", NULL},
    {"her2 = over ~ age", NULL},
    {"her2 = low vs zero ~ age", NULL},
    {"her2 = low,over vs zero ~ age", NULL},
    {"her2=low , over vs zero~age", "her2 = low,over vs zero ~ age"},
    {"her2 = 1 vs 0 ~ age", NULL},
    {"her2 = -1.5 ~ age", NULL},
    {"her2 = \"2+\",\"3+\" vs \"vs\" ~ age", NULL},
    {"her2 = \"low\" ~ age", "her2 = low ~ age"},
    {"her2 = \"say \"\"a\"\"\" ~ age", NULL},
    {"her2 = n\u00e9gatif ~ \u00e2ge + \u03b2.2", NULL},
    {"vs = vsx vs v-s ~ factor + sd + ref", NULL},
    {"vs ~ log + rcs", NULL},
    {"`a`~`b`", "a ~ b"},
    {"`a b` ~ `c``d` + `1x` + `.` + `x-y` + `.5`", NULL},
    {"_a.b_1 ~ .x + ..", NULL},
    {"~ a", NULL},
    {"~a", "~ a"},
    {"~.", "~ ."},
    {"~ . - id", NULL},
    {"y~.-id-age+log(age)", "y ~ . - id - age + log(age)"},
    {"~ a + . - a", "~ . - a"},
    {"~ . - a + a", "~ . + a"},
    {"~ . - a - a", "~ . - a"},
    {"~ a - a + .", "~ ."},
    {"~ . + log(a) - log(a)", "~ ."},
    {"y~a+b-a", "y ~ b"},
    {"y\n~\ta\r\n+ b", "y ~ a + b"},
    {"y~a+a+a", "y ~ a"},
    {"y~a*b", "y ~ a + b + a:b"},
    {"y~b:a+a:b", "y ~ b:a"},
    {"y~a*b-b:a", "y ~ a + b"},
    {"y~a*b-a*b+c", "y ~ c"},
    {"y~a*b*c", "y ~ a + b + c + a:b + a:c + b:c + a:b:c"},
    {"y~a*b+c", "y ~ a + b + a:b + c"},
    {"y~a:b*c", "y ~ c + a:b + a:b:c"},
    {"y~factor(x)", "y ~ factor(x)"},
    {"y ~ factor ( `x` , ref = \"a b\" )", "y ~ factor(x, ref=\"a b\")"},
    {"y~factor(x,ref=3)+factor(z,ref=vs1)", "y ~ factor(x, ref=3) + factor(z, ref=vs1)"},
    {"y~x/0.1+z/sd+w/1e-3", "y ~ x/0.1 + z/sd + w/0.001"},
    {"y~x/sd-z/sd+z/sd+z/sd", ""},
    {"y~x / 5:z", "y ~ x/5:z"},
    {"y~sd/sd", "y ~ sd/sd"},
    {"y~x/1e300+x/.5+x/1.", "y ~ x/1e+300 + x/0.5 + x/1"},
    {"y~log(x)+sqrt(x)+rcs(x,3)+rcs(x,4.0)+rcs(x,5)",
     "y ~ log(x) + sqrt(x) + rcs(x, 3) + rcs(x, 4) + rcs(x, 5)"},
    {"y~risk(p)+x:log(x)", "y ~ risk(p) + x:log(x)"},
    {"y ~ factor(x, ref=a):log(z)", NULL},
    {"y ~ `log`(x)", ""},
};

static const struct {
  const char *text;
  int character;
  const char *says; // part of the message
} bad[] = {
    {"", 1, "empty"},
    {"  ", 3, "empty"},
    {"her2", 5, "'~' is missing"},
    {"her2 = low", 11, "'~' is missing"},
    {"her2 ~", 7, "no terms after '~'"},
    {"~", 2, "no terms after '~'"},
    {"her2 ~ 1", 8, "leave out the '1'"},
    {"her2 ~ 0 + a", 8, "without intercept is not offered: leave out the '0'"},
    {"her2 ~ a - 1", 12, "leave out the '- 1'"},
    {"her2 ~ a-1", 10, "leave out the '- 1'"},
    {"her2 ~ -1 + a", 9, "without intercept"},
    {"her2 ~ a - 0", 12, "the intercept is always there"},
    {"her2 ~ 1.5", 8, "the number '1.5' is not a term"},
    {"her2 ~ 5ht", 8, "backquotes: `5ht`"},
    {"5ht ~ a", 1, "backquotes: `5ht`"},
    {"her2 ~ a^2", 9, "'^': powers"},
    {"her2 ~ (a + b)^2", 8, "a:c + b:c"},
    {"her2 ~ a**2", 9, "'**': powers"},
    {"her2 ~ I(a)", 8, "--derive"},
    {"her2 ~ log(log(x))", 12, "a function in a function"},
    {"her2 ~ factor(log(x))", 15, "a function in a function"},
    {"her2 ~ a %in% b", 10, "write a:b"},
    {"her2 ~ a | b", 10, "random effects"},
    {"her2 ~ (1 | id)", 11, "random effects"},
    {"her2 ~ (1 + a) | b", 8, "parentheses"},
    {"her2 ~ a || b", 10, "random effects"},
    {"her2 == low ~ a", 6, "write outcome = level"},
    {"her2 := low ~ a", 6, "write outcome = level"},
    {"her2 <- low ~ a", 6, "write outcome = level"},
    {"her2 %in% low ~ a", 6, "outcome = level,level"},
    {"her2 != low ~ a", 6, "--where"},
    {"her2 > 1 ~ a", 6, "--where"},
    {"her2 vs low ~ a", 6, "outcome = level vs level"},
    {"her2, er ~ a", 5, "one outcome"},
    {"her2 + er ~ a", 6, "one outcome"},
    {"her2/2 ~ a", 5, "name alone"},
    {"her2 low ~ a", 6, "'=' or '~' is missing"},
    {"her-2 ~ a", 4, "backquotes"},
    {"log(y) ~ a", 1, "name alone, without a function"},
    {"Surv(t, d) ~ a", 1, "times to an event"},
    {"her2 = ~ a", 8, "a level is missing before '~'"},
    {"her2 = low vs ~ a", 15, "a level is missing before '~'"},
    {"her2 = low, ~ a", 13, "a level is missing before '~'"},
    {"her2 = vs zero ~ a", 8, "double quotes: \"vs\""},
    {"her2 = low vs low ~ a", 15, "on both sides of vs"},
    {"her2 = low,over vs \"over\" ~ a", 20, "'over' is on both sides"},
    {"her2 = low,low ~ a", 12, "stands twice"},
    {"her2 = low vs. zero ~ a", 12, "'vs.': write vs"},
    {"her2 = low versus zero ~ a", 12, "write vs"},
    {"her2 = low vs zero vs x ~ a", 20, "a second vs"},
    {"her2 = 2+ ~ a", 9, "double quotes"},
    {"her2 = low over ~ a", 12, "joined by ','"},
    {"her2 = low|over ~ a", 11, "joined by ','"},
    {"her2 = 'low' ~ a", 8, "double quotes: \"low\""},
    {"her2 = `low` ~ a", 8, "double quotes: \"low\""},
    {"her2 = \"low ~ a", 8, "not closed"},
    {"her2 = \"\" ~ a", 8, "missing"},
    {"\"her2\" ~ a", 1, "backquotes: `her2`"},
    {"her2 ~ 'a b'", 8, "backquotes: `a b`"},
    {"her2 ~ \"a b\"", 8, "backquotes: `a b`"},
    {"her2 ~ `a b", 8, "not closed"},
    {"her2 ~ `` + a", 8, "no name"},
    {"her2 ~ a ~ b", 10, "one '~'"},
    {"her2 ~ ~ b", 8, "one '~'"},
    {"her2 ~ a + + b", 12, "a term is missing before this '+'"},
    {"her2 ~ + b", 8, "a term is missing before this '+'"},
    {"her2 ~ a +", 11, "missing after the last '+'"},
    {"her2 ~ a -", 11, "missing after the last '-'"},
    {"her2 ~ -", 9, "missing after the last '-'"},
    {"her2 ~ a:", 10, "a column name is missing at the end"},
    {"her2 ~ a*", 10, "a column name is missing at the end"},
    {"her2 ~ * a", 8, "a term is missing before this '*'"},
    {"her2 ~ :a", 8, "a term is missing before this ':'"},
    {"her2 ~ a::b", 9, "one ':'"},
    {"her2 ~ a:=b", 9, "':='"},
    {"her2 ~ a:+b", 10, "column name"},
    {"her2 ~ a - b", 12, "'b' is not there to be removed"},
    {"her2 ~ pd-delta", 11, "a '-' goes in backquotes"},
    {"her2 ~ -b + a", 9, "not there to be removed"},
    {"her2 ~ - b + .", 10, "not there to be removed"},
    {"her2 ~ . - a:b", 12, "columns as they are"},
    {"her2 ~ . - log(a)", 12, "columns as they are"},
    {"her2 ~ a*b - a:c", 14, "'a:c' is not there"},
    {"her2 ~ a - a", 13, "no term is left"},
    {"her2 ~ . + .", 12, "'.' stands once"},
    {"her2 ~ . - .", 12, "would leave nothing"},
    {"her2 ~ .:a", 9, "stands alone"},
    {"her2 ~ .^2", 9, "stands alone"},
    {"her2 ~ a:.", 10, "column name"},
    {"her2 ~ a/0", 10, "above 0"},
    {"her2 ~ a/0.0", 10, "above 0"},
    {"her2 ~ a/1e-400", 10, "above 0"},
    {"her2 ~ a/-1", 10, "above 0 without a sign"},
    {"her2 ~ a/1e999", 10, "beyond the largest"},
    {"her2 ~ a/b", 10, "a + a:b"},
    {"her2 ~ a/SD", 10, "a number or sd"},
    {"her2 ~ a/sd(a)", 10, "x/sd"},
    {"her2 ~ a/", 10, "a number or sd is missing at the end"},
    {"her2 ~ a/2/3", 11, "one scale"},
    {"her2 ~ a/0,1", 10, "0.1"},
    {"her2 ~ a/0x1", 10, "neither a number"},
    {"her2 ~ log(a)/2", 14, "name alone"},
    {"her2 ~ rcs(a, 2)", 15, "3, 4 or 5"},
    {"her2 ~ rcs(a, 6)", 15, "3, 4 or 5"},
    {"her2 ~ rcs(a, 3.5)", 15, "3, 4 or 5"},
    {"her2 ~ rcs(a)", 13, "number of knots is missing"},
    {"her2 ~ rcs(a,)", 14, "3, 4 or 5"},
    {"her2 ~ rcs(a,", 14, "3, 4 or 5"},
    {"her2 ~ rcs(a, c(1,2,3))", 15, "quantiles"},
    {"her2 ~ rcs(a, 3, 4)", 16, "takes nothing more"},
    {"her2 ~ facter(x)", 8, "did you mean factor?"},
    {"her2 ~ Log(x)", 8, "did you mean log?"},
    {"her2 ~ sqr(x)", 8, "did you mean sqrt?"},
    {"her2 ~ Risk(x)", 8, "did you mean risk?"},
    {"her2 ~ zzzzzz(x)", 8, "there are factor, log, sqrt, rcs and risk"},
    {"her2 ~ poly(x, 2)", 8, "rcs(x, 4)"},
    {"her2 ~ ns(x, 3)", 8, "rcs(x, 4)"},
    {"her2 ~ as.factor(x)", 8, "factor(x)"},
    {"her2 ~ scale(x)", 8, "x/sd"},
    {"her2 ~ relevel(x, ref=1)", 8, "ref=level"},
    {"her2 ~ exp(x)", 8, "beforehand"},
    {"her2 ~ log10(x)", 8, "natural logarithm"},
    {"her2 ~ offset(x)", 8, "not offered"},
    {"her2 ~ strata(x)", 8, "not offered"},
    {"her2 ~ factor(x, levels=c(1,2))", 18, "ref=level"},
    {"her2 ~ factor(x, a)", 18, "ref=level"},
    {"her2 ~ factor(x, \"a\")", 18, "ref=level"},
    {"her2 ~ factor(x, )", 18, "ref=level"},
    {"her2 ~ factor(x,", 17, "ref=level"},
    {"her2 ~ factor(x, ref)", 21, "ref=level"},
    {"her2 ~ factor(x, ref==a)", 21, "ref=level"},
    {"her2 ~ factor(x, ref=)", 22, "a level"},
    {"her2 ~ factor(x, ref='a')", 22, "double quotes: \"a\""},
    {"her2 ~ factor(x, ref=a b)", 24, "double quotes"},
    {"her2 ~ factor(x, ref=2+)", 23, "double quotes"},
    {"her2 ~ factor(x, ref=a", 23, "not closed"},
    {"her2 ~ factor(x, ref=a, b)", 23, "nothing more"},
    {"her2 ~ log(x, 2)", 13, "natural logarithm"},
    {"her2 ~ log(x", 13, "the '(' at character 11 is not closed"},
    {"her2 ~ log(", 12, "a column name is missing"},
    {"her2 ~ log()", 12, "a column name is missing in log()"},
    {"her2 ~ log((x))", 12, "one pair"},
    {"her2 ~ log(x))", 14, "')' without a '('"},
    {"her2 ~ log(x+1)", 13, "--derive"},
    {"her2 ~ log(x/2)", 13, "--derive"},
    {"her2 ~ factor(a:b)", 16, "--derive"},
    {"her2 ~ log(2)", 12, "backquotes: `2`"},
    {"her2 ~ a)", 9, "')' without a '('"},
    {"her2 ~ (a)", 8, "parentheses"},
    {"her2 ~ a (b)", 8, "no function 'a'"},
    {"her2 ~ a, b", 9, "joined by '+'"},
    {"her2 ~ a; b", 9, "joined by '+'"},
    {"her2 ~ a b", 10, "'+' is missing"},
    {"her2 ~ a `b`", 10, "'+' is missing"},
    {"her2 ~ a 2", 10, "'+' is missing"},
    {"her2 ~ a = 2", 10, "before the '~'"},
    {"her2 ~ a == 2", 10, "--where"},
    {"her2 ~ a > 2", 10, "--where"},
    {"her2 ~ d$a", 9, "without its table"},
    {"her2 ~ !a", 8, "- name"},
    {"her2 ~ a&b", 9, "interaction"},
    {"her2 ~ a[1]", 9, "name alone"},
    {"her2 ~ a -> b", 10, "'->'"},
    {"her2 ~ a?b", 9, "backquotes"},
    {"her2 ~ a:a", 10, "interacts with itself"},
    {"her2 ~ a*b*a", 12, "interacts with itself"},
    {"her2 ~ a:a/2", 10, "interacts with itself"},
    {"her2 ~ rcs(a,3):rcs(a,4)", 17, "interacts with itself"},
    {"her2 ~ a*b*c*d*e*f*g", 19, "at most 6"},
    {"her2 ~ age + her2", 14, "is the outcome"},
    {"her2 ~ log(her2)", 8, "is the outcome"},
    {"her2 ~ a:her2", 10, "is the outcome"},
    {"her2 ~ . - her2", 12, "is the outcome"},
    {"\u00e9\u00e9\u00e9 ~ a^", 8, "'^'"}, // characters are counted, not bytes
    {"her2 ~ a \u2212 b", 10, "typographic minus: type -"},
    {"her2 ~ a \u2013 b", 10, "a dash: type -"},
    {"her2 = \u201clow\u201d ~ a", 8, "curly quote: type \""},
    {"her2 ~\u00a0a", 7, "no-break space"},
    {"her2 ~ a \u00d7 b", 10, "type *"},
    {"her2 \u223c a", 6, "type ~"},
    {"her2 ~ \u2603", 8, "'\u2603' where a column name should be"},
    {"her2 ~ \xff", 8, "not UTF-8"},
};

static void test_good(void)
{
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    const char *canonical = good[i].canonical ? good[i].canonical : good[i].text;
    struct formula formula;
    struct error error = {0};
    struct text printed = {0};
    bool parsed = formula_parse(&formula, good[i].text, &error);
    if (!*canonical) { // refused
      ok(!parsed, "refused: %s", good[i].text);
    } else if (ok(parsed, "parsed: %s", good[i].text)) {
      formula_print(&formula, &printed);
      is_text(text_content(&printed), canonical, "printed in the canonical way");
    } else {
      printf("#   %s\n", error.message);
    }
    text_free(&printed);
    formula_free(&formula);
  }
}

static void test_bad(void)
{
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct formula formula;
    struct error error = {0};
    bool parsed = formula_parse(&formula, bad[i].text, &error);
    char place[64];
    snprintf(place, sizeof place, "formula, character %d: ", bad[i].character);
    if (!ok(!parsed && error.status == ERROR_USAGE && text_starts(error.message, place) &&
                strstr(error.message, bad[i].says) && strlen(error.message) < 200,
            "error %zu: %s", i + 1, i + 1 < sizeof bad / sizeof *bad ? bad[i].text : "bytes"))
      printf("#   got %s\n#   expected %s... %s\n", error.message, place, bad[i].says);
    ok(!formula.term && !formula.outcome && !formula.event.item, "nothing left behind");
    formula_free(&formula);
    if (parsed)
      printf("#   it was parsed\n");
    ok(!formula_parse(&formula, bad[i].text, NULL), "no error asked for");
  }
}

static void test_parts(void)
{
  struct formula f;
  struct error error = {0};
  ok(formula_parse(&f,
                   "h = \"a b\",c vs -1 ~ x + factor(x, ref=b):z/0.25 + rcs(x, 5) + w/sd + . - v",
                   &error),
     "a formula with most parts");
  is_text(f.outcome, "h", "outcome");
  is_integer((long long) f.event.n_items, 2, "levels of the event");
  is_text(f.event.item[0], "a b", "quoted level");
  is_text(f.comparison.item[0], "-1", "level that looks like a number");
  is_integer((long long) f.n_terms, 6, "terms");
  ok(f.term[0].sign == TERM_ADD && f.term[0].n_parts == 1 && f.term[0].part[0].kind == PART_PLAIN,
     "plain term");
  ok(f.term[1].n_parts == 2 && f.term[1].part[0].kind == PART_FACTOR &&
         strcmp(f.term[1].part[0].reference, "b") == 0 && f.term[1].part[1].kind == PART_SCALED &&
         f.term[1].part[1].scale == 0.25 && !f.term[1].part[1].reference,
     "interaction of a factor and a scaled column");
  ok(f.term[2].part[0].kind == PART_SPLINE && f.term[2].part[0].knots == 5, "spline");
  ok(f.term[3].part[0].kind == PART_PER_SD && strcmp(f.term[3].part[0].name, "w") == 0, "per SD");
  ok(f.term[4].sign == TERM_REST && f.term[4].n_parts == 0, "the rest");
  ok(f.term[5].sign == TERM_REMOVE && strcmp(f.term[5].part[0].name, "v") == 0, "removal");
  struct text text = {0};
  formula_print_term(&f.term[1], &text);
  is_text(text_content(&text), "factor(x, ref=b):z/0.25", "one term printed");
  text_free(&text);
  formula_free(&f);
  ok(formula_parse(&f, "~ log(a) + sqrt(a) + risk(a) + factor(a)", &error) && !f.outcome &&
         f.term[0].part[0].kind == PART_LOG && f.term[1].part[0].kind == PART_SQRT &&
         f.term[2].part[0].kind == PART_RISK && f.term[3].part[0].kind == PART_FACTOR &&
         !f.term[3].part[0].reference,
     "functions");
  formula_free(&f);
  formula_free(&f);
  ok(!f.term, "freed twice");
}

static bool equal_texts(const char *a, const char *b)
{
  struct formula f, g;
  bool equal = formula_parse(&f, a, NULL);
  equal = formula_parse(&g, b, NULL) && equal && formula_equal(&f, &g) && formula_equal(&g, &f);
  formula_free(&f);
  formula_free(&g);
  return equal;
}

static void test_equal(void)
{
  ok(equal_texts("y ~ a:b", "y ~ b:a"), "interactions have no order");
  ok(equal_texts("y ~ a*b", "y ~ a + b + b:a"), "a product is its terms");
  ok(equal_texts("y = a,b ~ x", "y = b,a ~ x"), "levels have no order");
  ok(equal_texts("y ~ x/0.1", "y~x/1e-1"), "scales are numbers");
  static const char *const different[] = {
      "y ~ a",        "y ~ b",          "z ~ a",           "~ a",
      "y = 1 ~ a",    "y = 1,2 ~ a",    "y = 1 vs 2 ~ a",  "y = 2 vs 1 ~ a",
      "y ~ a + b",    "y ~ a:b",        "y ~ a/2",         "y ~ a/3",
      "y ~ a/sd",     "y ~ log(a)",     "y ~ sqrt(a)",     "y ~ risk(a)",
      "y ~ rcs(a,3)", "y ~ rcs(a,4)",   "y ~ factor(a)",   "y ~ factor(a, ref=b)",
      "y ~ .",        "y ~ . - a",      "y ~ . + a",       "y ~ a:b:c",
      "y ~ b + a",    "y ~ a:log(b)",   "y = 1.0 ~ a",     "y ~ factor(a, ref=c)",
  };
  size_t n = sizeof different / sizeof *different, n_equal = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (equal_texts(different[i], different[j]) != (i == j)) {
        n_equal++;
        printf("#   %s and %s\n", different[i], different[j]);
      }
  is_integer((long long) n_equal, 0, "different formulas differ, each equals itself");
}

static void test_operand(void)
{
  ok(formula_is_operand("~ a") && formula_is_operand("y~a/0.1") && formula_is_operand("a.csv~"),
     "a '~' without '/' before it");
  ok(!formula_is_operand("a.csv") && !formula_is_operand("./a~b") && !formula_is_operand("") &&
         !formula_is_operand("-"),
     "files");
}

static void test_spelling(void)
{
  static const struct {
    const char *plain, *name, *level;
  } spelling[] = {
      {"a", "a", "a"},         {".", "`.`", "."},       {"vs", "vs", "\"vs\""},
      {"a-b", "`a-b`", "a-b"}, {"1a", "`1a`", "1a"},    {"a b", "`a b`", "\"a b\""},
      {".5", "`.5`", ".5"},    {"a`b", "`a``b`", "\"a`b\""}, {"a\"b", "`a\"b`", "\"a\"\"b\""},
      {"", "``", "\"\""},      {"factor", "factor", "factor"}, {"\u00e4", "\u00e4", "\u00e4"},
      {"a\nb", "`a\nb`", "\"a\nb\""}, {"\u0301a", "`\u0301a`", "\u0301a"},
      {"m\u00b2", "m\u00b2", "m\u00b2"}, {"\u2116", "`\u2116`", "\"\u2116\""},
      {"_", "_", "_"},         {"..", "..", ".."},      {"-", "`-`", "-"},
  };
  for (size_t i = 0; i < sizeof spelling / sizeof *spelling; i++) {
    struct text name = {0}, level = {0};
    formula_print_name(spelling[i].plain, &name);
    formula_print_level(spelling[i].plain, &level);
    is_text(text_content(&name), spelling[i].name, "name as the grammar wants it");
    is_text(text_content(&level), spelling[i].level, "level as the grammar wants it");
    text_free(&name);
    text_free(&level);
  }
}

// ---- R ----

static double term_code(const struct formula_term *term)
{
  double code = 0;
  for (size_t i = 0; i < term->n_parts; i++)
    code += (double) (1u << (term->part[i].name[0] - 'a'));
  return code;
}

// R lists terms by their degree; ours stand as written, a product by degree in itself.
static void test_terms_of_r(void)
{
  struct reference *reference = reference_open("formula.tsv");
  ok(reference_size(reference) > 100, "reference formulas");
  for (size_t k = 0; k < reference_size(reference); k++) {
    const char *text = reference_key(reference, k);
    size_t n, n_seen = 0, n_wrong = 0;
    const double *expected = reference_values(reference, text, &n);
    struct formula formula;
    struct error error = {0};
    if (!ok(formula_parse(&formula, text, &error), "%s", text))
      printf("#   %s\n", error.message);
    for (size_t degree = 1; degree <= 6; degree++)
      for (size_t t = 0; t < formula.n_terms; t++)
        if (formula.term[t].n_parts == degree) {
          n_wrong += n_seen >= n || term_code(&formula.term[t]) != expected[n_seen];
          n_seen++;
        }
    ok(n_seen == n && n_wrong == 0, "terms as in R");
    formula_free(&formula);
  }
  reference_close(reference);
}

// ---- random formulas ----

static char *random_word(void)
{
  static const char *const words[] = {
      "vs", "factor", ".", "log", "sd", "ref", "rcs", "risk", "sqrt", "a", "b", "her2", "``", "`",
      "\"", "\"\"", "\n", "a b", "-1", "0", "1e5", ".5", "a~b", "a:b", "(", "\u00e9", "\u2603",
      "x/0.1", "\xf0\x9f\x98\x80", "..", "-", "_", "\u0301", "\u00a0", " ", " a", "a ", "'", "$(x)",
  };
  static const char *const pieces[] = {
      "a", "Z", "7", ".", "_", "-", "`", "\"", "\n", "\t", " ", "~", "+", "\\", "\u00df", "\u6f22",
      "\u0308", "\xf0\x9d\x92\xb3", "vs", ",", "'", "\x01",
  };
  if (random_below(3))
    return memory_copy_text(words[random_below(sizeof words / sizeof *words)]);
  struct text word = {0};
  for (size_t n = 1 + random_below(6); n > 0; n--)
    text_append(&word, pieces[random_below(sizeof pieces / sizeof *pieces)]);
  return text_take(&word);
}

static double random_scale(void)
{
  if (random_below(2)) {
    static const double scales[] = {1, 0.1, 5, 100, 1e-5, 1.0 / 3, 5e-324, 1.7976931348623157e308};
    return scales[random_below(sizeof scales / sizeof *scales)];
  }
  double mantissa = (double) (1 + random_below((size_t) 1 << 52));
  return ldexp(mantissa, (int) random_below(1900) - 1000);
}

static struct formula_part random_part(void)
{
  struct formula_part part = {.kind = (enum part_kind) random_below(PART_RISK + 1)};
  part.name = random_word();
  if (part.kind == PART_FACTOR && random_below(2))
    part.reference = random_word();
  if (part.kind == PART_SCALED)
    part.scale = random_scale();
  if (part.kind == PART_SPLINE)
    part.knots = (int) (3 + random_below(3));
  return part;
}

static void part_clear(struct formula_part *part)
{
  free(part->name);
  free(part->reference);
}

static bool is_used(const struct formula *formula, const char *name)
{
  if (text_equal(formula->outcome, name))
    return true;
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++)
      if (strcmp(formula->term[t].part[i].name, name) == 0)
        return true;
  return false;
}

// A formula such as the parser can give: no column twice (so that no two terms are one).
static struct formula random_formula(void)
{
  struct formula formula = {0};
  if (random_below(4)) {
    formula.outcome = random_word();
    for (size_t n = random_below(4); n > 0; n--) {
      char *level = random_word();
      if (text_list_has(&formula.event, level))
        free(level);
      else
        text_list_adopt(&formula.event, level);
    }
    for (size_t n = formula.event.n_items ? random_below(3) : 0; n > 0; n--) {
      char *level = random_word();
      if (text_list_has(&formula.event, level) || text_list_has(&formula.comparison, level))
        free(level);
      else
        text_list_adopt(&formula.comparison, level);
    }
  }
  size_t n_wanted = 1 + random_below(6);
  formula.term = NEW_ZEROED(struct formula_term, n_wanted);
  bool rest = false;
  while (formula.n_terms < n_wanted) {
    struct formula_term term = {0};
    if (!rest && random_below(6) == 0) {
      term.sign = TERM_REST;
      rest = true;
    } else {
      term.sign = rest && random_below(3) == 0 ? TERM_REMOVE : TERM_ADD;
      size_t n_parts = term.sign == TERM_REMOVE ? 1 : 1 + random_below(3);
      term.part = NEW_ZEROED(struct formula_part, n_parts);
      while (term.n_parts < n_parts) {
        struct formula_part part = random_part();
        if (term.sign == TERM_REMOVE && part.kind != PART_PLAIN) {
          part_clear(&part);
          continue;
        }
        bool used = is_used(&formula, part.name);
        for (size_t i = 0; i < term.n_parts; i++)
          used = used || strcmp(term.part[i].name, part.name) == 0;
        if (used)
          part_clear(&part);
        else
          term.part[term.n_parts++] = part;
      }
    }
    formula.term[formula.n_terms++] = term;
  }
  return formula;
}

static void test_random_formulas(void)
{
  enum { N = 3000 };
  int n_same = 0, n_stable = 0;
  for (int k = 0; k < N; k++) {
    struct formula formula = random_formula(), again;
    struct error error = {0};
    struct text first = {0}, second = {0};
    formula_print(&formula, &first);
    bool same = formula_parse(&again, text_content(&first), &error) &&
                formula_equal(&formula, &again);
    n_same += same;
    if (!same && n_same + 3 > k)
      printf("#   %s\n#   %s\n", text_content(&first), error.message);
    formula_print(&again, &second);
    n_stable += strcmp(text_content(&first), text_content(&second)) == 0;
    text_free(&first);
    text_free(&second);
    formula_free(&formula);
    formula_free(&again);
  }
  is_integer(n_same, N, "printed and parsed: an equal formula");
  is_integer(n_stable, N, "printed again: the same text");
}

// Texts of the grammar's words in any order: no crash, a line for a message, and what parses
// comes back.
static void test_random_texts(void)
{
  static const char *const words[] = {
      "y", "a", "b", "c", "~", "~", "+", "+", "+", "-", ":", "*", "/", "(", ")", ",", "=", "vs",
      ".", "0.1", "sd", "factor(a)", "factor(", "ref=", "log(b)", "rcs(c, 3)", "`d e`", "\"f g\"",
      " ", "\n", "1", "risk(", "x/2", "^", "`", "\"", "\u00e9",
  };
  enum { N = 40000 };
  int n_parsed = 0, n_wrong = 0;
  for (int k = 0; k < N; k++) {
    struct text text = {0}, printed = {0};
    if (random_below(2))
      text_append(&text, "y ~ ");
    for (size_t n = random_below(9); n > 0; n--)
      text_append(&text, words[random_below(sizeof words / sizeof *words)]);
    struct formula formula, again = {0};
    struct error error = {0};
    if (formula_parse(&formula, text_content(&text), &error)) {
      n_parsed++;
      formula_print(&formula, &printed);
      n_wrong += !formula_parse(&again, text_content(&printed), &error) ||
                 !formula_equal(&formula, &again);
    } else {
      n_wrong += error.status != ERROR_USAGE || !*error.message || strchr(error.message, '\n');
    }
    formula_free(&formula);
    formula_free(&again);
    text_free(&text);
    text_free(&printed);
  }
  is_integer(n_wrong, 0, "random texts: an equal formula or an error");
  ok(n_parsed > N / 100, "%d of them parse", n_parsed);
}

static void test_long(void)
{
  struct text text = {0};
  text_append(&text, "y ~ x0");
  for (int i = 1; i < 2000; i++)
    text_append_format(&text, " + x%d", i);
  struct formula formula;
  ok(formula_parse(&formula, text_content(&text), NULL) && formula.n_terms == 2000, "2000 terms");
  formula_free(&formula);
  text_clear(&text);
  text_append(&text, "y ~ ");
  for (int i = 0; i < 10000; i++)
    text_append_character(&text, '(');
  struct error error = {0};
  ok(!formula_parse(&formula, text_content(&text), &error), "10000 parentheses");
  text_clear(&text);
  text_append(&text, "y ~ ");
  for (int i = 0; i < 10000; i++)
    text_append(&text, "log(");
  ok(!formula_parse(&formula, text_content(&text), &error), "10000 functions");
  text_clear(&text);
  text_append(&text, "y ~ ");
  for (int i = 0; i < 10000; i++)
    text_append(&text, "\u00e9");
  text_append(&text, "(x)");
  ok(!formula_parse(&formula, text_content(&text), &error) && strstr(error.message, "there are") &&
         text_is_utf8(error.message, strlen(error.message), NULL),
     "a long name leaves room for the message");
  text_free(&text);
}

static void test_outcome_alone(void)
{
  struct formula formula;
  struct error error = {0};
  ok(formula_parse_outcome(&formula, "her2 = low vs zero ~", &error) && formula.n_terms == 0 &&
         formula.event.n_items == 1 && formula.comparison.n_items == 1,
     "an outcome without terms, for models");
  formula_free(&formula);
  ok(formula_parse_outcome(&formula, "her2 = over ~ adc", &error) && formula.n_terms == 1,
     "terms are allowed beside models");
  formula_free(&formula);
  ok(!formula_parse(&formula, "her2 = over ~", &error) && error.status == ERROR_USAGE,
     "without models terms are needed");
  ok(!formula_parse_outcome(&formula, "~", &error) && error.status == ERROR_USAGE,
     "neither outcome nor terms");
  ok(!formula_parse_outcome(&formula, "her2 = over ~ adc +", &error), "a term is missing");
}

int main(void)
{
  test_outcome_alone();
  test_good();
  test_bad();
  test_parts();
  test_equal();
  test_operand();
  test_spelling();
  test_terms_of_r();
  test_random_formulas();
  test_random_texts();
  test_long();
  return tap_done();
}
