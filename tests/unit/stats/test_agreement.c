// SPDX-License-Identifier: GPL-3.0-or-later
// Readers' agreement: analysis of variance, intraclass correlation, limits of agreement, kappa.
#include <config.h>

#include "stats/agreement.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "stats/distribution.h"
#include "tap.h"

static const char *const icc_names[] = {"ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"};

static uint64_t random_state = 2022;
static double uniform(void)
{
  random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (double) (random_state >> 11) * 0x1p-53;
}

static const double *values_of(const struct reference *reference, const char *name,
                               const char *what, size_t *n)
{
  char key[100];
  snprintf(key, sizeof key, "%s.%s", name, what);
  return reference_values(reference, key, n);
}

// Within tolerance of `expected` or, relative to `scale`, of where numbers begin: for limits
// near 0 that are differences of larger numbers.
static void is_close_at(double got, double expected, double tolerance, double scale,
                        const char *name)
{
  if (isfinite(expected) && fabs(expected) < scale)
    is_near(got, expected, tolerance * scale, name);
  else
    is_close(got, expected, tolerance, name);
}

static double normal_multiplier(void)
{
  return normal_quantile(0.975);
}

// ---- against R ----

static void check_icc(const struct reading_anova *anova, const double *expected, double level,
                      double tolerance, const char *name)
{
  char label[200];
  for (int type = 0; type < N_ICC_TYPES; type++) {
    struct icc_result r = icc_compute(anova, (enum icc_type) type, level);
    const double *e = expected + 7 * type;
    const double got[] = {r.estimate, r.statistic, r.df, r.df2, r.p_value, r.conf_low, r.conf_high};
    static const char *const parts[] = {"estimate", "F", "df", "df2", "P", "low", "high"};
    for (int i = 0; i < 7; i++) {
      snprintf(label, sizeof label, "%s, %s at %g: %s as psych", name, icc_names[type], level,
               parts[i]);
      is_close_at(got[i], e[i], i == 4 ? fmax(tolerance, 1e-8) : tolerance, i == 4 ? 0 : 0.01,
                  label);
    }
  }
}

static void check_bland_altman(const struct bland_altman_result *r, const double *e,
                               double tolerance, const char *name)
{
  const double got[] = {(double) r->n,     r->bias.estimate,  r->bias.conf_low,
                        r->bias.conf_high, r->sd,             r->statistic,
                        r->p_value,        r->lower.estimate, r->lower.conf_low,
                        r->lower.conf_high, r->upper.estimate, r->upper.conf_low,
                        r->upper.conf_high, r->correlation,    r->correlation_p};
  static const char *const parts[] = {
      "n", "bias",  "bias.low",  "bias.high",  "sd",    "t",         "P",
      "lower", "lower.low", "lower.high", "upper", "upper.low", "upper.high",
      "correlation", "P of correlation"};
  char label[200];
  for (size_t i = 0; i < sizeof got / sizeof *got; i++) {
    snprintf(label, sizeof label, "%s, multiplier %.3f: %s as R", name, r->multiplier, parts[i]);
    is_close_at(got[i], e[i], tolerance, i == 6 || i == 14 ? 0 : 0.1 * r->sd, label);
  }
}

static void check_readings(const struct reference *reference, const char *name, double tolerance)
{
  const double *x = values_of(reference, name, "x", NULL);
  const double *shape = values_of(reference, name, "shape", NULL);
  size_t n = (size_t) shape[0], k = (size_t) shape[1];
  struct reading_anova anova = reading_anova_compute(x, n, k);
  const double *e = values_of(reference, name, "anova", NULL);
  char label[200];
  const double got[] = {anova.ms_subjects, anova.ms_readers, anova.ms_residual, anova.ms_within};
  for (int i = 0; i < 4; i++) {
    snprintf(label, sizeof label, "%s: mean square %d as R", name, i);
    is_close(got[i], e[i], tolerance, label);
  }
  check_icc(&anova, values_of(reference, name, "icc", NULL), 0.95, tolerance, name);
  check_icc(&anova, values_of(reference, name, "icc90", NULL), 0.90, tolerance, name);
  double *first = malloc(2 * n * sizeof *first), *second = first + n;
  for (size_t i = 0; i < n; i++) {
    first[i] = x[i * k];
    second[i] = x[i * k + 1];
  }
  struct bland_altman_result r =
      bland_altman_compute(first, second, n, normal_multiplier(), 0.95);
  check_bland_altman(&r, values_of(reference, name, "ba", NULL), tolerance, name);
  r = bland_altman_compute(first, second, n, 2, 0.95);
  check_bland_altman(&r, values_of(reference, name, "ba2", NULL), tolerance, name);
  free(first);
}

static void check_against_r(const struct reference *reference)
{
  static const char *const cases[] = {"shrout",    "peakflow",  "mini",         "subcutaneous",
                                      "visceral",  "replicates", "biased",      "unrelated",
                                      "opposite", "two.subjects", "many.readers"};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check_readings(reference, cases[i], 1e-9);
  // Residuals 1e-4 of the readings: both sides lose digits of the readings themselves
  // (measured: 3e-10 here).
  check_readings(reference, "close", 1e-8);
  // 1e6 in common: readings carry 10 digits of their spread, and R subtracts it in another order.
  check_readings(reference, "offset", 1e-8);
}

