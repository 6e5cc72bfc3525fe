# SPDX-License-Identifier: GPL-3.0-or-later
# ROC curves: areas, their covariance, tests, partial areas, curves, cut-offs, proportions.
# Rscript roc.R > ../roc.tsv
suppressMessages({
  library(pROC)
  library(Hmisc)
  library(car)
})
options(warn = -1)

cat("# ROC curves: roc, auc, cov, ci.auc, roc.test, coords of pROC; the chi-square test of k curves\n")
cat("# by matrix algebra on pROC's covariances; lrcum of Hmisc, deltaMethod of car, prop.test and\n")
cat("# binom.test of stats for proportions.\n")
cat("# ", R.version.string, ", pROC ", format(packageVersion("pROC")), ", Hmisc ",
    format(packageVersion("Hmisc")), ", car ", format(packageVersion("car")), "\n", sep = "")
cat("# script: generate/roc.R\n")
cat("# CASE.shape: rows, markers; CASE.y; CASE.x: marker after marker.\n")
cat("# CASE.auc, CASE.covariance, CASE.ci (DeLong 95%, low and high a marker), CASE.ci90,\n")
cat("# CASE.logit (95%), CASE.p: z and P a marker, CASE.null: the same by the standard error of Hanley\n")
cat("# and McNeil (1982) at an area of 1/2; CASE.pairs: difference, se, z, P, limits for the\n")
cat("# pairs 1 2, 1 3, ..., 2 3, ...; CASE.all: chi-square, df, P.\n")
cat("# CASE.curve.J: threshold, sensitivity, specificity from high thresholds to low, row by row.\n")
cat("# CASE.best.J: number tied and then threshold, sensitivity, specificity of the tied with the\n")
cat("# largest sensitivity: Youden, then closest to the top left.\n")
cat("# CASE.partial.J: focus (0 specificity, 1 sensitivity), limits, raw, McClish, row by row.\n")
cat("# unpaired.*: auc1 - auc2, t, df, P; table.*: tp fp fn tn, level, prevalence and results.\n")

show <- function(key, values) {
  text <- ifelse(is.na(values), "NA", sprintf("%.17g", values))
  text <- ifelse(values %in% Inf, "Inf", ifelse(values %in% -Inf, "-Inf", text))
  cat(key, "\t", paste(text, collapse = " "), "\n", sep = "")
}

curve_of <- function(y, x) roc(y, x, levels = c(0, 1), direction = "<", quiet = TRUE)

partials <- function(curve) {
  limits <- list(c(0, 1), c(0.8, 1), c(0.9, 1), c(0.5, 0.75), c(0, 0.3), c(0.413, 0.417), c(0.95, 1))
  rows <- NULL
  for (focus in c("specificity", "sensitivity"))
    for (l in limits) {
      raw <- auc(curve, partial.auc = l, partial.auc.focus = focus)
      corrected <- auc(curve, partial.auc = l, partial.auc.focus = focus, partial.auc.correct = TRUE)
      rows <- c(rows, focus == "sensitivity", l, raw, corrected)
    }
  rows
}

# The coordinates that pROC calls best: of several the one with the largest sensitivity.
best <- function(curve) {
  out <- NULL
  for (method in c("youden", "closest.topleft")) {
    b <- coords(curve, "best", best.method = method, ret = c("threshold", "sensitivity", "specificity"),
                transpose = FALSE)
    b <- b[order(-b$sensitivity), ]
    out <- c(out, nrow(b), unlist(b[1, ]))
  }
  out
}

# Equation 5 of DeLong et al. (1988), differences to the last marker.
chi_square <- function(auc, covariance) {
  k <- length(auc)
  l <- cbind(diag(k - 1), -1)
  d <- l %*% auc
  x <- drop(t(d) %*% solve(l %*% covariance %*% t(l), d))
  c(x, k - 1, pchisq(x, k - 1, lower.tail = FALSE))
}

