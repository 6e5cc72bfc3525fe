// SPDX-License-Identifier: GPL-3.0-or-later
// Design matrices.  Coding of factors: J. M. Chambers and T. J. Hastie (1992), Statistical
// Models in S, section 2.4.1, as R's model.matrix has it.
#include <config.h>

#include "data/design.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "stats/spline.h"
#include "stats/summary.h"

enum { BLOCK = 1024, MOST_COLUMNS = 100000 };

void design_free(struct design *design)
{
  for (size_t v = 0; v < design->n_variables; v++) {
    struct design_variable *variable = &design->variable[v];
    free(variable->name);
    free(variable->label);
    free(variable->unit);
    text_list_free(&variable->levels);
    text_list_free(&variable->level_labels);
    text_list_free(&variable->unused_levels);
  }
  for (size_t t = 0; t < design->n_terms; t++) {
    struct design_term *term = &design->term[t];
    for (size_t i = 0; i < term->n_parts; i++)
      free(term->part[i].knot);
    free(term->part);
    free(term->name);
  }
  for (size_t j = 0; design->column_name && j < design->n_columns; j++)
    free(design->column_name[j]);
  free(design->column_name);
  free(design->variable);
  free(design->term);
  *design = (struct design){0};
}

size_t design_find_variable(const struct design *design, const char *name)
{
  for (size_t v = 0; v < design->n_variables; v++)
    if (strcmp(design->variable[v].name, name) == 0)
      return v;
  return DESIGN_ALL;
}

static size_t find_level(const struct text_list *levels, const char *level)
{
  for (size_t i = 0; i < levels->n_items; i++)
    if (strcmp(levels->item[i], level) == 0)
      return i;
  double wanted, number;
  if (number_parse_text(level, &wanted))
    for (size_t i = 0; i < levels->n_items; i++)
      if (number_parse_text(levels->item[i], &number) && number == wanted)
        return i;
  return DESIGN_ALL;
}

size_t design_find_level(const struct design_variable *variable, const char *level)
{
  return find_level(&variable->levels, level);
}

const char *design_title(const struct design_variable *variable)
{
  return variable->label ? variable->label : variable->name;
}

size_t design_term_variable(const struct design_term *term)
{
  for (size_t i = 1; i < term->n_parts; i++)
    if (term->part[i].variable != term->part[0].variable)
      return DESIGN_ALL;
  return term->part[0].variable;
}

// ---- columns and their names ----

static bool is_linear(const struct design_part *part)
{
  return part->kind == PART_PLAIN || part->kind == PART_SCALED || part->kind == PART_PER_SD ||
         part->kind == PART_RISK;
}

// Parts that span the same columns; a change of unit makes no other part.
static bool is_same(const struct design_part *a, const struct design_part *b)
{
  if (a->variable != b->variable)
    return false;
  if (is_linear(a))
    return is_linear(b);
  return a->kind == b->kind && a->n_knots == b->n_knots;
}

// Whether `other` has all parts of `term` but the one at `except`.
static bool holds_rest(const struct design_term *other, const struct design_term *term,
                       size_t except)
{
  for (size_t i = 0; i < term->n_parts; i++) {
    bool found = i == except;
    for (size_t j = 0; j < other->n_parts && !found; j++)
      found = is_same(&other->part[j], &term->part[i]);
    if (!found)
      return false;
  }
  return true;
}

// Whether the factor at `at` needs a column for each level: no earlier term, in the order of
// R (by number of parts, then as written), holds what the term is without it.
static bool needs_all_levels(const struct design *design, size_t t, size_t at)
{
  const struct design_term *term = &design->term[t];
  if (term->n_parts == 1)
    return false;
  for (size_t s = 0; s < design->n_terms; s++) {
    const struct design_term *other = &design->term[s];
    bool before = other->n_parts < term->n_parts || (other->n_parts == term->n_parts && s < t);
    if (before && holds_rest(other, term, at))
      return false;
  }
  return true;
}

static void append_level(struct text *name, const char *level)
{
  if (*level && !strpbrk(level, ":\"`"))
    text_append(name, level);
  else
    formula_print_level(level, name);
}

static void append_part_name(const struct design *design, const struct design_part *part,
                             size_t column, struct text *name)
{
  const struct design_variable *variable = &design->variable[part->variable];
  if (part->kind == PART_FACTOR) {
    formula_print_name(variable->name, name);
    text_append_character(name, '=');
    bool all = part->n_columns == variable->levels.n_items;
    append_level(name, variable->levels.item[column + !all]);
    return;
  }
  struct formula_part written = {.kind = part->kind, .name = variable->name,
                                 .scale = part->divisor, .knots = (int) part->n_knots};
  struct formula_term term = {.sign = TERM_ADD, .part = &written, .n_parts = 1};
  if (part->kind == PART_PLAIN && strcmp(variable->name, "Intercept") == 0)
    text_append(name, "`Intercept`");
  else
    formula_print_term(&term, name);
  for (size_t i = 0; i < column; i++)
    text_append_character(name, '\'');
}

