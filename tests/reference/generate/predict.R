# SPDX-License-Identifier: GPL-3.0-or-later
# Predictions of logistic models on real cohorts: predict.glm with standard errors, intervals
# on the logit scale, points of a nomogram by their definition.
# Keys: MODEL coefficient NAME; MODEL covariance NAME (a row); MODEL sd VARIABLE; MODEL knots
# VARIABLE; MODEL range VARIABLE; then, for all rows of the cohort, MODEL risk, risk.low,
# risk.high, linear.predictor, points, out.of.range.

suppressWarnings(suppressMessages(library(rms)))
show <- function(x) paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " ")
emit <- function(key, x) cat(key, "\t", show(x), "\n", sep = "")

cat("# glm, predict.glm(se.fit = TRUE), level 0.9\n")
cat("# ", R.version.string, ", rms ", as.character(packageVersion("rms")), "\n", sep = "")
cat("# tests/reference/generate/predict.R\n")

# columns: the design of all rows, as her2-tools names it; y: 1, 0 or NA (not fitted on).
# effects: for each predictor, or predictors joined by an interaction, the columns that it has;
# extremes(b): matrix of their least and most effect where the data do not hold these.
# ranges: numeric predictors, all rows.
study <- function(model, columns, y, ranges, effects, extremes = NULL) {
  fitted <- !is.na(y)
  x <- do.call(cbind, columns)
  d <- data.frame(y = y, setNames(columns, paste0("x", seq_along(columns))))
  fit <- glm(y ~ ., family = binomial, data = d[fitted, ], epsilon = 1e-14, maxit = 100)
  names <- c("Intercept", names(columns))
  b <- coef(fit)
  for (j in seq_along(b)) emit(paste(model, "coefficient", names[j]), b[j])
  for (j in seq_along(b)) emit(paste(model, "covariance", names[j]), vcov(fit)[j, ])
  outside <- rep(0, nrow(d))
  for (name in names(ranges)) {
    range <- range(ranges[[name]][fitted])
    emit(paste(model, "range", name), range)
    outside <- pmax(outside, ranges[[name]] < range[1] | ranges[[name]] > range[2])
  }
  p <- predict(fit, d, se.fit = TRUE)
  z <- qnorm(0.95)
  emit(paste(model, "risk"), plogis(p$fit))
  emit(paste(model, "risk.low"), plogis(p$fit - z * p$se.fit))
  emit(paste(model, "risk.high"), plogis(p$fit + z * p$se.fit))
  emit(paste(model, "linear.predictor"), p$fit)
  effect <- sapply(effects, function(j) drop(x[, j, drop = FALSE] %*% b[1 + j]))
  span <- if (is.null(extremes)) apply(effect[fitted, ], 2, range) else extremes(b)
  points <- rowSums(sweep(effect, 2, span[1, ])) * 100 / max(span[2, ] - span[1, ])
  emit(paste(model, "points"), points)
  emit(paste(model, "out.of.range"), ifelse(is.na(p$fit), NA, outside))
}


gbsg <- read.csv("datasets/gbsg.csv")
fitted <- !is.na(gbsg$event5)
knots <- attr(rcspline.eval(gbsg$age[fitted], nk = 4, knots.only = FALSE), "knots")
emit("gbsg knots age", knots)
emit("gbsg sd pgr", sd(gbsg$pgr[fitted]))
age <- rcspline.eval(gbsg$age, knots = knots, inclx = TRUE)
yes <- as.numeric(gbsg$hormon == "yes")
study("gbsg", list(
  "rcs(age, 4)" = age[, 1], "rcs(age, 4)'" = age[, 2], "rcs(age, 4)''" = age[, 3],
  "grade=1" = as.numeric(gbsg$grade == 1), "grade=3" = as.numeric(gbsg$grade == 3),
  "log(nodes)" = log(gbsg$nodes), "pgr/sd" = gbsg$pgr / sd(gbsg$pgr[fitted]),
  "sqrt(er)" = sqrt(gbsg$er), "hormon=yes" = yes, "hormon=yes:log(nodes)" = yes * log(gbsg$nodes)),
  gbsg$event5, gbsg[c("age", "nodes", "pgr", "er")], list(1:3, 4:5, c(6, 9, 10), 7, 8),
  function(b) {
    # The spline turns inside its range: a grid, then optimize around its best points.
    spline <- function(a) drop(rcspline.eval(a, knots = knots, inclx = TRUE) %*% b[2:4])
    range <- range(gbsg$age[fitted])
    grid <- seq(range[1], range[2], length.out = 10001)
    best <- function(maximum) {
      at <- grid[if (maximum) which.max(spline(grid)) else which.min(spline(grid))]
      near <- c(max(range[1], at - 0.01), min(range[2], at + 0.01))
      found <- optimize(spline, near, maximum = maximum, tol = 1e-10)[[2]]
      if (maximum) max(found, spline(near)) else min(found, spline(near))
    }
    nodes <- log(range(gbsg$nodes[fitted]))
    group <- c(b[7] * nodes, b[7] * nodes + b[10] + b[11] * nodes)
    cbind(c(best(FALSE), best(TRUE)), range(c(0, b[5:6])), range(group),
          range(b[8] * range(gbsg$pgr[fitted]) / sd(gbsg$pgr[fitted])),
          range(b[9] * sqrt(range(gbsg$er[fitted]))))
  })

asah <- read.csv("datasets/asah.csv")
study("asah", list(
  "gender=male" = as.numeric(asah$gender == "male"), "age/10" = asah$age / 10,
  "wfns=2" = as.numeric(asah$wfns == 2), "wfns=3" = as.numeric(asah$wfns == 3),
  "wfns=4" = as.numeric(asah$wfns == 4), "wfns=5" = as.numeric(asah$wfns == 5),
  "log(s100b)" = log(asah$s100b)),
  as.numeric(asah$outcome == "poor"), asah[c("age", "s100b")], list(1, 2, 3:6, 7))

# Fitted on 300 rows: some of the others are out of the range seen.
wisconsin <- read.csv("datasets/wisconsin.csv")
malignant <- as.numeric(wisconsin$diagnosis == "malignant")
malignant[301:length(malignant)] <- NA
study("wisconsin", list(
  "texture_mean" = wisconsin$texture_mean,
  "smoothness_mean/0.01" = wisconsin$smoothness_mean / 0.01,
  "radius_mean" = wisconsin$radius_mean),
  malignant, wisconsin[c("texture_mean", "smoothness_mean", "radius_mean")], list(1, 2, 3))
