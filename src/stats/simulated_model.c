// SPDX-License-Identifier: GPL-3.0-or-later
// Columns whose logistic fits, areas and summaries print as a paper's tables print them.
//
// Kirkpatrick, Gelatt & Vecchi (1983) for the search; the fits are warm-started and kept in two
// copies, so that a proposal that is refused costs no more than its evaluation.  What is computed
// here is the search's own objective: the caller measures the result with the routines of
// logit.h, roc.h and summary.h.
#include <config.h>

#include "stats/simulated_model.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/quick_logit.h"
#include "stats/rng.h"

enum { MOST_CHANGES = 2 };

static const double z95 = 1.959963984540054;
static const double part_sought = 0.8; // of `half`
static const double below = 0.95;      // the part sought of a P that is to be less

// A fit as it stands: x and y of its rows, and what follows from them.
struct fit {
  size_t m, p;
  double *x;        // p x m: column j at x + j m, centred; [0] ones
  double *eta, *risk;
  size_t *order;    // by eta, ascending
  double coefficient[QUICK_MOST_COLUMNS], covariance[QUICK_MOST_COLUMNS * QUICK_MOST_COLUMNS];
  double auc, auc_error, brier;
};

struct frame { // what does not change
  double *y;            // m
  size_t *row;          // m: of the cohort
  size_t *place;        // n: of a cohort's row, SIZE_MAX: none
  double centre[QUICK_MOST_COLUMNS];
  size_t *design_start; // n_columns: first design column of each
  size_t n_events;
};

struct search {
  const struct model_problem *problem;
  struct frame *frame;       // n_equations
  struct fit *now, *trial;   // n_equations each
  double *loss;              // n_targets, and of the trial
  double *trial_loss;
  size_t **fits_of;          // column -> equations, SIZE_MAX-terminated
  size_t **targets_of;       // column -> summaries
  size_t **targets_of_fit;   // equation -> its targets
  bool *is_paired;           // column: in an equation of several
  size_t *first_row, *group_row, *group_n; // rows of each group
  double *scratch;           // n
  double width;              // of the losses, in units of `scale`
};

// ---- fits ----

static bool fit_update(const struct frame *frame, struct fit *fit, double *scratch)
{
  return quick_logit(fit->x, frame->y, NULL, fit->m, fit->p, fit->coefficient, fit->eta, fit->risk,
                     scratch, fit->covariance);
}

// ---- curves ----

static void sort_by_eta(struct fit *fit)
{
  for (size_t i = 1; i < fit->m; i++) {
    size_t row = fit->order[i], j = i;
    double eta = fit->eta[row];
    for (; j > 0 && fit->eta[fit->order[j - 1]] > eta; j--)
      fit->order[j] = fit->order[j - 1];
    fit->order[j] = row;
  }
}

// Equal risks up to the noise of the linear predictor.
static size_t tied_until(const struct fit *fit, size_t from)
{
  size_t to = from + 1;
  double eta = fit->eta[fit->order[from]];
  while (to < fit->m && fit->eta[fit->order[to]] - eta < 1e-9)
    to++;
  return to;
}

static void measure_curve(const struct frame *frame, struct fit *fit)
{
  double n1 = (double) frame->n_events, n0 = (double) fit->m - n1;
  double below1 = 0, below0 = 0, sum = 0, square1 = 0, square0 = 0, brier = 0;
  sort_by_eta(fit);
  for (size_t i = 0, to; i < fit->m; i = to) {
    to = tied_until(fit, i);
    double here1 = 0, here = (double) (to - i);
    for (size_t k = i; k < to; k++)
      here1 += frame->y[fit->order[k]];
    double here0 = here - here1;
    double placement1 = (below0 + here0 / 2) / n0;           // of an event here
    double placement0 = (n1 - below1 - here1 / 2) / n1;      // of another row here
    sum += here1 * placement1;
    square1 += here1 * placement1 * placement1;
    square0 += here0 * placement0 * placement0;
    below1 += here1;
    below0 += here0;
  }
  fit->auc = sum / n1;
  double v1 = (square1 - n1 * fit->auc * fit->auc) / (n1 - 1);
  double v0 = (square0 - n0 * fit->auc * fit->auc) / (n0 - 1);
  fit->auc_error = sqrt(fmax(v1 / n1 + v0 / n0, 0));
  for (size_t i = 0; i < fit->m; i++)
    brier += (frame->y[i] - fit->risk[i]) * (frame->y[i] - fit->risk[i]);
  fit->brier = brier / (double) fit->m;
}