// ---- published values ----

static void check_published(const struct reference *reference)
{
  // Shrout & Fleiss (1979), Tables 3 and 4, to their two decimals.
  const double *x = values_of(reference, "shrout", "x", NULL);
  struct reading_anova anova = reading_anova_compute(x, 6, 4);
  is_near(anova.ms_subjects, 11.24, 0.005, "Shrout & Fleiss: BMS");
  is_near(anova.ms_within, 6.26, 0.005, "Shrout & Fleiss: WMS");
  is_near(anova.ms_readers, 32.49, 0.005, "Shrout & Fleiss: JMS");
  is_near(anova.ms_residual, 1.02, 0.005, "Shrout & Fleiss: EMS");
  static const double published[] = {.17, .29, .71, .44, .62, .91};
  for (int type = 0; type < N_ICC_TYPES; type++) {
    struct icc_result r = icc_compute(&anova, (enum icc_type) type, 0.95);
    is_near(r.estimate, published[type], 0.005, icc_names[type]);
  }

  // Bland & Altman (1986): bias -2.1, SD 38.8, limits -79.7 and 75.5; intervals -22.0 to 17.8,
  // -114.3 to -45.1 and 40.9 to 110.1, from the rounded SD and t = 2.12.
  const double *flow = values_of(reference, "peakflow", "x", NULL);
  double wright[17], mini[17];
  for (int i = 0; i < 17; i++) {
    wright[i] = flow[2 * i];
    mini[i] = flow[2 * i + 1];
  }
  struct bland_altman_result r = bland_altman_compute(wright, mini, 17, 2, 0.95);
  is_near(r.bias.estimate, -2.1, 0.05, "Bland & Altman: bias");
  is_near(r.sd, 38.8, 0.05, "Bland & Altman: SD");
  is_near(r.lower.estimate, -79.7, 0.1, "Bland & Altman: lower limit");
  is_near(r.upper.estimate, 75.5, 0.1, "Bland & Altman: upper limit");
  is_near(r.bias.conf_low, -22.0, 0.1, "Bland & Altman: interval of the bias, low");
  is_near(r.bias.conf_high, 17.8, 0.1, "Bland & Altman: interval of the bias, high");
  is_near(r.lower.conf_low, -114.3, 0.2, "Bland & Altman: interval of the lower limit, low");
  is_near(r.lower.conf_high, -45.1, 0.2, "Bland & Altman: interval of the lower limit, high");
  is_near(r.upper.conf_low, 40.9, 0.2, "Bland & Altman: interval of the upper limit, low");
  is_near(r.upper.conf_high, 110.1, 0.2, "Bland & Altman: interval of the upper limit, high");

  // Fleiss, Cohen & Everitt (1969): kappa .429, variance .002885; with their weights .507 and
  // .003248.
  const double *count = values_of(reference, "fleiss69", "count", NULL);
  static const double disagreement[] = {0, 1, 5. / 9, 1, 0, 3. / 9, 5. / 9, 3. / 9, 0};
  struct kappa_result k = kappa_cohen(count, NULL, 3, 0.95);
  is_near(k.estimate, .429, .0005, "Fleiss, Cohen & Everitt: kappa");
  is_near(k.std_error * k.std_error, .002885, 5e-7, "Fleiss, Cohen & Everitt: variance");
  k = kappa_cohen(count, disagreement, 3, 0.95);
  is_near(k.estimate, .507, .0005, "Fleiss, Cohen & Everitt: weighted kappa");
  is_near(k.std_error * k.std_error, .003248, 5e-7, "Fleiss, Cohen & Everitt: its variance");

  // Landis & Koch (1977): kappa of the two neurologists .208 and .297.
  k = kappa_cohen(values_of(reference, "winnipeg", "count", NULL), NULL, 4, 0.95);
  is_near(k.estimate, .208, .0005, "Landis & Koch: kappa in Winnipeg");
  k = kappa_cohen(values_of(reference, "orleans", "count", NULL), NULL, 4, 0.95);
  is_near(k.estimate, .297, .0005, "Landis & Koch: kappa in New Orleans");

  // irrCAC's documentation, 15 patients: Fleiss's kappa and AC1 with standard errors.
  const double *tally = values_of(reference, "patients", "tally", NULL);
  k = kappa_fleiss(tally, 15, 5, 6, 0.95);
  is_near(k.estimate, 0.4139265, 5e-8, "irrCAC: Fleiss's kappa");
  is_near(k.std_error, 0.08119291, 5e-9, "irrCAC: standard error of Fleiss's kappa");
  k = agreement_ac1(tally, 15, 5, 6, 0.95);
  is_near(k.estimate, 0.4448007, 5e-8, "irrCAC: AC1");
  is_near(k.std_error, 0.08418757, 5e-9, "irrCAC: standard error of AC1");
  is_close(k.p_value, 0.0001155927, 1e-6, "irrCAC: P of AC1");
  is_near(k.observed, 0.5511111, 5e-8, "irrCAC: observed agreement");
  is_near(k.expected, 0.1914815, 5e-8, "irrCAC: expected agreement");
}

