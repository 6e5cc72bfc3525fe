// SPDX-License-Identifier: GPL-3.0-or-later
// A library to preload: it makes the N-th call of a kind fail in a her2-* program.
//
//   HER2_FAULT=KIND:N    that one call; KIND:N+ that one and all after it
//   HER2_FAULT_SEEN=FILE one byte is appended to it for each fault
//
// Kinds: alloc (malloc, calloc, realloc and the aligned ones), read, write, open, rename
// (what else changes or looks up a name or an offset), process (spawning, pipes, waiting);
// interrupt: a call that may be interrupted says so (EINTR); short: reads and writes move half of
// what was asked; int, term: the signal arrives in the midst of an allocation or just behind
// any other call.  The last four but signals must change nothing in the result.
//
// Calls are counted from main on, in the program itself and in what it forks, not in what it
// executes.  stdio's own calls inside the C library cannot be seen, so its functions fail
// as a whole: fwrite, fflush and fclose as writes.  Standard error never fails.
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind { ALLOC, READ, WRITE, OPEN, RENAME, PROCESS, INTERRUPT, SHORT, INT, TERM, NONE };

static enum kind wanted = NONE;
static long fault_at;
static bool and_after;
static int seen = -1;
static atomic_long n_calls;
static pid_t counted; // signals go to it alone, not to what it forks

// --- Deciding

static bool now(void)
{
  long n = ++n_calls;
  if (n != fault_at && !(and_after && n > fault_at))
    return false;
  int problem = errno;
  // The real one: write is ours.
  if (seen >= 0) {
    static ssize_t (*real_write)(int, const void *, size_t);
    if (!real_write)
      *(void **) &real_write = dlsym(RTLD_NEXT, "write");
    real_write(seen, "!", 1);
  }
  errno = problem;
  return true;
}

static bool fails(enum kind kind, int problem)
{
  if (kind != wanted || !now())
    return false;
  errno = problem;
  return true;
}

static void signal_after(void)
{
  if ((wanted == INT || wanted == TERM) && getpid() == counted && now()) {
    int problem = errno;
    raise(wanted == INT ? SIGINT : SIGTERM);
    errno = problem;
  }
}

static void read_request(void)
{
  static const struct {
    const char *name;
    enum kind kind;
  } kinds[] = {{"alloc:", ALLOC},     {"read:", READ},           {"write:", WRITE},
               {"open:", OPEN},       {"rename:", RENAME},       {"process:", PROCESS},
               {"short:", SHORT},     {"interrupt:", INTERRUPT}, {"int:", INT},
               {"term:", TERM}};
  const char *request = getenv("HER2_FAULT"), *file = getenv("HER2_FAULT_SEEN");
  if (!request || strncmp(program_invocation_short_name, "her2-", 5) != 0)
    return;
  counted = getpid();
  if (file) {
    int low = open(file, O_WRONLY | O_APPEND | O_CLOEXEC);
    seen = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, 200);
    close(low);
  }
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strncmp(request, kinds[i].name, strlen(kinds[i].name)) == 0) {
      char *end;
      fault_at = strtol(request + strlen(kinds[i].name), &end, 10);
      and_after = *end == '+';
      wanted = kinds[i].kind;
    }
}

// The libraries' constructors are behind us when main begins.
static int (*real_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **environment)
{
  read_request();
  if (wanted == INT)
    signal(SIGINT, SIG_DFL); // a shell has its background jobs ignore it
  return real_main(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader)(void), void *stack_end);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader)(void), void *stack_end)
{
  int (*real)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
              void (*)(void), void *);
  *(void **) &real = dlsym(RTLD_NEXT, "__libc_start_main");
  real_main = main;
  return real(counted_main, argc, argv, init, fini, loader, stack_end);
}

