// SPDX-License-Identifier: GPL-3.0-or-later
// Parsing of the command line for command_start.

#ifndef HER2_CMD_OPTIONS_H
#define HER2_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cmd/command.h"

struct option_entry {
  const struct option_spec *option;
  bool own; // the command's, not a common one
};
// All options of a command, its own first; the caller frees *entries.
size_t options_collect(const struct command_spec *spec, struct option_entry **entries);

// Fills the command from argv.  --help, --version and `list` end the process.
bool options_parse(struct command *command, int argc, char **argv, struct error *error);
void options_print_help(const struct command_spec *spec);

#endif
