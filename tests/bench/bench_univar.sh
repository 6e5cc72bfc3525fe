#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Reading and comparing 1,000,000 x 13 (100 MB) against data.table's fread reading it.
#
#   bench_univar.sh SRCDIR [RSCRIPT]
set -eu
srcdir=$1 rscript=${2-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
table=$folder/table.csv
"$srcdir/tests/bench/make_table.sh" 1000000 >"$table"

# Milliseconds of a command, the least of five runs.
least() {
  best=
  for _ in 1 2 3 4 5; do
    begin=$(date +%s%N)
    "$@" >/dev/null 2>&1
    spent=$((($(date +%s%N) - begin) / 1000000))
    if [ -z "$best" ] || [ "$spent" -lt "$best" ]; then best=$spent; fi
  done
  echo "$best"
}

ours=$(least ./her2-univar 'y ~ .' "$table")
echo "her2-univar 'y ~ .', 1,000,000 x 13, read and compared: $ours ms"
echo "her2-univar 'y ~ x1', one column of it: $(least ./her2-univar 'y ~ x1' "$table") ms"
echo "her2-univar on 113 rows: $(least ./her2-univar 'outcome ~ .' "$srcdir/datasets/asah.csv") ms"
/usr/bin/time -f 'peak memory: %M kB' ./her2-univar 'y ~ .' -o /dev/null "$table" 2>&1 ||
  echo "SKIP peak memory: GNU time is not here"
if [ -z "$rscript" ] ||
  ! "$rscript" -e 'quit(status = !requireNamespace("data.table", quietly = TRUE))' >/dev/null 2>&1; then
  echo "SKIP the race: R's data.table is not here"
  exit 0
fi
# Inside one R process, its start not counted; the least of five.
theirs=$("$rscript" -e 'suppressPackageStartupMessages(library(data.table)); setDTthreads(0)
  f <- commandArgs(TRUE)[1]
  cat(round(1000 * min(sapply(1:5, function(i) system.time(fread(f, showProgress = FALSE))[["elapsed"]]))))' \
  "$table")
echo "data.table::fread, reading alone: $theirs ms"
awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "ratio %.2f (at most 3 is the aim)\n", a / b }'
