// SPDX-License-Identifier: GPL-3.0-or-later
// latex: tables for the booktabs package.
//
// How wide a table gets is estimated from its characters.  One that fits in no line of a page
// is turned (rotating); what is still too wide is made smaller by LaTeX itself, which knows its
// width; columns of running text are set as paragraphs.
//
// Signs that pdflatex does not know by themselves become commands; letters of other
// scripts stay as they are.  Sources: LaTeX2e kernel (utf8.def, fontenc encodings T1 and
// TS1, ligatures of T1), booktabs manual 2020.
#include <config.h>

#include "report/format.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/memory.h"

// A table of more rows than fit on a page is a longtable, which may be broken.
enum { LONGEST_FLOAT = 45 };

// In characters: a line of an A4 page, upright and turned, in normal and in footnote size, and the
// space between two columns.
enum { LINE = 90, SMALL_LINE = 108, SMALL_TURNED_LINE = 165, GAP = 2 };
// A table wider than this is turned, if it has no more rows than fit on a turned page.
enum { WIDEST_UPRIGHT = 130, LONGEST_TURNED = 24 };
// A column with a wider cell may break its lines: running text; in a longtable, which cannot be
// made smaller as a whole, less.  A longer word may stand out of its column.
enum { LONG_CELL = 60, LONG_TABLE_CELL = 18, LONG_WORD = 20 };

struct sign {
  ucs4_t character;
  const char *command;
};

