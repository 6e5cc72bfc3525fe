// SPDX-License-Identifier: GPL-3.0-or-later
// Imputed cohorts: which rows and columns, passive derivations, designs, and the process repeated.
#include <config.h>

#include "data/imputed.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/imputed_process.h"
#include "stats/rng.h"
#include "tap.h"

// A cohort in which `a` and the level `g` are missing here and there, `post` in one row, and two
// rows have no outcome; in one a divisor is 0.
static struct table table;
static struct formula formula;
static struct outcome outcome;
static struct derivation *derivation;

enum { N = 80 };

static void read_cohort(const char *content, size_t length, const char *terms)
{
  struct error error;
  struct table_options options = {0};
  if (!table_open_content(&table, "cohort", content, length, &options, &error) ||
      !table_load_all(&table, NULL, &error) || !formula_parse(&formula, terms, &error) ||
      !(derivation = derivation_parse("change = (pre - post)/pre", &error)))
    printf("Bail out! %s\n", error.message);
  size_t n_zero;
  derivation_apply(derivation, &table, &n_zero, &error);
  if (!outcome_resolve(&outcome, &formula, &table, OUTCOME_EVENT, &error))
    printf("Bail out! %s\n", error.message);
}

// `again`: rows that stand once more at the end, in this order.
static void open_cohort_with(const char *terms, const size_t *again, size_t n_again)
{
  struct text text = {0};
  size_t start[N + 1];
  struct philox_stream stream;
  philox_start(&stream, 5, RNG_SIMULATE, 1);
  text_append(&text, "y,a,g,pre,post,z,stage\n");
  for (int i = 0; i < N; i++) {
    start[i] = text.length;
    double a = philox_normal(&stream), u = philox_uniform(&stream), z = philox_normal(&stream);
    double pre = i == 7 ? 0 : 50 + 10 * philox_uniform(&stream), post = 40 + 10 * u;
    bool event = philox_uniform(&stream) < 1 / (1 + exp(-a + 0.05 * (post - 45)));
    text_append_format(&text, "%s,", i == 3 || i == 4 ? "" : event ? "1" : "0");
    text_append_format(&text, i % 5 == 1 ? "," : "%.6f,", a);
    const char *level = u < 0.3 ? "low" : u < 0.6 ? "middle" : "high";
    text_append_format(&text, "%s,%.6f,", i % 7 == 2 ? "" : level, pre);
    text_append_format(&text, i == 10 ? "," : "%.6f,", post);
    text_append_format(&text, "%.6f,%d\n", z, 1 + i % 3);
  }
  start[N] = text.length;
  for (size_t k = 0; k < n_again; k++)
    for (size_t at = start[again[k]]; at < start[again[k] + 1]; at++)
      text_append_format(&text, "%c", text_content(&text)[at]);
  read_cohort(text_content(&text), text.length, terms);
  text_free(&text);
}

static void open_cohort(const char *terms)
{
  open_cohort_with(terms, NULL, 0);
}

static void close_cohort(void)
{
  outcome_free(&outcome);
  formula_free(&formula);
  derivation_free(derivation);
  table_free(&table);
}

static bool impute(struct imputed *imputed, struct text_list *with, struct error *error)
{
  const struct derivation *all[] = {derivation};
  struct imputed_options options = {
      .n_imputations = 4, .seed = 9, .with = with, .derivation = all, .n_derivations = 1};
  return imputed_make(imputed, &formula, &table, &outcome, NULL, &options, error);
}

static const struct column *column_of(const struct table *of, const char *name)
{
  size_t index;
  return table_find(of, name, &index, NULL) ? &of->column[index] : NULL;
}

