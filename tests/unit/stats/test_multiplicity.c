// SPDX-License-Identifier: GPL-3.0-or-later
// Adjusted P values: R's p.adjust, definitions, order and edges.
#include <config.h>

#include "stats/multiplicity.h"

#include <stdlib.h>

#include "reference.h"
#include "tap.h"

static const struct {
  enum adjustment adjustment;
  const char *name;
} METHODS[] = {
    {ADJUST_NONE, "none"},         {ADJUST_BONFERRONI, "bonferroni"}, {ADJUST_HOLM, "holm"},
    {ADJUST_HOCHBERG, "hochberg"}, {ADJUST_SIDAK, "sidak"},           {ADJUST_BH, "bh"},
};
enum { N_METHODS = sizeof METHODS / sizeof *METHODS };

static void test_r(void)
{
  static const char *const sets[] = {
      "hochberg_benjamini", "shuffled", "tiny", "missing", "none", "ends", "single"};
  struct reference *r = reference_open("multiplicity.tsv");
  for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
    for (size_t m = 0; m < N_METHODS; m++) {
      char key[80];
      size_t n, n_expected;
      snprintf(key, sizeof key, "%s.p", sets[s]);
      const double *p = reference_values(r, key, &n);
      snprintf(key, sizeof key, "%s.%s", sets[s], METHODS[m].name);
      const double *expected = reference_values(r, key, &n_expected);
      double *adjusted = malloc(n * sizeof *adjusted);
      p_values_adjust(METHODS[m].adjustment, p, n, adjusted);
      bool good = n == n_expected;
      for (size_t i = 0; good && i < n; i++)
        good = isnan(expected[i]) ? isnan(adjusted[i])
                                  : fabs(adjusted[i] - expected[i]) <= 1e-14 * expected[i];
      ok(good, "%s, as R", key);
      free(adjusted);
    }
  // Benjamini & Hochberg (1995), section 4: at 0.05 theirs rejects 4, Bonferroni's 3.
  size_t n, rejected_bh = 0, rejected_bonferroni = 0;
  const double *p = reference_values(r, "hochberg_benjamini.p", &n);
  double adjusted[15];
  p_values_adjust(ADJUST_BH, p, n, adjusted);
  for (size_t i = 0; i < n; i++)
    rejected_bh += adjusted[i] <= 0.05;
  p_values_adjust(ADJUST_BONFERRONI, p, n, adjusted);
  for (size_t i = 0; i < n; i++)
    rejected_bonferroni += adjusted[i] <= 0.05;
  is_integer((long long) rejected_bh, 4, "Benjamini & Hochberg's example");
  is_integer((long long) rejected_bonferroni, 3, "the same by Bonferroni");
  reference_close(r);
}

// Holm's and Hochberg's procedures as stated, asked whether they reject p[i] at alpha.
static bool rejects(enum adjustment adjustment, const double *p, size_t n, size_t which,
                    double alpha)
{
  double sorted[16];
  for (size_t i = 0; i < n; i++) {
    size_t j = i;
    for (; j > 0 && sorted[j - 1] > p[i]; j--)
      sorted[j] = sorted[j - 1];
    sorted[j] = p[i];
  }
  size_t n_rejected = 0;
  if (adjustment == ADJUST_HOLM)
    while (n_rejected < n && sorted[n_rejected] <= alpha / (double) (n - n_rejected))
      n_rejected++;
  else
    for (size_t i = 0; i < n; i++)
      if (sorted[i] <= (adjustment == ADJUST_BH ? (double) (i + 1) / (double) n * alpha
                                                : alpha / (double) (n - i)))
        n_rejected = i + 1;
  return n_rejected > 0 && p[which] <= sorted[n_rejected - 1];
}

static void test_procedures(void)
{
  static const enum adjustment stepwise[] = {ADJUST_HOLM, ADJUST_HOCHBERG, ADJUST_BH};
  unsigned state = 12345;
  bool agree = true, ordered = true;
  for (int trial = 0; trial < 200; trial++) {
    double p[12], by[N_METHODS][12];
    for (size_t i = 0; i < 12; i++) {
      state = state * 1664525u + 1013904223u;
      p[i] = (state >> 16) % 100 / 997.0;
    }
    for (size_t m = 0; m < N_METHODS; m++)
      p_values_adjust(METHODS[m].adjustment, p, 12, by[m]);
    for (size_t s = 0; s < 3; s++) {
      double adjusted[12];
      p_values_adjust(stepwise[s], p, 12, adjusted);
      for (size_t i = 0; i < 12; i++)
        for (double alpha = 0.0103; alpha < 0.3; alpha += 0.0297)
          agree &= (adjusted[i] <= alpha) == rejects(stepwise[s], p, 12, i, alpha);
    }
    for (size_t i = 0; i < 12; i++) // bh <= hochberg <= holm <= bonferroni; sidak <= bonferroni
      ordered &= by[0][i] <= by[5][i] && by[5][i] <= by[3][i] && by[3][i] <= by[2][i] &&
                 by[2][i] <= by[1][i] && by[4][i] <= by[1][i];
  }
  ok(agree, "adjusted P <= alpha just where the procedure rejects at alpha");
  ok(ordered, "BH <= Hochberg <= Holm <= Bonferroni, Sidak <= Bonferroni");
}

static void test_edges(void)
{
  double p[] = {0.04, 0.01, NAN, 0.03};
  p_values_adjust(ADJUST_HOLM, p, 4, p);
  ok(fabs(p[0] - 0.06) < 1e-16 && fabs(p[1] - 0.03) < 1e-16 && isnan(p[2]) &&
         fabs(p[3] - 0.06) < 1e-16,
     "in place, with a missing one");
  p_values_adjust(ADJUST_HOLM, p, 0, p);
  ok(fabs(p[1] - 0.03) < 1e-16, "none at all");
  double tiny[] = {1e-300, 1e-20};
  p_values_adjust(ADJUST_SIDAK, tiny, 2, tiny);
  is_close(tiny[0], 2e-300, 1e-15, "Sidak of 1e-300");
  is_close(tiny[1], 2e-20, 1e-15, "Sidak of 1e-20");
}

int main(void)
{
  test_r();
  test_procedures();
  test_edges();
  return tap_done();
}
