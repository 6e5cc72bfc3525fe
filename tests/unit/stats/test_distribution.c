// SPDX-License-Identifier: GPL-3.0-or-later
// Normal, t, F, chi-square and beta tails and quantiles, limits of a proportion,
// Kolmogorov-Smirnov: against R, against 17 digits of other methods, and identities.
#include <config.h>

#include "stats/distribution.h"

#include <float.h>
#include <stdlib.h>

#include "reference.h"
#include "stats/incomplete.h"
#include "stats/root.h"
#include "tap.h"

// Walks over all lines whose key is NAME.number, and reports the worst relative error of
// what `check` returns (the larger of several).
struct walk {
  const struct reference *reference;
  const char *name;
  double (*error)(const double *value);
};

static double relative(double got, double expected)
{
  if (isnan(got))
    return INFINITY;
  return expected == got ? 0 : expected == 0 ? fabs(got) : fabs(got / expected - 1);
}

static void check_all(const struct reference *reference, const char *name,
                      double (*error)(const double *value), double tolerance, const char *why)
{
  size_t length = strlen(name), n = 0;
  double worst = 0;
  const char *worst_key = "none";
  for (size_t i = 0; i < reference_size(reference); i++) {
    const char *key = reference_key(reference, i);
    if (strncmp(key, name, length) != 0 || key[length] != '.'
        || strspn(key + length + 1, "0123456789") != strlen(key + length + 1))
      continue;
    double here = error(reference_values(reference, key, NULL));
    if (!(here <= worst)) {
      worst = here;
      worst_key = key;
    }
    n++;
  }
  ok(n > 0 && worst <= tolerance, "%s: %zu lines within %g of %s", name, n, tolerance, why);
  printf("#   worst %.2g at %s\n", worst, worst_key);
}

// The values of each line: see the passport of the file.
static double normal_error(const double *v)
{
  return fmax(relative(normal_lower(v[0]), v[1]), relative(normal_upper(v[0]), v[2]));
}

static double t_error(const double *v)
{
  double two_sided = 2 * (v[1] < 0 ? v[2] : v[3]);
  two_sided = 2 * fmin(v[2], v[3]);
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

static double kolmogorov_error(const double *v)
{
  return fabs(kolmogorov_upper(v[1], v[0]) - v[2]);
}

static double kolmogorov_limit_error(const double *v)
{
  return fabs(kolmogorov_limit_upper(v[0]) - v[1]);
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

static double exact_kolmogorov_error(const double *v)
{
  return relative(kolmogorov_upper(v[1], v[0]), v[2]);
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
  check_all(r, "kolmogorov", kolmogorov_error, 1e-12, "R's exact ks.test");
  check_all(r, "kolmogorov.limit", kolmogorov_limit_error, 1e-14, "R's limit of ks.test");
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
  check_all(exact, "normal", exact_normal_error, 1e-13, "40 digits");
  check_all(exact, "t", exact_t_error, 1e-12, "40 digits");
  check_all(exact, "f", f_error, 1e-12, "40 digits");
  check_all(exact, "chi.square", chi_square_error, 1e-12, "40 digits");
  // 1 - (matrix result) at P = 2e-4 is the worst.
  check_all(exact, "kolmogorov", exact_kolmogorov_error, 2e-11, "rational arithmetic");
  reference_close(exact);
}

int main(void)
{
  test_against_r();
  test_against_exact();
  return tap_done();
}
