// SPDX-License-Identifier: GPL-3.0-or-later
// A fitted model as a JSON file that travels: her2-model(5) is normative.

#ifndef HER2_DATA_MODEL_H
#define HER2_DATA_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "data/design.h"
#include "data/outcome.h"

// Starts as {0}; numbers that are not stated are NaN.
struct model {
  char *name;                    // --name, else the file's
  char *outcome;                 // column
  struct text_list event, comparison; // levels; comparison empty: the rest
  char *event_label;             // NULL: the levels themselves
  struct text_list derivations;  // canonical text, in order
  struct text_list missing_tokens;    // of every column
  struct missing_codes missing_codes; // of single columns, whether terms, outcome or what they
                                      // are derived or imputed from
  struct design design;
  double *coefficient;           // n_columns; without an intercept the first is 0
  double *covariance;            // n_columns^2, or NULL where the file has none
  bool has_intercept;            // a typed model may lack it
  double n, n_events;            // NaN where not stated
  struct text_list candidates;   // terms that selection began with
  struct {
    double screen_p;             // NaN: none
    char *select, *by;           // "backward" or "forward", "p" or "aic"; NULL: none
    double stay_p;               // NaN: none
    double vif_cut;              // NaN: none
    bool vif_drop, vif_by_ols;   // by_ols: each predictor on the others, else the covariance
    bool firth, flic;
  } procedure;
  struct {
    size_t n, n_iterations; // n 0: made on complete rows; the seed is that of the model
    struct text_list with;  // variables that helped and are no terms
  } imputation;
  struct {
    double fraction;             // of the rows that were set apart (holdout_mark); 0: none
    uint64_t seed;               // at most 2^63 - 1
    bool test;                   // made on the rows set apart, else on the others
  } holdout;
  uint64_t seed;                 // at most 2^63 - 1
  char *software;                // "her2-tools 0.1.0", or NULL
  char fingerprint[65];          // "" where the file has none
};

void model_free(struct model *model);

// The whole file as JSON text (one trailing newline), keys in a fixed order, numbers in the
// shortest form that reads back as the same double.  The last key, `digest`, is the SHA-256
// of the text without it.
void model_print(const struct model *model, struct text *text);
bool model_write(const struct model *model, const char *path, struct error *error);
// Reads as strictly as it is written: another version, unknown keys (but those that begin
// with `x-`), missing or superfluous coefficients, numbers that are not finite, levels that
// are twice or unknown, a covariance that is not symmetric positive semidefinite, and content
// that does not meet the digest are refused with file, place and what was expected (ERROR_DATA;
// the place as jq writes it: `.terms[2].knots`).  After an error the model is empty.
bool model_read(struct model *model, const char *path, struct error *error);
// `name` goes in front of messages; a file that states no name is called by it, without
// folders and `.json`.
bool model_parse(struct model *model, const char *bytes, size_t length, const char *name,
                 struct error *error);

// SHA-256 over the used rows in order: outcome level, then each variable of the design as
// %.17g or level text, parted by tabs, rows by newlines.  "" where the table cannot be the
// data of the model (design_check).
void model_fingerprint(const struct model *model, const struct table *table,
                       const struct outcome *outcome, const bool *used, char fingerprint[65]);

// Marks the rows of the table that the model was made on, by its fingerprint: of those with an
// outcome and complete for the model (if it was not made on imputed data) all, or the part of the
// hold-out that it states.  False, and none marked, if it was made on neither.
bool model_find_rows(const struct model *model, const struct table *table,
                     const struct outcome *outcome, bool *own);

// "log odds = -3.2 + 1.95 * adc + ..." then what its symbols
// are: levels, units, standard deviations, spline terms.  Lines end with a newline.
// Coefficients in `digits` significant digits; 0: in all that they have.
void model_print_equation(const struct model *model, int digits, struct text *text);

// Linear predictor, risk and its interval (of the logit, then transformed: b x +- z SE) for a
// row of design columns (n_columns).  The interval is NaN without covariance, all is NaN if a
// column is NaN; without an intercept the risk is NaN, and so is the interval.
struct model_prediction {
  double linear_predictor, risk, risk_low, risk_high;
};
struct model_prediction model_predict(const struct model *model, const double *x, double level);

#endif
