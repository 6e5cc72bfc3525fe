// SPDX-License-Identifier: GPL-3.0-or-later
// Asks fontconfig for the union of the characters of all fonts.  Gnuplot's cairo terminals
// draw the box of a character that no font has twenty times too large, over everything.
#include <config.h>

#include "report/glyph.h"

#include <fontconfig/fontconfig.h>
#include <stddef.h>

// All characters, found once; the fonts of a machine do not change within a run.
static FcCharSet *available_characters(void)
{
  static FcCharSet *all;
  static bool asked;
  if (asked)
    return all;
  asked = true;
  if (!FcInit())
    return NULL;
  FcPattern *any = FcPatternCreate();
  FcObjectSet *what = FcObjectSetBuild(FC_CHARSET, (char *) NULL);
  FcFontSet *fonts = FcFontList(NULL, any, what);
  all = FcCharSetCreate();
  for (int i = 0; fonts && i < fonts->nfont; i++) {
    FcCharSet *of_font;
    FcBool changed;
    if (FcPatternGetCharSet(fonts->fonts[i], FC_CHARSET, 0, &of_font) == FcResultMatch)
      FcCharSetMerge(all, of_font, &changed);
  }
  if (fonts)
    FcFontSetDestroy(fonts);
  FcObjectSetDestroy(what);
  FcPatternDestroy(any);
  return all;
}

bool glyph_is_available(uint32_t character)
{
  // What every Latin font has needs no question, and a figure of plain text no fontconfig.
  if (character < 0x250)
    return true;
  FcCharSet *all = available_characters();
  return !all || FcCharSetCount(all) == 0 || FcCharSetHasChar(all, character);
}
