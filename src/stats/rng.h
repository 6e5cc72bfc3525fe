// SPDX-License-Identifier: GPL-3.0-or-later
// Random numbers that depend on (seed, purpose, replicate, draw) and on nothing else.
//
// Philox 4x64-10 (Salmon et al. 2011) by Random123: key = (seed, 0), counter =
// (draw block, replicate, purpose, 0).  Any replicate can be computed alone, on any
// thread, on any machine.

#ifndef HER2_STATS_RNG_H
#define HER2_STATS_RNG_H

#include <gsl/gsl_rng.h>
#include <stddef.h>
#include <stdint.h>

// The numbers are part of the promise: never renumber.
enum rng_purpose {
  RNG_BOOTSTRAP = 1,
  RNG_FOLD = 2,
  RNG_HOLDOUT = 3,
  RNG_MONTE_CARLO = 4,
  RNG_SIMULATE = 5,
  RNG_IMPUTE = 6, // replicate: 65536 b + m, imputation m of bootstrap replicate b
};

struct philox_stream {
  uint64_t seed, purpose, replicate;
  uint64_t block;      // next counter
  uint64_t buffer[4];
  int n_left;          // unused words in the buffer
};

void philox_start(struct philox_stream *stream, uint64_t seed, enum rng_purpose purpose,
                  uint64_t replicate);
uint64_t philox_next(struct philox_stream *stream);         // 64 random bits
double philox_uniform(struct philox_stream *stream);        // odd multiples of 2^-53 in (0, 1)
double philox_normal(struct philox_stream *stream);         // standard normal, by inversion
// 0..n-1 without bias, n >= 1 (Lemire 2019).
uint64_t philox_below(struct philox_stream *stream, uint64_t n);

// The same generator as a GSL type: gsl_rng_alloc(philox_gsl_type()), then
// philox_gsl_start(rng, ...).
const gsl_rng_type *philox_gsl_type(void);
void philox_gsl_start(gsl_rng *rng, uint64_t seed, enum rng_purpose purpose, uint64_t replicate);

#endif
