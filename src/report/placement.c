// SPDX-License-Identifier: GPL-3.0-or-later
// The layout of figures.
//
// Margins depend on the labels, the labels on the room that the margins leave: a few
// rounds until the margins stay, then one that places the text.  Within a row of the grid
// the panels share the lower and upper margin, within a column the left and right one, as
// long as nobody loses much by that.
#include <config.h>

#include "report/placement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { MOST_ROUNDS = 40 };

// Sizes relative to tick labels.
static const double axis_label_size = 1.1, panel_title_size = 1.15, figure_title_size = 1.3,
                    footnote_size = 0.9, legend_size = 1;

// ---- small things ----

static double maximum(double a, double b)
{
  return a > b ? a : b;
}

static double minimum(double a, double b)
{
  return a < b ? a : b;
}

struct metrics {
  const struct typeface *typeface;
  double tick, gap, pad;      // tick length, tick to label, edge of the page
  double sample, wide_sample; // of the legend: filled and points, lines
};

static struct metrics metrics_of(const struct medium *medium)
{
  const struct typeface *face = &medium->typeface;
  if (face->terminal)
    return (struct metrics){face, 0, face->em, 0, 5 * face->em, 5 * face->em};
  return (struct metrics){face, 0.11, 0.10, 0.12, 0.4, 0.65};
}

static double line_height(const struct metrics *m, double size)
{
  return m->typeface->line * (m->typeface->terminal ? 1 : size);
}

static double block_height(const struct metrics *m, const char *text, double size)
{
  return text ? (double) typeset_lines(text) * line_height(m, size) : 0;
}

static double width_of(const struct metrics *m, const char *text, double size)
{
  return typeset_width(m->typeface, text, size, false);
}

static bool text_is_empty(const char *text)
{
  return !text || !*text;
}

// The text wrapped to the width and cut to some lines; NULL for none.
static char *fit(const struct metrics *m, const char *text, double size, bool bold, double width,
                 size_t n_lines)
{
  if (text_is_empty(text))
    return NULL;
  char *wrapped = typeset_wrap(m->typeface, text, size, bold, width);
  char *cut = typeset_shorten(m->typeface, wrapped, size, bold, maximum(width, m->typeface->em),
                              n_lines);
  free(wrapped);
  return cut;
}

static void blanks_for_newlines(char *text)
{
  for (; *text; text++)
    if (*text == '\n')
      *text = ' ';
}

// Adds a block of lines whose middle is at (x, y) + (dx, dy); `model` says the rest.
static void add_block(struct placed_text **list, size_t *n, size_t *capacity,
                      const struct metrics *m, struct placed_text model, const char *text)
{
  double line = line_height(m, model.size);
  double offset = ((double) typeset_lines(text) - 1) / 2 * line;
  for (const char *start = text;; start++) {
    size_t length = strcspn(start, "\n");
    if (length > 0) {
      struct placed_text one = model;
      one.text = memory_copy_bytes(start, length);
      // On an axis the line's distance has to wait until the axis is drawn.
      if (model.turned == 90)
        *(model.x_on_axis ? &one.dx : &one.x) -= offset;
      else
        *(model.y_on_axis ? &one.dy : &one.y) += offset;
      *list = memory_grow(*list, capacity, *n + 1, sizeof **list);
      (*list)[(*n)++] = one;
    }
    offset -= line;
    start += length;
    if (!*start)
      return;
  }
}

static void panel_text(struct placed_panel *panel, const struct metrics *m,
                       struct placed_text model, const char *text)
{
  add_block(&panel->text, &panel->n_texts, &panel->text_capacity, m, model, text);
}

// ---- ticks and their labels ----

struct plan {
  size_t n;
  double *at;        // in ascending order of place
  double *place;     // centimetres from the axis's low end
  bool *small;
  char **label;      // NULL: none
  int turned;
  double size;       // of the labels
  double depth;      // what the labels take across the axis
  double before, after; // what they take beyond the axis's ends, along it
};

static void plan_free(struct plan *plan)
{
  for (size_t i = 0; i < plan->n; i++)
    free(plan->label[i]);
  free(plan->at);
  free(plan->place);
  free(plan->small);
  free(plan->label);
  *plan = (struct plan){0};
}

static int compare_ticks(const void *a, const void *b)
{
  const struct plot_tick *left = a, *right = b;
  return (left->at > right->at) - (left->at < right->at);
}

// The ticks of an axis of that length, their labels as given.
static void plan_begin(struct plan *plan, const struct plot_axis *axis, struct axis_limits limits,
                       double length, size_t wanted)
{
  *plan = (struct plan){.size = 1};
  if (axis->hidden)
    return;
  size_t n = axis->n_ticks;
  struct plot_tick *chosen = NULL;
  if (n == 0) {
    chosen = axis_choose_ticks(limits, wanted, &n);
  } else {
    chosen = NEW_ARRAY(struct plot_tick, n);
    for (size_t i = 0; i < n; i++)
      chosen[i] = (struct plot_tick){axis->tick[i].at, memory_copy_text(axis->tick[i].label)};
  }
  // Those that are nowhere go, lest the sorting see a NaN.
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    double fraction = axis_fraction(limits, chosen[i].at);
    if (fraction >= -1e-9 && fraction <= 1 + 1e-9)
      chosen[kept++] = chosen[i];
    else
      free(chosen[i].label);
  }
  n = kept;
  if (n > 1)
    qsort(chosen, n, sizeof *chosen, compare_ticks);
  bool turned_round = limits.low > limits.high;
  plan->n = n;
  plan->at = NEW_ARRAY(double, n);
  plan->place = NEW_ARRAY(double, n);
  plan->small = NEW_ZEROED(bool, n);
  plan->label = NEW_ZEROED(char *, n);
  for (size_t i = 0; i < n; i++) {
    struct plot_tick *tick = &chosen[turned_round ? n - 1 - i : i];
    plan->at[i] = tick->at;
    plan->place[i] = axis_fraction(limits, tick->at) * length;
    if (*tick->label) {
      plan->label[i] = tick->label;
    } else {
      plan->small[i] = axis->n_ticks == 0;
      free(tick->label);
    }
  }
  free(chosen);
}

