// SPDX-License-Identifier: GPL-3.0-or-later
// her2-univar --missing: the page and the figure.
//
//   W. S. Cleveland (1985), The Elements of Graphing Data: dots on lines for labelled values.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/univar_missing.h"

enum { MOST_PATTERNS = 12, MOST_NAMES = 6, MOST_COMPARED = 20, MOST_DRAWN = 60 };

static const double printed_below = 0.05; // P of comparisons on the page

static void set_and_free(struct layout *layout, size_t row, size_t column, char *text)
{
  layout_set(layout, row, column, text);
  free(text);
}

static char *count_cell(const struct univar_missing *missing, size_t n, size_t scope)
{
  return univar_count_cell(missing->univar, (double) n, missing->scope[scope].n_rows);
}

static void add_scope_columns(const struct univar_missing *missing, struct layout *layout)
{
  for (size_t s = 0; s < missing->n_scopes; s++) {
    char *heading = text_format("%s\n(n = %zu)", missing->scope[s].label, missing->scope[s].n_rows);
    layout_column(layout, ALIGN_LEFT, heading);
    free(heading);
  }
}

// ---- what is missing ----

static void add_item(const struct univar_missing *missing, size_t item, struct layout *layout,
                     const struct univar_columns *columns)
{
  size_t row = layout_row(layout, LAYOUT_VARIABLE);
  layout_set(layout, row, 0, missing_item_title(missing, item));
  layout_set_format(layout, row, 1, "%zu",
                    missing->scope[0].n_rows - missing_item_count(missing, item, 0));
  bool of_outcome = item < missing->first_variable;
  for (size_t s = 0; s < (of_outcome ? 1 : missing->n_scopes); s++)
    set_and_free(layout, row, s + 2,
                 count_cell(missing, missing_item_count(missing, item, s), s));
  if (!of_outcome)
    univar_set_tests(&missing->indicators,
                     &missing->indicators.variable[item - missing->first_variable], layout, row, 1,
                     columns);
}

static void add_complete(const struct univar_missing *missing, struct layout *layout,
                         const struct univar_columns *columns)
{
  size_t row = layout_row(layout, LAYOUT_VARIABLE), item = missing->n_items;
  layout_set(layout, row, 0, "Complete cases");
  for (size_t s = 0; s < missing->n_scopes; s++) {
    size_t n = missing->scope[s].n_rows - missing_item_count(missing, item, s);
    if (s == 0)
      layout_set_format(layout, row, 1, "%zu", n);
    set_and_free(layout, row, s + 2, count_cell(missing, n, s));
  }
  univar_set_tests(&missing->indicators,
                   &missing->indicators.variable[missing->univar->n_variables], layout, row, 1,
                   columns);
}

static void add_counts_layout(const struct univar_missing *missing, struct report *report)
{
  const struct univar *univar = missing->univar;
  char *title = missing->grouped
                    ? text_format("Missing values by %s", column_title(missing->outcome))
                    : memory_copy_text("Missing values");
  struct layout *layout = report_add_layout(report, "missing", title);
  free(title);
  layout_column(layout, ALIGN_LEFT, "Variable");
  layout_column(layout, ALIGN_LEFT, "Present");
  add_scope_columns(missing, layout);
  struct univar_columns columns;
  univar_add_test_columns(&missing->indicators, layout, &columns);
  for (size_t item = 0; item < missing->n_items; item++)
    add_item(missing, item, layout, &columns);
  add_complete(missing, layout, &columns);
  layout_footnote(layout, "Rows in which the variable is missing (%% of the column's rows); in the "
                          "last line rows in which nothing of the table is missing.");
  if (missing->grouped && univar->outcome.n_missing)
    layout_footnote(layout, "The tests compare the groups; the rows without %s are in none.",
                    column_title(missing->outcome));
  univar_footnote_tests(&missing->indicators, layout);
  univar_footnote_pairs(&missing->indicators, layout, &columns);
}

// ---- what is missing together ----

