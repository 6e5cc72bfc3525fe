// SPDX-License-Identifier: GPL-3.0-or-later
// Text in other encodings than UTF-8, by iconv.

#ifndef HER2_DATA_ENCODING_H
#define HER2_DATA_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

// The encoding that a byte order mark at the start tells: UTF-8, UTF-16LE, UTF-16BE,
// UTF-32LE, UTF-32BE or GB18030; NULL if there is none.
const char *encoding_of_mark(const char *content, size_t length);

// ERROR_USAGE for a name that iconv does not know.  Suffixes that would hide errors (//IGNORE)
// are no names.
bool encoding_check(const char *encoding, struct error *error);

// Turns the content into UTF-8; a byte order mark becomes U+FEFF and stays.  A sequence that
// is not in the encoding is an ERROR_DATA with line and character, "NAME:LINE: ..."; the
// content is then as it was.
bool encoding_convert(struct text *content, const char *encoding, const char *name,
                      struct error *error);

#endif
