// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate's cohort: sizes, values, and their order.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "cmd/simulate.h"
#include "stats/rank_order.h"
#include "stats/rng.h"
#include "stats/simulated_sample.h"

// Where a mean and SD are to look normal and quartiles are not, P of Lilliefors's test keeps
// this far from 0.05.
static const double normal_p = 0.10, not_normal_p = 0.03;

// What the random numbers of one stream are for.
enum stream { STREAM_VALUES, STREAM_ORDER, STREAM_FORMULA, STREAM_MISSING, STREAM_ROWS };
static uint64_t replicate_of(enum stream stream, size_t item, size_t group)
{
  return (uint64_t) stream << 56 | (uint64_t) item << 24 | (uint64_t) group;
}

#define FAIL(simulation, ...) \
  do { \
    struct error failure; \
    error_set(&failure, ERROR_DATA, __VA_ARGS__); \
    command_fail((simulation)->command, &failure); \
  } while (0)

// ---- sizes ----

// Parts that sum to `total` in proportion to `share` (largest remainder; of equal remainders
// the earlier part's).
static void apportion(const size_t *share, size_t n_shares, size_t total, size_t *part)
{
  size_t sum = 0, given = 0;
  for (size_t i = 0; i < n_shares; i++)
    sum += share[i];
  double *remainder = NEW_ARRAY(double, n_shares);
  for (size_t i = 0; i < n_shares; i++) {
    unsigned __int128 product = (unsigned __int128) share[i] * total;
    part[i] = sum ? (size_t) (product / sum) : 0;
    remainder[i] = sum ? (double) (product % sum) : 0;
    given += part[i];
  }
  for (; sum && given < total; given++) {
    size_t largest = 0;
    for (size_t i = 1; i < n_shares; i++)
      if (remainder[i] > remainder[largest])
        largest = i;
    part[largest]++;
    remainder[largest] = -1;
  }
  free(remainder);
}

static size_t count_of(const struct published_number *number)
{
  return published_is_printed(number) ? (size_t) number->printed.value : 0;
}

static size_t feature_sum(const struct simulation *simulation,
                          const struct published_feature *feature, size_t g)
{
  size_t sum = 0;
  for (size_t level = 0; level < feature->n_levels; level++)
    sum += count_of(&feature->count[level * simulation->published.n_groups + g]);
  return sum;
}

// Patients of each group: the cohort form's, else the most that a table has.
static void find_sizes(struct simulation *simulation)
{
  const struct published *published = &simulation->published;
  size_t n_groups = published->n_groups;
  simulation->studied = NEW_ZEROED(size_t, n_groups);
  simulation->group_asked = NEW_ZEROED(size_t, n_groups);
  simulation->group_start = NEW_ZEROED(size_t, n_groups);
  for (size_t g = 0; g < n_groups; g++) {
    size_t *n = &simulation->studied[g];
    for (size_t i = 0; i < published->n_cohort; i++)
      if (strcmp(published->cohort[i].group, published->group[g]) == 0)
        *n = count_of(&published->cohort[i].n);
    for (size_t i = 0; i < published->n_measures && !published->n_cohort; i++)
      *n = count_of(&published->measure[i].group[g].n) > *n
               ? count_of(&published->measure[i].group[g].n)
               : *n;
    for (size_t i = 0; i < published->n_features && !published->n_cohort; i++)
      *n = feature_sum(simulation, &published->feature[i], g) > *n
               ? feature_sum(simulation, &published->feature[i], g)
               : *n;
    if (*n == 0 && !simulation->settings->check)
      FAIL(simulation, "the tables do not say how many patients the group '%s' has",
           published->group[g]);
    simulation->n_studied += *n;
  }
  if (!simulation->settings->check)
    simulation->n_rows =
        simulation->settings->rows ? simulation->settings->rows : simulation->n_studied;
  apportion(simulation->studied, n_groups, simulation->n_rows, simulation->group_asked);
  if (!simulation->settings->check) {
    simulation->group_n = NEW_ARRAY(size_t, n_groups);
    memcpy(simulation->group_n, simulation->group_asked, n_groups * sizeof *simulation->group_n);
  }
  for (size_t g = 1; g < n_groups; g++)
    simulation->group_start[g] = simulation->group_start[g - 1] + simulation->group_n[g - 1];
}

// ---- columns ----

