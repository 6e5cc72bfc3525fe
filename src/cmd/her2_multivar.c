// SPDX-License-Identifier: GPL-3.0-or-later
// her2-multivar: univariable and multivariable logistic regression.
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/multivar.h"
#include "data/model.h"
#include "stats/distribution.h"
#include "stats/holdout.h"

// ---- options ----

static bool set_screen(void *pointer, const char *value, struct error *error)
{
  return option_fraction(value, &((struct multivar_settings *) pointer)->screen, error);
}

static const struct named_choice directions[] = {
    {"backward", "begin with all, remove", SELECTION_BACKWARD},
    {"forward", "begin with none, add", SELECTION_FORWARD},
    {"none", "keep all", SELECTION_NONE},
    {NULL, NULL, 0},
};

static bool set_select(void *pointer, const char *value, struct error *error)
{
  return option_choice(directions, value, &((struct multivar_settings *) pointer)->select, error);
}

static const struct named_choice criteria[] = {
    {"p", "joint P of a term", SELECTION_BY_P},
    {"aic", "Akaike's information criterion", SELECTION_BY_AIC},
    {NULL, NULL, 0},
};

static bool set_by(void *pointer, const char *value, struct error *error)
{
  ((struct multivar_settings *) pointer)->by_asked = true;
  return option_choice(criteria, value, &((struct multivar_settings *) pointer)->by, error);
}

static bool set_stay(void *pointer, const char *value, struct error *error)
{
  ((struct multivar_settings *) pointer)->stay_asked = true;
  return option_fraction(value, &((struct multivar_settings *) pointer)->stay, error);
}

static bool set_above(const char *value, double least, double *number, struct error *error)
{
  if (number_parse_text(value, number) && *number >= least)
    return true;
  return error_set(error, ERROR_USAGE, "'%s' is not a number of %g or more", value, least);
}

static bool set_vif(void *pointer, const char *value, struct error *error)
{
  return set_above(value, 1, &((struct multivar_settings *) pointer)->vif_cut, error);
}

static bool set_epv(void *pointer, const char *value, struct error *error)
{
  return set_above(value, 0, &((struct multivar_settings *) pointer)->epv, error);
}

static const struct named_choice vif_sources[] = {
    {"coefficients", "from the covariance of the coefficients (car::vif)", 0},
    {"ols", "from the regression of each predictor on the others", 1},
    {NULL, NULL, 0},
};
static const struct named_choice vif_actions[] = {
    {"report", "say which are too high", 0},
    {"drop", "drop the worst until all are below", 1},
    {NULL, NULL, 0},
};
static const struct named_choice intervals[] = {
    {"wald", "estimate plus or minus z standard errors", 0},
    {"profile", "profile likelihood", 1},
    {NULL, NULL, 0},
};

static bool set_vif_by(void *pointer, const char *value, struct error *error)
{
  int choice = 0;
  bool good = option_choice(vif_sources, value, &choice, error);
  ((struct multivar_settings *) pointer)->vif_by_ols = choice;
  return good;
}

static bool set_vif_action(void *pointer, const char *value, struct error *error)
{
  int choice = 0;
  bool good = option_choice(vif_actions, value, &choice, error);
  ((struct multivar_settings *) pointer)->vif_drop = choice;
  return good;
}

static bool set_interval(void *pointer, const char *value, struct error *error)
{
  return option_choice(intervals, value, &((struct multivar_settings *) pointer)->profile, error);
}

static bool set_firth(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct multivar_settings *) pointer)->firth = true;
}

static bool set_flic(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  struct multivar_settings *settings = pointer;
  return settings->firth = settings->flic = true;
}

static bool set_save(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the file is empty");
  ((struct multivar_settings *) pointer)->save = value;
  return true;
}

static bool set_name(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name is empty");
  ((struct multivar_settings *) pointer)->name = value;
  return true;
}

static bool set_riley(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct multivar_settings *) pointer)->riley = true;
}

static bool set_impute(void *pointer, const char *value, struct error *error)
{
  return imputation_set_number(&((struct multivar_settings *) pointer)->imputation, value, error);
}

static bool set_impute_iterations(void *pointer, const char *value, struct error *error)
{
  return imputation_set_iterations(&((struct multivar_settings *) pointer)->imputation, value,
                                   error);
}

static bool set_impute_with(void *pointer, const char *value, struct error *error)
{
  return imputation_set_helpers(&((struct multivar_settings *) pointer)->imputation, value, error);
}

