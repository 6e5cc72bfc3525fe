// SPDX-License-Identifier: GPL-3.0-or-later
// Layout of a nomogram: labels go where they are free of each other, in rows above and below
// their axis; an axis that turns round is read above where it goes one way and below where it
// goes the other.
#include <config.h>

#include "cmd/nomogram_drawing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/typeset.h"
#include "stats/logit.h"

const double drawing_em = 8 * 2.54 / 72;

// Everything stands on rows of this height, a terminal's, axes and words alike.
static const double row_height = 0.4;
static const double page_width = 18.4, most_label_width = 4.6, most_level_width = 4.2,
                    label_gap = 0.6, right_margin = 0.6, between_words = 0.14, tick_length = 0.13,
                    small_tick_length = 0.075, least_tick_distance = 0.09;

enum { MOST_ROWS = 64 };

// ---- words ----

static const struct typeface print = {8 * 2.54 / 72, 1.2 * 8 * 2.54 / 72, false};

// In print and in a terminal of 100 columns.
static double word_width(const char *text)
{
  static const struct typeface terminal = {page_width / 98, 1, true};
  return fmax(typeset_width(&print, text, 1, false), typeset_width(&terminal, text, 1, false));
}

static char *wrap(const char *text, double width)
{
  char *broken = typeset_wrap(&print, text, 1, false, width);
  char *cut = typeset_shorten(&print, broken, 1, false, 1.25 * width, 5);
  free(broken);
  return cut;
}

static void add_word(struct drawing *drawing, double x, double y, int align, const char *text)
{
  GROW_ARRAY(drawing->word, drawing->word_capacity, drawing->n_words + 1);
  drawing->word[drawing->n_words++] = (struct drawing_word){x, y, align, memory_copy_text(text)};
}

static void add_line(struct drawing *drawing, enum drawing_line_kind kind, double x1, double y1,
                     double x2, double y2)
{
  GROW_ARRAY(drawing->line, drawing->line_capacity, drawing->n_lines + 1);
  drawing->line[drawing->n_lines++] = (struct drawing_line){kind, x1, y1, x2, y2};
}

static int compare_numbers(const void *a, const void *b)
{
  double left = *(const double *) a, right = *(const double *) b;
  return (left > right) - (left < right);
}

static void word_reach(const struct drawing_word *word, double *left, double *right)
{
  double width = typeset_width(&print, word->text, 1, false);
  *left = word->align == WORD_LEFT    ? word->x
          : word->align == WORD_RIGHT ? word->x - width
                                      : word->x - width / 2;
  *right = *left + width;
}

// A vertical line with gaps for the words that it meets in print (in a terminal words are
// written over lines).
static void add_broken_line(struct drawing *drawing, enum drawing_line_kind kind, double x,
                            double top, double bottom)
{
  const double air = 0.04;
  double *gap = NEW_ARRAY(double, 2 * drawing->n_words), at = top;
  size_t n = 0;
  for (size_t i = 0; i < drawing->n_words; i++) {
    const struct drawing_word *word = &drawing->word[i];
    double left, right, half = row_height * (double) typeset_lines(word->text) / 2;
    word_reach(word, &left, &right);
    if (x < left - air || x > right + air)
      continue;
    gap[2 * n] = word->y - half;
    gap[2 * n++ + 1] = word->y + half;
  }
  qsort(gap, n, 2 * sizeof *gap, compare_numbers);
  for (size_t i = 0; i < n; i++) {
    if (gap[2 * i] > at && at < bottom)
      add_line(drawing, kind, x, at, x, fmin(gap[2 * i], bottom));
    at = fmax(at, gap[2 * i + 1]);
  }
  if (at < bottom)
    add_line(drawing, kind, x, at, x, bottom);
  free(gap);
}

// ---- labels of one line ----

struct label {
  double x;       // of its tick
  double anchor;  // of the text, by `align`
  int align;
  double centre;  // of the room that it takes
  double width;
  const char *text;
  int rank;
  bool below;     // of the line
  int row;        // 0 next to the line; -1: not drawn
  size_t n_lines;
};

