// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/memory.h"

enum { CHUNK = 1 << 20, PIECE = 1 << 21, LEAST_TO_SHARE = 1 << 23, MOST_OPEN = 16 };

const char *file_display_name(const char *path)
{
  return !path || strcmp(path, "-") == 0 ? "standard input" : path;
}

// The folder of the program that runs, with its last slash; in a build, that of the build.
static char *program_folder(void)
{
  char path[4096];
  ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  while (n > 0 && path[n - 1] != '/')
    n--;
  return n > 0 && (size_t) n < sizeof path ? memory_copy_bytes(path, (size_t) n) : NULL;
}

char *file_find(const char *path)
{
  if (access(path, F_OK) == 0 || !text_starts(path, "datasets/"))
    return memory_copy_text(path);
  const char *folder = getenv("HER2_DATADIR");
  if (folder && *folder)
    return text_format("%s/%s", folder, path);
  char *found = text_format("%s/%s", PKGDATADIR, path), *build = program_folder();
  if (build && access(found, F_OK) != 0) {
    free(found);
    found = text_format("%s%s", build, path);
  }
  free(build);
  return found;
}

// Fills bytes[0..size) from the place where the descriptor stands, in pieces side by side, and
// moves it behind what is whole.  How much that is: less than asked for after any trouble, which
// whoever reads on will meet.
static size_t read_pieces(int descriptor, char *bytes, size_t size)
{
  off_t start = lseek(descriptor, 0, SEEK_CUR);
  if (start < 0)
    return 0;
  size_t n_pieces = size / PIECE, n_whole = n_pieces;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) reduction(min : n_whole)
#endif
  for (size_t i = 0; i < n_pieces; i++) {
    size_t filled = 0;
    ssize_t n = 1;
    while (filled < PIECE && n > 0) {
      n = pread(descriptor, bytes + i * PIECE + filled, PIECE - filled,
                start + (off_t) (i * PIECE + filled));
      filled += n > 0 ? (size_t) n : 0;
    }
    n_whole = filled < PIECE && i < n_whole ? i : n_whole;
  }
  return lseek(descriptor, start + (off_t) (n_whole * PIECE), SEEK_SET) < 0 ? 0 : n_whole * PIECE;
}

static bool read_descriptor(int descriptor, struct text *content)
{
  struct stat status;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    GROW_ARRAY(content->bytes, content->capacity, (size_t) status.st_size + 2);
    if (status.st_size > LEAST_TO_SHARE)
      content->length = read_pieces(descriptor, content->bytes, (size_t) status.st_size);
  }
  for (;;) {
    if (content->capacity - content->length < 2 || !content->bytes)
      GROW_ARRAY(content->bytes, content->capacity, content->length + CHUNK);
    ssize_t n = read(descriptor, content->bytes + content->length,
                     content->capacity - content->length - 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    if (n == 0)
      break;
    content->length += (size_t) n;
  }
  content->bytes[content->length] = '\0';
  return true;
}

// Unpacks all members of a gzip file.
static bool unpack(const struct text *packed, struct text *content, const char *name,
                   struct error *error)
{
  z_stream stream = {.next_in = (Bytef *) packed->bytes};
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    return error_set(error, ERROR_DATA, "%s: zlib cannot be started", name);
  size_t left = packed->length;
  int status = Z_OK;
  while (status == Z_OK) {
    GROW_ARRAY(content->bytes, content->capacity, content->length + CHUNK);
    size_t give = left > CHUNK ? CHUNK : left, room = content->capacity - content->length - 1;
    room = room > UINT32_MAX ? UINT32_MAX : room;
    stream.avail_in = (uInt) give;
    stream.next_out = (Bytef *) content->bytes + content->length;
    stream.avail_out = (uInt) room;
    status = inflate(&stream, Z_NO_FLUSH);
    left -= give - stream.avail_in;
    content->length += room - stream.avail_out;
    const Bytef *next = stream.next_in;
    if (status == Z_STREAM_END && left >= 2 && next[0] == 0x1f && next[1] == 0x8b)
      status = inflateReset(&stream);
    else if (status == Z_OK && left == 0 && stream.avail_out > 0)
      status = Z_BUF_ERROR;
  }
  inflateEnd(&stream);
  content->bytes[content->length] = '\0';
  if (status == Z_STREAM_END && left > 0)
    return error_set(error, ERROR_DATA, "%s: %zu bytes follow the gzip data", name, left);
  if (status == Z_STREAM_END)
    return true;
  return error_set(error, ERROR_DATA, "%s: the gzip data are %s", name,
                   status == Z_BUF_ERROR ? "cut short" : "damaged");
}

