#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Reading and comparing 1,000,000 x 13 (100 MB) against data.table's fread reading it; what a row
# costs as files grow (LARGE=1: up to 10,000,000 x 20, 1.6 GB in the temporary folder).
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

# Seconds of both processors and memory of one run, and what that makes a row.
cost() {
  rows=$1 file=$2
  /usr/bin/time -f '%U %S %M' -o "$folder/cost" ./her2-univar 'y ~ .' -o /dev/null "$file" ||
    return 0
  awk -v n="$rows" -v bytes="$(wc -c <"$file")" '{
    printf "%d rows of %.0f bytes: %.2f s of processor, %.0f MB; a row %.2f us and %.0f bytes\n",
      n, bytes / n, $1 + $2, $3 / 1000, 1e6 * ($1 + $2) / n, 1024 * $3 / n }' "$folder/cost"
}

ours=$(least ./her2-univar 'y ~ .' "$table")
echo "her2-univar 'y ~ .', 1,000,000 x 13, read and compared: $ours ms"
echo "her2-univar 'y ~ x1', one column of it: $(least ./her2-univar 'y ~ x1' "$table") ms"
sed 's/[^,]*/"&"/g' "$table" >"$folder/quoted.csv"
echo "the same with every cell in quotes: $(least ./her2-univar 'y ~ x1' "$folder/quoted.csv") ms"
echo "her2-univar on 113 rows: $(least ./her2-univar 'outcome ~ .' "$srcdir/datasets/asah.csv") ms"

if /usr/bin/time -f '' true 2>/dev/null; then
  head -n 250001 "$table" >"$folder/part.csv"
  cost 250000 "$folder/part.csv"
  cost 1000000 "$table"
  if [ -n "${LARGE-}" ]; then
    awk 'BEGIN { FS = OFS = "," }
      NR == 1 { print $0, "z1,z2,z3,z4,z5,z6,z7"; next }
      { print $0, $8, $9, $10, $11, $12, $13, $2 }' "$table" >"$folder/wide.csv"
    cost 1000000 "$folder/wide.csv"
    { head -n 1 "$folder/wide.csv"
      for _ in 1 2 3 4 5 6 7 8 9 10; do tail -n +2 "$folder/wide.csv"; done; } >"$folder/large.csv"
    cost 10000000 "$folder/large.csv"
    rm "$folder/large.csv"
  fi
else
  echo "SKIP memory: GNU time is not here"
fi
if [ -z "$rscript" ] ||
  ! "$rscript" -e 'quit(status = !requireNamespace("data.table", quietly = TRUE))' >/dev/null 2>&1; then
  echo "SKIP the race: R's data.table is not here"
  exit 0
fi
# Inside one R process, its start not counted; the least of five.  Threads: fread's own number (half
# the processors), or 0 for all.
race() {
  "$rscript" -e 'suppressPackageStartupMessages(library(data.table))
    f <- commandArgs(TRUE)
    if (f[2] == "all") setDTthreads(0)
    s <- sapply(1:5, function(i) system.time(fread(f[1], showProgress = FALSE))[["elapsed"]])
    cat(round(1000 * min(s)))' "$1" "$2"
}
for threads in own all; do
  theirs=$(race "$table" $threads)
  echo "data.table::fread, $threads threads, reading alone: $theirs ms; with quotes" \
    "$(race "$folder/quoted.csv" $threads) ms"
  awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "ratio %.2f (below 1 is the aim)\n", a / b }'
done
