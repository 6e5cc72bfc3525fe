// SPDX-License-Identifier: GPL-3.0-or-later
// Printed tables: raw records into the structs of their form.
#include <config.h>

#include "data/published.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/published_source.h"

// ---- groups ----

static const char *const not_groups[] = {"screened", "excluded", "included"};

static bool is_group_form(enum published_form form)
{
  return form == PUBLISHED_COUNTS || form == PUBLISHED_MEASURES;
}

static void add_group(struct published *published, const char *name)
{
  if (published_find_group(published, name) != SIZE_MAX)
    return;
  RESIZE_ARRAY(published->group, published->n_groups + 1);
  published->group[published->n_groups++] = memory_copy_text(name);
}

static bool is_whole_cohort(const char *group)
{
  for (size_t i = 0; i < sizeof not_groups / sizeof *not_groups; i++)
    if (strcmp(group, not_groups[i]) == 0)
      return true;
  return false;
}

// The groups in the order of the cohort form if it names them all.
static void order_groups(struct published_reader *reader)
{
  struct published *published = reader->published;
  char **ordered = NEW_ARRAY(char *, published->n_groups);
  size_t n = 0;
  for (size_t f = 0; f < published->n_files; f++)
    for (size_t i = 0; published->file[f].form == PUBLISHED_COHORT && i < reader->raw[f].n_records;
         i++) {
      size_t g = published_find_group(published, published_cell_text(reader, f, i, "group"));
      bool seen = g == SIZE_MAX;
      for (size_t k = 0; k < n && !seen; k++)
        seen = ordered[k] == published->group[g];
      if (!seen)
        ordered[n++] = published->group[g];
    }
  if (n == published->n_groups)
    memcpy(published->group, ordered, n * sizeof *ordered);
  free(ordered);
}

// A row of the cohort form that is a group, neither a step of screening nor joined groups.
static bool is_cohort_group(const struct published_reader *reader, size_t f, size_t i)
{
  const char *name = published_cell_text(reader, f, i, "group");
  return *name && !is_whole_cohort(name) &&
         !strstr(published_cell_text(reader, f, i, "note"), " + ");
}

// A group of the tables that a cohort form with groups of its own does not name is a misspelt
// one.  A cohort form whose groups are altogether other ones, none of them alike, says nothing.
static bool check_groups(const struct published_reader *reader)
{
  const struct published *published = reader->published;
  struct text_list names = {0};
  for (size_t f = 0; f < published->n_files; f++)
    for (size_t i = 0; published->file[f].form == PUBLISHED_COHORT && i < reader->raw[f].n_records;
         i++)
      if (is_cohort_group(reader, f, i))
        text_list_add(&names, published_cell_text(reader, f, i, "group"));
  bool meets = false, good = true;
  for (size_t g = 0; g < published->n_groups; g++)
    meets |= text_list_has(&names, published->group[g]);
  for (size_t f = 0; f < published->n_files && good; f++)
    for (size_t i = 0;
         is_group_form(published->file[f].form) && i < reader->raw[f].n_records && good; i++) {
      const char *name = published_cell_text(reader, f, i, "group");
      if (!names.n_items || text_list_has(&names, name))
        continue;
      char *suggestion =
          text_suggestion(name, (const char *const *) names.item, names.n_items);
      if (meets || *suggestion)
        good = error_set(reader->error, ERROR_DATA,
                         "%s:%zu: group '%s' is not in the cohort table%s",
                         published->file[f].path, reader->raw[f].record[i].line, name, suggestion);
      free(suggestion);
    }
  text_list_free(&names);
  return good;
}

static bool find_groups(struct published_reader *reader)
{
  struct published *published = reader->published;
  const char *name;
  for (size_t f = 0; f < published->n_files; f++)
    for (size_t i = 0; is_group_form(published->file[f].form) && i < reader->raw[f].n_records;
         i++) {
      if (!published_take_name(reader, f, i, "group", &name))
        return false;
      add_group(published, name);
    }
  bool from_cohort = published->n_groups == 0;
  for (size_t f = 0; f < published->n_files && from_cohort; f++)
    for (size_t i = 0; published->file[f].form == PUBLISHED_COHORT && i < reader->raw[f].n_records;
         i++) {
      if (is_cohort_group(reader, f, i))
        add_group(published, published_cell_text(reader, f, i, "group"));
    }
  if (!check_groups(reader))
    return false;
  if (published->n_groups)
    order_groups(reader);
  published->n_pairs = published->n_groups < 2
                           ? 0
                           : published->n_groups * (published->n_groups - 1) / 2;
  return true;
}