case <- function(name, y, x, curves = TRUE) {
  x <- as.matrix(x)
  k <- ncol(x)
  show(paste0(name, ".shape"), dim(x))
  show(paste0(name, ".y"), y)
  show(paste0(name, ".x"), as.vector(x))
  roc <- lapply(seq_len(k), function(j) curve_of(y, x[, j]))
  a <- sapply(roc, function(r) as.numeric(auc(r)))
  v <- sapply(seq_len(k), function(i) sapply(seq_len(k), function(j)
    if (i == j) var(roc[[i]], method = "delong") else cov(roc[[i]], roc[[j]], method = "delong")))
  v <- matrix(v, k, k)
  se <- sqrt(diag(v))
  show(paste0(name, ".auc"), a)
  show(paste0(name, ".covariance"), as.vector(v))
  show(paste0(name, ".ci"), sapply(roc, function(r) ci.auc(r, method = "delong")[c(1, 3)]))
  show(paste0(name, ".ci90"),
       sapply(roc, function(r) ci.auc(r, method = "delong", conf.level = 0.9)[c(1, 3)]))
  z <- qnorm(0.975)
  show(paste0(name, ".logit"),
       sapply(seq_len(k), function(j) plogis(qlogis(a[j]) + c(-1, 1) * z * se[j] / (a[j] * (1 - a[j])))))
  zs <- (a - 0.5) / se
  show(paste0(name, ".p"), as.vector(rbind(zs, 2 * pnorm(-abs(zs)))))
  n1 <- sum(y == 1)
  n0 <- sum(y == 0)
  z0 <- (a - 0.5) / sqrt((n1 + n0 + 1) / (12 * n1 * n0))
  show(paste0(name, ".null"), as.vector(rbind(z0, 2 * pnorm(-abs(z0)))))
  # Without ties it is the asymptotic Wilcoxon P.
  for (j in seq_len(k))
    if (!anyDuplicated(x[, j]))
      stopifnot(abs(log(wilcox.test(x[y == 1, j], x[y == 0, j], exact = FALSE, correct = FALSE)$p.value /
                        (2 * pnorm(-abs(z0[j]))))) < 1e-9)
  if (k > 1) {
    rows <- NULL
    for (i in seq_len(k - 1))
      for (j in (i + 1):k) {
        t <- roc.test(roc[[i]], roc[[j]], method = "delong", paired = TRUE)
        d <- a[i] - a[j]
        rows <- c(rows, d, sqrt(v[i, i] + v[j, j] - 2 * v[i, j]), t$statistic, t$p.value, t$conf.int)
      }
    show(paste0(name, ".pairs"), rows)
    show(paste0(name, ".all"), chi_square(a, v))
  }
  for (j in seq_len(k)) {
    if (curves) {
      p <- coords(roc[[j]], "all", ret = c("threshold", "sensitivity", "specificity"), transpose = FALSE)
      p <- p[order(-p$threshold), ]
      show(paste0(name, ".curve.", j), as.vector(t(as.matrix(p))))
    }
    show(paste0(name, ".best.", j), best(roc[[j]]))
    show(paste0(name, ".partial.", j), partials(roc[[j]]))
  }
}

# Turck et al. (2010) as in Robin et al. (2011): S100b, NDKA, WFNS, age; poor outcome.
data(aSAH)
case("asah", as.numeric(aSAH$outcome == "Poor"),
     cbind(aSAH$s100b, aSAH$ndka, as.numeric(aSAH$wfns), aSAH$age))