bool file_read(const char *path, struct text *content, struct error *error)
{
  bool from_stdin = !path || strcmp(path, "-") == 0;
  const char *name = file_display_name(path);
  char *found = from_stdin ? NULL : file_find(path);
  int descriptor = from_stdin ? STDIN_FILENO : open(found, O_RDONLY | O_CLOEXEC);
  int problem = errno;
  free(found);
  if (descriptor < 0)
    return error_set(error, ERROR_DATA, "%s: %s", name, strerror(problem));
  text_clear(content);
  bool good = read_descriptor(descriptor, content);
  problem = errno;
  if (!from_stdin)
    close(descriptor);
  if (!good) {
    text_free(content);
    return error_set(error, ERROR_DATA, "%s: %s", name, strerror(problem));
  }
  if (content->length < 2 || (unsigned char) content->bytes[0] != 0x1f ||
      (unsigned char) content->bytes[1] != 0x8b)
    return true;
  struct text packed = *content;
  *content = (struct text){0};
  good = unpack(&packed, content, name, error);
  text_free(&packed);
  if (!good)
    text_free(content);
  return good;
}

// Names of temporary files that must go when the process ends before they are complete, by a
// signal or by exit (out of memory, say).
static char *open_temporary[MOST_OPEN];
static pid_t owner; // what this process forks must leave them alone

void output_discard_all_on_signal(void)
{
  for (int i = 0; i < MOST_OPEN; i++)
    if (open_temporary[i] && getpid() == owner)
      unlink(open_temporary[i]);
}

static void remember(char *temporary)
{
  if (!owner) {
    owner = getpid();
    atexit(output_discard_all_on_signal);
  }
  for (int i = 0; i < MOST_OPEN; i++)
    if (!open_temporary[i]) {
      open_temporary[i] = temporary;
      return;
    }
}

static void forget(const char *temporary)
{
  for (int i = 0; i < MOST_OPEN; i++)
    if (open_temporary[i] == temporary)
      open_temporary[i] = NULL;
}

// Puts another six letters at the end of a name.
static void change_suffix(char *name)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static uint64_t n_names;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  // A hash of process, time and number (the finalizer of SplitMix64, Steele et al. 2014).
  uint64_t state = ((uint64_t) getpid() << 32) ^ (uint64_t) now.tv_nsec ^
                   ((uint64_t) now.tv_sec << 20) ^ (++n_names * UINT64_C(0x9e3779b97f4a7c15));
  state = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  state = (state ^ state >> 27) * UINT64_C(0x94d049bb133111eb);
  state ^= state >> 31;
  for (char *end = name + strlen(name), *p = end - 6; p < end; p++, state /= sizeof letters - 1)
    *p = letters[state % (sizeof letters - 1)];
}

// A new file beside `target`, remembered before it is there: not mkostemp, after which a
// signal would find it without a name.
static int create_beside(const char *target, char **temporary)
{
  *temporary = text_format("%s.XXXXXX", target);
  int descriptor = -1;
  for (int trial = 0; trial < 100; trial++) {
    change_suffix(*temporary);
    remember(*temporary);
    descriptor = open(*temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor >= 0)
      break;
    forget(*temporary);
    if (errno != EEXIST)
      break;
  }
  return descriptor;
}

