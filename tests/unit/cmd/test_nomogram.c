// SPDX-License-Identifier: GPL-3.0-or-later
// Scale and layout of nomograms: rms::nomogram, identities, and no word upon another.
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/nomogram_drawing.h"
#include "cmd/nomogram_scale.h"
#include "reference.h"
#include "report/typeset.h"
#include "stats/logit.h"
#include "tap.h"

static bool parse(struct model *model, const char *json)
{
  struct error error = {0};
  bool good = model_parse(model, json, strlen(json), "test", &error);
  if (!good)
    printf("# %s\n", error.message);
  return good;
}

// ---- against rms ----

// The model in the line "#model NAME<tab>JSON" of the reference file.
static void parse_reference_model(struct model *model, const char *name)
{
  const char *srcdir = getenv("srcdir");
  char *path = text_format("%s/tests/reference/nomogram.tsv", srcdir ? srcdir : ".");
  char *begin = text_format("#model %s\t", name);
  struct text content = {0};
  struct error error = {0};
  bool good = file_read(path, &content, &error);
  const char *line = good ? strstr(text_content(&content), begin) : NULL;
  ok(line != NULL, "%s: the model stands in the reference file", name);
  char *json = line ? memory_copy_bytes(line + strlen(begin),
                                        strcspn(line + strlen(begin), "\n"))
                    : memory_copy_text("");
  ok(parse(model, json), "%s: the model is read", name);
  free(json);
  text_free(&content);
  free(begin);
  free(path);
}

static void check_rms(const struct reference *reference, const char *name)
{
  struct model model;
  struct scale scale;
  struct error error = {0};
  parse_reference_model(&model, name);
  if (!ok(scale_make(&scale, &model, &error), "%s: has a scale", name))
    return;
  for (size_t a = 0; a < scale.n_axes; a++) {
    char *held = scale_held_text(&scale, &scale.axis[a]);
    char *key = text_format("%s.%s%s%s", name,
                            model.design.variable[scale.axis[a].variable].name, held ? "." : "",
                            held ? held : "");
    char *value_key = text_format("%s.value", key), *points_key = text_format("%s.points", key);
    size_t n;
    const double *value = reference_values(reference, value_key, &n);
    const double *points = reference_values(reference, points_key, NULL);
    // R's least effects come from optimize, exact to about 1e-9 of a point.
    for (size_t i = 0; i < n; i++)
      is_near(scale_axis_points(&scale, a, value[i]), points[i], 1e-8, key);
    free(points_key);
    free(value_key);
    free(key);
    free(held);
  }
  char *value_key = text_format("%s.lp.value", name), *points_key = text_format("%s.lp.points", name);
  size_t n;
  const double *value = reference_values(reference, value_key, &n);
  const double *points = reference_values(reference, points_key, NULL);
  for (size_t i = 0; i < n; i++) {
    is_near(scale_total_points(&scale, value[i]), points[i], 1e-8, points_key);
    is_near(scale_linear_predictor(&scale, points[i]), value[i], 1e-9, value_key);
  }
  free(points_key);
  free(value_key);
  scale_free(&scale);
  model_free(&model);
}

// ---- identities ----

// The points of all groups turned into a linear predictor are the equation's.
static void check_equation(const struct scale *scale, const char *name)
{
  const struct model *model = scale->model;
  const struct design *design = &model->design;
  double *value = NEW_ARRAY(double, design->n_variables), *x = NEW_ARRAY(double, design->n_columns);
  unsigned state = 7;
  bool equal = true, within = true;
  for (int i = 0; i < 200; i++) {
    double total = 0;
    for (size_t v = 0; v < design->n_variables; v++) {
      const struct design_variable *variable = &design->variable[v];
      state = state * 1664525u + 1013904223u;
      double part = state / 4294967296.0;
      value[v] = variable->categorical
                     ? floor(part * (double) variable->levels.n_items)
                     : variable->least + part * (variable->most - variable->least);
    }
    for (size_t g = 0; g < scale->n_groups; g++) {
      double points = scale_points(scale, g, value);
      size_t axis = scale_find_axis(scale, g, value);
      double along = scale_axis_points(scale, axis, value[scale->group[g].along]);
      within = within && points >= -1e-9 && points <= 100 + 1e-9;
      equal = equal && fabs(points - along) <= 1e-10;
      total += points;
    }
    design_evaluate_values(design, value, x);
    struct model_prediction prediction = model_predict(model, x, 0.95);
    double expected = prediction.linear_predictor;
    double read = scale_linear_predictor(scale, total);
    equal = equal && (model->has_intercept ? fabs(read - expected) <= 1e-10 * fmax(1, fabs(expected))
                                           : isnan(read));
    within = within && total <= scale->most_points + 1e-9;
  }
  ok(equal, "%s: points add up to the equation's linear predictor", name);
  ok(within, "%s: points of values seen are between 0 and 100", name);
  free(x);
  free(value);
}

