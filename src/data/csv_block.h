// SPDX-License-Identifier: GPL-3.0-or-later
// Blocks of 64 bytes, whose bytes that are of a kind make a word of bits, the first lowest.
//
// For the files of csv.h only.  Inline, because the loops over a text live in them.

#ifndef HER2_DATA_CSV_BLOCK_H
#define HER2_DATA_CSV_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { CSV_BLOCK = 64 };

#ifdef __SSE2__

struct csv_block {
  __m128i quarter[4];
};

static inline struct csv_block csv_block_load(const char *p)
{
  struct csv_block block;
  for (int i = 0; i < 4; i++)
    block.quarter[i] = _mm_loadu_si128((const __m128i *) (const void *) (p + 16 * i));
  return block;
}

static inline uint64_t csv_block_join(__m128i a, __m128i b, __m128i c, __m128i d)
{
  return (uint64_t) (unsigned) _mm_movemask_epi8(a) |
         (uint64_t) (unsigned) _mm_movemask_epi8(b) << 16 |
         (uint64_t) (unsigned) _mm_movemask_epi8(c) << 32 |
         (uint64_t) (unsigned) _mm_movemask_epi8(d) << 48;
}

// Any of: not ASCII, NUL, quote, carriage return.
static inline uint64_t csv_block_find_special(const struct csv_block *block)
{
  const __m128i nul = _mm_setzero_si128(), quote = _mm_set1_epi8('"'), cr = _mm_set1_epi8('\r');
  __m128i special[4];
  for (int i = 0; i < 4; i++) {
    __m128i q = block->quarter[i];
    special[i] = _mm_or_si128(_mm_or_si128(q, _mm_cmpeq_epi8(q, nul)),
                              _mm_or_si128(_mm_cmpeq_epi8(q, quote), _mm_cmpeq_epi8(q, cr)));
  }
  return csv_block_join(special[0], special[1], special[2], special[3]);
}

static inline uint64_t csv_block_find(const struct csv_block *block, char byte)
{
  const __m128i *q = block->quarter, wanted = _mm_set1_epi8(byte);
  return csv_block_join(_mm_cmpeq_epi8(q[0], wanted), _mm_cmpeq_epi8(q[1], wanted),
                        _mm_cmpeq_epi8(q[2], wanted), _mm_cmpeq_epi8(q[3], wanted));
}

#else

struct csv_block {
  unsigned char byte[CSV_BLOCK];
};

static inline struct csv_block csv_block_load(const char *p)
{
  struct csv_block block;
  memcpy(block.byte, p, CSV_BLOCK);
  return block;
}

static inline uint64_t csv_block_find_special(const struct csv_block *block)
{
  uint64_t found = 0;
  for (int i = 0; i < CSV_BLOCK; i++) {
    unsigned char byte = block->byte[i];
    found |= (uint64_t) (byte >= 0x80 || byte == 0 || byte == '"' || byte == '\r') << i;
  }
  return found;
}

static inline uint64_t csv_block_find(const struct csv_block *block, char byte)
{
  uint64_t found = 0;
  for (int i = 0; i < CSV_BLOCK; i++)
    found |= (uint64_t) (block->byte[i] == (unsigned char) byte) << i;
  return found;
}

#endif

// The block at p; where less than one is left, zero bytes follow.  *valid: bits of those left.
static inline struct csv_block csv_block_load_left(const char *p, const char *end, uint64_t *valid)
{
  size_t left = (size_t) (end - p);
  if (left >= CSV_BLOCK) {
    *valid = UINT64_MAX;
    return csv_block_load(p);
  }
  char copy[CSV_BLOCK] = {0};
  memcpy(copy, p, left);
  *valid = (UINT64_C(1) << left) - 1;
  return csv_block_load(copy);
}

static inline size_t csv_count_bits(uint64_t word)
{
  return (size_t) __builtin_popcountll(word);
}

// Bit i of the result: whether bits 0 to i of the word are odd in number.
static inline uint64_t csv_sum_bits(uint64_t word)
{
  for (unsigned shift = 1; shift < 64; shift *= 2)
    word ^= word << shift;
  return word;
}

// The first such byte from p on, or `end`.
static inline const char *csv_find_byte(const char *p, const char *end, char byte)
{
  const char *found = p < end ? memchr(p, byte, (size_t) (end - p)) : NULL;
  return found ? found : end;
}

#endif
