// SPDX-License-Identifier: GPL-3.0-or-later
// her2-multivar's tidy tables.
#include <config.h>

#include <math.h>
#include <stdlib.h>

#include "cmd/multivar.h"
#include "stats/logit_statistics.h"

static void add_coefficient(struct report_table *table, const struct multivar_model *model,
                            size_t t, size_t j)
{
  const struct regression *regression = &model->regression;
  const struct design *design = &regression->design;
  const struct multivar_row *row = &model->row[j];
  bool intercept = j == 0;
  report_text(table, intercept ? "(Intercept)" : design->column_name[j]);
  report_text(table, intercept ? "(Intercept)" : design->term[t].name);
  report_text(table, intercept ? NULL : multivar_level(design, t, j));
  report_text(table, intercept ? NULL : multivar_reference(design, t));
  report_count(table, regression->n_rows);
  report_count(table, regression->n_events);
  report_count(table, regression->n_missing);
  report_number(table, row->estimate);
  report_number(table, row->std_error);
  report_number(table, row->statistic);
  report_number(table, row->p_value);
  report_number(table, row->low);
  report_number(table, row->high);
  report_number(table, exp(row->estimate));
  report_number(table, exp(row->low));
  report_number(table, exp(row->high));
}

static const char coefficient_columns[] =
    "term variable level reference n events missing estimate std.error statistic p.value conf.low "
    "conf.high odds.ratio odds.ratio.low odds.ratio.high";

static void fill_coefficients(const struct multivar *multivar, struct report *report)
{
  struct report_table *table = report_add_table(report, "multivariable", coefficient_columns);
  add_coefficient(table, &multivar->final, 0, 0);
  const struct design *design = &multivar->final.regression.design;
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_columns; i++)
      add_coefficient(table, &multivar->final, t, design->term[t].first + i);

  table = report_add_table(report, "univariable", coefficient_columns);
  for (size_t s = 0; s < multivar->n_terms; s++) {
    const struct multivar_model *model = &multivar->single[s];
    const struct design_term *term = &model->regression.design.term[0];
    for (size_t i = 0; i < term->n_columns; i++)
      add_coefficient(table, model, 0, term->first + i);
  }
}

static void add_joint(struct report_table *table, const char *name, const char *model,
                      const char *test, const struct logit_test *result, double df2)
{
  report_text(table, name);
  report_text(table, test);
  report_number(table, result->statistic);
  report_number(table, result->df);
  report_number(table, result->p_value);
  report_text(table, model);
  report_number(table, df2);
}

static const char *wald_name(const struct multivar *multivar)
{
  return multivar_is_imputed(multivar) ? "d1" : "wald";
}

static void fill_joint(const struct multivar *multivar, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "joint", "variable test statistic df p.value model df2");
  const struct design *design = &multivar->final.regression.design;
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct multivar_joint *joint = &multivar->final.joint[t];
    add_joint(table, design->term[t].name, "multivariable", wald_name(multivar), &joint->wald,
              joint->df2);
    if (!multivar_is_imputed(multivar))
      add_joint(table, design->term[t].name, "multivariable", "lr", &joint->lr, NAN);
  }
  for (size_t s = 0; s < multivar->n_terms; s++) {
    const char *name = multivar->single[s].regression.design.term[0].name;
    const struct multivar_joint *joint = &multivar->single[s].joint[0];
    add_joint(table, name, "univariable", wald_name(multivar), &joint->wald, joint->df2);
    if (!multivar_is_imputed(multivar))
      add_joint(table, name, "univariable", "lr", &joint->lr, NAN);
  }
}

static void fill_collinearity(const struct multivar *multivar, struct report *report)
{
  const struct design *design = &multivar->final.regression.design;
  struct report_table *table = report_add_table(
      report, "collinearity", "variable vif gvif gvif.scaled ols.vif df tolerance");
  for (size_t t = 0; t < design->n_terms; t++) {
    const struct multivar_collinearity *c = &multivar->collinearity[t];
    report_text(table, design->term[t].name);
    report_number(table, c->df == 1 ? c->gvif : NAN);
    report_number(table, c->gvif);
    report_number(table, c->scaled);
    report_number(table, c->ols);
    report_count(table, c->df);
    report_number(table, 1 / c->ols);
  }
  table = report_add_table(report, "collinearity_columns", "term vif ols.vif tolerance");
  for (size_t j = 1; j < design->n_columns; j++) {
    report_text(table, design->column_name[j]);
    report_number(table, multivar->column_vif[j - 1]);
    report_number(table, multivar->column_ols[j - 1]);
    report_number(table, 1 / multivar->column_ols[j - 1]);
  }
}

