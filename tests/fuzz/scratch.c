// SPDX-License-Identifier: GPL-3.0-or-later
// Files for readers that take paths.
#include <config.h>

#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// No finding: the exit status of a test that cannot be run.
static void give_up(const char *what)
{
  perror(what);
  _exit(77);
}

void scratch_open(struct scratch *scratch)
{
  const char *parent = getenv("TMPDIR");
  *scratch = (struct scratch){
      .folder = text_format("%s/her2-fuzz.XXXXXX", parent && *parent ? parent : "/tmp")};
  if (!mkdtemp(scratch->folder))
    give_up(scratch->folder);
}

const char *scratch_write(struct scratch *scratch, const char *name, const char *bytes, size_t n)
{
  char *path = text_format("%s/%s", scratch->folder, name);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0)
    give_up(path);
  for (ssize_t written; n > 0; bytes += written, n -= (size_t) written)
    if ((written = write(file, bytes, n)) <= 0)
      give_up(path);
  close(file);
  for (size_t i = 0; i < scratch->path.n_items; i++)
    if (strcmp(scratch->path.item[i], path) == 0) {
      free(path);
      return scratch->path.item[i];
    }
  text_list_adopt(&scratch->path, path);
  return path;
}

void scratch_close(struct scratch *scratch)
{
  for (size_t i = 0; i < scratch->path.n_items; i++)
    unlink(scratch->path.item[i]);
  rmdir(scratch->folder);
  text_list_free(&scratch->path);
  free(scratch->folder);
  *scratch = (struct scratch){0};
}
