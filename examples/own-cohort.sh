#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A file of one's own: a codebook, a table for a manuscript, a model, its decision curve.
#
# Here the file is datasets/rotterdam.csv, as if it came from a spreadsheet.  With another:
#   cells such as "n.d." that mean missing   --na=n.d.
#   decimal commas                           --decimal=,
#   a name with blanks                       `Age at surgery` in the formula
#   one file of SPSS, Stata or SAS           no codebook is needed: its labels are read
set -eu
cohort=datasets/rotterdam.csv

# What the file does not say: labels, units, the order of levels (the first is the reference), what
# is no measurement.  Variables that are not listed are taken as they are.
cat >codebook.csv <<'END'
variable,label,unit,type,levels,labels,digits
pid,,,id,,,
year,,,ignore,,,
rfs_days,,,ignore,,,
rfs,,,ignore,,,
age,Age,years,numeric,,,0
meno,Menopausal status,,categorical,pre|post,premenopausal|postmenopausal,
size,Tumour size,,ordinal,<=20|20-50|>50,≤20 mm|20–50 mm|>50 mm,
grade,Grade,,categorical,2|3,,
nodes,Positive lymph nodes,,numeric,,,0
pgr,Progesterone receptors,fmol/l,numeric,,,0
er,Oestrogen receptors,fmol/l,numeric,,,0
event5,Recurrence or death within 5 years,,categorical,0|1,no|yes,
END
export HER2_CODEBOOK=codebook.csv

# All variables by outcome.  The web page opens in Word, too; or: pandoc groups.html -o groups.docx
her2-univar 'event5 ~ .' --output=groups.html --output=groups.tex --output=groups.txt "$cohort"

# Which level is the event is said, never guessed.
her2-multivar 'event5 = 1 ~ age/10 + meno + size + grade + nodes + log(pgr1)' \
  --derive='pgr1 = pgr + 1' --save=model.json --name='Model' --figure=forest.svg \
  --output=model.html --output=model.tex --output=model.txt "$cohort"

# Is it of use, beside the number of nodes alone?  The optimism of the fit is taken off.
her2-dca 'event5 = 1 ~ nodes' --model=model.json --correct --thresholds=0.2:0.8:0.01 \
  --figure=decision.svg --figure=decision.pdf --output=decision.html --output=decision.txt "$cohort"
cat groups.txt
echo 'model.html: the model; decision.svg: its decision curve'
