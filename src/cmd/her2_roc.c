// SPDX-License-Identifier: GPL-3.0-or-later
// her2-roc: ROC curves of quantities, risks and models, their cut-offs and comparison.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/roc.h"

// ---- options ----

// "NAME:VALUE": the name, which may hold colons itself, copied to *marker; "VALUE": NULL there.
static const char *split_name(const char *value, char **marker)
{
  const char *colon = strrchr(value, ':');
  *marker = colon ? memory_copy_bytes(value, (size_t) (colon - value)) : NULL;
  return colon ? colon + 1 : value;
}

static bool set_direction(void *pointer, const char *value, struct error *error)
{
  struct roc_settings *settings = pointer;
  struct roc_direction direction = {0};
  const char *which = split_name(value, &direction.marker);
  direction.lower = strcmp(which, "lower") == 0;
  if (!direction.lower && strcmp(which, "higher") != 0) {
    free(direction.marker);
    return error_set(error, ERROR_USAGE,
                     "'%s' is not one of higher, lower, NAME:higher, NAME:lower", value);
  }
  RESIZE_ARRAY(settings->direction, settings->n_directions + 1);
  settings->direction[settings->n_directions++] = direction;
  return true;
}

static void add_request(struct roc_settings *settings, struct roc_request request)
{
  RESIZE_ARRAY(settings->request, settings->n_requests + 1);
  settings->request[settings->n_requests++] = request;
}

static bool has_rule(const struct roc_settings *settings, enum roc_rule rule)
{
  for (size_t i = 0; i < settings->n_requests; i++)
    if (settings->request[i].rule == rule)
      return true;
  return false;
}

enum { RULE_ALL = -1 };
static const struct named_choice rules[] = {
    {"youden", "sensitivity + specificity largest", ROC_YOUDEN},
    {"topleft", "nearest to sensitivity 1, specificity 1", ROC_TOPLEFT},
    {"all", "both", RULE_ALL},
    {NULL, NULL, 0},
};

static bool set_rule(void *pointer, const char *value, struct error *error)
{
  struct roc_settings *settings = pointer;
  int choice = 0;
  if (!option_choice(rules, value, &choice, error))
    return false;
  static const enum roc_rule both[] = {ROC_YOUDEN, ROC_TOPLEFT};
  for (size_t i = 0; i < 2; i++)
    if ((choice == RULE_ALL || choice == (int) both[i]) && !has_rule(settings, both[i]))
      add_request(settings, (struct roc_request){.rule = both[i], .target = NAN});
  return true;
}

static bool set_cutoff(void *pointer, const char *value, struct error *error)
{
  struct roc_request request = {.rule = ROC_CUTOFF};
  const char *number = split_name(value, &request.marker);
  if (!number_parse_text(number, &request.target)) {
    free(request.marker);
    return error_set(error, ERROR_USAGE, "'%s' is not a number or NAME:NUMBER", value);
  }
  add_request(pointer, request);
  return true;
}

static bool set_at_least(void *pointer, const char *value, enum roc_rule rule, struct error *error)
{
  double target;
  if (!number_parse_text(value, &target) || !(target > 0 && target <= 1))
    return error_set(error, ERROR_USAGE, "'%s' is not a number above 0, 1 at most%s", value,
                     number_parse_text(value, &target) && target > 1 && target <= 100
                         ? " (0.9 is 90%)"
                         : "");
  add_request(pointer, (struct roc_request){.rule = rule, .target = target});
  return true;
}

static bool set_sensitivity(void *pointer, const char *value, struct error *error)
{
  return set_at_least(pointer, value, ROC_SENSITIVITY_AT_LEAST, error);
}

static bool set_specificity(void *pointer, const char *value, struct error *error)
{
  return set_at_least(pointer, value, ROC_SPECIFICITY_AT_LEAST, error);
}

static const struct named_choice intervals[] = {
    {"delong", "AUC plus or minus z standard errors", ROC_DELONG},
    {"logit", "the same on the logit scale", ROC_LOGIT},
    {"bootstrap", "percentiles of the stratified bootstrap", ROC_BOOTSTRAP},
    {"exact", "a bound that holds for any distribution", ROC_EXACT},
    {NULL, NULL, 0},
};

static bool set_interval(void *pointer, const char *value, struct error *error)
{
  return option_choice(intervals, value, &((struct roc_settings *) pointer)->interval, error);
}

static const struct named_choice proportions[] = {
    {"wilson", "Wilson's score limits", 0},
    {"exact", "Clopper and Pearson's limits", 1},
    {NULL, NULL, 0},
};

