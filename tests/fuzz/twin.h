// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text written in another way that says the same.

#ifndef HER2_FUZZ_TWIN_H
#define HER2_FUZZ_TWIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct twin_way {
  bool mark;      // a byte order mark in front
  bool returns;   // CRLF
  bool quoted;    // every cell in quotes, not only where it must be
  bool backwards; // the last column first
  char delimiter;
};

// False, and nothing written, if the text cannot be read to its end.
bool twin_write(const char *content, size_t length, const struct twin_way *way, struct text *twin);
// The message with `:NUMBER` for every line that it names, for lines move where blank ones are
// left out.  The caller frees.
char *twin_message(const char *message);

#endif
