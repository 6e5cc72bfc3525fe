// SPDX-License-Identifier: GPL-3.0-or-later
// her2-multivar's page: the study's Tables 4 and 5, and the forest plot.
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/multivar.h"
#include "data/model.h"

enum { COLUMN_NAME, COLUMN_N, UNI_B, UNI_OR, UNI_P, MULTI_B, MULTI_OR, MULTI_P };

// ---- names ----

// The one part of a factor's term, NULL for any other.
static const struct design_part *factor_part(const struct design *design, size_t term)
{
  const struct design_term *t = &design->term[term];
  return t->n_parts == 1 && design->variable[t->part[0].variable].categorical ? &t->part[0] : NULL;
}

const char *multivar_level(const struct design *design, size_t term, size_t column)
{
  const struct design_part *part = factor_part(design, term);
  return part ? design->variable[part->variable].levels.item[1 + column - design->term[term].first]
              : NULL;
}

const char *multivar_reference(const struct design *design, size_t term)
{
  const struct design_part *part = factor_part(design, term);
  return part ? design->variable[part->variable].levels.item[0] : NULL;
}

static const char *level_label(const struct design *design, size_t term, size_t level)
{
  return design->variable[factor_part(design, term)->variable].level_labels.item[level];
}

char *multivar_title(const struct design *design, size_t term)
{
  const struct design_term *t = &design->term[term];
  const struct design_part *part = &t->part[0];
  const struct design_variable *variable = &design->variable[part->variable];
  const char *title = variable->label ? variable->label : variable->name;
  if (t->n_parts > 1)
    return memory_copy_text(t->name);
  char number[NUMBER_SIZE];
  switch (part->kind) {
  case PART_PLAIN:
    return variable->unit ? text_format("%s (%s)", title, variable->unit)
                          : memory_copy_text(title);
  case PART_SCALED:
    return text_format("%s (per %s%s%s)", title, number_write(number, part->divisor),
                       variable->unit ? " " : "", variable->unit ? variable->unit : "");
  case PART_PER_SD:
    return text_format("%s (per SD, %s)", title,
                       number_write_significant(number, part->divisor, 3));
  case PART_FACTOR:
    return memory_copy_text(title);
  default:
    return variable->label ? text_format("%s [%s]", title, t->name) : memory_copy_text(t->name);
  }
}

// ---- cells ----

static void set_and_free(struct layout *layout, size_t row, size_t column, char *text)
{
  layout_set(layout, row, column, text);
  free(text);
}

static char *signed_number(double value, int digits)
{
  char buffer[NUMBER_SIZE];
  number_write_fixed(buffer, value, digits);
  return buffer[0] == '-' ? text_format("\u2212%s", buffer + 1) : memory_copy_text(buffer);
}

// An odds ratio with `digits` decimals, more where it is small, none where it is huge.
static void write_ratio(char buffer[NUMBER_SIZE], double ratio, int digits)
{
  if (isinf(ratio) && ratio > 0)
    strcpy(buffer, "\u221e");
  else if (ratio > 0 && (ratio < pow(10, -digits) || ratio >= 1e5))
    number_write_significant(buffer, ratio, 3);
  else
    number_write_fixed(buffer, ratio, digits);
}

static char *ratio_text(const struct multivar_row *row, int digits)
{
  char estimate[NUMBER_SIZE], low[NUMBER_SIZE], high[NUMBER_SIZE];
  if (isnan(row->estimate))
    return memory_copy_text("\u2013");
  write_ratio(estimate, exp(row->estimate), digits);
  write_ratio(low, exp(row->low), digits);
  write_ratio(high, exp(row->high), digits);
  return text_format("%s (%s\u2013%s)", estimate, low, high);
}

static int ratio_digits(const struct multivar *multivar)
{
  return multivar->command->digits >= 0 ? multivar->command->digits : 2;
}

static void fill_estimate(const struct multivar *multivar, struct layout *layout, size_t at,
                          size_t first_column, const struct multivar_row *row)
{
  char p[NUMBER_SIZE];
  int digits = ratio_digits(multivar);
  if (isnan(row->estimate)) {
    layout_set(layout, at, first_column, "\u2013");
    return;
  }
  set_and_free(layout, at, first_column, signed_number(row->estimate, digits + 1));
  set_and_free(layout, at, first_column + 1, ratio_text(row, digits));
  layout_set(layout, at, first_column + 2, number_write_p(p, row->p_value, 3));
}

// ---- the table ----

