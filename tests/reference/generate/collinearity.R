# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/collinearity.tsv: variance inflation by car, rms and lm.
#   Rscript collinearity.R ../../../datasets > ../collinearity.tsv
suppressPackageStartupMessages(library(rms))
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}
datasets <- commandArgs(TRUE)[1]

cat("# Variance inflation: car", format(packageVersion("car")), "vif, rms",
    format(packageVersion("rms")), "vif, and lm,", R.version.string, "\n")
cat("# Made by generate/collinearity.R.  MODEL.x: the design, by column, intercept first, n rows;\n")
cat("# MODEL.sizes: columns of each term; MODEL.covariance: of the coefficients (glm, epsilon\n")
cat("# 1e-14); MODEL.gvif: car::vif; MODEL.column: rms::vif; MODEL.ols: 1/(1 - R^2) by lm of\n")
cat("# each column on the others; MODEL.ols_gvif: car::vif of a linear model.\n")
gbsg <- read.csv(file.path(datasets, "gbsg.csv"))
gbsg <- gbsg[!is.na(gbsg$event5), ]
gbsg$grade <- factor(gbsg$grade)
wisconsin <- read.csv(file.path(datasets, "wisconsin.csv"))
wisconsin$y <- as.numeric(wisconsin$diagnosis == "malignant")
control <- glm.control(epsilon = 1e-14, maxit = 100)

model <- function(name, formula, data) {
  fit <- glm(formula, binomial, data, control = control)
  x <- model.matrix(fit)
  sizes <- tabulate(attr(x, "assign"))
  put(paste0(name, ".n"), nrow(x))
  put(paste0(name, ".x"), as.numeric(x))
  put(paste0(name, ".sizes"), sizes)
  put(paste0(name, ".covariance"), as.numeric(vcov(fit)))
  gvif <- car::vif(fit)
  put(paste0(name, ".gvif"), if (is.matrix(gvif)) gvif[, 1] else gvif)
  class(fit) <- c("Glm", "rms", class(fit))
  fit$non.slopes <- 1
  put(paste0(name, ".column"), rms::vif(fit))
  others <- function(j) summary(lm(x[, j] ~ x[, -c(1, j)]))$r.squared
  put(paste0(name, ".ols"), 1 / (1 - sapply(2:ncol(x), others)))
  set.seed(1)
  data$noise <- rnorm(nrow(data))
  gvif <- car::vif(lm(update(formula, noise ~ .), data))
  put(paste0(name, ".ols_gvif"), if (is.matrix(gvif)) gvif[, 1] else gvif)
}
model("gbsg", event5 ~ age + meno + size + grade + nodes + pgr + er + hormon, gbsg)
model("spline", event5 ~ rcs(age, c(35, 46, 54, 64)) + meno + grade + rcs(nodes, c(1, 3, 9)), gbsg)
model("wisconsin", y ~ radius_mean + texture_mean + perimeter_mean + smoothness_mean, wisconsin)
model("two", y ~ texture_mean + smoothness_mean, wisconsin)
