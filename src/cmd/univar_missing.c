// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar --missing: counts, tests between the groups, comparisons of the rows without
// and with a variable, notes and tidy tables.
#include <config.h>

#include "cmd/univar_missing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/derive.h"
#include "stats/multiplicity.h"

// ---- options ----

static const char *const own_tables[] = {"missing", "missing.tests", "missing.pairwise",
                                         "patterns", "missing.compare"};
enum { N_OWN_TABLES = sizeof own_tables / sizeof *own_tables };

static bool is_own_table(const char *name)
{
  for (size_t i = 0; i < N_OWN_TABLES; i++)
    if (strcmp(own_tables[i], name) == 0)
      return true;
  return false;
}

static bool is_of_quantities(int posthoc)
{
  return posthoc >= POSTHOC_LSD && posthoc <= POSTHOC_MANN_WHITNEY;
}

void univar_missing_check(const struct univar *univar)
{
  const struct univar_settings *settings = univar->settings;
  const struct command *command = univar->command;
  const char *table = command->table_name;
  struct error error = {0};
  if (table && is_own_table(table) != settings->missing) {
    if (settings->missing)
      error_set(&error, ERROR_USAGE,
                "--missing has no table '%s' (its tables: missing, missing.tests, "
                "missing.pairwise, patterns, missing.compare)",
                table);
    else
      error_set(&error, ERROR_USAGE, "--table=%s needs --missing", table);
    command_fail(command, &error);
  }
  if (!settings->missing)
    return;
  int posthoc = is_of_quantities(settings->after_means)   ? settings->after_means
                : is_of_quantities(settings->after_ranks) ? settings->after_ranks
                                                          : 0;
  const char *foreign = settings->normality >= 0         ? "--normality"
                        : settings->normal.n_items       ? "--normal"
                        : settings->nonnormal.n_items    ? "--nonnormal"
                        : settings->levene >= 0          ? "--levene"
                        : settings->effects              ? "--effects"
                        : command->bootstrap_asked       ? "--bootstrap"
                                                         : NULL;
  if (foreign)
    error_set(&error, ERROR_USAGE, "--missing and %s: one of them", foreign);
  else if (settings->quantity_test)
    error_set(&error, ERROR_USAGE,
              "--missing counts: --test=%s is for quantities (chisq, fisher, trend, lr)",
              choice_name(comparison_tests, settings->quantity_test));
  else if (posthoc)
    error_set(&error, ERROR_USAGE,
              "--missing counts: --posthoc=%s is for quantities (chisq, fisher, proportions, none)",
              choice_name(comparison_posthocs, posthoc));
  if (error.status)
    command_fail(command, &error);
}

// ---- the formula ----

static bool is_listed(const struct formula_term *term, size_t n, const char *name)
{
  for (size_t t = 0; t < n; t++)
    if (strcmp(term[t].part[0].name, name) == 0 && term[t].part[0].kind != PART_LOG &&
        term[t].part[0].kind != PART_SQRT)
      return true;
  return false;
}

static bool is_listed_as(const struct formula_term *term, size_t n, const struct formula_part *part)
{
  for (size_t t = 0; t < n; t++)
    if (strcmp(term[t].part[0].name, part->name) == 0 && term[t].part[0].kind == part->kind)
      return true;
  return false;
}

static void free_part(struct formula_part *part)
{
  free(part->name);
  free(part->reference);
}

void univar_missing_terms(struct formula *formula)
{
  struct formula_term *kept = NULL;
  size_t n_kept = 0, capacity = 0;
  for (size_t t = 0; t < formula->n_terms; t++) {
    struct formula_term *term = &formula->term[t];
    for (size_t i = 0; i < term->n_parts; i++) {
      struct formula_part part = term->part[i];
      if (part.kind == PART_SCALED || part.kind == PART_PER_SD || part.kind == PART_SPLINE)
        part.kind = PART_PLAIN;
      bool undefined = part.kind == PART_LOG || part.kind == PART_SQRT;
      if ((undefined ? is_listed_as(kept, n_kept, &part) : is_listed(kept, n_kept, part.name)) ||
          (!undefined && text_equal(formula->outcome, part.name))) {
        free_part(&part);
        continue;
      }
      GROW_ARRAY(kept, capacity, n_kept + 1);
      kept[n_kept] = (struct formula_term){
          .sign = TERM_ADD, .part = NEW_ZEROED(struct formula_part, 1), .n_parts = 1};
      kept[n_kept++].part[0] = part;
    }
    free(term->part);
  }
  free(formula->term);
  formula->term = kept;
  formula->n_terms = n_kept;
}

