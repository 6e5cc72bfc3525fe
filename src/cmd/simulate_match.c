// SPDX-License-Identifier: GPL-3.0-or-later
// her2-simulate --match=models and --match=all: the numbers of the logistic tables and of the
// performance figures as targets, and the columns that meet them.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/simulate.h"
#include "stats/estimate_choice.h"
#include "stats/slope_bound.h"

#define FAIL(simulation, ...) \
  do { \
    struct error failure; \
    error_set(&failure, ERROR_DATA, __VA_ARGS__); \
    command_fail((simulation)->command, &failure); \
  } while (0)

static size_t item_index(const struct simulation *simulation, const char *name)
{
  const struct simulate_item *item = simulation_find(simulation, name);
  return item ? (size_t) (item - simulation->item) : SIZE_MAX;
}

// ---- units ----

static const double widest_effect = 4; // log odds for an SD: areas of .97 and more

// SD of a measure over the groups of a model, by its printed centres and spreads (quartiles: the
// median for the mean, and the SD of a normal distribution).
static double printed_sd(const struct simulation *simulation, const struct simulate_item *item,
                         const struct published_model *model, double *share, double *n)
{
  double sum = 0, square = 0, events = 0;
  *n = 0;
  for (size_t g = 0; g < simulation->published.n_groups; g++) {
    const struct published_measure_group *group = &item->measure->group[g];
    if (!group->is_there || !(model->event[g] || model->comparison[g]))
      continue;
    double size = (double) item->n[g], mean = group->centre.printed.value;
    double sd = group->kind == PUBLISHED_MEAN_SD
                    ? group->sd.printed.value
                    : (group->spread_high.printed.value - group->spread_low.printed.value) / 1.349;
    *n += size;
    events += model->event[g] ? size : 0;
    sum += size * mean;
    square += size * (sd * sd + mean * mean);
  }
  *share = events / *n;
  return sqrt(fmax(square / *n - sum * sum / (*n * *n), 0));
}

// How far, as a factor, the SE of a coefficient per `unit` is from that which a normal predictor
// of this SD would have: information n f (1 - f) sd^2 (1 + (b sd)^2/4)^(-3/2).
static double unit_misfit(const struct estimate_choice *choice, double sd, double share, double n,
                          double unit)
{
  double s = choice->b * sd / unit;
  double information = n * share * (1 - share) * sd * sd / (unit * unit) * pow(1 + s * s / 4, -1.5);
  return fabs(log(choice->std_error * sqrt(information)));
}

static bool choose_estimate(const struct published_coefficient *printed, double least_error,
                            struct estimate_choice *choice)
{
  const struct printed part[N_ESTIMATE_PARTS] = {
      printed->b.printed, printed->odds_ratio.printed, printed->low.printed, printed->high.printed,
      printed->p.printed};
  const struct published_number *number[N_ESTIMATE_PARTS] = {
      &printed->b, &printed->odds_ratio, &printed->low, &printed->high, &printed->p};
  struct printed there[N_ESTIMATE_PARTS];
  bool any = false;
  for (size_t i = 0; i < N_ESTIMATE_PARTS; i++) {
    there[i] = part[i];
    if (!published_is_printed(number[i]))
      there[i].range = (struct interval){NAN, NAN};
    if (!published_is_printed(number[i]))
      there[i].value = NAN;
    any |= i < ESTIMATE_P && published_is_printed(number[i]);
  }
  estimate_choose(there, least_error, choice);
  return any && !isnan(choice->b);
}

