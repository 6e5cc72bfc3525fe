// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate --match=models and --match=all: the columns that equations share are annealed
// together; the rest is put in order beside them.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "cmd/simulate.h"
#include "stats/rank_order.h"
#include "stats/rng.h"

enum { N_CHAINS = 2, PROPOSALS_A_COLUMN = 260000 };

// Streams beside those of simulate_cohort.c, which count from 0.
enum stream { STREAM_ANNEAL = 16, STREAM_BESIDE, STREAM_INVERSE };
static uint64_t replicate_of(enum stream stream, size_t item, size_t group)
{
  return (uint64_t) stream << 56 | (uint64_t) item << 24 | (uint64_t) group;
}

// Columns that share equations, directly or through others: one search.
struct component {
  size_t *item;
  size_t n_items;
};

// What a search works on: its own copy of the columns.
struct chain {
  struct model_problem problem;
  double **value; // n_columns
  double loss;
};

static void find_components(const struct simulation *simulation, struct component **component,
                            size_t *n_components)
{
  size_t m = simulation->n_items, *root = NEW_ARRAY(size_t, m);
  bool *is_used = NEW_ZEROED(bool, m);
  for (size_t i = 0; i < m; i++)
    root[i] = i;
  for (size_t e = 0; e < simulation->n_equations; e++) {
    const struct simulate_equation *equation = &simulation->equation[e];
    for (size_t k = 0; k < equation->n_items; k++) {
      size_t from = root[equation->item[k]], to = root[equation->item[0]];
      is_used[equation->item[k]] |=
          equation->is_whole || simulation->item[equation->item[k]].measure;
      for (size_t i = 0; i < m; i++)
        root[i] = root[i] == from ? to : root[i];
    }
  }
  *component = NULL;
  *n_components = 0;
  for (size_t r = 0; r < m; r++) {
    struct component found = {.item = NEW_ARRAY(size_t, m)};
    for (size_t i = 0; i < m; i++)
      if (root[i] == r && is_used[i])
        found.item[found.n_items++] = i;
    if (!found.n_items) {
      free(found.item);
      continue;
    }
    RESIZE_ARRAY(*component, *n_components + 1);
    (*component)[(*n_components)++] = found;
  }
  free(is_used);
  free(root);
}

static size_t column_of(const struct component *component, size_t item)
{
  for (size_t c = 0; c < component->n_items; c++)
    if (component->item[c] == item)
      return c;
  return SIZE_MAX;
}

static void add_target(struct model_problem *problem, const struct model_target *target)
{
  struct model_target *targets = (struct model_target *) problem->target;
  RESIZE_ARRAY(targets, problem->n_targets + 1);
  targets[problem->n_targets++] = *target;
  problem->target = targets;
}

static void summary_target(struct model_problem *problem, size_t column, size_t group,
                           enum model_quantity quantity, const struct published_number *number,
                           double scale, double weight)
{
  if (published_is_printed(number) && weight > 0)
    add_target(problem, &(struct model_target){
                            .quantity = quantity, .fit = column, .coefficient = group,
                            .value = number->printed.value,
                            .half = 0.5 * pow(10, -number->printed.decimals), .scale = scale,
                            .weight = weight});
}

static double spread_of(const struct simulate_item *item, size_t n_groups)
{
  double sum = 0;
  for (size_t g = 0; g < n_groups; g++) {
    const struct published_measure_group *group = &item->measure->group[g];
    sum += group->kind == PUBLISHED_MEAN_SD
               ? group->sd.printed.value
               : (group->spread_high.printed.value - group->spread_low.printed.value) / 1.349;
  }
  return fmax(sum / (double) n_groups, pow(10, -item->decimals));
}

