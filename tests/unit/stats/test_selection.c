// SPDX-License-Identifier: GPL-3.0-or-later
// Selection: stepAIC and loops over glm in R, every step replayed by plain refits, weights,
// hierarchy, fits without an answer.
#include <config.h>

#include "stats/selection.h"

#include <stdlib.h>

#include "reference.h"
#include "tap.h"

enum { MOST_GROUPS = 12, MOST_COLUMNS = 24 };

struct example {
  struct logit_data data;
  struct column_group group[MOST_GROUPS];
  bool needs[MOST_GROUPS * MOST_GROUPS];
  struct selection_problem problem;
};

static const struct selection_options NOTHING = {.screen_p = NAN, .vif_cut = NAN, .p = 0.05};

// ---- R ----

static const double *value_of(const struct reference *r, const char *example, const char *what,
                              size_t *n)
{
  char key[120];
  snprintf(key, sizeof key, "%s.%s", example, what);
  return reference_values(r, key, n);
}

static void read_example(const struct reference *r, const char *name, struct example *e)
{
  size_t n_x, n_groups, n_needs;
  size_t n = (size_t) *value_of(r, name, "n", NULL);
  const double *x = value_of(r, name, "x", &n_x), *sizes = value_of(r, name, "sizes", &n_groups);
  const double *needs = value_of(r, name, "needs", &n_needs);
  *e = (struct example){.data = {.n = n, .p = n_x / n, .x = x}};
  e->data.y = value_of(r, name, "y", NULL);
  e->data.weight = strcmp(name, "boot") == 0 ? value_of(r, name, "weight", NULL) : NULL;
  for (size_t g = 0, first = 0; g < n_groups; first += (size_t) sizes[g++])
    e->group[g] = (struct column_group){first, (size_t) sizes[g]};
  for (size_t k = 0; k + 1 < n_needs; k += 2)
    e->needs[((size_t) needs[k] - 1) * n_groups + (size_t) needs[k + 1] - 1] = true;
  e->problem = (struct selection_problem){&e->data, e->group, n_groups, e->needs, NULL};
}

static void check_steps(const struct reference *r, const char *name, const char *what,
                        const struct example *e, const struct selection_options *options,
                        enum selection_action action, bool aic, double tolerance)
{
  char key[80];
  size_t n, n_values;
  snprintf(key, sizeof key, "%s.values", what);
  const double *order = value_of(r, name, what, &n), *values = value_of(r, name, key, &n_values);
  struct selection selection;
  selection_run(&e->problem, options, &selection);
  bool same = selection.status == LOGIT_CONVERGED && selection.n_steps == n, close = same;
  for (size_t k = 0; same && k < n; k++) {
    const struct selection_step *step = &selection.step[k];
    same = step->action == action && step->group == (size_t) order[k] - 1;
    double got = aic ? step->aic : step->statistic;
    if (!(fabs(got - values[k]) <= tolerance * values[k])) {
      close = false;
      printf("#   step %zu: got %.17g, expected %.17g\n", k + 1, got, values[k]);
    }
  }
  ok(same, "%s: %s, order", name, what);
  ok(close, "%s: %s, values", name, what);
  selection_free(&selection);
}

