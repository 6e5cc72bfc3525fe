# SPDX-License-Identifier: GPL-3.0-or-later
# her2-calib: bootstrap validation on R's own resamples by a plain loop over glm and pROC and by
# rms::validate and rms::calibrate; external validation by rms::val.prob, pROC, loess and glm.
#
#   Rscript tests/reference/generate/calib.R DATASETS >tests/reference/calib.tsv
#
# Keys: case/table/row/column, and case/resample/b with the rows of resample b.
suppressPackageStartupMessages({library(rms); library(pROC)})
directory <- commandArgs(trailingOnly = TRUE)[1]
cat("# her2-calib on the real cohorts\n")
cat(sprintf("# %s, rms %s, pROC %s\n", R.version.string, packageVersion("rms"),
            packageVersion("pROC")))
cat("# tests/reference/generate/calib.R\n")
put <- function(key, value)
  cat(key, "\t", ifelse(is.na(value), "NA", sprintf("%.17g", value)), "\n", sep = "")
control <- glm.control(epsilon = 1e-14, maxit = 100)
invlogit <- plogis

asah <- read.csv(file.path(directory, "asah.csv"))
asah$y <- as.numeric(asah$outcome == "poor")
asah$gender <- factor(asah$gender)
B <- 40
n <- nrow(asah)
set.seed(20)
resample <- replicate(B, sample(n, replace = TRUE), simplify = FALSE)
for (b in 1:B) cat("asah/resample/", b, "\t", paste(resample[[b]], collapse = " "), "\n", sep = "")

# ---- a plain loop ----

fit_of <- function(i) glm(y ~ age + gender + log(s100b) + ndka, binomial, asah[i, ],
                          control = control)
full <- fit_of(1:n)
x <- model.matrix(full)
log_likelihood <- function(y, eta) sum(y * eta - log1p(exp(eta)))
smooth_of <- function(p, y) lowess(p, y, iter = 0)
risks <- sort(fitted(full))
grid <- seq(risks[5], risks[n - 4], length = 50)
quantiles <- function(e) c(emax = max(e), e50 = unname(quantile(e, .5)), e90 = unname(quantile(e, .9)),
                           eavg = mean(e), mae = mean(e))