// The text stands over its tick unless it would leave the page or run into the title.
static struct label make_label(const struct drawing *drawing, double x, const char *text, int rank)
{
  double width = word_width(text), least = drawing->left - label_gap / 2, most = page_width;
  struct label label = {.x = x, .anchor = x, .align = WORD_CENTRE, .centre = x, .width = width,
                        .text = text, .rank = rank, .row = -1, .n_lines = typeset_lines(text)};
  if (x - width / 2 < least) {
    label.align = WORD_LEFT;
    label.anchor = least;
    label.centre = least + width / 2;
  } else if (x + width / 2 > most) {
    label.align = WORD_RIGHT;
    label.anchor = most;
    label.centre = most - width / 2;
  }
  return label;
}

static bool labels_collide(const struct label *a, const struct label *b)
{
  return fabs(a->centre - b->centre) < (a->width + b->width) / 2 + between_words;
}

// Whether label i may stand in that row, given the labels that stand already.
static bool row_is_free(const struct label *label, size_t n, size_t i, bool below, int row)
{
  for (size_t j = 0; j < n; j++)
    if (j != i && label[j].row == row && label[j].below == below &&
        labels_collide(&label[i], &label[j]))
      return false;
  return true;
}

// Every label gets a row: above, below, further above, ...
static void stagger(struct label *label, size_t n)
{
  for (size_t i = 0; i < n; i++)
    for (int k = 0; label[i].row < 0; k++)
      if (row_is_free(label, n, i, k % 2, k / 2)) {
        label[i].below = k % 2;
        label[i].row = k / 2;
      }
}

// The labels that fit into the row next to the line, roundest first; their number.
static size_t place_greedily(struct label *label, size_t n)
{
  size_t placed = 0;
  for (int rank = 0; rank < 8; rank++)
    for (size_t i = 0; i < n; i++)
      if (label[i].rank == rank && label[i].row < 0 &&
          row_is_free(label, n, i, label[i].below, 0)) {
        label[i].row = 0;
        placed++;
      }
  return placed;
}

// ---- one axis ----

// An axis on the way: its lines one below the other, each with labels.
struct axis_line {
  double from, to;     // in x
  struct label *label;
  size_t n_labels;
  double *small;       // ticks without label, in x
  bool *small_below;
  size_t n_small;
};

struct block {
  struct axis_line *line;
  size_t n_lines;
  char *title;
  struct drawing_piece *piece; // y: index of the line, until it is placed
  size_t n_pieces;
  struct scale_value *value, *fine; // what labels point to
  size_t n_values, n_fine;
  char **wrapped;      // texts of levels
  size_t n_wrapped;
};

static void block_free(struct block *block)
{
  for (size_t i = 0; i < block->n_lines; i++) {
    free(block->line[i].label);
    free(block->line[i].small);
    free(block->line[i].small_below);
  }
  for (size_t i = 0; i < block->n_wrapped; i++)
    free(block->wrapped[i]);
  free(block->wrapped);
  free(block->line);
  free(block->title);
  free(block->piece);
  scale_values_free(block->value, block->n_values);
  scale_values_free(block->fine, block->n_fine);
}

// Rows of labels on one side: how many, and lines of text in each.
static size_t count_rows(const struct axis_line *line, bool below, size_t *n_lines)
{
  size_t n = 0;
  for (size_t r = 0; r < MOST_ROWS; r++)
    n_lines[r] = 0;
  for (size_t i = 0; i < line->n_labels; i++) {
    const struct label *label = &line->label[i];
    if (label->row < 0 || label->below != below || label->row >= MOST_ROWS)
      continue;
    size_t r = (size_t) label->row;
    n = r + 1 > n ? r + 1 : n;
    n_lines[r] = label->n_lines > n_lines[r] ? label->n_lines : n_lines[r];
  }
  return n;
}

static double rows_height(const size_t *n_lines, size_t n_rows)
{
  double height = row_height / 2;
  for (size_t r = 0; r < n_rows; r++)
    height += row_height * (double) (n_lines[r] ? n_lines[r] : 1);
  return height;
}

