// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc's page: a row a variable, and the details behind it.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/icc.h"

enum { MOST_PAIR_ROWS = 6, MOST_CROSSED_LEVELS = 10, P_DIGITS = 3 };

static const char *const none = "\u2013";

// ---- cells ----

char *icc_number_text(double value, int digits)
{
  char buffer[NUMBER_SIZE];
  if (isnan(value))
    return memory_copy_text(none);
  if (isinf(value))
    return memory_copy_text(value > 0 ? "\u221e" : "\u2212\u221e");
  number_write_fixed(buffer, value, digits);
  return buffer[0] == '-' ? text_format("\u2212%s", buffer + 1) : memory_copy_text(buffer);
}

char *icc_pair_title(const struct icc_variable *variable, const struct icc_pair *pair)
{
  return text_format("%s \u2212 %s", variable->reader_title[pair->first],
                     variable->reader_title[pair->second]);
}

static void set_and_free(struct layout *layout, size_t row, size_t column, char *text)
{
  layout_set(layout, row, column, text);
  free(text);
}

static char *range_text(double low, double high, int digits)
{
  char *first = icc_number_text(low, digits), *last = icc_number_text(high, digits);
  char *text = text_format("%s to %s", first, last);
  free(first);
  free(last);
  return text;
}

// "0.93 (0.88 to 0.96)"; the estimate alone if it has no interval.
static char *estimate_text(double estimate, double low, double high, int digits)
{
  char *number = icc_number_text(estimate, digits);
  if (isnan(estimate) || isnan(low) || isnan(high))
    return number;
  char *range = range_text(low, high, digits);
  char *text = text_format("%s (%s)", number, range);
  free(number);
  free(range);
  return text;
}

static char *interval_text(const struct interval_estimate *interval, double factor, int digits)
{
  return estimate_text(factor * interval->estimate, factor * interval->conf_low,
                       factor * interval->conf_high, digits);
}

static int coefficient_digits(const struct icc *icc)
{
  return icc->command->digits >= 2 ? icc->command->digits : 3;
}

static char *kappa_text(const struct icc *icc, const struct kappa_result *r)
{
  return estimate_text(r->estimate, r->conf_low, r->conf_high, coefficient_digits(icc));
}

static char *percent_text(const struct kappa_result *r)
{
  return estimate_text(100 * r->estimate, 100 * r->conf_low, 100 * r->conf_high, 1);
}

static char *title_with_unit(const struct icc_variable *variable)
{
  return variable->unit && !variable->is_category
             ? text_format("%s (%s)", variable->title, variable->unit)
             : memory_copy_text(variable->title);
}

static void interval_column(const struct icc *icc, struct layout *layout, const char *heading)
{
  char *text = text_format("%s\n(%.10g%% CI)", heading, 100 * icc->command->level);
  layout_column(layout, ALIGN_LEFT, text);
  free(text);
}

// ---- what there is ----

static size_t count_variables(const struct icc *icc, bool category)
{
  size_t n = 0;
  for (size_t i = 0; i < icc->n_variables; i++)
    n += icc->variable[i].is_category == category;
  return n;
}

static const struct icc_variable *first_variable(const struct icc *icc, bool category)
{
  for (size_t i = 0; i < icc->n_variables; i++)
    if (icc->variable[i].is_category == category)
      return &icc->variable[i];
  return NULL;
}

static bool wants_details(const struct icc *icc)
{
  return icc->settings->details || icc->n_variables == 1;
}

// The words of Koo & Li are for the interval: "moderate to good".
static char *icc_word(const struct icc *icc, const struct icc_result *r)
{
  enum agreement_scale scale = (enum agreement_scale) icc->settings->scale;
  const char *word = agreement_icc_word(scale, r->estimate);
  const char *low = agreement_icc_word(scale, r->conf_low);
  const char *high = agreement_icc_word(scale, r->conf_high);
  if (scale == SCALE_KOO && low && high && strcmp(low, high) != 0)
    return text_format("%s to %s", low, high);
  return memory_copy_text(word ? word : none);
}