static const struct option_spec own_options[] = {
    {"screen", 0, "P", "only terms with a univariable joint P below this enter", set_screen},
    {"select", 0, "DIRECTION", "backward, forward or none (default)", set_select},
    {"by", 0, "CRITERION", "of --select: p (default) or aic", set_by},
    {"stay", 0, "P", "of --select --by=p: terms below this stay (0.05)", set_stay},
    {"vif", 0, "CUT", "GVIF^(1/df) from which a term is too collinear (5)", set_vif},
    {"vif-by", 0, "SOURCE", "coefficients (default) or ols", set_vif_by},
    {"vif-action", 0, "ACTION", "report (default) or drop", set_vif_action},
    {"epv", 0, "N", "events per parameter below which to warn (10)", set_epv},
    {"firth", 0, NULL, "Firth's penalized likelihood", set_firth},
    {"flic", 0, NULL, "Firth with the intercept corrected (mean risk = event fraction)", set_flic},
    {"ci", 0, "METHOD", "wald or profile (else the profile of --like)", set_interval},
    {"save", 0, "MODEL.json", "write the model to this file", set_save},
    {"name", 0, "NAME", "name of the model in that file", set_name},
    {"impute", 0, "M", "impute missing values M times, pool by Rubin's rules", set_impute},
    {"impute-with", 0, "NAME,...", "further variables that help to impute", set_impute_with},
    {"impute-iterations", 0, "N", "iterations of the chained equations (10)",
     set_impute_iterations},
    {"riley", 0, NULL, "sample size that such a model needs (Riley et al.)", set_riley},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"multivariable", "coefficients of the model (primary)"},
    {"univariable", "coefficients of each term alone"},
    {"joint", "joint Wald and likelihood ratio test of each term"},
    {"collinearity", "variance inflation of each term"},
    {"collinearity_columns", "variance inflation of each column"},
    {"fit", "fit statistics, events per variable"},
    {"selection", "steps of screening, collinearity and selection"},
    {"sample_size", "sample size by criterion, with --riley"},
    {"imputed", "observed and imputed values of each variable, with --impute"},
    {"pooled", "Rubin's rules for each coefficient, with --impute"},
    {NULL, NULL},
};

static const struct product_spec figures[] = {
    {"forest", "odds ratios with intervals, crude and adjusted, on one log axis"},
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-multivar",
    .operands = "'OUTCOME = EVENT ~ TERM + TERM ...' [FILE]",
    .summary = "Fit a logistic regression, each term alone and all together.",
    .groups = OPTIONS_INPUT | OPTIONS_OUTPUT | OPTIONS_FIGURE | OPTIONS_LEVEL | OPTIONS_LIKE |
              OPTIONS_SEED | OPTIONS_HOLDOUT,
    .option = own_options,
    .tables = tables,
    .figures = figures,
    .example = "her2-multivar 'her2 = over ~ adc + diameter' --save=model.json cohort.csv",
};

// ---- fits ----

static void fill_row(const struct multivar *multivar, const struct regression *regression,
                     size_t j, struct multivar_row *row)
{
  const struct logit_fit *fit = &regression->fit;
  struct logit_data data = regression_data(regression);
  double level = multivar->command->level;
  *row = (struct multivar_row){NAN, NAN, NAN, NAN, NAN, NAN};
  if (fit->status != LOGIT_CONVERGED)
    return;
  row->estimate = fit->coefficient[j];
  row->std_error = sqrt(fit->covariance[j * fit->p + j]);
  row->statistic = row->estimate / row->std_error;
  row->p_value = normal_two_sided(row->statistic);
  double z = normal_quantile(0.5 + level / 2);
  row->low = row->estimate - z * row->std_error;
  row->high = row->estimate + z * row->std_error;
  if (multivar->options.firth)
    row->p_value =
        logit_likelihood_ratio_test(&data, &multivar->options, fit, &j, 1).p_value;
  if (multivar->profile &&
      !logit_profile_interval(&data, &multivar->options, fit, j, level, &row->low, &row->high))
    row->low = row->high = NAN;
}

static void fill_joint(const struct multivar *multivar, const struct regression *regression,
                       size_t t, struct multivar_joint *joint)
{
  const struct design_term *term = &regression->design.term[t];
  struct logit_data data = regression_data(regression);
  *joint = (struct multivar_joint){{NAN, NAN, NAN}, {NAN, NAN, NAN}, NAN};
  if (regression->fit.status != LOGIT_CONVERGED)
    return;
  size_t *columns = NEW_ARRAY(size_t, term->n_columns);
  for (size_t i = 0; i < term->n_columns; i++)
    columns[i] = term->first + i;
  joint->wald = logit_wald_test(&regression->fit, columns, term->n_columns);
  // Each takes a fit of its own: only where it is shown, or where it is the P (Firth).
  if (multivar->options.firth || command_wants_table(multivar->command, "joint"))
    joint->lr = logit_likelihood_ratio_test(&data, &multivar->options, &regression->fit, columns,
                                            term->n_columns);
  free(columns);
}

