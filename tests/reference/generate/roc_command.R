# SPDX-License-Identifier: GPL-3.0-or-later
# her2-roc as a whole on the real cohorts: areas, intervals, partial areas, cut-offs and what
# they achieve, comparisons within and between groups, optimism of a model and of a rule.
#
#   Rscript tests/reference/generate/roc_command.R DATASETS >tests/reference/roc_command.tsv
#
# One line a number: case/table/marker/.../quantity.  Case mc: bootstrap means, with the noise of
# a few thousand replicates.
suppressPackageStartupMessages({library(pROC)})
directory <- commandArgs(trailingOnly = TRUE)[1]
cat("# her2-roc on the real cohorts\n")
cat(sprintf("# %s, pROC %s\n", R.version.string, packageVersion("pROC")))
cat("# tests/reference/generate/roc_command.R\n")
put <- function(key, value) cat(key, "\t", sprintf("%.17g", value), "\n", sep = "")
z <- qnorm(0.975)
# A negative level has no meaning to pROC: '<' is "higher values mean the event".
curve <- function(y, x, lower = FALSE)
  roc(y, x, levels = c(0, 1), direction = if (lower) ">" else "<", quiet = TRUE)

area <- function(case, name, r) {
  key <- paste(case, "auc", name, sep = "/")
  se <- sqrt(var(r, method = "delong")); a <- as.numeric(auc(r))
  put(paste0(key, "/estimate"), a)
  put(paste0(key, "/std.error"), se)
  limits <- ci.auc(r, method = "delong")
  put(paste0(key, "/conf.low"), limits[1])
  put(paste0(key, "/conf.high"), limits[3])
  put(paste0(key, "/p.value"), 2 * pnorm(-abs(a - 0.5) / se))
  put(paste0(key, "/logit.low"), plogis(qlogis(a) - z * se / (a * (1 - a))))
  put(paste0(key, "/logit.high"), plogis(qlogis(a) + z * se / (a * (1 - a))))
}

wilson <- function(k, n) prop.test(k, n, correct = FALSE)$conf.int
achieved <- function(case, name, rule, y, positive, prevalence = NA) {
  key <- paste(case, "cutoff", name, rule, sep = "/")
  tp <- sum(positive & y == 1); fp <- sum(positive & y == 0)
  fn <- sum(!positive & y == 1); tn <- sum(!positive & y == 0)
  one <- function(metric, k, n) {
    put(paste0(key, "/", metric, "/estimate"), k / n)
    limits <- suppressWarnings(wilson(k, n)); exact <- binom.test(k, n)$conf.int
    put(paste0(key, "/", metric, "/conf.low"), limits[1])
    put(paste0(key, "/", metric, "/conf.high"), limits[2])
    put(paste0(key, "/", metric, "/exact.low"), exact[1])
    put(paste0(key, "/", metric, "/exact.high"), exact[2])
  }
  one("sensitivity", tp, tp + fn)
  one("specificity", tn, tn + fp)
  one("ppv", tp, tp + fp)
  one("npv", tn, tn + fn)
  one("accuracy", tp + tn, length(y))
  se <- tp / (tp + fn); sp <- tn / (tn + fp)
  ratio <- function(metric, value, s) {
    put(paste0(key, "/", metric, "/estimate"), value)
    put(paste0(key, "/", metric, "/conf.low"), value * exp(-z * s))
    put(paste0(key, "/", metric, "/conf.high"), value * exp(z * s))
  }
  ratio("lr.positive", se / (1 - sp), sqrt(1/tp - 1/(tp + fn) + 1/fp - 1/(fp + tn)))
  ratio("lr.negative", (1 - se) / sp, sqrt(1/fn - 1/(tp + fn) + 1/tn - 1/(fp + tn)))
}

chosen <- function(case, name, rule, r, y, x, lower = FALSE) {
  best <- coords(r, "best", best.method = if (rule == "youden") "youden" else "closest.topleft",
                 ret = "threshold", transpose = FALSE)$threshold
  stopifnot(length(best) == 1)
  put(paste(case, "cutoff", name, rule, "threshold", sep = "/"), best)
  achieved(case, name, rule, y, if (lower) x <= best else x >= best)
}

