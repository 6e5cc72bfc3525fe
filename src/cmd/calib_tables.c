// SPDX-License-Identifier: GPL-3.0-or-later
// her2-calib's tidy tables.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/calib.h"
#include "stats/distribution.h"

static void fill_internal(const struct calib *calib, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "performance",
                       "metric apparent training test optimism corrected conf.low conf.high n");
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++) {
    if (!calib_wants(calib, (enum performance_metric) m))
      continue;
    const struct calib_metric *metric = &calib->metric[m];
    report_text(table, performance_names[m]);
    report_number(table, metric->apparent);
    report_number(table, metric->training);
    report_number(table, metric->test);
    report_number(table, metric->optimism);
    report_number(table, metric->corrected);
    report_number(table, metric->low);
    report_number(table, metric->high);
    if (calib_is_resampled(calib))
      report_count(table, metric->n);
    else
      report_missing(table);
  }
}

static void fill_external(const struct calib *calib, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "performance", "metric estimate std.error statistic df p.value conf.low conf.high n");
  for (size_t m = 0; m < N_PERFORMANCE_METRICS; m++) {
    if (!calib_wants(calib, (enum performance_metric) m))
      continue;
    const struct performance_estimate *e = &calib->estimate[m];
    report_text(table, performance_names[m]);
    report_number(table, e->estimate);
    report_number(table, e->std_error);
    report_number(table, e->statistic);
    report_number(table, e->df);
    report_number(table, e->p_value);
    report_number(table, e->conf_low);
    report_number(table, e->conf_high);
    report_number(table, e->n);
  }
}

static void fill_curve(const struct calib *calib, struct report *report)
{
  if (calib_is_external(calib)) {
    struct report_table *table =
        report_add_table(report, "curve", "predicted logistic nonparametric conf.low conf.high n");
    for (size_t k = 0; k < calib->n_curve; k++) {
      report_number(table, calib->curve_x[k]);
      report_number(table, calib->curve_logistic[k]);
      report_number(table, calib->curve_smooth[k]);
      report_number(table, calib->curve_low[k]);
      report_number(table, calib->curve_high[k]);
      report_count(table, calib->n);
    }
    return;
  }
  struct report_table *table =
      report_add_table(report, "curve", "predicted apparent corrected conf.low conf.high n");
  for (size_t k = 0; k < calib->n_points; k++) {
    const struct calib_point *point = &calib->point[k];
    report_number(table, point->predicted);
    report_number(table, point->apparent);
    report_number(table, point->corrected);
    report_number(table, point->low);
    report_number(table, point->high);
    report_count(table, point->n);
  }
}

static void fill_bins(const struct calib *calib, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "bins", "bin n low high predicted observed conf.low conf.high");
  for (size_t b = 0; b < calib->n_bins; b++) {
    const struct calibration_bin *bin = &calib->bin[b];
    report_count(table, b + 1);
    report_number(table, bin->n);
    report_number(table, bin->low);
    report_number(table, bin->high);
    report_number(table, bin->predicted);
    report_number(table, bin->observed);
    report_number(table, bin->conf_low);
    report_number(table, bin->conf_high);
  }
}

static void fill_replicates(const struct calib *calib, struct report *report)
{
  struct report_table *table = report_add_table(report, "replicates", "status n");
  const struct validation_result *result = &calib->validation;
  size_t count[N_CALIB_STATUSES] = {0};
  if (!calib_is_resampled(calib))
    return;
  for (size_t b = 0; b < result->n_replicates; b++)
    count[result->status[b]]++;
  for (size_t s = 0; s < N_CALIB_STATUSES; s++) {
    report_text(table, calib_status_names[s]);
    report_count(table, count[s]);
  }
}

static void fill_selection(const struct calib *calib, struct report *report)
{
  struct report_table *table = report_add_table(report, "selection", "candidate chosen n fraction");
  const struct validation_result *result = &calib->validation;
  size_t n_groups = calib->candidate.n_items, n = result->n_replicates - result->n_failed;
  if (!result->chosen)
    return;
  for (size_t g = 0; g < n_groups; g++) {
    size_t chosen = 0;
    for (size_t b = 0; b < result->n_replicates; b++)
      chosen += result->chosen[b * n_groups + g];
    report_text(table, calib->candidate.item[g]);
    report_count(table, chosen);
    report_count(table, n);
    report_number(table, (double) chosen / (double) n);
  }
}

static void fill_instability(const struct calib *calib, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "instability", "index predicted conf.low conf.high mape");
  if (!calib->validation.eta || !calib->has_instability)
    return;
  size_t n = calib->n;
  double *low = NEW_ARRAY(double, 3 * n), *high = low + n, *error = low + 2 * n;
  double mape = calib_instability(calib, low, high, error);
  if (!isnan(mape))
    report_note(report,
                "instability (Riley & Collins 2023): the replicates' risks differ from the "
                "model's by %.4f on average (MAPE)",
                mape);
  for (size_t i = 0; i < n && !isnan(mape); i++) {
    report_count(table, i + 1);
    report_number(table, calib->risk[i]);
    report_number(table, low[i]);
    report_number(table, high[i]);
    report_number(table, error[i]);
  }
  free(low);
}

static void fill_closed_test(const struct calib *calib, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "closed_test", "step model1 model2 statistic df p.value chosen");
  const struct closed_test *test = &calib->update.test;
  for (size_t i = 0; i < test->n_steps; i++) {
    const struct closed_test_step *step = &test->step[i];
    report_count(table, i + 1);
    report_text(table, update_names[step->smaller]);
    report_text(table, update_names[step->larger]);
    report_number(table, step->statistic);
    report_number(table, step->df);
    report_number(table, step->p_value);
    report_text(table, i + 1 == test->n_steps ? update_names[test->chosen] : NULL);
  }
}

static void fill_update(const struct calib *calib, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "update", "update term estimate std.error conf.low conf.high loglik");
  double z = normal_quantile(0.5 + calib->command->level / 2);
  for (size_t i = 0; i < calib->update.n_coefficients; i++) {
    const struct calib_coefficient *c = &calib->update.coefficient[i];
    report_text(table, update_names[c->step]);
    report_text(table, c->term);
    report_number(table, c->estimate);
    report_number(table, c->std_error);
    report_number(table, c->estimate - z * c->std_error);
    report_number(table, c->estimate + z * c->std_error);
    report_number(table, calib->update.log_likelihood[c->step]);
  }
}

static void add_test(struct report_table *table, const char *name, const char *statistic,
                     const struct calibration_test *test)
{
  report_text(table, name);
  report_text(table, statistic);
  report_number(table, test->statistic);
  report_number(table, test->df);
  report_number(table, test->p_value);
}

static void fill_tests(const struct calib *calib, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "tests", "test distribution statistic df p.value");
  if (calib->settings->hosmer_lemeshow)
    add_test(table, "hosmer-lemeshow", "chi-square", &calib->hosmer_lemeshow);
  if (calib->settings->spiegelhalter)
    add_test(table, "spiegelhalter", "z", &calib->spiegelhalter);
}

void calib_fill_tables(const struct calib *calib, struct report *report)
{
  if (calib_is_external(calib))
    fill_external(calib, report);
  else
    fill_internal(calib, report);
  fill_curve(calib, report);
  fill_bins(calib, report);
  fill_replicates(calib, report);
  fill_selection(calib, report);
  fill_instability(calib, report);
  fill_closed_test(calib, report);
  fill_update(calib, report);
  fill_tests(calib, report);
}
