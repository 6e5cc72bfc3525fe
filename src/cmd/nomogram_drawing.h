// SPDX-License-Identifier: GPL-3.0-or-later
// Where the lines and words of a nomogram stand, for figure and page alike.
//
// Centimetres from the upper left corner.  Words are set at the size of a figure's tick labels
// and stand apart in Helvetica's metrics and in a terminal's columns.

#ifndef HER2_CMD_NOMOGRAM_DRAWING_H
#define HER2_CMD_NOMOGRAM_DRAWING_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/nomogram_scale.h"
#include "report/plot.h"

enum drawing_line_kind { DRAWING_AXIS, DRAWING_TICK, DRAWING_GRID };

struct drawing_line {
  enum drawing_line_kind kind;
  double x1, y1, x2, y2;
};

struct drawing_word {
  double x, y; // of the align end; the middle of the block's height
  int align;   // WORD_LEFT, WORD_CENTRE, WORD_RIGHT
  char *text;  // '\n' parts lines
};

// Values from `from` to `to` of an axis's variable are read on the line at height y.
struct drawing_piece {
  size_t axis;
  double from, to, y;
};

// Starts as {0}.
struct drawing {
  double width, height;
  double left, points_width; // where 0 points are; what 100 take
  double total_width;        // what most_points take on the axis of totals
  struct drawing_line *line;
  size_t n_lines, line_capacity;
  struct drawing_word *word;
  size_t n_words, word_capacity;
  struct drawing_piece *piece;
  size_t n_pieces, piece_capacity;
  double total_y, risk_y;    // risk_y NaN: no such axis
};

// The em of the words.
extern const double drawing_em;

void drawing_make(struct drawing *drawing, const struct scale *scale, const char *risk_title);
void drawing_free(struct drawing *drawing);

// Places of marks; y NaN where the value is on no line.
void drawing_axis_place(const struct drawing *drawing, const struct scale *scale, size_t axis,
                        double value, double *x, double *y);
double drawing_total_x(const struct drawing *drawing, const struct scale *scale, double total);

// As the one panel of a figure; with marks at the n_marks places (x, y) given.
void drawing_to_figure(const struct drawing *drawing, struct figure *figure, size_t n_marks,
                       const double *x, const double *y);

#endif
