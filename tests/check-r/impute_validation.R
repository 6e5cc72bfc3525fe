# SPDX-License-Identifier: GPL-3.0-or-later
# Whether the corrected values that her2-calib --impute prints are those of new patients: samples
# with gaps are drawn, the pooled model is made and validated, and its true performance is that on
# 20000 new rows.  The same samples without gaps are the control: what any validation of so few rows
# is off by.
#
#   Rscript impute_validation.R BUILDDIR [SAMPLES [N [mcar|mar [FRACTION [FIRST]]]]]
#
# SAMPLES of N rows (150 of 140) from number FIRST (1) on, five normal predictors (correlations
# 0.4), of which three lack a FRACTION (0.25) of their values: completely at random, or by the
# outcome and an observed predictor.  Sample i depends on N and i alone.  About 2 s a sample.
# Prints a line a method and metric, parted by tabs: mean, mean difference to the truth with its
# Monte Carlo standard error, and the same less that of the control (paired).
#
# Truth: `truth`, new rows that lack nothing (metrics are expectations over the outcome); `filled`,
# new rows with the gaps of the sample's kind, filled with the conditional mean of what is missing
# given the other predictors, which the outcome has no part in.
options(warn = -1, stringsAsFactors = FALSE)
argument <- commandArgs(TRUE)
given <- function(i, default) if (is.na(argument[i])) default else argument[i]
builddir <- normalizePath(argument[1], mustWork = TRUE)
n_samples <- as.integer(given(2, 150))
n_rows <- as.integer(given(3, 140))
mechanism <- match.arg(given(4, "mcar"), c("mcar", "mar"))
fraction <- as.numeric(given(5, 0.25))
first <- as.integer(given(6, 1))
Sys.setenv(OMP_NUM_THREADS = "1")
folder <- tempfile("impute")
dir.create(folder)
setwd(folder)

n_new <- 20000
gapped <- 1:3
correlation <- matrix(0.4, 5, 5)
diag(correlation) <- 1
coefficient <- c(0.8, 0.6, -0.5, 0.4, 0)
metrics <- c("auc", "brier", "slope", "intercept", "eavg")

draw_rows <- function(n) {
  x <- matrix(rnorm(5 * n), n) %*% chol(correlation)
  colnames(x) <- paste0("x", 1:5)
  risk <- plogis(-0.8 + drop(x %*% coefficient))
  list(x = x, risk = risk, y = rbinom(n, 1, risk))
}

# The intercept that makes the fraction what it should be, found once.
mar_predictor <- function(rows) 1.2 * rows$y + 0.8 * rows$x[, 4]
set.seed(1)
mar_intercept <- local({
  by <- mar_predictor(draw_rows(1e5))
  uniroot(function(a) mean(plogis(a + by)) - fraction, c(-10, 10))$root
})
draw_gaps <- function(rows) {
  p <- if (mechanism == "mcar") fraction else plogis(mar_intercept + mar_predictor(rows))
  matrix(runif(3 * length(rows$y)), ncol = 3) < p
}

fill_gaps <- function(x, gap) {
  pattern <- drop(gap %*% c(1, 2, 4))
  for (k in setdiff(unique(pattern), 0)) {
    row <- pattern == k
    lacks <- gapped[bitwAnd(k, c(1, 2, 4)) > 0]
    has <- setdiff(1:5, lacks)
    x[row, lacks] <- x[row, has, drop = FALSE] %*%
      solve(correlation[has, has], correlation[has, lacks])
  }
  x
}

# y may be a probability: then the expectation.
measure <- function(eta, y) {
  at <- order(eta)
  after <- cumsum(1 - y[at]) - (1 - y[at])
  p <- plogis(eta)
  line <- glm.fit(cbind(1, eta), y, family = binomial())$coefficients
  curve <- lowess(p, y, iter = 0, delta = 0.01 * diff(range(p)))
  c(auc = sum(y[at] * after) / (sum(y) * sum(1 - y)), brier = mean(y * (1 - p)^2 + (1 - y) * p^2),
    slope = line[[2]], intercept = line[[1]],
    eavg = mean(abs(p - approx(curve, xout = p, ties = mean)$y)))
}

