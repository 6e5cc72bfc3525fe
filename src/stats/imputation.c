// SPDX-License-Identifier: GPL-3.0-or-later
// Chained equations: the design, the order of visits, and the chain.
//
// S. van Buuren & K. Groothuis-Oudshoorn (2011), "mice: multivariate imputation by chained
// equations in R", J Stat Softw 45(3).  A. Gelman & D. B. Rubin (1992), "Inference from iterative
// simulation using multiple sequences", Stat Sci 7, 457-472.
#include <config.h>

#include "stats/imputation.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/imputation_regression.h"
#include "stats/rng.h"
#include "stats/summary.h"

enum { DEFAULT_ITERATIONS = 10, DEFAULT_DONORS = 5, MOST_IMPUTATIONS = 65535 };

// ---- cells ----

void imputation_cells_find(const struct imputation_problem *problem,
                           struct imputation_cells *cells)
{
  size_t n_cells = 0;
  for (size_t v = 0; v < problem->n_variables; v++)
    for (size_t i = 0; i < problem->n; i++)
      n_cells += isnan(problem->variable[v].value[i]) ? 1 : 0;
  cells->variable = NEW_ARRAY(size_t, n_cells);
  cells->row = NEW_ARRAY(size_t, n_cells);
  cells->n_cells = 0;
  for (size_t v = 0; v < problem->n_variables; v++)
    for (size_t i = 0; i < problem->n; i++)
      if (isnan(problem->variable[v].value[i])) {
        cells->variable[cells->n_cells] = v;
        cells->row[cells->n_cells++] = i;
      }
}

void imputation_cells_free(struct imputation_cells *cells)
{
  free(cells->variable);
  free(cells->row);
  *cells = (struct imputation_cells){0};
}

// ---- one chain ----

struct chain_variable {
  const double *value;
  size_t n_levels;
  size_t column, n_columns;   // in the design
  size_t first_cell, n_cells; // what is missing
  size_t n_different;         // values seen: levels; numbers 0, 1 or 2 (and more)
  // Of an incomplete variable: the rows of positive weight in which it is known.
  size_t n_known;
  size_t *known;      // rows of the design
  double *weight;
  double *cumulative; // n_known + 1: weight before each
  size_t *code;       // levels: the number of the known level among those seen
  size_t *seen;       // n_different levels
  double *coefficient; // of the levels' last fit, where the next starts
};

struct chain {
  const struct imputation_problem *problem;
  const struct imputation_cells *cells;
  const double *weight;
  size_t n_positive;    // rows of positive weight; they come first in the design
  size_t *original;     // n: the row that design row i is
  size_t *place;        // n: the design row that row i is
  struct chain_variable *variable;
  size_t n_columns, width, most_levels, most_known;
  double *x;            // n x width
  double *mean, *scale; // n_columns; scale 1/SD, 0 where the column is constant
  struct imputation_room room;
  struct donor_pool pool;
  double *coefficient, *drawn, *probability;
  struct philox_stream stream;
  double *value;        // out
};

static double row_weight(const struct chain *chain, size_t row)
{
  return chain->weight ? chain->weight[row] : 1;
}

static void order_rows(struct chain *chain)
{
  size_t n = chain->problem->n, next = 0;
  chain->original = NEW_ARRAY(size_t, n);
  chain->place = NEW_ARRAY(size_t, n);
  for (int positive = 1; positive >= 0; positive--) {
    for (size_t i = 0; i < n; i++)
      if ((row_weight(chain, i) > 0) == positive) {
        chain->place[i] = next;
        chain->original[next++] = i;
      }
    if (positive)
      chain->n_positive = next;
  }
}

// What is known of a variable, the rows in the order of the design.
static void gather_known(const struct chain *chain, struct chain_variable *variable)
{
  size_t n = chain->n_positive;
  variable->known = NEW_ARRAY(size_t, n);
  variable->weight = NEW_ARRAY(double, n);
  variable->cumulative = NEW_ARRAY(double, n + 1);
  variable->cumulative[0] = 0;
  for (size_t i = 0; i < n; i++) {
    size_t row = chain->original[i];
    if (isnan(variable->value[row]))
      continue;
    size_t k = variable->n_known++;
    variable->known[k] = i;
    variable->weight[k] = row_weight(chain, row);
    variable->cumulative[k + 1] = variable->cumulative[k] + variable->weight[k];
  }
}

static double known_value(const struct chain *chain, const struct chain_variable *variable,
                          size_t k)
{
  return variable->value[chain->original[variable->known[k]]];
}

static void count_numbers(const struct chain *chain, struct chain_variable *variable)
{
  variable->n_different = variable->n_known > 0;
  for (size_t k = 1; k < variable->n_known && variable->n_different < 2; k++)
    variable->n_different += known_value(chain, variable, k) != known_value(chain, variable, 0);
}

