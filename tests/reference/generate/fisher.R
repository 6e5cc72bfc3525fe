# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/fisher.tsv: Fisher's exact test of R.
#   Rscript fisher.R > ../fisher.tsv        (half a minute)
put <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n", sep = "")

cat("# Fisher's exact test by", R.version.string, "\n")
cat("# Made by generate/fisher.R.\n")
cat("# two.NAME: a b c d, P (fisher.test), odds ratio and 0.95 limits as roots of fisher.test's\n")
cat("# equations on the log scale (tol 1e-15), then odds ratio and limits as fisher.test\n")
cat("# prints them: its uniroot stops at 1.2e-4 of the odds ratio or of its inverse.\n")
cat("# table.NAME: rows, columns, P (fisher.test), counts by row.\n")
cat("# tea: Fisher 1935; convictions: Fisher 1962 (both in R's help); job: Agresti 2002, table\n")
cat("# 2.8; mehta: Mehta & Patel 1983, JASA 78, sixth example (R's help).\n")

two <- function(name, x) {
  x <- matrix(x, 2, byrow = TRUE)
  f <- fisher.test(x)
  m <- sum(x[, 1]); n <- sum(x[, 2]); k <- sum(x[1, ]); x0 <- x[1, 1]
  support <- max(0, k - n):min(k, m)
  h <- dhyper(support, m, n, k, log = TRUE)
  density <- function(t) {
    d <- h + t * support
    d <- exp(d - max(d))
    d / sum(d)
  }
  crude <- log((x[1, 1] + 0.5) * (x[2, 2] + 0.5) / (x[1, 2] + 0.5) / (x[2, 1] + 0.5))
  root <- function(g)
    exp(uniroot(g, crude + c(-0.5, 0.5), tol = 1e-15, extendInt = "yes", maxiter = 9999)$root)
  first <- x0 == support[1]
  last <- x0 == support[length(support)]
  or <- if (first) 0 else if (last) Inf else root(function(t) sum((support - x0) * density(t)))
  low <- if (first) 0 else
    root(function(t) log(max(sum(density(t)[support >= x0]), 1e-300)) - log(0.025))
  high <- if (last) Inf else
    root(function(t) log(0.025) - log(max(sum(density(t)[support <= x0]), 1e-300)))
  put(paste0("two.", name),
      c(t(x), f$p.value, or, low, high, f$estimate, f$conf.int[1], f$conf.int[2]))
}
two("tea", c(3, 1, 1, 3))
two("convictions", c(2, 10, 15, 3))
two("zero", c(0, 5, 7, 3))
two("corner", c(4, 0, 0, 9))
two("last", c(8, 0, 3, 6))
two("one", c(1, 0, 0, 1))
two("even", c(10, 10, 10, 10))
two("margin", c(54, 28, 47, 9))
two("er", c(58, 32, 31, 17))
two("hundreds", c(350, 160, 20, 640))
two("thousands", c(4100, 3900, 5200, 6100))
two("far", c(1500, 300, 200, 1400))
two("farther", c(300, 60, 40, 500))
two("edge", c(700, 60, 60, 560))
two("rare", c(12, 999988, 31, 999969))
two("million", c(500500, 499500, 499000, 501000))
two("millions", c(503000, 497000, 491000, 509000))
set.seed(1935)
for (i in 1:60) {
  n <- c(12, 40, 150, 1000)[i %% 4 + 1]
  repeat {
    x <- rmultinom(1, n, rexp(4)^1.2)
    if (min(x[1] + x[2], x[3] + x[4], x[1] + x[3], x[2] + x[4]) > 0) break
  }
  two(paste0("random", i), x)
}

table <- function(name, x)
  put(paste0("table.", name), c(dim(x), fisher.test(x, workspace = 2e7)$p.value, t(x)))
table("job", matrix(c(1, 2, 1, 0, 3, 3, 6, 1, 10, 10, 14, 9, 6, 7, 12, 11), 4))
table("mehta", rbind(c(1, 2, 2, 1, 1, 0, 1), c(2, 0, 0, 2, 3, 0, 0), c(0, 1, 1, 1, 2, 7, 3),
                     c(1, 1, 2, 0, 0, 0, 1), c(0, 1, 1, 1, 1, 0, 0)))
table("tic", rbind(c(9, 10, 8), c(14, 25, 9), c(11, 20, 32)))
table("margin", rbind(c(25, 29, 28), c(9, 26, 21)))
table("associated", rbind(c(40, 2, 1), c(3, 45, 2), c(1, 2, 42)))
table("diagonal", diag(c(40, 45, 53)))
table("sixty", rbind(c(2, 1, 3, 4, 0, 2), c(1, 4, 2, 0, 3, 1), c(5, 0, 1, 2, 2, 3),
                     c(0, 2, 4, 1, 3, 2), c(3, 1, 0, 5, 1, 2)))
table("spread", rbind(c(6, 0, 1, 0, 2, 1), c(1, 5, 1, 3, 0, 2), c(0, 4, 3, 0, 4, 1),
                      c(3, 0, 6, 2, 0, 3), c(0, 2, 0, 5, 1, 4)))
shapes <- list(c(2, 3, 138), c(3, 3, 138), c(2, 5, 90), c(3, 4, 100), c(4, 4, 60), c(5, 6, 35),
               c(2, 8, 60), c(3, 6, 50), c(6, 6, 30), c(7, 3, 60), c(5, 2, 138), c(3, 3, 20))
set.seed(1983)
for (i in 1:96) {
  shape <- shapes[[(i - 1) %% length(shapes) + 1]]
  repeat {
    p <- outer(runif(shape[1], 0.3, 1.5), runif(shape[2], 0.3, 1.5)) *
      exp((i %% 5) / 2.5 * outer(seq(-1, 1, length = shape[1]), seq(-1, 1, length = shape[2])))
    x <- matrix(rmultinom(1, shape[3], p), shape[1])
    if (all(rowSums(x) > 0) && all(colSums(x) > 0)) break
  }
  table(paste0("random", i), x)
}