// ---- slow and obvious ----

static void check_slow_anova(void)
{
  enum { N = 7, K = 4 };
  double x[N * K], total = 0, rows = 0, columns = 0, squares = 0;
  for (int i = 0; i < N * K; i++)
    total += x[i] = uniform() * 3 + (double) (i / K);
  for (int i = 0; i < N * K; i++)
    squares += x[i] * x[i];
  for (int i = 0; i < N; i++) {
    double sum = 0;
    for (int j = 0; j < K; j++)
      sum += x[i * K + j];
    rows += sum * sum / K;
  }
  for (int j = 0; j < K; j++) {
    double sum = 0;
    for (int i = 0; i < N; i++)
      sum += x[i * K + j];
    columns += sum * sum / N;
  }
  double correction = total * total / (N * K);
  struct reading_anova anova = reading_anova_compute(x, N, K);
  // The textbook's sums lose some digits to the correction term.
  is_close(anova.ss_subjects, rows - correction, 1e-11, "sum of squares of subjects, textbook");
  is_close(anova.ss_readers, columns - correction, 1e-11, "sum of squares of readers, textbook");
  is_close(anova.ss_residual, squares - rows - columns + correction, 1e-11,
           "residual sum of squares, textbook");
  is_close(anova.ss_within, squares - rows, 1e-11, "sum of squares within, textbook");

  double b = anova.ms_subjects, w = anova.ms_within, e = anova.ms_residual, j = anova.ms_readers;
  double subject = (b - w) / K;
  is_close(icc_compute(&anova, ICC_1, 0.95).estimate, subject / (subject + w), 1e-12,
           "ICC1 by components of variance");
  subject = (b - e) / K;
  double reader = (j - e) / N;
  is_close(icc_compute(&anova, ICC_2, 0.95).estimate, subject / (subject + reader + e), 1e-12,
           "ICC2 by components of variance");
  is_close(icc_compute(&anova, ICC_3, 0.95).estimate, subject / (subject + e), 1e-12,
           "ICC3 by components of variance");
  is_close(icc_compute(&anova, ICC_2K, 0.95).estimate, subject / (subject + (reader + e) / K),
           1e-12, "ICC2k by components of variance");
  is_close(icc_compute(&anova, ICC_3K, 0.95).estimate, subject / (subject + e / K), 1e-12,
           "ICC3k by components of variance");
}

static double kappa_of(const double *p, const double *v, size_t q)
{
  double observed = 0, expected = 0;
  for (size_t i = 0; i < q; i++)
    for (size_t j = 0; j < q; j++) {
      double row = 0, column = 0;
      for (size_t l = 0; l < q; l++) {
        row += p[i * q + l];
        column += p[l * q + j];
      }
      observed += (1 - v[i * q + j]) * p[i * q + j];
      expected += (1 - v[i * q + j]) * row * column;
    }
  return (observed - expected) / (1 - expected);
}

// The delta method with differences for derivatives.
static void check_slow_kappa(void)
{
  enum { Q = 4 };
  static const double count[Q * Q] = {38, 5, 0, 1, 33, 11, 3, 0, 10, 14, 5, 6, 3, 7, 3, 10};
  double p[Q * Q], total = 0, v[Q * Q];
  for (int i = 0; i < Q * Q; i++)
    total += count[i];
  for (int i = 0; i < Q * Q; i++)
    p[i] = count[i] / total;
  for (int weights = 0; weights <= KAPPA_QUADRATIC; weights++) {
    kappa_disagreement((enum kappa_weights) weights, Q, v);
    double mean = 0, square = 0;
    for (int i = 0; i < Q * Q; i++) {
      double step = 1e-5, keep = p[i];
      p[i] = keep + step;
      double high = kappa_of(p, v, Q);
      p[i] = keep - step;
      double slope = (high - kappa_of(p, v, Q)) / (2 * step);
      p[i] = keep;
      mean += p[i] * slope;
      square += p[i] * slope * slope;
    }
    struct kappa_result r = kappa_cohen(count, v, Q, 0.95);
    is_close(r.estimate, kappa_of(p, v, Q), 1e-13, "kappa by its definition");
    // Differences over 1e-5 are good to 1e-9.
    is_close(r.std_error, sqrt((square - mean * mean) / total), 1e-7,
             "standard error of kappa by the delta method");
  }
}