measure <- function(eta, y) {
  p <- invlogit(eta)
  m <- length(y)
  joint <- glm(y ~ eta, binomial, control = control)
  a <- coef(joint)[[1]]; s <- coef(joint)[[2]]
  null <- m * (mean(y) * log(mean(y)) + (1 - mean(y)) * log(1 - mean(y)))
  given <- log_likelihood(y, eta); best <- as.numeric(logLik(joint))
  D <- (2 * (best - null) - 1) / m
  U <- (2 * (best - given) - 2) / m
  area <- as.numeric(auc(y, eta, direction = "<", levels = 0:1, quiet = TRUE))
  curve <- smooth_of(p, y)
  at_rows <- approx(curve, xout = p, ties = mean)$y
  emax <- optimise(function(q) abs(q - invlogit(a + s * qlogis(q))), c(1e-9, 1 - 1e-9),
                   maximum = TRUE, tol = 1e-12)$objective
  c(auc = area, dxy = 2 * area - 1, brier = mean((p - y)^2),
    brier.scaled = 1 - mean((p - y)^2) / (mean(y) * (1 - mean(y))),
    r2.nagelkerke = (1 - exp(-2 * (best - null) / m)) / (1 - exp(2 * null / m)),
    intercept = a, slope = s,
    citl = coef(glm(y ~ 1, binomial, offset = eta, control = control))[[1]],
    oe = sum(y) / sum(p), quantiles(abs(p - at_rows)), logloss = -given / m,
    g = GiniMd(s * eta), gp = GiniMd(invlogit(a + s * eta)), D = D, U = U, Q = D - U,
    setNames(approx(curve, xout = grid, ties = function(v) v[1])$y, paste0("curve", 1:50)))
}
apparent <- measure(predict(full), asah$y)
training <- test <- bag <- matrix(NA, B, length(apparent), dimnames = list(NULL, names(apparent)))
for (b in 1:B) {
  i <- resample[[b]]
  eta <- drop(x %*% coef(fit_of(i)))
  training[b, ] <- measure(eta[i], asah$y[i])
  test[b, ] <- measure(eta, asah$y)
  out <- setdiff(1:n, i)
  bag[b, ] <- measure(eta[out], asah$y[out])
}
usable <- !is.na(training + test)
training[!usable] <- NA; test[!usable] <- NA
optimism <- colMeans(training, na.rm = TRUE) - colMeans(test, na.rm = TRUE)
corrected <- apparent - optimism
curve <- paste0("curve", 1:50)
error <- abs(fitted(full) - approx(grid, corrected[curve], xout = fitted(full), ties = mean)$y)
corrected[names(quantiles(0))] <- quantiles(error[!is.na(error)])
constant <- c("intercept", "slope", "citl", "oe", "U")
for (m in setdiff(names(apparent), curve)) {
  key <- paste0("asah/performance/", m)
  put(paste0(key, "/apparent"), apparent[m])
  put(paste0(key, "/training"), mean(training[, m], na.rm = TRUE))
  put(paste0(key, "/test"), mean(test[, m], na.rm = TRUE))
  put(paste0(key, "/corrected"), corrected[m])
  put(paste0(key, "/optimism"), apparent[m] - corrected[m])
  put(paste0(key, "/n"), sum(usable[, m]))
  if (m %in% constant) next
  shift <- apparent[m] - corrected[m]
  limits <- quantile(training[, m], c(.025, .975), na.rm = TRUE) - shift
  if (limits[1] < 0 && m != "dxy") next   # clipped
  put(paste0(key, "/conf.low"), limits[1])
  put(paste0(key, "/conf.high"), limits[2])
}
for (k in 1:50) {
  m <- curve[k]
  put(paste0("asah/curve/", k, "/predicted"), grid[k])
  put(paste0("asah/curve/", k, "/apparent"), apparent[m])
  put(paste0("asah/curve/", k, "/corrected"), corrected[m])
  put(paste0("asah/curve/", k, "/n"), sum(usable[, m]))
}
# .632 and .632+ (Efron & Tibshirani 1997), means over replicates of the rows left out
gamma <- c(auc = .5, brier = mean(outer(fitted(full), asah$y, "-")^2))
for (m in c("auc", "brier")) {
  a <- apparent[[m]]; t <- mean(bag[, m])
  put(paste0("632/performance/", m, "/corrected"), .368 * a + .632 * t)
  cut <- if (m == "auc") max(t, gamma[[m]]) else min(t, gamma[[m]])
  worse <- if (m == "auc") t < a else t > a
  R <- if (worse) (cut - a) / (gamma[[m]] - a) else 0
  w <- .632 / (1 - .368 * R)
  put(paste0("632plus/performance/", m, "/corrected"),
      (1 - w) * a + w * cut + .632 * (t - cut))
}

# ---- rms on the same resamples ----

f <- lrm(y ~ age + gender + log(s100b) + ndka, asah, x = TRUE, y = TRUE)
set.seed(20)
v <- unclass(validate(f, B = B))
names_of <- c(Dxy = "dxy", R2 = "r2.nagelkerke", Intercept = "intercept", Slope = "slope",
              Emax = "emax.logistic", D = "D", U = "U", Q = "Q", B = "brier", g = "g", gp = "gp")
for (r in rownames(v)) {
  key <- paste0("validate/performance/", names_of[[r]])
  put(paste0(key, "/corrected"), v[r, "index.corrected"])
  if (r == "Emax") next
  put(paste0(key, "/apparent"), v[r, "index.orig"])
  put(paste0(key, "/training"), v[r, "training"])
  put(paste0(key, "/test"), v[r, "test"])
  put(paste0(key, "/n"), v[r, "n"])
}
set.seed(20)
k <- unclass(calibrate(f, B = B))
for (i in 1:50) {
  put(paste0("calibrate/curve/", i, "/predicted"), k[i, "predy"])
  put(paste0("calibrate/curve/", i, "/apparent"), k[i, "calibrated.orig"])
  put(paste0("calibrate/curve/", i, "/corrected"), k[i, "calibrated.corrected"])
  put(paste0("calibrate/curve/", i, "/n"), k[i, "n"])
}
s <- !is.na(k[, "predy"] + k[, "calibrated.corrected"])
e <- attr(k, "predicted") -
  approx(k[s, "predy"], k[s, "calibrated.corrected"], xout = attr(k, "predicted"), ties = mean)$y
put("calibrate/performance/mae/corrected", mean(abs(e), na.rm = TRUE))
put("calibrate/performance/e90/corrected", quantile(abs(e), .9, na.rm = TRUE))

# ---- external: developed on Rotterdam, judged on GBSG ----

