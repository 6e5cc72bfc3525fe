# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/selection.tsv: screening and stepwise selection by R.
#   Rscript selection.R ../../../datasets > ../selection.tsv
suppressPackageStartupMessages({library(MASS); library(car)})
put <- function(key, x) {
  short <- sprintf("%.15g", x)
  text <- ifelse(suppressWarnings(as.numeric(short)) == x, short, sprintf("%.17g", x))
  cat(key, "\t", paste(ifelse(is.na(x), "NA", text), collapse = " "), "\n", sep = "")
}
datasets <- commandArgs(TRUE)[1]

cat("# Selection of terms of a logistic model,", R.version.string, ", MASS",
    format(packageVersion("MASS")), ", car", format(packageVersion("car")), "\n")
cat("# Made by generate/selection.R.  CASE.x: the design of all candidates, by column, intercept\n")
cat("# first; .sizes: columns of each; .needs: pairs, candidate and what it needs, counted from 1;\n")
cat("# .weight: frequencies.  .aic.backward, .aic.forward: stepAIC, the candidates in the order in\n")
cat("# which they leave or enter, then .values, the AIC after each step.  .wald.backward,\n")
cat("# .lr.backward, .lr.forward: loops over glm with joint Wald tests, drop1 and add1 (LRT) at P\n")
cat("# 0.05; .values: statistics.  .screen: joint Wald P of each candidate in a model of its own\n")
cat("# with what it needs.  .vif: candidates that leave while car::vif's GVIF^(1/df) is 5 or more.\n")
current <- NULL
control <- glm.control(epsilon = 1e-14, maxit = 100)
# glm's covariance is that of the estimate before the last step (1e-8 off): from the last once
# more.
settled <- function(fit)
  glm.fit(model.matrix(fit), fit$y, fit$prior.weights, start = coef(fit), family = binomial(),
          control = control)
wald <- function(fit, term) {
  columns <- which(attr(model.matrix(fit), "assign") == match(term, labels(terms(fit))))
  last <- settled(fit)
  b <- last$coefficients[columns]
  drop(b %*% solve(chol2inv(qr.R(last$qr))[columns, columns], b))
}

case <- function(name, response, candidates, data, weight = NULL) {
  data$w <- if (is.null(weight)) 1 else weight
  current <<- data # where update() finds it
  fit_terms <- function(labels) {
    formula <- reformulate(if (length(labels)) labels else "1", response)
    eval(bquote(glm(.(formula), binomial, current, weights = w, control = control)))
  }
  full <- fit_terms(candidates)
  none <- fit_terms(character())
  stopifnot(identical(labels(terms(full)), candidates))
  x <- model.matrix(full)
  put(paste0(name, ".n"), nrow(x))
  put(paste0(name, ".x"), as.numeric(x))
  put(paste0(name, ".y"), full$y)
  if (!is.null(weight)) put(paste0(name, ".weight"), weight)
  sizes <- tabulate(attr(x, "assign"))
  put(paste0(name, ".sizes"), sizes)
  parts <- strsplit(candidates, ":")
  needs <- function(i) setdiff(which(sapply(candidates, `%in%`, parts[[i]])), i)
  pairs <- unlist(lapply(seq_along(candidates), function(i) rbind(i, needs(i))[, seq_along(needs(i))]))
  put(paste0(name, ".needs"), if (length(pairs)) pairs else NA)
  index <- function(steps) match(steps, candidates)
  report <- function(what, order, values) {
    put(paste0(name, ".", what), if (length(order)) order else NA)
    put(paste0(name, ".", what, ".values"), if (length(values)) values else NA)
  }
  by_aic <- function(what, fit, direction) {
    scope <- list(lower = ~1, upper = reformulate(candidates))
    steps <- suppressWarnings(stepAIC(fit, scope, direction = direction, trace = 0))$anova
    report(what, index(sub("^[-+] ", "", as.character(steps$Step[-1]))), steps$AIC[-1])
  }
  by_aic("aic.backward", full, "backward")
  by_aic("aic.forward", none, "forward")

  backward <- function(what, statistic) {
    inside <- candidates
    order <- values <- NULL
    repeat {
      fit <- fit_terms(inside)
      free <- if (length(inside)) drop.scope(fit) else character()
      if (!length(free)) break
      s <- sapply(free, statistic, fit = fit)
      p <- pchisq(s, sizes[index(free)], lower.tail = FALSE)
      if (max(p) < 0.05) break
      order <- c(order, index(free[which.max(p)]))
      values <- c(values, s[which.max(p)])
      inside <- setdiff(inside, free[which.max(p)])
    }
    report(what, order, values)
  }
  backward("wald.backward", function(term, fit) wald(fit, term))
  lr <- function(term, fit) deviance(fit_terms(setdiff(labels(terms(fit)), term))) - deviance(fit)
  backward("lr.backward", lr)

  inside <- character()
  order <- values <- NULL
  repeat {
    fit <- fit_terms(inside)
    ready <- candidates[sapply(seq_along(candidates), function(i)
      !(candidates[i] %in% inside) && all(candidates[needs(i)] %in% inside))]
    if (!length(ready)) break
    s <- sapply(ready, function(term) deviance(fit) - deviance(fit_terms(c(inside, term))))
    p <- pchisq(s, sizes[index(ready)], lower.tail = FALSE)
    if (min(p) >= 0.05) break
    order <- c(order, index(ready[which.min(p)]))
    values <- c(values, s[which.min(p)])
    inside <- c(inside, ready[which.min(p)])
  }
  report("lr.forward", order, values)

  put(paste0(name, ".screen"), sapply(seq_along(candidates), function(i) {
    fit <- fit_terms(c(candidates[needs(i)], candidates[i]))
    pchisq(wald(fit, candidates[i]), sizes[i], lower.tail = FALSE)
  }))

  inside <- candidates
  order <- values <- NULL
  while (length(inside) > 1) {
    fit <- fit_terms(inside)
    fit$qr <- settled(fit)$qr
    gvif <- suppressMessages(car::vif(fit))
    gvif <- if (is.matrix(gvif)) gvif[, 1]^(1 / gvif[, 2]) else gvif
    free <- drop.scope(fit)
    worst <- names(which.max(gvif[free]))
    if (gvif[worst] < 5) break
    order <- c(order, index(worst))
    values <- c(values, gvif[worst])
    inside <- setdiff(inside, worst)
  }
  report("vif", order, values)
}

gbsg <- read.csv(file.path(datasets, "gbsg.csv"))
gbsg <- gbsg[!is.na(gbsg$event5), ]
gbsg$grade <- factor(gbsg$grade)
gbsg$size <- factor(gbsg$size)
candidates <- c("age", "meno", "size", "grade", "nodes", "pgr", "er", "hormon", "meno:hormon",
                "grade:nodes")
case("gbsg", "event5", candidates, gbsg)
set.seed(4)
case("boot", "event5", candidates, gbsg,
     tabulate(sample(nrow(gbsg), replace = TRUE), nrow(gbsg)))
wisconsin <- read.csv(file.path(datasets, "wisconsin.csv"))
wisconsin$y <- as.numeric(wisconsin$diagnosis == "malignant")
case("wisconsin", "y", c("radius_mean", "texture_mean", "perimeter_mean", "smoothness_mean",
                         "compactness_mean", "symmetry_mean", "fractal_dimension_mean"), wisconsin)
