// SPDX-License-Identifier: GPL-3.0-or-later
// What the files that write and read a model file (model_json*.c) share; nobody else includes it.
//
// Writing: model_json_write.c.  Reading: model_json.c goes through the keys in order and calls
// model_json_design.c and model_json_estimates.c; all take single values by model_json_value.c.
//
// A place is written as jq writes it: `.terms[2].knots`; "" is the whole file.

#ifndef HER2_DATA_MODEL_JSON_H
#define HER2_DATA_MODEL_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/formula.h"
#include "data/model.h"

enum { MODEL_VERSION = 1 };

struct model_reader {
  struct model *model;
  const char *name; // of the file
  struct error *error;
};

// The string in quotes, as JSON has it.
void model_append_string(struct text *text, const char *string);

// Places, to be freed.  A key is added as `.key`, or `["a key"]`; an index as `[index]`.
char *model_place_key(const char *place, const char *key);
char *model_place_index(const char *place, size_t index);

// All that follow return false after an error, which they have told as "FILE: PLACE: ...".

// Only tells it.
bool model_refuse(const struct model_reader *reader, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// "expected ..., found ...".  value NULL: nothing stands there.
bool model_refuse_value(const struct model_reader *reader, const char *place, const json_t *value,
                        const char *expected);
// Length of the first whole characters of a text that a message bears.
int model_excerpt(const char *text);

// All keys of an object must be known, or begin with x-; the list ends with NULL.
bool model_check_keys(const struct model_reader *reader, const char *place, const json_t *object,
                      const char *const *known);
// The same of a value that must be an object.
bool model_take_object(const struct model_reader *reader, const char *place, const json_t *value,
                       const char *const *known);

// Take a value that stands at `place`, or (..._key) under a key of the object that stands there.
// An absent key leaves the target as it is; `required` makes it an error.

// A string that is not empty.
bool model_take_string(const struct model_reader *reader, const char *place, const json_t *value,
                       const char *expected, char **string);
bool model_take_string_key(const struct model_reader *reader, const char *place,
                           const json_t *object, const char *key, bool required,
                           const char *expected, char **string);
// A finite number from least to most.
bool model_take_number(const struct model_reader *reader, const char *place, const json_t *value,
                       const char *expected, double least, double most, double *number);
bool model_take_number_key(const struct model_reader *reader, const char *place,
                           const json_t *object, const char *key, const char *expected,
                           double least, double most, double *number);
bool model_take_flag_key(const struct model_reader *reader, const char *place,
                         const json_t *object, const char *key, bool *flag);
// An array of strings, none empty and none twice; `least` of them or more.
bool model_take_strings_key(const struct model_reader *reader, const char *place,
                            const json_t *object, const char *key, bool required,
                            const char *expected, size_t least, struct text_list *list);

// One term of a formula, nothing else.  After an error the formula is empty.
bool model_parse_term(const struct model_reader *reader, const char *place, const char *written,
                      struct formula *formula);

// Parts of the file, from its root into the model, in this order: a later one needs the earlier.
bool model_read_variables(const struct model_reader *reader, const json_t *root);
bool model_read_terms(const struct model_reader *reader, const json_t *root);
bool model_read_coefficients(const struct model_reader *reader, const json_t *root);
bool model_read_covariance(const struct model_reader *reader, const json_t *root);

#endif
