#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derives wisconsin.csv and its codebook from the copy in Debian's python3-sklearn.

    python3 datasets/make/wisconsin.py DIRECTORY

Numbers are copied as text, so no digit changes.  `id` is the row's number: the
copy carries no identifiers.
"""
import csv
import os
import sys

import sklearn

FEATURES = [
    ("radius", "Radius", 2),
    ("texture", "Texture", 2),
    ("perimeter", "Perimeter", 1),
    ("area", "Area", 0),
    ("smoothness", "Smoothness", 4),
    ("compactness", "Compactness", 4),
    ("concavity", "Concavity", 4),
    ("concave_points", "Concave points", 4),
    ("symmetry", "Symmetry", 4),
    ("fractal_dimension", "Fractal dimension", 5),
]
# Named as UCI's description does: mean radius, radius SE, worst radius.
STATISTICS = [("mean", "Mean {}", 0), ("se", "{} SE", 1), ("worst", "Worst {}", 0)]

directory = sys.argv[1]
source = os.path.join(os.path.dirname(sklearn.__file__), "datasets", "data", "breast_cancer.csv")
with open(source, newline="") as file:
    rows = list(csv.reader(file))
classes = rows[0][2:]  # malignant, benign: the codes 0 and 1

names = [f"{feature}_{statistic}" for statistic, _, _ in STATISTICS for feature, _, _ in FEATURES]
with open(os.path.join(directory, "wisconsin.csv"), "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["id", "diagnosis"] + names)
    for number, row in enumerate(rows[1:], 1):
        writer.writerow([number, classes[int(row[-1])]] + row[:-1])

with open(os.path.join(directory, "wisconsin.codebook.csv"), "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["variable", "label", "unit", "type", "levels", "digits"])
    writer.writerow(["id", "Row", "", "id", "", ""])
    writer.writerow(["diagnosis", "Diagnosis", "", "categorical", "benign|malignant", ""])
    for statistic, words, more in STATISTICS:
        for feature, label, digits in FEATURES:
            name = words.format(label if words.startswith("{") else label.lower())
            writer.writerow([f"{feature}_{statistic}", name, "", "numeric", "", digits + more])
