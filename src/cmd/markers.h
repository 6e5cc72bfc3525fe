// SPDX-License-Identifier: GPL-3.0-or-later
// The loading that her2-roc, her2-calib and her2-dca share.

#ifndef HER2_CMD_MARKERS_H
#define HER2_CMD_MARKERS_H

#include <stdint.h>

#include "cmd/command.h"
#include "data/marker.h"

// Reads the models (command->model), the cohort, resolves the outcome (the formula's; without a
// formula, or with none of its own, the models', who must agree), takes the part asked for
// (command_part) and makes the markers.  Fills the report's input section, exclusions and notes;
// the first note says for each model whether it is internal or external.  The formula may be
// without terms if there are models: 'OUTCOME = EVENT ~'.  Ends the process on error: neither
// formula nor model (`example` shows one), no row, one class only.
// redo_selection: repeat the selection of terms that a model file records.
void command_load_markers(struct command *command, enum marker_use use, bool redo_selection,
                          const char *example, struct marker_set *set);

// The same in two steps, for what does not need all markers: everything before they are made (the
// parts, the outcome); then they and their notes.
void command_load_judged(struct command *command, bool redo_selection, const char *example,
                         struct marker_set *set);
void command_make_markers(struct command *command, enum marker_use use, bool redo_selection,
                          struct marker_set *set);

// Of a replicate's model: eta (n), or `room` filled with a constant where all that eta varies by is
// the rounding of coefficients that are 0, so that no slope or ranking is made of it.
const double *predictor_without_rounding(const double *eta, size_t n, double *room);

// The fraction of rows with the event.
double markers_prevalence(const struct marker_set *set);

// Resamples of another program: a line a replicate, n_rows one-based row numbers parted by blanks
// or commas.  row: *n_replicates x n_rows, 0-based, to be freed.  ERROR_DATA with line and what is
// wrong.
bool resamples_read(const char *path, size_t n_rows, uint32_t **row, size_t *n_replicates,
                    struct error *error);

#endif
