// SPDX-License-Identifier: GPL-3.0-or-later
// Kolmogorov-Smirnov: against R, rational arithmetic, published values, closed forms.
#include <config.h>

#include "stats/distribution.h"

#include <math.h>

#include "reference.h"
#include "tap.h"
#include "walk.h"

static double kolmogorov_error(const double *v)
{
  return fabs(kolmogorov_upper(v[1], v[0]) - v[2]);
}

static double kolmogorov_limit_error(const double *v)
{
  return fabs(kolmogorov_limit_upper(v[0]) - v[1]);
}

static double exact_kolmogorov_error(const double *v)
{
  return relative(kolmogorov_upper(v[1], v[0]), v[2]);
}

static void test_against_others(void)
{
  struct reference *r = reference_open("distribution.tsv");
  // R's P is 1 - (distribution function): absolutely, not relatively exact.
  check_all(r, "kolmogorov", kolmogorov_error, 1e-12, "R's exact ks.test");
  check_all(r, "kolmogorov.limit", kolmogorov_limit_error, 1e-14, "R's limit of ks.test");
  reference_close(r);
  struct reference *exact = reference_open("distribution_exact.tsv");
  // 1 - (matrix result) at P = 2e-4 is the worst.
  check_all(exact, "kolmogorov", exact_kolmogorov_error, 2e-11, "rational arithmetic");
  reference_close(exact);
}

static void test_properties(void)
{
  // Marsaglia, Tsang & Wang (2003), p. 2.
  is_close(1 - kolmogorov_upper(0.274, 10), 0.628479615456504275, 1e-13,
           "P(D < 0.274) of 10, Marsaglia, Tsang & Wang");
  // L. H. Miller (1956), JASA 51, 111-121: points of 5%, printed to 5 decimals (5e-6 times
  // the slope 4 n d P) and from the one-sided tail of 2.5%, which counts exp(-6 n d^2) twice.
  is_near(kolmogorov_upper(0.40925, 10), 0.05, 7e-6, "Miller's 5% point of 10");
  is_near(kolmogorov_upper(0.29408, 20), 0.05, 8e-6, "Miller's 5% point of 20");
  is_near(kolmogorov_upper(0.13403, 100), 0.05, 1.6e-5, "Miller's 5% point of 100");
  double worst = 0;
  for (double d = 0.26; d < 1; d += 0.07) {
    double lower = d <= 0.5 ? 2 * (2 * d - 0.5) * (2 * d - 0.5) : 1 - 2 * (1 - d) * (1 - d);
    worst = fmax(worst, fabs(1 - kolmogorov_upper(d, 2) - lower));
    if (d >= 0.5)
      worst = fmax(worst, fabs(kolmogorov_upper(d, 1) - 2 * (1 - d)));
    if (d > 0.9) // above 1 - 1/n
      worst = fmax(worst, relative(kolmogorov_upper(d, 9), 2 * pow(1 - d, 9)) * 1e-2);
  }
  ok(worst < 1e-15, "n = 1, 2 and D near 1 have closed forms (%.2g)", worst);
  is_close(kolmogorov_upper(0.999, 100), 2e-300, 1e-12, "P of 2e-300"); // 1 - d is rounded: n eps
  is_close(kolmogorov_upper(0.55, 500), kolmogorov_upper(nextafter(0.55, 0), 500), 1e-12,
           "continuous in d");

  // From the matrix (below n d^2 = 4.5) to the one-sided tail; and from n = 1000 to 1001.
  for (double n = 30; n < 1000; n *= 3) {
    double d = sqrt(4.5 / n), step = 1e-9;
    double slope = log(kolmogorov_upper(d + 3 * step, n) / kolmogorov_upper(d + step, n));
    is_near(log(kolmogorov_upper(d + step, n) / kolmogorov_upper(d - step, n)), slope, 1e-9,
            "no jump where the method changes");
  }
  for (double lambda = 0.4; lambda < 2.2; lambda += 0.2) {
    double p[3];
    for (int i = 0; i < 3; i++)
      p[i] = kolmogorov_upper(lambda / sqrt(999 + i), 999 + i);
    // The step of two neighbours, as the one before; 1e-4 is the stated error above 1000.
    is_close(p[2], p[1] + (p[1] - p[0]), 1e-4, "from n = 1000 to 1001");
    double far = kolmogorov_upper(lambda / 1e4, 1e8);
    is_close(far, kolmogorov_limit_upper(lambda), 2e-3, "n = 1e8 is near the limit");
  }
  ok(kolmogorov_upper(0, 5) == 1 && kolmogorov_upper(0.1, 5) == 1 && kolmogorov_upper(1, 5) == 0
         && kolmogorov_upper(2, 5) == 0,
     "d outside (1/(2n), 1)");
  ok(isnan(kolmogorov_upper(NAN, 5)) && isnan(kolmogorov_upper(0.3, 0))
         && isnan(kolmogorov_limit_upper(NAN)),
     "kolmogorov: NaN");
  is_close(kolmogorov_limit_upper(1 - 1e-16), kolmogorov_limit_upper(1), 1e-14,
           "the two series of the limit meet");
  is_close(kolmogorov_limit_upper(18.5), 2 * exp(-2 * 18.5 * 18.5), 1e-14, "limit of 1e-297");
  ok(kolmogorov_limit_upper(0) == 1 && kolmogorov_limit_upper(0.04) == 1, "limit near 0");
}

int main(void)
{
  test_against_others();
  test_properties();
  return tap_done();
}
