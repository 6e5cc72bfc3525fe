// SPDX-License-Identifier: GPL-3.0-or-later
// html: one complete page that needs nothing else.
//
// HTML Living Standard, written so that it is well-formed XML too.  No scripts, nothing
// fetched: the page itself forbids both (Content Security Policy Level 3).
#include <config.h>

#include "report/format.h"

#include <stdlib.h>
#include <string.h>

static const char page_style[] =
    "body { margin: 2em auto; padding: 0 1em; max-width: 80em;\n"
    "  font: 15px/1.45 'Source Serif 4', Georgia, 'Times New Roman', serif;\n"
    "  color: #111; background: #fff; }\n"
    ".table { margin: 0 0 2.5em; overflow-x: auto; }\n"
    "table { border-collapse: collapse; border-top: 2px solid #111;\n"
    "  border-bottom: 2px solid #111; font-variant-numeric: lining-nums tabular-nums; }\n"
    "caption { caption-side: top; text-align: left; font-weight: bold; padding-bottom: .5em; }\n"
    "thead th { border-bottom: 1px solid #111; vertical-align: bottom; font-weight: bold; }\n"
    "th, td { padding: .2em .8em; text-align: left; font-weight: normal; }\n"
    "td { white-space: nowrap; }\n"
    "td.prose { white-space: normal; min-width: 20em; }\n"
    "th:first-child, td:first-child { padding-left: .2em; }\n"
    "th:last-child, td:last-child { padding-right: .2em; }\n"
    "th.variable { font-weight: bold; }\n"
    "tbody th.level { padding-left: 1.6em; }\n"
    ".right { text-align: right; white-space: nowrap; }\n"
    ".centre { text-align: center; white-space: nowrap; }\n"
    ".footnotes { margin: .5em 0 0; max-width: 100ch; font-size: 87%; }\n"
    ".footnotes p { margin: 0 0 .2em; }\n"
    ".notes h2 { font-size: 100%; margin: 0; }\n"
    ".notes ul { margin: .3em 0 2em; padding-left: 1.2em; max-width: 100ch; font-size: 87%; }\n"
    "footer { border-top: 1px solid #ccc; padding-top: .5em; font-size: 80%; color: #555;\n"
    "  overflow-wrap: anywhere; }\n"
    "@media print { body { margin: 0; max-width: none; font-size: 10pt; }\n"
    "  .table { overflow: visible; } thead { display: table-header-group; }\n"
    "  tr { break-inside: avoid; } }\n";

static void append_element(struct text *output, const char *element, const char *text)
{
  text_append_format(output, "<%s>", element);
  format_append_html(output, text);
  text_append_format(output, "</%s>\n", element);
}

static const char *align_class(enum layout_align align)
{
  return align == ALIGN_RIGHT    ? " class=\"right\""
         : align == ALIGN_CENTRE ? " class=\"centre\""
                                 : "";
}

static const char *row_class(enum layout_row_kind kind)
{
  return kind == LAYOUT_VARIABLE ? " class=\"variable\""
         : kind == LAYOUT_LEVEL  ? " class=\"level\""
                                 : "";
}

static void append_head(struct text *output, const struct layout *layout)
{
  text_append(output, "<thead>\n<tr>\n");
  for (size_t j = 0; j < layout->heading.n_items; j++) {
    struct text_list lines = {0};
    format_heading_lines(layout->heading.item[j], &lines);
    text_append_format(output, "<th scope=\"col\"%s>", align_class(layout->align[j]));
    for (size_t k = 0; k < lines.n_items; k++) {
      text_append(output, k ? "<br/>" : "");
      format_append_html(output, lines.item[k]);
    }
    text_append(output, "</th>\n");
    text_list_free(&lines);
  }
  text_append(output, "</tr>\n</thead>\n");
}

// Numbers with their spread stay on one line; a sentence is wrapped.
static bool is_prose(const char *cell)
{
  return cell && text_width(cell) > 40;
}