// ---- quantities ----

char *icc_difference_words(const struct icc *icc)
{
  const struct icc_variable *variable = first_variable(icc, false);
  for (size_t i = 0; i < icc->n_variables; i++)
    for (size_t j = 0; j < variable->n_readers && !icc->variable[i].is_category; j++)
      if (strcmp(icc->variable[i].reader_title[j], variable->reader_title[j]) != 0)
        return memory_copy_text("first \u2212 second reader");
  return icc_pair_title(variable, &variable->pair[0]);
}

// Which columns are those of reader 1, 2, ...
static void footnote_suffixes(const struct icc *icc, struct layout *layout,
                              const struct icc_variable *variable)
{
  const struct text_list *suffixes = &icc->settings->suffixes;
  struct text text = {0};
  if (!suffixes->n_items || strcmp(variable->reader_title[0], "Reader 1") != 0)
    return;
  for (size_t j = 0; j < suffixes->n_items; j++)
    text_append_format(&text, "%sReader %zu: %s", j ? "; " : "", j + 1,
                       *suffixes->item[j] ? suffixes->item[j] : "no suffix");
  layout_footnote(layout, "%s.", text_content(&text));
  text_free(&text);
}

static void footnote_quantities(const struct icc *icc, struct layout *layout)
{
  const struct icc_settings *settings = icc->settings;
  const struct icc_variable *variable = first_variable(icc, false);
  layout_footnote(layout, "%s (%s)%s; Shrout & Fleiss (1979).",
                  choice_name(icc_types, (int) settings->type),
                  choice_help(icc_types, (int) settings->type),
                  settings->type_asked ? "" : " assumed");
  if (settings->scale != SCALE_NONE)
    layout_footnote(layout, "Agreement: %s.", choice_help(icc_scales, settings->scale));
  layout_footnote(layout, "n: subjects with %s readings. Within-subject SD: root of the mean "
                          "square within subjects, differences between readers included.",
                  variable->n_readers == 2 ? "both" : "all");
  if (variable->n_readers == 2) {
    char *words = icc_difference_words(icc);
    layout_footnote(layout, "Bias: mean of %s. Limits of agreement: bias \u00b1 %.4g SD of the "
                            "differences.",
                    words, settings->multiplier);
    free(words);
  } else if (variable->n_pairs <= MOST_PAIR_ROWS) {
    layout_footnote(layout, "Bias: mean difference. Limits of agreement: bias \u00b1 %.4g SD of "
                            "the differences.",
                    settings->multiplier);
  } else {
    layout_footnote(layout, "Bias and limits of the %zu pairs of readers: table bland_altman.",
                    variable->n_pairs);
  }
  footnote_suffixes(icc, layout, variable);
}

static void set_limits(struct layout *layout, size_t row, size_t column,
                       const struct icc_variable *variable, const struct icc_pair *pair)
{
  const struct bland_altman_result *r = &pair->limits;
  set_and_free(layout, row, column, interval_text(&r->bias, 1, variable->digits));
  set_and_free(layout, row, column + 1,
               isnan(r->sd) ? memory_copy_text(none)
                            : range_text(r->lower.estimate, r->upper.estimate, variable->digits));
}