static void fill_model(const struct multivar *multivar, struct multivar_model *model)
{
  const struct design *design = &model->regression.design;
  model->row = NEW_ARRAY(struct multivar_row, design->n_columns);
  model->joint = NEW_ARRAY(struct multivar_joint, design->n_terms);
  if (multivar_is_imputed(multivar)) {
    multivar_pool(multivar, model);
    return;
  }
  for (size_t j = 0; j < design->n_columns; j++)
    fill_row(multivar, &model->regression, j, &model->row[j]);
  for (size_t t = 0; t < design->n_terms; t++)
    fill_joint(multivar, &model->regression, t, &model->joint[t]);
}

// The formula with the terms marked, `mark` NULL: with term `only` alone.
static void formula_with(const struct formula *formula, const bool *mark, size_t only,
                         struct formula *chosen)
{
  struct formula view = *formula;
  view.term = NEW_ARRAY(struct formula_term, formula->n_terms);
  view.n_terms = 0;
  for (size_t t = 0; t < formula->n_terms; t++)
    if (mark ? mark[t] : t == only)
      view.term[view.n_terms++] = formula->term[t];
  // The copy owns its terms: printed, and read again.
  if (view.n_terms) {
    struct text text = {0};
    formula_print(&view, &text);
    formula_parse(chosen, text_content(&text), NULL);
    text_free(&text);
  } else {
    *chosen = (struct formula){.outcome = memory_copy_text(formula->outcome)};
  }
  free(view.term);
}

static bool fit(const struct multivar *multivar, const struct formula *formula,
                const bool *allowed, struct multivar_model *model, struct error *error)
{
  if (multivar_is_imputed(multivar))
    return multivar_fit_imputed(multivar, formula, model, error);
  return regression_fit(&model->regression, formula, &multivar->command->table, &multivar->outcome,
                        allowed, multivar->command->like, &multivar->options, error);
}

static void free_model(struct multivar_model *model)
{
  multivar_free_imputed(model);
  regression_free(&model->regression);
  free(model->row);
  free(model->joint);
}

static void fit_single_terms(struct multivar *multivar, const bool *allowed)
{
  struct command *command = multivar->command;
  for (size_t t = 0; t < multivar->n_terms; t++) {
    struct multivar_model *model = &multivar->single[t];
    struct formula alone;
    formula_with(&command->formula, NULL, t, &alone);
    struct error error;
    if (!fit(multivar, &alone, allowed, model, &error))
      command_fail(command, &error);
    formula_free(&alone);
    bool interaction = command->formula.term[t].n_parts > 1;
    if (interaction && model->regression.fit.status == LOGIT_RANK_DEFICIENT)
      report_note(&command->report, "%s has no estimate without its variables",
                  model->regression.design.term[0].name);
    else if (!regression_check(&model->regression, &error))
      report_warning(&command->report, "univariable: %s", error.message);
    fill_model(multivar, model);
    regression_release_data(&model->regression);
    imputed_regression_release_data(&model->imputed);
  }
}

// The coefficients of the whole formula, intercept aside.  An interaction has fewer beside its
// variables than alone.
static void count_candidate_parameters(struct multivar *multivar, const bool *allowed)
{
  const struct formula *formula = &multivar->command->formula;
  bool interactions = false;
  for (size_t t = 0; t < multivar->n_terms; t++) {
    interactions |= formula->term[t].n_parts > 1;
    multivar->n_candidate_parameters += multivar->single[t].regression.design.term[0].n_columns;
  }
  if (!interactions)
    return;
  struct multivar_model whole = {0};
  struct error error;
  if (!fit(multivar, formula, allowed, &whole, &error))
    command_fail(multivar->command, &error);
  multivar->n_candidate_parameters = whole.regression.design.n_columns - 1;
  free_model(&whole);
}

// True if every variable of `part` is one of `whole`, which has more.
static bool is_part_of(const struct formula_term *part, const struct formula_term *whole)
{
  if (part->n_parts >= whole->n_parts)
    return false;
  for (size_t i = 0; i < part->n_parts; i++) {
    bool found = false;
    for (size_t j = 0; j < whole->n_parts; j++)
      found |= strcmp(part->part[i].name, whole->part[j].name) == 0;
    if (!found)
      return false;
  }
  return true;
}

// needs[i * n + j]: interaction i contains term j, a variable or an interaction of fewer.
static bool *hierarchy(const struct formula *formula)
{
  size_t n = formula->n_terms;
  bool *needs = NEW_ZEROED(bool, n *n);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      needs[i * n + j] = is_part_of(&formula->term[j], &formula->term[i]);
  return needs;
}

double multivar_joint_p(const struct multivar *multivar, const struct multivar_joint *joint)
{
  bool by_likelihood = multivar->options.firth && !multivar_is_imputed(multivar);
  return by_likelihood ? joint->lr.p_value : joint->wald.p_value;
}