// What a label takes along the axis.
static double label_extent(const struct plan *plan, size_t i, const struct metrics *m,
                           bool vertical)
{
  if (vertical)
    return block_height(m, plan->label[i], plan->size);
  if (plan->turned == 0)
    return width_of(m, plan->label[i], plan->size);
  return line_height(m, 1) * (plan->turned == 45 ? 1.3 : 1);
}

static bool plan_fits(const struct plan *plan, const struct metrics *m, bool vertical)
{
  double gap = vertical || plan->turned ? 0
             : m->typeface->terminal    ? m->typeface->em
                                        : 0.45 * m->typeface->em;
  double end = -INFINITY;
  for (size_t i = 0; i < plan->n; i++) {
    if (!plan->label[i])
      continue;
    double half = label_extent(plan, i, m, vertical) / 2;
    // A hundredth of a millimetre forgives rounding.
    if (plan->place[i] - half < end - 1e-3)
      return false;
    end = plan->place[i] + half + gap;
  }
  return true;
}

// The least distance between labelled ticks.
static double plan_pitch(const struct plan *plan, double length)
{
  double pitch = length, last = -INFINITY;
  for (size_t i = 0; i < plan->n; i++)
    if (plan->label[i]) {
      pitch = minimum(pitch, plan->place[i] - last);
      last = plan->place[i];
    }
  return pitch;
}

static bool plan_is_numeric(const struct plan *plan)
{
  for (size_t i = 0; i < plan->n; i++)
    if (plan->label[i]
        && strspn(plan->label[i], "0123456789.,:%+-e<>= \n\u2212\u2013") != strlen(plan->label[i]))
      return false;
  return true;
}

// Every second label is dropped, every third, ... until those left have room.
static void plan_thin(struct plan *plan, const struct metrics *m, bool vertical)
{
  size_t n_labels = 0;
  for (size_t i = 0; i < plan->n; i++)
    n_labels += plan->label[i] != NULL;
  if (n_labels == 0)
    return;
  char **all = NEW_ARRAY(char *, plan->n);
  memcpy(all, plan->label, plan->n * sizeof *all);
  size_t every = 1;
  while (every < n_labels && !plan_fits(plan, m, vertical)) {
    every++;
    for (size_t i = 0, k = 0; i < plan->n; i++)
      if (all[i])
        plan->label[i] = k++ % every == 0 ? all[i] : NULL;
  }
  for (size_t i = 0; i < plan->n; i++)
    if (!plan->label[i])
      free(all[i]);
  free(all);
}

static void plan_refit(struct plan *plan, const struct metrics *m, double width, size_t n_lines)
{
  for (size_t i = 0; i < plan->n; i++)
    if (plan->label[i]) {
      char *label = fit(m, plan->label[i], 1, false, width, n_lines);
      free(plan->label[i]);
      plan->label[i] = label;
    }
}

static size_t plan_most_lines(const struct plan *plan)
{
  size_t most = 0;
  for (size_t i = 0; i < plan->n; i++)
    if (plan->label[i] && typeset_lines(plan->label[i]) > most)
      most = typeset_lines(plan->label[i]);
  return most;
}

static double plan_widest(const struct plan *plan, const struct metrics *m)
{
  double widest = 0;
  for (size_t i = 0; i < plan->n; i++)
    if (plan->label[i])
      widest = maximum(widest, width_of(m, plan->label[i], plan->size));
  return widest;
}

// The same ticks with labels wrapped at blanks; false if that is not enough.
static bool plan_wrap(struct plan *plan, const struct metrics *m, double length)
{
  double gap = (m->typeface->terminal ? 1 : 0.45) * m->typeface->em;
  double width = plan_pitch(plan, length) - gap;
  char **wrapped = NEW_ZEROED(char *, plan->n), **before = plan->label;
  for (size_t i = 0; i < plan->n; i++)
    if (before[i])
      wrapped[i] = typeset_wrap(m->typeface, before[i], 1, false, width);
  plan->label = wrapped;
  bool good = plan_fits(plan, m, false) && plan_most_lines(plan) <= 4;
  char **other = good ? before : wrapped;
  if (!good)
    plan->label = before;
  for (size_t i = 0; i < plan->n; i++)
    free(other[i]);
  free(other);
  return good;
}

