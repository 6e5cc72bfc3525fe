# SPDX-License-Identifier: GPL-3.0-or-later
# Smoothers: lowess, loess, approx of R; approxExtrap of Hmisc.
# Rscript generate/smooth.R DATASETS > smooth.tsv (DATASETS: the folder datasets/)
datasets <- commandArgs(trailingOnly = TRUE)[1]
options(warn = -1)

cat("# Smoothers: lowess, loess(control = loess.control(surface = \"direct\", statistics =\n")
cat("# \"exact\")) and approx of stats, approxExtrap of Hmisc.\n")
cat("# ", R.version.string, ", Hmisc ", format(packageVersion("Hmisc")), "\n", sep = "")
cat("# script: generate/smooth.R\n")
cat("# cars: M. Ezekiel (1930), Methods of Correlation Analysis; faithful: Azzalini & Bowman (1990),\n")
cat("# Applied Statistics 39, 357; wisconsin: this project's datasets/wisconsin.csv, malignant\n")
cat("# against the risk of glm(malignant ~ texture_mean + smoothness_mean); grouped: the same with\n")
cat("# risks rounded to .05; far: cars with speed + 1e6; few: 2 to 8 points.\n")
cat("# CASE.x, CASE.y (x ascending).  CASE.lowess.K: f, iterations, delta, and the fitted values;\n")
cat("# CASE.loess.K: span, degree, residual standard error, one.delta, two.delta, trace of the\n")
cat("# operator; CASE.loess.K.at, .fit, .se: predict(se = TRUE) there.\n")
cat("# interpolate.x, .y (with ties and missing y), .at, .approx, .extrap; line.*: the same without.\n")

show <- function(key, values) {
  text <- ifelse(is.na(values), "NA", sprintf("%.17g", values))
  cat(key, "\t", paste(text, collapse = " "), "\n", sep = "")
}

cases <- list()
cases$cars <- data.frame(x = cars$speed, y = cars$dist)
cases$faithful <- with(faithful[order(faithful$eruptions), ], data.frame(x = eruptions, y = waiting))
w <- read.csv(file.path(datasets, "wisconsin.csv"))
w$y <- as.numeric(w$diagnosis == "malignant")
risk <- fitted(glm(y ~ texture_mean + smoothness_mean, binomial, w))
o <- order(risk)
cases$wisconsin <- data.frame(x = risk[o], y = w$y[o])
cases$grouped <- data.frame(x = round(risk[o] / 0.05) * 0.05, y = w$y[o])
cases$far <- data.frame(x = cars$speed + 1e6, y = cars$dist)
cases$few2 <- data.frame(x = c(0.2, 0.7), y = c(0, 1))
cases$few3 <- data.frame(x = c(0.2, 0.3, 0.7), y = c(0, 1, 1))
cases$few4 <- data.frame(x = c(1, 2, 4, 8), y = c(3, 1, 4, 1))
cases$few8 <- data.frame(x = c(0.1, 0.1, 0.25, 0.3, 0.55, 0.6, 0.8, 0.95), y = c(0, 0, 1, 0, 1, 0, 1, 1))
cases$level <- data.frame(x = rep(0.3, 6), y = c(0, 1, 1, 0, 0, 1))

settings <- list(c(2 / 3, 0, NA), c(2 / 3, 3, NA), c(2 / 3, 0, 0), c(0.2, 0, NA), c(0.2, 3, 0),
                 c(0.9, 1, 0.2), c(1, 0, NA), c(0.05, 0, NA))
spans <- list(c(0.75, 2), c(0.75, 1), c(0.5, 2), c(0.3, 1), c(1, 2), c(1.5, 2), c(2, 1))

for (name in names(cases)) {
  d <- cases[[name]]
  show(paste0(name, ".x"), d$x)
  show(paste0(name, ".y"), d$y)
  width <- diff(range(d$x))
  for (k in seq_along(settings)) {
    s <- settings[[k]]
    delta <- if (is.na(s[3])) 0.01 * width else s[3] * width
    show(sprintf("%s.lowess.%d", name, k),
         c(s[1], s[2], delta, lowess(d$x, d$y, f = s[1], iter = s[2], delta = delta)$y))
  }
  if (name == "level") next
  at <- seq(min(d$x), max(d$x), length.out = 13)
  for (k in seq_along(spans)) {
    s <- spans[[k]]
    distinct <- length(unique(d$x))
    if (distinct < s[2] + 3 || floor(nrow(d) * s[1]) < s[2] + 3) next
    if (name == "few8" && s[1] < 0.7) next # too few of distinct x in some neighbourhood
    if (name == "grouped" && s[1] < 0.75) next
    if (name == "faithful" && s[1] > 1) next
    fit <- loess(y ~ x, d, span = s[1], degree = s[2], family = "gaussian",
                 control = loess.control(surface = "direct", statistics = "exact"))
    p <- predict(fit, data.frame(x = at), se = TRUE)
    show(sprintf("%s.loess.%d", name, k),
         c(s, fit$s, fit$one.delta, fit$two.delta, fit$trace.hat))
    show(sprintf("%s.loess.%d.at", name, k), at)
    show(sprintf("%s.loess.%d.fit", name, k), unname(p$fit))
    show(sprintf("%s.loess.%d.se", name, k), unname(p$se.fit))
  }
}

ties <- data.frame(x = c(1, 2, 2, 3, 3, 3, 4.5, 6, 6), y = c(2, NA, 5, 1, 2, 6, NA, 7, 8))
at <- c(0, 1, 1.25, 2, 2.9, 3, 3.1, 4.5, 5, 5.999, 6, 7)
show("interpolate.x", ties$x)
show("interpolate.y", ties$y)
show("interpolate.at", at)
kept <- with(ties[!is.na(ties$y), ], aggregate(y, list(x = x), mean))
show("interpolate.approx", approx(ties$x, ties$y, at, ties = mean)$y)
show("interpolate.extrap", Hmisc::approxExtrap(kept[[1]], kept[[2]], at)$y)
line <- data.frame(x = cumsum(c(0.1, 0.03, 0.2, 0.001, 0.4)), y = c(0.2, 0.1, 0.5, 0.45, 0.9))
at <- c(-0.5, 0.1, 0.12, 0.2, 0.3305, 0.7, 0.731, 0.9)
show("line.x", line$x)
show("line.y", line$y)
show("line.at", at)
show("line.approx", approx(line$x, line$y, at)$y)
show("line.extrap", Hmisc::approxExtrap(line$x, line$y, at)$y)
