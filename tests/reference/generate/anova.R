# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/anova.tsv: one-way comparisons of R.
#   Rscript anova.R > ../anova.tsv
suppressPackageStartupMessages(library(car))
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}

cat("# One-way comparisons by", R.version.string, "and car",
    as.character(packageVersion("car")), "\n")
cat("# Made by generate/anova.R.  NAME.k: groups; NAME.1 ...: values, ascending.\n")
cat("# f: F, df, df2, P, SS between, SS within (aov); welch: F, df, df2, P (oneway.test);\n")
cat("# levene.mean, levene.median: F, df, df2, P (car::leveneTest); kruskal: H, df, P.\n")
cat("# Pairs (1,2), (1,3), ..., (2,3), ...: lsd.p (pairwise.t.test, pool.sd), the same for\n")
cat("# student.p, welch.p (pool.sd = FALSE); *.se, *.df, *.low, *.high, *.statistic by formula;\n")
cat("# tukey.hsd: difference, low, high of TukeyHSD, pair after pair (qtukey stops at 1e-4);\n")
cat("# tukey.*, games.*: the studentized range by quadrature in the script, ptukey beside;\n")
cat("# scheffe.*: pf, qf; dunn.*: from rank() by Dunn's (1964) formula with tie correction.\n")
cat("# plant: Dobson 1983; insects: Beall 1942; iris: Anderson 1935 (petal length); ozone:\n")
cat("# Chambers et al. 1983; chicks: Anonymous 1948; warp: Tippett 1950; all from R's datasets.\n")
cat("# mucociliary: Hollander & Wolfe 1973, p. 116, of which H = 0.77 is published.\n")

set.seed(1951)
samples <- list(
  plant = split(PlantGrowth$weight, PlantGrowth$group),
  insects = split(InsectSprays$count, InsectSprays$spray),
  iris = split(iris$Petal.Length, iris$Species),
  ozone = with(na.omit(airquality[c("Ozone", "Month")]), split(Ozone, Month)),
  chicks = split(chickwts$weight, chickwts$feed),
  warp = split(warpbreaks$breaks, warpbreaks$tension),
  mucociliary = list(c(2.9, 3.0, 2.5, 2.6, 3.2), c(3.8, 2.7, 4.0, 2.4), c(2.8, 3.4, 3.7, 2.2, 2.0)),
  two = list(round(rnorm(9), 2), round(rnorm(14, 1, 3), 2)),
  unequal = list(round(rnorm(4), 3), round(rnorm(40, 0.5, 4), 3), round(rnorm(15, 1, 0.3), 3)),
  apart = lapply(c(0, 7.6, 15.2), function(m) round(rnorm(120, m), 3)))

# Upper tail of the studentized range by the trapezoidal rule, which converges faster than any
# power on these analytic integrands: over z inside, over the logarithm of the SD outside.
# ptukey is too coarse for a judge: at q = 4.890578147813636, 3 means and 3.21343340191226 df
# it gives 0.0736054 for 0.0736048, and its tails below 1e-6 are off by 1e-10.
range_upper <- function(q, k, df) {
  z <- seq(-9, 9, by = 0.1)
  below <- pnorm(z)
  given_sd <- function(s)
    sum(0.1 * k * dnorm(z) * below^(k - 1) * -expm1((k - 1) * log1p(-pnorm(z - q * s) / below)))
  h <- 0.3 / sqrt(2 * df)
  u <- seq(-max(50 / df, 9 / sqrt(2 * df)), 4, by = h)
  f <- exp(df / 2 * log(df / 2) - lgamma(df / 2) + log(2) + df * u - df * exp(2 * u) / 2)
  used <- f > 1e-25
  sum(h * f[used] * vapply(exp(u[used]), given_sd, 0))
}
range_tail <- function(q, k, df) mapply(range_upper, q, k, df)
range_quantile <- function(level, k, df)
  uniroot(function(q) range_upper(q, k, df) - (1 - level), c(0.1, 200), tol = 1e-11)$root
pairs <- function(k) combn(k, 2)

