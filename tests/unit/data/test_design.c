// SPDX-License-Identifier: GPL-3.0-or-later
// Design matrices: against R's model.matrix and rms::rcs; column names; what is learned from
// the rows used alone; evaluation on other tables; messages.
#include <config.h>

#include "data/design.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "reference.h"
#include "tap.h"

static struct error error;
static const struct convention *study;

static bool learn_with(struct design *design, const char *text, const struct table *table,
                       const bool *used, const struct convention *convention)
{
  struct formula formula;
  error = (struct error){0};
  if (!formula_parse(&formula, text, &error))
    return false;
  bool *all = NEW_ARRAY(bool, table->n_rows);
  for (size_t i = 0; i < table->n_rows; i++)
    all[i] = true;
  bool good = design_learn(design, &formula, table, used ? used : all, convention, &error);
  free(all);
  formula_free(&formula);
  return good;
}

static bool learn(struct design *design, const char *text, const struct table *table,
                  const bool *used)
{
  return learn_with(design, text, table, used, study);
}

static double *evaluate(const struct design *design, const struct table *table, size_t term)
{
  size_t n = table->n_rows;
  size_t *row = NEW_ARRAY(size_t, n);
  for (size_t i = 0; i < n; i++)
    row[i] = i;
  size_t p = term == DESIGN_ALL ? design->n_columns : design->term[term].n_columns;
  double *x = NEW_ARRAY(double, n * p);
  error = (struct error){0};
  if (!design_evaluate(design, table, term, row, n, x, &error)) {
    free(x);
    x = NULL;
  }
  free(row);
  return x;
}

// Names joined by blanks.
static char *column_names(const struct design *design)
{
  struct text names = {0};
  for (size_t j = 0; j < design->n_columns; j++)
    text_append_item(&names, " ", design->column_name[j]);
  return text_take(&names);
}

static void names_are(const char *formula, const struct table *table, const char *expected)
{
  struct design design;
  if (!learn(&design, formula, table, NULL)) {
    is_text(error.message, expected, formula);
    return;
  }
  char *names = column_names(&design);
  is_text(names, expected, formula);
  free(names);
  design_free(&design);
}

static void fails(const char *formula, const struct table *table, const bool *used,
                  enum error_status status, const char *message)
{
  struct design design = {0};
  bool good = learn(&design, formula, table, used);
  ok(!good && error.status == status, "%s: refused", formula);
  is_text(good ? "" : error.message, message, formula);
  design_free(&design);
}

// ---- R ----

static void test_reference(void)
{
  struct reference *reference = reference_open("design.tsv");
  size_t n;
  reference_values(reference, "age", &n);
  struct table table = {.n_rows = n};
  size_t k = 0;
  for (; k < reference_size(reference) && reference_key(reference, k)[0] != '~'; k++) {
    const char *name = reference_key(reference, k);
    struct column *column = table_add_column(&table, name, reference_values(reference, name, NULL));
    if (strcmp(name, "site") == 0)
      column_make_categorical(column, n);
  }
  for (; k < reference_size(reference); k++) {
    const char *formula = reference_key(reference, k);
    size_t n_values;
    const double *expected = reference_values(reference, formula, &n_values);
    struct design design = {0};
    bool good = learn(&design, formula, &table, NULL);
    double *x = good ? evaluate(&design, &table, DESIGN_ALL) : NULL;
    double worst = 0;
    good = good && x && n_values == n * (design.n_columns - 1);
    for (size_t i = 0; i < n && good; i++)
      good = x[i] == 1;
    for (size_t i = 0; i < n_values && good; i++) {
      double d = fabs(x[n + i] - expected[i]) / fmax(fabs(expected[i]), 1e-3);
      worst = fmax(worst, d);
    }
    // Splines subtract cubes; rms does so in another order.
    ok(good && worst < 1e-11, "R: %s (%.1e)%s", formula, worst, error.message);
    // Row by row and term by term: the same bits.
    double *value = NEW_ARRAY(double, n * (design.n_variables + 1));
    double *row_x = NEW_ARRAY(double, design.n_columns + 1);
    size_t *row = NEW_ARRAY(size_t, n);
    for (size_t i = 0; i < n; i++)
      row[i] = i;
    good = good && design_values(&design, &table, row, n, value, &error);
    for (size_t i = 0; i < n && good; i++) {
      design_evaluate_values(&design, value + i * design.n_variables, row_x);
      for (size_t j = 0; j < design.n_columns && good; j++)
        good = row_x[j] == x[j * n + i];
    }
    for (size_t t = 0; t < design.n_terms && good; t++) {
      double *of_term = evaluate(&design, &table, t);
      good = memcmp(of_term, x + design.term[t].first * n,
                    n * design.term[t].n_columns * sizeof *x) == 0;
      free(of_term);
    }
    ok(good, "rows and terms alone: %s", formula);
    free(row);
    free(row_x);
    free(value);
    free(x);
    design_free(&design);
  }
  table_free(&table);
  reference_close(reference);
}

