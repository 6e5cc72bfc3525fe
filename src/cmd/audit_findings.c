// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: the list of findings, and what all checks need of the tables.
#include <config.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/audit.h"

const char *const verdict_names[N_VERDICTS] = {
    [VERDICT_UNVERIFIABLE] = "unverifiable", [VERDICT_CONSISTENT] = "consistent",
    [VERDICT_ROUNDING] = "rounding",         [VERDICT_DIFFERENT] = "different",
    [VERDICT_IMPOSSIBLE] = "impossible",
};

const struct audit_kind_spec audit_kinds[N_KINDS] = {
    [KIND_NONE] =
        {"none",
         "nothing printed determines the number"},
    [KIND_COUNTS] =
        {"counts",
         "rows were lost, counted twice or mistyped: nothing that is computed from these "
         "counts can be relied on"},
    [KIND_GRIM] =
        {"grim",
         "no sum of whole numbers gives this mean: the summary was not computed from these "
         "patients"},
    [KIND_POOLED] =
        {"pooled",
         "the whole cohort is not the sum of its groups: compare your own patients with the "
         "groups, not with the cohort's row"},
    [KIND_COUNT_TEST] =
        {"count-test",
         "the P value does not belong to the counts: judge the predictor by the recomputed one"},
    [KIND_MEAN_TEST] =
        {"mean-test",
         "the test does not belong to the means and SDs: judge the predictor by the recomputed"
         " one"},
    [KIND_P_OF_STATISTIC] =
        {"p-of-statistic",
         "statistic and P value are not of one test: one of the two is wrong"},
    [KIND_TEXT] =
        {"text",
         "text and table disagree: do not cite either without recomputing"},
    [KIND_ORDER] =
        {"order",
         "numbers stand outside the limits that they must keep: a misprint at least"},
    [KIND_DELTA] =
        {"delta",
         "the sign is not that of the stated change: enter the variable into the model with "
         "the sign used in print, or the risk turns round"},
    [KIND_EXPONENT] =
        {"exponent",
         "coefficient and odds ratio are not of one fit: the model cannot be rebuilt from this"
         " line"},
    [KIND_INTERVAL] =
        {"interval",
         "the odds ratio is not that of its interval: the model cannot be rebuilt from this "
         "line"},
    [KIND_P_OF_INTERVAL] =
        {"p-of-interval",
         "P value and interval say different things of the same coefficient"},
    [KIND_FACTOR] =
        {"factor",
         "the counts fix this odds ratio, and it is another one: do not use the printed effect"
         " of this category"},
    [KIND_STANDARD_ERROR] =
        {"standard-error",
         "no data with these summaries allow an interval so narrow: the coefficient is less "
         "certain than printed, or it is per another unit"},
    [KIND_SLOPE] =
        {"slope",
         "a slope fitted to these groups has another sign or is steeper: do not apply the "
         "printed coefficient to the variable as tabulated"},
    [KIND_SCORE] =
        {"score",
         "the predictor separates the groups less (or more) than its coefficient claims, "
         "whatever the unit: expect another discrimination"},
    [KIND_IDENTICAL] =
        {"identical",
         "results of different patients cannot agree to every digit: one of the lines is a "
         "copy, and its own result is unknown"},
    [KIND_EPV] =
        {"epv",
         "events per estimated parameter: below 10 expect overfitting, and shrink the "
         "coefficients before use"},
    [KIND_PROPORTION] =
        {"proportion",
         "no count of patients gives this percentage: the cut-off was not evaluated on this "
         "group"},
    [KIND_AUC] =
        {"auc",
         "area and operating point cannot both be right (or the counts forbid the area): do "
         "not plan on this discrimination"},
    [KIND_CORRECTED] =
        {"corrected",
         "correcting for optimism lowers an area: the correction, or the apparent value, is "
         "wrong"},
    [KIND_REPEATED] =
        {"repeated",
         "the same figure is printed with two values"},
};

// ---- small things ----

enum verdict verdict_of(enum agreement agreement)
{
  switch (agreement) {
  case AGREEMENT_GOOD:
    return VERDICT_CONSISTENT;
  case AGREEMENT_ROUNDING:
    return VERDICT_ROUNDING;
  case AGREEMENT_NONE:
    return VERDICT_DIFFERENT;
  default:
    return VERDICT_UNVERIFIABLE;
  }
}

