// SPDX-License-Identifier: GPL-3.0-or-later
// Three or more samples and their pairs: NIST's certified data, R, identities, definitions.
#include <config.h>

#include "stats/anova.h"

#include <stdlib.h>

#include "base/sort.h"
#include "reference.h"
#include "stats/distribution.h"
#include "tap.h"

enum { MOST_GROUPS = 12 };

struct samples {
  size_t k;
  const double *x[MOST_GROUPS];
  size_t n[MOST_GROUPS];
  struct moments moments[MOST_GROUPS];
};

static const double *lookup(const struct reference *r, const char *name, const char *what,
                            size_t *n)
{
  char key[200];
  snprintf(key, sizeof key, "%s.%s", name, what);
  return reference_values(r, key, n);
}

static struct samples samples_read(const struct reference *r, const char *name, size_t k)
{
  struct samples s = {.k = k};
  for (size_t g = 0; g < k; g++) {
    char what[24];
    snprintf(what, sizeof what, "%zu", g + 1);
    s.x[g] = lookup(r, name, what, &s.n[g]);
    s.moments[g] = moments_compute(s.x[g], NULL, s.n[g]);
  }
  return s;
}

static void check(double got, double expected, double tolerance, const char *name, const char *what)
{
  char label[120];
  snprintf(label, sizeof label, "%s: %s", name, what);
  is_close(got, expected, tolerance, label);
}

static void check_certified(const struct moments *group, size_t k, const double *certified,
                            double tolerance, const char *name)
{
  struct anova_result a = anova_one_way(group, k);
  check(a.df, certified[0], 0, name, "df between");
  check(a.sum_squares_between, certified[1], tolerance, name, "sum of squares between");
  check(a.df2, certified[2], 0, name, "df within");
  check(a.sum_squares_within, certified[3], tolerance, name, "sum of squares within");
  check(a.statistic, certified[4], tolerance, name, "F");
  check(a.sum_squares_between / (a.sum_squares_between + a.sum_squares_within), certified[5],
        tolerance, name, "R-squared");
  check(sqrt(a.sum_squares_within / a.df2), certified[6], tolerance, name, "residual SD");
}

// F without rounding: deviations of the doubles from `origin` are whole multiples of `unit`.
#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 wide;

struct exact_sums {
  wide sum, squares, squared_sums; // of all values; over groups, of their sums squared
};

static void exact_sums_add(struct exact_sums *sums, const double *x, size_t n, double origin,
                           double unit)
{
  wide sum = 0;
  for (size_t i = 0; i < n; i++) {
    wide deviation = (wide) ((x[i] - origin) / unit);
    sum += deviation;
    sums->squares += deviation * deviation;
  }
  sums->sum += sum;
  sums->squared_sums += sum * sum;
}

// k groups of n values each.
static void check_held(const struct exact_sums *sums, size_t n, size_t k, double f,
                       const char *name)
{
  double between = (double) ((wide) k * sums->squared_sums - sums->sum * sums->sum) / (double) k;
  double within = (double) ((wide) n * sums->squares - sums->squared_sums);
  double exact = (between / ((double) k - 1)) / (within / (double) (k * (n - 1)));
  check(f, exact, 1e-14, name, "F of the doubles as held, without rounding");
}
#else
struct exact_sums {
  double none;
};
static void exact_sums_add(struct exact_sums *sums, const double *x, size_t n, double origin,
                           double unit)
{
  (void) sums, (void) x, (void) n, (void) origin, (void) unit;
}
static void check_held(const struct exact_sums *sums, size_t n, size_t k, double f,
                       const char *name)
{
  (void) sums, (void) n, (void) k, (void) f, (void) name;
}
#endif

