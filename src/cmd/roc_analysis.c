// SPDX-License-Identifier: GPL-3.0-or-later
// her2-roc's areas, curves, cut-offs and comparisons.
#include <config.h>

#include "cmd/roc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "stats/logit.h"
#include "stats/multiplicity.h"

enum { MOST_GROUPS = 20 };

const char *const roc_area_test_names[] = {"delong", "mannwhitney", "null"};
const char *const roc_rule_names[] = {"youden", "topleft", "cutoff", "sensitivity", "specificity"};

// ---- a marker's scale ----

double roc_shown(const struct roc_result *result, double threshold)
{
  if (result->risk_scale)
    return logit_inverse(threshold);
  return result->lower ? 0 - threshold : threshold;
}

double roc_hidden(const struct roc_result *result, double shown)
{
  if (result->risk_scale)
    return logit_of(shown);
  return result->lower ? 0 - shown : shown;
}

bool roc_is_apparent(const struct roc_result *result)
{
  return result->marker->internal;
}

static bool same_counts(const struct roc_counts *a, const struct roc_counts *b)
{
  return a->true_positives == b->true_positives && a->false_positives == b->false_positives;
}

// Decimals of the values if they are known: a midpoint has one more than they have.  Else, and
// where that is not enough, as many as give the same counts.
static void write_threshold(const struct roc_study *study, size_t m, const struct roc_cut *cut,
                            double shown, char buffer[NUMBER_SIZE])
{
  const struct roc_result *result = &study->result[m];
  const struct roc_sample *all = &study->all;
  bool known = result->digits >= 0;
  int first = known ? result->digits : result->marker->kind == MARKER_QUANTITY ? 2 : 3;
  for (int digits = first; fabs(shown) < 1e7 && digits <= first + 8; digits++) {
    double read = shown;
    number_write_fixed(buffer, shown, digits);
    number_parse_text(buffer, &read);
    if (known && digits == first && fabs(read - shown) > 1e-9 * fabs(shown))
      continue;
    struct roc_counts counts =
        roc_count(all->value[m], all->y, NULL, all->n, roc_hidden(result, read));
    if (same_counts(&counts, &cut->counts))
      return;
  }
  number_write(buffer, shown);
}

char *roc_threshold_text(const struct roc_study *study, size_t m, const struct roc_cut *cut)
{
  const struct roc_result *result = &study->result[m];
  char buffer[NUMBER_SIZE];
  if (isinf(cut->threshold) && cut->rule != ROC_CUTOFF)
    return memory_copy_text(cut->threshold > 0 ? "none" : "all");
  if (cut->rule == ROC_CUTOFF)
    number_write(buffer, cut->target);
  else
    write_threshold(study, m, cut, roc_shown(result, cut->threshold), buffer);
  return text_format("%s %s%s", result->lower ? "\u2264" : "\u2265", *buffer == '-' ? "\u2212" : "",
                     buffer + (*buffer == '-'));
}

static bool means_lower(const struct roc_settings *settings, const struct marker *marker)
{
  bool lower = false, named = false;
  for (size_t i = 0; i < settings->n_directions; i++) {
    const struct roc_direction *direction = &settings->direction[i];
    bool this_one = direction->marker && strcmp(direction->marker, marker->name) == 0;
    if (this_one || (!direction->marker && !named && marker->kind == MARKER_QUANTITY)) {
      lower = direction->lower;
      named |= this_one;
    }
  }
  return lower;
}

// The column that a quantity is, at most scaled; NULL for any other function of one.
static const struct column *plain_column(const struct roc_study *study, size_t m)
{
  const struct formula *formula = &study->command->formula;
  size_t column;
  if (study->set.marker[m].kind != MARKER_QUANTITY)
    return NULL;
  const struct formula_part *part = &formula->term[m].part[0];
  if ((part->kind != PART_PLAIN && part->kind != PART_SCALED && part->kind != PART_PER_SD) ||
      !table_find(&study->command->table, part->name, &column, NULL))
    return NULL;
  return &study->command->table.column[column];
}