// Which column of each part column j of the term is the product of.
static void split_column(const struct design_term *term, size_t j, size_t *of_part)
{
  for (size_t i = 0; i < term->n_parts; i++) {
    of_part[i] = j % term->part[i].n_columns;
    j /= term->part[i].n_columns;
  }
}

static char *name_column(const struct design *design, const struct design_term *term, size_t j)
{
  struct text name = {0};
  size_t *of_part = NEW_ARRAY(size_t, term->n_parts);
  split_column(term, j, of_part);
  for (size_t i = 0; i < term->n_parts; i++) {
    if (i)
      text_append_character(&name, ':');
    append_part_name(design, &term->part[i], of_part[i], &name);
  }
  free(of_part);
  return text_take(&name);
}

struct named_column {
  const char *name;
  size_t column;
};

static int compare_names(const void *a, const void *b)
{
  const struct named_column *x = a, *y = b;
  int order = strcmp(x->name, y->name);
  return order ? order : (x->column > y->column) - (x->column < y->column);
}

static const char *term_of_column(const struct design *design, size_t column)
{
  size_t t = 0;
  while (column >= design->term[t].first + design->term[t].n_columns)
    t++;
  return design->term[t].name;
}

static bool names_differ(const struct design *design, struct error *error)
{
  size_t n = design->n_columns;
  struct named_column *sorted = NEW_ARRAY(struct named_column, n);
  for (size_t j = 0; j < n; j++)
    sorted[j] = (struct named_column){design->column_name[j], j};
  qsort(sorted, n, sizeof *sorted, compare_names);
  bool good = true;
  for (size_t j = 1; j < n && good; j++)
    if (strcmp(sorted[j].name, sorted[j - 1].name) == 0)
      good = error_set(error, ERROR_USAGE, "terms '%s' and '%s' both have the column '%s'",
                       term_of_column(design, sorted[j - 1].column),
                       term_of_column(design, sorted[j].column), sorted[j].name);
  free(sorted);
  return good;
}

bool design_arrange(struct design *design, struct error *error)
{
  assert(!design->column_name);
  size_t n = 1;
  for (size_t t = 0; t < design->n_terms; t++) {
    struct design_term *term = &design->term[t];
    term->first = n;
    term->n_columns = 1;
    for (size_t i = 0; i < term->n_parts; i++) {
      struct design_part *part = &term->part[i];
      size_t n_levels = design->variable[part->variable].levels.n_items;
      part->n_columns = part->kind == PART_FACTOR   ? n_levels - !needs_all_levels(design, t, i)
                        : part->kind == PART_SPLINE ? part->n_knots - 1
                                                    : 1;
      term->n_columns *= part->n_columns;
      if (n + term->n_columns > MOST_COLUMNS)
        return error_set(error, ERROR_USAGE, "%s: the model would have more than %d columns",
                         term->name, MOST_COLUMNS);
    }
    n += term->n_columns;
  }
  design->n_columns = n;
  design->column_name = NEW_ARRAY(char *, n);
  design->column_name[0] = memory_copy_text("Intercept");
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t j = 0; j < design->term[t].n_columns; j++)
      design->column_name[design->term[t].first + j] = name_column(design, &design->term[t], j);
  return names_differ(design, error);
}

// ---- learning ----

bool design_complete_formula(const struct formula *formula, const struct table *table,
                             bool *complete, struct error *error)
{
  for (size_t i = 0; i < table->n_rows; i++)
    complete[i] = true;
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t k = 0; k < formula->term[t].n_parts; k++) {
      size_t index;
      if (!table_find(table, formula->term[t].part[k].name, &index, error))
        return false;
      const double *value = table->column[index].value;
      for (size_t i = 0; i < table->n_rows; i++)
        complete[i] = complete[i] && !isnan(value[i]);
    }
  return true;
}

struct learner {
  struct design *design;
  const struct formula *formula;
  const struct table *table;
  const bool *used;
  const struct convention *convention;
  const char *term; // for messages
  size_t *column;   // of each variable in the table
  double *sorted;   // values of one variable in the rows used, ascending
  size_t n_sorted;
  struct error *error;
};

