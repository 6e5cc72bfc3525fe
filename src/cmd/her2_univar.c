// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar: groups compared, one variable at a time.
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/univar_missing.h"

// ---- options ----

// One choice for one thing: a second, different one is an error.
static bool choose_once(int *chosen, int value, const struct named_choice *choices,
                        struct error *error)
{
  if (*chosen && *chosen != value)
    return error_set(error, ERROR_USAGE, "'%s' and '%s': one of them",
                     choice_name(choices, *chosen), choice_name(choices, value));
  *chosen = value;
  return true;
}

static bool set_test(void *pointer, const char *value, struct error *error)
{
  struct univar_settings *settings = pointer;
  struct text_list names = {0};
  text_list_split(&names, value, ',');
  bool good = true;
  for (size_t i = 0; i < names.n_items && good; i++) {
    int test;
    good = option_choice(comparison_tests, names.item[i], &test, error);
    if (!good)
      break;
    good = choose_once(test >= TEST_CHI_SQUARE ? &settings->category_test
                                               : &settings->quantity_test,
                       test, comparison_tests, error);
  }
  text_list_free(&names);
  return good;
}

static bool set_posthoc(void *pointer, const char *value, struct error *error)
{
  struct univar_settings *settings = pointer;
  struct text_list names = {0};
  text_list_split(&names, value, ',');
  bool good = true;
  for (size_t i = 0; i < names.n_items && good; i++) {
    int posthoc = POSTHOC_NONE;
    good = option_choice(comparison_posthocs, names.item[i], &posthoc, error);
    if (!good)
      break;
    if (posthoc == POSTHOC_NONE)
      settings->no_pairs = true;
    else
      good = choose_once(posthoc <= POSTHOC_GAMES_HOWELL   ? &settings->after_means
                         : posthoc <= POSTHOC_MANN_WHITNEY ? &settings->after_ranks
                                                           : &settings->after_counts,
                         posthoc, comparison_posthocs, error);
  }
  text_list_free(&names);
  return good;
}

static bool set_adjust(void *pointer, const char *value, struct error *error)
{
  return option_choice(adjustment_choices, value, &((struct univar_settings *) pointer)->adjust,
                       error);
}

static bool set_normality(void *pointer, const char *value, struct error *error)
{
  return option_choice(normality_choices, value, &((struct univar_settings *) pointer)->normality,
                       error);
}

static bool set_levene(void *pointer, const char *value, struct error *error)
{
  return option_choice(levene_choices, value, &((struct univar_settings *) pointer)->levene, error);
}

static bool set_normal(void *pointer, const char *value, struct error *error)
{
  (void) error;
  text_list_split(&((struct univar_settings *) pointer)->normal, value, ',');
  return true;
}

static bool set_nonnormal(void *pointer, const char *value, struct error *error)
{
  (void) error;
  text_list_split(&((struct univar_settings *) pointer)->nonnormal, value, ',');
  return true;
}

static bool set_correct(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct univar_settings *) pointer)->continuity = true;
}

static bool set_exact(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct univar_settings *) pointer)->exact = true;
}

static bool set_effects(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct univar_settings *) pointer)->effects = true;
}

static bool set_missing(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct univar_settings *) pointer)->missing = true;
}

static bool set_monte_carlo(void *pointer, const char *value, struct error *error)
{
  int64_t n;
  if (!option_integer(value, 100, 100000000, &n, error))
    return false;
  ((struct univar_settings *) pointer)->monte_carlo = (size_t) n;
  return true;
}