static void test_r(void)
{
  static const char *const names[] = {"gbsg", "boot", "wisconsin"};
  struct reference *r = reference_open("selection.tsv");
  for (size_t s = 0; s < sizeof names / sizeof *names; s++) {
    struct example e;
    read_example(r, names[s], &e);
    struct selection_options options = NOTHING;
    options.criterion = SELECTION_BY_AIC;
    options.direction = SELECTION_BACKWARD;
    check_steps(r, names[s], "aic.backward", &e, &options, SELECTION_REMOVE, true, 1e-10);
    options.direction = SELECTION_FORWARD;
    check_steps(r, names[s], "aic.forward", &e, &options, SELECTION_ADD, true, 1e-10);
    options.criterion = SELECTION_BY_P;
    options.test = SELECTION_LIKELIHOOD_RATIO;
    // A statistic of 0.009 from deviances of 180: 1e-12 of them.
    check_steps(r, names[s], "lr.forward", &e, &options, SELECTION_ADD, false, 1e-9);
    options.direction = SELECTION_BACKWARD;
    check_steps(r, names[s], "lr.backward", &e, &options, SELECTION_REMOVE, false, 1e-9);
    options.test = SELECTION_WALD;
    check_steps(r, names[s], "wald.backward", &e, &options, SELECTION_REMOVE, false, 1e-9);
    options = NOTHING;
    options.vif_cut = 5;
    check_steps(r, names[s], "vif", &e, &options, SELECTION_DROP, false, 1e-9);

    size_t n;
    const double *p = value_of(r, names[s], "screen", &n);
    options = NOTHING;
    options.screen_p = 0.05;
    struct selection selection;
    selection_run(&e.problem, &options, &selection);
    bool close = selection.n_steps == n, right = close;
    size_t n_kept = 0;
    for (size_t k = 0; right && k < n; k++) {
      const struct selection_step *step = &selection.step[k];
      close = close && fabs(step->p_value - p[k]) <= 1e-9 * p[k];
      right = step->group == k && step->df == (double) e.group[k].n &&
              step->action == (p[k] < 0.05 ? SELECTION_PASS : SELECTION_FAIL);
      if (p[k] < 0.05)
        right = right && n_kept < selection.n_kept && selection.kept[n_kept++] == k;
    }
    ok(close, "%s: screening, P", names[s]); // down to 1e-30
    ok(right && n_kept == selection.n_kept, "%s: screening, who passes", names[s]);
    selection_free(&selection);
  }
  reference_close(r);
}

// ---- random problems ----

static double random_unit(unsigned *state)
{
  *state = *state * 1664525u + 1013904223u;
  return (double) (*state >> 8) / 16777216.0;
}

enum { N = 150, P = 9, GROUPS = 7 };
// a, b (near a), factor of three levels, c, d, a:c, c:d
static const struct column_group RANDOM_GROUPS[GROUPS] = {{0, 1}, {1, 1}, {2, 2}, {4, 1},
                                                          {5, 1}, {6, 1}, {7, 1}};

struct random_example {
  double x[N * P], y[N], weight[N];
  bool needs[GROUPS * GROUPS];
  struct logit_data data;
  struct selection_problem problem;
};

static void make_example(unsigned seed, struct random_example *e)
{
  unsigned state = seed * 2654435761u;
  memset(e, 0, sizeof *e);
  double *x = e->x, strength = 2.5 * random_unit(&state);
  for (size_t i = 0; i < N; i++) {
    size_t level = (size_t) (3 * random_unit(&state));
    double a = 2 * random_unit(&state) - 1, c = random_unit(&state), d = random_unit(&state) < 0.4;
    x[i] = 1;
    x[N + i] = a;
    x[2 * N + i] = a + 0.5 * random_unit(&state);
    x[3 * N + i] = level == 1;
    x[4 * N + i] = level == 2;
    x[5 * N + i] = c;
    x[6 * N + i] = d;
    x[7 * N + i] = a * c;
    x[8 * N + i] = c * d;
    double eta = -0.3 + strength * (a * c + 0.4 * d) - 0.5 * (double) (level == 2);
    e->y[i] = random_unit(&state) < logit_inverse(eta);
    e->weight[i] = floor(3 * random_unit(&state));
  }
  e->needs[5 * GROUPS + 0] = e->needs[5 * GROUPS + 3] = true;
  e->needs[6 * GROUPS + 3] = e->needs[6 * GROUPS + 4] = true;
  e->data = (struct logit_data){.n = N, .p = P, .x = e->x, .y = e->y};
  e->problem = (struct selection_problem){&e->data, RANDOM_GROUPS, GROUPS, e->needs, NULL};
}

static struct logit_options plain_options; // of every plain refit

// The model of the candidates in the bit set, by hand.
static void plain_fit(const struct random_example *e, unsigned set, struct logit_fit *fit)
{
  double x[N * P];
  size_t p = 1;
  memcpy(x, e->x, N * sizeof *x);
  for (size_t g = 0; g < GROUPS; g++)
    for (size_t j = 0; j < RANDOM_GROUPS[g].n; j++)
      if (set >> g & 1)
        memcpy(x + p++ * N, e->x + (1 + RANDOM_GROUPS[g].first + j) * N, N * sizeof *x);
  struct logit_data data = e->data;
  data.x = x;
  data.p = p;
  *fit = (struct logit_fit){0};
  logit_fit(&data, &plain_options, fit);
}

