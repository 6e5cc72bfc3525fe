// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report: what is on the page, in order.
#include <config.h>

#include "cmd/page.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "report/format.h"

// ---- lifecycle ----

static void free_item(struct page_item *item)
{
  free(item->path);
  free(item->caption);
  free(item->id);
  free(item->title);
  free(item->version);
  report_free(&item->report);
  text_list_free(&item->content);
  text_free(&item->drawing);
}

void page_free(struct page *page)
{
  for (size_t i = 0; i < page->n_items; i++)
    free_item(&page->item[i]);
  for (size_t i = 0; i < page->n_blocks; i++) {
    free(page->block[i].id);
    free(page->block[i].text);
    free(page->block[i].folder);
    text_free(&page->block[i].source);
    page_free_notes(page->block[i].node);
  }
  for (size_t i = 0; i < page->n_entries; i++) {
    free(page->entry[i].id);
    free(page->entry[i].text);
  }
  free(page->heading);
  free(page->item);
  free(page->block);
  free(page->entry);
  text_list_free(&page->ids);
  text_list_free(&page->warnings);
  *page = (struct page){0};
}

void page_warn(struct page *page, const char *format, ...)
{
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_append_format_list(&text, format, arguments);
  va_end(arguments);
  char *line = format_clean_line(text_content(&text));
  text_list_adopt(&page->warnings, line);
  text_free(&text);
}

struct page_block *page_add_block(struct page *page, enum page_block_kind kind)
{
  GROW_ARRAY(page->block, page->block_capacity, page->n_blocks + 1);
  struct page_block *block = &page->block[page->n_blocks++];
  *block = (struct page_block){.kind = kind};
  return block;
}

void page_add_entry(struct page *page, int level, const char *id, const char *text)
{
  GROW_ARRAY(page->entry, page->entry_capacity, page->n_entries + 1);
  page->entry[page->n_entries++] = (struct page_entry){
      .level = level, .id = memory_copy_text(id), .text = memory_copy_text(text)};
}

// ---- names ----

char *page_make_id(struct page *page, const char *name)
{
  struct text id = {0};
  for (const unsigned char *c = (const unsigned char *) name; *c; c++)
    if (isalnum(*c) || *c == '_' || *c == '-' || *c >= 0x80)
      text_append_character(&id, (char) tolower(*c));
    else if (*c == ' ')
      text_append_character(&id, '-');
  if (!id.length)
    text_append(&id, "section");
  char *base = text_take(&id), *unique = memory_copy_text(base);
  for (size_t n = 1; text_list_has(&page->ids, unique); n++) {
    free(unique);
    unique = text_format("%s-%zu", base, n);
  }
  free(base);
  text_list_add(&page->ids, unique);
  return unique;
}

const char *page_base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

// "roc.svg" gives "roc-svg".
static char *item_id(struct page *page, const char *path)
{
  char *name = memory_copy_text(page_base_name(path));
  for (char *c = name; *c; c++)
    if (*c == '.')
      *c = ' ';
  char *id = page_make_id(page, name);
  free(name);
  return id;
}

const char *page_item_title(const struct page_item *item)
{
  if (item->report.n_layouts > 0 && item->report.layout[0]->title)
    return item->report.layout[0]->title; // with the caption
  if (item->caption)
    return item->caption;
  return item->title ? item->title : page_base_name(item->path);
}

static bool ends_without_case(const char *text, size_t n, const char *end)
{
  size_t length = strlen(end);
  return n > length && strncasecmp(text + n - length, end, length) == 0;
}

static const struct {
  const char *ending;
  enum page_item_kind kind;
} endings[] = {
    {".json", ITEM_RESULT}, {".svg", ITEM_FIGURE}, {".csv", ITEM_TABLE}, {".tsv", ITEM_TABLE}};
enum { N_ENDINGS = sizeof endings / sizeof *endings };

static bool kind_of(const char *path, size_t n, enum page_item_kind *kind)
{
  for (size_t i = 0; i < N_ENDINGS; i++)
    if (ends_without_case(path, n, endings[i].ending)) {
      *kind = endings[i].kind;
      return true;
    }
  return false;
}

