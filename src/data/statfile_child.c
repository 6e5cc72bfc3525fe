// SPDX-License-Identifier: GPL-3.0-or-later
// What ReadStat says of a file, told by a child process into a pipe: see statfile_read.c.
#include <config.h>

#include "data/statfile_child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "data/statfile.h"

enum {
  OUTGOING = 1 << 16, // bytes that are collected before they are written
  PIPE_SIZE = 1 << 20,
  LEAST_CPU_SECONDS = 60, // and one more for each megabyte
};

// The bytes of the file as something that is read and sought in.
struct bytes {
  const char *content;
  size_t length, position;
};

static int open_bytes(const char *path, void *context)
{
  (void) path;
  ((struct bytes *) context)->position = 0;
  return 0;
}

static int close_bytes(void *context)
{
  (void) context;
  return 0;
}

static readstat_off_t seek_bytes(readstat_off_t offset, readstat_io_flags_t whence, void *context)
{
  struct bytes *bytes = context;
  readstat_off_t base = whence == READSTAT_SEEK_SET   ? 0
                        : whence == READSTAT_SEEK_CUR ? (readstat_off_t) bytes->position
                                                      : (readstat_off_t) bytes->length;
  readstat_off_t target;
  if (__builtin_add_overflow(base, offset, &target) || target < 0 ||
      target > (readstat_off_t) bytes->length)
    return -1;
  bytes->position = (size_t) target;
  return target;
}

static ssize_t read_bytes(void *buffer, size_t n, void *context)
{
  struct bytes *bytes = context;
  size_t left = bytes->length - bytes->position;
  n = n < left ? n : left;
  if (n)
    memcpy(buffer, bytes->content + bytes->position, n);
  bytes->position += n;
  return (ssize_t) n;
}

static readstat_error_t skip_progress(long size, readstat_progress_handler handler, void *user,
                                      void *context)
{
  (void) size;
  (void) handler;
  (void) user;
  (void) context;
  return READSTAT_OK;
}

// What the child has to say and how far it is.
struct teller {
  int descriptor;
  char buffer[OUTGOING];
  size_t n_buffered;
  const bool *wanted; // columns whose cells are told; NULL: variables and labels are
  size_t n_columns, n_wanted;
  size_t n_variables;  // seen
  size_t n_cells;      // of the present row
  char complaint[256]; // ReadStat's last
};

static void flush(struct teller *teller)
{
  size_t done = 0;
  while (done < teller->n_buffered) {
    ssize_t n = write(teller->descriptor, teller->buffer + done, teller->n_buffered - done);
    if (n < 0 && errno != EINTR)
      _exit(1); // nobody listens
    done += n > 0 ? (size_t) n : 0;
  }
  teller->n_buffered = 0;
}

static void tell_bytes(struct teller *teller, const void *bytes, size_t n)
{
  const char *p = bytes;
  while (n) {
    size_t room = OUTGOING - teller->n_buffered, take = n < room ? n : room;
    memcpy(teller->buffer + teller->n_buffered, p, take);
    teller->n_buffered += take;
    p += take;
    n -= take;
    if (teller->n_buffered == OUTGOING)
      flush(teller);
  }
}

static void tell_letter(struct teller *teller, char letter)
{
  tell_bytes(teller, &letter, 1);
}

static void tell_size(struct teller *teller, size_t size)
{
  uint64_t wide = size;
  tell_bytes(teller, &wide, sizeof wide);
}

static void tell_number(struct teller *teller, double number)
{
  tell_bytes(teller, &number, sizeof number);
}

static void tell_text(struct teller *teller, const char *text)
{
  size_t length = text ? strlen(text) : 0;
  tell_size(teller, length);
  tell_bytes(teller, text, length);
}

static double number_of(readstat_value_t value)
{
  if (readstat_value_is_tagged_missing(value))
    return statfile_missing((char) toupper((unsigned char) readstat_value_tag(value)));
  if (readstat_value_is_system_missing(value))
    return statfile_missing('\0');
  return readstat_double_value(value);
}

// A number as such, a text as such.
static void tell_value(struct teller *teller, readstat_value_t value)
{
  bool is_text = readstat_value_type_class(value) == READSTAT_TYPE_CLASS_STRING;
  tell_letter(teller, is_text);
  if (is_text)
    tell_text(teller, readstat_string_value(value));
  else
    tell_number(teller, number_of(value));
}