// How far the curve is from having its best point at the stated one: events by which it passes the
// point, and by which another point is better.
static double youden_distance(const struct frame *frame, const struct fit *fit, double sensitivity,
                              double specificity)
{
  double n1 = (double) frame->n_events, n0 = (double) fit->m - n1;
  double best = sensitivity + specificity, excess = 0, passes = INFINITY;
  double above1 = n1, above0 = n0;
  for (size_t i = 0, to; i <= fit->m; i = to) {
    double away = fabs(above1 - n1 * sensitivity) + fabs(above0 - n0 * (1 - specificity));
    passes = fmin(passes, away);
    double better = (above1 / n1 + 1 - above0 / n0 - best) * n1;
    if (away > 0.01 && better > -1e-9)
      excess = fmax(excess, 1 + better);
    if (i == fit->m)
      break;
    to = tied_until(fit, i);
    for (size_t k = i; k < to; k++) {
      above1 -= frame->y[fit->order[k]];
      above0 -= 1 - frame->y[fit->order[k]];
    }
  }
  return passes + excess;
}

// ---- targets ----

// Coefficient j less k; 0 stands for nothing, not for the intercept.
static double contrast(const struct fit *fit, size_t j, size_t k)
{
  return (j ? fit->coefficient[j] : 0) - (k ? fit->coefficient[k] : 0);
}

static double contrast_error(const struct fit *fit, size_t j, size_t k)
{
  double variance = 0;
  if (j)
    variance += fit->covariance[j * fit->p + j];
  if (k)
    variance += fit->covariance[k * fit->p + k];
  if (j && k)
    variance -= 2 * fit->covariance[j * fit->p + k];
  return sqrt(fmax(variance, 0));
}

// Wald, of the design columns first to last: b' V^-1 b, and its chi-square's upper tail.
static double joint_p(const struct fit *fit, size_t first, size_t last)
{
  double v[QUICK_MOST_COLUMNS * QUICK_MOST_COLUMNS], statistic = 0;
  size_t d = last - first + 1;
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < d; j++)
      v[i * d + j] = fit->covariance[(first + i) * fit->p + first + j];
  if (!quick_inverse(v, d))
    return NAN;
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < d; j++)
      statistic += fit->coefficient[first + i] * v[i * d + j] * fit->coefficient[first + j];
  return d == 2 ? exp(-statistic / 2) : chi_square_upper(statistic, (double) d);
}

static double of_fit(const struct frame *frame, const struct fit *fit,
                     const struct model_target *target)
{
  size_t j = target->coefficient, other = target->other;
  double b = contrast(fit, j, other), error = contrast_error(fit, j, other);
  switch (target->quantity) {
  case MODEL_COEFFICIENT:
    return b;
  case MODEL_ODDS_RATIO:
    return exp(b);
  case MODEL_LIMIT_LOW:
    return exp(b - z95 * error);
  case MODEL_LIMIT_HIGH:
    return exp(b + z95 * error);
  case MODEL_P:
    return erfc(fabs(b) / error / sqrt(2));
  case MODEL_JOINT_P:
    return joint_p(fit, j, other);
  case MODEL_AUC:
    return fit->auc;
  case MODEL_AUC_LOW:
    return fit->auc - z95 * fit->auc_error;
  case MODEL_AUC_HIGH:
    return fit->auc + z95 * fit->auc_error;
  case MODEL_BRIER:
    return fit->brier;
  case MODEL_YOUDEN:
    return youden_distance(frame, fit, target->value, target->second);
  default:
    return NAN;
  }
}

