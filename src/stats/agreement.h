// SPDX-License-Identifier: GPL-3.0-or-later
// Agreement of readers: intraclass correlation, repeatability, limits of agreement, kappa.
//
// Readings: n_subjects x n_readers, row-major (all readings of a subject together), every
// one finite: subjects with a missing reading are the caller's to leave out.  What is not
// defined is NaN; nothing here fails.

#ifndef HER2_STATS_AGREEMENT_H
#define HER2_STATS_AGREEMENT_H

#include <stddef.h>

// ---- analysis of variance of readings ----

// x_ij = mean + subject_i + reader_j + residual_ij.  Sums of squares: subjects
// k sum (x_i. - x..)^2, readers n sum (x_.j - x..)^2, residual
// sum (x_ij - x_i. - x_.j + x..)^2; within = readers + residual.  A sum that is not larger
// than the rounding of the readings themselves is 0, so that readers who agree, or differ by
// a constant, leave no residual.
struct reading_anova {
  size_t n_subjects, n_readers;
  double mean, least;        // of all readings
  double df_subjects, df_readers, df_residual, df_within; // n-1, k-1, (n-1)(k-1), n(k-1)
  double ss_subjects, ss_readers, ss_residual, ss_within;
  double ms_subjects, ms_readers, ms_residual, ms_within; // NaN where the df are 0
};
// All NaN for no subject or no reader.
struct reading_anova reading_anova_compute(const double *x, size_t n_subjects, size_t n_readers);

// ---- intraclass correlation ----

// Shrout & Fleiss (1979), with B, W, J, E the mean squares of subjects, within, readers
// and residual, n subjects, k readers:
enum icc_type {
  ICC_1,  // (B - W)/(B + (k-1) W): one-way random, single reading
  ICC_2,  // (B - E)/(B + (k-1) E + k (J - E)/n): two-way random, absolute agreement, single
  ICC_3,  // (B - E)/(B + (k-1) E): two-way mixed, consistency, single
  ICC_1K, // (B - W)/B: one-way random, mean of k readings
  ICC_2K, // (B - E)/(B + (J - E)/n): two-way random, absolute agreement, mean of k
  ICC_3K, // (B - E)/B: two-way mixed, consistency, mean of k
  N_ICC_TYPES
};

struct icc_result {
  double estimate, conf_low, conf_high;
  double statistic, df, df2, p_value; // F = B/W (1, 1k) or B/E, against ICC = 0, upper tail
};
// Limits of ICC_1 and ICC_3 from F/F(1-a/2; df, df2) and F F(1-a/2; df2, df); of ICC_2 with
// Satterthwaite's v = (c J + d E)^2/((c J)^2/(k-1) + (d E)^2/((n-1)(k-1))), c = k ICC2,
// d = n (1 + (k-1) ICC2) - k ICC2; those of the k forms by the Spearman-Brown formula
// k r/(1 + (k-1) r) of the single ones, NaN where that of ICC_2 is not above -1/(k-1).  As
// psych::ICC(lmer = FALSE); the P of ICC_2 is that of B/E, exact for ICC = 0 (irr::icc takes v
// as df2, and so another P).
// Without residual (or, for ICC_1, without spread within subjects) F is infinite, P 0 and the
// limits are what they tend to.  NaN with fewer than 2 subjects or readers, or if all
// readings are equal.
struct icc_result icc_compute(const struct reading_anova *anova, enum icc_type type, double level);

// ---- repeatability ----

struct interval_estimate {
  double estimate, conf_low, conf_high;
};
struct repeatability_result {
  double df;                            // n (k-1)
  struct interval_estimate within_sd;   // sqrt(W), Bland & Altman (1996): differences
                                        // between readers count
  struct interval_estimate cv;          // within_sd/mean, a fraction, the mean taken as
                                        // known; NaN unless mean > 0 and no reading < 0
  struct interval_estimate coefficient; // multiplier sqrt(2) within_sd: two readings of a
                                        // subject differ by less in 95% (multiplier 1.96)
  struct interval_estimate residual_sd; // sqrt(E), differences between readers taken out
};
// Limits sqrt(SS/chi2(1 -+ a/2; df)), exact for normal errors (residual_sd), and for
// within_sd if readers do not differ systematically.
struct repeatability_result repeatability_compute(const struct reading_anova *anova,
                                                  double multiplier, double level);

// ---- limits of agreement ----