bool page_item_kind(const char *path, enum page_item_kind *kind)
{
  return kind_of(path, strlen(path), kind);
}

// ---- items ----

// "Table 2" and "Comparison of groups" are "Table 2. Comparison of groups".
static char *join_caption(const char *caption, const char *title)
{
  size_t n = strlen(caption);
  if (!title || !*title)
    return memory_copy_text(caption);
  return text_format("%s%s %s", caption, n && strchr(".:?!", caption[n - 1]) ? "" : ".", title);
}

// A caption begins the title of the first table.
static void give_caption(struct page_item *item)
{
  if (item->kind == ITEM_FIGURE || item->report.n_layouts == 0)
    return;
  struct layout *layout = item->report.layout[0];
  char *title = item->caption              ? join_caption(item->caption, layout->title)
                : layout->title            ? memory_copy_text(layout->title)
                : item->kind == ITEM_TABLE ? memory_copy_text(page_base_name(item->path))
                                           : NULL;
  free(layout->title);
  layout->title = title;
}

bool page_add_item(struct page *page, char *path, const char *caption, size_t *index,
                   struct error *error)
{
  GROW_ARRAY(page->item, page->item_capacity, page->n_items + 1);
  struct page_item *item = &page->item[page->n_items];
  *item = (struct page_item){.path = path};
  page_item_kind(path, &item->kind);
  *index = page->n_items++;
  char *line = caption ? format_clean_line(caption) : NULL;
  item->caption = line && *line ? memory_copy_text(line) : NULL;
  free(line);
  bool good = false;
  if (item->kind == ITEM_RESULT) {
    good = page_read_result(item, error);
  } else if (item->kind == ITEM_TABLE) {
    good = page_read_table(item, error);
  } else {
    // No heading's id has a capital.
    char *prefix = text_format("F%zu", *index + 1);
    good = page_read_figure(page, item, prefix, error);
    free(prefix);
  }
  if (!good)
    return false;
  item->id = item_id(page, path);
  give_caption(item);
  return true;
}

// The file's name ends before "=CAPTION", if an ending that is known stands there.
static size_t path_length(const char *operand)
{
  enum page_item_kind kind;
  for (const char *c = operand; (c = strchr(c, '=')) != NULL; c++)
    if (kind_of(operand, (size_t) (c - operand), &kind))
      return (size_t) (c - operand);
  return strlen(operand);
}

bool page_add_operand(struct page *page, const char *operand, struct error *error)
{
  size_t n = path_length(operand), index;
  enum page_item_kind kind;
  if (strcmp(operand, "-") == 0 || ends_without_case(operand, n, ".md") ||
      ends_without_case(operand, n, ".markdown"))
    return page_add_notes(page, operand, error);
  if (!kind_of(operand, n, &kind))
    return error_set(error, ERROR_USAGE,
                     "'%s' does not end in .json (a result), .svg, .csv, .tsv or .md%s", operand,
                     strchr(operand, '=') ? "" : " (caption: FILE.svg=TEXT)");
  if (!page_add_item(page, memory_copy_bytes(operand, n), operand[n] ? operand + n + 1 : NULL,
                     &index, error))
    return false;
  page_add_block(page, BLOCK_ITEM)->item = index;
  page_add_entry(page, 2, page->item[index].id, page_item_title(&page->item[index]));
  return true;
}

// ---- the call that drew a figure ----

// Names at the end that two paths share.
static size_t shared_names(const char *a, const char *b)
{
  size_t n = strlen(a), m = strlen(b), shared = 0;
  for (;;) {
    size_t i = n, j = m;
    while (i > 0 && a[i - 1] != '/')
      i--;
    while (j > 0 && b[j - 1] != '/')
      j--;
    if (n - i != m - j || memcmp(a + i, b + j, n - i) != 0 || n == i)
      return shared;
    shared++;
    if (i == 0 || j == 0)
      return shared;
    n = i - 1;
    m = j - 1;
  }
}

