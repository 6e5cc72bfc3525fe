# SPDX-License-Identifier: GPL-3.0-or-later
# The files of tests/data/statfile that pandas writes, from cohort.csv:
#   python3 to_stata.py FOLDER
import os
import sys

import pandas

folder = sys.argv[1]
d = pandas.read_csv(os.path.join(folder, "cohort.csv"), keep_default_na=False)
LEVELS = {"her2": ["zero", "low", "over"], "sex": ["女", "男"],
          "site": ["Zürich", "Genève", "Málaga", "Køge"], "grade": ["well", "moderate", "poor"]}
for name, levels in LEVELS.items():
    d[name] = pandas.Categorical(d[name].where(d[name] != ""), categories=levels)
for name in ["adc", "cea", "tiny"]:
    d[name] = pandas.to_numeric(d[name])
d["visit"] = pandas.to_datetime(d["visit"])
d["seen"] = pandas.to_datetime(d["seen"])
book = pandas.read_csv(os.path.join(folder, "cohort.codebook.csv"), keep_default_na=False)
titles = dict(zip(book["variable"], book["label"]))
dates = {"visit": "td", "seen": "tc"}
for version in [118, 119]:
    d.to_stata(os.path.join(folder, f"pandas_{version}.dta"), write_index=False, version=version,
               variable_labels=titles, convert_dates=dates,
               byteorder=">" if version == 119 else "<")
# Before Stata 14 there is no Unicode: these are in Windows' Latin 1.
old = d.drop(columns=["sex", "remark"])
del titles["sex"], titles["remark"]
titles["her2"] = "HER2"
for version in [114, 117]:
    old.to_stata(os.path.join(folder, f"pandas_{version}.dta"), write_index=False,
                 version=version, variable_labels=titles, convert_dates=dates,
                 byteorder=">" if version == 114 else "<")
