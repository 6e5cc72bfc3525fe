// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a table in some encoding: what is converted is UTF-8 and what iconv gives in one
// go, and a table read in its encoding is that of the converted text.  The first byte chooses
// the encoding.  Built by clang -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include <iconv.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/encoding.h"
#include "data/statfile.h"
#include "data/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static const char *const encodings[] = {"UTF-16",       "GB18030", "windows-1252", "UTF-16LE",
                                        "SHIFT_JIS",    "BIG5",    "EUC-KR",       "UTF-32",
                                        "ISO-2022-JP",  "UTF-7",   "KOI8-R",       NULL};
enum { N_ENCODINGS = sizeof encodings / sizeof *encodings };

// With room for anything.  Another converter stays open, so that its library is loaded once.
static bool convert_at_once(const char *content, size_t size, size_t encoding,
                            struct text *converted)
{
  static iconv_t kept[N_ENCODINGS];
  size_t room = 16 * size + 64, left = size;
  char *from = memory_copy_bytes(content, size), *to = NEW_ARRAY(char, room);
  char *from_end = from, *to_end = to;
  if (!kept[encoding])
    kept[encoding] = iconv_open("UTF-8", encodings[encoding]);
  iconv_t converter = iconv_open("UTF-8", encodings[encoding]);
  bool good = iconv(converter, &from_end, &left, &to_end, &room) != (size_t) -1 && left == 0 &&
              iconv(converter, NULL, NULL, &to_end, &room) != (size_t) -1;
  iconv_close(converter);
  text_append_bytes(converted, to, (size_t) (to_end - to));
  free(from);
  free(to);
  return good;
}

// Names and cells, or the message.
static bool read_table(const char *content, size_t size, const char *encoding, struct text *out)
{
  struct table table;
  struct error error = {0};
  struct text_list refused = {0};
  if (!table_open_content(&table, "input", content, size,
                          &(struct table_options){.encoding = encoding}, &error)) {
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
    return false;
  }
  bool good = table_load_all(&table, &refused, &error);
  for (size_t i = 0; i < table.n_columns && good; i++) {
    const struct column *column = &table.column[i];
    text_append_format(out, "%zu <%s> %u", i, column->name, column->type);
    for (size_t j = 0; j < column->n_levels; j++)
      text_append_format(out, " <%s>", column->level[j]);
    for (size_t row = 0; row < table.n_rows && column->type != COLUMN_UNLOADED; row++)
      if (isnan(column->value[row]))
        text_append(out, " -");
      else
        text_append_format(out, " %a", column->value[row]);
  }
  for (size_t i = 0; i < refused.n_items; i++)
    text_append_format(out, "\n%s", refused.item[i]);
  text_list_free(&refused);
  table_free(&table);
  return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  size_t which = data[0] % N_ENCODINGS;
  const char *encoding = encodings[which];
  const char *content = (const char *) data + 1;
  struct error error = {0};
  struct text text = {0}, plain = {0}, before = {0}, after = {0};
  text_append_bytes(&text, content, size - 1);
  bool converts = encoding && encoding_convert(&text, encoding, "input", &error);
  bool read = read_table(content, size - 1, encoding, &before);
  if (encoding) {
    demand(converts == convert_at_once(content, size - 1, which, &plain));
    demand(converts || text_is_utf8(error.message, strlen(error.message), NULL));
  }
  if (converts) {
    demand(text.length == plain.length &&
           memcmp(text_content(&text), text_content(&plain), text.length) == 0);
    demand(text_is_utf8(text_content(&text), text.length, NULL));
  }
  // (A byte order mark goes before what was asked for.  By its first bytes a text may be no text
  // in one form and be one in the other.)
  if (converts && read && !encoding_of_mark(content, size - 1) &&
      statfile_recognize(content, size - 1) == STATFILE_NONE &&
      statfile_recognize(text_content(&text), text.length) == STATFILE_NONE &&
      !encoding_of_mark(text_content(&text), text.length) &&
      read_table(text_content(&text), text.length, NULL, &after))
    demand(before.length == after.length &&
           memcmp(text_content(&before), text_content(&after), before.length) == 0);
  text_free(&text);
  text_free(&plain);
  text_free(&before);
  text_free(&after);
  return 0;
}