// Units of a measure that its odds ratios in one table are for: as stated, else the power of ten
// at which the printed SEs are nearest to what its printed spread would give.
static double unit_of(const struct simulation *simulation, const struct published_term *term,
                      const struct published_model *model)
{
  const struct simulate_item *item = simulation_find(simulation, term->variable);
  struct estimate_choice choice[2];
  bool there[2] = {choose_estimate(&term->univariable, 0, &choice[0]),
                   choose_estimate(&term->multivariable, 0, &choice[1])};
  double share, n, sd = printed_sd(simulation, item, model, &share, &n);
  double best = 1, least = INFINITY;
  if (!isnan(term->per))
    return term->per;
  // From above, to where the predictor all but separates: below that the SE grows again.
  for (int k = 6; k >= -6; k--) {
    double unit = k < 0 ? 1 / pow(10, -k) : pow(10, k), misfit = 0;
    for (size_t i = 0; i < 2; i++)
      if (there[i] && choice[i].std_error > 0)
        misfit += fabs(choice[i].b) * sd / unit > widest_effect
                      ? INFINITY
                      : unit_misfit(&choice[i], sd, share, n, unit);
    if (!(misfit < least))
      break;
    least = misfit;
    best = unit;
  }
  return best;
}

// ---- equations ----

static bool is_printed_row(const struct published_coefficient *row)
{
  return published_is_printed(&row->b) || published_is_printed(&row->odds_ratio) ||
         published_is_printed(&row->p);
}

static size_t add_equation(struct simulation *simulation, const struct published_model *model,
                           bool is_whole)
{
  RESIZE_ARRAY(simulation->equation, simulation->n_equations + 1);
  struct simulate_equation *equation = &simulation->equation[simulation->n_equations];
  *equation = (struct simulate_equation){.model = model, .is_whole = is_whole, .p = 1,
                                         .outcome = NEW_ARRAY(double, simulation->n_rows)};
  for (size_t g = 0; g < simulation->published.n_groups; g++)
    for (size_t i = 0; i < simulation->group_n[g]; i++)
      equation->outcome[simulation->group_start[g] + i] = model->event[g]        ? 1
                                                          : model->comparison[g] ? 0
                                                                                 : NAN;
  return simulation->n_equations++;
}

static void add_term(const struct simulation *simulation, struct simulate_equation *equation,
                     const struct published_term *term)
{
  size_t index = item_index(simulation, term->variable), k = equation->n_items;
  const struct simulate_item *item = &simulation->item[index];
  for (size_t i = 0; i < k; i++)
    if (equation->item[i] == index)
      return;
  RESIZE_ARRAY(equation->item, k + 1);
  RESIZE_ARRAY(equation->per, k + 1);
  RESIZE_ARRAY(equation->design_start, k + 1);
  equation->item[k] = index;
  equation->per[k] = item->measure ? unit_of(simulation, term, equation->model) : 1;
  equation->design_start[k] = equation->p;
  equation->p += item->feature ? item->feature->n_levels - 1 : 1;
  equation->n_items++;
}

static const struct published_model *model_of(const struct simulation *simulation,
                                              const struct published_term *term)
{
  const struct published *published = &simulation->published;
  return published_model_of_table(published, published->file[term->file].name);
}

static size_t find_equation(const struct simulation *simulation,
                            const struct published_model *model, bool is_whole, size_t item)
{
  for (size_t e = 0; e < simulation->n_equations; e++) {
    const struct simulate_equation *equation = &simulation->equation[e];
    if (equation->model == model && equation->is_whole == is_whole &&
        (is_whole || equation->item[0] == item))
      return e;
  }
  return SIZE_MAX;
}

static void check_term(const struct simulation *simulation, const struct published_term *term)
{
  const struct simulate_item *item = simulation_find(simulation, term->variable);
  if (!item)
    FAIL(simulation, "'%s' is in a logistic table, but in no table of counts or measures",
         term->variable);
  for (size_t g = 0; g < simulation->published.n_groups && !simulation->settings->check; g++)
    if (item->n[g] < simulation->group_n[g])
      FAIL(simulation, "'%s' has missing values in the group '%s': logistic tables are matched by "
                       "complete columns only",
           term->variable, simulation->published.group[g]);
}

