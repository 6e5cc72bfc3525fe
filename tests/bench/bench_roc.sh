#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Areas of 5 markers on 1,000,000 rows and all paired DeLong comparisons of them against pROC in
# R on the same numbers; both in memory, reading not counted.  The numbers must agree.
#
#   bench_roc.sh SRCDIR [RSCRIPT] [PROGRAM]
set -eu
rscript=${2-} program=${3-tests/bench/bench_roc}
rows=1000000 markers=5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$program" "$rows" "$markers" "$folder/data" >"$folder/ours" 2>"$folder/times"
one=$(awk '$1 == "one" { print $2 }' "$folder/times")
threads=$(awk '$1 == "threads" { print $2 }' "$folder/times")
echo "DeLong, 1,000,000 x 5, all pairs: $one ms on one core${threads:+, $threads ms on all}"
if [ -z "$rscript" ] ||
  ! "$rscript" -e 'quit(status = !requireNamespace("pROC", quietly = TRUE))' >/dev/null 2>&1; then
  echo "SKIP the race: R's pROC is not here"
  exit 0
fi
# pROC at its best: the algorithm that it takes for long columns.  What it needs before it can
# compare, the curves, is timed by itself.
# shellcheck disable=SC2016
"$rscript" -e 'suppressPackageStartupMessages(library(pROC)); a <- commandArgs(TRUE)
  n <- as.numeric(a[2]); k <- as.numeric(a[3]); file <- file(a[1], "rb")
  y <- readBin(file, "double", n); x <- lapply(seq_len(k), function(j) readBin(file, "double", n))
  making <- system.time(curves <- lapply(x, function(x)
    roc(y, x, levels = 0:1, direction = "<", algorithm = 2)))[["elapsed"]]
  comparing <- system.time(
    pairs <- unlist(lapply(seq_len(k - 1), function(i) lapply((i + 1):k, function(j)
      roc.test(curves[[i]], curves[[j]], method = "delong", paired = TRUE)$statistic)))
  )[["elapsed"]]
  cat(sprintf("%.17g\n", c(sapply(curves, auc), pairs)), sep = "")
  cat(round(1000 * c(making, comparing)), file = a[4])' \
  "$folder/data" "$rows" "$markers" "$folder/theirs.time" >"$folder/theirs"
read -r making comparing <"$folder/theirs.time" || true
echo "pROC: $making ms for the curves, $comparing ms for the comparisons"
awk -v a="$one" -v b="$making" -v c="$comparing" 'BEGIN {
  printf "ratio %.1f (at least 10 is the aim), of the comparisons alone %.1f\n",
    (b + c) / a, c / a
}'
paste "$folder/ours" "$folder/theirs" | awk '
  { d = ($1 - $2) / $2; if (d < 0) d = -d; if (d > worst) worst = d }
  END { printf "largest relative difference of areas and z: %.2g\n", worst; exit worst > 1e-7 }'
