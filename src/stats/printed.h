// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as they are printed: the values that print so, and intervals of them.
//
// `0.12` is what any value from 0.115 to 0.125 prints (both ends belong: half-up and
// half-even are both in use), `<0.001` any value from 0 to 0.001.

#ifndef HER2_STATS_PRINTED_H
#define HER2_STATS_PRINTED_H

#include <stdbool.h>
#include <stddef.h>

// low <= high; an infinite end is unbounded, NaN ends are unknown.
struct interval {
  double low, high;
};

enum printed_relation { PRINTED_EQUAL, PRINTED_LESS, PRINTED_MORE }; // 0.12  <0.001  >0.99

struct printed {
  double value;         // as printed; `<0.001`: 0.001; NaN: not printed
  struct interval range; // of the values that print so; NaN: not printed
  int decimals;
  enum printed_relation relation;
};

// [+-] digits [. digits], with '<', '>', U+2264 or U+2265 (at most, at least) and blanks before
// and '%' after allowed (the value is that of the digits: 24.6% is 24.6).  A true minus sign is
// one too.  False, with NaN, for anything else.
// A value below 0 cannot be meant by '<': its range begins at 0 (`<-1`: minus infinity).
bool printed_parse(const char *text, struct printed *printed);
// A whole number that is not rounded: its range is itself.  False for anything else.
bool printed_parse_count(const char *text, struct printed *printed);
bool printed_is_there(const struct printed *printed);

enum agreement {
  AGREEMENT_UNKNOWN,  // one of them is missing
  AGREEMENT_GOOD,     // the value recomputed from the printed centres prints so
  AGREEMENT_ROUNDING, // only some value within the rounding of the inputs does
  AGREEMENT_NONE,
};
// `recomputed` from the inputs as printed, `range` over all inputs that print so.  The slack
// for the arithmetic itself is 1e-9 of the value.
enum agreement printed_compare(const struct printed *printed, double recomputed,
                               struct interval range);
// The same with P values: a printed 0 (`0.000`) and `<0.001` hold what is below them; a P
// above 1 counts as 1.
enum agreement printed_compare_p(const struct printed *printed, double recomputed,
                                 struct interval range);

// Two printed numbers of one quantity, perhaps with other decimals: whether some value prints
// as both.
bool printed_overlap(const struct printed *a, const struct printed *b);

// Interval arithmetic, outward by a few roundings of a double is not attempted: callers
// compare with the slack above.  A NaN end makes the result NaN.
struct interval interval_of(double low, double high);
struct interval interval_point(double value);
struct interval interval_add(struct interval a, struct interval b);
struct interval interval_subtract(struct interval a, struct interval b);
struct interval interval_multiply(struct interval a, struct interval b);
struct interval interval_divide(struct interval a, struct interval b); // 0 in b: the whole line
struct interval interval_scale(struct interval a, double factor);
struct interval interval_absolute(struct interval a);
// Of arguments in the domain; what lies outside it is cut off (log of 0 is minus infinity).
struct interval interval_log(struct interval a);
struct interval interval_exp(struct interval a);
struct interval interval_sqrt(struct interval a);
bool interval_holds(struct interval a, double value);
bool interval_meets(struct interval a, struct interval b);
bool interval_is_known(struct interval a); // no NaN

#endif
