* SPDX-License-Identifier: GPL-3.0-or-later
* The files of tests/data/statfile that PSPP writes, from codes.csv; run in that folder:
*   pspp ../../reference/generate/statfile/pspp.sps.
SET LOCALE='UTF-8'.
GET DATA /TYPE=TXT /FILE='codes.csv' /ENCODING='UTF-8' /ARRANGEMENT=DELIMITED /FIRSTCASE=2
  /DELIMITERS="," /QUALIFIER='"'
  /VARIABLES=id A4 her2 F1.0 sex F1.0 site F1.0 grade F1.0 age F3.0 adc F8.3 cea F8.1 pain F2.0
   tiny F20.12 visit SDATE10 seen YMDHMS20 remark A16.
VARIABLE LABELS id 'Patient' her2 'HER2 状态' sex 'Sex' site 'Établissement' grade 'Grade'
  age 'Age at diagnosis' adc 'ADC (10^-3 mm2/s)' cea 'CEA' pain 'Pain, 0 to 10'
  tiny 'Numbers of all sizes' visit 'First visit' seen 'Last seen' remark 'Remark'.
VALUE LABELS her2 0 'zero' 1 'low' 2 'over' /sex 1 '女' 2 '男'
  /site 1 'Zürich' 2 'Genève' 3 'Málaga' 4 'Køge' /grade 1 'well' 2 'moderate' 3 'poor'
  /cea 998 'not done' 999 'lost' /pain 0 'none' 10 'worst'.
MISSING VALUES cea (990 THRU 999).
VARIABLE LEVEL grade (ORDINAL) /her2 sex site (NOMINAL) /age adc cea pain tiny (SCALE).
SAVE OUTFILE='pspp.sav'.
SAVE OUTFILE='pspp_plain.sav' /UNCOMPRESSED.
SAVE OUTFILE='pspp.zsav' /ZCOMPRESSED.
EXPORT OUTFILE='pspp.por'.
