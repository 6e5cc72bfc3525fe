// SPDX-License-Identifier: GPL-3.0-or-later
// Row conditions: grammar, messages with place, meaning; random conditions on random
// tables against an evaluator that works on the texts of the cells.
#include <config.h>

#include "data/filter.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static char path[] = "test_filter_XXXXXX", book[] = "test_filter_book_XXXXXX";
static struct error error;

static void write_text(const char *to, const char *text)
{
  FILE *file = fopen(to, "wb");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0)
    abort();
}

static void parses(const char *text, const char *column, const char *printed)
{
  error = (struct error){0};
  struct condition *condition = condition_parse(text, &error);
  if (!ok(condition != NULL, "parses: %s %s", text, error.message))
    return;
  is_text(condition_column(condition), column, "column");
  struct text out = {0}, again = {0};
  condition_print(condition, &out);
  is_text(text_content(&out), printed, text);
  struct condition *second = condition_parse(text_content(&out), &error);
  if (ok(second != NULL, "what is printed parses")) {
    condition_print(second, &again);
    is_text(text_content(&again), text_content(&out), "and prints the same");
  }
  condition_free(condition);
  condition_free(second);
  text_free(&out);
  text_free(&again);
}

static void fails(const char *text, const char *message)
{
  error = (struct error){0};
  struct condition *condition = condition_parse(text, &error);
  is_text(condition ? "" : error.message, message, text);
  ok(error.status == ERROR_USAGE, "a usage error");
  condition_free(condition);
}

static void test_grammar(void)
{
  parses("age=50", "age", "age = 50");
  parses("  age  <=  50.5  ", "age", "age <= 50.5");
  parses("age>-3", "age", "age > -3");
  parses("age>=1e+5", "age", "age >= 1e+5");
  parses("age<+.5E-3", "age", "age < +.5E-3");
  parses("her2 != low", "her2", "her2 != low");
  parses("her2=low,over , zero", "her2", "her2 = low,over,zero");
  parses("grade = 1, -2 ,3", "grade", "grade = 1,-2,3");
  parses("`odd name`=\"two words\"", "odd name", "`odd name` = \"two words\"");
  parses("`a``b`=\"say \"\"no\"\"\"", "a`b", "`a``b` = \"say \"\"no\"\"\"");
  parses("x=\"a,b\",c", "x", "x = \"a,b\",c");
  parses("\xc3\xa4lter=\xc3\xbc"
         "ber-50",
         "\xc3\xa4lter",
         "\xc3\xa4lter = \xc3\xbc"
         "ber-50");
  parses("x=3-4", "x", "x = 3-4");
  parses("x=1e5x", "x", "x = 1e5x");
  parses("x=50-59,60-69", "x", "x = 50-59,60-69");
  parses("x=\"3\"", "x", "x = 3");
  parses("x = n.d.", "x", "x = n.d.");
}

static void test_errors(void)
{
  fails("", "condition, character 1: a column name is missing at the end");
  fails("age", "condition, character 4: one of = != < <= > >= is missing at the end");
  fails("age =", "condition, character 6: a level is missing at the end");
  fails("age == 5", "condition, character 5: '==': equality is a single =");
  fails("age => 5", "condition, character 5: '=>': at least is >=");
  fails("age =< 5", "condition, character 5: '=<': at most is <=");
  fails("age <> 5", "condition, character 5: '<>': unequal is !=");
  fails("age ! 5", "condition, character 5: '!': unequal is !=");
  fails("age %in% 5", "condition, character 5: '%in%': a list is written with =, as in 'grade = "
                      "1,2'");
  fails("age ~ 5", "condition, character 5: '~': a formula is an operand of its own");
  fails("age > 5,6", "condition, character 8: a list goes with = and != only");
  fails("age > 5 & b = 2",
        "condition, character 9: one condition at a time: repeat the option, and all must hold");
  fails("her2 = not done", "condition, character 12: more behind the value (a level with blanks or "
                           "signs goes in double quotes)");
  fails("her2 = low,", "condition, character 12: a level is missing at the end");
  fails("her2 = \"low", "condition, character 8: the double quote that opens here is not closed");
  fails("`her2 = low", "condition, character 1: the backquote that opens here is not closed");
  fails("x = \"\"",
        "condition, character 5: no level: an empty cell means missing between the two double "
        "quotes");
}

