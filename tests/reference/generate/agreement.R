# SPDX-License-Identifier: GPL-3.0-or-later
# Readers' agreement: intraclass correlation, limits of agreement, kappa.
# Rscript agreement.R datasets > ../agreement.tsv
suppressMessages(library(psych))
suppressMessages(library(vcd))
options(warn = -1)
folder <- commandArgs(trailingOnly = TRUE)[1]

cat("# Agreement: psych::ICC(lmer = FALSE) for estimates, F, df and limits; pf for P (psych has\n")
cat("# -expm1(pf(log.p = TRUE)), which is 0 below 1e-16); t.test and cor.test for limits of\n")
cat("# agreement; psych::cohen.kappa and vcd::Kappa (weighted standard errors: psych's are not\n")
cat("# those of Fleiss, Cohen & Everitt); the formulas of Gwet (2008) and of Fleiss, Nee &\n")
cat("# Landis (1979) as they stand there.\n")
cat("# ", R.version.string, ", psych ", format(packageVersion("psych")), ", vcd ",
    format(packageVersion("vcd")), "\n", sep = "")
cat("# script: generate/agreement.R\n")
cat("# CASE.x: readings by subject; CASE.shape: subjects, readers; CASE.anova: MSB, MSJ, MSE,\n")
cat("# MSW; CASE.icc, .icc90: ICC1 ICC2 ICC3 ICC1k ICC2k ICC3k, each estimate F df1 df2 P low\n")
cat("# high; CASE.ba: of the first two readers n, bias, its limits, SD, t, P, lower limit and\n")
cat("# its limits, upper limit and its limits, correlation of difference and mean, P.\n")
cat("# TABLE.count: by row; TABLE.cohen, .linear, .quadratic: kappa, SE, SE under no agreement;\n")
cat("# TALLY.tally: by subject; TALLY.shape: subjects, categories, readers; TALLY.fleiss: kappa,\n")
cat("# SE, limits, null SE; TALLY.ac1: AC1, SE, limits, t, P\n")

show <- function(key, values) {
  text <- ifelse(is.na(values), "NA", sprintf("%.17g", values))
  cat(key, "\t", paste(text, collapse = " "), "\n", sep = "")
}

icc_values <- function(x, alpha) {
  r <- ICC(x, lmer = FALSE, alpha = alpha)$results
  p <- pf(r$F, r$df1, r$df2, lower.tail = FALSE)
  as.vector(t(cbind(r$ICC, r$F, r$df1, r$df2, p, r[["lower bound"]], r[["upper bound"]])))
}

bland_altman <- function(x, y, multiplier) {
  d <- x - y
  n <- length(d)
  test <- t.test(x, y, paired = TRUE)
  half <- qt(0.975, n - 1) * sd(d) * sqrt(3 / n)
  low <- mean(d) - multiplier * sd(d)
  high <- mean(d) + multiplier * sd(d)
  r <- if (n > 2) cor.test(d, (x + y) / 2) else list(estimate = NA, p.value = NA)
  c(n, mean(d), test$conf.int, sd(d), test$statistic, test$p.value, low, low - half, low + half,
    high, high - half, high + half, r$estimate, r$p.value)
}

readings <- function(name, x) {
  x <- unname(as.matrix(x))
  show(paste0(name, ".x"), as.vector(t(x)))
  show(paste0(name, ".shape"), dim(x))
  # About the first reading: a common offset costs aov its digits.
  y <- x - x[1, 1]
  n <- nrow(y)
  k <- ncol(y)
  b <- k * sum((rowMeans(y) - mean(y))^2) / (n - 1)
  j <- n * sum((colMeans(y) - mean(y))^2) / (k - 1)
  residual <- sum((y - outer(rowMeans(y), colMeans(y), "+") + mean(y))^2)
  show(paste0(name, ".anova"),
       c(b, j, residual / ((n - 1) * (k - 1)), (residual + (k - 1) * j) / (n * (k - 1))))
  show(paste0(name, ".icc"), icc_values(y, 0.05))
  show(paste0(name, ".icc90"), icc_values(y, 0.1))
  show(paste0(name, ".ba"), bland_altman(x[, 1], x[, 2], qnorm(0.975)))
  show(paste0(name, ".ba2"), bland_altman(x[, 1], x[, 2], 2))
}

null_error <- function(count, w) {
  p <- count / sum(count)
  row <- rowSums(p)
  column <- colSums(p)
  expected <- sum(w * outer(row, column))
  means <- outer(as.vector(w %*% column), as.vector(t(w) %*% row), "+")
  sqrt((sum(outer(row, column) * (w - means)^2) - expected^2) / sum(count)) / (1 - expected)
}

table2 <- function(name, count) {
  q <- nrow(count)
  show(paste0(name, ".count"), as.vector(t(count)))
  distance <- abs(outer(1:q, 1:q, "-")) / (q - 1)
  plain <- cohen.kappa(count)
  show(paste0(name, ".cohen"), c(plain$kappa, sqrt(plain$var.kappa), null_error(count, diag(q))))
  for (power in 1:2) {
    w <- 1 - distance^power
    stopifnot(all.equal(cohen.kappa(count, w = w)$weighted.kappa,
                        Kappa(count, weights = w)$Weighted[[1]]))
    show(paste0(name, if (power == 1) ".linear" else ".quadratic"),
         c(cohen.kappa(count, w = w)$weighted.kappa, Kappa(count, weights = w)$Weighted[[2]],
           null_error(count, w)))
  }
}

