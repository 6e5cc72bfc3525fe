// SPDX-License-Identifier: GPL-3.0-or-later
// Normal, t, F, chi-square and beta tails and quantiles, limits of a proportion: against R,
// against 17 digits of other methods, identities and slow sums.
#include <config.h>

#include "stats/distribution.h"

#include "reference.h"
#include "tap.h"
#include "walk.h"

// The values of each line: see the passport of the file.
static double normal_error(const double *v)
{
  return fmax(relative(normal_lower(v[0]), v[1]), relative(normal_upper(v[0]), v[2]));
}

static double t_error(const double *v)
{
  double two_sided = 2 * fmin(v[2], v[3]);
  return fmax(fmax(relative(t_lower(v[1], v[0]), v[2]), relative(t_upper(v[1], v[0]), v[3])),
              relative(t_two_sided(v[1], v[0]), two_sided));
}

static double f_error(const double *v)
{
  return fmax(relative(f_lower(v[2], v[0], v[1]), v[3]), relative(f_upper(v[2], v[0], v[1]), v[4]));
}

static double chi_square_error(const double *v)
{
  return fmax(relative(chi_square_lower(v[1], v[0]), v[2]),
              relative(chi_square_upper(v[1], v[0]), v[3]));
}

static double beta_error(const double *v)
{
  return fmax(relative(beta_lower(v[2], v[0], v[1]), v[3]),
              relative(beta_upper(v[2], v[0], v[1]), v[4]));
}

static double normal_quantile_error(const double *v)
{
  return relative(normal_quantile(v[0]), v[1]);
}

static double t_quantile_error(const double *v)
{
  return relative(t_quantile(v[1], v[0]), v[2]);
}

static double f_quantile_error(const double *v)
{
  return relative(f_quantile(v[2], v[0], v[1]), v[3]);
}

static double chi_square_quantile_error(const double *v)
{
  return relative(chi_square_quantile(v[1], v[0]), v[2]);
}

static double binomial_interval_error(const double *v)
{
  double low, high;
  proportion_exact_interval(v[0], v[1], v[2], &low, &high);
  return fmax(relative(low, v[3]), relative(high, v[4]));
}

// R's wilson limits are absolutely as exact, not relatively: 0 may be 1e-17.
static double wilson_interval_error(const double *v)
{
  double low, high;
  proportion_wilson_interval(v[0], v[1], v[2], &low, &high);
  return fmax(fabs(low - v[3]), fabs(high - v[4]));
}

static double exact_normal_error(const double *v)
{
  return fmax(fmax(relative(normal_upper(v[0]), v[1]), relative(normal_lower(-v[0]), v[1])),
              relative(normal_two_sided(-v[0]), 2 * v[1]));
}

static double exact_t_error(const double *v)
{
  return fmax(fmax(relative(t_upper(v[1], v[0]), v[2]), relative(t_lower(-v[1], v[0]), v[2])),
              relative(t_two_sided(v[1], v[0]), 2 * v[2]));
}

static void test_against_r(void)
{
  struct reference *r = reference_open("distribution.tsv");
  check_all(r, "normal", normal_error, 1e-12, "R's pnorm");
  check_all(r, "t", t_error, 1e-12, "R's pt");
  check_all(r, "f", f_error, 1e-12, "R's pf");
  check_all(r, "chi.square", chi_square_error, 1e-12, "R's pchisq");
  check_all(r, "beta", beta_error, 1e-12, "R's pbeta");
  check_all(r, "quantile.normal", normal_quantile_error, 1e-14, "R's qnorm");
  check_all(r, "quantile.t", t_quantile_error, 1e-11, "R's qt");
  check_all(r, "quantile.f", f_quantile_error, 1e-11, "R's qf");
  check_all(r, "quantile.chi.square", chi_square_quantile_error, 1e-11, "R's qchisq");
  check_all(r, "binomial.interval", binomial_interval_error, 1e-12, "R's binom.test");
  check_all(r, "wilson.interval", wilson_interval_error, 1e-14, "R's prop.test");
  const double *sleep = reference_values(r, "student.sleep", NULL);
  is_close(t_two_sided(sleep[0], sleep[1]), sleep[2], 1e-13, "P of Student's sleep data");
  const double *berkeley = reference_values(r, "berkeley.chi.square", NULL);
  is_close(chi_square_upper(berkeley[0], berkeley[1]), berkeley[2], 1e-13,
           "P of the Berkeley admissions");
  reference_close(r);
}

