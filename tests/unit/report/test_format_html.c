// SPDX-License-Identifier: GPL-3.0-or-later
// html: a complete page, well-formed, that fetches and runs nothing.
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "example.h"
#include "report/format.h"
#include "report/report.h"
#include "tap.h"

// Reads tags, attributes and text; complains of what XML would not take and of elements
// that the format has no business to write.
struct page {
  struct text_list open, text; // text: of each element that has any, in order
  size_t n_tags;
  char complaint[120];
};

static void complain(struct page *page, const char *what, const char *at)
{
  if (!page->complaint[0])
    snprintf(page->complaint, sizeof page->complaint, "%s: %.60s", what, at);
}

static const char *read_attributes(struct page *page, const char *c)
{
  while (*c == ' ') {
    c++;
    size_t n = 0;
    while (islower((unsigned char) c[n]) || c[n] == '-')
      n++;
    if (n == 0 || c[n] != '=' || c[n + 1] != '"' || (c[0] == 'o' && c[1] == 'n'))
      complain(page, "attribute", c);
    c += n + 2;
    for (; *c && *c != '"'; c++)
      if (*c == '<' || *c == '>')
        complain(page, "attribute value", c);
    c += *c == '"';
  }
  return c;
}

static const char *read_tag(struct page *page, const char *c)
{
  static const char *const elements[] = {
      "html",  "head",    "meta",  "title",   "style",  "body",   "main", "div",
      "table", "caption", "thead", "tbody",   "tr",     "th",     "td",   "p",
      "ul",    "li",      "h2",    "section", "strong", "footer", "br",   "code",
  };
  const char *start = c++;
  bool closing = *c == '/';
  c += closing;
  size_t n = strspn(c, "abcdefghijklmnopqrstuvwxyz0123456789");
  char *name = memory_copy_bytes(c, n);
  c = read_attributes(page, c + n);
  bool empty = *c == '/';
  c += empty;
  if (*c != '>')
    complain(page, "tag", start);
  bool known = false;
  for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
    known = known || strcmp(name, elements[i]) == 0;
  if (!known)
    complain(page, "element", start);
  size_t last = page->open.n_items;
  if (closing) {
    if (!last || strcmp(page->open.item[last - 1], name) != 0)
      complain(page, "closed", start);
    else
      free(page->open.item[--page->open.n_items]);
  } else if (!empty) {
    text_list_add(&page->open, name);
  }
  page->n_tags++;
  free(name);
  return *c ? c + 1 : c;
}

