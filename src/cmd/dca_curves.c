// SPDX-License-Identifier: GPL-3.0-or-later
// her2-dca's curves on the rows as they are: counts, net benefit, where it beats the defaults.
// Vickers & Elkin (2006), Medical Decision Making 26, 565-574; standardized: Kerr, Brown, Zhu &
// Janes (2016), Journal of Clinical Oncology 34, 2534-2540.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/sort.h"
#include "cmd/dca.h"

// ---- what follows from a net benefit ----

bool dca_is_apparent(const struct dca_curve *curve)
{
  return curve->marker && curve->marker->internal;
}

bool dca_is_fit(const struct dca_curve *curve)
{
  return curve->marker && curve->marker->kind == MARKER_FIT;
}

const char *dca_kind_name(const struct dca_curve *curve)
{
  static const char *const names[] = {"quantity", "risk", "fit", "model"};
  return curve->marker ? names[curve->marker->kind] : "default";
}

static double n_events(const struct dca_study *study)
{
  return (double) study->set.n_events;
}

static double n_others(const struct dca_study *study)
{
  return (double) (study->set.n_rows - study->set.n_events);
}

double dca_true_positives(const struct dca_study *study, const struct dca_curve *curve, size_t t)
{
  return 100 * curve->true_positives[t] / n_events(study) * study->prevalence;
}

double dca_false_positives(const struct dca_study *study, const struct dca_curve *curve, size_t t)
{
  return 100 * curve->false_positives[t] / n_others(study) * (1 - study->prevalence);
}

double dca_scaled(enum dca_scale scale, double net_benefit, double prevalence, double threshold)
{
  switch (scale) {
  case DCA_STANDARDIZED:
    return net_benefit_standardized(net_benefit, prevalence);
  case DCA_AVOIDED:
    return net_benefit_avoided(net_benefit, net_benefit_treat_all(prevalence, threshold),
                               threshold);
  default:
    return net_benefit;
  }
}

struct net_benefit_setting dca_setting(const struct dca_study *study,
                                       const struct dca_curve *curve)
{
  return (struct net_benefit_setting){.threshold = study->threshold,
                                      .n_thresholds = study->n_thresholds,
                                      .prevalence = study->settings->prevalence,
                                      .harm = curve->harm};
}

// ---- the ratio of a threshold ----