static void check_extremes(const struct scale *scale, const char *name)
{
  bool least = true, widest = false;
  for (size_t g = 0; g < scale->n_groups; g++) {
    double low = INFINITY, high = -INFINITY;
    const struct scale_group *group = &scale->group[g];
    for (size_t a = group->first_axis; a < group->first_axis + group->n_axes; a++) {
      const struct design_variable *variable =
          &scale->model->design.variable[scale->axis[a].variable];
      size_t n = variable->categorical ? variable->levels.n_items : 20001;
      for (size_t i = 0; i < n; i++) {
        double x = variable->categorical
                       ? (double) i
                       : variable->least + (variable->most - variable->least) * (double) i / 20000;
        double points = scale_axis_points(scale, a, x);
        low = fmin(low, points);
        high = fmax(high, points);
      }
    }
    // The grid may miss a turn by 1/20000 of the range.
    least = least && low >= -1e-9 && low < 1e-5;
    widest = widest || fabs(high - 100) < 1e-5;
    if (high > 100 + 1e-9)
      least = false;
  }
  ok(least, "%s: every group begins at 0 points", name);
  ok(widest, "%s: the widest has 100", name);
}

// ---- layout ----

struct box {
  double left, right, top, bottom;
};

static struct box word_box(const struct drawing_word *word)
{
  const struct typeface face = {drawing_em, 1.2 * drawing_em, false};
  double width = typeset_width(&face, word->text, 1, false);
  double height = 1.2 * drawing_em * (double) typeset_lines(word->text);
  double left = word->align == WORD_LEFT     ? word->x
                : word->align == WORD_CENTRE ? word->x - width / 2
                                             : word->x - width;
  return (struct box){left, left + width, word->y - height / 2, word->y + height / 2};
}

static bool collide(struct box a, struct box b)
{
  return a.left < b.right && b.left < a.right && a.top < b.bottom - 1e-9 && b.top < a.bottom - 1e-9;
}

static bool has_word(const struct drawing *drawing, const char *text)
{
  for (size_t i = 0; i < drawing->n_words; i++)
    if (strcmp(drawing->word[i].text, text) == 0)
      return true;
  return false;
}

static void check_layout(const struct scale *scale, const char *name)
{
  struct drawing drawing;
  drawing_make(&drawing, scale, "Risk of an event");
  size_t n_collisions = 0, n_outside = 0, n_crossed = 0;
  for (size_t i = 0; i < drawing.n_words; i++) {
    struct box box = word_box(&drawing.word[i]);
    n_outside += box.left < 0 || box.right > drawing.width + 1e-9 || box.top < 0 ||
                 box.bottom > drawing.height + 0.5 * drawing_em;
    for (size_t j = 0; j < i; j++)
      n_collisions += collide(box, word_box(&drawing.word[j]));
    for (size_t j = 0; j < drawing.n_lines; j++) {
      const struct drawing_line *line = &drawing.line[j];
      struct box thin = {fmin(line->x1, line->x2), fmax(line->x1, line->x2) + 1e-6,
                         fmin(line->y1, line->y2), fmax(line->y1, line->y2) + 1e-6};
      // A tick may reach its label's row, not its letters.
      box.top += 0.15 * drawing_em;
      box.bottom -= 0.15 * drawing_em;
      n_crossed += collide(box, thin);
      box = word_box(&drawing.word[i]);
    }
  }
  ok(n_collisions == 0, "%s: no word upon another (%zu)", name, n_collisions);
  ok(n_outside == 0, "%s: no word leaves the page (%zu)", name, n_outside);
  ok(n_crossed == 0, "%s: no line through a word (%zu)", name, n_crossed);
  bool named = true, on_line = true;
  for (size_t a = 0; a < scale->n_axes; a++) {
    const struct design_variable *variable =
        &scale->model->design.variable[scale->axis[a].variable];
    size_t n = variable->categorical ? variable->levels.n_items : 51;
    for (size_t i = 0; i < n; i++) {
      double value = variable->categorical
                         ? (double) i
                         : variable->least + (variable->most - variable->least) * (double) i / 50;
      double x, y;
      drawing_axis_place(&drawing, scale, a, fmin(value, variable->categorical ? value
                                                                              : variable->most),
                         &x, &y);
      on_line = on_line && y > 0 && y < drawing.height && x > drawing.left - 1e-6 &&
                x < drawing.left + drawing.points_width + 1e-6;
      const char *title = variable->categorical ? scale_level_title(variable, i) : "";
      if (variable->categorical && strlen(title) < 20)
        named = named && has_word(&drawing, title);
    }
  }
  ok(named, "%s: every level is named", name);
  ok(on_line, "%s: every value has a place on its axis", name);
  drawing_free(&drawing);
}

