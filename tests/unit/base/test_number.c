// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers in and out, against strtod and by property.
#include <config.h>

#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static uint64_t state = 20240501;

// Marsaglia's (2003) xorshift: enough for making test inputs.
static uint64_t next_random(void)
{
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static bool same_bits(double a, double b)
{
  return memcmp(&a, &b, sizeof a) == 0;
}

static bool parses_as_strtod(const char *text)
{
  double value;
  return number_parse_text(text, &value) && same_bits(value, strtod(text, NULL));
}

static void test_against_strtod(void)
{
  size_t wrong = 0;
  char text[800];
  for (int i = 0; i < 200000; i++) {
    uint64_t bits = next_random();
    double x;
    memcpy(&x, &bits, sizeof x);
    if (!isfinite(x))
      continue;
    static const char *const formats[] = {"%.17g", "%.16g", "%.15e", "%.6g", "%.3f", "%.25g"};
    snprintf(text, sizeof text, formats[i % 6], i % 6 == 4 ? fmod(x, 1e9) : x);
    wrong += !parses_as_strtod(text);
  }
  is_integer((long long) wrong, 0, "random doubles in six spellings read as strtod reads them");
  wrong = 0;
  for (int i = 0; i < 200000; i++) {
    // Digits of any number with the mark anywhere and small exponents: the fast path's edge.
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long) next_random());
    int mark = (int) (next_random() % (uint64_t) (n + 1));
    memmove(text + mark + 1, text + mark, (size_t) (n - mark + 1));
    text[mark] = '.';
    if (next_random() % 2)
      snprintf(text + n + 1, 16, "e%d", (int) (next_random() % 60) - 30);
    wrong += !parses_as_strtod(text);
  }
  is_integer((long long) wrong, 0, "20-digit decimals with exponents read as strtod reads them");
}

static void test_halfway(void)
{
  static const char *const cases[] = {
      "9007199254740993", "9007199254740992.5", "9007199254740993.00000000000000000000000001",
      "1e22", "1e23", "1e-22", "1e-23", "123456789012345678901234567890", "0.1", "0.3",
      "2.2250738585072011e-308", "4.9e-324", "1.7976931348623157e308", "0.000000000000000000001",
      "00000000000000000000000000001.5", "8.5e-45", "6.8e-45", "1e-400", "0e99999"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    ok(parses_as_strtod(cases[i]), "halfway and extreme cases: %s", cases[i]);
}

static void test_grammar(void)
{
  static const char *const bad[] = {"", "+", "-", ".", "e5", "1e", "1e+", "0x10", "inf", "nan",
                                    "NaN", "infinity", " 1", "1 ", "1,5", "1.2.3", "--1", "1e400",
                                    "-1e400", "1_000", "1e5.5", "nan(abc)", "\xc2\xbd", "1d5"};
  double value;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ok(!number_parse_text(bad[i], &value), "not a number: '%s'", bad[i]);
  static const char *const good[] = {"1", "-1", "+1", "1.", ".5", "-.5e3", "1E5", "0", "-0", "007"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    ok(parses_as_strtod(good[i]), "a number: '%s'", good[i]);
  ok(number_parse("1,5", 3, ',', &value) && value == 1.5, "decimal comma");
  ok(!number_parse("1.5", 3, ',', &value), "a point is no comma");
  ok(number_parse("1,5e400", 7, ',', &value) == false, "decimal comma, too large");
  ok(number_parse("12345678901234567890,25", 23, ',', &value) && value == 12345678901234567890.25,
     "decimal comma on the slow road");
  ok(number_parse("12x", 2, '.', &value) && value == 12, "reads n bytes and no more");
}

static void test_integers(void)
{
  int64_t value;
  ok(number_parse_integer("42", 0, 100, &value) && value == 42, "42");
  ok(!number_parse_integer("101", 0, 100, &value), "above the largest");
  ok(!number_parse_integer("-1", 0, 100, &value), "below the least");
  ok(!number_parse_integer("4.0", 0, 100, &value), "4.0 is not written as a whole number");
  ok(!number_parse_integer("", 0, 100, &value), "empty");
  ok(!number_parse_integer("99999999999999999999", 0, INT64_MAX, &value), "overflow");
}

static void test_writing(void)
{
  char a[NUMBER_SIZE];
  size_t wrong = 0;
  for (int i = 0; i < 200000; i++) {
    uint64_t bits = next_random();
    double x, back;
    memcpy(&x, &bits, sizeof x);
    if (!isfinite(x) || x == 0)
      continue;
    number_write(a, x);
    wrong += !number_parse_text(a, &back) || !same_bits(x, back);
  }
  is_integer((long long) wrong, 0, "what is written reads back as the same double");
  is_text(number_write(a, 0.1), "0.1", "shortest form");
  is_text(number_write(a, -0.0), "0", "no negative zero");
  is_text(number_write(a, NAN), "", "NaN is empty");
  is_text(number_write(a, -INFINITY), "-Inf", "infinity");
  is_text(number_write_fixed(a, -0.001, 2), "0.00", "no -0.00");
  is_text(number_write_fixed(a, -0.005, 3), "-0.005", "a true negative");
  is_text(number_write_fixed(a, 1e300, 2) + 1, number_write_fixed(a, 1e300, 2) + 1, "a long one");
  is_text(number_write_significant(a, 0.00012345, 3), "0.000123", "significant digits");
  is_text(number_write_significant(a, 123456, 3), "123456", "whole digits are kept");
  is_text(number_write_significant(a, 9.9996, 4), "10.00", "rounding up to the next decade");
  is_text(number_write_significant(a, 1.5e-9, 2), "1.5e-09", "small ones with exponent");
  is_text(number_write_p(a, 0.0004, 3), "<0.001", "P below the least");
  is_text(number_write_p(a, 0.0005, 3), "<0.001", "P of 0.0005 is below 0.001");
  is_text(number_write_p(a, 0.001, 3), "0.001", "P at the least");
  is_text(number_write_p(a, 0.0321, 3), "0.032", "P");
  is_text(number_write_p(a, 1, 3), "1.000", "P of 1");
  is_text(number_write_p(a, 0, 3), "<0.001", "P that underflows");
  is_text(number_write_p(a, NAN, 3), "", "P missing");
}

int main(void)
{
  test_against_strtod();
  test_halfway();
  test_grammar();
  test_integers();
  test_writing();
  return tap_done();
}
