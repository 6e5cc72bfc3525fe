// SPDX-License-Identifier: GPL-3.0-or-later
// Printed numbers of a coefficient that can be true together: against a search over a grid, and
// against rows that were rounded from a known estimate.
#include <config.h>

#include "stats/estimate_choice.h"

#include <math.h>
#include <stdio.h>

#include "stats/distribution.h"
#include "stats/rng.h"
#include "tap.h"

static const double z95 = 1.959963984540054;

// What prints as the numbers of a row, with so many decimals.
static void row_of(double b, double error, int decimals, struct printed *part)
{
  const double value[N_ESTIMATE_PARTS] = {b, exp(b), exp(b - z95 * error), exp(b + z95 * error),
                                          2 * normal_upper(fabs(b) / error)};
  for (size_t i = 0; i < N_ESTIMATE_PARTS; i++) {
    char text[64];
    snprintf(text, sizeof text, "%.*f", decimals, value[i]);
    printed_parse(text, &part[i]);
  }
}

static bool prints_so(const struct printed *part, size_t i, double b, double error)
{
  const double value[N_ESTIMATE_PARTS] = {b, exp(b), exp(b - z95 * error), exp(b + z95 * error),
                                          2 * normal_upper(fabs(b) / error)};
  double slack = 1e-9 * (1 + fabs(value[i]));
  return value[i] >= part[i].range.low - slack && value[i] <= part[i].range.high + slack;
}

static size_t size_of(const struct estimate_choice *choice)
{
  size_t n = 0;
  for (size_t i = 0; i < N_ESTIMATE_PARTS; i++)
    n += choice->is_kept[i];
  return n;
}

// A row rounded from an estimate: all of it is kept, and the choice prints as it does.
static void test_rounded(void)
{
  bool all = true, prints = true;
  struct philox_stream stream;
  philox_start(&stream, 11, RNG_MONTE_CARLO, 1);
  for (size_t k = 0; k < 500; k++) {
    struct printed part[N_ESTIMATE_PARTS];
    struct estimate_choice choice;
    double b = 3 * philox_normal(&stream), error = 0.05 + philox_uniform(&stream);
    row_of(b, error, 2 + (int) philox_below(&stream, 3), part);
    if (part[ESTIMATE_P].value == 0) // prints as 0.00: no P is that
      printed_parse("<0.01", &part[ESTIMATE_P]);
    if (part[ESTIMATE_LOW].range.low <= 0 || part[ESTIMATE_RATIO].range.low <= 0)
      continue;
    estimate_choose(part, 0, &choice);
    all &= size_of(&choice) == N_ESTIMATE_PARTS;
    for (size_t i = 0; i < N_ESTIMATE_PARTS; i++)
      prints &= prints_so(part, i, choice.b, choice.std_error);
  }
  ok(all, "a row rounded from one estimate is kept as a whole");
  ok(prints, "and the estimate that is chosen prints as the row does");
}

// The largest set by a fine grid is never larger than the one chosen, and what is kept prints so.
static void test_grid(void)
{
  bool largest = true, prints = true;
  struct philox_stream stream;
  philox_start(&stream, 12, RNG_MONTE_CARLO, 1);
  for (size_t k = 0; k < 24; k++) {
    struct printed part[N_ESTIMATE_PARTS], other[N_ESTIMATE_PARTS];
    struct estimate_choice choice;
    double b = philox_normal(&stream), error = 0.1 + philox_uniform(&stream);
    size_t most = 0;
    row_of(b, error, 2, part);
    row_of(b + 0.3 * philox_normal(&stream), error * (0.7 + philox_uniform(&stream)), 2, other);
    for (size_t i = 0; i < N_ESTIMATE_PARTS; i++) // some numbers of another row
      if (philox_below(&stream, 2))
        part[i] = other[i];
    if (part[ESTIMATE_LOW].range.low <= 0 || part[ESTIMATE_RATIO].range.low <= 0 ||
        part[ESTIMATE_P].value == 0)
      continue;
    estimate_choose(part, 0, &choice);
    for (double at = -4; at < 4; at += 0.01)
      for (double se = 0.02; se < 2.5; se += 0.01) {
        size_t n = 0;
        for (size_t i = 0; i < N_ESTIMATE_PARTS; i++)
          n += prints_so(part, i, at, se);
        most = n > most ? n : most;
      }
    largest &= size_of(&choice) >= most;
    for (size_t i = 0; i < N_ESTIMATE_PARTS; i++)
      prints &= !choice.is_kept[i] || prints_so(part, i, choice.b, choice.std_error);
  }
  ok(largest, "no point of a grid meets more numbers than are chosen");
  ok(prints, "what is chosen prints so");
}

static struct printed number(const char *text)
{
  struct printed printed;
  printed_parse(text, &printed);
  return printed;
}

static void test_study(void)
{
  // T1 before gadolinium of the study's Table 4: B, odds ratio and limits contradict each other.
  struct printed part[] = {number("-0.22"), number("1.01"), number("0.97"), number("1.11"),
                           number("0.077")};
  struct estimate_choice choice;
  estimate_choose(part, 0, &choice);
  is_integer((long long) size_of(&choice), 2, "two of five numbers can be true together");
  ok(!choice.is_kept[ESTIMATE_B], "B is not among them");
  // A contrast whose counts forbid its interval.
  struct printed contrast[] = {number("0.59"), number("1.81"), number("1.20"), number("2.72"),
                               number("0.006")};
  estimate_choose(contrast, 0, &choice);
  ok(size_of(&choice) == 4 && !choice.is_kept[ESTIMATE_P],
     "free: all numbers of the contrast but P, which its limits make 0.005");
  estimate_choose(contrast, 0.44, &choice);
  ok(choice.is_kept[ESTIMATE_B] && choice.is_kept[ESTIMATE_RATIO] && size_of(&choice) == 2,
     "with the least SE of its counts: B and the odds ratio");
  ok(choice.std_error >= 0.44, "the SE is not below the least");
}

static void test_nothing(void)
{
  struct printed part[N_ESTIMATE_PARTS];
  struct estimate_choice choice;
  for (size_t i = 0; i < N_ESTIMATE_PARTS; i++)
    part[i] = (struct printed){.value = NAN, .range = {NAN, NAN}};
  estimate_choose(part, 0, &choice);
  ok(isnan(choice.b) && isnan(choice.std_error), "nothing printed: NaN");
  part[ESTIMATE_RATIO] = number("2.00");
  estimate_choose(part, 0, &choice);
  is_close(choice.b, log(2), 0.003, "an odds ratio alone"); // the middle of log 1.995 to 2.005
  part[ESTIMATE_P] = number("<0.001");
  estimate_choose(part, 0, &choice);
  ok(2 * normal_upper(choice.b / choice.std_error) < 0.001, "with a P below");
}

int main(void)
{
  test_rounded();
  test_grid();
  test_study();
  test_nothing();
  return tap_done();
}
