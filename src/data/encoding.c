// SPDX-License-Identifier: GPL-3.0-or-later
// Text in other encodings.  Byte order marks: The Unicode Standard 15.0, section 23.8.
#include <config.h>

#include "data/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/memory.h"

const char *encoding_of_mark(const char *content, size_t length)
{
  // UTF-32's little-endian mark begins as UTF-16's does, so it comes first.
  static const struct {
    const char *bytes;
    size_t n_bytes;
    const char *encoding;
  } mark[] = {
      {"\xef\xbb\xbf", 3, "UTF-8"},    {"\xff\xfe\0\0", 4, "UTF-32LE"},
      {"\0\0\xfe\xff", 4, "UTF-32BE"}, {"\xff\xfe", 2, "UTF-16LE"},
      {"\xfe\xff", 2, "UTF-16BE"},     {"\x84\x31\x95\x33", 4, "GB18030"},
  };
  for (size_t i = 0; i < sizeof mark / sizeof *mark; i++)
    if (length >= mark[i].n_bytes && memcmp(content, mark[i].bytes, mark[i].n_bytes) == 0)
      return mark[i].encoding;
  return NULL;
}

static iconv_t open_converter(const char *encoding)
{
  // To iconv no name is the locale's encoding, and what follows a slash says how to hide errors.
  if (!*encoding || strchr(encoding, '/'))
    return (iconv_t) -1;
  return iconv_open("UTF-8", encoding);
}

bool encoding_check(const char *encoding, struct error *error)
{
  iconv_t converter = open_converter(encoding);
  if (converter == (iconv_t) -1)
    return error_set(error, ERROR_USAGE, "unknown encoding '%s' (`iconv -l` lists them)", encoding);
  iconv_close(converter);
  return true;
}

// What is wrong behind the part of the text that was converted.
static bool tell_bad_text(const struct text *converted, unsigned char byte, bool cut,
                          const char *encoding, const char *name, struct error *error)
{
  size_t line = 1, character = 1;
  for (size_t i = 0; i < converted->length; i++) {
    char c = converted->bytes[i];
    if (c == '\n') {
      line++;
      character = 1;
    } else {
      character += ((unsigned char) c & 0xc0) != 0x80;
    }
  }
  // A byte order mark is no character of the first line.
  if (line == 1 && converted->length >= 3 && memcmp(converted->bytes, "\xef\xbb\xbf", 3) == 0)
    character--;
  if (cut)
    return error_set(error, ERROR_DATA,
                     "%s:%zu: character %zu: the %s text ends within a character", name, line,
                     character, encoding);
  return error_set(error, ERROR_DATA, "%s:%zu: character %zu (byte 0x%02X) is not %s text", name,
                   line, character, byte, encoding);
}

bool encoding_convert(struct text *content, const char *encoding, const char *name,
                      struct error *error)
{
  if (!encoding_check(encoding, error))
    return false;
  iconv_t converter = open_converter(encoding);
  struct text converted = {0};
  GROW_ARRAY(converted.bytes, converted.capacity, content->length + 64);
  char *from = content->bytes;
  size_t n_from = content->length;
  bool good = true, flushing = n_from == 0;
  for (;;) {
    GROW_ARRAY(converted.bytes, converted.capacity, converted.length + 64);
    char *to = converted.bytes + converted.length;
    size_t n_to = converted.capacity - converted.length - 1;
    size_t status = iconv(converter, flushing ? NULL : &from, &n_from, &to, &n_to);
    converted.length = (size_t) (to - converted.bytes);
    if (status != (size_t) -1 && flushing)
      break;
    if (status != (size_t) -1) {
      flushing = true;
    } else if (errno != E2BIG) {
      good =
          tell_bad_text(&converted, (unsigned char) *from, errno == EINVAL, encoding, name, error);
      break;
    } else {
      GROW_ARRAY(converted.bytes, converted.capacity, converted.length + n_from + 64);
    }
  }
  iconv_close(converter);
  if (!good) {
    text_free(&converted);
    return false;
  }
  converted.bytes[converted.length] = '\0';
  text_free(content);
  *content = converted;
  return true;
}
