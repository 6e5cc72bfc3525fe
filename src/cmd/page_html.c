// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report's page in HTML: one file that needs nothing else.
//
// HTML Living Standard, written so that it is well-formed XML too.  No scripts, nothing
// fetched: the page itself forbids both (Content Security Policy Level 3).
#include <config.h>

#include "cmd/page.h"

#include <stdlib.h>
#include <string.h>

#include "report/format.h"

enum {
  LONG_TABLE = 25,   // rows; more scroll
  PROSE_WIDTH = 40,  // characters; longer cells are wrapped
  FEW_COLUMNS = 3,   // whose headings need not be repeated
  WIDE_FIGURE = 640, // pixels; wider ones scroll on a phone, where they would shrink too much
};

// A box that scrolls shows a shadow where it goes on.
static const char page_style[] =
    "* { box-sizing: border-box; }\n"
    "html { color-scheme: light; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }\n"
    "body { margin: 0 auto; padding: 1.5em 1em 3em; max-width: 62em;\n"
    "  font: 16px/1.5 'Source Serif 4', Georgia, 'Times New Roman', serif;\n"
    "  color: #111; background: #fff; overflow-wrap: break-word; }\n"
    "h1, h2, h3, h4, h5, h6 { line-height: 1.25; margin: 2em 0 .6em; }\n"
    "h1 { font-size: 1.8em; margin-top: .3em; }\n"
    "h2 { font-size: 1.35em; border-bottom: 1px solid #ccc; padding-bottom: .2em; }\n"
    "h3 { font-size: 1.12em; } h4, h5, h6 { font-size: 1em; }\n"
    "main > p, main > ul, main > ol, main > blockquote { max-width: 44em; }\n"
    "a { color: #0b4f8a; } a:hover { text-decoration-thickness: 2px; }\n"
    "code, pre { font: 13px/1.45 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; }\n"
    "main > pre { overflow-x: auto; padding: .6em .8em; background: #f5f5f3; }\n"
    "blockquote { margin: 1em 0; padding-left: 1em; border-left: 3px solid #ccc; color: #333; }\n"
    "nav.contents { margin: 1.5em 0 2.5em; padding: .8em 1em; background: #f5f5f3; }\n"
    "nav.contents h2 { font-size: 1em; margin: 0 0 .3em; border: 0; padding: 0; }\n"
    "nav.contents ul { margin: 0; padding-left: 1.2em; }\n"
    "nav.contents a { display: inline-block; padding: .12em 0; }\n"
    "div.result, div.data, figure { margin: 1.8em 0 2.6em; }\n"
    "div.box { overflow-x: auto; margin: 0 0 1em; border-top: 2px solid #111;\n"
    "  border-bottom: 2px solid #111;\n"
    "  background: linear-gradient(to right, #fff 40%, transparent) 0 0 / 3em 100% no-repeat "
    "local,\n"
    "    linear-gradient(to left, #fff 40%, transparent) 100% 0 / 3em 100% no-repeat local,\n"
    "    linear-gradient(to right, rgba(0,0,0,.22), transparent) 0 0 / .9em 100% no-repeat "
    "scroll,\n"
    "    linear-gradient(to left, rgba(0,0,0,.22), transparent) 100% 0 / .9em 100% no-repeat "
    "scroll; }\n"
    "div.long { max-height: 36em; overflow: auto; }\n"
    "div.long thead th { position: sticky; top: 0; background: #fff; }\n"
    "p.caption { font-weight: bold; margin: 0 0 .5em; }\n"
    "table { border-collapse: separate; border-spacing: 0; min-width: 100%; font-size: 15px;\n"
    "  line-height: 1.4; font-variant-numeric: lining-nums tabular-nums; }\n"
    "thead th { border-bottom: 1px solid #111; vertical-align: bottom; font-weight: bold; }\n"
    "th, td { padding: .2em .8em; text-align: left; font-weight: normal; vertical-align: top; }\n"
    "td { white-space: nowrap; }\n"
    "td.prose { white-space: normal; min-width: 20em; }\n"
    "div.text td:not(.right):not(.centre) { white-space: normal; }\n"
    "div.text tbody th { min-width: 3.5em; }\n"
    "div.text tbody td, div.text tbody th { border-bottom: 1px solid #ddd; }\n"
    "div.text tbody tr:last-child > * { border-bottom: 0; }\n"
    "tbody th { min-width: 7em; }\n"
    "th:first-child, td:first-child { padding-left: .2em; }\n"
    "th:last-child, td:last-child { padding-right: .2em; }\n"
    "th.variable { font-weight: bold; }\n"
    "tbody th.level { padding-left: 1.4em; }\n"
    "th.right, td.right { text-align: right; white-space: nowrap; }\n"
    "th.centre, td.centre { text-align: center; white-space: nowrap; }\n"
    "div.footnotes { margin: -.5em 0 1em; max-width: 100ch; font-size: 87%; }\n"
    "div.footnotes p { margin: 0 0 .2em; }\n"
    "ul.notes { margin: 0 0 .6em; padding-left: 1.2em; max-width: 100ch; font-size: 87%; }\n"
    "p.origin { margin: .3em 0; font-size: 80%; color: #444; overflow-wrap: anywhere; }\n"
    "pre.call { margin: .4em 0 0; padding: .5em .7em; background: #f5f5f3; font-size: 12.5px;\n"
    "  white-space: pre-wrap; overflow-wrap: anywhere; }\n"
    "pre.call span { display: inline-block; max-width: 100%; }\n"
    "div.drawing { overflow-x: auto; overflow-y: hidden; contain: paint; }\n"
    "div.drawing > svg { display: block; max-width: 100%; height: auto; }\n"
    "figcaption { margin-top: .5em; }\n"
    "figcaption p { margin: 0; max-width: 44em; }\n"
    "footer { margin-top: 3em; border-top: 1px solid #ccc; padding-top: .5em; font-size: 80%;\n"
    "  color: #444; }\n"
    "@media (max-width: 40em) { body { padding: 1em .8em 2em; } h1 { font-size: 1.5em; }\n"
    "  table { font-size: 14px; } th, td { padding: .25em .5em; }\n"
    "  tbody th, thead th:first-child { position: sticky; left: 0; background: #fff; }\n"
    "  tbody th { min-width: 6.5em; max-width: 10em; }\n"
    "  div.wide > svg { max-width: 44em; }\n"
    "  td.prose { min-width: 15em; } nav.contents a { padding: .3em 0; }\n"
    "  div.text thead th { display: inline; position: static; padding: 0; border: 0; }\n"
    "  div.text thead th + th::before { content: ' \\00b7  '; }\n"
    "  div.text table, div.text thead, div.text tbody, div.text tr, div.text tbody th,\n"
    "  div.text tbody td {\n"
    "    display: block; position: static; min-width: 0; max-width: none; padding: .1em 0;\n"
    "    border: 0; text-align: left; }\n"
    "  div.text tr { padding: .5em 0; border-bottom: 1px solid #ddd; }\n"
    "  div.text tbody th { font-weight: bold; }\n"
    "  div.text tbody td:empty { display: none; }\n"
    "  div.text td[data-heading]::before { content: attr(data-heading) ': '; color: #444; } }\n"
    "@media print { @page { margin: 18mm; } body { padding: 0; max-width: none; font-size: 10pt; "
    "}\n"
    "  a { color: inherit; text-decoration: none; } table { font-size: 8pt; }\n"
    "  div.box, div.long { overflow: visible; max-height: none; background: none; }\n"
    "  td, th.right, th.centre, td.right, td.centre { white-space: normal; }\n"
    "  th, td { padding: .15em .4em; } td.prose { min-width: 15em; }\n"
    "  thead { display: table-header-group; } div.long thead th { position: static; }\n"
    "  div.data td { font-size: 7pt; overflow-wrap: anywhere; }\n"
    "  tr, figure, pre { break-inside: avoid; }\n"
    "  h1, h2, h3, h4, p.caption { break-after: avoid; } nav.contents, pre { background: none; }\n"
    "  pre { border: 1px solid #ccc; } pre.call, main > pre { font-size: 8pt; } }\n";

