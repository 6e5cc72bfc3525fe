// SPDX-License-Identifier: GPL-3.0-or-later
// What commands that impute (--impute) share.

#ifndef HER2_CMD_IMPUTATION_H
#define HER2_CMD_IMPUTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "cmd/command.h"
#include "data/imputed.h"

// The values of --impute, --impute-iterations and --impute-with.
struct imputation_settings {
  int64_t n_imputations, n_iterations; // 0: not asked
  struct text_list with;
};
bool imputation_set_number(struct imputation_settings *settings, const char *value,
                           struct error *error);
bool imputation_set_iterations(struct imputation_settings *settings, const char *value,
                               struct error *error);
bool imputation_set_helpers(struct imputation_settings *settings, const char *value,
                            struct error *error);

// Loads the helpers' columns and imputes what the formula needs in the rows allowed (NULL: all that
// are in a group), with the derivations of the user and `further` ones (n_further).  Ends the
// process on error.
struct imputed command_impute(struct command *command, const struct imputation_settings *settings,
                              uint64_t seed, const struct formula *formula,
                              const struct outcome *outcome, const bool *allowed,
                              const struct derivation *const *further, size_t n_further);
// Notes that say what was imputed and from what; or that nothing was.
void command_note_imputation(struct command *command, const struct formula *formula,
                             const struct imputed *imputed);

// A note if there are fewer imputations than percent of incomplete rows, as White, Royston & Wood
// (2011) advise for P values that another seed would give again.
void command_note_few_imputations(struct command *command, const struct imputed *imputed);

#endif
