// SPDX-License-Identifier: GPL-3.0-or-later
// In place of libFuzzer's main: a target runs on its seeds, so that `make check` holds what
// fuzzing found.  replay_NAME [FILE...]: the files, or else all of tests/fuzz/seeds/NAME and of
// the other folders of its name below.
#include <config.h>

#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

// Folders with good files of a kind (tests/fuzz/run.sh has the same).
static const struct {
  const char *target, *folder;
} others[] = {
    {"model", "tests/reference/models"},
    {"statfile", "tests/data/statfile"},
};

static const char *running; // the file

static void tell_file(int signal)
{
  static const char words[] = "not ok - a signal ended the replay of ";
  ssize_t n = write(STDOUT_FILENO, words, sizeof words - 1);
  n += write(STDOUT_FILENO, running, strlen(running));
  n += write(STDOUT_FILENO, "\n", 1);
  _exit(n > 0 ? 128 + signal : 99);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *) a, *(char *const *) b);
}

// Sorted, so that two runs agree.
static void add_folder(struct text_list *files, const char *path)
{
  DIR *folder = opendir(path);
  if (!folder)
    return;
  struct text_list names = {0};
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (entry->d_name[0] != '.')
      text_list_add(&names, entry->d_name);
  closedir(folder);
  if (names.n_items)
    qsort(names.item, names.n_items, sizeof *names.item, by_name);
  for (size_t i = 0; i < names.n_items; i++)
    text_list_adopt(files, text_format("%s/%s", path, names.item[i]));
  text_list_free(&names);
}

static void add_seeds(struct text_list *files, const char *target)
{
  const char *source = getenv("srcdir");
  char *path = text_format("%s/tests/fuzz/seeds/%s", source ? source : ".", target);
  add_folder(files, path);
  free(path);
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strcmp(others[i].target, target) == 0) {
      path = text_format("%s/%s", source ? source : ".", others[i].folder);
      add_folder(files, path);
      free(path);
    }
}

// In a block of just its size, so that a byte read beyond it is noticed.
static bool replay(const char *path)
{
  struct stat status;
  FILE *file = fopen(path, "rb");
  if (!file || fstat(fileno(file), &status) != 0) {
    perror(path);
    return false;
  }
  size_t size = (size_t) status.st_size;
  uint8_t *data = malloc(size ? size : 1);
  bool good = data && fread(data, 1, size, file) == size;
  fclose(file);
  running = path;
  if (good)
    LLVMFuzzerTestOneInput(data, size);
  free(data);
  return good;
}

int main(int argc, char **argv)
{
  const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
  struct text_list files = {0};
  if (LLVMFuzzerInitialize)
    LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc; i++)
    text_list_add(&files, argv[i]);
  if (argc <= 1 && text_starts(name, "replay_"))
    add_seeds(&files, name + strlen("replay_"));
  signal(SIGABRT, tell_file);
  signal(SIGSEGV, tell_file);
  bool good = files.n_items > 0;
  if (!good)
    printf("not ok - %s has no seeds\n", name);
  for (size_t i = 0; i < files.n_items; i++) {
    bool replayed = replay(files.item[i]);
    printf("%s %zu - %s\n", replayed ? "ok" : "not ok", i + 1, files.item[i]);
    fflush(stdout);
    good = good && replayed;
  }
  printf("1..%zu\n", files.n_items);
  text_list_free(&files);
  return good ? 0 : 1;
}
