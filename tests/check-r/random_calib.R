# SPDX-License-Identifier: GPL-3.0-or-later
# her2-calib: external validation of a column of risks and of a model on other rows, the apparent
# performance of a fit, and bootstrap validation on R's resamples.  glm, lowess, loess, pROC and
# rms::val.prob.

calib_options <- function(set) {
  set.seed(17L * set$number + 9L)
  o <- list()
  o$risk_rows <- which(complete.cases(set$data[c("y", "p")]))
  o$fit_rows <- which(complete.cases(set$data[c("y", "x1", "x2", "c2")]))
  o$boot_rows <- which(complete.cases(set$data[c("y", "x1", "x3")]))
  n <- length(o$boot_rows)
  o$resample <- if (set$number %% 4 == 0 && n >= 20)
    replicate(12, sample.int(n, n, replace = TRUE), simplify = FALSE)
  both <- complete.cases(set$data[c("y", "x1", "x2", "q")])
  o$made <- which(both & set$data$q < 0.5)
  o$judged <- which(both & set$data$q >= 0.5)
  o
}

calib_runs <- function(set) {
  o <- calib_options(set)
  both <- function(rows) length(unique(set$data$y[rows])) == 2
  lines <- character()
  run <- function(name, ...)
    lines <<- c(lines, paste0("run ", set$name, "/", name, " calib ", ..., " ", set$name,
                              "/data.csv --tables=", set$name, "/", name))
  # --update=logistic where that has a finite estimate (else status 3).
  if (both(o$risk_rows)) {
    p <- set$data$p[o$risk_rows]
    inside <- p > 0 & p < 1
    there <- any(inside) && !is.null(line_of(set$data$y[o$risk_rows][inside], qlogis(p[inside])))
    run("risk", "'y = 1 ~ risk(p)' --bootstrap=0 --hosmer-lemeshow --spiegelhalter",
        if (there) " --update=logistic")
  }
  if (both(o$fit_rows)) run("apparent", "'y = 1 ~ x1 + x2 + c2' --validate=apparent")
  if (both(o$made) && both(o$judged)) {
    model <- paste0(set$name, "/half.json")
    lines <- c(lines, paste0("run ", set$name, "/half multivar 'y = 1 ~ x1 + x2' ", set$name,
      "/data.csv --where='q < 0.5' --save=", model))
    n <- length(lines)
    run("validation", "--model=", model, " --where='q >= 0.5' --bootstrap=0 --update=auto")
    lines[n + 1] <- paste0("[ -f ", model, " ] && ", lines[n + 1])
  }
  if (!is.null(o$resample) && both(o$boot_rows)) {
    file <- paste0(set$name, "/resamples")
    writeLines(vapply(o$resample, paste, "", collapse = " "), file.path(folder, file))
    run("boot", "'y = 1 ~ x1 + x3' --resamples=", file)
  }
  lines
}

# The regression of outcomes on linear predictors; NULL where there is no finite one.
line_of <- function(y, eta) {
  if (length(unique(y)) < 2 || min(eta) == max(eta)) return(NULL)
  e1 <- eta[y == 1]
  e0 <- eta[y == 0]
  if (min(e1) >= max(e0) || max(e1) <= min(e0)) return(NULL)
  f <- fit_logit(cbind(1, eta), y)
  if (f$ok) f else NULL
}
large_of <- function(y, eta) {
  if (length(unique(y)) < 2) return(NULL)
  score <- function(a) sum(y - plogis(a + eta))
  reach <- max(abs(eta)) + 40
  a <- uniroot(score, c(-reach, reach), tol = 1e-12)$root
  for (turn in 1:5) if (sum(dlogis(a + eta)) > 1e-200) a <- a + score(a) / sum(dlogis(a + eta))
  list(b = a, v = matrix(1 / sum(dlogis(a + eta))), loglik = log_likelihood(a + eta, y))
}

gini_of <- function(x) {
  x <- sort(x)
  n <- length(x)
  if (n < 2) NA else 2 * sum((2 * seq_along(x) - n - 1) * (x - x[ceiling(n / 2)])) / (n * (n - 1))
}