// Draws a line with its ticks and labels at height y.
static void put_line(struct drawing *drawing, const struct axis_line *line, double y)
{
  add_line(drawing, DRAWING_AXIS, line->from, y, line->to, y);
  for (size_t i = 0; i < line->n_small; i++)
    add_line(drawing, DRAWING_TICK, line->small[i], y, line->small[i],
             y + (line->small_below[i] ? small_tick_length : -small_tick_length));
  double *near = NEW_ZEROED(double, line->n_labels + 1); // where labels begin, seen from the line
  for (int below = 0; below < 2; below++) {
    size_t n_lines[MOST_ROWS], n_rows = count_rows(line, below, n_lines);
    double sign = below ? 1 : -1, at = row_height / 2;
    for (size_t r = 0; r < n_rows; r++) {
      for (size_t i = 0; i < line->n_labels; i++) {
        const struct label *label = &line->label[i];
        if (label->row != (int) r || label->below != below)
          continue;
        double own = row_height * (double) label->n_lines;
        add_word(drawing, label->anchor, y + sign * (at + own / 2), label->align, label->text);
        near[i] = at;
      }
      at += row_height * (double) (n_lines[r] ? n_lines[r] : 1);
    }
  }
  // Ticks; from labels in further rows a line leads to theirs.
  for (size_t i = 0; i < line->n_labels; i++) {
    const struct label *label = &line->label[i];
    double sign = label->below ? 1 : -1;
    if (label->row < 0)
      continue;
    add_line(drawing, DRAWING_TICK, label->x, y, label->x, y + sign * tick_length);
    double end = y + sign * near[i], begin = y + sign * tick_length;
    if (label->row > 0)
      add_broken_line(drawing, DRAWING_GRID, label->x, fmin(begin, end), fmax(begin, end));
  }
  free(near);
}

// Puts the block below `top` and returns where it ends.
static double put_block(struct drawing *drawing, struct block *block, double top)
{
  size_t n_lines[MOST_ROWS];
  double *y = NEW_ARRAY(double, block->n_lines + 1), at = 0;
  for (size_t i = 0; i < block->n_lines; i++) {
    at += rows_height(n_lines, count_rows(&block->line[i], false, n_lines));
    y[i] = at;
    at += rows_height(n_lines, count_rows(&block->line[i], true, n_lines));
  }
  double bottom = at, half = 0.5 * row_height * (double) typeset_lines(block->title);
  double middle = (y[0] + y[block->n_lines - 1]) / 2;
  double shift = fmax(0, half - middle);
  bottom = fmax(bottom + shift, middle + shift + half);
  // Onto a row.
  double first = row_height * ceil((top + shift + y[0]) / row_height - 1e-6);
  bottom += first - (top + shift + y[0]);
  shift = first - top - y[0];
  for (size_t i = 0; i < block->n_lines; i++)
    put_line(drawing, &block->line[i], top + shift + y[i]);
  add_word(drawing, drawing->left - label_gap, top + shift + middle, WORD_RIGHT, block->title);
  for (size_t i = 0; i < block->n_pieces; i++) {
    struct drawing_piece piece = block->piece[i];
    piece.y = top + shift + y[(size_t) piece.y];
    GROW_ARRAY(drawing->piece, drawing->piece_capacity, drawing->n_pieces + 1);
    drawing->piece[drawing->n_pieces++] = piece;
  }
  free(y);
  return top + bottom + row_height;
}

// ---- axes of numbers ----

// Where values stand: their x, and the piece (NULL: there is one) that they are read on.
struct number_axis {
  const struct drawing *drawing;
  const struct scale *scale;
  size_t axis;
  enum { PREDICTOR, TOTAL, RISK } kind;
  const double *turn;
  size_t n_turns;
};

static double number_x(const struct number_axis *axis, double value)
{
  const struct drawing *drawing = axis->drawing;
  const struct scale *scale = axis->scale;
  if (axis->kind == PREDICTOR)
    return drawing->left +
           drawing->points_width * scale_axis_points(scale, axis->axis, value) / 100;
  double total = axis->kind == TOTAL ? value : scale_total_points(scale, logit_of(value));
  return drawing_total_x(drawing, scale, total);
}

static size_t number_piece(const struct number_axis *axis, double value)
{
  size_t piece = 0;
  while (piece + 2 < axis->n_turns && value > axis->turn[piece + 1])
    piece++;
  return piece;
}

