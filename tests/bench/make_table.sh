#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes a CSV of N rows (1000000): a two-level outcome and 12 quantities, about 100 bytes
# a row.  Made up, and the same each time.
#
#   make_table.sh [N] >table.csv
awk -v n="${1:-1000000}" 'BEGIN {
  srand(1)
  printf "y"
  for (j = 1; j <= 12; j++) printf ",x%d", j
  print ""
  for (i = 0; i < n; i++) {
    y = rand() < 0.4
    printf "%d", y
    for (j = 1; j <= 12; j++) {
      # A sum of uniforms for the first six, skewed products for the others.
      u = rand() + rand() + rand() + rand() - 2 + 0.02 * y
      printf j <= 6 ? ",%.5f" : ",%.3f", j <= 6 ? 100 + 10 * u : 1000 * u * u
    }
    print ""
  }
}'
