// SPDX-License-Identifier: GPL-3.0-or-later
// Asks fontconfig for the characters of all fonts.  Gnuplot's cairo terminals draw the box of
// a character that no font has twenty times too large, over everything.
#include <config.h>

#include "report/glyph.h"

#include <fontconfig/fontconfig.h>
#include <stddef.h>

#include "base/memory.h"

enum { N_CHARACTERS = 0x110000 };

static void add_characters(uint32_t *available, const FcCharSet *of_font)
{
  FcChar32 map[FC_CHARSET_MAP_SIZE], next;
  for (FcChar32 first = FcCharSetFirstPage(of_font, map, &next); first != FC_CHARSET_DONE;
       first = FcCharSetNextPage(of_font, map, &next))
    for (FcChar32 i = 0; i < FC_CHARSET_MAP_SIZE; i++)
      if (first / 32 + i < N_CHARACTERS / 32)
        available[first / 32 + i] |= map[i];
}

// A bit a character; NULL if fontconfig knows no font.  Made once: the fonts of a machine do
// not change within a run.
static const uint32_t *available_characters(void)
{
  static uint32_t *available;
  static bool asked;
  if (asked || !FcInit()) {
    asked = true;
    return available;
  }
  asked = true;
  FcPattern *any = FcPatternCreate();
  FcObjectSet *what = FcObjectSetBuild(FC_CHARSET, (char *) NULL);
  FcFontSet *fonts = FcFontList(NULL, any, what);
  if (fonts && fonts->nfont > 0)
    available = NEW_ZEROED(uint32_t, N_CHARACTERS / 32);
  for (int i = 0; fonts && i < fonts->nfont; i++) {
    FcCharSet *of_font;
    if (FcPatternGetCharSet(fonts->fonts[i], FC_CHARSET, 0, &of_font) == FcResultMatch)
      add_characters(available, of_font);
  }
  if (fonts)
    FcFontSetDestroy(fonts);
  FcObjectSetDestroy(what);
  FcPatternDestroy(any);
  FcFini();
  return available;
}

bool glyph_is_available(uint32_t character)
{
  // What every Latin font has needs no question, and a figure of plain text no fontconfig.
  if (character < 0x250)
    return true;
  const uint32_t *available = available_characters();
  return !available || character >= N_CHARACTERS ||
         (available[character / 32] >> character % 32 & 1);
}
