// SPDX-License-Identifier: GPL-3.0-or-later
// Exact decimal digits in 128 bits.  A double is m 2^e with m < 2^53; times 10^k, k from 0 to
// 27, it is m 5^k 2^(e + k), and m 5^k < 2^116.  So its first 17 digits, their rounding, and
// whether fewer digits would read back as the same double are all settled in integers.  The
// condition for the last: W. D. Clinger (1990), "How to read floating point numbers
// accurately"; G. L. Steele and J. L. White (1990), "How to print floating-point numbers
// accurately".
#include <config.h>

#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { MOST_DIGITS = 17, LEAST_DIGITS = 15, MOST_SCALE = 27 };

static const uint64_t power_of_five[MOST_SCALE + 1] = {
    1,
    5,
    25,
    125,
    625,
    3125,
    15625,
    78125,
    390625,
    1953125,
    9765625,
    48828125,
    244140625,
    1220703125,
    6103515625,
    30517578125,
    152587890625,
    762939453125,
    3814697265625,
    19073486328125,
    95367431640625,
    476837158203125,
    2384185791015625,
    11920928955078125,
    59604644775390625,
    298023223876953125,
    1490116119384765625,
    7450580596923828125,
};

static const uint64_t ten_to_16 = UINT64_C(10000000000000000);

// value = scaled / 2^shift / 10^scale; one unit in the last place of the double is
// ulp / 2^shift / 10^scale.
struct exact {
  wide scaled, ulp;
  int shift, scale;
  bool even;        // the last bit of m is 0: a tie is read as this double
  bool at_power;    // m is a power of two: the double below is half as far
};

static struct exact scale_up(uint64_t m, int e, int scale)
{
  struct exact exact = {(wide) m * power_of_five[scale], power_of_five[scale], -(e + scale), scale,
                        m % 2 == 0, m == UINT64_C(1) << 52};
  if (exact.shift < 0) {
    exact.scaled <<= -exact.shift;
    exact.ulp <<= -exact.shift;
    exact.shift = 0;
  }
  return exact;
}

// The nearest multiple of `unit` (1, 10, 100) to scaled / 2^shift; ties to the even multiple.
static uint64_t round_to(const struct exact *exact, uint64_t unit)
{
  uint64_t whole = (uint64_t) (exact->scaled >> exact->shift);
  uint64_t multiple = whole / unit;
  wide rest = exact->scaled - ((wide) (multiple * unit) << exact->shift);
  wide twice = 2 * rest, limit = (wide) unit << exact->shift;
  multiple += twice > limit || (twice == limit && multiple % 2 == 1);
  return multiple * unit;
}

// Whether the decimal digits / 10^scale is read as the same double.
static bool reads_back(const struct exact *exact, uint64_t digits)
{
  wide there = (wide) digits << exact->shift;
  bool below = there < exact->scaled;
  wide distance = below ? exact->scaled - there : there - exact->scaled;
  wide reach = (below && exact->at_power ? 4 : 2) * distance;
  return reach < exact->ulp || (reach == exact->ulp && exact->even);
}

// digits: 17 of them (or 10^17 after rounding up), the first with the weight 10^exponent.
static size_t write_digits(char *buffer, bool negative, uint64_t digits, int exponent,
                           int n_digits)
{
  char text[MOST_DIGITS];
  if (digits == 10 * ten_to_16) {
    digits = ten_to_16;
    exponent++;
  }
  for (int i = MOST_DIGITS; i-- > 0; digits /= 10)
    text[i] = (char) ('0' + digits % 10);
  int last = MOST_DIGITS;
  while (last > 1 && text[last - 1] == '0')
    last--;
  char *p = buffer;
  if (negative)
    *p++ = '-';
  if (exponent < -4 || exponent >= n_digits) {
    *p++ = text[0];
    if (last > 1)
      *p++ = '.';
    for (int i = 1; i < last; i++)
      *p++ = text[i];
    int size = exponent < 0 ? -exponent : exponent;
    *p++ = 'e';
    *p++ = exponent < 0 ? '-' : '+';
    *p++ = (char) ('0' + size / 10);
    *p++ = (char) ('0' + size % 10);
  } else {
    if (exponent < 0) {
      *p++ = '0';
      *p++ = '.';
      for (int i = -1; i > exponent; i--)
        *p++ = '0';
    }
    for (int i = 0; i < last || i <= exponent; i++) {
      if (i == exponent + 1 && exponent >= 0)
        *p++ = '.';
      *p++ = i < last ? text[i] : '0';
    }
  }
  *p = '\0';
  return (size_t) (p - buffer);
}

// The fewest significant digits, `least` or more, that read back.
static size_t write_shortest(char *buffer, double value, int least)
{
  double size = fabs(value);
  if (!(size >= 1e-10 && size < 1e16))
    return 0;
  int e;
  uint64_t m = (uint64_t) ldexp(frexp(size, &e), 53);
  e -= 53;
  // The logarithm may be off by one next to a power of ten.
  int exponent = (int) floor(log10(size));
  struct exact exact = scale_up(m, e, MOST_DIGITS - 1 - exponent);
  uint64_t whole = (uint64_t) (exact.scaled >> exact.shift);
  if (whole >= 10 * ten_to_16 || whole < ten_to_16) {
    exponent += whole < ten_to_16 ? -1 : 1;
    exact = scale_up(m, e, MOST_DIGITS - 1 - exponent);
  }
  uint64_t unit = 100;
  for (int n_digits = least; n_digits < MOST_DIGITS; n_digits++, unit /= 10) {
    uint64_t digits = round_to(&exact, unit);
    if (reads_back(&exact, digits))
      return write_digits(buffer, value < 0, digits, exponent, n_digits);
  }
  return write_digits(buffer, value < 0, round_to(&exact, 1), exponent, MOST_DIGITS);
}

size_t decimal_write(char buffer[DECIMAL_SIZE], double value)
{
  if (value != 0)
    return write_shortest(buffer, value, LEAST_DIGITS);
  strcpy(buffer, "0");
  return 1;
}

size_t decimal_write_17(char buffer[DECIMAL_SIZE], double value)
{
  return write_shortest(buffer, value, MOST_DIGITS);
}
