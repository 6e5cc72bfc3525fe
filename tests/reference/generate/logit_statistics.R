# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/logit_statistics.tsv: what R says of logistic fits.
#   Rscript logit_statistics.R ../../../datasets > ../logit_statistics.tsv
suppressPackageStartupMessages(library(rms))
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}
datasets <- commandArgs(TRUE)[1]

cat("# Statistics of logistic fits: glm (epsilon 1e-14), rms", format(packageVersion("rms")),
    "lrm (eps 1e-12), Hmisc", format(packageVersion("Hmisc")), "somers2 and GiniMd,",
    R.version.string, "\n")
cat("# Made by generate/logit_statistics.R.  MODEL.x: the design, by column, intercept first.\n")
cat("# MODEL.lrm.*: as lrm gives them; it counts concordance in bins of 0.002 of the risk, exact\n")
cat("# only where no two risks share a bin (model factors).  MODEL.all_pairs: concordant and\n")
cat("# discordant pairs of an event and a non-event, all compared one by one.\n")
gbsg <- read.csv(file.path(datasets, "gbsg.csv"))
gbsg <- gbsg[!is.na(gbsg$event5), ]
gbsg$y <- gbsg$event5
gbsg$grade <- factor(gbsg$grade)
wisconsin <- read.csv(file.path(datasets, "wisconsin.csv"))
wisconsin$y <- as.numeric(wisconsin$diagnosis == "malignant")
asah <- read.csv(file.path(datasets, "asah.csv"))
asah$y <- as.numeric(asah$outcome == "poor")

model <- function(name, formula, data) {
  fit <- glm(formula, binomial, data, control = glm.control(epsilon = 1e-14, maxit = 100))
  x <- model.matrix(fit)
  y <- fit$y
  n <- length(y)
  eta <- fit$linear.predictors
  put(paste0(name, ".n"), n)
  put(paste0(name, ".x"), as.numeric(x))
  put(paste0(name, ".y"), y)
  l <- as.numeric(logLik(fit))
  l0 <- -fit$null.deviance / 2
  lr <- fit$null.deviance - fit$deviance
  put(paste0(name, ".loglik"), l)
  put(paste0(name, ".deviance"), deviance(fit))
  put(paste0(name, ".aic"), AIC(fit))
  put(paste0(name, ".bic"), BIC(fit))
  put(paste0(name, ".lr"), lr)
  put(paste0(name, ".lr_p"), pchisq(lr, ncol(x) - 1, lower.tail = FALSE))
  put(paste0(name, ".cox_snell"), 1 - exp(-lr / n))
  put(paste0(name, ".mcfadden"), 1 - l / l0)
  s <- somers2(eta, y)
  put(paste0(name, ".auc"), s["C"])
  put(paste0(name, ".dxy"), s["Dxy"])
  put(paste0(name, ".g"), GiniMd(eta))
  put(paste0(name, ".gp"), GiniMd(fitted(fit)))
  put(paste0(name, ".brier"), mean((fitted(fit) - y)^2))
  sign <- sign(outer(eta[y == 1], eta[y == 0], "-"))
  put(paste0(name, ".all_pairs"), c(sum(sign > 0), sum(sign < 0)))
  by_lrm <- lrm.fit(x[, -1], y, eps = 1e-12, maxit = 50)$stats
  for (what in c("Model L.R.", "P", "R2", "Brier", "g", "gp", "C", "Dxy", "Gamma", "Tau-a"))
    put(paste0(name, ".lrm.", what), by_lrm[[what]])
}
model("gbsg", y ~ age + meno + size + grade + nodes + pgr + er + hormon, gbsg)
model("factors", y ~ grade + size, gbsg)
model("wisconsin", y ~ texture_mean + smoothness_mean + I(area_mean / 100), wisconsin)
model("asah", y ~ age + factor(wfns) + ndka, asah)
