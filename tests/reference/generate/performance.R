# SPDX-License-Identifier: GPL-3.0-or-later
# Performance of risks: by glm and the formulas of rms::validate.lrm and rms::val.prob, and val.prob.
# Rscript generate/performance.R DATASETS > performance.tsv (DATASETS: the folder datasets/)
datasets <- commandArgs(trailingOnly = TRUE)[1]
suppressMessages({
  library(rms)
  library(pROC)
  library(car)
})
options(warn = -1)

cat("# Performance of predicted risks: glm (epsilon = 1e-14), lowess, quantile of stats, somers2,\n")
cat("# GiniMd of Hmisc, in the formulas of rms:::validate.lrm (kind 0) and rms::val.prob (kind 1);\n")
cat("# val.prob itself; pROC's DeLong variance; car's deltaMethod; prop.test.\n")
cat("# ", R.version.string, ", rms ", format(packageVersion("rms")), ", Hmisc ",
    format(packageVersion("Hmisc")), ", pROC ", format(packageVersion("pROC")), ", car ",
    format(packageVersion("car")), "\n", sep = "")
cat("# script: generate/performance.R\n")
cat("# training, test: wisconsin, malignant ~ texture_mean + smoothness_mean on a bootstrap\n")
cat("# resample, measured there (weights) and on all rows; strong: another model; gbsg: a model of\n")
cat("# event5 developed on rotterdam, on gbsg; ties: its eta rounded to .5; tilted, sharp, far,\n")
cat("# shifted, few: its eta changed.\n")
cat("# CASE.eta, .y, .weight (where rows are weighted); CASE.KIND: auc dxy brier brier.scaled\n")
cat("# r2.nagelkerke intercept slope citl oe emax.logistic emax e50 e90 eavg mae logloss g gp D U Q;\n")
cat("# CASE.emax.grid: emax.logistic on rms's grid.\n")
cat("# CASE.chisq: 2 (Lr - L1) and its P on 2 df, 2 (L1 - L0) and its P on 1 df.\n")
cat("# CASE.valprob: Dxy C R2 D chisq p U chisq p Q Brier Intercept Slope Emax E90 Eavg S:z S:p.\n")
cat("# CASE.rms: Dxy R2 Intercept Slope D U Q B g gp of a test sample, by the function discrim in\n")
cat("# rms:::validate.lrm itself.\n")
cat("# mixed.*: gbsg with some risks 0 or 1; finite.valprob: the others alone.\n")
cat("# CASE.external: auc, brier, brier.scaled, logloss: estimate, standard error, 95% limits; oe:\n")
cat("# estimate, SE(log), z, P, limits; intercept, slope, citl: estimate, SE, z, P, limits.\n")
cat("# CASE.hosmer.G: chi-square, P on groups - 2 df and on groups df.\n")
cat("# CASE.bins.G: low high n predicted observed, 95% limits, a bin after the other.\n")
cat("# closed.NAME.*: p columns of x, deviances of original, large, logistic, refit, the estimates\n")
cat("# (citl, intercept, slope), and P of refit against the first three.\n")

show <- function(key, values) {
  text <- ifelse(is.na(values), "NA", sprintf("%.17g", values))
  text <- ifelse(values %in% Inf, "Inf", ifelse(values %in% -Inf, "-Inf", text))
  cat(key, "\t", paste(text, collapse = " "), "\n", sep = "")
}
control <- glm.control(epsilon = 1e-14, maxit = 200)
loglik <- function(y, eta) sum(ifelse(y == 1, plogis(eta, log.p = TRUE), plogis(-eta, log.p = TRUE)))
line_of <- function(y, eta) unname(coef(glm(y ~ eta, binomial, control = control)))
large_of <- function(y, eta) unname(coef(glm(y ~ 1, binomial, offset = eta, control = control)))