static void test_against_exact(void)
{
  struct reference *exact = reference_open("distribution_exact.tsv");
  check_all(exact, "normal", exact_normal_error, 1e-14, "40 digits");
  check_all(exact, "t", exact_t_error, 1e-12, "40 digits");
  check_all(exact, "f", f_error, 1e-12, "40 digits");
  check_all(exact, "chi.square", chi_square_error, 1e-12, "40 digits");
  reference_close(exact);
}

static void test_identities(void)
{
  double worst = 0;
  for (double t = 1e-6; t < 1e12; t *= 3.7)
    worst = fmax(worst, relative(t_upper(t, 1), atan(1 / t) / M_PI));
  ok(worst < 1e-14, "t with 1 df is Cauchy's (%.2g)", worst);
  worst = 0;
  for (double t = 0.01; t < 1e12; t *= 3.7) // (1 - t/sqrt(2+t^2))/2, rationalized
    worst = fmax(worst, relative(t_upper(t, 2), 1 / (2 + t * t + t * sqrt(2 + t * t))));
  ok(worst < 1e-14, "t with 2 df has a closed form (%.2g)", worst);

  worst = 0;
  for (double x = 1e-6; x < 1380; x *= 1.9) {
    worst = fmax(worst, relative(chi_square_upper(x, 2), exp(-x / 2)));
    worst = fmax(worst, relative(chi_square_lower(x, 2), -expm1(-x / 2)));
    worst = fmax(worst, relative(chi_square_upper(x, 1), erfc(sqrt(x / 2))));
    worst = fmax(worst, relative(chi_square_lower(x, 1), erf(sqrt(x / 2))));
  }
  // erfc's own argument is rounded: x/2 epsilon.
  ok(worst < 3e-13, "chi-square with 1 and 2 df has closed forms (%.2g)", worst);

  // P(chi-square with 2m df >= 2x) = P(Poisson(x) < m).
  worst = 0;
  for (int m = 1; m < 120; m += 7)
    for (double x = 0.5; x < 600; x *= 2.3) {
      double term = exp(-x), sum = 0;
      for (int j = 0; j < m; j++) {
        sum += term;
        term *= x / (j + 1);
      }
      if (sum > 1e-280)
        worst = fmax(worst, relative(chi_square_upper(2 * x, 2 * m), sum));
    }
  ok(worst < 2e-13, "chi-square with even df is a Poisson sum (%.2g)", worst);

  worst = 0;
  double worst_square = 0, worst_mirror = 0, worst_sum = 0;
  static const double some_df[] = {0.3, 1, 2, 5.5, 19, 40, 41, 300, 1e4, 1e7};
  enum { N_DF = sizeof some_df / sizeof *some_df };
  for (int i = 0; i < N_DF; i++)
    for (double f = 1e-9; f < 1e9; f *= 11) {
      double df = some_df[i], t = sqrt(f);
      double closed = exp(-df / 2 * log1p(2 * f / df)); // F with 2, df
      if (closed > 1e-300)
        worst = fmax(worst, relative(f_upper(f, 2, df), closed));
      double p = t_two_sided(t, df);
      if (p > 1e-300)
        worst_square = fmax(worst_square, relative(f_upper(t * t, 1, df), p));
      for (int j = 0; j < N_DF; j++) {
        double lower = f_lower(f, df, some_df[j]), upper = f_upper(f, df, some_df[j]);
        double mirrored = f_upper(1 / f, some_df[j], df);
        if (lower > 1e-300 && df < 1e4 && some_df[j] < 1e4)
          worst_mirror = fmax(worst_mirror, relative(mirrored, lower));
        worst_sum = fmax(worst_sum, fabs(lower + upper - 1));
      }
    }
  ok(worst < 4e-13, "F with 2 and n df has a closed form (%.2g)", worst);
  ok(worst_square == 0, "t squared is F with 1 df");
  // The rounding of 1/f alone costs df/2 epsilon.
  ok(worst_mirror < 1e-12, "P(F >= f; m, n) = P(F <= 1/f; n, m) (%.2g)", worst_mirror);
  ok(worst_sum < 2e-15, "the two tails add up to 1 (%.2g)", worst_sum);

  // P(X <= k) of Binomial(n, p) = P(Beta(k+1, n-k) >= p).
  worst = 0;
  for (int n = 1; n < 200; n = 2 * n + 3)
    for (double p = 0.03; p < 1; p += 0.19) {
      double term = exp(n * log1p(-p)), sum = 0;
      for (int k = 0; k < n; k++) {
        sum += term;
        worst = fmax(worst, relative(beta_upper(p, k + 1, n - k), sum));
        term *= (n - k) / (k + 1.0) * (p / (1 - p));
      }
    }
  ok(worst < 2e-13, "beta tails are binomial sums (%.2g)", worst);

  // t by Simpson's rule on its density in t = tan-like s, the obvious slow way.
  worst = 0;
  for (double df = 3; df < 60; df *= 2.2)
    for (double t = 0; t < 9; t += 1.3) {
      int n = 4000;
      double sum = 0;
      for (int i = 0; i <= n; i++) { // x = t + u/(1-u)
        double u = (double) i / n, x = t + u / (1 - u);
        double value = i == n ? 0
                              : exp(lgamma((df + 1) / 2) - lgamma(df / 2)
                                    - (df + 1) / 2 * log1p(x * x / df))
                                    / sqrt(df * M_PI) / ((1 - u) * (1 - u));
        sum += value * (i == 0 || i == n ? 1 : i % 2 ? 4 : 2);
      }
      worst = fmax(worst, relative(t_upper(t, df), sum / (3 * n)));
    }
  ok(worst < 1e-9, "t against Simpson's rule, whose error this is (%.2g)", worst);
}

