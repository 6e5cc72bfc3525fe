// SPDX-License-Identifier: GPL-3.0-or-later
// Encodings: byte order marks, the same table in each encoding, sequences that are none.
#include <config.h>

#include "data/encoding.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/table.h"
#include "tap.h"

static struct error error;

static const char cohort[] = "\xe5\xa7\x93\xe5\x90\x8d,\xe7\x8a\xb6\xe6\x80\x81\n"
                             "\xe7\x8e\x8b,\"\xe9\x98\xb3,\xe6\x80\xa7\"\n\xe6\x9d\x8e,\n";
static const char accents[] = "pr\xc3\xa9nom,\xc3\xa2ge\nJos\xc3\xa9,5\nAna\xc3\xafs,6\n";

// From UTF-8, by iconv itself.
static struct text encode(const char *text, const char *encoding)
{
  struct text encoded = {0};
  iconv_t converter = iconv_open(encoding, "UTF-8");
  char *from = (char *) text;
  size_t n_from = strlen(text), n_to = 8 * n_from + 16;
  GROW_ARRAY(encoded.bytes, encoded.capacity, n_to);
  char *to = encoded.bytes;
  if (converter == (iconv_t) -1 || iconv(converter, &from, &n_from, &to, &n_to) == (size_t) -1)
    abort();
  iconv(converter, NULL, NULL, &to, &n_to);
  iconv_close(converter);
  encoded.length = (size_t) (to - encoded.bytes);
  return encoded;
}

static void append_columns(struct text *said, const struct table *table)
{
  for (size_t i = 0; i < table->n_columns; i++) {
    text_append_format(said, "%s:", table->column[i].name);
    for (size_t j = 0; j < table->column[i].n_levels; j++)
      text_append_format(said, " %s", table->column[i].level[j]);
    for (size_t j = 0; j < table->n_rows; j++)
      text_append_format(said, " %g", table->column[i].value[j]);
  }
}

static void reads(const struct text *bytes, const char *encoding, const char *plain, size_t n_notes,
                  const char *name)
{
  struct table table, twin;
  struct text got = {0}, expected = {0};
  if (!table_open_content(&twin, "f", plain, strlen(plain), &(struct table_options){0}, &error) ||
      !table_load_all(&twin, NULL, &error))
    abort();
  append_columns(&expected, &twin);
  if (table_open_content(&table, "f", bytes->bytes, bytes->length,
                         &(struct table_options){.encoding = encoding}, &error)) {
    if (table_load_all(&table, NULL, &error))
      append_columns(&got, &table);
    is_integer((long long) table.notes.n_items, (long long) n_notes, "notes");
    table_free(&table);
  }
  is_text(got.length ? got.bytes : error.message, expected.bytes, name);
  table_free(&twin);
  text_free(&got);
  text_free(&expected);
}

static void test_tables(void)
{
  static const char *const chinese[] = {"GB18030",  "GBK",   "GB2312",  "UTF-16LE",
                                        "UTF-16BE", "UTF-8", "UTF-32LE"};
  for (size_t i = 0; i < sizeof chinese / sizeof *chinese; i++) {
    struct text bytes = encode(cohort, chinese[i]);
    reads(&bytes, chinese[i], cohort, 0, chinese[i]);
    text_free(&bytes);
  }
  static const char *const latin[] = {"windows-1252", "ISO-8859-1", "ISO-8859-15",
                                      "MACINTOSH",    "CP850",      "GB18030"};
  for (size_t i = 0; i < sizeof latin / sizeof *latin; i++) {
    struct text bytes = encode(accents, latin[i]);
    reads(&bytes, latin[i], accents, 0, latin[i]);
    text_free(&bytes);
  }
}

static void test_marks(void)
{
  static const struct {
    const char *mark;
    size_t n;
    const char *encoding;
  } marks[] = {{"\xef\xbb\xbf", 3, "UTF-8"},    {"\xff\xfe", 2, "UTF-16LE"},
               {"\xfe\xff", 2, "UTF-16BE"},     {"\xff\xfe\0\0", 4, "UTF-32LE"},
               {"\0\0\xfe\xff", 4, "UTF-32BE"}, {"\x84\x31\x95\x33", 4, "GB18030"}};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    struct text body = encode(cohort, marks[i].encoding), bytes = {0};
    text_append_bytes(&bytes, marks[i].mark, marks[i].n);
    text_append_bytes(&bytes, body.bytes, body.length);
    is_text(encoding_of_mark(bytes.bytes, bytes.length), marks[i].encoding, "told by its mark");
    reads(&bytes, NULL, cohort, 0, marks[i].encoding);
    reads(&bytes, marks[i].encoding, cohort, 0, "the option says the same");
    reads(&bytes, "KOI8-R", cohort, 1, "the option says something else: noted");
    text_free(&body);
    text_free(&bytes);
  }
  struct text body = encode(cohort, "UTF-16LE"), bytes = {0};
  text_append_bytes(&bytes, "\xff\xfe", 2);
  text_append_bytes(&bytes, body.bytes, body.length);
  reads(&bytes, "UTF-16", cohort, 0, "UTF-16 is what the mark says in full");
  text_free(&body);
  text_free(&bytes);
  ok(!encoding_of_mark("\xef\xbb", 2) && !encoding_of_mark("", 0) && !encoding_of_mark("a,b", 3),
     "no mark");
}

static void refuses(const char *bytes, size_t n, const char *encoding, const char *expected)
{
  struct text text = {0};
  text_append_bytes(&text, bytes, n);
  error = (struct error){0};
  bool good = encoding_convert(&text, encoding, "f", &error);
  is_text(good ? "" : error.message, expected, encoding);
  ok(text.length == n && memcmp(text.bytes, bytes, n) == 0, "the content is as it was");
  text_free(&text);
}

static void test_errors(void)
{
  refuses("a,b\n\xc3\xa4x\xff,1\n", 10, "UTF-8", "f:2: character 3 (byte 0xFF) is not UTF-8 text");
  refuses("a\n\x81,1\n", 6, "windows-1252",
          "f:2: character 1 (byte 0x81) is not windows-1252 text");
  refuses("a\nb\xd0\xd5\xff\xff\n", 8, "GB18030",
          "f:2: character 3 (byte 0xFF) is not GB18030 text");
  refuses("a\nb\xd0", 4, "GB18030", "f:2: character 2: the GB18030 text ends within a character");
  refuses("\xff\xfe"
          "a\0,\0\n\0\0\xd8"
          "b\0",
          12, "UTF-16", "f:2: character 1 (byte 0x00) is not UTF-16 text");
  refuses("a\0b", 3, "UTF-16LE", "f:1: character 2: the UTF-16LE text ends within a character");
  static const char *const wrong[] = {"", "no-such", "GB18030//IGNORE", "UTF-8//TRANSLIT", "/"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    ok(!encoding_check(wrong[i], &error) && error.status == ERROR_USAGE, "%s", error.message);
  ok(encoding_check("gb18030", &error), "names in small letters");
  struct text empty = {0};
  ok(encoding_convert(&empty, "GB18030", "f", &error) && empty.length == 0, "nothing");
  text_free(&empty);
}

int main(void)
{
  test_tables();
  test_marks();
  test_errors();
  return tap_done();
}