// All q^k ways in which k readers who guess by the shares can read a subject: the mean square
// of a subject's linear part is n times the null variance of Fleiss's kappa.
static void check_slow_fleiss(void)
{
  enum { Q = 3, K = 4, N = 8 };
  static const double tally[N * Q] = {4, 0, 0, 3, 1, 0, 2, 2, 0, 4, 0, 0,
                                      1, 1, 2, 3, 0, 1, 4, 0, 0, 0, 3, 1};
  double share[Q] = {0}, expected = 0;
  for (int i = 0; i < N * Q; i++)
    share[i % Q] += tally[i] / (N * K);
  for (int c = 0; c < Q; c++)
    expected += share[c] * share[c];
  double sum = 0;
  for (int code = 0; code < 81; code++) {
    int t[Q] = {0}, rest = code;
    double probability = 1, agreement = 0, own = 0;
    for (int j = 0; j < K; j++, rest /= Q) {
      t[rest % Q]++;
      probability *= share[rest % Q];
    }
    for (int c = 0; c < Q; c++) {
      agreement += t[c] * (t[c] - 1.) / (K * (K - 1));
      own += share[c] * t[c] / K;
    }
    double part = (agreement - expected - 2 * (own - expected)) / (1 - expected);
    sum += probability * part * part;
  }
  struct kappa_result r = kappa_fleiss(tally, N, Q, K, 0.95);
  is_close(r.null_error, sqrt(sum / N), 1e-12, "null error of Fleiss's kappa by enumeration");
  is_close(r.statistic, r.estimate / r.null_error, 1e-14, "z of Fleiss's kappa");

  // Pairs of readers counted one by one.
  double pairs = 0, all = 0;
  for (int i = 0; i < N; i++) {
    double of_subject = 0;
    for (int c = 0; c < Q; c++) {
      for (int a = 0; a < tally[i * Q + c]; a++)
        for (int b = 0; b < tally[i * Q + c]; b++)
          of_subject += a != b;
      all += tally[i * Q + c] == K;
    }
    pairs += of_subject / (K * (K - 1)) / N;
  }
  is_close(r.observed, pairs, 1e-14, "agreement of pairs, one by one");
  is_close(agreement_pairs(tally, N, Q, K, 0.95).estimate, pairs, 1e-14, "agreement_pairs");
  is_close(agreement_all(tally, N, Q, K, 0.95).estimate, all / N, 1e-14, "agreement_all");
}

// ---- identities ----

static void check_invariance(void)
{
  enum { N = 25, K = 3 };
  double x[N * K], y[N * K];
  for (int i = 0; i < N * K; i++)
    x[i] = (double) (i / K) + 4 * uniform() + (i % K == 2 ? 1.5 : 0);
  // Powers of two and whole numbers: no rounding.
  for (int i = 0; i < N * K; i++) {
    x[i] = floor(x[i] * 64);
    y[i] = -8 * x[i] + 1048576;
  }
  struct reading_anova of_x = reading_anova_compute(x, N, K), of_y = reading_anova_compute(y, N, K);
  for (int type = 0; type < N_ICC_TYPES; type++) {
    struct icc_result a = icc_compute(&of_x, (enum icc_type) type, 0.95);
    struct icc_result b = icc_compute(&of_y, (enum icc_type) type, 0.95);
    char label[100];
    snprintf(label, sizeof label, "%s of -8 x + 2^20", icc_names[type]);
    is_close(b.estimate, a.estimate, 1e-13, label);
    is_close(b.conf_low, a.conf_low, 1e-12, label);
    is_close(b.conf_high, a.conf_high, 1e-12, label);
    is_close(b.p_value, a.p_value, 1e-12, label);
  }
  is_close(of_y.ms_within, 64 * of_x.ms_within, 1e-13, "mean square of -8 x + 2^20");

  // The last reader biased more: ICC2 falls, ICC3 stays.
  double before[2] = {icc_compute(&of_x, ICC_2, 0.95).estimate,
                      icc_compute(&of_x, ICC_3, 0.95).estimate};
  for (int i = 2; i < N * K; i += K)
    x[i] += 512;
  of_x = reading_anova_compute(x, N, K);
  ok(icc_compute(&of_x, ICC_2, 0.95).estimate < before[0] - 0.1, "a constant bias lowers ICC2");
  is_close(icc_compute(&of_x, ICC_3, 0.95).estimate, before[1], 1e-12, "and leaves ICC3");

  // At the level where P is the upper tail, the lower limits of ICC1 and ICC3 are 0.
  static const double weak[] = {1, 2, 2, 1, 3, 2, 2, 4, 4, 3, 1, 1, 5, 2};
  struct reading_anova anova = reading_anova_compute(weak, 7, 2);
  for (int type = ICC_1; type <= ICC_3; type += 2) {
    double p = icc_compute(&anova, (enum icc_type) type, 0.95).p_value;
    is_near(icc_compute(&anova, (enum icc_type) type, 1 - 2 * p).conf_low, 0, 1e-10,
            "limit and P agree");
  }
}

