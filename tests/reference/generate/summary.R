# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/summary.tsv: moments, quantiles and ranks of R.
#   Rscript summary.R > ../summary.tsv
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}

cat("# Moments, quantiles (types 6 and 7) and midranks by", R.version.string, "\n")
cat("# (mean, var, quantile, rank of base R); made by generate/summary.R.\n")
cat("# Samples: rivers (lengths in miles, McNeil 1977), precip (inches, McNeil 1977), Ozone of\n")
cat("# airquality (Chambers et al. 1983) from R's datasets; the others are generated.\n")

set.seed(20140517)
samples <- list(
  rivers = rivers,
  precip = as.vector(precip),
  ozone = airquality$Ozone[!is.na(airquality$Ozone)],
  lognormal = rlnorm(37),
  shifted = 1e9 + round(rnorm(50), 3),
  tied = sample(0:3, 60, TRUE),
  one = 3.25,
  two = c(7.5, -1),
  same = rep(0.1, 9))
p <- c(0, 0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 1/3, 0.4, 0.5, 0.6, 2/3, 0.75, 0.9, 0.95, 0.975,
       0.99, 0.999, 1)
put("p", p)
for (name in names(samples)) {
  x <- samples[[name]]
  put(paste0(name, ".x"), x)
  put(paste0(name, ".mean"), mean(x))
  put(paste0(name, ".variance"), var(x))
  put(paste0(name, ".type6"), quantile(x, p, type = 6, names = FALSE))
  put(paste0(name, ".type7"), quantile(x, p, type = 7, names = FALSE))
  put(paste0(name, ".rank"), rank(x))
  t <- as.numeric(table(x))
  put(paste0(name, ".ties"), sum(t^3 - t))
}
# Frequencies: the repeated sample.
x <- sort(round(rnorm(25), 1))
w <- sample(0:5, 25, TRUE)
r <- rep(x, w)
put("weighted.x", x)
put("weighted.weight", w)
put("weighted.mean", mean(r))
put("weighted.variance", var(r))
put("weighted.type6", quantile(r, p, type = 6, names = FALSE))
put("weighted.type7", quantile(r, p, type = 7, names = FALSE))