static void make_columns(const struct multivar *multivar, struct layout *layout)
{
  layout_column(layout, ALIGN_LEFT, "Variable");
  layout_column(layout, ALIGN_LEFT, "Rows\n(events)");
  static const char *const parts[] = {"Univariable", "Multivariable"};
  for (size_t i = 0; i < 2; i++) {
    char *b = text_format("%s\nB", parts[i]);
    char *ratio = text_format("\nOR (%.10g%% CI)", 100 * multivar->command->level);
    layout_column(layout, ALIGN_LEFT, b);
    layout_column(layout, ALIGN_LEFT, ratio);
    layout_column(layout, ALIGN_LEFT, "\nP");
    free(b);
    free(ratio);
  }
}

// The term of the final model with this name, or (size_t) -1.
static size_t find_term(const struct design *design, const char *name)
{
  for (size_t t = 0; t < design->n_terms; t++)
    if (strcmp(design->term[t].name, name) == 0)
      return t;
  return (size_t) -1;
}

static void fill_joint_p(struct layout *layout, size_t row, size_t column, double p)
{
  char buffer[NUMBER_SIZE];
  layout_set(layout, row, column, number_write_p(buffer, p, 3));
}

static void add_term(const struct multivar *multivar, size_t s, struct layout *layout)
{
  const struct multivar_model *single = &multivar->single[s], *final = &multivar->final;
  const struct design *design = &single->regression.design;
  const struct design_term *term = &design->term[0];
  size_t t = find_term(&final->regression.design, term->name);
  bool in = t != (size_t) -1;
  const struct design_term *final_term = in ? &final->regression.design.term[t] : NULL;
  size_t row = layout_row(layout, LAYOUT_VARIABLE);
  set_and_free(layout, row, COLUMN_NAME, multivar_title(design, 0));
  layout_set_format(layout, row, COLUMN_N, "%zu (%zu)", single->regression.n_rows,
                    single->regression.n_events);
  bool factor = factor_part(design, 0) != NULL;
  if (!factor && term->n_columns == 1) {
    fill_estimate(multivar, layout, row, UNI_B, &single->row[term->first]);
    if (in)
      fill_estimate(multivar, layout, row, MULTI_B, &final->row[final_term->first]);
    return;
  }
  fill_joint_p(layout, row, UNI_P, multivar_joint_p(multivar, &single->joint[0]));
  if (in)
    fill_joint_p(layout, row, MULTI_P, multivar_joint_p(multivar, &final->joint[t]));
  if (factor) {
    row = layout_row(layout, LAYOUT_LEVEL);
    layout_set_format(layout, row, COLUMN_NAME, "%s", level_label(design, 0, 0));
    layout_set(layout, row, UNI_OR, "1 (reference)");
    if (in)
      layout_set(layout, row, MULTI_OR, "1 (reference)");
  }
  for (size_t i = 0; i < term->n_columns; i++) {
    row = layout_row(layout, LAYOUT_LEVEL);
    layout_set(layout, row, COLUMN_NAME,
               factor ? level_label(design, 0, i + 1) : design->column_name[term->first + i]);
    fill_estimate(multivar, layout, row, UNI_B, &single->row[term->first + i]);
    if (in && i < final_term->n_columns)
      fill_estimate(multivar, layout, row, MULTI_B, &final->row[final_term->first + i]);
  }
}

static void add_intercept(const struct multivar *multivar, struct layout *layout)
{
  size_t row = layout_row(layout, LAYOUT_PLAIN);
  char p[NUMBER_SIZE];
  layout_set(layout, row, COLUMN_NAME, "Intercept");
  set_and_free(layout, row, MULTI_B,
               signed_number(multivar->final.row[0].estimate, ratio_digits(multivar) + 1));
  layout_set(layout, row, MULTI_P, number_write_p(p, multivar->final.row[0].p_value, 3));
}

// ---- footnotes ----

static void footnote_equation(const struct multivar *multivar, struct layout *layout)
{
  const struct regression *regression = &multivar->final.regression;
  struct model model = {.name = "model",
                        .outcome = multivar->command->formula.outcome,
                        .event_label = multivar->outcome.label[0],
                        .design = regression->design,
                        .coefficient = regression->fit.coefficient,
                        .has_intercept = true};
  struct text equation = {0};
  model_print_equation(&model, 6, &equation);
  struct text_list lines = {0};
  text_list_split(&lines, text_content(&equation), '\n');
  for (size_t i = 0; i < lines.n_items; i++)
    if (*lines.item[i])
      layout_footnote(layout, "%s", lines.item[i]);
  text_list_free(&lines);
  text_free(&equation);
}