static void quantities_layout(const struct icc *icc, struct report *report)
{
  const struct icc_settings *settings = icc->settings;
  size_t k = first_variable(icc, false)->n_readers;
  char *title = text_format("Agreement of %zu readers", k);
  struct layout *layout = report_add_layout(report, "icc", title);
  free(title);
  bool words = settings->scale != SCALE_NONE, limits = k * (k - 1) / 2 <= MOST_PAIR_ROWS;
  layout_column(layout, ALIGN_LEFT, "Variable");
  layout_column(layout, ALIGN_RIGHT, "n");
  interval_column(icc, layout, choice_name(icc_types, (int) settings->type));
  if (words)
    layout_column(layout, ALIGN_LEFT, "Agreement");
  interval_column(icc, layout, "Within-subject SD");
  size_t at_limits = words ? 5 : 4;
  if (limits) {
    interval_column(icc, layout, "Bias");
    layout_column(layout, ALIGN_LEFT, "Limits of\nagreement");
  }
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (variable->is_category)
      continue;
    const struct icc_result *r = &variable->icc[settings->type];
    size_t row = layout_row(layout, LAYOUT_VARIABLE);
    set_and_free(layout, row, 0, title_with_unit(variable));
    layout_set_format(layout, row, 1, "%zu", variable->n);
    set_and_free(layout, row, 2,
                 estimate_text(r->estimate, r->conf_low, r->conf_high, coefficient_digits(icc)));
    if (words)
      set_and_free(layout, row, 3, icc_word(icc, r));
    set_and_free(layout, row, words ? 4 : 3,
                 interval_text(&variable->repeatability.within_sd, 1, variable->digits));
    for (size_t j = 0; j < variable->n_pairs && limits; j++) {
      if (k > 2) {
        row = layout_row(layout, LAYOUT_LEVEL);
        set_and_free(layout, row, 0, icc_pair_title(variable, &variable->pair[j]));
      }
      set_limits(layout, row, at_limits, variable, &variable->pair[j]);
    }
  }
  footnote_quantities(icc, layout);
}

// ---- details of quantities ----

static void coefficients_layout(const struct icc *icc, struct report *report)
{
  struct layout *layout = report_add_layout(report, "icc", "Intraclass correlation coefficients");
  layout_column(layout, ALIGN_LEFT, "Variable");
  layout_column(layout, ALIGN_LEFT, "Coefficient");
  interval_column(icc, layout, "Estimate");
  layout_column(layout, ALIGN_RIGHT, "F");
  layout_column(layout, ALIGN_RIGHT, "df");
  layout_column(layout, ALIGN_LEFT, "P");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    for (int t = 0; t < N_ICC_TYPES && !variable->is_category; t++) {
      enum icc_type type = icc_nth_type(icc, t);
      const struct icc_result *r = &variable->icc[type];
      char p[NUMBER_SIZE];
      size_t row = layout_row(layout, t ? LAYOUT_PLAIN : LAYOUT_VARIABLE);
      if (!t)
        layout_set(layout, row, 0, variable->title);
      layout_set_format(layout, row, 1, "%s, %s", choice_name(icc_types, (int) type),
                        choice_help(icc_types, (int) type));
      set_and_free(layout, row, 2, estimate_text(r->estimate, r->conf_low, r->conf_high,
                                                 coefficient_digits(icc)));
      set_and_free(layout, row, 3, icc_number_text(r->statistic, 2));
      if (!isnan(r->df))
        layout_set_format(layout, row, 4, "%.0f, %.0f", r->df, r->df2);
      layout_set(layout, row, 5,
                 isnan(r->p_value) ? none : number_write_p(p, r->p_value, P_DIGITS));
    }
  }
  layout_footnote(layout, "P: a coefficient of 0. That of ICC2 and ICC2k is of F with (n \u2212 1)"
                          "(k \u2212 1) second degrees of freedom, as psych has it; irr takes "
                          "other ones, and so another P.");
}

static void repeatability_layout(const struct icc *icc, struct report *report)
{
  struct layout *layout = report_add_layout(report, "repeatability", "Repeatability");
  layout_column(layout, ALIGN_LEFT, "Variable");
  interval_column(icc, layout, "Within-subject SD");
  interval_column(icc, layout, "CV, %");
  interval_column(icc, layout, "Repeatability coefficient");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (variable->is_category)
      continue;
    const struct repeatability_result *r = &variable->repeatability;
    size_t row = layout_row(layout, LAYOUT_VARIABLE);
    set_and_free(layout, row, 0, title_with_unit(variable));
    set_and_free(layout, row, 1, interval_text(&r->within_sd, 1, variable->digits));
    set_and_free(layout, row, 2, interval_text(&r->cv, 100, 1));
    set_and_free(layout, row, 3, interval_text(&r->coefficient, 1, variable->digits));
  }
  layout_footnote(layout, "CV: within-subject SD / mean. Repeatability coefficient: %.4g \u221a2 "
                          "within-subject SD; two readings of a subject differ by less%s.",
                  icc->settings->multiplier,
                  fabs(icc->settings->multiplier - 1.96) < 0.05 ? " in 95% of cases" : "");
}

