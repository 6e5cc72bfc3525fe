// SPDX-License-Identifier: GPL-3.0-or-later
// Tail probabilities and quantiles, both tails as functions of their own.
//
// Accuracy promised: 1e-10 relative for normal, t, F, chi-square and beta tails down to
// 1e-300; tested: 1e-12, for df from 0.3 to 1e7 and infinite.  A quantile gives back its
// smaller tail as well as a double can say it; one beyond the doubles is 0 or infinite.
// Outside its domain (df <= 0, p outside [0,1], NaN anywhere) every function returns NaN.
// All are safe to call from several threads.

#ifndef HER2_STATS_DISTRIBUTION_H
#define HER2_STATS_DISTRIBUTION_H

#include <stdbool.h>

// Standard normal: P(Z <= z), P(Z >= z), 2 P(Z >= |z|), and z with P(Z <= z) = p.
double normal_lower(double z);
double normal_upper(double z);
double normal_two_sided(double z);
double normal_quantile(double p);

// Student t with df > 0 degrees of freedom (df = infinity is the normal).
double t_lower(double t, double df);
double t_upper(double t, double df);
double t_two_sided(double t, double df);
double t_quantile(double p, double df); // P(T <= t) = p

// F with df1, df2 > 0; chi-square with df > 0.  Values below 0 have lower tail 0.
double f_lower(double f, double df1, double df2);
double f_upper(double f, double df1, double df2);
double f_quantile(double p, double df1, double df2);
double chi_square_lower(double x, double df);
double chi_square_upper(double x, double df);
double chi_square_quantile(double p, double df);

// Beta with finite shapes a, b > 0, 0 <= x <= 1: P(X <= x), P(X >= x), and x with
// P(X <= x) = p.  P(X <= k) of Binomial(n, p) is beta_upper(p, k + 1, n - k).
double beta_lower(double x, double a, double b);
double beta_upper(double x, double a, double b);
double beta_quantile(double p, double a, double b);
// Clopper & Pearson's (1934) limits of a proportion k/n at confidence `level`; k and n need
// not be whole (weights).  The lower limit of k = 0 is 0, the upper one of k = n is 1; both
// are NaN unless 0 <= k <= n, n > 0 and 0 < level < 1.
void proportion_exact_interval(double k, double n, double level, double *low, double *high);
// Wilson's (1927) score limits, without continuity correction; 0, 1 and NaN as above.
void proportion_wilson_interval(double k, double n, double level, double *low, double *high);

// Studentized range of n_means >= 2 means with df degrees of freedom (infinity allowed):
// P(Q >= q), tested to 1e-12 relative for P down to 1e-28 and, for two means, 1e-11 down to
// 1e-290 (some 0.1 to 0.5 ms; a few ms below 3 df).  R's ptukey is good to 1e-7 absolutely.
double studentized_range_upper(double q, int n_means, double df);
double studentized_range_quantile(double p, int n_means, double df); // P(Q <= q) = p

// Noncentral distributions, P(X <= x) and P(X >= x), tested to 1e-11 relative between 1e-30
// and 1.  The noncentrality is finite, of any sign for t, from 0 for F and chi-square (where
// the time grows with its square root: some 10 ms at 1e6).
double noncentral_t_lower(double t, double df, double noncentrality);
double noncentral_t_upper(double t, double df, double noncentrality);
double noncentral_f_lower(double f, double df1, double df2, double noncentrality);
double noncentral_f_upper(double f, double df1, double df2, double noncentrality);
double noncentral_chi_square_lower(double x, double df, double noncentrality);
double noncentral_chi_square_upper(double x, double df, double noncentrality);
// Limits of the noncentrality at which x is the (1+level)/2 and (1-level)/2 quantile
// (inversion of the distribution function, Steiger & Fouladi 1997).  For F and
// chi-square a limit that would be negative is 0.  False if no limit is found.
bool noncentral_t_interval(double t, double df, double level, double *low, double *high);
bool noncentral_f_interval(double f, double df1, double df2, double level, double *low,
                           double *high);
bool noncentral_chi_square_interval(double x, double df, double level, double *low, double *high);

// Kolmogorov-Smirnov: P(D_n >= d) for n > 0 observations from the stated continuous
// distribution.  For whole n exact up to n = 1000 (Marsaglia, Tsang & Wang 2003; 1e-11
// relative, some 10 ms at most) and, where P is below 2.5e-4, up to 1e6 (Birnbaum & Tingey
// 1951); otherwise the limit at a corrected argument, with an error below 1e-4 of P.  R's
// ks.test is exact below n = 100 without ties and takes the bare limit from there on, which
// is 2% to 5% too large at n = 1000 where P is below 0.25.
double kolmogorov_upper(double d, double n);
// The limit alone, 2 sum (-1)^(j-1) exp(-2 j^2 lambda^2), at lambda = sqrt(n) d (or
// sqrt(n1 n2/(n1+n2)) d); for agreement with programs that print it.
double kolmogorov_limit_upper(double lambda);

#endif
