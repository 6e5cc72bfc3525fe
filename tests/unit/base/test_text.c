// SPDX-License-Identifier: GPL-3.0-or-later
// Text, lists of text, likeness, errors.
#include <config.h>

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "tap.h"

static void test_growing(void)
{
  struct text text = {0};
  is_text(text_content(&text), "", "a text never written to");
  for (int i = 0; i < 1000; i++)
    text_append_format(&text, "%d,", i % 10);
  is_integer((long long) text.length, 2000, "a thousand pieces");
  ok(text.bytes[text.length] == '\0', "terminated");
  text_clear(&text);
  is_text(text_content(&text), "", "cleared");
  text_append_bytes(&text, "a\0b", 3);
  is_integer((long long) text.length, 3, "bytes with a zero among them");
  text_free(&text);
  char *taken = text_take(&text);
  is_text(taken, "", "taking from an empty text");
  free(taken);
}

static void test_utf8(void)
{
  size_t bad = 99;
  ok(text_is_utf8("\xc3\xa4\xe4\xb8\xad", 5, NULL), "two characters");
  ok(!text_is_utf8("ab\xff", 3, &bad) && bad == 2, "a byte that is none, at its place");
  ok(!text_is_utf8("\xc0\x80", 2, NULL), "an overlong form");
  ok(!text_is_utf8("\xed\xa0\x80", 3, NULL), "a surrogate");
  ok(!text_is_utf8("\xe4\xb8", 2, NULL), "a cut character");
  is_integer((long long) text_width("abc"), 3, "width of ASCII");
  is_integer((long long) text_width("\xe4\xb8\xad\xe6\x96\x87"), 4, "width of CJK is two each");
  is_integer((long long) text_width("e\xcc\x81"), 1, "a combining mark takes no width");
  is_integer((long long) text_whole_characters("a\xe4\xb8\xad", 3), 1, "cut before a character");
  is_integer((long long) text_whole_characters("a\xe4\xb8\xad", 4), 4, "cut after a character");
}

static void test_lists(void)
{
  struct text_list list = {0};
  text_list_split(&list, " a, b ,,c", ',');
  is_integer((long long) list.n_items, 4, "split keeps empty parts");
  is_text(list.item[1], "b", "and trims blanks");
  ok(text_list_has(&list, "c") && !text_list_has(&list, "d"), "membership");
  char *joined = text_list_join(&list, "|");
  is_text(joined, "a|b||c", "joined");
  free(joined);
  text_list_free(&list);
  is_integer((long long) list.n_items, 0, "freed and empty");
}

static void test_likeness(void)
{
  is_integer((long long) text_distance("kitten", "sitting"), 3, "Levenshtein's example");
  is_integer((long long) text_distance("adc", "acd"), 1, "a swap is one step");
  is_integer((long long) text_distance("ADC", "adc"), 0, "case does not count");
  is_integer((long long) text_distance("", "abc"), 3, "from nothing");
  static const char *const names[] = {"age", "adc", "diameter", "t2_pre"};
  is_text(text_nearest("adcc", names, 4), "adc", "nearest name");
  is_text(text_nearest("diametre", names, 4), "diameter", "nearest name with a swap");
  ok(text_nearest("zzzzzz", names, 4) == NULL, "nothing near");
  ok(text_nearest("x", names, 4) == NULL, "one letter is near nothing");
}

static void test_errors(void)
{
  struct error error = {0};
  ok(!error_set(&error, ERROR_USAGE, "a\nb %d", 7), "error_set returns false");
  is_text(error.message, "a?b 7", "control characters do not break the line");
  error_prefix(&error, "%s", "file.csv:3");
  is_text(error.message, "file.csv:3: a?b 7", "prefix");
  is_integer(error.status, ERROR_USAGE, "the status stays");
  struct text text = {0};
  for (int i = 0; i < 1000; i++)
    text_append(&text, "\xe4\xb8\xad");
  error_set(&error, ERROR_DATA, "%s", text_content(&text));
  ok(text_is_utf8(error.message, strlen(error.message), NULL), "cut at a character");
  ok(strlen(error.message) < sizeof error.message, "cut to size");
  text_free(&text);
  ok(!error_set(NULL, ERROR_DATA, "nobody listens"), "a NULL error is allowed");
}

int main(void)
{
  test_growing();
  test_utf8();
  test_lists();
  test_likeness();
  test_errors();
  return tap_done();
}