static void append_layout(struct text *output, const struct layout *layout)
{
  text_append(output, "<div class=\"table\">\n<table>\n");
  if (layout->title)
    append_element(output, "caption", layout->title);
  append_head(output, layout);
  text_append(output, "<tbody>\n");
  for (size_t i = 0; i < layout->n_rows; i++) {
    const struct layout_row *row = &layout->row[i];
    text_append_format(output, "<tr><th scope=\"row\"%s>", row_class(row->kind));
    format_append_html(output, row->cell[0]);
    text_append(output, "</th>");
    for (size_t j = 1; j < layout->heading.n_items; j++) {
      text_append_format(output, "<td%s>",
                         is_prose(row->cell[j]) ? " class=\"prose\""
                                                : align_class(layout->align[j]));
      format_append_html(output, row->cell[j]);
      text_append(output, "</td>");
    }
    text_append(output, "</tr>\n");
  }
  text_append(output, "</tbody>\n</table>\n");
  if (layout->footnote.n_items > 0) {
    text_append(output, "<div class=\"footnotes\">\n");
    for (size_t i = 0; i < layout->footnote.n_items; i++)
      append_element(output, "p", layout->footnote.item[i]);
    text_append(output, "</div>\n");
  }
  text_append(output, "</div>\n");
}

static void append_notes(struct text *output, const struct report *report)
{
  if (report->notes.n_items + report->warnings.n_items == 0)
    return;
  text_append(output, "<section class=\"notes\">\n<h2>Notes</h2>\n<ul>\n");
  for (size_t i = 0; i < report->notes.n_items; i++)
    append_element(output, "li", report->notes.item[i]);
  for (size_t i = 0; i < report->warnings.n_items; i++) {
    text_append(output, "<li><strong>Warning:</strong> ");
    format_append_html(output, report->warnings.item[i]);
    text_append(output, "</li>\n");
  }
  text_append(output, "</ul>\n</section>\n");
}

// The call as it can be pasted into a shell.
static void append_call(struct text *output, const struct text_list *call)
{
  struct text line = {0};
  for (size_t i = 0; i < call->n_items; i++) {
    const char *argument = call->item[i];
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    bool quote = !*argument || argument[strspn(argument, plain)];
    text_append(&line, i ? " " : "");
    text_append(&line, quote ? "'" : "");
    for (const char *c = argument; *c; c++)
      if (*c == '\'')
        text_append(&line, "'\\''");
      else
        text_append_character(&line, *c);
    text_append(&line, quote ? "'" : "");
  }
  append_element(output, "code", text_content(&line));
  text_free(&line);
}

// What the page was made from.
static void append_origin(struct text *output, const struct report *report)
{
  text_append(output, "<footer>\n");
  format_append_html(output, report->command);
  text_append(output, " " PACKAGE_VERSION "\n");
  if (report->has_input) {
    text_append(output, "<br/>");
    format_append_html(output, report->input_file);
    text_append_format(output, ": %zu rows, %zu used", report->input_rows, report->input_used);
    if (report->input_digest[0]) {
      text_append(output, ", SHA-256 ");
      format_append_html(output, report->input_digest);
    }
    text_append_character(output, '\n');
  }
  if (report->call.n_items > 0) {
    text_append(output, "<br/>");
    append_call(output, &report->call);
  }
  text_append(output, "</footer>\n");
}

void format_html_write(const struct report *report, const char *table_name, int digits,
                       struct text *output)
{
  struct report scratch = {0};
  const struct report *view = format_view(report, table_name, digits, &scratch);
  const char *title = view->n_layouts > 0 ? view->layout[0]->title : NULL;
  text_append(output, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                      "<meta http-equiv=\"Content-Security-Policy\" "
                      "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
  append_element(output, "title", title ? title : report->command);
  text_append_format(output, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", page_style);
  for (size_t i = 0; i < view->n_layouts; i++)
    append_layout(output, view->layout[i]);
  append_notes(output, report);
  text_append(output, "</main>\n");
  append_origin(output, report);
  text_append(output, "</body>\n</html>\n");
  report_free(&scratch);
}
