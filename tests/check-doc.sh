#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs each row of doc/coming-from-r-and-spss.md, theirs and ours, and compares the numbers.
#
#   check-doc.sh SRCDIR RSCRIPT          the her2 commands on the PATH
set -eu
srcdir=$1 rscript=$2
folder=$(mktemp -d "${TMPDIR:-/tmp}/her2-doc.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cp "$srcdir"/datasets/*.csv "$folder"
cd "$folder"
export LC_ALL=C.UTF-8
unset HER2_CODEBOOK
"$rscript" --vanilla "$srcdir/tests/check-doc.R" "$srcdir/doc/coming-from-r-and-spss.md"
