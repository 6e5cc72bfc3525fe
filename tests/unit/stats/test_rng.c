// SPDX-License-Identifier: GPL-3.0-or-later
#include <config.h>

#include "stats/rng.h"

#include <Random123/philox.h>
#include <gsl/gsl_randist.h>
#include <stdlib.h>

#include "stats/distribution.h"
#include "tap.h"

// Philox 4x64-10 as Salmon et al. 2011, section 3.3, describe it: a round multiplies two words by
// odd constants, crosses the halves of the products and adds key words that grow by Weyl steps.
static void slow_philox(const uint64_t counter[4], const uint64_t key[2], uint64_t word[4])
{
  uint64_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
  for (int round = 0; round < 10; round++) {
    unsigned __int128 first = (unsigned __int128) UINT64_C(0xD2E7470EE14C6C93) * c[0];
    unsigned __int128 second = (unsigned __int128) UINT64_C(0xCA5A826395121157) * c[2];
    uint64_t next[4] = {(uint64_t) (second >> 64) ^ c[1] ^ k[0], (uint64_t) second,
                        (uint64_t) (first >> 64) ^ c[3] ^ k[1], (uint64_t) first};
    memcpy(c, next, sizeof c);
    k[0] += UINT64_C(0x9E3779B97F4A7C15); // golden ratio
    k[1] += UINT64_C(0xBB67AE8584CAA73B); // sqrt(3) - 1
  }
  memcpy(word, c, sizeof c);
}

// The three lines "philox4x64 10" of Random123's file tests/kat_vectors (D. E. Shaw Research).
static void known_answers_check(void)
{
  static const struct {
    uint64_t counter[4], key[2], word[4];
  } known[] = {
      {{0, 0, 0, 0},
       {0, 0},
       {UINT64_C(0x16554d9eca36314c), UINT64_C(0xdb20fe9d672d0fdc), UINT64_C(0xd7e772cee186176b),
        UINT64_C(0x7e68b68aec7ba23b)}},
      {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
       {UINT64_MAX, UINT64_MAX},
       {UINT64_C(0x87b092c3013fe90b), UINT64_C(0x438c3c67be8d0224), UINT64_C(0x9cc7d7c69cd777b6),
        UINT64_C(0xa09caebf594f0ba0)}},
      {{UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344), UINT64_C(0xa4093822299f31d0),
        UINT64_C(0x082efa98ec4e6c89)},
       {UINT64_C(0x452821e638d01377), UINT64_C(0xbe5466cf34e90c6c)},
       {UINT64_C(0xa528f45403e61d95), UINT64_C(0x38c72dbd566e9788), UINT64_C(0xa5a1610e72fd18b5),
        UINT64_C(0x57bd43b5e52b7fe6)}},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    uint64_t slow[4];
    slow_philox(known[i].counter, known[i].key, slow);
    ok(memcmp(slow, known[i].word, sizeof slow) == 0, "known answer %zu by the description", i);
    philox4x64_ctr_t counter;
    philox4x64_key_t key;
    memcpy(counter.v, known[i].counter, sizeof counter.v);
    memcpy(key.v, known[i].key, sizeof key.v);
    philox4x64_ctr_t word = philox4x64_R(10, counter, key);
    ok(memcmp(word.v, known[i].word, sizeof word.v) == 0, "known answer %zu by Random123", i);
  }
  struct philox_stream zero = {0};
  bool good = true;
  for (size_t i = 0; i < 4; i++)
    good = good && philox_next(&zero) == known[0].word[i];
  ok(good, "a stream of zeros begins with the first known answer");
}

// key (seed, 0), counter (block, replicate, purpose, 0).
static void layout_check(void)
{
  static const enum rng_purpose purpose[] = {RNG_BOOTSTRAP, RNG_FOLD, RNG_HOLDOUT, RNG_MONTE_CARLO,
                                             RNG_SIMULATE};
  static const uint64_t replicate[] = {0, 1, 1000, UINT64_MAX};
  static const uint64_t seed[] = {0, 1, 20240614, UINT64_MAX};
  bool good = true;
  for (size_t p = 0; p < 5; p++)
    for (size_t r = 0; r < 4; r++)
      for (size_t s = 0; s < 4; s++) {
        struct philox_stream stream;
        philox_start(&stream, seed[s], purpose[p], replicate[r]);
        for (uint64_t block = 0; block < 3; block++) {
          uint64_t word[4];
          slow_philox((uint64_t[4]){block, replicate[r], (uint64_t) purpose[p], 0},
                      (uint64_t[2]){seed[s], 0}, word);
          for (size_t i = 0; i < 4; i++)
            good = good && philox_next(&stream) == word[i];
        }
      }
  ok(good, "words of 80 streams are those of their counters");
  ok(RNG_BOOTSTRAP == 1 && RNG_FOLD == 2 && RNG_HOLDOUT == 3 && RNG_MONTE_CARLO == 4 &&
         RNG_SIMULATE == 5,
     "the purposes keep their numbers");
}

