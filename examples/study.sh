#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A diagnostic study, from the cohort file to its tables and figures.  The cohort is SIMULATED.
set -eu
export HER2_CODEBOOK=datasets/her2-models.codebook.csv
cohort=datasets/her2-models.csv
mkdir -p study

# Groups: categories by chi-square or Fisher, quantities by what their distribution allows.
her2-univar 'her2 ~ age + adc + diameter + t2_pre + enhancement + margin' \
  --figure=study/groups.svg --output=study/groups.html --output=study/groups.json "$cohort"

# Two readers: adc and adc_2, diameter and diameter_2.
her2-icc --readers=,_2 '~ adc + diameter + t2_pre' --figure=study/readers.svg \
  --output=study/readers.txt --output=study/readers.json "$cohort"

# The model, and what the clinic gets.
her2-multivar 'her2 = over ~ adc/0.1 + diameter + t2_pre + enhancement' \
  --save=study/model.json --output=study/model.txt --output=study/fit.json "$cohort"
her2-nomogram study/model.json --figure=study/nomogram.svg --html=study/calculator.html \
  --output=study/nomogram.txt

# How well it discriminates, whether its risks are right, whether it is of use.
her2-roc 'her2 = over ~ adc + diameter + t2_pre' --model=study/model.json \
  --figure=study/roc.svg --output=study/roc.txt --output=study/roc.json "$cohort"
her2-calib --model=study/model.json --bootstrap=200 \
  --figure=study/calibration.svg --output=study/calibration.txt --output=study/calibration.json "$cohort"
her2-dca 'her2 = over ~ adc' --model=study/model.json --bootstrap=200 \
  --figure=study/decision.svg --output=study/decision.txt --output=study/decision.json "$cohort"

# One page of all.
her2-report --output=study/report.html --title='Simulated cohort' \
  study/groups.json study/groups.svg study/readers.json study/readers.svg study/fit.json \
  study/nomogram.svg study/roc.json study/roc.svg study/calibration.json study/calibration.svg \
  study/decision.json study/decision.svg
echo 'study/report.html, and below study/ each table and figure'