// ---- a table from a file ----

static char path[] = "test_design_XXXXXX", book[] = "test_design_book_XXXXXX";

static void write_file(const char *to, const char *text)
{
  FILE *file = fopen(to, "w");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0)
    abort();
}

// All columns; messages call the file "f".
static void open_table(struct table *table, const char *content, const char *codebook)
{
  struct table_options options = {.codebook = codebook ? book : NULL};
  write_file(path, content);
  if (codebook)
    write_file(book, codebook);
  if (!table_open(table, path, &options, &error) || !table_load_all(table, NULL, &error)) {
    printf("Bail out! %s\n", error.message);
    exit(99);
  }
  strcpy(table->name, "f");
}

static const char cohort[] = "her2,adc,age,margin,grade,both,size,p,nodes,`x\n"
                             "a,0.91,40,smooth,1,0,<=20,0.1,0,7\n"
                             "b,0.82,41,rough,2,1,20-50,0.2,3,7\n"
                             "a,1.03,43,smooth,3,1,>50,0.9,1,8\n"
                             "b,1.14,49,rough,1,0,<=20,1,4,9\n"
                             "a,1.25,51,rim:rough,2,1,20-50,0,2,1\n"
                             "b,,57,smooth,3,0,20-50,0.5,9,2\n";

static void test_names(void)
{
  struct table table;
  open_table(&table, cohort, NULL);
  names_are("~ adc + age", &table, "Intercept adc age");
  names_are("~ margin", &table, "Intercept margin=rough margin=smooth");
  names_are("~ factor(margin, ref=smooth)", &table,
            "Intercept margin=\"rim:rough\" margin=rough");
  names_are("~ size", &table, "Intercept size=<=20 size=>50");
  names_are("~ factor(grade, ref=3.0)", &table, "Intercept grade=1 grade=2");
  names_are("~ adc/0.1 + age/sd + sqrt(nodes) + risk(p) + both", &table,
            "Intercept adc/0.1 age/sd sqrt(nodes) risk(p) both");
  names_are("~ rcs(age, 3)", &table, "Intercept rcs(age, 3) rcs(age, 3)'");
  names_are("~ log(age):margin", &table,
            "Intercept log(age):margin=\"rim:rough\" log(age):margin=rough log(age):margin=smooth");
  names_are("~ age*margin", &table,
            "Intercept age margin=rough margin=smooth age:margin=rough age:margin=smooth");
  names_are("~ ```x`/2", &table, "Intercept ```x`/2");
  fails("~ margin + factor(margin)", &table, NULL, ERROR_USAGE,
        "terms 'margin' and 'factor(margin)' both have the column 'margin=rough'");
  table_free(&table);

  const struct convention *spss = convention_find("spss");
  open_table(&table, cohort, "variable,label,unit,type,levels,labels,digits\n"
                             "margin,Margin,,ordinal,smooth|rough|spiculated|rim:rough,S|R|P|M,\n"
                             "adc,ADC,mm2/s,numeric,,,2\n");
  struct design design;
  ok(learn(&design, "~ margin + adc + age", &table, NULL), "with a codebook");
  const struct design_variable *margin = &design.variable[0], *adc = &design.variable[1];
  char *levels = text_list_join(&margin->levels, "|");
  char *labels = text_list_join(&margin->level_labels, "|");
  is_text(levels, "smooth|rough|rim:rough", "levels in the codebook's order");
  is_text(labels, "S|R|M", "and their labels");
  ok(margin->unused_levels.n_items == 1 &&
         strcmp(margin->unused_levels.item[0], "spiculated") == 0,
     "a level without rows is left out and kept aside");
  ok(margin->categorical && margin->ordinal && !adc->categorical, "types");
  is_text(adc->label, "ADC", "label");
  is_text(adc->unit, "mm2/s", "unit");
  is_close(adc->step, 0.01, 1e-15, "step by the codebook's digits");
  is_close(design.variable[2].step, 1, 0, "step by the decimals of the file");
  ok(adc->least == 0.82 && adc->most == 1.25, "range");
  free(levels);
  free(labels);
  design_free(&design);
  ok(learn_with(&design, "~ margin", &table, NULL, spss), "the spss convention");
  levels = text_list_join(&design.variable[0].levels, "|");
  is_text(levels, "rim:rough|smooth|rough", "the last level is the reference");
  free(levels);
  design_free(&design);
  table_free(&table);
}

