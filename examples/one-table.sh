#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One variable by groups: text to read, LaTeX and HTML to paste, CSV with all digits, a figure.
set -eu
export HER2_CODEBOOK=datasets/gbsg.codebook.csv
her2-univar 'grade ~ nodes' --effects --figure=nodes.svg --figure=nodes.pdf --output=nodes.txt \
  --output=nodes.tex --output=nodes.html --output=nodes.csv datasets/gbsg.csv
cat nodes.txt
