// SPDX-License-Identifier: GPL-3.0-or-later
// her2-nomogram's page: native inputs, a script that computes, the nomogram as inline SVG.
//
// HTML Living Standard.  The Content Security Policy (Level 3) allows the one script and the
// one style sheet by their digests and nothing else: whatever stands in a label is text.
// JSON within a page: every '<' is written \u003c, so that nothing in it can end its element.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/nomogram.h"
#include "report/format.h"
#include "stats/distribution.h"

enum { MOST_RADIOS = 5 }; // more levels go into a list

// ---- text ----

static void put_element(struct text *page, const char *element, const char *attributes,
                        const char *text)
{
  text_append_format(page, "<%s%s>", element, attributes);
  format_append_html(page, text);
  text_append_format(page, "</%s>\n", element);
}

// ---- JSON ----

// Bytes of a JSON text, harmless in a script element.
static void put_json_safely(struct text *page, const char *json)
{
  for (const char *c = json; *c; c++) {
    if (*c == '<' || *c == '>' || *c == '&') {
      text_append_format(page, "\\u%04x", (unsigned) *c);
    } else if (strncmp(c, "\u2028", 3) == 0 || strncmp(c, "\u2029", 3) == 0) {
      text_append_format(page, "\\u202%c", c[2] == '\xa8' ? '8' : '9');
      c += 2;
    } else {
      text_append_character(page, *c);
    }
  }
}

static void put_string(struct text *page, const char *text)
{
  struct text json = {0};
  text_append_character(&json, '"');
  for (const char *c = text; *c; c++)
    if (*c == '"' || *c == '\\')
      text_append_format(&json, "\\%c", *c);
    else if ((unsigned char) *c < 0x20)
      text_append_format(&json, "\\u%04x", (unsigned) *c);
    else
      text_append_character(&json, *c);
  text_append_character(&json, '"');
  put_json_safely(page, text_content(&json));
  text_free(&json);
}

// The text as the page shows it.
static void put_clean_string(struct text *page, const char *text)
{
  char *clean = format_clean_line(text);
  put_string(page, clean);
  free(clean);
}

static void put_number(struct text *page, double value)
{
  char number[NUMBER_SIZE];
  text_append(page, isfinite(value) ? number_write(number, value) : "null");
}

static void put_numbers(struct text *page, const double *value, size_t n)
{
  text_append_character(page, '[');
  for (size_t i = 0; i < n; i++) {
    text_append(page, i ? "," : "");
    put_number(page, value[i]);
  }
  text_append_character(page, ']');
}

static void put_key(struct text *page, const char *key)
{
  text_append_format(page, "%s\"%s\":", text_ends(text_content(page), "{") ? "" : ",", key);
}

static void put_bool(struct text *page, bool value)
{
  text_append(page, value ? "true" : "false");
}

// ---- the model for the script ----

static const char *domain(const struct design *design, size_t v)
{
  const char *found = "";
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t i = 0; i < design->term[t].n_parts; i++) {
      const struct design_part *part = &design->term[t].part[i];
      if (part->variable != v)
        continue;
      if (part->kind == PART_RISK)
        return "probability";
      if (part->kind == PART_LOG)
        found = "positive";
      else if (part->kind == PART_SQRT && !*found)
        found = "nonnegative";
    }
  return found;
}