static void test_extremes(void)
{
  is_close(t_upper(1e10, 3), 2 * sqrt(3) / M_PI * 1e-30, 1e-13, "t = 1e10, 3 df, leading term");
  is_close(t_upper(1e200, 1), 1e-200 / M_PI, 1e-13, "t = 1e200, 1 df");
  is_close(t_two_sided(-1e140, 2), 1e-280, 2e-13, "t = -1e140, 2 df"); // exp(-644)
  is_close(t_upper(1e299, 1), 1e-299 / M_PI, 2e-13, "t = 1e299, 1 df");
  ok(t_upper(1e300, 50) == 0, "t = 1e300, 50 df");
  is_close(t_lower(1e300, 50), 1, 0, "t = 1e300, 50 df, lower");
  // Both sides of the change to the leading term.
  is_close(t_upper(1.0001e20 * sqrt(0.3), 0.3) / t_upper(0.9999e20 * sqrt(0.3), 0.3),
           pow(1.0001 / 0.9999, -0.3), 1e-13, "the leading term continues the fraction");
  is_close(f_upper(1e20, 2, 3), pow(1 + 2e20 / 3, -1.5), 1e-13, "F = 1e20");
  is_close(f_lower(1e-20, 2, 3), 1e-20, 1e-13, "F = 1e-20");
  is_close(f_upper(1e300, 2, 1), pow(2e300, -0.5), 1e-13, "F = 1e300");
  is_close(chi_square_upper(1380, 2), exp(-690), 1e-13, "P of 1e-300");
  ok(chi_square_upper(1e5, 10) == 0 && chi_square_lower(1e5, 10) == 1, "chi-square = 1e5, 10 df");
  is_close(chi_square_lower(1e-300, 2), 5e-301, 1e-13, "chi-square = 1e-300");
  is_close(normal_upper(37), 5.7255712225245768e-300, 1e-13, "z = 37");
  ok(normal_upper(40) == 0 && normal_lower(40) == 1 && normal_two_sided(-INFINITY) == 0,
     "z beyond the doubles");

  is_close(t_upper(2, INFINITY), normal_upper(2), 0, "t with infinite df");
  is_close(f_upper(2, 3, INFINITY), chi_square_upper(6, 3), 0, "F with infinite df2");
  is_close(f_upper(2, INFINITY, 3), chi_square_lower(1.5, 3), 0, "F with infinite df1");
  ok(f_lower(0.9, INFINITY, INFINITY) == 0 && f_upper(0.9, INFINITY, INFINITY) == 1,
     "F with both infinite is 1");
  // P(T >= t) = Q(t) + phi(t) (t^3 + t)/(4 df) + O(df^-2).
  for (double df = 1e8; df < 1e32; df *= 1e4)
    for (double t = 1; t < 36; t += 17) {
      double first = exp(-t * t / 2) / sqrt(2 * M_PI) * (t * t * t + t) / 4;
      double second = pow(t, 8) / (32 * df * df);
      is_close(t_upper(t, df), normal_upper(t) + first / df, 1e-13 + 2 * second,
               "t with large df against its expansion");
    }
  is_close(f_upper(1, 1e12, 1e12), 0.5, 1e-13, "F = 1 with equal df is the median");
  is_close(f_upper(1, 1e25, 1e25), 0.5, 1e-13, "the same with 1e25 df");
  // Peizer & Pratt: P(chi-square <= df) = 1/2 + 1/(3 sqrt(pi df)) + O(df^-3/2).
  is_close(chi_square_lower(1e12, 1e12), 0.5 + 1 / (3 * sqrt(M_PI * 1e12)), 1e-13,
           "chi-square at its df, 1e12");

  ok(t_lower(-INFINITY, 3) == 0 && t_upper(-INFINITY, 3) == 1, "t = -infinity");
  ok(f_lower(-1, 2, 3) == 0 && f_upper(-1, 2, 3) == 1 && f_upper(INFINITY, 2, 3) == 0,
     "F outside its range");
  ok(chi_square_lower(-1, 2) == 0 && chi_square_upper(0, 2) == 1, "chi-square outside its range");
  ok(isnan(t_lower(1, 0)) && isnan(t_upper(NAN, 3)) && isnan(t_two_sided(1, NAN)), "t: NaN");
  ok(isnan(f_lower(1, -1, 3)) && isnan(f_upper(1, 3, NAN)) && isnan(f_upper(NAN, 1, 1)), "F: NaN");
  ok(isnan(chi_square_lower(NAN, 1)) && isnan(chi_square_upper(1, 0)), "chi-square: NaN");
  ok(isnan(normal_lower(NAN)) && isnan(normal_quantile(1.1)) && isnan(t_quantile(0.3, 0))
         && isnan(f_quantile(-0.1, 1, 1)) && isnan(chi_square_quantile(NAN, 1))
         && isnan(beta_quantile(0.1, 0, 1)) && isnan(beta_lower(1.5, 1, 1)),
     "quantiles: NaN");
}

