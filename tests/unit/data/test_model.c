// SPDX-License-Identifier: GPL-3.0-or-later
// Model files: what is written reads back the same; every byte changed and every truncation is
// refused with a reason or changes nothing; messages; predictions, equation, fingerprint
// against slow versions.
#include <config.h>

#include "data/model.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"
#include "stats/distribution.h"
#include "tap.h"

static struct error error;
static char path[] = "test_model_XXXXXX";

static void write_file(const char *text)
{
  FILE *file = fopen(path, "w");
  if (!file || fputs(text, file) < 0 || fclose(file) != 0)
    abort();
}

static const char cohort[] = "her2,adc,age,margin,grade\n"
                             "zero,0.91,40,smooth,1\n"
                             "low,0.82,41,rough,2\n"
                             "over,1.03,43,smooth,3\n"
                             "zero,1.14,49,rough,1\n"
                             "low,1.25,51,\"r\xc3\xb6m:<\"\"/\\\",2\n"
                             "low,0.7,57,smooth,3\n"
                             "zero,0.8,59,smooth,2\n"
                             "zero,1.3,63,rough,3\n"
                             "low,1.31,64,smooth,3\n"
                             "over,1.1,60,smooth,1\n"
                             "over,1.15,45,rough,2\n"
                             "over,0.95,47,smooth,3\n"
                             "over,0.99,48,rough,1\n"
                             "over,1.2,62,smooth,2\n";
enum { N_ROWS = 14 };

static void open_table(struct table *table)
{
  write_file(cohort);
  if (!table_open(table, path, &(struct table_options){0}, &error) ||
      !table_load_all(table, NULL, &error)) {
    printf("Bail out! %s\n", error.message);
    exit(99);
  }
  strcpy(table->name, "f");
}

// A model of everything that a file can hold, numbers made up.
static void make_model(struct model *model, const char *formula_text, const struct table *table)
{
  *model = (struct model){.has_intercept = true,
                          .n = 9,
                          .n_events = 4,
                          .seed = 20261122,
                          .procedure = {.screen_p = 0.05, .stay_p = 0.1, .vif_cut = 5,
                                        .vif_drop = true, .vif_by_ols = true,
                                        .firth = true},
                          .imputation = {.n = 20, .n_iterations = 10},
                          .holdout = {.fraction = 0.3, .seed = 20261122, .test = true}};
  struct formula formula;
  bool *used = NEW_ARRAY(bool, table->n_rows);
  for (size_t i = 0; i < table->n_rows; i++)
    used[i] = true;
  if (!formula_parse(&formula, formula_text, &error) ||
      !design_learn(&model->design, &formula, table, used, conventions, &error)) {
    printf("Bail out! %s\n", error.message);
    exit(99);
  }
  free(used);
  formula_free(&formula);
  model->name = memory_copy_text("made up");
  model->outcome = memory_copy_text("her2");
  text_list_add(&model->event, "low");
  text_list_add(&model->comparison, "zero");
  model->event_label = memory_copy_text("HER2-low");
  text_list_add(&model->missing_tokens, "999");
  struct text_list codes = {0};
  text_list_split(&codes, "9|n.d.", '|');
  missing_codes_add(&model->missing_codes, "age", &codes);
  missing_codes_add(&model->missing_codes, "a \"b\"", &codes);
  text_list_free(&codes);
  text_list_add(&model->derivations, "adc = (adc_after - adc_before)/adc_before");
  text_list_add(&model->candidates, "rcs(age, 3)");
  model->procedure.select = memory_copy_text("backward");
  model->procedure.by = memory_copy_text("p");
  text_list_add(&model->imputation.with, "weight");
  model->software = memory_copy_text("her2-tools 0.1.0");
  size_t p = model->design.n_columns;
  model->coefficient = NEW_ARRAY(double, p);
  model->covariance = NEW_ARRAY(double, p * p);
  for (size_t j = 0; j < p; j++)
    model->coefficient[j] = sin(3.7 * (double) j + 1) / (double) (j + 1);
  // A'A of some matrix is a covariance.
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++) {
      double sum = 0;
      for (size_t k = 0; k < p; k++)
        sum += cos((double) (k * k + 3 * i + 1)) * cos((double) (k * k + 3 * j + 1));
      model->covariance[i * p + j] = sum / 100;
    }
  digest_bytes("x", 1, model->fingerprint);
}

