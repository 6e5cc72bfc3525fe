// SPDX-License-Identifier: GPL-3.0-or-later
// posix_spawn rather than fork: a fork after threads of a numerical library have run may
// hang.  Nameless files rather than pipes: no deadlock, and the program may read its input
// as a file.
#include <config.h>

#include "report/process.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

extern char **environ;

// A nameless file, its number well above those that the program is to see.
static int open_nameless(struct error *error)
{
  FILE *stream = tmpfile();
  int high = stream ? fcntl(fileno(stream), F_DUPFD_CLOEXEC, 10) : -1;
  int why = errno;
  if (stream)
    fclose(stream);
  if (high < 0)
    error_set(error, ERROR_DATA, "cannot make a temporary file: %s", strerror(why));
  return high;
}

static bool write_all(int file, const char *bytes, size_t n)
{
  while (n > 0) {
    ssize_t written = write(file, bytes, n);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes += written;
    n -= (size_t) written;
  }
  return lseek(file, 0, SEEK_SET) == 0;
}

static bool read_all(int file, struct text *content)
{
  char buffer[65536];
  if (lseek(file, 0, SEEK_SET) != 0)
    return false;
  for (;;) {
    ssize_t n = read(file, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0;
    text_append_bytes(content, buffer, (size_t) n);
  }
}

static bool is_removed(const char *variable, const char *const *removed)
{
  size_t n = strcspn(variable, "=");
  for (; removed && *removed; removed++) {
    size_t length = strlen(*removed);
    bool start = length > 0 && (*removed)[length - 1] == '*';
    if (start ? n >= length - 1 && strncmp(variable, *removed, length - 1) == 0
              : n == length && strncmp(variable, *removed, length) == 0)
      return true;
  }
  return false;
}

// The array is the caller's, its strings are not.
static char **environment_make(const struct process *process)
{
  size_t n = 0, kept = 0;
  for (char **e = environ; e && *e; e++)
    n++;
  for (const char *const *e = process->added; e && *e; e++)
    n++;
  char **list = NEW_ARRAY(char *, n + 1);
  for (char **e = environ; e && *e; e++)
    if (!is_removed(*e, process->removed))
      list[kept++] = *e;
  for (const char *const *e = process->added; e && *e; e++)
    list[kept++] = (char *) *e;
  list[kept] = NULL;
  return list;
}

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

// The program that runs now; 0: none.
static volatile pid_t running;

void process_kill_on_signal(void)
{
  pid_t child = running;
  if (child > 0)
    kill(child, SIGKILL);
}

// Waits, a millisecond first and then in longer steps up to 20.
static bool wait_for_end(pid_t child, double seconds, struct process_result *result)
{
  double end = seconds_now() + seconds, nap = 1e-3;
  int status = 0;
  for (;;) {
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child)
      break;
    if (ended < 0 && errno != EINTR)
      return false;
    if (ended == 0 && seconds_now() > end) {
      result->killed = true;
      kill(child, SIGKILL);
      while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
          return false;
      break;
    }
    nanosleep(&(struct timespec){.tv_nsec = (long) (nap * 1e9)}, NULL);
    nap = fmin(nap * 1.3, 0.02);
  }
  result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

static int spawn(const struct process *process, int input, int output, int complaint, pid_t *child)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t default_signals, no_signals;
  int why = posix_spawn_file_actions_init(&actions);
  if (why)
    return why;
  why = posix_spawnattr_init(&attributes);
  if (why) {
    posix_spawn_file_actions_destroy(&actions);
    return why;
  }
  sigemptyset(&no_signals);
  sigemptyset(&default_signals);
  sigaddset(&default_signals, SIGPIPE);
  sigaddset(&default_signals, SIGCHLD);
  if (!(why = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0))
      && !(why = posix_spawn_file_actions_adddup2(&actions, output, 1))
      && !(why = posix_spawn_file_actions_adddup2(&actions, complaint, 2))
      && !(why = posix_spawn_file_actions_adddup2(&actions, input, 3))
      && !(why = posix_spawnattr_setsigdefault(&attributes, &default_signals))
      && !(why = posix_spawnattr_setsigmask(&attributes, &no_signals))
      && !(why = posix_spawnattr_setflags(&attributes,
                                          POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))) {
    char **environment = environment_make(process);
    why = posix_spawnp(child, process->argument[0], &actions, &attributes,
                       (char *const *) process->argument, environment);
    free(environment);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return why;
}

bool process_run(const struct process *process, struct process_result *result,
                 struct error *error)
{
  bool good = false;
  *result = (struct process_result){0};
  int input = -1, output = -1, complaint = -1;
  if ((input = open_nameless(error)) < 0 || (output = open_nameless(error)) < 0
      || (complaint = open_nameless(error)) < 0)
    goto out;
  if (!write_all(input, process->input, process->n_input)) {
    error_set(error, ERROR_DATA, "cannot write a temporary file: %s", strerror(errno));
    goto out;
  }
  pid_t child;
  // No signal between the start and the word of it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int why = spawn(process, input, output, complaint, &child);
  if (!why)
    running = child;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (why) {
    error_set(error, ERROR_DATA, "cannot run %s: %s", process->argument[0], strerror(why));
    goto out;
  }
  bool ended = wait_for_end(child, process->seconds, result);
  running = 0;
  if (!ended) {
    error_set(error, ERROR_DATA, "cannot wait for %s: %s", process->argument[0], strerror(errno));
    goto out;
  }
  // POSIX leaves it open whether spawning says so or the child ends thus.
  if (result->status == 127) {
    error_set(error, ERROR_DATA, "cannot run %s", process->argument[0]);
    goto out;
  }
  if (!read_all(output, &result->output) || !read_all(complaint, &result->complaint)) {
    error_set(error, ERROR_DATA, "cannot read what %s wrote: %s", process->argument[0],
              strerror(errno));
    goto out;
  }
  good = true;
out:
  if (input >= 0)
    close(input);
  if (output >= 0)
    close(output);
  if (complaint >= 0)
    close(complaint);
  if (!good)
    process_result_free(result);
  return good;
}

void process_result_free(struct process_result *result)
{
  text_free(&result->output);
  text_free(&result->complaint);
  *result = (struct process_result){0};
}
