// SPDX-License-Identifier: GPL-3.0-or-later
// her2-dca's tidy tables.
#include <config.h>

#include <math.h>

#include "cmd/dca.h"

static void put_replicates(const struct dca_curve *curve, struct report_table *table)
{
  if (!curve->n_replicates && !curve->n_failed) {
    report_missing(table);
    report_missing(table);
    return;
  }
  report_count(table, curve->n_replicates);
  report_count(table, curve->n_failed);
}

static void put_scale(const struct dca_values *scale, size_t t, struct report_table *table)
{
  report_number(table, scale->low[t]);
  report_number(table, scale->high[t]);
  report_number(table, scale->corrected[t]);
  report_number(table, scale->corrected_low[t]);
  report_number(table, scale->corrected_high[t]);
}

static void put_point(const struct dca_study *study, const struct dca_curve *curve, size_t t,
                      struct report_table *table)
{
  const struct dca_values *net_benefit = &curve->scale[DCA_NET_BENEFIT];
  const struct dca_values *standardized = &curve->scale[DCA_STANDARDIZED];
  const struct dca_values *avoided = &curve->scale[DCA_AVOIDED];
  report_text(table, curve->name);
  report_number(table, study->threshold[t]);
  report_number(table, net_benefit->value[t]);
  report_number(table, standardized->value[t]);
  report_number(table, net_benefit->corrected[t]);
  report_number(table, avoided->value[t]);
  report_number(table, net_benefit->low[t]);
  report_number(table, net_benefit->high[t]);
  report_number(table, dca_true_positives(study, curve, t));
  report_number(table, dca_false_positives(study, curve, t));
  report_text(table, dca_kind_name(curve));
  report_logical(table, dca_is_apparent(curve));
  report_number(table, curve->support[t]);
  report_number(table, net_benefit->corrected_low[t]);
  report_number(table, net_benefit->corrected_high[t]);
  put_scale(standardized, t, table);
  put_scale(avoided, t, table);
}

static void fill_net_benefit(const struct dca_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "net_benefit",
      "model threshold net.benefit standardized corrected interventions.avoided conf.low conf.high "
      "true.positives false.positives kind apparent support corrected.low corrected.high "
      "standardized.low standardized.high standardized.corrected standardized.corrected.low "
      "standardized.corrected.high avoided.low avoided.high avoided.corrected "
      "avoided.corrected.low avoided.corrected.high");
  for (size_t c = 0; c < study->n_curves; c++)
    for (size_t t = 0; t < study->n_thresholds; t++)
      put_point(study, &study->curve[c], t, table);
}

// A curve that nowhere beats the defaults has one row without thresholds.
static void put_ranges(const struct dca_study *study, const struct dca_curve *curve,
                       const struct dca_range *range, size_t n_ranges, const char *of,
                       struct report_table *table)
{
  for (size_t r = 0; r < n_ranges || r == 0; r++) {
    report_text(table, curve->name);
    report_number(table, n_ranges ? study->threshold[range[r].from] : NAN);
    report_number(table, n_ranges ? study->threshold[range[r].to] : NAN);
    report_number(table, n_ranges ? range[r].support : NAN);
    report_text(table, of);
    report_count(table, n_ranges ? range[r].to - range[r].from + 1 : 0);
  }
}

static void fill_range(const struct dca_study *study, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "range", "model from to support curve thresholds");
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++) {
    const struct dca_curve *curve = &study->curve[c];
    put_ranges(study, curve, curve->range, curve->n_ranges, "net.benefit", table);
    if (curve->is_corrected)
      put_ranges(study, curve, curve->corrected_range, curve->n_corrected_ranges, "corrected",
                 table);
  }
}

static void fill_difference(const struct dca_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "difference", "model1 model2 threshold estimate conf.low conf.high corrected");
  for (size_t d = 0; d < study->n_differences; d++) {
    const struct dca_difference *difference = &study->difference[d];
    for (size_t t = 0; t < study->n_thresholds; t++) {
      report_text(table, study->curve[difference->first].name);
      report_text(table, study->curve[difference->second].name);
      report_number(table, study->threshold[t]);
      report_number(table, difference->estimate[t]);
      report_number(table, difference->low[t]);
      report_number(table, difference->high[t]);
      report_number(table, difference->corrected[t]);
    }
  }
}

static void fill_impact(const struct dca_study *study, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "impact", "model threshold high.risk events");
  for (size_t c = 0; c < study->n_curves; c++) {
    const struct dca_curve *curve = &study->curve[c];
    for (size_t t = 0; t < study->n_thresholds; t++) {
      double events = 10 * dca_true_positives(study, curve, t);
      report_text(table, curve->name);
      report_number(table, study->threshold[t]);
      report_number(table, events + 10 * dca_false_positives(study, curve, t));
      report_number(table, events);
    }
  }
}

static void fill_models(const struct dca_study *study, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "models", "model kind apparent n events prevalence harm replicates failed");
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++) {
    const struct dca_curve *curve = &study->curve[c];
    report_text(table, curve->name);
    report_text(table, dca_kind_name(curve));
    report_logical(table, dca_is_apparent(curve));
    report_count(table, study->set.n_rows);
    report_count(table, study->set.n_events);
    report_number(table, study->prevalence);
    report_number(table, curve->harm);
    put_replicates(curve, table);
  }
}

void dca_fill_tables(const struct dca_study *study, struct report *report)
{
  fill_net_benefit(study, report);
  fill_range(study, report);
  fill_difference(study, report);
  fill_impact(study, report);
  fill_models(study, report);
}