static void describe(struct roc_study *study, size_t m)
{
  struct roc_result *result = &study->result[m];
  const struct marker *marker = &study->set.marker[m];
  *result = (struct roc_result){.marker = marker,
                                .title = memory_copy_text(marker->title),
                                .digits = -1,
                                .partial = {NAN, NAN},
                                .partial_se = NAN,
                                .partial_low = NAN,
                                .partial_high = NAN,
                                .standardized_low = NAN,
                                .standardized_high = NAN,
                                .corrected_auc = NAN,
                                .corrected_partial = NAN};
  result->lower = means_lower(study->settings, marker);
  result->risk_scale = (marker->kind == MARKER_FIT || marker->kind == MARKER_MODEL) &&
                       marker->risk && !marker->saturated;
  result->column = plain_column(study, m);
  if (result->column && !result->column->derived)
    result->digits =
        result->column->digits >= 0 ? result->column->digits : result->column->most_decimals;
  for (size_t i = 0; i < ROC_BAND_POINTS; i++)
    result->band_sensitivity[i] = result->band_low[i] = result->band_high[i] = NAN;
}

// Markers of one title are told apart by their names.
static void tell_apart(struct roc_study *study)
{
  for (size_t i = 0; i < study->set.n_markers; i++) {
    bool twice = false;
    for (size_t j = 0; j < study->set.n_markers; j++)
      twice |= i != j && strcmp(study->set.marker[i].title, study->set.marker[j].title) == 0;
    if (!twice)
      continue;
    char *title = text_format("%s [%s]", study->result[i].title, study->set.marker[i].name);
    free(study->result[i].title);
    study->result[i].title = title;
  }
}

// ---- samples ----

static void sample_free(struct roc_sample *sample, size_t n_markers)
{
  for (size_t m = 0; !sample->lent && m < n_markers; m++)
    free(sample->value[m]);
  if (!sample->lent)
    free(sample->y);
  free(sample->value);
  roc_areas_free(&sample->areas);
  free(sample->low);
  free(sample->high);
  free(sample->statistic);
  free(sample->p_value);
  free(sample->test);
}

// All rows; scaled quantities as their columns have them, and markers whose low values mean the
// event turned round.
static void lend_sample(struct roc_study *study)
{
  struct marker_set *set = &study->set;
  study->all = (struct roc_sample){.n = set->n_rows,
                                   .lent = true,
                                   .y = set->y,
                                   .value = NEW_ARRAY(double *, set->n_markers)};
  for (size_t m = 0; m < set->n_markers; m++) {
    double *value = study->all.value[m] = set->marker[m].value;
    const struct column *column = study->result[m].column;
    for (size_t i = 0; column && i < set->n_rows; i++)
      value[i] = column->value[set->row[i]];
    for (size_t i = 0; study->result[m].lower && i < set->n_rows; i++)
      value[i] = 0 - value[i];
  }
}

// The rows with keep[i].
static void fill_sample(const struct roc_study *study, const bool *keep, struct roc_sample *sample)
{
  const struct roc_sample *all = &study->all;
  size_t k = study->set.n_markers, n = 0;
  for (size_t i = 0; i < all->n; i++)
    n += keep[i];
  *sample = (struct roc_sample){.n = n, .y = NEW_ARRAY(double, n), .value = NEW_ARRAY(double *, k)};
  for (size_t i = 0, at = 0; i < all->n; i++)
    if (keep[i])
      sample->y[at++] = all->y[i];
  for (size_t m = 0; m < k; m++) {
    sample->value[m] = NEW_ARRAY(double, n);
    for (size_t i = 0, at = 0; i < all->n; i++)
      if (keep[i])
        sample->value[m][at++] = all->value[m][i];
  }
}

