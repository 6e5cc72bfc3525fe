# SPDX-License-Identifier: GPL-3.0-or-later
# her2-dca as a whole on the real cohorts: curves of models and single predictors, prevalence and
# harm, optimism, intervals, differences and support over resamples that stand in the file.
#
#   Rscript tests/reference/generate/dca_command.R DATASETS >tests/reference/dca_command.tsv
#
# One line a number: case/table/model/threshold/column.  Net benefit by the definition of Vickers &
# Elkin (2006) as dcurves has it, standardized as rmda; plain loops over glm.
directory <- commandArgs(trailingOnly = TRUE)[1]
cat("# her2-dca on the real cohorts\n")
cat(sprintf("# %s\n", R.version.string))
cat("# tests/reference/generate/dca_command.R\n")
# What is 0 but for rounding is 0.
put <- function(key, value) {
  if (!is.na(value) && abs(value) < 1e-13) value <- 0
  cat(key, "\t", ifelse(is.na(value), "NA", sprintf("%.17g", value)), "\n", sep = "")
}
exact <- glm.control(epsilon = 1e-14, maxit = 100)
fit <- function(X, y) coef(glm.fit(cbind(1, X), y, family = binomial(), control = exact))
risk <- function(X, b) plogis(drop(cbind(1, X) %*% b))

# Net benefit of risks p at thresholds; NaN at 1.  Risks of fits are at a threshold within 1e-10.
benefit <- function(p, y, thresholds, prevalence = mean(y), harm = 0)
  sapply(thresholds, function(t) {
    if (t >= 1) return(NaN)
    positive <- p >= t - 1e-10
    mean(positive[y == 1]) * prevalence - mean(positive[y == 0]) * (1 - prevalence) * t / (1 - t) -
      harm
  })
treat_all <- function(prevalence, thresholds)
  ifelse(thresholds < 1, prevalence - (1 - prevalence) * thresholds / (1 - thresholds), NaN)
avoided <- function(nb, prevalence, thresholds)
  ifelse(thresholds > 0, (nb - treat_all(prevalence, thresholds)) * (1 - thresholds) / thresholds *
           100, NaN)

curve <- function(case, model, p, y, thresholds, prevalence = mean(y), harm = 0) {
  nb <- benefit(p, y, thresholds, prevalence, harm)
  for (i in seq_along(thresholds)) {
    t <- thresholds[i]
    at <- function(table, column, value)
      put(sprintf("%s/%s/%s/%s/%s", case, table, model, format(t, digits = 12), column), value)
    positive <- p >= t - 1e-10
    if (t == 1) positive <- p >= 1
    tp <- 100 * mean(positive[y == 1]) * prevalence
    fp <- 100 * mean(positive[y == 0]) * (1 - prevalence)
    at("net_benefit", "net.benefit", nb[i])
    at("net_benefit", "standardized", nb[i] / prevalence)
    at("net_benefit", "interventions.avoided", avoided(nb[i], prevalence, t))
    at("net_benefit", "true.positives", tp)
    at("net_benefit", "false.positives", fp)
    at("impact", "high.risk", 10 * (tp + fp))
    at("impact", "events", 10 * tp)
  }
}

# Wisconsin: a model of two predictors, each of them alone; plain, and with prevalence and harm.
w <- read.csv(file.path(directory, "wisconsin.csv"))
y <- as.numeric(w$diagnosis == "malignant")
X <- as.matrix(w[c("texture_mean", "smoothness_mean")])
grid <- c(0.01, seq(5, 95, 5) / 100, 0.99)
both <- risk(X, fit(X, y))
texture <- risk(X[, 1], fit(X[, 1], y))
rounded <- round(both, 2)  # a column of risks, many of them on a threshold
for (case in c("wisconsin", "stated")) {
  stated <- case == "stated"
  prevalence <- if (stated) 0.05 else mean(y)
  curve(case, "both", both, y, grid, prevalence, if (stated) 0.02 else 0)
  curve(case, "texture_mean", texture, y, grid, prevalence)
  # Exact ties: the risks are the decimals that the thresholds are.
  tied <- round(rounded * 100); steps <- round(grid * 100)
  for (i in seq_along(grid)) {
    positive <- tied >= steps[i]
    nb <- mean(positive[y == 1]) * prevalence -
      mean(positive[y == 0]) * (1 - prevalence) * grid[i] / (1 - grid[i])
    put(sprintf("%s/net_benefit/risk(p)/%s/net.benefit", case, format(grid[i], digits = 12)), nb)
  }
}
cat("#risks\t", paste(sprintf("%.2f", rounded), collapse = " "), "\n", sep = "")

# Resamples of the rows of asah: optimism of a model, of a single predictor, and of a process that
# screens; percentiles, differences, support.
a <- read.csv(file.path(directory, "asah.csv"))
names <- c("age", "s100b", "ndka", "wfns")
a <- a[complete.cases(a[c("outcome", names)]), ]
ya <- as.numeric(a$outcome == "poor")
A <- as.matrix(a[names])
n <- nrow(A)
steps <- seq(0, 20) / 20
set.seed(20261123)
B <- 60
draws <- lapply(1:B, function(b) sample(n, replace = TRUE))
for (b in 1:B) cat("#resample\t", paste(draws[[b]], collapse = " "), "\n", sep = "")