static void test_nist(void)
{
  struct reference *nist = reference_open("nist_anova.tsv");
  struct samples s = samples_read(nist, "SiRstv", 5);
  // 3 common digits leave 13 of the 15 certified.
  check_certified(s.moments, 5, lookup(nist, "SiRstv", "certified", NULL), 1e-12, "SiRstv");
  s = samples_read(nist, "AtmWtAg", 2);
  // 7 common digits: about 10 are left.
  check_certified(s.moments, 2, lookup(nist, "AtmWtAg", "certified", NULL), 2e-10, "AtmWtAg");

  // 1, 7 and 13 common digits.  What 7 and 13 leave (9.9 and 3.9 digits): the spacing of
  // doubles at 1e6 (1.2e-10) and 1e12 (1.2e-4) against deviations of 0.1.
  static const double tolerance[] = {2e-15,   2e-15,   2e-15,   1.2e-10, 1.2e-10,
                                     1.2e-10, 1.25e-4, 1.25e-4, 1.25e-4};
  static const double unit[] = {0x1p-52, 0x1p-33, 0x1p-13}; // spacing of the doubles
  static const double digit[] = {4, 3, 5, 3, 5, 3, 5, 3, 5};
  for (size_t i = 0; i < 9; i++) {
    char name[32];
    snprintf(name, sizeof name, "SmLs%02zu", i + 1);
    const double *rule = lookup(nist, name, "rule", NULL);
    size_t n = (size_t) rule[0];
    double *x = malloc(n * sizeof *x);
    struct moments group[9];
    struct exact_sums sums = {0};
    for (size_t g = 0; g < 9; g++) {
      for (size_t j = 0; j < n; j++)
        x[j] = (10 * rule[1] + digit[g] + (j == 0 ? 0 : j % 2 ? -1 : 1)) / 10;
      group[g] = moments_compute(x, NULL, n);
      exact_sums_add(&sums, x, n, (10 * rule[1] + 4) / 10, unit[i / 3]);
    }
    free(x);
    check_certified(group, 9, lookup(nist, name, "certified", NULL), tolerance[i], name);
    check_held(&sums, n, 9, anova_one_way(group, 9).statistic, name);
  }
  reference_close(nist);
}

static void check_pairs(const struct pair_result *pair, size_t n_pairs, const struct reference *r,
                        const char *name, const char *method, const char *field, double tolerance)
{
  char key[80], label[120];
  if (*method)
    snprintf(key, sizeof key, "%s.%s", method, field);
  else
    snprintf(key, sizeof key, "%s", field);
  size_t n;
  const double *expected = lookup(r, name, key, &n);
  bool good = n == n_pairs;
  for (size_t i = 0; good && i < n; i++) {
    const struct pair_result *p = &pair[i];
    double got = strcmp(field, "difference") == 0  ? p->difference
                 : strcmp(field, "se") == 0        ? p->std_error
                 : strcmp(field, "statistic") == 0 ? p->statistic
                 : strcmp(field, "df") == 0        ? p->df
                 : strcmp(field, "low") == 0       ? p->conf_low
                 : strcmp(field, "high") == 0      ? p->conf_high
                                                   : p->p_value;
    // Limits may pass through 0: then relative to the standard error.
    double scale = *field == 'l' || *field == 'h' || *field == 'd'
                       ? fmax(fabs(expected[i]), isnan(p->std_error) ? 0 : p->std_error)
                       : fabs(expected[i]);
    if (!(fabs(got - expected[i]) <= tolerance * scale)) {
      printf("# pair %zu: got %.17g, expected %.17g, relative difference %.3g\n", i, got,
             expected[i], fabs(got / expected[i] - 1));
      good = false;
    }
  }
  snprintf(label, sizeof label, "%s: %s", name, key);
  ok(good, "%s", label);
}

// P of the studentized range against the generator's quadrature: 1e-7 absolute and 1e-4
// relative above 1e-9, below which ours is only promised to be below too.  R's ptukey
// itself is off by up to 6e-7 at few df (see the generator).
static void check_range_p(const struct pair_result *pair, size_t n_pairs, const struct reference *r,
                          const char *name, const char *method)
{
  char key[80];
  snprintf(key, sizeof key, "%s.p", method);
  const double *expected = lookup(r, name, key, NULL);
  snprintf(key, sizeof key, "%s.ptukey", method);
  const double *ptukey = lookup(r, name, key, NULL);
  bool good = true, good_r = true;
  for (size_t i = 0; i < n_pairs; i++) {
    double got = pair[i].p_value;
    bool near = expected[i] < 1e-9 ? got >= 0 && got < 1.0001e-9
                                   : fabs(got - expected[i]) <= fmin(1e-7, 1e-4 * expected[i]);
    if (!near)
      printf("# pair %zu: got %.17g, expected %.17g\n", i, got, expected[i]);
    good &= near;
    good_r &= fabs(got - ptukey[i]) <= 1e-6;
  }
  ok(good, "%s: %s P", name, method);
  ok(good_r, "%s: %s P, as R's ptukey to 1e-6", name, method);
}

