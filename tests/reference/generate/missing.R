# SPDX-License-Identifier: GPL-3.0-or-later
# her2-univar --missing: counts, patterns, tests between groups and comparisons of rows without
# and with a variable, by base R.
#
#   Rscript tests/reference/generate/missing.R DATASETS >tests/reference/missing.tsv
#
# Data: R's airquality (New York, 1973; Chambers et al. 1983), written out row by row; GBSG from
# the folder of the data sets; nhanes (Schafer 1997, Analysis of Incomplete Multivariate Data,
# table 6.14), whose patterns van Buuren (2018, Flexible Imputation of Missing Data, 4.1) prints.
directory <- commandArgs(trailingOnly = TRUE)[1]
cat("# her2-univar --missing: airquality, GBSG, nhanes\n")
cat(sprintf("# %s\n", R.version.string))
cat("# tests/reference/generate/missing.R\n")
put <- function(key, value)
  cat(key, "\t", paste(sprintf("%.17g", value), collapse = " "), "\n", sep = "")

fisher_needed <- function(t, profile) {
  e <- suppressWarnings(chisq.test(t)$expected)
  if (profile == "r") any(e < 5) else mean(e < 5) > 0.2 || any(e < 1)
}

# P and name of the test of a table, by the profile's rule.
test_table <- function(t, profile) {
  t <- t[rowSums(t) > 0, colSums(t) > 0, drop = FALSE]
  if (nrow(t) < 2 || ncol(t) < 2) return(NULL)
  if (fisher_needed(t, profile))
    return(list(name = "fisher", p = fisher.test(t, workspace = 2e7)$p.value))
  r <- chisq.test(t, correct = profile == "r")
  list(name = "chisq", p = r$p.value, statistic = unname(r$statistic))
}

test_values <- function(x, missing, profile) {
  x1 <- x[missing & !is.na(x)]; x2 <- x[!missing & !is.na(x)]
  if (is.numeric(x) && length(unique(x[!is.na(x)])) > 2) {
    if (!length(x1) || !length(x2)) return(NULL)
    r <- suppressWarnings(
      if (profile == "r") wilcox.test(x1, x2)
      else wilcox.test(x1, x2, correct = FALSE,
                       exact = length(x1) <= 20 && length(x2) <= 20 && !anyDuplicated(c(x1, x2))))
    return(list(name = "mannwhitney", p = r$p.value, statistic = unname(r$statistic)))
  }
  test_table(table(x, missing), profile)
}

put_test <- function(key, r) {
  if (is.null(r)) return(invisible())
  put(paste0(key, "/", r$name, "/p"), r$p)
  if (!is.null(r$statistic)) put(paste0(key, "/", r$name, "/statistic"), r$statistic)
}

one <- function(name, d, outcome, variables, profile) {
  g <- if (is.null(outcome)) NULL else factor(d[[outcome]])
  v <- d[variables]
  key <- function(...) paste(name, profile, ..., sep = "/")
  if (profile == "study") {
    items <- d[c(outcome, variables)]
    for (i in names(items)) put(key("count", i, "overall"), sum(is.na(items[[i]])))
    put(key("complete", "overall"), sum(complete.cases(items)))
    for (l in levels(g)) {
      for (i in variables) put(key("count", i, l), sum(is.na(v[[i]])[which(g == l)]))
      put(key("complete", l), sum(complete.cases(v)[which(g == l)]))
    }
    p <- apply(is.na(items), 1, function(m) paste(names(items)[m], collapse = "+"))
    n <- table(p)
    for (k in seq_along(n))
      put(key("pattern", if (names(n)[k] == "") "none" else names(n)[k]), n[[k]])
  }
  if (!is.null(g)) {
    states <- c(lapply(v, is.na), list(any = !complete.cases(v)))
    for (i in names(states)) {
      t <- table(states[[i]], g)
      put_test(key("test", i), test_table(t, profile))
      if (nlevels(g) < 3 || nrow(t) < 2) next
      p <- c()
      for (a in 1:(nlevels(g) - 1)) for (b in (a + 1):nlevels(g)) {
        r <- test_table(t[, c(a, b)], profile)
        p <- c(p, if (is.null(r)) NA else r$p)
      }
      put(key("pairs", i), if (profile == "r") p.adjust(p, "holm") else p)
    }
  }
  p <- c(); names_of <- c()
  for (i in c(outcome, variables)) {
    missing <- is.na(d[[i]])
    if (!any(missing)) next
    for (j in setdiff(variables, i)) {
      r <- test_values(v[[j]], missing, profile)
      put_test(key("compare", i, j), r)
      p <- c(p, if (is.null(r)) NA else r$p)
      names_of <- c(names_of, paste(i, j, sep = "/"))
    }
  }
  if (length(p)) {
    holm <- p.adjust(p, "holm")
    for (k in which(!is.na(p))) put(key("holm", names_of[k]), holm[k])
  }
}

write_data <- function(name, d) {
  cat("data/", name, "/0\t", paste(names(d), collapse = " "), "\n", sep = "")
  for (i in seq_len(nrow(d)))
    cat("data/", name, "/", i, "\t",
        paste(ifelse(is.na(d[i, ]), "NA", sprintf("%.15g", unlist(d[i, ]))), collapse = " "), "\n",
        sep = "")
}

air <- airquality[c("Month", "Ozone", "Solar.R", "Wind", "Temp")]
write_data("air", air)
nhanes <- data.frame(
  age = c(1, 2, 1, 3, 1, 3, 1, 1, 2, 2, 1, 2, 3, 2, 1, 1, 3, 2, 1, 3, 1, 1, 1, 3, 2),
  bmi = c(NA, 22.7, NA, NA, 20.4, NA, 22.5, 30.1, 22, NA, NA, NA, 21.7, 28.7, 29.6, NA, 27.2, 26.3,
          35.3, 25.5, NA, 33.2, 27.5, 24.9, 27.4),
  hyp = c(NA, 1, 1, NA, 1, NA, 1, 1, 1, NA, NA, NA, 1, 2, 1, NA, 2, 2, 1, 2, NA, 1, 1, 1, 1),
  chl = c(NA, 187, 187, NA, 113, 184, 118, 187, 238, NA, NA, NA, 206, 204, NA, NA, 284, 199, 218, NA,
          NA, 229, 131, NA, 186))
write_data("nhanes", nhanes)
# As printed by van Buuren: complete, chl, bmi, bmi and hyp, all three.
stopifnot(identical(c(13L, 3L, 1L, 1L, 7L), as.integer(table(factor(
  apply(is.na(nhanes), 1, function(m) paste(names(nhanes)[m], collapse = "+")),
  c("", "chl", "bmi", "bmi+hyp", "bmi+hyp+chl"))))))
gbsg <- read.csv(file.path(directory, "gbsg.csv"))

for (profile in c("study", "r")) {
  one("air", air, "Month", c("Ozone", "Solar.R", "Wind", "Temp"), profile)
  one("nhanes", nhanes, NULL, c("age", "bmi", "hyp", "chl"), profile)
  one("nhanes_age", nhanes, "age", c("bmi", "hyp", "chl"), profile)
  one("gbsg_grade", gbsg, "grade", c("event5", "age", "meno", "nodes", "pgr", "hormon"), profile)
  one("gbsg_event", gbsg, "event5", c("age", "meno", "size", "size_mm", "grade", "nodes", "pgr", "er",
                                      "hormon"), profile)
}
