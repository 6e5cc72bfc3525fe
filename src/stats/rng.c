// SPDX-License-Identifier: GPL-3.0-or-later
// Counter-based random numbers: Philox 4x64-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel
// random numbers: as easy as 1, 2, 3", SC'11) by the Random123 headers.  Two streams that
// differ in purpose or replicate differ in their counters, and a counter and a key are
// mapped one to one: they cannot overlap.  Bounded integers: Lemire 2019, "Fast random
// integer generation in an interval", ACM TOMACS 29(1).
#include <config.h>

#include "stats/rng.h"

#include <Random123/philox.h>
#include <assert.h>
#include <limits.h>

#include "stats/distribution.h"

_Static_assert(ULONG_MAX == UINT64_MAX, "GSL hands out random words as unsigned long");

static void stream_start(struct philox_stream *stream, uint64_t seed, uint64_t purpose,
                         uint64_t replicate)
{
  *stream = (struct philox_stream){.seed = seed, .purpose = purpose, .replicate = replicate};
}

void philox_start(struct philox_stream *stream, uint64_t seed, enum rng_purpose purpose,
                  uint64_t replicate)
{
  stream_start(stream, seed, (uint64_t) purpose, replicate);
}

uint64_t philox_next(struct philox_stream *stream)
{
  if (stream->n_left == 0) {
    philox4x64_ctr_t counter = {{stream->block++, stream->replicate, stream->purpose, 0}};
    philox4x64_key_t key = {{stream->seed, 0}};
    philox4x64_ctr_t word = philox4x64_R(10, counter, key);
    for (int i = 0; i < 4; i++)
      stream->buffer[i] = word.v[i];
    stream->n_left = 4;
  }
  return stream->buffer[4 - stream->n_left--];
}

double philox_uniform(struct philox_stream *stream)
{
  // Odd multiples of 2^-53: exact, symmetric about 1/2, and never 0 or 1.
  return (double) ((philox_next(stream) >> 11) | 1) * 0x1p-53;
}

double philox_normal(struct philox_stream *stream)
{
  return normal_quantile(philox_uniform(stream));
}

uint64_t philox_below(struct philox_stream *stream, uint64_t n)
{
  assert(n > 0);
  unsigned __int128 product = (unsigned __int128) philox_next(stream) * n;
  if ((uint64_t) product < n) {
    uint64_t least = -n % n; // 2^64 mod n
    while ((uint64_t) product < least)
      product = (unsigned __int128) philox_next(stream) * n;
  }
  return (uint64_t) (product >> 64);
}

// gsl_rng_set names no purpose: 0, which no enum rng_purpose has.
static void gsl_set(void *state, unsigned long seed)
{
  stream_start(state, seed, 0, 0);
}

static unsigned long gsl_get(void *state)
{
  return philox_next(state);
}

static double gsl_get_double(void *state)
{
  return philox_uniform(state);
}

static const gsl_rng_type gsl_type = {
    .name = "philox4x64-10",
    .max = ULONG_MAX,
    .min = 0,
    .size = sizeof(struct philox_stream),
    .set = gsl_set,
    .get = gsl_get,
    .get_double = gsl_get_double,
};

const gsl_rng_type *philox_gsl_type(void)
{
  return &gsl_type;
}

void philox_gsl_start(gsl_rng *rng, uint64_t seed, enum rng_purpose purpose, uint64_t replicate)
{
  assert(rng->type == &gsl_type);
  philox_start(rng->state, seed, purpose, replicate);
}
