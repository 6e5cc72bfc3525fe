// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: printed tables against each other.
#include <config.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/audit.h"
#include "cmd/command.h"

// ---- options ----

struct settings {
  const char *published;
  bool profile, youden, strict;
  int digits; // -1: not asked
  struct text_list whole;
};

static bool set_published(void *pointer, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the folder is empty");
  ((struct settings *) pointer)->published = value;
  return true;
}

static const struct named_choice intervals[] = {
    {"wald", "symmetric on the log scale", false},
    {"profile", "profile likelihood", true},
    {NULL, NULL, 0},
};

static bool set_ci(void *pointer, const char *value, struct error *error)
{
  int profile;
  if (!option_choice(intervals, value, &profile, error))
    return false;
  ((struct settings *) pointer)->profile = profile;
  return true;
}

static const struct named_choice rules[] = {
    {"unstated", "cut-offs chosen in any way", false},
    {"youden", "cut-offs with the greatest sensitivity + specificity", true},
    {NULL, NULL, 0},
};

static bool set_rule(void *pointer, const char *value, struct error *error)
{
  int youden;
  if (!option_choice(rules, value, &youden, error))
    return false;
  ((struct settings *) pointer)->youden = youden;
  return true;
}

static bool set_integer(void *pointer, const char *value, struct error *error)
{
  (void) error;
  text_list_split(&((struct settings *) pointer)->whole, value, ',');
  return true;
}

static bool set_strict(void *pointer, const char *value, struct error *error)
{
  (void) value, (void) error;
  return ((struct settings *) pointer)->strict = true;
}

static bool set_digits(void *pointer, const char *value, struct error *error)
{
  int64_t digits;
  if (!option_integer(value, 0, 15, &digits, error))
    return false;
  ((struct settings *) pointer)->digits = (int) digits;
  return true;
}

static const struct option_spec own_options[] = {
    {"published", 0, "DIR", "folder of printed tables, or one of them", set_published},
    {"ci", 0, "KIND", "printed intervals of odds ratios: wald (default) or profile", set_ci},
    {"rule", 0, "RULE", "printed cut-offs: unstated (default) or youden", set_rule},
    {"integer", 0, "NAME,...", "measures that hold whole numbers (GRIM)", set_integer},
    {"digits", 0, "N", "significant digits of --table=NAME in the formats for reading", set_digits},
    {"strict", 0, NULL, "status 4 if anything is different or impossible", set_strict},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct product_spec tables[] = {
    {"findings", "every printed number with its verdict and the working (primary)"},
    {"tally", "how many numbers of each table have which verdict"},
    {"kinds", "kinds of contradiction, how many, and what they mean for a user of the model"},
    {NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-audit",
    .operands = "[FOLDER|FILE]...",
    .summary = "Recompute what printed tables determine, and judge each printed number.",
    .groups = OPTIONS_OUTPUT | OPTIONS_LEVEL | OPERANDS_MANY,
    .option = own_options,
    .tables = tables,
    .example = "her2-audit --published=datasets/published",
};

// ---- the command ----

enum { STATUS_FOUND = 4 };

static void read_tables(struct command *command, const struct settings *settings,
                        struct published *published)
{
  struct error error = {0};
  if (!settings->published && !command->n_operands) {
    error_set(&error, ERROR_USAGE, "no tables: name a folder of printed tables, or files "
                                   "(--published=DIR; see her2-published(5))");
    command_fail(command, &error);
  }
  const char **path = memory_allocate(command->n_operands + 1, sizeof *path);
  size_t n = 0;
  if (settings->published)
    path[n++] = settings->published;
  for (size_t i = 0; i < command->n_operands; i++)
    path[n++] = command->operand[i];
  if (!published_read(published, path, n, &error))
    command_fail(command, &error);
  struct report *report = &command->report;
  struct text names = {0};
  for (size_t i = 0; i < n; i++)
    text_append_format(&names, "%s%s", i ? " " : "", path[i]);
  report->has_input = true;
  report->input_file = text_take(&names);
  strcpy(report->input_digest, published->digest);
  for (size_t i = 0; i < published->n_files; i++)
    if (published->file[i].form != PUBLISHED_PLAUSIBLE) // assumptions, nothing printed
      report->input_rows += published->file[i].n_records;
  report->input_used = report->input_rows;
  free(path);
}

static void note_models(const struct audit *audit, struct report *report)
{
  const struct published *published = &audit->published;
  for (size_t i = 0; i < published->n_models; i++) {
    const struct published_model *model = &published->model[i];
    const char *name = model->table ? model->table : model->name;
    if (!model->known) {
      report_note(report, "%s: which groups it compares is not stated (her2-published(5), models)",
                  name);
    } else if (!model->stated) {
      char *event = audit_side(audit, model->event), *rest = audit_side(audit, model->comparison);
      report_note(report, "%s%s%s is taken to compare %s with %s: %s (her2-published(5), models, "
                          "states it)",
                  name, model->table && model->name ? " with " : "",
                  model->table && model->name ? model->name : "", event, rest,
                  audit->fitted[i] ? "that fits the printed numbers best"
                                   : "the order of tables and groups says so");
      free(event);
      free(rest);
    }
  }
}

static bool found_something(const struct audit *audit)
{
  for (size_t i = 0; i < audit->n_findings; i++)
    if (audit->finding[i].verdict >= VERDICT_DIFFERENT)
      return true;
  return false;
}

static void check_integers(struct command *command, const struct audit *audit)
{
  for (size_t i = 0; i < audit->whole.n_items; i++)
    if (!published_find_measure(&audit->published, audit->whole.item[i])) {
      struct error error;
      error_set(&error, ERROR_USAGE, "--integer: there is no measure '%s'", audit->whole.item[i]);
      command_fail(command, &error);
    }
}

static void audit_free(struct audit *audit)
{
  audit_free_findings(audit);
  free(audit->group_n);
  free(audit->fitted);
  text_list_free(&audit->whole);
  published_free(&audit->published);
}

int main(int argc, char **argv)
{
  struct settings settings = {.digits = -1};
  struct command command;
  command_start(&command, &spec, &settings, argc, argv);
  command.digits = settings.digits;
  struct audit audit = {.level = command.level, .profile = settings.profile,
                        .youden = settings.youden, .whole = settings.whole};
  read_tables(&command, &settings, &audit.published);
  check_integers(&command, &audit);

  audit_register(&audit);
  audit_counts(&audit);
  audit_count_tests(&audit);
  audit_means(&audit);
  audit_mean_tests(&audit);
  audit_choose_readings(&audit);
  audit_logistic(&audit);
  audit_performance(&audit);

  note_models(&audit, &command.report);
  audit_warn_of_names(&audit, &command.report);
  audit_fill_tables(&audit, &command.report);
  audit_fill_layouts(&audit, &command.report);
  int status = command_finish(&command, NULL, NULL);
  if (status == 0 && settings.strict && found_something(&audit))
    status = STATUS_FOUND;
  audit_free(&audit);
  return status;
}