// ---- forms into structs ----

static bool read_cohort(struct published_reader *reader, size_t f)
{
  struct published *published = reader->published;
  const struct published_raw *raw = &reader->raw[f];
  for (size_t i = 0; i < raw->n_records; i++) {
    const char *name;
    if (!published_take_name(reader, f, i, "group", &name))
      return false;
    for (size_t k = 0; k < published->n_cohort; k++)
      if (strcmp(published->cohort[k].group, name) == 0)
        return published_refuse_cell(reader, f, i, "group", "stands there twice");
    RESIZE_ARRAY(published->cohort, published->n_cohort + 1);
    struct published_cohort_row *row = &published->cohort[published->n_cohort++];
    *row = (struct published_cohort_row){
        .group = memory_copy_text(name),
        .file = f,
        .note = memory_copy_text(published_cell_text(reader, f, i, "note")),
        .n = published_no_number(),
        .percent = published_no_number()};
    if (!published_take_number(reader, f, i, "n", &row->n) ||
        !published_take_number(reader, f, i, "percent", &row->percent))
      return false;
    for (size_t j = 0; j < raw->header.n_items; j++) {
      const char *column = raw->header.item[j];
      if (!published_is_statistic(column))
        continue;
      bool is_mean = text_ends(column, "_mean");
      char *measure = memory_copy_bytes(column, strlen(column) - (is_mean ? 5 : 3));
      size_t k = 0;
      while (k < row->n_statistics && strcmp(row->statistic[k].name, measure) != 0)
        k++;
      if (k == row->n_statistics) {
        RESIZE_ARRAY(row->statistic, ++row->n_statistics);
        row->statistic[k] = (struct published_statistic){
            memory_copy_text(measure), published_no_number(), published_no_number()};
      }
      free(measure);
      if (!published_take_number(reader, f, i, column,
                                 is_mean ? &row->statistic[k].mean : &row->statistic[k].sd))
        return false;
    }
  }
  return true;
}

static size_t feature_index(struct published *published, const char *name, size_t file)
{
  size_t k = 0;
  while (k < published->n_features && strcmp(published->feature[k].name, name) != 0)
    k++;
  if (k == published->n_features) {
    RESIZE_ARRAY(published->feature, ++published->n_features);
    published->feature[k] =
        (struct published_feature){.name = memory_copy_text(name), .file = file};
  }
  return k;
}

static size_t level_index(struct published_feature *feature, const char *name, size_t n_groups)
{
  size_t k = 0;
  while (k < feature->n_levels && strcmp(feature->level[k], name) != 0)
    k++;
  if (k == feature->n_levels) {
    RESIZE_ARRAY(feature->level, ++feature->n_levels);
    RESIZE_ARRAY(feature->count, feature->n_levels * n_groups);
    feature->level[k] = memory_copy_text(name);
    for (size_t g = 0; g < n_groups; g++)
      feature->count[k * n_groups + g] = published_no_number();
  }
  return k;
}

static bool read_counts(struct published_reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *name, *level;
    if (!published_take_name(reader, f, i, "feature", &name) ||
        !published_take_name(reader, f, i, "level", &level))
      return false;
    size_t index = feature_index(published, name, f); // may move the array
    struct published_feature *feature = &published->feature[index];
    size_t l = level_index(feature, level, published->n_groups);
    size_t g = published_find_group(published, published_cell_text(reader, f, i, "group"));
    struct published_number *count = &feature->count[l * published->n_groups + g];
    if (count->line > 0)
      return published_refuse_cell(reader, f, i, "count",
                                   "is the second one for this level and group");
    if (!published_take_number(reader, f, i, "count", count))
      return false;
  }
  return true;
}