emax_of <- function(a, b) {
  if (b < 0) return(1)
  f <- function(t) abs(plogis(t) - plogis(a + b * t))
  # The difference peaks near where either risk turns.
  t <- sort(unique(c(seq(-40, 40, 0.05), (seq(-40, 40, 0.05) - a) / b)))
  t <- t[abs(t) < 700]
  v <- f(t)
  peaks <- which(v[-c(1, length(v))] >= v[-c(length(v) - 1, length(v))] &
                   v[-c(1, length(v))] >= v[-(1:2)]) + 1
  peaks <- peaks[v[peaks] >= 0.9 * max(v)]
  max(v, vapply(peaks, function(i)
    optimize(f, c(t[i - 1], t[i + 1]), maximum = TRUE, tol = 1e-10)$objective, 0))
}

lowess_errors <- function(p, y) {
  curve <- lowess(p, y, iter = 0)
  abs(p - if (length(unique(p)) > 1) approx(curve, xout = p, ties = mean)$y else curve$y[1])
}

# All metrics of validate.lrm (internal) or val.prob.
measure <- function(eta, y, internal, curve = NULL) {
  n <- length(y)
  p <- plogis(eta)
  out <- c(auc = NA, dxy = NA, brier = mean((p - y)^2), brier.scaled = NA, r2.nagelkerke = NA,
           intercept = NA, slope = NA, citl = NA, oe = sum(y) / sum(p), emax.logistic = NA,
           emax = NA, e50 = NA, e90 = NA, eavg = NA, mae = NA, logloss = NA, g = NA, gp = NA, D = NA,
           U = NA, Q = NA)
  both <- length(unique(y)) == 2
  if (both) {
    out["brier.scaled"] <- 1 - out[["brier"]] / (mean(y) * (1 - mean(y)))
    # Equal but for rounding: ties.
    r <- rank(signif(eta, 12))
    n1 <- sum(y)
    out["auc"] <- (sum(r[y == 1]) - n1 * (n1 + 1) / 2) / (n1 * (n - n1))
    out["dxy"] <- 2 * out[["auc"]] - 1
  }
  e <- lowess_errors(p, y)
  out[c("emax", "e50", "e90", "eavg", "mae")] <- c(max(e), quantile(e, c(0.5, 0.9)), mean(e), mean(e))
  if (all(is.finite(eta))) {
    l0 <- log_likelihood(rep(qlogis(mean(y)), n), y)
    l1 <- log_likelihood(eta, y)
    line <- line_of(y, eta)
    large <- large_of(y, eta)
    equal <- min(eta) == max(eta)
    out["logloss"] <- -l1 / n
    if (!is.null(large)) out["citl"] <- large$b
    lr <- if (!is.null(line)) line$loglik else if (equal && both) l0 else NA
    if (!is.null(line)) {
      out[c("intercept", "slope")] <- line$b
      out["emax.logistic"] <- emax_of(line$b[1], line$b[2])
    }
    reached <- if (internal) lr else l1
    if (both) {
      out["r2.nagelkerke"] <- (1 - exp(-2 * (reached - l0) / n)) / (1 - exp(2 * l0 / n))
      out["D"] <- (2 * (reached - l0) - 1) / n
      out["U"] <- (2 * (lr - l1) - 2) / n
      out["Q"] <- out[["D"]] - out[["U"]]
    }
    x <- if (!internal) eta else if (equal) 0 * eta else if (!is.null(line)) line$eta else NULL
    if (!is.null(x)) out[c("g", "gp")] <- c(gini_of(x), gini_of(plogis(x)))
  }
  out
}

# Where lowess is not the same to rounding: neighbours at equal distance, or a span of a point.
lowess_moves <- function(p, y) {
  set.seed(1)
  e <- lowess_errors(p, y)
  any(abs(lowess_errors(p * (1 + 1e-13 * runif(length(p), -1, 1)), y) - e) > 1e-7)
}

curve_metrics <- c("emax", "e50", "e90", "eavg", "mae")

hold_metrics <- function(part, run, ours, theirs, shaky, n, to = 1e-8) {
  for (m in names(theirs)) {
    # Ten rows or fewer have no curve between the 5th smallest and the 5th largest risk.
    if (m %in% curve_metrics && part == "apparent" && n <= 10) next
    if (m %in% curve_metrics && shaky) {
      leave_out("calib: lowess that rounding moves")
      next
    }
    hold("calib", paste(part, m), paste(run, m), ours[[m]], theirs[[m]], to,
         if (m %in% c("U", "intercept", "citl", "emax.logistic", "Q", "D", "g", "gp", "slope"))
           1e-7 else 1e-11)
  }
}