static double quantile(const double *sorted, size_t n, double probability)
{
  double h = (double) (n + 1) * probability;
  if (h < 1)
    return sorted[0];
  if (h >= (double) n)
    return sorted[n - 1];
  size_t k = (size_t) h;
  return sorted[k - 1] + (h - (double) k) * (sorted[k] - sorted[k - 1]);
}

static double of_column(const struct search *search, const struct model_target *target)
{
  size_t group = target->coefficient, n = search->group_n[group];
  const size_t *row = search->group_row + search->first_row[group];
  const double *value = search->problem->column[target->fit].value;
  double sum = 0, square = 0;
  if (target->quantity == MODEL_MEAN || target->quantity == MODEL_SD) {
    double centre = value[row[0]];
    for (size_t i = 0; i < n; i++) {
      sum += value[row[i]] - centre;
      square += (value[row[i]] - centre) * (value[row[i]] - centre);
    }
    return target->quantity == MODEL_MEAN
               ? centre + sum / (double) n
               : sqrt(fmax((square - sum * sum / (double) n) / (double) (n - 1), 0));
  }
  for (size_t i = 0; i < n; i++) {
    double x = value[row[i]];
    size_t j = i;
    for (; j > 0 && search->scratch[j - 1] > x; j--)
      search->scratch[j] = search->scratch[j - 1];
    search->scratch[j] = x;
  }
  return quantile(search->scratch, n,
                  target->quantity == MODEL_Q1       ? 0.25
                  : target->quantity == MODEL_MEDIAN ? 0.5
                                                     : 0.75);
}

static bool is_of_column(enum model_quantity quantity)
{
  return quantity >= MODEL_MEAN;
}

// Odds ratios, limits and P values are compared on the log scale.
static bool is_ratio(enum model_quantity quantity)
{
  return quantity >= MODEL_ODDS_RATIO && quantity <= MODEL_JOINT_P;
}

static double loss_of(const struct model_target *target, double reached, double width)
{
  if (isnan(reached))
    return target->weight * 40;
  bool by_ratio = is_ratio(target->quantity);
  if (target->at_most && by_ratio) { // below it for certain
    double u = log(reached / target->value / below) / fmax(1 - below, width * target->scale);
    return u > 0 ? target->weight * log1p(u * u) : 0;
  }
  double distance = target->quantity == MODEL_YOUDEN ? reached
                    : by_ratio ? fabs(log(fmax(reached, 1e-12) / target->value))
                               : fabs(reached - target->value);
  double half = by_ratio ? target->half / target->value : target->half;
  double u = (distance - part_sought * half) / fmax(half, width * target->scale);
  return u > 0 ? target->weight * log1p(u * u) : 0;
}

// ---- the columns of a design ----

static void fill_cell(const struct search *search, size_t e, struct fit *fit, size_t k, size_t row)
{
  const struct model_equation *equation = &search->problem->equation[e];
  const struct frame *frame = &search->frame[e];
  const struct model_column *column = &search->problem->column[equation->column[k]];
  size_t place = frame->place[row], j = frame->design_start[k];
  double value = column->value[row];
  if (place == SIZE_MAX)
    return;
  if (!column->n_levels)
    fit->x[j * fit->m + place] = value / equation->per[k] - frame->centre[j];
  for (size_t level = 1; level < column->n_levels; level++)
    fit->x[(j + level - 1) * fit->m + place] = value == (double) level;
}