static const struct option_spec own_options[] = {
    {"test", 0, "NAME,...",
     "t, welch, mannwhitney, ks, anova, welch-anova, kruskal; chisq, fisher, trend, lr", set_test},
    {"normality", 0, "TEST", "lilliefors, ks, shapiro, anderson, none", set_normality},
    {"normal", 0, "NAME,...", "variables to treat as normal ('all': every one)", set_normal},
    {"nonnormal", 0, "NAME,...", "variables to treat as not normal", set_nonnormal},
    {"levene", 0, "CENTRE", "mean or median", set_levene},
    {"posthoc", 0, "NAME,...",
     "lsd, tukey, scheffe, games-howell; dunn, mannwhitney; chisq, fisher, proportions; none",
     set_posthoc},
    {"adjust", 0, "METHOD", "none, bonferroni, holm, hochberg, sidak, bh", set_adjust},
    {"correct", 0, NULL, "Yates's and the continuity correction", set_correct},
    {"exact", 0, NULL, "exact rank tests, Fisher's test for every category", set_exact},
    {"monte-carlo", 0, "N", "Fisher's test from N random tables", set_monte_carlo},
    {"effects", 0, NULL, "print effect sizes with intervals, too", set_effects},
    {"missing", 0, NULL, "what is missing in which group, instead of the comparison", set_missing},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"tests", "tests of an overall difference, a row a variable (primary)"},
    {"summary", "mean, SD, median, quartiles or counts, a row a variable, level and group"},
    {"normality", "normality test of each variable in each group"},
    {"levene", "test of equal variances of each quantity"},
    {"pairwise", "pairs of groups, three groups or more"},
    {"effects", "effect sizes with intervals"},
    {"missing", "--missing: rows with and without each variable, by group (its primary table)"},
    {"missing.tests", "--missing: tests whether the groups differ in what is missing"},
    {"missing.pairwise", "--missing: pairs of groups, three groups or more"},
    {"patterns", "--missing: which variables are missing together"},
    {"missing.compare", "--missing: the rows without and with a variable, in every other one"},
    {NULL, NULL},
};

static const struct product_spec figures[] = {
    {"groups",
     "boxes with points for quantities, bars for categories; --missing: dots of the share missing"},
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-univar",
    .operands = "'OUTCOME ~ TERM + TERM ...' [FILE]",
    .summary = "Compare groups, one variable at a time: summaries, tests, pairs, effect sizes.",
    .groups = OPTIONS_INPUT | OPTIONS_OUTPUT | OPTIONS_FIGURE | OPTIONS_LEVEL | OPTIONS_LIKE |
              OPTIONS_RANDOM,
    .option = own_options,
    .tables = tables,
    .figures = figures,
    .example = "her2-univar 'her2 ~ age + adc + margin' --figure=groups.pdf cohort.csv",
};

// ---- conventions ----

static void check_test(const struct univar *univar)
{
  int test = univar->settings->quantity_test;
  size_t k = univar->outcome.n_groups;
  bool for_two = test == TEST_T || test == TEST_WELCH || test == TEST_MANN_WHITNEY ||
                 test == TEST_KS;
  if (!for_two || k == 2 || !univar->outcome.column)
    return;
  struct error error;
  error_set(&error, ERROR_USAGE,
            "--test=%s compares two groups, and '%s' has %zu (use --test=%s, or name two: "
            "'%s = %s vs %s ~ ...')",
            choice_name(comparison_tests, test), univar->outcome.column->name, k,
            test == TEST_T       ? "anova"
            : test == TEST_WELCH ? "welch-anova"
                                 : "kruskal",
            univar->outcome.column->name, univar->outcome.group[0], univar->outcome.group[1]);
  command_fail(univar->command, &error);
}

static void set_comparison_options(struct univar *univar)
{
  const struct univar_settings *settings = univar->settings;
  const struct command *command = univar->command;
  struct convention convention = *command->like;
  if (settings->normality >= 0)
    convention.normality = (enum normality_test) settings->normality;
  if (settings->levene >= 0)
    convention.levene = (enum levene_centre) settings->levene;
  if (settings->after_means)
    convention.after_means = (enum posthoc_name) settings->after_means;
  if (settings->after_ranks)
    convention.after_ranks = (enum posthoc_name) settings->after_ranks;
  if (settings->after_counts)
    convention.after_counts = (enum posthoc_name) settings->after_counts;
  if (settings->adjust >= 0)
    convention.adjust_means = convention.adjust_ranks = convention.adjust_counts =
        (enum adjustment) settings->adjust;
  univar->options = (struct comparison_options){
      .convention = convention,
      .quantity_test = (enum comparison_test_name) settings->quantity_test,
      .category_test = (enum comparison_test_name) settings->category_test,
      .exact = settings->exact,
      .continuity = settings->continuity,
      .monte_carlo = settings->monte_carlo,
      .bootstrap = command->bootstrap,
      .effects = settings->effects || command_wants_table(command, "effects"),
      .pairs = !settings->no_pairs,
      .levene = command_wants_table(command, "levene"),
      .level = command->level,
      .seed = command->seed,
      .n_threads = 1,
  };
}

