// SPDX-License-Identifier: GPL-3.0-or-later
// Reference values that another program computed, read from tests/reference/*.tsv.
//
// Such a file has a passport in lines that begin with '#' (program and version, the
// script under tests/reference/generate that made it), then one line a quantity:
// a key, a tab, and one or more numbers parted by blanks.  Inputs and results stand
// in the same file, so nothing is copied by hand.  Numbers are NA, Inf, -Inf or
// decimal with 17 digits.

#ifndef HER2_TESTS_REFERENCE_H
#define HER2_TESTS_REFERENCE_H

#include <stddef.h>

struct reference; // the whole file

// Opens $srcdir/tests/reference/NAME (srcdir "." if unset); exits with a bail-out
// line if it cannot be read.  Release with reference_close.
struct reference *reference_open(const char *name);
void reference_close(struct reference *reference);

// The numbers under `key`, *n of them (n may be NULL); bails out if the key is absent.
// They belong to the reference.
const double *reference_values(const struct reference *reference, const char *key, size_t *n);
// The single number under `key`.
double reference_value(const struct reference *reference, const char *key);
// Number of lines, and the i-th key, for tests that walk over all.
size_t reference_size(const struct reference *reference);
const char *reference_key(const struct reference *reference, size_t i);

#endif
