// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar's page: the table as a journal prints it, and its footnotes.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/univar.h"

enum { MOST_PAIR_COLUMNS = 6, P_DIGITS = 3 };

static const char *const minus = "\u2212", *const plus_minus = " \u00b1 ";

// A number with a true minus sign.
static void append_number(struct text *text, double value, int digits)
{
  char buffer[NUMBER_SIZE];
  number_write_fixed(buffer, value, digits);
  if (buffer[0] == '-') {
    text_append(text, minus);
    text_append(text, buffer + 1);
  } else {
    text_append(text, buffer);
  }
}

static char *p_text(double p)
{
  char buffer[NUMBER_SIZE];
  return memory_copy_text(isnan(p) ? "\u2013" : number_write_p(buffer, p, P_DIGITS));
}

// ---- the symbols of the statistics ----

static const struct {
  enum comparison_test_name test;
  bool corrected;
  const char *symbol, *meaning;
} symbols[] = {
    {TEST_T, false, "t", "Student's t test"},
    {TEST_WELCH, false, "Welch t", "Welch's t test"},
    {TEST_MANN_WHITNEY, false, "U", "Mann-Whitney U test"},
    {TEST_MANN_WHITNEY, true, "U", "Mann-Whitney U test with continuity correction"},
    {TEST_KS, false, "D", "two-sample Kolmogorov-Smirnov test"},
    {TEST_ANOVA, false, "F", "one-way analysis of variance"},
    {TEST_WELCH_ANOVA, false, "Welch F", "Welch's analysis of variance"},
    {TEST_KRUSKAL, false, "H", "Kruskal-Wallis test"},
    {TEST_CHI_SQUARE, false, "\u03c7\u00b2", "Pearson's chi-square test"},
    {TEST_CHI_SQUARE, true, "Yates \u03c7\u00b2",
     "Pearson's chi-square test with Yates's correction"},
    {TEST_FISHER, false, "Fisher", "Fisher's exact test"},
    {TEST_TREND, false, "trend \u03c7\u00b2", "chi-square test for linear trend"},
    {TEST_LIKELIHOOD_RATIO, false, "G", "likelihood ratio chi-square test"},
};
enum { N_SYMBOLS = sizeof symbols / sizeof *symbols };

static size_t symbol_of(const struct comparison_test *test)
{
  size_t found = 0;
  for (size_t i = 0; i < N_SYMBOLS; i++)
    if (symbols[i].test == test->test && symbols[i].corrected == test->corrected)
      found = i;
  return found;
}

static char *statistic_text(const struct comparison_test *test)
{
  struct text text = {0};
  if (isnan(test->p_value))
    return memory_copy_text("\u2013");
  text_append(&text, symbols[symbol_of(test)].symbol);
  if (!isnan(test->statistic)) {
    text_append(&text, " = ");
    int digits = test->test == TEST_KS ? 3 : 2;
    if (test->test == TEST_MANN_WHITNEY)
      digits = test->statistic == floor(test->statistic) ? 0 : 1;
    append_number(&text, test->statistic, digits);
  }
  return text_take(&text);
}

// ---- cells ----

static char *title_with(const struct univar_variable *variable, const char *what)
{
  struct text text = {0};
  text_append(&text, variable->title);
  if (variable->unit && !variable->is_category)
    text_append_format(&text, " (%s)", variable->unit);
  text_append(&text, ", ");
  text_append(&text, what);
  return text_take(&text);
}

static char *quantity_cell(const struct univar *univar, const struct univar_variable *variable,
                           size_t g)
{
  const struct quantity_group *group = &variable->quantity.group[g];
  struct text text = {0};
  if (!group->n)
    return memory_copy_text("\u2013");
  if (variable->quantity.normal) {
    append_number(&text, group->moments.mean, variable->digits);
    if (group->n > 1) {
      text_append(&text, plus_minus);
      append_number(&text, moments_sd(&group->moments), variable->digits);
    }
  } else {
    append_number(&text, group->median, variable->digits);
    text_append(&text, " (");
    append_number(&text, group->q1, variable->digits);
    text_append(&text, ", ");
    append_number(&text, group->q3, variable->digits);
    text_append(&text, ")");
  }
  if (group->n < univar->outcome.n[g])
    text_append_format(&text, " [%zu]", group->n);
  return text_take(&text);
}

