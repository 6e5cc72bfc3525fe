// SPDX-License-Identifier: GPL-3.0-or-later
// Printed numbers: reading, rounding, intervals.
#include <config.h>

#include "stats/printed.h"

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

static void test_parse(void)
{
  static const struct {
    const char *text;
    double value, low, high;
    int decimals;
  } good[] = {
      {"0.12", 0.12, 0.115, 0.125, 2},  {"-0.19", -0.19, -0.195, -0.185, 2},
      {"1516", 1516, 1515.5, 1516.5, 0}, {"<0.001", 0.001, 0, 0.001, 3},
      {"< .001", 0.001, 0, 0.001, 3},   {"<=0.05", 0.05, 0, 0.05, 2},
      {">0.99", 0.99, 0.99, INFINITY, 2}, {"24.6%", 24.6, 24.55, 24.65, 1},
      {"24.6 %", 24.6, 24.55, 24.65, 1}, {"\u22120.30", -0.3, -0.305, -0.295, 2},
      {"\u22640.001", 0.001, 0, 0.001, 3}, {"+2.5", 2.5, 2.45, 2.55, 1},
      {"0.000", 0, -0.0005, 0.0005, 3},
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    struct printed p;
    ok(printed_parse(good[i].text, &p) && p.value == good[i].value &&
           fabs(p.range.low - good[i].low) < 1e-12 &&
           (isinf(good[i].high) ? isinf(p.range.high)
                                : fabs(p.range.high - good[i].high) < 1e-12) &&
           p.decimals == good[i].decimals && printed_is_there(&p),
       "'%s'", good[i].text);
  }
  static const char *const bad[] = {"", "NA", "0.1.2", "1e5", "0x1", "inf", "0,12", "<", "%",
                                    "1 2", "0.05*", "--1", "1-2", "<<1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct printed p;
    ok(!printed_parse(bad[i], &p) && !printed_is_there(&p), "'%s' is no number", bad[i]);
  }
  struct printed n;
  ok(printed_parse_count("34", &n) && n.range.low == 34 && n.range.high == 34, "a count is exact");
  ok(!printed_parse_count("34.0", &n) && !printed_parse_count("-1", &n), "no count");
}

static enum agreement agree(const char *text, double value, double low, double high)
{
  struct printed p;
  printed_parse(text, &p);
  return printed_compare(&p, value, interval_of(low, high));
}

static enum agreement agree_p(const char *text, double value)
{
  struct printed p;
  printed_parse(text, &p);
  return printed_compare_p(&p, value, interval_point(value));
}

static void test_compare(void)
{
  ok(agree("0.12", 0.1151, 0.11, 0.13) == AGREEMENT_GOOD, "prints so");
  ok(agree("0.12", 0.115, 0.115, 0.115) == AGREEMENT_GOOD, "half down");
  ok(agree("0.12", 0.125, 0.125, 0.125) == AGREEMENT_GOOD, "half up");
  ok(agree("0.12", 0.13, 0.124, 0.14) == AGREEMENT_ROUNDING, "within rounding");
  ok(agree("0.12", 0.13, 0.126, 0.14) == AGREEMENT_NONE, "not within rounding");
  ok(agree("0.12", NAN, NAN, NAN) == AGREEMENT_UNKNOWN, "not recomputed");
  ok(agree("NA", 1, 1, 1) == AGREEMENT_UNKNOWN, "not printed");
  ok(agree_p("<0.001", 0.0009) == AGREEMENT_GOOD, "below");
  ok(agree_p("<0.001", 1e-300) == AGREEMENT_GOOD, "far below");
  ok(agree_p("<0.001", 0.0011) == AGREEMENT_NONE, "not below");
  ok(agree_p("0.000", 1e-20) == AGREEMENT_GOOD, "0.000");
  ok(agree_p("0.000", 0.0006) == AGREEMENT_NONE, "not 0.000");
  ok(agree_p(">0.99", 1) == AGREEMENT_GOOD, "above");
  ok(agree_p("1.000", 1.4) == AGREEMENT_GOOD, "a P above 1 is 1");
  ok(agree_p("1.000", NAN) == AGREEMENT_UNKNOWN, "a P that is not known is not 1");
  struct printed a, b;
  printed_parse("0.63", &a);
  printed_parse("0.638", &b);
  ok(!printed_overlap(&a, &b), "0.63 is not 0.638");
  printed_parse("0.634", &b);
  ok(printed_overlap(&a, &b), "0.63 may be 0.634");
}

static double uniform(void)
{
  return rand() / (double) RAND_MAX;
}

// Every value computed from members lies in the interval, and the ends are attained.
static void test_arithmetic(void)
{
  srand(1);
  bool holds = true, tight = true;
  for (int i = 0; i < 2000; i++) {
    struct interval a = interval_of(4 * uniform() - 2, 4 * uniform() - 2);
    struct interval b = interval_of(4 * uniform() - 2, 4 * uniform() - 2);
    struct interval sum = interval_add(a, b), difference = interval_subtract(a, b),
                    product = interval_multiply(a, b), quotient = interval_divide(a, b),
                    size = interval_absolute(a);
    double least = INFINITY, most = -INFINITY;
    for (int j = 0; j <= 10; j++)
      for (int k = 0; k <= 10; k++) {
        double x = a.low + j * (a.high - a.low) / 10, y = b.low + k * (b.high - b.low) / 10;
        double room = 1e-12;
        holds &= x + y >= sum.low - room && x + y <= sum.high + room;
        holds &= x - y >= difference.low - room && x - y <= difference.high + room;
        holds &= x * y >= product.low - room && x * y <= product.high + room;
        holds &= fabs(x) >= size.low - room && fabs(x) <= size.high + room;
        if (fabs(y) > 1e-3)
          holds &= x / y >= quotient.low - 1e-9 && x / y <= quotient.high + 1e-9;
        least = fmin(least, x * y);
        most = fmax(most, x * y);
      }
    tight &= fabs(least - product.low) < 1e-12 && fabs(most - product.high) < 1e-12;
  }
  ok(holds, "intervals hold what members give");
  ok(tight, "the ends of products are attained");
  ok(interval_log(interval_of(0, 1)).low == -INFINITY, "log of 0");
  ok(!interval_is_known(interval_log(interval_of(-2, -1))), "log of a negative");
  ok(interval_sqrt(interval_of(-1, 4)).high == 2, "square root, cut off at 0");
  ok(!interval_is_known(interval_add(interval_point(NAN), interval_point(1))), "unknown");
  ok(interval_divide(interval_point(1), interval_of(-1, 1)).high == INFINITY, "divided by 0");
}

int main(void)
{
  test_parse();
  test_compare();
  test_arithmetic();
  return tap_done();
}
