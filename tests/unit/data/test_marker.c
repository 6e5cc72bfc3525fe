// SPDX-License-Identifier: GPL-3.0-or-later
// Markers: which rows they share, what is internal and what is not, fits of their own, the
// processes that model files record.
#include <config.h>

#include "data/marker.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "data/cohort.h"
#include "stats/holdout.h"
#include "stats/rng.h"
#include "tap.h"

enum { N = 160 };
static const char *const path = "marker_test.csv";
static struct error error;
static const struct convention *study;
static bool with_candidates;

// y depends on a; site of three levels, the third without events; b is noise; r a probability;
// every 20th a and every 33rd b is missing.
static void write_cohort(void)
{
  FILE *file = fopen(path, "w");
  struct philox_stream stream;
  philox_start(&stream, 7, RNG_SIMULATE, 1);
  fprintf(file, "y,a,b,site,r\n");
  for (int i = 0; i < N; i++) {
    double a = philox_normal(&stream), b = philox_normal(&stream);
    double risk = 1 / (1 + exp(-a));
    bool event = philox_uniform(&stream) < risk;
    const char *site = !event && i % 4 == 0 ? "c" : i % 2 ? "a" : "b";
    fprintf(file, "%d,", event);
    if (i % 20 != 5)
      fprintf(file, "%.6f", a);
    fputc(',', file);
    if (i % 33 != 7)
      fprintf(file, "%.6f", b);
    fprintf(file, ",%s,%.6f\n", site, risk);
  }
  fclose(file);
}

struct cohort {
  struct table table;
  struct formula formula;
  struct cohort_options options;
  struct marker_set set;
};

static bool open_cohort(struct cohort *cohort, const char *text, struct model *model,
                        size_t n_models)
{
  *cohort = (struct cohort){.options = {.candidates = with_candidates}};
  error = (struct error){0};
  cohort->set.model = model;
  cohort->set.n_models = n_models;
  return formula_parse_outcome(&cohort->formula, text, &error) &&
         cohort_load(&cohort->table, &cohort->formula, path, &cohort->options, model, n_models,
                     &error) &&
         outcome_resolve(&cohort->set.outcome, &cohort->formula, &cohort->table, OUTCOME_EVENT,
                         &error);
}

static bool fill(struct cohort *cohort, enum marker_use use, bool redo)
{
  return marker_set_fill(&cohort->set, use, &cohort->formula, &cohort->table, redo, study, &error);
}

static void close_cohort(struct cohort *cohort)
{
  marker_set_free(&cohort->set);
  formula_free(&cohort->formula);
  table_free(&cohort->table);
  cohort_options_free(&cohort->options);
}

static size_t count_missing(const struct table *table, const char *name)
{
  size_t column = 0, n = 0;
  table_find(table, name, &column, NULL);
  for (size_t i = 0; i < table->n_rows; i++)
    n += isnan(table->column[column].value[i]) != 0;
  return n;
}

static void test_rows(void)
{
  struct cohort cohort;
  ok(open_cohort(&cohort, "y = 1 ~ a + b + risk(r) + log(r)", NULL, 0) &&
         fill(&cohort, MARKERS_QUANTITIES, true),
     "quantities: %s", error.message);
  const struct marker_set *set = &cohort.set;
  ok(set->n_markers == 4 && set->n_rows == N - count_missing(&cohort.table, "a") -
                                               count_missing(&cohort.table, "b"),
     "rows complete for every term");
  ok(set->n_missing == N - set->n_rows, "the others are counted");
  ok(set->marker[0].kind == MARKER_QUANTITY && !set->marker[0].risk, "a quantity is no risk");
  ok(set->marker[2].kind == MARKER_RISK && set->marker[2].risk &&
         fabs(set->marker[2].eta[0] -
              log(set->marker[2].risk[0] / (1 - set->marker[2].risk[0]))) < 1e-12,
     "risk(r) is one");
  ok(fabs(set->marker[3].value[3] - log(set->marker[2].value[3])) < 1e-12, "log(r)");
  close_cohort(&cohort);
}