static size_t measure_index(struct published *published, const char *name, size_t file)
{
  size_t k = 0;
  while (k < published->n_measures && strcmp(published->measure[k].name, name) != 0)
    k++;
  if (k == published->n_measures) {
    RESIZE_ARRAY(published->measure, ++published->n_measures);
    published->measure[k] = (struct published_measure){
        .name = memory_copy_text(name), .file = file,
        .group = NEW_ZEROED(struct published_measure_group, published->n_groups)};
    for (size_t g = 0; g < published->n_groups; g++)
      published->measure[k].group[g] =
          (struct published_measure_group){.n = published_no_number(),
                                           .centre = published_no_number(),
                                           .sd = published_no_number(),
                                           .spread_low = published_no_number(),
                                           .spread_high = published_no_number()};
  }
  return k;
}

static bool read_measures(struct published_reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *name, *kind = published_cell_text(reader, f, i, "kind");
    if (!published_take_name(reader, f, i, "measure", &name))
      return false;
    size_t index = measure_index(published, name, f); // may move the array
    struct published_measure *measure = &published->measure[index];
    const char *unit = published_cell_text(reader, f, i, "unit"),
               *values = published_cell_text(reader, f, i, "values");
    if (*unit && !measure->unit)
      measure->unit = memory_copy_text(unit);
    if (*values && strcmp(values, "integer") != 0)
      return published_refuse_cell(reader, f, i, "values", "is not 'integer'");
    measure->whole |= *values != '\0';
    struct published_measure_group *group =
        &measure
             ->group[published_find_group(published, published_cell_text(reader, f, i, "group"))];
    if (group->is_there)
      return published_refuse_cell(reader, f, i, "measure", "stands there twice for this group");
    group->is_there = true;
    if (strcmp(kind, "mean_sd") == 0)
      group->kind = PUBLISHED_MEAN_SD;
    else if (strcmp(kind, "median_iqr") == 0)
      group->kind = PUBLISHED_MEDIAN_IQR;
    else
      return published_refuse_cell(reader, f, i, "kind", "is neither mean_sd nor median_iqr");
    if (!published_take_number(reader, f, i, "n", &group->n) ||
        !published_take_number(reader, f, i, "centre", &group->centre) ||
        !published_take_number(reader, f, i, "sd", &group->sd) ||
        !published_take_number(reader, f, i, "spread_lo", &group->spread_low) ||
        !published_take_number(reader, f, i, "spread_hi", &group->spread_high))
      return false;
  }
  return true;
}

// The pair that `rest` of a column ("zero_low") names; SIZE_MAX if none.  *several: it can be
// read as more than one (a_b_c of the groups a, a_b, c and b_c).
static size_t pair_of_column(const struct published *published, const char *rest, bool *several)
{
  size_t found = SIZE_MAX;
  *several = false;
  for (size_t i = 0; i < published->n_groups; i++)
    for (size_t j = 0; j < published->n_groups; j++) {
      size_t n = strlen(published->group[i]);
      if (i == j || !text_starts(rest, published->group[i]) || rest[n] != '_' ||
          strcmp(rest + n + 1, published->group[j]) != 0)
        continue;
      size_t pair = i < j ? published_pair(published, i, j) : published_pair(published, j, i);
      *several = *several || (found != SIZE_MAX && found != pair);
      found = pair;
    }
  return found;
}

// Where a column of tests goes.
struct test_column {
  enum { NO_NUMBER, STATISTIC, P_OVERALL, P_PAIR } kind;
  bool in_text;
  size_t pair;
};

