// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc's tidy tables.
#include <config.h>

#include <math.h>

#include "cmd/icc.h"

static void report_interval(struct report_table *table, const struct interval_estimate *interval)
{
  report_number(table, interval->estimate);
  report_number(table, interval->conf_low);
  report_number(table, interval->conf_high);
}

enum icc_type icc_nth_type(const struct icc *icc, int i)
{
  enum icc_type first = icc->settings->type;
  return i == 0 ? first : i <= (int) first ? (enum icc_type) (i - 1) : (enum icc_type) i;
}

static void fill_icc(const struct icc *icc, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "icc",
                       "variable type estimate conf.low conf.high statistic df df2 p.value n "
                       "readers missing interpretation");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    for (int t = 0; t < N_ICC_TYPES && !variable->is_category; t++) {
      enum icc_type type = icc_nth_type(icc, t);
      const struct icc_result *r = &variable->icc[type];
      report_text(table, variable->name);
      report_text(table, choice_name(icc_types, (int) type));
      report_number(table, r->estimate);
      report_number(table, r->conf_low);
      report_number(table, r->conf_high);
      report_number(table, r->statistic);
      report_number(table, r->df);
      report_number(table, r->df2);
      report_number(table, r->p_value);
      report_count(table, variable->n);
      report_count(table, variable->n_readers);
      report_count(table, variable->incomplete);
      report_text(table, agreement_icc_word((enum agreement_scale) icc->settings->scale,
                                            r->estimate));
    }
  }
}

static void fill_repeatability(const struct icc *icc, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "repeatability", "variable measure estimate conf.low conf.high df n readers");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    const struct repeatability_result *r = &variable->repeatability;
    const struct interval_estimate mean = {variable->anova.mean, NAN, NAN};
    const struct {
      const char *name;
      const struct interval_estimate *interval;
      double df;
    } measures[] = {
        {"mean", &mean, NAN},
        {"within.sd", &r->within_sd, r->df},
        {"cv", &r->cv, r->df},
        {"repeatability", &r->coefficient, r->df},
        {"residual.sd", &r->residual_sd, variable->anova.df_residual},
    };
    for (size_t m = 0; m < sizeof measures / sizeof *measures && !variable->is_category; m++) {
      report_text(table, variable->name);
      report_text(table, measures[m].name);
      report_interval(table, measures[m].interval);
      report_number(table, measures[m].df);
      report_count(table, variable->n);
      report_count(table, variable->n_readers);
    }
  }
}

static void fill_bland_altman(const struct icc *icc, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "bland_altman",
                       "variable reader1 reader2 n bias bias.low bias.high sd lower lower.low "
                       "lower.high upper upper.low upper.high multiplier std.error statistic df "
                       "p.value correlation p.correlation");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    for (size_t j = 0; j < variable->n_pairs && !variable->is_category; j++) {
      const struct icc_pair *pair = &variable->pair[j];
      const struct bland_altman_result *r = &pair->limits;
      report_text(table, variable->name);
      report_text(table, variable->reader[pair->first]);
      report_text(table, variable->reader[pair->second]);
      report_count(table, r->n);
      report_interval(table, &r->bias);
      report_number(table, r->sd);
      report_interval(table, &r->lower);
      report_interval(table, &r->upper);
      report_number(table, r->multiplier);
      report_number(table, r->std_error);
      report_number(table, r->statistic);
      report_number(table, r->df);
      report_number(table, r->p_value);
      report_number(table, r->correlation);
      report_number(table, r->correlation_p);
    }
  }
}

static void add_kappa(const struct icc *icc, const struct icc_variable *variable,
                      struct report_table *table, const struct icc_pair *pair, const char *method,
                      const struct kappa_result *r, bool beyond_chance)
{
  report_text(table, variable->name);
  report_text(table, pair ? variable->reader[pair->first] : NULL);
  report_text(table, pair ? variable->reader[pair->second] : NULL);
  report_text(table, method);
  report_number(table, r->estimate);
  report_number(table, r->std_error);
  report_number(table, r->conf_low);
  report_number(table, r->conf_high);
  report_number(table, r->null_error);
  report_number(table, r->statistic);
  report_number(table, r->df);
  report_number(table, r->p_value);
  report_number(table, beyond_chance ? r->observed : NAN);
  report_number(table, beyond_chance ? r->expected : NAN);
  report_count(table, variable->n);
  report_count(table, variable->n_readers);
  report_count(table, variable->incomplete);
  report_count(table, variable->levels.n_items);
  report_text(table, beyond_chance
                         ? agreement_kappa_word((enum agreement_scale) icc->settings->scale,
                                                r->estimate)
                         : NULL);
}

static void fill_kappa(const struct icc *icc, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "kappa",
      "variable reader1 reader2 method estimate std.error conf.low conf.high null.error statistic "
      "df p.value observed expected n readers missing categories interpretation");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (!variable->is_category)
      continue;
    int n_weights = variable->is_ordered ? N_KAPPA_WEIGHTS : 1;
    for (size_t j = 0; j < variable->n_pairs; j++)
      for (int w = 0; w < n_weights; w++)
        add_kappa(icc, variable, table, &variable->pair[j], icc_kappa_names[w],
                  &variable->pair[j].kappa[w], true);
    add_kappa(icc, variable, table, NULL, "fleiss", &variable->fleiss, true);
    add_kappa(icc, variable, table, NULL, "ac1", &variable->ac1, true);
    add_kappa(icc, variable, table, NULL, "agreement", &variable->agree_pairs, false);
    if (variable->n_readers > 2)
      add_kappa(icc, variable, table, NULL, "agreement.all", &variable->agree_all, false);
  }
}

static void fill_counts(const struct icc *icc, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "counts", "variable reader1 reader2 level1 level2 count");
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    size_t q = variable->levels.n_items;
    for (size_t j = 0; j < variable->n_pairs && variable->is_category; j++)
      for (size_t cell = 0; cell < q * q; cell++) {
        report_text(table, variable->name);
        report_text(table, variable->reader[variable->pair[j].first]);
        report_text(table, variable->reader[variable->pair[j].second]);
        report_text(table, variable->levels.item[cell / q]);
        report_text(table, variable->levels.item[cell % q]);
        report_count(table, (size_t) variable->pair[j].count[cell]);
      }
  }
}

// The first table is what csv prints where no other is named: that of the categories if there
// is nothing else.
void icc_fill_tables(const struct icc *icc, struct report *report)
{
  bool quantities = false;
  for (size_t i = 0; i < icc->n_variables; i++)
    quantities |= !icc->variable[i].is_category;
  if (!quantities)
    fill_kappa(icc, report);
  fill_icc(icc, report);
  fill_repeatability(icc, report);
  fill_bland_altman(icc, report);
  if (quantities)
    fill_kappa(icc, report);
  fill_counts(icc, report);
}
