// SPDX-License-Identifier: GPL-3.0-or-later
// Where everything of a figure stands on the page, in centimetres from the lower left
// corner, so that no text covers another: margins from the widths of labels, labels
// wrapped, turned or thinned until they fit.

#ifndef HER2_REPORT_PLACEMENT_H
#define HER2_REPORT_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "report/plot.h"
#include "report/typeset.h"

// What is drawn on.
struct medium {
  struct typeface typeface;
  double panel_width, panel_height; // of panels whose figure says nothing
  bool fixed_panels;                // what the figure says about its panels' size does not count
  size_t most_columns;              // 0: any number
};

// One line of text.
struct placed_text {
  char *text;
  bool x_on_axis, y_on_axis; // x, y are values on the panel's axes, else centimetres
  double x, y;               // y: middle of the height
  double dx, dy;             // to be added, in centimetres
  int align;                 // WORD_LEFT, WORD_CENTRE, WORD_RIGHT
  int turned;                // degrees against the clock: 0, 45, 90
  double size;               // 1 is the tick labels' size
  bool bold;
};

struct placed_tick {
  double at;
  bool small;
};

struct placed_legend {
  const char *legend;        // the marks' legend
  double x, y;               // left end and middle of the sample
};

struct placed_panel {
  const struct plot_panel *panel;
  double left, right, bottom, top; // of the axes
  struct axis_limits x, y;
  struct placed_tick *x_tick, *y_tick;
  size_t n_x_ticks, n_y_ticks;
  struct placed_text *text;
  size_t n_texts, text_capacity;
  struct placed_legend *legend;
  size_t n_legends;
  double sample_width;             // of the legend
};

struct placement {
  double width, height;
  double tick_length;
  struct placed_panel *panel;
  size_t n_panels;
  struct placed_text *text;         // of the page: title and footnote
  size_t n_texts, text_capacity;
};

void placement_make(struct placement *placement, const struct figure *figure,
                    const struct medium *medium);
void placement_free(struct placement *placement);

#endif
