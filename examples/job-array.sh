#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# 1000 bootstrap replicates in 4 shares, joined to the same bytes as one run gives.
#
#   sh job-array.sh                        here, one share after another
#   sbatch --array=1-4 job-array.sh        a share a task; then: sh job-array.sh join
set -eu
export HER2_CODEBOOK=datasets/her2-models.codebook.csv
replicates=1000 tasks=4

share() {
  her2-calib 'her2 = over ~ adc/0.1 + diameter + t2_pre + enhancement' --bootstrap=$replicates \
    --replicates=$((($1 - 1) * replicates / tasks + 1)):$(($1 * replicates / tasks)) \
    --save-replicates=part."$1" --quiet --output=/dev/null datasets/her2-models.csv
}

join() {
  her2-calib --combine part.[1-4] --figure=calibration.svg --output=calibration.txt
  cat calibration.txt
}

if [ -n "${SLURM_ARRAY_TASK_ID-}" ]; then
  share "$SLURM_ARRAY_TASK_ID"
elif [ "${1-}" = join ]; then
  join
else
  for task in 1 2 3 4; do share $task; done
  join
fi