static void plan_x(struct plan *plan, const struct plot_axis *axis, struct axis_limits limits,
                   double length, double most_width, double most_depth,
                   const struct metrics *m)
{
  double line = line_height(m, 1);
  double room = m->typeface->terminal ? 1.6 : limits.logarithmic ? 0.6 : 0.8;
  size_t wanted = (size_t) maximum(3, minimum(limits.logarithmic ? 10 : 8, length / room));
  plan_begin(plan, axis, limits, length, wanted);
  while (axis->n_ticks == 0 && wanted > 3 && !plan_fits(plan, m, false)) {
    plan_free(plan);
    plan_begin(plan, axis, limits, length, --wanted);
  }
  // Somewhat smaller letters are better than broken lines.
  while (!m->typeface->terminal && plan->size > 0.81 && !plan_fits(plan, m, false))
    plan->size -= 0.1;
  if (!plan_fits(plan, m, false) && !plan_is_numeric(plan))
    plan->size = 1;
  if (!plan_fits(plan, m, false) && (axis->n_ticks == 0 || plan_is_numeric(plan))) {
    plan_thin(plan, m, false);
  } else if (!plan_fits(plan, m, false) && !plan_wrap(plan, m, length)) {
    if (m->typeface->terminal) {
      plan_refit(plan, m, plan_pitch(plan, length) - m->typeface->em, 3);
      plan_thin(plan, m, false);
    } else {
      for (size_t i = 0; i < plan->n; i++)
        if (plan->label[i])
          blanks_for_newlines(plan->label[i]);
      plan->turned = 45;
      if (!plan_fits(plan, m, false))
        plan->turned = 90;
      plan_thin(plan, m, false);
      plan_refit(plan, m, plan->turned == 45 ? most_depth * M_SQRT2 : most_depth, 1);
    }
  }

  if (!plan->turned && plan_widest(plan, m) > most_width)
    plan_refit(plan, m, most_width, 4);

  double widest = plan_widest(plan, m);
  plan->depth = plan->turned == 90 ? widest
              : plan->turned == 45 ? (widest + line) * M_SQRT1_2
                                   : (double) plan_most_lines(plan) * line * plan->size;
  for (size_t i = 0; i < plan->n; i++) {
    if (!plan->label[i])
      continue;
    double width = width_of(m, plan->label[i], plan->size);
    double before = plan->turned == 90 ? line / 2
                  : plan->turned == 45 ? width * M_SQRT1_2
                                       : width / 2;
    double after = plan->turned ? line / 2 : width / 2;
    plan->before = maximum(plan->before, before - plan->place[i]);
    plan->after = maximum(plan->after, after - (length - plan->place[i]));
  }
}

static void plan_y(struct plan *plan, const struct plot_axis *axis, struct axis_limits limits,
                   double length, double most_width, const struct metrics *m)
{
  double spacing = m->typeface->terminal ? 3.5 * m->typeface->line : 0.65;
  size_t wanted = (size_t) maximum(4, minimum(8, length / spacing));
  plan_begin(plan, axis, limits, length, wanted);
  double pitch = plan_pitch(plan, length);
  size_t n_lines = (size_t) maximum(1, floor(pitch / line_height(m, 1) + 1e-6));
  plan_refit(plan, m, most_width, n_lines < 3 ? n_lines : 3);
  plan_thin(plan, m, true);
  plan->depth = plan_widest(plan, m);
  for (size_t i = 0; i < plan->n; i++) {
    if (!plan->label[i])
      continue;
    double half = label_extent(plan, i, m, true) / 2;
    plan->before = maximum(plan->before, half - plan->place[i]);
    plan->after = maximum(plan->after, half - (length - plan->place[i]));
  }
}

// ---- legends ----

static size_t legend_entries(const struct plot_panel *panel, const char ***entries)
{
  size_t n = 0;
  const char **list = NEW_ARRAY(const char *, panel->n_marks);
  for (size_t i = 0; i < panel->n_marks; i++) {
    const char *legend = panel->mark[i].legend;
    bool known = text_is_empty(legend) || panel->legend == LEGEND_NONE;
    for (size_t j = 0; j < n && !known; j++)
      known = strcmp(list[j], legend) == 0;
    if (!known)
      list[n++] = legend;
  }
  *entries = list;
  return n;
}

static double legend_pitch(const struct metrics *m)
{
  return line_height(m, legend_size) * (m->typeface->terminal ? 1 : 1.12);
}

// From sample to text.
static double legend_gap(const struct metrics *m)
{
  return m->typeface->em * (m->typeface->terminal ? 1 : 0.5);
}

static double sample_width(const struct plot_panel *panel, const struct metrics *m)
{
  double width = m->sample;
  for (size_t i = 0; i < panel->n_marks; i++) {
    const struct plot_mark *mark = &panel->mark[i];
    if (!text_is_empty(mark->legend) && (mark->kind == MARK_LINE || mark->kind == MARK_STEP))
      width = m->wide_sample;
  }
  return width;
}

// The legend as it is written: on one line, no wider than the panel.
static char *legend_text(const struct plot_panel *panel, const struct metrics *m,
                         const char *legend, double panel_width)
{
  char *text = memory_copy_text(legend);
  blanks_for_newlines(text);
  double room = panel_width - 2 * m->pad - sample_width(panel, m) - legend_gap(m);
  char *cut = typeset_shorten(m->typeface, text, legend_size, false, room, 1);
  free(text);
  return cut;
}

static double legend_entry_width(const struct plot_panel *panel, const struct metrics *m,
                                 const char *legend, double panel_width)
{
  char *text = legend_text(panel, m, legend, panel_width);
  double width = sample_width(panel, m) + legend_gap(m)
                 + typeset_width(m->typeface, text, legend_size, false);
  free(text);
  return width;
}

// ---- one panel ----

