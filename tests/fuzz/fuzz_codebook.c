// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a codebook: an error with a message, or entries that keep what codebook.h
// promises; written in other ways (delimiter, line ends, quotes, order of columns) it reads as
// the same or is refused for the same, and what was read reads as the same once more when it
// has been written with every field.  Built by clang -fsanitize=fuzzer,address,undefined.
#include <config.h>

#include "data/codebook.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scratch.h"
#include "twin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const type_names[] = {"",        "numeric", "categorical", "ordinal",
                                         "id",      "date",    "ignore"};

static void demand(bool condition)
{
  if (!condition)
    abort();
}

static void append_quoted(struct text *out, const char *text)
{
  text_append_character(out, '"');
  for (; *text; text++)
    text_append(out, *text == '"' ? "\"\"" : (char[]){*text, '\0'});
  text_append_character(out, '"');
}

static void append_joined(struct text *out, const struct text_list *list)
{
  char *joined = text_list_join(list, "|");
  append_quoted(out, joined);
  free(joined);
}

// A codebook that reads as this one.
static void print(const struct codebook *codebook, struct text *out)
{
  text_append(out, "variable,label,unit,type,levels,labels,digits,missing\n");
  for (size_t i = 0; i < codebook->n_entries; i++) {
    const struct codebook_entry *entry = &codebook->entry[i];
    append_quoted(out, entry->variable);
    text_append_character(out, ',');
    append_quoted(out, entry->label ? entry->label : "");
    text_append_character(out, ',');
    append_quoted(out, entry->unit ? entry->unit : "");
    text_append_format(out, ",%s,", type_names[entry->type]);
    append_joined(out, &entry->levels);
    text_append_character(out, ',');
    append_joined(out, &entry->level_labels);
    text_append_character(out, ',');
    if (entry->digits >= 0)
      text_append_format(out, "%d", entry->digits);
    text_append_character(out, ',');
    append_joined(out, &entry->missing);
    text_append_character(out, '\n');
  }
}

static void check(const struct codebook *codebook)
{
  for (size_t i = 0; i < codebook->n_entries; i++) {
    const struct codebook_entry *entry = &codebook->entry[i];
    demand(*entry->variable && codebook_find(codebook, entry->variable) == entry);
    demand((!entry->label || *entry->label) && (!entry->unit || *entry->unit));
    demand(entry->digits >= -1 && entry->digits <= 15);
    demand(entry->levels.n_items == entry->level_labels.n_items);
    demand(entry->levels.n_items == 0 || entry->type == VARIABLE_CATEGORICAL ||
           entry->type == VARIABLE_ORDINAL);
    for (size_t j = 0; j < entry->levels.n_items; j++) {
      demand(*entry->levels.item[j] && *entry->level_labels.item[j]);
      for (size_t k = 0; k < j; k++)
        demand(strcmp(entry->levels.item[j], entry->levels.item[k]) != 0);
      demand(!codes_include(&entry->missing, entry->levels.item[j]));
    }
    struct missing_codes codes = {0};
    missing_codes_add(&codes, entry->variable, &entry->missing);
    missing_codes_add(&codes, entry->variable, &entry->missing);
    const struct text_list *found = missing_codes_find(&codes, entry->variable);
    demand((found != NULL) == (entry->missing.n_items > 0));
    for (size_t j = 0; j < entry->missing.n_items; j++)
      demand(*entry->missing.item[j] && codes_include(found, entry->missing.item[j]));
    missing_codes_free(&codes);
  }
}

// What a file is read as: the codebook printed anew, or the message.
static bool read_file(struct scratch *scratch, const char *bytes, size_t n, struct text *out)
{
  struct codebook codebook = {0};
  struct error error = {0};
  const char *path = scratch_write(scratch, "codebook.csv", bytes, n);
  bool good = codebook_read(&codebook, path, &error);
  if (good) {
    check(&codebook);
    print(&codebook, out);
    codebook_free(&codebook);
  } else {
    demand(error.status == ERROR_DATA && text_starts(error.message, path));
    demand(text_is_utf8(error.message, strlen(error.message), NULL));
    demand(!codebook.entry && !codebook.name);
    char *message = twin_message(error.message);
    text_append(out, message);
    free(message);
  }
  return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct twin_way ways[] = {
      {.quoted = true, .delimiter = ','},
      {.mark = true, .returns = true, .delimiter = ';'},
      {.backwards = true, .delimiter = '\t'},
  };
  const char *content = (const char *) data;
  struct scratch scratch;
  struct text first = {0}, second = {0}, twin = {0};
  scratch_open(&scratch);
  bool good = read_file(&scratch, content, size, &first);
  if (good) {
    demand(read_file(&scratch, text_content(&first), first.length, &second));
    demand(strcmp(text_content(&first), text_content(&second)) == 0);
  }
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    text_clear(&twin);
    text_clear(&second);
    if (!twin_write(content, size, &ways[i], &twin))
      continue;
    demand(read_file(&scratch, text_content(&twin), twin.length, &second) == good);
    // Of two mistakes the one in front is told.
    if (good || !ways[i].backwards)
      demand(strcmp(text_content(&first), text_content(&second)) == 0);
  }
  scratch_close(&scratch);
  text_free(&first);
  text_free(&second);
  text_free(&twin);
  return 0;
}
