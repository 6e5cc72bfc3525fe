// SPDX-License-Identifier: GPL-3.0-or-later
// her2-nomogram: a model as a nomogram, a points table and a page to compute with.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/nomogram.h"
#include "stats/logit.h"

// ---- options ----

static bool set_model(void *pointer, const char *value, struct error *error)
{
  struct nomogram_settings *settings = pointer;
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the file is empty");
  if (settings->model)
    return error_set(error, ERROR_USAGE, "one model at a time: '%s' and '%s'", settings->model,
                     value);
  settings->model = value;
  return true;
}

static bool set_at(void *pointer, const char *value, struct error *error)
{
  (void) error;
  ((struct nomogram_settings *) pointer)->at = value;
  return true;
}

static bool set_html(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the file is empty");
  ((struct nomogram_settings *) pointer)->html = value;
  return true;
}

static const struct option_spec own_options[] = {
    {"model", 0, "FILE", "the model file (or name it as the operand)", set_model},
    {"at", 0, "'NAME=VALUE,...'", "read one patient off the nomogram", set_at},
    {"html", 0, "FILE", "write a page that computes points and risk, without network", set_html},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"points", "points of each predictor's values (primary)"},
    {"risk", "the total points of round risks"},
    {"patient", "of --at: risk, interval, linear predictor, points, and the risk as read off"},
    {"patient_points", "of --at: the points of each predictor"},
    {NULL, NULL},
};

static const struct product_spec figures[] = {
    {"nomogram", "points, an axis a predictor, total points, risk"},
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-nomogram",
    .operands = "[MODEL.json]",
    .summary = "Draw a model as a nomogram, as a points table, or as a page to compute with.",
    .groups = OPTIONS_OUTPUT | OPTIONS_FIGURE | OPTIONS_LEVEL,
    .option = own_options,
    .tables = tables,
    .figures = figures,
    .example = "her2-nomogram --figure=nomogram.pdf --html=risk.html model.json",
};

// ---- the model ----

static void check_operands(const struct nomogram *nomogram)
{
  const struct command *command = nomogram->command;
  const struct nomogram_settings *settings = nomogram->settings;
  struct error error = {0};
  if (command->file && settings->model)
    error_set(&error, ERROR_USAGE, "one model at a time: '%s' and '%s'", settings->model,
              command->file);
  else if (command->table_name && text_starts(command->table_name, "patient") && !settings->at)
    error_set(&error, ERROR_USAGE, "--table=%s needs a patient: --at='NAME=VALUE,...'",
              command->table_name);
  if (error.status)
    command_fail(command, &error);
}

static void read_model(struct nomogram *nomogram)
{
  struct command *command = nomogram->command;
  const char *path = nomogram->settings->model ? nomogram->settings->model : command->file;
  struct error error = {0};
  if (!file_read(path, &nomogram->source, &error) ||
      !model_parse(&nomogram->model, text_content(&nomogram->source), nomogram->source.length,
                   file_display_name(path), &error))
    command_fail(command, &error);
  if (!scale_make(&nomogram->scale, &nomogram->model, &error)) {
    error_prefix(&error, "%s", file_display_name(path));
    command_fail(command, &error);
  }
  struct report *report = &command->report;
  report->has_input = true;
  report->input_file = memory_copy_text(file_display_name(path));
  digest_bytes(text_content(&nomogram->source), nomogram->source.length, report->input_digest);
  if (nomogram->model.n >= 0)
    report->input_rows = report->input_used = (size_t) nomogram->model.n;
}

// ---- what it is ----

static char *join_levels(const struct text_list *levels)
{
  return text_list_join(levels, " or ");
}

// "her2 = over"; a label of several words, or that names the outcome, stands alone ("HER2
// overexpression").
static void name_event(struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  char *levels = join_levels(&model->event);
  const char *label = model->event_label;
  if (label && (strchr(label, ' ') || strcasestr(label, model->outcome)))
    nomogram->event = memory_copy_text(label);
  else if (label || *levels)
    nomogram->event = text_format("%s = %s", model->outcome, label ? label : levels);
  else
    nomogram->event = memory_copy_text(model->outcome);
  nomogram->risk_title = text_format("Risk of %s", nomogram->event);
  free(levels);
}

static void say(struct nomogram *nomogram, char *sentence)
{
  text_list_adopt(&nomogram->statement, sentence);
}

static void say_outcome(struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  struct text text = {0};
  text_append_format(&text, "Outcome: %s", model->outcome);
  if (model->event.n_items) {
    char *event = join_levels(&model->event), *rest = join_levels(&model->comparison);
    text_append_format(&text, " = %s against %s", event,
                       model->comparison.n_items ? rest : "all others");
    free(event);
    free(rest);
  }
  text_append(&text, ".");
  say(nomogram, text_take(&text));
}