static void screen(struct multivar *multivar, const bool *needs)
{
  size_t n = multivar->n_terms;
  bool screening = !isnan(multivar->settings->screen);
  for (size_t t = 0; t < n; t++) {
    const struct multivar_model *single = &multivar->single[t];
    double p = multivar_joint_p(multivar, &single->joint[0]);
    // An interaction is nothing alone if its variables are candidates, too.
    bool alone = !memchr(needs + t * n, true, n);
    multivar->candidate[t] = !screening || !alone || p < multivar->settings->screen;
    // A variable that separates the outcome has no P: it must not be lost for that.
    struct error error;
    if (screening && alone &&
        single->regression.fit.status == LOGIT_SEPARATED &&
        !regression_check(&single->regression, &error))
      command_fail(multivar->command, &error);
  }
  // An interaction stays with its variables only.
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      if (needs[i * n + j] && !multivar->candidate[j])
        multivar->candidate[i] = false;
}

// The groups of columns of the candidates in the full design.
static struct column_group *term_groups(const struct design *design)
{
  struct column_group *group = NEW_ARRAY(struct column_group, design->n_terms);
  for (size_t t = 0; t < design->n_terms; t++)
    group[t] = (struct column_group){design->term[t].first - 1, design->term[t].n_columns};
  return group;
}

// Takes the steps over into the history, with the terms' places in the formula.
static void record_steps(struct multivar *multivar, const struct selection *selection,
                         const size_t *term_of)
{
  multivar->n_steps = selection->n_steps;
  multivar->step = NEW_ARRAY(struct selection_step, selection->n_steps);
  for (size_t i = 0; i < selection->n_steps; i++) {
    struct selection_step *step = &multivar->step[i];
    *step = selection->step[i];
    step->group = term_of[step->group];
    const char *name = multivar->single[step->group].regression.design.term[0].name;
    if (step->action == SELECTION_DROP)
      report_note(&multivar->command->report, "%s left out: variance inflation %.2f", name,
                  step->statistic);
    else
      report_note(&multivar->command->report, "selection: %s %s", name,
                  step->action == SELECTION_ADD ? "added" : "removed");
  }
}

static void fail_selection(struct multivar *multivar, const struct selection *selection,
                           const size_t *term_of)
{
  struct error error;
  bool dependent = selection->status == LOGIT_RANK_DEFICIENT;
  if (selection->failed_group != (size_t) -1)
    error_set(&error, ERROR_NO_CONVERGENCE, "selection: no finite estimate with %s (%s)",
              multivar->single[term_of[selection->failed_group]].regression.design.term[0].name,
              dependent ? "it can be computed from the other terms: leave it out"
                        : "use --firth, or leave it out");
  else if (regression_check(&multivar->full.regression, &error))
    error_set(&error, ERROR_NO_CONVERGENCE,
              "selection: a model on the way has no finite estimate (use --firth)");
  command_fail(multivar->command, &error);
}

// Collinearity and selection among the candidates; `kept` over the terms of the formula.
static void choose_terms(struct multivar *multivar, const bool *allowed, const bool *needs,
                         bool *kept)
{
  const struct multivar_settings *settings = multivar->settings;
  struct command *command = multivar->command;
  size_t n_all = multivar->n_terms;
  memcpy(kept, multivar->candidate, n_all * sizeof *kept);
  size_t n = 0;
  for (size_t t = 0; t < n_all; t++)
    n += multivar->candidate[t];
  if ((!settings->vif_drop && settings->select == SELECTION_NONE) || !n)
    return;
  struct error error;
  struct formula candidates;
  formula_with(&command->formula, multivar->candidate, 0, &candidates);
  if (!fit(multivar, &candidates, allowed, &multivar->full, &error))
    command_fail(command, &error);
  formula_free(&candidates);
  // Of the candidates, their places in the formula.
  size_t *term_of = NEW_ARRAY(size_t, n), m = 0;
  for (size_t t = 0; t < n_all; t++)
    if (multivar->candidate[t])
      term_of[m++] = t;
  bool *among = NEW_ARRAY(bool, n * n);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++)
      among[i * n + j] = needs[term_of[i] * n_all + term_of[j]];
  struct logit_data data = regression_data(&multivar->full.regression);
  struct column_group *group = term_groups(&multivar->full.regression.design);
  struct selection_problem problem = {&data, group, n, among, NULL};
  struct pooled_data imputed;
  if (multivar_is_imputed(multivar)) {
    imputed = imputed_regression_data(&multivar->full.imputed, &multivar->imputed);
    data.x = imputed.x[0];
    data.y = imputed.y;
    problem.imputed = &imputed;
  }
  struct selection_options options = {
      .screen_p = NAN,
      .vif_cut = settings->vif_drop ? settings->vif_cut : NAN,
      .vif_by = settings->vif_by_ols ? SELECTION_VIF_OLS : SELECTION_VIF_COEFFICIENTS,
      .direction = (enum selection_direction) settings->select,
      .criterion = (enum selection_criterion) settings->by,
      .p = settings->stay,
      .test = multivar->options.firth ? SELECTION_LIKELIHOOD_RATIO : SELECTION_WALD,
      .fit = multivar->options,
  };
  struct selection selection = {0};
  selection_run(&problem, &options, &selection);
  if (selection.status != LOGIT_CONVERGED)
    fail_selection(multivar, &selection, term_of);
  record_steps(multivar, &selection, term_of);
  memset(kept, 0, n_all * sizeof *kept);
  for (size_t i = 0; i < selection.n_kept; i++)
    kept[term_of[selection.kept[i]]] = true;
  selection_free(&selection);
  regression_release_data(&multivar->full.regression);
  free(group);
  free(among);
  free(term_of);
}

