// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report: notes in CommonMark (version 0.30).
//
// A paragraph of nothing but images of .svg files, or of links to .json, .csv and .tsv files,
// stands for those files.  Raw HTML is text, comments are left out.
#include <config.h>

#include "cmd/page.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/format.h"

struct notes {
  struct page *page;
  const char *name;      // for messages
  char *folder;          // of the file, with '/' at the end, or ""
  struct text_list line; // of the source, with line ends
  size_t n_taken;        // lines that blocks have
  int shift;             // of the levels of headings
};

static bool fail_at(const struct notes *notes, cmark_node *node, struct error *error,
                    const char *message)
{
  int line = 0;
  for (cmark_node *up = node; up && line <= 0; up = cmark_node_parent(up))
    line = cmark_node_get_start_line(up);
  return error_set(error, ERROR_DATA, "%s:%d: %s", notes->name, line > 0 ? line : 1, message);
}

// ---- nodes ----

// What a reader sees, on one line; the caller frees.
static char *plain_text(cmark_node *node)
{
  struct text text = {0};
  cmark_iter *iterator = cmark_iter_new(node);
  for (cmark_event_type event; (event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE;) {
    cmark_node *at = cmark_iter_get_node(iterator);
    cmark_node_type type = cmark_node_get_type(at);
    if (event != CMARK_EVENT_ENTER)
      continue;
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
      text_append(&text, cmark_node_get_literal(at));
    else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK)
      text_append_character(&text, ' ');
  }
  cmark_iter_free(iterator);
  char *line = format_clean_line(text_content(&text));
  text_free(&text);
  return line;
}

static bool is_comment(const char *html)
{
  html += strspn(html, " \t\r\n");
  return text_starts(html, "<!--");
}

static cmark_node *text_node(const char *text)
{
  cmark_node *node = cmark_node_new(CMARK_NODE_TEXT);
  cmark_node_set_literal(node, text);
  return node;
}

// Raw HTML becomes text.
static void escape_html(cmark_node *document)
{
  cmark_iter *iterator = cmark_iter_new(document);
  for (cmark_event_type event; (event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE;) {
    cmark_node *node = cmark_iter_get_node(iterator);
    cmark_node_type type = cmark_node_get_type(node);
    if (type != CMARK_NODE_HTML_BLOCK && type != CMARK_NODE_HTML_INLINE)
      continue;
    const char *html = cmark_node_get_literal(node);
    if (!is_comment(html)) {
      cmark_node *plain = text_node(html);
      if (type == CMARK_NODE_HTML_BLOCK) {
        cmark_node *paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH);
        cmark_node_append_child(paragraph, plain);
        plain = paragraph;
      }
      cmark_node_insert_before(node, plain);
    }
    cmark_node_unlink(node);
    cmark_node_free(node);
  }
  cmark_iter_free(iterator);
}

static void clean_with(cmark_node *node, const char *text, int (*set)(cmark_node *, const char *))
{
  struct text clean = {0};
  if (!text)
    return;
  format_append_clean(&clean, text, CLEAN_CONTROLS | CLEAN_DIRECTION);
  if (strcmp(text_content(&clean), text) != 0)
    set(node, text_content(&clean));
  text_free(&clean);
}