emax_of <- function(a, b) {
  f <- function(t) abs(plogis(t) - plogis(a + b * t))
  t <- seq(-60, 60, 0.01)
  peaks <- which(diff(sign(diff(f(t)))) < 0) + 1
  max(sapply(peaks, function(i) optimize(f, t[i] + c(-0.02, 0.02), maximum = TRUE, tol = 1e-10)$objective))
}
emax_grid <- function(a, b) {
  p <- seq(0, 1, 5e-04)
  max(abs(p - plogis(a + b * log(p / (1 - p)))), na.rm = TRUE)
}

measure <- function(eta, y, internal) {
  n <- length(y)
  p <- plogis(eta)
  f <- mean(y)
  dxy <- unname(somers2(eta, y)["Dxy"])
  ab <- line_of(y, eta)
  l0 <- loglik(y, qlogis(f))
  l1 <- loglik(y, eta)
  lr <- loglik(y, ab[1] + ab[2] * eta)
  reached <- if (internal) lr else l1
  e <- abs(p - approx(lowess(p, y, iter = 0), xout = p, ties = mean)$y)
  brier <- mean((p - y)^2)
  D <- (2 * (reached - l0) - 1) / n
  U <- (2 * (lr - l1) - 2) / n
  x <- if (internal) ab[1] + ab[2] * eta else eta
  c((dxy + 1) / 2, dxy, brier, 1 - brier / (f * (1 - f)),
    (1 - exp(-2 * (reached - l0) / n)) / (1 - exp(2 * l0 / n)), ab, large_of(y, eta),
    sum(y) / sum(p), if (ab[2] > 0) emax_of(ab[1], ab[2]) else 1, max(e), unname(quantile(e, 0.5)),
    unname(quantile(e, 0.9)), mean(e), mean(e), -l1 / n, GiniMd(x), GiniMd(plogis(x)), D, U, D - U)
}
show_case <- function(name, eta, y, weight = NULL) {
  show(paste0(name, ".eta"), eta)
  show(paste0(name, ".y"), y)
  if (!is.null(weight)) {
    show(paste0(name, ".weight"), weight)
    eta <- rep(eta, weight)
    y <- rep(y, weight)
  }
  show(paste0(name, ".0"), measure(eta, y, TRUE))
  show(paste0(name, ".1"), measure(eta, y, FALSE))
  ab <- line_of(y, eta)
  show(paste0(name, ".emax.grid"), emax_grid(ab[1], ab[2]))
  u <- 2 * (loglik(y, ab[1] + ab[2] * eta) - loglik(y, eta))
  d <- 2 * (loglik(y, eta) - loglik(y, qlogis(mean(y))))
  show(paste0(name, ".chisq"), c(u, pchisq(u, 2, lower.tail = FALSE),
                                 d, pchisq(d, 1, lower.tail = FALSE)))
}

set.seed(20)
w <- read.csv(file.path(datasets, "wisconsin.csv"))
w$y <- as.numeric(w$diagnosis == "malignant")
drawn <- sample(nrow(w), replace = TRUE)
fit <- glm(y ~ texture_mean + smoothness_mean, binomial, w[drawn, ], control = control)
eta <- unname(predict(fit, w))
show_case("training", eta, w$y, tabulate(drawn, nrow(w)))
show_case("test", eta, w$y)
strong <- glm(y ~ radius_mean + texture_mean + concavity_mean, binomial, w, control = control)
show_case("strong", unname(predict(strong)), w$y)

