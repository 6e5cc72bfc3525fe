#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Three markers of a poor outcome after subarachnoid haemorrhage: areas, differences, cut-offs.
set -eu
export HER2_CODEBOOK=datasets/asah.codebook.csv
her2-roc 'outcome = poor ~ s100b + ndka + age' --figure=markers.svg --output=markers.txt \
  --output=markers.json --tables=markers datasets/asah.csv
cat markers.txt
# For a script: the differences alone, with all digits.
her2-roc 'outcome = poor ~ s100b + ndka + age' --table=compare --output=differences.csv \
  datasets/asah.csv
