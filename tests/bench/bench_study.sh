#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The study end to end (tables, 1000 bootstraps for two models with curves, corrected decision
# curves, figures as SVG) by scripts/study against the same in R: rms, pROC, psych, nortest, and
# net benefit by hand.  Least of three runs; R once.
#
#   bench_study.sh SRCDIR BUILDDIR [RSCRIPT]
set -eu
srcdir=$(cd "$1" && pwd) build=$(cd "$2" && pwd) rscript=${3-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
PATH=$build:$PATH
export PATH
least=
for _ in 1 2 3; do
  begin=$(date +%s%N)
  "$srcdir/scripts/study" "$srcdir/datasets" 2>/dev/null
  spent=$((($(date +%s%N) - begin) / 1000000))
  if [ -z "$least" ] || [ "$spent" -lt "$least" ]; then least=$spent; fi
done
echo "the study, 1000 bootstraps for two models, 12 figures: $least ms"
if [ -z "$rscript" ] || ! "$rscript" -e 'for (p in c("rms", "pROC", "psych", "nortest"))
    if (!requireNamespace(p, quietly = TRUE)) quit(status = 1)' >/dev/null 2>&1; then
  echo "SKIP the race: R with rms, pROC, psych and nortest is not here"
  exit 0
fi
begin=$(date +%s%N)
"$rscript" "$srcdir/tests/bench/study.R" "$srcdir/datasets"
theirs=$((($(date +%s%N) - begin) / 1000000))
echo "in R: $theirs ms, ratio $(awk -v a="$theirs" -v b="$least" 'BEGIN { printf "%.1f", a / b }')"