char *univar_count_cell(const struct univar *univar, double count, size_t n)
{
  struct text text = {0};
  char buffer[NUMBER_SIZE];
  text_append(&text, number_write_fixed(buffer, count, 0));
  if (n) {
    int digits = univar->command->digits >= 0 ? univar->command->digits : 1;
    text_append_format(&text, " (%s)",
                       number_write_fixed(buffer, 100 * count / (double) n, digits));
  }
  return text_take(&text);
}

static void set_and_free(struct layout *layout, size_t row, size_t column, char *text)
{
  layout_set(layout, row, column, text);
  free(text);
}

// ---- columns ----

static bool any_pairs(const struct univar *univar)
{
  for (size_t i = 0; i < univar->n_variables; i++) {
    size_t n;
    univar_pairs(&univar->variable[i], &n);
    if (n)
      return true;
  }
  return false;
}

// The adjustment of a family of pairs; simultaneous methods need none.
static bool is_unadjusted(const struct univar_variable *variable)
{
  size_t n;
  const struct comparison_pair *pair = univar_pairs(variable, &n);
  enum adjustment adjustment =
      variable->is_category ? variable->category.adjustment : variable->quantity.adjustment;
  return n && adjustment == ADJUST_NONE && !isnan(pair[0].p_holm);
}

void univar_add_test_columns(const struct univar *univar, struct layout *layout,
                             struct univar_columns *columns)
{
  size_t n_groups = univar->outcome.n_groups;
  *columns = (struct univar_columns){0};
  if (n_groups < 2)
    return;
  columns->p = layout->heading.n_items;
  columns->statistic = columns->p + 1;
  layout_column(layout, ALIGN_LEFT, "P");
  layout_column(layout, ALIGN_LEFT, "Statistic");
  size_t n_pairs = pairs_count(n_groups);
  if (!any_pairs(univar) || n_pairs > MOST_PAIR_COLUMNS)
    return;
  columns->first_pair = columns->statistic + 1;
  columns->n_pairs = n_pairs;
  for (size_t i = 0; i < univar->n_variables; i++)
    columns->holm |= is_unadjusted(&univar->variable[i]);
  for (size_t i = 0; i < n_pairs; i++) {
    char *heading = text_format("P%zu%s", i + 1, columns->holm ? " (Holm)" : "");
    layout_column(layout, ALIGN_LEFT, heading);
    free(heading);
  }
}

static void add_group_columns(const struct univar *univar, struct layout *layout)
{
  const struct outcome *outcome = &univar->outcome;
  layout_column(layout, ALIGN_LEFT, "Variable");
  for (size_t g = 0; g < outcome->n_groups; g++) {
    char *heading = text_format("%s\n(n = %zu)", outcome->label[g], outcome->n[g]);
    layout_column(layout, ALIGN_LEFT, heading);
    free(heading);
  }
}

// ---- rows ----

static void fill_test(struct layout *layout, size_t row, const struct univar_columns *columns,
                      const struct comparison_test *test)
{
  set_and_free(layout, row, columns->p, p_text(test->p_value));
  set_and_free(layout, row, columns->statistic, statistic_text(test));
}

static size_t pair_index(size_t a, size_t b, size_t n_groups)
{
  size_t index = 0;
  for (size_t i = 0; i < a; i++)
    index += n_groups - 1 - i;
  return index + b - a - 1;
}

// The pairs of one variable, or of one of its levels.
static void fill_pairs(const struct univar *univar, const struct univar_variable *variable,
                       struct layout *layout, size_t row, size_t level,
                       const struct univar_columns *columns)
{
  size_t n_pairs, n_tests;
  const struct comparison_pair *pair = univar_pairs(variable, &n_pairs);
  const struct comparison_test *overall = univar_tests(variable, &n_tests);
  for (size_t j = 0; j < n_pairs && columns->first_pair; j++) {
    if (pair[j].level != level || isnan(pair[j].p_adjusted))
      continue;
    char p[NUMBER_SIZE], holm[NUMBER_SIZE];
    struct text text = {0};
    text_append(&text, number_write_p(p, pair[j].p_adjusted, P_DIGITS));
    if (columns->holm && is_unadjusted(variable))
      text_append_format(&text, " (%s)", number_write_p(holm, pair[j].p_holm, P_DIGITS));
    if (!(overall[0].p_value < 0.05))
      text_append(&text, "\u2020");
    size_t k = pair_index(pair[j].group1, pair[j].group2, univar->outcome.n_groups);
    set_and_free(layout, row, columns->first_pair + k, text_take(&text));
  }
}

