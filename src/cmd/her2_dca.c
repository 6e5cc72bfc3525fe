// SPDX-License-Identifier: GPL-3.0-or-later
// her2-dca: decision curves of models, risks and single predictors.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/dca.h"

// ---- options ----

static const char *const threshold_forms =
    "FROM:TO:STEP or a list such as 0.05,0.1,0.2, from 0 to 1, ascending";

// The nearest double of the decimal that was meant: 0.01 + 28 * 0.01 is 0.29.
static double as_decimal(double value)
{
  enum { DIGITS = 12 };
  char buffer[NUMBER_SIZE];
  double decimal;
  return number_parse_text(number_write_significant(buffer, value, DIGITS), &decimal) ? decimal
                                                                                      : value;
}

static bool is_threshold(const char *text, double *threshold)
{
  return number_parse_text(text, threshold) && *threshold >= 0 && *threshold <= 1;
}

static bool take_steps(const struct text_list *part, struct dca_settings *settings,
                       struct error *error)
{
  double from, to, step;
  if (part->n_items != 3 || !is_threshold(part->item[0], &from) ||
      !is_threshold(part->item[1], &to) || !number_parse_text(part->item[2], &step) ||
      !(step > 0) || from > to)
    return false;
  double n = floor((to - from) / step + 1e-9) + 1;
  if (n > DCA_MOST_THRESHOLDS)
    return error_set(error, ERROR_USAGE, "%.6g thresholds, %d at most", n, DCA_MOST_THRESHOLDS);
  settings->n_thresholds = (size_t) n;
  RESIZE_ARRAY(settings->threshold, settings->n_thresholds);
  for (size_t t = 0; t < settings->n_thresholds; t++)
    settings->threshold[t] = as_decimal(from + (double) t * step);
  return true;
}

static bool take_list(const struct text_list *part, struct dca_settings *settings,
                      struct error *error)
{
  if (part->n_items > DCA_MOST_THRESHOLDS)
    return error_set(error, ERROR_USAGE, "%zu thresholds, %d at most", part->n_items,
                     DCA_MOST_THRESHOLDS);
  settings->n_thresholds = part->n_items;
  RESIZE_ARRAY(settings->threshold, settings->n_thresholds);
  for (size_t t = 0; t < part->n_items; t++)
    if (!is_threshold(part->item[t], &settings->threshold[t]) ||
        (t > 0 && settings->threshold[t] <= settings->threshold[t - 1]))
      return false;
  return true;
}

static bool set_thresholds(void *pointer, const char *value, struct error *error)
{
  struct text_list part = {0};
  bool steps = strchr(value, ':');
  error->status = ERROR_NONE;
  text_list_split(&part, value, steps ? ':' : ',');
  bool good = steps ? take_steps(&part, pointer, error) : take_list(&part, pointer, error);
  text_list_free(&part);
  if (!good && error->status == ERROR_NONE)
    error_set(error, ERROR_USAGE, "'%s' is not %s", value, threshold_forms);
  return good;
}

static bool set_standardized(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct dca_settings *) pointer)->standardized = true;
}

static bool set_prevalence(void *pointer, const char *value, struct error *error)
{
  return option_fraction(value, &((struct dca_settings *) pointer)->prevalence, error);
}

// "MODEL:H"; the name may hold colons itself.
static bool set_harm(void *pointer, const char *value, struct error *error)
{
  struct dca_settings *settings = pointer;
  const char *colon = strrchr(value, ':');
  struct dca_harm harm = {0};
  if (!colon || colon == value || !number_parse_text(colon + 1, &harm.harm) ||
      !(harm.harm >= 0 && harm.harm < 1))
    return error_set(error, ERROR_USAGE, "'%s' is not MODEL:H, 0 <= H < 1", value);
  harm.model = memory_copy_bytes(value, (size_t) (colon - value));
  RESIZE_ARRAY(settings->harm, settings->n_harms + 1);
  settings->harm[settings->n_harms++] = harm;
  return true;
}

static bool set_against(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the model is empty");
  ((struct dca_settings *) pointer)->against = value;
  return true;
}

static bool set_band(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct dca_settings *) pointer)->band = true;
}

static bool set_correct(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct dca_settings *) pointer)->correct = true;
}

static bool set_resamples(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the file is empty");
  ((struct dca_settings *) pointer)->resamples = value;
  return true;
}