static void limits_layout(const struct icc *icc, struct report *report)
{
  struct layout *layout = report_add_layout(report, "bland_altman", "Limits of agreement");
  layout_column(layout, ALIGN_LEFT, "Variable");
  interval_column(icc, layout, "Bias");
  layout_column(layout, ALIGN_LEFT, "P");
  layout_column(layout, ALIGN_LEFT, "SD");
  interval_column(icc, layout, "Lower limit");
  interval_column(icc, layout, "Upper limit");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (variable->is_category)
      continue;
    size_t row = layout_row(layout, LAYOUT_VARIABLE);
    set_and_free(layout, row, 0, title_with_unit(variable));
    for (size_t j = 0; j < variable->n_pairs; j++) {
      const struct bland_altman_result *r = &variable->pair[j].limits;
      char p[NUMBER_SIZE];
      row = layout_row(layout, LAYOUT_LEVEL);
      set_and_free(layout, row, 0, icc_pair_title(variable, &variable->pair[j]));
      set_and_free(layout, row, 1, interval_text(&r->bias, 1, variable->digits));
      layout_set(layout, row, 2,
                 isnan(r->p_value) ? none : number_write_p(p, r->p_value, P_DIGITS));
      set_and_free(layout, row, 3, icc_number_text(r->sd, variable->digits));
      set_and_free(layout, row, 4, interval_text(&r->lower, 1, variable->digits));
      set_and_free(layout, row, 5, interval_text(&r->upper, 1, variable->digits));
    }
  }
  layout_footnote(layout, "Limits: bias \u00b1 %.4g SD; Bland & Altman (1986). P: bias of 0, "
                          "paired t test.",
                  icc->settings->multiplier);
}

// ---- categories ----

static bool any_ordered(const struct icc *icc)
{
  bool any = false;
  for (size_t i = 0; i < icc->n_variables; i++)
    any |= icc->variable[i].is_ordered;
  return any;
}

static void footnote_categories(const struct icc *icc, struct layout *layout, size_t k)
{
  if (k == 2)
    layout_footnote(layout, "\u03ba: Cohen's kappa%s. Intervals by Fleiss, Cohen & Everitt (1969).",
                    any_ordered(icc) ? "; linear and quadratic: weighted, of ordered categories"
                                     : "");
  else
    layout_footnote(layout, "\u03ba: Fleiss's kappa; interval by linearization, t with n \u2212 1 "
                            "df (Gwet 2008).");
  layout_footnote(layout, "%s. AC1: Gwet (2008).",
                  k == 2 ? "Agreement: Wilson's interval"
                         : "Agreement: mean over pairs of readers");
  if (icc->settings->scale != SCALE_NONE)
    layout_footnote(layout, "Strength: %s.",
                    icc->settings->scale == SCALE_CICCHETTI
                        ? choice_help(icc_scales, SCALE_CICCHETTI)
                        : "above 0.8 almost perfect, 0.6 substantial, 0.4 moderate, 0.2 fair, 0 "
                          "slight, else poor (Landis & Koch 1977)");
  layout_footnote(layout, "n: subjects with %s readings.", k == 2 ? "both" : "all");
  if (k > 2 || icc->settings->details || icc->n_variables == 1)
    footnote_suffixes(icc, layout, first_variable(icc, true));
}

// Linear and quadratic, where there is an order that they could use.
static void set_weighted(const struct icc *icc, struct layout *layout, size_t row, size_t column,
                         const struct icc_variable *variable, const struct icc_pair *pair)
{
  for (int w = KAPPA_LINEAR; w <= KAPPA_QUADRATIC; w++)
    set_and_free(layout, row, column + (size_t) (w - KAPPA_LINEAR),
                 variable->is_ordered ? kappa_text(icc, &pair->kappa[w]) : memory_copy_text(none));
}

