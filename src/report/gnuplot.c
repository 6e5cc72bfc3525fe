// SPDX-License-Identifier: GPL-3.0-or-later
// Figures drawn by gnuplot 5.4: the only file that knows it.
//
// Text reaches gnuplot in 'single quotes' only, one line each, with control characters
// replaced, because there is no safe way in "double quotes" (backquotes run commands) nor
// over two lines (the second is a command).  A quote within is drawn as a typographic one:
// doubled, as the manual says, gnuplot misreads it at the beginning of a label.  All markup is off
// (noenhanced).  Data stand in inline blocks of numbers that this file formats.  No file
// name of a user comes near gnuplot: the script is a nameless file, the picture comes from
// standard output, is checked, and is then written by this program.  Gnuplot's exit status
// is not enough: it is 0 on a full disk, too.
//
// Gnuplot draws lines, areas, points and text where placement.c says; its own margins, keys
// and tick labels, which would depend on its guess of text widths, are not used.
#include <config.h>

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "report/glyph.h"
#include "report/picture.h"
#include "report/placement.h"
#include "report/plot.h"
#include "report/process.h"

// Points are 1/72 inch, line width 1 is 0.75 points, the web's pixel.
static const double tick_points = 8, centimetres_per_point = 2.54 / 72,
                    print_dots_per_inch = 300, time_limit = 60;
static const double text_columns = 100, text_rows = 30, cell_width = 0.2, cell_height = 0.4;

// ---- devices ----

struct device {
  const char *extension;
  const char *family;   // of fonts
  double dots_per_inch; // of sizes in the terminal's own units; 0: sizes are centimetres
  double point_scale;   // point size that makes a circle 1.25 mm wide
  double dash_scale;    // dash unit that makes a line width
  bool transparent;     // knows opacity
  bool terminal;        // characters
  bool drawn_glyphs;    // fonts are needed here, not where the file is read
  // The options after the size.
  const char *terminal_name, *options;
  bool (*finish)(struct text *picture, const struct figure *figure,
                 const struct placement *placement, struct error *error);
};

static bool finish_svg(struct text *picture, const struct figure *figure,
                       const struct placement *placement, struct error *error)
{
  (void) placement;
  return picture_finish_svg(picture, figure->title, error);
}

static bool finish_pdf(struct text *picture, const struct figure *figure,
                       const struct placement *placement, struct error *error)
{
  (void) figure;
  (void) placement;
  return picture_finish_pdf(picture, error);
}

static bool finish_png(struct text *picture, const struct figure *figure,
                       const struct placement *placement, struct error *error)
{
  (void) figure;
  (void) placement;
  return picture_finish_png(picture, print_dots_per_inch, error);
}

static bool finish_eps(struct text *picture, const struct figure *figure,
                       const struct placement *placement, struct error *error)
{
  (void) figure;
  (void) placement;
  return picture_finish_eps(picture, error);
}

static bool finish_text(struct text *picture, const struct figure *figure,
                        const struct placement *placement, struct error *error)
{
  (void) figure;
  return picture_finish_text(picture, (size_t) lround(placement->height / cell_height), error);
}

// Helvetica's metrics, by whatever name it is there.
#define WEB_FAMILY PICTURE_SVG_FAMILY
#define PRINT_FAMILY "Liberation Sans"

// Font sizes are scaled so that they are points: SVG's unit is a pixel, cairo's bitmaps
// assume 96 dots per inch, its pages half of that.
static const struct device devices[] = {
  {"svg", WEB_FAMILY, 96, 0.665, 2, true, false, false, "svg",
   "font '" WEB_FAMILY ",8' fontscale 1.333333 linewidth 1 background '#ffffff'", finish_svg},
  {"pdf", PRINT_FAMILY, 0, 0.562, 3.64, true, false, true, "pdfcairo",
   "font '" PRINT_FAMILY ",8' fontscale 0.75 linewidth 1.5", finish_pdf},
  {"png", PRINT_FAMILY, 300, 0.768, 4, true, false, true, "pngcairo",
   "font '" PRINT_FAMILY ",8' fontscale 3.125 linewidth 3.125 pointscale 3.125", finish_png},
  {"eps", PRINT_FAMILY, 0, 0.562, 3.64, false, false, true, "epscairo",
   "font '" PRINT_FAMILY ",8' fontscale 0.75 linewidth 3", finish_eps},
  {"txt", "", 0, 1, 1, false, true, false, "dumb", "", finish_text},
};

