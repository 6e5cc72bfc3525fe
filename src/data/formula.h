// SPDX-License-Identifier: GPL-3.0-or-later
// OUTCOME ~ TERM + TERM ..., as her2-formula(7) defines it.

#ifndef HER2_DATA_FORMULA_H
#define HER2_DATA_FORMULA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

enum part_kind {
  PART_PLAIN,  // x
  PART_FACTOR, // factor(x), factor(x, ref=level)
  PART_SCALED, // x/0.1: per `scale` units
  PART_PER_SD, // x/sd: per standard deviation
  PART_LOG,    // log(x)
  PART_SQRT,   // sqrt(x)
  PART_SPLINE, // rcs(x, knots)
  PART_RISK,   // risk(x)
};

struct formula_part {
  enum part_kind kind;
  char *name;
  char *reference; // PART_FACTOR: level or NULL
  double scale;    // PART_SCALED: > 0
  int knots;       // PART_SPLINE: 3, 4 or 5
};

enum term_sign {
  TERM_ADD,
  TERM_REMOVE, // - name: one plain part, taken out of what `.` stands for (what was added
               // before is taken away by the parser)
  TERM_REST,   // `.`: every other column; no parts
};

// One part, or several joined by ':' (an interaction).  a*b is stored as a, b, a:b.
struct formula_term {
  enum term_sign sign;
  struct formula_part *part;
  size_t n_parts;
};

struct formula {
  char *outcome;                 // NULL: no outcome
  struct text_list event;        // levels after `=`; empty: none stated
  struct text_list comparison;   // levels after `vs`; empty: the rest
  struct formula_term *term;     // in order; an added term occurs once
  size_t n_terms;
};

// Errors are ERROR_USAGE and say where ("formula, character 12: ...") and what to write.
bool formula_parse(struct formula *formula, const char *text, struct error *error);
// The same, but `OUTCOME ~` without terms is a formula too, where models stand beside it.
bool formula_parse_outcome(struct formula *formula, const char *text, struct error *error);
void formula_free(struct formula *formula);
// The formula in its canonical spelling, which parses to an equal formula.
void formula_print(const struct formula *formula, struct text *text);
// The same terms in the same order; levels and the parts of an interaction in any order.
bool formula_equal(const struct formula *a, const struct formula *b);
// One term as the user would write it ("factor(x, ref=a):log(z)").
void formula_print_term(const struct formula_term *term, struct text *text);
// A name or level as the grammar wants it: bare, or in backquotes or double quotes.
void formula_print_name(const char *name, struct text *text);
void formula_print_level(const char *level, struct text *text);

// True if an operand is a formula and not a file: it has a `~` with no `/` before it.
bool formula_is_operand(const char *operand);

#endif