static bool has_several_values(const double *value, size_t n)
{
  double first = NAN;
  for (size_t i = 0; i < n; i++) {
    if (isnan(first))
      first = value[i];
    else if (!isnan(value[i]) && value[i] != first)
      return true;
  }
  return false;
}

void univar_missing_outcome(struct univar *univar)
{
  struct command *command = univar->command;
  struct formula *formula = &command->formula;
  struct error error = {0};
  if (outcome_resolve(&univar->outcome, formula, &command->table, OUTCOME_GROUPS, &error))
    return;
  size_t index;
  // Too many values are a wrong formula; rows without a value, or of one level, a fact.
  if (error.status != ERROR_DATA || formula->event.n_items ||
      !table_find(&command->table, formula->outcome, &index, NULL) ||
      has_several_values(command->table.column[index].value, command->table.n_rows))
    command_fail(command, &error);
  struct formula without = {0};
  outcome_resolve(&univar->outcome, &without, &command->table, OUTCOME_GROUPS, &error);
  report_note(&command->report, "no groups: %s", error.message);
}

// ---- items and scopes ----

static const struct univar_variable *variable_of(const struct univar_missing *missing, size_t item)
{
  return &missing->univar->variable[item - missing->first_variable];
}

const char *missing_item_name(const struct univar_missing *missing, size_t item)
{
  if (item == missing->n_items)
    return NULL;
  return item < missing->first_variable ? missing->outcome->name
                                        : variable_of(missing, item)->name;
}

const char *missing_item_title(const struct univar_missing *missing, size_t item)
{
  if (item == missing->n_items)
    return "any of them";
  return item < missing->first_variable ? column_title(missing->outcome)
                                        : variable_of(missing, item)->title;
}

size_t missing_item_count(const struct univar_missing *missing, size_t item, size_t scope)
{
  return missing->count[item * missing->n_scopes + scope];
}

// The first scope holds all strata, the others are the strata in order.
size_t missing_pattern_count(const struct univar_missing *missing, size_t pattern, size_t scope)
{
  const struct missing_patterns *patterns = &missing->patterns;
  return scope == 0 ? patterns->n[pattern]
                    : patterns->count[pattern * patterns->n_strata + scope - 1];
}

static void find_items(struct univar_missing *missing)
{
  struct univar *univar = missing->univar;
  const struct command *command = univar->command;
  size_t index;
  missing->grouped = univar->outcome.column != NULL;
  if (command->formula.outcome &&
      table_find(&command->table, command->formula.outcome, &index, NULL))
    missing->outcome = &command->table.column[index];
  missing->first_variable = missing->outcome ? 1 : 0;
  missing->n_items = missing->first_variable + univar->n_variables;
  missing->value = memory_allocate(missing->n_items + 1, sizeof *missing->value);
  if (missing->outcome)
    missing->value[0] = missing->outcome->value;
  for (size_t i = 0; i < univar->n_variables; i++)
    missing->value[missing->first_variable + i] = univar->variable[i].value;
}

static void add_scope(struct univar_missing *missing, const char *name, const char *group,
                      char *label)
{
  RESIZE_ARRAY(missing->scope, missing->n_scopes + 1);
  missing->scope[missing->n_scopes++] =
      (struct missing_scope){.name = name, .group = group, .label = label};
}