const struct figure_format figure_formats[] = {
  {"svg", "Scalable Vector Graphics, for web pages and editing"},
  {"pdf", "Portable Document Format, for journals and LaTeX"},
  {"png", "Portable Network Graphics, 300 dots per inch"},
  {"eps", "Encapsulated PostScript, for journals that want it"},
  {"txt", "drawn with characters, for the terminal"},
  {"gp", "the gnuplot script with its data inside, for changing by hand"},
  {NULL, NULL},
};

const struct figure_format *figure_find_format(const char *path, struct error *error)
{
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  const char *dot = strrchr(name, '.');
  struct text known = {0};
  for (const struct figure_format *format = figure_formats; format->extension; format++) {
    if (dot && strcasecmp(dot + 1, format->extension) == 0) {
      text_free(&known);
      return format;
    }
    text_append_format(&known, "%s.%s", known.length ? ", " : "", format->extension);
  }
  error_set(error, ERROR_USAGE, "%s: a figure's name ends in one of %s", path, known.bytes);
  text_free(&known);
  return NULL;
}

static const struct device *device_find(const char *extension)
{
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
    if (strcmp(devices[i].extension, extension) == 0)
      return &devices[i];
  return NULL;
}

static struct medium device_medium(const struct device *device)
{
  if (device->terminal)
    return (struct medium){
      .typeface = {cell_width, cell_height, true},
      .panel_width = text_columns * cell_width, .panel_height = text_rows * cell_height,
      .fixed_panels = true, .most_columns = 2,
    };
  double em = tick_points * centimetres_per_point;
  return (struct medium){.typeface = {em, 1.2 * em, false}, .panel_width = 8, .panel_height = 7};
}

// ---- writing the script ----

struct script {
  struct text text;
  const struct device *device;
  const struct placement *placement;
  bool check_glyphs;
  size_t n_replaced; // characters that no font has
};

// 'text', as harmless as a number.
static void put_quoted(struct script *script, const char *text)
{
  struct text *out = &script->text;
  text_append_character(out, '\'');
  const uint8_t *c = (const uint8_t *) text, *end = c + strlen(text);
  bool within = false; // a word
  while (c < end) {
    ucs4_t character;
    int n = u8_mbtoucr(&character, c, (size_t) (end - c));
    if (n < 1) {
      // Not UTF-8.
      text_append(out, "\uFFFD");
      within = true;
      c++;
      continue;
    }
    if (character == '\'')
      text_append(out, within ? "\u2019" : "\u2018");
    else if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028
             || character == 0x2029)
      text_append_character(out, ' ');
    else if (uc_is_property_not_a_character(character))
      text_append(out, "\uFFFD"); // XML has no place for these
    else if (script->check_glyphs && !glyph_is_available(character)) {
      text_append_character(out, '?');
      script->n_replaced++;
    } else
      text_append_bytes(out, (const char *) c, (size_t) n);
    within = character > 0x20 && character != '(' && character != '[' && character != '{';
    c += n;
  }
  text_append_character(out, '\'');
}

static void put_number(struct script *script, double value)
{
  char buffer[NUMBER_SIZE];
  assert(isfinite(value));
  text_append(&script->text, number_write(buffer, value));
}

// Centimetres on the page to gnuplot's 0 to 1; in a terminal the middle of a cell.
static double screen(const struct script *script, double at, bool vertical)
{
  double size = vertical ? script->placement->height : script->placement->width;
  if (!script->device->terminal)
    return at / size;
  double cell = vertical ? cell_height : cell_width;
  return floor(at / cell + 1e-6) / (round(size / cell) - 1);
}

static void put_screen(struct script *script, double x, double y)
{
  text_append_format(&script->text, "screen %.5f, screen %.5f", screen(script, x, false),
                     screen(script, y, true));
}

static unsigned blend_with_white(unsigned colour, double opacity)
{
  unsigned blended = 0;
  for (int shift = 0; shift <= 16; shift += 8) {
    double part = (double) (colour >> shift & 0xff);
    blended |= (unsigned) lround(255 + (part - 255) * opacity) << shift;
  }
  return blended;
}