static void check_all(const char *json, const char *name, size_t n_axes)
{
  struct model model;
  struct scale scale;
  struct error error = {0};
  if (!ok(parse(&model, json), "%s: is a model", name))
    return;
  if (!ok(scale_make(&scale, &model, &error), "%s: has a scale", name)) {
    printf("# %s\n", error.message);
    return;
  }
  ok(scale.n_axes == n_axes, "%s: %zu axes", name, n_axes);
  check_equation(&scale, name);
  check_extremes(&scale, name);
  check_layout(&scale, name);
  scale_free(&scale);
  model_free(&model);
}

#define HEAD "{\"format\": \"her2-model\", \"version\": 1, \"outcome\": {\"variable\": \"y\", " \
             "\"event\": [\"1\"]}, "

static void check_hard_layouts(void)
{
  check_all(HEAD "\"variables\": [{\"name\": \"adc\", \"type\": \"numeric\", \"range\": [0.6, 1.9], "
                 "\"unit\": \"10\u207b\u00b3 mm\u00b2/s\", \"label\": \"ADC\"}], \"terms\": [\"adc\"], "
                 "\"coefficients\": {\"Intercept\": 2.5, \"adc\": -3}}",
            "one predictor", 1);
  check_all(HEAD "\"variables\": [{\"name\": \"a\", \"type\": \"numeric\", \"range\": [0, 1]}, "
                 "{\"name\": \"b\", \"type\": \"numeric\", \"range\": [0, 1e-4]}, "
                 "{\"name\": \"c\", \"type\": \"numeric\", \"range\": [20, 88]}, "
                 "{\"name\": \"d\", \"type\": \"numeric\", \"range\": [-5, -5]}, "
                 "{\"name\": \"e\", \"type\": \"numeric\", \"range\": [1, 1e6]}, "
                 "{\"name\": \"f\", \"type\": \"numeric\", \"range\": [0, 3], \"step\": 1, "
                 "\"digits\": 0}], "
                 "\"terms\": [\"a\", \"b\", \"c\", \"d\", \"log(e)\", \"f\"], "
                 "\"coefficients\": {\"Intercept\": -1, \"a\": 9, \"b\": 40, \"c\": 0.004, \"d\": 2, "
                 "\"log(e)\": -0.1, \"f\": 0.3}}",
            "short axes, no range, no effect", 6);
  check_all(HEAD "\"variables\": [{\"name\": \"x\", \"type\": \"numeric\", \"range\": [0, 10]}], "
                 "\"terms\": [{\"term\": \"rcs(x, 5)\", \"knots\": {\"x\": [1, 3, 5, 7, 9]}}], "
                 "\"coefficients\": {\"Intercept\": 0, \"rcs(x, 5)\": 2, \"rcs(x, 5)'\": -45, "
                 "\"rcs(x, 5)''\": 150, \"rcs(x, 5)'''\": -190}}",
            "a spline that turns more than once", 1);
  check_all(HEAD "\"variables\": [{\"name\": \"margin\", \"label\": \"Margin of the enhancing mass on "
                 "the first postcontrast series, as the two readers agreed upon it\", \"type\": "
                 "\"categorical\", \"reference\": \"0\", \"levels\": [\"0\", \"1\", \"2\", \"3\", \"4\"], \"labels\": "
                 "[\"circumscribed\", \"irregular, not otherwise described by the readers\", "
                 "\"spiculated\", \"indistinct\", \"microlobulated\"]}, "
                 "{\"name\": \"x\", \"type\": \"numeric\", \"range\": [0, 1]}], "
                 "\"terms\": [\"factor(margin)\", \"x\"], \"coefficients\": {\"Intercept\": 0, "
                 "\"margin=1\": 0.01, \"margin=2\": 0.02, \"margin=3\": 0.03, \"margin=4\": 3, "
                 "\"x\": -1}}",
            "levels at one place, long labels", 2);
  check_all(HEAD "\"variables\": [{\"name\": \"a\", \"type\": \"categorical\", \"reference\": \"p\", "
                 "\"levels\": [\"p\", \"q\", \"r\"]}, {\"name\": \"b\", \"type\": \"categorical\", \"reference\": \"u\", "
                 "\"levels\": [\"u\", \"v\"]}, {\"name\": \"x\", \"type\": \"numeric\", \"range\": [0.1, 4]}], "
                 "\"terms\": [\"a\", \"b\", \"sqrt(x)\", \"a:b\", \"b:sqrt(x)\"], "
                 "\"coefficients\": {\"Intercept\": null, \"a=q\": 1, \"a=r\": -1, \"b=v\": 0.5, "
                 "\"sqrt(x)\": 1, \"a=q:b=v\": -2, \"a=r:b=v\": 0.25, \"b=v:sqrt(x)\": -1.5}}",
            "interactions that join three, no intercept", 6);
  struct text many = {0};
  text_append(&many, HEAD "\"variables\": [{\"name\": \"site\", \"type\": \"categorical\", \"reference\": "
                          "\"site 0\", \"levels\": [\"site 0\"");
  for (int i = 1; i < 30; i++)
    text_append_format(&many, ", \"site %d\"", i);
  text_append(&many, "]}");
  for (int i = 0; i < 25; i++)
    text_append_format(&many, ", {\"name\": \"marker%d\", \"type\": \"numeric\", \"range\": [%d, %d]}",
                       i, -i, 100 * i + 1);
  text_append(&many, "], \"terms\": [\"site\"");
  for (int i = 0; i < 25; i++)
    text_append_format(&many, ", \"marker%d\"", i);
  text_append(&many, "], \"coefficients\": {\"Intercept\": 0.1");
  for (int i = 1; i < 30; i++)
    text_append_format(&many, ", \"site=site %d\": %g", i, 0.02 * ((i * 7) % 30) - 0.2);
  for (int i = 0; i < 25; i++)
    text_append_format(&many, ", \"marker%d\": %g", i, (i % 2 ? -1 : 1) * 0.5 / (20 * i + 1));
  text_append(&many, "}}");
  check_all(text_content(&many), "26 predictors, 30 levels", 26);
  text_free(&many);
}

