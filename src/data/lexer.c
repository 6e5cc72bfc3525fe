// SPDX-License-Identifier: GPL-3.0-or-later
// Names, levels, numbers and signs.  Letters by the general categories of Unicode (L; marks
// M and numbers N after the first character).
#include <config.h>

#include "data/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

// The character at a place of well-formed text, and its bytes: 0 at the end.
static size_t character_at(const char *place, ucs4_t *character)
{
  *character = 0;
  int n = u8_strmbtouc(character, (const uint8_t *) place);
  return n > 0 ? (size_t) n : 0;
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool begins_number(const char *place)
{
  return is_digit(place[0]) || (place[0] == '.' && is_digit(place[1]));
}

static bool is_letter(ucs4_t c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= 0x80 && uc_is_general_category(c, UC_CATEGORY_L));
}

static bool continues_name(ucs4_t c)
{
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         (c >= 0x80 && (uc_is_general_category(c, UC_CATEGORY_M) ||
                        uc_is_general_category(c, UC_CATEGORY_N)));
}

static bool continues_level(ucs4_t c)
{
  return continues_name(c) || c == '-';
}

static size_t run_length(const char *place, bool (*continues)(ucs4_t))
{
  const char *end = place;
  ucs4_t c;
  for (size_t n; (n = character_at(end, &c)) && continues(c);)
    end += n;
  return (size_t) (end - place);
}

// Bytes of the bare name at `place`, 0 if there is none.
static size_t bare_name_length(const char *place)
{
  ucs4_t first;
  if (!character_at(place, &first) || begins_number(place) ||
      !(is_letter(first) || first == '_' || first == '.'))
    return 0;
  size_t n = run_length(place, continues_name);
  return n == 1 && first == '.' ? 0 : n;
}

bool lexer_is_bare_name(const char *name)
{
  size_t n = strlen(name);
  return n && text_is_utf8(name, n, NULL) && bare_name_length(name) == n;
}

bool lexer_is_bare_level(const char *level)
{
  size_t n = strlen(level);
  return n && text_is_utf8(level, n, NULL) && run_length(level, continues_level) == n &&
         strcmp(level, "vs") != 0;
}

static void skip_blanks(struct lexer *lexer)
{
  lexer->place += strspn(lexer->place, " \t\r\n\v\f");
}

size_t lexer_character(const struct lexer *lexer, const char *place)
{
  size_t n = 1;
  for (const char *c = lexer->text; c < place; c++)
    n += ((unsigned char) *c & 0xc0) != 0x80;
  return n;
}

bool lexer_error(const struct lexer *lexer, const char *place, struct error *error,
                 const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  struct text message = {0};
  text_append_format_list(&message, format, arguments);
  va_end(arguments);
  error_set(error, ERROR_USAGE, "%s, character %zu: %s", lexer->what,
            lexer_character(lexer, place), text_content(&message));
  text_free(&message);
  return false;
}

bool lexer_begin(struct lexer *lexer, const char *what, const char *text, struct error *error)
{
  *lexer = (struct lexer){.what = what, .text = text, .place = text};
  size_t bad;
  if (!text_is_utf8(text, strlen(text), &bad))
    return lexer_error(lexer, text + bad, error, "not UTF-8 text");
  skip_blanks(lexer);
  return true;
}

bool lexer_at_end(const struct lexer *lexer)
{
  return *lexer->place == '\0';
}

bool lexer_at(const struct lexer *lexer, const char *sign)
{
  return text_starts(lexer->place, sign);
}

bool lexer_at_name(const struct lexer *lexer)
{
  return *lexer->place == '`' || bare_name_length(lexer->place) > 0;
}

bool lexer_at_number(const struct lexer *lexer)
{
  return begins_number(lexer->place);
}

bool lexer_at_word(const struct lexer *lexer, const char *word)
{
  size_t n = strlen(word);
  return run_length(lexer->place, continues_level) == n && memcmp(lexer->place, word, n) == 0;
}

bool lexer_at_bare_name(const struct lexer *lexer, const char *name)
{
  size_t n = strlen(name);
  return bare_name_length(lexer->place) == n && memcmp(lexer->place, name, n) == 0;
}

static void step(struct lexer *lexer, size_t n)
{
  lexer->place += n;
  skip_blanks(lexer);
}