// rgb '#RRGGBB', or '#AARRGGBB' where AA is transparency.
static void put_colour(struct script *script, unsigned colour, double opacity)
{
  opacity = opacity > 0 ? opacity < 1 ? opacity : 1 : 0;
  if (opacity == 1)
    text_append_format(&script->text, " rgb '#%06x'", colour);
  else if (script->device->transparent)
    text_append_format(&script->text, " rgb '#%02x%06x'", (unsigned) lround(255 * (1 - opacity)),
                       colour);
  else
    text_append_format(&script->text, " rgb '#%06x'", blend_with_white(colour, opacity));
}

static void put_dash(struct script *script, const struct plot_style *style, double line_width)
{
  const struct device *device = script->device;
  if (style->dash[0] <= 0 || device->terminal)
    return;
  // On pages, dashes of lines thinner than a point are no shorter than of one point.
  double scale = device->dash_scale;
  if (device->dots_per_inch == 0)
    scale *= fmin(1, 0.75 * line_width);
  text_append(&script->text, " dt (");
  for (size_t i = 0; i < 8 && style->dash[i] > 0; i++)
    text_append_format(&script->text, "%s%.4g", i ? "," : "",
                       style->dash[i] * scale);
  text_append(&script->text, ")");
}

// In a terminal the linetype is the character that draws; 0 is '.'.
static int character_of(int style)
{
  return style < 0 ? 0 : style % PLOT_STYLES + 1;
}

static double line_width_of(const struct plot_mark *mark)
{
  double normal = mark->style < 0 ? 0.7 : mark->kind == MARK_LINE || mark->kind == MARK_STEP ? 1.4
                                                                                             : 1;
  return normal * mark->line_width;
}

static void put_line_look(struct script *script, const struct plot_mark *mark, bool dashed)
{
  const struct plot_style *style = plot_style(mark->style);
  if (script->device->terminal) {
    text_append_format(&script->text, " lt %d", character_of(mark->style));
    return;
  }
  text_append_format(&script->text, " lw %.4g lc", line_width_of(mark));
  put_colour(script, style->colour, 1);
  if (dashed)
    put_dash(script, style, line_width_of(mark));
}

static void put_point_look(struct script *script, const struct plot_mark *mark)
{
  // Gnuplot's number of each shape, and what makes it look as large as the circle.
  static const struct {
    int type;
    double size;
    bool open;
  } shapes[] = {
    [POINT_CIRCLE] = {7, 1, false},          [POINT_TRIANGLE] = {9, 1, false},
    [POINT_SQUARE] = {5, 0.9, false},        [POINT_RING] = {6, 1, true},
    [POINT_DIAMOND] = {13, 0.95, false},     [POINT_OPEN_TRIANGLE] = {8, 1, true},
    [POINT_OPEN_SQUARE] = {4, 0.9, true},    [POINT_CROSS] = {2, 0.95, true},
  };
  const struct plot_style *style = plot_style(mark->style);
  if (script->device->terminal) {
    int character = character_of(mark->style);
    text_append_format(&script->text, " pt %d lt %d", character ? character : 15, character);
    return;
  }
  text_append_format(&script->text, " pt %d ps %.4g", shapes[style->point].type,
                     mark->point_size * shapes[style->point].size * script->device->point_scale);
  // An outline over a filled shape would show as a ring where both are transparent.
  text_append_format(&script->text, " lw %g", shapes[style->point].open ? 1 : 0.01);
  text_append(&script->text, " lc");
  put_colour(script, style->colour, mark->opacity);
}

static void put_fill_look(struct script *script, const struct plot_mark *mark)
{
  unsigned colour = plot_style(mark->style)->colour;
  double line_width = line_width_of(mark);
  text_append(&script->text, " fc");
  put_colour(script, colour, mark->opacity);
  if (mark->kind == MARK_BAND || line_width <= 0) {
    text_append(&script->text, " fs solid noborder");
    return;
  }
  text_append_format(&script->text, " lw %.4g fs %s border lc", line_width,
                     mark->opacity > 0 ? "solid 1.0" : "empty");
  put_colour(script, colour, 1);
}

// ---- data ----