static void find_scopes(struct univar_missing *missing)
{
  const struct outcome *outcome = &missing->univar->outcome;
  size_t n_rows = missing->univar->command->table.n_rows;
  add_scope(missing, "overall", NULL, memory_copy_text("All"));
  missing->stratum = NEW_ARRAY(double, n_rows);
  memcpy(missing->stratum, outcome->code, n_rows * sizeof(double));
  missing->n_strata = outcome->n_groups;
  if (!missing->grouped)
    return;
  for (size_t g = 0; g < outcome->n_groups; g++)
    add_scope(missing, "group", outcome->group[g], memory_copy_text(outcome->label[g]));
  if (!outcome->n_missing)
    return;
  add_scope(missing, "no.outcome", NULL, memory_copy_text("No outcome"));
  for (size_t i = 0; i < n_rows; i++)
    if (isnan(outcome->column->value[i]))
      missing->stratum[i] = (double) outcome->n_groups;
  missing->n_strata++;
}

static void count(struct univar_missing *missing)
{
  struct missing_patterns *patterns = &missing->patterns;
  size_t n_scopes = missing->n_scopes, n_items = missing->n_items;
  missing_patterns_count(patterns, missing->value, n_items, missing->stratum, missing->n_strata,
                         missing->univar->command->table.n_rows);
  missing->count = NEW_ZEROED(size_t, (n_items + 1) * n_scopes);
  for (size_t p = 0; p < patterns->n_patterns; p++)
    for (size_t s = 0; s < n_scopes; s++) {
      size_t n = missing_pattern_count(missing, p, s);
      missing->scope[s].n_rows += n;
      for (size_t i = 0; i < n_items && n; i++)
        if (missing_pattern_holds(patterns, p, i))
          missing->count[i * n_scopes + s] += n;
      if (patterns->n_missing[p])
        missing->count[n_items * n_scopes + s] += n;
    }
}

// ---- missing or present by group ----

static char complete_cases[] = "complete cases", *state_name[] = {"present", "missing"};
static const struct column indicator_column = {
    .name = "missing", .level = state_name, .level_label = state_name, .n_levels = 2};

// 1 where the variable, or for the last one any of them, is missing.
static double *indicate(const struct univar_missing *missing, size_t i)
{
  size_t n_rows = missing->univar->command->table.n_rows;
  size_t n_variables = missing->univar->n_variables;
  double *state = NEW_ZEROED(double, n_rows);
  for (size_t v = i < n_variables ? i : 0; v < (i < n_variables ? i + 1 : n_variables); v++) {
    const double *value = missing->univar->variable[v].value;
    for (size_t row = 0; row < n_rows; row++)
      if (isnan(value[row]))
        state[row] = 1;
  }
  return state;
}

static void compare_groups(struct univar_missing *missing)
{
  const struct univar *univar = missing->univar;
  struct univar *indicators = &missing->indicators;
  *indicators = *univar;
  indicators->n_variables = univar->n_variables + 1;
  indicators->variable = NEW_ZEROED(struct univar_variable, indicators->n_variables);
  for (size_t i = 0; i < indicators->n_variables; i++) {
    bool any = i == univar->n_variables;
    indicators->variable[i] =
        (struct univar_variable){.name = any ? NULL : univar->variable[i].name,
                                 .title = any ? complete_cases : univar->variable[i].title,
                                 .is_category = true,
                                 .column = &indicator_column};
  }
  #pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < indicators->n_variables; i++) {
    struct univar_variable *variable = &indicators->variable[i];
    variable->value = indicate(missing, i);
    univar_compare_variable(indicators, variable);
    free(variable->value);
    variable->value = NULL;
    variable->missing = 0;
    for (size_t g = 0; g < univar->outcome.n_groups; g++)
      variable->missing += (size_t) variable->category.count[univar->outcome.n_groups + g];
    variable->n -= variable->missing;
  }
}

// ---- the rows without a variable and those with it ----

enum { MOST_COMPARISONS = 20000 }; // that are made without being asked for

static bool asks_comparisons(const struct command *command)
{
  return command->table_name && strcmp(command->table_name, "missing.compare") == 0;
}

