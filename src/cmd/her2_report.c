// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report: results, figures, tables and notes joined into one page.
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cmd/command.h"
#include "cmd/page.h"

// ---- options ----

enum { PAGE_BY_NAME, PAGE_HTML, PAGE_MARKDOWN };

struct settings {
  const char *title;
  int format;
};

static bool set_title(void *pointer, const char *value, struct error *error)
{
  if (!value[strspn(value, " \t\r\n")])
    return error_set(error, ERROR_USAGE, "the title is empty");
  ((struct settings *) pointer)->title = value;
  return true;
}

static const struct named_choice formats[] = {
    {"html", "one file that needs nothing else", PAGE_HTML},
    {"markdown", "GitHub's, figures as links", PAGE_MARKDOWN},
    {NULL, NULL, 0},
};

static bool set_format(void *pointer, const char *value, struct error *error)
{
  return option_choice(formats, value, &((struct settings *) pointer)->format, error);
}

static const struct option_spec own_options[] = {
    {"title", 0, "TEXT", "title of the page (else the first heading of the notes)", set_title},
    {"format", 0, "FORMAT", "html (default) or markdown (that of an output's name *.md)",
     set_format},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct command_spec spec = {
    .name = "her2-report",
    .operands = "FILE.{json,svg,csv,md}[=CAPTION]...",
    .summary = "Join results, figures, tables and notes into one page.",
    .groups = OPTIONS_WRITE | OPERANDS_MANY,
    .option = own_options,
    .example = "her2-report -o page.html notes.md table.json 'roc.svg=ROC curves'",
};

// ---- the command ----

// The name of the output says its format, if --format does not.
static bool is_markdown(const struct settings *settings, const char *output)
{
  if (settings->format != PAGE_BY_NAME)
    return settings->format == PAGE_MARKDOWN;
  return output && (text_ends(output, ".md") || text_ends(output, ".markdown"));
}

static void give_warnings(const struct command *command, const struct page *page)
{
  size_t n = page->warnings.n_items;
  if (!command->quiet || command->strict)
    for (size_t i = 0; i < n; i++)
      fprintf(stderr, "%s: warning: %s\n", spec.name, page->warnings.item[i]);
  if (!command->strict || n == 0)
    return;
  struct error error;
  error_set(&error, ERROR_DATA, "%zu warning%s and --strict", n, n == 1 ? "" : "s");
  command_fail(command, &error);
}

int main(int argc, char **argv)
{
  struct command command;
  struct settings settings = {0};
  struct error error = {0};
  command_start(&command, &spec, &settings, argc, argv);
  if (command.n_operands == 0) {
    error_set(&error, ERROR_USAGE,
              "nothing to join: name results (.json), figures (.svg), tables "
              "(.csv) or notes (.md) (see --help)");
    command_fail(&command, &error);
  }
  struct page page = {.title = settings.title};
  for (size_t i = 0; i < command.n_operands; i++)
    if (!page_add_operand(&page, command.operand[i], &error))
      command_fail(&command, &error);
  if (settings.title || !page.heading) {
    free(page.heading);
    page.heading = memory_copy_text(settings.title ? settings.title : "Report");
  }
  page_link_notes(&page, command.output);
  give_warnings(&command, &page);

  struct text output = {0};
  if (is_markdown(&settings, command.output))
    page_write_markdown(&page, command.output, &output);
  else
    page_write_html(&page, &output);
  if (!file_write(command.output, output.bytes, output.length, &error))
    command_fail(&command, &error);
  text_free(&output);
  page_free(&page);
  command_release(&command);
  return 0;
}