// ---- text ----

static void put_element(struct text *output, const char *element, const char *class,
                        const char *text)
{
  text_append_format(output, "<%s", element);
  if (class)
    text_append_format(output, " class=\"%s\"", class);
  text_append_character(output, '>');
  format_append_html(output, text);
  text_append_format(output, "</%s>\n", element);
}

// A line breaks between words if it can.
static void put_call(struct text *output, const struct text_list *call)
{
  if (call->n_items == 0)
    return;
  struct text_list word = {0};
  page_call_words(call, &word);
  text_append(output, "<pre class=\"call\"><code>");
  for (size_t i = 0; i < word.n_items; i++) {
    text_append(output, i ? " <span>" : "<span>");
    format_append_html(output, word.item[i]);
    text_append(output, "</span>");
  }
  text_append(output, "</code></pre>\n");
  text_list_free(&word);
}

// ---- tables ----

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

// Numbers with their spread stay on one line; a sentence is wrapped.
static bool is_prose(const char *cell)
{
  return cell && text_width(cell) > PROSE_WIDTH;
}

// A table to be read, not looked up: on a phone a row is a paragraph, with the headings in it if
// they are many.  As its cells are blocks there, it says that it is a table.
static bool has_prose(const struct layout *layout)
{
  for (size_t i = 0; i < layout->n_rows; i++)
    for (size_t j = 1; j < layout->heading.n_items; j++)
      if (is_prose(layout->row[i].cell[j]))
        return true;
  return false;
}