static const char everything[] =
    "~ adc/0.1 + rcs(age, 3) + margin + adc/sd:factor(grade, ref=2) + log(age):sqrt(adc)";

static bool parse(struct model *model, const char *text)
{
  error = (struct error){0};
  return model_parse(model, text, strlen(text), "m.json", &error);
}

// ---- reading what was written ----

static void test_round_trip(void)
{
  struct table table;
  open_table(&table);
  struct model model, again;
  make_model(&model, everything, &table);
  struct text first = {0}, second = {0};
  model_print(&model, &first);
  bool good = model_parse(&again, first.bytes, first.length, "m.json", &error);
  ok(good, "a written model is read: %s", error.message);
  if (good) {
    model_print(&again, &second);
    is_text(text_content(&second), text_content(&first), "and prints the same");
    size_t p = model.design.n_columns;
    ok(again.holdout.fraction == 0.3 && again.holdout.seed == 20261122 && again.holdout.test &&
           again.procedure.vif_by_ols,
       "the hold-out and the kind of variance inflation are read");
    ok(memcmp(model.coefficient, again.coefficient, p * sizeof(double)) == 0 &&
           memcmp(model.covariance, again.covariance, p * p * sizeof(double)) == 0,
       "coefficients and covariance have the same bits");
    ok(model_write(&model, path, &error), "written to a file");
    struct model from_file;
    ok(model_read(&from_file, path, &error), "read from a file");
    model_free(&from_file);
    model_free(&again);
  }
  text_free(&second);
  // As another program may write it: other order of keys, no blanks.
  text_append(&second, "{\"digest\": ");
  const char *digest = strstr(first.bytes, "\"digest\": ") + 10;
  text_append_bytes(&second, digest, 66);
  text_append(&second, ",\"x-note\":[1,{}],");
  for (const char *c = first.bytes + 1; c < digest - 10; c++)
    if (*c != '\n')
      text_append_character(&second, *c);
  while (second.bytes[second.length - 1] != ',')
    second.bytes[--second.length] = '\0';
  second.bytes[second.length - 1] = '}';
  ok(parse(&again, text_content(&second)), "other layout: %s", error.message);
  model_free(&again);
  text_free(&first);
  text_free(&second);
  model_free(&model);
  table_free(&table);
}

// A valid model: finite, and it predicts.
static bool is_valid(const struct model *model)
{
  const struct design *design = &model->design;
  for (size_t j = 0; j < design->n_columns; j++)
    if (!isfinite(model->coefficient[j]))
      return false;
  double *value = NEW_ARRAY(double, design->n_variables + 1);
  double *x = NEW_ARRAY(double, design->n_columns);
  for (size_t v = 0; v < design->n_variables; v++)
    value[v] = design->variable[v].categorical ? 1 : 0.5;
  design_evaluate_values(design, value, x);
  struct model_prediction p = model_predict(model, x, 0.95);
  bool good = !model->has_intercept || isnan(p.linear_predictor) || (p.risk >= 0 && p.risk <= 1);
  good = good && !(p.risk_low > p.risk) && !(p.risk_high < p.risk);
  free(value);
  free(x);
  return good;
}

