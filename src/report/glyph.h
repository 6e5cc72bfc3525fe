// SPDX-License-Identifier: GPL-3.0-or-later
// Which characters the installed fonts can draw.

#ifndef HER2_REPORT_GLYPH_H
#define HER2_REPORT_GLYPH_H

#include <stdbool.h>
#include <stdint.h>

// True if some installed font has the character, or if fontconfig cannot tell.  Not for
// several threads at once.
bool glyph_is_available(uint32_t character);

#endif
