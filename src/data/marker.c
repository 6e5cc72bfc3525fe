// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "data/marker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "stats/logit.h"
#include "stats/roc.h"

static void marker_free(struct marker *marker)
{
  free(marker->name);
  free(marker->title);
  free(marker->value);
  free(marker->risk);
  free(marker->eta);
  modelling_free(&marker->modelling);
}

void marker_set_free(struct marker_set *set)
{
  for (size_t m = 0; m < set->n_markers; m++)
    marker_free(&set->marker[m]);
  for (size_t m = 0; m < set->n_models; m++)
    model_free(&set->model[m]);
  free(set->marker);
  free(set->model);
  outcome_free(&set->outcome);
  free(set->part);
  free(set->training);
  free(set->row);
  free(set->y);
  *set = (struct marker_set){0};
}

// What filling needs beside the set.
struct filler {
  struct marker_set *set;
  const struct formula *formula;
  const struct table *table;
  const struct convention *convention;
  bool redo;
  bool *complete; // scratch, n_rows of the table
  struct error *error;
};

// ---- rows ----

static size_t *list_rows(const bool *marked, size_t n, size_t *n_marked)
{
  size_t *row = NEW_ARRAY(size_t, n);
  *n_marked = 0;
  for (size_t i = 0; i < n; i++)
    if (marked[i])
      row[(*n_marked)++] = i;
  return row;
}

static bool in_part(const struct marker_set *set, size_t i)
{
  return !isnan(set->outcome.code[i]) && (!set->part || set->part[i]);
}

// The rows that fits are made on, before what is missing.
static bool in_training(const struct marker_set *set, size_t i)
{
  return set->training ? set->training[i] : in_part(set, i);
}

// Takes from `used` the rows that model m lacks something of.
static void need_model(const struct filler *filler, size_t m, bool *used)
{
  const struct model *model = &filler->set->model[m];
  size_t n = filler->table->n_rows;
  design_complete(&model->design, filler->table, DESIGN_ALL, filler->complete);
  for (size_t i = 0; i < n; i++)
    used[i] &= filler->complete[i];
}

// And, if its choice among candidates is repeated, those that the candidates lack something of.
static bool need_candidates(struct filler *filler, size_t m, bool *used)
{
  const struct model *model = &filler->set->model[m];
  if (!filler->redo || !model_selects(model) || !model->candidates.n_items)
    return true;
  if (!model_candidates_complete(model, filler->table, filler->complete, filler->error))
    return false;
  for (size_t i = 0; i < filler->table->n_rows; i++)
    used[i] &= filler->complete[i];
  return true;
}

static bool in_any_part(const struct marker_set *set, size_t i)
{
  return !isnan(set->outcome.code[i]);
}

// Whether the rows that `chosen` has are those that model m was made on: those complete for it; of
// a model on imputed data, the incomplete ones too.
static bool was_made_on(const struct filler *filler, size_t m,
                        bool (*chosen)(const struct marker_set *set, size_t i))
{
  const struct marker_set *set = filler->set;
  size_t n = filler->table->n_rows;
  bool *own = NEW_ARRAY(bool, n);
  for (size_t i = 0; i < n; i++)
    own[i] = chosen(set, i);
  if (!set->model[m].imputation.n)
    need_model(filler, m, own);
  char fingerprint[65];
  model_fingerprint(&set->model[m], filler->table, &set->outcome, own, fingerprint);
  free(own);
  return *fingerprint && strcmp(fingerprint, set->model[m].fingerprint) == 0;
}

static bool *find_internal(const struct filler *filler)
{
  bool *internal = NEW_ZEROED(bool, filler->set->n_models);
  for (size_t m = 0; m < filler->set->n_models; m++)
    internal[m] = was_made_on(filler, m, in_part);
  return internal;
}

static bool choose_rows(struct filler *filler, const bool *internal)
{
  struct marker_set *set = filler->set;
  size_t n = filler->table->n_rows, n_part = 0;
  bool *used = NEW_ARRAY(bool, n);
  bool good = design_complete_formula(filler->formula, filler->table, used, filler->error);
  for (size_t m = 0; m < set->n_models && good; m++) {
    need_model(filler, m, used);
    good = !internal[m] || set->model[m].imputation.n || need_candidates(filler, m, used);
  }
  for (size_t i = 0; i < n; i++) {
    n_part += in_part(set, i);
    used[i] &= in_part(set, i);
  }
  set->row = list_rows(used, n, &set->n_rows);
  free(used);
  if (!good)
    return false;
  set->n_missing = n_part - set->n_rows;
  set->y = NEW_ARRAY(double, set->n_rows);
  for (size_t i = 0; i < set->n_rows; i++) {
    set->y[i] = set->outcome.code[set->row[i]] == 0;
    set->n_events += set->y[i] == 1;
  }
  if (!n_part && set->part)
    return error_set(filler->error, ERROR_DATA, "--holdout leaves no %s rows",
                     set->training ? "test" : "training");
  if (!set->n_rows)
    return error_set(filler->error, ERROR_DATA,
                     "no row is complete for the outcome and every term and model");
  if (!set->n_events || set->n_events == set->n_rows)
    return error_set(filler->error, ERROR_DATA, "the outcome is the same in all %zu complete rows",
                     set->n_rows);
  return true;
}