static void test_rows_and_columns(void)
{
  open_cohort("y ~ a + factor(stage) + g + change");
  struct imputed imputed;
  struct error error;
  ok(impute(&imputed, NULL, &error), "a cohort is imputed");
  // 80 less two without outcome and one with a divisor of 0.
  is_integer((long long) imputed.n_rows, 77, "rows with an outcome and a defined change");
  is_integer((long long) imputed.n_undefined, 1, "a divisor of 0 is left out, and counted");
  is_integer((long long) imputed.table.n_rows, 4 * 77, "the completed cohorts under one another");
  size_t n_complete = 0;
  for (size_t i = 0; i < imputed.n_rows; i++) {
    bool whole = true;
    for (size_t c = 0; c < imputed.n_columns; c++)
      whole = whole && !isnan(imputed.column[c].column->value[imputed.row[i]]);
    n_complete += whole;
  }
  is_integer((long long) imputed.n_complete, (long long) n_complete, "complete rows");
  is_text(imputed.column[imputed.n_columns - 1].column->name, "y", "the outcome is the last");
  ok(!column_of(&imputed.table, "z"), "what the formula does not need is not there");
  bool full = true, seen = true, kept = true, passive = true;
  const struct column *a = column_of(&imputed.table, "a"), *from = column_of(&table, "a");
  const struct column *pre = column_of(&imputed.table, "pre");
  const struct column *post = column_of(&imputed.table, "post");
  const struct column *change = column_of(&imputed.table, "change");
  for (size_t i = 0; i < imputed.table.n_rows; i++) {
    double original = from->value[imputed.row[i % 77]];
    bool found = false;
    for (size_t k = 0; k < 77; k++)
      found |= from->value[imputed.row[k]] == a->value[i];
    for (size_t c = 0; c < imputed.table.n_columns; c++)
      full = full && !isnan(imputed.table.column[c].value[i]);
    seen = seen && found;
    kept = kept && (isnan(original) || original == a->value[i]);
    passive = passive &&
              change->value[i] == (pre->value[i] - post->value[i]) / pre->value[i];
  }
  ok(full, "nothing is missing any more");
  ok(seen, "matched values are observed ones");
  ok(kept, "what was observed stays");
  ok(passive, "the derived column is computed again");
  ok(column_of(&imputed.table, "stage")->type == COLUMN_NUMERIC,
     "a number taken as a factor stays a number");
  bool differ = false;
  for (size_t i = 0; i < 77; i++)
    differ |= a->value[i] != a->value[77 + i];
  ok(differ, "imputations differ");
  imputed_free(&imputed);
  close_cohort();
}

static void test_helpers(void)
{
  open_cohort("y ~ a + z");
  struct imputed plain, helped;
  struct error error;
  struct text_list with = {0};
  text_list_add(&with, "change");
  ok(impute(&plain, NULL, &error), "without help");
  ok(impute(&helped, &with, &error), "with the help of a derived column");
  // a, z, y; then pre and post, of which post has a gap.
  is_integer((long long) plain.n_columns, 3, "columns without help");
  is_integer((long long) helped.n_columns, 5, "it helps by what it is computed from");
  is_integer((long long) helped.n_complete, (long long) plain.n_complete - 1,
             "the row with a divisor of 0 is gone, a gap in a helper makes no row incomplete");
  bool differ = false;
  for (size_t c = 0; c < plain.cells.n_cells; c++)
    differ |= plain.value[c] != helped.value[c];
  ok(differ, "help makes a difference");
  text_list_add(&with, "y");
  struct imputed refused;
  ok(!impute(&refused, &with, &error), "the outcome is no helper");
  is_integer(error.status, ERROR_USAGE, "and that is an error of usage");
  text_list_free(&with);
  imputed_free(&plain);
  imputed_free(&helped);
  close_cohort();
}

static void test_nothing_missing(void)
{
  open_cohort("y ~ z + factor(stage)");
  struct imputed imputed;
  struct error error;
  ok(impute(&imputed, NULL, &error), "nothing missing is no error");
  is_integer((long long) imputed.cells.n_cells, 0, "and nothing is drawn");
  imputed_free(&imputed);
  close_cohort();
}