static void find_equations(struct simulation *simulation)
{
  const struct published *published = &simulation->published;
  for (size_t t = 0; t < published->n_terms; t++) {
    const struct published_term *term = &published->term[t];
    const struct published_model *model = model_of(simulation, term);
    check_term(simulation, term);
    if (!model || !model->known)
      continue;
    size_t item = item_index(simulation, term->variable);
    size_t whole = find_equation(simulation, model, true, 0);
    if (is_printed_row(&term->multivariable)) {
      if (whole == SIZE_MAX)
        whole = add_equation(simulation, model, true);
      add_term(simulation, &simulation->equation[whole], term);
    }
    if (is_printed_row(&term->univariable) &&
        find_equation(simulation, model, false, item) == SIZE_MAX) {
      size_t e = add_equation(simulation, model, false);
      add_term(simulation, &simulation->equation[e], term);
    }
  }
}

// ---- goals ----

static struct simulate_goal *add_goal(struct simulation *simulation, const char *item,
                                      const char *level, const struct published_model *model,
                                      const char *quantity, const struct published_number *number)
{
  RESIZE_ARRAY(simulation->goal, simulation->n_goals + 1);
  struct simulate_goal *goal = &simulation->goal[simulation->n_goals++];
  *goal = (struct simulate_goal){
      .item = item, .level = level && *level ? level : NULL, .model = model->name ? model->name
                                                                                  : model->table,
      .quantity = memory_copy_text(quantity), .number = number, .asked = number->printed.value,
      .reached = NAN, .equation = SIZE_MAX,
      .target = {.value = number->printed.value,
                 .half = 0.5 * pow(10, -number->printed.decimals), .scale = 0.05,
                 .at_most = number->printed.relation == PRINTED_LESS}};
  return goal;
}

static size_t place_in(const struct simulate_equation *equation, size_t item)
{
  for (size_t k = 0; k < equation->n_items; k++)
    if (equation->item[k] == item)
      return equation->design_start[k];
  return 0;
}

// The design columns of a term: those of a contrast, of a measure, or first and last of a factor.
// False for a contrast that is none.
static bool term_columns(const struct simulation *simulation,
                         const struct simulate_equation *equation,
                         const struct published_term *term, size_t *first, size_t *second)
{
  size_t index = item_index(simulation, term->variable), level, reference;
  const struct simulate_item *item = &simulation->item[index];
  size_t start = place_in(equation, index);
  *first = start;
  *second = 0;
  if (item->measure)
    return true;
  if (!*term->level) {
    *second = start + item->feature->n_levels - 2;
    return true;
  }
  if (!published_contrast(item->feature, term->level, &level, &reference))
    return false;
  *first = level ? start + level - 1 : 0;
  *second = reference ? start + reference - 1 : 0;
  return true;
}

// No SE of a contrast is smaller, whatever else is in the model.
static double least_error_of(const struct simulation *simulation,
                             const struct simulate_equation *equation,
                             const struct published_term *term)
{
  const struct simulate_item *item = simulation_find(simulation, term->variable);
  size_t level, reference;
  double n[2] = {0, 0};
  if (!item->feature || !published_contrast(item->feature, term->level, &level, &reference))
    return 0;
  size_t n_groups = simulation->published.n_groups;
  for (size_t g = 0; g < n_groups; g++)
    if (equation->model->event[g] || equation->model->comparison[g]) {
      n[0] += (double) item->count[level * n_groups + g];
      n[1] += (double) item->count[reference * n_groups + g];
    }
  return slope_least_contrast_error(n[0], n[1]);
}

static const struct simulate_weights weights_of[] = {
    [MATCH_MODELS] = {.estimate = 3, .limits = 3, .univariable = 2, .univariable_limits = 2,
                      .left_out = 0.03, .auc = 4, .auc_limits = 0.5, .youden = 2, .brier = 2,
                      .mean = 0.15, .sd = 0.15, .quartile = 0.1},
    [MATCH_ALL] = {.estimate = 3, .limits = 0.2, .univariable = 0.1, .univariable_limits = 0,
                   .left_out = 0, .auc = 4, .auc_limits = 0.2, .youden = 0.3, .brier = 0.3,
                   .mean = 60, .sd = 60, .quartile = 60},
};

