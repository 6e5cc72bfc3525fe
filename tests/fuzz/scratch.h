// SPDX-License-Identifier: GPL-3.0-or-later
// Files for readers that take paths: a folder that lasts for one input.

#ifndef HER2_FUZZ_SCRATCH_H
#define HER2_FUZZ_SCRATCH_H

#include <stddef.h>

#include "base/text.h"

struct scratch {
  char *folder;          // below $TMPDIR, or /tmp
  struct text_list path; // of the files in it
};

// Ends the process where there is no folder or no room.
void scratch_open(struct scratch *scratch);
// Writes the file anew; returns its path, which lasts until scratch_close.
const char *scratch_write(struct scratch *scratch, const char *name, const char *bytes, size_t n);
void scratch_close(struct scratch *scratch);

#endif