static void test_quantiles(void)
{
  static const double p_values[] = {1e-300, 1e-100, 1e-15, 1e-5, 0.025, 0.2, 0.25, 0.4999, 0.5,
                                    0.5001, 0.75, 0.9, 0.975, 1 - 1e-6, 1 - 1e-13};
  static const double some_df[] = {0.3, 1, 2.5, 8, 60, 1e3, 1e7, 1e31};
  enum { N_P = sizeof p_values / sizeof *p_values, N_DF = sizeof some_df / sizeof *some_df };
  double worst_normal = 0, worst_t = 0, worst_f = 0, worst_chi = 0, worst_beta = 0;
  for (int i = 0; i < N_P; i++) {
    double p = p_values[i], rest = 1 - p;
    bool low = p <= 0.5;
    double z = normal_quantile(p);
    worst_normal = fmax(worst_normal, low ? relative(normal_lower(z), p)
                                          : relative(normal_upper(z), rest));
    for (int j = 0; j < N_DF; j++) {
      double df = some_df[j], t = t_quantile(p, df), x = chi_square_quantile(p, df);
      if (fabs(t) < 1e300)
        worst_t = fmax(worst_t, low ? relative(t_lower(t, df), p) : relative(t_upper(t, df), rest));
      if (x > 0 && df < 1e20)
        worst_chi = fmax(worst_chi, low ? relative(chi_square_lower(x, df), p)
                                        : relative(chi_square_upper(x, df), rest));
      for (int k = 0; k < N_DF - 1; k++) {
        double f = f_quantile(p, df, some_df[k]);
        if (f > 1e-300 && f < 1e300)
          worst_f = fmax(worst_f, low ? relative(f_lower(f, df, some_df[k]), p)
                                      : relative(f_upper(f, df, some_df[k]), rest));
        double b = some_df[k];
        x = df < 1e4 && b < 1e4 ? beta_quantile(p, df, b) : 0;
        if (x > 1e-300 && x < 0.999)
          worst_beta = fmax(worst_beta, low ? relative(beta_lower(x, df, b), p)
                                            : relative(beta_upper(x, df, b), rest));
      }
    }
  }
  // A relative change of epsilon in z changes the tail by z^2 epsilon, up to 1400 epsilon;
  // in f with large df by df epsilon times the distance from 1.
  ok(worst_normal < 3e-13, "normal quantile gives back its P (%.2g)", worst_normal);
  ok(worst_t < 1e-12, "t quantile gives back its P (%.2g)", worst_t);
  ok(worst_chi < 1e-11, "chi-square quantile gives back its P (%.2g)", worst_chi);
  ok(worst_f < 1e-10, "F quantile gives back its P (%.2g)", worst_f);
  ok(worst_beta < 1e-11, "beta quantile gives back its P (%.2g)", worst_beta);

  ok(normal_quantile(0) == -INFINITY && normal_quantile(1) == INFINITY && normal_quantile(0.5) == 0,
     "normal quantiles of 0, 1/2, 1");
  ok(t_quantile(0, 5) == -INFINITY && t_quantile(1, 5) == INFINITY && t_quantile(0.5, 5) == 0,
     "t quantiles of 0, 1/2, 1");
  ok(f_quantile(0, 5, 2) == 0 && f_quantile(1, 5, 2) == INFINITY, "F quantiles of 0 and 1");
  ok(beta_quantile(0, 5, 2) == 0 && beta_quantile(1, 5, 2) == 1, "beta quantiles of 0 and 1");
  ok(chi_square_quantile(0, 5) == 0 && chi_square_quantile(1, 5) == INFINITY,
     "chi-square quantiles of 0 and 1");
  is_close(t_quantile(0.5 + 1e-12, 3), (0.5 + 1e-12 - 0.5) * M_PI * sqrt(3) / 2, 1e-12,
           "t quantile next to the median");
}