// Levels that are known of some row, and each row's number among them.
static void count_levels(const struct chain *chain, struct chain_variable *variable)
{
  size_t *number = NEW_ZEROED(size_t, variable->n_levels);
  variable->seen = NEW_ARRAY(size_t, variable->n_levels);
  variable->code = NEW_ARRAY(size_t, variable->n_known);
  for (size_t k = 0; k < variable->n_known; k++)
    number[(size_t) known_value(chain, variable, k)] = 1;
  for (size_t level = 0; level < variable->n_levels; level++)
    if (number[level]) {
      number[level] = variable->n_different;
      variable->seen[variable->n_different++] = level;
    }
  for (size_t k = 0; k < variable->n_known; k++)
    variable->code[k] = number[(size_t) known_value(chain, variable, k)];
  free(number);
}

static void prepare_variables(struct chain *chain)
{
  const struct imputation_problem *problem = chain->problem;
  size_t cell = 0;
  chain->variable = NEW_ZEROED(struct chain_variable, problem->n_variables);
  chain->n_columns = 1;
  chain->most_levels = 2;
  for (size_t v = 0; v < problem->n_variables; v++) {
    struct chain_variable *variable = chain->variable + v;
    variable->value = problem->variable[v].value;
    variable->n_levels = problem->variable[v].n_levels;
    variable->column = chain->n_columns;
    variable->n_columns = variable->n_levels > 0 ? variable->n_levels - 1 : 1;
    chain->n_columns += variable->n_columns;
    variable->first_cell = cell;
    while (cell < chain->cells->n_cells && chain->cells->variable[cell] == v)
      cell++;
    variable->n_cells = cell - variable->first_cell;
    if (variable->n_cells == 0)
      continue;
    gather_known(chain, variable);
    if (variable->n_levels > 0)
      count_levels(chain, variable);
    else
      count_numbers(chain, variable);
    if (variable->n_levels > 0 && variable->n_different > chain->most_levels)
      chain->most_levels = variable->n_different;
    if (variable->n_known > chain->most_known)
      chain->most_known = variable->n_known;
  }
  chain->width = (chain->n_columns + 3) / 4 * 4;
}

// The c-th column of a variable for this value, as it is.
static double raw_column(const struct chain_variable *variable, size_t c, double value)
{
  return variable->n_levels > 0 ? value == (double) (c + 1) : value;
}

// Mean and SD of a column over what is known in rows of positive weight; false: not finite.
static bool standardize(struct chain *chain, const struct chain_variable *variable, size_t c)
{
  double *x = NEW_ARRAY(double, chain->n_positive), *weight = NEW_ARRAY(double, chain->n_positive);
  size_t n = 0;
  for (size_t i = 0; i < chain->n_positive; i++) {
    size_t row = chain->original[i];
    if (isnan(variable->value[row]))
      continue;
    x[n] = raw_column(variable, c, variable->value[row]);
    weight[n++] = row_weight(chain, row);
  }
  struct moments moments = moments_compute(x, weight, n);
  bool constant = true;
  for (size_t i = 1; i < n; i++)
    constant = constant && x[i] == x[0];
  free(x);
  free(weight);
  double sd = sqrt(moments.sum_squares / moments.n);
  chain->mean[variable->column + c] = n > 0 ? moments.mean : 0;
  chain->scale[variable->column + c] = constant ? 0 : 1 / sd;
  return constant || (isfinite(moments.mean) && isfinite(sd) && sd > 0);
}

static void fill_row(struct chain *chain, const struct chain_variable *variable, size_t i,
                     double value)
{
  double *x = chain->x + i * chain->width;
  for (size_t c = variable->column; c < variable->column + variable->n_columns; c++) {
    double raw = raw_column(variable, c - variable->column, value);
    x[c] = chain->scale[c] > 0 ? (raw - chain->mean[c]) * chain->scale[c] : 0;
  }
}

// Ones and what is known.
static enum imputation_status fill_design(struct chain *chain, size_t *which)
{
  size_t n = chain->problem->n;
  chain->x = NEW_ZEROED(double, n *chain->width);
  chain->mean = NEW_ZEROED(double, chain->n_columns);
  chain->scale = NEW_ZEROED(double, chain->n_columns);
  for (size_t i = 0; i < n; i++)
    chain->x[i * chain->width] = 1;
  for (size_t v = 0; v < chain->problem->n_variables; v++) {
    struct chain_variable *variable = chain->variable + v;
    *which = v;
    if (variable->n_cells > 0 && variable->n_different == 0)
      return IMPUTATION_NOTHING_SEEN;
    for (size_t c = 0; c < variable->n_columns; c++)
      if (!standardize(chain, variable, c))
        return IMPUTATION_NO_ESTIMATE;
    for (size_t i = 0; i < n; i++)
      if (!isnan(variable->value[chain->original[i]]))
        fill_row(chain, variable, i, variable->value[chain->original[i]]);
  }
  return IMPUTATION_DONE;
}