static void make_frame(struct search *search, size_t e)
{
  const struct model_problem *problem = search->problem;
  const struct model_equation *equation = &problem->equation[e];
  struct frame *frame = &search->frame[e];
  frame->y = NEW_ARRAY(double, problem->n);
  frame->row = NEW_ARRAY(size_t, problem->n);
  frame->place = NEW_ARRAY(size_t, problem->n);
  frame->design_start = NEW_ARRAY(size_t, equation->n_columns);
  size_t m = 0, p = 1;
  for (size_t i = 0; i < problem->n; i++) {
    frame->place[i] = isnan(equation->outcome[i]) ? SIZE_MAX : m;
    if (frame->place[i] == SIZE_MAX)
      continue;
    frame->row[m] = i;
    frame->y[m++] = equation->outcome[i];
    frame->n_events += equation->outcome[i] == 1;
  }
  for (size_t k = 0; k < equation->n_columns; k++) {
    const struct model_column *column = &problem->column[equation->column[k]];
    frame->design_start[k] = p;
    if (!column->n_levels)
      for (size_t i = 0; i < m; i++)
        frame->centre[p] += column->value[frame->row[i]] / equation->per[k] / (double) m;
    p += column->n_levels ? column->n_levels - 1 : 1;
  }
  assert(p <= QUICK_MOST_COLUMNS);
  struct fit *fits[] = {&search->now[e], &search->trial[e]};
  for (size_t f = 0; f < 2; f++) {
    struct fit *fit = fits[f];
    *fit = (struct fit){.m = m, .p = p, .x = NEW_ARRAY(double, m * p), .eta = NEW_ARRAY(double, m),
                        .risk = NEW_ARRAY(double, m), .order = NEW_ARRAY(size_t, m)};
    for (size_t i = 0; i < m; i++) {
      fit->x[i] = 1;
      fit->order[i] = i;
    }
    for (size_t k = 0; k < equation->n_columns; k++)
      for (size_t i = 0; i < m; i++)
        fill_cell(search, e, fit, k, frame->row[i]);
  }
}

// ---- the search ----

static void list_rows(struct search *search)
{
  const struct model_problem *problem = search->problem;
  search->first_row = NEW_ZEROED(size_t, problem->n_groups + 1);
  search->group_n = NEW_ZEROED(size_t, problem->n_groups);
  search->group_row = NEW_ARRAY(size_t, problem->n);
  for (size_t g = 0, k = 0; g < problem->n_groups; g++) {
    search->first_row[g] = k;
    for (size_t i = 0; i < problem->n; i++)
      if (problem->group[i] == (double) g) {
        search->group_row[k++] = i;
        search->group_n[g]++;
      }
  }
}

static void list_dependants(struct search *search)
{
  const struct model_problem *problem = search->problem;
  search->fits_of = NEW_ARRAY(size_t *, problem->n_columns);
  search->targets_of = NEW_ARRAY(size_t *, problem->n_columns);
  search->is_paired = NEW_ZEROED(bool, problem->n_columns);
  for (size_t c = 0; c < problem->n_columns; c++) {
    size_t *fits = NEW_ARRAY(size_t, problem->n_equations + 1), n = 0;
    for (size_t e = 0; e < problem->n_equations; e++)
      for (size_t k = 0; k < problem->equation[e].n_columns; k++)
        if (problem->equation[e].column[k] == c) {
          fits[n++] = e;
          search->is_paired[c] |= problem->equation[e].n_columns > 1;
        }
    fits[n] = SIZE_MAX;
    size_t *targets = NEW_ARRAY(size_t, problem->n_targets + 1);
    n = 0;
    for (size_t t = 0; t < problem->n_targets; t++)
      if (is_of_column(problem->target[t].quantity) && problem->target[t].fit == c)
        targets[n++] = t;
    targets[n] = SIZE_MAX;
    search->fits_of[c] = fits;
    search->targets_of[c] = targets;
  }
  search->targets_of_fit = NEW_ARRAY(size_t *, problem->n_equations);
  for (size_t e = 0; e < problem->n_equations; e++) {
    size_t *targets = NEW_ARRAY(size_t, problem->n_targets + 1), n = 0;
    for (size_t t = 0; t < problem->n_targets; t++)
      if (!is_of_column(problem->target[t].quantity) && problem->target[t].fit == e)
        targets[n++] = t;
    targets[n] = SIZE_MAX;
    search->targets_of_fit[e] = targets;
  }
}

