// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc: how far readers agree, one variable at a time.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/icc.h"
#include "stats/distribution.h"

const struct named_choice icc_types[] = {
    {"ICC1", "one-way random, single", ICC_1},
    {"ICC2", "two-way random, absolute agreement, single", ICC_2},
    {"ICC3", "two-way mixed, consistency, single", ICC_3},
    {"ICC1k", "one-way random, mean of readers", ICC_1K},
    {"ICC2k", "two-way random, absolute agreement, mean of readers", ICC_2K},
    {"ICC3k", "two-way mixed, consistency, mean of readers", ICC_3K},
    {NULL, NULL, 0},
};

const struct named_choice icc_scales[] = {
    {"study", "0.80 or more is excellent (the study)", SCALE_STUDY},
    {"koo",
     "below 0.5 poor, below 0.75 moderate, to 0.9 good, above excellent, by the interval (Koo & "
     "Li 2016)",
     SCALE_KOO},
    {"cicchetti",
     "below 0.40 poor, below 0.60 fair, below 0.75 good, above excellent (Cicchetti 1994)",
     SCALE_CICCHETTI},
    {"none", "no words", SCALE_NONE},
    {NULL, NULL, 0},
};

const char *const icc_kappa_names[N_KAPPA_WEIGHTS] = {"cohen", "linear", "quadratic"};

// ---- options ----

static bool set_readers(void *pointer, const char *value, struct error *error)
{
  struct text_list *suffixes = &((struct icc_settings *) pointer)->suffixes;
  text_list_free(suffixes);
  text_list_split(suffixes, value, ',');
  if (suffixes->n_items < 2)
    return error_set(error, ERROR_USAGE, "'%s': two suffixes or more, as in --readers=_1,_2",
                     value);
  for (size_t i = 0; i < suffixes->n_items; i++)
    for (size_t j = 0; j < i; j++)
      if (strcmp(suffixes->item[i], suffixes->item[j]) == 0)
        return error_set(error, ERROR_USAGE, "'%s' stands there twice", suffixes->item[i]);
  return true;
}

static bool set_subject(void *pointer, const char *value, struct error *error)
{
  (void) error;
  ((struct icc_settings *) pointer)->subject = value;
  return true;
}

static bool set_reader(void *pointer, const char *value, struct error *error)
{
  (void) error;
  ((struct icc_settings *) pointer)->reader = value;
  return true;
}

static bool set_value(void *pointer, const char *value, struct error *error)
{
  (void) error;
  text_list_split(&((struct icc_settings *) pointer)->values, value, ',');
  return true;
}

static bool set_type(void *pointer, const char *value, struct error *error)
{
  struct icc_settings *settings = pointer;
  int type;
  if (!option_choice(icc_types, value, &type, error))
    return false;
  settings->type = (enum icc_type) type;
  return settings->type_asked = true;
}

static bool set_scale(void *pointer, const char *value, struct error *error)
{
  return option_choice(icc_scales, value, &((struct icc_settings *) pointer)->scale, error);
}

static bool set_multiplier(void *pointer, const char *value, struct error *error)
{
  double *multiplier = &((struct icc_settings *) pointer)->multiplier;
  if (number_parse_text(value, multiplier) && *multiplier > 0 && *multiplier <= 100)
    return true;
  return error_set(error, ERROR_USAGE, "'%s' is not a number above 0 and up to 100", value);
}

static bool set_details(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct icc_settings *) pointer)->details = true;
}