static void prepare_room(struct chain *chain)
{
  chain->room = imputation_room_new(chain->most_known, chain->width, chain->most_levels);
  chain->pool = donor_pool_new(chain->most_known);
  chain->coefficient = NEW_ZEROED(double, chain->width);
  chain->drawn = NEW_ZEROED(double, chain->width *(chain->most_levels - 1));
  chain->probability = NEW_ARRAY(double, chain->most_levels);
  for (size_t v = 0; v < chain->problem->n_variables; v++) {
    struct chain_variable *variable = chain->variable + v;
    if (variable->n_cells > 0 && variable->n_levels > 0)
      variable->coefficient = NEW_ZEROED(double, chain->width *(variable->n_different - 1));
  }
}

static void chain_free(struct chain *chain)
{
  for (size_t v = 0; chain->variable && v < chain->problem->n_variables; v++) {
    free(chain->variable[v].known);
    free(chain->variable[v].weight);
    free(chain->variable[v].cumulative);
    free(chain->variable[v].code);
    free(chain->variable[v].seen);
    free(chain->variable[v].coefficient);
  }
  free(chain->variable);
  free(chain->original);
  free(chain->place);
  free(chain->x);
  free(chain->mean);
  free(chain->scale);
  imputation_room_free(&chain->room);
  donor_pool_free(&chain->pool);
  free(chain->coefficient);
  free(chain->drawn);
  free(chain->probability);
}

static void set_cell(struct chain *chain, const struct chain_variable *variable, size_t cell,
                     double value)
{
  chain->value[cell] = value;
  fill_row(chain, variable, chain->place[chain->cells->row[cell]], value);
}

// A known value at this place of the cumulated weight, 0 <= u < 1.
static double known_at(const struct chain *chain, const struct chain_variable *variable, double u)
{
  size_t low = 0, high = variable->n_known - 1;
  double position = u * variable->cumulative[variable->n_known];
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (variable->cumulative[middle + 1] <= position)
      low = middle + 1;
    else
      high = middle;
  }
  return known_value(chain, variable, low);
}

static void start_chain(struct chain *chain)
{
  for (size_t v = 0; v < chain->problem->n_variables; v++) {
    const struct chain_variable *variable = chain->variable + v;
    for (size_t c = 0; c < variable->n_cells; c++)
      set_cell(chain, variable, variable->first_cell + c,
               known_at(chain, variable, philox_uniform(&chain->stream)));
  }
}

// ---- one regression ----

static struct imputation_sample sample_of(const struct chain *chain,
                                          const struct chain_variable *variable)
{
  return (struct imputation_sample){
      .x = chain->x, .width = chain->width, .n = variable->n_known, .row = variable->known,
      .weight = variable->weight, .own = variable->column, .n_own = variable->n_columns,
      .n_columns = chain->n_columns,
  };
}

static const double *cell_row(const struct chain *chain, size_t cell)
{
  return chain->x + chain->place[chain->cells->row[cell]] * chain->width;
}

static bool impute_numbers(struct chain *chain, struct chain_variable *variable)
{
  struct imputation_sample sample = sample_of(chain, variable);
  struct match_fit fit = {.coefficient = chain->coefficient};
  size_t n_donors = chain->problem->n_donors > 0 ? chain->problem->n_donors : DEFAULT_DONORS;
  if (!match_estimate(&sample, &chain->room, &fit))
    return false;
  match_draw(&fit, &chain->room, &chain->stream, chain->drawn);
  donor_pool_fill(&sample, &chain->room, &chain->pool);
  for (size_t c = 0; c < variable->n_cells; c++) {
    size_t cell = variable->first_cell + c;
    double target =
        imputation_linear_predictor(cell_row(chain, cell), chain->drawn, chain->width);
    if (!isfinite(target))
      return false;
    size_t donor =
        donor_choose(&chain->pool, target, (double) n_donors, philox_uniform(&chain->stream));
    set_cell(chain, variable, cell, known_value(chain, variable, donor));
  }
  return true;
}

