# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/sample_size.tsv: worked examples of pmsampsize.
#   Rscript sample_size.R > ../sample_size.tsv
put <- function(key, x) cat(key, "\t", paste(sprintf("%.17g", x), collapse = " "), "\n", sep = "")

cat("# Minimum sample size for a binary outcome.  n (criteria 1 to 3, final) and epp (events per\n")
cat("# parameter, two decimals) are those that the tests of the R package pmsampsize 1.1.1 expect\n")
cat("# (Ensor, Martin & Riley, CRAN; tests/testthat/test_bin.R, 4.1 to 4.4), which is not in\n")
cat("# Debian.  The first is the example of its help page, from Riley et al. 2019, Stat Med\n")
cat("# 38:1276 (Chagas disease); pmsampsize for Python expects the same (623, 662, 221).  Versions\n")
cat("# before 1.1.1 rounded on the way: 668.  formula: max R2 and the shrinkage of criterion 2,\n")
cat("# typed into", R.version.string, "\n")
cat("# Made by generate/sample_size.R.  input: Cox-Snell R2, parameters, prevalence, shrinkage.\n")
example <- function(name, r2, parameters, prevalence, n, epp) {
  put(paste0(name, ".input"), c(r2, parameters, prevalence, 0.9))
  put(paste0(name, ".n"), n)
  put(paste0(name, ".epp"), epp)
  max_r2 <- 1 - exp(2 * (prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)))
  put(paste0(name, ".formula"), c(max_r2, r2 / (r2 + 0.05 * max_r2)))
}
example("chagas", 0.288, 24, 0.174, c(623, 662, 221, 662), c(4.52, 4.8, 1.6, 4.8))
example("high_r2", 0.55, 24, 0.174, c(255, 532, 221, 532), c(1.85, 3.86, 1.6, 3.86))
example("parameters36", 0.288, 36, 0.174, c(934, 992, 221, 992), c(4.51, 4.79, 1.07, 4.79))
example("prevalence25", 0.288, 24, 0.25, c(623, 590, 289, 623), c(6.49, 6.15, 3.01, 6.49))
