# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/validation.tsv: internal validation by plain loops over glm and pROC, and
# by rms::validate.
#   Rscript validation.R ../../../datasets > ../validation.tsv
suppressPackageStartupMessages({library(rms); library(pROC)})
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}
datasets <- commandArgs(TRUE)[1]

cat("# Internal validation:", R.version.string, "glm (epsilon 1e-14), pROC",
    format(packageVersion("pROC")), ", rms", format(packageVersion("rms")), "\n")
cat("# Made by generate/validation.R.  CASE.x: the design, by column, intercept first; .rows: the\n")
cat("# resamples, n row numbers from 1 a replicate.  METRIC.training, .test, .left_out: a number a\n")
cat("# replicate; METRIC.summary: apparent, training, test, optimism, corrected; .632: apparent,\n")
cat("# mean on the rows left out, no-information value, .632, relative overfitting, .632+ (Efron &\n")
cat("# Tibshirani 1997, equations 24, 31, 32).  .shifted: .025 and .975 quantiles of training less\n")
cat("# the optimism.  rms.*: rms::validate's table by column on the resamples that it drew.\n")
cat("# select.*: univariable Wald P below .2, then backward to P below .1, in each resample;\n")
cat("# .kept: 1 for candidates in the model; .coefficient: p a replicate, 0 where not in the model,\n")
cat("# NA where a coefficient cannot be estimated.\n")

control <- glm.control(epsilon = 1e-14, maxit = 100)
# Warns of risks that are 0 or 1 to rounding; outliers have them.
fit_rows <- function(x, y)
  suppressWarnings(glm.fit(x, y, family = binomial(), control = control))
# A separated fit that runs away has standard errors in the thousands.
is_finite <- function(fit)
  fit$converged && !anyNA(coef(fit)) && max(diag(chol2inv(qr.R(fit$qr)))) < 1e4
area <- function(y, eta) as.numeric(auc(roc(y, eta, levels = 0:1, direction = "<", quiet = TRUE)))
metrics <- function(eta, y) {
  recalibrated <- coef(fit_rows(cbind(1, eta), y))
  c(auc = area(y, eta), brier = mean((plogis(eta) - y)^2), slope = recalibrated[[2]],
    intercept = recalibrated[[1]])
}
plus <- function(apparent, left_out, none, gain) {
  # For a gain, all three reversed are an error.
  s <- if (gain) -1 else 1
  err <- s * apparent; err1 <- s * left_out; gamma <- s * none
  cut <- min(err1, gamma)
  overfitting <- if (err1 > err && gamma > err) (cut - err) / (gamma - err) else 0
  err632 <- .368 * err + .632 * err1
  c(s * err632, overfitting,
    s * (err632 + (cut - err) * .368 * .632 * overfitting / (1 - .368 * overfitting)))
}

case <- function(name, formula, data, n_replicates, seed) {
  fit <- glm(formula, binomial, data, control = control)
  x <- model.matrix(fit)
  y <- unname(fit$y)
  n <- length(y)
  set.seed(seed)
  rows <- replicate(n_replicates, sample.int(n, n, replace = TRUE))
  put(paste0(name, ".n"), n)
  put(paste0(name, ".x"), as.numeric(x))
  put(paste0(name, ".y"), y)
  put(paste0(name, ".rows"), as.numeric(rows))
  put(paste0(name, ".coefficient"), coef(fit))
  training <- test <- matrix(NA, n_replicates, 4)
  left_out <- matrix(NA, n_replicates, 2)
  coefficients <- matrix(NA, n_replicates, ncol(x))
  for (b in 1:n_replicates) {
    i <- rows[, b]
    refit <- fit_rows(x[i, ], y[i])
    stopifnot(is_finite(refit))
    eta <- drop(x %*% coef(refit))
    coefficients[b, ] <- coef(refit)
    training[b, ] <- metrics(eta[i], y[i])
    test[b, ] <- metrics(eta, y)
    left_out[b, ] <- metrics(eta[-i], y[-i])[1:2]
  }
  put(paste0(name, ".coefficients"), as.numeric(t(coefficients)))
  apparent <- metrics(drop(x %*% coef(fit)), y)
  risk <- fitted(fit)
  none <- c(.5, mean(outer(risk, y, "-")^2))
  for (m in 1:4) {
    key <- paste0(name, ".", names(apparent)[m])
    optimism <- mean(training[, m] - test[, m])
    put(paste0(key, ".training"), training[, m])
    put(paste0(key, ".test"), test[, m])
    put(paste0(key, ".summary"), c(apparent[[m]], mean(training[, m]), mean(test[, m]), optimism,
                                   apparent[[m]] - optimism))
    if (m > 2) next
    put(paste0(key, ".shifted"), quantile(training[, m], c(.025, .975)) - optimism)
    put(paste0(key, ".left_out"), left_out[, m])
    w <- plus(apparent[[m]], mean(left_out[, m]), none[m], m == 1)
    put(paste0(key, ".632"), c(apparent[[m]], mean(left_out[, m]), none[m], w))
  }
}
asah <- read.csv(file.path(datasets, "asah.csv"))
asah$y <- as.numeric(asah$outcome == "poor")
wisconsin <- read.csv(file.path(datasets, "wisconsin.csv"))
wisconsin$y <- as.numeric(wisconsin$diagnosis == "malignant")
case("asah", y ~ age + gender + s100b + ndka, asah, 100, 2011)
case("wisconsin", y ~ texture_mean + smoothness_mean + symmetry_mean, wisconsin, 20, 1995)