// The source is clean, but "&#27;" is a control too.
static void clean_references(cmark_node *document)
{
  cmark_iter *iterator = cmark_iter_new(document);
  for (cmark_event_type event; (event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE;) {
    cmark_node *node = cmark_iter_get_node(iterator);
    cmark_node_type type = cmark_node_get_type(node);
    if (event != CMARK_EVENT_ENTER)
      continue;
    if (type == CMARK_NODE_TEXT) {
      clean_with(node, cmark_node_get_literal(node), cmark_node_set_literal);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      clean_with(node, cmark_node_get_fence_info(node), cmark_node_set_fence_info);
    } else if (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE) {
      clean_with(node, cmark_node_get_url(node), cmark_node_set_url);
      clean_with(node, cmark_node_get_title(node), cmark_node_set_title);
    }
  }
  cmark_iter_free(iterator);
}

static int hexadecimal(char c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// The file that a URL names, "%20" being a blank: from the folder of the notes, so from that of
// the command.  NULL if it names no file here.  The caller frees.
static char *local_path(const char *folder, const char *url)
{
  size_t scheme = strcspn(url, ":/?#");
  if (!*url || url[scheme] == ':' || strpbrk(url, "#?") || text_starts(url, "//"))
    return NULL;
  struct text path = {0};
  if (*url != '/')
    text_append(&path, folder);
  while (text_starts(url, "./"))
    url += 2;
  for (const char *c = url; *c; c++) {
    int high = *c == '%' ? hexadecimal(c[1]) : -1, low = high >= 0 ? hexadecimal(c[2]) : -1;
    if (low >= 0 && high + low > 0) {
      text_append_character(&path, (char) (high << 4 | low));
      c += 2;
    } else {
      text_append_character(&path, *c);
    }
  }
  return text_take(&path);
}

// The item that an image or a link names; NULL if it is no link or names none.
static char *named_item(const struct notes *notes, cmark_node *node, enum page_item_kind *kind)
{
  cmark_node_type type = cmark_node_get_type(node);
  if (type != CMARK_NODE_IMAGE && type != CMARK_NODE_LINK)
    return NULL;
  char *path = local_path(notes->folder, cmark_node_get_url(node));
  if (path && page_item_kind(path, kind) && (*kind == ITEM_FIGURE) == (type == CMARK_NODE_IMAGE))
    return path;
  free(path);
  return NULL;
}

static bool is_inclusion(const struct notes *notes, cmark_node *paragraph)
{
  size_t n = 0;
  if (cmark_node_get_type(paragraph) != CMARK_NODE_PARAGRAPH)
    return false;
  for (cmark_node *child = cmark_node_first_child(paragraph); child;
       child = cmark_node_next(child)) {
    enum page_item_kind kind;
    char *path = named_item(notes, child, &kind);
    cmark_node_type type = cmark_node_get_type(child);
    if (!path && type != CMARK_NODE_SOFTBREAK && type != CMARK_NODE_LINEBREAK)
      return false;
    n += path ? 1 : 0;
    free(path);
  }
  return n > 0;
}

// Any other image would not be on the page.
static bool check_images(const struct notes *notes, cmark_node *block, struct error *error)
{
  bool good = true;
  cmark_iter *iterator = cmark_iter_new(block);
  for (cmark_event_type event; (event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE && good;) {
    cmark_node *node = cmark_iter_get_node(iterator);
    if (event != CMARK_EVENT_ENTER || cmark_node_get_type(node) != CMARK_NODE_IMAGE)
      continue;
    enum page_item_kind kind;
    char *path = named_item(notes, node, &kind);
    good = fail_at(notes, node, error,
                   path ? "a figure stands in a paragraph of its own, outside of lists and quotes"
                        : "an image that is no .svg file here");
    free(path);
  }
  cmark_iter_free(iterator);
  return good;
}

// ---- blocks ----

// Appends the lines up to the n-th.
static void take_source(struct notes *notes, size_t n, struct text *source)
{
  for (; notes->n_taken < n && notes->n_taken < notes->line.n_items; notes->n_taken++)
    text_append(source, notes->line.item[notes->n_taken]);
}

static size_t line_number(int line)
{
  return line > 0 ? (size_t) line : 0;
}

static bool add_inclusions(struct notes *notes, cmark_node *paragraph, struct error *error)
{
  struct page *page = notes->page;
  struct text before = {0};
  bool good = true;
  size_t start = line_number(cmark_node_get_start_line(paragraph));
  take_source(notes, start ? start - 1 : 0, &before);
  for (cmark_node *child = cmark_node_first_child(paragraph); child && good;
       child = cmark_node_next(child)) {
    enum page_item_kind kind;
    char *path = named_item(notes, child, &kind);
    if (!path)
      continue;
    char *text = plain_text(child);
    const char *title = cmark_node_get_title(child);
    const char *caption = *text ? text : title;
    size_t item;
    good = page_add_item(page, path, caption, &item, error);
    free(text);
    if (!good)
      break;
    struct page_block *block = page_add_block(page, BLOCK_ITEM);
    block->item = item;
    block->source = before;
    before = (struct text){0};
  }
  text_free(&before);
  if (!good) {
    char *reason = memory_copy_text(error->message);
    fail_at(notes, paragraph, error, reason);
    free(reason);
  }
  struct text dropped = {0};
  take_source(notes, line_number(cmark_node_get_end_line(paragraph)), &dropped);
  text_free(&dropped);
  return good;
}

static void add_heading(struct notes *notes, cmark_node *node, struct page_block *block)
{
  struct page *page = notes->page;
  int level = cmark_node_get_heading_level(node) + notes->shift;
  block->level = level < 6 ? level : 6;
  cmark_node_set_heading_level(node, block->level);
  block->text = plain_text(node);
  block->id = page_make_id(page, block->text);
  if (block->level == 1)
    page->heading = memory_copy_text(block->text);
  else
    page_add_entry(page, block->level, block->id, block->text);
}

static bool add_block(struct notes *notes, cmark_node *node, struct error *error)
{
  if (is_inclusion(notes, node)) {
    bool good = add_inclusions(notes, node, error);
    cmark_node_free(node);
    return good;
  }
  if (!check_images(notes, node, error)) {
    cmark_node_free(node);
    return false;
  }
  bool heading = cmark_node_get_type(node) == CMARK_NODE_HEADING;
  struct page_block *block = page_add_block(notes->page, heading ? BLOCK_HEADING : BLOCK_PROSE);
  block->node = node;
  block->folder = memory_copy_text(notes->folder);
  take_source(notes, line_number(cmark_node_get_end_line(node)), &block->source);
  if (heading)
    add_heading(notes, node, block);
  return true;
}

static bool is_first_heading(cmark_node *node)
{
  return cmark_node_get_type(node) == CMARK_NODE_HEADING && cmark_node_get_heading_level(node) == 1;
}

// The page's own heading is the only one of the first level: the first of the first notes,
// unless a title was asked for.  Notes with others of that level go down by one.
static int level_shift(const struct page *page, cmark_node *document)
{
  cmark_node *first = cmark_node_first_child(document);
  bool takes_title = first && is_first_heading(first) && !page->title && page->n_blocks == 0;
  for (cmark_node *node = takes_title ? cmark_node_next(first) : first; node;
       node = cmark_node_next(node))
    if (is_first_heading(node))
      return 1;
  return 0;
}

static bool add_document(struct notes *notes, cmark_node *document, struct error *error)
{
  int shift = level_shift(notes->page, document);
  bool takes_title = !notes->page->title && notes->page->n_blocks == 0;
  cmark_node *first = cmark_node_first_child(document);
  takes_title = takes_title && first && is_first_heading(first);
  for (cmark_node *node; (node = cmark_node_first_child(document)) != NULL;) {
    notes->shift = takes_title && node == first ? 0 : shift;
    cmark_node_unlink(node);
    if (!add_block(notes, node, error))
      return false;
  }
  struct text rest = {0};
  take_source(notes, notes->line.n_items, &rest);
  if (rest.length)
    page_add_block(notes->page, BLOCK_PROSE)->source = rest;
  else
    text_free(&rest);
  return true;
}

static void split_lines(const char *source, struct text_list *line)
{
  while (*source) {
    size_t n = strcspn(source, "\n");
    n += source[n] ? 1 : 0;
    text_list_adopt(line, memory_copy_bytes(source, n));
    source += n;
  }
}

// CR LF and CR become LF, other controls visible.
static char *clean_source(const char *bytes)
{
  static const char mark[] = "\xef\xbb\xbf"; // byte order mark
  struct text clean = {0}, lines = {0};
  format_append_clean(&clean, text_starts(bytes, mark) ? bytes + strlen(mark) : bytes,
                      CLEAN_CONTROLS | CLEAN_DIRECTION);
  for (const char *c = text_content(&clean); *c; c++) {
    if (*c == '\r' && c[1] == '\n')
      continue;
    text_append_character(&lines, *c == '\r' ? '\n' : *c);
  }
  text_free(&clean);
  char *source = memory_copy_text(text_content(&lines));
  text_free(&lines);
  return source;
}

bool page_add_notes(struct page *page, const char *path, struct error *error)
{
  struct text content = {0};
  const char *name = file_display_name(path);
  if (!file_read(path, &content, error))
    return false;
  if (memchr(text_content(&content), '\0', content.length)) {
    text_free(&content);
    return error_set(error, ERROR_DATA, "%s: a NUL byte: these are no notes", name);
  }
  char *source = clean_source(text_content(&content));
  text_free(&content);
  struct notes notes = {.page = page, .name = name};
  notes.folder =
      memory_copy_bytes(name, strcmp(name, path) == 0 ? (size_t) (page_base_name(path) - path) : 0);
  split_lines(source, &notes.line);
  cmark_node *document = cmark_parse_document(source, strlen(source), CMARK_OPT_VALIDATE_UTF8);
  escape_html(document);
  clean_references(document);
  bool good = add_document(&notes, document, error);
  cmark_node_free(document);
  free(notes.folder);
  text_list_free(&notes.line);
  free(source);
  return good;
}

// ---- links ----

// What a link to a file on the page becomes; NULL if it is not there.
static char *item_place(const struct page *page, const char *path)
{
  for (size_t i = 0; i < page->n_items; i++)
    if (strcmp(page->item[i].path, path) == 0)
      return text_format("#%s", page->item[i].id);
  return NULL;
}

static void link_file(struct page *page, cmark_node *node, const char *path,
                      const char *output_path)
{
  char *place = item_place(page, path);
  if (!place) {
    char *relative = page_relative_path(path, output_path);
    struct text destination = {0};
    page_append_destination(&destination, relative);
    place = memory_copy_text(text_content(&destination));
    text_free(&destination);
    free(relative);
    if (access(path, F_OK) != 0)
      page_warn(page, "a link to '%s': there is no such file", path);
  }
  cmark_node_set_url(node, place);
  free(place);
}

static void link_node(struct page *page, const struct page_block *block, cmark_node *node,
                      const char *output_path)
{
  const char *url = cmark_node_get_url(node);
  char *path = local_path(block->folder, url);
  if (path)
    link_file(page, node, path, output_path);
  else if (*url == '#' && url[1] && strcmp(url, "#top") != 0 && !text_list_has(&page->ids, url + 1))
    page_warn(page, "a link to '%s': there is no such place on the page", url);
  free(path);
}

void page_link_notes(struct page *page, const char *output_path)
{
  for (size_t i = 0; i < page->n_blocks; i++) {
    if (!page->block[i].node)
      continue;
    cmark_iter *iterator = cmark_iter_new(page->block[i].node);
    for (cmark_event_type event; (event = cmark_iter_next(iterator)) != CMARK_EVENT_DONE;) {
      cmark_node *node = cmark_iter_get_node(iterator);
      if (event == CMARK_EVENT_ENTER && cmark_node_get_type(node) == CMARK_NODE_LINK)
        link_node(page, &page->block[i], node, output_path);
    }
    cmark_iter_free(iterator);
  }
}

// ---- HTML ----

static void append_without_ends(struct text *output, const char *html, const char *start,
                                const char *end)
{
  size_t n = strlen(html), skip = strlen(start);
  if (text_starts(html, start) && text_ends(html, end) && n >= skip + strlen(end))
    text_append_bytes(output, html + skip, n - skip - strlen(end));
}

void page_append_notes(struct text *output, const struct page_block *block)
{
  if (!block->node)
    return;
  char *html = cmark_render_html(block->node, CMARK_OPT_DEFAULT);
  if (block->kind == BLOCK_HEADING) {
    char start[8], end[8];
    snprintf(start, sizeof start, "<h%d>", block->level);
    snprintf(end, sizeof end, "</h%d>\n", block->level);
    append_without_ends(output, html, start, end);
  } else {
    text_append(output, html);
  }
  free(html);
}

void page_free_notes(struct cmark_node *node)
{
  if (node)
    cmark_node_free(node);
}
