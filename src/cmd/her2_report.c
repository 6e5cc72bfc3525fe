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
    .groups = OPTIONS_WRITE | OPTIONS_OUTPUTS | OPERANDS_MANY,
    .option = own_options,
    .example = "her2-report -o page.html notes.md table.json 'roc.svg=ROC curves'",
};

// ---- the command ----

static const char *output_path(const struct command *command, size_t i)
{
  return i ? command->further_output[i - 1].path : command->output;
}

// What the name of an output says of its format; PAGE_BY_NAME: nothing.
static int format_of_path(const char *path)
{
  if (path && (text_ends(path, ".md") || text_ends(path, ".markdown")))
    return PAGE_MARKDOWN;
  return path && (text_ends(path, ".html") || text_ends(path, ".htm")) ? PAGE_HTML : PAGE_BY_NAME;
}

// Several outputs have names that say their formats, and notes that can be read again.
static void check_outputs(const struct command *command, const struct settings *settings)
{
  struct error error = {0};
  size_t n = command->n_further_outputs;
  if (n && settings->format != PAGE_BY_NAME)
    error_set(&error, ERROR_USAGE,
              "several outputs are in the formats of their names: leave out --format");
  for (size_t i = 0; i <= n && n && !error.status; i++)
    if (format_of_path(output_path(command, i)) == PAGE_BY_NAME)
      error_set(&error, ERROR_USAGE, "'%s' does not say its format (.html, .md)",
                output_path(command, i));
  for (size_t i = 0; i < command->n_operands && n && !error.status; i++)
    if (strcmp(command->operand[i], "-") == 0)
      error_set(&error, ERROR_USAGE, "notes from standard input are for one output");
  if (error.status)
    command_fail(command, &error);
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

// The page of the i-th output: links in it start at that one's folder.
static void make_page(const struct command *command, const struct settings *settings, size_t i,
                      struct text *output)
{
  const char *path = output_path(command, i);
  struct page page = {.title = settings->title};
  struct error error = {0};
  for (size_t k = 0; k < command->n_operands; k++)
    if (!page_add_operand(&page, command->operand[k], &error))
      command_fail(command, &error);
  if (settings->title || !page.heading) {
    free(page.heading);
    page.heading = memory_copy_text(settings->title ? settings->title : "Report");
  }
  page_link_notes(&page, path);
  if (i == 0)
    give_warnings(command, &page);
  int format = settings->format == PAGE_BY_NAME ? format_of_path(path) : settings->format;
  if (format == PAGE_MARKDOWN)
    page_write_markdown(&page, path, output);
  else
    page_write_html(&page, output);
  page_free(&page);
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
  check_outputs(&command, &settings);
  size_t n = 1 + command.n_further_outputs;
  struct text *output = NEW_ZEROED(struct text, n);
  for (size_t i = 0; i < n; i++)
    make_page(&command, &settings, i, &output[i]);
  for (size_t i = 0; i < n; i++)
    if (!file_write(output_path(&command, i), output[i].bytes, output[i].length, &error))
      command_fail(&command, &error);
  for (size_t i = 0; i < n; i++)
    text_free(&output[i]);
  free(output);
  command_release(&command);
  return 0;
}