run <- function(command, formula, ...)
  system(paste0(builddir, "/her2-", command, " '", formula, "' --threads=1 -q ", ...)) == 0
formula <- "y ~ x1 + x2 + x3 + x4 + x5"

found <- list()
keep <- function(i, method, value)
  found[[length(found) + 1]] <<- data.frame(sample = i, method = method, metric = metrics,
                                            value = unname(value[metrics]))

validate <- function(i, name, file, options) {
  schemes <- c(bootstrap = "--bootstrap=60", `632` = "--bootstrap=60", `632plus` = "--bootstrap=60",
               cv = "--repeats=4")
  for (scheme in names(schemes))
    if (run("calib", formula, options, " --validate=", scheme, " ", schemes[scheme],
            " --metrics=", paste(metrics, collapse = ","),
            " --table=performance --format=csv ", file, " >out.csv")) {
      table <- read.csv("out.csv")
      row <- match(metrics, table$metric)
      keep(i, paste0(name, scheme), setNames(table$corrected[row], metrics))
      if (scheme == "bootstrap")
        keep(i, paste0(name, "apparent"), setNames(table$apparent[row], metrics))
    }
}

fit <- function(file, options) {
  unlink("model.json")
  if (!run("multivar", formula, options, " --save=model.json ", file, " >out.txt")) return(NULL)
  unlist(jsonlite::fromJSON("model.json")$coefficients)
}

one_sample <- function(i) {
  set.seed(100000 * i + n_rows)
  rows <- draw_rows(n_rows)
  gap <- draw_gaps(rows)
  x <- rows$x
  write.csv(cbind(y = rows$y, x), "whole.csv", row.names = FALSE)
  x[, gapped][gap] <- NA
  write.csv(cbind(y = rows$y, x), "gaps.csv", row.names = FALSE, na = "")
  new <- draw_rows(n_new)
  filled <- fill_gaps(new$x, draw_gaps(new))
  impute <- paste0(" --impute=5 --seed=", i)
  whole <- fit("whole.csv", "")
  pooled <- fit("gaps.csv", impute)
  if (is.null(whole) || is.null(pooled)) return(invisible())
  predictor <- function(b, x) b[1] + drop(x %*% b[-1])
  keep(i, "control truth", measure(predictor(whole, new$x), new$risk))
  keep(i, "truth", measure(predictor(pooled, new$x), new$risk))
  keep(i, "filled", measure(predictor(pooled, filled), new$y))
  validate(i, "control ", "whole.csv", paste0(" --seed=", i))
  validate(i, "", "gaps.csv", impute)
}
for (i in first + seq_len(n_samples) - 1L) one_sample(i)
found <- do.call(rbind, found)

# ---- means ----

difference <- function(method, truth, metric) {
  of <- function(name) {
    rows <- found[found$method == name & found$metric == metric, ]
    setNames(rows$value, rows$sample)[as.character(unique(found$sample))]
  }
  of(method) - of(truth)
}
se <- function(x) sd(x, na.rm = TRUE) / sqrt(sum(!is.na(x)))
cat("method\tmetric\tn\tmean\tdifference\tse\tbeyond.control\tse\n")
for (method in unique(found$method))
  for (metric in metrics) {
    value <- found$value[found$method == method & found$metric == metric]
    if (all(is.na(value))) next
    control <- startsWith(method, "control ")
    off <- difference(method, if (control) "control truth" else "truth", metric)
    beyond <- NA
    if (!control && paste0("control ", method) %in% found$method)
      beyond <- off - difference(paste0("control ", method), "control truth", metric)
    cat(sprintf("%s\t%s\t%d\t%.4f\t%+.4f\t%.4f\t%+.4f\t%.4f\n", method, metric,
                sum(!is.na(value)), mean(value, na.rm = TRUE), mean(off, na.rm = TRUE), se(off),
                mean(beyond, na.rm = TRUE), se(beyond)))
  }
setwd("/")
unlink(folder, recursive = TRUE)