static void footnote_choice(const struct multivar_settings *settings, struct layout *layout)
{
  if (!isnan(settings->screen))
    layout_footnote(layout, "Entered: univariable joint P < %g.", settings->screen);
  if (settings->select != SELECTION_NONE)
    layout_footnote(layout, "Selection: %s, by %s%s.",
                    settings->select == SELECTION_FORWARD ? "forward" : "backward",
                    settings->by == SELECTION_BY_AIC ? "AIC" : "P",
                    settings->by == SELECTION_BY_AIC ? "" : " (--stay)");
}

static void footnote_imputation(const struct multivar *multivar, struct layout *layout)
{
  const struct imputed *imputed = &multivar->imputed;
  layout_footnote(layout,
                  "B: log odds ratio. OR: odds ratio, exp(B). Missing values were imputed %zu times "
                  "by chained equations (numbers by predictive mean matching, levels by logistic "
                  "regression); coefficients%s were pooled by Rubin's rules, with t intervals and P "
                  "by the degrees of freedom of Barnard and Rubin; joint P of a variable with "
                  "several: D1.",
                  imputed->n_imputations,
                  multivar->settings->firth ? " by Firth's penalized likelihood" : "");
  layout_footnote(layout, "All %zu rows (%zu events) are used; %zu of them lacked no value.",
                  imputed->n_rows, imputed->n_events, imputed->n_complete);
}

static void footnote_conventions(const struct multivar *multivar, struct layout *layout)
{
  const struct multivar_settings *settings = multivar->settings;
  if (multivar_is_imputed(multivar)) {
    footnote_imputation(multivar, layout);
    footnote_choice(settings, layout);
    return;
  }
  layout_footnote(layout,
                  "B: log odds ratio. OR: odds ratio, exp(B). P of a coefficient, and joint P of "
                  "a variable with several: %s. Intervals: %s.",
                  settings->firth ? "penalized likelihood ratio" : "Wald",
                  multivar->profile ? (settings->firth ? "profile penalized likelihood"
                                                       : "profile likelihood")
                                    : "Wald");
  if (settings->firth)
    layout_footnote(layout, "Firth's penalized likelihood%s.",
                    settings->flic ? ", intercept corrected (FLIC): the mean risk is the event "
                                     "fraction"
                                   : "; the mean risk is then not the event fraction (--flic)");
  layout_footnote(layout, "Univariable: rows complete for the variable. Multivariable: %zu rows "
                          "(%zu events) complete for every variable of the model.",
                  multivar->final.regression.n_rows, multivar->final.regression.n_events);
  footnote_choice(settings, layout);
}

static void footnote_fit(const struct multivar *multivar, struct layout *layout)
{
  const struct logit_statistics *s = &multivar->statistics;
  if (multivar->final.regression.design.n_terms == 0)
    return;
  char p[NUMBER_SIZE], with_sign[NUMBER_SIZE + 4];
  number_write_p(p, s->lr_p, 3);
  snprintf(with_sign, sizeof with_sign, p[0] == '<' ? "P %s" : "P = %s", p);
  layout_footnote(layout,
                  "Fit (apparent%s): likelihood ratio \u03c7\u00b2 %.2f (%g df, %s); R\u00b2 %.3f "
                  "(Nagelkerke); AUC %.3f; Brier %.3f; AIC %.1f.",
                  multivar_is_imputed(multivar) ? ", mean over imputations" : "", s->lr_chi_square,
                  s->lr_df, with_sign, s->r2_nagelkerke, s->auc, s->brier,
                  s->aic);
  const struct design *design = &multivar->final.regression.design;
  layout_footnote(layout,
                  "Events per parameter: %.1f of the final model (%.1f counting variables), %.1f of "
                  "all candidates.",
                  multivar_epv(multivar, design->n_columns - 1),
                  multivar_epv(multivar, design->n_terms),
                  multivar_epv(multivar, multivar->n_candidate_parameters));
  double most = NAN;
  size_t worst = 0;
  for (size_t t = 0; t < design->n_terms; t++)
    if (!(multivar->collinearity[t].scaled <= most)) {
      most = multivar->collinearity[t].scaled;
      worst = t;
    }
  if (design->n_terms > 1)
    layout_footnote(layout, "Largest variance inflation GVIF^(1/df): %.2f (%s), %s.", most,
                    design->term[worst].name,
                    multivar->settings->vif_by_ols ? "least squares"
                                                   : "from the coefficients' covariance");
}