// With the digest: accepted means that nothing changed.  Without: that it is a model.
static void test_damage(void)
{
  struct table table;
  open_table(&table);
  struct model model, read;
  make_model(&model, "~ adc/sd + rcs(age, 3) + margin", &table);
  struct text written = {0}, printed = {0};
  model_print(&model, &written);
  const char *end = strstr(written.bytes, ",\n  \"digest\"");
  for (int with_digest = 1; with_digest >= 0; with_digest--) {
    char *bytes = with_digest ? memory_copy_text(written.bytes)
                              : text_format("%.*s\n}\n", (int) (end - written.bytes),
                                            written.bytes);
    size_t length = strlen(bytes), n_accepted = 0, n_refused = 0, n_wrong = 0, n_silent = 0;
    // NUL among them.  Each place gets a bit turned over and three of these, in turn.
    static const char sample[] = "019-.e\"\\,:[]{} \nax\xff\x80";
    size_t turn = 0;
    for (size_t i = 0; i < length; i++) {
      char before = bytes[i];
      for (size_t k = 0; k < 4; k++) {
        char turned = (char) (before ^ (1 << i % 8));
        bytes[i] = k == 0 ? turned : sample[turn++ % sizeof sample];
        error = (struct error){0};
        if (model_parse(&read, bytes, length, "m.json", &error)) {
          n_accepted++;
          text_clear(&printed);
          model_print(&read, &printed);
          bool same = strcmp(printed.bytes, written.bytes) == 0;
          n_wrong += with_digest ? !same : !is_valid(&read);
          model_free(&read);
        } else {
          n_refused++;
          n_silent += error.status != ERROR_DATA || !text_starts(error.message, "m.json:") ||
                      strlen(error.message) < 15;
        }
      }
      bytes[i] = before;
    }
    const char *kind = with_digest ? "with digest" : "without digest";
    ok(n_wrong == 0, "bytes changed, %s: %zu accepted, %zu of them with another meaning", kind,
       n_accepted, n_wrong);
    ok(n_silent == 0 && n_refused > 0, "bytes changed, %s: %zu refused with a reason", kind,
       n_refused);
    n_accepted = n_silent = 0;
    for (size_t cut = 0; cut < length; cut++) {
      error = (struct error){0};
      // Only the newline at the end may go.
      if (model_parse(&read, bytes, cut, "m.json", &error)) {
        n_accepted += cut != length - 1;
        model_free(&read);
      } else {
        n_silent += !text_starts(error.message, "m.json:");
      }
    }
    ok(n_accepted == 0 && n_silent == 0, "every truncation is refused, %s", kind);
    free(bytes);
  }
  text_free(&written);
  text_free(&printed);
  model_free(&model);
  table_free(&table);
}

// ---- files that people type ----

static const char typed[] =
    "{\"format\": \"her2-model\", \"version\": 1, \"name\": \"paper\",\n"
    " \"outcome\": {\"variable\": \"her2\", \"event\": [\"low\"]},\n"
    " \"variables\": [{\"name\": \"adc\", \"type\": \"numeric\", \"range\": [0.5, 2]},\n"
    "  {\"name\": \"margin\", \"type\": \"categorical\",\n"
    "   \"levels\": [\"rough\", \"smooth\", \"rim\"], \"reference\": \"smooth\"}],\n"
    " \"terms\": [\"adc/0.1\", \"margin\"],\n"
    " \"coefficients\": {\"Intercept\": -3.2, \"adc/0.1\": 0.195, \"margin=rough\": 0.8,\n"
    "  \"margin=rim\": -1.1}}\n";

static char *replace(const char *text, const char *from, const char *to)
{
  const char *at = strstr(text, from);
  if (!at) {
    printf("Bail out! '%s' is not in the text\n", from);
    exit(99);
  }
  return text_format("%.*s%s%s", (int) (at - text), text, to, at + strlen(from));
}

static void refused(const char *from, const char *to, const char *message)
{
  char *text = replace(typed, from, to);
  struct model model;
  bool good = parse(&model, text);
  ok(!good && error.status == ERROR_DATA, "refused: %s", to);
  is_text(good ? "accepted" : error.message, message, message);
  if (good)
    model_free(&model);
  free(text);
}

static void accepted(const char *from, const char *to)
{
  char *text = replace(typed, from, to);
  struct model model;
  bool good = parse(&model, text);
  ok(good, "accepted: %s", to);
  if (!good)
    printf("# %s\n", error.message);
  else
    model_free(&model);
  free(text);
}