processes <- list(
  three = function(X, y) { b <- fit(X[, 1:3], y); c(b, 0) },
  wfns = function(X, y) { b <- fit(X[, 4], y); c(b[1], 0, 0, 0, b[2]) },
  # Candidates with a Wald P below 0.05 alone.
  screened = function(X, y) {
    p <- sapply(1:4, function(j)
      summary(glm(y ~ X[, j], binomial, control = exact))$coefficients[2, 4])
    b <- rep(0, 5)
    b[c(TRUE, p < 0.05)] <- fit(X[, p < 0.05, drop = FALSE], y)
    b
  })
scales <- function(nb, prevalence)
  list(nb = nb, standardized = nb / prevalence, avoided = avoided(nb, prevalence, steps))
results <- lapply(processes, function(process) {
  p <- risk(A, process(A, ya))
  apparent <- scales(benefit(p, ya, steps), mean(ya))
  optimism <- lapply(draws, function(i) {
    q <- risk(A, process(A[i, ], ya[i]))
    training <- scales(benefit(q[i], ya[i], steps), mean(ya[i]))
    test <- scales(benefit(q, ya, steps), mean(ya))
    list(optimism = mapply(`-`, training, test, SIMPLIFY = FALSE), training = training)
  })
  resampled <- lapply(draws, function(i) scales(benefit(p[i], ya[i], steps), mean(ya[i])))
  list(apparent = apparent, optimism = optimism, resampled = resampled)
})
limits <- function(x) if (all(is.na(x))) c(NA, NA) else
  quantile(x, c(0.025, 0.975), type = 7, names = FALSE, na.rm = TRUE)
for (model in names(results)) {
  r <- results[[model]]
  for (i in seq_along(steps)) {
    at <- function(column, value)
      put(sprintf("resampled/net_benefit/%s/%s/%s", model, format(steps[i], digits = 12), column),
          value)
    for (scale in c("nb", "standardized", "avoided")) {
      shift <- mean(sapply(r$optimism, function(o) o$optimism[[scale]][i]))
      corrected <- r$apparent[[scale]][i] - shift
      prefix <- c(nb = "", standardized = "standardized.", avoided = "avoided.")[[scale]]
      at(paste0(prefix, "corrected"), corrected)
      training <- sapply(r$optimism, function(o) o$training[[scale]][i]) - shift
      moving <- diff(range(training))
      if (is.finite(moving) && moving > 1e-6) {
        at(paste0(prefix, "corrected.low"), limits(training)[1])
        at(paste0(prefix, "corrected.high"), limits(training)[2])
      }
      band <- limits(sapply(r$resampled, function(s) s[[scale]][i]))
      at(if (scale == "nb") "conf.low" else paste0(prefix, "low"), band[1])
      at(if (scale == "nb") "conf.high" else paste0(prefix, "high"), band[2])
    }
    at("net.benefit", r$apparent$nb[i])
    if (steps[i] > 0 && steps[i] < 1)
      at("support", mean(sapply(r$resampled, function(s)
        s$nb[i] > 1e-12 && s$avoided[i] * steps[i] / (1 - steps[i]) / 100 > 1e-12)))
  }
  # Range: runs of thresholds; support over the whole of each.
  better <- function(s) {
    gain <- s$avoided * steps / (1 - steps) / 100
    ok <- s$nb > 1e-12 & gain > 1e-12
    ok[is.na(ok)] <- FALSE
    ok
  }
  optimism <- lapply(c(nb = "nb", avoided = "avoided"), function(scale)
    pmax(0, rowMeans(sapply(r$optimism, function(o) o$optimism[[scale]]))))
  shifted <- function(s) list(nb = s$nb - optimism$nb, avoided = s$avoided - optimism$avoided)
  runs <- function(curve, own, replicates) {
    e <- rle(own); to <- cumsum(e$lengths); from <- to - e$lengths + 1
    for (k in which(e$values)) {
      key <- sprintf("resampled/range/%s/%s:%s", model, curve, format(steps[from[k]], digits = 12))
      put(paste0(key, "/to"), steps[to[k]])
      put(paste0(key, "/support"),
          mean(sapply(replicates, function(s) all(better(s)[from[k]:to[k]]))))
    }
  }
  runs("net.benefit", better(r$apparent), r$resampled)
  runs("corrected", better(shifted(r$apparent)), lapply(r$optimism, function(o) shifted(o$training)))
}
for (i in seq_along(steps)) {
  at <- function(column, value)
    put(sprintf("resampled/difference/wfns/%s/%s", format(steps[i], digits = 12), column), value)
  d <- sapply(1:B, function(b)
    results$wfns$resampled[[b]]$nb[i] - results$three$resampled[[b]]$nb[i])
  at("estimate", results$wfns$apparent$nb[i] - results$three$apparent$nb[i])
  at("conf.low", limits(d)[1])
  at("conf.high", limits(d)[2])
}
