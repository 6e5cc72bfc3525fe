// SPDX-License-Identifier: GPL-3.0-or-later
// Figures as data, widths of text, and the layout: nothing may cover anything else.
#include <config.h>

#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/placement.h"
#include "report/typeset.h"
#include "tap.h"

// A fixed sequence of numbers below `n`.
static unsigned long state = 20240229;

static size_t below(size_t n)
{
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (size_t) ((state >> 33) % n);
}

static const struct typeface paper = {8 * 2.54 / 72, 1.2 * 8 * 2.54 / 72, false};
static const struct typeface screen = {0.2, 0.4, true};
static const struct medium paper_medium = {{8 * 2.54 / 72, 1.2 * 8 * 2.54 / 72, false}, 8, 7,
                                           false, 0};
static const struct medium screen_medium = {{0.2, 0.4, true}, 20, 12, true, 2};

// ---- looks ----

static void test_styles(void)
{
  is_near(colour_lightness(0x000000), 0, 0, "black has L* 0");
  // White is Y = 1 up to the rounding of the published luminance weights.
  is_near(colour_lightness(0xffffff), 100, 1e-9, "white has L* 100");
  // CIE 15:2004 on sRGB's middle grey: L* = 116 (((119/255 + 0.055)/1.055)^2.4)^(1/3) - 16.
  is_near(colour_lightness(0x777777), 50.034, 5e-4, "middle grey has L* 50");
  is_near(colour_lightness(0xff0000), 53.23, 0.02, "red has L* 53.2");
  bool apart = true, first_apart = true, other_dash = true, other_point = true;
  for (int i = 0; i < PLOT_STYLES; i++)
    for (int j = 0; j < i; j++) {
      const struct plot_style *a = plot_style(i), *b = plot_style(j);
      double difference = fabs(colour_lightness(a->colour) - colour_lightness(b->colour));
      apart = apart && difference >= 8;
      first_apart = first_apart && (i >= 4 || difference >= 15);
      other_dash = other_dash && memcmp(a->dash, b->dash, sizeof a->dash) != 0;
      other_point = other_point && a->point != b->point;
    }
  ok(apart, "any two of eight looks differ by 8 units of L* in grey");
  ok(first_apart, "any two of the first four by 15");
  ok(other_dash, "and in dashes");
  ok(other_point, "and in points");
  ok(plot_style(8) == plot_style(0) && plot_style(-1) != plot_style(0), "looks repeat");
}

// ---- building ----

static void test_building(void)
{
  struct figure figure = {0};
  char title[] = "title", label[] = "x label";
  struct plot_panel *panel = figure_add_panel(&figure, title);
  panel_set_x(panel, label, 0, 1);
  panel_set_x(panel, label, 2, 3);
  double x[] = {1, 2}, y[] = {3, 4};
  struct plot_mark *mark = panel_add_mark(panel, MARK_LINE, 0, title, 2, x, y, x, y);
  ok(!mark->x2 && !mark->y2, "arrays that a kind does not use are not kept");
  ok(mark->opacity == 1 && mark->line_width == 1 && mark->point_size == 1, "a mark's defaults");
  ok(panel_add_mark(panel, MARK_BAND, 0, NULL, 2, x, y, NULL, y)->opacity == 0.25,
     "bands begin with opacity 0.25");
  panel_add_mark(panel, MARK_POINTS, 0, NULL, 0, NULL, NULL, NULL, NULL);
  axis_add_tick(&panel->x, 2.5, label);
  panel_add_word(panel, 1, 2, WORD_RIGHT, 1.5, title);
  title[0] = label[0] = 'X';
  x[0] = 99;
  is_text(figure.panel[0]->title, "title", "titles are copied");
  is_text(figure.panel[0]->x.label, "x label", "labels are copied");
  is_text(figure.panel[0]->x.tick[0].label, "x label", "tick labels are copied");
  ok(figure.panel[0]->mark[0].x[0] == 1, "numbers are copied");
  ok(panel->word[0].align == WORD_RIGHT && panel->x.low == 2, "words and limits are kept");
  figure_free(&figure);
  ok(figure.n_panels == 0 && !figure.panel, "a freed figure is empty");

  static const size_t expected[] = {1, 1, 2, 3, 2, 3, 3, 4, 4, 3, 4, 4, 4, 5};
  bool good = true;
  for (size_t n = 0; n < 31; n++)
    good = good && figure_columns(&(struct figure){.n_panels = n}) == expected[n < 13 ? n : 13];
  ok(good && figure_columns(&(struct figure){.n_panels = 3, .n_columns = 2}) == 2,
     "columns are chosen unless they are said");
}