// ---- variables ----

static double transform_one(const struct formula_part *part, double x, double sd)
{
  switch (part->kind) {
  case PART_SCALED:
    return x / part->scale;
  case PART_PER_SD:
    return x / sd;
  case PART_LOG:
    return x > 0 ? log(x) : NAN;
  case PART_SQRT:
    return x >= 0 ? sqrt(x) : NAN;
  default:
    return x;
  }
}

static double sd_of(const double *x, size_t n)
{
  double *present = NEW_ARRAY(double, n);
  size_t n_present = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[i]))
      present[n_present++] = x[i];
  struct moments moments = moments_compute(present, NULL, n_present);
  free(present);
  return moments_sd(&moments);
}

static void check_risk(const struct univar *univar, const struct column *column)
{
  for (size_t i = 0; i < univar->command->table.n_rows; i++)
    if (column->value[i] < 0 || column->value[i] > 1) {
      struct error error;
      error_set(&error, ERROR_DATA, "risk(%s): %g is not a probability", column->name,
                column->value[i]);
      command_fail(univar->command, &error);
    }
}

static void transform(struct univar_variable *variable, const struct formula_part *part,
                      const double *x, size_t n_rows)
{
  double sd = part->kind == PART_PER_SD ? sd_of(x, n_rows) : NAN;
  variable->value = NEW_ARRAY(double, n_rows);
  variable->owns_value = true;
  for (size_t i = 0; i < n_rows; i++) {
    variable->value[i] = transform_one(part, x[i], sd);
    variable->n_undefined += isnan(variable->value[i]) && !isnan(x[i]);
  }
}

// Two different values and no more, among the rows of the groups.
static bool has_two_values(const double *value, const double *group, size_t n_rows)
{
  double first = NAN, second = NAN;
  for (size_t i = 0; i < n_rows; i++) {
    double x = value[i];
    if (isnan(x) || isnan(group[i]) || x == first || x == second)
      continue;
    if (isnan(first))
      first = x;
    else if (isnan(second))
      second = x;
    else
      return false;
  }
  return !isnan(second);
}

// A private copy of a column with its levels made, `reference` (may be NULL) first.
static void copy_as_category(const struct univar *univar, struct univar_variable *variable,
                             const struct column *column, const char *reference)
{
  size_t n_rows = univar->command->table.n_rows;
  struct column *copy = &variable->copy;
  *copy = *column;
  copy->name = memory_copy_text(column->name);
  copy->label = memory_copy_text(column->label);
  copy->unit = memory_copy_text(column->unit);
  copy->value = NEW_ARRAY(double, n_rows);
  memcpy(copy->value, column->value, n_rows * sizeof(double));
  copy->level = copy->level_label = NULL;
  if (column->type == COLUMN_NUMERIC) {
    column_make_categorical(copy, n_rows);
  } else {
    copy->level = NEW_ARRAY(char *, column->n_levels);
    copy->level_label = NEW_ARRAY(char *, column->n_levels);
    for (size_t i = 0; i < column->n_levels; i++) {
      copy->level[i] = memory_copy_text(column->level[i]);
      copy->level_label[i] = memory_copy_text(column->level_label[i]);
    }
  }
  variable->column = copy;
  variable->value = copy->value;
  size_t first;
  if (!reference)
    return;
  if (!column_find_level(copy, reference, &first)) {
    struct error error;
    error_set(&error, ERROR_USAGE, "factor(%s, ref=%s): '%s' has no such level", column->name,
              reference, column->name);
    command_fail(univar->command, &error);
  }
  char *level = copy->level[first], *label = copy->level_label[first];
  memmove(copy->level + 1, copy->level, first * sizeof *copy->level);
  memmove(copy->level_label + 1, copy->level_label, first * sizeof *copy->level_label);
  copy->level[0] = level;
  copy->level_label[0] = label;
  for (size_t i = 0; i < n_rows; i++)
    if (copy->value[i] <= (double) first)
      copy->value[i] = copy->value[i] == (double) first ? 0 : copy->value[i] + 1;
}