struct draft {
  const struct plot_panel *panel;
  struct axis_limits x, y;
  double width, height;            // of the panel without a legend below
  double left, right, bottom, top; // margins
  struct plan x_plan, y_plan;
  char *title, *x_label, *y_label; // fitted
  const char **legend;
  size_t n_legends;
  bool legend_below;
  double below;                    // height of a legend below
  size_t *legend_row;              // of each entry below
  size_t n_legend_rows;
};

static void draft_clear(struct draft *draft)
{
  plan_free(&draft->x_plan);
  plan_free(&draft->y_plan);
  free(draft->title);
  free(draft->x_label);
  free(draft->y_label);
  draft->title = draft->x_label = draft->y_label = NULL;
}

// The axes' rectangle within the panel, from its lower left corner.
struct box {
  double left, right, bottom, top;
};

static struct box draft_axes(const struct draft *draft)
{
  struct box box = {draft->left, draft->width - draft->right, draft->bottom,
                    draft->height - draft->top};
  // However large the labels are, something is left to draw in.
  box.right = maximum(box.right, box.left + 0.15 * draft->width);
  box.top = maximum(box.top, box.bottom + 0.15 * draft->height);
  if (draft->panel->square) {
    double width = box.right - box.left, height = box.top - box.bottom;
    double side = minimum(width, height);
    box.left += (width - side) / 2;
    box.right = box.left + side;
    box.top = box.bottom + side;
  }
  return box;
}

// The margins that a word at `fraction` of an axis needs, which takes `before` and `after`
// of it: the axis shrinks until the word ends at the edge of the panel.
static void make_room(double fraction, double before, double after, double total, double pad,
                      double *low_margin, double *high_margin)
{
  double most = 0.6 * total;
  if (fraction > 0.5) {
    double high = (total - *low_margin) - (total - pad - *low_margin - after) / fraction;
    *high_margin = maximum(*high_margin, minimum(high, most));
  }
  if (fraction < 0.5) {
    double low = (total - *high_margin) - (total - pad - *high_margin - before) / (1 - fraction);
    *low_margin = maximum(*low_margin, minimum(low, most));
  }
}

static void words_make_room(struct draft *draft, const struct metrics *m)
{
  for (size_t i = 0; i < draft->panel->n_words; i++) {
    const struct plot_word *word = &draft->panel->word[i];
    double x = axis_fraction(draft->x, word->x), y = axis_fraction(draft->y, word->y);
    if (!isfinite(x) || !isfinite(y) || text_is_empty(word->text))
      continue;
    double width = typeset_width(m->typeface, word->text, word->size, false);
    double height = block_height(m, word->text, word->size);
    double before = word->align == WORD_LEFT ? 0 : word->align == WORD_RIGHT ? width : width / 2;
    make_room(x, before, width - before, draft->width, m->pad, &draft->left, &draft->right);
    // A title stands above all words.
    double title = block_height(m, draft->title, panel_title_size);
    make_room(y, height / 2, height / 2, draft->height, m->pad + title, &draft->bottom,
              &draft->top);
  }
}

// Fits labels into the room that the present margins leave.
static void draft_fit(struct draft *draft, const struct metrics *m)
{
  draft_clear(draft);
  const struct plot_panel *panel = draft->panel;
  struct box box = draft_axes(draft);
  double width = box.right - box.left, height = box.top - box.bottom;
  bool terminal = m->typeface->terminal;
  plan_x(&draft->x_plan, &panel->x, draft->x, width, 0.6 * draft->width, 0.4 * draft->height, m);
  plan_y(&draft->y_plan, &panel->y, draft->y, height, 0.45 * draft->width, m);
  draft->title = fit(m, panel->title, panel_title_size, true, draft->width - box.left - m->pad, 3);
  // The label of x may be longer than the axis, that of y may rise above it.
  draft->x_label = fit(m, panel->x.label, axis_label_size, false,
                       maximum(width, 2 * (minimum(box.left, draft->width - box.right) + width / 2)
                                        - 2 * m->pad), 3);
  draft->y_label = fit(m, panel->y.label, axis_label_size, false,
                       terminal ? draft->width - 2 * m->pad
                                : draft->height - box.bottom - m->pad, 3);
}

// From the axis of x down to what is written below it: labels of y may reach below, too.
static double label_drop(const struct draft *draft, const struct metrics *m)
{
  double tick = draft->panel->x.hidden ? 0 : m->tick;
  return m->typeface->terminal ? 0 : maximum(tick + m->gap, draft->y_plan.before);
}

// From the axes up to a terminal's label of y: the highest tick label may take more lines.
static double label_rise(const struct draft *draft, const struct metrics *m)
{
  double line = m->typeface->line;
  return m->typeface->terminal ? ceil(draft->y_plan.after / line - 0.5 - 1e-6) * line : 0;
}

