// SPDX-License-Identifier: GPL-3.0-or-later
// What is measured of a model in a replicate: the metrics and the calibration curve.

#ifndef HER2_CMD_CALIB_MEASURE_H
#define HER2_CMD_CALIB_MEASURE_H

#include "cmd/calib.h"

struct calib_scratch;
void *calib_scratch_make(void *calib); // one a thread
void calib_scratch_free(void *scratch);

// validation_measure: CALIB_STATISTICS values each, the metrics and then the curve at the grid of
// calib (NaN outside the range of the risks): lowess of y on the risk, f = 2/3, no robustness
// iterations, delta 0.01 of the range.
void calib_measure(const double *eta, const double *weight_training, const double *weight_test,
                   double *training, double *test, void *scratch);

// The errors of the curve at the rows, predicted - curve, of which mae, emax, e50, e90 and eavg
// are made as rms::print.calibrate does: within the range of the curve only.  value: metrics out.
void calib_curve_metrics(const double *risk, size_t n, const double *predicted,
                         const double *corrected, size_t n_points, double *value);

#endif
