# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/slope_bound.tsv: logistic fits of R beside the summaries of their data.
#   Rscript slope_bound.R > ../slope_bound.tsv
put <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n", sep = "")
control <- glm.control(epsilon = 1e-14, maxit = 100)

cat("# Logistic fits by", R.version.string, "\n")
cat("# Made by generate/slope_bound.R, glm(epsilon = 1e-14).\n")
cat("# dataI: n, mean, SD of the events; of the others; slope, its SE, signed root of the score\n")
cat("# statistic (anova, test = Rao: good to 1e-7, its null fit is one step short), the same as\n")
cat("# cor(x, y) sqrt(n), SE beside two covariates, profile limits (MASS::confint).\n")
cat("# factorI.count: levels x 2, events first; factorI.fit: log OR of level 2 against 1, SE, z, P;\n")
cat("# joint Wald, P (its quadratic form); LR, P (drop1); score, P (anova, test = Rao).\n")
cat("# factorI.half: log odds ratio with 1/2 added to each count (a fit by glm to those counts).\n")
set.seed(1972)
for (i in 1:40) {
  n <- sample(c(20, 40, 90, 200), 1)
  x <- switch(i %% 4 + 1, rnorm(n, 50, 10), rexp(n), rt(n, 2), sample(0:3, n, TRUE))
  z <- (x - mean(x)) / sd(x)
  repeat {
    y <- rbinom(n, 1, plogis(runif(1, -1, 1) + runif(1, -1, 1) * z))
    if (min(table(factor(y, 0:1))) >= 5) break
  }
  u <- rnorm(n) + z / 2; v <- rbinom(n, 1, 0.4)
  fit <- glm(y ~ x, binomial, control = control)
  more <- suppressWarnings(glm(y ~ x + u + v, binomial, control = control))
  null <- glm(y ~ 1, binomial, control = control)
  rao <- anova(null, fit, test = "Rao")$Rao[2]
  limits <- suppressMessages(tryCatch(confint(fit)["x", ], error = function(e) c(NA, NA)))
  a <- x[y == 1]; b <- x[y == 0]
  put(paste0("data", i), c(length(a), mean(a), sd(a), length(b), mean(b), sd(b),
    summary(fit)$coefficients["x", 1:2], sign(mean(a) - mean(b)) * sqrt(rao),
    cor(x, y) * sqrt(n),
    summary(more)$coefficients["x", 2], limits))
}
for (i in 1:20) {
  k <- i %% 3 + 2
  count <- matrix(rpois(2 * k, 12) + 1, k)
  level <- factor(1:k)
  fit <- glm(count ~ level, binomial, control = control)
  null <- glm(count ~ 1, binomial, control = control)
  co <- summary(fit)$coefficients
  b <- coef(fit)[-1]; W <- drop(t(b) %*% solve(vcov(fit)[-1, -1]) %*% b)
  lr <- null$deviance - fit$deviance
  rao <- anova(null, fit, test = "Rao")$Rao[2]
  put(paste0("factor", i, ".count"), t(count))
  put(paste0("factor", i, ".fit"), c(co[2, ], W, pchisq(W, k - 1, lower.tail = FALSE),
    lr, pchisq(lr, k - 1, lower.tail = FALSE), rao, pchisq(rao, k - 1, lower.tail = FALSE)))
  half <- suppressWarnings(glm(count + 0.5 ~ level, binomial, control = control))
  put(paste0("factor", i, ".half"), coef(half)[2])
}
