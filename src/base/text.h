// SPDX-License-Identifier: GPL-3.0-or-later
// Text that grows, and what is asked of text: width, validity, likeness.
//
// All text is UTF-8.  A struct text starts as {0}; text_free leaves it empty and
// usable again.

#ifndef HER2_BASE_TEXT_H
#define HER2_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
  char *bytes;     // terminated whenever it is not NULL
  size_t length;   // bytes, the terminator not counted
  size_t capacity;
};

void text_free(struct text *text);
void text_clear(struct text *text); // empties, keeps the memory
// The bytes, "" for a text that was never written to.
const char *text_content(const struct text *text);
// Gives the bytes to the caller, who frees them; the text is left empty.
char *text_take(struct text *text);

void text_append(struct text *text, const char *more);
void text_append_bytes(struct text *text, const char *more, size_t n);
void text_append_character(struct text *text, char c);
void text_append_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_append_format_list(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
// Appends an item of an enumeration: `between` first, unless the text is empty.
void text_append_item(struct text *text, const char *between, const char *item);
// A formatted string that the caller frees.
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The largest m <= n such that the first m bytes end at a character boundary.
size_t text_whole_characters(const char *bytes, size_t n);
// True if the n bytes are well-formed UTF-8; if not, *bad (may be NULL) is the
// offset of the first byte that is not.
bool text_is_utf8(const char *bytes, size_t n, size_t *bad);
// Columns that the text takes in a terminal with a fixed-width font (CJK
// characters two, combining marks none).
size_t text_width(const char *text);

bool text_equal(const char *a, const char *b); // NULL equals NULL only
bool text_starts(const char *text, const char *start);
bool text_ends(const char *text, const char *end);

// A list of strings that owns them.  Starts as {0}.
struct text_list {
  char **item;
  size_t n_items, capacity;
};
void text_list_free(struct text_list *list);
void text_list_add(struct text_list *list, const char *item);      // copies
void text_list_adopt(struct text_list *list, char *item);          // takes over
bool text_list_has(const struct text_list *list, const char *item);
// Splits at `separator`, blanks around the parts removed, empty parts kept.
void text_list_split(struct text_list *list, const char *text, char separator);
// The parts joined by `between`; the caller frees.
char *text_list_join(const struct text_list *list, const char *between);

// Damerau-Levenshtein distance in bytes, letters compared without case.
size_t text_distance(const char *a, const char *b);
// The candidate nearest to `wrong`, or NULL if none is near enough to be what
// was meant (distance at most a third of the longer of the two, rounded up).
const char *text_nearest(const char *wrong, const char *const *candidates, size_t n_candidates);
// "; did you mean 'NAME'?" for the nearest candidate, "" if there is none; the caller frees.
char *text_suggestion(const char *wrong, const char *const *candidates, size_t n_candidates);

#endif