static bool set_proportions(void *pointer, const char *value, struct error *error)
{
  return option_choice(proportions, value, &((struct roc_settings *) pointer)->exact_proportions,
                       error);
}

static bool set_partial(void *pointer, const char *value, struct error *error)
{
  struct roc_settings *settings = pointer;
  struct text_list part = {0};
  text_list_split(&part, value, ':');
  bool good = part.n_items == 3 && number_parse_text(part.item[1], &settings->partial_from) &&
              number_parse_text(part.item[2], &settings->partial_to) &&
              settings->partial_from >= 0 && settings->partial_to <= 1 &&
              settings->partial_from < settings->partial_to;
  if (good && strcmp(part.item[0], "sensitivity") == 0)
    settings->focus = ROC_SENSITIVITY;
  else if (good && strcmp(part.item[0], "specificity") == 0)
    settings->focus = ROC_SPECIFICITY;
  else
    good = false;
  text_list_free(&part);
  settings->partial = good;
  return good || error_set(error, ERROR_USAGE,
                           "'%s' is not specificity:FROM:TO or sensitivity:FROM:TO, 0 <= FROM < TO "
                           "<= 1",
                           value);
}

static bool set_group(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the column is empty");
  ((struct roc_settings *) pointer)->group = value;
  return true;
}

static bool set_prevalence(void *pointer, const char *value, struct error *error)
{
  return option_fraction(value, &((struct roc_settings *) pointer)->prevalence, error);
}

static bool set_band(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct roc_settings *) pointer)->band = true;
}

static const struct option_spec own_options[] = {
    {"direction", 0, "[NAME:]WAY", "higher (default) or lower values mean the event (repeatable)",
     set_direction},
    {"rule", 0, "RULE", "cut-off by youden (default), topleft or all", set_rule},
    {"cutoff", 0, "[NAME:]VALUE", "a cut-off by its value (repeatable)", set_cutoff},
    {"sensitivity", 0, "P", "the cut-off with at least this sensitivity (repeatable)",
     set_sensitivity},
    {"specificity", 0, "P", "the cut-off with at least this specificity (repeatable)",
     set_specificity},
    {"interval", 0, "METHOD", "of the AUC: delong (default), logit, bootstrap, exact",
     set_interval},
    {"proportions", 0, "METHOD", "intervals at a cut-off: wilson (default) or exact",
     set_proportions},
    {"partial", 0, "AXIS:FROM:TO", "partial area, as in specificity:0.8:1", set_partial},
    {"group", 0, "COLUMN", "compare the levels of this column (unpaired)", set_group},
    {"prevalence", 0, "P", "for predictive values (else that of the rows)", set_prevalence},
    {"band", 0, NULL, "confidence band of the sensitivity at each specificity", set_band},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"auc", "area under each curve (primary)"},
    {"pauc", "partial area, with --partial"},
    {"cutoff", "what each cut-off achieves, a row a metric"},
    {"counts", "the 2 x 2 table of each cut-off"},
    {"compare", "pairs of curves, and with --group pairs of groups"},
    {"global", "test of all curves together"},
    {"groups", "area in each group, with --group"},
    {"curve", "every point of each curve"},
    {"band", "confidence band, with --band"},
    {NULL, NULL},
};

static const struct product_spec figures[] = {
    {"roc", "the curves in one square, with areas and cut-offs"},
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-roc",
    .operands = "'OUTCOME = EVENT ~ MARKER + MARKER ...' [FILE]",
    .summary = "ROC curves of quantities, risks and models: areas, cut-offs, comparison.",
    .groups = OPTIONS_INPUT | OPTIONS_OUTPUT | OPTIONS_FIGURE | OPTIONS_LEVEL | OPTIONS_LIKE |
              OPTIONS_RANDOM | OPTIONS_HOLDOUT | OPTIONS_MODEL,
    .option = own_options,
    .tables = tables,
    .figures = figures,
    .example =
        "her2-roc 'her2 = over ~ adc + t2_pre' --model=model.json --figure=roc.pdf cohort.csv",
};

// ---- what was asked, against what is there ----

static void need_bootstrap(const struct command *command, const struct roc_settings *settings)
{
  struct error error;
  const char *option = settings->band ? "--band"
                       : settings->interval == ROC_BOOTSTRAP ? "--interval=bootstrap"
                                                             : NULL;
  if (command->bootstrap || !option)
    return;
  error_set(&error, ERROR_USAGE, "%s needs replicates, and --bootstrap=0 asks for none", option);
  command_fail(command, &error);
}

