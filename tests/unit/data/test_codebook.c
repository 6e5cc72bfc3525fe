// SPDX-License-Identifier: GPL-3.0-or-later
// The codebook: what it says, and each of its errors with file and line.
#include <config.h>

#include "data/codebook.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static char path[] = "test_codebook_XXXXXX";
static struct error error;

static bool read_text(struct codebook *codebook, const char *text)
{
  FILE *file = fopen(path, "wb");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0)
    abort();
  error = (struct error){0};
  return codebook_read(codebook, path, &error);
}

static void refuses(const char *text, const char *expected, const char *name)
{
  struct codebook codebook;
  bool good = read_text(&codebook, text);
  // Messages begin with the path, expected ones without it.
  const char *got = strncmp(error.message, path, strlen(path)) == 0 ? error.message + strlen(path)
                                                                    : error.message;
  is_text(good ? "" : got, expected, name);
  ok(!good && error.status == ERROR_DATA && !codebook.entry && codebook.n_entries == 0,
     "nothing is left: %s", name);
  if (good)
    codebook_free(&codebook);
}

// ---- encodings ----

enum order { LITTLE, BIG };

static void write_utf16(const char *text, enum order order, bool mark)
{
  FILE *file = fopen(path, "wb");
  if (!file)
    abort();
  if (mark)
    fwrite(order == LITTLE ? "\xff\xfe" : "\xfe\xff", 1, 2, file);
  for (const char *c = text; *c; c++) {
    if (order == BIG)
      fputc(0, file);
    fputc(*c, file);
    if (order == LITTLE)
      fputc(0, file);
  }
  if (fclose(file) != 0)
    abort();
}

static void reads(const char *encoding, const char *label, const char *name)
{
  struct codebook codebook;
  error = (struct error){0};
  bool good = codebook_read_encoded(&codebook, path, encoding, &error);
  ok(good, "%s: %s", name, error.message);
  is_text(good && codebook.n_entries == 1 ? codebook.entry[0].label : NULL, label, name);
  if (good)
    codebook_free(&codebook);
}

static void refuses_encoded(const char *encoding, const char *part, const char *name)
{
  struct codebook codebook;
  error = (struct error){0};
  ok(!codebook_read_encoded(&codebook, path, encoding, &error) && strstr(error.message, part),
     "%s: %s", name, error.message);
}

static void test_encodings(void)
{
  struct codebook codebook;
  static const char text[] = "variable\tlabel\r\nage\tYears\r\n";
  for (enum order order = LITTLE; order <= BIG; order++) {
    write_utf16(text, order, true);
    reads(NULL, "Years", "UTF-16 with its mark");
    reads("windows-1252", "Years", "whatever the cohort is in");
  }
  write_utf16(text, LITTLE, false);
  reads("UTF-16LE", "Years", "UTF-16 without a mark, by the option");
  refuses_encoded(NULL, "UTF-16", "not without it");
  ok(!read_text(&codebook, "variable,label\nage,\xc4ge\n"), "windows-1252 is not guessed: %s",
     error.message);
  reads("windows-1252", "\xc3\x84ge", "windows-1252 by the option");
  refuses_encoded("UTF-8", "is not UTF-8", "nor by a wrong one");
  refuses_encoded("klingon", "klingon", "an encoding that is none");
  ok(read_text(&codebook, "variable,label\nage,\xc3\x84ge\n"), "UTF-8");
  codebook_free(&codebook);
  reads("windows-1252", "\xc3\x84ge", "what is UTF-8 stays so");
}

// ---- codes ----