// ---- values ----

static void fill_eta(const struct marker_set *set, const double *x, const double *coefficient,
                     size_t p, double *eta)
{
  struct logit_data data = {.n = set->n_rows, .p = p, .x = x, .y = set->y};
  logit_linear_predictor(&data, coefficient, eta);
  roc_tie_rounding(eta, set->n_rows, NULL);
}

static double *risks_of(const double *eta, size_t n)
{
  double *risk = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++)
    risk[i] = logit_inverse(eta[i]);
  return risk;
}

static double *copy_of(const double *value, size_t n)
{
  double *copy = NEW_ARRAY(double, n);
  memcpy(copy, value, n * sizeof *copy);
  return copy;
}

// A formula that is the given one's terms from..to, sharing them.
static struct formula formula_view(const struct formula *formula, size_t from, size_t to)
{
  struct formula view = *formula;
  view.term = formula->term + from;
  view.n_terms = to - from;
  return view;
}

static char *view_title(const struct design *design)
{
  const struct design_term *term = &design->term[0];
  enum part_kind kind = term->part[0].kind;
  bool plain = term->n_parts == 1 && kind != PART_LOG && kind != PART_SQRT;
  return memory_copy_text(plain ? design_title(&design->variable[term->part[0].variable])
                                : term->name);
}

// The rows in which fits of the terms are made.
static size_t *training_rows(struct filler *filler, const struct formula *view, size_t *n_rows,
                             struct error *error)
{
  const struct marker_set *set = filler->set;
  if (!set->training) {
    size_t *row = NEW_ARRAY(size_t, set->n_rows);
    memcpy(row, set->row, set->n_rows * sizeof *row);
    *n_rows = set->n_rows;
    return row;
  }
  if (!design_complete_formula(view, filler->table, filler->complete, error))
    return NULL;
  for (size_t i = 0; i < filler->table->n_rows; i++)
    filler->complete[i] &= in_training(set, i);
  return list_rows(filler->complete, filler->table->n_rows, n_rows);
}

// A single factor: a category, or numbers taken as one.
static const struct column *single_factor(const struct formula *view, const struct table *table)
{
  size_t column;
  if (view->n_terms != 1 || view->term[0].n_parts != 1 ||
      !table_find(table, view->term[0].part[0].name, &column, NULL))
    return NULL;
  const struct column *found = &table->column[column];
  bool factor = found->type == COLUMN_CATEGORICAL || view->term[0].part[0].kind == PART_FACTOR;
  return factor ? found : NULL;
}

static size_t list_values(const struct column *column, const size_t *row, size_t n_rows,
                          double *value)
{
  size_t n = 0;
  for (size_t i = 0; i < n_rows; i++)
    value[i] = column->value[row[i]];
  sort_doubles(value, n_rows);
  for (size_t i = 0; i < n_rows; i++)
    if (!n || value[i] != value[n - 1])
      value[n++] = value[i];
  return n;
}

// Its place in an ascending list, n_values if it is not there.
static size_t find_value(const double *value, size_t n_values, double wanted)
{
  size_t low = 0, high = n_values;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (value[middle] < wanted)
      low = middle + 1;
    else
      high = middle;
  }
  return low < n_values && value[low] == wanted ? low : n_values;
}

// A single factor whose fit has no finite estimate: its risks are the event fractions of its
// levels, 0 and 1 among them.
static bool fill_saturated(struct filler *filler, const struct formula *view, const size_t *row,
                           size_t n_rows, struct marker *marker)
{
  const struct marker_set *set = filler->set;
  const struct column *factor = single_factor(view, filler->table);
  if (!factor)
    return false;
  double *value = NEW_ARRAY(double, n_rows);
  size_t n_values = list_values(factor, row, n_rows, value);
  double *n = NEW_ZEROED(double, n_values), *events = NEW_ZEROED(double, n_values);
  for (size_t i = 0; i < n_rows; i++) {
    size_t level = find_value(value, n_values, factor->value[row[i]]);
    n[level]++;
    events[level] += set->outcome.code[row[i]] == 0;
  }
  marker->risk = NEW_ARRAY(double, set->n_rows);
  bool known = true;
  for (size_t i = 0; i < set->n_rows; i++) {
    size_t level = find_value(value, n_values, factor->value[set->row[i]]);
    known &= level < n_values;
    marker->risk[i] = level < n_values ? events[level] / n[level] : NAN;
  }
  free(value);
  free(n);
  free(events);
  if (!known) {
    free(marker->risk);
    marker->risk = NULL;
    return false;
  }
  marker->eta = NEW_ARRAY(double, set->n_rows);
  for (size_t i = 0; i < set->n_rows; i++)
    marker->eta[i] = logit_of(marker->risk[i]);
  marker->value = copy_of(marker->risk, set->n_rows);
  marker->saturated = true;
  return true;
}

