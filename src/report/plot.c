// SPDX-License-Identifier: GPL-3.0-or-later
// Figures as data: panels, marks, looks, limits of axes and round ticks.
//
// Colours after M. Okabe and K. Ito (2008), "Color universal design", altered in lightness
// so that the eight stand at least 8 units of L* apart and survive a grey copier.
// L* after CIE 15:2004, from sRGB by IEC 61966-2-1.
#include <config.h>

#include "report/plot.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"

static const struct plot_style styles[PLOT_STYLES] = {
  {0x00467f, {0}, POINT_CIRCLE},                 // blue
  {0xc85400, {5, 2.5}, POINT_TRIANGLE},           // vermilion
  {0x56b4e9, {6, 2, 1.5, 2}, POINT_SQUARE},      // sky blue
  {0x1a1a1a, {2, 2}, POINT_RING},                // black
  {0x006e54, {10, 2.5}, POINT_DIAMOND},          // bluish green
  {0xcc79a7, {3.5, 1.5}, POINT_OPEN_TRIANGLE},       // reddish purple
  {0x431760, {9, 2, 1.5, 2, 1.5, 2}, POINT_OPEN_SQUARE}, // violet
  {0xf0cb2c, {6, 2, 3, 2}, POINT_CROSS},         // yellow
};
static const struct plot_style helper = {0x8c8c8c, {5, 4}, POINT_CROSS};

const struct plot_style *plot_style(int index)
{
  return index < 0 ? &helper : &styles[index % PLOT_STYLES];
}

