#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every tests/reference/generate/*.R and holds its output against the committed
# values: numbers to 1e-8 relative (R's digits differ between versions), keys exactly.
#
#   check-r.sh SRCDIR RSCRIPT
set -u
srcdir=$1 rscript=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0 skipped=0
for script in "$srcdir"/tests/reference/generate/*.R; do
  name=$(basename "$script" .R)
  wanted=$(grep -ohE '(library|require|loadNamespace|requireNamespace)\(["'\'']?[A-Za-z0-9.]+' "$script" |
    sed -E 's/.*\(["'\'']?//' | sort -u)
  missing=
  for package in $wanted; do
    "$rscript" -e "quit(status = !requireNamespace('$package', quietly = TRUE))" >/dev/null 2>&1 ||
      missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    echo "SKIP $name: R lacks$missing"
    skipped=$((skipped + 1))
    continue
  fi
  (cd "$srcdir" && "$rscript" "tests/reference/generate/$name.R" datasets) >"$folder/$name.tsv" \
    2>"$folder/err"
  if awk -F '\t' '
    function value(x) { return x == "NA" || x == "Inf" || x == "-Inf" ? x : x + 0 }
    function differ(a, b,   d, m) {
      if (a == b) return 0
      if (value(a) == value(b)) return 0
      if (a ~ /[A-Za-df-z]/ || b ~ /[A-Za-df-z]/) return 1
      d = a - b; if (d < 0) d = -d
      m = a < 0 ? -a : a + 0
      return d > 1e-8 * m + 1e-25
    }
    /^#/ || NF < 2 { next }
    FNR == NR { committed[$1] = $2; next }
    {
      seen[$1] = 1
      if (!($1 in committed)) { print "new key " $1; bad++; next }
      n = split(committed[$1], a, " ")
      if (split($2, b, " ") != n) { print "number of values: " $1; bad++; next }
      for (i = 1; i <= n; i++) if (differ(a[i], b[i])) {
        print $1 ": committed " a[i] ", now " b[i]; bad++; break
      }
    }
    END { for (k in committed) if (!(k in seen)) { print "lost key " k; bad++ } exit bad > 0 }
  ' "$srcdir/tests/reference/$name.tsv" "$folder/$name.tsv" >"$folder/difference"; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "not ok $name"
    head -n 10 "$folder/difference"
    head -n 3 "$folder/err"
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