// t.test's statistic, df, P, low, high, pair after pair.
static void check_t_tests(const struct pair_result *pair, size_t n_pairs, const double *expected,
                          const char *name, const char *what)
{
  bool good = true;
  for (size_t i = 0; i < n_pairs; i++, expected += 5) {
    const double got[] = {pair[i].statistic, pair[i].df, pair[i].p_value, pair[i].conf_low,
                          pair[i].conf_high};
    // R sums in long double, its P and quantiles are good to 1e-12 or so.
    for (size_t j = 0; j < 5; j++)
      if (!(fabs(got[j] - expected[j]) <=
            1e-10 * (j > 2 ? fmax(fabs(expected[j]), pair[i].std_error) : fabs(expected[j])))) {
        printf("# pair %zu, field %zu: got %.17g, expected %.17g\n", i, j, got[j], expected[j]);
        good = false;
      }
  }
  ok(good, "%s: %s of each pair, as t.test", name, what);
}

static void test_r(void)
{
  static const char *const names[] = {"plant", "insects",     "iris", "ozone",   "chicks",
                                      "warp",  "mucociliary", "two",  "unequal", "apart"};
  struct reference *r = reference_open("anova.tsv");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *name = names[i];
    size_t k = (size_t) *lookup(r, name, "k", NULL), n_pairs = pairs_count(k);
    struct samples s = samples_read(r, name, k);
    // aov works through a QR decomposition: 1e-11 is what its sums of squares are good for,
    // and a P of 1e-299 multiplies a relative error of F by df2/2.
    const double *e = lookup(r, name, "f", NULL);
    struct anova_result a = anova_one_way(s.moments, k);
    check(a.statistic, e[0], 1e-11, name, "F, as aov");
    check(a.df, e[1], 0, name, "df");
    check(a.df2, e[2], 0, name, "df2");
    check(a.p_value, e[3], 1e-10, name, "P, as pf");
    check(a.sum_squares_between, e[4], 1e-11, name, "sum of squares between");
    check(a.sum_squares_within, e[5], 1e-11, name, "sum of squares within");

    e = lookup(r, name, "welch", NULL);
    a = anova_welch(s.moments, k);
    check(a.statistic, e[0], 1e-12, name, "Welch's F, as oneway.test");
    check(a.df, e[1], 0, name, "its df");
    check(a.df2, e[2], 1e-12, name, "its df2");
    check(a.p_value, e[3], 1e-10, name, "its P");

    for (int median = 0; median <= 1; median++) {
      e = lookup(r, name, median ? "levene.median" : "levene.mean", NULL);
      a = levene_test(s.x, s.n, k, median ? LEVENE_MEDIAN : LEVENE_MEAN);
      // car goes through lm: 1e-11, and for F near 0 less.
      check(a.statistic, e[0], 1e-10, name,
            median ? "Brown-Forsythe F, as car" : "Levene F, as car");
      check(a.df, e[1], 0, name, "its df");
      check(a.df2, e[2], 0, name, "its df2");
      check(a.p_value, e[3], 1e-10, name, "its P");
    }

    e = lookup(r, name, "kruskal", NULL);
    a = kruskal_wallis(s.x, NULL, s.n, k);
    // R subtracts 3 (n + 1) from a sum of squares of ranks, which costs some digits.
    check(a.statistic, e[0], 1e-11, name, "H, as kruskal.test");
    check(a.df, e[1], 0, name, "its df");
    check(a.p_value, e[2], 1e-9, name, "its P");

    struct pair_result *pair = pairs_lsd(s.moments, k, 0.95);
    check_pairs(pair, n_pairs, r, name, "", "difference", 1e-12);
    check_pairs(pair, n_pairs, r, name, "pooled", "se", 1e-11);
    check_pairs(pair, n_pairs, r, name, "lsd", "statistic", 1e-11);
    check_pairs(pair, n_pairs, r, name, "lsd", "p", 1e-9); // pairwise.t.test, down to 1e-300
    check_pairs(pair, n_pairs, r, name, "lsd", "low", 1e-10);
    check_pairs(pair, n_pairs, r, name, "lsd", "high", 1e-10);
    free(pair);

    pair = pairs_tukey(s.moments, k, 0.95);
    check_pairs(pair, n_pairs, r, name, "pooled", "se", 1e-11);
    check_pairs(pair, n_pairs, r, name, "tukey", "statistic", 1e-11);
    check_range_p(pair, n_pairs, r, name, "tukey");
    // The quantile that has upper tail 0.05 to 1e-7.
    check_pairs(pair, n_pairs, r, name, "tukey", "low", 1e-6);
    check_pairs(pair, n_pairs, r, name, "tukey", "high", 1e-6);
    size_t n;
    e = lookup(r, name, "tukey.hsd", &n);
    bool good = n == 3 * n_pairs;
    for (size_t p = 0; good && p < n_pairs; p++) // qtukey stops at 1e-4
      good = fabs(pair[p].difference - e[3 * p]) <= 1e-11 * pair[p].std_error &&
             fabs(pair[p].conf_low - e[3 * p + 1]) <= 1e-4 * pair[p].std_error &&
             fabs(pair[p].conf_high - e[3 * p + 2]) <= 1e-4 * pair[p].std_error;
    ok(good, "%s: TukeyHSD", name);
    free(pair);

    pair = pairs_scheffe(s.moments, k, 0.95);
    check_pairs(pair, n_pairs, r, name, "scheffe", "statistic", 1e-11);
    check_pairs(pair, n_pairs, r, name, "scheffe", "p", 1e-9);
    check_pairs(pair, n_pairs, r, name, "scheffe", "low", 1e-10);
    check_pairs(pair, n_pairs, r, name, "scheffe", "high", 1e-10);
    free(pair);

    pair = pairs_games_howell(s.moments, k, 0.95);
    check_pairs(pair, n_pairs, r, name, "separate", "se", 1e-12);
    check_pairs(pair, n_pairs, r, name, "separate", "df", 1e-12);
    check_pairs(pair, n_pairs, r, name, "games", "statistic", 1e-12);
    check_range_p(pair, n_pairs, r, name, "games");
    check_pairs(pair, n_pairs, r, name, "games", "low", 1e-6);
    check_pairs(pair, n_pairs, r, name, "games", "high", 1e-6);
    free(pair);

    pair = pairs_t(s.moments, k, false, 0.95);
    check_t_tests(pair, n_pairs, lookup(r, name, "student", NULL), name, "Student's t");
    free(pair);
    pair = pairs_t(s.moments, k, true, 0.95);
    check_t_tests(pair, n_pairs, lookup(r, name, "welch.pairs", NULL), name, "Welch's t");
    free(pair);

    pair = pairs_dunn(s.x, s.n, k);
    check_pairs(pair, n_pairs, r, name, "dunn", "difference", 1e-13);
    check_pairs(pair, n_pairs, r, name, "dunn", "statistic", 1e-12);
    check_pairs(pair, n_pairs, r, name, "dunn", "p", 1e-10);
    ok(isnan(pair->df) && isnan(pair->conf_low) && isnan(pair->conf_high), "no df, no limits");
    free(pair);
  }
  struct samples s = samples_read(r, "mucociliary", 3);
  // Hollander & Wolfe (1973), p. 116.
  is_near(kruskal_wallis(s.x, NULL, s.n, 3).statistic, 0.77, 0.005, "mucociliary: H as published");
  reference_close(r);
}

