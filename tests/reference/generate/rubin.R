# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/rubin.tsv: Rubin's rules by mice, mitools and mitml.
#   Rscript rubin.R > ../rubin.tsv
suppressPackageStartupMessages({library(mice); library(mitools); library(mitml)})
put <- function(key, x) {
  text <- ifelse(is.nan(x) | is.na(x), "NA", sprintf("%.17g", x))
  cat(key, "\t", paste(sub("inf", "Inf", text), collapse = " "), "\n", sep = "")
}
cat("# Rubin's rules: mice", format(packageVersion("mice")), "pool.scalar, mitools",
    format(packageVersion("mitools")), "MIcombine, mitml", format(packageVersion("mitml")),
    "D1 and D2,", R.version.string, "\n")
cat("# Made by generate/rubin.R.  scalar.I: m estimates, m variances, complete df; .pooled: mean,\n")
cat("# within, between, total, df, increase, fmi (mice).  vector.I: m, p, k, complete df, the\n")
cat("# coefficients and covariances of each imputation, the columns tested; .mean, .total, .df\n")
cat("# (of each coefficient: mitools; mice for a finite complete df); .d1: F, df2, P, increase; .chi: Wald chi-squares of each\n")
cat("# imputation; .d2: F, df2, P, increase.\n")
set.seed(20240501)

scalar <- function(i, q, u, df) {
  name <- paste0("scalar.", i)
  put(paste0(name, ".estimates"), q)
  put(paste0(name, ".variances"), u)
  put(paste0(name, ".complete"), df)
  pooled <- pool.scalar(q, u, n = df + 1, k = 1)
  put(paste0(name, ".pooled"), with(pooled, c(qbar, ubar, b, t, df, r, fmi)))
}
scalar(1, rnorm(5), rchisq(5, 4), Inf)
scalar(2, rnorm(5), rchisq(5, 4), 20)
scalar(3, 1e6 + rnorm(20), 1e-2 * rchisq(20, 9), 137)
scalar(4, rnorm(2, sd = 0.1), c(1, 2), 3)
scalar(5, rnorm(50, sd = 1e-8), 1e-16 * rchisq(50, 40), 1e5)
scalar(6, rnorm(3, sd = 30), c(0.1, 0.2, 0.1), 12.5)

d1 <- getFromNamespace(".D1", "mitml")
d2 <- getFromNamespace(".D2", "mitml")
vector_case <- function(i, coefficients, covariances, columns, df) {
  name <- paste0("vector.", i)
  m <- length(coefficients)
  p <- length(coefficients[[1]])
  k <- length(columns)
  put(paste0(name, ".sizes"), c(m, p, k, df))
  put(paste0(name, ".coefficients"), unlist(coefficients))
  put(paste0(name, ".covariances"), unlist(lapply(covariances, as.numeric)))
  put(paste0(name, ".columns"), columns - 1)
  combined <- MIcombine(coefficients, covariances, df.complete = df)
  put(paste0(name, ".mean"), combined$coefficients)
  put(paste0(name, ".total"), as.numeric(combined$variance))
  # mitools leaves the 1 + 1/m out of the finite df: mice's there.
  put(paste0(name, ".df"), if (is.infinite(df)) combined$df else sapply(seq_len(p), function(j)
    pool.scalar(sapply(coefficients, `[`, j), sapply(covariances, function(v) v[j, j]),
                n = df + 1, k = 1)$df))
  q <- sapply(coefficients, function(b) b[columns])
  dim(q) <- c(k, m)
  u <- sapply(covariances, function(v) v[columns, columns])
  dim(u) <- c(k, k, m)
  test <- d1(q, u, if (is.finite(df)) df else NULL)
  put(paste0(name, ".d1"), c(test$F, test$v, pf(test$F, k, test$v, lower.tail = FALSE), test$r))
  chi <- sapply(seq_len(m), function(j) q[, j] %*% solve(matrix(u[, , j], k), q[, j]))
  put(paste0(name, ".chi"), chi)
  test <- d2(chi, k)
  put(paste0(name, ".d2"), c(test$F, test$v, pf(test$F, k, test$v, lower.tail = FALSE), test$r))
}
random_case <- function(i, m, p, columns, df, between = 0.3, centre = 1) {
  centre <- rnorm(p, centre)
  coefficients <- lapply(seq_len(m), function(j) centre + rnorm(p, sd = between))
  covariances <- lapply(seq_len(m), function(j) crossprod(matrix(rnorm(4 * p * p), 4 * p)) / (16 * p))
  vector_case(i, coefficients, covariances, columns, df)
}
random_case(1, 5, 4, 2:4, Inf)
random_case(2, 5, 4, 2:4, 60)
random_case(3, 2, 3, 2:3, Inf)
random_case(4, 10, 6, c(2, 5), 25)
random_case(5, 40, 5, 1:5, 133, 0.05)
random_case(6, 20, 3, 2:3, 1e4, 0.02, 14)
random_case(7, 3, 4, 2:4, 40, 0.05, 0)
random_case(8, 5, 3, 3, Inf)
data(nhanes)
imputed <- mice(nhanes, m = 10, seed = 7, printFlag = FALSE)
fits <- lapply(complete(imputed, "all"), function(d) lm(chl ~ bmi + factor(age) + hyp, d))
vector_case(9, lapply(fits, coef), lapply(fits, vcov), 3:4, fits[[1]]$df.residual)
vector_case(10, lapply(fits, coef), lapply(fits, vcov), 2:5, Inf)