// ---- limits ----

static struct axis_limits limits_of(bool logarithmic, double low, double high, enum mark_kind kind,
                                    size_t n, const double *y, const double *y2)
{
  struct figure figure = {0};
  struct plot_panel *panel = figure_add_panel(&figure, NULL);
  panel_set_y(panel, NULL, low, high);
  panel->y.logarithmic = logarithmic;
  double *x = NEW_ZEROED(double, n);
  panel_add_mark(panel, kind, 0, NULL, n, x, y, x, y2);
  struct axis_limits limits = panel_limits(panel, true);
  free(x);
  figure_free(&figure);
  return limits;
}

static void is_limits(struct axis_limits limits, double low, double high, const char *name)
{
  // A few roundings.
  bool good = ok(fabs(limits.low - low) <= 1e-12 * (fabs(low) + fabs(high))
                 && fabs(limits.high - high) <= 1e-12 * (fabs(low) + fabs(high)), "%s", name);
  if (!good)
    printf("#   got %.17g to %.17g, expected %.17g to %.17g\n", limits.low, limits.high, low, high);
}

static void test_limits(void)
{
  double y[] = {10, 20, NAN}, wild[] = {-INFINITY, 5, NAN, INFINITY, 7, 1e308};
  double zeros[] = {0, 0, 0}, heights[] = {30, 50, 10}, depths[] = {-30, -50, -10};
  is_limits(limits_of(false, 3, 4, MARK_POINTS, 3, y, NULL), 3, 4, "limits as set");
  is_limits(limits_of(false, 4, 3, MARK_POINTS, 3, y, NULL), 4, 3, "turned round as set");
  is_limits(limits_of(false, 0, 0, MARK_POINTS, 3, y, NULL), 9.6, 20.4, "4% room, NaN ignored");
  is_limits(limits_of(false, NAN, 1, MARK_POINTS, 3, y, NULL), 9.6, 20.4, "limits NaN are none");
  is_limits(limits_of(false, 0, 0, MARK_POINTS, 6, wild, NULL), 4.92, 7.08,
            "infinite and nearly infinite values do not stretch the axis");
  is_limits(limits_of(false, 0, 0, MARK_RECTANGLE, 3, zeros, heights), 0, 52, "bars stand on 0");
  is_limits(limits_of(false, 0, 0, MARK_RECTANGLE, 3, depths, zeros), -52, 0, "or hang from it");
  is_limits(limits_of(false, 0, 0, MARK_POINTS, 2, zeros, NULL), -0.5, 0.5, "all values 0");
  is_limits(limits_of(false, 0, 0, MARK_POINTS, 1, y, NULL), 9, 11, "a single value");
  is_limits(limits_of(false, 0, 0, MARK_POINTS, 0, y, NULL), 0, 1, "no value");
  is_limits(limits_of(true, 0, 0, MARK_POINTS, 0, y, NULL), 1, 10, "no value, logarithmic");
  double positive[] = {0.1, 10, -5, 0};
  is_limits(limits_of(true, 0, 0, MARK_POINTS, 4, positive, NULL), 0.1 / pow(100, 0.04),
            10 * pow(100, 0.04), "logarithmic room, 0 and below ignored");
  is_limits(limits_of(true, -1, 100, MARK_POINTS, 4, positive, NULL), 0.1 / pow(100, 0.04),
            10 * pow(100, 0.04), "a logarithmic axis from -1 is one from the data");
  is_limits(limits_of(true, 0, 0, MARK_POINTS, 1, y, NULL), 5, 20, "a single value, logarithmic");
  struct axis_limits near = limits_of(false, 1e9, 1e9 * (1 + 1e-15), MARK_POINTS, 0, y, NULL);
  ok(near.high - near.low > 1e8, "limits that doubles cannot part are moved apart");

  struct axis_limits line = {10, 20, false}, turned = {20, 10, false}, log = {0.1, 10, true};
  is_near(axis_fraction(line, 12.5), 0.25, 0, "fraction");
  is_near(axis_fraction(turned, 12.5), 0.75, 0, "fraction of an axis turned round");
  is_near(axis_fraction(log, 1), 0.5, 1e-15, "fraction of a logarithmic axis");
  is_near(axis_fraction(log, 0), NAN, 0, "0 is nowhere on a logarithmic axis");
}