// Ascending.
static const struct sign signs[] = {
    {0x00a0, "~"},
    {0x00ac, "$\\neg$"},
    {0x00ad, "\\-"},
    {0x00b0, "\\textdegree{}"},
    {0x00b1, "$\\pm$"},
    {0x00b2, "\\textsuperscript{2}"},
    {0x00b3, "\\textsuperscript{3}"},
    {0x00b5, "$\\mu$"},
    {0x00b7, "$\\cdot$"},
    {0x00b9, "\\textsuperscript{1}"},
    {0x00bc, "\\textonequarter{}"},
    {0x00bd, "\\textonehalf{}"},
    {0x00be, "\\textthreequarters{}"},
    {0x00d7, "$\\times$"},
    {0x00f7, "$\\div$"},
    {0x0391, "A"},
    {0x0392, "B"},
    {0x0393, "$\\Gamma$"},
    {0x0394, "$\\Delta$"},
    {0x0395, "E"},
    {0x0396, "Z"},
    {0x0397, "H"},
    {0x0398, "$\\Theta$"},
    {0x0399, "I"},
    {0x039a, "K"},
    {0x039b, "$\\Lambda$"},
    {0x039c, "M"},
    {0x039d, "N"},
    {0x039e, "$\\Xi$"},
    {0x039f, "O"},
    {0x03a0, "$\\Pi$"},
    {0x03a1, "P"},
    {0x03a3, "$\\Sigma$"},
    {0x03a4, "T"},
    {0x03a5, "$\\Upsilon$"},
    {0x03a6, "$\\Phi$"},
    {0x03a7, "X"},
    {0x03a8, "$\\Psi$"},
    {0x03a9, "$\\Omega$"},
    {0x03b1, "$\\alpha$"},
    {0x03b2, "$\\beta$"},
    {0x03b3, "$\\gamma$"},
    {0x03b4, "$\\delta$"},
    {0x03b5, "$\\varepsilon$"},
    {0x03b6, "$\\zeta$"},
    {0x03b7, "$\\eta$"},
    {0x03b8, "$\\theta$"},
    {0x03b9, "$\\iota$"},
    {0x03ba, "$\\kappa$"},
    {0x03bb, "$\\lambda$"},
    {0x03bc, "$\\mu$"},
    {0x03bd, "$\\nu$"},
    {0x03be, "$\\xi$"},
    {0x03bf, "o"},
    {0x03c0, "$\\pi$"},
    {0x03c1, "$\\rho$"},
    {0x03c2, "$\\varsigma$"},
    {0x03c3, "$\\sigma$"},
    {0x03c4, "$\\tau$"},
    {0x03c5, "$\\upsilon$"},
    {0x03c6, "$\\varphi$"},
    {0x03c7, "$\\chi$"},
    {0x03c8, "$\\psi$"},
    {0x03c9, "$\\omega$"},
    {0x03d1, "$\\vartheta$"},
    {0x03d5, "$\\phi$"},
    {0x03f5, "$\\epsilon$"},
    {0x2002, "\\enspace{}"},
    {0x2003, "\\quad{}"},
    {0x2006, "\\,"},
    {0x2007, "\\phantom{0}"},
    {0x2009, "\\,"},
    {0x200a, "\\,"},
    {0x200b, ""},
    {0x2010, "{-}"},
    {0x2011, "\\mbox{-}"},
    {0x2012, "\\textendash{}"},
    {0x2013, "\\textendash{}"},
    {0x2014, "\\textemdash{}"},
    {0x2015, "\\textemdash{}"},
    {0x2016, "$\\Vert$"},
    {0x2018, "\\textquoteleft{}"},
    {0x2019, "\\textquoteright{}"},
    {0x201c, "\\textquotedblleft{}"},
    {0x201d, "\\textquotedblright{}"},
    {0x2020, "\\textdagger{}"},
    {0x2021, "\\textdaggerdbl{}"},
    {0x2022, "\\textbullet{}"},
    {0x2026, "\\textellipsis{}"},
    {0x202f, "\\,"},
    {0x2030, "\\textperthousand{}"},
    {0x2032, "$'$"},
    {0x2060, ""},
    {0x2070, "\\textsuperscript{0}"},
    {0x2074, "\\textsuperscript{4}"},
    {0x2075, "\\textsuperscript{5}"},
    {0x2076, "\\textsuperscript{6}"},
    {0x2077, "\\textsuperscript{7}"},
    {0x2078, "\\textsuperscript{8}"},
    {0x2079, "\\textsuperscript{9}"},
    {0x207a, "\\textsuperscript{$+$}"},
    {0x207b, "\\textsuperscript{$-$}"},
    {0x207f, "\\textsuperscript{n}"},
    {0x2080, "\\textsubscript{0}"},
    {0x2081, "\\textsubscript{1}"},
    {0x2082, "\\textsubscript{2}"},
    {0x2083, "\\textsubscript{3}"},
    {0x2084, "\\textsubscript{4}"},
    {0x2085, "\\textsubscript{5}"},
    {0x2086, "\\textsubscript{6}"},
    {0x2087, "\\textsubscript{7}"},
    {0x2088, "\\textsubscript{8}"},
    {0x2089, "\\textsubscript{9}"},
    {0x20ac, "\\texteuro{}"},
    {0x2190, "$\\leftarrow$"},
    {0x2191, "$\\uparrow$"},
    {0x2192, "$\\rightarrow$"},
    {0x2193, "$\\downarrow$"},
    {0x2194, "$\\leftrightarrow$"},
    {0x2206, "$\\Delta$"},
    {0x2208, "$\\in$"},
    {0x2211, "$\\sum$"},
    {0x2212, "$-$"},
    {0x2217, "$\\ast$"},
    {0x221a, "$\\surd$"},
    {0x221e, "$\\infty$"},
    {0x2229, "$\\cap$"},
    {0x222a, "$\\cup$"},
    {0x223c, "$\\sim$"},
    {0x2248, "$\\approx$"},
    {0x2260, "$\\neq$"},
    {0x2261, "$\\equiv$"},
    {0x2264, "$\\leq$"},
    {0x2265, "$\\geq$"},
    {0x226a, "$\\ll$"},
    {0x226b, "$\\gg$"},
    {0x22c5, "$\\cdot$"},
    {0x2713, "$\\surd$"},
    {0x2a7d, "$\\leq$"},
    {0x2a7e, "$\\geq$"},
    {0xfeff, ""},
    {0xfffd, "?"},
};

// What is left of combining marks after composition: x with a bar, p with a hat.
static const struct sign accents[] = {
    {0x0300, "\\`"}, {0x0301, "\\'"}, {0x0302, "\\^"},  {0x0303, "\\~"},
    {0x0304, "\\="}, {0x0307, "\\."}, {0x0308, "\\\""}, {0x030c, "\\v"},
};

