// SPDX-License-Identifier: GPL-3.0-or-later
// Ways to validate, and what follows from each.
#include <config.h>

#include "cmd/calib.h"

const struct named_choice calib_schemes[] = {
    {"bootstrap", "optimism by resampling (default on a model's own rows)", CALIB_BOOTSTRAP},
    {"632", "bootstrap, tested on the rows left out, .632 weights", CALIB_632},
    {"632plus", "the same with .632+ weights", CALIB_632_PLUS},
    {"cv", "repeated cross-validation", CALIB_CROSS},
    {"holdout", "fitted on the training rows of --holdout, judged on the test rows", CALIB_HOLDOUT},
    {"apparent", "nothing corrected", CALIB_APPARENT},
    {"external", "the risks as they are (default on other rows)", CALIB_EXTERNAL},
    {NULL, NULL, 0},
};

bool calib_is_external(const struct calib *calib)
{
  return calib->scheme == CALIB_EXTERNAL || calib->scheme == CALIB_HOLDOUT;
}

bool calib_is_resampled(const struct calib *calib)
{
  return !calib_is_external(calib) && calib->scheme != CALIB_APPARENT;
}

bool calib_wants(const struct calib *calib, enum performance_metric metric)
{
  return calib->metrics >> metric & 1;
}
