# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/multiplicity.tsv: adjusted P values of R.
#   Rscript multiplicity.R > ../multiplicity.tsv
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}

cat("# Adjusted P values by p.adjust of", R.version.string, "\n")
cat("# (Sidak, which it lacks, as -expm1(m log1p(-p))); made by generate/multiplicity.R.\n")
cat("# hochberg_benjamini: the 15 P values of Benjamini & Hochberg 1995, J R Stat Soc B 57:289,\n")
cat("# section 4 (myocardial infarction, Neuhaus et al. 1992), of which BH rejects 4 at 0.05 and\n")
cat("# Bonferroni 3.\n")

set.seed(7)
sets <- list(
  hochberg_benjamini = c(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459,
                         0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
  shuffled = sample(c(runif(12)^3, 0.04, 0.04, 0.04)),
  tiny = c(1e-300, 0.5, 3e-17, 1e-300, 2.5e-180, 0.9, 4e-9),
  missing = c(0.03, NA, 0.001, NA, 0.2, 0.04),
  none = rep(NA_real_, 3),
  ends = c(0, 1, 0, 1, 0.5),
  single = 0.04)
sidak <- function(p) -expm1(sum(!is.na(p)) * log1p(-p))
for (name in names(sets)) {
  p <- sets[[name]]
  put(paste0(name, ".p"), p)
  for (method in c("none", "bonferroni", "holm", "hochberg", "BH"))
    put(paste0(name, ".", tolower(method)), p.adjust(p, method))
  put(paste0(name, ".sidak"), sidak(p))
}