static int sign_compare(const void *key, const void *element)
{
  ucs4_t a = *(const ucs4_t *) key, b = ((const struct sign *) element)->character;
  return (a > b) - (a < b);
}

static const char *sign_find(const struct sign *table, size_t n, ucs4_t character)
{
  const struct sign *sign = bsearch(&character, table, n, sizeof *table, sign_compare);
  return sign ? sign->command : NULL;
}
#define FIND(table, character) sign_find(table, sizeof table / sizeof *table, character)

// A hyphen that is a minus: between blanks; or before a digit, and behind nothing, a blank or an
// opening or parting sign.
static bool is_minus(const uint8_t *start, const uint8_t *c)
{
  if (c > start && c[-1] == ' ' && c[1] == ' ')
    return true;
  return (isdigit(c[1]) || (c[1] == '.' && isdigit(c[2]))) &&
         (c == start || (c[-1] < 0x80 && strchr(" ([,;=<>", c[-1])));
}

static void append_ascii(struct text *output, const uint8_t *start, const uint8_t *c)
{
  switch (*c) {
  case '\\':
    text_append(output, "\\textbackslash{}");
    break;
  case '^':
    text_append(output, "\\textasciicircum{}");
    break;
  case '~':
    text_append(output, "\\textasciitilde{}");
    break;
  case '<':
    text_append(output, "\\textless{}");
    break;
  case '>':
    text_append(output, "\\textgreater{}");
    break;
  case '|':
    text_append(output, "\\textbar{}");
    break;
  case '"':
    text_append(output, "\\textquotedbl{}");
    break;
  case '`':
    text_append(output, "\\textasciigrave{}");
    break;
  case '[': // else it would be the argument of a \\ before it
    text_append(output, "{[}");
    break;
  case '*': // likewise
    text_append(output, "{*}");
    break;
  case '{':
  case '}':
  case '$':
  case '&':
  case '#':
  case '_':
  case '%':
    text_append_format(output, "\\%c", *c);
    break;
  case '-':
    text_append(output, is_minus(start, c) ? "$-$" : c[1] == '-' ? "-{}" : "-");
    break;
  case '\'':
  case ',': // two of them would be a ligature
    if (*c == '\'' && isalnum(c[1]) && (c == start || c[-1] == ' ' || c[-1] == '('))
      text_append(output, "\\textquoteleft{}");
    else
      text_append_format(output, c[1] == *c ? "%c{}" : "%c", *c);
    break;
  default:
    text_append_character(output, (char) *c);
  }
}

// Canonical composition, so that an accented letter is one character.
static uint8_t *composed(const char *text)
{
  char *clean = format_clean_line(text);
  size_t n = 0;
  uint8_t *normal = u8_normalize(UNINORM_NFC, (const uint8_t *) clean, strlen(clean) + 1, NULL, &n);
  if (!normal)
    return (uint8_t *) clean;
  free(clean);
  return normal;
}

static void append_escaped(struct text *output, const char *text)
{
  uint8_t *normal = composed(text);
  ucs4_t character, next;
  const uint8_t *after;
  for (const uint8_t *c = normal; (after = u8_next(&character, c)) != NULL; c = after) {
    const char *accent = isalpha(*c) && u8_next(&next, after) ? FIND(accents, next) : NULL;
    const char *command = FIND(signs, character);
    if (accent) {
      text_append_format(output, "%s{%c}", accent, *c);
      after = u8_next(&next, after);
    } else if (character < 0x80) {
      append_ascii(output, normal, c);
    } else if (command) {
      text_append(output, command);
    } else if (character >= 0x2400 && character <= 0x2421) { // pictures of control characters
      text_append_character(output, '?');
    } else {
      text_append_bytes(output, (const char *) c, (size_t) (after - c));
    }
  }
  free(normal);
}

static void append_line(struct text *output, const char *before, const char *text,
                        const char *after)
{
  text_append(output, before);
  append_escaped(output, text);
  text_append(output, after);
}