static bool impute_levels(struct chain *chain, struct chain_variable *variable)
{
  struct imputation_sample sample = sample_of(chain, variable);
  size_t n_levels = variable->n_different;
  if (!levels_estimate(&sample, variable->code, n_levels, &chain->room, variable->coefficient))
    return false;
  levels_draw(variable->coefficient, n_levels, &chain->room, &chain->stream, chain->drawn);
  for (size_t c = 0; c < variable->n_cells; c++) {
    size_t cell = variable->first_cell + c;
    size_t chosen = levels_choose(cell_row(chain, cell), chain->drawn, chain->width, n_levels,
                                  philox_uniform(&chain->stream), chain->probability);
    set_cell(chain, variable, cell, (double) variable->seen[chosen]);
  }
  return true;
}

// Mean and SD of what was imputed, of every variable.
static void record(const struct chain *chain, double *trace)
{
  for (size_t v = 0; v < chain->problem->n_variables; v++) {
    const struct chain_variable *variable = chain->variable + v;
    struct moments moments =
        moments_compute(chain->value + variable->first_cell, NULL, variable->n_cells);
    trace[2 * v] = variable->n_cells > 0 ? moments.mean : NAN;
    trace[2 * v + 1] = moments_sd(&moments);
  }
}

// Indices of the incomplete variables, the least incomplete first; their number.
static size_t order_visits(const struct chain *chain, size_t *visit)
{
  size_t n_visits = 0;
  for (size_t v = 0; v < chain->problem->n_variables; v++) {
    // One value seen: the start has filled it in.
    if (chain->variable[v].n_cells == 0 || chain->variable[v].n_different < 2)
      continue;
    size_t at = n_visits++;
    for (; at > 0 && chain->variable[visit[at - 1]].n_cells > chain->variable[v].n_cells; at--)
      visit[at] = visit[at - 1];
    visit[at] = v;
  }
  return n_visits;
}

static enum imputation_status run_chain(struct chain *chain, double *trace, size_t *which)
{
  size_t n_variables = chain->problem->n_variables;
  size_t n_iterations = chain->problem->n_iterations;
  n_iterations = n_iterations > 0 ? n_iterations : DEFAULT_ITERATIONS;
  enum imputation_status status = IMPUTATION_DONE;
  size_t *visit = NEW_ARRAY(size_t, n_variables), n_visits = order_visits(chain, visit);
  for (size_t t = 0; t < n_iterations && status == IMPUTATION_DONE; t++) {
    for (size_t k = 0; k < n_visits && status == IMPUTATION_DONE; k++) {
      struct chain_variable *variable = chain->variable + visit[k];
      bool good = variable->n_levels > 0 ? impute_levels(chain, variable)
                                         : impute_numbers(chain, variable);
      if (!good) {
        status = IMPUTATION_NO_ESTIMATE;
        *which = visit[k];
      }
    }
    if (trace && status == IMPUTATION_DONE)
      record(chain, trace + t * n_variables * 2);
  }
  free(visit);
  return status;
}

enum imputation_status imputation_draw(const struct imputation_problem *problem,
                                       const struct imputation_cells *cells, const double *weight,
                                       uint64_t b, size_t m, double *value, double *trace,
                                       size_t *which)
{
  assert(m <= MOST_IMPUTATIONS);
  struct chain chain = {.problem = problem, .cells = cells, .weight = weight, .value = value};
  size_t ignored;
  which = which ? which : &ignored;
  philox_start(&chain.stream, problem->seed, RNG_IMPUTE, b * (MOST_IMPUTATIONS + 1) + m);
  order_rows(&chain);
  prepare_variables(&chain);
  enum imputation_status status = fill_design(&chain, which);
  if (status == IMPUTATION_DONE) {
    prepare_room(&chain);
    start_chain(&chain);
    status = run_chain(&chain, trace, which);
  }
  chain_free(&chain);
  return status;
}

// ---- convergence ----

double imputation_scale_reduction(const double *trace, size_t n_imputations, size_t n_iterations,
                                  size_t n_variables, size_t variable, size_t statistic)
{
  if (n_imputations < 2 || n_iterations < 4)
    return NAN;
  size_t length = n_iterations / 2, first = n_iterations - length;
  double within = 0, *mean = NEW_ARRAY(double, n_imputations);
  for (size_t m = 0; m < n_imputations; m++) {
    const double *chain = trace + m * n_iterations * n_variables * 2;
    double *draw = NEW_ARRAY(double, length);
    for (size_t t = 0; t < length; t++)
      draw[t] = chain[((first + t) * n_variables + variable) * 2 + statistic];
    struct moments moments = moments_compute(draw, NULL, length);
    mean[m] = moments.mean;
    within += moments_variance(&moments) / (double) n_imputations;
    free(draw);
  }
  struct moments moments = moments_compute(mean, NULL, n_imputations);
  double between = moments_variance(&moments), m = (double) n_imputations, n = (double) length;
  free(mean);
  return sqrt((n - 1) / n + (m + 1) / m * between / within);
}