tally <- function(name, r) {
  n <- nrow(r)
  q <- ncol(r)
  k <- sum(r[1, ])
  show(paste0(name, ".tally"), as.vector(t(r)))
  show(paste0(name, ".shape"), c(n, q, k))
  share <- colMeans(r) / k
  own <- rowSums(r * (r - 1)) / (k * (k - 1))
  linearized <- function(expected, expected_own) {
    estimate <- (mean(own) - expected) / (1 - expected)
    each <- (own - expected) / (1 - expected) -
      2 * (1 - estimate) * (expected_own - expected) / (1 - expected)
    error <- sqrt(sum((each - estimate)^2) / (n - 1) / n)
    c(estimate, error, estimate + c(-1, 1) * qt(0.975, n - 1) * error)
  }
  fleiss <- linearized(sum(share^2), as.vector(r %*% share) / k)
  pq <- sum(share * (1 - share))
  null <- sqrt(2 / (n * k * (k - 1) * pq^2) *
                 (pq^2 - sum(share * (1 - share) * (1 - 2 * share))))
  show(paste0(name, ".fleiss"), c(fleiss, null))
  ac1 <- linearized(sum(share * (1 - share)) / (q - 1), as.vector(r %*% (1 - share)) / k / (q - 1))
  t <- ac1[1] / ac1[2]
  show(paste0(name, ".ac1"), c(ac1, t, 2 * pt(-abs(t), n - 1)))
}

tally_of <- function(ratings, q) t(apply(ratings, 1, function(x) tabulate(x, q)))

# Shrout & Fleiss (1979), Table 2.
readings("shrout", matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4,
                            7), ncol = 4, byrow = TRUE))
# Bland & Altman (1986): the first readings of two peak flow meters; the Mini Wright twice.
flow <- read.csv(file.path(folder, "peakflow.csv"))
readings("peakflow", flow[, c("wright_1", "mini_1")])
readings("mini", flow[, c("mini_1", "mini_2")])
# Two observers, 43 persons, first replicate; one observer's three replicates.
fat <- read.csv(file.path(folder, "fat.csv"))
by_observer <- function(value) {
  first <- fat[fat$replicate == 1, ]
  first <- first[order(first$id), ]
  sapply(c("KL", "SL"), function(who) first[first$observer == who, value])
}
readings("subcutaneous", by_observer("subcutaneous"))
readings("visceral", by_observer("visceral"))
one <- fat[fat$observer == "KL", ]
readings("replicates", matrix(one$visceral[order(one$id, one$replicate)], ncol = 3, byrow = TRUE))

set.seed(8)
truth <- rnorm(40, 1, 0.2)
# Readings that hardly differ: P far below R's usual limit.
readings("close", sapply(1:3, function(j) truth + rnorm(40, 0, 1e-4)))
# A reader who reads high; no relation at all (a negative coefficient); a common offset.
readings("biased", cbind(truth, truth + 0.1) + rnorm(80, 0, 0.05))
readings("unrelated", matrix(rnorm(60), ncol = 3))
readings("offset", 1e6 + round(matrix(rnorm(30, 5, 2) + rnorm(60, 0, 0.5), ncol = 2), 2))
readings("opposite", { x <- rnorm(12); cbind(x, -x + rnorm(12, 0, 0.3)) })
readings("two.subjects", matrix(c(1, 2, 4, 1.5, 2.25, 3), ncol = 3, byrow = TRUE))
readings("many.readers", matrix(rnorm(8), 8, 12) + rep(rnorm(12, 0, 0.3), each = 8) + rnorm(96))

# Fleiss, Cohen & Everitt (1969); Westlund & Kurland (1953); Gwet (2014), pregnancies.
table2("fleiss69", matrix(c(106, 10, 4, 22, 28, 10, 2, 12, 6), 3, byrow = TRUE))
table2("winnipeg", matrix(c(38, 5, 0, 1, 33, 11, 3, 0, 10, 14, 5, 6, 3, 7, 3, 10), 4, byrow = TRUE))
table2("orleans", matrix(c(5, 3, 0, 0, 3, 11, 4, 0, 2, 13, 3, 4, 1, 2, 4, 14), 4, byrow = TRUE))
table2("pregnancies", matrix(c(13, 0, 0, 0, 20, 7, 0, 4, 56), 3, byrow = TRUE))
table2("binary", matrix(c(40, 9, 6, 45), 2, byrow = TRUE))
table2("opposed", matrix(c(2, 20, 18, 3), 2, byrow = TRUE))
slides <- as.matrix(read.csv(file.path(folder, "cervix.csv"))[, -1])
table2("cervix", unclass(table(factor(slides[, 1], 1:5), factor(slides[, 2], 1:5))))

# Fleiss (1971), 15 of the 30 patients, as in irrCAC; seven pathologists; two of them; three
# categories of which one is rare.
patients <- c("00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040",
              "00006", "10050", "11040", "03300", "10050", "02031")
tally("patients", t(sapply(strsplit(patients, ""), as.numeric)))
tally("cervix7", tally_of(slides, 5))
tally("cervix2", tally_of(slides[, 1:2], 5))
tally("rare", tally_of(matrix(sample(3, 120, TRUE, c(0.9, 0.08, 0.02)), ncol = 4), 3))