void multivar_fill_layout(const struct multivar *multivar, struct report *report)
{
  const struct outcome *outcome = &multivar->outcome;
  char *title = text_format("Logistic regression of %s: %s (n = %zu) against %s (n = %zu)",
                            column_title(outcome->column), outcome->label[0], outcome->n[0],
                            outcome->label[1], outcome->n[1]);
  struct layout *layout = report_add_layout(report, "multivariable", title);
  free(title);
  make_columns(multivar, layout);
  for (size_t s = 0; s < multivar->n_terms; s++)
    add_term(multivar, s, layout);
  add_intercept(multivar, layout);
  footnote_equation(multivar, layout);
  footnote_conventions(multivar, layout);
  footnote_fit(multivar, layout);
}

// ---- the forest plot ----

static void add_tick(struct plot_panel *panel, double at, char *label)
{
  axis_add_tick(&panel->y, at, label);
  free(label);
}

bool multivar_draw(const char *kind, void *context, struct figure *figure, struct error *error)
{
  (void) kind, (void) error;
  const struct multivar *multivar = context;
  size_t n = 0;
  for (size_t s = 0; s < multivar->n_terms; s++)
    n += multivar->single[s].regression.design.term[0].n_columns;
  // crude and adjusted: x, y, low, high.
  double *crude = NEW_ARRAY(double, 8 * n + 1), *adjusted = crude + 4 * n;
  size_t n_crude = 0, n_adjusted = 0;
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  double at = 0;
  for (size_t s = 0; s < multivar->n_terms; s++) {
    const struct multivar_model *single = &multivar->single[s], *final = &multivar->final;
    const struct design *design = &single->regression.design;
    const struct design_term *term = &design->term[0];
    size_t t = find_term(&final->regression.design, term->name);
    char *title = multivar_title(design, 0);
    for (size_t i = 0; i < term->n_columns; i++, at -= 1) {
      bool factor = factor_part(design, 0) != NULL;
      add_tick(panel, at,
               factor ? text_format("%s: %s v %s", title, level_label(design, 0, i + 1),
                                    level_label(design, 0, 0))
               : term->n_columns > 1 ? memory_copy_text(design->column_name[term->first + i])
                                     : memory_copy_text(title));
      const struct multivar_row *row = &single->row[term->first + i];
      if (!isnan(row->estimate)) {
        double *c = crude + n_crude++;
        c[0] = exp(row->estimate), c[n] = at + 0.14, c[2 * n] = exp(row->low),
        c[3 * n] = exp(row->high);
      }
      if (t != (size_t) -1) {
        row = &final->row[final->regression.design.term[t].first + i];
        double *a = adjusted + n_adjusted++;
        a[0] = exp(row->estimate), a[n] = at - 0.14, a[2 * n] = exp(row->low),
        a[3 * n] = exp(row->high);
      }
    }
    free(title);
  }
  double one[] = {1, 1}, ends[] = {0.7, at + 0.3};
  panel_add_mark(panel, MARK_LINE, -1, NULL, 2, one, ends, NULL, NULL);
  panel_add_mark(panel, MARK_SEGMENT, 0, "univariable", n_crude, crude + 2 * n, crude + n, crude + 3 * n,
                 crude + n);
  panel_add_mark(panel, MARK_POINTS, 0, "univariable", n_crude, crude, crude + n, NULL, NULL);
  panel_add_mark(panel, MARK_SEGMENT, 1, "multivariable", n_adjusted, adjusted + 2 * n, adjusted + n,
                 adjusted + 3 * n, adjusted + n);
  panel_add_mark(panel, MARK_POINTS, 1, "multivariable", n_adjusted, adjusted, adjusted + n, NULL, NULL);
  const struct outcome *outcome = &multivar->outcome;
  char *label = text_format("Odds ratio (%.10g%% CI) of %s: %s", 100 * multivar->command->level,
                            column_title(outcome->column), outcome->label[0]);
  panel_set_x(panel, label, 0, 0);
  panel_set_y(panel, NULL, at + 0.3, 0.7);
  free(label);
  panel->x.logarithmic = true;
  panel->legend = LEGEND_BELOW;
  figure->panel_width = 15;
  figure->panel_height = fmax(5, 2.5 + 0.75 * (double) n);
  free(crude);
  return true;
}
