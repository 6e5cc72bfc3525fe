# SPDX-License-Identifier: GPL-3.0-or-later
# her2-multivar as a whole on the real cohorts: coefficients, standard errors, joint tests,
# variance inflation, fit statistics, profile limits.
#
#   Rscript tests/reference/generate/multivar.R DATASETS >tests/reference/multivar.tsv
#
# One line a number: case/table/row/quantity.
suppressPackageStartupMessages({library(car); library(rms); library(Hmisc)})
directory <- commandArgs(trailingOnly = TRUE)[1]
cat("# her2-multivar on the real cohorts\n")
cat(sprintf("# %s, car %s, rms %s\n", R.version.string, packageVersion("car"),
            packageVersion("rms")))
cat("# tests/reference/generate/multivar.R\n")
put <- function(key, value) cat(key, "\t", sprintf("%.17g", value), "\n", sep = "")
control <- glm.control(epsilon = 1e-14, maxit = 100)

# names: R's coefficient names -> ours, in order.
one <- function(case, formula, data, names, terms, profile = FALSE) {
  f <- glm(formula, binomial, data, control = control)
  d <- model.frame(f)
  s <- summary(f)$coefficients
  for (i in seq_along(names)) {
    key <- paste0(case, "/multivariable/", names[i])
    put(paste0(key, "/estimate"), s[i, 1])
    put(paste0(key, "/std.error"), s[i, 2])
    put(paste0(key, "/p.value"), s[i, 4])
  }
  a <- attr(model.matrix(f), "assign")
  V <- vcov(f); b <- coef(f)
  for (t in seq_along(terms)) {
    k <- which(a == t)
    w <- drop(t(b[k]) %*% solve(V[k, k, drop = FALSE]) %*% b[k])
    put(paste0(case, "/joint/", terms[t], "/wald"), w)
    put(paste0(case, "/joint/", terms[t], "/wald.p"), pchisq(w, length(k), lower.tail = FALSE))
    less <- glm(f$y ~ model.matrix(f)[, -k, drop = FALSE] - 1, family = binomial, control = control)
    put(paste0(case, "/joint/", terms[t], "/lr"), less$deviance - f$deviance)
  }
  v <- car::vif(f)
  v <- if (is.matrix(v)) v[, 1] else v
  for (t in seq_along(terms)) put(paste0(case, "/collinearity/", terms[t], "/gvif"), v[t])
  rv <- rms::vif(f)
  for (i in seq_along(rv)) put(paste0(case, "/collinearity_columns/", names[i + 1], "/vif"), rv[i])
  n <- nrow(d); p <- length(b) - 1; y <- f$y; risk <- fitted(f); lp <- f$linear.predictors
  lr <- f$null.deviance - f$deviance
  cs <- 1 - exp(-lr / n)
  fit <- c(n = n, events = sum(y), loglik = as.numeric(logLik(f)), deviance = f$deviance,
    lr.chisq = lr, lr.df = p, lr.p = pchisq(lr, p, lower.tail = FALSE), aic = AIC(f), bic = BIC(f),
    r2.coxsnell = cs, r2.nagelkerke = cs / (1 - exp(-f$null.deviance / n)),
    r2.mcfadden = 1 - f$deviance / f$null.deviance,
    auc = unname(somers2(risk, y)["C"]), dxy = unname(somers2(risk, y)["Dxy"]),
    brier = mean((risk - y)^2), g = GiniMd(lp), gp = GiniMd(risk),
    epv.final = min(sum(y), n - sum(y)) / p,
    epv.final.variables = min(sum(y), n - sum(y)) / length(terms))
  for (m in names(fit)) put(paste0(case, "/fit/", m, "/estimate"), fit[[m]])
}

asah <- read.csv(file.path(directory, "asah.csv"))
asah$gender <- factor(asah$gender)
one("asah", I(outcome == "poor") ~ age + gender + log(s100b) + I(ndka / 10), asah,
    c("(Intercept)", "age", "gender=male", "log(s100b)", "ndka/10"),
    c("age", "gender", "log(s100b)", "ndka/10"))

r <- read.csv(file.path(directory, "rotterdam.csv"))
r$size <- factor(r$size, c("<=20", "20-50", ">50"))
r$grade <- factor(r$grade); r$meno <- factor(r$meno, c("pre", "post"))
r <- r[!is.na(r$event5), ]
one("rotterdam", event5 ~ age + meno + size + grade + nodes + I(pgr / 100), r,
    c("(Intercept)", "age", "meno=post", "size=20-50", "size=>50", "grade=3", "nodes", "pgr/100"),
    c("age", "meno", "size", "grade", "nodes", "pgr/100"))
k4 <- rcspline.eval(r$age, nk = 4, knots.only = TRUE)
sp <- rcspline.eval(r$age, knots = k4, inclx = TRUE)
r$s1 <- sp[, 1]; r$s2 <- sp[, 2]; r$s3 <- sp[, 3]
f <- glm(event5 ~ s1 + s2 + s3 + nodes + meno + nodes:meno, binomial, r, control = control)
s <- summary(f)$coefficients
ours <- c("(Intercept)", "rcs(age, 4)", "rcs(age, 4)'", "rcs(age, 4)''", "nodes", "meno=post",
          "nodes:meno=post")
for (i in seq_along(ours)) {
  put(paste0("spline/multivariable/", ours[i], "/estimate"), s[i, 1])
  put(paste0("spline/multivariable/", ours[i], "/std.error"), s[i, 2])
}