static void test_missing(void)
{
  struct codebook codebook;
  ok(read_text(&codebook, "missing,variable,levels\n9|99 | n.d.,grade,1|2\n,age,\n9,id,\n"),
     "missing: %s", error.message);
  const struct codebook_entry *entry = codebook_find(&codebook, "grade");
  char *joined = text_list_join(&entry->missing, "/");
  is_text(joined, "9/99/n.d.", "codes, trimmed");
  free(joined);
  is_integer((long long) codebook_find(&codebook, "age")->missing.n_items, 0, "none");
  is_integer((long long) codebook_find(&codebook, "id")->missing.n_items, 1, "one");
  codebook_free(&codebook);
  refuses("variable,missing\na,9\nb,9||8\n", ":3: missing code 2 of '9||8' is empty",
          "an empty code");
  refuses("variable,missing\na,|\n", ":2: missing code 1 of '|' is empty",
          "nothing but empty ones");
  refuses("variable,levels,missing\na,1|2,9\nb,1|2|9,8|9.0\n",
          ":3: '9' is a level of 'b' and cannot mean missing", "a level as a number");
  refuses("missing,variable,levels\nx,a,y|x\n",
          ":2: 'x' is a level of 'a' and cannot mean missing", "a level as a text");
  refuses("variable,mising\na,b\n",
          ":1: 'mising' is no column of a codebook; did you mean 'missing'?", "misspelt");

  struct missing_codes codes = {0};
  struct text_list list = {0}, none = {0};
  text_list_split(&list, "9|u|9.0|u", '|');
  missing_codes_add(&codes, "a", &none);
  ok(!missing_codes_find(&codes, "a"), "no codes, no entry");
  missing_codes_add(&codes, "a", &list);
  missing_codes_add(&codes, "a", &list);
  missing_codes_add(&codes, "b", &list);
  is_integer((long long) missing_codes_find(&codes, "a")->n_items, 2,
             "each once, numbers by value");
  is_integer((long long) codes.n_variables, 2, "of two variables");
  ok(codes_include(&list, "9e0") && codes_include(&list, "u") && !codes_include(&list, "U") &&
         !codes_include(&list, "") && !codes_include(&none, "9"),
     "what is among them");
  missing_codes_free(&codes);
  ok(codes.n_variables == 0 && !codes.variable, "freed and empty");
  text_list_free(&list);
}