// Terms from..to of the formula as one logistic fit.
static bool fill_fit(struct filler *filler, size_t from, size_t to, struct marker *marker)
{
  struct marker_set *set = filler->set;
  struct formula view = formula_view(filler->formula, from, to);
  size_t n_training;
  size_t *row = training_rows(filler, &view, &n_training, filler->error);
  if (!row)
    return false;
  marker->kind = MARKER_FIT;
  marker->internal = !set->training;
  struct modelling *modelling = &marker->modelling;
  bool good = modelling_of_formula(modelling, &view, filler->table, &set->outcome, row, n_training,
                                   filler->convention, filler->error);
  if (!good && fill_saturated(filler, &view, row, n_training, marker)) {
    free(row);
    return true;
  }
  free(row);
  if (!good)
    return false;
  size_t p = modelling->design.n_columns;
  marker->eta = NEW_ARRAY(double, set->n_rows);
  if (marker->internal) {
    fill_eta(set, modelling->x, modelling->coefficient, p, marker->eta);
  } else {
    double *x = NEW_ARRAY(double, set->n_rows * p);
    good = design_evaluate(&modelling->design, filler->table, DESIGN_ALL, set->row, set->n_rows, x,
                           filler->error);
    if (good)
      fill_eta(set, x, modelling->coefficient, p, marker->eta);
    free(x);
  }
  if (good) {
    marker->risk = risks_of(marker->eta, set->n_rows);
    marker->value = copy_of(marker->eta, set->n_rows);
  }
  return good;
}

// One term as it stands, or by a fit of its own.
static bool fill_term(struct filler *filler, size_t t, enum marker_use use, struct marker *marker)
{
  struct marker_set *set = filler->set;
  struct formula view = formula_view(filler->formula, t, t + 1);
  struct design design = {0};
  for (size_t i = 0; i < filler->table->n_rows; i++)
    filler->complete[i] = false;
  for (size_t i = 0; i < set->n_rows; i++)
    filler->complete[set->row[i]] = true;
  struct text name = {0};
  formula_print_term(&filler->formula->term[t], &name);
  marker->name = text_take(&name);
  marker->title = memory_copy_text(marker->name);
  if (!design_learn(&design, &view, filler->table, filler->complete, filler->convention,
                    filler->error))
    return false;
  free(marker->title);
  marker->title = view_title(&design);
  const struct design_term *term = &design.term[0];
  enum part_kind kind = term->part[0].kind;
  bool single = term->n_parts == 1, risk = single && kind == PART_RISK;
  bool quantity = single && kind != PART_FACTOR && kind != PART_SPLINE && !risk;
  bool good = true;
  if (risk || (quantity && use == MARKERS_QUANTITIES)) {
    double *x = NEW_ARRAY(double, set->n_rows);
    good = design_evaluate(&design, filler->table, 0, set->row, set->n_rows, x, filler->error);
    marker->kind = risk ? MARKER_RISK : MARKER_QUANTITY;
    marker->value = x;
    if (risk) {
      marker->risk = copy_of(x, set->n_rows);
      marker->eta = NEW_ARRAY(double, set->n_rows);
      for (size_t i = 0; i < set->n_rows; i++)
        marker->eta[i] = logit_of(x[i]);
    }
  } else {
    good = fill_fit(filler, t, t + 1, marker);
  }
  design_free(&design);
  return good;
}

static void count_own_rows(const struct filler *filler, const struct model *model,
                           struct marker *marker)
{
  const struct marker_set *set = filler->set;
  bool *own = NEW_ARRAY(bool, filler->table->n_rows);
  marker->of_holdout = model_find_rows(model, filler->table, &set->outcome, own);
  for (size_t i = 0; i < set->n_rows; i++)
    marker->n_own += own[set->row[i]];
  free(own);
}