// --- Memory

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
  signal_after();
  return fails(ALLOC, ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
  signal_after();
  return fails(ALLOC, ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
  signal_after();
  return fails(ALLOC, ENOMEM) ? NULL : __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
  return fails(ALLOC, ENOMEM) ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
  return memalign(alignment, size);
}

int posix_memalign(void **place, size_t alignment, size_t size)
{
  void *p = memalign(alignment, size);
  if (!p)
    return ENOMEM;
  *place = p;
  return 0;
}

// --- Everything else: NAME calls the real one unless it is to fail

// clang-format off
#define REAL(result, name, parameters)                                                             \
  static result (*real_##name) parameters;                                                         \
  if (!real_##name)                                                                                \
    *(void **) &real_##name = dlsym(RTLD_NEXT, #name)

#define WRAP(result, name, parameters, arguments, kind, problem, failure)                          \
  result name parameters                                                                           \
  {                                                                                                \
    REAL(result, name, parameters);                                                                \
    if (fails(kind, problem))                                                                      \
      return failure;                                                                              \
    result value = real_##name arguments;                                                          \
    signal_after();                                                                                \
    return value;                                                                                  \
  }

#define WRAP_OPEN(name)                                                                            \
  int name(const char *path, int flags, ...)                                                       \
  {                                                                                                \
    REAL(int, name, (const char *, int, ...));                                                     \
    va_list rest;                                                                                  \
    va_start(rest, flags);                                                                         \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? (mode_t) va_arg(rest, int) : 0;                  \
    va_end(rest);                                                                                  \
    if (fails(OPEN, EMFILE))                                                                       \
      return -1;                                                                                   \
    int value = real_##name(path, flags, mode);                                                    \
    signal_after();                                                                                \
    return value;                                                                                  \
  }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), OPEN, EMFILE, NULL)
WRAP(FILE *, fopen64, (const char *path, const char *mode), (path, mode), OPEN, EMFILE, NULL)
WRAP(FILE *, fdopen, (int file, const char *mode), (file, mode), OPEN, ENOMEM, NULL)
WRAP(FILE *, tmpfile, (void), (), OPEN, EMFILE, NULL)
WRAP(FILE *, tmpfile64, (void), (), OPEN, EMFILE, NULL)
WRAP(int, mkostemp, (char *name, int flags), (name, flags), OPEN, EMFILE, -1)
WRAP(int, mkostemp64, (char *name, int flags), (name, flags), OPEN, EMFILE, -1)
WRAP(DIR *, opendir, (const char *path), (path), OPEN, EMFILE, NULL)

WRAP(size_t, fread, (void *to, size_t size, size_t n, FILE *stream), (to, size, n, stream), READ,
     EIO, 0)
WRAP(struct dirent *, readdir, (DIR *folder), (folder), READ, EIO, NULL)
WRAP(struct dirent64 *, readdir64, (DIR *folder), (folder), READ, EIO, NULL)

WRAP(int, rename, (const char *from, const char *to), (from, to), RENAME, EIO, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), RENAME, EACCES, -1)
WRAP(int, fchmod, (int file, mode_t mode), (file, mode), RENAME, EIO, -1)
WRAP(off_t, lseek, (int file, off_t offset, int from), (file, offset, from), RENAME, EIO, -1)
WRAP(off64_t, lseek64, (int file, off64_t offset, int from), (file, offset, from), RENAME, EIO, -1)
WRAP(char *, realpath, (const char *path, char *place), (path, place), RENAME, EIO, NULL)
WRAP(int, fsync, (int file), (file), RENAME, EIO, -1)
WRAP(int, fdatasync, (int file), (file), RENAME, EIO, -1)

WRAP(int, pipe2, (int ends[2], int flags), (ends, flags), PROCESS, EMFILE, -1)
WRAP(pid_t, fork, (void), (), PROCESS, EAGAIN, -1)
WRAP(int, posix_spawnp,
     (pid_t *child, const char *program, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const *argument, char *const *environment),
     (child, program, actions, attributes, argument, environment), PROCESS, EAGAIN, EAGAIN)
// clang-format on

pid_t waitpid(pid_t child, int *status, int options)
{
  REAL(pid_t, waitpid, (pid_t, int *, int));
  if (fails(INTERRUPT, EINTR))
    return -1;
  pid_t value = real_waitpid(child, status, options);
  signal_after();
  return value;
}

ssize_t read(int file, void *to, size_t n)
{
  REAL(ssize_t, read, (int, void *, size_t));
  if (fails(READ, EIO) || fails(INTERRUPT, EINTR))
    return -1;
  if (n > 1 && fails(SHORT, 0))
    n /= 2;
  ssize_t value = real_read(file, to, n);
  signal_after();
  return value;
}

ssize_t pread(int file, void *to, size_t n, off_t offset)
{
  REAL(ssize_t, pread, (int, void *, size_t, off_t));
  if (fails(READ, EIO) || fails(INTERRUPT, EINTR))
    return -1;
  if (n > 1 && fails(SHORT, 0))
    n /= 2;
  ssize_t value = real_pread(file, to, n, offset);
  signal_after();
  return value;
}

ssize_t write(int file, const void *from, size_t n)
{
  REAL(ssize_t, write, (int, const void *, size_t));
  if (fails(WRITE, ENOSPC) || fails(INTERRUPT, EINTR))
    return -1;
  if (n > 1 && fails(SHORT, 0))
    n /= 2;
  ssize_t value = real_write(file, from, n);
  signal_after();
  return value;
}

// What is pending is dropped, as on a full disk, and the stream remembers the error.
static bool stream_fails(FILE *stream)
{
  if (!stream || stream == stderr || !__fwritable(stream) || !fails(WRITE, ENOSPC))
    return false;
  __fpurge(stream);
  stream->_flags |= 0x20; // glibc's _IO_ERR_SEEN
  return true;
}

size_t fwrite(const void *from, size_t size, size_t n, FILE *stream)
{
  REAL(size_t, fwrite, (const void *, size_t, size_t, FILE *));
  return stream_fails(stream) ? 0 : real_fwrite(from, size, n, stream);
}

int fflush(FILE *stream)
{
  REAL(int, fflush, (FILE *));
  if (stream_fails(stream))
    return EOF;
  int value = real_fflush(stream);
  signal_after();
  return value;
}

int fclose(FILE *stream)
{
  REAL(int, fclose, (FILE *));
  bool failed = stream_fails(stream);
  int value = real_fclose(stream);
  if (failed)
    errno = ENOSPC;
  signal_after();
  return failed ? EOF : value;
}