static void test_missing_codes(void)
{
  static const char end[] = "\"margin=rim\": -1.1}}";
  struct model model;
  char *text = replace(typed, end, "\"margin=rim\": -1.1}, \"missing.codes\": {\"margin\": "
                                   "[\"9\", \"u\"], \"x-ray\": [\"9\"], \"her2\": [\"9\"]}}");
  ok(parse(&model, text), "codes: %s", error.message);
  is_integer((long long) model.missing_codes.n_variables, 3, "of three columns");
  const struct text_list *codes = missing_codes_find(&model.missing_codes, "margin");
  ok(codes && codes->n_items == 2 && strcmp(codes->item[1], "u") == 0, "in order");
  free(text);
  struct text printed = {0};
  model_print(&model, &printed);
  ok(strstr(printed.bytes, "  \"missing.codes\": {\n    \"margin\": [\"9\", \"u\"],\n"
                           "    \"x-ray\": [\"9\"],\n    \"her2\": [\"9\"]\n  },\n"),
     "printed in order");
  model_free(&model);
  ok(parse(&model, typed), "without");
  text_clear(&printed);
  model_print(&model, &printed);
  ok(!strstr(printed.bytes, "missing"), "and nothing is printed of them");
  model_free(&model);
  text_free(&printed);
  static const char *const wrong[][2] = {
      {"[]", "m.json: .[\"missing.codes\"]: expected an object with an array of codes for a "
             "column, found an array of 0"},
      {"{\"a\": \"9\"}", "m.json: .[\"missing.codes\"].a: expected an array of codes, found \"9\""},
      {"{\"a\": []}", "m.json: .[\"missing.codes\"].a: expected an array of codes, found an array "
                      "of 0"},
      {"{\"a\": [9]}", "m.json: .[\"missing.codes\"].a[0]: expected a string, found 9"},
      {"{\"\": [\"9\"]}", "m.json: .[\"missing.codes\"][\"\"]: a column without a name"},
      {"{\"margin\": [\"9\", \"rim\"]}",
       "m.json: .[\"missing.codes\"].margin: 'rim' is a level of 'margin' and cannot mean missing"},
      {"{\"her2\": [\"low\"]}",
       "m.json: .[\"missing.codes\"].her2: 'low' is a level of 'her2' and cannot mean missing"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    char *to = text_format("\"margin=rim\": -1.1}, \"missing.codes\": %s}", wrong[i][0]);
    refused(end, to, wrong[i][1]);
    free(to);
  }
}

static void test_typed(void)
{
  test_missing_codes();
  struct model model;
  ok(parse(&model, typed), "a typed model");
  is_text(model.design.column_name[1], "adc/0.1", "its first column");
  is_text(model.design.column_name[2], "margin=rough", "its second column");
  is_text(model.design.variable[1].levels.item[0], "smooth", "the reference goes first");
  const double value[] = {1.3, 2}; // rim
  double x[4];
  design_evaluate_values(&model.design, value, x);
  struct model_prediction p = model_predict(&model, x, 0.95);
  is_close(p.linear_predictor, -3.2 + 13 * 0.195 - 1.1, 1e-14, "linear predictor");
  is_close(p.risk, 1 / (1 + exp(3.2 - 13 * 0.195 + 1.1)), 1e-14, "risk");
  ok(isnan(p.risk_low) && isnan(p.risk_high), "no covariance, no interval");
  model_free(&model);

  accepted("-3.2", "null");
  accepted("\"paper\"", "\"a\\u0001b\"");
  accepted("\"name\": \"paper\",", "");
  accepted("\"name\": \"paper\"", "\"x-by\": {\"a\": [null]}");
  accepted(", \"range\": [0.5, 2]", "");
  accepted("\"adc/0.1\", \"margin\"]", "\"adc/1e-1\", \"factor(margin, ref = smooth)\"]");
  accepted("\"terms\"", "\"covariance\": {\"names\": [\"adc/0.1\", \"Intercept\", \"margin=rim\","
                        " \"margin=rough\"], \"matrix\": [[1,1,0,0],[1,1,0,0],[0,0,0,0],"
                        "[0,0,0,2]]}, \"terms\"");
  refused("{\"format", "[\"format", "m.json:1:10: not JSON: ']' expected near ':'");
  refused("her2-model", "her2-modem", "m.json: .format: expected \"her2-model\", found "
                                      "\"her2-modem\"");
  refused("1, \"name", "2, \"name",
          "m.json: .version: expected version 1, the one that this program knows, found 2");
  refused("\"terms\"", "\"termz\"",
          "m.json: .termz: a key that is not known; did you mean 'terms'?");
  refused("\"name\": \"paper\"", "\"covarianc\\u0065\": 3",
          "m.json: .covariance: expected an object, found 3");
  refused("\"name\": \"paper\"", "\"name\": \"\"", "m.json: .name: expected a name, found \"\"");
  refused("\"name\": \"paper\"", "\"name\": \"a\", \"name\": \"b\"",
          "m.json:1:58: not JSON: duplicate object key near '\"name\"'");
  refused("[\"low\"]", "[]",
          "m.json: .outcome.event: expected the levels of the event, one or more, found an array "
          "of 0");
  refused("[\"low\"]", "[\"low\"], \"comparison\": [\"low\"]",
          "m.json: .outcome.comparison: level 'low' is of the event, too");
  refused("\"adc\", \"type\"", "\"her2\", \"type\"",
          "m.json: .variables[0]: 'her2' is the outcome and cannot be a predictor");
  refused("numeric", "number",
          "m.json: .variables[0].type: expected \"numeric\", \"categorical\" or \"ordinal\", found "
          "\"number\"");
  refused("[0.5, 2]", "[2, 0.5]",
          "m.json: .variables[0].range: the least value is greater than the greatest");
  refused("[0.5, 2]", "[0.5]",
          "m.json: .variables[0].range: expected an array of the least and the greatest value "
          "seen, found an array of 1");
  refused("[0.5, 2]", "[0.5, 1e999]", "m.json:3:70: not JSON: real number overflow near '1e999'");
  refused("\"range\"", "\"levels\"", "m.json: .variables[0].levels: a key that is not known");
  refused("\"smooth\", \"rim\"", "\"smooth\", \"smooth\"",
          "m.json: .variables[1].levels[2]: 'smooth' stands twice");
  refused("\"rough\", \"smooth\", \"rim\"", "\"1\", \"1.0\"",
          "m.json: .variables[1].levels: '1' and '1.0' are the same number");
  refused("\"reference\": \"smooth\"", "\"reference\": \"smoot\"",
          "m.json: .variables[1].reference: 'smoot' is none of the levels");
  refused("\"reference\": \"smooth\"", "\"reference\": \"smooth\", \"labels\": [\"a\"]",
          "m.json: .variables[1].labels: expected an array with a label for each level, found an "
          "array of 1");
  refused("\"margin\"]", "\"margins\"]", "m.json: .terms[1]: 'margins' is none of .variables");
  refused("\"margin\"]", "\"margin*adc\"]",
          "m.json: .terms[1]: expected one term (a product a*b is the terms a, b and a:b)");
  refused(", \"margin\"]", "]", "m.json: .variables[1]: no term has the variable 'margin'");
  refused("\"margin\"]", "\"margin\", \"margin\"]",
          "m.json: .terms: terms 'margin' and 'margin' both have the column 'margin=rim'");
  refused("\"margin\"]", "\"log(margin)\"]",
          "m.json: .terms[1]: 'margin' has levels, and this term takes numbers");
  refused("\"adc/0.1\", ", "\"factor(adc)\", ",
          "m.json: .terms[0]: 'adc' is numeric, and a factor has levels (.variables)");
  refused("\"margin\"]", "\"factor(margin, ref=rim)\"]",
          "m.json: .terms[1]: the reference of 'margin' is 'smooth' in .variables");
  refused("\"adc/0.1\", ", "\"adc/sd\", ",
          "m.json: .terms[0].sd.adc: expected the standard deviation that /sd divides by, found "
          "nothing");
  refused("\"adc/0.1\", ", "{\"term\": \"rcs(adc, 3)\", \"knots\": {\"adc\": [1, 1, 2]}}, ",
          "m.json: .terms[0].knots.adc[1]: expected a knot greater than the one before, found 1");
  refused("\"adc/0.1\", ", "{\"term\": \"adc/0.1\", \"knots\": {\"adc\": [1, 1, 2]}}, ",
          "m.json: .terms[0].knots.adc: the term does not ask for it");
  refused("\"margin=rough\": 0.8", "\"margin=rouhg\": 0.8",
          "m.json: .coefficients[\"margin=rouhg\"]: the terms have no column 'margin=rouhg'; did "
          "you mean 'margin=rough'?");
  refused("\"margin=rough\": 0.8,", "",
          "m.json: .coefficients[\"margin=rough\"]: expected a number, found nothing");
  refused("\"margin=rough\": 0.8", "\"margin=rough\": null",
          "m.json: .coefficients[\"margin=rough\"]: expected a number, found null");
  refused("\"Intercept\": -3.2,", "",
          "m.json: .coefficients.Intercept: expected a number (null: not published), found "
          "nothing");
  refused("\"name\": \"paper\"", "\"data\": {\"n\": 4, \"events\": 5}",
          "m.json: .data.events: more events than rows (.data.n)");
  refused("\"name\": \"paper\"", "\"data\": {\"n\": 4.5}",
          "m.json: .data: expected whole numbers of rows and events");
  refused("\"name\": \"paper\"", "\"data\": {\"fingerprint\": \"abc\"}",
          "m.json: .data.fingerprint: expected 64 hexadecimal digits, found \"abc\"");
  refused("\"name\": \"paper\"", "\"derivations\": [\"a = b\", \"a = c\"]",
          "m.json: .derivations[1]: 'a' is derived twice");
  refused("\"name\": \"paper\"", "\"derivations\": [\"a = \"]",
          "m.json: .derivations[0]: expression, character 5: no expression after '='");
  refused("\"name\": \"paper\"", "\"procedure\": {\"select\": \"both\"}",
          "m.json: .procedure.select: expected \"backward\" or \"forward\", found \"both\"");
  refused("\"name\": \"paper\"", "\"imputation\": {\"imputations\": 2.5}",
          "m.json: .imputation: expected \"imputations\" to be a whole number from 2 to 10000");
  refused("\"name\": \"paper\"", "\"imputation\": {\"imputations\": 1}",
          "m.json: .imputation.imputations: expected a whole number from 2 to 10000, found 1");
  refused("\"name\": \"paper\"", "\"imputation\": {\"sets\": 5}", "m.json: .imputation.sets: a key that is not known");
  refused("\"name\": \"paper\"", "\"procedure\": {\"screen\": 5}",
          "m.json: .procedure.screen: expected a P value above 0, at most 1, found 5");
  refused("\"name\": \"paper\"", "\"procedure\": {\"firth\": 1}",
          "m.json: .procedure.firth: expected true or false, found 1");
  refused("\"name\": \"paper\"", "\"procedure\": {\"vif.by\": \"car\"}",
          "m.json: .procedure[\"vif.by\"]: expected \"coefficients\" or \"ols\", found \"car\"");
  refused("\"name\": \"paper\"", "\"holdout\": {\"seed\": 1, \"part\": \"train\"}",
          "m.json: .holdout.fraction: expected a fraction above 0, below 1, found nothing");
  refused("\"name\": \"paper\"", "\"holdout\": {\"fraction\": 1, \"seed\": 1, \"part\": \"train\"}",
          "m.json: .holdout.fraction: expected a fraction above 0, below 1, found 1");
  refused("\"name\": \"paper\"", "\"holdout\": {\"fraction\": 0.3, \"part\": \"train\"}",
          "m.json: .holdout.seed: expected a whole number, 0 or more, found nothing");
  refused("\"name\": \"paper\"", "\"holdout\": {\"fraction\": 0.3, \"seed\": 1}",
          "m.json: .holdout.part: expected \"train\" or \"test\", found nothing");
  refused("\"name\": \"paper\"",
          "\"holdout\": {\"fraction\": 0.3, \"seed\": 1, \"part\": \"both\"}",
          "m.json: .holdout.part: expected \"train\" or \"test\", found \"both\"");
  refused("\"name\": \"paper\"",
          "\"holdout\": {\"fraction\": 0.3, \"seed\": 1, \"part\": \"test\", \"rows\": 3}",
          "m.json: .holdout.rows: a key that is not known");
  refused("\"name\": \"paper\"", "\"seed\": -1",
          "m.json: .seed: expected a whole number, 0 or more, found -1");
  refused("\"name\": \"paper\"", "\"digest\": \"00\"",
          "m.json: .digest: the file was changed after it was written (take this line out if the "
          "change is meant)");
  static const char c[] = "\"covariance\": {\"names\": [\"Intercept\", \"adc/0.1\", "
                          "\"margin=rough\", \"margin=rim\"], \"matrix\": %s}, \"terms\"";
  static const struct {
    const char *matrix, *message;
  } covariances[] = {
      {"[[1,0,0,0],[0,1,0,0],[0,0,1,0]]",
       "m.json: .covariance.matrix: expected an array with a row for each of the names, found an "
       "array of 3"},
      {"[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,1]]",
       "m.json: .covariance.matrix[3]: expected an array with a number for each of the names, "
       "found an array of 3"},
      {"[[1,0,0,0],[0,-1,0,0],[0,0,1,0],[0,0,0,1]]",
       "m.json: .covariance.matrix[1][1]: expected a variance, 0 or more, found -1"},
      {"[[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0.1,0,1]]",
       "m.json: .covariance.matrix[3][1]: not symmetric: [1][3] differs"},
      {"[[1,0,0,0],[0,1,0,2],[0,0,1,0],[0,2,0,1]]",
       "m.json: .covariance.matrix: expected a covariance (positive semidefinite)"},
      // Correlations .9, .9 and -.9: each pair may be, the three may not.
      {"[[1,0.9,0.9,0],[0.9,1,-0.9,0],[0.9,-0.9,1,0],[0,0,0,1]]",
       "m.json: .covariance.matrix: expected a covariance (positive semidefinite)"},
      // A variance of 0 allows no covariance.
      {"[[0,1,0,0],[1,1,0,0],[0,0,1,0],[0,0,0,1]]",
       "m.json: .covariance.matrix: expected a covariance (positive semidefinite)"},
  };
  for (size_t i = 0; i < sizeof covariances / sizeof *covariances; i++) {
    char *with = text_format(c, covariances[i].matrix);
    refused("\"terms\"", with, covariances[i].message);
    free(with);
  }
  ok(!model_parse(&model, "", 0, "m.json", &error), "an empty file");
  is_text(error.message, "m.json: empty, and a model file is expected", "its message");
  ok(!model_read(&model, "nowhere/m.json", &error), "a file that is not there");
  is_text(error.message, "nowhere/m.json: No such file or directory", "its message");
  char *unnamed = replace(typed, "\"name\": \"paper\",", "");
  ok(model_parse(&model, unnamed, strlen(unnamed), "some/where/low.v2.json", &error),
     "a file without name");
  is_text(model.name, "low.v2", "is called by its file");
  model_free(&model);
  free(unnamed);
}

// ---- numbers ----

// The interval by the sum over all pairs.
static void test_prediction(void)
{
  struct table table;
  open_table(&table);
  struct model model;
  make_model(&model, everything, &table);
  size_t p = model.design.n_columns, n = table.n_rows;
  double *x = NEW_ARRAY(double, n * p), *one = NEW_ARRAY(double, p);
  size_t row[16];
  for (size_t i = 0; i < n; i++)
    row[i] = i;
  ok(design_evaluate(&model.design, &table, DESIGN_ALL, row, n, x, &error), "design of the cohort");
  double z = normal_quantile(0.95);
  for (size_t i = 0; i < n; i++) {
    double eta = 0, variance = 0;
    for (size_t j = 0; j < p; j++) {
      one[j] = x[j * n + i];
      eta += model.coefficient[j] * one[j];
    }
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k < p; k++)
        variance += one[j] * one[k] * model.covariance[k * p + j];
    struct model_prediction got = model_predict(&model, one, 0.9);
    is_close(got.linear_predictor, eta, 1e-14, "linear predictor");
    is_close(got.risk, 1 / (1 + exp(-eta)), 1e-14, "risk");
    is_close(got.risk_low, 1 / (1 + exp(-eta + z * sqrt(variance))), 1e-12, "lower limit");
    is_close(got.risk_high, 1 / (1 + exp(-eta - z * sqrt(variance))), 1e-12, "upper limit");
  }
  one[2] = NAN;
  struct model_prediction got = model_predict(&model, one, 0.95);
  ok(isnan(got.linear_predictor) && isnan(got.risk) && isnan(got.risk_low) && isnan(got.risk_high),
     "missing is missing");
  memset(one, 0, p * sizeof *one);
  one[0] = 1;
  model.coefficient[0] = -800;
  got = model_predict(&model, one, 0.95);
  ok(got.risk >= 0 && got.risk < 1e-300 && got.risk_low <= got.risk, "no overflow below");
  model.coefficient[0] = 800;
  got = model_predict(&model, one, 0.95);
  ok(got.risk == 1 && got.risk_high == 1 && got.risk_low == 1, "no overflow above");
  model.has_intercept = false;
  got = model_predict(&model, one, 0.95);
  ok(isnan(got.risk) && isnan(got.risk_low) && got.linear_predictor == 800,
     "without intercept: no risk");
  free(one);
  free(x);
  model_free(&model);
  table_free(&table);
}