// Of groups of columns of the final model, two ways.
static void compute_inflation(const struct multivar *multivar, const struct column_group *group,
                              size_t n, double *by_coefficients, double *by_squares)
{
  const struct regression *regression = &multivar->final.regression;
  size_t p = regression->design.n_columns;
  if (multivar_is_imputed(multivar)) {
    multivar_inflation_imputed(multivar, group, n, by_coefficients, by_squares);
    return;
  }
  bool known = generalized_vif(regression->fit.covariance, p, group, n, by_coefficients);
  bool known_squares =
      ols_vif(regression->x, regression->n_rows, p, NULL, group, n, by_squares);
  for (size_t g = 0; g < n; g++) {
    by_coefficients[g] = known ? by_coefficients[g] : NAN;
    by_squares[g] = known_squares ? by_squares[g] : NAN;
  }
}

static void fill_collinearity(struct multivar *multivar)
{
  const struct regression *regression = &multivar->final.regression;
  const struct design *design = &regression->design;
  size_t n = design->n_terms, p = design->n_columns;
  multivar->collinearity = NEW_ARRAY(struct multivar_collinearity, n);
  multivar->column_vif = NEW_ARRAY(double, p);
  multivar->column_ols = NEW_ARRAY(double, p);
  struct column_group *group = term_groups(design), *single = NEW_ARRAY(struct column_group, p);
  double *gvif = NEW_ARRAY(double, n), *ols = NEW_ARRAY(double, n);
  for (size_t j = 0; j + 1 < p; j++)
    single[j] = (struct column_group){j, 1};
  if (n) {
    compute_inflation(multivar, group, n, gvif, ols);
    compute_inflation(multivar, single, p - 1, multivar->column_vif, multivar->column_ols);
  }
  for (size_t t = 0; t < n; t++) {
    size_t df = design->term[t].n_columns;
    double chosen = multivar->settings->vif_by_ols ? ols[t] : gvif[t];
    double scaled = pow(chosen, 1.0 / (double) df);
    multivar->collinearity[t] = (struct multivar_collinearity){gvif[t], scaled, ols[t], df};
    if (scaled >= multivar->settings->vif_cut)
      report_warning(&multivar->command->report,
                     "%s: variance inflation %.2f is %g or more (--vif-action=drop leaves it out)",
                     design->term[t].name, scaled, multivar->settings->vif_cut);
  }
  free(gvif);
  free(ols);
  free(group);
  free(single);
}

// sum of y eta - log(1 + exp(eta)), without overflow.
static double log_likelihood(const struct logit_data *data, const double *coefficient)
{
  double *eta = NEW_ARRAY(double, data->n), sum = 0;
  logit_linear_predictor(data, coefficient, eta);
  for (size_t i = 0; i < data->n; i++)
    sum -= log1p(exp(-fabs(eta[i]))) + (data->y[i] > 0 ? fmax(-eta[i], 0) : fmax(eta[i], 0));
  free(eta);
  return sum;
}

static void fit_final(struct multivar *multivar, const bool *allowed, const bool *kept)
{
  struct command *command = multivar->command;
  struct error error;
  formula_with(&command->formula, kept, 0, &multivar->final_formula);
  if (multivar->final_formula.n_terms == 0)
    report_warning(&command->report, "no term is left: the model is the intercept alone");
  if (!fit(multivar, &multivar->final_formula, allowed, &multivar->final, &error) ||
      !regression_check(&multivar->final.regression, &error)) {
    multivar_prefix_imputation(&multivar->final, &error);
    command_fail(command, &error);
  }
  struct regression *regression = &multivar->final.regression;
  if (multivar->full.regression.n_rows && regression->n_rows > multivar->full.regression.n_rows)
    report_note(&command->report,
                "terms were chosen on the %zu rows complete for all candidates, the final model is "
                "fitted on the %zu complete for its own terms",
                multivar->full.regression.n_rows, regression->n_rows);
  if (multivar->settings->flic) {
    struct logit_data data = regression_data(regression);
    regression->fit.coefficient[0] = logit_flic_intercept(&data, &regression->fit);
    regression->fit.log_likelihood = log_likelihood(&data, regression->fit.coefficient);
  }
  fill_model(multivar, &multivar->final);
  if (multivar->settings->flic) {
    // Of Firth's intercept these were, not of this one.
    struct multivar_row *intercept = &multivar->final.row[0];
    *intercept = (struct multivar_row){intercept->estimate, NAN, NAN, NAN, NAN, NAN};
  }
  if (multivar_is_imputed(multivar)) {
    multivar_statistics_imputed(multivar);
  } else {
    struct logit_data data = regression_data(regression);
    multivar->statistics = logit_statistics(&data, &regression->fit);
  }
  fill_collinearity(multivar);
}

