// SPDX-License-Identifier: GPL-3.0-or-later
// Noncentral t, F and chi-square: against R, against sums and integrals in 30 to 60 digits,
// closed forms, slow sums, and the limits of the noncentrality.
#include <config.h>

#include "stats/distribution.h"

#include <math.h>

#include "reference.h"
#include "tap.h"
#include "walk.h"

static double t_error(const double *v)
{
  return relative(noncentral_t_lower(v[2], v[0], v[1]), v[3]);
}

static double f_error(const double *v)
{
  return relative(noncentral_f_lower(v[3], v[0], v[1], v[2]), v[4]);
}

static double absolute_f_error(const double *v)
{
  return fabs(noncentral_f_lower(v[3], v[0], v[1], v[2]) - v[4]);
}

static double chi_square_error(const double *v)
{
  return relative(noncentral_chi_square_lower(v[2], v[0], v[1]), v[3]);
}

static double both_t_error(const double *v)
{
  return fmax(t_error(v), relative(noncentral_t_upper(v[2], v[0], v[1]), v[4]));
}

static double both_f_error(const double *v)
{
  return fmax(f_error(v), relative(noncentral_f_upper(v[3], v[0], v[1], v[2]), v[5]));
}

static double both_chi_square_error(const double *v)
{
  return fmax(chi_square_error(v),
              relative(noncentral_chi_square_upper(v[2], v[0], v[1]), v[4]));
}

static void test_against_others(void)
{
  struct reference *r = reference_open("distribution.tsv");
  // pf stops its series at an error of 1e-9, absolutely.
  check_all(r, "noncentral.t", t_error, 1e-8, "R's pt");
  check_all(r, "noncentral.chi.square", chi_square_error, 1e-8, "R's pchisq");
  check_all(r, "noncentral.f", absolute_f_error, 2e-9, "R's pf, absolutely");
  reference_close(r);
  struct reference *exact = reference_open("distribution_exact.tsv");
  check_all(exact, "noncentral.t", both_t_error, 1e-11, "integrals in 30 digits");
  check_all(exact, "noncentral.chi.square", both_chi_square_error, 1e-11, "sums in 60 digits");
  check_all(exact, "noncentral.f", both_f_error, 1e-11, "sums in 60 digits");
  reference_close(exact);
}