static void put_variables(struct text *page, const struct design *design)
{
  text_append_character(page, '[');
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    text_append(page, v ? ",\n{" : "\n{");
    put_key(page, "name");
    put_string(page, variable->name);
    put_key(page, "title");
    char *title = scale_variable_title(variable);
    put_clean_string(page, title);
    free(title);
    if (variable->categorical) {
      put_key(page, "levels");
      text_append_character(page, '[');
      for (size_t i = 0; i < variable->levels.n_items; i++) {
        text_append(page, i ? "," : "");
        put_clean_string(page, scale_level_title(variable, i));
      }
      text_append_character(page, ']');
      put_key(page, "texts");
      text_append_character(page, '[');
      for (size_t i = 0; i < variable->levels.n_items; i++) {
        text_append(page, i ? "," : "");
        put_string(page, variable->levels.item[i]);
      }
      text_append_character(page, ']');
    } else {
      put_key(page, "least");
      put_number(page, variable->least);
      put_key(page, "most");
      put_number(page, variable->most);
      put_key(page, "domain");
      put_string(page, domain(design, v));
    }
    text_append_character(page, '}');
  }
  text_append_character(page, ']');
}

static void put_part(struct text *page, const struct design *design,
                     const struct design_part *part)
{
  static const char *const kinds[] = {
      [PART_PLAIN] = "number",  [PART_FACTOR] = "factor", [PART_SCALED] = "number",
      [PART_PER_SD] = "number", [PART_LOG] = "log",       [PART_SQRT] = "sqrt",
      [PART_SPLINE] = "spline", [PART_RISK] = "number"};
  text_append_character(page, '{');
  put_key(page, "kind");
  put_string(page, kinds[part->kind]);
  put_key(page, "variable");
  put_number(page, (double) part->variable);
  put_key(page, "divisor");
  put_number(page, part->divisor);
  put_key(page, "columns");
  put_number(page, (double) part->n_columns);
  put_key(page, "all");
  put_bool(page, part->kind == PART_FACTOR &&
                     part->n_columns == design->variable[part->variable].levels.n_items);
  put_key(page, "knots");
  put_numbers(page, part->knot, part->kind == PART_SPLINE ? part->n_knots : 0);
  text_append_character(page, '}');
}

static void put_terms(struct text *page, const struct design *design)
{
  text_append_character(page, '[');
  for (size_t t = 0; t < design->n_terms; t++) {
    text_append(page, t ? ",\n[" : "\n[");
    for (size_t i = 0; i < design->term[t].n_parts; i++) {
      text_append(page, i ? "," : "");
      put_part(page, design, &design->term[t].part[i]);
    }
    text_append_character(page, ']');
  }
  text_append_character(page, ']');
}

static void put_covariance(struct text *page, const struct model *model)
{
  size_t p = model->design.n_columns;
  if (!model->covariance || !model->has_intercept) {
    text_append(page, "null");
    return;
  }
  text_append_character(page, '[');
  for (size_t j = 0; j < p; j++) {
    text_append(page, j ? ",\n" : "\n");
    put_numbers(page, model->covariance + j * p, p);
  }
  text_append_character(page, ']');
}

static void put_groups(struct text *page, const struct scale *scale)
{
  const struct design *design = &scale->model->design;
  text_append_character(page, '[');
  for (size_t g = 0; g < scale->n_groups; g++) {
    const struct scale_group *group = &scale->group[g];
    text_append(page, g ? ",\n{" : "\n{");
    put_key(page, "variables");
    text_append_character(page, '[');
    size_t n = 0;
    for (size_t v = 0; v < design->n_variables; v++)
      if (group->variable[v]) {
        text_append(page, n++ ? "," : "");
        put_number(page, (double) v);
      }
    text_append_character(page, ']');
    put_key(page, "along");
    put_number(page, (double) group->along);
    put_key(page, "columns");
    text_append_character(page, '[');
    n = 0;
    for (size_t t = 0; t < design->n_terms; t++)
      if (group->variable[design->term[t].part[0].variable])
        for (size_t j = 0; j < design->term[t].n_columns; j++) {
          text_append(page, n++ ? "," : "");
          put_number(page, (double) (design->term[t].first + j));
        }
    text_append_character(page, ']');
    put_key(page, "least");
    put_number(page, scale->least[g]);
    text_append_character(page, '}');
  }
  text_append_character(page, ']');
}