prepare <- function(file) {
  d <- read.csv(file)
  d <- d[!is.na(d$event5), ]
  data.frame(y = d$event5, age = d$age, nodes = pmin(d$nodes, 20), pgr = log1p(d$pgr),
             grade3 = as.numeric(d$grade == 3), hormon = as.numeric(d$hormon == "yes"))
}
rotterdam <- prepare(file.path(datasets, "rotterdam.csv"))
gbsg <- prepare(file.path(datasets, "gbsg.csv"))
model <- glm(y ~ age + nodes + pgr + grade3 + hormon, binomial, rotterdam, control = control)
lp <- unname(predict(model, gbsg))
show_case("gbsg", lp, gbsg$y)
show_case("ties", round(2 * lp) / 2, gbsg$y)
show_case("tilted", 1 - lp / 2, gbsg$y)
show_case("sharp", 3 * lp + 2, gbsg$y)
show_case("far", lp / 3 - 12, gbsg$y)
few <- c(12, 40, 77, 101, 150, 210, 333, 380, 401)
show_case("shifted", lp - 3.2, gbsg$y)
show_case("few", lp[few], c(1, 0, 1, 0, 1, 1, 0, 0, 1))

# The function by which rms:::validate.lrm measures a bootstrap model, run as it stands.
parts <- as.list(body(rms:::validate.lrm))
is_discrim <- sapply(parts, function(e) is.call(e) && identical(e[[2]], as.name("discrim")))
discrim <- eval(parts[[which(is_discrim)]][[3]], asNamespace("rms"))
show_rms <- function(name, eta, y)
  show(paste0(name, ".rms"), unname(discrim(eta, y, list(non.slopes = 1, coefficients = 1:2), 1,
                                            kint = 1)))
show_rms("training", rep(eta, tabulate(drawn, nrow(w))), rep(w$y, tabulate(drawn, nrow(w))))
show_rms("test", eta, w$y)
show_rms("gbsg", lp, gbsg$y)
show_rms("ties", round(2 * lp) / 2, gbsg$y)
show_rms("tilted", 1 - lp / 2, gbsg$y)
show_rms("sharp", 3 * lp + 2, gbsg$y)

show_valprob <- function(name, p, y) show(paste0(name, ".valprob"), unname(val.prob(p, y, pl = FALSE)))
show_valprob("test", plogis(eta), w$y)
for (name in c("gbsg", "tilted", "sharp"))
  show_valprob(name, plogis(switch(name, gbsg = lp, tilted = 1 - lp / 2, sharp = 3 * lp + 2)), gbsg$y)

# Risks of 0 and 1 among others.
p <- plogis(lp)
p[c(3, 50, 90)] <- 0
p[c(17, 60, 200, 333)] <- 1
show("mixed.risk", p)
show("mixed.y", gbsg$y)
show_valprob("mixed", p, gbsg$y)
show_valprob("finite", p[p > 0 & p < 1], gbsg$y[p > 0 & p < 1])

external <- function(p, y) {
  z <- qnorm(0.975)
  n <- length(y)
  finite <- p > 0 & p < 1
  eta <- qlogis(p[finite])
  yf <- y[finite]
  curve <- roc(y, p, levels = c(0, 1), direction = "<", quiet = TRUE)
  interval <- as.numeric(ci.auc(curve))
  d <- (p - y)^2
  normal <- function(estimate, se) c(estimate, se, estimate - z * se, estimate + z * se)
  s <- cov(cbind(d, y)) / n
  scaled <- deltaMethod(c(b = mean(d), f = mean(y)), "1 - b / (f * (1 - f))", vcov. = unname(s))
  loss <- -ifelse(yf == 1, plogis(eta, log.p = TRUE), plogis(-eta, log.p = TRUE))
  O <- sum(y)
  oe <- O / sum(p)
  so <- sqrt((1 - O / n) / O)
  ab <- line_of(yf, eta)
  x <- cbind(1, eta)
  errors <- sqrt(diag(solve(crossprod(x, x * dlogis(ab[1] + ab[2] * eta)))))
  large <- large_of(yf, eta)
  wald <- function(estimate, se, null) {
    zz <- (estimate - null) / se
    c(estimate, se, zz, 2 * pnorm(-abs(zz)), estimate - z * se, estimate + z * se)
  }
  c(interval[2], sqrt(var(curve)), interval[c(1, 3)], normal(mean(d), sd(d) / sqrt(n)),
    normal(scaled$Estimate, scaled$SE), normal(mean(loss), sd(loss) / sqrt(length(yf))),
    oe, so, log(oe) / so, 2 * pnorm(-abs(log(oe) / so)), oe * exp(-z * so), oe * exp(z * so),
    wald(ab[1], errors[1], 0), wald(ab[2], errors[2], 1),
    wald(large, 1 / sqrt(sum(dlogis(large + eta))), 0))
}
show("gbsg.external", external(plogis(lp), gbsg$y))
show("mixed.external", external(p, gbsg$y))
show("test.external", external(plogis(eta), w$y))

