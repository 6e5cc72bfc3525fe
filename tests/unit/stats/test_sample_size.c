// SPDX-License-Identifier: GPL-3.0-or-later
// Riley's minimum sample size: the worked examples of the paper and of pmsampsize, the
// criteria themselves, the domain.
#include <config.h>

#include "reference.h"
#include "stats/logit_statistics.h"
#include "tap.h"

static void test_published(void)
{
  static const char *const examples[] = {"chagas", "high_r2", "parameters36", "prevalence25"};
  struct reference *r = reference_open("sample_size.tsv");
  for (size_t e = 0; e < sizeof examples / sizeof *examples; e++) {
    char key[60], name[80];
    size_t n;
    snprintf(key, sizeof key, "%s.input", examples[e]);
    const double *input = reference_values(r, key, &n);
    struct sample_size size = sample_size_binary(input[0], input[1], input[2], input[3]);
    snprintf(key, sizeof key, "%s.n", examples[e]);
    const double *expected = reference_values(r, key, &n);
    for (size_t c = 0; c < N_SAMPLE_SIZE_CRITERIA; c++) {
      snprintf(name, sizeof name, "%s: criterion %zu", examples[e], c + 1);
      is_close(size.n[c], expected[c], 0, name);
    }
    snprintf(name, sizeof name, "%s: final", examples[e]);
    is_close(size.final_n, expected[3], 0, name);
    snprintf(key, sizeof key, "%s.epp", examples[e]);
    expected = reference_values(r, key, &n);
    for (size_t c = 0; c < N_SAMPLE_SIZE_CRITERIA; c++) {
      snprintf(name, sizeof name, "%s: events per parameter %zu", examples[e], c + 1);
      is_near(size.epv[c], expected[c], 0.005 + 1e-9, name); // printed with two decimals
    }
    snprintf(key, sizeof key, "%s.formula", examples[e]);
    expected = reference_values(r, key, &n);
    is_close(size.max_r2, expected[0], 1e-14, "max R2, typed into R");
    is_close(size.shrinkage[1], expected[1], 1e-14, "shrinkage of criterion 2");
  }
  reference_close(r);
  // Riley et al. 2019, abstract: the model for Chagas disease needs "an EPP of at least 4.8".
  struct sample_size chagas = sample_size_binary(0.288, 24, 0.174, 0.9);
  is_near(chagas.final_n * 0.174 / 24, 4.8, 0.05, "at least 4.8 events per parameter");
}

// The smallest n that meets each criterion, found by trying all.
static void test_criteria(void)
{
  static const double settings[][4] = {
      {0.288, 24, 0.174, 0.9}, {0.05, 10, 0.5, 0.9}, {0.15, 7, 0.03, 0.85}, {0.5, 3, 0.4, 0.95}};
  for (size_t s = 0; s < 4; s++) {
    double r2 = settings[s][0], p = settings[s][1], prevalence = settings[s][2];
    struct sample_size size = sample_size_binary(r2, p, prevalence, settings[s][3]);
    double max_r2 = 1 - pow(pow(prevalence, prevalence) * pow(1 - prevalence, 1 - prevalence), 2);
    is_close(size.max_r2, max_r2, 1e-13, "largest Cox-Snell R2: 1 - (pi^pi (1-pi)^(1-pi))^2");
    // Van Houwelingen's shrinkage at apparent R2a: S = 1 + p / (n ln(1 - R2a)), R2 = S R2a:
    // n = p / ((S - 1) ln(1 - R2/S)) solves for S given.
    double needed[3] = {0, 0, 0};
    for (int c = 0; c < 2; c++) {
      double shrinkage = c == 0 ? settings[s][3] : r2 / (r2 + 0.05 * max_r2), n = 1;
      while (1 + p / (n * log(1 - r2 / shrinkage)) < shrinkage)
        n++;
      needed[c] = n;
    }
    double n = 1;
    while (1.96 * sqrt(prevalence * (1 - prevalence) / n) > 0.05)
      n++;
    needed[2] = n;
    for (int c = 0; c < 3; c++)
      is_close(size.n[c], needed[c], 0, "the smallest n that meets the criterion");
    is_close(size.final_n, fmax(fmax(needed[0], needed[1]), needed[2]), 0, "all three");
    ok(size.shrinkage[0] == settings[s][3] &&
           size.shrinkage[2] == fmax(size.shrinkage[0], size.shrinkage[1]),
       "shrinkages");
    is_close(size.epv[0], needed[0] * prevalence / p, 1e-15, "events per parameter");
  }
}

static void test_domain(void)
{
  static const double bad[][4] = {
      {0, 24, 0.174, 0.9},      {-0.1, 24, 0.174, 0.9}, {0.7, 24, 0.174, 0.9}, {0.2, 0, 0.2, 0.9},
      {0.2, 10, 0, 0.9},        {0.2, 10, 1, 0.9},      {0.2, 10, 0.3, 1},     {0.2, 10, 0.3, 0.2},
      {NAN, 10, 0.3, 0.9},      {0.2, NAN, 0.3, 0.9},   {0.2, 10, NAN, 0.9},   {0.2, 10, 0.3, NAN},
      {0.2, INFINITY, 0.3, 0.9}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct sample_size size = sample_size_binary(bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
    bool all = isnan(size.final_n) && isnan(size.max_r2);
    for (int c = 0; c < N_SAMPLE_SIZE_CRITERIA; c++)
      all = all && isnan(size.n[c]) && isnan(size.shrinkage[c]) && isnan(size.epv[c]);
    ok(all, "outside the domain %zu: all NaN", i + 1);
  }
  struct sample_size rare = sample_size_binary(1e-6, 10, 1e-5, 0.9);
  ok(rare.n[0] > 1e7 && isfinite(rare.final_n), "a rare outcome");
}

int main(void)
{
  test_published();
  test_criteria();
  test_domain();
  return tap_done();
}
