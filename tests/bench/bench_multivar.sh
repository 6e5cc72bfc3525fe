#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One logistic regression of 1,000,000 rows and 10 predictors against R's glm on the same
# numbers.  her2-multivar reads the file and fits each predictor alone as well; the time of
# a run with one predictor less is no measure of the fit, so the whole command is timed.
#
#   bench_multivar.sh SRCDIR [RSCRIPT]
set -eu
srcdir=$1 rscript=${2-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
table=$folder/table.csv
"$srcdir/tests/bench/make_table.sh" 1000000 >"$table"
formula='y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10'

best=
for _ in 1 2 3; do
  begin=$(date +%s%N)
  ./her2-multivar "$formula" -q -o /dev/null "$table"
  spent=$((($(date +%s%N) - begin) / 1000000))
  if [ -z "$best" ] || [ "$spent" -lt "$best" ]; then best=$spent; fi
done
echo "her2-multivar, 1,000,000 x 10, read, ten fits alone and one together: $best ms"
/usr/bin/time -f 'peak memory: %M kB' ./her2-multivar "$formula" -q -o /dev/null "$table" 2>&1 ||
  echo "SKIP peak memory: GNU time is not here"
if [ -z "$rscript" ] ||
  ! "$rscript" -e 'quit(status = !requireNamespace("data.table", quietly = TRUE))' >/dev/null 2>&1; then
  echo "SKIP the race: R's data.table is not here"
  exit 0
fi
theirs=$("$rscript" -e 'suppressPackageStartupMessages(library(data.table)); a <- commandArgs(TRUE)
  d <- fread(a[1], showProgress = FALSE)
  cat(round(1000 * min(sapply(1:2, function(i) system.time(glm(as.formula(a[2]), binomial, d))[["elapsed"]]))))' \
  "$table" "$formula")
echo "R glm, the one fit together alone: $theirs ms"
awk -v a="$best" -v b="$theirs" 'BEGIN { printf "ratio %.2f\n", a / b }'