// The values of a column in the rows used, without missing ones.
static void sort_used(struct learner *learner, const struct column *column)
{
  learner->n_sorted = 0;
  for (size_t i = 0; i < learner->table->n_rows; i++)
    if (learner->used[i] && !isnan(column->value[i]))
      learner->sorted[learner->n_sorted++] = column->value[i];
  sort_doubles(learner->sorted, learner->n_sorted);
}

static bool is_sorted_value(const struct learner *learner, double x)
{
  size_t low = 0, high = learner->n_sorted;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (learner->sorted[middle] < x)
      low = middle + 1;
    else
      high = middle;
  }
  return low < learner->n_sorted && learner->sorted[low] == x;
}

// The reference that the formula states for a column, whichever of its terms does; false if
// two terms state different ones.
static bool stated_reference(const struct learner *learner, const char *name,
                             const char **reference)
{
  *reference = NULL;
  for (size_t t = 0; t < learner->formula->n_terms; t++)
    for (size_t i = 0; i < learner->formula->term[t].n_parts; i++) {
      const struct formula_part *part = &learner->formula->term[t].part[i];
      if (!part->reference || strcmp(part->name, name) != 0)
        continue;
      if (*reference && strcmp(*reference, part->reference) != 0)
        return error_set(learner->error, ERROR_USAGE,
                         "factor(%s) has two references, '%s' and '%s': one a model", name,
                         *reference, part->reference);
      *reference = part->reference;
    }
  return true;
}

static void move_to_front(struct text_list *list, size_t index)
{
  char *item = list->item[index];
  memmove(list->item + 1, list->item, index * sizeof *list->item);
  list->item[0] = item;
}

static bool choose_reference(struct learner *learner, struct design_variable *variable)
{
  const char *stated;
  if (!stated_reference(learner, variable->name, &stated))
    return false;
  struct text_list *levels = &variable->levels;
  size_t index =
      learner->convention->reference == REFERENCE_LAST ? levels->n_items - 1 : 0;
  if (stated)
    index = find_level(levels, stated);
  if (index == DESIGN_ALL && find_level(&variable->unused_levels, stated) != DESIGN_ALL)
    return error_set(learner->error, ERROR_DATA,
                     "%s: no row used has %s = %s, which is to be the reference", learner->term,
                     variable->name, stated);
  if (index == DESIGN_ALL) {
    char *suggestion = text_suggestion(stated, (const char *const *) levels->item, levels->n_items);
    char *all = text_list_join(levels, ", ");
    error_set(learner->error, ERROR_USAGE, "%s: column '%s' has no level '%s'%s (levels: %s)",
              learner->term, variable->name, stated, suggestion, all);
    free(all);
    free(suggestion);
    return false;
  }
  move_to_front(levels, index);
  move_to_front(&variable->level_labels, index);
  return true;
}

static bool learn_levels(struct learner *learner, struct design_variable *variable,
                         const struct column *column)
{
  if (column->type == COLUMN_CATEGORICAL) {
    for (size_t i = 0; i < column->n_levels; i++) {
      bool found = is_sorted_value(learner, (double) i);
      text_list_add(found ? &variable->levels : &variable->unused_levels, column->level[i]);
      if (found)
        text_list_add(&variable->level_labels, column->level_label[i]);
    }
  } else {
    char text[NUMBER_SIZE];
    for (size_t i = 0; i < learner->n_sorted; i++)
      if (i == 0 || learner->sorted[i] != learner->sorted[i - 1]) {
        text_list_add(&variable->levels, number_write(text, learner->sorted[i]));
        text_list_add(&variable->level_labels, text);
      }
  }
  if (variable->levels.n_items < 2)
    return error_set(learner->error, ERROR_DATA,
                     "%s: column '%s' has %s%s%s among the rows used, and a factor needs two",
                     learner->term, variable->name,
                     variable->levels.n_items ? "one level ('" : "no value",
                     variable->levels.n_items ? variable->levels.item[0] : "",
                     variable->levels.n_items ? "')" : "");
  return choose_reference(learner, variable);
}

static bool learn_range(struct learner *learner, struct design_variable *variable,
                        const struct column *column)
{
  if (!learner->n_sorted)
    return error_set(learner->error, ERROR_DATA,
                     "%s: column '%s' has no value among the rows used", learner->term,
                     variable->name);
  variable->least = learner->sorted[0];
  variable->most = learner->sorted[learner->n_sorted - 1];
  double span = variable->most - variable->least;
  if (variable->digits >= 0)
    variable->step = pow(10, -variable->digits);
  else if (!column->derived)
    variable->step = pow(10, -column->most_decimals);
  else // a thousandth of the range, as a power of ten
    variable->step = span > 0 && isfinite(span) ? pow(10, floor(log10(span)) - 3) : 1;
  return true;
}