prepare <- function(name) {
  d <- read.csv(file.path(directory, name))
  d$size <- factor(d$size, c("<=20", "20-50", ">50"))
  d$grade <- factor(d$grade)
  d[!is.na(d$event5) & d$grade %in% c(2, 3), ]
}
formula <- event5 ~ I(age / 10) + size + grade + nodes + log(pgr + 1) + hormon
developed <- glm(formula, binomial, droplevels(prepare("rotterdam.csv")), control = control)
gbsg <- droplevels(prepare("gbsg.csv"))
eta <- predict(developed, gbsg); p <- invlogit(eta); y <- gbsg$event5
vp <- val.prob(p, y, pl = FALSE)
# Dxy and C of val.prob are lrm.fit's, of risks in bins of .0002: those of pROC instead.
names_of <- c("R2" = "r2.nagelkerke", "D" = "D", "U" = "U", "Q" = "Q",
              "Brier" = "brier", "Intercept" = "intercept", "Slope" = "slope", "Emax" = "emax",
              "E90" = "e90", "Eavg" = "eavg")
for (m in names(names_of)) put(paste0("gbsg/performance/", names_of[[m]], "/estimate"), vp[[m]])
put("gbsg/performance/U/statistic", vp[["U:Chi-sq"]])
put("gbsg/tests/spiegelhalter/statistic", vp[["S:z"]])
put("gbsg/tests/spiegelhalter/p.value", vp[["S:p"]])
ci <- as.numeric(ci.auc(roc(y, eta, direction = "<", levels = 0:1, quiet = TRUE)))
put("gbsg/performance/auc/estimate", ci[2])
put("gbsg/performance/dxy/estimate", 2 * ci[2] - 1)
put("gbsg/performance/auc/conf.low", ci[1])
put("gbsg/performance/auc/conf.high", ci[3])
joint <- glm(y ~ eta, binomial, control = control)
large <- glm(y ~ 1, binomial, offset = eta, control = control)
refit <- glm(formula, binomial, gbsg, control = control)
z <- qnorm(.975)
wald <- function(metric, b, se, null) {
  key <- paste0("gbsg/performance/", metric)
  put(paste0(key, "/estimate"), b)
  put(paste0(key, "/std.error"), se)
  put(paste0(key, "/conf.low"), b - z * se)
  put(paste0(key, "/conf.high"), b + z * se)
  put(paste0(key, "/p.value"), 2 * pnorm(-abs((b - null) / se)))
}
se <- function(f) sqrt(diag(vcov(f)))
wald("slope", coef(joint)[[2]], se(joint)[[2]], 1)
wald("citl", coef(large)[[1]], se(large)[[1]], 0)
wald("brier", mean((p - y)^2), sd((p - y)^2) / sqrt(length(y)), NA)
oe <- sum(y) / sum(p); spread <- sqrt((1 - mean(y)) / sum(y))
put("gbsg/performance/oe/estimate", oe)
put("gbsg/performance/oe/conf.low", oe * exp(-z * spread))
put("gbsg/performance/oe/conf.high", oe * exp(z * spread))
put("gbsg/performance/citl/n", length(y))
tests <- list(log_likelihood(y, eta), as.numeric(logLik(large)), as.numeric(logLik(joint)))
k <- length(coef(refit)) - 1
for (i in 1:3) {
  statistic <- 2 * (as.numeric(logLik(refit)) - tests[[i]])
  put(paste0("gbsg/closed_test/", i, "/statistic"), statistic)
  put(paste0("gbsg/closed_test/", i, "/df"), k + 2 - i)
  put(paste0("gbsg/closed_test/", i, "/p.value"), pchisq(statistic, k + 2 - i, lower.tail = FALSE))
}
at <- seq(min(p), max(p), length = 101)
smooth <- loess(y ~ p, span = .75, degree = 2,
                control = loess.control(surface = "direct", statistics = "exact"))
s <- predict(smooth, data.frame(p = at), se = TRUE)
q <- qt(.975, s$df)
for (i in seq(1, 101, 5)) {
  key <- paste0("gbsg/curve/", i)
  put(paste0(key, "/predicted"), at[i])
  put(paste0(key, "/logistic"), invlogit(coef(joint)[[1]] + coef(joint)[[2]] * qlogis(at[i])))
  put(paste0(key, "/nonparametric"), s$fit[i])
  put(paste0(key, "/conf.low"), min(max(s$fit[i] - q * s$se.fit[i], 0), 1))
  put(paste0(key, "/conf.high"), min(max(s$fit[i] + q * s$se.fit[i], 0), 1))
}