static bool wants_comparisons(const struct univar_missing *missing)
{
  const struct command *command = missing->univar->command;
  bool wanted = command_wants_table(command, "missing.compare") ||
                (!command->table_name &&
                 (command_writes(command, "text") || command_writes(command, "markdown") ||
                  command_writes(command, "latex") || command_writes(command, "html")));
  size_t n_missing = 0;
  for (size_t item = 0; item < missing->n_items; item++)
    n_missing += missing_item_count(missing, item, 0) > 0;
  size_t n = n_missing * missing->univar->n_variables;
  if (!wanted || n <= MOST_COMPARISONS || asks_comparisons(command))
    return wanted;
  report_note(&missing->univar->command->report,
              "the rows without and with a variable were not compared: %zu comparisons "
              "(--table=missing.compare makes them)",
              n);
  return false;
}

// The same column, transformed or not, says nothing about itself.
static bool is_same_column(const struct univar_missing *missing, size_t item,
                           const struct univar_variable *other)
{
  const struct column *column =
      item < missing->first_variable ? missing->outcome : variable_of(missing, item)->column;
  return strcmp(column->name, other->column->name) == 0;
}

static void begin_comparison(const struct univar_missing *missing, size_t item,
                             struct univar *comparison)
{
  static char *names[] = {"missing", "present"};
  const struct univar *univar = missing->univar;
  size_t n_rows = univar->command->table.n_rows;
  *comparison = *univar;
  comparison->options.quantity_test = TEST_MANN_WHITNEY;
  comparison->options.convention.normality = NORMALITY_NONE;
  comparison->options.pairs = false;
  struct outcome *outcome = &comparison->outcome;
  *outcome = (struct outcome){.n_groups = 2,
                              .group = names,
                              .label = names,
                              .code = NEW_ARRAY(double, n_rows),
                              .n = NEW_ZEROED(size_t, 2)};
  for (size_t i = 0; i < n_rows; i++) {
    outcome->code[i] = isnan(missing->stratum[i]) ? NAN : isnan(missing->value[item][i]) ? 0 : 1;
    if (!isnan(outcome->code[i]))
      outcome->n[(size_t) outcome->code[i]]++;
  }
  comparison->variable = NEW_ZEROED(struct univar_variable, univar->n_variables);
  comparison->n_variables = 0;
  for (size_t i = 0; i < univar->n_variables; i++)
    if (!is_same_column(missing, item, &univar->variable[i]))
      comparison->variable[comparison->n_variables++] = univar->variable[i];
}

static void compare_all(struct univar_missing *missing)
{
  size_t n_variables = missing->univar->n_variables;
  size_t n = missing->n_comparisons * n_variables;
  #pragma omp parallel for schedule(dynamic)
  for (size_t k = 0; k < n; k++) {
    const struct univar *comparison = &missing->comparison[k / n_variables];
    if (k % n_variables < comparison->n_variables)
      univar_compare_variable(comparison, &comparison->variable[k % n_variables]);
  }
  for (size_t c = 0; c < missing->n_comparisons; c++) {
    struct univar *comparison = &missing->comparison[c];
    for (size_t i = 0; i < comparison->n_variables; i++)
      comparison->variable[i].digits = univar_digits(comparison, &comparison->variable[i]);
    missing->n_holm += comparison->n_variables;
  }
}

static double main_p(const struct univar_variable *variable)
{
  size_t n_tests;
  const struct comparison_test *test = univar_tests(variable, &n_tests);
  return n_tests ? test[0].p_value : NAN;
}

static void compare_rows(struct univar_missing *missing)
{
  size_t n_rows = missing->scope[0].n_rows;
  for (size_t item = 0; item < missing->n_items; item++) {
    size_t n = missing_item_count(missing, item, 0);
    if (!n || n == n_rows)
      continue;
    RESIZE_ARRAY(missing->comparison, missing->n_comparisons + 1);
    RESIZE_ARRAY(missing->compared_item, missing->n_comparisons + 1);
    missing->compared_item[missing->n_comparisons] = item;
    begin_comparison(missing, item, &missing->comparison[missing->n_comparisons++]);
  }
  compare_all(missing);
  missing->holm = NEW_ARRAY(double, missing->n_holm);
  size_t k = 0;
  for (size_t c = 0; c < missing->n_comparisons; c++)
    for (size_t i = 0; i < missing->comparison[c].n_variables; i++) {
      missing->holm[k] = main_p(&missing->comparison[c].variable[i]);
      missing->n_p_values += isnan(missing->holm[k++]) ? 0 : 1;
    }
  p_values_adjust(ADJUST_HOLM, missing->holm, missing->n_holm, missing->holm);
}