// The lines of the headings, of which those of a short one stand at the bottom.
struct heading {
  size_t n_columns, n_lines;
  struct text_list *lines; // one a column
};

static struct heading heading_make(const struct layout *layout)
{
  struct heading heading = {.n_columns = layout->heading.n_items};
  heading.lines = NEW_ZEROED(struct text_list, heading.n_columns);
  for (size_t j = 0; j < heading.n_columns; j++) {
    format_heading_lines(layout->heading.item[j], &heading.lines[j]);
    if (heading.lines[j].n_items > heading.n_lines)
      heading.n_lines = heading.lines[j].n_items;
  }
  return heading;
}

static void heading_free(struct heading *heading)
{
  for (size_t j = 0; j < heading->n_columns; j++)
    text_list_free(&heading->lines[j]);
  free(heading->lines);
  *heading = (struct heading){0};
}

static const char *heading_cell(const struct heading *heading, size_t line, size_t column)
{
  size_t above = heading->n_lines - heading->lines[column].n_items;
  return line < above ? "" : heading->lines[column].item[line - above];
}

// The number of columns that the cell stands above: it and those behind it that leave this line
// empty on purpose ("\nP" next to "Univariable\nB").
static size_t heading_span(const struct heading *heading, size_t line, size_t column)
{
  size_t n = 1;
  if (!*heading_cell(heading, line, column) || line + 1 == heading->n_lines)
    return n;
  while (column + n < heading->n_columns &&
         heading->lines[column + n].n_items == heading->n_lines &&
         !*heading_cell(heading, line, column + n))
    n++;
  return n;
}

static void append_heading(struct text *output, const struct layout *layout)
{
  struct heading heading = heading_make(layout);
  for (size_t k = 0; k < heading.n_lines; k++) {
    struct text rules = {0};
    for (size_t j = 0, span; j < heading.n_columns; j += span) {
      const char *cell = heading_cell(&heading, k, j);
      span = heading_span(&heading, k, j);
      text_append(output, j ? " & " : "    ");
      if (span > 1) {
        text_append_format(output, "\\multicolumn{%zu}{c}{", span);
        text_append_format(&rules, "\\cmidrule(lr){%zu-%zu}", j + 1, j + span);
      }
      append_line(output, "", cell, span > 1 ? "}" : "");
    }
    text_append(output, " \\\\\n");
    if (rules.length > 0)
      text_append_format(output, "    %s\n", text_content(&rules));
    text_free(&rules);
  }
  heading_free(&heading);
}

static void append_rows(struct text *output, const struct layout *layout)
{
  for (size_t i = 0; i < layout->n_rows; i++) {
    const struct layout_row *row = &layout->row[i];
    for (size_t j = 0; j < layout->heading.n_items; j++) {
      bool bold = j == 0 && row->kind == LAYOUT_VARIABLE && row->cell[0] && *row->cell[0];
      text_append(output, j ? " & " : "    ");
      text_append(output, j == 0 && row->kind == LAYOUT_LEVEL ? "\\quad " : "");
      append_line(output, bold ? "\\textbf{" : "", row->cell[j], bold ? "}" : "");
    }
    text_append(output, " \\\\\n");
  }
}

// A label for the first layout of each name, if the name holds nothing that LaTeX minds.
static bool has_label(const struct report *view, size_t i)
{
  const char *name = view->layout[i]->name;
  const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (!name || !*name || name[strspn(name, plain)])
    return false;
  for (size_t k = 0; k < i; k++)
    if (text_equal(view->layout[k]->name, name))
      return false;
  return true;
}

static void append_caption(struct text *output, const struct layout *layout, bool label,
                           const char *after)
{
  if (!layout->title)
    return;
  append_line(output, "  \\caption{", layout->title, "}");
  if (label)
    text_append_format(output, "\\label{tab:%s}", layout->name);
  text_append(output, after);
}

static void append_footnotes(struct text *output, const struct text_list *footnote)
{
  for (size_t i = 0; i < footnote->n_items; i++)
    append_line(output, "    ", footnote->item[i], "\\par\n");
}

