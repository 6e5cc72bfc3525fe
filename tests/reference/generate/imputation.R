# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/imputation.tsv: chained equations by mice (two minutes).
#   Rscript imputation.R ../../../datasets > ../imputation.tsv
suppressPackageStartupMessages({library(mice); library(nnet)})
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}
datasets <- commandArgs(TRUE)[1]
cat("# Multiple imputation by mice", format(packageVersion("mice")), ", nnet",
    format(packageVersion("nnet")), ",", R.version.string, "\n")
cat("# Made by generate/imputation.R.  augmented.*: x (60 x 3 by column, mean 0, SD 1), a binary\n")
cat("# and a three-level y; glm and multinom on the rows and weights of mice's augment();\n")
cat("# coefficients, for levels 2 and 3 by level; covariance of the binary fit.\n")
cat("# rotterdam.*: every 7th patient with known event5: age, nodes, log(pgr + 1), size (0-2),\n")
cat("# grade (0-1), event5; values deleted at random given event5 and age, by column.\n")
cat("# Logistic regression of event5 on (intercept) age nodes log.pgr size1 size2 grade1:\n")
cat("# .full before the deletion, .complete of complete cases, .pooled, .within and .between of\n")
cat("# m = 200 imputations (pmm, logreg, polyreg; 10 iterations): coefficients, mean variances,\n")
cat("# variances between.\n")
set.seed(20240502)

augment <- getFromNamespace("augment", "mice")
n <- 60
x <- matrix(rnorm(3 * n), n)
x[, 3] <- as.numeric(x[, 3] + x[, 1] > 0)
y3 <- 1 + (x[, 1] + rnorm(n) > 0) + (x[, 2] + rnorm(n) > 0.5)
x <- scale(x)
y2 <- as.numeric(y3 > 1)
put("augmented.x", as.numeric(x))
put("augmented.y2", y2)
put("augmented.y3", y3 - 1)
rows <- rep(TRUE, n)
a <- augment(y2, rows, x, !rows)
fit <- glm.fit(cbind(1, as.matrix(a$x)), a$y, a$w, family = quasibinomial(),
               control = glm.control(epsilon = 1e-14, maxit = 100))
put("augmented.binary", coef(fit))
put("augmented.covariance", as.numeric(summary.glm(fit)$cov.unscaled))
a <- augment(factor(y3), rows, x, !rows)
fit <- multinom(a$y ~ as.matrix(a$x), weights = a$w, trace = FALSE, maxit = 5000, reltol = 1e-15,
                abstol = 0)
put("augmented.multinomial", as.numeric(t(coef(fit))))

r <- read.csv(file.path(datasets, "rotterdam.csv"))
r <- r[!is.na(r$event5), ]
r <- r[seq(1, nrow(r), 7), ]
d <- with(r, data.frame(age, nodes, log.pgr = log(pgr + 1),
                        size = factor(match(size, c("<=20", "20-50", ">50")) - 1),
                        grade = factor(grade - 2), event5 = factor(event5)))
n <- nrow(d)
model <- function(data) glm(event5 ~ age + nodes + log.pgr + size + grade, binomial, data)
put("rotterdam.n", n)
put("rotterdam.full", coef(model(d)))
event <- as.numeric(d$event5) - 1
chance <- plogis(-2.2 + 1.6 * event * (d$age > 55) + 0.4 * (1 - event))
drop <- function() runif(n) < chance
d$nodes[drop()] <- NA
d$log.pgr[drop()] <- NA
d$size[drop()] <- NA
d$grade[drop()] <- NA
d$age[runif(n) < 0.08] <- NA
for (name in names(d))
  put(paste0("rotterdam.", name), as.numeric(as.character(d[[name]])))
put("rotterdam.complete", coef(model(d)))
m <- 200
imputed <- mice(d, m = m, maxit = 10, seed = 11, printFlag = FALSE)
fits <- lapply(complete(imputed, "all"), model)
q <- sapply(fits, coef)
put("rotterdam.pooled", rowMeans(q))
put("rotterdam.within", rowMeans(sapply(fits, function(f) diag(vcov(f)))))
put("rotterdam.between", apply(q, 1, var))