static bool find_test_columns(struct published_reader *reader, size_t f, struct test_column *place)
{
  const struct published_raw *raw = &reader->raw[f];
  for (size_t j = 0; j < raw->header.n_items; j++) {
    const char *column = raw->header.item[j];
    bool in_text = text_starts(column, "text_"), several = false;
    const char *bare = in_text ? column + 5 : column, *mistake = NULL;
    place[j] = (struct test_column){NO_NUMBER, in_text, SIZE_MAX};
    if (!published_is_number_column(raw->form, column))
      continue;
    if (!text_starts(bare, "p_")) {
      place[j].kind = STATISTIC;
    } else if (strcmp(bare, "p_overall") == 0) {
      place[j].kind = P_OVERALL;
    } else {
      place[j].kind = P_PAIR;
      place[j].pair = pair_of_column(reader->published, bare + 2, &several);
      if (place[j].pair == SIZE_MAX)
        mistake = "does not name two groups of the tables";
      else if (several)
        mistake = "names more than one pair of groups";
      for (size_t k = 0; k < j && !mistake; k++)
        if (place[k].pair == place[j].pair && place[k].in_text == in_text)
          mistake = "is the second one of these groups";
    }
    if (mistake)
      return error_set(reader->error, ERROR_DATA, "%s:1: column '%s': '%s' %s",
                       reader->published->file[f].path, column, bare + 2, mistake);
  }
  return true;
}

static struct published_number *test_number(struct published_tests *tests,
                                            const struct test_column *place)
{
  switch (place->kind) {
  case STATISTIC:
    return &tests->statistic;
  case P_OVERALL:
    return place->in_text ? &tests->text_p_overall : &tests->p_overall;
  case P_PAIR:
    return place->in_text ? &tests->text_p_pair[place->pair] : &tests->p_pair[place->pair];
  case NO_NUMBER:
    break;
  }
  return NULL;
}

static struct published_tests no_tests(const char *name, const char *test, size_t file,
                                       size_t n_pairs)
{
  struct published_tests tests = {.name = memory_copy_text(name),
                                  .test = memory_copy_text(test),
                                  .file = file,
                                  .statistic = published_no_number(),
                                  .p_overall = published_no_number(),
                                  .text_p_overall = published_no_number(),
                                  .p_pair = NEW_ARRAY(struct published_number, n_pairs),
                                  .text_p_pair = NEW_ARRAY(struct published_number, n_pairs)};
  for (size_t k = 0; k < n_pairs; k++)
    tests.p_pair[k] = tests.text_p_pair[k] = published_no_number();
  return tests;
}

static bool read_tests(struct published_reader *reader, size_t f, bool of_counts)
{
  struct published *published = reader->published;
  struct published_tests **list = of_counts ? &published->count_tests : &published->measure_tests;
  size_t *n = of_counts ? &published->n_count_tests : &published->n_measure_tests;
  const struct published_raw *raw = &reader->raw[f];
  const char *key = of_counts ? "feature" : "measure";
  struct test_column *place = NEW_ARRAY(struct test_column, raw->header.n_items);
  bool good = raw->n_records == 0 || find_test_columns(reader, f, place);
  for (size_t i = 0; i < raw->n_records && good; i++) {
    const char *name;
    good = published_take_name(reader, f, i, key, &name);
    for (size_t k = 0; k < *n && good; k++)
      if (strcmp((*list)[k].name, name) == 0)
        good = published_refuse_cell(reader, f, i, key, "stands there twice");
    if (!good)
      break;
    RESIZE_ARRAY(*list, *n + 1);
    struct published_tests *tests = &(*list)[(*n)++];
    *tests = no_tests(name, of_counts ? "chi2" : published_cell_text(reader, f, i, "test"), f,
                      published->n_pairs);
    for (size_t j = 0; j < raw->header.n_items && good; j++) {
      struct published_number *number = test_number(tests, &place[j]);
      good = !number || published_take_number(reader, f, i, raw->header.item[j], number);
    }
  }
  free(place);
  return good;
}