// Such a file with the mode of the one that it replaces, as a stream; NULL, and nothing is left.
static FILE *open_beside(const char *target, char **temporary)
{
  int descriptor = create_beside(target, temporary);
  if (descriptor < 0)
    return NULL;
  struct stat status;
  mode_t mask = umask(0);
  umask(mask);
  mode_t mode = stat(target, &status) == 0 ? status.st_mode & 07777 : 0666 & ~mask;
  FILE *stream = NULL;
  if (fchmod(descriptor, mode) == 0 || errno == EPERM)
    stream = fdopen(descriptor, "w");
  if (!stream) {
    int problem = errno;
    close(descriptor);
    unlink(*temporary);
    forget(*temporary);
    errno = problem;
  }
  return stream;
}

// The stream that is already open on this very file (-o /dev/stdout with standard output
// in a file, which a rename must not replace), or NULL.
static FILE *stream_of(const struct stat *status)
{
  FILE *const streams[] = {stdout, stderr};
  for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
    struct stat open_file;
    if (fstat(fileno(streams[i]), &open_file) == 0 && open_file.st_dev == status->st_dev &&
        open_file.st_ino == status->st_ino)
      return streams[i];
  }
  return NULL;
}

bool output_open(struct output_file *output, const char *path, struct error *error)
{
  *output = (struct output_file){0};
  if (!path || strcmp(path, "-") == 0) {
    output->stream = stdout;
    return true;
  }
  struct stat status, link;
  bool exists = stat(path, &status) == 0;
  bool is_link = lstat(path, &link) == 0 && S_ISLNK(link.st_mode);
  if (exists && S_ISDIR(status.st_mode))
    return error_set(error, ERROR_DATA, "%s: is a directory", path);
  if (exists && (output->stream = stream_of(&status)) != NULL)
    return true;
  // A symbolic link stays a link: the file that it names is replaced.  One whose target
  // has no name (a file deleted while open) or does not exist yet is written in place.
  char *target = exists ? realpath(path, NULL) : NULL;
  if ((exists && !S_ISREG(status.st_mode)) || (is_link && !target)) {
    free(target);
    output->stream = fopen(path, "we");
    if (!output->stream)
      return error_set(error, ERROR_DATA, "%s: %s", path, strerror(errno));
    output->path = memory_copy_text(path);
    return true;
  }
  if (!target)
    target = memory_copy_text(path);
  output->stream = open_beside(target, &output->temporary);
  if (!output->stream) {
    error_set(error, ERROR_DATA, "%s: cannot be written: %s", path, strerror(errno));
    free(output->temporary);
    free(target);
    *output = (struct output_file){0};
    return false;
  }
  output->path = target;
  return true;
}

static void output_release(struct output_file *output)
{
  if (output->temporary)
    forget(output->temporary);
  free(output->temporary);
  free(output->path);
  *output = (struct output_file){0};
}

void output_write(struct output_file *output, const char *bytes, size_t n)
{
  errno = 0;
  if (fwrite(bytes, 1, n, output->stream) < n && !output->problem)
    output->problem = errno ? errno : EIO;
}

bool output_commit(struct output_file *output, struct error *error)
{
  const char *name = output->stream == stdout   ? "standard output"
                     : output->stream == stderr ? "standard error"
                                                : output->path;
  errno = 0;
  bool good = fflush(output->stream) == 0 && !ferror(output->stream) && !output->problem;
  int problem = output->problem ? output->problem : errno;
  if (output->stream != stderr && fclose(output->stream) != 0 && good) {
    good = false;
    problem = errno;
  }
  if (good && output->temporary && rename(output->temporary, output->path) != 0) {
    good = false;
    problem = errno;
  }
  if (!good) {
    error_set(error, ERROR_DATA, "%s: cannot be written: %s", name, problem ? strerror(problem) : "write error");
    if (output->temporary)
      unlink(output->temporary);
  }
  output_release(output);
  return good;
}

void output_discard(struct output_file *output)
{
  if (!output->stream)
    return;
  if (output->stream != stdout && output->stream != stderr)
    fclose(output->stream);
  if (output->temporary)
    unlink(output->temporary);
  output_release(output);
}

bool file_write(const char *path, const char *bytes, size_t n, struct error *error)
{
  struct output_file output;
  if (!output_open(&output, path, error))
    return false;
  output_write(&output, bytes, n);
  return output_commit(&output, error);
}