static void test_identities(void)
{
  // 1 df: (Z + d)^2 <= x.
  double worst = 0;
  for (double d = 0.1; d < 1100; d *= 3.1)
    for (double z = -5; z < 6; z += 2) {
      double root = d + z;
      if (root <= 0)
        continue;
      // The square is rounded: root epsilon in the normal argument.
      double tolerance = 1 + root * fabs(z);
      double lower = normal_upper(-z) - normal_lower(-root - d);
      double upper = normal_upper(z) + normal_lower(-root - d);
      double x = root * root;
      if (lower > 1e-4 * normal_upper(-z))
        worst = fmax(worst, relative(noncentral_chi_square_lower(x, 1, d * d), lower)
                                / tolerance);
      worst = fmax(worst, relative(noncentral_chi_square_upper(x, 1, d * d), upper)
                              / tolerance);
    }
  ok(worst < 1e-12, "chi-square with 1 df is a squared normal (%.2g)", worst);

  worst = 0;
  for (double df = 1; df < 1e6; df *= 13)
    for (double d = 0.2; d < 900; d *= 4.3)
      for (double z = -2; z <= 2; z += 1) {
        double t = d + z * sqrt(1 + d * d / (2 * df));
        if (t <= 0)
          continue;
        double inside = noncentral_t_lower(t, df, d) - noncentral_t_lower(-t, df, d);
        double outside = noncentral_t_upper(t, df, d) + noncentral_t_lower(-t, df, d);
        // Differences at small d cancel up to two digits; t*t is rounded.
        worst = fmax(worst, fabs(noncentral_f_lower(t * t, 1, df, d * d) - inside));
        worst = fmax(worst, fabs(noncentral_f_upper(t * t, 1, df, d * d) - outside));
      }
  ok(worst < 1e-11, "noncentral t squared is noncentral F (%.2g)", worst);

  worst = 0;
  double worst_mirror = 0, worst_normal = 0;
  for (double df = 0.3; df < 2e6; df *= 7)
    for (double t = 1e-3; t < 1e4; t *= 9) {
      worst = fmax(worst, relative(noncentral_t_upper(t, df, 0), t_upper(t, df)));
      worst = fmax(worst, relative(noncentral_t_lower(-t, df, 0), t_upper(t, df)));
      worst_mirror = fmax(worst_mirror, fabs(noncentral_t_lower(-t, df, 7)
                                             - noncentral_t_upper(t, df, -7)));
      worst_mirror = fmax(worst_mirror, fabs(noncentral_t_lower(t, df, 40)
                                             - noncentral_t_upper(-t, df, -40)));
    }
  for (double d = -1000; d <= 1000; d += 125)
    worst_normal = fmax(worst_normal, relative(noncentral_t_lower(0, 9, d / 50),
                                                     normal_lower(-d / 50)));
  ok(worst < 1e-11, "noncentrality 0 is the central t (%.2g)", worst);
  ok(worst_mirror == 0, "signs of t and noncentrality turn together");
  ok(worst_normal < 1e-14, "t = 0 leaves the normal numerator (%.2g)", worst_normal);
  is_close(noncentral_t_lower(2, INFINITY, 1.5), normal_lower(0.5), 1e-15, "t, infinite df");
  is_close(noncentral_t_lower(2, 1e12, 1.5), normal_lower(0.5), 1e-11, "t, 1e12 df");
  is_close(noncentral_f_lower(3, 4, INFINITY, 5), noncentral_chi_square_lower(12, 4, 5), 0,
           "F, infinite df2");
  is_close(noncentral_f_lower(3, 4, 1e12, 5), noncentral_chi_square_lower(12, 4, 5), 1e-10,
           "F, 1e12 df2");
  is_close(noncentral_f_upper(3, 4, 7, 0), f_upper(3, 4, 7), 0, "F, noncentrality 0");
  is_close(noncentral_f_upper(3, 4, 7, 1e-10), f_upper(3, 4, 7), 1e-9, "F, noncentrality 1e-10");

  // The mixtures as they are written, term by term.
  worst = 0;
  for (double lambda = 0.5; lambda < 300; lambda *= 3.3)
    for (double x = 0.5; x < 600; x *= 2.9) {
      double weight = exp(-lambda / 2), lower_chi = 0, upper_chi = 0, lower_f = 0, upper_f = 0;
      for (int j = 0; j < 500; j++) {
        lower_chi += weight * chi_square_lower(x, 5 + 2 * j);
        upper_chi += weight * chi_square_upper(x, 5 + 2 * j);
        double f = x / 10, part = f * 5 / (5 + 2 * j);
        lower_f += weight * f_lower(part, 5 + 2 * j, 31);
        upper_f += weight * f_upper(part, 5 + 2 * j, 31);
        weight *= lambda / 2 / (j + 1);
      }
      worst = fmax(worst, relative(noncentral_chi_square_lower(x, 5, lambda), lower_chi));
      worst = fmax(worst, relative(noncentral_f_lower(x / 10, 5, 31, lambda), lower_f));
      worst = fmax(worst, relative(noncentral_chi_square_upper(x, 5, lambda), upper_chi));
      worst = fmax(worst, relative(noncentral_f_upper(x / 10, 5, 31, lambda), upper_f));
    }
  ok(worst < 1e-12, "chi-square and F against the plain sums, all tails (%.2g)", worst);

  // Both ways of the t integral at their border, delta^2 = 2 df, and near t = delta.
  worst = 0;
  for (double df = 120; df < 1e5; df *= 5) {
    double d = sqrt(2 * df), nudge = 1e-9;
    for (double t = d / 2; t < 3 * d; t += d / 3) {
      double p = noncentral_t_lower(t, df, d * (1 + nudge));
      double next = noncentral_t_lower(t, df, d * (1 + 3 * nudge));
      double before = noncentral_t_lower(t, df, d * (1 - nudge));
      worst = fmax(worst, fabs((p - before) - (next - p)));
    }
  }
  ok(worst < 1e-12, "no jump where the method changes (%.2g)", worst);
}

static void test_t_interval(void)
{
  double low, high;
  double worst = 0;
  for (double df = 1; df < 2e6; df *= 11)
    for (int sign = -1; sign <= 1; sign += 2)
      for (double t = 0; t < 3000; t = 3 * t + 0.7)
        for (double level = 0.9; level < 1; level += 0.0495) {
          if (!noncentral_t_interval(sign * t, df, level, &low, &high) || low >= high) {
            ok(false, "interval for t = %g, df = %g", sign * t, df);
            continue;
          }
          double tail = (1 - level) / 2;
          worst = fmax(worst, relative(noncentral_t_upper(sign * t, df, low), tail));
          worst = fmax(worst, relative(noncentral_t_lower(sign * t, df, high), tail));
          double mirrored_low, mirrored_high;
          noncentral_t_interval(-sign * t, df, level, &mirrored_low, &mirrored_high);
          // Equal within the tolerance of the search, 1e-13 of the standard error.
          worst = fmax(worst, fabs(mirrored_low + high) / (1 + fabs(high)));
        }
  ok(worst < 1e-10, "t limits have their tails and mirror (%.2g)", worst);
  ok(noncentral_t_interval(1.7, INFINITY, 0.95, &low, &high), "t limits with infinite df");
  is_close(low, 1.7 - normal_quantile(0.975), 1e-12, "low is t - z");
  is_close(high, 1.7 + normal_quantile(0.975), 1e-12, "high is t + z");
  ok(!noncentral_t_interval(NAN, 5, 0.95, &low, &high) && isnan(low) && isnan(high), "t = NaN");
  ok(!noncentral_t_interval(1, 0, 0.95, &low, &high)
         && !noncentral_t_interval(1, 3, 1, &low, &high)
         && !noncentral_t_interval(INFINITY, 3, 0.9, &low, &high),
     "no t limits outside the domain");
  // A low level has both limits on one side of t.
  ok(noncentral_t_interval(2, 1, 0.01, &low, &high) && low < high, "level 0.01");
}