static long greatest_divisor(long a, long b)
{
  while (b) {
    long rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

char *dca_ratio_text(double threshold)
{
  enum { PARTS = 1000, MOST_SMALLER = 20 };
  double scaled = threshold * PARTS;
  long part = lround(scaled);
  if (fabs(scaled - (double) part) < 1e-9) {
    long divisor = greatest_divisor(part, PARTS), cost = part / divisor;
    long benefit = (PARTS - part) / divisor;
    if ((cost < benefit ? cost : benefit) <= MOST_SMALLER)
      return text_format("%ld:%ld", cost, benefit);
  }
  char number[NUMBER_SIZE];
  double odds = threshold / (1 - threshold);
  if (odds < 1)
    return text_format("1:%s", number_write_significant(number, 1 / odds, 3));
  return text_format("%s:1", number_write_significant(number, odds, 3));
}

// ---- making curves ----

static double *new_values(const struct dca_study *study)
{
  double *value = NEW_ARRAY(double, study->n_thresholds);
  for (size_t t = 0; t < study->n_thresholds; t++)
    value[t] = NAN;
  return value;
}

static struct dca_values scale_new(const struct dca_study *study)
{
  return (struct dca_values){.value = new_values(study),
                             .low = new_values(study),
                             .high = new_values(study),
                             .corrected = new_values(study),
                             .corrected_low = new_values(study),
                             .corrected_high = new_values(study)};
}

static void scale_free(struct dca_values *scale)
{
  free(scale->value);
  free(scale->low);
  free(scale->high);
  free(scale->corrected);
  free(scale->corrected_low);
  free(scale->corrected_high);
}

static void curve_new(const struct dca_study *study, const char *name, const char *title,
                      struct dca_curve *curve)
{
  *curve = (struct dca_curve){
      .name = memory_copy_text(name),
      .title = memory_copy_text(title),
      .limit = new_values(study),
      .true_positives = new_values(study),
      .false_positives = new_values(study),
      .support = new_values(study),
  };
  for (int s = 0; s < N_DCA_SCALES; s++)
    curve->scale[s] = scale_new(study);
}

static void curve_free(struct dca_curve *curve)
{
  free(curve->name);
  free(curve->title);
  free(curve->limit);
  free(curve->true_positives);
  free(curve->false_positives);
  for (int s = 0; s < N_DCA_SCALES; s++)
    scale_free(&curve->scale[s]);
  free(curve->support);
  free(curve->range);
  free(curve->corrected_range);
}

// A fit of a category gives a fraction such as 1/4 up to rounding, so its risks are at a
// threshold within this; those of a column are compared as they are.
static const double fit_margin = 1e-10;

static void set_limits_of_risk(const struct dca_study *study, struct dca_curve *curve)
{
  bool fitted = curve->marker->kind != MARKER_RISK;
  for (size_t t = 0; t < study->n_thresholds; t++) {
    double threshold = study->threshold[t];
    curve->limit[t] = fitted && threshold < 1 ? threshold - fit_margin : threshold;
  }
}

static void fill_marker(const struct dca_study *study, struct dca_curve *curve)
{
  const struct marker_set *set = &study->set;
  struct net_benefit_setting setting = dca_setting(study, curve), counting = setting;
  set_limits_of_risk(study, curve);
  counting.threshold = curve->limit;
  size_t *order = NEW_ARRAY(size_t, set->n_rows);
  sort_order(curve->marker->risk, set->n_rows, order);
  net_benefit_counts(curve->marker->risk, set->y, NULL, set->n_rows, order, &counting,
                     curve->true_positives, curve->false_positives);
  free(order);
  for (size_t t = 0; t < study->n_thresholds; t++)
    curve->scale[DCA_NET_BENEFIT].value[t] =
        net_benefit(curve->true_positives[t], curve->false_positives[t], n_events(study),
                    n_others(study), study->threshold[t], &setting);
}

static void fill_default(const struct dca_study *study, bool all, struct dca_curve *curve)
{
  double *net_benefit = curve->scale[DCA_NET_BENEFIT].value;
  for (size_t t = 0; t < study->n_thresholds; t++) {
    double threshold = study->threshold[t];
    curve->true_positives[t] = all ? n_events(study) : 0;
    curve->false_positives[t] = all ? n_others(study) : 0;
    if (all)
      net_benefit[t] = net_benefit_treat_all(study->prevalence, threshold);
    else if (threshold < 1)
      net_benefit[t] = 0;
  }
}

static void fill_scales(const struct dca_study *study, struct dca_curve *curve)
{
  for (int s = 0; s < N_DCA_SCALES; s++)
    for (size_t t = 0; t < study->n_thresholds; t++)
      curve->scale[s].value[t] =
          dca_scaled((enum dca_scale) s, curve->scale[DCA_NET_BENEFIT].value[t],
                     study->prevalence, study->threshold[t]);
}

struct dca_range *dca_ranges(const struct dca_study *study, const double *net_benefit,
                             const double *avoided, size_t *n_ranges)
{
  struct net_benefit_setting setting = {.threshold = study->threshold,
                                        .n_thresholds = study->n_thresholds};
  size_t *from = NEW_ARRAY(size_t, study->n_thresholds);
  size_t *to = NEW_ARRAY(size_t, study->n_thresholds);
  *n_ranges = net_benefit_ranges_of(net_benefit, avoided, &setting, from, to);
  struct dca_range *range = NEW_ARRAY(struct dca_range, *n_ranges);
  for (size_t r = 0; r < *n_ranges; r++)
    range[r] = (struct dca_range){from[r], to[r], NAN};
  free(from);
  free(to);
  return range;
}

// Curves of one title are told apart by their names.
static void make_titles_differ(struct dca_study *study)
{
  bool *twice = NEW_ZEROED(bool, study->n_curves);
  for (size_t i = 0; i < study->n_curves; i++)
    for (size_t j = 0; j < study->n_curves; j++)
      twice[i] |= i != j && strcmp(study->curve[i].title, study->curve[j].title) == 0;
  for (size_t i = DCA_MARKERS; i < study->n_curves; i++) {
    struct dca_curve *curve = &study->curve[i];
    if (!twice[i])
      continue;
    free(curve->title);
    curve->title = text_format("%s [%s]", curve->marker->title, curve->name);
  }
  free(twice);
}

// ---- names on the command line ----

static _Noreturn void fail_name(const struct dca_study *study, const char *option, const char *name,
                                size_t first)
{
  struct error error;
  const char **names = NEW_ARRAY(const char *, study->n_curves);
  for (size_t c = first; c < study->n_curves; c++)
    names[c - first] = study->curve[c].name;
  char *suggestion = text_suggestion(name, names, study->n_curves - first);
  error_set(&error, ERROR_USAGE, "--%s: there is no model '%s'%s", option, name, suggestion);
  free(suggestion);
  free(names);
  command_fail(study->command, &error);
}

// The curve of that name, from `first` on, or the end.
static size_t find_curve(const struct dca_study *study, const char *option, const char *name,
                         size_t first)
{
  for (size_t c = first; c < study->n_curves; c++)
    if (strcmp(study->curve[c].name, name) == 0)
      return c;
  fail_name(study, option, name, first);
}

static void take_harms(struct dca_study *study)
{
  for (size_t h = 0; h < study->settings->n_harms; h++) {
    const struct dca_harm *harm = &study->settings->harm[h];
    study->curve[find_curve(study, "harm", harm->model, DCA_MARKERS)].harm = harm->harm;
  }
}

static void make_differences(struct dca_study *study)
{
  if (!study->settings->against)
    return;
  size_t against = find_curve(study, "against", study->settings->against, 0);
  study->difference = NEW_ZEROED(struct dca_difference, study->n_curves);
  for (size_t c = DCA_MARKERS; c < study->n_curves; c++) {
    if (c == against)
      continue;
    struct dca_difference *difference = &study->difference[study->n_differences++];
    *difference = (struct dca_difference){.first = c,
                                          .second = against,
                                          .estimate = new_values(study),
                                          .low = new_values(study),
                                          .high = new_values(study),
                                          .corrected = new_values(study)};
    for (size_t t = 0; t < study->n_thresholds; t++)
      difference->estimate[t] = study->curve[c].scale[DCA_NET_BENEFIT].value[t] -
                                study->curve[against].scale[DCA_NET_BENEFIT].value[t];
  }
  if (!study->n_differences) {
    struct error error;
    error_set(&error, ERROR_USAGE, "--against: there is no other model than '%s'",
              study->settings->against);
    command_fail(study->command, &error);
  }
}

// ---- the whole ----

static void check_markers(const struct dca_study *study)
{
  struct error error = {0};
  const struct marker_set *set = &study->set;
  for (size_t m = 0; m < set->n_markers; m++) {
    const struct marker *marker = &set->marker[m];
    if (!marker->risk)
      error_set(&error, ERROR_DATA,
                "model '%s' has no intercept: it gives no risk to hold against a threshold",
                marker->name);
    else if (strcmp(marker->name, "all") == 0 || strcmp(marker->name, "none") == 0)
      error_set(&error, ERROR_USAGE,
                "'%s' is the name of a default strategy (risk() or factor() around a column, "
                "her2-multivar --name=NAME for a model)",
                marker->name);
    else
      continue;
    command_fail(study->command, &error);
  }
}

void dca_analyse(struct dca_study *study)
{
  check_markers(study);
  const struct marker_set *set = &study->set;
  study->threshold = study->settings->threshold;
  study->n_thresholds = study->settings->n_thresholds;
  study->prevalence = isnan(study->settings->prevalence) ? markers_prevalence(set)
                                                         : study->settings->prevalence;
  study->n_curves = DCA_MARKERS + set->n_markers;
  study->curve = NEW_ARRAY(struct dca_curve, study->n_curves);
  curve_new(study, "all", "Treat all", &study->curve[DCA_ALL]);
  curve_new(study, "none", "Treat none", &study->curve[DCA_NONE]);
  for (size_t m = 0; m < set->n_markers; m++) {
    const struct marker *marker = &set->marker[m];
    curve_new(study, marker->name, marker->title, &study->curve[DCA_MARKERS + m]);
    study->curve[DCA_MARKERS + m].marker = marker;
  }
  make_titles_differ(study);
  take_harms(study);
  for (size_t c = 0; c < study->n_curves; c++) {
    struct dca_curve *curve = &study->curve[c];
    if (curve->marker)
      fill_marker(study, curve);
    else
      fill_default(study, c == DCA_ALL, curve);
    fill_scales(study, curve);
    if (curve->marker)
      curve->range = dca_ranges(study, curve->scale[DCA_NET_BENEFIT].value,
                                curve->scale[DCA_AVOIDED].value, &curve->n_ranges);
  }
  make_differences(study);
}

void dca_study_free(struct dca_study *study)
{
  for (size_t c = 0; c < study->n_curves; c++)
    curve_free(&study->curve[c]);
  for (size_t d = 0; d < study->n_differences; d++) {
    free(study->difference[d].estimate);
    free(study->difference[d].corrected);
    free(study->difference[d].low);
    free(study->difference[d].high);
  }
  free(study->curve);
  free(study->difference);
  free(study->given);
  marker_set_free(&study->set);
}