static void test_fits(void)
{
  struct cohort cohort;
  ok(open_cohort(&cohort, "y = 1 ~ a + site", NULL, 0) && fill(&cohort, MARKERS_RISKS, true),
     "risks: %s", error.message);
  const struct marker *a = &cohort.set.marker[0], *site = &cohort.set.marker[1];
  ok(a->kind == MARKER_FIT && a->internal && a->modelling.design.n_columns == 2,
     "a quantity goes through a fit");
  double sum = 0;
  for (size_t i = 0; i < cohort.set.n_rows; i++)
    sum += a->risk[i];
  is_close(sum, (double) cohort.set.n_events, 1e-9, "its risks add up to the events");
  ok(site->saturated && site->modelling.design.n_columns == 0,
     "a level without events: event fractions");
  bool right = true;
  size_t column = 0;
  table_find(&cohort.table, "site", &column, NULL);
  for (size_t i = 0; i < cohort.set.n_rows; i++)
    right &= cohort.table.column[column].value[cohort.set.row[i]] != 2 || site->risk[i] == 0;
  ok(right, "0 in that level");
  close_cohort(&cohort);
}

static void test_training(void)
{
  struct cohort cohort;
  ok(open_cohort(&cohort, "y = 1 ~ a + b", NULL, 0), "for a hold-out: %s", error.message);
  struct marker_set *set = &cohort.set;
  set->part = NEW_ARRAY(bool, N);
  set->training = NEW_ARRAY(bool, N);
  holdout_mark(set->outcome.code, N, 2, 0.3, 1, set->part);
  for (size_t i = 0; i < N; i++)
    set->training[i] = !set->part[i];
  ok(fill(&cohort, MARKERS_JOINT, true) && set->n_markers == 1, "fitted: %s", error.message);
  const struct marker *marker = &set->marker[0];
  size_t n_training = 0;
  for (size_t i = 0; i < N; i++)
    n_training += set->training[i];
  ok(!marker->internal && marker->modelling.n_rows > set->n_rows &&
         marker->modelling.n_rows <= n_training,
     "the fit is the training rows'");
  double eta = marker->modelling.coefficient[0];
  size_t a = 0, b = 0;
  table_find(&cohort.table, "a", &a, NULL);
  table_find(&cohort.table, "b", &b, NULL);
  eta += marker->modelling.coefficient[1] * cohort.table.column[a].value[set->row[0]] +
         marker->modelling.coefficient[2] * cohort.table.column[b].value[set->row[0]];
  is_close(marker->eta[0], eta, 1e-12, "its predictions the test rows'");
  close_cohort(&cohort);
}

// A model file's model, made from what a joint fit of the formula learned.
static void make_model(struct cohort *cohort, const char *name, struct model *model)
{
  struct modelling *modelling = &cohort->set.marker[0].modelling;
  *model = (struct model){
      .name = memory_copy_text(name),
      .outcome = memory_copy_text("y"),
      .design = modelling->design,
      .coefficient = modelling->coefficient,
      .has_intercept = true,
      .n = (double) cohort->set.n_rows,
      .n_events = (double) cohort->set.n_events,
      .procedure = {.screen_p = NAN, .stay_p = NAN, .vif_cut = NAN},
      .seed = 1,
  };
  text_list_add(&model->event, "1");
  for (size_t t = 0; t < modelling->design.n_terms; t++)
    text_list_add(&model->candidates, modelling->design.term[t].name);
  bool *used = NEW_ZEROED(bool, cohort->table.n_rows);
  for (size_t i = 0; i < cohort->set.n_rows; i++)
    used[cohort->set.row[i]] = true;
  model_fingerprint(model, &cohort->table, &cohort->set.outcome, used, model->fingerprint);
  free(used);
  modelling->design = (struct design){0};
  modelling->coefficient = NULL;
}

static struct model *fitted_model(const char *formula)
{
  struct cohort cohort;
  struct model *model = NEW_ZEROED(struct model, 1);
  ok(open_cohort(&cohort, formula, NULL, 0) && fill(&cohort, MARKERS_JOINT, true), "a model: %s",
     error.message);
  make_model(&cohort, "m", model);
  close_cohort(&cohort);
  return model;
}

