// SPDX-License-Identifier: GPL-3.0-or-later
// Printed tables: finding things in them, and freeing them.
#include <config.h>

#include "data/published.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

bool published_is_printed(const struct published_number *number)
{
  return number->text != NULL;
}

size_t published_find_group(const struct published *published, const char *name)
{
  for (size_t i = 0; i < published->n_groups; i++)
    if (strcmp(published->group[i], name) == 0)
      return i;
  return SIZE_MAX;
}

bool published_row_groups(const struct published *published,
                          const struct published_cohort_row *row, bool *member)
{
  memset(member, 0, published->n_groups * sizeof *member);
  size_t g = published_find_group(published, row->group);
  if (g != SIZE_MAX) {
    member[g] = true;
    return true;
  }
  if (strcmp(row->group, "included") == 0) {
    for (g = 0; g < published->n_groups; g++)
      member[g] = true;
    return published->n_groups > 0;
  }
  size_t n = 0;
  for (const char *at = row->note; *at;) {
    size_t length = strcspn(at, " \t(,;");
    char *word = memory_copy_bytes(at, length);
    g = published_find_group(published, word);
    free(word);
    if (g == SIZE_MAX)
      return false;
    n += !member[g];
    member[g] = true;
    at += length;
    if (!text_starts(at, " + "))
      break;
    at += 3;
  }
  return n >= 2;
}

const struct published_feature *published_find_feature(const struct published *published,
                                                       const char *name)
{
  for (size_t i = 0; i < published->n_features; i++)
    if (strcmp(published->feature[i].name, name) == 0)
      return &published->feature[i];
  return NULL;
}

const struct published_measure *published_find_measure(const struct published *published,
                                                       const char *name)
{
  for (size_t i = 0; i < published->n_measures; i++)
    if (strcmp(published->measure[i].name, name) == 0)
      return &published->measure[i];
  return NULL;
}

const struct published_model *published_model_of_table(const struct published *published,
                                                       const char *table)
{
  for (size_t i = 0; i < published->n_models; i++)
    if (published->model[i].table && strcmp(published->model[i].table, table) == 0)
      return &published->model[i];
  return NULL;
}

const struct published_model *published_model_named(const struct published *published,
                                                    const char *name)
{
  for (size_t i = 0; i < published->n_models; i++)
    if (published->model[i].name && strcmp(published->model[i].name, name) == 0)
      return &published->model[i];
  return NULL;
}

size_t published_find_level(const struct published_feature *feature, const char *name)
{
  static const char *const roman[] = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"};
  for (size_t i = 0; i < feature->n_levels; i++)
    if (strcmp(feature->level[i], name) == 0)
      return i;
  for (size_t i = 0; i < feature->n_levels; i++) {
    char *arabic = text_format("%zu", i + 1);
    bool same = strcmp(arabic, name) == 0 ||
                (i < sizeof roman / sizeof *roman && strcmp(roman[i], name) == 0);
    free(arabic);
    if (same)
      return i;
  }
  return SIZE_MAX;
}

bool published_contrast(const struct published_feature *feature, const char *text, size_t *level,
                        size_t *reference)
{
  for (const char *at = text; (at = strstr(at, "_vs_")) != NULL; at++) {
    char *name = memory_copy_bytes(text, (size_t) (at - text));
    *level = published_find_level(feature, name);
    *reference = published_find_level(feature, at + 4);
    free(name);
    if (*level != SIZE_MAX && *reference != SIZE_MAX && *level != *reference)
      return true;
  }
  return false;
}

size_t published_pair(const struct published *published, size_t i, size_t j)
{
  return i * (2 * published->n_groups - i - 1) / 2 + j - i - 1;
}

// ---- freeing ----

static void free_number(struct published_number *number)
{
  free(number->text);
  free(number->column);
}

static void free_tests(struct published_tests *tests, size_t n, size_t n_pairs)
{
  for (size_t i = 0; i < n; i++) {
    free(tests[i].name);
    free(tests[i].test);
    free_number(&tests[i].statistic);
    free_number(&tests[i].p_overall);
    free_number(&tests[i].text_p_overall);
    for (size_t k = 0; k < n_pairs; k++) {
      free_number(&tests[i].p_pair[k]);
      free_number(&tests[i].text_p_pair[k]);
    }
    free(tests[i].p_pair);
    free(tests[i].text_p_pair);
  }
  free(tests);
}

static void free_coefficient(struct published_coefficient *coefficient)
{
  free_number(&coefficient->b);
  free_number(&coefficient->odds_ratio);
  free_number(&coefficient->low);
  free_number(&coefficient->high);
  free_number(&coefficient->p);
}

void published_free(struct published *published)
{
  for (size_t i = 0; i < published->n_cohort; i++) {
    struct published_cohort_row *row = &published->cohort[i];
    for (size_t k = 0; k < row->n_statistics; k++) {
      free(row->statistic[k].name);
      free_number(&row->statistic[k].mean);
      free_number(&row->statistic[k].sd);
    }
    free(row->statistic);
    free(row->group);
    free(row->note);
    free_number(&row->n);
    free_number(&row->percent);
  }
  for (size_t i = 0; i < published->n_features; i++) {
    struct published_feature *feature = &published->feature[i];
    for (size_t l = 0; l < feature->n_levels; l++)
      free(feature->level[l]);
    for (size_t k = 0; k < feature->n_levels * published->n_groups; k++)
      free_number(&feature->count[k]);
    free(feature->level);
    free(feature->count);
    free(feature->name);
  }
  for (size_t i = 0; i < published->n_measures; i++) {
    struct published_measure *measure = &published->measure[i];
    for (size_t g = 0; g < published->n_groups; g++) {
      free_number(&measure->group[g].n);
      free_number(&measure->group[g].centre);
      free_number(&measure->group[g].sd);
      free_number(&measure->group[g].spread_low);
      free_number(&measure->group[g].spread_high);
    }
    free(measure->group);
    free(measure->name);
    free(measure->unit);
  }
  free_tests(published->count_tests, published->n_count_tests, published->n_pairs);
  free_tests(published->measure_tests, published->n_measure_tests, published->n_pairs);
  for (size_t i = 0; i < published->n_terms; i++) {
    free(published->term[i].variable);
    free(published->term[i].level);
    free_coefficient(&published->term[i].univariable);
    free_coefficient(&published->term[i].multivariable);
  }
  for (size_t i = 0; i < published->n_models; i++) {
    free(published->model[i].name);
    free(published->model[i].table);
    free(published->model[i].event);
    free(published->model[i].comparison);
  }
  for (size_t i = 0; i < published->n_figures; i++) {
    free(published->figure[i].model);
    free(published->figure[i].item);
    free(published->figure[i].quantity);
    free(published->figure[i].where);
    free_number(&published->figure[i].value);
  }
  for (size_t i = 0; i < published->n_agreements; i++) {
    free(published->agreement[i].measure);
    free_number(&published->agreement[i].icc);
  }
  for (size_t i = 0; i < published->n_files; i++) {
    free(published->file[i].path);
    free(published->file[i].name);
  }
  for (size_t i = 0; i < published->n_groups; i++)
    free(published->group[i]);
  free(published->cohort);
  free(published->feature);
  free(published->measure);
  free(published->term);
  free(published->model);
  free(published->figure);
  free(published->agreement);
  free(published->file);
  free(published->group);
  *published = (struct published){0};
}