static void fill_fit(const struct multivar *multivar, struct report *report)
{
  const struct logit_statistics *s = &multivar->statistics;
  const struct design *design = &multivar->final.regression.design;
  const struct {
    const char *metric;
    double estimate;
  } rows[] = {
      {"n", s->n},
      {"events", s->n_events},
      {"loglik", s->log_likelihood},
      {"deviance", s->deviance},
      {"lr.chisq", s->lr_chi_square},
      {"lr.df", s->lr_df},
      {"lr.p", s->lr_p},
      {"aic", s->aic},
      {"bic", s->bic},
      {"r2.nagelkerke", s->r2_nagelkerke},
      {"r2.coxsnell", s->r2_cox_snell},
      {"r2.mcfadden", s->r2_mcfadden},
      {"auc", s->auc},
      {"dxy", s->dxy},
      {"gamma", s->gamma},
      {"tau.a", s->tau_a},
      {"brier", s->brier},
      {"g", s->g},
      {"gp", s->gp},
      {"epv.candidates", multivar_epv(multivar, multivar->n_candidate_parameters)},
      {"epv.candidates.variables", multivar_epv(multivar, multivar->n_terms)},
      {"epv.final", multivar_epv(multivar, design->n_columns - 1)},
      {"epv.final.variables", multivar_epv(multivar, design->n_terms)},
  };
  struct report_table *table = report_add_table(report, "fit", "metric estimate");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    report_text(table, rows[i].metric);
    report_number(table, rows[i].estimate);
  }
}

static void fill_selection(const struct multivar *multivar, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "selection", "step action variable statistic df p.value aic vif");
  size_t step = 0;
  for (size_t s = 0; s < multivar->n_terms; s++)
    if (!multivar->candidate[s]) {
      const struct logit_test *wald = &multivar->single[s].joint[0].wald;
      report_count(table, ++step);
      report_text(table, selection_action_names[SELECTION_FAIL]);
      report_text(table, multivar->single[s].regression.design.term[0].name);
      report_number(table, wald->statistic);
      report_number(table, wald->df);
      report_number(table, wald->p_value);
      report_missing(table);
      report_missing(table);
    }
  for (size_t i = 0; i < multivar->n_steps; i++) {
    const struct selection_step *s = &multivar->step[i];
    report_count(table, ++step);
    report_text(table, selection_action_names[s->action]);
    report_text(table, multivar->single[s->group].regression.design.term[0].name);
    bool inflation = s->action == SELECTION_DROP;
    report_number(table, inflation ? NAN : s->statistic);
    report_number(table, s->df);
    report_number(table, s->p_value);
    report_number(table, s->aic);
    report_number(table, inflation ? s->statistic : NAN);
  }
}

// Riley et al. (2019): the Cox-Snell R^2 to expect is the apparent one shrunk for the
// candidate parameters, R2 (1 + p / (n log(1 - R2))).
static void fill_sample_size(const struct multivar *multivar, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "sample_size", "criterion n shrinkage parameters epv");
  if (!multivar->settings->riley)
    return;
  const struct logit_statistics *s = &multivar->statistics;
  double p = (double) multivar->n_candidate_parameters;
  double r2 = s->r2_cox_snell * (1 + p / (s->n * log1p(-s->r2_cox_snell)));
  if (!(r2 > 0)) {
    report_note(report, "no sample size: the Cox-Snell R2 is %.3f after shrinkage for %.0f "
                        "candidate parameters, and must be above 0", r2, p);
    return;
  }
  struct sample_size size = sample_size_binary(r2, p, s->n_events / s->n, 0.9);
  static const char *const names[] = {"shrinkage 0.9", "optimism of R2 0.05",
                                      "margin of overall risk 0.05"};
  for (size_t i = 0; i < N_SAMPLE_SIZE_CRITERIA; i++) {
    report_text(table, names[i]);
    report_number(table, size.n[i]);
    report_number(table, size.shrinkage[i]);
    report_number(table, p);
    report_number(table, size.epv[i]);
  }
  report_text(table, "final");
  report_number(table, size.final_n);
  report_missing(table);
  report_number(table, p);
  report_number(table, size.final_n * s->n_events / s->n / p);
  report_note(report,
              "sample size (Riley et al. 2019) for %.0f candidate parameters, Cox-Snell R2 %.3f "
              "(apparent %.3f, shrunk), event fraction %.3f: %.0f rows; this fit has %.0f",
              p, r2, s->r2_cox_snell, s->n_events / s->n, size.final_n, s->n);
}

void multivar_fill_tables(const struct multivar *multivar, struct report *report)
{
  fill_coefficients(multivar, report);
  fill_joint(multivar, report);
  fill_collinearity(multivar, report);
  fill_fit(multivar, report);
  fill_selection(multivar, report);
  fill_sample_size(multivar, report);
  multivar_fill_imputation(multivar, report);
}