static char *pattern_title(const struct univar_missing *missing, size_t pattern)
{
  struct text names = {0};
  size_t n = missing->patterns.n_missing[pattern], printed = 0;
  if (!n)
    return memory_copy_text("nothing");
  if (n == missing->n_items && n > MOST_NAMES)
    return text_format("all %zu", n);
  for (size_t item = 0; item < missing->n_items; item++) {
    if (!missing_pattern_holds(&missing->patterns, pattern, item))
      continue;
    if (n > MOST_NAMES && printed == MOST_NAMES - 1) {
      text_append_format(&names, " + %zu more", n - printed);
      break;
    }
    text_append_item(&names, " + ", missing_item_title(missing, item));
    printed++;
  }
  return text_take(&names);
}

static void add_patterns_layout(const struct univar_missing *missing, struct report *report)
{
  const struct missing_patterns *patterns = &missing->patterns;
  struct layout *layout = report_add_layout(report, "patterns", "What is missing together");
  layout_column(layout, ALIGN_LEFT, "Missing");
  add_scope_columns(missing, layout);
  for (size_t p = 0; p < patterns->n_patterns && p < MOST_PATTERNS; p++) {
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    set_and_free(layout, row, 0, pattern_title(missing, p));
    for (size_t s = 0; s < missing->n_scopes; s++)
      set_and_free(layout, row, s + 1,
                   count_cell(missing, missing_pattern_count(missing, p, s), s));
  }
  size_t rest = 0;
  for (size_t p = MOST_PATTERNS; p < patterns->n_patterns; p++)
    rest += patterns->n[p];
  if (rest)
    layout_footnote(layout,
                    "The %d most frequent of %zu patterns; the others have %zu row%s together and "
                    "are in the table `patterns`.",
                    MOST_PATTERNS, patterns->n_patterns, rest, rest == 1 ? "" : "s");
}

// ---- in whom it is missing ----

struct compared {
  const struct univar *comparison;
  const struct univar_variable *variable;
  size_t item;
  double p_value, holm;
  bool printed;
};

static int compare_p(const void *a, const void *b)
{
  double p = *(const double *) a, q = *(const double *) b;
  return (p > q) - (p < q);
}

// Marks what is printed: P below 0.05, the smallest where there are too many.
static size_t mark_printed(struct compared *compared, size_t n)
{
  double *p = NEW_ARRAY(double, n);
  size_t n_below = 0, n_printed = 0;
  for (size_t k = 0; k < n; k++)
    if (compared[k].p_value < printed_below)
      p[n_below++] = compared[k].p_value;
  qsort(p, n_below, sizeof *p, compare_p);
  double most = n_below > MOST_COMPARED ? p[MOST_COMPARED - 1] : printed_below;
  free(p);
  for (size_t k = 0; k < n; k++) {
    compared[k].printed = compared[k].p_value < printed_below && compared[k].p_value <= most &&
                          n_printed < MOST_COMPARED;
    n_printed += compared[k].printed;
  }
  return n_below;
}

static void add_compared(const struct compared *compared, struct layout *layout)
{
  static const struct univar_columns columns = {.p = 3, .statistic = 4};
  size_t row = layout->n_rows;
  univar_add_variable(compared->comparison, compared->variable, layout, &columns);
  char p[NUMBER_SIZE];
  layout_set(layout, row, 5, number_write_p(p, compared->holm, 3));
}

static void footnote_compared(const struct compared *compared, size_t n, size_t n_below,
                              const struct univar_missing *missing, struct layout *layout)
{
  const struct comparison_test **test = memory_allocate(n + 1, sizeof *test);
  size_t n_tests = 0, n_printed = 0;
  bool few = false, quantity = false;
  for (size_t k = 0; k < n; k++) {
    if (!compared[k].printed)
      continue;
    size_t ignored;
    n_printed++;
    test[n_tests++] = univar_tests(compared[k].variable, &ignored);
    quantity |= !compared[k].variable->is_category;
    few |= !compared[k].variable->is_category && compared[k].variable->missing;
  }
  if (quantity)
    layout_footnote(layout, "Quantities: median (first, third quartile).%s",
                    few ? " [n]: values present where some are missing." : "");
  univar_footnote_symbols(test, n_tests, layout);
  free(test);
  char *printed = n_below > n_printed
                      ? text_format("%zu have P < 0.05, of which the %zu smallest are printed",
                                    n_below, n_printed)
                      : memory_copy_text("those with P < 0.05 are printed");
  layout_footnote(layout,
                  "%zu comparisons were made; %s; by chance alone about %.1f would be below 0.05. "
                  "Holm: adjusted for all of them. All are in the table `missing.compare`.",
                  missing->n_p_values, printed, printed_below * (double) missing->n_p_values);
  free(printed);
}

