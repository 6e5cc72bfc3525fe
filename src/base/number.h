// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers in and out of text.  Locale never touches a number.

#ifndef HER2_BASE_NUMBER_H
#define HER2_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Room for any number that the functions below write, terminator included
// (a fixed number of 1e308 with 30 digits).
enum { NUMBER_SIZE = 360 };

// Reads all n bytes as one decimal number: [+-] digits [mark digits] [e [+-] digits],
// with at least one digit before or after the mark.  No blanks, hexadecimal, inf or
// nan.  The value is the nearest double (correctly rounded).  False for anything
// else, and for numbers beyond the largest double; one nearer to zero than the
// smallest double is 0.  `mark` is the decimal mark, '.' or ','.
bool number_parse(const char *bytes, size_t n, char mark, double *value);
// The same for a terminated string with mark '.'.
bool number_parse_text(const char *text, double *value);
// A whole number from `least` to `most`, decimal digits with an optional sign.
bool number_parse_integer(const char *text, int64_t least, int64_t most, int64_t *value);

// The shortest decimal text (at most 17 significant digits) that reads back as the
// same double.  NaN gives "", infinities "Inf" and "-Inf"; never "-0".
char *number_write(char buffer[NUMBER_SIZE], double value);
// With `digits` decimals; "-0.00" becomes "0.00".  NaN and infinities as above.
char *number_write_fixed(char buffer[NUMBER_SIZE], double value, int digits);
// With `digits` significant digits, no exponent between 1e-4 and 1e7.
char *number_write_significant(char buffer[NUMBER_SIZE], double value, int digits);
// A P value as journals print it: "<0.001", else `digits` (3 or more) decimals
// ("0.032"), ">0.99" style never: 1 is "1.000".  NaN gives "".
char *number_write_p(char buffer[NUMBER_SIZE], double p, int digits);

#endif