// Lengths in the SVG's units, hundredths of a centimetre.
static void put_length(struct text *page, double centimetres)
{
  put_number(page, isnan(centimetres) ? NAN : round(1000 * centimetres) / 10);
}

static void put_axes(struct text *page, const struct nomogram *nomogram)
{
  const struct scale *scale = &nomogram->scale;
  const struct drawing *drawing = &nomogram->drawing;
  text_append_character(page, '[');
  for (size_t a = 0; a < scale->n_axes; a++) {
    text_append(page, a ? ",\n{" : "\n{");
    put_key(page, "group");
    put_number(page, (double) scale->axis[a].group);
    put_key(page, "held");
    put_numbers(page, scale->axis[a].held, scale->model->design.n_variables);
    put_key(page, "pieces");
    text_append_character(page, '[');
    size_t n = 0;
    for (size_t i = 0; i < drawing->n_pieces; i++) {
      const struct drawing_piece *piece = &drawing->piece[i];
      if (piece->axis != a)
        continue;
      text_append(page, n++ ? ",[" : "[");
      put_number(page, piece->from);
      text_append_character(page, ',');
      put_number(page, piece->to);
      text_append_character(page, ',');
      put_length(page, piece->y);
      text_append_character(page, ']');
    }
    text_append(page, "]}");
  }
  text_append_character(page, ']');
}

static void put_scale(struct text *page, const struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  const struct scale *scale = &nomogram->scale;
  const struct drawing *drawing = &nomogram->drawing;
  text_append(page, "<script type=\"application/json\" id=\"scale\">\n{");
  put_key(page, "variables");
  put_variables(page, &model->design);
  put_key(page, "terms");
  put_terms(page, &model->design);
  put_key(page, "coefficients");
  put_numbers(page, model->coefficient, model->design.n_columns);
  put_key(page, "covariance");
  put_covariance(page, model);
  put_key(page, "z");
  put_number(page, normal_quantile(0.5 + 0.5 * nomogram->command->level));
  put_key(page, "percent");
  put_string(page, nomogram->level);
  put_key(page, "intercept");
  put_bool(page, model->has_intercept);
  put_key(page, "groups");
  put_groups(page, scale);
  put_key(page, "pointsPerUnit");
  put_number(page, scale->points_per_unit);
  put_key(page, "mostPoints");
  put_number(page, scale->most_points);
  put_key(page, "axes");
  put_axes(page, nomogram);
  text_append(page, ",\n\"drawing\":{");
  put_key(page, "left");
  put_length(page, drawing->left);
  put_key(page, "pointsWidth");
  put_length(page, drawing->points_width);
  put_key(page, "totalWidth");
  put_length(page, drawing->total_width);
  put_key(page, "totalY");
  put_length(page, drawing->total_y);
  put_key(page, "riskY");
  put_length(page, drawing->risk_y);
  text_append(page, "}}\n</script>\n");
}

// ---- head ----

// The digest of a script or style element's content as the policy wants it: base64.
static void put_policy_digest(struct text *page, const char *content)
{
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char hexadecimal[65];
  digest_bytes(content, strlen(content), hexadecimal);
  unsigned bits = 0;
  int n_bits = 0;
  text_append(page, "'sha256-");
  for (const char *c = hexadecimal; *c; c++) {
    bits = bits << 4 | (unsigned) (*c <= '9' ? *c - '0' : *c - 'a' + 10);
    n_bits += 4;
    if (n_bits >= 6) {
      n_bits -= 6;
      text_append_character(page, digit[bits >> n_bits & 63]);
    }
  }
  // 256 bits: four are left over.
  text_append_character(page, digit[bits << (6 - n_bits) & 63]);
  text_append(page, "='");
}