// What the fitted labels need.
static void draft_margins(struct draft *draft, const struct metrics *m)
{
  const struct plot_panel *panel = draft->panel;
  bool terminal = m->typeface->terminal;
  const struct plan *x = &draft->x_plan, *y = &draft->y_plan;
  double y_tick = panel->y.hidden ? 0 : m->tick;

  draft->bottom = m->pad + label_drop(draft, m);
  if (x->depth > 0)
    draft->bottom += x->depth;
  if (draft->x_label)
    draft->bottom += (terminal ? 0 : m->gap) + block_height(m, draft->x_label, axis_label_size);

  draft->left = m->pad + y_tick;
  if (y->depth > 0)
    draft->left += m->gap + y->depth;
  if (draft->y_label && !terminal)
    draft->left += 1.2 * m->gap + block_height(m, draft->y_label, axis_label_size);

  draft->right = m->pad + (terminal ? 0 : 0.1);
  draft->top = m->pad;
  if (draft->title)
    draft->top += block_height(m, draft->title, panel_title_size) + (terminal ? 0 : 0.12);
  if (draft->y_label && terminal)
    draft->top += label_rise(draft, m) + block_height(m, draft->y_label, axis_label_size);

  draft->left = maximum(draft->left, m->pad + x->before);
  draft->right = maximum(draft->right, m->pad + x->after);
  draft->bottom = maximum(draft->bottom, m->pad + y->before);
  draft->top = maximum(draft->top, m->pad + y->after);
  words_make_room(draft, m);
  if (terminal) {
    double em = m->typeface->em, line = m->typeface->line;
    draft->left = ceil(draft->left / em - 1e-9) * em;
    draft->right = ceil(draft->right / em - 1e-9) * em;
    draft->bottom = ceil(draft->bottom / line - 1e-9) * line;
    draft->top = ceil(draft->top / line - 1e-9) * line;
  }
}

// Where the legend's rectangle stands in its corner.
static struct box legend_box(const struct draft *draft, struct box axes, const struct metrics *m)
{
  bool terminal = m->typeface->terminal;
  double inset = terminal ? m->typeface->em : 0.12, widest = 0;
  for (size_t i = 0; i < draft->n_legends; i++)
    widest = maximum(widest, legend_entry_width(draft->panel, m, draft->legend[i], draft->width));
  double height = (double) draft->n_legends * legend_pitch(m);
  enum legend_place place = draft->panel->legend;
  struct box box;
  if (place == LEGEND_TOP_RIGHT || place == LEGEND_BOTTOM_RIGHT)
    box.right = axes.right - inset;
  else
    box.right = axes.left + inset + widest;
  box.left = box.right - widest;
  // In a terminal the lowest line of the axes is the axis itself.
  if (place == LEGEND_TOP_LEFT || place == LEGEND_TOP_RIGHT)
    box.top = axes.top - (terminal ? 0 : inset);
  else
    box.top = axes.bottom + (terminal ? m->typeface->line : inset) + height;
  box.bottom = box.top - height;
  return box;
}

// Does the line from a to b meet the box?  (Liang and Barsky 1984.)
static bool line_meets(struct box box, const double a[2], const double b[2])
{
  double from = 0, to = 1;
  const double low[2] = {box.left, box.bottom}, high[2] = {box.right, box.top};
  for (int i = 0; i < 2; i++) {
    double length = b[i] - a[i];
    if (length == 0) {
      if (a[i] < low[i] || a[i] > high[i])
        return false;
      continue;
    }
    double first = (low[i] - a[i]) / length, second = (high[i] - a[i]) / length;
    from = maximum(from, minimum(first, second));
    to = minimum(to, maximum(first, second));
  }
  return from <= to;
}

static double place_on(struct axis_limits limits, double value, double low, double high)
{
  double fraction = axis_fraction(limits, value);
  // Infinite ends stand at the axis's ends, as they are drawn.
  if (isinf(value) || (limits.logarithmic && value <= 0))
    fraction = (value > 0) == (limits.low < limits.high);
  return low + fraction * (high - low);
}

// True if the box would cover a part of a series; helper lines may pass behind text.
static bool box_covers(const struct draft *draft, struct box axes, struct box box)
{
  for (size_t i = 0; i < draft->panel->n_marks; i++) {
    const struct plot_mark *mark = &draft->panel->mark[i];
    if (mark->style < 0)
      continue;
    double before[2] = {NAN, NAN}, before_high = NAN;
    for (size_t j = 0; j < mark->n; j++) {
      double a[2] = {place_on(draft->x, mark->x[j], axes.left, axes.right),
                     place_on(draft->y, mark->y[j], axes.bottom, axes.top)};
      double b[2] = {a[0], a[1]};
      if (mark->x2)
        b[0] = place_on(draft->x, mark->x2[j], axes.left, axes.right);
      if (mark->y2)
        b[1] = place_on(draft->y, mark->y2[j], axes.bottom, axes.top);
      bool covers = false;
      if (mark->kind == MARK_BAND || mark->kind == MARK_RECTANGLE) {
        // A band's piece between two points, or a rectangle, as a rectangle.
        bool band = mark->kind == MARK_BAND;
        double left = band ? before[0] : a[0], right = b[0];
        double low = minimum(a[1], b[1]), high = maximum(a[1], b[1]);
        if (band && !isnan(before[1])) {
          low = minimum(low, before[1]);
          high = maximum(high, before_high);
        }
        covers = minimum(left, right) <= box.right && maximum(left, right) >= box.left
                 && low <= box.top && high >= box.bottom;
        before_high = b[1];
      } else if (mark->kind == MARK_LINE || mark->kind == MARK_STEP) {
        const double corner[2] = {a[0], before[1]};
        if (!isnan(before[0]) && !isnan(before[1]) && !isnan(a[0]) && !isnan(a[1]))
          covers = mark->kind == MARK_LINE
                     ? line_meets(box, before, a)
                     : line_meets(box, before, corner) || line_meets(box, corner, a);
      } else if (!isnan(a[0]) && !isnan(a[1]) && !isnan(b[0]) && !isnan(b[1])) {
        covers = line_meets(box, a, b);
      }
      if (covers)
        return true;
      before[0] = a[0];
      before[1] = a[1];
    }
  }
  return false;
}