// The marker of that name, or the end.
static const struct marker *find_marker(const struct roc_study *study, const char *option,
                                        const char *name)
{
  const struct marker_set *set = &study->set;
  const char **names = NEW_ARRAY(const char *, set->n_markers);
  const struct marker *found = NULL;
  for (size_t m = 0; m < set->n_markers; m++) {
    names[m] = set->marker[m].name;
    if (strcmp(names[m], name) == 0)
      found = &set->marker[m];
  }
  if (!found) {
    struct error error;
    char *suggestion = text_suggestion(name, names, set->n_markers);
    error_set(&error, ERROR_USAGE, "--%s: there is no marker '%s'%s", option, name, suggestion);
    free(suggestion);
    free(names);
    command_fail(study->command, &error);
  }
  free(names);
  return found;
}

static void check_names(const struct roc_study *study)
{
  const struct roc_settings *settings = study->settings;
  for (size_t i = 0; i < settings->n_requests; i++)
    if (settings->request[i].marker)
      find_marker(study, "cutoff", settings->request[i].marker);
  for (size_t i = 0; i < settings->n_directions; i++) {
    const struct roc_direction *direction = &settings->direction[i];
    if (!direction->marker)
      continue;
    const struct marker *marker = find_marker(study, "direction", direction->marker);
    if (direction->lower && marker->kind != MARKER_QUANTITY) {
      struct error error;
      error_set(&error, ERROR_USAGE,
                "--direction: '%s' is a risk, and a higher risk means the event", marker->name);
      command_fail(study->command, &error);
    }
  }
}

static void note_standard_error(struct roc_study *study, size_t m)
{
  struct report *report = &study->command->report;
  const struct roc_sample *all = &study->all;
  const char *name = study->result[m].marker->name;
  if (all->areas.covariance[m * study->set.n_markers + m] > 0)
    return;
  const char *p = all->test[m] == ROC_TEST_NULL ? ""
                  : isnan(all->p_value[m])      ? ", there is no P"
                                                : ", P is the Mann-Whitney test's";
  if (all->areas.n_events < 2 || all->areas.n_others < 2)
    report_note(report, "%s: with %s the standard error is not defined%s", name,
                all->areas.n_events < 2 ? "one event" : "one row without the event", p);
  else
    report_note(report, "%s: the standard error is 0%s%s", name, p,
                study->settings->interval == ROC_EXACT
                    ? ""
                    : "; its interval has no width (--interval=exact has one)");
}

static void note_results(struct roc_study *study)
{
  struct report *report = &study->command->report;
  for (size_t m = 0; m < study->set.n_markers; m++) {
    const struct roc_result *result = &study->result[m];
    const char *name = result->marker->name;
    double auc = study->all.areas.auc[m];
    if (auc < 0.5 && result->marker->kind == MARKER_QUANTITY)
      report_note(report, "%s: AUC %.4g is below 0.5: %s values go with the event "
                          "(--direction=%s:%s)",
                  name, auc, result->lower ? "higher" : "lower", name,
                  result->lower ? "higher" : "lower");
    else if (auc < 0.5)
      report_note(report, "%s: AUC %.4g is below 0.5: its risks are the wrong way round here", name,
                  auc);
    note_standard_error(study, m);
  }
}

static void free_settings(struct roc_settings *settings)
{
  for (size_t i = 0; i < settings->n_directions; i++)
    free(settings->direction[i].marker);
  for (size_t i = 0; i < settings->n_requests; i++)
    free(settings->request[i].marker);
  free(settings->direction);
  free(settings->request);
}

int main(int argc, char **argv)
{
  // Static: still owned where the process ends by an error.
  static struct roc_settings settings = {.interval = ROC_DELONG, .prevalence = NAN};
  struct command command;
  command_start(&command, &spec, &settings, argc, argv);
  need_bootstrap(&command, &settings);

  struct roc_study study = {.command = &command, .settings = &settings};
  command_load_markers(&command, MARKERS_QUANTITIES, true, "her2 = over ~ adc + t2_pre",
                       &study.set);
  check_names(&study);
  roc_analyse(&study);
  roc_resample(&study);
  roc_validate(&study);
  note_results(&study);
  roc_fill_tables(&study, &command.report);
  roc_fill_layout(&study, &command.report);
  int status = command_finish(&command, roc_draw, &study);
  roc_study_free(&study);
  free_settings(&settings);
  return status;
}
