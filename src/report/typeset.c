// SPDX-License-Identifier: GPL-3.0-or-later
// Widths of text: Adobe's font metrics file of Helvetica (1989), thousandths of an em.
#include <config.h>

#include "report/typeset.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

// Blank to tilde.
static const short helvetica[95] = {
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, // !"#$%&'()*+,-./
  556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, // 0-9 :;<=>?
  1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, // @A-O
  667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, // P-Z [\]^_
  333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, // `a-o
  556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,      // p-z {|}~
};

static size_t character_length(const char *c)
{
  unsigned char first = (unsigned char) *c;
  size_t wanted = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4, n = 1;
  while (n < wanted && ((unsigned char) c[n] & 0xc0) == 0x80)
    n++;
  return n;
}

// In em (a terminal: columns).
static double character_width(const struct typeface *typeface, const char *c, size_t length)
{
  unsigned char first = (unsigned char) *c;
  if (!typeface->terminal && length == 1)
    return first >= 0x20 && first < 0x7f ? helvetica[first - 0x20] / 1000.0 : 0.6;
  char alone[5] = {0};
  memcpy(alone, c, length);
  double columns = (double) text_width(alone);
  if (typeface->terminal || columns == 0)
    return columns;
  if (columns > 1 || strstr("\u2026\u2014\u2030\u2122\u00c6\u0152\u00e6\u0153", alone))
    return 1;
  // Greek and Cyrillic have wide letters, Latin with accents and signs seldom.
  return first >= 0xcd && first <= 0xd4 ? 0.72 : 0.62;
}

static double line_width(const struct typeface *typeface, const char *line, size_t n, double size,
                         bool bold)
{
  double width = 0;
  for (size_t i = 0; i < n;) {
    size_t length = character_length(line + i);
    width += character_width(typeface, line + i, length);
    i += length;
  }
  return width * typeface->em * (typeface->terminal ? 1 : bold ? 1.07 * size : size);
}

double typeset_width(const struct typeface *typeface, const char *text, double size, bool bold)
{
  double widest = 0;
  for (const char *line = text;; line++) {
    size_t n = strcspn(line, "\n");
    widest = fmax(widest, line_width(typeface, line, n, size, bold));
    line += n;
    if (!*line)
      return widest;
  }
}

size_t typeset_lines(const char *text)
{
  size_t n = 1;
  for (; *text; text++)
    n += *text == '\n';
  return n;
}

char *typeset_wrap(const struct typeface *typeface, const char *text, double size, bool bold,
                   double width)
{
  char *wrapped = memory_copy_text(text);
  size_t line = 0, blank = 0; // where the line begins; its last blank, or 0
  for (size_t i = 0; wrapped[i]; i++) {
    if (wrapped[i] == '\n') {
      line = i + 1;
      blank = 0;
      continue;
    }
    bool ends = wrapped[i + 1] == ' ' || wrapped[i + 1] == '\n' || !wrapped[i + 1];
    if (wrapped[i] == ' ' && i > line)
      blank = i;
    else if (ends && blank > 0
             && line_width(typeface, wrapped + line, i + 1 - line, size, bold) > width) {
      wrapped[blank] = '\n';
      line = blank + 1;
      blank = 0;
    }
  }
  return wrapped;
}

char *typeset_shorten(const struct typeface *typeface, const char *text, double size, bool bold,
                      double width, size_t n_lines)
{
  static const char ellipsis[] = "\u2026";
  struct text out = {0};
  double dots = line_width(typeface, ellipsis, sizeof ellipsis - 1, size, bold);
  for (const char *line = text;; line++) {
    size_t n = strcspn(line, "\n");
    bool last = --n_lines == 0, more = last && line[n];
    if (more || line_width(typeface, line, n, size, bold) > width) {
      size_t kept = 0, next = 0;
      while (next < n && line_width(typeface, line, next, size, bold) + dots <= width) {
        kept = next;
        next += character_length(line + next);
      }
      if (next >= n && line_width(typeface, line, n, size, bold) + dots <= width)
        kept = n;
      while (kept > 0 && line[kept - 1] == ' ')
        kept--;
      text_append_bytes(&out, line, kept);
      text_append(&out, ellipsis);
    } else {
      text_append_bytes(&out, line, n);
    }
    line += n;
    if (!*line || last)
      return text_take(&out);
    text_append_character(&out, '\n');
  }
}
