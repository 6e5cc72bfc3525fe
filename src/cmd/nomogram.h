// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of her2-nomogram share.

#ifndef HER2_CMD_NOMOGRAM_H
#define HER2_CMD_NOMOGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/number.h"
#include "cmd/command.h"
#include "cmd/nomogram_drawing.h"
#include "cmd/nomogram_scale.h"
#include "data/model.h"

struct nomogram_settings {
  const char *model, *at, *html; // NULL: not given
};

// One patient read off the nomogram.  "Read": each predictor's points rounded to the digits
// printed, then added and turned into a risk.
struct nomogram_patient {
  double *value;        // n_variables: numbers or level indices
  double *points;       // n_groups
  double *points_read;
  double total, total_read;
  struct model_prediction prediction;
  double linear_predictor_read, risk_read;
  bool out_of_range;
};

struct nomogram {
  struct command *command;
  struct nomogram_settings *settings;
  struct text source;   // the model file as it was read
  struct model model;
  struct scale scale;
  struct drawing drawing;
  int digits;           // decimals of points
  char level[NUMBER_SIZE]; // of intervals, in percent
  char *event;          // "her2 = over", or the event's label
  char *risk_title;     // "Risk of her2 = over"
  struct text_list statement; // what the model is, a sentence an item
  bool has_patient;
  struct nomogram_patient patient;
};

// The values of a patient from 'adc=1.02,margin=smooth': value[v] of each variable.  What the
// model derives from others may be left out if those are given.  ERROR_USAGE, naming it: an
// unknown, repeated or missing variable, a level that the model does not know, a value that is
// no number or for which the model is not defined.
bool nomogram_read_at(const struct model *model, const char *text, double *value,
                      struct error *error);
// A number outside the range that the fit has seen.
bool nomogram_is_outside(const struct design_variable *variable, double value);

void nomogram_fill_tables(const struct nomogram *nomogram, struct report *report);
void nomogram_fill_layouts(const struct nomogram *nomogram, struct report *report);
bool nomogram_draw(const char *kind, void *nomogram, struct figure *figure, struct error *error);

// The page with the calculator, from <!DOCTYPE html> on.
void nomogram_print_page(const struct nomogram *nomogram, struct text *page);
// What runs in it, and its looks; without a '<'.
extern const char nomogram_script[], nomogram_style[];

#endif
