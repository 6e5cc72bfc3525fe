// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report's page in GitHub Flavored Markdown: notes as they stand, results as tables,
// figures as links to their files.
//
// Source: GitHub Flavored Markdown Spec 0.29, 4.5 (fenced code), 6.1 (backslash escapes).
#include <config.h>

#include "cmd/page.h"

#include <stdlib.h>
#include <string.h>

#include "report/format.h"

static void put_escaped(struct text *output, const char *text)
{
  char *clean = format_clean_line(text);
  for (const char *c = clean; *c; c++) {
    if (strchr("\\|*_`<>[]{}#&~$^@!", *c))
      text_append_character(output, '\\');
    text_append_character(output, *c);
  }
  free(clean);
}

// Ends what is above with an empty line.
static void part(struct text *output)
{
  const char *content = text_content(output);
  if (!output->length || (output->length > 1 && content[output->length - 1] == '\n' &&
                          content[output->length - 2] == '\n'))
    return;
  text_append(output, content[output->length - 1] == '\n' ? "\n" : "\n\n");
}

// Between fences longer than any in it.
static void put_call(struct text *output, const struct text_list *call)
{
  if (call->n_items == 0)
    return;
  struct text_list word = {0};
  page_call_words(call, &word);
  char *line = text_list_join(&word, " ");
  text_list_free(&word);
  size_t longest = 2;
  for (const char *c = line; (c = strchr(c, '`')) != NULL;) {
    size_t n = strspn(c, "`");
    longest = n > longest ? n : longest;
    c += n;
  }
  struct text fence = {0};
  for (size_t i = 0; i <= longest; i++)
    text_append_character(&fence, '`');
  part(output);
  text_append_format(output, "%ssh\n%s\n%s\n", text_content(&fence), line, text_content(&fence));
  text_free(&fence);
  free(line);
}

// ---- items ----

static void put_figure(struct text *output, const struct page *page, const struct page_item *item,
                       const char *output_path)
{
  char *path = page_relative_path(item->path, output_path);
  const struct report *maker = page_find_call(page, item);
  text_append(output, "![");
  put_escaped(output, page_item_title(item));
  text_append(output, "](");
  page_append_destination(output, path);
  text_append(output, ")\n\n");
  put_escaped(output, page_item_title(item));
  text_append_character(output, '\n');
  if (maker)
    put_call(output, &maker->call);
  free(path);
}

static void put_result(struct text *output, const struct page_item *item)
{
  struct text_list origin = {0};
  report_find_format("markdown")->write(&item->report, NULL, 4, output);
  page_result_origin(item, &origin);
  part(output);
  for (size_t i = 0; i < origin.n_items; i++) {
    put_escaped(output, origin.item[i]);
    text_append(output, i + 1 < origin.n_items ? "  \n" : "\n");
  }
  put_call(output, &item->report.call);
  text_list_free(&origin);
}

void page_write_markdown(const struct page *page, const char *output_path, struct text *output)
{
  bool has_title =
      page->n_blocks > 0 && page->block[0].kind == BLOCK_HEADING && page->block[0].level == 1;
  if (!has_title) {
    text_append(output, "# ");
    put_escaped(output, page->heading);
    text_append_character(output, '\n');
  }
  for (size_t i = 0; i < page->n_blocks; i++) {
    const struct page_block *block = &page->block[i];
    if (block->source.length && *text_content(&block->source) != '\n')
      part(output);
    text_append(output, text_content(&block->source));
    if (block->kind != BLOCK_ITEM)
      continue;
    const struct page_item *item = &page->item[block->item];
    part(output);
    if (item->kind == ITEM_FIGURE)
      put_figure(output, page, item, output_path);
    else if (item->kind == ITEM_RESULT)
      put_result(output, item);
    else
      report_find_format("markdown")->write(&item->report, NULL, 4, output);
  }
}