// ---- what must be said ----

double multivar_epv(const struct multivar *multivar, size_t n_parameters)
{
  const struct regression *regression = &multivar->final.regression;
  size_t events = regression->n_events, others = regression->n_rows - events;
  size_t fewer = events < others ? events : others;
  return n_parameters ? (double) fewer / (double) n_parameters : NAN;
}

static void note_firth(struct multivar *multivar)
{
  struct report *report = &multivar->command->report;
  const struct multivar_model *final = &multivar->final;
  report_note(report, "Firth: log likelihood, deviance, AIC, BIC and R2 in `fit` are the "
                      "unpenalized ones at these estimates");
  for (size_t j = multivar->settings->flic ? 1 : 0; j < final->regression.design.n_columns; j++)
    if (isnan(final->row[j].p_value) && !isnan(final->row[j].estimate))
      report_warning(report, "%s has no P: the penalized profile did not converge (scale the "
                             "predictors, as in x/sd)",
                     final->regression.design.column_name[j]);
}

// A profile limit that was not found: infinite ones are limits, too.
static void warn_limits(struct multivar *multivar)
{
  const struct multivar_model *final = &multivar->final;
  for (size_t j = multivar->settings->flic ? 1 : 0; j < final->regression.design.n_columns; j++)
    if (!isnan(final->row[j].estimate) &&
        (isnan(final->row[j].low) || isnan(final->row[j].high)))
      report_warning(&multivar->command->report,
                     "%s lacks a limit: the profile of the likelihood did not converge (scale the "
                     "predictors, as in x/sd, or --ci=wald)",
                     final->regression.design.column_name[j]);
}

static void note_conventions(struct multivar *multivar)
{
  struct report *report = &multivar->command->report;
  const struct regression *regression = &multivar->final.regression;
  if (multivar->options.firth)
    note_firth(multivar);
  if (multivar->profile)
    warn_limits(multivar);
  double epv = multivar_epv(multivar, regression->design.n_columns - 1);
  if (epv < multivar->settings->epv)
    report_warning(report, "%.1f events per parameter of the final model, fewer than %g", epv,
                   multivar->settings->epv);
  double candidates = multivar_epv(multivar, multivar->n_candidate_parameters);
  if (candidates < multivar->settings->epv && !(epv < multivar->settings->epv))
    report_warning(report, "%.1f events per candidate parameter, fewer than %g", candidates,
                   multivar->settings->epv);
  if (multivar->outcome.n_missing) {
    report_exclude(report, multivar->outcome.column->name, multivar->outcome.n_missing);
    report_note(report, "%zu row%s without %s left out", multivar->outcome.n_missing,
                multivar->outcome.n_missing == 1 ? "" : "s", multivar->outcome.column->name);
  }
  if (multivar->outcome.n_set_aside)
    report_note(report, "%zu row%s with another level of %s set aside",
                multivar->outcome.n_set_aside, multivar->outcome.n_set_aside == 1 ? "" : "s",
                multivar->outcome.column->name);
  if (regression->n_missing)
    report_note(report, "%zu row%s incomplete for the model's terms left out",
                regression->n_missing, regression->n_missing == 1 ? "" : "s");
  for (size_t t = 0; t < multivar->n_terms; t++)
    if (multivar->single[t].regression.n_missing)
      report_exclude(report, multivar->single[t].regression.design.term[0].name,
                     multivar->single[t].regression.n_missing);
  for (size_t v = 0; v < regression->design.n_variables; v++) {
    const struct design_variable *variable = &regression->design.variable[v];
    if (variable->unused_levels.n_items) {
      char *levels = text_list_join(&variable->unused_levels, ", ");
      report_note(report, "%s: no row used has %s, left out", variable->name, levels);
      free(levels);
    }
  }
  report->input_used = regression->n_rows;
}

// ---- saving ----

// "over" for "models/over.json".
static char *name_of_file(const char *path)
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t length = strlen(name);
  return memory_copy_bytes(name, length > 5 && text_ends(name, ".json") ? length - 5 : length);
}

// "Recurrence or death: yes" where the codebook names the outcome; else its level's label.
static char *name_of_event(const struct outcome *outcome)
{
  const char *level = outcome->label[0];
  return outcome->column->label ? text_format("%s: %s", outcome->column->label, level)
                                : memory_copy_text(level);
}

