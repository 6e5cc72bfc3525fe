// SPDX-License-Identifier: GPL-3.0-or-later
// Test Anything Protocol for unit tests: one line a check, the plan at the end.
//
//   int main(void)
//   {
//     is_close(mean, 2.5, 1e-12, "mean of 1 2 3 4");
//     return tap_done();
//   }

#ifndef HER2_TESTS_TAP_H
#define HER2_TESTS_TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failures;

__attribute__((format(printf, 2, 3), unused)) static bool ok(bool good, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  printf("%sok %d - ", good ? "" : "not ", ++tap_count);
  vprintf(format, arguments);
  putchar('\n');
  va_end(arguments);
  tap_failures += !good;
  return good;
}

// Relative where |expected| > 1e-300, absolute at expected = 0; NaN is close to NaN,
// and an infinity to the same infinity.  The tolerance stands at the call.
__attribute__((unused)) static bool is_close(double got, double expected, double tolerance,
                                             const char *name)
{
  bool good = isnan(expected)   ? isnan(got)
              : isinf(expected) ? got == expected
              : expected == 0   ? fabs(got) <= tolerance
                                : fabs(got - expected) <= tolerance * fabs(expected);
  ok(good, "%s", name);
  if (!good)
    printf("#   got %.17g, expected %.17g, relative difference %.3g, tolerance %g\n", got, expected,
           expected == 0 ? fabs(got) : fabs(got / expected - 1), tolerance);
  return good;
}

// Absolute difference.
__attribute__((unused)) static bool is_near(double got, double expected, double tolerance,
                                            const char *name)
{
  bool good = isnan(expected) ? isnan(got) : fabs(got - expected) <= tolerance || got == expected;
  ok(good, "%s", name);
  if (!good)
    printf("#   got %.17g, expected %.17g, difference %.3g, tolerance %g\n", got, expected,
           got - expected, tolerance);
  return good;
}

__attribute__((unused)) static bool is_integer(long long got, long long expected, const char *name)
{
  bool good = ok(got == expected, "%s", name);
  if (!good)
    printf("#   got %lld, expected %lld\n", got, expected);
  return good;
}

__attribute__((unused)) static bool is_text(const char *got, const char *expected, const char *name)
{
  bool good = ok(got && expected ? strcmp(got, expected) == 0 : got == expected, "%s", name);
  if (!good)
    printf("#   got      |%s|\n#   expected |%s|\n", got ? got : "(null)",
           expected ? expected : "(null)");
  return good;
}

__attribute__((unused)) static int tap_done(void)
{
  printf("1..%d\n", tap_count);
  return tap_failures ? 1 : 0;
}

#endif