bool lexer_take(struct lexer *lexer, const char *sign)
{
  if (!lexer_at(lexer, sign))
    return false;
  step(lexer, strlen(sign));
  return true;
}

bool lexer_take_word(struct lexer *lexer, const char *word)
{
  if (!lexer_at_word(lexer, word))
    return false;
  step(lexer, strlen(word));
  return true;
}

char *lexer_excerpt(char buffer[LEXER_EXCERPT], const char *bytes, size_t n)
{
  size_t room = LEXER_EXCERPT - 4;
  if (n <= room) {
    memcpy(buffer, bytes, n);
    buffer[n] = '\0';
  } else {
    n = text_whole_characters(bytes, room);
    memcpy(buffer, bytes, n);
    strcpy(buffer + n, "...");
  }
  return buffer;
}

size_t lexer_word_length(const char *place)
{
  size_t n = run_length(place, continues_level);
  ucs4_t c;
  return n ? n : character_at(place, &c);
}

// Signs that word processors, PDFs and other keyboards give in place of the plain ones.
static const struct {
  const char *sign, *name, *instead;
} look_alikes[] = {
    {"\u201c", "a curly quote", "\""},      {"\u201d", "a curly quote", "\""},
    {"\u201e", "a curly quote", "\""},      {"\u00ab", "an angle quote", "\""},
    {"\u00bb", "an angle quote", "\""},     {"\u2018", "a curly quote", "` or \""},
    {"\u2019", "a curly quote", "` or \""}, {"\u00b4", "an acute accent", "`"},
    {"\u2010", "a typographic hyphen", "-"}, {"\u2011", "a typographic hyphen", "-"},
    {"\u2012", "a dash", "-"},              {"\u2013", "a dash", "-"},
    {"\u2014", "a dash", "-"},              {"\u2212", "a typographic minus", "-"},
    {"\u00d7", "a multiplication sign", "*"}, {"\u00b7", "a multiplication dot", "*"},
    {"\u22c5", "a multiplication dot", "*"}, {"\u00f7", "a division sign", "/"},
    {"\u2044", "a fraction slash", "/"},    {"\u2215", "a division slash", "/"},
    {"\u223c", "a typographic tilde", "~"}, {"\u02dc", "a typographic tilde", "~"},
    {"\uff5e", "a typographic tilde", "~"}, {"\u00a0", "a no-break space", "a plain blank"},
    {"\u202f", "a no-break space", "a plain blank"},
    {"\u2009", "a thin space", "a plain blank"},
    {"\u200b", "an invisible space", "nothing"},
    {"\ufeff", "a byte order mark", "nothing"},
    {"\u2264", "a typographic sign", "<="}, {"\u2265", "a typographic sign", ">="},
    {"\u2260", "a typographic sign", "!="},
};

bool lexer_unexpected(const struct lexer *lexer, struct error *error, const char *wanted)
{
  const char *place = lexer->place;
  if (lexer_at_end(lexer))
    return lexer_error(lexer, place, error, "%s is missing at the end", wanted);
  for (size_t i = 0; i < sizeof look_alikes / sizeof *look_alikes; i++)
    if (lexer_at(lexer, look_alikes[i].sign))
      return lexer_error(lexer, place, error, "%s: type %s instead", look_alikes[i].name,
                         look_alikes[i].instead);
  if (*place == '\'')
    return lexer_error(lexer, place, error,
                       "a single quote: a name goes in backquotes, a level in double quotes");
  char excerpt[LEXER_EXCERPT];
  lexer_excerpt(excerpt, place, lexer_word_length(place));
  return lexer_error(lexer, place, error, "'%s' where %s should be", excerpt, wanted);
}

// What stands between two marks `quote`, doubled ones inside made single; NULL if it does
// not end.  *length: bytes with the marks.
static char *unquote(const char *place, char quote, size_t *length)
{
  struct text content = {0};
  for (const char *c = place + 1; *c; c++) {
    if (*c == quote && c[1] != quote) {
      *length = (size_t) (c + 1 - place);
      return text_take(&content);
    }
    if (*c == quote)
      c++;
    text_append_character(&content, *c);
  }
  text_free(&content);
  return NULL;
}

