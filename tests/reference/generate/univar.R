# SPDX-License-Identifier: GPL-3.0-or-later
# her2-univar as a whole: what R gives for every variable of the real cohorts, routed as
# the profiles route it.
#
#   Rscript tests/reference/generate/univar.R DATASETS >tests/reference/univar.tsv
#
# One line a number: dataset/profile/variable/quantity.
suppressPackageStartupMessages({library(nortest); library(car)})
directory <- commandArgs(trailingOnly = TRUE)[1]
cat("# her2-univar on the real cohorts\n")
cat(sprintf("# %s, nortest %s, car %s\n", R.version.string, packageVersion("nortest"),
            packageVersion("car")))
cat("# tests/reference/generate/univar.R\n")
put <- function(key, value)
  cat(key, "\t", paste(sprintf("%.17g", value), collapse = " "), "\n", sep = "")

normal_in_all <- function(x, g, test)
  all(tapply(x, g, function(v) {
    if (length(v) < 5 || sd(v) == 0) return(FALSE)
    p <- if (test == "shapiro") shapiro.test(v)$p.value else lillie.test(v)$p.value
    p >= 0.05
  }))

fisher_needed <- function(t, profile) {
  e <- suppressWarnings(chisq.test(t)$expected)
  if (profile == "r") any(e < 5) else mean(e < 5) > 0.2 || any(e < 1)
}

one <- function(key, x, g, profile, force = FALSE) {
  keep <- !is.na(x) & !is.na(g)
  x <- x[keep]; g <- droplevels(g[keep]); k <- nlevels(g)
  if (is.factor(x)) {
    t <- table(droplevels(x), g)
    if (fisher_needed(t, profile)) {
      put(paste0(key, "/fisher/p"), fisher.test(t, workspace = 2e7)$p.value)
    } else {
      r <- chisq.test(t, correct = profile == "r")
      put(paste0(key, "/chisq/p"), r$p.value)
      put(paste0(key, "/chisq/statistic"), r$statistic)
    }
    return(invisible())
  }
  type <- if (profile == "r") 7 else 6
  for (l in levels(g)) {
    v <- x[g == l]
    put(paste0(key, "/summary/", l),
        c(mean(v), sd(v), median(v), quantile(v, c(.25, .75), type = type)))
  }
  lev <- leveneTest(x, g, center = if (profile == "r") median else mean)
  put(paste0(key, "/levene/p"), lev[["Pr(>F)"]][1])
  if (force || normal_in_all(x, g, if (profile == "r") "shapiro" else "lilliefors")) {
    if (k == 2) {
      r <- t.test(x ~ g, var.equal = profile != "r")
      name <- if (profile == "r") "welch" else "t"
      put(paste0(key, "/", name, "/statistic"), r$statistic)
    } else {
      r <- oneway.test(x ~ g, var.equal = profile != "r")
      name <- if (profile == "r") "welch-anova" else "anova"
      put(paste0(key, "/", name, "/statistic"), r$statistic)
      pt <- pairwise.t.test(x, g, p.adjust.method = if (profile == "r") "holm" else "none")
      m <- pt$p.value
      put(paste0(key, "/pairs"), t(m)[upper.tri(t(m), diag = TRUE)][order_pairs(k)])
    }
    put(paste0(key, "/", name, "/p"), r$p.value)
  } else if (k == 2) {
    n <- table(g)
    exact <- !any(duplicated(x)) && (if (profile == "r") all(n < 50) else all(n <= 20))
    r <- suppressWarnings(wilcox.test(x ~ g, exact = exact, correct = profile == "r"))
    put(paste0(key, "/mannwhitney/statistic"), r$statistic)
    put(paste0(key, "/mannwhitney/p"), r$p.value)
  } else {
    r <- kruskal.test(x, g)
    put(paste0(key, "/kruskal/statistic"), r$statistic)
    put(paste0(key, "/kruskal/p"), r$p.value)
    if (profile == "study") {
      p <- c()
      for (a in 1:(k - 1)) for (b in (a + 1):k) {
        l <- levels(g)
        xa <- x[g == l[a]]; xb <- x[g == l[b]]
        exact <- !any(duplicated(c(xa, xb))) && length(xa) <= 20 && length(xb) <= 20
        p <- c(p, suppressWarnings(wilcox.test(xa, xb, exact = exact, correct = FALSE)$p.value))
      }
      put(paste0(key, "/pairs"), p)
    }
  }
}
# pairwise.t.test gives a lower triangle by rows 2..k, columns 1..k-1; ours are (1,2), (1,3),
# (2,3) and so on by the first group.
order_pairs <- function(k) {
  position <- matrix(NA, k - 1, k - 1)
  index <- 0
  for (column in 1:(k - 1)) for (row in 1:column) { index <- index + 1; position[row, column] <- index }
  o <- c()
  for (a in 1:(k - 1)) for (b in a:(k - 1)) o <- c(o, position[a, b])
  o
}

read <- function(name) read.csv(file.path(directory, name), stringsAsFactors = TRUE)
wisconsin <- read("wisconsin.csv")
rotterdam <- read("rotterdam.csv")
gbsg <- read("gbsg.csv")
asah <- read("asah.csv")
asah$wfns_group <- factor(ifelse(asah$wfns > 3, 4, asah$wfns))

for (profile in c("study", "r")) {
  for (v in setdiff(names(wisconsin), c("id", "diagnosis")))
    one(paste("wisconsin", profile, v, sep = "/"), wisconsin[[v]], wisconsin$diagnosis, profile)
  for (v in c("age", "meno", "size", "nodes", "pgr", "er", "hormon", "chemo"))
    one(paste("rotterdam", profile, v, sep = "/"), rotterdam[[v]], factor(rotterdam$grade), profile)
  for (v in c("age", "meno", "size", "size_mm", "nodes", "pgr", "er", "hormon"))
    one(paste("gbsg", profile, v, sep = "/"), gbsg[[v]], factor(gbsg$grade), profile)
  for (v in c("age", "gender", "s100b", "ndka", "outcome"))
    one(paste("asah", profile, v, sep = "/"), asah[[v]], factor(asah$wfns), profile)
  for (v in c("age", "size_mm", "nodes", "pgr", "er"))
    one(paste("gbsg_normal", profile, v, sep = "/"), gbsg[[v]], factor(gbsg$grade), profile, TRUE)
  for (v in c("age", "s100b", "ndka"))
    one(paste("asah_normal", profile, v, sep = "/"), asah[[v]], factor(asah$wfns), profile, TRUE)
  for (v in c("age", "gender", "s100b", "ndka"))
    one(paste("asah_outcome", profile, v, sep = "/"), asah[[v]], asah$outcome, profile)
}