static enum normality_decision decision_for(const struct univar_settings *settings,
                                            const char *name)
{
  if (text_list_has(&settings->nonnormal, name))
    return NORMALITY_DENIED;
  if (text_list_has(&settings->normal, name))
    return NORMALITY_DECLARED;
  if (text_list_has(&settings->nonnormal, "all"))
    return NORMALITY_DENIED;
  if (text_list_has(&settings->normal, "all"))
    return NORMALITY_DECLARED;
  return NORMALITY_BY_TEST;
}

static const char *unsupported(const struct formula_term *term)
{
  if (term->n_parts > 1)
    return "an interaction belongs in her2-multivar";
  if (term->part[0].kind == PART_SPLINE)
    return "a spline belongs in her2-multivar";
  return NULL;
}

static void prepare_variable(struct univar *univar, const struct formula_term *term,
                             struct univar_variable *variable)
{
  struct command *command = univar->command;
  struct report *report = &command->report;
  struct table *table = &command->table;
  struct text written = {0};
  formula_print_term(term, &written);
  struct error error;
  if (unsupported(term)) {
    error_set(&error, ERROR_USAGE, "%s: %s", text_content(&written), unsupported(term));
    command_fail(command, &error);
  }
  const struct formula_part *part = &term->part[0];
  size_t index;
  if (!table_find(table, part->name, &index, &error))
    command_fail(command, &error);
  const struct column *column = variable->column = &table->column[index];
  bool transformed =
      part->kind != PART_PLAIN && part->kind != PART_FACTOR && part->kind != PART_RISK;
  variable->name = transformed ? text_take(&written) : memory_copy_text(part->name);
  text_free(&written);
  variable->title = transformed && column->label
                        ? text_format("%s [%s]", column->label, variable->name)
                        : memory_copy_text(transformed ? variable->name : column_title(column));
  variable->unit = transformed ? NULL : column->unit;
  variable->digits = transformed ? -1 : column->digits;
  variable->decision = decision_for(univar->settings, variable->name);
  variable->value = column->value;
  if (part->kind == PART_FACTOR) {
    copy_as_category(univar, variable, column, part->reference);
  } else if (part->kind == PART_RISK) {
    check_risk(univar, column);
  } else if (column->type == COLUMN_CATEGORICAL) {
    variable->value = column->value;
  } else if (transformed) {
    transform(variable, part, column->value, table->n_rows);
    if (variable->n_undefined)
      report_note(report, "%s: missing in %zu row%s where it is not defined", variable->name,
                  variable->n_undefined, variable->n_undefined == 1 ? "" : "s");
  } else if (variable->decision == NORMALITY_BY_TEST &&
             column->variable_type != VARIABLE_NUMERIC &&
             has_two_values(column->value, univar->outcome.code, table->n_rows)) {
    copy_as_category(univar, variable, column, NULL);
    if (!univar->settings->missing)
      report_note(report, "%s has two values and is tabulated as a category (--nonnormal=%s for "
                          "quantities)", variable->name, variable->name);
  }
  variable->is_category = variable->column->type == COLUMN_CATEGORICAL;
}

