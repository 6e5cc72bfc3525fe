# SPDX-License-Identifier: GPL-3.0-or-later
# Normality: lillie.test, ad.test (nortest), shapiro.test, ks.test against the fitted normal.
# Rscript normality.R > ../normality.tsv
library(nortest)
options(warn = -1)

cat("# Normality tests: lillie.test and ad.test of nortest, shapiro.test and ks.test of stats\n")
cat("# ", R.version.string, ", nortest ", format(packageVersion("nortest")), "\n", sep = "")
cat("# script: generate/normality.R\n")
cat("# CASE.TEST: statistic, P; CASE.ks: statistic, P, 1 if P is exact (0: the limit)\n")

show <- function(key, values) {
  text <- ifelse(is.na(values), "NA", sprintf("%.17g", values))
  cat(key, "\t", paste(text, collapse = " "), "\n", sep = "")
}

one <- function(name, x) {
  x <- sort(x)
  n <- length(x)
  show(paste0(name, ".x"), x)
  values <- function(r) c(r$statistic, r$p.value)
  if (n >= 5) show(paste0(name, ".lilliefors"), values(lillie.test(x)))
  if (n >= 8) show(paste0(name, ".anderson"), values(ad.test(x)))
  if (n <= 5000) show(paste0(name, ".shapiro"), values(shapiro.test(x)))
  if (n >= 5) {
    distance <- ks.test(x, "pnorm", mean(x), sd(x), exact = FALSE)$statistic
    exact <- n <= 1000 && n * distance <= 110 # R's method slows down with n D
    r <- ks.test(x, "pnorm", mean(x), sd(x), exact = exact)
    show(paste0(name, ".ks"), c(values(r), exact))
  }
}

# Shapiro & Wilk (1965), Biometrika 52, 606: weights of 11 men in pounds.
one("men", c(148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236))
# Bliss (1967), in D'Agostino & Stephens (1986), p. 546: weights of 20 Leghorn chicks.
one("chicks", c(156, 162, 168, 182, 186, 190, 190, 196, 202, 210, 214, 220, 226, 230, 230,
                236, 236, 242, 246, 270))
set.seed(21)
for (n in c(3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 20, 50, 99, 100, 101, 150, 1000, 5000))
  one(paste0("normal", n), round(rnorm(n, 5, 2), 4))
for (n in c(5, 8, 11, 12, 30, 60, 300, 2000)) one(paste0("exponential", n), round(rexp(n), 4))
for (n in c(9, 40, 200, 3000)) one(paste0("uniform", n), round(runif(n), 4))
one("lognormal", round(exp(rnorm(500)), 4))
one("rounded", round(rnorm(80) * 1.5))
one("two.values", rep(0:1, c(20, 30)))
one("outlier", c(round(rnorm(1000), 3), 1e4))
one("far.outlier", c(round(rnorm(1600), 3), 1e6))
one("low.outlier", c(round(rnorm(1600), 3), -1e6))