// The same for --figure=[KIND:]FILE; 0 for any other argument.
static size_t shared_with_argument(const char *argument, const char *path)
{
  static const char option[] = "--figure=";
  if (!text_starts(argument, option))
    return 0;
  const char *file = argument + sizeof option - 1;
  size_t n = strspn(file, "abcdefghijklmnopqrstuvwxyz-");
  size_t shared = shared_names(file, path);
  size_t after_kind = n > 0 && file[n] == ':' ? shared_names(file + n + 1, path) : 0;
  return shared > after_kind ? shared : after_kind;
}

static bool same_folder(const char *a, const char *b)
{
  size_t n = (size_t) (page_base_name(a) - a);
  return n == (size_t) (page_base_name(b) - b) && memcmp(a, b, n) == 0;
}

const struct report *page_find_call(const struct page *page, const struct page_item *figure)
{
  const struct report *best = NULL;
  size_t most = 0;
  for (size_t i = 0; i < page->n_items; i++) {
    const struct page_item *item = &page->item[i];
    for (size_t j = 0; j < item->report.call.n_items; j++) {
      size_t shared = 2 * shared_with_argument(item->report.call.item[j], figure->path);
      if (shared > 0 && same_folder(item->path, figure->path))
        shared++;
      if (shared > most) {
        most = shared;
        best = &item->report;
      }
    }
  }
  return best;
}

// ---- links ----

char *page_relative_path(const char *path, const char *from)
{
  if (!from || strcmp(from, "-") == 0 || (*path == '/') != (*from == '/'))
    return text_format("%s", path);
  const char *p = path, *f = from;
  for (const char *slash; (slash = strchr(f, '/')) != NULL; f = slash + 1) {
    size_t n = (size_t) (slash + 1 - f);
    if (strncmp(p, f, n) != 0)
      break;
    p += n;
  }
  struct text up = {0};
  for (const char *slash; (slash = strchr(f, '/')) != NULL; f = slash + 1) {
    size_t n = (size_t) (slash - f);
    if (n == 2 && strncmp(f, "..", 2) == 0) { // nobody knows where that is
      text_free(&up);
      return text_format("%s", path);
    }
    if (n > 0 && !(n == 1 && *f == '.'))
      text_append(&up, "../");
  }
  text_append(&up, p);
  return text_take(&up);
}

void page_append_destination(struct text *output, const char *path)
{
  for (const unsigned char *c = (const unsigned char *) path; *c; c++)
    if (*c <= ' ' || *c == 0x7f || strchr("()<>\\%#?\"`", *c))
      text_append_format(output, "%%%02X", *c);
    else
      text_append_character(output, (char) *c);
}

// ---- where a result comes from ----

static bool needs_quotes(const char *argument)
{
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  return !*argument || argument[strspn(argument, plain)];
}

void page_call_words(const struct text_list *call, struct text_list *word)
{
  for (size_t i = 0; i < call->n_items; i++) {
    char *argument = format_clean_line(call->item[i]);
    struct text quoted = {0};
    bool quote = needs_quotes(argument);
    text_append(&quoted, quote ? "'" : "");
    for (const char *c = argument; *c; c++)
      if (*c == '\'')
        text_append(&quoted, "'\\''");
      else
        text_append_character(&quoted, *c);
    text_append(&quoted, quote ? "'" : "");
    text_list_add(word, text_content(&quoted));
    text_free(&quoted);
    free(argument);
  }
}

void page_result_origin(const struct page_item *result, struct text_list *origin)
{
  const struct report *report = &result->report;
  if (report->has_input) {
    struct text excluded = {0};
    for (size_t i = 0; i < report->n_exclusions; i++)
      text_append_format(&excluded, "%s%s %zu", i ? ", " : "", report->exclusion[i].variable,
                         report->exclusion[i].n);
    text_list_adopt(origin,
                    text_format("%s: %zu rows, %zu used%s%s", report->input_file,
                                report->input_rows, report->input_used,
                                excluded.length ? "; left out for " : "", text_content(&excluded)));
    text_free(&excluded);
    if (report->input_digest[0])
      text_list_adopt(origin, text_format("SHA-256 %s", report->input_digest));
  }
  char *tables = text_list_join(&result->content, ", ");
  text_list_adopt(origin,
                  text_format("%s of %s %s%s%s", page_base_name(result->path), report->command,
                              result->version, *tables ? " has the tables " : "", tables));
  free(tables);
}