double colour_lightness(unsigned colour)
{
  static const double share[3] = {0.2126, 0.7152, 0.0722}; // red, green, blue
  double luminance = 0;
  for (int i = 0; i < 3; i++) {
    double value = (colour >> (16 - 8 * i) & 0xff) / 255.0;
    luminance += share[i] * (value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
  }
  return luminance <= 216.0 / 24389 ? luminance * 24389 / 27 : 116 * cbrt(luminance) - 16;
}

// ---- building and releasing ----

void ticks_free(struct plot_tick *ticks, size_t n_ticks)
{
  for (size_t i = 0; i < n_ticks; i++)
    free(ticks[i].label);
  free(ticks);
}

static void axis_free(struct plot_axis *axis)
{
  free(axis->label);
  ticks_free(axis->tick, axis->n_ticks);
}

static void panel_free(struct plot_panel *panel)
{
  free(panel->title);
  axis_free(&panel->x);
  axis_free(&panel->y);
  for (size_t i = 0; i < panel->n_marks; i++) {
    struct plot_mark *mark = &panel->mark[i];
    free(mark->legend);
    free(mark->x);
    free(mark->y);
    free(mark->x2);
    free(mark->y2);
  }
  free(panel->mark);
  for (size_t i = 0; i < panel->n_words; i++)
    free(panel->word[i].text);
  free(panel->word);
  free(panel);
}

void figure_free(struct figure *figure)
{
  for (size_t i = 0; i < figure->n_panels; i++)
    panel_free(figure->panel[i]);
  free(figure->panel);
  free(figure->title);
  free(figure->footnote);
  *figure = (struct figure){0};
}

struct plot_panel *figure_add_panel(struct figure *figure, const char *title)
{
  GROW_ARRAY(figure->panel, figure->capacity, figure->n_panels + 1);
  struct plot_panel *panel = NEW_ZEROED(struct plot_panel, 1);
  panel->title = memory_copy_text(title);
  figure->panel[figure->n_panels++] = panel;
  return panel;
}

size_t figure_columns(const struct figure *figure)
{
  static const size_t chosen[] = {1, 1, 2, 3, 2, 3, 3, 4, 4, 3, 4, 4, 4};
  if (figure->n_columns)
    return figure->n_columns;
  return figure->n_panels < sizeof chosen / sizeof *chosen ? chosen[figure->n_panels] : 5;
}

static void axis_set(struct plot_axis *axis, const char *label, double low, double high)
{
  char *copy = memory_copy_text(label);
  free(axis->label);
  axis->label = copy;
  axis->low = low;
  axis->high = high;
}

void panel_set_x(struct plot_panel *panel, const char *label, double low, double high)
{
  axis_set(&panel->x, label, low, high);
}

void panel_set_y(struct plot_panel *panel, const char *label, double low, double high)
{
  axis_set(&panel->y, label, low, high);
}

void axis_add_tick(struct plot_axis *axis, double at, const char *label)
{
  GROW_ARRAY(axis->tick, axis->tick_capacity, axis->n_ticks + 1);
  axis->tick[axis->n_ticks++] = (struct plot_tick){at, memory_copy_text(label ? label : "")};
}

static double *copy_numbers(const double *x, size_t n)
{
  if (!x)
    return NULL;
  double *copy = NEW_ARRAY(double, n);
  if (n)
    memcpy(copy, x, n * sizeof *x);
  return copy;
}

struct plot_mark *panel_add_mark(struct plot_panel *panel, enum mark_kind kind, int style,
                                 const char *legend, size_t n, const double *x, const double *y,
                                 const double *x2, const double *y2)
{
  bool has_x2 = kind == MARK_RECTANGLE || kind == MARK_SEGMENT;
  bool has_y2 = has_x2 || kind == MARK_BAND;
  assert(n == 0 || (x && y && (!has_x2 || x2) && (!has_y2 || y2)));
  GROW_ARRAY(panel->mark, panel->mark_capacity, panel->n_marks + 1);
  struct plot_mark *mark = &panel->mark[panel->n_marks++];
  *mark = (struct plot_mark){
    .kind = kind,
    .style = style,
    .line_width = 1,
    .point_size = 1,
    .opacity = kind == MARK_BAND ? 0.25 : 1,
    .legend = memory_copy_text(legend),
    .x = copy_numbers(x, n),
    .y = copy_numbers(y, n),
    .x2 = has_x2 ? copy_numbers(x2, n) : NULL,
    .y2 = has_y2 ? copy_numbers(y2, n) : NULL,
    .n = n,
  };
  return mark;
}

void panel_add_word(struct plot_panel *panel, double x, double y, int align, double size,
                    const char *text)
{
  GROW_ARRAY(panel->word, panel->word_capacity, panel->n_words + 1);
  struct plot_word *word = &panel->word[panel->n_words++];
  *word = (struct plot_word){.x = x, .y = y, .size = size, .text = memory_copy_text(text)};
  word->align = align == WORD_LEFT ? WORD_LEFT : align == WORD_RIGHT ? WORD_RIGHT : WORD_CENTRE;
}

// ---- limits ----

// Beyond this, sums and differences of axis values would overflow in a renderer.
static const double largest = 1e300;

struct span {
  double low, high;
  bool logarithmic;
};

static void span_add(struct span *span, double value)
{
  if (!(fabs(value) <= largest) || (span->logarithmic && value <= 0))
    return;
  span->low = fmin(span->low, value);
  span->high = fmax(span->high, value);
}

static void span_add_all(struct span *span, const double *x, size_t n)
{
  for (size_t i = 0; x && i < n; i++)
    span_add(span, x[i]);
}

// True if a bar begins or ends at just `value`.
static bool bar_stands_at(const struct plot_panel *panel, bool vertical, double value)
{
  for (size_t i = 0; i < panel->n_marks; i++) {
    const struct plot_mark *mark = &panel->mark[i];
    if (mark->kind != MARK_RECTANGLE)
      continue;
    const double *a = vertical ? mark->y : mark->x, *b = vertical ? mark->y2 : mark->x2;
    for (size_t j = 0; j < mark->n; j++)
      if (a[j] == value || b[j] == value)
        return true;
  }
  return false;
}

// Limits that differ by less than doubles near them can show are moved apart.
static struct axis_limits limits_widen(struct axis_limits limits)
{
  double size = fmax(fabs(limits.low), fabs(limits.high));
  if (fabs(limits.high - limits.low) > 1e-12 * size)
    return limits;
  if (limits.logarithmic)
    return (struct axis_limits){limits.low / 2, limits.high * 2, true};
  double room = size > 0 ? 0.1 * size : 0.5;
  return (struct axis_limits){limits.low - room, limits.high + room, false};
}

struct axis_limits panel_limits(const struct plot_panel *panel, bool vertical)
{
  const struct plot_axis *axis = vertical ? &panel->y : &panel->x;
  bool logarithmic = axis->logarithmic;
  bool set = fabs(axis->low) <= largest && fabs(axis->high) <= largest && axis->low != axis->high
             && (!logarithmic || (axis->low > 0 && axis->high > 0));
  if (set)
    return limits_widen((struct axis_limits){axis->low, axis->high, logarithmic});

  struct span span = {INFINITY, -INFINITY, logarithmic};
  for (size_t i = 0; i < panel->n_marks; i++) {
    const struct plot_mark *mark = &panel->mark[i];
    span_add_all(&span, vertical ? mark->y : mark->x, mark->n);
    span_add_all(&span, vertical ? mark->y2 : mark->x2, mark->n);
  }
  for (size_t i = 0; i < panel->n_words; i++)
    span_add(&span, vertical ? panel->word[i].y : panel->word[i].x);
  for (size_t i = 0; i < axis->n_ticks; i++)
    span_add(&span, axis->tick[i].at);
  if (span.low > span.high)
    return (struct axis_limits){logarithmic ? 1 : 0, logarithmic ? 10 : 1, logarithmic};

  struct axis_limits limits = {span.low, span.high, logarithmic};
  if (logarithmic) {
    double room = pow(span.high / span.low, 0.04);
    limits.low = fmax(span.low / room, 1e-300);
    limits.high = span.high * room;
  } else {
    double room = 0.04 * (span.high - span.low);
    if (!(span.low == 0 && bar_stands_at(panel, vertical, 0)))
      limits.low -= room;
    if (!(span.high == 0 && bar_stands_at(panel, vertical, 0)))
      limits.high += room;
  }
  return limits_widen(limits);
}

double axis_fraction(struct axis_limits limits, double value)
{
  if (limits.logarithmic)
    return value > 0 ? log(value / limits.low) / log(limits.high / limits.low) : NAN;
  return (value - limits.low) / (limits.high - limits.low);
}

// ---- ticks ----

struct tick_list {
  struct plot_tick *tick;
  size_t n, capacity;
};

static void tick_list_add(struct tick_list *list, double at, char *label)
{
  GROW_ARRAY(list->tick, list->capacity, list->n + 1);
  list->tick[list->n++] = (struct plot_tick){at, label};
}

// With a true minus sign, as it is printed, and exponents without '+' and leading zeros.
static char *tick_text(const char *digits)
{
  struct text text = {0};
  bool exponent = false;
  for (const char *c = digits; *c; c++) {
    if (*c == '-')
      text_append(&text, "\u2212");
    else if (!(exponent && (*c == '+' || (*c == '0' && c[1]))))
      text_append_character(&text, *c);
    exponent = *c == 'e' || (exponent && (*c == '-' || *c == '+' || *c == '0'));
  }
  return text_take(&text);
}

static char *tick_label_linear(double at, double step, double size)
{
  char buffer[NUMBER_SIZE];
  if (at == 0)
    return memory_copy_text("0");
  if (size >= 1e7 || step < 0.99e-5) {
    int decimals = (int) (floor(log10(fabs(at)) + 1e-9) - floor(log10(step) + 1e-9));
    decimals += fabs(step / pow(10, floor(log10(step) + 1e-9)) - 2.5) < 1e-6;
    snprintf(buffer, sizeof buffer, "%.*e", decimals < 0 ? 0 : decimals > 16 ? 16 : decimals, at);
    return tick_text(buffer);
  }
  int decimals = (int) -floor(log10(step) + 1e-9);
  decimals += fabs(step * pow(10, decimals) - 2.5) < 1e-6;
  return tick_text(number_write_fixed(buffer, at, decimals > 0 ? decimals : 0));
}

static void ticks_linear(struct tick_list *list, double low, double high, size_t wanted)
{
  static const double nice[] = {1, 2, 2.5, 5};
  double decade = pow(10, floor(log10((high - low) / (double) wanted)) - 1);
  for (;; decade *= 10)
    for (size_t i = 0; i < 4; i++) {
      double step = nice[i] * decade;
      double first = ceil(low / step - 1e-9), last = floor(high / step + 1e-9);
      if (last - first + 1 > (double) wanted)
        continue;
      for (double k = first; k <= last; k++) {
        // One division for steps below 1: 3 / 10 is nearer to 0.3 than 3 * 0.1.
        double at = decade < 1 ? k * nice[i] / round(1 / decade) : k * step;
        tick_list_add(list, at, tick_label_linear(at, step, fmax(fabs(low), fabs(high))));
      }
      return;
    }
}

static double mantissa_at(int decade, int mantissa)
{
  char buffer[32];
  snprintf(buffer, sizeof buffer, "%de%d", mantissa, decade);
  double value = NAN;
  number_parse_text(buffer, &value);
  return value;
}

// How many of mantissa x 10^k, for the mantissas in the set (a bit each), are within.
static size_t count_mantissas(double low, double high, int first, int last, unsigned set)
{
  size_t n = 0;
  for (int decade = first; decade <= last; decade++)
    for (int mantissa = 1; mantissa <= 9; mantissa++)
      if (set >> mantissa & 1) {
        double at = mantissa_at(decade, mantissa);
        n += at >= low && at <= high;
      }
  return n;
}

static void ticks_logarithmic(struct tick_list *list, double low, double high, size_t wanted)
{
  enum { ONE = 1 << 1, ONE_TO_FIVE = 1 << 1 | 1 << 2 | 1 << 5, ONE_THREE = 1 << 1 | 1 << 3 };
  double from = low * (1 - 1e-9), to = high * (1 + 1e-9);
  int first = (int) floor(log10(low)), last = (int) floor(log10(to));
  size_t n_decades = count_mantissas(from, to, first, last, ONE);
  unsigned set = ONE;
  if (count_mantissas(from, to, first, last, ONE_TO_FIVE) <= wanted)
    set = ONE_TO_FIVE;
  else if (n_decades <= 3 && count_mantissas(from, to, first, last, ONE_THREE) <= wanted)
    set = ONE_THREE;
  if (count_mantissas(from, to, first, last, set) < 3 && high / low < 20) {
    ticks_linear(list, low, high, wanted);
    return;
  }
  int every = (int) ((n_decades + wanted - 1) / wanted);
  for (int decade = first; decade <= last; decade++)
    for (int mantissa = 1; mantissa <= 9; mantissa++) {
      double at = mantissa_at(decade, mantissa);
      if (at < from || at > to)
        continue;
      char buffer[NUMBER_SIZE];
      bool labelled = set >> mantissa & 1 && (set != ONE || every <= 1 || decade % every == 0);
      if (labelled) {
        if (decade >= -4 && decade < 6)
          number_write_fixed(buffer, at, decade < 0 ? -decade : 0);
        else
          snprintf(buffer, sizeof buffer, "%de%d", mantissa, decade);
        tick_list_add(list, at, tick_text(buffer));
      } else if (n_decades <= 6 || mantissa == 1) {
        tick_list_add(list, at, memory_copy_text(""));
      }
    }
}

struct plot_tick *axis_choose_ticks(struct axis_limits limits, size_t wanted, size_t *n_ticks)
{
  struct tick_list list = {0};
  double low = fmin(limits.low, limits.high), high = fmax(limits.low, limits.high);
  wanted = wanted < 3 ? 3 : wanted;
  if (limits.logarithmic)
    ticks_logarithmic(&list, low, high, wanted);
  else
    ticks_linear(&list, low, high, wanted);
  *n_ticks = list.n;
  return list.tick;
}
