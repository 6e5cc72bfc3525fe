#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every table of the study and of the real cohorts as LaTeX, set by pdflatex with the packages
# that the file itself asks for; nothing may stand out of the line.
#
#   check-latex.sh SRCDIR          the her2 commands on the PATH
set -eu
srcdir=$1
if ! command -v pdflatex >/dev/null || ! kpsewhich pdflscape.sty >/dev/null; then
  echo 'SKIP check-latex: pdflatex is not here (Debian: texlive-latex-recommended)'
  exit 0
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/her2-latex.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
programs=$(dirname "$(command -v her2-univar)")
"$srcdir/scripts/reproduce" --build="$programs" --output="$folder" --tables=tex >log 2>&1 || {
  tail -n 3 log
  exit 1
}
# A tidy table is long and wide.
her2-univar 'grade ~ .' --like=spss --codebook=datasets/gbsg.codebook.csv --quiet \
  --table=pairwise --format=latex datasets/gbsg.csv >results/tidy.tex
passed=0 failed=0
for table in results/*.tex; do
  name=$(basename "$table" .tex)
  {
    printf '\\documentclass[a4paper]{article}\n\\usepackage[margin=2.5cm]{geometry}\n'
    sed -n 's/^% In the preamble: //p; s/^% \(\\usepackage\)/\1/p' "$table"
    printf '\\begin{document}\n\\input{%s}\n\\end{document}\n' "$table"
  } >"$name.tex"
  # Longtables know their columns after the third run.
  status=0
  for turn in 1 2 3; do
    pdflatex -interaction=nonstopmode -halt-on-error "$name.tex" >out 2>&1 || status=$?
    [ "$status" -eq 0 ] || break
  done
  # A word of half a millimetre too much is seen by nobody.
  wide=$(sed -n 's/^Overfull .hbox (\([0-9]*\)\..*pt too wide.*/\1/p' "$name.log" | sort -n | tail -n 1)
  if [ "$status" -eq 0 ] && [ "${wide:-0}" -lt 2 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "not ok $name: status $status, ${wide:-0} points too wide (run $turn)"
    grep -A3 '^!' "$name.log" | head -n 4
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