// Two readers: means and variances tell everything.
static void check_two_readers(void)
{
  enum { N = 30 };
  double x[N], y[N], both[2 * N], squares = 0;
  for (int i = 0; i < N; i++) {
    both[2 * i] = x[i] = 5 * uniform();
    both[2 * i + 1] = y[i] = x[i] + uniform();
    squares += (x[i] - y[i]) * (x[i] - y[i]);
  }
  struct reading_anova anova = reading_anova_compute(both, N, 2);
  struct bland_altman_result r = bland_altman_compute(x, y, N, normal_multiplier(), 0.95);
  is_close(r.sd * r.sd, 2 * anova.ms_residual, 1e-12, "variance of differences is twice E");
  is_close(r.statistic * r.statistic, anova.ms_readers / anova.ms_residual, 1e-11,
           "paired t squared is J/E");
  struct repeatability_result repeat =
      repeatability_compute(&anova, normal_multiplier(), 0.95);
  is_close(repeat.within_sd.estimate, sqrt(squares / (2 * N)), 1e-12,
           "within-subject SD is sqrt(sum d^2/2n)");
  is_close(repeat.coefficient.estimate, normal_multiplier() * sqrt(squares / N), 1e-12,
           "repeatability coefficient");
  is_close(repeat.cv.estimate, repeat.within_sd.estimate / anova.mean, 1e-12, "CV");
  is_close(repeat.cv.conf_high, repeat.within_sd.conf_high / anova.mean, 1e-12, "limit of CV");
  is_close(repeat.residual_sd.estimate, r.sd / sqrt(2), 1e-12, "residual SD");
  is_close(repeat.within_sd.estimate * repeat.within_sd.estimate * N /
               chi_square_quantile(0.025, N),
           repeat.within_sd.conf_high * repeat.within_sd.conf_high, 1e-12,
           "upper limit of the within-subject SD");
  struct bland_altman_result swapped = bland_altman_compute(y, x, N, normal_multiplier(), 0.95);
  is_close(swapped.lower.estimate, -r.upper.estimate, 1e-13, "readers exchanged: limits");
  is_close(swapped.lower.conf_low, -r.upper.conf_high, 1e-13, "readers exchanged: intervals");
  is_close(swapped.p_value, r.p_value, 1e-13, "readers exchanged: P");
  r = bland_altman_compute(x, y, N, 3, 0.95);
  is_close(r.upper.conf_high - r.upper.estimate,
           (r.bias.conf_high - r.bias.estimate) * sqrt(5.5), 1e-12,
           "a limit at 3 SD has the variance (1 + 9/2) sd^2/n");
}

// Fleiss & Cohen (1973): quadratic kappa is the concordance of the category numbers.
static void check_quadratic(void)
{
  static const double count[] = {22, 2, 2, 0, 0, 5, 7, 14, 0, 0, 0, 2, 36,
                                 0,  0, 0, 1, 14, 7, 0, 0, 0, 3, 0, 3};
  enum { Q = 5 };
  double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, v[Q * Q];
  for (int i = 0; i < Q; i++)
    for (int j = 0; j < Q; j++) {
      double c = count[i * Q + j];
      n += c;
      sx += c * i;
      sy += c * j;
      sxx += c * i * i;
      syy += c * j * j;
      sxy += c * i * j;
    }
  double covariance = sxy / n - sx * sy / n / n;
  double concordance = 2 * covariance /
                       (sxx / n - sx * sx / n / n + syy / n - sy * sy / n / n +
                        (sx - sy) * (sx - sy) / n / n);
  kappa_disagreement(KAPPA_QUADRATIC, Q, v);
  struct kappa_result r = kappa_cohen(count, v, Q, 0.95);
  is_close(r.estimate, concordance, 1e-12, "quadratic kappa is Lin's concordance");

  double twice[Q * Q], turned[Q * Q];
  for (int i = 0; i < Q; i++)
    for (int j = 0; j < Q; j++) {
      twice[i * Q + j] = 2 * count[i * Q + j];
      turned[i * Q + j] = count[j * Q + i];
    }
  struct kappa_result s = kappa_cohen(twice, v, Q, 0.95), t = kappa_cohen(turned, v, Q, 0.95);
  is_close(s.estimate, r.estimate, 1e-14, "every subject twice: kappa");
  is_close(s.std_error * sqrt(2), r.std_error, 1e-13, "every subject twice: standard error");
  is_close(s.null_error * sqrt(2), r.null_error, 1e-13, "every subject twice: null error");
  is_close(t.estimate, r.estimate, 1e-13, "readers exchanged: kappa");
  is_close(t.std_error, r.std_error, 1e-13, "readers exchanged: standard error");
  is_close(r.p_value, normal_two_sided(r.estimate / r.null_error), 1e-14, "P of kappa");
}