static void put_head(struct text *page, const struct nomogram *nomogram)
{
  text_append(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "script-src ");
  put_policy_digest(page, nomogram_script);
  text_append(page, "; style-src ");
  put_policy_digest(page, nomogram_style);
  text_append(page, "; base-uri 'none'; form-action 'none'\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta name=\"referrer\" content=\"no-referrer\">\n"
                    "<meta name=\"color-scheme\" content=\"light\">\n"
                    "<meta name=\"generator\" content=\"her2-nomogram " PACKAGE_VERSION "\">\n");
  put_element(page, "title", "", nomogram->risk_title);
  text_append_format(page, "<style>%s</style>\n</head>\n<body>\n", nomogram_style);
}

// ---- inputs ----

static void put_hint(struct text *page, size_t v, const struct design_variable *variable)
{
  char *least = scale_number_text(variable, variable->least);
  char *most = scale_number_text(variable, variable->most);
  text_append_format(page, "<p class=\"hint\" id=\"v%zu-hint\">Range seen: ", v);
  text_append_format(page, "%s to %s", least, most);
  if (variable->unit) {
    text_append_character(page, ' ');
    format_append_html(page, variable->unit);
  }
  text_append(page, "</p>\n");
  free(least);
  free(most);
}

static void put_number_input(struct text *page, size_t v, const struct design_variable *variable,
                             const char *title)
{
  char least[NUMBER_SIZE], most[NUMBER_SIZE], step[NUMBER_SIZE];
  bool stepped = variable->step > 0 && variable->step <= variable->most - variable->least;
  text_append_format(page, "<div class=\"predictor\">\n<label for=\"v%zu\">", v);
  format_append_html(page, title);
  text_append_format(page,
                     "</label>\n<div class=\"entry\"><input type=\"number\" id=\"v%zu\" "
                     "step=\"any\" "
                     "inputmode=\"decimal\" aria-describedby=\"v%zu-hint v%zu-warning\">\n"
                     "<input type=\"range\" id=\"v%zu-slider\" min=\"%s\" max=\"%s\" step=\"%s\" "
                     "class=\"unset\" aria-valuetext=\"not set\" aria-label=\"",
                     v, v, v, v, number_write(least, variable->least),
                     number_write(most, variable->most),
                     stepped ? number_write(step, variable->step) : "any");
  format_append_html(page, title);
  text_append(page, ", slider\"></div>\n");
  put_hint(page, v, variable);
  text_append_format(page,
                     "<p class=\"warning\" id=\"v%zu-warning\" role=\"alert\" hidden></p>\n"
                     "</div>\n",
                     v);
}

static void put_radios(struct text *page, size_t v, const struct design_variable *variable,
                       const char *title)
{
  text_append(page, "<fieldset>\n<legend>");
  format_append_html(page, title);
  text_append(page, "</legend>\n<div class=\"choices\">\n");
  for (size_t i = 0; i < variable->levels.n_items; i++) {
    text_append_format(page,
                       "<label><input type=\"radio\" name=\"v%zu\" id=\"v%zu-%zu\" "
                       "value=\"%zu\">",
                       v, v, i, i);
    format_append_html(page, scale_level_title(variable, i));
    text_append(page, "</label>\n");
  }
  text_append(page, "</div>\n</fieldset>\n");
}

static void put_list(struct text *page, size_t v, const struct design_variable *variable,
                     const char *title)
{
  text_append_format(page, "<div class=\"predictor\">\n<label for=\"v%zu\">", v);
  format_append_html(page, title);
  text_append_format(page,
                     "</label>\n<div class=\"entry\"><select id=\"v%zu\">\n"
                     "<option value=\"\" selected>(choose)</option>\n",
                     v);
  for (size_t i = 0; i < variable->levels.n_items; i++) {
    text_append_format(page, "<option value=\"%zu\">", i);
    format_append_html(page, scale_level_title(variable, i));
    text_append(page, "</option>\n");
  }
  text_append(page, "</select></div>\n</div>\n");
}