// ---- ticks ----

static void is_ticks(double low, double high, bool logarithmic, size_t wanted,
                     const char *expected)
{
  size_t n;
  struct plot_tick *ticks = axis_choose_ticks((struct axis_limits){low, high, logarithmic}, wanted,
                                              &n);
  struct text got = {0};
  for (size_t i = 0; i < n; i++)
    if (*ticks[i].label)
      text_append_format(&got, "%s%s", got.length ? " " : "", ticks[i].label);
  char *name = text_format("ticks from %g to %g%s", low, high, logarithmic ? ", logarithmic" : "");
  is_text(text_content(&got), expected, name);
  free(name);
  text_free(&got);
  ticks_free(ticks, n);
}

static void test_ticks(void)
{
  is_ticks(0, 1, false, 6, "0 0.2 0.4 0.6 0.8 1.0");
  is_ticks(1, 0, false, 6, "0 0.2 0.4 0.6 0.8 1.0");
  is_ticks(0, 1, false, 5, "0 0.25 0.50 0.75 1.00");
  is_ticks(0, 100, false, 6, "0 20 40 60 80 100");
  is_ticks(-1.1, 1.1, false, 5, "\u22121.0 \u22120.5 0 0.5 1.0");
  is_ticks(0.05, 0.052, false, 5, "0.0500 0.0505 0.0510 0.0515 0.0520");
  is_ticks(0, 3e7, false, 4, "0 1e7 2e7 3e7");
  is_ticks(0, 2.2e-7, false, 3, "0 1e\u22127 2e\u22127");
  is_ticks(1e6, 1e6 + 2, false, 3, "1000000 1000001 1000002");
  is_ticks(0.1, 20, true, 8, "0.1 0.2 0.5 1 2 5 10 20");
  is_ticks(0.1, 20, true, 6, "0.1 0.3 1 3 10");
  is_ticks(1e-3, 1e3, true, 8, "0.001 0.01 0.1 1 10 100 1000");
  is_ticks(1e-12, 1e9, true, 5, "1e\u221210 1e\u22125 1 100000");
  is_ticks(1.1, 1.4, true, 4, "1.1 1.2 1.3 1.4");
  is_ticks(1e-7, 1e-6, true, 3, "1e\u22127 3e\u22127 1e\u22126");

  // At most as many as wanted, all inside, rising, and 0.3 is the double 0.3.
  bool good = true;
  for (int i = 0; i < 3000; i++) {
    double low = ((double) below(2001) - 1000) * pow(10, (double) below(13) - 6);
    double high = low + (double) (below(1000) + 1) * pow(10, (double) below(13) - 6);
    bool logarithmic = low > 0 && below(2);
    if (high - low < 1e-9 * fabs(low))
      continue;
    size_t n, wanted = 3 + below(8), labels = 0;
    struct plot_tick *ticks = axis_choose_ticks((struct axis_limits){low, high, logarithmic},
                                                wanted, &n);
    double room = 1e-8 * (high - low) + 2e-9 * fabs(high);
    for (size_t j = 0; j < n; j++) {
      labels += *ticks[j].label != '\0';
      good = good && ticks[j].at >= low - room && ticks[j].at <= high + room
             && (j == 0 || ticks[j].at > ticks[j - 1].at);
    }
    good = good && labels <= wanted;
    ticks_free(ticks, n);
  }
  ok(good, "ticks of 3000 axes: inside, rising, not too many");
  size_t n;
  struct plot_tick *ticks = axis_choose_ticks((struct axis_limits){0, 1, false}, 11, &n);
  ok(n == 11 && ticks[3].at == 0.3 && ticks[7].at == 0.7, "tenths are the nearest doubles");
  ticks_free(ticks, n);
}