// Adds the column as a variable, or finds it among them.
static bool learn_variable(struct learner *learner, const struct formula_part *part,
                           size_t *index)
{
  struct design *design = learner->design;
  size_t c;
  if (!table_find(learner->table, part->name, &c, learner->error))
    return false;
  const struct column *column = &learner->table->column[c];
  assert(column->type != COLUMN_UNLOADED);
  bool factor = part->kind == PART_FACTOR;
  bool categorical = factor || (part->kind == PART_PLAIN && column->type == COLUMN_CATEGORICAL);
  if (!categorical && column->type == COLUMN_CATEGORICAL)
    return error_set(learner->error, ERROR_DATA, "%s: column '%s' has levels%s%s%s, not numbers",
                     learner->term, column->name, column->n_levels ? " ('" : "",
                     column->n_levels ? column->level[0] : "", column->n_levels ? "')" : "");
  sort_used(learner, column);
  *index = design_find_variable(design, column->name);
  if (*index != DESIGN_ALL) {
    if (design->variable[*index].categorical == categorical)
      return true;
    return error_set(learner->error, ERROR_USAGE,
                     "column '%s' is a number in one term and a factor in another: derive a second "
                     "column (--derive='NAME = %s')",
                     column->name, column->name);
  }
  *index = design->n_variables++;
  RESIZE_ARRAY(design->variable, design->n_variables);
  RESIZE_ARRAY(learner->column, design->n_variables);
  learner->column[*index] = c;
  struct design_variable *variable = &design->variable[*index];
  *variable = (struct design_variable){.name = memory_copy_text(column->name),
                                       .label = memory_copy_text(column->label),
                                       .unit = memory_copy_text(column->unit),
                                       .digits = column->digits,
                                       .categorical = categorical,
                                       .ordinal = categorical &&
                                                  column->variable_type == VARIABLE_ORDINAL,
                                       .least = NAN,
                                       .most = NAN,
                                       .step = NAN};
  return categorical ? learn_levels(learner, variable, column)
                     : learn_range(learner, variable, column);
}

// The first row used whose value is below `least` or above `most`.
static size_t first_outside(const struct learner *learner, const double *value, double least,
                            double most)
{
  size_t i = 0;
  while (!(learner->used[i] && (value[i] < least || value[i] > most)))
    i++;
  return i;
}

// Names the row: "cohort.csv:17: log(x): ...".
static bool domain_error(const struct learner *learner, const struct column *column, double least,
                         double most, const char *what)
{
  const struct table *table = learner->table;
  size_t row = first_outside(learner, column->value, least, most);
  char number[NUMBER_SIZE];
  error_set(learner->error, ERROR_DATA, "%s: column '%s' is %s%s", learner->term, column->name,
            number_write(number, column->value[row]), what);
  return table->line && table->name
             ? error_prefix(learner->error, "%s:%zu", table->name, table->line[row])
             : error_prefix(learner->error, "row %zu", row + 1);
}

// The sorted values of the part's variable are at hand.
static bool learn_part(struct learner *learner, const struct formula_part *written,
                       struct design_part *part)
{
  const struct column *column = &learner->table->column[learner->column[part->variable]];
  const double *sorted = learner->sorted;
  size_t n = learner->n_sorted;
  switch (part->kind) {
  case PART_SCALED:
    part->divisor = written->scale;
    break;
  case PART_PER_SD: {
    struct moments moments = moments_compute(sorted, NULL, n);
    part->divisor = moments_sd(&moments);
    if (!(part->divisor > 0) || !isfinite(part->divisor))
      return error_set(learner->error, ERROR_DATA, "%s: column '%s' has %s among the rows used",
                       learner->term, column->name, n < 2 ? "one value only" : "no spread");
    break;
  }
  case PART_LOG:
    if (sorted[0] <= 0)
      return domain_error(learner, column, nextafter(0, 1), INFINITY, ", which has no logarithm");
    break;
  case PART_SQRT:
    if (sorted[0] < 0)
      return domain_error(learner, column, 0, INFINITY, ", which has no square root");
    break;
  case PART_RISK:
    if (sorted[0] < 0 || sorted[n - 1] > 1)
      return domain_error(learner, column, 0, 1, ", which is not a probability");
    break;
  case PART_SPLINE:
    part->n_knots = (size_t) written->knots;
    part->knot = NEW_ARRAY(double, part->n_knots);
    if (!spline_knots(sorted, n, part->n_knots, part->knot))
      return error_set(learner->error, ERROR_DATA,
                       "%s: column '%s' has too few different values for %zu knots%s",
                       learner->term, column->name, part->n_knots,
                       part->n_knots > 3 ? " (fewer knots, or the plain column)"
                                         : " (use the plain column)");
    break;
  case PART_PLAIN:
  case PART_FACTOR:
    break;
  }
  return true;
}