static void add_comparisons_layout(const struct univar_missing *missing, struct report *report)
{
  size_t n = missing->n_holm, k = 0;
  struct compared *compared = NEW_ZEROED(struct compared, n);
  for (size_t c = 0; c < missing->n_comparisons; c++)
    for (size_t i = 0; i < missing->comparison[c].n_variables; i++, k++) {
      const struct univar_variable *variable = &missing->comparison[c].variable[i];
      size_t n_tests;
      const struct comparison_test *test = univar_tests(variable, &n_tests);
      compared[k] = (struct compared){.comparison = &missing->comparison[c],
                                      .variable = variable,
                                      .item = missing->compared_item[c],
                                      .p_value = n_tests ? test[0].p_value : NAN,
                                      .holm = missing->holm[k]};
    }
  size_t n_below = mark_printed(compared, n);
  if (!n_below) {
    if (missing->n_p_values)
      report_note(report, "the rows in which a variable is missing differ from the others in no "
                          "comparison with P < 0.05 (%zu made; table missing.compare)",
                  missing->n_p_values);
    free(compared);
    return;
  }
  struct layout *layout =
      report_add_layout(report, "missing.compare",
                        "Rows in which a variable is missing or present");
  static const char *const headings[] = {"Variable", "Missing", "Present", "P", "Statistic",
                                         "P (Holm)"};
  for (size_t j = 0; j < sizeof headings / sizeof *headings; j++)
    layout_column(layout, ALIGN_LEFT, headings[j]);
  size_t item = (size_t) -1;
  for (k = 0; k < n; k++) {
    if (!compared[k].printed)
      continue;
    if (compared[k].item != item) {
      item = compared[k].item;
      size_t row = layout_row(layout, LAYOUT_PLAIN);
      layout_set_format(layout, row, 0, "By %s:", missing_item_title(missing, item));
      for (size_t g = 0; g < 2; g++)
        layout_set_format(layout, row, g + 1, "n = %zu", compared[k].comparison->outcome.n[g]);
    }
    add_compared(&compared[k], layout);
  }
  footnote_compared(compared, n, n_below, missing, layout);
  free(compared);
}

void univar_missing_fill_layout(const struct univar_missing *missing, struct report *report)
{
  add_counts_layout(missing, report);
  if (missing_item_count(missing, missing->n_items, 0))
    add_patterns_layout(missing, report);
  if (missing->n_comparisons)
    add_comparisons_layout(missing, report);
}

// ---- the figure ----

static double share(const struct univar_missing *missing, size_t item, size_t scope)
{
  size_t n_rows = missing->scope[scope].n_rows;
  return n_rows ? 100 * (double) missing_item_count(missing, item, scope) / (double) n_rows : NAN;
}

// The scopes drawn: the groups, or all rows where there are none.
static size_t first_scope(const struct univar_missing *missing)
{
  return missing->grouped ? 1 : 0;
}

static size_t n_scopes_drawn(const struct univar_missing *missing)
{
  return missing->grouped ? missing->univar->outcome.n_groups : 1;
}

