# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/mean_range.tsv: tests of R on data with given n, mean and SD.
#   Rscript mean_range.R > ../mean_range.tsv
put <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n", sep = "")
cat("# Tests of means by", R.version.string, "\n")
cat("# Made by generate/mean_range.R: samples shifted and scaled to the means and SDs of the key.\n")
cat("# NAME.summary: n, mean, SD a group; anova: F, df2, P; welch: F, df2, P (oneway.test);\n")
cat("# lsd: P of pairs 1-2, 1-3, 2-3 (pairwise.t.test, pooled); student, welch.t: the same (t.test);\n")
cat("# tukey: the same (TukeyHSD); pooled: mean, SD, sum of squares of all rows.\n")
set.seed(11)
studies <- list(age = c(34, 45.31, 11.25, 55, 42.67, 9.89, 49, 48.34, 11.35),
                t2 = c(34, 81.8, 24.31, 55, 76.3, 7.63, 49, 84.7, 13.40),
                small = c(5, 1.2, 0.4, 7, 2.1, 0.9, 6, 1.9, 0.3))
for (name in names(studies)) {
  s <- matrix(studies[[name]], 3, byrow = TRUE)
  x <- unlist(lapply(1:3, function(i) { z <- rnorm(s[i, 1]); s[i, 2] + s[i, 3] * (z - mean(z)) / sd(z) }))
  g <- factor(rep(1:3, s[, 1]))
  put(paste0(name, ".summary"), t(s))
  a <- oneway.test(x ~ g, var.equal = TRUE); w <- oneway.test(x ~ g)
  put(paste0(name, ".anova"), c(a$statistic, a$parameter[2], a$p.value))
  put(paste0(name, ".welch"), c(w$statistic, w$parameter[2], w$p.value))
  lsd <- pairwise.t.test(x, g, p.adjust.method = "none")$p.value
  put(paste0(name, ".lsd"), lsd[lower.tri(lsd, TRUE)])
  pair <- function(equal) sapply(list(1:2, c(1, 3), 2:3), function(k)
    t.test(x[g == k[1]], x[g == k[2]], var.equal = equal)$p.value)
  put(paste0(name, ".student"), pair(TRUE))
  put(paste0(name, ".welch.t"), pair(FALSE))
  put(paste0(name, ".tukey"), TukeyHSD(aov(x ~ g))$g[, 4])
  put(paste0(name, ".pooled"), c(mean(x), sd(x), sum((x - mean(x))^2)))
}