// ---- text ----

static void test_typeset(void)
{
  double em = paper.em;
  // Helvetica: A 667, D 722, C 722 thousandths.
  is_close(typeset_width(&paper, "ADC", 1, false), 2.111 * em, 1e-12, "width of ADC");
  is_close(typeset_width(&paper, "AD\nADC\nA", 2, false), 2 * 2.111 * em, 1e-12, "widest line");
  is_near(typeset_width(&paper, "", 1, false), 0, 0, "nothing has no width");
  is_close(typeset_width(&screen, "1 \u2212 \u00e9", 2, true), 5 * 0.2, 1e-12, "columns");
  ok(typeset_width(&paper, "\u4e2d", 1, false) > 0.9 * em, "Chinese is wide");
  ok(typeset_width(&paper, "A", 1, true) > typeset_width(&paper, "A", 1, false), "bold is wider");
  ok(typeset_width(&paper, "\xff\xfe", 1, false) > 0, "bytes that are not UTF-8 are survived");
  is_integer((long long) typeset_lines("a\nb\n"), 3, "lines");

  char *text = typeset_wrap(&screen, "one two three four", 1, false, 9 * 0.2);
  is_text(text, "one two\nthree\nfour", "wrapped at 9 columns");
  free(text);
  text = typeset_wrap(&screen, "unbreakable a b\nc d e", 1, false, 3 * 0.2);
  is_text(text, "unbreakable\na b\nc d\ne", "long words stay, newlines stay");
  free(text);
  text = typeset_shorten(&screen, "one two three\nfour\nfive", 1, false, 8 * 0.2, 2);
  is_text(text, "one two\u2026\nfour\u2026", "shortened to 8 columns and 2 lines");
  free(text);
  text = typeset_shorten(&screen, "exactly8\nb", 1, false, 8 * 0.2, 3);
  is_text(text, "exactly8\nb", "what fits stays");
  free(text);
}

// ---- layout ----

struct extent {
  double left, right, bottom, top;
};

static double size_on_page(const struct typeface *face, double size)
{
  return face->terminal ? 1 : size;
}

static struct extent extent_of(const struct placed_text *text, const struct placed_panel *panel,
                               const struct typeface *face)
{
  double x = text->x, y = text->y;
  // In a terminal the last cell of an axis is the one before its end.
  double column = face->terminal ? face->em : 0, row = face->terminal ? face->line : 0;
  if (text->x_on_axis)
    x = panel->left + axis_fraction(panel->x, x) * (panel->right - column - panel->left);
  if (text->y_on_axis)
    y = panel->bottom + axis_fraction(panel->y, y) * (panel->top - row - panel->bottom);
  x += text->dx;
  y += text->dy;
  if (face->terminal) {
    x = (text->x_on_axis ? round(x / column) : floor(x / column + 1e-6)) * column;
    y = ((text->y_on_axis ? floor(round((y - text->dy) / row) + text->dy / row + 0.5)
                          : floor(y / row + 1e-6)) + 0.5) * row;
  }
  double width = typeset_width(face, text->text, text->size, text->bold);
  double height = face->line * size_on_page(face, text->size) * 0.98;
  double before = text->align == WORD_LEFT ? 0 : text->align == WORD_RIGHT ? width : width / 2;
  if (text->turned == 90)
    return (struct extent){x - height / 2, x + height / 2, y - before, y - before + width};
  return (struct extent){x - before, x - before + width, y - height / 2, y + height / 2};
}

// Lines at 45 degrees that end at one height keep apart if their ends do, by a line's
// height over the sine.
static bool slanted_apart(const struct extent *a, const struct extent *b,
                          const struct typeface *face)
{
  return fabs(a->right - b->right) >= face->line * 1.2;
}

