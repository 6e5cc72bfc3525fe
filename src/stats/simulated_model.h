// SPDX-License-Identifier: GPL-3.0-or-later
// Columns whose logistic fits, areas and summaries print as a paper's tables print them: found
// by simulated annealing of single values, pairs and exchanges.

#ifndef HER2_STATS_SIMULATED_MODEL_H
#define HER2_STATS_SIMULATED_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A column of the cohort.  Values of a measure are whole numbers over `scale`; levels of a factor
// are only exchanged between rows of one group, so that counts stay.
struct model_column {
  double *value;      // n rows; changed
  size_t n_levels;    // 0: a measure; else values 0 to n_levels - 1, indicators of 1 and more
  double scale;       // 10^decimals
  double least, most; // of the values
  double spread;      // of the largest changes, such as the SD
};

// A logistic regression: intercept, then the columns in order, a measure divided by `per`.
struct model_equation {
  const double *outcome; // n: 1 event, 0 other, NaN: the row is not in the model
  const size_t *column;
  const double *per;
  size_t n_columns;
};

enum model_quantity {
  // Of a fit, design column `coefficient` less `other` (1: the first after the intercept; 0:
  // nothing, the reference level): B, and the odds ratio, its Wald limits (95%) and P.
  MODEL_COEFFICIENT,
  MODEL_ODDS_RATIO,
  MODEL_LIMIT_LOW,
  MODEL_LIMIT_HIGH,
  MODEL_P,
  MODEL_JOINT_P,    // Wald, of the design columns `coefficient` to `other`
  MODEL_AUC,        // concordance of risk and outcome, ties half
  MODEL_AUC_LOW,    // 95%, DeLong
  MODEL_AUC_HIGH,
  MODEL_BRIER,
  MODEL_YOUDEN,     // value: sensitivity, second: specificity, fractions that k of n can have;
                    // reached: number of rows by which the curve passes that point, and 1 and
                    // more if another point is as good or better
  // Of a column in a group.
  MODEL_MEAN,
  MODEL_SD,
  MODEL_Q1,         // type 6
  MODEL_MEDIAN,
  MODEL_Q3,
  N_MODEL_QUANTITIES
};

struct model_target {
  enum model_quantity quantity;
  size_t fit;                // or column
  size_t coefficient, other; // of a column: `coefficient` is the group
  double value, second;
  double half;               // what is this near to the value prints as it
  double scale;              // a natural unit: the SE, the SD; of ratios and P on the log scale
  bool at_most;              // of a ratio or P: values below are good, those above are not
  double weight;
};

struct model_problem {
  size_t n;
  const double *group;  // n codes 0..
  size_t n_groups;
  struct model_column *column;
  size_t n_columns;
  const struct model_equation *equation;
  size_t n_equations;
  const struct model_target *target;
  size_t n_targets;
};

struct model_effort {
  size_t n_proposals;
  double hot, cold; // temperatures, falling geometrically
  double widest, narrowest; // of the losses, in units of each target's scale, falling too
};

// Minimizes the sum over targets of weight log(1 + u^2), u = (distance from `value` - 0.8 half) /
// max(half, width scale), 0 if that is negative; odds ratios, limits and P values on the log
// scale.  The width falls, so that the sum is of squares at first, and at the end counts what
// does not print as asked: the logarithm lets a number that contradicts the others go.  Leaves
// the best columns that were met at the final width, and returns their sum.
//
// Proposals: one value moved, two of a group moved apart (the mean stays), two exchanged; the
// size of a move is log-uniform from the grid to the spread, and the largest shrinks.  Fits are
// brought up to date by Newton's method from where they stood.
// Random numbers: stream (seed, RNG_SIMULATE, replicate), nothing else.
double model_anneal(const struct model_problem *problem, const struct model_effort *effort,
                    uint64_t seed, uint64_t replicate);

// What each target has reached, from the columns as they stand: n_targets.  NaN where a fit has
// no maximum.
void model_reached(const struct model_problem *problem, double *reached);

#endif