static void draft_legend(struct draft *draft, const struct metrics *m)
{
  draft->legend_below = false;
  draft->below = 0;
  draft->n_legend_rows = 0;
  if (draft->n_legends == 0)
    return;
  struct box axes = draft_axes(draft), box = legend_box(draft, axes, m);
  draft->legend_below = draft->panel->legend == LEGEND_BELOW
                        || box.left < axes.left || box.right > axes.right
                        || box.top > axes.top || box.bottom < axes.bottom
                        || box_covers(draft, axes, box);
  if (!draft->legend_below)
    return;
  double separation = 1.5 * m->typeface->em, used = 0, room = draft->width - 2 * m->pad;
  for (size_t i = 0; i < draft->n_legends; i++) {
    double width = legend_entry_width(draft->panel, m, draft->legend[i], draft->width);
    if (i == 0 || used + separation + width > room) {
      draft->n_legend_rows++;
      used = width;
    } else {
      used += separation + width;
    }
    draft->legend_row[i] = draft->n_legend_rows - 1;
  }
  draft->below = (double) draft->n_legend_rows * legend_pitch(m)
                 + (m->typeface->terminal ? 0 : 0.5 * m->gap);
}

// ---- a fitted panel becomes a placed one ----

// (x, y): the panel's lower left corner on the page.
static void place_legend(struct placed_panel *out, const struct draft *draft, struct box axes,
                         double x, double y, const struct metrics *m)
{
  size_t n = draft->n_legends;
  out->legend = NEW_ARRAY(struct placed_legend, n);
  out->n_legends = n;
  out->sample_width = sample_width(draft->panel, m);
  double pitch = legend_pitch(m), gap = legend_gap(m), separation = 1.5 * m->typeface->em;
  struct box box = legend_box(draft, axes, m);
  double left = 0; // of the next entry below
  for (size_t i = 0; i < n; i++) {
    struct placed_legend *entry = &out->legend[i];
    entry->legend = draft->legend[i];
    if (draft->legend_below) {
      size_t row = draft->legend_row[i];
      if (i == 0 || draft->legend_row[i - 1] != row) {
        double total = -separation;
        for (size_t j = i; j < n && draft->legend_row[j] == row; j++)
          total += separation + legend_entry_width(draft->panel, m, draft->legend[j], draft->width);
        // Below the middle of the axes, but not over the panel's edges; entries one
        // below the other begin at one place.
        if (draft->n_legend_rows == n)
          total = box.right - box.left;
        left = (axes.left + axes.right - total) / 2;
        left = maximum(m->pad, minimum(left, draft->width - m->pad - total));
      }
      entry->x = x + left;
      entry->y = y - ((double) row + 0.5) * pitch;
      left += separation + legend_entry_width(draft->panel, m, draft->legend[i], draft->width);
    } else {
      entry->x = x + box.left;
      entry->y = y + box.top - ((double) i + 0.5) * pitch;
    }
    char *text = legend_text(draft->panel, m, entry->legend, draft->width);
    panel_text(out, m, (struct placed_text){.x = entry->x + out->sample_width + gap, .y = entry->y,
                                            .align = WORD_LEFT, .size = legend_size}, text);
    free(text);
  }
}

static struct placed_tick *place_ticks(const struct plan *plan)
{
  struct placed_tick *ticks = NEW_ARRAY(struct placed_tick, plan->n);
  for (size_t i = 0; i < plan->n; i++)
    ticks[i] = (struct placed_tick){plan->at[i], plan->small[i]};
  return ticks;
}

static bool panel_is_empty(const struct plot_panel *panel)
{
  for (size_t i = 0; i < panel->n_marks; i++)
    for (size_t j = 0; j < panel->mark[i].n; j++)
      if (!isnan(panel->mark[i].x[j]) && !isnan(panel->mark[i].y[j]))
        return false;
  return true;
}

