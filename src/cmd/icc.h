// SPDX-License-Identifier: GPL-3.0-or-later
// her2-icc's variables and their readings, between computing and presenting.

#ifndef HER2_CMD_ICC_H
#define HER2_CMD_ICC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "cmd/command.h"
#include "data/formula.h"
#include "stats/agreement.h"

struct icc_settings {
  struct text_list suffixes;   // --readers; none: not given
  const char *subject, *reader; // NULL: not given
  struct text_list values;
  enum icc_type type;          // that the page shows
  bool type_asked;
  int scale;                   // enum agreement_scale
  double multiplier;           // of the limits of agreement
  bool details;
};

enum { N_KAPPA_WEIGHTS = KAPPA_QUADRATIC + 1 };

// Two readers, first < second.
struct icc_pair {
  size_t first, second;
  struct bland_altman_result limits;            // of a quantity
  double *count;                                // of a category: n_levels x n_levels
  struct kappa_result kappa[N_KAPPA_WEIGHTS];   // by enum kappa_weights
};

struct icc_variable {
  char *name;              // in tidy tables
  char *title;             // as printed, without unit
  const char *unit;        // NULL: none
  int digits;              // decimals of what has the unit
  bool is_category;
  bool is_ordered;         // a category whose more than two levels have an order
  struct text_list levels, labels; // of a category
  size_t n_readers;
  char **reader;           // in tidy tables: the column, or the level of --reader
  char **reader_title;     // as printed
  size_t n, incomplete;    // subjects with all readings, and with some or none
  double *reading;         // n x n_readers, row-major: numbers or level indices
  struct icc_pair *pair;
  size_t n_pairs;

  struct reading_anova anova; // a quantity's
  struct icc_result icc[N_ICC_TYPES];
  struct repeatability_result repeatability;

  struct kappa_result fleiss, ac1, agree_pairs, agree_all; // a category's
};

struct icc {
  struct command *command;
  struct icc_settings *settings;
  struct formula formula;  // the user's; the cohort is loaded without it
  struct icc_variable *variable;
  size_t n_variables, capacity;
  struct error left_out;   // why the first variable that could not be read was left out
};

extern const struct named_choice icc_types[], icc_scales[];
extern const char *const icc_kappa_names[N_KAPPA_WEIGHTS];

// Finds the variables, takes their readings and computes what there is to compute.
bool icc_collect(struct icc *icc, struct error *error);

void icc_fill_tables(const struct icc *icc, struct report *report);
void icc_fill_layouts(const struct icc *icc, struct report *report);
bool icc_draw(const char *kind, void *icc, struct figure *figure, struct error *error);

// The i-th type of coefficient: the one that the page shows comes first.
enum icc_type icc_nth_type(const struct icc *icc, int i);
// With a true minus sign; the caller frees.
char *icc_number_text(double value, int digits);
// "A − B"; the caller frees.
char *icc_pair_title(const struct icc_variable *variable, const struct icc_pair *pair);
// What differences are of, where two readers read the quantities: "KL − SL"; the caller frees.
char *icc_difference_words(const struct icc *icc);

#endif