// 0 if no two texts of the figure share a place and all are on the page.
static size_t count_collisions(const struct figure *figure, const struct medium *medium,
                               bool complain)
{
  struct placement placement;
  placement_make(&placement, figure, medium);
  const struct typeface *face = &medium->typeface;
  size_t n = placement.n_texts, k = 0, collisions = 0;
  for (size_t p = 0; p < placement.n_panels; p++)
    n += placement.panel[p].n_texts;
  struct extent *extents = NEW_ARRAY(struct extent, n);
  const struct placed_text **texts = NEW_ARRAY(const struct placed_text *, n);
  for (size_t i = 0; i < placement.n_texts; i++) {
    texts[k] = &placement.text[i];
    extents[k++] = extent_of(&placement.text[i], NULL, face);
  }
  for (size_t p = 0; p < placement.n_panels; p++) {
    const struct placed_panel *panel = &placement.panel[p];
    collisions += panel->right <= panel->left || panel->top <= panel->bottom;
    for (size_t i = 0; i < panel->n_texts; i++) {
      texts[k] = &panel->text[i];
      extents[k++] = extent_of(&panel->text[i], panel, face);
    }
  }
  const double forgiven = 1e-3; // a hundredth of a millimetre
  for (size_t i = 0; i < n; i++) {
    const struct extent *a = &extents[i];
    bool off = texts[i]->turned != 45
               && (a->left < -forgiven || a->right > placement.width + forgiven
                   || a->bottom < -forgiven || a->top > placement.height + forgiven);
    if (off && complain)
      printf("#   off the page: %s\n", texts[i]->text);
    collisions += off;
    for (size_t j = 0; j < i; j++) {
      const struct extent *b = &extents[j];
      bool slanted = texts[i]->turned == 45 || texts[j]->turned == 45, together;
      if (slanted)
        together = texts[i]->turned == texts[j]->turned && fabs(a->top - b->top) < 0.1
                   && !slanted_apart(a, b, face);
      else
        together = a->left < b->right - forgiven && b->left < a->right - forgiven
                   && a->bottom < b->top - forgiven && b->bottom < a->top - forgiven;
      if (together && complain)
        printf("#   one over the other: %s | %s\n", texts[i]->text, texts[j]->text);
      collisions += together;
    }
  }
  free(extents);
  free(texts);
  placement_free(&placement);
  return collisions;
}

static void no_collisions(const struct figure *figure, const char *name)
{
  ok(count_collisions(figure, &paper_medium, true) == 0, "%s: nothing covers anything", name);
  ok(count_collisions(figure, &screen_medium, true) == 0, "%s, in a terminal", name);
}

static void test_long_labels(void)
{
  static const char *const labels[] = {
    "Luminal A-like", "Luminal B-like (HER2-negative)", "HER2-positive non-luminal",
    "Triple-negative", "Not otherwise specified", "Lobular", "Mucinous", "Other"};
  struct figure figure = {0};
  struct plot_panel *panel = figure_add_panel(&figure, "Types");
  panel_set_x(panel, "Histology", 0.5, 8.5);
  panel_set_y(panel, "Patients (%)", 0, 100);
  for (int i = 0; i < 8; i++)
    axis_add_tick(&panel->x, i + 1, labels[i]);
  no_collisions(&figure, "long categories below an axis");
  struct placement placement;
  placement_make(&placement, &figure, &paper_medium);
  int turned = 0;
  for (size_t i = 0; i < placement.panel[0].n_texts; i++)
    turned += placement.panel[0].text[i].turned == 45;
  is_integer(turned, 8, "they are turned by 45 degrees");
  placement_free(&placement);
  figure_free(&figure);

  panel = figure_add_panel(&figure, NULL);
  panel_set_y(panel, NULL, 8.5, 0.5);
  panel_set_x(panel, "Odds ratio", 0.1, 10);
  panel->x.logarithmic = true;
  for (int i = 0; i < 8; i++) {
    axis_add_tick(&panel->y, i + 1, labels[i]);
    panel_add_word(panel, 12, i + 1, WORD_LEFT, 1, "12.34 (5.67\u20139.01)");
  }
  no_collisions(&figure, "long categories beside an axis, words right of it");
  placement_make(&placement, &figure, &paper_medium);
  ok(placement.panel[0].right - placement.panel[0].left > 1.5, "room is left for the axes");
  placement_free(&placement);
  figure_free(&figure);

  panel = figure_add_panel(&figure, NULL);
  panel_set_x(panel, "n", 0, 99);
  for (int i = 0; i < 100; i++) {
    char number[32];
    snprintf(number, sizeof number, "%d", 1000 + i);
    axis_add_tick(&panel->x, i, number);
    axis_add_tick(&panel->y, i, number);
  }
  no_collisions(&figure, "a hundred numbers as labels");
  figure_free(&figure);

  panel = figure_add_panel(&figure, NULL);
  panel->y.hidden = true;
  static const char *const ratios[] = {"0.2\n1:4", "0.4\n2:3", "0.6\n3:2", "0.8\n4:1"};
  for (int i = 0; i < 4; i++)
    axis_add_tick(&panel->x, 0.2 * (i + 1), ratios[i]);
  placement_make(&placement, &figure, &paper_medium);
  double first = NAN, second = NAN;
  for (size_t i = 0; i < placement.panel[0].n_texts; i++) {
    if (strcmp(placement.panel[0].text[i].text, "0.2") == 0)
      first = placement.panel[0].text[i].y;
    if (strcmp(placement.panel[0].text[i].text, "1:4") == 0)
      second = placement.panel[0].text[i].y;
  }
  is_close(first - second, paper.line, 1e-12, "the second line stands a line below the first");
  placement_free(&placement);
  figure_free(&figure);
}