// (x, y): the panel's lower left corner on the page.
static void place_panel(struct placed_panel *out, const struct draft *draft, double x, double y,
                        const struct metrics *m)
{
  const struct plot_panel *panel = draft->panel;
  const struct plan *x_plan = &draft->x_plan, *y_plan = &draft->y_plan;
  struct box box = draft_axes(draft);
  bool terminal = m->typeface->terminal;
  *out = (struct placed_panel){
    .panel = panel,
    .left = x + box.left, .right = x + box.right, .bottom = y + box.bottom, .top = y + box.top,
    .x = draft->x, .y = draft->y,
    .x_tick = place_ticks(x_plan), .n_x_ticks = x_plan->n,
    .y_tick = place_ticks(y_plan), .n_y_ticks = y_plan->n,
  };
  double line = line_height(m, 1), centre_x = (out->left + out->right) / 2;
  double y_tick = panel->y.hidden ? 0 : m->tick;

  // Tick labels of x, from the axis downwards.
  double y_now = out->bottom - label_drop(draft, m);
  for (size_t i = 0; i < x_plan->n; i++) {
    const char *label = x_plan->label[i];
    if (!label)
      continue;
    struct placed_text model = {.x_on_axis = true, .x = x_plan->at[i], .y = y_now,
                                .size = x_plan->size,
                                .align = WORD_CENTRE, .turned = x_plan->turned};
    if (x_plan->turned) {
      model.align = WORD_RIGHT;
      model.dy = x_plan->turned == 45 ? -0.2 * line : 0;
    } else {
      model.y -= block_height(m, label, x_plan->size) / 2;
    }
    panel_text(out, m, model, label);
  }
  if (x_plan->depth > 0)
    y_now -= x_plan->depth + (terminal ? 0 : m->gap);
  if (draft->x_label) {
    double height = block_height(m, draft->x_label, axis_label_size);
    // Centred under the axis, unless that would leave the panel.
    double half = typeset_width(m->typeface, draft->x_label, axis_label_size, false) / 2;
    double centre = maximum(x + m->pad + half, minimum(centre_x, x + draft->width - m->pad - half));
    panel_text(out, m, (struct placed_text){.x = centre, .y = y_now - height / 2,
                                            .align = WORD_CENTRE, .size = axis_label_size},
               draft->x_label);
  }

  // Of y, from the axis leftwards.
  double x_now = out->left - y_tick - m->gap;
  for (size_t i = 0; i < y_plan->n; i++)
    if (y_plan->label[i])
      panel_text(out, m, (struct placed_text){.x = x_now, .y_on_axis = true, .y = y_plan->at[i],
                                              .align = WORD_RIGHT, .size = 1}, y_plan->label[i]);
  x_now -= y_plan->depth + (y_plan->depth > 0 ? 1.2 * m->gap : 0);
  double title_bottom = out->top + (terminal ? 0 : 0.12);
  if (draft->y_label) {
    double block = block_height(m, draft->y_label, axis_label_size);
    struct placed_text model = {.size = axis_label_size};
    if (terminal) {
      model.x = x + m->typeface->em;
      model.y = out->top + label_rise(draft, m) + block / 2;
      model.align = WORD_LEFT;
      title_bottom += label_rise(draft, m) + block;
    } else {
      double half = typeset_width(m->typeface, draft->y_label, axis_label_size, false) / 2;
      double centre = (out->bottom + out->top) / 2;
      centre = maximum(out->bottom + half, minimum(centre, y + draft->height - m->pad - half));
      model.x = x_now - block / 2;
      model.y = centre;
      model.align = WORD_CENTRE;
      model.turned = 90;
    }
    panel_text(out, m, model, draft->y_label);
  }
  // The title stands above the axes and the words that rise over them.
  if (draft->title) {
    double height = block_height(m, draft->title, panel_title_size), bottom = title_bottom;
    for (size_t i = 0; i < panel->n_words; i++) {
      double fraction = axis_fraction(draft->y, panel->word[i].y);
      if (isfinite(fraction) && !text_is_empty(panel->word[i].text))
        bottom = maximum(bottom, out->bottom + fraction * (out->top - out->bottom)
                         + block_height(m, panel->word[i].text, panel->word[i].size) / 2);
    }
    bottom = maximum(out->top, minimum(bottom, y + draft->height - m->pad - height));
    panel_text(out, m, (struct placed_text){.x = out->left, .y = bottom + height / 2,
                                            .align = WORD_LEFT, .size = panel_title_size,
                                            .bold = true}, draft->title);
  }

  for (size_t i = 0; i < panel->n_words; i++) {
    const struct plot_word *word = &panel->word[i];
    if (!text_is_empty(word->text) && isfinite(axis_fraction(draft->x, word->x))
        && isfinite(axis_fraction(draft->y, word->y)))
      panel_text(out, m, (struct placed_text){.x_on_axis = true, .x = word->x, .y_on_axis = true,
                                              .y = word->y, .align = (int) word->align,
                                              .size = word->size > 0 ? word->size : 1}, word->text);
  }
  if (panel_is_empty(panel) && panel->n_words == 0)
    panel_text(out, m, (struct placed_text){.x = centre_x, .y = (out->bottom + out->top) / 2,
                                            .align = WORD_CENTRE, .size = axis_label_size},
               "no data");
  if (draft->n_legends > 0)
    place_legend(out, draft, box, x, y, m);
}

// ---- the page ----

struct grid {
  struct draft *draft;
  size_t n, n_columns, n_rows;
};

// The largest margin of a row or column, for those that lose little by it.
static void share_margin(struct grid *grid, bool of_row, size_t index,
                         double *(*margin)(struct draft *))
{
  double largest = 0;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < grid->n; i++) {
      if ((of_row ? i / grid->n_columns : i % grid->n_columns) != index)
        continue;
      double *value = margin(&grid->draft[i]);
      if (pass == 0)
        largest = maximum(largest, *value);
      else if (*value > 0.5 * largest || largest < 1)
        *value = largest;
    }
}

static double *margin_left(struct draft *draft)
{
  return &draft->left;
}

static double *margin_right(struct draft *draft)
{
  return &draft->right;
}

static double *margin_bottom(struct draft *draft)
{
  return &draft->bottom;
}

static double *margin_top(struct draft *draft)
{
  return &draft->top;
}

static bool same_margins(const struct draft *a, const struct draft *b)
{
  const double much = 1e-6;
  return fabs(a->left - b->left) < much && fabs(a->right - b->right) < much
         && fabs(a->bottom - b->bottom) < much && fabs(a->top - b->top) < much;
}