// A table of two readers as tallies: Scott's pi; irrCAC's *.table standard errors have n for
// n - 1 (0.05905473 and 0.04321747 printed).
static void check_tally_of_two(const struct reference *reference)
{
  const double *count = values_of(reference, "pregnancies", "count", NULL);
  enum { Q = 3, N = 100 };
  double tally[N * Q] = {0};
  size_t at = 0;
  for (size_t i = 0; i < Q; i++)
    for (size_t j = 0; j < Q; j++)
      for (int c = 0; c < count[i * Q + j]; c++, at++) {
        tally[at * Q + i]++;
        tally[at * Q + j]++;
      }
  struct kappa_result pi = kappa_fleiss(tally, N, Q, 2, 0.95);
  is_near(pi.estimate, 0.7962397, 5e-8, "two readers: Scott's pi of irrCAC");
  is_near(pi.std_error * sqrt(99. / 100), 0.05905473, 5e-9, "two readers: its standard error");
  struct kappa_result ac1 = agreement_ac1(tally, N, Q, 2, 0.95);
  is_near(ac1.estimate, 0.8493305, 5e-8, "two readers: AC1 of irrCAC");
  is_near(ac1.std_error * sqrt(99. / 100), 0.04321747, 5e-9, "two readers: its standard error");
  struct kappa_result percent = agreement_pairs(tally, N, Q, 2, 0.95);
  is_close(percent.estimate, 0.89, 1e-14, "two readers: percent agreement");
  double low, high;
  proportion_wilson_interval(89, 100, 0.95, &low, &high);
  is_close(percent.conf_low, low, 1e-14, "two readers: Wilson's interval");
  // A category that nobody uses counts in AC1, and in nothing else.
  double wider[N * 4] = {0};
  for (size_t i = 0; i < N; i++)
    for (size_t c = 0; c < Q; c++)
      wider[i * 4 + c] = tally[i * Q + c];
  is_close(kappa_fleiss(wider, N, 4, 2, 0.95).estimate, pi.estimate, 1e-14,
           "an unused category leaves kappa");
  struct kappa_result wide = agreement_ac1(wider, N, 4, 2, 0.95);
  is_close(1 - wide.expected, 1 - (ac1.expected * 2 / 3), 1e-13,
           "an unused category in AC1: q - 1 is 3");
}

static void check_tables(const struct reference *reference)
{
  static const char *const tables[] = {"fleiss69",    "winnipeg", "orleans", "pregnancies",
                                       "binary", "opposed",  "cervix"};
  static const char *const weights[] = {"cohen", "linear", "quadratic"};
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    size_t n;
    const double *count = values_of(reference, tables[i], "count", &n);
    size_t q = (size_t) lround(sqrt((double) n));
    double v[25];
    for (int w = 0; w < 3; w++) {
      const double *e = values_of(reference, tables[i], weights[w], NULL);
      kappa_disagreement((enum kappa_weights) w, q, v);
      struct kappa_result r = kappa_cohen(count, w ? v : NULL, q, 0.95);
      char label[200];
      snprintf(label, sizeof label, "%s, %s", tables[i], weights[w]);
      is_close(r.estimate, e[0], 1e-12, label);
      is_close(r.std_error, e[1], 1e-11, label);
      is_close(r.null_error, e[2], 1e-11, label);
      is_close(r.conf_low, fmax(-1, e[0] - normal_quantile(0.975) * e[1]), 1e-11, label);
    }
  }
  static const char *const tallies[] = {"patients", "cervix7", "cervix2", "rare"};
  for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++) {
    const double *tally = values_of(reference, tallies[i], "tally", NULL);
    const double *shape = values_of(reference, tallies[i], "shape", NULL);
    size_t n = (size_t) shape[0], q = (size_t) shape[1], k = (size_t) shape[2];
    const double *e = values_of(reference, tallies[i], "fleiss", NULL);
    struct kappa_result r = kappa_fleiss(tally, n, q, k, 0.95);
    is_close(r.estimate, e[0], 1e-12, tallies[i]);
    is_close(r.std_error, e[1], 1e-12, tallies[i]);
    is_close(r.conf_low, e[2], 1e-11, tallies[i]);
    is_close(r.conf_high, e[3], 1e-11, tallies[i]);
    is_close(r.null_error, e[4], 1e-12, tallies[i]);
    e = values_of(reference, tallies[i], "ac1", NULL);
    r = agreement_ac1(tally, n, q, k, 0.95);
    is_close(r.estimate, e[0], 1e-12, tallies[i]);
    is_close(r.std_error, e[1], 1e-12, tallies[i]);
    is_close(r.conf_low, e[2], 1e-11, tallies[i]);
    is_close(r.conf_high, e[3], 1e-11, tallies[i]);
    is_close(r.statistic, e[4], 1e-11, tallies[i]);
    is_close(r.p_value, e[5], 1e-9, tallies[i]);
  }
}

// ---- edges ----