static void add_summaries(const struct simulation *simulation, struct model_problem *problem,
                          size_t column, const struct simulate_item *item)
{
  const struct simulate_weights *weights = simulation_weights(simulation);
  double scale = spread_of(item, simulation->published.n_groups);
  for (size_t g = 0; g < simulation->published.n_groups; g++) {
    const struct published_measure_group *group = &item->measure->group[g];
    bool by_mean = group->kind == PUBLISHED_MEAN_SD;
    summary_target(problem, column, g, by_mean ? MODEL_MEAN : MODEL_MEDIAN, &group->centre, scale,
                   by_mean ? weights->mean : weights->quartile);
    summary_target(problem, column, g, MODEL_SD, &group->sd, scale, weights->sd);
    summary_target(problem, column, g, MODEL_Q1, &group->spread_low, scale, weights->quartile);
    summary_target(problem, column, g, MODEL_Q3, &group->spread_high, scale, weights->quartile);
  }
}

static void add_equations(const struct simulation *simulation, const struct component *component,
                          struct model_problem *problem)
{
  struct model_equation *equations = NEW_ARRAY(struct model_equation, simulation->n_equations);
  size_t *index = NEW_ARRAY(size_t, simulation->n_equations);
  for (size_t e = 0; e < simulation->n_equations; e++) {
    const struct simulate_equation *equation = &simulation->equation[e];
    size_t *column = NEW_ARRAY(size_t, equation->n_items);
    bool is_here = equation->is_whole || simulation->item[equation->item[0]].measure;
    for (size_t k = 0; k < equation->n_items; k++) {
      column[k] = column_of(component, equation->item[k]);
      is_here &= column[k] != SIZE_MAX;
    }
    index[e] = is_here ? problem->n_equations : SIZE_MAX;
    if (is_here)
      equations[problem->n_equations++] = (struct model_equation){
          .outcome = equation->outcome, .column = column, .per = equation->per,
          .n_columns = equation->n_items};
    else
      free(column);
  }
  problem->equation = equations;
  for (size_t i = 0; i < simulation->n_goals; i++) {
    const struct simulate_goal *goal = &simulation->goal[i];
    struct model_target target = goal->target;
    if (goal->equation == SIZE_MAX || index[goal->equation] == SIZE_MAX || !(target.weight > 0))
      continue;
    target.fit = index[goal->equation];
    add_target(problem, &target);
  }
  free(index);
}

static void chain_start(const struct simulation *simulation, const struct component *component,
                        double *group, struct chain *chain)
{
  size_t n = simulation->n_rows, n_groups = simulation->published.n_groups;
  struct model_column *column = NEW_ZEROED(struct model_column, component->n_items);
  *chain = (struct chain){.value = NEW_ARRAY(double *, component->n_items)};
  chain->problem = (struct model_problem){.n = n, .group = group, .n_groups = n_groups,
                                          .column = column, .n_columns = component->n_items};
  for (size_t c = 0; c < component->n_items; c++) {
    const struct simulate_item *item = &simulation->item[component->item[c]];
    chain->value[c] = NEW_ARRAY(double, n);
    memcpy(chain->value[c], item->value, n * sizeof *item->value);
    column[c] = (struct model_column){.value = chain->value[c]};
    if (item->feature) {
      column[c].n_levels = item->feature->n_levels;
      continue;
    }
    column[c].scale = pow(10, item->decimals);
    column[c].spread = spread_of(item, n_groups);
    column[c].least = item->least;
    column[c].most = item->most;
    add_summaries(simulation, &chain->problem, c, item);
  }
  add_equations(simulation, component, &chain->problem);
}

static void chain_end(struct chain *chain)
{
  struct model_problem *problem = &chain->problem;
  for (size_t c = 0; c < problem->n_columns; c++)
    free(chain->value[c]);
  for (size_t e = 0; e < problem->n_equations; e++)
    free((size_t *) problem->equation[e].column);
  free(chain->value);
  free(problem->column);
  free((struct model_equation *) problem->equation);
  free((struct model_target *) problem->target);
}

static void anneal_component(const struct simulation *simulation, const struct component *component,
                             double *group, struct chain *chain, size_t k)
{
  const struct model_effort effort = {.n_proposals = PROPOSALS_A_COLUMN * component->n_items,
                                      .hot = 0.02, .cold = 0.001, .widest = 1.5,
                                      .narrowest = 0.0005};
  chain_start(simulation, component, group, chain);
  chain->loss = model_anneal(&chain->problem, &effort, simulation->command->seed,
                             replicate_of(STREAM_ANNEAL, component->item[0], k));
}