calib_external <- function(set, run, risk, y, model = FALSE, eta = qlogis(risk)) {
  if (status[[run]] != 0) return(hold("calib", "exit status", run, status[[run]], 0))
  table <- read_table(run, "performance")
  ours <- setNames(table$estimate, table$metric)
  n <- length(y)
  finite <- risk > 0 & risk < 1
  theirs <- measure(eta, y, FALSE)
  to <- if (model) 1e-6 else 1e-8
  if (!all(finite) && any(finite)) {
    some <- measure(eta[finite], y[finite], FALSE)
    fine <- c("r2.nagelkerke", "intercept", "slope", "citl", "emax.logistic", "logloss", "g", "gp",
              "D", "U", "Q")
    theirs[fine] <- some[fine]
  }
  shaky <- lowess_moves(risk, y)
  line <- line_of(y[finite], eta[finite])
  if (!is.null(line) && line$strained) return(leave_out("calib: nearly separated recalibration"))
  hold_metrics(if (model) "external model" else "external", run, ours, theirs, shaky, n, to)
  row <- function(m) unlist(table[table$metric == m, c("std.error", "statistic", "p.value",
                                                       "conf.low", "conf.high")])
  z <- qnorm(0.975)
  put <- function(m, se, statistic, low, high, p = 2 * pnorm(-abs(statistic)))
    hold("calib", paste("external tests", m), paste(run, m, c("std.error", "statistic", "p.value",
         "conf.low", "conf.high")), row(m), c(se, statistic, p, low, high),
         to * max(1, statistic^2, na.rm = TRUE), to)
  a <- theirs[["auc"]]
  if (min(sum(y), sum(1 - y)) > 1) {
    r <- curve_of(y, if (all(is.finite(eta))) signif(eta, 12) else risk)
    se <- sqrt(var(r, method = "delong"))
    if (se > 0) {
      put("auc", se, (a - 0.5) / se, max(0, a - z * se), min(1, a + z * se))
      put("dxy", 2 * se, (a - 0.5) / se, max(-1, 2 * (a - z * se) - 1), min(1, 2 * (a + z * se) - 1))
    }
    d <- (risk - y)^2
    se <- sd(d) / sqrt(n)
    put("brier", se, NA, max(0, mean(d) - z * se), min(1, mean(d) + z * se))
  }
  so <- sqrt((1 - sum(y) / n) / sum(y))
  oe <- theirs[["oe"]]
  put("oe", so, log(oe) / so, oe * exp(-z * so), oe * exp(z * so))
  if (!is.null(line)) for (i in 1:2) {
    m <- c("intercept", "slope")[i]
    se <- sqrt(diag(line$v))[i]
    put(m, se, (line$b[i] - (i - 1)) / se, line$b[i] - z * se, line$b[i] + z * se)
  }
  large <- large_of(y[finite], eta[finite])
  if (!is.null(large)) {
    se <- sqrt(large$v[1])
    put("citl", se, large$b / se, large$b - z * se, large$b + z * se)
  }
  if (!model && !is.null(line) && abs(line$b[2]) < 4 && all(finite) && set$number %% 3 == 0 &&
      n > 10) {
    v <- tryCatch(val.prob(risk, y, pl = FALSE), error = function(e) NULL)
    names <- c(R2 = "r2.nagelkerke", D = "D", U = "U", Q = "Q", Brier = "brier",
               Intercept = "intercept", Slope = "slope")
    if (!is.null(v)) for (m in names(names))
      # lrm.fit stops early.
      hold("calib", paste("val.prob", m), paste(run, m), ours[[names[[m]]]], v[[m]], 1e-3, 1e-3)
  }
  calib_tests(set, run, risk, y, model)
  calib_curve(set, run, risk, y, eta, line, to)
  update <- read_table(run, "update")
  if (!is.null(large) && any(update$update == "large")) {
    u <- update[update$update == "large", ][1, ]
    hold("calib", "update large", run, c(u$estimate, u$std.error, u$loglik),
         c(large$b, sqrt(large$v[1]), large$loglik), to, to)
  }
  if (!is.null(line) && any(update$update == "logistic")) {
    u <- update[update$update == "logistic", ]
    hold("calib", "update logistic", run, c(u$estimate, u$std.error, u$loglik[1]),
         c(line$b, sqrt(diag(line$v)), line$loglik), to, to)
  }
}

