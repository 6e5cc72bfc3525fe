// SPDX-License-Identifier: GPL-3.0-or-later
// Distinct texts in a hash table with linear probing; the hash is FNV-1a (G. Fowler,
// L. C. Noll, K.-P. Vo, 1991) with its high half folded in.
#include <config.h>

#include "data/level_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static uint64_t hash_bytes(const char *bytes, size_t length)
{
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < length; i++)
    hash = (hash ^ (unsigned char) bytes[i]) * UINT64_C(1099511628211);
  return hash ^ hash >> 32;
}

static void double_slots(struct level_set *set)
{
  free(set->slot);
  set->n_slots = set->n_slots ? 2 * set->n_slots : 16;
  set->slot = NEW_ZEROED(size_t, set->n_slots);
  for (size_t i = 0; i < set->n_levels; i++) {
    size_t at = set->level[i].hash & (set->n_slots - 1);
    while (set->slot[at])
      at = (at + 1) & (set->n_slots - 1);
    set->slot[at] = i + 1;
  }
}

size_t level_set_add(struct level_set *set, const char *bytes, size_t length, size_t count,
                     size_t line)
{
  if (2 * (set->n_levels + 1) > set->n_slots)
    double_slots(set);
  uint64_t hash = hash_bytes(bytes, length);
  size_t at = hash & (set->n_slots - 1);
  for (; set->slot[at]; at = (at + 1) & (set->n_slots - 1)) {
    struct level *level = &set->level[set->slot[at] - 1];
    if (level->hash != hash || level->length != length || memcmp(level->name, bytes, length) != 0)
      continue;
    level->count += count;
    if (line < level->first_line)
      level->first_line = line;
    return set->slot[at] - 1;
  }
  GROW_ARRAY(set->level, set->capacity, set->n_levels + 1);
  set->level[set->n_levels] =
      (struct level){memory_copy_bytes(bytes, length), length, count, line, hash};
  set->slot[at] = ++set->n_levels;
  return set->n_levels - 1;
}

void level_set_free(struct level_set *set)
{
  for (size_t i = 0; i < set->n_levels; i++)
    free(set->level[i].name);
  free(set->level);
  free(set->slot);
  *set = (struct level_set){0};
}
