// SPDX-License-Identifier: GPL-3.0-or-later
// Models: predictions, fingerprint, equation.
#include <config.h>

#include "data/model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "stats/distribution.h"
#include "stats/holdout.h"
#include "stats/logit.h"

void model_free(struct model *model)
{
  free(model->name);
  free(model->outcome);
  text_list_free(&model->event);
  text_list_free(&model->comparison);
  free(model->event_label);
  text_list_free(&model->derivations);
  text_list_free(&model->missing_tokens);
  missing_codes_free(&model->missing_codes);
  design_free(&model->design);
  free(model->coefficient);
  free(model->covariance);
  text_list_free(&model->candidates);
  free(model->procedure.select);
  free(model->procedure.by);
  text_list_free(&model->imputation.with);
  free(model->software);
  *model = (struct model){0};
}

bool model_write(const struct model *model, const char *path, struct error *error)
{
  struct text text = {0};
  model_print(model, &text);
  bool good = file_write(path, text.bytes, text.length, error);
  text_free(&text);
  return good;
}

bool model_read(struct model *model, const char *path, struct error *error)
{
  *model = (struct model){0};
  struct text content = {0};
  bool good = file_read(path, &content, error) &&
              model_parse(model, text_content(&content), content.length, file_display_name(path),
                          error);
  text_free(&content);
  return good;
}

// ---- prediction ----

struct model_prediction model_predict(const struct model *model, const double *x, double level)
{
  size_t p = model->design.n_columns;
  double eta = 0;
  for (size_t j = 0; j < p; j++)
    eta += model->coefficient[j] * x[j];
  struct model_prediction prediction = {eta, NAN, NAN, NAN};
  if (isnan(eta) || !model->has_intercept)
    return prediction;
  prediction.risk = logit_inverse(eta);
  if (!model->covariance)
    return prediction;
  double variance = 0;
  for (size_t i = 0; i < p; i++) {
    const double *column = model->covariance + i * p;
    double sum = 0;
    for (size_t j = 0; j < p; j++)
      sum += column[j] * x[j];
    variance += sum * x[i];
  }
  // Rounding may take it below 0 where it is 0.
  double margin = normal_quantile(0.5 + 0.5 * level) * sqrt(variance > 0 ? variance : 0);
  prediction.risk_low = logit_inverse(eta - margin);
  prediction.risk_high = logit_inverse(eta + margin);
  return prediction;
}

// ---- fingerprint ----

enum { FINGERPRINT_ROWS = 4096, FINGERPRINT_BLOCKS = 16 };

static void append_number(struct text *text, double value)
{
  char number[DECIMAL_SIZE];
  size_t n = decimal_write_17(number, value);
  if (!n)
    n = (size_t) snprintf(number, sizeof number, "%.17g", value);
  text_append_bytes(text, number, n);
}

static bool fingerprint_rows(const struct model *model, const struct table *table,
                             const struct outcome *outcome, const size_t *row, size_t n_rows,
                             struct text *text)
{
  const struct design *design = &model->design;
  size_t p = design->n_variables;
  double *value = NEW_ARRAY(double, n_rows * p);
  bool good = design_values(design, table, row, n_rows, value, NULL);
  for (size_t i = 0; i < n_rows && good; i++) {
    double level = outcome->column->value[row[i]];
    if (!isnan(level))
      text_append(text, outcome->column->level[(size_t) level]);
    for (size_t v = 0; v < p; v++) {
      double x = value[i * p + v];
      text_append_character(text, '\t');
      if (design->variable[v].categorical)
        text_append(text, isnan(x) ? "" : design->variable[v].levels.item[(size_t) x]);
      else if (!isnan(x))
        append_number(text, x);
    }
    text_append_character(text, '\n');
  }
  free(value);
  return good;
}

