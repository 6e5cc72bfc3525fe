// SPDX-License-Identifier: GPL-3.0-or-later
// her2-report's page: what is on it, how it is read, how it is written.

#ifndef HER2_CMD_PAGE_H
#define HER2_CMD_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "report/report.h"

enum page_item_kind {
  ITEM_RESULT, // JSON that a her2 command wrote
  ITEM_FIGURE, // SVG
  ITEM_TABLE,  // CSV
};

struct page_item {
  enum page_item_kind kind;
  char *path;               // from the folder that the command runs in
  char *caption;            // NULL: none given
  char *id;                 // on the page
  struct report report;     // result: all but its tables; table: one layout
  char *version;            // result: of the command
  struct text_list content; // result: "tests (12 rows)", its tidy tables
  struct text drawing;      // figure: the svg element from its first attribute on
  char *title;              // figure: its own title, NULL for none
  double width;             // figure: CSS pixels, 0 if not stated
};

enum page_block_kind { BLOCK_ITEM, BLOCK_HEADING, BLOCK_PROSE };

struct cmark_node;

// What stands one below the other.
struct page_block {
  enum page_block_kind kind;
  size_t item;             // index; BLOCK_ITEM
  int level;               // BLOCK_HEADING: 1 to 6, as on the page
  char *id, *text;         // BLOCK_HEADING: plain
  struct cmark_node *node; // heading and prose, owned; NULL: nothing to be seen
  char *folder;            // of the notes' file, with '/' at the end, or ""
  struct text source;      // CommonMark, with what stands before it; for an item only that
};

// A line of the contents.
struct page_entry {
  int level;
  char *id, *text;
};

struct page {
  const char *title; // as asked for, or NULL
  char *heading;     // what stands on top
  struct page_item *item;
  size_t n_items, item_capacity;
  struct page_block *block;
  size_t n_blocks, block_capacity;
  struct page_entry *entry;
  size_t n_entries, entry_capacity;
  struct text_list ids; // taken
  struct text_list warnings;
};

void page_free(struct page *page);
void page_warn(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

// One operand, PATH or PATH=CAPTION; "-" is notes from standard input.
bool page_add_operand(struct page *page, const char *operand, struct error *error);
// Reads the file at `path` (taken over) and adds it to the items; *item is its index.  The kind
// is that of the path's ending; it must be one of an item.  caption NULL: none.
bool page_add_item(struct page *page, char *path, const char *caption, size_t *item,
                   struct error *error);
// The kind that a path's ending names; false if none.
bool page_item_kind(const char *path, enum page_item_kind *kind);
struct page_block *page_add_block(struct page *page, enum page_block_kind kind);
void page_add_entry(struct page *page, int level, const char *id, const char *text);
// An id for a heading or a file of this name, as GitHub makes them: lower case, blanks are
// hyphens, other punctuation is left out; numbered if it is taken.  The caller frees.
char *page_make_id(struct page *page, const char *name);
// What follows the last '/'.
const char *page_base_name(const char *path);
// What an item is called in the contents; a figure's caption.
const char *page_item_title(const struct page_item *item);
// The result whose call drew this figure: the one whose --figure ends in most of the same
// names, then one of the same folder, then the first; NULL if none has its name.
const struct report *page_find_call(const struct page *page, const struct page_item *figure);

// ---- reading ----

// Messages of these begin with the path.
//
// A result of a her2 command: everything but the records of its tables.
bool page_read_result(struct page_item *item, struct error *error);
// An SVG picture (SVG 1.1 and the static part of SVG 2, UTF-8 or what XML allows) made fit to
// stand in an HTML page: ids begin with `prefix`, scripts, event handlers, animations, links
// and references to anything outside are left out (the first warning says what), style
// sheets reach the picture only (it must stand in an element with the id `prefix`).
// Refused: no SVG, not well-formed, document type with entities, nothing drawn, too large.
bool page_read_figure(struct page *page, struct page_item *item, const char *prefix,
                      struct error *error);
// Delimited text with a header.
bool page_read_table(struct page_item *item, struct error *error);
// Notes in CommonMark ("-": from standard input), added as blocks.
bool page_add_notes(struct page *page, const char *path, struct error *error);
// Once everything is added: links to files that are on the page go to their place, those to
// other files start at the folder of `output_path` (NULL: at that of the command); links to
// places and files that do not exist are warned of.
void page_link_notes(struct page *page, const char *output_path);

// ---- writing ----

// The path seen from the folder of `from` (NULL or "-": as it is), as far as names alone tell.
// The caller frees.
char *page_relative_path(const char *path, const char *from);
// As the destination of a link, in HTML and CommonMark (RFC 3986: no blanks, parentheses, ...).
void page_append_destination(struct text *output, const char *path);

// Appends a heading or prose as HTML.
void page_append_notes(struct text *output, const struct page_block *block);
void page_free_notes(struct cmark_node *node);
// The words of a call as they can be pasted into a shell.
void page_call_words(const struct text_list *call, struct text_list *word);
// Where the numbers of a result come from, a sentence an entry: input, digest, rows left out,
// tables of the file.
void page_result_origin(const struct page_item *result, struct text_list *origin);

void page_write_html(const struct page *page, struct text *output);
// Links to figures start at the folder of `output_path` (NULL: at that of the command).
void page_write_markdown(const struct page *page, const char *output_path, struct text *output);

#endif