static void load(struct table *table, const char *text)
{
  write_text(path, text);
  struct table_options options = {.codebook = book};
  if (!table_open(table, path, &options, &error) || !table_load_all(table, NULL, &error))
    printf("# %s\n", error.message);
  else
    strcpy(table->name, "f");
}

// keep as a text of 1 and 0, or the message.
static void keeps(const struct table *table, const char *text, const char *expected)
{
  struct condition *condition = condition_parse(text, &error);
  char got[64] = "";
  bool keep[64];
  for (size_t i = 0; i < table->n_rows; i++)
    keep[i] = true;
  if (!condition || !condition_apply(condition, table, keep, &error)) {
    is_text(error.message, expected, text);
    ok(error.status == ERROR_USAGE, "a usage error");
  } else {
    for (size_t i = 0; i < table->n_rows; i++)
      strcat(got, keep[i] ? "1" : "0");
    is_text(got, expected, text);
  }
  condition_free(condition);
}

static void test_meaning(void)
{
  write_text(book, "variable,type,levels,labels\ngrade,ordinal,1|2|3,I|II|III\n"
                   "size,ordinal,small|middle|large,\n");
  struct table table;
  load(&table, "age,her2,grade,size\n"
               "50,low,1,small\n"
               "60.5,zero,2.0,large\n"
               ",over,3,middle\n"
               "50.0,NA,,\n");
  keeps(&table, "age = 50", "1001");
  keeps(&table, "age = 50.00", "1001");
  keeps(&table, "age = \"50\"", "1001");
  keeps(&table, "age != 50", "0100");
  keeps(&table, "age < 60", "1001");
  keeps(&table, "age <= 60.5", "1101");
  keeps(&table, "age > 50", "0100");
  keeps(&table, "age >= 50", "1101");
  keeps(&table, "age = 50,60.5", "1101");
  keeps(&table, "age != 50,60.5", "0000");
  keeps(&table, "her2 = low", "1000");
  keeps(&table, "her2 != low", "0110");
  keeps(&table, "her2 = low,over", "1010");
  keeps(&table, "her2 != low,over", "0100");
  keeps(&table, "grade = 2", "0100");
  keeps(&table, "grade >= 2.0", "0110");
  keeps(&table, "grade < 2", "1000");
  keeps(&table, "size > small", "0110");
  keeps(&table, "size <= middle", "1010");
  keeps(&table, "agee = 5", "no column 'agee' in f; did you mean 'age'?");
  keeps(&table, "age = old", "column 'age' holds numbers, and 'old' is none");
  keeps(&table, "her2 = lwo", "column 'her2' has no level 'lwo'; did you mean 'low'?");
  keeps(&table, "her2 = positive",
        "column 'her2' has no level 'positive' (it has low, over, zero)");
  keeps(&table, "grade = II", "column 'grade' has no level 'II': the file has '2' for it");
  keeps(&table, "her2 < low",
        "column 'her2' has levels without order: < needs numbers, or type ordinal in a codebook");
  bool keep[4] = {false, true, true, true};
  struct condition *condition = condition_parse("age = 50", &error);
  ok(condition_apply(condition, &table, keep, &error) && !keep[0] && !keep[1] && !keep[2] &&
         keep[3],
     "rows that are out stay out");
  condition_free(condition);
  table_free(&table);
}

static uint32_t random_state = 99;
static uint32_t random_below(uint32_t n)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (uint32_t) (((uint64_t) (random_state >> 8) * n) >> 24);
}

