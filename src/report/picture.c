// SPDX-License-Identifier: GPL-3.0-or-later
// Checks and repairs of finished pictures.
//
// PNG: ISO/IEC 15948, 5.3 (chunks) and 11.3.5.3 (pHYs).  PDF: ISO 32000-1, 7.5 and 14.3.3.
// EPS: Adobe Technical Note 5001 (document structuring conventions).  SVG: XML 1.0, where
// a '<' in text is always written &lt;, so that every '<' begins a tag.
#include <config.h>

#include "report/picture.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/digest.h"

static bool begins(const struct text *picture, const char *magic)
{
  size_t n = strlen(magic);
  return picture->length >= n && memcmp(picture->bytes, magic, n) == 0;
}

// White space after the trailer does not count.
static bool ends(const struct text *picture, const char *trailer)
{
  size_t length = picture->length, n = strlen(trailer);
  while (length > 0 && strchr(" \r\n", picture->bytes[length - 1]))
    length--;
  return length >= n && memcmp(picture->bytes + length - n, trailer, n) == 0;
}

static bool incomplete(const struct text *picture, const char *format, struct error *error)
{
  if (picture->length == 0)
    return error_set(error, ERROR_DATA, "nothing was drawn");
  return error_set(error, ERROR_DATA, "what was drawn is not a whole %s file (disk full?)", format);
}

// ---- PNG ----

static uint32_t read_big_endian(const char *bytes)
{
  const unsigned char *b = (const unsigned char *) bytes;
  return (uint32_t) b[0] << 24 | (uint32_t) b[1] << 16 | (uint32_t) b[2] << 8 | b[3];
}

static void write_big_endian(char *bytes, uint32_t value)
{
  for (int i = 0; i < 4; i++)
    bytes[i] = (char) (value >> (24 - 8 * i) & 0xff);
}

static uint32_t checksum(const char *bytes, size_t n)
{
  return (uint32_t) crc32(0, (const Bytef *) bytes, (uInt) n);
}

bool picture_finish_png(struct text *picture, double dots_per_inch, struct error *error)
{
  enum { SIGNATURE = 8, FRAME = 12 }; // length, type and checksum of a chunk
  static const char signature[SIGNATURE + 1] = "\x89PNG\r\n\x1a\n";
  if (!begins(picture, signature))
    return incomplete(picture, "PNG", error);
  size_t at = SIGNATURE, header_end = 0;
  bool ended = false;
  while (!ended) {
    if (picture->length - at < FRAME)
      return incomplete(picture, "PNG", error);
    const char *chunk = picture->bytes + at;
    uint32_t length = read_big_endian(chunk);
    if (length > picture->length - at - FRAME
        || checksum(chunk + 4, 4 + length) != read_big_endian(chunk + 8 + length)
        || (at == SIGNATURE) != (memcmp(chunk + 4, "IHDR", 4) == 0))
      return incomplete(picture, "PNG", error);
    ended = memcmp(chunk + 4, "IEND", 4) == 0;
    at += FRAME + length;
    if (header_end == 0)
      header_end = at;
  }
  if (at != picture->length)
    return incomplete(picture, "PNG", error);

  char physical[FRAME + 9];
  uint32_t dots_per_metre = (uint32_t) lround(dots_per_inch / 0.0254);
  write_big_endian(physical, 9);
  memcpy(physical + 4, "pHYs", 4);
  write_big_endian(physical + 8, dots_per_metre);
  write_big_endian(physical + 12, dots_per_metre);
  physical[16] = 1;
  write_big_endian(physical + 17, checksum(physical + 4, 13));
  struct text whole = {0};
  text_append_bytes(&whole, picture->bytes, header_end);
  text_append_bytes(&whole, physical, sizeof physical);
  text_append_bytes(&whole, picture->bytes + header_end, picture->length - header_end);
  text_free(picture);
  *picture = whole;
  return true;
}

// ---- PDF and EPS ----

static char *find(char *bytes, size_t n, const char *wanted)
{
  return memmem(bytes, n, wanted, strlen(wanted));
}

bool picture_finish_pdf(struct text *picture, struct error *error)
{
  if (!begins(picture, "%PDF-1.") || !ends(picture, "%%EOF")
      || !find(picture->bytes, picture->length, "startxref"))
    return incomplete(picture, "PDF", error);
  // Blanks keep every offset of the cross-reference table.
  char *end = picture->bytes + picture->length;
  char *date = find(picture->bytes, picture->length, "/CreationDate (D:");
  char *close = date ? memchr(date, ')', (size_t) (end - date)) : NULL;
  if (close)
    memset(date, ' ', (size_t) (close + 1 - date));
  return true;
}

bool picture_finish_eps(struct text *picture, struct error *error)
{
  if (!begins(picture, "%!PS-Adobe-") || !ends(picture, "%%EOF"))
    return incomplete(picture, "EPS", error);
  char *comments_end = find(picture->bytes, picture->length, "\n%%EndComments");
  char *date = find(picture->bytes, picture->length, "\n%%CreationDate:");
  if (date && comments_end && date < comments_end) {
    char *next = strchr(date + 1, '\n');
    size_t left = picture->length - (size_t) (next - picture->bytes);
    memmove(date, next, left + 1);
    picture->length -= (size_t) (next - date);
  }
  return true;
}

