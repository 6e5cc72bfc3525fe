#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A model made in Rotterdam, taken to a German trial.
set -eu

# Recurrence or death within 5 years: the model, saved.
her2-multivar 'event5 = 1 ~ age/10 + size + grade + nodes + hormon' --save=rotterdam.model.json \
  --name=Rotterdam --codebook=datasets/rotterdam.codebook.csv --output=rotterdam.txt \
  datasets/rotterdam.csv

# Step by step: the risk of each patient, then whether the risks hold.  The model has seen
# grades 2 and 3.
her2-predict --model=rotterdam.model.json --codebook=datasets/gbsg.codebook.csv \
  --where='grade >= 2' --output=gbsg-risks.csv datasets/gbsg.csv
her2-calib --model=rotterdam.model.json --codebook=datasets/gbsg.codebook.csv \
  --where='grade >= 2' --bootstrap=200 --update=auto --save=updated.model.json \
  --figure=gbsg-calibration.svg --output=gbsg-calibration.txt datasets/gbsg.csv

# All in one, with a page to send round.
her2-revalidate --force --quiet --bootstrap=200 --codebook=datasets/gbsg.codebook.csv \
  --where='grade >= 2' rotterdam.model.json datasets/gbsg.csv gbsg
echo 'gbsg-calibration.txt, gbsg-risks.csv, updated.model.json; the page: gbsg/report.html'