static double plain_aic(const struct random_example *e, unsigned set)
{
  struct logit_fit fit;
  plain_fit(e, set, &fit);
  double aic = -2 * fit.log_likelihood + 2 * (double) fit.p;
  logit_fit_free(&fit);
  return aic;
}

static double plain_wald(const struct random_example *e, unsigned set, size_t group)
{
  struct logit_fit fit;
  size_t columns[2], first = 1;
  plain_fit(e, set, &fit);
  for (size_t g = 0; g < group; g++)
    first += set >> g & 1 ? RANDOM_GROUPS[g].n : 0;
  for (size_t j = 0; j < RANDOM_GROUPS[group].n; j++)
    columns[j] = first + j;
  double p = logit_wald_test(&fit, columns, RANDOM_GROUPS[group].n).p_value;
  logit_fit_free(&fit);
  return p;
}

// Allowed sets: each interaction with what it needs.
static bool is_allowed(unsigned set)
{
  bool ac = set >> 5 & 1, cd = set >> 6 & 1;
  return (!ac || ((set & 1) && (set >> 3 & 1))) && (!cd || ((set >> 3 & 1) && (set >> 4 & 1)));
}

// Walks through the history; each step must be the best of all that were allowed, and at the
// end none may be worth while.  Returns the set at the end, or all ones.
static unsigned replay(const struct random_example *e, const struct selection_options *options,
                       const struct selection *selection, size_t first_step, unsigned set,
                       unsigned eligible)
{
  bool backward = options->direction == SELECTION_BACKWARD;
  for (size_t k = first_step;; k++) {
    double best = options->criterion == SELECTION_BY_AIC ? plain_aic(e, set) : options->p;
    if (backward && options->criterion == SELECTION_BY_P)
      best = -best; // the largest P of at least p: least -P
    size_t choice = (size_t) -1;
    for (size_t g = 0; g < GROUPS; g++) {
      unsigned next = set ^ 1u << g;
      if ((set >> g & 1) != backward || !(eligible >> g & 1) || !is_allowed(next))
        continue;
      double value = options->criterion == SELECTION_BY_AIC ? plain_aic(e, next)
                     : backward                             ? -plain_wald(e, set, g)
                                                            : plain_wald(e, next, g);
      if (value < best) {
        best = value;
        choice = g;
      }
    }
    if (choice == (size_t) -1)
      return k == selection->n_steps ? set : ~0u;
    if (k == selection->n_steps || selection->step[k].group != choice)
      return ~0u;
    set ^= 1u << choice;
    if (fabs(selection->step[k].aic - plain_aic(e, set)) > 1e-9)
      return ~0u;
  }
}

static unsigned kept_set(const struct selection *selection)
{
  unsigned set = 0;
  for (size_t k = 0; k < selection->n_kept; k++)
    set |= 1u << selection->kept[k];
  return set;
}

static void test_replay(void)
{
  static struct random_example e;
  size_t n_right[2][2] = {{0}}, n_allowed = 0, n_steps = 0;
  enum { TRIALS = 12 };
  for (unsigned seed = 1; seed <= TRIALS; seed++) {
    make_example(seed, &e);
    if (seed % 2)
      e.data.weight = e.weight;
    for (int direction = 0; direction < 2; direction++)
      for (int criterion = 0; criterion < 2; criterion++) {
        struct selection_options options = NOTHING;
        options.direction = direction ? SELECTION_FORWARD : SELECTION_BACKWARD;
        options.criterion = criterion ? SELECTION_BY_AIC : SELECTION_BY_P;
        options.p = 0.1;
        struct selection selection;
        selection_run(&e.problem, &options, &selection);
        unsigned all = (1u << GROUPS) - 1;
        unsigned expected = replay(&e, &options, &selection, 0, direction ? 0 : all, all);
        n_right[direction][criterion] +=
            selection.status == LOGIT_CONVERGED && kept_set(&selection) == expected;
        n_allowed += is_allowed(kept_set(&selection));
        n_steps += selection.n_steps;
        selection_free(&selection);
      }
  }
  is_integer((long long) n_right[0][0], TRIALS, "backward by P, every alternative refitted");
  is_integer((long long) n_right[0][1], TRIALS, "backward by AIC");
  is_integer((long long) n_right[1][0], TRIALS, "forward by P");
  is_integer((long long) n_right[1][1], TRIALS, "forward by AIC");
  is_integer((long long) n_allowed, 4 * TRIALS, "no interaction without what it needs");
  ok(n_steps > 8 * TRIALS, "the problems have steps to take");
}