static void test_area(const struct roc_study *study, size_t m, double auc, double se,
                      struct roc_sample *sample)
{
  const struct roc_areas *areas = &sample->areas;
  if (study->command->like->null_error) {
    sample->test[m] = ROC_TEST_NULL;
    sample->p_value[m] =
        roc_auc_null_p(auc, areas->n_events, areas->n_others, &sample->statistic[m]);
    return;
  }
  bool by_ranks;
  sample->p_value[m] = roc_auc_p(auc, se, sample->value[m], sample->y, sample->n,
                                 &sample->statistic[m], &by_ranks);
  sample->test[m] = by_ranks ? ROC_TEST_MANN_WHITNEY : ROC_TEST_DELONG;
}

static void measure_areas(const struct roc_study *study, struct roc_sample *sample)
{
  size_t k = study->set.n_markers;
  const struct roc_settings *settings = study->settings;
  roc_areas_compute((const double *const *) sample->value, k, sample->y, NULL, sample->n,
                    &sample->areas);
  sample->low = NEW_ARRAY(double, k);
  sample->high = NEW_ARRAY(double, k);
  sample->statistic = NEW_ARRAY(double, k);
  sample->p_value = NEW_ARRAY(double, k);
  sample->test = NEW_ZEROED(enum roc_area_test, k);
  for (size_t m = 0; m < k; m++) {
    const struct roc_areas *areas = &sample->areas;
    double auc = areas->auc[m], se = sqrt(areas->covariance[m * k + m]);
    roc_auc_interval(auc, se, areas->n_events, areas->n_others,
                     (enum roc_interval) settings->interval, study->command->level,
                     &sample->low[m], &sample->high[m]);
    test_area(study, m, auc, se, sample);
  }
}

// ---- cut-offs ----

static void fill_cut(const struct roc_study *study, size_t m, const struct roc_request *request,
                     struct roc_cut *cut)
{
  const struct roc_result *result = &study->result[m];
  const struct roc_sample *all = &study->all;
  const struct roc_settings *settings = study->settings;
  *cut = (struct roc_cut){.rule = request->rule, .target = request->target, .n_tied = 1};
  if (request->rule == ROC_CUTOFF) {
    cut->threshold = roc_hidden(result, request->target);
    cut->counts = roc_count(all->value[m], all->y, NULL, all->n, cut->threshold);
  } else {
    const struct roc_curve *curve = &result->curve;
    size_t at = roc_curve_choose(curve, request->rule, request->target, &cut->n_tied);
    const struct roc_point *point = &curve->point[at];
    cut->threshold = point->threshold;
    cut->counts = (struct roc_counts){point->true_positives, point->false_positives,
                                      curve->n_events - point->true_positives,
                                      curve->n_others - point->false_positives};
  }
  for (int i = 0; i < N_ROC_METRICS; i++) {
    cut->metric[i] = roc_metric(&cut->counts, (enum roc_metric) i, settings->prevalence,
                                settings->exact_proportions != 0, study->command->level);
    cut->corrected[i] = NAN;
  }
}

// False if a risk threshold is asked for that is none.
static bool fits_marker(const struct roc_result *result, const struct roc_request *request)
{
  bool risk = result->marker->kind != MARKER_QUANTITY && result->marker->risk;
  return request->rule != ROC_CUTOFF || !risk || (request->target >= 0 && request->target <= 1);
}

static void choose_cuts(struct roc_study *study, size_t m)
{
  struct roc_result *result = &study->result[m];
  const struct roc_settings *settings = study->settings;
  result->cut = NEW_ARRAY(struct roc_cut, settings->n_requests + 1);
  for (size_t i = 0; i < settings->n_requests; i++) {
    const struct roc_request *request = &settings->request[i];
    if (request->marker && strcmp(request->marker, result->marker->name) != 0)
      continue;
    if (!fits_marker(result, request)) {
      struct error error;
      error_set(&error, ERROR_USAGE,
                "--cutoff=%g: a threshold of %s is a risk between 0 and 1 (--cutoff=NAME:VALUE is "
                "of one marker)",
                request->target, result->marker->name);
      command_fail(study->command, &error);
    }
    fill_cut(study, m, request, &result->cut[result->n_cuts++]);
  }
  static const struct roc_request usual = {.rule = ROC_YOUDEN, .target = NAN};
  if (!result->n_cuts)
    fill_cut(study, m, &usual, &result->cut[result->n_cuts++]);
}