static bool is_drawable(struct axis_limits limits, double value)
{
  return fabs(value) <= 1e300 && (!limits.logarithmic || value > 0);
}

// Infinite ends, and those that a logarithmic axis cannot show, stand at the axis's ends.
static double clamp_end(struct axis_limits limits, double value)
{
  double low = fmin(limits.low, limits.high), high = fmax(limits.low, limits.high);
  if (value > 1e300)
    return high;
  if (value < -1e300 || (limits.logarithmic && value <= 0))
    return low;
  return value;
}

static void put_row(struct script *script, const double *value, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    if (i > 0)
      text_append_character(&script->text, ' ');
    put_number(script, value[i]);
  }
  text_append_character(&script->text, '\n');
}

// The mark's rows; runs of a line are parted by a blank line, those of a band by two.
// Returns the number of runs or, for other marks, of rows.
static size_t put_rows(struct script *script, const struct placed_panel *panel,
                       const struct plot_mark *mark)
{
  size_t n_rows = 0, n_runs = 0;
  bool running = false;
  for (size_t i = 0; i < mark->n; i++) {
    double x = mark->x[i], y = mark->y[i];
    double x2 = mark->x2 ? mark->x2[i] : 0, y2 = mark->y2 ? mark->y2[i] : 0;
    switch (mark->kind) {
    case MARK_LINE:
    case MARK_STEP:
    case MARK_POINTS:
      if (!is_drawable(panel->x, x) || !is_drawable(panel->y, y)) {
        running = false;
        continue;
      }
      if (mark->kind == MARK_POINTS) {
        put_row(script, (double[]){x, y}, 2);
        n_rows++;
        continue;
      }
      if (!running && n_runs > 0)
        text_append_character(&script->text, '\n');
      n_runs += !running;
      if (mark->kind == MARK_STEP && running && y != mark->y[i - 1] && x != mark->x[i - 1])
        put_row(script, (double[]){x, mark->y[i - 1]}, 2);
      put_row(script, (double[]){x, y}, 2);
      running = true;
      break;
    case MARK_BAND:
      if (!is_drawable(panel->x, x) || isnan(y) || isnan(y2)) {
        running = false;
        continue;
      }
      if (!running && n_runs > 0)
        text_append(&script->text, "\n\n");
      n_runs += !running;
      put_row(script, (double[]){x, clamp_end(panel->y, y), clamp_end(panel->y, y2)}, 3);
      running = true;
      break;
    case MARK_RECTANGLE:
    case MARK_SEGMENT:
      if (isnan(x) || isnan(y) || isnan(x2) || isnan(y2))
        continue;
      x = clamp_end(panel->x, x);
      x2 = clamp_end(panel->x, x2);
      y = clamp_end(panel->y, y);
      y2 = clamp_end(panel->y, y2);
      if (mark->kind == MARK_SEGMENT && !script->device->terminal) {
        put_row(script, (double[]){x, y, x2, y2}, 4);
      } else if (mark->kind == MARK_RECTANGLE && !script->device->terminal) {
        put_row(script, (double[]){x / 2 + x2 / 2, y / 2 + y2 / 2, fmin(x, x2), fmax(x, x2),
                                   fmin(y, y2), fmax(y, y2)}, 6);
      } else {
        if (n_rows > 0)
          text_append_character(&script->text, '\n');
        put_row(script, (double[]){x, y}, 2);
        if (mark->kind == MARK_RECTANGLE) {
          put_row(script, (double[]){x2, y}, 2);
          put_row(script, (double[]){x2, y2}, 2);
          put_row(script, (double[]){x, y2}, 2);
          put_row(script, (double[]){x, y}, 2);
        } else {
          put_row(script, (double[]){x2, y2}, 2);
        }
      }
      n_rows++;
      break;
    }
  }
  return n_rows + n_runs;
}

static bool is_line(const struct plot_mark *mark)
{
  return mark->kind == MARK_LINE || mark->kind == MARK_STEP || mark->kind == MARK_SEGMENT;
}