calib_tests <- function(set, run, risk, y, model) {
  tests <- read_table(run, "tests")
  n <- length(y)
  groups <- function(g) {
    cuts <- sort(risk)[floor((n - 1) * seq_len(g) / g) + 1]
    cut(risk, unique(c(-Inf, cuts)), labels = FALSE)
  }
  if (nrow(tests)) {
    g <- factor(groups(10))
    sums <- rowsum(cbind(y, risk, 1 - y, 1 - risk), g)
    part <- function(o, e) ifelse(o == e, 0, (o - e)^2 / e)
    x <- sum(part(sums[, 1], sums[, 2]), part(sums[, 3], sums[, 4]))
    t <- tests[tests$test == "hosmer-lemeshow", ]
    hold("calib", "hosmer-lemeshow", run, c(t$statistic, t$df, t$p.value),
         c(x, nlevels(g), pchisq(x, nlevels(g), lower.tail = FALSE)), 1e-9)
    t <- tests[tests$test == "spiegelhalter", ]
    v <- sum((1 - 2 * risk)^2 * risk * (1 - risk))
    z <- if (v > 0) sum((y - risk) * (1 - 2 * risk)) / sqrt(v) else NA
    hold("calib", "spiegelhalter", run, c(t$statistic, t$p.value), c(z, 2 * pnorm(-abs(z))), 1e-9,
         1e-12)
  }
  bins <- read_table(run, "bins")
  g <- groups(10)
  used <- sort(unique(g))
  if (nrow(bins) != length(used)) return(hold("calib", "bins", run, nrow(bins), length(used)))
  to <- if (model) 1e-6 else 1e-10
  for (i in seq_along(used)) {
    k <- g == used[i]
    l <- prop.test(sum(y[k]), sum(k), correct = FALSE)$conf.int
    hold("calib", "bins", paste(run, i), unlist(bins[i, c("n", "low", "high", "predicted", "observed",
         "conf.low", "conf.high")]), c(sum(k), min(risk[k]), max(risk[k]), mean(risk[k]), mean(y[k]),
                                       l), to, 1e-12)
  }
}

calib_curve <- function(set, run, risk, y, eta, line, to) {
  curve <- read_table(run, "curve")
  if (!nrow(curve)) return(leave_out("calib: no curve"))
  at <- seq(min(risk), max(risk), length.out = 101)
  hold("calib", "curve predicted", run, curve$predicted, at, max(to, 1e-9), 1e-12)
  if (!is.null(line)) {
    inside <- at > 0 & at < 1
    hold("calib", "curve logistic", run, curve$logistic[inside],
         plogis(line$b[1] + line$b[2] * qlogis(at))[inside], max(to, 1e-6), 1e-7)
  }
  # R warns where its neighbourhoods hold too few different risks, and its answer is a
  # pseudoinverse's; equal distances are cut by rounding.
  worried <- FALSE
  fit <- withCallingHandlers(tryCatch({
    f <- loess(y ~ risk, span = 0.75, degree = 2,
               control = loess.control(surface = "direct", statistics = "exact"))
    list(f = f, s = predict(f, data.frame(risk = at), se = TRUE))
  }, error = function(e) NULL), warning = function(w) {
    worried <<- TRUE
    invokeRestart("muffleWarning")
  })
  if (worried || is.null(fit) || anyNA(fit$s$fit) || fit$s$df < 1 ||
      length(unique(risk)) < 0.5 * length(risk))
    return(leave_out("calib: loess that R warns of, or of many ties"))
  f <- fit$s$fit
  q <- qt(0.975, fit$s$df) * fit$s$se.fit
  # Where a local parabola is carried many spreads beyond its points (risks near 0 and 1 alone)
  # R takes a pseudoinverse without a warning, and all digits are lost.
  k <- floor(0.75 * length(risk) + 1e-5)
  near <- vapply(at, function(x) {
    d <- abs(risk - x)
    v <- risk[d <= sort(d)[k]]
    max(abs(x - mean(v)), sd(v)) <= 8 * max(sd(v), 1e-300) && length(unique(round(v, 4))) > 5
  }, TRUE)
  all_near <- all(near) && all(vapply(risk, function(x) {
    d <- abs(risk - x)
    length(unique(round(risk[d < sort(d)[k]], 4))) > 5
  }, TRUE))
  if (!all_near) leave_out("calib: points of a loess curve far from its rows")
  hold("calib", "curve nonparametric", run, curve$nonparametric[near], f[near], 1e-6, 1e-7)
  if (all_near) {
    hold("calib", "curve conf.low", run, curve$conf.low, pmin(1, pmax(0, f - q)), 1e-5, 1e-6)
    hold("calib", "curve conf.high", run, curve$conf.high, pmin(1, pmax(0, f + q)), 1e-5, 1e-6)
  }
  # No interval is not one of [0, 0].
  hold("calib", "curve limits beside the curve", run,
       sum(curve$conf.low > curve$nonparametric + 1e-9 & curve$nonparametric >= 0, na.rm = TRUE) +
         sum(curve$conf.high < curve$nonparametric - 1e-9 & curve$nonparametric <= 1, na.rm = TRUE), 0)
}