static void test_fingerprint(void)
{
  struct table table;
  open_table(&table);
  struct model model;
  make_model(&model, "~ margin + adc + factor(grade)", &table);
  struct formula formula;
  formula_parse(&formula, "her2 = low vs zero ~ margin + adc + grade", &error);
  struct outcome outcome;
  ok(outcome_resolve(&outcome, &formula, &table, OUTCOME_EVENT, &error), "outcome");
  bool used[N_ROWS];
  for (size_t i = 0; i < N_ROWS; i++)
    used[i] = !isnan(outcome.code[i]) && i != 7;
  char got[65], expected[65];
  model_fingerprint(&model, &table, &outcome, used, got);
  static const char bytes[] = "zero\tsmooth\t0.91000000000000003\t1\n"
                              "low\trough\t0.81999999999999995\t2\n"
                              "zero\trough\t1.1399999999999999\t1\n"
                              "low\tr\xc3\xb6m:<\"/\\\t1.25\t2\n"
                              "low\tsmooth\t0.69999999999999996\t3\n"
                              "zero\tsmooth\t0.80000000000000004\t2\n"
                              "low\tsmooth\t1.3100000000000001\t3\n";
  digest_bytes(bytes, strlen(bytes), expected);
  is_text(got, expected, "fingerprint of rows written out by hand");
  used[7] = true;
  model_fingerprint(&model, &table, &outcome, used, got);
  ok(strcmp(got, expected) != 0, "another row, another fingerprint");
  free(model.design.variable[0].levels.item[1]);
  model.design.variable[0].levels.item[1] = memory_copy_text("else");
  model_fingerprint(&model, &table, &outcome, used, got);
  is_text(got, "", "a table that cannot be the data");
  outcome_free(&outcome);
  formula_free(&formula);
  model_free(&model);
  table_free(&table);

  // Many rows, in blocks, against one long text.
  enum { N = 70001 };
  struct table large = {.n_rows = N};
  double *value = NEW_ARRAY(double, N), *event = NEW_ARRAY(double, N);
  struct text text = {0};
  for (size_t i = 0; i < N; i++) {
    value[i] = i % 3 ? (double) i * 1.1 - 7 : (double) i * 1e14;
    event[i] = (double) (i % 2);
    text_append_format(&text, "%d\t%.17g\n", (int) event[i], value[i]);
  }
  table_add_column(&large, "x", value);
  table_add_column(&large, "y", event);
  make_model(&model, "~ x", &large);
  formula_parse(&formula, "y ~ x", &error);
  ok(outcome_resolve(&outcome, &formula, &large, OUTCOME_EVENT, &error), "outcome");
  bool *all = NEW_ARRAY(bool, N);
  for (size_t i = 0; i < N; i++)
    all[i] = true;
  model_fingerprint(&model, &large, &outcome, all, got);
  digest_bytes(text.bytes, text.length, expected);
  is_text(got, expected, "fingerprint of many rows");
  text_free(&text);
  free(all);
  free(value);
  free(event);
  outcome_free(&outcome);
  formula_free(&formula);
  model_free(&model);
  table_free(&large);
}