for (name in names(samples)) {
  x <- lapply(samples[[name]], sort)
  names(x) <- NULL
  k <- length(x)
  n <- lengths(x)
  y <- unlist(x)
  g <- factor(rep(seq_len(k), n))
  put(paste0(name, ".k"), k)
  for (i in seq_len(k)) put(paste0(name, ".", i), x[[i]])

  a <- summary(aov(y ~ g))[[1]]
  put(paste0(name, ".f"), c(a[1, 4], a[1, 1], a[2, 1],
                            pf(a[1, 4], a[1, 1], a[2, 1], lower.tail = FALSE), a[1, 2], a[2, 2]))
  w <- oneway.test(y ~ g)
  put(paste0(name, ".welch"),
      c(w$statistic, w$parameter,
        pf(w$statistic, w$parameter[1], w$parameter[2], lower.tail = FALSE)))
  for (centre in c("mean", "median")) {
    l <- leveneTest(y, g, center = get(centre))
    put(paste0(name, ".levene.", centre), c(l[1, 2], l[1, 1], l[2, 1], l[1, 3]))
  }
  h <- kruskal.test(y, g)
  put(paste0(name, ".kruskal"), c(h$statistic, h$parameter, h$p.value))

  ij <- pairs(k)
  i <- ij[1, ]
  j <- ij[2, ]
  lower_triangle <- function(p) p[cbind(j - 1, i)]
  m <- sapply(x, mean)
  v <- sapply(x, var)
  d <- m[i] - m[j]
  df <- a[2, 1]
  se <- sqrt(a[2, 3] * (1 / n[i] + 1 / n[j]))
  put(paste0(name, ".difference"), d)
  put(paste0(name, ".pooled.se"), se)
  put(paste0(name, ".lsd.statistic"), d / se)
  put(paste0(name, ".lsd.p"),
      lower_triangle(pairwise.t.test(y, g, "none", pool.sd = TRUE)$p.value))
  put(paste0(name, ".lsd.low"), d - qt(0.975, df) * se)
  put(paste0(name, ".lsd.high"), d + qt(0.975, df) * se)

  hsd <- TukeyHSD(aov(y ~ g))$g
  put(paste0(name, ".tukey.hsd"), rbind(-hsd[, 1], -hsd[, 3], -hsd[, 2]))
  q <- abs(d) / se * sqrt(2)
  put(paste0(name, ".tukey.statistic"), q)
  put(paste0(name, ".tukey.p"), range_tail(q, k, df))
  put(paste0(name, ".tukey.ptukey"), ptukey(q, k, df, lower.tail = FALSE))
  put(paste0(name, ".tukey.low"), d - range_quantile(0.95, k, df) / sqrt(2) * se)
  put(paste0(name, ".tukey.high"), d + range_quantile(0.95, k, df) / sqrt(2) * se)

  f <- (d / se)^2 / (k - 1)
  put(paste0(name, ".scheffe.statistic"), f)
  put(paste0(name, ".scheffe.p"), pf(f, k - 1, df, lower.tail = FALSE))
  put(paste0(name, ".scheffe.low"), d - sqrt((k - 1) * qf(0.95, k - 1, df)) * se)
  put(paste0(name, ".scheffe.high"), d + sqrt((k - 1) * qf(0.95, k - 1, df)) * se)

  s <- v / n
  se <- sqrt(s[i] + s[j])
  df <- (s[i] + s[j])^2 / (s[i]^2 / (n[i] - 1) + s[j]^2 / (n[j] - 1))
  q <- abs(d) / se * sqrt(2)
  put(paste0(name, ".separate.se"), se)
  put(paste0(name, ".separate.df"), df)
  put(paste0(name, ".games.statistic"), q)
  put(paste0(name, ".games.p"), range_tail(q, k, df))
  put(paste0(name, ".games.ptukey"), ptukey(q, k, df, lower.tail = FALSE))
  half <- sapply(df, function(f) range_quantile(0.95, k, f)) / sqrt(2) * se
  put(paste0(name, ".games.low"), d - half)
  put(paste0(name, ".games.high"), d + half)

  tests <- function(var.equal)
    mapply(function(a, b) {
      t <- t.test(x[[a]], x[[b]], var.equal = var.equal)
      c(t$statistic, t$parameter, t$p.value, t$conf.int)
    }, i, j)
  put(paste0(name, ".student"), tests(TRUE))
  put(paste0(name, ".welch.pairs"), tests(FALSE))

  r <- rank(y)
  t <- as.numeric(table(y))
  N <- length(y)
  mean_rank <- tapply(r, g, mean)
  se <- sqrt((N * (N + 1) / 12 - sum(t^3 - t) / (12 * (N - 1))) * (1 / n[i] + 1 / n[j]))
  z <- (mean_rank[i] - mean_rank[j]) / se
  put(paste0(name, ".dunn.difference"), mean_rank[i] - mean_rank[j])
  put(paste0(name, ".dunn.statistic"), z)
  put(paste0(name, ".dunn.p"), 2 * pnorm(-abs(z)))
}