static void test_regression_and_process(void)
{
  open_cohort("y ~ a + g + change");
  struct imputed imputed;
  struct error error;
  ok(impute(&imputed, NULL, &error), "imputed");
  const struct convention *convention = convention_find("r");
  struct imputed_regression regression;
  struct logit_options options = {0};
  ok(imputed_regression_fit(&regression, &formula, &imputed, convention, &options, &error),
     "a regression on all imputations");
  is_integer((long long) regression.design.n_columns, 5, "its columns");
  // By hand: imputation 2 alone.
  size_t row[77];
  double x[77 * 5];
  for (size_t i = 0; i < 77; i++)
    row[i] = 77 + i;
  ok(design_evaluate(&regression.design, &imputed.table, DESIGN_ALL, row, 77, x, &error), "rows");
  struct logit_data data = {.n = 77, .p = 5, .x = x, .y = imputed.y};
  struct logit_fit second;
  logit_fit(&data, &options, &second);
  for (size_t j = 0; j < 5; j++)
    is_close(regression.fit.fit[1].coefficient[j], second.coefficient[j], 1e-14,
             "the second imputation's fit");
  logit_fit_free(&second);
  struct imputed_process process;
  ok(imputed_process_make(&process, &formula, &imputed, convention, &options, NULL, &error),
     "its process");
  for (size_t j = 0; j < 5; j++)
    is_close(process.coefficient[j], regression.fit.pooled.coefficient[j], 1e-14,
             "the process on all rows is the regression");
  // All weights 1: other draws than those of the data, but test rows are the data's imputations.
  double weight[77], *training = NEW_ARRAY(double, 4 * 77), *test = NEW_ARRAY(double, 4 * 77);
  double *again = NEW_ARRAY(double, 4 * 77), *eta = NEW_ARRAY(double, 4 * 77);
  for (size_t i = 0; i < 77; i++)
    weight[i] = (double) (i % 3);
  is_integer(imputed_process_run(&process, 6, weight, training, test, NULL), LOGIT_CONVERGED,
             "a replicate");
  is_integer(imputed_process_run(&process, 6, weight, again, eta, NULL), LOGIT_CONVERGED, "again");
  bool same = true, other = false, complete_same = true;
  for (size_t i = 0; i < 4 * 77; i++) {
    bool complete = true;
    for (size_t c = 0; c < imputed.n_columns; c++)
      complete = complete && !isnan(imputed.column[c].column->value[imputed.row[i % 77]]);
    same = same && training[i] == again[i] && test[i] == eta[i];
    other = other || training[i] != test[i];
    complete_same = complete_same && (!complete || training[i] == test[i]);
  }
  ok(same, "a replicate is the same each time");
  ok(other, "its own imputations are others than the data's");
  ok(complete_same, "complete rows are the same in both");
  imputed_process_predict(&process, process.coefficient, eta);
  double first = 0;
  for (size_t j = 0; j < 5; j++)
    first += process.coefficient[j] * regression.matrix[0][j * 77];
  is_close(eta[0], first, 1e-12, "linear predictors on the data's imputations");
  free(training);
  free(test);
  free(again);
  free(eta);
  imputed_process_free(&process);
  imputed_regression_free(&regression);
  imputed_free(&imputed);
  close_cohort();
}