static void check_column_name(const struct simulation *simulation, const char *name)
{
  bool taken = strcmp(name, "patient") == 0 || strcmp(name, simulation->group_name) == 0;
  for (size_t i = 0; i < simulation->n_items && !taken; i++)
    taken = strcmp(simulation->item[i].name, name) == 0;
  if (taken)
    FAIL(simulation, "two columns of the cohort would be named '%s'", name);
}

static struct simulate_item *add_item(struct simulation *simulation, const char *name,
                                      enum plausible_kind kind)
{
  check_column_name(simulation, name);
  size_t n_groups = simulation->published.n_groups;
  RESIZE_ARRAY(simulation->item, simulation->n_items + 1);
  struct simulate_item *item = &simulation->item[simulation->n_items++];
  const struct plausible_item *assumed = plausible_find(&simulation->plausible, kind, name);
  *item = (struct simulate_item){
      .name = name, .title = assumed && assumed->label ? assumed->label : name,
      .unit = assumed ? assumed->unit : NULL, .assumed = assumed,
      .least = -INFINITY, .most = INFINITY, .n = NEW_ZEROED(size_t, n_groups),
      .value = NEW_ARRAY(double, simulation->n_rows)};
  for (size_t i = 0; i < simulation->n_rows; i++)
    item->value[i] = NAN;
  return item;
}

// Rows of a group of the cohort, of those that `n` patients of it are in the study.
static size_t scaled(const struct simulation *simulation, size_t g, size_t n)
{
  size_t studied = simulation->studied[g], share[2] = {n, n < studied ? studied - n : 0}, part[2];
  apportion(share, 2, simulation->group_asked[g], part);
  return part[0];
}

static int decimals_of(const struct published_number *number)
{
  return published_is_printed(number) ? number->printed.decimals : 0;
}

// Not below 0: a measure all of whose printed quartiles, or means less two SDs, are not.
static bool is_positive(const struct published_measure *measure, size_t n_groups)
{
  bool positive = true;
  for (size_t g = 0; g < n_groups; g++) {
    const struct published_measure_group *group = &measure->group[g];
    if (group->is_there)
      positive &= group->kind == PUBLISHED_MEAN_SD
                      ? group->centre.printed.value >= 2 * group->sd.printed.value
                      : group->spread_low.printed.value >= 0;
  }
  return positive;
}

static void prepare_measure(struct simulation *simulation, const struct published_measure *measure)
{
  size_t n_groups = simulation->published.n_groups;
  struct simulate_item *item = add_item(simulation, measure->name, PLAUSIBLE_MEASURE);
  item->measure = measure;
  if (!item->unit)
    item->unit = measure->unit;
  for (size_t g = 0; g < n_groups; g++) {
    const struct published_measure_group *group = &measure->group[g];
    if (!group->is_there)
      continue;
    size_t n = published_is_printed(&group->n) ? count_of(&group->n) : simulation->studied[g];
    if (n > simulation->studied[g] && !simulation->settings->check)
      FAIL(simulation, "measure '%s': n is %zu in the group '%s', which has %zu patients",
           measure->name, n, simulation->published.group[g], simulation->studied[g]);
    item->n[g] = scaled(simulation, g, n);
    const struct published_number *number[] = {&group->centre, &group->sd, &group->spread_low,
                                               &group->spread_high};
    for (size_t i = 0; i < 4; i++)
      if (decimals_of(number[i]) > item->digits)
        item->digits = decimals_of(number[i]);
  }
  const struct plausible_item *assumed = item->assumed;
  item->decimals = assumed && assumed->decimals >= 0 ? assumed->decimals
                   : measure->whole                  ? 0
                                                     : item->digits;
  if (assumed) {
    item->least = assumed->least;
    item->most = assumed->most;
  } else if (is_positive(measure, n_groups)) {
    item->least = 0;
  }
}

// Counts of a group that no cohort can have, or only one with missing cells.
static void check_counts(const struct simulation *simulation,
                         const struct published_feature *feature, size_t g, size_t sum,
                         size_t n_printed)
{
  const char *group = simulation->published.group[g];
  size_t n = simulation->studied[g];
  if (n_printed && n_printed < feature->n_levels)
    FAIL(simulation, "feature '%s': the tables lack the count of a level in the group '%s'",
         feature->name, group);
  if (sum > n)
    FAIL(simulation, "feature '%s': the counts of the group '%s' sum to %zu of %zu patients",
         feature->name, group, sum, n);
  if (sum < n)
    report_warning(&simulation->command->report,
                   "feature '%s': the counts of the group '%s' sum to %zu of %zu patients: the "
                   "rest is missing in the cohort",
                   feature->name, group, sum, n);
}