static void test_rows_used(void)
{
  struct table table;
  open_table(&table, cohort, NULL);
  const bool used[] = {true, true, true, true, false, false};
  struct design design;
  ok(learn(&design, "~ margin + adc/sd + factor(grade)", &table, used), "some rows");
  is_integer((long long) design.variable[0].levels.n_items, 2, "levels of the rows used");
  ok(design.variable[1].least == 0.82 && design.variable[1].most == 1.14, "range of the rows used");
  // sd(c(0.91, 0.82, 1.03, 1.14)) by its definition
  double m = (0.91 + 0.82 + 1.03 + 1.14) / 4, ss = 0;
  const double adc[] = {0.91, 0.82, 1.03, 1.14};
  for (int i = 0; i < 4; i++)
    ss += (adc[i] - m) * (adc[i] - m);
  is_close(design.term[1].part[0].divisor, sqrt(ss / 3), 1e-14, "SD of the rows used, n - 1");
  double *x = evaluate(&design, &table, DESIGN_ALL);
  ok(!x, "a level that is not known");
  is_text(error.message,
          "f:6: column 'margin': the model knows no level 'rim:rough' (levels: rough, smooth)",
          "its message");
  free(x);
  x = evaluate(&design, &table, 1);
  ok(x && isnan(x[5]) && fabs(x[0] - 0.91 / sqrt(ss / 3)) < 1e-14,
     "a term alone needs its columns alone; missing is NaN");
  free(x);
  bool complete[6];
  design_complete(&design, &table, DESIGN_ALL, complete);
  ok(complete[4] && !complete[5], "complete rows");
  design_complete(&design, &table, 0, complete);
  ok(complete[5], "complete rows of a term");
  double inside[] = {0, 1.0, 1}, outside[] = {0, 1.2, 1}, missing[] = {NAN, NAN, NAN};
  size_t which = 9;
  ok(!design_out_of_range(&design, inside, NULL), "inside the range");
  ok(design_out_of_range(&design, outside, &which) && which == 1, "outside the range");
  ok(!design_out_of_range(&design, missing, NULL), "missing is not outside");
  design_free(&design);
  struct formula formula;
  formula_parse(&formula, "~ adc + age", NULL);
  ok(design_complete_formula(&formula, &table, complete, &error) && complete[0] && !complete[5],
     "complete rows of a formula");
  formula_free(&formula);
  table_free(&table);
}