static void check_perfect(void)
{
  double x[40];
  for (int i = 0; i < 20; i++)
    x[2 * i] = x[2 * i + 1] = 0.1 * i;
  struct reading_anova anova = reading_anova_compute(x, 20, 2);
  for (int type = 0; type < N_ICC_TYPES; type++) {
    struct icc_result r = icc_compute(&anova, (enum icc_type) type, 0.95);
    ok(r.estimate == 1 && r.conf_low == 1 && r.conf_high == 1 && r.p_value == 0 &&
           isinf(r.statistic),
       "readers who agree: %s is 1", icc_names[type]);
  }
  // Sums like 0.1 + 0.7 are rounded: the difference is constant but for that.
  for (int i = 0; i < 20; i++)
    x[2 * i + 1] = x[2 * i] + 0.7;
  anova = reading_anova_compute(x, 20, 2);
  struct icc_result two = icc_compute(&anova, ICC_2, 0.95);
  struct icc_result three = icc_compute(&anova, ICC_3, 0.95);
  ok(three.estimate == 1 && three.conf_low == 1 && isinf(three.statistic) && three.p_value == 0,
     "a constant bias leaves no residual");
  ok(two.estimate < 0.9 && two.conf_low < two.estimate && two.estimate < two.conf_high &&
         two.conf_high <= 1,
     "a constant bias without residual: ICC2 has limits");
  double first[20], second[20];
  for (int i = 0; i < 20; i++) {
    first[i] = x[2 * i];
    second[i] = x[2 * i + 1];
  }
  struct bland_altman_result r = bland_altman_compute(first, second, 20, 1.96, 0.95);
  is_close(r.bias.estimate, -0.7, 1e-14, "constant bias");
  ok(r.sd == 0 && isnan(r.p_value) && isnan(r.correlation), "without spread: no t");

  static const double count[] = {5, 0, 0, 7};
  struct kappa_result k = kappa_cohen(count, NULL, 2, 0.95);
  ok(k.estimate == 1 && k.std_error == 0 && k.conf_low == 1 && k.conf_high == 1 &&
         k.null_error > 0 && k.p_value < 0.001,
     "perfect agreement: kappa 1 without error");
  static const double tally[] = {3, 0, 0, 3, 3, 0};
  k = kappa_fleiss(tally, 3, 2, 3, 0.95);
  ok(k.estimate == 1 && k.std_error == 0, "perfect agreement: Fleiss's kappa 1");
  k = agreement_ac1(tally, 3, 2, 3, 0.95);
  ok(k.estimate == 1 && k.std_error == 0 && isnan(k.p_value), "perfect agreement: AC1 1, no test");
}

static bool all_undefined(const struct icc_result *r)
{
  return isnan(r->estimate) && isnan(r->conf_low) && isnan(r->conf_high) && isnan(r->statistic) &&
         isnan(r->p_value);
}

static void check_degenerate(void)
{
  double x[12];
  for (int i = 0; i < 12; i++)
    x[i] = 1e9 + 0.3;
  static const size_t shapes[][2] = {{0, 0}, {0, 2}, {1, 1}, {1, 3}, {4, 1}, {6, 2}, {2, 2}};
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    struct reading_anova anova = reading_anova_compute(x, shapes[s][0], shapes[s][1]);
    bool good = true;
    for (int type = 0; type < N_ICC_TYPES; type++) {
      struct icc_result r = icc_compute(&anova, (enum icc_type) type, 0.95);
      good &= all_undefined(&r);
    }
    ok(good, "%zu subjects, %zu readers, all readings equal: no coefficient", shapes[s][0],
       shapes[s][1]);
    struct repeatability_result r = repeatability_compute(&anova, 1.96, 0.95);
    ok(shapes[s][1] > 1 && shapes[s][0] > 0 ? r.within_sd.estimate == 0
                                            : isnan(r.within_sd.estimate),
       "and a within-subject SD of 0 where there is one");
  }
  // Subjects alike, readers not: the coefficient's least value, -1/(k-1).
  static const double alike[] = {1, 3, 3, 1, 2, 2};
  struct reading_anova anova = reading_anova_compute(alike, 3, 2);
  is_close(icc_compute(&anova, ICC_1, 0.95).estimate, -1, 1e-14, "subjects alike: ICC1 is -1");
  ok(isnan(icc_compute(&anova, ICC_1K, 0.95).estimate), "subjects alike: ICC1k is not defined");
  is_close(icc_compute(&anova, ICC_1, 0.95).p_value, 1, 1e-14, "subjects alike: P is 1");
  // Readers without bias and subjects alike: the lower limit of ICC2 is below -1/(k-1), and
  // the mean of readers has none.
  static const double balanced[] = {1, 3, 3, 1, 1, 3, 3, 1.0001};
  anova = reading_anova_compute(balanced, 4, 2);
  struct icc_result low = icc_compute(&anova, ICC_2, 0.95);
  ok(low.conf_low < -1 && isnan(icc_compute(&anova, ICC_2K, 0.95).conf_low),
     "a lower limit below -1/(k-1): none for ICC2k");
  // Negative readings have no coefficient of variation.
  static const double negative[] = {-1, 2, 3, 4, 5, 6};
  anova = reading_anova_compute(negative, 3, 2);
  ok(isnan(repeatability_compute(&anova, 1.96, 0.95).cv.estimate), "no CV with a reading below 0");

  static const double one[] = {3}, other[] = {1};
  struct bland_altman_result r = bland_altman_compute(one, other, 1, 1.96, 0.95);
  ok(r.bias.estimate == 2 && isnan(r.bias.conf_low) && isnan(r.sd) && isnan(r.upper.estimate) &&
         isnan(r.p_value),
     "one subject: a bias only");
  r = bland_altman_compute(one, other, 0, 1.96, 0.95);
  ok(isnan(r.bias.estimate) && isnan(r.sd), "no subject: nothing");

  // A reader who knows one category only agrees by chance, without error.
  static const double constant[] = {0, 2, 0, 1};
  struct kappa_result c = kappa_cohen(constant, NULL, 2, 0.95);
  ok(fabs(c.estimate) < 1e-15 && c.std_error == 0 && c.null_error == 0 && isnan(c.p_value),
     "a reader with one category: kappa 0 without error, no P");

  static const double single[] = {9, 0, 0, 0}, empty[] = {0, 0, 0, 0};
  struct kappa_result k = kappa_cohen(single, NULL, 2, 0.95);
  ok(isnan(k.estimate) && isnan(k.p_value) && k.observed == 1, "one category: no kappa");
  ok(isnan(kappa_cohen(empty, NULL, 2, 0.95).observed), "no subject: no kappa");
  static const double tally[] = {2, 0, 2, 0};
  ok(isnan(kappa_fleiss(tally, 2, 2, 2, 0.95).estimate), "one category: no Fleiss's kappa");
  ok(agreement_ac1(tally, 2, 2, 2, 0.95).estimate == 1, "one category of two: AC1 is 1");
  ok(isnan(agreement_ac1(tally, 2, 1, 2, 0.95).estimate) &&
         isnan(agreement_ac1(tally, 0, 2, 2, 0.95).estimate),
     "one category at all, or no subject: no AC1");
  k = agreement_ac1(tally, 1, 2, 2, 0.95);
  ok(k.estimate == 1 && isnan(k.conf_low), "one subject: no limits");
}

