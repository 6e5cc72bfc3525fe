// SPDX-License-Identifier: GPL-3.0-or-later
// Messages: one line of UTF-8, whatever stands in the names and cells that they quote.
#include <config.h>

#include "base/error.h"

#include <string.h>

#include "base/text.h"
#include "tap.h"

static void test_setting(void)
{
  struct error error = {0};
  ok(!error_set(&error, ERROR_DATA, "%s:%d: no number", "a.csv", 3), "setting is false");
  ok(error.status == ERROR_DATA, "the status");
  ok(strcmp(error.message, "a.csv:3: no number") == 0, "the message");
  ok(!error_prefix(&error, "%s", "her2"), "so is putting words in front");
  ok(strcmp(error.message, "her2: a.csv:3: no number") == 0, "words in front");
  ok(!error_set(NULL, ERROR_DATA, "x") && !error_prefix(NULL, "x"), "nobody asks why");
}

static void test_tidying(void)
{
  static const struct {
    const char *given, *expected, *name;
  } cases[] = {
      {"a\nb\tc\x1b[0m\x7f", "a?b?c?[0m?", "control characters"},
      {"\xff\xff", "??", "bytes that begin no character"},
      {"caf\xe9", "caf?", "Latin-1 at the end"},
      {"\xe9t\xe9 1", "?t? 1", "Latin-1"},
      {"x\xc3\xa9\xc3", "x\xc3\xa9?", "half a character behind a whole one"},
      {"\xed\xa0\x80", "???", "a surrogate"},
      {"\xe2\x89\xa4 \xf0\x9f\xa7\xac", "\xe2\x89\xa4 \xf0\x9f\xa7\xac", "what is good stays"},
      {"", "", "nothing"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct error error;
    error_set(&error, ERROR_DATA, "%s", cases[i].given);
    ok(strcmp(error.message, cases[i].expected) == 0, "%s", cases[i].name);
    error_set(&error, ERROR_DATA, "end");
    error_prefix(&error, "%s", cases[i].given);
    ok(text_starts(error.message, cases[i].expected) && text_ends(error.message, ": end"),
       "%s, in front", cases[i].name);
  }
}

// Cut anywhere, with characters of every length at the cut.
static void test_cutting(void)
{
  static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x89\xa4", "\xf0\x9f\xa7\xac",
                                           "\xe9"};
  size_t n_bad = 0;
  for (size_t i = 0; i < sizeof characters / sizeof *characters; i++)
    for (size_t before = 1010; before < 1030; before++) {
      struct text text = {0};
      struct error error;
      for (size_t j = 0; j < before; j++)
        text_append_character(&text, 'a');
      for (size_t j = 0; j < 10; j++)
        text_append(&text, characters[i]);
      error_set(&error, ERROR_DATA, "%s", text_content(&text));
      size_t length = strlen(error.message);
      n_bad += !text_is_utf8(error.message, length, NULL) || length < 1020;
      error_prefix(&error, "%s", text_content(&text));
      length = strlen(error.message);
      n_bad += !text_is_utf8(error.message, length, NULL) || length < 1020;
      text_free(&text);
    }
  ok(n_bad == 0, "cut at a whole character");
}

int main(void)
{
  test_setting();
  test_tidying();
  test_cutting();
  return tap_done();
}