static void add_further_tests(const struct univar_variable *variable, struct layout *layout,
                              const struct univar_columns *columns)
{
  size_t n_tests;
  const struct comparison_test *test = univar_tests(variable, &n_tests);
  for (size_t j = 1; j < n_tests && columns->p; j++) {
    size_t row = layout_row(layout, LAYOUT_LEVEL);
    char *name = text_format("%s%s", test[j].exact ? "exact, " : "",
                             symbols[symbol_of(&test[j])].meaning);
    set_and_free(layout, row, 0, name);
    fill_test(layout, row, columns, &test[j]);
  }
}

static void add_quantity(const struct univar *univar, const struct univar_variable *variable,
                         struct layout *layout, const struct univar_columns *columns)
{
  size_t row = layout_row(layout, LAYOUT_VARIABLE);
  bool normal = variable->quantity.normal;
  if (variable->n)
    set_and_free(layout, row, 0,
                 title_with(variable, normal ? "mean \u00b1 SD" : "median (Q1, Q3)"));
  else
    layout_set(layout, row, 0, variable->title);
  for (size_t g = 0; g < univar->outcome.n_groups; g++)
    set_and_free(layout, row, g + 1, quantity_cell(univar, variable, g));
  if (columns->p && variable->quantity.n_tests)
    fill_test(layout, row, columns, &variable->quantity.test[0]);
  fill_pairs(univar, variable, layout, row, (size_t) -1, columns);
  add_further_tests(variable, layout, columns);
}

static void add_category(const struct univar *univar, const struct univar_variable *variable,
                         struct layout *layout, const struct univar_columns *columns)
{
  const struct category_comparison *category = &variable->category;
  size_t row = layout_row(layout, LAYOUT_VARIABLE), k = univar->outcome.n_groups;
  set_and_free(layout, row, 0, title_with(variable, "n (%)"));
  if (columns->p && category->n_tests)
    fill_test(layout, row, columns, &category->test[0]);
  fill_pairs(univar, variable, layout, row, (size_t) -1, columns);
  for (size_t level = 0; level < category->n_levels; level++) {
    row = layout_row(layout, LAYOUT_LEVEL);
    layout_set(layout, row, 0, variable->column->level_label[level]);
    for (size_t g = 0; g < k; g++)
      set_and_free(layout, row, g + 1,
                   univar_count_cell(univar, category->count[level * k + g], category->n[g]));
    fill_pairs(univar, variable, layout, row, level, columns);
  }
  if (variable->missing) {
    row = layout_row(layout, LAYOUT_LEVEL);
    layout_set(layout, row, 0, "missing");
    for (size_t g = 0; g < k; g++)
      layout_set_format(layout, row, g + 1, "%zu", category->missing[g]);
  }
  add_further_tests(variable, layout, columns);
}

void univar_add_variable(const struct univar *univar, const struct univar_variable *variable,
                         struct layout *layout, const struct univar_columns *columns)
{
  if (variable->is_category)
    add_category(univar, variable, layout, columns);
  else
    add_quantity(univar, variable, layout, columns);
}

void univar_set_tests(const struct univar *univar, const struct univar_variable *variable,
                      struct layout *layout, size_t row, size_t level,
                      const struct univar_columns *columns)
{
  size_t n_tests;
  const struct comparison_test *test = univar_tests(variable, &n_tests);
  if (columns->p && n_tests)
    fill_test(layout, row, columns, &test[0]);
  fill_pairs(univar, variable, layout, row, (size_t) -1, columns);
  fill_pairs(univar, variable, layout, row, level, columns);
  add_further_tests(variable, layout, columns);
}

// ---- footnotes ----

// What parts titles in a list: a semicolon if one of them holds a comma.
static const char *between(const struct univar *univar)
{
  for (size_t i = 0; i < univar->n_variables; i++)
    if (strchr(univar->variable[i].title, ','))
      return "; ";
  return ", ";
}

static void footnote_symbol(struct layout *layout, size_t s, bool exact, const char *names)
{
  const char *how = "";
  if (symbols[s].test == TEST_MANN_WHITNEY || symbols[s].test == TEST_KS)
    how = exact ? ", exact P" : ", asymptotic P";
  else if (symbols[s].test == TEST_FISHER)
    how = exact ? "" : ", P from random tables (Monte Carlo)";
  layout_footnote(layout, "%s: %s%s%s.", symbols[s].symbol, symbols[s].meaning, how, names);
}