static void test_models(void)
{
  struct cohort cohort;
  ok(open_cohort(&cohort, "y = 1 ~", fitted_model("y = 1 ~ a"), 1) &&
         fill(&cohort, MARKERS_JOINT, true),
     "a model alone: %s", error.message);
  const struct marker *marker = &cohort.set.marker[0];
  ok(marker->kind == MARKER_MODEL && marker->internal && !marker->partial &&
         marker->modelling.problem.p == 2,
     "internal on its own rows");
  ok(isnan(marker->differs) || marker->differs < 1e-6, "its process gives it again");
  close_cohort(&cohort);

  ok(open_cohort(&cohort, "y = 1 ~ b", fitted_model("y = 1 ~ a"), 1) &&
         fill(&cohort, MARKERS_QUANTITIES, true),
     "beside a term that lacks rows: %s", error.message);
  marker = &cohort.set.marker[1];
  ok(marker->internal && marker->partial && !marker->modelling.x, "internal, but not all its rows");
  close_cohort(&cohort);

  ok(open_cohort(&cohort, "y = 1 ~", fitted_model("y = 1 ~ a"), 1), "a part: %s", error.message);
  cohort.set.part = NEW_ARRAY(bool, N);
  for (size_t i = 0; i < N; i++)
    cohort.set.part[i] = i % 2;
  ok(fill(&cohort, MARKERS_JOINT, true) && !cohort.set.marker[0].internal,
     "external on a part of its rows");
  close_cohort(&cohort);

  ok(open_cohort(&cohort, "y = 1 ~", fitted_model("y = 1 ~ a"), 1), "a part: %s", error.message);
  cohort.set.part = NEW_ARRAY(bool, N);
  cohort.set.training = NEW_ARRAY(bool, N);
  for (size_t i = 0; i < N; i++)
    cohort.set.training[i] = !(cohort.set.part[i] = i % 2);
  ok(fill(&cohort, MARKERS_JOINT, true) && cohort.set.marker[0].of_all &&
         !cohort.set.marker[0].of_training,
     "made on both parts: no hold-out");
  close_cohort(&cohort);

  ok(open_cohort(&cohort, "y = 0 ~", fitted_model("y = 1 ~ a"), 1) &&
         fill(&cohort, MARKERS_JOINT, true),
     "another event: %s", error.message);
  ok(cohort.set.n_events > 0 && cohort.set.marker[0].internal, "the rows are still its own");
  close_cohort(&cohort);
}

// The model of a hold-out's training rows (of the test rows: `test`), which says so.
static struct model *holdout_model(uint64_t seed, bool test)
{
  struct cohort cohort;
  struct model *model = NEW_ZEROED(struct model, 1);
  ok(open_cohort(&cohort, "y = 1 ~ a", NULL, 0), "a model of a part: %s", error.message);
  cohort.set.part = NEW_ARRAY(bool, N);
  holdout_mark(cohort.set.outcome.code, N, 2, 0.3, seed, cohort.set.part);
  for (size_t i = 0; i < N; i++)
    cohort.set.part[i] = cohort.set.part[i] == test;
  ok(fill(&cohort, MARKERS_JOINT, true), "fitted: %s", error.message);
  make_model(&cohort, "m", model);
  model->holdout.fraction = 0.3;
  model->holdout.seed = seed;
  model->holdout.test = test;
  close_cohort(&cohort);
  return model;
}