calib_closed_test <- function(set, run, d, y, eta, to) {
  ours <- read_table(run, "closed_test")
  refit <- fit_logit(d$x, y)
  line <- line_of(y, eta)
  large <- large_of(y, eta)
  if (!refit$ok || is.null(line) || is.null(large))
    return(leave_out("calib: closed test without a refit"))
  steps <- list(none = log_likelihood(eta, y), large = large$loglik, logistic = line$loglik)
  k <- ncol(d$x) - 1
  for (i in seq_len(nrow(ours))) {
    t <- max(0, 2 * (refit$loglik - steps[[i]]))
    df <- k + 2 - i
    hold_text("calib", "closed_test models", run, paste(ours$model1[i], ours$model2[i]),
              paste(names(steps)[i], "refit"))
    hold("calib", "closed_test", paste(run, i), c(ours$statistic[i], ours$df[i], ours$p.value[i]),
         c(t, df, if (df == 0) 1 else pchisq(t, df, lower.tail = FALSE)), 1e-5, 1e-6)
  }
}

calib_bootstrap <- function(set, o) {
  run <- paste0(set$name, "/boot")
  if (is.na(status[run])) return()
  rows <- o$boot_rows
  d <- design_or_null(set, c("x1", "x3"), rows)
  y <- set$data$y[rows]
  full <- if (is.null(d)) list(ok = FALSE) else fit_logit(d$x, y)
  if (!full$ok) {
    hold("calib", "status without an estimate", run, as.numeric(status[[run]] != 0), 1)
    return(invisible())
  }
  if (status[[run]] != 0) {
    # No replicate may have had a model.
    return(leave_out("calib: no replicate with a model"))
  }
  apparent <- measure(full$eta, y, TRUE)
  n <- length(y)
  risks <- sort(full$risk)
  grid <- if (n >= 10) seq(risks[5], risks[n - 4], length.out = 50) else numeric()
  at_grid <- function(eta, y) {
    p <- plogis(eta)
    approx(lowess(p, y, iter = 0), xout = grid, ties = function(v) v[1])$y
  }
  training <- test <- NULL
  g_training <- g_test <- NULL
  for (i in o$resample) {
    if (length(unique(y[i])) < 2) next
    f <- fit_logit(d$x[i, ], y[i])
    if (!f$ok) {
      if (f$why != "rank" && f$why != "separated") stop(f$why)
      next
    }
    if (f$strained) return(leave_out("calib: nearly separated replicate"))
    eta <- drop(d$x %*% f$b)
    training <- rbind(training, measure(eta[i], y[i], TRUE))
    test <- rbind(test, measure(eta, y, TRUE))
    g_training <- rbind(g_training, at_grid(eta[i], y[i]))
    g_test <- rbind(g_test, at_grid(eta, y))
  }
  ours <- read_table(run, "performance")
  replicates <- read_table(run, "replicates")
  hold("calib", "replicates with a model", run, replicates$n[replicates$status == "converged"],
       if (is.null(training)) 0 else nrow(training))
  if (is.null(training)) return(invisible())
  ties <- length(unique(full$risk)) < n
  for (m in names(apparent)) {
    if (m %in% curve_metrics && ties) next
    row <- ours[ours$metric == m, ]
    usable <- !is.na(training[, m] + test[, m])
    where <- paste(run, m)
    a <- apparent[[m]]
    t1 <- mean(training[usable, m])
    t2 <- mean(test[usable, m])
    within <- if (m %in% c("intercept", "citl", "U", "emax.logistic", "slope", "oe")) 1e-7 else 1e-9
    hold("calib", paste("bootstrap apparent", m), where, row$apparent, a, 1e-7, within)
    hold("calib", paste("bootstrap n", m), where, row$n, sum(usable))
    if (m %in% curve_metrics) next
    hold("calib", paste("bootstrap training", m), where, row$training, t1, 1e-6, within)
    hold("calib", paste("bootstrap test", m), where, row$test, t2, 1e-6, within)
    if (m == "emax.logistic") {
      b <- ours$corrected[match(c("intercept", "slope"), ours$metric)]
      if (all(is.finite(b))) hold("calib", "bootstrap corrected emax.logistic", where, row$corrected,
                                  emax_of(b[1], b[2]), 1e-6, 1e-8)
    } else hold("calib", paste("bootstrap corrected", m), where, row$corrected, a - (t1 - t2), 1e-6,
                within)
  }
  if (ties || !length(grid)) return(invisible())
  curve <- read_table(run, "curve")
  usable <- colSums(!is.na(g_training + g_test))
  g_training[is.na(g_training + g_test)] <- NA
  g_test[is.na(g_training)] <- NA
  a <- at_grid(full$eta, y)
  corrected <- a - (colMeans(g_training, na.rm = TRUE) - colMeans(g_test, na.rm = TRUE))
  hold("calib", "bootstrap curve predicted", run, curve$predicted, grid, 1e-7)
  hold("calib", "bootstrap curve apparent", run, curve$apparent, a, 1e-6, 1e-7)
  same <- curve$n == usable
  hold("calib", "bootstrap curve n", run, curve$n, usable)
  # Resampled rows are ties, of which lowess may part neighbours at equal distance.
  hold("calib", "bootstrap curve corrected", run, curve$corrected[same & usable > 0],
       corrected[same & usable > 0], 1e-5, 1e-6)
}