static bool learn_term(struct learner *learner, const struct formula_term *written)
{
  assert(written->sign == TERM_ADD);
  struct design *design = learner->design;
  struct text name = {0};
  formula_print_term(written, &name);
  RESIZE_ARRAY(design->term, design->n_terms + 1);
  struct design_term *term = &design->term[design->n_terms++];
  *term = (struct design_term){.name = text_take(&name)};
  term->part = NEW_ZEROED(struct design_part, written->n_parts);
  learner->term = term->name;
  for (size_t i = 0; i < written->n_parts; i++) {
    struct design_part *part = &term->part[term->n_parts++];
    *part = (struct design_part){.kind = written->part[i].kind, .divisor = 1};
    if (!learn_variable(learner, &written->part[i], &part->variable))
      return false;
    if (design->variable[part->variable].categorical)
      part->kind = PART_FACTOR;
    if (!learn_part(learner, &written->part[i], part))
      return false;
  }
  return true;
}

bool design_learn(struct design *design, const struct formula *formula, const struct table *table,
                  const bool *used, const struct convention *convention, struct error *error)
{
  *design = (struct design){0};
  struct learner learner = {.design = design,
                            .formula = formula,
                            .table = table,
                            .used = used,
                            .convention = convention,
                            .sorted = NEW_ARRAY(double, table->n_rows),
                            .error = error};
  bool good = true;
  for (size_t t = 0; t < formula->n_terms && good; t++)
    good = learn_term(&learner, &formula->term[t]);
  free(learner.column);
  free(learner.sorted);
  good = good && design_arrange(design, error);
  if (!good)
    design_free(design);
  return good;
}

// ---- evaluation ----

// n values of the part's variable to its columns, `stride` apart.
static void part_fill(const struct design *design, const struct design_part *part,
                      const double *value, size_t n, double *x, size_t stride)
{
  switch (part->kind) {
  case PART_PLAIN:
  case PART_RISK:
    memcpy(x, value, n * sizeof *x);
    break;
  case PART_SCALED:
  case PART_PER_SD:
    for (size_t i = 0; i < n; i++)
      x[i] = value[i] / part->divisor;
    break;
  case PART_LOG:
    for (size_t i = 0; i < n; i++)
      x[i] = value[i] > 0 ? log(value[i]) : NAN;
    break;
  case PART_SQRT:
    for (size_t i = 0; i < n; i++)
      x[i] = value[i] >= 0 ? sqrt(value[i]) : NAN;
    break;
  case PART_SPLINE: {
    double basis[16];
    assert(part->n_columns <= sizeof basis / sizeof *basis);
    for (size_t i = 0; i < n; i++) {
      spline_basis(value[i], part->knot, part->n_knots, basis);
      for (size_t j = 0; j < part->n_columns; j++)
        x[j * stride + i] = isnan(value[i]) ? NAN : basis[j];
    }
    break;
  }
  case PART_FACTOR: {
    bool all = part->n_columns == design->variable[part->variable].levels.n_items;
    for (size_t j = 0; j < part->n_columns; j++)
      for (size_t i = 0; i < n; i++)
        x[j * stride + i] = isnan(value[i]) ? NAN : value[i] == (double) (j + !all);
    break;
  }
  }
}

// value: n x n_variables, variable after variable, `n` apart.
static void term_fill(const struct design *design, const struct design_term *term,
                      const double *value, size_t n, double *x, size_t stride)
{
  if (term->n_parts == 1) {
    part_fill(design, &term->part[0], value + term->part[0].variable * n, n, x, stride);
    return;
  }
  for (size_t j = 0; j < term->n_columns; j++)
    for (size_t i = 0; i < n; i++)
      x[j * stride + i] = 1;
  size_t *of_part = NEW_ARRAY(size_t, term->n_parts);
  for (size_t k = 0; k < term->n_parts; k++) {
    const struct design_part *part = &term->part[k];
    double *factor = NEW_ARRAY(double, n * part->n_columns);
    part_fill(design, part, value + part->variable * n, n, factor, n);
    for (size_t j = 0; j < term->n_columns; j++) {
      split_column(term, j, of_part);
      const double *from = factor + of_part[k] * n;
      for (size_t i = 0; i < n; i++)
        x[j * stride + i] *= from[i];
    }
    free(factor);
  }
  free(of_part);
}

