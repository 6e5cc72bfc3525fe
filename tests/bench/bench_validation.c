// SPDX-License-Identifier: GPL-3.0-or-later
// How long refits and bootstrap validation take: REPLICATES of ROWS x PREDICTORS, made up, the
// same each time.  With a file name, writes the cohort there as CSV (y, x1, ...) and the resamples
// that it drew, a line a replicate, to FILE.rows, for another program to race.
//
//   bench_validation ROWS PREDICTORS REPLICATES THREADS [FILE]
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "stats/performance.h"
#include "stats/rng.h"
#include "stats/validation.h"

static double seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static void make_cohort(size_t n, size_t p, double *x, double *y)
{
  struct philox_stream stream;
  philox_start(&stream, 1, RNG_SIMULATE, 1);
  for (size_t i = 0; i < n; i++) {
    double eta = -0.5;
    x[i] = 1;
    for (size_t j = 1; j < p; j++) {
      x[i + j * n] = philox_normal(&stream);
      eta += (j % 2 ? 0.5 : -0.25) * x[i + j * n];
    }
    y[i] = philox_uniform(&stream) < logit_inverse(eta);
  }
}

static bool write_files(const char *name, const double *x, const double *y, size_t p,
                        const struct bootstrap_plan *plan, double *weight)
{
  char rows[4096];
  snprintf(rows, sizeof rows, "%s.rows", name);
  FILE *cohort = fopen(name, "w"), *resamples = fopen(rows, "w");
  bool good = cohort && resamples;
  for (size_t j = 0; good && j < p; j++)
    fprintf(cohort, j ? ",x%zu" : "y", j);
  for (size_t i = 0; good && i < plan->n; i++) {
    fprintf(cohort, "\n%g", y[i]);
    for (size_t j = 1; j < p; j++)
      fprintf(cohort, ",%.17g", x[i + j * plan->n]);
  }
  for (size_t b = plan->first; good && b <= plan->last; b++) {
    bootstrap_weights(plan, b, weight);
    for (size_t i = 0; i < plan->n; i++)
      for (double k = 0; k < weight[i]; k++)
        fprintf(resamples, "%zu ", i + 1);
    fprintf(resamples, "\n");
  }
  good = good && fprintf(cohort, "\n") > 0;
  good = cohort && fclose(cohort) == 0 && good;
  return resamples && fclose(resamples) == 0 && good;
}

struct scratch {
  struct performance_workspace *workspace;
  const double *y;
  size_t n;
};

enum { N_MEASURED = 4 };
static const enum performance_metric measured[N_MEASURED] = {METRIC_AUC, METRIC_BRIER, METRIC_SLOPE,
                                                             METRIC_INTERCEPT};

static void *make_scratch(void *context)
{
  struct scratch *scratch = NEW_ARRAY(struct scratch, 1);
  *scratch = *(struct scratch *) context;
  scratch->workspace = performance_prepare(scratch->n);
  return scratch;
}

static void free_scratch(void *scratch)
{
  performance_release(((struct scratch *) scratch)->workspace);
  free(scratch);
}

static void measure(const double *eta, const double *weight_training, const double *weight_test,
                    double *training, double *test, void *scratch)
{
  struct scratch *s = scratch;
  double a[N_PERFORMANCE_METRICS], b[N_PERFORMANCE_METRICS];
  unsigned wanted = 0;
  for (int m = 0; m < N_MEASURED; m++)
    wanted |= 1U << measured[m];
  performance_measure_two(eta, s->y, weight_training, weight_test, s->n, PERFORMANCE_INTERNAL,
                          wanted, s->workspace, a, b);
  for (int m = 0; m < N_MEASURED; m++) {
    training[m] = a[measured[m]];
    test[m] = b[measured[m]];
  }
}

int main(int argc, char **argv)
{
  if (argc < 5)
    return 1;
  size_t n = strtoul(argv[1], NULL, 10), p = strtoul(argv[2], NULL, 10) + 1;
  size_t n_replicates = strtoul(argv[3], NULL, 10);
  double *x = NEW_ARRAY(double, n *p), *y = NEW_ARRAY(double, n), *weight = NEW_ARRAY(double, n);
  double *coefficient = NEW_ARRAY(double, p);
  make_cohort(n, p, x, y);
  struct logit_data data = {.n = n, .p = p, .x = x, .y = y};
  struct logit_fit fit;
  logit_fit(&data, NULL, &fit);
  struct refit_problem problem = {.n = n, .p = p, .x = x, .y = y, .coefficient = fit.coefficient};
  struct bootstrap_plan resample = {.seed = 1,
                                    .n = n,
                                    .first = 1,
                                    .last = n_replicates,
                                    .n_threads = (int) strtol(argv[4], NULL, 10)};
  if (argc > 5 && !write_files(argv[5], x, y, p, &resample, weight))
    return 1;

  struct refit_workspace *workspace = refit_prepare(&problem);
  double begin = seconds();
  for (size_t b = 1; b <= n_replicates; b++)
    bootstrap_weights(&resample, b, weight);
  double drawing = seconds() - begin;
  size_t n_failed = 0;
  begin = seconds();
  for (size_t b = 1; b <= n_replicates; b++) {
    bootstrap_weights(&resample, b, weight);
    n_failed += refit(&problem, weight, workspace, coefficient) != LOGIT_CONVERGED;
  }
  double refitting = seconds() - begin - drawing;
  refit_release(workspace);

  struct scratch scratch = {.y = y, .n = n};
  struct validation_plan plan = {.resample = resample,
                                 .n_statistics = N_MEASURED,
                                 .measure = measure,
                                 .make_scratch = make_scratch,
                                 .free_scratch = free_scratch,
                                 .context = &scratch};
  struct validation_result result;
  begin = seconds();
  validation_run(&plan, &problem, NULL, &result);
  double validating = seconds() - begin;
  printf("%zu x %zu, %zu replicates, %zu failed\n", n, p - 1, n_replicates, n_failed);
  printf("  resample, one thread: %.4g us each\n", 1e6 * drawing / (double) n_replicates);
  printf("  refit, one thread: %.4g us each\n", 1e6 * refitting / (double) n_replicates);
  printf("  validation with auc, brier, slope, intercept, %d threads: %.4g us each, %.4g s\n",
         resample.n_threads, 1e6 * validating / (double) n_replicates, validating);
  validation_result_free(&result);
  logit_fit_free(&fit);
  free(x);
  free(y);
  free(weight);
  free(coefficient);
  return 0;
}
