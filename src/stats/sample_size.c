// SPDX-License-Identifier: GPL-3.0-or-later
// Minimum sample size for a prediction model with a binary outcome.  Riley et al. 2019, Stat
// Med 38:1276 (largest R^2: equation 23); Riley et al. 2020, BMJ 368:m441.  No value is rounded
// on the way (pmsampsize before 1.1.1 did: 668 instead of 662 in the paper's example).
#include <config.h>

#include "stats/logit_statistics.h"

#include <math.h>

// Rounded up so that the expected shrinkage is `shrinkage`.
static double n_for_shrinkage(double r2, double parameters, double shrinkage)
{
  return ceil(parameters / ((shrinkage - 1) * log1p(-r2 / shrinkage)));
}

struct sample_size sample_size_binary(double r2, double parameters, double prevalence,
                                      double shrinkage)
{
  struct sample_size size = {
      .n = {NAN, NAN, NAN},
      .shrinkage = {NAN, NAN, NAN},
      .epv = {NAN, NAN, NAN},
      .final_n = NAN,
      .max_r2 = NAN,
  };
  if (!(prevalence > 0 && prevalence < 1))
    return size;
  // Of the intercept alone, a row: l0 = prevalence log(prevalence) + ...
  double null_likelihood = prevalence * log(prevalence) + (1 - prevalence) * log1p(-prevalence);
  double max_r2 = -expm1(2 * null_likelihood);
  if (!(r2 > 0 && r2 < shrinkage && shrinkage < 1 && r2 <= max_r2 && parameters > 0 &&
        isfinite(parameters)))
    return size;
  static const double nagelkerke_difference = 0.05, risk_margin = 0.05, z = 1.96;
  size.max_r2 = max_r2;
  size.shrinkage[0] = shrinkage;
  size.shrinkage[1] = r2 / (r2 + nagelkerke_difference * max_r2);
  size.shrinkage[2] = fmax(size.shrinkage[0], size.shrinkage[1]);
  size.n[0] = n_for_shrinkage(r2, parameters, size.shrinkage[0]);
  size.n[1] = n_for_shrinkage(r2, parameters, size.shrinkage[1]);
  size.n[2] = ceil(z / risk_margin * (z / risk_margin) * (prevalence * (1 - prevalence)));
  size.final_n = 0;
  for (int i = 0; i < N_SAMPLE_SIZE_CRITERIA; i++) {
    size.epv[i] = size.n[i] * prevalence / parameters;
    size.final_n = fmax(size.final_n, size.n[i]);
  }
  return size;
}