static bool read_logistic(struct published_reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *variable, *level = published_cell_text(reader, f, i, "level");
    if (!published_take_name(reader, f, i, "variable", &variable))
      return false;
    for (size_t k = 0; k < published->n_terms; k++)
      if (published->term[k].file == f && strcmp(published->term[k].variable, variable) == 0 &&
          strcmp(published->term[k].level, level) == 0)
        return published_refuse_cell(reader, f, i, "variable", "stands there twice");
    RESIZE_ARRAY(published->term, published->n_terms + 1);
    struct published_term *term = &published->term[published->n_terms++];
    struct published_coefficient none = {published_no_number(), published_no_number(),
                                         published_no_number(), published_no_number(),
                                         published_no_number()};
    *term = (struct published_term){.variable = memory_copy_text(variable),
                                    .level = memory_copy_text(level), .file = f, .per = NAN,
                                    .univariable = none, .multivariable = none};
    const char *per = published_cell_text(reader, f, i, "per");
    struct printed unit;
    if (*per && (!printed_parse(per, &unit) || !(unit.value > 0)))
      return published_refuse_cell(reader, f, i, "per", "is not a number above 0");
    if (*per)
      term->per = unit.value;
    for (int multi = 0; multi < 2; multi++) {
      struct published_coefficient *c = multi ? &term->multivariable : &term->univariable;
      const struct {
        const char *column;
        struct published_number *number;
      } cells[] = {{multi ? "multi_b" : "uni_b", &c->b},
                   {multi ? "multi_or" : "uni_or", &c->odds_ratio},
                   {multi ? "multi_lo" : "uni_lo", &c->low},
                   {multi ? "multi_hi" : "uni_hi", &c->high},
                   {multi ? "multi_p" : "uni_p", &c->p}};
      for (size_t k = 0; k < sizeof cells / sizeof *cells; k++)
        if (!published_take_number(reader, f, i, cells[k].column, cells[k].number))
          return false;
    }
  }
  return true;
}

static bool read_performance(struct published_reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *model, *item, *quantity;
    if (!published_take_name(reader, f, i, "model", &model) ||
        !published_take_name(reader, f, i, "item", &item) ||
        !published_take_name(reader, f, i, "quantity", &quantity))
      return false;
    RESIZE_ARRAY(published->figure, published->n_figures + 1);
    struct published_figure *figure = &published->figure[published->n_figures++];
    *figure = (struct published_figure){
        .model = memory_copy_text(model),
        .item = memory_copy_text(item),
        .quantity = memory_copy_text(quantity),
        .file = f,
        .where = memory_copy_text(published_cell_text(reader, f, i, "where")),
        .value = published_no_number()};
    if (!published_take_number(reader, f, i, "value", &figure->value))
      return false;
  }
  return true;
}

static bool read_agreement(struct published_reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *measure;
    if (!published_take_name(reader, f, i, "measure", &measure))
      return false;
    RESIZE_ARRAY(published->agreement, published->n_agreements + 1);
    struct published_agreement *agreement = &published->agreement[published->n_agreements++];
    *agreement = (struct published_agreement){memory_copy_text(measure), f, published_no_number()};
    if (!published_take_number(reader, f, i, "icc", &agreement->icc))
      return false;
  }
  return true;
}

// ---- which groups a model compares ----

static struct published_model *add_model(struct published *published, const char *name,
                                         const char *table)
{
  RESIZE_ARRAY(published->model, published->n_models + 1);
  struct published_model *model = &published->model[published->n_models++];
  *model = (struct published_model){.name = name && *name ? memory_copy_text(name) : NULL,
                                    .table = table && *table ? memory_copy_text(table) : NULL,
                                    .event = NEW_ZEROED(bool, published->n_groups),
                                    .comparison = NEW_ZEROED(bool, published->n_groups)};
  return model;
}

static bool read_side(struct published_reader *reader, size_t f, size_t i, const char *column,
                      bool *side)
{
  struct published *published = reader->published;
  struct text_list names = {0};
  text_list_split(&names, published_cell_text(reader, f, i, column), '|');
  bool good = true;
  for (size_t k = 0; k < names.n_items && good; k++) {
    size_t g = published_find_group(published, names.item[k]);
    if (g == SIZE_MAX)
      good = published_refuse_cell(reader, f, i, column, "names a group that no table has");
    else
      side[g] = true;
  }
  text_list_free(&names);
  return good;
}

static bool read_models(struct published_reader *reader, size_t f)
{
  struct published *published = reader->published;
  for (size_t i = 0; i < reader->raw[f].n_records; i++) {
    const char *name = published_cell_text(reader, f, i, "model"),
               *table = published_cell_text(reader, f, i, "table");
    bool found = !*table;
    for (size_t k = 0; k < published->n_files && !found; k++)
      found = published->file[k].form == PUBLISHED_LOGISTIC &&
              strcmp(published->file[k].name, table) == 0;
    if (*table && published_model_of_table(published, table))
      return published_refuse_cell(reader, f, i, "table", "stands there twice");
    if (*name && published_model_named(published, name))
      return published_refuse_cell(reader, f, i, "model", "stands there twice");
    struct published_model *model = add_model(published, name, found ? table : NULL);
    model->stated = model->known = true;
    if (!read_side(reader, f, i, "event", model->event) ||
        !read_side(reader, f, i, "comparison", model->comparison))
      return false;
    for (size_t g = 0; g < published->n_groups; g++)
      if (model->event[g] && model->comparison[g])
        return published_refuse_cell(reader, f, i, "comparison", "has a group of the event");
  }
  return true;
}