// ---- what cannot be drawn ----

static void check_refusal(const char *json, const char *expected, const char *name)
{
  struct model model;
  struct scale scale;
  struct error error = {0};
  if (!ok(parse(&model, json), "%s: is a model", name))
    return;
  ok(!scale_make(&scale, &model, &error) && error.status == ERROR_DATA &&
         strstr(error.message, expected),
     "%s: refused (%s)", name, error.message);
  model_free(&model);
}

static void check_refusals(void)
{
  check_refusal(HEAD "\"variables\": [{\"name\": \"a\", \"type\": \"numeric\", \"range\": [0, 1]}, "
                     "{\"name\": \"b\", \"type\": \"numeric\", \"range\": [0, 1]}], \"terms\": "
                     "[\"a\", \"b\", \"a:b\"], \"coefficients\": {\"Intercept\": 0, \"a\": 1, \"b\": 1, "
                     "\"a:b\": 1}}",
                "the interaction a:b joins two quantities", "two quantities");
  check_refusal(HEAD "\"variables\": [{\"name\": \"a\", \"type\": \"numeric\", \"range\": [0, 1]}, "
                     "{\"name\": \"b\", \"type\": \"numeric\", \"range\": [0, 1]}, {\"name\": \"s\", "
                     "\"type\": \"categorical\", \"reference\": \"f\", \"levels\": [\"f\", \"m\"]}], \"terms\": "
                     "[\"a\", \"b\", \"s\", \"a:s\", \"b:s\"], \"coefficients\": {\"Intercept\": 0, "
                     "\"a\": 1, \"b\": 1, \"s=m\": 1, \"a:s=m\": 1, \"b:s=m\": 1}}",
                "interactions (a:s) join two quantities", "two quantities by way of a factor");
  check_refusal(HEAD "\"variables\": [{\"name\": \"a\", \"type\": \"numeric\"}], \"terms\": [\"a\"], "
                     "\"coefficients\": {\"Intercept\": 0, \"a\": 1}}",
                "does not state the range of 'a'", "no range");
  check_refusal(HEAD "\"variables\": [{\"name\": \"a\", \"type\": \"numeric\", \"range\": [0, 1]}], "
                     "\"terms\": [\"a\"], \"coefficients\": {\"Intercept\": 0, \"a\": 0}}",
                "no predictor of the model has an effect", "no effect");
  check_refusal(HEAD "\"variables\": [{\"name\": \"a\", \"type\": \"numeric\", \"range\": [0, 1]}], "
                     "\"terms\": [\"log(a)\"], \"coefficients\": {\"Intercept\": 0, \"log(a)\": 1}}",
                "the effect of 'a' is not defined on its range", "log of 0");
}