// ---- how wide a table is ----

// In characters.
struct column {
  double width, word; // of the widest cell, of the longest word
  bool paragraph;     // breaks its lines
};

struct shape {
  size_t n_columns;
  struct column *column;
  double total; // with the space between columns
};

static void column_see(struct column *column, const char *cell)
{
  struct text_list words = {0};
  column->width = fmax(column->width, (double) text_width(cell));
  text_list_split(&words, cell, ' ');
  for (size_t i = 0; i < words.n_items; i++) // 1.2: bold, or of wide letters
    column->word = fmax(column->word, 1.2 * (double) text_width(words.item[i]));
  text_list_free(&words);
}

// Columns with a cell above `long_cell` share what the others leave of the room, in proportion to
// the square root of their widths; one that needs less keeps its width, and one whose longest word
// is wider than its share gets that.
static void shape_break(struct shape *shape, double room, double long_cell)
{
  bool *open = NEW_ZEROED(bool, shape->n_columns), again = true;
  double sum = 0;
  for (size_t j = 0; j < shape->n_columns; j++) {
    struct column *column = &shape->column[j];
    open[j] = column->paragraph = column->width > long_cell;
    room -= open[j] ? 0 : column->width;
    sum += open[j] ? sqrt(column->width) : 0;
  }
  while (again) {
    again = false;
    for (size_t j = 0; j < shape->n_columns; j++) {
      struct column *column = &shape->column[j];
      double root = sqrt(column->width), share = room * root / sum;
      double word = fmin(column->word, LONG_WORD);
      if (!open[j] || (word < share && share < column->width))
        continue;
      again = true;
      open[j] = false;
      column->paragraph = share < column->width;
      column->width = column->paragraph ? word : column->width;
      room -= column->width;
      sum -= root;
    }
  }
  for (size_t j = 0; j < shape->n_columns; j++)
    if (open[j])
      shape->column[j].width = room * sqrt(shape->column[j].width) / sum;
  free(open);
}

static double shape_total(const struct shape *shape)
{
  double total = (double) (shape->n_columns * GAP);
  for (size_t j = 0; j < shape->n_columns; j++)
    total += shape->column[j].width;
  return total;
}

// If the table is wider than the line, columns with a cell above `long_cell` break their lines.
static struct shape shape_make(const struct layout *layout, double line, double long_cell)
{
  struct heading heading = heading_make(layout);
  struct shape shape = {heading.n_columns, NEW_ZEROED(struct column, heading.n_columns), 0};
  for (size_t j = 0; j < shape.n_columns; j++) {
    for (size_t k = 0; k < heading.lines[j].n_items; k++)
      column_see(&shape.column[j], heading.lines[j].item[k]);
    for (size_t i = 0; i < layout->n_rows; i++)
      if (layout->row[i].cell[j])
        column_see(&shape.column[j], layout->row[i].cell[j]);
  }
  heading_free(&heading);
  if (shape_total(&shape) > line)
    shape_break(&shape, line - (double) (shape.n_columns * GAP), long_cell);
  shape.total = shape_total(&shape);
  return shape;
}

static void shape_free(struct shape *shape)
{
  free(shape->column);
  *shape = (struct shape){0};
}

static void append_columns(struct text *output, const struct layout *layout,
                           const struct shape *shape, double line)
{
  static const char *const ragged[] = {"\\raggedright", "\\raggedleft", "\\centering"};
  text_append(output, "{@{}");
  for (size_t j = 0; j < shape->n_columns; j++)
    if (shape->column[j].paragraph)
      text_append_format(output, ">{%s\\arraybackslash}p{%.2f\\linewidth}",
                         ragged[layout->align[j]], shape->column[j].width / line);
    else
      text_append_character(output, "lrc"[layout->align[j]]);
  text_append(output, "@{}}\n");
}

// ---- tables ----