static void search_start(struct search *search, const struct model_problem *problem)
{
  size_t n_equations = problem->n_equations;
  *search = (struct search){
      .problem = problem, .frame = NEW_ZEROED(struct frame, n_equations),
      .now = NEW_ZEROED(struct fit, n_equations), .trial = NEW_ZEROED(struct fit, n_equations),
      .loss = NEW_ZEROED(double, problem->n_targets),
      .trial_loss = NEW_ZEROED(double, problem->n_targets),
      .scratch = NEW_ARRAY(double, problem->n)};
  list_rows(search);
  list_dependants(search);
  for (size_t e = 0; e < n_equations; e++)
    make_frame(search, e);
}

static void fit_free(struct fit *fit)
{
  free(fit->x);
  free(fit->eta);
  free(fit->risk);
  free(fit->order);
}

static void search_end(struct search *search)
{
  for (size_t e = 0; e < search->problem->n_equations; e++) {
    fit_free(&search->now[e]);
    fit_free(&search->trial[e]);
    free(search->frame[e].y);
    free(search->frame[e].row);
    free(search->frame[e].place);
    free(search->frame[e].design_start);
  }
  for (size_t c = 0; c < search->problem->n_columns; c++) {
    free(search->fits_of[c]);
    free(search->targets_of[c]);
  }
  for (size_t e = 0; e < search->problem->n_equations; e++)
    free(search->targets_of_fit[e]);
  free(search->targets_of_fit);
  free(search->fits_of);
  free(search->targets_of);
  free(search->is_paired);
  free(search->frame);
  free(search->now);
  free(search->trial);
  free(search->loss);
  free(search->trial_loss);
  free(search->first_row);
  free(search->group_row);
  free(search->group_n);
  free(search->scratch);
}

// All fits and losses from nothing; the sum.
static double start_fits(struct search *search, double *reached)
{
  const struct model_problem *problem = search->problem;
  bool *good = NEW_ARRAY(bool, problem->n_equations);
  for (size_t e = 0; e < problem->n_equations; e++) {
    struct fit *fit = &search->now[e];
    memset(fit->coefficient, 0, sizeof fit->coefficient);
    good[e] = fit_update(&search->frame[e], fit, search->scratch);
    if (good[e])
      measure_curve(&search->frame[e], fit);
    else
      memset(fit->coefficient, 0, sizeof fit->coefficient);
  }
  double sum = 0;
  for (size_t t = 0; t < problem->n_targets; t++) {
    const struct model_target *target = &problem->target[t];
    double value = is_of_column(target->quantity) ? of_column(search, target)
                   : good[target->fit]
                       ? of_fit(&search->frame[target->fit], &search->now[target->fit], target)
                       : NAN;
    search->loss[t] = loss_of(target, value, search->width);
    sum += search->loss[t];
    if (reached)
      reached[t] = value;
  }
  free(good);
  return sum;
}

struct proposal {
  size_t column;
  bool is_exchange;
  size_t n;
  size_t row[MOST_CHANGES];
  double value[MOST_CHANGES]; // new; after the trial: old
};

// A whole number of steps over a power of ten: the double that the written decimals mean.
static double on_grid(const struct model_column *column, double value)
{
  double k = round(value * column->scale);
  return fmin(fmax(k, ceil(column->least * column->scale - 1e-6)),
              floor(column->most * column->scale + 1e-6)) / column->scale;
}