static void fill(const struct design *design, size_t t, const double *value, size_t n, double *x,
                 size_t stride)
{
  if (t != DESIGN_ALL) {
    term_fill(design, &design->term[t], value, n, x, stride);
    return;
  }
  for (size_t i = 0; i < n; i++)
    x[i] = 1;
  for (size_t s = 0; s < design->n_terms; s++)
    term_fill(design, &design->term[s], value, n, x + design->term[s].first * stride, stride);
}

void design_evaluate_values(const struct design *design, const double *value, double *x)
{
  fill(design, DESIGN_ALL, value, 1, x, 1);
}

static bool term_reads(const struct design *design, size_t t, size_t variable)
{
  if (t == DESIGN_ALL)
    return true;
  for (size_t i = 0; i < design->term[t].n_parts; i++)
    if (design->term[t].part[i].variable == variable)
      return true;
  return false;
}

void design_complete(const struct design *design, const struct table *table, size_t term,
                     bool *complete)
{
  for (size_t i = 0; i < table->n_rows; i++)
    complete[i] = true;
  for (size_t v = 0; v < design->n_variables; v++) {
    size_t c = 0;
    if (!term_reads(design, term, v))
      continue;
    while (strcmp(table->column[c].name, design->variable[v].name) != 0)
      c++;
    const double *value = table->column[c].value;
    for (size_t i = 0; i < table->n_rows; i++)
      complete[i] = complete[i] && !isnan(value[i]);
  }
}

// One variable of the design in a table.
struct binding {
  const struct column *column; // NULL: not asked for
  double *level;        // of each level of a categorical column, the design's index; NaN: unknown
  double *number;       // of each level of the design, its number (for a numeric column)
  size_t n_numbers;     // 0: values are taken as they are
};

static void bindings_free(struct binding *binding, size_t n)
{
  for (size_t v = 0; v < n; v++) {
    free(binding[v].level);
    free(binding[v].number);
  }
  free(binding);
}

// The other name of a level of a column: its value in a statistics file, else, if `labels`, its label
// if that is not its name; NULL if it has none.  To be freed.
static char *other_name(const struct table *table, const struct column *column, size_t level,
                        bool labels)
{
  char *code = table_level_code(table, column, column->level[level]);
  if (code || !labels || strcmp(column->level[level], column->level_label[level]) == 0)
    return code;
  return memory_copy_text(column->level_label[level]);
}

// Which levels of the design those of a column are, DESIGN_ALL for none: by name, by other name.
struct level_match {
  size_t *by_name, *by_other, *index; // column->n_levels
  enum { MATCH_EACH, MATCH_NAMES, MATCH_OTHERS, MATCH_NONE } rule;
};

static void level_match_free(struct level_match *match)
{
  free(match->by_name);
  free(match->by_other);
  free(match->index);
}

// Two levels that would be one, or one that would be two.
static bool levels_disagree(const struct level_match *match, size_t n)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (match->by_name[i] != DESIGN_ALL && match->by_other[j] != DESIGN_ALL &&
          (match->by_name[i] == match->by_other[j]) != (i == j) &&
          (i == j || match->by_name[j] == DESIGN_ALL))
        return true;
  return false;
}

static void match_levels(struct level_match *match, const struct design_variable *variable,
                         const struct table *table, const struct column *column)
{
  size_t n = column->n_levels, n_names = 0, n_others = 0;
  *match = (struct level_match){NEW_ARRAY(size_t, n), NEW_ARRAY(size_t, n), NEW_ARRAY(size_t, n),
                                MATCH_EACH};
  for (size_t i = 0; i < n; i++) {
    match->by_name[i] = design_find_level(variable, column->level[i]);
    n_names += match->by_name[i] != DESIGN_ALL;
  }
  for (size_t i = 0; i < n; i++) {
    // A label is made for print: it counts only where names do not do.
    char *other = other_name(table, column, i, n_names < n);
    match->by_other[i] = other ? design_find_level(variable, other) : DESIGN_ALL;
    n_others += match->by_other[i] != DESIGN_ALL;
    free(other);
  }
  if (n_others && levels_disagree(match, n))
    match->rule = n_names == n && n_others == n ? MATCH_NONE
                  : n_others == n               ? MATCH_OTHERS
                                                : MATCH_NAMES;
  for (size_t i = 0; i < n; i++) {
    bool named = match->by_name[i] != DESIGN_ALL;
    match->index[i] = match->rule == MATCH_NONE                              ? DESIGN_ALL
                      : match->rule == MATCH_NAMES                           ? match->by_name[i]
                      : match->rule == MATCH_EACH && named                   ? match->by_name[i]
                                                                             : match->by_other[i];
  }
}