// A data block named $pPmM for each mark that has something to show; counts[M] is the
// number of its runs or rows.
static void put_data(struct script *script, size_t p, size_t *counts)
{
  const struct placed_panel *panel = &script->placement->panel[p];
  for (size_t i = 0; i < panel->panel->n_marks; i++) {
    const struct plot_mark *mark = &panel->panel->mark[i];
    size_t start = script->text.length;
    text_append_format(&script->text, "$p%zum%zu << EOD\n", p + 1, i + 1);
    counts[i] = is_line(mark) && mark->line_width <= 0 ? 0 : put_rows(script, panel, mark);
    if (counts[i] > 0) {
      text_append(&script->text, "EOD\n");
    } else {
      script->text.length = start;
      script->text.bytes[start] = '\0';
    }
  }
}

// ---- commands ----

// Where a value is drawn in a terminal: the number of the cell.
static double cell_on_axis(const struct placed_panel *panel, double value, bool vertical)
{
  double cell = vertical ? cell_height : cell_width;
  double low = vertical ? panel->bottom : panel->left;
  double high = (vertical ? panel->top : panel->right) - cell;
  return round((low + axis_fraction(vertical ? panel->y : panel->x, value) * (high - low)) / cell);
}

// One coordinate of a text, its distance from there included in a terminal.
static void put_coordinate(struct script *script, const struct placed_panel *panel, bool on_axis,
                           double at, double distance, bool vertical)
{
  if (on_axis && !script->device->terminal) {
    text_append(&script->text, "first ");
    put_number(script, at);
    return;
  }
  if (on_axis) {
    double cell = vertical ? cell_height : cell_width;
    at = (cell_on_axis(panel, at, vertical) + floor(distance / cell + 0.5)) * cell;
  }
  text_append_format(&script->text, "screen %.5f", screen(script, at, vertical));
}

// `panel` may be NULL for text that stands on no axis.
static void put_text(struct script *script, const struct placed_panel *panel,
                     const struct placed_text *text)
{
  static const char *const aligns[] = {
    [WORD_LEFT] = "left", [WORD_CENTRE] = "center", [WORD_RIGHT] = "right"};
  struct text *out = &script->text;
  const struct device *device = script->device;
  text_append(out, "set label ");
  put_quoted(script, text->text);
  text_append(out, " at ");
  put_coordinate(script, panel, text->x_on_axis, text->x, text->dx, false);
  text_append(out, ", ");
  put_coordinate(script, panel, text->y_on_axis, text->y, text->dy, true);
  text_append_format(out, " %s", aligns[text->align]);
  if (text->turned)
    text_append_format(out, " rotate by %d", text->turned);
  if (!device->terminal && (text->dx != 0 || text->dy != 0))
    text_append_format(out, " offset screen %.5f, screen %.5f", text->dx / script->placement->width,
                       text->dy / script->placement->height);
  if (!device->terminal)
    text_append_format(out, " font '%s%s,%.4g'", device->family, text->bold ? ":Bold" : "",
                       tick_points * text->size);
  text_append(out, " front noenhanced\n");
}

// Ticks as short lines, so that their length is the same on every device; in a terminal
// a character of the axis.
static void put_ticks(struct script *script, const struct placed_panel *panel, bool vertical)
{
  struct text *out = &script->text;
  const struct placed_tick *ticks = vertical ? panel->y_tick : panel->x_tick;
  size_t n = vertical ? panel->n_y_ticks : panel->n_x_ticks;
  for (size_t i = 0; i < n; i++) {
    if (script->device->terminal) {
      if (ticks[i].small)
        continue;
      double at = cell_on_axis(panel, ticks[i].at, vertical);
      text_append(out, "set label '+' at ");
      put_screen(script, vertical ? panel->left : at * cell_width,
                 vertical ? at * cell_height : panel->bottom);
      text_append(out, " center front noenhanced\n");
      continue;
    }
    double length = script->placement->tick_length * (ticks[i].small ? 0.55 : 1);
    text_append(out, "set arrow from ");
    for (int end = 0; end < 2; end++) {
      double place = (vertical ? panel->left : panel->bottom) - end * length;
      text_append_format(out, "%s", end ? " to " : "");
      if (vertical)
        text_append_format(out, "screen %.5f, first ", screen(script, place, false));
      else
        text_append(out, "first ");
      put_number(script, ticks[i].at);
      if (!vertical)
        text_append_format(out, ", screen %.5f", screen(script, place, true));
    }
    text_append(out, " nohead lt -1 lw 0.8\n");
  }
}

