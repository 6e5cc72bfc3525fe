#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Derives the data sets anew and compares them with the committed files.
#
#   check-data.sh SRCDIR [RSCRIPT]
set -u
srcdir=$1 rscript=${2-}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
status=0

compare() {
  for name in "$@"; do
    if cmp -s "$folder/$name" "$srcdir/datasets/$name"; then
      echo "ok $name"
    else
      echo "not ok $name"
      status=1
    fi
  done
}

has_package() {
  [ -n "$rscript" ] &&
    "$rscript" -e "quit(status = !requireNamespace('$1', quietly = TRUE))" >/dev/null 2>&1
}

if /usr/bin/python3 -c 'import sklearn' 2>/dev/null; then
  /usr/bin/python3 "$srcdir/datasets/make/wisconsin.py" "$folder"
  compare wisconsin.csv wisconsin.codebook.csv
else
  echo "SKIP wisconsin: python3-sklearn is not here"
fi
if has_package survival; then
  "$rscript" "$srcdir/datasets/make/survival.R" "$folder"
  compare rotterdam.csv gbsg.csv pbc.csv
else
  echo "SKIP rotterdam, gbsg: R's survival is not here"
fi
if has_package pROC; then
  "$rscript" "$srcdir/datasets/make/asah.R" "$folder"
  compare asah.csv
else
  echo "SKIP asah: R's pROC is not here"
fi
exit $status
