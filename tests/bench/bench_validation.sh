#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Bootstrap refits and validation (AUC, Brier score, slope, intercept) against a bare loop around
# R's glm.fit on the same resamples, which measures nothing.
#
#   bench_validation.sh [RSCRIPT]
set -eu
rscript=${1-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ours=./tests/bench/bench_validation

"$ours" 138 6 1000 2 "$folder/small.csv" | tee "$folder/small.txt"
# As many for R as it can be waited for.
"$ours" 100000 10 5 2 "$folder/large.csv" >/dev/null
"$ours" 100000 10 100 2 | tee "$folder/large.txt"
{ /usr/bin/time -f '  peak memory: %M kB (the data: 8594 kB)' "$ours" 100000 10 10 2 >/dev/null; } 2>&1 ||
  echo "SKIP peak memory: GNU time is not here"
if [ -z "$rscript" ]; then
  echo "SKIP the race: R is not here"
  exit 0
fi
for size in small large; do
  theirs=$("$rscript" -e 'f <- commandArgs(TRUE)[1]; d <- read.csv(f)
    y <- d[[1]]; x <- cbind(1, as.matrix(d[-1]))
    rows <- as.matrix(read.table(paste0(f, ".rows"))); n <- min(nrow(rows), 200)
    s <- system.time(for (b in seq_len(n)) {
      i <- rows[b, ]
      glm.fit(x[i, ], y[i], family = binomial())
    })
    cat(1e6 * s[["elapsed"]] / n)' "$folder/$size.csv")
  awk -v r="$theirs" -v size="$size" '/refit/ { a = $4 } /validation/ { b = $9 }
    END { printf "%s: glm.fit alone %.4g us each; refit %.0f times faster, validation %.0f times\n",
      size, r, r / a, r / b }' "$folder/$size.txt"
done