// Separated by c, which Firth's estimate bears.
static void test_firth(void)
{
  static struct random_example e;
  plain_options.firth = true;
  for (unsigned seed = 1; seed <= 2; seed++) {
    make_example(seed, &e);
    for (size_t i = 0; i < N; i++)
      e.y[i] = e.x[5 * N + i] > 0.5;
    struct selection_options options = NOTHING;
    options.direction = seed == 1 ? SELECTION_BACKWARD : SELECTION_FORWARD;
    options.fit = plain_options;
    struct selection selection;
    selection_run(&e.problem, &options, &selection);
    unsigned all = (1u << GROUPS) - 1, set = kept_set(&selection);
    ok(selection.status == LOGIT_CONVERGED && (set >> 3 & 1) &&
           replay(&e, &options, &selection, 0, seed == 1 ? all : 0, all) == set,
       "Firth, separated: %s", seed == 1 ? "backward" : "forward");
    selection_free(&selection);
    options.test = SELECTION_LIKELIHOOD_RATIO;
    selection_run(&e.problem, &options, &selection);
    ok(selection.status == LOGIT_CONVERGED && (kept_set(&selection) >> 3 & 1),
       "the same by penalized likelihood ratio");
    selection_free(&selection);
  }
  plain_options.firth = false;
}

// Screening, dropping and steps in one run, as the parts one after another.
static void test_whole_process(void)
{
  static struct random_example e;
  size_t n_right = 0, n_dropped = 0, n_kept_for_others = 0;
  enum { TRIALS = 20 };
  for (unsigned seed = 31; seed < 31 + TRIALS; seed++) {
    make_example(seed, &e);
    struct selection_options options = {
        .screen_p = 0.3,
        .vif_cut = 6,
        .direction = seed % 2 ? SELECTION_FORWARD : SELECTION_BACKWARD,
        .criterion = SELECTION_BY_AIC,
        .vif_by = seed % 3 ? SELECTION_VIF_OLS : SELECTION_VIF_COEFFICIENTS,
    };
    struct selection selection;
    selection_run(&e.problem, &options, &selection);
    bool right = selection.status == LOGIT_CONVERGED && selection.n_steps >= GROUPS;
    unsigned passed = 0, set = 0;
    for (size_t g = 0; g < GROUPS; g++) {
      unsigned alone = 1u << g | (g == 5 ? 1u | 1u << 3 : g == 6 ? 1u << 3 | 1u << 4 : 0);
      double p = plain_wald(&e, alone, g);
      right = right && selection.step[g].group == g &&
              fabs(selection.step[g].p_value - p) <= 1e-9 &&
              fabs(selection.step[g].aic - plain_aic(&e, alone)) < 1e-9;
      passed |= p < 0.3 ? alone : 0;
      set |= p < 0.3 ? 1u << g : 0;
    }
    for (size_t g = 0; right && g < GROUPS; g++) {
      enum selection_action expected = set >> g & 1      ? SELECTION_PASS
                                       : passed >> g & 1 ? SELECTION_KEEP
                                                         : SELECTION_FAIL;
      right = selection.step[g].action == expected;
      n_kept_for_others += expected == SELECTION_KEEP;
    }
    set = passed;
    size_t k = GROUPS;
    for (; right && k < selection.n_steps && selection.step[k].action == SELECTION_DROP; k++) {
      size_t g = selection.step[k].group;
      right = set >> g & 1 && selection.step[k].statistic >= 6 && is_allowed(set ^ 1u << g);
      set ^= 1u << g;
      n_dropped++;
    }
    unsigned start = options.direction == SELECTION_FORWARD ? 0 : set;
    right = right && replay(&e, &options, &selection, k, start, set) == kept_set(&selection);
    n_right += right;
    selection_free(&selection);
  }
  is_integer((long long) n_right, TRIALS, "screening, dropping, steps");
  ok(n_dropped > 0 && n_kept_for_others > 0, "dropped %zu, kept for an interaction %zu", n_dropped,
     n_kept_for_others);
}