static void check_contradictions(const struct univar *univar)
{
  const struct univar_settings *settings = univar->settings;
  struct error error = {0};
  for (size_t i = 0; i < settings->normal.n_items; i++)
    if (text_list_has(&settings->nonnormal, settings->normal.item[i]))
      error_set(&error, ERROR_USAGE, "--normal and --nonnormal both name '%s'",
                settings->normal.item[i]);
  bool other = settings->category_test != TEST_AUTOMATIC && settings->category_test != TEST_FISHER;
  if (other && settings->monte_carlo)
    error_set(&error, ERROR_USAGE, "--test=%s and --monte-carlo (of Fisher's test): one of them",
              choice_name(comparison_tests, settings->category_test));
  if (other && settings->exact && settings->category_test == TEST_CHI_SQUARE)
    error_set(&error, ERROR_USAGE, "--test=chisq and --exact (Fisher's test): one of them");
  if (settings->no_pairs &&
      (settings->after_means || settings->after_ranks || settings->after_counts))
    error_set(&error, ERROR_USAGE, "--posthoc=none and another method: one of them");
  if (univar->n_variables == 0)
    error_set(&error, ERROR_USAGE, "the formula leaves no variable to describe");
  if (error.status)
    command_fail(univar->command, &error);
}

static void check_names(const struct univar *univar, const char *option,
                        const struct text_list *names)
{
  const char **known = memory_allocate(univar->n_variables + 1, sizeof *known);
  for (size_t i = 0; i < univar->n_variables; i++)
    known[i] = univar->variable[i].name;
  for (size_t j = 0; j < names->n_items; j++) {
    const char *name = names->item[j];
    bool found = strcmp(name, "all") == 0;
    for (size_t i = 0; i < univar->n_variables; i++)
      found |= strcmp(known[i], name) == 0;
    if (found)
      continue;
    struct error error;
    char *suggestion = text_suggestion(name, known, univar->n_variables);
    error_set(&error, ERROR_USAGE, "--%s: '%s' is not a variable of the formula%s", option, name,
              suggestion);
    free(suggestion);
    free(known);
    command_fail(univar->command, &error);
  }
  free(known);
}

// Decimals that show a tenth of the spread to one part in ten: three significant digits
// of the SD, but not more than one beyond what the data carry.
int univar_digits(const struct univar *univar, const struct univar_variable *variable)
{
  if (univar->command->digits >= 0)
    return univar->command->digits;
  if (variable->digits >= 0)
    return variable->digits;
  double sd = 0;
  for (size_t g = 0; g < variable->quantity.n_groups; g++) {
    const struct quantity_group *group = &variable->quantity.group[g];
    // Of a skewed quantity the quartiles tell the spread: IQR / 1.35 is a normal's SD.
    double of_group = variable->quantity.normal ? moments_sd(&group->moments)
                                                : (group->q3 - group->q1) / 1.35;
    if (of_group > 0 && (sd == 0 || of_group < sd))
      sd = of_group;
  }
  int digits = sd > 0 ? 2 - (int) floor(log10(sd)) : 2;
  if (!variable->owns_value && digits > variable->column->most_decimals + 1)
    digits = variable->column->most_decimals + 1;
  return digits < 0 ? 0 : digits > 10 ? 10 : digits;
}

void univar_compare_variable(const struct univar *univar, struct univar_variable *variable)
{
  const struct outcome *outcome = &univar->outcome;
  size_t n_rows = univar->command->table.n_rows;
  if (variable->is_category)
    category_compare(variable->value, variable->column->n_levels, outcome->code, n_rows,
                     outcome->n_groups, &univar->options, &variable->category);
  else
    quantity_compare(variable->value, outcome->code, n_rows, outcome->n_groups, variable->decision,
                     &univar->options, &variable->quantity);
  const struct category_comparison *category = &variable->category;
  const struct quantity_comparison *quantity = &variable->quantity;
  for (size_t g = 0; g < outcome->n_groups; g++) {
    variable->n += variable->is_category ? category->n[g] : quantity->group[g].n;
    variable->missing += variable->is_category ? category->missing[g] : quantity->group[g].missing;
  }
}

// ---- what must be said ----