hosmer <- function(p, y, g) {
  cuts <- unique(quantile(p, seq(0, 1, 1 / g)))
  group <- droplevels(cut(p, cuts, include.lowest = TRUE))
  sums <- rowsum(cbind(y, p, 1 - y, 1 - p), group)
  chisq <- sum((sums[, 1] - sums[, 2])^2 / sums[, 2] + (sums[, 3] - sums[, 4])^2 / sums[, 4])
  k <- nrow(sums)
  c(chisq, pchisq(chisq, k - 2, lower.tail = FALSE), pchisq(chisq, k, lower.tail = FALSE))
}
bins <- function(p, y, g) {
  group <- droplevels(cut(p, unique(quantile(p, seq(0, 1, 1 / g))), include.lowest = TRUE))
  unlist(lapply(levels(group), function(l) {
    i <- group == l
    c(min(p[i]), max(p[i]), sum(i), mean(p[i]), mean(y[i]),
      prop.test(sum(y[i]), sum(i), correct = FALSE)$conf.int)
  }))
}
for (name in c("gbsg", "ties", "test")) {
  risk <- plogis(switch(name, gbsg = lp, ties = round(2 * lp) / 2, test = eta))
  y <- if (name == "test") w$y else gbsg$y
  for (g in c(3, 7, 10)) {
    show(sprintf("%s.hosmer.%d", name, g), hosmer(risk, y, g))
    show(sprintf("%s.bins.%d", name, g), bins(risk, y, g))
  }
}

# The closed test on new data of which none, the intercept, the line or all of the model is right.
closed <- function(name, d, y, lp, terms) {
  x <- cbind(1, as.matrix(d[terms]))
  refit <- glm.fit(x, y, family = binomial(), control = control)
  a <- large_of(y, lp)
  ab <- line_of(y, lp)
  deviance <- -2 * c(loglik(y, lp), loglik(y, a + lp), loglik(y, ab[1] + ab[2] * lp),
                     loglik(y, drop(x %*% refit$coefficients)))
  k <- length(terms)
  show(paste0("closed.", name, ".x"), as.vector(x))
  show(paste0("closed.", name, ".eta"), lp)
  show(paste0("closed.", name, ".y"), y)
  show(paste0("closed.", name, ".deviance"), deviance)
  show(paste0("closed.", name, ".estimate"), c(a, ab))
  show(paste0("closed.", name, ".p"),
       pchisq(deviance[1:3] - deviance[4], k + 1 - 0:2, lower.tail = FALSE))
}
terms <- c("age", "nodes", "pgr", "grade3", "hormon")
closed("gbsg", gbsg, gbsg$y, lp, terms)
set.seed(7)
closed("none", gbsg, rbinom(nrow(gbsg), 1, plogis(lp)), lp, terms)
closed("large", gbsg, rbinom(nrow(gbsg), 1, plogis(lp - 0.9)), lp, terms)
closed("logistic", gbsg, rbinom(nrow(gbsg), 1, plogis(2.5 * lp - 0.5)), lp, terms)
turned <- lp - 0.08 * (gbsg$age - 50)
closed("refit", gbsg, rbinom(nrow(gbsg), 1, plogis(turned)), lp, terms)
