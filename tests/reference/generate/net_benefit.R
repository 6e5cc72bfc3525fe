# SPDX-License-Identifier: GPL-3.0-or-later
# Net benefit of a logistic model on the Wisconsin data.
# Rscript net_benefit.R > ../net_benefit.tsv
arguments <- commandArgs(FALSE)
here <- dirname(sub("^--file=", "", grep("^--file=", arguments, value = TRUE)))
data <- read.csv(file.path(here, "../../../datasets/wisconsin.csv"))

cat("# Net benefit after the definitions of Vickers & Elkin (2006) as the package dcurves has\n")
cat("# them (rates of true and false positives by way of conditional probabilities and the\n")
cat("# prevalence) and of rmda (standardized), in plain R; risks of a glm on the Wisconsin data,\n")
cat("# rounded to two digits, so that many lie on a threshold.\n")
cat("# ", R.version.string, "\n", sep = "")
cat("# script: generate/net_benefit.R\n")

show <- function(key, values) {
  text <- ifelse(is.na(values), "NA", sprintf("%.17g", values))
  cat(key, "\t", paste(text, collapse = " "), "\n", sep = "")
}

y <- as.numeric(data$diagnosis == "malignant")
risk <- round(fitted(glm(y ~ radius_mean + texture_mean, binomial, data)), 2)
thresholds <- seq(1, 99, 7) / 100
curve <- function(prevalence) sapply(thresholds, function(t) {
  positive <- risk >= t
  tp_rate <- mean(positive[y == 1]) * prevalence
  fp_rate <- mean(positive[y == 0]) * (1 - prevalence)
  tp_rate - t / (1 - t) * fp_rate
})
prevalence <- mean(y)
all <- prevalence - thresholds / (1 - thresholds) * (1 - prevalence)
show("risk", risk)
show("y", y)
show("thresholds", thresholds)
show("net_benefit", curve(prevalence))
show("net_benefit_prevalence", curve(0.1))
show("standardized", curve(prevalence) / prevalence)
show("avoided", (curve(prevalence) - all) / (thresholds / (1 - thresholds)) * 100)