// The rows of the table that the final model is made on; on imputed data all that were to be used,
// so that they are found again without the derivations.  The caller frees.
static bool *mark_used(const struct multivar *multivar, const bool *allowed)
{
  const struct regression *regression = &multivar->final.regression;
  size_t n = multivar->command->table.n_rows;
  bool *used = NEW_ZEROED(bool, n);
  if (!multivar_is_imputed(multivar))
    memcpy(used, regression->used, n * sizeof *used);
  for (size_t i = 0; i < n && multivar_is_imputed(multivar); i++)
    used[i] = !isnan(multivar->outcome.code[i]) && (!allowed || allowed[i]);
  return used;
}

static bool reads_column(const struct multivar *multivar, const char *name)
{
  const struct cohort_options *cohort = &multivar->command->cohort;
  const struct formula *formula = &multivar->command->formula;
  bool found = strcmp(formula->outcome, name) == 0 ||
               text_list_has(&multivar->settings->imputation.with, name);
  for (size_t t = 0; t < formula->n_terms; t++)
    for (size_t i = 0; i < formula->term[t].n_parts && !found; i++)
      found = strcmp(formula->term[t].part[i].name, name) == 0;
  for (size_t d = 0; d < cohort->n_derivations && !found; d++)
    found = text_list_has(derivation_inputs(cohort->derivation[d]), name);
  return found;
}

// What means missing, so that a new cohort is read alike.
static void save_missing(const struct multivar *multivar, struct model *model)
{
  const struct command *command = multivar->command;
  const struct table *table = &command->table;
  for (size_t i = 0; i < command->cohort.table.na.n_items; i++)
    text_list_add(&model->missing_tokens, command->cohort.table.na.item[i]);
  for (size_t c = 0; c < table->n_columns; c++)
    if (reads_column(multivar, table->column[c].name))
      missing_codes_add(&model->missing_codes, table->column[c].name, &table->column[c].codes);
}

static void save(struct multivar *multivar, const bool *allowed)
{
  const struct multivar_settings *settings = multivar->settings;
  struct command *command = multivar->command;
  const struct regression *regression = &multivar->final.regression;
  struct model model = {
      .name = settings->name ? memory_copy_text(settings->name) : name_of_file(settings->save),
      .outcome = memory_copy_text(command->formula.outcome),
      .event_label = name_of_event(&multivar->outcome),
      .design = regression->design, // lent, not given
      .coefficient = regression->fit.coefficient,
      .covariance = regression->fit.covariance,
      .has_intercept = true,
      .n = (double) regression->n_rows,
      .n_events = (double) regression->n_events,
      .seed = command->seed,
      .software = text_format("her2-tools %s", PACKAGE_VERSION),
  };
  // A 0/1 outcome states no event: the model must.
  if (command->formula.event.n_items)
    for (size_t i = 0; i < command->formula.event.n_items; i++)
      text_list_add(&model.event, command->formula.event.item[i]);
  else
    text_list_add(&model.event, multivar->outcome.group[0]);
  for (size_t i = 0; i < command->formula.comparison.n_items; i++)
    text_list_add(&model.comparison, command->formula.comparison.item[i]);
  for (size_t i = 0; i < command->cohort.n_derivations; i++) {
    struct text text = {0};
    derivation_print(command->cohort.derivation[i], &text);
    text_list_adopt(&model.derivations, text_take(&text));
  }
  save_missing(multivar, &model);
  for (size_t t = 0; t < multivar->n_terms; t++)
    text_list_add(&model.candidates, multivar->single[t].regression.design.term[0].name);
  model.procedure.screen_p = settings->screen;
  model.procedure.stay_p = settings->select != SELECTION_NONE ? settings->stay : NAN;
  if (settings->select != SELECTION_NONE) {
    model.procedure.select = memory_copy_text(choice_name(directions, settings->select));
    model.procedure.by = memory_copy_text(choice_name(criteria, settings->by));
  }
  model.procedure.vif_cut = settings->vif_drop ? settings->vif_cut : NAN;
  model.procedure.vif_drop = settings->vif_drop;
  model.procedure.vif_by_ols = settings->vif_drop && settings->vif_by_ols;
  model.procedure.firth = settings->firth;
  model.procedure.flic = settings->flic;
  model.holdout.fraction = command->holdout;
  model.holdout.seed = command->seed;
  model.holdout.test = command->test_part;
  if (multivar_is_imputed(multivar)) {
    model.imputation.n = multivar->imputed.n_imputations;
    model.imputation.n_iterations = multivar->imputed.problem.n_iterations;
    for (size_t i = 0; i < settings->imputation.with.n_items; i++)
      text_list_add(&model.imputation.with, settings->imputation.with.item[i]);
  }
  bool *used = mark_used(multivar, allowed);
  model_fingerprint(&model, &command->table, &multivar->outcome, used, model.fingerprint);
  free(used);
  command->companion_path = settings->save;
  model_print(&model, &command->companion);
  model.design = (struct design){0};
  model.coefficient = model.covariance = NULL;
  model_free(&model);
}