static struct proposal propose(const struct search *search, struct philox_stream *stream,
                               double widest)
{
  const struct model_problem *problem = search->problem;
  struct proposal proposal = {.column = (size_t) philox_below(stream, problem->n_columns)};
  const struct model_column *column = &problem->column[proposal.column];
  size_t i = (size_t) philox_below(stream, problem->n), g = (size_t) problem->group[i];
  size_t other = search->group_row[search->first_row[g] +
                                   (size_t) philox_below(stream, search->group_n[g])];
  uint64_t kind = philox_below(stream, search->is_paired[proposal.column] ? 4 : 3) + 1;
  double *value = column->value;
  proposal.row[0] = i;
  proposal.row[1] = other;
  if (column->n_levels || kind == 4) { // exchange
    proposal.n = value[i] == value[other] ? 0 : 2;
    proposal.is_exchange = true;
    proposal.value[0] = value[other];
    proposal.value[1] = value[i];
    return proposal;
  }
  double smallest = 1 / column->scale, largest = fmax(widest * column->spread, 2 * smallest);
  double size = smallest * pow(largest / smallest, philox_uniform(stream));
  if (philox_below(stream, 2))
    size = -size;
  proposal.value[0] = on_grid(column, value[i] + size);
  proposal.n = proposal.value[0] == value[i] ? 0 : 1;
  if (kind == 1 && other != i) { // apart
    proposal.value[1] = on_grid(column, value[other] - (proposal.value[0] - value[i]));
    proposal.n = proposal.n ? 2 : 0;
  }
  return proposal;
}

static void apply(const struct search *search, struct proposal *proposal)
{
  double *value = search->problem->column[proposal->column].value;
  for (size_t k = 0; k < proposal->n; k++) {
    double old = value[proposal->row[k]];
    value[proposal->row[k]] = proposal->value[k];
    proposal->value[k] = old;
  }
}

static void copy_fit(struct fit *to, const struct fit *from)
{
  struct fit old = *to;
  *to = *from;
  to->x = old.x;
  to->eta = old.eta;
  to->risk = old.risk;
  to->order = old.order;
  memcpy(to->order, from->order, from->m * sizeof *to->order);
}

// The changed cells in one copy of a design.
static void refill(const struct search *search, size_t e, struct fit *fit,
                   const struct proposal *proposal)
{
  const struct model_equation *equation = &search->problem->equation[e];
  for (size_t k = 0; k < equation->n_columns; k++)
    for (size_t r = 0; equation->column[k] == proposal->column && r < proposal->n; r++)
      fill_cell(search, e, fit, k, proposal->row[r]);
}

// Whether a proposal reaches the rows of a fit; and whether it can change the fit: a single
// predictor does not see exchanges within a group.
static bool reaches(const struct search *search, size_t e, const struct proposal *proposal)
{
  const struct frame *frame = &search->frame[e];
  for (size_t r = 0; r < proposal->n; r++)
    if (frame->place[proposal->row[r]] != SIZE_MAX)
      return true;
  return false;
}

static bool changes(const struct search *search, size_t e, const struct proposal *proposal)
{
  return !(proposal->is_exchange && search->problem->equation[e].n_columns == 1) &&
         reaches(search, e, proposal);
}

static double try_target(struct search *search, size_t t, double reached)
{
  search->trial_loss[t] = loss_of(&search->problem->target[t], reached, search->width);
  return search->trial_loss[t] - search->loss[t];
}

// The change of the sum if the proposal, which is applied, is kept; infinity where a fit fails.
static double try(struct search *search, const struct proposal *proposal)
{
  const struct model_problem *problem = search->problem;
  double change = 0;
  if (!proposal->is_exchange)
    for (const size_t *t = search->targets_of[proposal->column]; *t != SIZE_MAX; t++)
      change += try_target(search, *t, of_column(search, &problem->target[*t]));
  for (const size_t *e = search->fits_of[proposal->column]; *e != SIZE_MAX; e++) {
    struct fit *trial = &search->trial[*e];
    if (!reaches(search, *e, proposal))
      continue;
    refill(search, *e, trial, proposal);
    if (!changes(search, *e, proposal) || isinf(change))
      continue;
    copy_fit(trial, &search->now[*e]);
    if (!fit_update(&search->frame[*e], trial, search->scratch)) {
      change = INFINITY;
      continue;
    }
    measure_curve(&search->frame[*e], trial);
    for (const size_t *t = search->targets_of_fit[*e]; *t != SIZE_MAX; t++)
      change += try_target(search, *t, of_fit(&search->frame[*e], trial, &problem->target[*t]));
  }
  return change;
}