struct bland_altman_result {
  size_t n;
  double multiplier;
  double sd;                             // of the differences x - y
  double std_error;                      // of the bias, sd/sqrt(n)
  struct interval_estimate bias;         // mean difference
  struct interval_estimate lower, upper; // bias -+ multiplier sd
  double statistic, df, p_value;         // paired t of bias = 0
  double correlation, correlation_p;     // of difference and mean, t with n-2 df: do
                                         // differences grow with what is measured?
};
// Bland & Altman (1986).  Limits by t with n-1 df and the standard errors sd/sqrt(n) and
// sd sqrt(c/n), c = 1 + multiplier^2/2; for multipliers from 1.95 to 2.05 c is 3, as they
// have it.  x, y: n.  n = 1 has a bias only, n = 0 nothing; differences without spread have
// neither t nor P, and correlation needs spread in both and n > 2.
struct bland_altman_result bland_altman_compute(const double *x, const double *y, size_t n,
                                                double multiplier, double level);

// ---- categories ----

struct kappa_result {
  double estimate;           // (observed - expected)/(1 - expected)
  double observed, expected; // weighted proportions of agreement
  double std_error, conf_low, conf_high; // limits at most 1 and at least -1
  double null_error;         // standard error if there is no agreement beyond chance
  double statistic, df;      // estimate/null_error, df NaN: normal; AC1: estimate/std_error,
                             // t with n-1 df
  double p_value;            // two-sided, of no agreement beyond chance
};

enum kappa_weights {
  KAPPA_UNWEIGHTED, // disagreement 1 between any two categories
  KAPPA_LINEAR,     // |i - j|/(q - 1) (Cicchetti & Allison 1971)
  KAPPA_QUADRATIC,  // ((i - j)/(q - 1))^2 (Fleiss & Cohen 1973)
};
// disagreement: q x q out.  One category: 0.
void kappa_disagreement(enum kappa_weights weights, size_t n_categories, double *disagreement);

// Cohen's (1960, 1968) kappa = 1 - sum v_ij p_ij/sum v_ij p_i. p_.j of two readers.  count:
// q x q, frequencies of reader 1 (rows) by reader 2 (columns); disagreement: q x q, v_ij >= 0,
// v_ii = 0, symmetric; NULL: unweighted.  Standard errors of Fleiss, Cohen & Everitt (1969), normal
// interval.  (psych 2.2.9 has another variance for weighted kappa: rowSums(w * rs) where the
// formula wants colSums(w * rs); vcd and the delta method agree with the formula.)
// NaN if both readers use a single category, the same one.
struct kappa_result kappa_cohen(const double *count, const double *disagreement,
                                size_t n_categories, double level);

// tally: n_subjects x n_categories, row-major: how many of the n_readers readers put a
// subject into a category; rows sum to n_readers >= 2.
//
// Fleiss's (1971) kappa; two readers: Scott's pi.  null_error by Fleiss, Nee & Landis (1979)
// (irr::kappam.fleiss has the formula of 1971, which that paper corrects); std_error and limits
// by linearization with t, n-1 df (Gwet 2008, on pi).
struct kappa_result kappa_fleiss(const double *tally, size_t n_subjects, size_t n_categories,
                                 size_t n_readers, double level);
// Gwet's (2008) AC1: expected agreement sum pi_k (1 - pi_k)/(q - 1) over the q categories
// that there are, used or not.  std_error, t with n-1 df and limits as above (irrCAC's *.raw;
// its *.table for two readers has n where this has n-1).  NaN for one category.
struct kappa_result agreement_ac1(const double *tally, size_t n_subjects, size_t n_categories,
                                  size_t n_readers, double level);
// Mean proportion of pairs of readers that agree.  Two readers: Wilson's interval; more:
// std_error from subjects, t with n-1 df, limits within [0, 1].  No test.
struct kappa_result agreement_pairs(const double *tally, size_t n_subjects, size_t n_categories,
                                    size_t n_readers, double level);
// Proportion of subjects on whom all readers agree, Wilson's interval.
struct kappa_result agreement_all(const double *tally, size_t n_subjects, size_t n_categories,
                                  size_t n_readers, double level);

// ---- words ----

enum agreement_scale {
  SCALE_STUDY,     // ICC >= 0.80 excellent, no other word
  SCALE_KOO,       // Koo & Li (2016): < 0.5 poor, < 0.75 moderate, <= 0.9 good, excellent
  SCALE_CICCHETTI, // Cicchetti (1994): < 0.40 poor, < 0.60 fair, < 0.75 good, excellent; kappa too
  SCALE_NONE,
};
// The word of an intraclass correlation; NULL where the scale has none or for NaN.
const char *agreement_icc_word(enum agreement_scale scale, double icc);
// The word of a kappa: Cicchetti's, else (study, koo) Landis & Koch (1977): < 0 poor, <= 0.20
// slight, <= 0.40 fair, <= 0.60 moderate, <= 0.80 substantial, almost perfect.
const char *agreement_kappa_word(enum agreement_scale scale, double kappa);

#endif