static void note_rows(const struct univar *univar)
{
  struct report *report = &univar->command->report;
  const struct outcome *outcome = &univar->outcome;
  report->input_used = univar->command->table.n_rows - outcome->n_missing - outcome->n_set_aside;
  if (outcome->n_missing) {
    report_exclude(report, outcome->column->name, outcome->n_missing);
    report_note(report, "%zu row%s without %s left out", outcome->n_missing,
                outcome->n_missing == 1 ? "" : "s", outcome->column->name);
  }
  if (outcome->n_set_aside)
    report_note(report, "%zu row%s with another level of %s set aside", outcome->n_set_aside,
                outcome->n_set_aside == 1 ? "" : "s", outcome->column->name);
  for (size_t i = 0; i < univar->n_variables; i++)
    if (univar->variable[i].missing)
      report_exclude(report, univar->variable[i].name, univar->variable[i].missing);
}

static void note_list(struct report *report, struct text *names, const char *what)
{
  if (names->length)
    report_note(report, "%s: %s", text_content(names), what);
  text_free(names);
}

static void note_comparisons(const struct univar *univar)
{
  struct report *report = &univar->command->report;
  struct text undefined = {0}, large = {0}, unequal = {0}, untested = {0}, failed = {0}, apart = {0},
              empty = {0};
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    const struct quantity_comparison *quantity = &variable->quantity;
    size_t n_tests;
    const struct comparison_test *test = univar_tests(variable, &n_tests);
    if (!variable->n && variable->missing)
      text_append_item(&empty, ", ", variable->title);
    else if (univar->outcome.n_groups > 1 && (!n_tests || isnan(test[0].p_value)))
      text_append_item(&untested, ", ", variable->title);
    if (variable->is_category)
      continue;
    bool separate = false;
    for (size_t j = 0; j < quantity->n_effects; j++)
      separate |= strcmp(quantity->effect[j].effect, "rank.biserial") == 0 &&
                  fabs(quantity->effect[j].estimate) == 1;
    if (separate)
      text_append_item(&apart, ", ", variable->title);
    if (quantity->normality_undefined && variable->decision == NORMALITY_BY_TEST)
      text_append_item(&undefined, ", ", variable->title);
    if (quantity->normality_large && variable->decision == NORMALITY_BY_TEST)
      text_append_item(&large, ", ", variable->title);
    if (univar->options.convention.welch_hint && n_tests && quantity->levene.p_value < 0.05 &&
        (test[0].test == TEST_T || test[0].test == TEST_ANOVA))
      text_append_item(&unequal, ", ", variable->title);
    if (quantity->bootstrap_failures)
      text_append_item(&failed, ", ", variable->title);
  }
  note_list(report, &empty, "every value is missing");
  note_list(report, &untested, "no P value: fewer than two groups hold values, or there is no spread");
  note_list(report, &undefined,
            "the normality test is not defined in some group (n < 5 or no spread): treated as not "
            "normal");
  if (large.length)
    report_note(report, "with more than 300 rows a group the normality test rejects trivial "
                        "departures: look at the figure, and say --normal=NAME where that is fair");
  text_free(&large);
  note_list(report, &unequal,
            univar->outcome.n_groups == 2
                ? "variances differ (Levene P < 0.05): consider --test=welch"
                : "variances differ (Levene P < 0.05): consider --test=welch-anova and "
                  "--posthoc=games-howell");
  note_list(report, &apart, "two groups do not overlap: the interval of the rank-biserial "
                            "correlation has no width and says nothing");
  note_list(report, &failed, "some bootstrap replicates have no answer and are left out");
}

static bool uses_seed(const struct univar *univar)
{
  for (size_t i = 0; i < univar->n_variables; i++) {
    size_t n;
    const struct comparison_test *test = univar_tests(&univar->variable[i], &n);
    for (size_t j = 0; j < n; j++)
      if (test[j].n_tables)
        return true;
    const struct comparison_effect *effect = univar_effects(&univar->variable[i], &n);
    for (size_t j = 0; j < n; j++)
      if (strcmp(effect[j].effect, "epsilon.squared") == 0 && univar->options.bootstrap)
        return true;
  }
  return false;
}

// ---- the command ----

const struct comparison_test *univar_tests(const struct univar_variable *variable, size_t *n)
{
  *n = variable->is_category ? variable->category.n_tests : variable->quantity.n_tests;
  return variable->is_category ? variable->category.test : variable->quantity.test;
}