static const struct option_spec own_options[] = {
    {"readers", 0, "SUFFIX,...", "the readers of x are the columns x_1 and x_2: _1,_2 (or ,_2)",
     set_readers},
    {"subject", 0, "COLUMN", "a row a reading: whose it is", set_subject},
    {"reader", 0, "COLUMN", "a row a reading: who read", set_reader},
    {"value", 0, "COLUMN,...", "a row a reading: what was read (or a formula)", set_value},
    {"type", 0, "TYPE", "coefficient to show: ICC1, ICC2 (default), ICC3, ICC1k, ICC2k, ICC3k",
     set_type},
    {"scale", 0, "SCALE", "words for coefficients: study (default), koo, cicchetti, none",
     set_scale},
    {"limits-multiplier", 0, "K", "limits of agreement at bias -+ K SD (1.96)", set_multiplier},
    {"details", 0, NULL, "print every coefficient, repeatability and limits with intervals",
     set_details},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"icc", "six intraclass correlation coefficients a quantity (primary)"},
    {"repeatability", "mean, within-subject SD, CV, repeatability coefficient, residual SD"},
    {"bland_altman", "bias and limits of agreement of each pair of readers"},
    {"kappa", "kappas, AC1 and percent agreement of each category (primary if there is no "
              "quantity)"},
    {"counts", "readings of each pair of readers, crossed"},
    {NULL, NULL},
};

static const struct product_spec figures[] = {
    {"bland-altman", "differences against means with bias and limits, a panel a variable and pair"},
    {"readers", "one reader against the other, with the line of identity"},
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-icc",
    .operands = "['~ READER + READER ...'] [FILE]",
    .summary = "Agreement of readers: intraclass correlation, limits of agreement, kappa.",
    .groups = OPTIONS_INPUT | OPTIONS_OUTPUT | OPTIONS_FIGURE | OPTIONS_LEVEL,
    .option = own_options,
    .tables = tables,
    .figures = figures,
    .example = "her2-icc '~ adc_1 + adc_2' --figure=adc.pdf cohort.csv",
};

// ---- the command line as a whole ----

static void check_call(const struct icc *icc)
{
  const struct icc_settings *settings = icc->settings;
  bool suffixes = settings->suffixes.n_items > 0, formula = icc->formula.n_terms > 0;
  bool is_long = settings->subject || settings->reader || settings->values.n_items;
  struct error error = {0};
  if (icc->formula.outcome)
    error_set(&error, ERROR_USAGE, "the readings have no outcome: leave out '%s' before the ~ (if "
                                   "it is a reader: '~ %s + ...')",
              icc->formula.outcome, icc->formula.outcome);
  else if (suffixes && is_long)
    error_set(&error, ERROR_USAGE, "--readers and --subject, --reader, --value: one way to say "
                                   "who read");
  else if (is_long && !settings->subject)
    error_set(&error, ERROR_USAGE, "--subject is missing: the column that says whose reading a "
                                   "row is%s",
              settings->values.n_items || !settings->reader
                  ? ""
                  : " (suffixes of columns: --readers)");
  else if (is_long && !settings->reader)
    error_set(&error, ERROR_USAGE, "--reader is missing: the column that says who read");
  else if (is_long && !settings->values.n_items && !formula)
    error_set(&error, ERROR_USAGE, "--value is missing: the columns of the readings");
  else if (settings->values.n_items && formula)
    error_set(&error, ERROR_USAGE, "a formula and --value: one of them");
  else if (!is_long && !suffixes && !formula)
    error_set(&error, ERROR_USAGE, "no readers: '~ adc_1 + adc_2', or --readers=_1,_2, or "
                                   "--subject, --reader and --value (see --help)");
  if (error.status)
    command_fail(icc->command, &error);
}

// ---- what must be said ----

static void note_list(struct report *report, struct text *names, const char *what)
{
  if (names->length)
    report_note(report, "%s: %s", text_content(names), what);
  text_free(names);
}

static void note_category(const struct icc_variable *variable, struct text *undefined,
                          struct text *certain)
{
  const struct kappa_result *r = variable->n_readers == 2
                                     ? &variable->pair[0].kappa[KAPPA_UNWEIGHTED]
                                     : &variable->fleiss;
  if (isnan(r->estimate))
    text_append_item(undefined, ", ", variable->title);
  else if (r->std_error == 0)
    text_append_item(certain, ", ", variable->title);
}