// "F: one-way analysis of variance (Age, ADC)."
static void footnote_symbols(const struct univar *univar, struct layout *layout)
{
  for (size_t s = 0; s < N_SYMBOLS; s++)
    for (int exact = 0; exact < 2; exact++) {
      struct text names = {0};
      for (size_t i = 0; i < univar->n_variables; i++) {
        size_t n_tests;
        const struct comparison_test *test = univar_tests(&univar->variable[i], &n_tests);
        for (size_t j = 0; j < n_tests; j++)
          if (symbol_of(&test[j]) == s && test[j].exact == (exact == 1) && !isnan(test[j].p_value))
            text_append_item(&names, between(univar), univar->variable[i].title);
      }
      if (names.length) {
        char *list = text_format(" (%s)", text_content(&names));
        footnote_symbol(layout, s, exact == 1, list);
        free(list);
      }
      text_free(&names);
    }
}

void univar_footnote_symbols(const struct comparison_test *const *test, size_t n_tests,
                             struct layout *layout)
{
  for (size_t s = 0; s < N_SYMBOLS; s++)
    for (int exact = 0; exact < 2; exact++) {
      bool used = false;
      for (size_t j = 0; j < n_tests; j++)
        used |= symbol_of(test[j]) == s && test[j]->exact == (exact == 1);
      if (used)
        footnote_symbol(layout, s, exact == 1, "");
    }
}

static void footnote_monte_carlo(const struct univar *univar, struct layout *layout)
{
  for (size_t i = 0; i < univar->n_variables; i++) {
    size_t n_tests;
    const struct comparison_test *test = univar_tests(&univar->variable[i], &n_tests);
    for (size_t j = 0; j < n_tests; j++)
      if (test[j].n_tables)
        layout_footnote(layout,
                        "%s: Fisher's P from %zu random tables, %.10g%% interval %.5f to %.5f.",
                        univar->variable[i].title, test[j].n_tables, 100 * univar->command->level,
                        test[j].p_low, test[j].p_high);
  }
}

void univar_footnote_tests(const struct univar *univar, struct layout *layout)
{
  footnote_symbols(univar, layout);
  footnote_monte_carlo(univar, layout);
}

static void footnote_summaries(const struct univar *univar, struct layout *layout)
{
  bool normal = false, ranked = false, quantity = false, few = false;
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    if (variable->is_category || !variable->n)
      continue;
    quantity = true;
    *(variable->quantity.normal ? &normal : &ranked) = true;
    few |= variable->missing > 0;
  }
  const struct convention *convention = &univar->options.convention;
  if (quantity && convention->normality != NORMALITY_NONE &&
      univar->options.quantity_test == TEST_AUTOMATIC)
    layout_footnote(layout,
                    "Mean \u00b1 SD where the distribution is normal in every group (P \u2265 0.05, "
                    "%s), else median (first, third quartile).",
                    choice_help(normality_choices, (int) convention->normality));
  struct text declared = {0};
  for (size_t i = 0; i < univar->n_variables; i++)
    if (!univar->variable[i].is_category && univar->variable[i].decision != NORMALITY_BY_TEST)
      text_append_item(&declared, between(univar), univar->variable[i].title);
  if (declared.length)
    layout_footnote(layout, "Treated as normal or not normal by request: %s.",
                    text_content(&declared));
  text_free(&declared);
  if (ranked)
    layout_footnote(layout, "Quartiles: %s.",
                    convention->quantile == QUANTILE_TYPE_6
                        ? "(n + 1)p-th value (type 6, SPSS HAVERAGE)"
                        : "(n \u2212 1)p + 1-th value (type 7, R)");
  if (few)
    layout_footnote(layout, "[n]: values present where some are missing.");
}

static void footnote_levene(const struct univar *univar, struct layout *layout)
{
  struct text list = {0};
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    if (variable->is_category || !variable->quantity.n_tests || !variable->quantity.normal ||
        isnan(variable->quantity.levene.p_value))
      continue;
    char p[NUMBER_SIZE];
    text_append_item(&list, between(univar), variable->title);
    text_append_format(&list, " %s", number_write_p(p, variable->quantity.levene.p_value, P_DIGITS));
  }
  if (list.length)
    layout_footnote(layout, "Levene's test of equal variances (%s), P: %s.",
                    choice_help(levene_choices, (int) univar->options.convention.levene),
                    text_content(&list));
  text_free(&list);
}

