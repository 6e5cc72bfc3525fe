#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Random small data sets: every number that the commands print against plain R's.
#
#   random.sh SRCDIR BUILDDIR RSCRIPT [N [SEED [FIRST [PARTS]]]]
#
# N data sets (1000) from number FIRST (1) on; set i depends on SEED (1) and i alone, so that a
# finding is seen again by `random.sh SRCDIR BUILDDIR RSCRIPT 1 SEED i`.  PARTS: names of
# comparisons (tests/check-r/random_NAME.R), all by default.  With KEEP=DIR the files stay there.
set -u
srcdir=$(cd "$1" && pwd) || exit 1
builddir=$(cd "$2" && pwd) || exit 1
rscript=$3 n=${4:-1000} seed=${5:-1} first=${6:-1} parts=${7:-}
if [ -z "$rscript" ]; then
  echo "SKIP check-random: Rscript is not here"
  exit 0
fi
missing=$("$rscript" -e 'for (p in c("pROC", "Hmisc", "rms", "car", "nortest", "psych",
    "coin", "boot", "brglm2")) if (!requireNamespace(p, quietly = TRUE)) cat(p, "")' 2>/dev/null)
if [ -n "$missing" ]; then
  echo "SKIP check-random: R lacks $missing"
  exit 0
fi
if [ -n "${KEEP:-}" ]; then
  folder=$KEEP
  mkdir -p "$folder" || exit 1
else
  folder=$(mktemp -d) || exit 1
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 1' HUP INT TERM
fi

# Two processes, a half of the sets each, then what both have found.
half=$(((n + 1) / 2))
LC_ALL=C "$rscript" "$srcdir/tests/check-r/random.R" "$srcdir" "$builddir" "$folder/a" \
  "$seed" "$first" "$half" "$parts" >"$folder/a.log" 2>&1 &
pid=$!
status=0
if [ "$n" -gt "$half" ]; then
  LC_ALL=C "$rscript" "$srcdir/tests/check-r/random.R" "$srcdir" "$builddir" "$folder/b" \
    "$seed" "$((first + half))" "$((n - half))" "$parts" >"$folder/b.log" 2>&1 || status=1
fi
wait "$pid" || status=1
if [ "$status" -ne 0 ]; then
  tail -n 5 "$folder"/?.log
fi
LC_ALL=C "$rscript" "$srcdir/tests/check-r/random_sum.R" "$folder" || status=1
exit "$status"