struct ranged ranged_exact(double value)
{
  return (struct ranged){value, {value, value}};
}

struct ranged ranged_nothing(void)
{
  return (struct ranged){NAN, {NAN, NAN}};
}

bool audit_is_missing_level(const char *level)
{
  return strcmp(level, "missing") == 0 || strcmp(level, "unknown") == 0;
}

char *audit_side(const struct audit *audit, const bool *side)
{
  struct text text = {0};
  for (size_t g = 0; g < audit->published.n_groups; g++)
    if (side[g])
      text_append_format(&text, "%s%s", text.length ? "+" : "", audit->published.group[g]);
  text_append(&text, "");
  return text_take(&text);
}

char *audit_pair_name(const struct audit *audit, size_t pair)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_groups; i++)
    for (size_t j = i + 1; j < published->n_groups; j++)
      if (published_pair(published, i, j) == pair)
        return text_format("%s v %s", published->group[i], published->group[j]);
  return memory_copy_text("");
}

double audit_side_n(const struct audit *audit, const bool *side)
{
  double n = 0;
  for (size_t g = 0; g < audit->published.n_groups; g++)
    if (side[g])
      n += audit->group_n[g];
  return n;
}

double *audit_side_counts(const struct audit *audit, const struct published_feature *feature,
                          const struct published_model *model)
{
  size_t n_groups = audit->published.n_groups;
  double *count = NEW_ZEROED(double, 2 * feature->n_levels);
  for (size_t l = 0; l < feature->n_levels; l++)
    for (size_t g = 0; g < n_groups && !audit_is_missing_level(feature->level[l]); g++) {
      const struct published_number *number = &feature->count[l * n_groups + g];
      if (!model->event[g] && !model->comparison[g])
        continue;
      if (!published_is_printed(number)) {
        free(count);
        return NULL;
      }
      count[2 * l + (model->event[g] ? 0 : 1)] += number->printed.value;
    }
  return count;
}

struct mean_group *audit_mean_groups(const struct audit *audit,
                                     const struct published_measure *measure, const bool *side,
                                     size_t *n)
{
  size_t n_groups = audit->published.n_groups;
  struct mean_group *list = NEW_ARRAY(struct mean_group, n_groups);
  *n = 0;
  for (size_t g = 0; g < n_groups; g++) {
    const struct published_measure_group *group = &measure->group[g];
    if (side ? !side[g] : !group->is_there)
      continue;
    double rows = published_is_printed(&group->n) ? group->n.printed.value : audit->group_n[g];
    if (!group->is_there || group->kind != PUBLISHED_MEAN_SD || isnan(rows) ||
        !published_is_printed(&group->centre) || !published_is_printed(&group->sd)) {
      free(list);
      return NULL;
    }
    list[(*n)++] = (struct mean_group){.n = rows, .mean = group->centre.printed.value,
                                       .sd = group->sd.printed.value,
                                       .mean_range = group->centre.printed.range,
                                       .sd_range = group->sd.printed.range};
  }
  if (*n == 0) {
    free(list);
    return NULL;
  }
  return list;
}

// ---- names ----

static char *absent(const char *what, const char *name, const struct text_list *known)
{
  char *suggestion = text_suggestion(name, (const char *const *) known->item, known->n_items);
  char *text = text_format("no %s '%s' in the tables%s", what, name, suggestion);
  free(suggestion);
  return text;
}

static void add_measures(const struct audit *audit, struct text_list *names)
{
  for (size_t i = 0; i < audit->published.n_measures; i++)
    text_list_add(names, audit->published.measure[i].name);
}

static void add_features(const struct audit *audit, struct text_list *names)
{
  for (size_t i = 0; i < audit->published.n_features; i++)
    text_list_add(names, audit->published.feature[i].name);
}

char *audit_no_measure(const struct audit *audit, const char *name)
{
  if (published_find_measure(&audit->published, name))
    return NULL;
  struct text_list names = {0};
  add_measures(audit, &names);
  char *text = absent("measure", name, &names);
  text_list_free(&names);
  return text;
}

char *audit_no_feature(const struct audit *audit, const char *name)
{
  if (published_find_feature(&audit->published, name))
    return NULL;
  struct text_list names = {0};
  add_features(audit, &names);
  char *text = absent("feature", name, &names);
  text_list_free(&names);
  return text;
}

