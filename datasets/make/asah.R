# SPDX-License-Identifier: GPL-3.0-or-later
# Derives asah.csv from R's pROC package.
#
#   Rscript datasets/make/asah.R DIRECTORY
suppressPackageStartupMessages(library(pROC))
directory <- commandArgs(trailingOnly = TRUE)[1]
data(aSAH)
write.csv(with(aSAH, data.frame(
  outcome = tolower(outcome), gos6, gender = tolower(gender), age, wfns, s100b, ndka)),
  file.path(directory, "asah.csv"), row.names = FALSE, quote = FALSE, na = "")