static void prepare_feature(struct simulation *simulation, const struct published_feature *feature)
{
  size_t n_groups = simulation->published.n_groups, n_levels = feature->n_levels;
  struct simulate_item *item = add_item(simulation, feature->name, PLAUSIBLE_FEATURE);
  item->feature = feature;
  item->count = NEW_ZEROED(size_t, n_levels * n_groups);
  size_t *share = NEW_ARRAY(size_t, n_levels + 1), *part = NEW_ARRAY(size_t, n_levels + 1);
  for (size_t g = 0; g < n_groups; g++) {
    size_t sum = feature_sum(simulation, feature, g), n_printed = 0;
    for (size_t level = 0; level < n_levels; level++) {
      const struct published_number *count = &feature->count[level * n_groups + g];
      n_printed += published_is_printed(count);
      share[level] = count_of(count);
    }
    if (!simulation->settings->check)
      check_counts(simulation, feature, g, sum, n_printed);
    size_t studied = simulation->studied[g], asked = simulation->group_asked[g];
    share[n_levels] = sum < studied ? studied - sum : 0;
    apportion(share, n_levels + 1, sum > studied && asked == studied ? sum : asked, part);
    for (size_t level = 0; level < n_levels; level++)
      item->count[level * n_groups + g] = part[level];
    item->n[g] = asked > part[n_levels] ? asked - part[n_levels] : 0;
  }
  free(share);
  free(part);
}

// ---- targets ----

static double exactly(const struct published_number *number)
{
  return published_is_printed(number) && number->printed.relation == PRINTED_EQUAL
             ? number->printed.value
             : NAN;
}

static struct sample_target target_of(const struct simulate_item *item, size_t g)
{
  const struct published_measure_group *group = &item->measure->group[g];
  return (struct sample_target){
      .n = item->n[g], .by_mean = group->kind == PUBLISHED_MEAN_SD,
      .centre = exactly(&group->centre), .sd = exactly(&group->sd),
      .q1 = exactly(&group->spread_low), .q3 = exactly(&group->spread_high),
      .decimals = item->decimals, .digits = item->digits,
      .least = item->least, .most = item->most};
}

static void check_targets(const struct simulation *simulation)
{
  for (size_t i = 0; i < simulation->n_items; i++)
    for (size_t g = 0; simulation->item[i].measure && g < simulation->published.n_groups; g++) {
      const struct simulate_item *item = &simulation->item[i];
      if (!item->measure->group[g].is_there || !item->n[g])
        continue;
      struct sample_target target = target_of(item, g);
      const char *fault = sample_target_fault(&target);
      if (fault)
        FAIL(simulation, "measure '%s' of the group '%s' %s", item->name,
             simulation->published.group[g], fault);
    }
}

void simulation_prepare(struct simulation *simulation)
{
  const struct published *published = &simulation->published;
  if (published->n_groups == 0 || published->n_measures + published->n_features == 0)
    FAIL(simulation, "%s: there are no tables of counts or measures in it",
         simulation->settings->published);
  const struct plausible_item *group = plausible_group(&simulation->plausible);
  simulation->group_name = group ? group->name : "group";
  if (simulation->settings->check)
    simulation_open_cohort(simulation);
  find_sizes(simulation);
  for (size_t i = 0; i < published->n_measures; i++)
    prepare_measure(simulation, &published->measure[i]);
  for (size_t i = 0; i < published->n_features; i++)
    prepare_feature(simulation, &published->feature[i]);
  if (!simulation->settings->check)
    check_targets(simulation);
}

// ---- values ----

// Ascending, in the rows of each group; what is missing stands at the end, NaN.
static void make_values(const struct simulation *simulation, size_t index)
{
  const struct simulate_item *item = &simulation->item[index];
  size_t n_groups = simulation->published.n_groups;
  double **value = NEW_ARRAY(double *, n_groups);
  for (size_t g = 0; g < n_groups; g++)
    value[g] = item->value + simulation->group_start[g];
  if (item->measure) {
    struct sample_target *target = NEW_ARRAY(struct sample_target, n_groups);
    for (size_t g = 0; g < n_groups; g++)
      target[g] = target_of(item, g);
    simulated_measure(target, n_groups, normal_p, not_normal_p, simulation->command->seed,
                      replicate_of(STREAM_VALUES, index, 0), value);
    free(target);
  } else {
    for (size_t g = 0; g < n_groups; g++)
      for (size_t level = 0; level < item->feature->n_levels; level++)
        for (size_t i = 0; i < item->count[level * n_groups + g]; i++)
          *value[g]++ = (double) level;
  }
  free(value);
}