static void test_proportions(void)
{
  double low, high, rest;
  // R. G. Newcombe (1998), Statistics in Medicine 17, 857-872, table I, methods 5 and 3.
  static const double newcombe[][6] = {{81, 263, 0.2527, 0.3676, 0.2553, 0.3662},
                                       {15, 148, 0.0578, 0.1617, 0.0624, 0.1605},
                                       {0, 20, 0, 0.1684, 0, 0.1611},
                                       {1, 29, 0.0009, 0.1776, 0.0061, 0.1718}};
  for (int i = 0; i < 4; i++) {
    const double *row = newcombe[i];
    proportion_exact_interval(row[0], row[1], 0.95, &low, &high);
    is_near(low, row[2], 5.1e-5, "Newcombe's exact lower limit (printed digits)");
    is_near(high, row[3], 5.1e-5, "Newcombe's exact upper limit (printed digits)");
    proportion_wilson_interval(row[0], row[1], 0.95, &low, &high);
    is_near(low, row[4], 5.1e-5, "Newcombe's score lower limit (printed digits)");
    is_near(high, row[5], 5.1e-5, "Newcombe's score upper limit (printed digits)");
  }
  double worst_closed = 0, worst_tail = 0, worst_wilson = 0, worst_mirror = 0;
  for (double n = 1; n < 1e7; n = 3 * n + 1) {
    proportion_exact_interval(0, n, 0.95, &low, &high);
    worst_closed = fmax(worst_closed, relative(high, -expm1(log(0.025) / n)) + low);
    proportion_exact_interval(n, n, 0.95, &low, &rest);
    worst_closed = fmax(worst_closed, relative(low, exp(log(0.025) / n)) + (1 - rest));
    proportion_wilson_interval(0, n, 0.95, &low, &high);
    double z2 = normal_quantile(0.975) * normal_quantile(0.975);
    worst_wilson = fmax(worst_wilson, relative(high, z2 / (n + z2)) + low);
    for (double k = 1; k < n; k = 2 * k + 1) {
      proportion_exact_interval(k, n, 0.95, &low, &high);
      // P(X >= k; low) = P(X <= k; high) = 0.025.
      worst_tail = fmax(worst_tail, relative(beta_lower(low, k, n - k + 1), 0.025));
      worst_tail = fmax(worst_tail, relative(beta_upper(high, k + 1, n - k), 0.025));
      proportion_wilson_interval(k, n, 0.95, &low, &high);
      double p = k / n;
      worst_wilson = fmax(worst_wilson, relative((p - low) * (p - low), z2 * low * (1 - low) / n));
      worst_wilson =
          fmax(worst_wilson, relative((high - p) * (high - p), z2 * high * (1 - high) / n));
      double mirrored_low, mirrored_high;
      proportion_wilson_interval(n - k, n, 0.95, &mirrored_low, &mirrored_high);
      worst_mirror = fmax(worst_mirror, fabs(mirrored_low + high - 1));
    }
  }
  ok(worst_closed < 1e-13, "exact limits of 0/n and n/n have closed forms (%.2g)", worst_closed);
  // The limits are doubles: a rounding of 1e-16 is some sqrt(n) times that in the tail.
  ok(worst_tail < 5e-12, "the exact limits leave 2.5%% outside (%.2g)", worst_tail);
  ok(worst_wilson < 1e-11, "Wilson's limits solve his equation (%.2g)", worst_wilson);
  ok(worst_mirror < 1e-15, "Wilson's limits of failures mirror those of successes (%.2g)",
     worst_mirror);
  proportion_wilson_interval(7, 7, 0.95, &low, &high);
  ok(high == 1 && low > 0.6 && low < 0.65, "Wilson at n/n ends at 1 exactly");
  proportion_exact_interval(0, 0, 0.95, &low, &high);
  proportion_wilson_interval(0, 0, 0.95, &rest, &high);
  ok(isnan(low) && isnan(rest) && isnan(high), "0 of 0 has no limits");
  proportion_exact_interval(3, 2, 0.95, &low, &high);
  ok(isnan(low) && isnan(high), "3 of 2 has no limits");
  proportion_exact_interval(1, 2, 1, &low, &high);
  ok(isnan(low) && isnan(high), "level 1 has no limits");
  proportion_exact_interval(1.5, 4.25, 0.95, &low, &high);
  ok(low > 0 && low < 1.5 / 4.25 && high > 1.5 / 4.25 && high < 1, "weighted counts have limits");
}

int main(void)
{
  test_against_r();
  test_against_exact();
  test_identities();
  test_extremes();
  test_quantiles();
  test_proportions();
  return tap_done();
}