// Dots of one scope, a little above or below the items' lines.
static void add_dots(const struct univar_missing *missing, const size_t *drawn, size_t n_drawn,
                     size_t which, struct plot_panel *panel)
{
  size_t n_scopes = n_scopes_drawn(missing), scope = first_scope(missing) + which;
  double step = fmin(0.16, 0.7 / (double) n_scopes);
  double offset = step * ((double) (n_scopes - 1) / 2 - (double) which);
  double *x = NEW_ARRAY(double, 2 * n_drawn), *y = x + n_drawn;
  for (size_t k = 0; k < n_drawn; k++) {
    x[k] = share(missing, drawn[k], scope);
    y[k] = offset - (double) k;
  }
  panel_add_mark(panel, MARK_POINTS, (int) which, n_scopes > 1 ? missing->scope[scope].label : NULL,
                 n_drawn, x, y, NULL, NULL);
  free(x);
}

static double most_drawn(const struct univar_missing *missing, const size_t *drawn, size_t n_drawn)
{
  double most = 0;
  for (size_t k = 0; k < n_drawn; k++)
    for (size_t s = 0; s < n_scopes_drawn(missing); s++)
      most = fmax(most, share(missing, drawn[k], first_scope(missing) + s));
  return most > 0 ? fmin(100, 1.04 * most) : 1;
}

static size_t choose_drawn(const struct univar_missing *missing, size_t *drawn)
{
  size_t n = 0;
  for (size_t item = missing->first_variable; item <= missing->n_items; item++)
    if (missing_item_count(missing, item, 0))
      drawn[n++] = item;
  return n;
}

static void add_lines(const struct univar_missing *missing, const size_t *drawn, size_t n_drawn,
                      double most, struct plot_panel *panel)
{
  for (size_t k = 0; k < n_drawn; k++) {
    double at = -(double) k, zero = 0;
    axis_add_tick(&panel->y, at, missing_item_title(missing, drawn[k]));
    panel_add_mark(panel, MARK_SEGMENT, -1, NULL, 1, &zero, &at, &most, &at);
  }
}

bool univar_missing_draw(const char *kind, void *context, struct figure *figure,
                         struct error *error)
{
  (void) kind;
  const struct univar_missing *missing = context;
  size_t *drawn = NEW_ARRAY(size_t, missing->n_items + 1), n_drawn = choose_drawn(missing, drawn);
  if (n_scopes_drawn(missing) > PLOT_STYLES) {
    free(drawn);
    return error_set(error, ERROR_USAGE, "%zu groups, dots of %d at most can be told apart",
                     n_scopes_drawn(missing), PLOT_STYLES);
  }
  if (n_drawn > MOST_DRAWN + 1) {
    free(drawn);
    return error_set(error, ERROR_USAGE,
                     "%zu variables with missing values, %d at most: name fewer variables",
                     n_drawn - 1, MOST_DRAWN);
  }
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  double most = most_drawn(missing, drawn, n_drawn);
  add_lines(missing, drawn, n_drawn, most, panel);
  for (size_t g = 0; g < n_scopes_drawn(missing) && n_drawn; g++)
    add_dots(missing, drawn, n_drawn, g, panel);
  panel_set_x(panel, missing->grouped ? "Missing (% of group)" : "Missing (% of rows)",
              -0.015 * most, most);
  panel_set_y(panel, NULL, 0.6 - fmax(1, (double) n_drawn), 0.6);
  if (!n_drawn) {
    panel->x.hidden = panel->y.hidden = true;
    panel_add_word(panel, 0.5, 0.1, WORD_CENTRE, 1, "no value is missing");
  }
  panel->legend = missing->grouped && n_drawn ? LEGEND_BELOW : LEGEND_NONE;
  if (missing->grouped)
    figure->title = text_format("By %s", column_title(missing->outcome));
  size_t left_out = missing->n_items - missing->first_variable + 1 - n_drawn;
  if (n_drawn && left_out)
    figure->footnote = text_format("%zu variable%s without a missing value %s not drawn.", left_out,
                                   left_out == 1 ? "" : "s", left_out == 1 ? "is" : "are");
  figure->panel_width = 12;
  double line = fmin(1.2, fmax(0.6, 0.22 * (double) n_scopes_drawn(missing)));
  figure->panel_height = fmax(3, 1.2 + line * (double) n_drawn);
  free(drawn);
  return true;
}