static struct scale_value *number_values(const struct number_axis *axis, size_t wanted, size_t *n)
{
  return axis->kind == PREDICTOR ? scale_axis_values(axis->scale, axis->axis, wanted, n)
         : axis->kind == TOTAL   ? scale_total_values(axis->scale, wanted, n)
                                 : scale_risk_values(axis->scale, wanted, n);
}

// Whether all labels fit into the rows next to the line, above and below.
static bool place_on_both_sides(struct label *label, size_t n)
{
  stagger(label, n);
  for (size_t i = 0; i < n; i++)
    if (label[i].row > 0)
      return false;
  return true;
}

// Labels of all values, line by line; returns how many of them fit without collision in the
// rows next to the lines, or 0 if `all` are wanted and do not fit.
static size_t try_values(const struct number_axis *axis, struct block *block,
                         const struct scale_value *value, size_t n, bool all)
{
  size_t placed = 0;
  for (size_t k = 0; k < block->n_lines; k++) {
    struct axis_line *line = &block->line[k];
    RESIZE_ARRAY(line->label, n + 2);
    line->n_labels = 0;
    for (size_t i = 0; i < n; i++) {
      size_t piece = number_piece(axis, value[i].value);
      if (piece / 2 != k)
        continue;
      struct label label = make_label(axis->drawing, number_x(axis, value[i].value),
                                      value[i].label, all ? 0 : value[i].rank);
      label.below = piece % 2;
      line->label[line->n_labels++] = label;
    }
    size_t fit = place_greedily(line->label, line->n_labels);
    if (all && fit < line->n_labels)
      return 0;
    placed += fit;
  }
  return placed;
}

static void take_values(struct block *block, struct scale_value *value, size_t n)
{
  scale_values_free(block->value, block->n_values);
  block->value = value;
  block->n_values = n;
}

// Labels on both sides of the axis's one line: how many.
static size_t try_both_sides(const struct number_axis *axis, struct block *block, size_t most)
{
  struct axis_line *line = &block->line[0];
  for (size_t wanted = most; wanted >= 3; wanted--) {
    size_t n;
    struct scale_value *value = number_values(axis, wanted, &n);
    take_values(block, value, n);
    RESIZE_ARRAY(line->label, n);
    line->n_labels = n;
    for (size_t i = 0; i < n; i++)
      line->label[i] = make_label(axis->drawing, number_x(axis, value[i].value), value[i].label, 0);
    if (place_on_both_sides(line->label, n))
      return n;
  }
  return 0;
}

// Whether values that are evenly spaced stand evenly spaced.
static bool is_even(const struct number_axis *axis)
{
  if (axis->kind != PREDICTOR)
    return axis->kind == TOTAL;
  if (axis->n_turns != 2)
    return false;
  double low = axis->turn[0], high = axis->turn[1];
  for (int i = 1; i < 4; i++) {
    double expected = ((4 - i) * number_x(axis, low) + i * number_x(axis, high)) / 4;
    if (fabs(number_x(axis, low + (high - low) * i / 4) - expected) > 0.01)
      return false;
  }
  return true;
}

// The most labels, evenly spaced if such do, else the roundest that fit.
static void choose_labels(const struct number_axis *axis, struct block *block, size_t most)
{
  size_t n, regular = 0, chosen = 0;
  for (size_t wanted = most; wanted >= 3 && !regular && axis->kind != RISK; wanted--) {
    struct scale_value *even = number_values(axis, wanted, &n);
    take_values(block, even, n);
    regular = try_values(axis, block, block->value, n, true);
    chosen = wanted;
  }
  struct scale_value *value = number_values(axis, most, &n);
  size_t greedy = try_values(axis, block, value, n, false);
  if (greedy > (regular < 2 ? regular : is_even(axis) ? n : regular + 1)) {
    take_values(block, value, n);
    regular = greedy;
  } else {
    scale_values_free(value, n);
    value = number_values(axis, chosen, &n);
    take_values(block, value, n);
    try_values(axis, block, block->value, n, true);
  }
  if (axis->kind != PREDICTOR || regular >= 3 ||
      (axis->n_turns == 2 ? try_both_sides(axis, block, 7) >= 2 : regular >= 1))
    return;
  // Too short for two: the ends of the range, on both sides of the line.
  const struct design_variable *variable =
      &axis->scale->model->design.variable[axis->scale->axis[axis->axis].variable];
  bool one = variable->least == variable->most;
  value = NEW_ARRAY(struct scale_value, 2);
  value[0] = (struct scale_value){variable->least, scale_number_text(variable, variable->least), 0};
  if (!one)
    value[1] = (struct scale_value){variable->most, scale_number_text(variable, variable->most), 0};
  take_values(block, value, one ? 1 : 2);
  for (size_t k = 0; k < block->n_lines; k++)
    block->line[k].n_labels = 0;
  struct axis_line *line = &block->line[0];
  RESIZE_ARRAY(line->label, 2);
  for (size_t i = 0; i < block->n_values; i++)
    line->label[line->n_labels++] = make_label(axis->drawing, number_x(axis, value[i].value),
                                               value[i].label, 0);
  stagger(line->label, line->n_labels);
}

