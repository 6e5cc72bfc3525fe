// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

// One line of UTF-8, whole characters.
static void message_tidy(char *message, size_t size)
{
  size_t length = strlen(message), bad;
  if (length + 1 == size) {
    length = text_whole_characters(message, length);
    message[length] = '\0';
  }
  for (char *rest = message; !text_is_utf8(rest, length, &bad); rest += bad + 1) {
    rest[bad] = '?';
    length -= bad + 1;
  }
  for (char *c = message; *c; c++)
    if ((unsigned char) *c < 0x20 || *c == 0x7f)
      *c = '?';
}

bool error_set(struct error *error, enum error_status status, const char *format, ...)
{
  if (!error)
    return false;
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  message_tidy(error->message, sizeof error->message);
  return false;
}

bool error_prefix(struct error *error, const char *format, ...)
{
  if (!error)
    return false;
  char before[sizeof error->message], both[2 * sizeof error->message + 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(before, sizeof before, format, arguments);
  va_end(arguments);
  snprintf(both, sizeof both, "%s: %s", before, error->message);
  both[sizeof error->message - 1] = '\0';
  memcpy(error->message, both, strlen(both) + 1);
  message_tidy(error->message, sizeof error->message);
  return false;
}