// How the P of rank and Fisher pairs was had, where it is not the plain way for all.
static void footnote_pair_exactness(const struct univar *univar, struct layout *layout)
{
  size_t exact = 0, asymptotic = 0, drawn = 0;
  for (size_t i = 0; i < univar->n_variables; i++) {
    size_t n_pairs;
    const struct comparison_pair *pair = univar_pairs(&univar->variable[i], &n_pairs);
    for (size_t j = 0; j < n_pairs; j++) {
      drawn += pair[j].test.n_tables > 0;
      if (pair[j].posthoc == POSTHOC_MANN_WHITNEY)
        *(pair[j].test.exact ? &exact : &asymptotic) += 1;
    }
  }
  if (exact)
    layout_footnote(layout, "Mann-Whitney pairs: %zu with exact P, %zu asymptotic (the table "
                            "`pairwise` says which).",
                    exact, asymptotic);
  if (drawn)
    layout_footnote(layout, "%zu pair%s: Fisher's P from random tables.", drawn,
                    drawn == 1 ? "" : "s");
}

static void footnote_pair_methods(const struct univar *univar, struct layout *layout)
{
  struct text methods = {0};
  for (int posthoc = POSTHOC_LSD; posthoc <= POSTHOC_PROPORTIONS; posthoc++)
    for (int adjustment = ADJUST_NONE; adjustment <= ADJUST_BH; adjustment++) {
      struct text names = {0};
      for (size_t i = 0; i < univar->n_variables; i++) {
        const struct univar_variable *variable = &univar->variable[i];
        size_t n_pairs;
        const struct comparison_pair *pair = univar_pairs(variable, &n_pairs);
        enum adjustment used =
            variable->is_category ? variable->category.adjustment : variable->quantity.adjustment;
        bool here = false;
        for (size_t j = 0; j < n_pairs; j++)
          here |= (int) pair[j].posthoc == posthoc;
        if (here && (int) used == adjustment)
          text_append_item(&names, between(univar), variable->title);
      }
      bool simultaneous = posthoc >= POSTHOC_TUKEY && posthoc <= POSTHOC_GAMES_HOWELL;
      if (names.length)
        text_append_format(&methods, "%s%s, %s (%s)", methods.length ? "; " : "",
                           choice_help(comparison_posthocs, posthoc),
                           simultaneous                  ? "simultaneous"
                           : adjustment == ADJUST_NONE ? "unadjusted"
                                                       : choice_help(adjustment_choices, adjustment),
                           text_content(&names));
      text_free(&names);
    }
  if (methods.length)
    layout_footnote(layout, "Pairs: %s.", text_content(&methods));
  text_free(&methods);
}

void univar_footnote_pairs(const struct univar *univar, struct layout *layout,
                           const struct univar_columns *columns)
{
  if (!any_pairs(univar))
    return;
  const struct outcome *outcome = &univar->outcome;
  size_t n_pairs = pairs_count(outcome->n_groups);
  if (columns->first_pair) {
    struct text list = {0};
    size_t index = 0;
    for (size_t a = 0; a < outcome->n_groups; a++)
      for (size_t b = a + 1; b < outcome->n_groups; b++) {
        index++;
        text_append_format(&list, "%sP%zu: %s v %s", index > 1 ? "; " : "", index,
                           outcome->label[a], outcome->label[b]);
      }
    layout_footnote(layout, "%s.", text_content(&list));
    text_free(&list);
  } else {
    layout_footnote(layout, "The %zu pairs of groups are in the table `pairwise`.", n_pairs);
  }
  footnote_pair_methods(univar, layout);
  footnote_pair_exactness(univar, layout);
  if (columns->holm)
    layout_footnote(layout,
                    "Unadjusted pairs: %zu comparisons a variable; in parentheses the P that "
                    "Holm's method gives for them.",
                    n_pairs);
  bool marked = false;
  for (size_t i = 0; i < univar->n_variables; i++) {
    size_t n, n_tests;
    univar_pairs(&univar->variable[i], &n);
    const struct comparison_test *test = univar_tests(&univar->variable[i], &n_tests);
    marked |= n && !(test[0].p_value < 0.05);
  }
  if (marked && columns->first_pair)
    layout_footnote(layout, "\u2020 Overall P \u2265 0.05: the pair is not evidence by itself.");
}