static bool is_labelled(const struct axis_line *line, double x)
{
  for (size_t i = 0; i < line->n_labels; i++)
    if (line->label[i].row >= 0 && fabs(line->label[i].x - x) < 1e-6)
      return true;
  return false;
}

// Ticks without label where values stand well apart.
static void add_small_ticks(const struct number_axis *axis, struct block *block, size_t most)
{
  for (size_t wanted = most; wanted >= 3; wanted -= wanted > 6 ? 4 : 1) {
    size_t n;
    struct scale_value *value = number_values(axis, wanted, &n);
    bool fits = true;
    for (size_t i = 1; i < n && fits; i++)
      fits = number_piece(axis, value[i].value) != number_piece(axis, value[i - 1].value) ||
             fabs(number_x(axis, value[i].value) - number_x(axis, value[i - 1].value)) >=
                 least_tick_distance;
    for (size_t i = 0; i < n && fits; i++) {
      size_t piece = number_piece(axis, value[i].value);
      struct axis_line *line = &block->line[piece / 2];
      double x = number_x(axis, value[i].value);
      if (is_labelled(line, x))
        continue;
      RESIZE_ARRAY(line->small, line->n_small + 1);
      RESIZE_ARRAY(line->small_below, line->n_small + 1);
      line->small_below[line->n_small] = piece % 2;
      line->small[line->n_small++] = x;
    }
    scale_values_free(value, n);
    if (fits || axis->kind == RISK)
      return;
  }
}

static void block_begin_lines(struct block *block, size_t n_lines)
{
  block->line = NEW_ZEROED(struct axis_line, n_lines);
  block->n_lines = n_lines;
  for (size_t i = 0; i < n_lines; i++)
    block->line[i] = (struct axis_line){.from = INFINITY, .to = -INFINITY};
}

static void line_reach(struct axis_line *line, double x)
{
  line->from = fmin(line->from, x);
  line->to = fmax(line->to, x);
}

static void make_number_block(struct block *block, const struct drawing *drawing,
                              const struct scale *scale, size_t axis)
{
  size_t n_turns;
  double *turn = scale_axis_turns(scale, axis, &n_turns);
  struct number_axis of = {drawing, scale, axis, PREDICTOR, turn, n_turns};
  block_begin_lines(block, n_turns / 2);
  block->piece = NEW_ARRAY(struct drawing_piece, n_turns);
  for (size_t i = 0; i + 1 < n_turns; i++) {
    line_reach(&block->line[i / 2], number_x(&of, turn[i]));
    line_reach(&block->line[i / 2], number_x(&of, turn[i + 1]));
    block->piece[block->n_pieces++] =
        (struct drawing_piece){axis, turn[i], turn[i + 1], (double) (i / 2)};
  }
  choose_labels(&of, block, 12);
  add_small_ticks(&of, block, 40);
  free(turn);
}

// ---- axes of levels ----

static int compare_labels(const void *a, const void *b)
{
  double left = ((const struct label *) a)->x, right = ((const struct label *) b)->x;
  return (left > right) - (left < right);
}