void model_fingerprint(const struct model *model, const struct table *table,
                       const struct outcome *outcome, const bool *used, char fingerprint[65])
{
  assert(outcome->column);
  size_t *row = NEW_ARRAY(size_t, table->n_rows), n_rows = 0;
  for (size_t i = 0; i < table->n_rows; i++)
    if (used[i])
      row[n_rows++] = i;
  struct digest digest;
  digest_begin(&digest);
  bool good = true;
  struct text text[FINGERPRINT_BLOCKS] = {{0}};
  for (size_t from = 0; from < n_rows && good; from += FINGERPRINT_ROWS * FINGERPRINT_BLOCKS) {
    #pragma omp parallel for schedule(dynamic) if (n_rows > FINGERPRINT_ROWS) reduction(&&:good)
    for (size_t b = 0; b < FINGERPRINT_BLOCKS; b++) {
      size_t first = from + b * FINGERPRINT_ROWS;
      text_clear(&text[b]);
      if (first < n_rows) {
        size_t n = n_rows - first < FINGERPRINT_ROWS ? n_rows - first : FINGERPRINT_ROWS;
        bool done = fingerprint_rows(model, table, outcome, row + first, n, &text[b]);
        good = good && done;
      }
    }
    for (size_t b = 0; b < FINGERPRINT_BLOCKS; b++)
      digest_add(&digest, text_content(&text[b]), text[b].length);
  }
  for (size_t b = 0; b < FINGERPRINT_BLOCKS; b++)
    text_free(&text[b]);
  free(row);
  digest_end(&digest, fingerprint);
  if (!good)
    *fingerprint = '\0';
}

// Whether the model was made on the rows marked, of which those that it cannot use (incomplete ones,
// unless it was made on imputed data) lose their mark.
static bool was_made_on(const struct model *model, const struct table *table,
                        const struct outcome *outcome, bool *marked)
{
  size_t n_marked = 0;
  bool *complete = NEW_ARRAY(bool, table->n_rows);
  design_complete(&model->design, table, DESIGN_ALL, complete);
  for (size_t i = 0; i < table->n_rows; i++)
    n_marked += marked[i] &= complete[i] || model->imputation.n;
  free(complete);
  char fingerprint[65];
  // On imputed data rows without a derived value have no part in n, but one in the fingerprint.
  if (!isnan(model->n) && !model->imputation.n && model->n != (double) n_marked)
    return false;
  model_fingerprint(model, table, outcome, marked, fingerprint);
  return strcmp(fingerprint, model->fingerprint) == 0;
}

bool model_find_rows(const struct model *model, const struct table *table,
                     const struct outcome *outcome, bool *own)
{
  size_t n = table->n_rows;
  if (*model->fingerprint) {
    for (size_t i = 0; i < n; i++)
      own[i] = !isnan(outcome->code[i]);
    if (was_made_on(model, table, outcome, own))
      return true;
  }
  if (*model->fingerprint && model->holdout.fraction > 0) {
    holdout_mark(outcome->code, n, outcome->n_groups, model->holdout.fraction,
                 model->holdout.seed, own);
    for (size_t i = 0; i < n; i++)
      own[i] = !isnan(outcome->code[i]) && own[i] == model->holdout.test;
    if (was_made_on(model, table, outcome, own))
      return true;
  }
  memset(own, 0, n * sizeof *own);
  return false;
}

// ---- equation ----

// In `digits` significant digits, or in all that the number has, if these are fewer or
// digits is 0.
static char *write_coefficient(char buffer[NUMBER_SIZE], double value, int digits)
{
  char all[NUMBER_SIZE];
  number_write(all, value);
  if (digits && strlen(number_write_significant(buffer, value, digits)) < strlen(all))
    return buffer;
  return strcpy(buffer, all);
}

static void append_signed(struct text *text, double value, int digits)
{
  char number[NUMBER_SIZE];
  text_append_format(text, " %c %s", value < 0 ? '-' : '+', write_coefficient(number, fabs(value), digits));
}

static bool has_kind(const struct design *design, enum part_kind kind)
{
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_parts; i++)
      if (design->term[t].part[i].kind == kind)
        return true;
  return false;
}

// Of the parts that are alike in several terms, the first.
static bool is_first(const struct design *design, size_t t, size_t i)
{
  const struct design_part *part = &design->term[t].part[i];
  for (size_t s = 0; s <= t; s++)
    for (size_t k = 0; k < (s == t ? i : design->term[s].n_parts); k++) {
      const struct design_part *other = &design->term[s].part[k];
      if (other->kind == part->kind && other->variable == part->variable &&
          other->n_knots == part->n_knots)
        return false;
    }
  return true;
}

