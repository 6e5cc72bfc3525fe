# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/firth.tsv: penalized likelihood, and maximum likelihood at infinity.
#   Rscript firth.R > ../firth.tsv
library(brglm2)
put <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n", sep = "")

cat("# Firth's logistic regression by brglm2", format(packageVersion("brglm2")), "(type AS_mean, epsilon\n")
cat("# 1e-14) of", R.version.string, ".  Made by generate/firth.R.\n")
cat("# NAME.x: rows, columns, values by column; .y; .weight: frequencies (brglm2 was given the\n")
cat("# repeated rows); .coefficient, .covariance; .penalized: l + log det(X'WX)/2 there.\n")
cat("# .lrJ: statistic, P of coefficient J (from 1) being 0; .profileJ: level, limits: the\n")
cat("# penalized likelihood with the penalty of all columns, written out below, maximized by\n")
cat("# scoring until the score is zero, of several maxima the highest found, roots by uniroot.\n")
cat("# .joint: columns, statistic, P.\n")
cat("# .flic: intercept by glm with the other terms as offset.\n")
cat("# endometrial: Heinze & Schemper 2002, Stat Med 21:2409, from brglm2.\n")
cat("# .ml.loglik: the bound of the log likelihood (glm's drift); .mlJ: limits of the profile\n")
cat("# likelihood of coefficient J by uniroot on glm's deviance, NA for an infinite one.\n")

information <- function(x, w, eta) crossprod(x * sqrt(w * dlogis(eta)))
penalized <- function(b, x, y, w) {
  eta <- drop(x %*% b)
  l <- sum(w * ifelse(y == 1, plogis(eta, log.p = TRUE),
                      plogis(eta, lower.tail = FALSE, log.p = TRUE)))
  l + as.numeric(determinant(information(x, w, eta))$modulus) / 2
}
score <- function(b, x, y, w) {
  eta <- drop(x %*% b)
  h <- dlogis(eta) * rowSums((x %*% solve(information(x, w, eta))) * x)
  drop(crossprod(x, w * (y - plogis(eta) + h * (0.5 - plogis(eta)))))
}
# The largest penalized likelihood with some coefficients held.
largest <- function(x, y, w, held, at, start) {
  free <- setdiff(seq_len(ncol(x)), held)
  full <- function(f) { b <- numeric(ncol(x)); b[held] <- at; b[free] <- f; b }
  f <- start[free]
  value <- penalized(full(f), x, y, w)
  for (turn in 1:20000) {
    i <- information(x, w, drop(x %*% full(f)))[free, free, drop = FALSE]
    step <- drop(solve(i, score(full(f), x, y, w)[free]))
    if (sum(step * drop(i %*% step)) < 1e-22) break
    step <- step * min(1, 2 / sqrt(sum(step * drop(i %*% step))))
    repeat {
      now <- penalized(full(f + step), x, y, w)
      if (is.finite(now) && now >= value - 1e-13) break
      step <- step / 2
    }
    f <- f + step
    value <- now
  }
  if (turn == 20000) stop("no maximum")
  list(value = value, b = full(f))
}
show <- function(name, x, y, w = NULL, joint = NULL, level = 0.95, which = seq_len(ncol(x))) {
  x <- unname(as.matrix(x))
  put(paste0(name, ".x"), c(dim(x), x))
  put(paste0(name, ".y"), y)
  if (is.null(w)) w <- rep(1, length(y)) else put(paste0(name, ".weight"), w)
  rows <- rep(seq_along(y), w)
  xr <- x[rows, , drop = FALSE]
  f <- glm(y[rows] ~ xr - 1, family = binomial(), method = "brglmFit", type = "AS_mean",
           epsilon = 1e-14, maxit = 10000)
  b <- unname(coef(f))
  v <- unname(vcov(f))
  put(paste0(name, ".coefficient"), b)
  put(paste0(name, ".covariance"), v)
  top <- penalized(b, x, y, w)
  put(paste0(name, ".penalized"), top)
  for (j in which) {
    lr <- 2 * (top - largest(x, y, w, j, 0, b)$value)
    put(sprintf("%s.lr%d", name, j), c(lr, pchisq(lr, 1, lower.tail = FALSE)))
    s <- sqrt(v[j, j])
    limit <- function(sign) { # walk to the first step beyond it, each from the last
      from <- b
      # Of several maxima the highest found: from there, from the estimate and from 0.
      top_at <- function(at) {
        found <- lapply(list(from, b, 0 * b), function(start)
          tryCatch(largest(x, y, w, j, at, start), error = function(e) list(value = -Inf)))
        found[[which.max(vapply(found, `[[`, 0, "value"))]]
      }
      loss <- function(at) 2 * (top - top_at(at)$value) - qchisq(level, 1)
      at <- b[j] + sign * s
      while (loss(at) < 0) {
        from <- top_at(at)$b
        at <- at + sign * s
      }
      uniroot(loss, sort(c(at, at - sign * s)), tol = 1e-12 * s)$root
    }
    put(sprintf("%s.profile%d", name, j), c(level, limit(-1), limit(1)))
  }
  if (!is.null(joint)) {
    lr <- 2 * (top - largest(x, y, w, joint, 0, b)$value)
    put(paste0(name, ".joint"), c(joint, lr, pchisq(lr, length(joint), lower.tail = FALSE)))
  }
  if (all(x[, 1] == 1))
    put(paste0(name, ".flic"), coef(glm(y ~ 1, family = binomial(), weights = w,
      offset = drop(x[, -1, drop = FALSE] %*% b[-1]),
      control = list(epsilon = 1e-14, maxit = 100))))
}