const struct simulate_weights *simulation_weights(const struct simulation *simulation)
{
  return &weights_of[simulation->settings->match];
}

static void coefficient_goals(struct simulation *simulation, const struct published_term *term,
                              bool is_whole)
{
  static const char *const name[N_ESTIMATE_PARTS] = {"b", "odds.ratio", "conf.low", "conf.high",
                                                     "p.value"};
  const struct published_coefficient *row = is_whole ? &term->multivariable : &term->univariable;
  const struct published_number *number[N_ESTIMATE_PARTS] = {&row->b, &row->odds_ratio, &row->low,
                                                             &row->high, &row->p};
  const struct published_model *model = model_of(simulation, term);
  size_t item = item_index(simulation, term->variable), first = 0, second = 0;
  size_t e = model && model->known ? find_equation(simulation, model, is_whole, item) : SIZE_MAX;
  if (e == SIZE_MAX)
    return;
  const struct simulate_equation *equation = &simulation->equation[e];
  const struct simulate_weights *weights = simulation_weights(simulation);
  struct estimate_choice choice;
  double least = least_error_of(simulation, equation, term);
  bool is_contrast = term_columns(simulation, equation, term, &first, &second);
  bool is_factor = simulation->item[item].feature && !*term->level;
  bool is_chosen = choose_estimate(row, least, &choice);
  for (size_t i = 0; i < N_ESTIMATE_PARTS; i++) {
    if (!published_is_printed(number[i]))
      continue;
    char *quantity = text_format("%s.%s", is_whole ? "multivariable" : "univariable", name[i]);
    struct simulate_goal *goal =
        add_goal(simulation, term->variable, term->level, model, quantity, number[i]);
    free(quantity);
    goal->equation = e;
    goal->target.quantity = (enum model_quantity) (MODEL_COEFFICIENT + i);
    goal->target.coefficient = first;
    goal->target.other = second;
    if (is_factor) {
      goal->target.quantity = MODEL_JOINT_P;
      goal->target.scale = 1;
    } else {
      goal->target.scale = i == ESTIMATE_P ? 1 : is_chosen ? fmin(choice.std_error, 1) : 0.5;
      if (least > 0)
        goal->target.scale = least;
    }
    bool is_limit = i >= ESTIMATE_LOW;
    goal->target.weight = is_whole   ? (is_limit ? weights->limits : weights->estimate)
                          : is_limit ? weights->univariable_limits
                                     : weights->univariable;
    goal->is_sought = goal->target.weight > 0;
    if (!is_contrast) {
      goal->equation = SIZE_MAX;
      goal->is_sought = false;
      goal->why = memory_copy_text("no contrast of two levels of the counts");
    } else if (simulation->item[item].feature && !is_whole) {
      goal->is_sought = false;
      goal->why = memory_copy_text("the counts decide it");
    } else if (!is_factor && is_chosen && !choice.is_kept[i]) {
      goal->target.weight = fmin(goal->target.weight, weights->left_out);
      goal->is_sought = false;
      goal->why = memory_copy_text(least > choice.std_error - 1e-9 || (least > 0 && is_limit)
                                       ? "the counts forbid it beside the odds ratio"
                                       : "contradicts the other numbers of its row");
    } else if (!goal->is_sought) {
      goal->why = memory_copy_text("given up for the centres and spreads");
    }
  }
}

static bool same_quantity(const struct published_figure *a, const struct published_figure *b)
{
  return strcmp(a->model, b->model) == 0 && strcmp(a->item, b->item) == 0 &&
         strcmp(a->quantity, b->quantity) == 0;
}

// A place whose words say so, or which gives another value of a quantity than the first place that
// gives it, is about other rows: those of a hold-out.
static bool is_elsewhere(const struct published *published, const struct published_figure *figure)
{
  static const char *const words[] = {"hold-out", "holdout", "test set", "external"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(figure->where, words[i]))
      return true;
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *here = &published->figure[i], *first = published->figure;
    if (strcmp(here->where, figure->where) != 0 || strcmp(here->model, figure->model) != 0 ||
        strcmp(here->item, figure->item) != 0)
      continue;
    while (!same_quantity(first, here))
      first++;
    if (!printed_overlap(&first->value.printed, &here->value.printed))
      return true;
  }
  return false;
}