// The sample of a legend: what its marks look like, one over the other.
static void put_sample(struct script *script, const struct placed_panel *panel,
                       const struct placed_legend *legend)
{
  struct text *out = &script->text;
  double right = legend->x + panel->sample_width, middle = (legend->x + right) / 2;
  double half = 0.11; // of a filled sample's height
  for (size_t i = 0; i < panel->panel->n_marks; i++) {
    const struct plot_mark *mark = &panel->panel->mark[i];
    if (!mark->legend || strcmp(mark->legend, legend->legend) != 0)
      continue;
    if (script->device->terminal) {
      // What the terminal draws lines with, by linetype.
      static const char characters[] = ".*#$%@&=A";
      int character = character_of(mark->style);
      char sample[8];
      memset(sample, characters[character], 5);
      sample[5] = '\0';
      if (mark->kind == MARK_POINTS)
        snprintf(sample, sizeof sample, "%c", character ? 'A' + character - 1 : 'O');
      text_append(out, "set label ");
      put_quoted(script, sample);
      text_append(out, " at ");
      put_screen(script, mark->kind == MARK_POINTS ? legend->x + 2 * cell_width : legend->x,
                 legend->y);
      text_append(out, " left front noenhanced\n");
      continue;
    }
    if (mark->kind == MARK_POINTS) {
      text_append(out, "set label '' at ");
      put_screen(script, middle, legend->y);
      text_append(out, " point");
      put_point_look(script, mark);
      text_append(out, " front\n");
    } else if (mark->kind == MARK_BAND || mark->kind == MARK_RECTANGLE) {
      text_append(out, "set object rectangle from ");
      put_screen(script, legend->x + 0.04, legend->y - half);
      text_append(out, " to ");
      put_screen(script, right - 0.04, legend->y + half);
      text_append(out, " front");
      put_fill_look(script, mark);
      text_append(out, "\n");
    } else if (mark->line_width > 0) {
      text_append(out, "set arrow from ");
      put_screen(script, legend->x, legend->y);
      text_append(out, " to ");
      put_screen(script, right, legend->y);
      text_append(out, " nohead front");
      put_line_look(script, mark, mark->kind != MARK_SEGMENT);
      text_append(out, "\n");
    }
  }
}

static void put_curves(struct script *script, size_t p, const size_t *counts)
{
  struct text *out = &script->text;
  const struct placed_panel *panel = &script->placement->panel[p];
  size_t n_curves = 0;
  for (size_t i = 0; i < panel->panel->n_marks; i++) {
    const struct plot_mark *mark = &panel->panel->mark[i];
    if (counts[i] == 0)
      continue;
    bool band = mark->kind == MARK_BAND, terminal = script->device->terminal;
    size_t n_parts = band ? counts[i] : 1;
    for (size_t part = 0; part < n_parts; part++)
      for (int edge = 0; edge < (band && terminal ? 2 : 1); edge++) {
        text_append_format(out, "%s $p%zum%zu", n_curves++ ? ", \\\n    " : "plot", p + 1, i + 1);
        if (band)
          text_append_format(out, " index %zu", part);
        if (mark->kind == MARK_POINTS) {
          text_append(out, " using 1:2 with points");
          put_point_look(script, mark);
        } else if (band && !terminal) {
          text_append(out, " using 1:2:3 with filledcurves");
          put_fill_look(script, mark);
        } else if (mark->kind == MARK_RECTANGLE && !terminal) {
          text_append(out, " using 1:2:3:4:5:6 with boxxyerror");
          put_fill_look(script, mark);
        } else if (mark->kind == MARK_SEGMENT && !terminal) {
          text_append(out, " using 1:2:($3-$1):($4-$2) with vectors nohead");
          put_line_look(script, mark, false);
        } else {
          text_append_format(out, " using 1:%d with lines", edge ? 3 : 2);
          put_line_look(script, mark, !band && mark->kind != MARK_SEGMENT);
        }
        text_append(out, " notitle");
      }
  }
  // Nothing to plot still draws axes and labels.
  text_append(out, n_curves ? "\n" : "plot NaN notitle\n");
}

