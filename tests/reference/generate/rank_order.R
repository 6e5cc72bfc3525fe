# SPDX-License-Identifier: GPL-3.0-or-later
# Spearman's correlation, with ties and missing values.
#
#   Rscript tests/reference/generate/rank_order.R > tests/reference/rank_order.tsv
write <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n",
      sep = "")
cat("# Spearman's rank correlation: cor(x, y, method = \"spearman\", use = \"complete.obs\")\n")
cat("# ", R.version.string, "\n", sep = "")
cat("# tests/reference/generate/rank_order.R\n")
set.seed(19820311)
x <- round(rnorm(40), 3)
cases <- list(
  plain = list(x, round(0.6 * x + rnorm(40), 3)),
  ties = list(round(x), round(0.5 * x + rnorm(40))),
  missing = list(replace(x, c(3, 17), NA), replace(round(-x + rnorm(40), 2), c(5, 17, 40), NA)),
  levels = list(rbinom(40, 1, 0.4), round(x, 1)))
for (name in names(cases)) {
  write(paste0(name, ".x"), cases[[name]][[1]])
  write(paste0(name, ".y"), cases[[name]][[2]])
  write(paste0(name, ".rho"),
        cor(cases[[name]][[1]], cases[[name]][[2]], method = "spearman", use = "complete.obs"))
}