static void put_form(struct text *page, const struct design *design)
{
  text_append(page, "<form id=\"predictors\" autocomplete=\"off\" novalidate>\n"
                    "<h2>Predictors</h2>\n");
  for (size_t v = 0; v < design->n_variables; v++) {
    const struct design_variable *variable = &design->variable[v];
    char *title = scale_variable_title(variable);
    if (!variable->categorical)
      put_number_input(page, v, variable, title);
    else if (variable->levels.n_items <= MOST_RADIOS)
      put_radios(page, v, variable, title);
    else
      put_list(page, v, variable, title);
    free(title);
  }
  text_append(page, "<button type=\"reset\">Clear</button>\n</form>\n");
}

// ---- result ----

static char *group_title(const struct scale *scale, size_t group)
{
  const struct design *design = &scale->model->design;
  struct text title = {0};
  for (size_t v = 0; v < design->n_variables; v++)
    if (scale->group[group].variable[v]) {
      char *one = scale_variable_title(&design->variable[v]);
      text_append_item(&title, ", ", one);
      free(one);
    }
  return text_take(&title);
}

static void put_result(struct text *page, const struct nomogram *nomogram)
{
  const struct scale *scale = &nomogram->scale;
  text_append(page, "<section id=\"result\" aria-labelledby=\"risk-title\" "
                    "data-state=\"incomplete\">\n");
  put_element(page, "h2", " id=\"risk-title\"",
              nomogram->model.has_intercept ? nomogram->risk_title : "Points");
  text_append_format(page,
                     "<p id=\"risk\"%s>\u2013</p>\n<p id=\"interval\"></p>\n<p id=\"total\"></p>\n"
                     "<p id=\"lack\"></p>\n"
                     "<p id=\"announcement\" class=\"unseen\" role=\"status\" "
                     "aria-live=\"polite\"></p>\n"
                     "<noscript><p>This browser runs no scripts: read the risk off the nomogram "
                     "below.</p></noscript>\n"
                     "<table>\n<thead><tr><th scope=\"col\">Predictor</th>"
                     "<th scope=\"col\">Value</th>"
                     "<th scope=\"col\" class=\"number\">Points</th></tr></thead>\n<tbody>\n",
                     nomogram->model.has_intercept ? "" : " hidden");
  for (size_t g = 0; g < scale->n_groups; g++) {
    char *title = group_title(scale, g);
    text_append(page, "<tr>");
    put_element(page, "th", " scope=\"row\"", title);
    text_append_format(page,
                       "<td id=\"value%zu\"></td><td class=\"number\" id=\"points%zu\"></td>"
                       "</tr>\n",
                       g, g);
    free(title);
  }
  text_append(page, "</tbody>\n<tfoot><tr><th scope=\"row\">Total</th><td></td>"
                    "<td class=\"number\" id=\"total-points\"></td></tr></tfoot>\n</table>\n"
                    "</section>\n");
}

// ---- picture ----

static void put_svg_text(struct text *page, const struct drawing_word *word)
{
  struct text_list lines = {0};
  format_heading_lines(word->text, &lines);
  double line = 1.2 * drawing_em, first = word->y - 0.5 * line * (double) (lines.n_items - 1);
  text_append_format(page, "<text text-anchor=\"%s\">",
                     word->align == WORD_RIGHT    ? "end"
                     : word->align == WORD_CENTRE ? "middle"
                                                  : "start");
  for (size_t i = 0; i < lines.n_items; i++) {
    // The middle of capitals is 0.36 em above the baseline.
    text_append_format(page, "<tspan x=\"%.1f\" y=\"%.1f\">", 100 * word->x,
                       100 * (first + line * (double) i + 0.36 * drawing_em));
    format_append_html(page, lines.item[i]);
    text_append(page, "</tspan>");
  }
  text_append(page, "</text>\n");
  text_list_free(&lines);
}