static void put_head(struct text *output, const struct layout *layout, bool prose)
{
  text_append_format(output, "<thead>\n<tr%s>\n", prose ? " role=\"row\"" : "");
  for (size_t j = 0; j < layout->heading.n_items; j++) {
    struct text_list lines = {0};
    format_heading_lines(layout->heading.item[j], &lines);
    text_append_format(output, "<th scope=\"col\"%s%s>", prose ? " role=\"columnheader\"" : "",
                       align_class(layout->align[j]));
    for (size_t k = 0; k < lines.n_items; k++) {
      text_append(output, k ? "<br/>" : "");
      format_append_html(output, lines.item[k]);
    }
    text_append(output, "</th>\n");
    text_list_free(&lines);
  }
  text_append(output, "</tr>\n</thead>\n");
}

static void put_row(struct text *output, const struct layout *layout, bool prose,
                    const struct layout_row *row)
{
  text_append_format(output, "<tr%s><th scope=\"row\"%s%s>", prose ? " role=\"row\"" : "",
                     prose ? " role=\"rowheader\"" : "", row_class(row->kind));
  format_append_html(output, row->cell[0]);
  text_append(output, "</th>");
  for (size_t j = 1; j < layout->heading.n_items; j++) {
    const char *cell = row->cell[j];
    text_append_format(output, "<td%s%s", prose ? " role=\"cell\"" : "",
                       is_prose(cell) ? " class=\"prose\"" : align_class(layout->align[j]));
    if (prose && layout->heading.n_items > FEW_COLUMNS) {
      text_append(output, " data-heading=\"");
      format_append_html(output, layout->heading.item[j]);
      text_append_character(output, '"');
    }
    text_append_character(output, '>');
    format_append_html(output, cell);
    text_append(output, "</td>");
  }
  text_append(output, "</tr>\n");
}

// The caption stands outside of the box that scrolls.
static void put_table(struct text *output, const struct layout *layout, bool may_be_long)
{
  bool prose = has_prose(layout), is_long = may_be_long && !prose && layout->n_rows > LONG_TABLE;
  if (layout->title)
    put_element(output, "p", "caption", layout->title);
  text_append_format(output, "<div class=\"box%s\" role=\"region\" tabindex=\"0\" aria-label=\"",
                     prose ? " text" : is_long ? " long" : "");
  format_append_html(output, layout->title ? layout->title : "Table");
  text_append_format(output, "\">\n<table%s>\n", prose ? " role=\"table\"" : "");
  put_head(output, layout, prose);
  text_append(output, "<tbody>\n");
  for (size_t i = 0; i < layout->n_rows; i++)
    put_row(output, layout, prose, &layout->row[i]);
  text_append(output, "</tbody>\n</table>\n</div>\n");
  if (layout->footnote.n_items == 0)
    return;
  text_append(output, "<div class=\"footnotes\">\n");
  for (size_t i = 0; i < layout->footnote.n_items; i++)
    put_element(output, "p", NULL, layout->footnote.item[i]);
  text_append(output, "</div>\n");
}

// ---- items ----

static void put_open(struct text *output, const char *element, const char *class, const char *id)
{
  text_append_format(output, "<%s", element);
  if (class)
    text_append_format(output, " class=\"%s\"", class);
  text_append(output, " id=\"");
  format_append_html(output, id);
  text_append(output, "\">\n");
}

static void put_notes(struct text *output, const struct report *report)
{
  if (report->notes.n_items + report->warnings.n_items == 0)
    return;
  text_append(output, "<ul class=\"notes\">\n");
  for (size_t i = 0; i < report->notes.n_items; i++)
    put_element(output, "li", NULL, report->notes.item[i]);
  for (size_t i = 0; i < report->warnings.n_items; i++) {
    text_append(output, "<li><strong>Warning:</strong> ");
    format_append_html(output, report->warnings.item[i]);
    text_append(output, "</li>\n");
  }
  text_append(output, "</ul>\n");
}