static void test_positive_intervals(void)
{
  double low, high, worst = 0, worst_zero = 0;
  for (double df1 = 1; df1 < 30; df1 *= 3)
    for (double df2 = 4; df2 < 1e5; df2 *= 17)
      for (double f = 0.01; f < 900; f *= 4) {
        if (!noncentral_f_interval(f, df1, df2, 0.95, &low, &high) || low > high) {
          ok(false, "interval for F = %g, df = %g, %g", f, df1, df2);
          continue;
        }
        if (low > 0)
          worst = fmax(worst, relative(noncentral_f_upper(f, df1, df2, low), 0.025));
        else if (f_upper(f, df1, df2) < 0.025)
          worst_zero = 1;
        if (high > 0)
          worst = fmax(worst, relative(noncentral_f_lower(f, df1, df2, high), 0.025));
        else if (f_lower(f, df1, df2) > 0.025)
          worst_zero = 1;
      }
  for (double df = 1; df < 1e4; df *= 6)
    for (double x = 0.05; x < 2e5; x *= 9) {
      if (!noncentral_chi_square_interval(x, df, 0.9, &low, &high) || low > high) {
        ok(false, "interval for chi-square = %g, df = %g", x, df);
        continue;
      }
      if (low > 0)
        worst = fmax(worst, relative(noncentral_chi_square_upper(x, df, low), 0.05));
      else if (chi_square_upper(x, df) < 0.05)
        worst_zero = 1;
      if (high > 0)
        worst = fmax(worst, relative(noncentral_chi_square_lower(x, df, high), 0.05));
      else if (chi_square_lower(x, df) > 0.05)
        worst_zero = 1;
    }
  ok(worst < 1e-10, "F and chi-square limits have their tails (%.2g)", worst);
  ok(worst_zero == 0, "a limit is 0 only where the central P asks for it");
  ok(noncentral_f_interval(0, 2, 9, 0.95, &low, &high) && low == 0 && high == 0, "F = 0");
  ok(noncentral_chi_square_interval(0, 2, 0.95, &low, &high) && low == 0 && high == 0,
     "chi-square = 0");
  ok(!noncentral_f_interval(NAN, 2, 9, 0.95, &low, &high) && isnan(low) && isnan(high), "F = NaN");
  ok(!noncentral_f_interval(-1, 2, 9, 0.95, &low, &high)
         && !noncentral_f_interval(1, 2, 0, 0.95, &low, &high)
         && !noncentral_chi_square_interval(1, 2, 0, &low, &high),
     "no limits outside the domain");
  // 1 df: limits of d^2 from those of a normal mean, where both tails of the square count.
  noncentral_chi_square_interval(100, 1, 0.95, &low, &high);
  is_close(sqrt(low), 10 - normal_quantile(0.975), 1e-12, "chi-square with 1 df, low");
  is_close(sqrt(high), 10 + normal_quantile(0.975), 1e-12, "chi-square with 1 df, high");
  ok(noncentral_chi_square_interval(1e6, 3, 0.95, &low, &high), "chi-square = 1e6");
  is_close(noncentral_chi_square_upper(1e6, 3, low), 0.025, 1e-9, "its lower limit");
}

static void test_domain(void)
{
  ok(isnan(noncentral_t_lower(NAN, 3, 1)) && isnan(noncentral_t_lower(1, 0, 1))
         && isnan(noncentral_t_upper(1, 3, INFINITY)),
     "t: NaN");
  ok(isnan(noncentral_f_lower(1, 2, 3, -1)) && isnan(noncentral_f_upper(1, NAN, 3, 1))
         && isnan(noncentral_f_lower(1, 2, 3, NAN)),
     "F: NaN");
  ok(isnan(noncentral_chi_square_lower(1, 0, 1)) && isnan(noncentral_chi_square_upper(NAN, 1, 1)),
     "chi-square: NaN");
  ok(noncentral_t_lower(INFINITY, 3, 1) == 1 && noncentral_t_upper(-INFINITY, 3, 1) == 1,
     "t at both ends");
  ok(noncentral_f_lower(0, 2, 3, 1) == 0 && noncentral_f_upper(INFINITY, 2, 3, 1) == 0
         && noncentral_chi_square_lower(-1, 3, 1) == 0,
     "F and chi-square at the ends");
  ok(noncentral_chi_square_lower(1, 3, 1e5) == 0, "a tail below the doubles");
  is_close(noncentral_chi_square_upper(1, 3, 1e5), 1, 1e-12, "and its complement");
}

int main(void)
{
  test_against_others();
  test_identities();
  test_t_interval();
  test_positive_intervals();
  test_domain();
  return tap_done();
}
