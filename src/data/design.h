// SPDX-License-Identifier: GPL-3.0-or-later
// From terms to the columns of a design matrix, the same for fit, prediction and nomogram.
//
// design_learn takes from the rows of a fit what the terms need (levels, knots, SDs, ranges);
// after that the design knows no table: design_evaluate makes its columns for any cohort.
//
// The columns are those of R's model.matrix: a level's column is 1 in its rows, else 0, and
// the reference has none.  An interaction has all products of its parts' columns, those of
// the first part running fastest.  In an interaction whose other parts are in no term before
// it (lower orders come first), a factor has a column for every level (factor:x without x).

#ifndef HER2_DATA_DESIGN_H
#define HER2_DATA_DESIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/formula.h"
#include "data/table.h"
#include "stats/collinearity.h"
#include "stats/convention.h"

// A column of the cohort that the model reads: numbers or levels, never both.
struct design_variable {
  char *name, *label, *unit;             // label and unit NULL where not stated
  int digits;                            // decimals to print; -1: not stated
  bool categorical, ordinal;
  struct text_list levels, level_labels; // categorical; the reference first
  struct text_list unused_levels;        // left out: no row among those used has them
  double least, most;                    // numeric: the range seen; NaN where not known
  double step;                           // numeric: smallest difference worth showing, by digits
};

// One part of a term (x, log(x), rcs(x, 4), factor(x)), with what was learned.
struct design_part {
  enum part_kind kind; // PART_FACTOR for every categorical variable and no other
  size_t variable;     // index into design.variable
  double divisor;      // PART_SCALED: the scale; PART_PER_SD: the SD learned; else 1
  double *knot;        // PART_SPLINE
  size_t n_knots;
  size_t n_columns;    // numeric 1, spline knots - 1, factor levels - 1 (or levels, see above)
};

struct design_term {
  char *name;             // as formula_print_term writes it
  struct design_part *part;
  size_t n_parts;         // more than one: interaction
  size_t first, n_columns; // in the matrix; column 0 is the intercept
};

// Starts as {0}.
struct design {
  struct design_variable *variable;
  size_t n_variables;
  struct design_term *term;
  size_t n_terms;
  size_t n_columns;       // the intercept included
  char **column_name;     // n_columns, all different: "Intercept", "adc", "enhancement=rim",
                          // "rcs(age, 4)", "rcs(age, 4)'", "log(x):site=b"
};

// All terms, or the intercept and all terms.
#define DESIGN_ALL ((size_t) -1)

// Rows that are complete for every column that the formula's terms name (`.` expanded before):
// what `used` usually is, the outcome aside.  False if a column is not there.
bool design_complete_formula(const struct formula *formula, const struct table *table,
                             bool *complete, struct error *error);
// Learns from the rows with used[i] true.  A level without rows gets no column and goes to
// unused_levels.  The reference is the formula's, else the first or last level that has rows,
// by `convention`.  ERROR_DATA, naming the term: a factor of one level, an asked reference
// without rows, knots that coincide, an SD of 0, log or sqrt where they are not defined, a
// risk that is no probability, a quantity of a column of levels.  ERROR_USAGE: a column that
// is not there, two references for one column, a column as number and as factor, a column of
// the matrix that two terms have.
bool design_learn(struct design *design, const struct formula *formula, const struct table *table,
                  const bool *used, const struct convention *convention, struct error *error);
void design_free(struct design *design);
// For a design put together by hand, from variables and terms with name, parts and what they
// learned: fills the columns of parts and terms and their names.  ERROR_USAGE: a column that
// two terms have.
bool design_arrange(struct design *design, struct error *error);

// Rows that are complete for every variable of the terms (term DESIGN_ALL: all terms).  The
// table must have the columns.
void design_complete(const struct design *design, const struct table *table, size_t term,
                     bool *complete);
// Whether the rows listed can be evaluated (missing values can): ERROR_DATA for a column that
// the table lacks or that has levels where the design has numbers, for a level that the design
// does not know and for a risk that is no probability, with the file's line, the earliest.
// Levels compare as text, and as numbers where no text is equal (1 is 1.0).  A level that the
// design does not know may be there by its value in a statistics file ("1" for "yes"), or by its
// label in the codebook; where names and these disagree (one level is another's value), the kind
// counts by which all levels are known, and if both are, that is an ERROR_DATA.
bool design_check(const struct design *design, const struct table *table, size_t term,
                  const size_t *row, size_t n_rows, struct error *error);
// Columns of the named term alone or (term DESIGN_ALL) the intercept and all terms, for the
// rows listed: x: n_rows x columns, column-major.  A value that is missing gives NaN in the
// columns of its terms, and so does a log or sqrt that is not defined.  Errors: design_check's.
bool design_evaluate(const struct design *design, const struct table *table, size_t term,
                     const size_t *row, size_t n_rows, double *x, struct error *error);
// What the design's variables are in the rows listed, as design_evaluate_values takes them:
// value: n_rows x n_variables, row after row.  Errors: design_check's.
bool design_values(const struct design *design, const struct table *table, const size_t *row,
                   size_t n_rows, double *value, struct error *error);
// The columns of one row from values given directly: value[v] a number or a level index
// (0: the reference), NaN: missing.  x: n_columns.
void design_evaluate_values(const struct design *design, const double *value, double *x);
// True for a row in which a numeric variable is outside the range that the fit has seen;
// `which` (may be NULL) gets the first such variable.  Missing values are inside, and so is
// every value where the range is not known.
bool design_out_of_range(const struct design *design, const double *value, size_t *which);

// The columns of each term as selection.h wants them (first = 0 is column 1), and which term needs
// which: needs[i * n_terms + j] where term i has all variables of term j and more.  To be freed.
void design_groups(const struct design *design, struct column_group **group, bool **needs);

// Adds a note to the table for each column whose levels the design knows by other names than the
// column has, as design_check matches them; `model` is what the note calls the design.
void design_note_levels(const struct design *design, const char *model, struct table *table);

// Index of a variable by its name; DESIGN_ALL if there is none.
size_t design_find_variable(const struct design *design, const char *name);
// Index of a level of a categorical variable: by text, else by number; DESIGN_ALL if none.
size_t design_find_level(const struct design_variable *variable, const char *level);
// What is printed for a variable: its label, else its name.
const char *design_title(const struct design_variable *variable);
// The one variable that a term is a function of; DESIGN_ALL if there are several.
size_t design_term_variable(const struct design_term *term);

#endif