// A level of the form's contrast that the feature lacks; NULL if it lacks none.
static char *absent_level(const struct published_feature *feature, const char *contrast)
{
  const char *between = strstr(contrast, "_vs_");
  if (!between)
    return text_format("'%s' is no contrast A_vs_B of levels of %s", contrast, feature->name);
  char *side[] = {memory_copy_bytes(contrast, (size_t) (between - contrast)),
                  memory_copy_text(between + 4)};
  char *text = NULL;
  for (size_t i = 0; i < 2; i++)
    if (!text && published_find_level(feature, side[i]) == SIZE_MAX) {
      char *suggestion =
          text_suggestion(side[i], (const char *const *) feature->level, feature->n_levels);
      text = text_format("'%s' is no level of %s%s", side[i], feature->name, suggestion);
      free(suggestion);
    }
  free(side[0]);
  free(side[1]);
  return text ? text : text_format("'%s' is no contrast of two levels", contrast);
}

char *audit_no_term(const struct audit *audit, const struct published_term *term)
{
  const struct published_feature *feature =
      published_find_feature(&audit->published, term->variable);
  size_t level, reference;
  if (feature && *term->level && !published_contrast(feature, term->level, &level, &reference))
    return absent_level(feature, term->level);
  if (feature || published_find_measure(&audit->published, term->variable))
    return NULL;
  struct text_list names = {0};
  add_features(audit, &names);
  add_measures(audit, &names);
  char *text = absent("feature or measure", term->variable, &names);
  text_list_free(&names);
  return text;
}

// Always where a table should have the name, else if another name is near.
static void warn_of(const struct audit *audit, struct report *report, size_t file,
                    const char *item, char *why, bool always)
{
  if (why && (always || strstr(why, "did you mean")))
    report_warning(report, "%s, %s: %s", audit->published.file[file].name, item, why);
  free(why);
}

void audit_warn_of_names(const struct audit *audit, struct report *report)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_count_tests; i++) {
    const struct published_tests *tests = &published->count_tests[i];
    warn_of(audit, report, tests->file, tests->name, audit_no_feature(audit, tests->name),
            published->n_features > 0);
  }
  for (size_t i = 0; i < published->n_measure_tests; i++) {
    const struct published_tests *tests = &published->measure_tests[i];
    warn_of(audit, report, tests->file, tests->name, audit_no_measure(audit, tests->name),
            published->n_measures > 0);
  }
  for (size_t i = 0; i < published->n_terms; i++) {
    const struct published_term *term = &published->term[i];
    char *item = text_format("%s%s%s", term->variable, *term->level ? " " : "", term->level);
    warn_of(audit, report, term->file, item, audit_no_term(audit, term),
            *term->level && published_find_feature(published, term->variable));
    free(item);
  }
}

// ---- findings ----

static void place(struct audit *audit, const struct published_number *number, char *item,
                  const char *quantity)
{
  if (published_is_printed(number))
    audit->finding[number->index] =
        (struct audit_finding){.number = number, .file = number->file,
                               .item = memory_copy_text(item),
                               .quantity = memory_copy_text(quantity ? quantity : number->column),
                               .recomputed = ranged_nothing()};
}

static void place_tests(struct audit *audit, const struct published_tests *tests)
{
  place(audit, &tests->statistic, tests->name, NULL);
  place(audit, &tests->p_overall, tests->name, NULL);
  place(audit, &tests->text_p_overall, tests->name, NULL);
  for (size_t k = 0; k < audit->published.n_pairs; k++) {
    place(audit, &tests->p_pair[k], tests->name, NULL);
    place(audit, &tests->text_p_pair[k], tests->name, NULL);
  }
}

static void place_coefficient(struct audit *audit, const struct published_coefficient *c,
                              char *item)
{
  place(audit, &c->b, item, NULL);
  place(audit, &c->odds_ratio, item, NULL);
  place(audit, &c->low, item, NULL);
  place(audit, &c->high, item, NULL);
  place(audit, &c->p, item, NULL);
}

