// SPDX-License-Identifier: GPL-3.0-or-later
// Between the files that make her2-icc's variables.

#ifndef HER2_CMD_ICC_READINGS_H
#define HER2_CMD_ICC_READINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/icc.h"
#include "data/codebook.h"
#include "data/formula.h"

// A name of the formula (a column, or what is left of it without the suffix) and what is
// to be done with it.
struct icc_wanted {
  enum part_kind kind;
  double scale;
  const char *name;
  bool automatic; // `.` stands for it, or nothing was asked
};

// What the codebook says of a column or of a variable; NULL: nothing.
const struct codebook_entry *icc_entry(const struct icc *icc, const char *name);
bool icc_is_transformed(const struct icc_wanted *wanted);
// The part that the names of the columns share, where each goes on with a separator or a digit
// or ends ("adc" of adc and adc_2); NULL if there is none.  The caller frees.
char *icc_common_stem(const struct table *table, const size_t *column, size_t k);
// name, title, unit and digits; stem: what the columns are called without their readers.
void icc_name_variable(const struct icc *icc, struct icc_variable *variable,
                       const struct icc_wanted *wanted, const char *stem, const size_t *column,
                       size_t k);
// The readers are columns.
void icc_name_readers(const struct icc *icc, struct icc_variable *variable, const size_t *column,
                      size_t k);

// All statistics, from the readings.
void icc_compute_variable(const struct icc *icc, struct icc_variable *variable);

#endif