e <- endometrial
show("endometrial", with(e, cbind(1, NV, PI, EH)), e$HG, joint = c(2, 4))
show("endometrial90", with(e, cbind(1, NV, PI, EH)), e$HG, level = 0.9, which = 2)
# Complete separation, small: x = 1..6, events above 3.
show("six", cbind(1, 1:6), as.numeric(1:6 > 3))
# Frequencies.
show("weighted", cbind(1, c(0, 0, 1, 1, 2, 2), c(1, 0, 0, 1, 0, 1)), c(0, 1, 0, 1, 0, 1),
     c(9, 2, 4, 0, 3, 7), joint = c(2, 3))
# Many columns for few rows.  (Coefficient 2 is left out: its penalized profile has several
# local maxima beyond 9.7, and the limit depends on the one that is followed.)
set.seed(20140517)
m <- matrix(round(rnorm(40 * 6), 2), 40)
show("crowded", cbind(1, m), as.numeric(m[, 1] - m[, 2] + round(rnorm(40), 2) > 0.5),
     joint = 2:4, which = c(1, 3, 4, 7))

# Maximum likelihood of the endometrial data: NV at infinity.
x <- with(e, cbind(1, NV, PI, EH)); y <- e$HG
fit <- function(x, o) suppressWarnings(glm.fit(x, y, offset = o, family = binomial(),
  control = glm.control(epsilon = 1e-15, maxit = 60)))
loglik <- function(x, o) {
  f <- fit(x, o)
  eta <- drop(x %*% f$coefficients) + o
  sum(ifelse(y == 1, plogis(eta, log.p = TRUE), plogis(eta, lower.tail = FALSE, log.p = TRUE)))
}
bound <- loglik(x, 0 * y)
put("endometrial.ml.loglik", bound)
from <- coef(summary(glm(y ~ x - 1, family = binomial(), subset = e$NV == 0)))
for (j in 1:4) {
  loss <- function(at) 2 * (bound - loglik(x[, -j], at * x[, j])) - qchisq(0.95, 1)
  if (j == 2) {
    put("endometrial.ml2", c(uniroot(loss, c(-5, 5), tol = 1e-11)$root, NA))
  } else {
    row <- c(1, NA, 2, 3)[j]
    b <- from[row, 1]; s <- from[row, 2]
    put(sprintf("endometrial.ml%d", j), c(uniroot(loss, b - c(6, 0) * s, tol = 1e-11 * s)$root,
                                         uniroot(loss, b + c(0, 6) * s, tol = 1e-11 * s)$root))
  }
}
