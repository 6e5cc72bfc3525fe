# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/logit.tsv: logistic regressions by R's glm.
#   Rscript logit.R > ../logit.tsv
library(MASS)
put <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n", sep = "")

cat("# Logistic regression by glm (binomial, epsilon = 1e-14, maxit = 100) of", R.version.string, "\n")
cat("# and MASS", format(packageVersion("MASS")), "for its data.  Made by generate/logit.R.\n")
cat("# NAME.x: rows, columns, values by column (intercept included); .y, .weight, .offset;\n")
cat("# .coefficient, .covariance (by column), .loglik, .null (intercept alone);\n")
cat("# .wald, .lr: statistic, df, P of the columns .tested (from 1);\n")
cat("# .profile: column (from 1), level, limits: roots by uniroot of the deviance of glm with\n")
cat("# the column as offset (tol 1e-12).\n")
cat("# birthwt: Hosmer & Lemeshow 1989, Applied Logistic Regression, app. 1; menarche: Milicer\n")
cat("# & Szczotka 1966, Human Biology 38:199, girls counted as weights.  rule, p40, factor30,\n")
cat("# large: made by the rule in number_at and outcome_at below, in integers, so that the test\n")
cat("# makes the same; NAME.rule: n, number of predictors, number of levels (0: none).\n")

control <- glm.control(epsilon = 1e-14, maxit = 100)
fit <- function(x, y, w, o) suppressWarnings(
  glm.fit(x, y, weights = w, offset = o, family = binomial(), control = control))
loglik <- function(y, w, eta) sum(w * ifelse(y == 1, plogis(eta, log.p = TRUE),
                                             plogis(eta, lower.tail = FALSE, log.p = TRUE)))
# At the final coefficients: glm's own comes from the weights of the step before (1e-6 off).
covariance <- function(x, w, eta) chol2inv(qr.R(qr(x * sqrt(w * dlogis(eta)), tol = 0)))
show <- function(name, x, y, w = rep(1, length(y)), o = rep(0, length(y)), tested = NULL,
                 profile = NULL, level = 0.95, whole = TRUE) {
  x <- unname(as.matrix(x))
  f <- fit(x, y, w, o)
  b <- unname(f$coefficients)
  v <- covariance(x, w, drop(x %*% b) + o)
  ll <- loglik(y, w, drop(x %*% b) + o)
  null <- fit(matrix(1, length(y), 1), y, w, o)
  put(paste0(name, ".coefficient"), b)
  put(paste0(name, ".covariance"), if (whole) v else diag(v))
  put(paste0(name, ".loglik"), ll)
  put(paste0(name, ".null"), loglik(y, w, null$coefficients + o))
  if (!is.null(tested)) {
    s <- sqrt(diag(v)[tested]) # by correlations: the units may be far apart
    z <- b[tested] / s
    wald <- sum(z * solve(v[tested, tested] / outer(s, s), z))
    less <- fit(x[, -tested, drop = FALSE], y, w, o)
    lr <- 2 * (ll - loglik(y, w, drop(x[, -tested, drop = FALSE] %*% less$coefficients) + o))
    k <- length(tested)
    put(paste0(name, ".tested"), tested)
    put(paste0(name, ".wald"), c(wald, k, pchisq(wald, k, lower.tail = FALSE)))
    put(paste0(name, ".lr"), c(lr, k, pchisq(lr, k, lower.tail = FALSE)))
  }
  for (j in profile) {
    loss <- function(at) {
      oj <- o + at * x[, j]
      g <- fit(x[, -j, drop = FALSE], y, w, oj)
      2 * (ll - loglik(y, w, drop(x[, -j, drop = FALSE] %*% g$coefficients) + oj)) -
        qchisq(level, 1)
    }
    s <- sqrt(v[j, j])
    limits <- c(uniroot(loss, b[j] - c(6, 0) * s, tol = 1e-12 * s)$root,
                uniroot(loss, b[j] + c(0, 6) * s, tol = 1e-12 * s)$root)
    put(sprintf("%s.profile%d", name, j), c(j, level, limits))
  }
}
data <- function(name, x, y, w = NULL, o = NULL) {
  put(paste0(name, ".x"), c(dim(x), x))
  put(paste0(name, ".y"), y)
  if (!is.null(w)) put(paste0(name, ".weight"), w)
  if (!is.null(o)) put(paste0(name, ".offset"), o)
}