// ---- beside them ----

static bool is_fixed(const struct simulation *simulation, size_t index)
{
  for (size_t e = 0; e < simulation->n_equations; e++)
    for (size_t k = 0; simulation->equation[e].is_whole && k < simulation->equation[e].n_items; k++)
      if (simulation->equation[e].item[k] == index)
        return true;
  return false;
}

static void to_ranks(const double *value, size_t n, double *rank)
{
  size_t *order = NEW_ARRAY(size_t, n);
  sort_order(value, n, order);
  for (size_t i = 0, j; i < n; i = j) {
    for (j = i + 1; j < n && value[order[j]] == value[order[i]];)
      j++;
    for (size_t k = i; k < j; k++)
      rank[order[k]] = (double) (i + j - 1) / 2 - (double) (n - 1) / 2;
  }
  free(order);
}

// Exchanges of two rows of a column at random, kept if they bring its rank correlations with the
// others nearer to those asked.  other: m columns of ranks, centred; sum of squares in `square`.
static void approach(double *value, size_t n, double *const *other, const double *asked, size_t m,
                     struct philox_stream *stream)
{
  double *rank = NEW_ARRAY(double, n), *sum = NEW_ZEROED(double, m), *scale = NEW_ARRAY(double, m);
  double square = 0;
  to_ranks(value, n, rank);
  for (size_t i = 0; i < n; i++)
    square += rank[i] * rank[i];
  for (size_t j = 0; j < m; j++) {
    double own = 0;
    for (size_t i = 0; i < n; i++) {
      own += other[j][i] * other[j][i];
      sum[j] += other[j][i] * rank[i];
    }
    scale[j] = sqrt(own * square);
  }
  for (size_t step = 0; step < 100 * n; step++) {
    size_t a = (size_t) philox_below(stream, n), b = (size_t) philox_below(stream, n);
    double before = 0, after = 0;
    for (size_t j = 0; j < m; j++) {
      double change = (rank[b] - rank[a]) * (other[j][a] - other[j][b]);
      before += pow(sum[j] / scale[j] - asked[j], 2);
      after += pow((sum[j] + change) / scale[j] - asked[j], 2);
    }
    if (!(after < before))
      continue;
    for (size_t j = 0; j < m; j++)
      sum[j] += (rank[b] - rank[a]) * (other[j][a] - other[j][b]);
    double r = rank[a], v = value[a];
    rank[a] = rank[b];
    rank[b] = r;
    value[a] = value[b];
    value[b] = v;
  }
  free(rank);
  free(sum);
  free(scale);
}

// The asked correlations of a free column with those already in place.
static void put_beside(const struct simulation *simulation, size_t index, size_t g, bool *in_place)
{
  struct simulate_item *item = &simulation->item[index];
  size_t n = simulation->group_n[g], start = simulation->group_start[g], m = 0;
  double **other = NEW_ARRAY(double *, simulation->n_items);
  double *asked = NEW_ARRAY(double, simulation->n_items);
  for (size_t j = 0; j < simulation->n_items; j++) {
    double r = plausible_correlation(&simulation->plausible, item->name, simulation->item[j].name);
    if (!in_place[j] || r == 0)
      continue;
    other[m] = NEW_ARRAY(double, n);
    to_ranks(simulation->item[j].value + start, n, other[m]);
    asked[m++] = r;
  }
  struct philox_stream stream;
  philox_start(&stream, simulation->command->seed, RNG_SIMULATE,
               replicate_of(STREAM_BESIDE, index, g));
  if (m && item->n[g] == n)
    approach(item->value + start, n, other, asked, m, &stream);
  for (size_t j = 0; j < m; j++)
    free(other[j]);
  free(other);
  free(asked);
  in_place[index] = true;
}

static double total_distance(const struct simulation *simulation, const struct simulate_item *item,
                             size_t g, double *scratch)
{
  double sum = 0;
  simulation_formula(simulation, item, g, scratch);
  for (size_t i = 0; i < simulation->group_n[g]; i++) {
    double distance = fabs(item->value[simulation->group_start[g] + i] - scratch[i]);
    sum += isnan(distance) ? 0 : distance;
  }
  return sum;
}