// The truncated cubes of one spline term.  With knots t1 ... tk:
//   x' = [(x - t1)^3 - (x - tk-1)^3 (tk - t1)/(tk - tk-1)
//         + (x - tk)^3 (tk-1 - t1)/(tk - tk-1)] / (tk - t1)^2
static void print_spline_term(const char *name, const struct design_part *part, size_t j,
                              struct text *text)
{
  const double *t = part->knot;
  size_t k = part->n_knots;
  double norm = (t[k - 1] - t[0]) * (t[k - 1] - t[0]), gap = t[k - 1] - t[k - 2];
  const double at[3] = {t[j], t[k - 2], t[k - 1]};
  const double factor[3] = {1 / norm, -(t[k - 1] - t[j]) / gap / norm,
                            (t[k - 2] - t[j]) / gap / norm};
  char number[NUMBER_SIZE];
  for (int i = 0; i < 3; i++) {
    if (i)
      append_signed(text, factor[i], 0);
    else
      text_append(text, number_write(number, factor[i]));
    text_append_format(text, " * pos(%s", name);
    append_signed(text, -at[i], 0);
    text_append(text, ")^3");
  }
  text_append_character(text, '\n');
}

static void print_spline(const struct design *design, const struct design_part *part,
                         struct text *text)
{
  const char *name = design->variable[part->variable].name;
  struct text written = {0};
  formula_print_name(name, &written);
  for (size_t j = 0; j + 2 < part->n_knots; j++) {
    text_append_format(text, "  rcs(%s, %zu)", text_content(&written), part->n_knots);
    for (size_t i = 0; i <= j; i++)
      text_append_character(text, '\'');
    text_append(text, " = ");
    print_spline_term(text_content(&written), part, j, text);
  }
  text_free(&written);
}

static void print_variable(const struct design_variable *variable, struct text *text)
{
  struct text line = {0};
  if (variable->label)
    text_append_format(&line, " %s", variable->label);
  if (variable->categorical)
    text_append_format(&line, "%s 1 for that level, else 0 (reference: %s)", line.length ? ":" : "",
                       variable->levels.item[0]);
  else if (variable->unit)
    text_append_format(&line, "%s in %s", line.length ? "," : "", variable->unit);
  if (line.length) {
    text_append(text, "  ");
    formula_print_name(variable->name, text);
    text_append_format(text, "%s%s\n", variable->categorical ? "=LEVEL:" : ":",
                       text_content(&line));
  }
  text_free(&line);
}

void model_print_equation(const struct model *model, int digits, struct text *text)
{
  const struct design *design = &model->design;
  char number[NUMBER_SIZE];
  text_append(text, "log odds = ");
  text_append(text, model->has_intercept ? write_coefficient(number, model->coefficient[0], digits)
                                         : "(intercept not stated)");
  for (size_t j = 1; j < design->n_columns; j++) {
    append_signed(text, model->coefficient[j], digits);
    text_append_format(text, " * %s", design->column_name[j]);
  }
  text_append_character(text, '\n');
  if (model->has_intercept)
    text_append(text, "  risk = 1/(1 + exp(-log odds))\n");
  for (size_t v = 0; v < design->n_variables; v++)
    print_variable(&design->variable[v], text);
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_parts; i++) {
      const struct design_part *part = &design->term[t].part[i];
      if (part->kind == PART_PER_SD && is_first(design, t, i)) {
        const char *name = design->variable[part->variable].name;
        text_append(text, "  ");
        formula_print_name(name, text);
        text_append(text, "/sd = ");
        formula_print_name(name, text);
        text_append_format(text, "/%s\n", number_write(number, part->divisor));
      } else if (part->kind == PART_SPLINE && is_first(design, t, i)) {
        print_spline(design, part, text);
      }
    }
  if (has_kind(design, PART_LOG))
    text_append(text, "  log: the natural logarithm\n");
  if (has_kind(design, PART_SPLINE))
    text_append(text, "  pos(u) = u where u > 0, else 0; rcs(x, k) without a prime is x\n");
  for (size_t i = 0; i < model->derivations.n_items; i++)
    text_append_format(text, "  %s\n", model->derivations.item[i]);
}
