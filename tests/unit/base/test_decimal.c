// SPDX-License-Identifier: GPL-3.0-or-later
// Fast decimals against number_write and printf, byte for byte.
#include <config.h>

#include "base/decimal.h"

#include <stdint.h>

#include "base/number.h"
#include "tap.h"

static uint64_t state = 88172645463325252u;

// G. Marsaglia (2003), "Xorshift RNGs".
static uint64_t random_bits(void)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static size_t n_wrong;

static void check(double value)
{
  char slow[NUMBER_SIZE], fast[DECIMAL_SIZE] = "";
  size_t n = decimal_write(fast, value);
  number_write(slow, value);
  char all[DECIMAL_SIZE], printed[64];
  size_t n_all = decimal_write_17(all, value);
  snprintf(printed, sizeof printed, "%.17g", value);
  if (n_all && (n_all != strlen(printed) || strcmp(printed, all) != 0) && n_wrong++ < 10)
    printf("# %a: %s, printf has %s\n", value, all, printed);
  if (n == 0)
    return;
  if ((n != strlen(slow) || strcmp(slow, fast) != 0) && n_wrong++ < 10)
    printf("# %a: %s, number_write has %s\n", value, fast, slow);
}

static void report(const char *name)
{
  ok(n_wrong == 0, "%s", name);
  n_wrong = 0;
}

int main(void)
{
  for (int i = 0; i < 100000; i++) {
    // Every exponent that it takes and some beyond; the bits at random.
    double m = (double) (random_bits() >> 11) * 0x1p-53;
    check(ldexp(0.5 + 0.5 * m, (int) (random_bits() % 100) - 40));
  }
  report("random bits");
  for (int i = 0; i < 100000; i++) {
    // Decimals of few digits, and their neighbours.
    double x = (double) (random_bits() % 1000000) / pow(10, (double) (random_bits() % 12));
    double sign = random_bits() % 2 ? 1 : -1;
    check(sign * x);
    check(nextafter(x, 1e300));
    check(nextafter(x, -1e300));
  }
  report("short decimals and their neighbours");
  for (int k = -12; k <= 18; k++) {
    double x = pow(10, k);
    for (int i = 0; i < 200; i++, x = nextafter(x, 0))
      check(x);
    x = pow(10, k);
    for (int i = 0; i < 200; i++, x = nextafter(x, 1e300))
      check(x);
  }
  report("next to powers of ten");
  for (int k = -40; k <= 60; k++)
    for (int i = -3; i <= 3; i++) {
      double x = ldexp(1, k);
      for (int j = 0; j < (i < 0 ? -i : i); j++)
        x = nextafter(x, i < 0 ? 0 : 1e300);
      check(x);
    }
  report("next to powers of two");
  for (int i = 0; i < 100000; i++) {
    check((double) (random_bits() >> (11 + random_bits() % 50)));
    check((double) (random_bits() % 1000000000) + 0.5);
  }
  report("integers and halves");
  char text[DECIMAL_SIZE];
  decimal_write(text, 0);
  is_text(text, "0", "0");
  decimal_write(text, -0.0);
  is_text(text, "0", "-0");
  decimal_write(text, 0.1);
  is_text(text, "0.1", "0.1");
  decimal_write(text, -123456.5);
  is_text(text, "-123456.5", "-123456.5");
  decimal_write(text, 0.1 + 0.2);
  is_text(text, "0.30000000000000004", "0.1 + 0.2");
  decimal_write(text, 1.5e-7);
  is_text(text, "1.5e-07", "1.5e-07");
  ok(decimal_write_17(text, 0) == 0 && decimal_write_17(text, 1e99) == 0, "what is left to printf");
  ok(decimal_write(text, NAN) == 0 && decimal_write(text, INFINITY) == 0 &&
         decimal_write(text, 1e-300) == 0 && decimal_write(text, -1e17) == 0,
     "what is left to number_write");
  return tap_done();
}
