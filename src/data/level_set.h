// SPDX-License-Identifier: GPL-3.0-or-later
// Distinct texts, each with its number: what a column of categories is read into.

#ifndef HER2_DATA_LEVEL_SET_H
#define HER2_DATA_LEVEL_SET_H

#include <stddef.h>
#include <stdint.h>

struct level {
  char *name;
  size_t length;
  size_t count;      // how often it was added
  size_t first_line; // least line that it was added with
  uint64_t hash;
};

// Starts as {0}.
struct level_set {
  struct level *level;  // in order of first appearance
  size_t n_levels, capacity;
  size_t *slot;         // index + 1 of a level, 0: free
  size_t n_slots;       // 0 or a power of two, at least twice n_levels
};

// Index of the text, `count` times more seen from `line` on; a new one is copied.
size_t level_set_add(struct level_set *set, const char *bytes, size_t length, size_t count,
                     size_t line);
void level_set_free(struct level_set *set);

#endif