static void say_data(struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  char n[NUMBER_SIZE], events[NUMBER_SIZE];
  number_write(n, model->n);
  number_write(events, model->n_events);
  if (*n && *events)
    say(nomogram, text_format("Fitted to %s patients, %s with the event.", n, events));
  else if (*n)
    say(nomogram, text_format("Fitted to %s patients; the model file does not state the number of "
                              "events.",
                              n));
  else
    say(nomogram, memory_copy_text("The model file does not state how many patients and events it "
                                   "was fitted to."));
  if (model->imputation.n)
    say(nomogram, text_format("Missing values were imputed %zu times; a patient needs all values.",
                              model->imputation.n));
}

static void say_procedure(struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  struct text text = {0};
  char number[NUMBER_SIZE];
  text_append(&text, model->procedure.firth ? "Logistic regression by Firth's penalized likelihood"
                                            : "Logistic regression");
  if (model->procedure.flic)
    text_append(&text, ", intercept corrected (FLIC)");
  if (!isnan(model->procedure.screen_p))
    text_append_format(&text, "; candidates screened by univariable P < %s",
                       number_write(number, model->procedure.screen_p));
  if (model->procedure.vif_drop && !isnan(model->procedure.vif_cut))
    text_append_format(&text, "; collinear ones dropped (VIF of %s or more)",
                       number_write(number, model->procedure.vif_cut));
  if (model->procedure.select && strcmp(model->procedure.select, "none") != 0)
    text_append_format(&text, "; %s selection by %s", model->procedure.select,
                       !model->procedure.by                      ? "P"
                       : strcmp(model->procedure.by, "aic") == 0 ? "AIC"
                                                                 : "P");
  if (model->candidates.n_items)
    text_append_format(&text, "; %zu candidate terms", model->candidates.n_items);
  text_append(&text, ".");
  say(nomogram, text_take(&text));
}

static void state(struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  say_outcome(nomogram);
  say_data(nomogram);
  say_procedure(nomogram);
  say(nomogram, memory_copy_text("Risks are apparent: the model file states no external validation. "
                                 "In other patients they may be too high or too low."));
  if (!model->has_intercept)
    say(nomogram, memory_copy_text("The model file states no intercept: points can be read, a risk "
                                   "cannot."));
  else if (!model->covariance)
    say(nomogram, memory_copy_text("The model file states no covariance: risks have no interval."));
}

static void add_notes(struct nomogram *nomogram)
{
  struct report *report = &nomogram->command->report;
  report_note(report, "model: %s", nomogram->model.name);
  for (size_t i = 0; i < nomogram->statement.n_items; i++)
    report_note(report, "%s", nomogram->statement.item[i]);
  struct text equation = {0};
  model_print_equation(&nomogram->model, 6, &equation);
  struct text_list lines = {0};
  text_list_split(&lines, text_content(&equation), '\n');
  for (size_t i = 0; i < lines.n_items; i++)
    if (*lines.item[i])
      report_note(report, "%s", lines.item[i]);
  text_list_free(&lines);
  text_free(&equation);
}

// ---- one patient ----

// To so many decimals, as they are printed.
static double round_to(double value, int digits)
{
  char number[NUMBER_SIZE];
  double rounded = NAN;
  number_parse_text(number_write_fixed(number, value, digits), &rounded);
  return rounded;
}

static void read_patient(struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  const struct design *design = &model->design;
  const struct scale *scale = &nomogram->scale;
  struct command *command = nomogram->command;
  struct nomogram_patient *patient = &nomogram->patient;
  nomogram->has_patient = true;
  patient->value = NEW_ARRAY(double, design->n_variables);
  patient->points = NEW_ARRAY(double, scale->n_groups);
  patient->points_read = NEW_ARRAY(double, scale->n_groups);
  struct error error = {0};
  if (!nomogram_read_at(model, nomogram->settings->at, patient->value, &error)) {
    error_prefix(&error, "--at");
    command_fail(command, &error);
  }
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    char value[NUMBER_SIZE], least[NUMBER_SIZE], most[NUMBER_SIZE];
    if (!nomogram_is_outside(variable, patient->value[v]))
      continue;
    patient->out_of_range = true;
    report_warning(&command->report,
                   "%s = %s is outside the range that the fit has seen, %s to %s: the model is "
                   "extrapolated",
                   variable->name, number_write(value, patient->value[v]),
                   number_write(least, variable->least), number_write(most, variable->most));
  }
  double *x = NEW_ARRAY(double, design->n_columns);
  design_evaluate_values(design, patient->value, x);
  patient->prediction = model_predict(model, x, command->level);
  free(x);
  for (size_t g = 0; g < scale->n_groups; g++) {
    patient->points[g] = scale_points(scale, g, patient->value);
    patient->points_read[g] = round_to(patient->points[g], nomogram->digits);
    patient->total += patient->points[g];
    patient->total_read += patient->points_read[g];
  }
  patient->linear_predictor_read = scale_linear_predictor(scale, patient->total_read);
  patient->risk_read = logit_inverse(patient->linear_predictor_read);
}