static char *take_quoted(struct lexer *lexer, char quote, const char *quote_name, const char *thing,
                         struct error *error)
{
  const char *place = lexer->place;
  size_t length;
  char *content = unquote(place, quote, &length);
  if (!content) {
    lexer_error(lexer, place, error, "the %s that opens here is not closed", quote_name);
    return NULL;
  }
  if (!*content) {
    lexer_error(lexer, place, error, "%s between the two %ss", thing, quote_name);
    free(content);
    return NULL;
  }
  step(lexer, length);
  return content;
}

// A message with `thing` quoted as it should have been: for a name or level in wrong marks.
static void wrong_quotes(const struct lexer *lexer, const char *thing, char instead,
                         const char *instead_name, struct error *error)
{
  size_t length;
  char *content = unquote(lexer->place, *lexer->place, &length);
  if (content && *content && strlen(content) < LEXER_EXCERPT && !strchr(content, instead))
    lexer_error(lexer, lexer->place, error, "%s goes in %ss: %c%s%c", thing, instead_name, instead,
                content, instead);
  else
    lexer_error(lexer, lexer->place, error, "%s goes in %ss", thing, instead_name);
  free(content);
}

char *lexer_take_name(struct lexer *lexer, struct error *error)
{
  const char *place = lexer->place;
  if (*place == '`')
    return take_quoted(lexer, '`', "backquote", "no name", error);
  size_t n = bare_name_length(place);
  if (n) {
    char *name = memory_copy_bytes(place, n);
    step(lexer, n);
    return name;
  }
  if (*place == '"' || *place == '\'') {
    wrong_quotes(lexer, "a column name", '`', "backquote", error);
  } else if (begins_number(place)) {
    char excerpt[LEXER_EXCERPT];
    lexer_excerpt(excerpt, place, run_length(place, continues_name));
    lexer_error(lexer, place, error,
                "'%s' where a column name should be (a name that begins with a digit goes in "
                "backquotes: `%s`)",
                excerpt, excerpt);
  } else {
    lexer_unexpected(lexer, error, "a column name");
  }
  return NULL;
}

char *lexer_take_level(struct lexer *lexer, bool *quoted, struct error *error)
{
  const char *place = lexer->place;
  if (quoted)
    *quoted = *place == '"';
  if (*place == '"')
    return take_quoted(lexer, '"', "double quote", "no level: an empty cell means missing",
                       error);
  if (lexer_at_word(lexer, "vs")) {
    lexer_error(lexer, place, error,
                "'vs' where a level should be (a level of that name goes in double quotes: "
                "\"vs\")");
    return NULL;
  }
  size_t n = run_length(place, continues_level);
  if (n) {
    char *level = memory_copy_bytes(place, n);
    step(lexer, n);
    return level;
  }
  if (*place == '`' || *place == '\'')
    wrong_quotes(lexer, "a level", '"', "double quote", error);
  else
    lexer_unexpected(lexer, error, "a level");
  return NULL;
}

// Bytes of digits [. digits] [e [+-] digits] at `place`.
static size_t number_length(const char *place)
{
  const char *end = place;
  while (is_digit(*end))
    end++;
  if (*end == '.')
    end++;
  while (is_digit(*end))
    end++;
  if (*end == 'e' || *end == 'E') {
    const char *exponent = end + 1;
    if (*exponent == '+' || *exponent == '-')
      exponent++;
    if (is_digit(*exponent)) {
      while (is_digit(*exponent))
        exponent++;
      end = exponent;
    }
  }
  return (size_t) (end - place);
}

bool lexer_take_number(struct lexer *lexer, double *value, struct error *error)
{
  const char *place = lexer->place;
  if (!begins_number(place))
    return lexer_unexpected(lexer, error, "a number");
  size_t n = number_length(place), longer = n + run_length(place + n, continues_name);
  char excerpt[LEXER_EXCERPT];
  if (longer > n) {
    lexer_excerpt(excerpt, place, longer);
    return lexer_error(lexer, place, error,
                       "'%s' is neither a number nor a bare name (a name that begins with a digit "
                       "goes in backquotes: `%s`)",
                       excerpt, excerpt);
  }
  if (!number_parse(place, n, '.', value))
    return lexer_error(lexer, place, error, "'%s' is beyond the largest number",
                       lexer_excerpt(excerpt, place, n));
  step(lexer, n);
  return true;
}