// P values far out, exact by the F distribution with 2 df: (1 + 2 F/df2)^(-df2/2).
static void check_extreme(void)
{
  enum { N = 3, K = 100 };
  double x[N * K];
  for (int spacing = 4; spacing <= 18; spacing += 2) {
    for (int i = 0; i < N * K; i++)
      x[i] = (i / K) * spacing + (i % K % 2 ? 1 : -1) * ((i / K + i % K / 2) % 2 ? 1 : 2);
    struct reading_anova anova = reading_anova_compute(x, N, K);
    struct icc_result r = icc_compute(&anova, ICC_1, 0.95);
    char label[100];
    snprintf(label, sizeof label, "P = %.3g with 2 df", r.p_value);
    is_close(log(r.p_value), -0.5 * r.df2 * log1p(2 * r.statistic / r.df2), 1e-12, label);
    if (spacing == 18)
      ok(r.p_value > 0 && r.p_value < 1e-270, "the last one is below 1e-270");
  }
}

static void check_words(void)
{
  is_text(agreement_icc_word(SCALE_STUDY, 0.8), "excellent", "study: 0.80 is excellent");
  is_text(agreement_icc_word(SCALE_STUDY, 0.7999), NULL, "study: no other word");
  is_text(agreement_icc_word(SCALE_KOO, 0.49), "poor", "Koo: poor");
  is_text(agreement_icc_word(SCALE_KOO, 0.5), "moderate", "Koo: moderate");
  is_text(agreement_icc_word(SCALE_KOO, 0.75), "good", "Koo: good");
  is_text(agreement_icc_word(SCALE_KOO, 0.9), "good", "Koo: 0.90 is good");
  is_text(agreement_icc_word(SCALE_KOO, 0.901), "excellent", "Koo: excellent");
  is_text(agreement_icc_word(SCALE_CICCHETTI, 0.39), "poor", "Cicchetti: poor");
  is_text(agreement_icc_word(SCALE_CICCHETTI, 0.59), "fair", "Cicchetti: fair");
  is_text(agreement_icc_word(SCALE_CICCHETTI, 0.6), "good", "Cicchetti: good");
  is_text(agreement_icc_word(SCALE_CICCHETTI, 0.75), "excellent", "Cicchetti: excellent");
  is_text(agreement_icc_word(SCALE_NONE, 0.99), NULL, "none: no word");
  is_text(agreement_icc_word(SCALE_KOO, NAN), NULL, "no coefficient, no word");
  is_text(agreement_kappa_word(SCALE_STUDY, -0.01), "poor", "Landis & Koch: poor");
  is_text(agreement_kappa_word(SCALE_KOO, 0.2), "slight", "Landis & Koch: slight");
  is_text(agreement_kappa_word(SCALE_KOO, 0.4), "fair", "Landis & Koch: fair");
  is_text(agreement_kappa_word(SCALE_KOO, 0.6), "moderate", "Landis & Koch: moderate");
  is_text(agreement_kappa_word(SCALE_KOO, 0.8), "substantial", "Landis & Koch: substantial");
  is_text(agreement_kappa_word(SCALE_KOO, 0.81), "almost perfect", "Landis & Koch: the best");
  is_text(agreement_kappa_word(SCALE_CICCHETTI, 0.65), "good", "Cicchetti: kappa too");
  is_text(agreement_kappa_word(SCALE_NONE, 0.65), NULL, "none: no word of kappa");
}

int main(void)
{
  struct reference *reference = reference_open("agreement.tsv");
  check_against_r(reference);
  check_published(reference);
  check_slow_anova();
  check_slow_kappa();
  check_slow_fleiss();
  check_invariance();
  check_two_readers();
  check_quadratic();
  check_tally_of_two(reference);
  check_tables(reference);
  check_perfect();
  check_degenerate();
  check_extreme();
  check_words();
  reference_close(reference);
  return tap_done();
}