// Judged on all rows, and on the test rows of the seed `judged`.
static void test_holdout(uint64_t seed, bool test, uint64_t judged)
{
  struct cohort cohort;
  bool mark[N];
  ok(open_cohort(&cohort, "y = 1 ~", holdout_model(seed, test), 1) &&
         fill(&cohort, MARKERS_JOINT, true),
     "on all rows: %s", error.message);
  const struct marker *marker = &cohort.set.marker[0];
  ok(!marker->internal && marker->of_holdout &&
         (double) marker->n_own == cohort.set.model[0].n && marker->n_own < cohort.set.n_rows,
     "its own rows are among them");
  close_cohort(&cohort);

  ok(open_cohort(&cohort, "y = 1 ~", holdout_model(seed, test), 1), "a part: %s", error.message);
  struct marker_set *set = &cohort.set;
  holdout_mark(set->outcome.code, N, 2, 0.3, seed, mark);
  set->part = NEW_ARRAY(bool, N);
  holdout_mark(set->outcome.code, N, 2, 0.3, judged, set->part);
  ok(fill(&cohort, MARKERS_JOINT, true), "on the test rows: %s", error.message);
  size_t n_own = 0;
  for (size_t i = 0; i < set->n_rows; i++)
    n_own += mark[set->row[i]] == test;
  marker = &set->marker[0];
  if (n_own == set->n_rows)
    ok(marker->internal, "these are its own");
  else
    ok(!marker->internal && marker->of_holdout && marker->n_own == n_own,
       "%zu of %zu rows are its own", marker->n_own, set->n_rows);
  close_cohort(&cohort);
}

static void test_foreign_holdout(void)
{
  struct cohort cohort;
  struct model *model = holdout_model(1, false);
  model->holdout.seed = 3;
  ok(open_cohort(&cohort, "y = 1 ~", model, 1) && fill(&cohort, MARKERS_JOINT, true),
     "another seed than it says: %s", error.message);
  ok(!cohort.set.marker[0].of_holdout && cohort.set.marker[0].n_own == 0,
     "its rows are not those of the hold-out it states");
  close_cohort(&cohort);
}

static void test_selection(void)
{
  struct model *model = fitted_model("y = 1 ~ a");
  text_list_add(&model->candidates, "b");
  model->procedure.screen_p = 0.2;
  struct cohort cohort;
  ok(open_cohort(&cohort, "y = 1 ~", model, 1) && !fill(&cohort, MARKERS_JOINT, true) &&
         strstr(error.message, "candidates"),
     "a candidate that was not loaded: %s", error.message);
  close_cohort(&cohort);

  model = fitted_model("y = 1 ~ a");
  text_list_add(&model->candidates, "b");
  model->procedure.screen_p = 0.2;
  with_candidates = true;
  ok(open_cohort(&cohort, "y = 1 ~", model, 1) && fill(&cohort, MARKERS_JOINT, true),
     "with its candidates: %s", error.message);
  with_candidates = false;
  const struct marker *marker = &cohort.set.marker[0];
  ok(marker->internal && !marker->partial && marker->modelling.problem.selects &&
         marker->modelling.problem.n_groups == 2 && marker->modelling.coefficient[2] == 0,
     "the choice is repeated");
  size_t both = 0, a = 0, b = 0;
  table_find(&cohort.table, "a", &a, NULL);
  table_find(&cohort.table, "b", &b, NULL);
  for (size_t i = 0; i < cohort.table.n_rows; i++)
    both += !isnan(cohort.table.column[a].value[i]) && !isnan(cohort.table.column[b].value[i]);
  ok(cohort.set.n_rows == both, "on the rows complete for all candidates");
  close_cohort(&cohort);
}

static void test_errors(void)
{
  struct cohort cohort;
  ok(open_cohort(&cohort, "y = 1 ~ risk(r) + a", NULL, 0) &&
         !fill(&cohort, MARKERS_JOINT, true) && error.status == ERROR_USAGE,
     "risk(x) is no term of a model: %s", error.message);
  close_cohort(&cohort);
  ok(open_cohort(&cohort, "y = 1 ~ risk(a)", NULL, 0) && !fill(&cohort, MARKERS_RISKS, true) &&
         error.status == ERROR_DATA,
     "no probability: %s", error.message);
  close_cohort(&cohort);
}

int main(void)
{
  study = convention_find("study");
  write_cohort();
  test_rows();
  test_fits();
  test_training();
  test_models();
  test_holdout(1, false, 1);
  test_holdout(1, false, 2);
  test_holdout(5, true, 5);
  test_holdout(5, true, 6);
  test_foreign_holdout();
  test_selection();
  test_errors();
  unlink(path);
  return tap_done();
}