// Which rows of a group have no value: `n_missing` of n, at random.
static bool *choose_missing(uint64_t seed, uint64_t replicate, size_t n, size_t n_missing)
{
  bool *missing = NEW_ZEROED(bool, n);
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, replicate);
  // Selection sampling: row i with probability missing left / rows left.
  for (size_t i = 0; i < n && n_missing; i++)
    if (philox_below(&stream, n - i) < n_missing) {
      missing[i] = true;
      n_missing--;
    }
  return missing;
}

static void put_in_order(const struct simulation *simulation, size_t index, size_t g,
                         const size_t *rank)
{
  size_t n = simulation->group_n[g], n_values = simulation->item[index].n[g], next = 0;
  double *value = simulation->item[index].value + simulation->group_start[g];
  double *sorted = NEW_ARRAY(double, n);
  size_t *row = NEW_ARRAY(size_t, n);
  memcpy(sorted, value, n * sizeof *sorted);
  bool *missing = choose_missing(simulation->command->seed,
                                 replicate_of(STREAM_MISSING, index, g), n, n - n_values);
  for (size_t i = 0; i < n; i++)
    row[rank[i]] = i;
  for (size_t i = 0; i < n; i++)
    value[row[i]] = missing[row[i]] ? NAN : sorted[next++];
  free(missing);
  free(row);
  free(sorted);
}

const struct simulate_item *simulation_find(const struct simulation *simulation,
                                            const char *name)
{
  for (size_t i = 0; i < simulation->n_items; i++)
    if (strcmp(simulation->item[i].name, name) == 0)
      return &simulation->item[i];
  return NULL;
}

static void compute_formula(void *context, const double *const *input, size_t n, double *result)
{
  derivation_compute(context, input, n, result);
}

// The columns that a formula reads, at the first row of the group.
static double **formula_inputs(const struct simulation *simulation,
                               const struct simulate_item *item, size_t g)
{
  const struct text_list *names = derivation_inputs(item->assumed->formula);
  double **input = NEW_ARRAY(double *, names->n_items);
  for (size_t j = 0; j < names->n_items; j++)
    input[j] = simulation_find(simulation, names->item[j])->value + simulation->group_start[g];
  return input;
}

void simulation_formula(const struct simulation *simulation, const struct simulate_item *item,
                        size_t group, double *result)
{
  double **input = formula_inputs(simulation, item, group);
  derivation_compute(item->assumed->formula, (const double *const *) input,
                     simulation->group_n[group], result);
  free(input);
}

// The stated correlations of an item, to be kept to within some room while it is reordered.
static struct order_guard *guards_of(const struct simulation *simulation,
                                     const struct simulate_item *item, size_t g, size_t *n_guards)
{
  static const double room = 0.1;
  struct order_guard *guard = NEW_ARRAY(struct order_guard, simulation->n_items);
  *n_guards = 0;
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *other = &simulation->item[i];
    double asked = plausible_correlation(&simulation->plausible, item->name, other->name);
    if (asked != 0)
      guard[(*n_guards)++] = (struct order_guard){
          other->value + simulation->group_start[g], asked - room, asked + room};
  }
  return guard;
}

// The measure follows its formula; the input that stands last in the tables is reordered for
// it, unless an earlier formula read it.
static void follow_formula(const struct simulation *simulation, size_t index, size_t g,
                           bool *is_read, bool (*is_fixed)(const struct simulation *, size_t))
{
  const struct simulate_item *item = &simulation->item[index];
  const struct text_list *names = derivation_inputs(item->assumed->formula);
  size_t moving = 0, last = 0, n_sweeps = simulation->group_n[g] > 1000 ? 60 : 400;
  if (names->n_items == 0)
    return;
  for (size_t j = 0; j < names->n_items; j++) {
    size_t at = (size_t) (simulation_find(simulation, names->item[j]) - simulation->item);
    if (at >= last) {
      last = at;
      moving = j;
    }
  }
  if (names->n_items == 1 || is_read[last] || (is_fixed && is_fixed(simulation, last)))
    n_sweeps = 0;
  double **input = formula_inputs(simulation, item, g);
  size_t n_guards;
  struct order_guard *guard = guards_of(simulation, &simulation->item[last], g, &n_guards);
  order_by_function(compute_formula, item->assumed->formula, input, names->n_items, moving,
                    item->value + simulation->group_start[g], simulation->group_n[g], n_sweeps,
                    guard, n_guards, simulation->command->seed,
                    replicate_of(STREAM_FORMULA, index, g));
  free(guard);
  free(input);
  is_read[index] = true;
  for (size_t j = 0; j < names->n_items; j++)
    is_read[simulation_find(simulation, names->item[j]) - simulation->item] = true;
}