// ---- comparisons ----

static void adjust_pairs(struct roc_pair *pair, size_t n)
{
  double *p = NEW_ARRAY(double, n);
  for (size_t i = 0; i < n; i++)
    p[i] = pair[i].test.p_value;
  p_values_adjust(ADJUST_HOLM, p, n, p);
  for (size_t i = 0; i < n; i++)
    pair[i].p_holm = p[i];
  free(p);
}

static void compare_markers(struct roc_study *study)
{
  size_t k = study->set.n_markers;
  study->global = (struct roc_test){NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  study->pair = NEW_ARRAY(struct roc_pair, k * (k - 1) / 2);
  for (size_t i = 0; i < k; i++)
    for (size_t j = i + 1; j < k; j++)
      study->pair[study->n_pairs++] = (struct roc_pair){
          .marker1 = i,
          .marker2 = j,
          .test = roc_compare_paired(&study->all.areas, i, j, study->command->level)};
  adjust_pairs(study->pair, study->n_pairs);
  if (k > 1)
    study->global = roc_compare_all(&study->all.areas);
}

// ---- groups ----

static void group_error(const struct roc_study *study, enum error_status status, const char *what)
{
  struct error error;
  error_set(&error, status, "--group=%s: %s", study->settings->group, what);
  command_fail(study->command, &error);
}

// The group column as levels, a copy of its own.
static void copy_levels(struct roc_study *study, struct column *copy)
{
  struct table *table = &study->command->table;
  struct column_request request = {.use = USE_AUTOMATIC};
  struct error error;
  if (!table_find(table, study->settings->group, &request.column, &error) ||
      !table_load(table, &request, 1, &error)) {
    error_prefix(&error, "--group");
    command_fail(study->command, &error);
  }
  const struct column *column = &table->column[request.column];
  if (column == study->set.outcome.column)
    group_error(study, ERROR_USAGE, "this is the outcome");
  *copy = (struct column){.name = memory_copy_text(column->name), .type = column->type};
  copy->value = NEW_ARRAY(double, table->n_rows);
  memcpy(copy->value, column->value, table->n_rows * sizeof *copy->value);
  study->group_title = memory_copy_text(column_title(column));
  if (column->type == COLUMN_NUMERIC) {
    column_make_categorical(copy, table->n_rows);
    return;
  }
  copy->n_levels = column->n_levels;
  copy->level = NEW_ARRAY(char *, column->n_levels);
  copy->level_label = NEW_ARRAY(char *, column->n_levels);
  for (size_t i = 0; i < column->n_levels; i++) {
    copy->level[i] = memory_copy_text(column->level[i]);
    copy->level_label[i] = memory_copy_text(column->level_label[i]);
  }
}

static void free_levels(struct column *copy)
{
  for (size_t i = 0; i < copy->n_levels; i++) {
    free(copy->level[i]);
    free(copy->level_label[i]);
  }
  free(copy->level);
  free(copy->level_label);
  free(copy->value);
  free(copy->name);
}

static void compare_groups(struct roc_study *study)
{
  size_t k = study->set.n_markers, g = study->n_groups, per_marker = g * (g - 1) / 2;
  study->group_pair = NEW_ARRAY(struct roc_pair, k * per_marker);
  for (size_t m = 0; m < k; m++) {
    for (size_t i = 0; i < g; i++)
      for (size_t j = i + 1; j < g; j++)
        study->group_pair[study->n_group_pairs++] = (struct roc_pair){
            .marker1 = m,
            .marker2 = m,
            .group1 = i,
            .group2 = j,
            .test = roc_compare_unpaired(&study->sample[i].areas, m, &study->sample[j].areas, m,
                                         study->command->level)};
    adjust_pairs(study->group_pair + m * per_marker, per_marker);
  }
}

static void analyse_groups(struct roc_study *study)
{
  const struct marker_set *set = &study->set;
  struct report *report = &study->command->report;
  struct column column;
  copy_levels(study, &column);
  if (column.n_levels > MOST_GROUPS)
    group_error(study, ERROR_DATA, "more than 20 levels");
  study->group = NEW_ARRAY(char *, column.n_levels);
  study->group_label = NEW_ARRAY(char *, column.n_levels);
  study->sample = NEW_ARRAY(struct roc_sample, column.n_levels);
  bool *keep = NEW_ARRAY(bool, set->n_rows);
  for (size_t level = 0; level < column.n_levels; level++) {
    size_t n = 0;
    for (size_t i = 0; i < set->n_rows; i++)
      n += keep[i] = column.value[set->row[i]] == (double) level;
    if (!n)
      continue;
    size_t g = study->n_groups++;
    study->group[g] = memory_copy_text(column.level[level]);
    study->group_label[g] = memory_copy_text(column.level_label[level]);
    fill_sample(study, keep, &study->sample[g]);
    measure_areas(study, &study->sample[g]);
    if (isnan(study->sample[g].areas.auc[0]))
      report_warning(report, "%s %s has no AUC: its %zu row%s are of one outcome",
                     study->group_title, study->group_label[g], n, n == 1 ? "" : "s");
  }
  for (size_t i = 0; i < set->n_rows; i++)
    study->n_ungrouped += isnan(column.value[set->row[i]]) ? 1 : 0;
  free(keep);
  free_levels(&column);
  if (study->n_groups < 2)
    group_error(study, ERROR_DATA, "fewer than two levels have rows");
  if (study->n_ungrouped)
    report_note(report, "%zu row%s without %s %s in no group", study->n_ungrouped,
                study->n_ungrouped == 1 ? "" : "s", study->settings->group,
                study->n_ungrouped == 1 ? "is" : "are");
  compare_groups(study);
}

// ---- all ----

void roc_analyse(struct roc_study *study)
{
  size_t k = study->set.n_markers;
  const struct roc_settings *settings = study->settings;
  study->result = NEW_ARRAY(struct roc_result, k);
  for (size_t m = 0; m < k; m++)
    describe(study, m);
  tell_apart(study);
  lend_sample(study);
  measure_areas(study, &study->all);
#pragma omp parallel for schedule(dynamic)
  for (size_t m = 0; m < k; m++)
    roc_curve_compute(study->all.value[m], study->all.y, NULL, study->all.n, NULL,
                      &study->result[m].curve);
  for (size_t m = 0; m < k; m++) {
    struct roc_result *result = &study->result[m];
    if (settings->partial)
      result->partial = roc_partial_area(&result->curve, settings->focus, settings->partial_from,
                                         settings->partial_to);
    choose_cuts(study, m);
  }
  compare_markers(study);
  if (settings->group)
    analyse_groups(study);
}

void roc_study_free(struct roc_study *study)
{
  size_t k = study->set.n_markers;
  for (size_t m = 0; m < k; m++) {
    roc_curve_free(&study->result[m].curve);
    free(study->result[m].title);
    free(study->result[m].cut);
  }
  free(study->result);
  free(study->pair);
  free(study->group_pair);
  sample_free(&study->all, k);
  for (size_t g = 0; g < study->n_groups; g++) {
    sample_free(&study->sample[g], k);
    free(study->group[g]);
    free(study->group_label[g]);
  }
  free(study->sample);
  free(study->group);
  free(study->group_label);
  free(study->group_title);
  marker_set_free(&study->set);
}