# DeLong et al. (1988), the 43 complete patients as printed in the SAS/STAT User's Guide (LOGISTIC
# procedure, "Comparing Receiver Operating Characteristic Curves"): albumin, total protein, K-G
# score (10 - score), benefit from surgery.  The event is no benefit (0).
ovarian <- matrix(c(
  3.0, 5.8, 10, 0, 3.2, 6.3, 5, 1, 3.9, 6.8, 3, 1, 2.8, 4.8, 6, 0, 3.2, 5.8, 3, 1, 0.9, 4.0, 5, 0,
  2.5, 5.7, 8, 0, 1.6, 5.6, 5, 1, 3.8, 5.7, 5, 1, 3.7, 6.7, 6, 1, 3.2, 5.4, 4, 1, 3.8, 6.6, 6, 1,
  4.1, 6.6, 5, 1, 3.6, 5.7, 5, 1, 4.3, 7.0, 4, 1, 3.6, 6.7, 4, 0, 2.3, 4.4, 6, 1, 4.2, 7.6, 4, 0,
  4.0, 6.6, 6, 0, 3.5, 5.8, 6, 1, 3.8, 6.8, 7, 1, 3.0, 4.7, 8, 0, 4.5, 7.4, 5, 1, 3.7, 7.4, 5, 1,
  3.1, 6.6, 6, 1, 4.1, 8.2, 6, 1, 4.3, 7.0, 5, 1, 4.3, 6.5, 4, 1, 3.2, 5.1, 5, 1, 2.6, 4.7, 6, 1,
  3.3, 6.8, 6, 0, 1.7, 4.0, 7, 0, 3.7, 6.1, 5, 1, 3.3, 6.3, 7, 1, 4.2, 7.7, 6, 1, 3.5, 6.2, 5, 1,
  2.9, 5.7, 9, 0, 2.1, 4.8, 7, 1, 2.8, 6.2, 8, 0, 4.0, 7.0, 7, 1, 3.3, 5.7, 6, 1, 3.7, 6.9, 5, 1,
  3.6, 6.6, 5, 1), ncol = 4, byrow = TRUE)
case("ovarian", 1 - ovarian[, 4], cbind(-ovarian[, 1], -ovarian[, 2], ovarian[, 3]))

set.seed(20240613)
y <- rbinom(150, 1, 0.4)
latent <- rnorm(150)
case("normal", y, cbind(latent + y, latent + 0.9 * y + rnorm(150, sd = 0.3), rnorm(150) + 0.5 * y,
                        rnorm(150), rnorm(150) - 0.8 * y))
y <- rbinom(80, 1, 0.5)
case("ties", y, cbind(round(rnorm(80) + y), round(rnorm(80) + 0.6 * y, 1), rbinom(80, 2, 0.3 + 0.3 * y),
                      rbinom(80, 1, 0.5)))
# Few events, large offset, a marker that separates, one that is upside down.
y <- rep(c(1, 0), c(5, 40))
case("few", y, cbind(1e9 + rnorm(45) + y, ifelse(y == 1, 10, 0) + runif(45), -rank(rnorm(45) + y)))
case("small", c(1, 1, 0, 0, 0), cbind(c(3, 1, 2, 0, 0.5), c(1, 2, 2, 0, 4)))
# Far from chance: P near 1e-280.
y <- rep(0:1, each = 150)
case("strong", y, cbind(c(qnorm(ppoints(150)), qnorm(ppoints(150)) + 2.2),
                        c(qnorm(ppoints(150)), 1.3 * rev(qnorm(ppoints(150))) + 1)), curves = FALSE)
# Neighbouring doubles, very large and very small values.
e <- .Machine$double.eps
case("adjacent", c(0, 1, 0, 1, 1, 0, 0, 1, 0, 1),
     cbind(c(1, 1 + e, 1 + 2 * e, 1 + 3 * e, 1 + 3 * e, 1 - e / 2, -1, -1 + e / 2, 5e-324, 1e-323),
           c(1.7e308, 1.6e308, -1.7e308, 1.5e308, 1e100, 2e100, 3e-310, -1e101, -1.6e308, 0)))

# Frequency weights: repeated rows.
y <- rbinom(60, 1, 0.45)
x <- cbind(round(rnorm(60) + y, 1), rnorm(60) + 0.5 * y)
w <- sample(0:4, 60, replace = TRUE)
show("weighted.rows", c(t(cbind(y, x, w))))
case("weighted", rep(y, w), x[rep(1:60, w), ])