// The first place that gives a quantity of a model and item for these rows, or for others.
static const struct published_figure *find_figure_of(const struct simulation *simulation,
                                                     const char *model, const char *item,
                                                     const char *quantity, bool elsewhere)
{
  const struct published *published = &simulation->published;
  const struct published_figure sought = {
      .model = (char *) model, .item = (char *) item, .quantity = (char *) quantity};
  for (size_t i = 0; i < published->n_figures; i++)
    if (same_quantity(&published->figure[i], &sought) &&
        is_elsewhere(published, &published->figure[i]) == elsewhere)
      return &published->figure[i];
  return NULL;
}

static const struct published_figure *find_figure(const struct simulation *simulation,
                                                  const char *model, const char *item,
                                                  const char *quantity)
{
  return find_figure_of(simulation, model, item, quantity, false);
}

// The proportion nearest to a printed percentage that n rows can have.
static double nearest_share(double percent, double n)
{
  return round(percent / 100 * n) / n;
}

static void count_outcomes(const struct simulation *simulation,
                           const struct simulate_equation *equation, double *events, double *others)
{
  *events = *others = 0;
  for (size_t i = 0; i < simulation->n_rows; i++) {
    *events += equation->outcome[i] == 1;
    *others += equation->outcome[i] == 0;
  }
}

// A curve through sensitivity and specificity has an area of at least their product.
static bool area_forbids(const struct simulation *simulation, const struct published_figure *figure)
{
  const struct published_figure *other[] = {
      find_figure(simulation, figure->model, figure->item, "sensitivity"),
      find_figure(simulation, figure->model, figure->item, "specificity"),
      find_figure(simulation, figure->model, figure->item, "auc")};
  for (size_t i = 0; i < 3; i++)
    if (!other[i])
      return false;
  return other[0]->value.printed.range.low / 100 * other[1]->value.printed.range.low / 100 >
         other[2]->value.printed.range.high;
}

static void figure_goal(struct simulation *simulation, const struct published_figure *figure,
                        const struct published_model *model, size_t e)
{
  static const struct {
    const char *name;
    enum model_quantity quantity;
  } known[] = {{"auc", MODEL_AUC}, {"auc_ci_lo", MODEL_AUC_LOW}, {"auc_ci_hi", MODEL_AUC_HIGH},
               {"brier", MODEL_BRIER}, {"sensitivity", MODEL_YOUDEN},
               {"specificity", MODEL_YOUDEN}};
  const struct simulate_weights *weights = simulation_weights(simulation);
  const struct simulate_equation *equation = &simulation->equation[e];
  struct simulate_goal *goal = add_goal(simulation, figure->item, NULL, model, figure->quantity,
                                        &figure->value);
  goal->equation = e;
  goal->target.quantity = N_MODEL_QUANTITIES;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(known[i].name, figure->quantity) == 0)
      goal->target.quantity = known[i].quantity;
  enum model_quantity quantity = goal->target.quantity;
  goal->target.weight = quantity == MODEL_AUC      ? weights->auc
                        : quantity == MODEL_BRIER  ? weights->brier
                        : quantity == MODEL_YOUDEN ? weights->youden
                        : quantity == N_MODEL_QUANTITIES ? 0
                                                   : weights->auc_limits;
  goal->is_sought = goal->target.weight > 0;
  if (quantity == MODEL_YOUDEN) {
    double events, others;
    count_outcomes(simulation, equation, &events, &others);
    bool is_sensitivity = strcmp(figure->quantity, "sensitivity") == 0;
    const struct published_figure *other =
        find_figure(simulation, figure->model, figure->item,
                    is_sensitivity ? "specificity" : "sensitivity");
    goal->asked =
        100 * nearest_share(figure->value.printed.value, is_sensitivity ? events : others);
    goal->target.value = goal->asked / 100;
    goal->target.second = other ? nearest_share(other->value.printed.value, others) : NAN;
    goal->target.half = 0.5;
    goal->target.scale = 5;
    // One target for the point, with the sensitivity.
    if (!is_sensitivity || !other)
      goal->target.weight = 0;
  }
  const struct simulate_item *item = simulation_find(simulation, figure->item);
  if (quantity == MODEL_YOUDEN && area_forbids(simulation, figure)) {
    goal->is_sought = false;
    goal->target.weight = 0;
    goal->why = memory_copy_text("no curve of the printed area passes there");
  }
  if (item && item->feature) {
    goal->is_sought = false;
    goal->target.weight = 0;
    goal->why = memory_copy_text("the counts decide it");
  } else if (quantity == N_MODEL_QUANTITIES) {
    goal->is_sought = false;
    goal->why = memory_copy_text("follows from the rest: measured, not sought");
  }
}

