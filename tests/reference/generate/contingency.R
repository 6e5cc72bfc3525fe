# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/contingency.tsv: chi-square tests of R.
#   Rscript contingency.R > ../contingency.tsv
put <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n", sep = "")

cat("# Tests of tables of counts by", R.version.string, "\n")
cat("# Made by generate/contingency.R.  NAME.table: rows, columns, counts by row.\n")
cat("# pearson, yates: X-squared, df, P (chisq.test); g: G, df, P by 2 sum O log(O/E), pchisq,\n")
cat("# and log1p for digits;\n")
cat("# linear: (n-1) r^2, P, r by cor() of the rows written out, or by cov.wt() above a million\n")
cat("# rows; trend: X-squared, P (prop.trend.test); z: z, P (prop.test uncorrected, its root\n")
cat("# with the sign of the difference).  expected: the least, and percent below 5.\n")
cat("# job: Agresti 2002, Categorical Data Analysis, table 2.8; smokers: Fleiss 1981, p. 139;\n")
cat("# berkeley: Bickel et al. 1975; hair: Snee 1974; esophagus: Breslow & Day 1980.\n")

trend_scores <- list()
tables <- list(
  job = matrix(c(1, 2, 1, 0, 3, 3, 6, 1, 10, 10, 14, 9, 6, 7, 12, 11), 4),
  smokers = rbind(c(83, 90, 129, 70), c(3, 3, 7, 12)),
  berkeley = unname(apply(UCBAdmissions, c(1, 2), sum)),
  hair = unname(apply(HairEyeColor, c(1, 2), sum)),
  esophagus = with(esoph, rbind(tapply(ncases, agegp, sum), tapply(ncontrols, agegp, sum))),
  tic = rbind(c(9, 10, 8), c(14, 25, 9), c(11, 20, 32)),
  margin = rbind(c(25, 29, 28), c(9, 26, 21)),
  small = rbind(c(3, 1), c(1, 3)),
  near = rbind(c(10, 10), c(10, 11)),
  even = rbind(c(10, 20), c(15, 30)),
  large = rbind(c(500123456, 499876544), c(250012345, 249987655)),
  far = rbind(c(400, 3, 2), c(5, 500, 1), c(2, 7, 300)),
  tiny = rbind(c(350, 160), c(20, 640)),
  thin = rbind(c(0, 5, 0, 7), c(2, 0, 0, 9), c(1, 1, 0, 3)))
set.seed(1900)
for (i in 1:6) tables[[paste0("random", i)]] <- matrix(rpois(4 * (i + 1), 3 * i), i + 1)

linear <- function(x) {
  i <- row(x); j <- col(x)
  r <- if (sum(x) < 1e6) cor(rep(i, x), rep(j, x)) else
    cov.wt(cbind(c(i), c(j)), c(x) / sum(x), cor = TRUE)$cor[1, 2]
  statistic <- (sum(x) - 1) * r^2
  c(statistic, pchisq(statistic, 1, lower.tail = FALSE), r)
}
for (name in names(tables)) {
  x <- tables[[name]]
  put(paste0(name, ".table"), c(dim(x), t(x)))
  kept <- x[rowSums(x) > 0, colSums(x) > 0]
  test <- suppressWarnings(chisq.test(kept, correct = FALSE))
  put(paste0(name, ".pearson"), c(test$statistic, test$parameter, test$p.value))
  put(paste0(name, ".expected"), c(min(test$expected), 100 * mean(test$expected < 5)))
  if (all(dim(kept) == 2)) {
    test <- suppressWarnings(chisq.test(kept, correct = TRUE))
    put(paste0(name, ".yates"), c(test$statistic, test$parameter, test$p.value))
    test <- suppressWarnings(prop.test(kept, correct = FALSE))
    put(paste0(name, ".z"),
        c(sign(diff(-test$estimate)) * sqrt(test$statistic), test$p.value))
  }
  e <- outer(rowSums(kept), colSums(kept)) / sum(kept)
  g <- 2 * sum(ifelse(kept > 0, kept * log1p((kept - e) / e), 0))
  df <- prod(dim(kept) - 1)
  put(paste0(name, ".g"), c(g, df, pchisq(g, df, lower.tail = FALSE)))
  put(paste0(name, ".linear"), linear(x))
  if (nrow(x) == 2) {
    test <- prop.trend.test(x[1, ], colSums(x), score = seq_len(ncol(x)))
    put(paste0(name, ".trend"), c(test$statistic, test$p.value))
    score <- seq_len(ncol(x))^2
    test <- prop.trend.test(x[1, ], colSums(x), score = score)
    put(paste0(name, ".trend.square"), c(test$statistic, test$p.value))
  }
}