static void test_legends(void)
{
  struct figure figure = {0};
  struct plot_panel *panel = figure_add_panel(&figure, NULL);
  panel_set_x(panel, NULL, 0, 1);
  panel_set_y(panel, NULL, 0, 1);
  panel->legend = LEGEND_TOP_LEFT;
  double x[] = {0, 1}, up[] = {0, 1}, down[] = {1, 0};
  panel_add_mark(panel, MARK_LINE, 0, "rising", 2, x, up, NULL, NULL);
  panel_add_mark(panel, MARK_POINTS, 0, "rising", 2, x, up, NULL, NULL);
  struct placement placement;
  placement_make(&placement, &figure, &paper_medium);
  const struct placed_panel *placed = &placement.panel[0];
  is_integer((long long) placed->n_legends, 1, "marks of one legend share an entry");
  ok(placed->legend[0].y > placed->bottom && placed->legend[0].x > placed->left,
     "a legend in a free corner stays there");
  placement_free(&placement);

  panel_add_mark(panel, MARK_LINE, 1, "falling", 2, x, down, NULL, NULL);
  placement_make(&placement, &figure, &paper_medium);
  ok(placement.panel[0].legend[0].y < placement.panel[0].bottom, "over a curve it goes below");
  ok(placement.height > 7, "and the page grows by that");
  placement_free(&placement);
  panel->mark[2].style = -1;
  placement_make(&placement, &figure, &paper_medium);
  ok(placement.panel[0].legend[0].y > placement.panel[0].bottom, "but not over a helper line");
  placement_free(&placement);
  panel->legend = LEGEND_NONE;
  placement_make(&placement, &figure, &paper_medium);
  is_integer((long long) placement.panel[0].n_legends, 0, "no legend unless asked for");
  placement_free(&placement);
  figure_free(&figure);
}

// The widest entry takes the whole panel, the others are narrower.
static void test_legend_column(void)
{
  struct figure figure = {0};
  struct plot_panel *panel = figure_add_panel(&figure, NULL);
  panel_set_x(panel, NULL, 0, 1);
  panel_set_y(panel, NULL, 0, 1);
  panel->legend = LEGEND_BELOW;
  double x[] = {0, 1};
  static const char *const legend[] = {
      "a legend of middling length, more than half a panel",
      "a legend of such a length that it is nearly as wide as the panel",
      "a legend of a length between these two of the panel"};
  for (int i = 0; i < 3; i++)
    panel_add_mark(panel, MARK_LINE, i, legend[i], 2, x, x, NULL, NULL);
  struct placement placement;
  placement_make(&placement, &figure, &paper_medium);
  const struct placed_panel *placed = &placement.panel[0];
  ok(placed->legend[0].x == placed->legend[1].x && placed->legend[1].x == placed->legend[2].x,
     "legends one below the other begin at one place");
  ok(placed->legend[1].y < placed->legend[0].y, "one below the other");
  placement_free(&placement);
  figure_free(&figure);
}