const struct comparison_pair *univar_pairs(const struct univar_variable *variable, size_t *n)
{
  *n = variable->is_category ? variable->category.n_pairs : variable->quantity.n_pairs;
  return variable->is_category ? variable->category.pair : variable->quantity.pair;
}

const struct comparison_effect *univar_effects(const struct univar_variable *variable, size_t *n)
{
  *n = variable->is_category ? variable->category.n_effects : variable->quantity.n_effects;
  return variable->is_category ? variable->category.effect : variable->quantity.effect;
}

static void free_column_copy(struct column *column)
{
  for (size_t i = 0; i < column->n_levels && column->level; i++) {
    free(column->level[i]);
    free(column->level_label[i]);
  }
  free(column->level);
  free(column->level_label);
  free(column->value);
  free(column->name);
  free(column->label);
  free(column->unit);
}

static void release(struct univar *univar)
{
  for (size_t i = 0; i < univar->n_variables; i++) {
    struct univar_variable *variable = &univar->variable[i];
    free(variable->name);
    free(variable->title);
    if (variable->owns_value)
      free(variable->value);
    if (variable->copy.value)
      free_column_copy(&variable->copy);
    quantity_comparison_free(&variable->quantity);
    category_comparison_free(&variable->category);
  }
  free(univar->variable);
  outcome_free(&univar->outcome);
  text_list_free(&univar->settings->normal);
  text_list_free(&univar->settings->nonnormal);
}

static void compare_groups(struct univar *univar)
{
  struct command *command = univar->command;
  #pragma omp parallel for schedule(dynamic)
  for (size_t i = 0; i < univar->n_variables; i++)
    univar_compare_variable(univar, &univar->variable[i]);
  for (size_t i = 0; i < univar->n_variables; i++)
    univar->variable[i].digits = univar_digits(univar, &univar->variable[i]);
  note_rows(univar);
  note_comparisons(univar);
  command->report.has_seed = uses_seed(univar);
  command->report.seed = command->seed;
  univar_fill_tables(univar, &command->report);
  univar_fill_layout(univar, &command->report);
}

static int report_missing_values(struct univar *univar)
{
  struct univar_missing missing;
  univar_missing_compute(&missing, univar);
  univar_missing_fill_tables(&missing, &univar->command->report);
  univar_missing_fill_layout(&missing, &univar->command->report);
  int status = command_finish(univar->command, univar_missing_draw, &missing);
  univar_missing_free(&missing);
  return status;
}

static void resolve_outcome(struct univar *univar)
{
  struct command *command = univar->command;
  struct error error;
  if (univar->settings->missing)
    univar_missing_outcome(univar);
  else if (!outcome_resolve(&univar->outcome, &command->formula, &command->table, OUTCOME_GROUPS,
                            &error))
    command_fail(command, &error);
}

int main(int argc, char **argv)
{
  struct univar_settings settings = {.adjust = -1, .normality = -1, .levene = -1};
  struct command command;
  command_start(&command, &spec, &settings, argc, argv);
  struct univar univar = {.command = &command, .settings = &settings};
  command_need_formula(&command, "her2 ~ age + adc");
  univar_missing_check(&univar);
  command_load(&command);
  if (settings.missing)
    univar_missing_terms(&command.formula);
  resolve_outcome(&univar);
  check_test(&univar);
  set_comparison_options(&univar);
  univar.n_variables = command.formula.n_terms;
  univar.variable = NEW_ZEROED(struct univar_variable, univar.n_variables);
  for (size_t i = 0; i < univar.n_variables; i++)
    prepare_variable(&univar, &command.formula.term[i], &univar.variable[i]);
  check_contradictions(&univar);
  check_names(&univar, "normal", &settings.normal);
  check_names(&univar, "nonnormal", &settings.nonnormal);
  int status;
  if (settings.missing) {
    status = report_missing_values(&univar);
  } else {
    compare_groups(&univar);
    status = command_finish(&command, univar_draw, &univar);
  }
  release(&univar);
  return status;
}