// ---- round values ----

static void check_values(void)
{
  struct model model;
  struct scale scale;
  struct error error = {0};
  parse(&model, HEAD "\"variables\": [{\"name\": \"nodes\", \"type\": \"numeric\", \"step\": 1, "
                     "\"range\": [0, 3]}, {\"name\": \"pgr\", \"type\": \"numeric\", \"range\": [1, "
                     "5005]}], \"terms\": [\"nodes\", \"log(pgr)\"], \"coefficients\": "
                     "{\"Intercept\": -9, \"nodes\": 3, \"log(pgr)\": 1}}");
  ok(scale_make(&scale, &model, &error), "counts and a logarithm");
  size_t n;
  struct scale_value *value = scale_axis_values(&scale, 0, 11, &n);
  bool whole = n == 4;
  for (size_t i = 0; i < n; i++)
    whole = whole && value[i].value == (double) i && strlen(value[i].label) == 1;
  ok(whole, "counts have no halves");
  scale_values_free(value, n);
  value = scale_axis_values(&scale, 1, 8, &n);
  bool decades = n >= 4;
  for (size_t i = 1; i < n; i++)
    decades = decades && value[i].value >= 2 * value[i - 1].value;
  ok(decades, "a logarithm's values go by decades");
  scale_values_free(value, n);
  value = scale_risk_values(&scale, 8, &n);
  double low = logit_inverse(scale_linear_predictor(&scale, 0));
  double high = logit_inverse(scale_linear_predictor(&scale, scale.most_points));
  bool round = n > 10;
  for (size_t i = 0; i < n; i++) {
    round = round && value[i].value >= low && value[i].value <= high && strlen(value[i].label) < 9;
    is_near(logit_inverse(scale_linear_predictor(
                &scale, scale_total_points(&scale, logit_of(value[i].value)))),
            value[i].value, 1e-13, "risk to points and back");
  }
  ok(round, "risks are round and within reach");
  scale_values_free(value, n);
  scale_free(&scale);
  model_free(&model);
}

static void check_turns(void)
{
  struct model model;
  struct scale scale;
  struct error error = {0};
  // A spline that falls, rises and falls: the cubic part is symmetrical about 5.
  parse(&model, HEAD "\"variables\": [{\"name\": \"x\", \"type\": \"numeric\", \"range\": [0, 10]}], "
                     "\"terms\": [{\"term\": \"rcs(x, 3)\", \"knots\": {\"x\": [1, 5, 9]}}], "
                     "\"coefficients\": {\"Intercept\": 0, \"rcs(x, 3)\": -1, \"rcs(x, 3)'\": 2}}");
  ok(scale_make(&scale, &model, &error), "a spline that turns");
  size_t n;
  double *turn = scale_axis_turns(&scale, 0, &n);
  bool monotone = n == 3;
  for (size_t i = 0; i + 1 < n; i++) {
    double direction = scale_axis_points(&scale, 0, turn[i + 1]) - scale_axis_points(&scale, 0, turn[i]);
    for (int k = 0; k < 400; k++) {
      double step = (turn[i + 1] - turn[i]) / 400, x = turn[i] + k * step;
      double change = scale_axis_points(&scale, 0, x + step) - scale_axis_points(&scale, 0, x);
      monotone = monotone && change * (direction > 0 ? 1 : -1) > -0.01;
    }
  }
  ok(monotone && turn[0] == 0 && turn[n - 1] == 10, "turns part the range into monotone pieces");
  // Least where -1 + 2 * 3 (x - 1)^2 / 64 = 0.
  is_near(turn[1], 1 + sqrt(64.0 / 6), 0.006, "the turn, to a step of the search");
  free(turn);
  scale_free(&scale);
  model_free(&model);
}

int main(void)
{
  struct reference *reference = reference_open("nomogram.tsv");
  check_rms(reference, "plain");
  check_rms(reference, "spline_by_sex");
  check_rms(reference, "factors");
  reference_close(reference);
  check_hard_layouts();
  check_refusals();
  check_values();
  check_turns();
  return tap_done();
}