static void put_result(struct text *output, const struct page_item *item)
{
  struct text_list origin = {0};
  put_open(output, "div", "result", item->id);
  for (size_t i = 0; i < item->report.n_layouts; i++)
    put_table(output, item->report.layout[i], false);
  put_notes(output, &item->report);
  page_result_origin(item, &origin);
  for (size_t i = 0; i < origin.n_items; i++)
    put_element(output, "p", "origin", origin.item[i]);
  put_call(output, &item->report.call);
  text_append(output, "</div>\n");
  text_list_free(&origin);
}

static void put_figure(struct text *output, const struct page *page, const struct page_item *item)
{
  size_t number = (size_t) (item - page->item) + 1;
  bool wide = item->width > WIDE_FIGURE;
  const struct report *maker = page_find_call(page, item);
  put_open(output, "figure", NULL, item->id);
  text_append_format(output,
                     "<div class=\"drawing%s\" id=\"F%zu\"%s><svg "
                     "xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                     "aria-labelledby=\"F%zu-caption\"",
                     wide ? " wide" : "", number, wide ? " tabindex=\"0\"" : "", number);
  text_append(output, text_content(&item->drawing));
  text_append_format(output, "</div>\n<figcaption>\n<p id=\"F%zu-caption\">", number);
  format_append_html(output, page_item_title(item));
  text_append(output, "</p>\n");
  if (maker)
    put_call(output, &maker->call);
  text_append(output, "</figcaption>\n</figure>\n");
}

static void put_item(struct text *output, const struct page *page, const struct page_item *item)
{
  switch (item->kind) {
  case ITEM_RESULT:
    put_result(output, item);
    break;
  case ITEM_FIGURE:
    put_figure(output, page, item);
    break;
  case ITEM_TABLE:
    put_open(output, "div", "data", item->id);
    put_table(output, item->report.layout[0], true);
    text_append(output, "</div>\n");
    break;
  }
}

// ---- the page ----

static void put_heading(struct text *output, const struct page_block *block)
{
  text_append_format(output, "<h%d id=\"", block->level);
  format_append_html(output, block->id);
  text_append(output, "\">");
  page_append_notes(output, block);
  text_append_format(output, "</h%d>\n", block->level);
}

// Two levels; the first entry may be of the second.
static void put_contents(struct text *output, const struct page *page)
{
  enum { TOP = 2, DEEPEST = 3 };
  size_t n_shown = 0;
  for (size_t i = 0; i < page->n_entries; i++)
    n_shown += page->entry[i].level <= DEEPEST ? 1 : 0;
  if (n_shown < 2)
    return;
  text_append(output,
              "<nav class=\"contents\" aria-label=\"Contents\">\n<h2>Contents</h2>\n<ul>\n");
  bool open = false, within = false;
  for (size_t i = 0; i < page->n_entries; i++) {
    const struct page_entry *entry = &page->entry[i];
    if (entry->level > DEEPEST)
      continue;
    bool below = entry->level > TOP && open;
    if (below && !within)
      text_append(output, "\n<ul>\n");
    else if (!below && within)
      text_append(output, "</li>\n</ul>\n</li>\n");
    else if (open)
      text_append(output, "</li>\n");
    text_append(output, "<li><a href=\"#");
    format_append_html(output, entry->id);
    text_append(output, "\">");
    format_append_html(output, entry->text);
    text_append(output, "</a>");
    open = true;
    within = below;
  }
  text_append(output, within ? "</li>\n</ul>\n</li>\n" : "</li>\n");
  text_append(output, "</ul>\n</nav>\n");
}

static void put_document_head(struct text *output, const struct page *page)
{
  text_append(output,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
              "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\"/>\n"
              "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
              "<meta name=\"generator\" content=\"her2-report " PACKAGE_VERSION "\"/>\n");
  put_element(output, "title", NULL, page->heading);
  text_append_format(output, "<style>\n%s</style>\n</head>\n<body>\n", page_style);
}

void page_write_html(const struct page *page, struct text *output)
{
  put_document_head(output, page);
  size_t first = 0;
  text_append(output, "<header>\n");
  if (page->n_blocks > 0 && page->block[0].kind == BLOCK_HEADING && page->block[0].level == 1)
    put_heading(output, &page->block[first++]);
  else
    put_element(output, "h1", NULL, page->heading);
  text_append(output, "</header>\n");
  put_contents(output, page);
  text_append(output, "<main>\n");
  for (size_t i = first; i < page->n_blocks; i++) {
    const struct page_block *block = &page->block[i];
    if (block->kind == BLOCK_ITEM)
      put_item(output, page, &page->item[block->item]);
    else if (block->kind == BLOCK_HEADING)
      put_heading(output, block);
    else
      page_append_notes(output, block);
  }
  text_append(output,
              "</main>\n<footer>her2-report " PACKAGE_VERSION "</footer>\n</body>\n</html>\n");
}