static void categories_layout(const struct icc *icc, struct report *report)
{
  size_t k = first_variable(icc, true)->n_readers;
  char *title = text_format("Agreement of %zu readers on categories", k);
  struct layout *layout = report_add_layout(report, "kappa", title);
  free(title);
  bool words = icc->settings->scale != SCALE_NONE;
  layout_column(layout, ALIGN_LEFT, "Variable");
  layout_column(layout, ALIGN_RIGHT, "n");
  interval_column(icc, layout, "Agreement, %");
  interval_column(icc, layout, "\u03ba");
  if (words)
    layout_column(layout, ALIGN_LEFT, "Strength");
  interval_column(icc, layout, "AC1");
  size_t at_ac1 = words ? 5 : 4;
  bool weighted = k == 2 && any_ordered(icc);
  if (weighted) {
    interval_column(icc, layout, "Linear \u03ba");
    interval_column(icc, layout, "Quadratic \u03ba");
  }
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (!variable->is_category)
      continue;
    const struct kappa_result *kappa =
        k == 2 ? &variable->pair[0].kappa[KAPPA_UNWEIGHTED] : &variable->fleiss;
    size_t row = layout_row(layout, LAYOUT_VARIABLE);
    layout_set(layout, row, 0, variable->title);
    layout_set_format(layout, row, 1, "%zu", variable->n);
    set_and_free(layout, row, 2, percent_text(&variable->agree_pairs));
    set_and_free(layout, row, 3, kappa_text(icc, kappa));
    const char *word =
        agreement_kappa_word((enum agreement_scale) icc->settings->scale, kappa->estimate);
    if (words)
      layout_set(layout, row, 4, word ? word : none);
    set_and_free(layout, row, at_ac1, kappa_text(icc, &variable->ac1));
    if (weighted)
      set_weighted(icc, layout, row, at_ac1 + 1, variable, &variable->pair[0]);
  }
  footnote_categories(icc, layout, k);
}

// ---- details of categories ----

static void add_method(const struct icc *icc, struct layout *layout, const char *variable,
                       const char *method, const struct kappa_result *r)
{
  char p[NUMBER_SIZE];
  size_t row = layout_row(layout, variable ? LAYOUT_VARIABLE : LAYOUT_PLAIN);
  if (variable)
    layout_set(layout, row, 0, variable);
  layout_set(layout, row, 1, method);
  set_and_free(layout, row, 2, kappa_text(icc, r));
  set_and_free(layout, row, 3, icc_number_text(r->std_error, coefficient_digits(icc)));
  layout_set(layout, row, 4, isnan(r->p_value) ? none : number_write_p(p, r->p_value, P_DIGITS));
}

static void methods_layout(const struct icc *icc, struct report *report)
{
  struct layout *layout = report_add_layout(report, "kappa", "Coefficients of agreement");
  layout_column(layout, ALIGN_LEFT, "Variable");
  layout_column(layout, ALIGN_LEFT, "Coefficient");
  interval_column(icc, layout, "Estimate");
  layout_column(layout, ALIGN_LEFT, "SE");
  layout_column(layout, ALIGN_LEFT, "P");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (!variable->is_category)
      continue;
    bool two = variable->n_readers == 2;
    const struct kappa_result *kappa = variable->pair[0].kappa;
    if (two) {
      add_method(icc, layout, variable->title, "Cohen's kappa", &kappa[KAPPA_UNWEIGHTED]);
      if (variable->is_ordered) {
        add_method(icc, layout, NULL, "weighted kappa, linear", &kappa[KAPPA_LINEAR]);
        add_method(icc, layout, NULL, "weighted kappa, quadratic", &kappa[KAPPA_QUADRATIC]);
      }
    }
    add_method(icc, layout, two ? NULL : variable->title,
               two ? "Fleiss's kappa (Scott's pi)" : "Fleiss's kappa", &variable->fleiss);
    add_method(icc, layout, NULL, "Gwet's AC1", &variable->ac1);
  }
  layout_footnote(layout, "P: no agreement beyond chance, by the standard error that holds then "
                          "(Fleiss, Cohen & Everitt 1969; Fleiss, Nee & Landis 1979); AC1: t with "
                          "n \u2212 1 df.");
}

