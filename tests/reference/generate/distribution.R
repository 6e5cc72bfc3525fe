# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/distribution.tsv: what R's own distribution functions give.
# Where R is known to be less exact than the tests ask, the values are left out here and
# stand in distribution_exact.tsv: ptukey far out (rounding noise below 1e-10), pt with a
# noncentrality above 37 (another approximation).
options(warn = 2)
line <- function(key, ...) cat(key, "\t", paste(sprintf("%.17g", c(...)), collapse = " "), "\n",
                               sep = "")
cat("# R's distribution functions, for src/stats/distribution.h\n")
cat("#", R.version.string, "\n")
cat("# tests/reference/generate/distribution.R\n")
cat("# normal: z lower upper; t: df t lower upper; f: df1 df2 f lower upper;\n")
cat("# chi.square: df x lower upper; beta: a b x lower upper; quantile.*: parameters p value;\n")
cat("# studentized.range: q k df upper; noncentral.*: parameters ncp x lower;\n")
cat("# binomial.interval: k n level low high; wilson.interval: the same;\n")
cat("# kolmogorov: n d upper (exact); kolmogorov.limit: lambda upper;\n")
cat("# student.sleep: t df p low high; berkeley.chi.square: chi-square df p\n")

n <- 0
for (z in c(-38, -10, -1.5, -1e-9, 0, 0.3, 1.96, 5, 12.3, 37.5)) {
  line(sprintf("normal.%d", n), z, pnorm(z), pnorm(z, lower.tail = FALSE))
  n <- n + 1
}
n <- 0
for (df in c(0.3, 1, 2, 3.7, 12, 98, 1234.5, 1e5, 1e7, Inf))
  for (t in c(-1e10, -40, -7.7, -2.1, -0.3, 0, 1e-5, 1, 1.98, 4.4, 21, 1e3, 1e10)) {
    both <- c(pt(t, df), pt(t, df, lower.tail = FALSE))
    if (min(both) > 1e-300) {
      line(sprintf("t.%d", n), df, t, both)
      n <- n + 1
    }
  }
n <- 0
for (df1 in c(0.3, 1, 2, 5.5, 60, 1e4, 1e7, Inf))
  for (df2 in c(0.3, 1, 3, 12.5, 150, 1e5, 1e7, Inf))
    for (f in c(1e-20, 1e-4, 0.1, 0.9, 1, 1.05, 2, 7, 1e3, 1e20)) {
      if (is.infinite(df1) && is.infinite(df2)) next
      both <- c(pf(f, df1, df2), pf(f, df1, df2, lower.tail = FALSE))
      if (min(both) > 1e-300) {
        line(sprintf("f.%d", n), df1, df2, f, both)
        n <- n + 1
      }
    }
n <- 0
for (df in c(0.3, 1, 2, 4.5, 30, 333, 1e5, 1e7))
  for (ratio in c(1e-9, 0.01, 0.5, 0.99, 1, 1.01, 1.4, 4, 30, 300)) {
    x <- df * ratio
    both <- c(pchisq(x, df), pchisq(x, df, lower.tail = FALSE))
    if (min(both) > 1e-300) {
      line(sprintf("chi.square.%d", n), df, x, both)
      n <- n + 1
    }
  }
n <- 0
for (a in c(0.2, 1, 3.5, 80, 3000))
  for (b in c(0.4, 1, 10, 700))
    for (x in c(1e-6, 0.2, 0.7, 0.999)) {
      both <- c(pbeta(x, a, b), pbeta(x, a, b, lower.tail = FALSE))
      if (min(both) > 1e-300) {
        line(sprintf("beta.%d", n), a, b, x, both)
        n <- n + 1
      }
    }

probability <- c(1e-200, 1e-12, 0.001, 0.025, 0.3, 0.49, 0.5, 0.51, 0.8, 0.95, 0.975, 0.9999)
n <- 0
for (p in probability) {
  line(sprintf("quantile.normal.%d", n), p, qnorm(p))
  n <- n + 1
}
n <- 0
for (df in c(1, 2, 4.3, 30, 1000, 1e6)) for (p in probability[-1]) {
  line(sprintf("quantile.t.%d", n), df, p, qt(p, df))
  n <- n + 1
}
n <- 0
# qf goes through 1/qbeta - 1 and loses digits where that cancels, 3e-7 of p at (0.001, 1, 1e4):
# only values that pf gives back are kept.
for (df1 in c(1, 3, 40)) for (df2 in c(2, 17.5, 1e4)) for (p in probability[-1]) {
  f <- qf(p, df1, df2)
  if (abs(pf(f, df1, df2) / p - 1) < 1e-12) {
    line(sprintf("quantile.f.%d", n), df1, df2, p, f)
    n <- n + 1
  }
}
n <- 0
for (df in c(0.5, 1, 6, 100, 1e5)) for (p in probability[-1]) {
  line(sprintf("quantile.chi.square.%d", n), df, p, qchisq(p, df))
  n <- n + 1
}