// k groups of whole numbers from 0 to `most`, ascending.
static unsigned random_state = 1;
static unsigned random_below(unsigned most)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (random_state >> 8) % most;
}

static double slow_kruskal(const double *const *x, const size_t *n, size_t k)
{
  double total = 0, h = 0, ties = 0;
  for (size_t g = 0; g < k; g++)
    total += (double) n[g];
  for (size_t g = 0; g < k; g++) {
    double rank_sum = 0;
    for (size_t i = 0; i < n[g]; i++) {
      double below = 0, same = 0;
      for (size_t f = 0; f < k; f++)
        for (size_t j = 0; j < n[f]; j++) {
          below += x[f][j] < x[g][i];
          same += x[f][j] == x[g][i];
        }
      rank_sum += below + (same + 1) / 2;
      ties += same * same - 1; // over the t members of a tie: t^3 - t
    }
    if (n[g])
      h += rank_sum * rank_sum / (double) n[g];
  }
  h = 12 / (total * (total + 1)) * h - 3 * (total + 1);
  return h / (1 - ties / (total * total * total - total));
}

static void test_kruskal(void)
{
  bool by_definition = true, weighted = true;
  for (size_t trial = 0; trial < 200; trial++) {
    size_t k = 2 + random_below(6), n[8], n_repeated[8];
    double x[8][30], weight[8][30], repeated[8][120];
    const double *px[8], *pw[8], *pr[8];
    for (size_t g = 0; g < k; g++) {
      n[g] = trial % 5 == 0 && g == 1 ? 0 : 1 + random_below(30);
      for (size_t i = 0; i < n[g]; i++)
        x[g][i] = random_below(trial % 2 ? 9 : 10000);
      sort_doubles(x[g], n[g]);
      n_repeated[g] = 0;
      for (size_t i = 0; i < n[g]; i++) {
        weight[g][i] = random_below(4);
        for (size_t copies = 0; copies < (size_t) weight[g][i]; copies++)
          repeated[g][n_repeated[g]++] = x[g][i];
      }
      px[g] = x[g];
      pw[g] = weight[g];
      pr[g] = repeated[g];
    }
    double h = kruskal_wallis(px, NULL, n, k).statistic, slow = slow_kruskal(px, n, k);
    bool good = isnan(h) ? !(fabs(slow) < 1e9) || k == 2 : fabs(h - slow) <= 1e-9 * fmax(slow, 1);
    if (!good)
      printf("# trial %zu: %.17g, slowly %.17g\n", trial, h, slow);
    by_definition &= good;
    struct anova_result a = kruskal_wallis(px, pw, n, k),
                        b = kruskal_wallis(pr, NULL, n_repeated, k);
    weighted &= (isnan(a.statistic) && isnan(b.statistic)) ||
                (fabs(a.statistic - b.statistic) <= 1e-13 * fmax(b.statistic, 1) && a.df == b.df);
    pw[0] = NULL; // ones
    a = kruskal_wallis(px, pw, n, k);
    n_repeated[0] = n[0];
    pr[0] = px[0];
    b = kruskal_wallis(pr, NULL, n_repeated, k);
    weighted &= (isnan(a.statistic) && isnan(b.statistic)) ||
                fabs(a.statistic - b.statistic) <= 1e-13 * fmax(b.statistic, 1);
  }
  ok(by_definition, "H by counting ranks and the textbook's formula");
  ok(weighted, "weights are repeated rows");

  // A million values a group, two thirds of all tied; H in closed form.  Group g holds
  // a[g] zeros and 1e6 - a[g] ones: a 3 x 2 table, H = (N - 1)/N chi-square.
  enum { MILLION = 1000000 };
  static const size_t zeros[] = {666000, 667000, 667400};
  double *x[3], chi_square = 0;
  size_t n[3] = {MILLION, MILLION, MILLION};
  for (size_t g = 0; g < 3; g++) {
    x[g] = malloc(MILLION * sizeof *x[g]);
    for (size_t i = 0; i < MILLION; i++)
      x[g][i] = i >= zeros[g];
    double expected = 2000400.0 / 3;
    chi_square += ((double) zeros[g] - expected) * ((double) zeros[g] - expected) *
                  (1 / expected + 1 / (MILLION - expected));
  }
  struct anova_result a = kruskal_wallis((const double *const *) x, NULL, n, 3);
  is_close(a.statistic, chi_square * (3e6 - 1) / 3e6, 1e-13, "3 x 1000000, two values: H");
  is_close(a.p_value, exp(-a.statistic / 2), 1e-11, "its P, 2 df");
  // All but one of 3000000 tied: the tie correction is 1e-6, and no digit is lost in it.
  for (size_t g = 0; g < 3; g++)
    for (size_t i = 0; i < MILLION; i++)
      x[g][i] = g == 2 && i == MILLION - 1;
  a = kruskal_wallis((const double *const *) x, NULL, n, 3);
  is_close(a.statistic, 2, 1e-13, "one of 3000000 untied: H = (N - n_g)/n_g");
  // No ties at all, every third value in turn: mean ranks 1 apart.
  for (size_t g = 0; g < 3; g++)
    for (size_t i = 0; i < MILLION; i++)
      x[g][i] = (double) (3 * i + g);
  a = kruskal_wallis((const double *const *) x, NULL, n, 3);
  is_close(a.statistic, 12 / (3e6 * (3e6 + 1)) * 2e6, 1e-13, "3000000 untied: H");
  for (size_t g = 0; g < 3; g++)
    free(x[g]);
}