void audit_register(struct audit *audit)
{
  const struct published *published = &audit->published;
  size_t n_groups = published->n_groups;
  audit->n_findings = audit->capacity = published->n_numbers;
  audit->finding = NEW_ZEROED(struct audit_finding, published->n_numbers);
  for (size_t i = 0; i < published->n_cohort; i++) {
    const struct published_cohort_row *row = &published->cohort[i];
    place(audit, &row->n, row->group, NULL);
    place(audit, &row->percent, row->group, NULL);
    for (size_t k = 0; k < row->n_statistics; k++) {
      place(audit, &row->statistic[k].mean, row->group, NULL);
      place(audit, &row->statistic[k].sd, row->group, NULL);
    }
  }
  for (size_t i = 0; i < published->n_features; i++) {
    const struct published_feature *feature = &published->feature[i];
    for (size_t l = 0; l < feature->n_levels; l++)
      for (size_t g = 0; g < n_groups; g++) {
        char *item =
            text_format("%s %s %s", feature->name, feature->level[l], published->group[g]);
        place(audit, &feature->count[l * n_groups + g], item, NULL);
        free(item);
      }
  }
  for (size_t i = 0; i < published->n_measures; i++) {
    const struct published_measure *measure = &published->measure[i];
    for (size_t g = 0; g < n_groups; g++) {
      const struct published_measure_group *group = &measure->group[g];
      char *item = text_format("%s %s", measure->name, published->group[g]);
      place(audit, &group->n, item, NULL);
      place(audit, &group->centre, item, NULL);
      place(audit, &group->sd, item, NULL);
      place(audit, &group->spread_low, item, NULL);
      place(audit, &group->spread_high, item, NULL);
      free(item);
    }
  }
  for (size_t i = 0; i < published->n_count_tests; i++)
    place_tests(audit, &published->count_tests[i]);
  for (size_t i = 0; i < published->n_measure_tests; i++)
    place_tests(audit, &published->measure_tests[i]);
  for (size_t i = 0; i < published->n_terms; i++) {
    const struct published_term *term = &published->term[i];
    char *item = text_format("%s%s%s", term->variable, *term->level ? " " : "", term->level);
    place_coefficient(audit, &term->univariable, item);
    place_coefficient(audit, &term->multivariable, item);
    free(item);
  }
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *figure = &published->figure[i];
    char *item = text_format("%s %s", figure->model, figure->item);
    place(audit, &figure->value, item, figure->quantity);
    free(item);
  }
  for (size_t i = 0; i < published->n_agreements; i++)
    place(audit, &published->agreement[i].icc, published->agreement[i].measure, NULL);
}

void audit_free_findings(struct audit *audit)
{
  for (size_t i = 0; i < audit->n_findings; i++) {
    free(audit->finding[i].item);
    free(audit->finding[i].quantity);
    free(audit->finding[i].how);
    free(audit->finding[i].lead);
    text_free(&audit->finding[i].also);
  }
  free(audit->finding);
  audit->finding = NULL;
  audit->n_findings = audit->capacity = 0;
}

static void append_also(struct audit_finding *finding, const char *more)
{
  if (!more || strcmp(more, finding->how) == 0 ||
      (finding->lead && strcmp(more, finding->lead) == 0) ||
      (finding->also.length && strstr(finding->also.bytes, more)))
    return;
  if (finding->also.length)
    text_append(&finding->also, "; ");
  text_append(&finding->also, more);
}

// The value with its further digits left out, where rounding gives another number.
static bool is_cut(const struct printed *printed, double value)
{
  if (printed->relation != PRINTED_EQUAL || isnan(value))
    return false;
  double scale = pow(10, printed->decimals);
  return fabs(trunc(value * scale) / scale - printed->value) < 1e-9 / scale &&
         (value < printed->range.low || value > printed->range.high);
}

// Kinds whose recomputed number is a bound.
static bool is_bounded(enum audit_kind kind)
{
  return kind == KIND_STANDARD_ERROR || kind == KIND_SLOPE || kind == KIND_AUC ||
         kind == KIND_PROPORTION || kind == KIND_COUNTS || kind == KIND_GRIM;
}

void audit_lead(struct audit *audit, const struct published_number *number, const char *lead)
{
  if (!published_is_printed(number))
    return;
  free(audit->finding[number->index].lead);
  audit->finding[number->index].lead = memory_copy_text(lead);
}