// ---- the figure ----

static size_t place_marks(const struct nomogram *nomogram, double *x, double *y)
{
  const struct scale *scale = &nomogram->scale;
  const struct nomogram_patient *patient = &nomogram->patient;
  const struct drawing *drawing = &nomogram->drawing;
  size_t n = 0;
  for (size_t g = 0; g < scale->n_groups; g++) {
    size_t axis = scale_find_axis(scale, g, patient->value);
    drawing_axis_place(drawing, scale, axis, patient->value[scale->axis[axis].variable], &x[n],
                       &y[n]);
    n += isnan(y[n]) ? 0 : 1;
  }
  double total = drawing_total_x(drawing, scale, patient->total);
  const double heights[] = {drawing->total_y, drawing->risk_y};
  for (size_t i = 0; i < 2; i++)
    if (!isnan(heights[i]) && patient->total >= 0 && patient->total <= scale->most_points) {
      x[n] = total;
      y[n++] = heights[i];
    }
  return n;
}

bool nomogram_draw(const char *kind, void *context, struct figure *figure, struct error *error)
{
  (void) kind, (void) error;
  const struct nomogram *nomogram = context;
  double *x = NEW_ARRAY(double, 2 * (nomogram->scale.n_groups + 2));
  double *y = x + nomogram->scale.n_groups + 2;
  size_t n_marks = nomogram->has_patient ? place_marks(nomogram, x, y) : 0;
  drawing_to_figure(&nomogram->drawing, figure, n_marks, x, y);
  free(x);
  if (nomogram->has_patient)
    figure->footnote =
        nomogram->model.has_intercept
            ? text_format("Marks: the patient, %.0f points, risk %.3f%s.", nomogram->patient.total,
                          nomogram->patient.prediction.risk,
                          nomogram->patient.out_of_range ? " (outside the range seen)" : "")
            : text_format("Marks: the patient, %.0f points.", nomogram->patient.total);
  return true;
}

// ---- the command ----

static void write_page(struct nomogram *nomogram)
{
  struct command *command = nomogram->command;
  struct text page = {0};
  nomogram_print_page(nomogram, &page);
  if (strcmp(nomogram->settings->html, "-") == 0) {
    command->product = page;
    return;
  }
  struct error error;
  command_claim_path(command, nomogram->settings->html);
  if (!file_write(nomogram->settings->html, page.bytes, page.length, &error))
    command_fail(command, &error);
  text_free(&page);
}

static void release(struct nomogram *nomogram)
{
  drawing_free(&nomogram->drawing);
  scale_free(&nomogram->scale);
  model_free(&nomogram->model);
  text_free(&nomogram->source);
  text_list_free(&nomogram->statement);
  free(nomogram->event);
  free(nomogram->risk_title);
  free(nomogram->patient.value);
  free(nomogram->patient.points);
  free(nomogram->patient.points_read);
}

int main(int argc, char **argv)
{
  struct nomogram_settings settings = {0};
  struct command command;
  struct nomogram nomogram = {.command = &command, .settings = &settings};
  command_start(&command, &spec, &settings, argc, argv);
  check_operands(&nomogram);
  nomogram.digits = command.digits >= 0 ? command.digits : 0;
  // 100 * 0.57 is not 57.
  double percent = 100 * command.level;
  number_parse_text(number_write_significant(nomogram.level, percent, 12), &percent);
  number_write(nomogram.level, percent);
  read_model(&nomogram);
  name_event(&nomogram);
  state(&nomogram);
  if (settings.at)
    read_patient(&nomogram);
  drawing_make(&nomogram.drawing, &nomogram.scale, nomogram.risk_title);
  nomogram_fill_tables(&nomogram, &command.report);
  nomogram_fill_layouts(&nomogram, &command.report);
  add_notes(&nomogram);
  if (settings.html)
    write_page(&nomogram);
  int status = command_finish(&command, nomogram_draw, &nomogram);
  release(&nomogram);
  return status;
}
