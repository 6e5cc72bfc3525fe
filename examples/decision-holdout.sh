#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Is a model of use where it was not made?  A model on 70 in 100 rows, its decision curve on
# the others; every command sets the same rows apart.
set -eu
export HER2_CODEBOOK=datasets/wisconsin.codebook.csv
her2-multivar 'diagnosis = malignant ~ radius_worst + texture_worst' --holdout=0.3 --seed=1 \
  --save=training.model.json --output=training.txt datasets/wisconsin.csv
her2-dca 'diagnosis = malignant ~ radius_worst' --model=training.model.json --holdout=0.3 --seed=1 \
  --part=test --thresholds=0.05:0.5:0.05 --bootstrap=200 --band --figure=decision.svg \
  --figure=avoided:avoided.svg --output=decision.txt datasets/wisconsin.csv
cat decision.txt