void audit_remark(struct audit *audit, const struct published_number *number, const char *remark)
{
  if (!published_is_printed(number))
    return;
  struct audit_finding *finding = &audit->finding[number->index];
  if (!finding->how) {
    audit_judge(audit, number, KIND_NONE, VERDICT_UNVERIFIABLE, ranged_nothing(), "%s", remark);
    return;
  }
  char *text = text_format("not checked by the other tables (%s)", remark);
  append_also(finding, text);
  free(text);
}

void audit_judge(struct audit *audit, const struct published_number *number, enum audit_kind kind,
                 enum verdict verdict, struct ranged recomputed, const char *how, ...)
{
  if (!published_is_printed(number))
    return;
  struct audit_finding *finding = &audit->finding[number->index];
  struct text text = {0};
  va_list arguments;
  va_start(arguments, how);
  text_append_format_list(&text, how, arguments);
  va_end(arguments);
  if (verdict >= VERDICT_DIFFERENT && kind != KIND_TEXT && !is_bounded(kind) &&
      is_cut(&number->printed, recomputed.value))
    text_append(&text, "; cut, not rounded");
  char *working = text_take(&text);
  bool first = finding->how == NULL;
  if (first || verdict > finding->verdict) {
    char *old = finding->how;
    bool old_counts = finding->verdict >= VERDICT_DIFFERENT;
    finding->verdict = verdict;
    finding->kind = kind;
    finding->recomputed = recomputed;
    finding->how = working;
    if (old_counts)
      append_also(finding, old);
    free(old);
    return;
  }
  if (verdict >= VERDICT_DIFFERENT)
    append_also(finding, working);
  free(working);
}

void audit_add(struct audit *audit, size_t file, const char *item, const char *quantity,
               enum audit_kind kind, enum verdict verdict, struct ranged recomputed,
               const char *how, ...)
{
  struct text text = {0};
  va_list arguments;
  va_start(arguments, how);
  text_append_format_list(&text, how, arguments);
  va_end(arguments);
  GROW_ARRAY(audit->finding, audit->capacity, audit->n_findings + 1);
  audit->finding[audit->n_findings++] = (struct audit_finding){
      .file = file, .item = memory_copy_text(item), .quantity = memory_copy_text(quantity),
      .recomputed = recomputed, .verdict = verdict, .kind = kind, .how = text_take(&text)};
}

// ---- candidates ----

bool audit_is_alone(const bool *fits, size_t convention, size_t n_plain, size_t n_pairs,
                    size_t n_printed)
{
  size_t n = 0;
  for (size_t k = 0; k < n_pairs; k++)
    n += fits[convention * n_pairs + k];
  return convention >= n_plain && n_printed > 1 && n < 2;
}

static void append_candidate(struct text *text, const struct audit_candidate *candidate)
{
  text_append_format(text, "%s %.4g", candidate->name, candidate->value.value);
  const struct interval *range = &candidate->value.range;
  if (interval_is_known(*range) && range->low != range->high)
    text_append_format(text, " (%.4g to %.4g)", range->low, range->high);
}

