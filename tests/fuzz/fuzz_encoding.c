// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a table in some encoding: no crash, and what is accepted is UTF-8.  Built by
// clang -fsanitize=fuzzer,address.
#include <config.h>

#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "data/encoding.h"
#include "data/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const encodings[] = {"UTF-16",       "GB18030", "windows-1252", "UTF-16LE",
                                          "SHIFT_JIS",    "BIG5",    "EUC-KR",       "UTF-32",
                                          "ISO-2022-JP",  "UTF-7",   "KOI8-R",       NULL};
  if (size == 0)
    return 0;
  const char *encoding = encodings[data[0] % (sizeof encodings / sizeof *encodings)];
  const char *content = (const char *) data + 1;
  struct table table;
  struct error error;
  struct text text = {0};
  text_append_bytes(&text, content, size - 1);
  if (encoding && encoding_convert(&text, encoding, "input", &error) &&
      !text_is_utf8(text_content(&text), text.length, NULL))
    abort();
  text_free(&text);
  if (table_open_content(&table, "input", content, size - 1,
                         &(struct table_options){.encoding = encoding}, &error)) {
    struct text_list refused = {0};
    table_load_all(&table, &refused, &error);
    text_list_free(&refused);
    table_free(&table);
  }
  return 0;
}