static void test_empty(void)
{
  struct figure figure = {0};
  struct placement placement;
  placement_make(&placement, &figure, &paper_medium);
  ok(placement.n_panels == 0 && placement.height > 0, "a figure without panels has a page");
  placement_free(&placement);
  struct plot_panel *panel = figure_add_panel(&figure, NULL);
  double nothing[] = {NAN, NAN};
  panel_add_mark(panel, MARK_LINE, 0, NULL, 2, nothing, nothing, NULL, NULL);
  placement_make(&placement, &figure, &paper_medium);
  bool said = false;
  for (size_t i = 0; i < placement.panel[0].n_texts; i++)
    said = said || strcmp(placement.panel[0].text[i].text, "no data") == 0;
  ok(said, "an empty panel says so");
  placement_free(&placement);
  figure_free(&figure);
}

// Figures of any shape.  Words within the axes are the caller's affair and left out.
static void random_figure(struct figure *figure)
{
  static const char *const names[] = {
    "", "zero", "low", "over-expressed", "(n = 34)", "Peritumoural oedema, present vs absent",
    "ADC (10\u207b\u00b3 mm\u00b2/s)", "Odds ratio (95% CI)", "Lymph node\n(n = 81)",
    "Ki-67 \u2265 20%",
    "Unbreakableunbreakableunbreakableunbreakable"};
  enum { NAMES = sizeof names / sizeof *names };
  size_t n_panels = 1 + below(7);
  figure->n_columns = below(4);
  if (below(2)) {
    figure->panel_width = 5 + (double) below(8);
    figure->panel_height = 4.5 + (double) below(6);
  }
  if (below(2))
    figure->title = memory_copy_text(names[below(NAMES)]);
  if (below(2))
    figure->footnote = text_format("%s %s", names[below(NAMES)], names[below(NAMES)]);
  for (size_t p = 0; p < n_panels; p++) {
    struct plot_panel *panel = figure_add_panel(figure, names[below(NAMES)]);
    double scale = pow(10, (double) below(9) - 4);
    panel_set_x(panel, names[below(NAMES)], 0, scale * (double) below(2));
    panel_set_y(panel, names[below(NAMES)], 0, scale * (double) below(2));
    panel->square = below(3) == 0;
    panel->x.logarithmic = below(4) == 0;
    panel->y.logarithmic = below(4) == 0;
    panel->x.hidden = below(6) == 0;
    panel->y.hidden = below(6) == 0;
    panel->legend = (enum legend_place) below(6);
    for (size_t i = 0, n = below(3) ? 0 : below(9); i < n; i++)
      axis_add_tick(&panel->x, (double) (i + 1) * scale / 8, names[below(NAMES)]);
    for (size_t i = 0, n = below(3) ? 0 : below(9); i < n; i++)
      axis_add_tick(&panel->y, (double) (i + 1) * scale / 8, names[below(NAMES)]);
    for (size_t i = 0, n = below(5); i < n; i++) {
      double x[4], y[4];
      for (int j = 0; j < 4; j++) {
        x[j] = scale * (double) below(1000) / 1000;
        y[j] = scale * (double) below(1000) / 1000;
      }
      panel_add_mark(panel, below(2) ? MARK_LINE : MARK_POINTS, (int) i, names[below(NAMES)], 4,
                     x, y, NULL, NULL);
    }
  }
}

static void test_random(void)
{
  size_t bad_paper = 0, bad_screen = 0, trials = 400;
  for (size_t i = 0; i < trials; i++) {
    struct figure figure = {0};
    random_figure(&figure);
    bad_paper += count_collisions(&figure, &paper_medium, bad_paper < 3) > 0;
    bad_screen += count_collisions(&figure, &screen_medium, bad_screen < 3) > 0;
    figure_free(&figure);
  }
  is_integer((long long) bad_paper, 0, "400 random figures on paper: nothing covers anything");
  is_integer((long long) bad_screen, 0, "and in a terminal");
}

int main(void)
{
  test_styles();
  test_building();
  test_limits();
  test_ticks();
  test_typeset();
  test_long_labels();
  test_legends();
  test_legend_column();
  test_empty();
  test_random();
  return tap_done();
}
