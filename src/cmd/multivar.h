// SPDX-License-Identifier: GPL-3.0-or-later
// her2-multivar's fits, between computing and presenting.

#ifndef HER2_CMD_MULTIVAR_H
#define HER2_CMD_MULTIVAR_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/command.h"
#include "cmd/imputation.h"
#include "data/imputed.h"
#include "data/outcome.h"
#include "data/regression.h"
#include "stats/collinearity.h"
#include "stats/logit_statistics.h"
#include "stats/selection.h"

struct multivar_settings {
  double screen;         // P to enter; NaN: no screening
  int select;            // enum selection_direction
  int by;                // enum selection_criterion
  double stay;           // P to stay
  bool by_asked, stay_asked;
  double vif_cut;
  bool vif_by_ols, vif_drop;
  double epv;            // below it a warning
  bool firth, flic;
  int profile;           // 1 profile, 0 Wald, -1: the profile of --like
  const char *save, *name;
  bool riley;
  struct imputation_settings imputation;
};

// One coefficient with what is printed of it.
struct multivar_row {
  double estimate, std_error, statistic, p_value, low, high; // log odds
};

// One term: its columns in a regression, its joint tests.
struct multivar_joint {
  struct logit_test wald, lr; // imputed: the pooled Wald test's F and first df; none
  double df2;                 // imputed: the second df of F; else NaN
};

struct multivar_model {
  struct regression regression;      // imputed: design, numbers and pooled fit, without data
  struct imputed_regression imputed; // imputed: what that is made of
  struct multivar_row *row;      // design.n_columns
  struct multivar_joint *joint;  // design.n_terms
};

// Of one term in the full formula.
struct multivar_collinearity {
  double gvif, scaled, ols;      // NaN for an intercept alone
  size_t df;
};

struct multivar {
  struct command *command;
  struct multivar_settings *settings;
  struct outcome outcome;
  struct logit_options options;
  bool profile;                  // intervals
  struct multivar_model *single; // one a term of the formula
  size_t n_terms;
  bool *candidate;               // n_terms: passed screening
  struct imputed imputed;        // --impute
  struct multivar_model full;    // all candidates, for VIF and selection; without rows
  struct formula final_formula;
  struct multivar_model final;
  struct multivar_collinearity *collinearity; // final.regression.design.n_terms
  double *column_vif, *column_ols;            // n_columns - 1
  struct selection_step *step;                // of collinearity and selection, in order
  size_t n_steps;
  struct logit_statistics statistics;
  size_t n_candidate_parameters;
};

// The part of a column's name that is its level, "" for a quantity; and the variable.
const char *multivar_level(const struct design *design, size_t term, size_t column);
const char *multivar_reference(const struct design *design, size_t term);
// Printed: label (unit), per scale.
char *multivar_title(const struct design *design, size_t term);

// The joint P of a term: Wald, under Firth the penalized likelihood ratio's.
double multivar_joint_p(const struct multivar *multivar, const struct multivar_joint *joint);
// Events (or non-events, if fewer) per parameter; NaN for none.
double multivar_epv(const struct multivar *multivar, size_t n_parameters);

// ---- --impute: multivar_impute.c ----

// Whether something was missing, and is imputed.
bool multivar_is_imputed(const struct multivar *multivar);
// Imputes what the formula needs in the rows allowed, and says so in notes.
void multivar_impute(struct multivar *multivar, const bool *allowed);
bool multivar_fit_imputed(const struct multivar *multivar, const struct formula *formula,
                          struct multivar_model *model, struct error *error);
void multivar_free_imputed(struct multivar_model *model);
// Says first in how many imputations it is so, if it is not so in all of them.
void multivar_prefix_imputation(const struct multivar_model *model, struct error *error);
// Rows and joint tests of a model fitted so.
void multivar_pool(const struct multivar *multivar, struct multivar_model *model);
// Fit statistics and inflation of the final model.
void multivar_statistics_imputed(struct multivar *multivar);
void multivar_inflation_imputed(const struct multivar *multivar, const struct column_group *group,
                                size_t n_groups, double *by_coefficients, double *by_squares);
void multivar_fill_imputation(const struct multivar *multivar, struct report *report);

void multivar_fill_tables(const struct multivar *multivar, struct report *report);
void multivar_fill_layout(const struct multivar *multivar, struct report *report);
bool multivar_draw(const char *kind, void *multivar, struct figure *figure, struct error *error);

#endif
