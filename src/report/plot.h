// SPDX-License-Identifier: GPL-3.0-or-later
// Figures: panels with axes, series and words.  Knows nothing of gnuplot.
//
// A figure owns everything that is put into it (arrays and strings are copied).  All
// text is plain text: nothing in it is markup, and '\n' parts lines; a quote ' is drawn
// as a typographic one.  NaN in a line breaks it; NaN elsewhere leaves the mark out.  An
// infinite end of a segment, rectangle or band stands at the end of the axis (an unbounded
// confidence limit); infinite points are left out as NaN is.  On a logarithmic axis, 0 and
// below count as -infinity.

#ifndef HER2_REPORT_PLOT_H
#define HER2_REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

// One look for each series index 0, 1, 2, ...: colour, dash, point shape and fill all
// differ, so that series are told apart in grey and by the colour-blind.
enum mark_kind {
  MARK_LINE,      // x, y
  MARK_STEP,      // x, y: horizontal first, then vertical (ROC curves)
  MARK_POINTS,    // x, y
  MARK_BAND,      // x, y (low), y2 (high): filled between
  MARK_RECTANGLE, // x, y to x2, y2: bars and boxes, filled and outlined
  MARK_SEGMENT,   // x, y to x2, y2: whiskers, medians, spikes
};

struct plot_mark {
  enum mark_kind kind;
  int style;          // series index; -1: thin grey helper (diagonals, grids)
  double line_width;  // 1 is normal; 0: none
  double point_size;  // 1 is normal
  double opacity;     // fill and points: 0 (none) to 1; bands begin with 0.25, others with 1
  char *legend;       // NULL: not in the legend; marks of the same legend share an entry
  double *x, *y, *x2, *y2; // n each; those that the kind does not use are NULL
  size_t n;
};

struct plot_word {
  double x, y;        // in axis units: the middle of the text's height; outside the axes'
                      // limits is allowed, the margin grows
  enum { WORD_LEFT, WORD_CENTRE, WORD_RIGHT } align; // the text's end that stands at x
  double size;        // 1 is the tick labels' size
  char *text;
};

struct plot_tick {
  double at;
  char *label;        // '\n' for a second line
};

struct plot_axis {
  char *label;
  double low, high;   // low == high: from the data, with room; low > high: turned round
  bool logarithmic;
  bool hidden;        // no ticks and no line
  struct plot_tick *tick; // none: chosen by the renderer
  size_t n_ticks, tick_capacity;
};

enum legend_place { LEGEND_NONE, LEGEND_BELOW, LEGEND_TOP_LEFT, LEGEND_TOP_RIGHT,
                    LEGEND_BOTTOM_LEFT, LEGEND_BOTTOM_RIGHT };

struct plot_panel {
  char *title;
  struct plot_axis x, y;
  bool square;
  enum legend_place legend; // in a corner; a legend too large for it goes below
  struct plot_mark *mark;
  size_t n_marks, mark_capacity;
  struct plot_word *word;
  size_t n_words, word_capacity;
};

struct figure {
  char *title;            // above all panels; usually NULL, the caption says it
  char *footnote;         // small, below all panels; NULL for none
  size_t n_columns;       // of the grid of panels; 0: chosen
  double panel_width, panel_height; // centimetres; 0: 8 and 7
  struct plot_panel **panel;
  size_t n_panels, capacity;
  size_t n_replaced;      // by figure_write
};

void figure_free(struct figure *figure);
struct plot_panel *figure_add_panel(struct figure *figure, const char *title);
// The columns of the grid, as set or chosen from the number of panels.
size_t figure_columns(const struct figure *figure);
void panel_set_x(struct plot_panel *panel, const char *label, double low, double high);
void panel_set_y(struct plot_panel *panel, const char *label, double low, double high);
void axis_add_tick(struct plot_axis *axis, double at, const char *label);
// Unused arrays NULL.  The mark returned may be altered until the next one is added.
struct plot_mark *panel_add_mark(struct plot_panel *panel, enum mark_kind kind, int style,
                                 const char *legend, size_t n, const double *x, const double *y,
                                 const double *x2, const double *y2);
void panel_add_word(struct plot_panel *panel, double x, double y, int align, double size,
                    const char *text);

// ---- looks ----

enum point_shape { POINT_CIRCLE, POINT_TRIANGLE, POINT_SQUARE, POINT_RING, POINT_DIAMOND,
                   POINT_OPEN_TRIANGLE, POINT_OPEN_SQUARE, POINT_CROSS };

struct plot_style {
  unsigned colour;         // 0xRRGGBB
  double dash[8];          // on, off, on, off, ... in line widths, ended by 0; none: solid
  enum point_shape point;
};
enum { PLOT_STYLES = 8 };
// The look of a series: index 8 looks as 0 does, -1 is the helper.
const struct plot_style *plot_style(int index);
// CIE 1976 lightness L* of a colour, 0 (black) to 100 (white): what is left of it in grey.
double colour_lightness(unsigned colour);

// ---- axes ----

struct axis_limits {
  double low, high;        // finite, unequal; positive if logarithmic
  bool logarithmic;
};
// The limits as set, or from marks, ticks and words, with 4% room on both sides; the foot
// of bars that stand on 0 gets none.  Without any data 0 to 1 (1 to 10 if logarithmic).
struct axis_limits panel_limits(const struct plot_panel *panel, bool vertical);
// Where a value stands between low (0) and high (1); outside of that beyond the limits;
// NaN if nowhere.
double axis_fraction(struct axis_limits limits, double value);

// Round numbers between the limits, at most about `wanted` of them with labels; label ""
// is a small tick without label (logarithmic axes).  The caller frees with ticks_free.
struct plot_tick *axis_choose_ticks(struct axis_limits limits, size_t wanted, size_t *n_ticks);
void ticks_free(struct plot_tick *ticks, size_t n_ticks);

// ---- files ----

// The kinds of file, ended by an extension NULL; `help` is one line.
struct figure_format {
  const char *extension; // "svg", "pdf", "png", "eps", "txt", "gp"
  const char *help;
};
extern const struct figure_format figure_formats[];
// The format that a path's extension names (case does not matter), or an ERROR_USAGE that
// lists them.
const struct figure_format *figure_find_format(const char *path, struct error *error);

// Draws into `path` (format by extension), atomically.  Same figure, same machine: same
// bytes.  Errors: gnuplot is not there, fails, takes too long, or wrote something that is
// not a whole file of its format.
// Characters that no installed font has become '?' in pdf, png and eps, and are counted in
// figure->n_replaced.
bool figure_write(struct figure *figure, const char *path, struct error *error);

#endif
