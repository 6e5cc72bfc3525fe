// SPDX-License-Identifier: GPL-3.0-or-later
// Tail probabilities and quantiles, both tails as functions of their own.
//
// Accuracy promised and tested: 1e-10 relative for normal, t, F and chi-square tails
// down to 1e-300.  Outside its domain (df <= 0, p outside [0,1], NaN anywhere) every
// function returns NaN.

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

// Beta and binomial: P(X <= k) for X ~ Binomial(n, p), and the Clopper-Pearson limits
// of a proportion k/n at confidence `level`.
double beta_lower(double x, double a, double b);
double beta_upper(double x, double a, double b);
double beta_quantile(double p, double a, double b);
void proportion_exact_interval(double k, double n, double level, double *low, double *high);
// Wilson (1927) score limits.
void proportion_wilson_interval(double k, double n, double level, double *low, double *high);

// Studentized range of n_means means with df degrees of freedom (infinity allowed):
// P(Q >= q).  1e-7 absolute, 1e-4 relative above 1e-9; smaller values are returned as
// the bound k(k-1)/2 P(|T| >= q/sqrt 2) if that is smaller than 1e-9, and mean
// "below 1e-9" (Copenhaver & Holland 1988; Gauss-Legendre quadrature).
double studentized_range_upper(double q, int n_means, double df);
double studentized_range_quantile(double p, int n_means, double df); // P(Q <= q) = p

// Noncentral distributions, P(X <= x) and P(X >= x): 1e-10 relative between 1e-30 and 1.
// Noncentrality of any sign for t, from 0 for F and chi-square (where the time grows with
// its square root: some 10 ms at 1e6).
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
bool noncentral_f_interval(double f, double df1, double df2, double level, double *low, double *high);
bool noncentral_chi_square_interval(double x, double df, double level, double *low, double *high);

// Kolmogorov-Smirnov: P(D_n >= d) for n observations from the stated continuous
// distribution, exact (Marsaglia, Tsang & Wang 2003) where that pays, else the limit
// 2 sum (-1)^(j-1) exp(-2 j^2 n d^2).
double kolmogorov_upper(double d, double n);
// The limit alone, at lambda = sqrt(n) d (or sqrt(n1 n2/(n1+n2)) d).
double kolmogorov_limit_upper(double lambda);

#endif