static bool bind_levels(struct binding *binding, const struct design_variable *variable,
                        const struct table *table, struct error *error)
{
  const struct column *column = binding->column;
  const struct text_list *levels = &variable->levels;
  if (column->type == COLUMN_CATEGORICAL) {
    struct level_match match;
    match_levels(&match, variable, table, column);
    bool good = match.rule != MATCH_NONE;
    binding->level = NEW_ARRAY(double, column->n_levels);
    for (size_t i = 0; i < column->n_levels; i++)
      binding->level[i] = match.index[i] == DESIGN_ALL ? NAN : (double) match.index[i];
    level_match_free(&match);
    return good || error_set(error, ERROR_DATA,
                             "%s: column '%s': its values and their labels are both levels of the "
                             "model, but not the same ones: give it other labels",
                             table->name, column->name);
  }
  binding->n_numbers = levels->n_items;
  binding->number = NEW_ARRAY(double, levels->n_items);
  for (size_t i = 0; i < levels->n_items; i++)
    if (!number_parse_text(levels->item[i], &binding->number[i]))
      binding->number[i] = NAN;
  return true;
}

static struct binding *bind(const struct design *design, const struct table *table, size_t term,
                            struct error *error)
{
  struct binding *binding = NEW_ZEROED(struct binding, design->n_variables);
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    if (!term_reads(design, term, v))
      continue;
    size_t c;
    bool good = table_find(table, variable->name, &c, error);
    if (!good && error)
      error->status = ERROR_DATA;
    if (good) {
      binding[v].column = &table->column[c];
      assert(table->column[c].type != COLUMN_UNLOADED);
      if (variable->categorical)
        good = bind_levels(&binding[v], variable, table, error);
      else if (table->column[c].type == COLUMN_CATEGORICAL)
        good = error_set(error, ERROR_DATA,
                         "%s: column '%s' has levels%s%s%s where the model takes numbers",
                         table->name, variable->name, table->column[c].n_levels ? " ('" : "",
                         table->column[c].n_levels ? table->column[c].level[0] : "",
                         table->column[c].n_levels ? "')" : "");
    }
    if (!good) {
      bindings_free(binding, design->n_variables);
      return NULL;
    }
  }
  return binding;
}

enum { UNKNOWN_LEVEL = -1 };

// Number or index of level; UNKNOWN_LEVEL.
static double bound_value(const struct binding *binding, size_t row)
{
  double value = binding->column->value[row];
  if (isnan(value))
    return NAN;
  if (binding->level) {
    double level = binding->level[(size_t) value];
    return isnan(level) ? UNKNOWN_LEVEL : level;
  }
  if (!binding->number)
    return value;
  for (size_t i = 0; i < binding->n_numbers; i++)
    if (binding->number[i] == value)
      return (double) i;
  return UNKNOWN_LEVEL;
}

static bool is_risk(const struct design *design, size_t variable)
{
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_parts; i++) {
      const struct design_part *part = &design->term[t].part[i];
      if (part->variable == variable && part->kind == PART_RISK)
        return true;
    }
  return false;
}

static bool value_error(const struct design *design, const struct table *table,
                        const struct binding *binding, size_t v, size_t row, struct error *error)
{
  const struct design_variable *variable = &design->variable[v];
  const struct column *column = binding[v].column;
  double value = column->value[row];
  char number[NUMBER_SIZE];
  number_write(number, value);
  if (!variable->categorical) {
    error_set(error, ERROR_DATA, "column '%s': %s is not a probability", variable->name, number);
  } else {
    const char *level = column->type == COLUMN_CATEGORICAL ? column->level[(size_t) value] : number;
    char *all = text_list_join(&variable->levels, ", ");
    char *suggestion = text_suggestion(level, (const char *const *) variable->levels.item,
                                       variable->levels.n_items);
    error_set(error, ERROR_DATA, "column '%s': the model knows no level '%s'%s (levels: %s)",
              variable->name, level, suggestion, all);
    free(suggestion);
    free(all);
  }
  return table->line ? error_prefix(error, "%s:%zu", table->name, table->line[row])
                     : error_prefix(error, "row %zu", row + 1);
}