static void test_other_tables(void)
{
  struct table table, other;
  open_table(&table, cohort, NULL);
  struct design design;
  ok(learn(&design, "~ factor(grade) + age + log(nodes)", &table,
           (bool[]){false, true, true, true, true, true}),
     "learned on one table");
  // Numbers as levels: 1.0 is 1; a column of texts with levels that are numbers.
  open_table(&other, "nodes,grade,age\n1,1.0,40\n0,2,50\n2,,60\n", NULL);
  double *x = evaluate(&design, &other, DESIGN_ALL);
  ok(x && x[3] == 0 && x[6] == 0 && x[4] == 1 && x[7] == 0 && isnan(x[5]),
     "numbers as levels, columns in another order");
  ok(x && x[9] == 40 && x[12] == 0 && isnan(x[13]), "log of 0 is missing");
  free(x);
  table_free(&other);
  open_table(&other, "nodes,grade,age\n1,\"1\",40\n1,x,40\n1,y,40\n", NULL);
  x = evaluate(&design, &other, DESIGN_ALL);
  is_text(error.message, "f:3: column 'grade': the model knows no level 'x' (levels: 1, 2, 3)",
          "an unknown level among numbers");
  const size_t first = 0;
  double one[6];
  ok(design_evaluate(&design, &other, DESIGN_ALL, &first, 1, one, &error) && one[3] == 40,
     "the rows that are not listed do not matter");
  free(x);
  table_free(&other);
  open_table(&other, "nodes,grade,age\n1,4,40\n", NULL);
  x = evaluate(&design, &other, DESIGN_ALL);
  is_text(error.message, "f:2: column 'grade': the model knows no level '4' (levels: 1, 2, 3)",
          "an unknown number");
  free(x);
  table_free(&other);
  open_table(&other, "nodes,grades,age\n1,4,40\n", NULL);
  x = evaluate(&design, &other, DESIGN_ALL);
  is_text(error.message, "no column 'grade' in f; did you mean 'grades'?", "a missing column");
  ok(error.status == ERROR_DATA, "which is the data's fault");
  free(x);
  table_free(&other);
  open_table(&other, "nodes,grade,age\n1,3,old\n", NULL);
  x = evaluate(&design, &other, DESIGN_ALL);
  is_text(error.message, "f: column 'age' has levels ('old') where the model takes numbers",
          "levels where numbers are taken");
  free(x);
  table_free(&other);
  design_free(&design);
  ok(learn(&design, "~ risk(p)", &table, NULL), "a risk");
  open_table(&other, "p\n0.5\n\n1.5\n", NULL);
  x = evaluate(&design, &other, DESIGN_ALL);
  is_text(error.message, "f:4: column 'p': 1.5 is not a probability", "a risk that is none");
  free(x);
  table_free(&other);
  design_free(&design);
  table_free(&table);
}

// The design's second column (its first level but the reference) in a text cohort; notes counted.
static void level_is(const struct design *design, const char *content, const char *codebook,
                     const double *expected, size_t n_notes, const char *name)
{
  struct table other;
  open_table(&other, content, codebook);
  double *x = evaluate(design, &other, DESIGN_ALL);
  size_t n = other.n_rows, n_before = other.notes.n_items;
  bool good = x != NULL;
  for (size_t i = 0; i < 2 * n && good; i++)
    good = x[n + i] == expected[i];
  ok(good, "%s: %s", name, x ? "" : error.message);
  design_note_levels(design, "m", &other);
  ok(other.notes.n_items - n_before == n_notes, "%s: %zu notes", name, n_notes);
  if (n_notes)
    ok(strstr(other.notes.item[n_before], "column 'g': model 'm' has other names for the levels: ") &&
           strstr(other.notes.item[n_before], "'2' is its 'middle'"),
       "%s", other.notes.item[n_before]);
  free(x);
  table_free(&other);
}

