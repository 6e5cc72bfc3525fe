# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/spline.tsv: knots and basis of Hmisc::rcspline.eval, as rms::rcs takes
# them.
#   Rscript spline.R ../../../datasets > ../spline.tsv
suppressPackageStartupMessages(library(rms))
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}
datasets <- commandArgs(TRUE)[1]

cat("# Restricted cubic splines: Hmisc", format(packageVersion("Hmisc")), "rcspline.eval (rms",
    format(packageVersion("rms")), "rcs),", R.version.string, "\n")
cat("# Made by generate/spline.R.  SET.x: the values, ascending; SET.k.knots: NA where\n")
cat("# rcspline.eval stops or, with a warning, gives another number of knots or other ones than\n")
cat("# its rule; SET.k.basis.j: column j of rcs(at, knots) at SET.at.\n")

set.seed(11)
rotterdam <- read.csv(file.path(datasets, "rotterdam.csv"))
wisconsin <- read.csv(file.path(datasets, "wisconsin.csv"))
sets <- list(
  normal50 = rnorm(50), normal99 = rnorm(99), normal100 = rnorm(100), skewed101 = exp(rnorm(101)),
  uniform9 = runif(9), uniform12 = runif(12), uniform21 = runif(21),
  six = c(1, 2, 4, 7, 11, 20), five = c(1, 2, 4, 7, 11),
  far = 1e6 + rnorm(120), tiny = 1e-6 * rexp(150),
  rounded = round(rnorm(300, 50, 10)), coarse = round(rnorm(300, 5, 1.5)),
  low_heap = pmax(rnorm(200), -1), high_heap = pmin(rnorm(200), 1.2),
  both_heaps = pmin(pmax(rnorm(200), -1), 1.1), both_heaps90 = pmin(pmax(rnorm(90), -1), 1.1),
  low_heap80 = pmax(rnorm(80), -0.8), zeros = c(rep(0, 60), round(rexp(240), 3)),
  inner_heap = c(rep(0, 40), rnorm(260)), half_zero = c(rep(0, 90), rexp(70)),
  twelve_low = c(rep(0, 12), rexp(8)), levels5 = rep(1:5, 20), levels6 = rep(1:6, c(20, 3, 3, 3, 3, 20)),
  levels7 = rep(c(1, 2, 3.5, 5, 8, 9, 12), c(4, 9, 2, 7, 7, 3, 1)), constant = rep(3, 40),
  heavy = c(rep(1, 50), rep(2, 50), rep(3, 50), 4:9), age = rotterdam$age, nodes = rotterdam$nodes,
  texture = wisconsin$texture_mean)
fallback <- FALSE
for (name in names(sets)) {
  x <- sort(sets[[name]])
  put(paste0(name, ".x"), x)
  spread <- diff(range(x))
  at <- sort(c(quantile(x, seq(0, 1, 0.125), names = FALSE), min(x) - spread, max(x) + spread,
               max(x) + 100 * spread))
  put(paste0(name, ".at"), at)
  for (k in 3:7) {
    inner <- length(unique(x)) - 2
    fallback <- FALSE
    knots <- withCallingHandlers(
      tryCatch({
        sink(nullfile())
        rcspline.eval(x, nk = k, knots.only = TRUE)
      }, error = function(e) NA, finally = sink()),
      warning = function(w) {
        if (inner != k) fallback <<- TRUE
        invokeRestart("muffleWarning")
      })
    knots <- as.numeric(knots)
    if (fallback || length(knots) != k) knots <- NA
    put(paste0(name, ".", k, ".knots"), knots)
    if (!anyNA(knots) && k <= 5) {
      basis <- unclass(rcs(at, knots))
      for (j in seq_len(k - 1)) put(paste0(name, ".", k, ".basis.", j), as.numeric(basis[, j]))
    }
  }
}