static bool fill_model(struct filler *filler, size_t m, bool internal, struct marker *marker)
{
  struct marker_set *set = filler->set;
  const struct model *model = &set->model[m];
  size_t n = set->n_rows, p = model->design.n_columns;
  marker->kind = MARKER_MODEL;
  marker->model = m;
  marker->internal = internal;
  marker->name = memory_copy_text(model->name);
  marker->title = memory_copy_text(model->name);
  double *x = NEW_ARRAY(double, n * p);
  bool good = design_evaluate(&model->design, filler->table, DESIGN_ALL, set->row, n, x,
                              filler->error);
  if (good) {
    marker->eta = NEW_ARRAY(double, n);
    fill_eta(set, x, model->coefficient, p, marker->eta);
    marker->value = copy_of(marker->eta, n);
    if (model->has_intercept)
      marker->risk = risks_of(marker->eta, n);
  }
  free(x);
  if (!good)
    return error_prefix(filler->error, "model '%s'", model->name);
  if (!internal) {
    marker->of_training = set->training && was_made_on(filler, m, in_training);
    marker->of_all = set->part && was_made_on(filler, m, in_any_part);
    if (!marker->of_all && model->holdout.fraction > 0)
      count_own_rows(filler, model, marker);
    return true;
  }
  // Rows that were imputed are not among these.
  marker->imputed = model->imputation.n > 0;
  if (marker->imputed)
    return true;
  // Its own rows, and the candidates' where they are needed again, are they all among these?
  size_t n_own = 0;
  bool *own = NEW_ARRAY(bool, filler->table->n_rows);
  for (size_t i = 0; i < filler->table->n_rows; i++)
    own[i] = in_part(set, i);
  need_model(filler, m, own);
  good = need_candidates(filler, m, own);
  for (size_t i = 0; i < filler->table->n_rows; i++)
    n_own += own[i];
  free(own);
  marker->partial = n_own != n;
  if (!good || marker->partial)
    return good;
  return modelling_of_model(&marker->modelling, model, filler->table, &set->outcome, set->row, n,
                            filler->redo, filler->convention, &marker->differs, filler->error);
}

// ---- the set ----

static bool fill_joint(struct filler *filler, struct marker *marker)
{
  const struct formula *formula = filler->formula;
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts; i++)
      if (formula->term[t].part[i].kind == PART_RISK && formula->n_terms > 1)
        return error_set(filler->error, ERROR_USAGE,
                         "risk(%s) stands alone: it is a prediction, not a term of a model",
                         formula->term[t].part[i].name);
  if (formula->n_terms == 1)
    return fill_term(filler, 0, MARKERS_RISKS, marker);
  marker->name = memory_copy_text("model");
  marker->title = memory_copy_text("model");
  return fill_fit(filler, 0, formula->n_terms, marker);
}

static bool check_names(const struct marker_set *set, struct error *error)
{
  for (size_t i = 0; i < set->n_markers; i++)
    for (size_t j = 0; j < i; j++)
      if (strcmp(set->marker[i].name, set->marker[j].name) == 0)
        return error_set(error, ERROR_USAGE,
                         "'%s' stands twice (a model gets its name by her2-multivar --name)",
                         set->marker[i].name);
  return true;
}

static bool fill_markers(struct filler *filler, enum marker_use use, const bool *internal)
{
  struct marker_set *set = filler->set;
  size_t n_terms = filler->formula->n_terms, n_fits = use == MARKERS_JOINT ? n_terms > 0 : n_terms;
  set->marker = NEW_ZEROED(struct marker, n_fits + set->n_models);
  bool good = true;
  for (size_t t = 0; t < n_fits && good; t++) {
    struct marker *marker = &set->marker[set->n_markers++];
    good = use == MARKERS_JOINT ? fill_joint(filler, marker) : fill_term(filler, t, use, marker);
  }
  for (size_t m = 0; m < set->n_models && good; m++)
    good = fill_model(filler, m, internal[m], &set->marker[set->n_markers++]);
  return good && check_names(set, filler->error);
}

bool marker_set_fill(struct marker_set *set, enum marker_use use, const struct formula *formula,
                     const struct table *table, bool redo_selection,
                     const struct convention *convention, struct error *error)
{
  struct filler filler = {
      .set = set,
      .formula = formula,
      .table = table,
      .convention = convention,
      .redo = redo_selection,
      .complete = NEW_ARRAY(bool, table->n_rows),
      .error = error,
  };
  bool good = true;
  for (size_t m = 0; m < set->n_models && good; m++) {
    size_t n_rows;
    bool *all = NEW_ARRAY(bool, table->n_rows);
    for (size_t i = 0; i < table->n_rows; i++)
      all[i] = in_part(set, i);
    size_t *row = list_rows(all, table->n_rows, &n_rows);
    good = design_check(&set->model[m].design, table, DESIGN_ALL, row, n_rows, error) ||
           error_prefix(error, "model '%s'", set->model[m].name);
    free(all);
    free(row);
  }
  if (good) {
    bool *internal = find_internal(&filler);
    good = choose_rows(&filler, internal) && fill_markers(&filler, use, internal);
    free(internal);
  }
  free(filler.complete);
  return good;
}
