// SPDX-License-Identifier: GPL-3.0-or-later
// Decimals of doubles without the cost of printf and strtod.

#ifndef HER2_BASE_DECIMAL_H
#define HER2_BASE_DECIMAL_H

#include <stddef.h>

// Room for what decimal_write writes.
enum { DECIMAL_SIZE = 40 };

// Writes what number_write writes, the same bytes, terminated, and returns their number; 0 for
// a value that it leaves to number_write (NaN, infinities, magnitudes below 1e-10 and from
// 1e16 on, but for 0).
size_t decimal_write(char buffer[DECIMAL_SIZE], double value);
// The same for what printf's %.17g writes; 0 is left, too.
size_t decimal_write_17(char buffer[DECIMAL_SIZE], double value);

#endif