static int compare_words(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
  return (x > y) - (x < y);
}

static void overlap_check(void)
{
  enum { N_STREAMS = 500, N_WORDS = 64 };
  uint64_t *word = malloc(N_STREAMS * N_WORDS * sizeof *word);
  size_t n = 0;
  for (uint64_t s = 0; s < N_STREAMS; s++) {
    struct philox_stream stream;
    philox_start(&stream, 1, (enum rng_purpose) (1 + s % 5), s / 5);
    for (int i = 0; i < N_WORDS; i++)
      word[n++] = philox_next(&stream);
  }
  qsort(word, n, sizeof *word, compare_words);
  size_t n_equal = 0;
  for (size_t i = 1; i < n; i++)
    n_equal += word[i] == word[i - 1];
  // 32000 words of 64 bits: a pair by chance has probability 3e-11.
  is_integer((long long) n_equal, 0, "no word of 500 streams is seen twice");
  free(word);
}

static void uniform_check(void)
{
  enum { N = 200000, N_BINS = 100 };
  struct philox_stream stream;
  philox_start(&stream, 1, RNG_SIMULATE, 1);
  double bin[N_BINS] = {0}, serial[N_BINS] = {0}, before = 0.5, sum = 0;
  bool inside = true;
  for (int i = 0; i < N; i++) {
    double u = philox_uniform(&stream);
    inside = inside && u > 0 && u < 1;
    sum += u;
    bin[(size_t) (u * N_BINS)]++;
    serial[(size_t) (before * 10) * 10 + (size_t) (u * 10)]++;
    before = u;
  }
  double x2 = 0, x2_serial = 0;
  for (size_t i = 0; i < N_BINS; i++) {
    x2 += pow(bin[i] - (double) N / N_BINS, 2) / ((double) N / N_BINS);
    x2_serial += pow(serial[i] - (double) N / N_BINS, 2) / ((double) N / N_BINS);
  }
  ok(inside, "uniform: 0 < u < 1");
  ok(fabs(sum / N - 0.5) < 4 * sqrt(1.0 / 12 / N), "uniform: mean");
  ok(chi_square_upper(x2, N_BINS - 1) > 1e-3 && chi_square_lower(x2, N_BINS - 1) > 1e-3,
     "uniform: 100 bins (X-squared %.1f)", x2);
  ok(chi_square_upper(x2_serial, N_BINS - 1) > 1e-3, "uniform: pairs (X-squared %.1f)", x2_serial);
  // The ends, which no draw reaches in our lifetime.
  struct philox_stream end = {.buffer = {0, UINT64_MAX, 0, UINT64_MAX}, .n_left = 4};
  is_close(philox_uniform(&end), 0x1p-53, 0, "uniform: least");
  is_close(philox_uniform(&end), 1 - 0x1p-53, 0, "uniform: greatest, below 1");
  is_close(philox_normal(&end), -philox_normal(&end), 1e-9, "normal: ends are alike");
}

static void normal_check(void)
{
  enum { N = 50000 };
  struct philox_stream stream, uniform;
  philox_start(&stream, 2, RNG_SIMULATE, 1);
  philox_start(&uniform, 2, RNG_SIMULATE, 1);
  double sum[5] = {0};
  bool inverted = true;
  for (int i = 0; i < N; i++) {
    double z = philox_normal(&stream), power = 1;
    inverted = inverted && z == normal_quantile(philox_uniform(&uniform));
    for (int k = 0; k < 5; k++, power *= z)
      sum[k] += power;
  }
  ok(inverted, "normal: the quantile of the uniform, one word each");
  ok(fabs(sum[1] / N) < 4 / sqrt(N), "normal: mean");
  ok(fabs(sum[2] / N - 1) < 4 * sqrt(2.0 / N), "normal: variance");
  ok(fabs(sum[3] / N) < 4 * sqrt(15.0 / N), "normal: skewness");
  ok(fabs(sum[4] / N - 3) < 4 * sqrt(96.0 / N), "normal: kurtosis");
}