n <- 0
for (k in c(2, 3, 6, 20)) for (df in c(5, 12, 60, 1000, Inf)) for (q in c(0.2, 1, 3, 4.5, 6.5)) {
  upper <- ptukey(q, k, df, lower.tail = FALSE)
  if (upper > 1e-4) {
    line(sprintf("studentized.range.%d", n), q, k, df, upper)
    n <- n + 1
  }
}

n <- 0
for (df in c(3, 18, 120, 5000)) for (ncp in c(-3, 0.4, 2, 9, 30)) for (z in c(-3, -1, 0, 1, 3)) {
  t <- ncp + z * sqrt(1 + ncp^2 / (2 * df))
  p <- pt(t, df, ncp)
  if (p > 0.001 && p < 0.999) {
    line(sprintf("noncentral.t.%d", n), df, ncp, t, p)
    n <- n + 1
  }
}
n <- 0
for (df in c(1, 2, 7.5, 100)) for (ncp in c(0.2, 3, 50, 1000)) for (z in c(-2, -0.5, 0, 1, 3)) {
  x <- df + ncp + z * sqrt(2 * df + 4 * ncp)
  if (x > 0 && pchisq(x, df, ncp) > 0.001) {
    line(sprintf("noncentral.chi.square.%d", n), df, ncp, x, pchisq(x, df, ncp))
    n <- n + 1
  }
}
n <- 0
for (df1 in c(1, 3, 12)) for (df2 in c(8, 97, 2000)) for (ncp in c(0.2, 6, 80))
  for (ratio in c(0.5, 1, 1.6)) {
    f <- (1 + ncp / df1) * ratio
    line(sprintf("noncentral.f.%d", n), df1, df2, ncp, f, pf(f, df1, df2, ncp))
    n <- n + 1
  }

n <- 0
for (kn in list(c(0, 1), c(1, 1), c(0, 20), c(1, 20), c(7, 20), c(20, 20), c(49, 144),
                c(3, 5000), c(99999, 1e5)))
  for (level in c(0.9, 0.95, 0.999)) {
    interval <- binom.test(kn[1], kn[2], conf.level = level)$conf.int
    line(sprintf("binomial.interval.%d", n), kn, level, interval)
    wilson <- suppressWarnings(prop.test(kn[1], kn[2], conf.level = level, correct = FALSE))
    line(sprintf("wilson.interval.%d", n), kn, level, wilson$conf.int)
    n <- n + 1
  }

n <- 0
for (size in c(1, 2, 5, 12, 40, 99, 200)) for (c in c(0.5, 0.8, 1.1, 1.36, 1.9)) {
  d <- c / sqrt(size)
  if (d < 1) {
    upper <- 1 - .Call(stats:::C_pKolmogorov2x, d, size)
    line(sprintf("kolmogorov.%d", n), size, d, upper)
    n <- n + 1
  }
}
n <- 0
for (lambda in c(0.3, 0.5, 0.9, 1, 1.2, 1.3581, 2, 3.5)) {
  line(sprintf("kolmogorov.limit.%d", n), lambda, 1 - .Call(stats:::C_pKS2, lambda, 1e-15))
  n <- n + 1
}

# Student (1908), Biometrika 6, 1-25: the sleep data, paired.
sleeping <- t.test(sleep$extra[sleep$group == 1] - sleep$extra[sleep$group == 2])
line("student.sleep", sleeping$statistic, sleeping$parameter, sleeping$p.value, sleeping$conf.int)
# Bickel, Hammel & O'Connell (1975), Science 187, 398-404: admissions at Berkeley by sex.
berkeley <- chisq.test(margin.table(UCBAdmissions, c(1, 2)), correct = FALSE)
line("berkeley.chi.square", berkeley$statistic, berkeley$parameter, berkeley$p.value)