static int take_variable(int index, readstat_variable_t *variable, const char *labels,
                         void *context)
{
  struct teller *teller = context;
  size_t at = teller->n_variables++;
  if (teller->wanted)
    return at < teller->n_columns && teller->wanted[at] ? READSTAT_HANDLER_OK
                                                        : READSTAT_HANDLER_SKIP_VARIABLE;
  (void) index;
  tell_letter(teller, 'V');
  tell_letter(teller, readstat_variable_get_type_class(variable) == READSTAT_TYPE_CLASS_STRING);
  tell_letter(teller, readstat_variable_get_type(variable) == READSTAT_TYPE_FLOAT);
  tell_letter(teller, (char) readstat_variable_get_measure(variable));
  tell_text(teller, readstat_variable_get_name(variable));
  tell_text(teller, readstat_variable_get_label(variable));
  tell_text(teller, readstat_variable_get_format(variable));
  tell_text(teller, labels);
  int n_ranges = readstat_variable_get_missing_ranges_count(variable);
  tell_size(teller, (size_t) n_ranges);
  for (int i = 0; i < n_ranges; i++) {
    tell_value(teller, readstat_variable_get_missing_range_lo(variable, i));
    tell_value(teller, readstat_variable_get_missing_range_hi(variable, i));
  }
  return READSTAT_HANDLER_OK;
}

static int take_label(const char *set, readstat_value_t value, const char *label, void *context)
{
  struct teller *teller = context;
  if (teller->wanted)
    return READSTAT_HANDLER_OK;
  tell_letter(teller, 'L');
  tell_text(teller, set);
  tell_value(teller, value);
  tell_text(teller, label);
  return READSTAT_HANDLER_OK;
}

static int take_cell(int row, readstat_variable_t *variable, readstat_value_t value, void *context)
{
  struct teller *teller = context;
  (void) row;
  int index = readstat_variable_get_index_after_skipping(variable);
  if (index < 0 || (size_t) index != teller->n_cells)
    return READSTAT_HANDLER_ABORT;
  if (index == 0)
    tell_letter(teller, 'R');
  if (readstat_variable_get_type_class(variable) == READSTAT_TYPE_CLASS_STRING)
    tell_text(teller, readstat_string_value(value));
  else
    tell_number(teller, number_of(value));
  teller->n_cells = teller->n_cells + 1 == teller->n_wanted ? 0 : teller->n_cells + 1;
  return READSTAT_HANDLER_OK;
}

static void take_complaint(const char *message, void *context)
{
  struct teller *teller = context;
  size_t length = strcspn(message, "\n"), room = sizeof teller->complaint - 1;
  length = length < room ? length : room;
  memcpy(teller->complaint, message, length);
  teller->complaint[length] = '\0';
}

static void parse_and_tell(const struct statfile_task *task, int descriptor)
{
  struct teller *teller = NEW_ZEROED(struct teller, 1);
  teller->descriptor = descriptor;
  teller->wanted = task->wanted;
  teller->n_columns = task->n_columns;
  for (size_t i = 0; task->wanted && i < task->n_columns; i++)
    teller->n_wanted += task->wanted[i];
  struct bytes bytes = {task->content, task->length, 0};
  readstat_parser_t *parser = readstat_parser_init();
  readstat_set_open_handler(parser, open_bytes);
  readstat_set_close_handler(parser, close_bytes);
  readstat_set_seek_handler(parser, seek_bytes);
  readstat_set_read_handler(parser, read_bytes);
  readstat_set_update_handler(parser, skip_progress);
  readstat_set_io_ctx(parser, &bytes);
  readstat_set_variable_handler(parser, take_variable);
  readstat_set_value_label_handler(parser, take_label);
  readstat_set_error_handler(parser, take_complaint);
  if (task->wanted)
    readstat_set_value_handler(parser, take_cell);
  if (task->encoding)
    readstat_set_file_character_encoding(parser, task->encoding);
  readstat_error_t verdict = task->parse(parser, "", teller);
  if (verdict == READSTAT_OK && teller->n_cells)
    verdict = READSTAT_ERROR_ROW_WIDTH_MISMATCH;
  tell_letter(teller, 'E');
  tell_size(teller, (size_t) verdict);
  tell_text(teller, teller->complaint);
  flush(teller);
  readstat_parser_free(parser);
  free(teller);
}

void statfile_child_settle(void)
{
  static const int signals[] = {SIGHUP,  SIGINT, SIGQUIT, SIGTERM, SIGPIPE,
                                SIGSEGV, SIGBUS, SIGFPE,  SIGILL,  SIGABRT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    signal(signals[i], SIG_DFL);
  // Its death is told in one line by the parent, and by nobody else.
  int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) {
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static _Noreturn void be_child(const struct statfile_task *task, int descriptor)
{
  statfile_child_settle();
  rlim_t seconds = LEAST_CPU_SECONDS + (task->length >> 20);
  setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
  parse_and_tell(task, descriptor);
  _exit(0);
}

bool statfile_child_start(const struct statfile_task *task, const char *name, pid_t *child,
                          int *descriptor, struct error *error)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return error_set(error, ERROR_DATA, "%s: no pipe: %s", name, strerror(errno));
  fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
  *child = fork();
  if (*child == 0) {
    close(ends[0]);
    be_child(task, ends[1]);
  }
  int problem = errno;
  close(ends[1]);
  *descriptor = ends[0];
  if (*child > 0)
    return true;
  close(ends[0]);
  return error_set(error, ERROR_DATA, "%s: no process to read it: %s", name, strerror(problem));
}
