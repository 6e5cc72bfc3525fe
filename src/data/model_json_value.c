// SPDX-License-Identifier: GPL-3.0-or-later
// The model file: single values of JSON, each with its place and a refusal that says what was
// expected there.
#include <config.h>

#include "data/model_json.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"

enum { MOST_EXCERPT = 60 };

// A key in a place, as jq writes it: `.key`, or `["a key"]`.
char *model_place_key(const char *place, const char *key)
{
  bool plain = *key != '\0' && strspn(key, "0123456789") == 0;
  for (const char *c = key; *c; c++)
    plain = plain && (*c == '_' || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
                      (*c >= 'A' && *c <= 'Z'));
  if (plain)
    return text_format("%s.%s", place, key);
  struct text quoted = {0};
  model_append_string(&quoted, key);
  char *made = text_format("%s%s[%s]", place, *place ? "" : ".", text_content(&quoted));
  text_free(&quoted);
  return made;
}

char *model_place_index(const char *place, size_t index)
{
  return text_format("%s[%zu]", place, index);
}

// "FILE: PLACE: ...".  Returns false.
bool model_refuse(const struct model_reader *reader, const char *place, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  struct text why = {0};
  text_append_format_list(&why, format, arguments);
  va_end(arguments);
  // The end of the message tells most: a place of any length would push it out.
  size_t length = strlen(place), most = 200, cut = length;
  if (length > most)
    cut = text_whole_characters(place, most);
  error_set(reader->error, ERROR_DATA, "%s: %.*s%s: %s", reader->name, (int) cut,
            length ? place : ".", cut < length ? "..." : "", text_content(&why));
  text_free(&why);
  return false;
}

// Length of the first whole characters of a text that a message bears.
int model_excerpt(const char *text)
{
  size_t length = strlen(text);
  return (int) text_whole_characters(text, length < MOST_EXCERPT ? length : MOST_EXCERPT);
}

// What stands there, for messages.
static char *describe(const json_t *value)
{
  if (!value)
    return memory_copy_text("nothing");
  if (json_is_object(value))
    return memory_copy_text("an object");
  if (json_is_array(value))
    return text_format("an array of %zu", json_array_size(value));
  if (json_is_real(value)) {
    char number[NUMBER_SIZE];
    return memory_copy_text(number_write(number, json_real_value(value)));
  }
  char *dumped = json_dumps(value, JSON_ENCODE_ANY);
  int length = model_excerpt(dumped);
  char *cut = text_format("%.*s%s", length, dumped, dumped[length] ? "..." : "");
  free(dumped);
  return cut;
}

bool model_refuse_value(const struct model_reader *reader, const char *place, const json_t *value,
                        const char *expected)
{
  char *found = describe(value);
  model_refuse(reader, place, "expected %s, found %s", expected, found);
  free(found);
  return false;
}

// All keys of an object must be known, or begin with x-; the list ends with NULL.
bool model_check_keys(const struct model_reader *reader, const char *place, const json_t *object,
                      const char *const *known)
{
  size_t n_known = 0;
  while (known[n_known])
    n_known++;
  const char *key;
  json_t *value;
  json_object_foreach((json_t *) object, key, value) {
    bool found = text_starts(key, "x-");
    for (size_t i = 0; i < n_known && !found; i++)
      found = strcmp(known[i], key) == 0;
    if (found)
      continue;
    char *at = model_place_key(place, key), *suggestion = text_suggestion(key, known, n_known);
    model_refuse(reader, at, "a key that is not known%s", suggestion);
    free(suggestion);
    free(at);
    return false;
  }
  return true;
}

bool model_take_object(const struct model_reader *reader, const char *place, const json_t *value,
                       const char *const *known)
{
  if (!json_is_object(value))
    return model_refuse_value(reader, place, value, "an object");
  return model_check_keys(reader, place, value, known);
}

// A string that is not empty.
bool model_take_string(const struct model_reader *reader, const char *place, const json_t *value,
                       const char *expected, char **string)
{
  if (!json_is_string(value) || json_string_length(value) == 0)
    return model_refuse_value(reader, place, value, expected);
  *string = memory_copy_text(json_string_value(value));
  return true;
}

// An absent key leaves the string as it is.
bool model_take_string_key(const struct model_reader *reader, const char *place,
                           const json_t *object, const char *key, bool required,
                           const char *expected, char **string)
{
  const json_t *value = json_object_get(object, key);
  if (!value && !required)
    return true;
  char *at = model_place_key(place, key);
  bool good = model_take_string(reader, at, value, expected, string);
  free(at);
  return good;
}

bool model_take_number(const struct model_reader *reader, const char *place, const json_t *value,
                       const char *expected, double least, double most, double *number)
{
  if (!json_is_number(value))
    return model_refuse_value(reader, place, value, expected);
  *number = json_number_value(value);
  if (!isfinite(*number) || *number < least || *number > most)
    return model_refuse_value(reader, place, value, expected);
  *number = *number == 0 ? 0 : *number; // no -0, which is written 0
  return true;
}

bool model_take_number_key(const struct model_reader *reader, const char *place,
                           const json_t *object, const char *key, const char *expected,
                           double least, double most, double *number)
{
  const json_t *value = json_object_get(object, key);
  if (!value)
    return true;
  char *at = model_place_key(place, key);
  bool good = model_take_number(reader, at, value, expected, least, most, number);
  free(at);
  return good;
}

bool model_take_flag_key(const struct model_reader *reader, const char *place, const json_t *object,
                         const char *key, bool *flag)
{
  const json_t *value = json_object_get(object, key);
  if (!value)
    return true;
  *flag = json_is_true(value);
  if (json_is_boolean(value))
    return true;
  char *at = model_place_key(place, key);
  model_refuse_value(reader, at, value, "true or false");
  free(at);
  return false;
}

// An array of strings, none empty and none twice; `least` of them or more.
static bool take_strings(const struct model_reader *reader, const char *place, const json_t *value,
                         const char *expected, size_t least, struct text_list *list)
{
  if (!json_is_array(value) || json_array_size(value) < least)
    return model_refuse_value(reader, place, value, expected);
  bool good = true;
  for (size_t i = 0; i < json_array_size(value) && good; i++) {
    char *at = model_place_index(place, i), *string = NULL;
    good = model_take_string(reader, at, json_array_get(value, i), "a string", &string);
    if (good && text_list_has(list, string))
      good = model_refuse(reader, at, "'%s' stands twice", string);
    if (string)
      text_list_adopt(list, string);
    free(at);
  }
  return good;
}

bool model_take_strings_key(const struct model_reader *reader, const char *place,
                            const json_t *object, const char *key, bool required,
                            const char *expected, size_t least, struct text_list *list)
{
  const json_t *value = json_object_get(object, key);
  if (!value && !required)
    return true;
  char *at = model_place_key(place, key);
  bool good = take_strings(reader, at, value, expected, least, list);
  free(at);
  return good;
}
