# SPDX-License-Identifier: GPL-3.0-or-later
# Two samples: t, Mann-Whitney, Kolmogorov-Smirnov, Hodges-Lehmann.
# Rscript two_sample.R > ../two_sample.tsv
suppressMessages(library(coin))
options(warn = -1)

cat("# Two-sample tests: t.test, wilcox.test, pwilcox, ks.test of stats; wilcox_test of coin\n")
cat("# for z and for the exact distribution with ties.\n")
cat("# ", R.version.string, ", coin ", format(packageVersion("coin")), "\n", sep = "")
cat("# script: generate/two_sample.R\n")
cat("# CASE.t: difference, std. error, t, df, P, limits; CASE.wilcox: W, z, P, P corrected;\n")
cat("# CASE.hodges: estimate, limits (exact); pwilcox.*: u, n1, n2, P(U <= u)\n")

show <- function(key, values) {
  text <- ifelse(is.na(values), "NA", sprintf("%.17g", values))
  cat(key, "\t", paste(text, collapse = " "), "\n", sep = "")
}

t_values <- function(x1, x2, equal) {
  r <- t.test(x1, x2, var.equal = equal)
  c(mean(x1) - mean(x2), r$stderr, r$statistic, r$parameter, r$p.value, r$conf.int)
}

two <- function(name, x1, x2) {
  x1 <- sort(x1)
  x2 <- sort(x2)
  show(paste0(name, ".x1"), x1)
  show(paste0(name, ".x2"), x2)
  show(paste0(name, ".student"), t_values(x1, x2, TRUE))
  show(paste0(name, ".welch"), t_values(x1, x2, FALSE))
  data <- data.frame(x = c(x1, x2),
                     g = factor(rep(c("a", "b"), c(length(x1), length(x2)))))
  plain <- wilcox.test(x1, x2, exact = FALSE, correct = FALSE)
  corrected <- wilcox.test(x1, x2, exact = FALSE, correct = TRUE)
  z <- statistic(wilcox_test(x ~ g, data), type = "standardized")
  show(paste0(name, ".wilcox"), c(plain$statistic, z, plain$p.value, corrected$p.value))
  ties <- anyDuplicated(data$x) > 0
  n_pairs <- length(x1) * length(x2)
  if (ties && length(x1) + length(x2) <= 110)
    show(paste0(name, ".exact"), pvalue(wilcox_test(x ~ g, data, distribution = "exact")))
  if (!ties && n_pairs <= 10000)
    show(paste0(name, ".exact"), wilcox.test(x1, x2, exact = TRUE)$p.value)
  if (!ties && length(x1) <= 50 && length(x2) <= 50) {
    r <- wilcox.test(x1, x2, exact = TRUE, conf.int = TRUE)
    show(paste0(name, ".hodges"), c(r$estimate, r$conf.int))
    r <- wilcox.test(x1, x2, exact = TRUE, conf.int = TRUE, conf.level = 0.9)
    show(paste0(name, ".hodges90"), c(r$estimate, r$conf.int))
  }
  r <- ks.test(x1, x2)
  show(paste0(name, ".ks"), c(r$statistic, r$p.value, n_pairs < 10000))
}

# Student (1908), after Cushny & Peebles: extra hours of sleep.
two("sleep", sleep$extra[sleep$group == 1], sleep$extra[sleep$group == 2])
# Hollander & Wolfe (1973), p. 69: permeability of chorioamnion.
two("permeability", c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46),
    c(1.15, 0.88, 0.90, 0.74, 1.21))
# Bergmann, Ludbrook & Spooren (2000), American Statistician 54, 72: rotarod endurance.
two("rotarod", rotarod$time[rotarod$group == "control"],
    rotarod$time[rotarod$group == "treatment"])
# Schroeer & Trenkler (1995): the exact Smirnov distribution with ties.
two("smirnov", c(1, 2, 2, 3, 3), c(1, 2, 3, 3, 4, 5))

set.seed(20)
two("small", round(rnorm(7), 6), round(rnorm(5) + 1, 6))
two("unequal", round(rnorm(15, 10, 1), 6), round(rnorm(20, 11, 4), 6))
two("rounded", round(rnorm(30) * 2), round(rnorm(25) * 3 + 1))
two("coarse", round(rexp(60)), round(rexp(50) * 1.7))
two("even", round(rnorm(40), 6), round(rnorm(49) + 0.2, 6))
two("fifty", round(rnorm(50), 6), round(rnorm(50) + 0.7, 6))
two("apart", (1:50) / 1000, 30 + (1:50) / 1000)
two("hundred", round(rnorm(100), 6), round(rnorm(90) + 1.2, 6))
two("large", round(rnorm(300), 6), round(rnorm(250) * 1.2 + 0.1, 6))
two("large.rounded", round(rnorm(400), 1), round(rnorm(350) + 0.1, 1))

for (case in list(c(0, 5, 5), c(13, 8, 8), c(3, 4, 9), c(100, 20, 20), c(200, 20, 20),
                  c(17, 30, 30), c(600, 35, 45), c(900, 50, 50), c(1249, 50, 50),
                  c(10, 50, 50), c(5, 1, 12), c(700, 12, 90), c(30, 3, 40)))
  show(paste(c("pwilcox", case), collapse = "."),
       c(case, pwilcox(case[1], case[2], case[3])))