static const struct option_spec own_options[] = {
    {"thresholds", 0, "FROM:TO:STEP", "or a list a,b,c of thresholds (0.01:0.99:0.01)",
     set_thresholds},
    {"standardized", 0, NULL, "print and draw net benefit / prevalence", set_standardized},
    {"prevalence", 0, "P", "of those to be treated, for case-control data (else that of the rows)",
     set_prevalence},
    {"harm", 0, "MODEL:H", "harm of measuring a model, in net benefit (repeatable)", set_harm},
    {"against", 0, "MODEL", "differences of all others from this one (or all, none)", set_against},
    {"band", 0, NULL, "bootstrap bands, in the figure too", set_band},
    {"correct", 0, NULL, "correct for optimism what was fitted on these rows", set_correct},
    {"resamples", 0, "FILE", "resamples of another program, a line a replicate", set_resamples},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"net_benefit", "of each model and the defaults at each threshold (primary)"},
    {"range", "where a model beats both defaults"},
    {"difference", "differences of net benefit, with --against"},
    {"impact", "high risk, and events among them, per 1000"},
    {"models", "the models, their rows and replicates"},
    {NULL, NULL},
};

static const struct product_spec figures[] = {
    {"decision", "decision curves with the cost:benefit ratio below the threshold"},
    {"avoided", "interventions avoided per 100"},
    {"impact", "number called high risk and number of those with the event per 1000"},
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-dca",
    .operands = "'OUTCOME = EVENT ~ TERM + risk(COLUMN) ...' [FILE]",
    .summary = "Decision curves of models, risks and single predictors.",
    .groups = OPTIONS_INPUT | OPTIONS_OUTPUT | OPTIONS_FIGURE | OPTIONS_LEVEL | OPTIONS_LIKE |
              OPTIONS_RANDOM | OPTIONS_HOLDOUT | OPTIONS_MODEL,
    .option = own_options,
    .tables = tables,
    .figures = figures,
    .example = "her2-dca 'her2 = over ~ adc + t2_pre' --model=model.json --figure=dca.pdf "
               "cohort.csv",
};

// ---- what was asked ----

static void check_options(const struct command *command, const struct dca_settings *settings)
{
  const char *option = settings->band        ? "band"
                       : settings->correct   ? "correct"
                       : settings->resamples ? "resamples"
                                             : NULL;
  if (command->bootstrap || !option)
    return;
  struct error error;
  error_set(&error, ERROR_USAGE, "--%s needs replicates, and --bootstrap=0 asks for none", option);
  command_fail(command, &error);
}

static void take_default_thresholds(struct dca_settings *settings)
{
  enum { N = 99 };
  if (settings->n_thresholds)
    return;
  settings->n_thresholds = N;
  settings->threshold = NEW_ARRAY(double, N);
  for (size_t t = 0; t < N; t++)
    settings->threshold[t] = (double) (t + 1) / 100;
}

static void free_settings(struct dca_settings *settings)
{
  for (size_t h = 0; h < settings->n_harms; h++)
    free(settings->harm[h].model);
  free(settings->harm);
  free(settings->threshold);
}

// ---- what must be said ----

static void note_prevalence(const struct dca_study *study)
{
  const struct dca_settings *settings = study->settings;
  if (isnan(settings->prevalence))
    return;
  report_note(&study->command->report,
              "net benefit at a prevalence of %.10g%%, not the %.1f%% of these rows; risks are "
              "taken as they are, and should be risks at that prevalence",
              100 * settings->prevalence, 100 * markers_prevalence(&study->set));
}

int main(int argc, char **argv)
{
  // Static: still owned where the process ends by an error.
  static struct dca_settings settings = {.prevalence = NAN};
  struct command command;
  command_start(&command, &spec, &settings, argc, argv);
  check_options(&command, &settings);
  take_default_thresholds(&settings);

  struct dca_study study = {.command = &command, .settings = &settings};
  command_load_markers(&command, MARKERS_RISKS, true, "her2 = over ~ adc + risk(p)", &study.set);
  dca_analyse(&study);
  note_prevalence(&study);
  dca_resample(&study);
  dca_validate(&study);
  dca_fill_tables(&study, &command.report);
  dca_fill_layout(&study, &command.report);
  int status = command_finish(&command, dca_draw, &study);
  dca_study_free(&study);
  free_settings(&settings);
  return status;
}