# ---- published data ----
bw <- with(birthwt, data.frame(low, age, lwt, race = factor(race), smoke, ptd = as.numeric(ptl > 0),
                               ht, ui, ftv = factor(pmin(ftv, 2))))
x <- model.matrix(low ~ ., bw)
data("birthwt", unname(x), bw$low)
show("birthwt", x, bw$low, tested = 4:5, profile = c(1, 2, 3, 8))
show("birthwt90", x, bw$low, profile = 3, level = 0.9)
# Units, and means far from zero: the same fit.
u <- x
u[, "age"] <- u[, "age"] * 1e-6
u[, "lwt"] <- u[, "lwt"] * 1e6
show("birthwt.units", u, bw$low, tested = 2:3, profile = 2:3)
u <- x
u[, "age"] <- u[, "age"] / sd(u[, "age"]) + 1e6
put("birthwt.far.age", u[, "age"])
show("birthwt.far", u, bw$low, tested = 2, profile = 2)

girls <- with(menarche, data.frame(age = rep(Age, 2), y = rep(1:0, each = length(Age)),
                                   w = c(Menarche, Total - Menarche)))
girls <- girls[girls$w > 0, ]
data("menarche", cbind(1, girls$age), girls$y, girls$w)
show("menarche", cbind(1, girls$age), girls$y, girls$w, tested = 2, profile = 1:2)

# ---- by rule ----
number_at <- function(i, j) ((i * (101 + 37 * j) + (i * i) %% 10007 * (3 + j)) %% 1009) / 1009
chance_at <- function(i) ((((i * i) %% 100003) * i + 71 * i) %% 100003) / 100003
made <- function(n, k, levels) {
  i <- as.numeric(1:n)
  x <- cbind(1, sapply(1:k, function(j) number_at(i, j)))
  level <- if (levels > 0) floor(number_at(i, k + 1) * levels) else rep(0, n)
  y <- as.numeric(chance_at(i) < 0.2 + 0.3 * x[, 2] + 0.2 * x[, 3] * x[, 3] +
                  (if (levels > 0) 0.2 * level / levels else 0))
  if (levels > 0) x <- cbind(x, sapply(1:(levels - 1), function(l) as.numeric(level == l)))
  list(x = unname(x), y = y)
}
rule <- function(name, n, k, levels, ...) {
  put(paste0(name, ".rule"), c(n, k, levels))
  d <- made(n, k, levels)
  put(paste0(name, ".events"), sum(d$y))
  show(name, d$x, d$y, ...)
}
rule("rule", 700, 3, 0, tested = 2:4, profile = 1:4)
d <- made(700, 3, 0)
o <- number_at(as.numeric(1:700), 9) * 4 - 2
w <- floor(number_at(as.numeric(1:700), 8) * 4)
put("offset.rule", c(700, 3, 0))
show("offset", d$x, d$y, w, o, tested = c(2, 4), profile = 2)
rule("p40", 2000, 40, 0, tested = 2:41, profile = 2, whole = FALSE)
rule("factor30", 3000, 2, 30, tested = 4:32, profile = 5)
rule("large", 500000, 4, 0, tested = 2:3, whole = TRUE)

# ---- dependent columns: what glm makes NA ----
i <- as.numeric(1:60)
a <- number_at(i, 1); b <- number_at(i, 2); c3 <- number_at(i, 3)
y <- as.numeric(chance_at(i) < 0.3 + 0.4 * a)
dependent <- list(
  sum = cbind(1, a, b, a + b, c3),
  constant = cbind(1, a, rep(3, 60), b),
  late = cbind(a, b, c3, 1, 2 * a - c3 + 4),
  zero = cbind(1, 0, a),
  units = cbind(1, 1e6 * a, 1e-6 * b, a + b + 7, c3),
  dummies = cbind(1, i %% 3 == 0, i %% 3 == 1, i %% 3 == 2, a),
  near = cbind(1, a, a + 1e-6 * b, c3))
for (name in names(dependent)) {
  m <- unname(dependent[[name]] * 1)
  f <- glm.fit(m, y, family = binomial()) # at its usual tolerance of rank, 1e-11
  put(paste0("dependent.", name, ".x"), c(dim(m), m))
  put(paste0("dependent.", name, ".na"), as.numeric(is.na(f$coefficients)))
}
put("dependent.y", y)