static void make_level_block(struct block *block, const struct drawing *drawing,
                             const struct scale *scale, size_t axis)
{
  block_begin_lines(block, 1);
  struct axis_line *line = &block->line[0];
  size_t n;
  block->value = scale_axis_values(scale, axis, 0, &n);
  block->n_values = n;
  block->wrapped = NEW_ARRAY(char *, n);
  line->label = NEW_ARRAY(struct label, n);
  block->piece = NEW_ARRAY(struct drawing_piece, 1);
  block->piece[block->n_pieces++] = (struct drawing_piece){axis, 0, (double) n - 1, 0};
  for (size_t i = 0; i < n; i++) {
    double x = drawing->left + drawing->points_width *
                                   scale_axis_points(scale, axis, block->value[i].value) / 100;
    block->wrapped[block->n_wrapped++] = wrap(block->value[i].label, most_level_width);
    line->label[line->n_labels++] = make_label(drawing, x, block->wrapped[i], 0);
    line_reach(line, x);
  }
  qsort(line->label, n, sizeof *line->label, compare_labels);
  stagger(line->label, n);
}

// ---- the whole ----

static char *axis_title(const struct scale *scale, size_t axis)
{
  const struct scale_axis *of = &scale->axis[axis];
  char *title = scale_variable_title(&scale->model->design.variable[of->variable]);
  char *held = scale_held_title(scale, of);
  char *wrapped = wrap(title, most_label_width);
  if (held) {
    char *wrapped_held = wrap(held, most_label_width);
    char *both = text_format("%s\n%s", wrapped, wrapped_held);
    free(wrapped);
    free(wrapped_held);
    wrapped = both;
  }
  free(held);
  free(title);
  return wrapped;
}

// The ruler of points, 0 to 100.
static double put_ruler(struct drawing *drawing, double top)
{
  static const char *const ten[] = {"0",  "10", "20", "30", "40", "50",
                                    "60", "70", "80", "90", "100"};
  struct block block = {.title = memory_copy_text("Points")};
  block_begin_lines(&block, 1);
  struct axis_line *line = &block.line[0];
  line->label = NEW_ARRAY(struct label, 11);
  line->small = NEW_ARRAY(double, 50);
  line->small_below = NEW_ZEROED(bool, 50);
  for (int i = 0; i <= 100; i += 2) {
    double x = drawing->left + drawing->points_width * i / 100;
    if (i % 10 == 0)
      line->label[line->n_labels++] = make_label(drawing, x, ten[i / 10], 0);
    else
      line->small[line->n_small++] = x;
    line_reach(line, x);
  }
  place_greedily(line->label, line->n_labels);
  double bottom = put_block(drawing, &block, top);
  block_free(&block);
  return bottom;
}

static double put_total(struct drawing *drawing, const struct scale *scale, double top)
{
  struct number_axis of = {drawing, scale, 0, TOTAL, NULL, 2};
  struct block block = {.title = memory_copy_text("Total points")};
  block_begin_lines(&block, 1);
  line_reach(&block.line[0], drawing_total_x(drawing, scale, 0));
  line_reach(&block.line[0], drawing_total_x(drawing, scale, scale->most_points));
  choose_labels(&of, &block, 16);
  add_small_ticks(&of, &block, 100);
  double bottom = put_block(drawing, &block, top);
  drawing->total_y = drawing->line[drawing->n_lines - 1].y1;
  block_free(&block);
  return bottom;
}

static double put_risk(struct drawing *drawing, const struct scale *scale, const char *title,
                       double top)
{
  struct number_axis of = {drawing, scale, 0, RISK, NULL, 2};
  struct block block = {.title = wrap(title, most_label_width)};
  block_begin_lines(&block, 1);
  struct axis_line *line = &block.line[0];
  choose_labels(&of, &block, 10);
  add_small_ticks(&of, &block, 10);
  line_reach(line, drawing_total_x(drawing, scale, 0));
  line_reach(line, drawing_total_x(drawing, scale, scale->most_points));
  double bottom = put_block(drawing, &block, top);
  drawing->risk_y = drawing->line[drawing->n_lines - 1].y1;
  block_free(&block);
  return bottom;
}

