// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { LARGE = 1 << 22, MOST_REUSED = 1 << 25, MOST_KEPT = 1 << 28 }; // bytes

static _Noreturn void out_of_memory(void)
{
  fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
  exit(1);
}

void memory_reuse_large(void)
{
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, MOST_REUSED);
  mallopt(M_TRIM_THRESHOLD, MOST_KEPT);
#endif
}

// Asks for huge pages: with small ones the first touch of each costs more than filling it.
// Only advice: whether it is taken changes nothing but the time.  Whole pages that hold the
// ends are meant too, so that neighbours make one stretch.
static void advise_huge_pages(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
  uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE), begin = (uintptr_t) p;
  uintptr_t first = begin / page * page, end = (begin + bytes + page - 1) / page * page;
  int problem = errno;
  madvise((void *) first, end - first, MADV_HUGEPAGE);
  errno = problem;
#else
  (void) p, (void) bytes;
#endif
}

void *memory_allocate(size_t n, size_t size)
{
  return memory_resize(NULL, n, size);
}

void *memory_allocate_bytes(size_t n)
{
  return memory_allocate(n, 1);
}

void *memory_allocate_zeroed(size_t n, size_t size)
{
  void *p = calloc(n ? n : 1, size ? size : 1);
  if (!p)
    out_of_memory();
  return p;
}

void *memory_resize(void *old, size_t n, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX)
    out_of_memory();
  void *p = realloc(old, bytes ? bytes : 1);
  if (!p)
    out_of_memory();
  if (bytes >= LARGE)
    advise_huge_pages(p, bytes);
  return p;
}

void *memory_grow(void *old, size_t *capacity, size_t wanted, size_t size)
{
  if (old && wanted <= *capacity)
    return old;
  size_t next = *capacity + *capacity / 2 + 8;
  *capacity = next < wanted ? wanted : next;
  return memory_resize(old, *capacity, size);
}

char *memory_copy_bytes(const char *bytes, size_t n)
{
  char *copy = memory_allocate(n + 1, 1);
  if (n)
    memcpy(copy, bytes, n);
  copy[n] = '\0';
  return copy;
}

char *memory_copy_text(const char *text)
{
  return text ? memory_copy_bytes(text, strlen(text)) : NULL;
}