pair <- function(case, name1, name2, r1, r2) {
  t <- roc.test(r1, r2, method = "delong", paired = TRUE)
  key <- paste0(case, "/compare/", name1, ":", name2)
  put(paste0(key, "/statistic"), t$statistic)
  put(paste0(key, "/p.value"), t$p.value)
  put(paste0(key, "/conf.low"), t$conf.int[1])
  put(paste0(key, "/conf.high"), t$conf.int[2])
}

# DeLong et al. (1988), equation 5, from pROC's covariances.
all_equal <- function(case, curves) {
  k <- length(curves)
  a <- sapply(curves, function(r) as.numeric(auc(r)))
  S <- outer(1:k, 1:k, Vectorize(function(i, j)
    if (i == j) var(curves[[i]], method = "delong") else cov(curves[[i]], curves[[j]], method = "delong")))
  L <- cbind(diag(k - 1), -1)
  d <- L %*% a
  x <- drop(t(d) %*% solve(L %*% S %*% t(L), d))
  put(paste0(case, "/global/all/statistic"), x)
  put(paste0(case, "/global/all/p.value"), pchisq(x, k - 1, lower.tail = FALSE))
}

partial <- function(case, name, r, focus, from, to) {
  key <- paste(case, "pauc", name, sep = "/")
  of <- function(correct) as.numeric(auc(r, partial.auc = c(from, to), partial.auc.focus = focus,
                                         partial.auc.correct = correct))
  put(paste0(key, "/estimate"), of(FALSE))
  put(paste0(key, "/standardized"), of(TRUE))
}

# Three quantities of the Wisconsin cohort.
w <- read.csv(file.path(directory, "wisconsin.csv"))
y <- as.numeric(w$diagnosis == "malignant")
names <- c("radius_mean", "texture_mean", "smoothness_mean")
curves <- lapply(names, function(n) curve(y, w[[n]]))
for (i in 1:3) {
  area("wisconsin", names[i], curves[[i]])
  partial("wisconsin", names[i], curves[[i]], "specificity", 0.8, 1)
  for (rule in c("youden", "topleft")) chosen("wisconsin", names[i], rule, curves[[i]], y, w[[names[i]]])
}
for (i in 1:2) for (j in (i + 1):3) pair("wisconsin", names[i], names[j], curves[[i]], curves[[j]])
all_equal("wisconsin", curves)

# Heavily tied values, missing ones (rows out for all), one marker whose low values mean the event.
a <- read.csv(file.path(directory, "asah.csv"))
a <- a[complete.cases(a[c("outcome", "wfns", "s100b", "gos6")]), ]
ya <- as.numeric(a$outcome == "poor")
tied <- list(wfns = curve(ya, a$wfns), s100b = curve(ya, a$s100b), gos6 = curve(ya, a$gos6, TRUE))
for (n in names(tied)) {
  if (n != "gos6") area("asah", n, tied[[n]])
  if (n != "gos6") partial("asah", n, tied[[n]], "sensitivity", 0.9, 1)
}
chosen("asah", "wfns", "youden", tied$wfns, ya, a$wfns)
chosen("asah", "s100b", "topleft", tied$s100b, ya, a$s100b)
achieved("asah", "wfns", "cutoff", ya, a$wfns >= 3)
pair("asah", "wfns", "s100b", tied$wfns, tied$s100b)

# Low values mean the event: progesterone receptors in Rotterdam.
o <- read.csv(file.path(directory, "rotterdam.csv"))
o <- o[!is.na(o$event5), ]
p <- curve(o$event5, o$pgr, TRUE)
area("rotterdam", "pgr", p)
chosen("rotterdam", "pgr", "youden", p, o$event5, o$pgr, TRUE)