# .632+ where the truncations matter: apparent, left out, no information.
cases <- rbind(c(.2, .3, .5), c(.2, .6, .5), c(.2, .15, .5), c(.2, .2, .5), c(.5, .6, .5),
               c(.6, .65, .5), c(0, .5, .5), c(0, .4, .5))
put("plus.errors", t(cases))
put("plus.expected", apply(cases, 1, function(v) plus(v[1], v[2], v[3], FALSE)[3:2]))

# rms::validate draws sample(n, replace = TRUE) a replicate and nothing else.
local({
  n_replicates <- 60
  f <- lrm(y ~ age + gender + s100b + ndka, asah, x = TRUE, y = TRUE)
  set.seed(17)
  table <- validate(f, B = n_replicates)
  stopifnot(all(table[rownames(table) != "Emax", "n"] == n_replicates))
  set.seed(17)
  n <- nrow(asah)
  put("rms.rows", as.numeric(replicate(n_replicates, sample(n, replace = TRUE))))
  for (row in rownames(table)) put(paste0("rms.", row), table[row, 1:5])
})

# The whole process in each resample.
local({
  gbsg <- read.csv(file.path(datasets, "gbsg.csv"))
  gbsg <- gbsg[!is.na(gbsg$event5), ]
  gbsg <- gbsg[seq(1, nrow(gbsg), by = 3), ]
  gbsg$grade <- factor(gbsg$grade)
  names <- c("age", "meno", "size_mm", "grade", "nodes", "pgr", "er", "hormon")
  x <- model.matrix(reformulate(names), gbsg)
  y <- gbsg$event5
  n <- length(y)
  group <- attr(x, "assign")
  set.seed(5)
  n_replicates <- 30
  rows <- replicate(n_replicates, sample.int(n, n, replace = TRUE))
  joint <- function(fit, columns) {
    covariance <- chol2inv(qr.R(fit$qr))
    v <- covariance[columns, columns]
    pchisq(drop(coef(fit)[columns] %*% solve(v, coef(fit)[columns])), length(columns),
           lower.tail = FALSE)
  }
  settled <- function(x, y) {
    fit <- fit_rows(x, y)
    if (anyNA(coef(fit))) fit else
      suppressWarnings(glm.fit(x, y, start = coef(fit), family = binomial(), control = control))
  }
  kept <- matrix(0, n_replicates, length(names))
  coefficients <- matrix(0, n_replicates, ncol(x))
  for (b in 1:n_replicates) {
    i <- rows[, b]
    if (any(apply(x[i, -1], 2, function(v) length(unique(v)) == 1))) {
      coefficients[b, ] <- NA
      next
    }
    inside <- Filter(function(g) {
      fit <- settled(x[i, group %in% c(0, g)], y[i])
      joint(fit, 1 + seq_len(sum(group == g))) < .2
    }, seq_along(names))
    repeat {
      columns <- which(group %in% c(0, inside))
      fit <- settled(x[i, columns, drop = FALSE], y[i])
      if (!length(inside)) break
      p <- sapply(inside, function(g) joint(fit, which(group[columns] == g)))
      if (max(p) < .1) break
      inside <- inside[-which.max(p)]
    }
    stopifnot(is_finite(fit))
    kept[b, inside] <- 1
    coefficients[b, columns] <- coef(fit)
  }
  put("select.n", n)
  put("select.x", as.numeric(x))
  put("select.y", y)
  put("select.sizes", tabulate(group))
  put("select.rows", as.numeric(rows))
  put("select.kept", as.numeric(t(kept)))
  put("select.coefficient", as.numeric(t(coefficients)))
})
