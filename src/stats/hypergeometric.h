// SPDX-License-Identifier: GPL-3.0-or-later
// Densities of counts to full relative precision, however small and however large the counts
// (Loader 2000, "Fast and accurate computation of binomial probabilities").
//
// The relative error of exp(log density) is about 1e-15 times 1 + |log density|.

#ifndef HER2_STATS_HYPERGEOMETRIC_H
#define HER2_STATS_HYPERGEOMETRIC_H

// observed log(observed/expected) - (observed - expected), where difference = observed -
// expected is known without cancellation; expected > 0, observed >= 0 (0 gives expected).
double deviance_term(double observed, double expected, double difference);

// log(x!) - (x log x - x), x > 0: by Stirling's formula it is near log(2 pi x)/2.
double log_factorial_remainder(double x);

// log P(X = x), X ~ Binomial(n, part/total), 0 <= part <= total, n <= total, whole numbers
// below 2^53.  -infinity outside the support.
double binomial_log_density(double x, double n, double part, double total);

// log P(X = x) for the cell of a 2 x 2 table with these margins: `row` draws without
// replacement from `total`, `column` of which are marked.  -infinity outside the support.
double hypergeometric_log_density(double x, double row, double column, double total);

#endif
