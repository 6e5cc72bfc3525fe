#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Decision curves of 3 risks on 1,000,000 rows at 99 thresholds, and the same with 200 bootstrap
# replicates, against R: one comparison of all risks a threshold, in memory.  her2-dca's times
# include reading the file; that of reading alone is shown too.
#
#   bench_dca.sh SRCDIR [RSCRIPT]
set -eu
rscript=${2-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
table=$folder/table.csv
awk 'BEGIN {
  srand(1)
  print "y,p1,p2,p3"
  for (i = 0; i < 1000000; i++) {
    p = rand() * rand()
    printf "%d,%.6f,%.6f,%.6f\n", rand() < p, p, 0.7 * p + 0.3 * rand(), rand()
  }
}' >"$table"

# best COMMAND...: the shortest of three runs, in ms
best() {
  shortest=
  for _ in 1 2 3; do
    begin=$(date +%s%N)
    "$@"
    spent=$((($(date +%s%N) - begin) / 1000000))
    if [ -z "$shortest" ] || [ "$spent" -lt "$shortest" ]; then shortest=$spent; fi
  done
  echo "$shortest"
}
curves() { ./her2-dca 'y ~ risk(p1) + risk(p2) + risk(p3)' -q --tables="$folder/ours" -o /dev/null "$@" "$table"; }
reading=$(best curves --thresholds=0.5)
ours=$(best curves)
echo "her2-dca, 1,000,000 rows x 3 risks x 99 thresholds: $ours ms, at one threshold $reading ms"
begin=$(date +%s%N)
./her2-dca 'y ~ risk(p1) + risk(p2) + risk(p3)' -q --bootstrap=200 -o /dev/null "$table"
echo "with 200 replicates: $((($(date +%s%N) - begin) / 1000000)) ms"
if [ -z "$rscript" ] ||
  ! "$rscript" -e 'quit(status = !requireNamespace("data.table", quietly = TRUE))' >/dev/null 2>&1; then
  echo "SKIP the race: R's data.table is not here"
  exit 0
fi
"$rscript" -e 'suppressPackageStartupMessages(library(data.table)); a <- commandArgs(TRUE)
  d <- fread(a[1], showProgress = FALSE); y <- d$y; n <- length(y); at <- (1:99) / 100
  time <- system.time(nb <- sapply(d[, 2:4], function(p) sapply(at, function(t) {
    positive <- p >= t; tp <- sum(positive & y == 1); (tp - (sum(positive) - tp) * t / (1 - t)) / n })))
  cat(round(1000 * time[["elapsed"]]), file = a[2]); cat(sprintf("%.17g\n", nb), sep = "")' \
  "$table" "$folder/time" >"$folder/theirs"
theirs=$(cat "$folder/time")
awk -v a="$ours" -v r="$reading" -v b="$theirs" 'BEGIN {
  printf "R, the curves alone: %d ms; ratio %.2f to all of her2-dca\n", b, b / a }'
awk -F, 'NR > 1 && $1 ~ /^risk/ { print $3 }' "$folder/ours/net_benefit.csv" | paste - "$folder/theirs" |
  awk '{ d = $1 - $2; if (d < 0) d = -d; if (d > worst) worst = d }
  END { printf "largest difference of net benefits: %.2g\n", worst; exit worst > 1e-12 }'