static void test_identities(void)
{
  const double x1[] = {1.2, 3.4, 2.2, 5.1, 4.4, 2.9}, x2[] = {3.3, 6.1, 5.8, 4.9};
  const double x3[] = {7.7, 2.1, 9.3, 8.8, 4.2};
  struct moments group[4] = {moments_compute(x1, NULL, 6), moments_compute(x2, NULL, 4),
                             moments_compute(x3, NULL, 5)};

  // Two groups: F = t^2, pooled and separate; LSD, Tukey and Scheffe are the t test.
  struct pair_result *student = pairs_t(group, 2, false, 0.9),
                     *welch = pairs_t(group, 2, true, 0.9);
  struct anova_result f = anova_one_way(group, 2), w = anova_welch(group, 2);
  is_close(f.statistic, student->statistic * student->statistic, 1e-13, "two groups: F = t^2");
  is_close(f.p_value, student->p_value, 1e-11, "with its P");
  is_close(w.statistic, welch->statistic * welch->statistic, 1e-13, "Welch's F = t^2");
  is_close(w.df2, welch->df, 1e-13, "with its df");
  is_close(w.p_value, welch->p_value, 1e-11, "with its P");
  struct pair_result *lsd = pairs_lsd(group, 2, 0.9), *tukey = pairs_tukey(group, 2, 0.9);
  struct pair_result *scheffe = pairs_scheffe(group, 2, 0.9),
                     *games = pairs_games_howell(group, 2, 0.9);
  is_close(lsd->p_value, student->p_value, 1e-13, "two groups: LSD is Student's t");
  is_close(lsd->conf_low, student->conf_low, 1e-12, "with its limits");
  is_close(tukey->p_value, student->p_value, 1e-12, "Tukey is Student's t");
  is_close(tukey->conf_high, student->conf_high, 1e-12, "with its limits");
  is_close(scheffe->p_value, student->p_value, 1e-11, "Scheffe is Student's t");
  is_close(scheffe->conf_low, student->conf_low, 1e-10, "with its limits");
  is_close(games->p_value, welch->p_value, 1e-12, "Games-Howell is Welch's t");
  is_close(games->conf_low, welch->conf_low, 1e-11, "with its limits");
  free(student);
  free(welch);
  free(lsd);
  free(tukey);
  free(scheffe);
  free(games);

  // Limits and P agree: at the level 1 - P the nearer limit is 0.
  struct pair_result *(*const methods[])(const struct moments *, size_t, double) = {
      pairs_lsd, pairs_tukey, pairs_scheffe, pairs_games_howell};
  static const char *const names[] = {"LSD", "Tukey", "Scheffe", "Games-Howell"};
  for (size_t m = 0; m < 4; m++) {
    struct pair_result *pair = methods[m](group, 3, 0.95);
    for (size_t i = 0; i < 3; i++) {
      struct pair_result *at = methods[m](group, 3, 1 - pair[i].p_value);
      double nearer = fmin(fabs(at[i].conf_low), fabs(at[i].conf_high));
      // The studentized range is good to 1e-7.
      is_near(nearer / at[i].std_error, 0, m % 2 ? 2e-6 : 1e-9, names[m]);
      free(at);
    }
    free(pair);
  }

  // An empty group changes nothing.
  struct moments with_empty[4] = {group[0], moments_compute(NULL, NULL, 0), group[1], group[2]};
  struct anova_result a = anova_one_way(with_empty, 4), b = anova_one_way(group, 3);
  ok(a.statistic == b.statistic && a.df == b.df && a.p_value == b.p_value, "F: an empty group");
  a = anova_welch(with_empty, 4), b = anova_welch(group, 3);
  ok(a.statistic == b.statistic && a.df2 == b.df2, "Welch's F: an empty group");
  for (size_t m = 0; m < 4; m++) {
    struct pair_result *four = methods[m](with_empty, 4, 0.95), *three = methods[m](group, 3, 0.95);
    ok(four[1].p_value == three[0].p_value && four[1].conf_low == three[0].conf_low &&
           four[5].p_value == three[2].p_value && isnan(four[0].p_value) &&
           isnan(four[0].difference),
       "%s: an empty group", names[m]);
    free(four);
    free(three);
  }

  // From a printed table: the same as from the data.
  struct moments printed[3];
  for (size_t g = 0; g < 3; g++)
    printed[g] = moments_from_summary(group[g].n, group[g].mean, moments_sd(&group[g]));
  is_close(anova_one_way(printed, 3).statistic, anova_one_way(group, 3).statistic, 1e-13,
           "F from n, mean and SD");

  // Weights are repeated rows.
  const double weight[] = {2, 0, 1, 3, 1, 1}, repeated[] = {1.2, 1.2, 2.2, 5.1, 5.1, 5.1, 4.4, 2.9};
  struct moments weighted[2] = {moments_compute(x1, weight, 6), group[1]};
  struct moments longer[2] = {moments_compute(repeated, NULL, 8), group[1]};
  is_close(anova_one_way(weighted, 2).statistic, anova_one_way(longer, 2).statistic, 1e-13,
           "F of weighted rows");
  is_close(anova_welch(weighted, 2).p_value, anova_welch(longer, 2).p_value, 1e-12,
           "Welch's F of weighted rows");

  // Levene is the F test of the deviations; a shift by 2^40 leaves it as it is.
  const double sorted[2][5] = {{1, 2, 4, 8, 16}, {3, 3.5, 4.5, 5, 6}};
  const double *px[] = {sorted[0], sorted[1]};
  const size_t n[] = {5, 4}; // odd and even
  const double from_median[2][5] = {{3, 2, 0, 4, 12}, {1, 0.5, 0.5, 1}};
  struct moments deviations[] = {moments_compute(from_median[0], NULL, 5),
                                 moments_compute(from_median[1], NULL, 4)};
  double levene = levene_test(px, n, 2, LEVENE_MEDIAN).statistic;
  is_close(levene, anova_one_way(deviations, 2).statistic, 1e-14, "Brown-Forsythe by hand");
  double shifted[2][5];
  for (size_t g = 0; g < 2; g++)
    for (size_t i = 0; i < 5; i++)
      shifted[g][i] = sorted[g][i] + 1099511627776.0;
  const double *ps[] = {shifted[0], shifted[1]};
  is_close(levene_test(ps, n, 2, LEVENE_MEDIAN).statistic, levene, 0, "about 2^40, median");
  is_close(levene_test(ps, n, 2, LEVENE_MEAN).statistic,
           levene_test(px, n, 2, LEVENE_MEAN).statistic, 1e-14, "about 2^40, mean");

  // Dunn's z of two groups: z^2 = H.
  struct pair_result *dunn = pairs_dunn(px, n, 2);
  is_close(dunn->statistic * dunn->statistic, kruskal_wallis(px, NULL, n, 2).statistic, 1e-13,
           "two groups: Dunn's z^2 = H");
  is_close(dunn->p_value, kruskal_wallis(px, NULL, n, 2).p_value, 1e-11, "with its P");
  free(dunn);
}