// ---- effect sizes ----

static const struct {
  const char *effect, *words;
} effect_words[] = {
    {"difference", "difference of means"},
    {"smd", "standardized mean difference"},
    {"hedges.g", "Hedges's g"},
    {"hodges.lehmann", "Hodges-Lehmann difference"},
    {"rank.biserial", "rank-biserial correlation"},
    {"eta.squared", "eta squared"},
    {"epsilon.squared", "epsilon squared"},
    {"cramers.v", "Cram\u00e9r's V"},
    {"odds.ratio", "odds ratio"},
    {"risk.difference", "risk difference"},
};

static const char *words_of(const char *effect)
{
  for (size_t i = 0; i < sizeof effect_words / sizeof *effect_words; i++)
    if (strcmp(effect_words[i].effect, effect) == 0)
      return effect_words[i].words;
  return effect;
}

static bool in_units(const char *effect)
{
  return strcmp(effect, "difference") == 0 || strcmp(effect, "hodges.lehmann") == 0;
}

static char *interval_text(const struct comparison_effect *effect, int digits)
{
  struct text text = {0};
  if (isnan(effect->estimate))
    return memory_copy_text("\u2013");
  append_number(&text, effect->estimate, digits);
  if (!isnan(effect->conf_low) || !isnan(effect->conf_high)) {
    text_append(&text, " (");
    append_number(&text, effect->conf_low, digits);
    text_append(&text, " to ");
    append_number(&text, effect->conf_high, digits);
    text_append(&text, ")");
  }
  return text_take(&text);
}

static void add_effects_layout(const struct univar *univar, struct report *report)
{
  struct layout *layout = report_add_layout(report, "effects", "Effect sizes");
  layout_column(layout, ALIGN_LEFT, "Variable");
  layout_column(layout, ALIGN_LEFT, "Groups");
  layout_column(layout, ALIGN_LEFT, "Effect");
  char *heading = text_format("Estimate (%.10g%% CI)", 100 * univar->command->level);
  layout_column(layout, ALIGN_LEFT, heading);
  free(heading);
  const struct outcome *outcome = &univar->outcome;
  for (size_t i = 0; i < univar->n_variables; i++) {
    const struct univar_variable *variable = &univar->variable[i];
    size_t n_effects;
    const struct comparison_effect *effect = univar_effects(variable, &n_effects);
    for (size_t j = 0; j < n_effects; j++, effect++) {
      size_t row = layout_row(layout, j ? LAYOUT_PLAIN : LAYOUT_VARIABLE);
      if (!j)
        layout_set(layout, row, 0, variable->title);
      if (effect->group1 < outcome->n_groups)
        layout_set_format(layout, row, 1, "%s v %s", outcome->label[effect->group1],
                          outcome->label[effect->group2]);
      if (effect->level < (variable->is_category ? variable->column->n_levels : 0))
        layout_set_format(layout, row, 2, "%s of %s", words_of(effect->effect),
                          variable->column->level_label[effect->level]);
      else
        layout_set(layout, row, 2, words_of(effect->effect));
      set_and_free(layout, row, 3,
                   interval_text(effect, in_units(effect->effect) ? variable->digits : 2));
    }
  }
  layout_footnote(layout, "Differences are first group \u2212 second group, ratios first / second; "
                          "odds ratios are against the first level of the variable.");
}

void univar_fill_layout(const struct univar *univar, struct report *report)
{
  const struct outcome *outcome = &univar->outcome;
  char *title = outcome->column
                    ? text_format("Comparison of groups of %s", column_title(outcome->column))
                    : memory_copy_text("Summary of the cohort");
  struct layout *layout = report_add_layout(report, "tests", title);
  free(title);
  struct univar_columns columns;
  add_group_columns(univar, layout);
  univar_add_test_columns(univar, layout, &columns);
  for (size_t i = 0; i < univar->n_variables; i++)
    univar_add_variable(univar, &univar->variable[i], layout, &columns);
  footnote_summaries(univar, layout);
  univar_footnote_tests(univar, layout);
  footnote_levene(univar, layout);
  univar_footnote_pairs(univar, layout, &columns);
  if (univar->settings->effects)
    add_effects_layout(univar, report);
}