void audit_judge_candidates(struct audit *audit, const struct published_number *number,
                            enum audit_kind kind, bool is_p, const char *basis,
                            const struct audit_candidate *candidate, size_t n_candidates,
                            const char *hint)
{
  if (!published_is_printed(number))
    return;
  enum { MOST_NAMED = 7 };
  size_t best = 0, first_known = SIZE_MAX, by_chance = SIZE_MAX;
  enum agreement found = AGREEMENT_UNKNOWN;
  for (size_t i = 0; i < n_candidates; i++) {
    enum agreement agreement =
        (is_p ? printed_compare_p : printed_compare)(&number->printed, candidate[i].value.value,
                                                     candidate[i].value.range);
    if (agreement == AGREEMENT_UNKNOWN)
      continue;
    if (candidate[i].alone && agreement != AGREEMENT_NONE) {
      by_chance = by_chance == SIZE_MAX && agreement == AGREEMENT_GOOD ? i : by_chance;
      agreement = AGREEMENT_NONE;
    }
    if (first_known == SIZE_MAX)
      first_known = best = i;
    if (agreement == AGREEMENT_GOOD && found != AGREEMENT_GOOD) {
      found = AGREEMENT_GOOD;
      best = i;
    } else if (agreement == AGREEMENT_ROUNDING && found != AGREEMENT_GOOD &&
               found != AGREEMENT_ROUNDING) {
      found = AGREEMENT_ROUNDING;
      best = i;
    } else if (found == AGREEMENT_UNKNOWN) {
      found = AGREEMENT_NONE;
    }
  }
  if (first_known == SIZE_MAX)
    return;
  struct text text = {0};
  text_append_format(&text, "%s: ", basis);
  append_candidate(&text, &candidate[found == AGREEMENT_NONE ? first_known : best]);
  if (found != AGREEMENT_NONE && best != first_known) {
    text_append(&text, ", while ");
    append_candidate(&text, &candidate[first_known]);
  }
  if (found == AGREEMENT_NONE) {
    size_t known = 1;
    struct text others = {0};
    for (size_t i = first_known + 1; i < n_candidates; i++)
      if (interval_is_known(candidate[i].value.range) && ++known <= MOST_NAMED)
        text_append_format(&others, "%s%s %.3g", others.length ? ", " : "", candidate[i].name,
                           candidate[i].value.value);
    if (known > MOST_NAMED)
      text_append_format(&others, " and %zu more", known - MOST_NAMED);
    if (by_chance != SIZE_MAX)
      text_append_format(&text, "; %s gives %s, but no other pair", candidate[by_chance].name,
                         number->text);
    else
      text_append_format(&text, "; %s %s", known > 1 ? "none gives" : "not", number->text);
    if (hint && *hint)
      text_append_format(&text, "; %s", hint);
    if (others.length)
      text_append_format(&text, "; tried: %s", others.bytes);
    text_free(&others);
    best = first_known;
  }
  audit_judge(audit, number, kind, verdict_of(found), candidate[best].value, "%s",
              text_content(&text));
  text_free(&text);
}

// ---- text against table ----

static void text_against_table(struct audit *audit, const struct published_tests *tests,
                               const struct published_number *text,
                               const struct published_number *table, size_t pair,
                               struct ranged of_statistic)
{
  if (!published_is_printed(text) || !published_is_printed(table))
    return;
  struct ranged value = {table->printed.value, table->printed.range};
  if (printed_overlap(&text->printed, &table->printed)) {
    audit_judge(audit, text, KIND_TEXT, VERDICT_CONSISTENT, value, "the table has %s too",
                table->text);
    return;
  }
  struct text hint = {0};
  for (size_t k = 0; k < audit->published.n_pairs; k++) {
    const struct published_number *other = &tests->text_p_pair[k];
    if (k == pair || pair == SIZE_MAX || !published_is_printed(&tests->p_pair[k]) ||
        strcmp(tests->p_pair[k].text, text->text) != 0)
      continue;
    char *name = audit_pair_name(audit, k);
    if (published_is_printed(other) && strcmp(other->text, table->text) == 0) {
      text_clear(&hint);
      text_append_format(&hint, "; columns swapped: %s is the table's P of %s, for which the text "
                                "has %s", text->text, name, other->text);
      k = audit->published.n_pairs; // that explains it
    } else {
      text_append_format(&hint, "; %s is the table's P of %s", text->text, name);
    }
    free(name);
  }
  enum agreement agreement =
      printed_compare_p(&text->printed, of_statistic.value, of_statistic.range);
  if (agreement == AGREEMENT_GOOD || agreement == AGREEMENT_ROUNDING)
    text_append_format(&hint, "; the printed statistic %s gives the text's", tests->statistic.text);
  if (table->printed.decimals < text->printed.decimals &&
      is_cut(&table->printed, text->printed.value))
    text_append(&hint, "; cut, not rounded");
  audit_judge(audit, text, KIND_TEXT, VERDICT_DIFFERENT, value, "the text has %s, the table %s%s",
              text->text, table->text, text_content(&hint));
  text_free(&hint);
}

void audit_text_p(struct audit *audit, const struct published_tests *tests,
                  struct ranged of_statistic)
{
  text_against_table(audit, tests, &tests->text_p_overall, &tests->p_overall, SIZE_MAX,
                     of_statistic);
  for (size_t k = 0; k < audit->published.n_pairs; k++)
    text_against_table(audit, tests, &tests->text_p_pair[k], &tests->p_pair[k], k,
                       ranged_nothing());
}
