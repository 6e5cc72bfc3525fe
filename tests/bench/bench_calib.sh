#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bootstrap validation: 1000 replicates of a 138 x 6 model with every metric and the calibration
# curve against rms::validate and rms::calibrate, and replicates of 100,000 x 10 with AUC, Brier
# score, slope and intercept against a bare loop around glm.fit.  her2-calib reads the file and
# prints its report in its time; R's clock runs for the loops alone.  All run at real-time priority
# where that is allowed, so that a busy machine tells almost what a quiet one does.
#
#   bench_calib.sh SRCDIR [RSCRIPT]
set -eu
srcdir=$1 rscript=${2-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

ahead=
if chrt -f 10 true 2>/dev/null; then ahead='chrt -f 10'; fi

# best RUNS COMMAND...: the least milliseconds of so many runs
best() {
  least='' runs=$1
  shift
  for _ in $(seq "$runs"); do
    begin=$(date +%s%N)
    $ahead "$@"
    spent=$((($(date +%s%N) - begin) / 1000000))
    if [ -z "$least" ] || [ "$spent" -lt "$least" ]; then least=$spent; fi
  done
  echo "$least"
}
small=$srcdir/datasets/her2-tables.csv
formula='her2 = over ~ adc/0.1 + diameter + t2_pre + t1_pre/100 + pd_delta/0.1 + t2_delta/0.1'
ours=$(best 20 ./her2-calib "$formula" -q -o /dev/null "$small")
echo "her2-calib, 1000 replicates of 138 x 6, all metrics, curve, report: $ours ms"
"$srcdir/tests/bench/make_table.sh" 100000 >"$folder/large.csv"
large='y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10'
replicates=200
large_ours=$(best 3 ./her2-calib "$large" -q -o /dev/null --bootstrap=$replicates \
  --metrics=auc,brier,slope,intercept "$folder/large.csv")
echo "her2-calib, $replicates replicates of 100,000 x 10, AUC, Brier, slope, intercept: $large_ours ms"
if peak=$(/usr/bin/time -f '%M' ./her2-calib "$large" -q -o /dev/null --bootstrap=20 \
  --metrics=auc,brier,slope,intercept "$folder/large.csv" 2>&1); then
  awk -v peak="$peak" 'BEGIN { printf "peak memory: %d kB, %.1f times the data\n", peak, peak / 8594 }'
else
  echo "SKIP peak memory: GNU time is not here"
fi
if [ -z "$rscript" ] ||
  ! "$rscript" -e 'quit(status = !requireNamespace("rms", quietly = TRUE))' >/dev/null 2>&1; then
  echo "SKIP the race: R's rms is not here"
  exit 0
fi
# shellcheck disable=SC2016
theirs=$($ahead "$rscript" -e 'suppressPackageStartupMessages(library(rms)); d <- read.csv(commandArgs(TRUE)[1])
  d$y <- as.numeric(d$her2 == "over")
  f <- lrm(y ~ adc + diameter + t2_pre + t1_pre + pd_delta + t2_delta, d, x = TRUE, y = TRUE)
  t <- system.time({ validate(f, B = 1000); calibrate(f, B = 1000) })[["elapsed"]]
  cat("\nms", round(1000 * t), "\n")' "$small" 2>/dev/null | awk '$1 == "ms" { print $2 }')
echo "rms::validate and rms::calibrate: $theirs ms"
awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "ratio %.0f\n", b / a }'
theirs=$($ahead "$rscript" -e 'd <- as.matrix(read.csv(commandArgs(TRUE)[1])); y <- d[, "y"]
  x <- cbind(1, d[, paste0("x", 1:10)]); n <- nrow(x)
  t <- system.time(for (b in 1:5) { i <- sample(n, replace = TRUE)
    glm.fit(x[i, ], y[i], family = binomial()) })[["elapsed"]]
  cat(round(1000 * t / 5 * as.numeric(commandArgs(TRUE)[2])))' "$folder/large.csv" "$replicates")
echo "a loop around glm.fit (5 replicates scaled to $replicates): $theirs ms"
awk -v a="$large_ours" -v b="$theirs" 'BEGIN { printf "ratio %.1f\n", b / a }'