// A measure that must stay as it is, with a definition: its last free input is exchanged between
// rows as long as that brings the two nearer.
static void follow_fixed(const struct simulation *simulation, size_t index, size_t moving, size_t g)
{
  const struct simulate_item *item = &simulation->item[index];
  size_t n = simulation->group_n[g];
  double *value = simulation->item[moving].value + simulation->group_start[g];
  double *scratch = NEW_ARRAY(double, n), now = total_distance(simulation, item, g, scratch);
  struct philox_stream stream;
  philox_start(&stream, simulation->command->seed, RNG_SIMULATE,
               replicate_of(STREAM_INVERSE, index, g));
  for (size_t step = 0; step < 200 * n; step++) {
    size_t a = (size_t) philox_below(&stream, n), b = (size_t) philox_below(&stream, n);
    double old = value[a];
    value[a] = value[b];
    value[b] = old;
    double then = total_distance(simulation, item, g, scratch);
    if (then < now) {
      now = then;
      continue;
    }
    value[b] = value[a];
    value[a] = old;
  }
  free(scratch);
}

static void follow_fixed_formulas(const struct simulation *simulation, size_t g)
{
  for (size_t i = 0; i < simulation->n_items; i++) {
    const struct simulate_item *item = &simulation->item[i];
    if (!item->assumed || !item->assumed->formula || !is_fixed(simulation, i))
      continue;
    const struct text_list *names = derivation_inputs(item->assumed->formula);
    size_t moving = SIZE_MAX;
    for (size_t j = 0; j < names->n_items; j++) {
      size_t at = (size_t) (simulation_find(simulation, names->item[j]) - simulation->item);
      if (!is_fixed(simulation, at) && (moving == SIZE_MAX || at > moving))
        moving = at;
    }
    if (moving != SIZE_MAX)
      follow_fixed(simulation, i, moving, g);
  }
}

static void order_beside(const struct simulation *simulation, size_t g)
{
  bool *in_place = NEW_ZEROED(bool, simulation->n_items);
  for (size_t i = 0; i < simulation->n_items; i++)
    in_place[i] = is_fixed(simulation, i);
  for (size_t i = 0; i < simulation->n_items; i++)
    if (!in_place[i] && !(simulation->item[i].assumed && simulation->item[i].assumed->formula))
      put_beside(simulation, i, g, in_place);
  free(in_place);
  follow_fixed_formulas(simulation, g);
  simulation_follow_formulas(simulation, g, is_fixed);
}

void simulation_run_models(struct simulation *simulation)
{
  struct component *component;
  size_t n_components, n_jobs, n = simulation->n_rows;
  find_components(simulation, &component, &n_components);
  double *group = NEW_ARRAY(double, n);
  for (size_t g = 0; g < simulation->published.n_groups; g++)
    for (size_t i = 0; i < simulation->group_n[g]; i++)
      group[simulation->group_start[g] + i] = (double) g;
  n_jobs = n_components * N_CHAINS;
  struct chain *chain = NEW_ZEROED(struct chain, n_jobs);
  #pragma omp parallel for schedule(dynamic, 1)
  for (size_t j = 0; j < n_jobs; j++)
    anneal_component(simulation, &component[j / N_CHAINS], group, &chain[j], j % N_CHAINS);
  for (size_t k = 0; k < n_components; k++) {
    struct chain *best = &chain[k * N_CHAINS];
    for (size_t j = 1; j < N_CHAINS; j++)
      if (chain[k * N_CHAINS + j].loss < best->loss)
        best = &chain[k * N_CHAINS + j];
    for (size_t c = 0; c < component[k].n_items; c++)
      memcpy(simulation->item[component[k].item[c]].value, best->value[c], n * sizeof(double));
  }
  for (size_t j = 0; j < n_jobs; j++)
    chain_end(&chain[j]);
  for (size_t k = 0; k < n_components; k++)
    free(component[k].item);
  free(component);
  free(chain);
  free(group);
  #pragma omp parallel for schedule(dynamic)
  for (size_t g = 0; g < simulation->published.n_groups; g++)
    order_beside(simulation, g);
}
