// SPDX-License-Identifier: GPL-3.0-or-later
// Delimited text: what it holds, found before any of it is read.
#include <config.h>

#include "data/csv_survey.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "data/csv_block.h"

void csv_find_place(const char *start, const char *where, size_t *line, size_t *character)
{
  *line = CSV_FIRST_LINE;
  const char *line_start = start, *feed;
  while ((feed = memchr(line_start, '\n', (size_t) (where - line_start)))) {
    line_start = feed + 1;
    ++*line;
  }
  *character = 1;
  for (const char *p = line_start; p < where; p++)
    *character += ((unsigned char) *p & 0xc0) != 0x80;
}

// The first byte that is not ASCII, or `end`.
static const char *skip_ascii(const char *p, const char *end)
{
  for (; end - p >= 32; p += 32) {
    uint64_t word[4];
    memcpy(word, p, sizeof word);
    if ((word[0] | word[1] | word[2] | word[3]) & UINT64_C(0x8080808080808080))
      break;
  }
  while (p < end && (unsigned char) *p < 0x80)
    p++;
  return p;
}

// Whether nothing here asks for care, as in most texts of numbers: one look for all questions.
static bool is_plain(const char *p, const char *end)
{
  uint64_t found = 0;
  for (; p < end && !found; p += CSV_BLOCK) {
    uint64_t valid;
    struct csv_block block = csv_block_load_left(p, end, &valid);
    found = csv_block_find_special(&block) & valid;
  }
  return !found;
}

// Block by block, so that the text comes from memory once and not once for each question.
static struct csv_survey survey_stretch(const char *start, const char *stop, const char *end)
{
  enum { AT_ONCE = 1 << 16 };
  struct csv_survey survey = {end, end, end, end};
  const char *until, *found;
  for (const char *p = start; p < stop; p = until) {
    until = stop - p > AT_ONCE ? p + AT_ONCE : stop;
    if (is_plain(p, until))
      continue;
    if (survey.not_ascii == end && (found = skip_ascii(p, until)) < until)
      survey.not_ascii = found;
    if (survey.nul == end && (found = csv_find_byte(p, until, '\0')) < until)
      survey.nul = found;
    if (survey.quote == end && (found = csv_find_byte(p, until, '"')) < until)
      survey.quote = found;
    if (survey.carriage_return == end && (found = csv_find_byte(p, until, '\r')) < until)
      survey.carriage_return = found;
  }
  return survey;
}

static void take_earlier(const char **first, const char *other)
{
  if (other < *first)
    *first = other;
}

struct csv_survey csv_survey_text(const char *start, const char *end)
{
  struct csv_survey survey = {end, end, end, end};
  size_t n_stretches = (size_t) (end - start) / CSV_STRETCH + 1;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) if (n_stretches > 4)
#endif
  for (size_t i = 0; i < n_stretches; i++) {
    const char *p = start + i * CSV_STRETCH, *stop = i + 1 < n_stretches ? p + CSV_STRETCH : end;
    struct csv_survey own = survey_stretch(p, stop, end);
#ifdef _OPENMP
#pragma omp critical(csv_survey)
#endif
    {
      take_earlier(&survey.not_ascii, own.not_ascii);
      take_earlier(&survey.nul, own.nul);
      take_earlier(&survey.quote, own.quote);
      take_earlier(&survey.carriage_return, own.carriage_return);
    }
  }
  return survey;
}

// A UTF-8 character never reaches beyond a run of bytes that are not ASCII, so each run is
// checked alone.
bool csv_check_encoding(const char *start, const char *end, const struct csv_survey *survey,
                        const char *name, struct error *error)
{
  const char *p = survey->not_ascii;
  while ((p = skip_ascii(p, end)) < end) {
    const char *run = p;
    while (p < end && (unsigned char) *p >= 0x80)
      p++;
    size_t bad;
    if (text_is_utf8(run, (size_t) (p - run), &bad))
      continue;
    size_t line, character;
    csv_find_place(start, run + bad, &line, &character);
    return error_set(error, ERROR_DATA,
                     "%s:%zu: character %zu (byte 0x%02X) is not UTF-8 (save the file as UTF-8, or "
                     "use --encoding=NAME, as in --encoding=GB18030 or windows-1252)",
                     name, line, character, (unsigned char) run[bad]);
  }
  if (survey->nul < end) {
    size_t line, character;
    csv_find_place(start, survey->nul, &line, &character);
    return error_set(error, ERROR_DATA,
                     "%s:%zu: character %zu is a NUL byte: this is not a text file, or it is "
                     "UTF-16 (use --encoding=UTF-16)",
                     name, line, character);
  }
  return true;
}

char csv_find_delimiter(const char *p, const char *end)
{
  static const char candidate[] = {'\t', ',', ';'};
  size_t count[sizeof candidate] = {0};
  while (p < end && (*p == '\n' || *p == '\r'))
    p++;
  bool inside = false;
  for (; p < end && (inside || *p != '\n'); p++) {
    if (*p == '"')
      inside = !inside;
    for (size_t i = 0; i < sizeof candidate; i++)
      count[i] += !inside && *p == candidate[i];
  }
  size_t best = 0;
  for (size_t i = 1; i < sizeof candidate; i++)
    if (count[i] > count[best])
      best = i;
  return count[best] ? candidate[best] : ',';
}