static void settle_targets(struct search *search, const size_t *t, bool keep)
{
  for (; *t != SIZE_MAX; t++)
    if (keep)
      search->loss[*t] = search->trial_loss[*t];
    else
      search->trial_loss[*t] = search->loss[*t];
}

// Keeps a trial (the copies change places), or takes it back.
static void settle(struct search *search, struct proposal *proposal, bool keep)
{
  if (!keep)
    apply(search, proposal);
  settle_targets(search, search->targets_of[proposal->column], keep);
  for (const size_t *e = search->fits_of[proposal->column]; *e != SIZE_MAX; e++) {
    if (!reaches(search, *e, proposal))
      continue;
    if (keep && changes(search, *e, proposal)) {
      struct fit fit = search->now[*e];
      search->now[*e] = search->trial[*e];
      search->trial[*e] = fit;
    }
    if (keep && !changes(search, *e, proposal))
      refill(search, *e, &search->now[*e], proposal);
    refill(search, *e, &search->trial[*e], proposal);
    settle_targets(search, search->targets_of_fit[*e], keep);
  }
}

double model_anneal(const struct model_problem *problem, const struct model_effort *effort,
                    uint64_t seed, uint64_t replicate)
{
  struct search search;
  search_start(&search, problem);
  search.width = effort->widest;
  double sum = start_fits(&search, NULL), best = sum;
  memcpy(search.trial_loss, search.loss, problem->n_targets * sizeof *search.loss);
  double *kept = NEW_ARRAY(double, problem->n * problem->n_columns);
  for (size_t c = 0; c < problem->n_columns; c++)
    memcpy(kept + c * problem->n, problem->column[c].value, problem->n * sizeof *kept);
  struct philox_stream stream;
  philox_start(&stream, seed, RNG_SIMULATE, replicate);
  for (size_t step = 0; step < effort->n_proposals; step++) {
    double done = (double) step / (double) effort->n_proposals;
    if (step % (effort->n_proposals / 100 + 1) == 0) {
      search.width = effort->widest * pow(effort->narrowest / effort->widest, fmin(1, done / 0.8));
      sum = start_fits(&search, NULL);
      memcpy(search.trial_loss, search.loss, problem->n_targets * sizeof *search.loss);
      if (done < 0.82)
        best = INFINITY;
    }
    double temperature = effort->hot * pow(effort->cold / effort->hot, done);
    struct proposal proposal = propose(&search, &stream, fmin(1, pow(10, 0.3 - 2 * done)));
    if (!proposal.n)
      continue;
    apply(&search, &proposal);
    double change = try(&search, &proposal);
    bool keep = change <= 0 || philox_uniform(&stream) < exp(-change / temperature);
    settle(&search, &proposal, keep);
    if (!keep)
      continue;
    sum += change;
    if (sum < best - 1e-9) {
      best = sum;
      for (size_t c = 0; c < problem->n_columns; c++)
        memcpy(kept + c * problem->n, problem->column[c].value, problem->n * sizeof *kept);
    }
  }
  for (size_t c = 0; c < problem->n_columns; c++)
    memcpy(problem->column[c].value, kept + c * problem->n, problem->n * sizeof *kept);
  free(kept);
  search_end(&search);
  return best;
}

void model_reached(const struct model_problem *problem, double *reached)
{
  struct search search;
  search_start(&search, problem);
  start_fits(&search, reached);
  search_end(&search);
}