void drawing_make(struct drawing *drawing, const struct scale *scale, const char *risk_title)
{
  *drawing = (struct drawing){.width = page_width, .total_y = NAN, .risk_y = NAN};
  const struct design *design = &scale->model->design;
  char **title = NEW_ARRAY(char *, scale->n_axes);
  double widest = word_width("Total points");
  for (size_t a = 0; a < scale->n_axes; a++) {
    title[a] = axis_title(scale, a);
    widest = fmax(widest, word_width(title[a]));
  }
  char *risk = wrap(risk_title, most_label_width);
  widest = fmax(widest, word_width(risk));
  free(risk);
  drawing->left = widest + label_gap;
  drawing->points_width = drawing->total_width = page_width - drawing->left - right_margin;

  double top = put_ruler(drawing, 0), ruler = drawing->line[0].y1;
  for (size_t a = 0; a < scale->n_axes; a++) {
    struct block block = {.title = title[a]};
    if (design->variable[scale->axis[a].variable].categorical)
      make_level_block(&block, drawing, scale, a);
    else
      make_number_block(&block, drawing, scale, a);
    top = put_block(drawing, &block, top);
    block_free(&block);
  }
  free(title);
  for (int i = 0; i <= 100; i += 10)
    add_broken_line(drawing, DRAWING_GRID, drawing->left + drawing->points_width * i / 100, ruler,
                    top - row_height / 2);
  top = put_total(drawing, scale, top);
  if (scale->model->has_intercept)
    top = put_risk(drawing, scale, risk_title, top);
  drawing->height = row_height * ceil(top / row_height - 1 - 1e-6);
}

void drawing_free(struct drawing *drawing)
{
  for (size_t i = 0; i < drawing->n_words; i++)
    free(drawing->word[i].text);
  free(drawing->word);
  free(drawing->line);
  free(drawing->piece);
  *drawing = (struct drawing){0};
}

double drawing_total_x(const struct drawing *drawing, const struct scale *scale, double total)
{
  return drawing->left + drawing->total_width * total / scale->most_points;
}

void drawing_axis_place(const struct drawing *drawing, const struct scale *scale, size_t axis,
                        double value, double *x, double *y)
{
  *x = drawing->left + drawing->points_width * scale_axis_points(scale, axis, value) / 100;
  *y = NAN;
  for (size_t i = 0; i < drawing->n_pieces; i++) {
    const struct drawing_piece *piece = &drawing->piece[i];
    if (piece->axis == axis && value >= piece->from && value <= piece->to && isnan(*y))
      *y = piece->y;
  }
}

void drawing_to_figure(const struct drawing *drawing, struct figure *figure, size_t n_marks,
                       const double *x, const double *y)
{
  static const struct {
    int style;
    double width;
  } look[] = {[DRAWING_AXIS] = {3, 1}, [DRAWING_TICK] = {3, 0.8}, [DRAWING_GRID] = {-1, 0.4}};
  double height = drawing->height;
  figure->n_columns = 1;
  figure->panel_width = drawing->width + 0.5;
  // In a terminal, one row more than there are steps from row to row.
  figure->panel_height = height + row_height;
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  panel_set_x(panel, NULL, 0, drawing->width);
  panel_set_y(panel, NULL, 0, height);
  panel->x.hidden = panel->y.hidden = true;
  panel->legend = LEGEND_NONE;
  // Grid first, so that all else is drawn over it.
  double *end = NEW_ARRAY(double, 4 * drawing->n_lines), *x1 = end, *y1 = end + drawing->n_lines,
         *x2 = y1 + drawing->n_lines, *y2 = x2 + drawing->n_lines;
  for (int kind = DRAWING_GRID; kind >= DRAWING_AXIS; kind--) {
    size_t n = 0;
    for (size_t i = 0; i < drawing->n_lines; i++) {
      const struct drawing_line *line = &drawing->line[i];
      if ((int) line->kind != kind)
        continue;
      x1[n] = line->x1;
      y1[n] = height - line->y1;
      x2[n] = line->x2;
      y2[n++] = height - line->y2;
    }
    panel_add_mark(panel, MARK_SEGMENT, look[kind].style, NULL, n, x1, y1, x2, y2)->line_width =
        look[kind].width;
  }
  free(end);
  for (size_t i = 0; i < drawing->n_words; i++) {
    const struct drawing_word *word = &drawing->word[i];
    panel_add_word(panel, word->x, height - word->y, word->align, 1, word->text);
  }
  for (size_t i = 0; i < n_marks; i++) {
    double up = height - y[i];
    panel_add_mark(panel, MARK_POINTS, 1, NULL, 1, &x[i], &up, NULL, NULL)->point_size = 1.2;
  }
}