static void below_check(void)
{
  struct philox_stream stream;
  philox_start(&stream, 3, RNG_FOLD, 1);
  bool zero = true;
  for (int i = 0; i < 10; i++)
    zero = zero && philox_below(&stream, 1) == 0;
  ok(zero, "below 1: 0");
  static const uint64_t bound[] = {2, 3, 7, 10, 138};
  enum { N = 60000 };
  for (size_t b = 0; b < sizeof bound / sizeof *bound; b++) {
    double seen[138] = {0}, expected = (double) N / (double) bound[b], x2 = 0;
    bool inside = true;
    for (int i = 0; i < N; i++) {
      uint64_t x = philox_below(&stream, bound[b]);
      inside = inside && x < bound[b];
      seen[x < bound[b] ? x : 0]++;
    }
    for (size_t i = 0; i < bound[b]; i++)
      x2 += (seen[i] - expected) * (seen[i] - expected) / expected;
    ok(inside && chi_square_upper(x2, (double) bound[b] - 1) > 1e-3, "below %d (X-squared %.1f)",
       (int) bound[b], x2);
  }
  // 3/4 of 2^64: a remainder would make the lower third twice as likely, and a quarter of the
  // words is rejected.
  const uint64_t large = UINT64_C(3) << 62;
  double third[3] = {0}, x2 = 0;
  for (int i = 0; i < N; i++)
    third[philox_below(&stream, large) >> 62]++;
  for (size_t i = 0; i < 3; i++)
    x2 += (third[i] - N / 3.0) * (third[i] - N / 3.0) / (N / 3.0);
  ok(chi_square_upper(x2, 2) > 1e-3, "below 3 2^62 (X-squared %.2f)", x2);
  // Words whose low product is under 2^64 mod n are thrown away: for n = 3 that is word 0 only.
  struct philox_stream rejecting = {.buffer = {0, UINT64_C(1) << 63, 0, 0}, .n_left = 4};
  is_integer((long long) philox_below(&rejecting, 3), 1, "a biased word is drawn again");
  is_integer(rejecting.n_left, 2, "and takes two words");
}

static void gsl_check(void)
{
  gsl_rng *rng = gsl_rng_alloc(philox_gsl_type());
  is_text(gsl_rng_name(rng), "philox4x64-10", "GSL: name");
  ok(gsl_rng_min(rng) == 0 && gsl_rng_max(rng) == UINT64_MAX, "GSL: range");
  struct philox_stream stream;
  philox_start(&stream, 9, RNG_SIMULATE, 4);
  philox_gsl_start(rng, 9, RNG_SIMULATE, 4);
  bool same = true;
  for (int i = 0; i < 9; i++)
    same = same && gsl_rng_get(rng) == philox_next(&stream);
  ok(same, "GSL: the same words");
  ok(gsl_rng_uniform(rng) == philox_uniform(&stream), "GSL: the same uniforms");
  gsl_rng *copy = gsl_rng_clone(rng);
  ok(gsl_rng_get(copy) == gsl_rng_get(rng), "GSL: a copy goes on alike");
  bool inside = true;
  double sum = 0;
  for (int i = 0; i < 20000; i++) {
    unsigned long x = gsl_rng_uniform_int(rng, 6);
    inside = inside && x < 6;
    sum += gsl_ran_gamma(rng, 2, 1);
  }
  ok(inside, "GSL: bounded integers");
  ok(fabs(sum / 20000 - 2) < 4 * sqrt(2.0 / 20000), "GSL: its distributions (gamma mean %.3f)",
     sum / 20000);
  gsl_rng_set(rng, 5);
  struct philox_stream unnamed = {.seed = 5};
  ok(gsl_rng_get(rng) == philox_next(&unnamed), "GSL: a bare seed is purpose 0");
  gsl_rng_free(copy);
  gsl_rng_free(rng);
}

int main(void)
{
  known_answers_check();
  layout_check();
  overlap_check();
  uniform_check();
  normal_check();
  below_check();
  gsl_check();
  return tap_done();
}