calib_compare <- function(set) {
  o <- calib_options(set)
  run <- paste0(set$name, "/risk")
  if (is.na(status[run])) leave_out("calib: one outcome") else
    calib_external(set, run, set$data$p[o$risk_rows], set$data$y[o$risk_rows])
  run <- paste0(set$name, "/apparent")
  if (!is.na(status[run])) {
    d <- design_or_null(set, c("x1", "x2", "c2"), o$fit_rows)
    y <- set$data$y[o$fit_rows]
    f <- if (is.null(d)) list(ok = FALSE) else fit_logit(d$x, y)
    if (!f$ok && !is.null(d) && f$why == "separated" && status[[run]] == 0 &&
        !isTRUE(is_separated(d$x, y))) leave_out("calib: a maximum too flat for R") else
      if (!f$ok) hold("calib", "status without an estimate", run, as.numeric(status[[run]] != 0), 1) else
      if (status[[run]] != 0) hold("calib", "exit status", run, status[[run]], 0) else
      if (f$strained) leave_out("calib: a fit that is nearly separated") else {
        table <- read_table(run, "performance")
        hold_metrics("apparent", run, setNames(table$apparent, table$metric),
                     measure(f$eta, y, TRUE), lowess_moves(f$risk, y), length(y))
      }
  }
  run <- paste0(set$name, "/validation")
  if (!is.na(status[run])) {
    d <- design_or_null(set, c("x1", "x2"), o$made)
    f <- if (is.null(d)) list(ok = FALSE) else fit_logit(d$x, set$data$y[o$made])
    if (!f$ok || f$strained) leave_out("calib: a model that is nearly separated") else {
      other <- design_of(set, c("x1", "x2"), o$judged)
      eta <- drop(other$x %*% f$b)
      y <- set$data$y[o$judged]
      if (max(abs(eta)) > 30) leave_out("calib: risks of 0 or 1 on other rows") else {
        refit <- fit_logit(other$x, y)
        if (status[[run]] == 3 && (!refit$ok || is.null(line_of(y, eta)))) {
          leave_out("calib: no finite update")
        } else calib_external(set, run, plogis(eta), y, TRUE, eta)
        if (status[[run]] == 0) calib_closed_test(set, run, other, y, eta)
      }
    }
  }
  calib_bootstrap(set, o)
}
