// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns of missing values: bits made column by column for a block of rows, then looked up
// in a hash table with open addressing.
#include <config.h>

#include "data/missing_pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK = 2048, WORD_BITS = 64 };

// The patterns while they are found: they grow, `slot` says where each stands.
struct counter {
  struct missing_patterns *patterns;
  size_t capacity;     // of patterns
  size_t *slot;        // n_slots: pattern + 1; 0: free
  size_t n_slots;      // a power of two
};

// Mixes all bits into the low ones (the finalizer of D. Stafford's variant 13 of splitmix64).
static uint64_t mix(uint64_t x)
{
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static uint64_t hash_of(const uint64_t *word, size_t n_words)
{
  uint64_t hash = 0;
  for (size_t w = 0; w < n_words; w++)
    hash = mix(hash + word[w] + UINT64_C(0x9e3779b97f4a7c15));
  return hash;
}

static bool same_bits(const uint64_t *a, const uint64_t *b, size_t n_words)
{
  return memcmp(a, b, n_words * sizeof *a) == 0;
}

static void place(struct counter *counter, size_t pattern)
{
  const struct missing_patterns *patterns = counter->patterns;
  size_t mask = counter->n_slots - 1;
  size_t at = hash_of(patterns->bits + pattern * patterns->n_words, patterns->n_words) & mask;
  while (counter->slot[at])
    at = (at + 1) & mask;
  counter->slot[at] = pattern + 1;
}

static void grow_slots(struct counter *counter)
{
  free(counter->slot);
  counter->n_slots *= 2;
  counter->slot = NEW_ZEROED(size_t, counter->n_slots);
  for (size_t p = 0; p < counter->patterns->n_patterns; p++)
    place(counter, p);
}

static size_t add_pattern(struct counter *counter, const uint64_t *word)
{
  struct missing_patterns *patterns = counter->patterns;
  size_t p = patterns->n_patterns, n_words = patterns->n_words;
  if (p == counter->capacity) {
    counter->capacity = 2 * p + 16;
    patterns->bits = memory_resize(patterns->bits, counter->capacity * n_words, sizeof(uint64_t));
    patterns->count =
        memory_resize(patterns->count, counter->capacity * patterns->n_strata, sizeof(size_t));
  }
  memcpy(patterns->bits + p * n_words, word, n_words * sizeof *word);
  memset(patterns->count + p * patterns->n_strata, 0, patterns->n_strata * sizeof(size_t));
  patterns->n_patterns++;
  if (2 * patterns->n_patterns > counter->n_slots)
    grow_slots(counter);
  else
    place(counter, p);
  return p;
}

static size_t find_pattern(struct counter *counter, const uint64_t *word)
{
  const struct missing_patterns *patterns = counter->patterns;
  size_t mask = counter->n_slots - 1, n_words = patterns->n_words;
  for (size_t at = hash_of(word, n_words) & mask; counter->slot[at]; at = (at + 1) & mask)
    if (same_bits(patterns->bits + (counter->slot[at] - 1) * n_words, word, n_words))
      return counter->slot[at] - 1;
  return add_pattern(counter, word);
}

// block: n x n_words bits of the rows first ... first + n - 1.
static void read_block(const double *const *value, size_t n_variables, size_t first, size_t n,
                       uint64_t *block, size_t n_words)
{
  memset(block, 0, n * n_words * sizeof *block);
  for (size_t v = 0; v < n_variables; v++) {
    const double *x = value[v] + first;
    uint64_t *word = block + v / WORD_BITS;
    size_t shift = v % WORD_BITS;
    for (size_t i = 0; i < n; i++)
      word[i * n_words] |= (uint64_t) (isnan(x[i]) != 0) << shift;
  }
}

static void count_rows(struct counter *counter, const double *const *value, const double *stratum,
                       size_t n_rows)
{
  struct missing_patterns *patterns = counter->patterns;
  size_t n_words = patterns->n_words, last = 0;
  uint64_t *block = NEW_ARRAY(uint64_t, BLOCK * n_words);
  for (size_t first = 0; first < n_rows; first += BLOCK) {
    size_t n = n_rows - first < BLOCK ? n_rows - first : BLOCK;
    read_block(value, patterns->n_variables, first, n, block, n_words);
    for (size_t i = 0; i < n; i++) {
      if (stratum && isnan(stratum[first + i]))
        continue;
      const uint64_t *word = block + i * n_words;
      // Neighbours are often alike.
      if (last >= patterns->n_patterns ||
          !same_bits(patterns->bits + last * n_words, word, n_words))
        last = find_pattern(counter, word);
      size_t s = stratum ? (size_t) stratum[first + i] : 0;
      patterns->count[last * patterns->n_strata + s]++;
    }
  }
  free(block);
}

static void total(struct missing_patterns *patterns)
{
  patterns->n = NEW_ZEROED(size_t, patterns->n_patterns);
  patterns->n_missing = NEW_ZEROED(size_t, patterns->n_patterns);
  for (size_t p = 0; p < patterns->n_patterns; p++) {
    for (size_t s = 0; s < patterns->n_strata; s++)
      patterns->n[p] += patterns->count[p * patterns->n_strata + s];
    for (size_t w = 0; w < patterns->n_words; w++)
      patterns->n_missing[p] +=
          (size_t) __builtin_popcountll(patterns->bits[p * patterns->n_words + w]);
  }
}

// ---- order ----

struct place {
  const struct missing_patterns *patterns;
  size_t pattern;
};

static int compare_places(const void *a, const void *b)
{
  const struct place *p = a, *q = b;
  const struct missing_patterns *patterns = p->patterns;
  size_t n_p = patterns->n[p->pattern], n_q = patterns->n[q->pattern];
  if (n_p != n_q)
    return n_p > n_q ? -1 : 1;
  size_t m_p = patterns->n_missing[p->pattern], m_q = patterns->n_missing[q->pattern];
  if (m_p != m_q)
    return m_p < m_q ? -1 : 1;
  for (size_t w = 0; w < patterns->n_words; w++) {
    uint64_t x = patterns->bits[p->pattern * patterns->n_words + w];
    uint64_t y = patterns->bits[q->pattern * patterns->n_words + w];
    uint64_t different = x ^ y;
    // The lowest bit that differs belongs to the first variable.
    if (different)
      return x & (different & (~different + 1)) ? 1 : -1;
  }
  return 0;
}

static void order(struct missing_patterns *patterns)
{
  size_t n = patterns->n_patterns, n_words = patterns->n_words, n_strata = patterns->n_strata;
  struct place *places = NEW_ARRAY(struct place, n);
  for (size_t p = 0; p < n; p++)
    places[p] = (struct place){patterns, p};
  if (n)
    qsort(places, n, sizeof *places, compare_places);
  struct missing_patterns sorted = *patterns;
  sorted.bits = NEW_ARRAY(uint64_t, n * n_words);
  sorted.count = NEW_ARRAY(size_t, n * n_strata);
  sorted.n = NEW_ARRAY(size_t, n);
  sorted.n_missing = NEW_ARRAY(size_t, n);
  for (size_t i = 0; i < n; i++) {
    size_t p = places[i].pattern;
    memcpy(sorted.bits + i * n_words, patterns->bits + p * n_words, n_words * sizeof(uint64_t));
    memcpy(sorted.count + i * n_strata, patterns->count + p * n_strata, n_strata * sizeof(size_t));
    sorted.n[i] = patterns->n[p];
    sorted.n_missing[i] = patterns->n_missing[p];
  }
  free(places);
  missing_patterns_free(patterns);
  *patterns = sorted;
}

// ---- what others call ----

void missing_patterns_count(struct missing_patterns *patterns, const double *const *value,
                            size_t n_variables, const double *stratum, size_t n_strata,
                            size_t n_rows)
{
  *patterns = (struct missing_patterns){.n_variables = n_variables,
                                        .n_strata = n_strata,
                                        .n_words = n_variables / WORD_BITS + 1};
  struct counter counter = {.patterns = patterns, .n_slots = 64};
  counter.slot = NEW_ZEROED(size_t, counter.n_slots);
  count_rows(&counter, value, stratum, n_rows);
  free(counter.slot);
  total(patterns);
  order(patterns);
}

void missing_patterns_free(struct missing_patterns *patterns)
{
  free(patterns->bits);
  free(patterns->n_missing);
  free(patterns->n);
  free(patterns->count);
  *patterns = (struct missing_patterns){0};
}

bool missing_pattern_holds(const struct missing_patterns *patterns, size_t pattern,
                           size_t variable)
{
  uint64_t word = patterns->bits[pattern * patterns->n_words + variable / WORD_BITS];
  return word >> variable % WORD_BITS & 1;
}