static void put_range(struct script *script, char axis, struct axis_limits limits)
{
  text_append_format(&script->text, "set %crange [", axis);
  put_number(script, limits.low);
  text_append_character(&script->text, ':');
  put_number(script, limits.high);
  text_append(&script->text, "]\n");
  if (limits.logarithmic)
    text_append_format(&script->text, "set logscale %c\n", axis);
}

static void put_panel(struct script *script, size_t p, const size_t *counts)
{
  // In a terminal the last cell is the one before the edge.
  bool terminal = script->device->terminal;
  double last_column = terminal ? cell_width : 0, last_row = terminal ? cell_height : 0;
  struct text *out = &script->text;
  const struct placement *placement = script->placement;
  const struct placed_panel *panel = &placement->panel[p];
  text_append_format(out, "\n# Panel %zu\nreset\nunset key\nunset xtics\nunset ytics\n", p + 1);
  text_append_format(out,
                     "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
                     "set bmargin at screen %.5f\nset tmargin at screen %.5f\n",
                     screen(script, panel->left, false),
                     screen(script, panel->right - last_column, false),
                     screen(script, panel->bottom, true),
                     screen(script, panel->top - last_row, true));
  text_append_format(out, "set border %d lt -1 lw 0.8\nset clip two\n",
                     (panel->panel->x.hidden ? 0 : 1) + (panel->panel->y.hidden ? 0 : 2));
  put_range(script, 'x', panel->x);
  put_range(script, 'y', panel->y);
  put_ticks(script, panel, false);
  put_ticks(script, panel, true);
  for (size_t i = 0; p == 0 && i < placement->n_texts; i++)
    put_text(script, NULL, &placement->text[i]);
  for (size_t i = 0; i < panel->n_texts; i++)
    put_text(script, panel, &panel->text[i]);
  for (size_t i = 0; i < panel->n_legends; i++)
    put_sample(script, panel, &panel->legend[i]);
  put_curves(script, p, counts);
}

static void put_terminal(struct script *script)
{
  const struct device *device = script->device;
  const struct placement *placement = script->placement;
  text_append_format(&script->text, "set terminal %s noenhanced size ", device->terminal_name);
  if (device->terminal)
    text_append_format(&script->text, "%.0f, %.0f", placement->width / cell_width,
                       placement->height / cell_height);
  else if (device->dots_per_inch > 0)
    text_append_format(&script->text, "%.0f, %.0f", placement->width / 2.54 * device->dots_per_inch,
                       placement->height / 2.54 * device->dots_per_inch);
  else
    text_append_format(&script->text, "%.4fcm, %.4fcm", placement->width, placement->height);
  text_append_format(&script->text, " %s\n", device->options);
}

static void put_figure(struct script *script)
{
  struct text *out = &script->text;
  const struct placement *placement = script->placement;
  text_append(out, "set encoding utf8\n");
  size_t **counts = NEW_ARRAY(size_t *, placement->n_panels);
  for (size_t i = 0; i < placement->n_panels; i++) {
    counts[i] = NEW_ZEROED(size_t, placement->panel[i].panel->n_marks);
    put_data(script, i, counts[i]);
  }
  text_append(out, "set multiplot\n");
  for (size_t i = 0; i < placement->n_panels; i++) {
    put_panel(script, i, counts[i]);
    free(counts[i]);
  }
  free(counts);
  if (placement->n_panels == 0) {
    text_append(out, "unset key\nunset tics\nunset border\nset xrange [0:1]\nset yrange [0:1]\n");
    for (size_t i = 0; i < placement->n_texts; i++)
      put_text(script, NULL, &placement->text[i]);
    text_append(out, "plot NaN notitle\n");
  }
  text_append(out, "\nunset multiplot\n");
}

// ---- files ----

// The path's last part without its extension, all but plain letters replaced: it stands
// in the script, where gnuplot would run what follows a '|'.
static char *plain_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  char *name = memory_copy_text(slash ? slash + 1 : path), *dot = strrchr(name, '.');
  if (dot)
    *dot = '\0';
  for (char *c = name; *c; c++)
    if (!isalnum((unsigned char) *c) && !(c > name && strchr("._-", *c)))
      *c = '_';
  if (!*name) {
    free(name);
    name = memory_copy_text("figure");
  }
  return name;
}

