// SPDX-License-Identifier: GPL-3.0-or-later
// Refits with Firth's penalty or with selection, by full fits.  For refit.c alone.

#ifndef HER2_STATS_REFIT_PROCESS_H
#define HER2_STATS_REFIT_PROCESS_H

#include "stats/refit.h"

// As refit(), for a problem with firth or selects and weights of both outcomes.  chosen: n_groups,
// out if it selects.  What coefficient holds is undefined unless LOGIT_CONVERGED.
enum logit_status refit_process(const struct refit_problem *problem, const double *weight,
                                bool *chosen, double *coefficient);

#endif