static void pairs_layout(const struct icc *icc, struct report *report)
{
  struct layout *layout = report_add_layout(report, "kappa", "Kappa of pairs of readers");
  layout_column(layout, ALIGN_LEFT, "Variable");
  interval_column(icc, layout, "Cohen's \u03ba");
  interval_column(icc, layout, "Linear \u03ba");
  interval_column(icc, layout, "Quadratic \u03ba");
  layout_column(layout, ALIGN_LEFT, "P");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (!variable->is_category)
      continue;
    size_t row = layout_row(layout, LAYOUT_VARIABLE);
    layout_set(layout, row, 0, variable->title);
    for (size_t j = 0; j < variable->n_pairs; j++) {
      const struct icc_pair *pair = &variable->pair[j];
      char p[NUMBER_SIZE];
      row = layout_row(layout, LAYOUT_LEVEL);
      layout_set_format(layout, row, 0, "%s, %s", variable->reader_title[pair->first],
                        variable->reader_title[pair->second]);
      set_and_free(layout, row, 1, kappa_text(icc, &pair->kappa[KAPPA_UNWEIGHTED]));
      set_weighted(icc, layout, row, 2, variable, pair);
      double p_value = pair->kappa[KAPPA_UNWEIGHTED].p_value;
      layout_set(layout, row, 4, isnan(p_value) ? none : number_write_p(p, p_value, P_DIGITS));
    }
  }
  layout_footnote(layout, "P: of Cohen's kappa, no agreement beyond chance.");
}

// The readings of two readers, one against the other.
static void crossed_layout(const struct icc_variable *variable, struct report *report)
{
  size_t q = variable->levels.n_items;
  char *title = text_format("%s: %s (rows) and %s (columns)", variable->title,
                            variable->reader_title[0], variable->reader_title[1]);
  struct layout *layout = report_add_layout(report, "counts", title);
  free(title);
  layout_column(layout, ALIGN_LEFT, variable->reader_title[0]);
  for (size_t l = 0; l < q; l++)
    layout_column(layout, ALIGN_RIGHT, variable->labels.item[l]);
  layout_column(layout, ALIGN_RIGHT, "Total");
  double *sum = NEW_ZEROED(double, q + 1);
  for (size_t i = 0; i <= q; i++) {
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    layout_set(layout, row, 0, i < q ? variable->labels.item[i] : "Total");
    double total = 0;
    for (size_t j = 0; j < q; j++) {
      double count = i < q ? variable->pair[0].count[i * q + j] : sum[j];
      layout_set_format(layout, row, j + 1, "%.0f", count);
      total += count;
      sum[j] += count;
    }
    layout_set_format(layout, row, q + 1, "%.0f", total);
  }
  free(sum);
}

void icc_fill_layouts(const struct icc *icc, struct report *report)
{
  bool details = wants_details(icc);
  if (count_variables(icc, false)) {
    quantities_layout(icc, report);
    if (details) {
      coefficients_layout(icc, report);
      repeatability_layout(icc, report);
      limits_layout(icc, report);
    }
  }
  if (!count_variables(icc, true))
    return;
  categories_layout(icc, report);
  if (!details)
    return;
  methods_layout(icc, report);
  if (first_variable(icc, true)->n_readers > 2)
    pairs_layout(icc, report);
  for (size_t i = 0; i < icc->n_variables; i++)
    if (icc->variable[i].is_category && icc->variable[i].n_readers == 2 &&
        icc->variable[i].levels.n_items <= MOST_CROSSED_LEVELS && icc->variable[i].n)
      crossed_layout(&icc->variable[i], report);
}