static const char *read_text(struct page *page, const char *c)
{
  static const struct {
    const char *reference;
    char character;
  } references[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
  struct text text = {0};
  while (*c && *c != '<') {
    size_t n = 0;
    for (size_t i = 0; *c == '&' && i < 5; i++)
      if (text_starts(c, references[i].reference)) {
        text_append_character(&text, references[i].character);
        n = strlen(references[i].reference);
      }
    if (n == 0) {
      if (strchr("&>\"'", *c))
        complain(page, "text", c);
      text_append_character(&text, *c);
      n = 1;
    }
    c += n;
  }
  text_list_adopt(&page->text, format_clean_line(text_content(&text)));
  text_free(&text);
  return c;
}

static struct page page_read(const char *c)
{
  struct page page = {0};
  if (!text_starts(c, "<!DOCTYPE html>\n"))
    complain(&page, "document type", c);
  c += strcspn(c, "\n");
  while (*c)
    if (*c == '<') {
      c = read_tag(&page, c);
    } else if (page.open.n_items && strcmp(page.open.item[page.open.n_items - 1], "style") == 0) {
      const char *end = strstr(c, "</style>");
      c = end ? end : c + strlen(c);
    } else {
      c = read_text(&page, c);
    }
  if (page.open.n_items)
    complain(&page, "not closed", page.open.item[page.open.n_items - 1]);
  return page;
}

static void page_free(struct page *page)
{
  text_list_free(&page->open);
  text_list_free(&page->text);
}

static size_t count(const char *output, const char *part)
{
  size_t n = 0;
  for (; (output = strstr(output, part)) != NULL; output += strlen(part))
    n++;
  return n;
}

static void is_well_formed(const char *output, const char *name)
{
  struct page page = page_read(output);
  if (!ok(!page.complaint[0] && page.n_tags > 10, "%s: well-formed", name))
    printf("# %s\n", page.complaint);
  page_free(&page);
  ok(!strstr(output, "<script") && !strstr(output, " src=") && !strstr(output, " href=") &&
         !strstr(output, "url(") && !strstr(output, "@import"),
     "%s: no scripts, nothing fetched", name);
  ok(text_is_utf8(output, strlen(output), NULL) && !drives_terminal(output), "%s: harmless UTF-8",
     name);
}

static void test_comparison(void)
{
  struct report report = {0};
  example_comparison(&report);
  char *output = print_report(&report, "html", NULL, 3);
  is_well_formed(output, "comparison");
  static const char *const order[] = {
      "<meta charset=\"utf-8\"/>",
      "default-src 'none'",
      "<title>Comparison of the HER2 groups</title>",
      "<style>",
      "</head>",
      "<table>",
      "<caption>Comparison of the HER2 groups</caption>",
      "<thead>",
      "<th scope=\"col\">Variable</th>",
      "HER2-zero<br/>(n=34)</th>",
      "</thead>",
      "<tbody>",
      "<th scope=\"row\" class=\"variable\">Age (years)</th>",
      "<td class=\"centre\">45.31 ± 11.25</td>",
      "<th scope=\"row\" class=\"level\">well-defined</th>",
      "</table>",
      "<div class=\"footnotes\">\n<p>Mean ± SD",
      "<section class=\"notes\">",
      "<li>2 rows",
      "Warning:",
      "</section>",
      ("her2-univar " PACKAGE_VERSION),
      "cohort.csv: 140 rows, 138 used",
      "<code>her2-univar &#39;her2 ~ .&#39; cohort.csv</code>",
      "</html>\n",
  };
  const char *at = output;
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    const char *found = strstr(at, order[i]);
    ok(found != NULL, "in order: %s", order[i]);
    at = found ? found : at;
  }
  is_integer((long long) count(output, "scope=\"col\""), 9, "nine headings of columns");
  is_integer((long long) count(output, "scope=\"row\""), 7, "seven headings of rows");
  is_integer((long long) count(output, "<td"), 7 * 8, "eight cells in each row");
  free(output);
  report_free(&report);
}

static void test_hostile(void)
{
  struct report report = {0};
  example_hostile(&report);
  char *output = print_report(&report, "html", NULL, 3);
  is_well_formed(output, "hostile text");
  is_integer((long long) count(output, "<tr>"), N_HOSTILE + 2, "rows");
  struct page page = page_read(output);
  for (size_t i = 0; i < N_HOSTILE; i++) {
    char *clean = format_clean_line(hostile_texts[i]);
    size_t n = 0;
    for (size_t k = 0; k < page.text.n_items; k++)
      n += strcmp(page.text.item[k], clean) == 0;
    // In three cells of the table, a footnote, a note and a warning.
    ok(!*clean || n >= 5, "text %zu is shown as it is", i);
    free(clean);
  }
  page_free(&page);
  free(output);
  output = print_report(&report, "html", "tests", 3);
  is_well_formed(output, "hostile tidy table");
  free(output);
  report_free(&report);
}

static void test_empty(void)
{
  struct report report = {0};
  char *output = print_report(&report, "html", NULL, 3);
  is_well_formed(output, "empty report");
  ok(!strstr(output, "<table") && !strstr(output, "<section"), "no table, no notes");
  free(output);
  report_add_table(&report, "x", "a");
  output = print_report(&report, "html", NULL, 3);
  is_well_formed(output, "a table without rows");
  free(output);
  report_free(&report);
}

int main(void)
{
  test_comparison();
  test_hostile();
  test_empty();
  return tap_done();
}