void simulation_follow_formulas(const struct simulation *simulation, size_t g,
                                bool (*is_fixed)(const struct simulation *, size_t))
{
  bool *is_read = NEW_ZEROED(bool, simulation->n_items);
  for (size_t i = 0; i < simulation->n_items; i++)
    if (simulation->item[i].assumed && simulation->item[i].assumed->formula &&
        !(is_fixed && is_fixed(simulation, i)))
      follow_formula(simulation, i, g, is_read, is_fixed);
  free(is_read);
}

static double order_group(const struct simulation *simulation, size_t g,
                          const double *correlation)
{
  size_t n = simulation->group_n[g], m = simulation->n_items;
  size_t *rank = NEW_ARRAY(size_t, n * m);
  double factor = rank_orders(correlation, n, m, simulation->command->seed,
                              replicate_of(STREAM_ORDER, 0, g), rank);
  for (size_t i = 0; i < m; i++)
    put_in_order(simulation, i, g, rank + i * n);
  simulation_follow_formulas(simulation, g, NULL);
  free(rank);
  return factor;
}

static size_t *file_order(const struct simulation *simulation)
{
  size_t n = simulation->n_rows, *order = NEW_ARRAY(size_t, n);
  struct philox_stream stream;
  philox_start(&stream, simulation->command->seed, RNG_SIMULATE,
               replicate_of(STREAM_ROWS, 0, 0));
  for (size_t i = 0; i < n; i++) {
    size_t j = (size_t) philox_below(&stream, i + 1);
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

void simulation_run(struct simulation *simulation)
{
  size_t m = simulation->n_items, n_groups = simulation->published.n_groups;
  #pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < m; i++)
    make_values(simulation, i);
  double *correlation = NEW_ARRAY(double, m * m), *factor = NEW_ARRAY(double, n_groups);
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < m; j++)
      correlation[i * m + j] =
          i == j ? 1
                 : plausible_correlation(&simulation->plausible, simulation->item[i].name,
                                         simulation->item[j].name);
  #pragma omp parallel for schedule(dynamic)
  for (size_t g = 0; g < n_groups; g++)
    factor[g] = order_group(simulation, g, correlation);
  simulation->correlation_factor = factor[0];
  simulation->order = file_order(simulation);
  free(factor);
  free(correlation);
}

double *simulation_sorted(const struct simulation *simulation, const struct simulate_item *item,
                          size_t group)
{
  double *sorted = NEW_ARRAY(double, item->n[group]);
  const double *value = item->value + simulation->group_start[group];
  size_t n = 0;
  for (size_t i = 0; i < simulation->group_n[group]; i++)
    if (!isnan(value[i]))
      sorted[n++] = value[i];
  sort_doubles(sorted, n);
  return sorted;
}

void simulation_free(struct simulation *simulation)
{
  for (size_t i = 0; i < simulation->n_items; i++) {
    free(simulation->item[i].n);
    free(simulation->item[i].count);
    free(simulation->item[i].value);
    free(simulation->item[i].second);
    free(simulation->item[i].second_name);
  }
  for (size_t e = 0; e < simulation->n_equations; e++) {
    free(simulation->equation[e].item);
    free(simulation->equation[e].per);
    free(simulation->equation[e].design_start);
    free(simulation->equation[e].outcome);
  }
  for (size_t i = 0; i < simulation->n_goals; i++) {
    free(simulation->goal[i].quantity);
    free(simulation->goal[i].why);
  }
  free(simulation->order);
  free(simulation->equation);
  free(simulation->goal);
  free(simulation->item);
  free(simulation->studied);
  free(simulation->group_asked);
  free(simulation->group_n);
  free(simulation->group_start);
  free(simulation->file_group);
  plausible_free(&simulation->plausible);
  published_free(&simulation->published);
}