# Unpaired, by menopausal status.
sides <- lapply(c("pre", "post"), function(g) curve(o$event5[o$meno == g], o$nodes[o$meno == g]))
t <- roc.test(sides[[1]], sides[[2]], method = "delong", paired = FALSE)
put("rotterdam/groups/pre/estimate", as.numeric(auc(sides[[1]])))
put("rotterdam/groups/post/estimate", as.numeric(auc(sides[[2]])))
put("rotterdam/compare/pre:post/statistic", t$statistic)
put("rotterdam/compare/pre:post/df", t$parameter)
put("rotterdam/compare/pre:post/p.value", t$p.value)
difference <- as.numeric(auc(sides[[1]])) - as.numeric(auc(sides[[2]]))
half <- qt(0.975, t$parameter) * difference / t$statistic
put("rotterdam/compare/pre:post/conf.low", difference - abs(half))
put("rotterdam/compare/pre:post/conf.high", difference + abs(half))

# Optimism, Harrell's way, by plain loops: of a model's area and of a rule on a raw marker.
# A wfns of 1 to 5 is chosen as pROC would: the first best threshold; among ties the lowest.
rank_auc <- function(y, x) {
  r <- rank(x); n1 <- sum(y); n0 <- length(y) - n1
  (sum(r[y == 1]) - n1 * (n1 + 1) / 2) / (n1 * n0)
}
youden <- function(y, x) {
  v <- sort(unique(x)); at <- c(-Inf, (head(v, -1) + tail(v, -1)) / 2)
  j <- sapply(at, function(c) mean(x[y == 1] >= c) + mean(x[y == 0] < c))
  at[which(j >= max(j) - 1e-12)[1]]
}
set.seed(20261122)
m <- a[complete.cases(a[c("age", "s100b", "ndka")]), ]
ym <- as.numeric(m$outcome == "poor")
X <- cbind(1, m$age, m$s100b, m$ndka)
apparent <- rank_auc(ym, drop(X %*% coef(suppressWarnings(glm.fit(X, ym, family = binomial())))))
optimism <- replicate(4000, {
  i <- sample(length(ym), replace = TRUE)
  b <- coef(suppressWarnings(glm.fit(X[i, ], ym[i], family = binomial())))
  c(rank_auc(ym[i], drop(X[i, ] %*% b)) - rank_auc(ym, drop(X %*% b)))
})
put("mc/auc/model/corrected", apparent - mean(optimism))
c0 <- youden(ya, a$s100b)
of <- function(y, x, c) c(mean(x[y == 1] >= c), mean(x[y == 0] < c))
optimism <- replicate(4000, {
  i <- sample(length(ya), replace = TRUE)
  c <- youden(ya[i], a$s100b[i])
  of(ya[i], a$s100b[i], c) - of(ya, a$s100b, c)
})
corrected <- of(ya, a$s100b, c0) - rowMeans(optimism)
put("mc/cutoff/s100b/sensitivity/corrected", corrected[1])
put("mc/cutoff/s100b/specificity/corrected", corrected[2])

# Stratified bootstrap: percentiles of an area, of a partial area, and of the sensitivity at 0.8.
set.seed(20261123)
draws <- replicate(4000, {
  i <- c(sample(which(ya == 1), replace = TRUE), sample(which(ya == 0), replace = TRUE))
  r <- curve(ya[i], a$s100b[i])
  c(as.numeric(auc(r)), as.numeric(auc(r, partial.auc = c(0.8, 1))),
    coords(r, 0.8, input = "specificity", ret = "sensitivity", transpose = FALSE)[1, 1])
})
q <- apply(draws, 1, quantile, c(0.025, 0.975))
put("mc/boot/auc/conf.low", q[1, 1]); put("mc/boot/auc/conf.high", q[2, 1])
put("mc/boot/pauc/conf.low", q[1, 2]); put("mc/boot/pauc/conf.high", q[2, 2])
put("mc/boot/pauc/std.error", sd(draws[2, ]))
put("mc/boot/band/conf.low", q[1, 3]); put("mc/boot/band/conf.high", q[2, 3])