static void note_quantity(const struct icc_variable *variable, struct text *undefined,
                          struct text *certain, struct text *changing)
{
  if (isnan(variable->icc[ICC_2].estimate))
    text_append_item(undefined, ", ", variable->title);
  else if (variable->anova.ss_residual == 0)
    text_append_item(certain, ", ", variable->title);
  const struct bland_altman_result *r = &variable->pair[0].limits;
  if (variable->n_readers == 2 && r->correlation_p < 0.05) {
    char p[NUMBER_SIZE], *correlation = icc_number_text(r->correlation, 2);
    number_write_p(p, r->correlation_p, 3);
    text_append_item(changing, ", ", variable->title);
    text_append_format(changing, " (r %s, P %s%s)", correlation, *p == '<' ? "" : "= ", p);
    free(correlation);
  }
}

// Ends the process if nobody has all readings of anything.
static void check_readings(const struct icc *icc)
{
  for (size_t i = 0; i < icc->n_variables; i++)
    if (icc->variable[i].n)
      return;
  struct error error;
  error_set(&error, ERROR_DATA, "%s: no subject has a value of every reader: nothing to compare",
            icc->command->report.input_file);
  command_fail(icc->command, &error);
}

static void note_missing(const struct icc *icc)
{
  struct report *report = &icc->command->report;
  struct text missing = {0};
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (!variable->incomplete)
      continue;
    report_exclude(report, variable->name, variable->incomplete);
    text_append_item(&missing, ", ", variable->title);
    text_append_format(&missing, " %zu of %zu", variable->incomplete,
                       variable->n + variable->incomplete);
  }
  if (missing.length)
    report_note(report, "left out, subjects without all readings: %s", text_content(&missing));
  text_free(&missing);
}

static void note_variables(const struct icc *icc)
{
  struct report *report = &icc->command->report;
  struct text undefined = {0}, no_kappa = {0}, certain = {0}, same = {0}, changing = {0};
  for (size_t i = 0; i < icc->n_variables; i++) {
    const struct icc_variable *variable = &icc->variable[i];
    if (variable->is_category)
      note_category(variable, &no_kappa, &same);
    else
      note_quantity(variable, &undefined, &certain, &changing);
  }
  note_missing(icc);
  note_list(report, &undefined,
            "no coefficient: fewer than two subjects with all readings, or no spread");
  note_list(report, &no_kappa, "no kappa: no subject with all readings, or all readings in one "
                               "category");
  note_list(report, &certain, "no disagreement but for a constant: intervals without width say "
                              "nothing");
  note_list(report, &same, "readers always agree, or one of them uses a single category: an "
                           "interval without width says nothing");
  if (changing.length)
    report_note(report, "differences change with the mean: %s: look at the figure, and at log()",
                text_content(&changing));
  text_free(&changing);
}

// ---- the command ----

static void free_names(char **name, size_t n)
{
  for (size_t i = 0; i < n; i++)
    free(name[i]);
  free(name);
}

static void release(struct icc *icc)
{
  for (size_t i = 0; i < icc->n_variables; i++) {
    struct icc_variable *variable = &icc->variable[i];
    free(variable->name);
    free(variable->title);
    free_names(variable->reader, variable->n_readers);
    free_names(variable->reader_title, variable->n_readers);
    text_list_free(&variable->levels);
    text_list_free(&variable->labels);
    free(variable->reading);
    for (size_t j = 0; j < variable->n_pairs; j++)
      free(variable->pair[j].count);
    free(variable->pair);
  }
  free(icc->variable);
  formula_free(&icc->formula);
  text_list_free(&icc->settings->suffixes);
  text_list_free(&icc->settings->values);
}

int main(int argc, char **argv)
{
  struct icc_settings settings = {
      .type = ICC_2, .scale = SCALE_STUDY, .multiplier = normal_quantile(0.975)};
  struct command command;
  command_start(&command, &spec, &settings, argc, argv);
  // The formula names readers or variables, not always columns: it is resolved here.
  struct icc icc = {.command = &command, .settings = &settings, .formula = command.formula};
  command.formula = (struct formula){0};
  check_call(&icc);
  command_load(&command);
  struct error error;
  if (!icc_collect(&icc, &error))
    command_fail(&command, &error);
  check_readings(&icc);
  note_variables(&icc);
  icc_fill_tables(&icc, &command.report);
  icc_fill_layouts(&icc, &command.report);
  int status = command_finish(&command, icc_draw, &icc);
  release(&icc);
  return status;
}