static void test_other_names(void)
{
  static const char values[] = "g\n1\n2\n3\n2\n";
  static const double as_labels[] = {0, 0, 1, 0, 0, 1, 0, 1}; // high, middle; low is left out
  struct table table;
  struct design design;
  open_table(&table, "g\nlow\nmiddle\nhigh\nmiddle\n", NULL);
  ok(learn(&design, "~ factor(g, ref=low)", &table, NULL), "levels that are words");
  level_is(&design, values, "variable,levels,labels\ng,1|2|3,low|middle|high\n", as_labels, 1,
           "values whose labels they are");
  level_is(&design, "g\nlow\nmiddle\nhigh\nmiddle\n",
           "variable,levels,labels\ng,low|middle|high,high|low|middle\n", as_labels, 0,
           "labels do not count where names do");
  struct table other;
  open_table(&other, values, NULL);
  double *x = evaluate(&design, &other, DESIGN_ALL);
  is_text(error.message, "f:2: column 'g': the model knows no level '1' (levels: low, high, middle)",
          "values without labels are not known");
  free(x);
  table_free(&other);
  // Of low the name is one level and the label another: the labels are not all known, names go
  // before them.
  open_table(&other, "g\nlow\nx\n", "variable,levels,labels\ng,low|x|y,high|low|z\n");
  x = evaluate(&design, &other, DESIGN_ALL);
  is_text(error.message, "f:3: column 'g': the model knows no level 'x' (levels: low, high, middle)",
          "where names and labels disagree, names count");
  free(x);
  table_free(&other);
  design_free(&design);
  table_free(&table);
}

static void test_messages(void)
{
  struct table table;
  open_table(&table, cohort, NULL);
  const bool two[] = {true, false, true, false, false, false}, none[6] = {false};
  fails("~ adcc", &table, NULL, ERROR_USAGE, "no column 'adcc' in f; did you mean 'adc'?");
  fails("~ margin", &table, two, ERROR_DATA,
        "margin: column 'margin' has one level ('smooth') among the rows used, and a factor needs "
        "two");
  fails("~ margin", &table, none, ERROR_DATA,
        "margin: column 'margin' has no value among the rows used, and a factor needs two");
  fails("~ adc", &table, none, ERROR_DATA,
        "adc: column 'adc' has no value among the rows used");
  fails("~ factor(margin, ref=ruogh)", &table, NULL, ERROR_USAGE,
        "factor(margin, ref=ruogh): column 'margin' has no level 'ruogh'; did you mean 'rough'? "
        "(levels: rim:rough, rough, smooth)");
  fails("~ factor(margin, ref=\"rim:rough\")", &table,
        (bool[]){true, true, true, false, false, false}, ERROR_DATA,
        "factor(margin, ref=\"rim:rough\"): no row used has margin = rim:rough, which is to be the "
        "reference");
  fails("~ factor(grade, ref=1) + factor(grade, ref=2):age", &table, NULL, ERROR_USAGE,
        "factor(grade) has two references, '1' and '2': one a model");
  fails("~ grade + factor(grade)", &table, NULL, ERROR_USAGE,
        "column 'grade' is a number in one term and a factor in another: derive a second column "
        "(--derive='NAME = grade')");
  fails("~ margin/2", &table, NULL, ERROR_DATA,
        "margin/2: column 'margin' has levels ('rim:rough'), not numbers");
  fails("~ log(nodes)", &table, NULL, ERROR_DATA,
        "f:2: log(nodes): column 'nodes' is 0, which has no logarithm");
  fails("~ risk(age)", &table, NULL, ERROR_DATA,
        "f:2: risk(age): column 'age' is 40, which is not a probability");
  fails("~ both/sd", &table, (bool[]){true, false, false, true, false, true}, ERROR_DATA,
        "both/sd: column 'both' has no spread among the rows used");
  fails("~ rcs(both, 3)", &table, NULL, ERROR_DATA,
        "rcs(both, 3): column 'both' has too few different values for 3 knots (use the plain "
        "column)");
  table_free(&table);
}

int main(void)
{
  study = convention_find("study");
  if (close(mkstemp(path)) != 0 || close(mkstemp(book)) != 0)
    return 99;
  test_reference();
  test_names();
  test_rows_used();
  test_other_tables();
  test_other_names();
  test_messages();
  unlink(path);
  unlink(book);
  return tap_done();
}