static bool is_empty_result(struct anova_result a)
{
  return isnan(a.statistic) && isnan(a.p_value);
}

static void test_extremes(void)
{
  // SD 1, n = 101 a group, means d and 2 d apart: F = n d^2, df 2 and 300, upper tail
  // (1 + 2 F/300)^(-150) exactly.
  struct moments group[3];
  double smallest = 1;
  bool good = true;
  for (double d = 0.1; d < 12; d *= 1.3) {
    for (size_t g = 0; g < 3; g++)
      group[g] = moments_from_summary(101, d * (double) g, 1);
    struct anova_result a = anova_one_way(group, 3);
    double exact = exp(-150 * log1p(2 * (101 * d * d) / 300));
    if (!(fabs(a.p_value - exact) <= 1e-11 * exact)) {
      printf("# d %g: P %.17g, exactly %.17g\n", d, a.p_value, exact);
      good = false;
    }
    smallest = exact;
  }
  ok(good && smallest < 1e-250, "P of F down to %g", smallest);
  // The pairs of these: t with 300 df; R: 2 * pt(-d * 101/sqrt(202), 300).
  for (size_t g = 0; g < 3; g++)
    group[g] = moments_from_summary(101, 5.0 * (double) g, 1);
  struct pair_result *lsd = pairs_lsd(group, 3, 0.95), *tukey = pairs_tukey(group, 3, 0.95);
  is_close(lsd[0].p_value, t_two_sided(lsd[0].statistic, 300), 0, "LSD by t");
  ok(lsd[1].p_value < 1e-180 && lsd[1].p_value > 0, "LSD far in the tail");
  ok(tukey[1].p_value >= 0 && tukey[1].p_value < 1e-9, "Tukey far in the tail");
  free(lsd);
  free(tukey);
}