static void put_picture(struct text *page, const struct drawing *drawing)
{
  static const char *const look[] = {
      [DRAWING_AXIS] = "axis", [DRAWING_TICK] = "tick", [DRAWING_GRID] = "grid"};
  text_append_format(page,
                     "<figure>\n<svg viewBox=\"0 0 %.1f %.1f\" role=\"img\" "
                     "aria-label=\"Nomogram: an axis of points, one axis a predictor, total "
                     "points, risk. The table of the result has the same numbers.\">\n",
                     100 * drawing->width + 20, 100 * drawing->height + 20);
  for (int kind = DRAWING_GRID; kind >= DRAWING_AXIS; kind--)
    for (size_t i = 0; i < drawing->n_lines; i++) {
      const struct drawing_line *line = &drawing->line[i];
      if ((int) line->kind == kind)
        text_append_format(page,
                           "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                           look[kind], 100 * line->x1, 100 * line->y1, 100 * line->x2,
                           100 * line->y2);
    }
  text_append(page, "<g id=\"marks\"></g>\n");
  for (size_t i = 0; i < drawing->n_words; i++)
    put_svg_text(page, &drawing->word[i]);
  text_append(page, "</svg>\n<figcaption>By hand: the points above each predictor's value, added, "
                    "give the total; below it stands the risk. Dots mark what is set "
                    "above.</figcaption>\n</figure>\n");
}

// ---- what the model is ----

static void put_about(struct text *page, const struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  text_append(page, "<section id=\"about\" aria-labelledby=\"about-title\">\n"
                    "<h2 id=\"about-title\">The model</h2>\n<ul>\n");
  for (size_t i = 0; i < nomogram->statement.n_items; i++)
    put_element(page, "li", "", nomogram->statement.item[i]);
  if (model->has_intercept && model->covariance)
    text_append_format(page,
                       "<li>The %s%% interval is that of the mean risk of patients with these "
                       "values (Wald, on the log odds); it says nothing of how well the model "
                       "fits other patients.</li>\n",
                       nomogram->level);
  text_append(page, "</ul>\n<pre>");
  struct text equation = {0};
  model_print_equation(model, 6, &equation);
  struct text_list lines = {0};
  format_heading_lines(text_content(&equation), &lines);
  for (size_t i = 0; i < lines.n_items; i++) {
    format_append_html(page, lines.item[i]);
    text_append(page, "\n");
  }
  text_list_free(&lines);
  text_free(&equation);
  text_append(page, "</pre>\n</section>\n");
}

static void put_footer(struct text *page, const struct nomogram *nomogram)
{
  const struct model *model = &nomogram->model;
  text_append(page, "<footer>\n<p>This page works without network; what is entered stays in "
                    "it. It supports judgement and does not replace it.</p>\n<p>Made by "
                    "her2-nomogram " PACKAGE_VERSION);
  if (model->software) {
    text_append(page, "; model fitted by ");
    format_append_html(page, model->software);
  }
  text_append_format(page, "; model file SHA-256 %s.</p>\n</footer>\n",
                     nomogram->command->report.input_digest);
}

void nomogram_print_page(const struct nomogram *nomogram, struct text *page)
{
  put_head(page, nomogram);
  text_append(page, "<header>\n");
  put_element(page, "h1", "", nomogram->risk_title);
  put_element(page, "p", "", nomogram->model.name);
  text_append(page, "</header>\n<main>\n<div class=\"columns\">\n");
  put_form(page, &nomogram->model.design);
  put_result(page, nomogram);
  text_append(page, "</div>\n");
  put_picture(page, &nomogram->drawing);
  put_about(page, nomogram);
  text_append(page, "</main>\n");
  put_footer(page, nomogram);
  put_scale(page, nomogram);
  text_append(page, "<script type=\"application/json\" id=\"model\">\n");
  put_json_safely(page, text_content(&nomogram->source));
  text_append_format(page, "</script>\n<script>%s</script>\n</body>\n</html>\n", nomogram_script);
}
