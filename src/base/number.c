// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// Powers of ten that a double holds exactly.
static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// The slow road: a copy with '.' as mark for strtod, which rounds correctly.  The
// program never calls setlocale, so strtod's mark is '.'.
static bool parse_with_strtod(const char *bytes, size_t n, char mark, double *value)
{
  char small[64];
  char *copy = n < sizeof small ? small : memory_allocate(n + 1, 1);
  memcpy(copy, bytes, n);
  copy[n] = '\0';
  if (mark != '.')
    for (size_t i = 0; i < n; i++)
      if (copy[i] == mark)
        copy[i] = '.';
  *value = strtod(copy, NULL);
  if (copy != small)
    free(copy);
  return isfinite(*value);
}

// W. D. Clinger (1990), "How to read floating point numbers accurately": if the
// digits make an integer below 2^53 and the power of ten is exact, one
// multiplication or division rounds once, hence correctly.  Else strtod.
bool number_parse(const char *bytes, size_t n, char mark, double *value)
{
  const char *p = bytes, *end = bytes + n;
  bool negative = false;
  if (p < end && (*p == '-' || *p == '+'))
    negative = *p++ == '-';
  uint64_t digits = 0;
  int n_digits = 0, scale = 0;
  bool some = false, many = false;
  for (; p < end && (unsigned) (*p - '0') < 10; p++) {
    some = true;
    if (n_digits < 19) {
      digits = digits * 10 + (unsigned) (*p - '0');
      n_digits += digits != 0;
    } else {
      many = true;
    }
  }
  if (p < end && *p == mark) {
    p++;
    for (; p < end && (unsigned) (*p - '0') < 10; p++) {
      some = true;
      if (n_digits < 19) {
        digits = digits * 10 + (unsigned) (*p - '0');
        n_digits += digits != 0;
        scale--;
      } else {
        many = true;
      }
    }
  }
  if (!some)
    return false;
  if (p < end) {
    if (*p != 'e' && *p != 'E')
      return false;
    p++;
    bool down = false;
    if (p < end && (*p == '-' || *p == '+'))
      down = *p++ == '-';
    if (p == end)
      return false;
    int exponent = 0;
    for (; p < end && (unsigned) (*p - '0') < 10; p++)
      if (exponent < 100000)
        exponent = exponent * 10 + (*p - '0');
    if (p < end)
      return false;
    if (scale > -100000)
      scale += down ? -exponent : exponent;
  }
  if (!many && digits <= (UINT64_C(1) << 53) && scale >= -22 && scale <= 22) {
    double exact = (double) digits;
    exact = scale < 0 ? exact / power_of_ten[-scale] : exact * power_of_ten[scale];
    *value = negative ? -exact : exact;
    return true;
  }
  return parse_with_strtod(bytes, n, mark, value);
}

bool number_parse_text(const char *text, double *value)
{
  return number_parse(text, strlen(text), '.', value);
}

bool number_parse_integer(const char *text, int64_t least, int64_t most, int64_t *value)
{
  const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
  if (!*digits)
    return false;
  for (const char *c = digits; *c; c++)
    if (!isdigit((unsigned char) *c))
      return false;
  errno = 0;
  long long parsed = strtoll(text, NULL, 10);
  if (errno || parsed < least || parsed > most)
    return false;
  *value = parsed;
  return true;
}

static bool write_special(char *buffer, double value)
{
  if (isfinite(value))
    return false;
  strcpy(buffer, isnan(value) ? "" : value > 0 ? "Inf" : "-Inf");
  return true;
}

char *number_write(char buffer[NUMBER_SIZE], double value)
{
  if (write_special(buffer, value))
    return buffer;
  if (value == 0)
    return strcpy(buffer, "0");
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(buffer, NUMBER_SIZE, "%.*g", digits, value);
    if (strtod(buffer, NULL) == value)
      break;
  }
  return buffer;
}

char *number_write_fixed(char buffer[NUMBER_SIZE], double value, int digits)
{
  if (write_special(buffer, value))
    return buffer;
  digits = digits < 0 ? 0 : digits > 30 ? 30 : digits;
  snprintf(buffer, NUMBER_SIZE, "%.*f", digits, value);
  if (buffer[0] == '-' && strspn(buffer + 1, "0.") == strlen(buffer + 1))
    memmove(buffer, buffer + 1, strlen(buffer));
  return buffer;
}

char *number_write_significant(char buffer[NUMBER_SIZE], double value, int digits)
{
  if (write_special(buffer, value))
    return buffer;
  if (value == 0)
    return number_write_fixed(buffer, 0, digits > 1 ? digits - 1 : 0);
  digits = digits < 1 ? 1 : digits > 17 ? 17 : digits;
  // The exponent after rounding to that many digits.
  snprintf(buffer, NUMBER_SIZE, "%.*e", digits - 1, value);
  int exponent = atoi(strchr(buffer, 'e') + 1);
  if (exponent < -4 || exponent >= 7)
    return buffer;
  int decimals = digits - 1 - exponent;
  return number_write_fixed(buffer, value, decimals > 0 ? decimals : 0);
}

char *number_write_p(char buffer[NUMBER_SIZE], double p, int digits)
{
  if (isnan(p))
    return strcpy(buffer, "");
  digits = digits < 1 ? 1 : digits > 15 ? 15 : digits;
  double least = pow(10, -digits);
  if (p < least) {
    snprintf(buffer, NUMBER_SIZE, "<%.*f", digits, least);
    return buffer;
  }
  return number_write_fixed(buffer, p, digits);
}