// ---- notes ----

static void note_derived(const struct univar_missing *missing,
                         const struct univar_variable *variable)
{
  const struct command *command = missing->univar->command;
  for (size_t d = 0; d < command->cohort.n_derivations; d++) {
    const struct derivation *derivation = command->cohort.derivation[d];
    if (strcmp(derivation_name(derivation), variable->column->name) != 0)
      continue;
    struct text definition = {0};
    derivation_print(derivation, &definition);
    report_note(&missing->univar->command->report,
                "%s: missing where a part of it is, or a divisor is 0", text_content(&definition));
    text_free(&definition);
  }
}

static void write_notes(const struct univar_missing *missing)
{
  const struct univar *univar = missing->univar;
  struct report *report = &univar->command->report;
  size_t n_rows = missing->scope[0].n_rows;
  report->input_used = n_rows;
  if (univar->outcome.n_set_aside)
    report_note(report, "%zu row%s with another level of %s set aside", univar->outcome.n_set_aside,
                univar->outcome.n_set_aside == 1 ? "" : "s", univar->outcome.column->name);
  if (!missing_item_count(missing, missing->n_items, 0))
    report_note(report, "no value is missing");
  for (size_t item = 0; item < missing->n_items; item++) {
    size_t n = missing_item_count(missing, item, 0);
    if (n && n == n_rows)
      report_note(report, "%s: missing in every row", missing_item_name(missing, item));
    if (n && item >= missing->first_variable)
      note_derived(missing, variable_of(missing, item));
  }
}

static bool draws_tables(const struct univar *univar)
{
  for (size_t i = 0; i < univar->n_variables; i++) {
    size_t n;
    const struct comparison_test *test = univar_tests(&univar->variable[i], &n);
    for (size_t j = 0; j < n; j++)
      if (test[j].n_tables)
        return true;
    const struct comparison_pair *pair = univar_pairs(&univar->variable[i], &n);
    for (size_t j = 0; j < n; j++)
      if (pair[j].test.n_tables)
        return true;
  }
  return false;
}

void univar_missing_compute(struct univar_missing *missing, struct univar *univar)
{
  *missing = (struct univar_missing){.univar = univar};
  find_items(missing);
  find_scopes(missing);
  count(missing);
  compare_groups(missing);
  if (wants_comparisons(missing))
    compare_rows(missing);
  write_notes(missing);
  struct report *report = &univar->command->report;
  report->has_seed = draws_tables(&missing->indicators);
  for (size_t c = 0; c < missing->n_comparisons; c++)
    report->has_seed |= draws_tables(&missing->comparison[c]);
  report->seed = univar->command->seed;
}

static void free_variables(struct univar *univar)
{
  for (size_t i = 0; i < univar->n_variables; i++) {
    quantity_comparison_free(&univar->variable[i].quantity);
    category_comparison_free(&univar->variable[i].category);
  }
  free(univar->variable);
}

void univar_missing_free(struct univar_missing *missing)
{
  free_variables(&missing->indicators);
  for (size_t c = 0; c < missing->n_comparisons; c++) {
    free_variables(&missing->comparison[c]);
    free(missing->comparison[c].outcome.code);
    free(missing->comparison[c].outcome.n);
  }
  free(missing->comparison);
  free(missing->compared_item);
  free(missing->holm);
  for (size_t s = 0; s < missing->n_scopes; s++)
    free(missing->scope[s].label);
  free(missing->scope);
  free(missing->count);
  free(missing->stratum);
  free(missing->value);
  missing_patterns_free(&missing->patterns);
  *missing = (struct univar_missing){0};
}

// ---- tidy tables ----