static void append_float(struct text *output, const struct layout *layout, bool label)
{
  struct shape shape = shape_make(layout, LINE, LONG_CELL);
  const char *environment =
      shape.total > WIDEST_UPRIGHT && layout->n_rows <= LONGEST_TURNED ? "sidewaystable" : "table";
  text_append_format(output, "\\begin{%s}[htbp]\n  \\centering\n", environment);
  append_caption(output, layout, label, "\n");
  if (shape.total > LINE / 2)
    text_append(output,
                "  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n");
  text_append(output, "  \\begin{tabular}");
  append_columns(output, layout, &shape, LINE);
  text_append(output, "    \\toprule\n");
  append_heading(output, layout);
  text_append(output, "    \\midrule\n");
  append_rows(output, layout);
  text_append(output, "    \\bottomrule\n  \\end{tabular}");
  text_append(output, shape.total > LINE / 2 ? "}\n" : "\n");
  if (layout->footnote.n_items > 0) {
    text_append(output, "  \\par\\smallskip\n  \\begin{minipage}{\\linewidth}\\footnotesize\n");
    append_footnotes(output, &layout->footnote);
    text_append(output, "  \\end{minipage}\n");
  }
  text_append_format(output, "\\end{%s}\n", environment);
  shape_free(&shape);
}

static void append_long_table(struct text *output, const struct layout *layout, bool label)
{
  struct shape shape = shape_make(layout, HUGE_VAL, LONG_TABLE_CELL);
  bool turned = shape.total > WIDEST_UPRIGHT;
  double line = turned ? SMALL_TURNED_LINE : SMALL_LINE;
  shape_free(&shape);
  shape = shape_make(layout, line, LONG_TABLE_CELL);
  text_append(output, turned ? "\\begin{landscape}\n" : "");
  text_append(output, "{\\footnotesize\\setlength{\\tabcolsep}{4pt}"
                      "\\setlength{\\LTcapwidth}{\\linewidth}\n\\begin{longtable}");
  append_columns(output, layout, &shape, line);
  shape_free(&shape);
  append_caption(output, layout, label, " \\\\\n");
  for (int page = 0; page < 2; page++) {
    text_append(output, "    \\toprule\n");
    append_heading(output, layout);
    text_append(output, page ? "    \\midrule\n    \\endhead\n    \\bottomrule\n    \\endfoot\n"
                             : "    \\midrule\n    \\endfirsthead\n");
  }
  append_rows(output, layout);
  text_append(output, "\\end{longtable}\n");
  if (layout->footnote.n_items > 0) {
    text_append(output, "\\noindent\n");
    append_footnotes(output, &layout->footnote);
  }
  text_append(output, turned ? "}\n\\end{landscape}\n" : "}\n");
}

void format_latex_write(const struct report *report, const char *table_name, int digits,
                        struct text *output)
{
  struct report scratch = {0};
  const struct report *view = format_view(report, table_name, digits, &scratch);
  text_append(
      output,
      "% In the preamble: \\usepackage[T1]{fontenc} \\usepackage[utf8]{inputenc}\n"
      "% \\usepackage{array,booktabs,graphicx,longtable,pdflscape,rotating,textcomp}\n"
      "% \\usepackage[tableposition=top]{caption}\n"
      "% A table wider than the line is made smaller (\\resizebox), a very wide one turned.\n"
      "% Text in scripts that pdflatex does not know (Chinese, for example) needs\n"
      "% XeLaTeX or LuaLaTeX and a font.\n");
  for (size_t i = 0; i < view->n_layouts; i++) {
    const struct layout *layout = view->layout[i];
    text_append_character(output, '\n');
    if (layout->n_rows > LONGEST_FLOAT)
      append_long_table(output, layout, has_label(view, i));
    else
      append_float(output, layout, has_label(view, i));
  }
  if (report->notes.n_items + report->warnings.n_items > 0) {
    text_append(output, "\n{\\small\\setlength{\\parindent}{0pt}\n");
    for (size_t i = 0; i < report->notes.n_items; i++)
      append_line(output, "  Note: ", report->notes.item[i], "\\par\n");
    for (size_t i = 0; i < report->warnings.n_items; i++)
      append_line(output, "  Warning: ", report->warnings.item[i], "\\par\n");
    text_append(output, "}\n");
  }
  report_free(&scratch);
}
