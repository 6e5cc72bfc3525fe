# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/effect.tsv: effect sizes and their limits.
#   Rscript effect.R > ../effect.tsv
suppressPackageStartupMessages(library(pROC))
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}

cat("# Effect sizes by", R.version.string, "and pROC", as.character(packageVersion("pROC")), "\n")
cat("# Made by generate/effect.R.  Estimate, low, high at 0.95.  Noncentral limits: roots in the\n")
cat("# noncentrality of pt, pf, pchisq.  smd: Austin 2009; odds: glm(binomial), Wald; risk:\n")
cat("# Newcombe's method 10 from prop.test's Wilson limits; biserial: 2 auc - 1 and\n")
cat("# var(method = \"delong\") of pROC.\n")
cat("# sleep: Student 1908; plant: Dobson 1983; aSAH: Turck et al. 2010 (pROC's data);\n")
cat("# hair: Snee 1974 (HairEyeColor); berkeley: Bickel et al. 1975; smoking: Doll & Hill 1950,\n")
cat("# table IV (men); newcombe: printed in Newcombe 1998, Stat Med 17:873, table II.\n")

# The noncentrality at which cdf(ncp) = p, 0 if there is none; cdf falls in ncp.
invert <- function(cdf, p, interval, least = 0) {
  if (!is.na(least) && cdf(least) < p) return(least)
  uniroot(function(l) cdf(l) - p, interval, tol = 1e-12, maxiter = 10000)$root
}

two <- list(
  sleep = split(sleep$extra, sleep$group),
  plant = split(PlantGrowth$weight, PlantGrowth$group)[c("trt2", "trt1")],
  tooth = split(ToothGrowth$len, ToothGrowth$supp),
  three = list(c(1.5, 2.5), 4.25),
  few = list(c(1.1, 2.3), c(4.2, 4.9)),
  many = { set.seed(5); list(round(rnorm(300, 0.2), 2), round(rnorm(250), 2)) })
for (name in names(two)) {
  x <- two[[name]][[1]]
  y <- two[[name]][[2]]
  n1 <- length(x)
  n2 <- length(y)
  df <- n1 + n2 - 2
  put(paste0(name, ".1"), x)
  put(paste0(name, ".2"), y)
  smd <- (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2)
  put(paste0(name, ".smd"),
      smd + c(0, -1, 1) * qnorm(0.975) * sqrt(smd^2 / (2 * (n1 + n2)) + (n1 + n2) / (n1 * n2)))
  pooled <- sqrt((sum((x - mean(x))^2) + sum((y - mean(y))^2)) / df)
  d <- (mean(x) - mean(y)) / pooled
  root_n <- sqrt(n1 * n2 / (n1 + n2))
  J <- if (df > 1) exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2) else NA
  limit <- function(p) invert(function(l) pt(d * root_n, df, l), p, c(-30, 30), NA)
  put(paste0(name, ".hedges"),
      if (df > 1) J * c(d, limit(0.975) / root_n, limit(0.025) / root_n) else rep(NA, 3))
}

tables <- list(
  hair = margin.table(HairEyeColor, c(1, 2)),
  berkeley = margin.table(UCBAdmissions, c(2, 1)),
  smoking = matrix(c(647, 2, 622, 27), 2, byrow = TRUE),
  weak = matrix(c(10, 11, 12, 12, 11, 10), 2),
  even = matrix(c(10, 20, 30, 5, 10, 15), 2, byrow = TRUE),
  empty = matrix(c(5, 0, 9, 7, 0, 2, 3, 0, 8), 3, byrow = TRUE))
for (name in names(tables)) {
  t <- tables[[name]]
  used <- t[rowSums(t) > 0, colSums(t) > 0]
  chi <- unname(suppressWarnings(chisq.test(used, correct = FALSE))$statistic)
  df <- prod(dim(used) - 1)
  denominator <- sum(used) * (min(dim(used)) - 1)
  limit <- function(p) invert(function(l) pchisq(chi, df, l), p, c(0, 1500))
  low <- limit(0.975)
  put(paste0(name, ".dim"), dim(t))
  put(paste0(name, ".count"), t(t))
  put(paste0(name, ".cramer"),
      c(sqrt(chi / denominator), if (low > 0) sqrt((low + df) / denominator) else 0,
        min(1, sqrt((limit(0.025) + df) / denominator))))
}

f <- function(a) unlist(summary(a)[[1]][c("F value", "Df")])[c(1, 3, 4)]
tests <- list(
  plant = f(aov(weight ~ group, PlantGrowth)),
  insects = f(aov(count ~ spray, InsectSprays)),
  iris = f(aov(Sepal.Width ~ Species, iris)),
  none = c(0.3, 3, 40),
  less = c(0.01, 2, 60))
for (name in names(tests)) {
  t <- tests[[name]]
  limit <- function(p) invert(function(l) pf(t[1], t[2], t[3], l), p, c(0, 800))
  ncp <- c(limit(0.975), limit(0.025))
  put(paste0("eta.", name, ".f"), t)
  put(paste0("eta.", name),
      c(t[1] * t[2] / (t[1] * t[2] + t[3]), ncp / (ncp + t[2] + t[3] + 1)))
}

data(aSAH)
for (marker in c("s100b", "ndka", "wfns", "age")) {
  x <- as.numeric(aSAH[[marker]])
  r <- roc(aSAH$outcome, x, levels = c("Good", "Poor"), direction = "<")
  put(paste0("biserial.", marker, ".1"), sort(x[aSAH$outcome == "Poor"]))
  put(paste0("biserial.", marker, ".2"), sort(x[aSAH$outcome == "Good"]))
  half <- 2 * qnorm(0.975) * sqrt(var(r, method = "delong"))
  b <- 2 * as.numeric(r$auc) - 1
  put(paste0("biserial.", marker), c(b, max(-1, b - half), min(1, b + half)))
}

for (name in c("smoking", "berkeley")) {
  t <- tables[[name]]
  y <- cbind(t[, 1], t[, 2])
  g <- glm(y ~ c(1, 0), binomial, control = glm.control(epsilon = 1e-14, maxit = 100))
  put(paste0("odds.", name, ".count"), t(t))
  put(paste0("odds.", name), exp(c(coef(g)[2], suppressMessages(confint.default(g))[2, ])))
}

newcombe <- rbind(c(56, 70, 48, 80, 0.0524, 0.3339), c(9, 10, 3, 10, 0.1705, 0.8090),
                  c(6, 7, 2, 7, 0.0582, 0.8062), c(5, 56, 0, 29, -0.0381, 0.1926),
                  c(0, 10, 0, 20, -0.1611, 0.2775), c(0, 10, 0, 10, -0.2775, 0.2775),
                  c(10, 10, 0, 20, 0.6791, 1), c(10, 10, 0, 10, 0.6075, 1))
for (i in seq_len(nrow(newcombe))) {
  r <- newcombe[i, ]
  put(paste0("risk.", i, ".newcombe"), r)
  w <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int
  a <- w(r[1], r[2])
  b <- w(r[3], r[4])
  p <- r[1] / r[2]
  q <- r[3] / r[4]
  put(paste0("risk.", i), c(p - q, p - q - sqrt((p - a[1])^2 + (b[2] - q)^2),
                            p - q + sqrt((a[2] - p)^2 + (q - b[1])^2)))
}