# Unpaired tests.
unpaired <- function(name, y1, x1, y2, x2) {
  show(paste0("unpaired.", name, ".y1"), y1)
  show(paste0("unpaired.", name, ".x1"), x1)
  show(paste0("unpaired.", name, ".y2"), y2)
  show(paste0("unpaired.", name, ".x2"), x2)
  a <- curve_of(y1, x1)
  b <- curve_of(y2, x2)
  t <- roc.test(a, b, paired = FALSE, method = "delong")
  se <- sqrt(var(a) + var(b))
  d <- as.numeric(auc(a) - auc(b))
  show(paste0("unpaired.", name), c(d, se, t$statistic, t$parameter, t$p.value,
                                    d + c(-1, 1) * qt(0.975, t$parameter) * se))
}
male <- aSAH$gender == "Male"
poor <- as.numeric(aSAH$outcome == "Poor")
unpaired("gender", poor[male], aSAH$s100b[male], poor[!male], aSAH$s100b[!male])
y1 <- rep(0:1, c(30, 12))
y2 <- rep(0:1, c(70, 90))
unpaired("unequal", y1, rnorm(42) + 2 * y1, y2, rnorm(160) + 0.2 * y2)

# 2 x 2 tables: Wilson and exact limits of sensitivity, specificity, predictive values, accuracy;
# likelihood ratios; predictive values and accuracy at another prevalence.
wilson <- function(k, n, level) prop.test(k, n, conf.level = level, correct = FALSE)$conf.int
exact <- function(k, n, level) binom.test(k, n, conf.level = level)$conf.int
table_case <- function(name, tp, fp, fn, tn, level, prevalence) {
  show(paste0("table.", name), c(tp, fp, fn, tn, level, prevalence))
  parts <- list(c(tp, tp + fn), c(tn, tn + fp), c(tp, tp + fp), c(tn, tn + fn),
                c(tp + tn, tp + fp + fn + tn))
  show(paste0("table.", name, ".proportions"),
       unlist(lapply(parts, function(p) c(p, p[1] / p[2], wilson(p[1], p[2], level),
                                          exact(p[1], p[2], level)))))
  lr <- lrcum(tp, fp, fn, tn, conf.int = level)
  show(paste0("table.", name, ".ratios"),
       c(lr$lrpos, lr$lowerlrpos, lr$upperlrpos, lr$lrneg, lr$lowerlrneg, lr$upperlrneg))
  n1 <- tp + fn
  n0 <- fp + tn
  est <- c(se = tp / n1, sp = tn / n0)
  v <- diag(c(est[1] * (1 - est[1]) / n1, est[2] * (1 - est[2]) / n0))
  z <- qnorm((1 + level) / 2)
  p <- prevalence
  at <- function(g) {
    d <- deltaMethod(est, g, vcov. = v, constants = c(p = p))
    c(plogis(d$Estimate), plogis(d$Estimate + c(-1, 1) * z * d$SE))
  }
  show(paste0("table.", name, ".elsewhere"),
       c(at("log(se * p / ((1 - sp) * (1 - p)))"), at("log(sp * (1 - p) / ((1 - se) * p))"),
         at("log((se * p + sp * (1 - p)) / (1 - se * p - sp * (1 - p)))")))
}
# Scott et al. (2008), the example of epiR's epi.tests; Mercaldo et al. (2007), table VIII: the e4
# allele of ApoE and Alzheimer's disease.
table_case("scott", 670, 202, 74, 640, 0.95, 0.2)
table_case("apoe", 240, 87, 178, 288, 0.95, 0.03)
table_case("small", 7, 2, 3, 11, 0.9, 0.6)
table_case("large", 99000, 1, 5, 800000, 0.99, 1e-5)
