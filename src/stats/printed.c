// SPDX-License-Identifier: GPL-3.0-or-later
// Printed numbers and intervals of values (Moore 1966, Interval Analysis, for the arithmetic).
#include <config.h>

#include "stats/printed.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

enum { MOST_LENGTH = 60 };
static const double slack = 1e-9; // of the value

static const struct printed not_printed = {
    .value = NAN, .range = {NAN, NAN}, .relation = PRINTED_EQUAL};

// ---- reading ----

// Takes `sign` from the front of *text.
static bool take(const char **text, const char *sign)
{
  if (!text_starts(*text, sign))
    return false;
  *text += strlen(sign);
  return true;
}

static void skip_blanks(const char **text)
{
  while (**text == ' ' || **text == '\t')
    ++*text;
}

bool printed_parse(const char *text, struct printed *printed)
{
  *printed = not_printed;
  enum printed_relation relation = PRINTED_EQUAL;
  skip_blanks(&text);
  if (take(&text, "<") || take(&text, "\u2264")) {
    relation = PRINTED_LESS;
    take(&text, "=");
  } else if (take(&text, ">") || take(&text, "\u2265")) {
    relation = PRINTED_MORE;
    take(&text, "=");
  }
  skip_blanks(&text);
  char digits[MOST_LENGTH];
  size_t n = 0;
  if (take(&text, "\u2212") || take(&text, "-"))
    digits[n++] = '-';
  size_t m = strspn(text, "+0123456789.");
  if (m == 0 || n + m >= sizeof digits)
    return false;
  memcpy(digits + n, text, m);
  n += m;
  digits[n] = '\0';
  text += m;
  skip_blanks(&text);
  take(&text, "%");
  skip_blanks(&text);
  double value;
  if (*text || !number_parse_text(digits, &value))
    return false;
  const char *point = strchr(digits, '.');
  printed->value = value;
  printed->decimals = point ? (int) strlen(point + 1) : 0;
  printed->relation = relation;
  double half = 0.5 * pow(10, -printed->decimals);
  switch (relation) {
  case PRINTED_EQUAL:
    printed->range = interval_of(value - half, value + half);
    break;
  case PRINTED_LESS:
    printed->range = interval_of(value < 0 ? -INFINITY : 0, value);
    break;
  case PRINTED_MORE:
    printed->range = interval_of(value, INFINITY);
    break;
  }
  return true;
}

bool printed_parse_count(const char *text, struct printed *printed)
{
  *printed = not_printed;
  int64_t count;
  if (!number_parse_integer(text, 0, INT64_C(1) << 53, &count))
    return false;
  printed->value = (double) count;
  printed->range = interval_point(printed->value);
  return true;
}

bool printed_is_there(const struct printed *printed)
{
  return !isnan(printed->value);
}

// ---- comparing ----

static double slack_of(double value)
{
  return isinf(value) ? 0 : slack * fabs(value);
}

static bool prints_so(struct interval range, double value)
{
  double room = slack_of(value);
  return value >= range.low - room && value <= range.high + room;
}

static enum agreement compare(struct interval printed, double recomputed, struct interval range)
{
  if (!interval_is_known(printed))
    return AGREEMENT_UNKNOWN;
  if (!isnan(recomputed) && prints_so(printed, recomputed))
    return AGREEMENT_GOOD;
  if (!interval_is_known(range))
    return AGREEMENT_UNKNOWN;
  if (range.low - slack_of(range.low) <= printed.high &&
      range.high + slack_of(range.high) >= printed.low)
    return AGREEMENT_ROUNDING;
  return AGREEMENT_NONE;
}

enum agreement printed_compare(const struct printed *printed, double recomputed,
                               struct interval range)
{
  return compare(printed->range, recomputed, range);
}

enum agreement printed_compare_p(const struct printed *printed, double recomputed,
                                 struct interval range)
{
  struct interval of_printed = printed->range;
  if (of_printed.low < 0)
    of_printed.low = 0;
  // (fmin would turn a NaN into 1)
  if (range.low > 1)
    range.low = 1;
  if (range.high > 1)
    range.high = 1;
  return compare(of_printed, recomputed > 1 ? 1 : recomputed, range);
}

bool printed_overlap(const struct printed *a, const struct printed *b)
{
  return interval_meets((struct interval){a->range.low - slack_of(a->range.low),
                                          a->range.high + slack_of(a->range.high)},
                        b->range);
}

// ---- arithmetic ----

struct interval interval_of(double low, double high)
{
  if (isnan(low) || isnan(high))
    return (struct interval){NAN, NAN};
  return low <= high ? (struct interval){low, high} : (struct interval){high, low};
}

struct interval interval_point(double value)
{
  return (struct interval){value, value};
}

struct interval interval_add(struct interval a, struct interval b)
{
  return interval_of(a.low + b.low, a.high + b.high);
}

struct interval interval_subtract(struct interval a, struct interval b)
{
  return interval_of(a.low - b.high, a.high - b.low);
}

// 0 times infinity is 0: an unbounded end is a limit, not a value.
static double product(double a, double b)
{
  return a == 0 || b == 0 ? 0 : a * b;
}

struct interval interval_multiply(struct interval a, struct interval b)
{
  if (!interval_is_known(a) || !interval_is_known(b))
    return (struct interval){NAN, NAN};
  double p[] = {product(a.low, b.low), product(a.low, b.high), product(a.high, b.low),
                product(a.high, b.high)};
  struct interval c = {p[0], p[0]};
  for (int i = 1; i < 4; i++) {
    c.low = fmin(c.low, p[i]);
    c.high = fmax(c.high, p[i]);
  }
  return c;
}

struct interval interval_divide(struct interval a, struct interval b)
{
  if (!interval_is_known(a) || !interval_is_known(b))
    return (struct interval){NAN, NAN};
  if (b.low < 0 && b.high > 0)
    return (struct interval){-INFINITY, INFINITY};
  if (b.low == 0 && b.high == 0)
    return (struct interval){NAN, NAN};
  struct interval inverse = {b.high == 0 ? -INFINITY : 1 / b.high,
                             b.low == 0 ? INFINITY : 1 / b.low};
  return interval_multiply(a, inverse);
}

struct interval interval_scale(struct interval a, double factor)
{
  return interval_multiply(a, interval_point(factor));
}

struct interval interval_absolute(struct interval a)
{
  if (!interval_is_known(a))
    return a;
  if (a.low >= 0)
    return a;
  if (a.high <= 0)
    return (struct interval){-a.high, -a.low};
  return (struct interval){0, fmax(-a.low, a.high)};
}

struct interval interval_log(struct interval a)
{
  if (!interval_is_known(a) || a.high < 0)
    return (struct interval){NAN, NAN};
  return (struct interval){a.low <= 0 ? -INFINITY : log(a.low), log(a.high)};
}

struct interval interval_exp(struct interval a)
{
  return interval_of(exp(a.low), exp(a.high));
}

struct interval interval_sqrt(struct interval a)
{
  if (!interval_is_known(a) || a.high < 0)
    return (struct interval){NAN, NAN};
  return (struct interval){a.low <= 0 ? 0 : sqrt(a.low), sqrt(a.high)};
}

bool interval_holds(struct interval a, double value)
{
  return a.low <= value && value <= a.high;
}

bool interval_meets(struct interval a, struct interval b)
{
  return a.low <= b.high && b.low <= a.high;
}

bool interval_is_known(struct interval a)
{
  return !isnan(a.low) && !isnan(a.high);
}
