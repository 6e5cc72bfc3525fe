// SPDX-License-Identifier: GPL-3.0-or-later
// What went wrong, as one line of text and the exit status that it deserves.
//
// A function that can meet bad input returns false and fills a `struct error`;
// only a command ends the process.  A struct error needs no release.

#ifndef HER2_BASE_ERROR_H
#define HER2_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

// The numbers are the exit statuses of every her2-* command.
enum error_status {
  ERROR_NONE = 0,
  ERROR_DATA = 1,        // these data have no answer, or reading or writing failed
  ERROR_USAGE = 2,       // the command line is wrong
  ERROR_NO_CONVERGENCE = 3, // a fit did not converge and no remedy was asked for
};

struct error {
  enum error_status status;
  char message[1024];    // one line, no newline at the end, always terminated
};

// Fills `error` and returns false, so that a caller can `return error_set(...)`.
// The message is cut at a character boundary if it is too long; control
// characters in it (a name with a newline, say) become '?', so that it stays one
// line, and so does each byte that is not UTF-8.  `error` may be NULL: the caller
// does not care why.
bool error_set(struct error *error, enum error_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Puts `format...` and ": " before the message that is already there.
bool error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