static void fill_counts(const struct univar_missing *missing, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "missing", "variable scope group rows n missing percent");
  for (size_t item = 0; item <= missing->n_items; item++)
    for (size_t s = 0; s < (item < missing->first_variable ? 1 : missing->n_scopes); s++) {
      size_t n_rows = missing->scope[s].n_rows, n = missing_item_count(missing, item, s);
      report_text(table, missing_item_name(missing, item));
      report_text(table, missing->scope[s].name);
      report_text(table, missing->scope[s].group);
      report_count(table, n_rows);
      report_count(table, n_rows - n);
      report_count(table, n);
      report_number(table, n_rows ? 100 * (double) n / (double) n_rows : NAN);
    }
}

// The names as a formula has them: "age + `tumour size`".
static void print_names(const struct univar_missing *missing, size_t pattern, struct text *names)
{
  text_clear(names);
  for (size_t item = 0; item < missing->n_items; item++) {
    if (!missing_pattern_holds(&missing->patterns, pattern, item))
      continue;
    if (names->length)
      text_append(names, " + ");
    if (item < missing->first_variable ||
        text_equal(missing_item_name(missing, item),
                   variable_of(missing, item)->column->name))
      formula_print_name(missing_item_name(missing, item), names);
    else
      text_append(names, missing_item_name(missing, item));
  }
}

static void fill_patterns(const struct univar_missing *missing, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "patterns", "pattern variables n.variables scope group n percent");
  struct text names = {0};
  for (size_t p = 0; p < missing->patterns.n_patterns; p++) {
    print_names(missing, p, &names);
    for (size_t s = 0; s < missing->n_scopes; s++) {
      size_t n = missing_pattern_count(missing, p, s);
      if (!n)
        continue;
      report_count(table, p + 1);
      report_text(table, names.length ? text_content(&names) : NULL);
      report_count(table, missing->patterns.n_missing[p]);
      report_text(table, missing->scope[s].name);
      report_text(table, missing->scope[s].group);
      report_count(table, n);
      report_number(table, 100 * (double) n / (double) missing->scope[s].n_rows);
    }
  }
  text_free(&names);
}

static void fill_comparison(const struct univar_variable *other, const char *name, double holm,
                            struct report_table *table)
{
  size_t n_tests;
  const struct comparison_test *test = univar_tests(other, &n_tests);
  static const struct comparison_test none = {
      .statistic = NAN, .z = NAN, .df = NAN, .p_value = NAN, .p_low = NAN, .p_high = NAN};
  const struct comparison_test *shown = n_tests ? &test[0] : &none;
  bool category = other->is_category;
  report_text(table, name);
  report_text(table, other->name);
  report_text(table, n_tests ? choice_name(comparison_tests, (int) shown->test) : NULL);
  report_number(table, shown->statistic);
  report_number(table, shown->z);
  report_number(table, shown->df);
  report_number(table, shown->p_value);
  report_number(table, holm);
  for (size_t g = 0; g < 2; g++)
    report_count(table, category ? other->category.n[g] : other->quantity.group[g].n);
  for (size_t g = 0; g < 2; g++)
    report_number(table, category ? NAN : other->quantity.group[g].median);
  report_logical(table, shown->corrected);
  report_logical(table, shown->exact);
  if (shown->n_tables)
    report_count(table, shown->n_tables);
  else
    report_missing(table);
  report_number(table, shown->p_low);
  report_number(table, shown->p_high);
}

static void fill_comparisons(const struct univar_missing *missing, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "missing.compare",
                       "variable other test statistic z df p.value p.holm n.missing n.present "
                       "median.missing median.present corrected exact tables p.low p.high");
  size_t k = 0;
  for (size_t c = 0; c < missing->n_comparisons; c++)
    for (size_t i = 0; i < missing->comparison[c].n_variables; i++)
      fill_comparison(&missing->comparison[c].variable[i],
                      missing_item_name(missing, missing->compared_item[c]), missing->holm[k++],
                      table);
}

void univar_missing_fill_tables(const struct univar_missing *missing, struct report *report)
{
  const struct command *command = missing->univar->command;
  fill_counts(missing, report);
  univar_fill_tests(&missing->indicators, report, "missing.tests");
  univar_fill_pairs(&missing->indicators, report, "missing.pairwise");
  if (command_wants_table(command, "patterns"))
    fill_patterns(missing, report);
  if (command_wants_table(command, "missing.compare"))
    fill_comparisons(missing, report);
}
