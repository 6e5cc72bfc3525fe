// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
  char *key;
  double *value;
  size_t n_values;
};

struct reference {
  char *name;
  struct line *line;
  size_t n_lines;
};

static _Noreturn void bail_out(const char *name, const char *what)
{
  printf("Bail out! reference %s: %s\n", name, what);
  exit(99);
}

static void read_values(struct line *line, char *text)
{
  size_t capacity = 0;
  for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
    if (line->n_values == capacity) {
      capacity = 2 * capacity + 8;
      line->value = realloc(line->value, capacity * sizeof *line->value);
    }
    line->value[line->n_values++] = strcmp(word, "NA") == 0 ? NAN : strtod(word, NULL);
  }
}

struct reference *reference_open(const char *name)
{
  const char *srcdir = getenv("srcdir");
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/reference/%s", srcdir ? srcdir : ".", name);
  FILE *file = fopen(path, "r");
  if (!file)
    bail_out(path, "cannot be opened");
  struct reference *reference = calloc(1, sizeof *reference);
  reference->name = strdup(name);
  char *text = NULL;
  size_t size = 0;
  while (getline(&text, &size, file) > 0) {
    char *tab = strchr(text, '\t');
    if (text[0] == '#' || !tab)
      continue;
    *tab = '\0';
    reference->line =
        realloc(reference->line, (reference->n_lines + 1) * sizeof *reference->line);
    struct line *line = &reference->line[reference->n_lines++];
    *line = (struct line){.key = strdup(text)};
    read_values(line, tab + 1);
  }
  free(text);
  fclose(file);
  return reference;
}

void reference_close(struct reference *reference)
{
  for (size_t i = 0; i < reference->n_lines; i++) {
    free(reference->line[i].key);
    free(reference->line[i].value);
  }
  free(reference->line);
  free(reference->name);
  free(reference);
}

const double *reference_values(const struct reference *reference, const char *key, size_t *n)
{
  for (size_t i = 0; i < reference->n_lines; i++)
    if (strcmp(reference->line[i].key, key) == 0) {
      if (n)
        *n = reference->line[i].n_values;
      return reference->line[i].value;
    }
  printf("# no key %s\n", key);
  bail_out(reference->name, "a key is absent");
}

double reference_value(const struct reference *reference, const char *key)
{
  size_t n;
  const double *value = reference_values(reference, key, &n);
  if (n != 1)
    bail_out(reference->name, "one value was expected");
  return value[0];
}

size_t reference_size(const struct reference *reference)
{
  return reference->n_lines;
}

const char *reference_key(const struct reference *reference, size_t i)
{
  return reference->line[i].key;
}