static void test_equation(void)
{
  struct table table;
  open_table(&table);
  struct model model;
  make_model(&model, "~ adc/0.1 + adc/sd:margin + rcs(age, 3) + log(adc)", &table);
  for (size_t j = 0; j < model.design.n_columns; j++)
    model.coefficient[j] = j % 2 ? 0.25 * (double) j : -1.5 * (double) j - 1;
  model.design.variable[0].unit = memory_copy_text("10^-3 mm2/s");
  model.design.variable[1].label = memory_copy_text("Margin");
  model.design.term[2].part[0].knot[0] = 40;
  model.design.term[2].part[0].knot[1] = 50;
  model.design.term[2].part[0].knot[2] = 60;
  model.design.term[1].part[0].divisor = 0.2;
  struct text text = {0};
  model_print_equation(&model, 0, &text);
  is_text(text_content(&text),
          "log odds = -1 + 0.25 * adc/0.1 - 4 * adc/sd:margin=\"r\xc3\xb6m:<\"\"/\\\" + 0.75 * "
          "adc/sd:margin=smooth - 7 * rcs(age, 3) + 1.25 * rcs(age, 3)' - 10 * log(adc)\n"
          "  risk = 1/(1 + exp(-log odds))\n"
          "  adc: in 10^-3 mm2/s\n"
          "  margin=LEVEL: Margin: 1 for that level, else 0 (reference: rough)\n"
          "  adc/sd = adc/0.2\n"
          "  rcs(age, 3)' = 0.0025 * pos(age - 40)^3 - 0.005 * pos(age - 50)^3 + 0.0025 * pos(age "
          "- 60)^3\n"
          "  log: the natural logarithm\n"
          "  pos(u) = u where u > 0, else 0; rcs(x, k) without a prime is x\n"
          "  adc = (adc_after - adc_before)/adc_before\n",
          "equation");
  text_free(&text);
  model_free(&model);
  table_free(&table);
}

int main(void)
{
  if (close(mkstemp(path)) != 0)
    return 99;
  test_round_trip();
  test_damage();
  test_typed();
  test_prediction();
  test_fingerprint();
  test_equation();
  unlink(path);
  return tap_done();
}