static bool same_steps(const struct selection *a, const struct selection *b)
{
  bool same = a->status == b->status && a->n_steps == b->n_steps && kept_set(a) == kept_set(b);
  for (size_t k = 0; same && k < a->n_steps; k++) {
    const struct selection_step *s = &a->step[k], *t = &b->step[k];
    same = s->action == t->action && s->group == t->group && s->df == t->df &&
           fabs(s->statistic - t->statistic) <= 1e-9 * fabs(t->statistic) + 1e-11 &&
           (isnan(s->aic) ? isnan(t->aic) : fabs(s->aic - t->aic) <= 1e-9);
  }
  return same;
}

static void test_weights(void)
{
  static struct random_example e;
  size_t n_same = 0;
  enum { TRIALS = 12 };
  for (unsigned seed = 60; seed < 60 + TRIALS; seed++) {
    make_example(seed, &e);
    size_t total = 0;
    for (size_t i = 0; i < N; i++)
      total += (size_t) e.weight[i];
    double *x = malloc(total * P * sizeof *x), *y = malloc(total * sizeof *y);
    size_t to = 0;
    for (size_t i = 0; i < N; i++)
      for (size_t k = 0; k < (size_t) e.weight[i]; k++, to++) {
        y[to] = e.y[i];
        for (size_t j = 0; j < P; j++)
          x[j * total + to] = e.x[j * N + i];
      }
    struct logit_data repeated = {.n = total, .p = P, .x = x, .y = y};
    struct selection_problem long_problem = {&repeated, RANDOM_GROUPS, GROUPS, e.needs, NULL};
    struct selection_options options = {
        .screen_p = 0.6,
        .vif_cut = 4,
        .direction = seed % 2 ? SELECTION_FORWARD : SELECTION_BACKWARD,
        .criterion = seed % 3 ? SELECTION_BY_P : SELECTION_BY_AIC,
        .p = 0.15,
        .test = seed % 5 ? SELECTION_WALD : SELECTION_LIKELIHOOD_RATIO,
        .vif_by = seed % 4 ? SELECTION_VIF_COEFFICIENTS : SELECTION_VIF_OLS,
    };
    e.data.weight = e.weight;
    struct selection weighted, plain;
    selection_run(&e.problem, &options, &weighted);
    selection_run(&long_problem, &options, &plain);
    n_same += same_steps(&weighted, &plain);
    selection_free(&weighted);
    selection_free(&plain);
    free(x);
    free(y);
  }
  is_integer((long long) n_same, TRIALS, "integer weights are repeated rows, through all steps");
}

// ---- no answer ----

