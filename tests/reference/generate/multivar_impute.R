# SPDX-License-Identifier: GPL-3.0-or-later
# A model of datasets/pbc.csv on mice's imputations, pooled, for her2-multivar --impute.
#
#   Rscript multivar_impute.R SRCDIR
#
# `mcse`: the Monte Carlo standard error of the pooled coefficient, sqrt(between/m).
suppressPackageStartupMessages(library(mice))
arguments <- commandArgs(trailingOnly = TRUE)
srcdir <- if (length(arguments)) arguments[1] else "."
m <- 100
d <- read.csv(file.path(srcdir, "datasets/pbc.csv"), stringsAsFactors = TRUE, na.strings = "")
d <- d[!is.na(d$cirrhosis), c("cirrhosis", "age", "ascites", "hepatomegaly", "spiders",
                              "bilirubin", "albumin", "copper", "platelets", "protime")]
imputed <- mice(d, m = m, maxit = 10, seed = 1, printFlag = FALSE)
fit <- with(imputed, glm(cirrhosis == "yes" ~ age + ascites + hepatomegaly + spiders +
                           log(bilirubin) + albumin + copper + platelets + protime,
                         family = binomial))
pooled <- pool(fit)$pooled
cat("# A model of datasets/pbc.csv on mice's imputations, pooled\n")
cat(sprintf("# %s; mice %s; m = %d, maxit = 10, seed = 1\n", R.version.string,
            packageVersion("mice"), m))
cat("# tests/reference/generate/multivar_impute.R\n")
names <- c("Intercept", "age", "ascites=yes", "hepatomegaly=yes", "spiders=yes", "log(bilirubin)",
           "albumin", "copper", "platelets", "protime")
line <- function(key, values)
  cat(paste(c(key, sprintf("%.17g", values)), collapse = "\t"), "\n", sep = "")
for (i in seq_along(names))
  line(names[i], c(pooled$estimate[i], sqrt(pooled$t[i]), sqrt(pooled$b[i] / m), pooled$df[i]))