static void holdout_goal(struct simulation *simulation, const struct published_figure *figure,
                         const struct published_model *model, size_t e)
{
  char *quantity = text_format("holdout.%s", figure->quantity);
  struct simulate_goal *goal =
      add_goal(simulation, figure->item, NULL, model, quantity, &figure->value);
  free(quantity);
  goal->equation = e;
  goal->is_holdout = true;
  goal->is_sought = !isnan(simulation->holdout);
  goal->target.quantity = N_MODEL_QUANTITIES;
  if (!goal->is_sought)
    goal->why = memory_copy_text("of other rows, whose share is not printed");
}

static void figure_goals(struct simulation *simulation)
{
  const struct published *published = &simulation->published;
  for (size_t i = 0; i < published->n_figures && isnan(simulation->holdout); i++)
    if (strcmp(published->figure[i].quantity, "holdout_percent") == 0)
      simulation->holdout = published->figure[i].value.printed.value / 100;
  for (size_t i = 0; i < published->n_figures; i++) {
    const struct published_figure *figure = &published->figure[i];
    const struct published_model *model = published_model_named(published, figure->model);
    bool elsewhere = is_elsewhere(published, figure);
    if (!model || !model->known || !figure->value.text ||
        strcmp(figure->quantity, "holdout_percent") == 0 ||
        find_figure_of(simulation, figure->model, figure->item, figure->quantity, elsewhere) !=
            figure)
      continue;
    size_t item = item_index(simulation, figure->item);
    size_t e = find_equation(simulation, model, item == SIZE_MAX, item);
    if (e == SIZE_MAX)
      continue;
    if (!elsewhere)
      figure_goal(simulation, figure, model, e);
    else if (simulation->equation[e].is_whole)
      holdout_goal(simulation, figure, model, e);
  }
}

const struct simulate_goal *simulation_figure_goal(const struct simulation *simulation,
                                                   const struct published_figure *figure)
{
  const struct published_figure *first =
      find_figure_of(simulation, figure->model, figure->item, figure->quantity,
                     is_elsewhere(&simulation->published, figure));
  for (size_t i = 0; i < simulation->n_goals; i++)
    if (simulation->goal[i].number == &first->value)
      return &simulation->goal[i];
  return NULL;
}

void simulation_prepare_models(struct simulation *simulation)
{
  const struct published *published = &simulation->published;
  simulation->holdout = NAN;
  if (simulation->settings->match == MATCH_TABLES)
    return;
  if (simulation->n_rows != simulation->n_studied && !simulation->settings->check)
    FAIL(simulation, "--match=models and all are for the %zu patients studied: --rows changes "
                     "every interval",
         simulation->n_studied);
  find_equations(simulation);
  if (simulation->n_equations == 0)
    FAIL(simulation, "%s: there is no logistic table in it", simulation->settings->published);
  for (size_t t = 0; t < published->n_terms; t++) {
    coefficient_goals(simulation, &published->term[t], false);
    coefficient_goals(simulation, &published->term[t], true);
  }
  figure_goals(simulation);
}