static void put_script_head(struct script *script, const char *path)
{
  struct text *out = &script->text;
  char *name = plain_name(path);
  text_append_format(
    out,
    "# A figure in the language of gnuplot (5.4 or later), its data inside.\n"
    "#\n"
    "#   gnuplot %s.gp                     writes %s.pdf into the current directory\n"
    "#   gnuplot -p -e \"window = 1\" %s.gp   opens a window instead\n"
    "#\n"
    "# With `window` defined no terminal and no output are set here: load it from a script\n"
    "# of yours that has set them.  Lengths on the page are fractions of %.2f cm x %.2f cm.\n"
    "if (!exists('window')) {\n  ",
    name, name, name, script->placement->width, script->placement->height);
  put_terminal(script);
  text_append_format(out, "  set output '%s.pdf'\n}\nset termoption noenhanced\n", name);
  free(name);
}

// The first line that says something; gnuplot puts a copy of the command and a caret
// before it, and the script's name.
static char *first_complaint(const struct text *complaint)
{
  const char *line = text_content(complaint), *best = NULL;
  size_t best_length = 0;
  while (*line) {
    size_t n = strcspn(line, "\n");
    const char *message = memmem(line, n, " line ", 6);
    bool says = strspn(line, " ^\t") < n;
    if (says && (!best || (message && text_starts(line, "\"" PROCESS_INPUT "\"")))) {
      best = line;
      best_length = n;
    }
    line += n + (line[n] == '\n');
  }
  static const char place[] = "\"" PROCESS_INPUT "\" ";
  if (best && text_starts(best, place)) {
    best += sizeof place - 1;
    best_length -= sizeof place - 1;
  }
  return best ? memory_copy_bytes(best, best_length) : NULL;
}

static bool run_gnuplot(const struct script *script, struct text *picture, struct error *error)
{
  static const char *const argument[] = {"gnuplot", "-d", PROCESS_INPUT, NULL};
  // Its own variables would change what it draws, the locale's how numbers look.
  static const char *const removed[] = {"GNU*", "GDFONTPATH", "LC_*", "LANG", "LANGUAGE", "DISPLAY",
                                        "WAYLAND_DISPLAY", "PAGER", NULL};
  static const char *const added[] = {"LC_ALL=C.UTF-8", NULL};
  struct process process = {argument, removed, added, script->text.bytes, script->text.length,
                            time_limit};
  struct process_result result;
  if (!process_run(&process, &result, error)) {
    error_prefix(error, "figures need the program gnuplot");
    return false;
  }
  bool good = !result.killed && result.status == 0;
  if (result.killed) {
    error_set(error, ERROR_DATA, "gnuplot took more than %g seconds and was stopped", time_limit);
  } else if (!good) {
    char *complaint = first_complaint(&result.complaint);
    error_set(error, ERROR_DATA, "gnuplot failed (status %d): %s", result.status,
              complaint ? complaint : "it does not say why");
    free(complaint);
  } else {
    text_free(picture);
    *picture = result.output;
    result.output = (struct text){0};
  }
  process_result_free(&result);
  return good;
}

bool figure_write(struct figure *figure, const char *path, struct error *error)
{
  const struct figure_format *format = figure_find_format(path, error);
  if (!format)
    return false;
  bool script_only = strcmp(format->extension, "gp") == 0, good = true;
  struct placement placement;
  struct text picture = {0};
  struct script script = {.device = device_find(script_only ? "pdf" : format->extension),
                          .placement = &placement};
  script.check_glyphs = script.device->drawn_glyphs && !script_only;
  struct medium medium = device_medium(script.device);
  placement_make(&placement, figure, &medium);
  if (script_only)
    put_script_head(&script, path);
  else
    put_terminal(&script);
  put_figure(&script);
  figure->n_replaced = script.n_replaced;
  if (script_only)
    good = file_write(path, script.text.bytes, script.text.length, error);
  else
    good = (run_gnuplot(&script, &picture, error)
            && script.device->finish(&picture, figure, &placement, error))
           || error_prefix(error, "%s", path);
  if (good && !script_only)
    good = file_write(path, picture.bytes, picture.length, error);
  text_free(&picture);
  text_free(&script.text);
  placement_free(&placement);
  return good;
}
