// SPDX-License-Identifier: GPL-3.0-or-later
// Files read whole, and files written whole or not at all.

#ifndef HER2_BASE_FILE_H
#define HER2_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

// Where a file or folder to be read is, to be freed.  `path` itself; but if nothing is there and
// it begins with "datasets/", that path below $HER2_DATADIR, or, if that is not set, below the
// folder where the data sets are installed, else below the program's (a build in the source tree).
char *file_find(const char *path);

// Reads the whole of `path` ("-" or NULL: standard input) into `content`, pipes
// included; gzip content (told by its magic bytes, several members too) is
// unpacked.  Messages begin with file_display_name(path); after an error the content is empty.
bool file_read(const char *path, struct text *content, struct error *error);

// "standard input" for "-" and NULL, else the path.
const char *file_display_name(const char *path);

// A file that appears under its name only when it is complete.
struct output_file {
  FILE *stream;     // write here, or better with output_write
  int problem;      // errno of the first write that failed
  char *path;       // final name; NULL for standard output
  char *temporary;  // name while it is written, in the same directory; NULL if written in place
};
// Opens for writing.  Path NULL or "-": standard output.  Something that exists and
// is not a regular file (a device, a pipe) is written in place.
bool output_open(struct output_file *output, const char *path, struct error *error);
// Writes n bytes; a failure is remembered, with its cause, until output_commit.
void output_write(struct output_file *output, const char *bytes, size_t n);
// Flushes, checks every write that was made, closes and renames.  On failure
// nothing is left behind.  Closed standard output and full disks are noticed here.
bool output_commit(struct output_file *output, struct error *error);
// Drops what was written.
void output_discard(struct output_file *output);
// Removes temporary files that are open, from a signal handler; exit does it by itself.
void output_discard_all_on_signal(void);

// Writes `n` bytes as the whole content of `path`, atomically.
bool file_write(const char *path, const char *bytes, size_t n, struct error *error);

#endif