static void grid_fit(struct grid *grid, const struct metrics *m)
{
  if (grid->n == 0)
    return;
  struct draft *before = NEW_ARRAY(struct draft, grid->n);
  bool changed = true;
  for (int round = 0; changed && round < MOST_ROUNDS; round++) {
    memcpy(before, grid->draft, grid->n * sizeof *before);
    for (size_t i = 0; i < grid->n; i++) {
      struct draft *draft = &grid->draft[i];
      draft_fit(draft, m);
      draft_margins(draft, m);
      // Later rounds only widen, so that there is an end.
      if (round >= 2) {
        draft->left = maximum(draft->left, before[i].left);
        draft->right = maximum(draft->right, before[i].right);
        draft->bottom = maximum(draft->bottom, before[i].bottom);
        draft->top = maximum(draft->top, before[i].top);
      }
    }
    for (size_t column = 0; column < grid->n_columns; column++) {
      share_margin(grid, false, column, margin_left);
      share_margin(grid, false, column, margin_right);
    }
    for (size_t row = 0; row < grid->n_rows; row++) {
      share_margin(grid, true, row, margin_bottom);
      share_margin(grid, true, row, margin_top);
    }
    changed = false;
    for (size_t i = 0; i < grid->n; i++)
      changed = changed || !same_margins(&grid->draft[i], &before[i]);
  }
  free(before);
  for (size_t i = 0; i < grid->n; i++) {
    draft_fit(&grid->draft[i], m);
    draft_legend(&grid->draft[i], m);
  }
}

static void page_text(struct placement *placement, const struct metrics *m,
                      struct placed_text model, const char *text)
{
  add_block(&placement->text, &placement->n_texts, &placement->text_capacity, m, model, text);
}

void placement_make(struct placement *placement, const struct figure *figure,
                    const struct medium *medium)
{
  struct metrics m = metrics_of(medium);
  double width = !medium->fixed_panels && figure->panel_width > 0 ? figure->panel_width
                                                                  : medium->panel_width;
  // A terminal scrolls: it may be higher than its panels usually are.
  double height = figure->panel_height > (medium->fixed_panels ? medium->panel_height : 0)
                      ? figure->panel_height
                      : medium->panel_height;
  size_t n = figure->n_panels, n_columns = figure_columns(figure);
  n_columns = n_columns > n && n > 0 ? n : n_columns;
  if (medium->most_columns && n_columns > medium->most_columns)
    n_columns = medium->most_columns;
  if (medium->fixed_panels)
    width /= (double) n_columns;
  struct grid grid = {NEW_ZEROED(struct draft, n), n, n_columns, (n + n_columns - 1) / n_columns};
  for (size_t i = 0; i < n; i++) {
    struct draft *draft = &grid.draft[i];
    const struct plot_panel *panel = figure->panel[i];
    *draft = (struct draft){.panel = panel, .x = panel_limits(panel, false),
                            .y = panel_limits(panel, true), .width = width, .height = height,
                            .left = 0.15 * width, .right = 0.3, .bottom = 1.1, .top = 0.4};
    draft->n_legends = legend_entries(panel, &draft->legend);
    draft->legend_row = NEW_ZEROED(size_t, draft->n_legends);
  }
  grid_fit(&grid, &m);

  *placement = (struct placement){.width = width * (double) n_columns, .n_panels = n,
                                  .tick_length = m.tick,
                                  .panel = NEW_ZEROED(struct placed_panel, n)};
  double page = placement->width - 4 * maximum(m.pad, m.typeface->em / 2);
  char *title = fit(&m, figure->title, figure_title_size, true, page, 4);
  char *footnote = fit(&m, figure->footnote, footnote_size, false, page, 12);
  double air = m.typeface->terminal ? m.typeface->line : 0.15;
  double title_height = title ? block_height(&m, title, figure_title_size) + air : 0;
  double foot_height = footnote ? block_height(&m, footnote, footnote_size) + air : 0;
  double *below = NEW_ZEROED(double, grid.n_rows + 1);
  placement->height = title_height + foot_height + (double) grid.n_rows * height;
  for (size_t i = 0; i < n; i++) {
    double *most = &below[i / n_columns];
    *most = maximum(*most, grid.draft[i].below);
  }
  for (size_t row = 0; row < grid.n_rows; row++)
    placement->height += below[row];
  if (n == 0)
    placement->height += 1;

  double y = placement->height - title_height;
  for (size_t i = 0; i < n; i++) {
    if (i % n_columns == 0)
      y -= height + (i > 0 ? below[i / n_columns - 1] : 0);
    place_panel(&placement->panel[i], &grid.draft[i], (double) (i % n_columns) * width, y, &m);
  }
  if (title)
    page_text(placement, &m, (struct placed_text){.x = placement->width / 2,
      .y = placement->height - (m.typeface->terminal ? 0 : air / 2)
           - block_height(&m, title, figure_title_size) / 2,
      .align = WORD_CENTRE, .size = figure_title_size, .bold = true}, title);
  if (footnote)
    page_text(placement, &m, (struct placed_text){.x = 2 * maximum(m.pad, m.typeface->em / 2),
      .y = foot_height - (m.typeface->terminal ? air : air / 2)
           - block_height(&m, footnote, footnote_size) / 2,
      .align = WORD_LEFT, .size = footnote_size}, footnote);

  free(title);
  free(footnote);
  free(below);
  for (size_t i = 0; i < n; i++) {
    draft_clear(&grid.draft[i]);
    free(grid.draft[i].legend);
    free(grid.draft[i].legend_row);
  }
  free(grid.draft);
}

static void texts_free(struct placed_text *texts, size_t n)
{
  for (size_t i = 0; i < n; i++)
    free(texts[i].text);
  free(texts);
}

void placement_free(struct placement *placement)
{
  for (size_t i = 0; i < placement->n_panels; i++) {
    struct placed_panel *panel = &placement->panel[i];
    free(panel->x_tick);
    free(panel->y_tick);
    texts_free(panel->text, panel->n_texts);
    free(panel->legend);
  }
  free(placement->panel);
  texts_free(placement->text, placement->n_texts);
  *placement = (struct placement){0};
}