// Whether a cell meets `OP VALUE`, from the texts: as numbers if both are.
static bool meets(const char *cell, const char *operator, const char * value)
{
  char *end, *value_end;
  double x = strtod(cell, &end), y = strtod(value, &value_end);
  int order = *end || *value_end ? strcmp(cell, value) : (x > y) - (x < y);
  if (!strcmp(operator, "="))
    return order == 0;
  if (!strcmp(operator, "!="))
    return order != 0;
  if (!strcmp(operator, "<"))
    return order < 0;
  if (!strcmp(operator, "<="))
    return order <= 0;
  return !strcmp(operator, ">") ? order > 0 : order >= 0;
}

static void test_random(void)
{
  static const char *const numbers[] = {"1", "1.0", "-2.5", "3e1", "30", "NA", "0", "-0"};
  // For an ordinal column, whose order the codebook gives, texts in order of their bytes.
  static const char *const texts[] = {"alpha", "b 2", "beta", "ga,mma", "", "z\"z"};
  static const char *const quoted[] = {"alpha", "\"b 2\"", "beta", "\"ga,mma\"", "", "\"z\"\"z\""};
  static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
  write_text(book, "variable,type,levels\nb,ordinal,\"alpha|b 2|beta|ga,mma|z\"\"z\"\n");
  int n_bad = 0, n_kept = 0;
  for (int trial = 0; trial < 300; trial++) {
    struct text content = {0}, condition_text = {0};
    size_t n_rows = random_below(12);
    const char *a[12], *b[12];
    text_append(&content, "a,b\n");
    for (size_t i = 0; i < n_rows; i++) {
      size_t k = random_below(6);
      a[i] = numbers[random_below(8)];
      b[i] = texts[k];
      text_append_format(&content, "%s,%s\n", a[i], quoted[k]);
    }
    struct table table;
    load(&table, text_content(&content));
    bool on_numbers = random_below(2);
    const char *operator= operators[random_below(6)];
    size_t n_values = random_below(6) && operator!= operators[0] ? 1 : 1 + random_below(3);
    if (operator!= operators[0] && operator!= operators[1])
      n_values = 1;
    const char *value[3];
    text_append_format(&condition_text, "%s %s ", on_numbers ? "a" : "b", operator);
    for (size_t j = 0; j < n_values; j++) {
      size_t k = random_below(on_numbers ? 5 : 4);
      value[j] = on_numbers ? numbers[k] : texts[k];
      text_append_format(&condition_text, "%s%s", j ? "," : "",
                         on_numbers ? numbers[k] : quoted[k]);
    }
    struct condition *condition = condition_parse(text_content(&condition_text), &error);
    bool keep[12], good = condition != NULL;
    for (size_t i = 0; i < n_rows; i++)
      keep[i] = true;
    good = good && condition_apply(condition, &table, keep, &error);
    for (size_t i = 0; i < n_rows && good; i++) {
      const char *cell = on_numbers ? a[i] : b[i];
      bool expected = false, all = true;
      for (size_t j = 0; j < n_values; j++) {
        expected = expected || meets(cell, operator, value[j]);
        all = all && meets(cell, operator, value[j]);
      }
      if (!strcmp(operator, "!="))
        expected = all;
      if (!strcmp(cell, "") || !strcmp(cell, "NA"))
        expected = false;
      good = keep[i] == expected;
      n_kept += keep[i];
    }
    if (!good && n_bad++ == 0)
      printf("# %s\n# %s\n# %s\n", text_content(&condition_text), text_content(&content),
             error.message);
    condition_free(condition);
    table_free(&table);
    text_free(&content);
    text_free(&condition_text);
  }
  is_integer(n_bad, 0, "300 random conditions keep what the texts say");
  ok(n_kept > 100, "some rows are kept (%d)", n_kept);
}

int main(void)
{
  close(mkstemp(path));
  close(mkstemp(book));
  test_grammar();
  test_errors();
  test_meaning();
  test_random();
  unlink(path);
  unlink(book);
  return tap_done();
}