// The rule of the header for the k-th model.
static void compare_by_rule(const struct published *published, size_t k,
                            struct published_model *model)
{
  size_t n = published->n_groups;
  if (n == 2)
    k = 0;
  model->known = n >= 2 && k + 1 < n;
  if (!model->known)
    return;
  size_t event = n - 1 - k;
  model->event[event] = true;
  for (size_t g = 0; g < event; g++)
    model->comparison[g] = true;
}

static void complete_models(struct published *published)
{
  bool stated = published->n_models > 0;
  size_t n_tables = 0, n_named = 0, first = published->n_models;
  for (size_t f = 0; f < published->n_files; f++)
    if (published->file[f].form == PUBLISHED_LOGISTIC &&
        !published_model_of_table(published, published->file[f].name)) {
      struct published_model *model = add_model(published, NULL, published->file[f].name);
      if (!stated)
        compare_by_rule(published, n_tables, model);
      n_tables++;
    }
  for (size_t i = 0; i < published->n_figures; i++) {
    const char *name = published->figure[i].model;
    if (published_model_named(published, name))
      continue;
    if (!stated && n_named < n_tables) {
      published->model[first + n_named].name = memory_copy_text(name);
    } else {
      struct published_model *model = add_model(published, name, NULL);
      if (!stated)
        compare_by_rule(published, n_named, model);
    }
    n_named++;
  }
}

// ---- reading ----

static bool interpret(struct published_reader *reader)
{
  struct published *published = reader->published;
  if (!find_groups(reader))
    return false;
  for (size_t f = 0; f < published->n_files; f++) {
    bool good = true;
    switch (published->file[f].form) {
    case PUBLISHED_COHORT:
      good = read_cohort(reader, f);
      break;
    case PUBLISHED_COUNTS:
      good = read_counts(reader, f);
      break;
    case PUBLISHED_COUNT_TESTS:
      good = read_tests(reader, f, true);
      break;
    case PUBLISHED_MEASURES:
      good = read_measures(reader, f);
      break;
    case PUBLISHED_MEASURE_TESTS:
      good = read_tests(reader, f, false);
      break;
    case PUBLISHED_LOGISTIC:
      good = read_logistic(reader, f);
      break;
    case PUBLISHED_PERFORMANCE:
      good = read_performance(reader, f);
      break;
    case PUBLISHED_AGREEMENT:
      good = read_agreement(reader, f);
      break;
    case PUBLISHED_MODELS:
      good = read_models(reader, f);
      break;
    case PUBLISHED_PLAUSIBLE:
      break;
    }
    if (!good)
      return false;
  }
  complete_models(published);
  return true;
}

bool published_read(struct published *published, const char *const *paths, size_t n_paths,
                    struct error *error)
{
  *published = (struct published){0};
  struct published_reader reader = {.published = published, .error = error};
  struct digest digest;
  digest_begin(&digest);
  bool good = n_paths > 0 || error_set(error, ERROR_USAGE, "there is nothing to read");
  for (size_t i = 0; i < n_paths && good; i++) {
    struct stat status;
    char *found = file_find(paths[i]);
    if (stat(found, &status) == 0 && S_ISDIR(status.st_mode))
      good = published_add_folder(&reader, found, &digest);
    else
      good = published_add_file(&reader, paths[i], &digest);
    free(found);
  }
  digest_end(&digest, published->digest);
  good = good && interpret(&reader);
  for (size_t i = 0; i < published->n_files; i++)
    published_free_raw(&reader.raw[i]);
  free(reader.raw);
  if (!good)
    published_free(published);
  return good;
}