int main(void)
{
  close(mkstemp(path));
  test_encodings();
  struct codebook codebook;
  ok(read_text(&codebook, "variable,levels\r\ngrade,1| 2 = \"\"II\r\n") == false,
     "a quote inside a cell is an error");
  ok(read_text(&codebook, "\xef\xbb\xbfvariable,label,unit,type,levels,labels,digits\r\n"
                          "adc,\"Apparent diffusion, mean\",\"10^-3 mm2/s\",numeric,,,3\r\n"
                          " her2 ,HER2,,categorical, zero | low|over ,,\r\n"
                          "\r\n"
                          "grade,,,ordinal,1 | 2,I|II ,\r\n"
                          "size,,,,<=20|>20,small|large,\r\n"
                          "id,,,id,,,\r\nday,,,date,,,0\r\nnote,,,ignore,,,15\r\nbare,,,,,,\r\n"),
     "a codebook: %s", error.message);
  is_integer((long long) codebook.n_entries, 8, "entries");
  is_text(codebook.name, path, "its name");
  const struct codebook_entry *entry = codebook_find(&codebook, "adc");
  ok(entry == &codebook.entry[0], "found");
  is_text(entry->label, "Apparent diffusion, mean", "label");
  is_text(entry->unit, "10^-3 mm2/s", "unit");
  ok(entry->type == VARIABLE_NUMERIC && entry->digits == 3 && entry->levels.n_items == 0,
     "numeric, three digits, no levels");
  entry = codebook_find(&codebook, "her2");
  ok(entry && entry->type == VARIABLE_CATEGORICAL && entry->digits == -1 && !entry->unit,
     "categorical; digits and unit unstated");
  char *joined = text_list_join(&entry->levels, "/");
  is_text(joined, "zero/low/over", "levels in order, trimmed");
  free(joined);
  joined = text_list_join(&entry->level_labels, "/");
  is_text(joined, "zero/low/over", "labels are the levels");
  free(joined);
  entry = codebook_find(&codebook, "grade");
  ok(entry && entry->type == VARIABLE_ORDINAL && !entry->label, "ordinal; no label");
  joined = text_list_join(&entry->levels, "/");
  is_text(joined, "1/2", "codes");
  free(joined);
  joined = text_list_join(&entry->level_labels, "/");
  is_text(joined, "I/II", "labels of codes");
  free(joined);
  entry = codebook_find(&codebook, "size");
  ok(entry && entry->type == VARIABLE_CATEGORICAL, "levels without type: categorical");
  is_text(entry->levels.item[0], "<=20", "a level may hold any sign but |");
  is_text(entry->level_labels.item[0], "small", "and have a label");
  ok(codebook_find(&codebook, "id")->type == VARIABLE_ID, "id");
  ok(codebook_find(&codebook, "day")->type == VARIABLE_DATE, "date");
  ok(codebook_find(&codebook, "day")->digits == 0, "no decimals");
  ok(codebook_find(&codebook, "note")->type == VARIABLE_IGNORE, "ignore");
  ok(codebook_find(&codebook, "bare")->type == VARIABLE_UNSTATED, "unstated");
  ok(!codebook_find(&codebook, "HER2"), "not found");
  codebook_free(&codebook);
  ok(!codebook.entry && codebook.n_entries == 0, "freed and empty");
  codebook_free(&codebook);

  ok(read_text(&codebook, "digits;variable\n2;a\n;b\n") && codebook.n_entries == 2 &&
         codebook.entry[0].digits == 2 && !codebook.entry[0].label,
     "some columns in another order, semicolons");
  codebook_free(&codebook);
  ok(read_text(&codebook, "variable\na\nb\n") && codebook.n_entries == 2, "names alone");
  codebook_free(&codebook);
  ok(read_text(&codebook, "variable,type\n") && codebook.n_entries == 0, "nothing described");
  codebook_free(&codebook);

  refuses("", ": empty (a codebook begins with the line variable,label,unit,type,levels,labels,"
              "digits,missing)",
          "an empty file");
  refuses("variable,lable\na,b\n", ":1: 'lable' is no column of a codebook; did you mean 'label'?",
          "a header name misspelt");
  refuses("variable,comment\na,b\n",
          ":1: 'comment' is no column of a codebook (variable, label, unit, type, levels, labels, "
          "digits, missing)",
          "an unknown header name");
  refuses("variable,label,label\n", ":1: two columns are named 'label'", "a header name twice");
  refuses("label,unit\na,b\n", ":1: a codebook needs a column 'variable'", "no variables");
  refuses("variable,type\na,numeric\nb,numerical\n",
          ":3: 'numerical' is no type; did you mean 'numeric'?", "a type misspelt");
  refuses("variable,type\na,x\n",
          ":2: 'x' is no type (numeric, categorical, ordinal, id, date, ignore)", "no type");
  refuses("variable,digits\na,16\n", ":2: digits: '16' is not a whole number from 0 to 15",
          "too many digits");
  refuses("variable,digits\na,1.5\n", ":2: digits: '1.5' is not a whole number from 0 to 15",
          "half a digit");
  refuses("variable,digits\na,-1\n", ":2: digits: '-1' is not a whole number from 0 to 15",
          "negative digits");
  refuses("variable,label\na,x\nb,y\na,z\n", ":4: variable 'a' is described twice",
          "a variable twice");
  refuses("variable,label\n,x\n", ":2: no variable is named", "no name");
  refuses("variable,levels\na,x||y\n", ":2: level 2 of 'x||y' is empty", "an empty level");
  refuses("variable,levels\na,x|y|x\n", ":2: level 'x' occurs twice", "a level twice");
  refuses("variable,levels\na,1|2|1.0\n", ":2: level '1.0' occurs twice", "a number twice");
  refuses("variable,levels,labels\na,1|2,x|\n", ":2: label 2 of 'x|' is empty", "an empty label");
  refuses("variable,levels,labels\na,1|2,x\n",
          ":2: variable 'a' has 2 levels and 1 labels for them", "a label too few");
  refuses("variable,labels\na,x\n", ":2: variable 'a' has 0 levels and 1 labels for them",
          "labels without levels");
  refuses("variable,type,levels\na,numeric,x|y\n",
          ":2: variable 'a' of type numeric cannot have levels", "levels of numbers");
  test_missing();
  refuses("variable,label\na,\"x\n", ":2: a quote opens here and nothing closes it",
          "an open quote");
  refuses("variable,label\na,x,y\n", ":2: expected 2 cells as in the header, found 3",
          "too many cells");
  unlink(path);
  ok(!codebook_read(&codebook, path, &error) && strstr(error.message, path), "no such file: %s",
     error.message);
  return tap_done();
}
