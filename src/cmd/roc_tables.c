// SPDX-License-Identifier: GPL-3.0-or-later
// her2-roc's tidy tables.
#include <config.h>

#include <math.h>
#include <stdlib.h>

#include "base/number.h"
#include "cmd/roc.h"

static const char *kind_name(const struct roc_result *result)
{
  static const char *const names[] = {"quantity", "risk", "fit", "model"};
  return names[result->marker->kind];
}

static const char *direction_name(const struct roc_result *result)
{
  return result->lower ? "lower" : "higher";
}

static const char *interval_name(int interval)
{
  static const char *const names[] = {"delong", "logit", "exact", "bootstrap"};
  return names[interval];
}

static double std_error(const struct roc_study *study, const struct roc_sample *sample, size_t m)
{
  return sqrt(sample->areas.covariance[m * study->set.n_markers + m]);
}

// estimate, std.error, conf.low, conf.high, p.value
static void put_area(const struct roc_study *study, const struct roc_sample *sample, size_t m,
                     struct report_table *table)
{
  report_number(table, sample->areas.auc[m]);
  report_number(table, std_error(study, sample, m));
  report_number(table, sample->low[m]);
  report_number(table, sample->high[m]);
  report_number(table, sample->p_value[m]);
}

static void put_replicates(const struct roc_result *result, struct report_table *table)
{
  if (!result->n_replicates && !result->n_failed) {
    report_missing(table);
    report_missing(table);
    return;
  }
  report_count(table, result->n_replicates);
  report_count(table, result->n_failed);
}

static void fill_auc(const struct roc_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "auc",
      "marker n events estimate std.error conf.low conf.high p.value corrected kind direction "
      "apparent statistic test interval replicates failed");
  for (size_t m = 0; m < study->set.n_markers; m++) {
    const struct roc_result *result = &study->result[m];
    report_text(table, result->marker->name);
    report_count(table, study->set.n_rows);
    report_count(table, study->set.n_events);
    put_area(study, &study->all, m, table);
    report_number(table, result->corrected_auc);
    report_text(table, kind_name(result));
    report_text(table, direction_name(result));
    report_logical(table, roc_is_apparent(result));
    report_number(table, study->all.statistic[m]);
    report_text(table, roc_area_test_names[study->all.test[m]]);
    report_text(table, interval_name(study->settings->interval));
    put_replicates(result, table);
  }
}

static void fill_partial(const struct roc_study *study, struct report *report)
{
  const struct roc_settings *settings = study->settings;
  struct report_table *table = report_add_table(
      report, "pauc",
      "marker n events estimate std.error conf.low conf.high p.value corrected standardized "
      "standardized.low standardized.high focus from to direction apparent");
  for (size_t m = 0; settings->partial && m < study->set.n_markers; m++) {
    const struct roc_result *result = &study->result[m];
    report_text(table, result->marker->name);
    report_count(table, study->set.n_rows);
    report_count(table, study->set.n_events);
    report_number(table, result->partial.raw);
    report_number(table, result->partial_se);
    report_number(table, result->partial_low);
    report_number(table, result->partial_high);
    report_missing(table);
    report_number(table, result->corrected_partial);
    report_number(table, result->partial.corrected);
    report_number(table, result->standardized_low);
    report_number(table, result->standardized_high);
    report_text(table, settings->focus == ROC_SPECIFICITY ? "specificity" : "sensitivity");
    report_number(table, settings->partial_from);
    report_number(table, settings->partial_to);
    report_text(table, direction_name(result));
    report_logical(table, roc_is_apparent(result));
  }
}

static double shown_threshold(const struct roc_result *result, const struct roc_cut *cut)
{
  return cut->rule == ROC_CUTOFF ? cut->target : roc_shown(result, cut->threshold);
}

static void fill_cutoff(const struct roc_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "cutoff",
      "marker rule threshold metric numerator denominator estimate conf.low conf.high corrected "
      "target direction tied");
  for (size_t m = 0; m < study->set.n_markers; m++)
    for (size_t c = 0; c < study->result[m].n_cuts; c++) {
      const struct roc_result *result = &study->result[m];
      const struct roc_cut *cut = &result->cut[c];
      for (int i = 0; i < N_ROC_METRICS; i++) {
        const struct roc_proportion *metric = &cut->metric[i];
        report_text(table, result->marker->name);
        report_text(table, roc_rule_names[cut->rule]);
        report_number(table, shown_threshold(result, cut));
        report_text(table, roc_metric_names[i]);
        report_number(table, metric->numerator);
        report_number(table, metric->denominator);
        report_number(table, metric->estimate);
        report_number(table, metric->conf_low);
        report_number(table, metric->conf_high);
        report_number(table, cut->corrected[i]);
        report_number(table, cut->target);
        report_text(table, direction_name(result));
        report_count(table, cut->n_tied);
      }
    }
}