// ---- SVG ----

static void append_escaped(struct text *out, const char *text)
{
  for (; *text; text++)
    switch (*text) {
    case '&': text_append(out, "&amp;"); break;
    case '<': text_append(out, "&lt;"); break;
    case '>': text_append(out, "&gt;"); break;
    default: text_append_character(out, (unsigned char) *text < 0x20 ? ' ' : *text);
    }
}

// What a tag's pieces are changed into; %s is the prefix.
static const struct {
  const char *before, *after;
} tag_changes[] = {
  {" id='", " id='%s-"},
  {" id=\"", " id=\"%s-"},
  {"href='#", "href='#%s-"},
  {"href=\"#", "href=\"#%s-"},
  {"url(#", "url(#%s-"},
#define SUBSTITUTES ", Liberation Sans, Helvetica, sans-serif\""
  {" font-family=\"" PICTURE_SVG_FAMILY "\"", " font-family=\"" PICTURE_SVG_FAMILY SUBSTITUTES},
  {" font-family=\"" PICTURE_SVG_FAMILY ":Bold\"",
   " font-family=\"" PICTURE_SVG_FAMILY SUBSTITUTES " font-weight=\"bold\""},
};

// One tag, "<" to ">".
static void append_tag(struct text *out, const char *tag, size_t n, const char *prefix)
{
  for (size_t i = 0; i < n;) {
    bool done = false;
    for (size_t j = 0; j < sizeof tag_changes / sizeof *tag_changes && !done; j++) {
      size_t length = strlen(tag_changes[j].before);
      if (n - i > length && memcmp(tag + i, tag_changes[j].before, length) == 0) {
        const char *after = tag_changes[j].after, *place = strstr(after, "%s");
        text_append_bytes(out, after, place ? (size_t) (place - after) : strlen(after));
        if (place) {
          text_append(out, prefix);
          text_append(out, place + 2);
        }
        i += length;
        done = true;
      }
    }
    if (!done)
      text_append_character(out, tag[i++]);
  }
}

// Takes back what was written since the last `start`.
static void take_back(struct text *out, const char *start)
{
  size_t n = strlen(start);
  for (size_t i = out->length; i-- > 0;)
    if (out->length - i >= n && memcmp(out->bytes + i, start, n) == 0) {
      out->length = i;
      out->bytes[i] = '\0';
      return;
    }
}

bool picture_finish_svg(struct text *picture, const char *title, struct error *error)
{
  static const char title_tag[] = "<title>", title_end[] = "</title>";
  static const char empty[] = "<text></text>\n\t</g>";
  if (!begins(picture, "<?xml") || !ends(picture, "</svg>"))
    return incomplete(picture, "SVG", error);
  char digest[65], prefix[16];
  digest_bytes(picture->bytes, picture->length, digest);
  memcpy(prefix, "f", 1);
  memcpy(prefix + 1, digest, 10);
  prefix[11] = '\0';

  struct text out = {0};
  bool first = true;
  const char *p = picture->bytes, *end = p + picture->length;
  while (p < end) {
    if (*p != '<') {
      const char *next = memchr(p, '<', (size_t) (end - p));
      next = next ? next : end;
      // XML forbids "]]>" in text; gnuplot leaves every '>' as it is.
      for (; p < next; p++)
        if (*p == '>')
          text_append(&out, "&gt;");
        else
          text_append_character(&out, *p);
      continue;
    }
    if (text_starts(p, title_tag)) {
      const char *close = strstr(p, title_end);
      if (!close)
        break;
      if (first && title) {
        text_append(&out, title_tag);
        append_escaped(&out, title);
        text_append(&out, title_end);
      }
      first = false;
      p = close + sizeof title_end - 1;
      continue;
    }
    if (text_starts(p, empty)) {
      take_back(&out, "<g ");
      p += sizeof empty - 1;
      continue;
    }
    const char *close = memchr(p, '>', (size_t) (end - p));
    if (!close)
      break;
    append_tag(&out, p, (size_t) (close + 1 - p), prefix);
    p = close + 1;
  }
  bool good = p == end;
  if (good) {
    text_free(picture);
    *picture = out;
    return true;
  }
  text_free(&out);
  return incomplete(picture, "SVG", error);
}

// ---- text ----

bool picture_finish_text(struct text *picture, size_t n_lines, struct error *error)
{
  size_t found = 0;
  struct text out = {0};
  const char *p = text_content(picture), *end = p + picture->length;
  if (*p == '\f')
    p++;
  while (p < end) {
    const char *newline = memchr(p, '\n', (size_t) (end - p));
    if (!newline)
      break;
    size_t n = (size_t) (newline - p);
    while (n > 0 && p[n - 1] == ' ')
      n--;
    text_append_bytes(&out, p, n);
    text_append_character(&out, '\n');
    found++;
    p = newline + 1;
  }
  bool good = p == end && found == n_lines;
  if (!good) {
    text_free(&out);
    return incomplete(picture, "text", error);
  }
  text_free(picture);
  *picture = out;
  return true;
}