// What is left out of a resample (weight 0) has no part in its model, neither outcome nor values.
// Test rows keep the imputations of the data.
static void test_left_out(void)
{
  open_cohort("y ~ a + g + change");
  struct imputed imputed;
  struct error error;
  struct imputed_process process;
  struct logit_options options = {0};
  ok(impute(&imputed, NULL, &error) &&
         imputed_process_make(&process, &formula, &imputed, convention_find("r"), &options, NULL,
                              &error),
     "a process");
  enum { ROWS = 77, ALL = 4 * ROWS };
  double weight[ROWS], training[ALL], test[ALL], other[ALL], other_test[ALL];
  for (size_t i = 0; i < ROWS; i++)
    weight[i] = i % 4 > 0;
  is_integer(imputed_process_run(&process, 3, weight, training, test, NULL), LOGIT_CONVERGED,
             "all but a fold");
  struct imputed_column *a = &imputed.column[0], *y = &imputed.column[imputed.n_columns - 1];
  is_text(a->column->name, "a", "a number with gaps");
  for (size_t i = 0; i < ROWS; i += 4) {
    y->value[i] = imputed.y[i] = 1 - imputed.y[i];
    a->value[i] += 1000;
  }
  is_integer(imputed_process_run(&process, 3, weight, other, other_test, NULL), LOGIT_CONVERGED,
             "another fold");
  bool same = true, same_test = true, differs = false;
  for (size_t i = 0; i < ALL; i++) {
    bool left_out = weight[i % ROWS] == 0;
    same = same && (left_out || training[i] == other[i]);
    differs = differs || (left_out && training[i] != other[i]);
    same_test = same_test && test[i] == other_test[i];
  }
  ok(same, "the model and its imputations do not know the rows left out");
  ok(differs, "which are imputed with their outcome by it");
  ok(same_test, "test rows have the imputations of all rows");
  imputed_process_free(&process);
  imputed_free(&imputed);
  close_cohort();
}

// A resample is what a cohort would be that has its incomplete rows as often as they were drawn.
static void test_drawn_twice(void)
{
  const char *terms = "y ~ a + g + change";
  enum { ROWS = 77 };
  struct imputed imputed;
  struct imputed_process process;
  struct error error;
  struct logit_options options = {0};
  const struct convention *convention = convention_find("r");
  size_t again[2 * N], n_again = 0;
  double weight[ROWS], once[3 * N], training[4 * ROWS], test[4 * ROWS];
  double *longer = NEW_ARRAY(double, 4 * 3 * N), *unused = NEW_ARRAY(double, 4 * 3 * N);
  open_cohort(terms);
  ok(impute(&imputed, NULL, &error) &&
         imputed_process_make(&process, &formula, &imputed, convention, &options, NULL, &error),
     "a process");
  for (size_t i = 0; i < ROWS; i++) {
    bool complete = true;
    for (size_t c = 0; c < imputed.n_columns; c++)
      complete = complete && !isnan(imputed.column[c].value[i]);
    weight[i] = (double) (i * 5 % 7 % 4);
    once[i] = complete || weight[i] < 1 ? weight[i] : 1;
    for (double k = once[i]; k < weight[i]; k++) {
      again[n_again] = imputed.row[i];
      once[ROWS + n_again++] = 1;
    }
  }
  ok(n_again > 5, "incomplete rows that are drawn twice and three times");
  is_integer(imputed_process_run(&process, 2, weight, training, test, NULL), LOGIT_CONVERGED,
             "a resample");
  imputed_process_free(&process);
  imputed_free(&imputed);
  close_cohort();
  open_cohort_with(terms, again, n_again);
  ok(impute(&imputed, NULL, &error) &&
         imputed_process_make(&process, &formula, &imputed, convention, &options, NULL, &error),
     "its rows one by one");
  size_t n = imputed.n_rows;
  is_integer((long long) n, (long long) (ROWS + n_again), "so many");
  is_integer(imputed_process_run(&process, 2, once, longer, unused, NULL), LOGIT_CONVERGED, "run");
  bool same = true;
  for (size_t i = 0; i < 4 * ROWS; i++)
    same = same && longer[i / ROWS * n + i % ROWS] == training[i];
  ok(same, "give the same model and imputations");
  imputed_process_free(&process);
  imputed_free(&imputed);
  close_cohort();
  free(longer);
  free(unused);
}

int main(void)
{
  test_rows_and_columns();
  test_helpers();
  test_nothing_missing();
  test_regression_and_process();
  test_left_out();
  test_drawn_twice();
  return tap_done();
}
