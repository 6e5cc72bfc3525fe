// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/memory.h"

void text_free(struct text *text)
{
  free(text->bytes);
  *text = (struct text){0};
}

void text_clear(struct text *text)
{
  text->length = 0;
  if (text->bytes)
    text->bytes[0] = '\0';
}

const char *text_content(const struct text *text)
{
  return text->bytes ? text->bytes : "";
}

char *text_take(struct text *text)
{
  char *bytes = text->bytes ? text->bytes : memory_copy_text("");
  *text = (struct text){0};
  return bytes;
}

void text_append_bytes(struct text *text, const char *more, size_t n)
{
  GROW_ARRAY(text->bytes, text->capacity, text->length + n + 1);
  if (n)
    memcpy(text->bytes + text->length, more, n);
  text->length += n;
  text->bytes[text->length] = '\0';
}

void text_append(struct text *text, const char *more)
{
  text_append_bytes(text, more, strlen(more));
}

void text_append_character(struct text *text, char c)
{
  text_append_bytes(text, &c, 1);
}

void text_append_item(struct text *text, const char *between, const char *item)
{
  if (text->length)
    text_append(text, between);
  text_append(text, item);
}

void text_append_format_list(struct text *text, const char *format, va_list arguments)
{
  va_list again;
  va_copy(again, arguments);
  int n = vsnprintf(NULL, 0, format, arguments);
  if (n > 0) {
    GROW_ARRAY(text->bytes, text->capacity, text->length + (size_t) n + 1);
    vsnprintf(text->bytes + text->length, (size_t) n + 1, format, again);
    text->length += (size_t) n;
  }
  va_end(again);
}

void text_append_format(struct text *text, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  text_append_format_list(text, format, arguments);
  va_end(arguments);
}

char *text_format(const char *format, ...)
{
  struct text text = {0};
  va_list arguments;
  va_start(arguments, format);
  text_append_format_list(&text, format, arguments);
  va_end(arguments);
  return text_take(&text);
}

size_t text_whole_characters(const char *bytes, size_t n)
{
  size_t start = n;
  for (int back = 0; back < 4 && start > 0; back++) {
    unsigned char c = (unsigned char) bytes[--start];
    if ((c & 0xc0) == 0x80)
      continue;
    size_t needs = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return start + needs <= n ? n : start;
  }
  return n;
}

bool text_is_utf8(const char *bytes, size_t n, size_t *bad)
{
  const uint8_t *first = u8_check((const uint8_t *) bytes, n);
  if (first && bad)
    *bad = (size_t) (first - (const uint8_t *) bytes);
  return !first;
}

size_t text_width(const char *text)
{
  int width = u8_strwidth((const uint8_t *) text, "UTF-8");
  return width > 0 ? (size_t) width : 0;
}

bool text_equal(const char *a, const char *b)
{
  return a && b ? strcmp(a, b) == 0 : a == b;
}

bool text_starts(const char *text, const char *start)
{
  return strncmp(text, start, strlen(start)) == 0;
}

bool text_ends(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

void text_list_free(struct text_list *list)
{
  for (size_t i = 0; i < list->n_items; i++)
    free(list->item[i]);
  free(list->item);
  *list = (struct text_list){0};
}

void text_list_adopt(struct text_list *list, char *item)
{
  GROW_ARRAY(list->item, list->capacity, list->n_items + 1);
  list->item[list->n_items++] = item;
}

void text_list_add(struct text_list *list, const char *item)
{
  text_list_adopt(list, memory_copy_text(item));
}

bool text_list_has(const struct text_list *list, const char *item)
{
  for (size_t i = 0; i < list->n_items; i++)
    if (strcmp(list->item[i], item) == 0)
      return true;
  return false;
}

void text_list_split(struct text_list *list, const char *text, char separator)
{
  for (;;) {
    const char *end = strchr(text, separator);
    size_t n = end ? (size_t) (end - text) : strlen(text);
    const char *start = text;
    while (n && isblank((unsigned char) *start))
      start++, n--;
    while (n && isblank((unsigned char) start[n - 1]))
      n--;
    text_list_adopt(list, memory_copy_bytes(start, n));
    if (!end)
      return;
    text = end + 1;
  }
}

char *text_list_join(const struct text_list *list, const char *between)
{
  struct text joined = {0};
  for (size_t i = 0; i < list->n_items; i++) {
    if (i)
      text_append(&joined, between);
    text_append(&joined, list->item[i]);
  }
  return text_take(&joined);
}

size_t text_distance(const char *a, const char *b)
{
  size_t n = strlen(a), m = strlen(b), width = m + 1;
  // Three rows of the dynamic programme: two back, one back, this one.
  size_t *rows = NEW_ARRAY(size_t, 3 * width);
  size_t *before = rows, *last = rows + width, *now = rows + 2 * width;
  for (size_t j = 0; j <= m; j++)
    last[j] = j;
  for (size_t i = 1; i <= n; i++) {
    now[0] = i;
    int ca = tolower((unsigned char) a[i - 1]);
    for (size_t j = 1; j <= m; j++) {
      int cb = tolower((unsigned char) b[j - 1]);
      size_t best = last[j - 1] + (ca != cb);
      if (last[j] + 1 < best)
        best = last[j] + 1;
      if (now[j - 1] + 1 < best)
        best = now[j - 1] + 1;
      if (i > 1 && j > 1 && ca == tolower((unsigned char) b[j - 2]) &&
          cb == tolower((unsigned char) a[i - 2]) && before[j - 2] + 1 < best)
        best = before[j - 2] + 1;
      now[j] = best;
    }
    size_t *spare = before;
    before = last;
    last = now;
    now = spare;
  }
  size_t distance = last[m];
  free(rows);
  return distance;
}

const char *text_nearest(const char *wrong, const char *const *candidates, size_t n_candidates)
{
  const char *nearest = NULL;
  size_t least = (size_t) -1;
  for (size_t i = 0; i < n_candidates; i++) {
    size_t longer = strlen(wrong) > strlen(candidates[i]) ? strlen(wrong) : strlen(candidates[i]);
    size_t distance = text_distance(wrong, candidates[i]);
    if (distance < least && distance <= (longer + 2) / 3 && distance < longer) {
      least = distance;
      nearest = candidates[i];
    }
  }
  return nearest;
}

char *text_suggestion(const char *wrong, const char *const *candidates, size_t n_candidates)
{
  const char *nearest = text_nearest(wrong, candidates, n_candidates);
  return nearest ? text_format("; did you mean '%s'?", nearest) : memory_copy_text("");
}