static bool check_values(const struct design *design, const struct table *table,
                         const struct binding *binding, const size_t *row, size_t n_rows,
                         struct error *error)
{
  size_t first = n_rows, which = 0;
  for (size_t v = 0; v < design->n_variables; v++) {
    bool risk = is_risk(design, v);
    if (!binding[v].column || !(design->variable[v].categorical || risk))
      continue;
    for (size_t i = 0; i < first; i++) {
      double value = bound_value(&binding[v], row[i]);
      bool bad = risk ? value < 0 || value > 1 : value == UNKNOWN_LEVEL;
      if (bad) {
        first = i;
        which = v;
      }
    }
  }
  return first == n_rows || value_error(design, table, binding, which, row[first], error);
}

void design_note_levels(const struct design *design, const char *model, struct table *table)
{
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    size_t c;
    if (!variable->categorical || !table_find(table, variable->name, &c, NULL) ||
        table->column[c].type != COLUMN_CATEGORICAL)
      continue;
    const struct column *column = &table->column[c];
    struct level_match match;
    struct text pairs = {0};
    match_levels(&match, variable, table, column);
    for (size_t i = 0; i < column->n_levels; i++)
      if (match.index[i] != DESIGN_ALL && match.index[i] != match.by_name[i])
        text_append_format(&pairs, "%s'%s' is its '%s'", pairs.length ? ", " : "",
                           column->level[i], variable->levels.item[match.index[i]]);
    if (pairs.length)
      text_list_adopt(&table->notes, text_format("column '%s': model '%s' has other names for the "
                                                 "levels: %s",
                                                 column->name, model, text_content(&pairs)));
    level_match_free(&match);
    text_free(&pairs);
  }
}

bool design_check(const struct design *design, const struct table *table, size_t term,
                  const size_t *row, size_t n_rows, struct error *error)
{
  struct binding *binding = bind(design, table, term, error);
  if (!binding)
    return false;
  bool good = check_values(design, table, binding, row, n_rows, error);
  bindings_free(binding, design->n_variables);
  return good;
}

bool design_values(const struct design *design, const struct table *table, const size_t *row,
                   size_t n_rows, double *value, struct error *error)
{
  struct binding *binding = bind(design, table, DESIGN_ALL, error);
  if (!binding)
    return false;
  bool good = check_values(design, table, binding, row, n_rows, error);
  size_t p = design->n_variables;
  for (size_t i = 0; i < n_rows && good; i++)
    for (size_t v = 0; v < p; v++)
      value[i * p + v] = bound_value(&binding[v], row[i]);
  bindings_free(binding, p);
  return good;
}

bool design_evaluate(const struct design *design, const struct table *table, size_t term,
                     const size_t *row, size_t n_rows, double *x, struct error *error)
{
  struct binding *binding = bind(design, table, term, error);
  if (!binding)
    return false;
  bool good = check_values(design, table, binding, row, n_rows, error);
  size_t n_blocks = good ? (n_rows + BLOCK - 1) / BLOCK : 0, p = design->n_variables;
  #pragma omp parallel for schedule(static) if (n_blocks > 8)
  for (size_t b = 0; b < n_blocks; b++) {
    size_t first = b * BLOCK, n = n_rows - first < BLOCK ? n_rows - first : BLOCK;
    double *value = NEW_ARRAY(double, n * p);
    for (size_t v = 0; v < p; v++)
      for (size_t i = 0; i < n && binding[v].column; i++)
        value[v * n + i] = bound_value(&binding[v], row[first + i]);
    fill(design, term, value, n, x + first, n_rows);
    free(value);
  }
  bindings_free(binding, p);
  return good;
}

bool design_out_of_range(const struct design *design, const double *value, size_t *which)
{
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    if (variable->categorical || !(value[v] < variable->least || value[v] > variable->most))
      continue;
    if (which)
      *which = v;
    return true;
  }
  return false;
}

// ---- terms as candidates ----

// True if every variable of `part` is one of `whole`, which has more of them.
static bool is_contained(const struct design_term *part, const struct design_term *whole)
{
  if (part->n_parts >= whole->n_parts)
    return false;
  for (size_t i = 0; i < part->n_parts; i++) {
    bool found = false;
    for (size_t j = 0; j < whole->n_parts; j++)
      found |= part->part[i].variable == whole->part[j].variable;
    if (!found)
      return false;
  }
  return true;
}

void design_groups(const struct design *design, struct column_group **group, bool **needs)
{
  size_t n = design->n_terms;
  *group = NEW_ARRAY(struct column_group, n);
  *needs = NEW_ZEROED(bool, n * n);
  for (size_t t = 0; t < n; t++) {
    (*group)[t] = (struct column_group){design->term[t].first - 1, design->term[t].n_columns};
    for (size_t s = 0; s < n; s++)
      (*needs)[t * n + s] = is_contained(&design->term[s], &design->term[t]);
  }
}
