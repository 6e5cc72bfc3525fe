// SPDX-License-Identifier: GPL-3.0-or-later
// Another program, run without a shell.

#ifndef HER2_REPORT_PROCESS_H
#define HER2_REPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

struct process {
  const char *const *argument; // argument[0] is looked up in PATH; ended by NULL
  const char *const *removed;  // environment variables that the program does not see, ended by
                               // NULL; "LC_*": all that begin so
  const char *const *added;    // "NAME=value", ended by NULL
  const char *input;           // n_input bytes that the program finds as the file
  size_t n_input;              // PROCESS_INPUT; its standard input is /dev/null
  double seconds;              // it is killed after so long
};
#define PROCESS_INPUT "/dev/fd/3"

struct process_result {
  struct text output, complaint; // standard output and standard error
  int status;                    // exit status; 128 + n after signal n
  bool killed;                   // it took too long
};

// Runs to the end.  False if it could not be started, or its output not be read.  The
// files between are nameless, so that nothing stays behind however either program ends.
bool process_run(const struct process *process, struct process_result *result,
                 struct error *error);
void process_result_free(struct process_result *result);
// Ends the program that is running, from a signal handler.
void process_kill_on_signal(void);

#endif
