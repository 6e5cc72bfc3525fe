# SPDX-License-Identifier: GPL-3.0-or-later
# The study in R: what scripts/study does, by rms, pROC, psych and nortest, for a race.
#   Rscript study.R DATASETS   (in a folder that gets the figures)
suppressPackageStartupMessages({
  library(rms)
  library(pROC)
  library(psych)
  library(nortest)
})
set.seed(1)
data_folder <- commandArgs(TRUE)[1]
tables <- read.csv(file.path(data_folder, "her2-tables.csv"), stringsAsFactors = TRUE)
models <- read.csv(file.path(data_folder, "her2-models.csv"), stringsAsFactors = TRUE)
groups <- c("zero", "low", "over")
features <- c("margin", "shape", "enhancement", "margin_morphology", "tic", "fgt", "er", "pr", "ki67")
measures <- c("age", "adc", "diameter", "t1_pre", "t2_pre", "pd_pre", "t1_gd", "t2_gd", "pd_gd",
              "t1_delta", "t2_delta", "pd_delta")

# Tables 2 and 3
count_test <- function(x, g) {
  t <- table(droplevels(x), droplevels(g))
  e <- suppressWarnings(chisq.test(t, correct = FALSE))
  if (mean(e$expected < 5) > 0.2) fisher.test(t, workspace = 2e7)$p.value else e$p.value
}
pairs <- combn(groups, 2, simplify = FALSE)
table2 <- sapply(features, function(f) c(
  count_test(tables[[f]], tables$her2),
  sapply(pairs, function(p) with(tables[tables$her2 %in% p, ], count_test(get(f), her2)))))
table3 <- sapply(measures, function(m) {
  x <- tables[[m]]
  normal <- all(tapply(x, tables$her2, function(v) lillie.test(v)$p.value) >= 0.05)
  sub <- function(p) tables$her2 %in% p
  if (normal) c(anova(lm(x ~ tables$her2))[1, 5],
                sapply(pairs, function(p) t.test(x[sub(p)] ~ droplevels(tables$her2[sub(p)]),
                                                 var.equal = TRUE)$p.value))
  else c(kruskal.test(x, tables$her2)$p.value,
         sapply(pairs, function(p) wilcox.test(x[sub(p)] ~ droplevels(tables$her2[sub(p)]),
                                               exact = FALSE, correct = FALSE)$p.value))
})
svg("table-3.svg"); par(mfrow = c(3, 4))
for (m in measures) boxplot(tables[[m]] ~ tables$her2, main = m)
invisible(dev.off())

# Section 2.2
icc <- sapply(setdiff(measures, "age"), function(m)
  ICC(models[c(m, paste0(m, "_2"))], lmer = FALSE)$results$ICC[2])
svg("section-2.2.svg"); par(mfrow = c(3, 4))
for (m in setdiff(measures, "age")) {
  a <- models[[m]]; b <- models[[paste0(m, "_2")]]
  plot((a + b) / 2, a - b, main = m); abline(h = mean(a - b) + c(-1.96, 0, 1.96) * sd(a - b))
}
invisible(dev.off())

net_benefit <- function(p, y, t) sapply(t, function(h)
  mean(p >= h & y == 1) - mean(p >= h & y == 0) * h / (1 - h))
at <- seq(0.01, 0.99, 0.01)

study <- function(d, terms, formula, name) {
  dd <<- datadist(d); options(datadist = "dd")
  single <- lapply(terms, function(t) lrm(as.formula(paste("y ~", t)), d))
  fit <- lrm(formula, d, x = TRUE, y = TRUE)
  inflation <- vif(fit)
  svg(paste0(name, "-nomogram.svg")); plot(nomogram(fit, fun = plogis)); dev.off()
  p <- plogis(predict(fit))
  curves <- lapply(single, function(s) roc(d$y, predict(s), quiet = TRUE, direction = "<"))
  curves$all <- roc(d$y, p, quiet = TRUE, direction = "<")
  intervals <- lapply(curves, ci.auc)
  best <- lapply(curves, coords, "best", ret = c("threshold", "sensitivity", "specificity"))
  tests <- lapply(combn(length(curves), 2, simplify = FALSE), function(i)
    roc.test(curves[[i[1]]], curves[[i[2]]]))
  svg(paste0(name, "-roc.svg")); plot(curves$all)
  for (c in curves) lines(c); dev.off()
  validated <- validate(fit, B = 1000)
  calibrated <- calibrate(fit, B = 1000)
  svg(paste0(name, "-calibration.svg")); invisible(capture.output(plot(calibrated))); dev.off()
  # Corrected decision curve: 1000 refits.
  apparent <- net_benefit(p, d$y, at)
  optimism <- rowMeans(replicate(1000, {
    i <- sample(nrow(d), replace = TRUE)
    b <- tryCatch(lrm.fit(fit$x[i, ], d$y[i]), error = function(e) NULL)
    if (is.null(b) || b$fail) return(rep(NA, length(at)))
    q <- plogis(cbind(1, fit$x) %*% coef(b))
    net_benefit(q[i], d$y[i], at) - net_benefit(q, d$y, at)
  }), na.rm = TRUE)
  # Hold-out
  test <- unlist(tapply(seq_len(nrow(d)), d$y, function(i) sample(i, round(0.3 * length(i)))))
  train <- lrm(formula, d[-test, ])
  q <- plogis(predict(train, d[test, ]))
  svg(paste0(name, "-holdout.svg")); value <- val.prob(q, d$y[test]); dev.off()
  svg(paste0(name, "-decision.svg")); plot(at, net_benefit(q, d$y[test], at), type = "l",
                                           ylim = c(-0.05, mean(d$y))); abline(h = 0)
  for (s in terms) {
    one <- lrm(as.formula(paste("y ~", s)), d[-test, ])
    lines(at, net_benefit(plogis(predict(one, d[test, ])), d$y[test], at))
  }
  dev.off()
  c(auc = as.numeric(curves$all$auc), corrected = (validated["Dxy", "index.corrected"] + 1) / 2)
}
models$y <- as.numeric(models$her2 == "over")
over <- study(models, c("adc", "t2_pre", "diameter", "enhancement"),
              y ~ adc + diameter + t2_pre + enhancement, "table-4")
low <- droplevels(models[models$her2 != "over", ])
low$y <- as.numeric(low$her2 == "low")
against <- study(low, c("adc", "pd_delta"), y ~ adc + pd_delta, "table-5")
cat(sprintf("AUC %.3f, corrected %.3f; AUC %.3f, corrected %.3f\n", over[1], over[2], against[1],
            against[2]))
