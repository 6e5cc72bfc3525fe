// SPDX-License-Identifier: GPL-3.0-or-later
// How much room text takes, and text that is made to fit.

#ifndef HER2_REPORT_TYPESET_H
#define HER2_REPORT_TYPESET_H

#include <stdbool.h>
#include <stddef.h>

// A typeface at the size of tick labels, lengths in centimetres.  In a terminal every
// size is one size.
struct typeface {
  double em;          // the font size; a column in a terminal
  double line;        // from one line to the next
  bool terminal;
};

// The widest of the text's lines.  Helvetica's metrics, which Arial and Liberation Sans
// share; other scripts are estimated on the safe side.
double typeset_width(const struct typeface *typeface, const char *text, double size, bool bold);
size_t typeset_lines(const char *text); // 1 for ""
// Breaks lines at blanks so that none is wider than `width`, but for single words that
// are; the caller frees.
char *typeset_wrap(const struct typeface *typeface, const char *text, double size, bool bold,
                   double width);
// Lines wider than `width` cut and ended by an ellipsis, at most `n_lines` lines; the
// caller frees.
char *typeset_shorten(const struct typeface *typeface, const char *text, double size, bool bold,
                      double width, size_t n_lines);

#endif
