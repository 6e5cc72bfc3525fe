// SPDX-License-Identifier: GPL-3.0-or-later
// A finished picture file: is it whole, and does it hold what changes from run to run?

#ifndef HER2_REPORT_PICTURE_H
#define HER2_REPORT_PICTURE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

// Each checks that `picture` is a whole file of its format, false with a filled error if
// not, and makes it the same for every run.
//
// PNG: every chunk to IEND, checksums included; the resolution (dots per inch) is put in.
bool picture_finish_png(struct text *picture, double dots_per_inch, struct error *error);
// PDF: header to end-of-file mark; the date of creation is blanked.
bool picture_finish_pdf(struct text *picture, struct error *error);
// Encapsulated PostScript: header to end-of-file comment; the date comment is dropped.
bool picture_finish_eps(struct text *picture, struct error *error);
// SVG: XML declaration to </svg>.  Identifiers become unique to the picture (several may
// stand in one HTML page); the font PICTURE_SVG_FAMILY gets substitutes, and a weight in
// place of ":Bold"; names of curves (tooltips in a browser) and empty texts are dropped;
// `title` (NULL: none) becomes the picture's.
#define PICTURE_SVG_FAMILY "Arial"
bool picture_finish_svg(struct text *picture, const char *title, struct error *error);
// Lines of text, exactly n of them; blanks at their ends and a form feed at the start go.
bool picture_finish_text(struct text *picture, size_t n_lines, struct error *error);

#endif