static void test_edges(void)
{
  static struct random_example e;
  struct selection selection;
  struct selection_options options = NOTHING, backward = NOTHING, drop = NOTHING;
  backward.direction = SELECTION_BACKWARD;
  drop.vif_cut = 5;
  make_example(3, &e);
  selection_run(&e.problem, &options, &selection);
  ok(selection.status == LOGIT_CONVERGED && selection.n_kept == GROUPS && selection.n_steps == 0 &&
         selection.kept[3] == 3,
     "nothing asked for: all stay");
  double x[N * P];
  is_integer((long long) selection_gather(&e.problem, (size_t[]){2, 4}, 2, x), 4, "columns");
  ok(x[0] == 1 && memcmp(x + N, e.x + 3 * N, 2 * N * sizeof *x) == 0 &&
         memcmp(x + 3 * N, e.x + 6 * N, N * sizeof *x) == 0,
     "the columns of two candidates");
  selection_free(&selection);
  ok(!selection.kept && !selection.step && selection.n_kept == 0, "freed");

  struct selection_problem none = {&e.data, NULL, 0, NULL, NULL};
  backward.screen_p = 0.05;
  backward.vif_cut = 5;
  struct logit_data intercept = e.data;
  intercept.p = 1;
  none.data = &intercept;
  selection_run(&none, &backward, &selection);
  ok(selection.status == LOGIT_CONVERGED && selection.n_kept == 0, "no candidate");
  selection_free(&selection);

  // P just at the bound; everything may leave.
  backward = NOTHING;
  backward.direction = SELECTION_BACKWARD;
  backward.p = 0;
  selection_run(&e.problem, &backward, &selection);
  ok(selection.status == LOGIT_CONVERGED && selection.n_kept == 0 && selection.n_steps == GROUPS,
     "p = 0 removes all");
  is_close(selection.step[GROUPS - 1].aic, plain_aic(&e, 0), 1e-12, "down to the intercept");
  selection_free(&selection);

  // d = a: which of two equal ones leaves is not left to rounding.
  memcpy(e.x + 6 * N, e.x + N, N * sizeof *e.x);
  struct selection_problem few = {&e.data, RANDOM_GROUPS, 5, NULL, NULL};
  struct logit_data five = e.data;
  five.p = 7;
  few.data = &five;
  for (int by = 0; by < 2; by++) {
    drop.vif_by = by ? SELECTION_VIF_OLS : SELECTION_VIF_COEFFICIENTS;
    selection_run(&few, &drop, &selection);
    ok(selection.status == LOGIT_CONVERGED && selection.n_steps >= 1 &&
           selection.step[0].group == 4 && isinf(selection.step[0].statistic),
       "a copy of another candidate has infinite inflation and leaves");
    selection_free(&selection);
  }
  backward.p = 0.05;
  selection_run(&few, &backward, &selection);
  ok(selection.status == LOGIT_RANK_DEFICIENT && selection.failed_group == (size_t) -1 &&
         selection.n_kept == 5,
     "without dropping the process stops");
  selection_free(&selection);

  // Two candidates share one inflation: the later one leaves.
  make_example(5, &e);
  struct selection_problem pair = {&e.data, RANDOM_GROUPS, 2, NULL, NULL};
  struct logit_data three = e.data;
  three.p = 3;
  pair.data = &three;
  for (int by = 0; by < 2; by++)
    for (unsigned seed = 5; seed < 9; seed++) {
      make_example(seed, &e);
      drop.vif_by = by ? SELECTION_VIF_OLS : SELECTION_VIF_COEFFICIENTS;
      drop.vif_cut = 2;
      selection_run(&pair, &drop, &selection);
      ok(selection.n_steps == 1 && selection.step[0].group == 1 && selection.n_kept == 1 &&
             isnan(selection.step[0].p_value),
         "equal inflation of two: the later one leaves");
      selection_free(&selection);
    }

  // A level that no row has (a bootstrap weight can do that).
  make_example(6, &e);
  for (size_t i = 0; i < N; i++)
    e.weight[i] = e.x[4 * N + i] == 0;
  e.data.weight = e.weight;
  selection_run(&e.problem, &backward, &selection);
  ok(selection.status == LOGIT_RANK_DEFICIENT && selection.failed_group == 2,
     "a constant column names its candidate");
  selection_free(&selection);

  // c tells the outcome.
  make_example(7, &e);
  for (size_t i = 0; i < N; i++)
    e.y[i] = e.x[5 * N + i] > 0.5;
  options = NOTHING;
  options.screen_p = 0.05;
  selection_run(&e.problem, &options, &selection);
  ok(selection.status == LOGIT_CONVERGED && selection.step[3].action == SELECTION_PASS &&
         isnan(selection.step[3].p_value) && isnan(selection.step[3].aic),
     "screening: a candidate that separates passes, without P");
  selection_free(&selection);
  selection_run(&e.problem, &backward, &selection);
  ok(selection.status == LOGIT_SEPARATED && selection.failed_group == (size_t) -1,
     "backward: separated");
  selection_free(&selection);
  struct selection_options forward = backward;
  forward.direction = SELECTION_FORWARD;
  selection_run(&e.problem, &forward, &selection);
  ok(selection.status == LOGIT_SEPARATED && selection.failed_group == 3,
     "forward: separated, and by whom");
  selection_free(&selection);
  for (size_t i = 0; i < N; i++)
    e.y[i] = 1;
  selection_run(&e.problem, &backward, &selection);
  ok(selection.status == LOGIT_ONE_OUTCOME, "one outcome only");
  selection_free(&selection);
}

int main(void)
{
  test_r();
  test_replay();
  test_firth();
  test_whole_process();
  test_weights();
  test_edges();
  return tap_done();
}