static void fill_counts(const struct roc_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "counts",
      "marker rule threshold true.positives false.positives false.negatives true.negatives target "
      "direction");
  for (size_t m = 0; m < study->set.n_markers; m++)
    for (size_t c = 0; c < study->result[m].n_cuts; c++) {
      const struct roc_result *result = &study->result[m];
      const struct roc_cut *cut = &result->cut[c];
      report_text(table, result->marker->name);
      report_text(table, roc_rule_names[cut->rule]);
      report_number(table, shown_threshold(result, cut));
      report_number(table, cut->counts.true_positives);
      report_number(table, cut->counts.false_positives);
      report_number(table, cut->counts.false_negatives);
      report_number(table, cut->counts.true_negatives);
      report_number(table, cut->target);
      report_text(table, direction_name(result));
    }
}

static void put_pair(const struct roc_study *study, const struct roc_pair *pair, bool groups,
                     struct report_table *table)
{
  const struct roc_test *test = &pair->test;
  report_text(table, study->result[pair->marker1].marker->name);
  report_text(table, study->result[pair->marker2].marker->name);
  report_number(table, test->estimate);
  report_number(table, test->std_error);
  report_number(table, test->statistic);
  report_number(table, test->df);
  report_number(table, test->p_value);
  report_number(table, test->conf_low);
  report_number(table, test->conf_high);
  report_number(table, pair->p_holm);
  report_text(table, groups ? "unpaired" : "paired");
  report_text(table, groups ? study->group[pair->group1] : NULL);
  report_text(table, groups ? study->group[pair->group2] : NULL);
}

static void fill_compare(const struct roc_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "compare",
      "marker1 marker2 estimate std.error statistic df p.value conf.low conf.high p.holm test "
      "group1 group2");
  for (size_t i = 0; i < study->n_pairs; i++)
    put_pair(study, &study->pair[i], false, table);
  for (size_t i = 0; i < study->n_group_pairs; i++)
    put_pair(study, &study->group_pair[i], true, table);

  table = report_add_table(report, "global", "markers statistic df p.value");
  if (study->set.n_markers < 2)
    return;
  report_count(table, study->set.n_markers);
  report_number(table, study->global.statistic);
  report_number(table, study->global.df);
  report_number(table, study->global.p_value);
}

static void fill_groups(const struct roc_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "groups",
      "group marker n events estimate std.error conf.low conf.high p.value direction apparent "
      "test");
  for (size_t m = 0; m < study->set.n_markers; m++)
    for (size_t g = 0; g < study->n_groups; g++) {
      const struct roc_sample *sample = &study->sample[g];
      report_text(table, study->group[g]);
      report_text(table, study->result[m].marker->name);
      report_count(table, sample->n);
      report_number(table, sample->areas.n_events);
      put_area(study, sample, m, table);
      report_text(table, direction_name(&study->result[m]));
      report_logical(table, roc_is_apparent(&study->result[m]));
      report_text(table, roc_area_test_names[sample->test[m]]);
    }
}

// As long as the cohort: made only where it is asked for.
static void fill_curve(const struct roc_study *study, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "curve", "marker threshold sensitivity specificity");
  if (!command_wants_table(study->command, "curve"))
    return;
  for (size_t m = 0; m < study->set.n_markers; m++) {
    const struct roc_result *result = &study->result[m];
    const struct roc_curve *curve = &result->curve;
    for (size_t i = 0; i < curve->n_points; i++) {
      const struct roc_point *point = &curve->point[i];
      report_text(table, result->marker->name);
      report_number(table, roc_shown(result, point->threshold));
      report_number(table, point->true_positives / curve->n_events);
      report_number(table, (curve->n_others - point->false_positives) / curve->n_others);
    }
  }
}

static void fill_band(const struct roc_study *study, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "band", "marker specificity sensitivity conf.low conf.high");
  for (size_t m = 0; study->settings->band && m < study->set.n_markers; m++)
    for (size_t b = 0; b < ROC_BAND_POINTS; b++) {
      const struct roc_result *result = &study->result[m];
      report_text(table, result->marker->name);
      report_number(table, (double) b / (ROC_BAND_POINTS - 1));
      report_number(table, result->band_sensitivity[b]);
      report_number(table, result->band_low[b]);
      report_number(table, result->band_high[b]);
    }
}

void roc_fill_tables(const struct roc_study *study, struct report *report)
{
  fill_auc(study, report);
  fill_partial(study, report);
  fill_cutoff(study, report);
  fill_counts(study, report);
  fill_compare(study, report);
  fill_groups(study, report);
  fill_curve(study, report);
  fill_band(study, report);
}
