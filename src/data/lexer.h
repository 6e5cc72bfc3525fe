// SPDX-License-Identifier: GPL-3.0-or-later
// The words of a formula, a derivation and a row condition: names, levels, numbers, signs.
//
// A bare name has letters, digits, '_' and '.', begins with neither a digit nor '.' and a
// digit, and is not '.' alone; any other name goes in backquotes, a backquote in it doubled.
// A bare level has letters, digits, '_', '.' and '-' and is not `vs`; any other level goes in
// double quotes, a double quote in it doubled.  Letters are those of Unicode.  A lexer always
// stands at a word: the blanks (space, tab, line end) after each word that it takes are
// skipped.

#ifndef HER2_DATA_LEXER_H
#define HER2_DATA_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct lexer {
  const char *what;  // in front of messages ("formula"); not copied
  const char *text;  // all of it; not copied
  const char *place; // the word that comes next
};

// Stands at the first word.  An ERROR_USAGE if the text is not UTF-8.
bool lexer_begin(struct lexer *lexer, const char *what, const char *text, struct error *error);

bool lexer_at_end(const struct lexer *lexer);
// Whether the text goes on with these bytes (a sign: `at` does not look where a word ends).
bool lexer_at(const struct lexer *lexer, const char *sign);
bool lexer_at_name(const struct lexer *lexer);
bool lexer_at_number(const struct lexer *lexer); // digit, or '.' and digit
// Whether the next word is this bare name, in whole.
bool lexer_at_bare_name(const struct lexer *lexer, const char *name);
// Whether the next word is this bare level, in whole (`vs`).
bool lexer_at_word(const struct lexer *lexer, const char *word);

// Steps over the sign or word if it stands there.
bool lexer_take(struct lexer *lexer, const char *sign);
bool lexer_take_word(struct lexer *lexer, const char *word);
// The caller frees.  NULL and an ERROR_USAGE with place and hint if there is none.
char *lexer_take_name(struct lexer *lexer, struct error *error);
// *quoted (may be NULL): whether it stood in double quotes.
char *lexer_take_level(struct lexer *lexer, bool *quoted, struct error *error);
// A number without sign: digits [. digits] [e [+-] digits].
bool lexer_take_number(struct lexer *lexer, double *value, struct error *error);

// Number of the character (not byte) at `place`, from 1.
size_t lexer_character(const struct lexer *lexer, const char *place);
// Sets an ERROR_USAGE "WHAT, character N: ..." and returns false.
bool lexer_error(const struct lexer *lexer, const char *place, struct error *error,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
// The error for whatever stands at the lexer's place where `wanted` ("a level") should:
// names what is there and, for what is typed by mistake often, what to type instead.
bool lexer_unexpected(const struct lexer *lexer, struct error *error, const char *wanted);

// The word that begins at `place` (up to a blank or a sign, at least one character), for
// messages: in bytes.
size_t lexer_word_length(const char *place);
// A text for a message, cut to what a line bears.
enum { LEXER_EXCERPT = 128 };
char *lexer_excerpt(char buffer[LEXER_EXCERPT], const char *bytes, size_t n);

bool lexer_is_bare_name(const char *name);
bool lexer_is_bare_level(const char *level);

#endif
