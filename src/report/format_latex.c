// SPDX-License-Identifier: GPL-3.0-or-later
// latex: tables for the booktabs package.
//
// Signs that pdflatex does not know by themselves become commands; letters of other
// scripts stay as they are.  Sources: LaTeX2e kernel (utf8.def, fontenc encodings T1 and
// TS1, ligatures of T1), booktabs manual 2020.
#include <config.h>

#include "report/format.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/memory.h"

// A table of more rows than fit on a page is a longtable, which may be broken.
enum { LONGEST_FLOAT = 45 };

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

// A hyphen that is a minus: before a digit, and behind nothing, a blank or an opening or
// parting sign.
static bool is_minus(const uint8_t *start, const uint8_t *c)
{
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

// The lines of the heading as rows; those of a short heading stand at the bottom.
static void append_heading(struct text *output, const struct layout *layout)
{
  size_t n = layout->heading.n_items, n_lines = 0;
  struct text_list *lines = NEW_ZEROED(struct text_list, n);
  for (size_t j = 0; j < n; j++) {
    format_heading_lines(layout->heading.item[j], &lines[j]);
    n_lines = lines[j].n_items > n_lines ? lines[j].n_items : n_lines;
  }
  for (size_t k = 0; k < n_lines; k++)
    for (size_t j = 0; j < n; j++) {
      size_t above = n_lines - lines[j].n_items;
      append_line(output, j ? " & " : "    ", k < above ? "" : lines[j].item[k - above],
                  j + 1 < n ? "" : " \\\\\n");
    }
  for (size_t j = 0; j < n; j++)
    text_list_free(&lines[j]);
  free(lines);
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

static void append_columns(struct text *output, const struct layout *layout)
{
  text_append(output, "{@{}");
  for (size_t j = 0; j < layout->heading.n_items; j++)
    text_append_character(output, "lrc"[layout->align[j]]);
  text_append(output, "@{}}\n");
}

static void append_float(struct text *output, const struct layout *layout, bool label)
{
  text_append(output, "\\begin{table}[htbp]\n  \\centering\n");
  append_caption(output, layout, label, "\n");
  text_append(output, "  \\begin{tabular}");
  append_columns(output, layout);
  text_append(output, "    \\toprule\n");
  append_heading(output, layout);
  text_append(output, "    \\midrule\n");
  append_rows(output, layout);
  text_append(output, "    \\bottomrule\n  \\end{tabular}\n");
  if (layout->footnote.n_items > 0) {
    text_append(output, "  \\par\\smallskip\n  \\begin{minipage}{\\linewidth}\\footnotesize\n");
    append_footnotes(output, &layout->footnote);
    text_append(output, "  \\end{minipage}\n");
  }
  text_append(output, "\\end{table}\n");
}

static void append_long_table(struct text *output, const struct layout *layout, bool label)
{
  text_append(output, "\\begin{longtable}");
  append_columns(output, layout);
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
    text_append(output, "{\\footnotesize\\noindent\n");
    append_footnotes(output, &layout->footnote);
    text_append(output, "}\n");
  }
}

void format_latex_write(const struct report *report, const char *table_name, int digits,
                        struct text *output)
{
  struct report scratch = {0};
  const struct report *view = format_view(report, table_name, digits, &scratch);
  text_append(output,
              "% In the preamble: \\usepackage[T1]{fontenc} \\usepackage[utf8]{inputenc}\n"
              "% \\usepackage{booktabs,longtable,textcomp}\n"
              "% For a table too wide for the page: \\small, or sidewaystable of rotating.\n"
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