static void test_edges(void)
{
  struct moments none = moments_compute(NULL, NULL, 0), group[3];
  ok(is_empty_result(anova_one_way(NULL, 0)), "F of no group");
  ok(is_empty_result(anova_one_way(&none, 1)), "F of an empty group");
  const double same[] = {2, 2, 2, 2}, other[] = {3, 3, 3, 3}, spread[] = {1, 2, 4}, one[] = {7};
  group[0] = moments_compute(spread, NULL, 3);
  ok(is_empty_result(anova_one_way(group, 1)), "F of one group");
  group[1] = none;
  ok(is_empty_result(anova_one_way(group, 2)), "F of one group and an empty one");
  group[0] = moments_compute(same, NULL, 4);
  group[1] = moments_compute(other, NULL, 4);
  ok(is_empty_result(anova_one_way(group, 2)), "F without spread within");
  ok(is_empty_result(anova_welch(group, 2)), "Welch's F without spread within");
  struct pair_result *pair = pairs_lsd(group, 2, 0.95);
  ok(pair->difference == -1 && isnan(pair->std_error) && isnan(pair->p_value) &&
         isnan(pair->conf_low),
     "LSD without spread");
  free(pair);
  pair = pairs_games_howell(group, 2, 0.95);
  ok(pair->difference == -1 && isnan(pair->p_value) && isnan(pair->conf_high),
     "Games-Howell without spread");
  free(pair);
  group[0] = group[1] = moments_compute(one, NULL, 1);
  ok(is_empty_result(anova_one_way(group, 2)), "F of single values");
  ok(is_empty_result(anova_welch(group, 2)), "Welch's F of single values");
  pair = pairs_tukey(group, 2, 0.95);
  ok(isnan(pair->p_value), "Tukey of single values");
  free(pair);
  // A single value beside a group has no variance of its own, but the pooled one.
  group[1] = moments_compute(spread, NULL, 3);
  ok(anova_one_way(group, 2).df2 == 2 && !is_empty_result(anova_one_way(group, 2)),
     "F with a single value in one group");
  ok(is_empty_result(anova_welch(group, 2)), "Welch's F with a single value in one group");
  pair = pairs_scheffe(group, 2, 0.95);
  ok(pair->p_value > 0 && pair->p_value < 1, "Scheffe with a single value in one group");
  free(pair);
  pair = pairs_t(group, 2, true, 0.95);
  ok(isnan(pair->p_value), "Welch's t with a single value");
  free(pair);

  is_integer((long long) pairs_count(0), 0, "pairs of 0");
  is_integer((long long) pairs_count(1), 0, "pairs of 1");
  is_integer((long long) pairs_count(6), 15, "pairs of 6");
  free(pairs_lsd(NULL, 0, 0.95));
  free(pairs_t(group, 1, true, 0.95));
  pair = pairs_t(group, 2, false, 0.95);
  ok(pair->group1 == 0 && pair->group2 == 1, "indices of a pair");
  free(pair);

  const double *x[] = {same, same, spread};
  const size_t n[] = {4, 3, 3}, empty[] = {0, 0, 0}, single[] = {1, 1, 0};
  ok(is_empty_result(kruskal_wallis(x, NULL, n, 2)), "H of ties only");
  ok(is_empty_result(kruskal_wallis(x, NULL, n, 1)), "H of one group");
  ok(is_empty_result(kruskal_wallis(x, NULL, empty, 3)), "H of nothing");
  ok(is_empty_result(kruskal_wallis(NULL, NULL, NULL, 0)), "H of no group");
  ok(is_empty_result(levene_test(x, empty, 3, LEVENE_MEDIAN)), "Levene of nothing");
  ok(is_empty_result(levene_test(x, n, 2, LEVENE_MEAN)), "Levene without spread");
  ok(is_empty_result(levene_test(x, single, 2, LEVENE_MEDIAN)), "Levene of single values");
  pair = pairs_dunn(x, n, 2);
  ok(pair->difference == 0 && isnan(pair->p_value), "Dunn of ties only");
  free(pair);
  pair = pairs_dunn(x, empty, 2);
  ok(isnan(pair->difference) && isnan(pair->p_value), "Dunn of nothing");
  free(pair);
  const double lower[] = {1}, higher[] = {2};
  const double *two[] = {lower, higher};
  is_close(kruskal_wallis(two, NULL, single, 2).statistic, 1, 1e-15, "H of two single values");
}

int main(void)
{
  test_nist();
  test_r();
  test_kruskal();
  test_identities();
  test_extremes();
  test_edges();
  return tap_done();
}