// ---- the command ----

static void release(struct multivar *multivar)
{
  for (size_t t = 0; t < multivar->n_terms; t++)
    free_model(&multivar->single[t]);
  free(multivar->single);
  free(multivar->candidate);
  free_model(&multivar->final);
  free_model(&multivar->full);
  imputed_free(&multivar->imputed);
  text_list_free(&multivar->settings->imputation.with);
  formula_free(&multivar->final_formula);
  free(multivar->collinearity);
  free(multivar->column_vif);
  free(multivar->column_ols);
  free(multivar->step);
  outcome_free(&multivar->outcome);
}

static void check_imputation(const struct multivar_settings *settings, struct error *error)
{
  const struct imputation_settings *imputation = &settings->imputation;
  if (!imputation->n_imputations) {
    if (imputation->n_iterations || imputation->with.n_items)
      error_set(error, ERROR_USAGE, "--impute-%s needs --impute=M",
                imputation->n_iterations ? "iterations" : "with");
    return;
  }
  if (settings->by == SELECTION_BY_AIC)
    error_set(error, ERROR_USAGE, "--by=aic: imputed data have no likelihood in common; --by=p");
  if (settings->vif_by_ols && settings->vif_drop)
    error_set(error, ERROR_USAGE,
              "--vif-action=drop with --impute goes by --vif-by=coefficients");
  if (settings->profile > 0)
    error_set(error, ERROR_USAGE, "--ci=profile: imputed data have no profile; --ci=wald");
  if (settings->flic)
    error_set(error, ERROR_USAGE, "--flic with --impute is not defined; --firth is");
}

static void check_options(const struct command *command, const struct multivar_settings *settings)
{
  struct error error = {0};
  if (command->test_part && !(command->holdout > 0))
    error_set(&error, ERROR_USAGE, "--part=test needs --holdout=P");
  if (settings->select == SELECTION_NONE && (settings->by_asked || settings->stay_asked))
    error_set(&error, ERROR_USAGE, "--%s needs --select=backward or forward",
              settings->by_asked ? "by" : "stay");
  if (settings->stay_asked && settings->by == SELECTION_BY_AIC)
    error_set(&error, ERROR_USAGE, "--stay is a P, and --by=aic uses none: one of them");
  check_imputation(settings, &error);
  if (settings->name && !settings->save)
    error_set(&error, ERROR_USAGE, "--name needs --save=MODEL.json");
  if (settings->save && command->output && strcmp(settings->save, command->output) == 0)
    error_set(&error, ERROR_USAGE, "--save and --output name one file, '%s'", settings->save);
  if (error.status)
    command_fail(command, &error);
}

int main(int argc, char **argv)
{
  struct multivar_settings settings = {
      .screen = NAN, .stay = 0.05, .vif_cut = 5, .epv = 10, .profile = -1};
  struct command command;
  command_start(&command, &spec, &settings, argc, argv);
  command_need_formula(&command, "her2 = over ~ adc + diameter");
  check_options(&command, &settings);
  command_load(&command);

  struct multivar multivar = {.command = &command, .settings = &settings};
  struct error error;
  if (!outcome_resolve(&multivar.outcome, &command.formula, &command.table, OUTCOME_EVENT, &error))
    command_fail(&command, &error);
  multivar.options = (struct logit_options){.firth = settings.firth};
  multivar.profile = settings.profile >= 0 ? settings.profile
                                           : settings.firth || command.like->profile_intervals;
  multivar.profile = multivar.profile && !settings.imputation.n_imputations;
  multivar.n_terms = command.formula.n_terms;
  multivar.single = NEW_ZEROED(struct multivar_model, multivar.n_terms);
  multivar.candidate = NEW_ZEROED(bool, multivar.n_terms);

  bool *allowed = command_part(&command, &multivar.outcome);
  if (settings.imputation.n_imputations)
    multivar_impute(&multivar, allowed);
  bool *needs = hierarchy(&command.formula), *kept = NEW_ZEROED(bool, multivar.n_terms);
  fit_single_terms(&multivar, allowed);
  count_candidate_parameters(&multivar, allowed);
  screen(&multivar, needs);
  choose_terms(&multivar, allowed, needs, kept);
  fit_final(&multivar, allowed, kept);
  free(needs);
  free(kept);

  note_conventions(&multivar);
  multivar_fill_tables(&multivar, &command.report);
  multivar_fill_layout(&multivar, &command.report);
  if (settings.save)
    save(&multivar, allowed);
  free(allowed);
  int status = command_finish(&command, multivar_draw, &multivar);
  release(&multivar);
  return status;
}
