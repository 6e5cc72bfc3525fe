// SPDX-License-Identifier: GPL-3.0-or-later
// Memory that is there or ends the process.
//
// Every function returns usable memory, or prints "PROGRAM: out of memory" and
// exits with status 1: no caller tests for NULL.  Release with free().

#ifndef HER2_BASE_MEMORY_H
#define HER2_BASE_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

// n elements of `size` bytes; n * size that overflows counts as out of memory.
// n = 0 gives a pointer that may be freed.
void *memory_allocate(size_t n, size_t size);        // not initialized
void *memory_allocate_zeroed(size_t n, size_t size); // all bytes 0
void *memory_resize(void *old, size_t n, size_t size);
// In place of malloc, for a library that would take lack of memory for bad input, or go on without.
void *memory_allocate_bytes(size_t n);

// Makes room for at least `wanted` elements, growing by half as much again, and
// updates *capacity.  Returns the array, perhaps moved.
void *memory_grow(void *old, size_t *capacity, size_t wanted, size_t size);

// A copy of a terminated string; NULL gives NULL.
char *memory_copy_text(const char *text);
// A terminated copy of the first n bytes.
char *memory_copy_bytes(const char *bytes, size_t n);

// Called once at the start: freed memory of up to 32 MB a piece is kept for the next request
// and not given back to the system, which would hand it out again page by page, cleared.
void memory_reuse_large(void);

#define NEW_ARRAY(type, n) ((type *) memory_allocate((n), sizeof(type)))
#define NEW_ZEROED(type, n) ((type *) memory_allocate_zeroed((n), sizeof(type)))
#define RESIZE_ARRAY(array, n) \
  ((array) = memory_resize((array), (n), sizeof *(array)))
#define GROW_ARRAY(array, capacity, wanted) \
  ((array) = memory_grow((array), &(capacity), (wanted), sizeof *(array)))

#endif
